//! `documented diff`: compares the document with the published documentation. A file of deviations names the accepted
//! differences.

mod alternatives;
mod command;
mod comparison;
mod deviations;
mod difference;
mod examples;
mod objects;
mod parameters;
mod report;
#[cfg(test)]
mod report_tests;
mod request;
mod responses;
#[cfg(test)]
mod tests;

pub use command::{Args, run};

use std::path::Path;

use serde_json::Value;

use self::comparison::{Comparison, path_item};
use self::deviations::Deviation;
use self::difference::{Difference, Kind, Severity};
#[cfg(test)]
use self::report::Report;
use super::files;
use super::model::Page;
use openapi_document::operations;

/// Every difference between `pages` and `document`, the accepted ones included.
///
/// # Errors
/// A document whose references don't resolve or whose schemas don't compile.
fn differences(
    document: &Value,
    pages: &[Page],
    deviations: &[Deviation],
) -> anyhow::Result<Vec<Difference>> {
    let mut found = Vec::new();
    for page in pages {
        for endpoint in &page.endpoints {
            let mut comparison = Comparison::new(document, page, endpoint.name(), deviations);
            comparison.endpoint(endpoint)?;
            found.append(&mut comparison.differences);
        }
        for object in &page.objects {
            let mut comparison = Comparison::new(document, page, object.name(), deviations);
            comparison.object(object)?;
            found.append(&mut comparison.differences);
        }
    }
    found.extend(undocumented(document, pages));
    Ok(found)
}

/// The operations of the document that no page documents.
fn undocumented(document: &Value, pages: &[Page]) -> Vec<Difference> {
    let documented: Vec<(&str, String)> = pages
        .iter()
        .flat_map(|page| &page.endpoints)
        .filter_map(|endpoint| {
            Some((
                path_item(document, &endpoint.path)?.0,
                endpoint.method.to_lowercase(),
            ))
        })
        .collect();
    let unknown = operations(document).into_iter().filter(|operation| {
        !documented
            .iter()
            .any(|(path, method)| *path == operation.path && method == operation.method)
    });
    unknown
        .map(|operation| Difference {
            page: String::new(),
            endpoint: format!("{} {}", operation.method.to_uppercase(), operation.path),
            kind: Kind::UndocumentedEndpoint,
            pointer: String::new(),
            expected: "no such endpoint".to_owned(),
            found: "an endpoint".to_owned(),
        })
        .collect()
}

/// Compares `document` with the neutral files in `directory`. One line per problem: a difference of more than
/// [`Severity::Info`] that none of the `deviations` accepts, or a deviation that accepts nothing. The tests that deviations
/// name have to be in `tests`.
///
/// # Errors
/// A file that can't be read or doesn't have its form, or a document whose references don't resolve.
pub fn check(
    document: &Value,
    directory: &Path,
    deviations: &Path,
    tests: &Path,
) -> anyhow::Result<Vec<String>> {
    let pages = files::load(directory)?;
    let accepted = deviations::load(deviations, Some(tests))?;
    let found = differences(document, &pages, &accepted)?;
    let open = found.iter().filter(|difference| {
        difference.kind.severity() > Severity::Info && deviations::accepting(difference, &accepted).is_none()
    });
    let mut lines: Vec<_> = open.map(Difference::to_string).collect();
    lines.extend(deviations::unused(&found, &accepted));
    Ok(lines)
}
