//! Compares the PSPs, the service and its clients at the end. Each difference is a line.

mod entries;
mod sums;
mod told;

use super::books::{Books, Entry};
use super::witness::Witness;

/// Compares everything with everything.
pub fn differences(ledger: &[Entry], books: &Books, witness: &Witness) -> Vec<String> {
    let mut lines = entries::differences(ledger, books);
    lines.extend(sums::differences(books, witness));
    lines.extend(told::differences(books, witness));
    lines
}

#[cfg(test)]
mod tests;
