//! The settings as they are given: flag, environment variable `TILLGATE_…`, key of the settings file.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Form of the log.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object per line.
    Json,
}

/// The settings that were given. A flag has precedence over the environment, and the environment over the file.
#[derive(Clone, Debug, Default, PartialEq, clap::Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Settings file; its keys are the names of the flags with underscores [default: ./tillgate.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE", env = "TILLGATE_CONFIG")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Address that the API listens on; port 0 picks a free one [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS", env = "TILLGATE_LISTEN")]
    pub listen: Option<String>,

    /// URL under which clients reach the API; start of all links [default: http:// and the bound address]
    #[arg(long, global = true, value_name = "URL", env = "TILLGATE_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// Issuer of access tokens, their claim `iss` [default: https://auth. and the host and port of the public URL]
    #[arg(long, global = true, value_name = "URL", env = "TILLGATE_ISSUER")]
    pub issuer: Option<String>,

    /// Directory of the database, the master key and the sandbox's journal [default: ./tillgate-data]
    #[arg(long, global = true, value_name = "DIRECTORY", env = "TILLGATE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,

    /// Database: sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME [default: tillgate.db in the data directory]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "TILLGATE_DATABASE_URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,

    /// File of the master key, created on the first start; TILLGATE_MASTER_KEY (64 hex digits or base64 of 32 bytes)
    /// has precedence [default: master.key in the data directory]
    #[arg(long, global = true, value_name = "FILE", env = "TILLGATE_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,

    /// Address that the PSP sandbox listens on, or `off` [default: 127.0.0.1:8081]
    #[arg(long, global = true, value_name = "ADDRESS", env = "TILLGATE_SANDBOX_LISTEN")]
    pub sandbox_listen: Option<String>,

    /// Origin whose pages may call the API from a browser; may be repeated [default: none]
    #[arg(
        long,
        global = true,
        value_name = "ORIGIN",
        env = "TILLGATE_CORS_ORIGIN",
        value_delimiter = ','
    )]
    pub cors_origin: Option<Vec<String>>,

    /// Range outside of the public internet that webhooks may use, such as 10.0.0.0/8; may be repeated [default: this
    /// machine if only this machine reaches the API and the demo may run, otherwise none]
    #[arg(
        long,
        global = true,
        value_name = "CIDR",
        env = "TILLGATE_ALLOW_WEBHOOK_RANGE",
        value_delimiter = ','
    )]
    pub allow_webhook_range: Option<Vec<String>>,

    /// Range that gateways may use, besides the payment providers' own hosts and the sandbox of this service, such as
    /// 10.1.2.3/32; http is allowed there. May be repeated [default: none]
    #[arg(
        long,
        global = true,
        value_name = "CIDR",
        env = "TILLGATE_ALLOW_GATEWAY_RANGE",
        value_delimiter = ','
    )]
    pub allow_gateway_range: Option<Vec<String>>,

    /// HTTP proxy for calls to payment providers and webhooks, such as http://proxy.internal:3128. It resolves the
    /// names, so it has to refuse those of internal machines [default: none]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "TILLGATE_OUTBOUND_PROXY",
        hide_env_values = true
    )]
    pub outbound_proxy: Option<String>,

    /// Don't provision the demo on an empty database
    #[arg(long, global = true, value_name = "BOOL", env = "TILLGATE_NO_DEMO", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    pub no_demo: Option<bool>,

    /// Seconds that a request waits for a PSP, retries included [default: 20]
    #[arg(long, global = true, value_name = "SECONDS", env = "TILLGATE_GATEWAY_TIMEOUT")]
    pub gateway_timeout: Option<f64>,

    /// Seconds that a list may take that no index finds, 0 to 3; with 0, such lists are refused [default: 1]
    #[arg(long, global = true, value_name = "SECONDS", env = "TILLGATE_LIST_TIME_LIMIT")]
    pub list_time_limit: Option<f64>,

    /// Hours that a buyer has to authenticate a Stripe payment. After that, it is cancelled and its order is free again
    /// [default: 24]
    #[arg(long, global = true, value_name = "HOURS", env = "TILLGATE_ABANDONED_AFTER")]
    pub abandoned_after: Option<i64>,

    /// Days that events of PSPs are kept, to recognize repeated ones [default: 90, at least 35]
    #[arg(
        long,
        global = true,
        value_name = "DAYS",
        env = "TILLGATE_KEEP_GATEWAY_EVENTS"
    )]
    pub keep_gateway_events: Option<i64>,

    /// Days that the exact requests to PSPs are kept after their outcome is known [default: 90, at least 35]
    #[arg(long, global = true, value_name = "DAYS", env = "TILLGATE_KEEP_OPERATIONS")]
    pub keep_operations: Option<i64>,

    /// Failed authorizations after which an order takes no more [default: 5]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TILLGATE_MAX_FAILED_AUTHORIZATIONS"
    )]
    pub max_failed_authorizations: Option<i64>,

    /// Failed authorizations within an hour after which a buyer's network address may make no more [default: 20]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TILLGATE_MAX_FAILURES_OF_ADDRESS"
    )]
    pub max_failures_of_address: Option<i64>,

    /// Failed logins of a customer from one network address within a quarter of an hour, after which they have to wait
    /// [default: 10]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TILLGATE_MAX_FAILED_LOGINS"
    )]
    pub max_failed_logins: Option<i64>,

    /// Failed logins of a customer from all network addresses within a quarter of an hour, after which they have to wait
    /// [default: 50]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TILLGATE_MAX_FAILED_LOGINS_OF_CUSTOMER"
    )]
    pub max_failed_logins_of_customer: Option<i64>,

    /// Failed logins within a quarter of an hour after which a network address has to wait [default: 100]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TILLGATE_MAX_FAILED_LOGINS_OF_ADDRESS"
    )]
    pub max_failed_logins_of_address: Option<i64>,

    /// Threads that answer requests [default: one per processor]
    #[arg(long, global = true, value_name = "NUMBER", env = "TILLGATE_WORKERS")]
    pub workers: Option<usize>,

    /// Requests per second of one integration, with bursts of twice as many; 0 for no limit [default: 200]
    #[arg(long, global = true, value_name = "NUMBER", env = "TILLGATE_RATE_LIMIT")]
    pub rate_limit: Option<u32>,

    /// Requests per second of one buyer: of a guest's network address at a sales channel, or of a customer who has logged
    /// in. With bursts of twice as many; 0 for no limit [default: 50]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TILLGATE_CLIENT_RATE_LIMIT"
    )]
    pub client_rate_limit: Option<u32>,

    /// Access tokens per minute that a sales channel gives a network address, logins included; 0 for no limit [default: 600]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TILLGATE_MAX_TOKENS_OF_ADDRESS"
    )]
    pub max_tokens_of_address: Option<u32>,

    /// Customers per hour that a network address may sign up through a sales channel; 0 for no limit [default: 60]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TILLGATE_MAX_SIGN_UPS_OF_ADDRESS"
    )]
    pub max_sign_ups_of_address: Option<u32>,

    /// Wrong credentials per minute of a client id from a network address, after which wrong ones get 429; ten times as many
    /// for all client ids together. Right ones are never refused for it; 0 for no limit [default: 30]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TILLGATE_MAX_FAILED_CREDENTIALS"
    )]
    pub max_failed_credentials: Option<u32>,

    /// Passwords of one network address that are checked, or wait to be checked, at the same time [default: 8]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TILLGATE_MAX_PASSWORDS_OF_ADDRESS"
    )]
    pub max_passwords_of_address: Option<usize>,

    /// Range of your own proxies, such as 10.0.0.0/8. Their `X-Forwarded-For` or `Forwarded` is trusted; may be repeated
    /// [default: none]
    #[arg(
        long,
        global = true,
        value_name = "CIDR",
        env = "TILLGATE_TRUSTED_PROXY",
        value_delimiter = ','
    )]
    pub trusted_proxy: Option<Vec<String>>,

    /// Address for /metrics, the helpers of the demo and the sandbox's controls; on a loopback address they are for this
    /// machine only [default: none; beside the API if that listens on loopback, without --public-url and --trusted-proxy]
    #[arg(long, global = true, value_name = "ADDRESS", env = "TILLGATE_ADMIN_LISTEN")]
    pub admin_listen: Option<String>,

    /// Serve a demo for the tests of clients, in a temporary directory that is removed at the end. It has
    /// /ephemeral/reset, and no limit on requests [command: serve]
    #[arg(long, global = true, value_name = "BOOL", env = "TILLGATE_EPHEMERAL", num_args = 0..=1,
          require_equals = true, default_missing_value = "true")]
    pub ephemeral: Option<bool>,

    /// With --ephemeral: derive ids, secrets and times from this number and the requests alone. Requests are answered
    /// one after the other, and the clock advances by a second with each
    #[arg(long, global = true, value_name = "NUMBER", env = "TILLGATE_SEED")]
    pub seed: Option<u32>,

    /// With --ephemeral: resources to create at the start, a JSON array of JSON:API documents
    #[arg(long, global = true, value_name = "FILE", env = "TILLGATE_FIXTURES")]
    pub fixtures: Option<PathBuf>,

    /// With --ephemeral: file for the URLs, credentials and ids as shell variables. It exists while the service answers
    /// [default: demo.env in the temporary directory]
    #[arg(long, global = true, value_name = "FILE", env = "TILLGATE_ENV_FILE")]
    pub env_file: Option<PathBuf>,

    /// With --ephemeral: record each request that does not conform to the OpenAPI document, report them at the end, and
    /// exit with 1 if there was any
    #[arg(long, global = true, value_name = "BOOL", env = "TILLGATE_STRICT", num_args = 0..=1,
          require_equals = true, default_missing_value = "true")]
    pub strict: Option<bool>,

    /// With --strict: file for the report, as JSON
    #[arg(long, global = true, value_name = "FILE", env = "TILLGATE_STRICT_REPORT")]
    pub strict_report: Option<PathBuf>,

    /// Form of the log on standard error; RUST_LOG selects its level [default: text]
    #[arg(long, global = true, value_name = "FORMAT", env = "TILLGATE_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,
}

impl Options {
    /// Completes these settings with those of a settings file (TOML).
    ///
    /// # Errors
    /// Text that is not TOML, an unknown key, a value of another type.
    pub fn over(self, file: &str) -> Result<Self, Failure> {
        let unusable = |error: &dyn std::fmt::Display| {
            let text = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            Failure::Usage(format!("the settings file cannot be used: {text}"))
        };
        let from_file: Self = toml::from_str(file).map_err(|error| unusable(&error.message()))?;
        let mut merged = toml::Table::try_from(&from_file).map_err(|error| unusable(&error))?;
        merged.extend(toml::Table::try_from(&self).map_err(|error| unusable(&error))?);
        let merged: Self = merged.try_into().map_err(|error| unusable(&error))?;
        Ok(Self {
            config: self.config,
            ..merged
        })
    }
}
