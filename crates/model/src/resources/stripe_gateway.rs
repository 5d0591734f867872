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
    /// The ends of the stored keys, to recognise them by.
    #[attribute(read)]
    pub credential_keys: JsonObject,
    /// When the gateway was disabled.
    #[attribute(read, filter, sort)]
    pub disabled_at: Option<Timestamp>,
    /// Stripe's secret key (`sk_…` or `rk_…`). Kept encrypted and never shown. Another `base_url` needs it again.
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
    /// Where Stripe's API is: `https://api.stripe.com`, the sandbox that this service runs, or an address that its operator allows.
    /// To change it, give `login` again.
    #[attribute(read, create, update, default = "https://api.stripe.com")]
    #[validate(url, length(max = 255))]
    pub base_url: String,
    /// Version of Stripe's API (`Stripe-Version`).
    #[attribute(read, create, update, key, default = "2026-07-29.dahlia")]
    #[validate(length(min = 1, max = 64))]
    pub api_version: String,
    /// Where the buyer's browser returns to after authentication; a page of this service unless given.
    #[attribute(read, create, update)]
    #[validate(url, length(max = 1024))]
    pub return_url: Option<String>,
    /// Let Stripe keep the rest of an authorization after a partial capture, where the card allows it, so that there can be
    /// several captures. Without it, a partial capture releases the rest.
    #[attribute(read, create, update, default = false)]
    pub multicapture: bool,
    /// Identifier of the endpoint at the PSP that tells this service what happens, once it is registered there.
    #[attribute(read)]
    pub webhook_endpoint_id: Option<String>,
    /// Where the PSP sends its events.
    #[attribute(read)]
    pub webhook_endpoint_url: String,
    /// Signing secret of the endpoint (`whsec_…`), if it was registered by hand. Kept encrypted and never shown; the secret before it counts for a day more.
    #[attribute(create, update, key)]
    #[validate(length(min = 8, max = 255))]
    pub webhook_endpoint_secret: Option<Secret>,
    /// The end of the endpoint's URL.
    pub webhook_token: String,
    /// Encrypted: the signing secrets that count.
    pub webhook_secrets: Option<String>,
    /// Disables the gateway: it takes no new payments.
    #[trigger(create, update)]
    pub disable: Option<bool>,
    /// Enables the gateway again.
    #[trigger(create, update)]
    pub enable: Option<bool>,
    /// Asks Stripe whether it accepts the stored key, and registers the webhook endpoint if there is none yet, or if the one that was
    /// registered is gone at Stripe. What the former endpoint has sent is taken for a day more.
    #[trigger(create, update)]
    pub check: Option<bool>,
    /// Payment methods that use the gateway.
    #[relationship]
    pub payment_methods: ToMany<PaymentMethod>,
    /// Payments made through the gateway.
    #[relationship]
    pub stripe_payments: ToMany<StripePayment>,
}
