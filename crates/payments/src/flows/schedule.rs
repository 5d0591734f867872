//! When the PSP is asked again, if nobody has a reason to ask before.

use chrono::{Duration, NaiveDateTime};
use tillgate_store::GatewayOperationRow;

use super::{case::Case, state::SourceState};
use crate::{context::Context, stored};

const DAY: i64 = 24 * 60 * 60;
/// Seconds between two looks for the outcome of a call.
const OUTCOME: [i64; 10] = [0, 5, 30, 300, 3600, DAY, DAY, DAY, DAY, DAY];

/// When the outcome of a call is looked for next: at once, by a GET of the source or the background task, then at longer
/// and longer intervals, and at last by a person.
pub fn next_look(operation: &mut GatewayOperationRow, now: NaiveDateTime) {
    let pause = usize::try_from(operation.attempts)
        .ok()
        .and_then(|attempts| OUTCOME.get(attempts));
    operation.next_attempt_at = pause.map(|seconds| now + Duration::seconds(*seconds));
    if pause.is_none() {
        tracing::error!(
            operation = operation.id,
            "the outcome at the PSP stays unknown; a person has to look"
        );
        operation.flagged_at = Some(now);
    }
}

/// When a payment that waits for its buyer, its PSP or its capture is looked at, in case the PSP's word of it is lost: a
/// buyer who never comes back, an authorization that expires.
pub fn next_check(context: &Context, case: &mut Case, before: SourceState, next: SourceState) {
    let pause = match next {
        SourceState::RequiresAction | SourceState::Processing => {
            let waited = context.now().moment().naive_utc() - case.source.updated_at;
            if before == next {
                waited.clamp(Duration::minutes(5), Duration::hours(6))
            } else {
                Duration::minutes(5)
            }
        }
        SourceState::Authorized => Duration::days(1),
        SourceState::New
        | SourceState::Unconfirmed
        | SourceState::Failed
        | SourceState::Captured
        | SourceState::Canceled => {
            case.source.check_at = None;
            return;
        }
    };
    case.source.check_at = Some(stored::stored_time(context.now()) + pause);
}
