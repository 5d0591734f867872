use tillgate_model_derive::resource;

use super::{Order, PaymentSource};
use crate::{Currency, One, ToOne};

/// Declares a transaction: the members of all kinds, and its own.
macro_rules! transaction {
    ($(#[$container:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $(#[$container])*
        pub struct $name {
            /// Number: that of the order, `/T/` and a count over all transactions of the order.
            #[attribute(read, filter, sort)]
            pub number: String,
            /// Type of the payment source.
            #[attribute(read)]
            pub payment_method_type: Option<String>,
            /// Currency of the amounts.
            #[attribute(read, filter, default = Currency::EUR)]
            pub currency_code: Currency,
            /// What it is about.
            #[money(read, filter, sort)]
            pub amount: i64,
            /// Whether it succeeded. False with the message `pending` means that the PSP has not answered for certain yet.
            #[attribute(read, filter)]
            pub succeeded: bool,
            /// What the PSP says of it.
            #[attribute(read, filter)]
            pub message: Option<String>,
            /// Why it failed, a code.
            #[attribute(read, filter)]
            pub error_code: Option<String>,
            /// Why it failed, in words.
            #[attribute(read, filter)]
            pub error_detail: Option<String>,
            /// Identifier of the payment at the PSP.
            #[attribute(read, filter)]
            pub token: Option<String>,
            /// Identifier of the charge, refund or action at the PSP.
            #[attribute(read, filter)]
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
        grows,
        actions(list, retrieve)
    )]
    pub struct Transaction {
        /// What it is.
        #[attribute(read, filter, sort)]
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
