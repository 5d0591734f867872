//! Kills the service again and again, and lets its work end at last.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rand::RngExt as _;
use rand::rngs::StdRng;
use tokio::time::sleep;

use super::database::Database;
use super::progress::Progress;
use super::service::Service;
use tillgate_testkit::Process;

/// Length of a life of the service after it is ready, in milliseconds.
const LIFE_MS: std::ops::Range<u64> = 50..900;
/// Share of the kills that wait for a call to a PSP, so that enough of them hit one.
const AIMED: f64 = 0.5;
/// Time limit of such a wait, and the range of the pause after it in milliseconds.
const AIM_LIMIT: Duration = Duration::from_secs(2);
const INTO_CALL_MS: std::ops::Range<u64> = 0..60;
/// Share of the kills that hit a starting service, and the range of the pause before them in milliseconds.
const EARLY: f64 = 0.1;
const EARLY_MS: std::ops::Range<u64> = 0..250;
/// Time after which the service is restarted if calls stay open: each start checks all of them.
const REST: Duration = Duration::from_secs(10);
/// Time limit until everything is decided after the last kill.
const REST_LIMIT: Duration = Duration::from_secs(240);

/// Facts about the kills.
#[derive(Debug, Default)]
pub struct Kills {
    /// Number of kills.
    pub all: usize,
    /// Number of kills while a call to a PSP was open.
    pub while_pending: usize,
    /// Time of each start until the service was ready.
    pub starts: Vec<Duration>,
}

/// The killer's service, clients and database.
pub struct Killer<'a> {
    pub service: &'a Service,
    pub database: &'a Database,
    pub progress: &'a Progress,
}

impl Killer<'_> {
    /// Kills the service a number of times. Returns the last process.
    pub async fn kill(
        &self,
        process: Process,
        kills: usize,
        rng: &mut StdRng,
        done: &mut Kills,
    ) -> Result<Process> {
        let mut running = process;
        while done.all < kills {
            self.service.clients.go_on()?;
            sleep(milliseconds(rng, LIFE_MS)).await;
            if rng.random_bool(AIMED) {
                self.wait_for_call().await?;
                sleep(milliseconds(rng, INTO_CALL_MS)).await;
            }
            self.end(running, done).await?;
            if done.all < kills && rng.random_bool(EARLY) {
                let starting = self.service.begin_start()?;
                sleep(milliseconds(rng, EARLY_MS)).await;
                self.end(starting, done).await?;
            }
            let (started, duration) = self.service.start().await?;
            done.starts.push(duration);
            running = started;
        }
        Ok(running)
    }

    async fn end(&self, mut process: Process, done: &mut Kills) -> Result<()> {
        process.expect_running()?;
        process.kill()?;
        done.all += 1;
        if self.database.open_operations().await? > 0 {
            done.while_pending += 1;
        }
        self.progress.kills(done.all, done.while_pending);
        Ok(())
    }

    async fn wait_for_call(&self) -> Result<()> {
        let deadline = Instant::now() + AIM_LIMIT;
        while self.database.open_operations().await? == 0 && Instant::now() < deadline {
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Waits until the clients have their answers and no call is open, and ends the service in order.
    pub async fn rest(&self, process: Process, have_answers: impl Fn() -> bool) -> Result<()> {
        let deadline = Instant::now() + REST_LIMIT;
        let mut running = process;
        loop {
            let restart = Instant::now() + REST;
            while Instant::now() < restart {
                self.service.clients.go_on()?;
                if have_answers() && self.database.open_operations().await? == 0 {
                    return running.stop().await;
                }
                sleep(Duration::from_millis(100)).await;
            }
            ensure!(
                Instant::now() < deadline,
                "{} calls are open after {REST_LIMIT:?} without a kill; all clients have their answers: {}",
                self.database.open_operations().await?,
                have_answers()
            );
            running.stop().await?;
            (running, _) = self.service.start().await?;
        }
    }
}

fn milliseconds(rng: &mut StdRng, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(rng.random_range(range))
}
