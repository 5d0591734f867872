//! Checks requests: those that the OpenAPI document does not allow are recorded, and reported at the end.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use tillgate_contract::{Contract, Fault, Sent};

use crate::{failure::Failure, openapi};

/// Maximum number of recorded violations. Further ones are only counted.
const MAX_KEPT: usize = 1000;
/// Maximum number of characters of its path.
const MAX_PATH: usize = 500;

/// A request that does not conform.
#[derive(Clone, Serialize)]
pub struct Violation {
    /// Number of the request, counted from 1.
    pub request: u64,
    pub method: String,
    pub path: String,
    /// Its operation, if the document has one.
    pub operation: Option<String>,
    /// Status of its answer.
    pub status: u16,
    /// All violations of the document.
    pub faults: Vec<Fault>,
}

/// An answered request.
pub struct Answered<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// Status of its answer.
    pub status: u16,
    /// Whether its sender expects the violation.
    pub expected: bool,
}

/// The result of the checks.
#[derive(Clone, Default, Serialize)]
pub struct Report {
    /// Number of requests.
    pub requests: u64,
    /// Number of requests with unexpected violations.
    pub violating: u64,
    /// Number of requests with expected violations.
    pub expected: u64,
    /// The first thousand violations.
    pub violations: Vec<Violation>,
}

/// Checks requests against the document.
pub struct Strict {
    contract: Contract,
    seen: Mutex<Report>,
    file: Option<PathBuf>,
}

impl Strict {
    /// A check with the document of this version, and a file for the report.
    ///
    /// # Errors
    /// The document can't be used.
    pub fn new(file: Option<PathBuf>) -> Result<Self, Failure> {
        let contract = Contract::new(openapi::document())
            .map_err(|error| Failure::Start(format!("the OpenAPI document cannot be used: {error:#}")))?;
        Ok(Self {
            contract,
            seen: Mutex::default(),
            file,
        })
    }

    /// The violations of a request.
    pub fn check(&self, sent: &Sent<'_>) -> Vec<Fault> {
        self.contract.check_request(sent).unwrap_or_else(|error| {
            tracing::error!(?error, "a request could not be checked against the document");
            Vec::new()
        })
    }

    /// Counts a request that was checked and answered.
    pub fn note(&self, request: &Answered<'_>, faults: Vec<Fault>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.requests += 1;
        if faults.is_empty() {
            return;
        }
        if request.expected {
            seen.expected += 1;
            return;
        }
        seen.violating += 1;
        if seen.violations.len() < MAX_KEPT {
            let operation = self.contract.operation(request.method, request.path);
            let violation = Violation {
                request: seen.requests,
                method: request.method.to_owned(),
                path: request.path.chars().take(MAX_PATH).collect(),
                operation: operation.map(|operation| operation.id.clone()),
                status: request.status,
                faults,
            };
            seen.violations.push(violation);
        }
    }

    /// The result so far.
    pub fn report(&self) -> Report {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes the report to its file, and prints it.
    ///
    /// # Errors
    /// There was a violation, or the report can't be written.
    pub fn tell(&self) -> Result<(), Failure> {
        let report = self.report();
        if let Some(file) = &self.file {
            let text = serde_json::to_string_pretty(&report).map_err(io::Error::other);
            text.and_then(|text| fs::write(file, text + "\n"))
                .map_err(|error| Failure::Start(format!("cannot write {}: {error}", file.display())))?;
        }
        if report.violating == 0 {
            return Ok(());
        }
        // An error here means that nobody reads the output; the exit code remains.
        let _ = io::stderr().write_all(report.details().as_bytes());
        Err(Failure::Attention(format!(
            "{} of {} requests do not conform to the OpenAPI document",
            report.violating, report.requests
        )))
    }
}

impl Report {
    /// A paragraph for each violation.
    fn details(&self) -> String {
        let mut text = String::new();
        // Writing to a String can't fail.
        for violation in &self.violations {
            let Violation {
                request,
                method,
                path,
                status,
                ..
            } = violation;
            let operation = violation.operation.as_deref().unwrap_or("no operation");
            let _ = writeln!(
                text,
                "{method} {path} ({operation}, request {request}, answered {status})"
            );
            for Fault { part, at, message } in &violation.faults {
                let part = serde_json::to_value(part).unwrap_or_default();
                let part = part.as_str().unwrap_or_default().replace('_', " ");
                let space = if at.is_empty() { "" } else { " " };
                let _ = writeln!(text, "  {part}{space}{at}: {message}");
            }
        }
        let left_out = self.violating - self.violations.len() as u64;
        if left_out > 0 {
            let _ = writeln!(text, "and {left_out} more");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_what_is_expected_does_not_count() {
        let strict = Strict::new(None).expect("a document");
        let header = |_: &str| None;
        let sent = Sent {
            method: "GET",
            path: "/api/nothing",
            query: "",
            header: &header,
            body: b"",
        };
        let faults = strict.check(&sent);
        assert_eq!(faults.len(), 1);
        let note = |expected| {
            let request = Answered {
                method: "GET",
                path: "/api/nothing",
                status: 404,
                expected,
            };
            strict.note(&request, faults.clone());
        };
        note(true);
        assert!(strict.tell().is_ok());
        for _ in 0..=MAX_KEPT {
            note(false);
        }
        let report = strict.report();
        assert_eq!((report.requests, report.expected), (1002, 1));
        assert_eq!((report.violating, report.violations.len()), (1001, MAX_KEPT));
        assert_eq!(report.violations[0].request, 2);
        assert!(report.details().ends_with("and 1 more\n"));
        assert!(
            report
                .details()
                .starts_with("GET /api/nothing (no operation, request 2, answered 404)\n  path: ")
        );
        assert!(strict.tell().is_err());
    }
}
