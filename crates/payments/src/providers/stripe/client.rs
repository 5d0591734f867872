use tillgate_gateways::{Gateway, GatewaySettings, stripe::Stripe};
use tillgate_store::PaymentGatewayRow;

/// The client of Stripe's API for a gateway.
pub fn client(row: &PaymentGatewayRow, settings: GatewaySettings) -> Option<Box<dyn Gateway>> {
    Some(Box::new(
        Stripe::new(settings).with_multicapture(row.multicapture),
    ))
}
