//! Reads a payment from its PSP, with the list of its actions.

use tillgate_gateways::{ActionKind, ActionSeen, ActionStatus, ListedActions, PaymentSnapshot};
use tillgate_model::money::Currency;
use tillgate_store::SourceState;

use crate::{
    context::Context,
    payment::state::SourceStateRules as _,
    providers::{
        connection::ProviderConnection,
        operation::{self, Outcome, send},
    },
};

/// Maximum number of pages of a payment's actions.
const PAGES: usize = 20;
/// Maximum number of reads of a payment that changes while its actions are listed.
const LOOKS: usize = 3;

/// When a payment's actions are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Actions {
    /// If money was captured. Before that, the list shows nothing that the payment does not.
    OfCaptured,
    /// In each state.
    Always,
}

/// Asks the PSP for a payment and its actions.
pub async fn retrieve(
    context: &Context,
    connection: &ProviderConnection,
    psp_id: &str,
    currency: Currency,
    actions: Actions,
) -> Outcome {
    let mut last = None;
    for _ in 0..LOOKS {
        let mut snapshot = match operation::retrieve(context, connection, psp_id).await {
            Outcome::Done(snapshot) => snapshot,
            other => return other,
        };
        let is_captured = SourceState::of(&snapshot) == Some(SourceState::Captured);
        if is_captured || actions == Actions::Always {
            snapshot.actions = list(context, connection, psp_id, currency).await;
        }
        if agrees(&snapshot) {
            return Outcome::Done(snapshot);
        }
        last = Some(snapshot);
    }
    match last {
        Some(snapshot) => {
            tracing::warn!(psp_id, "the PSP's list of actions does not add up to its payment");
            Outcome::Done(snapshot)
        }
        None => Outcome::Unknown("the payment was not requested".into()),
    }
}

/// All actions of a payment, newest first; `None` if the PSP fails to list them.
async fn list(
    context: &Context,
    connection: &ProviderConnection,
    psp_id: &str,
    currency: Currency,
) -> Option<Vec<ActionSeen>> {
    let mut seen = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES {
        let request = connection.gateway.list_actions(psp_id, cursor.as_deref()).ok()?;
        let response = send(context, connection, &request, false).await.ok()?;
        match connection.gateway.read_actions(currency, &request, &response) {
            ListedActions::Listed { actions, next } => {
                seen.extend(actions);
                cursor = next;
            }
            ListedActions::Refused(_) | ListedActions::Unknown(_) => return None,
        }
        if cursor.is_none() {
            break;
        }
    }
    Some(seen)
}

/// Whether a payment and its list agree. An action between the two reads makes them differ.
fn agrees(snapshot: &PaymentSnapshot) -> bool {
    let Some(actions) = snapshot.actions.as_ref().filter(|_| snapshot.lists_captures) else {
        return true;
    };
    let done = |kind| {
        let amounts = actions
            .iter()
            .filter(|action| action.kind == kind && action.status == ActionStatus::Done)
            .filter_map(|action| action.amount.as_ref());
        amounts.map(|amount| amount.amount_cents).sum::<i64>()
    };
    let is = |told: &Option<tillgate_model::Money>, kind| {
        told.as_ref()
            .is_none_or(|amount| amount.amount_cents == done(kind))
    };
    is(&snapshot.amount_captured, ActionKind::Capture) && is(&snapshot.amount_refunded, ActionKind::Refund)
}
