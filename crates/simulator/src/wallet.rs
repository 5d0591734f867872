//! The clients' actions with saved cards: they charge them, including those of others, and remove them.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use tillgate_sandbox::Outcome;

use crate::{
    api::{Api, Ask},
    client::patch,
    notes::text,
    shop::{CHECKOUT_COM_KEY, STRIPE_KEY},
    world::World,
};

/// Chooses a card for an order; usually, but not always, one of its customer's.
pub async fn use_card(api: &Api, order: &str) {
    let world = &api.host.world;
    let path = "/api/orders/{id}/available_customer_payment_sources";
    // Other customers' cards are known, too.
    let orders: Vec<String> = api.notes.borrow().orders.keys().cloned().collect();
    let other = world.pick(&orders);
    if let Some(cards) = api.get(path, &other).await {
        api.notes.borrow_mut().see_cards(&other, &cards);
    }
    let Some(own) = api.get(path, order).await else {
        return;
    };
    api.notes.borrow_mut().see_cards(order, &own);
    let own = own["data"].as_array().cloned().unwrap_or_default();
    let known: Vec<String> = api.notes.borrow().cards.keys().cloned().collect();
    let card = if own.is_empty() || world.chance(0.5) {
        if known.is_empty() {
            return;
        }
        world.pick(&known)
    } else {
        own[world.below(own.len())]["id"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let asked = json!({"_customer_payment_source_id": card});
    if api.send(patch("orders", order, asked)).await.is_none() {
        return;
    }
    if let Some(source) = api.get("/api/orders/{id}/payment_source", order).await {
        api.notes.borrow_mut().see_present_source(order, &source);
    }
    if world.chance(0.7) {
        api.send(patch("orders", order, json!({"_place": true}))).await;
    }
}

/// Removes a customer or a card in a PSP's dashboard.
pub fn vanish(api: &Api) {
    let world = &api.host.world;
    let customers = quietly_at(world, "GET", "/v1/customers?limit=100", STRIPE_KEY);
    let mut paths: Vec<(String, &str)> = customers["data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|customer| (format!("/v1/customers/{}", text(&customer["id"])), STRIPE_KEY))
        .collect();
    let notes = api.notes.borrow();
    let instruments = notes.cards.values().filter(|card| card.token.starts_with("src_"));
    paths.extend(instruments.map(|card| (format!("/instruments/{}", card.token), CHECKOUT_COM_KEY)));
    drop(notes);
    if paths.is_empty() {
        return;
    }
    let (path, key) = world.pick(&paths);
    world.note(format!("{path} vanishes"));
    api.notes.borrow_mut().vanished_at = Some(world.now());
    quietly_at(world, "DELETE", &path, key);
}

/// Sends a request to a PSP like the merchant would, past all faults of the network.
fn quietly_at(world: &World, method: &str, path: &str, key: &str) -> Value {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .body(Bytes::new());
    let Ok(request) = request else { return Value::Null };
    match world.sandbox.handle(&request) {
        Outcome::Answer(answer) => serde_json::from_slice(answer.body()).unwrap_or_default(),
        _ => Value::Null,
    }
}

/// Removes a card. After the answer, it must not be charged any more.
pub async fn remove_card(api: &Api) {
    let world = &api.host.world;
    let known: Vec<String> = api.notes.borrow().cards.keys().cloned().collect();
    if known.is_empty() {
        return;
    }
    let card = world.pick(&known);
    let ask = Ask {
        method: "DELETE",
        path: "/api/customer_payment_sources/{id}".into(),
        id: Some(card.clone()),
        body: Value::Null,
        part: None,
    };
    if api.write(ask, false).await.is_some()
        && let Some(card) = api.notes.borrow_mut().cards.get_mut(&card)
    {
        card.removed_at = Some(world.now());
    }
}
