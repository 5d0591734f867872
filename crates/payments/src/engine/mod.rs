//! Payments in motion: every operation commits its intent, calls the PSP, and commits the result. Requests, the background task
//! and events change a payment through the same functions, under the lock on the order's row.

pub mod action;
mod apply;
pub mod authorize;
pub mod change_of_buyer;
mod compare;
pub mod execute;
pub mod next_step;
pub mod order_steps;
mod reconcile;
mod record_outcome;
pub mod replace;
mod resolve;
mod retrieve;
pub mod sync;
#[cfg(test)]
mod tests;
pub mod watch;
