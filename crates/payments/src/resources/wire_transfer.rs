use tillgate_model::{
    One, Record, ToOne,
    resources::{PaymentSourceType, WireTransfer},
};
use tillgate_store::{AnyOrder, PaymentSourceRow};

use super::source::kept_source;
use crate::{
    context::Context,
    failure::Failure,
    stored::{self, word},
};

/// The source as the API shows it.
pub fn record(
    _: &Context,
    row: &PaymentSourceRow,
    _: &impl AnyOrder,
) -> Result<Record<WireTransfer>, Failure> {
    Ok(stored::record!(
        row,
        WireTransfer {
            payment_instrument: None,
            order: One::to(word(&row.order_id)?),
            payment_gateway: ToOne::to(word(&row.payment_gateway_id)?),
        }
    ))
}

kept_source!(WireTransfer, PaymentSourceType::WireTransfers, refreshes: false);
