//! Answers of a PSP that do not show a payment as it is: for a while, or as another one.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{notes::text, world::World};

/// Records that the answer about a new payment shows another one.
pub fn note_impostor(world: &World, response: &Response<Bytes>) {
    let shown: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    if let Some(id) = shown["id"].as_str() {
        world.show_as_impostor(id);
    }
}

/// Shows a new payment as one in live mode.
pub fn as_live(world: &World, response: &mut Response<Bytes>) {
    let Ok(mut shown) = serde_json::from_slice::<Value>(response.body()) else {
        return;
    };
    let Some(id) = shown["id"].as_str().map(str::to_owned) else {
        return;
    };
    if shown["livemode"].is_boolean() {
        shown["livemode"] = true.into();
    } else {
        shown["_links"]["self"]["href"] = format!("https://api.checkout.com/payments/{id}").into();
    }
    world.note(format!("{id} is shown as one of live mode"));
    *response.body_mut() = shown.to_string().into();
}

/// Perhaps lets Checkout.com show a new payment as undecided for a while.
pub fn begin_waiting(world: &World, response: &Response<Bytes>) {
    let slow = world.faults().slow_payments;
    let shown: Value = match slow > 0.0 {
        true => serde_json::from_slice(response.body()).unwrap_or_default(),
        false => return,
    };
    if shown["status"] == "Authorized" {
        let takes_time = world.chance(slow);
        let wait = match takes_time {
            true => world.between(Duration::from_secs(5), Duration::from_secs(600)),
            false => Duration::ZERO,
        };
        world.keep_waiting(text(&shown["id"]), wait);
    }
}

/// Shows an undecided payment, alone or in a list.
pub fn as_pending(world: &World, response: &mut Response<Bytes>) {
    if !world.keeps_waiting() || response.status().is_client_error() {
        return;
    }
    let Ok(mut shown) = serde_json::from_slice::<Value>(response.body()) else {
        return;
    };
    let mut is_changed = false;
    if world.is_waiting(text(&shown["id"])) {
        shown = pending(&shown);
        is_changed = true;
        if response.status() == StatusCode::CREATED {
            *response.status_mut() = StatusCode::ACCEPTED;
        }
    }
    let items = shown.get_mut("data").and_then(Value::as_array_mut);
    for item in items.into_iter().flatten() {
        if world.is_waiting(text(&item["id"])) {
            *item = pending(item);
            is_changed = true;
        }
    }
    if is_changed {
        *response.body_mut() = shown.to_string().into();
    }
}

fn pending(payment: &Value) -> Value {
    let mut shown = json!({"status": "Pending"});
    for member in ["id", "reference", "amount", "currency", "customer", "metadata"] {
        if !payment[member].is_null() {
            shown[member] = payment[member].clone();
        }
    }
    shown["_links"] = json!({"self": payment["_links"]["self"]});
    shown
}
