//! The URLs that the service may call, and the HTTP client that calls no others.
//!
//! Every URL that a tenant gives and the service calls goes through here: webhooks and the gateways' PSPs. A [`Policy`] judges a
//! URL. A [`Client`] judges each URL that it gets, connects only to addresses that were judged, follows no redirect and uses no
//! proxy of the environment.

mod addresses;
mod client;
mod policy;
mod proxy;

pub use client::{Client, is_refusal};
pub use ipnet::IpNet;
pub use policy::{OwnHost, Policy, Refused};
pub use proxy::OutboundProxy;
