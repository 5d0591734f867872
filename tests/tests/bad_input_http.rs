//! Requests that fail before their body is read: tokens, headers, sizes, and texts that are no HTTP.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{JSON_API, Service};

async fn start() -> (Service, Fixtures) {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    (service, fixtures)
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

/// Every error has its status, in the body as on the wire; 401 says how to authenticate.
#[tokio::test]
async fn nobody_gets_anything_without_a_token() {
    let (service, fixtures) = start().await;
    let ids = fixtures.one_of_each().await;
    let anonymous = service.anonymous();
    for operation in fixtures.open_api().on_resources() {
        let path = operation.path(&ids[operation.kind()]);
        for authorization in [
            None,
            Some("Bearer"),
            Some("Bearer "),
            Some("Bearer x"),
            Some("Basic eDp4"),
            Some("x"),
        ] {
            let mut call = anonymous.call(&operation.method, &path);
            if let Some(value) = authorization {
                call = call.header("Authorization", value);
            }
            if operation.body.is_some() {
                call = call.json(&json!({ "data": { "type": operation.kind() } }));
            }
            let code = if operation.is_second_dialect() {
                "not_authenticated"
            } else {
                "INVALID_TOKEN"
            };
            let answer = call.send().await.expect_error(401, code);
            assert!(
                answer.header("www-authenticate").starts_with("Bearer"),
                "{answer:?}"
            );
            let answer = answer.expect_json_api();
            assert!(
                answer.errors().all(|error| error["status"] == "401"),
                "{answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_body_with_delete_is_tolerated() {
    let (_service, fixtures) = start().await;
    for operation in fixtures
        .open_api()
        .on_resources()
        .filter(|operation| operation.method == "DELETE")
    {
        let kind = operation.kind();
        for body in [
            json!({ "data": { "type": kind, "id": "AAAAAAAAAA" } }).to_string(),
            "{".to_owned(),
        ] {
            if kind == "checkout_com_payments" {
                // The demo's payments are authorized at creation, and stay.
                continue;
            }
            let id = fixtures.one(kind).await;
            let call = fixtures
                .api
                .call("DELETE", &operation.path(&id))
                .body(JSON_API, body);
            let _ = call.send().await.expect(204);
        }
    }
}

/// Sends bytes over a connection. Returns the status line, or nothing if the service closes it.
fn raw(service: &Service, request: &[u8]) -> String {
    let address = service.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("a connection");
    // Longer than the service waits for a missing rest: only a hang takes this long.
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a time limit");
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
    String::from_utf8_lossy(&answer)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn what_is_too_long_or_no_http_is_refused_and_never_hangs() {
    let (service, fixtures) = start().await;
    let long = |length: usize| "a".repeat(length);
    let cases = [
        format!("GET /api/orders?{} HTTP/1.1\r\nHost: x\r\n\r\n", long(1_000_000)),
        format!(
            "GET /api/orders HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n",
            long(1_000_000)
        ),
        format!(
            "GET /api/orders HTTP/1.1\r\nHost: x\r\n{}\r\n",
            "X-Many: 1\r\n".repeat(10_000)
        ),
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
        assert!(
            line.is_empty() || line.starts_with("HTTP/1.1 4"),
            "{shown:?}: {line:?}"
        );
    }
    let long_query = fixtures
        .api
        .get(&format!("/api/orders?{}=1", long(8000)))
        .await
        .expect(400);
    assert!(
        long_query.bytes.len() < 32_000,
        "an error repeats what was sent, but not all of it twice"
    );
    let _ = fixtures.api.get("/api/orders").await.expect(200);
}

/// A mistake in a request must not spoil the next one on the connection.
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
