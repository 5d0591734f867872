//! Completes the consequences of a request: webhooks of the PSPs, events, calls whose outcome is unknown.

use std::sync::Arc;

use actix_web::rt;
use tillgate_payments::{Notification, Reception, Service};
use tillgate_sandbox::{Sandbox, WebhookAnswer, WebhookDelivery, WebhookSender};

use super::Turns;

/// Maximum number of webhooks at once.
const TOGETHER: usize = 16;
/// Changes that become events together.
const CHANGES: i64 = 64;

/// Runs one step after the other, in an order that depends on earlier requests only.
pub async fn settle(service: &Service, psps: &Arc<Sandbox>, webhook_sender: &WebhookSender, turns: &Turns) {
    loop {
        let told = deliver(service, psps, webhook_sender).await;
        let events = service.take_events(1).await;
        for event in &events {
            service.process_event(event).await;
        }
        if told == 0 && events.is_empty() {
            break;
        }
    }
    service.recover_once().await;
    service.watch_once().await;
    tell(service, turns).await;
}

/// Calls the merchant's webhooks. The requests decide which calls are made, and the results are recorded when the webhooks have
/// answered. This does not wait for them, because a receiver may call this service.
async fn tell(service: &Service, turns: &Turns) {
    while service.publish_once(CHANGES).await > 0 {}
    for delivery in service.take_deliveries(&|_| TOGETHER).await {
        let (service, turns) = (service.clone(), turns.clone());
        rt::spawn(async move {
            if let Some(sent) = service.send_delivery(delivery).await {
                let _turn = turns.beside_others().await;
                service.record_delivery(sent).await;
            }
        });
    }
}

/// Delivers the webhooks for this service in process, and sends the others. Answers how many there were.
async fn deliver(service: &Service, psps: &Arc<Sandbox>, webhook_sender: &WebhookSender) -> usize {
    let deliveries = psps.due_webhooks(TOGETHER);
    let count = deliveries.len();
    for delivery in deliveries {
        if let Some((gateway_type, token)) = endpoint(&delivery.url, &service.context().base_url) {
            let answer = hand_over(service, gateway_type, token, &delivery).await;
            psps.webhook_answered(&delivery.id, answer);
        } else {
            let (psps, webhook_sender) = (Arc::clone(psps), webhook_sender.clone());
            // Not awaited: its receiver may call this service, which does one thing at a time.
            rt::spawn(async move {
                let (id, answer) = webhook_sender.deliver(delivery).await;
                psps.webhook_answered(&id, answer);
            });
        }
    }
    count
}

/// Gateway type and token from a URL of this service.
fn endpoint<'a>(url: &'a str, base_url: &str) -> Option<(&'a str, &'a str)> {
    let path = url.strip_prefix(base_url)?.strip_prefix("/webhook_callbacks/")?;
    path.split_once('/')
}

async fn hand_over(
    service: &Service,
    gateway_type: &str,
    token: &str,
    delivery: &WebhookDelivery,
) -> WebhookAnswer {
    let header = |name: &str| Some(delivery.headers.get(name)?.to_str().ok()?.to_owned());
    let notification = Notification {
        gateway_type,
        token,
        header: &header,
        body: &delivery.body,
    };
    let status = match service.receive(&notification).await {
        Ok(Reception::Kept) => http::StatusCode::OK,
        Ok(Reception::NotFound) => http::StatusCode::NOT_FOUND,
        Ok(Reception::Refused | Reception::Unreadable) => http::StatusCode::BAD_REQUEST,
        Err(_) => http::StatusCode::SERVICE_UNAVAILABLE,
    };
    WebhookAnswer::Status(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_service_s_own_endpoints_are_handed_over() {
        let base_url = "http://127.0.0.1:8080";
        assert_eq!(
            endpoint(
                "http://127.0.0.1:8080/webhook_callbacks/stripe_gateways/abc",
                base_url
            ),
            Some(("stripe_gateways", "abc"))
        );
        for url in [
            "http://127.0.0.1:8081/webhook_callbacks/stripe_gateways/abc",
            "http://127.0.0.1:8080/hooks/stripe",
            "https://shop.example/webhook_callbacks/stripe_gateways/abc",
        ] {
            assert_eq!(endpoint(url, base_url), None, "{url}");
        }
    }
}
