//! Transactions of all kinds, in one table.

use tillgate_model::{
    Id, One, Record, Resource, ToOne,
    resources::{Authorization, Capture, Refund, Transaction, TransactionKind, Void},
};
use tillgate_store::{StoreError, TransactionRow, TransactionStatus, Tx, query};

use crate::{
    failure::Failure,
    handler::Kept,
    payment::ledger::Ledger,
    request::Request,
    stored::{self, parse_column, parse_optional_column},
};

/// A transaction as its own type shows it.
pub trait Shown: Resource {
    /// The stored kind; `None` for any kind.
    const KIND: Option<TransactionKind>;

    /// The record of a row, with the ledger of its order.
    fn record(row: &TransactionRow, ledger: &Ledger) -> Result<Record<Self>, StoreError>;
}

/// A record with the common members of transactions, and its own.
macro_rules! shown {
    ($row:ident, $resource:ident { $($own:tt)* }) => {
        Ok(stored::record!(
            $row,
            $resource {
                number: $row.number.clone(),
                payment_method_type: Some($row.payment_source_type.to_string()),
                currency_code: parse_column(&$row.currency_code)?,
                amount: $row.amount_cents,
                succeeded: $row.status == TransactionStatus::Succeeded,
                message: $row.message.clone(),
                error_code: $row.error_code.clone(),
                error_detail: $row.error_detail.clone(),
                token: $row.token.clone(),
                gateway_transaction_id: $row.gateway_transaction_id.clone(),
                order: One::to(parse_column(&$row.order_id)?),
                payment_source: ToOne::to_type((*$row.payment_source_type).into(), parse_column(&$row.payment_source_id)?)
                    .unwrap_or_default(),
                $($own)*
            }
        ))
    };
}

impl Shown for Authorization {
    const KIND: Option<TransactionKind> = Some(TransactionKind::Authorizations);

    fn record(row: &TransactionRow, ledger: &Ledger) -> Result<Record<Self>, StoreError> {
        let open = ledger.open_authorization(row);
        shown!(
            row,
            Authorization {
                capture_amount: open,
                capture_balance: open,
                void_balance: ledger.voidable(row),
            }
        )
    }
}

impl Shown for Capture {
    const KIND: Option<TransactionKind> = Some(TransactionKind::Captures);

    fn record(row: &TransactionRow, ledger: &Ledger) -> Result<Record<Self>, StoreError> {
        let left = ledger.refundable(row);
        shown!(
            row,
            Capture {
                refund_amount: left,
                refund_balance: left,
                reference_authorization: ToOne::from_id(parse_optional_column(row.parent_id.as_deref())?),
            }
        )
    }
}

impl Shown for Void {
    const KIND: Option<TransactionKind> = Some(TransactionKind::Voids);

    fn record(row: &TransactionRow, _: &Ledger) -> Result<Record<Self>, StoreError> {
        shown!(
            row,
            Void {
                reference_authorization: ToOne::from_id(parse_optional_column(row.parent_id.as_deref())?),
            }
        )
    }
}

impl Shown for Refund {
    const KIND: Option<TransactionKind> = Some(TransactionKind::Refunds);

    fn record(row: &TransactionRow, _: &Ledger) -> Result<Record<Self>, StoreError> {
        shown!(
            row,
            Refund {
                reference_capture: ToOne::from_id(parse_optional_column(row.parent_id.as_deref())?),
            }
        )
    }
}

impl Shown for Transaction {
    const KIND: Option<TransactionKind> = None;

    fn record(row: &TransactionRow, _: &Ledger) -> Result<Record<Self>, StoreError> {
        shown!(row, Transaction { kind: *row.kind })
    }
}

impl<R: Shown> Kept for R {
    type Row = TransactionRow;

    async fn get(tx: &mut Tx<'_>, request: &Request, id: &Id) -> Result<Option<Record<Self>>, Failure> {
        let row = query!(tx, transactions::get(request.scope(), id))?;
        let Some(row) = row.filter(|row| R::KIND.is_none_or(|kind| row.kind == kind)) else {
            return Ok(None);
        };
        let ledger = Ledger::read(tx, request.scope(), &row.order_id).await?;
        Ok(Some(R::record(&row, &ledger)?))
    }

    async fn records(
        tx: &mut Tx<'_>,
        request: &Request,
        rows: Vec<TransactionRow>,
    ) -> Result<Vec<Record<Self>>, Failure> {
        let orders: Vec<String> = rows.iter().map(|row| row.order_id.clone()).collect();
        let ledger = Ledger::new(query!(
            tx,
            payments::transactions_of_orders(request.scope(), &orders)
        )?);
        rows.iter().map(|row| Ok(R::record(row, &ledger)?)).collect()
    }
}
