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
        /// Number of transactions that the order has had, for their numbers.
        transactions_count: BigInt => i64,
        /// Network address of the buyer, from an integration.
        customer_ip: Nullable<Text> => Option<String>,
    }
}

/// Makes the struct that writes these columns of an order, and the function that copies them from another state of it.
macro_rules! progress_of_orders {
    ($($column:ident: $rust:ty),* $(,)?) => {
        /// The columns of an order that payments change.
        #[derive(diesel::AsChangeset)]
        #[diesel(table_name = orders, treat_none_as_null = true)]
        pub struct OrderProgress {
            $($column: $rust,)*
        }

        impl OrderRow {
            /// The present values of these columns.
            pub fn progress(&self) -> OrderProgress {
                OrderProgress { $($column: self.$column.clone(),)* }
            }

            /// The order with the columns that payments change taken from `after`.
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

/// The columns of an order that are read beside its payment sources. An order has many columns, and each one takes time.
#[derive(Clone, PartialEq, Debug, diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = orders)]
pub struct OrderSummary {
    /// Identifier.
    pub id: String,
    /// Copy of the order's column.
    pub status: Stored<OrderStatus>,
    /// Copy of the order's column.
    pub guest: bool,
    /// Copy of the order's column.
    pub customer_email: Option<String>,
    /// Copy of the order's column.
    pub currency_code: String,
    /// Copy of the order's column.
    pub subtotal_amount_cents: i64,
    /// Copy of the order's column.
    pub payment_method_amount_cents: i64,
    /// Copy of the order's column.
    pub market_id: String,
    /// Copy of the order's column.
    pub customer_id: Option<String>,
}

/// The buyer and the price of an order, from its row or its summary.
pub trait AnyOrder {
    /// State of the order.
    fn status(&self) -> OrderStatus;
    /// Whether it is bought without a login.
    fn guest(&self) -> bool;
    /// E-mail address of the buyer.
    fn customer_email(&self) -> Option<&str>;
    /// Id of the market.
    fn market_id(&self) -> &str;
    /// Id of the customer.
    fn customer_id(&self) -> Option<&str>;
    /// Currency, by ISO 4217.
    fn currency_code(&self) -> &str;
    /// Total, in minor units.
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
