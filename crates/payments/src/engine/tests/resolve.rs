//! Resolving a call whose answer was lost: the PSP's state × age of the call's key.

use chrono::TimeDelta;
use serde_json::json;
use tillgate_sandbox::{Fault, FaultKind};

use super::assert_table;
use crate::test_support::world::World;

/// The calls: the trigger, and the type of the pending transaction.
const CALLS: [(&str, &str); 3] = [
    ("_capture", "captures"),
    ("_cancel", "voids"),
    ("_refund", "refunds"),
];

/// The part of the exchange that was lost.
#[derive(Clone, Copy, Debug)]
enum Lost {
    /// The request never arrived.
    Request,
    /// The request arrived, and its answer did not.
    Answer,
}

/// The PSP's behaviour when it is asked later.
#[derive(Clone, Copy, Debug)]
enum Later {
    Answers,
    Fails,
    HasNoPayment,
    RefusesTheKey,
}

async fn becomes((trigger, kind): (&str, &str), lost: Lost, later: Later, age: TimeDelta) -> String {
    let world = World::new().await;
    world.authorized().await;
    let (of, id) = if kind == "refunds" {
        ("captures", world.capture().await)
    } else {
        ("authorizations", world.first("authorizations").await)
    };
    let before = world.psp.ledger().len();
    world
        .psp
        .add_fault(Fault::new(match lost {
            Lost::Request => FaultKind::DropBefore,
            Lost::Answer => FaultKind::DropAfter,
        }))
        .unwrap();
    world.update(of, &id, json!({trigger: true})).await;
    let waiting = world.first(kind).await;
    world.psp.clear_faults();
    drop(world.sent());
    let status = match later {
        Later::Answers => None,
        Later::Fails => Some(500),
        Later::HasNoPayment => Some(404),
        Later::RefusesTheKey => Some(401),
    };
    if let Some(status) = status {
        let mut fault = Fault::new(FaultKind::Error);
        fault.status = Some(status);
        world.psp.add_fault(fault).unwrap();
    }
    world.advance(age);
    world.service.recover_once().await;
    let now = world.attributes(kind, &waiting).await;
    let moved = world.psp.ledger().len() - before;
    let state = match (&now["succeeded"], &now["error_code"]) {
        (succeeded, _) if *succeeded == json!(true) => "succeeded".to_owned(),
        (_, code) if code.is_string() => code.as_str().unwrap().to_owned(),
        _ => now["message"].as_str().unwrap_or("?").to_owned(),
    };
    format!("{state}, happened at the PSP: {moved}")
}

#[tokio::test]
async fn a_lost_call_happens_once_or_never() {
    let mut table = Vec::new();
    for (call, lost) in CALLS
        .iter()
        .flat_map(|call| [(*call, Lost::Request), (*call, Lost::Answer)])
    {
        for later in [
            Later::Answers,
            Later::Fails,
            Later::HasNoPayment,
            Later::RefusesTheKey,
        ] {
            for (name, age) in [
                ("minutes", TimeDelta::minutes(10)),
                ("a day", TimeDelta::hours(25)),
            ] {
                let end = becomes(call, lost, later, age).await;
                table.push(format!(
                    "{}, {lost:?} lost, then {later:?} after {name}: {end}",
                    call.1
                ));
            }
        }
    }
    assert_table(&table, include_str!("resolve.txt"));
}
