//! The OpenAPI document of this repository, written by `cargo xtask spec`.

use anyhow::Result;
use serde_json::Value;

use crate::root;

/// The OpenAPI 3.1 document.
///
/// # Errors
/// api-spec/openapi.json can't be read.
pub fn document() -> Result<Value> {
    openapi_document::read(&root().join("api-spec/openapi.json"))
}

/// The OpenAPI 3.0 document.
///
/// # Errors
/// api-spec/openapi-3.0.json can't be read.
pub fn document_3_0() -> Result<Value> {
    openapi_document::read(&root().join("api-spec/openapi-3.0.json"))
}
