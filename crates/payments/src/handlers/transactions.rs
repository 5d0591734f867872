//! `PATCH` of a transaction: its own members, and the triggers that make its next transaction.

use std::marker::PhantomData;

use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_model::{
    Id, Problem, Record, Updatable,
    request::{Shape, UpdateRequest},
    resources::{Authorization, Capture, OrderStatus, Refund, UpdateAuthorizationAttributes, Void},
};
use tillgate_store::{AnyOrder as _, Goal, TransactionRow, TransactionStatus, Tx, query};

use crate::{
    call::Answer,
    engine::{
        action,
        execute::{Ending, execute},
        next_step::run_to_call,
    },
    failure::Failure,
    handler::{Edit, Kept},
    payment::{
        locked::LockedPayment,
        machine::{TransactionEvent, of_transactions},
        rules,
        transaction::failed,
    },
    providers::operation::Progress,
    request::Request,
    resources::transaction::Shown,
    stored::{parse_column, stored_json, stored_time},
};

/// The next step of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// `_capture`, with an amount in minor units or for the whole rest.
    Capture(Option<i64>),
    /// `_void`
    Void,
    /// `_refund`, with an amount in minor units or for the whole rest.
    Refund(Option<i64>),
    /// `_cancel` of an authorization.
    CancelAuthorization,
    /// `_cancel` of a capture.
    CancelCapture,
}

impl Step {
    fn trigger(self) -> &'static str {
        match self {
            Self::Capture(_) => "_capture",
            Self::Void => "_void",
            Self::Refund(_) => "_refund",
            Self::CancelAuthorization | Self::CancelCapture => "_cancel",
        }
    }

    fn event(self) -> TransactionEvent {
        match self {
            Self::Capture(_) => TransactionEvent::Capture,
            Self::Void | Self::CancelAuthorization => TransactionEvent::Void,
            Self::Refund(_) | Self::CancelCapture => TransactionEvent::Refund,
        }
    }
}

/// A transaction with its triggers.
pub trait Triggered: Shown + Kept + Updatable {
    /// The step that a request triggers.
    fn step(attributes: &<Self as Updatable>::Attributes) -> Result<Option<Step>, Problem>;
}

/// At most one of the steps. An amount triggers the first one, which it is for.
fn one_of(steps: &[(Option<bool>, Step)], amount: Option<i64>) -> Result<Option<Step>, Problem> {
    let by_amount = amount.is_some() && steps[0].0.is_none();
    let mut pulled = steps
        .iter()
        .enumerate()
        .filter(|(place, (given, _))| *given == Some(true) || *place == 0 && by_amount)
        .map(|(_, step)| step);
    let first = pulled.next().map(|(_, step)| *step);
    if let (Some(first), Some((_, second))) = (first, pulled.next()) {
        let pointer = format!("/data/attributes/{}", second.trigger());
        let message = format!("can't be combined with {}", first.trigger());
        return Err(Problem::invalid(pointer, "exclusion", message));
    }
    if amount.is_some() && !matches!(first, Some(Step::Capture(_) | Step::Refund(_))) {
        let trigger = steps[0].1.trigger();
        let pointer = format!("/data/attributes/{trigger}_amount_cents");
        return Err(Problem::invalid(
            pointer,
            "inclusion",
            format!("can't be combined with {trigger}: false; leave one of them out"),
        ));
    }
    Ok(first)
}

impl Triggered for Authorization {
    fn step(attributes: &UpdateAuthorizationAttributes) -> Result<Option<Step>, Problem> {
        let amount = attributes.capture_amount_cents;
        let steps = [
            (attributes.capture, Step::Capture(amount)),
            (attributes.void, Step::Void),
            (attributes.cancel, Step::CancelAuthorization),
        ];
        one_of(&steps, amount)
    }
}

impl Triggered for Capture {
    fn step(attributes: &<Self as Updatable>::Attributes) -> Result<Option<Step>, Problem> {
        let amount = attributes.refund_amount_cents;
        let steps = [
            (attributes.refund, Step::Refund(amount)),
            (attributes.cancel, Step::CancelCapture),
        ];
        one_of(&steps, amount)
    }
}

impl Triggered for Void {
    fn step(_: &<Self as Updatable>::Attributes) -> Result<Option<Step>, Problem> {
        Ok(None)
    }
}

impl Triggered for Refund {
    fn step(_: &<Self as Updatable>::Attributes) -> Result<Option<Step>, Problem> {
        Ok(None)
    }
}

/// [`Edit`] for a transaction, which clients can't create.
pub struct TransactionEditor<R> {
    update: Shape,
    resource: PhantomData<fn() -> R>,
}

impl<R: Triggered> TransactionEditor<R> {
    /// An editor with its schema compiled.
    pub fn new() -> Self {
        Self {
            update: Shape::update::<R>(),
            resource: PhantomData,
        }
    }
}

impl<R> Edit for TransactionEditor<R>
where
    R: Triggered,
    <R as Updatable>::Attributes: Send + Sync + 'static,
    <R as Updatable>::Relationships: Send + Sync + 'static,
{
    fn update<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            let input = self.update.read_update::<R>(body, id)?;
            let step = R::step(&input.attributes)?;
            let (theirs, context, its_id) = (request.clone(), request.context.clone(), id.clone());
            let begun = context
                .db
                .write(async move |tx: &mut Tx<'_>| {
                    commit_intent::<R>(tx, &theirs, &its_id, &input, step).await
                })
                .await?;
            match begun {
                Progress::CallPsp(call) => execute(request, *call, ending::<R>(id)).await,
                Progress::Done(answer) => Ok(answer),
            }
        }
        .boxed_local()
    }
}

async fn commit_intent<R: Triggered>(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
    input: &UpdateRequest<R>,
    step: Option<Step>,
) -> Result<Progress<Answer>, Failure> {
    request.claim(tx, Some((R::META.kind, id.as_str()))).await?;
    let row = query!(tx, transactions::get(request.scope(), id))?.filter(|row| Some(*row.kind) == R::KIND);
    let row = row.ok_or_else(Problem::not_found)?;
    let mut payment =
        LockedPayment::lock(tx, request.scope(), &parse_column(&row.payment_source_id)?).await?;
    let row = payment
        .ledger
        .get(id.as_str())
        .cloned()
        .ok_or_else(Problem::not_found)?;
    request.require_match_of::<R>(tx, id).await?;
    let row = keep_common::<R>(tx, request, &mut payment, row, input).await?;
    let begun = match step {
        Some(step) => Some(begin(tx, request, &mut payment, &row, step).await?),
        None => None,
    };
    let call = run_to_call(tx, &request.context, &mut payment, begun).await?;
    payment.save(tx, &request.context).await?;
    if let Some(call) = call {
        return Ok(Progress::CallPsp(call));
    }
    let answer = shown::<R>(request, &payment, id)?;
    request.finish(tx, &answer).await?;
    Ok(Progress::Done(answer))
}

/// Applies the members that a client may set.
async fn keep_common<R: Triggered>(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
    mut row: TransactionRow,
    input: &UpdateRequest<R>,
) -> Result<TransactionRow, Failure> {
    let mut record: Record<R> = R::record(&row, &payment.ledger)?;
    R::apply(&mut record, &input.attributes, &input.relationships);
    let before = row.clone();
    row.reference = record.reference;
    row.reference_origin = record.reference_origin;
    row.metadata = stored_json(&record.metadata);
    if row != before {
        row.updated_at = stored_time(request.context.now());
        payment.put(tx, row.clone()).await?;
    }
    Ok(row)
}

/// Checks a step and commits its intent.
async fn begin(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
    row: &TransactionRow,
    step: Step,
) -> Result<Progress, Failure> {
    let pointer = format!("/data/attributes/{}", step.trigger());
    let status = row.status;
    if of_transactions(*row.kind).next(status, step.event()).is_none() {
        let message = format!("can't be done: it is {status}");
        return Err(Problem::invalid(&pointer, "state", message)
            .meta("state", status.to_string())
            .into());
    }
    rules::refuse_open_call(&payment.source)?;
    refuse_by_order(payment, step, &pointer)?;
    let context = &request.context;
    let begun = match step {
        Step::Capture(amount) => {
            let due = payment
                .order
                .total_cents()
                .saturating_sub(payment.ledger.captured());
            let left = payment.ledger.open_authorization(row).min(due.max(0));
            let amount = within(amount, left, "_capture")?;
            action::capture(tx, context, payment, row, amount, None).await
        }
        Step::Refund(amount) => {
            let amount = within(amount, payment.ledger.refundable(row), "_refund")?;
            action::refund(tx, context, payment, row, amount, None).await
        }
        Step::CancelCapture => {
            let amount = within(None, payment.ledger.refundable(row), "_cancel")?;
            action::refund(tx, context, payment, row, amount, Some(Goal::Unpay)).await
        }
        Step::Void | Step::CancelAuthorization => {
            let is_in_part = step == Step::CancelAuthorization && payment.ledger.is_captured(row);
            if payment.ledger.voidable(row) == 0 || is_in_part {
                let message = if is_in_part {
                    "can't be done: a part was captured; send _void, which releases the rest"
                } else {
                    "can't be done: it holds no money any more, or one of its captures has no outcome yet"
                };
                return Err(Problem::invalid(&pointer, "balance", message).into());
            }
            let goal = (step == Step::CancelAuthorization).then_some(Goal::Unpay);
            action::void(tx, context, payment, row, goal).await
        }
    };
    let amount = match step {
        Step::Capture(Some(_)) | Step::Refund(Some(_)) => format!("{pointer}_amount_cents"),
        _ => pointer,
    };
    begun.map_err(|failure| failure.unsupported_at(&amount))
}

/// Refuses a step that the order's status forbids.
fn refuse_by_order(payment: &LockedPayment, step: Step, pointer: &str) -> Result<(), Failure> {
    let status = *payment.order.status;
    let open = matches!(status, OrderStatus::Draft | OrderStatus::Pending);
    let allowed = match step {
        Step::CancelAuthorization | Step::CancelCapture => open,
        Step::Capture(_) => open || matches!(status, OrderStatus::Placed | OrderStatus::Approved),
        Step::Void | Step::Refund(_) => status != OrderStatus::Placing,
    };
    if allowed {
        return Ok(());
    }
    let hint = match step {
        Step::CancelAuthorization => "; send _void, or _cancel to the order",
        Step::CancelCapture => "; send _refund",
        _ => "",
    };
    let message = format!("can't be done: the order is {status}{hint}");
    Err(Problem::invalid(pointer, "order_status", message)
        .meta("status", status.to_string())
        .into())
}

/// The amount of a step: the requested one, if so much is left, or the whole rest.
fn within(amount: Option<i64>, left: i64, trigger: &str) -> Result<i64, Problem> {
    if left <= 0 {
        let pointer = format!("/data/attributes/{trigger}");
        return Err(Problem::invalid(
            pointer,
            "balance",
            "can't be done: nothing is left",
        ));
    }
    match amount {
        Some(amount) if amount > left => {
            let pointer = format!("/data/attributes/{trigger}_amount_cents");
            let message = format!("must be less than or equal to {left}");
            Err(Problem::invalid(pointer, "less_than_or_equal_to", message)
                .meta("value", amount)
                .meta("count", left))
        }
        Some(amount) => Ok(amount),
        None => Ok(left),
    }
}

fn shown<R: Triggered>(request: &Request, payment: &LockedPayment, id: &Id) -> Result<Answer, Failure> {
    let row = payment.ledger.get(id.as_str()).ok_or_else(Problem::not_found)?;
    Ok(request.shown(&R::record(row, &payment.ledger)?))
}

fn ending<R: Triggered>(id: &Id) -> Ending {
    Ending {
        id: id.clone(),
        answer: shown::<R>,
        verdict: |payment, call| {
            let id = call.operation.transaction_id.as_deref()?;
            let row = payment
                .ledger
                .get(id)
                .filter(|row| row.status == TransactionStatus::Failed)?;
            Some(failed(row, "/data/attributes"))
        },
        pointers: &[("", "/data/attributes")],
        is_creation: false,
        card_token: None,
        renews: false,
    }
}
