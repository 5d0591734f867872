//! What must hold before an order is paid.

use chrono::Duration;
use tillgate_model::{Problem, problem::Kind};
use tillgate_store::{OrderRow, PaymentSourceRow, Tx, query};

use crate::{
    failure::Failure,
    flows::ledger::Ledger,
    request::Request,
    resources::order,
    stored::{self, word},
};

const ORDER: &str = "/data/relationships/order";

/// The order can be paid: it is open and costs something.
pub fn refuse_unpayable(order: &OrderRow) -> Result<(), Failure> {
    if !order::is_editable(word(&order.status)?) {
        let message = format!("can't be paid: it is {}", order.status);
        return Err(Problem::invalid(ORDER, "order_status", message).into());
    }
    if order::total_cents(order) <= 0 {
        return Err(Problem::invalid(ORDER, "free", "has nothing to pay: its total is 0").into());
    }
    Ok(())
}

/// An order is paid once: nothing stands beside a pending or successful authorization.
pub fn refuse_double_payment(ledger: &Ledger) -> Result<(), Failure> {
    if ledger.held() > 0 {
        let message = "has a payment already that is authorized, captured or not decided yet";
        return Err(Problem::invalid(ORDER, "already_paid", message).into());
    }
    Ok(())
}

/// Another payment of the order was begun between two looks at it.
pub fn begun_meanwhile() -> Problem {
    let message = "has a payment that was begun at this very moment; ask for the order again";
    Problem::invalid(ORDER, "payment_pending", message)
}

/// A call whose outcome is not known blocks the next one.
pub fn refuse_open_call(source: &PaymentSourceRow) -> Result<(), Failure> {
    if source.pending_operation_id.is_some() {
        let message =
            "has a payment whose outcome at the gateway is not known yet; ask for it again in a moment";
        return Err(Problem::invalid(ORDER, "payment_pending", message).into());
    }
    Ok(())
}

/// Somebody who tries out card numbers is stopped before the PSP is called.
pub async fn refuse_card_testing(tx: &mut Tx<'_>, request: &Request, ledger: &Ledger) -> Result<(), Failure> {
    let settings = &request.context.settings;
    let too_many = |message: &'static str, retry_after| {
        Failure::from(
            tillgate_model::Problems::from(Problem::new(Kind::TooManyRequests, message))
                .retry_after(retry_after),
        )
    };
    if ledger.failed_authorizations() >= settings.max_failed_authorizations {
        return Err(too_many(
            "Too many payments of this order were declined. Create a new order.",
            3600,
        ));
    }
    if let Some(address) = request.caller.address {
        let since = stored::stored_time(request.context.now()) - Duration::hours(1);
        let address = address.to_string();
        let failures = query!(
            tx,
            payments::count_failures_of_address(request.scope(), &address, since)
        )?;
        if failures >= settings.max_failures_of_address {
            return Err(too_many(
                "Too many payments from this address were declined. Try again later.",
                3600,
            ));
        }
    }
    Ok(())
}
