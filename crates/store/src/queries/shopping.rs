//! The orders that a logged-in customer sees.

use diesel::prelude::*;
use tillgate_model::Id;

use super::super::{Connection, RunQueryDsl};
use crate::{Scope, StoreError, rows::orders};

/// How many orders a customer has in a market, those bought as a guest aside.
pub async fn count_orders(
    connection: &mut Connection,
    scope: &Scope,
    customer_id: &Id,
    market_id: &Id,
) -> Result<i64, StoreError> {
    let query = orders::table
        .filter(orders::organization_id.eq(scope.organization_id().as_str()))
        .filter(orders::test.eq(scope.test()))
        .filter(orders::customer_id.eq(customer_id.as_str()))
        .filter(orders::market_id.eq(market_id.as_str()))
        .filter(orders::guest.eq(false))
        .count();
    Ok(run!(query.get_result(connection))?)
}
