use tillgate_model::{
    Record, Resource, Secret,
    resources::{CheckoutComGateway, CreateCheckoutComGatewayAttributes, UpdateCheckoutComGatewayAttributes},
};
use tillgate_store::{PaymentGatewayFilter, PaymentGatewayRow, Tx};

use super::{disabled_at, edited_in, gateways, kept_in};
use crate::{
    failure::Failure,
    plain::Plain,
    request::Request,
    stored::{self, json, stored_json, stored_time, time},
};

fn visible(_: &Request, row: &PaymentGatewayRow) -> bool {
    row.kind == CheckoutComGateway::META.kind
}

async fn record(
    _: &mut Tx<'_>,
    request: &Request,
    row: &PaymentGatewayRow,
) -> Result<Record<CheckoutComGateway>, Failure> {
    Ok(stored::record!(
        row,
        CheckoutComGateway {
            name: row.name.clone(),
            force_payments: row.force_payments,
            credential_keys: json(&row.credential_keys)?,
            disabled_at: row.disabled_at.map(time),
            secret_key: gateways::secret_key(&request.context, row)?,
            public_key: row.public_key.clone().unwrap_or_default(),
            base_url: row.base_url.clone(),
            processing_channel_id: row.processing_channel_id.clone(),
            authorize_on_create: row.authorize_on_create,
            return_url: row.return_url.clone(),
            webhook_endpoint_id: row.webhook_endpoint_id.clone(),
            webhook_endpoint_url: gateways::endpoint_url(&request.context, row),
            webhook_endpoint_secret: None,
            webhook_token: row.webhook_token.clone().unwrap_or_default(),
            webhook_secrets: row.webhook_secrets.clone(),
        }
    ))
}

fn row(request: &Request, record: &Record<CheckoutComGateway>) -> PaymentGatewayRow {
    stored::row!(PaymentGatewayRow, request.scope(), record, {
        kind: CheckoutComGateway::META.kind.to_owned(),
        name: record.name.clone(),
        force_payments: record.force_payments,
        disabled_at: record.disabled_at.map(stored_time),
        base_url: record.base_url.clone(),
        secret_key: gateways::seal(&request.context, &record.secret_key),
        credential_keys: stored_json(&record.credential_keys),
        public_key: Some(record.public_key.clone()),
        connected_account: None,
        api_version: None,
        processing_channel_id: record.processing_channel_id.clone(),
        authorize_on_create: record.authorize_on_create,
        return_url: record.return_url.clone(),
        multicapture: false,
        webhook_token: Some(record.webhook_token.clone()),
        webhook_endpoint_id: record.webhook_endpoint_id.clone(),
        webhook_secrets: record.webhook_secrets.clone(),
    })
}

kept_in!(CheckoutComGateway: payment_gateways, PaymentGatewayFilter, |_selection| PaymentGatewayFilter {
    kind: Some(CheckoutComGateway::META.kind),
    ..Default::default()
});

fn name_keys(record: &mut Record<CheckoutComGateway>) {
    let public = Secret::new(record.public_key.clone());
    record.credential_keys = gateways::credential_keys(&[
        ("secret_key", Some(&record.secret_key)),
        ("public_key", Some(&public)),
    ]);
}

impl Plain for CheckoutComGateway {
    edited_in!(payment_gateways);

    async fn ask_before_create(
        request: &Request,
        record: &mut Record<Self>,
        attributes: &CreateCheckoutComGatewayAttributes,
    ) -> Result<(), Failure> {
        if attributes.check == Some(true) {
            Self::ask_before_update(request, record).await?;
        }
        Ok(())
    }

    fn update_asks(attributes: &UpdateCheckoutComGatewayAttributes) -> bool {
        attributes.check == Some(true)
    }

    async fn ask_before_update(request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        gateways::check_base_url(&record.base_url)?;
        gateways::check_credentials(&request.context, &row(request, record), "secret_key").await
    }

    async fn before_create(
        _: &mut Tx<'_>,
        request: &Request,
        record: &mut Record<Self>,
        attributes: &CreateCheckoutComGatewayAttributes,
    ) -> Result<(), Failure> {
        record.disabled_at = disabled_at(record.created_at, None, attributes.disable, attributes.enable);
        record.webhook_token = gateways::new_webhook_token(&request.context);
        record.webhook_secrets =
            gateways::with_secret(&request.context, None, &record.webhook_endpoint_secret)?;
        name_keys(record);
        Ok(gateways::check_base_url(&record.base_url)?)
    }

    async fn before_update(
        _: &mut Tx<'_>,
        request: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        attributes: &UpdateCheckoutComGatewayAttributes,
    ) -> Result<(), Failure> {
        record.disabled_at = disabled_at(
            record.updated_at,
            before.disabled_at,
            attributes.disable,
            attributes.enable,
        );
        let known = before.webhook_secrets.as_deref();
        record.webhook_secrets =
            gateways::with_secret(&request.context, known, &record.webhook_endpoint_secret)?;
        name_keys(record);
        Ok(gateways::check_base_url(&record.base_url)?)
    }
}
