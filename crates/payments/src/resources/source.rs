//! What the payment sources of all kinds share: one table, encrypted tokens, and the sight of them.

use std::collections::HashMap;

use tillgate_model::{Id, Resource, Secret, document::Page, resources::PaymentSourceType};
use tillgate_store::{
    AnyOrder, OrderSummary, PaymentSourceFilter, PaymentSourceRow, StoreError, Tx, queries, query,
};

use super::order;
use crate::{context::Context, failure::Failure, request::Request, stored::Selection};

/// A resource that shows payment sources of one type.
pub trait SourceResource: Resource {
    /// The type.
    const SOURCE_TYPE: PaymentSourceType;
}

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

/// Whether the order's total is no longer the payment's amount.
pub fn is_mismatched(row: &PaymentSourceRow, order: &impl AnyOrder) -> bool {
    row.amount_cents != order.total_cents() || row.currency_code != order.currency_code()
}

/// A source of a kind and its order's summary, if the caller may see the order.
pub async fn visible(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
    kind: PaymentSourceType,
) -> Result<Option<(PaymentSourceRow, OrderSummary)>, StoreError> {
    let found = query!(tx, payments::source_and_order(request.scope(), id))?;
    Ok(found.filter(|(row, order)| row.kind == kind && order::visible(request, order)))
}

/// A page of the sources of a kind, as far as the caller may see their orders, and how many there are.
pub async fn page(
    tx: &mut Tx<'_>,
    request: &Request,
    selection: &Selection,
    page: Page,
    kind: PaymentSourceType,
) -> Result<(Vec<(PaymentSourceRow, OrderSummary)>, i64), StoreError> {
    let gateway = ["stripe_gateways", "checkout_com_gateways", "manual_gateways"]
        .iter()
        .find_map(|kind| selection.owner(kind));
    let filter = PaymentSourceFilter {
        kind: Some(kind.into()),
        payment_gateway_id: gateway,
        ..Default::default()
    };
    let scope = request.scope();
    let (total, rows) = queries!(
        tx,
        payment_sources::count(scope, filter),
        payment_sources::page(scope, filter, page),
    )?;
    let ids: Vec<String> = rows.iter().map(|row| row.order_id.clone()).collect();
    let orders = query!(tx, payments::summaries_of_orders(scope, &ids))?;
    let orders: HashMap<String, OrderSummary> = orders
        .into_iter()
        .filter(|order| order::visible(request, order))
        .map(|order| (order.id.clone(), order))
        .collect();
    let seen = rows.into_iter().filter_map(|row| {
        let order = orders.get(&row.order_id)?.clone();
        Some((row, order))
    });
    Ok((seen.collect(), total))
}

/// Writes `get`, `page` and `retrieve` of a payment source over its `record`. What is pending is looked for
/// before a single one is shown; `refreshes` says whether the PSP is asked although nothing is pending.
macro_rules! kept_source {
    ($resource:ident, $kind:expr, refreshes: $refreshes:expr) => {
        impl crate::resources::source::SourceResource for $resource {
            const SOURCE_TYPE: tillgate_model::resources::PaymentSourceType = $kind;
        }

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
                let (seen, total) =
                    crate::resources::source::page(tx, request, selection, page, $kind).await?;
                let records = seen
                    .iter()
                    .map(|(row, order)| record(&request.context, row, order));
                Ok((records.collect::<Result<_, _>>()?, total))
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
