use tillgate_model::{
    JsonObject, Record,
    resources::{CreateManualGatewayAttributes, GatewayType, ManualGateway, UpdateManualGatewayAttributes},
};
use tillgate_store::{PaymentGatewayRow, StoreError, Tx};

use crate::{
    failure::Failure,
    plain::{Plain, disabled_at, edited_in, kept_in},
    request::Request,
    stored::{self, stored_json, stored_time, time},
};

fn visible(_: &Request, row: &PaymentGatewayRow) -> bool {
    row.kind == GatewayType::ManualGateways
}

fn record(_: &Request, row: &PaymentGatewayRow) -> Result<Record<ManualGateway>, StoreError> {
    Ok(stored::record!(
        row,
        ManualGateway {
            name: row.name.clone(),
            force_payments: row.force_payments,
            credential_keys: JsonObject::default(),
            disabled_at: row.disabled_at.map(time),
        }
    ))
}

/// The columns that only a PSP needs are empty.
fn row(request: &Request, record: &Record<ManualGateway>) -> PaymentGatewayRow {
    stored::row!(PaymentGatewayRow, request.scope(), record, {
        kind: GatewayType::ManualGateways.into(),
        name: record.name.clone(),
        force_payments: record.force_payments,
        disabled_at: record.disabled_at.map(stored_time),
        base_url: String::new(),
        secret_key: String::new(),
        credential_keys: stored_json(&record.credential_keys),
        public_key: None,
        connected_account: None,
        api_version: None,
        processing_channel_id: None,
        authorize_on_create: false,
        return_url: None,
        multicapture: false,
        webhook_token: None,
        webhook_endpoint_id: None,
        webhook_secrets: None,
    })
}

kept_in!(ManualGateway: payment_gateways, PaymentGatewayRow);

impl Plain for ManualGateway {
    edited_in!(payment_gateways);

    async fn before_create(
        _: &mut Tx<'_>,
        _: &Request,
        record: &mut Record<Self>,
        attributes: &CreateManualGatewayAttributes,
    ) -> Result<(), Failure> {
        record.disabled_at = disabled_at(record.created_at, None, attributes.disable, attributes.enable);
        Ok(())
    }

    async fn before_update(
        _: &mut Tx<'_>,
        _: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        attributes: &UpdateManualGatewayAttributes,
    ) -> Result<(), Failure> {
        record.disabled_at = disabled_at(
            record.updated_at,
            before.disabled_at,
            attributes.disable,
            attributes.enable,
        );
        Ok(())
    }
}
