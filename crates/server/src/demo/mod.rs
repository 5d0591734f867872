//! The demo: a first start provides it, so that an order can be paid a minute later.
//!
//! It is made on an empty database only, and only if other machines can't reach the service. Later starts renew it, and leave
//! other data alone.

mod announcement;
mod environment;
mod in_process;
mod orders;
mod provision;
mod state;
mod webhooks;

use std::net::SocketAddr;

use tillgate_model::Id;
use tillgate_payments::{Service, accounts};
use tillgate_sandbox::Sandbox;
use url::Host;

pub use self::{
    environment::{Environment, Unknown},
    in_process::InProcess,
};
use self::{
    orders::Orders,
    state::{Customer, State},
};
use crate::{
    config::Config,
    failure::Failure,
    http::{Credentials, ExampleOrder},
};

/// Address of the demo's customer.
const EMAIL: &str = "jo@example.com";

/// The data that a caller of the demo needs.
pub struct Demo {
    /// Credentials of the integration.
    pub credentials: Credentials,
    sales_channel_client_id: String,
    customer: Option<Customer>,
    organization_id: Id,
    application_id: Id,
    market_id: Id,
    gateways: Vec<(&'static str, Id)>,
    orders: Orders,
}

impl Demo {
    /// The API, called as the demo's integration.
    pub fn api<'a>(&self, service: &'a Service) -> InProcess<'a> {
        InProcess::new(service, &self.organization_id, &self.application_id)
    }

    /// Names of the demo's resources, for fixtures.
    pub fn names(&self) -> Vec<(&'static str, Id)> {
        let mut names = self.gateways.clone();
        names.push(("demo-market", self.market_id.clone()));
        names
    }

    /// The demo as variables for shells and test suites.
    pub fn environment(&self, public_url: &str, sandbox_url: Option<&str>) -> Environment {
        Environment::of(self, public_url, sandbox_url)
    }

    /// The orders that the document's examples pay.
    pub fn example_orders(&self) -> Vec<ExampleOrder> {
        vec![
            ("/api/stripe_payments", self.orders.stripe.to_string()),
            ("/api/checkout_com_payments", self.orders.checkout_com.to_string()),
            ("/api/v1/payments", self.orders.payments.to_string()),
        ]
    }
}

/// Provisions or renews the demo, where that is safe. `None` where it is not, or if parts of the demo were removed. The file of
/// an earlier start is renamed then, because its demo is not served.
///
/// # Errors
/// The database, or a file of the demo, can't be used.
pub async fn prepare(
    config: &Config,
    address: SocketAddr,
    service: &Service,
    sandbox: Option<(&str, &Sandbox)>,
) -> Result<Option<Demo>, Failure> {
    let demo = find(config, address, service, sandbox).await?;
    if demo.is_none() {
        Environment::take_previous(&config.data_dir)?;
    }
    Ok(demo)
}

async fn find(
    config: &Config,
    address: SocketAddr,
    service: &Service,
    sandbox: Option<(&str, &Sandbox)>,
) -> Result<Option<Demo>, Failure> {
    if !config.demo || !only_this_machine(config, address) {
        return Ok(None);
    }
    let context = service.context();
    match (accounts::is_demo(context).await?, sandbox) {
        // Without the sandbox a demo could charge nothing.
        (None, None) => Ok(None),
        (Some(false), _) => {
            if accounts::find_organization(context, provision::ORGANIZATION)
                .await?
                .is_some()
            {
                tracing::warn!(
                    "there is no demo: no start has finished the organization {:?}. A new data directory gets a new one",
                    provision::ORGANIZATION
                );
            }
            Ok(None)
        }
        (Some(true), _) => match renew(config, service, sandbox).await {
            Ok(demo) => Ok(Some(demo)),
            Err(failure) => {
                tracing::warn!(%failure, "there is no demo: parts of it are gone");
                Ok(None)
            }
        },
        (None, Some((sandbox_url, _))) => {
            let state = provision::provision(service, sandbox_url).await?;
            complete(config, service, state, sandbox).await.map(Some)
        }
    }
}

async fn renew(
    config: &Config,
    service: &Service,
    sandbox: Option<(&str, &Sandbox)>,
) -> Result<Demo, Failure> {
    let context = service.context();
    let state = State::load(context).await?;
    if accounts::application_by_client_id(context, &state.client_id)
        .await?
        .is_none()
    {
        return Err(Failure::Start("its integration is gone".into()));
    }
    complete(config, service, state, sandbox).await
}

async fn complete(
    config: &Config,
    service: &Service,
    state: State,
    sandbox: Option<(&str, &Sandbox)>,
) -> Result<Demo, Failure> {
    let context = service.context();
    let api = InProcess::new(service, &state.organization_id, &state.application_id);
    if let Some((sandbox_url, sandbox)) = sandbox {
        provision::point_gateways_at(&api, &state, sandbox_url).await?;
        // The demo also works without events: it reads payments from the sandbox.
        if let Err(failure) = webhooks::point_here(&api, context, &state, sandbox).await {
            tracing::warn!(%failure, "the demo gets no events from the sandbox");
        }
    }
    let previous = Environment::take_previous(&config.data_dir)?;
    let orders = orders::renew(&api, &state, &previous).await?;
    Ok(Demo {
        credentials: Credentials {
            client_id: state.client_id,
            client_secret: state.client_secret.into(),
        },
        sales_channel_client_id: state.sales_channel_client_id,
        customer: state.customer,
        organization_id: state.organization_id,
        application_id: state.application_id,
        market_id: state.market_id,
        gateways: vec![
            ("demo-stripe-gateway", state.stripe_gateway_id),
            ("demo-checkout-com-gateway", state.checkout_com_gateway_id),
            ("demo-stripe-method", state.stripe_method_id),
            ("demo-checkout-com-method", state.checkout_com_method_id),
        ],
        orders,
    })
}

/// Prints the URLs, and then writes `demo.env`: the file exists only while the service answers.
///
/// # Errors
/// The file can't be written.
pub fn announce(
    config: &Config,
    public_url: &str,
    sandbox_url: Option<&str>,
    demo: Option<&Demo>,
) -> Result<(), Failure> {
    announcement::print(public_url, sandbox_url, demo);
    match demo {
        Some(demo) => demo.environment(public_url, sandbox_url).write(&config.data_dir),
        None => Ok(()),
    }
}

/// Whether neither the address nor the public URL can be reached from other machines.
pub fn only_this_machine(config: &Config, address: SocketAddr) -> bool {
    let public = config
        .public_url
        .as_deref()
        .and_then(|url| url::Url::parse(url).ok());
    let local = match public.as_ref().and_then(url::Url::host) {
        None => true,
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
    };
    local && address.ip().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Options;

    #[test]
    fn a_service_that_others_reach_has_no_demo() {
        let local = |address: &str, public_url: Option<&str>| {
            let options = Options {
                public_url: public_url.map(str::to_owned),
                ..Options::default()
            };
            only_this_machine(
                &Config::load(options).expect("usable"),
                address.parse().expect("an address"),
            )
        };
        assert!(local("127.0.0.1:8080", None));
        assert!(local("[::1]:8080", Some("http://localhost:8080")));
        assert!(!local("0.0.0.0:8080", None));
        assert!(!local("192.0.2.1:8080", Some("http://localhost:8080")));
        assert!(!local("127.0.0.1:8080", Some("https://pay.example")));
    }
}
