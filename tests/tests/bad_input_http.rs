//! Requests that go wrong before their body is looked at: media types, verbs, paths, headers, sizes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Answer, JSON, JSON_API, OpenApi, Service, stored};

async fn start() -> (Service, Fixtures) {
    let service = Service::start().await;
    let open_api = OpenApi::of(&service).await;
    let fixtures = Fixtures::new(service.api().await, open_api, &service.demo("TILLGATE_MARKET_ID"));
    (service, fixtures)
}

#[track_caller]
fn assert_json_api(answer: &Answer) {
    // No parameter: JSON:API 1.1, content negotiation.
    assert_eq!(answer.header("content-type"), JSON_API, "{}", answer.request);
    let vary: Vec<_> = answer.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect();
    assert!(vary.join(",").to_ascii_lowercase().contains("accept"), "{}: {vary:?}", answer.request);
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
        ("application/vnd.api+json; charset=utf-8, application/vnd.api+json", 200, JSON_API),
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
        let without = fixtures.api.call("GET", &list.template).without_header("Accept").send().await.expect(200);
        assert_json_api(&without);
        // Clients send it with every request.
        let typed = fixtures.api.call("GET", &list.template).header("Content-Type", JSON_API).send().await;
        assert_json_api(&typed.expect(200));
    }
}

#[tokio::test]
async fn the_content_type_is_one_that_is_read() {
    let (_service, fixtures) = start().await;
    let (api, open_api) = (&fixtures.api, fixtures.open_api());
    let profile = r#"application/vnd.api+json; profile="https://x.test/p""#;
    let read = [JSON_API, "Application/VND.api+JSON", profile, JSON, "application/json; charset=utf-8"];
    let refused = [
        "application/vnd.api+json; charset=utf-8",
        r#"application/vnd.api+json; ext="https://x.test/e""#,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "json",
    ];
    for operation in open_api.on_resources().filter(|operation| operation.body.is_some()) {
        let kind = operation.kind();
        let request = async || {
            if operation.has_id() {
                let id = fixtures.create(kind).await.id().to_owned();
                (operation.path(&id), json!({ "data": { "type": kind, "id": id } }))
            } else {
                (operation.template.clone(), fixtures.body(kind).await)
            }
        };
        let (path, body) = request().await;
        let before = stored::all_of(api, open_api.list(kind)).await;
        for media_type in refused {
            let answer = api.call(&operation.method, &path).json_as(media_type, &body).send().await.expect(415);
            let headers: Vec<_> = answer.errors().map(|error| &error["source"]["header"]).collect();
            assert_eq!(headers, ["Content-Type"], "{media_type}");
            assert_json_api(&answer);
        }
        let untyped = api.call(&operation.method, &path).json(&body).without_header("Content-Type");
        let _ = untyped.send().await.expect(415);
        assert_eq!(stored::all_of(api, open_api.list(kind)).await, before);
        for media_type in read {
            let (path, body) = request().await;
            let answer = api.call(&operation.method, &path).json_as(media_type, &body).send().await;
            assert!(answer.status < 300, "{media_type}: {:#}", answer.body);
            assert_json_api(&answer);
        }
    }
}

/// The paths of the document with the verbs that each has.
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
        for verb in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            if verbs.contains(verb) {
                continue;
            }
            let headers = if verb == "HEAD" {
                // Without a body there is no error document to look at.
                let head = client.head(format!("{}{path}", service.url())).send().await.expect("an answer");
                assert_eq!(head.status(), 405, "HEAD {path}");
                head.headers().clone()
            } else {
                let answer = fixtures.api.call(verb, &path).undeclared().send().await.expect(405);
                assert_json_api(&answer);
                answer.headers
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
        "/nowhere", "/api", "/api/", "/api/v1", "/api/v2/payments", "/api/nothing", "/api/orders/", "/API/orders",
        "/api//orders", "/api/stripe_payments/x/y/z", "/api/v1/payments/", "/api/v1/orders", "/api/payments",
        "/oauth", "/oauth/token/", "/.env", "/api/orders%2f", "/api/%00", "/api/orders/AAAAAAAAAA/relationships",
        "/api/orders/AAAAAAAAAA/relationships/nope", "/api/orders/AAAAAAAAAA/nope",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend(fixtures.open_api().lists().map(|list| format!("{}/AAAAAAAAAA/relationships/nope", list.template)));
    for path in paths {
        for verb in ["GET", "POST", "DELETE"] {
            let answer = fixtures.api.call(verb, &path).undeclared().send().await.expect(404);
            assert_json_api(&answer);
        }
    }
}

#[tokio::test]
async fn ids_that_are_none_name_nothing() {
    let (_service, fixtures) = start().await;
    let long = "a".repeat(4000);
    let ids = ["AAAAAAAAAA", "x", "1", "0000000000", "AAAAAAAAA%00", "%F0%9F%98%80", "%27%20OR%201=1", "..%2f..", "%ff", &long];
    for operation in fixtures.open_api().on_resources().filter(|operation| operation.has_id()) {
        for id in ids {
            let mut call = fixtures.api.call(&operation.method, &operation.path(id));
            if operation.body.is_some() {
                call = call.json(&json!({ "data": { "type": operation.kind(), "id": id } }));
            }
            let code = if operation.is_second_dialect() { "record_not_found" } else { "RECORD_NOT_FOUND" };
            assert_json_api(&call.send().await.expect_error(404, code));
        }
    }
}

#[tokio::test]
async fn head_mirrors_get() {
    let (service, fixtures) = start().await;
    let ids = fixtures.one_of_each().await;
    let client = reqwest::Client::new();
    let token = fixtures.api.call("GET", "/api/orders");
    drop(token);
    let credentials = service.create_application(&["--organization", "demo", "--kind", "integration"]);
    let token = service.run(&["token", "--client-id", &credentials["TILLGATE_CLIENT_ID"]]);
    for operation in fixtures.open_api().on_resources().filter(|operation| operation.method == "GET") {
        let url = format!("{}{}", service.url(), operation.path(&ids[operation.kind()]));
        let send = async |request: reqwest::RequestBuilder| {
            request.header("Authorization", format!("Bearer {token}")).send().await.expect("an answer")
        };
        let (get, head) = (send(client.get(&url)).await, send(client.head(&url)).await);
        assert_eq!((head.status(), get.status()), (reqwest::StatusCode::OK, reqwest::StatusCode::OK), "{url}");
        for name in ["content-type", "content-length", "vary"] {
            assert_eq!(head.headers().get(name), get.headers().get(name), "{url}: {name}");
        }
        assert!(head.bytes().await.expect("no body").is_empty(), "{url}");
    }
}

#[tokio::test]
async fn a_request_id_is_given_back() {
    let (_service, fixtures) = start().await;
    let ask = async |id: &str| {
        let call = fixtures.api.call("GET", "/api/orders").header("X-Request-Id", id);
        call.send().await.header("x-request-id").to_owned()
    };
    let longest = "a".repeat(128);
    for id in ["9f1c-A_b.c:1", "x", &longest] {
        assert_eq!(ask(id).await, id);
    }
    let mut given = BTreeSet::new();
    for id in ["", "a b", "a\"b", "<script>", "a,b", &format!("{longest}a")] {
        let own = ask(id).await;
        assert_ne!(own, id);
        assert!(own.len() >= 16 && given.insert(own.clone()), "{own}");
    }
}

/// Every error says its status, in the body as on the wire; 401 says how to authenticate.
#[tokio::test]
async fn nobody_gets_anything_without_a_token() {
    let (service, fixtures) = start().await;
    let ids = fixtures.one_of_each().await;
    let anonymous = service.anonymous();
    for operation in fixtures.open_api().on_resources() {
        let path = operation.path(&ids[operation.kind()]);
        for authorization in [None, Some("Bearer"), Some("Bearer "), Some("Bearer x"), Some("Basic eDp4"), Some("x")] {
            let mut call = anonymous.call(&operation.method, &path);
            if let Some(value) = authorization {
                call = call.header("Authorization", value);
            }
            if operation.body.is_some() {
                call = call.json(&json!({ "data": { "type": operation.kind() } }));
            }
            let code = if operation.is_second_dialect() { "not_authenticated" } else { "INVALID_TOKEN" };
            let answer = call.send().await.expect_error(401, code);
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{answer:?}");
            assert_json_api(&answer);
            assert!(answer.errors().all(|error| error["status"] == "401"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_body_with_delete_is_tolerated() {
    let (_service, fixtures) = start().await;
    for operation in fixtures.open_api().on_resources().filter(|operation| operation.method == "DELETE") {
        let kind = operation.kind();
        for body in [json!({ "data": { "type": kind, "id": "AAAAAAAAAA" } }).to_string(), "{".to_owned()] {
            if kind == "checkout_com_payments" {
                // The demo's are authorized as they are created, and stay.
                continue;
            }
            let id = fixtures.create(kind).await.id().to_owned();
            let call = fixtures.api.call("DELETE", &operation.path(&id)).body(JSON_API, body);
            let _ = call.send().await.expect(204);
        }
    }
}

/// Sends bytes over a connection and answers the status line, or nothing when the service closes it.
fn raw(service: &Service, request: &[u8]) -> String {
    let address = service.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("a connection");
    // Longer than the service waits for what doesn't come: only a hang takes this long.
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
    // The service may have answered before everything was sent.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&chunk[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("no answer: {error}"),
        }
        if answer.contains(&b'\n') {
            break;
        }
    }
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_is_too_long_or_no_http_is_refused_and_never_hangs() {
    let (service, fixtures) = start().await;
    let long = |length: usize| "a".repeat(length);
    let cases = [
        format!("GET /api/orders?{} HTTP/1.1\r\nHost: x\r\n\r\n", long(1_000_000)),
        format!("GET /api/orders HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", long(1_000_000)),
        format!("GET /api/orders HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-Many: 1\r\n".repeat(10_000)),
        "GET /api/orders HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n".to_owned(),
        "GET /api/or ders HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".to_owned(),
        "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx".to_owned(),
        "\0\0\0\0\r\n\r\n".to_owned(),
        "nonsense\r\n\r\n".to_owned(),
    ];
    for case in cases {
        let line = raw(&service, case.as_bytes());
        let shown: String = case.chars().take(60).collect();
        assert!(line.is_empty() || line.starts_with("HTTP/1.1 4"), "{shown:?}: {line:?}");
    }
    let long_query = fixtures.api.get(&format!("/api/orders?{}=1", long(8000))).await.expect(400);
    assert!(long_query.bytes.len() < 32_000, "an error repeats what was sent, but not all of it twice");
    let _ = fixtures.api.get("/api/orders").await.expect(200);
}

/// One fault of the request must not spoil what follows on the connection.
#[tokio::test]
async fn a_refused_body_leaves_the_connection_usable() {
    let (_service, fixtures) = start().await;
    let large = Value::from("x".repeat(2_000_000));
    for _ in 0..3 {
        let call = fixtures.api.call("POST", "/api/orders").json(&large);
        let _ = call.send().await.expect(413);
        let _ = fixtures.api.get("/api/orders").await.expect(200);
    }
}
