//! Tests of the prose: the README is short, links lead somewhere, sentences are short and begin with their subject.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::guides::anchor;

/// The README has at most this many lines.
const README_LINES: usize = 200;
/// The sentences of a page have at most this many words on average.
const AVERAGE_WORDS: f64 = 25.0;
/// The folders with Rust code.
const CODE: [&str; 4] = ["crates", "tools", "xtask", "tests"];
/// Paths in the text begin with one of these.
const FOLDERS: [&str; 7] = [
    "api-spec", "crates", "docs", "examples", "tests", "tools", "xtask",
];

fn root() -> PathBuf {
    crate::root().to_owned()
}

/// The files below a folder whose names end like this.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is_hidden = |name: &str| name.starts_with('.') || ["target", "node_modules"].contains(&name);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !is_hidden(&name) {
            found.extend(files(&path, ending));
        } else if path.is_file() && name.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The pages that people read: those of the root, and everything below docs and examples.
fn pages() -> Vec<(PathBuf, String)> {
    let root = root();
    let mut paths: Vec<PathBuf> = fs::read_dir(&root)
        .expect("the root")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.extend(
        ["docs", "examples"]
            .iter()
            .flat_map(|folder| files(&root.join(folder), ".md")),
    );
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a page");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// The text of a page as a reader sees it.
#[derive(Default)]
struct Page {
    sentences: Vec<String>,
    /// Text of cells, which is too short to count.
    cells: Vec<String>,
    headings: Vec<String>,
    links: Vec<String>,
    code: Vec<String>,
}

fn read(text: &str) -> Page {
    let mut page = Page::default();
    let mut block = String::new();
    let (mut in_code, mut in_table_head) = (false, false);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Start(Tag::TableHead) => in_table_head = true,
            Event::Start(Tag::Link { dest_url, .. }) => page.links.push(dest_url.into_string()),
            Event::Text(part) if !in_code => block.push_str(&part),
            Event::Code(part) => {
                block.push_str(&part);
                page.code.push(part.into_string());
            }
            Event::SoftBreak | Event::HardBreak => block.push(' '),
            Event::End(TagEnd::Heading(_)) => page.headings.push(std::mem::take(&mut block)),
            Event::End(TagEnd::TableHead) => in_table_head = false,
            Event::End(TagEnd::TableCell) => {
                let cell = std::mem::take(&mut block);
                if !in_table_head {
                    page.cells.extend(sentences(&cell));
                }
            }
            // A list item without paragraphs ends its text where a list or another item begins.
            Event::End(TagEnd::Paragraph | TagEnd::Item) | Event::Start(Tag::List(_)) => {
                page.sentences.extend(sentences(&std::mem::take(&mut block)));
            }
            _ => {}
        }
    }
    page
}

/// A sentence ends with its mark, before a space and a capital letter, a digit or a quotation.
fn sentences(block: &str) -> Vec<String> {
    let words: Vec<&str> = block.split_whitespace().collect();
    let mut found = Vec::new();
    let mut sentence: Vec<&str> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        sentence.push(word);
        let is_end = word.trim_end_matches([')', '"', '”']).ends_with(['.', '?', '!']);
        let begins = |next: &&str| !next.starts_with(|letter: char| letter.is_lowercase());
        if is_end && words.get(index + 1).is_none_or(begins) {
            found.push(sentence.join(" "));
            sentence.clear();
        }
    }
    if !sentence.is_empty() {
        found.push(sentence.join(" "));
    }
    found
}

/// A sentence whose subject is a clause.
fn begins_with_what(sentence: &str) -> bool {
    sentence.starts_with("What ") && !sentence.ends_with('?')
}

fn average_words(sentences: &[String]) -> f64 {
    let words: usize = sentences.iter().map(|sentence| sentence.split(' ').count()).sum();
    words as f64 / sentences.len().max(1) as f64
}

/// The broken links of a page.
fn dead_links(path: &Path, text: &str) -> Vec<String> {
    let mut dead = Vec::new();
    for link in read(text).links {
        if link.contains(':') {
            continue;
        }
        let (file, fragment) = link.split_once('#').unwrap_or((&link, ""));
        let target = if file.is_empty() {
            path.to_owned()
        } else {
            path.with_file_name(file)
        };
        let is_there = target.exists()
            && (fragment.is_empty() || {
                let text = fs::read_to_string(&target).unwrap_or_default();
                read(&text)
                    .headings
                    .iter()
                    .any(|heading| anchor(heading) == fragment)
            });
        if !is_there {
            dead.push(link);
        }
    }
    dead
}

/// The paths in a page's text that don't exist, from the root. A part in capital letters stands for a name.
fn dead_paths(text: &str) -> Vec<String> {
    let root = root();
    let is_path = |code: &String| {
        let mut parts = code.split('/');
        let folder = parts.next().unwrap_or_default();
        FOLDERS.contains(&folder)
            && parts.all(|part| {
                let is_word = part
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
                is_word && !part.starts_with(|letter: char| letter.is_ascii_uppercase())
            })
    };
    let paths = read(text).code.into_iter().filter(is_path);
    paths.filter(|path| !root.join(path).exists()).collect()
}

/// The doc comments of a file that begin with these words, with the numbers of their lines.
fn comments_that_begin_with<'a>(text: &'a str, words: &'a str) -> impl Iterator<Item = usize> + 'a {
    let mut is_first = true;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let comment = line.trim_start();
        let comment = comment
            .strip_prefix("///")
            .or_else(|| comment.strip_prefix("//!"));
        let begins = is_first && comment.is_some_and(|comment| comment.trim_start().starts_with(words));
        is_first = comment.is_none_or(|comment| comment.trim().is_empty());
        begins.then_some(index + 1)
    })
}

#[test]
fn sentences_are_told_apart() {
    let text = "# Title\n\nOne `a.b` two. Three (see 3.1).\n\n- four\n- five; six\n  - seven\n\n| h |\n|---|\n| What is it? |\n\n```sh\nno\n```\n";
    let page = read(text);
    assert_eq!(
        page.sentences,
        ["One a.b two.", "Three (see 3.1).", "four", "five; six", "seven"]
    );
    assert_eq!(
        (page.cells, page.headings),
        (vec!["What is it?".to_owned()], vec!["Title".to_owned()])
    );
    let text = "`crates/none.rs` `crates/NAME/x.rs` `xtask/src` `target/docs` `tests/<x>`";
    assert_eq!(dead_paths(text), ["crates/none.rs"]);
    assert!(begins_with_what("What was paid is refunded."));
    assert!(!begins_with_what("What is it?"));
    assert!((average_words(&["a b c".to_owned(), "d".to_owned()]) - 2.0).abs() < f64::EPSILON);
}

#[test]
fn a_comment_is_judged_by_its_first_line() {
    let text = "/// Good.\n/// The same.\nfn a() {}\n    /// The same.\n//! Good.\n//!\n//! The same.\n";
    let found: Vec<usize> = comments_that_begin_with(text, "The same").collect();
    assert_eq!(found, [4, 7]);
}

#[test]
fn the_readme_is_short() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let lines = readme.lines().count();
    assert!(lines <= README_LINES, "{lines} lines: move something into docs/");
}

#[test]
fn no_sentence_begins_with_a_clause_as_its_subject() {
    let mut found = Vec::new();
    for (path, text) in pages() {
        let page = read(&text);
        let bad = page
            .sentences
            .iter()
            .chain(&page.cells)
            .filter(|sentence| begins_with_what(sentence));
        found.extend(bad.map(|sentence| format!("{}: {sentence}", path.display())));
    }
    assert!(
        found.is_empty(),
        "name the subject first (docs/style.md):\n{}",
        found.join("\n")
    );
}

#[test]
fn sentences_are_short() {
    let mut found = Vec::new();
    for (path, text) in pages() {
        let average = average_words(&read(&text).sentences);
        if average > AVERAGE_WORDS {
            found.push(format!("{}: {average:.1} words", path.display()));
        }
    }
    assert!(
        found.is_empty(),
        "shorten the sentences of:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut found = Vec::new();
    for (path, text) in pages() {
        let dead = dead_links(&path, &text);
        found.extend(dead.iter().map(|link| format!("{}: {link}", path.display())));
    }
    assert!(found.is_empty(), "no such file or heading:\n{}", found.join("\n"));
}

#[test]
fn every_path_in_the_text_exists() {
    let mut found = Vec::new();
    for (path, text) in pages() {
        let dead = dead_paths(&text);
        found.extend(dead.iter().map(|code| format!("{}: {code}", path.display())));
    }
    assert!(found.is_empty(), "no such file:\n{}", found.join("\n"));
}

#[test]
fn a_comment_does_not_lean_on_its_neighbour() {
    let root = root();
    let mut found = BTreeSet::new();
    for path in CODE.iter().flat_map(|folder| files(&root.join(folder), ".rs")) {
        let text = fs::read_to_string(&path).expect("a file");
        // This file has such comments in the text of a test.
        if path.ends_with("xtask/src/docs/style.rs") {
            continue;
        }
        found.extend(
            comments_that_begin_with(&text, "The same").map(|line| format!("{}:{line}", path.display())),
        );
    }
    let found: Vec<String> = found.into_iter().collect();
    assert!(
        found.is_empty(),
        "say what the item does by itself:\n{}",
        found.join("\n")
    );
}
