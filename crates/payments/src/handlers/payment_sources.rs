//! `GET`, `POST`, `PATCH` and `DELETE` of payment sources of any type.

use std::{collections::HashMap, marker::PhantomData, sync::Arc};

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_model::{
    Creatable, Id, Record, Updatable,
    request::{CreateRequest, Shape},
    resources::{Payment, PaymentSourceType},
};
use tillgate_store::{OrderSummary, PaymentSourceRow, StoreError, Tx, query};

use super::{delete_payment_source, update_payment_source};
use crate::{
    call::Answer,
    engine::{
        execute::{Ending, execute, renewing},
        replace::{Reason, replacing},
        sync,
    },
    failure::Failure,
    handler::{Edit, Kept},
    payment::{access, new_source::lock_payable_order},
    providers::{
        list::for_each_provider,
        operation::Progress,
        sources::{ChangeableSource, CreatableSource, KnownCustomer, SourceResource},
    },
    request::Request,
    wallet,
};

/// [`Edit`] for a payment source that can only be created.
pub struct SourceCreator<R> {
    create: Shape,
    resource: PhantomData<fn() -> R>,
}

impl<R: CreatableSource> SourceCreator<R> {
    /// A creator with its schema compiled.
    pub fn new() -> Self {
        Self {
            create: Shape::create::<R>(),
            resource: PhantomData,
        }
    }
}

impl<R> Edit for SourceCreator<R>
where
    R: CreatableSource,
    <R as Creatable>::Attributes: Send + Sync + 'static,
    <R as Creatable>::Relationships: Send + Sync + 'static,
{
    fn create<'a>(
        &'a self,
        request: &'a Request,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move { create::<R>(request, self.create.read_create::<R>(body)?).await }.boxed_local()
    }
}

/// [`Edit`] for a payment source.
pub struct SourceEditor<R> {
    creator: SourceCreator<R>,
    update: Shape,
}

impl<R: CreatableSource + ChangeableSource> SourceEditor<R> {
    /// An editor with its schemas compiled.
    pub fn new() -> Self {
        Self {
            creator: SourceCreator::new(),
            update: Shape::update::<R>(),
        }
    }
}

impl<R> Edit for SourceEditor<R>
where
    R: Kept + CreatableSource + ChangeableSource,
    <R as Creatable>::Attributes: Send + Sync + 'static,
    <R as Creatable>::Relationships: Send + Sync + 'static,
    <R as Updatable>::Attributes: Send + Sync + 'static,
    <R as Updatable>::Relationships: Send + Sync + 'static,
{
    fn create<'a>(
        &'a self,
        request: &'a Request,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        self.creator.create(request, body)
    }

    fn update<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            let input = self.update.read_update::<R>(body, id)?;
            update_payment_source::update::<R>(request, id, input).await
        }
        .boxed_local()
    }

    fn delete<'a>(&'a self, request: &'a Request, id: &'a Id) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            delete_payment_source::source::<R>(request, id).await?;
            Ok(Answer::new(204, Bytes::new()))
        }
        .boxed_local()
    }
}

async fn create<R>(request: &Request, input: CreateRequest<R>) -> Result<Answer, Failure>
where
    R: CreatableSource,
    <R as Creatable>::Attributes: Send + Sync + 'static,
    <R as Creatable>::Relationships: Send + Sync + 'static,
{
    <R as CreatableSource>::check(&input)?;
    let mut record = R::from_create(&input.attributes, &input.relationships);
    record.stamp(request.context.new_id(), request.context.now());
    let order_id = R::order_id(&record).clone();
    let input = Arc::new(input);
    renewing(async |renews| {
        let is_known = R::known_customer(request, &input, &order_id).await?;
        if is_known != KnownCustomer::NotNeeded {
            let known = wallet::know_customer(request, &order_id, R::SOURCE_TYPE).await;
            match known {
                Err(failure) if is_known == KnownCustomer::IfPossible => tracing::warn!(
                    ?failure,
                    "a card is not saved: the PSP does not know its customer"
                ),
                known => known?,
            }
        }
        let begun = replacing(request, &order_id, Reason::Replaced, async || {
            commit_intent::<R>(request, record.clone(), Arc::clone(&input)).await
        });
        match begun.await? {
            Progress::CallPsp(call) => {
                let ending = ending::<R>(&record.id, R::card_token(&input), renews);
                execute(request, *call, ending).await
            }
            Progress::Done(answer) => Ok(answer),
        }
    })
    .await
}

fn ending<R: CreatableSource>(id: &Id, card_token: Option<String>, renews: bool) -> Ending {
    Ending {
        id: id.clone(),
        answer: |request, payment, _| {
            let record = R::record(&request.context, &payment.source, &payment.order)?;
            Ok(request.created(&record))
        },
        verdict: |payment, _| R::verdict(payment),
        pointers: <R as CreatableSource>::POINTERS,
        is_creation: true,
        card_token,
        renews,
    }
}

async fn commit_intent<R>(
    request: &Request,
    record: Record<R>,
    input: Arc<CreateRequest<R>>,
) -> Result<Progress<Answer>, Failure>
where
    R: CreatableSource,
    <R as Creatable>::Attributes: Send + Sync + 'static,
    <R as Creatable>::Relationships: Send + Sync + 'static,
{
    let (request, context) = (request.clone(), request.context.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            request
                .claim(tx, Some((R::META.kind, record.id.as_str())))
                .await?;
            let order_id = R::order_id(&record);
            let (payable, choice) = lock_payable_order(tx, &request, order_id, R::SOURCE_TYPE).await?;
            let (mut payment, begun) = R::begin(tx, &request, (&record, &input), payable, choice).await?;
            payment.save(tx, &request.context).await?;
            match begun {
                Progress::CallPsp(call) => Ok(Progress::CallPsp(call)),
                Progress::Done(()) => {
                    let record = R::record(&request.context, &payment.source, &payment.order)?;
                    let answer = request.created(&record);
                    request.finish(tx, &answer).await?;
                    Ok(Progress::Done(answer))
                }
            }
        })
        .await
}

/// A source of a kind with its order's summary, if the caller may see the order.
async fn visible(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
    kind: PaymentSourceType,
) -> Result<Option<(PaymentSourceRow, OrderSummary)>, StoreError> {
    let found = query!(tx, payments::source_and_order(request.scope(), id))?;
    Ok(found.filter(|(row, order)| row.kind == kind && access::visible(request, order)))
}

/// The records of sources, with what is shown of their orders.
async fn records<R: SourceResource>(
    tx: &mut Tx<'_>,
    request: &Request,
    rows: Vec<PaymentSourceRow>,
) -> Result<Vec<Record<R>>, Failure> {
    let ids: Vec<String> = rows.iter().map(|row| row.order_id.clone()).collect();
    let orders = query!(tx, payments::summaries_of_orders(request.scope(), &ids))?;
    let orders: HashMap<&str, &OrderSummary> =
        orders.iter().map(|order| (order.id.as_str(), order)).collect();
    rows.iter()
        .filter_map(|row| {
            Some(R::record(
                &request.context,
                row,
                *orders.get(row.order_id.as_str())?,
            ))
        })
        .collect()
}

async fn retrieve<R: Kept + SourceResource>(
    request: &Request,
    id: &Id,
) -> Result<Option<Record<R>>, Failure> {
    let seen = request
        .context
        .db
        .read(async |tx: &mut Tx<'_>| visible(tx, request, id, R::SOURCE_TYPE).await)
        .await?;
    let Some((row, order)) = seen else {
        return Ok(None);
    };
    if !sync::bring_up_to_date(request, &row, R::REFRESHES).await? {
        return Ok(Some(R::record(&request.context, &row, &order)?));
    }
    request
        .context
        .db
        .read(async |tx: &mut Tx<'_>| R::get(tx, request, id).await)
        .await
}

/// Shows payment sources of a type. A single one is synced first if an outcome is pending.
macro_rules! kept_source {
    ($resource:ident) => {
        impl Kept for $resource {
            type Row = PaymentSourceRow;

            async fn get(
                tx: &mut Tx<'_>,
                request: &Request,
                id: &Id,
            ) -> Result<Option<Record<Self>>, Failure> {
                let found = visible(tx, request, id, Self::SOURCE_TYPE).await?;
                found
                    .map(|(row, order)| Self::record(&request.context, &row, &order))
                    .transpose()
            }

            async fn records(
                tx: &mut Tx<'_>,
                request: &Request,
                rows: Vec<PaymentSourceRow>,
            ) -> Result<Vec<Record<Self>>, Failure> {
                records(tx, request, rows).await
            }

            async fn retrieve(request: &Request, id: &Id) -> Result<Option<Record<Self>>, Failure> {
                retrieve::<Self>(request, id).await
            }
        }
    };
}
macro_rules! kept_sources {
    ($($module:ident: $gateway_type:ident $gateway:ident, $source_type:ident $source:ident;)*) => {
        $(
            use tillgate_model::resources::$source;
            kept_source!($source);
        )*
    };
}
for_each_provider!(kept_sources);
kept_source!(Payment);
