use tillgate_model::{Record, resources::PaymentGateway};
use tillgate_store::{PaymentGatewayRow, StoreError};

use crate::{
    plain::kept_in,
    request::Request,
    stored::{self, json, time},
};

fn visible(_: &Request, _: &PaymentGatewayRow) -> bool {
    true
}

fn record(_: &Request, row: &PaymentGatewayRow) -> Result<Record<PaymentGateway>, StoreError> {
    Ok(stored::record!(
        row,
        PaymentGateway {
            name: row.name.clone(),
            force_payments: row.force_payments,
            credential_keys: json(&row.credential_keys)?,
            disabled_at: row.disabled_at.map(time),
        }
    ))
}

kept_in!(PaymentGateway: payment_gateways, PaymentGatewayRow);
