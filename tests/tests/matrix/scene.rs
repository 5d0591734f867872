//! The callers of the matrix, and orders of each status.

use serde_json::{Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::login::{self, Customer};
use tillgate_tests::{Answer, Api, OpenApi, Service, bodies, cko_token};

/// The callers in the order of their tries: those with most permissions come last.
pub const CALLERS: [&str; 7] = [
    "live mode",
    "other organization",
    "other market",
    "other customer",
    "guest",
    "customer",
    "integration",
];

/// The owner of an order. The customer is the caller.
pub const OWNERS: [&str; 2] = ["a guest's", "the customer's"];

/// The status of an order.
pub const STATUSES: [&str; 10] = [
    "draft",
    "pending",
    "unconfirmed",
    "authorized",
    "placing",
    "placed",
    "approved",
    "paid",
    "refunded",
    "cancelled",
];

/// The service, its callers, and the parts of orders.
pub struct Scene {
    _service: Service,
    pub open_api: OpenApi,
    pub integration: Fixtures,
    /// In the order of [`CALLERS`].
    pub callers: Vec<Api>,
    pub market: String,
    pub customer: String,
    /// Payment methods of the demo's market, by the type of payment source.
    methods: Vec<(&'static str, String)>,
    /// The customer's saved card. A PSP's answer must not reveal it to other callers.
    pub card: String,
}

/// An order with its parts.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    pub order: String,
    pub line_item: Option<String>,
    pub source: Option<String>,
}

impl Scene {
    pub async fn set() -> Self {
        // Payments that are given up count as failed.
        let service = Service::start_with(&["--max-failures-of-address", "1000000"]).await;
        let open_api = OpenApi::of(&service).await;
        let market = service.demo("TILLGATE_MARKET_ID");
        let organization = service.demo("TILLGATE_ORGANIZATION_ID");
        let integration = Fixtures::new(service.api().await, open_api.clone(), &market);
        let api = integration.api.clone();
        service.sandbox().set_action_delay(0).await;
        let gateways = api.get("/api/checkout_com_gateways").await.expect(200);
        let gateway = gateways.body["data"][0]["id"].as_str().expect("an id").to_owned();
        let later = bodies::change(
            "checkout_com_gateways",
            &gateway,
            json!({ "authorize_on_create": false }),
        );
        let _ = api
            .patch(&format!("/api/checkout_com_gateways/{gateway}"), &later)
            .await
            .expect(200);
        let mut methods = vec![
            ("stripe_payments", method_of(&api, "stripe_payments").await),
            (
                "checkout_com_payments",
                method_of(&api, "checkout_com_payments").await,
            ),
        ];
        let wire = integration.create("manual_gateways").await.id().to_owned();
        let attributes = json!({ "payment_source_type": "wire_transfers", "price_amount_cents": 0 });
        let of = json!({
            "market": bodies::to_one("markets", &market),
            "payment_gateway": bodies::to_one("manual_gateways", &wire)
        });
        let wire = api
            .post(
                "/api/payment_methods",
                &bodies::resource("payment_methods", attributes, of),
            )
            .await
            .expect(201);
        methods.push(("wire_transfers", wire.id().to_owned()));
        let ann = Customer::register(&service, "ann@example.com").await;
        let ben = Customer::register(&service, "ben@example.com").await;
        let elsewhere = integration.create("markets").await.id().to_owned();
        let of_market = service.create_application(&[
            "--organization",
            &organization,
            "--kind",
            "sales_channel",
            "--market",
            &elsewhere,
        ]);
        let other = service.run(&["org", "create", "Other"]);
        let of_other = service.create_application(&["--organization", &other, "--kind", "integration"]);
        let live = ["--organization", &organization, "--live", "--kind", "integration"];
        let of_live = service.create_application(&live);
        let callers = vec![
            service.api_of(&of_live),
            service.api_of(&of_other),
            service.api_of(&of_market),
            ben.api.clone(),
            login::guest(&service).await,
            ann.api.clone(),
            api,
        ];
        let mut scene = Self {
            callers,
            customer: ann.id.clone(),
            card: String::new(),
            _service: service,
            open_api,
            integration,
            market,
            methods,
        };
        scene.card = scene.new_card().await;
        scene
    }

    fn api(&self) -> &Api {
        &self.integration.api
    }

    /// A card that the customer has saved.
    pub async fn new_card(&self) -> String {
        let mut body = self.integration.body("customer_payment_sources").await;
        body["data"]["relationships"]["customer"] = bodies::to_one("customers", &self.customer);
        let created = self.api().post("/api/customer_payment_sources", &body).await;
        created.expect(201).id().to_owned()
    }

    /// An order of an owner in a status, with sources of a type. `None` if payments of the type can't reach the status.
    pub async fn order(&self, kind: &str, owner: usize, status: usize) -> Option<Bundle> {
        let status = STATUSES[status];
        let challenge = status == "placing";
        if challenge && kind == "wire_transfers" {
            return None;
        }
        let mut of = json!({ "market": bodies::to_one("markets", &self.market) });
        let method = self.methods.iter().find(|(source, _)| *source == kind);
        of["payment_method"] = bodies::to_one("payment_methods", &method.expect("a method").1);
        let mut attributes = json!({});
        if owner == 0 {
            attributes["customer_email"] = json!("guest@example.com");
        } else {
            of["customer"] = bodies::to_one("customers", &self.customer);
        }
        let body = bodies::resource("orders", attributes, of);
        let order = self
            .api()
            .post("/api/orders", &body)
            .await
            .expect(201)
            .id()
            .to_owned();
        let mut bundle = Bundle {
            order,
            ..Bundle::default()
        };
        if status == "draft" {
            return Some(bundle);
        }
        let item = json!({ "name": "Cup", "quantity": 1, "unit_amount_cents": 1000 });
        let item = bodies::resource("line_items", item, of_order(&bundle.order));
        let item = self.api().post("/api/line_items", &item).await.expect(201);
        bundle.line_item = Some(item.id().to_owned());
        if status == "pending" {
            return Some(bundle);
        }
        let source = self
            .api()
            .post(&format!("/api/{kind}"), &source(kind, &bundle.order, challenge))
            .await;
        bundle.source = Some(source.expect(201).id().to_owned());
        let steps: &[&str] = match status {
            "authorized" => &["_authorize"],
            "placing" | "placed" => &["_place"],
            "approved" => &["_place", "_approve"],
            "paid" => &["_place", "_approve_and_capture"],
            "refunded" => &["_place", "_approve_and_capture", "_refund"],
            "cancelled" => &["_place", "_cancel"],
            _ => &[],
        };
        for step in steps {
            let _ = self.pull(&bundle.order, step).await;
            // Checkout.com only accepts first.
            while !challenge && self.is_pending(&bundle.order).await {
                let _ = self.pull(&bundle.order, "_refresh").await;
            }
        }
        let expected = match status {
            "unconfirmed" | "authorized" => "pending",
            "paid" => "approved",
            "refunded" => "cancelled",
            other => other,
        };
        let path = format!("/api/orders/{}", bundle.order);
        let shown = self.api().get(&path).await.expect(200);
        assert_eq!(shown.attribute("status"), expected, "{kind} {status}");
        Some(bundle)
    }

    async fn pull(&self, order: &str, trigger: &str) -> Answer {
        let body = bodies::change("orders", order, json!({ trigger: true }));
        let path = format!("/api/orders/{order}");
        self.api().patch(&path, &body).await.expect(200)
    }

    async fn is_pending(&self, order: &str) -> bool {
        let path = format!("/api/orders/{order}/transactions");
        let list = self.api().get(&path).await.expect(200);
        let mut items = list.body["data"].as_array().into_iter().flatten();
        items.any(|item| item["attributes"]["message"] == "pending")
    }

    /// The members of an order that a refused request must not change.
    pub async fn snapshot(&self, kind: &str, bundle: &Bundle) -> Vec<Value> {
        let mut paths = vec![
            format!("/api/orders/{}", bundle.order),
            format!("/api/orders/{}/transactions", bundle.order),
            format!("/api/orders/{}/line_items", bundle.order),
        ];
        if let Some(source) = &bundle.source {
            paths.push(format!("/api/{kind}/{source}"));
        }
        let mut seen = Vec::new();
        for path in paths {
            let mut answer = self.api().get(&path).await;
            without_news(&mut answer.body);
            seen.push(answer.body);
        }
        seen
    }

    /// An order's record of a kind, if it has one.
    pub async fn record(&self, kind: &str, sources: &str, bundle: &Bundle) -> Option<String> {
        match kind {
            "orders" => Some(bundle.order.clone()),
            "line_items" => bundle.line_item.clone(),
            "payments" if sources == "stripe_payments" => bundle.source.clone(),
            _ if kind == sources => bundle.source.clone(),
            "authorizations" | "captures" | "voids" | "refunds" | "transactions" => {
                let path = format!("/api/orders/{}/{kind}", bundle.order);
                let list = self.api().get(&path).await.expect(200);
                list.body["data"][0]["id"].as_str().map(str::to_owned)
            }
            _ => None,
        }
    }
}

/// Removes members that an event of the PSP or the background task may change at any moment.
fn without_news(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let news = ["updated_at", "payment_response", "payment_instrument"];
            members.retain(|name, _| !news.contains(&name.as_str()));
            members.values_mut().for_each(without_news);
        }
        Value::Array(items) => items.iter_mut().for_each(without_news),
        _ => {}
    }
}

pub fn of_order(order: &str) -> Value {
    json!({ "order": bodies::to_one("orders", order) })
}

/// A payment source that is approved, or whose buyer has to authenticate.
pub fn source(kind: &str, order: &str, challenge: bool) -> Value {
    let attributes = match (kind, challenge) {
        ("stripe_payments", false) => json!({ "options": { "payment_method": "pm_card_visa" } }),
        ("stripe_payments", true) => {
            json!({ "options": { "payment_method": "pm_card_threeDSecure2Required" } })
        }
        ("checkout_com_payments", challenge) => {
            let token = cko_token(if challenge { "challenge" } else { "approvedvisa" });
            json!({ "payment_type": "token", "token": token })
        }
        _ => json!({}),
    };
    bodies::resource(kind, attributes, of_order(order))
}

async fn method_of(api: &Api, source: &str) -> String {
    let methods = api.get("/api/payment_methods").await.expect(200);
    let mut methods = methods.body["data"].as_array().into_iter().flatten();
    let found = methods.find(|method| method["attributes"]["payment_source_type"] == source);
    found.expect("a method")["id"].as_str().expect("an id").to_owned()
}
