//! Attempts to log in are limited, per customer and per network address, before a password is looked at. They are counted in
//! the database, so that all instances count together.

use std::net::IpAddr;

use chrono::Duration;
use tillgate_model::{Problem, Problems, problem::Kind};
use tillgate_store::{Scope, Tx, query};

use super::Login;
use crate::{context::Context, failure::Failure, stored::stored_time};

/// What addresses of customers are hashed as: whoever mistypes theirs leaves no trace of it that could be read.
const PURPOSE: &str = "login_attempts.subject";
/// How long failed attempts count, from the first one on.
const WINDOW: Duration = Duration::minutes(15);

/// Whom an attempt counts against.
#[derive(Clone)]
pub struct Attempt {
    /// Whether there is such a customer or not.
    customer: String,
    address: Option<String>,
}

impl Attempt {
    /// An attempt to log in.
    pub fn new(context: &Context, login: &Login) -> Self {
        let customer = context.vault.keyed_hash(PURPOSE, &login.email);
        Self {
            customer: format!("customer:{customer}"),
            address: login
                .address
                .map(|address| format!("address:{}", network(address))),
        }
    }

    /// Counts it as a failed one.
    ///
    /// # Errors
    /// There were too many. This one is not counted then: nothing was tried.
    pub async fn count(&self, tx: &mut Tx<'_>, context: &Context, scope: &Scope) -> Result<(), Failure> {
        let (now, settings) = (stored_time(context.now()), &context.settings);
        query!(tx, login_attempts::forget_ended(scope, now - WINDOW))?;
        let limits = [
            (self.address.as_deref(), settings.max_failed_logins_of_address),
            (Some(self.customer.as_str()), settings.max_failed_logins),
        ];
        for (subject, limit) in limits {
            let Some(subject) = subject else { continue };
            let (failures, began_at) = query!(tx, login_attempts::count(scope, subject, now))?;
            if failures > limit {
                return Err(too_many(began_at + WINDOW - now));
            }
        }
        Ok(())
    }

    /// It did not fail.
    pub async fn succeeded(&self, tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Failure> {
        if let Some(address) = &self.address {
            query!(tx, login_attempts::take_back(scope, address))?;
        }
        Ok(query!(tx, login_attempts::forget(scope, &self.customer))?)
    }
}

fn too_many(wait: Duration) -> Failure {
    let message = "There were too many failed attempts to log in. Try again later.";
    let problem = Problem::new(Kind::TooManyRequests, message);
    let seconds = u64::try_from(wait.num_seconds()).unwrap_or_default();
    Problems::from(problem).retry_after(seconds.max(1)).into()
}

/// An IPv6 user has a network of 64 bits.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address => address,
    }
}
