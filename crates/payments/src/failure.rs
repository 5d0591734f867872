//! The reasons why a call does not end with its own success.

use tillgate_gateways::Unsupported;
use tillgate_model::{Problem, Problems, openapi::refusals, problem::Kind};
use tillgate_store::StoreError;

use crate::{call::Answer, cipher::NotOpened};

/// Ends a transaction early, and rolls it back.
#[derive(Debug)]
pub enum Failure {
    /// The caller gets these problems.
    Problems(Problems),
    /// The answer to an earlier request with the idempotency key.
    Replay(Box<Answer>),
    /// An earlier request with the idempotency key had its effect. Its answer is the present state of this resource.
    ReplayOf {
        /// Type of the resource.
        kind: String,
        /// Id of the resource.
        id: String,
    },
    /// The order's present payment could still be confirmed by a browser, and must be given up before there is another one.
    Confirmable,
    /// The PSP's customer in the request is gone there, and was forgotten. The request is repeated with another one.
    CustomerGone,
    /// The PSP can't carry out the request, such as an amount with a third decimal.
    Unsupported(Unsupported),
    /// The database failed.
    Store(StoreError),
    /// A fault of this service, with its cause for the log.
    Internal(String),
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problems(problem.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NotOpened> for Failure {
    fn from(error: NotOpened) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(format!("stored JSON: {error}"))
    }
}

impl From<Unsupported> for Failure {
    fn from(error: Unsupported) -> Self {
        Self::Unsupported(error)
    }
}

impl Failure {
    /// Names the part of the request that the PSP can't carry out. Without this, the order is the cause.
    pub fn unsupported_at(self, pointer: &str) -> Self {
        match self {
            Self::Unsupported(error) => Problem::invalid(pointer, "not_supported", error.to_string()).into(),
            other => other,
        }
    }

    /// The problems for the caller. Internal causes go to the log.
    pub fn into_problems(self) -> Problems {
        match self {
            Self::Problems(problems) => problems,
            Self::Unsupported(error) => {
                Problem::invalid("/data/relationships/order", "not_supported", error.to_string()).into()
            }
            Self::Confirmable => {
                let message = "has a payment that has just begun; retrieve the order again";
                Problem::invalid("/data/relationships/order", "payment_pending", message).into()
            }
            Self::CustomerGone => Problem::new(
                Kind::BadGateway,
                "The payment gateway no longer has the customer. Try again.",
            )
            .into(),
            // A list says itself which of its parameters makes it slow.
            Self::Store(StoreError::TooSlow) => Problem::new(
                Kind::ServiceUnavailable,
                "The list takes too long. Try again, or ask for less.",
            )
            .into(),
            Self::Store(StoreError::NotUnique(cause)) => {
                tracing::debug!(cause, "not unique");
                Problem::invalid("/data/attributes", "taken", "has already been taken")
                    .field("base")
                    .into()
            }
            Self::Store(StoreError::Referenced(cause)) => {
                tracing::debug!(cause, "still referenced");
                Problem::new(
                    Kind::Locked,
                    "The resource can't be deleted, because another resource depends on it.",
                )
                .into()
            }
            Self::Store(StoreError::Busy) => busy("Too many requests wait for the database. Try again."),
            Self::Store(StoreError::Unavailable(cause) | StoreError::Damaged(cause)) => {
                tracing::debug!(cause, "the database is not available");
                busy(
                    "The database is not available at the moment. Send the request again, with the same Idempotency-Key.",
                )
            }
            Self::Store(StoreError::Unknown) => Problems::from(refusals::outcome_unknown()).retry_after(1),
            Self::Store(StoreError::Failed(cause) | StoreError::Newer(cause)) | Self::Internal(cause) => {
                tracing::error!(cause, "internal error");
                Problem::internal().into()
            }
            Self::Replay(_) | Self::ReplayOf { .. } => {
                tracing::error!("an idempotent answer was not sent");
                Problem::internal().into()
            }
        }
    }
}

fn busy(message: &'static str) -> Problems {
    Problems::from(Problem::new(Kind::ServiceUnavailable, message)).retry_after(1)
}
