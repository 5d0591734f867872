//! A call to a PSP. Its intent is committed first, with the exact bytes and the key.

use chrono::Duration;
use tillgate_gateways::{
    Action, ActionOutcome, ActionReference, CreatePayment, Decline, PaymentOutcome, PaymentSnapshot,
    PspRequest, PspResponse, Refusal, RetryPolicy, TransportError, call,
};
use tillgate_model::{Id, Timestamp};
use tillgate_store::{
    GatewayOperationRow, Goal, OperationKind, PaymentGatewayRow, Scope, StoredTime, Tx, send,
};

use crate::{
    context::Context,
    failure::Failure,
    payment::locked::LockedPayment,
    planted::{self, Bug},
    providers::{connection::ProviderConnection, sealed_request},
    stored,
};

/// The context that requests are sealed under.
const PURPOSE: &str = "gateway_operations.request";

/// Both PSPs forget keys after 24 hours. An older request is never sent again.
const SEND_AGAIN_WITHIN: Duration = Duration::hours(20);

/// A committed intent, ready to be sent.
pub struct PreparedCall {
    /// Organization and mode of the call.
    pub scope: Scope,
    /// The stored intent.
    pub operation: GatewayOperationRow,
    /// Kind of the operation.
    pub kind: OperationKind,
    /// The goal of the request, which may take further calls.
    pub goal: Option<Goal>,
    /// The exact request.
    pub request: PspRequest,
    /// The connection to the PSP.
    pub connection: ProviderConnection,
    /// Whether it may have been sent before.
    pub resending: bool,
}

/// The progress of a request within its transaction.
pub enum Progress<T = Option<Goal>> {
    /// The intent is committed with the transaction. The PSP is called next.
    CallPsp(Box<PreparedCall>),
    /// No call is needed.
    Done(T),
}

/// The outcome of a call.
pub enum Outcome {
    /// The PSP has the payment, and this is its state.
    Done(Box<PaymentSnapshot>),
    /// A capture, void or refund has happened.
    Acted(Action),
    /// A capture, void or refund will happen, or fail to.
    Accepted(Action),
    /// A capture, void or refund was tried and has failed.
    Failed(Decline),
    /// It has not happened and never will, for this reason. With the payment's state.
    Overtaken(Decline, Box<PaymentSnapshot>),
    /// The PSP did nothing.
    Refused(Refusal),
    /// The PSP did nothing, because of the payment's state. With that state.
    NotAllowed(Refusal, Box<PaymentSnapshot>),
    /// Nothing reached the PSP.
    NotSent(String),
    /// The PSP may have acted or not.
    Unknown(String),
}

/// The key for a request: the id of its operation, and the kind.
pub fn idempotency_key(operation_id: &Id, kind: OperationKind) -> String {
    format!("tillgate-{operation_id}-{kind}")
}

/// Whether the PSP may have forgotten the key of a request that was first sent at this time.
pub fn is_key_forgotten(context: &Context, sent_at: StoredTime) -> bool {
    stored::stored_time(context.now()) - sent_at > SEND_AGAIN_WITHIN
}

/// An operation that is about to begin.
pub struct NewOperation<'a> {
    /// The gateway whose PSP is called.
    pub gateway: &'a PaymentGatewayRow,
    /// The operation's id, which is part of the request's key.
    pub operation_id: Id,
    /// Kind of the operation.
    pub kind: OperationKind,
    /// The exact request.
    pub request: PspRequest,
    /// The transaction that its outcome decides, if any.
    pub transaction_id: Option<String>,
    /// The goal to continue with after a success.
    pub goal: Option<Goal>,
    /// The reference of a new payment at the PSP. A lost creation is found by it.
    pub reference: Option<String>,
}

/// Commits an intent as part of the transaction. The source is blocked until its outcome is known.
pub async fn begin(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    operation: NewOperation<'_>,
) -> Result<PreparedCall, Failure> {
    let NewOperation {
        gateway,
        operation_id,
        kind,
        request,
        transaction_id,
        goal,
        reference,
    } = operation;
    let now = context.now();
    let row = GatewayOperationRow {
        organization_id: payment.scope.organization_id().to_string(),
        test: payment.scope.test(),
        id: operation_id.to_string(),
        created_at: stored::stored_time(now),
        updated_at: stored::stored_time(now),
        reference: reference.filter(|_| !planted::is(Bug::ReferenceGuessed)),
        reference_origin: None,
        metadata: "{}".into(),
        kind,
        payment_source_id: payment.source.id.clone(),
        transaction_id,
        payment_gateway_id: gateway.id.clone(),
        request: sealed_request::seal(context, PURPOSE, &request),
        sent_at: stored::stored_time(now),
        attempts: 0,
        next_attempt_at: Some(stored::stored_time(lease(context, now))),
        finished_at: None,
        flagged_at: None,
        goal,
    };
    if !planted::is(Bug::NoIntent) {
        send!(tx, gateway_operations::insert(row.clone()))?;
    }
    payment.source.pending_operation_id = Some(row.id.clone());
    let connection = ProviderConnection::of(context, gateway)?;
    Ok(PreparedCall {
        scope: payment.scope.clone(),
        operation: row,
        kind,
        goal,
        request,
        connection,
        resending: false,
    })
}

/// End of the time that a process has for a request that it sends.
pub fn lease(context: &Context, now: Timestamp) -> Timestamp {
    let margin = chrono::Duration::seconds(5);
    let timeout = chrono::Duration::from_std(context.settings.gateway_timeout).unwrap_or(margin);
    Timestamp::new(now.moment() + timeout + margin)
}

/// An intent that was stored earlier.
pub fn stored_call(
    context: &Context,
    row: GatewayOperationRow,
    gateway: &PaymentGatewayRow,
) -> Result<PreparedCall, Failure> {
    let request = sealed_request::open(context, PURPOSE, &row.request)?;
    #[cfg(feature = "planted-bugs")]
    let request = if planted::is(Bug::NewKeyOnRetry) {
        request.with_key(context.new_id().as_str())
    } else {
        request
    };
    Ok(PreparedCall {
        scope: Scope::of_job(stored::parse_column(&row.organization_id)?, row.test),
        kind: row.kind,
        goal: row.goal,
        connection: ProviderConnection::of(context, gateway)?,
        operation: row,
        request,
        resending: true,
    })
}

/// Sends a request of any kind, with retries where they are safe.
pub async fn send(
    context: &Context,
    connection: &ProviderConnection,
    request: &PspRequest,
    resending: bool,
) -> Result<PspResponse, TransportError> {
    if !connection.leads_to(request) {
        let reason = "the gateway has another base_url now; its key is not sent to the earlier one";
        return Err(if resending {
            TransportError::Unknown(reason.into())
        } else {
            TransportError::NotSent(reason.into())
        });
    }
    let timeout = context.settings.gateway_timeout;
    let policy = RetryPolicy {
        deadline: timeout,
        attempt: timeout.mul_f64(0.8),
        resending,
        ..RetryPolicy::default()
    };
    call(
        &*context.transport,
        &*context.timer,
        request,
        &connection.key.secret_string(),
        policy,
    )
    .await
}

/// Sends an attempt and reads the answer.
pub async fn perform(context: &Context, call: &PreparedCall) -> Outcome {
    let response = match send(context, &call.connection, &call.request, call.resending).await {
        Ok(response) => response,
        Err(TransportError::NotSent(reason)) => return Outcome::NotSent(reason),
        Err(TransportError::Unknown(reason)) => return Outcome::Unknown(reason),
    };
    if !call.kind.is_action() {
        return match call.connection.gateway.read_payment(&call.request, &response) {
            PaymentOutcome::Done(snapshot) => Outcome::Done(snapshot),
            PaymentOutcome::Refused(refusal) => Outcome::Refused(refusal),
            PaymentOutcome::Unknown(reason) => Outcome::Unknown(reason),
        };
    }
    match call.connection.gateway.read_action(&call.request, &response) {
        ActionOutcome::Done(action) => Outcome::Acted(action),
        ActionOutcome::Accepted(action) => Outcome::Accepted(action),
        ActionOutcome::Failed(decline) => Outcome::Failed(decline),
        ActionOutcome::Refused(refusal) => Outcome::Refused(refusal),
        ActionOutcome::Unknown(reason) => Outcome::Unknown(reason),
    }
}

/// Reads a payment from the PSP.
pub async fn retrieve(context: &Context, connection: &ProviderConnection, psp_id: &str) -> Outcome {
    let request = match connection.gateway.retrieve_payment(psp_id) {
        Ok(request) => request,
        Err(error) => return Outcome::Unknown(error.to_string()),
    };
    match send(context, connection, &request, false).await {
        Ok(response) => match connection.gateway.read_payment(&request, &response) {
            PaymentOutcome::Done(snapshot) => Outcome::Done(snapshot),
            PaymentOutcome::Refused(refusal) => Outcome::Refused(refusal),
            PaymentOutcome::Unknown(reason) => Outcome::Unknown(reason),
        },
        Err(TransportError::NotSent(reason)) => Outcome::NotSent(reason),
        Err(TransportError::Unknown(reason)) => Outcome::Unknown(reason),
    }
}

/// Commits the intent to give up a source's payment that holds no money.
pub async fn cancel(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    gateway: &PaymentGatewayRow,
) -> Result<PreparedCall, Failure> {
    let (operation_id, kind) = (context.new_id(), OperationKind::Cancel);
    let key = idempotency_key(&operation_id, kind);
    let reference = ActionReference {
        transaction_id: operation_id.to_string(),
        order_id: payment.order.id.clone(),
    };
    let psp_id = payment.source.psp_id.clone().unwrap_or_default();
    let request = ProviderConnection::of(context, gateway)?
        .gateway
        .cancel(&psp_id, &reference, &key)?;
    let operation = NewOperation {
        gateway,
        operation_id,
        kind,
        request,
        transaction_id: None,
        goal: None,
        reference: None,
    };
    begin(tx, context, payment, operation).await
}

/// Commits the intent to create a payment at the PSP, with the authorization that its answer decides and the goal to continue
/// with.
pub async fn begin_creation(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    gateway: &PaymentGatewayRow,
    operation_id: Id,
    args: &CreatePayment,
    (transaction_id, goal): (Option<String>, Option<Goal>),
) -> Result<PreparedCall, Failure> {
    let kind = OperationKind::Create;
    let key = idempotency_key(&operation_id, kind);
    let psp_request = ProviderConnection::of(context, gateway)?
        .gateway
        .create_payment(args, &key)?;
    let operation = NewOperation {
        gateway,
        operation_id,
        kind,
        request: psp_request,
        transaction_id,
        goal,
        reference: Some(args.transaction_id.clone()),
    };
    begin(tx, context, payment, operation).await
}
