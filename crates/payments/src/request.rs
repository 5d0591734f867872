//! A call on its way through the domain: who calls, with which key, in which world.

use bytes::Bytes;
use tillgate_model::{Dialect, Problems, Record, Resource, document, document::Frame, request::parse};
use tillgate_store::Scope;

use crate::{
    call::{Answer, Caller, IdempotencyKey},
    context::Context,
};

/// Who calls, with which key, in which world. Cheap to clone: transactions take one along.
#[derive(Clone)]
pub struct Request {
    /// The world.
    pub context: Context,
    /// Who calls.
    pub caller: Caller,
    /// In which dialect.
    pub dialect: Dialect,
    /// The idempotency key, if one was sent.
    pub key: Option<IdempotencyKey>,
    /// Who chose it, beside the application.
    pub key_owner: String,
    /// Entity tags of which the resource must have one to be changed.
    pub if_match: Option<Vec<String>>,
    /// The body, as sent.
    pub body: Bytes,
}

impl Request {
    /// Whose data it is about.
    pub fn scope(&self) -> &Scope {
        &self.caller.scope
    }

    /// What documents need to know.
    pub fn frame(&self) -> Frame<'_> {
        self.context.frame(self.scope())
    }

    /// Problems as the caller is told them: their pointers lead into what was sent.
    pub fn told(&self, problems: Problems) -> Problems {
        match parse(&self.body) {
            Ok(body) => problems.pointing_into(&body),
            Err(_) => problems,
        }
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
    /// What documents need to know.
    pub fn frame<'a>(&'a self, scope: &'a Scope) -> Frame<'a> {
        Frame {
            base_url: &self.base_url,
            organization_id: scope.organization_id(),
            test: scope.test(),
        }
    }
}
