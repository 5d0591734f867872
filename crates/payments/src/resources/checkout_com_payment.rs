use tillgate_model::{
    One, Record, Secret, ToOne,
    resources::{CheckoutComPayment, PaymentSourceType},
};
use tillgate_store::{AnyOrder, PaymentSourceRow};

use super::source::{self, kept_source};
use crate::{
    context::Context,
    failure::Failure,
    flows::details::Details,
    stored::{self, json, word},
};

/// The source as the API shows it.
pub fn record(
    context: &Context,
    row: &PaymentSourceRow,
    order: &impl AnyOrder,
) -> Result<Record<CheckoutComPayment>, Failure> {
    let details: Details = json(&row.details)?;
    Ok(stored::record!(
        row,
        CheckoutComPayment {
            payment_type: details.payment_type,
            token: source::token(context, row)?.unwrap_or_else(|| Secret::new("")),
            session_id: details.session_id,
            public_key: details.public_key,
            success_url: details.success_url,
            failure_url: details.failure_url,
            source_id: details.source_id,
            customer_token: details.customer_token,
            redirect_uri: row.redirect_url.clone(),
            payment_response: details.payment_response,
            mismatched_amounts: Some(source::is_mismatched(row, order)),
            payment_instrument: details.payment_instrument,
            order: One::to(word(&row.order_id)?),
            payment_gateway: ToOne::to(word(&row.payment_gateway_id)?),
        }
    ))
}

kept_source!(CheckoutComPayment, PaymentSourceType::CheckoutComPayments, refreshes: false);
