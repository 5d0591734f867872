//! A creation that is repeated with its idempotency key, beside reading the created resource.

use anyhow::Result;

use super::{Plan, Rounds, get::rate, over};
use crate::http::{Connection, with_header};
use crate::report::{Row, Target, Unit};
use crate::scene::Scene;

const CONNECTIONS: usize = 16;

/// One row.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let api = &scene.installation.api;
    let mut connection = Connection::open(api.address).await?;
    let order = api.order(&mut connection).await?;
    let creation = with_header(&api.stripe_payment(&order), "Idempotency-Key", "bench-replay");
    let document = connection.send(&creation).await?.expect(201)?.document()?;
    let id = document["data"]["id"].as_str().unwrap_or_default();
    let reading = api.get(&format!("/api/stripe_payments/{id}"));
    let what = format!("{} (floor: our GET)", over("Idempotent replay", CONNECTIONS));
    let mut rounds = Rounds::default();
    for round in 0..=plan.rounds {
        scene
            .progress
            .step(format!("{what}: round {round} of {}", plan.rounds))?;
        let floor = rate(api.address, CONNECTIONS, 200, &reading, plan.reading).await?;
        let service = rate(api.address, CONNECTIONS, 201, &creation, plan.reading).await?;
        // The first round warms up.
        if round > 0 {
            rounds.floor.push(floor);
            rounds.service.push(service);
        }
    }
    let row = rounds
        .row(what, Unit::Rate)
        .with_target(Some(Target::AtLeast(0.8)));
    Ok(vec![row])
}
