use tillgate_model::{Record, resources::Event};
use tillgate_store::{EventFilter, EventRow, StoreError, Tx};

use crate::{
    plain::kept_in,
    request::Request,
    stored::{self, Selection, parse_column},
};

fn visible(_: &Request, _: &EventRow) -> bool {
    true
}

async fn record(_: &mut Tx<'_>, _: &Request, row: &EventRow) -> Result<Record<Event>, StoreError> {
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

/// The resource whose events a list shows, if it belongs to one.
fn resource_of(selection: &Selection) -> Option<&str> {
    match selection {
        Selection::All => None,
        Selection::Of { owner_id, .. } => Some(owner_id.as_str()),
    }
}

kept_in!(Event: events, EventFilter, |selection| EventFilter {
    resource_id: resource_of(selection),
    ..Default::default()
});
