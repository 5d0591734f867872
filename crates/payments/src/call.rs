//! A call of the API, as the server passes it to the domain, and its answer.

use std::net::IpAddr;

use bytes::Bytes;
use tillgate_model::{Id, openapi::Operation, query::Query, resource::Buyer};
use tillgate_store::Scope;

use crate::network::network;

/// The kind of an application.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ApplicationKind {
    /// A merchant's own system, which may do everything.
    Integration,
    /// A shop's browser client, whose credentials are public.
    SalesChannel,
}

/// The caller of a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its organization and mode.
    pub scope: Scope,
    /// Id of the application.
    pub application_id: Id,
    /// Kind of the application.
    pub kind: ApplicationKind,
    /// The market that a sales channel sells in.
    pub market_id: Option<Id>,
    /// The customer who has logged in through a sales channel.
    pub customer_id: Option<Id>,
    /// Network address of the caller, for limits.
    pub address: Option<IpAddr>,
    /// Hash of the access token, which tells guests of a sales channel apart.
    pub token_hash: Option<[u8; 32]>,
}

impl Caller {
    /// The buyer that a sales channel calls for; `None` for an integration.
    pub fn buyer(&self) -> Option<Buyer> {
        match (self.kind, &self.customer_id) {
            (ApplicationKind::Integration, _) => None,
            (ApplicationKind::SalesChannel, None) => Some(Buyer::Guest),
            (ApplicationKind::SalesChannel, Some(_)) => Some(Buyer::Customer),
        }
    }

    /// The name that limits on costly work count by: the network of a buyer, or the merchant's system.
    pub fn client(&self) -> String {
        match (self.kind, self.address) {
            (ApplicationKind::SalesChannel, Some(address)) => network(address).to_string(),
            _ => self.application_id.to_string(),
        }
    }
}

/// An idempotency key with the fingerprint of its request.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// The key as sent.
    pub key: String,
    /// SHA-256 over method, path, query and body, in hex.
    pub fingerprint: String,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The API operation.
    pub operation: Operation,
    /// Id in the path; `None` if the text is not an id.
    pub id: Option<Id>,
    /// Which part of a list, and what of the resources is shown.
    pub query: Query,
    /// The body.
    pub body: Bytes,
    /// The idempotency key, on `POST` and `PATCH`.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Entity tags that permit a change: the resource must have one of them.
    pub if_match: Option<Vec<String>>,
}

/// A successful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The document, which may be empty.
    pub body: Bytes,
    /// Link to the created resource.
    pub location: Option<String>,
    /// Whether it is the answer of an earlier call with the same idempotency key.
    pub replayed: bool,
    /// Seconds after which to ask again, if the outcome is still unknown.
    pub retry_after: Option<u64>,
}

impl Answer {
    /// An answer with a document.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            body: body.into(),
            location: None,
            replayed: false,
            retry_after: None,
        }
    }
}
