use tillgate_model_derive::resource;

use crate::Secret;

/// A card that the customer has saved at Stripe, by a successful payment. The list has the cards of the logged-in customer.
#[resource(
    type = "cards",
    singular = "card",
    tag = "Payments",
    dialect = Foodetective,
    list = "users/me/cards",
    actions(list, retrieve, delete),
    customer(list, retrieve, delete),
    calls_psp(delete)
)]
pub struct Card {
    /// Stripe's identifier of the card, for `stripe_payment_method_id` of a payment.
    #[attribute(read)]
    pub stripe_source_id: Option<Secret>,
    /// Last four digits.
    #[attribute(read)]
    pub last4: Option<String>,
    /// First day of the month of expiry, YYYY-MM-DD.
    #[attribute(read)]
    pub expiration_date: Option<String>,
    /// Brand, in lower case.
    #[attribute(read)]
    pub brand: Option<String>,
}
