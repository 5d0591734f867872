//! Shared code of several tests.

use bytes::Bytes;
use serde_json::Value;
use tillgate_gateways::{
    ActionReference, CaptureMethod, CreatePayment, GatewaySettings, Method, PaymentOutcome, PaymentSnapshot,
    PspRequest, PspResponse, Refusal, checkout_com::CheckoutCom, stripe::Stripe,
};
use tillgate_model::money::Money;
use url::{Url, form_urlencoded};

pub fn money(amount_cents: i64, code: &str) -> Money {
    Money::new(amount_cents, code.parse().unwrap())
}

pub fn stripe() -> Stripe {
    Stripe::new(GatewaySettings::default())
}

pub fn checkout_com() -> CheckoutCom {
    CheckoutCom::new(GatewaySettings {
        base_url: Some(Url::parse("https://abcd1234.api.sandbox.checkout.com/").unwrap()),
        processing_channel_id: Some("pc_channel".to_owned()),
        ..GatewaySettings::default()
    })
}

/// An unconfirmed payment without an instrument.
pub fn payment(amount: Money) -> CreatePayment {
    CreatePayment {
        transaction_id: "TxnOneAAAA".to_owned(),
        order_id: "QWERtyUpBa".to_owned(),
        order_number: None,
        amount,
        capture: CaptureMethod::Manual,
        confirm: false,
        instrument: None,
        return_url: None,
        success_url: None,
        failure_url: None,
        psp_customer: None,
        customer_email: None,
        setup_future_usage: None,
        receipt_email: None,
        description: None,
        off_session: false,
        first_payment: None,
        three_d_secure: false,
        moto: false,
    }
}

pub fn reference() -> ActionReference {
    ActionReference {
        transaction_id: "TxnTwoBBBB".to_owned(),
        order_id: "QWERtyUpBa".to_owned(),
    }
}

/// A request for answers that are read alike for every request.
pub fn request(method: Method) -> PspRequest {
    PspRequest {
        method,
        url: "https://psp.example/".to_owned(),
        headers: Vec::new(),
        body: String::new(),
        idempotency_key: (method == Method::Post).then(|| "key".to_owned()),
    }
}

pub fn response(status: u16, body: &Value) -> PspResponse {
    PspResponse {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Bytes::from(body.to_string()),
        resent: false,
    }
}

pub fn empty(status: u16) -> PspResponse {
    PspResponse {
        status,
        headers: Vec::new(),
        body: Bytes::new(),
        resent: false,
    }
}

pub fn done(outcome: PaymentOutcome) -> PaymentSnapshot {
    match outcome {
        PaymentOutcome::Done(snapshot) => *snapshot,
        other => panic!("not done: {other:?}"),
    }
}

pub fn refused(outcome: PaymentOutcome) -> Refusal {
    match outcome {
        PaymentOutcome::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// A form, decoded: `name=value` lines in order.
pub fn decoded(form: &str) -> Vec<String> {
    form_urlencoded::parse(form.as_bytes())
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// The object with some members replaced.
pub fn with(mut object: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}
