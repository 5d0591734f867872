//! Methods that a path does not have, missing paths, and ids without a resource.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{OpenApi, Service};

async fn start() -> (Service, Fixtures) {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    (service, fixtures)
}

/// The paths of the document, with their methods.
fn verbs_by_path(open_api: &OpenApi) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut by_path: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for operation in &open_api.operations {
        let verbs = by_path.entry(&operation.template).or_default();
        verbs.insert(&operation.method);
        if operation.method == "GET" {
            verbs.insert("HEAD");
        }
    }
    by_path
}

#[tokio::test]
async fn every_other_verb_is_refused_with_those_that_there_are() {
    let (service, fixtures) = start().await;
    let client = reqwest::Client::new();
    let mut refused = 0;
    for (path, verbs) in verbs_by_path(fixtures.open_api()) {
        let path = path.replace("{id}", "AAAAAAAAAA");
        for verb in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
        ] {
            if verbs.contains(verb) {
                continue;
            }
            let headers = if verb == "HEAD" {
                // Without a body there is no error document to check.
                let head = client
                    .head(format!("{}{path}", service.url()))
                    .send()
                    .await
                    .expect("an answer");
                assert_eq!(head.status(), 405, "HEAD {path}");
                head.headers().clone()
            } else {
                let answer = fixtures
                    .api
                    .call(verb, &path)
                    .undeclared()
                    .send()
                    .await
                    .expect(405);
                answer.expect_json_api().headers
            };
            let allow = headers["allow"].to_str().expect("a text");
            let allow: BTreeSet<_> = allow.split(',').map(str::trim).collect();
            assert_eq!(allow, verbs, "{verb} {path}");
            refused += 1;
        }
    }
    assert!(refused > 500, "{refused}");
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let (_service, fixtures) = start().await;
    let mut paths: Vec<String> = [
        "/nowhere",
        "/api",
        "/api/",
        "/api/v1",
        "/api/v2/payments",
        "/api/nothing",
        "/api/orders//",
        "/API/orders",
        "/api//orders",
        "/api/stripe_payments/x/y/z",
        "/api/v1/payments//",
        "/api/v1/orders",
        "/api/payments",
        "/oauth",
        "/oauth/token//",
        "/.env",
        "/api/orders%2f",
        "/api/%00",
        "/api/orders/AAAAAAAAAA/relationships",
        "/api/orders/AAAAAAAAAA/relationships/nope",
        "/api/orders/AAAAAAAAAA/nope",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend(
        fixtures
            .open_api()
            .lists()
            .map(|list| format!("{}/AAAAAAAAAA/relationships/nope", list.template)),
    );
    for path in paths {
        for verb in ["GET", "POST", "DELETE"] {
            let answer = fixtures
                .api
                .call(verb, &path)
                .undeclared()
                .send()
                .await
                .expect(404);
            let _ = answer.expect_json_api();
        }
    }
}

#[tokio::test]
async fn ids_that_are_none_name_nothing() {
    let (_service, fixtures) = start().await;
    let long = "a".repeat(4000);
    let ids = [
        "AAAAAAAAAA",
        "x",
        "1",
        "0000000000",
        "AAAAAAAAA%00",
        "%F0%9F%98%80",
        "%27%20OR%201=1",
        "..%2f..",
        "%ff",
        &long,
    ];
    for operation in fixtures
        .open_api()
        .on_resources()
        .filter(|operation| operation.has_id())
    {
        for id in ids {
            let mut call = fixtures.api.call(&operation.method, &operation.path(id));
            if operation.body.is_some() {
                call = call.json(&json!({ "data": { "type": operation.kind(), "id": id } }));
            }
            let code = if operation.is_second_dialect() {
                "record_not_found"
            } else {
                "RECORD_NOT_FOUND"
            };
            let _ = call.send().await.expect_error(404, code).expect_json_api();
        }
    }
}

#[tokio::test]
async fn head_mirrors_get() {
    let (service, fixtures) = start().await;
    let ids = fixtures.one_of_each().await;
    let client = reqwest::Client::new();
    let credentials = service.create_application(&["--organization", "demo", "--kind", "integration"]);
    let token = service.run(&["token", "--client-id", &credentials["TILLGATE_CLIENT_ID"]]);
    for operation in fixtures
        .open_api()
        .on_resources()
        .filter(|operation| operation.method == "GET")
    {
        let url = format!("{}{}", service.url(), operation.path(&ids[operation.kind()]));
        let send = async |request: reqwest::RequestBuilder| {
            request
                .header("Authorization", format!("Bearer {token}"))
                .send()
                .await
                .expect("an answer")
        };
        let (get, head) = (send(client.get(&url)).await, send(client.head(&url)).await);
        assert_eq!(
            (head.status(), get.status()),
            (reqwest::StatusCode::OK, reqwest::StatusCode::OK),
            "{url}"
        );
        for name in ["content-type", "content-length", "vary"] {
            assert_eq!(head.headers().get(name), get.headers().get(name), "{url}: {name}");
        }
        assert!(head.bytes().await.expect("no body").is_empty(), "{url}");
    }
}
