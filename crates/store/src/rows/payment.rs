use tillgate_model::resources::{GatewayType, PaymentSourceType, TransactionKind};

use crate::{Goal, OperationKind, SourceState, Stored, StoredTime, TransactionStatus};

rows! {
    /// A way to pay.
    payment_methods => PaymentMethodRow, filter PaymentMethodFilter { payment_gateway_id: &'a str } {
        name: Nullable<Text> => Option<String>,
        payment_source_type: Text => Stored<PaymentSourceType>,
        currency_code: Text => String,
        moto: Bool => bool,
        require_capture: Bool => bool,
        auto_place: Bool => bool,
        auto_capture: Bool => bool,
        price_amount_cents: BigInt => i64,
        auto_capture_max_amount_cents: Nullable<BigInt> => Option<i64>,
        disabled_at: Nullable<Timestamp> => Option<StoredTime>,
        market_id: Nullable<Text> => Option<String>,
        payment_gateway_id: Text => String,
    }
}

/// The columns of a payment method that choose the gateway of a payment.
#[derive(Clone, PartialEq, Debug, diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = payment_methods)]
pub struct MethodSummary {
    /// Identifier.
    pub id: String,
    /// Whether the merchant enters the card data, for orders by mail or telephone.
    pub moto: bool,
}

rows! {
    /// An account at a PSP, of any kind.
    payment_gateways => PaymentGatewayRow, filter PaymentGatewayFilter { kind: Stored<GatewayType> } {
        /// Resource type.
        #[diesel(skip_update)]
        kind: Text => Stored<GatewayType>,
        name: Text => String,
        force_payments: Bool => bool,
        disabled_at: Nullable<Timestamp> => Option<StoredTime>,
        base_url: Text => String,
        /// Encrypted.
        secret_key: Text => String,
        /// JSON object of the last characters of the keys.
        credential_keys: Text => String,
        public_key: Nullable<Text> => Option<String>,
        connected_account: Nullable<Text> => Option<String>,
        api_version: Nullable<Text> => Option<String>,
        processing_channel_id: Nullable<Text> => Option<String>,
        authorize_on_create: Bool => bool,
        return_url: Nullable<Text> => Option<String>,
        /// Stripe: whether an authorization allows several captures.
        multicapture: Bool => bool,
        /// The end of the URL for the PSP's events.
        webhook_token: Nullable<Text> => Option<String>,
        /// Identifier of the registered endpoint at the PSP.
        webhook_endpoint_id: Nullable<Text> => Option<String>,
        /// The endpoint's signing secrets, encrypted.
        webhook_secrets: Nullable<Text> => Option<String>,
    }
}

rows! {
    /// A payment source of an order, of any kind.
    payment_sources => PaymentSourceRow, filter PaymentSourceFilter { kind: Stored<PaymentSourceType>, order_id: &'a str, payment_gateway_id: &'a str } {
        /// Resource type.
        #[diesel(skip_update)]
        kind: Text => Stored<PaymentSourceType>,
        #[diesel(skip_update)]
        order_id: Text => String,
        #[diesel(skip_update)]
        payment_gateway_id: Text => String,
        /// State of the payment.
        state: Text => SourceState,
        amount_cents: BigInt => i64,
        currency_code: Text => String,
        /// Whether the PSP captures the payment as soon as it is authorized.
        automatic_capture: Bool => bool,
        /// Identifier of the payment at the PSP.
        psp_id: Nullable<Text> => Option<String>,
        /// Encrypted.
        client_secret: Nullable<Text> => Option<String>,
        /// Encrypted.
        token: Nullable<Text> => Option<String>,
        redirect_url: Nullable<Text> => Option<String>,
        /// The call to the PSP whose outcome is unknown.
        pending_operation_id: Nullable<Text> => Option<String>,
        /// JSON object of the terms and the display.
        details: Text => String,
        /// Time of the next read from the PSP, if no request or event causes one earlier.
        check_at: Nullable<Timestamp> => Option<StoredTime>,
        /// Differences between the payment at the PSP and the request: words of the domain, separated by commas.
        mismatch: Nullable<Text> => Option<String>,
    }
}

rows! {
    /// An authorization, capture, void or refund.
    transactions => TransactionRow, filter TransactionFilter { kind: Stored<TransactionKind>, order_id: &'a str, payment_source_id: &'a str, parent_id: &'a str } {
        /// Resource type.
        #[diesel(skip_update)]
        kind: Text => Stored<TransactionKind>,
        #[diesel(skip_update)]
        number: Text => String,
        #[diesel(skip_update)]
        order_id: Text => String,
        #[diesel(skip_update)]
        payment_source_type: Text => Stored<PaymentSourceType>,
        #[diesel(skip_update)]
        payment_source_id: Text => String,
        /// The transaction that it follows.
        #[diesel(skip_update)]
        parent_id: Nullable<Text> => Option<String>,
        currency_code: Text => String,
        amount_cents: BigInt => i64,
        /// State of the transaction.
        status: Text => TransactionStatus,
        message: Nullable<Text> => Option<String>,
        error_code: Nullable<Text> => Option<String>,
        error_detail: Nullable<Text> => Option<String>,
        token: Nullable<Text> => Option<String>,
        gateway_transaction_id: Nullable<Text> => Option<String>,
        /// Network address of the caller, for limits on failed payments.
        #[diesel(skip_update)]
        address: Nullable<Text> => Option<String>,
        /// Whether it was undone before the order was placed, so that the order counts as unpaid again.
        canceled: Bool => bool,
    }
}

rows! {
    /// A call to a PSP: kind, exact bytes, key, outcome.
    gateway_operations => GatewayOperationRow, filter GatewayOperationFilter {} {
        /// Kind of the operation.
        #[diesel(skip_update)]
        kind: Text => OperationKind,
        #[diesel(skip_update)]
        payment_source_id: Text => String,
        /// The transaction that it decides, if any.
        #[diesel(skip_update)]
        transaction_id: Nullable<Text> => Option<String>,
        #[diesel(skip_update)]
        payment_gateway_id: Text => String,
        /// The exact request, encrypted.
        #[diesel(skip_update)]
        request: Text => String,
        /// Time of the first sending. It may be sent again for 20 hours.
        #[diesel(skip_update)]
        sent_at: Timestamp => StoredTime,
        /// Number of checks for its outcome.
        attempts: Integer => i32,
        /// Time of the next check; null while a request waits for the answer, once the outcome is known, and once the operation
        /// is flagged for an operator.
        next_attempt_at: Nullable<Timestamp> => Option<StoredTime>,
        /// Time when the outcome became known.
        finished_at: Nullable<Timestamp> => Option<StoredTime>,
        /// Time when it was flagged for an operator.
        flagged_at: Nullable<Timestamp> => Option<StoredTime>,
        /// Goal to continue with after a success.
        #[diesel(skip_update)]
        goal: Nullable<Text> => Option<Goal>,
    }
}

rows! {
    /// A provider event.
    gateway_events => GatewayEventRow, filter GatewayEventFilter { payment_gateway_id: &'a str } {
        #[diesel(skip_update)]
        payment_gateway_id: Text => String,
        /// The PSP's identifier of the event.
        #[diesel(skip_update)]
        event_id: Text => String,
        /// The PSP's event type.
        #[diesel(skip_update)]
        kind: Text => String,
        /// The PSP's id of the payment.
        psp_id: Nullable<Text> => Option<String>,
        /// Our id of the event's transaction.
        transaction_id: Nullable<Text> => Option<String>,
        /// The event as it was sent, encrypted.
        #[diesel(skip_update)]
        body: Text => String,
        /// Number of attempts to read its payment.
        attempts: Integer => i32,
        /// Time of the next attempt.
        next_attempt_at: Nullable<Timestamp> => Option<StoredTime>,
        /// Time when it was handled.
        processed_at: Nullable<Timestamp> => Option<StoredTime>,
        /// Time when it was flagged for an operator, because no payment of ours fits.
        flagged_at: Nullable<Timestamp> => Option<StoredTime>,
    }
}

/// An open call with the name of its organization, the number of its order and the type of its payment source.
pub type OpenOperation = (GatewayOperationRow, String, String, Stored<PaymentSourceType>);
/// A flagged event, with the name of its organization and its gateway.
pub type FlaggedEvent = (GatewayEventRow, String, PaymentGatewayRow);
