//! Sync of a payment: finds the outcome of its open call, or reads it from the PSP. A GET, an event, the start of the service and
//! the background task all use this.

use tillgate_gateways::{PaymentSnapshot, RefusalKind};
use tillgate_model::Id;
use tillgate_store::{
    GatewayOperationRow, PaymentGatewayRow, PaymentSourceRow, Scope, SourceState, StoredTime, Tx, query, send,
};

use crate::{
    background::process_each,
    context::Context,
    engine::{
        apply::apply,
        next_step::try_next_step,
        record_outcome::record_outcome,
        resolve::{self, ask, ask_or_resend},
        retrieve::{Actions, retrieve},
    },
    failure::Failure,
    payment::{
        locked::LockedPayment,
        mismatch::{self, Difference},
        schedule,
        state::SourceStateRules as _,
    },
    planted::{self, Bug},
    providers::{
        connection::ProviderConnection,
        operation::{Outcome, PreparedCall, lease, stored_call},
        registry,
    },
    request::Request,
    stored::{parse_column, stored_time},
};

/// Maximum number of reads of a payment that changes meanwhile. The process that changed it has read it too.
const LOOKS: usize = 3;
/// Pause before a missing payment is requested from its PSP again.
const MISSING_PAUSE: chrono::Duration = chrono::Duration::days(1);

/// Resolves a source's open call if that is due, and reads a payment that is not final from the PSP if `refreshes`. Answers
/// whether the source may have changed.
pub async fn bring_up_to_date(
    request: &Request,
    row: &PaymentSourceRow,
    refreshes: bool,
) -> Result<bool, Failure> {
    let (context, scope) = (&request.context, request.scope());
    if let Some(operation_id) = &row.pending_operation_id {
        let operation_id = parse_column(operation_id)?;
        let operation = context
            .db
            .read(async |tx: &mut Tx<'_>| query!(tx, gateway_operations::get(scope, &operation_id)))
            .await?;
        let now = stored_time(context.now());
        let due = operation.filter(|operation| operation.next_attempt_at.is_some_and(|next| next <= now));
        if let Some(operation) = due {
            resolve_operation(context, operation).await?;
        }
        return Ok(true);
    }
    if refreshes && !row.state.is_final() && row.psp_id.is_some() {
        refresh(context, scope, &parse_column(&row.id)?).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Reads the payment of a source from the PSP and applies the snapshot. A source with an open call is left to
/// [`resolve_operation`], which runs at once.
pub async fn refresh(context: &Context, scope: &Scope, source_id: &Id) -> Result<(), Failure> {
    let (source, gateway, operation) = read_source(context, scope, source_id).await?;
    let (Some(source), Some(gateway)) = (source, gateway) else {
        return Ok(());
    };
    if let Some(operation) = operation {
        resolve_operation(context, operation).await?;
        return Ok(());
    }
    read_and_apply(context, scope, source, &gateway).await?;
    Ok(())
}

/// Reads a payment from the PSP after an event. An open call is only asked about, not sent again, because its caller may be
/// waiting for the answer now. Answers whether the snapshot was applied. It is not while the call stays open.
pub async fn sync_after_event(context: &Context, scope: &Scope, source_id: &Id) -> Result<bool, Failure> {
    let (source, gateway, operation) = read_source(context, scope, source_id).await?;
    let (Some(source), Some(gateway)) = (source, gateway) else {
        return Ok(false);
    };
    if let Some(operation) = operation {
        let call = stored_call(context, operation, &gateway)?;
        let outcome = ask(context, &call, &source).await?;
        if matches!(outcome, Outcome::Unknown(_) | Outcome::Accepted(_)) {
            return Ok(false);
        }
        if !finish(context, call, outcome).await? {
            return Ok(false);
        }
        // The event may be about another action than the call, such as an earlier refund that failed late.
        return match read_source(context, scope, source_id).await? {
            (Some(source), Some(gateway), None) => read_and_apply(context, scope, source, &gateway).await,
            _ => Ok(false),
        };
    }
    read_and_apply(context, scope, source, &gateway).await
}

/// Reads a payment and applies the snapshot. If the payment changes while the PSP answers, the snapshot is stale, and the payment
/// is read again. Answers whether a snapshot was applied.
async fn read_and_apply(
    context: &Context,
    scope: &Scope,
    source: PaymentSourceRow,
    gateway: &PaymentGatewayRow,
) -> Result<bool, Failure> {
    if !registry::of_gateway(*gateway.kind).capabilities().has_psp() {
        return Ok(true);
    }
    let connection = ProviderConnection::of(context, gateway)?;
    let mut source = source;
    for _ in 0..LOOKS {
        let Some(psp_id) = &source.psp_id else {
            return Ok(true);
        };
        let snapshot = match read_payment(context, &connection, psp_id, &source).await? {
            Shown::Payment(snapshot) => *snapshot,
            Shown::Missing => {
                flag_missing(context, scope, source).await?;
                return Ok(false);
            }
            Shown::Nothing => return Ok(false),
        };
        let is_whole =
            snapshot.actions.is_some() || SourceState::of(&snapshot) != Some(SourceState::Captured);
        match apply_snapshot(context, scope, source, snapshot).await? {
            Applied::Yes => return Ok(is_whole),
            Applied::Superseded => return Ok(false),
            Applied::Stale(changed) => source = *changed,
        }
    }
    Ok(false)
}

/// The PSP's answer to a read of a payment.
enum Shown {
    Payment(Box<PaymentSnapshot>),
    /// The PSP does not have the payment.
    Missing,
    /// The answer can't be used.
    Nothing,
}

async fn read_payment(
    context: &Context,
    connection: &ProviderConnection,
    psp_id: &str,
    source: &PaymentSourceRow,
) -> Result<Shown, Failure> {
    let source_id = &source.id;
    match retrieve(
        context,
        connection,
        psp_id,
        parse_column(&source.currency_code)?,
        Actions::OfCaptured,
    )
    .await
    {
        Outcome::Done(snapshot) => return Ok(Shown::Payment(snapshot)),
        Outcome::Refused(refusal) if refusal.kind == RefusalKind::NotFound => return Ok(Shown::Missing),
        Outcome::Refused(refusal) => {
            let message = refusal.message;
            tracing::warn!(source = source_id, message, "the PSP does not show the payment");
        }
        Outcome::NotSent(reason) | Outcome::Unknown(reason) => {
            tracing::warn!(
                source = source_id,
                reason,
                "the payment could not be read from the PSP"
            );
        }
        _ => {}
    }
    Ok(Shown::Nothing)
}

/// Flags a payment that its PSP does not have for an operator: its test data was deleted there, or the gateway's key now belongs
/// to another account. It is requested once a day. A payment that was given up is not requested again. `asked` is the source as
/// it was before the PSP was asked.
async fn flag_missing(context: &Context, scope: &Scope, asked: PaymentSourceRow) -> Result<(), Failure> {
    let (world, scope, source_id) = (context.clone(), scope.clone(), parse_column(&asked.id)?);
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let mut payment = LockedPayment::lock(tx, &scope, &source_id).await?;
            if payment.source != asked || payment.source.pending_operation_id.is_some() {
                return Ok(());
            }
            if !payment.terms.given_up {
                tracing::error!(
                    source = payment.source.id,
                    psp_id = payment.source.psp_id,
                    "the PSP does not have the payment; needs an operator"
                );
                payment.source.mismatch = mismatch::stored(&[Difference::Missing]);
            }
            let next = stored_time(world.now()) + MISSING_PAUSE;
            payment.source.check_at = payment
                .source
                .check_at
                .map(|_| next)
                .filter(|_| !payment.terms.given_up);
            payment.save(tx, &world).await
        })
        .await
}

/// The result of applying a snapshot.
enum Applied {
    Yes,
    /// The source has changed to this since the read.
    Stale(Box<PaymentSourceRow>),
    /// A call that began meanwhile will bring a newer snapshot.
    Superseded,
}

/// Applies a snapshot under the lock, unless the source has changed. `asked` is the source as it was before the PSP was asked.
async fn apply_snapshot(
    context: &Context,
    scope: &Scope,
    asked: PaymentSourceRow,
    snapshot: PaymentSnapshot,
) -> Result<Applied, Failure> {
    let (world, scope, source_id) = (context.clone(), scope.clone(), parse_column(&asked.id)?);
    let (applied, next) = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let mut payment = LockedPayment::lock(tx, &scope, &source_id).await?;
            if payment.source.pending_operation_id.is_some() {
                return Ok((Applied::Superseded, None));
            }
            if payment.source != asked && !planted::is(Bug::Backwards) {
                return Ok((Applied::Stale(Box::new(payment.source)), None));
            }
            apply(tx, &world, &mut payment, &snapshot, false).await?;
            let next = try_next_step(tx, &world, &mut payment, None).await?;
            payment.save(tx, &world).await?;
            Ok::<_, Failure>((Applied::Yes, next.call))
        })
        .await?;
    run_follow_up(context, next).await?;
    Ok(applied)
}

/// Carries out the follow-up calls. No request waits for them.
pub async fn run_follow_up(context: &Context, next: Option<PreparedCall>) -> Result<(), Failure> {
    if let Some(call) = next {
        let outcome = resolve::perform(context, &call).await;
        finish(context, call, outcome).await?;
    }
    Ok(())
}

/// Commits the outcome of a call and of its follow-up calls. Answers whether the outcome is known now.
async fn finish(context: &Context, call: PreparedCall, outcome: Outcome) -> Result<bool, Failure> {
    let (mut call, mut outcome) = (call, outcome);
    loop {
        let world = context.clone();
        let (finished, next) = context
            .db
            .write(async move |tx: &mut Tx<'_>| {
                let recorded = record_outcome(tx, &world, &call, &outcome).await?;
                if recorded.finished && recorded.next.is_none() {
                    release_keys(tx, &world, &call, &recorded.payment).await?;
                }
                Ok::<_, Failure>((recorded.finished, recorded.next))
            })
            .await?;
        let Some(next) = next else {
            return Ok(finished);
        };
        outcome = resolve::perform(context, &next).await;
        call = next;
    }
}

/// Releases the keys of requests that waited for the outcome. A repeated request gets the present state as its answer.
async fn release_keys(
    tx: &mut Tx<'_>,
    context: &Context,
    call: &PreparedCall,
    payment: &LockedPayment,
) -> Result<(), Failure> {
    let now = stored_time(context.now());
    let decided = call
        .operation
        .transaction_id
        .as_deref()
        .and_then(|id| payment.ledger.get(id));
    let parent = decided.and_then(|row| row.parent_id.as_deref());
    for id in [
        Some(payment.source.id.as_str()),
        Some(payment.order.id.as_str()),
        parent,
    ]
    .into_iter()
    .flatten()
    {
        query!(tx, idempotency_keys::finish_of_resource(&call.scope, id, now))?;
    }
    Ok(())
}

type Found = (
    Option<PaymentSourceRow>,
    Option<PaymentGatewayRow>,
    Option<GatewayOperationRow>,
);

async fn read_source(context: &Context, scope: &Scope, source_id: &Id) -> Result<Found, Failure> {
    context
        .db
        .read(async |tx: &mut Tx<'_>| {
            let Some(source) = query!(tx, payment_sources::get(scope, source_id))? else {
                return Ok((None, None, None));
            };
            let gateway = query!(
                tx,
                payment_gateways::get(scope, &parse_column(&source.payment_gateway_id)?)
            )?;
            let operation = match &source.pending_operation_id {
                Some(id) => query!(tx, gateway_operations::get(scope, &parse_column(id)?))?,
                None => None,
            };
            Ok((Some(source), gateway, operation))
        })
        .await
}

/// Tries once to find the outcome of a call, and commits it. Answers whether the outcome is known now.
pub async fn resolve_operation(context: &Context, row: GatewayOperationRow) -> Result<bool, Failure> {
    let until = stored_time(lease(context, context.now()));
    let taken = context
        .db
        .write(async move |tx: &mut Tx<'_>| query!(tx, payments::take_operation(row, until)))
        .await?;
    let Some(row) = taken else {
        return Ok(false);
    };
    let found = find_and_record_outcome(context, row.clone()).await;
    if let Err(failure) = &found {
        tracing::warn!(
            operation = row.id,
            ?failure,
            "the outcome of a call can't be committed"
        );
        schedule_next_look(context, row).await?;
    }
    found
}

/// Schedules the next check of an outcome that can't be found or committed, at growing intervals. At last the call is flagged for
/// an operator.
async fn schedule_next_look(context: &Context, row: GatewayOperationRow) -> Result<(), Failure> {
    let scope = Scope::of_job(parse_column(&row.organization_id)?, row.test);
    let (id, now) = (parse_column(&row.id)?, stored_time(context.now()));
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let stored = query!(tx, gateway_operations::lock(&scope, &id))?;
            let is_same = |stored: &GatewayOperationRow| {
                stored.finished_at.is_none() && stored.attempts == row.attempts
            };
            let Some(mut operation) = stored.filter(is_same) else {
                return Ok(());
            };
            schedule::next_look(&mut operation, now);
            operation.updated_at = now;
            send!(tx, gateway_operations::save(operation))?;
            Ok(())
        })
        .await
}

async fn find_and_record_outcome(context: &Context, row: GatewayOperationRow) -> Result<bool, Failure> {
    let scope = Scope::of_job(parse_column(&row.organization_id)?, row.test);
    let (source, gateway, _) = read_source(context, &scope, &parse_column(&row.payment_source_id)?).await?;
    let (Some(source), Some(gateway)) = (source, gateway) else {
        // Another process has found the outcome, and removed the source that has no payment.
        return Ok(true);
    };
    let call = stored_call(context, row, &gateway)?;
    let outcome = ask_or_resend(context, &call, &source).await?;
    finish(context, call, outcome).await
}

/// Makes every open call due. The processes that made them have ended.
pub async fn make_all_due(context: &Context) -> Result<(), Failure> {
    let now: StoredTime = stored_time(context.now());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| query!(tx, payments::make_operations_due(now)))
        .await?;
    Ok(())
}

/// Checks once for the outcome of each call that is due. Answers how many were checked.
pub async fn run_due(context: &Context) -> Result<usize, Failure> {
    let now = stored_time(context.now());
    let due = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, payments::due_operations(now, 50)))
        .await?;
    Ok(process_each("operation", due, async |operation| {
        let id = operation.id.clone();
        let looked = resolve_operation(context, operation).await;
        (id, looked.map(drop))
    })
    .await)
}

#[cfg(test)]
mod tests;
