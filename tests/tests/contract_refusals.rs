//! The refusals of every operation before it reads a resource: each answer is the declared one.

use serde_json::json;
use tillgate_tests::{Call, JSON_API, OpenApi, Operation, Service};

/// An identifier without a resource.
const NOTHING: &str = "QWERtyUpBa";

fn path(operation: &Operation) -> String {
    if operation.has_id() {
        operation.path(NOTHING)
    } else {
        operation.template.clone()
    }
}

#[tokio::test]
async fn every_operation_refuses_what_is_no_request_to_it() {
    let service = Service::start().await;
    let (api, anonymous) = (service.api().await, service.anonymous());
    let open_api = OpenApi::of(&service).await;
    let mut operations = 0;
    for operation in open_api.on_resources() {
        operations += 1;
        let (method, path) = (operation.method.as_str(), path(operation));
        // The media type of a body is checked first.
        let with_body = |call: Call| match operation.body {
            Some(_) => call.json(&json!({})),
            None => call,
        };
        let unknown = with_body(anonymous.call(method, &path));
        let _ = unknown.send().await.expect(401);
        let html = with_body(api.call(method, &path)).header("Accept", "text/html");
        let _ = html.send().await.expect(406);
        if operation.body.is_none() {
            let unknown = api.call(method, &format!("{path}?colour=blue"));
            let _ = unknown.send().await.expect(400);
            continue;
        }
        let call = || api.call(method, &path);
        let _ = call().body(JSON_API, "{").send().await.expect(400);
        let _ = call().body("text/plain", "{}").send().await.expect(415);
        let _ = call()
            .body(JSON_API, vec![b' '; 2 << 20])
            .send()
            .await
            .expect(413);
        if method == "POST" {
            // The body for a missing resource is not checked.
            let foreign = json!({ "data": { "type": "teapots" } });
            let _ = call().json(&foreign).send().await.expect(409);
            let chosen = json!({ "data": { "type": operation.kind(), "id": NOTHING } });
            let _ = call().json(&chosen).send().await.expect(403);
        }
    }
    assert!(operations > 80, "{operations}");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_by_any_operation() {
    let service = Service::start().await;
    let api = service.api().await;
    let open_api = OpenApi::of(&service).await;
    for operation in open_api.on_resources().filter(|operation| operation.has_id()) {
        let call = api.call(&operation.method, &operation.path(NOTHING));
        let body = json!({ "data": { "type": operation.kind(), "id": NOTHING } });
        let call = if operation.body.is_some() {
            call.json(&body)
        } else {
            call
        };
        let _ = call.send().await.expect(404);
    }
}
