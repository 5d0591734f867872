//! Payments: every money operation commits its intent, calls the PSP, and commits the result. Requests, recovery and
//! webhooks change a payment through the same functions, under the lock on the order's row.

pub mod action;
pub mod advance;
pub mod apply;
pub mod authorize;
pub mod carry_out;
pub mod case;
pub mod change_of_buyer;
pub mod compare;
pub mod create;
pub mod delete;
pub mod details;
pub mod find_out;
pub mod instrument;
pub mod ledger;
pub mod link;
pub mod machine;
pub mod offer;
pub mod operation;
pub mod order;
pub mod order_editor;
pub mod reconcile;
pub mod recover;
pub mod retrieve;
pub mod schedule;
mod sealed_request;
pub mod settle;
pub mod source_editor;
pub mod state;
pub mod transaction;
pub mod transaction_editor;
pub mod update;
pub mod wallet;
pub mod watch;
