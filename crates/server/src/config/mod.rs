//! Settings: their sources, and their final values.

mod ephemeral;
mod options;
#[cfg(test)]
mod tests;

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;
use tillgate_outgoing::OutboundProxy;
use url::Url;

pub use ephemeral::Ephemeral;
pub use options::{LogFormat, Options};

use crate::{
    failure::Failure,
    http::{LimitSettings, TrustedProxies},
};

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the API.
    pub listen: SocketAddr,
    /// Start of all links, without a slash at the end; by default the bound address.
    pub public_url: Option<String>,
    /// Issuer of access tokens; by default a host below that of the public URL.
    pub issuer: Option<String>,
    /// Directory of all files outside of the database.
    pub data_dir: PathBuf,
    /// The database.
    pub database_url: String,
    /// File of the master key, unless `TILLGATE_MASTER_KEY` holds it.
    pub master_key_file: PathBuf,
    /// Address of the PSP sandbox, if it runs.
    pub sandbox_listen: Option<SocketAddr>,
    /// Origins whose pages may call the API from a browser.
    pub cors_origins: Vec<String>,
    /// Ranges outside of the public internet that webhooks may use; `None` leaves the default.
    pub webhook_ranges: Option<Vec<IpNet>>,
    /// Ranges that gateways may use besides the PSPs' own hosts and the sandbox.
    pub gateway_ranges: Vec<IpNet>,
    /// The proxy for calls to the public internet.
    pub outbound_proxy: Option<OutboundProxy>,
    /// Whether to provision a demo where it is safe.
    pub demo: bool,
    /// Time that a request waits for a PSP.
    pub gateway_timeout: Duration,
    /// Time that a buyer has for a waiting Stripe payment.
    pub abandoned_after: Duration,
    /// How long a list may take that no index finds.
    pub list_time_limit: Duration,
    /// Failed authorizations after which an order takes no more.
    pub max_failed_authorizations: i64,
    /// Failed authorizations within an hour after which a buyer's network address may make no more attempts.
    pub max_failures_of_address: i64,
    /// Failed logins of a customer from one network address, within a quarter of an hour, after which that pair has to wait.
    pub max_failed_logins: i64,
    /// Failed logins of a customer from all addresses, within a quarter of an hour.
    pub max_failed_logins_of_customer: i64,
    /// Failed logins of all customers from one network address, within a quarter of an hour.
    pub max_failed_logins_of_address: i64,
    /// Passwords of one client that may be hashed, or wait for it, at the same time.
    pub max_passwords_of_address: usize,
    /// Threads that answer requests.
    pub workers: usize,
    /// Rate limits of clients.
    pub limits: LimitSettings,
    /// Proxies that are trusted to name the client.
    pub trusted_proxies: TrustedProxies,
    /// Address of the operator endpoints, if they have their own.
    pub admin_listen: Option<SocketAddr>,
    /// Time that provider events are kept.
    pub keep_gateway_events: Duration,
    /// Time that the exact requests to PSPs are kept after their outcome is known.
    pub keep_operations: Duration,
    /// Format of the log.
    pub log_format: LogFormat,
    /// Settings of an ephemeral service, if it is one.
    pub ephemeral: Option<Ephemeral>,
}

const DEFAULT_FILE: &str = "tillgate.toml";
const DEFAULT_RATE_LIMIT: u32 = 200;
const DEFAULT_CLIENT_RATE_LIMIT: u32 = 50;
const DEFAULT_MAX_TOKENS_OF_ADDRESS: u32 = 600;
const DEFAULT_MAX_SIGN_UPS_OF_ADDRESS: u32 = 60;
const DEFAULT_MAX_FAILED_CREDENTIALS: u32 = 30;
const DEFAULT_MAX_PASSWORDS_OF_ADDRESS: usize = 8;
const DEFAULT_GATEWAY_TIMEOUT_SECONDS: f64 = 20.0;
const DEFAULT_LIST_TIME_LIMIT_SECONDS: f64 = 1.0;
const DEFAULT_ABANDONED_AFTER_HOURS: i64 = 24;
const DEFAULT_KEEP_DAYS: i64 = 90;
const DEFAULT_MAX_FAILED_AUTHORIZATIONS: i64 = 5;
const DEFAULT_MAX_FAILURES_OF_ADDRESS: i64 = 20;
const DEFAULT_MAX_FAILED_LOGINS: i64 = 10;
/// High enough that one attacker does not reach it: several of their addresses are blocked first, and the customer can still log
/// in.
const DEFAULT_MAX_FAILED_LOGINS_OF_CUSTOMER: i64 = 50;
/// All customers of a shop may come from one address: its own server's, or a proxy's.
const DEFAULT_MAX_FAILED_LOGINS_OF_ADDRESS: i64 = 100;
/// All tests of a client come from one address, and many of them fail on purpose.
const EPHEMERAL_MAX_FAILURES_OF_ADDRESS: i64 = 1_000_000;

impl Config {
    /// Completes the command line and the environment with the settings file and the defaults.
    ///
    /// # Errors
    /// An unreadable file, an unknown key, an invalid value.
    pub fn load(options: Options) -> Result<Self, Failure> {
        let text = match &options.config {
            Some(path) => read(path)?,
            None if Path::new(DEFAULT_FILE).exists() => read(Path::new(DEFAULT_FILE))?,
            None => String::new(),
        };
        Self::resolve(options.over(&text)?)
    }

    fn resolve(options: Options) -> Result<Self, Failure> {
        let ephemeral = Ephemeral::of(&options)?;
        // All tests of a client come from one address: an ephemeral service has no default limits.
        let limit = |given: Option<u32>, default: u32| {
            NonZeroU32::new(given.unwrap_or(if ephemeral.is_some() { 0 } else { default }))
        };
        let data_dir = options.data_dir.unwrap_or_else(|| PathBuf::from("tillgate-data"));
        let database_url = match options.database_url {
            Some(url) => database_url(url)?,
            None => default_database_url(&data_dir),
        };
        Ok(Self {
            listen: address("listen", options.listen.as_deref().unwrap_or("127.0.0.1:8080"))?,
            public_url: options
                .public_url
                .as_deref()
                .map(|text| base_url("public-url", text))
                .transpose()?,
            issuer: options
                .issuer
                .as_deref()
                .map(|text| base_url("issuer", text))
                .transpose()?,
            database_url,
            master_key_file: options
                .master_key_file
                .unwrap_or_else(|| data_dir.join("master.key")),
            data_dir,
            sandbox_listen: match options.sandbox_listen.as_deref().unwrap_or("127.0.0.1:8081") {
                "off" => None,
                text => Some(address("sandbox-listen", text)?),
            },
            cors_origins: options
                .cors_origin
                .unwrap_or_default()
                .iter()
                .map(|text| origin(text))
                .collect::<Result<_, _>>()?,
            webhook_ranges: options
                .allow_webhook_range
                .map(|texts| ranges("allow-webhook-range", &texts))
                .transpose()?,
            gateway_ranges: ranges(
                "allow-gateway-range",
                &options.allow_gateway_range.unwrap_or_default(),
            )?,
            outbound_proxy: options
                .outbound_proxy
                .as_deref()
                .map(outbound_proxy)
                .transpose()?,
            demo: !options.no_demo.unwrap_or(false),
            gateway_timeout: gateway_timeout(
                options.gateway_timeout.unwrap_or(DEFAULT_GATEWAY_TIMEOUT_SECONDS),
            )?,
            list_time_limit: list_time_limit(
                options.list_time_limit.unwrap_or(DEFAULT_LIST_TIME_LIMIT_SECONDS),
            )?,
            abandoned_after: hours(
                "abandoned-after",
                options.abandoned_after.unwrap_or(DEFAULT_ABANDONED_AFTER_HOURS),
            )?,
            keep_gateway_events: days(
                "keep-gateway-events",
                options.keep_gateway_events.unwrap_or(DEFAULT_KEEP_DAYS),
            )?,
            keep_operations: days(
                "keep-operations",
                options.keep_operations.unwrap_or(DEFAULT_KEEP_DAYS),
            )?,
            max_failed_authorizations: at_least_one(
                "max-failed-authorizations",
                options
                    .max_failed_authorizations
                    .unwrap_or(DEFAULT_MAX_FAILED_AUTHORIZATIONS),
            )?,
            max_failures_of_address: at_least_one(
                "max-failures-of-address",
                options.max_failures_of_address.unwrap_or(if ephemeral.is_some() {
                    EPHEMERAL_MAX_FAILURES_OF_ADDRESS
                } else {
                    DEFAULT_MAX_FAILURES_OF_ADDRESS
                }),
            )?,
            max_failed_logins: at_least_one(
                "max-failed-logins",
                options.max_failed_logins.unwrap_or(DEFAULT_MAX_FAILED_LOGINS),
            )?,
            max_failed_logins_of_customer: at_least_one(
                "max-failed-logins-of-customer",
                options
                    .max_failed_logins_of_customer
                    .unwrap_or(DEFAULT_MAX_FAILED_LOGINS_OF_CUSTOMER),
            )?,
            max_failed_logins_of_address: at_least_one(
                "max-failed-logins-of-address",
                options
                    .max_failed_logins_of_address
                    .unwrap_or(if ephemeral.is_some() {
                        EPHEMERAL_MAX_FAILURES_OF_ADDRESS
                    } else {
                        DEFAULT_MAX_FAILED_LOGINS_OF_ADDRESS
                    }),
            )?,
            workers: match options.workers {
                Some(0) => return Err(Failure::Usage("workers: must be 1 or more".into())),
                Some(workers) => workers,
                None => std::thread::available_parallelism().map_or(2, usize::from),
            },
            max_passwords_of_address: match options.max_passwords_of_address {
                Some(0) => {
                    return Err(Failure::Usage(
                        "max-passwords-of-address: must be 1 or more".into(),
                    ));
                }
                Some(number) => number,
                None if ephemeral.is_some() => usize::MAX,
                None => DEFAULT_MAX_PASSWORDS_OF_ADDRESS,
            },
            limits: LimitSettings {
                application_requests: limit(options.rate_limit, DEFAULT_RATE_LIMIT),
                client_requests: limit(options.client_rate_limit, DEFAULT_CLIENT_RATE_LIMIT),
                tokens_of_address: limit(options.max_tokens_of_address, DEFAULT_MAX_TOKENS_OF_ADDRESS),
                sign_ups_of_address: limit(options.max_sign_ups_of_address, DEFAULT_MAX_SIGN_UPS_OF_ADDRESS),
                failed_credentials: limit(options.max_failed_credentials, DEFAULT_MAX_FAILED_CREDENTIALS),
            },
            trusted_proxies: trusted_proxies(&options.trusted_proxy.unwrap_or_default())?,
            admin_listen: options
                .admin_listen
                .as_deref()
                .map(|text| address("admin-listen", text))
                .transpose()?,
            log_format: options.log_format.unwrap_or_default(),
            ephemeral,
        })
    }

    /// Whether only this machine reaches the API, as far as the settings show.
    pub fn is_private(&self) -> bool {
        self.listen.ip().is_loopback() && self.public_url.is_none() && self.trusted_proxies.is_empty()
    }

    /// Whether the operator endpoints are at the API's address.
    pub fn has_admin_beside_api(&self) -> bool {
        self.is_private() && self.admin_listen.is_none()
    }

    /// Copies the settings with another data directory, which also has the database.
    pub fn in_directory(&self, directory: &Path) -> Self {
        Self {
            data_dir: directory.to_owned(),
            database_url: default_database_url(directory),
            ..self.clone()
        }
    }
}

fn default_database_url(data_dir: &Path) -> String {
    format!("sqlite://{}", data_dir.join("tillgate.db").display())
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::Usage(format!(
            "cannot read the settings file {}: {error}",
            path.display()
        ))
    })
}

fn address(setting: &str, text: &str) -> Result<SocketAddr, Failure> {
    text.parse().map_err(|_| {
        Failure::Usage(format!(
            "{setting}: {text:?} is not an IP address with a port, such as 127.0.0.1:8080"
        ))
    })
}

fn at_least_one(setting: &str, value: i64) -> Result<i64, Failure> {
    if value >= 1 {
        Ok(value)
    } else {
        Err(Failure::Usage(format!("{setting}: must be 1 or more")))
    }
}

/// A number of hours up to a year.
fn hours(setting: &str, value: i64) -> Result<Duration, Failure> {
    match u64::try_from(value) {
        Ok(hours @ 1..=8760) => Ok(Duration::from_secs(hours * 3600)),
        _ => Err(Failure::Usage(format!("{setting}: must be from 1 to 8760 hours"))),
    }
}

/// A number of days, from five weeks, which is longer than PSPs repeat an event, to ten years.
fn days(setting: &str, value: i64) -> Result<Duration, Failure> {
    match u64::try_from(value) {
        Ok(days @ 35..=3650) => Ok(Duration::from_secs(days * 86_400)),
        _ => Err(Failure::Usage(format!("{setting}: must be from 35 to 3650 days"))),
    }
}

fn list_time_limit(seconds: f64) -> Result<Duration, Failure> {
    if (0.0..=3.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(Failure::Usage(
            "list-time-limit: must be from 0 to 3 seconds".into(),
        ))
    }
}

fn gateway_timeout(seconds: f64) -> Result<Duration, Failure> {
    // The comparison is false for NaN as well.
    if (0.1..=120.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(Failure::Usage(
            "gateway-timeout: must be from 0.1 to 120 seconds".into(),
        ))
    }
}

fn web_url(setting: &str, text: &str) -> Result<Url, Failure> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .ok_or_else(|| Failure::Usage(format!("{setting}: {text:?} is not an http or https URL")))
}

/// A URL that others are built from, without a slash at its end.
fn base_url(setting: &str, text: &str) -> Result<String, Failure> {
    let url = web_url(setting, text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Failure::Usage(format!(
            "{setting}: a query or fragment has no place in it"
        )));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn origin(text: &str) -> Result<String, Failure> {
    let url = web_url("cors-origin", text)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(Failure::Usage(format!(
            "cors-origin: {text:?} is more than scheme, host and port"
        )));
    }
    Ok(url.origin().ascii_serialization())
}

/// A list of ranges. A single address is a range too.
fn ranges(setting: &str, texts: &[String]) -> Result<Vec<IpNet>, Failure> {
    let range = |text: &String| {
        let range = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        range.map_err(|_| {
            Failure::Usage(format!(
                "{setting}: {text:?} is not a range of addresses, such as 10.0.0.0/8"
            ))
        })
    };
    texts.iter().map(range).collect()
}

fn outbound_proxy(text: &str) -> Result<OutboundProxy, Failure> {
    // The URL may hold a password: it is not repeated.
    OutboundProxy::parse(text)
        .ok_or_else(|| Failure::Usage("outbound-proxy: must be an http or https URL without a path".into()))
}

/// Refuses ranges of all addresses, which would let every client choose its address.
fn trusted_proxies(texts: &[String]) -> Result<TrustedProxies, Failure> {
    let ranges = ranges("trusted-proxy", texts)?;
    for (range, text) in ranges.iter().zip(texts) {
        if range.prefix_len() == 0 {
            return Err(Failure::Usage(format!(
                "trusted-proxy: {text:?} is everybody; give the addresses of your proxies"
            )));
        }
    }
    Ok(TrustedProxies::new(&ranges))
}

fn database_url(text: String) -> Result<String, Failure> {
    let known = ["sqlite://", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    if known {
        return Ok(text);
    }
    // The URL may hold a password: it is not repeated.
    Err(Failure::Usage(
        "database-url: must start with sqlite:// or postgres://".into(),
    ))
}
