//! The neutral form of a published page, and how it is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// A documented endpoint: `api-spec/documented/<name>.yaml`.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// File name of the published page, in `documented/pages/`.
    pub page: String,
    /// What the endpoint does.
    #[expect(dead_code, reason = "for the reader of the file")]
    pub title: String,
    /// SHA-256 of the published page, in hexadecimal.
    pub sha256: String,
    /// The HTTP method in upper case.
    pub method: String,
    /// The path, without host.
    pub path: String,
    /// Media types in which the page sends the request.
    pub request_media_types: Vec<String>,
    /// Members of the request body.
    pub arguments: BTreeMap<String, Argument>,
    /// The page's example request, as JSON text.
    pub example_request: Option<String>,
    /// The successful answer.
    pub response: Response,
}

/// A member of the request body.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Its JSON type.
    #[serde(rename = "type")]
    pub json_type: JsonType,
    /// Whether a request without it is refused (when its parent is there).
    pub required: bool,
    /// What it means.
    #[expect(dead_code, reason = "for the reader of the file")]
    pub description: String,
    /// Values that the page names and that must be accepted.
    #[serde(default)]
    pub values: Vec<String>,
    /// Members of an object whose members the page lists.
    #[serde(default)]
    pub members: BTreeMap<String, Argument>,
}

/// The documented answer.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Its media type; `None` when the page names none.
    pub media_type: Option<String>,
    /// JSON types by JSON Pointer into the answer.
    pub members: BTreeMap<String, JsonType>,
}

/// A type of JSON Schema.
#[derive(Deserialize, strum::Display, strum::IntoStaticStr, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum JsonType {
    String,
    Object,
    Array,
    Integer,
    Number,
    Boolean,
}

impl Page {
    /// `METHOD path`, the name of the endpoint in messages and deviations.
    pub fn endpoint(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Reads every `*.yaml` in `directory`, in the order of their names.
///
/// # Errors
/// No file there, one that doesn't have the form, or a published page whose SHA-256 is another.
pub fn load(directory: &Path) -> anyhow::Result<Vec<Page>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    ensure!(
        !files.is_empty(),
        "no documented endpoint in {}",
        directory.display()
    );
    files.sort();
    let read = |file: &PathBuf| {
        let page: Page = serde_yaml_ng::from_str(&fs::read_to_string(file)?)?;
        let published = fs::read(directory.join("pages").join(&page.page))?;
        let digest = hex::encode(Sha256::digest(published));
        ensure!(
            digest == page.sha256,
            "the SHA-256 of {} is {digest}, not {}",
            page.page,
            page.sha256
        );
        Ok(page)
    };
    files
        .iter()
        .map(|file| read(file).with_context(|| file.display().to_string()))
        .collect()
}
