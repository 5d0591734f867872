//! Customers, and the instruments that a PSP saves for them.

use crate::outcome::{Failure, Refusal};

/// A new customer of a PSP's account.
#[derive(Debug, Clone)]
pub struct CreateCustomer {
    /// Our id for the pair of customer and account: Stripe `metadata[gateway_customer_id]`. A lost customer is found by it.
    pub reference: String,
    /// Id of our customer: `metadata[customer_id]`.
    pub customer_id: String,
    /// E-mail address, which the search uses.
    pub email: String,
}

/// The outcome of creating or finding a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerOutcome {
    /// The PSP's id of the customer, `cus_`.
    Known(String),
    /// The search found no customer. A request that is on its way may still create one.
    NotFound,
    /// The customer is not on this page: ask again with this cursor.
    More(String),
    /// The PSP did nothing.
    Refused(Refusal),
    /// The outcome is unknown, with the reason.
    Unknown(String),
}

impl From<Failure> for CustomerOutcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

/// The outcome of attaching, removing or retrieving an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstrumentOutcome {
    /// The PSP saves it for this customer.
    Kept {
        /// The PSP's id of the customer.
        customer: String,
    },
    /// The PSP saves it for no customer: it can't be charged again.
    Gone,
    /// The PSP did nothing.
    Refused(Refusal),
    /// The outcome is unknown, with the reason.
    Unknown(String),
}

impl From<Failure> for InstrumentOutcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Unknown(reason) => Self::Unknown(reason),
        }
    }
}
