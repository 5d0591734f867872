//! `PATCH` of a payment source: its own members, and its triggers.

use tillgate_gateways::{ConfirmPayment, UpdatePayment};
use tillgate_model::{
    Id, Money, Problem, Problems, Record, Resource, Updatable,
    problem::Kind,
    request::UpdateRequest,
    resources::{CheckoutComPayment, StripePayment},
};
use tillgate_store::{PaymentGatewayRow, Tx, query};

use super::{
    case::Case,
    create::{self, Ending, carry_out},
    instrument::{self, Options, read_options},
    ledger::AUTHORIZATION,
    link::Link,
    operation::{self, Attempt, Intent, OperationKind},
    recover,
    state::SourceState,
};
use crate::{
    call::{Answer, ApplicationKind},
    failure::Failure,
    handler::Kept,
    idempotency,
    request::Request,
    resources::{checkout_com_payment, order, source, stripe_payment},
    stored::word,
};

/// How far the first transaction came.
enum Begun {
    /// A PSP is to be called.
    Requested(Box<Attempt>),
    /// Everything is done.
    Done(Answer),
    /// What the PSP shows is to be taken over.
    Refresh,
}

/// `PATCH /api/stripe_payments/{id}`
pub async fn stripe(
    request: &Request,
    id: &Id,
    input: UpdateRequest<StripePayment>,
) -> Result<Answer, Failure> {
    let options = input.attributes.options.clone().flatten();
    let options = read_options(options.as_ref()).map_err(Problems::from)?;
    let triggers = [
        input.attributes.authorize,
        input.attributes.update,
        input.attributes.refresh,
    ];
    let [authorize, update, refresh] = triggers.map(|trigger| trigger == Some(true));
    let (context, theirs, id_of_source) = (request.context.clone(), request.clone(), id.clone());
    let begun = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let request = theirs;
            let (mut case, gateway) = lock(tx, &request, &id_of_source, StripePayment::META.kind).await?;
            let mut record = stripe_payment::record(&request.context, &case.source, &case.order)?;
            StripePayment::apply(&mut record, &input.attributes, &input.relationships);
            let pointer = "/data/attributes/options/customer";
            instrument::check_customer(tx, &request, &case.order, options.customer.as_deref(), pointer)
                .await?;
            keep_common(&mut case, &record);
            case.details.options = record.options.clone();
            case.details.return_url = record.return_url.clone();
            let attempt = if authorize && !case.state()?.holds_money() {
                Some(confirm(tx, &request, &mut case, &gateway).await?)
            } else if update {
                Some(push_order(tx, &request, &mut case, &gateway).await?)
            } else {
                None
            };
            case.save(tx, &request.context).await?;
            if attempt.is_none() && !refresh {
                let record = stripe_payment::record(&request.context, &case.source, &case.order)?;
                let answer = request.shown(&record);
                request.finish(tx, &answer).await?;
                return Ok::<_, Failure>(Begun::Done(answer));
            }
            begun(tx, &request, attempt).await
        })
        .await?;
    let ending = Ending {
        record_of: stripe_payment::record,
        verdict: |_| None,
        pointers: create::STRIPE_POINTERS,
        is_creation: false,
    };
    end::<StripePayment>(request, id, begun, ending).await
}

/// `PATCH /api/checkout_com_payments/{id}`
pub async fn checkout_com(
    request: &Request,
    id: &Id,
    input: UpdateRequest<CheckoutComPayment>,
) -> Result<Answer, Failure> {
    let triggers = [
        input.attributes.authorize,
        input.attributes.details,
        input.attributes.refresh,
    ];
    let [authorize, details, refresh] = triggers.map(|trigger| trigger == Some(true));
    let (context, theirs, id_of_source) = (request.context.clone(), request.clone(), id.clone());
    let begun = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let request = theirs;
            let (mut case, gateway) =
                lock(tx, &request, &id_of_source, CheckoutComPayment::META.kind).await?;
            let mut record = checkout_com_payment::record(&request.context, &case.source, &case.order)?;
            CheckoutComPayment::apply(&mut record, &input.attributes, &input.relationships);
            keep_common(&mut case, &record);
            case.details.session_id = record.session_id.clone();
            if let Some(token) = &input.attributes.token {
                instrument::at_checkout_com(tx, &request, &case.order, record.payment_type, token.expose())
                    .await?;
                case.source.token = Some(source::seal_token(&request.context, token));
            }
            let mut attempt = None;
            if authorize && !case.state()?.holds_money() {
                refuse_attempt(tx, &request, &case).await?;
                case.source.amount_cents = order::total_cents(&case.order);
                attempt = Some(create::authorize_at_checkout_com(tx, &request, &mut case, &gateway).await?);
            }
            case.save(tx, &request.context).await?;
            if attempt.is_none() && !refresh && !details {
                let record = checkout_com_payment::record(&request.context, &case.source, &case.order)?;
                let answer = request.shown(&record);
                request.finish(tx, &answer).await?;
                return Ok::<_, Failure>(Begun::Done(answer));
            }
            begun(tx, &request, attempt).await
        })
        .await?;
    let ending = Ending {
        record_of: checkout_com_payment::record,
        verdict: |_| None,
        pointers: create::CHECKOUT_COM_POINTERS,
        is_creation: false,
    };
    end::<CheckoutComPayment>(request, id, begun, ending).await
}

/// An attempt is bound to the key until its outcome is known. A refresh has no effect to be bound to it: the key is
/// claimed with its answer, so that one that is cut off can be sent again.
async fn begun(tx: &mut Tx<'_>, request: &Request, attempt: Option<Attempt>) -> Result<Begun, Failure> {
    if let Some(attempt) = attempt {
        return Ok(Begun::Requested(Box::new(attempt)));
    }
    idempotency::release(request, tx).await?;
    Ok(Begun::Refresh)
}

async fn end<R: Kept>(
    request: &Request,
    id: &Id,
    begun: Begun,
    ending: Ending<R>,
) -> Result<Answer, Failure> {
    match begun {
        Begun::Requested(attempt) => carry_out(request, *attempt, ending).await,
        Begun::Done(answer) => Ok(answer),
        Begun::Refresh => {
            recover::refresh(&request.context, request.scope(), id).await?;
            let (context, request, id) = (request.context.clone(), request.clone(), id.clone());
            context
                .db
                .write(async move |tx: &mut Tx<'_>| {
                    request.claim(tx, Some((R::META.kind, id.as_str()))).await?;
                    let record = R::get(tx, &request, &id).await?.ok_or_else(Problem::not_found)?;
                    let answer = request.shown(&record);
                    request.finish(tx, &answer).await?;
                    Ok(answer)
                })
                .await
        }
    }
}

/// Claims the key, locks the source and checks that the caller may change it.
async fn lock(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
    kind: &str,
) -> Result<(Case, PaymentGatewayRow), Failure> {
    request.claim(tx, Some((kind, id.as_str()))).await?;
    let case = Case::lock(tx, request.scope(), id).await?;
    if case.source.kind != kind || !order::visible(request, &case.order) {
        return Err(Problem::not_found().into());
    }
    if request.caller.kind == ApplicationKind::SalesChannel && !order::is_editable(word(&case.order.status)?)
    {
        let message = "A sales channel can't change the payment of an order that was placed.";
        return Err(Problem::new(Kind::Forbidden, message).into());
    }
    let gateway_id = word(&case.source.payment_gateway_id)?;
    let gateway = query!(tx, payment_gateways::get(request.scope(), &gateway_id))?;
    Ok((case, gateway.ok_or_else(Problem::not_found)?))
}

fn keep_common<R>(case: &mut Case, record: &Record<R>) {
    case.source.reference = record.reference.clone();
    case.source.reference_origin = record.reference_origin.clone();
    case.source.metadata = crate::stored::stored_json(&record.metadata);
}

/// What stands against an attempt to pay.
async fn refuse_attempt(tx: &mut Tx<'_>, request: &Request, case: &Case) -> Result<(), Failure> {
    let pointer = "/data/attributes/_authorize";
    if !case.is_current() {
        let message = "can't be done: the order has another payment source by now";
        return Err(Problem::invalid(pointer, "replaced", message).into());
    }
    create::refuse_open_call(&case.source)?;
    create::refuse_double_payment(&case.ledger)?;
    if !case.state()?.takes_attempt() {
        let message = format!("can't be done: the payment is {}", case.source.state);
        return Err(Problem::invalid(pointer, "state", message).into());
    }
    create::refuse_card_testing(tx, request, &case.ledger).await
}

/// Commits the intent to confirm the PaymentIntent with the payment method in `options`.
async fn confirm(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &mut Case,
    gateway: &PaymentGatewayRow,
) -> Result<Attempt, Failure> {
    refuse_attempt(tx, request, case).await?;
    if source::is_mismatched(&case.source, &case.order) {
        let message = "can't be done: the order's total has changed; send _update first";
        return Err(Problem::invalid("/data/attributes/_authorize", "mismatched_amounts", message).into());
    }
    let options = options_of(case)?;
    let (Some(instrument), Some(psp_id)) = (options.instrument, case.source.psp_id.clone()) else {
        let message = "needs a payment_method to confirm the payment with";
        return Err(Problem::invalid("/data/attributes", "blank", message)
            .field("options")
            .into());
    };
    let transaction = case.new_transaction(&request.context, AUTHORIZATION);
    let transaction_id = transaction.id.clone();
    case.put(tx, transaction).await?;
    let given = options.return_url.as_ref().or(case.details.return_url.as_ref());
    let args = ConfirmPayment {
        instrument: Some(instrument),
        return_url: Some(create::return_url(&request.context, given, gateway)),
        setup_future_usage: options.setup_future_usage,
        off_session: false,
        three_d_secure: false,
    };
    let operation_id = request.context.new_id();
    let key = operation::idempotency_key(&operation_id, OperationKind::Confirm);
    let request_to_psp = Link::of(&request.context, gateway)?
        .gateway
        .confirm_payment(&psp_id, &args, &key)?;
    let kind = OperationKind::Confirm;
    let transaction_id = Some(transaction_id);
    let intent = Intent {
        gateway,
        operation_id,
        kind,
        request: request_to_psp,
        transaction_id,
    };
    operation::begin(tx, &request.context, case, intent).await
}

/// Commits the intent to give the unconfirmed PaymentIntent the order's present total and the present options.
async fn push_order(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &mut Case,
    gateway: &PaymentGatewayRow,
) -> Result<Attempt, Failure> {
    create::refuse_open_call(&case.source)?;
    let updatable = matches!(case.state()?, SourceState::Unconfirmed | SourceState::Failed);
    let Some(psp_id) = case.source.psp_id.clone().filter(|_| updatable) else {
        let message = format!("can't be done: the payment is {}", case.source.state);
        return Err(Problem::invalid("/data/attributes/_update", "state", message).into());
    };
    let options = options_of(case)?;
    case.source.amount_cents = order::total_cents(&case.order);
    let args = UpdatePayment {
        transaction_id: case.source.id.clone(),
        order_id: case.order.id.clone(),
        amount: Some(Money::new(
            case.source.amount_cents,
            word(&case.source.currency_code)?,
        )),
        instrument: options.instrument,
        psp_customer: options.customer,
        setup_future_usage: options.setup_future_usage,
        receipt_email: options
            .receipt_email
            .or_else(|| case.details.receipt_email.clone()),
        description: options.description,
    };
    let operation_id = request.context.new_id();
    let key = operation::idempotency_key(&operation_id, OperationKind::Update);
    let request_to_psp = Link::of(&request.context, gateway)?
        .gateway
        .update_payment(&psp_id, &args, &key)?;
    let kind = OperationKind::Update;
    let intent = Intent {
        gateway,
        operation_id,
        kind,
        request: request_to_psp,
        transaction_id: None,
    };
    operation::begin(tx, &request.context, case, intent).await
}

fn options_of(case: &Case) -> Result<Options, Failure> {
    Ok(read_options(case.details.options.as_ref()).map_err(Problems::from)?)
}
