//! Bodies that can't be accepted, for every operation with a body: a clear error whose pointers lead into the request, nothing
//! stored, no fault of the service.

use std::collections::BTreeSet;

use crate::bad_bodies::{Case, attributes, relationships, shape};
use serde_json::{Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Answer, JSON_API, Operation, Service, stored};

async fn start() -> (Service, Fixtures) {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    (service, fixtures)
}

/// An operation with the path and the body of a valid request.
struct Target<'a> {
    operation: &'a Operation,
    path: String,
    body: Value,
}

/// All operations with a body.
async fn targets(fixtures: &Fixtures) -> Vec<Target<'_>> {
    let mut targets = Vec::new();
    for operation in fixtures
        .open_api()
        .on_resources()
        .filter(|operation| operation.body.is_some())
    {
        let (path, body) = if operation.has_id() {
            let id = fixtures.one(operation.kind()).await;
            let data = json!({ "type": operation.kind(), "id": id, "attributes": {}, "relationships": {} });
            (operation.path(&id), json!({ "data": data }))
        } else {
            (operation.template.clone(), fixtures.body(operation.kind()).await)
        };
        targets.push(Target {
            operation,
            path,
            body,
        });
    }
    assert!(targets.len() >= 19, "{}", targets.len());
    targets
}

/// Sends the cases that `make` produces for each operation, and panics if one is not refused as it should be.
async fn refuse_all(make: impl Fn(&Operation, &Value) -> Vec<Case>) {
    let (_service, fixtures) = start().await;
    let (api, open_api) = (&fixtures.api, fixtures.open_api());
    let targets = targets(&fixtures).await;
    let before = stored::everything(api, open_api).await;
    for target in &targets {
        let list = open_api.list(target.operation.kind());
        let listed = stored::all_of(api, list).await;
        let cases = make(target.operation, &target.body);
        assert!(!cases.is_empty(), "{}", target.operation.id);
        for case in cases {
            let call = api.call(&target.operation.method, &target.path);
            let answer = call.body(JSON_API, case.body.clone()).send().await;
            assert_refused(&case, &answer);
            assert_eq!(
                stored::all_of(api, list).await,
                listed,
                "{}: {}",
                target.operation.id,
                case.name
            );
        }
    }
    assert_eq!(stored::everything(api, open_api).await, before);
}

#[track_caller]
fn assert_refused(case: &Case, answer: &Answer) {
    let context = || format!("{}: {}: {:#}", answer.request, case.name, answer.body);
    assert_eq!(answer.status, case.status, "{}", context());
    let sent: Option<Value> = serde_json::from_slice(&case.body).ok();
    // The status of all errors, or 400 for several that differ.
    let statuses: BTreeSet<_> = answer
        .errors()
        .filter_map(|error| error["status"].as_str())
        .collect();
    let told = if statuses.len() == 1 {
        statuses.first().copied()
    } else {
        Some("400")
    };
    assert_eq!(told, Some(answer.status.to_string().as_str()), "{}", context());
    for error in answer.errors() {
        if let (Some(pointer), Some(sent)) = (error["source"]["pointer"].as_str(), &sent) {
            assert!(
                sent.pointer(pointer).is_some(),
                "{pointer} is not in the request: {}",
                context()
            );
        }
    }
    for expected in &case.pointers {
        let found = answer
            .errors()
            .any(|error| error["source"]["pointer"] == expected.as_str());
        assert!(found, "nothing points at {expected}: {}", context());
    }
    if let Some(word) = case.word {
        // The Commerce Layer dialect has the broken rule in `meta`, the Foodetective dialect as the code.
        let found = answer
            .errors()
            .any(|error| error["meta"]["error"] == word || error["code"] == word);
        assert!(found, "no error is about {word}: {}", context());
    }
    if let Some(count) = case.errors {
        assert_eq!(answer.errors().count(), count, "{}", context());
    }
}

#[tokio::test]
async fn what_is_no_document_is_refused() {
    refuse_all(|_, _| shape::no_documents()).await;
}

#[tokio::test]
async fn documents_of_another_shape_are_refused() {
    refuse_all(shape::wrong_documents).await;
}

#[tokio::test]
async fn type_and_id_must_be_those_of_the_request() {
    refuse_all(shape::wrong_identities).await;
}

#[tokio::test]
async fn what_is_missing_is_told_all_at_once() {
    refuse_all(shape::missing_members).await;
}

#[tokio::test]
async fn unknown_attributes_and_relationships_are_refused() {
    refuse_all(shape::unknown_members).await;
}

#[tokio::test]
async fn attributes_of_another_type_are_refused() {
    refuse_all(attributes::wrong_types).await;
}

#[tokio::test]
async fn attributes_out_of_bounds_are_refused() {
    refuse_all(attributes::out_of_bounds).await;
}

#[tokio::test]
async fn strings_that_must_not_be_kept_are_refused() {
    refuse_all(attributes::forbidden_strings).await;
}

#[tokio::test]
async fn relationships_to_nothing_are_refused() {
    refuse_all(relationships::wrong_linkage).await;
}

/// JSON:API 1.1: undefined members are ignored, and so are those whose names begin with `@`.
#[tokio::test]
async fn what_is_to_be_ignored_is_ignored() {
    let (_service, fixtures) = start().await;
    for mut target in targets(&fixtures).await {
        let body = &mut target.body;
        body["foo"] = 1.into();
        body["meta"] = json!({});
        body["jsonapi"] = json!({ "version": "1.1", "ext": ["https://x.test/e"] });
        body["@note"] = "ignored".into();
        body["data"]["foo"] = json!({ "bar": null });
        body["data"]["lid"] = "a".into();
        body["data"]["@note"] = "ignored".into();
        for container in ["attributes", "relationships"] {
            body["data"][container]["@note"] = "ignored".into();
        }
        let call = fixtures
            .api
            .call(&target.operation.method, &target.path)
            .json(&target.body);
        let answer = call.send().await;
        assert!(answer.status < 300, "{}: {:#}", answer.request, answer.body);
        assert!(
            !String::from_utf8_lossy(&answer.bytes).contains("ignored"),
            "{answer:?}"
        );
    }
}

/// Ordinary clients send containers always, even if they are empty.
#[tokio::test]
async fn a_body_of_the_largest_size_is_read() {
    let (_service, fixtures) = start().await;
    for target in targets(&fixtures).await {
        let text = target.body.to_string();
        let padding = " ".repeat(shape::LARGEST - text.len());
        let call = fixtures.api.call(&target.operation.method, &target.path);
        let answer = call.body(JSON_API, format!("{text}{padding}")).send().await;
        assert!(answer.status < 300, "{}: {:#}", answer.request, answer.body);
    }
}

#[tokio::test]
async fn the_second_dialect_takes_names_with_dashes_and_tells_them_back() {
    let (_service, fixtures) = start().await;
    let body = fixtures.body("payments").await;
    let order = body["data"]["relationships"]["order"]["data"].clone();
    let send = async |attributes: Value, order: &Value| {
        let data =
            json!({ "type": "payments", "attributes": attributes, "relationships": { "order": order } });
        fixtures
            .api
            .post("/api/v1/payments", &json!({ "data": data }))
            .await
    };
    let wrong = send(json!({ "stripe-token": 5 }), &order).await.expect(400);
    let _ = wrong.expect_pointer("/data/attributes/stripe-token");
    let unknown = json!({ "type": "order", "id": "AAAAAAAAAA" });
    let missing = send(json!({ "stripe-token": "pm_card_visa" }), &unknown).await;
    let _ = missing
        .expect_error(404, "record_not_found")
        .expect_pointer("/data/relationships/order/id");
    let both = json!({ "stripe-token": "pm_card_visa", "stripe-payment-method-id": "pm_card_visa" });
    let _ = send(both, &order).await.expect_error(400, "mutual_exclusion");
    let twice = json!({ "stripe-token": "pm_card_visa", "stripe_token": "pm_card_mastercard" });
    let _ = send(twice, &order).await.expect_error(400, "coerce");
    let _ = send(json!({ "stripe-token": "pm_card_visa" }), &order)
        .await
        .expect(201);
}

/// Rules that a schema can't express.
#[tokio::test]
async fn rules_beyond_the_schema_are_told_too() {
    let (_service, fixtures) = start().await;
    let cases = [
        ("markets", json!({ "currency_code": "QQQ" })),
        ("markets", json!({ "currency_code": "XXX" })),
        (
            "line_items",
            json!({ "quantity": 1_000_000, "unit_amount_cents": 999_999_999 }),
        ),
        (
            "stripe_gateways",
            json!({ "base_url": "http://stripe.example.com" }),
        ),
        (
            "stripe_gateways",
            json!({ "base_url": "https://user:secret@api.example.com" }),
        ),
        ("stripe_gateways", json!({ "base_url": "file:///etc/passwd" })),
        (
            "payment_methods",
            json!({ "payment_source_type": "checkout_com_payments" }),
        ),
    ];
    for (kind, attributes) in cases {
        let creation = fixtures.open_api().find("POST", kind).expect("a creation");
        let list = fixtures.open_api().list(kind);
        let mut body = fixtures.body(kind).await;
        for (name, value) in attributes.as_object().expect("an object") {
            body["data"]["attributes"][name] = value.clone();
        }
        let before = stored::all_of(&fixtures.api, list).await;
        let answer = fixtures
            .api
            .post(&creation.template, &body)
            .await
            .expect_error(422, "VALIDATION_ERROR");
        let pointers: Vec<_> = answer
            .errors()
            .filter_map(|error| error["source"]["pointer"].as_str())
            .collect();
        assert!(
            !pointers.is_empty() && pointers.iter().all(|pointer| body.pointer(pointer).is_some()),
            "{answer:?}"
        );
        assert_eq!(stored::all_of(&fixtures.api, list).await, before, "{attributes}");
    }
}

/// A to-many relationship is changed by creating and deleting its targets. Replacing it is refused as a whole, with the rest of
/// the request.
#[tokio::test]
async fn a_to_many_relationship_can_t_be_replaced() {
    let (_service, fixtures) = start().await;
    let (api, open_api) = (&fixtures.api, fixtures.open_api());
    let mut tried = 0;
    for operation in open_api
        .on_resources()
        .filter(|operation| operation.method == "PATCH")
    {
        let start = format!("{}/relationships/", operation.template);
        let many = open_api.on_resources().filter(|other| other.is_paged());
        let names: Vec<&str> = many
            .filter_map(|other| other.template.strip_prefix(&start))
            .collect();
        for name in names {
            let id = fixtures.one(operation.kind()).await;
            let path = operation.path(&id);
            let before = api.get(&path).await.expect(200);
            let mut body = json!({ "data": { "type": operation.kind(), "id": id, "attributes": { "reference": "other" } } });
            body["data"]["relationships"] = json!({ name: { "data": [] } });
            let refused = api.patch(&path, &body).await.expect(403);
            let _ = refused.expect_pointer(&format!("/data/relationships/{name}"));
            assert_eq!(api.get(&path).await.body, before.body, "{path} {name}");
            tried += 1;
        }
    }
    assert!(tried > 5, "{tried}");
}
