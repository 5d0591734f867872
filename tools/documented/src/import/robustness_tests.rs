//! No input makes the importer panic, and its output can always be read back.

use proptest::prelude::*;

use super::fixture_tests::fixtures;
use super::import;
use crate::files;
use crate::model::Page;

fn survives(bytes: &[u8]) {
    let result = import("page.md", bytes);
    let text = files::render(&result.page).unwrap();
    let read: Page = serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(read, result.page);
    assert!(result.warnings.iter().all(|(line, _)| *line > 0));
}

/// A change of a page's bytes at places that are given as parts of its length.
#[derive(Debug, Clone)]
enum Mutation {
    Truncate(f64),
    Swap(f64, f64),
    Set(f64, u8),
    Repeat(f64, f64),
    Insert(f64, &'static str),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let part = || 0.0..1.0_f64;
    let signs = prop::sample::select(vec![
        "{%",
        "%}",
        "{% /listitem %}",
        "{% list %}",
        "```",
        "|",
        "\"",
        "'",
        "{",
        "[",
        "...",
        "…",
        "<",
        "</",
        "\\",
        "é",
        "\u{1F600}",
        "\n",
        "**",
        "GET /",
        "$",
        "curl ",
        "HTTP/",
        "---\n",
        "`",
    ]);
    prop_oneof![
        part().prop_map(Mutation::Truncate),
        (part(), part()).prop_map(|(a, b)| Mutation::Swap(a, b)),
        (part(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (part(), part()).prop_map(|(a, b)| Mutation::Repeat(a, b)),
        (part(), signs).prop_map(|(at, sign)| Mutation::Insert(at, sign)),
    ]
}

fn apply(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    let at = |part: f64| ((part * length as f64) as usize).min(length - 1);
    match mutation {
        Mutation::Truncate(part) => bytes.truncate(at(*part)),
        Mutation::Swap(a, b) => bytes.swap(at(*a), at(*b)),
        Mutation::Set(part, byte) => bytes[at(*part)] = *byte,
        Mutation::Repeat(a, b) => {
            let (from, to) = (at(*a).min(at(*b)), at(*a).max(at(*b)));
            let copy = bytes[from..to].to_vec();
            bytes.splice(to..to, copy);
        }
        Mutation::Insert(part, sign) => drop(bytes.splice(at(*part)..at(*part), sign.bytes())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_pages_are_survived(
        page in prop::sample::select(fixtures()),
        mutations in prop::collection::vec(mutation(), 1..12),
    ) {
        let mut bytes = page.1;
        for mutation in &mutations {
            apply(&mut bytes, mutation);
        }
        survives(&bytes);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes);
    }
}

#[test]
fn every_truncation_is_survived() {
    for (_, bytes) in fixtures() {
        for length in (0..bytes.len()).step_by(7) {
            survives(&bytes[..length]);
        }
    }
}

#[test]
fn deep_nesting_is_survived() {
    survives("{% listitem title=\"a\" %}".repeat(5_000).as_bytes());
    survives(format!("POST /a\n```\n{}\n```", "{\"a\":[".repeat(20_000)).as_bytes());
    survives(format!("**POST** /a\n\n{}", "> ".repeat(5_000)).as_bytes());
    survives("<div>".repeat(5_000).as_bytes());
    survives(format!("| Name |\n|---|\n| {} |", "a.".repeat(5_000)).as_bytes());
}
