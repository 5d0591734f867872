//! Revoked access: tokens, secrets and applications.

use std::time::Duration;

use serde_json::{Value, json};
use tillgate_tests::login::{self, Customer, PASSWORD};
use tillgate_tests::{Answer, JSON, Service, bodies, wait};

const FORM: &str = "application/x-www-form-urlencoded";
/// Time after which all instances know.
const LIMIT: Duration = Duration::from_secs(10);

async fn post(service: &Service, path: &str, form: &[(&str, &str)]) -> Answer {
    let mut body = url_encoded(form);
    if body.is_empty() {
        body.push('&');
    }
    let call = service.anonymous().call("POST", path).header("Accept", JSON);
    call.body(FORM, body).send().await
}

fn url_encoded(form: &[(&str, &str)]) -> String {
    let pairs = form.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

async fn token(service: &Service, client_id: &str, secret: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", secret),
    ];
    post(service, "/oauth/token", &form).await
}

fn access_token(body: &Value) -> String {
    body["access_token"].as_str().expect("a token").to_owned()
}

/// Whether a token is valid, whatever it permits.
async fn counts(service: &Service, token: &str) -> bool {
    service.with_token(token).get("/api/markets").await.status != 401
}

/// Waits until a token is refused.
async fn until_refused(service: &Service, token: &str) {
    let refused = wait::until_async(LIMIT, async || (!counts(service, token).await).then_some(()));
    refused.await.expect("it is refused in time");
    // For changes too.
    let order = bodies::resource("markets", json!({"name": "x", "currency_code": "EUR"}), json!({}));
    let _ = service
        .with_token(token)
        .post("/api/markets", &order)
        .await
        .expect(401);
}

fn application(service: &Service, name: &str) -> (String, String, String) {
    service.run(&["org", "create", name]);
    let made = service.create_application(&["--organization", name, "--kind", "integration"]);
    let id = made["TILLGATE_CLIENT_ID"].clone();
    let listed = service.run(&["app", "list"]);
    let line = listed
        .lines()
        .find(|line| line.contains(&id))
        .expect("it is listed");
    let own_id = line.split_whitespace().next().expect("an id").to_owned();
    (own_id, id, made["TILLGATE_CLIENT_SECRET"].clone())
}

#[tokio::test]
async fn a_token_is_revoked_by_the_application_that_it_was_made_for() {
    let service = Service::start().await;
    let (client_id, secret) = (
        service.demo("TILLGATE_CLIENT_ID"),
        service.demo("TILLGATE_CLIENT_SECRET"),
    );
    let own = access_token(&token(&service, &client_id, &secret).await.expect(200).body);
    let other = access_token(&token(&service, &client_id, &secret).await.expect(200).body);
    let channel = service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID");
    let guest = access_token(&token(&service, &channel, "").await.expect(200).body);
    let credentials = [
        ("client_id", client_id.as_str()),
        ("client_secret", secret.as_str()),
    ];
    let revoke = async |form: &[(&str, &str)]| post(&service, "/oauth/revoke", form).await;
    // Malformed requests.
    let _ = revoke(&[("client_id", &client_id), ("token", &own)])
        .await
        .expect(401);
    let _ = revoke(&[("client_id", "nobody"), ("client_secret", "x"), ("token", &own)])
        .await
        .expect(401);
    let _ = revoke(&credentials).await.expect(400);
    let _ = revoke(&[credentials[0], credentials[1], ("token", &guest)])
        .await
        .expect(400);
    let json = json!({"client_id": client_id, "client_secret": secret, "token": 5});
    let call = service
        .anonymous()
        .call("POST", "/oauth/revoke")
        .header("Accept", JSON);
    let _ = call.json_as(JSON, &json).send().await.expect(400);
    for token in [&own, &other, &guest] {
        assert!(counts(&service, token).await);
    }
    let call = service
        .anonymous()
        .call("POST", "/oauth/revoke")
        .header("Accept", JSON);
    let _ = call
        .clone()
        .body("text/plain", "token=x")
        .send()
        .await
        .expect(415);
    let _ = call.body(FORM, "x".repeat(2_000_000)).send().await.expect(413);
    // Unknown tokens are no error.
    for unknown in ["x", "a.b.c", &format!("{own}x")] {
        let _ = revoke(&[credentials[0], credentials[1], ("token", unknown)])
            .await
            .expect(200);
    }
    let hinted = [
        credentials[0],
        credentials[1],
        ("token", own.as_str()),
        ("token_type_hint", "refresh_token"),
    ];
    let answer = revoke(&hinted).await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    // It is effective here at once, and a repetition is no error.
    assert!(!counts(&service, &own).await);
    let _ = revoke(&[credentials[0], credentials[1], ("token", &own)])
        .await
        .expect(200);
    let _ = revoke(&[("client_id", &channel), ("token", &guest)])
        .await
        .expect(200);
    assert!(!counts(&service, &guest).await);
    assert!(counts(&service, &other).await);
    let again = access_token(&token(&service, &channel, "").await.expect(200).body);
    assert!(counts(&service, &again).await);
}

#[tokio::test]
async fn a_revoked_token_stays_so_over_a_restart() {
    let mut service = Service::start().await;
    let channel = service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID");
    let guest = access_token(&token(&service, &channel, "").await.expect(200).body);
    let _ = post(
        &service,
        "/oauth/revoke",
        &[("client_id", &channel), ("token", &guest)],
    )
    .await
    .expect(200);
    service.terminate().await;
    service.restart().await;
    assert!(!counts(&service, &guest).await);
}

#[tokio::test]
async fn a_refresh_token_ends_its_login_and_no_other() {
    let service = Service::start().await;
    let customer = Customer::register(&service, "ada@example.com").await;
    let one = customer.session;
    let other = login::log_in(&service, "ada@example.com", PASSWORD)
        .await
        .expect(200)
        .body;
    let channel = service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID");
    let refresh = one["refresh_token"].as_str().expect("a refresh token");
    let form = [("client_id", channel.as_str()), ("token", refresh)];
    let _ = post(&service, "/oauth/revoke", &form).await.expect(200);
    assert!(!counts(&service, &access_token(&one)).await);
    let _ = login::refresh(&service, &one["refresh_token"]).await.expect(400);
    assert!(counts(&service, &access_token(&other)).await);
    let _ = login::refresh(&service, &other["refresh_token"])
        .await
        .expect(200);
}

#[tokio::test]
async fn a_new_password_ends_the_tokens_that_came_with_the_old_one() {
    let service = Service::start().await;
    let api = service.api().await;
    let customer = Customer::register(&service, "ada@example.com").await;
    let old = access_token(&customer.session);
    let path = format!("/api/customers/{}", customer.id);
    let change = bodies::change(
        "customers",
        &customer.id,
        json!({"password": "another one entirely"}),
    );
    let _ = api.patch(&path, &change).await.expect(200);
    let new = login::log_in(&service, "ada@example.com", "another one entirely")
        .await
        .expect(200)
        .body;
    until_refused(&service, &old).await;
    assert!(counts(&service, &access_token(&new)).await);
    let _ = api.delete(&path).await.expect(204);
    until_refused(&service, &access_token(&new)).await;
}

#[tokio::test]
async fn an_application_is_disabled_and_enabled() {
    let service = Service::start().await;
    let (id, client_id, secret) = application(&service, "acme");
    let before = access_token(&token(&service, &client_id, &secret).await.expect(200).body);
    assert!(counts(&service, &before).await);
    service.run(&["app", "disable", &id]);
    let _ = token(&service, &client_id, &secret).await.expect(401);
    until_refused(&service, &before).await;
    assert!(
        service
            .run(&["app", "list"])
            .lines()
            .any(|line| line.contains(&id) && line.contains("disabled"))
    );
    assert_eq!(
        service
            .output_of(&["token", "--client-id", &client_id])
            .status
            .code(),
        Some(1)
    );
    service.run(&["app", "enable", &client_id]);
    // Other tokens work as soon as it is known.
    let after = access_token(&token(&service, &client_id, &secret).await.expect(200).body);
    let works = wait::until_async(LIMIT, async || counts(&service, &after).await.then_some(()));
    works.await.expect("it works in time");
    assert!(!counts(&service, &before).await);
    // The demo's own application is not affected.
    let _ = service.api().await.get("/api/orders").await.expect(200);
}

#[tokio::test]
async fn an_application_is_deleted_with_its_tokens_and_logins() {
    let service = Service::start().await;
    let login = Customer::register(&service, "ada@example.com").await.session;
    let channel = service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID");
    service.run(&["app", "delete", &channel]);
    until_refused(&service, &access_token(&login)).await;
    let _ = token(&service, &channel, "").await.expect(401);
    let refused = service.output_of(&["app", "delete", &channel]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there is no application"));
    let _ = service.api().await.get("/api/orders").await.expect(200);
}

#[tokio::test]
async fn a_secret_is_rotated_with_and_without_the_old_one() {
    let service = Service::start().await;
    let (id, client_id, first) = application(&service, "acme");
    let before = access_token(&token(&service, &client_id, &first).await.expect(200).body);
    let rotate = |arguments: &[&str]| {
        let printed = service.run(&[&["app", "rotate-secret", &id], arguments].concat());
        printed
            .strip_prefix("TILLGATE_CLIENT_SECRET=")
            .expect("the secret")
            .to_owned()
    };
    let second = rotate(&["--keep-old-for", "1h"]);
    assert_ne!(first, second);
    for secret in [&first, &second] {
        let _ = token(&service, &client_id, secret).await.expect(200);
    }
    assert!(counts(&service, &before).await);
    let third = rotate(&[]);
    for secret in [&first, &second] {
        let _ = token(&service, &client_id, secret).await.expect(401);
    }
    let _ = token(&service, &client_id, &third).await.expect(200);
    until_refused(&service, &before).await;
    // The old secret expires.
    let fourth = rotate(&["--keep-old-for", "1s"]);
    let ended = wait::until_async(LIMIT, async || {
        (token(&service, &client_id, &third).await.status == 401).then_some(())
    });
    ended.await.expect("it ends");
    let _ = token(&service, &client_id, &fourth).await.expect(200);
    let listed = service.run(&["app", "list"]);
    for secret in [&first, &second, &third, &fourth] {
        assert!(!listed.contains(secret.as_str()));
    }
    let refused = service.output_of(&[
        "app",
        "rotate-secret",
        &service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID"),
    ]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        service
            .output_of(&["app", "rotate-secret", &id, "--keep-old-for", "soon"])
            .status
            .code(),
        Some(2)
    );
}
