//! Requests that race for the same money: the second one finds nothing left.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Endpoint, Story, Vendor, bodies, body, webhook};

/// Number of rounds for each race.
const ROUNDS: usize = 20;

/// Sends two changes at the same time.
async fn race(story: &Story, first: (&str, &str, Value), second: (&str, &str, Value)) -> [Answer; 2] {
    let send = |(kind, id, attributes): (&str, &str, Value)| {
        let call = story.api.call("PATCH", &format!("/api/{kind}/{id}"));
        tokio::spawn(call.json(&bodies::change(kind, id, attributes)).send())
    };
    let (first, second) = (send(first), send(second));
    [first.await.expect("an answer"), second.await.expect("an answer")]
}

/// Panics unless one succeeded and the other was refused, or both succeeded one after the other.
#[track_caller]
fn assert_statuses(answers: &[Answer], allowed: &[[u16; 2]]) {
    let mut statuses = [answers[0].status, answers[1].status];
    statuses.sort_unstable();
    assert!(allowed.contains(&statuses), "{statuses:?}: {answers:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_captures_of_one_authorization() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        for round in 0..ROUNDS {
            let (order, _) = story.approved(vendor, 1_000).await;
            let authorization = story.only(&order, "authorizations").await;
            let capture = json!({ "_capture": true, "_capture_amount_cents": 600 });
            let second = match round % 2 {
                0 => ("authorizations", authorization.as_str(), capture.clone()),
                _ => ("orders", order.as_str(), json!({ "_capture": true })),
            };
            let answers = race(&story, ("authorizations", &authorization, capture), second).await;
            story.settle(&order).await;
            let captured: i64 = story.amounts(&order, "captures").await.iter().sum();
            if round % 2 == 0 {
                assert_statuses(&answers, &[[200, 422]]);
                assert_eq!(captured, 600);
            } else {
                // The order's capture takes the rest, before or after the other one.
                assert_statuses(&answers, &[[200, 200], [200, 422]]);
                assert!([600, 1_000].contains(&captured), "{captured}");
            }
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_against_a_void() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        for round in 0..ROUNDS {
            let (order, _) = story.approved(vendor, 1_000).await;
            let authorization = story.only(&order, "authorizations").await;
            let void = match round % 2 {
                0 => ("authorizations", authorization.as_str(), json!({ "_void": true })),
                _ => ("orders", order.as_str(), json!({ "_cancel": true })),
            };
            let capture = (
                "authorizations",
                authorization.as_str(),
                json!({ "_capture": true }),
            );
            let answers = race(&story, capture, void).await;
            assert_statuses(&answers, &[[200, 422]]);
            story.settle(&order).await;
            let captured = story.amounts(&order, "captures").await;
            let voided = story.amounts(&order, "voids").await;
            assert_eq!([captured, voided].concat(), [1_000]);
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_against_the_event_that_tells_of_it() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (gateway_type, gateway) = match vendor {
            Vendor::Stripe => ("stripe_gateways", &story.shop.stripe_gateway),
            Vendor::CheckoutCom => ("checkout_com_gateways", &story.shop.checkout_com_gateway),
        };
        let endpoint = Endpoint::of(&story.api, gateway_type, gateway, "known_to_the_test").await;
        for round in 0..ROUNDS {
            let (order, source) = story.approved(vendor, 1_000).await;
            let source = story.get(vendor.source(), &source).await;
            let id = format!("evt_{}_{round}", vendor.name());
            let event = match vendor {
                Vendor::Stripe => json!({
                    "id": id, "object": "event", "type": "payment_intent.succeeded", "created": webhook::now(),
                    "livemode": false,
                    "data": { "object": { "object": "payment_intent", "id": source.attribute("stripe_id") } }
                }),
                Vendor::CheckoutCom => json!({
                    "id": id, "type": "payment_captured", "created_on": "2026-11-30T09:00:00Z", "data": { "id": source.attribute("payment_response")["id"] }
                }),
            };
            let capture = json!({ "_capture": true });
            let (answer, heard) =
                futures::future::join(story.patch("orders", &order, capture), endpoint.send(&event)).await;
            let (_, _) = (answer.expect(200), heard.expect(200));
            story.settle(&order).await;
            assert_eq!(story.amounts(&order, "captures").await, [1_000]);
            story.expect_status(&order, "approved", "paid").await;
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_against_a_refund_above_the_balance() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        for _ in 0..ROUNDS {
            let (order, capture) = story.paid(vendor, 1_000).await;
            let refund = json!({ "_refund": true, "_refund_amount_cents": 600 });
            let refund = ("captures", capture.as_str(), refund);
            let answers = race(&story, refund.clone(), refund).await;
            assert_statuses(&answers, &[[200, 422]]);
            story.settle(&order).await;
            assert_eq!(story.amounts(&order, "refunds").await, [600]);
            let balance = story.get("captures", &capture).await;
            assert_eq!(*balance.attribute("refund_balance_cents"), 400);
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_against_the_placing_of_its_order() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        for round in 0..ROUNDS {
            let order = story.shop.order(1_000).await;
            let source = story.create(vendor, &order).await;
            let place = ("orders", order.as_str(), json!({ "_place": true }));
            let other = match round % 3 {
                0 => place.clone(),
                1 => ("orders", order.as_str(), json!({ "_authorize": true })),
                _ => (vendor.source(), source.id(), json!({ "_authorize": true })),
            };
            let answers = race(&story, place, other).await;
            assert_statuses(&answers, &[[200, 200], [200, 422]]);
            story.settle(&order).await;
            assert_eq!(story.amounts(&order, "authorizations").await, [1_000]);
            assert_eq!(story.transactions(&order, "transactions").await.len(), 1);
        }
    }
    story.assert_books_agree().await;
}

/// Posts two payments of one order at the same time.
async fn pay_twice(story: &Story, first: (&str, Value), second: (&str, Value)) -> [Answer; 2] {
    let send = |(path, body): (&str, Value)| tokio::spawn(story.api.call("POST", path).json(&body).send());
    let (first, second) = (send(first), send(second));
    [first.await.expect("an answer"), second.await.expect("an answer")]
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sources_on_one_order() {
    let story = Story::start_with(&[], |setup| tillgate_tests::Setup {
        authorize_on_create: true,
        ..setup
    })
    .await;
    let token = Vendor::CheckoutCom.approved();
    for _ in 0..ROUNDS {
        let order = story.shop.order(1_000).await;
        let checkout_com = (
            "/api/checkout_com_payments",
            body(Vendor::CheckoutCom, &order, &token),
        );
        let answers = pay_twice(&story, checkout_com.clone(), checkout_com).await;
        assert_statuses(&answers, &[[201, 422]]);
        story.expect_status(&order, "pending", "authorized").await;
        assert_eq!(story.amounts(&order, "authorizations").await, [1_000]);
    }
    // One of two Stripe payments stays the order's, and only that one can be paid.
    for _ in 0..ROUNDS {
        let order = story.shop.order(1_000).await;
        let stripe = (
            "/api/stripe_payments",
            body(Vendor::Stripe, &order, "pm_card_visa"),
        );
        let answers = pay_twice(&story, stripe.clone(), stripe).await;
        assert_statuses(&answers, &[[201, 201], [201, 422]]);
        let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
        let ids: Vec<&str> = made.iter().map(|answer| answer.id()).collect();
        let authorize = json!({ "_authorize": true });
        let first = ("stripe_payments", ids[0], authorize.clone());
        let last = ("stripe_payments", ids[ids.len() - 1], authorize);
        race(&story, first, last).await;
        story.settle(&order).await;
        story.expect_status(&order, "pending", "authorized").await;
        assert_eq!(story.amounts(&order, "authorizations").await, [1_000]);
    }
    story.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_through_both_dialects() {
    let story = Story::start_with(&[], |setup| tillgate_tests::Setup {
        authorize_on_create: true,
        ..setup
    })
    .await;
    let token = Vendor::CheckoutCom.approved();
    for _ in 0..ROUNDS {
        let order = story.shop.order(1_000).await;
        let theirs = (
            "/api/checkout_com_payments",
            body(Vendor::CheckoutCom, &order, &token),
        );
        let ours = ("/api/v1/payments", bodies::payment(&order, "tok_visa"));
        let answers = pay_twice(&story, theirs, ours).await;
        assert_statuses(&answers, &[[201, 422]]);
        assert_eq!(story.amounts(&order, "authorizations").await, [1_000]);
    }
    story.assert_books_agree().await;
}
