//! Resident memory of a service that has answered many requests since its start.

use anyhow::Result;
use futures::future::try_join_all;

use super::Plan;
use crate::http::Connection;
use crate::report::{Row, Target, Unit};
use crate::scene::Scene;

const CONNECTIONS: usize = 64;
/// Reads beside an order, a line item and a payment.
const READS_PER_CHECKOUT: usize = 7;

/// One row.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    scene.progress.step("memory".to_owned())?;
    scene.restart().await?;
    let api = &scene.installation.api;
    let checkouts = (0..CONNECTIONS).map(async |index| {
        let mut connection = Connection::open(api.address).await?;
        for _ in (index..plan.checkouts).step_by(CONNECTIONS) {
            let path = api.paid(&mut connection).await?;
            let request = api.get(&path);
            for _ in 0..READS_PER_CHECKOUT {
                connection.send(&request).await?.expect(200)?;
            }
        }
        anyhow::Ok(())
    });
    try_join_all(checkouts).await?;
    let mebibytes = scene.resident_memory()? as f64 / 1024.0 / 1024.0;
    let what = format!(
        "Memory after {} requests",
        plan.checkouts * (READS_PER_CHECKOUT + 3)
    );
    Ok(vec![
        Row::new(what, Unit::Mebibytes, None, mebibytes).with_target(Some(Target::AtMost(96.0))),
    ])
}
