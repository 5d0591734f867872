//! Fixtures: resources that are created at the start, from a JSON array of the documents of `POST` requests.
//!
//! A document may name its resource with `data.lid` (JSON:API 1.1, local ids). Later documents use the name in place of an id.
//! Strings may contain variables of the environment, such as `${TILLGATE_SANDBOX_URL}`.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use tillgate_model::{Id, Problems, problem::Source};
use tillgate_payments::Service;

use crate::{
    demo::{Demo, Environment, Unknown},
    failure::Failure,
    world::Seeded,
};

const MAX_BYTES: u64 = 10 * 1024 * 1024;
/// With a seed, each one takes a second of the hour before the first request.
const MAX_DOCUMENTS: usize = 1000;
const MAX_NAME: usize = 64;

/// A mistake in a document: its place, as a JSON pointer, and its text.
#[derive(Debug, PartialEq)]
struct Fault {
    at: String,
    what: String,
}

impl Fault {
    fn new(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            what: what.into(),
        }
    }
}

impl From<Unknown> for Fault {
    fn from(Unknown { at, name }: Unknown) -> Self {
        Self::new(at, format!("there is no variable ${{{name}}}"))
    }
}

/// Creates the file's resources one after the other. Answers the ids by name. They are added to the environment too: `order-1` as
/// `TILLGATE_FIXTURE_ORDER_1_ID`.
///
/// # Errors
/// A file that can't be read or is no such array; a document that is refused.
pub async fn create(
    file: &Path,
    service: &Service,
    demo: &Demo,
    environment: &mut Environment,
    seeded: Option<&Seeded>,
) -> Result<BTreeMap<String, Id>, Failure> {
    let told = |text: String| Failure::Usage(format!("fixtures {}: {text}", file.display()));
    let documents = read(file).map_err(told)?;
    let api = demo.api(service);
    let mut names = Names::new(demo.names());
    for (index, mut document) in documents.into_iter().enumerate() {
        let located = |fault: Fault| {
            let place = if fault.at.is_empty() {
                String::new()
            } else {
                format!(" at {}", fault.at)
            };
            told(format!("[{index}]{place}: {}", fault.what))
        };
        let kind = text_at(&document, "/data/type").map_err(located)?.to_owned();
        let name = names.take(&mut document).map_err(located)?;
        names.resolve(&mut document).map_err(located)?;
        environment
            .expand(&mut document)
            .map_err(|unknown| located(unknown.into()))?;
        let created = api.create_document(&kind, &document).await;
        let created = created.map_err(|problems| located(refusal(&problems)))?;
        let id = created.ok_or_else(|| {
            located(Fault::new(
                "/data/type",
                format!("{kind} are not created by a document"),
            ))
        })?;
        if let Some(name) = name {
            environment.set(variable(&name), id.to_string());
            names.created.insert(name, id);
        }
        if let Some(seeded) = seeded {
            seeded.advance(1);
        }
    }
    Ok(names.created)
}

fn read(file: &Path) -> Result<Vec<Value>, String> {
    let length = fs::metadata(file).map_err(|error| error.to_string())?.len();
    if length > MAX_BYTES {
        return Err(format!("has more than {MAX_BYTES} bytes"));
    }
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let documents: Value = serde_json::from_str(&text).map_err(|error| format!("not JSON: {error}"))?;
    match documents {
        Value::Array(documents) if documents.len() <= MAX_DOCUMENTS => Ok(documents),
        Value::Array(_) => Err(format!("has more than {MAX_DOCUMENTS} documents")),
        _ => Err("not a JSON array of documents".to_owned()),
    }
}

/// The first problem, which must be fixed first.
fn refusal(problems: &Problems) -> Fault {
    let Some(first) = problems.iter().next() else {
        return Fault::new("", "refused");
    };
    let at = match &first.source {
        Some(Source::Pointer(pointer)) => pointer.as_str(),
        _ => "",
    };
    let more = match problems.count() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let field = match &first.field {
        Some(field) if field != "base" => format!("{field} "),
        _ => String::new(),
    };
    Fault::new(at, format!("{field}{}{more}", first.message))
}

fn text_at<'a>(document: &'a Value, pointer: &str) -> Result<&'a str, Fault> {
    let found = document.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| Fault::new(pointer, "must be a string"))
}

/// The name of the variable for a fixture's id.
fn variable(name: &str) -> String {
    let name = name.to_ascii_uppercase().replace('-', "_");
    format!("TILLGATE_FIXTURE_{name}_ID")
}

/// The names of fixtures.
struct Names {
    demo: Vec<(&'static str, Id)>,
    created: BTreeMap<String, Id>,
}

impl Names {
    fn new(demo: Vec<(&'static str, Id)>) -> Self {
        Self {
            demo,
            created: BTreeMap::new(),
        }
    }

    fn find(&self, name: &str) -> Option<&Id> {
        let of_demo = self.demo.iter().find(|(known, _)| *known == name);
        of_demo.map(|(_, id)| id).or_else(|| self.created.get(name))
    }

    /// Removes a document's name from it.
    fn take(&self, document: &mut Value) -> Result<Option<String>, Fault> {
        const AT: &str = "/data/lid";
        let data = document.pointer_mut("/data").and_then(Value::as_object_mut);
        let Some(given) = data.and_then(|data| data.shift_remove("lid")) else {
            return Ok(None);
        };
        let Value::String(name) = given else {
            return Err(Fault::new(AT, "must be a string"));
        };
        let well_formed = (1..=MAX_NAME).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || matches!(one, '-' | '_'));
        if !well_formed {
            let what =
                format!("a name has up to {MAX_NAME} letters, digits, - and _, and begins with a letter");
            return Err(Fault::new(AT, what));
        }
        let is_taken = self.find(&name).is_some()
            || self
                .created
                .keys()
                .any(|known| variable(known) == variable(&name));
        if is_taken {
            return Err(Fault::new(AT, format!("{name} is taken")));
        }
        Ok(Some(name))
    }

    /// Replaces names with ids.
    fn resolve(&self, document: &mut Value) -> Result<(), Fault> {
        let relationships = document
            .pointer_mut("/data/relationships")
            .and_then(Value::as_object_mut);
        for (relationship, value) in relationships.into_iter().flatten() {
            let at = format!("/data/relationships/{relationship}/data");
            match value.get_mut("data") {
                Some(Value::Array(linkages)) => {
                    for (index, linkage) in linkages.iter_mut().enumerate() {
                        self.resolve_one(linkage, &format!("{at}/{index}"))?;
                    }
                }
                Some(linkage) => self.resolve_one(linkage, &at)?,
                None => {}
            }
        }
        Ok(())
    }

    fn resolve_one(&self, linkage: &mut Value, at: &str) -> Result<(), Fault> {
        let Some(linkage) = linkage.as_object_mut() else {
            return Ok(());
        };
        let Some(given) = linkage.shift_remove("lid") else {
            return Ok(());
        };
        let name = given.as_str().unwrap_or_default();
        let Some(id) = self.find(name) else {
            return Err(Fault::new(
                format!("{at}/lid"),
                format!("nothing before it has the name {given}"),
            ));
        };
        linkage.insert("id".to_owned(), id.as_str().into());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names() -> Names {
        let id = |text: &str| text.parse().expect("an id");
        let mut names = Names::new(vec![("demo-market", id("aaaaaaaaaa"))]);
        names.created.insert("order-1".into(), id("bbbbbbbbbb"));
        names
    }

    #[test]
    fn a_name_is_taken_out_and_others_become_ids() {
        let mut document = json!({"data": {"type": "line_items", "lid": "cup", "relationships": {
            "order": {"data": {"type": "orders", "lid": "order-1"}},
            "market": {"data": {"type": "markets", "lid": "demo-market"}},
            "none": {"data": null}
        }}});
        assert_eq!(names().take(&mut document), Ok(Some("cup".into())));
        names().resolve(&mut document).expect("known names");
        assert_eq!(
            document,
            json!({"data": {"type": "line_items", "relationships": {
                "order": {"data": {"type": "orders", "id": "bbbbbbbbbb"}},
                "market": {"data": {"type": "markets", "id": "aaaaaaaaaa"}},
                "none": {"data": null}
            }}})
        );
    }

    #[test]
    fn names_that_cannot_be_used_are_told_with_their_place() {
        for name in [
            json!(""),
            json!("1a"),
            json!("a b"),
            json!(5),
            json!("order_1"),
            json!("demo-market"),
        ] {
            let fault = names()
                .take(&mut json!({"data": {"lid": name}}))
                .expect_err("refused");
            assert_eq!(fault.at, "/data/lid", "{name}");
        }
        let mut document = json!({"data": {"relationships": {"items": {"data": [{"lid": "later"}]}}}});
        let fault = names().resolve(&mut document).expect_err("refused");
        assert_eq!(fault.at, "/data/relationships/items/data/0/lid");
        assert!(fault.what.contains("later"), "{fault:?}");
    }

    #[test]
    fn the_variable_of_a_name() {
        assert_eq!(variable("order-1"), "TILLGATE_FIXTURE_ORDER_1_ID");
    }
}
