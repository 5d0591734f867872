//! Access tokens: how clients get them, and the refusals without one.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tillgate_tests::login::{self, Customer, PASSWORD};
use tillgate_tests::{Answer, JSON, Service, bodies};

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

#[tokio::test]
async fn a_customer_logs_in_and_stays_logged_in() {
    let service = Service::start().await;
    let customer = Customer::register(&service, "ann@example.com").await;
    let client_id = service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID");
    let form = format!("grant_type=password&client_id={client_id}&username=ann%40example.com&password=");
    let form = format!("{form}{}", PASSWORD.replace(' ', "+"));
    let session = with_form(&service, &form, None).await.expect(200).body;
    let next = login::refresh(&service, &session["refresh_token"])
        .await
        .expect(200)
        .body;
    assert_ne!(next["refresh_token"], session["refresh_token"]);
    for answer in [&session, &next] {
        assert_eq!(answer["owner_id"], customer.id);
        assert_eq!(answer["owner_type"], "customer");
        assert_eq!(answer["expires_in"], 4 * 60 * 60);
        assert_eq!(
            answer["scope"],
            format!("market:id:{}", service.demo("TILLGATE_MARKET_ID"))
        );
        let token = answer["access_token"].as_str().expect("an access token");
        let claims = decode(token.split('.').nth(1).expect("claims"));
        assert_eq!(claims["owner"], json!({ "id": customer.id, "type": "Customer" }));
        let me = login::with_session(&service, answer);
        let me = me
            .get(&format!("/api/customers/{}", customer.id))
            .await
            .expect(200);
        assert_eq!(me.attribute("email"), "ann@example.com");
    }
    // Only a customer gets a refresh token.
    let of_application = with_json(&service, &Credentials::of(&service).as_json())
        .await
        .expect(200);
    for member in ["refresh_token", "owner_id", "owner_type"] {
        assert!(of_application.body.get(member).is_none(), "{member}");
    }
}

#[tokio::test]
async fn a_forged_owner_is_refused() {
    let service = Service::start().await;
    let (ann, ben) = (
        Customer::register(&service, "ann@example.com").await,
        Customer::register(&service, "ben@example.com").await,
    );
    let token = ann.session["access_token"].as_str().expect("an access token");
    let forged = with_claim(token, "owner", json!({ "id": ben.id, "type": "Customer" }));
    assert_refused(service.with_token(&forged).get("/api/orders").await);
}

#[tokio::test]
async fn a_refresh_token_works_once() {
    let service = Service::start().await;
    let first = Customer::register(&service, "ann@example.com").await.session;
    let second = login::refresh(&service, &first["refresh_token"])
        .await
        .expect(200)
        .body;
    // It was stolen, or the thief was first: the login ends for both.
    for token in [&first["refresh_token"], &second["refresh_token"]] {
        let _ = login::refresh(&service, token)
            .await
            .expect_error(400, "INVALID_GRANT");
    }
    let _ = login::log_in(&service, "ann@example.com", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn nobody_learns_who_is_a_customer() {
    let service = Service::start().await;
    let _ = Customer::register(&service, "ann@example.com").await;
    let body = bodies::resource("customers", json!({ "email": "ben@example.com" }), json!({}));
    let without = service
        .api()
        .await
        .post("/api/customers", &body)
        .await
        .expect(201);
    assert_eq!(without.attribute("has_password"), false);
    let mut answers = Vec::new();
    for (email, password) in [
        ("ann@example.com", "another password"),
        ("ann@example.com", "short"),
        ("ben@example.com", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("no address\u{0}", PASSWORD),
    ] {
        let refused = login::log_in(&service, email, password).await;
        answers.push(refused.expect_error(400, "INVALID_GRANT").body);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn a_customer_who_fails_too_often_has_to_wait() {
    let service = Service::start_with(&["--max-failed-logins", "3"]).await;
    let _ = Customer::register(&service, "ann@example.com").await;
    for email in ["ann@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            let refused = login::log_in(&service, email, "another password").await;
            let _ = refused.expect_error(400, "INVALID_GRANT");
        }
        let waits = login::log_in(&service, email, PASSWORD).await;
        let waits = waits.expect_error(429, "TOO_MANY_REQUESTS");
        let seconds: u32 = waits.header("retry-after").parse().expect("seconds");
        assert!((1..=15 * 60).contains(&seconds), "{seconds}");
    }
    let _ = Customer::register(&service, "ben@example.com").await;
}

#[tokio::test]
async fn an_address_that_fails_too_often_has_to_wait() {
    let service = Service::start_with(&["--max-failed-logins-of-address", "3"]).await;
    let _ = Customer::register(&service, "ann@example.com").await;
    for number in 0..3 {
        let email = format!("{number}@example.com");
        let refused = login::log_in(&service, &email, PASSWORD).await;
        let _ = refused.expect_error(400, "INVALID_GRANT");
    }
    let waits = login::log_in(&service, "ann@example.com", PASSWORD).await;
    let _ = waits.expect_error(429, "TOO_MANY_REQUESTS");
}

#[tokio::test]
async fn customers_log_in_through_sales_channels_only() {
    let service = Service::start().await;
    let customer = Customer::register(&service, "ann@example.com").await;
    let mut password = Credentials::of(&service).as_json();
    password["grant_type"] = json!("password");
    password["username"] = json!(customer.email);
    password["password"] = json!(PASSWORD);
    let mut refresh = Credentials::of(&service).as_json();
    refresh["grant_type"] = json!("refresh_token");
    refresh["refresh_token"] = customer.session["refresh_token"].clone();
    for body in [password, refresh] {
        let _ = with_json(&service, &body)
            .await
            .expect_error(400, "UNAUTHORIZED_CLIENT");
    }
    for body in [
        json!({ "grant_type": "password", "username": "ann@example.com" }),
        json!({ "grant_type": "password", "username": "ann@example.com", "password": "" }),
        json!({ "grant_type": "refresh_token" }),
    ] {
        let mut body = body;
        body["client_id"] = json!(service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID"));
        let _ = with_json(&service, &body)
            .await
            .expect_error(400, "INVALID_REQUEST");
    }
}

/// The claims that clients of the published API read. They send secrets and tokens to the issuer only if it begins `https://auth.`.
#[tokio::test]
async fn a_token_says_whose_it_is_and_who_issued_it() {
    for (arguments, issuer) in [
        (vec![], None),
        (
            vec!["--issuer", "https://auth.else.example/"],
            Some("https://auth.else.example"),
        ),
    ] {
        let service = Service::start_with(&arguments).await;
        let answer = with_json(&service, &Credentials::of(&service).as_json())
            .await
            .expect(200);
        let token = answer.body["access_token"].as_str().expect("an access token");
        let claims = decode(token.split('.').nth(1).expect("claims"));
        let port = service.url().rsplit(':').next().expect("a port").to_owned();
        let expected = issuer.map_or_else(|| format!("https://auth.localhost:{port}"), str::to_owned);
        assert_eq!(claims["iss"], expected);
        assert_eq!(claims["organization"]["slug"], "demo");
        assert_eq!(claims["organization"]["enterprise"], false);
        assert_eq!(claims["application"]["confidential"], true);
        assert_eq!(claims["application"]["public"], false);
        let _ = service.with_token(token).get("/api/orders").await.expect(200);
        // The command knows no setting of the service; its token is valid all the same.
        let client_id = service.demo("TILLGATE_CLIENT_ID");
        let made = service.run(&["token", "--client-id", &client_id]);
        let _ = service
            .with_token(made.trim())
            .get("/api/orders")
            .await
            .expect(200);
    }
}

/// A sales channel has one market, by whatever name; an integration has all.
#[tokio::test]
async fn a_scope_is_one_that_the_application_has() {
    let service = Service::start().await;
    let market = service.demo("TILLGATE_MARKET_ID");
    let integration = service.api().await;
    let change = bodies::change("markets", &market, json!({ "code": "europe" }));
    let _ = integration
        .patch(&format!("/api/markets/{market}"), &change)
        .await
        .expect(200);
    let other = bodies::resource(
        "markets",
        json!({ "name": "Other", "code": "other", "currency_code": "EUR" }),
        json!({}),
    );
    let other = integration.post("/api/markets", &other).await.expect(201);
    let of_sales_channel = json!({
        "grant_type": "client_credentials", "client_id": service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID")
    });
    let own = format!("market:id:{market}");
    for (application, granted, scopes, refused) in [
        (
            of_sales_channel,
            own.as_str(),
            vec![
                json!("market:all"),
                json!("market:code:europe"),
                json!(own),
                json!(["market:code:europe", own]),
                json!([]),
            ],
            vec![
                json!("market:code:other"),
                json!(format!("market:id:{}", other.id())),
                json!("market:code:"),
                json!(["market:all", "stock_location:all"]),
            ],
        ),
        (
            Credentials::of(&service).as_json(),
            "market:all",
            vec![json!("market:all"), json!(["market:all"])],
            vec![json!(own), json!("market:code:europe"), json!("everything")],
        ),
    ] {
        for scope in scopes {
            let mut body = application.clone();
            body["scope"] = scope;
            let answer = with_json(&service, &body).await.expect(200);
            assert_eq!(answer.body["scope"], granted, "{body}");
        }
        for scope in refused {
            let mut body = application.clone();
            body["scope"] = scope;
            let _ = with_json(&service, &body)
                .await
                .expect_error(400, "INVALID_SCOPE");
        }
        let mut body = application;
        body["scope"] = json!([1]);
        let _ = with_json(&service, &body)
            .await
            .expect_error(400, "INVALID_REQUEST");
    }
}

#[tokio::test]
async fn passwords_have_bounds() {
    let service = Service::start().await;
    let guest = login::guest(&service).await;
    let create = async |email: &str, password: String| {
        let attributes = json!({ "email": email, "password": password });
        let body = bodies::resource("customers", attributes, json!({}));
        guest.post("/api/customers", &body).await
    };
    for password in ["1234567".to_owned(), "é".repeat(129)] {
        let refused = create("ann@example.com", password).await.expect(422);
        let _ = refused.expect_pointer("/data/attributes/password");
    }
    let longest = "é".repeat(128);
    let created = create("ann@example.com", longest.clone()).await.expect(201);
    assert!(!String::from_utf8_lossy(&created.bytes).contains(&longest));
    let _ = login::log_in(&service, "ann@example.com", &longest)
        .await
        .expect(200);
}

#[tokio::test]
async fn the_demos_customer_can_log_in() {
    let service = Service::start().await;
    let (email, password) = (
        service.demo("TILLGATE_CUSTOMER_EMAIL"),
        service.demo("TILLGATE_CUSTOMER_PASSWORD"),
    );
    let session = login::log_in(&service, &email, &password).await.expect(200).body;
    assert_eq!(session["owner_id"], service.demo("TILLGATE_CUSTOMER_ID"));
    let orders = login::with_session(&service, &session)
        .get("/api/orders")
        .await
        .expect(200);
    assert_eq!(orders.body["meta"]["record_count"], 3);
}
