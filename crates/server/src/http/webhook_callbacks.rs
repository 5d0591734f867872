//! The endpoint for PSPs' events. The signature authenticates a notification: there is no access token and no negotiation.

use std::panic::AssertUnwindSafe;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Payload},
};
use futures::FutureExt;
use tillgate_model::{Dialect, Problem, Problems, problem::Kind};
use tillgate_payments::{Notification, Reception};

use super::{body, errors, negotiation::MediaType, state::Worker};

/// The kinds of gateways whose PSP sends events.
#[derive(Clone, Copy, utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code)] // for the document
pub enum NotifyingGateway {
    /// Stripe.
    StripeGateways,
    /// Checkout.com.
    CheckoutComGateways,
}

/// Create an event of a payment gateway
///
/// Receives an event of the payment gateway (Stripe, Checkout.com), at the URL in the gateway's `webhook_endpoint_url`. One of
/// the endpoint's secrets must have signed it. It is stored once, however often it is sent. Then its payment is read from the
/// payment gateway.
#[utoipa::path(
    post, path = "/webhook_callbacks/{gateway_type}/{token}", operation_id = "create_gateway_event", tag = "Payments",
    params(
        ("gateway_type" = NotifyingGateway, Path, description = "Type of the gateway."),
        ("token" = String, Path, description = "The end of the gateway's own URL."),
    ),
    request_body(content = Object, content_type = "application/json", description = "The event, as the payment gateway sends it."),
    responses(
        (status = 200, description = "The event is stored, now or before."),
        (status = 400, description = "The event's signature is missing or not valid, or the event can't be read."),
        (status = 404, description = "No gateway has this URL."),
        (status = 413, description = "The event has more than 1 MiB."),
        (status = 415, description = "The body has a content coding."),
        (status = 500, description = "A fault of the service."),
        (status = 503, description = "The service is too busy; the payment gateway sends the event again."),
    )
)]
pub async fn create(
    worker: Data<Worker>,
    request: HttpRequest,
    path: Path<(String, String)>,
    mut payload: Payload,
) -> HttpResponse {
    let received = AssertUnwindSafe(receive(&worker, &request, &path, &mut payload))
        .catch_unwind()
        .await;
    if !matches!(received, Ok(Ok(()))) {
        body::discard(&mut payload).await;
    }
    match received {
        Ok(Ok(())) => HttpResponse::Ok().finish(),
        Ok(Err(problems)) => errors::response(&problems, Dialect::CommerceLayer, MediaType::Json),
        Err(_) => {
            tracing::error!("the receipt of an event panicked");
            errors::internal(request.path())
        }
    }
}

async fn receive(
    worker: &Worker,
    request: &HttpRequest,
    (gateway_type, token): &(String, String),
    payload: &mut Payload,
) -> Result<(), Problems> {
    let body = body::read_up_to(request.headers(), payload, body::MAX_EVENT_BYTES).await?;
    // Two readers could read different ones of two headers with the same name.
    let header = |name: &str| {
        let mut values = request.headers().get_all(name);
        let value = values.next()?.to_str().ok()?.to_owned();
        values.next().is_none().then_some(value)
    };
    let notification = Notification {
        gateway_type,
        token,
        header: &header,
        body: &body,
    };
    match worker.service.receive(&notification).await? {
        Reception::NotFound => Err(Problem::not_found().into()),
        Reception::Refused => {
            let message = "The event's signature is missing or not valid.";
            Err(Problem::new(Kind::InvalidDataFormat, message).into())
        }
        Reception::Unreadable => {
            let message = "The event's signature is valid, but its body is not a readable event of this payment gateway.";
            Err(Problem::new(Kind::InvalidDataFormat, message).into())
        }
        Reception::Kept => {
            worker.shared.events.notify_one();
            Ok(())
        }
    }
}
