//! The permissions of a customer who has logged in through a sales channel: their own resources, and nothing of another customer.

use crate::permissions;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::customers::{Scene, ids, set};
use serde_json::{Value, json};
use tillgate_tests::login::{self, PASSWORD};
use tillgate_tests::{Api, Call, Operation, bodies, stored, wait};

/// A record of each type, including those that the customer can see.
async fn records(scene: &Scene) -> BTreeMap<String, String> {
    let mut ids = scene.integration.one_of_each().await;
    let order = scene.order(&scene.ann.api, json!({})).await;
    let items = format!("/api/orders/{order}/line_items");
    let item = scene.ann.api.get(&items).await.expect(200).body["data"][0]["id"].clone();
    let offered = scene.ann.api.get("/api/payment_methods").await.expect(200);
    ids.insert("line_items".into(), item.as_str().expect("an id").to_owned());
    ids.insert(
        "payment_methods".into(),
        offered.body["data"][0]["id"].as_str().expect("an id").to_owned(),
    );
    ids.insert("markets".into(), scene.market.clone());
    ids.insert("customers".into(), scene.ann.id.clone());
    let card = own_card(scene).await;
    ids.insert("cards".into(), card.clone());
    ids.insert("customer_payment_sources".into(), card);
    ids.insert("orders".into(), order);
    ids
}

/// A card of the customer's.
async fn own_card(scene: &Scene) -> String {
    let mut body = scene.integration.body("customer_payment_sources").await;
    body["data"]["relationships"]["customer"] = bodies::to_one("customers", &scene.ann.id);
    let created = scene
        .integration
        .api
        .post("/api/customer_payment_sources", &body)
        .await;
    created.expect(201).id().to_owned()
}

/// The request of an operation that an integration could send, sent by a customer.
async fn request(scene: &Scene, operation: &Operation, id: &str) -> Call {
    let call = scene.ann.api.call(&operation.method, &operation.path(id));
    match operation.method.as_str() {
        "POST" => call.json(&own_body(scene, operation.kind()).await),
        "PATCH" => call.json(&json!({ "data": { "type": operation.kind(), "id": id } })),
        _ => call,
    }
}

/// A body that a customer may send: their order has no other address than theirs.
async fn own_body(scene: &Scene, kind: &str) -> Value {
    let mut body = scene.integration.body(kind).await;
    if kind == "orders" {
        body["data"]["attributes"]["customer_email"] = scene.ann.email.clone().into();
    }
    body
}

#[tokio::test]
async fn whatever_is_not_permitted_is_forbidden() {
    let scene = Scene::set().await;
    let (ids, permitted) = (records(&scene).await, permissions::of_customers());
    let mut requests = Vec::new();
    for operation in scene.integration.open_api().on_resources() {
        if !permitted.contains(&operation.id) {
            let request = request(&scene, operation, &ids[operation.kind()]).await;
            requests.push((operation, request));
        }
    }
    let all = scene.integration.open_api().operations.iter();
    let all = all
        .filter(|operation| operation.template.starts_with("/api/"))
        .count();
    assert_eq!(requests.len() + permitted.len(), all);
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
    for id in permissions::of_customers() {
        let operation = scene.integration.open_api().operation(&id);
        let deleted = match operation.method.as_str() {
            "DELETE" if ["customer_payment_sources", "cards"].contains(&operation.kind()) => {
                Some(own_card(&scene).await)
            }
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
async fn the_document_says_which_operations_customers_may_run() {
    let scene = Scene::set().await;
    let document = scene
        .service
        .anonymous()
        .get("/openapi.json")
        .await
        .expect(200)
        .body;
    let mut declared = BTreeSet::new();
    for item in document["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            let mut schemes = operation["security"].as_array().into_iter().flatten();
            if schemes.any(|scheme| scheme.get("customer_password").is_some()) {
                declared.insert(operation["operationId"].as_str().expect("an id").to_owned());
            }
        }
    }
    assert_eq!(declared, permissions::of_customers());
}

#[tokio::test]
async fn nothing_of_another_customer_is_there() {
    let scene = Scene::set().await;
    let order = scene.order(&scene.ann.api, json!({})).await;
    let items = format!("/api/orders/{order}/line_items");
    let item = scene.ann.api.get(&items).await.expect(200).body["data"][0]["id"].clone();
    let source = scene
        .ann
        .api
        .post("/api/stripe_payments", &bodies::stripe_payment(&order))
        .await
        .expect(201);
    let of_ann = [
        format!("/api/orders/{order}"),
        format!("/api/orders/{order}/customer"),
        format!("/api/orders/{order}/relationships/customer"),
        format!("/api/orders/{order}/payment_source"),
        items,
        format!("/api/line_items/{}", item.as_str().expect("an id")),
        format!("/api/stripe_payments/{}", source.id()),
        format!("/api/stripe_payments/{}/order", source.id()),
        format!("/api/customers/{}", scene.ann.id),
        format!("/api/customers/{}/orders", scene.ann.id),
        format!("/api/customers/{}/relationships/orders", scene.ann.id),
    ];
    for path in &of_ann {
        let _ = scene.ann.api.get(path).await.expect(200);
        let _ = scene
            .ben
            .api
            .get(path)
            .await
            .expect_error(404, "RECORD_NOT_FOUND");
    }
    for (kind, id) in [
        ("orders", order.as_str()),
        ("stripe_payments", source.id()),
        ("customers", scene.ann.id.as_str()),
    ] {
        let change = bodies::change(kind, id, json!({ "reference": "taken" }));
        let path = format!("/api/{kind}/{id}");
        let _ = scene
            .ben
            .api
            .patch(&path, &change)
            .await
            .expect_error(404, "RECORD_NOT_FOUND");
        let untouched = scene.integration.api.get(&path).await.expect(200);
        assert_eq!(*untouched.attribute("reference"), Value::Null, "{path}");
    }
    let _ = scene
        .ben
        .api
        .delete(&format!("/api/stripe_payments/{}", source.id()))
        .await
        .expect_error(404, "RECORD_NOT_FOUND");
    let _ = scene
        .ben
        .api
        .post("/api/stripe_payments", &bodies::stripe_payment(&order))
        .await
        .expect_error(404, "RECORD_NOT_FOUND")
        .expect_pointer("/data/relationships/order/data/id");
    let _ = scene
        .ben
        .api
        .post("/api/v1/payments", &bodies::payment(&order, "pm_card_visa"))
        .await
        .expect_error(404, "record_not_found");
    assert!(ids(&scene.ben.api, "/api/orders").await.is_empty());
}

#[tokio::test]
async fn a_customer_changes_themselves() {
    let scene = Scene::set().await;
    let path = format!("/api/customers/{}", scene.ann.id);
    let change = |attributes: Value| bodies::change("customers", &scene.ann.id, attributes);
    let moved = json!({ "email": "ann@elsewhere.example", "password": "another secret" });
    let changed = scene.ann.api.patch(&path, &change(moved)).await.expect(200);
    assert_eq!(changed.attribute("email"), "ann@elsewhere.example");
    assert_eq!(changed.attribute("has_password"), true);
    assert!(changed.body["data"]["attributes"].get("password").is_none());
    let refused = login::log_in(&scene.service, "ann@elsewhere.example", PASSWORD).await;
    let _ = refused.expect_error(400, "INVALID_GRANT");
    let session = login::log_in(&scene.service, "ann@elsewhere.example", "another secret").await;
    let again = login::with_session(&scene.service, &session.expect(200).body);
    // Earlier logins end with the password.
    let _ = login::refresh(&scene.service, &scene.ann.session["refresh_token"])
        .await
        .expect_error(400, "INVALID_GRANT");
    let _ = again
        .patch(&path, &change(json!({ "shopper_reference": "cus_somebody" })))
        .await
        .expect_error(403, "FORBIDDEN")
        .expect_pointer("/data/attributes/shopper_reference");
    let attributes = json!({ "email": "carl@example.com", "shopper_reference": "cus_somebody" });
    let _ = scene
        .guest
        .post(
            "/api/customers",
            &bodies::resource("customers", attributes, json!({})),
        )
        .await
        .expect_error(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_customer_who_is_gone_has_no_login_left() {
    let scene = Scene::set().await;
    let path = format!("/api/customers/{}", scene.ann.id);
    let _ = scene.integration.api.delete(&path).await.expect(204);
    let _ = login::log_in(&scene.service, &scene.ann.email, PASSWORD)
        .await
        .expect_error(400, "INVALID_GRANT");
    let _ = login::refresh(&scene.service, &scene.ann.session["refresh_token"])
        .await
        .expect_error(400, "INVALID_GRANT");
    // The token finds nothing until the instance knows of the revocation, and is invalid after that.
    let ended = wait::until_async(Duration::from_secs(10), async || {
        let answer = scene.ann.api.get(&path).await;
        assert!([401, 404].contains(&answer.status), "{answer:?}");
        (answer.status == 401).then_some(())
    });
    ended.await.expect("it ends in time");
}

/// Shops choose keys such as the number of a cart, which another customer may use too.
#[tokio::test]
async fn each_customer_has_idempotency_keys_of_their_own() {
    let scene = Scene::set().await;
    let create = async |api: &Api| {
        let call = api
            .call("POST", "/api/orders")
            .header("Idempotency-Key", "cart-1");
        call.json(&json!({ "data": { "type": "orders" } }))
            .send()
            .await
            .expect(201)
    };
    let (ann, ben, guest) = (
        create(&scene.ann.api).await,
        create(&scene.ben.api).await,
        create(&scene.guest).await,
    );
    assert_eq!(set([ann.id(), ben.id(), guest.id()]).len(), 3);
    let again = create(&scene.ann.api).await;
    assert_eq!(
        (again.id(), again.header("idempotent-replayed")),
        (ann.id(), "true")
    );
    assert_eq!(ids(&scene.ann.api, "/api/orders").await, set([ann.id()]));
}
