//! What became of a payment's actions (Stripe docs: list all refunds).

use serde::Deserialize;
use serde_json::Value;

use super::{
    failure,
    form::Form,
    object::{Charge, Expandable, List, Refund, id_of},
    read,
    request::{get, retrieve},
    snapshot,
};
use crate::{
    gateway::GatewaySettings,
    operation::{Unsupported, checked_id},
    outcome::{Action, PaymentOutcome},
    recovery::{ActionKind, ActionSeen, ActionStatus, FindAction, FoundAction, ListedActions, decide},
    snapshot::{Decline, PaymentSnapshot, PaymentStatus},
    wire::{PspRequest, PspResponse},
};

/// What a capture leaves in the payment's metadata.
pub(super) const CAPTURE_MARK: &str = "capture_transaction_id";

/// Only refunds are listed; a capture and a cancellation show in the payment.
pub(super) fn find(
    settings: &GatewaySettings,
    psp_id: &str,
    args: &FindAction,
) -> Result<PspRequest, Unsupported> {
    match args.kind {
        ActionKind::Refund => refunds(settings, psp_id, args.cursor.as_deref()),
        ActionKind::Capture | ActionKind::Cancel => retrieve(settings, psp_id),
    }
}

/// The charge tells which of the refunds are none.
pub(super) fn refunds(
    settings: &GatewaySettings,
    psp_id: &str,
    cursor: Option<&str>,
) -> Result<PspRequest, Unsupported> {
    let query = Form::new()
        .with("payment_intent", checked_id(psp_id)?)
        .with("limit", "100")
        .with("expand[]", "data.charge")
        .with_some("starting_after", cursor);
    Ok(get(settings, &format!("/v1/refunds?{}", query.encode())))
}

pub(super) fn read_found(args: &FindAction, request: &PspRequest, response: &PspResponse) -> FoundAction {
    if args.kind == ActionKind::Refund {
        return match list(request, response) {
            ListedActions::Listed { actions, next } => found_refund(args, actions, next),
            ListedActions::Refused(refusal) => FoundAction::Refused(refusal),
            ListedActions::Unknown(reason) => FoundAction::Unknown(reason),
        };
    }
    match read::payment(request, response) {
        PaymentOutcome::Done(payment) => found_in_payment(args, payment),
        PaymentOutcome::Refused(refusal) => FoundAction::Refused(refusal),
        PaymentOutcome::Unknown(reason) => FoundAction::Unknown(reason),
    }
}

fn found_refund(args: &FindAction, mut actions: Vec<ActionSeen>, next: Option<String>) -> FoundAction {
    actions.retain(|action| action.transaction_id.as_ref() == Some(&args.transaction_id));
    match next {
        Some(cursor) if actions.is_empty() => FoundAction::More(cursor),
        _ => decide(actions),
    }
}

/// A payment is canceled as a whole, so that it doesn't matter who did it. A capture is ours if it left our mark, which
/// Stripe writes together with it or not at all.
fn found_in_payment(args: &FindAction, payment: Box<PaymentSnapshot>) -> FoundAction {
    let happened = match args.kind {
        ActionKind::Cancel => matches!(payment.status, PaymentStatus::Canceled | PaymentStatus::Expired),
        _ => {
            let metadata = payment.response.get("metadata");
            metadata.and_then(|members| members.get(CAPTURE_MARK)?.as_str()) == Some(&args.transaction_id)
        }
    };
    let processing = payment.status == PaymentStatus::Processing;
    if !happened && !processing {
        return FoundAction::State(payment);
    }
    let action = Action {
        id: payment.charge_id.clone(),
        amount: None,
        payment: Some(payment),
    };
    if processing {
        FoundAction::Pending(action)
    } else {
        FoundAction::Done(action)
    }
}

pub(super) fn list(request: &PspRequest, response: &PspResponse) -> ListedActions {
    if !(200..=299).contains(&response.status) {
        return failure::read(request, response).into();
    }
    let read = || -> Result<ListedActions, String> {
        let list = List::deserialize(read::body(response)?).map_err(|error| error.to_string())?;
        let next = match list.data.last().and_then(id_of) {
            _ if !list.has_more => None,
            Some(last) => Some(last),
            None => return Err("the list goes on, but has no last element".to_owned()),
        };
        let seen = list.data.iter().filter_map(|refund| seen(refund).transpose());
        Ok(ListedActions::Listed {
            actions: seen.collect::<Result<_, _>>()?,
            next,
        })
    };
    read().unwrap_or_else(ListedActions::Unknown)
}

fn seen(refund: &Value) -> Result<Option<ActionSeen>, String> {
    let refund = Refund::deserialize(refund).map_err(|error| format!("no refund: {error}"))?;
    if is_release(&refund) {
        return Ok(None);
    }
    Ok(Some(ActionSeen {
        kind: ActionKind::Refund,
        amount: Some(snapshot::money(refund.amount, &refund.currency)?),
        status: status(&refund),
        transaction_id: snapshot::transaction_id(refund.metadata.as_ref()),
        id: refund.id,
    }))
}

/// Stripe lists the release of a hold, or of what a capture left of it, among the refunds; no money moves, and nobody asked
/// for a refund.
fn is_release(refund: &Refund) -> bool {
    let Some(Expandable::Object(charge)) = &refund.charge else {
        return false;
    };
    let asked_for = snapshot::transaction_id(refund.metadata.as_ref()).is_some();
    !asked_for && refund.balance_transaction.is_none() && released(charge, refund.amount)
}

fn released(charge: &Charge, amount: i64) -> bool {
    let rest = charge
        .amount
        .zip(charge.amount_captured)
        .map(|(held, captured)| held - captured);
    charge.captured == Some(false) || rest == Some(amount)
}

/// A refund that waits for the merchant's or the buyer's action may still succeed; one that succeeded may still fail.
pub(super) fn status(refund: &Refund) -> ActionStatus {
    match refund.status.as_deref() {
        Some("succeeded") => ActionStatus::Done,
        Some("pending" | "requires_action") => ActionStatus::Pending,
        Some(status @ ("failed" | "canceled")) => ActionStatus::Failed(Decline {
            code: refund.failure_reason.clone().unwrap_or_else(|| status.to_owned()),
            message: "The refund failed.".to_owned(),
            detail: None,
        }),
        other => ActionStatus::Unknown(other.unwrap_or("without a status").to_owned()),
    }
}
