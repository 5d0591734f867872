//! Path and query parameters.

use openapi_document::pointer::child;
use serde_json::Value;

use super::alternatives::{alternatives, type_names};
use super::comparison::Comparison;
use super::difference::Kind;
use crate::model::{Endpoint, Member, Presence};
use openapi_document::resolve;

impl<'a> Comparison<'a> {
    /// Compares the parameters of an operation. Those of the path are compared by their place, not their name.
    pub(super) fn parameters(
        &mut self,
        item: &'a Value,
        operation: &'a Value,
        endpoint: &Endpoint,
    ) -> anyhow::Result<()> {
        let listed = [item, operation]
            .into_iter()
            .filter_map(|value| value.get("parameters")?.as_array());
        let mut query = Vec::new();
        for parameter in listed.flatten() {
            let parameter = resolve(self.document, parameter)?;
            if parameter["in"] == "query" {
                query.push((parameter["name"].as_str().unwrap_or_default(), parameter));
            }
        }
        for (name, member) in &endpoint.query_parameters {
            let pointer = child("/parameters/query", name);
            match query.iter().find(|(known, _)| known == name) {
                Some((_, parameter)) => self.parameter(member, &pointer, parameter)?,
                None => self.report(Kind::MissingParameter, &pointer, name, "no such parameter"),
            }
        }
        for (name, parameter) in query {
            if endpoint.query_parameters.contains_key(name) {
                continue;
            }
            let kind = if parameter["required"] == true {
                Kind::UndocumentedRequired
            } else {
                Kind::UndocumentedParameter
            };
            self.report(kind, &child("/parameters/query", name), "no such parameter", name);
        }
        Ok(())
    }

    fn parameter(&mut self, member: &Member, pointer: &str, parameter: &'a Value) -> anyhow::Result<()> {
        let types = type_names(&alternatives(self.document, &parameter["schema"])?);
        if let Some(json_type) = member.json_type
            && !types.contains(&json_type.into())
            && types != ["any"]
        {
            self.report(Kind::ParameterType, pointer, json_type, types.join(" or "));
        }
        let required = parameter["required"] == true;
        match member.presence {
            Some(Presence::Required) if !required => {
                self.report(Kind::ParameterRequired, pointer, "required", "optional");
            }
            Some(Presence::Optional) if required => {
                self.report(Kind::ParameterRequired, pointer, "optional", "required");
            }
            _ => {}
        }
        Ok(())
    }
}
