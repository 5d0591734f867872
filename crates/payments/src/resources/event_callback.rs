use tillgate_model::{JsonObject, Record, ToOne, resources::EventCallback};
use tillgate_store::{EventCallbackRow, Tx, query};

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

async fn records(
    tx: &mut Tx<'_>,
    request: &Request,
    rows: Vec<EventCallbackRow>,
) -> Result<Vec<Record<EventCallback>>, Failure> {
    let ids: Vec<String> = rows.iter().map(|row| row.delivery_id.clone()).collect();
    let deliveries = query!(tx, deliveries::of_ids(request.scope(), &ids))?;
    let payload = |id: &str| match deliveries.iter().find(|delivery| delivery.id == id) {
        Some(delivery) => Ok(json(&request.context.cipher.open(PAYLOAD, &delivery.payload)?)?),
        None => Ok::<_, Failure>(JsonObject::default()),
    };
    rows.iter()
        .map(|row| record(row, payload(&row.delivery_id)?))
        .collect()
}

fn record(row: &EventCallbackRow, payload: JsonObject) -> Result<Record<EventCallback>, Failure> {
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

kept_in!(EventCallback: event_callbacks, EventCallbackRow, records);
