//! The state of a payment's actions (Stripe docs: list all refunds).

use serde::Deserialize;
use serde_json::Value;

use super::{
    failure,
    form::Form,
    object::{Charge, Expandable, List, Refund, id_of},
    read,
    request::get,
    snapshot,
};
use crate::{
    gateway::GatewaySettings,
    operation::{Unsupported, checked_id},
    outcome::Action,
    recovery::{self, ActionKind, ActionSeen, ActionStatus, FindAction, FoundAction, ListedActions},
    snapshot::{Decline, PaymentSnapshot, PaymentStatus},
    wire::{PspRequest, PspResponse},
};

/// The member of the payment's metadata that a capture sets.
pub(super) const CAPTURE_MARK: &str = "capture_transaction_id";

/// The charge identifies the entries that are no refunds.
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

/// Only refunds are listed; a capture and a cancellation show in the payment.
pub(super) fn find(args: &FindAction, payment: &PaymentSnapshot) -> FoundAction {
    match args.kind {
        ActionKind::Refund => recovery::find(args, payment.actions.as_deref()),
        ActionKind::Capture | ActionKind::Cancel => find_in_payment(args, payment),
    }
}

/// A payment is cancelled as a whole, so the requester does not matter. A capture is ours if the payment has our mark, which
/// Stripe writes together with the capture or not at all. The release of the rest leaves the mark too.
fn find_in_payment(args: &FindAction, payment: &PaymentSnapshot) -> FoundAction {
    let mark = payment.response.pointer(&format!("/metadata/{CAPTURE_MARK}"));
    let is_marked = mark.and_then(Value::as_str) == Some(&args.transaction_id);
    let is_canceled = matches!(payment.status, PaymentStatus::Canceled | PaymentStatus::Expired);
    let action = Action {
        id: payment.charge_id.clone(),
        amount: None,
        payment: None,
    };
    if is_marked || (is_canceled && args.kind == ActionKind::Cancel) {
        FoundAction::Done(action)
    } else if payment.status == PaymentStatus::Processing {
        FoundAction::Pending(action)
    } else {
        FoundAction::NotFound
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

/// Stripe lists the release of a hold, or of the rest after a capture, among the refunds. No money moves then, and no refund was
/// requested.
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

/// A refund that waits for the merchant's or the buyer's action may still succeed; a successful one may still fail.
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
