//! A call on its way through the domain: the caller, the key, and the world.

use bytes::Bytes;
use tillgate_model::{Dialect, Problems, Record, Resource, document, document::Frame};
use tillgate_store::Scope;

use crate::{
    call::{Answer, Caller, IdempotencyKey},
    context::Context,
};

/// The caller, the key, and the world of a call. Cheap to clone: each transaction takes a copy.
#[derive(Clone)]
pub struct Request {
    /// The world.
    pub context: Context,
    pub caller: Caller,
    /// Dialect of the API.
    pub dialect: Dialect,
    /// The idempotency key, if the caller sent one.
    pub key: Option<IdempotencyKey>,
    /// The key's owner, beside the application.
    pub key_owner: String,
    /// Entity tags that permit a change: the resource must have one of them.
    pub if_match: Option<Vec<String>>,
    /// The body, as sent.
    pub body: Bytes,
}

impl Request {
    /// Organization and mode of the caller.
    pub fn scope(&self) -> &Scope {
        &self.caller.scope
    }

    /// The context that documents are rendered in.
    pub fn frame(&self) -> Frame<'_> {
        self.context.frame(self.scope())
    }

    /// Problems with pointers into the body that was sent.
    pub fn told(&self, problems: Problems) -> Problems {
        problems.pointing_into(&self.body)
    }

    /// The answer that shows a resource.
    pub fn shown<R: Resource>(&self, record: &Record<R>) -> Answer {
        Answer::new(200, document::one(record, self.frame()))
    }

    /// The answer that shows a new resource.
    pub fn created<R: Resource>(&self, record: &Record<R>) -> Answer {
        let mut answer = Answer::new(201, document::one(record, self.frame()));
        answer.location = Some(self.frame().link(R::META, &record.id));
        answer
    }
}

impl Context {
    /// The context that documents are rendered in.
    pub fn frame<'a>(&'a self, scope: &'a Scope) -> Frame<'a> {
        Frame {
            base_url: &self.base_url,
            organization_id: scope.organization_id(),
            test: scope.test(),
        }
    }
}
