//! How each resource is kept: rows to records and back, and what its kind adds to creating, updating and deleting.

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
