//! The three documented requests, as published: only host, access token and order id are this service's.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, JSON, JSON_API, Service, links_of};

/// The types that a documented response member may have.
#[derive(Clone, Copy, Debug)]
enum Type {
    Text,
    Timestamp,
    Object,
}

const COMMON: [(&str, Type); 5] = [
    ("created_at", Type::Timestamp),
    ("updated_at", Type::Timestamp),
    ("reference", Type::Text),
    ("reference_origin", Type::Text),
    ("metadata", Type::Object),
];
const STRIPE: [(&str, Type); 4] = [
    ("client_secret", Type::Text),
    ("publishable_key", Type::Text),
    ("options", Type::Object),
    ("payment_method", Type::Object),
];
const CHECKOUT_COM: [(&str, Type); 7] = [
    ("payment_type", Type::Text),
    ("token", Type::Text),
    ("session_id", Type::Text),
    ("source_id", Type::Text),
    ("customer_token", Type::Text),
    ("redirect_uri", Type::Text),
    ("payment_response", Type::Object),
];

/// The published request body of a Stripe payment.
fn stripe_example(order: &str) -> Value {
    json!({
      "data": {
        "type": "stripe_payments",
        "relationships": {
          "order": {
            "data": {
              "type": "orders",
              "id": order
            }
          }
        }
      }
    })
}

/// The published request body of a Checkout.com payment.
fn checkout_com_example(order: &str) -> Value {
    json!({
      "data": {
        "type": "checkout_com_payments",
        "attributes": {
          "payment_type": "token",
          "token": "tok_4gzeau5o2uqubbk6fufs3m7p54"
        },
        "relationships": {
          "order": {
            "data": {
              "type": "orders",
              "id": order
            }
          }
        }
      }
    })
}

/// Sends a documented request with the headers of its sample.
async fn send(api: &Api, path: &str, media_type: &str, body: &Value) -> Answer {
    let call = api
        .call("POST", path)
        .header("Accept", media_type)
        .json_as(media_type, body);
    call.send().await.expect(201)
}

#[track_caller]
fn assert_members(answer: &Answer, members: &[(&str, Type)]) {
    for &(name, expected) in members {
        let value = answer.attribute(name);
        let fits = match expected {
            _ if value.is_null() => true,
            Type::Text => value.is_string(),
            Type::Timestamp => value.as_str().is_some_and(is_timestamp),
            Type::Object => value.is_object(),
        };
        assert!(fits, "{name} is {value}, documented as {expected:?}");
    }
}

/// `2018-01-01T12:00:00.000Z`, as in the documented samples.
fn is_timestamp(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape == "0000-00-00T00:00:00.000Z"
}

/// The parts around the attributes, which both documented samples share.
async fn assert_envelope(service: &Service, api: &Api, answer: &Answer, kind: &str) {
    let data = &answer.body["data"];
    let own = format!("{}/api/{kind}/{}", service.url(), answer.id());
    assert_eq!(data["type"], kind);
    assert_eq!(data["links"]["self"], own);
    assert_eq!(answer.header("location"), own);
    assert_eq!(data["meta"]["mode"], "test");
    for relationship in ["order", "payment_gateway"] {
        let links = &data["relationships"][relationship]["links"];
        assert_eq!(links["self"], format!("{own}/relationships/{relationship}"));
        assert_eq!(links["related"], format!("{own}/{relationship}"));
    }
    let links = links_of(&answer.body);
    assert!(links.len() >= 5, "{links:?}");
    for link in links {
        let _ = api.get(&link).await.expect(200);
    }
}

#[tokio::test]
async fn the_documented_stripe_request_is_answered_as_documented() {
    let service = Service::start().await;
    let api = service.api().await;
    let order = service.demo("TILLGATE_STRIPE_ORDER_ID");
    let answer = send(&api, "/api/stripe_payments", JSON_API, &stripe_example(&order)).await;
    assert_eq!(answer.header("content-type"), JSON_API);
    assert_members(&answer, &STRIPE);
    assert_members(&answer, &COMMON);
    assert_envelope(&service, &api, &answer, "stripe_payments").await;
    // The PaymentIntent exists at the PSP, unconfirmed: the browser confirms it with these two.
    let client_secret = answer
        .attribute("client_secret")
        .as_str()
        .expect("a client secret");
    assert!(
        client_secret.starts_with("pi_") && client_secret.contains("_secret_"),
        "{client_secret}"
    );
    assert!(
        answer
            .attribute("publishable_key")
            .as_str()
            .is_some_and(|key| key.starts_with("pk_test_"))
    );
    let linked = api
        .get(&format!("/api/stripe_payments/{}/order", answer.id()))
        .await
        .expect(200);
    assert_eq!(linked.id(), order);
    assert_eq!(service.sandbox().ledger().await, []);
}

#[tokio::test]
async fn the_documented_checkout_com_request_is_answered_as_documented() {
    let service = Service::start().await;
    let api = service.api().await;
    let order = service.demo("TILLGATE_CHECKOUT_COM_ORDER_ID");
    let answer = send(
        &api,
        "/api/checkout_com_payments",
        JSON_API,
        &checkout_com_example(&order),
    )
    .await;
    assert_members(&answer, &CHECKOUT_COM);
    assert_members(&answer, &COMMON);
    assert_envelope(&service, &api, &answer, "checkout_com_payments").await;
    assert_eq!(*answer.attribute("payment_type"), "token");
    assert_eq!(*answer.attribute("token"), "tok_4gzeau5o2uqubbk6fufs3m7p54");
    // The demo's gateway authorizes on creation: the payment was requested over HTTP.
    assert!(
        answer
            .attribute("customer_token")
            .as_str()
            .is_some_and(|id| id.starts_with("cus_"))
    );
    assert!(
        answer.attribute("payment_response")["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("pay_"))
    );
}

#[tokio::test]
async fn the_documented_payment_with_a_token_is_charged_once_and_finished() {
    let service = Service::start().await;
    let api = service.api().await;
    let order = service.demo("TILLGATE_PAYMENTS_ORDER_ID");
    let body = json!({ "data": {
        "type": "payments",
        "attributes": { "stripe_token": "tok_visa" },
        "relationships": { "order": { "data": { "id": order, "type": "order" } } },
    } });
    // The sample of this page sends application/json.
    let answer = send(&api, "/api/v1/payments", JSON, &body).await;
    assert_eq!(answer.header("content-type").split(';').next(), Some(JSON));
    assert_eq!(answer.body["data"]["type"], "payments");
    assert_eq!(*answer.attribute("state"), "finished");
    let kinds: Vec<_> = service
        .sandbox()
        .ledger()
        .await
        .into_iter()
        .map(|entry| entry.kind)
        .collect();
    assert_eq!(kinds, ["authorize", "capture"]);
    for link in links_of(&answer.body) {
        let _ = api.get(&link).await.expect(200);
    }
}

#[tokio::test]
async fn plain_json_is_answered_in_kind() {
    let service = Service::start().await;
    let api = service.api().await;
    let body = stripe_example(&service.demo("TILLGATE_STRIPE_ORDER_ID"));
    let answer = send(&api, "/api/stripe_payments", JSON, &body).await;
    assert_eq!(answer.header("content-type").split(';').next(), Some(JSON));
    // Like that sample: a JSON body, and no Accept of its own.
    let body = checkout_com_example(&service.demo("TILLGATE_CHECKOUT_COM_ORDER_ID"));
    let call = api
        .call("POST", "/api/checkout_com_payments")
        .header("Accept", "*/*");
    let answer = call
        .json_as("application/json; charset=utf-8", &body)
        .send()
        .await
        .expect(201);
    assert_members(&answer, &CHECKOUT_COM);
}

#[tokio::test]
async fn optional_arguments_are_stored_and_rendered() {
    let service = Service::start().await;
    let api = service.api().await;
    let documented = [
        ("reference", json!("ANY-EXTERNAL-REFERENCE")),
        ("reference_origin", json!("ANY-EXTERNAL-ORIGIN")),
        ("metadata", json!({ "foo": "bar", "deep": [{ "er": 1.5 }, null] })),
    ];
    let stripe = stripe_example(&service.demo("TILLGATE_STRIPE_ORDER_ID"));
    let checkout_com = checkout_com_example(&service.demo("TILLGATE_CHECKOUT_COM_ORDER_ID"));
    for (path, mut body) in [
        ("/api/stripe_payments", stripe),
        ("/api/checkout_com_payments", checkout_com),
    ] {
        for (name, value) in &documented {
            body["data"]["attributes"][name] = value.clone();
        }
        let created = api.post(path, &body).await.expect(201);
        let read = api.get(&format!("{path}/{}", created.id())).await.expect(200);
        for (name, value) in &documented {
            assert_eq!(created.attribute(name), value);
            assert_eq!(read.attribute(name), value);
        }
    }
}
