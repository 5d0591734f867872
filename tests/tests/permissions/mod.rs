//! The operations that sales channels may use.

use std::collections::BTreeSet;

/// Every operation that a sales channel may use for a guest; all others are forbidden.
const PERMITTED: [&str; 31] = [
    "create_customer",
    "retrieve_market",
    "create_order",
    "retrieve_order",
    "update_order",
    "retrieve_order_market",
    "retrieve_order_market_relationship",
    "retrieve_order_customer_relationship",
    "retrieve_order_payment_method",
    "retrieve_order_payment_method_relationship",
    "retrieve_order_payment_source",
    "retrieve_order_payment_source_relationship",
    "retrieve_order_line_items",
    "retrieve_order_line_items_relationship",
    "retrieve_order_available_payment_methods",
    "retrieve_order_available_payment_methods_relationship",
    "retrieve_line_item",
    "retrieve_line_item_order",
    "retrieve_line_item_order_relationship",
    "list_payment_methods",
    "retrieve_payment_method",
    "retrieve_payment_method_market",
    "retrieve_payment_method_market_relationship",
    "retrieve_payment_method_payment_gateway_relationship",
    "create_stripe_payment",
    "create_checkout_com_payment",
    "create_wire_transfer",
    "create_payment",
    "retrieve_payment",
    "retrieve_payment_order",
    "retrieve_payment_order_relationship",
];
/// Operations that are permitted on each type of payment source.
const PERMITTED_ON_SOURCES: [&str; 6] = [
    "retrieve_{}",
    "update_{}",
    "delete_{}",
    "retrieve_{}_order",
    "retrieve_{}_order_relationship",
    "retrieve_{}_payment_gateway_relationship",
];

/// The operations that a sales channel may use for a guest.
pub fn of_guests() -> BTreeSet<String> {
    let sources = ["stripe_payment", "checkout_com_payment", "wire_transfer"];
    let on_sources = sources
        .iter()
        .flat_map(|source| PERMITTED_ON_SOURCES.map(|id| id.replace("{}", source)));
    PERMITTED
        .into_iter()
        .map(str::to_owned)
        .chain(on_sources)
        .collect()
}

/// The further operations that a logged-in customer may use.
const OF_CUSTOMERS: [&str; 23] = [
    "list_cards",
    "retrieve_card",
    "delete_card",
    "list_orders",
    "list_customer_payment_sources",
    "retrieve_customer_payment_source",
    "update_customer_payment_source",
    "delete_customer_payment_source",
    "retrieve_customer_payment_source_customer",
    "retrieve_customer_payment_source_customer_relationship",
    "retrieve_customer_payment_source_payment_method",
    "retrieve_customer_payment_source_payment_method_relationship",
    "retrieve_customer_payment_source_payment_source",
    "retrieve_customer_payment_source_payment_source_relationship",
    "retrieve_customer_customer_payment_sources",
    "retrieve_customer_customer_payment_sources_relationship",
    "retrieve_order_available_customer_payment_sources",
    "retrieve_order_available_customer_payment_sources_relationship",
    "retrieve_customer",
    "update_customer",
    "retrieve_customer_orders",
    "retrieve_customer_orders_relationship",
    "retrieve_order_customer",
];

/// The operations that a sales channel may use for a logged-in customer.
pub fn of_customers() -> BTreeSet<String> {
    let mut permitted = of_guests();
    permitted.remove("create_customer");
    permitted.extend(OF_CUSTOMERS.map(str::to_owned));
    permitted
}
