use tillgate_model::resources::{FulfillmentStatus, OrderStatus, PaymentSourceType, PaymentStatus};

use crate::{Stored, StoredTime};

rows! {
    /// A market.
    markets => MarketRow, filter MarketFilter {} {
        number: BigInt => i64,
        name: Text => String,
        code: Nullable<Text> => Option<String>,
        currency_code: Text => String,
        checkout_url: Nullable<Text> => Option<String>,
        disabled_at: Nullable<Timestamp> => Option<StoredTime>,
    }
}

rows! {
    /// A customer.
    customers => CustomerRow, filter CustomerFilter { email: &'a str } {
        email: Text => String,
        shopper_reference: Nullable<Text> => Option<String>,
    }
}

rows! {
    /// An order.
    orders => OrderRow, filter OrderFilter { customer_id: &'a str } {
        #[diesel(skip_update)]
        number: Text => String,
        status: Text => Stored<OrderStatus>,
        payment_status: Text => Stored<PaymentStatus>,
        fulfillment_status: Text => Stored<FulfillmentStatus>,
        guest: Bool => bool,
        customer_email: Nullable<Text> => Option<String>,
        language_code: Text => String,
        currency_code: Text => String,
        subtotal_amount_cents: BigInt => i64,
        payment_method_amount_cents: BigInt => i64,
        cart_url: Nullable<Text> => Option<String>,
        return_url: Nullable<Text> => Option<String>,
        placed_at: Nullable<Timestamp> => Option<StoredTime>,
        approved_at: Nullable<Timestamp> => Option<StoredTime>,
        cancelled_at: Nullable<Timestamp> => Option<StoredTime>,
        payment_updated_at: Nullable<Timestamp> => Option<StoredTime>,
        #[diesel(skip_update)]
        market_id: Text => String,
        customer_id: Nullable<Text> => Option<String>,
        payment_method_id: Nullable<Text> => Option<String>,
        payment_source_type: Nullable<Text> => Option<Stored<PaymentSourceType>>,
        payment_source_id: Nullable<Text> => Option<String>,
        /// How many transactions the order has had, for their numbers.
        transactions_count: BigInt => i64,
        /// Network address of the buyer, as an integration gives it.
        customer_ip: Nullable<Text> => Option<String>,
    }
}

/// Makes what writes these columns of an order, and what takes them over from another state of it.
macro_rules! progress_of_orders {
    ($($column:ident: $rust:ty),* $(,)?) => {
        /// What payments change of an order.
        #[derive(diesel::AsChangeset)]
        #[diesel(table_name = orders, treat_none_as_null = true)]
        pub struct OrderProgress {
            $($column: $rust,)*
        }

        impl OrderRow {
            /// What payments change of it, as it is.
            pub fn progress(&self) -> OrderProgress {
                OrderProgress { $($column: self.$column.clone(),)* }
            }

            /// This order with the columns that payments change taken from `after`.
            #[must_use]
            pub fn with_progress_of(self, after: &Self) -> Self {
                Self {
                    $($column: after.$column.clone(),)*
                    ..self
                }
            }
        }
    };
}

progress_of_orders! {
    updated_at: StoredTime,
    status: Stored<OrderStatus>,
    payment_status: Stored<PaymentStatus>,
    placed_at: Option<StoredTime>,
    approved_at: Option<StoredTime>,
    cancelled_at: Option<StoredTime>,
    payment_updated_at: Option<StoredTime>,
    payment_source_type: Option<Stored<PaymentSourceType>>,
    payment_source_id: Option<String>,
    transactions_count: i64,
}

/// What is read of an order beside its payment sources: an order has many columns, and a read takes as long as it has
/// columns.
#[derive(Clone, PartialEq, Debug, diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = orders)]
pub struct OrderSummary {
    /// Identifier.
    pub id: String,
    /// As in the order.
    pub status: Stored<OrderStatus>,
    /// As in the order.
    pub guest: bool,
    /// As in the order.
    pub customer_email: Option<String>,
    /// As in the order.
    pub currency_code: String,
    /// As in the order.
    pub subtotal_amount_cents: i64,
    /// As in the order.
    pub payment_method_amount_cents: i64,
    /// As in the order.
    pub market_id: String,
    /// As in the order.
    pub customer_id: Option<String>,
}

/// Whose an order is and what it costs; its summary tells as much.
pub trait AnyOrder {
    /// How far it is.
    fn status(&self) -> OrderStatus;
    /// Bought without an account.
    fn guest(&self) -> bool;
    /// Address of the buyer.
    fn customer_email(&self) -> Option<&str>;
    /// Where it is bought.
    fn market_id(&self) -> &str;
    /// The buyer's account.
    fn customer_id(&self) -> Option<&str>;
    /// ISO 4217.
    fn currency_code(&self) -> &str;
    /// What it costs, in minor units.
    fn total_cents(&self) -> i64;
}

macro_rules! any_order {
    ($($row:ident),*) => {
        $(impl AnyOrder for $row {
            fn status(&self) -> OrderStatus {
                *self.status
            }

            fn guest(&self) -> bool {
                self.guest
            }

            fn customer_email(&self) -> Option<&str> {
                self.customer_email.as_deref()
            }

            fn market_id(&self) -> &str {
                &self.market_id
            }

            fn customer_id(&self) -> Option<&str> {
                self.customer_id.as_deref()
            }

            fn currency_code(&self) -> &str {
                &self.currency_code
            }

            fn total_cents(&self) -> i64 {
                self.subtotal_amount_cents
                    .saturating_add(self.payment_method_amount_cents)
            }
        })*
    };
}

any_order!(OrderRow, OrderSummary);

rows! {
    /// A position of an order.
    line_items => LineItemRow, filter LineItemFilter { order_id: &'a str } {
        name: Text => String,
        sku_code: Nullable<Text> => Option<String>,
        quantity: BigInt => i64,
        currency_code: Text => String,
        unit_amount_cents: BigInt => i64,
        image_url: Nullable<Text> => Option<String>,
        #[diesel(skip_update)]
        order_id: Text => String,
    }
}
