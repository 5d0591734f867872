//! Whose an order is: what customers who have logged in see as their own, and what they may say of it.

mod customers;

use customers::{Scene, ids, set};
use serde_json::{Value, json};
use tillgate_tests::bodies;

#[tokio::test]
async fn a_customer_pays_and_finds_all_that_they_bought() {
    let scene = Scene::set().await;
    let paid = scene.order(&scene.ann.api, json!({})).await;
    let payment = scene
        .ann
        .api
        .post("/api/v1/payments", &bodies::payment(&paid, "pm_card_visa"))
        .await
        .expect(201);
    let _ = scene
        .ann
        .api
        .get(&format!("/api/v1/payments/{}", payment.id()))
        .await
        .expect(200);
    let approve = bodies::change("orders", &paid, json!({ "_approve": true }));
    let path = format!("/api/orders/{paid}");
    let _ = scene.integration.api.patch(&path, &approve).await.expect(200);
    let begun = scene.order(&scene.ann.api, json!({})).await;
    let own = set([&paid, &begun]);
    assert_eq!(ids(&scene.ann.api, "/api/orders").await, own);
    let of_customer = format!("/api/customers/{}/orders", scene.ann.id);
    assert_eq!(ids(&scene.ann.api, &of_customer).await, own);
    // Guests see what is being bought or was just bought.
    let shown = scene.ann.api.get(&path).await.expect(200);
    assert_eq!(shown.attribute("status"), "approved");
    let _ = scene.guest.get(&path).await.expect_error(404, "RECORD_NOT_FOUND");
    let me = scene
        .ann
        .api
        .get(&format!("/api/customers/{}", scene.ann.id))
        .await
        .expect(200);
    assert_eq!(me.attribute("total_orders_count"), 2);
    let first = scene.ann.api.get("/api/orders?page[size]=1").await.expect(200);
    assert_eq!(first.body["meta"]["page_count"], 2);
}

#[tokio::test]
async fn what_a_customer_buys_is_theirs() {
    let scene = Scene::set().await;
    let order = scene.order(&scene.ann.api, json!({})).await;
    let path = format!("/api/orders/{order}");
    let shown = scene.ann.api.get(&path).await.expect(200);
    assert_eq!(shown.attribute("customer_email"), &scene.ann.email);
    assert_eq!(shown.attribute("guest"), false);
    let theirs = scene.ann.api.get(&format!("{path}/customer")).await.expect(200);
    assert_eq!(theirs.id(), scene.ann.id);
    // A cart that was begun before logging in becomes theirs with the first change.
    let cart = scene.order(&scene.guest, json!({})).await;
    assert!(!ids(&scene.ann.api, "/api/orders").await.contains(&cart));
    let change = bodies::change("orders", &cart, json!({ "language_code": "de" }));
    let taken = scene
        .ann
        .api
        .patch(&format!("/api/orders/{cart}"), &change)
        .await
        .expect(200);
    assert_eq!(taken.attribute("customer_email"), &scene.ann.email);
    assert_eq!(ids(&scene.ann.api, "/api/orders").await, set([&order, &cart]));
    let _ = scene
        .ben
        .api
        .get(&format!("/api/orders/{cart}"))
        .await
        .expect_error(404, "RECORD_NOT_FOUND");
}

#[tokio::test]
async fn a_customer_names_nobody_else() {
    let scene = Scene::set().await;
    let own = scene
        .order(&scene.ann.api, json!({ "customer_email": scene.ann.email }))
        .await;
    let path = format!("/api/orders/{own}");
    for email in [json!("ben@example.com"), json!("new@example.com"), Value::Null] {
        let change = bodies::change("orders", &own, json!({ "customer_email": email }));
        let _ = scene
            .ann
            .api
            .patch(&path, &change)
            .await
            .expect_error(403, "FORBIDDEN")
            .expect_pointer("/data/attributes/customer_email");
    }
    let named = |id: &str| json!({ "customer": bodies::to_one("customers", id) });
    let body = bodies::resource("orders", json!({}), named(&scene.ben.id));
    let _ = scene
        .ann
        .api
        .post("/api/orders", &body)
        .await
        .expect_error(403, "FORBIDDEN")
        .expect_pointer("/data/relationships/customer");
    let body = bodies::resource("orders", json!({}), named(&scene.ann.id));
    let _ = scene.ann.api.post("/api/orders", &body).await.expect(201);
    assert!(ids(&scene.ben.api, "/api/orders").await.is_empty());
}

/// Whoever makes an account for somebody else's address must not see what they buy without one.
#[tokio::test]
async fn what_a_guest_buys_is_not_among_a_customers_own() {
    let scene = Scene::set().await;
    let with_address = json!({ "customer_email": scene.ann.email });
    let order = scene.order(&scene.guest, with_address.clone()).await;
    let _ = scene
        .guest
        .post("/api/v1/payments", &bodies::payment(&order, "pm_card_visa"))
        .await
        .expect(201);
    let approve = bodies::change("orders", &order, json!({ "_approve": true }));
    let path = format!("/api/orders/{order}");
    let _ = scene.integration.api.patch(&path, &approve).await.expect(200);
    assert!(ids(&scene.ann.api, "/api/orders").await.is_empty());
    let _ = scene
        .ann
        .api
        .get(&path)
        .await
        .expect_error(404, "RECORD_NOT_FOUND");
    let me = scene
        .ann
        .api
        .get(&format!("/api/customers/{}", scene.ann.id))
        .await
        .expect(200);
    assert_eq!(me.attribute("total_orders_count"), 0);
    // A guest can't say otherwise, neither at once nor later.
    let mut attributes = with_address;
    attributes["guest"] = json!(false);
    let body = bodies::resource("orders", attributes, json!({}));
    let _ = scene
        .guest
        .post("/api/orders", &body)
        .await
        .expect_error(403, "FORBIDDEN")
        .expect_pointer("/data/attributes/guest");
    let cart = scene.order(&scene.guest, json!({})).await;
    let change = bodies::change("orders", &cart, json!({ "guest": false }));
    let _ = scene
        .guest
        .patch(&format!("/api/orders/{cart}"), &change)
        .await
        .expect_error(403, "FORBIDDEN");
    // An address that a guest puts on a customer's order makes it a guest's.
    let own = scene.order(&scene.ann.api, json!({})).await;
    let change = bodies::change("orders", &own, json!({ "customer_email": scene.ben.email }));
    let _ = scene
        .guest
        .patch(&format!("/api/orders/{own}"), &change)
        .await
        .expect(200);
    assert!(ids(&scene.ben.api, "/api/orders").await.is_empty());
}

#[tokio::test]
async fn a_merchant_knows_whom_they_name() {
    let scene = Scene::set().await;
    let api = &scene.integration.api;
    let of = json!({
        "market": bodies::to_one("markets", &scene.market),
        "customer": bodies::to_one("customers", &scene.ann.id)
    });
    let theirs = api
        .post("/api/orders", &bodies::resource("orders", json!({}), of.clone()))
        .await
        .expect(201);
    let body = bodies::resource("orders", json!({ "guest": true }), of);
    let as_guest = api.post("/api/orders", &body).await.expect(201);
    assert_eq!(as_guest.attribute("guest"), true);
    assert_eq!(ids(&scene.ann.api, "/api/orders").await, set([theirs.id()]));
    // What they bought in another market is not this shop's to show.
    let elsewhere = scene.integration.create("markets").await;
    let of = json!({
        "market": bodies::to_one("markets", elsewhere.id()),
        "customer": bodies::to_one("customers", &scene.ann.id)
    });
    let other = api
        .post("/api/orders", &bodies::resource("orders", json!({}), of))
        .await
        .expect(201);
    assert_eq!(ids(&scene.ann.api, "/api/orders").await, set([theirs.id()]));
    let _ = scene
        .ann
        .api
        .get(&format!("/api/orders/{}", other.id()))
        .await
        .expect_error(404, "RECORD_NOT_FOUND");
}
