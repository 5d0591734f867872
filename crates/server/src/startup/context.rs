//! The domain's context, made from the settings.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use tillgate_gateways::{HttpTransport, Places};
use tillgate_outgoing::Policy;
use tillgate_payments::{Context, Settings, accounts, cipher::Cipher, passwords::Passwords};
use tillgate_store::Db;
use url::Url;

use super::{installation, master_key};
use crate::{
    config::Config,
    demo,
    failure::Failure,
    outgoing::HttpSender,
    world::{SystemTimer, World},
};

/// Connections to a database server for each thread.
const CONNECTIONS_PER_THREAD: usize = 8;
/// File name of an ephemeral service's database.
const TEMPORARY_DATABASE: &str = "tillgate.db";

/// Opens the database. If `migrate`, a missing one is created, and an old one is migrated.
///
/// # Errors
/// It can't be opened, reached or changed.
pub fn open_database(config: &Config, migrate: bool) -> Result<Db, Failure> {
    let opened = match &config.ephemeral {
        Some(_) => Db::open_temporary(&config.data_dir.join(TEMPORARY_DATABASE)),
        None => Db::open(&config.database_url, CONNECTIONS_PER_THREAD, migrate),
    };
    let mut db = opened.map_err(|error| installation::unusable(config, &error))?;
    db.limit_lists(config.list_time_limit);
    Ok(db)
}

/// Makes the context of a service at `base_url` with its own sandbox at `sandbox`. Missing parts are created if `migrate`.
///
/// # Errors
/// No master key, or no database.
pub fn context(
    config: &Config,
    base_url: &str,
    sandbox: Option<&str>,
    world: World,
    migrate: bool,
) -> Result<Context, Failure> {
    let World { clock, entropy } = world;
    let master_key = match &config.ephemeral {
        // Its sealed data ends with the process, so the key is not stored.
        Some(_) => master_key::make(&*entropy),
        None => master_key::load(&config.master_key_file, &*entropy)?,
    };
    let places = Places {
        sandbox: sandbox
            .and_then(|url| Url::parse(url).ok())
            .map(|url| url.origin()),
        allowed: config.gateway_ranges.clone(),
    };
    let transport = HttpTransport::new(places, config.outbound_proxy.clone())
        .map_err(|error| Failure::Start(format!("cannot set up the way to the PSPs: {error}")))?;
    let policy = Policy::public(webhook_ranges(config));
    let sender = HttpSender::new(policy, config.outbound_proxy.as_ref())
        .map_err(|error| Failure::Start(format!("cannot set up the way to webhooks: {error}")))?;
    Ok(Context {
        db: open_database(config, migrate)?,
        clock,
        entropy,
        timer: Arc::new(SystemTimer::start()),
        transport: Arc::new(transport),
        sender: Arc::new(sender),
        cipher: Arc::new(Cipher::new(*master_key)),
        passwords: Arc::new(Passwords::new(config.workers, config.max_passwords_of_address)),
        base_url: base_url.into(),
        settings: Settings {
            abandoned_after: config.abandoned_after,
            gateway_timeout: config.gateway_timeout,
            keep_gateway_events: config.keep_gateway_events,
            keep_operations: config.keep_operations,
            max_failed_authorizations: config.max_failed_authorizations,
            max_failures_of_address: config.max_failures_of_address,
            max_failed_logins: config.max_failed_logins,
            max_failed_logins_of_customer: config.max_failed_logins_of_customer,
            max_failed_logins_of_address: config.max_failed_logins_of_address,
        },
    })
}

/// The operator's ranges; by default this machine, if the demo may run and its receiver may be here.
fn webhook_ranges(config: &Config) -> Vec<IpNet> {
    let loopback = || {
        let is_tried = config.demo && demo::only_this_machine(config, config.listen);
        let ranges = is_tried.then(|| {
            [
                Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8).into(),
                Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128).into(),
            ]
        });
        ranges.into_iter().flatten().collect()
    };
    config.webhook_ranges.clone().unwrap_or_else(loopback)
}

/// Runs a command on an existing database, without serving. It creates nothing.
///
/// # Errors
/// No database or no master key, another master key than the database's, or the command's failure.
pub fn with_context<T>(
    config: &Config,
    command: impl AsyncFnOnce(&Context) -> Result<T, Failure>,
) -> Result<T, Failure> {
    installation::require(config)?;
    let base_url = config
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", config.listen));
    let context = context(config, &base_url, None, World::real(), false)?;
    actix_web::rt::System::new().block_on(async {
        accounts::check_key(&context).await.map_err(Failure::Start)?;
        command(&context).await
    })
}
