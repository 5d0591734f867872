//! A client's actions on an order: the whole life of a payment, with random choices.

use anyhow::Result;
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use tillgate_testkit::bodies::to_one;

use super::client::{Client, Reply};
use super::shop::Shop;

/// A token that Checkout.com approves without authentication.
const APPROVED: &str = "tok_sandboxapprovedvisa2222222";
const DECLINED: &str = "tok_sandboxdonothonour22222222";
/// Share of the first cards that are declined.
const DECLINES: f64 = 0.15;

/// Begins order after order until the clients are told to close.
pub async fn shop_on(client: &Client<'_>, shop: &Shop, rng: &mut StdRng) -> Result<()> {
    while !client.shared().closing.get() {
        client.shared().go_on()?;
        live(client, shop, rng).await?;
    }
    Ok(())
}

/// Sends an order through its life. It ends early where the service refuses a step.
async fn live(client: &Client<'_>, shop: &Shop, rng: &mut StdRng) -> Result<()> {
    let Some(order) = fill_basket(client, shop, rng).await? else {
        return Ok(());
    };
    let first_declines = rng.random_bool(DECLINES);
    pay(client, &order, first_declines, rng).await?;
    let mut seen = see(client, &order).await?;
    if seen.text("payment_status") == "unpaid" && rng.random_bool(0.7) {
        pay(client, &order, false, rng).await?;
        seen = see(client, &order).await?;
    }
    if matches!(seen.text("payment_status"), "authorized" | "paid") {
        if seen.text("status") == "pending" {
            pull(client, &order, "_place").await?;
        }
        deliver(client, &order, rng).await?;
    } else if rng.random_bool(0.5) {
        pull(client, &order, "_cancel").await?;
    }
    see(client, &order).await?;
    Ok(())
}

async fn fill_basket(client: &Client<'_>, shop: &Shop, rng: &mut StdRng) -> Result<Option<String>> {
    let market = &shop.markets[usize::from(rng.random_bool(0.5))];
    let of = json!({ "market": to_one("markets", market) });
    let order = client
        .create("orders", json!({ "customer_email": "ada@example.com" }), of)
        .await?;
    let Some(order) = order.id().map(str::to_owned) else {
        return Ok(None);
    };
    for _ in 0..rng.random_range(1..=2) {
        let item = json!({
            "name": "Espresso cup", "quantity": rng.random_range(1..=3),
            "unit_amount_cents": rng.random_range(300..5_000)
        });
        client
            .create("line_items", item, json!({ "order": to_one("orders", &order) }))
            .await?;
    }
    Ok(Some(order))
}

/// One attempt to pay, in a random way.
async fn pay(client: &Client<'_>, order: &str, declines: bool, rng: &mut StdRng) -> Result<()> {
    let of = json!({ "order": to_one("orders", order) });
    client.shared().witness.borrow_mut().asked(order).authorizations += 1;
    match rng.random_range(0..5) {
        0 | 1 => {
            let card = if declines {
                "pm_card_chargeDeclined"
            } else {
                "pm_card_visa"
            };
            let options = json!({ "options": { "payment_method": card } });
            let source = client.create("stripe_payments", options, of).await?;
            let Some(source) = source.id() else { return Ok(()) };
            match rng.random_range(0..3) {
                0 => {
                    client
                        .change("stripe_payments", source, json!({ "_authorize": true }))
                        .await?
                }
                1 => pull(client, order, "_authorize").await?,
                _ => pull(client, order, "_place").await?,
            };
        }
        2 | 3 => {
            let token = if declines { DECLINED } else { APPROVED };
            let payment = json!({ "payment_type": "token", "token": token });
            client.create("checkout_com_payments", payment, of).await?;
        }
        _ => {
            client.shared().witness.borrow_mut().asked(order).captures += 1;
            let token = if declines {
                "tok_chargeDeclined"
            } else {
                "tok_visa"
            };
            client.charge(order, token).await?;
        }
    }
    Ok(())
}

/// The merchant's actions on a paid order.
async fn deliver(client: &Client<'_>, order: &str, rng: &mut StdRng) -> Result<()> {
    match rng.random_range(0..10) {
        0 => {
            pull(client, order, "_cancel").await?;
            return Ok(());
        }
        1 => {
            if let Some((id, _)) = open(client, order, "authorizations", "void_balance_cents").await? {
                client
                    .change("authorizations", &id, json!({ "_void": true }))
                    .await?;
            }
        }
        2 => {
            client.shared().witness.borrow_mut().asked(order).captures += 1;
            pull(client, order, "_approve_and_capture").await?;
        }
        3 => {
            pull(client, order, "_approve").await?;
            client.shared().witness.borrow_mut().asked(order).captures += 1;
            pull(client, order, "_capture").await?;
        }
        _ => {
            pull(client, order, "_approve").await?;
            take(client, order, rng).await?;
        }
    }
    see_all(client, order).await?;
    give_back(client, order, rng).await
}

/// Captures through the authorization, in up to three parts.
async fn take(client: &Client<'_>, order: &str, rng: &mut StdRng) -> Result<()> {
    for _ in 0..rng.random_range(1..=3) {
        let Some((id, left)) = open(client, order, "authorizations", "capture_balance_cents").await? else {
            return Ok(());
        };
        let mut attributes = json!({ "_capture": true });
        if rng.random_bool(0.6) {
            attributes["_capture_amount_cents"] = rng.random_range(1..=left).into();
        }
        client.shared().witness.borrow_mut().asked(order).captures += 1;
        client.change("authorizations", &id, attributes).await?;
    }
    Ok(())
}

/// Refunds some captures, in parts or whole.
async fn give_back(client: &Client<'_>, order: &str, rng: &mut StdRng) -> Result<()> {
    for _ in 0..rng.random_range(0..=3) {
        let Some((id, left)) = open(client, order, "captures", "refund_balance_cents").await? else {
            return Ok(());
        };
        if rng.random_bool(0.15) {
            // It refunds each capture.
            let captures = client
                .get(&format!("/api/orders/{order}/captures"))
                .await?
                .list()
                .len();
            client.shared().witness.borrow_mut().asked(order).refunds += captures;
            pull(client, order, "_refund").await?;
            continue;
        }
        let mut attributes = json!({ "_refund": true });
        if rng.random_bool(0.7) {
            attributes["_refund_amount_cents"] = rng.random_range(1..=left).into();
        }
        client.shared().witness.borrow_mut().asked(order).refunds += 1;
        client.change("captures", &id, attributes).await?;
    }
    Ok(())
}

/// Sends a trigger of an order.
async fn pull(client: &Client<'_>, order: &str, trigger: &str) -> Result<Reply> {
    client.change("orders", order, json!({ trigger: true })).await
}

async fn see(client: &Client<'_>, order: &str) -> Result<Reply> {
    see_all(client, order).await?;
    client.get(&format!("/api/orders/{order}")).await
}

/// Reads all transactions of an order, and records their states.
async fn see_all(client: &Client<'_>, order: &str) -> Result<()> {
    for kind in super::witness::TRANSACTIONS {
        client.get(&format!("/api/orders/{order}/{kind}")).await?;
    }
    Ok(())
}

/// A successful transaction with an amount left: its id and that amount.
async fn open(client: &Client<'_>, order: &str, kind: &str, balance: &str) -> Result<Option<(String, i64)>> {
    let list = client.get(&format!("/api/orders/{order}/{kind}")).await?;
    let left = |one: &Value| {
        let id = one["id"].as_str()?.to_owned();
        let left = one["attributes"][balance].as_i64().filter(|left| *left > 0)?;
        Some((id, left))
    };
    Ok(list.list().iter().find_map(left))
}
