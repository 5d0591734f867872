//! The simulator can fail: it finds each planted bug.

use std::{
    io::Write,
    panic,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use tillgate_simulator::{
    planted::{Bug, plant},
    run,
};

/// Seeds within which a bug must be found.
const SEEDS: u64 = 500;

/// Seeds that are known to show a bug. They are tried before the others, which takes seconds instead of minutes. A change of the
/// simulator changes the behaviour of its seeds; the test then names another seed to write here.
const KNOWN: &[(Bug, u64)] = &[
    (Bug::NoIntent, 1),
    (Bug::NewKeyOnRetry, 91),
    (Bug::RetryAfterADay, 3),
    (Bug::OpenCallIgnored, 24),
    (Bug::TwoSourcesCharged, 16),
    (Bug::PendingNotHeld, 280),
    (Bug::NoEventDeduplication, 1),
    (Bug::SignatureIgnored, 9),
    (Bug::Backwards, 45),
    (Bug::SumTakenForDelta, 1),
    (Bug::RefundOnUnknown, 2),
    (Bug::UnknownIsFailed, 2),
    (Bug::NotFoundIsFailed, 49),
    (Bug::RefusedConnectionIsNotSent, 67),
    (Bug::NeverLookedForAgain, 44),
    (Bug::RefundRecordedTwice, 1),
    (Bug::LateFailureIgnored, 4),
    (Bug::ReleaseNotRecorded, 67),
    (Bug::KeyForgotten, 2),
    (Bug::AmountNotCompared, 2),
    (Bug::AnybodysCard, 8),
    (Bug::BuyerChangeKeepsIntent, 193),
    (Bug::GoneCustomerKept, 47),
    (Bug::AbandonedBlocksOrder, 22),
    (Bug::LateSuccessKept, 66),
    (Bug::TakenIsTold, 28),
    (Bug::NewMessageOnRetry, 1),
    (Bug::ToldByEachInstance, 29),
    (Bug::NotAllowedIsNotFound, 129),
    (Bug::NextStepUndoesOutcome, 134),
    (Bug::DashboardActionIgnored, 8),
    (Bug::RestOfCaptureForgotten, 126),
    (Bug::MismatchIgnored, 24),
    (Bug::ReferenceGuessed, 199),
];

/// The known seed of a bug, if there is one.
fn known_seed(bug: Bug) -> Option<u64> {
    let known = KNOWN.iter().find(|(known, _)| *known == bug);
    known.map(|(_, seed)| *seed)
}

/// The first seed that finds a bug, and its violation.
fn find(bug: Bug) -> Option<(u64, String)> {
    let with = |present, seed| {
        plant(present);
        let violation = run(seed, false).violation;
        plant(None);
        violation
    };
    // A seed that fails without the bug proves nothing.
    known_seed(bug).into_iter().chain(1..=SEEDS).find_map(|seed| {
        Some((
            seed,
            with(Some(bug), seed).filter(|_| with(None, seed).is_none())?,
        ))
    })
}

#[test]
fn every_planted_bug_is_found() {
    let (next, threads) = (
        AtomicUsize::new(0),
        thread::available_parallelism().map_or(1, usize::from),
    );
    // A bug may also show by a panic, which counts like any other violation.
    panic::set_hook(Box::new(|_| {}));
    let missed: Vec<Bug> = thread::scope(|scope| {
        let worker = || {
            let mut missed = Vec::new();
            while let Some(bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                let found = find(*bug);
                let line = match &found {
                    Some((seed, violation)) if known_seed(*bug) == Some(*seed) => {
                        format!("{bug:?}: found at seed {seed}: {violation:.150}")
                    }
                    Some((seed, violation)) => {
                        format!("{bug:?}: found at seed {seed}, which KNOWN should name: {violation:.150}")
                    }
                    None => format!("{bug:?}: NOT FOUND within {SEEDS} seeds"),
                };
                // Unlike println!, this is shown even if the test succeeds.
                let _ = writeln!(std::io::stdout().lock(), "{line}");
                if found.is_none() {
                    missed.push(*bug);
                }
            }
            missed
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|_| vec![Bug::ALL[0]]))
            .collect()
    });
    let _ = panic::take_hook();
    assert!(missed.is_empty(), "not found: {missed:?}");
}
