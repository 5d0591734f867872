//! The body of `POST /payments`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::card::Card;
use super::currency::{check_amount, check_currency};
use super::customers::CustomerInput;
use super::fields::Fields;
use super::ids::is_id;

pub(super) const MAX_REFERENCE_CHARS: usize = 80;
const MAX_DESCRIPTION_CHARS: usize = 100;
const PAYMENT_TYPES: [&str; 5] = ["Regular", "Recurring", "Installment", "MOTO", "Unscheduled"];

/// The source of the charge.
pub(super) enum Source {
    Token(String),
    Instrument(String),
    /// The customer's default instrument.
    Customer(String),
    Card(Box<Card>),
}

pub(super) struct PaymentRequest {
    pub source: Source,
    pub amount: u64,
    pub currency: String,
    pub capture: bool,
    pub capture_on: Option<DateTime<Utc>>,
    pub payment_type: String,
    pub reference: Option<String>,
    pub description: Option<String>,
    pub metadata: Map<String, Value>,
    pub customer: CustomerInput,
    pub three_ds: Option<ThreeDsRequest>,
    pub success_url: Option<String>,
    pub failure_url: Option<String>,
}

/// A request for 3-D Secure.
pub(super) struct ThreeDsRequest {
    /// Whether to continue without it if the card doesn't support it.
    pub attempt_n3d: bool,
}

impl PaymentRequest {
    pub fn of_fields(fields: &Fields, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let source = fields.object("source", "payment_source_invalid")?;
        let source = source.ok_or_else(|| Refusal::invalid("payment_source_required"))?;
        let source = read_source(&source, now)?;
        let currency = fields.text("currency", "currency_invalid")?;
        let currency = currency
            .ok_or_else(|| Refusal::invalid("currency_required"))?
            .to_owned();
        check_currency(&currency)?;
        let amount = fields.unsigned("amount", "amount_invalid")?.unwrap_or(0);
        check_amount(amount, &currency)?;
        if let Some(channel) = fields.text("processing_channel_id", "processing_channel_id_invalid")?
            && !is_id(channel, "pc_")
        {
            return Err(Refusal::invalid("processing_channel_id_invalid"));
        }
        let merchant_initiated = fields
            .boolean("merchant_initiated", "merchant_initiated_invalid")?
            .unwrap_or(false);
        if let Some(previous) = fields.text("previous_payment_id", "previous_payment_id_invalid")?
            && !is_id(previous, "pay_")
        {
            return Err(Refusal::invalid("previous_payment_id_invalid"));
        }
        let payment_type = fields
            .text("payment_type", "payment_type_invalid")?
            .unwrap_or("Regular");
        // A payment without the buyer must name the buyer's agreement.
        let says_nothing = merchant_initiated && payment_type == "Regular";
        if !PAYMENT_TYPES.contains(&payment_type) || says_nothing {
            return Err(Refusal::invalid("payment_type_invalid"));
        }
        let capture_on = fields.time("capture_on", "capture_on_invalid")?;
        let capture = fields.boolean("capture", "capture_invalid")?.unwrap_or(true);
        Ok(Self {
            source,
            amount,
            currency,
            capture: capture || capture_on.is_some(),
            capture_on,
            payment_type: payment_type.to_owned(),
            reference: fields.text_up_to("reference", MAX_REFERENCE_CHARS, "reference_invalid")?,
            description: fields.text_up_to("description", MAX_DESCRIPTION_CHARS, "description_invalid")?,
            metadata: fields.metadata()?,
            customer: CustomerInput::of_member(fields)?,
            three_ds: read_three_ds(fields)?,
            success_url: fields.url("success_url", "success_url_invalid")?,
            failure_url: fields.url("failure_url", "failure_url_invalid")?,
        })
    }
}

fn read_source(source: &Fields, now: DateTime<Utc>) -> Result<Source, Refusal> {
    let kind = source.text("type", "payment_source_type_invalid")?;
    match kind.ok_or_else(|| Refusal::invalid("payment_source_type_required"))? {
        "token" => {
            let token = source.text("token", "token_invalid")?;
            Ok(Source::Token(
                token
                    .ok_or_else(|| Refusal::invalid("token_required"))?
                    .to_owned(),
            ))
        }
        "id" => {
            let id = source
                .text("id", "source_id_invalid")?
                .filter(|id| is_id(id, "src_"));
            source.text("cvv", "cvv_invalid")?;
            Ok(Source::Instrument(
                id.ok_or_else(|| Refusal::invalid("source_id_invalid"))?
                    .to_owned(),
            ))
        }
        "customer" => {
            let id = source
                .text("id", "customer_id_invalid")?
                .filter(|id| is_id(id, "cus_"));
            Ok(Source::Customer(
                id.ok_or_else(|| Refusal::invalid("customer_id_invalid"))?
                    .to_owned(),
            ))
        }
        "card" => Ok(Source::Card(Box::new(Card::of_fields(source, now)?))),
        _ => Err(Refusal::invalid("payment_source_type_invalid")),
    }
}

fn read_three_ds(fields: &Fields) -> Result<Option<ThreeDsRequest>, Refusal> {
    let Some(three_ds) = fields.object("3ds", "3ds_invalid")? else {
        return Ok(None);
    };
    let enabled = three_ds
        .boolean("enabled", "3ds_enabled_invalid")?
        .unwrap_or(false);
    let attempt_n3d = three_ds
        .boolean("attempt_n3d", "3ds_attempt_n3d_invalid")?
        .unwrap_or(false);
    Ok(enabled.then_some(ThreeDsRequest { attempt_n3d }))
}
