//! Requests: media types, arguments and examples.

use std::collections::BTreeSet;

use openapi_document::pointer::{child, tokens};
use serde_json::Value;

use super::alternatives::{
    Alternative, admits, alternatives, property, requires, type_names, validator, without_null,
};
use super::comparison::Comparison;
use super::deviations::moved_to;
use super::difference::Kind;
use super::examples::counts;
use crate::model::{Endpoint, Member, Members, Presence};
use openapi_document::{members, resolve};

impl<'a> Comparison<'a> {
    pub(super) fn request(&mut self, operation: &'a Value, endpoint: &'a Endpoint) -> anyhow::Result<()> {
        let body = match operation.get("requestBody") {
            Some(body) => resolve(self.document, body)?,
            None => &Value::Null,
        };
        for media_type in &endpoint.request_media_types {
            if body["content"].get(media_type).is_none() {
                let offered: Vec<_> = members(&body["content"]).map(|(name, _)| name.as_str()).collect();
                let pointer = child("/content", media_type);
                self.report(Kind::MissingMediaType, &pointer, media_type, offered.join(", "));
            }
        }
        // Each form of the body must accept the arguments; a form that several share counts once.
        let mut schemas: Vec<&Value> = Vec::new();
        for (_, content) in members(&body["content"]) {
            if !schemas.contains(&&content["schema"]) {
                schemas.push(&content["schema"]);
            }
        }
        if schemas.is_empty() {
            for (name, argument) in &endpoint.arguments {
                let json_type = argument
                    .json_type
                    .map_or_else(|| "a member".to_owned(), |known| known.to_string());
                self.report(
                    Kind::MissingArgument,
                    &child("", name),
                    json_type,
                    "no request body",
                );
            }
        }
        for schema in schemas {
            let root = alternatives(self.document, schema)?;
            if !endpoint.arguments.is_empty() {
                self.arguments(&root, &endpoint.arguments, "", &root)?;
            }
            self.request_examples(schema, endpoint)?;
        }
        Ok(())
    }

    /// Checks the documented members of the objects that `parents` admit.
    fn arguments(
        &mut self,
        parents: &[Alternative<'a>],
        documented: &'a Members,
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
            let expected = argument
                .json_type
                .map_or_else(|| "a member".to_owned(), |known| known.to_string());
            let missing = self.difference(Kind::MissingArgument, &pointer, expected, "no such argument");
            if let Some(elsewhere) = moved_to(&missing, self.deviations) {
                self.moved(argument, elsewhere, root)?;
            }
            self.differences.push(missing);
        }
        let known: BTreeSet<_> = parents.iter().flat_map(Alternative::property_names).collect();
        for name in known.into_iter().filter(|name| !documented.contains_key(*name)) {
            let (kind, found) = if requires(parents, name) {
                (Kind::UndocumentedRequired, "required")
            } else {
                (Kind::UndocumentedArgument, "optional")
            };
            self.report(kind, &child(at, name), "no such argument", found);
        }
        Ok(())
    }

    fn argument(
        &mut self,
        argument: &'a Member,
        pointer: &str,
        found: &[Alternative<'a>],
        required: bool,
        root: &[Alternative<'a>],
    ) -> anyhow::Result<()> {
        let types = type_names(found);
        if let Some(json_type) = argument.json_type
            && !types.contains(&json_type.into())
        {
            self.report(Kind::ArgumentType, pointer, json_type, types.join(" or "));
        }
        match (argument.required(), required) {
            (Some(Presence::Required), false) => {
                self.report(Kind::ArgumentRequired, pointer, "required", "optional");
            }
            (Some(Presence::Optional), true) => {
                self.report(Kind::ArgumentRequired, pointer, "optional", "required");
            }
            (Some(Presence::Conditional), true) => {
                let condition = argument.condition.as_deref().unwrap_or("conditional");
                self.report(Kind::ArgumentConditional, pointer, condition, "required");
            }
            _ => {}
        }
        for value in &argument.values {
            if !admits(self.document, found, value)? {
                self.report(Kind::ArgumentValue, pointer, value, "refused");
            }
        }
        if argument.members.is_empty() {
            return Ok(());
        }
        self.arguments(&without_null(found), &argument.members, pointer, root)
    }

    /// Checks `argument` at `pointer`, the place that a deviation names for it.
    fn moved(&mut self, argument: &'a Member, pointer: &str, root: &[Alternative<'a>]) -> anyhow::Result<()> {
        let mut found = root.to_vec();
        let mut required = false;
        for name in tokens(pointer) {
            required = requires(&found, &name);
            found = property(self.document, &found, &name)?;
        }
        if found.is_empty() {
            let expected = argument
                .json_type
                .map_or_else(|| "a member".to_owned(), |known| known.to_string());
            self.report(Kind::MissingArgument, pointer, expected, "no such argument");
            return Ok(());
        }
        self.argument(argument, pointer, &found, required, root)
    }

    fn request_examples(&mut self, schema: &Value, endpoint: &Endpoint) -> anyhow::Result<()> {
        let validator = validator(self.document, schema)?;
        for example in &endpoint.request_examples {
            for error in validator
                .iter_errors(&example.value)
                .filter(|error| counts(example, error))
            {
                let pointer = error.instance_path().to_string();
                self.report(Kind::ExampleRequest, &pointer, "the example to be valid", &error);
            }
        }
        Ok(())
    }
}
