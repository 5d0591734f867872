//! The neutral files and the published pages beside them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};

use super::model::Page;

/// Directory of the published pages, below the neutral files.
pub const PAGES: &str = "pages";

/// The accepted differences of this repository, for tests.
#[cfg(test)]
pub fn deviations() -> PathBuf {
    directory().join("../deviations.yaml")
}

/// The neutral files of this repository, for tests.
#[cfg(test)]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../api-spec/documented")
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The text of a neutral file.
///
/// # Errors
/// A page that YAML can't express (none that the importer makes).
pub fn render(page: &Page) -> anyhow::Result<String> {
    let yaml = serde_yaml_ng::to_string(page)?;
    Ok(format!(
        "# Made by `documented import` from the page; changes belong there or in deviations.yaml.\n{yaml}"
    ))
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
        let published = directory.join(PAGES).join(&page.page);
        let published = fs::read(&published).with_context(|| published.display().to_string())?;
        let digest = digest(&published);
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
