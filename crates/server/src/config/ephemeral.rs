//! The settings of an ephemeral service.

use std::{net::SocketAddr, path::PathBuf};

use super::Options;
use crate::failure::Failure;

/// The settings of an ephemeral service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ephemeral {
    /// Source of ids, secrets and times, instead of the machine.
    pub seed: Option<u32>,
    /// File of the fixtures.
    pub fixtures: Option<PathBuf>,
    /// File for the variables, instead of one in the temporary directory.
    pub env_file: Option<PathBuf>,
    /// Whether to record the requests that do not conform to the document.
    pub strict: bool,
    /// File for the report about them.
    pub strict_report: Option<PathBuf>,
}

impl Ephemeral {
    /// The settings, if an ephemeral service is requested.
    ///
    /// # Errors
    /// Settings that need or contradict each other.
    pub fn of(options: &Options) -> Result<Option<Self>, Failure> {
        let refused = |text: &str| Err(Failure::Usage(text.into()));
        let strict = options.strict.unwrap_or(false);
        if options.strict_report.is_some() && !strict {
            return refused("strict-report: is for --strict");
        }
        if !options.ephemeral.unwrap_or(false) {
            let lone = [
                ("seed", options.seed.is_some()),
                ("fixtures", options.fixtures.is_some()),
                ("env-file", options.env_file.is_some()),
                ("strict", strict),
            ];
            return match lone.iter().find(|(_, given)| *given) {
                Some((name, _)) => Err(Failure::Usage(format!("{name}: is for --ephemeral"))),
                None => Ok(None),
            };
        }
        if options.data_dir.is_some() || options.database_url.is_some() {
            return refused("ephemeral: has a directory and a database of its own, and keeps neither");
        }
        if options.no_demo.unwrap_or(false) {
            return refused("ephemeral: is a demo, which no-demo forbids");
        }
        if options.sandbox_listen.as_deref() == Some("off") {
            return refused("ephemeral: needs the sandbox, which is off");
        }
        let listen = options.listen.as_deref().unwrap_or_default();
        if listen
            .parse()
            .is_ok_and(|address: SocketAddr| !address.ip().is_loopback())
        {
            return refused("ephemeral: serves this machine only; listen on a loopback address");
        }
        Ok(Some(Self {
            seed: options.seed,
            fixtures: options.fixtures.clone(),
            env_file: options.env_file.clone(),
            strict,
            strict_report: options.strict_report.clone(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut Options)) -> String {
        let mut options = Options::default();
        change(&mut options);
        Ephemeral::of(&options).expect_err("refused").to_string()
    }

    #[test]
    fn what_means_nothing_alone_is_refused() {
        assert!(refusal(|options| options.seed = Some(1)).starts_with("seed:"));
        assert!(refusal(|options| options.fixtures = Some("a.json".into())).starts_with("fixtures:"));
        assert!(refusal(|options| options.env_file = Some("a.env".into())).starts_with("env-file:"));
        assert!(refusal(|options| options.strict = Some(true)).starts_with("strict:"));
        assert!(
            refusal(|options| options.strict_report = Some("a.json".into())).starts_with("strict-report:")
        );
        assert_eq!(Ephemeral::of(&Options::default()).expect("fine"), None);
    }

    #[test]
    fn what_a_throw_away_demo_cannot_be_is_refused() {
        let with = |change: fn(&mut Options)| {
            refusal(|options| {
                options.ephemeral = Some(true);
                change(options);
            })
        };
        assert!(with(|options| options.data_dir = Some("x".into())).contains("of its own"));
        assert!(with(|options| options.database_url = Some("sqlite://x".into())).contains("of its own"));
        assert!(with(|options| options.no_demo = Some(true)).contains("no-demo"));
        assert!(with(|options| options.sandbox_listen = Some("off".into())).contains("sandbox"));
        assert!(with(|options| options.listen = Some("0.0.0.0:0".into())).contains("loopback"));
    }
}
