//! Authorizations and captures: read-only, in one table with the transactions that follow them.

use tillgate_model::{
    Id, One, Record, Resource, ToOne,
    document::Page,
    resources::{Authorization, Capture},
};
use tillgate_store::{StoreError, TransactionFilter, TransactionRow, Tx, query};

use crate::{
    failure::Failure,
    flows::ledger::Ledger,
    handler::Kept,
    request::Request,
    stored::{self, Selection, optional_word, word},
};

fn payment_source<T: tillgate_model::relationship::Target>(
    row: &TransactionRow,
) -> Result<ToOne<T>, StoreError> {
    Ok(ToOne::to_type(&row.payment_source_type, word(&row.payment_source_id)?).unwrap_or_default())
}

fn authorization(row: &TransactionRow, ledger: &Ledger) -> Result<Record<Authorization>, StoreError> {
    let open = ledger.open_authorization(row);
    Ok(stored::record!(
        row,
        Authorization {
            number: row.number.clone(),
            payment_method_type: Some(row.payment_source_type.clone()),
            currency_code: word(&row.currency_code)?,
            amount: row.amount_cents,
            succeeded: row.status == "succeeded",
            message: row.message.clone(),
            error_code: row.error_code.clone(),
            error_detail: row.error_detail.clone(),
            token: row.token.clone(),
            gateway_transaction_id: row.gateway_transaction_id.clone(),
            capture_balance: open,
            void_balance: open,
            order: One::to(word(&row.order_id)?),
            payment_source: payment_source(row)?,
        }
    ))
}

fn capture(row: &TransactionRow, ledger: &Ledger) -> Result<Record<Capture>, StoreError> {
    Ok(stored::record!(
        row,
        Capture {
            number: row.number.clone(),
            payment_method_type: Some(row.payment_source_type.clone()),
            currency_code: word(&row.currency_code)?,
            amount: row.amount_cents,
            succeeded: row.status == "succeeded",
            message: row.message.clone(),
            error_code: row.error_code.clone(),
            error_detail: row.error_detail.clone(),
            token: row.token.clone(),
            gateway_transaction_id: row.gateway_transaction_id.clone(),
            refund_balance: ledger.refundable(row),
            order: One::to(word(&row.order_id)?),
            payment_source: payment_source(row)?,
            reference_authorization: ToOne::from_id(optional_word(row.parent_id.as_deref())?),
        }
    ))
}

/// Reads a transaction of a kind, with the ledger of its order.
async fn get(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
    kind: &str,
) -> Result<Option<(TransactionRow, Ledger)>, Failure> {
    let row = query!(tx, transactions::get(request.scope(), id))?.filter(|row| row.kind == kind);
    match row {
        Some(row) => {
            let ledger = Ledger::read(tx, request.scope(), &row.order_id).await?;
            Ok(Some((row, ledger)))
        }
        None => Ok(None),
    }
}

/// Reads a page of transactions of a kind, each with the ledger of its order.
async fn page(
    tx: &mut Tx<'_>,
    request: &Request,
    selection: &Selection,
    page: Page,
    kind: &str,
) -> Result<(Vec<(TransactionRow, Ledger)>, i64), Failure> {
    let filter = TransactionFilter {
        kind: Some(kind),
        order_id: selection.owner("orders"),
        parent_id: selection.owner("authorizations"),
        ..Default::default()
    };
    let total = query!(tx, transactions::count(request.scope(), filter))?;
    let mut found = Vec::new();
    for row in query!(tx, transactions::page(request.scope(), filter, page))? {
        let ledger = Ledger::read(tx, request.scope(), &row.order_id).await?;
        found.push((row, ledger));
    }
    Ok((found, total))
}

macro_rules! kept_as {
    ($resource:ident, $record:ident) => {
        impl Kept for $resource {
            async fn get(
                tx: &mut Tx<'_>,
                request: &Request,
                id: &Id,
            ) -> Result<Option<Record<Self>>, Failure> {
                let found = get(tx, request, id, $resource::META.kind).await?;
                Ok(found
                    .map(|(row, ledger)| $record(&row, &ledger))
                    .transpose()?)
            }

            async fn page(
                tx: &mut Tx<'_>,
                request: &Request,
                selection: &Selection,
                page_wanted: Page,
            ) -> Result<(Vec<Record<Self>>, i64), Failure> {
                let (found, total) = page(tx, request, selection, page_wanted, $resource::META.kind).await?;
                let records = found.iter().map(|(row, ledger)| $record(row, ledger));
                Ok((records.collect::<Result<_, _>>()?, total))
            }
        }
    };
}
kept_as!(Authorization, authorization);
kept_as!(Capture, capture);
