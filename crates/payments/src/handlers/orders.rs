//! `PATCH` of an order: its own members, and its triggers, which act on its payment.

use std::borrow::Cow;

use futures::{FutureExt, future::LocalBoxFuture};
use serde_json::{Value, json};
use tillgate_model::{
    Id, Problem, ProblemList, Problems, Resource,
    problem::Kind,
    request::{Place, Shape, UpdateRequest, parse},
    resources::{Order, PaymentStatus, UpdateOrderAttributes},
};
use tillgate_store::{AnyOrder as _, TransactionStatus, Tx, query};

use crate::{
    call::{Answer, ApplicationKind},
    engine::{
        execute::{Ending, execute, renewing},
        next_step::run_to_call,
        order_steps as flow, replace, sync,
    },
    failure::Failure,
    handler::Edit,
    payment::{access, locked::LockedPayment, machine::OrderEvent, mismatch, order_status, transaction},
    plain::{PlainEditor, change},
    providers::operation::{PreparedCall, Progress},
    request::Request,
    resources::order,
    stored::parse_column,
    wallet,
};

/// The pointer in a request for each parameter that a PSP may complain about.
const POINTERS: &[(&str, &str)] = &[("", "/data/attributes")];

/// Creates, updates and deletes orders.
pub struct OrderEditor {
    plain: PlainEditor<Order>,
    update: Shape,
}

impl OrderEditor {
    /// An editor with its schemas compiled.
    pub fn new() -> Self {
        Self {
            plain: PlainEditor::new(),
            update: Shape::update::<Order>(),
        }
    }
}

impl Edit for OrderEditor {
    fn create<'a>(
        &'a self,
        request: &'a Request,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        self.plain.create(request, body)
    }

    fn update<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            let body = &*without_source(body);
            let input = self.update.read_update::<Order>(body, id)?;
            refuse_amount_of_buyer(request, &input.attributes)?;
            let trigger = Trigger::of(&input.attributes)?;
            let update = async || match trigger {
                None => self.plain.update(request, id, body).await,
                Some(trigger) => {
                    let pull = async |renews| {
                        let input = self.update.read_update::<Order>(body, id)?;
                        // On the heap: triggers are nested deeply, and a worker's stack is small.
                        Box::pin(pull(request, id, input, trigger, renews)).await
                    };
                    renewing(pull).await
                }
            };
            match update().await {
                // The present payment was not made for the new buyer or the new payment method.
                Err(Failure::Confirmable) => {
                    let reason = match trigger {
                        Some(Trigger::CustomerPaymentSourceId) => replace::Reason::Replaced,
                        _ => replace::Reason::BuyerChanged,
                    };
                    replace::give_up_present_source(request, id, reason).await?;
                    update().await
                }
                outcome => outcome,
            }
        }
        .boxed_local()
    }

    fn delete<'a>(&'a self, request: &'a Request, id: &'a Id) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        self.plain.delete(request, id)
    }
}

/// Reads a relationship `payment_source` to null as `_nullify_payment_source`, as the published API does.
fn without_source(body: &[u8]) -> Cow<'_, [u8]> {
    const SOURCE: &str = "/data/relationships/payment_source/data";
    if !Place::find(body, [SOURCE].into_iter()).has(SOURCE) {
        return body.into();
    }
    let Ok(mut document) = parse(body) else {
        return body.into();
    };
    if document.pointer(SOURCE) != Some(&Value::Null) {
        return body.into();
    }
    let Some(data) = document.get_mut("data").and_then(Value::as_object_mut) else {
        return body.into();
    };
    if let Some(relationships) = data.get_mut("relationships").and_then(Value::as_object_mut) {
        relationships.remove("payment_source");
    }
    let attributes = data.entry("attributes").or_insert_with(|| json!({}));
    if let Some(attributes) = attributes.as_object_mut() {
        attributes.insert(format!("_{}", Trigger::NullifyPaymentSource), true.into());
    }
    document.to_string().into_bytes().into()
}

/// A trigger of an order's payment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display)]
#[strum(serialize_all = "snake_case")]
enum Trigger {
    Authorize,
    Place,
    Approve,
    ApproveAndCapture,
    Capture,
    Refund,
    Cancel,
    NullifyPaymentSource,
    SavePaymentSourceToCustomerWallet,
    CustomerPaymentSourceId,
    Refresh,
}

impl Trigger {
    /// The trigger of a request.
    fn of(attributes: &UpdateOrderAttributes) -> Result<Option<Self>, Problems> {
        let pulled: Vec<Self> = [
            (attributes.authorize, Self::Authorize),
            (attributes.place, Self::Place),
            (attributes.approve, Self::Approve),
            (attributes.approve_and_capture, Self::ApproveAndCapture),
            (attributes.capture, Self::Capture),
            (attributes.refund, Self::Refund),
            (attributes.cancel, Self::Cancel),
            (attributes.nullify_payment_source, Self::NullifyPaymentSource),
            (
                attributes.save_payment_source_to_customer_wallet,
                Self::SavePaymentSourceToCustomerWallet,
            ),
            (
                attributes.customer_payment_source_id.as_ref().map(|_| true),
                Self::CustomerPaymentSourceId,
            ),
            (attributes.refresh, Self::Refresh),
        ]
        .into_iter()
        .filter_map(|(given, trigger)| (given == Some(true)).then_some(trigger))
        .collect();
        let mut problems = ProblemList::default();
        for trigger in pulled.iter().skip(1) {
            problems.push(|| {
                let message = format!(
                    "can't be combined with _{}; send them one after the other",
                    pulled[0]
                );
                Problem::invalid(trigger.pointer(), "exclusion", message)
            });
        }
        let authorizes = matches!(pulled.first(), Some(Self::Authorize | Self::Place));
        if attributes.authorization_amount_cents.is_some() && !authorizes {
            let message = "needs _authorize or _place: send it together with one of them";
            let pointer = "/data/attributes/_authorization_amount_cents";
            problems.push(|| Problem::invalid(pointer, "inclusion", message));
        }
        problems.into_result()?;
        Ok(pulled.first().copied())
    }

    fn pointer(self) -> String {
        format!("/data/attributes/_{self}")
    }

    /// Refuses a merchant's triggers to a sales channel.
    fn refuse_sales_channel(self, request: &Request) -> Result<(), Problem> {
        let merchants = matches!(
            self,
            Self::Approve | Self::ApproveAndCapture | Self::Capture | Self::Refund | Self::Cancel
        );
        if merchants && request.caller.kind == ApplicationKind::SalesChannel {
            let message = format!("A sales channel may not send _{self}.");
            return Err(Problem::new(Kind::Forbidden, message).at(self.pointer()));
        }
        Ok(())
    }
}

/// Refuses an authorization amount from a buyer, who could place an order for a part of its price.
fn refuse_amount_of_buyer(request: &Request, attributes: &UpdateOrderAttributes) -> Result<(), Problem> {
    if attributes.authorization_amount_cents.is_some() && request.caller.buyer().is_some() {
        let message = "A sales channel may not send _authorization_amount_cents.";
        let pointer = "/data/attributes/_authorization_amount_cents";
        return Err(Problem::new(Kind::Forbidden, message).at(pointer));
    }
    Ok(())
}

async fn pull(
    request: &Request,
    id: &Id,
    input: UpdateRequest<Order>,
    trigger: Trigger,
    renews: bool,
) -> Result<Answer, Failure> {
    trigger.refuse_sales_channel(request)?;
    bring_up_to_date(request, id, trigger).await?;
    let (theirs, context, order_id) = (request.clone(), request.context.clone(), id.clone());
    let begun = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            Box::pin(commit_intent(tx, &theirs, &order_id, &input, trigger)).await
        })
        .await?;
    match begun {
        Progress::CallPsp(call) => execute(request, *call, ending(id, trigger, renews)).await,
        Progress::Done(answer) => Ok(answer),
    }
}

/// Syncs the payment before the order is locked, if the trigger needs it: a buyer may have paid in the browser, and its event may
/// be late.
async fn bring_up_to_date(request: &Request, id: &Id, trigger: Trigger) -> Result<(), Failure> {
    let scope = request.scope();
    let seen = request
        .context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, orders::get(scope, id)))
        .await?
        .filter(|row| access::visible(request, row));
    let row = seen.ok_or_else(Problem::not_found)?;
    let Some(source_id) = &row.payment_source_id else {
        return Ok(());
    };
    match trigger {
        Trigger::NullifyPaymentSource
            if order_status::is_editable(*row.status) || order_status::is_placing(&row) =>
        {
            replace::give_up_present_source(request, id, replace::Reason::Detached).await
        }
        Trigger::SavePaymentSourceToCustomerWallet => {
            sync::refresh(&request.context, scope, &parse_column(source_id)?).await?;
            wallet::prepare(request, id).await?;
            wallet::attach_if_needed(request, id).await
        }
        Trigger::Place => {
            sync::refresh(&request.context, scope, &parse_column(source_id)?).await?;
            let is_free = row.total_cents() == 0 && order_status::is_editable(*row.status);
            if is_free && row.payment_status != PaymentStatus::Paid {
                // A payment of a free order is given up, like `_nullify_payment_source` does.
                replace::give_up_present_source(request, id, replace::Reason::Detached).await?;
            }
            Ok(())
        }
        Trigger::Authorize | Trigger::Refresh => {
            sync::refresh(&request.context, scope, &parse_column(source_id)?).await
        }
        _ => Ok(()),
    }
}

async fn commit_intent(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
    input: &UpdateRequest<Order>,
    trigger: Trigger,
) -> Result<Progress<Answer>, Failure> {
    request.claim(tx, Some((Order::META.kind, id.as_str()))).await?;
    change::<Order>(tx, request, id, input).await?;
    let row = query!(tx, orders::lock(request.scope(), id))?.ok_or_else(Problem::not_found)?;
    let call = match &row.payment_source_id {
        _ if trigger == Trigger::CustomerPaymentSourceId => {
            let card_id = input.attributes.customer_payment_source_id.as_deref();
            wallet::choose(tx, request, id, card_id.unwrap_or_default()).await?;
            None
        }
        Some(source_id) => {
            let mut payment = LockedPayment::lock(tx, request.scope(), &parse_column(source_id)?).await?;
            let begun = with_source(tx, request, &mut payment, input, trigger).await?;
            let call = run_to_call(tx, &request.context, &mut payment, begun).await?;
            payment.save(tx, &request.context).await?;
            call
        }
        None => {
            of_unpaid(tx, request, row, trigger).await?;
            None
        }
    };
    if let Some(call) = call {
        return Ok(Progress::CallPsp(call));
    }
    let row = query!(tx, orders::get(request.scope(), id))?.ok_or_else(Problem::not_found)?;
    let answer = request.shown(&order::shown_to(request, &row)?);
    request.finish(tx, &answer).await?;
    Ok(Progress::Done(answer))
}

async fn with_source(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
    input: &UpdateRequest<Order>,
    trigger: Trigger,
) -> Result<Option<Progress>, Failure> {
    let (context, pointer) = (&request.context, trigger.pointer());
    let amount = input.attributes.authorization_amount_cents;
    match trigger {
        Trigger::Authorize => flow::authorize(tx, request, payment, amount).await,
        Trigger::Place => flow::place(tx, request, payment, amount).await,
        Trigger::Approve => flow::approve(context, payment, &pointer).map(|()| None),
        Trigger::ApproveAndCapture => {
            flow::approve(context, payment, &pointer)?;
            flow::capture(tx, context, payment, &pointer).await
        }
        Trigger::Capture => flow::capture(tx, context, payment, &pointer).await,
        Trigger::Refund => flow::refund(tx, context, payment).await,
        Trigger::Cancel => flow::cancel(tx, context, payment).await,
        Trigger::NullifyPaymentSource
            if mismatch::is_unclaimed(&payment.source) && request.caller.buyer().is_none() =>
        {
            replace::disclaim(tx, context, payment).await?;
            Ok(None)
        }
        Trigger::NullifyPaymentSource => flow::detach(payment).map(|()| None),
        Trigger::SavePaymentSourceToCustomerWallet => wallet::save(tx, request, payment).await,
        Trigger::CustomerPaymentSourceId | Trigger::Refresh => Ok(None),
    }
}

/// Handles a trigger of an order without a payment source: it is free, or nothing was paid.
async fn of_unpaid(
    tx: &mut Tx<'_>,
    request: &Request,
    mut row: tillgate_store::OrderRow,
    trigger: Trigger,
) -> Result<(), Failure> {
    let (context, pointer) = (&request.context, trigger.pointer());
    let before = row.clone();
    match trigger {
        Trigger::Place if row.total_cents() == 0 => {
            order_status::transition_at(context, &mut row, OrderEvent::Place, &pointer)?;
        }
        Trigger::Approve | Trigger::ApproveAndCapture => flow::approve_paid(context, &mut row, &pointer)?,
        Trigger::Cancel => {
            order_status::transition_at(context, &mut row, OrderEvent::Cancel, &pointer)?;
        }
        Trigger::NullifyPaymentSource | Trigger::CustomerPaymentSourceId | Trigger::Refresh => return Ok(()),
        Trigger::Authorize
        | Trigger::Place
        | Trigger::Capture
        | Trigger::Refund
        | Trigger::SavePaymentSourceToCustomerWallet => {
            let message = "is needed: create one of the type that the order's payment method names";
            return Err(
                Problem::invalid("/data/relationships/payment_source", "blank", message)
                    .meta("trigger", format!("_{trigger}"))
                    .into(),
            );
        }
    }
    row.updated_at = crate::stored::stored_time(context.now());
    order::tell(tx, request, Some(&before), &row).await?;
    Ok(query!(tx, orders::save(&row))?)
}

fn ending(id: &Id, trigger: Trigger, renews: bool) -> Ending {
    Ending {
        id: id.clone(),
        answer: |request, payment, _| Ok(request.shown(&order::shown_to(request, &payment.order)?)),
        verdict: match trigger {
            Trigger::Authorize => |_, _| None,
            _ => failed,
        },
        pointers: POINTERS,
        is_creation: false,
        card_token: None,
        renews,
    }
}

/// The problem for a failed call, from its transaction.
fn failed(payment: &LockedPayment, call: &PreparedCall) -> Option<Problem> {
    let id = call.operation.transaction_id.as_deref()?;
    let row = payment
        .ledger
        .get(id)
        .filter(|row| row.status == TransactionStatus::Failed)?;
    Some(transaction::failed(row, "/data/attributes"))
}
