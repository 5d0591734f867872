//! `tillgate payments`

use tillgate_payments::stuck::{self, FlaggedEvent, LIMIT, Mismatch, OpenCall};

use super::{mode, moment, print, table};
use crate::{config::Config, failure::Failure, startup::with_context};

/// Commands for payments.
#[derive(clap::Subcommand)]
pub enum Command {
    /// List PSP calls with an unknown outcome, events that match nothing, and payments that differ from the request
    ///
    /// Most of them resolve themselves: the column NEXT LOOK has the time of the next check. The exit code is 1 if one needs
    /// an operator, with a time in the column FLAGGED, and 0 otherwise. Payments that differ always need one. Look at them in the
    /// payment gateway's dashboard. If the column PAYMENT is empty, `_nullify_payment_source` frees the order afterwards.
    Stuck,
}

/// Runs the command.
///
/// # Errors
/// No database, or something is flagged for an operator.
pub fn run(config: &Config, command: &Command) -> Result<(), Failure> {
    let Command::Stuck = command;
    let stuck = with_context(config, async |context| Ok(stuck::list(context).await?))?;
    if stuck.calls.is_empty() && stuck.events.is_empty() && stuck.mismatches.is_empty() {
        return print("Nothing is stuck.");
    }
    let calls: Vec<_> = stuck.calls.iter().map(call).collect();
    let events: Vec<_> = stuck.events.iter().map(event).collect();
    let mismatches: Vec<_> = stuck.mismatches.iter().map(mismatch).collect();
    if !calls.is_empty() {
        print(&table::render(&CALLS, &calls))?;
    }
    if !events.is_empty() {
        print(&table::render(&EVENTS, &events))?;
    }
    if !mismatches.is_empty() {
        print(&table::render(&MISMATCHES, &mismatches))?;
    }
    if [calls.len(), events.len(), mismatches.len()].contains(&usize::try_from(LIMIT).unwrap_or(usize::MAX)) {
        print(&format!("There may be more: {LIMIT} of each are shown."))?;
    }
    match stuck.flagged() {
        0 => Ok(()),
        flagged => Err(Failure::Attention(format!(
            "{flagged} of them left to an operator"
        ))),
    }
}

const CALLS: [&str; 10] = [
    "OPERATION",
    "KIND",
    "ORGANIZATION",
    "MODE",
    "ORDER",
    "SOURCE",
    "SINCE",
    "ATTEMPTS",
    "NEXT LOOK",
    "FLAGGED",
];

fn call(call: &OpenCall) -> [String; 10] {
    [
        call.id.clone(),
        call.kind.clone(),
        call.organization.clone(),
        mode(call.test),
        call.order_number.clone(),
        format!("{}/{}", call.source_type, call.source_id),
        moment(Some(call.since)),
        call.attempts.to_string(),
        moment(call.next_look),
        moment(call.flagged_at),
    ]
}

const EVENTS: [&str; 8] = [
    "EVENT",
    "KIND",
    "ORGANIZATION",
    "MODE",
    "GATEWAY",
    "PAYMENT",
    "SINCE",
    "FLAGGED",
];

fn event(event: &FlaggedEvent) -> [String; 8] {
    [
        event.id.clone(),
        event.kind.clone(),
        event.organization.clone(),
        mode(event.test),
        format!("{}/{}", event.gateway_type, event.gateway_id),
        event.psp_id.clone().unwrap_or_else(|| "-".into()),
        moment(Some(event.since)),
        moment(event.flagged_at),
    ]
}

const MISMATCHES: [&str; 7] = [
    "SOURCE",
    "ORGANIZATION",
    "MODE",
    "ORDER",
    "PAYMENT",
    "SINCE",
    "DIFFERS IN",
];

fn mismatch(mismatch: &Mismatch) -> [String; 7] {
    [
        format!("{}/{}", mismatch.source_type, mismatch.source_id),
        mismatch.organization.clone(),
        mode(mismatch.test),
        mismatch.order_number.clone(),
        mismatch.psp_id.clone().unwrap_or_else(|| "-".into()),
        moment(Some(mismatch.since)),
        mismatch.differences.replace(',', ", "),
    ]
}
