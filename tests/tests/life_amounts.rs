//! The authorized and captured amounts of an order, and the automatic steps of its payment method.

use serde_json::{Value, json};
use tillgate_tests::{Setup, Story, Vendor};

/// A shop whose payment methods have additional attributes.
async fn shop_with(method: Value) -> Story {
    Story::start_with(&[], |setup| Setup {
        method: method.as_object().cloned().unwrap_or_default(),
        ..setup
    })
    .await
}

fn method_of(story: &Story, vendor: Vendor) -> String {
    match vendor {
        Vendor::Stripe => story.shop.stripe_method.clone(),
        Vendor::CheckoutCom => story.shop.checkout_com_method.clone(),
    }
}

#[tokio::test]
async fn a_part_of_the_total_is_authorized() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let source = story.create(vendor, &order).await;
        let amount = |amount: i64| json!({ "_authorize": true, "_authorization_amount_cents": amount });
        let pointer = "/data/attributes/_authorization_amount_cents";
        for wrong in [
            amount(1_001),
            amount(0),
            json!({ "_authorization_amount_cents": 5 }),
        ] {
            let _ = story
                .patch("orders", &order, wrong)
                .await
                .expect(422)
                .expect_pointer(pointer);
        }
        let _ = story.patch("orders", &order, amount(400)).await.expect(200);
        story
            .expect_status(&order, "pending", "partially_authorized")
            .await;
        assert_eq!(story.amounts(&order, "authorizations").await, [400]);
        let seen = story.get(vendor.source(), source.id()).await;
        assert_eq!(*seen.attribute("mismatched_amounts"), true);
        let short = story.pull(&order, "_place").await.expect(422);
        assert_eq!(short.body["errors"][0]["meta"]["error"], "mismatched_amounts");
        let place = json!({ "_place": true, "_authorization_amount_cents": 400 });
        let _ = story.patch("orders", &order, place).await.expect(200);
        story
            .expect_status(&order, "placed", "partially_authorized")
            .await;
        story
            .act(&order, "orders", &order, json!({ "_cancel": true }))
            .await;
        story.expect_status(&order, "cancelled", "voided").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_changed_total_is_authorized_anew_by_update() {
    let story = Story::start().await;
    let (order, source) = story.authorized(Vendor::Stripe, 1_000).await;
    story.shop.add(&order, 250).await;
    let refused = story.pull(&order, "_place").await.expect(422);
    assert_eq!(refused.body["errors"][0]["meta"]["error"], "mismatched_amounts");
    let before = story.get("stripe_payments", &source).await;
    assert_eq!(*before.attribute("mismatched_amounts"), true);
    let updated = story
        .patch("stripe_payments", &source, json!({ "_update": true }))
        .await
        .expect(200);
    assert_eq!(*updated.attribute("mismatched_amounts"), false);
    assert_ne!(updated.attribute("stripe_id"), before.attribute("stripe_id"));
    assert_eq!(story.amounts(&order, "voids").await, [1_000]);
    let _ = story.pull(&order, "_authorize").await.expect(200);
    story.expect_status(&order, "pending", "authorized").await;
    assert_eq!(story.amounts(&order, "authorizations").await, [1_000, 1_250]);
    for trigger in ["_place", "_approve", "_capture"] {
        let _ = story.pull(&order, trigger).await.expect(200);
    }
    story.expect_status(&order, "approved", "paid").await;
    assert_eq!(story.amounts(&order, "captures").await, [1_250]);
    // A capture is not authorized again.
    let _ = story
        .patch("stripe_payments", &source, json!({ "_update": true }))
        .await
        .expect(422);
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_payment_method_that_changes_does_not_change_its_orders() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let method = method_of(&story, vendor);
        let order = story.shop.order_with(&method, 1_000).await;
        let _ = story.create(vendor, &order).await;
        for (change, trigger) in [
            (json!({ "price_amount_cents": 500 }), "_place"),
            (json!({ "_disable": true }), "_approve_and_capture"),
        ] {
            let _ = story.patch("payment_methods", &method, change).await.expect(200);
            story
                .act(&order, "orders", &order, json!({ trigger: true }))
                .await;
        }
        story.expect_status(&order, "approved", "paid").await;
        let paid = story.get("orders", &order).await;
        assert_eq!(*paid.attribute("total_amount_with_taxes_cents"), 1_000);
        story
            .act(&order, "orders", &order, json!({ "_refund": true }))
            .await;
        story.expect_status(&order, "cancelled", "refunded").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn more_is_never_captured_than_is_due() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (order, _) = story.authorized(vendor, 1_000).await;
        let items = story
            .api
            .get(&format!("/api/orders/{order}/line_items"))
            .await
            .expect(200);
        let item = items.body["data"][0]["id"].as_str().expect("a line item");
        let _ = story
            .patch("line_items", item, json!({ "unit_amount_cents": 600 }))
            .await
            .expect(200);
        let authorization = story.only(&order, "authorizations").await;
        let over = json!({ "_capture": true, "_capture_amount_cents": 601 });
        let over = story
            .patch("authorizations", &authorization, over)
            .await
            .expect(422);
        let over = over.expect_pointer("/data/attributes/_capture_amount_cents");
        assert_eq!(over.body["errors"][0]["meta"]["count"], 600);
        story
            .act(
                &order,
                "authorizations",
                &authorization,
                json!({ "_capture": true }),
            )
            .await;
        assert_eq!(story.amounts(&order, "captures").await, [600]);
        story.expect_status(&order, "pending", "paid").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn nullify_detaches_a_payment_that_holds_nothing() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let _ = story.create(vendor, &order).await;
        let detached = story.pull(&order, "_nullify_payment_source").await.expect(200);
        let source = &detached.body["data"]["relationships"]["payment_source"]["data"];
        assert!(source.is_null(), "{source}");
        let _ = story.pull(&order, "_nullify_payment_source").await.expect(200);
        // Another payment can be made.
        let _ = story.create(vendor, &order).await;
        let (held, _) = story.authorized(vendor, 1_000).await;
        let _ = story.pull(&held, "_nullify_payment_source").await.expect(422);
        story.expect_status(&held, "pending", "authorized").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn auto_place_places_when_the_authorization_succeeds() {
    let story = shop_with(json!({ "auto_place": true })).await;
    for vendor in Vendor::ALL {
        let order = story.shop.order_with(&method_of(&story, vendor), 1_000).await;
        let source = story.create(vendor, &order).await;
        let _ = story
            .patch(vendor.source(), source.id(), json!({ "_authorize": true }))
            .await
            .expect(200);
        story.expect_status(&order, "placed", "authorized").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn auto_capture_captures_up_to_its_maximum() {
    let story = shop_with(json!({ "auto_capture": true, "auto_capture_max_amount_cents": 1_000 })).await;
    for vendor in Vendor::ALL {
        for (total, payment_status) in [(1_000, "paid"), (1_001, "authorized")] {
            let order = story.shop.order_with(&method_of(&story, vendor), total).await;
            let _ = story.create(vendor, &order).await;
            let _ = story.pull(&order, "_place").await.expect(200);
            story.settle(&order).await;
            story.expect_status(&order, "placed", payment_status).await;
        }
        // A browser's confirmation without an event counts as well.
        let order = story.shop.order_with(&method_of(&story, vendor), 900).await;
        let _ = story.create(vendor, &order).await;
        let _ = story.pull(&order, "_authorize").await.expect(200);
        story.settle(&order).await;
        story.expect_status(&order, "pending", "paid").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn what_was_made_stays_when_its_capture_is_refused() {
    let story = Story::start_with(&[], |setup| Setup {
        authorize_on_create: true,
        method: json!({ "auto_capture": true })
            .as_object()
            .cloned()
            .unwrap_or_default(),
        ..setup
    })
    .await;
    let method = method_of(&story, Vendor::CheckoutCom);
    let order = story.shop.order_with(&method, 1_000).await;
    let refused =
        json!({ "method": "POST", "path_prefix": "/payments/", "fault": "error", "status": 403, "times": 1 });
    story.sandbox().fault(&refused).await;
    let source = story.create(Vendor::CheckoutCom, &order).await;
    assert_eq!(
        story.sandbox().faults().await,
        Vec::<Value>::new(),
        "no capture was tried"
    );
    let _ = story.get("checkout_com_payments", source.id()).await;
    story.expect_status(&order, "pending", "authorized").await;
    story.assert_books_agree().await;
}
