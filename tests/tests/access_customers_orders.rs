//! The owner of an order: logged-in customers see their own, and may change its owner in some ways.

use crate::customers::{Scene, ids, set};
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
    // Guests see orders that are being bought or were just bought.
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
    // A cart from before the login becomes theirs with the first change.
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

/// A customer with another person's address must not see that person's orders as a guest.
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
    // A guest can't change this, neither at once nor later.
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
}

/// A guest who knows an id, like anyone who was shown a link.
#[tokio::test]
async fn a_guest_reaches_nothing_of_a_customer_who_has_logged_in() {
    let scene = Scene::set().await;
    let stripe = scene.order(&scene.ann.api, json!({})).await;
    let checkout_com = scene.order(&scene.ann.api, json!({})).await;
    let paid = scene.order(&scene.ann.api, json!({})).await;
    let ann = &scene.ann.api;
    let source = ann
        .post("/api/stripe_payments", &bodies::stripe_payment(&stripe))
        .await
        .expect(201);
    let token = bodies::checkout_com_payment(&checkout_com, &tillgate_tests::cko_token("approvedvisa"));
    let other = ann.post("/api/checkout_com_payments", &token).await.expect(201);
    let payment = ann
        .post("/api/v1/payments", &bodies::payment(&paid, "pm_card_visa"))
        .await
        .expect(201);
    let item = ann
        .get(&format!("/api/orders/{stripe}/line_items"))
        .await
        .expect(200)
        .body["data"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let mut paths = vec![
        format!("/api/line_items/{item}"),
        format!("/api/line_items/{item}/order"),
        format!("/api/stripe_payments/{}", source.id()),
        format!("/api/stripe_payments/{}/order", source.id()),
        format!("/api/checkout_com_payments/{}", other.id()),
        format!("/api/stripe_payments/{}", payment.id()),
        format!("/api/v1/payments/{}", payment.id()),
        format!("/api/v1/payments/{}/order", payment.id()),
    ];
    for order in [&stripe, &checkout_com, &paid] {
        paths.push(format!("/api/orders/{order}"));
        for related in [
            "payment_source",
            "payment_method",
            "line_items",
            "market",
            "available_payment_methods",
        ] {
            paths.push(format!("/api/orders/{order}/{related}"));
            paths.push(format!("/api/orders/{order}/relationships/{related}"));
        }
    }
    for path in &paths {
        let _ = ann.get(path).await.expect(200);
        let _ = scene.guest.get(path).await.expect(404);
    }
    let thief = json!({ "customer_email": "thief@example.com", "return_url": "https://evil.example/" });
    for (kind, id, change) in [
        ("orders", stripe.as_str(), thief.clone()),
        ("orders", stripe.as_str(), json!({ "_place": true })),
        (
            "orders",
            stripe.as_str(),
            json!({ "_nullify_payment_source": true }),
        ),
        ("orders", checkout_com.as_str(), json!({ "_refresh": true })),
        ("orders", paid.as_str(), thief),
        ("stripe_payments", source.id(), json!({ "_refresh": true })),
        ("stripe_payments", source.id(), json!({ "options": {} })),
        ("checkout_com_payments", other.id(), json!({ "_authorize": true })),
    ] {
        let change = bodies::change(kind, id, change);
        let refused = scene.guest.patch(&format!("/api/{kind}/{id}"), &change).await;
        let _ = refused.expect_error(404, "RECORD_NOT_FOUND");
    }
    for path in [
        format!("/api/stripe_payments/{}", source.id()),
        format!("/api/checkout_com_payments/{}", other.id()),
    ] {
        let _ = scene
            .guest
            .delete(&path)
            .await
            .expect_error(404, "RECORD_NOT_FOUND");
    }
    let _ = scene
        .guest
        .post("/api/stripe_payments", &bodies::stripe_payment(&stripe))
        .await
        .expect_error(404, "RECORD_NOT_FOUND")
        .expect_pointer("/data/relationships/order/data/id");
    let _ = scene
        .guest
        .post("/api/v1/payments", &bodies::payment(&stripe, "pm_card_visa"))
        .await
        .expect_error(404, "record_not_found");
    let shown = ann.get(&format!("/api/orders/{stripe}")).await.expect(200);
    assert_eq!(shown.attribute("customer_email"), &scene.ann.email);
    let shown = ann
        .get(&format!("/api/stripe_payments/{}", source.id()))
        .await
        .expect(200);
    assert_eq!(
        shown.attribute("client_secret"),
        source.attribute("client_secret")
    );
}

/// An order's present owner decides who sees it.
#[tokio::test]
async fn an_order_that_changes_hands_is_seen_by_its_new_owner_only() {
    let scene = Scene::set().await;
    let merchant = &scene.integration.api;
    let seen = async |order: &str| {
        let path = format!("/api/orders/{order}");
        let mut seen = Vec::new();
        for api in [&scene.guest, &scene.ann.api, &scene.ben.api] {
            seen.push(api.get(&path).await.status == 200);
        }
        let _ = merchant.get(&path).await.expect(200);
        seen
    };
    let send = async |order: &str, attributes: Value, of: Value| {
        let body = json!({ "data": {
            "type": "orders", "id": order, "attributes": attributes, "relationships": of
        } });
        let _ = merchant
            .patch(&format!("/api/orders/{order}"), &body)
            .await
            .expect(200);
    };
    // A guest's cart without an address belongs to anyone who knows its id.
    let cart = scene.order(&scene.guest, json!({})).await;
    assert_eq!(seen(&cart).await, [true, true, true]);
    let named = json!({ "customer": bodies::to_one("customers", &scene.ann.id) });
    send(&cart, json!({}), named.clone()).await;
    assert_eq!(seen(&cart).await, [false, true, false]);
    let named_ben = json!({ "customer": bodies::to_one("customers", &scene.ben.id) });
    send(&cart, json!({}), named_ben).await;
    assert_eq!(seen(&cart).await, [false, false, true]);
    // Without a customer, an order that is no guest's is visible to the merchant only.
    send(&cart, json!({}), json!({ "customer": { "data": null } })).await;
    assert_eq!(seen(&cart).await, [false, false, false]);
    send(&cart, json!({ "guest": true }), json!({})).await;
    assert_eq!(seen(&cart).await, [true, true, true]);
    // A cart under the address of a customer can become theirs, as long as it is being bought.
    send(&cart, json!({ "customer_email": scene.ann.email }), json!({})).await;
    assert_eq!(seen(&cart).await, [true, true, false]);
    let change = bodies::change("orders", &cart, json!({ "language_code": "de" }));
    let path = format!("/api/orders/{cart}");
    let _ = scene.ann.api.patch(&path, &change).await.expect(200);
    assert_eq!(seen(&cart).await, [false, true, false]);
    let back = bodies::change("orders", &cart, json!({ "customer_email": "guest@example.com" }));
    let _ = scene
        .guest
        .patch(&path, &back)
        .await
        .expect_error(404, "RECORD_NOT_FOUND");
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
    // This shop does not show their orders from another market.
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
