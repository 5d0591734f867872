//! Answers of a service.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{Contract, Operation, document::is_json};

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

impl Contract {
    /// Checks an answer against its operation: declared status, content type, and body.
    ///
    /// # Errors
    /// The first violation.
    pub fn check_answer(&self, operation: &Operation, observed: &Observed<'_>) -> Result<()> {
        let response = self.document.response(operation, observed.status)?;
        let Some(media_types) = self.document.content(&response) else {
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
        let instance = if is_json(essence) {
            serde_json::from_slice(observed.body).context("the body is not JSON")?
        } else {
            Value::String(String::from_utf8_lossy(observed.body).into_owned())
        };
        self.check_instance(schema_pointer, &instance)
    }

    /// Checks the errors of an answer against the codes that the operation lists (`x-error-codes`) for their statuses.
    ///
    /// # Errors
    /// A code that is not listed.
    pub fn check_error_codes(&self, operation: &Operation, body: &[u8]) -> Result<()> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        for error in body["errors"].as_array().into_iter().flatten() {
            let status = error["status"].as_str().unwrap_or_default();
            let codes = self.document.error_codes(operation, status);
            ensure!(
                error["code"].as_str().is_some_and(|code| codes.contains(&code)),
                "{error} has a code that is not listed, only {codes:?}"
            );
        }
        Ok(())
    }

    fn check_instance(&self, schema_pointer: &str, instance: &Value) -> Result<()> {
        let validator = self.schemas.validator(schema_pointer)?;
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
}
