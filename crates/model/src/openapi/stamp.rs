//! Writes the common parts of all operations into the document.

use serde_json::{Map, Value, json};

use super::{
    Operation, OperationKind, components,
    refusals::{self, Refusals, refusals},
};
use crate::{Action, Dialect, problem::Kind};

/// Adds the component schemas.
pub fn finish(document: &mut Value) {
    let schemas = components::components().into_map();
    let components = &mut document["components"];
    if !components.is_object() {
        *components = json!({});
    }
    match components.get_mut("schemas").and_then(Value::as_object_mut) {
        Some(existing) => existing.extend(schemas),
        None => components["schemas"] = Value::Object(schemas),
    }
}

/// Writes the error answers, the idempotency header, the response headers, the examples of answers and the links into the
/// operations on resources.
pub fn stamp(document: &mut Value) {
    super::links::stamp(document);
    super::answers::stamp(document);
    document["components"]["headers"] = headers();
    document["components"]["parameters"] = json!({
        "IdempotencyKey": idempotency_key(),
        "IfMatch": condition(
            "If-Match",
            "Entity tags of answers, as in `ETag`. The change is made only if the resource still has one of them; else the answer is 412.",
        ),
        "IfNoneMatch": condition(
            "If-None-Match",
            "Entity tags of answers, as in `ETag`. If the resource still has one of them, the answer is 304 without a body.",
        ),
    });
    let mut responses = Map::new();
    for operation in super::operations() {
        let refusals = refusals(&operation, relates(&operation, document));
        let item = document["paths"].get_mut(operation.path());
        if let Some(described) = item.and_then(|item| item.get_mut(operation.method().to_lowercase())) {
            stamp_operation(&operation, &refusals, described, &mut responses);
        }
    }
    document["components"]["responses"] = Value::Object(responses);
}

/// Whether a request names other resources.
fn relates(operation: &Operation, document: &Value) -> bool {
    let schema = format!("Create{}Relationships", operation.resource.schema);
    let properties = &document["components"]["schemas"][schema]["properties"];
    operation.action() == Action::Create && properties.as_object().is_some_and(|members| !members.is_empty())
}

fn stamp_operation(
    operation: &Operation,
    refusals: &Refusals,
    described: &mut Value,
    responses: &mut Map<String, Value>,
) {
    let dialect = operation.resource.dialect;
    described["security"] = json!([{"access_token": []}]);
    described["x-error-codes"] = refusals::listed(refusals, dialect);
    let retrieves = matches!(operation.kind, OperationKind::Action(Action::Retrieve));
    let headers = [
        (operation.has_body(), "IdempotencyKey"),
        (operation.takes_condition(), "IfMatch"),
        (retrieves, "IfNoneMatch"),
    ];
    for (_, name) in headers.into_iter().filter(|(has, _)| *has) {
        let parameter = json!({"$ref": format!("#/components/parameters/{name}")});
        match described.get_mut("parameters").and_then(Value::as_array_mut) {
            Some(parameters) => parameters.push(parameter),
            None => described["parameters"] = json!([parameter]),
        }
    }
    let Some(answers) = described["responses"].as_object_mut() else {
        return;
    };
    for answer in answers.values_mut() {
        let headers = answer
            .as_object_mut()
            .map(|answer| answer.entry("headers").or_insert_with(|| json!({})));
        if let Some(Value::Object(headers)) = headers {
            headers.insert("X-Request-Id".into(), header("RequestId"));
            if operation.has_entity_tag() {
                headers.insert("ETag".into(), header("ETag"));
            }
            if operation.has_body() {
                headers.insert("Idempotent-Replayed".into(), header("IdempotentReplayed"));
            }
            if operation.calls_psp() {
                headers.insert("Retry-After".into(), header("RetryAfter"));
            }
        }
    }
    if retrieves {
        let unchanged = json!({
            "description": "The resource's entity tag is in `If-None-Match`. There is no body.",
            "headers": {"X-Request-Id": header("RequestId"), "ETag": header("ETag")}
        });
        responses.entry("304").or_insert(unchanged);
        answers.insert("304".into(), json!({"$ref": "#/components/responses/304"}));
    }
    for (&status, kinds) in refusals {
        let name = response_name(status, kinds, dialect);
        responses
            .entry(&name)
            .or_insert_with(|| refusals::answer(status, kinds, dialect));
        answers.insert(
            status.to_string(),
            json!({"$ref": format!("#/components/responses/{name}")}),
        );
    }
}

/// Answers with the same problems share a component.
fn response_name(status: u16, kinds: &[Kind], dialect: Dialect) -> String {
    let mut name = status.to_string();
    match status {
        400 => {
            if !kinds.contains(&Kind::ParamMissing) {
                name += "-without-body";
            }
            if kinds.contains(&Kind::FilterNotAllowed) {
                name += "-with-filters";
            } else if kinds.contains(&Kind::InvalidInclude) {
                name += "-with-include";
            }
        }
        422 if kinds.contains(&Kind::Declined) => name += "-declined",
        422 if !kinds.contains(&Kind::IdempotencyKeyReused) => name += "-too-slow",
        503 if !kinds.contains(&Kind::OutcomeUnknown) => name += "-without-effect",
        503 if !kinds.contains(&Kind::PaymentGatewayUnavailable) => name += "-without-psp",
        _ => {}
    }
    if dialect == Dialect::Foodetective {
        name += "-v1";
    }
    name
}

fn header(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{name}")})
}

fn headers() -> Value {
    let text = |description: &str| json!({"description": description, "schema": {"type": "string"}});
    json!({
        "RequestId": text("Identifier of the request, which leads to its lines in the service's log."),
        "ETag": text("The entity tag of the resource as the answer shows it."),
        "IdempotentReplayed": text("`true` if the answer is that of an earlier request with the same idempotency key."),
        "RetryAfter": {"description": "Seconds after which it makes sense to ask again.", "schema": {"type": "integer", "minimum": 0}},
        "WwwAuthenticate": text("Credentials that the API accepts.")
    })
}

fn condition(name: &str, description: &str) -> Value {
    // Empty elements of the list are accepted, and characters beyond ASCII (RFC 9110 section 8.8.3), but not recommended.
    const TAGS: &str = r#"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$"#;
    let schema = json!({"type": "string", "pattern": TAGS});
    json!({"name": name, "in": "header", "required": false, "description": description, "schema": schema})
}

/// It has no example: tools such as Swagger UI would send it with every request, but each needs a key of its own.
fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "A key of the client's making, up to 255 visible ASCII characters. The same request sent again with the same key has no second effect and gets the first answer; another request with it gets 422. A key with an answer is forgotten 24 hours after it was first sent.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    })
}
