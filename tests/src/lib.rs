//! The harness of the end-to-end tests: it starts the real binary, calls it like any client, and checks every answer against the
//! OpenAPI document of the same service.
//!
//! A test begins with [`Service::start`]. `TILLGATE_TEST_DATABASE` chooses the database (`sqlite`, the default, or `postgres` on
//! the cluster at `TILLGATE_TEST_POSTGRES_URL`), `TILLGATE_BIN` the binary; `cargo xtask test` sets both.

mod answer;
mod api;
pub mod bodies;
pub mod books;
mod buyer;
pub mod contract;
mod database;
pub mod fixtures;
mod links;
pub mod login;
mod open_api;
mod proxy;
mod psp;
mod receiver;
mod sandbox;
mod service;
mod shop;
pub mod stored;
mod story;
mod tamper;
pub mod wait;
pub mod webhook;

pub use answer::Answer;
pub use api::{Api, Call, JSON, JSON_API};
pub use buyer::Buyer;
pub use links::links_of;
pub use open_api::{Body, Members, OpenApi, Operation, takes};
pub use proxy::Proxy;
pub use psp::Psp;
pub use receiver::{Reaction, Received, Receiver};
pub use sandbox::{LedgerEntry, Sandbox};
pub use service::{Running, Service, binary, command};
pub use shop::{Setup, Shop};
pub use story::{Story, Vendor, body, cko_token};
pub use tamper::Tamperer;
pub use webhook::Endpoint;
