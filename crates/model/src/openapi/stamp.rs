//! What all operations have in common is written onto the document once, here.

use serde_json::{Map, Value, json};

use super::components;

/// Marks a schema that went through utoipa's types as text.
pub(super) const INLINE: &str = "inline:";

/// Puts the component schemas in, and the schemas that went through as text.
pub fn finish(document: &mut Value) {
    unpack(document);
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

fn unpack(value: &mut Value) {
    let packed = value
        .get("description")
        .and_then(Value::as_str)
        .and_then(|text| text.strip_prefix(INLINE))
        .and_then(|text| serde_json::from_str(text).ok());
    if let Some(schema) = packed {
        *value = schema;
        return;
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(unpack),
        Value::Array(items) => items.iter_mut().for_each(unpack),
        _ => {}
    }
}

/// Writes the error answers, the idempotency header, the response headers and the links onto the operations on resources.
pub fn stamp(document: &mut Value) {
    super::links::stamp(document);
    let calls_psp: Vec<String> = super::operations()
        .iter()
        .filter(|operation| operation.resource.calls_psp.contains(&operation.action()))
        .map(super::Operation::id)
        .collect();
    document["components"]["headers"] = headers();
    document["components"]["parameters"] = json!({"IdempotencyKey": idempotency_key()});
    document["components"]["responses"] = responses();
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for (path, item) in paths.iter_mut() {
        if !path.starts_with("/api/") {
            continue;
        }
        let Some(verbs) = item.as_object_mut() else {
            continue;
        };
        for (verb, operation) in verbs.iter_mut() {
            let psp = operation["operationId"]
                .as_str()
                .is_some_and(|id| calls_psp.iter().any(|known| known == id));
            stamp_operation(path, verb, psp, operation);
        }
    }
}

fn stamp_operation(path: &str, verb: &str, calls_psp: bool, operation: &mut Value) {
    let has_body = matches!(verb, "post" | "patch");
    let mut statuses = vec![400, 401, 403, 406, 429, 500, 503];
    if has_body {
        statuses.extend([409, 413, 415, 422]);
    }
    if path.contains("{id}") || has_body {
        statuses.push(404);
    }
    if verb == "delete" {
        statuses.extend([409, 423]);
    }
    if calls_psp {
        statuses.push(502);
    }
    if has_body && path.contains("{id}") {
        statuses.push(423);
    }
    statuses.sort_unstable();
    statuses.dedup();
    operation["security"] = json!([{"access_token": []}]);
    if has_body {
        let parameter = json!({"$ref": "#/components/parameters/IdempotencyKey"});
        match operation.get_mut("parameters").and_then(Value::as_array_mut) {
            Some(parameters) => parameters.push(parameter),
            None => operation["parameters"] = json!([parameter]),
        }
    }
    let Some(answers) = operation["responses"].as_object_mut() else {
        return;
    };
    for answer in answers.values_mut() {
        let headers = answer
            .as_object_mut()
            .map(|answer| answer.entry("headers").or_insert_with(|| json!({})));
        if let Some(Value::Object(headers)) = headers {
            headers.insert("X-Request-Id".into(), header("RequestId"));
            if has_body {
                headers.insert("Idempotent-Replayed".into(), header("IdempotentReplayed"));
            }
            if calls_psp {
                headers.insert("Retry-After".into(), header("RetryAfter"));
            }
        }
    }
    for status in statuses {
        answers.insert(
            status.to_string(),
            json!({"$ref": format!("#/components/responses/{status}")}),
        );
    }
}

fn header(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{name}")})
}

fn headers() -> Value {
    let text = |description: &str| json!({"description": description, "schema": {"type": "string"}});
    json!({
        "RequestId": text("Identifier of the request, which leads to its lines in the service's log."),
        "IdempotentReplayed": text("`true` if the answer is that of an earlier request with the same idempotency key."),
        "RetryAfter": {"description": "Seconds after which it makes sense to ask again.", "schema": {"type": "integer", "minimum": 0}},
        "WwwAuthenticate": text("Which credentials the API takes.")
    })
}

/// Without an example: tools such as Swagger UI would send it with every request, where each needs a key of its own.
fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "A key of the client's making, up to 255 visible ASCII characters. The same request sent again with the same key has no second effect and gets the first answer; another request with it gets 422.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    })
}

fn responses() -> Value {
    const DESCRIPTIONS: &[(u16, &str)] = &[
        (400, "The request does not have the form that the endpoint takes."),
        (401, "There is no access token, or it is not valid."),
        (403, "The application is not permitted to do this."),
        (404, "There is no such resource."),
        (406, "The answer's media type is not accepted."),
        (
            409,
            "The request conflicts with the resource, or with a request that has the same idempotency key.",
        ),
        (413, "The body is too large."),
        (415, "The body has another media type."),
        (
            422,
            "A value is not allowed, the payment was declined, or the idempotency key was used for another request.",
        ),
        (423, "Something depends on the resource."),
        (429, "There were too many requests, or too many failed payments."),
        (500, "A fault of the service."),
        (502, "The PSP refuses the gateway's credentials."),
        (
            503,
            "The PSP cannot be reached, or the service is too busy; nothing was done.",
        ),
    ];
    let all: Map<String, Value> = DESCRIPTIONS
        .iter()
        .map(|(status, description)| {
            let schema = components::reference("ErrorDocument");
            let mut headers = json!({"X-Request-Id": header("RequestId")});
            if matches!(status, 409 | 429 | 503) {
                headers["Retry-After"] = header("RetryAfter");
            }
            if *status == 401 {
                headers["WWW-Authenticate"] = header("WwwAuthenticate");
            }
            let answer = json!({
                "description": description,
                "headers": headers,
                "content": {
                    super::paths::JSON_API: {"schema": schema},
                    super::paths::JSON: {"schema": schema}
                }
            });
            (status.to_string(), answer)
        })
        .collect();
    Value::Object(all)
}
