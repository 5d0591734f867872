use tillgate_model::{
    One, Record, Secret, ToOne,
    resources::{CheckoutComPayment, CheckoutComPaymentType, PaymentSourceType},
};
use tillgate_store::{AnyOrder, PaymentSourceRow};

use crate::{
    context::Context,
    failure::Failure,
    payment::{
        details::{Details, TokenType},
        rules, secrets,
    },
    providers::sources::SourceResource,
    stored::{self, json, parse_column},
};

impl SourceResource for CheckoutComPayment {
    const SOURCE_TYPE: PaymentSourceType = PaymentSourceType::CheckoutComPayments;

    fn record(
        context: &Context,
        row: &PaymentSourceRow,
        order: &impl AnyOrder,
    ) -> Result<Record<Self>, Failure> {
        let details: Details = json(&row.details)?;
        Ok(stored::record!(
            row,
            CheckoutComPayment {
                payment_type: details.terms.payment_type.into(),
                token: secrets::token(context, row)?.unwrap_or_else(|| Secret::new("")),
                session_id: details.display.session_id,
                public_key: details.display.public_key,
                success_url: details.terms.success_url,
                failure_url: details.terms.failure_url,
                source_id: details.terms.source_id,
                customer_token: details.terms.customer_token,
                redirect_uri: row.redirect_url.clone(),
                payment_response: details.display.payment_response,
                mismatched_amounts: Some(rules::is_mismatched(row, order)),
                payment_instrument: details.display.payment_instrument,
                order: One::to(parse_column(&row.order_id)?),
                payment_gateway: ToOne::to(parse_column(&row.payment_gateway_id)?),
            }
        ))
    }
}

impl From<CheckoutComPaymentType> for TokenType {
    fn from(payment_type: CheckoutComPaymentType) -> Self {
        match payment_type {
            CheckoutComPaymentType::Token => Self::Token,
            CheckoutComPaymentType::Id => Self::Id,
            CheckoutComPaymentType::Customer => Self::Customer,
        }
    }
}

impl From<TokenType> for CheckoutComPaymentType {
    fn from(token: TokenType) -> Self {
        match token {
            TokenType::Token => Self::Token,
            TokenType::Id => Self::Id,
            TokenType::Customer => Self::Customer,
        }
    }
}
