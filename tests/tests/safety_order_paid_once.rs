//! Many clients pay one order at the same time, in both dialects and through both PSPs: it is paid once.

use std::collections::HashMap;

use futures::future::join_all;
use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Buyer, LedgerEntry, Service, Shop, bodies};

const TOTAL: i64 = 1_000;

async fn post(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    let call = api.call("POST", path).header("Idempotency-Key", key);
    call.json(body).send().await
}

/// The held or captured amount of each payment at a PSP.
fn held(ledger: &[LedgerEntry]) -> HashMap<&str, i64> {
    let mut held = HashMap::new();
    for entry in ledger {
        let sign = match entry.kind.as_str() {
            "authorize" => 1,
            "void" | "refund" => -1,
            "capture" => 0,
            other => panic!("a {other} in the ledger"),
        };
        *held.entry(entry.payment_id.as_str()).or_default() += sign * entry.amount;
    }
    held.retain(|_, amount| *amount != 0);
    held
}

/// Sends twenty requests for one order, to the paths that `request` returns.
async fn race(api: &Api, request: impl Fn(usize) -> (&'static str, Value)) -> Vec<Answer> {
    let send = async |n: usize| {
        let (path, body) = request(n);
        post(api, path, &format!("key-{n}"), &body).await
    };
    let answers = join_all((0..20).map(send)).await;
    for answer in &answers {
        // 503: the source is already being replaced.
        assert!([201, 422, 503].contains(&answer.status), "{answer:?}");
    }
    answers
}

#[tokio::test]
async fn one_of_twenty_payments_with_cards_succeeds() {
    let service = Service::start().await;
    let api = service.api().await;
    let shop = Shop::at(&api, service.sandbox().url()).await;
    let order = shop.order(TOTAL).await;
    let answers = race(&api, |n| match n % 2 {
        0 => ("/api/v1/payments", bodies::payment(&order, "tok_visa")),
        _ => (
            "/api/checkout_com_payments",
            bodies::checkout_com_payment(&order, "tok_4gzeau5o2uqubbk6fufs3m7p54"),
        ),
    })
    .await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1);
    let ledger = service.sandbox().ledger().await;
    assert_eq!(
        held(&ledger).into_values().collect::<Vec<_>>(),
        [TOTAL],
        "{ledger:#?}"
    );
    assert!(!ledger.iter().any(|entry| entry.kind == "void"), "{ledger:#?}");
    let status = shop.payment_status(&order).await;
    assert!(status == "paid" || status == "authorized", "{status}");
}

#[tokio::test]
async fn of_sources_of_all_kinds_at_most_one_holds_money_even_when_browsers_confirm_them_all() {
    let service = Service::start().await;
    let api = service.api().await;
    let shop = Shop::at(&api, service.sandbox().url()).await;
    let order = shop.order(TOTAL).await;
    let answers = race(&api, |n| match n % 4 {
        0 => ("/api/v1/payments", bodies::payment(&order, "tok_visa")),
        1 => (
            "/api/checkout_com_payments",
            bodies::checkout_com_payment(&order, "tok_4gzeau5o2uqubbk6fufs3m7p54"),
        ),
        _ => ("/api/stripe_payments", bodies::stripe_payment(&order)),
    })
    .await;
    let sources = answers
        .iter()
        .filter(|answer| answer.status == 201 && answer.request.ends_with("/api/stripe_payments"));
    let buyer = Buyer::at(service.sandbox().url());
    for source in sources {
        buyer.confirm(source, "pm_card_visa").await;
        let refresh = bodies::change("stripe_payments", source.id(), json!({ "_refresh": true }));
        let path = format!("/api/stripe_payments/{}", source.id());
        let _ = api.patch(&path, &refresh).await.expect(200);
    }
    let ledger = service.sandbox().ledger().await;
    assert_eq!(
        held(&ledger).into_values().collect::<Vec<_>>(),
        [TOTAL],
        "{ledger:#?}"
    );
    let succeeded = shop.authorizations(&order).await;
    let succeeded = succeeded.iter().filter(|one| one["succeeded"] == true).count();
    assert_eq!(succeeded, 1);
}

#[tokio::test]
async fn one_of_twenty_authorize_triggers_reaches_the_psp() {
    let service = Service::start().await;
    let api = service.api().await;
    let shop = Shop::at(&api, service.sandbox().url()).await;
    let order = shop.order(TOTAL).await;
    let options = json!({ "options": { "payment_method": "pm_card_visa" } });
    let of = json!({ "order": bodies::to_one("orders", &order) });
    let body = bodies::resource("stripe_payments", options, of);
    let payment = api.post("/api/stripe_payments", &body).await.expect(201);
    let path = format!("/api/stripe_payments/{}", payment.id());
    let authorize = bodies::change("stripe_payments", payment.id(), json!({ "_authorize": true }));
    let answers = join_all((0..20).map(|_| api.patch(&path, &authorize))).await;
    for answer in &answers {
        // 200 also for later requests: a payment that holds money is not attempted again.
        assert!([200, 422].contains(&answer.status), "{answer:?}");
    }
    let ledger = service.sandbox().ledger().await;
    assert_eq!(
        held(&ledger).into_values().collect::<Vec<_>>(),
        [TOTAL],
        "{ledger:#?}"
    );
    assert_eq!(shop.authorizations(&order).await.len(), 1);
    assert_eq!(shop.payment_status(&order).await, "authorized");
}
