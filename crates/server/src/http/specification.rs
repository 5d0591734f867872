//! The OpenAPI document of this service: with its own URL, and in a demo with orders that can be paid.

use std::sync::OnceLock;

use actix_web::{
    HttpResponse,
    web::{Bytes, Data},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tillgate_model::openapi::{EXAMPLE_ORIGIN, v30};

use super::{errors, state::Worker};
use crate::openapi;

/// Credentials of an application.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: SecretString,
}

/// A demo order in the document: path, and id of an order that can be paid there.
pub type ExampleOrder = (&'static str, String);

/// The document of this service, made at its first request.
pub struct Specification {
    public_url: String,
    example_orders: Vec<ExampleOrder>,
    latest: OnceLock<Bytes>,
    version_3_0: OnceLock<Result<Bytes, String>>,
}

impl Specification {
    /// The document of a service at a URL.
    pub fn new(public_url: &str, example_orders: Vec<ExampleOrder>) -> Self {
        Self {
            public_url: public_url.to_owned(),
            example_orders,
            latest: OnceLock::new(),
            version_3_0: OnceLock::new(),
        }
    }

    fn document(&self) -> Value {
        let mut document = openapi::document();
        // This comes before other links have this service's URL, which may begin like the examples' one.
        put_url_in(&mut document, &self.public_url);
        document["servers"] = json!([{"url": self.public_url, "description": "This service."}]);
        for scheme in members(document.pointer_mut("/components/securitySchemes")) {
            for flow in members(scheme.get_mut("flows")) {
                for name in ["authorizationUrl", "tokenUrl", "refreshUrl"] {
                    if let Some(Value::String(url)) = flow.get_mut(name) {
                        *url = format!("{}{url}", self.public_url);
                    }
                }
            }
        }
        for (path, id) in &self.example_orders {
            let contents = document["paths"][*path]["post"]["requestBody"]["content"].as_object_mut();
            for content in contents.into_iter().flat_map(|contents| contents.values_mut()) {
                put_order_in(content, id);
            }
        }
        document
    }

    fn latest(&self) -> Bytes {
        self.latest
            .get_or_init(|| self.document().to_string().into())
            .clone()
    }

    fn version_3_0(&self) -> Result<Bytes, String> {
        self.version_3_0
            .get_or_init(|| match v30::downlevel(&self.document()) {
                Ok(document) => Ok(document.to_string().into()),
                Err(error) => Err(error.to_string()),
            })
            .clone()
    }
}

fn members(object: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    let members = object.and_then(Value::as_object_mut);
    members.into_iter().flat_map(|members| members.values_mut())
}

/// The links of examples lead to this service.
fn put_url_in(value: &mut Value, public_url: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(EXAMPLE_ORIGIN)
                && (rest.is_empty() || rest.starts_with('/'))
            {
                *text = format!("{public_url}{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| put_url_in(item, public_url)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| put_url_in(member, public_url)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The examples of a request body pay this order.
fn put_order_in(content: &mut Value, id: &str) {
    let scenarios = content.get_mut("examples").and_then(Value::as_object_mut);
    for scenario in scenarios.into_iter().flat_map(|scenarios| scenarios.values_mut()) {
        if let Some(order) = scenario.pointer_mut("/value/data/relationships/order/data/id") {
            *order = id.into();
        }
    }
}

/// Retrieve this document
///
/// This document, in OpenAPI 3.1.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "retrieve_openapi", tag = "Operation",
    responses((status = 200, description = "The document.", content_type = "application/json", body = Object))
)]
pub async fn retrieve(worker: Data<Worker>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(worker.shared.specification.latest())
}

/// Retrieve this document in OpenAPI 3.0
///
/// This document in OpenAPI 3.0, for tools that don't read 3.1.
#[utoipa::path(
    get, path = "/openapi-3.0.json", operation_id = "retrieve_openapi_3_0", tag = "Operation",
    responses((status = 200, description = "The document.", content_type = "application/json", body = Object))
)]
pub async fn retrieve_3_0(worker: Data<Worker>) -> HttpResponse {
    match worker.shared.specification.version_3_0() {
        Ok(document) => HttpResponse::Ok().content_type("application/json").body(document),
        Err(error) => {
            tracing::error!(error, "the document has no form in OpenAPI 3.0");
            errors::internal("/openapi-3.0.json")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All strings of a document, with the names of the members that they stand in.
    fn strings<'a>(value: &'a Value, name: &'a str, found: &mut Vec<(&'a str, &'a str)>) {
        match value {
            Value::String(text) => found.push((name, text)),
            Value::Array(items) => items.iter().for_each(|item| strings(item, name, found)),
            Value::Object(members) => members
                .iter()
                .for_each(|(name, member)| strings(member, name, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    #[test]
    fn every_url_keeps_the_path_of_the_public_url() {
        for public_url in [
            "https://pay.example/tillgate",
            "https://shop.test/a/b",
            "http://127.0.0.1:8080",
        ] {
            let specification = Specification::new(public_url, Vec::new());
            let texts = [
                specification.latest(),
                specification.version_3_0().expect("a document"),
            ];
            for text in texts {
                let document: Value = serde_json::from_slice(&text).expect("JSON");
                let mut all = Vec::new();
                strings(&document, "", &mut all);
                let mut ours = 0;
                for (name, text) in all {
                    let is_flow = matches!(name, "tokenUrl" | "refreshUrl" | "authorizationUrl");
                    let is_link = matches!(name, "self" | "related" | "first" | "last" | "next" | "prev");
                    if is_flow || (is_link && text.contains("/api/")) || name.ends_with("_endpoint_url") {
                        assert!(text.starts_with(&format!("{public_url}/")), "{name}: {text}");
                        ours += 1;
                    }
                    let foreign = text.split(public_url).any(|rest| rest.contains(EXAMPLE_ORIGIN));
                    assert!(!foreign, "{name}: {text}");
                    assert!(
                        text.matches(public_url).count() <= 1 || name == "description",
                        "{name}: {text}"
                    );
                }
                assert!(ours > 100, "{ours}");
                assert_eq!(document["servers"][0]["url"], public_url);
            }
        }
    }
}
