//! Requests to Checkout.com (Checkout.com docs: API reference, payments).

use serde::Serialize;
use tillgate_model::money::Money;
use url::form_urlencoded;

use super::{BASE_URL, unit::unit};
use crate::{
    currency::to_psp,
    gateway::GatewaySettings,
    operation::{
        ActionReference, CaptureMethod, CapturePayment, CreatePayment, Instrument, RefundPayment,
        Unsupported, checked_id,
    },
    wire::{Method, PspRequest},
};

/// Checkout.com's limit, in characters.
const MAX_DESCRIPTION: usize = 100;

#[derive(Serialize)]
struct PaymentBody<'a> {
    source: Source<'a>,
    amount: i64,
    currency: &'static str,
    capture: bool,
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    processing_channel_id: Option<&'a str>,
    #[serde(rename = "3ds")]
    three_d_secure: ThreeDSecure,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Customer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    success_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_type: Option<&'static str>,
    #[serde(flatten)]
    away: Option<Away<'a>>,
    metadata: Metadata<'a>,
}

/// An off-session payment that the buyer has agreed to (Checkout.com docs: merchant-initiated transactions).
#[derive(Serialize)]
struct Away<'a> {
    merchant_initiated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_payment_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Token {
        token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        store_for_future_use: Option<bool>,
    },
    Id {
        id: &'a str,
    },
    Customer {
        id: &'a str,
    },
}

#[derive(Serialize)]
struct ThreeDSecure {
    enabled: bool,
}

#[derive(Serialize)]
struct Customer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    transaction_id: &'a str,
    order_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_number: Option<&'a str>,
}

/// The body of a capture, a void or a refund.
#[derive(Serialize)]
struct ActionBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_type: Option<&'static str>,
    reference: &'a str,
    metadata: Metadata<'a>,
}

pub(super) fn create(
    settings: &GatewaySettings,
    args: &CreatePayment,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    if !args.confirm {
        return Err(Unsupported::Operation("payment without an attempt"));
    }
    let (source, owner) = source(args)?;
    if args.off_session && matches!(source, Source::Token { .. }) {
        return Err(Unsupported::Instrument(
            "only a saved instrument is charged while the buyer is away",
        ));
    }
    let customer = Customer {
        id: args.psp_customer.as_deref().or(owner),
        email: args.customer_email.as_deref(),
    };
    let back = args.return_url.as_deref();
    let body = PaymentBody {
        source,
        amount: units(&args.amount)?,
        currency: args.amount.currency.code(),
        capture: args.capture == CaptureMethod::Automatic,
        reference: &args.transaction_id,
        processing_channel_id: settings.processing_channel_id.as_deref(),
        three_d_secure: ThreeDSecure {
            enabled: args.three_d_secure,
        },
        customer: (customer.id.is_some() || customer.email.is_some()).then_some(customer),
        success_url: args.success_url.as_deref().or(back),
        failure_url: args.failure_url.as_deref().or(back),
        description: args
            .description
            .as_ref()
            .map(|text| text.chars().take(MAX_DESCRIPTION).collect()),
        payment_type: match (args.moto, args.off_session) {
            (true, _) => Some("MOTO"),
            (false, true) => Some("Unscheduled"),
            (false, false) => None,
        },
        away: args.off_session.then_some(Away {
            merchant_initiated: true,
            previous_payment_id: args.first_payment.as_deref(),
        }),
        metadata: Metadata {
            transaction_id: &args.transaction_id,
            order_id: &args.order_id,
            order_number: args.order_number.as_deref(),
        },
    };
    Ok(post(settings, "/payments", &body, key))
}

/// The source, and the customer that it belongs to.
fn source(args: &CreatePayment) -> Result<(Source<'_>, Option<&str>), Unsupported> {
    let store_for_future_use = args.setup_future_usage.map(|_| true);
    match &args.instrument {
        Some(Instrument::Token(id)) if id.starts_with("src_") => Ok((Source::Id { id }, None)),
        Some(Instrument::Token(token)) if token.starts_with("tok_") => Ok((
            Source::Token {
                token,
                store_for_future_use,
            },
            None,
        )),
        Some(Instrument::Token(_)) => Err(Unsupported::Instrument(
            "Checkout.com takes a token (tok_) or a source (src_)",
        )),
        Some(Instrument::Saved { id, customer }) => Ok((Source::Id { id }, customer.as_deref())),
        Some(Instrument::Customer(id)) => Ok((Source::Customer { id }, None)),
        None => Err(Unsupported::Instrument(
            "Checkout.com needs something to pay with",
        )),
    }
}

pub(super) fn capture(
    settings: &GatewaySettings,
    psp_id: &str,
    args: &CapturePayment,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    let body = ActionBody {
        amount: args.amount.as_ref().map(units).transpose()?,
        capture_type: Some(if args.is_final { "Final" } else { "NonFinal" }),
        ..action_body(&args.reference)
    };
    Ok(post(settings, &payment_path(psp_id, "/captures")?, &body, key))
}

pub(super) fn void(
    settings: &GatewaySettings,
    psp_id: &str,
    reference: &ActionReference,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    Ok(post(
        settings,
        &payment_path(psp_id, "/voids")?,
        &action_body(reference),
        key,
    ))
}

pub(super) fn refund(
    settings: &GatewaySettings,
    psp_id: &str,
    args: &RefundPayment,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    let body = ActionBody {
        amount: Some(units(&args.amount)?),
        ..action_body(&args.reference)
    };
    Ok(post(settings, &payment_path(psp_id, "/refunds")?, &body, key))
}

pub(super) fn retrieve(settings: &GatewaySettings, psp_id: &str) -> Result<PspRequest, Unsupported> {
    Ok(get(settings, &payment_path(psp_id, "")?))
}

pub(super) fn retrieve_actions(settings: &GatewaySettings, psp_id: &str) -> Result<PspRequest, Unsupported> {
    Ok(get(settings, &payment_path(psp_id, "/actions")?))
}

pub(super) fn find(settings: &GatewaySettings, reference: &str) -> PspRequest {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("reference", reference)
        .append_pair("limit", "10");
    get(settings, &format!("/payments?{}", query.finish()))
}

fn action_body(reference: &ActionReference) -> ActionBody<'_> {
    let ActionReference {
        transaction_id,
        order_id,
    } = reference;
    ActionBody {
        amount: None,
        capture_type: None,
        reference: transaction_id,
        metadata: Metadata {
            transaction_id,
            order_id,
            order_number: None,
        },
    }
}

fn payment_path(psp_id: &str, operation: &str) -> Result<String, Unsupported> {
    Ok(format!("/payments/{}{operation}", checked_id(psp_id)?))
}

fn units(amount: &Money) -> Result<i64, Unsupported> {
    to_psp(amount, unit(amount.currency)?)
}

pub(super) fn get(settings: &GatewaySettings, path_and_query: &str) -> PspRequest {
    PspRequest {
        method: Method::Get,
        url: settings.url(BASE_URL, path_and_query),
        headers: Vec::new(),
        body: String::new(),
        idempotency_key: None,
    }
}

fn post(settings: &GatewaySettings, path: &str, body: &impl Serialize, key: &str) -> PspRequest {
    PspRequest {
        method: Method::Post,
        url: settings.url(BASE_URL, path),
        headers: vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Cko-Idempotency-Key".to_owned(), key.to_owned()),
        ],
        body: serde_json::to_string(body).expect("structs of strings and numbers are JSON"),
        idempotency_key: Some(key.to_owned()),
    }
}
