//! Customers and the instruments that a PSP keeps for them.

use crate::outcome::{Failure, Refusal};

/// A new customer of a PSP's account.
#[derive(Debug, Clone)]
pub struct CreateCustomer {
    /// Our word for the pair of customer and account: Stripe `metadata[gateway_customer_id]`. A customer whose creation was
    /// never answered is found by it.
    pub reference: String,
    /// Our customer: `metadata[customer_id]`.
    pub customer_id: String,
    /// E-mail address, which a search goes by.
    pub email: String,
}

/// The outcome of making or finding a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerOutcome {
    /// The PSP knows the customer by this id, `cus_`.
    Known(String),
    /// Nobody was found; a request that is under way may yet make one.
    NotFound,
    /// Not in this part of the list: ask again with this cursor.
    More(String),
    /// The PSP did nothing.
    Refused(Refusal),
    /// It can't be told, with the reason.
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

/// The outcome of attaching, removing or asking for an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstrumentOutcome {
    /// The PSP keeps it for this customer.
    Kept {
        /// The PSP's id of the customer.
        customer: String,
    },
    /// The PSP keeps it for nobody: it can't be charged again.
    Gone,
    /// The PSP did nothing.
    Refused(Refusal),
    /// It can't be told, with the reason.
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
