//! Applies a snapshot to the source's state, the transactions and the order's status. Every change of a payment goes through
//! here, whatever triggered it.

use serde_json::Value;
use tillgate_gateways::{Decline, PaymentSnapshot, PaymentStatus as PspStatus, Reuse};
use tillgate_model::{JsonObject, Secret, resources::TransactionKind};
use tillgate_store::{SourceState, TransactionRow, TransactionStatus, Tx};

use crate::{
    context::Context,
    engine::{
        compare::{Asked, differences},
        reconcile::reconcile,
    },
    failure::Failure,
    payment::{
        locked::{LockedPayment, gateway_of},
        mismatch::{self, Difference},
        offer,
        order_status::{is_editable, update_order},
        schedule, secrets,
        state::SourceStateRules as _,
        transaction::{GIVEN_UP, fail, succeed},
    },
    planted::{self, Bug},
    providers::registry,
    stored, wallet,
};

/// Applies a snapshot. `is_new_payment`: the snapshot answers the request that made the payment, so an earlier payment of the
/// source no longer counts. The caller saves the payment.
pub async fn apply(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    snapshot: &PaymentSnapshot,
    is_new_payment: bool,
) -> Result<(), Failure> {
    let same_payment = payment.source.psp_id.as_deref() == Some(snapshot.psp_id.as_str());
    if payment.source.psp_id.is_some() && !same_payment && !is_new_payment {
        tracing::warn!(
            source = payment.source.id,
            psp_id = snapshot.psp_id,
            "the snapshot is of another payment than the source's"
        );
        return Ok(());
    }
    let before = payment.source.state;
    let differences = differences(&Asked::of(context, payment)?, snapshot);
    flag(payment, snapshot, &differences);
    let Some(next) = SourceState::of(snapshot).filter(|_| !differences.iter().any(|one| one.is_of_another()))
    else {
        if is_new_payment && let Some(mut pending) = payment.pending_authorization() {
            // An operator finds the payment at the PSP by these ids.
            name(&mut pending, snapshot);
            payment.put(tx, pending).await?;
        }
        return Ok(());
    };
    if same_payment && !before.can_become(next) && !planted::is(Bug::Backwards) {
        tracing::info!(source = payment.source.id, %before, %next, "a stale snapshot of a payment is ignored");
        return Ok(());
    }
    take_amount(payment, snapshot);
    show(context, payment, snapshot, next);
    payment.source.state = next;
    record_transactions(tx, context, payment, snapshot, next).await?;
    let saves = payment.terms.saves_for.is_some() && payment.terms.saves_for == payment.order.customer_id;
    if next.holds_money() && saves && payment.source.mismatch.is_none() {
        wallet::keep(tx, context, payment).await?;
    }
    schedule::next_check(context, payment, before, next);
    if next == SourceState::Captured && snapshot.lists_captures && snapshot.actions.is_none() {
        // The snapshot has only the sum: the list of captures was not requested.
        payment.source.check_at = Some(stored::stored_time(context.now()));
    }
    if next.holds_money() && !before.holds_money() && !payment.is_current() {
        late_authorization(tx, payment, next).await?;
    }
    update_order(tx, context, payment).await
}

/// Flags a payment that differs from the request for an operator, until the PSP shows the requested one.
fn flag(payment: &mut LockedPayment, snapshot: &PaymentSnapshot, differences: &[Difference]) {
    let mismatch = mismatch::stored(differences);
    if mismatch.is_some() && mismatch != payment.source.mismatch {
        tracing::error!(
            source = payment.source.id,
            psp_id = snapshot.psp_id,
            status = ?snapshot.status,
            mismatch,
            "the payment at the PSP differs from the request; needs an operator"
        );
    }
    payment.source.mismatch = mismatch;
}

/// Takes the amount from the PSP, which may differ from the last requested amount.
fn take_amount(payment: &mut LockedPayment, snapshot: &PaymentSnapshot) {
    let Some(amount) = &snapshot.amount else {
        return;
    };
    if amount.currency.to_string() == payment.source.currency_code {
        payment.source.amount_cents = amount.amount_cents;
    }
}

/// Updates the fields that are only shown.
fn show(context: &Context, payment: &mut LockedPayment, snapshot: &PaymentSnapshot, next: SourceState) {
    payment.source.psp_id = Some(snapshot.psp_id.clone());
    if let Some(secret) = &snapshot.client_secret {
        let secret = Secret::new(secrecy::ExposeSecret::expose_secret(secret));
        payment.source.client_secret = Some(secrets::seal_client_secret(context, &secret));
    }
    payment.source.redirect_url = match next {
        SourceState::RequiresAction => snapshot
            .redirect_url
            .clone()
            .or(payment.source.redirect_url.take()),
        _ => None,
    };
    let (terms, display) = (&mut payment.terms, &mut payment.display);
    let object = |value: &Option<Value>| match value {
        Some(Value::Object(members)) => Some(JsonObject(members.clone())),
        _ => None,
    };
    display.charge_id = snapshot.charge_id.clone().or(display.charge_id.take());
    terms.payment_method = object(&snapshot.payment_method).or(terms.payment_method.take());
    display.payment_response = if registry::of_source(*payment.source.kind)
        .capabilities()
        .shows_response
    {
        object(&Some(snapshot.response.clone())).or(display.payment_response.take())
    } else {
        None
    };
    if let Some(instrument) = &snapshot.instrument {
        display.payment_instrument = object(&serde_json::to_value(instrument).ok());
    }
    terms.multicapture = snapshot.multicapture.or(terms.multicapture);
    if snapshot.reuse != Reuse::No {
        terms.reuse = snapshot.reuse;
    }
    terms.source_id = snapshot.source_id.clone().or(terms.source_id.take());
    terms.customer_token = snapshot.customer_token.clone().or(terms.customer_token.take());
}

async fn record_transactions(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    snapshot: &PaymentSnapshot,
    next: SourceState,
) -> Result<(), Failure> {
    match next {
        SourceState::Authorized | SourceState::Captured => {
            let authorization = authorize(tx, context, payment, snapshot).await?;
            if next == SourceState::Captured && !snapshot.lists_captures {
                capture(tx, context, payment, snapshot, &authorization).await?;
            }
            reconcile(tx, context, payment, snapshot, &authorization).await?;
            if is_released(snapshot, next) && !planted::is(Bug::ReleaseNotRecorded) {
                let message = "The rest was released.";
                release_open(tx, context, payment, snapshot, message).await?;
            }
        }
        SourceState::Failed => {
            if let Some(decline) = &snapshot.decline {
                decline_attempt(tx, context, payment, snapshot, decline).await?;
            }
        }
        SourceState::Canceled => release(tx, context, payment, snapshot).await?,
        SourceState::New
        | SourceState::Unconfirmed
        | SourceState::RequiresAction
        | SourceState::Processing => {
            if let Some(mut pending) = payment.pending_authorization() {
                name(&mut pending, snapshot);
                payment.put(tx, pending).await?;
            }
        }
    }
    Ok(())
}

/// Whether nothing more can be captured: the last capture released the rest, or the authorization has expired. A refund hides
/// that in the payment's status.
fn is_released(snapshot: &PaymentSnapshot, next: SourceState) -> bool {
    let capturable = snapshot.amount_capturable.as_ref();
    snapshot.status == PspStatus::Captured
        || (next == SourceState::Captured && capturable.is_some_and(|amount| amount.amount_cents == 0))
}

/// Writes the PSP's identifiers into a transaction.
fn name(row: &mut TransactionRow, snapshot: &PaymentSnapshot) {
    row.token = Some(snapshot.psp_id.clone());
    row.gateway_transaction_id = snapshot.charge_id.clone().or_else(|| snapshot.action_id.clone());
}

/// The authorization of this payment at the PSP: the pending one, the one that was recorded before, or a new one for a
/// confirmation by the buyer's browser.
async fn authorize(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    snapshot: &PaymentSnapshot,
) -> Result<TransactionRow, Failure> {
    let recorded = payment
        .authorizations()
        .find(|row| {
            row.status == TransactionStatus::Succeeded
                && row.token.as_deref() == Some(snapshot.psp_id.as_str())
        })
        .cloned();
    if let Some(row) = recorded {
        return Ok(row);
    }
    let mut row = match payment.pending_authorization() {
        Some(row) => row,
        None => payment.new_transaction(context, TransactionKind::Authorizations),
    };
    name(&mut row, snapshot);
    // A payment that was given up, and is released, never pays the order, not even for a moment.
    row.canceled = is_given_up_hold(payment, SourceState::of(snapshot));
    if let Some(amount) = &snapshot.amount {
        row.amount_cents = amount.amount_cents;
        row.currency_code = amount.currency.to_string();
    }
    succeed(context, &mut row);
    payment.put(tx, row.clone()).await?;
    Ok(row)
}

/// Records captures at the PSP beyond the ledger's sum: an immediate capture, or captures in the PSP's dashboard.
async fn capture(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    snapshot: &PaymentSnapshot,
    authorization: &TransactionRow,
) -> Result<(), Failure> {
    let captured = snapshot
        .amount_captured
        .as_ref()
        .map_or(authorization.amount_cents, |amount| amount.amount_cents);
    let known = if planted::is(Bug::SumTakenForDelta) {
        0
    } else {
        payment.ledger.captured_of(authorization)
    };
    let missing = captured - known;
    if missing <= 0 {
        return Ok(());
    }
    let mut row = payment.new_transaction(context, TransactionKind::Captures);
    row.parent_id = Some(authorization.id.clone());
    row.amount_cents = missing;
    name(&mut row, snapshot);
    succeed(context, &mut row);
    payment.put(tx, row).await
}

/// Whether a payment that was given up here holds money after all, because its buyer finished it late.
fn is_given_up_hold(payment: &LockedPayment, next: Option<SourceState>) -> bool {
    payment.terms.given_up && next == Some(SourceState::Authorized)
}

/// Records a declined attempt: the pending one, or one of the buyer's browser, which is recorded once for each charge.
async fn decline_attempt(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    snapshot: &PaymentSnapshot,
    decline: &Decline,
) -> Result<(), Failure> {
    let charge = snapshot.charge_id.as_ref().or(snapshot.action_id.as_ref());
    let recorded = payment
        .authorizations()
        .filter(|row| row.status == TransactionStatus::Failed)
        .any(|row| {
            row.gateway_transaction_id.as_ref() == charge || row.error_code.as_deref() == Some(GIVEN_UP)
        });
    let mut row = match payment.pending_authorization() {
        Some(row) => row,
        None if recorded || charge.is_none() => return Ok(()),
        None => payment.new_transaction(context, TransactionKind::Authorizations),
    };
    name(&mut row, snapshot);
    fail(context, &mut row, decline);
    payment.put(tx, row).await
}

/// Records that a payment has ended: its pending attempt has failed, and its hold is released.
async fn release(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    snapshot: &PaymentSnapshot,
) -> Result<(), Failure> {
    if let Some(mut pending) = payment.pending_authorization() {
        name(&mut pending, snapshot);
        let decline = snapshot.decline.clone().unwrap_or_else(|| Decline {
            code: "canceled".into(),
            message: "The payment was canceled.".into(),
            detail: None,
        });
        fail(context, &mut pending, &decline);
        payment.put(tx, pending).await?;
    }
    let message = match snapshot.status {
        PspStatus::Expired => "The authorization has expired.",
        _ => "Success!",
    };
    release_open(tx, context, payment, snapshot, message).await
}

/// Records a void for each hold that the PSP no longer shows.
async fn release_open(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    snapshot: &PaymentSnapshot,
    message: &str,
) -> Result<(), Failure> {
    let held: Vec<TransactionRow> = payment
        .authorizations()
        .filter(|row| row.status == TransactionStatus::Succeeded)
        .cloned()
        .collect();
    for authorization in held {
        let open = payment.ledger.open_authorization(&authorization);
        if open > 0 {
            let mut row = payment.new_transaction(context, TransactionKind::Voids);
            row.parent_id = Some(authorization.id.clone());
            row.amount_cents = open;
            name(&mut row, snapshot);
            if let Some(id) = snapshot.cancellation_id() {
                row.gateway_transaction_id = Some(id.to_owned());
            }
            succeed(context, &mut row);
            row.message = Some(message.to_owned());
            payment.put(tx, row).await?;
        }
    }
    Ok(())
}

/// Handles an authorization that arrives on a replaced source. The source is put back on an order that is still open and takes
/// such sources, if its gateway allows this (`force_payments`). Otherwise the hold is [released](super::next_step), and so is the
/// hold of a payment that was given up. Captured money is never refunded automatically, so its source is always put back.
async fn late_authorization(
    tx: &mut Tx<'_>,
    payment: &mut LockedPayment,
    next: SourceState,
) -> Result<(), Failure> {
    if is_given_up_hold(payment, Some(next)) {
        return Ok(());
    }
    let is_captured = next == SourceState::Captured;
    if payment.ledger.held_besides(&payment.source.id) > 0 {
        if is_captured {
            tracing::error!(
                order = payment.order.id,
                source = payment.source.id,
                "an order was paid twice; needs an operator"
            );
        }
        return Ok(());
    }
    if is_captured || is_put_back(tx, payment).await? {
        payment.order.payment_source_type = Some(payment.source.kind);
        payment.order.payment_source_id = Some(payment.source.id.clone());
    }
    Ok(())
}

async fn is_put_back(tx: &mut Tx<'_>, payment: &LockedPayment) -> Result<bool, Failure> {
    if !is_editable(*payment.order.status) || !gateway_of(tx, payment).await?.force_payments {
        return Ok(false);
    }
    Ok(payment.order.payment_method_id.is_none() || offer::method_of(tx, payment).await?.is_some())
}
