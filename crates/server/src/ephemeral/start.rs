//! The start of an ephemeral service.

use std::{path::Path, sync::Arc};

use tillgate_payments::Service;
use tillgate_sandbox::Sandbox;

use super::{EnvFile, Ephemeral, announcement};
use crate::{
    config,
    demo::{Demo, Environment},
    failure::Failure,
    world::Seeded,
};

/// The parts that exist before the service.
pub struct Setup {
    settings: config::Ephemeral,
    /// Source of the time and the randomness, instead of the machine.
    pub seeded: Option<Arc<Seeded>>,
    env_file: EnvFile,
}

impl Setup {
    /// The setup of a service in this directory.
    ///
    /// # Errors
    /// A file of an earlier service can't be removed.
    pub fn new(settings: &config::Ephemeral, directory: &Path) -> Result<Self, Failure> {
        let env_file = settings.env_file.clone();
        Ok(Self {
            settings: settings.clone(),
            seeded: settings.seed.map(|seed| Arc::new(Seeded::new(seed))),
            env_file: EnvFile::at(env_file.unwrap_or_else(|| directory.join("demo.env")))?,
        })
    }

    /// Fills the service and stores its state, before it accepts requests.
    ///
    /// # Errors
    /// There is no demo, because others could reach the service; a fixture is refused; files can't be used.
    pub async fn prepare(
        self,
        directory: &Path,
        service: &Service,
        demo: Option<&Demo>,
        psps: Option<(&str, Arc<Sandbox>)>,
    ) -> Result<Prepared, Failure> {
        let (Some(demo), Some((sandbox_url, psps))) = (demo, psps) else {
            let text = "ephemeral: serves this machine only; public-url leads elsewhere";
            return Err(Failure::Usage(text.into()));
        };
        let public_url = &service.context().base_url;
        let mut environment = demo.environment(public_url, Some(sandbox_url));
        let ephemeral = Ephemeral::prepare(
            &self.settings,
            directory,
            service,
            demo,
            &mut environment,
            (psps, self.seeded),
        )
        .await?;
        Ok(Prepared {
            ephemeral: Arc::new(ephemeral),
            sandbox_url: sandbox_url.to_owned(),
            environment,
            env_file: self.env_file,
        })
    }
}

/// An ephemeral service that is ready to start. Dropping this removes its file of variables.
pub struct Prepared {
    /// Its parts besides the API.
    pub ephemeral: Arc<Ephemeral>,
    sandbox_url: String,
    environment: Environment,
    env_file: EnvFile,
}

impl Prepared {
    /// Prints the URLs, and then writes the file: it exists only while the service answers.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn announce(&self, public_url: &str) -> Result<(), Failure> {
        let seed = self.ephemeral.seeded.as_ref().map(|seeded| seeded.seed());
        announcement::print(public_url, &self.sandbox_url, self.env_file.path(), seed);
        self.env_file.write(&self.environment)
    }
}
