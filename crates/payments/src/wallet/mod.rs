//! The wallet: cards that customers have saved at the PSPs.
//!
//! A card is saved by the payment that it is first used for: the PSP keeps it for its customer when that succeeds, so that
//! saving is part of the commit that records the success, and can't be lost on its own. It pays orders of its customer
//! only, and is removed at the PSP too.

mod attach;
mod available;
mod choose;
mod customer;
pub mod gone;
mod keep;
mod recover;
mod remove;
mod save;

pub use attach::attach_if_needed;
pub use available::available;
pub use choose::choose;
pub use customer::{ensure_customer, know_customer};
pub use keep::{display_name, keep, reusable_token};
pub use recover::{make_all_due, run_due};
pub use remove::remove;
pub use save::{prepare, save};
