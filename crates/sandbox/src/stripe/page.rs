//! The page on which a buyer goes through 3-D Secure: `/sandbox/stripe/3ds/{payment_intent}?challenge=…`.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};

use super::auth::Caller;
use super::call::Call;
use super::currency::display;
use super::model::{PaymentIntent, Status};
use super::payment_intents::attempt::{authenticated, authentication_failed};
use super::store::Store;
use crate::env::Env;
use crate::web;

pub(super) fn answer(store: &mut Store, env: &mut Env, request: &Request<Bytes>) -> Response<Bytes> {
    let Some(pi) = waiting(store, request) else {
        return web::page(
            StatusCode::NOT_FOUND,
            "Nothing to authenticate",
            "<p>This payment does not wait for 3-D Secure.</p>",
            &[],
        );
    };
    match *request.method() {
        Method::GET => form(&pi),
        Method::POST => {
            let pairs = std::str::from_utf8(request.body())
                .ok()
                .and_then(web::form_pairs)
                .unwrap_or_default();
            let outcome = pairs
                .iter()
                .find(|(name, _)| name == "outcome")
                .map(|(_, value)| value.as_str());
            let caller = Caller {
                livemode: pi.livemode,
                publishable: true,
            };
            let now = env.now();
            let mut call = Call {
                env,
                caller,
                idempotency_key: None,
                request_id: None,
                now,
            };
            match outcome {
                Some("authenticate") => authenticated(store, &mut call, pi.clone()),
                Some("fail") => authentication_failed(store, &mut call, pi.clone()),
                _ => return web::empty(StatusCode::BAD_REQUEST),
            }
            leave(store.payment_intents.get(&pi.id).unwrap_or(&pi))
        }
        _ => web::empty(StatusCode::METHOD_NOT_ALLOWED),
    }
}

/// The PaymentIntent of the URL, if its challenge is still waiting.
fn waiting(store: &Store, request: &Request<Bytes>) -> Option<PaymentIntent> {
    let id = request.uri().path().strip_prefix("/sandbox/stripe/3ds/")?;
    let pi = store.payment_intents.get(id)?;
    let pairs = web::form_pairs(request.uri().query()?)?;
    let (_, key) = pairs.iter().find(|(name, _)| name == "challenge")?;
    pi.challenge
        .as_ref()
        .filter(|challenge| challenge.key == *key)
        .map(|_| pi.clone())
}

fn form(pi: &PaymentIntent) -> Response<Bytes> {
    let body = format!(
        "<p>A payment of <strong>{}</strong> waits for you. Nothing is charged: this is a test.</p>\
         <form method=\"post\"><button name=\"outcome\" value=\"authenticate\">Authenticate</button>\
         <button name=\"outcome\" value=\"fail\">Fail</button></form>",
        web::escape(&display(pi.amount, &pi.currency))
    );
    let target = pi.return_url.as_deref().and_then(web::origin);
    web::page(StatusCode::OK, "3-D Secure", &body, target.as_deref().as_slice())
}

/// Redirects to the shop, or shows a last page without a URL.
fn leave(pi: &PaymentIntent) -> Response<Bytes> {
    let status = match pi.status {
        Status::RequiresPaymentMethod | Status::Canceled => "failed",
        _ => "succeeded",
    };
    let Some(return_url) = &pi.return_url else {
        return web::page(
            StatusCode::OK,
            "Thank you",
            "<p>You can close this page.</p>",
            &[],
        );
    };
    let (address, fragment) = return_url.split_once('#').unwrap_or((return_url, ""));
    let joint = if address.contains('?') { '&' } else { '?' };
    let mut location = format!(
        "{address}{joint}payment_intent={}&payment_intent_client_secret={}&redirect_status={status}",
        pi.id, pi.client_secret
    );
    if !fragment.is_empty() {
        location.push('#');
        location.push_str(fragment);
    }
    web::redirect(&location)
}
