//! Our ledger and the PSPs' ledgers, side by side.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Api, Sandbox};

/// A money effect, the same on both sides: the PSP's payment, the kind, the amount in the PSP's unit, and the currency.
type Effect = (String, &'static str, i64, String);

/// Panics unless every effect in the PSPs' ledgers is a successful transaction of ours and the reverse, one for one. `api` must
/// see all transactions of the service. Transactions without a PSP are left out.
#[track_caller]
pub fn assert_agree(ours: &[Effect], theirs: &[Effect]) {
    let count = |effects: &[Effect]| {
        let mut counts: BTreeMap<Effect, usize> = BTreeMap::new();
        for effect in effects {
            *counts.entry(effect.clone()).or_default() += 1;
        }
        counts
    };
    assert_eq!(
        count(ours),
        count(theirs),
        "left: our transactions, right: the PSPs' ledger"
    );
}

/// The ledgers of both PSPs, without refunds that failed later.
pub async fn theirs(sandbox: &Sandbox) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut failed = Vec::new();
    for entry in sandbox.ledger().await {
        let currency = entry.currency.to_uppercase();
        match entry.kind.as_str() {
            "authorize" => effects.push((entry.payment_id, "authorization", entry.amount, currency)),
            "capture" => effects.push((entry.payment_id, "capture", entry.amount, currency)),
            "void" | "release" | "expire" => {
                effects.push((entry.payment_id, "void", entry.amount, currency));
            }
            "refund" => effects.push((entry.payment_id, "refund", entry.amount, currency)),
            "refund_failure" => failed.push((entry.payment_id, "refund", entry.amount, currency)),
            other => panic!("the sandbox books {other}, which no test knows"),
        }
    }
    for refund in failed {
        let booked = effects.iter().position(|effect| *effect == refund);
        effects.remove(booked.unwrap_or_else(|| panic!("{refund:?} failed and was never booked")));
    }
    effects
}

/// Our successful transactions.
pub async fn ours(api: &Api) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut next = Some("/api/transactions?page[size]=25".to_owned());
    while let Some(path) = next {
        let page = api.get(&path).await.expect(200);
        for item in page.body["data"].as_array().into_iter().flatten() {
            effects.extend(effect(item));
        }
        next = page.body["links"]["next"].as_str().map(str::to_owned);
    }
    effects
}

fn effect(item: &Value) -> Option<Effect> {
    let attributes = &item["attributes"];
    if attributes["succeeded"] != true || attributes["payment_method_type"] == "wire_transfers" {
        return None;
    }
    let kind = match attributes["kind"].as_str()? {
        "authorizations" => "authorization",
        "captures" => "capture",
        "voids" => "void",
        "refunds" => "refund",
        other => panic!("no PSP books {other}"),
    };
    let text = |name: &str| {
        attributes[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {item:#}"))
            .to_owned()
    };
    let amount = attributes["amount_cents"]
        .as_i64()
        .unwrap_or_else(|| panic!("no amount in {item:#}"));
    Some((text("token"), kind, amount, text("currency_code")))
}
