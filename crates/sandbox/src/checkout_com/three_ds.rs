//! The page on which a buyer authenticates: `/sandbox/checkout_com/3ds/{sid}`.

use std::borrow::Cow;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Request, Response, StatusCode};

use super::CheckoutCom;
use super::behaviour::{Authentication, ThreeDs};
use super::events::About;
use super::payment::{Payment, Stage};
use super::payments::start_capture;
use crate::env::Env;
use crate::web;

const PATH: &str = "/sandbox/checkout_com/3ds/";

impl CheckoutCom {
    /// Answers a request below `/sandbox/checkout_com/`: `GET` shows the choice, `POST` makes it with the form field `outcome`
    /// (`authenticate` or `fail`) and redirects to the shop.
    pub fn page(&mut self, env: &mut Env, request: &Request<Bytes>) -> Response<Bytes> {
        let now = env.now();
        let session = request.uri().path().strip_prefix(PATH);
        let Some(payment) = session
            .and_then(|session| self.payment_of_session(session))
            .cloned()
        else {
            return web::page(StatusCode::NOT_FOUND, "Unknown session", "", &[]);
        };
        if payment.stage(now) != Stage::Pending {
            return leave(&payment, now);
        }
        let outcome = match (request.method(), payment.card.behaviour.three_ds) {
            (&Method::GET, ThreeDs::Frictionless(outcome)) => outcome,
            (&Method::GET, _) => return choice(&payment),
            (&Method::POST, behaviour) => match chosen(request.body()) {
                Some(true) => outcome_of(behaviour),
                Some(false) => Authentication::NotAuthenticated,
                None => return web::page(StatusCode::BAD_REQUEST, "No outcome was chosen", "", &[]),
            },
            _ => return web::empty(StatusCode::METHOD_NOT_ALLOWED),
        };
        leave(&self.authenticate(env, payment, outcome, now), now)
    }

    /// Ends the session and, if the buyer was authenticated, asks the issuer.
    fn authenticate(
        &mut self,
        env: &mut Env,
        mut payment: Payment,
        outcome: Authentication,
        now: DateTime<Utc>,
    ) -> Payment {
        if let Some(session) = &mut payment.three_ds {
            session.authentication = Some(outcome);
        }
        let issuer = || payment.card.behaviour.response_code(payment.amount);
        let code = outcome.decline().map_or_else(issuer, Cow::Borrowed);
        self.decide(env, &mut payment, &code, now);
        let event = match outcome {
            Authentication::Authenticated => "authentication_approved",
            Authentication::NotAuthenticated | Authentication::Rejected | Authentication::Malfunction => {
                "authentication_failed"
            }
        };
        self.tell(env, &payment, event, &About::Payment, now);
        self.tell_verdict(env, &payment, now);
        start_capture(env, &mut payment, now);
        self.put_payment(env, payment.clone());
        payment
    }
}

fn outcome_of(behaviour: ThreeDs) -> Authentication {
    match behaviour {
        ThreeDs::Challenge(outcome) | ThreeDs::Frictionless(outcome) => outcome,
        ThreeDs::Required | ThreeDs::NotEnrolled | ThreeDs::Unsupported => Authentication::Authenticated,
    }
}

/// Whether the buyer authenticates; `None` if the form doesn't say.
fn chosen(form: &Bytes) -> Option<bool> {
    let pairs = web::form_pairs(std::str::from_utf8(form).ok()?)?;
    let (_, outcome) = pairs.into_iter().find(|(name, _)| name == "outcome")?;
    match outcome.as_str() {
        "authenticate" => Some(true),
        "fail" => Some(false),
        _ => None,
    }
}

fn choice(payment: &Payment) -> Response<Bytes> {
    let reference = payment
        .reference
        .as_deref()
        .map(|text| format!(", reference {}", web::escape(text)));
    let body = format!(
        "<p>Your bank asks you to confirm a payment of {amount} {currency} (minor units){reference} with the card \
         ending in {last4}. This is a simulation: no bank is asked and no money moves.</p>\
         <form method=\"post\"><button name=\"outcome\" value=\"authenticate\">Authenticate</button>\
         <button name=\"outcome\" value=\"fail\">Fail</button></form>",
        amount = payment.amount,
        currency = payment.currency,
        reference = reference.unwrap_or_default(),
        last4 = payment.card.last4,
    );
    let urls = [&payment.success_url, &payment.failure_url];
    let targets: Vec<String> = urls
        .into_iter()
        .flatten()
        .filter_map(|url| web::origin(url))
        .collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    web::page(StatusCode::OK, "3-D Secure", &body, &targets)
}

/// Redirects to the shop, or shows a last page if it gave no URL.
fn leave(payment: &Payment, now: DateTime<Utc>) -> Response<Bytes> {
    let approved = payment.verdict(now).is_some_and(|verdict| verdict.is_approved());
    let url = if approved {
        &payment.success_url
    } else {
        &payment.failure_url
    };
    let session = payment
        .three_ds
        .as_ref()
        .and_then(|session| session.session_id.as_deref());
    match (url, session) {
        (Some(url), Some(session)) => web::redirect(&with_session(url, session)),
        _ => {
            let word = if approved {
                "The payment was approved."
            } else {
                "The payment was declined."
            };
            web::page(StatusCode::OK, word, "<p>You can close this page.</p>", &[])
        }
    }
}

/// The URL with `cko-session-id` added to its query, before any fragment.
fn with_session(url: &str, session: &str) -> String {
    let (address, fragment) = match url.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (url, None),
    };
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let fragment = fragment
        .map(|fragment| format!("#{fragment}"))
        .unwrap_or_default();
    format!("{address}{joint}cko-session-id={session}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::with_session;

    #[test]
    fn the_session_joins_any_url() {
        for (url, joined) in [
            ("https://a.example", "https://a.example?cko-session-id=sid_x"),
            ("https://a.example/b?", "https://a.example/b?cko-session-id=sid_x"),
            (
                "https://a.example/b?c=1",
                "https://a.example/b?c=1&cko-session-id=sid_x",
            ),
            (
                "https://a.example/b?c=1&",
                "https://a.example/b?c=1&cko-session-id=sid_x",
            ),
            (
                "https://a.example/b#d?e",
                "https://a.example/b?cko-session-id=sid_x#d?e",
            ),
        ] {
            assert_eq!(with_session(url, "sid_x"), joined);
        }
    }
}
