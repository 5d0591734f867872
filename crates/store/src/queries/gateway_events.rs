//! Provider events: their gateways, the known ones, and those that wait to be handled.

use diesel::prelude::*;
use tillgate_model::{Id, resources::GatewayType};

use super::super::{Connection, RunQueryDsl};
use crate::{
    GatewayEventRow, PaymentGatewayRow, PaymentSourceRow, Scope, StoreError, Stored, StoredTime,
    rows::{gateway_events, payment_gateways, payment_sources},
};

pub use super::resources::gateway_events::*;

/// The gateway whose webhook URL ends with a token. The search has no scope: the row has the scope of the verified event.
pub async fn gateway_of_token(
    connection: &mut Connection,
    kind: GatewayType,
    token: &str,
) -> Result<Option<PaymentGatewayRow>, StoreError> {
    let query = payment_gateways::table
        .filter(payment_gateways::webhook_token.eq(token))
        .filter(payment_gateways::kind.eq(Stored(kind)))
        .select(PaymentGatewayRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// Adds an event; false if the gateway has it already.
pub async fn insert_once(connection: &mut Connection, row: &GatewayEventRow) -> Result<bool, StoreError> {
    let insert = diesel::insert_into(gateway_events::table)
        .values(row)
        .on_conflict_do_nothing();
    Ok(run!(insert.execute(connection))? > 0)
}

/// Whether an event of any organization is due.
pub async fn any_due(connection: &mut Connection, now: StoredTime) -> Result<bool, StoreError> {
    let due = gateway_events::table.filter(gateway_events::next_attempt_at.le(now));
    Ok(run!(
        diesel::select(diesel::dsl::exists(due)).get_result(connection)
    )?)
}

/// Claims due events of all organizations, so that no other instance takes them before `until`. The rows have their scope, and
/// are those before the claim.
pub async fn take_due(
    connection: &mut Connection,
    now: StoredTime,
    until: StoredTime,
    limit: i64,
) -> Result<Vec<GatewayEventRow>, StoreError> {
    let query = gateway_events::table
        .filter(gateway_events::next_attempt_at.le(now))
        .order(gateway_events::next_attempt_at)
        .limit(limit)
        .select(GatewayEventRow::as_select());
    let due: Vec<GatewayEventRow> = run!(skip_locked!(query).load(connection))?;
    for row in &due {
        let target = gateway_events::table
            .filter(gateway_events::organization_id.eq(&row.organization_id))
            .filter(gateway_events::test.eq(row.test))
            .filter(gateway_events::id.eq(&row.id));
        let set = (
            gateway_events::next_attempt_at.eq(until),
            gateway_events::attempts.eq(row.attempts + 1),
        );
        run!(diesel::update(target).set(set).execute(connection))?;
    }
    Ok(due)
}

/// Records the result of an event: the times when it was handled, is due again, or was flagged for an operator. An event that was
/// handled meanwhile stays as it is.
pub async fn finish(
    connection: &mut Connection,
    scope: &Scope,
    id: &str,
    now: StoredTime,
    [processed_at, next_attempt_at, flagged_at]: [Option<StoredTime>; 3],
) -> Result<(), StoreError> {
    let target = gateway_events::table
        .filter(gateway_events::organization_id.eq(scope.organization_id().as_str()))
        .filter(gateway_events::test.eq(scope.test()))
        .filter(gateway_events::id.eq(id))
        .filter(gateway_events::processed_at.is_null());
    let set = (
        gateway_events::updated_at.eq(now),
        gateway_events::processed_at.eq(processed_at),
        gateway_events::next_attempt_at.eq(next_attempt_at),
        gateway_events::flagged_at.eq(flagged_at),
    );
    run!(diesel::update(target).set(set).execute(connection))?;
    Ok(())
}

/// The payment sources with an id of the PSP.
pub async fn sources_of_psp_id(
    connection: &mut Connection,
    scope: &Scope,
    psp_id: &str,
) -> Result<Vec<PaymentSourceRow>, StoreError> {
    let query = payment_sources::table
        .filter(payment_sources::organization_id.eq(scope.organization_id().as_str()))
        .filter(payment_sources::test.eq(scope.test()))
        .filter(payment_sources::psp_id.eq(psp_id))
        .select(PaymentSourceRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// Stores a newly registered endpoint with its gateway, unless the gateway's endpoint is no longer `former`.
pub async fn keep_endpoint(
    connection: &mut Connection,
    scope: &Scope,
    gateway_id: &Id,
    former: Option<&str>,
    endpoint_id: &str,
    secrets: Option<&str>,
) -> Result<(), StoreError> {
    let target = payment_gateways::table
        .filter(payment_gateways::organization_id.eq(scope.organization_id().as_str()))
        .filter(payment_gateways::test.eq(scope.test()))
        .filter(payment_gateways::id.eq(gateway_id.as_str()));
    let set = (
        payment_gateways::webhook_endpoint_id.eq(endpoint_id),
        payment_gateways::webhook_secrets.eq(secrets),
    );
    match former {
        Some(former) => {
            let target = target.filter(payment_gateways::webhook_endpoint_id.eq(former));
            run!(diesel::update(target).set(set).execute(connection))?
        }
        None => {
            let target = target.filter(payment_gateways::webhook_endpoint_id.is_null());
            run!(diesel::update(target).set(set).execute(connection))?
        }
    };
    Ok(())
}
