//! The merchant's staff at the PSPs' dashboards: they capture, void and refund at any moment, unannounced.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Request;
use serde_json::json;
use tillgate_sandbox::{LedgerEntry, LedgerKind, Outcome, Vendor};

use crate::{
    shop::{CHECKOUT_COM_KEY, STRIPE_KEY},
    world::{PSP_URL, World},
};

/// Prefix of their requests' keys, which identifies their actions in the PSPs' ledgers.
const KEYS: &str = "dashboard-";

/// Whether an entry is an action in the dashboard.
pub fn has_done(entry: &LedgerEntry) -> bool {
    entry
        .idempotency_key
        .as_ref()
        .is_some_and(|key| key.starts_with(KEYS))
}

/// Uses the dashboards until the run ends.
pub async fn work(world: Arc<World>) {
    let mut number = 0;
    loop {
        world
            .sleep_between(Duration::from_millis(500), Duration::from_secs(10))
            .await;
        if !world.chance(world.faults().dashboard) {
            continue;
        }
        let ledger = world.sandbox.ledger();
        let authorized: Vec<&LedgerEntry> = ledger
            .iter()
            .filter(|entry| entry.kind == LedgerKind::Authorize)
            .collect();
        // Often the newest one, which the service is also about to act on.
        let newest = authorized.last().copied().filter(|_| world.chance(0.5));
        if !authorized.is_empty() {
            number += 1;
            act(&world, newest.unwrap_or_else(|| world.pick(&authorized)), number);
        }
    }
}

fn act(world: &Arc<World>, payment: &LedgerEntry, number: u32) {
    let id = &payment.payment_id;
    // As three-decimal currencies require.
    let tens = usize::try_from(payment.amount / 10).unwrap_or(1).max(1);
    let part = 10 * (1 + world.below(tens));
    let is_part = world.chance(0.6);
    let (path, body) = match (payment.vendor, world.below(3)) {
        (Vendor::Stripe, 0) => {
            let form = if is_part {
                format!("amount_to_capture={part}&final_capture={}", world.chance(0.3))
            } else {
                String::new()
            };
            (format!("/v1/payment_intents/{id}/capture"), form)
        }
        (Vendor::Stripe, 1) => (format!("/v1/payment_intents/{id}/cancel"), String::new()),
        (Vendor::Stripe, _) => {
            let amount = if is_part {
                format!("&amount={part}")
            } else {
                String::new()
            };
            ("/v1/refunds".to_owned(), format!("payment_intent={id}{amount}"))
        }
        (Vendor::CheckoutCom, action) => {
            let action = ["captures", "voids", "refunds"][action];
            let mut body = json!({});
            if is_part && action != "voids" {
                body["amount"] = json!(part);
            }
            if is_part && action == "captures" && world.chance(0.7) {
                body["capture_type"] = json!("NonFinal");
            }
            (format!("/payments/{id}/{action}"), body.to_string())
        }
    };
    let (credentials, media_type) = match payment.vendor {
        Vendor::Stripe => (STRIPE_KEY, "application/x-www-form-urlencoded"),
        Vendor::CheckoutCom => (CHECKOUT_COM_KEY, "application/json"),
    };
    let header = match payment.vendor {
        Vendor::Stripe => "idempotency-key",
        Vendor::CheckoutCom => "cko-idempotency-key",
    };
    let request = Request::builder()
        .method("POST")
        .uri(format!("{PSP_URL}{path}"))
        .header("authorization", format!("Bearer {credentials}"))
        .header("content-type", media_type)
        .header(header, format!("{KEYS}{number}"))
        .body(Bytes::from(body.clone()));
    let Ok(request) = request else { return };
    let status = match world.sandbox.handle(&request) {
        Outcome::Answer(answer) | Outcome::Delayed(_, answer) => answer.status().as_u16(),
        Outcome::Dropped => 0,
    };
    world.note(format!("the dashboard: {status} to POST {path} {body}"));
}
