//! Limits attempts to log in before a password is checked. They are counted in the database, so that all instances count
//! together: for a customer from a network address, for the address, and for the customer. The last limit is higher: an attacker
//! who knows an address reaches it only from many network addresses, and the customer is not locked out earlier.

use chrono::Duration;
use tillgate_model::{Problem, Problems};
use tillgate_store::{Scope, Tx, query};

use crate::{context::Context, failure::Failure, logins::Login, network::network, stored::stored_time};

/// The context that customers' addresses are hashed under. A mistyped address leaves no readable trace.
const PURPOSE: &str = "login_attempts.subject";
/// Time for which failed attempts count, from the first one on.
pub const WINDOW: Duration = Duration::minutes(15);

/// The counters of an attempt.
#[derive(Clone)]
pub struct Attempt {
    /// Hash of the address, whether such a customer exists or not.
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

    /// Counts the attempt as failed.
    ///
    /// # Errors
    /// There were too many. This attempt is not counted then, because no password was tried.
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

    /// Takes the count of a successful attempt back.
    pub async fn succeeded(&self, tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Failure> {
        query!(tx, login_attempts::take_back(scope, &self.address))?;
        // Reduced, not reset: another caller may still be guessing.
        query!(tx, login_attempts::take_back(scope, &self.customer))?;
        Ok(query!(tx, login_attempts::forget(scope, &self.both))?)
    }
}
