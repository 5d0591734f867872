//! Requests to Stripe (Stripe docs: API reference, PaymentIntents and Refunds).

use tillgate_model::money::Money;

use super::{API_VERSION, BASE_URL, actions::CAPTURE_MARK, form::Form, unit::unit};
use crate::{
    currency::to_psp,
    gateway::GatewaySettings,
    operation::{
        ActionReference, CaptureMethod, CapturePayment, ConfirmPayment, CreatePayment, FindPayment,
        Instrument, RefundPayment, SetupFutureUsage, Unsupported, UpdatePayment, checked_id,
    },
    wire::{Method, PspRequest},
};

const INTENTS: &str = "/v1/payment_intents";

/// Requests several captures only where they are possible. Stripe ignores this for a card that does not allow it.
pub(super) fn create(
    settings: &GatewaySettings,
    multicapture: bool,
    args: &CreatePayment,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    let capture_method = match args.capture {
        CaptureMethod::Automatic => "automatic",
        CaptureMethod::Manual => "manual",
    };
    let form = with_amount(Form::new(), "amount", &args.amount)?
        .with("currency", lower_case_code(&args.amount))
        .with("capture_method", capture_method)
        .with_flag("confirm", args.confirm)
        .with("payment_method_types[]", "card");
    let form = with_instrument(form, args.instrument.as_ref(), args.psp_customer.as_deref())?;
    let mut form = with_future_usage(form, args.setup_future_usage)
        .with_some("receipt_email", args.receipt_email.as_ref())
        .with_some("description", args.description.as_ref());
    if args.confirm {
        form = form
            .with_flag("off_session", args.off_session)
            .with_some("return_url", args.return_url.as_ref());
        form = with_moto(form, args.moto);
    }
    let several = multicapture && args.capture == CaptureMethod::Manual;
    let form = with_three_d_secure(form, args.three_d_secure)
        .with_some(
            "payment_method_options[card][request_multicapture]",
            several.then_some("if_available"),
        )
        .with("metadata[transaction_id]", &args.transaction_id)
        .with("metadata[order_id]", &args.order_id)
        .with_some("metadata[order_number]", args.order_number.as_ref());
    Ok(post(settings, INTENTS, expanded(form), key))
}

pub(super) fn update(
    settings: &GatewaySettings,
    psp_id: &str,
    args: &UpdatePayment,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    let mut form = Form::new();
    if let Some(amount) = &args.amount {
        form = with_amount(form, "amount", amount)?.with("currency", lower_case_code(amount));
    }
    let form = with_instrument(form, args.instrument.as_ref(), args.psp_customer.as_deref())?;
    let form = with_future_usage(form, args.setup_future_usage)
        .with_some("receipt_email", args.receipt_email.as_ref())
        .with_some("description", args.description.as_ref())
        .with("metadata[transaction_id]", &args.transaction_id)
        .with("metadata[order_id]", &args.order_id);
    Ok(post(settings, &intent_path(psp_id, "")?, expanded(form), key))
}

pub(super) fn confirm(
    settings: &GatewaySettings,
    psp_id: &str,
    args: &ConfirmPayment,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    let form = match &args.instrument {
        Some(Instrument::Saved { id, .. }) => Form::new().with("payment_method", id),
        other => with_instrument(Form::new(), other.as_ref(), None)?,
    };
    let form = with_future_usage(form, args.setup_future_usage)
        .with_flag("off_session", args.off_session)
        .with_some("return_url", args.return_url.as_ref());
    let form = with_moto(with_three_d_secure(form, args.three_d_secure), args.moto);
    Ok(post(
        settings,
        &intent_path(psp_id, "/confirm")?,
        expanded(form),
        key,
    ))
}

/// The payment's own `transaction_id` stays the authorization's. Without several captures, each one is final.
pub(super) fn capture(
    settings: &GatewaySettings,
    multicapture: bool,
    psp_id: &str,
    args: &CapturePayment,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    let mut form = Form::new();
    if let Some(amount) = &args.amount {
        form = with_amount(form, "amount_to_capture", amount)?;
    }
    if multicapture && !args.is_final {
        form = form.with("final_capture", "false");
    }
    let mark = format!("metadata[{CAPTURE_MARK}]");
    let form = form.with(&mark, &args.reference.transaction_id);
    Ok(post(
        settings,
        &intent_path(psp_id, "/capture")?,
        expanded(form),
        key,
    ))
}

/// Stripe docs, capture a payment multiple times: a final capture of 0 releases the rest after earlier captures.
pub(super) fn release_rest(
    settings: &GatewaySettings,
    psp_id: &str,
    reference: &ActionReference,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    let mark = format!("metadata[{CAPTURE_MARK}]");
    let form = Form::new()
        .with("amount_to_capture", "0")
        .with("final_capture", "true")
        .with(&mark, &reference.transaction_id);
    let path = intent_path(psp_id, "/capture")?;
    Ok(post(settings, &path, expanded(form), key))
}

pub(super) fn cancel(settings: &GatewaySettings, psp_id: &str, key: &str) -> Result<PspRequest, Unsupported> {
    Ok(post(
        settings,
        &intent_path(psp_id, "/cancel")?,
        expanded(Form::new()),
        key,
    ))
}

pub(super) fn refund(
    settings: &GatewaySettings,
    psp_id: &str,
    args: &RefundPayment,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    let form = with_amount(
        Form::new().with("payment_intent", checked_id(psp_id)?),
        "amount",
        &args.amount,
    )?
    .with("metadata[transaction_id]", &args.reference.transaction_id)
    .with("metadata[order_id]", &args.reference.order_id);
    Ok(post(settings, "/v1/refunds", form, key))
}

pub(super) fn retrieve(settings: &GatewaySettings, psp_id: &str) -> Result<PspRequest, Unsupported> {
    Ok(get(
        settings,
        &format!("{}?{}", intent_path(psp_id, "")?, expanded(Form::new()).encode()),
    ))
}

/// Nothing is expanded, so that a hundred payments stay within the size limit of an answer.
pub(super) fn find(settings: &GatewaySettings, args: &FindPayment) -> PspRequest {
    let query = Form::new()
        .with("created[gte]", args.created_after.timestamp().to_string())
        .with("limit", "100")
        .with_some("starting_after", args.cursor.as_ref());
    get(settings, &format!("{INTENTS}?{}", query.encode()))
}

pub(super) fn check_credentials(settings: &GatewaySettings) -> PspRequest {
    get(settings, &format!("{INTENTS}?limit=1"))
}

fn intent_path(psp_id: &str, operation: &str) -> Result<String, Unsupported> {
    Ok(format!("{INTENTS}/{}{operation}", checked_id(psp_id)?))
}

fn with_amount(form: Form, name: &str, amount: &Money) -> Result<Form, Unsupported> {
    Ok(form.with(name, to_psp(amount, unit(amount.currency)?)?.to_string()))
}

fn lower_case_code(amount: &Money) -> String {
    amount.currency.code().to_ascii_lowercase()
}

/// A token becomes a PaymentMethod; cards and sources of older integrations count as one. The customer is sent with its
/// instrument.
fn with_instrument(
    form: Form,
    instrument: Option<&Instrument>,
    psp_customer: Option<&str>,
) -> Result<Form, Unsupported> {
    Ok(match instrument {
        None => form.with_some("customer", psp_customer),
        Some(Instrument::Token(token)) if token.starts_with("tok_") => form
            .with_some("customer", psp_customer)
            .with("payment_method_data[type]", "card")
            .with("payment_method_data[card][token]", token),
        Some(Instrument::Token(id)) => form
            .with_some("customer", psp_customer)
            .with("payment_method", id),
        Some(Instrument::Saved { id, customer }) => form
            .with_some("customer", customer.as_deref().or(psp_customer))
            .with("payment_method", id),
        Some(Instrument::Customer(_)) => {
            return Err(Unsupported::Instrument(
                "Stripe needs a payment method, not only a customer",
            ));
        }
    })
}

fn with_future_usage(form: Form, usage: Option<SetupFutureUsage>) -> Form {
    form.with_some(
        "setup_future_usage",
        usage.map(|usage| match usage {
            SetupFutureUsage::OnSession => "on_session",
            SetupFutureUsage::OffSession => "off_session",
        }),
    )
}

fn with_three_d_secure(form: Form, wanted: bool) -> Form {
    form.with_some(
        "payment_method_options[card][request_three_d_secure]",
        wanted.then_some("any"),
    )
}

/// Stripe accepts it with a confirmation only.
fn with_moto(form: Form, wanted: bool) -> Form {
    form.with_some("payment_method_options[card][moto]", wanted.then_some("true"))
}

fn expanded(form: Form) -> Form {
    form.with("expand[]", "latest_charge")
        .with("expand[]", "payment_method")
}

pub(super) fn get(settings: &GatewaySettings, path_and_query: &str) -> PspRequest {
    PspRequest {
        method: Method::Get,
        url: settings.url(BASE_URL, path_and_query),
        headers: headers(settings),
        body: String::new(),
        idempotency_key: None,
    }
}

pub(super) fn post(settings: &GatewaySettings, path: &str, form: Form, key: &str) -> PspRequest {
    let mut headers = headers(settings);
    headers.push((
        "Content-Type".to_owned(),
        "application/x-www-form-urlencoded".to_owned(),
    ));
    headers.push(("Idempotency-Key".to_owned(), key.to_owned()));
    PspRequest {
        method: Method::Post,
        url: settings.url(BASE_URL, path),
        headers,
        body: form.encode(),
        idempotency_key: Some(key.to_owned()),
    }
}

pub(super) fn delete(settings: &GatewaySettings, path: &str) -> PspRequest {
    PspRequest {
        method: Method::Delete,
        ..get(settings, path)
    }
}

fn headers(settings: &GatewaySettings) -> Vec<(String, String)> {
    let version = settings.api_version.as_deref().unwrap_or(API_VERSION);
    let mut headers = vec![("Stripe-Version".to_owned(), version.to_owned())];
    if let Some(account) = &settings.connected_account {
        headers.push(("Stripe-Account".to_owned(), account.clone()));
    }
    headers
}
