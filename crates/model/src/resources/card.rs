use tillgate_model_derive::resource;

use crate::Secret;

/// A card that the customer has saved at Stripe, by a successful payment. The list is that of the customer who has logged in.
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
    /// Stripe's identifier of it: what `stripe_payment_method_id` of a payment takes.
    #[attribute(read)]
    pub stripe_source_id: Option<Secret>,
    /// Its last four digits.
    #[attribute(read)]
    pub last4: Option<String>,
    /// First day of the month in which it expires, YYYY-MM-DD.
    #[attribute(read)]
    pub expiration_date: Option<String>,
    /// Its brand, in lower case.
    #[attribute(read)]
    pub brand: Option<String>,
}
