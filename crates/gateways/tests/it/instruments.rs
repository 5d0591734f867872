//! Customers and saved instruments, at both PSPs.

use serde_json::json;
use tillgate_gateways::{
    CreateCustomer, CustomerOutcome, Gateway, InstrumentOutcome, Method, RefusalKind, Unsupported,
};

use crate::support::{checkout_com, decoded, empty, request, response, stripe};

fn customer() -> CreateCustomer {
    CreateCustomer {
        reference: "GcustOneAA".to_owned(),
        customer_id: "CustomerAA".to_owned(),
        email: "ada+1@example.com".to_owned(),
    }
}

fn kept(customer: &str) -> InstrumentOutcome {
    InstrumentOutcome::Kept {
        customer: customer.to_owned(),
    }
}

#[test]
fn stripe_is_asked_for_a_customer() {
    let made = stripe().create_customer(&customer(), "key").unwrap();
    assert_eq!(
        (made.method, made.url.as_str()),
        (Method::Post, "https://api.stripe.com/v1/customers")
    );
    assert_eq!(made.idempotency_key.as_deref(), Some("key"));
    assert_eq!(
        decoded(&made.body),
        [
            "email=ada+1@example.com",
            "metadata[gateway_customer_id]=GcustOneAA",
            "metadata[customer_id]=CustomerAA"
        ]
    );
    let found = stripe().find_customer(&customer(), Some("cus_last")).unwrap();
    assert_eq!(
        (found.method, found.url.as_str()),
        (
            Method::Get,
            "https://api.stripe.com/v1/customers?email=ada%2B1%40example.com&limit=100&starting_after=cus_last"
        )
    );
}

#[test]
fn a_customer_is_found_by_our_word_for_it() {
    let read = |body| stripe().read_customer("GcustOneAA", &request(Method::Get), &response(200, &body));
    let of = |id: &str, reference: &str| json!({ "id": id, "object": "customer", "metadata": { "gateway_customer_id": reference } });
    let list = |has_more, data| json!({ "object": "list", "has_more": has_more, "data": data });
    let known = CustomerOutcome::Known("cus_B".to_owned());
    assert_eq!(read(of("cus_B", "GcustOneAA")), known);
    let both = json!([of("cus_A", "other"), of("cus_B", "GcustOneAA")]);
    assert_eq!(read(list(true, both)), known);
    assert_eq!(
        read(list(true, json!([of("cus_A", "other")]))),
        CustomerOutcome::More("cus_A".to_owned())
    );
    assert_eq!(read(list(false, json!([]))), CustomerOutcome::NotFound);
    for unreadable in [json!({}), list(true, json!([])), json!({ "object": "customer" })] {
        assert!(
            matches!(read(unreadable.clone()), CustomerOutcome::Unknown(_)),
            "{unreadable}"
        );
    }
}

#[test]
fn checkout_com_makes_customers_by_itself() {
    assert!(checkout_com().create_customer(&customer(), "key").is_none());
    assert!(checkout_com().find_customer(&customer(), None).is_none());
    let attach = checkout_com().attach_instrument("src_A", "cus_B", "key");
    assert!(matches!(attach, Err(Unsupported::Operation(_))));
}

#[test]
fn stripe_attaches_and_detaches() {
    let attach = stripe().attach_instrument("pm_A", "cus_B", "key").unwrap();
    assert_eq!(
        attach.url,
        "https://api.stripe.com/v1/payment_methods/pm_A/attach"
    );
    assert_eq!(
        (attach.body.as_str(), attach.idempotency_key.as_deref()),
        ("customer=cus_B", Some("key"))
    );
    let detach = stripe().remove_instrument("pm_A", "key").unwrap();
    assert_eq!(
        detach.url,
        "https://api.stripe.com/v1/payment_methods/pm_A/detach"
    );
    assert_eq!(
        (detach.method, detach.idempotency_key.as_deref()),
        (Method::Post, Some("key"))
    );
    for id in ["", "pm_A/../x", "pm A"] {
        assert!(matches!(
            stripe().remove_instrument(id, "key"),
            Err(Unsupported::Id)
        ));
        assert!(matches!(stripe().retrieve_instrument(id), Err(Unsupported::Id)));
    }
}

#[test]
fn what_stripe_says_of_a_payment_method() {
    let read = |status, body| stripe().read_instrument(&request(Method::Post), &response(status, &body));
    let method = |customer| json!({ "id": "pm_A", "object": "payment_method", "customer": customer });
    assert_eq!(read(200, method(json!("cus_B"))), kept("cus_B"));
    assert_eq!(read(200, method(json!({ "id": "cus_B" }))), kept("cus_B"));
    assert_eq!(read(200, method(json!(null))), InstrumentOutcome::Gone);
    let error =
        |code: &str| json!({ "error": { "type": "invalid_request_error", "code": code, "message": "m" } });
    assert_eq!(read(404, error("resource_missing")), InstrumentOutcome::Gone);
    for (status, kind) in [
        (400, RefusalKind::InvalidRequest),
        (401, RefusalKind::Credentials),
    ] {
        let refused = read(status, error("x"));
        assert!(
            matches!(&refused, InstrumentOutcome::Refused(refusal) if refusal.kind == kind),
            "{refused:?}"
        );
    }
    for (status, body) in [
        (500, error("x")),
        (200, json!({ "object": "charge" })),
        (404, json!({})),
    ] {
        let unknown = read(status, body);
        assert!(
            matches!(unknown, InstrumentOutcome::Unknown(_)),
            "{status}: {unknown:?}"
        );
    }
}

#[test]
fn what_checkout_com_says_of_an_instrument() {
    let delete = checkout_com().remove_instrument("src_A", "key").unwrap();
    assert_eq!(
        (delete.method, delete.url.as_str()),
        (
            Method::Delete,
            "https://abcd1234.api.sandbox.checkout.com/instruments/src_A"
        )
    );
    assert!(delete.body.is_empty() && delete.is_repeatable());
    let gateway = checkout_com();
    let read = |response| gateway.read_instrument(&delete, &response);
    for status in [204, 404] {
        assert_eq!(read(empty(status)), InstrumentOutcome::Gone);
    }
    let found = json!({ "id": "src_A", "customer": { "id": "cus_B" } });
    assert_eq!(read(response(200, &found)), kept("cus_B"));
    assert!(matches!(read(empty(401)), InstrumentOutcome::Refused(_)));
    for unknown in [empty(502), empty(200), response(200, &json!({}))] {
        assert!(matches!(read(unknown), InstrumentOutcome::Unknown(_)));
    }
}
