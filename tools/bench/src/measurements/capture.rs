//! `_capture` of an authorization, beside two commits and a call of the PSP.

use anyhow::Result;

use super::{Plan, Rounds, over};
use crate::load;
use crate::report::{Row, Unit};
use crate::scene::Scene;

const CONNECTIONS: usize = 16;

/// One row.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let api = &scene.installation.api;
    let floor = scene.payments_floor().await?;
    let what = over("Capture", CONNECTIONS);
    let mut rounds = Rounds::default();
    for round in 0..=plan.rounds {
        scene
            .progress
            .step(format!("{what}: round {round} of {}", plan.rounds))?;
        let requests = api.captures(plan.steps).await?;
        scene.analyze().await?;
        let floor = load::run(floor.address, CONNECTIONS, 201, &requests)
            .await?
            .rate();
        let service = load::run(api.address, CONNECTIONS, 200, &requests).await?.rate();
        // The first round warms up.
        if round > 0 {
            rounds.floor.push(floor);
            rounds.service.push(service);
        }
    }
    Ok(vec![rounds.row(what, Unit::Rate)])
}
