//! Captures, voids and refunds. The intent is committed as a pending transaction, with the call that decides it. A gateway
//! without a PSP needs no call: its transactions succeed as they are created.

use tillgate_gateways::{ActionReference, CapturePayment, RefundPayment};
use tillgate_model::{Money, resources::TransactionKind};
use tillgate_store::{Goal, OperationKind, PaymentGatewayRow, TransactionRow, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{
        locked::{LockedPayment, gateway_of},
        without_psp,
    },
    providers::{
        connection::ProviderConnection,
        operation::{self, NewOperation, Progress},
        registry,
    },
    stored::parse_column,
};

/// Captures an amount of an authorization.
pub async fn capture(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    authorization: &TransactionRow,
    amount_cents: i64,
    goal: Option<Goal>,
) -> Result<Progress, Failure> {
    let gateway = gateway_of(tx, payment).await?;
    let is_final = amount_cents >= payment.ledger.open_authorization(authorization)
        || !registry::of_gateway(*gateway.kind).keeps_rest(&gateway, &payment.terms);
    let args = |reference, amount| CapturePayment {
        reference,
        amount: Some(amount),
        is_final,
    };
    let parent = &authorization.id;
    let row = pending(context, payment, TransactionKind::Captures, parent, amount_cents);
    let action = Action {
        gateway: &gateway,
        row,
        goal,
        kind: OperationKind::Capture,
        make_request: &|connection, psp_id, reference, amount, key| {
            connection.gateway.capture(psp_id, &args(reference, amount), key)
        },
    };
    begin(tx, context, payment, action).await
}

/// Releases the open part of an authorization: all of it, or the rest that captures left.
pub async fn void(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    authorization: &TransactionRow,
    goal: Option<Goal>,
) -> Result<Progress, Failure> {
    let gateway = gateway_of(tx, payment).await?;
    let open = payment.ledger.open_authorization(authorization);
    let is_rest = payment.ledger.captured_of(authorization) > 0;
    let row = pending(context, payment, TransactionKind::Voids, &authorization.id, open);
    let action = Action {
        gateway: &gateway,
        row,
        goal,
        kind: OperationKind::Cancel,
        make_request: &|connection, psp_id, reference, _, key| match is_rest {
            true => connection.gateway.release_rest(psp_id, &reference, key),
            false => connection.gateway.cancel(psp_id, &reference, key),
        },
    };
    begin(tx, context, payment, action).await
}

/// Refunds an amount of a capture.
pub async fn refund(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    capture: &TransactionRow,
    amount_cents: i64,
    goal: Option<Goal>,
) -> Result<Progress, Failure> {
    let gateway = gateway_of(tx, payment).await?;
    let row = pending(
        context,
        payment,
        TransactionKind::Refunds,
        &capture.id,
        amount_cents,
    );
    let action = Action {
        gateway: &gateway,
        row,
        goal,
        kind: OperationKind::Refund,
        make_request: &|connection, psp_id, reference, amount, key| {
            connection
                .gateway
                .refund(psp_id, &RefundPayment { reference, amount }, key)
        },
    };
    begin(tx, context, payment, action).await
}

fn pending(
    context: &Context,
    payment: &mut LockedPayment,
    kind: TransactionKind,
    parent: &str,
    amount_cents: i64,
) -> TransactionRow {
    let mut row = payment.new_transaction(context, kind);
    row.parent_id = Some(parent.to_owned());
    row.amount_cents = amount_cents;
    row.token.clone_from(&payment.source.psp_id);
    row
}

type MakeRequest<'a> = dyn Fn(
        &ProviderConnection,
        &str,
        ActionReference,
        Money,
        &str,
    ) -> Result<tillgate_gateways::PspRequest, tillgate_gateways::Unsupported>
    + 'a;

/// An action that is about to begin.
struct Action<'a> {
    gateway: &'a PaymentGatewayRow,
    /// The transaction that the call decides.
    row: TransactionRow,
    goal: Option<Goal>,
    kind: OperationKind,
    make_request: &'a MakeRequest<'a>,
}

async fn begin(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    action: Action<'_>,
) -> Result<Progress, Failure> {
    let Action {
        gateway,
        row,
        goal,
        kind,
        make_request,
    } = action;
    if !registry::of_gateway(*gateway.kind).capabilities().has_psp() {
        without_psp::record(tx, context, payment, row).await?;
        return Ok(Progress::Done(goal));
    }
    let psp_id = payment.source.psp_id.clone().ok_or_else(|| {
        Failure::Internal(format!(
            "the source {} has no payment at the PSP",
            payment.source.id
        ))
    })?;
    let operation_id = context.new_id();
    let key = operation::idempotency_key(&operation_id, kind);
    let reference = ActionReference {
        transaction_id: row.id.clone(),
        order_id: payment.order.id.clone(),
    };
    let amount = Money::new(row.amount_cents, parse_column(&row.currency_code)?);
    let connection = ProviderConnection::of(context, gateway)?;
    let operation = NewOperation {
        gateway,
        operation_id,
        kind,
        request: make_request(&connection, &psp_id, reference, amount, &key)?,
        transaction_id: Some(row.id.clone()),
        goal,
        reference: None,
    };
    payment.put(tx, row).await?;
    let call = operation::begin(tx, context, payment, operation).await?;
    Ok(Progress::CallPsp(Box::new(call)))
}
