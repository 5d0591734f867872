//! The tables of the resources.

table_queries!(markets, MarketRow, MarketFilter {});
table_queries!(customers, CustomerRow, CustomerFilter { email });
table_queries!(orders, OrderRow, OrderFilter { customer_id });
table_queries!(line_items, LineItemRow, LineItemFilter { order_id });
table_queries!(
    payment_methods,
    PaymentMethodRow,
    PaymentMethodFilter { payment_gateway_id }
);
table_queries!(payment_gateways, PaymentGatewayRow, PaymentGatewayFilter { kind });
table_queries!(
    payment_sources,
    PaymentSourceRow,
    PaymentSourceFilter {
        kind,
        order_id,
        payment_gateway_id
    }
);
table_queries!(
    transactions,
    TransactionRow,
    TransactionFilter {
        kind,
        order_id,
        payment_source_id,
        parent_id
    }
);
table_queries!(gateway_operations, GatewayOperationRow, GatewayOperationFilter {});
table_queries!(
    gateway_events,
    GatewayEventRow,
    GatewayEventFilter { payment_gateway_id }
);
table_queries!(
    gateway_customers,
    GatewayCustomerRow,
    GatewayCustomerFilter {
        customer_id,
        payment_gateway_id
    }
);
table_queries!(
    customer_payment_sources,
    CustomerPaymentSourceRow,
    CustomerPaymentSourceFilter { customer_id, state }
);
table_queries!(webhooks, WebhookRow, WebhookFilter { topic });
table_queries!(events, EventRow, EventFilter { resource_id });
table_queries!(
    event_deliveries,
    EventDeliveryRow,
    EventDeliveryFilter { event_id }
);
table_queries!(
    event_callbacks,
    EventCallbackRow,
    EventCallbackFilter { webhook_id, event_id }
);
