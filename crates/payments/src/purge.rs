//! Deletes expired data, in small steps, so that no other write waits long.
//!
//! Unfinished rows stay at any age: an idempotency key without an answer, a call to a PSP without an outcome, a change without an
//! event.

#[cfg(test)]
mod tests;

use chrono::Duration;
use tillgate_store::{PurgedByTime, PurgedByWalk, StoredTime, Tx, WalkStep, query};

use crate::{context::Context, failure::Failure, idempotency, merchant_events, stored::stored_time};

/// A kind of data that expires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purge {
    /// Found by walking through its table.
    Walk(PurgedByWalk),
    /// Found by a time in its rows.
    Time(PurgedByTime),
}

/// All kinds of data that expire.
pub const ALL: [Purge; 6] = [
    Purge::Walk(PurgedByWalk::IdempotencyKeys),
    Purge::Walk(PurgedByWalk::GatewayEvents),
    Purge::Walk(PurgedByWalk::SentRequests),
    Purge::Time(PurgedByTime::Events),
    Purge::Time(PurgedByTime::RefreshTokens),
    Purge::Time(PurgedByTime::LoginAttempts),
];

/// The result of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Number of deleted rows.
    pub purged: usize,
    /// Position of the next step; `None` after the last one.
    pub next: Option<i64>,
}

impl Step {
    const LAST: Self = Self {
        purged: 0,
        next: None,
    };
}

impl Purge {
    pub fn table(self) -> &'static str {
        match self {
            Self::Walk(what) => what.table(),
            Self::Time(what) => what.table(),
        }
    }

    /// The time before which data is old.
    fn before(self, context: &Context) -> StoredTime {
        let now = stored_time(context.now());
        let kept = |kept| Duration::from_std(kept).unwrap_or(Duration::days(3650));
        match self {
            Self::Walk(PurgedByWalk::IdempotencyKeys) => now - idempotency::LIFETIME,
            Self::Walk(PurgedByWalk::GatewayEvents) => now - kept(context.settings.keep_gateway_events),
            Self::Walk(PurgedByWalk::SentRequests) => now - kept(context.settings.keep_operations),
            Self::Time(PurgedByTime::Events) => now - merchant_events::KEPT,
            // The row holds the time of its end itself.
            Self::Time(PurgedByTime::RefreshTokens) => now,
            Self::Time(PurgedByTime::LoginAttempts) => now - crate::logins::WINDOW,
        }
    }
}

/// Takes one step, from a position; the first one is 0.
pub(crate) async fn step(context: &Context, purge: Purge, position: i64) -> Result<Step, Failure> {
    let before = purge.before(context);
    match purge {
        Purge::Walk(what) => walk(context, what, position, before).await,
        Purge::Time(what) => by_time(context, what, before).await,
    }
}

async fn walk(
    context: &Context,
    what: PurgedByWalk,
    position: i64,
    before: StoredTime,
) -> Result<Step, Failure> {
    let step: Option<WalkStep> = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, purge::walk_step(what, position, before)))
        .await?;
    let Some(step) = step else { return Ok(Step::LAST) };
    let purged = if step.is_due() {
        context
            .db
            .write(async move |tx: &mut Tx<'_>| query!(tx, purge::purge_step(what, step, before)))
            .await?
    } else {
        0
    };
    Ok(Step {
        purged,
        next: Some(step.end()),
    })
}

async fn by_time(context: &Context, what: PurgedByTime, before: StoredTime) -> Result<Step, Failure> {
    let any = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, purge::any_due(what, before)))
        .await?;
    if !any {
        return Ok(Step::LAST);
    }
    let purged = context
        .db
        .write(async move |tx: &mut Tx<'_>| query!(tx, purge::purge_some(what, before)))
        .await?;
    Ok(Step {
        purged,
        next: Some(0),
    })
}
