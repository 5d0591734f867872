//! All resources. A new one is a line here.

use crate::{Resource, ResourceMeta, resources::*};

/// Calls the macro `$do!` for each resource with its actions, so that another crate can require its own trait: `$do!(Market: list
/// retrieve create update delete)`.
#[macro_export]
macro_rules! for_each_resource {
    ($do:ident) => {
        $do! { Market Customer CustomerPaymentSource Order LineItem PaymentMethod PaymentGateway StripeGateway
        CheckoutComGateway ManualGateway StripePayment CheckoutComPayment WireTransfer Authorization Capture Void Refund Transaction Payment
        Card Webhook EventCallback Event }
    };
}

macro_rules! metas {
    ($($name:ident)*) => { &[$(<$name as Resource>::META),*] };
}

/// The declarations of all resources, in the order of the documentation.
pub const RESOURCES: &[&ResourceMeta] = for_each_resource!(metas);

/// The declaration of a type.
pub fn resource(kind: &str) -> Option<&'static ResourceMeta> {
    RESOURCES.iter().copied().find(|meta| meta.kind == kind)
}
