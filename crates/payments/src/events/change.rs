//! Which topics a change of a row is.

use serde::{Deserialize, Serialize};
use tillgate_model::Topic;
use tillgate_store::{OrderRow, TransactionRow};

use crate::flows::ledger::{AUTHORIZATION, CAPTURE, FAILED, REFUND, SUCCEEDED, VOID};

/// Something that has happened to a resource.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// What.
    pub topic: Topic,
    /// To which one.
    pub id: String,
    /// The event that was made of it, if it is to be told once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
}

impl Change {
    /// Something that has happened just now.
    pub fn new(topic: Topic, id: impl Into<String>) -> Self {
        Self {
            topic,
            id: id.into(),
            event: None,
        }
    }
}

/// What has happened to an order between two states of its row; it is new if there was none before.
pub fn of_order(before: Option<&OrderRow>, after: &OrderRow) -> Vec<Change> {
    let is_new = before.is_none().then_some(Topic::OrdersCreate);
    let status = match after.status.as_str() {
        "draft" => Some(Topic::OrdersDraft),
        "pending" => Some(Topic::OrdersPending),
        "placing" => Some(Topic::OrdersPlacing),
        "placed" => Some(Topic::OrdersPlace),
        "approved" => Some(Topic::OrdersApprove),
        "cancelled" => Some(Topic::OrdersCancel),
        _ => None,
    };
    let payment = match after.payment_status.as_str() {
        "authorized" | "partially_authorized" => Some(Topic::OrdersAuthorize),
        "paid" | "partially_paid" => Some(Topic::OrdersPay),
        "voided" | "partially_voided" => Some(Topic::OrdersVoid),
        "refunded" | "partially_refunded" => Some(Topic::OrdersRefund),
        _ => None,
    };
    let was = |column: fn(&OrderRow) -> &String| before.map(column);
    let status = status.filter(|_| was(|row| &row.status) != Some(&after.status));
    let payment = payment.filter(|_| was(|row| &row.payment_status) != Some(&after.payment_status));
    // A payment that places its order comes before that.
    [is_new, payment, status]
        .into_iter()
        .flatten()
        .map(|topic| Change::new(topic, &after.id))
        .collect()
}

/// The changes of a transaction.
pub fn of_transaction(before: Option<&TransactionRow>, after: &TransactionRow) -> Vec<Change> {
    let (create, succeed, fail) = match after.kind.as_str() {
        AUTHORIZATION => (
            Topic::AuthorizationsCreate,
            Topic::AuthorizationsSucceeded,
            Topic::AuthorizationsFailed,
        ),
        CAPTURE => (
            Topic::CapturesCreate,
            Topic::CapturesSucceeded,
            Topic::CapturesFailed,
        ),
        VOID => (Topic::VoidsCreate, Topic::VoidsSucceeded, Topic::VoidsFailed),
        REFUND => (
            Topic::RefundsCreate,
            Topic::RefundsSucceeded,
            Topic::RefundsFailed,
        ),
        _ => return Vec::new(),
    };
    let mut topics = Vec::new();
    if before.is_none() {
        topics.extend([create, Topic::TransactionsCreate]);
    }
    if before.is_none_or(|before| before.status != after.status) {
        match after.status.as_str() {
            SUCCEEDED => topics.push(succeed),
            FAILED => topics.extend([fail, Topic::TransactionsRefused]),
            _ => {}
        }
    }
    topics
        .into_iter()
        .map(|topic| Change::new(topic, &after.id))
        .collect()
}
