//! From the start of the process to the first answer, on an existing database.

use anyhow::Result;

use super::Plan;
use crate::report::{Row, Target, Unit};
use crate::scene::Scene;
use crate::statistics::median;

/// One row.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let mut milliseconds = Vec::new();
    for round in 1..=plan.rounds {
        scene
            .progress
            .step(format!("start: round {round} of {}", plan.rounds))?;
        milliseconds.push(scene.restart().await?.as_secs_f64() * 1000.0);
    }
    let row = Row::new(
        "First 200 after the start",
        Unit::Milliseconds,
        None,
        median(milliseconds),
    );
    Ok(vec![row.with_target(Some(Target::AtMost(300.0)))])
}
