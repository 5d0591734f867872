use tillgate_model::{
    One, Record, ToOne,
    resources::{PaymentSourceType, StripePayment},
};
use tillgate_store::{AnyOrder, PaymentSourceRow};

use crate::{
    context::Context,
    failure::Failure,
    payment::{details::Details, rules, secrets},
    providers::sources::SourceResource,
    stored::{self, json, parse_column},
};

impl SourceResource for StripePayment {
    const SOURCE_TYPE: PaymentSourceType = PaymentSourceType::StripePayments;

    fn record(
        context: &Context,
        row: &PaymentSourceRow,
        order: &impl AnyOrder,
    ) -> Result<Record<Self>, Failure> {
        let details: Details = json(&row.details)?;
        Ok(stored::record!(
            row,
            StripePayment {
                stripe_id: row.psp_id.clone(),
                client_secret: secrets::client_secret(context, row)?,
                charge_id: details.charge_id,
                publishable_key: details.public_key,
                connected_account: details.connected_account,
                options: details.options,
                payment_method: details.payment_method,
                mismatched_amounts: Some(rules::is_mismatched(row, order)),
                return_url: details.return_url,
                receipt_email: details.receipt_email,
                payment_instrument: details.payment_instrument,
                order: One::to(parse_column(&row.order_id)?),
                payment_gateway: ToOne::to(parse_column(&row.payment_gateway_id)?),
            }
        ))
    }
}
