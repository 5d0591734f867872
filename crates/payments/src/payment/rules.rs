//! Conditions for paying an order.

use std::net::IpAddr;

use chrono::Duration;
use tillgate_model::{Problem, Problems};
use tillgate_store::{AnyOrder, OrderRow, PaymentSourceRow, Scope, SourceState, StoredTime, Tx, query};

use crate::{
    failure::Failure,
    network::network,
    payment::{ledger::Ledger, locked::LockedPayment, mismatch, order_status},
    planted::{self, Bug},
    request::Request,
    stored,
};

/// Pointer to the order in a request for a payment.
pub const ORDER_POINTER: &str = "/data/relationships/order";

/// Refuses an order that can't be paid: it must be open and have a total.
pub fn refuse_unpayable(order: &OrderRow) -> Result<(), Failure> {
    if !order_status::is_editable(*order.status) {
        let way_out = if order_status::is_placing(order) {
            " and waits for its payment, which _nullify_payment_source gives up"
        } else {
            ""
        };
        let message = format!("can't be paid: it is {}{way_out}", order.status);
        return Err(Problem::invalid(ORDER_POINTER, "order_status", message).into());
    }
    if order.total_cents() <= 0 {
        return Err(Problem::invalid(ORDER_POINTER, "free", "has nothing to pay: its total is 0").into());
    }
    Ok(())
}

/// An order is paid once: refuses a payment beside a pending or successful authorization.
pub fn refuse_double_payment(ledger: &Ledger) -> Result<(), Failure> {
    if ledger.held() > 0 && !planted::is(Bug::TwoSourcesCharged) {
        let message = "already has a payment that is authorized, captured or without an outcome yet";
        return Err(Problem::invalid(ORDER_POINTER, "already_paid", message).into());
    }
    Ok(())
}

/// Refuses a new payment of a locked order while its present source holds money or has an open call. Answers the order's
/// transactions, and whether a browser could still confirm the source's payment.
pub async fn refuse_present_payment(
    tx: &mut Tx<'_>,
    scope: &Scope,
    order: &OrderRow,
    present: Option<PaymentSourceRow>,
) -> Result<(Ledger, bool), Failure> {
    let mut confirmable = false;
    if let Some(present) = present {
        refuse_open_call(&present)?;
        if mismatch::is_unclaimed(&present) {
            refuse_mismatch(&present, ORDER_POINTER)?;
        }
        confirmable = is_confirmable(&present);
    }
    let ledger = Ledger::of(tx, scope, order).await?;
    // Giving the confirmable payment up judges the money that it holds.
    if !confirmable {
        refuse_double_payment(&ledger)?;
    }
    Ok((ledger, confirmable))
}

/// Refuses a call while the outcome of another one is unknown.
pub fn refuse_open_call(source: &PaymentSourceRow) -> Result<(), Failure> {
    if source.pending_operation_id.is_some() && !planted::is(Bug::OpenCallIgnored) {
        let message = "has a payment whose outcome at the gateway is not known yet; retrieve the order again in a moment";
        return Err(Problem::invalid(ORDER_POINTER, "payment_pending", message).into());
    }
    Ok(())
}

/// Refuses a payment that differs from the request: it is left to an operator.
pub fn refuse_mismatch(source: &PaymentSourceRow, pointer: &str) -> Result<(), Failure> {
    let Some(mismatch) = &source.mismatch else {
        return Ok(());
    };
    let message = format!(
        "can't be done: the payment at the gateway differs from the request ({}); the merchant must check it{}",
        mismatch.replace(',', ", "),
        if mismatch::is_unclaimed(source) {
            " there, and frees the order with _nullify_payment_source"
        } else {
            ""
        }
    );
    Err(Problem::invalid(pointer, "state", message)
        .meta("state", source.state.to_string())
        .into())
}

/// Time since which the failures of an address count.
pub fn failure_window_start(request: &Request) -> StoredTime {
    stored::stored_time(request.context.now()) - Duration::hours(1)
}

/// The network address of a caller who is the buyer. A merchant's system pays for many buyers from one address.
pub fn caller_address(request: &Request) -> Option<String> {
    let caller = &request.caller;
    let address = caller.buyer().and(caller.address);
    address.map(|address| network(address).to_string())
}

/// The network address that an order's failed payments are counted for: the buyer's own, or the one that the merchant gives.
pub fn buyer_address(request: &Request, order: &OrderRow) -> Option<String> {
    if request.caller.buyer().is_some() {
        return caller_address(request);
    }
    let ip: Option<IpAddr> = order.customer_ip.as_ref().and_then(|ip| ip.parse().ok());
    ip.map(|ip| network(ip).to_string())
}

/// The number of recently declined payments of the order's buyer, at their network address.
pub async fn failures_of_buyer(tx: &mut Tx<'_>, request: &Request, order: &OrderRow) -> Result<i64, Failure> {
    let Some(address) = buyer_address(request, order) else {
        return Ok(0);
    };
    let since = failure_window_start(request);
    Ok(query!(
        tx,
        payments::count_failures_of_address(request.scope(), &address, since)
    )?)
}

/// Stops a buyer who tests card numbers before the PSP is called.
pub async fn refuse_card_testing(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &LockedPayment,
) -> Result<(), Failure> {
    let failures = failures_of_buyer(tx, request, &payment.order).await?;
    refuse_many_failures(request, &payment.ledger, failures)
}

/// Refuses an attempt after too many failures of the order, or of the address.
pub fn refuse_many_failures(request: &Request, ledger: &Ledger, of_address: i64) -> Result<(), Failure> {
    let settings = &request.context.settings;
    let problem = if ledger.failed_authorizations() >= settings.max_failed_authorizations {
        Problem::too_many(
            "max-failed-authorizations",
            "Too many payments of this order were declined. Create a new order.",
        )
    } else if of_address >= settings.max_failures_of_address {
        Problem::too_many(
            "max-failures-of-address",
            "Too many payments from this address were declined. Try again later.",
        )
    } else {
        return Ok(());
    };
    Err(Problems::from(problem).retry_after(3600).into())
}

/// Whether the buyer could still confirm or authenticate the source's payment.
pub fn is_confirmable(source: &PaymentSourceRow) -> bool {
    let open = matches!(
        source.state,
        SourceState::Unconfirmed | SourceState::Processing | SourceState::Failed
    );
    waits_for_buyer(source) || (open && source.client_secret.is_some())
}

/// Whether the source's payment only waits for its buyer to authenticate.
pub fn waits_for_buyer(source: &PaymentSourceRow) -> bool {
    source.state == SourceState::RequiresAction
}

/// The problem for a payment whose state allows no attempt or change, with the way out.
pub fn not_in_state(source: &PaymentSourceRow, pointer: &str) -> Problem {
    let state = source.state;
    let mut message = format!("can't be done: the payment is {state}");
    if state == SourceState::RequiresAction {
        message += ", and waits for its buyer to authenticate; a new payment source replaces it, and \
                    _nullify_payment_source gives it up";
    }
    Problem::invalid(pointer, "state", message).meta("state", state.to_string())
}

/// Whether the order's total no longer equals the payment's amount.
pub fn is_mismatched(row: &PaymentSourceRow, order: &impl AnyOrder) -> bool {
    row.amount_cents != order.total_cents() || row.currency_code != order.currency_code()
}
