use tillgate_model_derive::resource;

use super::{PaymentMethod, StripePayment};
use crate::{JsonObject, Secret, Timestamp, ToMany};

/// An account at Stripe.
#[resource(
    type = "stripe_gateways",
    singular = "stripe_gateway",
    tag = "Configuration",
    actions(list, retrieve, create, update, delete),
    calls_psp(create, update)
)]
pub struct StripeGateway {
    /// Name of the gateway.
    #[attribute(read, create, update)]
    #[validate(length(min = 1, max = 255))]
    pub name: String,
    /// Whether a payment is put back on an order that is still open when its authorization arrives late.
    #[attribute(read, create, update, default = true)]
    pub force_payments: bool,
    /// The ends of the stored keys, to recognise them by.
    #[attribute(read)]
    pub credential_keys: JsonObject,
    /// When the gateway was disabled.
    #[attribute(read)]
    pub disabled_at: Option<Timestamp>,
    /// Stripe's secret key (`sk_…` or `rk_…`). Kept encrypted and never shown.
    #[attribute(create)]
    #[validate(length(min = 8, max = 255))]
    pub login: Secret,
    /// Stripe's publishable key (`pk_…`), which each payment shows to the browser.
    #[attribute(create)]
    #[validate(length(min = 8, max = 255))]
    pub publishable_key: Option<String>,
    /// Stripe Connect account (`acct_…`) that the payments are made for.
    #[attribute(read, create, update)]
    #[validate(length(min = 1, max = 255))]
    pub connected_account: Option<String>,
    /// Where Stripe's API is.
    #[attribute(read, create, update, default = "https://api.stripe.com")]
    #[validate(url, length(max = 255))]
    pub base_url: String,
    /// Version of Stripe's API (`Stripe-Version`).
    #[attribute(read, create, update, default = "2026-07-29.dahlia")]
    #[validate(length(min = 1, max = 64))]
    pub api_version: String,
    /// Where the buyer's browser returns to after authentication; a page of this service unless given.
    #[attribute(read, create, update)]
    #[validate(url, length(max = 1024))]
    pub return_url: Option<String>,
    /// Disables the gateway: it takes no new payments.
    #[trigger(create, update)]
    pub disable: Option<bool>,
    /// Enables the gateway again.
    #[trigger(create, update)]
    pub enable: Option<bool>,
    /// Asks Stripe whether it accepts the stored key.
    #[trigger(create, update)]
    pub check: Option<bool>,
    /// Payment methods that use the gateway.
    #[relationship]
    pub payment_methods: ToMany<PaymentMethod>,
    /// Payments made through the gateway.
    #[relationship]
    pub stripe_payments: ToMany<StripePayment>,
}
