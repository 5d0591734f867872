//! The service accepts all that the document allows.

use serde_json::json;
use tillgate_tests::{Service, bodies};

/// JSON has one kind of number: to a schema, and to many clients, `2.0` is an integer.
#[tokio::test]
async fn a_whole_number_is_an_integer_however_it_is_written() {
    let service = Service::start().await;
    let api = service.api().await;
    let order = bodies::order(&api, &service.demo("TILLGATE_MARKET_ID"), 1000).await;
    let body = |quantity: &str| {
        format!(
            r#"{{"data": {{"type": "line_items",
                "attributes": {{"name": "Cup", "quantity": {quantity}, "unit_amount_cents": 1.25e3,
                    "metadata": {{"weight": 2.0}}}},
                "relationships": {{"order": {{"data": {{"type": "orders", "id": "{order}"}}}}}}}}}}"#
        )
    };
    let send = |quantity: &str| {
        api.call("POST", "/api/line_items")
            .body(tillgate_tests::JSON_API, body(quantity))
    };
    let created = send("2.0").send().await.expect(201);
    assert_eq!(*created.attribute("quantity"), json!(2));
    assert_eq!(*created.attribute("unit_amount_cents"), json!(1250));
    // The client's own objects stay as they were sent.
    assert_eq!(created.attribute("metadata")["weight"].to_string(), "2.0");
    for refused in ["2.5", "1e300", "-2.0"] {
        let answer = send(refused).send().await.expect(422);
        let _ = answer.expect_pointer("/data/attributes/quantity");
    }
}

/// The document describes the characters of a key.
#[tokio::test]
async fn an_idempotency_key_is_what_the_document_says() {
    let service = Service::start().await;
    let api = service.api().await;
    let document = api
        .call("GET", "/openapi.json")
        .header("Accept", "*/*")
        .send()
        .await
        .expect(200);
    let schema = &document.body["components"]["parameters"]["IdempotencyKey"]["schema"];
    let key = jsonschema::validator_for(schema).expect("a schema");
    for (text, status) in [
        ("k", 201),
        ("A-1!~", 201),
        ("two words", 400),
        ("", 400),
        ("\t", 400),
    ] {
        assert_eq!(key.is_valid(&json!(text)), status == 201, "{text:?}");
        let body = bodies::resource("manual_gateways", json!({ "name": "Bank" }), json!({}));
        let call = api
            .call("POST", "/api/manual_gateways")
            .header("Idempotency-Key", text);
        let _ = call.json(&body).send().await.expect(status);
    }
}
