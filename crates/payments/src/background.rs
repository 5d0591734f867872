use futures::StreamExt;

use crate::failure::Failure;

/// Calls that are checked at the same time, so that one slow PSP does not delay the others.
const AT_ONCE: usize = 8;
/// Processes all due rows, a few at a time. `look` answers the row's id too: a failure is logged, and the row is due again later.
/// Answers how many there were.
pub async fn process_each<T>(
    what: &str,
    due: Vec<T>,
    look: impl AsyncFn(T) -> (String, Result<(), Failure>),
) -> usize {
    let count = due.len();
    futures::stream::iter(due)
        .for_each_concurrent(AT_ONCE, async |row| {
            if let (id, Err(failure)) = look(row).await {
                tracing::error!(what, id, ?failure, "a due row could not be processed");
            }
        })
        .await;
    count
}
