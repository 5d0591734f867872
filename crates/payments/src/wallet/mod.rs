//! The wallet: cards that customers have saved at the PSPs.
//!
//! The payment that first uses a card saves it. The PSP stores the card for its customer when the payment succeeds, and the
//! commit that records the success saves it here, so neither can be lost alone. The card pays orders of its customer only, and is
//! removed at the PSP too.

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
