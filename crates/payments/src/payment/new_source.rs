//! The common parts of creating a source of any kind: the checks, the row, and the last step.

use tillgate_model::{Id, Record, resources::PaymentSourceType};
use tillgate_store::{AnyOrder as _, OrderRow, PaymentGatewayRow, SourceState, Tx, queries, query};

use crate::{
    context::Context,
    failure::Failure,
    payment::{
        access,
        details::{self, Details},
        ledger::Ledger,
        locked::LockedPayment,
        offer::{Choice, Offers},
        order_status,
        rules::{self, waits_for_buyer},
    },
    request::Request,
    stored::{self, found},
};

/// A locked order that a new source can pay.
pub struct Payable {
    /// The order.
    pub order: OrderRow,
    /// Its transactions.
    pub ledger: Ledger,
    /// Whether its present payment could still be confirmed by a browser.
    pub is_confirmable: bool,
}

/// Locks the order, and checks that a new source of the type can pay it. The transaction is begun with
/// [`replacing`](super::replace::replacing). `choose` picks the gateway from the order's market.
pub async fn lock_payable<T>(
    tx: &mut Tx<'_>,
    request: &Request,
    order_id: &Id,
    source_type: PaymentSourceType,
    choose: impl AsyncFnOnce(&mut Tx<'_>, &OrderRow, Offers) -> Result<T, Failure>,
) -> Result<(Payable, T), Failure> {
    let scope = request.scope();
    // An unknown address has no failures. The address that an integration gives is in the order.
    let address = rules::caller_address(request).unwrap_or_default();
    // The queries after the lock see everything that was committed before the lock was granted.
    let (order, of_caller, offered) = queries!(
        tx,
        orders::lock(scope, order_id),
        payments::count_failures_of_address(scope, &address, rules::failure_window_start(request)),
        payments::offers_of_order(scope, order_id, source_type),
    )?;
    let order = found(order.filter(|order| access::visible(request, order)), "order")?;
    let present = match &order.payment_source_id {
        Some(id) => query!(tx, payment_sources::get(scope, &stored::parse_column(id)?))?,
        None => None,
    };
    match &present {
        Some(present) if order_status::is_placing(&order) && waits_for_buyer(present) => {}
        _ => rules::refuse_unpayable(&order)?,
    }
    let chosen = choose(tx, &order, Offers::new(source_type, offered)).await?;
    let (ledger, is_confirmable) = rules::refuse_present_payment(tx, scope, &order, present).await?;
    let failures = match request.caller.buyer() {
        Some(_) => of_caller,
        None => rules::failures_of_buyer(tx, request, &order).await?,
    };
    rules::refuse_many_failures(request, &ledger, failures)?;
    let payable = Payable {
        order,
        ledger,
        is_confirmable,
    };
    Ok((payable, chosen))
}

/// Locks the order, and chooses the gateway of the order's payment method, or the only one of its market.
pub async fn lock_payable_order(
    tx: &mut Tx<'_>,
    request: &Request,
    order_id: &Id,
    source_type: PaymentSourceType,
) -> Result<(Payable, Choice), Failure> {
    lock_payable(
        tx,
        request,
        order_id,
        source_type,
        async |tx: &mut Tx<'_>, order: &OrderRow, offers| {
            offers
                .choose_or_refuse(tx, request.scope(), order, rules::ORDER_POINTER)
                .await
        },
    )
    .await
}

/// The gateway that a new source of an order would use, found without a lock. `None` if the order can't be paid with the type.
pub async fn likely_gateway(
    tx: &mut Tx<'_>,
    request: &Request,
    order_id: &Id,
    source_type: PaymentSourceType,
) -> Result<Option<(OrderRow, PaymentGatewayRow)>, Failure> {
    let scope = request.scope();
    let (order, offered) = queries!(
        tx,
        orders::get(scope, order_id),
        payments::offers_of_order(scope, order_id, source_type),
    )?;
    let Some(order) = order.filter(|order| access::visible(request, order)) else {
        return Ok(None);
    };
    if rules::refuse_unpayable(&order).is_err() {
        return Ok(None);
    }
    let choice = Offers::new(source_type, offered).choose(&order);
    Ok(choice.map(|choice| (order, choice.gateway)))
}

/// The parts of a new source beside its record.
pub struct NewSource<'a> {
    /// Its type.
    pub kind: PaymentSourceType,
    /// The order that it pays.
    pub payable: Payable,
    /// The gateway that the source uses.
    pub gateway: &'a PaymentGatewayRow,
    /// Its terms and display.
    pub details: Details,
}

/// Makes a new source the order's payment source. It is stored with the payment.
pub fn new_source<R>(
    request: &Request,
    record: &Record<R>,
    new: NewSource<'_>,
) -> Result<LockedPayment, Failure> {
    let NewSource {
        kind,
        payable,
        gateway,
        mut details,
    } = new;
    // The payment that could be confirmed is the last obstacle to the new source.
    if payable.is_confirmable {
        return Err(Failure::Confirmable);
    }
    let Payable { order, ledger, .. } = payable;
    details.terms.address = rules::buyer_address(request, &order);
    let source = stored::row!(PaymentSourceRow, request.scope(), record, {
        kind: kind.into(),
        order_id: order.id.clone(),
        payment_gateway_id: gateway.id.clone(),
        state: SourceState::New,
        amount_cents: order.total_cents(),
        currency_code: order.currency_code.clone(),
        automatic_capture: false,
        psp_id: None,
        client_secret: None,
        token: None,
        redirect_url: None,
        pending_operation_id: None,
        details: details::stored(&details.terms, &details.display),
        check_at: None,
        mismatch: None,
    });
    Ok(LockedPayment::new(
        request.scope(),
        order,
        source,
        details,
        ledger,
    ))
}

/// The URL that the buyer's browser returns to: from the request, else from the gateway, else a page of ours.
pub fn return_url(context: &Context, given: Option<&String>, gateway: &PaymentGatewayRow) -> String {
    given
        .or(gateway.return_url.as_ref())
        .cloned()
        .unwrap_or_else(|| format!("{}/payment_return", context.base_url))
}
