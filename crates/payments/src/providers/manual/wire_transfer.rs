//! Wire transfers: a source that exists at once, and is authorized on demand.

use tillgate_model::{
    Id, One, Record, ToOne, Updatable as _,
    request::{CreateRequest, UpdateRequest},
    resources::{PaymentSourceType, WireTransfer},
};
use tillgate_store::{AnyOrder, PaymentSourceRow, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{
        details::Details,
        locked::LockedPayment,
        new_source::{NewSource, Payable, new_source},
        offer::Choice,
    },
    providers::{
        operation::Progress,
        sources::{
            Before, ChangeableSource, CreatableSource, Pointers, SourceResource, Triggers, keep_common,
        },
    },
    request::Request,
    stored::{self, parse_column},
};

impl SourceResource for WireTransfer {
    const SOURCE_TYPE: PaymentSourceType = PaymentSourceType::WireTransfers;

    fn record(_: &Context, row: &PaymentSourceRow, _: &impl AnyOrder) -> Result<Record<Self>, Failure> {
        Ok(stored::record!(
            row,
            WireTransfer {
                payment_instrument: None,
                order: One::to(parse_column(&row.order_id)?),
                payment_gateway: ToOne::to(parse_column(&row.payment_gateway_id)?),
            }
        ))
    }
}

impl CreatableSource for WireTransfer {
    const POINTERS: Pointers = &[];

    fn order_id(record: &Record<Self>) -> &Id {
        record.order.id()
    }

    async fn begin(
        _: &mut Tx<'_>,
        request: &Request,
        (record, _): (&Record<Self>, &CreateRequest<Self>),
        payable: Payable,
        choice: Choice,
    ) -> Result<(LockedPayment, Progress<()>), Failure> {
        let new = NewSource {
            kind: Self::SOURCE_TYPE,
            payable,
            gateway: &choice.gateway,
            details: Details::default(),
        };
        Ok((new_source(request, record, new)?, Progress::Done(())))
    }
}

impl ChangeableSource for WireTransfer {
    const POINTERS: Pointers = &[];

    async fn change(
        _: &mut Tx<'_>,
        request: &Request,
        payment: &mut LockedPayment,
        input: &UpdateRequest<Self>,
    ) -> Result<Triggers, Failure> {
        let before = Before::of(payment);
        let mut record = Self::record(&request.context, &payment.source, &payment.order)?;
        Self::apply(&mut record, &input.attributes, &input.relationships);
        keep_common(payment, &record);
        before.refuse_late_change(request, payment, false)?;
        Ok(Triggers::default())
    }
}
