use tillgate_gateways::{Gateway, GatewaySettings, checkout_com::CheckoutCom};
use tillgate_store::PaymentGatewayRow;

/// The client of Checkout.com's API.
pub fn client(_: &PaymentGatewayRow, settings: GatewaySettings) -> Option<Box<dyn Gateway>> {
    Some(Box::new(CheckoutCom::new(settings)))
}
