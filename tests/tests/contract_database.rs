//! Every operation answers that it can't work without the database. On SQLite, whose file can't go away, there is nothing to
//! test.

use serde_json::json;
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{JSON, Service};

#[tokio::test]
async fn without_its_database_every_operation_answers_503() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let api = &fixtures.api;
    let ids = fixtures.one_of_each().await;
    let mut requests = Vec::new();
    for operation in fixtures.open_api().on_resources() {
        let path = match ids.get(operation.kind()) {
            Some(id) => operation.path(id),
            None => operation.template.clone(),
        };
        let call = api.call(&operation.method, &path);
        requests.push(match operation.method.as_str() {
            "POST" => call.json(&fixtures.body(operation.kind()).await),
            "PATCH" => {
                call.json(&json!({ "data": { "type": operation.kind(), "id": ids[operation.kind()] } }))
            }
            _ => call,
        });
    }
    assert!(requests.len() > 150, "{}", requests.len());
    let anonymous = service.anonymous();
    let credentials = json!({
        "grant_type": "client_credentials",
        "client_id": service.demo("TILLGATE_CLIENT_ID"),
        "client_secret": service.demo("TILLGATE_CLIENT_SECRET"),
    });
    let token = anonymous.call("POST", "/oauth/token").header("Accept", JSON);
    requests.push(token.json_as(JSON, &credentials));
    let mut revocation = credentials;
    revocation["token"] = json!("x");
    let revoke = anonymous.call("POST", "/oauth/revoke").header("Accept", JSON);
    requests.push(revoke.json_as(JSON, &revocation));
    let event = anonymous.call("POST", "/webhook_callbacks/stripe_gateways/unknown");
    requests.push(event.json_as(JSON, &json!({})));
    requests.push(anonymous.call("GET", "/readyz"));
    if !service.cut_off_database().await {
        return;
    }
    for request in requests {
        let answer = request.send().await.expect(503);
        assert_ne!(answer.header("retry-after"), "", "{}", answer.request);
    }
}
