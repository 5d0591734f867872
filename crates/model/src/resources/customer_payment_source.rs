use tillgate_model_derive::resource;

use super::{Customer, PaymentMethod, PaymentSource};
use crate::{Id, JsonObject, One, Secret, ToOne};

/// A card that a customer has saved: the wallet. An order saves one with `_save_payment_source_to_customer_wallet`, and is paid
/// with one by `_customer_payment_source_id`.
#[resource(
    type = "customer_payment_sources",
    singular = "customer_payment_source",
    tag = "Commerce",
    grows,
    actions(list, retrieve, create, update, delete),
    customer(list, retrieve, update, delete),
    calls_psp(delete)
)]
pub struct CustomerPaymentSource {
    /// What to call the card, such as `Visa ****4242`.
    #[attribute(read, filter)]
    pub name: Option<String>,
    /// The PSP's identifier of the customer that the instrument belongs to (`cus_…`).
    #[attribute(read, create, update)]
    #[validate(length(min = 1, max = 255))]
    pub customer_token: Option<String>,
    /// The PSP's identifier of the instrument (`pm_…`, `src_…`). By default, the payment source's.
    #[attribute(read, create, update)]
    #[validate(length(min = 1, max = 255))]
    pub payment_source_token: Option<Secret>,
    /// Brand, last digits and expiry of the card.
    #[attribute(read)]
    pub payment_instrument: Option<JsonObject>,
    /// The gateway whose PSP saves the instrument.
    pub payment_gateway_id: Option<Id>,
    /// The PSP's identifier of the payment that first used the card.
    pub first_psp_id: Option<String>,
    /// The owner of the card: it pays orders of this customer only.
    #[relationship(create, update)]
    pub customer: One<Customer>,
    /// The payment method of orders that the card pays. Its gateway is the one that saves the instrument.
    #[relationship(create, update)]
    pub payment_method: ToOne<PaymentMethod>,
    /// The payment that saved the card.
    #[relationship(create, update)]
    pub payment_source: ToOne<PaymentSource>,
}
