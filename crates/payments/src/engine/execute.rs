//! The second and third step of a request: the PSP is called, its answer is committed, and with it ours.

use tillgate_model::{Id, Problem, Problems};
use tillgate_store::{OperationKind, Tx, query};

use crate::{
    call::Answer,
    engine::{
        record_outcome::{Settled, settle},
        resolve,
    },
    failure::Failure,
    idempotency,
    payment::case::Case,
    providers::{
        operation::{Attempt, Outcome, Progress},
        refusal::{ASK_AGAIN, card_gone, refused, unavailable},
    },
    request::Request,
    stored::word,
    wallet::gone::{self, Gone},
};

/// How the answer to an attempt is made.
#[derive(Clone)]
pub struct Ending {
    /// Which resource the request is about.
    pub id: Id,
    /// Shows it.
    pub answer: fn(&Request, &Case, &Id) -> Result<Answer, Failure>,
    /// Whether what became of the attempt is an error to the caller. What was recorded stays.
    pub verdict: fn(&Case, &Attempt) -> Option<Problem>,
    /// Where what the PSP complains of stands in the request.
    pub pointers: &'static [(&'static str, &'static str)],
    /// The source is new: one that the PSP made nothing of is removed again.
    pub is_creation: bool,
    /// The saved card that the request names, where the source does not tell.
    pub card_token: Option<String>,
    /// Whether the request can be carried out anew if the PSP's customer is gone.
    pub renews: bool,
}

/// Carries out a request, and once more if the PSP's customer was found to be gone. `run` is told whether there is another try.
pub async fn renewing(run: impl AsyncFn(bool) -> Result<Answer, Failure>) -> Result<Answer, Failure> {
    match run(true).await {
        Err(Failure::CustomerGone) => run(false).await,
        outcome => outcome,
    }
}

/// How far a request's last transaction came. What ends it may be an error, although something was committed.
type Step = Progress<Result<Answer, Failure>>;

/// Calls the PSP, commits what it answers, and goes on until nothing more is to be asked of it.
pub async fn carry_out(request: &Request, attempt: Attempt, ending: Ending) -> Result<Answer, Failure> {
    let mut attempt = attempt;
    loop {
        let context = request.context.clone();
        let outcome = resolve::perform(&context, &attempt).await;
        let gone = match &outcome {
            Outcome::Refused(refusal) => match refusal.missing {
                Some(missing) => {
                    gone::look(&context, &attempt, missing, ending.card_token.as_deref()).await?
                }
                None => None,
            },
            _ => None,
        };
        let (request, ending) = (request.clone(), ending.clone());
        let step = context
            .db
            .clone()
            .write(async move |tx: &mut Tx<'_>| {
                Box::pin(commit(tx, &request, &attempt, (&outcome, gone), &ending)).await
            })
            .await?;
        match step {
            Step::CallPsp(next) => attempt = *next,
            Step::Done(answer) => return answer,
        }
    }
}

async fn commit(
    tx: &mut Tx<'_>,
    request: &Request,
    attempt: &Attempt,
    (outcome, gone): (&Outcome, Option<Gone>),
    ending: &Ending,
) -> Result<Step, Failure> {
    let Settled {
        mut case,
        finished,
        was_open,
        next,
        stopped,
    } = settle(tx, &request.context, attempt, outcome).await?;
    if let Some(next) = next {
        return Ok(Step::CallPsp(Box::new(next)));
    }
    // What was made stays, and what its payment method wants done next is not the caller's business.
    if let Some(problems) = stopped.filter(|_| attempt.goal.is_some() && !ending.is_creation) {
        return keep(tx, request, problems).await;
    }
    if !was_open && let Some(answer) = idempotency::answered(request, tx).await? {
        return Ok(Step::Done(Ok(answer)));
    }
    // Somebody else may have found out more by now, or be about to, and then that counts.
    let is_certain = was_open && finished;
    // What was made stays, also if a later call for it (the capture of a method that captures by itself) did nothing.
    let is_made = ending.is_creation && attempt.kind != OperationKind::Create;
    if let Some(gone) = gone.as_ref().filter(|_| is_certain) {
        gone::forget(tx, &mut case, gone).await?;
        case.save(tx, &request.context).await?;
        if matches!(gone, Gone::Customer(_)) && ending.renews && !is_made {
            if ending.is_creation {
                take_back(tx, request, case).await?;
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
            tracing::warn!(reason, "nothing reached the payment gateway");
            Some(unavailable())
        }
        _ => None,
    };
    if let Some(problems) = refusal {
        if ending.is_creation {
            take_back(tx, request, case).await?;
        }
        return keep(tx, request, problems).await;
    }
    if let Some(problem) = (ending.verdict)(&case, attempt) {
        return keep(tx, request, problem.into()).await;
    }
    let mut answer = (ending.answer)(request, &case, &ending.id)?;
    if finished {
        request.finish(tx, &answer).await?;
    } else {
        answer.retry_after = Some(ASK_AGAIN);
    }
    Ok(Step::Done(Ok(answer)))
}

/// Removes what came to nothing.
async fn take_back(tx: &mut Tx<'_>, request: &Request, mut case: Case) -> Result<(), Failure> {
    if case.is_current() {
        case.order.payment_source_type = None;
        case.order.payment_source_id = None;
    }
    case.save(tx, &request.context).await?;
    let failed: Vec<String> = case.authorizations().map(|row| row.id.clone()).collect();
    for id in failed {
        case.remove(tx, &id).await?;
    }
    let source_id = word(&case.source.id)?;
    query!(tx, wallet::forget_payment_source(&case.scope, &source_id))?;
    query!(tx, payment_sources::delete(&case.scope, &source_id))?;
    Ok(())
}

/// Commits what is there, and ends the call with problems all the same. An answer that says something for certain is kept
/// with the idempotency key.
async fn keep(tx: &mut Tx<'_>, request: &Request, problems: Problems) -> Result<Step, Failure> {
    let problems = request.told(problems);
    if problems.status() >= 500 {
        idempotency::release(request, tx).await?;
    } else {
        let body = idempotency::refusal_body(request, &problems);
        request.finish(tx, &Answer::new(problems.status(), body)).await?;
    }
    Ok(Step::Done(Err(problems.into())))
}
