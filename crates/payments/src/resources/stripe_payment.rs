use tillgate_model::{
    One, Record, ToOne,
    resources::{PaymentSourceType, StripePayment},
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
) -> Result<Record<StripePayment>, Failure> {
    let details: Details = json(&row.details)?;
    Ok(stored::record!(
        row,
        StripePayment {
            stripe_id: row.psp_id.clone(),
            client_secret: source::client_secret(context, row)?,
            charge_id: details.charge_id,
            publishable_key: details.public_key,
            connected_account: details.connected_account,
            options: details.options,
            payment_method: details.payment_method,
            mismatched_amounts: Some(source::is_mismatched(row, order)),
            return_url: details.return_url,
            receipt_email: details.receipt_email,
            payment_instrument: details.payment_instrument,
            order: One::to(word(&row.order_id)?),
            payment_gateway: ToOne::to(word(&row.payment_gateway_id)?),
        }
    ))
}

kept_source!(StripePayment, PaymentSourceType::StripePayments, refreshes: false);
