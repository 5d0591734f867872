//! Data that expires.

/// Data that is found by walking through its table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PurgedByWalk {
    /// Idempotency keys of answered requests. A key without an answer stays.
    IdempotencyKeys,
    /// Provider events that were handled or flagged.
    GatewayEvents,
    /// The sent bytes of finished operations. The operations themselves stay.
    SentRequests,
}

impl PurgedByWalk {
    /// Name of the table.
    pub fn table(self) -> &'static str {
        match self {
            Self::IdempotencyKeys => "idempotency_keys",
            Self::GatewayEvents => "gateway_events",
            Self::SentRequests => "gateway_operations",
        }
    }

    /// The condition for the expiry of a row; `?3` is the time before which it is old.
    pub(crate) fn condition(self) -> &'static str {
        match self {
            Self::IdempotencyKeys => "finished_at IS NOT NULL AND created_at < ?3",
            Self::GatewayEvents => "next_attempt_at IS NULL AND created_at < ?3",
            Self::SentRequests => "finished_at < ?3 AND request <> ''",
        }
    }

    /// The beginning of the statement that deletes the data.
    pub(crate) fn change(self) -> &'static str {
        match self {
            Self::IdempotencyKeys => "DELETE FROM idempotency_keys",
            Self::GatewayEvents => "DELETE FROM gateway_events",
            Self::SentRequests => "UPDATE gateway_operations SET request = ''",
        }
    }
}

/// Data that is found by a time of its rows: there is an index on it, or there are few rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PurgedByTime {
    /// Merchant events, with their deliveries and calls.
    Events,
    /// Expired refresh tokens.
    RefreshTokens,
    /// Counts of failed logins whose window has ended.
    LoginAttempts,
}

impl PurgedByTime {
    /// Name of the table.
    pub fn table(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::RefreshTokens => "refresh_tokens",
            Self::LoginAttempts => "login_attempts",
        }
    }

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Events => "organization_id, test, id",
            Self::RefreshTokens => "organization_id, test, hash",
            Self::LoginAttempts => "organization_id, test, subject",
        }
    }

    pub(crate) fn time(self) -> &'static str {
        match self {
            Self::Events => "created_at",
            Self::RefreshTokens => "expires_at",
            Self::LoginAttempts => "began_at",
        }
    }

    /// Number of rows that are deleted together. An event has several rows.
    pub(crate) fn limit(self) -> u32 {
        match self {
            Self::Events => 100,
            Self::RefreshTokens | Self::LoginAttempts => 500,
        }
    }
}

/// A part of a table, in its physical order.
#[derive(Clone, Copy, Debug)]
pub struct WalkStep {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) is_due: bool,
}

impl WalkStep {
    /// Position of the next step.
    pub fn end(self) -> i64 {
        self.to
    }

    /// Whether a row of the step has expired.
    pub fn is_due(self) -> bool {
        self.is_due
    }
}
