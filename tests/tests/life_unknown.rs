//! Late, repeated and missing answers: asynchronous actions, replays by idempotency key, lost answers, and refunds that fail
//! after their success.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Story, Vendor, bodies};

async fn story_of_an_impatient_service() -> Story {
    Story::start_with(&["--gateway-timeout", "1"], |setup| setup).await
}

/// A money trigger on an order that is ready for it: the kind and id of the resource, the attributes, the kind of its
/// transaction, and the resulting state of the order's payment.
struct Trigger {
    order: String,
    kind: &'static str,
    id: String,
    attributes: Value,
    makes: &'static str,
    then: &'static str,
}

/// Each trigger that moves money, on an order of its own.
async fn triggers(story: &Story, vendor: Vendor) -> Vec<Trigger> {
    let mut all = Vec::new();
    for (name, makes, then) in [("_capture", "captures", "paid"), ("_void", "voids", "voided")] {
        let (order, _) = story.approved(vendor, 1_000).await;
        let id = story.only(&order, "authorizations").await;
        let (kind, attributes) = ("authorizations", json!({ name: true }));
        all.push(Trigger {
            order,
            kind,
            id,
            attributes,
            makes,
            then,
        });
    }
    let (order, id) = story.paid(vendor, 1_000).await;
    let attributes = json!({ "_refund": true, "_refund_amount_cents": 400 });
    let (makes, then) = ("refunds", "partially_refunded");
    all.push(Trigger {
        order,
        kind: "captures",
        id,
        attributes,
        makes,
        then,
    });
    for (name, makes, then) in [("_capture", "captures", "paid"), ("_cancel", "voids", "voided")] {
        let (order, _) = story.approved(vendor, 1_000).await;
        let (id, kind, attributes) = (order.clone(), "orders", json!({ name: true }));
        all.push(Trigger {
            order,
            kind,
            id,
            attributes,
            makes,
            then,
        });
    }
    let (order, _) = story.paid(vendor, 1_000).await;
    let (id, kind, attributes) = (order.clone(), "orders", json!({ "_refund": true }));
    let (makes, then) = ("refunds", "refunded");
    all.push(Trigger {
        order,
        kind,
        id,
        attributes,
        makes,
        then,
    });
    all
}

impl Trigger {
    async fn pull(&self, story: &Story, key: &str) -> Answer {
        story
            .patch_with_key(key, self.kind, &self.id, self.attributes.clone())
            .await
    }

    /// Panics unless it had exactly one effect.
    async fn assert_once(&self, story: &Story) {
        let made = story.transactions(&self.order, self.makes).await;
        assert_eq!(made.len(), 1, "{made:#?}");
        assert_eq!(made[0]["attributes"]["succeeded"], true, "{made:#?}");
        let order = story.get("orders", &self.order).await;
        assert_eq!(*order.attribute("payment_status"), self.then);
    }
}

#[tokio::test]
async fn a_replay_has_no_second_effect() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        for (count, trigger) in triggers(&story, vendor).await.iter().enumerate() {
            let key = format!("{}-{count}", vendor.name());
            let first = trigger.pull(&story, &key).await.expect(200);
            story.settle(&trigger.order).await;
            let booked = story.sandbox().ledger().await;
            for _ in 0..3 {
                let again = trigger.pull(&story, &key).await.expect(200);
                assert_eq!(again.id(), first.id());
            }
            assert_eq!(story.sandbox().ledger().await, booked);
            trigger.assert_once(&story).await;
            let mut other = trigger.attributes.clone();
            other["reference"] = json!("another");
            let other = story.patch_with_key(&key, trigger.kind, &trigger.id, other).await;
            let _ = other.expect(422);
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_lost_answer_leaves_one_effect() {
    let story = story_of_an_impatient_service().await;
    for vendor in Vendor::ALL {
        for (count, trigger) in triggers(&story, vendor).await.iter().enumerate() {
            // No call gets an answer: a read, or an event of the PSP, would find the outcome before the test asks again.
            story
                .sandbox()
                .fault(&json!({ "vendor": vendor.name(), "fault": "drop_after" }))
                .await;
            story.sandbox().fault(&json!({ "fault": "webhook_lose" })).await;
            let key = format!("{}-{count}", vendor.name());
            let lost = trigger.pull(&story, &key).await.expect(200);
            assert_ne!(lost.header("retry-after"), "", "{:?}", trigger.attributes);
            let made = story.transactions(&trigger.order, trigger.makes).await;
            assert_eq!(made[0]["attributes"]["message"], "pending", "{made:#?}");
            // Neither the same request nor a new one has another effect.
            let _ = trigger.pull(&story, &key).await.expect(409);
            let _ = trigger.pull(&story, &format!("{key}-new")).await.expect(422);
            story.sandbox().clear_faults().await;
            story.settle(&trigger.order).await;
            trigger.assert_once(&story).await;
            let _ = trigger.pull(&story, &key).await.expect(200);
            trigger.assert_once(&story).await;
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_request_that_is_lost_on_its_way_is_sent_again() {
    let story = story_of_an_impatient_service().await;
    for vendor in Vendor::ALL {
        for (count, trigger) in triggers(&story, vendor).await.iter().enumerate() {
            let fault = json!({ "vendor": vendor.name(), "method": "POST", "fault": "drop_before" });
            story.sandbox().fault(&fault).await;
            let key = format!("{}-{count}", vendor.name());
            let lost = trigger.pull(&story, &key).await.expect(200);
            assert_ne!(lost.header("retry-after"), "");
            story.sandbox().clear_faults().await;
            story.settle(&trigger.order).await;
            trigger.assert_once(&story).await;
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_get_of_the_source_finds_the_outcome_too() {
    let story = story_of_an_impatient_service().await;
    for vendor in Vendor::ALL {
        let (order, source) = story.approved(vendor, 1_000).await;
        let fault = json!({ "vendor": vendor.name(), "method": "POST", "fault": "drop_after" });
        story.sandbox().fault(&fault).await;
        let _ = story
            .patch("orders", &order, json!({ "_capture": true }))
            .await
            .expect(200);
        story.sandbox().clear_faults().await;
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while story.is_pending(&order).await {
            let _ = story.get(vendor.source(), &source).await;
            assert!(std::time::Instant::now() < deadline, "still pending");
        }
        story.expect_status(&order, "approved", "paid").await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn what_checkout_com_only_accepts_is_pending_until_it_is_done() {
    let story = Story::start().await;
    let ready = triggers(&story, Vendor::CheckoutCom).await;
    story.sandbox().set_action_delay(60 * 60 * 1_000).await;
    for (count, trigger) in ready.iter().enumerate() {
        let before = story.shop.payment_status(&trigger.order).await;
        let accepted = trigger.pull(&story, &format!("k{count}")).await.expect(200);
        assert_ne!(accepted.header("retry-after"), "");
        let _ = story.refresh(&trigger.order).await;
        let made = story.transactions(&trigger.order, trigger.makes).await;
        assert_eq!(made[0]["attributes"]["message"], "pending", "{made:#?}");
        assert_eq!(made[0]["attributes"]["succeeded"], false);
        assert_eq!(story.shop.payment_status(&trigger.order).await, before);
        let _ = trigger.pull(&story, &format!("k{count}-new")).await.expect(422);
    }
    story.sandbox().advance(60 * 60 + 1).await;
    for trigger in &ready {
        story.settle(&trigger.order).await;
        trigger.assert_once(&story).await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn what_checkout_com_accepted_may_be_declined_after_all() {
    let story = Story::start().await;
    let (captured, _) = story.approved(Vendor::CheckoutCom, 1_000).await;
    story
        .sandbox()
        .fault(&json!({ "vendor": "checkout_com", "fault": "capture_declined", "times": 1 }))
        .await;
    let _ = story
        .patch("orders", &captured, json!({ "_capture": true }))
        .await
        .expect(200);
    story.settle(&captured).await;
    story.expect_status(&captured, "approved", "authorized").await;
    let failed = &story.transactions(&captured, "captures").await[0]["attributes"];
    assert!(failed["error_code"].is_string(), "{failed:#}");
    // It can be tried again, and nothing of the authorization is lost.
    story
        .act(&captured, "orders", &captured, json!({ "_capture": true }))
        .await;
    story.expect_status(&captured, "approved", "paid").await;

    let (refunded, capture) = story.paid(Vendor::CheckoutCom, 1_000).await;
    story
        .sandbox()
        .fault(&json!({ "vendor": "checkout_com", "fault": "refund_fails", "delay_ms": 0, "times": 1 }))
        .await;
    let _ = story
        .patch("captures", &capture, json!({ "_refund": true }))
        .await
        .expect(200);
    story.settle(&refunded).await;
    story.expect_status(&refunded, "approved", "paid").await;
    assert_eq!(
        *story
            .get("captures", &capture)
            .await
            .attribute("refund_balance_cents"),
        1_000
    );
    story
        .act(&refunded, "captures", &capture, json!({ "_refund": true }))
        .await;
    story.expect_status(&refunded, "cancelled", "refunded").await;
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_refund_that_fails_later_comes_back() {
    let story = Story::start().await;
    let (order, capture) = story.paid(Vendor::Stripe, 1_000).await;
    let fault = json!({ "vendor": "stripe", "fault": "refund_fails", "delay_ms": 86_400_000, "times": 1 });
    story.sandbox().fault(&fault).await;
    let part = json!({ "_refund": true, "_refund_amount_cents": 300 });
    story.act(&order, "captures", &capture, part.clone()).await;
    story.act(&order, "captures", &capture, part).await;
    story
        .expect_status(&order, "approved", "partially_refunded")
        .await;
    story.sandbox().advance(86_401).await;
    let _ = story.refresh(&order).await;
    let refunds = story.transactions(&order, "refunds").await;
    let succeeded: Vec<_> = refunds
        .iter()
        .map(|refund| &refund["attributes"]["succeeded"])
        .collect();
    assert_eq!(succeeded, [false, true]);
    assert!(refunds[0]["attributes"]["error_code"].is_string(), "{refunds:#?}");
    assert_eq!(
        *story
            .get("captures", &capture)
            .await
            .attribute("refund_balance_cents"),
        700
    );
    story
        .expect_status(&order, "approved", "partially_refunded")
        .await;
    // The amount of a failed refund can be refunded again.
    story
        .act(&order, "orders", &order, json!({ "_refund": true }))
        .await;
    story.expect_status(&order, "cancelled", "refunded").await;
    assert_eq!(story.amounts(&order, "refunds").await, [300, 700]);
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_psp_that_refuses_says_so_and_leaves_a_record() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        for trigger in triggers(&story, vendor).await {
            let fault = json!({ "vendor": vendor.name(), "method": "POST", "fault": "error", "status": 400, "times": 1 });
            story.sandbox().fault(&fault).await;
            let before = story.shop.payment_status(&trigger.order).await;
            let answer = story
                .patch(trigger.kind, &trigger.id, trigger.attributes.clone())
                .await;
            // Checkout.com doesn't give a reason: the state of the payment is read first.
            let is_known = vendor == Vendor::Stripe;
            let answer = answer.expect(if is_known { 422 } else { 200 });
            story.sandbox().clear_faults().await;
            story.settle(&trigger.order).await;
            if is_known {
                let code = &answer.body["errors"][0]["meta"]["gateway_code"];
                assert!(code.is_string(), "{answer:?}");
                assert_eq!(story.shop.payment_status(&trigger.order).await, before);
                let _ = story
                    .act(
                        &trigger.order,
                        trigger.kind,
                        &trigger.id,
                        trigger.attributes.clone(),
                    )
                    .await;
            }
            let made = story.amounts(&trigger.order, trigger.makes).await;
            assert_eq!(made.len(), 1, "{made:?}");
            let order = story.get("orders", &trigger.order).await;
            assert_eq!(*order.attribute("payment_status"), trigger.then);
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn what_was_answered_once_is_the_answer() {
    let story = Story::start().await;
    let sandbox = story.sandbox();
    let (order, capture) = story.paid(Vendor::Stripe, 1_000).await;
    let path = format!("/api/captures/{capture}");
    let refund = bodies::change("captures", &capture, json!({ "_refund": true }));
    let ask = async || {
        let call = story.api.call("PATCH", &path).header("Idempotency-Key", "k");
        call.json(&refund).send().await
    };
    for fault in [
        json!({ "fault": "refund_fails", "delay_ms": 86_400_000, "times": 1 }),
        json!({ "fault": "delay", "delay_ms": 6_000, "method": "POST", "path_prefix": "/v1/refunds", "times": 1 }),
    ] {
        sandbox.fault(&fault).await;
    }
    // The first request waits for its answer while the PSP's event reports the refund, and while the refund fails.
    let (first, second) = tokio::join!(ask(), async {
        while !story.is_pending(&order).await {}
        while story.is_pending(&order).await {}
        let second = ask().await.expect(200);
        sandbox.advance(25 * 60 * 60).await;
        let _ = story.refresh(&order).await;
        let refunds = story.transactions(&order, "refunds").await;
        assert_eq!(refunds[0]["attributes"]["succeeded"], false, "{refunds:#?}");
        second
    });
    for answer in [first.expect(200), ask().await.expect(200)] {
        assert_eq!(answer.body, second.body);
        assert_eq!(answer.header("idempotent-replayed"), "true");
    }
}
