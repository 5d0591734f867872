use tillgate_model_derive::resource;

use super::{Order, PaymentSource};
use crate::{Currency, One, ToOne};

/// Declares a transaction: the members of all kinds, and its own.
macro_rules! transaction {
    ($(#[$container:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $(#[$container])*
        pub struct $name {
            /// Number of the transaction: the order's number, `/T/` and a count over all transactions of the order.
            #[attribute(read)]
            pub number: String,
            /// Type of the payment source.
            #[attribute(read)]
            pub payment_method_type: Option<String>,
            /// Currency of the amounts.
            #[attribute(read, default = Currency::EUR)]
            pub currency_code: Currency,
            /// Amount of the transaction.
            #[money(read)]
            pub amount: i64,
            /// Whether it succeeded. False with the message `pending` means that the outcome at the PSP is not final yet.
            #[attribute(read)]
            pub succeeded: bool,
            /// The PSP's message.
            #[attribute(read)]
            pub message: Option<String>,
            /// Code of the failure.
            #[attribute(read)]
            pub error_code: Option<String>,
            /// Text of the failure.
            #[attribute(read)]
            pub error_detail: Option<String>,
            /// Identifier of the payment at the PSP.
            #[attribute(read)]
            pub token: Option<String>,
            /// Identifier of the charge, refund or action at the PSP.
            #[attribute(read)]
            pub gateway_transaction_id: Option<String>,
            $($own)*
            /// The order that it belongs to.
            #[relationship]
            pub order: One<Order>,
            /// The payment source that it belongs to.
            #[relationship]
            pub payment_source: ToOne<PaymentSource>,
            /// Events of the transaction.
            #[relationship]
            pub events: crate::ToMany<crate::resources::Event>,
        }
    };
}
pub(super) use transaction;

transaction! {
    /// An authorization, capture, void or refund. A list mixes the kinds; each has the same id under its own type.
    #[resource(
        type = "transactions",
        singular = "transaction",
        tag = "Transactions",
        actions(list, retrieve)
    )]
    pub struct Transaction {
        /// Kind of the transaction.
        #[attribute(read)]
        pub kind: TransactionKind,
    }
}

crate::text_enum! {
    /// Kind of a transaction, as its own type is called.
    pub enum TransactionKind {
        /// An amount that a PSP holds.
        #[default]
        Authorizations,
        /// A captured part of an authorization.
        Captures,
        /// A released hold.
        Voids,
        /// A refunded part of a capture.
        Refunds,
    }
}
