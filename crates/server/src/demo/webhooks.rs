//! Lets the embedded sandbox send its events to the demo's gateways. The address of this service may differ at each start.

use actix_web::web::Bytes;
use serde_json::{Value, json};
use tillgate_payments::Context;
use tillgate_sandbox::{Outcome, Sandbox};

use super::{
    in_process::InProcess,
    provision::{CHECKOUT_COM_SECRET_KEY, STRIPE_SECRET_KEY},
    state::State,
};
use crate::failure::Failure;

/// Name of the workflow at Checkout.com.
const WORKFLOW: &str = "Tillgate demo";
/// The context that the signing key of that workflow is derived under.
const SIGNING: &str = "demo webhook";

/// Registers the demo's gateways for the sandbox's events.
///
/// # Errors
/// The domain or the sandbox refuses, or the database fails.
pub async fn point_here(
    api: &InProcess<'_>,
    context: &Context,
    state: &State,
    sandbox: &Sandbox,
) -> Result<(), Failure> {
    stripe(api, state, sandbox).await?;
    checkout_com(api, context, state, sandbox).await
}

/// The gateway registered its endpoint when it was created, or does so now.
async fn stripe(api: &InProcess<'_>, state: &State, sandbox: &Sandbox) -> Result<(), Failure> {
    let gateway = api
        .attributes("stripe_gateways", &state.stripe_gateway_id)
        .await?;
    let Some(endpoint) = gateway["webhook_endpoint_id"].as_str() else {
        let check = json!({"_check": true});
        return api
            .update("stripe_gateways", &state.stripe_gateway_id, check)
            .await;
    };
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("url", text(&gateway["webhook_endpoint_url"]))
        .finish();
    let path = format!("/v1/webhook_endpoints/{endpoint}");
    let call = Call {
        key: STRIPE_SECRET_KEY,
        media_type: "application/x-www-form-urlencoded",
        sandbox,
    };
    call.send("POST", &path, form).map(|_| ())
}

/// Checkout.com's endpoint is made like a merchant does it: with a signing key that both sides get.
async fn checkout_com(
    api: &InProcess<'_>,
    context: &Context,
    state: &State,
    sandbox: &Sandbox,
) -> Result<(), Failure> {
    let id = &state.checkout_com_gateway_id;
    let key = context.cipher.keyed_hash(SIGNING, id.as_str());
    let secret = json!({"webhook_endpoint_secret": key});
    api.update("checkout_com_gateways", id, secret).await?;
    let gateway = api.attributes("checkout_com_gateways", id).await?;
    let action = json!({
        "type": "webhook",
        "url": gateway["webhook_endpoint_url"],
        "signature": {"method": "HMACSHA256", "key": key}
    });
    let call = Call {
        key: CHECKOUT_COM_SECRET_KEY,
        media_type: "application/json",
        sandbox,
    };
    let workflows = call.send("GET", "/workflows", String::new())?;
    let ours = workflows["data"].as_array().into_iter().flatten();
    let Some(workflow) = ours.into_iter().find(|workflow| workflow["name"] == WORKFLOW) else {
        let new = json!({"name": WORKFLOW, "active": true, "conditions": [], "actions": [action]});
        return call.send("POST", "/workflows", new.to_string()).map(|_| ());
    };
    let path = format!("/workflows/{}", text(&workflow["id"]));
    let workflow = call.send("GET", &path, String::new())?;
    let path = format!("{path}/actions/{}", text(&workflow["actions"][0]["id"]));
    call.send("PUT", &path, action.to_string()).map(|_| ())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Calls of the sandbox in process, with a secret key.
struct Call<'a> {
    key: &'static str,
    media_type: &'static str,
    sandbox: &'a Sandbox,
}

impl Call<'_> {
    fn send(&self, method: &str, path: &str, body: String) -> Result<Value, Failure> {
        let refused =
            |what: &dyn std::fmt::Display| Failure::Start(format!("the sandbox's {method} {path}: {what}"));
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", self.media_type)
            .body(Bytes::from(body))
            .map_err(|error| refused(&error))?;
        match self.sandbox.handle(&request) {
            Outcome::Answer(answer) | Outcome::Delayed(_, answer) if answer.status().is_success() => {
                serde_json::from_slice(answer.body()).map_err(|error| refused(&error))
            }
            Outcome::Answer(answer) | Outcome::Delayed(_, answer) => Err(refused(&answer.status())),
            Outcome::Dropped => Err(refused(&"no answer")),
        }
    }
}
