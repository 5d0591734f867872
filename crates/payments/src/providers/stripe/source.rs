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
                charge_id: details.display.charge_id,
                publishable_key: details.display.public_key,
                connected_account: details.terms.connected_account,
                options: details.terms.options,
                payment_method: details.terms.payment_method,
                mismatched_amounts: Some(rules::is_mismatched(row, order)),
                return_url: details.terms.return_url,
                receipt_email: details.terms.receipt_email,
                payment_instrument: details.display.payment_instrument,
                order: One::to(parse_column(&row.order_id)?),
                payment_gateway: ToOne::to(parse_column(&row.payment_gateway_id)?),
            }
        ))
    }
}
