//! Answers: statuses, media types and the members of examples.

use std::collections::BTreeSet;

use openapi_document::pointer::child;
use serde_json::Value;

use super::alternatives::{
    Alternative, alternatives, array_items, property, type_names, type_of, validator, without_null,
};
use super::comparison::Comparison;
use super::difference::Kind;
use super::examples::{counts, is_missing_member};
use crate::model::{Endpoint, Example, Response};
use openapi_document::{members, resolve};

impl<'a> Comparison<'a> {
    pub(super) fn responses(&mut self, operation: &'a Value, endpoint: &'a Endpoint) -> anyhow::Result<()> {
        let answers = &operation["responses"];
        for documented in &endpoint.responses {
            self.response(answers, documented)?;
        }
        let known: Vec<_> = endpoint
            .responses
            .iter()
            .filter_map(|response| response.status)
            .collect();
        let unknown = |code: &&String| !code.parse().is_ok_and(|code| known.contains(&code));
        let more: Vec<_> = members(answers)
            .map(|(code, _)| code)
            .filter(unknown)
            .cloned()
            .collect();
        if !more.is_empty() {
            self.report(
                Kind::UndocumentedResponse,
                "/responses",
                "no such status",
                more.join(", "),
            );
        }
        Ok(())
    }

    fn response(&mut self, answers: &'a Value, documented: &'a Response) -> anyhow::Result<()> {
        // An answer without a status on the page is the successful one.
        let status = match documented.status {
            Some(status) => status.to_string(),
            None => members(answers)
                .map(|(code, _)| code.clone())
                .find(|code| code.starts_with('2'))
                .unwrap_or_else(|| "2XX".to_owned()),
        };
        let pointer = child("/responses", &status);
        let Some(answer) = answers.get(&status) else {
            let offered: Vec<_> = members(answers).map(|(code, _)| code.as_str()).collect();
            self.report(Kind::MissingResponse, &pointer, status, offered.join(", "));
            return Ok(());
        };
        let content = &resolve(self.document, answer)?["content"];
        let body = match &documented.media_type {
            Some(media_type) => {
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
                Some(body)
            }
            None => members(content).next().map(|(_, body)| body),
        };
        let Some(body) = body else {
            return Ok(());
        };
        let root = alternatives(self.document, &body["schema"])?;
        for example in &documented.examples {
            let before = self.differences.len();
            self.shown(&example.value, "", &root, example)?;
            let closer = self.differences[before..]
                .iter()
                .any(|difference| difference.kind.severity() > super::difference::Severity::Info);
            // The whole example would repeat the members' differences.
            if !closer {
                self.response_example(example, &body["schema"])?;
            }
        }
        Ok(())
    }

    fn response_example(&mut self, example: &Example, schema: &Value) -> anyhow::Result<()> {
        let validator = validator(self.document, schema)?;
        // A member that the answer always has and the example lacks is reported as undocumented; a client of the documentation
        // doesn't miss it.
        let speaks =
            |error: &jsonschema::ValidationError<'_>| counts(example, error) && !is_missing_member(error);
        for error in validator.iter_errors(&example.value).filter(speaks) {
            let pointer = error.instance_path().to_string();
            self.report(Kind::ExampleResponse, &pointer, "the example to be valid", &error);
        }
        Ok(())
    }

    /// Compares an example's value at `pointer` with the answer's schema there.
    fn shown(
        &mut self,
        value: &Value,
        pointer: &str,
        found: &[Alternative<'a>],
        example: &Example,
    ) -> anyhow::Result<()> {
        match value {
            Value::Object(shown) => {
                let parents = without_null(found);
                if !parents.iter().any(Alternative::declares_properties) {
                    return Ok(());
                }
                for (name, value) in shown {
                    self.shown_member(name, value, &child(pointer, name), &parents, example)?;
                }
                let known: BTreeSet<_> = parents.iter().flat_map(Alternative::property_names).collect();
                let elided = example.elided.iter().any(|elided| elided == pointer);
                for name in known
                    .into_iter()
                    .filter(|name| !elided && !shown.contains_key(*name))
                {
                    let at = child(pointer, name);
                    self.report(
                        Kind::UndocumentedResponseMember,
                        &at,
                        "no such member",
                        "a member",
                    );
                }
            }
            Value::Array(shown) => {
                let items = array_items(self.document, found)?;
                for (index, value) in shown.iter().enumerate().filter(|_| !items.is_empty()) {
                    self.shown(value, &child(pointer, &index.to_string()), &items, example)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Checks that each form of the answer has the member, always, with its type. Only an attribute may be null.
    fn shown_member(
        &mut self,
        name: &str,
        value: &Value,
        pointer: &str,
        parents: &[Alternative<'a>],
        example: &Example,
    ) -> anyhow::Result<()> {
        let json_type = type_of(value);
        if parents.iter().any(|parent| parent.property(name).is_empty()) {
            self.report(Kind::MissingResponseMember, pointer, json_type, "no such member");
            return Ok(());
        }
        if parents.iter().any(|parent| !parent.required().contains(name)) {
            self.report(
                Kind::ResponseMemberOptional,
                pointer,
                "always present",
                "optional",
            );
        }
        let found = property(self.document, parents, name)?;
        let types = type_names(&found);
        let is_attribute = pointer.contains("/attributes/");
        let fits = |known: &&'a str| *known == json_type || (*known == "number" && json_type == "integer");
        let others = types
            .iter()
            .filter(|known| !(fits(known) || is_attribute && **known == "null"));
        // Null says nothing about the type of other values.
        if json_type != "null" && (!types.iter().any(fits) || others.count() > 0) {
            self.report(Kind::ResponseMemberType, pointer, json_type, types.join(" or "));
        }
        self.shown(value, pointer, &found, example)
    }
}
