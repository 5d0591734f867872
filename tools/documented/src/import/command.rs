//! The command line of the import.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use super::{Imported, import};
use crate::files::{self, PAGES};
use tillgate_toolbox::say;

/// Arguments of `documented import`.
#[derive(clap::Args)]
pub struct Args {
    /// Where the neutral files go; the pages are copied to `pages/` there.
    #[arg(long, value_name = "DIR", default_value = "documented")]
    out: PathBuf,
    /// Show each warning, also one that comes again and again.
    #[arg(long)]
    all_warnings: bool,
    /// Pages in GitBook's Markdown or in Markdoc.
    #[arg(required = true, value_name = "FILE")]
    pages: Vec<PathBuf>,
}

/// Imports the pages. The exit code is 1 when one can't be opened, or gives neither an endpoint nor an object.
///
/// # Errors
/// A directory that can't be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let out = &args.out;
    fs::create_dir_all(out.join(PAGES)).with_context(|| out.display().to_string())?;
    let mut notes = Notes::new(args.all_warnings);
    let mut all_read = true;
    for (file, name) in names(&args.pages) {
        match fs::read(file) {
            Ok(bytes) => all_read &= one(file, &name, &bytes, out, &mut notes)?,
            Err(error) => {
                say::progress(&format!("{}: error: {error}", file.display()));
                all_read = false;
            }
        }
    }
    notes.end();
    Ok(if all_read {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Warnings that were shown. A frequent warning, such as that of placeholders in samples, would hide the others.
struct Notes {
    all: bool,
    told: BTreeMap<String, usize>,
}

impl Notes {
    /// Maximum number of repetitions of a warning.
    const SHOWN: usize = 5;

    fn new(all: bool) -> Self {
        Self {
            all,
            told: BTreeMap::new(),
        }
    }

    fn warn(&mut self, file: &Path, line: usize, message: &str) {
        if self.shows(message) {
            say::progress(&format!("{}:{line}: warning: {message}", file.display()));
        }
    }

    fn shows(&mut self, message: &str) -> bool {
        let count = self.told.entry(message.to_owned()).or_default();
        *count += 1;
        self.all || *count <= Self::SHOWN
    }

    fn end(&self) {
        self.left_out().iter().for_each(|line| say::progress(line));
    }

    fn left_out(&self) -> Vec<String> {
        let more = self
            .told
            .iter()
            .filter(|(_, count)| !self.all && **count > Self::SHOWN);
        more.map(|(message, count)| {
            let count = count - Self::SHOWN;
            format!("warning: {count} more times: {message} (--all-warnings shows each)")
        })
        .collect()
    }
}

/// Imports one page; false if it documents nothing.
fn one(file: &Path, name: &str, bytes: &[u8], out: &Path, notes: &mut Notes) -> anyhow::Result<bool> {
    let Imported { page, warnings } = import(name, bytes);
    for (line, message) in &warnings {
        notes.warn(file, *line, message);
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

/// The file name without endings for its format. Dots inside would pass for an extension.
fn stem(name: &str) -> String {
    let mut stem = name;
    for ending in [".md", ".markdown", ".mdoc", ".gitbook", ".markdoc"] {
        stem = stem.strip_suffix(ending).unwrap_or(stem);
    }
    stem.replace('.', "-")
}

/// Each page once, with its name among the pages. A general name, such as `create.md`, gets its directory as a prefix; pages that
/// would still share a name get more directories.
fn names(pages: &[PathBuf]) -> Vec<(&Path, String)> {
    let mut given: Vec<(&Path, usize)> = Vec::new();
    for page in pages {
        let is_same = |other: &Path| same(other).eq(same(page));
        if !given.iter().any(|(known, _)| is_same(known)) {
            given.push((page, usize::from(is_general(page))));
        }
    }
    loop {
        let mut by_stem: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, (page, directories)) in given.iter().enumerate() {
            by_stem
                .entry(stem(&name(page, *directories)))
                .or_default()
                .push(index);
        }
        let mut changed = false;
        for index in by_stem.into_values().filter(|same| same.len() > 1).flatten() {
            let (page, directories) = &mut given[index];
            if name(page, *directories + 1) != name(page, *directories) {
                *directories += 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let mut taken = BTreeSet::new();
    let named = given.into_iter().map(|(page, directories)| {
        let plain = name(page, directories);
        // `a/x.md` and `a-x.md` have no more directories to distinguish them.
        let free = |name: &String| taken.insert(stem(name));
        let numbered = (2..).map(|number| format!("{number}-{plain}"));
        let name = std::iter::once(plain.clone()).chain(numbered).find(free);
        (page, name.unwrap_or(plain))
    });
    named.collect()
}

/// A path without `.`.
fn same(page: &Path) -> impl Iterator<Item = Component<'_>> {
    page.components().filter(|part| *part != Component::CurDir)
}

/// A page's name with a number of its directories as prefix.
fn name(page: &Path, directories: usize) -> String {
    let mut parts: Vec<String> = page
        .components()
        .rev()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        })
        .filter(|name| name != PAGES)
        .take(directories + 1)
        .collect();
    parts.reverse();
    parts.join("-")
}

/// Whether a page's name is too general without its directory.
fn is_general(page: &Path) -> bool {
    const GENERAL: [&str; 10] = [
        "create", "list", "retrieve", "update", "delete", "object", "show", "index", "readme", "page",
    ];
    GENERAL.contains(&stem(&name(page, 0)).to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(out: &Path, pages: &[PathBuf]) -> Args {
        Args {
            out: out.to_owned(),
            all_warnings: false,
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
        let names = |pages: &[&str]| -> Vec<String> {
            let pages: Vec<PathBuf> = pages.iter().map(PathBuf::from).collect();
            super::names(&pages).into_iter().map(|(_, name)| name).collect()
        };
        assert_eq!(
            names(&["a/create.md", "b/create.md"]),
            ["a-create.md", "b-create.md"]
        );
        assert_eq!(
            names(&["a/x.md", "b/x.markdoc.md", "b/y.md"]),
            ["a-x.md", "b-x.markdoc.md", "y.md"]
        );
        assert_eq!(
            names(&["a/links/index.md", "b/links/index.md", "b/index.md"]),
            ["a-links-index.md", "b-links-index.md", "b-index.md"]
        );
        // A name of two directories that another file has already.
        assert_eq!(
            names(&["a/x.md", "c/x.md", "a-x.md"]),
            ["a-x.md", "c-x.md", "2-a-x.md"]
        );
        assert_eq!(names(&["a/x.md", "a/x.md", "./a/x.md"]), ["x.md"]);
        assert_eq!(names(&["out/pages/x.md"]), ["x.md"]);
        assert_eq!(stem("v1.2-orders.gitbook.md"), "v1-2-orders");
    }

    #[test]
    fn a_warning_that_comes_again_and_again_is_counted() {
        let (mut few, mut all) = (Notes::new(false), Notes::new(true));
        let shown = (0..20).filter(|_| few.shows("the same")).count();
        assert_eq!(shown, Notes::SHOWN);
        assert!(few.shows("another"));
        assert_eq!(
            few.left_out(),
            ["warning: 15 more times: the same (--all-warnings shows each)"]
        );
        assert!((0..20).all(|_| all.shows("the same")));
        assert!(all.left_out().is_empty());
    }
}
