//! The life of every resource: created, read, listed, changed, deleted.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Answer, Operation, Service, bodies, stored, takes};

/// A service with fixtures of the demo's organization.
async fn start() -> (Service, Fixtures) {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    // A payment that is authorized at its creation could not be deleted again.
    let gateways = fixtures.api.get("/api/checkout_com_gateways").await.expect(200);
    let gateway = gateways.body["data"][0]["id"]
        .as_str()
        .expect("the demo's gateway");
    let quiet = bodies::change(
        "checkout_com_gateways",
        gateway,
        json!({ "authorize_on_create": false }),
    );
    let path = format!("/api/checkout_com_gateways/{gateway}");
    let _ = fixtures.api.patch(&path, &quiet).await.expect(200);
    (service, fixtures)
}

fn attributes(answer: &Answer) -> &Map<String, Value> {
    answer.body["data"]["attributes"].as_object().expect("attributes")
}

/// The attributes except those that an update changes automatically.
fn lasting(answer: &Answer) -> BTreeMap<String, Value> {
    attributes(answer)
        .iter()
        .filter(|(name, _)| name.replace('-', "_") != "updated_at")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The name of an attribute in documents of the operation's dialect.
fn as_rendered(operation: &Operation, name: &str) -> String {
    if operation.is_second_dialect() {
        name.replace('_', "-")
    } else {
        name.to_owned()
    }
}

/// Panics unless the answer shows each readable attribute that was sent.
#[track_caller]
fn assert_shows(operation: &Operation, answer: &Answer, sent: &Value) {
    for (name, value) in sent.as_object().into_iter().flatten() {
        if let Some(shown) = attributes(answer).get(&as_rendered(operation, name)) {
            assert_eq!(shown, value, "{}: {name}", answer.request);
        }
    }
}

/// A value that an attribute accepts, by its schema.
fn sample(name: &str, schema: &Value) -> Value {
    match schema["format"].as_str() {
        Some("uri") => "https://shop.example.com/somewhere".into(),
        Some("email") => "sample@example.com".into(),
        _ if name == "customer_ip" => "203.0.113.7".into(),
        _ if name == "processing_channel_id" => "pc_sample".into(),
        _ if name == "publishable_key" => "pk_test_sample".into(),
        _ if name == "public_key" => "pk_sbox_sample".into(),
        _ if name == "connected_account" => "acct_sample".into(),
        // Keys and identifiers of a PSP have no blanks.
        _ if takes(schema, "string") => format!("sample_of_{name}").into(),
        _ if takes(schema, "integer") => 7.into(),
        _ if takes(schema, "boolean") => true.into(),
        // The attribute decides about its contents.
        _ if takes(schema, "array") => json!([]),
        _ => json!({ "sample": [1, 2.5, null, { "größe": "名前" }] }),
    }
}

/// Attributes of an update that accept null, without triggers.
fn nullable(update: &Operation) -> Vec<(&str, &Value)> {
    let body = update.body.as_ref().expect("an update has a body");
    let properties = body.attributes.properties.iter();
    properties
        .filter(|(name, schema)| !name.starts_with('_') && takes(schema, "null"))
        .map(|(name, schema)| (name.as_str(), schema))
        .collect()
}

#[tokio::test]
async fn every_resource_is_created_read_listed_changed_and_deleted() {
    let (_service, fixtures) = start().await;
    let (api, open_api) = (&fixtures.api, fixtures.open_api());
    for kind in open_api.creatable() {
        let creation = open_api.find("POST", kind).expect("a creation");
        let body = fixtures.body(kind).await;
        let created = api.post(&creation.template, &body).await.expect(201);
        assert_shows(creation, &created, &body["data"]["attributes"]);
        let path = format!("{}/{}", creation.template, created.id());
        assert!(created.header("location").ends_with(&path), "{created:?}");
        assert_eq!(created.body["data"]["links"]["self"], created.header("location"));
        let read = api.get(&path).await.expect(200);
        assert_eq!(lasting(&read), lasting(&created), "{kind}");
        let listed = |items: &[Value]| items.iter().any(|item| item["id"] == created.id());
        assert!(listed(&stored::all_of(api, open_api.list(kind)).await), "{kind}");
        if let Some(update) = open_api.find("PATCH", kind) {
            changes_what_it_is_told_to(&fixtures, update, &read).await;
        }
        if open_api.find("DELETE", kind).is_some() {
            let deleted = api.delete(&path).await.expect(204);
            assert!(deleted.bytes.is_empty());
            for gone in [api.get(&path).await, api.delete(&path).await] {
                let _ = gone.expect_error(404, "RECORD_NOT_FOUND");
            }
            assert!(!listed(&stored::all_of(api, open_api.list(kind)).await), "{kind}");
        }
    }
}

/// Sends the document's example, and a body without any attribute.
async fn changes_what_it_is_told_to(fixtures: &Fixtures, update: &Operation, before: &Answer) {
    let path = update.path(before.id());
    let mut body = update
        .body
        .as_ref()
        .expect("an update has a body")
        .example
        .clone();
    body["data"]["id"] = before.id().into();
    let changed = fixtures.api.patch(&path, &body).await.expect(200);
    assert_shows(update, &changed, &body["data"]["attributes"]);
    let nothing = json!({ "data": { "type": update.kind(), "id": before.id() } });
    let same = fixtures.api.patch(&path, &nothing).await.expect(200);
    assert_eq!(lasting(&same), lasting(&changed), "{path}");
    let read = fixtures.api.get(&path).await.expect(200);
    assert_eq!(lasting(&read), lasting(&changed), "{path}");
}

/// The value of an attribute after it was set to null.
fn value_of_null(kind: &str, name: &str) -> Value {
    match (kind, name) {
        // Always an object, if an empty one.
        (_, "metadata") => json!({}),
        // By default the title of its source type.
        ("payment_methods", "name") => "Stripe payment".into(),
        _ => Value::Null,
    }
}

#[tokio::test]
async fn null_clears_what_can_be_empty_and_absence_keeps_everything() {
    let (_service, fixtures) = start().await;
    let open_api = fixtures.open_api();
    let mut cleared = 0;
    for update in open_api
        .on_resources()
        .filter(|operation| operation.method == "PATCH")
    {
        let id = fixtures.one(update.kind()).await;
        let path = update.path(&id);
        let send = async |attributes: Value| {
            let body = bodies::change(update.kind(), &id, attributes);
            fixtures.api.patch(&path, &body).await.expect(200)
        };
        let nullable = nullable(update);
        assert!(nullable.iter().any(|(name, _)| *name == "metadata"), "{path}");
        let values: Map<String, Value> = nullable
            .iter()
            .map(|(name, schema)| ((*name).to_owned(), sample(name, schema)))
            .collect();
        let filled = send(Value::Object(values.clone())).await;
        assert_shows(update, &filled, &Value::Object(values));
        for (name, _) in nullable {
            let before = fixtures.api.get(&path).await.expect(200);
            let after = send(json!({ name: null })).await;
            let mut expected = lasting(&before);
            if expected.contains_key(name) {
                expected.insert(name.to_owned(), value_of_null(update.kind(), name));
                if let Some(amount) = name.strip_suffix("_cents") {
                    expected.insert(format!("{amount}_float"), Value::Null);
                    expected.insert(format!("formatted_{amount}"), Value::Null);
                }
                cleared += 1;
            }
            if let Some(ends) = expected.get_mut("credential_keys").and_then(Value::as_object_mut) {
                ends.remove(name);
            }
            if name == "customer_email" {
                // An order without a customer is a draft.
                expected.insert("status".into(), attributes(&after)["status"].clone());
            }
            if name == "password" {
                expected.insert("has_password".into(), false.into());
            }
            assert_eq!(lasting(&after), expected, "{path}: {name}");
        }
    }
    assert!(cleared > 30, "{cleared}");
}

#[tokio::test]
async fn every_resource_keeps_reference_and_metadata() {
    let (_service, fixtures) = start().await;
    let open_api = fixtures.open_api();
    let common = json!({
        "reference": "A-1 \u{1F600}",
        "reference_origin": "erp",
        "metadata": { "a": [1, -2.5, true, null, "x"], "ü": { "größe": "名前" }, "big": 9_007_199_254_740_993_u64 },
    });
    for kind in open_api.creatable() {
        let creation = open_api.find("POST", kind).expect("a creation");
        let created = fixtures.create_with(kind, &common).await;
        let shown = fixtures
            .api
            .get(&format!("{}/{}", creation.template, created.id()))
            .await
            .expect(200);
        for answer in [&created, &shown] {
            for (name, value) in common.as_object().expect("an object") {
                assert_eq!(answer.attribute(&as_rendered(creation, name)), value, "{kind}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_disabled_is_enabled_again() {
    let (_service, fixtures) = start().await;
    let open_api = fixtures.open_api();
    let with_trigger = |operation: &&Operation| {
        operation.method == "PATCH"
            && operation
                .body
                .as_ref()
                .is_some_and(|body| body.attributes.properties.contains_key("_disable"))
    };
    let updates: Vec<_> = open_api.on_resources().filter(with_trigger).collect();
    assert!(updates.len() >= 4, "{updates:?}");
    for update in updates {
        let kind = update.kind();
        let created = fixtures.create_with(kind, &json!({ "_disable": true })).await;
        assert!(created.attribute("disabled_at").is_string(), "{created:?}");
        let send = async |attributes: Value| {
            let body = bodies::change(kind, created.id(), attributes);
            let answer = fixtures
                .api
                .patch(&update.path(created.id()), &body)
                .await
                .expect(200);
            answer.attribute("disabled_at").clone()
        };
        assert_eq!(send(json!({ "_enable": true })).await, Value::Null, "{kind}");
        assert_eq!(send(json!({ "_disable": false })).await, Value::Null, "{kind}");
        let since = send(json!({ "_disable": true })).await;
        assert!(since.is_string(), "{kind}");
        assert_eq!(send(json!({ "_disable": true })).await, since, "{kind}");
        assert_eq!(send(json!({ "_enable": false })).await, since, "{kind}");
        assert_eq!(send(json!({ "_enable": true })).await, Value::Null, "{kind}");
    }
}

#[tokio::test]
async fn what_something_depends_on_is_locked() {
    let (_service, fixtures) = start().await;
    let api = &fixtures.api;
    let related = async |path: &str, name: &str| {
        let answer = api.get(&format!("{path}/{name}")).await.expect(200);
        let kind = answer.body["data"]["type"].as_str().expect("a type").to_owned();
        format!("/api/{kind}/{}", answer.id())
    };
    let method = fixtures.create("payment_methods").await;
    let method = format!("/api/payment_methods/{}", method.id());
    let gateway = related(&method, "payment_gateway")
        .await
        .replace("payment_gateways", "stripe_gateways");
    let payment = fixtures.create("stripe_payments").await;
    let paid = related(&format!("/api/stripe_payments/{}", payment.id()), "order").await;
    let order = format!("/api/orders/{}", fixtures.create("orders").await.id());
    let used = [
        related(&method, "market").await,
        gateway,
        paid,
        related(&order, "market").await,
        related(&order, "customer").await,
    ];
    for path in &used {
        let _ = api.delete(path).await.expect_error(423, "LOCKED");
        let _ = api.get(path).await.expect(200);
    }
    let customer = related(&order, "customer").await;
    let _ = api.delete(&order).await.expect(204);
    let _ = api.delete(&customer).await.expect(204);
}

#[tokio::test]
async fn an_order_that_is_paid_is_locked_with_its_line_items() {
    let (service, fixtures) = start().await;
    let api = &fixtures.api;
    let order = service.demo("TILLGATE_PAYMENTS_ORDER_ID");
    let _ = api
        .post("/api/v1/payments", &bodies::payment(&order, "pm_card_visa"))
        .await
        .expect(201);
    let order = format!("/api/orders/{order}");
    let items = api.get(&format!("{order}/line_items")).await.expect(200);
    let item = format!(
        "/api/line_items/{}",
        items.body["data"][0]["id"].as_str().expect("a line item")
    );
    let before = api.get(&order).await.expect(200);
    assert_eq!(before.attribute("status"), "placed");
    assert_eq!(before.attribute("editable"), false);
    for path in [&order, &item] {
        let _ = api.delete(path).await.expect_error(423, "LOCKED");
    }
    let id = items.body["data"][0]["id"].as_str().expect("a line item");
    let more = bodies::change("line_items", id, json!({ "quantity": 9 }));
    let _ = api
        .patch(&item, &more)
        .await
        .expect_error(422, "VALIDATION_ERROR");
    let mut another = fixtures.body("line_items").await;
    another["data"]["relationships"]["order"]["data"]["id"] = before.id().into();
    let refused = api
        .post("/api/line_items", &another)
        .await
        .expect_error(422, "VALIDATION_ERROR");
    let _ = refused.expect_pointer("/data/relationships/order");
    assert_eq!(lasting(&api.get(&order).await), lasting(&before));
}
