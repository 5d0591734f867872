//! The saved cards that an order can be paid with.

use strum::VariantArray as _;
use tillgate_model::resources::{GatewayType, PaymentSourceType};
use tillgate_store::{CustomerPaymentSourceRow, OrderRow, Scope, Tx};

use crate::{
    failure::Failure,
    payment::{
        cards::cards_of,
        offer::{Choice, Offers},
    },
    providers::{SavedInstruments, registry},
};

/// The type of payment source that charges the cards of a gateway, if its PSP saves any.
pub fn source_kind(gateway_kind: GatewayType) -> Option<PaymentSourceType> {
    let saved = registry::of_gateway(gateway_kind)
        .capabilities()
        .saved_instruments;
    (saved != SavedInstruments::Unsupported).then(|| registry::source_type_of(gateway_kind))
}

/// The active cards of the order's customer that the order can be paid with, oldest first.
pub async fn available(
    tx: &mut Tx<'_>,
    scope: &Scope,
    order: &OrderRow,
) -> Result<Vec<CustomerPaymentSourceRow>, Failure> {
    let Some(customer_id) = &order.customer_id else {
        return Ok(Vec::new());
    };
    let mut cards = cards_of(tx, scope, customer_id).await?;
    let mut offers = Vec::new();
    for source_type in GatewayType::VARIANTS.iter().filter_map(|kind| source_kind(*kind)) {
        offers.push(Offers::of(tx, scope, order, source_type).await?);
    }
    cards.retain(|card| {
        let gateway = offers.iter().find_map(|offers| gateway_of(card, order, offers));
        card.token.is_some() && gateway.is_some()
    });
    Ok(cards)
}

/// The gateway that keeps a card, if the order's market offers it, and also the card's own payment method if it has one.
pub fn gateway_of(card: &CustomerPaymentSourceRow, order: &OrderRow, offers: &Offers) -> Option<Choice> {
    let own_method = card.payment_method_id.as_ref();
    let is_offered = own_method.is_none_or(|own| offers.has_method(own));
    let gateway_id = card.payment_gateway_id.as_ref().filter(|_| is_offered)?;
    offers.through(order, gateway_id)
}
