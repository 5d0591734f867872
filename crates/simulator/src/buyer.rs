//! The buyer's browser at the PSPs: it knows the data of the shop's pages, and may never come back.

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use tillgate_sandbox::Outcome;

use crate::{
    notes::{SourceNotes, text},
    world::{PSP_URL, World},
};

/// Publishable key of the gateway at Stripe.
pub const STRIPE_PUBLIC_KEY: &str = "pk_test_simulator0000000000";

/// Cards at Stripe; good ones are more frequent.
pub const STRIPE_CARDS: &[&str] = &[
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_mastercard",
    "pm_card_amex",
    "pm_card_visa_chargeDeclined",
    "pm_card_chargeDeclinedInsufficientFunds",
    "pm_card_chargeDeclinedExpiredCard",
    "pm_card_chargeDeclinedProcessingError",
    "pm_card_chargeCustomerFail",
    "pm_card_radarBlock",
    "pm_card_threeDSecure2Required",
    "pm_card_authenticationRequired",
    "pm_card_threeDSecureRequiredChargeDeclined",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
];

/// Tokens at Checkout.com; good ones are more frequent.
pub const CHECKOUT_COM_TOKENS: &[&str] = &[
    "approvedvisa",
    "approvedvisa",
    "approvedvisa",
    "approvedmastercard",
    "approvedamex",
    "insufficientfunds",
    "donothonour",
    "expiredcard",
    "suspectedfraud",
    "riskblocked",
    "timeout",
    "challenge",
    "challenge",
    "challenge",
    "challenge",
    "challenge",
    "challenge",
    "challengerejected",
    "challengefailed",
    "frictionless",
    "frictionlessfailed",
    "notenrolled",
];

/// The token of that name.
pub fn checkout_com_token(name: &str) -> String {
    format!("tok_{:2<26}", format!("sandbox{name}"))
}

fn send(world: &World, method: &str, path: &str, form: String, key: Option<&str>) -> Option<Value> {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{PSP_URL}{path}"))
        .header("content-type", "application/x-www-form-urlencoded");
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Bytes::from(form)).ok()?;
    let answer = match world.sandbox.handle(&request) {
        Outcome::Answer(answer) | Outcome::Delayed(_, answer) => answer,
        Outcome::Dropped => return None,
    };
    world.note(format!("{} to the browser's {method} {path}", answer.status()));
    Some(serde_json::from_slice(answer.body()).unwrap_or_default())
}

/// Confirms a PaymentIntent in the browser.
pub fn confirm(world: &World, source: &SourceNotes, card: &str) {
    let Some(secret) = &source.client_secret else {
        return;
    };
    let Some((intent, _)) = secret.split_once("_secret_") else {
        return;
    };
    world.note(format!("the browser confirms {intent} with {card}"));
    let form =
        format!("client_secret={secret}&payment_method={card}&return_url=https%3A%2F%2Fshop.example%2F");
    let path = format!("/v1/payment_intents/{intent}/confirm");
    send(world, "POST", &path, form, Some(STRIPE_PUBLIC_KEY));
}

/// Goes through 3-D Secure, if the payment waits for that.
pub fn authenticate(world: &World, source: &SourceNotes, outcome: &str) {
    let page = source
        .redirect
        .clone()
        .or_else(|| stripe_challenge(world, source));
    let Some(path) = page.as_deref().and_then(|page| page.strip_prefix(PSP_URL)) else {
        return;
    };
    world.note(format!("the buyer chooses {outcome}"));
    send(world, "POST", path, format!("outcome={outcome}"), None);
}

/// The URL that Stripe.js would redirect the buyer to.
fn stripe_challenge(world: &World, source: &SourceNotes) -> Option<String> {
    let secret = source.client_secret.as_ref()?;
    let (intent, _) = secret.split_once("_secret_")?;
    let path = format!("/v1/payment_intents/{intent}?client_secret={secret}");
    let seen = send(world, "GET", &path, String::new(), Some(STRIPE_PUBLIC_KEY))?;
    let url = text(&seen["next_action"]["redirect_to_url"]["url"]);
    (!url.is_empty()).then(|| url.to_owned())
}
