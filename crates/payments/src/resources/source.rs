//! What the payment sources of all kinds share: one table, encrypted tokens, and the sight of them.

use tillgate_model::{Id, Secret};
use tillgate_store::{OrderRow, PaymentSourceRow, StoreError, Tx, query};

use super::order;
use crate::{context::Context, failure::Failure, request::Request, stored::word};

/// What client secrets and tokens are sealed as.
const CLIENT_SECRET: &str = "payment_sources.client_secret";
const TOKEN: &str = "payment_sources.token";

/// Encrypts a client secret.
pub fn seal_client_secret(context: &Context, secret: &Secret) -> String {
    context
        .vault
        .seal(&*context.entropy, CLIENT_SECRET, secret.expose())
}

/// Encrypts a token.
pub fn seal_token(context: &Context, token: &Secret) -> String {
    context.vault.seal(&*context.entropy, TOKEN, token.expose())
}

/// Decrypts the client secret of a source, if it has one.
pub fn client_secret(context: &Context, row: &PaymentSourceRow) -> Result<Option<Secret>, Failure> {
    let open = |sealed: &String| context.vault.open(CLIENT_SECRET, sealed).map(Secret::new);
    Ok(row.client_secret.as_ref().map(open).transpose()?)
}

/// Decrypts the token of a source, if it has one.
pub fn token(context: &Context, row: &PaymentSourceRow) -> Result<Option<Secret>, Failure> {
    let open = |sealed: &String| context.vault.open(TOKEN, sealed).map(Secret::new);
    Ok(row.token.as_ref().map(open).transpose()?)
}

/// The order of a source, if the caller may see it, and with it the source.
pub async fn order_of(
    tx: &mut Tx<'_>,
    request: &Request,
    row: &PaymentSourceRow,
) -> Result<Option<OrderRow>, StoreError> {
    let found = query!(tx, orders::get(request.scope(), &word(&row.order_id)?))?;
    Ok(found.filter(|found| order::visible(request, found)))
}

/// Whether the order's total is no longer the payment's amount.
pub fn is_mismatched(row: &PaymentSourceRow, order: &OrderRow) -> bool {
    row.amount_cents != order::total_cents(order) || row.currency_code != order.currency_code
}

/// A source of a kind and its order, if the caller may see the order.
pub async fn visible(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
    kind: &str,
) -> Result<Option<(PaymentSourceRow, OrderRow)>, StoreError> {
    let found = query!(tx, payments::source_and_order(request.scope(), id))?;
    Ok(found.filter(|(row, order)| row.kind == kind && order::visible(request, order)))
}

/// Writes `get`, `page` and `retrieve` of a payment source over its `record` and `KIND`. What is pending is looked for
/// before a single one is shown; `refreshes` says whether the PSP is asked although nothing is pending.
macro_rules! kept_source {
    ($resource:ident, $kind:expr, refreshes: $refreshes:expr) => {
        impl crate::handler::Kept for $resource {
            async fn get(
                tx: &mut tillgate_store::Tx<'_>,
                request: &crate::request::Request,
                id: &tillgate_model::Id,
            ) -> Result<Option<tillgate_model::Record<Self>>, crate::failure::Failure> {
                let found = crate::resources::source::visible(tx, request, id, $kind).await?;
                found
                    .map(|(row, order)| record(&request.context, &row, &order))
                    .transpose()
            }

            async fn page(
                tx: &mut tillgate_store::Tx<'_>,
                request: &crate::request::Request,
                selection: &crate::stored::Selection,
                page: tillgate_model::document::Page,
            ) -> Result<(Vec<tillgate_model::Record<Self>>, i64), crate::failure::Failure> {
                let gateway = [
                    "stripe_gateways",
                    "checkout_com_gateways",
                    "manual_gateways",
                ]
                .iter()
                .find_map(|kind| selection.owner(kind));
                let filter = tillgate_store::PaymentSourceFilter {
                    kind: Some($kind),
                    payment_gateway_id: gateway,
                    ..Default::default()
                };
                let total = tillgate_store::query!(tx, payment_sources::count(request.scope(), filter))?;
                let mut records = Vec::new();
                for row in tillgate_store::query!(tx, payment_sources::page(request.scope(), filter, page))? {
                    if let Some(order) = crate::resources::source::order_of(tx, request, &row).await? {
                        records.push(record(&request.context, &row, &order)?);
                    }
                }
                Ok((records, total))
            }

            async fn retrieve(
                request: &crate::request::Request,
                id: &tillgate_model::Id,
            ) -> Result<Option<tillgate_model::Record<Self>>, crate::failure::Failure> {
                let seen = request
                    .context
                    .db
                    .read(async |tx: &mut tillgate_store::Tx<'_>| {
                        crate::resources::source::visible(tx, request, id, $kind).await
                    })
                    .await?;
                let Some((row, order)) = seen else {
                    return Ok(None);
                };
                if !crate::flows::recover::bring_up_to_date(request, &row, $refreshes).await? {
                    return Ok(Some(record(&request.context, &row, &order)?));
                }
                request
                    .context
                    .db
                    .read(async |tx: &mut tillgate_store::Tx<'_>| Self::get(tx, request, id).await)
                    .await
            }
        }
    };
}
pub(crate) use kept_source;
