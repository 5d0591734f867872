use tillgate_model::resources::PaymentSourceType;

use crate::{CardState, Stored, StoredTime};

rows! {
    /// A customer of ours at an account of a PSP.
    gateway_customers => GatewayCustomerRow, filter GatewayCustomerFilter { customer_id: &'a str, payment_gateway_id: &'a str } {
        #[diesel(skip_update)]
        customer_id: Text => String,
        #[diesel(skip_update)]
        payment_gateway_id: Text => String,
        /// The PSP's identifier of the customer; null until `request` is answered.
        psp_id: Nullable<Text> => Option<String>,
        /// The exact request that creates the customer, encrypted.
        request: Text => String,
        /// Time of its first sending.
        sent_at: Timestamp => StoredTime,
    }
}

rows! {
    /// A card that a customer has saved.
    customer_payment_sources => CustomerPaymentSourceRow, filter CustomerPaymentSourceFilter { customer_id: &'a str, state: CardState } {
        #[diesel(skip_update)]
        customer_id: Text => String,
        /// The gateway that the token belongs to.
        payment_gateway_id: Nullable<Text> => Option<String>,
        payment_method_id: Nullable<Text> => Option<String>,
        payment_source_type: Nullable<Text> => Option<Stored<PaymentSourceType>>,
        payment_source_id: Nullable<Text> => Option<String>,
        name: Nullable<Text> => Option<String>,
        /// The PSP's customer that the token belongs to.
        customer_token: Nullable<Text> => Option<String>,
        /// The PSP's identifier of the instrument, encrypted.
        token: Nullable<Text> => Option<String>,
        /// Keyed hash of the token, to find it by.
        token_hash: Nullable<Text> => Option<String>,
        /// JSON object: brand, last digits and expiry of the card.
        payment_instrument: Nullable<Text> => Option<String>,
        /// The PSP's identifier of the payment that first used the card.
        first_psp_id: Nullable<Text> => Option<String>,
        /// State of the card.
        state: Text => CardState,
        /// The exact request in progress, encrypted.
        request: Nullable<Text> => Option<String>,
        /// Number of checks for its outcome.
        attempts: Integer => i32,
        /// Time of the next check.
        next_attempt_at: Nullable<Timestamp> => Option<StoredTime>,
    }
}
