//! What the domain uses of the world: time, randomness, the PSPs' wire and the database, all given to it.

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
    /// Where everything is kept.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Measures and waits while a PSP is called.
    pub timer: Arc<dyn Timer>,
    /// The wire to the PSPs.
    pub transport: Arc<dyn Transport>,
    /// The wire to the merchants' systems.
    pub sender: Arc<dyn Sender>,
    /// Encrypts what is secret before it is stored.
    pub cipher: Arc<Cipher>,
    /// Hashes the passwords of customers.
    pub passwords: Arc<Passwords>,
    /// Start of all links, without a slash at the end.
    pub base_url: Arc<str>,
    /// How the service deals with payments.
    pub settings: Settings,
}

/// What an operator can set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a request waits for a PSP, retries included.
    pub gateway_timeout: std::time::Duration,
    /// How long a buyer has for a Stripe payment that waits for them, until it is given up so that its order is free again.
    pub abandoned_after: std::time::Duration,
    /// How long events of PSPs are kept, so that one that is sent again is known.
    pub keep_gateway_events: std::time::Duration,
    /// How long the bytes are kept that were sent to a PSP, after the outcome is known.
    pub keep_operations: std::time::Duration,
    /// Failed authorizations after which an order takes no more.
    pub max_failed_authorizations: i64,
    /// Failed authorizations within an hour after which a network address may make no more.
    pub max_failures_of_address: i64,
    /// Failed logins of a customer from a network address within a quarter of an hour after which both together have to wait.
    pub max_failed_logins: i64,
    /// Failed logins of a customer from all addresses, within a quarter of an hour.
    pub max_failed_logins_of_customer: i64,
    /// Failed logins of all customers from one network address, within a quarter of an hour.
    pub max_failed_logins_of_address: i64,
}

impl Context {
    /// The time, as it is stored.
    pub fn now(&self) -> Timestamp {
        Timestamp::new(self.clock.now())
    }

    /// A new identifier.
    pub fn new_id(&self) -> Id {
        // 64 bits for ten letters of 52 (57 bits): the remainder's bias is far below what could be noticed.
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
