//! A payment that is read to be changed: the source, its order and the order's transactions, under the lock on the order's row.

use tillgate_model::{Id, Problem, resources::TransactionKind};
use tillgate_store::{
    GatewayOperationRow, OrderRow, PaymentGatewayRow, PaymentSourceRow, Scope, TransactionRow,
    TransactionStatus, Tx, queries, query, send,
};

use crate::{
    context::Context,
    failure::Failure,
    outbox::{self, Change},
    payment::{
        details::{self, Details, Display, Terms},
        ledger::Ledger,
    },
    stored::{self, parse_column},
};

/// A payment source, its order and the order's transactions. The order's row is locked.
#[derive(Clone)]
pub struct LockedPayment {
    /// Organization and mode of the payment.
    pub scope: Scope,
    /// The order. Only its payment and status columns change.
    pub order: OrderRow,
    /// The payment source.
    pub source: PaymentSourceRow,
    /// The details that decide the source's course.
    pub terms: Terms,
    /// The details that are only shown.
    pub display: Display,
    /// The order's transactions.
    pub ledger: Ledger,
    /// The stored source and order, so that only differences are written. A new source is not stored yet.
    stored: (Option<PaymentSourceRow>, OrderRow),
    /// Changes since the last save that webhooks may subscribe to.
    changes: Vec<Change>,
}

impl LockedPayment {
    /// Locks the order of a payment source and reads both.
    pub async fn lock(tx: &mut Tx<'_>, scope: &Scope, source_id: &Id) -> Result<Self, Failure> {
        // The queries after the lock see everything that was committed before the lock was granted.
        let (order, source) = queries!(
            tx,
            payments::lock_order_of_source(scope, source_id),
            payment_sources::get(scope, source_id),
        )?;
        Self::found(tx, scope, order, source).await
    }

    /// Locks the order of a payment source and reads both, with a call to the PSP for the source.
    pub async fn lock_with_operation(
        tx: &mut Tx<'_>,
        scope: &Scope,
        source_id: &Id,
        operation_id: &Id,
    ) -> Result<(Self, Option<GatewayOperationRow>), Failure> {
        let (order, source, operation) = queries!(
            tx,
            payments::lock_order_of_source(scope, source_id),
            payment_sources::get(scope, source_id),
            gateway_operations::get(scope, operation_id),
        )?;
        Ok((Self::found(tx, scope, order, source).await?, operation))
    }

    async fn found(
        tx: &mut Tx<'_>,
        scope: &Scope,
        order: Option<OrderRow>,
        source: Option<PaymentSourceRow>,
    ) -> Result<Self, Failure> {
        let order = order.ok_or_else(Problem::not_found)?;
        let source = source.ok_or_else(Problem::not_found)?;
        let Details { terms, display } = stored::json(&source.details)?;
        let ledger = Ledger::of(tx, scope, &order).await?;
        let stored = (Some(source.clone()), order.clone());
        Ok(Self {
            scope: scope.clone(),
            order,
            source,
            terms,
            display,
            ledger,
            stored,
            changes: Vec::new(),
        })
    }

    /// A new source of a locked order. It becomes the order's payment source.
    pub fn new(
        scope: &Scope,
        mut order: OrderRow,
        source: PaymentSourceRow,
        details: Details,
        ledger: Ledger,
    ) -> Self {
        let Details { terms, display } = details;
        let stored = (None, order.clone());
        order.payment_source_type = Some(source.kind);
        order.payment_source_id = Some(source.id.clone());
        Self {
            scope: scope.clone(),
            order,
            source,
            terms,
            display,
            ledger,
            stored,
            changes: Vec::new(),
        }
    }

    /// The terms and the display as they are stored.
    pub fn stored_details(&self) -> String {
        details::stored(&self.terms, &self.display)
    }

    /// Whether this is the order's present payment source.
    pub fn is_current(&self) -> bool {
        self.order.payment_source_id.as_deref() == Some(self.source.id.as_str())
    }

    /// Writes the changed columns of the source and the order.
    pub async fn save(&mut self, tx: &mut Tx<'_>, context: &Context) -> Result<(), Failure> {
        let now = stored::stored_time(context.now());
        self.source.details = self.stored_details();
        match &self.stored.0 {
            None => send!(tx, payment_sources::insert(self.source.clone()))?,
            Some(stored) if *stored != self.source => {
                self.source.updated_at = now;
                send!(tx, payment_sources::save(self.source.clone()))?;
            }
            Some(_) => {}
        }
        self.changes
            .extend(outbox::of_order(Some(&self.stored.1), &self.order));
        outbox::record(tx, context, &self.scope, &std::mem::take(&mut self.changes)).await?;
        if self.stored.1 != self.order {
            self.order.updated_at = now;
            debug_assert_eq!(
                self.stored.1.clone().with_progress_of(&self.order),
                self.order,
                "something else of the order has changed, and would not be stored"
            );
            send!(tx, payments::save_progress_of_order(self.order.clone()))?;
        }
        self.stored = (Some(self.source.clone()), self.order.clone());
        Ok(())
    }

    /// A new transaction of the source, which the caller fills in and then [adds](LockedPayment::add).
    pub fn new_transaction(&mut self, context: &Context, kind: TransactionKind) -> TransactionRow {
        self.order.transactions_count += 1;
        let now = stored::stored_time(context.now());
        TransactionRow {
            organization_id: self.scope.organization_id().to_string(),
            test: self.scope.test(),
            id: context.new_id().to_string(),
            created_at: now,
            updated_at: now,
            reference: None,
            reference_origin: None,
            metadata: "{}".into(),
            kind: kind.into(),
            number: format!("{}/T/{:03}", self.order.number, self.order.transactions_count),
            order_id: self.order.id.clone(),
            payment_source_type: self.source.kind,
            payment_source_id: self.source.id.clone(),
            parent_id: None,
            currency_code: self.source.currency_code.clone(),
            amount_cents: self.source.amount_cents,
            status: TransactionStatus::Pending,
            message: Some("pending".into()),
            error_code: None,
            error_detail: None,
            token: None,
            gateway_transaction_id: None,
            address: self.terms.address.clone(),
            canceled: false,
        }
    }

    /// Adds a transaction, or updates a stored one.
    pub async fn put(&mut self, tx: &mut Tx<'_>, row: TransactionRow) -> Result<(), Failure> {
        let known = self.ledger.get(&row.id);
        self.changes.extend(outbox::of_transaction(known, &row));
        if known.is_some() {
            send!(tx, transactions::save(row.clone()))?;
        } else {
            send!(tx, transactions::insert(row.clone()))?;
        }
        let mut rows: Vec<TransactionRow> = self.ledger.rows().to_vec();
        rows.retain(|known| known.id != row.id);
        rows.push(row);
        self.ledger = Ledger::new(rows);
        Ok(())
    }

    /// Removes a transaction that never reached the PSP.
    pub async fn remove(&mut self, tx: &mut Tx<'_>, id: &str) -> Result<(), Failure> {
        query!(tx, transactions::delete(&self.scope, &stored::parse_column(id)?))?;
        let mut rows: Vec<TransactionRow> = self.ledger.rows().to_vec();
        rows.retain(|known| known.id != id);
        self.ledger = Ledger::new(rows);
        self.changes.retain(|change| change.id != id);
        Ok(())
    }

    /// The source's pending authorization.
    pub fn pending_authorization(&self) -> Option<TransactionRow> {
        self.authorizations()
            .find(|row| row.status == TransactionStatus::Pending)
            .cloned()
    }

    /// The source's authorizations.
    pub fn authorizations(&self) -> impl Iterator<Item = &TransactionRow> {
        self.ledger.rows().iter().filter(|row| {
            row.kind == TransactionKind::Authorizations && row.payment_source_id == self.source.id
        })
    }
}

/// The gateway of a payment source.
pub async fn gateway_of(tx: &mut Tx<'_>, payment: &LockedPayment) -> Result<PaymentGatewayRow, Failure> {
    let id = parse_column(&payment.source.payment_gateway_id)?;
    let gateway = query!(tx, payment_gateways::get(&payment.scope, &id))?;
    gateway.ok_or_else(|| Failure::Internal(format!("the gateway {id} of a payment source is gone")))
}
