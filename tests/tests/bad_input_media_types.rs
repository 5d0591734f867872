//! Content negotiation (JSON:API 1.1): accepted and readable types, and the refusal of others.

use serde_json::json;
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{JSON, JSON_API, Service, stored};

async fn start() -> (Service, Fixtures) {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    (service, fixtures)
}

#[tokio::test]
async fn accept_says_what_is_answered() {
    let (_service, fixtures) = start().await;
    let foreign = r#"application/vnd.api+json; ext="https://x.test/e""#;
    let profile = r#"application/vnd.api+json; profile="https://x.test/p""#;
    let with_fallback = format!("{foreign}, application/vnd.api+json");
    let cases = [
        (JSON_API, 200, JSON_API),
        ("*/*", 200, JSON_API),
        ("application/*", 200, JSON_API),
        ("", 200, JSON_API),
        ("application/vnd.api+json;q=0.9", 200, JSON_API),
        ("Application/VND.api+JSON", 200, JSON_API),
        (profile, 200, JSON_API),
        ("application/vnd.api+json; charset=utf-8", 406, JSON_API),
        (
            "application/vnd.api+json; charset=utf-8, application/vnd.api+json",
            200,
            JSON_API,
        ),
        (foreign, 406, JSON_API),
        (with_fallback.as_str(), 200, JSON_API),
        (JSON, 200, JSON),
        ("application/json; charset=utf-8", 200, JSON),
        ("text/html", 406, JSON_API),
        ("text/html, */*;q=0.1", 200, JSON_API),
        ("nonsense", 406, JSON_API),
    ];
    for list in fixtures.open_api().lists() {
        for (accept, status, content_type) in cases {
            let call = fixtures.api.call("GET", &list.template).header("Accept", accept);
            let answer = call.send().await.expect(status);
            assert_eq!(answer.header("content-type"), content_type, "{accept}");
            if status == 406 {
                let headers: Vec<_> = answer.errors().map(|error| &error["source"]["header"]).collect();
                assert_eq!(headers, ["Accept"], "{accept}");
            }
        }
        let without = fixtures
            .api
            .call("GET", &list.template)
            .without_header("Accept")
            .send()
            .await
            .expect(200);
        let _ = without.expect_json_api();
        // Clients send it with every request.
        let typed = fixtures
            .api
            .call("GET", &list.template)
            .header("Content-Type", JSON_API)
            .send()
            .await;
        let _ = typed.expect(200).expect_json_api();
    }
}

#[tokio::test]
async fn the_content_type_is_one_that_is_read() {
    let (_service, fixtures) = start().await;
    let (api, open_api) = (&fixtures.api, fixtures.open_api());
    let profile = r#"application/vnd.api+json; profile="https://x.test/p""#;
    let read = [
        JSON_API,
        "Application/VND.api+JSON",
        profile,
        JSON,
        "application/json; charset=utf-8",
    ];
    let refused = [
        "application/vnd.api+json; charset=utf-8",
        r#"application/vnd.api+json; ext="https://x.test/e""#,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "json",
    ];
    for operation in open_api
        .on_resources()
        .filter(|operation| operation.body.is_some())
    {
        let kind = operation.kind();
        let request = async || {
            if operation.has_id() {
                let id = fixtures.one(kind).await;
                (operation.path(&id), json!({ "data": { "type": kind, "id": id } }))
            } else {
                (operation.template.clone(), fixtures.body(kind).await)
            }
        };
        let (path, body) = request().await;
        let before = stored::all_of(api, open_api.list(kind)).await;
        for media_type in refused {
            let answer = api
                .call(&operation.method, &path)
                .json_as(media_type, &body)
                .send()
                .await
                .expect(415);
            let headers: Vec<_> = answer.errors().map(|error| &error["source"]["header"]).collect();
            assert_eq!(headers, ["Content-Type"], "{media_type}");
            let _ = answer.expect_json_api();
        }
        let untyped = api
            .call(&operation.method, &path)
            .json(&body)
            .without_header("Content-Type");
        let _ = untyped.send().await.expect(415);
        assert_eq!(stored::all_of(api, open_api.list(kind)).await, before);
        for media_type in read {
            let (path, body) = request().await;
            let answer = api
                .call(&operation.method, &path)
                .json_as(media_type, &body)
                .send()
                .await;
            assert!(answer.status < 300, "{media_type}: {:#}", answer.body);
            let _ = answer.expect_json_api();
        }
    }
}
