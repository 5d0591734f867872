//! `POST /api/wire_transfers`: a source without a PSP. It is there at once, and authorized on demand.

use tillgate_model::{
    Creatable, Id, Record, Updatable,
    request::{CreateRequest, UpdateRequest},
    resources::{PaymentSourceType, WireTransfer},
};
use tillgate_store::Tx;

use super::{
    new_source::{NewSource, lock_payable_order, new_source},
    replace::{Reason, replacing},
};
use crate::{
    call::Answer,
    failure::Failure,
    flows::{details::Details, offer::Choice, source_editor::PaymentSource, update},
    request::Request,
    resources::wire_transfer,
};

impl PaymentSource for WireTransfer {
    async fn create(request: &Request, input: CreateRequest<Self>) -> Result<Answer, Failure> {
        let mut record = Self::from_create(&input.attributes, &input.relationships);
        record.stamp(request.context.new_id(), request.context.now());
        let order_id = record.order.id().clone();
        replacing(request, &order_id, Reason::Replaced, async || {
            let (request, context, record) = (request.clone(), request.context.clone(), record.clone());
            context
                .db
                .write(async move |tx: &mut Tx<'_>| keep(tx, &request, record).await)
                .await
        })
        .await
    }

    async fn update(request: &Request, id: &Id, input: UpdateRequest<Self>) -> Result<Answer, Failure> {
        let (request, context, id) = (request.clone(), request.context.clone(), id.clone());
        context
            .db
            .write(async move |tx: &mut Tx<'_>| {
                let mut case = update::lock::<Self>(tx, &request, &id).await?;
                let before = update::Before::of(&case);
                let mut record = wire_transfer::record(&request.context, &case.source, &case.order)?;
                Self::apply(&mut record, &input.attributes, &input.relationships);
                update::keep_common(&mut case, &record);
                before.refuse_late_change(&request, &case, false)?;
                case.save(tx, &request.context).await?;
                let record = wire_transfer::record(&request.context, &case.source, &case.order)?;
                let answer = request.shown(&record);
                request.finish(tx, &answer).await?;
                Ok(answer)
            })
            .await
    }
}

async fn keep(tx: &mut Tx<'_>, request: &Request, record: Record<WireTransfer>) -> Result<Answer, Failure> {
    let kind = PaymentSourceType::WireTransfers;
    request.claim(tx, Some((kind.into(), record.id.as_str()))).await?;
    let (payable, Choice { gateway, .. }) = lock_payable_order(tx, request, record.order.id(), kind).await?;
    let new = NewSource {
        kind,
        payable,
        gateway: &gateway,
        details: Details::default(),
    };
    let mut case = new_source(request, &record, new)?;
    case.save(tx, &request.context).await?;
    let record = wire_transfer::record(&request.context, &case.source, &case.order)?;
    let answer = request.created(&record);
    request.finish(tx, &answer).await?;
    Ok(answer)
}
