//! Attempts to log in are limited before a password is looked at. They are counted in the database, so that all instances
//! count together: for a customer from a network address, for the address, and for the customer. The last bound is higher:
//! a stranger who knows an address reaches it only from many places, and the customer is not locked out before.

use chrono::Duration;
use tillgate_model::{Problem, Problems};
use tillgate_store::{Scope, Tx, query};

use crate::{context::Context, failure::Failure, logins::Login, network::network, stored::stored_time};

/// What addresses of customers are hashed as: whoever mistypes theirs leaves no trace of it that could be read.
const PURPOSE: &str = "login_attempts.subject";
/// How long failed attempts count, from the first one on.
pub const WINDOW: Duration = Duration::minutes(15);

/// Whom an attempt counts against.
#[derive(Clone)]
pub struct Attempt {
    /// Whether there is such a customer or not.
    customer: String,
    address: String,
    both: String,
}

impl Attempt {
    /// An attempt to log in.
    pub fn new(context: &Context, login: &Login) -> Self {
        let customer = context.cipher.keyed_hash(PURPOSE, &login.email);
        let address = network(login.address);
        Self {
            customer: format!("customer:{customer}"),
            address: format!("address:{address}"),
            both: format!("customer:{customer}@{address}"),
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
            (
                &self.address,
                settings.max_failed_logins_of_address,
                "max-failed-logins-of-address",
                "There were too many failed attempts to log in from this address. Try again later.",
            ),
            (
                &self.both,
                settings.max_failed_logins,
                "max-failed-logins",
                "There were too many failed attempts to log in as this customer from this address. Try again later.",
            ),
            (
                &self.customer,
                settings.max_failed_logins_of_customer,
                "max-failed-logins-of-customer",
                "There were too many failed attempts to log in as this customer. Try again later.",
            ),
        ];
        for (subject, limit, setting, message) in limits {
            let (failures, began_at) = query!(tx, login_attempts::count(scope, subject, now))?;
            if failures > limit {
                let seconds = u64::try_from((began_at + WINDOW - now).num_seconds()).unwrap_or_default();
                let problem = Problem::too_many(setting, message);
                return Err(Problems::from(problem).retry_after(seconds.max(1)).into());
            }
        }
        Ok(())
    }

    /// It did not fail.
    pub async fn succeeded(&self, tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Failure> {
        query!(tx, login_attempts::take_back(scope, &self.address))?;
        // Not forgotten: somebody else may still be trying.
        query!(tx, login_attempts::take_back(scope, &self.customer))?;
        Ok(query!(tx, login_attempts::forget(scope, &self.both))?)
    }
}
