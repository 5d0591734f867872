//! The second and third step of a request: call the PSP, then commit its answer together with ours.

use tillgate_model::{Id, Problem, Problems};
use tillgate_store::{OperationKind, Tx, query};

use crate::{
    call::Answer,
    engine::{
        record_outcome::{Recorded, record_outcome},
        resolve,
    },
    failure::Failure,
    idempotency,
    payment::locked::LockedPayment,
    providers::{
        operation::{Outcome, PreparedCall, Progress},
        refusal::{ASK_AGAIN, card_gone, refused, unavailable},
    },
    request::Request,
    stored::parse_column,
    wallet::gone::{self, Gone},
};

/// How the answer to an attempt is made.
#[derive(Clone)]
pub struct Ending {
    /// Id of the request's resource.
    pub id: Id,
    /// Renders the resource.
    pub answer: fn(&Request, &LockedPayment, &Id) -> Result<Answer, Failure>,
    /// The error for the caller, if the attempt failed. Its record stays.
    pub verdict: fn(&LockedPayment, &PreparedCall) -> Option<Problem>,
    /// The pointer in the request for each parameter that the PSP may complain about.
    pub pointers: &'static [(&'static str, &'static str)],
    /// Whether the source is new. A new source without a payment at the PSP is removed again.
    pub is_creation: bool,
    /// The saved card that the request names, if the source does not have it.
    pub card_token: Option<String>,
    /// Whether the request can be repeated if the PSP's customer is gone.
    pub renews: bool,
}

/// Runs a request, and once more if the PSP's customer turned out to be gone. `run` gets `true` if another try is possible.
pub async fn renewing(run: impl AsyncFn(bool) -> Result<Answer, Failure>) -> Result<Answer, Failure> {
    match run(true).await {
        Err(Failure::CustomerGone) => run(false).await,
        outcome => outcome,
    }
}

/// The result of a request's last transaction. An error may end the request although something was committed.
type Step = Progress<Result<Answer, Failure>>;

/// Calls the PSP, commits its answer, and repeats this until no call is left.
pub async fn execute(request: &Request, call: PreparedCall, ending: Ending) -> Result<Answer, Failure> {
    let mut call = call;
    loop {
        let context = request.context.clone();
        let outcome = resolve::perform(&context, &call).await;
        let gone = match &outcome {
            Outcome::Refused(refusal) => match refusal.missing {
                Some(missing) => gone::look(&context, &call, missing, ending.card_token.as_deref()).await?,
                None => None,
            },
            _ => None,
        };
        let (request, ending) = (request.clone(), ending.clone());
        let step = context
            .db
            .clone()
            .write(async move |tx: &mut Tx<'_>| {
                Box::pin(commit(tx, &request, &call, (&outcome, gone), &ending)).await
            })
            .await?;
        match step {
            Step::CallPsp(next) => call = *next,
            Step::Done(answer) => return answer,
        }
    }
}

async fn commit(
    tx: &mut Tx<'_>,
    request: &Request,
    call: &PreparedCall,
    (outcome, gone): (&Outcome, Option<Gone>),
    ending: &Ending,
) -> Result<Step, Failure> {
    let Recorded {
        mut payment,
        finished,
        was_open,
        next,
        stopped,
    } = record_outcome(tx, &request.context, call, outcome).await?;
    if let Some(next) = next {
        return Ok(Step::CallPsp(Box::new(next)));
    }
    // The source was created, and a failed follow-up step of its payment method is not the caller's problem.
    if let Some(problems) = stopped.filter(|_| call.goal.is_some() && !ending.is_creation) {
        return finish_with_problems(tx, request, problems).await;
    }
    if !was_open && let Some(answer) = idempotency::answered(request, tx).await? {
        return Ok(Step::Done(Ok(answer)));
    }
    // Another process may have recorded a different outcome, or may be about to: that one counts.
    let is_certain = was_open && finished;
    // The payment exists, even if a later call of the request (the capture of a method that captures automatically) did nothing.
    let is_made = ending.is_creation && call.kind != OperationKind::Create;
    if let Some(gone) = gone.as_ref().filter(|_| is_certain) {
        gone::forget(tx, &mut payment, gone).await?;
        payment.save(tx, &request.context).await?;
        if matches!(gone, Gone::Customer(_)) && ending.renews && !is_made {
            if ending.is_creation {
                remove_new_source(tx, request, payment).await?;
            }
            idempotency::release(request, tx).await?;
            return Ok(Step::Done(Err(Failure::CustomerGone)));
        }
    }
    let refusal = match outcome {
        _ if is_made => None,
        Outcome::Refused(refusal) if is_certain && matches!(gone, Some(Gone::Card(_))) => {
            Some(card_gone(refusal, ending.pointers).into())
        }
        Outcome::Refused(refusal) | Outcome::NotAllowed(refusal, _) if is_certain => {
            Some(refused(refusal, ending.pointers).into())
        }
        Outcome::NotSent(reason) if is_certain => {
            tracing::warn!(reason, "the request did not reach the payment gateway");
            Some(unavailable())
        }
        _ => None,
    };
    if let Some(problems) = refusal {
        if ending.is_creation {
            remove_new_source(tx, request, payment).await?;
        }
        return finish_with_problems(tx, request, problems).await;
    }
    if let Some(problem) = (ending.verdict)(&payment, call) {
        return finish_with_problems(tx, request, problem.into()).await;
    }
    let mut answer = (ending.answer)(request, &payment, &ending.id)?;
    if finished {
        request.finish(tx, &answer).await?;
    } else {
        answer.retry_after = Some(ASK_AGAIN);
    }
    Ok(Step::Done(Ok(answer)))
}

/// Removes a source whose payment was not created.
async fn remove_new_source(
    tx: &mut Tx<'_>,
    request: &Request,
    mut payment: LockedPayment,
) -> Result<(), Failure> {
    if payment.is_current() {
        payment.order.payment_source_type = None;
        payment.order.payment_source_id = None;
    }
    payment.save(tx, &request.context).await?;
    let failed: Vec<String> = payment.authorizations().map(|row| row.id.clone()).collect();
    for id in failed {
        payment.remove(tx, &id).await?;
    }
    let source_id = parse_column(&payment.source.id)?;
    query!(tx, wallet::forget_payment_source(&payment.scope, &source_id))?;
    query!(tx, payment_sources::delete(&payment.scope, &source_id))?;
    Ok(())
}

/// Commits the changes, and ends the call with problems all the same. A definite answer is kept with the idempotency key.
async fn finish_with_problems(
    tx: &mut Tx<'_>,
    request: &Request,
    problems: Problems,
) -> Result<Step, Failure> {
    let problems = request.told(problems);
    if problems.status() >= 500 {
        idempotency::release(request, tx).await?;
    } else {
        let body = idempotency::refusal_body(request, &problems);
        request.finish(tx, &Answer::new(problems.status(), body)).await?;
    }
    Ok(Step::Done(Err(problems.into())))
}
