//! The parts that creating a source of any kind has: the checks, the row, and the end of it.

use tillgate_model::{Id, Problem, Record, Resource};
use tillgate_store::{OrderRow, PaymentGatewayRow, PaymentSourceRow, Tx, queries, query};

use super::{ASK_AGAIN, guard, refused, replace::is_confirmable, unavailable};
use crate::{
    call::Answer,
    context::Context,
    failure::Failure,
    flows::{
        case::Case,
        details::Details,
        ledger::Ledger,
        operation::{self, Attempt, Outcome},
        settle::{Settled, settle},
        state::SourceState,
    },
    idempotency,
    request::Request,
    resources::order,
    stored::{self, found, word},
};

/// Makes the document's record of a source.
pub type RecordOf<R> = fn(&Context, &PaymentSourceRow, &OrderRow) -> Result<Record<R>, Failure>;

/// Locks the order and checks that it can be paid by a new source. Answers it with the gateway that payments of the kind
/// go through.
pub async fn lock_payable_order(
    tx: &mut Tx<'_>,
    request: &Request,
    order_id: &Id,
    source_kind: &str,
    gateway_kind: &str,
) -> Result<(OrderRow, Ledger, PaymentGatewayRow), Failure> {
    let scope = request.scope();
    // An address that is not known has no failures.
    let address = request
        .caller
        .address
        .map_or_else(String::new, |address| address.to_string());
    // What follows the lock sees what was committed before it was granted.
    let (order, present, transactions, failures, enabled) = queries!(
        tx,
        orders::lock(scope, order_id),
        payments::source_of_order(scope, order_id),
        payments::transactions_of_order(scope, order_id.as_str()),
        payments::count_failures_of_address(scope, &address, guard::memory_of_addresses(request)),
        payments::enabled_gateways(scope, gateway_kind),
    )?;
    let order = found(order.filter(|order| order::visible(request, order)), "order")?;
    guard::refuse_unpayable(&order)?;
    if let Some(source) = &present {
        guard::refuse_open_call(source)?;
        if is_confirmable(source)? {
            // It came between giving up the one before and this transaction.
            return Err(guard::begun_meanwhile().into());
        }
    }
    let ledger = Ledger::new(transactions);
    guard::refuse_double_payment(&ledger)?;
    guard::refuse_many_failures(request, &ledger, failures)?;
    let gateway = gateway_of(tx, request, &order, source_kind, enabled).await?;
    Ok((order, ledger, gateway))
}

/// The gateway of the order's payment method if that fits, else the only enabled one that the order's market offers, else
/// the only one of `enabled`, those of the kind.
async fn gateway_of(
    tx: &mut Tx<'_>,
    request: &Request,
    order: &OrderRow,
    source_kind: &str,
    mut enabled: Vec<PaymentGatewayRow>,
) -> Result<PaymentGatewayRow, Failure> {
    let scope = request.scope();
    if enabled.len() == 1 && order.payment_method_id.is_none() {
        // Whether the market offers it or not, it is the one.
        return Ok(enabled.remove(0));
    }
    let methods = query!(tx, payments::payment_methods_of_market(scope, &order.market_id))?;
    let fitting = methods
        .iter()
        .filter(|method| method.payment_source_type == source_kind);
    let chosen = fitting
        .clone()
        .find(|method| order.payment_method_id.as_deref() == Some(method.id.as_str()));
    let mut candidates: Vec<&PaymentGatewayRow> = match chosen {
        Some(method) => enabled
            .iter()
            .filter(|gateway| gateway.id == method.payment_gateway_id)
            .collect(),
        None => {
            let offered: Vec<&str> = fitting.map(|method| method.payment_gateway_id.as_str()).collect();
            enabled
                .iter()
                .filter(|gateway| offered.contains(&gateway.id.as_str()))
                .collect()
        }
    };
    if candidates.is_empty() && chosen.is_none() {
        candidates = enabled.iter().collect();
    }
    match candidates.as_slice() {
        [only] => Ok((*only).clone()),
        several => {
            let message = if several.is_empty() {
                format!(
                    "can't be paid with {source_kind}: no enabled gateway takes them in the order's market"
                )
            } else {
                format!("has several gateways for {source_kind}: choose one by the order's payment_method")
            };
            Err(Problem::invalid("/data/relationships/order", "no_gateway", message).into())
        }
    }
}

/// A source to be, beside its record.
pub struct NewSource<'a> {
    /// Its type.
    pub kind: &'static str,
    /// The order, locked.
    pub order: OrderRow,
    /// The order's transactions.
    pub ledger: Ledger,
    /// The gateway that it goes through.
    pub gateway: &'a PaymentGatewayRow,
    /// What of it is only shown.
    pub details: Details,
}

/// A new source, which becomes the order's. It is stored with the case.
pub fn new_source<R: Resource>(
    request: &Request,
    record: &Record<R>,
    new: NewSource<'_>,
) -> Result<Case, Failure> {
    let NewSource {
        kind,
        order,
        ledger,
        gateway,
        details,
    } = new;
    let source = stored::row!(PaymentSourceRow, request.scope(), record, {
        kind: kind.to_owned(),
        order_id: order.id.clone(),
        payment_gateway_id: gateway.id.clone(),
        state: SourceState::New.to_string(),
        amount_cents: order::total_cents(&order),
        currency_code: order.currency_code.clone(),
        automatic_capture: false,
        psp_id: None,
        client_secret: None,
        token: None,
        redirect_url: None,
        pending_operation_id: None,
        details: stored::stored_json(&details),
    });
    Ok(Case::new(request.scope(), order, source, details, ledger))
}

/// How the answer to an attempt is made.
#[derive(Clone, Copy)]
pub struct Ending<R: Resource> {
    /// Makes the document's record.
    pub record_of: RecordOf<R>,
    /// Whether the state of the source is an error in this dialect.
    pub verdict: fn(&Case) -> Option<Problem>,
    /// Where what the PSP complains of stands in the request.
    pub pointers: &'static [(&'static str, &'static str)],
    /// The source is new: one that the PSP made nothing of is removed again.
    pub is_creation: bool,
}

/// The second and third step: the PSP is called, its answer is committed, and with it ours.
pub async fn carry_out<R: Resource>(
    request: &Request,
    attempt: Attempt,
    ending: Ending<R>,
) -> Result<Answer, Failure> {
    let (request, context) = (request.clone(), request.context.clone());
    let outcome = operation::perform(&context, &attempt).await;
    context
        .db
        .clone()
        .write(async move |tx: &mut Tx<'_>| {
            let Settled {
                case,
                finished,
                was_open,
            } = settle(tx, &context, &attempt, &outcome).await?;
            // Somebody else may have found out more by now, and then that counts.
            let refusal = match &outcome {
                Outcome::Refused(refusal) if was_open => Some(refused(refusal, ending.pointers).into()),
                Outcome::NotSent(reason) if was_open => {
                    tracing::warn!(reason, "nothing reached the payment gateway");
                    Some(unavailable())
                }
                _ => None,
            };
            if let Some(problems) = refusal {
                if ending.is_creation {
                    take_back(tx, &request, case).await?;
                }
                return keep(tx, &request, problems).await;
            }
            if let Some(problem) = (ending.verdict)(&case) {
                return keep(tx, &request, problem.into()).await;
            }
            let record = (ending.record_of)(&context, &case.source, &case.order)?;
            let mut answer = if ending.is_creation {
                request.created(&record)
            } else {
                request.shown(&record)
            };
            if finished {
                request.finish(tx, &answer).await?;
            } else {
                answer.retry_after = Some(ASK_AGAIN);
            }
            Ok(Ok(answer))
        })
        .await
        .and_then(|ended: Result<Answer, Failure>| ended)
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
    query!(tx, payment_sources::delete(&case.scope, &word(&case.source.id)?))?;
    Ok(())
}

/// Commits what is there, and ends the call with problems all the same. An answer that says something for certain is kept
/// with the idempotency key.
async fn keep(
    tx: &mut Tx<'_>,
    request: &Request,
    problems: tillgate_model::Problems,
) -> Result<Result<Answer, Failure>, Failure> {
    let problems = request.told(problems);
    if problems.status() >= 500 {
        idempotency::release(request, tx).await?;
    } else {
        let body = idempotency::refusal_body(request, &problems);
        request.finish(tx, &Answer::new(problems.status(), body)).await?;
    }
    Ok(Err(problems.into()))
}

/// Where the buyer's browser returns to: what the request says, else the gateway, else a page of ours.
pub fn return_url(context: &Context, given: Option<&String>, gateway: &PaymentGatewayRow) -> String {
    given
        .or(gateway.return_url.as_ref())
        .cloned()
        .unwrap_or_else(|| format!("{}/payment_return", context.base_url))
}
