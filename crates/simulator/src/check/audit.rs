//! During a run: a payment never goes backwards.

use std::{collections::HashMap, time::Duration};

use futures::FutureExt;
use tillgate_store::{PaymentSourceFilter, PaymentSourceRow, SourceState, StoreError, Tx, query};

use super::books::ALL;
use crate::api::Api;

/// Checks all payments, again and again.
pub async fn watch(api: Api) {
    let world = &api.host.world;
    let mut seen: HashMap<(String, Option<String>), SourceState> = HashMap::new();
    loop {
        let rows = world.quietly(|| read(&api));
        for row in rows.into_iter().flatten() {
            if row.psp_id.as_ref().is_some_and(|id| world.is_impostor(id)) {
                let what = format!("{}/{} uses a payment of live mode", row.kind, row.id);
                world.violate(what);
            }
            let before = seen.insert((row.id.clone(), row.psp_id.clone()), row.state);
            if before.is_some_and(|before| is_backwards(before, row.state)) {
                let what = format!("{}/{} was {before:?} and is {}", row.kind, row.id, row.state);
                world.violate(what);
            }
        }
        world
            .sleep_between(Duration::from_millis(50), Duration::from_secs(2))
            .await;
    }
}

fn read(api: &Api) -> Result<Vec<PaymentSourceRow>, StoreError> {
    let (context, scope) = (api.host.context(), &api.caller.scope);
    let read = context.db.read(async |tx: &mut Tx<'_>| {
        query!(
            tx,
            payment_sources::page(scope, PaymentSourceFilter::default(), ALL)
        )
    });
    read.now_or_never().unwrap_or_else(|| Ok(Vec::new()))
}

/// Whether a payment at a PSP can't have changed like this.
fn is_backwards(before: SourceState, now: SourceState) -> bool {
    match before {
        SourceState::Captured | SourceState::Canceled => now != before,
        SourceState::Authorized => !matches!(
            now,
            SourceState::Authorized | SourceState::Captured | SourceState::Canceled
        ),
        _ => now == SourceState::New && before != SourceState::New,
    }
}
