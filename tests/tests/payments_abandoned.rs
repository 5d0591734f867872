//! A buyer leaves authentication: the payment that waits for them is given up or replaced at once, in both dialects and at both
//! PSPs, and a late authorization is released.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Story, Vendor, bodies, body, cko_token};

fn challenged(vendor: Vendor) -> String {
    match vendor {
        Vendor::Stripe => "pm_card_threeDSecure2Required".into(),
        Vendor::CheckoutCom => cko_token("challenge"),
    }
}

/// The way in which the first payment of an order came to wait for its buyer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum First {
    Authorized(Vendor),
    Placing(Vendor),
    SecondDialect,
}

const FIRSTS: [First; 5] = [
    First::Authorized(Vendor::Stripe),
    First::Authorized(Vendor::CheckoutCom),
    First::Placing(Vendor::Stripe),
    First::Placing(Vendor::CheckoutCom),
    First::SecondDialect,
];

impl First {
    fn vendor(self) -> Vendor {
        match self {
            Self::Authorized(vendor) | Self::Placing(vendor) => vendor,
            Self::SecondDialect => Vendor::Stripe,
        }
    }

    /// An order with a waiting payment, with its source and the page that the buyer is redirected to.
    async fn waiting(self, story: &Story) -> (String, String, String) {
        let order = story.shop.order(1_000).await;
        let trigger = match self {
            Self::SecondDialect => {
                let payment = pay(story, &order, &challenged(Vendor::Stripe)).await.expect(201);
                let page = payment.attribute("redirect-url").as_str().expect("a page");
                return (order, payment.id().to_owned(), page.to_owned());
            }
            Self::Authorized(_) => "_authorize",
            Self::Placing(_) => "_place",
        };
        let vendor = self.vendor();
        let source = story.create_with(vendor, &order, &challenged(vendor)).await;
        let _ = story.pull(&order, trigger).await.expect(200);
        let shown = story.get(vendor.source(), source.id()).await;
        let page = match vendor {
            Vendor::CheckoutCom => shown.attribute("redirect_uri").clone(),
            Vendor::Stripe => {
                story.buyer.intent(&shown).await["next_action"]["redirect_to_url"]["url"].clone()
            }
        };
        let page = page.as_str().expect("a page").to_owned();
        (order, source.id().to_owned(), page)
    }
}

async fn pay(story: &Story, order: &str, token: &str) -> Answer {
    story
        .api
        .post("/api/v1/payments", &bodies::payment(order, token))
        .await
}

/// The way in which a second payment is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Second {
    Source(Vendor),
    SecondDialect,
}

impl Second {
    async fn pays(self, story: &Story, order: &str) {
        match self {
            Self::SecondDialect => {
                let _ = pay(story, order, "tok_visa").await.expect(201);
                story.expect_status(order, "placed", "paid").await;
            }
            Self::Source(vendor) => {
                let _ = story.create(vendor, order).await;
                let _ = story.pull(order, "_place").await.expect(200);
                story.expect_status(order, "placed", "authorized").await;
            }
        }
    }
}

#[tokio::test]
async fn the_next_attempt_replaces_a_payment_that_waits() {
    let story = Story::start().await;
    for first in FIRSTS {
        for second in [
            Second::Source(Vendor::Stripe),
            Second::Source(Vendor::CheckoutCom),
            Second::SecondDialect,
        ] {
            let (order, source, page) = first.waiting(&story).await;
            second.pays(&story, &order).await;
            // The buyer returns to the first one, and nothing more is held.
            finish_late(&story, first, &page).await;
            released(&story, first, &source, &order).await;
        }
    }
    story.assert_books_agree().await;
}

/// The buyer's action in another tab. Stripe has cancelled the payment; at Checkout.com it succeeds.
async fn finish_late(story: &Story, first: First, page: &str) {
    if first.vendor() == Vendor::CheckoutCom {
        story.buyer.authenticate(page, "authenticate").await;
    } else {
        assert_ne!(story.buyer.open(page).await, 500);
    }
}

/// Waits until an order holds its total and no more.
async fn released(story: &Story, first: First, source: &str, order: &str) {
    let late = first.vendor() == Vendor::CheckoutCom;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        if late {
            let refresh = json!({ "_refresh": true });
            let _ = story.patch("checkout_com_payments", source, refresh).await;
        }
        let voided: i64 = story.amounts(order, "voids").await.iter().sum();
        let authorized: i64 = story.amounts(order, "authorizations").await.iter().sum();
        if authorized - voided == 1_000 && (voided == 1_000) == late && !story.is_pending(order).await {
            return;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "{first:?}: {authorized} authorized, {voided} voided"
        );
    }
}

#[tokio::test]
async fn the_merchant_gives_up_a_payment_that_waits() {
    let story = Story::start().await;
    for first in FIRSTS {
        let (order, given_up, page) = first.waiting(&story).await;
        let _ = story.pull(&order, "_nullify_payment_source").await.expect(200);
        story.expect_status(&order, "pending", "unpaid").await;
        let source = story
            .api
            .get(&format!("/api/orders/{order}/payment_source"))
            .await;
        assert!(
            source.status == 404 || source.body["data"].is_null(),
            "{source:?}"
        );
        finish_late(&story, first, &page).await;
        Second::Source(Vendor::CheckoutCom).pays(&story, &order).await;
        released(&story, first, &given_up, &order).await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_late_success_never_pays_an_order_that_was_freed_of_it() {
    let story = Story::start_with(&[], |mut setup| {
        setup.method.insert("auto_place".into(), json!(true));
        setup.method.insert("auto_capture".into(), json!(true));
        setup
    })
    .await;
    let order = story
        .shop
        .order_with(&story.shop.checkout_com_method, 1_000)
        .await;
    let source = story
        .create_with(Vendor::CheckoutCom, &order, &challenged(Vendor::CheckoutCom))
        .await;
    let _ = story.pull(&order, "_authorize").await.expect(200);
    let shown = story.get("checkout_com_payments", source.id()).await;
    let page = shown
        .attribute("redirect_uri")
        .as_str()
        .expect("a page")
        .to_owned();
    let _ = story.pull(&order, "_nullify_payment_source").await.expect(200);
    story.buyer.authenticate(&page, "authenticate").await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while story.amounts(&order, "voids").await != [1_000] {
        assert!(std::time::Instant::now() < deadline);
        let refresh = json!({ "_refresh": true });
        let _ = story.patch("checkout_com_payments", source.id(), refresh).await;
    }
    story.expect_status(&order, "pending", "unpaid").await;
    assert!(story.amounts(&order, "captures").await.is_empty());
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_buyer_who_has_finished_meanwhile_has_paid() {
    let story = Story::start().await;
    story.sandbox().fault(&json!({ "fault": "webhook_lose" })).await;
    for first in FIRSTS {
        let (order, source, page) = first.waiting(&story).await;
        story.buyer.authenticate(&page, "authenticate").await;
        let refused = pay(&story, &order, "tok_visa").await.expect(422);
        let code = refused.errors().next().expect("an error")["code"].clone();
        assert!(
            code == "already_paid" || code == "order_status",
            "{first:?} {code}"
        );
        let shown = story.get(first.vendor().source(), &source).await;
        assert_eq!(*shown.attribute("mismatched_amounts"), false);
        assert_eq!(
            story.amounts(&order, "authorizations").await,
            [1_000],
            "{first:?}"
        );
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn another_card_is_never_silently_ignored() {
    let story = Story::start().await;
    for first in FIRSTS {
        let vendor = first.vendor();
        let (order, source, _) = first.waiting(&story).await;
        let (change, pointer) = match vendor {
            Vendor::Stripe => (
                json!({ "options": { "payment_method": "pm_card_visa" } }),
                "/data/attributes/options/payment_method",
            ),
            Vendor::CheckoutCom => (json!({ "token": vendor.approved() }), "/data/attributes/token"),
        };
        let mut attempt = change.clone();
        attempt["_authorize"] = json!(true);
        for attributes in [change, attempt] {
            let refused = story.patch(vendor.source(), &source, attributes).await;
            let refused = refused.expect(422).expect_pointer(pointer);
            let detail = refused.body["errors"][0]["detail"].as_str().unwrap_or_default();
            assert!(detail.contains("_nullify_payment_source"), "{detail}");
        }
        // The same value is no change.
        let same = match vendor {
            Vendor::Stripe => json!({ "reference": "mine" }),
            Vendor::CheckoutCom => json!({ "token": challenged(vendor), "reference": "mine" }),
        };
        let _ = story.patch(vendor.source(), &source, same).await.expect(200);
        let refused = story
            .patch(vendor.source(), &source, json!({ "_authorize": true }))
            .await;
        let _ = refused.expect(422);
        if matches!(first, First::Placing(_)) {
            let refused = story.pull(&order, "_cancel").await.expect(422);
            let detail = refused.body["errors"][0]["detail"].as_str().unwrap_or_default();
            assert!(detail.contains("_nullify_payment_source"), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_repeated_request_gives_nothing_up() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let source = story.create_with(vendor, &order, &challenged(vendor)).await;
        let _ = story.pull(&order, "_authorize").await.expect(200);
        let create = body(vendor, &order, &challenged(vendor));
        let path = format!("/api/{}", vendor.source());
        let send = async |key: &str| {
            let call = story.api.call("POST", &path).header("Idempotency-Key", key);
            call.json(&create).send().await
        };
        let first = send(vendor.name()).await.expect(201);
        let second = send(vendor.name()).await.expect(201);
        assert_eq!(first.id(), second.id());
        assert_ne!(first.id(), source.id());
        let shown: Value = story.get(vendor.source(), first.id()).await.body;
        assert_eq!(shown["data"]["id"], first.id());
    }
}
