//! Requesting and reading payments.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tillgate_sandbox::checkout_com::CheckoutCom;

use crate::harness::{Harness, INSUFFICIENT_FUNDS, PUBLIC_KEY, PUBLIC_URL, VISA, card, payment, with};

fn is_id(value: &Value, prefix: &str) -> bool {
    let rest = value
        .as_str()
        .and_then(|id| id.strip_prefix(prefix))
        .unwrap_or_default();
    rest.len() == 26 && rest.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

#[test]
fn an_approval_says_who_was_charged_and_what_can_follow() {
    let harness = Harness::new();
    let request = with(
        payment(VISA, 6500),
        json!({ "capture": false, "reference": "ORD-1", "customer": { "email": "a@b.example", "name": "A" },
            "3ds": { "enabled": true }, "metadata": { "order": "x" }, "unheard_of": [1] }),
    );
    let Value::Object(body) = harness.post("/payments", &request).json else {
        panic!("no body")
    };
    assert!(is_id(&body["id"], "pay_") && is_id(&body["action_id"], "act_"));
    assert!(is_id(&body["source"]["id"], "src_") && is_id(&body["customer"]["id"], "cus_"));
    assert_eq!(body["approved"], true);
    assert_eq!(body["status"], "Authorized");
    assert_eq!(body["response_code"], "10000");
    assert_eq!(body["response_summary"], "Approved");
    assert_eq!(body["reference"], "ORD-1");
    assert_eq!(body["customer"]["email"], "a@b.example");
    assert_eq!(body["source"]["scheme"], "Visa");
    assert_eq!(body["source"]["last4"], "4242");
    assert_eq!(body["3ds"], json!({ "downgraded": true, "enrolled": "N" }));
    assert_eq!(body["balances"]["available_to_capture"], 6500);
    let id = body["id"].as_str().unwrap();
    assert_eq!(
        body["_links"]["capture"]["href"],
        format!("{PUBLIC_URL}/payments/{id}/captures")
    );
    assert_eq!(
        body["_links"]["void"]["href"],
        format!("{PUBLIC_URL}/payments/{id}/voids")
    );
    assert!(body["_links"].get("refund").is_none());
}

#[test]
fn a_decline_is_201_without_source_or_follow_up() {
    let harness = Harness::new();
    let reply = harness.post("/payments", &payment(INSUFFICIENT_FUNDS, 6500));
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(reply.json["approved"], false);
    assert_eq!(reply.json["status"], "Declined");
    assert_eq!(reply.json["response_code"], "20051");
    assert!(reply.json["source"].get("id").is_none());
    assert!(reply.json["_links"].get("capture").is_none() && reply.json["_links"].get("void").is_none());
    let id = reply.json["id"].as_str().unwrap();
    harness
        .post(&format!("/payments/{id}/captures"), &Value::Null)
        .assert_empty(StatusCode::FORBIDDEN);
    assert_eq!(harness.balances(id), [0; 7]);
    assert!(harness.sandbox.ledger().is_empty());
}

#[test]
fn every_test_instrument_does_what_it_says() {
    let harness = Harness::new();
    let instruments = CheckoutCom::instruments();
    assert!(instruments.iter().any(|instrument| instrument.id == VISA));
    for instrument in instruments {
        let by_token = instrument.id.starts_with("tok_").then(|| instrument.id.clone());
        let by_number = instrument.card_number.as_ref().map(|number| {
            let fields = with(card(number), json!({ "cvv": Value::Null }));
            let token = harness.call(Method::POST, "/tokens", PUBLIC_KEY, None, &fields);
            assert_eq!(token.status, StatusCode::CREATED, "{number}: {}", token.text);
            token.json["token"].as_str().unwrap().to_owned()
        });
        let expected = match instrument.description.strip_prefix("Declined") {
            None => "10000".to_owned(),
            Some(rest) => rest.trim_start_matches(|c: char| !c.is_ascii_digit())[..5].to_owned(),
        };
        for token in [by_token, by_number].into_iter().flatten() {
            let reply = harness.post("/payments", &payment(&token, 6500));
            assert_eq!(
                reply.json["response_code"], expected,
                "{} {}",
                instrument.id, instrument.description
            );
        }
    }
}

#[test]
fn amount_101_is_declined_on_any_card() {
    let harness = Harness::new();
    assert_eq!(
        harness.post("/payments", &payment(VISA, 101)).json["response_code"],
        "20051"
    );
    assert_eq!(
        harness.post("/payments", &payment(VISA, 102)).json["response_code"],
        "10000"
    );
}

#[test]
fn no_amount_verifies_the_card() {
    let harness = Harness::new();
    let request = json!({ "source": { "type": "token", "token": VISA }, "currency": "USD" });
    let reply = harness.post("/payments", &request);
    assert_eq!(
        (reply.status, &reply.json["status"]),
        (StatusCode::CREATED, &json!("Card Verified"))
    );
    let id = reply.json["id"].as_str().unwrap();
    let actions = harness.get(&format!("/payments/{id}/actions"));
    assert_eq!(actions.json[0]["type"], "Card Verification");
    assert_eq!(actions.json.as_array().unwrap().len(), 1, "nothing to capture");
    harness
        .post(&format!("/payments/{id}/captures"), &Value::Null)
        .assert_empty(StatusCode::FORBIDDEN);
}

#[test]
fn a_kept_card_can_be_charged_by_its_id_and_as_its_owners_default() {
    let harness = Harness::new();
    let first = harness.post("/payments", &payment(VISA, 500)).json;
    let (source, customer) = (first["source"]["id"].clone(), first["customer"]["id"].clone());
    for again in [
        json!({ "type": "id", "id": source }),
        json!({ "type": "customer", "id": customer }),
    ] {
        let reply = harness.post(
            "/payments",
            &json!({ "source": again, "amount": 700, "currency": "USD" }),
        );
        assert_eq!(reply.status, StatusCode::CREATED);
        assert_eq!(
            (&reply.json["source"]["id"], &reply.json["customer"]["id"]),
            (&source, &customer)
        );
    }
}

#[test]
fn the_details_keep_response_codes_inside_actions() {
    let harness = Harness::new();
    let id = harness.authorize(500);
    let details = harness.get(&format!("/payments/{id}")).json;
    assert!(details.get("response_code").is_none());
    assert_eq!(details["actions"][0]["type"], "Authorization");
    assert_eq!(details["actions"][0]["response_code"], "10000");
    assert_eq!(details["payment_type"], "Regular");
    assert_eq!(details["requested_on"], "2030-01-01T10:00:00.000Z");
}

#[test]
fn payments_are_found_by_reference() {
    let harness = Harness::new();
    let mut ids = Vec::new();
    for reference in ["A", "B", "A"] {
        let request = with(
            payment(VISA, 500),
            json!({ "reference": reference, "capture": false }),
        );
        ids.push(harness.post("/payments", &request).json["id"].clone());
    }
    let found = harness.get("/payments?reference=A").json;
    assert_eq!(
        (&found["total_count"], &found["limit"], &found["skip"]),
        (&json!(2), &json!(10), &json!(0))
    );
    assert_eq!(
        (&found["data"][0]["id"], &found["data"][1]["id"]),
        (&ids[2], &ids[0]),
        "newest first"
    );
    let second = harness.get("/payments?reference=A&limit=1&skip=1").json;
    assert_eq!(second["data"].as_array().unwrap().len(), 1);
    assert_eq!(second["data"][0]["id"], ids[0]);
    assert_eq!(harness.get("/payments?reference=none").json["total_count"], 0);
    assert_eq!(harness.get("/payments").error_codes(), ["reference_required"]);
    assert_eq!(
        harness.get("/payments?reference=A&limit=101").error_codes(),
        ["limit_invalid"]
    );
}

#[test]
fn payments_are_found_by_search() {
    let harness = Harness::new();
    let request = with(payment(VISA, 500), json!({ "reference": "A", "capture": false }));
    let id = harness.post("/payments", &request).json["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let count = |query: String| {
        harness.post("/payments/search", &json!({ "query": query })).json["total_count"].clone()
    };
    assert_eq!(count("reference:'A' AND status:'Authorized'".to_owned()), 1);
    assert_eq!(count("reference:'A' AND status:'Captured'".to_owned()), 0);
    assert_eq!(count(format!("id:'{id}'")), 1);
    for query in [
        "",
        "amount:'1'",
        "reference:A",
        "status:'Authorized'",
        "reference:'A' OR id:'x'",
    ] {
        let reply = harness.post("/payments/search", &json!({ "query": query }));
        assert_eq!(reply.error_codes(), ["query_invalid"], "{query}");
    }
}

#[test]
fn each_bad_member_has_its_code_and_nothing_is_charged() {
    let harness = Harness::new();
    let token = |token: Value| json!({ "source": { "type": "token", "token": token } });
    for (change, code) in [
        (json!({ "source": Value::Null }), "payment_source_required"),
        (json!({ "source": "tok" }), "payment_source_invalid"),
        (json!({ "source": {} }), "payment_source_type_required"),
        (
            json!({ "source": { "type": "cash" } }),
            "payment_source_type_invalid",
        ),
        (token(Value::Null), "token_required"),
        (token(json!(7)), "token_invalid"),
        (token(json!("tok_aaaaaaaaaaaaaaaaaaaaaaaaaa")), "token_invalid"),
        (
            json!({ "source": { "type": "id", "id": "src_short" } }),
            "source_id_invalid",
        ),
        (
            json!({ "source": { "type": "id", "id": "src_aaaaaaaaaaaaaaaaaaaaaaaaaa" } }),
            "source_id_unknown",
        ),
        (
            json!({ "source": { "type": "customer", "id": "x" } }),
            "customer_id_invalid",
        ),
        (
            json!({ "source": { "type": "customer", "id": "cus_aaaaaaaaaaaaaaaaaaaaaaaaaa" } }),
            "customer_not_found",
        ),
        (json!({ "amount": "500" }), "amount_invalid"),
        (json!({ "amount": 5.5 }), "amount_invalid"),
        (json!({ "amount": -5 }), "amount_invalid"),
        (json!({ "amount": 10_000_000_000_u64 }), "amount_invalid"),
        (json!({ "amount": 12_345, "currency": "BHD" }), "amount_invalid"),
        (json!({ "currency": Value::Null }), "currency_required"),
        (json!({ "currency": "usd" }), "currency_invalid"),
        (json!({ "currency": 840 }), "currency_invalid"),
        (json!({ "capture": "false" }), "capture_invalid"),
        (json!({ "capture_on": "tomorrow" }), "capture_on_invalid"),
        (json!({ "reference": "r".repeat(81) }), "reference_invalid"),
        (json!({ "payment_type": "regular" }), "payment_type_invalid"),
        (
            json!({ "processing_channel_id": "pc_short" }),
            "processing_channel_id_invalid",
        ),
        (json!({ "3ds": { "enabled": "yes" } }), "3ds_enabled_invalid"),
        (
            json!({ "success_url": "ftp://shop.example" }),
            "success_url_invalid",
        ),
        (
            json!({ "failure_url": "https://shop.example;x/" }),
            "failure_url_invalid",
        ),
        (
            json!({ "customer": { "id": "cus_aaaaaaaaaaaaaaaaaaaaaaaaaa" } }),
            "customer_not_found",
        ),
        (
            json!({ "customer": { "email": "nobody" } }),
            "customer_email_invalid",
        ),
        (json!({ "metadata": { "a": {} } }), "metadata_value_invalid"),
        (
            json!({ "metadata": (0..21).map(|i| (i.to_string(), json!(i))).collect::<Value>() }),
            "metadata_key_invalid",
        ),
    ] {
        let reply = harness.post("/payments", &with(payment(VISA, 500), change.clone()));
        assert_eq!(reply.error_codes(), [code], "{change}");
    }
    assert!(harness.sandbox.ledger().is_empty());
}
