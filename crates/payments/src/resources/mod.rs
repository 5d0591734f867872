//! How each resource is kept: rows to records and back, and what its kind adds to creating, updating and deleting.

mod card;
mod checkout_com_gateway;
pub mod checkout_com_payment;
mod customer;
pub mod customer_payment_source;
pub mod event;
mod event_callback;
mod gateways;
mod line_item;
mod manual_gateway;
mod market;
pub mod order;
pub mod payment;
mod payment_gateway;
mod payment_method;
pub mod source;
mod stripe_gateway;
pub mod stripe_payment;
pub mod transaction;
pub mod webhook;
pub mod wire_transfer;

/// Writes `get`, `page`, `insert`, `save` and `remove` of a resource with a table of its own, over its `record` and `row`.
macro_rules! kept_in {
    ($resource:ident: $table:ident, $filter:ident, |$selection:ident| $selected:expr) => {
        impl crate::handler::Kept for $resource {
            async fn get(
                tx: &mut tillgate_store::Tx<'_>,
                request: &crate::request::Request,
                id: &tillgate_model::Id,
            ) -> Result<Option<tillgate_model::Record<Self>>, crate::failure::Failure> {
                match tillgate_store::query!(tx, $table::get(request.scope(), id))? {
                    Some(row) if visible(request, &row) => Ok(Some(record(tx, request, &row).await?)),
                    _ => Ok(None),
                }
            }

            async fn page(
                tx: &mut tillgate_store::Tx<'_>,
                request: &crate::request::Request,
                $selection: &crate::stored::Selection,
                page: tillgate_model::document::Page,
            ) -> Result<(Vec<tillgate_model::Record<Self>>, i64), crate::failure::Failure> {
                let filter: tillgate_store::$filter<'_> = $selected;
                let total = tillgate_store::query!(tx, $table::count(request.scope(), filter))?;
                let mut records = Vec::new();
                for row in tillgate_store::query!(tx, $table::page(request.scope(), filter, page))? {
                    records.push(record(tx, request, &row).await?);
                }
                Ok((records, total))
            }
        }
    };
}

/// Writes `lock`, `insert`, `save` and `remove` of a plain resource over its `row`.
macro_rules! edited_in {
    ($table:ident) => {
        async fn lock(
            tx: &mut tillgate_store::Tx<'_>,
            request: &crate::request::Request,
            id: &tillgate_model::Id,
        ) -> Result<(), crate::failure::Failure> {
            tillgate_store::query!(tx, $table::lock(request.scope(), id))?;
            Ok(())
        }

        async fn insert(
            tx: &mut tillgate_store::Tx<'_>,
            request: &crate::request::Request,
            record: &tillgate_model::Record<Self>,
        ) -> Result<(), crate::failure::Failure> {
            let row = row(request, record);
            Ok(tillgate_store::query!(tx, $table::insert(&row))?)
        }

        async fn save(
            tx: &mut tillgate_store::Tx<'_>,
            request: &crate::request::Request,
            record: &tillgate_model::Record<Self>,
        ) -> Result<(), crate::failure::Failure> {
            let row = row(request, record);
            Ok(tillgate_store::query!(tx, $table::save(&row))?)
        }

        async fn remove(
            tx: &mut tillgate_store::Tx<'_>,
            request: &crate::request::Request,
            id: &tillgate_model::Id,
        ) -> Result<(), crate::failure::Failure> {
            tillgate_store::query!(tx, $table::delete(request.scope(), id))?;
            Ok(())
        }
    };
}
pub(crate) use {edited_in, kept_in};

pub use gateways::{endpoint_url, secret_key, webhook_secrets};

/// What `_disable` and `_enable` make of the moment since when something is disabled.
fn disabled_at(
    now: tillgate_model::Timestamp,
    before: Option<tillgate_model::Timestamp>,
    disable: Option<bool>,
    enable: Option<bool>,
) -> Option<tillgate_model::Timestamp> {
    match (disable == Some(true), enable == Some(true)) {
        (true, _) => before.or(Some(now)),
        (false, true) => None,
        (false, false) => before,
    }
}
