//! The ids and credentials of the demo for later starts. They include the client's secret, so they are stored sealed.

use serde::{Deserialize, Serialize};
use tillgate_model::Id;
use tillgate_payments::{Context, accounts};

use crate::failure::Failure;

const PURPOSE: &str = "demo";

/// The ids and credentials of the demo.
#[derive(Serialize, Deserialize)]
pub struct State {
    /// Id of the organization.
    pub organization_id: Id,
    /// Id of the integration.
    pub application_id: Id,
    /// The integration's client id.
    pub client_id: String,
    /// The integration's secret.
    pub client_secret: String,
    /// The sales channel's client id.
    pub sales_channel_client_id: String,
    /// Id of the market.
    pub market_id: Id,
    /// Gateway to Stripe.
    pub stripe_gateway_id: Id,
    /// Gateway to Checkout.com.
    pub checkout_com_gateway_id: Id,
    /// Payment method of Stripe.
    pub stripe_method_id: Id,
    /// Payment method of Checkout.com.
    pub checkout_com_method_id: Id,
    /// The buyer. Demos of earlier versions have no customer who could log in.
    #[serde(default)]
    pub customer: Option<Customer>,
}

/// A customer who can log in.
#[derive(Clone, Serialize, Deserialize)]
pub struct Customer {
    /// Id of the customer.
    pub id: Id,
    /// E-mail address of the customer.
    pub email: String,
    /// Password of the customer.
    pub password: String,
}

impl State {
    /// The state that an earlier start stored.
    ///
    /// # Errors
    /// It can't be read.
    pub async fn load(context: &Context) -> Result<Self, Failure> {
        let sealed = accounts::demo(context).await?.unwrap_or_default();
        let text = context
            .cipher
            .open(PURPOSE, &sealed)
            .map_err(|error| unreadable(&error))?;
        serde_json::from_str(&text).map_err(|error| unreadable(&error))
    }

    /// Stores the state for later starts.
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
