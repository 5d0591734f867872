//! From a change to the calls for it, with a clock that the test moves.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use futures::FutureExt;
use serde_json::{Value, json};

use crate::{
    Delivery,
    test_support::{
        receivers::{Behaviour, Received},
        world::World,
    },
};

const SHOP: &str = "https://shop.example/events";

async fn webhook(world: &World, topic: &str, url: &str) -> String {
    let attributes = json!({"topic": topic, "callback_url": url});
    world.create("webhooks", attributes, json!({})).await
}

async fn customer(world: &World, name: &str) -> String {
    let email = json!({"email": format!("{name}@customers.example.com")});
    world.create("customers", email, json!({})).await
}

/// Publishes the changes and sends the due deliveries. Answers how many calls there were.
async fn tell(world: &World) -> usize {
    world.service.publish_once(1000).await;
    let due = world.service.take_deliveries(&|_| 1000).await;
    let count = due.len();
    for delivery in due {
        deliver(world, delivery).await;
    }
    count
}

async fn deliver(world: &World, delivery: Delivery) {
    let sent = world.service.send_delivery(delivery).await;
    world.service.record_delivery(sent.expect("it can be sent")).await;
}

fn topics(calls: &[Received]) -> Vec<&str> {
    calls
        .iter()
        .map(|call| call.headers["x-commercelayer-topic"].as_str())
        .collect()
}

#[tokio::test]
async fn what_nobody_wants_to_know_is_not_written_down() {
    let world = World::new().await;
    let before = world.service.publish_once(1000).await;
    assert_eq!(before, 0);
    webhook(&world, "customers.create", SHOP).await;
    customer(&world, "ada").await;
    assert_eq!(world.service.publish_once(1000).await, 1);
    assert_eq!(world.service.publish_once(1000).await, 0);
}

#[tokio::test]
async fn a_payment_is_told_of_step_by_step() {
    let world = World::new().await;
    let all = [
        "authorizations.create",
        "authorizations.succeeded",
        "captures.create",
        "captures.succeeded",
        "orders.approve",
        "orders.authorize",
        "orders.cancel",
        "orders.pay",
        "orders.place",
        "orders.refund",
        "refunds.create",
        "refunds.succeeded",
        "transactions.create",
    ];
    for topic in all {
        webhook(&world, topic, SHOP).await;
    }
    let (payment, _) = world.payment().await;
    world.confirm(&payment, "pm_card_visa").await;
    for trigger in ["_place", "_approve", "_capture", "_refund"] {
        world.update("orders", &world.order, json!({trigger: true})).await;
        tell(&world).await;
    }
    let calls = world.receivers.calls(SHOP);
    let mut counts = BTreeMap::new();
    for topic in topics(&calls) {
        *counts.entry(topic).or_insert(0) += 1;
    }
    let mut expected: BTreeMap<&str, i32> = all.into_iter().map(|topic| (topic, 1)).collect();
    expected.insert("transactions.create", 3);
    assert_eq!(counts, expected);
    let pay = calls
        .iter()
        .find(|call| call.headers["x-commercelayer-topic"] == "orders.pay");
    let shown = pay.unwrap().payload();
    assert_eq!(shown["data"]["id"], world.order.as_str());
    assert_eq!(shown["data"]["attributes"]["payment_status"], "paid");
    assert!(shown.get("included").is_none());
}

#[tokio::test]
async fn a_declined_payment_is_told_of() {
    let world = World::new().await;
    for topic in [
        "authorizations.failed",
        "transactions.refused",
        "orders.authorize",
    ] {
        webhook(&world, topic, SHOP).await;
    }
    let options = json!({"options": {"payment_method": "pm_card_chargeDeclined"}});
    let of = json!({"order": {"data": {"type": "orders", "id": world.order}}});
    let payment = world.create("stripe_payments", options, of).await;
    world
        .update("stripe_payments", &payment, json!({"_authorize": true}))
        .await;
    tell(&world).await;
    let calls = world.receivers.calls(SHOP);
    let told: BTreeSet<&str> = topics(&calls).into_iter().collect();
    assert_eq!(
        told,
        BTreeSet::from(["authorizations.failed", "transactions.refused"])
    );
    assert_eq!(calls[0].payload()["data"]["attributes"]["succeeded"], false);
}

#[tokio::test]
async fn a_webhook_includes_what_it_names() {
    let world = World::new().await;
    let attributes = json!({
        "topic": "authorizations.succeeded", "callback_url": SHOP,
        "include_resources": ["order.market", "order.line_items", "payment_source", "captures"]
    });
    world.create("webhooks", attributes, json!({})).await;
    let (payment, _) = world.payment().await;
    world.confirm(&payment, "pm_card_visa").await;
    world
        .update("orders", &world.order, json!({"_place": true}))
        .await;
    tell(&world).await;
    let shown = world.receivers.calls(SHOP)[0].payload();
    let included = shown["included"].as_array().unwrap();
    let kinds: BTreeSet<&str> = included.iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        BTreeSet::from(["line_items", "markets", "orders", "stripe_payments"])
    );
    assert_eq!(included.len(), 4);
    let data = |value: &Value, name: &str| value["relationships"][name]["data"].clone();
    assert_eq!(
        data(&shown["data"], "order"),
        json!({"type": "orders", "id": world.order})
    );
    assert_eq!(data(&shown["data"], "captures"), json!([]));
    let order = included.iter().find(|one| one["type"] == "orders").unwrap();
    assert_eq!(data(order, "market")["type"], "markets");
    assert_eq!(data(order, "line_items")[0]["type"], "line_items");
    assert!(data(order, "customer").is_null() && !order["relationships"]["customer"]["links"].is_null());
}

#[tokio::test]
async fn ten_calls_within_three_days_and_then_no_more() {
    let world = World::new().await;
    webhook(&world, "customers.create", SHOP).await;
    world.receivers.behave(SHOP, Behaviour::Answer(302));
    customer(&world, "ada").await;
    for _ in 0..4 * 24 * 12 {
        tell(&world).await;
        world.advance(TimeDelta::minutes(5));
    }
    let calls = world.receivers.calls(SHOP);
    assert_eq!(calls.len(), 10);
    let whole = calls[9].at - calls[0].at;
    assert!(
        TimeDelta::hours(60) < whole && whole <= TimeDelta::days(3),
        "{whole}"
    );
    let ids: BTreeSet<&String> = calls.iter().map(|call| &call.headers["webhook-id"]).collect();
    let bodies: BTreeSet<&String> = calls.iter().map(|call| &call.body).collect();
    assert_eq!((ids.len(), bodies.len()), (1, 1));
    let times: BTreeSet<&String> = calls
        .iter()
        .map(|call| &call.headers["webhook-timestamp"])
        .collect();
    assert_eq!(times.len(), 10);
}

#[tokio::test]
async fn one_that_cannot_be_reached_is_called_again() {
    let world = World::new().await;
    webhook(&world, "customers.create", SHOP).await;
    world.receivers.behave(SHOP, Behaviour::Dead);
    customer(&world, "ada").await;
    assert_eq!(tell(&world).await, 1);
    let callback = world.first("event_callbacks").await;
    let callback = world.attributes("event_callbacks", &callback).await;
    assert_eq!(
        (&callback["response_code"], &callback["response_message"]),
        (&json!(null), &json!("dead"))
    );
    assert_eq!(callback["payload"]["data"]["type"], "customers");
    world.receivers.behave(SHOP, Behaviour::Answer(200));
    world.advance(TimeDelta::seconds(5));
    assert_eq!(tell(&world).await, 1);
}

#[tokio::test]
async fn whoever_asks_for_time_gets_it() {
    let world = World::new().await;
    webhook(&world, "customers.create", SHOP).await;
    world.receivers.behave(SHOP, Behaviour::ComeAgain(429, "600"));
    customer(&world, "ada").await;
    assert_eq!(tell(&world).await, 1);
    world.advance(TimeDelta::seconds(599));
    assert_eq!(tell(&world).await, 0);
    world.advance(TimeDelta::seconds(1));
    assert_eq!(tell(&world).await, 1);
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_disabled() {
    let world = World::new().await;
    let id = webhook(&world, "customers.create", SHOP).await;
    world.receivers.behave(SHOP, Behaviour::Answer(410));
    customer(&world, "ada").await;
    assert_eq!(tell(&world).await, 1);
    assert!(world.attributes("webhooks", &id).await["disabled_at"].is_string());
    customer(&world, "bob").await;
    world.advance(TimeDelta::days(4));
    assert_eq!(tell(&world).await, 0);
    world.update("webhooks", &id, json!({"_enable": true})).await;
    world.receivers.behave(SHOP, Behaviour::Answer(200));
    customer(&world, "eve").await;
    assert_eq!(tell(&world).await, 1);
}

/// A process that ends between a call and its record: another one repeats the call.
#[tokio::test]
async fn a_crash_has_a_call_repeated_and_never_lost() {
    let world = World::new().await;
    webhook(&world, "customers.create", SHOP).await;
    world.receivers.behave(SHOP, Behaviour::Hangs);
    customer(&world, "ada").await;
    world.service.publish_once(10).await;
    for delivery in world.service.take_deliveries(&|_| 10).await {
        assert!(deliver(&world, delivery).now_or_never().is_none());
    }
    assert_eq!(world.receivers.calls(SHOP).len(), 1);
    world.receivers.behave(SHOP, Behaviour::Answer(200));
    assert_eq!(tell(&world).await, 0, "it is taken");
    world.advance(TimeDelta::seconds(15));
    assert_eq!(tell(&world).await, 1);
    world.advance(TimeDelta::days(1));
    assert_eq!(tell(&world).await, 0);
    let calls = world.receivers.calls(SHOP);
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].headers["webhook-id"], calls[1].headers["webhook-id"]);
}

/// Two instances that send the same delivery at the same time count one attempt.
#[tokio::test]
async fn two_instances_do_not_count_twice() {
    let world = World::new().await;
    let id = webhook(&world, "customers.create", SHOP).await;
    world.receivers.behave(SHOP, Behaviour::Answer(500));
    customer(&world, "ada").await;
    world.service.publish_once(10).await;
    let first = world.service.take_deliveries(&|_| 10).await;
    world.advance(TimeDelta::seconds(15));
    let second = world.service.take_deliveries(&|_| 10).await;
    assert_eq!((first.len(), second.len()), (1, 1));
    for delivery in first.into_iter().chain(second) {
        deliver(&world, delivery).await;
    }
    assert_eq!(world.receivers.calls(SHOP).len(), 2);
    assert_eq!(
        world.attributes("webhooks", &id).await["circuit_failure_count"],
        1
    );
}

#[tokio::test]
async fn an_event_is_told_once_more_to_those_who_want_it_now() {
    let world = World::new().await;
    webhook(&world, "customers.create", SHOP).await;
    let ada = customer(&world, "ada").await;
    tell(&world).await;
    let later = "https://later.example/";
    webhook(&world, "customers.create", later).await;
    let event = world.first("events").await;
    world.update("events", &event, json!({"_trigger": true})).await;
    assert_eq!(tell(&world).await, 2);
    assert_eq!(
        world.receivers.calls(later)[0].payload()["data"]["id"],
        ada.as_str()
    );
    let ids: BTreeSet<String> = world
        .receivers
        .calls(SHOP)
        .iter()
        .map(|call| call.headers["webhook-id"].clone())
        .collect();
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn a_month_of_a_dead_a_slow_and_a_healthy_receiver() {
    let world = World::new().await;
    let (dead, slow, healthy) = (
        "https://dead.example/",
        "https://slow.example/",
        "https://healthy.example/",
    );
    let mut ids = Vec::new();
    for url in [dead, slow, healthy] {
        ids.push(webhook(&world, "customers.metadata_update", url).await);
    }
    world.receivers.behave(dead, Behaviour::Answer(503));
    let ada = customer(&world, "ada").await;
    let steps_of_a_day = 24 * 2;
    for step in 0..29 * steps_of_a_day {
        // The webhook answers in time every third half hour.
        let seconds = if step % 3 == 0 { 4 } else { 6 };
        world
            .receivers
            .behave(slow, Behaviour::Takes(TimeDelta::seconds(seconds)));
        if step % 8 == 0 {
            let metadata = json!({"metadata": {"step": step}});
            world.update("customers", &ada, metadata).await;
        }
        while tell(&world).await > 0 {}
        world.advance(TimeDelta::minutes(30));
    }
    for _ in 0..4 * steps_of_a_day {
        world
            .receivers
            .behave(slow, Behaviour::Takes(TimeDelta::seconds(4)));
        tell(&world).await;
        world.advance(TimeDelta::minutes(30));
    }
    let messages = |url: &str| -> BTreeSet<String> {
        let calls = world.receivers.calls(url);
        calls
            .iter()
            .map(|call| call.headers["webhook-id"].clone())
            .collect()
    };
    let events = 29 * steps_of_a_day / 8;
    assert_eq!(world.receivers.calls(healthy).len(), events);
    assert_eq!(messages(healthy).len(), events);
    // Late answers were repeated until one was in time: nothing is left, and nothing was given up.
    assert_eq!(messages(slow).len(), events);
    let mut calls = BTreeMap::new();
    for call in world.receivers.calls(slow) {
        *calls.entry(call.headers["webhook-id"].clone()).or_insert(0) += 1;
    }
    let most = calls.values().max();
    assert!(most.is_some_and(|most| (2..10).contains(most)), "{most:?}");
    world.advance(TimeDelta::days(4));
    assert_eq!(tell(&world).await, 0);
    // The circuit opens after 30 consecutive failures, and the calls stop.
    assert_eq!(world.receivers.calls(dead).len(), 30);
    let webhook = world.attributes("webhooks", &ids[0]).await;
    assert_eq!(
        (&webhook["circuit_state"], &webhook["circuit_failure_count"]),
        (&json!("open"), &json!(30))
    );
    let webhook = world.attributes("webhooks", &ids[1]).await;
    assert_eq!(
        (&webhook["circuit_state"], &webhook["circuit_failure_count"]),
        (&json!("closed"), &json!(0))
    );
    // The circuit is closed by hand, and the missed events of the month arrive.
    world.receivers.behave(dead, Behaviour::Answer(200));
    world
        .update("webhooks", &ids[0], json!({"_reset_circuit": true}))
        .await;
    let missed = tell(&world).await;
    assert!(missed > events / 2, "{missed}");
    assert_eq!(messages(dead).len(), events);
}

#[tokio::test]
async fn events_are_forgotten_after_a_month() {
    let world = World::new().await;
    webhook(&world, "customers.create", SHOP).await;
    customer(&world, "ada").await;
    tell(&world).await;
    world.advance(TimeDelta::days(30));
    world.purge().await;
    assert_eq!(world.count("event_callbacks").await, 1);
    world.advance(TimeDelta::seconds(1));
    world.purge().await;
    assert_eq!(
        (world.count("events").await, world.count("event_callbacks").await),
        (0, 0)
    );
}

#[tokio::test]
async fn nothing_that_is_stored_shows_a_payload_or_a_secret() {
    let world = World::new().await;
    let id = webhook(&world, "customers.create", SHOP).await;
    let secret = world.attributes("webhooks", &id).await["shared_secret"].clone();
    let secret = secret.as_str().unwrap().to_owned();
    assert_eq!(secret.len(), 32);
    customer(&world, "ada").await;
    tell(&world).await;
    let sent = world.receivers.calls(SHOP).remove(0).body;
    assert!(sent.contains("\"relationships\""));
    for file in std::fs::read_dir(world.directory()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for hidden in [secret.as_str(), "\"relationships\""] {
            let shows = bytes.windows(hidden.len()).any(|part| part == hidden.as_bytes());
            assert!(!shows, "{hidden}");
        }
    }
}
