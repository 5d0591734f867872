//! Card numbers in every part of a request: none is accepted, stored, logged or sent back. Compressed bodies are refused too.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use tillgate_tests::{Answer, JSON, JSON_API, Service, bodies};

/// A card number that neither the service nor the sandbox knows, in several spellings.
const SPELLINGS: &[&str] = &[
    "4012888888881881",
    "4012 8888 8888 1881",
    "4012-8888-8888-1881",
    "4012.8888.8888.1881",
    "card4012888888881881",
    "order 4012888888881881 12/29 123",
];

const FORM: &str = "application/x-www-form-urlencoded";

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// The answer is an error that doesn't repeat the number.
#[track_caller]
fn refused(answer: Answer, status: u16, spelling: &str) -> Answer {
    let answer = answer.expect(status);
    let told = String::from_utf8_lossy(&answer.bytes).into_owned();
    assert!(!told.contains(spelling) && !told.contains("8888"), "{told}");
    answer
}

#[tokio::test]
async fn a_card_number_is_refused_in_every_part_of_a_request() {
    let service = Service::start().await;
    let api = service.api().await;
    let market = service.demo("TILLGATE_MARKET_ID");
    let order = bodies::order(&api, &market, 1_000).await;
    let header_of = |answer: &Answer| answer.body["errors"][0]["source"]["header"].clone();
    for spelling in SPELLINGS {
        // Paths.
        for path in [
            spelling.replace(' ', "%20").replace('/', "%2F"),
            percent(spelling),
            percent(&percent(spelling)),
        ] {
            let _ = refused(api.get(&format!("/api/orders/{path}")).await, 400, spelling);
        }
        // Queries.
        for query in [spelling.replace(' ', "+"), percent(spelling)] {
            let answer = api.get(&format!("/api/orders?page%5Bsize%5D={query}")).await;
            let answer = refused(answer, 400, spelling);
            assert_eq!(answer.body["errors"][0]["source"]["parameter"], "page[size]");
        }
        // Headers.
        for name in ["idempotency-key", "user-agent", "x-shop"] {
            let answer = api.call("GET", "/api/orders").header(name, spelling).send().await;
            let answer = refused(answer, 400, spelling);
            assert_eq!(header_of(&answer), name);
        }
        let change = bodies::change("orders", &order, json!({ "reference": "r" }));
        let call = api.call("PATCH", &format!("/api/orders/{order}"));
        let keyed = call
            .header("Idempotency-Key", &spelling.replace(' ', "_"))
            .json(&change);
        let _ = refused(keyed.send().await, 400, spelling);
        // A request id is replaced.
        let asked = api
            .call("GET", "/api/orders")
            .header("X-Request-Id", spelling)
            .send()
            .await;
        let given = asked.expect(200).header("x-request-id").to_owned();
        assert!(given.len() == 32 && !given.contains("8888"), "{given}");
        // Bodies of both dialects, and of the endpoint for tokens.
        let create = bodies::resource(
            "customers",
            json!({ "email": "a@example.com", "metadata": { "note": spelling } }),
            json!({}),
        );
        let answer = refused(api.post("/api/customers", &create).await, 422, spelling);
        let _ = answer.expect_pointer("/data/attributes/metadata/note");
        let pay = bodies::payment(spelling, "pm_card_visa");
        let answer = refused(api.post("/api/v1/payments", &pay).await, 422, spelling);
        let _ = answer.expect_pointer("/data/relationships/order/data/id");
        let token = |body: &str, media_type: &str| {
            let call = service
                .anonymous()
                .call("POST", "/oauth/token")
                .header("Accept", JSON);
            call.body(media_type, body.to_owned())
        };
        let form = format!("grant_type=client_credentials&client_id={}", percent(spelling));
        let _ = refused(token(&form, FORM).send().await, 400, spelling);
        let json = json!({ "grant_type": "client_credentials", "client_id": spelling }).to_string();
        let _ = refused(token(&json, JSON).send().await, 400, spelling);
        let basic = format!("Basic {}", STANDARD.encode(format!("{spelling}:x")));
        let call = token("grant_type=client_credentials", FORM).header("Authorization", &basic);
        let _ = refused(call.send().await, 400, spelling);
        // A missing path.
        let path = format!("/cards/{}", percent(spelling));
        let _ = api.call("GET", &path).undeclared().send().await.expect(404);
    }
    // All of the number's digits in a row, or in groups.
    let kept = |text: &str| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        text.contains("4012888888881881") || text.contains("4012%20") || digits.contains("4012888888881881")
    };
    assert!(service.log().contains("[card number]"));
    for line in service.log().lines() {
        assert!(!kept(line), "{line}");
    }
    for entry in fs::read_dir(service.data_dir()).expect("the data directory") {
        let path = entry.expect("an entry").path();
        let is_database = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().contains(".db"));
        if is_database {
            let bytes = fs::read(&path).expect("a file");
            let found = SPELLINGS.iter().any(|spelling| {
                let spelling = spelling.as_bytes();
                bytes.windows(spelling.len()).any(|window| window == spelling)
            });
            assert!(!found, "{}", path.display());
        }
    }
}

/// RFC 9110 section 15.5.16: `Accept-Encoding` lists the supported codings.
#[tokio::test]
async fn a_compressed_body_is_not_read() {
    let service = Service::start().await;
    let api = service.api().await;
    let callback = format!("/webhook_callbacks/stripe_gateways/{}", "a".repeat(22));
    for (path, media_type) in [
        ("/api/orders", JSON_API),
        ("/api/v1/payments", JSON),
        ("/oauth/token", FORM),
        (&callback, JSON),
    ] {
        for coding in ["gzip", "br", "identity, gzip", "GZIP", "x"] {
            let call = api
                .call("POST", path)
                .header("Content-Encoding", coding)
                .header("Accept", JSON);
            let answer = call
                .body(media_type, vec![0x1f, 0x8b, 8, 0])
                .send()
                .await
                .expect(415);
            assert_eq!(answer.header("accept-encoding"), "identity", "{path} {coding}");
            assert_eq!(
                answer.body["errors"][0]["source"]["header"], "Content-Encoding",
                "{path}"
            );
        }
        let call = api
            .call("POST", path)
            .header("Content-Encoding", "identity")
            .header("Accept", JSON);
        let answer = call.body(media_type, "{".to_owned()).send().await;
        assert_ne!(answer.status, 415, "{path}");
    }
}

#[tokio::test]
async fn no_page_can_be_put_in_a_frame() {
    let service = Service::start().await;
    let anonymous = service.anonymous();
    for path in [
        "/payment_return",
        "/payment_return?card=4012888888881881",
        "/healthz",
    ] {
        let answer = anonymous
            .call("GET", path)
            .header("Accept", "*/*")
            .send()
            .await
            .expect(200);
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }
    let page = reqwest::get(format!("{}/swagger-ui/", service.url()))
        .await
        .expect("a page");
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}
