//! Provider events: verified, stored and acknowledged in one step. A read of the payment from the PSP follows.

mod process;
mod receive;
#[cfg(test)]
mod tests;

pub use process::{process, take_due};
pub use receive::{Notification, Reception, receive};
