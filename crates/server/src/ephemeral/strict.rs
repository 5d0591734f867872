//! Watching requests: those that the OpenAPI document does not allow are noted, and told of at the end.

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

/// Violations that are kept whole; those after them are only counted.
const MAX_KEPT: usize = 1000;
/// Characters of its path.
const MAX_PATH: usize = 500;

/// A request that does not conform.
#[derive(Clone, Serialize)]
pub struct Violation {
    /// Which request it was, counted from 1.
    pub request: u64,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// The operation that it is, if it is one.
    pub operation: Option<String>,
    /// What it was answered with.
    pub status: u16,
    /// Everything that the document does not allow.
    pub faults: Vec<Fault>,
}

/// A request that was answered.
pub struct Answered<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path.
    pub path: &'a str,
    /// What it was answered with.
    pub status: u16,
    /// Its sender says that it does not conform, on purpose.
    pub expected: bool,
}

/// What was seen.
#[derive(Clone, Default, Serialize)]
pub struct Report {
    /// Requests.
    pub requests: u64,
    /// Those among them that do not conform, and of which that was not expected.
    pub violating: u64,
    /// Those that do not conform, as was expected.
    pub expected: u64,
    /// The first thousand of those that violate.
    pub violations: Vec<Violation>,
}

/// Watches.
pub struct Strict {
    contract: Contract,
    seen: Mutex<Report>,
    file: Option<PathBuf>,
}

impl Strict {
    /// With the document of this version, and a file for the report.
    ///
    /// # Errors
    /// The document cannot be used.
    pub fn new(file: Option<PathBuf>) -> Result<Self, Failure> {
        let contract = Contract::new(openapi::document())
            .map_err(|error| Failure::Start(format!("the OpenAPI document cannot be used: {error:#}")))?;
        Ok(Self {
            contract,
            seen: Mutex::default(),
            file,
        })
    }

    /// What the document does not allow of a request.
    pub fn check(&self, sent: &Sent<'_>) -> Vec<Fault> {
        self.contract.check_request(sent).unwrap_or_else(|error| {
            tracing::error!(?error, "a request could not be held against the document");
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

    /// What was seen until now.
    pub fn report(&self) -> Report {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes the report where it is wanted, and tells people.
    ///
    /// # Errors
    /// There was a violation, or the report cannot be written.
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
        // When nobody reads, there is nobody to tell; the exit code still speaks.
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
