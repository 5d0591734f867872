//! The wallets of logged-in customers: they fill, use and empty their own, and nobody else may.

use crate::customers::{Scene, ids, set};
use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, bodies, cko_token};

const USE: &str = "_customer_payment_source_id";
const SAVE: &str = "_save_payment_source_to_customer_wallet";
const CARDS: &str = "/api/customer_payment_sources";

async fn patch(api: &Api, order: &str, attributes: Value) -> Answer {
    let body = bodies::change("orders", order, attributes);
    api.patch(&format!("/api/orders/{order}"), &body).await
}

async fn pay(api: &Api, order: &str, attributes: Value) -> Answer {
    let of = json!({ "order": bodies::to_one("order", order) });
    api.post("/api/v1/payments", &bodies::resource("payments", attributes, of))
        .await
}

/// Pays an order through the Commerce Layer dialect with a payment whose card Stripe may save.
async fn authorize_reusable(api: &Api, order: &str) {
    let options = json!({ "payment_method": "pm_card_visa", "setup_future_usage": "off_session" });
    let of = json!({ "order": bodies::to_one("orders", order) });
    let body = bodies::resource("stripe_payments", json!({ "options": options }), of);
    let _ = api.post("/api/stripe_payments", &body).await.expect(201);
    let _ = patch(api, order, json!({ "_authorize": true })).await.expect(200);
}

/// Ann saves the card of a payment. Returns its id and its token.
async fn saved_by_ann(scene: &Scene) -> (String, String) {
    let order = scene.order(&scene.ann.api, json!({})).await;
    let paid = pay(&scene.ann.api, &order, json!({ "stripe_token": "tok_visa" })).await;
    assert_eq!(*paid.expect(201).attribute("state"), "finished");
    let list = scene.ann.api.get(CARDS).await.expect(200);
    let card = &list.body["data"][0];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (
        text(&card["id"]),
        text(&card["attributes"]["payment_source_token"]),
    )
}

/// Number of cards in the wallets of Ann and Ben.
async fn kept(scene: &Scene) -> [usize; 2] {
    [
        ids(&scene.ann.api, CARDS).await.len(),
        ids(&scene.ben.api, CARDS).await.len(),
    ]
}

#[track_caller]
fn assert_not_owned(refused: Answer, pointer: &str) {
    let refused = refused.expect(422).expect_pointer(pointer);
    let error = refused.errors().next().expect("an error");
    assert!(
        error["meta"]["error"] == "not_owned" || error["code"] == "not_owned",
        "{error:#}"
    );
}

#[tokio::test]
async fn a_customer_saves_a_card_pays_with_it_and_removes_it() {
    let scene = Scene::set().await;
    let ann = &scene.ann.api;
    assert!(ids(ann, CARDS).await.is_empty());
    let (card, token) = saved_by_ann(&scene).await;
    let path = format!("{CARDS}/{card}");
    let of_customer = format!("/api/customers/{}/customer_payment_sources", scene.ann.id);
    assert_eq!(ids(ann, &of_customer).await, set([&card]));
    let shown = ann.get(&path).await.expect(200);
    assert_eq!(*shown.attribute("name"), "Visa ****4242");
    let owner = ann.get(&format!("{path}/customer")).await.expect(200);
    assert_eq!(owner.id(), scene.ann.id);

    let next = scene.order(ann, json!({})).await;
    let offered = format!("/api/orders/{next}/available_customer_payment_sources");
    assert_eq!(ids(ann, &offered).await, set([&card]));
    let _ = patch(ann, &next, json!({ USE: card })).await.expect(200);
    let placed = patch(ann, &next, json!({ "_place": true })).await.expect(200);
    assert_eq!(*placed.attribute("payment_status"), "authorized");
    let second = scene.order(ann, json!({})).await;
    let paid = pay(ann, &second, json!({ "stripe_payment_method_id": token })).await;
    assert_eq!(*paid.expect(201).attribute("state"), "finished");
    assert_eq!(kept(&scene).await, [1, 0]);

    let _ = ann.delete(&path).await.expect(204);
    let _ = ann.get(&path).await.expect_error(404, "RECORD_NOT_FOUND");
    assert_eq!(kept(&scene).await, [0, 0]);
    let last = scene.order(ann, json!({})).await;
    assert_not_owned(
        patch(ann, &last, json!({ USE: card })).await,
        &format!("/data/attributes/{USE}"),
    );
}

#[tokio::test]
async fn a_customer_saves_the_card_of_either_psp_when_they_ask_for_it() {
    let scene = Scene::set().await;
    let ann = &scene.ann.api;
    let order = scene.order(ann, json!({})).await;
    authorize_reusable(ann, &order).await;
    assert_eq!(kept(&scene).await, [0, 0], "nobody asked for it");
    let _ = patch(ann, &order, json!({ SAVE: true })).await.expect(200);
    assert_eq!(kept(&scene).await, [1, 0]);
    let order = scene.order(ann, json!({})).await;
    let attributes = json!({ "payment_type": "token", "token": cko_token("approvedvisa") });
    let of = json!({ "order": bodies::to_one("orders", &order) });
    let body = bodies::resource("checkout_com_payments", attributes, of);
    let _ = ann.post("/api/checkout_com_payments", &body).await.expect(201);
    let _ = patch(ann, &order, json!({ SAVE: true })).await.expect(200);
    let _ = patch(ann, &order, json!({ "_place": true })).await.expect(200);
    assert_eq!(kept(&scene).await, [2, 0]);
    let cards = ann.get(CARDS).await.expect(200).body["data"].clone();
    let card = &cards[1]["attributes"];
    let next = scene.order(ann, json!({})).await;
    let pay_by = async |kind: &str, token: &Value| {
        let of = json!({ "order": bodies::to_one("orders", &next) });
        let attributes = json!({ "payment_type": kind, "token": token });
        let body = bodies::resource("checkout_com_payments", attributes, of);
        ann.post("/api/checkout_com_payments", &body).await
    };
    // Checkout.com identifies customers by their addresses, so its customer may have paid as a guest, with any card.
    let refused = pay_by("customer", &card["customer_token"]).await;
    assert_not_owned(refused, "/data/attributes/token");
    let _ = pay_by("id", &card["payment_source_token"]).await.expect(201);
    let placed = patch(ann, &next, json!({ "_place": true })).await.expect(200);
    assert_eq!(*placed.attribute("payment_status"), "authorized");
}

#[tokio::test]
async fn the_card_of_another_customer_is_not_there() {
    let scene = Scene::set().await;
    let (card, token) = saved_by_ann(&scene).await;
    let (ben, path) = (&scene.ben.api, format!("{CARDS}/{card}"));
    let change = bodies::change("customer_payment_sources", &card, json!({ "reference": "x" }));
    for refused in [
        ben.get(&path).await,
        ben.get(&format!("{path}/payment_source")).await,
        ben.get(&format!("{path}/relationships/customer")).await,
        ben.patch(&path, &change).await,
        ben.delete(&path).await,
        ben.get(&format!(
            "/api/customers/{}/customer_payment_sources",
            scene.ann.id
        ))
        .await,
    ] {
        let _ = refused.expect_error(404, "RECORD_NOT_FOUND");
    }
    let order = scene.order(ben, json!({})).await;
    let offered = format!("/api/orders/{order}/available_customer_payment_sources");
    assert!(ids(ben, &offered).await.is_empty());
    let refused = patch(ben, &order, json!({ USE: card })).await;
    assert_not_owned(refused, &format!("/data/attributes/{USE}"));
    for member in ["stripe_payment_method_id", "stripe_token"] {
        let refused = pay(ben, &order, json!({ member: token })).await;
        let refused = refused.expect(422);
        assert!(refused.errors().next().is_some(), "{member}");
    }
    assert_eq!(kept(&scene).await, [1, 0]);
}

#[tokio::test]
async fn a_customer_does_not_say_which_instrument_a_card_is() {
    let scene = Scene::set().await;
    let (card, _) = saved_by_ann(&scene).await;
    let (ann, path) = (&scene.ann.api, format!("{CARDS}/{card}"));
    let before = ann.get(&path).await.expect(200);
    for member in ["customer_token", "payment_source_token"] {
        for value in [json!("cus_pm_of_somebody"), Value::Null] {
            let change = bodies::change("customer_payment_sources", &card, json!({ member: value }));
            let _ = ann
                .patch(&path, &change)
                .await
                .expect_error(403, "FORBIDDEN")
                .expect_pointer(&format!("/data/attributes/{member}"));
        }
    }
    let method = ann.get("/api/payment_methods").await.expect(200).body["data"][0]["id"].clone();
    let method = method.as_str().expect("an id");
    for (name, target) in [
        ("customer", bodies::to_one("customers", &scene.ben.id)),
        ("payment_method", bodies::to_one("payment_methods", method)),
        ("payment_source", json!({ "data": null })),
    ] {
        let mut change = bodies::change("customer_payment_sources", &card, json!({}));
        change["data"]["relationships"] = json!({ name: target });
        let _ = ann
            .patch(&path, &change)
            .await
            .expect_error(403, "FORBIDDEN")
            .expect_pointer(&format!("/data/relationships/{name}"));
    }
    let after = ann.get(&path).await.expect(200);
    assert_eq!(after.body, before.body);
    let change = bodies::change("customer_payment_sources", &card, json!({ "reference": "blue" }));
    let changed = ann.patch(&path, &change).await.expect(200);
    assert_eq!(*changed.attribute("reference"), "blue");
}

/// A customer with a guest's address gets nothing of the guest's payments, and the guest nothing of the wallet.
#[tokio::test]
async fn a_guest_with_a_customers_address_has_no_part_in_the_wallet() {
    let scene = Scene::set().await;
    let (card, token) = saved_by_ann(&scene).await;
    let guest = &scene.guest;
    let with_address = json!({ "customer_email": scene.ann.email });
    let save = format!("/data/attributes/{SAVE}");
    // Before the payment and after it, with a known card and with an unknown one.
    let order = scene.order(guest, with_address.clone()).await;
    let of = json!({ "order": bodies::to_one("orders", &order) });
    let options = json!({ "options": { "setup_future_usage": "off_session" } });
    let body = bodies::resource("stripe_payments", options, of);
    let _ = guest.post("/api/stripe_payments", &body).await.expect(201);
    assert_not_owned(patch(guest, &order, json!({ SAVE: true })).await, &save);
    let order = scene.order(guest, with_address.clone()).await;
    authorize_reusable(guest, &order).await;
    assert_not_owned(patch(guest, &order, json!({ SAVE: true })).await, &save);
    // The customer can't save a guest's card, either.
    let _ = patch(guest, &order, json!({ "_place": true })).await.expect(200);
    assert_not_owned(patch(&scene.ann.api, &order, json!({ SAVE: true })).await, &save);
    let order = scene.order(guest, with_address).await;
    let paid = pay(guest, &order, json!({ "stripe_token": "tok_visa" })).await;
    assert_eq!(*paid.expect(201).attribute("state"), "finished");
    assert_eq!(kept(&scene).await, [1, 0]);

    // A guest can't see a customer's own order.
    let anns = scene.order(&scene.ann.api, json!({})).await;
    let _ = guest.get(CARDS).await.expect_error(403, "FORBIDDEN");
    let offered = format!("/api/orders/{anns}/available_customer_payment_sources");
    let _ = guest.get(&offered).await.expect_error(403, "FORBIDDEN");
    let _ = patch(guest, &anns, json!({ USE: card })).await.expect(404);
    for instrument in [
        json!({ "stripe_payment_method_id": token }),
        json!({ "stripe_token": "tok_mastercard" }),
    ] {
        let _ = pay(guest, &anns, instrument).await.expect(404);
    }
    assert_eq!(kept(&scene).await, [1, 0]);
}

/// A card is saved for the intended customer, or not at all.
#[tokio::test]
async fn an_order_that_changes_hands_takes_no_card_along() {
    let scene = Scene::set().await;
    let ann = &scene.ann.api;
    let order = scene.order(ann, json!({})).await;
    let of = json!({ "order": bodies::to_one("orders", &order) });
    let options = json!({ "options": { "payment_method": "pm_card_visa" } });
    let body = bodies::resource("stripe_payments", options, of);
    let _ = ann.post("/api/stripe_payments", &body).await.expect(201);
    let _ = patch(ann, &order, json!({ SAVE: true })).await.expect(200);
    let theirs = json!({ "customer_email": scene.ben.email });
    let _ = patch(&scene.integration.api, &order, theirs).await.expect(200);
    // The payment that was made for Ann is given up.
    let refused = patch(&scene.ben.api, &order, json!({ "_authorize": true })).await;
    assert_eq!(refused.expect(422).body["errors"][0]["meta"]["error"], "blank");
    let of = json!({ "order": bodies::to_one("orders", &order) });
    let body = bodies::resource(
        "stripe_payments",
        json!({ "options": { "payment_method": "pm_card_visa" } }),
        of,
    );
    let _ = scene
        .ben
        .api
        .post("/api/stripe_payments", &body)
        .await
        .expect(201);
    let authorized = patch(&scene.ben.api, &order, json!({ "_authorize": true })).await;
    assert_eq!(*authorized.expect(200).attribute("payment_status"), "authorized");
    assert_eq!(kept(&scene).await, [0, 0]);
}
