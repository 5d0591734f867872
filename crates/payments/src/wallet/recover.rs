//! Resolves calls about cards. The outcome is committed, or the PSP is asked for the card's state and, if nothing has happened so
//! far, the same request is sent again. This repeats until the outcome is known: attaching and removing are idempotent, and no
//! request waits.

use tillgate_gateways::{InstrumentOutcome, Refusal, RefusalKind};
use tillgate_model::Id;
use tillgate_store::{CardState, CustomerPaymentSourceRow, Scope, Tx, query};

use crate::{
    background::process_each,
    context::Context,
    failure::Failure,
    payment::{cards::token, schedule::repeating_pause},
    providers::{connection::ProviderConnection, operation::lease},
    stored::{parse_column, stored_time},
    wallet::attach::{CardOutcome, ask, stored_request},
};

/// Seconds between two checks; the last one repeats.
const PAUSES: [i64; 6] = [0, 5, 30, 300, 3600, 24 * 3600];
/// Maximum number of cards at once.
const BATCH: i64 = 50;

/// The state of a card after an outcome.
enum Verdict {
    /// The card can be used.
    Active,
    /// The card is removed.
    None,
    /// The outcome is still unknown.
    Later,
}

/// The effect of the PSP's answer on a card that waits for it.
fn judge(row: &CustomerPaymentSourceRow, outcome: &CardOutcome) -> Result<Verdict, Failure> {
    let is_late = row.attempts > 0;
    Ok(match (row.state, outcome) {
        // Another process has recorded the outcome.
        (CardState::Active, _) => Verdict::Active,
        (CardState::Removing, CardOutcome::Seen(InstrumentOutcome::Gone)) => Verdict::None,
        // Nothing was done, and the caller gets an error: the card stays.
        (CardState::Removing, CardOutcome::NotSent) if !is_late => Verdict::Active,
        (CardState::Removing, CardOutcome::Seen(InstrumentOutcome::Refused(refusal)))
            if !is_late && is_about_keys(refusal) =>
        {
            Verdict::Active
        }
        (CardState::Saving, CardOutcome::Seen(InstrumentOutcome::Kept { customer })) => {
            if Some(customer) == row.customer_token.as_ref() {
                Verdict::Active
            } else {
                Verdict::None
            }
        }
        (CardState::Saving, CardOutcome::NotSent) if !is_late => Verdict::None,
        (CardState::Saving, CardOutcome::Seen(InstrumentOutcome::Refused(_))) => Verdict::None,
        _ => Verdict::Later,
    })
}

/// Whether a PSP refuses the gateway's keys.
pub fn is_about_keys(refusal: &Refusal) -> bool {
    matches!(refusal.kind, RefusalKind::Credentials | RefusalKind::NotPermitted)
}

/// Commits the outcome of a call about a card.
pub async fn record(
    context: &Context,
    row: &CustomerPaymentSourceRow,
    outcome: CardOutcome,
) -> Result<(), Failure> {
    if let CardOutcome::Seen(InstrumentOutcome::Refused(refusal)) = &outcome {
        tracing::warn!(
            card = row.id,
            message = refusal.message,
            "the PSP refused a request about a card"
        );
    }
    let scope = Scope::of_job(parse_column(&row.organization_id)?, row.test);
    let (id, now): (Id, _) = (parse_column(&row.id)?, stored_time(context.now()));
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let Some(row) = query!(tx, customer_payment_sources::lock(&scope, &id))? else {
                return Ok(());
            };
            match judge(&row, &outcome)? {
                Verdict::Active if row.request.is_none() => {}
                Verdict::Active => {
                    let row = CustomerPaymentSourceRow {
                        state: CardState::Active,
                        request: None,
                        next_attempt_at: None,
                        updated_at: now,
                        ..row
                    };
                    query!(tx, customer_payment_sources::save(&row))?;
                }
                Verdict::None => {
                    query!(tx, customer_payment_sources::delete(&scope, &id))?;
                }
                Verdict::Later => {
                    let pause = repeating_pause(&PAUSES, row.attempts);
                    let row = CustomerPaymentSourceRow {
                        next_attempt_at: Some(now + pause),
                        ..row
                    };
                    query!(tx, customer_payment_sources::save(&row))?;
                }
            }
            Ok::<_, Failure>(())
        })
        .await
}

/// Makes every open call about a card due. The processes that made them have ended.
pub async fn make_all_due(context: &Context) -> Result<(), Failure> {
    let now = stored_time(context.now());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| query!(tx, wallet::make_due(now)))
        .await?;
    Ok(())
}

/// Checks once for the outcome of each call that is due. Answers how many were checked.
pub async fn run_due(context: &Context) -> Result<usize, Failure> {
    let now = stored_time(context.now());
    let due = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, wallet::due(now, BATCH)))
        .await?;
    Ok(process_each("card", due, async |row| {
        let looked = look_at(context, &row).await;
        (row.id, looked)
    })
    .await)
}

async fn look_at(context: &Context, row: &CustomerPaymentSourceRow) -> Result<(), Failure> {
    let until = stored_time(lease(context, context.now()));
    let taken = {
        let row = row.clone();
        context
            .db
            .write(async move |tx: &mut Tx<'_>| query!(tx, wallet::take(&row, until)))
            .await?
    };
    if !taken {
        return Ok(());
    }
    let outcome = resolve(context, row).await?;
    record(context, row, outcome).await
}

/// Asks the PSP for the card's state, and sends the request again if it has had no effect.
pub async fn resolve(context: &Context, row: &CustomerPaymentSourceRow) -> Result<CardOutcome, Failure> {
    let scope = Scope::of_job(parse_column(&row.organization_id)?, row.test);
    let gateway_id: Id = parse_column(row.payment_gateway_id.as_deref().unwrap_or_default())?;
    let gateway = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, payment_gateways::get(&scope, &gateway_id)))
        .await?;
    let (Some(gateway), Some(token), Some(request)) =
        (gateway, token(context, row)?, stored_request(context, row)?)
    else {
        return Err(Failure::Internal(format!(
            "the card {} has lost its gateway",
            row.id
        )));
    };
    let connection = ProviderConnection::of(context, &gateway)?;
    let seen = ask(
        context,
        &connection,
        &connection.gateway.retrieve_instrument(token.expose())?,
        false,
    )
    .await;
    let is_decided = match (row.state, &seen) {
        (CardState::Removing, CardOutcome::Seen(InstrumentOutcome::Gone))
        | (CardState::Saving, CardOutcome::Seen(InstrumentOutcome::Kept { .. })) => true,
        // A failed query proves nothing about the call.
        (_, CardOutcome::Seen(InstrumentOutcome::Refused(refusal))) => {
            let reason = refusal.message.clone();
            return Ok(CardOutcome::Seen(InstrumentOutcome::Unknown(reason)));
        }
        (_, CardOutcome::Seen(InstrumentOutcome::Unknown(_)) | CardOutcome::NotSent) => true,
        _ => false,
    };
    if is_decided {
        return Ok(seen);
    }
    Ok(ask(context, &connection, &request, true).await)
}
