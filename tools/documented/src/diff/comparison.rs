//! The comparison of a documented endpoint with the document: the common parts of request, answers and parameters.

use anyhow::Context;
use serde_json::Value;

use super::deviations::Deviation;
use super::difference::{Difference, Kind};
use crate::model::{Endpoint, Page};
use openapi_document::members;

/// The subject of the comparison, and its differences.
pub struct Comparison<'a> {
    pub document: &'a Value,
    /// The page's file name.
    page: &'a str,
    /// The name of the endpoint or the object.
    name: String,
    pub deviations: &'a [Deviation],
    pub differences: Vec<Difference>,
}

impl<'a> Comparison<'a> {
    pub fn new(document: &'a Value, page: &'a Page, name: String, deviations: &'a [Deviation]) -> Self {
        Self {
            document,
            page: &page.page,
            name,
            deviations,
            differences: Vec::new(),
        }
    }

    /// Records a difference.
    pub fn report(&mut self, kind: Kind, pointer: &str, expected: impl ToString, found: impl ToString) {
        let difference = self.difference(kind, pointer, expected, found);
        if !self.differences.contains(&difference) {
            self.differences.push(difference);
        }
    }

    pub fn difference(
        &self,
        kind: Kind,
        at: &str,
        expected: impl ToString,
        found: impl ToString,
    ) -> Difference {
        Difference {
            page: self.page.to_owned(),
            endpoint: self.name.clone(),
            kind,
            pointer: at.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// Compares an endpoint.
    ///
    /// # Errors
    /// A reference in the document that doesn't resolve.
    pub fn endpoint(&mut self, endpoint: &'a Endpoint) -> anyhow::Result<()> {
        let Some((_, item)) = path_item(self.document, &endpoint.path) else {
            self.report(Kind::MissingPath, "", &endpoint.path, "no such path");
            return Ok(());
        };
        let Some(operation) = item.get(endpoint.method.to_lowercase()) else {
            self.report(Kind::MissingMethod, "", &endpoint.method, "no such method");
            return Ok(());
        };
        self.parameters(item, operation, endpoint)
            .and_then(|()| self.request(operation, endpoint))
            .and_then(|()| self.responses(operation, endpoint))
            .with_context(|| endpoint.name())
    }
}

/// The path of the document that has the form of `path`; names of parameters don't matter.
pub fn path_item<'a>(document: &'a Value, path: &str) -> Option<(&'a str, &'a Value)> {
    let form = |path: &str| -> Vec<String> {
        let parameter = |segment: &str| segment.starts_with('{') && segment.ends_with('}');
        path.split('/')
            .map(|segment| if parameter(segment) { "{}" } else { segment }.to_owned())
            .collect()
    };
    let wanted = form(path);
    members(&document["paths"])
        .find(|(name, _)| form(name) == wanted)
        .map(|(name, item)| (name.as_str(), item))
}
