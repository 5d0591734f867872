//! Checks that the neutral files have everything that the published pages list. It reads the pages and the YAML again, without
//! code of the importer, so that a mistake there can't hide one here.

use std::fs;

use serde_json::Value as Json;
use serde_yaml_ng::Value;
use sha2::{Digest, Sha256};

use super::files;

/// Each published page's text with the neutral file that names it.
fn pages() -> Vec<(String, Value)> {
    let directory = files::directory();
    let mut neutral: Vec<Value> = Vec::new();
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            neutral.push(serde_yaml_ng::from_str(&fs::read_to_string(path).unwrap()).unwrap());
        }
    }
    let mut pages = Vec::new();
    for entry in fs::read_dir(directory.join("pages")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let file = neutral
            .iter()
            .find(|file| file["page"] == name)
            .unwrap_or_else(|| panic!("no file names {name}"));
        pages.push((fs::read_to_string(&path).unwrap(), file.clone()));
    }
    assert_eq!((pages.len(), neutral.len()), (3, 3));
    pages
}

/// The entry of the argument `path` (names joined by dots, below `data`).
fn argument<'a>(file: &'a Value, path: &str) -> &'a Value {
    let mut entry = &file["endpoints"][0]["arguments"]["data"];
    for name in path.split('.').filter(|name| !name.is_empty()) {
        entry = &entry["members"][name];
        assert!(
            !entry.is_null(),
            "{path} is not in the file of {:?}",
            file["page"]
        );
    }
    entry
}

/// `attributes.**payment\_type**` → `attributes.payment_type`.
fn table_rows(page: &str) -> Vec<(String, String, bool)> {
    let rows = page
        .lines()
        .filter(|line| line.starts_with('|') && line.contains("**"));
    rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        (
            cells[0].replace(['*', '\\'], ""),
            cells[1].replace('`', ""),
            cells[2] == "Required",
        )
    })
    .collect()
}

/// The value of `name="…"` in a tag.
fn tag_attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!("{name}=\""))?.1.split('"').next()
}

fn list_items(page: &str) -> Vec<(String, String, bool)> {
    let mut open: Vec<&str> = Vec::new();
    let mut items = Vec::new();
    for line in page.lines().map(str::trim) {
        if line.starts_with("{% /listitem") {
            open.pop().unwrap();
        } else if line.starts_with("{% listitem") {
            open.push(tag_attribute(line, "title").unwrap());
            let json_type = tag_attribute(line, "validation")
                .unwrap()
                .rsplit(", ")
                .next()
                .unwrap();
            // The outermost item is `data`, where `argument` starts.
            items.push((
                open[1..].join("."),
                json_type.to_owned(),
                tag_attribute(line, "type") == Some("Required"),
            ));
        }
    }
    assert!(open.is_empty());
    items
}

#[test]
fn every_listed_argument_is_in_the_files() {
    let mut counts = Vec::new();
    for (page, file) in pages() {
        let listed = [table_rows(&page), list_items(&page)].concat();
        for (path, json_type, required) in &listed {
            let entry = argument(&file, path);
            assert_eq!(entry["type"], json_type.as_str(), "{path}");
            let presence = if *required { "required" } else { "optional" };
            assert_eq!(entry["presence"], presence, "{path}");
        }
        let marked = page
            .lines()
            .filter(|line| line.starts_with("| ") && line.contains("**"))
            .count();
        assert_eq!(listed.len(), marked + page.matches("listitem title=\"").count());
        counts.push(listed.len());
    }
    counts.sort_unstable();
    assert_eq!(counts, [6, 8, 9], "arguments found on the pages");
}

/// The JSON text that starts after `mark`, up to the brace that closes it.
fn json_after(page: &str, mark: &str) -> Option<Json> {
    let text = page.split_once(mark)?.1;
    let start = text.find('{')?;
    serde_json::Deserializer::from_str(&text[start..])
        .into_iter()
        .next()?
        .ok()
}

#[test]
fn the_example_requests_are_those_of_the_pages() {
    let mut found = 0;
    for (page, file) in pages() {
        if let Some(published) = json_after(&page, "-d '") {
            let written = json(&file["endpoints"][0]["request_examples"][0]["value"]);
            assert_eq!(written, published, "{:?}", file["page"]);
            found += 1;
        }
    }
    assert_eq!(found, 2);
}

fn json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap()
}

#[test]
fn the_example_answers_are_those_of_the_pages() {
    let mut answers = 0;
    for (page, file) in pages() {
        let Some(published) = json_after(&page, "returning the created resource object:") else {
            continue;
        };
        let response = &file["endpoints"][0]["responses"][0];
        assert_eq!(json(&response["examples"][0]["value"]), published);
        assert_eq!(response["status"], 201);
        answers += 1;
    }
    assert_eq!(answers, 2);
}

#[test]
fn each_file_names_the_hash_of_its_page() {
    for (page, file) in pages() {
        assert_eq!(
            file["sha256"],
            hex::encode(Sha256::digest(page.as_bytes())).as_str()
        );
    }
}
