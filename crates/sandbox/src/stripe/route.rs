//! Routes methods and paths to endpoints.

use http::Method;
use serde_json::Value;

use super::call::Call;
use super::error::ApiError;
use super::params::Params;
use super::payment_intents::{self, cancel, capture, confirm, create, update};
use super::store::Store;
use super::{charges, customers, events, payment_methods, refunds, tokens, webhook_endpoints};

pub(super) fn dispatch(
    store: &mut Store,
    call: &mut Call<'_>,
    method: &Method,
    path: &str,
    params: Params,
) -> Result<Value, ApiError> {
    let segments: Vec<&str> = path.strip_prefix("/v1/").unwrap_or_default().split('/').collect();
    let (method, segments) = (method.as_str(), segments.as_slice());
    match (method, segments) {
        ("POST", ["tokens"]) => return tokens::create(store, call, params),
        ("POST", ["payment_methods"]) => return payment_methods::create(store, call, params),
        ("GET", ["payment_intents", id]) => return payment_intents::retrieve(store, call, id, params),
        ("POST", ["payment_intents", id, "confirm"]) => return confirm::confirm(store, call, id, params),
        _ => {}
    }
    // The other endpoints are for servers.
    call.caller.require_secret()?;
    match (method, segments) {
        ("GET", ["tokens", id]) => tokens::retrieve(store, call, id, params),

        ("GET", ["payment_methods", id]) => payment_methods::retrieve(store, call, id, params),
        ("POST", ["payment_methods", id, "attach"]) => payment_methods::attach(store, call, id, params),
        ("POST", ["payment_methods", id, "detach"]) => payment_methods::detach(store, call, id, params),

        ("POST", ["customers"]) => customers::create(store, call, params),
        ("GET", ["customers"]) => customers::list(store, call, params),
        ("GET", ["customers", id]) => customers::retrieve(store, call, id, params),
        ("POST", ["customers", id]) => customers::update(store, call, id, params),
        ("DELETE", ["customers", id]) => customers::delete(store, call, id, params),
        ("GET", ["customers", id, "payment_methods"]) => {
            customers::list_payment_methods(store, call, id, params)
        }

        ("POST", ["payment_intents"]) => create::create(store, call, params),
        ("GET", ["payment_intents"]) => payment_intents::list(store, call, params),
        ("POST", ["payment_intents", id]) => update::update(store, call, id, params),
        ("POST", ["payment_intents", id, "capture"]) => capture::capture(store, call, id, params),
        ("POST", ["payment_intents", id, "cancel"]) => cancel::cancel(store, call, id, params),

        ("GET", ["charges"]) => charges::list(store, call, params),
        ("GET", ["charges", id]) => charges::retrieve(store, call, id, params),

        ("POST", ["refunds"]) => refunds::create(store, call, params),
        ("GET", ["refunds"]) => refunds::list(store, call, params),
        ("GET", ["refunds", id]) => refunds::retrieve(store, call, id, params),
        ("POST", ["refunds", id]) => refunds::update(store, call, id, params),
        ("POST", ["refunds", id, "cancel"]) => refunds::cancel(store, call, id, params),

        ("GET", ["events"]) => events::list(store, call, params),
        ("GET", ["events", id]) => events::retrieve(store, call, id, params),

        ("POST", ["webhook_endpoints"]) => webhook_endpoints::create(store, call, params),
        ("GET", ["webhook_endpoints"]) => webhook_endpoints::list(store, call, params),
        ("GET", ["webhook_endpoints", id]) => webhook_endpoints::retrieve(store, call, id, params),
        ("POST", ["webhook_endpoints", id]) => webhook_endpoints::update(store, call, id, params),
        ("DELETE", ["webhook_endpoints", id]) => webhook_endpoints::delete(store, call, id, params),

        _ => Err(ApiError::refused(
            http::StatusCode::NOT_FOUND,
            format!("Unrecognized request URL ({method}: {path})."),
        )),
    }
}
