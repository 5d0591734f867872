//! Work in the background.

use futures::StreamExt;

use crate::failure::Failure;

/// How many calls are looked at side by side, so that one slow PSP does not hold up the others.
const AT_ONCE: usize = 8;
/// Looks at all that is due, a few at a time. `look` answers the row's id too: what fails is logged, and is due again
/// later. Answers how many there were.
pub async fn process_each<T>(
    what: &str,
    due: Vec<T>,
    look: impl AsyncFn(T) -> (String, Result<(), Failure>),
) -> usize {
    let count = due.len();
    futures::stream::iter(due)
        .for_each_concurrent(AT_ONCE, async |row| {
            if let (id, Err(failure)) = look(row).await {
                tracing::error!(what, id, ?failure, "looking at what is due failed");
            }
        })
        .await;
    count
}
