use tillgate_gateways::{
    KeyFault, judge_signing_secret,
    stripe::{
        self,
        keys::{judge_connected_account, judge_publishable_key, judge_secret_key},
    },
};
use tillgate_model::{
    Problem, ProblemList, Problems, Record, Secret,
    resources::{CreateStripeGatewayAttributes, GatewayType, StripeGateway, UpdateStripeGatewayAttributes},
};
use tillgate_store::{PaymentGatewayRow, Tx};

use crate::{
    failure::Failure,
    plain::{Plain, disabled_at, edited_in, kept_in},
    providers::{credentials, gateways, registration},
    request::Request,
    stored::{self, json, stored_json, stored_time, time},
};

fn visible(_: &Request, row: &PaymentGatewayRow) -> bool {
    row.kind == GatewayType::StripeGateways
}

fn record(request: &Request, row: &PaymentGatewayRow) -> Result<Record<StripeGateway>, Failure> {
    Ok(stored::record!(
        row,
        StripeGateway {
            name: row.name.clone(),
            force_payments: row.force_payments,
            credential_keys: json(&row.credential_keys)?,
            disabled_at: row.disabled_at.map(time),
            login: credentials::secret_key(&request.context, row)?,
            publishable_key: row.public_key.clone(),
            connected_account: row.connected_account.clone(),
            base_url: row.base_url.clone(),
            api_version: row.api_version.clone().unwrap_or_default(),
            return_url: row.return_url.clone(),
            multicapture: row.multicapture,
            webhook_endpoint_id: row.webhook_endpoint_id.clone(),
            webhook_endpoint_url: credentials::endpoint_url(&request.context, row),
            webhook_endpoint_secret: None,
            webhook_token: row.webhook_token.clone().unwrap_or_default(),
            webhook_secrets: row.webhook_secrets.clone(),
        }
    ))
}

fn row(request: &Request, record: &Record<StripeGateway>) -> PaymentGatewayRow {
    stored::row!(PaymentGatewayRow, request.scope(), record, {
        kind: GatewayType::StripeGateways.into(),
        name: record.name.clone(),
        force_payments: record.force_payments,
        disabled_at: record.disabled_at.map(stored_time),
        base_url: record.base_url.clone(),
        secret_key: credentials::seal(&request.context, &record.login),
        credential_keys: stored_json(&record.credential_keys),
        public_key: record.publishable_key.clone(),
        connected_account: record.connected_account.clone(),
        api_version: Some(record.api_version.clone()),
        processing_channel_id: None,
        authorize_on_create: false,
        return_url: record.return_url.clone(),
        multicapture: record.multicapture,
        webhook_token: Some(record.webhook_token.clone()),
        webhook_endpoint_id: record.webhook_endpoint_id.clone(),
        webhook_secrets: record.webhook_secrets.clone(),
    })
}

kept_in!(StripeGateway: payment_gateways, PaymentGatewayRow);

fn name_keys(record: &mut Record<StripeGateway>) {
    let publishable = record.publishable_key.clone().map(Secret::new);
    record.credential_keys = gateways::credential_keys(&[
        ("login", Some(&record.login)),
        ("publishable_key", publishable.as_ref()),
    ]);
}

/// Stored keys are not judged again. `secret`, `publishable`, `account` and `signing` are the request's values.
fn judge_keys(
    request: &Request,
    secret: Option<&Secret>,
    publishable: Option<&String>,
    account: Option<&String>,
    signing: Option<&Secret>,
) -> Result<(), Problems> {
    let test = request.scope().test();
    let judged = |judged: Option<Result<(), KeyFault>>| judged.unwrap_or(Ok(()));
    gateways::judge_keys(&[
        (
            "login",
            judged(secret.map(|key| judge_secret_key(key.expose(), test))),
        ),
        (
            "publishable_key",
            judged(publishable.map(|key| judge_publishable_key(key, test))),
        ),
        (
            "connected_account",
            judged(account.map(|id| judge_connected_account(id))),
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
    attributes: &UpdateStripeGatewayAttributes,
    before: &Record<StripeGateway>,
    record: &Record<StripeGateway>,
) -> ProblemList {
    let mut problems = ProblemList::default();
    problems.add(judge_keys(
        request,
        attributes.login.as_ref(),
        attributes.publishable_key.as_ref().and_then(Option::as_ref),
        attributes.connected_account.as_ref().and_then(Option::as_ref),
        attributes
            .webhook_endpoint_secret
            .as_ref()
            .and_then(Option::as_ref),
    ));
    let moves = gateways::moves(&before.base_url, &record.base_url);
    problems.add(gateways::refuse_kept_key(
        moves,
        attributes.login.is_some(),
        "login",
    ));
    problems
}

async fn judge_base_url(request: &Request, record: &Record<StripeGateway>) -> Result<(), Problem> {
    gateways::judge_base_url(&request.context, stripe::is_own_host, &record.base_url).await
}

impl Plain for StripeGateway {
    edited_in!(payment_gateways);

    async fn ask_before_create(
        request: &Request,
        record: &mut Record<Self>,
        attributes: &CreateStripeGatewayAttributes,
    ) -> Result<(), Failure> {
        let mut problems = ProblemList::default();
        problems.add(judge_keys(
            request,
            Some(&attributes.login),
            attributes.publishable_key.as_ref(),
            attributes.connected_account.as_ref(),
            attributes.webhook_endpoint_secret.as_ref(),
        ));
        problems.add(judge_base_url(request, record).await);
        problems.into_result()?;
        record.webhook_token = credentials::new_webhook_token(&request.context);
        record.webhook_secrets =
            credentials::with_secret(&request.context, None, &record.webhook_endpoint_secret)?;
        let is_checked = attributes.check == Some(true);
        if is_checked {
            gateways::check_credentials(&request.context, &row(request, record), "login").await?;
        }
        match gateways::register_endpoint(&request.context, &row(request, record)).await {
            Ok(Some(endpoint)) => {
                record.webhook_endpoint_id = Some(endpoint.id);
                record.webhook_secrets = endpoint.secrets;
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(failure) if is_checked => Err(failure),
            // A later `_check` registers it.
            Err(_) => Ok(()),
        }
    }

    fn update_asks(attributes: &UpdateStripeGatewayAttributes) -> bool {
        attributes.check == Some(true) || attributes.base_url.is_some()
    }

    async fn ask_before_update(
        request: &Request,
        before: &Record<Self>,
        record: &Record<Self>,
        attributes: &UpdateStripeGatewayAttributes,
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
        gateways::check_credentials(&request.context, &row(request, record), "login").await?;
        // The update forgets the endpoint of another account; a later `_check` registers one at the new account.
        if record.webhook_endpoint_secret.is_some()
            || gateways::is_another_account(moves, &before.login, &record.login)
        {
            return Ok(());
        }
        let registered = gateways::register_endpoint(&request.context, &row(request, record)).await?;
        match registered {
            Some(endpoint) => {
                let former = record.webhook_endpoint_id.clone();
                gateways::keep_endpoint(request, &record.id, former, endpoint).await
            }
            None => Ok(()),
        }
    }

    async fn roll_back(request: &Request, record: &Record<Self>) {
        registration::unregister(&request.context, &row(request, record)).await;
    }

    async fn before_create(
        _: &mut Tx<'_>,
        _: &Request,
        record: &mut Record<Self>,
        attributes: &CreateStripeGatewayAttributes,
    ) -> Result<(), Failure> {
        record.disabled_at = disabled_at(record.created_at, None, attributes.disable, attributes.enable);
        name_keys(record);
        Ok(())
    }

    async fn before_update(
        _: &mut Tx<'_>,
        request: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        attributes: &UpdateStripeGatewayAttributes,
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
        if gateways::is_another_account(moves, &before.login, &record.login) {
            (known, record.webhook_endpoint_id) = (None, None);
        }
        record.webhook_secrets =
            credentials::with_secret(&request.context, known, &record.webhook_endpoint_secret)?;
        name_keys(record);
        Ok(())
    }
}
