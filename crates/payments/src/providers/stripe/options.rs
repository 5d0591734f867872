//! The `options` of a payment. A new instrument is sent without a customer, so that Stripe itself refuses one that belongs to a
//! customer. A saved one must belong to the order's customer at Stripe.

use serde_json::Value;
use tillgate_gateways::{Instrument, SetupFutureUsage};
use tillgate_model::{JsonObject, Problem, ProblemList, Problems, pointer::child, text::url_fault};
use tillgate_store::{OrderRow, Tx};

use crate::{failure::Failure, payment::cards, request::Request};

/// Members of `options` that move money or change who gets it.
const REFUSED_OPTIONS: &[&str] = &[
    "amount",
    "amount_to_capture",
    "application_fee_amount",
    "automatic_payment_methods",
    "capture_method",
    "client_secret",
    "confirm",
    "confirmation_method",
    "currency",
    "error_on_requires_action",
    "mandate",
    "metadata",
    "off_session",
    "on_behalf_of",
    "payment_method_data",
    "payment_method_types",
    "statement_descriptor",
    "transfer_data",
    "transfer_group",
];

/// The `options` that are sent to Stripe.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Instrument to charge.
    pub instrument: Option<Instrument>,
    /// Customer at Stripe.
    pub customer: Option<String>,
    /// Later use to save the instrument for.
    pub setup_future_usage: Option<SetupFutureUsage>,
    /// URL that the buyer's browser returns to.
    pub return_url: Option<String>,
    /// E-mail address for the receipt.
    pub receipt_email: Option<String>,
    /// Text for Stripe's dashboard.
    pub description: Option<String>,
}

/// Reads `options`, and reports all of their problems.
pub fn read_options(options: Option<&JsonObject>) -> Result<Options, Problems> {
    let mut read = Options::default();
    let mut problems = ProblemList::default();
    let Some(JsonObject(members)) = options else {
        return Ok(read);
    };
    let mut payment_method = None;
    for (name, value) in members {
        let pointer = || child("/data/attributes/options", name);
        if REFUSED_OPTIONS.contains(&name.as_str()) || name.starts_with("transfer_") {
            let message = "can't be set: the payment follows from the order and its gateway";
            problems.push(|| Problem::invalid(pointer(), "not_allowed", message));
            continue;
        }
        let target = match name.as_str() {
            "customer" => &mut read.customer,
            "payment_method" => &mut payment_method,
            "return_url" => &mut read.return_url,
            "receipt_email" => &mut read.receipt_email,
            "description" => &mut read.description,
            "setup_future_usage" => {
                match value.as_str() {
                    Some("on_session") => read.setup_future_usage = Some(SetupFutureUsage::OnSession),
                    Some("off_session") => read.setup_future_usage = Some(SetupFutureUsage::OffSession),
                    _ => problems.push(|| {
                        Problem::invalid(pointer(), "inclusion", "must be on_session or off_session")
                    }),
                }
                continue;
            }
            _ => continue,
        };
        match value {
            Value::String(text)
                if name == "return_url"
                    && let Some((rule, message)) = url_fault(text) =>
            {
                problems.push(|| Problem::invalid(pointer(), rule, message));
            }
            Value::String(text) if !text.is_empty() && text.len() <= 1000 => *target = Some(text.clone()),
            Value::Null => {}
            _ => problems
                .push(|| Problem::invalid(pointer(), "invalid", "must be a text of 1 to 1000 characters")),
        }
    }
    read.instrument = payment_method.map(|id| match &read.customer {
        Some(customer) => Instrument::Saved {
            id,
            customer: Some(customer.clone()),
        },
        None => Instrument::Token(id),
    });
    problems.into_result()?;
    Ok(read)
}

/// Checks the client's instrument and customer. If they are saved, they must be the order's customer's: the wallet decides. A
/// saved payment method brings its customer along.
pub async fn check_options(
    tx: &mut Tx<'_>,
    request: &Request,
    order: &OrderRow,
    gateway_id: &str,
    options: &mut Options,
) -> Result<(), Failure> {
    let pointer = "/data/attributes/options/customer";
    if let Some(customer) = &options.customer {
        let own = cards::is_psp_customer(tx, request.scope(), order, gateway_id, customer).await?;
        if !own || !cards::may_use(request, order) {
            return Err(cards::not_the_customers(pointer).into());
        }
    }
    let Some(Instrument::Token(id) | Instrument::Saved { id, .. }) = &options.instrument else {
        return Ok(());
    };
    let pointer_of_method = "/data/attributes/options/payment_method";
    let Some(card) = cards::card_of(tx, request, order, gateway_id, id, pointer_of_method).await? else {
        return Ok(());
    };
    if options.customer.is_some() && options.customer != card.customer_token {
        return Err(cards::not_the_customers(pointer).into());
    }
    options.customer.clone_from(&card.customer_token);
    options.instrument = Some(Instrument::Saved {
        id: card.token,
        customer: card.customer_token,
    });
    Ok(())
}

/// A payment method that was saved at Stripe.
pub async fn saved_at_stripe(
    tx: &mut Tx<'_>,
    request: &Request,
    order: &OrderRow,
    gateway_id: &str,
    id: &str,
    pointer: &str,
) -> Result<Instrument, Failure> {
    match cards::card_of(tx, request, order, gateway_id, id, pointer).await? {
        Some(card) => Ok(Instrument::Saved {
            id: card.token,
            customer: card.customer_token,
        }),
        // Stripe's own aliases have no customer.
        None if request.scope().test() && id.starts_with("pm_card_") => Ok(Instrument::Token(id.to_owned())),
        None => Err(cards::not_the_customers(pointer).into()),
    }
}

/// A new instrument of Stripe.
pub fn fresh_at_stripe(token: &str, pointer: &str) -> Result<Instrument, Problem> {
    let known = ["tok_", "pm_", "src_", "card_"]
        .iter()
        .any(|prefix| token.starts_with(prefix));
    if known
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return Ok(Instrument::Token(token.to_owned()));
    }
    Err(Problem::invalid(
        pointer,
        "invalid",
        "must be a token, source or payment method of Stripe (tok_, src_, pm_)",
    ))
}
