//! Returns a sandbox to an earlier state.

use std::io;

use crate::handler::{Sandbox, State};
use crate::journal::Journal;

/// The state of a sandbox at a moment, without faults, which are not journaled.
#[derive(Clone)]
pub struct Saved(Vec<u8>);

impl Sandbox {
    /// The present state of the sandbox.
    ///
    /// # Errors
    /// It has no data directory, or its journal can't be written or read.
    pub fn save(&self) -> io::Result<Saved> {
        let mut state = self.lock();
        state.env.journal().commit()?;
        let directory = state.env.config().data_dir.as_deref();
        directory.map_or_else(
            || Err(no_directory()),
            |directory| Journal::contents(directory).map(Saved),
        )
    }

    /// Replaces the present state with a saved one. A seeded sandbox draws the same ids after each restoration of the same state.
    ///
    /// # Errors
    /// It has no data directory, or its journal can't be written or read.
    pub fn restore(&self, saved: &Saved) -> io::Result<()> {
        let mut state = self.lock();
        let (config, clock) = (state.env.config().clone(), state.env.clock());
        let directory = config.data_dir.clone().ok_or_else(no_directory)?;
        state.env.journal().leave(&directory, &saved.0)?;
        *state = State::open(config, clock)?;
        Ok(())
    }
}

fn no_directory() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "a sandbox without a data directory can't be saved",
    )
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use serde_json::Value;

    use crate::{Sandbox, SandboxConfig};

    fn call(sandbox: &Sandbox, method: &str, path: &str, body: &'static str) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", "Bearer sk_test_51TillgateDemo000000000000")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap();
        let answer = sandbox.handle(&request).into_answer().unwrap();
        serde_json::from_slice(answer.body()).unwrap()
    }

    fn customers(sandbox: &Sandbox) -> usize {
        let list = call(sandbox, "GET", "/v1/customers", "");
        list["data"].as_array().unwrap().len()
    }

    #[test]
    fn a_state_comes_back_with_the_ids_that_follow_it() {
        let directory = tempfile::tempdir().unwrap();
        let config = SandboxConfig {
            data_dir: Some(directory.path().to_owned()),
            seed: Some(7),
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::open(config).unwrap();
        call(&sandbox, "POST", "/v1/customers", "name=Jo");
        let saved = sandbox.save().unwrap();
        let mut ids = Vec::new();
        for _ in 0..2 {
            sandbox.restore(&saved).unwrap();
            assert_eq!(customers(&sandbox), 1);
            ids.push(call(&sandbox, "POST", "/v1/customers", "name=Ko")["id"].clone());
            assert_eq!(customers(&sandbox), 2);
        }
        assert!(ids[0].is_string());
        assert_eq!(ids[0], ids[1]);
    }

    #[test]
    fn without_a_directory_there_is_nothing_to_save() {
        assert!(Sandbox::open(SandboxConfig::default()).unwrap().save().is_err());
    }
}
