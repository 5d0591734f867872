//! Reads payments from their PSPs that had no news for a while. This makes up for lost events, and gives up payments whose buyers
//! never came back.

use tillgate_model::{Id, Timestamp};
use tillgate_store::{PaymentSourceRow, Scope, SourceState, Tx, query};

use crate::{
    background,
    context::Context,
    engine::{replace, sync},
    failure::Failure,
    payment::locked::{LockedPayment, gateway_of},
    providers::{AbandonedPayments, operation, registry},
    stored::{parse_column, stored_time},
};

/// Maximum number of payments at once.
const BATCH: i64 = 50;
/// Time that the buyer's browser has to confirm a payment, or to try another card. If a payment could be confirmed later, when it
/// is no longer checked, a lost event would lose it.
const UNCONFIRMED: chrono::Duration = chrono::Duration::days(7);
/// Pause before a failed read is tried again.
const TRY_AGAIN: chrono::Duration = chrono::Duration::minutes(5);

/// Reads each payment that is due once. Answers how many there were.
pub async fn run_due(context: &Context) -> Result<usize, Failure> {
    let now = stored_time(context.now());
    let any = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, source_checks::any_due(now)))
        .await?;
    if !any {
        return Ok(0);
    }
    let due = context
        .db
        .write(async move |tx: &mut Tx<'_>| query!(tx, source_checks::take_due(now, now + TRY_AGAIN, BATCH)))
        .await?;
    Ok(background::process_each("payment", due, async |source| {
        let looked = look_at(context, &source).await;
        (source.id, looked)
    })
    .await)
}

async fn look_at(context: &Context, row: &PaymentSourceRow) -> Result<(), Failure> {
    let scope = Scope::of_job(parse_column(&row.organization_id)?, row.test);
    let source_id: Id = parse_column(&row.id)?;
    sync::refresh(context, &scope, &source_id).await?;
    let world = context.clone();
    let abandoned = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let mut payment = LockedPayment::lock(tx, &scope, &source_id).await?;
            if payment.source.pending_operation_id.is_some()
                || payment.terms.given_up
                || !is_abandoned(&world, &payment)?
            {
                return Ok::<_, Failure>(None);
            }
            let gateway = gateway_of(tx, &payment).await?;
            let abandoned = registry::of_gateway(*gateway.kind).capabilities().abandoned;
            if abandoned == AbandonedPayments::EndByThemselves {
                return Ok(None);
            }
            tracing::info!(source = payment.source.id, "an abandoned payment is given up");
            let call = operation::cancel(tx, &world, &mut payment, &gateway).await?;
            payment.save(tx, &world).await?;
            Ok(payment.source.psp_id.clone().map(|psp_id| (call, psp_id)))
        })
        .await?;
    match abandoned {
        Some((call, psp_id)) => replace::cancel(context, call, &psp_id).await,
        None => Ok(()),
    }
}

fn is_abandoned(context: &Context, payment: &LockedPayment) -> Result<bool, Failure> {
    let patience = match payment.source.state {
        SourceState::RequiresAction | SourceState::Processing => {
            chrono::Duration::from_std(context.settings.abandoned_after).map_err(|error| {
                Failure::Internal(format!("the time until a payment is abandoned: {error}"))
            })?
        }
        SourceState::Unconfirmed | SourceState::Failed => UNCONFIRMED,
        _ => return Ok(false),
    };
    let ends = |since: Timestamp| since.moment() + patience;
    let over = payment
        .terms
        .waits_since
        .is_some_and(|since| ends(since) <= context.now().moment());
    Ok(over)
}
