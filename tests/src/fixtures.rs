//! Resources of any type, made from the examples in the document.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bodies;
use crate::{Answer, Api, OpenApi, Receiver, Service};

/// Topic of webhooks that are never called: nothing that is made here fails.
const NO_EVENT: &str = "captures.failed";
/// Topic of a webhook that must be called: its event happens once to the created resources, and last.
const EVENT: &str = "voids.succeeded";
/// Time limit for the record of a call.
const LIMIT: Duration = Duration::from_secs(60);

/// Makes resources for one caller.
pub struct Fixtures {
    /// The caller.
    pub api: Api,
    open_api: OpenApi,
    market: String,
    /// Whether the caller is in live mode.
    live: bool,
    count: AtomicU32,
    receiver: Receiver,
}

impl Fixtures {
    /// Fixtures of a caller. Orders are sold in `market`.
    pub fn new(api: Api, open_api: OpenApi, market: &str) -> Self {
        Self {
            api,
            open_api,
            market: market.to_owned(),
            live: false,
            count: AtomicU32::new(0),
            receiver: Receiver::new(),
        }
    }

    /// Fixtures of the demo's integration, in the demo's market.
    pub async fn of_demo(service: &Service) -> Self {
        let open_api = OpenApi::of(service).await;
        Self::new(service.api().await, open_api, &service.demo("TILLGATE_MARKET_ID"))
    }

    /// Fixtures for a caller who has no market yet.
    pub async fn with_new_market(api: Api, open_api: OpenApi) -> Self {
        let mut fixtures = Self::new(api, open_api, "");
        let market = fixtures.create("markets").await;
        fixtures.live = market.body["data"]["meta"]["mode"] == "live";
        fixtures.market = market.id().to_owned();
        fixtures
    }

    /// The document that the operations are read from.
    pub fn open_api(&self) -> &OpenApi {
        &self.open_api
    }

    /// A body that creates a resource: the document's example, related to existing resources.
    pub fn body<'a>(&'a self, kind: &'a str) -> Pin<Box<dyn Future<Output = Value> + Send + 'a>> {
        Box::pin(async move {
            let creation = self.creation(kind);
            let mut body = creation.body.clone().unwrap_or_else(|| panic!("{kind}")).example;
            if kind == "payment_methods" {
                // A second method of the orders' market would leave the gateway of payments undefined.
                let elsewhere = self.create("markets").await;
                body["data"]["relationships"]["market"] = bodies::to_one("markets", elsewhere.id());
            }
            for (_, value) in members_of(&mut body, "/data/attributes") {
                if let Some((name, host)) = value.as_str().and_then(|text| text.split_once('@')) {
                    let unique = self.count.fetch_add(1, Ordering::Relaxed);
                    *value = format!("{name}.{unique}@{host}").into();
                }
            }
            if self.live {
                // The examples' keys are for test mode.
                for (_, value) in members_of(&mut body, "/data/attributes") {
                    if let Some(key) = value.as_str() {
                        let key = key.replace("k_test_", "k_live_").replace("k_sbox_", "k_");
                        *value = key.into();
                    }
                }
            }
            for (name, linkage) in members_of(&mut body, "/data/relationships") {
                if kind == "payment_methods" && name == "market" {
                    continue;
                }
                let target = linkage["data"]["type"].as_str().unwrap_or_default().to_owned();
                linkage["data"]["id"] = self.target(&target).await.into();
            }
            if kind == "customer_payment_sources" {
                let unique = self.count.fetch_add(1, Ordering::Relaxed);
                body["data"]["attributes"]["payment_source_token"] = format!("pm_{unique}").into();
                if let Some(method) = self.first_stripe_method().await {
                    let method = bodies::to_one("payment_methods", &method);
                    body["data"]["relationships"]["payment_method"] = method;
                }
            }
            if kind == "webhooks" {
                // The resource does not change later.
                body["data"]["attributes"]["topic"] = NO_EVENT.into();
                body["data"]["attributes"]["callback_url"] = self.receiver.url("/").into();
                body["data"]["attributes"]["include_resources"] = json!([]);
            }
            if kind == "wire_transfers" {
                let order = body["data"]["relationships"]["order"]["data"]["id"].as_str();
                self.choose_wire_transfer(order.unwrap_or_default()).await;
            }
            body
        })
    }

    /// Creates a resource.
    pub async fn create(&self, kind: &str) -> Answer {
        let body = self.body(kind).await;
        self.api
            .post(&self.creation(kind).template, &body)
            .await
            .expect(201)
    }

    /// Creates a resource with additional attributes.
    pub async fn create_with(&self, kind: &str, attributes: &Value) -> Answer {
        let mut body = self.body(kind).await;
        for (name, value) in attributes.as_object().into_iter().flatten() {
            body["data"]["attributes"][name] = value.clone();
        }
        self.api
            .post(&self.creation(kind).template, &body)
            .await
            .expect(201)
    }

    /// The id of a resource of each type. Types that can't be created follow from the others.
    pub async fn one_of_each(&self) -> BTreeMap<String, String> {
        let mut ids = BTreeMap::new();
        for kind in self.open_api.creatable() {
            ids.insert(kind.to_owned(), self.create(kind).await.id().to_owned());
        }
        self.choose_topic(&ids["webhooks"], EVENT).await;
        self.refund_and_void(&ids).await;
        self.told(&ids["webhooks"]).await;
        self.choose_topic(&ids["webhooks"], NO_EVENT).await;
        // `cards` shows the same resource in the Foodetective dialect.
        ids.insert("cards".into(), ids["customer_payment_sources"].clone());
        for list in self.open_api.lists() {
            if !ids.contains_key(list.kind()) {
                let page = self.api.get(&list.template).await.expect(200);
                let id = page.body["data"][0]["id"].as_str();
                let id = id.unwrap_or_else(|| panic!("there are no {} among {ids:?}", list.kind()));
                ids.insert(list.kind().to_owned(), id.to_owned());
            }
        }
        ids
    }

    /// The id of a resource of a type, created for the caller if the type can be created alone.
    pub async fn one(&self, kind: &str) -> String {
        match self.open_api.find("POST", kind) {
            Some(_) => self.create(kind).await.id().to_owned(),
            None => self.one_of_each().await[kind].clone(),
        }
    }

    /// The oldest payment method through Stripe, if there is one: the demo's PSP can remove a card.
    async fn first_stripe_method(&self) -> Option<String> {
        let methods = self.api.get("/api/payment_methods").await.expect(200);
        let items = methods.body["data"].as_array().cloned().unwrap_or_default();
        let stripe = |method: &&Value| method["attributes"]["payment_source_type"] == "stripe_payments";
        let id = items.iter().find(stripe)?["id"].as_str()?;
        Some(id.to_owned())
    }

    async fn choose_topic(&self, webhook: &str, topic: &str) {
        let body = bodies::change("webhooks", webhook, json!({ "topic": topic }));
        let path = format!("/api/webhooks/{webhook}");
        let _ = self.api.patch(&path, &body).await.expect(200);
    }

    /// Waits until the webhook's last call is recorded.
    async fn told(&self, webhook: &str) {
        let path = format!("/api/webhooks/{webhook}/last_event_callbacks");
        let deadline = Instant::now() + LIMIT;
        while first_of(&self.api.get(&path).await.expect(200)).is_none() {
            assert!(Instant::now() < deadline, "no call is written down in {LIMIT:?}");
        }
    }

    /// Gives an order a payment method of a gateway without a PSP: with several such gateways, nothing else chooses one.
    async fn choose_wire_transfer(&self, order: &str) {
        let gateway = self.create("manual_gateways").await;
        let method = json!({"data": {
            "type": "payment_methods",
            "attributes": { "payment_source_type": "wire_transfers", "price_amount_cents": 0 },
            "relationships": {
                "market": bodies::to_one("markets", &self.market),
                "payment_gateway": bodies::to_one("manual_gateways", gateway.id())
            }
        }});
        let method = self.api.post("/api/payment_methods", &method).await.expect(201);
        let choice = json!({"data": {
            "type": "orders", "id": order,
            "relationships": { "payment_method": bodies::to_one("payment_methods", method.id()) }
        }});
        let _ = self
            .api
            .patch(&format!("/api/orders/{order}"), &choice)
            .await
            .expect(200);
    }

    /// Makes a refund of a capture, and a void of an authorization by hand.
    async fn refund_and_void(&self, ids: &BTreeMap<String, String>) {
        let paid = format!("/api/v1/payments/{}/order", ids["payments"]);
        let order = self.api.get(&paid).await.expect(200).id().to_owned();
        let captures = format!("/api/orders/{order}/captures");
        let capture = self.api.get(&captures).await.expect(200);
        let refund = json!({ "_refund": true, "_refund_amount_cents": 1 });
        self.change("captures", first(&capture), refund).await;
        let source = format!("/api/wire_transfers/{}/order", ids["wire_transfers"]);
        let order = self.api.get(&source).await.expect(200).id().to_owned();
        self.change("orders", &order, json!({ "_authorize": true })).await;
        let authorizations = format!("/api/orders/{order}/authorizations");
        let authorization = self.api.get(&authorizations).await.expect(200);
        self.change("authorizations", first(&authorization), json!({ "_void": true }))
            .await;
    }

    async fn change(&self, kind: &str, id: &str, attributes: Value) {
        let body = bodies::change(kind, id, attributes);
        let _ = self
            .api
            .patch(&format!("/api/{kind}/{id}"), &body)
            .await
            .expect(200);
    }

    /// The id of a resource that a relationship can point to.
    pub async fn target(&self, kind: &str) -> String {
        match kind {
            "markets" => self.market.clone(),
            // An order that can be paid.
            "orders" | "order" => bodies::order(&self.api, &self.market, 1000).await,
            "payment_gateways" => self.create("stripe_gateways").await.id().to_owned(),
            other => self.create(other).await.id().to_owned(),
        }
    }

    fn creation(&self, kind: &str) -> &crate::Operation {
        let creation = self.open_api.find("POST", kind);
        creation.unwrap_or_else(|| panic!("{kind} can't be created"))
    }
}

fn members_of<'a>(body: &'a mut Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    body.pointer_mut(pointer)
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
}

fn first_of(list: &Answer) -> Option<&str> {
    list.body["data"][0]["id"].as_str()
}

/// Id of the first resource of a list.
#[track_caller]
fn first(list: &Answer) -> &str {
    first_of(list).unwrap_or_else(|| panic!("{} lists nothing", list.request))
}
