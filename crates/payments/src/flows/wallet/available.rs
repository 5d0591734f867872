//! Which of a customer's cards an order can be paid with.

use tillgate_model::{
    Resource,
    resources::{CheckoutComGateway, CheckoutComPayment, StripeGateway, StripePayment},
};
use tillgate_store::{
    CustomerPaymentSourceRow, OrderRow, PaymentGatewayRow, PaymentMethodRow, Scope, Tx, query,
};

use super::cards_of;
use crate::{failure::Failure, stored::word};

/// The type of payment source that charges the cards of a gateway, if it keeps any.
pub fn source_kind(gateway_kind: &str) -> Option<&'static str> {
    if gateway_kind == StripeGateway::META.kind {
        Some(StripePayment::META.kind)
    } else if gateway_kind == CheckoutComGateway::META.kind {
        Some(CheckoutComPayment::META.kind)
    } else {
        None
    }
}

/// The active cards of the order's customer whose gateway takes payments in the order's market, oldest first.
pub async fn available(
    tx: &mut Tx<'_>,
    scope: &Scope,
    order: &OrderRow,
) -> Result<Vec<CustomerPaymentSourceRow>, Failure> {
    let Some(customer_id) = &order.customer_id else {
        return Ok(Vec::new());
    };
    let cards = cards_of(tx, scope, customer_id).await?;
    let methods = query!(tx, payments::payment_methods_of_market(scope, &order.market_id))?;
    let mut fitting = Vec::new();
    for card in cards {
        let Some(gateway_id) = card.payment_gateway_id.as_ref().filter(|_| card.token.is_some()) else {
            continue;
        };
        let gateway = query!(tx, payment_gateways::get(scope, &word(gateway_id)?))?;
        if gateway.is_some_and(|gateway| fits(&card, &gateway, &methods)) {
            fitting.push(card);
        }
    }
    Ok(fitting)
}

/// Whether a card can be charged where these payment methods are offered: by its own method, or by any of its gateway. A
/// market that names no gateway for payments of the kind takes them through any, as for other payment sources.
pub fn fits(
    card: &CustomerPaymentSourceRow,
    gateway: &PaymentGatewayRow,
    methods: &[PaymentMethodRow],
) -> bool {
    let Some(kind) = source_kind(&gateway.kind) else {
        return false;
    };
    let mut of_kind = methods
        .iter()
        .filter(|method| method.payment_source_type == kind)
        .peekable();
    let offered = match &card.payment_method_id {
        Some(own) => of_kind.any(|method| method.id == *own),
        None if of_kind.peek().is_none() => true,
        None => of_kind.any(|method| method.payment_gateway_id == gateway.id),
    };
    gateway.disabled_at.is_none() && offered
}
