//! The triggers of orders: their effects, their refusals, and the cases in which they change nothing.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Story, Vendor, bodies, cko_token, login};

/// All triggers of an order's payment.
const TRIGGERS: [&str; 9] = [
    "_authorize",
    "_place",
    "_approve",
    "_approve_and_capture",
    "_capture",
    "_refund",
    "_cancel",
    "_nullify_payment_source",
    "_refresh",
];

/// An authorized order in a status.
async fn order_in(story: &Story, vendor: Vendor, status: &str) -> String {
    let order = match status {
        "draft" => {
            let of = json!({ "market": bodies::to_one("markets", story.shop.market()) });
            let body = bodies::resource("orders", json!({}), of);
            let order = story
                .api
                .post("/api/orders", &body)
                .await
                .expect(201)
                .id()
                .to_owned();
            story.shop.add(&order, 1_000).await;
            let _ = story.create(vendor, &order).await;
            let _ = story.pull(&order, "_authorize").await.expect(200);
            order
        }
        "placing" => {
            let order = story.shop.order(1_000).await;
            let challenged = match vendor {
                Vendor::Stripe => "pm_card_authenticationRequired".into(),
                Vendor::CheckoutCom => cko_token("challenge"),
            };
            let _ = story.create_with(vendor, &order, &challenged).await;
            let _ = story.pull(&order, "_place").await.expect(200);
            order
        }
        _ => story.authorized(vendor, 1_000).await.0,
    };
    let path: &[&str] = match status {
        "placed" => &["_place"],
        "approved" => &["_place", "_approve"],
        "cancelled" => &["_place", "_cancel"],
        _ => &[],
    };
    for trigger in path {
        story
            .act(&order, "orders", &order, json!({ *trigger: true }))
            .await;
    }
    assert_eq!(story.shop.status(&order).await, status);
    order
}

#[tokio::test]
async fn what_can_t_happen_is_refused_with_the_present_status() {
    let story = Story::start().await;
    let illegal: [(&str, &[&str]); 6] = [
        (
            "draft",
            &[
                "_place",
                "_approve",
                "_approve_and_capture",
                "_capture",
                "_refund",
                "_cancel",
            ],
        ),
        (
            "pending",
            &[
                "_approve",
                "_approve_and_capture",
                "_capture",
                "_refund",
                "_cancel",
            ],
        ),
        (
            "placing",
            &[
                "_authorize",
                "_approve",
                "_approve_and_capture",
                "_capture",
                "_refund",
                "_cancel",
            ],
        ),
        ("placed", &["_authorize", "_capture", "_nullify_payment_source"]),
        ("approved", &["_authorize", "_place", "_nullify_payment_source"]),
        (
            "cancelled",
            &[
                "_authorize",
                "_place",
                "_approve",
                "_approve_and_capture",
                "_capture",
                "_nullify_payment_source",
            ],
        ),
    ];
    for vendor in Vendor::ALL {
        for (status, triggers) in illegal {
            let order = order_in(&story, vendor, status).await;
            let before = story.get("orders", &order).await;
            for trigger in triggers {
                let refused = story.pull(&order, trigger).await.expect(422);
                let refused = refused.expect_pointer(&format!("/data/attributes/{trigger}"));
                let error = &refused.body["errors"][0];
                assert_eq!(error["meta"]["status"], status, "{trigger}: {error:#}");
            }
            let after = story.get("orders", &order).await;
            assert_eq!(before.body["data"], after.body["data"], "{status}");
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_trigger_to_the_present_state_succeeds_and_does_nothing() {
    let story = Story::start().await;
    let same: [(&str, &[&str]); 6] = [
        ("draft", &["_authorize", "_refresh"]),
        ("pending", &["_authorize", "_refresh"]),
        ("placing", &["_place", "_refresh"]),
        ("placed", &["_place", "_refresh"]),
        ("approved", &["_approve", "_refresh"]),
        ("cancelled", &["_cancel", "_refresh"]),
    ];
    for vendor in Vendor::ALL {
        for (status, triggers) in same {
            let order = order_in(&story, vendor, status).await;
            let before = story.get("orders", &order).await;
            let ledger = story.sandbox().ledger().await;
            for trigger in triggers {
                let _ = story.pull(&order, trigger).await.expect(200);
            }
            let after = story.get("orders", &order).await;
            let shown = |answer: &Answer| {
                let mut attributes = answer.body["data"]["attributes"].clone();
                attributes["updated_at"] = Value::Null;
                attributes
            };
            assert_eq!(shown(&before), shown(&after), "{status}");
            assert_eq!(story.sandbox().ledger().await, ledger, "{status}");
        }
    }
}

#[tokio::test]
async fn a_second_capture_and_a_second_refund_of_an_order_change_nothing() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (order, _) = story.paid(vendor, 1_000).await;
        for trigger in ["_capture", "_approve_and_capture"] {
            let _ = story.pull(&order, trigger).await.expect(200);
        }
        story.expect_status(&order, "approved", "paid").await;
        for _ in 0..2 {
            story
                .act(&order, "orders", &order, json!({ "_refund": true }))
                .await;
            story.expect_status(&order, "cancelled", "refunded").await;
        }
        assert_eq!(story.transactions(&order, "transactions").await.len(), 3);
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn approve_and_capture_and_cancel() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let order = order_in(&story, vendor, "placed").await;
        let nothing = story.pull(&order, "_refund").await.expect(422);
        let nothing = nothing.expect_pointer("/data/attributes/_refund");
        assert_eq!(nothing.body["errors"][0]["meta"]["payment_status"], "authorized");
        story
            .act(&order, "orders", &order, json!({ "_approve_and_capture": true }))
            .await;
        story.expect_status(&order, "approved", "paid").await;
        // Only a refund returns captured money.
        let kept = story.pull(&order, "_cancel").await.expect(422);
        assert_eq!(kept.body["errors"][0]["meta"]["payment_status"], "paid");

        for status in ["placed", "approved"] {
            let order = order_in(&story, vendor, status).await;
            story
                .act(&order, "orders", &order, json!({ "_cancel": true }))
                .await;
            story.expect_status(&order, "cancelled", "voided").await;
            assert_eq!(story.amounts(&order, "voids").await, [1_000]);
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn placing_authorizes_what_is_not_authorized_yet() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let _ = story.create(vendor, &order).await;
        let _ = story.pull(&order, "_place").await.expect(200);
        story.expect_status(&order, "placed", "authorized").await;

        let order = story.shop.order(1_000).await;
        let declined = match vendor {
            Vendor::Stripe => "pm_card_chargeDeclined".into(),
            Vendor::CheckoutCom => cko_token("insufficientfunds"),
        };
        let _ = story.create_with(vendor, &order, &declined).await;
        let _ = story
            .pull(&order, "_place")
            .await
            .expect_error(422, "VALIDATION_ERROR");
        story.expect_status(&order, "pending", "unpaid").await;
        assert_eq!(story.transactions(&order, "authorizations").await.len(), 1);
    }
    // Without a payment source the order can't be placed, unless it is free.
    let order = story.shop.order(1_000).await;
    let blank = story.pull(&order, "_place").await.expect(422);
    assert_eq!(blank.body["errors"][0]["meta"]["error"], "blank");
    let free = story.shop.order(0).await;
    for (trigger, status) in [
        ("_place", "placed"),
        ("_approve", "approved"),
        ("_cancel", "cancelled"),
    ] {
        let _ = story.pull(&free, trigger).await.expect(200);
        story.expect_status(&free, status, "free").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn two_triggers_at_once_are_refused() {
    let story = Story::start().await;
    let (order, _) = story.authorized(Vendor::Stripe, 1_000).await;
    for (first, second) in [
        ("_place", "_approve"),
        ("_capture", "_refund"),
        ("_authorize", "_cancel"),
    ] {
        let both = json!({ first: true, second: true });
        let both = story.patch("orders", &order, both).await.expect(422);
        let _ = both.expect_pointer(&format!("/data/attributes/{second}"));
    }
    story.expect_status(&order, "pending", "authorized").await;
    // A trigger that is false has no effect.
    let one = TRIGGERS
        .iter()
        .map(|trigger| ((*trigger).to_owned(), json!(*trigger == "_place")))
        .collect();
    let _ = story
        .patch("orders", &order, Value::Object(one))
        .await
        .expect(200);
    story.expect_status(&order, "placed", "authorized").await;
}

#[tokio::test]
async fn a_sales_channel_buys_and_does_nothing_else() {
    let story = Story::start().await;
    let market = story.service.demo("TILLGATE_MARKET_ID");
    let order = bodies::order_of_guest(&story.api, &market, 1_000).await;
    let channel = login::guest(&story.service).await;
    let path = format!("/api/orders/{order}");
    let change = |attributes: Value| bodies::change("orders", &order, attributes);
    let merchants = ["_approve", "_approve_and_capture", "_capture", "_refund"];
    for trigger in merchants {
        let refused = channel.patch(&path, &change(json!({ trigger: true }))).await;
        let _ = refused.expect_error(403, "FORBIDDEN");
    }
    let body = tillgate_tests::body(Vendor::Stripe, &order, "pm_card_visa");
    let _ = channel.post("/api/stripe_payments", &body).await.expect(201);
    for trigger in ["_authorize", "_refresh", "_place"] {
        let _ = channel
            .patch(&path, &change(json!({ trigger: true })))
            .await
            .expect(200);
    }
    story.expect_status(&order, "placed", "authorized").await;
    for trigger in merchants {
        let refused = channel.patch(&path, &change(json!({ trigger: true }))).await;
        let _ = refused.expect_error(403, "FORBIDDEN");
    }
    let authorization = story.only(&order, "authorizations").await;
    let capture = bodies::change("authorizations", &authorization, json!({ "_capture": true }));
    let refused = channel
        .patch(&format!("/api/authorizations/{authorization}"), &capture)
        .await;
    let _ = refused.expect_error(403, "FORBIDDEN");
    story.expect_status(&order, "placed", "authorized").await;
    story.assert_books_agree().await;
}
