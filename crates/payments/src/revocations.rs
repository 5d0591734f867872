//! Access tokens that end early. They are verified without the database, so every instance has a list of revocations, and reads
//! new ones every few seconds.

use chrono::Duration;
use futures::future::LocalBoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tillgate_model::{Problem, Problems, Timestamp, problem::Kind};
use tillgate_store::{NewRevocationRow, RevocationRow, StoreError, Tx, query};

use crate::{
    accounts::{Application, scope_of},
    context::Context,
    failure::Failure,
    stored::{stored_time, time},
};

/// Longest lifetime of an access token.
const LONGEST_LIFETIME: Duration = Duration::hours(5);
/// Maximum number of revocations of one application's tokens and logins that have not expired.
const MAX_OF_APPLICATION: i64 = 20_000;
/// Maximum number of revocations that one transaction deletes.
const FORGOTTEN_TOGETHER: i64 = 500;

/// The context that the tokens are hashed under.
const REFRESH_TOKEN: &str = "refresh_tokens.hash";

/// The property that revoked tokens share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The application that they were issued to.
    Application,
    /// The customer who logged in with them.
    Customer,
    /// The login that they belong to.
    Login,
    /// The `jti` of one token.
    Token,
}

impl Subject {
    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Customer => "customer",
            Self::Login => "login",
            Self::Token => "token",
        }
    }

    fn revocation(self, subject: &str, context: &Context) -> NewRevocationRow {
        let now = context.now();
        NewRevocationRow {
            kind: self.word().to_owned(),
            subject: subject.to_owned(),
            application_id: None,
            issued_before: Some(stored_time(now)),
            expires_at: Some(stored_time(now) + LONGEST_LIFETIME),
        }
    }
}

/// A revocation, as an instance keeps it.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Number in the order of writing.
    pub sequence: i64,
    /// The property that the tokens share, as it is stored.
    pub kind: String,
    /// The value of that property.
    pub subject: String,
    /// Tokens that were issued until then are revoked, in milliseconds since 1970; all if absent.
    pub issued_before: Option<i64>,
    /// Expiry of the last of these tokens, in seconds since 1970; never if absent.
    pub expires_at: Option<i64>,
}

impl From<RevocationRow> for Revocation {
    fn from(row: RevocationRow) -> Self {
        Self {
            sequence: row.sequence,
            kind: row.kind,
            subject: row.subject,
            issued_before: row
                .issued_before
                .map(|moment| time(moment).moment().timestamp_millis()),
            expires_at: row.expires_at.map(|moment| time(moment).moment().timestamp()),
        }
    }
}

/// The unexpired revocations after a sequence number, in the order of writing.
///
/// # Errors
/// The database fails.
pub fn after(
    context: &Context,
    sequence: i64,
    limit: i64,
) -> LocalBoxFuture<'_, Result<Vec<Revocation>, Problems>> {
    Box::pin(async move {
        let now = stored_time(context.now());
        let rows = context
            .db
            .read(async |tx: &mut Tx<'_>| query!(tx, revocations::after(sequence, now, limit)))
            .await
            .map_err(|error: StoreError| Failure::from(error).into_problems())?;
        Ok(rows.into_iter().map(Revocation::from).collect())
    })
}

/// Deletes expired revocations, in small steps.
pub fn forget_ended(context: &Context) -> LocalBoxFuture<'_, ()> {
    Box::pin(async move {
        let now = stored_time(context.now());
        loop {
            let forgotten = context
                .db
                .write(async move |tx: &mut Tx<'_>| {
                    query!(tx, revocations::forget_ended(now, FORGOTTEN_TOGETHER))
                })
                .await;
            match forgotten {
                Ok(0) => return,
                Ok(_) => {}
                Err(error @ StoreError::Failed(_)) => {
                    tracing::error!(%error, "expired revocations can't be deleted");
                    return;
                }
                // The next attempt is in an hour.
                Err(_) => return,
            }
        }
    })
}

/// Revokes all tokens of an application, until it is enabled again.
pub async fn of_disabled(tx: &mut Tx<'_>, application_id: &str) -> Result<(), StoreError> {
    let row = NewRevocationRow {
        kind: Subject::Application.word().to_owned(),
        subject: application_id.to_owned(),
        application_id: None,
        issued_before: None,
        expires_at: None,
    };
    query!(tx, revocations::insert(&row))
}

/// Revokes all tokens of an application, which gets no new ones.
pub async fn of_deleted(tx: &mut Tx<'_>, context: &Context, application_id: &str) -> Result<(), StoreError> {
    let row = NewRevocationRow {
        issued_before: None,
        ..Subject::Application.revocation(application_id, context)
    };
    let kind = Subject::Application.word();
    query!(tx, revocations::take_back(kind, application_id))?;
    query!(tx, revocations::insert(&row))
}

/// Revokes the tokens that an application got until now.
pub async fn of_application_until_now(
    tx: &mut Tx<'_>,
    context: &Context,
    application_id: &str,
) -> Result<(), StoreError> {
    let row = Subject::Application.revocation(application_id, context);
    query!(tx, revocations::take_back(&row.kind, application_id))?;
    query!(tx, revocations::insert(&row))
}

/// Revokes the tokens of a customer's logins.
pub async fn of_customer(tx: &mut Tx<'_>, context: &Context, customer_id: &str) -> Result<(), StoreError> {
    let row = Subject::Customer.revocation(customer_id, context);
    query!(tx, revocations::insert(&row))
}

/// Revokes the tokens of a login.
pub async fn of_login(tx: &mut Tx<'_>, context: &Context, login_id: &str) -> Result<(), StoreError> {
    let row = Subject::Login.revocation(login_id, context);
    query!(tx, revocations::insert(&row))
}

/// Revokes one access token of an application (RFC 7009), until it expires.
///
/// # Errors
/// There are too many revocations already, or the database fails.
pub fn revoke_access_token<'a>(
    context: &'a Context,
    application: &'a Application,
    token_id: &'a str,
    expires_at: Timestamp,
) -> LocalBoxFuture<'a, Result<(), Problems>> {
    Box::pin(async move {
        let row = NewRevocationRow {
            application_id: Some(application.id.to_string()),
            issued_before: None,
            expires_at: Some(stored_time(expires_at)),
            ..Subject::Token.revocation(token_id, context)
        };
        let now = stored_time(context.now());
        context
            .db
            .write(async move |tx: &mut Tx<'_>| add(tx, row, now).await)
            .await
            .map_err(Failure::into_problems)
    })
}

/// Revokes a refresh token of an application, with all tokens of the same login (RFC 7009 section 2.1). An invalid token counts
/// as revoked.
///
/// # Errors
/// There are too many revocations already, or the database fails.
pub fn revoke_refresh_token<'a>(
    context: &'a Context,
    application: &'a Application,
    token: &'a SecretString,
) -> LocalBoxFuture<'a, Result<(), Problems>> {
    Box::pin(async move {
        let hash = hash_of_refresh_token(context, token.expose_secret());
        let (inside, application) = (context.clone(), application.clone());
        context
            .db
            .write(async move |tx: &mut Tx<'_>| {
                let scope = scope_of(&application);
                let Some(token) = query!(tx, refresh_tokens::lock(&scope, &hash))? else {
                    return Ok(());
                };
                if token.application_id != application.id.as_str() {
                    return Ok(());
                }
                let (customer, family) = (&token.customer_id, &token.family_id);
                query!(tx, refresh_tokens::revoke_family(&scope, customer, family))?;
                let row = NewRevocationRow {
                    application_id: Some(token.application_id.clone()),
                    ..Subject::Login.revocation(family, &inside)
                };
                add(tx, row, stored_time(inside.now())).await
            })
            .await
            .map_err(Failure::into_problems)
    })
}

async fn add(tx: &mut Tx<'_>, row: NewRevocationRow, now: tillgate_store::StoredTime) -> Result<(), Failure> {
    let application_id = row.application_id.as_deref().unwrap_or_default();
    if query!(tx, revocations::count_of_application(application_id, now))? >= MAX_OF_APPLICATION {
        return Err(too_many().into());
    }
    Ok(query!(tx, revocations::insert(&row))?)
}

/// The problem for a revocation above the limit. Nothing was revoked.
pub fn too_many() -> Problems {
    let message = "Too many tokens were revoked in the last hours. Try again later.";
    Problems::from(Problem::new(Kind::ServiceUnavailable, message)).retry_after(60)
}

/// The keyed hash of a refresh token.
pub fn hash_of_refresh_token(context: &Context, token: &str) -> String {
    context.cipher.keyed_hash(REFRESH_TOKEN, token)
}
