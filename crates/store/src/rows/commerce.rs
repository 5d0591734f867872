use chrono::NaiveDateTime;

rows! {
    /// A market.
    markets => MarketRow, filter MarketFilter {} {
        number: BigInt => i64,
        name: Text => String,
        code: Nullable<Text> => Option<String>,
        currency_code: Text => String,
        checkout_url: Nullable<Text> => Option<String>,
        disabled_at: Nullable<Timestamp> => Option<NaiveDateTime>,
    }
}

rows! {
    /// A customer.
    customers => CustomerRow, filter CustomerFilter { email } {
        email: Text => String,
        shopper_reference: Nullable<Text> => Option<String>,
    }
}

rows! {
    /// An order.
    orders => OrderRow, filter OrderFilter { customer_id } {
        #[diesel(skip_update)]
        number: Text => String,
        status: Text => String,
        payment_status: Text => String,
        fulfillment_status: Text => String,
        guest: Bool => bool,
        customer_email: Nullable<Text> => Option<String>,
        language_code: Text => String,
        currency_code: Text => String,
        subtotal_amount_cents: BigInt => i64,
        payment_method_amount_cents: BigInt => i64,
        cart_url: Nullable<Text> => Option<String>,
        return_url: Nullable<Text> => Option<String>,
        placed_at: Nullable<Timestamp> => Option<NaiveDateTime>,
        approved_at: Nullable<Timestamp> => Option<NaiveDateTime>,
        cancelled_at: Nullable<Timestamp> => Option<NaiveDateTime>,
        payment_updated_at: Nullable<Timestamp> => Option<NaiveDateTime>,
        #[diesel(skip_update)]
        market_id: Text => String,
        customer_id: Nullable<Text> => Option<String>,
        payment_method_id: Nullable<Text> => Option<String>,
        payment_source_type: Nullable<Text> => Option<String>,
        payment_source_id: Nullable<Text> => Option<String>,
        /// How many transactions the order has had, for their numbers.
        transactions_count: BigInt => i64,
    }
}

/// What payments change of an order.
#[derive(Clone, PartialEq, Debug, diesel::AsChangeset)]
#[diesel(table_name = orders, treat_none_as_null = true)]
pub struct OrderProgress {
    updated_at: NaiveDateTime,
    status: String,
    payment_status: String,
    placed_at: Option<NaiveDateTime>,
    approved_at: Option<NaiveDateTime>,
    cancelled_at: Option<NaiveDateTime>,
    payment_updated_at: Option<NaiveDateTime>,
    payment_source_type: Option<String>,
    payment_source_id: Option<String>,
    transactions_count: i64,
}

impl OrderRow {
    /// What payments change of it, as it is.
    pub fn progress(&self) -> OrderProgress {
        OrderProgress {
            updated_at: self.updated_at,
            status: self.status.clone(),
            payment_status: self.payment_status.clone(),
            placed_at: self.placed_at,
            approved_at: self.approved_at,
            cancelled_at: self.cancelled_at,
            payment_updated_at: self.payment_updated_at,
            payment_source_type: self.payment_source_type.clone(),
            payment_source_id: self.payment_source_id.clone(),
            transactions_count: self.transactions_count,
        }
    }

    /// The same order after payments have changed it.
    #[must_use]
    pub fn with_progress(self, progress: OrderProgress) -> Self {
        let OrderProgress {
            updated_at,
            status,
            payment_status,
            placed_at,
            approved_at,
            cancelled_at,
            payment_updated_at,
            payment_source_type,
            payment_source_id,
            transactions_count,
        } = progress;
        Self {
            updated_at,
            status,
            payment_status,
            placed_at,
            approved_at,
            cancelled_at,
            payment_updated_at,
            payment_source_type,
            payment_source_id,
            transactions_count,
            ..self
        }
    }
}

rows! {
    /// A position of an order.
    line_items => LineItemRow, filter LineItemFilter { order_id } {
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
