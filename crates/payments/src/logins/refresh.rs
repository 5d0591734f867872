//! Refresh tokens: each works once and gives the next (RFC 9700 section 4.14.2). A token that is used twice was stolen, or the
//! thief was faster: all tokens of that login end.

use chrono::Duration;
use futures::future::LocalBoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tillgate_model::{Id, Problems};
use tillgate_store::{RefreshTokenRow, Tx, query};

use crate::{
    accounts::{Application, random_text, scope_of},
    context::Context,
    failure::Failure,
    logins::Session,
    revocations::{self, hash_of_refresh_token},
    stored::{parse_column, stored_time, time},
};

const LIFETIME: Duration = Duration::weeks(2);

/// Continues a login. `None` if the token is not the application's, has expired, or was used before.
///
/// # Errors
/// The database fails.
pub fn with_refresh_token<'a>(
    context: &'a Context,
    application: &'a Application,
    token: &'a SecretString,
) -> LocalBoxFuture<'a, Result<Option<Session>, Problems>> {
    Box::pin(async move {
        let hash = hash_of_refresh_token(context, token.expose_secret());
        let (inside, application) = (context.clone(), application.clone());
        context
            .db
            .write(async move |tx: &mut Tx<'_>| rotate(tx, &inside, &application, &hash).await)
            .await
            .map_err(Failure::into_problems)
    })
}

/// The customer that a refresh token of the application was given to, whether it is still valid or not. `None` if there is no
/// such token.
///
/// # Errors
/// The database fails.
pub fn customer_of_refresh_token<'a>(
    context: &'a Context,
    application: &'a Application,
    token: &'a SecretString,
) -> LocalBoxFuture<'a, Result<Option<Id>, Problems>> {
    Box::pin(async move {
        let hash = hash_of_refresh_token(context, token.expose_secret());
        let scope = scope_of(application);
        let found = context
            .db
            .read(async |tx: &mut Tx<'_>| Ok::<_, Failure>(query!(tx, refresh_tokens::get(&scope, &hash))?))
            .await
            .map_err(Failure::into_problems)?;
        let found = found.filter(|token| token.application_id == application.id.as_str());
        found
            .map(|token| parse_column(&token.customer_id))
            .transpose()
            .map_err(|error| Failure::from(error).into_problems())
    })
}

async fn rotate(
    tx: &mut Tx<'_>,
    context: &Context,
    application: &Application,
    hash: &str,
) -> Result<Option<Session>, Failure> {
    let (scope, now) = (scope_of(application), stored_time(context.now()));
    let Some(token) = query!(tx, refresh_tokens::lock(&scope, hash))? else {
        return Ok(None);
    };
    if token.application_id != application.id.as_str() || token.expires_at <= now {
        return Ok(None);
    }
    let (customer, family) = (&token.customer_id, &token.family_id);
    if token.used_at.is_some() {
        tracing::warn!(
            customer,
            "a refresh token was used twice: all tokens of its login end"
        );
        query!(tx, refresh_tokens::revoke_family(&scope, customer, family))?;
        revocations::of_login(tx, context, family).await?;
        return Ok(None);
    }
    query!(tx, refresh_tokens::use_up(&scope, hash, now))?;
    issue(tx, context, application, customer, family).await.map(Some)
}

/// Gives a customer a new token of a family.
pub async fn issue(
    tx: &mut Tx<'_>,
    context: &Context,
    application: &Application,
    customer_id: &str,
    family_id: &str,
) -> Result<Session, Failure> {
    let (scope, now) = (scope_of(application), stored_time(context.now()));
    query!(tx, refresh_tokens::forget_ended(&scope, now))?;
    let token = random_text(context);
    let row = RefreshTokenRow {
        organization_id: scope.organization_id().to_string(),
        test: scope.test(),
        hash: hash_of_refresh_token(context, &token),
        family_id: family_id.to_owned(),
        application_id: application.id.to_string(),
        customer_id: customer_id.to_owned(),
        created_at: now,
        expires_at: now + LIFETIME,
        used_at: None,
    };
    query!(tx, refresh_tokens::insert(&row))?;
    Ok(Session {
        customer_id: parse_column(customer_id)?,
        refresh_token: token.into(),
        login_id: family_id.to_owned(),
        at: time(now),
    })
}
