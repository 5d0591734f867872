//! The requests to a PSP, in the domain's terms.

use chrono::{DateTime, Utc};
use tillgate_model::money::{Currency, Money};

/// When an authorized amount is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMethod {
    /// At once.
    Automatic,
    /// By a later capture.
    Manual,
}

/// The instrument of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instrument {
    /// A new one, which the buyer's browser got from the PSP: `tok_`, `pm_`, `src_`, `card_`.
    Token(String),
    /// One that the PSP has saved.
    Saved {
        /// Id of the instrument.
        id: String,
        /// The PSP's customer that it belongs to. Stripe requires it if there is one.
        customer: Option<String>,
    },
    /// The default instrument of a PSP's customer (`cus_`); Checkout.com only.
    Customer(String),
}

/// The later payments that the instrument is saved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupFutureUsage {
    /// Payments with the buyer present.
    OnSession,
    /// Payments without the buyer, too.
    OffSession,
}

/// A new payment.
#[derive(Debug, Clone)]
pub struct CreatePayment {
    /// Id of our transaction: Stripe `metadata[transaction_id]`, Checkout.com `reference`. One per attempt.
    pub transaction_id: String,
    /// Id of our order: `metadata[order_id]`.
    pub order_id: String,
    /// Number of the order for people: `metadata[order_number]`.
    pub order_number: Option<String>,
    /// Amount to pay.
    pub amount: Money,
    /// When the amount is captured.
    pub capture: CaptureMethod,
    /// Whether to attempt the payment now. Checkout.com always does.
    pub confirm: bool,
    /// Instrument to charge; Stripe accepts it later, too.
    pub instrument: Option<Instrument>,
    /// URL that the buyer returns to after a redirect.
    pub return_url: Option<String>,
    /// URL that the buyer returns to after a success, Checkout.com only; `return_url` by default.
    pub success_url: Option<String>,
    /// URL that the buyer returns to after a failure, Checkout.com only; `return_url` by default.
    pub failure_url: Option<String>,
    /// The PSP's id of the buyer.
    pub psp_customer: Option<String>,
    /// The buyer's e-mail address; sent to Checkout.com only.
    pub customer_email: Option<String>,
    /// Later payments to save the instrument for.
    pub setup_future_usage: Option<SetupFutureUsage>,
    /// E-mail address for Stripe's receipt.
    pub receipt_email: Option<String>,
    /// A text for the PSP's dashboard.
    pub description: Option<String>,
    /// Whether the buyer is absent, and a saved instrument is charged.
    pub off_session: bool,
    /// The PSP's id of the payment that first used the instrument. Checkout.com requires it off session.
    pub first_payment: Option<String>,
    /// Whether to ask for 3-D Secure. Without it, Stripe still asks if the card or the law requires it.
    pub three_d_secure: bool,
    /// Whether the order was taken by mail or telephone: nobody can authenticate. Only attempts use it.
    pub moto: bool,
}

/// A change of an unconfirmed payment. Members that are `None` stay as they are.
#[derive(Debug, Clone)]
pub struct UpdatePayment {
    /// Id of our transaction.
    pub transaction_id: String,
    /// Id of our order.
    pub order_id: String,
    /// Amount to pay.
    pub amount: Option<Money>,
    /// Instrument to charge.
    pub instrument: Option<Instrument>,
    /// The PSP's id of the buyer.
    pub psp_customer: Option<String>,
    /// Later payments to save the instrument for.
    pub setup_future_usage: Option<SetupFutureUsage>,
    /// E-mail address for Stripe's receipt.
    pub receipt_email: Option<String>,
    /// A text for the PSP's dashboard.
    pub description: Option<String>,
}

/// The attempt of a payment that was created without one.
#[derive(Debug, Clone, Default)]
pub struct ConfirmPayment {
    /// Instrument to charge, if the payment has none yet. The customer of a saved one must be on the payment already: Stripe does
    /// not accept it here.
    pub instrument: Option<Instrument>,
    /// URL that the buyer returns to after a redirect.
    pub return_url: Option<String>,
    /// Later payments to save the instrument for.
    pub setup_future_usage: Option<SetupFutureUsage>,
    /// Whether the buyer is absent.
    pub off_session: bool,
    /// Whether to ask for 3-D Secure.
    pub three_d_secure: bool,
    /// Whether the order was taken by mail or telephone.
    pub moto: bool,
}

/// The ids that a capture, a void or a refund has with us.
#[derive(Debug, Clone)]
pub struct ActionReference {
    /// Id of our transaction.
    pub transaction_id: String,
    /// Id of our order.
    pub order_id: String,
}

/// A capture of an authorized amount.
#[derive(Debug, Clone)]
pub struct CapturePayment {
    /// Our ids.
    pub reference: ActionReference,
    /// Amount to capture; all that is left by default.
    pub amount: Option<Money>,
    /// Whether no other capture follows, so that the rest is released. Stripe's captures are always final without
    /// [`with_multicapture`](crate::stripe::Stripe::with_multicapture).
    pub is_final: bool,
}

/// A refund of a captured amount.
#[derive(Debug, Clone)]
pub struct RefundPayment {
    /// Our ids.
    pub reference: ActionReference,
    /// Amount to refund.
    pub amount: Money,
}

/// A search for a payment whose creation was never answered.
#[derive(Debug, Clone)]
pub struct FindPayment {
    /// Id of the transaction that requested it.
    pub transaction_id: String,
    /// A time before the request was first sent. The clock may differ from the PSP's: leave a margin.
    pub created_after: DateTime<Utc>,
    /// The cursor of an earlier [answer](crate::FoundOutcome::More).
    pub cursor: Option<String>,
}

/// The reasons why a PSP can't get a request. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// The PSP's unit of the currency can't express the amount exactly, or it isn't positive.
    #[error("{} can't be charged exactly", .0.formatted())]
    Amount(Money),
    /// The PSP does not accept such small payments.
    #[error("{} can't be charged: the payment gateway takes at least {}", .amount.formatted(), .least.formatted())]
    TooSmall {
        amount: Money,
        /// The PSP's minimum.
        least: Money,
    },
    /// The PSP does not accept such large payments.
    #[error("{} can't be charged: the payment gateway takes at most {}", .amount.formatted(), .most.formatted())]
    TooLarge {
        amount: Money,
        /// The PSP's maximum.
        most: Money,
    },
    /// The PSP doesn't accept the currency, or its rule for it isn't certain.
    #[error("payments in {0} are not supported")]
    Currency(Currency),
    /// The PSP has no such operation.
    #[error("the gateway has no {0}")]
    Operation(&'static str),
    /// The PSP accepts no such instrument, or requires one.
    #[error("{0}")]
    Instrument(&'static str),
    /// A malformed identifier of a PSP; it is not put into a URL.
    #[error("this is not an identifier of the payment service provider")]
    Id,
}

/// Letters, digits, `_` and `-` only, so that an id never changes the path that it is put into.
pub(crate) fn checked_id(id: &str) -> Result<&str, Unsupported> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !id.is_empty() && id.len() <= 255 && id.bytes().all(is_plain) {
        Ok(id)
    } else {
        Err(Unsupported::Id)
    }
}
