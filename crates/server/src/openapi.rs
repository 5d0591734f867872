//! The OpenAPI document: the declared resources, and the other endpoints.

mod bespoke;

use serde_json::{Map, Value, json};
use tillgate_model::openapi::{finish, stamp, webhooks};
use utoipa::OpenApi;

use crate::http::{landing, metrics, oauth, probes, specification, webhook_callbacks};

/// The endpoints with handwritten handlers.
#[derive(OpenApi)]
#[openapi(
    paths(
        oauth::create_token,
        oauth::revoke_token,
        oauth::key_set,
        landing::retrieve,
        webhook_callbacks::create,
        probes::health,
        probes::readiness,
        metrics::retrieve,
        specification::retrieve,
        specification::retrieve_3_0,
    ),
    components(schemas(webhook_callbacks::NotifyingGateway))
)]
struct Bespoke;

const DESCRIPTION: &str = "\
Takes payments for orders, through Stripe and Checkout.com.

The API speaks [JSON:API](https://jsonapi.org). Send and accept `application/vnd.api+json`; `application/json` is taken too, and \
answered when `Accept` asks for it. Every request but the few without a lock below carries an access token, which \
`POST /oauth/token` gives an application for its credentials.

A `POST` or `PATCH` with an `Idempotency-Key` can be sent again without a second effect. Every answer has an `X-Request-Id`.";

/// Tags of the documentation, in order.
const TAGS: &[(&str, &str)] = &[
    ("Authentication", "Access tokens."),
    (
        "Payment sources",
        "What pays an order: a card through Stripe, or through Checkout.com.",
    ),
    ("Payments", "Paying an order in one call."),
    (
        "Commerce",
        "Whom and what is paid for: markets, customers, orders and their line items.",
    ),
    (
        "Configuration",
        "Payment methods, and the accounts at the payment gateways.",
    ),
    ("Transactions", "What happened to the money of an order."),
    (
        "Events",
        "Telling a merchant's own systems what happens: webhooks, and what they were called for.",
    ),
    ("Operation", "For those who run the service."),
];

/// The canonical document, OpenAPI 3.1, which is the same for every service of this version.
pub fn document() -> Value {
    let mut api = Bespoke::openapi();
    let resources = tillgate_model::openapi::paths::paths();
    api.paths.paths.extend(resources.paths);
    let mut document =
        serde_json::to_value(api).expect("utoipa's types have string keys and no failing serializers");
    finish(&mut document);
    stamp(&mut document);
    bespoke::stamp(&mut document);
    document["openapi"] = "3.1.0".into();
    document["info"] = json!({
        "title": "Tillgate",
        "version": env!("CARGO_PKG_VERSION"),
        "description": DESCRIPTION,
        "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"}
    });
    document["servers"] = json!([{"url": "/", "description": "The service that gives this document."}]);
    document["tags"] = TAGS
        .iter()
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect();
    document["webhooks"] = webhooks();
    document["components"]["securitySchemes"] = security_schemes();
    ordered(document)
}

fn security_schemes() -> Value {
    json!({
        "access_token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of `POST /oauth/token`."
        },
        "client_credentials": {
            "type": "oauth2",
            "description": "Gets an access token for the credentials of an application.",
            "flows": {"clientCredentials": {
                "tokenUrl": "/oauth/token",
                "scopes": {"market:all": "Everything that the application may do, in all markets."}
            }}
        },
        "customer_password": {
            "type": "oauth2",
            "description": "Gets an access token for a customer who logs in through a sales channel.",
            "flows": {"password": {
                "tokenUrl": "/oauth/token",
                "refreshUrl": "/oauth/token",
                "scopes": {"market:id:ID": "What customers may do, in the market of the sales channel."}
            }}
        }
    })
}

/// Sorts the members in reading order.
fn ordered(mut document: Value) -> Value {
    let mut members = Map::new();
    for name in [
        "openapi",
        "info",
        "servers",
        "tags",
        "paths",
        "webhooks",
        "components",
    ] {
        members.insert(name.to_owned(), document[name].take());
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn operations(document: &Value) -> Vec<(String, Value)> {
        let paths = document["paths"].as_object().expect("paths");
        paths
            .iter()
            .flat_map(|(path, item)| {
                let verbs = item.as_object().expect("a path item").iter();
                verbs.map(move |(verb, operation)| (format!("{verb} {path}"), operation.clone()))
            })
            .collect()
    }

    #[test]
    fn every_operation_says_what_it_is() {
        let document = document();
        let tags: HashSet<&str> = TAGS.iter().map(|(name, _)| *name).collect();
        let mut ids = HashSet::new();
        for (name, operation) in operations(&document) {
            for member in ["summary", "description", "operationId"] {
                assert!(
                    operation[member].as_str().is_some_and(|text| !text.is_empty()),
                    "{name} has no {member}"
                );
            }
            assert!(
                ids.insert(operation["operationId"].clone()),
                "{name} has the id of another operation"
            );
            let of = operation["tags"].as_array().expect("tags");
            assert!(
                of.len() == 1 && of[0].as_str().is_some_and(|tag| tags.contains(tag)),
                "{name}: {of:?}"
            );
            assert!(operation["security"].is_array(), "{name}");
        }
        assert!(ids.len() > 80);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn visit(document: &Value, value: &Value) {
            match value {
                Value::Object(members) => {
                    if let Some(Value::String(reference)) = members.get("$ref") {
                        assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
                    }
                    members.values().for_each(|member| visit(document, member));
                }
                Value::Array(items) => items.iter().for_each(|item| visit(document, item)),
                _ => {}
            }
        }
        let document = document();
        visit(&document, &document);
    }

    #[test]
    fn every_answer_with_a_body_is_closed() {
        let document = document();
        for name in ["AccessToken", "Health", "KeySet", "JsonWebKey", "ErrorDocument"] {
            assert_eq!(
                document["components"]["schemas"][name]["additionalProperties"], false,
                "{name}"
            );
        }
    }
}
