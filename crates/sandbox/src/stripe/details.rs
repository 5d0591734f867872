//! Addresses and other details that several endpoints accept.

use super::error::ApiError;
use super::model::{Address, BillingDetails, Shipping};
use super::params::Params;

pub(super) fn address(params: &mut Params) -> Result<Option<Address>, ApiError> {
    let Some(mut fields) = params.object("address")? else {
        return Ok(None);
    };
    let address = Address {
        city: fields.clearable("city")?.flatten(),
        country: fields.clearable("country")?.flatten(),
        line1: fields.clearable("line1")?.flatten(),
        line2: fields.clearable("line2")?.flatten(),
        postal_code: fields.clearable("postal_code")?.flatten(),
        state: fields.clearable("state")?.flatten(),
    };
    fields.finish()?;
    Ok(Some(address))
}

pub(super) fn billing(params: &mut Params) -> Result<BillingDetails, ApiError> {
    let Some(mut fields) = params.object("billing_details")? else {
        return Ok(BillingDetails::default());
    };
    let details = BillingDetails {
        address: address(&mut fields)?.unwrap_or_default(),
        email: fields.clearable("email")?.flatten(),
        name: fields.clearable("name")?.flatten(),
        phone: fields.clearable("phone")?.flatten(),
    };
    fields.finish()?;
    Ok(details)
}

pub(super) fn shipping(params: &mut Params) -> Result<Option<Shipping>, ApiError> {
    let Some(mut fields) = params.object("shipping")? else {
        return Ok(None);
    };
    let missing = ApiError::missing(&fields.name("address"));
    let shipping = Shipping {
        address: address(&mut fields)?.ok_or(missing)?,
        name: Some(fields.required("name")?),
        phone: fields.text("phone")?,
        carrier: fields.text("carrier")?,
        tracking_number: fields.text("tracking_number")?,
    };
    fields.finish()?;
    Ok(Some(shipping))
}

/// A single `@` with something on both sides.
pub(super) fn check_email(email: Option<&str>, param: &str) -> Result<(), ApiError> {
    let plausible = |email: &str| {
        email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !email.contains(char::is_whitespace)
        })
    };
    match email {
        Some(email) if !plausible(email) => Err(ApiError::invalid(format!("Invalid email address: {email}"))
            .with_code("email_invalid")
            .with_param(param)),
        _ => Ok(()),
    }
}
