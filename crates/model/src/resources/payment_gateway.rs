use tillgate_model_derive::resource;

use super::PaymentMethod;
use crate::{JsonObject, Timestamp, ToMany, text_enum};

text_enum! {
    /// Kind of a gateway's account, as its own type is called.
    pub enum GatewayType {
        /// Stripe.
        #[default]
        StripeGateways,
        /// Checkout.com.
        CheckoutComGateways,
        /// No PSP: money moves outside of this service.
        ManualGateways,
    }
}

/// An account at a PSP, of any kind. A list mixes the kinds.
#[resource(
    type = "payment_gateways",
    singular = "payment_gateway",
    tag = "Configuration",
    aliases("stripe_gateways", "checkout_com_gateways", "manual_gateways"),
    actions(list, retrieve)
)]
pub struct PaymentGateway {
    /// Name of the gateway.
    #[attribute(read, filter, sort)]
    pub name: String,
    /// Whether a replaced payment source is put back on its order when its authorization arrives late, while the order is open, not
    /// paid otherwise, and takes such payments. An authorization that is not put back is released.
    #[attribute(read)]
    pub force_payments: bool,
    /// The last characters of the stored keys, to recognize them.
    #[attribute(read)]
    pub credential_keys: JsonObject,
    /// When the gateway was disabled.
    #[attribute(read, filter, sort)]
    pub disabled_at: Option<Timestamp>,
    /// Payment methods that use the gateway.
    #[relationship]
    pub payment_methods: ToMany<PaymentMethod>,
}
