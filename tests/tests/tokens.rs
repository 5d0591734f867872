//! Access tokens: how they are obtained, and what happens without one.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tillgate_tests::{Answer, JSON, Service};

const FORM: &str = "application/x-www-form-urlencoded";

struct Credentials {
    id: String,
    secret: String,
}

impl Credentials {
    fn of(service: &Service) -> Self {
        Self {
            id: service.demo("TILLGATE_CLIENT_ID"),
            secret: service.demo("TILLGATE_CLIENT_SECRET"),
        }
    }

    fn as_json(&self) -> Value {
        json!({ "grant_type": "client_credentials", "client_id": self.id, "client_secret": self.secret })
    }

    fn basic(&self) -> String {
        format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{}", self.id, self.secret))
        )
    }
}

async fn with_json(service: &Service, body: &Value) -> Answer {
    let call = service
        .anonymous()
        .call("POST", "/oauth/token")
        .header("Accept", JSON);
    call.json_as(JSON, body).send().await
}

async fn with_form(service: &Service, form: &str, authorization: Option<&str>) -> Answer {
    let mut call = service
        .anonymous()
        .call("POST", "/oauth/token")
        .header("Accept", JSON);
    if let Some(value) = authorization {
        call = call.header("Authorization", value);
    }
    call.body(FORM, form).send().await
}

#[tokio::test]
async fn a_token_is_issued_for_credentials_in_each_form() {
    let service = Service::start().await;
    let credentials = Credentials::of(&service);
    let Credentials { id, secret } = &credentials;
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let answers = [
        with_json(&service, &credentials.as_json()).await,
        with_form(&service, &form, None).await,
        with_form(
            &service,
            "grant_type=client_credentials",
            Some(&credentials.basic()),
        )
        .await,
    ];
    for answer in answers {
        let answer = answer.expect(200);
        assert_eq!(
            answer.body["token_type"]
                .as_str()
                .map(str::to_lowercase)
                .as_deref(),
            Some("bearer")
        );
        assert!(
            answer.body["expires_in"]
                .as_i64()
                .is_some_and(|seconds| seconds > 0)
        );
        // RFC 6749 section 5.1: tokens must not be stored by caches.
        assert_eq!(answer.header("cache-control"), "no-store");
        let token = answer.body["access_token"].as_str().expect("an access token");
        let _ = service.with_token(token).get("/api/orders").await.expect(200);
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let service = Service::start().await;
    let Credentials { id, secret } = Credentials::of(&service);
    let nobody = Credentials {
        id: "no-such-client".to_owned(),
        secret: secret.clone(),
    };
    let wrong = Credentials {
        id: id.clone(),
        secret: format!("{secret}x"),
    };
    let none = Credentials {
        id,
        secret: String::new(),
    };
    for credentials in [nobody, wrong, none] {
        let _ = with_json(&service, &credentials.as_json()).await.expect(401);
        let form = "grant_type=client_credentials";
        let answer = with_form(&service, form, Some(&credentials.basic()))
            .await
            .expect(401);
        assert!(
            answer.header("www-authenticate").starts_with("Basic"),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn an_unknown_grant_is_a_bad_request() {
    let service = Service::start().await;
    let mut body = Credentials::of(&service).as_json();
    body["grant_type"] = json!("wishful_thinking");
    let _ = with_json(&service, &body).await.expect(400);
}

#[tokio::test]
async fn requests_without_a_valid_token_are_refused() {
    let service = Service::start().await;
    let issued = with_json(&service, &Credentials::of(&service).as_json())
        .await
        .expect(200);
    let token = issued.body["access_token"]
        .as_str()
        .expect("an access token")
        .to_owned();
    let forged = [
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        with_claim(&token, "exp", json!(4_102_444_800_u64)),
        with_claim(&token, "test", json!(false)),
        without_signature(&token),
        format!("{}x", token),
    ];
    let body = json!({ "data": { "type": "orders" } });
    for token in &forged {
        let api = service.with_token(token);
        for answer in [api.get("/api/orders").await, api.post("/api/orders", &body).await] {
            assert_refused(answer);
        }
    }
    let anonymous = service.anonymous();
    for answer in [
        anonymous.get("/api/orders").await,
        anonymous.post("/api/orders", &body).await,
    ] {
        assert_refused(answer);
    }
    let basic = Credentials::of(&service).basic();
    assert_refused(
        anonymous
            .call("GET", "/api/orders")
            .header("Authorization", &basic)
            .send()
            .await,
    );
    let _ = service.with_token(&token).get("/api/orders").await.expect(200);
}

#[track_caller]
fn assert_refused(answer: Answer) {
    let answer = answer.expect_error(401, "INVALID_TOKEN");
    assert!(
        answer.header("www-authenticate").starts_with("Bearer"),
        "{answer:?}"
    );
}

/// The token with another value of a claim, under its old signature.
fn with_claim(token: &str, claim: &str, value: Value) -> String {
    let parts: Vec<_> = token.split('.').collect();
    let mut claims = decode(parts[1]);
    assert_ne!(claims[claim], value, "the forgery changes nothing");
    claims[claim] = value;
    format!("{}.{}.{}", parts[0], encode(&claims), parts[2])
}

/// The token as an unsecured one (`alg: none`).
fn without_signature(token: &str) -> String {
    let claims = token.split('.').nth(1).expect("a JWT has claims");
    format!("{}.{claims}.", encode(&json!({ "alg": "none", "typ": "JWT" })))
}

fn decode(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .expect("a part of a JWT is base64url");
    serde_json::from_slice(&bytes).expect("a part of a JWT is JSON")
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

#[tokio::test]
async fn the_key_set_holds_public_keys_only() {
    let service = Service::start().await;
    let call = service
        .anonymous()
        .call("GET", "/.well-known/jwks.json")
        .header("Accept", JSON);
    let answer = call.send().await.expect(200);
    let keys = answer.body["keys"].as_array().expect("a key set");
    assert!(!keys.is_empty());
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{key}");
        }
    }
}
