//! Totals that change after a payment was begun, and impossible next steps.

use serde_json::json;
use tillgate_tests::{Answer, Story, Vendor, bodies};

/// Gives the only line item of an order another price.
async fn set_total(story: &Story, order: &str, amount_cents: i64) {
    let items = story
        .api
        .get(&format!("/api/orders/{order}/line_items"))
        .await
        .expect(200);
    let item = items.body["data"][0]["id"].as_str().expect("a line item");
    let price = json!({ "unit_amount_cents": amount_cents });
    let _ = story.patch("line_items", item, price).await.expect(200);
}

async fn update(story: &Story, source: &str) -> Answer {
    story
        .patch("stripe_payments", source, json!({ "_update": true }))
        .await
}

#[tokio::test]
async fn a_total_that_can_t_be_charged_is_refused_before_the_hold_is_released() {
    let story = Story::start().await;
    let (order, source) = story.authorized(Vendor::Stripe, 1_500).await;
    // Below Stripe's minimum, and above its maximum.
    for total in [10, 100_000_000] {
        set_total(&story, &order, total).await;
        let refused = update(&story, &source).await.expect(422);
        let refused = refused.expect_pointer("/data/attributes/_update");
        assert_eq!(refused.body["errors"][0]["meta"]["error"], "not_supported");
    }
    set_total(&story, &order, 2_000).await;
    let gateway = &story.shop.stripe_gateway;
    let disable = json!({ "_disable": true });
    let _ = story.patch("stripe_gateways", gateway, disable).await.expect(200);
    let refused = update(&story, &source).await.expect(422);
    assert_eq!(refused.body["errors"][0]["meta"]["error"], "no_gateway");
    let enable = json!({ "_enable": true });
    let _ = story.patch("stripe_gateways", gateway, enable).await.expect(200);
    assert_eq!(
        story.sandbox().kinds().await,
        ["authorize"],
        "the hold is released"
    );
    // With the former total, it continues normally.
    set_total(&story, &order, 1_500).await;
    let _ = story.pull(&order, "_place").await.expect(200);
    story.expect_status(&order, "placed", "authorized").await;
    story.assert_books_agree().await;
}

#[tokio::test]
async fn an_order_that_becomes_free_gives_its_authorization_up() {
    let story = Story::start().await;
    let (order, source) = story.authorized(Vendor::Stripe, 1_500).await;
    set_total(&story, &order, 0).await;
    let refused = story.pull(&order, "_place").await.expect(422);
    assert_eq!(refused.body["errors"][0]["meta"]["error"], "mismatched_amounts");
    let _ = update(&story, &source).await.expect(200);
    assert_eq!(story.amounts(&order, "voids").await, [1_500]);
    story.expect_status(&order, "pending", "free").await;
    for trigger in ["_place", "_approve"] {
        let _ = story.pull(&order, trigger).await.expect(200);
    }
    story.expect_status(&order, "approved", "free").await;
    // Without `_update`, the authorization is cancelled.
    let (order, _) = story.authorized(Vendor::CheckoutCom, 1_500).await;
    set_total(&story, &order, 0).await;
    let _ = story.pull(&order, "_place").await.expect(422);
    let authorization = story.only(&order, "authorizations").await;
    let cancel = json!({ "_cancel": true });
    story.act(&order, "authorizations", &authorization, cancel).await;
    let _ = story.pull(&order, "_place").await.expect(200);
    story.expect_status(&order, "placed", "free").await;
    story.assert_books_agree().await;
}

#[tokio::test]
async fn an_order_that_becomes_free_gives_its_unconfirmed_payment_up() {
    let story = Story::start().await;
    for updates in [true, false] {
        let order = story.shop.order(1_500).await;
        let body = bodies::stripe_payment(&order);
        let source = story.api.post("/api/stripe_payments", &body).await.expect(201);
        set_total(&story, &order, 0).await;
        let _ = story
            .pull(&order, "_authorize")
            .await
            .expect(422)
            .expect_pointer("/data/attributes/_authorize");
        if updates {
            let _ = update(&story, source.id()).await.expect(200);
        }
        let placed = story.pull(&order, "_place").await.expect(200);
        assert!(placed.body["data"]["relationships"]["payment_source"]["data"].is_null());
        story.expect_status(&order, "placed", "free").await;
        // The browser can no longer pay.
        let late = story.buyer.confirm(&source, "pm_card_visa").await;
        assert_eq!(late["error"]["code"], "payment_intent_unexpected_state");
        assert_eq!(story.sandbox().kinds().await, Vec::<String>::new());
    }
    let order = story.shop.order(1_500).await;
    let _ = story.create(Vendor::CheckoutCom, &order).await;
    set_total(&story, &order, 0).await;
    let _ = story.pull(&order, "_place").await.expect(200);
    story.expect_status(&order, "placed", "free").await;
    assert_eq!(story.sandbox().kinds().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_captured_places_an_order_whose_total_it_covers() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        // Captured after the total was lowered, and before.
        for (total, captured) in [(600, 600), (600, 1_000), (0, 1_000)] {
            let (order, _) = story.authorized(vendor, 1_000).await;
            let authorization = story.only(&order, "authorizations").await;
            if captured < 1_000 {
                set_total(&story, &order, total).await;
            }
            let capture = json!({ "_capture": true });
            story.act(&order, "authorizations", &authorization, capture).await;
            set_total(&story, &order, total).await;
            assert_eq!(story.amounts(&order, "captures").await, [captured]);
            for trigger in ["_place", "_approve"] {
                let _ = story.pull(&order, trigger).await.expect(200);
            }
            story.expect_status(&order, "approved", "paid").await;
        }
        // An authorization below the total does not place the order.
        let (order, _) = story.authorized(vendor, 1_000).await;
        let authorization = story.only(&order, "authorizations").await;
        let part = json!({ "_capture": true, "_capture_amount_cents": 600 });
        story.act(&order, "authorizations", &authorization, part).await;
        set_total(&story, &order, 1_200).await;
        let refused = story.pull(&order, "_place").await.expect(422);
        assert_eq!(refused.body["errors"][0]["meta"]["error"], "mismatched_amounts");
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_next_step_that_can_t_be_taken_does_not_undo_the_last_one() {
    let story = Story::start_with(&["--gateway-timeout", "1"], |setup| setup).await;
    let order = story.shop.order(1_000).await;
    let source = story.create(Vendor::Stripe, &order).await;
    // The amount is changed first, and then the payment is confirmed. The answer to the change is lost.
    let lost = json!({ "vendor": "stripe", "method": "POST", "fault": "drop_after" });
    story.sandbox().fault(&lost).await;
    let part = json!({ "_authorize": true, "_authorization_amount_cents": 400 });
    let _ = story.patch("orders", &order, part.clone()).await.expect(200);
    // Meanwhile the client removes the instrument for the confirmation.
    let nothing = json!({ "options": {} });
    let _ = story
        .patch("stripe_payments", source.id(), nothing)
        .await
        .expect(200);
    story.sandbox().clear_faults().await;
    let _ = story.refresh(&order).await;
    let again = json!({ "options": { "payment_method": "pm_card_visa" }, "_update": true });
    let _ = story
        .patch("stripe_payments", source.id(), again)
        .await
        .expect(200);
    let _ = story.pull(&order, "_place").await.expect(200);
    story.expect_status(&order, "placed", "authorized").await;
    story.assert_books_agree().await;
}
