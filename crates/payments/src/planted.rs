//! Mistakes that the fault simulator switches on, one at a time, to show that it would find them.

pub use tillgate_gateways::planted::*;
