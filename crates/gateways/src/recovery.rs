//! The actions of a payment: those whose answers were lost, and those from elsewhere.

use tillgate_model::money::Money;

use crate::{
    outcome::{Action, Failure, Refusal},
    snapshot::Decline,
};

/// The kinds of actions on an authorized payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// An authorized amount is captured.
    Capture,
    /// The payment is given up, and its hold released.
    Cancel,
    /// A captured amount is refunded.
    Refund,
}

/// A search for an action of ours in the PSP's snapshot.
#[derive(Debug, Clone)]
pub struct FindAction {
    /// Kind of the action.
    pub kind: ActionKind,
    /// Id of the transaction that requested it.
    pub transaction_id: String,
}

/// The state of an action that we requested.
#[derive(Debug, Clone)]
pub enum FoundAction {
    /// It happened.
    Done(Action),
    /// The PSP has it, and has not decided.
    Pending(Action),
    /// It was tried, and failed.
    Failed(Decline),
    /// The PSP has none now. A request that is on its way may still create one.
    NotFound,
    /// The outcome is unknown, with the reason.
    Unknown(String),
}

/// An action as the PSP lists it, ours or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionSeen {
    /// The PSP's id of the action: `re_`, `act_`.
    pub id: String,
    /// Kind of the action.
    pub kind: ActionKind,
    /// The moved amount, if the PSP shows it.
    pub amount: Option<Money>,
    /// State of the action.
    pub status: ActionStatus,
    /// Id of the transaction that requested it; `None` for an action from elsewhere, such as the PSP's dashboard.
    pub transaction_id: Option<String>,
}

/// The state of an action at the PSP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionStatus {
    /// It happened.
    Done,
    /// The PSP has not decided.
    Pending,
    /// It failed or was reversed, perhaps after a reported success.
    Failed(Decline),
    /// A status of the PSP that this crate does not know.
    Unknown(String),
}

/// The outcome of listing a payment's actions.
#[derive(Debug, Clone)]
pub enum ListedActions {
    /// The list, or a page of it.
    Listed {
        /// Newest first.
        actions: Vec<ActionSeen>,
        /// The list goes on: ask again with this cursor.
        next: Option<String>,
    },
    /// The PSP refused the request.
    Refused(Refusal),
    /// The outcome is unknown, with the reason.
    Unknown(String),
}

/// Looks for an action with our transaction's id in a payment's list. A PSP that forgot the idempotency key may have made a
/// second one after the first failed. If two have not failed, the outcome is unknown.
pub(crate) fn find(args: &FindAction, listed: Option<&[ActionSeen]>) -> FoundAction {
    let Some(listed) = listed else {
        return FoundAction::Unknown("the payment's actions were not listed".to_owned());
    };
    let is_ours = |action: &&ActionSeen| {
        action.kind == args.kind && action.transaction_id.as_ref() == Some(&args.transaction_id)
    };
    let seen: Vec<ActionSeen> = listed.iter().filter(is_ours).cloned().collect();
    let (failed, mut others): (Vec<_>, Vec<_>) = seen
        .into_iter()
        .partition(|action| matches!(action.status, ActionStatus::Failed(_)));
    let Some(found) = others.pop() else {
        return match failed.into_iter().next().map(|action| action.status) {
            Some(ActionStatus::Failed(decline)) => FoundAction::Failed(decline),
            _ => FoundAction::NotFound,
        };
    };
    if !others.is_empty() {
        return FoundAction::Unknown("more than one action has this transaction".to_owned());
    }
    let action = Action {
        id: Some(found.id),
        amount: found.amount,
        payment: None,
    };
    match found.status {
        ActionStatus::Done => FoundAction::Done(action),
        ActionStatus::Pending => FoundAction::Pending(action),
        ActionStatus::Failed(decline) => FoundAction::Failed(decline),
        ActionStatus::Unknown(word) => FoundAction::Unknown(format!("the action is {word}")),
    }
}

impl From<Failure> for ListedActions {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Unknown(reason) => Self::Unknown(reason),
        }
    }
}
