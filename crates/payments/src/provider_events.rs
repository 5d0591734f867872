//! What PSPs tell of their own accord: verified, stored and acknowledged in one step; what it means for a payment is found
//! out afterwards, by asking the PSP.

mod process;
mod receive;
#[cfg(test)]
mod tests;

pub use process::{process, take_due};
pub use receive::{Notification, Reception, receive};
