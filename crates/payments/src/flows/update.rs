//! `PATCH` of a payment source: its own members, and its triggers.

use tillgate_model::{
    Id, JsonObject, Problem, Record, Updatable,
    problem::Kind,
    request::UpdateRequest,
    resources::{CheckoutComPayment, StripePayment},
};
use tillgate_store::{AnyOrder as _, Goal, PaymentSourceRow, SourceState, Tx};

use super::{
    action, authorize,
    carry_out::{Ending, carry_out},
    case::Case,
    create,
    instrument::{self, read_options},
    machine::OrderEvent,
    offer,
    operation::{self, Attempt},
    order::impossible,
    recover,
    state::SourceStateRules as _,
};
use crate::{
    call::{Answer, ApplicationKind},
    failure::Failure,
    handler::Kept,
    idempotency,
    request::Request,
    resources::{
        checkout_com_payment, order,
        source::{self, SourceResource},
        stripe_payment,
    },
    stored::stored_json,
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
    let options = read_options(options.as_ref())?;
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
            let mut case = lock::<StripePayment>(tx, &request, &id_of_source).await?;
            let before = Before::of(&case);
            let mut record = stripe_payment::record(&request.context, &case.source, &case.order)?;
            StripePayment::apply(&mut record, &input.attributes, &input.relationships);
            let mut options = options;
            let gateway_id = &case.source.payment_gateway_id;
            instrument::check_options(tx, &request, &case.order, gateway_id, &mut options).await?;
            keep_common(&mut case, &record);
            refuse_other_instrument(&case, &record.options)?;
            case.details.options = record.options.clone();
            case.details.return_url = record.return_url.clone();
            before.refuse_late_change(&request, &case, authorize || update)?;
            let attempt = if authorize && !case.source.state.holds_money() {
                let pointer = "/data/attributes/_authorize";
                call(authorize::begin(tx, &request, &mut case, None, pointer).await?)
            } else if update {
                Some(change_amount(tx, &request, &mut case).await?)
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
        id: id.clone(),
        answer: |request, case, _| {
            let record = stripe_payment::record(&request.context, &case.source, &case.order)?;
            Ok(request.shown(&record))
        },
        verdict: |_, _| None,
        pointers: create::STRIPE_POINTERS,
        is_creation: false,
        card_token: None,
        renews: false,
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
            let mut case = lock::<CheckoutComPayment>(tx, &request, &id_of_source).await?;
            let before = Before::of(&case);
            let mut record = checkout_com_payment::record(&request.context, &case.source, &case.order)?;
            CheckoutComPayment::apply(&mut record, &input.attributes, &input.relationships);
            keep_common(&mut case, &record);
            let attempts = authorize || input.attributes.token.is_some();
            before.refuse_late_change(&request, &case, attempts)?;
            case.details.session_id = record.session_id.clone();
            if let Some(token) = &input.attributes.token {
                let present = source::token(&request.context, &case.source)?;
                if present.is_none_or(|present| present.expose() != token.expose()) {
                    refuse_change(&case, "/data/attributes/token")?;
                }
                let place = (&case.order, case.source.payment_gateway_id.as_str());
                instrument::at_checkout_com(tx, &request, place, record.payment_type, token.expose()).await?;
                case.source.token = Some(source::seal_token(&request.context, token));
            }
            let mut attempt = None;
            if authorize && !case.source.state.holds_money() {
                let pointer = "/data/attributes/_authorize";
                attempt = call(authorize::begin(tx, &request, &mut case, None, pointer).await?);
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
        id: id.clone(),
        answer: |request, case, _| {
            let record = checkout_com_payment::record(&request.context, &case.source, &case.order)?;
            Ok(request.shown(&record))
        },
        verdict: |_, _| None,
        pointers: create::CHECKOUT_COM_POINTERS,
        is_creation: false,
        card_token: None,
        renews: false,
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

async fn end<R: Kept>(request: &Request, id: &Id, begun: Begun, ending: Ending) -> Result<Answer, Failure> {
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

/// Claims the key, locks the source and checks that the caller may see it, and has seen it as it is if that is a condition.
pub async fn lock<R: Kept + SourceResource>(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
) -> Result<Case, Failure> {
    request.claim(tx, Some((R::META.kind, id.as_str()))).await?;
    let case = Case::lock(tx, request.scope(), id).await?;
    if case.source.kind != R::SOURCE_TYPE || !order::visible(request, &case.order) {
        return Err(Problem::not_found().into());
    }
    request.require_match_of::<R>(tx, id).await?;
    Ok(case)
}

/// A payment source before a request changed it.
pub struct Before {
    source: PaymentSourceRow,
    details: String,
}

impl Before {
    /// The source of a case as it is.
    pub fn of(case: &Case) -> Self {
        Self {
            source: case.source.clone(),
            details: stored_json(&case.details),
        }
    }

    /// A sales channel changes nothing of an order's payment once the order was placed, and attempts nothing. It may ask how
    /// the payment stands: a buyer who comes back from authentication may find the order placed.
    pub fn refuse_late_change(&self, request: &Request, case: &Case, attempts: bool) -> Result<(), Failure> {
        let changes = case.source != self.source || stored_json(&case.details) != self.details;
        if request.caller.kind == ApplicationKind::SalesChannel
            && !order::is_editable(*case.order.status)
            && (attempts || changes)
        {
            let message = "A sales channel can't change the payment of an order that was placed.";
            return Err(Problem::new(Kind::Forbidden, message).into());
        }
        Ok(())
    }
}

/// Takes over the members that sources of all kinds have.
pub fn keep_common<R>(case: &mut Case, record: &Record<R>) {
    case.source.reference = record.reference.clone();
    case.source.reference_origin = record.reference_origin.clone();
    case.source.metadata = stored_json(&record.metadata);
}

/// What a payment is made with can't be changed once that has no effect any more.
fn refuse_change(case: &Case, pointer: &str) -> Result<(), Failure> {
    use SourceState::{Canceled, Captured, Processing, RequiresAction};
    match case.source.state {
        RequiresAction | Processing | Captured | Canceled => {
            Err(create::not_in_state(&case.source, pointer).into())
        }
        _ => Ok(()),
    }
}

/// The same for Stripe's options.
fn refuse_other_instrument(case: &Case, options: &Option<JsonObject>) -> Result<(), Failure> {
    for member in ["payment_method", "customer", "setup_future_usage"] {
        let of = |options: &Option<JsonObject>| options.as_ref().and_then(|all| all.0.get(member).cloned());
        if of(options) != of(&case.details.options) {
            refuse_change(case, &format!("/data/attributes/options/{member}"))?;
        }
    }
    Ok(())
}

fn call(begun: action::Begun) -> Option<Attempt> {
    match begun {
        action::Begun::Call(attempt) => Some(*attempt),
        action::Begun::Done(_) => None,
    }
}

/// `_update`: an unconfirmed PaymentIntent gets the order's present total; what is held is released and asked for anew. Of an
/// order that has nothing to pay any more, the payment is given up.
async fn change_amount(tx: &mut Tx<'_>, request: &Request, case: &mut Case) -> Result<Attempt, Failure> {
    let context = &request.context;
    let pointer = "/data/attributes/_update";
    create::refuse_open_call(&case.source)?;
    let total = case.order.total_cents();
    // An order that costs nothing any more gives back what is held, however it was paid.
    if total > 0 {
        offer::present_or_refuse(tx, case, pointer).await?;
    }
    let held = case
        .authorizations()
        .find(|row| case.ledger.voidable(row) > 0)
        .cloned();
    if let (SourceState::Authorized, Some(authorization)) = (case.source.state, held) {
        if !order::is_editable(*case.order.status) {
            return Err(impossible(&case.order, OrderEvent::Authorize, pointer).into());
        }
        let goal = if total == 0 {
            Some(Goal::Unpay)
        } else {
            authorize::refuse_renewal(tx, context, case, pointer).await?;
            Some(Goal::Renew)
        };
        return call(action::void(tx, context, case, &authorization, goal).await?)
            .ok_or_else(|| Failure::Internal("a Stripe payment has no PSP".into()));
    }
    if total == 0 {
        if !create::is_confirmable(&case.source) {
            let message = format!("can't be done: the payment is {}", case.source.state);
            return Err(Problem::invalid(pointer, "state", message)
                .meta("state", case.source.state.to_string())
                .into());
        }
        let gateway = action::gateway_of(tx, case).await?;
        return operation::cancel(tx, context, case, &gateway).await;
    }
    case.details.authorization_amount_cents = None;
    authorize::push(tx, context, case, total, None).await
}
