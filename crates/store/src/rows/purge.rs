//! What is kept for a time only.

/// What is found by walking through its table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PurgedByWalk {
    /// Idempotency keys whose request has its answer. One without an answer stays.
    IdempotencyKeys,
    /// Events of PSPs that were dealt with, or left to a person.
    GatewayEvents,
    /// The bytes that were sent in finished calls to PSPs. The calls themselves stay.
    SentRequests,
}

impl PurgedByWalk {
    /// The table.
    pub fn table(self) -> &'static str {
        match self {
            Self::IdempotencyKeys => "idempotency_keys",
            Self::GatewayEvents => "gateway_events",
            Self::SentRequests => "gateway_operations",
        }
    }

    /// What a row must be like to go; `?3` is the time before which it is old.
    pub(crate) fn condition(self) -> &'static str {
        match self {
            Self::IdempotencyKeys => "finished_at IS NOT NULL AND created_at < ?3",
            Self::GatewayEvents => "next_attempt_at IS NULL AND created_at < ?3",
            Self::SentRequests => "finished_at < ?3 AND request <> ''",
        }
    }

    /// The beginning of the statement that has it go.
    pub(crate) fn change(self) -> &'static str {
        match self {
            Self::IdempotencyKeys => "DELETE FROM idempotency_keys",
            Self::GatewayEvents => "DELETE FROM gateway_events",
            Self::SentRequests => "UPDATE gateway_operations SET request = ''",
        }
    }
}

/// What is found by a time of its rows: there is an index by it, or there are few rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PurgedByTime {
    /// Events that merchants were told of, with their deliveries and calls.
    Events,
    /// Refresh tokens that have ended.
    RefreshTokens,
    /// Counts of failed logins whose window is over.
    LoginAttempts,
}

impl PurgedByTime {
    /// The table.
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

    /// Rows that go together. Those of an event are several.
    pub(crate) fn limit(self) -> u32 {
        match self {
            Self::Events => 100,
            Self::RefreshTokens | Self::LoginAttempts => 500,
        }
    }
}

/// A part of a table, as its rows lie.
#[derive(Clone, Copy, Debug)]
pub struct WalkStep {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) is_due: bool,
}

impl WalkStep {
    /// Where the next step begins.
    pub fn end(self) -> i64 {
        self.to
    }

    /// Whether anything in it is to go.
    pub fn is_due(self) -> bool {
        self.is_due
    }
}
