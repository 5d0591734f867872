//! Requests to Stripe.

use chrono::DateTime;
use tillgate_gateways::{
    CaptureMethod, CapturePayment, ConfirmPayment, CreatePayment, FindPayment, Gateway, GatewaySettings,
    Instrument, Method, RefundPayment, SetupFutureUsage, Unsupported, UpdatePayment, stripe::Stripe,
};
use url::Url;

use crate::support::{decoded, money, payment, reference, stripe};

fn pairs(names_and_values: &str) -> Vec<String> {
    names_and_values
        .split_whitespace()
        .map(ToOwned::to_owned)
        .collect()
}

fn create(change: impl FnOnce(&mut CreatePayment)) -> Result<Vec<String>, Unsupported> {
    let mut args = payment(money(2000, "EUR"));
    change(&mut args);
    stripe()
        .create_payment(&args, "key")
        .map(|request| decoded(&request.body))
}

#[test]
fn a_creation_is_sent_byte_for_byte() {
    let request = stripe()
        .create_payment(&payment(money(2000, "EUR")), "att_91:authorize")
        .unwrap();
    assert_eq!(request.method, Method::Post);
    assert_eq!(request.url, "https://api.stripe.com/v1/payment_intents");
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        header("Stripe-Version", "2026-07-29.dahlia"),
        header("Content-Type", "application/x-www-form-urlencoded"),
        header("Idempotency-Key", "att_91:authorize"),
    ];
    assert_eq!(request.headers, expected);
    assert_eq!(request.idempotency_key.as_deref(), Some("att_91:authorize"));
    assert_eq!(
        request.body,
        "amount=2000&currency=eur&capture_method=manual&payment_method_types%5B%5D=card\
         &metadata%5Btransaction_id%5D=TxnOneAAAA&metadata%5Border_id%5D=QWERtyUpBa\
         &expand%5B%5D=latest_charge&expand%5B%5D=payment_method"
    );
}

#[test]
fn a_legacy_token_becomes_payment_method_data() {
    let body = create(|args| {
        args.confirm = true;
        args.capture = CaptureMethod::Automatic;
        args.instrument = Some(Instrument::Token("tok_visa".to_owned()));
        args.return_url = Some("https://shop.example/back?a=b&c".to_owned());
        args.order_number = Some("1001".to_owned());
        args.three_d_secure = true;
    });
    let expected = pairs(
        "amount=2000 currency=eur capture_method=automatic confirm=true payment_method_types[]=card
         payment_method_data[type]=card payment_method_data[card][token]=tok_visa
         return_url=https://shop.example/back?a=b&c payment_method_options[card][request_three_d_secure]=any
         metadata[transaction_id]=TxnOneAAAA metadata[order_id]=QWERtyUpBa metadata[order_number]=1001
         expand[]=latest_charge expand[]=payment_method",
    );
    assert_eq!(body.unwrap(), expected);
}

#[test]
fn a_saved_instrument_goes_with_its_customer() {
    let body = create(|args| {
        args.confirm = true;
        args.off_session = true;
        args.instrument = Some(Instrument::Saved {
            id: "pm_C".to_owned(),
            customer: Some("cus_owner".to_owned()),
        });
        args.psp_customer = Some("cus_other".to_owned());
        args.setup_future_usage = Some(SetupFutureUsage::OffSession);
    })
    .unwrap();
    for expected in [
        "customer=cus_owner",
        "payment_method=pm_C",
        "setup_future_usage=off_session",
        "off_session=true",
    ] {
        assert!(body.contains(&expected.to_owned()), "{expected} in {body:?}");
    }
    assert!(!body.iter().any(|pair| pair.contains("cus_other")));
}

#[test]
fn legacy_cards_and_sources_pass_for_payment_methods() {
    for id in ["pm_card_visa", "src_legacy", "card_legacy"] {
        let body = create(|args| args.instrument = Some(Instrument::Token(id.to_owned()))).unwrap();
        assert!(body.contains(&format!("payment_method={id}")), "{body:?}");
        assert!(!body.iter().any(|pair| pair.starts_with("payment_method_data")));
    }
}

#[test]
fn what_belongs_to_a_confirmation_is_not_sent_without_one() {
    let body = create(|args| {
        args.off_session = true;
        args.return_url = Some("https://shop.example/".to_owned());
    })
    .unwrap();
    assert!(
        !body
            .iter()
            .any(|pair| pair.starts_with("off_session") || pair.starts_with("return_url")),
        "{body:?}"
    );
}

#[test]
fn a_customer_alone_is_no_instrument() {
    let refused = create(|args| args.instrument = Some(Instrument::Customer("cus_A".to_owned())));
    assert!(matches!(refused, Err(Unsupported::Instrument(_))), "{refused:?}");
}

#[test]
fn operations_on_a_payment() {
    let gateway = stripe();
    let update = UpdatePayment {
        transaction_id: "TxnOneAAAA".to_owned(),
        order_id: "QWERtyUpBa".to_owned(),
        amount: Some(money(500, "JPY")),
        instrument: None,
        psp_customer: Some("cus_A".to_owned()),
        setup_future_usage: None,
        receipt_email: Some("a@b.example".to_owned()),
        description: None,
    };
    let confirm = ConfirmPayment {
        instrument: Some(Instrument::Saved {
            id: "pm_C".to_owned(),
            customer: Some("cus_A".to_owned()),
        }),
        return_url: Some("https://shop.example/".to_owned()),
        ..ConfirmPayment::default()
    };
    let capture = |amount, is_final| CapturePayment {
        reference: reference(),
        amount,
        is_final,
    };
    let refund = RefundPayment {
        reference: reference(),
        amount: money(500, "EUR"),
    };
    let expand = "expand[]=latest_charge expand[]=payment_method";
    let captured = format!("metadata[capture_transaction_id]=TxnTwoBBBB {expand}");
    for (request, path, body) in [
        (
            gateway.update_payment("pi_A", &update, "k"),
            "/v1/payment_intents/pi_A",
            format!(
                "amount=500 currency=jpy customer=cus_A receipt_email=a@b.example
                 metadata[transaction_id]=TxnOneAAAA metadata[order_id]=QWERtyUpBa {expand}"
            ),
        ),
        (
            gateway.confirm_payment("pi_A", &confirm, "k"),
            "/v1/payment_intents/pi_A/confirm",
            format!("payment_method=pm_C return_url=https://shop.example/ {expand}"),
        ),
        (
            gateway.capture("pi_A", &capture(Some(money(1500, "EUR")), false), "k"),
            "/v1/payment_intents/pi_A/capture",
            format!("amount_to_capture=1500 {captured}"),
        ),
        (
            gateway
                .clone()
                .with_multicapture(true)
                .capture("pi_A", &capture(Some(money(1500, "EUR")), false), "k"),
            "/v1/payment_intents/pi_A/capture",
            format!("amount_to_capture=1500 final_capture=false {captured}"),
        ),
        (
            gateway
                .clone()
                .with_multicapture(true)
                .capture("pi_A", &capture(Some(money(1500, "EUR")), true), "k"),
            "/v1/payment_intents/pi_A/capture",
            format!("amount_to_capture=1500 {captured}"),
        ),
        (gateway.capture("pi_A", &capture(None, true), "k"), "/v1/payment_intents/pi_A/capture", captured.clone()),
        (
            gateway.cancel("pi_A", &reference(), "k"),
            "/v1/payment_intents/pi_A/cancel",
            expand.to_owned(),
        ),
        (
            gateway.refund("pi_A", &refund, "k"),
            "/v1/refunds",
            "payment_intent=pi_A amount=500 metadata[transaction_id]=TxnTwoBBBB metadata[order_id]=QWERtyUpBa"
                .to_owned(),
        ),
    ] {
        let request = request.unwrap();
        assert_eq!(request.url, format!("https://api.stripe.com{path}"));
        assert_eq!(decoded(&request.body), pairs(&body), "{path}");
        assert_eq!(request.idempotency_key.as_deref(), Some("k"));
    }
}

#[test]
fn queries() {
    let gateway = Stripe::new(GatewaySettings {
        base_url: Some(Url::parse("http://127.0.0.1:8081/stripe/").unwrap()),
        api_version: Some("2026-06-24.dahlia".to_owned()),
        connected_account: Some("acct_X".to_owned()),
        ..GatewaySettings::default()
    });
    let base = "http://127.0.0.1:8081/stripe/v1";
    let expand = "expand%5B%5D=latest_charge&expand%5B%5D=payment_method";
    let search = FindPayment {
        transaction_id: "TxnOneAAAA".to_owned(),
        created_after: DateTime::from_timestamp(1_790_000_000, 999).unwrap(),
        cursor: Some("pi_Z".to_owned()),
    };
    for (request, url) in [
        (
            gateway.retrieve_payment("pi_A").unwrap(),
            format!("{base}/payment_intents/pi_A?{expand}"),
        ),
        (
            gateway.retrieve_webhook("we_A").unwrap(),
            format!("{base}/webhook_endpoints/we_A"),
        ),
        (
            gateway.find_payment(&search),
            format!("{base}/payment_intents?created%5Bgte%5D=1790000000&limit=100&starting_after=pi_Z"),
        ),
        (
            gateway.check_credentials(),
            format!("{base}/payment_intents?limit=1"),
        ),
    ] {
        assert_eq!((request.method, request.url), (Method::Get, url));
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [
            header("Stripe-Version", "2026-06-24.dahlia"),
            header("Stripe-Account", "acct_X"),
        ];
        assert_eq!(request.headers, expected);
        assert_eq!((request.body.as_str(), request.idempotency_key), ("", None));
    }
}

#[test]
fn an_id_never_changes_the_path() {
    let long = "a".repeat(256);
    for id in [
        "",
        "..",
        "pi_A/cancel",
        "pi_A?x",
        "pi%2fA",
        "pi_A\n",
        long.as_str(),
    ] {
        assert_eq!(stripe().retrieve_payment(id), Err(Unsupported::Id), "{id}");
        assert_eq!(
            stripe().cancel(id, &reference(), "k"),
            Err(Unsupported::Id),
            "{id}"
        );
    }
}

#[test]
fn debug_output_shows_no_body_but_storage_keeps_it() {
    let mut args = payment(money(2000, "EUR"));
    args.instrument = Some(Instrument::Token("tok_secret".to_owned()));
    let request = stripe().create_payment(&args, "key").unwrap();
    assert!(!format!("{request:?}").contains("tok_secret"));
    let stored = serde_json::to_string(&request).unwrap();
    assert_eq!(
        serde_json::from_str::<tillgate_gateways::PspRequest>(&stored).unwrap(),
        request
    );
}

#[test]
fn an_order_by_mail_or_telephone_is_marked_where_it_is_confirmed() {
    let option = "payment_method_options[card][moto]=true";
    let is_marked = |body: &str| decoded(body).iter().any(|pair| pair == option);
    for (confirm, moto) in [(true, true), (true, false), (false, true)] {
        let args = CreatePayment {
            confirm,
            moto,
            ..payment(money(2000, "EUR"))
        };
        let body = stripe().create_payment(&args, "key").unwrap().body;
        assert_eq!(is_marked(&body), confirm && moto);
    }
    for moto in [true, false] {
        let args = ConfirmPayment {
            moto,
            ..ConfirmPayment::default()
        };
        let body = stripe().confirm_payment("pi_A", &args, "key").unwrap().body;
        assert_eq!(is_marked(&body), moto);
    }
}

#[test]
fn several_captures_are_asked_for_where_there_can_be_any() {
    let asks = |multicapture: bool, capture: CaptureMethod| {
        let args = CreatePayment {
            capture,
            ..payment(money(2000, "EUR"))
        };
        let gateway = stripe().with_multicapture(multicapture);
        let body = gateway.create_payment(&args, "key").unwrap().body;
        let option = "payment_method_options[card][request_multicapture]=if_available";
        decoded(&body).iter().any(|pair| pair == option)
    };
    assert!(asks(true, CaptureMethod::Manual));
    assert!(!asks(true, CaptureMethod::Automatic));
    assert!(!asks(false, CaptureMethod::Manual));
}
