//! The stored data, as the lists show it, to be compared before and after a request that must not change anything. Members that
//! an event of a payment may change at any moment are left out.

use serde_json::Value;

use crate::{Api, OpenApi, Operation};

/// All pages of a list: the resource objects, in order.
pub async fn all_of(api: &Api, list: &Operation) -> Vec<Value> {
    all_at(api, list, &list.template).await
}

/// All pages of a list below a resource, at this path.
pub async fn all_at(api: &Api, list: &Operation, path: &str) -> Vec<Value> {
    // The size of a page is the second parameter of each list.
    let largest = list
        .query
        .get(1)
        .map(|(name, schema)| format!("{name}={}", schema["maximum"]));
    let mut next = Some(format!("{path}?{}", largest.unwrap_or_default()));
    let mut items = Vec::new();
    while let Some(path) = next {
        let page = api.get(&path).await.expect(200);
        items.extend(
            page.body["data"]
                .as_array()
                .into_iter()
                .flatten()
                .map(without_news),
        );
        next = page.body["links"]["next"].as_str().map(str::to_owned);
    }
    items
}

/// A resource without members that an event of the PSP can change.
fn without_news(resource: &Value) -> Value {
    let mut resource = resource.clone();
    if let Some(attributes) = resource["attributes"].as_object_mut()
        && attributes.remove("payment_response").is_some()
    {
        attributes.remove("updated_at");
    }
    resource
}

/// All resources that the caller can list.
pub async fn everything(api: &Api, open_api: &OpenApi) -> Vec<(String, Vec<Value>)> {
    let mut found = Vec::new();
    for list in open_api.lists() {
        found.push((list.id.clone(), all_of(api, list).await));
    }
    found
}
