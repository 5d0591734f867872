use tillgate_model::{Record, resources::Event};
use tillgate_store::{EventRow, StoreError};

use crate::{
    plain::kept_in,
    request::Request,
    stored::{self, parse_column},
};

fn visible(_: &Request, _: &EventRow) -> bool {
    true
}

fn record(_: &Request, row: &EventRow) -> Result<Record<Event>, StoreError> {
    record_of(row)
}

/// The event as the API shows it.
pub fn record_of(row: &EventRow) -> Result<Record<Event>, StoreError> {
    Ok(stored::record!(
        row,
        Event {
            name: parse_column(&row.name)?,
        }
    ))
}

kept_in!(Event: events, EventRow);
