//! Rate limits of clients. Each client is counted alone, so that none takes the service from the others.
//!
//! The limits are those of this instance, in memory of a bounded size. The domain counts failed payments and failed logins in the
//! database.

mod bounded;
mod limit;

use std::{collections::hash_map::RandomState, hash::BuildHasher, net::IpAddr, num::NonZeroU32};

use governor::Quota;
use tillgate_model::{Id, Problems};
use tillgate_payments::{ApplicationKind, Caller, accounts::Application, network};

use self::limit::Limit;

/// The limit of wrong credentials of an address for all client ids together, as a multiple of the limit for one.
const CLIENT_IDS_OF_ADDRESS: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// The limits that an operator sets; `None` is no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitSettings {
    /// Requests per second of an integration.
    pub application_requests: Option<NonZeroU32>,
    /// Requests per second of a guest's address or a customer.
    pub client_requests: Option<NonZeroU32>,
    /// Access tokens per minute that a sales channel gives an address.
    pub tokens_of_address: Option<NonZeroU32>,
    /// Customers per hour that an address may sign up through a sales channel.
    pub sign_ups_of_address: Option<NonZeroU32>,
    /// Wrong credentials per minute of a client id from an address.
    pub failed_credentials: Option<NonZeroU32>,
}

/// The client that a limit counts.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Client {
    /// An integration.
    Application(Id),
    /// A customer who has logged in.
    Customer(Id),
    /// A guest of a sales channel, by network.
    Guest(Id, IpAddr),
    /// A network.
    Network(IpAddr),
    /// A user of a client id, by network. The id is hashed, because it can be any text.
    Credentials(u64, IpAddr),
}

impl Client {
    fn of(caller: &Caller) -> Self {
        match (caller.kind, &caller.customer_id, caller.address) {
            (ApplicationKind::Integration, _, _) => Self::Application(caller.application_id.clone()),
            (ApplicationKind::SalesChannel, Some(customer), _) => Self::Customer(customer.clone()),
            (ApplicationKind::SalesChannel, None, Some(address)) => {
                Self::Guest(caller.application_id.clone(), network(address))
            }
            (ApplicationKind::SalesChannel, None, None) => Self::Application(caller.application_id.clone()),
        }
    }
}

/// All limits.
pub struct Limits {
    applications: Limit,
    clients: Limit,
    tokens: Limit,
    sign_ups: Limit,
    credentials: Limit,
    all_credentials: Limit,
    hasher: RandomState,
}

impl Limits {
    /// The limits from the settings.
    pub fn new(settings: &LimitSettings) -> Self {
        let twice = |rate: NonZeroU32| Quota::per_second(rate).allow_burst(rate.saturating_mul(TWO));
        let every_client_id = settings
            .failed_credentials
            .map(|number| number.saturating_mul(CLIENT_IDS_OF_ADDRESS));
        Self {
            applications: Limit::new(
                "rate-limit",
                settings.application_requests.map(|rate| {
                    let told = format!(
                        "This application may send {rate} requests per second. Send them more slowly."
                    );
                    (twice(rate), told)
                }),
            ),
            clients: Limit::new(
                "client-rate-limit",
                settings.client_requests.map(|rate| {
                    let told =
                        format!("A buyer may send {rate} requests per second. Send them more slowly.");
                    (twice(rate), told)
                }),
            ),
            tokens: Limit::new(
                "max-tokens-of-address",
                settings.tokens_of_address.map(|number| {
                    let told = format!(
                        "A sales channel gives an address {number} access tokens per minute. Use each until it expires."
                    );
                    (Quota::per_minute(number), told)
                }),
            ),
            sign_ups: Limit::new(
                "max-sign-ups-of-address",
                settings.sign_ups_of_address.map(|number| {
                    let told = format!(
                        "An address may sign up {number} customers per hour through a sales channel. Try again later."
                    );
                    (Quota::per_hour(number), told)
                }),
            ),
            credentials: Limit::new(
                "max-failed-credentials",
                settings.failed_credentials.map(|number| {
                    let told = format!(
                        "Wrong credentials were sent more than {number} times a minute for this client id. Correct them; \
                         the right ones are not refused."
                    );
                    (Quota::per_minute(number), told)
                }),
            ),
            all_credentials: Limit::new(
                "max-failed-credentials",
                every_client_id.map(|number| {
                    let told = format!(
                        "Wrong credentials were sent more than {number} times a minute from this address. Correct them; \
                         the right ones are not refused."
                    );
                    (Quota::per_minute(number), told)
                }),
            ),
            hasher: RandomState::new(),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// The client has sent too many.
    pub fn request(&self, caller: &Caller) -> Result<(), Problems> {
        let limit = match caller.kind {
            ApplicationKind::Integration => &self.applications,
            ApplicationKind::SalesChannel => &self.clients,
        };
        if limit.is_off() {
            return Ok(());
        }
        limit.count(&Client::of(caller))
    }

    /// Counts a token for an integration, or for a customer who stays logged in.
    ///
    /// # Errors
    /// The application or the customer has sent too many requests.
    pub fn token_of(&self, client: &Client) -> Result<(), Problems> {
        match client {
            Client::Application(_) => self.applications.count(client),
            _ => self.clients.count(client),
        }
    }

    /// Counts a token that a sales channel requests without proof of a customer.
    ///
    /// # Errors
    /// The address has requested too many.
    pub fn token_of_sales_channel(&self, application: &Application, address: IpAddr) -> Result<(), Problems> {
        self.tokens
            .count(&Client::Guest(application.id.clone(), network(address)))
    }

    /// Counts a customer that a guest creates.
    ///
    /// # Errors
    /// The address has created too many.
    pub fn sign_up(&self, caller: &Caller) -> Result<(), Problems> {
        self.sign_ups.count(&Client::of(caller))
    }

    /// Counts wrong credentials, after the check. Right ones are never refused because of this.
    ///
    /// # Errors
    /// There were too many, of the client id or of all.
    pub fn wrong_credentials(&self, client_id: &str, address: IpAddr) -> Result<(), Problems> {
        let network = network(address);
        self.all_credentials.count(&Client::Network(network))?;
        let client_id = self.hasher.hash_one(client_id);
        self.credentials.count(&Client::Credentials(client_id, network))
    }

    /// Forgets all counts.
    pub fn forget(&self) {
        for limit in [
            &self.applications,
            &self.clients,
            &self.tokens,
            &self.sign_ups,
            &self.credentials,
            &self.all_credentials,
        ] {
            limit.forget();
        }
    }
}

const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();

#[cfg(test)]
mod tests {
    use tillgate_store::Scope;

    use super::*;

    fn id(text: &str) -> Id {
        text.parse().expect("an id")
    }

    fn caller(kind: ApplicationKind, customer: Option<&str>, address: &str) -> Caller {
        Caller {
            scope: Scope::of_operator(id("oooooooooo"), true),
            application_id: id("aaaaaaaaaa"),
            kind,
            market_id: None,
            customer_id: customer.map(id),
            address: Some(address.parse().expect("an address")),
            token_hash: None,
        }
    }

    fn limits() -> Limits {
        let few = NonZeroU32::new(3);
        Limits::new(&LimitSettings {
            application_requests: few,
            client_requests: few,
            tokens_of_address: few,
            sign_ups_of_address: few,
            failed_credentials: few,
        })
    }

    /// The number of successes before the first refusal.
    fn passed(mut one: impl FnMut() -> Result<(), Problems>) -> usize {
        (0..1000).take_while(|_| one().is_ok()).count()
    }

    #[test]
    fn each_client_is_counted_alone() {
        use ApplicationKind::{Integration, SalesChannel};
        let limits = limits();
        let clients = [
            caller(Integration, None, "192.0.2.1"),
            caller(SalesChannel, None, "192.0.2.1"),
            caller(SalesChannel, None, "192.0.2.2"),
            caller(SalesChannel, None, "2001:db8::1"),
            caller(SalesChannel, None, "2001:db8:0:1::1"),
            caller(SalesChannel, Some("cccccccccc"), "192.0.2.1"),
            caller(SalesChannel, Some("dddddddddd"), "192.0.2.1"),
        ];
        for client in &clients {
            let passed = passed(|| limits.request(client));
            // A few more are allowed while the loop runs.
            assert!((6..=8).contains(&passed), "{passed} of {client:?}");
        }
        let same = [
            caller(Integration, None, "192.0.2.9"),
            caller(SalesChannel, None, "::ffff:192.0.2.1"),
            caller(SalesChannel, None, "2001:db8::ffff:1"),
            caller(SalesChannel, Some("cccccccccc"), "192.0.2.9"),
        ];
        for client in &same {
            assert!(passed(|| limits.request(client)) <= 1, "{client:?}");
        }
    }

    #[test]
    fn a_refusal_says_which_limit_it_is_and_when_it_ends() {
        let limits = limits();
        let guest = caller(ApplicationKind::SalesChannel, None, "192.0.2.1");
        assert_eq!(passed(|| limits.sign_up(&guest)), 3);
        let problems = limits.sign_up(&guest).expect_err("exhausted");
        assert_eq!(problems.status(), 429);
        assert!(
            problems
                .retry_after
                .is_some_and(|seconds| (1190..=1200).contains(&seconds))
        );
        let limits: Vec<_> = problems.iter().map(|problem| &problem.meta["limit"]).collect();
        assert_eq!(limits, ["max-sign-ups-of-address"]);
    }

    #[test]
    fn wrong_credentials_are_counted_by_client_id_and_by_address() {
        let limits = limits();
        let address = "192.0.2.1".parse().expect("an address");
        assert_eq!(passed(|| limits.wrong_credentials("one", address)), 3);
        assert_eq!(passed(|| limits.wrong_credentials("other", address)), 3);
        // Invented client ids count together, including the refused ones.
        let mut number = 0;
        let invented = passed(|| {
            number += 1;
            limits.wrong_credentials(&format!("{number}"), address)
        });
        assert_eq!(invented, 30 - 8);
        let elsewhere = "192.0.2.2".parse().expect("an address");
        assert!(limits.wrong_credentials("one", elsewhere).is_ok());
        limits.forget();
        assert!(limits.wrong_credentials("one", address).is_ok());
    }

    #[test]
    fn no_limit() {
        let limits = Limits::new(&LimitSettings::default());
        let guest = caller(ApplicationKind::SalesChannel, None, "192.0.2.1");
        assert_eq!(passed(|| limits.request(&guest)), 1000);
        assert_eq!(passed(|| limits.sign_up(&guest)), 1000);
    }
}
