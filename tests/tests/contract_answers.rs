//! The answers of every operation about existing resources: the document declares them, and each must be seen once.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{JSON, JSON_API, Service, bodies, login};

/// Longer than any text may be.
fn long() -> String {
    "x".repeat(70_000)
}

#[tokio::test]
async fn every_update_takes_a_change_and_refuses_another_type_and_a_value_that_is_too_long() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let ids: BTreeMap<String, String> = fixtures.one_of_each().await;
    let updates = fixtures.open_api().on_resources();
    let updates: Vec<_> = updates.filter(|operation| operation.method == "PATCH").collect();
    assert!(updates.len() > 10, "{}", updates.len());
    for update in updates {
        let (kind, id) = (update.kind(), &ids[update.kind()]);
        let path = update.path(id);
        let change = |reference: &str| bodies::change(kind, id, json!({ "reference": reference }));
        let changed = fixtures.api.patch(&path, &change("A-1")).await.expect(200);
        assert_eq!(*changed.attribute("reference"), json!("A-1"), "{path}");
        let another = bodies::change("teapots", id, json!({}));
        let _ = fixtures.api.patch(&path, &another).await.expect(409);
        let refused = fixtures.api.patch(&path, &change(&long())).await.expect(422);
        let _ = refused.expect_pointer("/data/attributes/reference");
    }
}

#[tokio::test]
async fn every_creation_refuses_a_value_that_is_too_long() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    for kind in fixtures.open_api().creatable() {
        let path = &fixtures
            .open_api()
            .find("POST", kind)
            .expect("a creation")
            .template;
        let mut body = fixtures.body(kind).await;
        body["data"]["attributes"]["reference"] = long().into();
        let refused = fixtures.api.post(path, &body).await.expect(422);
        let _ = refused.expect_pointer("/data/attributes/reference");
    }
}

#[tokio::test]
async fn what_others_need_can_t_be_deleted() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let api = &fixtures.api;
    let market = fixtures.create("markets").await.id().to_owned();
    for (gateways, source) in [
        ("stripe_gateways", "stripe_payments"),
        ("checkout_com_gateways", "checkout_com_payments"),
        ("manual_gateways", "wire_transfers"),
    ] {
        let gateway = fixtures.create(gateways).await.id().to_owned();
        let method = bodies::resource(
            "payment_methods",
            json!({ "payment_source_type": source, "price_amount_cents": 0 }),
            json!({
                "market": bodies::to_one("markets", &market),
                "payment_gateway": bodies::to_one(gateways, &gateway)
            }),
        );
        let method = api.post("/api/payment_methods", &method).await.expect(201);
        let order = bodies::order(api, &market, 1_000).await;
        let choice = json!({ "data": { "type": "orders", "id": order,
            "relationships": { "payment_method": bodies::to_one("payment_methods", method.id()) } } });
        let _ = api
            .patch(&format!("/api/orders/{order}"), &choice)
            .await
            .expect(200);
        for path in [
            format!("/api/{gateways}/{gateway}"),
            format!("/api/payment_methods/{}", method.id()),
        ] {
            let _ = api.delete(&path).await.expect_error(423, "LOCKED");
            let _ = api.get(&path).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_sales_channel_leaves_the_payment_of_a_placed_order_alone() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let channel = login::guest(&service).await;
    let options = json!({ "options": { "payment_method": "pm_card_visa" } });
    for (kind, attributes) in [
        ("stripe_payments", options),
        ("checkout_com_payments", json!({})),
        ("wire_transfers", json!({})),
    ] {
        let source = fixtures.create_with(kind, &attributes).await;
        let path = format!("/api/{kind}/{}", source.id());
        let order = fixtures.api.get(&format!("{path}/order")).await.expect(200);
        let order = (order.id(), format!("/api/orders/{}", order.id()));
        for step in [
            json!({ "customer_email": "jo@example.com" }),
            json!({ "_place": true }),
        ] {
            let step = bodies::change("orders", order.0, step);
            let _ = fixtures.api.patch(&order.1, &step).await.expect(200);
        }
        let change = bodies::change(kind, source.id(), json!({ "reference": "A-2" }));
        let _ = channel.patch(&path, &change).await.expect_error(403, "FORBIDDEN");
        let _ = channel.delete(&path).await.expect_error(403, "FORBIDDEN");
    }
}

#[tokio::test]
async fn the_endpoints_that_are_not_on_resources_answer() {
    let service = Service::start().await;
    let anonymous = service.anonymous();
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/openapi-3.0.json",
        "/payment_return",
        "/.well-known/jwks.json",
    ] {
        let call = anonymous.call("GET", path).header("Accept", "*/*");
        let _ = call.send().await.expect(200);
    }
    let token = || anonymous.call("POST", "/oauth/token").header("Accept", JSON);
    let large = format!("grant_type=client_credentials&client_id={}", "x".repeat(2 << 20));
    let form = "application/x-www-form-urlencoded";
    let _ = token().body(form, large).send().await.expect(413);
    let _ = token().body("text/plain", "{}").send().await.expect(415);
}

/// Operations that only read or delete have no body. A body that is sent anyway is ignored, whatever its size.
#[tokio::test]
async fn a_body_that_means_nothing_changes_nothing() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let customer = fixtures.create("customers").await;
    let path = format!("/api/customers/{}", customer.id());
    for (method, status) in [("GET", 200), ("DELETE", 204), ("DELETE", 404)] {
        let call = fixtures.api.call(method, &path);
        let answer = call
            .body(JSON_API, vec![b' '; 2 << 20])
            .send()
            .await
            .expect(status);
        assert!(status != 204 || answer.body == Value::Null);
    }
}
