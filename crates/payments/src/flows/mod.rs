//! Payments: every money operation commits its intent, calls the PSP, and commits the result. Requests, recovery and (later)
//! webhooks change a payment through the same functions, under the lock on the order's row.

pub mod apply;
pub mod case;
pub mod create;
pub mod delete;
pub mod details;
pub mod instrument;
pub mod ledger;
pub mod link;
pub mod operation;
pub mod recover;
pub mod settle;
pub mod state;
pub mod update;
