//! What can be asked of a PSP, in the domain's terms.

use chrono::{DateTime, Utc};
use tillgate_model::money::{Currency, Money};

/// When an authorized amount is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMethod {
    /// At once.
    Automatic,
    /// By a capture.
    Manual,
}

/// What the buyer pays with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instrument {
    /// A fresh one, which the buyer's browser got from the PSP: `tok_`, `pm_`, `src_`, `card_`.
    Token(String),
    /// One that the PSP keeps.
    Saved {
        /// Its id.
        id: String,
        /// The PSP's customer that it belongs to. Stripe wants it whenever there is one.
        customer: Option<String>,
    },
    /// The default instrument of a PSP's customer (`cus_`); Checkout.com only.
    Customer(String),
}

/// Keep the instrument for later payments, and for which ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupFutureUsage {
    /// For payments that the buyer makes.
    OnSession,
    /// For payments while the buyer is away, too.
    OffSession,
}

/// A new payment.
#[derive(Debug, Clone)]
pub struct CreatePayment {
    /// Our transaction: Stripe `metadata[transaction_id]`, Checkout.com `reference`. One per attempt.
    pub transaction_id: String,
    /// Our order: `metadata[order_id]`.
    pub order_id: String,
    /// The order's number that people use: `metadata[order_number]`.
    pub order_number: Option<String>,
    /// How much is to be paid.
    pub amount: Money,
    /// Whether the amount is taken at once.
    pub capture: CaptureMethod,
    /// Attempt the payment now. Checkout.com knows no payment that isn't.
    pub confirm: bool,
    /// What the buyer pays with; Stripe can be told later.
    pub instrument: Option<Instrument>,
    /// Where the buyer comes back to after a redirect.
    pub return_url: Option<String>,
    /// Where the buyer comes back to after a success, Checkout.com only; `return_url` by default.
    pub success_url: Option<String>,
    /// Where the buyer comes back to after a failure, Checkout.com only; `return_url` by default.
    pub failure_url: Option<String>,
    /// The PSP's id of the buyer.
    pub psp_customer: Option<String>,
    /// The buyer's e-mail address; sent to Checkout.com only.
    pub customer_email: Option<String>,
    /// Keep the instrument.
    pub setup_future_usage: Option<SetupFutureUsage>,
    /// Where Stripe sends its receipt.
    pub receipt_email: Option<String>,
    /// A text for the PSP's dashboard.
    pub description: Option<String>,
    /// The buyer is away: a saved instrument is charged without them.
    pub off_session: bool,
    /// The PSP's id of the payment that the instrument was first used for; Checkout.com wants it while the buyer is away.
    pub first_payment: Option<String>,
    /// Ask for 3-D Secure. Without it, Stripe still asks for it where the card or the law wants it.
    pub three_d_secure: bool,
    /// Ordered by mail or telephone: there is nobody who could authenticate. It counts for an attempt only.
    pub moto: bool,
}

/// A change of a payment that isn't confirmed. What is `None` stays as it is.
#[derive(Debug, Clone)]
pub struct UpdatePayment {
    /// Our transaction.
    pub transaction_id: String,
    /// Our order.
    pub order_id: String,
    /// How much is to be paid.
    pub amount: Option<Money>,
    /// What the buyer pays with.
    pub instrument: Option<Instrument>,
    /// The PSP's id of the buyer.
    pub psp_customer: Option<String>,
    /// Keep the instrument.
    pub setup_future_usage: Option<SetupFutureUsage>,
    /// Where Stripe sends its receipt.
    pub receipt_email: Option<String>,
    /// A text for the PSP's dashboard.
    pub description: Option<String>,
}

/// The attempt of a payment that was created without one.
#[derive(Debug, Clone, Default)]
pub struct ConfirmPayment {
    /// What the buyer pays with, if the payment doesn't have it yet. The customer of a saved one must be on the payment
    /// already: Stripe doesn't take it here.
    pub instrument: Option<Instrument>,
    /// Where the buyer comes back to after a redirect.
    pub return_url: Option<String>,
    /// Keep the instrument.
    pub setup_future_usage: Option<SetupFutureUsage>,
    /// The buyer is away.
    pub off_session: bool,
    /// Ask for 3-D Secure.
    pub three_d_secure: bool,
    /// Ordered by mail or telephone.
    pub moto: bool,
}

/// Which of our transactions asks for a capture, a void or a refund.
#[derive(Debug, Clone)]
pub struct ActionReference {
    /// Our transaction.
    pub transaction_id: String,
    /// Our order.
    pub order_id: String,
}

/// Take an authorized amount.
#[derive(Debug, Clone)]
pub struct CapturePayment {
    /// Ours.
    pub reference: ActionReference,
    /// How much; everything that is left by default.
    pub amount: Option<Money>,
    /// No other capture follows: what is left is released. Stripe's are always final without
    /// [`with_multicapture`](crate::stripe::Stripe::with_multicapture).
    pub is_final: bool,
}

/// Give a captured amount back.
#[derive(Debug, Clone)]
pub struct RefundPayment {
    /// Ours.
    pub reference: ActionReference,
    /// How much.
    pub amount: Money,
}

/// Look for a payment whose creation was never answered.
#[derive(Debug, Clone)]
pub struct FindPayment {
    /// Our transaction that asked for it.
    pub transaction_id: String,
    /// A time before the request was first sent, by a clock that may differ from the PSP's: leave a margin.
    pub created_after: DateTime<Utc>,
    /// Where an earlier answer [left off](crate::FoundOutcome::More).
    pub cursor: Option<String>,
}

/// The PSP can't be asked for this. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// The PSP's unit of the currency can't express the amount exactly, or it isn't positive.
    #[error("{} can't be charged exactly", .0.formatted())]
    Amount(Money),
    /// The PSP takes no payment of so little.
    #[error("{} can't be charged: the payment gateway takes at least {}", .amount.formatted(), .least.formatted())]
    TooSmall {
        /// The amount.
        amount: Money,
        /// What the PSP takes.
        least: Money,
    },
    /// The PSP takes no payment of so much.
    #[error("{} can't be charged: the payment gateway takes at most {}", .amount.formatted(), .most.formatted())]
    TooLarge {
        /// The amount.
        amount: Money,
        /// What the PSP takes.
        most: Money,
    },
    /// The PSP doesn't take the currency, or its rule for it isn't certain.
    #[error("payments in {0} are not supported")]
    Currency(Currency),
    /// The PSP has no such operation.
    #[error("the gateway has no {0}")]
    Operation(&'static str),
    /// The PSP takes no such instrument, or needs one.
    #[error("{0}")]
    Instrument(&'static str),
    /// An identifier that no PSP gives out; it is not put into a URL.
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
