//! The state of a payment's actions (Checkout.com docs: get payment actions).

use tillgate_model::money::Currency;

use super::{
    failure, read,
    snapshot::{self, Action as PaymentAction},
};
use crate::{
    recovery::{ActionKind, ActionSeen, ActionStatus, ListedActions},
    wire::{PspRequest, PspResponse},
};

/// The approval of an action that will be done later.
const DEFERRED: &str = "10200";

pub(super) fn list(currency: Currency, request: &PspRequest, response: &PspResponse) -> ListedActions {
    if !read::is_success(response) {
        return failure::read(request, response).into();
    }
    let actions = read::body::<Vec<PaymentAction>>(response).and_then(|actions| {
        let seen = actions
            .iter()
            .filter_map(|action| seen(action, currency).transpose());
        seen.collect()
    });
    match actions {
        Ok(actions) => ListedActions::Listed { actions, next: None },
        Err(reason) => ListedActions::Unknown(reason),
    }
}

/// Captures, voids and refunds. Authorizations and other actions are left out.
fn seen(action: &PaymentAction, currency: Currency) -> Result<Option<ActionSeen>, String> {
    let kind = match action.kind.as_deref() {
        Some("Capture") => ActionKind::Capture,
        Some("Void") => ActionKind::Cancel,
        Some("Refund") => ActionKind::Refund,
        _ => return Ok(None),
    };
    Ok(Some(ActionSeen {
        id: action.id.clone(),
        kind,
        amount: snapshot::money(action.amount, Some(currency.code()))?,
        status: status(action),
        // The reference of an action is our transaction's id.
        transaction_id: action.reference.clone(),
    }))
}

/// An action without a verdict is still pending.
fn status(action: &PaymentAction) -> ActionStatus {
    match action.approved {
        Some(true) if action.response_code.as_deref() == Some(DEFERRED) => ActionStatus::Pending,
        Some(true) => ActionStatus::Done,
        Some(false) => ActionStatus::Failed(action.decline()),
        None => ActionStatus::Pending,
    }
}
