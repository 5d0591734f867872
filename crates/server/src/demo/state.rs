//! What the demo needs to find its own things again. It holds the client's secret, so it is kept sealed.

use serde::{Deserialize, Serialize};
use tillgate_model::Id;
use tillgate_payments::{Context, accounts};

use crate::failure::Failure;

const PURPOSE: &str = "demo";

/// The demo's things.
#[derive(Serialize, Deserialize)]
pub struct State {
    /// The organization.
    pub organization_id: Id,
    /// The integration.
    pub application_id: Id,
    /// Its credentials' public half.
    pub client_id: String,
    /// Their secret half.
    pub client_secret: String,
    /// The sales channel's credentials.
    pub sales_channel_client_id: String,
    /// The market.
    pub market_id: Id,
    /// Account at Stripe.
    pub stripe_gateway_id: Id,
    /// Account at Checkout.com.
    pub checkout_com_gateway_id: Id,
    /// Paying through Stripe.
    pub stripe_method_id: Id,
    /// Paying through Checkout.com.
    pub checkout_com_method_id: Id,
    /// Who buys; demos of earlier versions have nobody who could log in.
    #[serde(default)]
    pub customer: Option<Customer>,
}

/// A customer who can log in.
#[derive(Clone, Serialize, Deserialize)]
pub struct Customer {
    /// The customer.
    pub id: Id,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
}

impl State {
    /// What an earlier start kept.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn load(context: &Context) -> Result<Self, Failure> {
        let sealed = accounts::demo(context).await?.unwrap_or_default();
        let text = context
            .cipher
            .open(PURPOSE, &sealed)
            .map_err(|error| unreadable(&error))?;
        serde_json::from_str(&text).map_err(|error| unreadable(&error))
    }

    /// Keeps it for later starts.
    ///
    /// # Errors
    /// The database fails.
    pub async fn keep(&self, context: &Context) -> Result<(), Failure> {
        let text = serde_json::to_string(self).map_err(|error| unreadable(&error))?;
        accounts::mark_demo(context, context.cipher.seal(&*context.entropy, PURPOSE, &text)).await?;
        Ok(())
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    Failure::Start(format!(
        "the demo's state cannot be used: {error}; start with --no-demo, or with another database"
    ))
}
