//! The domain: what creating a payment *does*.
//!
//! A call comes in through [`Service::call`], which passes it to one of the `handlers`. Resources without behaviour go through
//! `plain`. A payment source goes through its provider and the `engine`, where every operation has three steps: commit the
//! intent, call the PSP, commit the result.
//!
//! No module imports one that is above it; `layers.rs` has the order.

pub mod accounts;
pub mod administration;
mod background;
mod call;
pub mod cipher;
mod context;
mod documents;
mod engine;
mod failure;
mod handler;
mod handlers;
mod idempotency;
mod include;
mod kept;
#[cfg(test)]
mod layers;
mod listing;
pub mod logins;
mod merchant_events;
mod network;
mod outbox;
pub mod passwords;
mod payment;
mod plain;
#[doc(hidden)]
pub mod planted;
mod ports;
mod precondition;
mod provider_events;
mod providers;
pub mod purge;
mod request;
mod resources;
pub mod revocations;
mod seen;
mod service;
mod stored;
pub mod stuck;
#[cfg(test)]
mod test_support;
mod unchanged;
mod wallet;

pub use call::{Answer, ApplicationKind, Call, Caller, IdempotencyKey};
pub use context::{Context, Settings};
pub use merchant_events::{Delivery, Sent};
pub use network::network;
pub use ports::{Clock, Entropy, Message, NoReply, Reply, Sender};
pub use precondition::entity_tag;
pub use provider_events::{Notification, Reception};
pub use service::{GatewayEvent, Service};
