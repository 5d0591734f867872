//! Signed events of Stripe, beside a constant answer: throughput and delay of the acknowledgements. Each event is stored before,
//! and handled afterwards, which takes its share of the processors.

use anyhow::{Context as _, Result};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use super::{Plan, Rounds, over};
use crate::http::{self, Connection, Request, with_header};
use crate::load;
use crate::report::{Row, Unit};
use crate::scene::Scene;

const CONNECTIONS: usize = 16;
const SECRET: &str = "whsec_of_the_benchmark";

/// Two rows.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let api = &scene.installation.api;
    let mut connection = Connection::open(api.address).await?;
    let payment = api.paid(&mut connection).await?;
    let document = connection
        .send(&api.get(&payment))
        .await?
        .expect(200)?
        .document()?;
    let psp_id = document["data"]["attributes"]["stripe_id"]
        .as_str()
        .context("a Stripe payment without a stripe_id")?;
    let path = api.listen_for_stripe(&mut connection, SECRET).await?;
    let floor = scene.constant_floor(b"").await?;
    let what = over("Event of a PSP", CONNECTIONS);
    let (mut rounds, mut slowest) = (Rounds::default(), Vec::new());
    for round in 0..=plan.rounds {
        scene
            .progress
            .step(format!("{what}: round {round} of {}", plan.rounds))?;
        let events = (0..plan.steps)
            .map(|index| event(&path, &format!("evt_bench{round}x{index}"), psp_id))
            .collect::<Result<Vec<_>>>()?;
        let floor = load::run(floor.address, CONNECTIONS, 200, &events).await?.rate();
        let service = load::run(api.address, CONNECTIONS, 200, &events).await?;
        // The first round warms up.
        if round > 0 {
            rounds.floor.push(floor);
            rounds.service.push(service.rate());
            slowest.push(service.milliseconds(0.99));
        }
    }
    let p99 = super::median(slowest);
    Ok(vec![
        rounds.row(what, Unit::Rate),
        Row::new(
            "Event of a PSP, p99 to its acknowledgement",
            Unit::Milliseconds,
            None,
            p99,
        ),
    ])
}

/// An event with Stripe's signature.
fn event(path: &str, id: &str, psp_id: &str) -> Result<Request> {
    let now = chrono::Utc::now().timestamp();
    let body = json!({
        "id": id, "object": "event", "type": "payment_intent.amount_capturable_updated", "created": now,
        "livemode": false, "api_version": "2026-07-29.dahlia",
        "data": {"object": {"id": psp_id, "object": "payment_intent", "metadata": {}}}
    })
    .to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    mac.update(format!("{now}.{body}").as_bytes());
    let signature = format!("t={now},v1={}", hex::encode(mac.finalize().into_bytes()));
    let request = http::with_body("POST", path, "", "application/json", &body);
    Ok(with_header(&request, "Stripe-Signature", &signature))
}
