//! The command line of the import.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};

use super::{Imported, import};
use crate::files::{self, PAGES};
use tillgate_toolbox::say;

/// Arguments of `documented import`.
#[derive(clap::Args)]
pub struct Args {
    /// Where the neutral files go; the pages are copied to `pages/` there.
    #[arg(long, value_name = "DIR", default_value = "documented")]
    out: PathBuf,
    /// Pages in GitBook's Markdown or in Markdoc.
    #[arg(required = true, value_name = "FILE")]
    pages: Vec<PathBuf>,
}

/// Imports the pages. The exit code is 1 when one can't be opened, or gives neither an endpoint nor an object.
///
/// # Errors
/// A directory that can't be written, or two pages that want the same name.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let out = &args.out;
    let names = names(&args.pages)?;
    fs::create_dir_all(out.join(PAGES)).with_context(|| out.display().to_string())?;
    let mut all_read = true;
    for (file, name) in args.pages.iter().zip(&names) {
        match fs::read(file) {
            Ok(bytes) => all_read &= one(file, name, &bytes, out)?,
            Err(error) => {
                say::progress(&format!("{}: error: {error}", file.display()));
                all_read = false;
            }
        }
    }
    Ok(if all_read {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Imports one page; false when there is nothing in it.
fn one(file: &Path, name: &str, bytes: &[u8], out: &Path) -> anyhow::Result<bool> {
    let Imported { page, warnings } = import(name, bytes);
    for (line, message) in &warnings {
        say::progress(&format!("{}:{line}: warning: {message}", file.display()));
    }
    if page.endpoints.is_empty() && page.objects.is_empty() {
        say::progress(&format!(
            "{}:1: error: neither an endpoint nor an object",
            file.display()
        ));
        return Ok(false);
    }
    let yaml = out.join(stem(name)).with_extension("yaml");
    let copy = out.join(PAGES).join(name);
    let is_copy = fs::read(&copy).is_ok_and(|present| present == bytes);
    if !is_copy {
        fs::write(&copy, bytes).with_context(|| copy.display().to_string())?;
    }
    fs::write(&yaml, files::render(&page)?).with_context(|| yaml.display().to_string())?;
    let endpoints = page.endpoints.iter().map(|endpoint| endpoint.name());
    let found: Vec<_> = endpoints
        .chain(page.objects.iter().map(|object| object.name()))
        .collect();
    say::result(&format!("{}: {}", yaml.display(), found.join(", ")));
    Ok(true)
}

/// The file name without what says its format. Dots inside would be taken for the extension's.
fn stem(name: &str) -> String {
    let mut stem = name;
    for ending in [".md", ".markdown", ".mdoc", ".gitbook", ".markdoc"] {
        stem = stem.strip_suffix(ending).unwrap_or(stem);
    }
    stem.replace('.', "-")
}

/// The name that each page has among the pages. A name that says nothing alone, such as `create.md`, gets that
/// of its directory before it.
fn names(pages: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    const GENERAL: [&str; 10] = [
        "create", "list", "retrieve", "update", "delete", "object", "show", "index", "readme", "page",
    ];
    let mut by_stem: BTreeMap<String, &PathBuf> = BTreeMap::new();
    let mut names = Vec::new();
    for page in pages {
        let file_name = page
            .file_name()
            .with_context(|| format!("{} is no file", page.display()))?;
        let file_name = file_name.to_string_lossy().into_owned();
        let directory = page
            .parent()
            .and_then(Path::file_name)
            .map(|name| name.to_string_lossy());
        let general = GENERAL.contains(&stem(&file_name).to_lowercase().as_str());
        let name = match directory.filter(|directory| general && directory != PAGES) {
            Some(directory) => format!("{directory}-{file_name}"),
            None => file_name,
        };
        if let Some(other) = by_stem.insert(stem(&name), page) {
            ensure!(
                other == page,
                "{} and {} would both become {}.yaml; import them into two directories",
                other.display(),
                page.display(),
                stem(&name)
            );
        }
        names.push(name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(out: &Path, pages: &[PathBuf]) -> Args {
        Args {
            out: out.to_owned(),
            pages: pages.to_vec(),
        }
    }

    #[test]
    fn writes_the_neutral_file_and_keeps_the_page() {
        let root = tempfile::tempdir().unwrap();
        let orders = root.path().join("orders");
        fs::create_dir(&orders).unwrap();
        let page = orders.join("delete.md");
        fs::write(&page, "# Delete\n**DELETE** https://h/api/orders/:id\n").unwrap();
        let out = root.path().join("out");
        assert_eq!(
            run(&args(&out, std::slice::from_ref(&page))).unwrap(),
            ExitCode::SUCCESS
        );
        let loaded = files::load(&out).unwrap();
        assert_eq!(loaded[0].page, "orders-delete.md");
        assert_eq!(loaded[0].endpoints[0].name(), "DELETE /api/orders/{id}");
    }

    #[test]
    fn a_page_without_an_endpoint_and_a_missing_one_fail() {
        let root = tempfile::tempdir().unwrap();
        let page = root.path().join("intro.md");
        fs::write(&page, "# Introduction\nWelcome.\n").unwrap();
        let out = root.path().join("out");
        assert_eq!(
            run(&args(&out, std::slice::from_ref(&page))).unwrap(),
            ExitCode::FAILURE
        );
        assert_eq!(
            run(&args(&out, &[root.path().join("absent.md")])).unwrap(),
            ExitCode::FAILURE
        );
        assert!(!out.join("intro.yaml").exists());
    }

    #[test]
    fn two_pages_do_not_take_each_others_place() {
        let pages = [PathBuf::from("a/create.md"), PathBuf::from("b/create.md")];
        assert_eq!(names(&pages).unwrap(), ["a-create.md", "b-create.md"]);
        let same = [PathBuf::from("a/x.md"), PathBuf::from("b/x.markdoc.md")];
        assert!(names(&same).is_err());
        assert_eq!(stem("v1.2-orders.gitbook.md"), "v1-2-orders");
    }
}
