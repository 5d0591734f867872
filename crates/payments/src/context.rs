//! The world of the domain, injected: time, randomness, the PSPs' transport and the database.

use std::sync::Arc;

use tillgate_gateways::{Timer, Transport};
use tillgate_model::{Id, Timestamp};
use tillgate_store::Db;

use crate::{
    cipher::Cipher,
    passwords::Passwords,
    ports::{Clock, Entropy, Sender},
};

/// The world, as the domain sees it.
#[derive(Clone)]
pub struct Context {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// Measures and waits during calls to PSPs.
    pub timer: Arc<dyn Timer>,
    /// The transport to the PSPs.
    pub transport: Arc<dyn Transport>,
    /// The sender to the merchants' webhooks.
    pub sender: Arc<dyn Sender>,
    /// Encrypts secrets before they are stored.
    pub cipher: Arc<Cipher>,
    /// Hashes the passwords of customers.
    pub passwords: Arc<Passwords>,
    /// Start of all links, without a slash at the end.
    pub base_url: Arc<str>,
    pub settings: Settings,
}

/// The settings of an operator.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Time that a request waits for a PSP, retries included.
    pub gateway_timeout: std::time::Duration,
    /// Time that a buyer has for a waiting Stripe payment, before it is given up and its order is free again.
    pub abandoned_after: std::time::Duration,
    /// Time that provider events are kept, so that a repeated one is recognized.
    pub keep_gateway_events: std::time::Duration,
    /// Time that the sent bytes of an operation are kept after its outcome is known.
    pub keep_operations: std::time::Duration,
    /// Failed authorizations after which an order takes no more attempts.
    pub max_failed_authorizations: i64,
    /// Failed authorizations within an hour after which a network address may make no more attempts.
    pub max_failures_of_address: i64,
    /// Failed logins of a customer from one network address, within a quarter of an hour, after which that pair has to wait.
    pub max_failed_logins: i64,
    /// Failed logins of a customer from all addresses, within a quarter of an hour.
    pub max_failed_logins_of_customer: i64,
    /// Failed logins of all customers from one network address, within a quarter of an hour.
    pub max_failed_logins_of_address: i64,
}

impl Context {
    /// The present time, in the precision of the database.
    pub fn now(&self) -> Timestamp {
        Timestamp::new(self.clock.now())
    }

    /// A new identifier.
    pub fn new_id(&self) -> Id {
        // 64 bits for ten letters of 52 (57 bits): the bias of the remainder is negligible.
        let mut bytes = [0; 8];
        self.entropy.fill(&mut bytes);
        let mut number = u64::from_le_bytes(bytes);
        Id::from_letters(std::array::from_fn(|_| {
            let letter = number % 52;
            number /= 52;
            u8::try_from(letter).unwrap_or_default()
        }))
    }
}
