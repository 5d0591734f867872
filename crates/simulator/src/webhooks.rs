//! The PSPs' webhooks on their way to the service, and forged ones.

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use http::StatusCode;
use tillgate_payments::Reception;
use tillgate_sandbox::{WebhookAnswer, WebhookDelivery};

use crate::{
    executor::{Side, Spawner},
    host::Host,
    notes::SharedNotes,
};

/// Delivers due webhooks until the run ends.
pub async fn deliver(host: Rc<Host>, spawner: Spawner, notes: SharedNotes) {
    let world = &host.world;
    loop {
        for delivery in world.sandbox.due_webhooks(16) {
            let (host, notes) = (Rc::clone(&host), notes.clone());
            spawner.spawn("webhooks", Side::Outside, async move {
                send(&host, &notes, delivery).await;
            });
        }
        world
            .sleep_between(Duration::from_millis(100), Duration::from_secs(2))
            .await;
    }
}

async fn send(host: &Host, notes: &SharedNotes, delivery: WebhookDelivery) {
    let world = &host.world;
    world
        .sleep_between(Duration::from_millis(5), Duration::from_millis(400))
        .await;
    if world.chance(world.faults().webhook / 8.0) {
        forge(host, &delivery).await;
    }
    let what = format!(
        "{} {} {}",
        delivery.event_type,
        delivery.event_id,
        delivery.body.len()
    );
    let answer = match host.receive(&delivery).await {
        Ok(Ok(Reception::Kept)) => StatusCode::OK,
        Ok(Ok(Reception::Refused)) => StatusCode::UNAUTHORIZED,
        Ok(Ok(Reception::Unreadable)) => StatusCode::BAD_REQUEST,
        Ok(Ok(Reception::NotFound)) => StatusCode::NOT_FOUND,
        Ok(Err(problems)) => StatusCode::from_u16(problems.status()).unwrap_or(StatusCode::BAD_GATEWAY),
        Err(_) => {
            world.note(format!("no answer to {what}"));
            world.sandbox.webhook_answered(&delivery.id, WebhookAnswer::None);
            return;
        }
    };
    world.note(format!("{answer} to {what}"));
    if answer.is_success() {
        notes
            .borrow_mut()
            .acknowledged_events
            .insert(delivery.event_id.clone());
    }
    if answer == StatusCode::INTERNAL_SERVER_ERROR {
        world.violate(format!("500 to a webhook: {what}"));
    }
    world
        .sandbox
        .webhook_answered(&delivery.id, WebhookAnswer::Status(answer));
}

/// Sends a similar message without knowing the secret.
async fn forge(host: &Host, delivery: &WebhookDelivery) {
    let mut forged = delivery.clone();
    let body = String::from_utf8_lossy(&delivery.body).replace("\"id\"", "\"id\" ");
    forged.body = Bytes::from(body);
    let answer = host.receive(&forged).await;
    host.world.note(format!("a forged {}", delivery.event_type));
    if matches!(answer, Ok(Ok(Reception::Kept))) {
        host.world.violate(format!(
            "a forged webhook was taken for genuine: {}",
            delivery.event_type
        ));
    }
}
