//! The records of both sides at the end: the sandbox's ledger, and our rows.

use serde::Deserialize;
use serde_json::{Map, Value};

/// A money effect in a PSP's ledger.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// `stripe` or `checkout_com`.
    pub vendor: String,
    /// The PSP's payment.
    pub payment_id: String,
    /// Our reference, at Checkout.com.
    pub our_reference: Option<String>,
    /// Our marks, at Stripe.
    pub metadata: Map<String, Value>,
    /// Kind of the effect.
    pub kind: EntryKind,
    /// Smallest units of the currency.
    pub amount: i64,
    /// ISO 4217 code in the PSP's spelling.
    pub currency: String,
    /// Key of the request that caused it.
    pub idempotency_key: Option<String>,
}

/// Kinds of a PSP's money effects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EntryKind {
    Authorize,
    Capture,
    Void,
    Release,
    Expire,
    Refund,
    RefundFailure,
}

/// A transaction of ours.
#[derive(Clone, Debug)]
pub struct Transaction {
    pub id: String,
    /// `authorizations`, `captures`, `voids` or `refunds`.
    pub kind: String,
    pub order_id: String,
    pub source_id: String,
    pub parent_id: Option<String>,
    pub amount: i64,
    pub currency: String,
    /// `pending`, `succeeded` or `failed`.
    pub status: String,
    /// The PSP's payment.
    pub psp_id: Option<String>,
}

impl Transaction {
    /// Whether the money has moved.
    pub fn has_succeeded(&self) -> bool {
        self.status == "succeeded"
    }
}

/// An order of ours.
#[derive(Clone, Debug)]
pub struct Order {
    pub id: String,
    pub total: i64,
    /// The [`MARKS`] of the order.
    pub marks: Vec<&'static str>,
}

/// Timestamps of an order that are never removed.
pub const MARKS: [&str; 3] = ["placed_at", "approved_at", "cancelled_at"];

/// A call of ours to a PSP.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub source_id: String,
    /// The transaction that it decides.
    pub transaction_id: Option<String>,
    pub is_finished: bool,
}

/// Our rows.
#[derive(Clone, Debug, Default)]
pub struct Books {
    pub transactions: Vec<Transaction>,
    pub orders: Vec<Order>,
    /// Ids of payment sources, each with the id of its order.
    pub sources: Vec<(String, String)>,
    pub line_items: Vec<String>,
    pub operations: Vec<Operation>,
    /// References that more than one resource of a type has: requests that took effect twice.
    pub repeated_references: Vec<String>,
}
