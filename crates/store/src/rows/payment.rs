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

/// What is read of a payment method to know which gateway a payment goes through.
#[derive(Clone, PartialEq, Debug, diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = payment_methods)]
pub struct MethodSummary {
    /// Identifier.
    pub id: String,
    /// The merchant takes the card's data by mail or telephone.
    pub moto: bool,
}

rows! {
    /// An account at a PSP, of whatever kind.
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
        /// JSON object of the ends of the keys.
        credential_keys: Text => String,
        public_key: Nullable<Text> => Option<String>,
        connected_account: Nullable<Text> => Option<String>,
        api_version: Nullable<Text> => Option<String>,
        processing_channel_id: Nullable<Text> => Option<String>,
        authorize_on_create: Bool => bool,
        return_url: Nullable<Text> => Option<String>,
        /// Stripe: there can be several captures of an authorization.
        multicapture: Bool => bool,
        /// The end of the URL that the PSP sends its events to.
        webhook_token: Nullable<Text> => Option<String>,
        /// Identifier of that endpoint at the PSP.
        webhook_endpoint_id: Nullable<Text> => Option<String>,
        /// Encrypted: the endpoint's signing secrets.
        webhook_secrets: Nullable<Text> => Option<String>,
    }
}

rows! {
    /// What pays an order, of whatever kind.
    payment_sources => PaymentSourceRow, filter PaymentSourceFilter { kind: Stored<PaymentSourceType>, order_id: &'a str, payment_gateway_id: &'a str } {
        /// Resource type.
        #[diesel(skip_update)]
        kind: Text => Stored<PaymentSourceType>,
        #[diesel(skip_update)]
        order_id: Text => String,
        #[diesel(skip_update)]
        payment_gateway_id: Text => String,
        /// How far the payment is.
        state: Text => SourceState,
        amount_cents: BigInt => i64,
        currency_code: Text => String,
        /// Captured by the PSP as soon as it is authorized.
        automatic_capture: Bool => bool,
        /// Identifier of the payment at the PSP.
        psp_id: Nullable<Text> => Option<String>,
        /// Encrypted.
        client_secret: Nullable<Text> => Option<String>,
        /// Encrypted.
        token: Nullable<Text> => Option<String>,
        redirect_url: Nullable<Text> => Option<String>,
        /// The call to the PSP whose outcome is not known yet.
        pending_operation_id: Nullable<Text> => Option<String>,
        /// JSON object of what is only shown.
        details: Text => String,
        /// When to ask the PSP how far the payment is, if nobody does before.
        check_at: Nullable<Timestamp> => Option<StoredTime>,
        /// What the PSP shows of the payment and was not asked for: words of the domain, with commas between.
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
        /// What became of it.
        status: Text => TransactionStatus,
        message: Nullable<Text> => Option<String>,
        error_code: Nullable<Text> => Option<String>,
        error_detail: Nullable<Text> => Option<String>,
        token: Nullable<Text> => Option<String>,
        gateway_transaction_id: Nullable<Text> => Option<String>,
        /// Network address of the caller, for limits on failed payments.
        #[diesel(skip_update)]
        address: Nullable<Text> => Option<String>,
        /// It was undone before the order was placed, so that the order counts as unpaid again.
        canceled: Bool => bool,
    }
}

rows! {
    /// A call to a PSP: what is sent, with which key, and whether the outcome is known.
    gateway_operations => GatewayOperationRow, filter GatewayOperationFilter {} {
        /// What it does.
        #[diesel(skip_update)]
        kind: Text => OperationKind,
        #[diesel(skip_update)]
        payment_source_id: Text => String,
        /// The transaction that it decides, if any.
        #[diesel(skip_update)]
        transaction_id: Nullable<Text> => Option<String>,
        #[diesel(skip_update)]
        payment_gateway_id: Text => String,
        /// Encrypted: the exact request.
        #[diesel(skip_update)]
        request: Text => String,
        /// When it was first sent; what is younger than 20 hours may be sent again.
        #[diesel(skip_update)]
        sent_at: Timestamp => StoredTime,
        /// How often its outcome was looked for.
        attempts: Integer => i32,
        /// When to look next; none while a request waits for the answer, when it is known, or when a person has to look.
        next_attempt_at: Nullable<Timestamp> => Option<StoredTime>,
        /// When the outcome became known.
        finished_at: Nullable<Timestamp> => Option<StoredTime>,
        /// When it was given up on and left to a person.
        flagged_at: Nullable<Timestamp> => Option<StoredTime>,
        /// What is done next when it has happened.
        #[diesel(skip_update)]
        goal: Nullable<Text> => Option<Goal>,
    }
}

rows! {
    /// An event that a PSP has told of.
    gateway_events => GatewayEventRow, filter GatewayEventFilter { payment_gateway_id: &'a str } {
        #[diesel(skip_update)]
        payment_gateway_id: Text => String,
        /// The PSP's identifier of the event.
        #[diesel(skip_update)]
        event_id: Text => String,
        /// The PSP's word for what happened.
        #[diesel(skip_update)]
        kind: Text => String,
        /// The payment that it is about, as the PSP calls it.
        psp_id: Nullable<Text> => Option<String>,
        /// Our id of the transaction that the event is about.
        transaction_id: Nullable<Text> => Option<String>,
        /// Encrypted: the event as it was sent.
        #[diesel(skip_update)]
        body: Text => String,
        /// How often its payment was looked for.
        attempts: Integer => i32,
        /// When to look for its payment next.
        next_attempt_at: Nullable<Timestamp> => Option<StoredTime>,
        /// When it was dealt with.
        processed_at: Nullable<Timestamp> => Option<StoredTime>,
        /// When it was left to a person: nothing of ours fits it.
        flagged_at: Nullable<Timestamp> => Option<StoredTime>,
    }
}

/// An open call with the name of its organization, the number of its order and the type of its payment source.
pub type OpenOperation = (GatewayOperationRow, String, String, Stored<PaymentSourceType>);
/// An event that was left to a person, with the name of its organization and its gateway.
pub type FlaggedEvent = (GatewayEventRow, String, PaymentGatewayRow);
