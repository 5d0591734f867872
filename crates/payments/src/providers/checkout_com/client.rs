use tillgate_gateways::{Gateway, GatewaySettings, checkout_com::CheckoutCom};
use tillgate_store::PaymentGatewayRow;

/// Checkout.com's language.
pub fn client(_: &PaymentGatewayRow, settings: GatewaySettings) -> Option<Box<dyn Gateway>> {
    Some(Box::new(CheckoutCom::new(settings)))
}
