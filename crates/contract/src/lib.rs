//! Checks requests and answers against an OpenAPI 3.1 document.
//!
//! [`Contract::check_answer`] tests a service, [`Contract::check_request`] tests its clients. The crate knows of no service: it
//! gets a document.

mod answer;
mod document;
mod request;
mod schemas;

pub use answer::Observed;
pub use document::Operation;
pub use request::{Fault, Part, Sent};

use anyhow::{Context, Result};
use serde_json::Value;

use document::Document;
use schemas::Schemas;

/// A document with its schemas, each compiled when first needed.
pub struct Contract {
    document: Document,
    schemas: Schemas,
}

impl Contract {
    /// Reads a 3.1 document.
    ///
    /// # Errors
    /// It has no paths, an operation without an `operationId`, or broken references.
    pub fn new(document: Value) -> Result<Self> {
        let schemas =
            Schemas::new(document.clone()).context("the document's references can't be resolved")?;
        Ok(Self {
            document: Document::new(document)?,
            schemas,
        })
    }

    /// The operation of a request; among several, the one whose template has the fewest parameters. The method is in upper case,
    /// the path without a query.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        self.document.operation(method, path)
    }

    /// Whether any method of this path is declared.
    pub fn has_path(&self, path: &str) -> bool {
        self.document.has_path(path)
    }

    /// An operation that declares this status.
    pub fn any_operation_with(&self, status: &str) -> Option<&Operation> {
        self.document.any_operation_with(status)
    }
}
