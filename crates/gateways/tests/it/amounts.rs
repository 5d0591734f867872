//! Amounts to a PSP and back, for each PSP: a wrong exponent is a wrong price.

use proptest::{prop_assert, prop_assert_eq, proptest, sample::select};
use serde_json::{Value, json};
use tillgate_gateways::{
    ActionOutcome, CapturePayment, CreatePayment, Gateway, Instrument, Method, RefundPayment, Unsupported,
};
use tillgate_model::money::Money;
use url::form_urlencoded;

use crate::support::{checkout_com, done, money, payment, reference, request, response, stripe};

fn to_stripe(amount: Money) -> Result<i64, Unsupported> {
    let body = stripe().create_payment(&payment(amount), "k")?.body;
    Ok(form_urlencoded::parse(body.as_bytes())
        .find(|(name, _)| name == "amount")
        .unwrap()
        .1
        .parse()
        .unwrap())
}

fn to_checkout_com(amount: Money) -> Result<i64, Unsupported> {
    let instrument = Some(Instrument::Token("tok_a".to_owned()));
    let args = CreatePayment {
        confirm: true,
        instrument,
        ..payment(amount)
    };
    let body: Value = serde_json::from_str(&checkout_com().create_payment(&args, "k")?.body).unwrap();
    Ok(body["amount"].as_i64().unwrap())
}

fn from_stripe(units: i64, code: &str) -> Option<Money> {
    let body = json!({"id": "pi_A", "status": "succeeded", "amount": units, "currency": code.to_lowercase()});
    done(stripe().read_payment(&request(Method::Get), &response(200, &body))).amount
}

fn from_checkout_com(units: i64, code: &str) -> Option<Money> {
    let body = json!({"id": "pay_a", "status": "Captured", "amount": units, "currency": code});
    done(checkout_com().read_payment(&request(Method::Get), &response(200, &body))).amount
}

/// The amounts of a capture and of a refund.
fn of_actions(gateway: &dyn Gateway, amount: Money) -> [Result<i64, Unsupported>; 2] {
    let capture = CapturePayment {
        reference: reference(),
        amount: Some(amount),
        is_final: true,
    };
    let refund = RefundPayment {
        reference: reference(),
        amount,
    };
    [
        gateway.capture("p_A", &capture, "k"),
        gateway.refund("p_A", &refund, "k"),
    ]
    .map(|request| {
        let body = request?.body;
        let in_json = || serde_json::from_str::<Value>(&body).ok()?.get("amount")?.as_i64();
        let in_form = || {
            let names = ["amount", "amount_to_capture"];
            let mut pairs = form_urlencoded::parse(body.as_bytes());
            pairs
                .find(|(name, _)| names.contains(&name.as_ref()))?
                .1
                .parse()
                .ok()
        };
        Ok(in_json().or_else(in_form).unwrap())
    })
}

fn of_refund_at_stripe(units: i64, code: &str) -> Option<Money> {
    let body = json!({"id": "re_A", "object": "refund", "status": "succeeded", "amount": units,
        "currency": code.to_lowercase()});
    match stripe().read_action(&request(Method::Post), &response(200, &body)) {
        ActionOutcome::Done(action) => action.amount,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_table_of_exponents() {
    let exact = |amount, code| Unsupported::Amount(money(amount, code));
    let currency = |code: &str| Unsupported::Currency(code.parse().unwrap());
    for (amount, code, stripe, checkout_com) in [
        (2000, "EUR", Ok(2000), Ok(2000)),
        (500, "JPY", Ok(500), Ok(500)),
        (500, "XPF", Ok(500), Ok(500)),
        (1230, "BHD", Ok(1230), Ok(1230)),
        (1234, "BHD", Err(exact(1234, "BHD")), Err(exact(1234, "BHD"))),
        (1230, "LYD", Err(currency("LYD")), Ok(1230)),
        (5, "ISK", Ok(500), Ok(5)),
        (5, "CLP", Ok(5), Ok(500)),
        (500, "MGA", Ok(5), Ok(500)),
        (550, "MGA", Err(exact(550, "MGA")), Ok(550)),
        (5, "UGX", Err(currency("UGX")), Ok(5)),
        (0, "EUR", Err(exact(0, "EUR")), Err(exact(0, "EUR"))),
        (-1, "EUR", Err(exact(-1, "EUR")), Err(exact(-1, "EUR"))),
        (i64::MAX, "ISK", Err(exact(i64::MAX, "ISK")), Ok(i64::MAX)),
    ] {
        let amount = money(amount, code);
        assert_eq!(to_stripe(amount), stripe, "Stripe: {amount:?}");
        assert_eq!(to_checkout_com(amount), checkout_com, "Checkout.com: {amount:?}");
        assert_eq!(
            of_actions(&self::stripe(), amount),
            [stripe.clone(), stripe],
            "Stripe: {amount:?}"
        );
        assert_eq!(
            of_actions(&self::checkout_com(), amount),
            [checkout_com.clone(), checkout_com],
            "Checkout.com: {amount:?}"
        );
    }
}

const CODES: [&str; 12] = [
    "EUR", "USD", "GBP", "HUF", "TWD", "JPY", "KRW", "BHD", "ISK", "CLP", "MGA", "UGX",
];

proptest! {
    #[test]
    fn an_amount_comes_back_as_it_went(units in 1..=99_999_999_i64, code in select(&CODES[..])) {
        let amount = money(units, code);
        if let Ok(sent) = to_stripe(amount) {
            prop_assert_eq!(from_stripe(sent, code), Some(amount));
            prop_assert_eq!(of_refund_at_stripe(sent, code), Some(amount));
        }
        if let Ok(sent) = to_checkout_com(amount) {
            prop_assert_eq!(from_checkout_com(sent, code), Some(amount));
        }
    }

    #[test]
    fn a_currency_with_two_decimals_is_always_carried(units in 1..=i64::MAX, code in select(&CODES[..5])) {
        let amount = money(units, code);
        prop_assert!(to_stripe(amount) == Ok(units) && to_checkout_com(amount) == Ok(units));
    }
}
