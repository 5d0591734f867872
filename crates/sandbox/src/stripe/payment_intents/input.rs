//! Parameters that creating, updating and confirming share.

use super::super::auth::Caller;
use super::super::call::Call;
use super::super::details;
use super::super::error::ApiError;
use super::super::model::{PaymentIntent, PaymentMethod, Shipping};
use super::super::params::Params;
use super::super::payment_methods::{self, resolve};
use super::super::store::{Place, Store};

const CAPTURE_METHODS: &[&str] = &["automatic", "automatic_async", "manual"];
const STATEMENT_DESCRIPTOR_LENGTH: usize = 22;

/// A payment method by id or by its data.
pub(super) enum MethodInput {
    Id(String),
    Data(Box<payment_methods::Input>),
}

impl MethodInput {
    pub(super) fn read(params: &mut Params, call: &mut Call<'_>) -> Result<Option<Self>, ApiError> {
        let id = params.text("payment_method")?;
        let data = match params.object("payment_method_data")? {
            None => None,
            Some(mut fields) => {
                let input = payment_methods::Input::read(&mut fields, call)?;
                fields.finish()?;
                Some(input)
            }
        };
        match (id, data) {
            (Some(_), Some(_)) => Err(ApiError::invalid(
                "You may only specify one of these parameters: payment_method, payment_method_data.",
            )),
            (Some(id), None) => Ok(Some(Self::Id(id))),
            (None, data) => Ok(data.map(|data| Self::Data(Box::new(data)))),
        }
    }

    pub(super) fn resolve(self, store: &mut Store, call: &mut Call<'_>) -> Result<PaymentMethod, ApiError> {
        match self {
            Self::Id(id) => resolve(store, call, &id, Place::Param("payment_method")),
            Self::Data(input) => input.create(store, call),
        }
    }
}

/// Plain fields of a request. The outer `Option` is whether the parameter was sent, an inner one whether it has a value.
#[derive(Default)]
pub(super) struct Fields {
    capture_method: Option<String>,
    description: Option<Option<String>>,
    payment_method_types: Option<Vec<String>>,
    receipt_email: Option<Option<String>>,
    card_options: CardOptions,
    setup_future_usage: Option<Option<String>>,
    shipping: Option<Shipping>,
    statement_descriptor: Option<String>,
    statement_descriptor_suffix: Option<String>,
}

impl Fields {
    /// Reads the parameters of creating and updating.
    pub(super) fn read(params: &mut Params) -> Result<Self, ApiError> {
        let fields = Self {
            capture_method: params.one_of("capture_method", CAPTURE_METHODS)?,
            description: params.clearable("description")?,
            payment_method_types: read_types(params)?,
            receipt_email: params.clearable("receipt_email")?,
            card_options: CardOptions::read(params)?,
            setup_future_usage: read_setup_future_usage(params)?,
            shipping: details::shipping(params)?,
            statement_descriptor: read_descriptor(params, "statement_descriptor")?,
            statement_descriptor_suffix: read_descriptor(params, "statement_descriptor_suffix")?,
        };
        fields.checked()
    }

    /// Reads the parameters of confirming: fewer, and from a browser none that decides how money is moved.
    pub(super) fn read_for_confirmation(params: &mut Params, caller: Caller) -> Result<Self, ApiError> {
        let mut fields = Self {
            receipt_email: params.clearable("receipt_email")?,
            setup_future_usage: read_setup_future_usage(params)?,
            shipping: details::shipping(params)?,
            ..Self::default()
        };
        if !caller.publishable {
            fields.capture_method = params.one_of("capture_method", CAPTURE_METHODS)?;
            fields.payment_method_types = read_types(params)?;
            fields.card_options = CardOptions::read(params)?;
        }
        fields.checked()
    }

    fn checked(self) -> Result<Self, ApiError> {
        details::check_email(
            self.receipt_email.as_ref().and_then(Option::as_deref),
            "receipt_email",
        )?;
        Ok(self)
    }

    /// Refuses the mark of mail and telephone orders, which only a confirmation may have.
    pub(super) fn refuse_moto(&self) -> Result<(), ApiError> {
        if self.card_options.moto.is_none() {
            return Ok(());
        }
        let param = "payment_method_options[card][moto]";
        let message = format!("You can only provide `{param}` when confirming a PaymentIntent.");
        Err(ApiError::invalid(message).with_param(param))
    }

    pub(super) fn has_types(&self) -> bool {
        self.payment_method_types.is_some()
    }

    /// The first parameter besides description, receipt and shipping, if any: only open PaymentIntents allow these changes.
    pub(super) fn changes_payment(&self) -> Option<&'static str> {
        [
            (self.capture_method.is_some(), "capture_method"),
            (self.payment_method_types.is_some(), "payment_method_types"),
            (self.card_options.given(), "payment_method_options"),
            (self.setup_future_usage.is_some(), "setup_future_usage"),
        ]
        .into_iter()
        .find_map(|(changes, name)| changes.then_some(name))
    }

    pub(super) fn apply(self, pi: &mut PaymentIntent) {
        replace(&mut pi.capture_method, self.capture_method);
        replace(&mut pi.description, self.description);
        if self.payment_method_types.is_some() {
            pi.automatic_payment_methods = None;
        }
        replace(&mut pi.payment_method_types, self.payment_method_types);
        replace(&mut pi.receipt_email, self.receipt_email);
        replace(&mut pi.request_three_d_secure, self.card_options.three_d_secure);
        replace(
            &mut pi.request_multicapture,
            self.card_options.multicapture.map(Some),
        );
        // It belongs to one confirmation.
        pi.moto = self.card_options.moto == Some(true);
        replace(&mut pi.setup_future_usage, self.setup_future_usage);
        replace(&mut pi.shipping, self.shipping.map(Some));
        replace(&mut pi.statement_descriptor, self.statement_descriptor.map(Some));
        replace(
            &mut pi.statement_descriptor_suffix,
            self.statement_descriptor_suffix.map(Some),
        );
    }
}

fn replace<T>(field: &mut T, change: Option<T>) {
    if let Some(value) = change {
        *field = value;
    }
}

fn read_types(params: &mut Params) -> Result<Option<Vec<String>>, ApiError> {
    let types = params.list("payment_method_types")?;
    match &types {
        Some(types) if types.is_empty() || types.iter().any(|kind| kind != "card") => {
            Err(ApiError::invalid("The sandbox has no payment methods but card.")
                .with_param("payment_method_types"))
        }
        _ => Ok(types),
    }
}

/// `payment_method_options[card]`
#[derive(Default)]
struct CardOptions {
    three_d_secure: Option<String>,
    multicapture: Option<String>,
    moto: Option<bool>,
}

impl CardOptions {
    fn read(params: &mut Params) -> Result<Self, ApiError> {
        let mut read = Self::default();
        let Some(mut options) = params.object("payment_method_options")? else {
            return Ok(read);
        };
        if let Some(mut card) = options.object("card")? {
            read.three_d_secure =
                card.one_of("request_three_d_secure", &["automatic", "any", "challenge"])?;
            read.multicapture = card.one_of("request_multicapture", &["if_available", "never"])?;
            read.moto = card.boolean("moto")?;
            card.finish()?;
        }
        options.finish()?;
        Ok(read)
    }

    fn given(&self) -> bool {
        self.three_d_secure.is_some() || self.multicapture.is_some() || self.moto.is_some()
    }
}

fn read_setup_future_usage(params: &mut Params) -> Result<Option<Option<String>>, ApiError> {
    let usage = params.clearable("setup_future_usage")?;
    match &usage {
        Some(Some(usage)) if !matches!(usage.as_str(), "off_session" | "on_session") => Err(
            ApiError::invalid("Invalid setup_future_usage: must be one of off_session, on_session")
                .with_param("setup_future_usage"),
        ),
        _ => Ok(usage),
    }
}

pub(super) fn read_descriptor(params: &mut Params, name: &str) -> Result<Option<String>, ApiError> {
    let text = params.text(name)?;
    if text.as_ref().is_some_and(|text| {
        text.chars().count() > STATEMENT_DESCRIPTOR_LENGTH || text.contains(['<', '>', '\\', '\'', '"', '*'])
    }) {
        return Err(ApiError::invalid(format!(
            "The {name} must be at most {STATEMENT_DESCRIPTOR_LENGTH} characters, none of < > \\ ' \" *."
        ))
        .with_param(name));
    }
    Ok(text)
}
