//! Documented objects: their fields in the answers, their triggers in the requests.

use std::collections::BTreeSet;

use openapi_document::pointer::child;
use serde_json::{Value, json};

use super::alternatives::{
    Alternative, admits, alternatives, array_items, property, type_names, without_null,
};
use super::comparison::Comparison;
use super::difference::Kind;
use crate::model::{Members, Object};
use openapi_document::{Operation, members, operations, resolve};

impl<'a> Comparison<'a> {
    /// Compares an object.
    ///
    /// # Errors
    /// A reference in the document that doesn't resolve.
    pub fn object(&mut self, object: &'a Object) -> anyhow::Result<()> {
        let resource = object.resource.as_deref().unwrap_or(&object.title);
        let answers = self.resources(resource, answer_schemas)?;
        let requests = self.resources(resource, request_schemas)?;
        if answers.is_empty() {
            self.report(Kind::MissingObject, "", resource, "no such resource");
            return Ok(());
        }
        self.fields(&object.fields, "", &answers, &requests)
    }

    fn fields(
        &mut self,
        documented: &'a Members,
        at: &str,
        answers: &[Alternative<'a>],
        requests: &[Alternative<'a>],
    ) -> anyhow::Result<()> {
        for (name, field) in documented {
            let pointer = child(at, name);
            let sent = property(self.document, requests, name)?;
            let shown = property(self.document, answers, name)?;
            let found = if field.trigger { &sent } else { &shown };
            if found.is_empty() {
                let place = if field.trigger {
                    "no such argument"
                } else {
                    "no such field"
                };
                self.report(Kind::MissingField, &pointer, name, place);
                continue;
            }
            let types = type_names(found);
            if let Some(json_type) = field.json_type
                && !types.contains(&json_type.into())
                && !(types.contains(&"integer") && <&str>::from(json_type) == "number")
            {
                self.report(Kind::FieldType, &pointer, json_type, types.join(" or "));
            }
            if !field.members.is_empty() {
                self.fields(
                    &field.members,
                    &pointer,
                    &without_null(&shown),
                    &without_null(&sent),
                )?;
            }
        }
        let known: BTreeSet<_> = answers.iter().flat_map(Alternative::property_names).collect();
        for name in known.into_iter().filter(|name| !documented.contains_key(*name)) {
            let pointer = child(at, name);
            self.report(
                Kind::UndocumentedResponseMember,
                &pointer,
                "no such field",
                "a field",
            );
        }
        Ok(())
    }

    /// The forms of the resource in the bodies that `schemas` gives of each operation.
    fn resources(
        &self,
        resource: &str,
        schemas: fn(&'a Value, Operation<'a>) -> anyhow::Result<Vec<&'a Value>>,
    ) -> anyhow::Result<Vec<Alternative<'a>>> {
        let mut seen: Vec<&Value> = Vec::new();
        let mut found = Vec::new();
        for operation in operations(self.document) {
            for schema in schemas(self.document, operation)? {
                if seen.contains(&schema) {
                    continue;
                }
                seen.push(schema);
                let root = alternatives(self.document, schema)?;
                let data = without_null(&property(self.document, &root, "data")?);
                let items = array_items(self.document, &data)?;
                for form in if items.is_empty() { data } else { items } {
                    let form = std::slice::from_ref(&form);
                    let kind = property(self.document, form, "type")?;
                    if !kind.is_empty() && admits(self.document, &kind, &json!(resource))? {
                        found.extend_from_slice(form);
                    }
                }
            }
        }
        Ok(found)
    }
}

fn answer_schemas<'a>(document: &'a Value, operation: Operation<'a>) -> anyhow::Result<Vec<&'a Value>> {
    let mut schemas = Vec::new();
    for (code, answer) in members(&operation.value["responses"]) {
        if code.starts_with('2') {
            let content = &resolve(document, answer)?["content"];
            schemas.extend(members(content).map(|(_, body)| &body["schema"]));
        }
    }
    Ok(schemas)
}

fn request_schemas<'a>(document: &'a Value, operation: Operation<'a>) -> anyhow::Result<Vec<&'a Value>> {
    let Some(body) = operation.value.get("requestBody") else {
        return Ok(Vec::new());
    };
    let content = &resolve(document, body)?["content"];
    Ok(members(content).map(|(_, body)| &body["schema"]).collect())
}
