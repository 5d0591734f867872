//! `/v1/webhook_endpoints` and `/v1/events`.

use serde_json::json;

use crate::client::{Client, json_of, text};

#[test]
fn an_endpoint_shows_its_secret_once() {
    let client = Client::new();
    let form = "url=https://shop.example/hook&enabled_events[]=payment_intent.succeeded&enabled_events[]=refund.failed\
                &api_version=2025-03-31.basil&description=shop&metadata[a]=b";
    let created = client.stripe_ok("POST", "webhook_endpoints", form);
    assert!(text(&created["secret"]).starts_with("whsec_"));
    assert_eq!(
        (&created["status"], &created["api_version"]),
        (&json!("enabled"), &json!("2025-03-31.basil"))
    );
    let path = format!("webhook_endpoints/{}", text(&created["id"]));
    let read = client.stripe_ok("GET", &path, "");
    assert!(read.get("secret").is_none());
    assert_eq!(
        read["enabled_events"],
        json!(["payment_intent.succeeded", "refund.failed"])
    );
    let updated = client.stripe_ok(
        "POST",
        &path,
        "url=http://shop.example/2&enabled_events[]=*&disabled=true&description=",
    );
    assert_eq!(
        (&updated["url"], &updated["enabled_events"], &updated["status"]),
        (&json!("http://shop.example/2"), &json!(["*"]), &json!("disabled"))
    );
    assert_eq!(
        (&updated["description"], &updated["metadata"]),
        (&json!(null), &json!({ "a": "b" }))
    );
    let list = client.stripe_ok("GET", "webhook_endpoints", "");
    assert_eq!(list["data"], json!([updated]));
    assert_eq!(client.stripe_ok("DELETE", &path, "")["deleted"], true);
    assert_eq!(client.stripe("GET", &path, "").0, 404);
}

#[test]
fn what_an_endpoint_can_t_be_is_refused() {
    let client = Client::new();
    for (form, param) in [
        ("enabled_events[]=*", "url"),
        ("url=https://shop.example", "enabled_events"),
        ("url=shop.example&enabled_events[]=*", "url"),
        ("url=ftp://shop.example&enabled_events[]=*", "url"),
        (
            "url=https://shop.example&enabled_events[]=payment_intent.paid",
            "enabled_events",
        ),
        (
            "url=https://shop.example&enabled_events[]=*&api_version=2020",
            "api_version",
        ),
        (
            "url=https://shop.example&enabled_events[]=*&connect=true",
            "connect",
        ),
        (
            "url=https://shop.example&enabled_events[]=*&secret=whsec_1",
            "secret",
        ),
    ] {
        let (status, body) = client.stripe("POST", "webhook_endpoints", form);
        assert_eq!(
            (status, &body["error"]["param"]),
            (400, &json!(param)),
            "{form}: {body}"
        );
    }
    for index in 0..16 {
        let form = format!("url=https://shop.example/{index}&enabled_events[]=*");
        client.stripe_ok("POST", "webhook_endpoints", &form);
    }
    let form = "url=https://shop.example/17&enabled_events[]=*";
    assert_eq!(client.stripe("POST", "webhook_endpoints", form).0, 400);
}

#[test]
fn an_endpoint_is_told_of_what_it_asked_for_in_its_own_version() {
    let client = Client::new();
    let form = "url=https://shop.example/hook&enabled_events[]=charge.succeeded&api_version=2025-03-31.basil";
    client.stripe_ok("POST", "webhook_endpoints", form);
    client.stripe_payment("pm_card_visa", "");
    let deliveries = client.deliver();
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].event_type, "charge.succeeded");
    assert_eq!(json_of(&deliveries[0])["api_version"], "2025-03-31.basil");
}

#[test]
fn events_can_be_listed_by_type_and_read_again() {
    let client = Client::new();
    client.stripe_endpoint();
    client.stripe_payment("pm_card_visa", "");
    let list = client.stripe_ok(
        "GET",
        "events?types[]=charge.succeeded&types[]=payment_intent.created",
        "",
    );
    let types: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| text(&event["type"]))
        .collect();
    assert_eq!(types, ["charge.succeeded", "payment_intent.created"]);
    let family = client.stripe_ok("GET", "events?type=charge.*", "");
    assert_eq!(family["data"].as_array().unwrap().len(), 1);
    let path = format!("events/{}", text(&list["data"][0]["id"]));
    assert_eq!(client.stripe_ok("GET", &path, "")["pending_webhooks"], 1);
    client.deliver();
    assert_eq!(client.stripe_ok("GET", &path, "")["pending_webhooks"], 0);
    assert_eq!(client.stripe("GET", "events?types[]=charge.eaten", "").0, 400);
    assert_eq!(client.stripe("GET", "events/evt_none", "").0, 404);
}
