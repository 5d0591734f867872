//! Organizations, and the applications that call for them.

use futures::future::LocalBoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tillgate_model::{Id, Problem, Problems};
use tillgate_store::{ApplicationRow, OrganizationRow, Scope, StoreError, Tx, query};

use crate::{call::ApplicationKind, context::Context, failure::Failure, stored};

/// The context that client secrets are hashed under.
const PURPOSE: &str = "applications.secret";
/// Setting that recognizes the master key of the installation.
pub const KEY_CHECK: &str = "key_check";
const DEMO: &str = "demo";
const PUBLIC_URL: &str = "public_url";

/// A client of the API that may ask for access tokens.
#[derive(Clone, Debug)]
pub struct Application {
    pub id: Id,
    /// Public id of its credentials.
    pub client_id: String,
    /// Id of its organization.
    pub organization_id: Id,
    /// Name of its organization.
    pub organization: String,
    /// Whether it is in test mode.
    pub test: bool,
    pub kind: ApplicationKind,
    /// The market that a sales channel sells in.
    pub market_id: Option<Id>,
    /// Name for people.
    pub name: String,
}

/// The properties of a new application.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// Id of its organization.
    pub organization_id: Id,
    /// Name for people.
    pub name: String,
    pub kind: ApplicationKind,
    /// Whether it is in test mode.
    pub test: bool,
    /// The market that a sales channel sells in.
    pub market_id: Option<Id>,
}

/// The credentials of an application. The secret is shown once.
#[derive(Debug)]
pub struct Credentials {
    /// Public id.
    pub client_id: String,
    /// The secret. A sales channel has none, because its credentials are public.
    pub client_secret: Option<SecretString>,
}

/// The application of a row, in an organization of that name.
pub(crate) fn application(row: ApplicationRow, organization: String) -> Result<Application, StoreError> {
    Ok(Application {
        organization,
        id: stored::parse_column(&row.id)?,
        organization_id: stored::parse_column(&row.organization_id)?,
        test: row.test,
        kind: stored::parse_column(&row.kind)?,
        market_id: stored::parse_optional_column(row.market_id.as_deref())?,
        name: row.name,
        client_id: row.client_id,
    })
}

/// The application with these credentials. `None` if there is no such application, or the secret is wrong.
pub fn authenticate<'a>(
    context: &'a Context,
    client_id: &'a str,
    client_secret: Option<&'a SecretString>,
) -> LocalBoxFuture<'a, Result<Option<Application>, Problems>> {
    Box::pin(async move {
        let found = read_application(context, client_id).await?;
        let row = found.as_ref().map(|(row, _)| row);
        // An unknown client takes as much time as a wrong secret.
        let hash = row.and_then(|row| row.secret_hash.clone());
        let given = client_secret.map_or("", ExposeSecret::expose_secret);
        let previous = row.and_then(|row| {
            let counts = row
                .previous_secret_until
                .is_some_and(|until| until > stored::stored_time(context.now()));
            row.previous_secret_hash.clone().filter(|_| counts)
        });
        let is_of = |hash: Option<String>| {
            context
                .cipher
                .verify_hash(PURPOSE, given, hash.as_deref().unwrap_or_default())
        };
        // Both are compared, so the time does not tell which one matched.
        let matches = is_of(hash) | is_of(previous);
        let Some((row, organization)) = found else {
            return Ok(None);
        };
        if row.disabled_at.is_some() || (row.secret_hash.is_some() && !matches) {
            return Ok(None);
        }
        application(row, organization)
            .map(Some)
            .map_err(|error| Failure::from(error).into_problems())
    })
}

/// The keyed hash of an application's secret.
pub(crate) fn hash_of_secret(context: &Context, secret: &str) -> String {
    context.cipher.keyed_hash(PURPOSE, secret)
}

/// The application with a client id, unless it is disabled.
pub fn application_by_client_id<'a>(
    context: &'a Context,
    client_id: &'a str,
) -> LocalBoxFuture<'a, Result<Option<Application>, Problems>> {
    Box::pin(async move {
        let found = read_application(context, client_id).await?;
        found
            .filter(|(row, _)| row.disabled_at.is_none())
            .map(|(row, organization)| application(row, organization))
            .transpose()
            .map_err(|error| Failure::from(error).into_problems())
    })
}

/// The code of the market that a sales channel sells in.
pub fn market_code<'a>(
    context: &'a Context,
    application: &'a Application,
) -> LocalBoxFuture<'a, Result<Option<String>, Problems>> {
    Box::pin(async move {
        let Some(market_id) = &application.market_id else {
            return Ok(None);
        };
        let scope = Scope::of_operator(application.organization_id.clone(), application.test);
        let market = context
            .db
            .read(async |tx: &mut Tx<'_>| query!(tx, markets::get(&scope, market_id)))
            .await
            .map_err(|error: StoreError| Failure::from(error).into_problems())?;
        Ok(market.and_then(|market| market.code))
    })
}

/// The row of an application, with the name of its organization.
async fn read_application(
    context: &Context,
    client_id: &str,
) -> Result<Option<(ApplicationRow, String)>, Problems> {
    if client_id.contains('\0') {
        return Ok(None);
    }
    context
        .db
        .read(async |tx: &mut Tx<'_>| {
            let Some(row) = query!(tx, accounts::application(client_id))? else {
                return Ok(None);
            };
            let name = query!(tx, accounts::organization_name(&row.organization_id))?;
            Ok(Some((row, name.unwrap_or_default())))
        })
        .await
        .map_err(|error: StoreError| Failure::from(error).into_problems())
}

/// Creates an organization; its name must be new.
pub fn create_organization<'a>(
    context: &'a Context,
    name: &'a str,
) -> LocalBoxFuture<'a, Result<Id, Problems>> {
    Box::pin(async move {
        let id = context.new_id();
        let row = OrganizationRow {
            id: id.to_string(),
            name: name.to_owned(),
            created_at: stored::stored_time(context.now()),
        };
        let outcome = context
            .db
            .write(async move |tx: &mut Tx<'_>| query!(tx, accounts::insert_organization(&row)))
            .await;
        match outcome {
            Ok(()) => Ok(id),
            Err(StoreError::NotUnique(_)) => {
                Err(Problem::invalid("", "taken", "an organization of that name exists").into())
            }
            Err(error) => Err(Failure::from(error).into_problems()),
        }
    })
}

/// The organization with a name.
pub fn find_organization<'a>(
    context: &'a Context,
    name: &'a str,
) -> LocalBoxFuture<'a, Result<Option<Id>, Problems>> {
    Box::pin(async move {
        let found = context
            .db
            .read(async |tx: &mut Tx<'_>| {
                let row = query!(tx, accounts::organization_by_name(name))?;
                row.map(|row| stored::parse_column(&row.id)).transpose()
            })
            .await;
        found.map_err(|error: StoreError| Failure::from(error).into_problems())
    })
}

pub fn create_application(
    context: &Context,
    new: NewApplication,
) -> LocalBoxFuture<'_, Result<Credentials, Problems>> {
    Box::pin(async move {
        let client_id = random_text(context);
        let client_secret = (new.kind == ApplicationKind::Integration).then(|| random_text(context));
        let row = ApplicationRow {
            client_id: client_id.clone(),
            id: context.new_id().to_string(),
            organization_id: new.organization_id.to_string(),
            test: new.test,
            name: new.name,
            kind: new.kind.to_string(),
            secret_hash: client_secret
                .as_deref()
                .map(|secret| hash_of_secret(context, secret)),
            market_id: new.market_id.map(|id| id.to_string()),
            created_at: stored::stored_time(context.now()),
            disabled_at: None,
            rotated_at: None,
            previous_secret_hash: None,
            previous_secret_until: None,
        };
        let outcome = context
            .db
            .write(async move |tx: &mut Tx<'_>| query!(tx, accounts::insert_application(&row)))
            .await;
        match outcome {
            Ok(()) => Ok(Credentials {
                client_id,
                client_secret: client_secret.map(SecretString::from),
            }),
            Err(StoreError::Referenced(_)) => Err(Problem::not_found().into()),
            Err(error) => Err(Failure::from(error).into_problems()),
        }
    })
}

/// 256 random bits, in hex.
pub fn random_text(context: &Context) -> String {
    let mut bytes = [0; 32];
    context.entropy.fill(&mut bytes);
    hex::encode(bytes)
}

/// Refuses a master key that did not encrypt the stored secrets.
pub fn check_key(context: &Context) -> LocalBoxFuture<'_, Result<(), String>> {
    Box::pin(async move {
        let ours = context.cipher.check_value().to_owned();
        let stored = setting(context, KEY_CHECK, Some(ours.clone()))
            .await
            .map_err(|error| error.to_string())?;
        if stored.as_deref() == Some(ours.as_str()) {
            Ok(())
        } else {
            Err("this database was set up with another master key; start with that key (TILLGATE_MASTER_KEY or the key file in the data directory)".into())
        }
    })
}

/// Stores the service's public URL, for programs that make tokens.
pub fn keep_public_url(context: &Context) -> LocalBoxFuture<'_, Result<(), Problems>> {
    Box::pin(async move {
        if public_url(context).await?.as_deref() == Some(&*context.base_url) {
            return Ok(());
        }
        let url = context.base_url.to_string();
        context
            .db
            .write(async move |tx: &mut Tx<'_>| query!(tx, accounts::set_setting(PUBLIC_URL, &url)))
            .await
            .map_err(|error: StoreError| Failure::from(error).into_problems())
    })
}

/// The URL that [`keep_public_url`] stored last.
pub fn public_url(context: &Context) -> LocalBoxFuture<'_, Result<Option<String>, Problems>> {
    Box::pin(async move {
        context
            .db
            .read(async |tx: &mut Tx<'_>| query!(tx, accounts::setting(PUBLIC_URL)))
            .await
            .map_err(|error: StoreError| Failure::from(error).into_problems())
    })
}

/// Whether the installation has the demo; `None` while it is empty.
pub fn is_demo(context: &Context) -> LocalBoxFuture<'_, Result<Option<bool>, Problems>> {
    Box::pin(async move {
        let found = context
            .db
            .read(async |tx: &mut Tx<'_>| {
                let organizations = query!(tx, accounts::count_organizations())?;
                let marked = query!(tx, accounts::setting(DEMO))?.is_some();
                Ok::<_, StoreError>((organizations, marked))
            })
            .await;
        match found {
            Ok((0, _)) => Ok(None),
            Ok((_, marked)) => Ok(Some(marked)),
            Err(error) => Err(Failure::from(error).into_problems()),
        }
    })
}

/// Stores the ids that the demo needs at the next start. The first value stays.
pub fn mark_demo(context: &Context, state: String) -> LocalBoxFuture<'_, Result<(), Problems>> {
    Box::pin(async move {
        setting(context, DEMO, Some(state))
            .await
            .map(|_| ())
            .map_err(|error| Failure::from(error).into_problems())
    })
}

/// The value that [`mark_demo`] stored.
pub fn demo(context: &Context) -> LocalBoxFuture<'_, Result<Option<String>, Problems>> {
    Box::pin(async move {
        setting(context, DEMO, None)
            .await
            .map_err(|error| Failure::from(error).into_problems())
    })
}

/// Reads a setting, and stores `value` first if there is none.
async fn setting(
    context: &Context,
    name: &'static str,
    value: Option<String>,
) -> Result<Option<String>, StoreError> {
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            if let Some(value) = value {
                query!(tx, accounts::set_setting_once(name, &value))?;
            }
            query!(tx, accounts::setting(name))
        })
        .await
}

/// The data that an application may access.
pub(crate) fn scope_of(application: &Application) -> Scope {
    Scope::of_credentials(application.organization_id.clone(), application.test)
}
