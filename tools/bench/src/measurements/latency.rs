//! `POST /api/stripe_payments` with a slow PSP, beside the same call of the PSP alone.

use std::time::Duration;

use anyhow::Result;

use super::{Plan, Rounds};
use crate::http::{self, Request};
use crate::load::{self, Sample};
use crate::report::{Row, Target, Unit};
use crate::scene::Scene;

const PSP_DELAY: Duration = Duration::from_millis(50);
/// A load far below the machine's capacity.
const CONNECTIONS: usize = 4;

/// A row for the median and one for the 99th percentile.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let api = &scene.installation.api;
    let (mut median, mut tail) = (Rounds::default(), Rounds::default());
    let intents: Vec<Request> = (0..plan.slow_payments).map(|_| intent()).collect();
    for round in 0..=plan.rounds {
        scene
            .progress
            .step(format!("latency: round {round} of {}", plan.rounds))?;
        let payments = api.stripe_payments(plan.slow_payments).await?;
        scene.analyze().await?;
        scene.sandbox.delay(PSP_DELAY).await?;
        let direct = load::run(scene.sandbox.address, CONNECTIONS, 200, &intents).await?;
        let service = load::run(api.address, CONNECTIONS, 201, &payments).await?;
        scene.sandbox.hurry().await?;
        // The first round warms up.
        if round > 0 {
            add(&mut median, &direct, &service, 0.5);
            add(&mut tail, &direct, &service, 0.99);
        }
    }
    Ok(vec![
        median
            .row("Latency around a PSP of 50 ms, p50", Unit::Milliseconds)
            .with_target(Some(Target::AtMost(3.0))),
        tail.row("Latency around a PSP of 50 ms, p99", Unit::Milliseconds)
            .with_target(Some(Target::AtMost(15.0))),
    ])
}

fn add(rounds: &mut Rounds, direct: &Sample, service: &Sample, share: f64) {
    rounds.floor.push(direct.milliseconds(share));
    rounds.service.push(service.milliseconds(share));
}

/// Creation of a PaymentIntent like the service's.
fn intent() -> Request {
    let body = "amount=2500&currency=eur&capture_method=manual&payment_method_types%5B%5D=card";
    let media_type = "application/x-www-form-urlencoded";
    http::with_body(
        "POST",
        "/v1/payment_intents",
        "sk_test_direct0000",
        media_type,
        body,
    )
}
