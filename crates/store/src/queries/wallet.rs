//! Queries of saved cards by other columns than their ids.

use diesel::prelude::*;
use tillgate_model::Id;

use super::super::{Connection, RunQueryDsl};
use crate::{
    CardState, CustomerPaymentSourceRow, GatewayCustomerRow, Scope, StoreError, StoredTime,
    rows::{customer_payment_sources, gateway_customers},
};

/// A customer of ours at a PSP's account, if their creation was ever requested there.
pub async fn customer_at_gateway(
    connection: &mut Connection,
    scope: &Scope,
    customer_id: &str,
    gateway_id: &str,
) -> Result<Option<GatewayCustomerRow>, StoreError> {
    let query = gateway_customers::table
        .filter(gateway_customers::organization_id.eq(scope.organization_id().as_str()))
        .filter(gateway_customers::test.eq(scope.test()))
        .filter(gateway_customers::customer_id.eq(customer_id))
        .filter(gateway_customers::payment_gateway_id.eq(gateway_id))
        .select(GatewayCustomerRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// The saved card with a token at a gateway, of any customer and in any state.
pub async fn by_token(
    connection: &mut Connection,
    scope: &Scope,
    gateway_id: &str,
    token_hash: &str,
) -> Result<Option<CustomerPaymentSourceRow>, StoreError> {
    let query = customer_payment_sources::table
        .filter(customer_payment_sources::organization_id.eq(scope.organization_id().as_str()))
        .filter(customer_payment_sources::test.eq(scope.test()))
        .filter(customer_payment_sources::payment_gateway_id.eq(gateway_id))
        .filter(customer_payment_sources::token_hash.eq(token_hash))
        .select(CustomerPaymentSourceRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// The owners of the saved cards that a PSP keeps for one customer of its own.
pub async fn owners_of_customer_token(
    connection: &mut Connection,
    scope: &Scope,
    gateway_id: &str,
    customer_token: &str,
) -> Result<Vec<String>, StoreError> {
    let query = customer_payment_sources::table
        .filter(customer_payment_sources::organization_id.eq(scope.organization_id().as_str()))
        .filter(customer_payment_sources::test.eq(scope.test()))
        .filter(customer_payment_sources::payment_gateway_id.eq(gateway_id))
        .filter(customer_payment_sources::customer_token.eq(customer_token))
        .select(customer_payment_sources::customer_id)
        .distinct();
    Ok(run!(query.load(connection))?)
}

/// The cards of a customer in a state, oldest first. A customer has only a few.
pub async fn of_customer(
    connection: &mut Connection,
    scope: &Scope,
    customer_id: &str,
    state: CardState,
) -> Result<Vec<CustomerPaymentSourceRow>, StoreError> {
    let query = customer_payment_sources::table
        .filter(customer_payment_sources::organization_id.eq(scope.organization_id().as_str()))
        .filter(customer_payment_sources::test.eq(scope.test()))
        .filter(customer_payment_sources::customer_id.eq(customer_id))
        .filter(customer_payment_sources::state.eq(state))
        .order((customer_payment_sources::created_at, customer_payment_sources::id))
        .select(CustomerPaymentSourceRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// Detaches a payment source that is being deleted from the cards that it saved.
pub async fn forget_payment_source(
    connection: &mut Connection,
    scope: &Scope,
    source_id: &Id,
) -> Result<(), StoreError> {
    let target = customer_payment_sources::table
        .filter(customer_payment_sources::organization_id.eq(scope.organization_id().as_str()))
        .filter(customer_payment_sources::test.eq(scope.test()))
        .filter(customer_payment_sources::payment_source_id.eq(source_id.as_str()));
    run!(
        diesel::update(target)
            .set((
                customer_payment_sources::payment_source_type.eq(None::<String>),
                customer_payment_sources::payment_source_id.eq(None::<String>),
            ))
            .execute(connection)
    )?;
    Ok(())
}

/// Cards of all organizations whose next check is due. The rows have their scope.
pub async fn due(
    connection: &mut Connection,
    now: StoredTime,
    limit: i64,
) -> Result<Vec<CustomerPaymentSourceRow>, StoreError> {
    let query = customer_payment_sources::table
        .filter(customer_payment_sources::next_attempt_at.le(now))
        .order(customer_payment_sources::next_attempt_at)
        .limit(limit)
        .select(CustomerPaymentSourceRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// Claims a due card, so that no other instance checks it before `until`; false if another instance was faster.
pub async fn take(
    connection: &mut Connection,
    row: &CustomerPaymentSourceRow,
    until: StoredTime,
) -> Result<bool, StoreError> {
    let target = customer_payment_sources::table
        .filter(customer_payment_sources::organization_id.eq(&row.organization_id))
        .filter(customer_payment_sources::test.eq(row.test))
        .filter(customer_payment_sources::id.eq(&row.id))
        .filter(customer_payment_sources::attempts.eq(row.attempts))
        .filter(customer_payment_sources::next_attempt_at.is_not_null());
    let changed = run!(
        diesel::update(target)
            .set((
                customer_payment_sources::next_attempt_at.eq(until),
                customer_payment_sources::attempts.eq(row.attempts + 1),
            ))
            .execute(connection)
    )?;
    Ok(changed > 0)
}

/// Makes all open calls about cards due.
pub async fn make_due(connection: &mut Connection, now: StoredTime) -> Result<(), StoreError> {
    let target =
        customer_payment_sources::table.filter(customer_payment_sources::next_attempt_at.is_not_null());
    let set = customer_payment_sources::next_attempt_at.eq(now);
    run!(diesel::update(target).set(set).execute(connection))?;
    Ok(())
}
