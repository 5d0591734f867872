use tillgate_gateways::{Gateway, GatewaySettings};
use tillgate_store::PaymentGatewayRow;

/// There is no PSP to speak to.
pub fn client(_: &PaymentGatewayRow, _: GatewaySettings) -> Option<Box<dyn Gateway>> {
    None
}
