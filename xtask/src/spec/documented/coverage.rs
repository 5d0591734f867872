//! The comparison of one documented endpoint with the document.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde_json::{Value, json};

use super::alternatives::{Alternative, alternatives, property, requires, type_names};
use super::deviations::{Deviation, moved_to};
use super::difference::{Difference, Kind};
use super::page::{Argument, JsonType, Page};
use crate::spec::document::{members, resolve};
use tillgate_model::pointer::{child, tokens};

/// Every difference between `page` and `document`. An argument that a deviation says is moved is checked
/// where it stands, too.
///
/// # Errors
/// A reference in the document that doesn't resolve, or an example on the page that is no JSON.
pub fn check(document: &Value, page: &Page, deviations: &[Deviation]) -> anyhow::Result<Vec<Difference>> {
    let mut comparison = Comparison {
        document,
        page,
        deviations,
        differences: Vec::new(),
    };
    comparison.run().with_context(|| page.endpoint())?;
    Ok(comparison.differences)
}

struct Comparison<'a> {
    document: &'a Value,
    page: &'a Page,
    deviations: &'a [Deviation],
    differences: Vec<Difference>,
}

impl<'a> Comparison<'a> {
    fn report(&mut self, kind: Kind, pointer: &str, expected: impl ToString, found: impl ToString) {
        self.differences
            .push(self.difference(kind, pointer, expected, found));
    }

    fn difference(&self, kind: Kind, at: &str, expected: impl ToString, found: impl ToString) -> Difference {
        Difference {
            page: self.page.page.clone(),
            endpoint: self.page.endpoint(),
            kind,
            pointer: at.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    fn run(&mut self) -> anyhow::Result<()> {
        let Some(item) = self.document["paths"].get(&self.page.path) else {
            self.report(Kind::MissingPath, "", &self.page.path, "no such path");
            return Ok(());
        };
        let Some(operation) = item.get(self.page.method.to_lowercase()) else {
            self.report(Kind::MissingMethod, "", &self.page.method, "no such method");
            return Ok(());
        };
        self.request(operation)?;
        self.response(operation)
    }

    fn request(&mut self, operation: &'a Value) -> anyhow::Result<()> {
        let body = resolve(self.document, &operation["requestBody"])?;
        for media_type in &self.page.request_media_types {
            if body["content"].get(media_type).is_none() {
                let offered: Vec<_> = members(&body["content"]).map(|(name, _)| name.as_str()).collect();
                self.report(
                    Kind::MissingMediaType,
                    &child("/content", media_type),
                    media_type,
                    offered.join(", "),
                );
            }
        }
        // Each form in which the body may be sent must take the arguments; one that several share counts once.
        let mut schemas: Vec<&Value> = Vec::new();
        for (_, content) in members(&body["content"]) {
            if !schemas.contains(&&content["schema"]) {
                schemas.push(&content["schema"]);
            }
        }
        for schema in schemas {
            let root = alternatives(self.document, schema)?;
            self.arguments(&root, &self.page.arguments, "", &root)?;
            self.example(schema)?;
        }
        Ok(())
    }

    /// Checks the documented members of the objects that `parents` admit.
    fn arguments(
        &mut self,
        parents: &[Alternative<'a>],
        documented: &'a BTreeMap<String, Argument>,
        at: &str,
        root: &[Alternative<'a>],
    ) -> anyhow::Result<()> {
        for (name, argument) in documented {
            let pointer = child(at, name);
            let found = property(self.document, parents, name)?;
            if !found.is_empty() {
                self.argument(argument, &pointer, &found, requires(parents, name), root)?;
                continue;
            }
            let missing = self.difference(
                Kind::MissingArgument,
                &pointer,
                argument.json_type,
                "no such argument",
            );
            if let Some(elsewhere) = moved_to(&missing, self.deviations) {
                self.moved(argument, elsewhere, root)?;
            }
            self.differences.push(missing);
        }
        let required: BTreeSet<_> = parents.iter().flat_map(Alternative::required).collect();
        for name in required {
            if requires(parents, name) && !documented.contains_key(name) {
                self.report(
                    Kind::UndocumentedRequired,
                    &child(at, name),
                    "no such argument",
                    "required",
                );
            }
        }
        Ok(())
    }

    fn argument(
        &mut self,
        argument: &'a Argument,
        pointer: &str,
        found: &[Alternative<'a>],
        required: bool,
        root: &[Alternative<'a>],
    ) -> anyhow::Result<()> {
        let types = type_names(found);
        if !types.contains(&argument.json_type.into()) {
            self.report(
                Kind::ArgumentType,
                pointer,
                argument.json_type,
                types.join(" or "),
            );
        }
        if argument.required != required {
            let word = |required| if required { "required" } else { "optional" };
            self.report(
                Kind::ArgumentRequired,
                pointer,
                word(argument.required),
                word(required),
            );
        }
        for value in &argument.values {
            if !self.admits(found, &json!(value))? {
                self.report(Kind::ArgumentValue, pointer, json!(value), "refused");
            }
        }
        if argument.members.is_empty() {
            return Ok(());
        }
        self.arguments(found, &argument.members, pointer, root)
    }

    /// Checks `argument` at `pointer`, where a deviation says that it stands instead.
    fn moved(
        &mut self,
        argument: &'a Argument,
        pointer: &str,
        root: &[Alternative<'a>],
    ) -> anyhow::Result<()> {
        let mut found = root.to_vec();
        let mut required = false;
        for name in tokens(pointer) {
            required = requires(&found, &name);
            found = property(self.document, &found, &name)?;
        }
        if found.is_empty() {
            self.report(
                Kind::MissingArgument,
                pointer,
                argument.json_type,
                "no such argument",
            );
            return Ok(());
        }
        self.argument(argument, pointer, &found, required, root)
    }

    fn admits(&self, found: &[Alternative<'a>], value: &Value) -> anyhow::Result<bool> {
        for alternative in found {
            if validator(self.document, &json!({"allOf": alternative.schemas()}))?.is_valid(value) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn example(&mut self, schema: &Value) -> anyhow::Result<()> {
        let Some(example) = &self.page.example_request else {
            return Ok(());
        };
        let example: Value = serde_json::from_str(example).context("the example request is no JSON")?;
        let validator = validator(self.document, schema)?;
        for error in validator.iter_errors(&example) {
            let pointer = error.instance_path().to_string();
            self.report(
                Kind::ExampleRequest,
                &pointer,
                "the example request to be valid",
                &error,
            );
        }
        Ok(())
    }

    fn response(&mut self, operation: &'a Value) -> anyhow::Result<()> {
        let documented = &self.page.response;
        let status = documented.status.to_string();
        let pointer = child("/responses", &status);
        let Some(answer) = operation["responses"].get(&status) else {
            let offered: Vec<_> = members(&operation["responses"])
                .map(|(code, _)| code.as_str())
                .collect();
            self.report(Kind::MissingResponse, &pointer, status, offered.join(", "));
            return Ok(());
        };
        let Some(media_type) = &documented.media_type else {
            return Ok(());
        };
        let content = &resolve(self.document, answer)?["content"];
        let Some(body) = content.get(media_type) else {
            let offered: Vec<_> = members(content).map(|(name, _)| name.as_str()).collect();
            self.report(
                Kind::MissingResponse,
                &child(&pointer, media_type),
                media_type,
                offered.join(", "),
            );
            return Ok(());
        };
        let root = alternatives(self.document, &body["schema"])?;
        for (pointer, json_type) in &documented.members {
            self.response_member(pointer, *json_type, &root)?;
        }
        Ok(())
    }

    /// Checks that each form of the answer has the member, always, with its type. Only an attribute may be null.
    fn response_member(
        &mut self,
        pointer: &str,
        json_type: JsonType,
        root: &[Alternative<'a>],
    ) -> anyhow::Result<()> {
        let names = tokens(pointer);
        let mut found = root.to_vec();
        for (index, name) in names.iter().enumerate() {
            let parents: Vec<_> = found.into_iter().filter(|parent| !parent.is_null()).collect();
            let last = index + 1 == names.len();
            if parents.iter().any(|parent| parent.property(name).is_empty()) || parents.is_empty() {
                self.report(Kind::MissingResponseMember, pointer, json_type, "no such member");
                return Ok(());
            }
            if last
                && parents
                    .iter()
                    .any(|parent| !parent.required().contains(name.as_str()))
            {
                self.report(
                    Kind::ResponseMemberOptional,
                    pointer,
                    "always present",
                    "optional",
                );
            }
            found = property(self.document, &parents, name)?;
        }
        let nullable = pointer.starts_with("/data/attributes/");
        let mut types = type_names(&found);
        types.retain(|name| !(nullable && *name == "null"));
        if types != [<&str>::from(json_type)] {
            self.report(Kind::ResponseMemberType, pointer, json_type, types.join(" or "));
        }
        Ok(())
    }
}

/// A validator for `schema`, whose references point into `document`.
fn validator(document: &Value, schema: &Value) -> anyhow::Result<jsonschema::Validator> {
    let whole = json!({"allOf": [schema], "components": document["components"]});
    jsonschema::draft202012::new(&whole).map_err(|error| anyhow::anyhow!("{error}"))
}
