use tillgate_gateways::{
    KeyFault,
    checkout_com::{
        self,
        keys::{judge_processing_channel, judge_public_key, judge_secret_key},
    },
    judge_signing_secret,
};
use tillgate_model::{
    Problem, ProblemList, Problems, Record, Secret,
    resources::{
        CheckoutComGateway, CreateCheckoutComGatewayAttributes, GatewayType,
        UpdateCheckoutComGatewayAttributes,
    },
};
use tillgate_store::{PaymentGatewayRow, Tx};

use crate::{
    failure::Failure,
    plain::{Plain, disabled_at, edited_in, kept_in},
    providers::{credentials, gateways},
    request::Request,
    stored::{self, json, stored_json, stored_time, time},
};

fn visible(_: &Request, row: &PaymentGatewayRow) -> bool {
    row.kind == GatewayType::CheckoutComGateways
}

fn record(request: &Request, row: &PaymentGatewayRow) -> Result<Record<CheckoutComGateway>, Failure> {
    Ok(stored::record!(
        row,
        CheckoutComGateway {
            name: row.name.clone(),
            force_payments: row.force_payments,
            credential_keys: json(&row.credential_keys)?,
            disabled_at: row.disabled_at.map(time),
            secret_key: credentials::secret_key(&request.context, row)?,
            public_key: row.public_key.clone().unwrap_or_default(),
            base_url: row.base_url.clone(),
            processing_channel_id: row.processing_channel_id.clone(),
            authorize_on_create: row.authorize_on_create,
            return_url: row.return_url.clone(),
            webhook_endpoint_id: row.webhook_endpoint_id.clone(),
            webhook_endpoint_url: credentials::endpoint_url(&request.context, row),
            webhook_endpoint_secret: None,
            webhook_token: row.webhook_token.clone().unwrap_or_default(),
            webhook_secrets: row.webhook_secrets.clone(),
        }
    ))
}

fn row(request: &Request, record: &Record<CheckoutComGateway>) -> PaymentGatewayRow {
    stored::row!(PaymentGatewayRow, request.scope(), record, {
        kind: GatewayType::CheckoutComGateways.into(),
        name: record.name.clone(),
        force_payments: record.force_payments,
        disabled_at: record.disabled_at.map(stored_time),
        base_url: record.base_url.clone(),
        secret_key: credentials::seal(&request.context, &record.secret_key),
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

kept_in!(CheckoutComGateway: payment_gateways, PaymentGatewayRow);

fn name_keys(record: &mut Record<CheckoutComGateway>) {
    let public = Secret::new(record.public_key.clone());
    record.credential_keys = gateways::credential_keys(&[
        ("secret_key", Some(&record.secret_key)),
        ("public_key", Some(&public)),
    ]);
}

/// Stored keys are not judged again. `secret`, `public`, `channel` and `signing` are the request's values.
fn judge_keys(
    request: &Request,
    secret: Option<&Secret>,
    public: Option<&String>,
    channel: Option<&String>,
    signing: Option<&Secret>,
) -> Result<(), Problems> {
    let test = request.scope().test();
    let judged = |judged: Option<Result<(), KeyFault>>| judged.unwrap_or(Ok(()));
    gateways::judge_keys(&[
        (
            "secret_key",
            judged(secret.map(|key| judge_secret_key(key.expose(), test))),
        ),
        (
            "public_key",
            judged(public.map(|key| judge_public_key(key, test))),
        ),
        (
            "processing_channel_id",
            judged(channel.map(|id| judge_processing_channel(id))),
        ),
        (
            "webhook_endpoint_secret",
            judged(signing.map(|secret| judge_signing_secret(secret.expose()))),
        ),
    ])
}

/// Judges the keys of an update. An update that changes the PSP's URL must repeat the secret key.
fn judge_update(
    request: &Request,
    attributes: &UpdateCheckoutComGatewayAttributes,
    before: &Record<CheckoutComGateway>,
    record: &Record<CheckoutComGateway>,
) -> ProblemList {
    let mut problems = ProblemList::default();
    problems.add(judge_keys(
        request,
        attributes.secret_key.as_ref(),
        attributes.public_key.as_ref(),
        attributes.processing_channel_id.as_ref().and_then(Option::as_ref),
        attributes
            .webhook_endpoint_secret
            .as_ref()
            .and_then(Option::as_ref),
    ));
    let moves = gateways::moves(&before.base_url, &record.base_url);
    problems.add(gateways::refuse_kept_key(
        moves,
        attributes.secret_key.is_some(),
        "secret_key",
    ));
    problems
}

async fn judge_base_url(request: &Request, record: &Record<CheckoutComGateway>) -> Result<(), Problem> {
    gateways::judge_base_url(&request.context, checkout_com::is_own_host, &record.base_url).await
}

impl Plain for CheckoutComGateway {
    edited_in!(payment_gateways);

    async fn ask_before_create(
        request: &Request,
        record: &mut Record<Self>,
        attributes: &CreateCheckoutComGatewayAttributes,
    ) -> Result<(), Failure> {
        let mut problems = ProblemList::default();
        problems.add(judge_keys(
            request,
            Some(&attributes.secret_key),
            Some(&attributes.public_key),
            attributes.processing_channel_id.as_ref(),
            attributes.webhook_endpoint_secret.as_ref(),
        ));
        problems.add(judge_base_url(request, record).await);
        problems.into_result()?;
        if attributes.check == Some(true) {
            gateways::check_credentials(&request.context, &row(request, record), "secret_key").await?;
        }
        Ok(())
    }

    fn update_asks(attributes: &UpdateCheckoutComGatewayAttributes) -> bool {
        attributes.check == Some(true) || attributes.base_url.is_some()
    }

    async fn ask_before_update(
        request: &Request,
        before: &Record<Self>,
        record: &Record<Self>,
        attributes: &UpdateCheckoutComGatewayAttributes,
    ) -> Result<(), Failure> {
        let moves = gateways::moves(&before.base_url, &record.base_url);
        let is_checked = attributes.check == Some(true);
        let mut problems = judge_update(request, attributes, before, record);
        if moves || is_checked {
            problems.add(judge_base_url(request, record).await);
        }
        problems.into_result()?;
        if !is_checked {
            return Ok(());
        }
        gateways::check_credentials(&request.context, &row(request, record), "secret_key").await
    }

    async fn before_create(
        _: &mut Tx<'_>,
        request: &Request,
        record: &mut Record<Self>,
        attributes: &CreateCheckoutComGatewayAttributes,
    ) -> Result<(), Failure> {
        record.disabled_at = disabled_at(record.created_at, None, attributes.disable, attributes.enable);
        record.webhook_token = credentials::new_webhook_token(&request.context);
        record.webhook_secrets =
            credentials::with_secret(&request.context, None, &record.webhook_endpoint_secret)?;
        name_keys(record);
        Ok(())
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
        judge_update(request, attributes, before, record).into_result()?;
        let moves = gateways::moves(&before.base_url, &record.base_url);
        let mut known = before.webhook_secrets.as_deref();
        if gateways::is_another_account(moves, &before.secret_key, &record.secret_key) {
            (known, record.webhook_endpoint_id) = (None, None);
        }
        record.webhook_secrets =
            credentials::with_secret(&request.context, known, &record.webhook_endpoint_secret)?;
        name_keys(record);
        Ok(())
    }
}
