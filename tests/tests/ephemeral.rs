//! `tillgate serve --ephemeral`: the service that client teams run in their tests.

use std::time::Duration;

use crate::ephemeral_service::{Answer, Ephemeral, command, free_port};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tillgate_tests::{Buyer, Received, Receiver, bodies};

const NOTHING: Value = Value::Null;

/// The output of a run that must end with an error: one line.
fn refusal(arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(arguments).output().expect("the binary runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(stderr.trim().lines().count(), 1, "{stderr}");
    (output.status.code(), stderr)
}

fn write(directory: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = directory.path().join(name);
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

#[tokio::test]
async fn nothing_is_left_when_it_ends() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let service = Ephemeral::start(&[]).await;
        assert_eq!(service.directories().len(), 1);
        let token = service.token().await;
        let payment = bodies::payment(service.variable("TILLGATE_PAYMENTS_ORDER_ID"), "pm_card_visa");
        service
            .call(&token, "POST", "/api/v1/payments", &payment)
            .await
            .expect(201);
        let ended = service.end(signal).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.left_behind.is_empty(), "{:?}", ended.left_behind);
    }
}

#[tokio::test]
async fn a_killed_service_leaves_a_directory_and_its_file_is_replaced() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = write(&directory, "shop.env", "TILLGATE_URL=http://stale\n");
    let fixtures = write(&directory, "bad.json", "{}");
    let (code, text) = refusal(&[
        "--listen",
        "127.0.0.1:0",
        "--sandbox-listen",
        "127.0.0.1:0",
        "--env-file",
        &file,
        "--fixtures",
        &fixtures,
    ]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        !std::path::Path::new(&file).exists(),
        "it would pass for a running service's"
    );
    let ended = Ephemeral::start(&[]).await.end(Signal::SIGKILL).await;
    let left: Vec<_> = ended
        .left_behind
        .iter()
        .filter(|name| name.starts_with("tillgate-ephemeral-"))
        .collect();
    assert_eq!(left.len(), 1, "{:?}", ended.left_behind);
}

/// Requests of a client, with all answers.
async fn story(service: &Ephemeral) -> Vec<Answer> {
    let mut answers = vec![service.ask_for_token().await];
    let token = answers[0].json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let market = service.variable("TILLGATE_MARKET_ID");
    let new_order = bodies::resource(
        "orders",
        json!({"customer_email": "jo@example.com"}),
        json!({"market": bodies::to_one("markets", market)}),
    );
    let mut call = async |method: &str, target: &str, document: Value| {
        let answer = service.call(&token, method, target, &document).await;
        answers.push(answer.clone());
        answer
    };
    let id = |answer: &Answer| answer.json()["data"]["id"].as_str().expect("an id").to_owned();
    let order = id(&call("POST", "/api/orders", new_order).await);
    let cup = json!({"name": "Cup", "unit_amount_cents": 1250, "quantity": 2});
    let cup = bodies::resource(
        "line_items",
        cup,
        json!({"order": bodies::to_one("orders", &order)}),
    );
    call("POST", "/api/line_items", cup).await;
    let declined = bodies::payment(&order, "pm_card_chargeDeclined");
    assert_eq!(call("POST", "/api/v1/payments", declined).await.status, 422);
    let challenged = bodies::payment(&order, "pm_card_threeDSecure2Required");
    let challenged = call("POST", "/api/v1/payments", challenged).await;
    let page = challenged.json()["data"]["attributes"]["redirect-url"]
        .as_str()
        .expect("a page")
        .to_owned();
    let buyer = Buyer::at(service.variable("TILLGATE_SANDBOX_URL"));
    buyer.authenticate(&page, "authenticate").await;
    // The PSP's event was handled before this: no request here asks the PSP.
    let paid = call("GET", &format!("/api/orders/{order}"), NOTHING).await;
    assert_eq!(
        paid.json()["data"]["attributes"]["payment_status"],
        "paid",
        "{paid:?}"
    );
    let captures = call("GET", &format!("/api/orders/{order}/captures"), NOTHING).await;
    let capture = captures.json()["data"][0]["id"]
        .as_str()
        .expect("a capture")
        .to_owned();
    let refund = bodies::change(
        "captures",
        &capture,
        json!({"_refund": true, "_refund_amount_cents": 500}),
    );
    call("PATCH", &format!("/api/captures/{capture}"), refund).await;
    let other = service.variable("TILLGATE_CHECKOUT_COM_ORDER_ID");
    let by_token = bodies::checkout_com_payment(other, "tok_4gzeau5o2uqubbk6fufs3m7p54");
    call("POST", "/api/checkout_com_payments", by_token).await;
    for trigger in ["_place", "_approve_and_capture"] {
        let change = bodies::change("orders", other, json!({trigger: true}));
        assert_eq!(
            call("PATCH", &format!("/api/orders/{other}"), change)
                .await
                .status,
            200
        );
    }
    for list in [
        "orders",
        "authorizations",
        "captures",
        "refunds",
        "customers",
        "stripe_gateways",
    ] {
        assert_eq!(call("GET", &format!("/api/{list}"), NOTHING).await.status, 200);
    }
    call("GET", "/api/orders/zzzzzzzzzz", NOTHING).await;
    answers
}

#[tokio::test]
async fn the_same_seed_and_the_same_requests_give_the_same_bodies() {
    let (listen, sandbox) = (
        format!("127.0.0.1:{}", free_port()),
        format!("127.0.0.1:{}", free_port()),
    );
    let start = async |seed: &str| {
        Ephemeral::start_at(&["--listen", &listen, "--sandbox-listen", &sandbox, "--seed", seed]).await
    };
    let first = start("7").await;
    let told = story(&first).await;
    first.send("POST", "/ephemeral/reset", &[], "").await.expect(204);
    let after_reset = story(&first).await;
    first.end(Signal::SIGTERM).await;
    let second = start("7").await;
    let again = story(&second).await;
    second.end(Signal::SIGTERM).await;
    for (answer, (reset, other)) in told.iter().zip(after_reset.iter().zip(&again)) {
        assert_eq!(answer, reset);
        assert_eq!(answer, other);
    }
    assert_eq!(told.len(), again.len());
    let third = start("8").await;
    assert_ne!(story(&third).await[1], told[1]);
}

#[tokio::test]
async fn with_a_seed_webhooks_hear_the_same() {
    let receiver = Receiver::new();
    let (listen, sandbox) = (
        format!("127.0.0.1:{}", free_port()),
        format!("127.0.0.1:{}", free_port()),
    );
    let expected = [
        "orders.authorize",
        "orders.create",
        "orders.pay",
        "orders.pay",
        "refunds.create",
    ];
    let hear = async || {
        let before = receiver.received().len();
        let service =
            Ephemeral::start_at(&["--listen", &listen, "--sandbox-listen", &sandbox, "--seed", "9"]).await;
        let token = service.token().await;
        let mut secrets = Vec::new();
        for topic in [
            "orders.create",
            "orders.authorize",
            "orders.pay",
            "refunds.create",
        ] {
            let webhook = json!({"topic": topic, "callback_url": receiver.url("/hook")});
            let webhook = bodies::resource("webhooks", webhook, json!({}));
            let created = service.call(&token, "POST", "/api/webhooks", &webhook).await;
            let secret = created.expect(201)["data"]["attributes"]["shared_secret"].clone();
            secrets.push((topic, secret));
        }
        story(&service).await;
        // A receiver is not awaited: it may call the service.
        let calls = receiver.expect(before + expected.len()).await.split_off(before);
        for call in &calls {
            let secret = secrets.iter().find(|(topic, _)| *topic == call.topic());
            let secret = secret.and_then(|(_, secret)| secret.as_str()).expect("a secret");
            assert!(call.is_signed_with(secret), "{call:?}");
        }
        service.end(Signal::SIGTERM).await;
        calls
    };
    let what = |calls: &[Received]| -> Vec<_> {
        let parts = |call: &Received| {
            let mut headers: Vec<_> = call.headers.clone().into_iter().collect();
            headers.sort();
            (headers, call.payload())
        };
        let mut all: Vec<_> = calls.iter().map(parts).collect();
        // Several webhooks are called in parallel.
        all.sort_by_key(|(_, payload)| payload.to_string());
        all
    };
    let (first, second) = (hear().await, hear().await);
    let mut topics: Vec<&str> = first.iter().map(Received::topic).collect();
    topics.sort_unstable();
    assert_eq!(topics, expected);
    assert_eq!(what(&first), what(&second));
}

#[tokio::test]
async fn a_fixture_more_changes_no_later_id() {
    let directory = tempfile::tempdir().expect("a directory");
    let fixtures = write(&directory, "shop.json", FIXTURES);
    let mut ids = Vec::new();
    for arguments in [&["--seed", "5"][..], &["--seed", "5", "--fixtures", &fixtures]] {
        let service = Ephemeral::start(arguments).await;
        let token = service.token().await;
        let new = json!({"market": bodies::to_one("markets", service.variable("TILLGATE_MARKET_ID"))});
        let new = bodies::resource("orders", json!({}), new);
        let order = service
            .call(&token, "POST", "/api/orders", &new)
            .await
            .expect(201);
        ids.push(order["data"]["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
}

/// A subscriber of the shop at the PSP itself calls this service during its delivery.
#[tokio::test]
async fn with_a_seed_other_subscribers_of_the_psp_are_told_too() {
    let service = Ephemeral::start(&["--seed", "6"]).await;
    let token = service.token().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let hook = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let endpoints = format!(
        "{}/v1/webhook_endpoints",
        service.variable("TILLGATE_SANDBOX_URL")
    );
    let registered = reqwest::Client::new()
        .post(endpoints)
        .bearer_auth("sk_test_51TillgateDemo000000000000")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("url={hook}&enabled_events[]=*"))
        .send();
    assert_eq!(registered.await.expect("an answer").status(), 200);
    let order = service.variable("TILLGATE_PAYMENTS_ORDER_ID");
    let payment = bodies::payment(order, "pm_card_visa");
    service
        .call(&token, "POST", "/api/v1/payments", &payment)
        .await
        .expect(201);
    // The PSP's events leave with the next request.
    let next = service.call(&token, "GET", "/api/orders", &NOTHING).await;
    assert_eq!(next.status, 200);
    let accepted = tokio::time::timeout(Duration::from_secs(30), listener.accept());
    let (told, _) = accepted.await.expect("a webhook").expect("a connection");
    told.readable().await.expect("a request");
    let mut start = [0; 10];
    assert_eq!(told.try_read(&mut start).expect("its first bytes"), 10);
    assert_eq!(&start, b"POST /hook");
    let meanwhile = service
        .call(&token, "GET", &format!("/api/orders/{order}"), &NOTHING)
        .await;
    assert_eq!(meanwhile.json()["data"]["attributes"]["payment_status"], "paid");
}

#[tokio::test]
async fn the_clock_of_a_seed_goes_on_with_requests_and_on_demand() {
    let service = Ephemeral::start(&["--seed", "1"]).await;
    let now = async || service.send("GET", "/ephemeral", &[], "").await.expect(200)["now"].clone();
    assert_eq!(now().await, "2030-01-01T12:00:00.000Z");
    let token = service.token().await;
    assert_eq!(
        service.call(&token, "GET", "/api/orders", &NOTHING).await.status,
        200
    );
    assert_eq!(now().await, "2030-01-01T12:00:02.000Z");
    let advance = json!({"advance_seconds": 7200}).to_string();
    service
        .send("POST", "/ephemeral/clock", &[], &advance)
        .await
        .expect(200);
    assert_eq!(
        service.call(&token, "GET", "/api/orders", &NOTHING).await.status,
        401
    );
    assert_eq!(
        service.send("POST", "/ephemeral/clock", &[], "{}").await.status,
        400
    );
    let real = Ephemeral::start(&[]).await;
    assert_eq!(
        real.send("POST", "/ephemeral/clock", &[], &advance).await.status,
        404
    );
}

#[tokio::test]
async fn a_reset_leads_back_to_the_fixtures() {
    let directory = tempfile::tempdir().expect("a directory");
    let fixtures = write(&directory, "shop.json", FIXTURES);
    let service = Ephemeral::start(&["--fixtures", &fixtures]).await;
    let token = service.token().await;
    let order = format!("/api/orders/{}", service.variable("TILLGATE_FIXTURE_BASKET_ID"));
    let before = service.call(&token, "GET", &order, &NOTHING).await;
    assert_eq!(
        before.json()["data"]["attributes"]["total_amount_with_taxes_cents"],
        2500
    );
    let known = service.send("GET", "/ephemeral", &[], "").await.expect(200);
    assert_eq!(
        known["fixtures"]["basket"],
        service.variable("TILLGATE_FIXTURE_BASKET_ID")
    );
    assert_eq!(known["seed"], NOTHING);
    let pay = bodies::payment(service.variable("TILLGATE_FIXTURE_BASKET_ID"), "pm_card_visa");
    for _ in 0..2 {
        service
            .call(&token, "POST", "/api/v1/payments", &pay)
            .await
            .expect(201);
        assert_ne!(service.call(&token, "GET", &order, &NOTHING).await, before);
        service
            .send("POST", "/ephemeral/reset", &[], "")
            .await
            .expect(204);
        assert_eq!(service.call(&token, "GET", &order, &NOTHING).await, before);
    }
}

const FIXTURES: &str = r#"[
  {"data": {"type": "customers", "lid": "jo", "attributes": {"email": "jo@shop.example"}}},
  {"data": {"type": "orders", "lid": "basket", "relationships": {
    "market": {"data": {"type": "markets", "lid": "demo-market"}},
    "customer": {"data": {"type": "customers", "lid": "jo"}},
    "payment_method": {"data": {"type": "payment_methods", "lid": "demo-stripe-method"}}}}},
  {"data": {"type": "line_items", "attributes": {"name": "Cup", "unit_amount_cents": 1250, "quantity": 2},
    "relationships": {"order": {"data": {"type": "orders", "lid": "basket"}}}}},
  {"data": {"type": "stripe_gateways", "lid": "second", "attributes": {"name": "Second",
    "login": "sk_test_51SecondAccount00000000000", "publishable_key": "pk_test_51SecondAccount00000000000",
    "base_url": "${TILLGATE_SANDBOX_URL}"}}}
]"#;

#[test]
fn a_bad_fixture_stops_the_start_with_one_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let refused = |fixtures: &str| {
        let file = write(&directory, "shop.json", fixtures);
        let arguments = [
            "--listen",
            "127.0.0.1:0",
            "--sandbox-listen",
            "127.0.0.1:0",
            "--fixtures",
            &file,
        ];
        let (code, text) = refusal(&arguments);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("shop.json"), "{text}");
        text
    };
    let text = refused(
        r#"[{"data": {"type": "customers", "attributes": {"email": "jo@shop.example"}}},
        {"data": {"type": "markets", "attributes": {"name": "Mars", "currency_code": "XXX1"}}}]"#,
    );
    assert!(text.contains("[1] at /data/attributes/currency_code:"), "{text}");
    let text = refused(
        r#"[{"data": {"type": "orders", "relationships": {"market": {"data": {"type": "markets", "lid": "no"}}}}}]"#,
    );
    assert!(
        text.contains(r#"[0] at /data/relationships/market/data/lid: nothing before it has the name "no""#),
        "{text}"
    );
    assert!(refused(r#"[{"data": {"type": "unicorns"}}]"#).contains("[0] at /data/type: unicorns"));
    for wrong in ["${NOPE}", "x ${TILLGATE_URL", "${}"] {
        let market = json!({"name": "Mars", "currency_code": "EUR", "metadata": {"a/b": ["x", wrong]}});
        let text = refused(&json!([{"data": {"type": "markets", "attributes": market}}]).to_string());
        assert!(
            text.contains("[0] at /data/attributes/metadata/a~1b/1: there is no variable ${"),
            "{text}"
        );
    }
    assert!(refused(r#"[{}]"#).contains("[0] at /data/type:"));
    assert!(refused("[").contains("not JSON"));
    assert!(refused("{}").contains("not a JSON array"));
}

#[tokio::test]
async fn a_request_that_breaks_the_contract_is_told_at_the_end() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("report.json");
    let report_option = file.to_str().expect("UTF-8");
    let service = Ephemeral::start(&["--strict", "--strict-report", report_option]).await;
    let token = service.token().await;
    assert_eq!(
        service
            .call(&token, "GET", "/api/orders?page[size]=2", &NOTHING)
            .await
            .status,
        200
    );
    // A business rule is not part of the contract.
    assert_eq!(
        service
            .call(&token, "GET", "/api/orders/zzzzzzzzzz", &NOTHING)
            .await
            .status,
        404
    );
    let none = service
        .send("GET", "/ephemeral/violations", &[], "")
        .await
        .expect(200);
    assert_eq!((&none["requests"], &none["violating"]), (&json!(3), &json!(0)));
    let expected = ("x-expect-violation", "this test sends no token");
    assert_eq!(
        service.send("GET", "/api/orders", &[expected], "").await.status,
        401
    );
    let broken = bodies::resource("orders", json!({"customer_mail": "jo@example.com"}), json!({}));
    assert_eq!(
        service.call(&token, "POST", "/api/orders", &broken).await.status,
        400
    );
    assert_eq!(
        service.call(&token, "GET", "/api/order", &NOTHING).await.status,
        404
    );
    assert_eq!(
        service
            .call(&token, "GET", "/api/orders?colour=blue", &NOTHING)
            .await
            .status,
        400
    );
    let running = service
        .send("GET", "/ephemeral/violations", &[], "")
        .await
        .expect(200);
    let ended = service.end(Signal::SIGTERM).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for part in [
        "POST /api/orders (create_order, request 5, answered 400)",
        "  body /data/attributes/customer_mail: is not a declared member",
        "GET /api/order (no operation, request 6, answered 404)",
        "  query colour: the operation has no such parameter",
        "3 of 7 requests do not conform to the OpenAPI document",
    ] {
        assert!(ended.stderr.contains(part), "{part} is not in: {}", ended.stderr);
    }
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(&file).expect("a report")).expect("JSON");
    assert_eq!(report, running);
    assert_eq!(
        (&report["violating"], &report["expected"]),
        (&json!(3), &json!(1))
    );
    let first = &report["violations"][0];
    assert_eq!(first["operation"], "create_order");
    assert_eq!(first["faults"][0]["at"], "/data/attributes/customer_mail");
}

#[tokio::test]
async fn a_conforming_client_s_run_ends_with_0() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("report.json");
    let report_option = file.to_str().expect("UTF-8");
    let service = Ephemeral::start(&["--strict", "--strict-report", report_option, "--seed", "3"]).await;
    story(&service).await;
    let ended = service.end(Signal::SIGTERM).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(&file).expect("a report")).expect("JSON");
    assert_eq!(report["violations"], json!([]));
}

#[tokio::test]
async fn a_body_reaches_the_service_however_long_it_is() {
    let service = Ephemeral::start(&["--strict"]).await;
    let token = service.token().await;
    let order = |bytes: usize| {
        bodies::resource(
            "orders",
            json!({"metadata": {"text": "x".repeat(bytes)}}),
            json!({
                "market": bodies::to_one("markets", service.variable("TILLGATE_MARKET_ID"))
            }),
        )
    };
    let large = service
        .call(&token, "POST", "/api/orders", &order(40_000))
        .await
        .expect(201);
    assert_eq!(
        large["data"]["attributes"]["metadata"]["text"]
            .as_str()
            .map(str::len),
        Some(40_000)
    );
    assert_eq!(
        service
            .call(&token, "POST", "/api/orders", &order(2_000_000))
            .await
            .status,
        413
    );
}

#[tokio::test]
async fn an_ordinary_service_has_none_of_it() {
    let service = tillgate_tests::Service::start().await;
    for (method, path) in [
        ("POST", "/ephemeral/reset"),
        ("GET", "/ephemeral"),
        ("GET", "/ephemeral/violations"),
    ] {
        let _ = service
            .anonymous()
            .call(method, path)
            .undeclared()
            .send()
            .await
            .expect(404);
    }
}

#[test]
fn settings_that_contradict_are_refused() {
    for (arguments, part) in [
        (&["--data-dir", "x"][..], "ephemeral:"),
        (&["--database-url", "postgres://x"], "ephemeral:"),
        (&["--listen", "0.0.0.0:0"], "loopback"),
        (&["--strict-report", "x"], "strict-report:"),
        (
            &[
                "--listen",
                "127.0.0.1:0",
                "--sandbox-listen",
                "127.0.0.1:0",
                "--public-url",
                "https://shop.example",
            ],
            "this machine only",
        ),
    ] {
        let (code, text) = refusal(arguments);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(part), "{text}");
    }
}
