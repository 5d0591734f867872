//! Requests to Checkout.com.

use chrono::DateTime;
use serde_json::{Value, json};
use tillgate_gateways::{
    CaptureMethod, CapturePayment, ConfirmPayment, CreatePayment, FindPayment, Gateway, GatewaySettings,
    Instrument, Method, RefundPayment, SetupFutureUsage, Unsupported, checkout_com::CheckoutCom,
};

use crate::support::{checkout_com, money, payment, reference};

const BASE: &str = "https://abcd1234.api.sandbox.checkout.com";

fn args() -> CreatePayment {
    CreatePayment {
        confirm: true,
        instrument: Some(Instrument::Token("tok_4gze".to_owned())),
        ..payment(money(6500, "USD"))
    }
}

fn body(args: &CreatePayment) -> Value {
    serde_json::from_str(&checkout_com().create_payment(args, "key").unwrap().body).unwrap()
}

#[test]
fn a_payment_is_sent_byte_for_byte() {
    let args = CreatePayment {
        return_url: Some("https://shop.example/back".to_owned()),
        failure_url: Some("https://shop.example/ko".to_owned()),
        customer_email: Some("a@b.example".to_owned()),
        three_d_secure: true,
        ..args()
    };
    let request = checkout_com().create_payment(&args, "att_91:authorize").unwrap();
    assert_eq!(
        (request.method, request.url.as_str()),
        (Method::Post, format!("{BASE}/payments").as_str())
    );
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        header("Content-Type", "application/json"),
        header("Cko-Idempotency-Key", "att_91:authorize"),
    ];
    assert_eq!(request.headers, expected);
    assert_eq!(
        request.body,
        concat!(
            r#"{"source":{"type":"token","token":"tok_4gze"},"amount":6500,"currency":"USD","capture":false,"#,
            r#""reference":"TxnOneAAAA","processing_channel_id":"pc_channel","3ds":{"enabled":true},"#,
            r#""customer":{"email":"a@b.example"},"success_url":"https://shop.example/back","#,
            r#""failure_url":"https://shop.example/ko","#,
            r#""metadata":{"transaction_id":"TxnOneAAAA","order_id":"QWERtyUpBa"}}"#
        )
    );
}

#[test]
fn sources() {
    let saved = Instrument::Saved {
        id: "src_A".to_owned(),
        customer: Some("cus_A".to_owned()),
    };
    for (instrument, source, customer) in [
        (
            Instrument::Token("src_A".to_owned()),
            json!({"type": "id", "id": "src_A"}),
            Value::Null,
        ),
        (
            saved,
            json!({"type": "id", "id": "src_A"}),
            json!({"id": "cus_A"}),
        ),
        (
            Instrument::Customer("cus_B".to_owned()),
            json!({"type": "customer", "id": "cus_B"}),
            Value::Null,
        ),
    ] {
        let body = body(&CreatePayment {
            instrument: Some(instrument),
            ..args()
        });
        assert_eq!((&body["source"], &body["customer"]), (&source, &customer));
    }
}

#[test]
fn options() {
    let body = body(&CreatePayment {
        capture: CaptureMethod::Automatic,
        setup_future_usage: Some(SetupFutureUsage::OnSession),
        order_number: Some("1001".to_owned()),
        description: Some("ü".repeat(150)),
        ..args()
    });
    assert_eq!(body["capture"], true);
    assert_eq!(body["source"]["store_for_future_use"], true);
    assert_eq!(body["metadata"]["order_number"], "1001");
    assert_eq!(body["description"].as_str().unwrap().chars().count(), 100);
    assert_eq!(body["3ds"]["enabled"], false);
}

#[test]
fn a_buyer_who_is_away() {
    let saved = Instrument::Saved {
        id: "src_A".to_owned(),
        customer: Some("cus_B".to_owned()),
    };
    let body = body(&CreatePayment {
        off_session: true,
        first_payment: Some("pay_first".to_owned()),
        instrument: Some(saved),
        ..args()
    });
    assert_eq!(body["merchant_initiated"], true);
    assert_eq!(body["payment_type"], "Unscheduled");
    assert_eq!(body["previous_payment_id"], "pay_first");
    assert_eq!(body["3ds"]["enabled"], false);
    let present = self::body(&args());
    assert!(present.get("merchant_initiated").is_none() && present.get("payment_type").is_none());
}

#[test]
fn an_order_by_mail_or_telephone() {
    for instrument in [
        Instrument::Token("tok_4gze".to_owned()),
        Instrument::Saved {
            id: "src_A".to_owned(),
            customer: None,
        },
    ] {
        let body = body(&CreatePayment {
            moto: true,
            instrument: Some(instrument),
            ..args()
        });
        assert_eq!(body["payment_type"], "MOTO");
        assert!(body.get("merchant_initiated").is_none());
    }
}

#[test]
fn what_cannot_be_asked_for() {
    let gateway = checkout_com();
    let unsupported = |args: &CreatePayment| gateway.create_payment(args, "k").unwrap_err();
    let operation = |error: &Unsupported| matches!(error, Unsupported::Operation(_));
    assert!(operation(&unsupported(&CreatePayment {
        confirm: false,
        ..args()
    })));
    let fresh = Some(Instrument::Token("tok_A".to_owned()));
    assert!(matches!(
        unsupported(&CreatePayment {
            off_session: true,
            instrument: fresh,
            ..args()
        }),
        Unsupported::Instrument(_)
    ));
    assert!(operation(
        &gateway
            .confirm_payment("pay_a", &ConfirmPayment::default(), "k")
            .unwrap_err()
    ));
    let instrument = |instrument: Option<&str>| {
        let instrument = instrument.map(|token| Instrument::Token(token.to_owned()));
        matches!(
            unsupported(&CreatePayment { instrument, ..args() }),
            Unsupported::Instrument(_)
        )
    };
    assert!(instrument(None) && instrument(Some("pm_card_visa")) && instrument(Some("4242424242424242")));
}

#[test]
fn operations_on_a_payment() {
    let gateway = checkout_com();
    let capture = |amount, is_final| CapturePayment {
        reference: reference(),
        amount,
        is_final,
    };
    let refund = RefundPayment {
        reference: reference(),
        amount: money(500, "USD"),
    };
    let ours =
        r#""reference":"TxnTwoBBBB","metadata":{"transaction_id":"TxnTwoBBBB","order_id":"QWERtyUpBa"}}"#;
    for (request, operation, start) in [
        (
            gateway.capture("pay_a", &capture(Some(money(100, "USD")), false), "k"),
            "captures",
            r#"{"amount":100,"capture_type":"NonFinal","#,
        ),
        (
            gateway.capture("pay_a", &capture(None, true), "k"),
            "captures",
            r#"{"capture_type":"Final","#,
        ),
        (gateway.cancel("pay_a", &reference(), "k"), "voids", "{"),
        (
            gateway.refund("pay_a", &refund, "k"),
            "refunds",
            r#"{"amount":500,"#,
        ),
    ] {
        let request = request.unwrap();
        assert_eq!(request.url, format!("{BASE}/payments/pay_a/{operation}"));
        assert_eq!(request.body, format!("{start}{ours}"));
        assert_eq!(request.idempotency_key.as_deref(), Some("k"));
    }
}

#[test]
fn queries() {
    let gateway = checkout_com();
    let search = FindPayment {
        transaction_id: "Txn One".to_owned(),
        created_after: DateTime::UNIX_EPOCH,
        cursor: None,
    };
    for (request, path) in [
        (gateway.retrieve_payment("pay_a").unwrap(), "/payments/pay_a"),
        (
            gateway.retrieve_payment("sid_y3oq").unwrap(),
            "/payments/sid_y3oq",
        ),
        (
            gateway.list_actions("pay_a", None).unwrap(),
            "/payments/pay_a/actions",
        ),
        (
            gateway.find_payment(&search),
            "/payments?reference=Txn+One&limit=10",
        ),
        (
            gateway.check_credentials(),
            "/payments?reference=credentials-check&limit=10",
        ),
    ] {
        assert_eq!(
            (request.method, request.url),
            (Method::Get, format!("{BASE}{path}"))
        );
        assert!(request.headers.is_empty() && request.body.is_empty() && request.idempotency_key.is_none());
    }
    assert_eq!(
        gateway.retrieve_payment("sid_a/../../workflows"),
        Err(Unsupported::Id)
    );
    let plain = CheckoutCom::new(GatewaySettings::default())
        .retrieve_payment("pay_a")
        .unwrap();
    assert_eq!(plain.url, "https://api.checkout.com/payments/pay_a");
}
