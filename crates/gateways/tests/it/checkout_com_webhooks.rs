//! Checkout.com's notifications.

use chrono::DateTime;
use secrecy::SecretString;
use serde_json::{Value, json};
use tillgate_gateways::{ActionKind, EventFault, Gateway, SignatureFault, Subject, WebhookEvent};

use crate::support::checkout_com;

const BODY: &[u8] = b"{\"id\":\"evt_A\",\"object\":\"event\"}\n";
/// `printf '{"id":"evt_A","object":"event"}\n' | openssl dgst -sha256 -hmac cko-key-one`
const FIRST: &str = "2b11dcdc9aab7dc382818590c45a92ebe4d9a06975afa60a39b06bdb6e7ab5b4";
/// The signature of [`BODY`] with an empty secret.
const EMPTY: &str = "652d21cf89699fc2bdab1b7d61b1dc592f12f3aee2682f02d49f924b50024407";

fn verify(secrets: &[&str], signature: Option<&str>, body: &[u8]) -> Result<(), SignatureFault> {
    let secrets: Vec<_> = secrets.iter().copied().map(SecretString::from).collect();
    let header = |name: &str| {
        signature
            .filter(|_| name == "cko-signature")
            .map(ToOwned::to_owned)
    };
    checkout_com().verify_webhook(&secrets, &header, body, DateTime::UNIX_EPOCH)
}

#[test]
fn signatures() {
    assert_eq!(verify(&["cko-key-one"], Some(FIRST), BODY), Ok(()));
    assert_eq!(
        verify(&["cko-key-two", "cko-key-one"], Some(&FIRST.to_uppercase()), BODY),
        Ok(())
    );
    for (secret, body) in [("cko-key-two", BODY), ("cko-key-one", &BODY[1..])] {
        assert_eq!(verify(&[secret], Some(FIRST), body), Err(SignatureFault::Wrong));
    }
    assert_eq!(verify(&[], Some(FIRST), BODY), Err(SignatureFault::Wrong));
    assert_eq!(verify(&[""], Some(EMPTY), BODY), Err(SignatureFault::Wrong));
    assert_eq!(verify(&["cko-key-one"], None, BODY), Err(SignatureFault::Missing));
    for malformed in ["", "xyz", &FIRST[1..], &format!("sha256={FIRST}")] {
        assert_eq!(
            verify(&["cko-key-one"], Some(malformed), BODY),
            Err(SignatureFault::Malformed)
        );
    }
}

fn parse(kind: &str, data: &Value) -> WebhookEvent {
    let body = json!({"id": "evt_a", "source": "gateway", "type": kind, "version": "1.0.29",
        "timestamp": "2026-05-24T09:12:32.357+00:00", "data": data, "_links": {}});
    checkout_com().parse_webhook(body.to_string().as_bytes()).unwrap()
}

fn payment(transaction_id: Option<&str>, action_id: Option<&str>, action: Option<ActionKind>) -> Subject {
    Subject::Payment {
        psp_id: "pay_a".to_owned(),
        transaction_id: transaction_id.map(ToOwned::to_owned),
        action_id: action_id.map(ToOwned::to_owned),
        action,
    }
}

#[test]
fn an_event_leads_to_its_payment() {
    let data = json!({"id": "pay_a", "action_id": "act_x", "reference": "TxnTwoBBBB", "amount": 20,
        "currency": "EUR", "response_code": "10000", "processed_on": "2026-05-24T09:12:27.4695512Z"});
    let event = parse("payment_captured", &data);
    let expected = WebhookEvent {
        id: "evt_a".to_owned(),
        kind: "payment_captured".to_owned(),
        created_at: "2026-05-24T09:12:32.357Z".parse().unwrap(),
        livemode: None,
        subject: payment(Some("TxnTwoBBBB"), Some("act_x"), Some(ActionKind::Capture)),
    };
    assert_eq!(event, expected);
    let with = |action| payment(Some("TxnTwoBBBB"), Some("act_x"), action);
    for (kind, action) in [
        ("payment_approved", None),
        ("payment_declined", None),
        ("payment_expired", None),
        ("payment_new_word", None),
        ("payment_capture_declined", Some(ActionKind::Capture)),
        ("payment_voided", Some(ActionKind::Cancel)),
        ("payment_refunded", Some(ActionKind::Refund)),
        ("payment_refund_declined", Some(ActionKind::Refund)),
    ] {
        assert_eq!(parse(kind, &data).subject, with(action), "{kind}");
    }
    let ours = json!({"id": "pay_a", "reference": "ORD-1", "metadata": {"transaction_id": "TxnOneAAAA"}});
    assert_eq!(
        parse("payment_approved", &ours).subject,
        payment(Some("TxnOneAAAA"), None, None)
    );
    let dispute = json!({"id": "dsp_b", "payment_id": "pay_a"});
    assert_eq!(
        parse("dispute_received", &dispute).subject,
        payment(None, None, None)
    );
    for other in [
        json!({"id": "cus_a"}),
        json!({"id": 1}),
        Value::Null,
        json!({"id": "pay_a?x"}),
    ] {
        assert_eq!(parse("something", &other).subject, Subject::Other, "{other}");
    }
}

#[test]
fn the_time_has_two_names() {
    let body = json!({"id": "evt_a", "type": "x", "created_on": "2026-06-07T08:25:22Z"});
    let event = checkout_com().parse_webhook(body.to_string().as_bytes()).unwrap();
    assert_eq!(
        event.created_at,
        "2026-06-07T08:25:22Z".parse::<DateTime<chrono::Utc>>().unwrap()
    );
    for body in [
        json!({"id": "evt_a", "type": "x"}),
        json!({"id": "evt_a", "type": "x", "timestamp": "soon"}),
    ] {
        let parsed = checkout_com().parse_webhook(body.to_string().as_bytes());
        assert!(matches!(parsed, Err(EventFault::Malformed(_))), "{parsed:?}");
    }
    assert_eq!(
        checkout_com().parse_webhook(&vec![b' '; 1024 * 1024 + 1]),
        Err(EventFault::TooLarge)
    );
}

#[test]
fn webhooks_are_set_up_by_hand() {
    assert_eq!(
        checkout_com().register_webhook("https://pay.example/", "key"),
        None
    );
    assert_eq!(checkout_com().unregister_webhook("we_a"), None);
}
