//! Events from their arrival to what they change, against the sandbox in process and with a clock that the test moves.

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tillgate_sandbox::{Fault, FaultKind};

use crate::{provider_events::Reception, stuck, test_support::world::World};

const SECRET: &str = "whsec_pasted_by_hand";

/// A test's own event, signed with a secret at the world's time.
async fn send(world: &World, secret: &str, event: &Value) -> Reception {
    let gateway = world.attributes("stripe_gateways", &world.gateway).await;
    let url = gateway["webhook_endpoint_url"].as_str().unwrap().to_owned();
    let (time, body) = (
        tillgate_sandbox::Clock::now(&world.clock).timestamp(),
        event.to_string(),
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}.{body}").as_bytes());
    let signature = format!("t={time},v1={}", hex::encode(mac.finalize().into_bytes()));
    let header = |name: &str| (name == "stripe-signature").then(|| signature.clone());
    world.receive(&url, &header, body.as_bytes()).await
}

fn event(id: &str, intent: &str) -> Value {
    json!({
        "id": id, "object": "event", "type": "payment_intent.succeeded", "created": 1_900_000_000, "livemode": false,
        "data": {"object": {"object": "payment_intent", "id": intent}}
    })
}

async fn paste(world: &World, secret: &str) {
    let attributes = json!({"webhook_endpoint_secret": secret});
    world.update("stripe_gateways", &world.gateway, attributes).await;
}

#[tokio::test]
async fn an_event_takes_one_commit_and_then_moves_its_payment() {
    let world = World::new().await;
    let (payment, _) = world.payment().await;
    world.confirm(&payment, "pm_card_visa").await;
    let sent = world.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0].event_type, "payment_intent.amount_capturable_updated");
    let before = world.commits();
    assert_eq!(world.deliver(&sent[0]).await, Reception::Kept);
    assert_eq!(world.commits(), before + 1);
    // The same event again writes nothing.
    assert_eq!(world.deliver(&sent[0]).await, Reception::Kept);
    assert_eq!(world.commits(), before + 1);
    assert_eq!(world.payment_status().await, "unpaid");
    assert_eq!(world.process().await, 1);
    assert_eq!(world.payment_status().await, "authorized");
    assert_eq!(world.process().await, 0);
}

#[tokio::test]
async fn what_fits_nothing_is_left_to_a_person_after_a_day() {
    let world = World::new().await;
    paste(&world, SECRET).await;
    assert_eq!(
        send(&world, SECRET, &event("evt_1", "pi_nobodys")).await,
        Reception::Kept
    );
    let mut looks = 0;
    for _ in 0..24 * 60 - 1 {
        looks += world.process().await;
        world.advance(TimeDelta::minutes(1));
    }
    assert!((20..40).contains(&looks), "{looks}");
    let context = world.service.context();
    assert_eq!(stuck::list(context).await.unwrap().flagged(), 0);
    world.advance(TimeDelta::minutes(1));
    assert_eq!(world.process().await, 1);
    let stuck = stuck::list(context).await.unwrap();
    assert_eq!((stuck.flagged(), stuck.events.len()), (1, 1));
    assert_eq!(stuck.events[0].psp_id.as_deref(), Some("pi_nobodys"));
    // It never made a payment, and is not read again.
    world.advance(TimeDelta::days(30));
    assert_eq!(world.process().await, 0);
    assert_eq!(world.payment_status().await, "unpaid");
}

#[tokio::test]
async fn a_psp_that_does_not_answer_is_asked_again() {
    let world = World::new().await;
    let (payment, _) = world.payment().await;
    world.confirm(&payment, "pm_card_visa").await;
    let sent = world.sent();
    world.deliver(&sent[0]).await;
    let mut fault = Fault::new(FaultKind::DropBefore);
    fault.method = Some("GET".into());
    world.psp.add_fault(fault).unwrap();
    assert_eq!(world.process().await, 1);
    assert_eq!(world.payment_status().await, "unpaid");
    world.psp.clear_faults();
    assert_eq!(world.process().await, 0, "not before its time");
    world.advance(TimeDelta::seconds(2));
    assert_eq!(world.process().await, 1);
    assert_eq!(world.payment_status().await, "authorized");
}

#[tokio::test]
async fn an_outage_of_days_loses_no_event() {
    let world = World::new().await;
    let (payment, _) = world.payment().await;
    world.confirm(&payment, "pm_card_visa").await;
    let sent = world.sent();
    world.deliver(&sent[0]).await;
    let mut fault = Fault::new(FaultKind::DropBefore);
    fault.method = Some("GET".into());
    world.psp.add_fault(fault).unwrap();
    assert_eq!(world.process().await, 1);
    // An authorization lasts longer.
    world.advance(TimeDelta::days(3));
    assert_eq!(world.process().await, 1);
    world.psp.clear_faults();
    world.advance(TimeDelta::hours(1));
    assert_eq!(world.process().await, 1);
    assert_eq!(world.payment_status().await, "authorized");
}

#[tokio::test]
async fn an_event_that_is_lost_is_made_up_for() {
    let world = World::new().await;
    let (payment, _) = world.payment().await;
    world.confirm(&payment, "pm_card_visa").await;
    drop(world.sent());
    assert_eq!(world.service.watch_once().await, 0);
    world.advance(TimeDelta::minutes(15));
    assert_eq!(world.service.watch_once().await, 1);
    assert_eq!(world.payment_status().await, "authorized");
}

async fn watch(world: &World, hours: usize) -> usize {
    let mut looks = 0;
    for _ in 0..hours {
        world.advance(TimeDelta::hours(1));
        looks += world.service.watch_once().await;
    }
    looks
}

#[tokio::test]
async fn the_card_after_a_declined_one_is_heard_of_though_its_event_is_lost() {
    let world = World::new().await;
    let (payment, _) = world.payment().await;
    assert_eq!(
        world.try_to_confirm(&payment, "pm_card_chargeDeclined").await,
        402
    );
    world.receive_events().await;
    watch(&world, 6 * 24).await;
    world.confirm(&payment, "pm_card_visa").await;
    drop(world.sent());
    watch(&world, 24).await;
    assert_eq!(world.payment_status().await, "authorized");
}

#[tokio::test]
async fn what_nobody_pays_within_a_week_is_given_up() {
    for is_declined in [false, true] {
        let world = World::new().await;
        let (payment, _) = world.payment().await;
        if is_declined {
            world.try_to_confirm(&payment, "pm_card_chargeDeclined").await;
            world.receive_events().await;
        }
        let looks = watch(&world, 7 * 24 - 1).await;
        assert!((10..20).contains(&looks), "{looks}");
        assert_eq!(
            world.try_to_confirm(&payment, "pm_card_chargeDeclined").await,
            402
        );
        world.receive_events().await;
        watch(&world, 8 * 24).await;
        // A late browser finds nothing to pay.
        assert_eq!(world.try_to_confirm(&payment, "pm_card_visa").await, 400);
        world.payment().await;
    }
}

#[tokio::test]
async fn a_buyer_who_never_comes_back_frees_the_order_after_a_day() {
    let world = World::new().await;
    let (payment, _) = world.payment().await;
    world.confirm(&payment, "pm_card_threeDSecure2Required").await;
    for delivery in world.sent() {
        world.deliver(&delivery).await;
    }
    assert!(world.process().await > 0);
    let mut looks = 0;
    for _ in 0..24 * 60 - 1 {
        world.advance(TimeDelta::minutes(1));
        looks += world.service.watch_once().await;
    }
    assert!((5..15).contains(&looks), "{looks}");
    let canceled = |world: &World| {
        let sent = world.sent();
        sent.iter()
            .any(|sent| sent.event_type == "payment_intent.canceled")
    };
    assert!(!canceled(&world));
    for _ in 0..7 {
        world.advance(TimeDelta::hours(1));
        world.service.watch_once().await;
    }
    assert!(canceled(&world));
    world.payment().await;
}

#[tokio::test]
async fn a_replaced_secret_counts_for_a_day_more() {
    let world = World::new().await;
    paste(&world, SECRET).await;
    world.advance(TimeDelta::days(2));
    paste(&world, "whsec_second_one").await;
    for (number, secret) in [SECRET, "whsec_second_one"].into_iter().enumerate() {
        let event = event(&format!("evt_{number}"), "pi_nobodys");
        assert_eq!(send(&world, secret, &event).await, Reception::Kept, "{secret}");
    }
    world.advance(TimeDelta::hours(24));
    let late = event("evt_late", "pi_nobodys");
    assert_eq!(send(&world, SECRET, &late).await, Reception::Refused);
    assert_eq!(send(&world, "whsec_second_one", &late).await, Reception::Kept);
}

#[tokio::test]
async fn nothing_that_is_stored_shows_the_event() {
    let world = World::new().await;
    paste(&world, SECRET).await;
    let mut event = event("evt_1", "pi_nobodys");
    event["data"]["object"]["client_secret"] = "pi_nobodys_secret_swordfish".into();
    send(&world, SECRET, &event).await;
    let files = std::fs::read_dir(world.directory()).unwrap();
    for file in files {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"swordfish"));
    }
}

#[tokio::test]
async fn an_endpoint_that_is_gone_at_the_psp_is_registered_anew() {
    let world = World::new().await;
    let shown =
        async || world.attributes("stripe_gateways", &world.gateway).await["webhook_endpoint_id"].clone();
    let (payment, _) = world.payment().await;
    world.confirm(&payment, "pm_card_visa").await;
    let under_way = world.sent();
    for _ in 0..2 {
        let gone = shown().await;
        assert_eq!(
            world.delete_at_psp(&format!("/v1/webhook_endpoints/{}", gone.as_str().unwrap())),
            200
        );
        let check = json!({"_check": true});
        world
            .update("stripe_gateways", &world.gateway, check.clone())
            .await;
        let present = shown().await;
        assert!(present.is_string() && present != gone, "{gone} {present}");
        // An existing endpoint stays.
        world.update("stripe_gateways", &world.gateway, check).await;
        assert_eq!(shown().await, present);
    }
    // Events under the former secret are still valid.
    assert_eq!(world.deliver(&under_way[0]).await, Reception::Kept);
    world.process().await;
    assert_eq!(world.payment_status().await, "authorized");
    world.capture().await;
    assert!(!world.sent().is_empty(), "the new endpoint is told");
}

#[tokio::test]
async fn an_endpoint_that_can_t_be_asked_for_is_kept() {
    let world = World::new().await;
    let before = world.attributes("stripe_gateways", &world.gateway).await;
    for (status, answers) in [(500, false), (403, true)] {
        let mut fault = Fault::new(FaultKind::Error);
        fault.method = Some("GET".into());
        fault.path_prefix = Some("/v1/webhook_endpoints/".into());
        fault.status = Some(status);
        world.psp.add_fault(fault).unwrap();
        let check = json!({"_check": true});
        let checked = world.try_update("stripe_gateways", &world.gateway, check).await;
        assert_eq!(checked.is_ok(), answers, "{status}: {:?}", checked.err());
        world.psp.clear_faults();
        let after = world.attributes("stripe_gateways", &world.gateway).await;
        assert_eq!(
            after["webhook_endpoint_id"], before["webhook_endpoint_id"],
            "{status}"
        );
    }
}
