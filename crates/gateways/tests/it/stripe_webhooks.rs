//! Stripe's notifications: signatures, events, and the subscription to them.

use chrono::DateTime;
use proptest::{arbitrary::any, collection::vec, prop_assert, proptest};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tillgate_gateways::{
    ActionKind, EndpointOutcome, EventFault, Gateway, Method, RefusalKind, RegistrationOutcome,
    SignatureFault, Subject, WebhookEvent,
};

use crate::support::{decoded, empty, request, response, stripe};

const BODY: &[u8] = b"{\"id\":\"evt_A\",\"object\":\"event\"}\n";
const TIME: i64 = 1_750_000_000;
/// `printf '1750000000.{"id":"evt_A","object":"event"}\n' | openssl dgst -sha256 -hmac whsec_first`
const FIRST: &str = "b764fdacbfd3ade62a597df930ef9a2857be753f54d5e753815a3a9298378d72";
/// The signature of [`BODY`] at [`TIME`] with `whsec_second`.
const SECOND: &str = "6a24bb6c0f8a5d8371537525044dfb52dc41a2b1da1b2a81df41e17ac26adfda";
/// The signature of [`BODY`] at [`TIME`] with an empty secret.
const EMPTY: &str = "71096dae1815556c6ca7c0425d6aadc79444e57e78cef7ee323e323ec2ab6dc0";

fn verify(secrets: &[&str], signature: &str, body: &[u8], seconds_later: i64) -> Result<(), SignatureFault> {
    let secrets: Vec<_> = secrets.iter().copied().map(SecretString::from).collect();
    let header = |name: &str| (name == "stripe-signature").then(|| signature.to_owned());
    let now = DateTime::from_timestamp(TIME + seconds_later, 0).unwrap();
    stripe().verify_webhook(&secrets, &header, body, now)
}

#[test]
fn a_signature_of_any_valid_secret_is_taken() {
    let signature = format!("t={TIME},v1={FIRST}");
    assert_eq!(verify(&["whsec_first"], &signature, BODY, 0), Ok(()));
    assert_eq!(
        verify(&["whsec_second", "whsec_first"], &signature, BODY, 0),
        Ok(())
    );
    let rolled = format!("t={TIME},v1={SECOND},v1={FIRST},v0=00");
    assert_eq!(verify(&["whsec_first"], &rolled, BODY, 0), Ok(()));
    assert_eq!(verify(&["whsec_second"], &rolled, BODY, 0), Ok(()));
    assert_eq!(
        verify(&["whsec_first"], &format!("v1={FIRST}, t={TIME}"), BODY, 0),
        Ok(())
    );
}

#[test]
fn everything_that_is_signed_counts() {
    let wrong = |secrets: &[&str], signature: &str, body: &[u8]| {
        assert_eq!(
            verify(secrets, signature, body, 0),
            Err(SignatureFault::Wrong),
            "{signature}"
        );
    };
    let signature = format!("t={TIME},v1={FIRST}");
    wrong(&["whsec_second"], &signature, BODY);
    wrong(&[], &signature, BODY);
    wrong(&["whsec_first"], &signature, BODY.trim_ascii_end());
    wrong(&["whsec_first"], &format!("t={},v1={FIRST}", TIME + 1), BODY);
    wrong(
        &["whsec_first"],
        &format!("t={TIME},v1={}", FIRST.replace('7', "8")),
        BODY,
    );
    wrong(&[""], &format!("t={TIME},v1={EMPTY}"), BODY);
}

#[test]
fn a_signature_holds_for_five_minutes_either_way() {
    let at = |later: i64| verify(&["whsec_first"], &format!("t={TIME},v1={FIRST}"), BODY, later);
    for within in [-300, 0, 300] {
        assert_eq!(at(within), Ok(()), "{within}");
    }
    for beyond in [-301, 301, 1_000_000] {
        assert_eq!(at(beyond), Err(SignatureFault::TooOld), "{beyond}");
    }
    let forged = format!("t={TIME},v1={SECOND}");
    assert_eq!(
        verify(&["whsec_first"], &forged, BODY, 301),
        Err(SignatureFault::Wrong)
    );
}

#[test]
fn what_is_no_signature() {
    let now = DateTime::from_timestamp(TIME, 0).unwrap();
    let secrets = [SecretString::from("whsec_first")];
    assert_eq!(
        stripe().verify_webhook(&secrets, &|_| None, BODY, now),
        Err(SignatureFault::Missing)
    );
    let long = format!("t={TIME},v1={FIRST}{}", ",v0=00".repeat(1000));
    for malformed in [
        "",
        "nonsense",
        &format!("t={TIME}"),
        &format!("v1={FIRST}"),
        &format!("t=now,v1={FIRST}"),
        &format!("t={TIME},v0={FIRST}"),
        &format!("t={TIME},v1={}", &FIRST[2..]),
        &format!("t={TIME},v1=xyz"),
        &long,
    ] {
        assert_eq!(
            verify(&["whsec_first"], malformed, BODY, 0),
            Err(SignatureFault::Malformed),
            "{malformed}"
        );
    }
}

fn parse(kind: &str, object: &Value) -> WebhookEvent {
    let body = json!({"id": "evt_A", "object": "event", "api_version": "2026-07-29.dahlia", "created": TIME,
        "livemode": false, "pending_webhooks": 1, "type": kind, "data": {"object": object}, "request": null});
    stripe().parse_webhook(body.to_string().as_bytes()).unwrap()
}

fn payment(transaction_id: Option<&str>, action_id: Option<&str>, action: Option<ActionKind>) -> Subject {
    Subject::Payment {
        psp_id: "pi_A".to_owned(),
        transaction_id: transaction_id.map(ToOwned::to_owned),
        action_id: action_id.map(ToOwned::to_owned),
        action,
    }
}

#[test]
fn an_event_leads_to_its_payment() {
    let metadata = json!({"transaction_id": "TxnOneAAAA"});
    let intent =
        json!({"id": "pi_A", "object": "payment_intent", "status": "succeeded", "metadata": metadata});
    let event = parse("payment_intent.succeeded", &intent);
    let expected = WebhookEvent {
        id: "evt_A".to_owned(),
        kind: "payment_intent.succeeded".to_owned(),
        created_at: DateTime::from_timestamp(TIME, 0).unwrap(),
        livemode: Some(false),
        subject: payment(Some("TxnOneAAAA"), None, None),
    };
    assert_eq!(event, expected);
    let charge = json!({"id": "ch_D", "object": "charge", "payment_intent": "pi_A", "metadata": {}});
    let refund =
        json!({"id": "re_E", "object": "refund", "payment_intent": {"id": "pi_A"}, "metadata": metadata});
    let dispute = json!({"id": "dp_F", "object": "dispute", "payment_intent": "pi_A"});
    for (kind, object, subject) in [
        (
            "payment_intent.canceled",
            &intent,
            payment(Some("TxnOneAAAA"), None, Some(ActionKind::Cancel)),
        ),
        (
            "payment_intent.new_word",
            &intent,
            payment(Some("TxnOneAAAA"), None, None),
        ),
        (
            "charge.captured",
            &charge,
            payment(None, Some("ch_D"), Some(ActionKind::Capture)),
        ),
        ("charge.refunded", &charge, payment(None, None, None)),
        (
            "refund.failed",
            &refund,
            payment(Some("TxnOneAAAA"), Some("re_E"), Some(ActionKind::Refund)),
        ),
        ("charge.dispute.created", &dispute, payment(None, None, None)),
        (
            "customer.created",
            &json!({"id": "cus_A", "object": "customer"}),
            Subject::Other,
        ),
        (
            "charge.succeeded",
            &json!({"id": "ch_D", "object": "charge", "payment_intent": null}),
            Subject::Other,
        ),
        (
            "payment_intent.created",
            &json!({"id": "../pi_A", "object": "payment_intent"}),
            Subject::Other,
        ),
        ("thing.created", &Value::Null, Subject::Other),
    ] {
        assert_eq!(parse(kind, object).subject, subject, "{kind}");
    }
}

#[test]
fn what_is_no_event() {
    let malformed = |body: &str| {
        matches!(
            stripe().parse_webhook(body.as_bytes()),
            Err(EventFault::Malformed(_))
        )
    };
    for body in [
        "",
        "[]",
        "{}",
        r#"{"id": "evt_A", "type": "x", "created": 1}"#,
        r#"{"id": "", "type": "x", "created": 1, "data": {"object": {}}}"#,
        r#"{"id": "evt_A", "type": "x", "created": 9223372036854775807, "data": {"object": {}}}"#,
    ] {
        assert!(malformed(body), "{body}");
    }
    let deep = format!(
        r#"{{"id":"evt_A","type":"x","created":1,"data":{{"object":{}"#,
        "[".repeat(100_000)
    );
    assert!(malformed(&deep));
    assert!(malformed(
        &json!({"id": "e".repeat(256), "type": "x", "created": 1, "data": {"object": {}}}).to_string()
    ));
    assert_eq!(
        stripe().parse_webhook(&vec![b' '; 1024 * 1024 + 1]),
        Err(EventFault::TooLarge)
    );
}

proptest! {
    #[test]
    fn nothing_that_arrives_breaks_it(signature in ".{0,80}", body in vec(any::<u8>(), 0..200)) {
        prop_assert!(verify(&["whsec_first"], &signature, &body, 0).is_err());
        let of_another_body = format!("t={TIME},v1={FIRST}");
        prop_assert!(verify(&["whsec_first"], &of_another_body, &body, 0).is_err());
        prop_assert!(stripe().parse_webhook(&body).is_err());
    }
}

#[test]
fn an_endpoint_is_registered_for_what_is_needed() {
    let gateway = stripe();
    let registration = gateway
        .register_webhook("https://pay.example/webhook?a=b", "key")
        .unwrap();
    assert_eq!(registration.url, "https://api.stripe.com/v1/webhook_endpoints");
    assert_eq!(registration.idempotency_key.as_deref(), Some("key"));
    let expected: Vec<String> = "url=https://pay.example/webhook?a=b api_version=2026-07-29.dahlia
        enabled_events[]=payment_intent.processing enabled_events[]=payment_intent.requires_action
        enabled_events[]=payment_intent.amount_capturable_updated enabled_events[]=payment_intent.succeeded
        enabled_events[]=payment_intent.payment_failed enabled_events[]=payment_intent.canceled
        enabled_events[]=charge.captured enabled_events[]=refund.created enabled_events[]=refund.updated
        enabled_events[]=refund.failed"
        .split_whitespace()
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(decoded(&registration.body), expected);

    let read =
        |status, body: &Value| gateway.read_webhook_registration(&registration, &response(status, body));
    let endpoint =
        json!({"id": "we_A", "object": "webhook_endpoint", "secret": "whsec_first", "status": "enabled"});
    let RegistrationOutcome::Registered(registered) = read(200, &endpoint) else {
        panic!("not registered")
    };
    assert_eq!(
        (registered.id.as_str(), registered.secret.expose_secret()),
        ("we_A", "whsec_first")
    );
    assert!(!format!("{registered:?}").contains("whsec"));
    let without_secret = json!({"id": "we_A", "object": "webhook_endpoint"});
    assert!(matches!(
        read(200, &without_secret),
        RegistrationOutcome::Unknown(_)
    ));
    let error =
        json!({"error": {"type": "invalid_request_error", "param": "url", "message": "Not a valid URL"}});
    assert!(matches!(
        read(400, &error),
        RegistrationOutcome::Refused(refusal) if refusal.kind == RefusalKind::InvalidRequest
    ));
    assert!(matches!(read(500, &json!({})), RegistrationOutcome::Unknown(_)));
}

#[test]
fn an_endpoint_is_removed_once_and_for_all() {
    let gateway = stripe();
    let removal = gateway.unregister_webhook("we_A").unwrap();
    assert_eq!(removal.url, "https://api.stripe.com/v1/webhook_endpoints/we_A");
    assert!(removal.method == Method::Delete && removal.is_repeatable());
    assert_eq!(gateway.unregister_webhook("we_A/../x"), None);
    let read = |response| gateway.read_webhook(&request(Method::Delete), &response);
    let missing = json!({"error": {"type": "invalid_request_error", "code": "resource_missing"}});
    for gone in [
        response(200, &json!({"id": "we_A", "deleted": true})),
        response(404, &missing),
    ] {
        assert!(matches!(read(gone), EndpointOutcome::Gone));
    }
    let forbidden = json!({"error": {"type": "invalid_request_error", "message": "No permission"}});
    assert!(matches!(
        read(response(403, &forbidden)),
        EndpointOutcome::Refused(_)
    ));
    for unknown in [empty(404), empty(503)] {
        assert!(matches!(read(unknown), EndpointOutcome::Unknown(_)));
    }
}

#[test]
fn a_missing_endpoint_differs_from_an_unreadable_one() {
    let gateway = stripe();
    let question = gateway.retrieve_webhook("we_A").unwrap();
    assert_eq!(question.method, Method::Get);
    assert_eq!(gateway.retrieve_webhook("we_A/../x"), None);
    let read = |response| gateway.read_webhook(&question, &response);
    let endpoint = json!({"id": "we_A", "object": "webhook_endpoint", "status": "enabled"});
    assert!(matches!(read(response(200, &endpoint)), EndpointOutcome::Present));
    let missing = json!({"error": {"type": "invalid_request_error", "code": "resource_missing"}});
    assert!(matches!(read(response(404, &missing)), EndpointOutcome::Gone));
    let forbidden = json!({"error": {"type": "invalid_request_error", "message": "No permission"}});
    assert!(matches!(
        read(response(403, &forbidden)),
        EndpointOutcome::Refused(_)
    ));
    for unknown in [empty(404), empty(503)] {
        assert!(matches!(read(unknown), EndpointOutcome::Unknown(_)));
    }
}
