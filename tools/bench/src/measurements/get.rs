//! `GET /api/stripe_payments/{id}`, beside a constant answer of the same size.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{CONNECTIONS, Plan, Rounds, over};
use crate::http::{Connection, Request};
use crate::load;
use crate::report::{Row, Target, Unit};
use crate::scene::Scene;

/// A row for each number of connections.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let api = &scene.installation.api;
    let mut connection = Connection::open(api.address).await?;
    let request = api.get(&api.paid(&mut connection).await?);
    let body = connection.send(&request).await?.expect(200)?.body.to_vec();
    let floor = scene.constant_floor(&body).await?;
    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        let what = over("GET", connections);
        let mut rounds = Rounds::default();
        for round in 0..=plan.rounds {
            scene
                .progress
                .step(format!("{what}: round {round} of {}", plan.rounds))?;
            let floor = rate(floor.address, connections, 200, &request, plan.reading).await?;
            let service = rate(api.address, connections, 200, &request, plan.reading).await?;
            // The first round warms up.
            if round > 0 {
                rounds.floor.push(floor);
                rounds.service.push(service);
            }
        }
        let target = (connections == 16).then(|| Target::AtLeast(scene.by_database(0.35, 0.25)));
        rows.push(rounds.row(what, Unit::Rate).with_target(target));
    }
    Ok(rows)
}

/// Requests per second of one repeated request.
pub async fn rate(
    address: SocketAddr,
    connections: usize,
    status: u16,
    request: &Request,
    duration: Duration,
) -> Result<f64> {
    let end = Instant::now() + duration;
    let requests = std::iter::repeat(request).take_while(|_| Instant::now() < end);
    Ok(load::run(address, connections, status, requests).await?.rate())
}
