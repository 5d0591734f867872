//! Stripe.

use std::io;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use crate::env::Env;
use crate::ledger::{LedgerEntry, TestInstrument};
use crate::web;

/// Stripe's side of the wire.
pub struct Stripe {}

impl Stripe {
    /// Restores the objects that the journal holds.
    pub fn load(_env: &mut Env) -> io::Result<Self> {
        Ok(Self {})
    }
    /// Answers an API request.
    pub fn handle(&mut self, _env: &mut Env, _request: &Request<Bytes>) -> Response<Bytes> {
        web::empty(StatusCode::NOT_FOUND)
    }
    /// Answers a page request.
    pub fn page(&mut self, _env: &mut Env, _request: &Request<Bytes>) -> Response<Bytes> {
        web::empty(StatusCode::NOT_FOUND)
    }
    /// Test instruments.
    pub fn instruments() -> Vec<TestInstrument> {
        Vec::new()
    }
    /// Money effects.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        Vec::new()
    }
}
