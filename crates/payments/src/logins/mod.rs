//! Customers who log in: with their password, and then with refresh tokens, each of which works once.

mod attempts;
mod refresh;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use futures::future::LocalBoxFuture;
use secrecy::SecretString;
use tillgate_model::{Id, Problems, Timestamp, text};
use tillgate_store::{Scope, StoreError, Tx, query};

use crate::{
    accounts::{Application, scope_of},
    context::Context,
    failure::Failure,
    logins::attempts::Attempt,
    network::network,
};

pub use self::attempts::WINDOW;
pub use self::refresh::{customer_of_refresh_token, with_refresh_token};

/// A customer who has logged in.
#[derive(Debug)]
pub struct Session {
    /// The customer.
    pub customer_id: Id,
    /// Token for the next access token and the next refresh token.
    pub refresh_token: SecretString,
    /// The login that both tokens belong to.
    pub login_id: String,
    /// Time of the check: an access token is valid from then.
    pub at: Timestamp,
}

/// The credentials of a customer.
pub struct Login {
    /// The customer's address.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// Network address of the caller.
    pub address: IpAddr,
}

/// Logs a customer in. `None` if there is no such customer, if they have no password, or if the password is wrong: the three
/// cases look the same to the caller, and take the same time.
///
/// # Errors
/// There were too many failed attempts (429), too many passwords wait to be checked (503), or the database fails.
pub fn with_password<'a>(
    context: &'a Context,
    application: &'a Application,
    login: Login,
) -> LocalBoxFuture<'a, Result<Option<Session>, Problems>> {
    Box::pin(async move {
        try_password(context, application, login)
            .await
            .map_err(Failure::into_problems)
    })
}

async fn try_password(
    context: &Context,
    application: &Application,
    login: Login,
) -> Result<Option<Session>, Failure> {
    let scope = scope_of(application);
    let login = Login {
        email: text::email(&login.email),
        ..login
    };
    let attempt = Attempt::new(context, &login);
    // A caller who finds the queue full has tried nothing, and nothing is counted.
    let place = context.passwords.enter(network(login.address).to_string())?;
    let known = begin(context, &scope, attempt.clone(), login.email).await?;
    let stored = known.hash.as_deref();
    if !context
        .passwords
        .check(&context.cipher, place, login.password, stored)
        .await?
    {
        return Ok(None);
    }
    let (context, application) = (context.clone(), application.clone());
    let db = context.db.clone();
    db.write(async move |tx: &mut Tx<'_>| {
        // A password that was changed meanwhile is no longer valid.
        if query!(tx, passwords::hash(&scope, &known.customer_id))? != known.hash {
            return Ok(None);
        }
        attempt.succeeded(tx, &scope).await?;
        let family = context.new_id();
        let session = refresh::issue(tx, &context, &application, &known.customer_id, family.as_str());
        Ok(Some(session.await?))
    })
    .await
}

struct Known {
    /// Empty if there is no such customer.
    customer_id: String,
    hash: Option<String>,
}

/// Counts the attempt as failed before the password is tried, so that many at once can't outrun the limit. Then looks for the
/// customer.
async fn begin(context: &Context, scope: &Scope, attempt: Attempt, email: String) -> Result<Known, Failure> {
    let (inside, scope) = (context.clone(), scope.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            attempt.count(tx, &inside, &scope).await?;
            let customer_id = customer_of(tx, &scope, &email).await?.unwrap_or_default();
            let hash = query!(tx, passwords::hash(&scope, &customer_id))?;
            Ok(Known { customer_id, hash })
        })
        .await
}

async fn customer_of(tx: &mut Tx<'_>, scope: &Scope, email: &str) -> Result<Option<String>, StoreError> {
    // PostgreSQL accepts no such text.
    if email.contains('\0') {
        return Ok(None);
    }
    let found = query!(tx, payments::customer_of_email(scope, email))?;
    Ok(found.map(|row| row.id))
}
