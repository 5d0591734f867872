//! The operator endpoints: metrics, helpers of the demo, controls of the sandbox.

use std::net::{SocketAddr, TcpListener};

use serde_json::json;
use tillgate_tests::{Api, Call, Service};

const FOREIGN: [(&str, &str); 7] = [
    ("X-Forwarded-For", "203.0.113.9"),
    ("Forwarded", "for=203.0.113.9"),
    ("X-Real-IP", "203.0.113.9"),
    ("Via", "1.1 proxy"),
    ("Origin", "https://shop.example"),
    ("Origin", "null"),
    ("Host", "rebound.example"),
];

/// An address that was free a moment ago.
fn free_address() -> SocketAddr {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.expect("a free port")
}

fn metrics(api: &Api) -> Call {
    api.call("GET", "/metrics").header("Accept", "*/*")
}

/// Status of a request that the document does not cover.
async fn status(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> u16 {
    let method = method.parse().expect("a method");
    let mut request = reqwest::Client::new().request(method, url).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn on_loopback_neither_proxies_nor_foreign_pages_get_what_is_for_the_operator() {
    let service = Service::start().await;
    let anonymous = service.anonymous();
    let _ = metrics(&anonymous).send().await.expect(200);
    let sandbox = service.demo("TILLGATE_SANDBOX_URL");
    let control = |path: &str| format!("{sandbox}/sandbox/{path}");
    assert_eq!(status("GET", &control("ledger"), &[], "").await, 200);
    for (name, value) in FOREIGN {
        let refused = metrics(&anonymous).header(name, value).send().await;
        let _ = refused.expect_error(403, "FORBIDDEN");
        let header = [(name, value)];
        for path in ["ledger", "faults", "clock", "settings", "webhooks"] {
            assert_eq!(
                status("GET", &control(path), &header, "").await,
                403,
                "{name} {path}"
            );
        }
        // A page can send this without a preflight.
        let text = [(name, value), ("Content-Type", "text/plain")];
        let fault = json!({ "vendor": "stripe", "fault": "error" }).to_string();
        for path in ["faults", "settings", "clock/advance"] {
            assert_eq!(
                status("POST", &control(path), &text, &fault).await,
                403,
                "{name} {path}"
            );
        }
        let page = [(name, value), ("Sec-Fetch-Mode", "cors")];
        let token = format!("{}/swagger-ui/demo-token", service.url());
        assert_eq!(status("POST", &token, &page, "").await, 403, "{name}");
    }
    assert!(service.sandbox().faults().await.is_empty());
    // A page of another site may use the PSPs, like in reality, and Swagger UI gets its tokens.
    let origin = [("Origin", "https://shop.example")];
    assert_eq!(
        status("GET", &format!("{sandbox}/sandbox"), &origin, "").await,
        200
    );
    let own = [("Origin", service.url())];
    let token = format!("{}/swagger-ui/demo-token", service.url());
    assert_eq!(status("POST", &token, &own, "").await, 200);
}

#[tokio::test]
async fn behind_a_proxy_it_is_at_an_address_of_its_own() {
    let service = Service::start_with(&["--trusted-proxy", "127.0.0.1"]).await;
    let gone = metrics(&service.anonymous()).send().await;
    let _ = gone.expect_error(404, "ROUTE_NOT_FOUND");
    let token = format!("{}/swagger-ui/demo-token", service.url());
    let own = [("Origin", service.url())];
    assert_eq!(status("POST", &token, &own, "").await, 405);
    let ledger = format!("{}/sandbox/ledger", service.demo("TILLGATE_SANDBOX_URL"));
    assert_eq!(status("GET", &ledger, &[], "").await, 404);
    let admin = free_address().to_string();
    let arguments = ["--trusted-proxy", "127.0.0.1", "--admin-listen", &admin];
    let service = Service::start_with(&arguments).await;
    let at = |path: &str| format!("http://{admin}{path}");
    for path in [
        "/metrics",
        "/sandbox/ledger",
        "/sandbox/faults",
        "/healthz",
        "/readyz",
    ] {
        assert_eq!(status("GET", &at(path), &[], "").await, 200, "{path}");
    }
    let settings = json!({ "action_delay_ms": 0 }).to_string();
    assert_eq!(
        status("POST", &at("/sandbox/settings"), &[], &settings).await,
        200
    );
    for path in ["/api/orders", "/oauth/token", "/sandbox/stripe/3ds/x", "/sandbox"] {
        assert_eq!(status("GET", &at(path), &[], "").await, 404, "{path}");
    }
    for header in FOREIGN {
        for path in ["/metrics", "/sandbox/ledger"] {
            assert_eq!(
                status("GET", &at(path), &[header], "").await,
                403,
                "{header:?} {path}"
            );
        }
    }
    let gone = metrics(&service.anonymous()).send().await;
    let _ = gone.expect_error(404, "ROUTE_NOT_FOUND");
}

#[tokio::test]
async fn tokens_of_gateways_are_not_in_the_log() {
    let service = Service::start().await;
    let gateways = service.api().await.get("/api/stripe_gateways").await.expect(200);
    let url = gateways.body["data"][0]["attributes"]["webhook_endpoint_url"].as_str();
    let url = url.expect("the URL of a gateway");
    let token = url.rsplit('/').next().expect("a token");
    assert_eq!(status("POST", url, &[], "{}").await, 400);
    assert_eq!(status("GET", url, &[], "").await, 405);
    let log = service.log();
    assert!(log.contains("/webhook_callbacks/stripe_gateways/…"), "{log}");
    assert!(!log.contains(token), "{log}");
}
