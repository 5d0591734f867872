//! Attempts to pay that don't succeed at once: declines, 3-D Secure, and authorizations that expire.

use serde_json::{Value, json};
use tillgate_tests::{Story, Vendor, bodies, cko_token, login};

const DAY: u32 = 24 * 60 * 60;

/// Four declines of each PSP with the code that the authorization shows.
fn declines(vendor: Vendor) -> [(String, &'static str); 4] {
    match vendor {
        Vendor::Stripe => [
            ("pm_card_chargeDeclined", "generic_decline"),
            ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
            ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
            ("pm_card_chargeDeclinedLostCard", "lost_card"),
        ]
        .map(|(card, code)| (card.to_owned(), code)),
        Vendor::CheckoutCom => [
            ("donothonour", "20005"),
            ("insufficientfunds", "20051"),
            ("expiredcard", "20054"),
            ("stolencard", "30043"),
        ]
        .map(|(name, code)| (cko_token(name), code)),
    }
}

/// Gives a payment source another instrument and attempts it again.
async fn attempt(story: &Story, vendor: Vendor, source: &str, instrument: &str) {
    let mut attributes = match vendor {
        Vendor::Stripe => json!({ "options": { "payment_method": instrument } }),
        Vendor::CheckoutCom => json!({ "token": instrument }),
    };
    attributes["_authorize"] = json!(true);
    let _ = story.patch(vendor.source(), source, attributes).await.expect(200);
}

#[tokio::test]
async fn four_declines_and_then_a_card_that_is_good() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let source = story.create(vendor, &order).await;
        for (count, (instrument, code)) in declines(vendor).iter().enumerate() {
            attempt(&story, vendor, source.id(), instrument).await;
            story.expect_status(&order, "pending", "unpaid").await;
            let authorizations = story.transactions(&order, "authorizations").await;
            assert_eq!(authorizations.len(), count + 1);
            let failed = &authorizations[count]["attributes"];
            assert_eq!(failed["succeeded"], false);
            assert_eq!(failed["error_code"], *code, "{failed:#}");
            assert!(
                failed["message"]
                    .as_str()
                    .is_some_and(|message| message != "pending")
            );
            for balance in ["capture_balance_cents", "void_balance_cents"] {
                assert_eq!(failed[balance], 0);
            }
            let id = authorizations[count]["id"].as_str().expect("an id");
            let refused = story
                .patch("authorizations", id, json!({ "_capture": true }))
                .await;
            assert_eq!(refused.expect(422).body["errors"][0]["meta"]["state"], "failed");
        }
        attempt(&story, vendor, source.id(), &vendor.approved()).await;
        story.expect_status(&order, "pending", "authorized").await;
        let _ = story
            .patch("orders", &order, json!({ "_place": true }))
            .await
            .expect(200);
        assert_eq!(story.amounts(&order, "authorizations").await, [1_000]);
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_card_that_is_blocked_or_has_a_wrong_code_is_declined() {
    let story = Story::start().await;
    for (vendor, instrument) in [
        (Vendor::Stripe, "pm_card_radarBlock".to_owned()),
        (Vendor::Stripe, "pm_card_chargeDeclinedIncorrectCvc".to_owned()),
        (Vendor::CheckoutCom, cko_token("riskblocked")),
        (Vendor::CheckoutCom, cko_token("cvvfailure")),
    ] {
        let order = story.shop.order(1_000).await;
        let _ = story.create_with(vendor, &order, &instrument).await;
        let _ = story
            .patch("orders", &order, json!({ "_authorize": true }))
            .await
            .expect(200);
        story.expect_status(&order, "pending", "unpaid").await;
        let failed = &story.transactions(&order, "authorizations").await[0]["attributes"];
        assert!(failed["error_code"].is_string(), "{failed:#}");
    }
    story.assert_books_agree().await;
}

/// The page that the buyer is redirected to.
async fn page(story: &Story, vendor: Vendor, source: &str) -> String {
    let source = story.get(vendor.source(), source).await;
    let page = match vendor {
        Vendor::CheckoutCom => source.attribute("redirect_uri").clone(),
        Vendor::Stripe => {
            let intent = story.buyer.intent(&source).await;
            assert_eq!(intent["status"], "requires_action");
            intent["next_action"]["redirect_to_url"]["url"].clone()
        }
    };
    page.as_str()
        .unwrap_or_else(|| panic!("no page in {:#}", source.body))
        .to_owned()
}

fn challenged(vendor: Vendor) -> String {
    match vendor {
        Vendor::Stripe => "pm_card_authenticationRequired".into(),
        Vendor::CheckoutCom => cko_token("challenge"),
    }
}

#[tokio::test]
async fn a_buyer_who_authenticates_has_paid() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let source = story.create_with(vendor, &order, &challenged(vendor)).await;
        let _ = story
            .patch("orders", &order, json!({ "_place": true }))
            .await
            .expect(200);
        story.expect_status(&order, "placing", "unpaid").await;
        let page = page(&story, vendor, source.id()).await;
        assert_eq!(story.buyer.open(&page).await, 200);
        let back = story.buyer.authenticate(&page, "authenticate").await;
        assert_eq!(story.buyer.open(&back).await, 200);
        let _ = story.refresh(&order).await;
        story.expect_status(&order, "placed", "authorized").await;
        assert_eq!(story.amounts(&order, "authorizations").await, [1_000]);
        assert_eq!(story.transactions(&order, "transactions").await.len(), 1);
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn placing_hears_of_what_the_browser_has_confirmed() {
    let story = Story::start().await;
    let order = story.shop.order(1_000).await;
    let body = bodies::stripe_payment(&order);
    let source = story.api.post("/api/stripe_payments", &body).await.expect(201);
    let _ = story
        .patch("orders", &order, json!({ "_place": true }))
        .await
        .expect(422);
    story.expect_status(&order, "pending", "unpaid").await;
    story.buyer.confirm(&source, "pm_card_visa").await;
    let _ = story
        .patch("orders", &order, json!({ "_place": true }))
        .await
        .expect(200);
    story.expect_status(&order, "placed", "authorized").await;
    story.assert_books_agree().await;
}

#[tokio::test]
async fn an_update_that_comes_after_the_buyer_has_confirmed_does_not_change_what_was_authorized() {
    let story = Story::start().await;
    // The service does not know of it before it asks.
    let lose = json!({ "fault": "webhook_lose" });
    story.sandbox().fault(&lose).await;
    let order = story.shop.order(1_000).await;
    let body = bodies::stripe_payment(&order);
    let source = story.api.post("/api/stripe_payments", &body).await.expect(201);
    story.buyer.confirm(&source, "pm_card_visa").await;
    story.shop.add(&order, 250).await;
    let _ = story
        .patch("stripe_payments", source.id(), json!({ "_update": true }))
        .await
        .expect(422);
    let refused = story.pull(&order, "_place").await.expect(422);
    assert_eq!(refused.body["errors"][0]["meta"]["error"], "mismatched_amounts");
    assert_eq!(story.amounts(&order, "authorizations").await, [1_000]);
    // Now that it is known to be authorized, it is released and authorized again.
    for trigger in ["_update", "_authorize"] {
        let _ = story
            .patch("stripe_payments", source.id(), json!({ trigger: true }))
            .await;
    }
    let seen = story.get("stripe_payments", source.id()).await;
    assert_eq!(*seen.attribute("mismatched_amounts"), false);
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_sales_channel_finishes_what_its_buyer_has_authenticated() {
    let story = Story::start().await;
    let channel = login::guest(&story.service).await;
    let market = story.service.demo("TILLGATE_MARKET_ID");
    for (vendor, details) in [(Vendor::Stripe, "_refresh"), (Vendor::CheckoutCom, "_details")] {
        let order = bodies::order_of_guest(&story.api, &market, 1_000).await;
        let body = tillgate_tests::body(vendor, &order, &challenged(vendor));
        let path = format!("/api/{}", vendor.source());
        let source = channel.post(&path, &body).await.expect(201);
        let pull = async |kind: &str, id: &str, trigger: &str| {
            let body = bodies::change(kind, id, json!({ trigger: true }));
            channel.patch(&format!("/api/{kind}/{id}"), &body).await
        };
        if vendor == Vendor::Stripe {
            let _ = pull("orders", &order, "_place").await.expect(200);
            story.expect_status(&order, "placing", "unpaid").await;
        }
        let page = page(&story, vendor, source.id()).await;
        story.buyer.authenticate(&page, "authenticate").await;
        let _ = pull(vendor.source(), source.id(), details).await.expect(200);
        let _ = pull("orders", &order, "_place").await.expect(200);
        story.expect_status(&order, "placed", "authorized").await;
        // The buyer opens the waiting page once more.
        let _ = pull(vendor.source(), source.id(), details).await.expect(200);
        for trigger in ["_refresh", "_place"] {
            let _ = pull("orders", &order, trigger).await.expect(200);
        }
        // An impossible trigger changes nothing.
        for trigger in ["_cancel", "_capture"] {
            let _ = pull("orders", &order, trigger)
                .await
                .expect_error(403, "FORBIDDEN");
        }
        let rename = bodies::change(
            vendor.source(),
            source.id(),
            json!({ "reference": "mine", details: true }),
        );
        let _ = channel
            .patch(&format!("{path}/{}", source.id()), &rename)
            .await
            .expect_error(403, "FORBIDDEN");
        let rename = bodies::change("orders", &order, json!({ "reference": "mine", "_refresh": true }));
        let _ = channel
            .patch(&format!("/api/orders/{order}"), &rename)
            .await
            .expect_error(403, "FORBIDDEN");
        story.expect_status(&order, "placed", "authorized").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_buyer_who_fails_to_authenticate_may_try_again() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let source = story.create_with(vendor, &order, &challenged(vendor)).await;
        let _ = story
            .patch("orders", &order, json!({ "_place": true }))
            .await
            .expect(200);
        let page = page(&story, vendor, source.id()).await;
        story.buyer.authenticate(&page, "fail").await;
        let _ = story.refresh(&order).await;
        story.expect_status(&order, "pending", "unpaid").await;
        let failed = &story.transactions(&order, "authorizations").await[0]["attributes"];
        assert!(failed["error_code"].is_string(), "{failed:#}");
        attempt(&story, vendor, source.id(), &vendor.approved()).await;
        story.expect_status(&order, "pending", "authorized").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn an_answer_that_newer_news_has_overtaken_changes_nothing() {
    let story = Story::start().await;
    let sandbox = story.sandbox();
    sandbox.fault(&json!({ "fault": "webhook_lose" })).await;
    for (vendor, payments) in [
        (Vendor::Stripe, "/v1/payment_intents"),
        (Vendor::CheckoutCom, "/payments"),
    ] {
        let order = story.shop.order(1_000).await;
        let source = story.create_with(vendor, &order, &challenged(vendor)).await;
        let _ = story
            .patch("orders", &order, json!({ "_place": true }))
            .await
            .expect(200);
        let page = page(&story, vendor, source.id()).await;
        let held_back = json!({
            "fault": "delay", "delay_ms": 1_000, "method": "GET", "path_prefix": payments, "times": 1
        });
        sandbox.fault(&held_back).await;
        // The first request reads that the buyer has yet to authenticate, after the second one has read the failure.
        tokio::join!(story.refresh(&order), async {
            while sandbox.faults().await.len() > 1 {}
            story.buyer.authenticate(&page, "fail").await;
            let _ = story.refresh(&order).await;
            story.expect_status(&order, "pending", "unpaid").await;
        });
        story.expect_status(&order, "pending", "unpaid").await;
        attempt(&story, vendor, source.id(), &vendor.approved()).await;
        story.expect_status(&order, "pending", "authorized").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_buyer_who_never_comes_back_leaves_nothing_held() {
    let story = Story::start().await;
    // Checkout.com ends a challenge itself, and the order that waited for it is pending again.
    let order = story.shop.order(1_000).await;
    let _ = story
        .create_with(Vendor::CheckoutCom, &order, &challenged(Vendor::CheckoutCom))
        .await;
    let _ = story
        .patch("orders", &order, json!({ "_place": true }))
        .await
        .expect(200);
    story.expect_status(&order, "placing", "unpaid").await;
    story.sandbox().advance(DAY).await;
    let _ = story.refresh(&order).await;
    story.expect_status(&order, "pending", "unpaid").await;
    // At Stripe it waits until the service gives it up.
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let source = story
            .create_with(Vendor::Stripe, &order, &challenged(Vendor::Stripe))
            .await;
        let _ = story
            .patch("orders", &order, json!({ "_authorize": true }))
            .await
            .expect(200);
        let page = page(&story, Vendor::Stripe, source.id()).await;
        let nullify = json!({ "_nullify_payment_source": true });
        let _ = story.patch("orders", &order, nullify).await.expect(200);
        let _ = story.create(vendor, &order).await;
        let _ = story
            .patch("orders", &order, json!({ "_place": true }))
            .await
            .expect(200);
        story.expect_status(&order, "placed", "authorized").await;
        // A late buyer finds nothing to pay.
        assert_ne!(story.buyer.open(&page).await, 500);
        let _ = story.refresh(&order).await;
        assert_eq!(story.amounts(&order, "authorizations").await, [1_000]);
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn an_authorization_that_is_never_captured_expires() {
    let story = Story::start().await;
    let mut orders = Vec::new();
    for vendor in Vendor::ALL {
        orders.push(story.approved(vendor, 1_000).await.0);
        orders.push(story.authorized(vendor, 1_000).await.0);
    }
    story.sandbox().advance(40 * DAY).await;
    for order in &orders {
        let _ = story.refresh(order).await;
        let found = story.get("orders", order).await;
        assert_eq!(*found.attribute("payment_status"), "voided");
        assert_eq!(story.amounts(order, "voids").await, [1_000]);
        let authorization = story.only(order, "authorizations").await;
        let late = story
            .patch("authorizations", &authorization, json!({ "_capture": true }))
            .await;
        let _ = late.expect(422);
    }
    // An order that was not placed can be paid again.
    for (order, vendor) in [(&orders[1], Vendor::CheckoutCom), (&orders[3], Vendor::Stripe)] {
        let _ = story.create(vendor, order).await;
        let _ = story
            .patch("orders", order, json!({ "_place": true }))
            .await
            .expect(200);
        story.expect_status(order, "placed", "authorized").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_capture_that_comes_too_late_is_told_as_a_failure() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (order, _) = story.approved(vendor, 1_000).await;
        story.sandbox().advance(40 * DAY).await;
        // No event has reported the end of the authorization.
        let answer = story.patch("orders", &order, json!({ "_capture": true })).await;
        let _ = answer.expect(422);
        story.settle(&order).await;
        let _ = story.refresh(&order).await;
        story.expect_status(&order, "approved", "voided").await;
        let captures = story.transactions(&order, "captures").await;
        let failed: Vec<&Value> = captures
            .iter()
            .map(|item| &item["attributes"]["succeeded"])
            .collect();
        assert_eq!(failed, [false]);
        assert_eq!(story.amounts(&order, "voids").await, [1_000]);
    }
    story.assert_books_agree().await;
}
