//! `cargo xtask bench --against BINARY`: this build of the service beside another one, in turns.
//!
//! Throughput on a shared machine drifts by more than the effect of a change. So both builds run at the same time on databases of
//! their own and take turns within each round, and only the ratio within a round counts. Processor time per request is compared
//! as well: other programs disturb it least.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use secrecy::SecretString;

use super::http::Connection;
use super::load;
use super::measurements::get::rate;
use super::progress::Progress;
use super::scene::Scene;
use super::statistics::{Interval, median, median_interval};

/// Connections of each load.
const CONNECTIONS: usize = 16;
/// Length of a round of reads.
const READING: Duration = Duration::from_secs(2);
/// Payments in a round.
const PAYMENTS: usize = 1500;
/// A build is as fast as the other if the median's interval reaches this ratio.
const AS_FAST: f64 = 0.97;

/// The ratios of one kind of request, a pair for each round. Above 1, this build is better.
pub struct Comparison {
    database: &'static str,
    what: &'static str,
    unit: &'static str,
    other: Vec<f64>,
    this: Vec<f64>,
    ratios: Vec<f64>,
}

impl Comparison {
    fn new(database: &'static str, what: &'static str, unit: &'static str) -> Self {
        Self {
            database,
            what,
            unit,
            other: Vec::new(),
            this: Vec::new(),
            ratios: Vec::new(),
        }
    }

    fn add_rate(&mut self, other: f64, this: f64) {
        self.add(other, this, this / other);
    }

    fn add_cost(&mut self, other: f64, this: f64) {
        self.add(other, this, other / this);
    }

    fn add(&mut self, other: f64, this: f64, ratio: f64) {
        self.other.push(other);
        self.this.push(this);
        self.ratios.push(ratio);
    }

    /// Whether this build is certainly slower.
    pub fn is_slower(&self) -> bool {
        median_interval(&self.ratios).high < AS_FAST
    }
}

/// The comparisons, a line each.
pub fn render(heading: &str, comparisons: &[Comparison]) -> String {
    let mut text = format!("{heading}\n\n");
    for comparison in comparisons {
        let Interval { low, high } = median_interval(&comparison.ratios);
        let verdict = if comparison.is_slower() {
            "SLOWER"
        } else {
            "as fast"
        };
        // Writing to a string doesn't fail.
        let _ = writeln!(
            text,
            "{:<10}  {:<28}  {:>9.1} -> {:>9.1} {:<13}  {:.3} × (95 %: {low:.3} to {high:.3}, {} rounds)  {verdict}",
            comparison.database,
            comparison.what,
            median(comparison.other.clone()),
            median(comparison.this.clone()),
            comparison.unit,
            median(comparison.ratios.clone()),
            comparison.ratios.len(),
        );
    }
    text
}

/// Compares on one database: SQLite unless there are URLs, one for each build.
///
/// # Errors
/// A build doesn't start, or answers otherwise than it must.
pub async fn measure(
    database: &'static str,
    programs: &Path,
    other: &Path,
    urls: Option<[SecretString; 2]>,
    rounds: usize,
    progress: &Progress,
) -> Result<Vec<Comparison>> {
    ensure!(rounds > 0, "there is nothing to compare without a round");
    let [other_url, this_url] = urls.map_or([None, None], |urls| urls.map(Some));
    let mut scenes = [
        Scene::set(programs, other, other_url, progress).await?,
        Scene::set(programs, &programs.join("tillgate"), this_url, progress).await?,
    ];
    let reads = gets(database, &mut scenes, rounds, progress).await?;
    let writes = posts(database, &mut scenes, rounds, progress).await?;
    for scene in scenes {
        scene.end().await?;
    }
    Ok(reads.into_iter().chain(writes).collect())
}

/// Throughput, and microseconds of the service's processor time for each request.
#[derive(Clone, Copy, Default)]
struct Round {
    rate: f64,
    cost: f64,
}

async fn gets(
    database: &'static str,
    scenes: &mut [Scene<'_>; 2],
    rounds: usize,
    progress: &Progress,
) -> Result<[Comparison; 2]> {
    let mut requests = Vec::new();
    for scene in scenes.iter() {
        let api = &scene.installation.api;
        let mut connection = Connection::open(api.address).await?;
        requests.push(api.get(&api.paid(&mut connection).await?));
    }
    in_turns(
        database,
        ["GET", "GET, processor time"],
        rounds,
        progress,
        async |index| {
            let scene = &scenes[index];
            let before = scene.processor_time()?;
            let rate = rate(
                scene.installation.api.address,
                CONNECTIONS,
                200,
                &requests[index],
                READING,
            )
            .await?;
            let spent = scene.processor_time()?.saturating_sub(before);
            Ok(Round {
                rate,
                cost: spent.as_secs_f64() * 1e6 / (rate * READING.as_secs_f64()),
            })
        },
    )
    .await
}

async fn posts(
    database: &'static str,
    scenes: &mut [Scene<'_>; 2],
    rounds: usize,
    progress: &Progress,
) -> Result<[Comparison; 2]> {
    in_turns(
        database,
        ["POST", "POST, processor time"],
        rounds,
        progress,
        async |index| {
            let scene = &scenes[index];
            let api = &scene.installation.api;
            // An order takes one payment, so that each request needs an order of its own.
            let requests = api.stripe_payments(PAYMENTS).await?;
            scene.analyze().await?;
            let before = scene.processor_time()?;
            let rate = load::run(api.address, CONNECTIONS, 201, &requests).await?.rate();
            let spent = scene.processor_time()?.saturating_sub(before);
            Ok(Round {
                rate,
                cost: spent.as_secs_f64() * 1e6 / PAYMENTS as f64,
            })
        },
    )
    .await
}

/// Runs both builds in each round; the first one alternates. The first round warms up.
async fn in_turns(
    database: &'static str,
    names: [&'static str; 2],
    rounds: usize,
    progress: &Progress,
    run: impl AsyncFn(usize) -> Result<Round>,
) -> Result<[Comparison; 2]> {
    let mut rates = Comparison::new(database, names[0], "requests/s");
    let mut costs = Comparison::new(database, names[1], "µs each");
    for round in 0..=rounds {
        progress.step(format!("{database}, {}: round {round} of {rounds}", names[0]))?;
        let mut results = [Round::default(); 2];
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for index in order {
            results[index] = run(index).await?;
        }
        if round > 0 {
            let [other, this] = results;
            rates.add_rate(other.rate, this.rate);
            costs.add_cost(other.cost, this.cost);
        }
    }
    Ok([rates, costs])
}
