//! The storage of each resource: conversions from rows to records and back, and the specific steps of creating, updating and
//! deleting.

mod customer;
pub mod customer_payment_source;
pub mod event;
pub mod event_callback;
mod line_item;
mod market;
pub mod order;
mod payment_gateway;
mod payment_method;
pub mod transaction;
pub mod webhook;
