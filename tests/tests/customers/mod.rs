//! Customers and their surroundings.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::login::{self, Customer};
use tillgate_tests::{Api, OpenApi, Service, bodies};

/// Two logged-in customers, and the other callers.
pub struct Scene {
    pub service: Service,
    pub integration: Fixtures,
    pub guest: Api,
    pub market: String,
    pub ann: Customer,
    pub ben: Customer,
}

impl Scene {
    /// A service with only the demo's orders.
    pub async fn set() -> Self {
        let service = Service::start().await;
        let open_api = OpenApi::of(&service).await;
        let market = service.demo("TILLGATE_MARKET_ID");
        Self {
            integration: Fixtures::new(service.api().await, open_api, &market),
            guest: login::guest(&service).await,
            ann: Customer::register(&service, "ann@example.com").await,
            ben: Customer::register(&service, "ben@example.com").await,
            market,
            service,
        }
    }

    /// An order of a sales channel's caller, with a line item.
    pub async fn order(&self, api: &Api, attributes: Value) -> String {
        let body = bodies::resource("orders", attributes, json!({}));
        let order = api.post("/api/orders", &body).await.expect(201).id().to_owned();
        self.put_into(&order).await;
        order
    }

    async fn put_into(&self, order: &str) {
        let attributes = json!({ "name": "Cup", "quantity": 1, "unit_amount_cents": 900 });
        let of = json!({ "order": bodies::to_one("orders", order) });
        let body = bodies::resource("line_items", attributes, of);
        let _ = self
            .integration
            .api
            .post("/api/line_items", &body)
            .await
            .expect(201);
    }
}

/// Ids in a list, whose count must match.
pub async fn ids(api: &Api, path: &str) -> BTreeSet<String> {
    let list = api.get(path).await.expect(200);
    let items = list.body["data"].as_array().expect("a list");
    assert_eq!(list.body["meta"]["record_count"], items.len(), "{path}");
    items
        .iter()
        .map(|item| item["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// A set of ids.
pub fn set<const N: usize>(ids: [&str; N]) -> BTreeSet<String> {
    ids.map(str::to_owned).into()
}
