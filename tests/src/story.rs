//! A service, a shop and its sandbox, with the steps of a payment's story.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Answer, Api, Buyer, Sandbox, Service, Setup, Shop, bodies, books};

/// Time limit for a step in progress.
const LIMIT: Duration = Duration::from_secs(60);

/// A PSP, as a story chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Stripe, confirmed by the server with a payment method in the options.
    Stripe,
    /// Checkout.com, with a token.
    CheckoutCom,
}

impl Vendor {
    /// Both PSPs.
    pub const ALL: [Self; 2] = [Self::Stripe, Self::CheckoutCom];

    /// Type of the payment source.
    pub fn source(self) -> &'static str {
        match self {
            Self::Stripe => "stripe_payments",
            Self::CheckoutCom => "checkout_com_payments",
        }
    }

    /// Name in the sandbox.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::CheckoutCom => "checkout_com",
        }
    }

    /// An instrument that is approved at once.
    pub fn approved(self) -> String {
        match self {
            Self::Stripe => "pm_card_visa".into(),
            Self::CheckoutCom => cko_token("approvedvisa"),
        }
    }
}

/// A reusable token of the sandbox for Checkout.com, padded to the usual length.
pub fn cko_token(name: &str) -> String {
    format!("{:2<30}", format!("tok_sandbox{name}"))
}

/// A service with one shop.
pub struct Story {
    /// The service.
    pub service: Service,
    /// The merchant.
    pub api: Api,
    /// The shop.
    pub shop: Shop,
    /// The buyer's browser.
    pub buyer: Buyer,
}

impl Story {
    /// A shop whose gateways keep the rest of an authorization, and whose Checkout.com payments wait for `_authorize`.
    pub async fn start() -> Self {
        Self::start_with(&[], |setup| setup).await
    }

    /// A shop with arguments for `serve` and another setup.
    pub async fn start_with(arguments: &[&str], change: impl for<'a> FnOnce(Setup<'a>) -> Setup<'a>) -> Self {
        let service = Service::start_with(arguments).await;
        let api = service.api().await;
        let psp = service.sandbox().url().to_owned();
        let setup = change(Setup {
            authorize_on_create: false,
            multicapture: true,
            ..Setup::at(&psp)
        });
        let shop = Shop::set_up(&api, &setup).await;
        let buyer = Buyer::at(&psp);
        Self {
            service,
            api,
            shop,
            buyer,
        }
    }

    /// The operator's routes of the PSPs.
    pub fn sandbox(&self) -> Sandbox {
        self.service.sandbox()
    }

    /// Creates a payment source of an order with an instrument.
    pub async fn create_with(&self, vendor: Vendor, order: &str, instrument: &str) -> Answer {
        self.api
            .post(
                &format!("/api/{}", vendor.source()),
                &body(vendor, order, instrument),
            )
            .await
            .expect(201)
    }

    /// Creates a payment source with an instrument that is approved.
    pub async fn create(&self, vendor: Vendor, order: &str) -> Answer {
        self.create_with(vendor, order, &vendor.approved()).await
    }

    /// An order that is authorized, and still pending, with the id of its payment source.
    pub async fn authorized(&self, vendor: Vendor, amount_cents: i64) -> (String, String) {
        let order = self.shop.order(amount_cents).await;
        let source = self.create(vendor, &order).await.id().to_owned();
        let _ = self
            .patch("orders", &order, json!({ "_authorize": true }))
            .await
            .expect(200);
        self.expect_status(&order, "pending", "authorized").await;
        (order, source)
    }

    /// An order that is authorized and approved, with the id of its payment source.
    pub async fn approved(&self, vendor: Vendor, amount_cents: i64) -> (String, String) {
        let (order, source) = self.authorized(vendor, amount_cents).await;
        for trigger in ["_place", "_approve"] {
            let _ = self
                .patch("orders", &order, json!({ trigger: true }))
                .await
                .expect(200);
        }
        self.expect_status(&order, "approved", "authorized").await;
        (order, source)
    }

    /// An order that is paid and approved, with the id of its capture.
    pub async fn paid(&self, vendor: Vendor, amount_cents: i64) -> (String, String) {
        let (order, _) = self.approved(vendor, amount_cents).await;
        self.act(&order, "orders", &order, json!({ "_capture": true }))
            .await;
        self.expect_status(&order, "approved", "paid").await;
        let capture = self.only(&order, "captures").await;
        (order, capture)
    }

    /// Changes attributes of a resource.
    pub async fn patch(&self, kind: &str, id: &str, attributes: Value) -> Answer {
        let body = bodies::change(kind, id, attributes);
        self.api.patch(&format!("/api/{kind}/{id}"), &body).await
    }

    /// Sends a trigger of an order.
    pub async fn pull(&self, order: &str, trigger: &str) -> Answer {
        self.patch("orders", order, json!({ trigger: true })).await
    }

    /// Sends a trigger of a resource and waits until its outcome is known: Checkout.com only accepts first. Returns the resource
    /// after that. `order` is the one that the resource belongs to.
    pub async fn act(&self, order: &str, kind: &str, id: &str, attributes: Value) -> Answer {
        let _ = self.patch(kind, id, attributes).await.expect(200);
        self.settle(order).await;
        self.get(kind, id).await
    }

    /// Syncs an order's payment until nothing of it is pending.
    pub async fn settle(&self, order: &str) {
        let deadline = Instant::now() + LIMIT;
        while self.is_pending(order).await {
            assert!(Instant::now() < deadline, "still pending after {LIMIT:?}");
            self.refresh(order).await;
        }
    }

    /// Syncs an order's payment once.
    pub async fn refresh(&self, order: &str) -> Answer {
        self.patch("orders", order, json!({ "_refresh": true }))
            .await
            .expect(200)
    }

    /// Whether an order has a transaction with an unknown outcome.
    pub async fn is_pending(&self, order: &str) -> bool {
        let items = self.transactions(order, "transactions").await;
        items
            .iter()
            .any(|item| item["attributes"]["message"] == "pending")
    }

    /// Sends a [`Self::patch`] with an idempotency key.
    pub async fn patch_with_key(&self, key: &str, kind: &str, id: &str, attributes: Value) -> Answer {
        let body = bodies::change(kind, id, attributes);
        let call = self.api.call("PATCH", &format!("/api/{kind}/{id}"));
        call.header("Idempotency-Key", key).json(&body).send().await
    }

    /// Reads a resource.
    pub async fn get(&self, kind: &str, id: &str) -> Answer {
        self.api.get(&format!("/api/{kind}/{id}")).await.expect(200)
    }

    /// The order's transactions of a kind, by their numbers, as resource objects.
    pub async fn transactions(&self, order: &str, kind: &str) -> Vec<Value> {
        let path = format!("/api/orders/{order}/{kind}?page[size]=25");
        let found = self.api.get(&path).await.expect(200);
        let mut items = found.body["data"].as_array().cloned().unwrap_or_default();
        items.sort_by_key(|item| item["attributes"]["number"].to_string());
        items
    }

    /// Id of the only transaction of a kind that has succeeded.
    pub async fn only(&self, order: &str, kind: &str) -> String {
        let items = self.transactions(order, kind).await;
        let mut succeeded = items
            .iter()
            .filter(|item| item["attributes"]["succeeded"] == true);
        match (succeeded.next(), succeeded.next()) {
            (Some(item), None) => item["id"].as_str().unwrap_or_default().to_owned(),
            _ => panic!("not one of {kind} has succeeded: {items:#?}"),
        }
    }

    /// Amounts of the transactions of a kind that have succeeded, by their numbers.
    pub async fn amounts(&self, order: &str, kind: &str) -> Vec<i64> {
        let items = self.transactions(order, kind).await;
        let succeeded = items
            .iter()
            .filter(|item| item["attributes"]["succeeded"] == true);
        succeeded
            .map(|item| item["attributes"]["amount_cents"].as_i64().unwrap_or_default())
            .collect()
    }

    /// Panics unless the order has this status and payment status.
    pub async fn expect_status(&self, order: &str, status: &str, payment_status: &str) {
        let found = self.get("orders", order).await;
        let seen = (found.attribute("status"), found.attribute("payment_status"));
        assert_eq!(
            seen,
            (&json!(status), &json!(payment_status)),
            "{:#}",
            found.body["data"]["attributes"]
        );
    }

    /// Panics unless our ledger equals the PSPs'.
    pub async fn assert_books_agree(&self) {
        let theirs = books::theirs(&self.sandbox()).await;
        books::assert_agree(&books::ours(&self.api).await, &theirs);
    }

    /// Reads a resource until it satisfies a condition.
    pub async fn until(&self, kind: &str, id: &str, is_so: impl Fn(&Answer) -> bool) -> Answer {
        let deadline = Instant::now() + LIMIT;
        loop {
            let answer = self.get(kind, id).await;
            if is_so(&answer) {
                return answer;
            }
            assert!(
                Instant::now() < deadline,
                "not so in {LIMIT:?}: {:#}",
                answer.body
            );
        }
    }

    /// Reads an order until it has this payment status.
    pub async fn until_paid(&self, order: &str, payment_status: &str) {
        self.until("orders", order, |answer| {
            *answer.attribute("payment_status") == payment_status
        })
        .await;
    }
}

/// A body that creates a payment source of an order with an instrument.
pub fn body(vendor: Vendor, order: &str, instrument: &str) -> Value {
    match vendor {
        Vendor::Stripe => bodies::resource(
            "stripe_payments",
            json!({ "options": { "payment_method": instrument } }),
            json!({ "order": bodies::to_one("orders", order) }),
        ),
        Vendor::CheckoutCom => bodies::checkout_com_payment(order, instrument),
    }
}
