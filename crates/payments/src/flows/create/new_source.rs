//! The parts that creating a source of any kind has: the checks, the row, and the end of it.

use tillgate_model::{Id, Problem, Record};
use tillgate_store::{AnyOrder as _, OrderRow, PaymentGatewayRow, Tx, queries, query};

use super::{
    guard,
    replace::{is_confirmable, waits_for_buyer},
};
use crate::{
    context::Context,
    failure::Failure,
    flows::{case::Case, details::Details, ledger::Ledger, state::SourceState},
    request::Request,
    resources::order,
    stored::{self, found},
};

/// Locks the order and checks that it can be paid by a new source.
pub async fn lock_payable(
    tx: &mut Tx<'_>,
    request: &Request,
    order_id: &Id,
) -> Result<(OrderRow, Ledger), Failure> {
    let (order, ledger, _) = lock_with_gateways(tx, request, order_id, "").await?;
    Ok((order, ledger))
}

/// Locks the order and checks that it can be paid by a new source, for which a transaction is begun with
/// [`replacing`](super::replace::replacing). Answers it with the gateway that payments of the kind go through.
pub async fn lock_payable_order(
    tx: &mut Tx<'_>,
    request: &Request,
    order_id: &Id,
    source_kind: &str,
    gateway_kind: &str,
) -> Result<(OrderRow, Ledger, PaymentGatewayRow), Failure> {
    let (order, ledger, enabled) = lock_with_gateways(tx, request, order_id, gateway_kind).await?;
    let gateway = gateway_of(tx, request, &order, source_kind, enabled).await?;
    Ok((order, ledger, gateway))
}

/// Which gateway a new source of an order would go through, without a lock; none if the order can't be paid so.
pub async fn likely_gateway(
    tx: &mut Tx<'_>,
    request: &Request,
    order_id: &Id,
    source_kind: &str,
    gateway_kind: &str,
) -> Result<Option<(OrderRow, PaymentGatewayRow)>, Failure> {
    let scope = request.scope();
    let (order, enabled) = queries!(
        tx,
        orders::get(scope, order_id),
        payments::enabled_gateways(scope, gateway_kind),
    )?;
    let Some(order) = order.filter(|order| order::visible(request, order)) else {
        return Ok(None);
    };
    if guard::refuse_unpayable(&order).is_err() {
        return Ok(None);
    }
    let gateway = gateway_of(tx, request, &order, source_kind, enabled).await.ok();
    Ok(gateway.map(|gateway| (order, gateway)))
}

async fn lock_with_gateways(
    tx: &mut Tx<'_>,
    request: &Request,
    order_id: &Id,
    gateway_kind: &str,
) -> Result<(OrderRow, Ledger, Vec<PaymentGatewayRow>), Failure> {
    let scope = request.scope();
    // An address that is not known has no failures. What an integration says of it stands in the order.
    let address = guard::caller_address(request).unwrap_or_default();
    // What follows the lock sees what was committed before it was granted.
    let (order, of_caller, enabled) = queries!(
        tx,
        orders::lock(scope, order_id),
        payments::count_failures_of_address(scope, &address, guard::memory_of_addresses(request)),
        payments::enabled_gateways(scope, gateway_kind),
    )?;
    let order = found(order.filter(|order| order::visible(request, order)), "order")?;
    let present = match &order.payment_source_id {
        Some(id) => query!(tx, payment_sources::get(scope, &stored::word(id)?))?,
        None => None,
    };
    match &present {
        Some(present) if guard::is_placing(&order) && waits_for_buyer(present)? => {}
        _ => guard::refuse_unpayable(&order)?,
    }
    if let Some(present) = present {
        guard::refuse_open_call(&present)?;
        if is_confirmable(&present)? {
            return Err(Failure::Confirmable);
        }
    }
    let ledger = Ledger::of(tx, scope, &order).await?;
    guard::refuse_double_payment(&ledger)?;
    let failures = match request.caller.buyer() {
        Some(_) => of_caller,
        None => guard::failures_of_buyer(tx, request, &order).await?,
    };
    guard::refuse_many_failures(request, &ledger, failures)?;
    Ok((order, ledger, enabled))
}

/// The gateway of the order's payment method if that fits, else the only enabled one that the order's market offers, else
/// the only one of `enabled`, those of the kind.
async fn gateway_of(
    tx: &mut Tx<'_>,
    request: &Request,
    order: &OrderRow,
    source_kind: &str,
    mut enabled: Vec<PaymentGatewayRow>,
) -> Result<PaymentGatewayRow, Failure> {
    let scope = request.scope();
    if enabled.len() == 1 && order.payment_method_id.is_none() {
        // Whether the market offers it or not, it is the one.
        return Ok(enabled.remove(0));
    }
    let methods = query!(tx, payments::payment_methods_of_market(scope, &order.market_id))?;
    let fitting = methods
        .iter()
        .filter(|method| method.payment_source_type == source_kind);
    let chosen = fitting
        .clone()
        .find(|method| order.payment_method_id.as_deref() == Some(method.id.as_str()));
    let mut candidates: Vec<&PaymentGatewayRow> = match chosen {
        Some(method) => enabled
            .iter()
            .filter(|gateway| gateway.id == method.payment_gateway_id)
            .collect(),
        None => {
            let offered: Vec<&str> = fitting.map(|method| method.payment_gateway_id.as_str()).collect();
            enabled
                .iter()
                .filter(|gateway| offered.contains(&gateway.id.as_str()))
                .collect()
        }
    };
    if candidates.is_empty() && chosen.is_none() {
        candidates = enabled.iter().collect();
    }
    match candidates.as_slice() {
        [only] => Ok((*only).clone()),
        several => {
            let message = if several.is_empty() {
                format!(
                    "can't be paid with {source_kind}: no enabled gateway takes them in the order's market"
                )
            } else {
                format!("has several gateways for {source_kind}: choose one by the order's payment_method")
            };
            Err(Problem::invalid("/data/relationships/order", "no_gateway", message).into())
        }
    }
}

/// A source to be, beside its record.
pub struct NewSource<'a> {
    /// Its type.
    pub kind: &'static str,
    /// The order, locked.
    pub order: OrderRow,
    /// The order's transactions.
    pub ledger: Ledger,
    /// The gateway that it goes through.
    pub gateway: &'a PaymentGatewayRow,
    /// What of it is only shown.
    pub details: Details,
}

/// A new source, which becomes the order's. It is stored with the case.
pub fn new_source<R>(request: &Request, record: &Record<R>, new: NewSource<'_>) -> Result<Case, Failure> {
    let NewSource {
        kind,
        order,
        ledger,
        gateway,
        mut details,
    } = new;
    details.address = guard::buyer_address(request, &order);
    let source = stored::row!(PaymentSourceRow, request.scope(), record, {
        kind: kind.to_owned(),
        order_id: order.id.clone(),
        payment_gateway_id: gateway.id.clone(),
        state: SourceState::New.to_string(),
        amount_cents: order.total_cents(),
        currency_code: order.currency_code.clone(),
        automatic_capture: false,
        psp_id: None,
        client_secret: None,
        token: None,
        redirect_url: None,
        pending_operation_id: None,
        details: stored::stored_json(&details),
        check_at: None,
        mismatch: None,
    });
    Ok(Case::new(request.scope(), order, source, details, ledger))
}

/// Where the buyer's browser returns to: what the request says, else the gateway, else a page of ours.
pub fn return_url(context: &Context, given: Option<&String>, gateway: &PaymentGatewayRow) -> String {
    given
        .or(gateway.return_url.as_ref())
        .cloned()
        .unwrap_or_else(|| format!("{}/payment_return", context.base_url))
}
