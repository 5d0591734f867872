use tillgate_model_derive::resource;

use super::PaymentMethod;
use crate::{JsonObject, Timestamp, ToMany};

/// Payments that the merchant handles without a PSP: bank transfers, cash on delivery.
#[resource(
    type = "manual_gateways",
    singular = "manual_gateway",
    tag = "Configuration",
    actions(list, retrieve, create, update, delete)
)]
pub struct ManualGateway {
    /// Name of the gateway.
    #[attribute(read, create, update, filter, sort)]
    #[validate(length(min = 1, max = 255))]
    pub name: String,
    /// Whether a replaced payment source is put back on its order when its authorization arrives late, while the order is open,
    /// not paid otherwise, and takes such payments. An authorization that is not put back is released.
    #[attribute(read, create, update, default = false)]
    pub force_payments: bool,
    /// Always empty: there are no keys.
    #[attribute(read)]
    pub credential_keys: JsonObject,
    /// When the gateway was disabled.
    #[attribute(read, filter, sort)]
    pub disabled_at: Option<Timestamp>,
    /// Disables the gateway: it takes no new payments.
    #[trigger(create, update)]
    pub disable: Option<bool>,
    /// Enables the gateway again.
    #[trigger(create, update)]
    pub enable: Option<bool>,
    /// Payment methods that use the gateway.
    #[relationship]
    pub payment_methods: ToMany<PaymentMethod>,
}
