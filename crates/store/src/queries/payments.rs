//! Queries of payments over more than one row.

use diesel::prelude::*;
use tillgate_model::{
    Id,
    resources::{GatewayType, PaymentSourceType},
};

use super::super::{Connection, RunQueryDsl};
use crate::{
    CustomerRow, GatewayOperationRow, MethodSummary, OrderRow, OrderSummary, PaymentGatewayRow,
    PaymentMethodRow, PaymentSourceRow, Scope, StoreError, Stored, StoredTime, TransactionRow,
    TransactionStatus,
    rows::{
        customers, gateway_operations, line_items, orders, payment_gateways, payment_methods,
        payment_sources, transactions,
    },
};

/// A payment source, with the columns of its order that are shown with it.
pub async fn source_and_order(
    connection: &mut Connection,
    scope: &Scope,
    id: &Id,
) -> Result<Option<(PaymentSourceRow, OrderSummary)>, StoreError> {
    let of_source = orders::organization_id
        .eq(payment_sources::organization_id)
        .and(orders::test.eq(payment_sources::test))
        .and(orders::id.eq(payment_sources::order_id));
    let query = payment_sources::table
        .inner_join(orders::table.on(of_source))
        .filter(payment_sources::organization_id.eq(scope.organization_id().as_str()))
        .filter(payment_sources::test.eq(scope.test()))
        .filter(payment_sources::id.eq(id.as_str()))
        .select((PaymentSourceRow::as_select(), OrderSummary::as_select()));
    Ok(run!(query.get_result(connection)).optional()?)
}

/// Summaries of some orders.
pub async fn summaries_of_orders(
    connection: &mut Connection,
    scope: &Scope,
    order_ids: &[String],
) -> Result<Vec<OrderSummary>, StoreError> {
    let query = orders::table
        .filter(orders::organization_id.eq(scope.organization_id().as_str()))
        .filter(orders::test.eq(scope.test()))
        .filter(orders::id.eq_any(order_ids))
        .select(OrderSummary::as_select());
    Ok(run!(query.load(connection))?)
}

/// The order of a payment source, locked until the transaction ends.
pub async fn lock_order_of_source(
    connection: &mut Connection,
    scope: &Scope,
    source_id: &Id,
) -> Result<Option<OrderRow>, StoreError> {
    let of_source = payment_sources::table
        .filter(payment_sources::organization_id.eq(scope.organization_id().as_str()))
        .filter(payment_sources::test.eq(scope.test()))
        .filter(payment_sources::id.eq(source_id.as_str()))
        .select(payment_sources::order_id);
    let query = orders::table
        .filter(orders::organization_id.eq(scope.organization_id().as_str()))
        .filter(orders::test.eq(scope.test()))
        .filter(is_value_of!(orders::id, of_source))
        .select(OrderRow::as_select());
    Ok(run!(for_update!(query).get_result(connection)).optional()?)
}

/// Writes the columns of an order that payments change. Its references stay, so that SQLite has neither foreign keys to check nor
/// an index to write.
pub async fn save_progress_of_order(connection: &mut Connection, row: &OrderRow) -> Result<(), StoreError> {
    let target = orders::table
        .filter(orders::organization_id.eq(&row.organization_id))
        .filter(orders::test.eq(row.test))
        .filter(orders::id.eq(&row.id));
    Ok(prepared!(connection, diesel::update(target).set(row.progress()))?)
}

/// The present payment source of an order, if it has one.
pub async fn source_of_order(
    connection: &mut Connection,
    scope: &Scope,
    order_id: &Id,
) -> Result<Option<PaymentSourceRow>, StoreError> {
    let of_order = orders::table
        .filter(orders::organization_id.eq(scope.organization_id().as_str()))
        .filter(orders::test.eq(scope.test()))
        .filter(orders::id.eq(order_id.as_str()))
        .select(orders::payment_source_id.assume_not_null());
    let query = payment_sources::table
        .filter(payment_sources::organization_id.eq(scope.organization_id().as_str()))
        .filter(payment_sources::test.eq(scope.test()))
        .filter(is_value_of!(payment_sources::id, of_order))
        .select(PaymentSourceRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// All transactions of an order, in the order of their numbers.
pub async fn transactions_of_order(
    connection: &mut Connection,
    scope: &Scope,
    order_id: &str,
) -> Result<Vec<TransactionRow>, StoreError> {
    let query = transactions::table
        .filter(transactions::organization_id.eq(scope.organization_id().as_str()))
        .filter(transactions::test.eq(scope.test()))
        .filter(transactions::order_id.eq(order_id))
        .order(transactions::number)
        .select(TransactionRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// All transactions of some orders.
pub async fn transactions_of_orders(
    connection: &mut Connection,
    scope: &Scope,
    order_ids: &[String],
) -> Result<Vec<TransactionRow>, StoreError> {
    let query = transactions::table
        .filter(transactions::organization_id.eq(scope.organization_id().as_str()))
        .filter(transactions::test.eq(scope.test()))
        .filter(transactions::order_id.eq_any(order_ids))
        .order(transactions::number)
        .select(TransactionRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// The number of failed authorizations of a network address's callers since a time.
pub async fn count_failures_of_address(
    connection: &mut Connection,
    scope: &Scope,
    address: &str,
    since: StoredTime,
) -> Result<i64, StoreError> {
    let query = transactions::table
        .filter(transactions::organization_id.eq(scope.organization_id().as_str()))
        .filter(transactions::test.eq(scope.test()))
        .filter(transactions::address.eq(address))
        .filter(transactions::created_at.gt(since))
        .filter(transactions::status.eq(TransactionStatus::Failed))
        .count();
    Ok(run!(query.get_result(connection))?)
}

/// Sum of an order's line items, in minor units; `None` without line items.
pub async fn subtotal_of_order(
    connection: &mut Connection,
    scope: &Scope,
    order_id: &str,
) -> Result<Option<i64>, StoreError> {
    let query = line_items::table
        .filter(line_items::organization_id.eq(scope.organization_id().as_str()))
        .filter(line_items::test.eq(scope.test()))
        .filter(line_items::order_id.eq(order_id))
        .select((line_items::unit_amount_cents, line_items::quantity));
    let items: Vec<(i64, i64)> = run!(query.load(connection))?;
    if items.is_empty() {
        return Ok(None);
    }
    // Bounds on price, quantity and the order's total are checked before a line item is written.
    Ok(Some(items.iter().fold(0, |sum: i64, (price, quantity)| {
        sum.saturating_add(price.saturating_mul(*quantity))
    })))
}

/// The number of orders of a customer.
pub async fn count_orders_of_customer(
    connection: &mut Connection,
    scope: &Scope,
    customer_id: &str,
) -> Result<i64, StoreError> {
    let query = orders::table
        .filter(orders::organization_id.eq(scope.organization_id().as_str()))
        .filter(orders::test.eq(scope.test()))
        .filter(orders::customer_id.eq(customer_id))
        .count();
    Ok(run!(query.get_result(connection))?)
}

/// How many orders refer to each of some customers; those without any are left out.
pub async fn count_orders_of_customers(
    connection: &mut Connection,
    scope: &Scope,
    customer_ids: &[String],
) -> Result<Vec<(Option<String>, i64)>, StoreError> {
    let query = orders::table
        .filter(orders::organization_id.eq(scope.organization_id().as_str()))
        .filter(orders::test.eq(scope.test()))
        .filter(orders::customer_id.eq_any(customer_ids))
        .group_by(orders::customer_id)
        .select((orders::customer_id, diesel::dsl::count_star()));
    Ok(run!(query.load(connection))?)
}

/// Adds a customer, unless the address has one. Answers whether it did.
pub async fn insert_new_customer(connection: &mut Connection, row: &CustomerRow) -> Result<bool, StoreError> {
    let query = diesel::insert_into(customers::table)
        .values(row)
        .on_conflict((customers::organization_id, customers::test, customers::email))
        .do_nothing();
    Ok(run!(query.execute(connection))? > 0)
}

/// The customer with an address.
pub async fn customer_of_email(
    connection: &mut Connection,
    scope: &Scope,
    email: &str,
) -> Result<Option<CustomerRow>, StoreError> {
    let query = customers::table
        .filter(customers::organization_id.eq(scope.organization_id().as_str()))
        .filter(customers::test.eq(scope.test()))
        .filter(customers::email.eq(email))
        .select(CustomerRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// The enabled payment methods of a market: its own, and those without a market.
pub async fn payment_methods_of_market(
    connection: &mut Connection,
    scope: &Scope,
    market_id: &str,
) -> Result<Vec<PaymentMethodRow>, StoreError> {
    let query = payment_methods::table
        .filter(payment_methods::organization_id.eq(scope.organization_id().as_str()))
        .filter(payment_methods::test.eq(scope.test()))
        .filter(payment_methods::disabled_at.is_null())
        .filter(
            payment_methods::market_id
                .is_null()
                .or(payment_methods::market_id.eq(market_id)),
        )
        .order((payment_methods::created_at, payment_methods::id))
        .limit(1000)
        .select(PaymentMethodRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// The offers of an order's market for a source type: each enabled payment method, with its gateway if that is enabled. The
/// market of an order never changes, so this needs no lock.
pub async fn offers_of_order(
    connection: &mut Connection,
    scope: &Scope,
    order_id: &Id,
    source_type: PaymentSourceType,
) -> Result<Vec<(MethodSummary, PaymentGatewayRow)>, StoreError> {
    let market_of_order = orders::table
        .filter(orders::organization_id.eq(scope.organization_id().as_str()))
        .filter(orders::test.eq(scope.test()))
        .filter(orders::id.eq(order_id.as_str()))
        .select(orders::market_id.nullable());
    let of_method = payment_gateways::organization_id
        .eq(payment_methods::organization_id)
        .and(payment_gateways::test.eq(payment_methods::test))
        .and(payment_gateways::id.eq(payment_methods::payment_gateway_id));
    let query = payment_methods::table
        .inner_join(payment_gateways::table.on(of_method))
        .filter(payment_methods::organization_id.eq(scope.organization_id().as_str()))
        .filter(payment_methods::test.eq(scope.test()))
        .filter(payment_methods::payment_source_type.eq(Stored(source_type)))
        .filter(payment_methods::disabled_at.is_null())
        .filter(payment_gateways::disabled_at.is_null())
        .filter(
            payment_methods::market_id
                .is_null()
                .or(is_value_of!(payment_methods::market_id, market_of_order)),
        )
        .order((payment_methods::created_at, payment_methods::id))
        .select((MethodSummary::as_select(), PaymentGatewayRow::as_select()));
    Ok(run!(query.load(connection))?)
}

/// The enabled gateways of a kind. An organization has only a few.
pub async fn enabled_gateways(
    connection: &mut Connection,
    scope: &Scope,
    kind: GatewayType,
) -> Result<Vec<PaymentGatewayRow>, StoreError> {
    let query = payment_gateways::table
        .filter(payment_gateways::organization_id.eq(scope.organization_id().as_str()))
        .filter(payment_gateways::test.eq(scope.test()))
        .filter(payment_gateways::kind.eq(Stored(kind)))
        .filter(payment_gateways::disabled_at.is_null())
        .order((payment_gateways::created_at, payment_gateways::id))
        .select(PaymentGatewayRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// Calls to PSPs, of all organizations, whose next check is due. The rows have their scope.
pub async fn due_operations(
    connection: &mut Connection,
    now: StoredTime,
    limit: i64,
) -> Result<Vec<GatewayOperationRow>, StoreError> {
    let query = gateway_operations::table
        .filter(gateway_operations::finished_at.is_null())
        .filter(gateway_operations::next_attempt_at.le(now))
        .order(gateway_operations::next_attempt_at)
        .limit(limit)
        .select(GatewayOperationRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// Claims a due call, so that no other instance checks it before `until`. Answers the claimed row, or `None` if another instance
/// was faster.
pub async fn take_operation(
    connection: &mut Connection,
    row: GatewayOperationRow,
    until: StoredTime,
) -> Result<Option<GatewayOperationRow>, StoreError> {
    let taken = GatewayOperationRow {
        attempts: row.attempts + 1,
        next_attempt_at: Some(until),
        ..row
    };
    let target = gateway_operations::table
        .filter(gateway_operations::organization_id.eq(&taken.organization_id))
        .filter(gateway_operations::test.eq(taken.test))
        .filter(gateway_operations::id.eq(&taken.id))
        .filter(gateway_operations::finished_at.is_null())
        .filter(gateway_operations::attempts.eq(row.attempts));
    let changed = run!(
        diesel::update(target)
            .set((
                gateway_operations::next_attempt_at.eq(taken.next_attempt_at),
                gateway_operations::attempts.eq(taken.attempts)
            ))
            .execute(connection)
    )?;
    Ok((changed > 0).then_some(taken))
}

/// Removes the line items of an order that is being deleted.
pub async fn delete_line_items_of_order(
    connection: &mut Connection,
    scope: &Scope,
    order_id: &str,
) -> Result<(), StoreError> {
    let target = line_items::table
        .filter(line_items::organization_id.eq(scope.organization_id().as_str()))
        .filter(line_items::test.eq(scope.test()))
        .filter(line_items::order_id.eq(order_id));
    run!(diesel::delete(target).execute(connection))?;
    Ok(())
}

/// Makes all open calls to PSPs due, except flagged ones.
pub async fn make_operations_due(connection: &mut Connection, now: StoredTime) -> Result<(), StoreError> {
    let target = gateway_operations::table
        .filter(gateway_operations::finished_at.is_null())
        .filter(gateway_operations::flagged_at.is_null());
    run!(
        diesel::update(target)
            .set(gateway_operations::next_attempt_at.eq(now))
            .execute(connection)
    )?;
    Ok(())
}
