use tillgate_gateways::{Gateway, GatewaySettings};
use tillgate_store::PaymentGatewayRow;

/// No client: there is no PSP.
pub fn client(_: &PaymentGatewayRow, _: GatewaySettings) -> Option<Box<dyn Gateway>> {
    None
}
