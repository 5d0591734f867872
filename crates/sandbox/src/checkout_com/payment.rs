//! A payment as it is stored: the events of its past. Its state follows from them and the clock.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::behaviour::Authentication;
use super::card::Card;
use super::response_code::{APPROVED, THREE_DS_NOT_COMPLETED};

/// Checkout.com docs: a buyer has this long for 3-D Secure.
const CHALLENGE_MINUTES: i64 = 15;
/// Time in which an authorization can be captured.
const AUTHORIZATION_DAYS: i64 = 7;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Payment {
    pub id: String,
    pub live: bool,
    /// Minor units; 0 verifies the card.
    pub amount: u64,
    pub currency: String,
    pub payment_type: String,
    pub reference: Option<String>,
    pub description: Option<String>,
    pub metadata: Map<String, Value>,
    /// Whether the payment is captured without a request, and the earliest time.
    pub capture: bool,
    pub capture_on: Option<DateTime<Utc>>,
    pub success_url: Option<String>,
    pub failure_url: Option<String>,
    pub requested_on: DateTime<Utc>,
    pub idempotency_key: Option<String>,
    pub card: Card,
    /// The instrument, once there is one: an approved card is saved.
    pub source_id: Option<String>,
    pub customer_id: String,
    pub three_ds: Option<ThreeDsSession>,
    /// Id of the `Authorization` or `Card Verification` action.
    pub authorization_id: String,
    /// The issuer's answer; absent while the buyer authenticates.
    pub verdict: Option<Verdict>,
    /// Captures, voids and refunds in the order of their acceptance.
    pub actions: Vec<Action>,
    /// Whether the event of the authorization's end was sent, if there is one.
    #[serde(default)]
    pub end_told: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ThreeDsSession {
    /// `sid_…`; absent if the buyer was not redirected.
    pub session_id: Option<String>,
    pub enrolled: bool,
    /// Whether the charge continued without 3-D Secure although it was requested.
    pub downgraded: bool,
    pub authentication: Option<Authentication>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Verdict {
    pub at: DateTime<Utc>,
    pub response_code: String,
    /// Six digits, on approvals.
    pub auth_code: Option<String>,
    /// The scheme's transaction id, 15 digits.
    pub scheme_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Action {
    pub id: String,
    pub kind: ActionKind,
    pub amount: u64,
    /// The time at which the accepted action takes effect or is declined.
    pub due: DateTime<Utc>,
    /// The response code with which it will be declined.
    #[serde(default)]
    pub decline: Option<String>,
    /// Whether the event of its outcome was sent.
    #[serde(default)]
    pub told: bool,
    /// Whether no further capture may follow.
    pub closes: bool,
    pub reference: Option<String>,
    pub metadata: Map<String, Value>,
    pub idempotency_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ActionKind {
    Capture,
    Void,
    Refund,
}

/// The state of the authorization, without captures and refunds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Pending,
    Declined,
    CardVerified,
    Authorized,
    Voided,
    Expired,
}

/// Money effects, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Balances {
    pub authorized: u64,
    pub voided: u64,
    pub available_to_void: u64,
    pub captured: u64,
    pub available_to_capture: u64,
    pub refunded: u64,
    pub available_to_refund: u64,
}

impl Verdict {
    pub fn is_approved(&self) -> bool {
        self.response_code == APPROVED
    }
}

impl Action {
    /// Whether it has taken effect.
    pub fn is_effective(&self, now: DateTime<Utc>) -> bool {
        self.due <= now && self.decline.is_none()
    }

    /// Whether it has taken effect or still may: it isn't known to be declined.
    pub fn counts(&self, now: DateTime<Utc>) -> bool {
        self.due > now || self.decline.is_none()
    }

    /// The issuer's answer to it, once it is done.
    pub fn response_code(&self) -> &str {
        self.decline.as_deref().unwrap_or(APPROVED)
    }
}

impl Payment {
    /// The end of the buyer's time for 3-D Secure.
    pub fn challenge_ends(&self) -> DateTime<Utc> {
        self.requested_on + TimeDelta::minutes(CHALLENGE_MINUTES)
    }

    /// The answer of the issuer as of `now`; a challenge that was not completed in time is a decline.
    pub fn verdict(&self, now: DateTime<Utc>) -> Option<Verdict> {
        let end = self.challenge_ends();
        let timed_out = || Verdict {
            at: end,
            response_code: THREE_DS_NOT_COMPLETED.to_owned(),
            auth_code: None,
            scheme_id: String::new(),
        };
        self.verdict.clone().or_else(|| (now >= end).then(timed_out))
    }

    pub fn stage(&self, now: DateTime<Utc>) -> Stage {
        let Some(verdict) = self.verdict(now) else {
            return Stage::Pending;
        };
        if !verdict.is_approved() {
            Stage::Declined
        } else if self.amount == 0 {
            Stage::CardVerified
        } else if self.effective(ActionKind::Void, now) > 0 && self.effective(ActionKind::Capture, now) == 0 {
            Stage::Voided
        } else if self.is_past_expiry(now) && !self.has_actions(now) {
            Stage::Expired
        } else {
            Stage::Authorized
        }
    }

    /// `status`, in the API's words.
    pub fn status(&self, now: DateTime<Utc>) -> &'static str {
        let (captured, refunded) = (
            self.effective(ActionKind::Capture, now),
            self.effective(ActionKind::Refund, now),
        );
        match self.stage(now) {
            Stage::Pending => "Pending",
            Stage::Declined => "Declined",
            Stage::CardVerified => "Card Verified",
            Stage::Voided => "Voided",
            Stage::Expired => "Expired",
            Stage::Authorized if refunded > 0 && refunded == captured => "Refunded",
            Stage::Authorized if refunded > 0 => "Partially Refunded",
            Stage::Authorized if captured == 0 => "Authorized",
            Stage::Authorized if captured < self.amount => "Partially Captured",
            Stage::Authorized => "Captured",
        }
    }

    /// The time from which an approved authorization can no longer be captured.
    pub fn expires_on(&self) -> Option<DateTime<Utc>> {
        let approved = self
            .verdict
            .as_ref()
            .filter(|verdict| verdict.is_approved() && self.amount > 0)?;
        Some(approved.at + TimeDelta::days(AUTHORIZATION_DAYS))
    }

    pub fn is_past_expiry(&self, now: DateTime<Utc>) -> bool {
        self.expires_on().is_some_and(|end| end <= now)
    }

    /// Sum of the actions of a kind that have taken effect.
    pub fn effective(&self, kind: ActionKind, now: DateTime<Utc>) -> u64 {
        self.sum(|action| action.kind == kind && action.is_effective(now))
    }

    /// Sum of the actions of a kind, including accepted ones that are not yet effective.
    pub fn accepted(&self, kind: ActionKind, now: DateTime<Utc>) -> u64 {
        self.sum(|action| action.kind == kind && action.counts(now))
    }

    /// Whether an action after the authorization was requested and not declined.
    pub fn has_actions(&self, now: DateTime<Utc>) -> bool {
        self.actions.iter().any(|action| action.counts(now))
    }

    fn sum(&self, counts: impl Fn(&Action) -> bool) -> u64 {
        self.actions
            .iter()
            .filter(|action| counts(action))
            .map(|action| action.amount)
            .sum()
    }

    pub fn balances(&self, now: DateTime<Utc>) -> Balances {
        let stage = self.stage(now);
        let held = matches!(stage, Stage::Authorized | Stage::Voided | Stage::Expired);
        let captured = self.effective(ActionKind::Capture, now);
        let refunded = self.effective(ActionKind::Refund, now);
        let closed = self
            .actions
            .iter()
            .any(|action| action.closes && action.is_effective(now));
        let open = stage == Stage::Authorized && !closed && !self.is_past_expiry(now);
        Balances {
            authorized: if held { self.amount } else { 0 },
            voided: self.effective(ActionKind::Void, now),
            available_to_void: if open {
                self.amount.saturating_sub(captured)
            } else {
                0
            },
            captured,
            available_to_capture: if open {
                self.amount.saturating_sub(captured)
            } else {
                0
            },
            refunded,
            available_to_refund: captured.saturating_sub(refunded),
        }
    }
}
