//! Orders: totals, status, and the customer of an address.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Service, bodies};

async fn new_order(api: &Api, market: &str, attributes: Value) -> Answer {
    let relationships = json!({ "market": bodies::to_one("markets", market) });
    api.post(
        "/api/orders",
        &bodies::resource("orders", attributes, relationships),
    )
    .await
    .expect(201)
}

async fn add_item(api: &Api, order: &str, unit_amount_cents: i64, quantity: i64) -> Answer {
    let attributes = json!({ "name": "Tea", "unit_amount_cents": unit_amount_cents, "quantity": quantity });
    let relationships = json!({ "order": bodies::to_one("orders", order) });
    api.post(
        "/api/line_items",
        &bodies::resource("line_items", attributes, relationships),
    )
    .await
    .expect(201)
}

/// Panics unless the order has this total, in all of its forms.
async fn assert_costs(api: &Api, order: &str, cents: i64, status: &str) {
    let answer = api.get(&format!("/api/orders/{order}")).await.expect(200);
    for total in ["subtotal_amount", "total_amount", "total_amount_with_taxes"] {
        assert_eq!(answer.attribute(&format!("{total}_cents")), cents, "{total}");
    }
    assert_eq!(answer.attribute("status"), status);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_come_at_once_share_their_new_customer() {
    let service = Service::start().await;
    let (api, market) = (service.api().await, service.demo("TILLGATE_MARKET_ID"));
    for round in 0..10 {
        let attributes = json!({ "customer_email": format!("new{round}@example.com") });
        let relationships = json!({ "market": bodies::to_one("markets", &market) });
        let body = bodies::resource("orders", attributes, relationships);
        let sent: Vec<_> = (0..8)
            .map(|_| tokio::spawn(api.call("POST", "/api/orders").json(&body).send()))
            .collect();
        let mut customers = std::collections::BTreeSet::new();
        for answer in sent {
            let order = answer.await.expect("an answer").expect(201);
            let path = format!("/api/orders/{}/customer", order.id());
            customers.insert(api.get(&path).await.expect(200).id().to_owned());
        }
        assert_eq!(customers.len(), 1, "{customers:?}");
    }
}

#[tokio::test]
async fn the_total_follows_the_line_items() {
    let service = Service::start().await;
    let (api, market) = (service.api().await, service.demo("TILLGATE_MARKET_ID"));
    let order = new_order(&api, &market, json!({ "customer_email": "a@example.com" })).await;
    let order = order.id();
    assert_costs(&api, order, 0, "draft").await;
    let first = add_item(&api, order, 1250, 2).await;
    assert_eq!(first.attribute("total_amount_cents"), 2500);
    assert_eq!(first.attribute("currency_code"), "EUR");
    assert_costs(&api, order, 2500, "pending").await;
    let second = add_item(&api, order, 1, 3).await;
    assert_costs(&api, order, 2503, "pending").await;
    for (attributes, total) in [
        (json!({ "quantity": 1 }), 1253),
        (json!({ "unit_amount_cents": 100 }), 103),
        (json!({ "name": "Green tea" }), 103),
    ] {
        let path = format!("/api/line_items/{}", first.id());
        let _ = api
            .patch(&path, &bodies::change("line_items", first.id(), attributes))
            .await
            .expect(200);
        assert_costs(&api, order, total, "pending").await;
    }
    for (item, total, status) in [(&first, 3, "pending"), (&second, 0, "draft")] {
        let _ = api
            .delete(&format!("/api/line_items/{}", item.id()))
            .await
            .expect(204);
        assert_costs(&api, order, total, status).await;
    }
}

#[tokio::test]
async fn an_order_is_pending_once_it_has_a_customer_and_a_line_item() {
    let service = Service::start().await;
    let (api, market) = (service.api().await, service.demo("TILLGATE_MARKET_ID"));
    let order = new_order(&api, &market, json!({})).await;
    assert_eq!(order.attribute("status"), "draft");
    let _ = add_item(&api, order.id(), 500, 1).await;
    assert_costs(&api, order.id(), 500, "draft").await;
    let path = format!("/api/orders/{}", order.id());
    let named = bodies::change("orders", order.id(), json!({ "customer_email": "b@example.com" }));
    assert_eq!(
        api.patch(&path, &named).await.expect(200).attribute("status"),
        "pending"
    );
    let nameless = bodies::change("orders", order.id(), json!({ "customer_email": null }));
    assert_eq!(
        api.patch(&path, &nameless).await.expect(200).attribute("status"),
        "draft"
    );
    let customer = api.get(&format!("{path}/customer")).await.expect(200);
    assert_eq!(customer.body["data"], Value::Null);
}

#[tokio::test]
async fn an_address_creates_the_customer_or_finds_it() {
    let service = Service::start().await;
    let (api, market) = (service.api().await, service.demo("TILLGATE_MARKET_ID"));
    let customer_of = async |order: &str| {
        api.get(&format!("/api/orders/{order}/customer"))
            .await
            .expect(200)
    };
    let first = new_order(&api, &market, json!({ "customer_email": "new@example.com" })).await;
    let customer = customer_of(first.id()).await;
    assert_eq!(customer.attribute("email"), "new@example.com");
    assert_eq!(customer.attribute("total_orders_count"), 1);
    let second = new_order(&api, &market, json!({ "customer_email": "new@example.com" })).await;
    let same = customer_of(second.id()).await;
    assert_eq!(same.id(), customer.id());
    assert_eq!(same.attribute("total_orders_count"), 2);
    let orders = api
        .get(&format!("/api/customers/{}/orders", customer.id()))
        .await
        .expect(200);
    assert_eq!(orders.body["meta"]["record_count"], 2);

    // A customer also sets the address.
    let by_id = json!({ "market": bodies::to_one("markets", &market), "customer": bodies::to_one("customers", customer.id()) });
    let third = api
        .post("/api/orders", &bodies::resource("orders", json!({}), by_id))
        .await
        .expect(201);
    assert_eq!(third.attribute("customer_email"), "new@example.com");

    let twice = bodies::resource("customers", json!({ "email": "new@example.com" }), json!({}));
    let _ = api
        .post("/api/customers", &twice)
        .await
        .expect_error(422, "VALIDATION_ERROR");
}

#[tokio::test]
async fn the_customer_of_an_order_is_changed_by_relationship() {
    let service = Service::start().await;
    let (api, market) = (service.api().await, service.demo("TILLGATE_MARKET_ID"));
    let order = new_order(&api, &market, json!({ "customer_email": "one@example.com" })).await;
    let other = bodies::resource("customers", json!({ "email": "other@example.com" }), json!({}));
    let other = api.post("/api/customers", &other).await.expect(201);
    let path = format!("/api/orders/{}", order.id());
    let send = async |customer: Value| {
        let data = json!({ "type": "orders", "id": order.id(), "relationships": { "customer": customer } });
        let changed = api.patch(&path, &json!({ "data": data })).await.expect(200);
        let linkage = api
            .get(&format!("{path}/relationships/customer"))
            .await
            .expect(200);
        (
            changed.attribute("customer_email").clone(),
            linkage.body["data"]["id"].clone(),
        )
    };
    assert_eq!(
        send(bodies::to_one("customers", other.id())).await,
        (json!("other@example.com"), json!(other.id()))
    );
    assert_eq!(send(json!({ "data": null })).await, (Value::Null, Value::Null));
}

#[tokio::test]
async fn amounts_are_shown_in_the_currency_of_the_market() {
    let service = Service::start().await;
    let api = service.api().await;
    for (currency, cents, float, formatted) in [
        ("EUR", 123_456, 1234.56, "€1.234,56"),
        ("JPY", 123_456, 123_456.0, "123,456"),
        ("BHD", 123_456, 123.456, "123.456"),
    ] {
        let market = bodies::resource(
            "markets",
            json!({ "name": currency, "currency_code": currency }),
            json!({}),
        );
        let market = api.post("/api/markets", &market).await.expect(201);
        let order = new_order(&api, market.id(), json!({})).await;
        assert_eq!(order.attribute("currency_code"), currency);
        let item = add_item(&api, order.id(), cents, 1).await;
        let order = api.get(&format!("/api/orders/{}", order.id())).await.expect(200);
        for (answer, amount) in [
            (&item, "unit_amount"),
            (&item, "total_amount"),
            (&order, "total_amount_with_taxes"),
        ] {
            assert_eq!(answer.attribute(&format!("{amount}_cents")), cents);
            assert_eq!(answer.attribute(&format!("{amount}_float")), float);
            let text = answer
                .attribute(&format!("formatted_{amount}"))
                .as_str()
                .expect("a text")
                .to_owned();
            assert!(text.contains(formatted), "{text}");
        }
    }
}

#[tokio::test]
async fn every_amount_has_its_three_forms() {
    let service = Service::start().await;
    let api = service.api().await;
    let mut amounts = 0;
    for kind in ["orders", "line_items", "payment_methods"] {
        let list = api.get(&format!("/api/{kind}")).await.expect(200);
        for item in list.body["data"].as_array().expect("a list") {
            let attributes = item["attributes"].as_object().expect("attributes");
            let cents = attributes
                .iter()
                .filter_map(|(name, value)| Some((name.strip_suffix("_cents")?, value)));
            for (amount, cents) in cents {
                if cents.is_null() {
                    assert!(attributes[&format!("{amount}_float")].is_null(), "{amount}");
                    assert!(attributes[&format!("formatted_{amount}")].is_null(), "{amount}");
                    continue;
                }
                let float = attributes[&format!("{amount}_float")].as_f64().expect("a number");
                assert_eq!(
                    (float * 100.0).round(),
                    cents.as_i64().expect("an integer") as f64,
                    "{amount}"
                );
                assert!(attributes[&format!("formatted_{amount}")].is_string(), "{amount}");
                amounts += 1;
            }
        }
    }
    assert!(amounts > 10);
}
