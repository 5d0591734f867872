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
    #[attribute(read, create, update, filter, sort)]
    #[validate(length(min = 1, max = 255))]
    pub name: String,
    /// Whether a replaced payment source is put back on its order when its authorization arrives late, while the order is open, not
    /// paid otherwise, and takes such payments. An authorization that is not put back is released.
    #[attribute(read, create, update, default = true)]
    pub force_payments: bool,
    /// The last characters of the stored keys, to recognize them.
    #[attribute(read)]
    pub credential_keys: JsonObject,
    /// When the gateway was disabled.
    #[attribute(read, filter, sort)]
    pub disabled_at: Option<Timestamp>,
    /// Stripe's secret key (`sk_…` or `rk_…`). Stored encrypted and never shown. Another `base_url` requires it again.
    #[attribute(create, update, key)]
    #[validate(length(min = 8, max = 255))]
    pub login: Secret,
    /// Stripe's publishable key (`pk_…`), which each payment shows to the browser.
    #[attribute(create, update, key)]
    #[validate(length(min = 8, max = 255))]
    pub publishable_key: Option<String>,
    /// Stripe Connect account (`acct_…`) that the payments are made for.
    #[attribute(read, create, update, key)]
    #[validate(length(min = 1, max = 255))]
    pub connected_account: Option<String>,
    /// URL of Stripe's API: `https://api.stripe.com`, the sandbox of this service, or an address that its operator allows. To
    /// change it, send `login` again.
    #[attribute(read, create, update, default = "https://api.stripe.com")]
    #[validate(url, length(max = 255))]
    pub base_url: String,
    /// Version of Stripe's API (`Stripe-Version`).
    #[attribute(read, create, update, key, default = "2026-07-29.dahlia")]
    #[validate(length(min = 1, max = 64))]
    pub api_version: String,
    /// URL that the buyer's browser returns to after authentication; by default a page of this service.
    #[attribute(read, create, update)]
    #[validate(url, length(max = 1024))]
    pub return_url: Option<String>,
    /// Let Stripe keep the rest of an authorization after a partial capture, where the card allows it, so that several captures
    /// are possible. Otherwise a partial capture releases the rest.
    #[attribute(read, create, update, default = false)]
    pub multicapture: bool,
    /// Identifier of the registered endpoint at the PSP that sends events to this service.
    #[attribute(read)]
    pub webhook_endpoint_id: Option<String>,
    /// URL of this service for the PSP's events.
    #[attribute(read)]
    pub webhook_endpoint_url: String,
    /// Signing secret of the endpoint (`whsec_…`), if it was registered by hand. Stored encrypted and never shown; the former
    /// secret stays valid for a day.
    #[attribute(create, update, key)]
    #[validate(length(min = 8, max = 255))]
    pub webhook_endpoint_secret: Option<Secret>,
    /// The end of the endpoint's URL.
    pub webhook_token: String,
    /// The valid signing secrets, encrypted.
    pub webhook_secrets: Option<String>,
    /// Disables the gateway: it takes no new payments.
    #[trigger(create, update)]
    pub disable: Option<bool>,
    /// Enables the gateway again.
    #[trigger(create, update)]
    pub enable: Option<bool>,
    /// Checks with Stripe that the stored key is valid. Registers the webhook endpoint if it is missing, or gone at Stripe.
    /// Events under the former endpoint's secret stay valid for a day.
    #[trigger(create, update)]
    pub check: Option<bool>,
    /// Payment methods that use the gateway.
    #[relationship]
    pub payment_methods: ToMany<PaymentMethod>,
    /// Payments made through the gateway.
    #[relationship]
    pub stripe_payments: ToMany<StripePayment>,
}
