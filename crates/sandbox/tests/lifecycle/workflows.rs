//! `/workflows`

use serde_json::{Value, json};

use crate::client::{Client, SIGNATURE_KEY, VISA, text};

fn action() -> Value {
    json!({ "type": "webhook", "url": "https://shop.example/hook" })
}

#[test]
fn a_workflow_lives() {
    let client = Client::new();
    let body = json!({
        "name": "shop",
        "conditions": [
            { "type": "event", "events": { "gateway": ["payment_captured"], "dispute": ["dispute_won"] } },
            { "type": "processing_channel", "processing_channels": ["pc_1"] },
        ],
        "actions": [{
            "type": "webhook", "url": "https://shop.example/hook", "headers": { "Authorization": "shared" },
            "signature": { "method": "HMACSHA256", "key": SIGNATURE_KEY },
        }],
    });
    let (status, created) = client.checkout_com("POST", "workflows", &body);
    assert_eq!(status, 201);
    let id = text(&created["id"]);
    assert!(id.starts_with("wf_"));
    let path = format!("workflows/{id}");
    let (_, read) = client.checkout_com("GET", &path, &Value::Null);
    assert_eq!((&read["name"], &read["active"]), (&json!("shop"), &json!(true)));
    assert_eq!(read["conditions"][0]["events"], body["conditions"][0]["events"]);
    assert_eq!(read["actions"][0]["signature"]["key"], SIGNATURE_KEY);
    client.checkout_com_payment(VISA, 900, json!({}));
    let deliveries = client.deliver();
    assert_eq!(deliveries.len(), 1, "only what the condition lists is told");
    assert_eq!(deliveries[0].event_type, "payment_captured");

    let moved = json!({ "type": "webhook", "url": "https://shop.example/moved" });
    let action_path = format!("{path}/actions/{}", text(&read["actions"][0]["id"]));
    assert_eq!(client.checkout_com("PUT", &action_path, &moved).0, 200);
    client.checkout_com_payment(VISA, 900, json!({}));
    let deliveries = client.deliver();
    assert_eq!(deliveries[0].url, "https://shop.example/moved");
    assert!(
        deliveries[0].headers.get("cko-signature").is_none(),
        "the new action has no key"
    );

    let (_, renamed) = client.checkout_com("PATCH", &path, &json!({ "name": "old shop", "active": false }));
    assert_eq!(renamed, json!({ "name": "old shop", "active": false }));
    client.checkout_com_payment(VISA, 900, json!({}));
    assert!(client.told().is_empty());
    let (_, list) = client.checkout_com("GET", "workflows", &Value::Null);
    assert_eq!(list["data"][0]["id"], id);
    assert_eq!(client.checkout_com("DELETE", &path, &Value::Null).0, 204);
    assert_eq!(client.checkout_com("GET", &path, &Value::Null).0, 404);
}

#[test]
fn what_a_workflow_can_t_be_is_refused() {
    let client = Client::new();
    let with = |member: &str, value: Value| {
        let mut body = json!({ "actions": [action()] });
        body[member] = value;
        body
    };
    let with_action = |member: &str, value: Value| {
        let mut action = action();
        action[member] = value;
        json!({ "actions": [action] })
    };
    for (body, code) in [
        (json!({}), "workflow_actions_required"),
        (with("active", json!("yes")), "workflow_active_invalid"),
        (
            with("conditions", json!([{ "type": "weather" }])),
            "workflow_condition_invalid",
        ),
        (
            with(
                "conditions",
                json!([{ "type": "event", "events": { "gateway": [] } }]),
            ),
            "workflow_condition_invalid",
        ),
        (
            with_action("type", json!("email")),
            "workflow_action_type_invalid",
        ),
        (with_action("url", json!("shop")), "workflow_action_url_invalid"),
        (
            with_action("headers", json!({ "a b": "c" })),
            "workflow_action_headers_invalid",
        ),
        (
            with_action("signature", json!({ "method": "MD5", "key": "k" })),
            "workflow_action_signature_invalid",
        ),
        (
            with_action("signature", json!({ "method": "HMACSHA256", "key": "" })),
            "workflow_action_signature_invalid",
        ),
    ] {
        let (status, answer) = client.checkout_com("POST", "workflows", &body);
        assert_eq!((status, &answer["error_codes"]), (422, &json!([code])), "{body}");
    }
}
