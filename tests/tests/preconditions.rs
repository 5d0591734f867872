//! Entity tags: a resource that has changed since it was seen is not overwritten, and an unchanged one is not sent again.

use serde_json::{Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Answer, Api, Operation, Service, bodies};

async fn start() -> (Service, Fixtures) {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    (service, fixtures)
}

/// Operations with a method on one resource.
fn on_one<'a>(fixtures: &'a Fixtures, method: &'a str) -> impl Iterator<Item = &'a Operation> {
    let all = fixtures.open_api().on_resources();
    all.filter(move |operation| operation.method == method && operation.template.ends_with("/{id}"))
}

/// The entity tag of a resource without pending news: a payment may ask its PSP first, and then shows the new state.
async fn tag(api: &Api, path: &str) -> String {
    let ask = async || api.get(path).await.expect(200).header("etag").to_owned();
    let mut before = ask().await;
    for _ in 0..5 {
        let now = ask().await;
        if now == before {
            assert!(now.starts_with('"') && now.len() > 10, "{path}: {now}");
            return now;
        }
        before = now;
    }
    panic!("{path} changes with each look");
}

/// Whether an event of the PSP may change the resource at any moment.
fn hears_of_its_psp(operation: &Operation) -> bool {
    operation.kind().ends_with("payments")
}

fn code(operation: &Operation) -> &'static str {
    if operation.is_second_dialect() {
        "precondition_failed"
    } else {
        "PRECONDITION_FAILED"
    }
}

fn change(operation: &Operation, id: &str, attributes: Value) -> Value {
    bodies::change(operation.kind(), id, attributes)
}

async fn send(api: &Api, operation: &Operation, id: &str, if_match: &str) -> Answer {
    let call = api
        .call(&operation.method, &operation.path(id))
        .header("If-Match", if_match);
    let call = match operation.method.as_str() {
        "PATCH" => call.json(&change(operation, id, json!({}))),
        _ => call,
    };
    call.send().await
}

#[tokio::test]
async fn what_is_not_as_it_was_seen_is_not_changed() {
    let (_service, fixtures) = start().await;
    let api = &fixtures.api;
    let mut tried = 0;
    for method in ["PATCH", "DELETE"] {
        for operation in on_one(&fixtures, method) {
            let id = fixtures.one(operation.kind()).await;
            let path = operation.path(&id);
            let readable = on_one(&fixtures, "GET").any(|other| other.template == operation.template);
            let before = if readable {
                tag(api, &path).await
            } else {
                r#""a""#.to_owned()
            };
            for stale in [
                r#""stale""#.to_owned(),
                format!("W/{before}"),
                r#""a", W/"b""#.to_owned(),
            ] {
                let answer = send(api, operation, &id, &stale).await;
                let answer = answer.expect_error(412, code(operation));
                assert_eq!(answer.body["errors"][0]["source"]["header"], "If-Match", "{path}");
            }
            for malformed in ["a", r#""a"#, "*, \"a\""] {
                let _ = send(api, operation, &id, malformed).await.expect(400);
            }
            if readable && !hears_of_its_psp(operation) {
                assert_eq!(tag(api, &path).await, before, "{path}");
            }
            let absent = send(api, operation, "AAAAAAAAAA", r#""a""#).await;
            let _ = absent.expect(404);
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[tokio::test]
async fn a_change_of_what_was_seen_is_made_once() {
    let (_service, fixtures) = start().await;
    let api = &fixtures.api;
    let mut tried = 0;
    for operation in on_one(&fixtures, "PATCH") {
        let has_reference = operation
            .body
            .as_ref()
            .is_some_and(|body| body.attributes.properties.contains_key("reference"));
        if !has_reference {
            continue;
        }
        let id = fixtures.one(operation.kind()).await;
        let path = operation.path(&id);
        let patch = async |reference: &str, tag: &str| {
            let body = change(operation, &id, json!({ "reference": reference }));
            let call = api.call("PATCH", &path).header("If-Match", tag);
            call.json(&body).send().await
        };
        let mut seen = tag(api, &path).await;
        let mut changed = patch("one", &format!(r#""a", {seen}"#)).await;
        if changed.status == 412 && hears_of_its_psp(operation) {
            seen = tag(api, &path).await;
            changed = patch("one", &seen).await;
        }
        let changed = changed.expect(200);
        let after = changed.header("etag").to_owned();
        assert_ne!(after, seen, "{path}");
        if !hears_of_its_psp(operation) {
            assert_eq!(tag(api, &path).await, after, "{path}");
        }
        let _ = patch("two", &seen).await.expect_error(412, code(operation));
        assert_eq!(
            *api.get(&path).await.expect(200).attribute("reference"),
            "one",
            "{path}"
        );
        let _ = patch("three", "*").await.expect(200);
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let (_service, fixtures) = start().await;
    let api = &fixtures.api;
    for operation in on_one(&fixtures, "GET") {
        let id = fixtures.one(operation.kind()).await;
        let path = operation.path(&id);
        let seen = tag(api, &path).await;
        let ask = async |tags: &str| api.call("GET", &path).header("If-None-Match", tags).send().await;
        if hears_of_its_psp(operation) {
            let _ = ask("*").await.expect(304);
            continue;
        }
        for known in [
            seen.clone(),
            format!("W/{seen}"),
            format!(r#""a", {seen}"#),
            "*".to_owned(),
        ] {
            let answer = ask(&known).await.expect(304);
            assert!(answer.headers.contains_key("etag"), "{path}");
            assert!(answer.bytes.is_empty(), "{path}");
        }
        let answer = ask(r#""a""#).await.expect(200);
        assert_eq!(answer.header("etag"), seen, "{path}");
        let _ = ask("a").await.expect(400);
    }
}

#[tokio::test]
async fn of_many_changes_to_what_was_seen_one_is_made() {
    let (_service, fixtures) = start().await;
    let api = &fixtures.api;
    for kind in ["orders", "customers", "markets"] {
        let id = fixtures.one(kind).await;
        let path = format!("/api/{kind}/{id}");
        let seen = tag(api, &path).await;
        let all = (0..8).map(|number| {
            let body = bodies::change(kind, &id, json!({ "reference": format!("r{number}") }));
            api.call("PATCH", &path)
                .header("If-Match", &seen)
                .json(&body)
                .send()
        });
        let mut statuses: Vec<u16> = futures::future::join_all(all)
            .await
            .iter()
            .map(|answer| answer.status)
            .collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412], "{kind}");
    }
}

/// A repeated request gets its answer, although it has changed the resource of its own condition. A request that failed its
/// condition had no effect, so its key can be used again.
#[tokio::test]
async fn an_idempotency_key_is_looked_up_before_the_condition_is_judged() {
    let (_service, fixtures) = start().await;
    let api = &fixtures.api;
    let id = fixtures.one("orders").await;
    let path = format!("/api/orders/{id}");
    let seen = tag(api, &path).await;
    let body = bodies::change("orders", &id, json!({ "reference": "r" }));
    let send = async |tag: &str| {
        let call = api
            .call("PATCH", &path)
            .header("If-Match", tag)
            .header("Idempotency-Key", "k");
        call.json(&body).send().await
    };
    let _ = send(r#""stale""#).await.expect(412);
    let first = send(&seen).await.expect(200);
    let again = send(&seen).await.expect(200);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.bytes, first.bytes);
}
