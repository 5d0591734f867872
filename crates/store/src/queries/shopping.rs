//! The orders that a logged-in customer sees.

use diesel::prelude::*;
use tillgate_model::{Id, document::Page};

use super::super::{Backend, Connection, RunQueryDsl};
use crate::{OrderRow, Scope, StoreError, rows::orders};

/// A customer's orders in a market, without those bought as a guest. It is a macro, because its two queries have different types
/// for each backend.
macro_rules! own_orders {
    ($scope:ident, $customer_id:ident, $market_id:ident) => {
        orders::table
            .filter(orders::organization_id.eq($scope.organization_id().as_str().to_owned()))
            .filter(orders::test.eq($scope.test()))
            .filter(orders::customer_id.eq($customer_id.as_str().to_owned()))
            .filter(orders::market_id.eq($market_id.as_str().to_owned()))
            .filter(orders::guest.eq(false))
    };
}

/// A page of these orders, oldest first.
pub async fn orders(
    connection: &mut Connection,
    scope: &Scope,
    customer_id: &Id,
    market_id: &Id,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let query = own_orders!(scope, customer_id, market_id)
        .select(OrderRow::as_select())
        .order((orders::created_at, orders::id))
        .limit(page.size)
        .offset(page.offset())
        .into_boxed::<Backend>();
    Ok(run!(query.load(connection))?)
}

/// The number of these orders.
pub async fn count_orders(
    connection: &mut Connection,
    scope: &Scope,
    customer_id: &Id,
    market_id: &Id,
) -> Result<i64, StoreError> {
    let query = own_orders!(scope, customer_id, market_id).count();
    Ok(run!(query.get_result(connection))?)
}
