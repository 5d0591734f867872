//! `wire_transfers`: a payment source without a PSP, whose transactions are recorded as the merchant reports them.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Story, bodies};

/// A story whose shop also offers wire transfers, and an order with one.
async fn scene() -> (Story, String, Answer) {
    scene_with(json!({})).await
}

/// A scene with additional attributes of the payment method, which the order has chosen.
async fn scene_with(more: Value) -> (Story, String, Answer) {
    let story = Story::start().await;
    let gateway = bodies::resource("manual_gateways", json!({ "name": "By hand" }), json!({}));
    let gateway = story.api.post("/api/manual_gateways", &gateway).await.expect(201);
    let of = json!({ "market": bodies::to_one("markets", story.shop.market()),
        "payment_gateway": bodies::to_one("manual_gateways", gateway.id()) });
    let mut method = json!({ "payment_source_type": "wire_transfers", "price_amount_cents": 0 });
    for (name, value) in more.as_object().into_iter().flatten() {
        method[name] = value.clone();
    }
    let method = bodies::resource("payment_methods", method, of);
    let method = story.api.post("/api/payment_methods", &method).await.expect(201);
    let order = story.shop.order_with(method.id(), 1_000).await;
    let source = create(&story, &order).await;
    (story, order, source)
}

async fn create(story: &Story, order: &str) -> Answer {
    let of = json!({ "order": bodies::to_one("orders", order) });
    let body = bodies::resource("wire_transfers", json!({}), of);
    story.api.post("/api/wire_transfers", &body).await.expect(201)
}

#[tokio::test]
async fn the_whole_life() {
    let (story, order, source) = scene().await;
    story.expect_status(&order, "pending", "unpaid").await;
    let _ = story
        .patch("orders", &order, json!({ "_place": true }))
        .await
        .expect(200);
    story.expect_status(&order, "placed", "authorized").await;
    let _ = story
        .patch("orders", &order, json!({ "_approve": true }))
        .await
        .expect(200);
    let authorization = story.only(&order, "authorizations").await;
    for (amount, status) in [(400, "partially_paid"), (600, "paid")] {
        let part = json!({ "_capture": true, "_capture_amount_cents": amount });
        let _ = story
            .patch("authorizations", &authorization, part)
            .await
            .expect(200);
        story.expect_status(&order, "approved", status).await;
    }
    let void = json!({ "_void": true });
    let _ = story
        .patch("authorizations", &authorization, void)
        .await
        .expect(422);
    let captures = story.transactions(&order, "captures").await;
    let first = captures[0]["id"].as_str().expect("an id");
    let part = json!({ "_refund": true, "_refund_amount_cents": 150 });
    let _ = story.patch("captures", first, part).await.expect(200);
    story
        .expect_status(&order, "approved", "partially_refunded")
        .await;
    let _ = story
        .patch("orders", &order, json!({ "_refund": true }))
        .await
        .expect(200);
    story.expect_status(&order, "cancelled", "refunded").await;
    assert_eq!(story.amounts(&order, "refunds").await, [150, 250, 600]);
    let _ = story.refresh(&order).await;
    let locked = story
        .api
        .delete(&format!("/api/wire_transfers/{}", source.id()))
        .await;
    let _ = locked.expect_error(423, "LOCKED");
    assert!(story.sandbox().ledger().await.is_empty(), "a PSP was asked");
}

#[tokio::test]
async fn an_authorization_is_voided_or_cancelled() {
    let (story, order, _) = scene().await;
    let _ = story
        .patch("orders", &order, json!({ "_authorize": true }))
        .await
        .expect(200);
    story.expect_status(&order, "pending", "authorized").await;
    let authorization = story.only(&order, "authorizations").await;
    let cancel = json!({ "_cancel": true });
    let _ = story
        .patch("authorizations", &authorization, cancel)
        .await
        .expect(200);
    story.expect_status(&order, "pending", "unpaid").await;
    let _ = create(&story, &order).await;
    let _ = story
        .patch("orders", &order, json!({ "_place": true }))
        .await
        .expect(200);
    let _ = story
        .patch("orders", &order, json!({ "_cancel": true }))
        .await
        .expect(200);
    story.expect_status(&order, "cancelled", "voided").await;
    assert_eq!(story.amounts(&order, "voids").await, [1_000, 1_000]);
}

#[tokio::test]
async fn a_capture_of_an_order_that_is_not_placed_is_cancelled() {
    let (story, order, _) = scene().await;
    let part = json!({ "_authorize": true, "_authorization_amount_cents": 700 });
    let _ = story.patch("orders", &order, part).await.expect(200);
    story
        .expect_status(&order, "pending", "partially_authorized")
        .await;
    let authorization = story.only(&order, "authorizations").await;
    let capture = json!({ "_capture": true });
    let _ = story
        .patch("authorizations", &authorization, capture)
        .await
        .expect(200);
    story.expect_status(&order, "pending", "partially_paid").await;
    let capture = story.only(&order, "captures").await;
    let _ = story
        .patch("captures", &capture, json!({ "_cancel": true }))
        .await
        .expect(200);
    story.expect_status(&order, "pending", "unpaid").await;
    assert_eq!(story.amounts(&order, "refunds").await, [700]);
}

#[tokio::test]
async fn placed_and_captured_by_itself() {
    for trigger in ["_place", "_authorize"] {
        let (story, order, _) = scene_with(json!({ "auto_place": true, "auto_capture": true })).await;
        let _ = story
            .patch("orders", &order, json!({ trigger: true }))
            .await
            .expect(200);
        story.expect_status(&order, "placed", "paid").await;
        assert_eq!(story.amounts(&order, "captures").await, [1_000]);
    }
}
