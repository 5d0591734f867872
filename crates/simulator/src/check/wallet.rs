//! Saved cards: charged for their own customers only, and never after they were removed.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use tillgate_model::{
    Timestamp,
    resources::{PaymentSourceType, TransactionKind},
};
use tillgate_sandbox::Outcome;
use tillgate_store::CardState;

use super::Books;
use crate::{
    notes::{Notes, text},
    shop::{CHECKOUT_COM_KEY, STRIPE_KEY},
    world::World,
};

/// Violations.
pub fn check(books: &Books, notes: &Notes, world: &World) -> Vec<String> {
    let mut findings = Vec::new();
    charges(books, notes, &mut findings);
    for card in &books.cards {
        if card.state != CardState::Active {
            findings.push(format!("the card {} is still {}", card.id, card.state));
        }
    }
    for (id, card) in notes.cards.iter().filter(|(_, card)| card.removed_at.is_some()) {
        if is_kept(world, &card.token) {
            findings.push(format!(
                "the card {id} was removed, but its PSP still has {}",
                card.token
            ));
        }
    }
    customers(world, &mut findings);
    findings.extend(buyers(books, world));
    findings
}

/// The instrument of an order at Stripe belongs to its customer, or to nobody.
pub fn buyers(books: &Books, world: &World) -> Vec<String> {
    let mut findings = Vec::new();
    let list = ask(world, "/v1/customers?limit=100", STRIPE_KEY);
    let customers = list["data"].as_array().cloned().unwrap_or_default();
    let ours = |psp_id: &str| {
        let mut found = customers
            .iter()
            .filter(|customer| text(&customer["id"]) == psp_id);
        Some(text(&found.next()?["metadata"]["customer_id"]).to_owned())
    };
    for source in books
        .sources
        .iter()
        .filter(|source| source.kind == PaymentSourceType::StripePayments)
    {
        let order = books
            .orders
            .iter()
            .find(|order| order.payment_source_id.as_ref() == Some(&source.id));
        let (Some(order), Some(psp_id)) = (order, &source.psp_id) else {
            continue;
        };
        let intent = ask(world, &format!("/v1/payment_intents/{psp_id}"), STRIPE_KEY);
        let made_for = ours(text(&intent["customer"]));
        if made_for.is_some() && made_for != order.customer_id && intent["status"] != "canceled" {
            findings.push(format!(
                "{psp_id} of order {} was made for {made_for:?}, and not for {:?}",
                order.id, order.customer_id
            ));
        }
    }
    findings
}

/// Every attempt to pay with a saved card.
fn charges(books: &Books, notes: &Notes, findings: &mut Vec<String>) {
    for row in books
        .transactions
        .iter()
        .filter(|row| row.kind == TransactionKind::Authorizations)
    {
        let source = books
            .sources
            .iter()
            .find(|source| source.id == row.payment_source_id);
        let details = source.map(|source| serde_json::from_str(&source.details).unwrap_or(Value::Null));
        let chosen = details.map(|details| text(&details["customer_payment_source_id"]).to_owned());
        let Some((id, card)) = chosen.and_then(|id| notes.cards.get_key_value(&id)) else {
            continue;
        };
        let order = books.orders.iter().find(|order| order.id == row.order_id);
        // The order may have got another buyer since then.
        let payers = order.and_then(|order| Some(&notes.orders.get(&order.id)?.customers));
        if payers.is_none_or(|payers| !payers.contains(&card.owner)) {
            findings.push(format!(
                "the card {id} of {} was to pay an order of {payers:?}",
                card.owner
            ));
        }
        if card
            .removed_at
            .is_some_and(|removed| Timestamp::from(row.created_at).moment() > removed)
        {
            findings.push(format!(
                "the card {id} was to pay {} after it was removed",
                row.id
            ));
        }
    }
}

/// A customer of ours is created once at Stripe.
fn customers(world: &World, findings: &mut Vec<String>) {
    let list = ask(world, "/v1/customers?limit=100", STRIPE_KEY);
    let mut made: BTreeMap<&str, usize> = BTreeMap::new();
    for customer in list["data"].as_array().into_iter().flatten() {
        *made
            .entry(text(&customer["metadata"]["customer_id"]))
            .or_default() += 1;
    }
    for (customer, count) in made.into_iter().filter(|(_, count)| *count > 1) {
        findings.push(format!("Stripe knows {customer} {count} times"));
    }
}

fn is_kept(world: &World, token: &str) -> bool {
    if token.starts_with("src_") {
        return ask(world, &format!("/instruments/{token}"), CHECKOUT_COM_KEY)["id"].is_string();
    }
    ask(world, &format!("/v1/payment_methods/{token}"), STRIPE_KEY)["customer"].is_string()
}

/// Sends a request to a PSP like the merchant would, past all faults.
fn ask(world: &World, path: &str, key: &str) -> Value {
    let request = Request::builder()
        .method("GET")
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .body(Bytes::new());
    let Ok(request) = request else { return Value::Null };
    match world.sandbox.handle(&request) {
        Outcome::Answer(answer) => serde_json::from_slice(answer.body()).unwrap_or_default(),
        _ => Value::Null,
    }
}
