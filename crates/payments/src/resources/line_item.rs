use tillgate_model::{
    Id, One, Problem, Record,
    problem::Kind,
    resources::{CreateLineItemAttributes, LineItem, UpdateLineItemAttributes},
};
use tillgate_store::{LineItemRow, StoreError, Tx, query};

use crate::{
    failure::Failure,
    handler::Kept,
    payment::access,
    plain::{Plain, edited_in},
    request::Request,
    resources::order,
    stored::{self, found, parse_column},
};

/// Largest total of an order, in minor units: far above the PSPs' limits, far below an overflow.
const MAXIMUM_TOTAL: i64 = 999_999_999_999;

fn record(row: &LineItemRow) -> Result<Record<LineItem>, StoreError> {
    Ok(stored::record!(
        row,
        LineItem {
            name: row.name.clone(),
            sku_code: row.sku_code.clone(),
            quantity: row.quantity,
            currency_code: parse_column(&row.currency_code)?,
            unit_amount: row.unit_amount_cents,
            total_amount: row.unit_amount_cents.saturating_mul(row.quantity),
            image_url: row.image_url.clone(),
            order: One::to(parse_column(&row.order_id)?),
        }
    ))
}

fn row(request: &Request, record: &Record<LineItem>) -> LineItemRow {
    stored::row!(LineItemRow, request.scope(), record, {
        name: record.name.clone(),
        sku_code: record.sku_code.clone(),
        quantity: record.quantity,
        currency_code: record.currency_code.to_string(),
        unit_amount_cents: record.unit_amount,
        image_url: record.image_url.clone(),
        order_id: record.order.id().to_string(),
    })
}

/// A caller who sees the order sees its line items.
impl Kept for LineItem {
    type Row = LineItemRow;

    async fn get(tx: &mut Tx<'_>, request: &Request, id: &Id) -> Result<Option<Record<Self>>, Failure> {
        let scope = request.scope();
        let Some(row) = query!(tx, line_items::get(scope, id))? else {
            return Ok(None);
        };
        let order = query!(tx, orders::get(scope, &parse_column(&row.order_id)?))?;
        let visible = order.is_some_and(|order| access::visible(request, &order));
        Ok(visible.then(|| record(&row)).transpose()?)
    }

    async fn records(
        _: &mut Tx<'_>,
        _: &Request,
        rows: Vec<LineItemRow>,
    ) -> Result<Vec<Record<Self>>, Failure> {
        rows.iter().map(|row| Ok(record(row)?)).collect()
    }
}

impl Plain for LineItem {
    edited_in!(line_items);

    async fn before_create(
        tx: &mut Tx<'_>,
        request: &Request,
        record: &mut Record<Self>,
        _: &CreateLineItemAttributes,
    ) -> Result<(), Failure> {
        let order = found(
            query!(tx, orders::lock(request.scope(), record.order.id()))?,
            "order",
        )?;
        order::refuse_unless_changeable(tx, request, &order, "/data/relationships/order").await?;
        record.currency_code = parse_column(&order.currency_code)?;
        refuse_too_large(record, order.subtotal_amount_cents)
    }

    async fn before_update(
        tx: &mut Tx<'_>,
        request: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        _: &UpdateLineItemAttributes,
    ) -> Result<(), Failure> {
        let order =
            query!(tx, orders::lock(request.scope(), record.order.id()))?.ok_or_else(Problem::not_found)?;
        if (before.unit_amount, before.quantity) != (record.unit_amount, record.quantity) {
            order::refuse_unless_changeable(tx, request, &order, "/data").await?;
        }
        refuse_too_large(record, order.subtotal_amount_cents - before.total_amount)
    }

    async fn after_create(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        order::recompute(tx, request, record.order.id()).await
    }

    async fn after_update(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        order::recompute(tx, request, record.order.id()).await
    }

    async fn before_delete(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        let order =
            query!(tx, orders::lock(request.scope(), record.order.id()))?.ok_or_else(Problem::not_found)?;
        match order::why_not_changeable(tx, request, &order).await? {
            Some((_, message)) => Err(Problem::new(Kind::Locked, format!("The line item {message}.")).into()),
            None => Ok(()),
        }
    }

    async fn after_delete(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        order::recompute(tx, request, record.order.id()).await
    }
}

fn refuse_too_large(record: &Record<LineItem>, others: i64) -> Result<(), Failure> {
    let total = record
        .unit_amount
        .checked_mul(record.quantity)
        .and_then(|own| own.checked_add(others));
    if total.is_some_and(|total| total <= MAXIMUM_TOTAL) {
        return Ok(());
    }
    let message = "makes the order's total larger than the maximum";
    Err(Problem::invalid("/data/attributes", "too_large", message)
        .field("unit_amount_cents")
        .into())
}
