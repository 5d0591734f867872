//! `PATCH` of a payment source: its own members, and its triggers.

use tillgate_model::{Id, Problem, Updatable, request::UpdateRequest};
use tillgate_store::Tx;

use crate::{
    call::Answer,
    engine::{
        authorize,
        execute::{Ending, execute},
        sync,
    },
    failure::Failure,
    handler::Kept,
    idempotency,
    payment::{access, locked::LockedPayment, state::SourceStateRules as _},
    providers::{
        operation::{PreparedCall, Progress},
        sources::{ChangeableSource, SourceResource},
    },
    request::Request,
};

/// Changes a payment source, and runs its triggers.
pub async fn update<R>(request: &Request, id: &Id, input: UpdateRequest<R>) -> Result<Answer, Failure>
where
    R: Kept + ChangeableSource,
    <R as Updatable>::Attributes: Send + Sync + 'static,
    <R as Updatable>::Relationships: Send + Sync + 'static,
{
    <R as ChangeableSource>::check(&input)?;
    let (context, theirs, id_of_source) = (request.context.clone(), request.clone(), id.clone());
    let begun = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let request = theirs;
            let mut payment = lock::<R>(tx, &request, &id_of_source).await?;
            let triggers = R::change(tx, &request, &mut payment, &input).await?;
            let call = if triggers.authorize && !payment.source.state.holds_money() {
                let pointer = "/data/attributes/_authorize";
                call(authorize::begin(tx, &request, &mut payment, None, pointer).await?)
            } else if triggers.update {
                call(authorize::change_amount(tx, &request, &mut payment).await?)
            } else {
                None
            };
            payment.save(tx, &request.context).await?;
            if call.is_none() && !triggers.refresh {
                let answer = shown::<R>(&request, &payment, &id_of_source)?;
                request.finish(tx, &answer).await?;
                return Ok::<_, Failure>(Progress::Done(Some(answer)));
            }
            begun(tx, &request, call).await
        })
        .await?;
    let ending = Ending {
        id: id.clone(),
        answer: shown::<R>,
        verdict: |_, _| None,
        pointers: <R as ChangeableSource>::POINTERS,
        is_creation: false,
        card_token: None,
        renews: false,
    };
    end::<R>(request, id, begun, ending).await
}

fn shown<R: SourceResource>(request: &Request, payment: &LockedPayment, _: &Id) -> Result<Answer, Failure> {
    let record = R::record(&request.context, &payment.source, &payment.order)?;
    Ok(request.shown(&record))
}

fn call(begun: Progress) -> Option<Box<PreparedCall>> {
    match begun {
        Progress::CallPsp(call) => Some(call),
        Progress::Done(_) => None,
    }
}

/// The result of the first transaction. Without an answer, the payment must be synced.
type Begun = Progress<Option<Answer>>;

/// Claims the key for an attempt until its outcome is known. A refresh has no effect to protect: its key is claimed with its
/// answer, so that an interrupted one can be repeated.
async fn begun(
    tx: &mut Tx<'_>,
    request: &Request,
    call: Option<Box<PreparedCall>>,
) -> Result<Begun, Failure> {
    if let Some(call) = call {
        return Ok(Progress::CallPsp(call));
    }
    idempotency::release(request, tx).await?;
    Ok(Progress::Done(None))
}

async fn end<R: Kept>(request: &Request, id: &Id, begun: Begun, ending: Ending) -> Result<Answer, Failure> {
    match begun {
        Progress::CallPsp(call) => execute(request, *call, ending).await,
        Progress::Done(Some(answer)) => Ok(answer),
        Progress::Done(None) => {
            sync::refresh(&request.context, request.scope(), id).await?;
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

/// Claims the key, locks the source and checks that the caller may see it, and that it satisfies the request's condition.
async fn lock<R: Kept + SourceResource>(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
) -> Result<LockedPayment, Failure> {
    request.claim(tx, Some((R::META.kind, id.as_str()))).await?;
    let payment = LockedPayment::lock(tx, request.scope(), id).await?;
    if payment.source.kind != R::SOURCE_TYPE || !access::visible(request, &payment.order) {
        return Err(Problem::not_found().into());
    }
    request.require_match_of::<R>(tx, id).await?;
    Ok(payment)
}
