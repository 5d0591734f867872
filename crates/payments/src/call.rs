//! A call of the API, as the server hands it to the domain, and its answer.

use std::net::IpAddr;

use bytes::Bytes;
use tillgate_model::{Id, openapi::Operation, query::Query, resource::Buyer};
use tillgate_store::Scope;

use crate::network::network;

/// Which kind of application calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ApplicationKind {
    /// A merchant's own system: may do everything.
    Integration,
    /// A shop window, whose credentials are public.
    SalesChannel,
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose data, and which mode.
    pub scope: Scope,
    /// The application.
    pub application_id: Id,
    /// Its kind.
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
    /// Whom a sales channel calls for; `None` for an integration.
    pub fn buyer(&self) -> Option<Buyer> {
        match (self.kind, &self.customer_id) {
            (ApplicationKind::Integration, _) => None,
            (ApplicationKind::SalesChannel, None) => Some(Buyer::Guest),
            (ApplicationKind::SalesChannel, Some(_)) => Some(Buyer::Customer),
        }
    }

    /// Whom limits on what is costly count: the network of a buyer, or the merchant's system.
    pub fn client(&self) -> String {
        match (self.kind, self.address) {
            (ApplicationKind::SalesChannel, Some(address)) => network(address).to_string(),
            _ => self.application_id.to_string(),
        }
    }
}

/// An idempotency key with what it stands for.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// As sent.
    pub key: String,
    /// SHA-256 over method, path, query and body, in hex.
    pub fingerprint: String,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which operation.
    pub operation: Operation,
    /// Id in the path; text that is not an id names nothing.
    pub id: Option<Id>,
    /// Which part of a list, and what of the resources is shown.
    pub query: Query,
    /// The body.
    pub body: Bytes,
    /// The idempotency key, on `POST` and `PATCH`.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Entity tags of which the resource must have one to be changed.
    pub if_match: Option<Vec<String>>,
}

/// An answer of success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The document; empty if there is none.
    pub body: Bytes,
    /// Link to what was created.
    pub location: Option<String>,
    /// It is the answer of an earlier call with the same idempotency key.
    pub replayed: bool,
    /// The outcome is not known yet: seconds after which to ask again.
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
