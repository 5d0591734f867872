//! Checks the service's answers against its OpenAPI document.

mod coverage;

use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
pub use tillgate_contract::Observed;

/// The document of the service under test.
pub struct Contract(tillgate_contract::Contract);

impl Contract {
    /// Reads a 3.1 document.
    pub fn new(document: Value) -> Result<Self> {
        tillgate_contract::Contract::new(document).map(Self)
    }

    /// The contract of the binary under test: the first document that this process obtained. Later ones differ only in the
    /// server's URL and the demo's ids, so schemas are compiled once.
    pub fn of_process(obtain: impl FnOnce() -> Result<Value>) -> Result<Arc<Self>> {
        static CONTRACT: OnceLock<Arc<Contract>> = OnceLock::new();
        if let Some(contract) = CONTRACT.get() {
            return Ok(contract.clone());
        }
        let contract = Arc::new(Self::new(obtain()?)?);
        Ok(CONTRACT.get_or_init(|| contract).clone())
    }

    /// Checks an answer against its operation: declared status, content type, body, and the codes of its errors.
    pub fn check(&self, observed: &Observed<'_>) -> Result<()> {
        let Observed {
            method, path, status, ..
        } = *observed;
        let Some(operation) = self.0.operation(method, path) else {
            bail!("{method} {path} is not in the document, and answered {status}");
        };
        coverage::record(&operation.id, status);
        let kept = self
            .0
            .check_answer(operation, observed)
            .and_then(|()| self.0.check_error_codes(operation, observed.body));
        kept.with_context(|| {
            format!(
                "{} ({method} {path}) answered {status} against its contract",
                operation.id
            )
        })
    }

    /// Checks the answer to an undeclared path or method against the document's error schema: it must be 404 for a path, 405 for
    /// a method.
    pub fn check_undeclared(&self, observed: &Observed<'_>) -> Result<()> {
        let Observed {
            method, path, status, ..
        } = *observed;
        ensure!(
            self.0.operation(method, path).is_none(),
            "{method} {path} is in the document"
        );
        let expected = if self.0.has_path(path) { 405 } else { 404 };
        ensure!(
            status == expected,
            "{method} {path} is not in the document: expected {expected}, got {status}"
        );
        let example = self
            .0
            .any_operation_with("404")
            .context("no operation declares a 404")?;
        let as_missing = Observed {
            status: 404,
            ..*observed
        };
        self.0
            .check_answer(example, &as_missing)
            .with_context(|| format!("{method} {path} answered {status}, not as an error document"))
    }
}
