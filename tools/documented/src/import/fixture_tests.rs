//! Pages of all kinds and their results. A fixture is `<name>.md` with the neutral file `<name>.yaml` and, if a part isn't read,
//! `<name>.warnings`.

use std::fs;
use std::path::{Path, PathBuf};

use super::import;
use crate::files;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/import/fixtures")
}

/// File name and bytes of every fixture.
pub fn fixtures() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.push((name, fs::read(&path).unwrap()));
        }
    }
    found.sort();
    assert!(found.len() >= 15);
    found
}

/// The neutral file and the warnings, as text.
fn imported(name: &str, bytes: &[u8]) -> (String, String) {
    let result = import(name, bytes);
    let warnings = result
        .warnings
        .iter()
        .map(|(line, message)| format!("{line}: {message}\n"));
    (files::render(&result.page).unwrap(), warnings.collect())
}

#[test]
fn each_fixture_becomes_its_neutral_file() {
    for (name, bytes) in fixtures() {
        let stem = directory().join(name.strip_suffix(".md").unwrap());
        let text = |ending: &str| fs::read_to_string(format!("{}.{ending}", stem.display()));
        let (yaml, warnings) = imported(&name, &bytes);
        // A page that documents nothing has no neutral file.
        let documents = yaml.contains("\nendpoints:") || yaml.contains("\nobjects:");
        assert_eq!(text("yaml").ok(), documents.then_some(yaml), "{name}");
        assert_eq!(warnings, text("warnings").unwrap_or_default(), "{name}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    for (name, bytes) in fixtures() {
        let page = import(&name, &bytes).page;
        let read: crate::model::Page = serde_yaml_ng::from_str(&files::render(&page).unwrap()).unwrap();
        assert_eq!(read, page, "{name}");
    }
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    for (name, bytes) in fixtures() {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let mut other = import(
            &name,
            format!("\u{feff}{}", text.replace('\n', "\r\n")).as_bytes(),
        );
        let plain = import(&name, &bytes);
        other.page.sha256.clone_from(&plain.page.sha256);
        assert_eq!(other.page, plain.page, "{name}");
        assert_eq!(other.warnings, plain.warnings, "{name}");
    }
}

#[test]
fn the_committed_files_are_those_of_the_pages() {
    let pages = files::directory().join(files::PAGES);
    let mut seen = 0;
    for page in files::load(&files::directory()).unwrap() {
        let bytes = fs::read(pages.join(&page.page)).unwrap();
        let stem = page.page.replace(".gitbook.md", "").replace(".markdoc.md", "");
        let committed = fs::read_to_string(files::directory().join(stem + ".yaml")).unwrap();
        assert_eq!(imported(&page.page, &bytes).0, committed);
        seen += 1;
    }
    assert_eq!(seen, fs::read_dir(pages).unwrap().count());
}
