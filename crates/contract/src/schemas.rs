//! The schemas of a document, compiled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, anyhow};
use jsonschema::{Draft, Registry, RegistryBuilder, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// The URI of the document for references between its schemas.
const DOCUMENT_URI: &str = "urn:openapi";

/// Characters of a JSON pointer that are not encoded in a URI's fragment.
const FRAGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'~')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'+');

/// Validators by the pointers to their schemas.
pub struct Schemas {
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Schemas {
    /// The schemas of a document.
    pub fn new(document: Value) -> Result<Self> {
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(DOCUMENT_URI, document)
            .and_then(RegistryBuilder::prepare)?;
        Ok(Self {
            registry,
            validators: Mutex::default(),
        })
    }

    /// The validator of the schema at a JSON pointer.
    pub fn validator(&self, pointer: &str) -> Result<Arc<Validator>> {
        // A thread that panicked with the lock left the map intact.
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = validators.get(pointer) {
            return Ok(validator.clone());
        }
        let fragment = utf8_percent_encode(pointer, FRAGMENT);
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .build(&json!({ "$ref": format!("{DOCUMENT_URI}#{fragment}") }))
            .map_err(|error| anyhow!("the schema at {pointer} can't be compiled: {error}"))?;
        let validator = Arc::new(validator);
        validators.insert(pointer.to_owned(), validator.clone());
        Ok(validator)
    }
}
