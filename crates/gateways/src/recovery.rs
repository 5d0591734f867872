//! What became of an action whose answer was lost, and of actions that we didn't ask for.

use tillgate_model::money::Money;

use crate::{
    outcome::{Action, Failure, Refusal},
    snapshot::Decline,
};

/// What is done to an authorized payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// An authorized amount is taken.
    Capture,
    /// The payment is given up, and what is held is released.
    Cancel,
    /// A captured amount is given back.
    Refund,
}

/// Look for an action of ours in what the PSP shows.
#[derive(Debug, Clone)]
pub struct FindAction {
    /// What was asked for.
    pub kind: ActionKind,
    /// Our transaction that asked for it.
    pub transaction_id: String,
}

/// What a PSP shows of an action that we asked for.
#[derive(Debug, Clone)]
pub enum FoundAction {
    /// It happened.
    Done(Action),
    /// The PSP has it, and has not decided.
    Pending(Action),
    /// It was tried, and failed.
    Failed(Decline),
    /// The PSP has none now; a request that is still under way may yet make one.
    NotFound,
    /// It can't be told, with the reason.
    Unknown(String),
}

/// An action as the PSP lists it, whoever asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionSeen {
    /// The PSP's id of it: `re_`, `act_`.
    pub id: String,
    /// What was done.
    pub kind: ActionKind,
    /// How much it moves, where the PSP says so.
    pub amount: Option<Money>,
    /// What became of it.
    pub status: ActionStatus,
    /// Our transaction that asked for it; none for what was done elsewhere, such as in the PSP's dashboard.
    pub transaction_id: Option<String>,
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionStatus {
    /// It happened.
    Done,
    /// The PSP has not decided.
    Pending,
    /// It failed, or was called back; perhaps after it had seemed done.
    Failed(Decline),
    /// A word of the PSP's that this crate doesn't know.
    Unknown(String),
}

/// The outcome of listing a payment's actions.
#[derive(Debug, Clone)]
pub enum ListedActions {
    /// There they are.
    Listed {
        /// Newest first.
        actions: Vec<ActionSeen>,
        /// The list goes on: ask again with this cursor.
        next: Option<String>,
    },
    /// The PSP didn't look.
    Refused(Refusal),
    /// It can't be told, with the reason.
    Unknown(String),
}

/// Looks for an action of ours in a payment's list, which bears our transaction. A PSP that forgot the idempotency key may
/// have made a second one after the first failed; two that didn't fail are more than can be decided here.
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
