//! Lists for an operator, of all organizations: open calls to PSPs, events without a payment of ours, and mismatched payments.

use diesel::prelude::*;

use super::super::{Connection, RunQueryDsl};
use crate::{
    FlaggedEvent, GatewayEventRow, GatewayOperationRow, OpenOperation, PaymentGatewayRow, PaymentSourceRow,
    StoreError,
    rows::{gateway_events, gateway_operations, orders, organizations, payment_gateways, payment_sources},
};

/// Calls to PSPs with unknown outcomes; flagged ones first, then the oldest.
pub async fn open_operations(
    connection: &mut Connection,
    limit: i64,
) -> Result<Vec<OpenOperation>, StoreError> {
    let of_source = payment_sources::organization_id
        .eq(gateway_operations::organization_id)
        .and(payment_sources::test.eq(gateway_operations::test))
        .and(payment_sources::id.eq(gateway_operations::payment_source_id));
    let of_order = orders::organization_id
        .eq(payment_sources::organization_id)
        .and(orders::test.eq(payment_sources::test))
        .and(orders::id.eq(payment_sources::order_id));
    let query = gateway_operations::table
        .inner_join(payment_sources::table.on(of_source))
        .inner_join(orders::table.on(of_order))
        .inner_join(organizations::table.on(organizations::id.eq(gateway_operations::organization_id)))
        .filter(gateway_operations::finished_at.is_null())
        .order((
            gateway_operations::flagged_at.is_null(),
            gateway_operations::created_at,
        ))
        .limit(limit)
        .select((
            GatewayOperationRow::as_select(),
            organizations::name,
            orders::number,
            payment_sources::kind,
        ));
    Ok(run!(query.load(connection))?)
}

/// Flagged events, oldest first.
pub async fn flagged_events(
    connection: &mut Connection,
    limit: i64,
) -> Result<Vec<FlaggedEvent>, StoreError> {
    let of_gateway = payment_gateways::organization_id
        .eq(gateway_events::organization_id)
        .and(payment_gateways::test.eq(gateway_events::test))
        .and(payment_gateways::id.eq(gateway_events::payment_gateway_id));
    let query = gateway_events::table
        .inner_join(payment_gateways::table.on(of_gateway))
        .inner_join(organizations::table.on(organizations::id.eq(gateway_events::organization_id)))
        .filter(gateway_events::flagged_at.is_not_null())
        .order(gateway_events::created_at)
        .limit(limit)
        .select((
            GatewayEventRow::as_select(),
            organizations::name,
            PaymentGatewayRow::as_select(),
        ));
    Ok(run!(query.load(connection))?)
}

/// Payment sources whose payment differs from the request, with the organization's name and the order's number; oldest first.
pub async fn mismatched_sources(
    connection: &mut Connection,
    limit: i64,
) -> Result<Vec<(PaymentSourceRow, String, String)>, StoreError> {
    let of_order = orders::organization_id
        .eq(payment_sources::organization_id)
        .and(orders::test.eq(payment_sources::test))
        .and(orders::id.eq(payment_sources::order_id));
    let query = payment_sources::table
        .inner_join(orders::table.on(of_order))
        .inner_join(organizations::table.on(organizations::id.eq(payment_sources::organization_id)))
        .filter(payment_sources::mismatch.is_not_null())
        .order(payment_sources::created_at)
        .limit(limit)
        .select((PaymentSourceRow::as_select(), organizations::name, orders::number));
    Ok(run!(query.load(connection))?)
}
