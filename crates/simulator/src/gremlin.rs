//! Faults at the PSPs, and jumps of the clock.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tillgate_sandbox::{Fault, FaultKind};

use crate::world::World;

/// Jumps of the clock, in hours: within the lifetime of keys, beyond our 20 hours, beyond the PSPs' 24, and beyond the end of
/// authorizations.
const JUMPS: &[i64] = &[1, 5, 19, 21, 23, 25, 30, 72, 8 * 24];

/// Lengths of outages, in hours: around the 20 within which a request is repeated, and the 24 for which PSPs remember keys.
const OUTAGES: &[u64] = &[12, 19, 21, 25, 50];

/// Events whose repetitions may all be lost. Only an event shows that a refund failed days later, and both PSPs repeat
/// unacknowledged events for days.
const CAN_BE_LOST: &[&str] = &[
    "payment_intent.succeeded",
    "payment_intent.amount_capturable_updated",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "payment_approved",
    "payment_declined",
    "payment_captured",
    "payment_voided",
    "payment_refunded",
    "payment_expired",
];

/// Causes faults until it is told to stop.
pub async fn trouble(world: Arc<World>) {
    loop {
        world
            .sleep_between(Duration::from_millis(200), Duration::from_secs(10))
            .await;
        let faults = world.faults();
        if world.chance(faults.psp_error) {
            error(&world);
        }
        if world.chance(faults.not_sent) {
            let wait = world.between(Duration::from_secs(1), Duration::from_secs(60));
            world.note(format!("the PSPs are cut off for {wait:?}"));
            world.cut_off(wait);
        }
        if world.chance(faults.outage) {
            let hours = world.pick(OUTAGES);
            world.note(format!("the PSPs can't be reached for {hours} hours"));
            world.cut_off(Duration::from_secs(hours * 3600));
            world.jump(TimeDelta::hours(i64::try_from(hours).unwrap_or_default()));
        }
        if world.chance(faults.webhook) {
            webhook(&world);
        }
        if world.chance(faults.late_failure) {
            late_failure(&world);
        }
        if world.chance(faults.slow_actions) {
            let delay = world.pick(&[0, 500, 5_000, 60_000, 3_600_000]);
            world.note(format!("actions take {delay} ms"));
            world.sandbox.set_action_delay(Duration::from_millis(delay));
        }
        if world.chance(faults.jump / 3.0) {
            let hours = world.pick(JUMPS);
            world.note(format!("{hours} hours pass at once"));
            world.jump(TimeDelta::hours(hours));
        }
    }
}

fn add(world: &World, fault: Fault) {
    world.note(format!(
        "a fault waits: {:?} {:?} {:?}",
        fault.fault, fault.status, fault.delay_ms
    ));
    if let Err(problem) = world.sandbox.add_fault(fault) {
        world.note(problem);
    }
}

fn error(world: &World) {
    let fault = Fault {
        status: Some(world.pick(&[409, 429, 500, 500, 503])),
        times: Some(1 + u32::from(world.chance(0.4))),
        ..Fault::new(FaultKind::Error)
    };
    add(world, fault);
}

fn webhook(world: &World) {
    let kind = world.pick(&[
        FaultKind::WebhookDuplicate,
        FaultKind::WebhookReorder,
        FaultKind::WebhookDelay,
        FaultKind::WebhookForge,
        FaultKind::WebhookLose,
    ]);
    let delays = matches!(
        kind,
        FaultKind::WebhookDuplicate | FaultKind::WebhookReorder | FaultKind::WebhookDelay
    );
    let fault = Fault {
        times: Some(1),
        event_type: (kind == FaultKind::WebhookLose).then(|| world.pick(CAN_BE_LOST).to_owned()),
        delay_ms: delays.then(|| world.pick(&[50, 2_000, 30_000, 7_200_000])),
        ..Fault::new(kind)
    };
    add(world, fault);
}

fn late_failure(world: &World) {
    let fault = if world.chance(0.5) {
        Fault {
            times: Some(1),
            delay_ms: Some(world.pick(&[10, 4_000, 600_000, 3 * 86_400_000])),
            ..Fault::new(FaultKind::RefundFails)
        }
    } else {
        Fault {
            times: Some(1),
            ..Fault::new(FaultKind::CaptureDeclined)
        }
    };
    add(world, fault);
}
