//! `cards`: the Stripe cards of a logged-in customer, in the Foodetective dialect.

use crate::customers::Scene;
use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, bodies, cko_token};

const MINE: &str = "/api/v1/users/me/cards";

async fn pay(scene: &Scene, attributes: Value) -> Answer {
    let order = scene.order(&scene.ann.api, json!({})).await;
    let of = json!({ "order": bodies::to_one("order", &order) });
    let body = bodies::resource("payments", attributes, of);
    scene.ann.api.post("/api/v1/payments", &body).await
}

async fn cards(api: &Api) -> Vec<Value> {
    let list = api.get(MINE).await.expect(200);
    let cards = list.body["data"].as_array().expect("a list").clone();
    assert_eq!(list.body["meta"]["total-count"], cards.len());
    cards
}

#[track_caller]
fn id(card: &Value) -> &str {
    card["id"].as_str().expect("an id")
}

#[tokio::test]
async fn a_payment_saves_a_card_that_pays_again_and_is_removed() {
    let scene = Scene::set().await;
    let ann = &scene.ann.api;
    assert!(cards(ann).await.is_empty());
    let _ = pay(&scene, json!({ "stripe_token": "tok_visa" }))
        .await
        .expect(201);
    let saved = cards(ann).await;
    assert_eq!(saved.len(), 1, "{saved:#?}");
    let attributes = &saved[0]["attributes"];
    assert_eq!(
        (&attributes["last4"], &attributes["brand"]),
        (&json!("4242"), &json!("visa"))
    );
    let other = format!("/api/customer_payment_sources/{}", id(&saved[0]));
    let same = ann.get(&other).await.expect(200);
    assert_eq!(
        &attributes["stripe-source-id"],
        same.attribute("payment_source_token")
    );
    let instrument = same.attribute("payment_instrument");
    let part = |name: &str| instrument[name].as_str().expect("a text").to_owned();
    let expires = format!(
        "{}-{:0>2}-01",
        part("card_expiry_year"),
        part("card_expiry_month")
    );
    assert_eq!(attributes["expiration-date"], expires);
    let link = saved[0]["links"]["self"].as_str().expect("a link");
    assert_eq!(ann.get(link).await.expect(200).body["data"], saved[0]);

    let again = json!({ "stripe_payment_method_id": attributes["stripe-source-id"] });
    let paid = pay(&scene, again.clone()).await.expect(201);
    assert_eq!(*paid.attribute("state"), "finished");
    assert_eq!(cards(ann).await.len(), 1, "it was saved before");
    let _ = ann.delete(link).await.expect(204);
    let _ = ann.delete(link).await.expect(404);
    let _ = ann.get(&other).await.expect(404);
    assert!(cards(ann).await.is_empty());
    let _ = pay(&scene, again)
        .await
        .expect(422)
        .expect_pointer("/data/attributes/stripe_payment_method_id");
}

#[tokio::test]
async fn a_card_is_there_for_its_customer_only() {
    let scene = Scene::set().await;
    let _ = pay(&scene, json!({ "stripe_token": "tok_visa" }))
        .await
        .expect(201);
    let card = format!("/api/v1/cards/{}", id(&cards(&scene.ann.api).await[0]));
    assert!(cards(&scene.ben.api).await.is_empty());
    let _ = scene.ben.api.get(&card).await.expect(404);
    let _ = scene.ben.api.delete(&card).await.expect(404);
    let _ = scene.guest.get(&card).await.expect_error(403, "unauthorized");
    let _ = scene.guest.delete(&card).await.expect_error(403, "unauthorized");
    // A merchant may see and remove each, and has no list.
    let merchant = &scene.integration.api;
    let _ = merchant.get(&card).await.expect(200);
    for nobody in [merchant, &scene.guest] {
        let _ = nobody.get(MINE).await.expect_error(403, "unauthorized");
    }
    let _ = scene.service.anonymous().get(MINE).await.expect(401);
    let _ = merchant.delete(&card).await.expect(204);
    assert!(cards(&scene.ann.api).await.is_empty());
}

#[tokio::test]
async fn what_another_psp_keeps_is_no_card_of_stripe() {
    let scene = Scene::set().await;
    let ann = &scene.ann.api;
    let order = scene.order(ann, json!({})).await;
    let attributes = json!({ "payment_type": "token", "token": cko_token("approvedvisa") });
    let of = json!({ "order": bodies::to_one("orders", &order) });
    let body = bodies::resource("checkout_com_payments", attributes, of);
    let _ = ann.post("/api/checkout_com_payments", &body).await.expect(201);
    let save = json!({ "_save_payment_source_to_customer_wallet": true });
    for attributes in [save, json!({ "_place": true })] {
        let change = bodies::change("orders", &order, attributes);
        let _ = ann
            .patch(&format!("/api/orders/{order}"), &change)
            .await
            .expect(200);
    }
    let kept = ann.get("/api/customer_payment_sources").await.expect(200);
    let path = format!("/api/v1/cards/{}", id(&kept.body["data"][0]));
    assert!(cards(ann).await.is_empty());
    let _ = ann.get(&path).await.expect(404);
    let _ = ann.delete(&path).await.expect(404);
    let after = ann.get("/api/customer_payment_sources").await.expect(200);
    assert_eq!(after.body["data"], kept.body["data"]);
}

#[tokio::test]
async fn a_customers_list_of_cards_is_paged_and_takes_nothing_else() {
    let scene = Scene::set().await;
    let ann = &scene.ann.api;
    for token in ["tok_visa", "tok_mastercard"] {
        let _ = pay(&scene, json!({ "stripe_token": token })).await.expect(201);
    }
    let all = cards(ann).await;
    for (number, card) in all.iter().enumerate() {
        let path = format!("{MINE}?page={}&per_page=1", number + 1);
        let page = ann.get(&path).await.expect(200);
        assert_eq!(page.body["data"], json!([card]));
        assert_eq!(page.body["meta"], json!({ "total-count": 2, "total-pages": 2 }));
        let last = page.body["links"]["last"].as_str().expect("a link");
        assert_eq!(ann.get(last).await.expect(200).body["data"], json!([all[1]]));
    }
    for query in ["colour=blue", "per_page=0", "page[number]=1"] {
        let _ = ann.get(&format!("{MINE}?{query}")).await.expect(400);
    }
    let html = ann.call("GET", MINE).header("Accept", "text/html");
    let _ = html.send().await.expect(406);
    if scene.service.cut_off_database().await {
        let _ = ann.get(MINE).await.expect(503);
    }
}

#[tokio::test]
async fn a_card_that_stripe_could_not_be_asked_about_stays() {
    let scene = Scene::set().await;
    let ann = &scene.ann.api;
    let _ = pay(&scene, json!({ "stripe_token": "tok_visa" }))
        .await
        .expect(201);
    let card = format!("/api/v1/cards/{}", id(&cards(ann).await[0]));
    let fault = json!({
        "vendor": "stripe", "fault": "error", "status": 401, "path_prefix": "/v1/payment_methods", "times": 1
    });
    scene.service.sandbox().fault(&fault).await;
    let _ = ann.delete(&card).await.expect(503);
    assert_eq!(cards(ann).await.len(), 1);
    let _ = ann.delete(&card).await.expect(204);
    assert!(cards(ann).await.is_empty());
}
