//! The OpenAPI document, as this service gives it: with its own URL, and in a demo with orders that can be paid.

use std::sync::OnceLock;

use actix_web::{
    HttpResponse,
    web::{Bytes, Data},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tillgate_model::openapi::v30;

use super::{errors, state::Worker};
use crate::openapi;

/// What lets an application in.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Public half.
    pub client_id: String,
    /// Secret half.
    pub client_secret: SecretString,
}

/// Where a demo's order stands in the document: path, and id of an order that can be paid there.
pub type ExampleOrder = (&'static str, String);

/// The document of this service, written when it is first asked for.
pub struct Specification {
    public_url: String,
    example_orders: Vec<ExampleOrder>,
    latest: OnceLock<Bytes>,
    version_3_0: OnceLock<Result<Bytes, String>>,
}

impl Specification {
    /// For a service at a URL.
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
        document["servers"] = json!([{"url": self.public_url, "description": "This service."}]);
        let flow = "/components/securitySchemes/client_credentials/flows/clientCredentials/tokenUrl";
        if let Some(token_url) = document.pointer_mut(flow) {
            *token_url = format!("{}{}", self.public_url, token_url.as_str().unwrap_or_default()).into();
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
