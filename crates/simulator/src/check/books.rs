//! The records of both sides.

use futures::FutureExt;
use tillgate_model::document::Page;
use tillgate_sandbox::LedgerEntry;
use tillgate_store::{
    CustomerPaymentSourceFilter, CustomerPaymentSourceRow, GatewayEventFilter, GatewayEventRow,
    GatewayOperationFilter, GatewayOperationRow, OrderFilter, OrderRow, PaymentSourceFilter,
    PaymentSourceRow, StoreError, TransactionFilter, TransactionRow, Tx, query,
};

use crate::api::Api;

/// The records of both sides.
pub struct Books {
    /// Orders.
    pub orders: Vec<OrderRow>,
    /// Payment sources.
    pub sources: Vec<PaymentSourceRow>,
    /// Authorizations, captures, voids and refunds.
    pub transactions: Vec<TransactionRow>,
    /// Calls to PSPs.
    pub operations: Vec<GatewayOperationRow>,
    /// Saved cards.
    pub cards: Vec<CustomerPaymentSourceRow>,
    /// Events of PSPs.
    pub events: Vec<GatewayEventRow>,
    /// Ledger of the PSPs.
    pub psp: Vec<LedgerEntry>,
}

/// More rows than any run makes.
pub const ALL: Page = Page {
    number: 1,
    size: 10_000,
};

impl Books {
    /// Reads the records.
    ///
    /// # Errors
    /// The database fails.
    pub fn read(api: &Api) -> Result<Self, StoreError> {
        let (context, scope) = (api.host.context(), &api.caller.scope);
        let psp = api.host.world.sandbox.ledger();
        let read = context.db.read(async |tx: &mut Tx<'_>| {
            Ok::<_, StoreError>(Self {
                orders: query!(tx, orders::page(scope, OrderFilter::default(), ALL))?,
                sources: query!(
                    tx,
                    payment_sources::page(scope, PaymentSourceFilter::default(), ALL)
                )?,
                transactions: query!(tx, transactions::page(scope, TransactionFilter::default(), ALL))?,
                operations: query!(
                    tx,
                    gateway_operations::page(scope, GatewayOperationFilter::default(), ALL)
                )?,
                cards: query!(
                    tx,
                    customer_payment_sources::page(scope, CustomerPaymentSourceFilter::default(), ALL)
                )?,
                events: query!(
                    tx,
                    gateway_events::page(scope, GatewayEventFilter::default(), ALL)
                )?,
                psp,
            })
        });
        read.now_or_never()
            .unwrap_or_else(|| Err(StoreError::Failed("a read of the database had to wait".into())))
    }

    /// The effects of a call at its PSP: the ledger entries with its idempotency key.
    pub fn effects_of(&self, operation: &GatewayOperationRow) -> impl Iterator<Item = &LedgerEntry> {
        let of_call = format!("tillgate-{}-", operation.id);
        self.psp.iter().filter(move |entry| {
            let key = entry.idempotency_key.as_ref();
            key.is_some_and(|key| key.starts_with(&of_call))
        })
    }

    /// The calls that are flagged for an operator.
    pub fn flagged(&self) -> impl Iterator<Item = &GatewayOperationRow> {
        self.operations
            .iter()
            .filter(|operation| operation.flagged_at.is_some() && operation.finished_at.is_none())
    }

    /// Whether a call for a payment source is flagged: the payment's state is unknown then.
    pub fn is_flagged(&self, source_id: &str) -> bool {
        self.flagged()
            .any(|operation| operation.payment_source_id == source_id)
    }
}
