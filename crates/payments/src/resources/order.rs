use tillgate_model::{
    Problem, Record, ToOne, Topic,
    problem::Kind,
    query::Value,
    resources::{CreateOrderAttributes, Order, OrderStatus, PaymentStatus, UpdateOrderAttributes},
};
use tillgate_store::{AnyOrder as _, OrderRow, StoreError, Stored, Tx, listing::Cond, query};

use crate::{
    call::ApplicationKind,
    engine::change_of_buyer,
    failure::Failure,
    handler::Kept,
    outbox::{self, Change},
    payment::{access::visible, ledger::Ledger, offer::Offers, order_status::is_editable, rules},
    plain::Plain,
    request::Request,
    stored::{self, found, parse_column, parse_optional_column, stored_time, time},
};

mod buyer;

/// The order as the API shows it.
fn record_of(row: &OrderRow) -> Result<Record<Order>, StoreError> {
    let status = *row.status;
    let total = row.total_cents();
    let payment_source = match (&row.payment_source_type, &row.payment_source_id) {
        (Some(kind), Some(id)) => ToOne::to_type((**kind).into(), parse_column(id)?).unwrap_or_default(),
        _ => ToOne::empty(),
    };
    Ok(stored::record!(
        row,
        Order {
            number: row.number.clone(),
            status,
            payment_status: *row.payment_status,
            fulfillment_status: *row.fulfillment_status,
            guest: row.guest,
            editable: is_editable(status),
            customer_email: row.customer_email.clone(),
            customer_ip: row.customer_ip.clone(),
            language_code: row.language_code.clone(),
            currency_code: parse_column(&row.currency_code)?,
            tax_included: true,
            subtotal_amount: row.subtotal_amount_cents,
            payment_method_amount: row.payment_method_amount_cents,
            total_amount: total,
            total_amount_with_taxes: total,
            cart_url: row.cart_url.clone(),
            return_url: row.return_url.clone(),
            placed_at: row.placed_at.map(time),
            approved_at: row.approved_at.map(time),
            cancelled_at: row.cancelled_at.map(time),
            payment_updated_at: row.payment_updated_at.map(time),
            market: ToOne::to(parse_column(&row.market_id)?),
            customer: ToOne::from_id(parse_optional_column(row.customer_id.as_deref())?),
            payment_method: ToOne::from_id(parse_optional_column(row.payment_method_id.as_deref())?),
            payment_source,
        }
    ))
}

/// The order as one caller sees it.
pub fn shown_to(request: &Request, row: &OrderRow) -> Result<Record<Order>, StoreError> {
    let mut record = record_of(row)?;
    if request.caller.buyer().is_some() {
        record.customer_ip = None;
    }
    Ok(record)
}

/// A row from a record. Columns that the client can't set (source, count of transactions) come from the former row, if any.
fn row_over(request: &Request, record: &Record<Order>, before: Option<&OrderRow>) -> OrderRow {
    stored::row!(OrderRow, request.scope(), record, {
        number: record.number.clone(),
        status: record.status.into(),
        payment_status: record.payment_status.into(),
        fulfillment_status: record.fulfillment_status.into(),
        guest: record.guest,
        customer_email: record.customer_email.clone(),
        language_code: record.language_code.clone(),
        currency_code: record.currency_code.to_string(),
        subtotal_amount_cents: record.subtotal_amount,
        payment_method_amount_cents: record.payment_method_amount,
        cart_url: record.cart_url.clone(),
        return_url: record.return_url.clone(),
        placed_at: record.placed_at.map(stored_time),
        approved_at: record.approved_at.map(stored_time),
        cancelled_at: record.cancelled_at.map(stored_time),
        payment_updated_at: record.payment_updated_at.map(stored_time),
        market_id: record.market.id().map(ToString::to_string).unwrap_or_default(),
        customer_id: record.customer.id().map(ToString::to_string),
        payment_method_id: record.payment_method.id().map(ToString::to_string),
        payment_source_type: record.payment_source.identifier().and_then(|source| source.kind.parse().map(Stored).ok()),
        payment_source_id: record.payment_source.id().map(ToString::to_string),
        transactions_count: before.map_or(0, |row| row.transactions_count),
        // A buyer neither sees nor changes it.
        customer_ip: match request.caller.buyer() {
            None => record.customer_ip.clone(),
            Some(_) => before.and_then(|row| row.customer_ip.clone()),
        },
    })
}

impl Kept for Order {
    type Row = OrderRow;

    async fn get(
        tx: &mut Tx<'_>,
        request: &Request,
        id: &tillgate_model::Id,
    ) -> Result<Option<Record<Self>>, Failure> {
        let row = query!(tx, orders::get(request.scope(), id))?.filter(|row| visible(request, row));
        Ok(row.map(|row| shown_to(request, &row)).transpose()?)
    }

    async fn records(
        _: &mut Tx<'_>,
        request: &Request,
        rows: Vec<OrderRow>,
    ) -> Result<Vec<Record<Self>>, Failure> {
        rows.iter().map(|row| Ok(shown_to(request, row)?)).collect()
    }

    /// A customer who has logged in lists their own, whichever way they ask. Those bought as a guest are not among them.
    fn listed(request: &Request) -> Result<Cond, Failure> {
        Ok(match &request.caller.customer_id {
            None => Cond::Always,
            Some(own) => Cond::All(vec![
                Cond::Text("customer_id", own.to_string()),
                Cond::Is("guest", Value::Boolean(false)),
            ]),
        })
    }
}

impl Plain for Order {
    async fn lock(tx: &mut Tx<'_>, request: &Request, id: &tillgate_model::Id) -> Result<(), Failure> {
        query!(tx, orders::lock(request.scope(), id))?;
        Ok(())
    }

    async fn insert(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        let row = row_over(request, record, None);
        tell(tx, request, None, &row).await?;
        Ok(query!(tx, orders::insert(&row))?)
    }

    async fn save(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        let before = query!(tx, orders::lock(request.scope(), &record.id))?;
        Ok(query!(
            tx,
            orders::save(&row_over(request, record, before.as_ref()))
        )?)
    }

    async fn remove(tx: &mut Tx<'_>, request: &Request, id: &tillgate_model::Id) -> Result<(), Failure> {
        query!(
            tx,
            payments::delete_line_items_of_order(request.scope(), id.as_str())
        )?;
        query!(tx, orders::delete(request.scope(), id))?;
        let gone = Change::new(Topic::OrdersDestroy, id.as_str());
        outbox::record(tx, &request.context, request.scope(), &[gone]).await
    }

    async fn before_create(
        tx: &mut Tx<'_>,
        request: &Request,
        record: &mut Record<Self>,
        attributes: &CreateOrderAttributes,
    ) -> Result<(), Failure> {
        let market_id = market_of(request, record)?;
        let market = found(query!(tx, markets::get(request.scope(), &market_id))?, "market")?;
        if market.disabled_at.is_some() {
            let pointer = "/data/relationships/market";
            return Err(Problem::invalid(pointer, "disabled", "is disabled and takes no new orders").into());
        }
        record.market = ToOne::to(market_id);
        record.currency_code = parse_column(&market.currency_code)?;
        buyer::check_ip(request, attributes.customer_ip.as_deref().map(Some))?;
        let said = buyer::Said {
            guest: attributes.guest,
            email: attributes
                .customer_email
                .as_ref()
                .map(|email| Some(email.as_str())),
        };
        buyer::assign(tx, request, None, record, said).await?;
        buyer::connection(tx, request, record, None).await?;
        apply_payment_method(tx, request, record).await?;
        // Last, because all other new orders of the organization wait for it until the transaction ends.
        let number = query!(tx, counters::next(request.scope(), "orders"))?;
        record.number = number.to_string();
        Ok(())
    }

    async fn before_update(
        tx: &mut Tx<'_>,
        request: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        attributes: &UpdateOrderAttributes,
    ) -> Result<(), Failure> {
        let locked = query!(tx, orders::lock(request.scope(), &before.id))?.ok_or_else(Problem::not_found)?;
        let members = |record| OrderRow {
            updated_at: locked.updated_at,
            ..row_over(request, record, Some(&locked))
        };
        // A trigger refuses its own effects on the order.
        if request.caller.kind == ApplicationKind::SalesChannel
            && !is_editable(before.status)
            && members(before) != members(record)
        {
            return Err(Problem::new(
                Kind::Forbidden,
                "A sales channel can't change an order that was placed.",
            )
            .into());
        }
        let chooses = record.payment_method.id() != before.payment_method.id();
        if chooses {
            refuse_unless_changeable(tx, request, &locked, "/data/relationships/payment_method").await?;
        }
        buyer::check_ip(request, attributes.customer_ip.as_ref().map(Option::as_deref))?;
        let said = buyer::Said {
            guest: attributes.guest,
            email: attributes.customer_email.as_ref().map(Option::as_deref),
        };
        buyer::assign(tx, request, Some(before), record, said).await?;
        // A new customer brings their address; a removed one takes it along.
        if record.customer.id() != before.customer.id() && attributes.customer_email.is_none() {
            record.customer_email = None;
        }
        buyer::connection(
            tx,
            request,
            record,
            attributes.customer_email.as_ref().and(Some(before)),
        )
        .await?;
        let pointer = match &attributes.customer_email {
            Some(_) => "/data/attributes/customer_email",
            None if record.customer.id() != before.customer.id() => "/data/relationships/customer",
            None => "/data/attributes/guest",
        };
        change_of_buyer::apply(tx, request, &locked, record, pointer).await?;
        if chooses {
            apply_payment_method(tx, request, record).await?;
            let left = leave_payment_source(tx, request, &locked, record).await;
            if matches!(left, Err(Failure::Confirmable)) && pulls_trigger(attributes) {
                // It would be known too late whether the trigger is possible: after the present payment was given up.
                let message = "can't be combined with a trigger, because the present payment source does not fit; send them \
                               one after the other";
                let pointer = "/data/relationships/payment_method";
                return Err(Problem::invalid(pointer, "exclusion", message).into());
            }
            left?;
        }
        Ok(())
    }

    async fn after_create(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        recompute(tx, request, &record.id).await
    }

    async fn after_update(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        recompute(tx, request, &record.id).await
    }

    async fn before_delete(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        query!(tx, orders::lock(request.scope(), &record.id))?;
        if is_editable(record.status) && record.payment_source.id().is_none() {
            return Ok(());
        }
        let message = "Only an order that was not placed and has no payment source can be deleted.";
        Err(Problem::new(Kind::Locked, message).into())
    }
}

/// The market in the request; a sales channel sells in its own only.
fn market_of(request: &Request, record: &Record<Order>) -> Result<tillgate_model::Id, Problem> {
    let own = request.caller.market_id.as_ref();
    match (record.market.id(), own) {
        (Some(named), None) if request.caller.kind == ApplicationKind::Integration => Ok(named.clone()),
        (Some(named), Some(own)) if named == own || request.caller.kind == ApplicationKind::Integration => {
            Ok(named.clone())
        }
        (Some(_), _) => found(None, "market"),
        (None, Some(own)) => Ok(own.clone()),
        (None, None) => Err(Problem::invalid("/data", "blank", "can't be blank").field("market")),
    }
}

async fn apply_payment_method(
    tx: &mut Tx<'_>,
    request: &Request,
    record: &mut Record<Order>,
) -> Result<(), Failure> {
    let Some(id) = record.payment_method.id() else {
        record.payment_method_amount = 0;
        return Ok(());
    };
    let method = found(
        query!(tx, payment_methods::get(request.scope(), id))?,
        "payment_method",
    )?;
    let market = record.market.id().map(ToString::to_string);
    let pointer = "/data/relationships/payment_method";
    if method.disabled_at.is_some() || (method.market_id.is_some() && method.market_id != market) {
        return Err(
            Problem::invalid(pointer, "not_available", "is not available in the order's market").into(),
        );
    }
    if method.currency_code != record.currency_code.to_string() && method.price_amount_cents > 0 {
        return Err(Problem::invalid(
            pointer,
            "currency",
            "has a price in another currency than the order",
        )
        .into());
    }
    record.payment_method_amount = method.price_amount_cents;
    Ok(())
}

/// Whether an update has a trigger that needs the order's present payment.
fn pulls_trigger(attributes: &UpdateOrderAttributes) -> bool {
    [
        attributes.authorize,
        attributes.place,
        attributes.approve,
        attributes.approve_and_capture,
        attributes.capture,
        attributes.refund,
        attributes.cancel,
        attributes.save_payment_source_to_customer_wallet,
        attributes.refresh,
    ]
    .contains(&Some(true))
}

/// Detaches the present payment source of a locked order if it does not fit another payment method. A source that holds money
/// stays, and the choice is refused. One that a browser could still confirm is given up at the PSP first.
async fn leave_payment_source(
    tx: &mut Tx<'_>,
    request: &Request,
    locked: &OrderRow,
    record: &mut Record<Order>,
) -> Result<(), Failure> {
    let scope = request.scope();
    let Some(id) = &locked.payment_source_id else {
        return Ok(());
    };
    let Some(source) = query!(tx, payment_sources::get(scope, &parse_column(id)?))? else {
        return Ok(());
    };
    let chosen = OrderRow {
        payment_method_id: record.payment_method.id().map(ToString::to_string),
        ..locked.clone()
    };
    let offers = Offers::of(tx, scope, &chosen, *source.kind).await?;
    if offers.through(&chosen, &source.payment_gateway_id).is_some() {
        return Ok(());
    }
    if rules::is_confirmable(&source) {
        return Err(Failure::Confirmable);
    }
    if Ledger::of(tx, scope, locked).await?.held() > 0 {
        let message = "can't be changed to one that the order's payment does not fit: it is authorized, captured or not \
                       decided yet";
        let pointer = "/data/relationships/payment_method";
        return Err(Problem::invalid(pointer, "already_paid", message).into());
    }
    record.payment_source = ToOne::empty();
    Ok(())
}

/// Refuses a change of the total once the order is placed, or while a call to a PSP is open.
pub async fn refuse_unless_changeable(
    tx: &mut Tx<'_>,
    request: &Request,
    order: &OrderRow,
    pointer: &str,
) -> Result<(), Failure> {
    match why_not_changeable(tx, request, order).await? {
        Some((rule, message)) => Err(Problem::invalid(pointer, rule, message).into()),
        None => Ok(()),
    }
}

/// The broken rule and its message, if a change of the total is refused now.
pub async fn why_not_changeable(
    tx: &mut Tx<'_>,
    request: &Request,
    order: &OrderRow,
) -> Result<Option<(&'static str, String)>, Failure> {
    if !is_editable(*order.status) {
        let message = format!("can't be changed: the order is {}", order.status);
        return Ok(Some(("order_status", message)));
    }
    if let Some(source_id) = &order.payment_source_id {
        let source = query!(
            tx,
            payment_sources::get(request.scope(), &parse_column(source_id)?)
        )?;
        if source.is_some_and(|source| source.pending_operation_id.is_some()) {
            let message = "can't be changed while the outcome of the order's payment is not known";
            return Ok(Some(("payment_pending", message.into())));
        }
    }
    Ok(None)
}

/// Records the changes of an order for the outbox.
pub async fn tell(
    tx: &mut Tx<'_>,
    request: &Request,
    before: Option<&OrderRow>,
    row: &OrderRow,
) -> Result<(), Failure> {
    let changes = outbox::of_order(before, row);
    outbox::record(tx, &request.context, request.scope(), &changes).await
}

/// Computes the order again from its line items. An order with a customer and a line item is pending.
pub async fn recompute(tx: &mut Tx<'_>, request: &Request, id: &tillgate_model::Id) -> Result<(), Failure> {
    let scope = request.scope();
    let Some(mut row) = query!(tx, orders::lock(scope, id))? else {
        return Ok(());
    };
    let subtotal = query!(tx, payments::subtotal_of_order(scope, &row.id))?;
    let before = row.clone();
    row.subtotal_amount_cents = subtotal.unwrap_or(0);
    if matches!(*row.status, OrderStatus::Draft | OrderStatus::Pending) {
        let complete = subtotal.is_some() && row.customer_id.is_some();
        let status = if complete {
            OrderStatus::Pending
        } else {
            OrderStatus::Draft
        };
        row.status = status.into();
        if matches!(*row.payment_status, PaymentStatus::Unpaid | PaymentStatus::Free) {
            let free = complete && row.total_cents() == 0;
            let status = if free {
                PaymentStatus::Free
            } else {
                PaymentStatus::Unpaid
            };
            row.payment_status = status.into();
        } else {
            let ledger = Ledger::read(tx, scope, &row.id).await?;
            row.payment_status = ledger.payment_status(row.total_cents()).into();
        }
    }
    if before != row {
        row.updated_at = stored_time(request.context.now());
        tell(tx, request, Some(&before), &row).await?;
        query!(tx, orders::save(&row))?;
    }
    Ok(())
}
