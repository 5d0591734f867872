use tillgate_model_derive::resource;

use super::{CheckoutComPayment, PaymentMethod};
use crate::{JsonObject, Secret, Timestamp, ToMany};

/// An account at Checkout.com.
#[resource(
    type = "checkout_com_gateways",
    singular = "checkout_com_gateway",
    tag = "Configuration",
    actions(list, retrieve, create, update, delete),
    calls_psp(create, update)
)]
pub struct CheckoutComGateway {
    /// Name of the gateway.
    #[attribute(read, create, update, filter, sort)]
    #[validate(length(min = 1, max = 255))]
    pub name: String,
    /// Whether a replaced payment source is put back on its order when its authorization arrives late, while the order is open, not
    /// paid otherwise, and takes such payments. An authorization that is not put back is released.
    #[attribute(read, create, update, default = false)]
    pub force_payments: bool,
    /// The last characters of the stored keys, to recognize them.
    #[attribute(read)]
    pub credential_keys: JsonObject,
    /// When the gateway was disabled.
    #[attribute(read, filter, sort)]
    pub disabled_at: Option<Timestamp>,
    /// Checkout.com's secret key (`sk_…`). Stored encrypted and never shown. Another `base_url` requires it again.
    #[attribute(create, update, key)]
    #[validate(length(min = 8, max = 255))]
    pub secret_key: Secret,
    /// Checkout.com's public key (`pk_…`), which each payment shows to the browser.
    #[attribute(create, update, key)]
    #[validate(length(min = 8, max = 255))]
    pub public_key: String,
    /// URL of Checkout.com's API: each account has a host of its own (`https://{prefix}.api.checkout.com`). The sandbox of this
    /// service is allowed too, and any address that its operator allows. To change it, send `secret_key` again.
    #[attribute(read, create, update, default = "https://api.checkout.com")]
    #[validate(url, length(max = 255))]
    pub base_url: String,
    /// Processing channel (`pc_…`) of the payments.
    #[attribute(read, create, update, key)]
    #[validate(length(min = 1, max = 64))]
    pub processing_channel_id: Option<String>,
    /// Request the payment as soon as a payment source is created, not only on its `_authorize`.
    #[attribute(read, create, update, default = false)]
    pub authorize_on_create: bool,
    /// URL that the buyer's browser returns to after authentication; by default a page of this service.
    #[attribute(read, create, update)]
    #[validate(url, length(max = 1024))]
    pub return_url: Option<String>,
    /// Identifier of the registered endpoint at the PSP that sends events to this service.
    #[attribute(read)]
    pub webhook_endpoint_id: Option<String>,
    /// URL of this service for the PSP's events.
    #[attribute(read)]
    pub webhook_endpoint_url: String,
    /// Signing secret of the endpoint, from the dashboard of Checkout.com. Stored encrypted and never shown; the former secret
    /// stays valid for a day.
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
    /// Checks with Checkout.com that the stored key is valid.
    #[trigger(create, update)]
    pub check: Option<bool>,
    /// Payment methods that use the gateway.
    #[relationship]
    pub payment_methods: ToMany<PaymentMethod>,
    /// Payments made through the gateway.
    #[relationship]
    pub checkout_com_payments: ToMany<CheckoutComPayment>,
}
