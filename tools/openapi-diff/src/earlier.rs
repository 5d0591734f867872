//! The earlier document: a file, or the state of a revision of the repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use super::Place;

/// The word for the revision that the work on HEAD began from.
const MERGE_BASE: &str = "merge-base";

/// An earlier document and its decisions.
pub struct Earlier {
    /// Its origin, for people.
    pub name: String,
    /// The document.
    pub document: Value,
    /// The text of the decisions at that revision; `None` for a file, which has none.
    pub decisions: Option<String>,
}

/// The result of `--against`.
pub enum Found {
    /// A document.
    Document(Box<Earlier>),
    /// No document, and none to be expected, with the reason.
    Nothing(String),
}

/// Reads the document that `against` names: a file, `merge-base`, or a revision of the repository that `place` is in.
///
/// # Errors
/// Neither a file nor a revision; a revision without a document; text that is no JSON. `merge-base` is no error without a
/// history, as in a clone of a single commit.
pub fn read(against: &str, place: &Place) -> anyhow::Result<Found> {
    let file = Path::new(against);
    if file.is_file() {
        let text = fs::read_to_string(file).with_context(|| against.to_owned())?;
        return Ok(Found::Document(Box::new(Earlier {
            name: against.to_owned(),
            document: serde_json::from_str(&text).with_context(|| against.to_owned())?,
            decisions: None,
        })));
    }
    if against != MERGE_BASE {
        let commit = commit(against, directory_of(&place.document))
            .with_context(|| format!("{against} is neither a file nor a revision of this repository"))?;
        let earlier = at(&commit, against, place)?;
        return earlier
            .map(|earlier| Found::Document(Box::new(earlier)))
            .with_context(|| format!("{against} has no {}", place.document.display()));
    }
    let Some((commit, name)) = merge_base(directory_of(&place.document)) else {
        let why = "this clone has no commit before HEAD (a shallow clone, or the first commit)";
        return Ok(Found::Nothing(why.to_owned()));
    };
    Ok(match at(&commit, &name, place)? {
        Some(earlier) => Found::Document(Box::new(earlier)),
        None => Found::Nothing(format!("{name} has no {}", place.document.display())),
    })
}

/// The document of a commit, if it has one.
fn at(commit: &str, name: &str, place: &Place) -> anyhow::Result<Option<Earlier>> {
    let Some(text) = show(commit, &place.document) else {
        return Ok(None);
    };
    let decisions = place.decisions.as_ref().and_then(|file| show(commit, file));
    Ok(Some(Earlier {
        name: name.to_owned(),
        document: serde_json::from_str(&text)
            .with_context(|| format!("{} at {name}", place.document.display()))?,
        decisions: Some(decisions.unwrap_or_default()),
    }))
}

/// A file as it was at a commit.
fn show(commit: &str, file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    git(directory_of(file), &["show", &format!("{commit}:./{name}")])
}

/// Where a file lies; git finds the repository from there.
fn directory_of(file: &Path) -> &Path {
    let parent = file.parent().unwrap_or(file);
    if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    }
}

fn commit(revision: &str, root: &Path) -> Option<String> {
    // A revision can't begin with a dash; an option of git can.
    if revision.starts_with('-') {
        return None;
    }
    let name = format!("{revision}^{{commit}}");
    let found = git(root, &["rev-parse", "--verify", "--quiet", &name])?;
    Some(found.trim().to_owned())
}

/// Where HEAD left the main branch; on the main branch itself, the commit before.
fn merge_base(root: &Path) -> Option<(String, String)> {
    let head = commit("HEAD", root)?;
    let main = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];
    let base = main.iter().find_map(|branch| {
        let tip = commit(branch, root)?;
        let base = git(root, &["merge-base", "HEAD", &tip])?;
        Some((base.trim().to_owned(), format!("the merge base with {branch}")))
    });
    base.filter(|(base, _)| *base != head)
        .or_else(|| Some((commit("HEAD^", root)?, "the commit before HEAD".to_owned())))
}

/// The output of a git command; `None` when it fails or there is no git.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .ok()?;
    output.status.success().then_some(())?;
    String::from_utf8(output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "api-spec/openapi.json";
    const DECISIONS: &str = "api-spec/decisions.yaml";

    fn place(root: &Path) -> Place {
        Place {
            document: root.join(DOCUMENT),
            decisions: Some(root.join(DECISIONS)),
        }
    }

    /// A repository on the branch `main`.
    fn repository() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        run(root.path(), &["init", "--quiet", "--initial-branch=main"]);
        fs::create_dir(root.path().join("api-spec")).unwrap();
        root
    }

    fn run(root: &Path, arguments: &[&str]) {
        assert!(git(root, arguments).is_some(), "git {arguments:?}");
    }

    fn put(root: &Path, version: &str) {
        fs::write(
            root.join(DOCUMENT),
            format!("{{\"info\":{{\"version\":\"{version}\"}}}}"),
        )
        .unwrap();
    }

    fn save(root: &Path) {
        run(root, &["add", "."]);
        let author = [
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.com",
            "-c",
            "commit.gpgsign=false",
        ];
        run(
            root,
            &[&author[..], &["commit", "--quiet", "--allow-empty", "-m", "t"]].concat(),
        );
    }

    fn version(found: Found) -> String {
        match found {
            Found::Document(earlier) => earlier.document["info"]["version"].as_str().unwrap().to_owned(),
            Found::Nothing(why) => why,
        }
    }

    #[test]
    fn reads_revisions_and_files() {
        let root = repository();
        put(root.path(), "1");
        fs::write(root.path().join(DECISIONS), "[]").unwrap();
        save(root.path());
        put(root.path(), "2");
        let Found::Document(earlier) = read("HEAD", &place(root.path())).unwrap() else {
            panic!("a document")
        };
        assert_eq!(earlier.document["info"]["version"], "1");
        assert_eq!(earlier.decisions.as_deref(), Some("[]"));
        let file = root.path().join(DOCUMENT);
        assert_eq!(
            version(read(file.to_str().unwrap(), &place(root.path())).unwrap()),
            "2"
        );
    }

    #[test]
    fn says_what_is_missing() {
        let root = repository();
        save(root.path());
        let error = |against: &str| read(against, &place(root.path())).err().unwrap().to_string();
        assert_eq!(
            error("v9"),
            "v9 is neither a file nor a revision of this repository"
        );
        assert_eq!(
            error("--help"),
            "--help is neither a file nor a revision of this repository"
        );
        let file = root.path().join(DOCUMENT);
        assert_eq!(error("HEAD"), format!("HEAD has no {}", file.display()));
    }

    #[test]
    fn the_merge_base_is_where_the_branch_began() {
        let root = repository();
        put(root.path(), "1");
        save(root.path());
        let alone = version(read(MERGE_BASE, &place(root.path())).unwrap());
        assert!(
            alone.starts_with("this clone has no commit before HEAD"),
            "{alone}"
        );
        put(root.path(), "2");
        save(root.path());
        assert_eq!(version(read(MERGE_BASE, &place(root.path())).unwrap()), "1");
        run(root.path(), &["checkout", "--quiet", "-b", "work"]);
        for number in ["3", "4"] {
            put(root.path(), number);
            save(root.path());
        }
        assert_eq!(version(read(MERGE_BASE, &place(root.path())).unwrap()), "2");
    }

    #[test]
    fn a_clone_of_one_commit_has_nothing_to_compare_with() {
        let root = repository();
        for version in ["1", "2"] {
            put(root.path(), version);
            save(root.path());
        }
        let clone = tempfile::tempdir().unwrap();
        let origin = format!("file://{}", root.path().display());
        run(clone.path(), &["clone", "--quiet", "--depth", "1", &origin, "."]);
        let found = version(read(MERGE_BASE, &place(clone.path())).unwrap());
        assert!(
            found.starts_with("this clone has no commit before HEAD"),
            "{found}"
        );
    }
}
