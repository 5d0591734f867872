//! Does the document cover the documented endpoints? Compares `api-spec/documented/*.yaml`, the neutral
//! form of the published pages, with the OpenAPI document; `api-spec/deviations.yaml` names what may differ.

mod alternatives;
mod coverage;
mod deviations;
mod difference;
mod page;
#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde_json::Value;

/// Compares `document` with the documented endpoints under `api_spec`. One line per problem: a difference
/// that no deviation accepts, or a deviation that accepts nothing.
///
/// # Errors
/// A file that can't be read or doesn't have its form, or a document whose references don't resolve.
pub fn check(document: &Value, api_spec: &Path) -> anyhow::Result<Vec<String>> {
    let pages = page::load(&api_spec.join("documented"))?;
    let accepted = deviations::load(&api_spec.join("deviations.yaml"))?;
    let mut found = Vec::new();
    for page in &pages {
        found.extend(coverage::check(document, page, &accepted)?);
    }
    Ok(deviations::unexplained(&found, &accepted))
}
