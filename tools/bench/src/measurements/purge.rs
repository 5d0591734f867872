//! Expired idempotency keys that are deleted beside payments.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::Plan;
use crate::load;
use crate::report::{Row, Target, Unit};
use crate::scene::Scene;

/// Connections over which payments are created meanwhile.
const CONNECTIONS: usize = 16;
/// Payments between two looks at what is left.
const PAYMENTS: usize = 1000;
/// Looks after which nothing more is expected.
const MOST_LOOKS: usize = 300;
/// The condition of expired keys; those of the payments are new.
const LEFT: &str = "SELECT count(*) FROM idempotency_keys WHERE key LIKE 'expired-%'";

/// One row. The service deletes what has expired when it starts.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let keys = plan.expired_keys;
    scene.progress.step(format!("purge: {keys} expired keys"))?;
    scene.stop().await?;
    insert(scene, keys).await?;
    let _ = scene.restart().await?;
    let begin = Instant::now();
    let api = &scene.installation.api;
    for look in 1..=MOST_LOOKS {
        let requests = api.stripe_payments(PAYMENTS).await?;
        load::run(api.address, CONNECTIONS, 201, &requests).await?;
        let left = scene.count(LEFT).await?;
        scene
            .progress
            .step(format!("purge: look {look}, {left} keys left"))?;
        if left == 0 {
            let rate = keys as f64 / begin.elapsed().as_secs_f64();
            let row = Row::new("Expired keys deleted beside POST", Unit::Throughput, None, rate);
            return Ok(vec![row.with_target(Some(Target::AtLeast(3000.0)))]);
        }
    }
    ensure!(false, "expired keys are left after {MOST_LOOKS} looks");
    Ok(Vec::new())
}

/// Keys that have expired days ago, in no order, each with an answer of 1 KiB.
async fn insert(scene: &Scene<'_>, keys: usize) -> Result<()> {
    let text = |key: &str, moment: &str, body: &str| {
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {keys}) INSERT INTO idempotency_keys \
             (organization_id, test, application_id, owner_id, key, fingerprint, created_at, finished_at, resource_type, resource_id, \
             status, body) SELECT (SELECT min(id) FROM organizations), TRUE, 'bench', '', 'expired-' || {key}, 'x', {moment}, \
             {moment}, 'stripe_payments', 'x' || i, 201, {body} FROM n"
        )
    };
    let sqlite = text(
        "hex(randomblob(16))",
        "datetime('now', '-3 days')",
        "printf('%.*c', 1024, 'x')",
    );
    let postgres = text(
        "md5(i::text)",
        "now() at time zone 'utc' - interval '3 days'",
        "repeat('x', 1024)",
    );
    scene.run_sql(&sqlite, &postgres).await?;
    scene.run_sql("SELECT 1", "VACUUM ANALYZE").await
}
