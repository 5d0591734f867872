//! `POST /api/stripe_payments`, beside two commits and a call of the PSP.

use anyhow::Result;

use super::{CONNECTIONS, Plan, Rounds, over};
use crate::load;
use crate::report::{Row, Target, Unit};
use crate::scene::Scene;

/// A row for each number of connections.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let api = &scene.installation.api;
    let floor = scene.payments_floor().await?;
    let mut rows = Vec::new();
    for (connections, count) in CONNECTIONS.into_iter().zip(plan.payments) {
        let what = over("POST", connections);
        let mut rounds = Rounds::default();
        for round in 0..=plan.rounds {
            scene
                .progress
                .step(format!("{what}: round {round} of {}", plan.rounds))?;
            // An order takes one payment, so that each request needs an order of its own.
            let requests = api.stripe_payments(count).await?;
            scene.analyze().await?;
            let floor = load::run(floor.address, connections, 201, &requests)
                .await?
                .rate();
            let service = load::run(api.address, connections, 201, &requests).await?.rate();
            // The first round warms up.
            if round > 0 {
                rounds.floor.push(floor);
                rounds.service.push(service);
            }
        }
        let target = match connections {
            16 => scene.by_database(None, Some(0.6)),
            64 => scene.by_database(Some(1.5), None),
            _ => None,
        };
        rows.push(
            rounds
                .row(what, Unit::Rate)
                .with_target(target.map(Target::AtLeast)),
        );
    }
    Ok(rows)
}
