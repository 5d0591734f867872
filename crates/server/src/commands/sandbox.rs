//! `tillgate sandbox`

use super::print;
use crate::{
    config::Config,
    failure::Failure,
    startup::{self, signals},
};

/// Serves the sandbox until the process is told to end.
///
/// # Errors
/// It is switched off, its address can't be bound, or its journal can't be opened.
pub fn run(config: &Config) -> Result<(), Failure> {
    startup::create_data_directory(config)?;
    let Some(sandbox) = startup::bind_sandbox(config, true, None, None)? else {
        return Err(Failure::Usage(
            "sandbox-listen is `off`: there is nothing to serve".into(),
        ));
    };
    let url = sandbox.url();
    actix_web::rt::System::new().block_on(async {
        let server = sandbox
            .run()
            .map_err(|error| Failure::Start(format!("the sandbox cannot serve: {error}")))?;
        let handle = server.handle();
        let serving = actix_web::rt::spawn(server);
        print(&format!("Sandbox  {url}"))?;
        signals::told_to_end().await?;
        handle.stop(true).await;
        // The task ends with the server, whose result is that it was stopped.
        let _ = serving.await;
        Ok(())
    })
}
