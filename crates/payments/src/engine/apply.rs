//! What the PSP shows of a payment becomes ours: the source's state, the transactions, the order's status. This is the one
//! way in which a payment changes, whoever brings the news.

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
        case::{Case, gateway_of},
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

/// Takes over what the PSP shows. `is_new_payment`: it is the answer to the request that made the payment, so that an
/// earlier payment of the source does not count any more. The caller saves the case.
pub async fn apply(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    snapshot: &PaymentSnapshot,
    is_new_payment: bool,
) -> Result<(), Failure> {
    let same_payment = case.source.psp_id.as_deref() == Some(snapshot.psp_id.as_str());
    if case.source.psp_id.is_some() && !same_payment && !is_new_payment {
        tracing::warn!(
            source = case.source.id,
            psp_id = snapshot.psp_id,
            "a payment that is not the source's"
        );
        return Ok(());
    }
    let before = case.source.state;
    let differences = differences(&Asked::of(context, case)?, snapshot);
    flag(case, snapshot, &differences);
    let Some(next) = SourceState::of(snapshot).filter(|_| !differences.iter().any(|one| one.is_of_another()))
    else {
        if is_new_payment && let Some(mut pending) = case.pending_authorization() {
            // Whoever looks at it finds it by this.
            name(&mut pending, snapshot);
            case.put(tx, pending).await?;
        }
        return Ok(());
    };
    if same_payment && !before.can_become(next) && !planted::is(Bug::Backwards) {
        tracing::info!(source = case.source.id, %before, %next, "old news of a payment");
        return Ok(());
    }
    take_amount(case, snapshot);
    show(context, case, snapshot, next);
    case.source.state = next;
    record_transactions(tx, context, case, snapshot, next).await?;
    let saves = case.details.saves_for.is_some() && case.details.saves_for == case.order.customer_id;
    if next.holds_money() && saves && case.source.mismatch.is_none() {
        wallet::keep(tx, context, case).await?;
    }
    schedule::next_check(context, case, before, next);
    if next == SourceState::Captured && snapshot.lists_captures && snapshot.actions.is_none() {
        // Which captures these are is told by the list, which was not asked for.
        case.source.check_at = Some(stored::stored_time(context.now()));
    }
    if next.holds_money() && !before.holds_money() && !case.is_current() {
        late_authorization(tx, case, next).await?;
    }
    update_order(tx, context, case).await
}

/// Leaves what was not asked for to a person, until the PSP shows what was asked for.
fn flag(case: &mut Case, snapshot: &PaymentSnapshot, differences: &[Difference]) {
    let mismatch = mismatch::stored(differences);
    if mismatch.is_some() && mismatch != case.source.mismatch {
        tracing::error!(
            source = case.source.id,
            psp_id = snapshot.psp_id,
            status = ?snapshot.status,
            mismatch,
            "the PSP shows another payment than was asked for; a person has to look"
        );
    }
    case.source.mismatch = mismatch;
}

/// The payment's amount is what the PSP says it is, not what it was last asked for.
fn take_amount(case: &mut Case, snapshot: &PaymentSnapshot) {
    let Some(amount) = &snapshot.amount else {
        return;
    };
    if amount.currency.to_string() == case.source.currency_code {
        case.source.amount_cents = amount.amount_cents;
    }
}

/// What is only shown.
fn show(context: &Context, case: &mut Case, snapshot: &PaymentSnapshot, next: SourceState) {
    case.source.psp_id = Some(snapshot.psp_id.clone());
    if let Some(secret) = &snapshot.client_secret {
        let secret = Secret::new(secrecy::ExposeSecret::expose_secret(secret));
        case.source.client_secret = Some(secrets::seal_client_secret(context, &secret));
    }
    case.source.redirect_url = match next {
        SourceState::RequiresAction => snapshot.redirect_url.clone().or(case.source.redirect_url.take()),
        _ => None,
    };
    let details = &mut case.details;
    let object = |value: &Option<Value>| match value {
        Some(Value::Object(members)) => Some(JsonObject(members.clone())),
        _ => None,
    };
    details.charge_id = snapshot.charge_id.clone().or(details.charge_id.take());
    details.payment_method = object(&snapshot.payment_method).or(details.payment_method.take());
    details.payment_response = if registry::of_source(*case.source.kind)
        .capabilities()
        .shows_response
    {
        object(&Some(snapshot.response.clone())).or(details.payment_response.take())
    } else {
        None
    };
    if let Some(instrument) = &snapshot.instrument {
        details.payment_instrument = object(&serde_json::to_value(instrument).ok());
    }
    details.multicapture = snapshot.multicapture.or(details.multicapture);
    if snapshot.reuse != Reuse::No {
        details.reuse = snapshot.reuse;
    }
    details.source_id = snapshot.source_id.clone().or(details.source_id.take());
    details.customer_token = snapshot.customer_token.clone().or(details.customer_token.take());
}

async fn record_transactions(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    snapshot: &PaymentSnapshot,
    next: SourceState,
) -> Result<(), Failure> {
    match next {
        SourceState::Authorized | SourceState::Captured => {
            let authorization = authorize(tx, context, case, snapshot).await?;
            if next == SourceState::Captured && !snapshot.lists_captures {
                capture(tx, context, case, snapshot, &authorization).await?;
            }
            reconcile(tx, context, case, snapshot, &authorization).await?;
            if is_released(snapshot, next) && !planted::is(Bug::ReleaseNotRecorded) {
                let message = "The rest was released.";
                release_open(tx, context, case, snapshot, message).await?;
            }
        }
        SourceState::Failed => {
            if let Some(decline) = &snapshot.decline {
                decline_attempt(tx, context, case, snapshot, decline).await?;
            }
        }
        SourceState::Canceled => release(tx, context, case, snapshot).await?,
        SourceState::New
        | SourceState::Unconfirmed
        | SourceState::RequiresAction
        | SourceState::Processing => {
            if let Some(mut pending) = case.pending_authorization() {
                name(&mut pending, snapshot);
                case.put(tx, pending).await?;
            }
        }
    }
    Ok(())
}

/// Whether nothing more can be captured: the last capture released the rest, or its time has run out. A refund hides that
/// in the payment's status.
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

/// The authorization of this payment at the PSP: the one that waited for it, or that was recorded before, or a new one for
/// what the buyer's browser confirmed.
async fn authorize(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    snapshot: &PaymentSnapshot,
) -> Result<TransactionRow, Failure> {
    let recorded = case
        .authorizations()
        .find(|row| {
            row.status == TransactionStatus::Succeeded
                && row.token.as_deref() == Some(snapshot.psp_id.as_str())
        })
        .cloned();
    if let Some(row) = recorded {
        return Ok(row);
    }
    let mut row = match case.pending_authorization() {
        Some(row) => row,
        None => case.new_transaction(context, TransactionKind::Authorizations),
    };
    name(&mut row, snapshot);
    // What was given up and is released does not pay the order, not for a moment.
    row.canceled = is_given_up_hold(case, SourceState::of(snapshot));
    if let Some(amount) = &snapshot.amount {
        row.amount_cents = amount.amount_cents;
        row.currency_code = amount.currency.to_string();
    }
    succeed(context, &mut row);
    case.put(tx, row.clone()).await?;
    Ok(row)
}

/// What the PSP has captured beyond what the ledger knows: all of it at once, or by somebody in the PSP's dashboard.
async fn capture(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
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
        case.ledger.captured_of(authorization)
    };
    let missing = captured - known;
    if missing <= 0 {
        return Ok(());
    }
    let mut row = case.new_transaction(context, TransactionKind::Captures);
    row.parent_id = Some(authorization.id.clone());
    row.amount_cents = missing;
    name(&mut row, snapshot);
    succeed(context, &mut row);
    case.put(tx, row).await
}

/// Whether a payment that was given up here holds money all the same, because its buyer has finished it late.
fn is_given_up_hold(case: &Case, next: Option<SourceState>) -> bool {
    case.details.given_up && next == Some(SourceState::Authorized)
}

/// A declined attempt: the one that waited, or one of the buyer's browser, which is recorded once for each charge.
async fn decline_attempt(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    snapshot: &PaymentSnapshot,
    decline: &Decline,
) -> Result<(), Failure> {
    let charge = snapshot.charge_id.as_ref().or(snapshot.action_id.as_ref());
    let recorded = case
        .authorizations()
        .filter(|row| row.status == TransactionStatus::Failed)
        .any(|row| {
            row.gateway_transaction_id.as_ref() == charge || row.error_code.as_deref() == Some(GIVEN_UP)
        });
    let mut row = match case.pending_authorization() {
        Some(row) => row,
        None if recorded || charge.is_none() => return Ok(()),
        None => case.new_transaction(context, TransactionKind::Authorizations),
    };
    name(&mut row, snapshot);
    fail(context, &mut row, decline);
    case.put(tx, row).await
}

/// A payment that is off: what waited has failed, what was held is released.
async fn release(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    snapshot: &PaymentSnapshot,
) -> Result<(), Failure> {
    if let Some(mut pending) = case.pending_authorization() {
        name(&mut pending, snapshot);
        let decline = snapshot.decline.clone().unwrap_or_else(|| Decline {
            code: "canceled".into(),
            message: "The payment was canceled.".into(),
            detail: None,
        });
        fail(context, &mut pending, &decline);
        case.put(tx, pending).await?;
    }
    let message = match snapshot.status {
        PspStatus::Expired => "The authorization has expired.",
        _ => "Success!",
    };
    release_open(tx, context, case, snapshot, message).await
}

/// What was held and is held no more becomes a void.
async fn release_open(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    snapshot: &PaymentSnapshot,
    message: &str,
) -> Result<(), Failure> {
    let held: Vec<TransactionRow> = case
        .authorizations()
        .filter(|row| row.status == TransactionStatus::Succeeded)
        .cloned()
        .collect();
    for authorization in held {
        let open = case.ledger.open_authorization(&authorization);
        if open > 0 {
            let mut row = case.new_transaction(context, TransactionKind::Voids);
            row.parent_id = Some(authorization.id.clone());
            row.amount_cents = open;
            name(&mut row, snapshot);
            if let Some(id) = snapshot.cancellation_id() {
                row.gateway_transaction_id = Some(id.to_owned());
            }
            succeed(context, &mut row);
            row.message = Some(message.to_owned());
            case.put(tx, row).await?;
        }
    }
    Ok(())
}

/// An authorization that arrives on a source which was replaced. The source is put back on an order that is still open and
/// pays with such sources, if its gateway says so (`force_payments`). Otherwise the hold is [released](super::advance).
/// So is one of a payment that was given up. Captured money is never given back by itself, so that its source is put back in any
/// case.
async fn late_authorization(tx: &mut Tx<'_>, case: &mut Case, next: SourceState) -> Result<(), Failure> {
    if is_given_up_hold(case, Some(next)) {
        return Ok(());
    }
    let is_captured = next == SourceState::Captured;
    if case.ledger.held_besides(&case.source.id) > 0 {
        if is_captured {
            tracing::error!(
                order = case.order.id,
                source = case.source.id,
                "an order was paid twice; a person has to look"
            );
        }
        return Ok(());
    }
    if is_captured || is_put_back(tx, case).await? {
        case.order.payment_source_type = Some(case.source.kind);
        case.order.payment_source_id = Some(case.source.id.clone());
    }
    Ok(())
}

async fn is_put_back(tx: &mut Tx<'_>, case: &Case) -> Result<bool, Failure> {
    if !is_editable(*case.order.status) || !gateway_of(tx, case).await?.force_payments {
        return Ok(false);
    }
    Ok(case.order.payment_method_id.is_none() || offer::method_of(tx, case).await?.is_some())
}
