//! Lists and changes organizations and applications for operators.

use std::time::Duration;

use futures::future::LocalBoxFuture;
use secrecy::SecretString;
use tillgate_model::{Problem, Problems, Timestamp};
use tillgate_store::{ApplicationRow, StoreError, Tx, query};

use crate::{
    accounts::{self, Application},
    context::Context,
    failure::Failure,
    revocations,
    stored::{stored_time, time},
};

/// An organization.
#[derive(Clone, Debug)]
pub struct ListedOrganization {
    pub id: String,
    /// Unique name.
    pub name: String,
    /// Time of its creation.
    pub created_at: Timestamp,
}

/// An application, without its secrets.
#[derive(Clone, Debug)]
pub struct ListedApplication {
    /// The application.
    pub application: Application,
    /// Name of its organization.
    pub organization: String,
    /// Time of its creation.
    pub created_at: Timestamp,
    /// Time since which it gets no tokens.
    pub disabled_at: Option<Timestamp>,
    /// Time of its present secret, if that is not its first.
    pub rotated_at: Option<Timestamp>,
}

/// All organizations, oldest first.
///
/// # Errors
/// The database fails.
pub fn organizations(context: &Context) -> LocalBoxFuture<'_, Result<Vec<ListedOrganization>, Problems>> {
    Box::pin(async move {
        let rows = context
            .db
            .read(async |tx: &mut Tx<'_>| query!(tx, accounts::organizations()))
            .await
            .map_err(|error: StoreError| Failure::from(error).into_problems())?;
        let listed = rows.into_iter().map(|row| ListedOrganization {
            id: row.id,
            name: row.name,
            created_at: time(row.created_at),
        });
        Ok(listed.collect())
    })
}

/// All applications, those of one organization together.
///
/// # Errors
/// The database fails.
pub fn applications(context: &Context) -> LocalBoxFuture<'_, Result<Vec<ListedApplication>, Problems>> {
    Box::pin(async move {
        let listed = context
            .db
            .read(async |tx: &mut Tx<'_>| {
                let organizations = query!(tx, accounts::organizations())?;
                let rows = query!(tx, accounts::applications())?;
                let listed = rows.into_iter().map(|row| {
                    let organization = organizations
                        .iter()
                        .find(|organization| organization.id == row.organization_id);
                    let name = organization.map(|row| row.name.clone()).unwrap_or_default();
                    Ok(ListedApplication {
                        organization: name.clone(),
                        created_at: time(row.created_at),
                        disabled_at: row.disabled_at.map(time),
                        rotated_at: row.rotated_at.map(time),
                        application: accounts::application(row, name)?,
                    })
                });
                listed.collect::<Result<Vec<_>, StoreError>>()
            })
            .await;
        listed.map_err(|error| Failure::from(error).into_problems())
    })
}

/// Gives an application a new secret. The old one stays valid for `keep_old_for`. Without it, the old secret ends at once,
/// together with the application's tokens.
///
/// # Errors
/// There is no such application, it is a sales channel, or the database fails.
pub fn rotate_secret<'a>(
    context: &'a Context,
    id_or_client_id: &'a str,
    keep_old_for: Option<Duration>,
) -> LocalBoxFuture<'a, Result<SecretString, Problems>> {
    Box::pin(async move {
        let secret = accounts::random_text(context);
        let hash = accounts::hash_of_secret(context, &secret);
        change(context, id_or_client_id, async move |tx, context, mut row| {
            if row.secret_hash.is_none() {
                let message = "a sales channel has no secret";
                return Err(Problem::invalid("", "not_allowed", message).into());
            }
            let now = stored_time(context.now());
            let until = keep_old_for.and_then(|keep| chrono::Duration::from_std(keep).ok());
            row.previous_secret_hash = until.and(row.secret_hash.take());
            row.previous_secret_until = until.map(|keep| now + keep);
            row.secret_hash = Some(hash);
            row.rotated_at = Some(now);
            query!(tx, accounts::save_application(&row))?;
            if until.is_none() && row.disabled_at.is_none() {
                revocations::of_application_until_now(tx, &context, &row.id).await?;
            }
            Ok(())
        })
        .await?;
        Ok(secret.into())
    })
}

/// Ends an application's tokens, and refuses new ones until it is [enabled](enable).
///
/// # Errors
/// There is no such application, or the database fails.
pub fn disable<'a>(
    context: &'a Context,
    id_or_client_id: &'a str,
) -> LocalBoxFuture<'a, Result<(), Problems>> {
    Box::pin(async move {
        change(context, id_or_client_id, async |tx, context, mut row| {
            if row.disabled_at.is_none() {
                row.disabled_at = Some(stored_time(context.now()));
                query!(tx, accounts::save_application(&row))?;
                revocations::of_disabled(tx, &row.id).await?;
            }
            Ok(())
        })
        .await
    })
}

/// Lets an application get tokens again. Its earlier tokens stay revoked.
///
/// # Errors
/// There is no such application, or the database fails.
pub fn enable<'a>(
    context: &'a Context,
    id_or_client_id: &'a str,
) -> LocalBoxFuture<'a, Result<(), Problems>> {
    Box::pin(async move {
        change(context, id_or_client_id, async |tx, context, mut row| {
            if row.disabled_at.take().is_some() {
                query!(tx, accounts::save_application(&row))?;
                revocations::of_application_until_now(tx, &context, &row.id).await?;
            }
            Ok(())
        })
        .await
    })
}

/// Removes an application, and ends its tokens and the logins through it. Resources that it made stay.
///
/// # Errors
/// There is no such application, or the database fails.
pub fn delete<'a>(
    context: &'a Context,
    id_or_client_id: &'a str,
) -> LocalBoxFuture<'a, Result<(), Problems>> {
    Box::pin(async move {
        change(context, id_or_client_id, async |tx, context, row| {
            query!(tx, accounts::delete_application(&row))?;
            Ok(revocations::of_deleted(tx, &context, &row.id).await?)
        })
        .await
    })
}

async fn change<F>(context: &Context, id_or_client_id: &str, change: F) -> Result<(), Problems>
where
    F: AsyncFnOnce(&mut Tx<'_>, Context, ApplicationRow) -> Result<(), Failure> + Send + 'static,
{
    let (inside, id) = (context.clone(), id_or_client_id.to_owned());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let found = query!(tx, accounts::lock_application(&id))?;
            let row = found
                .ok_or_else(|| Problem::invalid("", "invalid", format!("there is no application {id:?}")))?;
            change(tx, inside, row).await
        })
        .await
        .map_err(Failure::into_problems)
}
