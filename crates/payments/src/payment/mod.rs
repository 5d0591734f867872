//! A payment with everything that belongs to it, and the rules of its moves. Nothing here calls a PSP.

pub mod access;
pub mod cards;
pub mod details;
pub mod ledger;
pub mod locked;
pub mod machine;
pub mod mismatch;
pub mod new_source;
pub mod offer;
pub mod order_status;
pub mod rules;
pub mod schedule;
pub mod secrets;
pub mod state;
pub mod transaction;
pub mod without_psp;
