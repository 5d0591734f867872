//! Merchant events: every step of a payment, verified; and repeated calls.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, JSON, Reaction, Received, Receiver, Service, Story, Vendor, bodies};

/// Time limit for an event's effect.
const LIMIT: Duration = Duration::from_secs(60);

/// Creates a webhook at a path of a receiver. Returns its id and shared secret.
async fn webhook(api: &Api, topic: &str, url: &str) -> (String, String) {
    let attributes = json!({ "topic": topic, "callback_url": url });
    let created = create(api, attributes).await.expect(201);
    let secret = created
        .attribute("shared_secret")
        .as_str()
        .expect("a secret")
        .to_owned();
    (created.id().to_owned(), secret)
}

async fn create(api: &Api, attributes: Value) -> Answer {
    let body = bodies::resource("webhooks", attributes, json!({}));
    api.post("/api/webhooks", &body).await
}

async fn pull(api: &Api, kind: &str, id: &str, trigger: &str) -> Answer {
    let body = bodies::change(kind, id, json!({ trigger: true }));
    api.patch(&format!("/api/{kind}/{id}"), &body).await.expect(200)
}

async fn customer(api: &Api, name: &str) -> String {
    let email = json!({ "email": format!("{name}@example.com") });
    let body = bodies::resource("customers", email, json!({}));
    api.post("/api/customers", &body)
        .await
        .expect(201)
        .id()
        .to_owned()
}

/// Reads a resource until it satisfies a condition.
async fn until(api: &Api, path: &str, is_so: impl Fn(&Answer) -> bool) -> Answer {
    let deadline = Instant::now() + LIMIT;
    loop {
        let answer = api.get(path).await.expect(200);
        if is_so(&answer) {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "not so in {LIMIT:?}: {:#}",
            answer.body
        );
    }
}

/// Codes of a webhook's recorded calls.
fn codes(list: &Answer) -> Vec<Value> {
    let items = list.body["data"].as_array().into_iter().flatten();
    items
        .map(|item| item["attributes"]["response_code"].clone())
        .collect()
}

fn ids(calls: &[Received]) -> BTreeSet<&str> {
    calls.iter().map(|call| call.header("webhook-id")).collect()
}

/// The document's `webhooks`, with validators for their payloads.
async fn topics(service: &Service) -> BTreeMap<String, jsonschema::Validator> {
    let call = service
        .anonymous()
        .call("GET", "/openapi.json")
        .header("Accept", JSON);
    let document = call.send().await.expect(200).body;
    let all = document["webhooks"].as_object().expect("webhooks");
    let validator = |call: &Value| {
        let mut schema = call["post"]["requestBody"]["content"]["application/vnd.api+json"]["schema"].clone();
        schema["components"] = document["components"].clone();
        jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .expect("a schema")
    };
    all.iter()
        .map(|(topic, call)| (topic.clone(), validator(call)))
        .collect()
}

#[tokio::test]
async fn a_whole_life_is_told_verified_and_as_documented() {
    let story = Story::start().await;
    let receiver = Receiver::new();
    let topics = topics(&story.service).await;
    let mut secrets = BTreeMap::new();
    for topic in topics.keys() {
        let attributes = json!({
            "topic": topic, "callback_url": receiver.url(&format!("/{topic}")),
            "include_resources": if topic.starts_with("captures") { json!(["order.market", "reference_authorization"]) } else { json!(null) }
        });
        let created = create(&story.api, attributes).await.expect(201);
        secrets.insert(
            topic.clone(),
            created
                .attribute("shared_secret")
                .as_str()
                .expect("a secret")
                .to_owned(),
        );
    }
    let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
    for vendor in Vendor::ALL {
        let (order, capture) = story.paid(vendor, 1_000).await;
        story
            .act(&order, "captures", &capture, json!({ "_refund": true }))
            .await;
        let (order, _) = story.approved(vendor, 500).await;
        story
            .act(&order, "orders", &order, json!({ "_cancel": true }))
            .await;
        story.until_paid(&order, "voided").await;
    }
    // Two orders of each vendor; one of them is paid and refunded, the other one is cancelled.
    for (topic, count) in [
        ("orders.create", 4),
        ("orders.pending", 4),
        ("orders.authorize", 4),
        ("orders.place", 4),
        ("orders.approve", 4),
        ("orders.pay", 2),
        ("orders.refund", 2),
        ("orders.void", 2),
        ("orders.cancel", 4),
        ("authorizations.create", 4),
        ("authorizations.succeeded", 4),
        ("captures.create", 2),
        ("captures.succeeded", 2),
        ("refunds.create", 2),
        ("refunds.succeeded", 2),
        ("voids.create", 2),
        ("voids.succeeded", 2),
        ("transactions.create", 10),
    ] {
        expected.insert(topic, count);
    }
    let total = expected.values().sum();
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    let calls = receiver.expect(total).await;
    for call in calls.iter().filter(|call| expected.contains_key(call.topic())) {
        *told.entry(call.topic().to_owned()).or_default() += 1;
    }
    let deadline = Instant::now() + LIMIT;
    while told
        .iter()
        .map(|(topic, count)| (topic.as_str(), *count))
        .ne(expected.clone())
    {
        assert!(Instant::now() < deadline, "{told:#?}");
        told.clear();
        for call in receiver
            .received()
            .iter()
            .filter(|call| expected.contains_key(call.topic()))
        {
            *told.entry(call.topic().to_owned()).or_default() += 1;
        }
        let _ = story.api.get("/api/events").await.expect(200);
    }
    let calls = receiver.received();
    assert_eq!(ids(&calls).len(), calls.len(), "nothing was told twice");
    for call in &calls {
        let topic = call.topic();
        assert_eq!(call.path, format!("/{topic}"));
        assert!(call.is_signed_with(&secrets[topic]), "{call:?}");
        assert!(!call.is_signed_with("another"));
        assert_eq!(call.header("content-type"), "application/vnd.api+json");
        let errors: Vec<String> = topics[topic]
            .iter_errors(&call.payload())
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{topic}: {errors:?}");
    }
    let capture = calls
        .iter()
        .find(|call| call.topic() == "captures.succeeded")
        .expect("one")
        .payload();
    let kinds: BTreeSet<&str> = capture["included"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["type"].as_str())
        .collect();
    assert_eq!(kinds, BTreeSet::from(["authorizations", "markets", "orders"]));
    // Every event is stored, and found at its resource.
    let order = capture["data"]["id"].as_str().expect("an id");
    let events = story
        .api
        .get(&format!("/api/captures/{order}/events"))
        .await
        .expect(200);
    assert_eq!(events.body["meta"]["record_count"], 3);
}

#[tokio::test]
async fn one_that_hangs_and_one_that_is_slow_hold_up_nobody_else() {
    let service = Service::start().await;
    let api = service.api().await;
    let [hanging, slow, healthy] = [(); 3].map(|()| Receiver::new());
    hanging.react(Reaction::Silence);
    slow.react(Reaction::Slowly(Duration::from_secs(2)));
    for receiver in [&hanging, &slow, &healthy] {
        webhook(&api, "customers.create", &receiver.url("/")).await;
    }
    let mut created = BTreeMap::new();
    for number in 0..50 {
        let id = customer(&api, &format!("c{number}")).await;
        created.insert(id, Instant::now());
    }
    let calls = healthy.expect(50).await;
    for call in &calls {
        let id = call.payload()["data"]["id"].as_str().expect("an id").to_owned();
        let took = call.at.saturating_duration_since(created[&id]);
        // The hanging call ends after five seconds.
        assert!(took < Duration::from_secs(4), "{took:?}");
    }
    assert_eq!(ids(&calls).len(), 50);
    assert_eq!(ids(&slow.expect(50).await).len(), 50);
}

#[tokio::test]
async fn what_is_not_taken_comes_again_the_same() {
    let service = Service::start().await;
    let api = service.api().await;
    let receiver = Receiver::new();
    receiver.react(Reaction::status(500));
    let (id, secret) = webhook(&api, "customers.create", &receiver.url("/")).await;
    customer(&api, "ada").await;
    receiver.expect(1).await;
    receiver.react(Reaction::status(204));
    let calls = receiver.expect(2).await;
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!(ids(&calls).len(), 1);
    assert!(calls.iter().all(|call| call.is_signed_with(&secret)));
    let path = format!("/api/webhooks/{id}/last_event_callbacks");
    let written = until(&api, &path, |list| codes(list).len() == 2).await;
    assert_eq!(codes(&written), [json!("500"), json!("204")]);
    let shown = &written.body["data"][0]["attributes"];
    assert_eq!(shown["response_message"], "Internal Server Error");
    assert_eq!(shown["payload"], calls[0].payload());
    until(&api, &format!("/api/webhooks/{id}"), |webhook| {
        *webhook.attribute("circuit_failure_count") == 0
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_for_time_gets_it() {
    let service = Service::start().await;
    let api = service.api().await;
    let receiver = Receiver::new();
    let later = vec![("retry-after", "8".to_owned())];
    receiver.react(Reaction::Answer(503, later));
    webhook(&api, "customers.create", &receiver.url("/")).await;
    customer(&api, "ada").await;
    let calls = receiver.expect(2).await;
    let pause = calls[1].at - calls[0].at;
    assert!(pause >= Duration::from_millis(7_900), "{pause:?}");
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_disabled_and_can_be_enabled() {
    let service = Service::start().await;
    let api = service.api().await;
    let receiver = Receiver::new();
    receiver.react(Reaction::status(410));
    let (id, _) = webhook(&api, "customers.create", &receiver.url("/")).await;
    customer(&api, "ada").await;
    let path = format!("/api/webhooks/{id}");
    until(&api, &path, |webhook| {
        webhook.attribute("disabled_at").is_string()
    })
    .await;
    receiver.react(Reaction::status(200));
    customer(&api, "unheard").await;
    let enabled = pull(&api, "webhooks", &id, "_enable").await;
    assert!(enabled.attribute("disabled_at").is_null());
    let eve = customer(&api, "eve").await;
    let calls = receiver.expect(2).await;
    assert_eq!(calls[1].payload()["data"]["id"], eve.as_str());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let service = Service::start().await;
    let api = service.api().await;
    let [receiver, elsewhere] = [(); 2].map(|()| Receiver::new());
    let location = vec![("location", elsewhere.url("/"))];
    receiver.react(Reaction::Answer(307, location));
    let (id, _) = webhook(&api, "customers.create", &receiver.url("/")).await;
    customer(&api, "ada").await;
    let path = format!("/api/webhooks/{id}/last_event_callbacks");
    let written = until(&api, &path, |list| !codes(list).is_empty()).await;
    assert_eq!(codes(&written)[0], "307");
    assert!(elsewhere.received().is_empty());
}

const PRIVATE: [&str; 9] = [
    "http://10.0.0.1/",
    "http://192.168.1.1:8080/hook",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa000001/",
    "http://167772161/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
];
const LOOPBACK: [&str; 7] = [
    "http://127.0.0.1:8080/",
    "http://127.1/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://localhost/",
    "http://a.localhost./",
];

async fn assert_refused(api: &Api, url: &str) {
    let attributes = json!({ "topic": "orders.place", "callback_url": url });
    let answer = create(api, attributes).await;
    let _ = answer
        .expect_error(422, "VALIDATION_ERROR")
        .expect_pointer("/data/attributes/callback_url");
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused() {
    let service = Service::start().await;
    let api = service.api().await;
    for url in PRIVATE {
        assert_refused(&api, url).await;
    }
    for url in [
        "ftp://shop.example.com/",
        "http://user:word@shop.example.com/",
        "shop.example.com",
    ] {
        assert_refused(&api, url).await;
    }
    let (id, _) = webhook(&api, "orders.place", "https://shop.example.com/").await;
    let body = bodies::change("webhooks", &id, json!({ "callback_url": "http://10.0.0.1/" }));
    let _ = api
        .patch(&format!("/api/webhooks/{id}"), &body)
        .await
        .expect_error(422, "VALIDATION_ERROR")
        .expect_pointer("/data/attributes/callback_url");
}

#[tokio::test]
async fn the_operator_says_which_ranges_are_allowed() {
    let service = Service::start_with(&["--allow-webhook-range", "10.0.0.0/8"]).await;
    let api = service.api().await;
    webhook(&api, "orders.place", "http://10.0.0.1/").await;
    for url in LOOPBACK {
        assert_refused(&api, url).await;
    }
    // The address of a name is judged at each call. This name is every machine's own.
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let url = format!("http://{}:9/", name.trim());
    let (id, _) = webhook(&api, "customers.create", &url).await;
    customer(&api, "ada").await;
    let path = format!("/api/webhooks/{id}/last_event_callbacks");
    let written = until(&api, &path, |list| !codes(list).is_empty()).await;
    let shown = &written.body["data"][0]["attributes"];
    assert!(shown["response_code"].is_null());
    assert!(shown["response_message"].is_string());
}

#[tokio::test]
async fn an_event_can_be_told_again_and_a_secret_replaced() {
    let service = Service::start().await;
    let api = service.api().await;
    let receiver = Receiver::new();
    let (id, old) = webhook(&api, "customers.create", &receiver.url("/")).await;
    let ada = customer(&api, "ada").await;
    receiver.expect(1).await;
    let replaced = pull(&api, "webhooks", &id, "_regenerate_shared_secret").await;
    let new = replaced.attribute("shared_secret").as_str().expect("a secret");
    assert!(new.len() == 32 && new != old);
    let events = api.get(&format!("/api/customers/{ada}/events")).await.expect(200);
    let event = events.body["data"][0]["id"]
        .as_str()
        .expect("an event")
        .to_owned();
    let triggered = pull(&api, "events", &event, "_trigger").await;
    assert_eq!(triggered.attribute("name"), "customers.create");
    let calls = receiver.expect(2).await;
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!(ids(&calls).len(), 2);
    assert!(calls[0].is_signed_with(&old) && calls[1].is_signed_with(new));
    assert!(!calls[1].is_signed_with(&old));
    let webhooks = api
        .get(&format!("/api/events/{event}/webhooks"))
        .await
        .expect(200);
    assert_eq!(webhooks.body["data"][0]["id"], id.as_str());
    until(
        &api,
        &format!("/api/events/{event}/last_event_callbacks"),
        |list| codes(list).len() == 2,
    )
    .await;
}

#[tokio::test]
async fn thirty_failures_open_the_circuit_until_it_is_reset() {
    let service = Service::start().await;
    let api = service.api().await;
    let receiver = Receiver::new();
    receiver.react(Reaction::status(500));
    let (id, _) = webhook(&api, "customers.create", &receiver.url("/")).await;
    let mut made = 0;
    let path = format!("/api/webhooks/{id}");
    while *api.get(&path).await.expect(200).attribute("circuit_state") == "closed" {
        customer(&api, &format!("c{made}")).await;
        made += 1;
        assert!(made < 1000, "the circuit stays closed");
    }
    let opened = api.get(&path).await.expect(200);
    assert!(opened.attribute("circuit_failure_count").as_i64() >= Some(30));
    receiver.react(Reaction::status(200));
    let late = customer(&api, "late").await;
    let reset = pull(&api, "webhooks", &id, "_reset_circuit").await;
    assert_eq!(
        (
            reset.attribute("circuit_state"),
            reset.attribute("circuit_failure_count")
        ),
        (&json!("closed"), &json!(0))
    );
    let is_told = |calls: &[Received]| {
        calls
            .iter()
            .any(|call| call.payload()["data"]["id"] == late.as_str())
    };
    let mut count = 30;
    while !is_told(&receiver.expect(count).await) {
        count += 1;
    }
}

#[tokio::test]
async fn a_service_that_is_killed_tells_all_the_same() {
    let mut service = Service::start().await;
    let api = service.api().await;
    let receiver = Receiver::new();
    receiver.react(Reaction::Silence);
    webhook(&api, "customers.create", &receiver.url("/")).await;
    let mut expected = BTreeSet::new();
    for number in 0..10 {
        expected.insert(customer(&api, &format!("c{number}")).await);
    }
    service.kill9();
    receiver.react(Reaction::status(200));
    service.restart().await;
    let deadline = Instant::now() + LIMIT;
    loop {
        let calls = receiver.received();
        let told: BTreeSet<String> = calls
            .iter()
            .map(|call| call.payload()["data"]["id"].as_str().expect("an id").to_owned())
            .collect();
        if told == expected && calls.len() >= 10 {
            break;
        }
        assert!(Instant::now() < deadline, "{told:?} of {expected:?}");
        let _ = service.api().await.get("/api/events").await.expect(200);
    }
}

#[tokio::test]
async fn nobody_is_told_of_another_tenant_or_of_the_other_mode() {
    let service = Service::start().await;
    let api = service.api().await;
    let receiver = Receiver::new();
    let demo = service.demo("TILLGATE_ORGANIZATION_ID");
    let other = service.run(&["org", "create", "Other"]);
    let mut others = Vec::new();
    for arguments in [
        &["--organization", &other][..],
        &["--organization", &demo, "--live"],
    ] {
        let application = service.create_application(&[arguments, &["--kind", "integration"]].concat());
        others.push(service.api_of(&application));
    }
    for (number, api) in others.iter().chain([&api]).enumerate() {
        webhook(api, "customers.create", &receiver.url(&format!("/{number}"))).await;
    }
    for (number, api) in others.iter().chain([&api]).enumerate() {
        let ada = customer(api, "ada").await;
        let calls = receiver.expect(number + 1).await;
        assert_eq!(calls[number].path, format!("/{number}"));
        assert_eq!(calls[number].payload()["data"]["id"], ada.as_str());
    }
    assert_eq!(receiver.received().len(), 3);
}

#[tokio::test]
async fn a_webhook_includes_only_what_there_is() {
    let service = Service::start().await;
    let api = service.api().await;
    for path in ["shop", "market.shop", "payment_source.order.market.events", ""] {
        let attributes = json!({
            "topic": "orders.place", "callback_url": "https://shop.example.com/", "include_resources": [path]
        });
        let _ = create(&api, attributes)
            .await
            .expect_error(422, "VALIDATION_ERROR")
            .expect_pointer("/data/attributes/include_resources");
    }
    let attributes = json!({ "topic": "orders.fly", "callback_url": "https://shop.example.com/" });
    let _ = create(&api, attributes)
        .await
        .expect_error(422, "VALIDATION_ERROR")
        .expect_pointer("/data/attributes/topic");
}

#[tokio::test]
async fn what_a_webhook_was_told_outlives_it() {
    let service = Service::start().await;
    let api = service.api().await;
    let receiver = Receiver::new();
    receiver.react(Reaction::status(501));
    let (id, _) = webhook(&api, "customers.create", &receiver.url("/hook")).await;
    let ada = customer(&api, "ada").await;
    let list = format!("/api/webhooks/{id}/last_event_callbacks");
    let told = until(&api, &list, |list| codes(list) == ["501"]).await;
    let callback = told.body["data"][0]["id"].as_str().expect("an id").to_owned();
    let _ = api.delete(&format!("/api/webhooks/{id}")).await.expect(204);
    let calls = receiver.expect(1).await.len();
    let kept = api.get("/api/event_callbacks").await.expect(200);
    assert_eq!(kept.body["meta"]["record_count"], 1);
    let path = format!("/api/event_callbacks/{callback}");
    let one = api.get(&path).await.expect(200);
    assert_eq!(one.attribute("payload")["data"]["id"], ada.as_str());
    assert_eq!(*one.attribute("response_code"), "501");
    let gone = api.get(&format!("{path}/webhook")).await.expect(200);
    assert_eq!(gone.body["data"], Value::Null);
    let events = api.get("/api/events").await.expect(200);
    let event = events.body["data"][0]["id"].as_str().expect("an event");
    let of_event = api
        .get(&format!("/api/events/{event}/last_event_callbacks"))
        .await
        .expect(200);
    assert_eq!(of_event.body["meta"]["record_count"], 1);
    // Its replacement gets later events only.
    receiver.react(Reaction::status(200));
    let (other, _) = webhook(&api, "customers.create", &receiver.url("/other")).await;
    customer(&api, "bea").await;
    let list = format!("/api/webhooks/{other}/last_event_callbacks");
    until(&api, &list, |list| codes(list) == ["200"]).await;
    let all = receiver.expect(calls + 1).await;
    assert_eq!(all.len(), calls + 1);
    assert_eq!(all[calls].path, "/other");
}
