//! The service over HTTP.
//!
//! A request has one straight path: [`edge()`] gives it an id, [`routes`] finds its operation, [`operation`] negotiates the media
//! type, checks token, permission and parameters, and passes a call to the domain.

mod access_log;
pub mod admin;
mod authentication;
pub mod body;
mod card_numbers;
mod client_address;
mod conditional;
mod cors;
mod edge;
pub mod ephemeral;
mod errors;
mod idempotency;
pub mod landing;
mod limits;
mod media_type;
pub mod metrics;
mod negotiation;
pub mod oauth;
mod operation;
mod own_machine;
mod permission;
pub mod probes;
mod query;
mod request_id;
mod revocations;
pub mod routes;
pub mod specification;
mod state;
pub mod swagger_ui;
pub mod webhook_callbacks;

pub use client_address::TrustedProxies;
pub use cors::Cors;
pub use edge::edge;
pub use limits::{LimitSettings, Limits};
pub use revocations::{INTERVAL as REVOCATIONS, Revocations};
pub use specification::{Credentials, ExampleOrder, Specification};
pub use state::{Shared, Worker};
