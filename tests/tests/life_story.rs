//! The whole life of a payment, from its authorization to its last refund, through both PSPs.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Story, Vendor};

#[track_caller]
fn assert_balances(authorization: &Answer, capture: i64, void: i64) {
    let seen = (
        authorization.attribute("capture_balance_cents"),
        authorization.attribute("void_balance_cents"),
    );
    assert_eq!(seen, (&json!(capture), &json!(void)));
}

fn part(amount: i64) -> Value {
    json!({ "_capture": true, "_capture_amount_cents": amount })
}

fn back(amount: i64) -> Value {
    json!({ "_refund": true, "_refund_amount_cents": amount })
}

#[tokio::test]
async fn two_captures_and_three_refunds() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (order, source) = story.authorized(vendor, 1_000).await;
        let _ = story
            .patch("orders", &order, json!({ "_place": true }))
            .await
            .expect(200);
        story.expect_status(&order, "placed", "authorized").await;
        let approved = story
            .patch("orders", &order, json!({ "_approve": true }))
            .await
            .expect(200);
        assert!(approved.attribute("approved_at").is_string());
        let authorization = story.only(&order, "authorizations").await;
        assert_balances(&story.get("authorizations", &authorization).await, 1_000, 1_000);

        let first = story
            .act(&order, "authorizations", &authorization, part(300))
            .await;
        assert_balances(&first, 700, 700);
        assert_eq!(*first.attribute("capture_amount_cents"), 700);
        story.expect_status(&order, "approved", "partially_paid").await;
        let second = story
            .act(&order, "authorizations", &authorization, part(700))
            .await;
        assert_balances(&second, 0, 0);
        story.expect_status(&order, "approved", "paid").await;
        assert_eq!(story.amounts(&order, "captures").await, [300, 700]);
        assert_eq!(story.amounts(&order, "voids").await, Vec::<i64>::new());
        let _ = story
            .patch("authorizations", &authorization, part(1))
            .await
            .expect_error(422, "VALIDATION_ERROR");

        let captures = story.transactions(&order, "captures").await;
        for of in &captures {
            let parent = format!("/api/captures/{}/reference_authorization", id(of));
            let parent = story.api.get(&parent).await.expect(200);
            assert_eq!(parent.id(), authorization);
        }
        let (small, large) = (id(&captures[0]), id(&captures[1]));
        let left = story.act(&order, "captures", large, back(200)).await;
        assert_eq!(*left.attribute("refund_balance_cents"), 500);
        story
            .expect_status(&order, "approved", "partially_refunded")
            .await;
        let too_much = story.patch("captures", large, back(501)).await.expect(422);
        let too_much = too_much.expect_pointer("/data/attributes/_refund_amount_cents");
        assert_eq!(too_much.body["errors"][0]["meta"]["count"], 500);
        let _ = story.act(&order, "captures", large, back(500)).await;
        story
            .expect_status(&order, "approved", "partially_refunded")
            .await;
        let _ = story
            .act(&order, "captures", small, json!({ "_refund": true }))
            .await;
        story.expect_status(&order, "cancelled", "refunded").await;
        let cancelled = story.get("orders", &order).await;
        assert!(cancelled.attribute("cancelled_at").is_string());
        assert_eq!(story.amounts(&order, "refunds").await, [200, 500, 300]);
        let numbers: Vec<Value> = story
            .transactions(&order, "transactions")
            .await
            .into_iter()
            .map(|mut item| item["attributes"]["number"].take())
            .collect();
        let number = cancelled.attribute("number").as_str().expect("a number");
        let expected: Vec<Value> = (1..=6)
            .map(|count| json!(format!("{number}/T/{count:03}")))
            .collect();
        assert_eq!(numbers, expected);
        // Reading it from the PSP again shows nothing new.
        let _ = story
            .patch(vendor.source(), &source, json!({ "_refresh": true }))
            .await
            .expect(200);
        assert_eq!(story.transactions(&order, "transactions").await.len(), 6);
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn without_multicapture_stripe_releases_the_rest() {
    let story = Story::start_with(&[], |setup| tillgate_tests::Setup {
        multicapture: false,
        ..setup
    })
    .await;
    let (order, _) = story.approved(Vendor::Stripe, 1_000).await;
    let authorization = story.only(&order, "authorizations").await;
    let captured = story
        .act(&order, "authorizations", &authorization, part(300))
        .await;
    assert_balances(&captured, 0, 0);
    story.expect_status(&order, "approved", "partially_paid").await;
    assert_eq!(story.amounts(&order, "captures").await, [300]);
    assert_eq!(story.amounts(&order, "voids").await, [700]);
    let _ = story
        .patch("authorizations", &authorization, part(1))
        .await
        .expect_error(422, "VALIDATION_ERROR");
    let capture = story.only(&order, "captures").await;
    let _ = story.act(&order, "captures", &capture, back(100)).await;
    story
        .expect_status(&order, "approved", "partially_refunded")
        .await;
    let _ = story
        .act(&order, "orders", &order, json!({ "_refund": true }))
        .await;
    story.expect_status(&order, "cancelled", "refunded").await;
    assert_eq!(story.amounts(&order, "refunds").await, [100, 200]);
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_void_releases_what_is_held() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (order, _) = story.approved(vendor, 1_000).await;
        let authorization = story.only(&order, "authorizations").await;
        let voided = story
            .act(&order, "authorizations", &authorization, json!({ "_void": true }))
            .await;
        assert_balances(&voided, 0, 0);
        story.expect_status(&order, "approved", "voided").await;
        assert_eq!(story.amounts(&order, "voids").await, [1_000]);
        for attributes in [json!({ "_void": true }), json!({ "_capture": true })] {
            let _ = story
                .patch("authorizations", &authorization, attributes)
                .await
                .expect_error(422, "VALIDATION_ERROR");
        }
        let void = story.only(&order, "voids").await;
        let of = story
            .api
            .get(&format!("/api/voids/{void}/reference_authorization"))
            .await
            .expect(200);
        assert_eq!(of.id(), authorization);
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn an_authorization_that_is_cancelled_leaves_the_order_unpaid() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (order, _) = story.authorized(vendor, 1_000).await;
        let authorization = story.only(&order, "authorizations").await;
        let _ = story
            .act(
                &order,
                "authorizations",
                &authorization,
                json!({ "_cancel": true }),
            )
            .await;
        story.expect_status(&order, "pending", "unpaid").await;
        // It can be paid again, with either PSP, and the sum then counts from zero.
        for again in Vendor::ALL {
            let _ = story.create(again, &order).await;
            let _ = story
                .patch("orders", &order, json!({ "_authorize": true }))
                .await
                .expect(200);
            story.expect_status(&order, "pending", "authorized").await;
            let authorizations = story.transactions(&order, "authorizations").await;
            let last = authorizations.last().expect("an authorization");
            let _ = story
                .act(&order, "authorizations", id(last), json!({ "_cancel": true }))
                .await;
            story.expect_status(&order, "pending", "unpaid").await;
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_capture_of_a_pending_order_is_cancelled_by_a_refund() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (order, _) = story.authorized(vendor, 1_000).await;
        let authorization = story.only(&order, "authorizations").await;
        let _ = story
            .act(&order, "authorizations", &authorization, part(1_000))
            .await;
        story.expect_status(&order, "pending", "paid").await;
        let capture = story.only(&order, "captures").await;
        let _ = story
            .act(&order, "captures", &capture, json!({ "_cancel": true }))
            .await;
        story.expect_status(&order, "pending", "unpaid").await;
        assert_eq!(story.amounts(&order, "refunds").await, [1_000]);
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn what_is_placed_is_not_cancelled_by_its_transactions() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (order, _) = story.approved(vendor, 1_000).await;
        let authorization = story.only(&order, "authorizations").await;
        let refused = story
            .patch("authorizations", &authorization, json!({ "_cancel": true }))
            .await
            .expect(422);
        assert_eq!(refused.body["errors"][0]["meta"]["status"], "approved");
        let _ = story
            .act(&order, "authorizations", &authorization, part(1_000))
            .await;
        let capture = story.only(&order, "captures").await;
        let _ = story
            .patch("captures", &capture, json!({ "_cancel": true }))
            .await
            .expect(422);
        story.expect_status(&order, "approved", "paid").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn amounts_over_a_balance_and_two_triggers_at_once_are_refused() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (order, _) = story.approved(vendor, 1_000).await;
        let authorization = story.only(&order, "authorizations").await;
        let pointer = "/data/attributes/_capture_amount_cents";
        for attributes in [
            json!({ "_capture": true, "_capture_amount_cents": 1_001 }),
            json!({ "_capture": true, "_capture_amount_cents": 0 }),
            json!({ "_capture": true, "_capture_amount_cents": -5 }),
            json!({ "_capture": false, "_capture_amount_cents": 5 }),
            json!({ "_capture_amount_cents": 1_001 }),
        ] {
            let refused = story.patch("authorizations", &authorization, attributes).await;
            let _ = refused.expect(422).expect_pointer(pointer);
        }
        for both in [
            json!({ "_capture": true, "_void": true }),
            json!({ "_capture_amount_cents": 5, "_void": true }),
        ] {
            let both = story.patch("authorizations", &authorization, both).await;
            let _ = both.expect(422).expect_pointer("/data/attributes/_void");
        }
        assert_eq!(story.transactions(&order, "transactions").await.len(), 1);
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn what_captures_leave_is_released_at_last() {
    let story = Story::start().await;
    let mut orders = Vec::new();
    for vendor in Vendor::ALL {
        let (order, _) = story.approved(vendor, 1_000).await;
        let authorization = story.only(&order, "authorizations").await;
        story
            .act(&order, "authorizations", &authorization, part(300))
            .await;
        orders.push(order);
        // The sandbox's Stripe refunds a payment only after its last capture.
        if vendor == Vendor::Stripe {
            continue;
        }
        let (order, _) = story.approved(vendor, 1_000).await;
        let authorization = story.only(&order, "authorizations").await;
        story
            .act(&order, "authorizations", &authorization, part(300))
            .await;
        story
            .act(&order, "orders", &order, json!({ "_refund": true }))
            .await;
        story.expect_status(&order, "cancelled", "refunded").await;
        // The rest was released, and can't be captured any more.
        assert_eq!(story.amounts(&order, "voids").await, [700]);
        for attributes in [json!({ "_void": true }), json!({ "_capture": true })] {
            let _ = story
                .patch("authorizations", &authorization, attributes)
                .await
                .expect_error(422, "VALIDATION_ERROR");
        }
        let _ = story
            .patch("orders", &order, json!({ "_cancel": true }))
            .await
            .expect(200);
        assert!(!story.is_pending(&order).await);
        orders.push(order);
    }
    story.assert_books_agree().await;
    story.sandbox().advance(40 * 24 * 60 * 60).await;
    for order in &orders {
        let _ = story.refresh(order).await;
        assert_eq!(
            story.amounts(order, "voids").await,
            [700],
            "{order} of {orders:?}"
        );
    }
    for order in &orders[..2] {
        story.expect_status(order, "approved", "partially_paid").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_payment_of_the_other_dialect_is_refunded_like_any() {
    let story = Story::start().await;
    let order = story.shop.order(1_000).await;
    let body = tillgate_tests::bodies::payment(&order, "tok_visa");
    let payment = story.api.post("/api/v1/payments", &body).await.expect(201);
    assert_eq!(*payment.attribute("state"), "finished");
    story.expect_status(&order, "placed", "paid").await;
    let capture = story.only(&order, "captures").await;
    let _ = story.act(&order, "captures", &capture, back(400)).await;
    story.expect_status(&order, "placed", "partially_refunded").await;
    let _ = story
        .act(&order, "orders", &order, json!({ "_refund": true }))
        .await;
    story.expect_status(&order, "cancelled", "refunded").await;
    assert_eq!(story.amounts(&order, "refunds").await, [400, 600]);
    story.assert_books_agree().await;
}

#[track_caller]
fn id(item: &Value) -> &str {
    item["id"].as_str().expect("an id")
}
