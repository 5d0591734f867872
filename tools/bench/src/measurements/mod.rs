//! The measurements.

mod capture;
mod delivery;
mod event;
pub mod get;
mod latency;
mod memory;
mod post;
mod purge;
mod refusal;
mod replay;
mod start;

use std::time::Duration;

use anyhow::{Result, ensure};
use strum::{EnumIter, IntoEnumIterator as _, IntoStaticStr};

use super::report::{Row, Unit};
use super::scene::Scene;
use super::statistics::median;

/// Numbers of connections over which throughput is measured.
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// A measurement.
#[derive(Clone, Copy, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Measurement {
    /// Requests per second of reading a payment.
    Get,
    /// Requests per second of creating a payment.
    Post,
    /// Requests per second of capturing an authorization.
    Capture,
    /// Events of a PSP per second, and the delay of their acknowledgements.
    Event,
    /// Calls of a merchant's webhooks per second, and their delay.
    Delivery,
    /// Requests per second of a replay with the same idempotency key.
    Replay,
    /// Overhead on a slow PSP.
    Latency,
    /// Time from the start to the first answer.
    Start,
    /// Memory use.
    Memory,
    /// Cost of a refused request.
    Refusal,
    /// Expired data that is deleted per second.
    Purge,
}

impl Measurement {
    /// The measurements with `filter` in their names; all without a filter.
    pub fn matching(filter: Option<&str>) -> Result<Vec<Self>> {
        let name = |measurement: &Self| <&'static str>::from(measurement);
        let found: Vec<_> = Self::iter()
            .filter(|measurement| name(measurement).contains(filter.unwrap_or_default()))
            .collect();
        ensure!(
            !found.is_empty(),
            "no measurement has {:?} in its name",
            filter.unwrap_or_default()
        );
        Ok(found)
    }

    /// Measures.
    pub async fn take(self, scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
        match self {
            Self::Get => get::measure(scene, plan).await,
            Self::Post => post::measure(scene, plan).await,
            Self::Capture => capture::measure(scene, plan).await,
            Self::Event => event::measure(scene, plan).await,
            Self::Delivery => delivery::measure(scene, plan).await,
            Self::Replay => replay::measure(scene, plan).await,
            Self::Latency => latency::measure(scene, plan).await,
            Self::Start => start::measure(scene, plan).await,
            Self::Memory => memory::measure(scene, plan).await,
            Self::Refusal => refusal::measure(scene, plan).await,
            Self::Purge => purge::measure(scene, plan).await,
        }
    }
}

/// The extent of the measurements.
pub struct Plan {
    /// Rounds that count for the median, after one that warms up.
    rounds: usize,
    /// Length of a round of reads.
    reading: Duration,
    /// Payments in a round, for each number of connections.
    payments: [usize; CONNECTIONS.len()],
    /// Captures, and events, in a round.
    steps: usize,
    /// Payments in a round with a slow PSP.
    slow_payments: usize,
    /// Checkouts of ten requests before memory is measured.
    checkouts: usize,
    /// Refused requests of each kind.
    refusals: usize,
    /// Idempotency keys that have expired.
    expired_keys: usize,
}

impl Plan {
    /// The extent that the targets are for.
    pub const FULL: Self = Self {
        rounds: 5,
        reading: Duration::from_secs(2),
        payments: [400, 2000, 3000],
        steps: 2000,
        slow_payments: 500,
        checkouts: 10_000,
        refusals: 200,
        expired_keys: 1_000_000,
    };
    /// A first impression.
    pub const QUICK: Self = Self {
        rounds: 3,
        reading: Duration::from_millis(500),
        payments: [50, 300, 500],
        steps: 300,
        slow_payments: 100,
        checkouts: 1000,
        refusals: 50,
        expired_keys: 100_000,
    };
}

/// Name of a row.
fn over(method: &str, connections: usize) -> String {
    let connection = if connections == 1 {
        "connection"
    } else {
        "connections"
    };
    format!("{method}, {connections} {connection}")
}

/// The numbers of floor and service in the rounds.
#[derive(Default)]
struct Rounds {
    floor: Vec<f64>,
    service: Vec<f64>,
}

impl Rounds {
    fn row(self, what: impl Into<String>, unit: Unit) -> Row {
        Row::new(what, unit, Some(median(self.floor)), median(self.service))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_found_by_a_part_of_their_name() {
        let count = |filter| Measurement::matching(filter).map(|found| found.len()).ok();
        assert_eq!(
            (count(None), count(Some("mem")), count(Some("nothing"))),
            (Some(11), Some(1), None)
        );
    }
}
