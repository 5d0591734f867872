//! A Stripe payment seen through the second dialect.

use tillgate_model::{
    One, Record,
    resources::{Payment, PaymentSourceType, PaymentState},
};
use tillgate_store::{AnyOrder, PaymentSourceRow, SourceState};

use super::source::{self, kept_source};
use crate::{
    context::Context,
    failure::Failure,
    stored::{self, word},
};

/// The source as this dialect shows it.
pub fn record(
    context: &Context,
    row: &PaymentSourceRow,
    order: &impl AnyOrder,
) -> Result<Record<Payment>, Failure> {
    let state = match (&row.pending_operation_id, row.state) {
        (Some(_), _) => PaymentState::Processing,
        (None, SourceState::New | SourceState::Unconfirmed) => PaymentState::Pending,
        (None, SourceState::RequiresAction) => PaymentState::RequiresAction,
        (None, SourceState::Processing) => PaymentState::Processing,
        (None, SourceState::Authorized) => PaymentState::Authorized,
        (None, SourceState::Captured) => PaymentState::Finished,
        (None, SourceState::Failed) => PaymentState::Failed,
        (None, SourceState::Canceled) => PaymentState::Canceled,
    };
    Ok(stored::record!(
        row,
        Payment {
            amount_cents: row.amount_cents,
            currency: word(&row.currency_code)?,
            state,
            for_delivery: false,
            delivery_price_business_participation: false,
            user_name: order.customer_email().map(str::to_owned),
            client_secret: source::client_secret(context, row)?,
            redirect_url: row.redirect_url.clone(),
            stripe_token: None,
            stripe_payment_method_id: None,
            order: One::to(word(&row.order_id)?),
        }
    ))
}

kept_source!(Payment, PaymentSourceType::StripePayments, refreshes: true);
