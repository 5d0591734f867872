//! The permissions of a sales channel, whose credentials are public: to buy in its own market, and nothing else.

use crate::permissions;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Api, Call, OpenApi, Operation, Service, bodies, login, stored};

struct Scene {
    _service: Service,
    integration: Fixtures,
    channel: Api,
    market: String,
}

impl Scene {
    async fn set() -> Self {
        let service = Service::start().await;
        let open_api = OpenApi::of(&service).await;
        let market = service.demo("TILLGATE_MARKET_ID");
        let integration = Fixtures::new(service.api().await, open_api, &market);
        let channel = login::guest(&service).await;
        Self {
            _service: service,
            integration,
            channel,
            market,
        }
    }

    fn operations(&self) -> Vec<&Operation> {
        self.integration.open_api().on_resources().collect()
    }
}

/// A record of each type that the sales channel can see, if it can see the type at all.
async fn records(scene: &Scene) -> BTreeMap<String, String> {
    let mut ids = scene.integration.one_of_each().await;
    let offered = scene.channel.get("/api/payment_methods").await.expect(200);
    let method = offered.body["data"][0]["id"].as_str().expect("an id");
    ids.insert("payment_methods".into(), method.to_owned());
    ids.insert("markets".into(), scene.market.clone());
    ids
}

/// The request of an operation that an integration could send.
async fn request(scene: &Scene, operation: &Operation, id: &str) -> Call {
    let call = scene.channel.call(&operation.method, &operation.path(id));
    match operation.method.as_str() {
        "POST" => call.json(&scene.integration.body(operation.kind()).await),
        "PATCH" => call.json(&json!({ "data": { "type": operation.kind(), "id": id } })),
        _ => call,
    }
}

#[tokio::test]
async fn whatever_is_not_permitted_is_forbidden() {
    let scene = Scene::set().await;
    let (ids, permitted) = (records(&scene).await, permissions::of_guests());
    let mut requests = Vec::new();
    for operation in scene.operations() {
        if !permitted.contains(&operation.id) {
            let request = request(&scene, operation, &ids[operation.kind()]).await;
            requests.push((operation, request));
        }
    }
    assert_eq!(requests.len() + permitted.len(), scene.operations().len());
    let before = stored::everything(&scene.integration.api, scene.integration.open_api()).await;
    for (operation, request) in requests {
        let second = operation.is_second_dialect();
        let code = if second { "unauthorized" } else { "FORBIDDEN" };
        let _ = request.send().await.expect_error(403, code);
    }
    let after = stored::everything(&scene.integration.api, scene.integration.open_api()).await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn whatever_is_permitted_works() {
    let scene = Scene::set().await;
    let ids = records(&scene).await;
    for id in permissions::of_guests() {
        let operation = scene.integration.open_api().operation(&id);
        let deleted = match operation.method.as_str() {
            "DELETE" => Some(scene.integration.create(operation.kind()).await.id().to_owned()),
            _ => None,
        };
        let record = deleted.as_ref().unwrap_or_else(|| &ids[operation.kind()]);
        let answer = request(&scene, operation, record).await.send().await;
        // The demo's payments through Checkout.com hold money from their creation on.
        let holds_money = id == "delete_checkout_com_payment";
        let expected = if holds_money { 423..424 } else { 200..300 };
        assert!(expected.contains(&answer.status), "{id}: {:#}", answer.body);
    }
}

#[tokio::test]
async fn its_permissions_stand_in_the_document() {
    let scene = Scene::set().await;
    for operation in scene.operations() {
        let verb = match operation.method.as_str() {
            "POST" => "create",
            "PATCH" => "update",
            "DELETE" => "delete",
            _ => "read",
        };
        let expected = format!("{}:{verb}", operation.kind());
        assert_eq!(
            operation.permission.as_deref(),
            Some(expected.as_str()),
            "{}",
            operation.id
        );
    }
}

/// A market beside the demo's, with a paid order.
async fn other_market(scene: &Scene) -> (String, BTreeMap<&'static str, String>) {
    let api = &scene.integration.api;
    let market = scene.integration.create("markets").await.id().to_owned();
    let of_demo = scene.channel.get("/api/payment_methods").await.expect(200);
    let of_demo = of_demo.body["data"][0]["id"].as_str().expect("an id").to_owned();
    let gateway = api
        .get(&format!(
            "/api/payment_methods/{of_demo}/relationships/payment_gateway"
        ))
        .await
        .expect(200);
    let method = bodies::resource(
        "payment_methods",
        json!({ "payment_source_type": "stripe_payments", "price_amount_cents": 0 }),
        json!({
            "market": bodies::to_one("markets", &market),
            "payment_gateway": bodies::to_one("payment_gateways", gateway.id())
        }),
    );
    let method = api.post("/api/payment_methods", &method).await.expect(201);
    let order = bodies::order(api, &market, 700).await;
    let items = api
        .get(&format!("/api/orders/{order}/line_items"))
        .await
        .expect(200);
    let item = items.body["data"][0]["id"]
        .as_str()
        .expect("a line item")
        .to_owned();
    let payment = api
        .post("/api/stripe_payments", &bodies::stripe_payment(&order))
        .await
        .expect(201);
    let records = BTreeMap::from([
        ("markets", market.clone()),
        ("orders", order),
        ("line_items", item),
        ("stripe_payments", payment.id().to_owned()),
        ("payment_methods", method.id().to_owned()),
    ]);
    (market, records)
}

#[tokio::test]
async fn it_sees_its_own_market_only() {
    let scene = Scene::set().await;
    let (market, records) = other_market(&scene).await;
    for (kind, id) in &records {
        let path = format!("/api/{kind}/{id}");
        let _ = scene.integration.api.get(&path).await.expect(200);
        let _ = scene
            .channel
            .get(&path)
            .await
            .expect_error(404, "RECORD_NOT_FOUND");
    }
    let own = bodies::order(&scene.integration.api, &scene.market, 700).await;
    let _ = scene.channel.get(&format!("/api/orders/{own}")).await.expect(200);
    let elsewhere = bodies::resource(
        "orders",
        json!({}),
        json!({ "market": bodies::to_one("markets", &market) }),
    );
    let _ = scene
        .channel
        .post("/api/orders", &elsewhere)
        .await
        .expect_error(404, "RECORD_NOT_FOUND");
    let order = &records["orders"];
    for (path, body) in [
        ("/api/stripe_payments", bodies::stripe_payment(order)),
        (
            "/api/checkout_com_payments",
            bodies::checkout_com_payment(order, "tok_4gzeau5o2uqubbk6fufs3m7p54"),
        ),
    ] {
        let answer = scene
            .channel
            .post(path, &body)
            .await
            .expect_error(404, "RECORD_NOT_FOUND");
        let _ = answer.expect_pointer("/data/relationships/order/data/id");
    }
    let paid = bodies::payment(order, "pm_card_visa");
    let _ = scene
        .channel
        .post("/api/v1/payments", &paid)
        .await
        .expect_error(404, "record_not_found");
}

#[tokio::test]
async fn its_orders_are_in_its_market_without_saying_so() {
    let scene = Scene::set().await;
    let order = scene
        .channel
        .post("/api/orders", &json!({ "data": { "type": "orders" } }))
        .await
        .expect(201);
    let market = scene
        .channel
        .get(&format!("/api/orders/{}/market", order.id()))
        .await
        .expect(200);
    assert_eq!(market.id(), scene.market);
    // An integration sells in all markets, so it must name one.
    let nowhere = scene
        .integration
        .api
        .post("/api/orders", &json!({ "data": { "type": "orders" } }))
        .await;
    let _ = nowhere.expect_error(422, "VALIDATION_ERROR");
}

#[tokio::test]
async fn it_is_offered_the_enabled_payment_methods_of_its_market() {
    let scene = Scene::set().await;
    let ids = async |api: &Api, path: &str| -> BTreeSet<String> {
        let list = api.get(path).await.expect(200);
        let items = list.body["data"].as_array().expect("a list");
        assert_eq!(list.body["meta"]["record_count"], items.len(), "{path}");
        items
            .iter()
            .map(|item| item["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let offered = ids(&scene.channel, "/api/payment_methods").await;
    assert_eq!(offered.len(), 2, "the demo's two");
    let elsewhere = scene.integration.create("payment_methods").await.id().to_owned();
    assert!(
        ids(&scene.integration.api, "/api/payment_methods")
            .await
            .contains(&elsewhere)
    );
    assert_eq!(ids(&scene.channel, "/api/payment_methods").await, offered);
    let off = offered.first().expect("a method");
    let path = format!("/api/payment_methods/{off}");
    let disable = bodies::change("payment_methods", off, json!({ "_disable": true }));
    let _ = scene.integration.api.patch(&path, &disable).await.expect(200);
    let _ = scene
        .channel
        .get(&path)
        .await
        .expect_error(404, "RECORD_NOT_FOUND");
    let left: BTreeSet<_> = offered.iter().filter(|id| *id != off).cloned().collect();
    assert_eq!(ids(&scene.channel, "/api/payment_methods").await, left);
    let order = bodies::order_of_guest(&scene.integration.api, &scene.market, 700).await;
    let of_order = format!("/api/orders/{order}/available_payment_methods");
    assert_eq!(ids(&scene.channel, &of_order).await, left);
    assert_eq!(ids(&scene.integration.api, &of_order).await, left);
}

#[tokio::test]
async fn it_changes_no_order_that_was_placed() {
    let scene = Scene::set().await;
    let order = bodies::order_of_guest(&scene.integration.api, &scene.market, 700).await;
    let paid = scene
        .channel
        .post("/api/v1/payments", &bodies::payment(&order, "pm_card_visa"))
        .await
        .expect(201);
    let path = format!("/api/orders/{order}");
    assert_eq!(
        scene.channel.get(&path).await.expect(200).attribute("status"),
        "placed"
    );
    let change = bodies::change("orders", &order, json!({ "reference": "mine" }));
    let _ = scene
        .channel
        .patch(&path, &change)
        .await
        .expect_error(403, "FORBIDDEN");
    let _ = scene
        .channel
        .get(&format!("/api/v1/payments/{}", paid.id()))
        .await
        .expect(200);
}

#[tokio::test]
async fn it_charges_no_saved_card() {
    let scene = Scene::set().await;
    let order = bodies::order(&scene.integration.api, &scene.market, 700).await;
    let card = scene.integration.create("customer_payment_sources").await;
    let use_it = json!({ "_customer_payment_source_id": card.id() });
    let refused = scene
        .channel
        .patch(
            &format!("/api/orders/{order}"),
            &bodies::change("orders", &order, use_it),
        )
        .await;
    let refused = refused.expect_error(403, "FORBIDDEN");
    let _ = refused.expect_pointer("/data/attributes/_customer_payment_source_id");
    let token = card.attribute("payment_source_token");
    let of = json!({ "order": bodies::to_one("order", &order) });
    let pay = bodies::resource("payments", json!({ "stripe_payment_method_id": token }), of);
    let refused = scene.channel.post("/api/v1/payments", &pay).await.expect(422);
    let _ = refused.expect_pointer("/data/attributes/stripe_payment_method_id");
}
