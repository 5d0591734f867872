//! The common parts of the endpoints with handwritten handlers. They share errors and headers with all others, and none needs a
//! token.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use tillgate_model::{
    Dialect,
    openapi::{
        Operation, operations,
        refusals::{self, by_status},
    },
    problem::Kind,
    resource::Buyer,
};

use crate::http::{body, oauth};

/// Completes the operations that are not on resources, and adds to all others the security schemes whose tokens they accept.
pub fn stamp(document: &mut Value) {
    let for_customers: HashSet<String> = operations()
        .iter()
        .filter(|operation| operation.is_for(Buyer::Customer))
        .map(Operation::id)
        .collect();
    let paths = document["paths"].as_object_mut();
    for (path, item) in paths.into_iter().flat_map(|paths| paths.iter_mut()) {
        let operations = item.as_object_mut();
        for operation in operations.into_iter().flat_map(|item| item.values_mut()) {
            let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
            if path.starts_with("/api/") {
                // All schemes have the same kind of token.
                let mut schemes = vec!["access_token", "client_credentials"];
                schemes.extend(for_customers.contains(&id).then_some("customer_password"));
                operation["security"] = schemes.iter().map(|scheme| json!({*scheme: []})).collect();
                continue;
            }
            operation["security"] = json!([]);
            stamp_request(&id, operation);
            stamp_success(&id, operation);
            stamp_refusals(&id, operation);
        }
    }
}

fn stamp_request(id: &str, operation: &mut Value) {
    let example = match id {
        "create_access_token" => {
            json!({"grant_type": "client_credentials", "client_id": "xYZkjABcdeFGhIjKlMno", "client_secret": "s3cr3t"})
        }
        "revoke_token" => {
            json!({"token": "eyJhbGciOiJFZERTQSJ9.eyJzY29wZSI6Im1hcmtldDphbGwifQ.c2lnbmF0dXJl", "client_id": "xYZkjABcdeFGhIjKlMno", "client_secret": "s3cr3t"})
        }
        "create_gateway_event" => json!({
            "id": "evt_xxxx",
            "object": "event",
            "type": "payment_intent.succeeded",
            "data": {"object": {"id": "pi_xxxx", "object": "payment_intent", "status": "succeeded"}}
        }),
        _ => return,
    };
    let contents = operation["requestBody"]["content"].as_object_mut();
    for content in contents.into_iter().flat_map(|contents| contents.values_mut()) {
        content["example"] = example.clone();
    }
}

fn stamp_success(id: &str, operation: &mut Value) {
    let answer = &mut operation["responses"]["200"];
    answer["headers"] = json!({"X-Request-Id": {"$ref": "#/components/headers/RequestId"}});
    let Some(example) = success(id) else {
        return;
    };
    let contents = answer["content"].as_object_mut();
    for content in contents.into_iter().flat_map(|contents| contents.values_mut()) {
        content["example"] = example.clone();
    }
}

fn success(id: &str) -> Option<Value> {
    Some(match id {
        "create_access_token" => json!({
            "access_token": "eyJhbGciOiJFZERTQSJ9.eyJzY29wZSI6Im1hcmtldDphbGwifQ.c2lnbmF0dXJl",
            "token_type": "bearer",
            "expires_in": 7200,
            "scope": "market:all",
            "created_at": 1_514_808_000
        }),
        "retrieve_key_set" => json!({"keys": [{
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "kid": "1",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        }]}),
        "retrieve_health" | "retrieve_readiness" => json!({"status": "ok"}),
        "retrieve_metrics" => {
            json!("tillgate_http_requests_total{method=\"GET\",path=\"/healthz\",status=\"200\"} 1\n")
        }
        "retrieve_openapi" => {
            json!({"openapi": "3.1.0", "info": {"title": "Tillgate", "version": "1.0.0"}, "paths": {}})
        }
        "retrieve_openapi_3_0" => {
            json!({"openapi": "3.0.3", "info": {"title": "Tillgate", "version": "1.0.0"}, "paths": {}})
        }
        "retrieve_payment_return" => {
            json!("<!doctype html>\n<title>Back from your bank</title>\n<h1>Thank you</h1>\n")
        }
        _ => return None,
    })
}

fn stamp_refusals(id: &str, operation: &mut Value) {
    let kinds = match id {
        "create_access_token" | "revoke_token" => vec![
            Kind::InvalidDataFormat,
            Kind::PayloadTooLarge,
            Kind::UnsupportedMediaType,
            Kind::TooManyRequests,
            Kind::InternalServerError,
            Kind::ServiceUnavailable,
        ],
        "create_gateway_event" => vec![
            Kind::InvalidDataFormat,
            Kind::RecordNotFound,
            Kind::PayloadTooLarge,
            Kind::UnsupportedMediaType,
            Kind::InternalServerError,
            Kind::ServiceUnavailable,
        ],
        "retrieve_metrics" => vec![Kind::Forbidden, Kind::RouteNotFound],
        "retrieve_readiness" => vec![Kind::ServiceUnavailable],
        _ => Vec::new(),
    };
    let refusals = by_status(kinds);
    let mut codes = refusals::listed(&refusals, Dialect::CommerceLayer);
    let mut answers: Map<String, Value> = refusals
        .iter()
        .map(|(status, kinds)| {
            let answer = refusals::answer(*status, kinds, Dialect::CommerceLayer);
            (status.to_string(), answer)
        })
        .collect();
    match id {
        "create_access_token" => oauth::describe_errors(oauth::OF_TOKENS, &mut codes, &mut answers),
        "revoke_token" => oauth::describe_errors(oauth::OF_REVOCATIONS, &mut codes, &mut answers),
        _ => {}
    }
    operation["x-error-codes"] = codes;
    let declared = operation["responses"].as_object_mut();
    for (status, answer) in declared.into_iter().flat_map(|declared| declared.iter_mut()) {
        let Some(mut refusal) = answers.remove(status) else {
            continue;
        };
        if let Some(limit) = max_body_bytes(id) {
            restate_limit(&mut refusal, limit);
        }
        // The handler's description is more exact.
        refusal["description"] = answer["description"].take();
        *answer = refusal;
    }
}

/// Maximum size of a body, if it differs from the resources'.
fn max_body_bytes(id: &str) -> Option<usize> {
    match id {
        "create_access_token" => Some(body::MAX_TOKEN_REQUEST_BYTES),
        "create_gateway_event" => Some(body::MAX_EVENT_BYTES),
        _ => None,
    }
}

/// Writes the limit into the example of a body that is too large.
fn restate_limit(answer: &mut Value, limit: usize) {
    let problem = refusals::too_large(limit);
    let code = problem.kind.code(Dialect::CommerceLayer);
    let contents = answer["content"].as_object_mut();
    for content in contents.into_iter().flat_map(|contents| contents.values_mut()) {
        if let Some(example) = content["examples"].get_mut(code) {
            example["value"]["errors"] = json!([problem.render(Dialect::CommerceLayer)]);
        }
    }
}
