//! The behaviour of a card that is charged.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::response_code;

/// A card's fixed behaviour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Behaviour {
    pub three_ds: ThreeDs,
    /// The response code with which the issuer declines every charge.
    pub decline: Option<Cow<'static, str>>,
}

/// The result of a request for 3-D Secure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ThreeDs {
    /// The buyer sees a page; authenticating there has this outcome.
    Challenge(Authentication),
    /// Like `Challenge`, and a charge without 3-D Secure is declined with 20154.
    Required,
    /// The page continues without the buyer.
    Frictionless(Authentication),
    /// The card is not enrolled: the charge continues without 3-D Secure.
    NotEnrolled,
    /// The charge is declined with 20150 unless `attempt_n3d` allows it to continue without 3-D Secure.
    Unsupported,
}

/// The outcome of an authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Authentication {
    Authenticated,
    NotAuthenticated,
    Rejected,
    Malfunction,
}

impl Authentication {
    /// The transaction status of EMV 3-D Secure.
    pub fn status(self) -> &'static str {
        match self {
            Self::Authenticated => "Y",
            Self::NotAuthenticated => "N",
            Self::Rejected => "R",
            Self::Malfunction => "U",
        }
    }

    /// The code of the decline that it causes.
    pub fn decline(self) -> Option<&'static str> {
        match self {
            Self::Authenticated => None,
            Self::NotAuthenticated | Self::Rejected => Some(response_code::THREE_DS_FAILED),
            Self::Malfunction => Some(response_code::THREE_DS_MALFUNCTION),
        }
    }
}

impl Behaviour {
    pub const fn new(three_ds: ThreeDs) -> Self {
        Self {
            three_ds,
            decline: None,
        }
    }

    /// Declined at once, with or without 3-D Secure.
    pub const fn declined(code: &'static str) -> Self {
        Self {
            three_ds: ThreeDs::NotEnrolled,
            decline: Some(Cow::Borrowed(code)),
        }
    }

    /// The issuer's answer to a charge of `amount` minor units.
    ///
    /// Checkout.com docs, test cards: amount 101 is declined for insufficient funds on any card.
    pub fn response_code(&self, amount: u64) -> Cow<'static, str> {
        match &self.decline {
            Some(code) => code.clone(),
            None if amount == 101 => Cow::Borrowed(response_code::INSUFFICIENT_FUNDS),
            None => Cow::Borrowed(response_code::APPROVED),
        }
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        if let Some(code) = &self.decline {
            return format!("Declined: {code} {}", response_code::summary(code));
        }
        let declined = |outcome: Authentication| match outcome.decline() {
            None => "approved".to_owned(),
            Some(code) => format!("declined with {code}, authentication status {}", outcome.status()),
        };
        match self.three_ds {
            ThreeDs::NotEnrolled => "Approved, never challenged".to_owned(),
            ThreeDs::Challenge(outcome) => {
                format!(
                    "Approved without 3DS; with it a challenge page, then {}",
                    declined(outcome)
                )
            }
            ThreeDs::Frictionless(outcome) => {
                format!(
                    "Approved without 3DS; with it a page that leads on by itself, then {}",
                    declined(outcome)
                )
            }
            ThreeDs::Required => {
                "Declined with 20154 without 3DS; with it a challenge page, then approved".to_owned()
            }
            ThreeDs::Unsupported => {
                "Approved without 3DS; with it declined with 20150 unless attempt_n3d".to_owned()
            }
        }
    }
}
