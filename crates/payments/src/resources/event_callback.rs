use tillgate_model::{JsonObject, Record, ToOne, resources::EventCallback};
use tillgate_store::{EventCallbackFilter, EventCallbackRow, Tx, query};

use crate::{
    failure::Failure,
    plain::kept_in,
    request::Request,
    stored::{self, json, parse_column},
};

/// The context that payloads are sealed under.
pub const PAYLOAD: &str = "event_deliveries.payload";

fn visible(_: &Request, _: &EventCallbackRow) -> bool {
    true
}

async fn record(
    tx: &mut Tx<'_>,
    request: &Request,
    row: &EventCallbackRow,
) -> Result<Record<EventCallback>, Failure> {
    let delivery = query!(
        tx,
        event_deliveries::get(request.scope(), &parse_column(&row.delivery_id)?)
    )?;
    let payload = match delivery {
        Some(delivery) => json(&request.context.cipher.open(PAYLOAD, &delivery.payload)?)?,
        None => JsonObject::default(),
    };
    Ok(stored::record!(
        row,
        EventCallback {
            callback_url: row.callback_url.clone(),
            payload,
            response_code: row.response_code.clone(),
            response_message: row.response_message.clone(),
            webhook: ToOne::to(parse_column(&row.webhook_id)?),
        }
    ))
}

kept_in!(EventCallback: event_callbacks, EventCallbackFilter, |selection| EventCallbackFilter {
    webhook_id: selection.owner("webhooks"),
    event_id: selection.owner("events"),
    ..Default::default()
});
