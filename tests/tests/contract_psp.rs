//! The answers of every operation that calls a PSP when the PSP refuses the gateway's keys, and when it can't be reached.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Buyer, Psp, Service, Setup, Shop, Story, Vendor, bodies, body};

/// A request that calls a PSP.
struct Request {
    method: &'static str,
    path: String,
    body: Value,
}

impl Request {
    fn update(kind: &str, id: &str, attributes: Value) -> Self {
        Self {
            method: "PATCH",
            path: format!("/api/{kind}/{id}"),
            body: bodies::change(kind, id, attributes),
        }
    }

    fn create(path: &str, body: Value) -> Self {
        Self {
            method: "POST",
            path: path.to_owned(),
            body,
        }
    }

    async fn send(&self, story: &Story) -> Answer {
        story
            .api
            .call(self.method, &self.path)
            .json(&self.body)
            .send()
            .await
    }
}

/// A story whose PSPs are a process of their own.
async fn story(psp: &Psp) -> Story {
    let service = Service::start_with(&[&Psp::ALLOWED[..], &["--gateway-timeout", "1"]].concat()).await;
    let api = service.api().await;
    let setup = Setup {
        authorize_on_create: false,
        multicapture: true,
        ..Setup::at(psp.url())
    };
    let shop = Shop::set_up(&api, &setup).await;
    let buyer = Buyer::at(psp.url());
    Story {
        service,
        api,
        shop,
        buyer,
    }
}

/// A request of each operation that changes something at a PSP.
async fn requests(story: &Story, psp: &Psp) -> Vec<Request> {
    let mut all = Vec::new();
    let (order, _) = story.approved(Vendor::Stripe, 1_000).await;
    let authorization = story.only(&order, "authorizations").await;
    all.push(Request::update("orders", &order, json!({ "_capture": true })));
    let capture = json!({ "_capture": true });
    all.push(Request::update("authorizations", &authorization, capture));
    let (_, capture) = story.paid(Vendor::Stripe, 1_000).await;
    all.push(Request::update("captures", &capture, json!({ "_refund": true })));
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let source = story.create(vendor, &order).await.id().to_owned();
        all.push(Request::update(
            vendor.source(),
            &source,
            json!({ "_authorize": true }),
        ));
    }
    let order = story.shop.order(1_000).await;
    all.push(Request::create(
        "/api/stripe_payments",
        bodies::stripe_payment(&order),
    ));
    all.push(Request::create(
        "/api/v1/payments",
        bodies::payment(&order, "tok_visa"),
    ));
    let stripe = |attributes: Value| {
        let mut all = json!({ "name": "Other", "login": "sk_test_other0000000", "base_url": psp.url() });
        for (name, value) in attributes.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        bodies::resource("stripe_gateways", all, json!({}))
    };
    // A gateway without a registered webhook endpoint.
    let refuse = json!({ "fault": "error", "status": 403, "path_prefix": WEBHOOKS });
    psp.sandbox().fault(&refuse).await;
    let gateway = story
        .api
        .post("/api/stripe_gateways", &stripe(json!({})))
        .await
        .expect(201);
    psp.sandbox().clear_faults().await;
    let check = json!({ "_check": true });
    all.push(Request::update("stripe_gateways", gateway.id(), check.clone()));
    all.push(Request::create("/api/stripe_gateways", stripe(check)));
    all
}

/// Stripe's path for webhook endpoints.
const WEBHOOKS: &str = "/v1/webhook_endpoints";

#[tokio::test]
async fn keys_that_are_refused_are_told_as_502_and_nothing_stays_pending() {
    let psp = Psp::start().await;
    let story = story(&psp).await;
    let requests = requests(&story, &psp).await;
    for refused in &requests {
        // A GET checks a gateway's keys themselves, and its result is a validation problem.
        let is_check = refused.path.contains("gateways");
        let mut fault = json!({ "fault": "error", "status": 403, "times": 10, "method": "POST" });
        if is_check {
            fault["path_prefix"] = json!(WEBHOOKS);
        }
        psp.sandbox().fault(&fault).await;
        let answer = refused
            .send(&story)
            .await
            .expect_error(502, code(refused, "PAYMENT_GATEWAY_ERROR"));
        assert!(answer.body["errors"][0]["detail"].is_string());
        psp.sandbox().clear_faults().await;
    }
}

#[tokio::test]
async fn a_psp_that_can_t_be_reached_is_told_as_503() {
    let mut psp = Psp::start().await;
    let story = story(&psp).await;
    let requests = requests(&story, &psp).await;
    psp.stop();
    for request in &requests {
        let answer = request.send(&story).await;
        let answer = answer.expect_error(503, code(request, "PAYMENT_GATEWAY_UNAVAILABLE"));
        assert_ne!(answer.header("retry-after"), "", "{}", request.path);
    }
}

/// The Foodetective dialect spells codes in lower case.
fn code(request: &Request, code: &'static str) -> &'static str {
    match code {
        "PAYMENT_GATEWAY_ERROR" if request.path.starts_with("/api/v1/") => "payment_gateway_error",
        "PAYMENT_GATEWAY_UNAVAILABLE" if request.path.starts_with("/api/v1/") => {
            "payment_gateway_unavailable"
        }
        other => other,
    }
}

#[tokio::test]
async fn a_checkout_com_payment_tells_of_refused_keys_when_it_is_authorized() {
    let psp = Psp::start().await;
    let story = story(&psp).await;
    let fault =
        json!({ "vendor": "checkout_com", "fault": "error", "status": 403, "times": 10, "method": "POST" });
    psp.sandbox().fault(&fault).await;
    let order = story.shop.order(1_000).await;
    let create = body(Vendor::CheckoutCom, &order, &Vendor::CheckoutCom.approved());
    // Nothing is requested before `_authorize`.
    let source = story
        .api
        .post("/api/checkout_com_payments", &create)
        .await
        .expect(201);
    let authorize = Request::update(
        "checkout_com_payments",
        source.id(),
        json!({ "_authorize": true }),
    );
    let _ = authorize
        .send(&story)
        .await
        .expect_error(502, "PAYMENT_GATEWAY_ERROR");
}
