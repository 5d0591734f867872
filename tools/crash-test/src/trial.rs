//! The whole test on one database.

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use secrecy::SecretString;
use tempfile::TempDir;

use super::books::{Books, Entry};
use super::client::Client;
use super::compare;
use super::database::Database;
use super::killer::{Killer, Kills};
use super::life;
use super::progress::Progress;
use super::sandbox::Sandbox;
use super::service::Service;
use super::shop::Shop;
use tillgate_toolbox::interrupt::Interrupt;

/// Number of simultaneous clients.
const CLIENTS: usize = 10;

/// The settings of a test.
pub struct Trial<'a> {
    /// Name of the database.
    pub name: &'static str,
    /// PostgreSQL's URL; without one, SQLite.
    pub database_url: Option<SecretString>,
    /// The binary.
    pub tillgate: &'a Path,
    /// Number of kills.
    pub kills: usize,
    /// Seed of all random choices.
    pub seed: u64,
    /// Set by Ctrl-C.
    pub interrupt: Interrupt,
}

/// The result of a test.
pub struct Finding {
    pub name: &'static str,
    pub kills: Kills,
    pub answers: usize,
    pub unanswered: usize,
    pub orders: usize,
    pub entries: usize,
    pub elapsed: Duration,
    /// The differences.
    pub differences: Vec<String>,
}

impl Trial<'_> {
    /// Runs it in a directory beside the binary, on the disk of the checkout. The directory is kept if there are differences.
    pub async fn run(&self) -> Result<Finding> {
        let target = self.tillgate.parent().and_then(Path::parent);
        let target = target.context("the binary lies in the target directory")?;
        let directory = tempfile::Builder::new().prefix("kill-").tempdir_in(target)?;
        let finding = self.run_in(directory.path()).await;
        if finding
            .as_ref()
            .map_or(true, |finding| !finding.differences.is_empty())
            && !self.interrupt.is_set()
        {
            keep(directory);
        }
        finding
    }

    async fn run_in(&self, directory: &Path) -> Result<Finding> {
        let begin = Instant::now();
        let progress = Progress::new(self.name, self.kills)?;
        progress.step("is set up");
        let sandbox = Sandbox::start(self.tillgate, directory).await?;
        let url = self.database_url.clone();
        let service = Service::provision(self.tillgate, directory, url, self.interrupt.clone()).await?;
        let database = match &self.database_url {
            None => Database::Sqlite(service.database_file()),
            Some(url) => Database::postgres(url).await?,
        };
        let (process, _) = service.start().await?;
        let shop = Shop::open(&Client::new(&service.clients, "shop".into()), &sandbox).await?;
        sandbox.make_trouble().await?;
        let killer = Killer {
            service: &service,
            database: &database,
            progress: &progress,
        };
        let (mut kills, have_answers) = (Kills::default(), Cell::new(false));
        let killing = async {
            let mut rng = StdRng::seed_from_u64(self.seed);
            let process = killer.kill(process, self.kills, &mut rng, &mut kills).await?;
            progress.step("comes to rest");
            sandbox.end_trouble().await?;
            service.clients.closing.set(true);
            killer.rest(process, || have_answers.get()).await
        };
        let clients = try_join_all((0..CLIENTS).map(async |index| {
            let client = Client::new(&service.clients, format!("client-{index}"));
            let mut rng = StdRng::seed_from_u64(self.seed.wrapping_add(1 + index as u64));
            life::shop_on(&client, &shop, &mut rng).await
        }));
        let shopping = async {
            clients.await?;
            have_answers.set(true);
            Ok(())
        };
        futures::try_join!(killing, shopping)?;
        let ledger = sandbox.ledger().await?;
        let books = database.books(&shop.markets).await?;
        let finding = self.judge(&ledger, &books, &service, kills);
        Ok(Finding {
            elapsed: begin.elapsed(),
            ..finding
        })
    }

    fn judge(&self, ledger: &[Entry], books: &Books, service: &Service, kills: Kills) -> Finding {
        let witness = service.clients.witness.borrow();
        let mut differences = compare::differences(ledger, books, &witness);
        if kills.while_pending * 3 < kills.all {
            differences.push("less than a third of the kills hit an open call: too little was tested".into());
        }
        Finding {
            name: self.name,
            kills,
            answers: witness.answers,
            unanswered: witness.unanswered,
            orders: books.orders.len(),
            entries: ledger.len(),
            elapsed: Duration::ZERO,
            differences,
        }
    }
}

fn keep(directory: TempDir) {
    let path = directory.keep();
    tillgate_toolbox::say::progress(&format!("logs and data are kept in {}", path.display()));
}
