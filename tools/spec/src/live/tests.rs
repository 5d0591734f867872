//! The probes, tried on a small HTTP server whose routes are given.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::plan::{Expected, Probe, probes};
use super::{Target, check};

fn document() -> Value {
    let id = json!([{"name": "id", "in": "path", "schema": {"type": "string"}}]);
    let body = json!({"content": {"application/vnd.api+json": {}}});
    json!({
        "servers": [{"url": "http://localhost:8080"}],
        "paths": {
            "/api/orders": {"get": {}, "post": {"requestBody": body}},
            "/api/orders/{id}": {"parameters": id, "get": {}, "patch": {"requestBody": body}},
            "/api/orders/{id}/market": {"get": {"parameters": id}}
        }
    })
}

/// Method and path to status, Allow, error code and body.
type Route = fn(&str, &str, &str) -> (u16, &'static str, String);

/// Serves `route` on a free port until the test process ends; `route` gets method, path and the server's URL.
fn serve(route: Route) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let url = base_url.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let url = url.clone();
            thread::spawn(move || answer(stream.unwrap(), route, &url));
        }
    });
    Target {
        base_url,
        token: SecretString::from("t"),
        example_ids: vec!["DemoOrder1".to_owned()],
    }
}

fn answer(stream: TcpStream, route: Route, url: &str) {
    let mut reader = BufReader::new(stream);
    let mut request_line = String::new();
    reader.read_line(&mut request_line).unwrap();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if header.trim().is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    let mut parts = request_line.split(' ');
    let (status, allow, body) = route(parts.next().unwrap(), parts.next().unwrap(), url);
    let allow = if allow.is_empty() {
        String::new()
    } else {
        format!("Allow: {allow}\r\n")
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\n{allow}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    reader
        .get_mut()
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
}

fn error(code: &str) -> String {
    json!({"errors": [{"code": code}]}).to_string()
}

/// A service that follows the document.
fn faithful(method: &str, path: &str, url: &str) -> (u16, &'static str, String) {
    let segments: Vec<_> = path.split('/').skip(1).collect();
    let allow = match segments.as_slice() {
        ["openapi.json"] => {
            let mut document = document();
            document["servers"][0]["url"] = json!(url);
            return (200, "", document.to_string());
        }
        ["api", "orders"] => "GET, POST",
        ["api", "orders", _] => "GET, HEAD, PATCH",
        ["api", "orders", _, "market"] => "GET",
        _ => return (404, "", error("ROUTE_NOT_FOUND")),
    };
    if !allow.split(", ").any(|allowed| allowed == method) {
        return (405, allow, error("METHOD_NOT_ALLOWED"));
    }
    match (method, segments.len()) {
        ("GET", 2) => (200, "", "{}".to_owned()),
        ("POST" | "PATCH", 2) => (422, "", error("VALIDATION_ERROR")),
        _ => (404, "", error("RECORD_NOT_FOUND")),
    }
}

#[test]
fn a_faithful_service_has_no_difference() {
    assert_eq!(check(&document(), &serve(faithful)).unwrap(), [""; 0]);
}

#[track_caller]
fn finds(route: Route, line: &str) {
    let lines = check(&document(), &serve(route)).unwrap();
    assert!(lines.iter().any(|found| found.starts_with(line)), "{lines:#?}");
}

#[test]
fn a_declared_operation_without_a_route_is_found() {
    finds(
        |method, path, url| match path {
            path if path.ends_with("/market") => (404, "", error("ROUTE_NOT_FOUND")),
            _ => faithful(method, path, url),
        },
        "GET /api/orders/zzzzzzzzzz/market: expected an answer of the operation, found 404 ROUTE_NOT_FOUND",
    );
    finds(
        |method, path, url| match method {
            "PATCH" => (405, "GET", error("METHOD_NOT_ALLOWED")),
            _ => faithful(method, path, url),
        },
        "PATCH /api/orders/zzzzzzzzzz: expected an answer of the operation, found 405 METHOD_NOT_ALLOWED with Allow: GET",
    );
}

#[test]
fn an_undeclared_verb_is_found() {
    finds(
        |method, path, url| match (method, path) {
            ("DELETE", "/api/orders") => (204, "", String::new()),
            _ => faithful(method, path, url),
        },
        "DELETE /api/orders: expected 405 with Allow: GET, POST, found 204",
    );
}

#[test]
fn an_allow_header_that_lists_too_much_is_found() {
    finds(
        |method, path, url| match (method, path) {
            ("PUT", "/api/orders") => (405, "GET, POST, DELETE", String::new()),
            _ => faithful(method, path, url),
        },
        "PUT /api/orders: expected 405 with Allow: GET, POST, found 405 with Allow: DELETE, GET, POST",
    );
}

#[test]
fn an_undeclared_path_is_found() {
    finds(
        |method, path, url| match path {
            "/api" => (200, "", String::new()),
            _ => faithful(method, path, url),
        },
        "GET /api: expected 404 ROUTE_NOT_FOUND, found 200",
    );
    finds(
        |method, path, url| match path {
            "/api/orders/zzzzzzzzzz/zzzzzzzzzz" => (404, "", error("RECORD_NOT_FOUND")),
            _ => faithful(method, path, url),
        },
        "GET /api/orders/zzzzzzzzzz/zzzzzzzzzz: expected 404 ROUTE_NOT_FOUND, found 404 RECORD_NOT_FOUND",
    );
}

#[test]
fn a_broken_server_is_no_answer() {
    finds(
        |method, path, url| match (method, path) {
            ("GET", "/api/orders") => (500, "", String::new()),
            _ => faithful(method, path, url),
        },
        "GET /api/orders: expected an answer of the operation, found 500",
    );
}

#[test]
fn another_served_document_is_found() {
    finds(
        |method, path, url| match path {
            "/openapi.json" => (
                200,
                "",
                json!({"servers": [], "paths": document()["paths"], "x": url}).to_string(),
            ),
            _ => faithful(method, path, url),
        },
        "/openapi.json: added /x:",
    );
}

#[test]
fn ids_of_the_demo_in_examples_are_no_difference() {
    let mut generated = document();
    generated["example"] = json!({"id": "InventedId"});
    let target = serve(|method, path, url| match path {
        "/openapi.json" => {
            let mut served = document();
            served["servers"][0]["url"] = json!(url);
            served["example"] = json!({"id": "DemoOrder1"});
            (200, "", served.to_string())
        }
        _ => faithful(method, path, url),
    });
    assert_eq!(check(&generated, &target).unwrap(), [""; 0]);
    generated["example"] = json!({"title": 1});
    assert_eq!(check(&generated, &target).unwrap().len(), 2);
}

#[test]
fn bodies_and_parameters_are_harmless() {
    let probes = probes(&document()).unwrap();
    let patch = Probe {
        method: "PATCH".to_owned(),
        path: "/api/orders/zzzzzzzzzz".to_owned(),
        content_type: Some("application/vnd.api+json".to_owned()),
        expected: Expected::Handler,
    };
    assert!(probes.contains(&patch));
    assert!(probes.iter().all(|probe| !probe.path.contains('{')));
}

#[test]
fn undeclared_paths_cross_the_declared_ones() {
    let document = json!({"paths": {
        "/api/orders/{id}/market": {"get": {"parameters": [{"name": "id", "in": "path"}]}},
        "/api/markets": {"get": {}}
    }});
    let probes = probes(&document).unwrap();
    let paths: Vec<_> = probes
        .iter()
        .filter(|probe| probe.expected == Expected::NoRoute)
        .map(|probe| probe.path.as_str())
        .collect();
    for path in [
        "/api",
        "/apix/markets",
        "/api/orders",
        "/api/markets/zzzzzzzzzz",
        "/api/markets/zzzzzzzzzz/market",
        "/api/orders/zzzzzzzzzz/marketx",
    ] {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
    assert!(!paths.contains(&"/api/markets"));
}

#[test]
fn a_parameter_with_listed_values_gets_one_of_them() {
    let kind = json!({"name": "kind", "in": "path", "schema": {"enum": ["a", "b"]}});
    let document = json!({"paths": {"/hooks/{kind}": {"post": {"parameters": [kind]}}}});
    assert_eq!(probes(&document).unwrap()[0].path, "/hooks/a");
    assert!(probes(&json!({"paths": {"/hooks/{kind}": {"post": {}}}})).is_err());
}
