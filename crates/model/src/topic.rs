//! The topics of merchant events. The publisher, the `topic` of a webhook and the document's `webhooks` all use this table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::{Resource, ResourceMeta, resources::*};

/// Declares the topics: the resource of the payload, and a description of the event.
macro_rules! topics {
    ($($resource:ident { $(#[doc = $happened:literal] $topic:ident = $name:literal),+ $(,)? })+) => {
        /// Topic of a webhook: the type of a resource, a dot, and the name of a change.
        #[derive(
            Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema, strum::Display, strum::EnumString,
            strum::IntoStaticStr, strum::VariantArray,
        )]
        pub enum Topic {
            $($(#[doc = $happened] #[serde(rename = $name)] #[strum(serialize = $name)] $topic,)+)+
        }

        impl Topic {
            /// The resource of the payload.
            pub fn resource(self) -> &'static ResourceMeta {
                match self {
                    $($(Self::$topic)|+ => <$resource as Resource>::META,)+
                }
            }

            /// Description of the event.
            pub fn description(self) -> &'static str {
                match self {
                    $($(Self::$topic => $happened.trim_ascii(),)+)+
                }
            }
        }
    };
}

topics! {
    Order {
        /// An order was created.
        OrdersCreate = "orders.create",
        /// An order lacks a customer or line items again.
        OrdersDraft = "orders.draft",
        /// An order can be paid and placed.
        OrdersPending = "orders.pending",
        /// The payment that places an order has no outcome yet.
        OrdersPlacing = "orders.placing",
        /// An order was placed.
        OrdersPlace = "orders.place",
        /// An order was approved.
        OrdersApprove = "orders.approve",
        /// An order was cancelled.
        OrdersCancel = "orders.cancel",
        /// The total of an order, or a part of it, was authorized.
        OrdersAuthorize = "orders.authorize",
        /// The total of an order, or a part of it, was captured.
        OrdersPay = "orders.pay",
        /// The authorization of an order was released.
        OrdersVoid = "orders.void",
        /// The captures of an order, or a part of them, were refunded.
        OrdersRefund = "orders.refund",
        /// An order was deleted.
        OrdersDestroy = "orders.destroy",
    }
    Authorization {
        /// An authorization was requested.
        AuthorizationsCreate = "authorizations.create",
        /// An authorization succeeded.
        AuthorizationsSucceeded = "authorizations.succeeded",
        /// An authorization was declined.
        AuthorizationsFailed = "authorizations.failed",
    }
    Capture {
        /// A capture was requested.
        CapturesCreate = "captures.create",
        /// A capture succeeded.
        CapturesSucceeded = "captures.succeeded",
        /// A capture failed.
        CapturesFailed = "captures.failed",
    }
    Void {
        /// A void was requested.
        VoidsCreate = "voids.create",
        /// A void succeeded.
        VoidsSucceeded = "voids.succeeded",
        /// A void failed.
        VoidsFailed = "voids.failed",
    }
    Refund {
        /// A refund was requested.
        RefundsCreate = "refunds.create",
        /// A refund succeeded.
        RefundsSucceeded = "refunds.succeeded",
        /// A refund failed, perhaps days after it had succeeded.
        RefundsFailed = "refunds.failed",
    }
    Transaction {
        /// A transaction of any kind was requested.
        TransactionsCreate = "transactions.create",
        /// A transaction of any kind failed.
        TransactionsRefused = "transactions.refused",
    }
    Customer {
        /// A customer was created.
        CustomersCreate = "customers.create",
        /// The metadata of a customer was changed.
        CustomersMetadataUpdate = "customers.metadata_update",
        /// A customer was deleted.
        CustomersDestroy = "customers.destroy",
    }
}

impl Topic {
    /// All topics, in the order of the documentation.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// `orders.place`
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether the resource is gone, so that a payload can only name it.
    pub fn is_end(self) -> bool {
        self.name().ends_with(".destroy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_begins_with_the_type_of_its_resource() {
        for topic in Topic::ALL {
            let (kind, happened) = topic.name().split_once('.').expect("a dot");
            assert_eq!(kind, topic.resource().kind, "{topic}");
            assert!(
                !happened.is_empty() && topic.description().ends_with('.'),
                "{topic}"
            );
            assert_eq!(topic.name().parse(), Ok(*topic));
        }
        assert!(Topic::OrdersDestroy.is_end() && !Topic::OrdersPlace.is_end());
    }
}
