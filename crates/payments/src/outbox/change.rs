//! Maps a change of a row to topics.

use serde::{Deserialize, Serialize};
use tillgate_model::{
    Topic,
    resources::{OrderStatus, PaymentStatus, TransactionKind},
};
use tillgate_store::{OrderRow, TransactionRow, TransactionStatus};

/// A change of a resource.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// Topic of the change.
    pub topic: Topic,
    /// Id of the resource.
    pub id: String,
    /// Id of its event, if that is to be delivered once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
}

impl Change {
    /// A change that happened now.
    pub fn new(topic: Topic, id: impl Into<String>) -> Self {
        Self {
            topic,
            id: id.into(),
            event: None,
        }
    }
}

/// The changes between two states of an order's row. Without a former state, the order is new.
pub fn of_order(before: Option<&OrderRow>, after: &OrderRow) -> Vec<Change> {
    let is_new = before.is_none().then_some(Topic::OrdersCreate);
    let status = match *after.status {
        OrderStatus::Draft => Some(Topic::OrdersDraft),
        OrderStatus::Pending => Some(Topic::OrdersPending),
        OrderStatus::Placing => Some(Topic::OrdersPlacing),
        OrderStatus::Placed => Some(Topic::OrdersPlace),
        OrderStatus::Approved => Some(Topic::OrdersApprove),
        OrderStatus::Cancelled => Some(Topic::OrdersCancel),
        OrderStatus::Editing => None,
    };
    let payment = match *after.payment_status {
        PaymentStatus::Authorized | PaymentStatus::PartiallyAuthorized => Some(Topic::OrdersAuthorize),
        PaymentStatus::Paid | PaymentStatus::PartiallyPaid => Some(Topic::OrdersPay),
        PaymentStatus::Voided | PaymentStatus::PartiallyVoided => Some(Topic::OrdersVoid),
        PaymentStatus::Refunded | PaymentStatus::PartiallyRefunded => Some(Topic::OrdersRefund),
        PaymentStatus::Unpaid | PaymentStatus::Free => None,
    };
    let status = status.filter(|_| before.is_none_or(|before| before.status != after.status));
    let payment =
        payment.filter(|_| before.is_none_or(|before| before.payment_status != after.payment_status));
    // A payment that places its order comes before the placing.
    [is_new, payment, status]
        .into_iter()
        .flatten()
        .map(|topic| Change::new(topic, &after.id))
        .collect()
}

/// The changes of a transaction.
pub fn of_transaction(before: Option<&TransactionRow>, after: &TransactionRow) -> Vec<Change> {
    let (create, succeed, fail) = match *after.kind {
        TransactionKind::Authorizations => (
            Topic::AuthorizationsCreate,
            Topic::AuthorizationsSucceeded,
            Topic::AuthorizationsFailed,
        ),
        TransactionKind::Captures => (
            Topic::CapturesCreate,
            Topic::CapturesSucceeded,
            Topic::CapturesFailed,
        ),
        TransactionKind::Voids => (Topic::VoidsCreate, Topic::VoidsSucceeded, Topic::VoidsFailed),
        TransactionKind::Refunds => (
            Topic::RefundsCreate,
            Topic::RefundsSucceeded,
            Topic::RefundsFailed,
        ),
    };
    let mut topics = Vec::new();
    if before.is_none() {
        topics.extend([create, Topic::TransactionsCreate]);
    }
    if before.is_none_or(|before| before.status != after.status) {
        match after.status {
            TransactionStatus::Succeeded => topics.push(succeed),
            TransactionStatus::Failed => topics.extend([fail, Topic::TransactionsRefused]),
            TransactionStatus::Pending => {}
        }
    }
    topics
        .into_iter()
        .map(|topic| Change::new(topic, &after.id))
        .collect()
}
