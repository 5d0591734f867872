use tillgate_model::resources::PaymentSourceType;

use crate::{CardState, Stored, StoredTime};

rows! {
    /// A customer as an account at a PSP knows them.
    gateway_customers => GatewayCustomerRow, filter GatewayCustomerFilter { customer_id: &'a str, payment_gateway_id: &'a str } {
        #[diesel(skip_update)]
        customer_id: Text => String,
        #[diesel(skip_update)]
        payment_gateway_id: Text => String,
        /// The PSP's identifier of the customer; none while the answer to `request` is not known.
        psp_id: Nullable<Text> => Option<String>,
        /// Encrypted: the exact request that makes the customer.
        request: Text => String,
        /// When it was first sent.
        sent_at: Timestamp => StoredTime,
    }
}

rows! {
    /// A card that a customer has saved.
    customer_payment_sources => CustomerPaymentSourceRow, filter CustomerPaymentSourceFilter { customer_id: &'a str, state: CardState } {
        #[diesel(skip_update)]
        customer_id: Text => String,
        /// Where the token is worth something.
        payment_gateway_id: Nullable<Text> => Option<String>,
        payment_method_id: Nullable<Text> => Option<String>,
        payment_source_type: Nullable<Text> => Option<Stored<PaymentSourceType>>,
        payment_source_id: Nullable<Text> => Option<String>,
        name: Nullable<Text> => Option<String>,
        /// The PSP's customer that the token belongs to.
        customer_token: Nullable<Text> => Option<String>,
        /// Encrypted: the PSP's identifier of the instrument.
        token: Nullable<Text> => Option<String>,
        /// Keyed hash of the token, to find it by.
        token_hash: Nullable<Text> => Option<String>,
        /// JSON object: brand, last digits and expiry of the card.
        payment_instrument: Nullable<Text> => Option<String>,
        /// The PSP's identifier of the payment that the card was first used for.
        first_psp_id: Nullable<Text> => Option<String>,
        /// Whether it can be used.
        state: Text => CardState,
        /// Encrypted: the exact request that is under way for it.
        request: Nullable<Text> => Option<String>,
        /// How often the outcome of that was looked for.
        attempts: Integer => i32,
        /// When to look next.
        next_attempt_at: Nullable<Timestamp> => Option<StoredTime>,
    }
}
