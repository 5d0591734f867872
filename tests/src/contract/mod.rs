//! The service's answers held against its OpenAPI document.

mod coverage;
mod document;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use anyhow::{Context, Result, bail, ensure};
use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use document::{Document, Operation};

/// Name under which the document is known to the schemas that refer into it.
const DOCUMENT_URI: &str = "urn:tillgate:openapi";

/// One answer of the service.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// Method of the request, upper case.
    pub method: &'a str,
    /// Path of the request, without query.
    pub path: &'a str,
    /// Status of the answer.
    pub status: u16,
    /// `Content-Type` of the answer.
    pub content_type: Option<&'a str>,
    /// Body of the answer.
    pub body: &'a [u8],
}

/// An OpenAPI document with its schemas, each compiled when first needed.
pub struct Contract {
    document: Document,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    /// Reads a 3.1 document.
    pub fn new(document: Value) -> Result<Self> {
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(DOCUMENT_URI, document.clone())
            .and_then(jsonschema::RegistryBuilder::prepare)
            .context("the document's references can't be resolved")?;
        let document = Document::new(document)?;
        Ok(Self {
            document,
            registry,
            validators: Mutex::default(),
        })
    }

    /// The contract of the binary under test: the first document that this process obtained. Later ones differ from
    /// it in the server's URL and the demo's ids only, so that schemas are compiled once.
    pub fn of_process(obtain: impl FnOnce() -> Result<Value>) -> Result<Arc<Self>> {
        static CONTRACT: OnceLock<Arc<Contract>> = OnceLock::new();
        if let Some(contract) = CONTRACT.get() {
            return Ok(contract.clone());
        }
        let contract = Arc::new(Self::new(obtain()?)?);
        Ok(CONTRACT.get_or_init(|| contract).clone())
    }

    /// Holds an answer against the operation that it came from: declared status, content type, and body.
    pub fn check(&self, observed: &Observed<'_>) -> Result<()> {
        let Observed {
            method, path, status, ..
        } = *observed;
        let Some(operation) = self.document.operation(method, path) else {
            bail!("{method} {path} is not in the document, and answered {status}");
        };
        coverage::record(&operation.id, status);
        self.check_response(operation, observed).with_context(|| {
            format!(
                "{} ({method} {path}) answered {status} against its contract",
                operation.id
            )
        })
    }

    /// Holds the answer to a path or method that the document does not declare against the document's error
    /// schema: it must be 404 for a path, 405 for a method.
    pub fn check_undeclared(&self, observed: &Observed<'_>) -> Result<()> {
        let Observed {
            method, path, status, ..
        } = *observed;
        ensure!(
            self.document.operation(method, path).is_none(),
            "{method} {path} is in the document"
        );
        let expected = if self.document.has_path(path) { 405 } else { 404 };
        ensure!(
            status == expected,
            "{method} {path} is not in the document: expected {expected}, got {status}"
        );
        let example = self
            .document
            .any_operation_with("404")
            .context("no operation declares a 404")?;
        self.check_response(
            example,
            &Observed {
                status: 404,
                ..*observed
            },
        )
        .with_context(|| format!("{method} {path} answered {status}, not as an error document"))
    }

    fn check_response(&self, operation: &Operation, observed: &Observed<'_>) -> Result<()> {
        let response = self.document.response(operation, observed.status)?;
        let Some(media_types) = response.media_types() else {
            ensure!(
                observed.body.is_empty(),
                "no body is declared, got {}",
                String::from_utf8_lossy(observed.body)
            );
            return Ok(());
        };
        let content_type = observed.content_type.context("the answer has no Content-Type")?;
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let Some(schema_pointer) = media_types.get(essence) else {
            let declared: Vec<_> = media_types.keys().collect();
            bail!("Content-Type {content_type} is not declared, only {declared:?}");
        };
        let Some(schema_pointer) = schema_pointer else {
            return Ok(());
        };
        let is_json = essence == "application/json" || essence.ends_with("+json");
        let instance = if is_json {
            serde_json::from_slice(observed.body).context("the body is not JSON")?
        } else {
            Value::String(String::from_utf8_lossy(observed.body).into_owned())
        };
        self.check_instance(schema_pointer, &instance)
    }

    fn check_instance(&self, schema_pointer: &str, instance: &Value) -> Result<()> {
        let validator = self.validator(schema_pointer)?;
        let problems: Vec<String> = validator
            .iter_errors(instance)
            .map(|error| {
                format!(
                    "  at {:?}: {error} (schema {})",
                    error.instance_path().as_str(),
                    error.schema_path()
                )
            })
            .collect();
        ensure!(problems.is_empty(), "{} in {instance:#}", problems.join("\n"));
        Ok(())
    }

    fn validator(&self, schema_pointer: &str) -> Result<Arc<Validator>> {
        // A panic of another test's check leaves the map whole.
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(validator) = validators.get(schema_pointer) {
            return Ok(validator.clone());
        }
        let reference =
            json!({ "$ref": format!("{DOCUMENT_URI}#{}", document::as_fragment(schema_pointer)) });
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .build(&reference)
            .map_err(|error| anyhow::anyhow!("the schema at {schema_pointer} can't be compiled: {error}"))?;
        let validator = Arc::new(validator);
        validators.insert(schema_pointer.to_owned(), validator.clone());
        Ok(validator)
    }
}
