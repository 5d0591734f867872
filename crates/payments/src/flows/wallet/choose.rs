//! `_customer_payment_source_id`: an order gets a payment source that charges a saved card. No PSP is asked for that: the
//! payment is made by the attempt to authorize it, in one call.

use tillgate_model::{
    Id, Problem, Record, Resource,
    problem::Kind,
    resources::{CheckoutComPaymentType, StripePayment},
};
use tillgate_store::{PaymentGatewayRow, Tx, query};

use super::{available::fits, available::source_kind, is_active, is_of, may_use, not_the_customers, saved};
use crate::{
    call::ApplicationKind,
    failure::Failure,
    flows::{
        create::{NewSource, lock_payable, new_source},
        details::Details,
    },
    request::Request,
    resources::source::seal_token,
    stored::word,
};

const POINTER: &str = "/data/attributes/_customer_payment_source_id";

/// Gives the order a payment source that charges a saved card of its customer.
pub async fn choose(tx: &mut Tx<'_>, request: &Request, order_id: &Id, card_id: &str) -> Result<(), Failure> {
    let scope = request.scope();
    let unknown = || not_the_customers(POINTER);
    let card_id: Id = card_id.parse().map_err(|_| unknown())?;
    let row = query!(tx, customer_payment_sources::get(scope, &card_id))?.filter(is_active);
    let (order, ledger) = lock_payable(tx, request, order_id).await?;
    if !may_use(request, &order) && request.caller.kind == ApplicationKind::SalesChannel {
        let message = "Only a customer who has logged in uses what they have saved.";
        return Err(Problem::new(Kind::Forbidden, message).at(POINTER).into());
    }
    let row = row.filter(|row| is_of(row, &order)).ok_or_else(unknown)?;
    let not_here = || {
        let message = "can't be charged here: no enabled gateway of the order's market keeps it";
        Problem::invalid(POINTER, "not_available", message)
    };
    let gateway_id: Id = word(row.payment_gateway_id.as_ref().ok_or_else(not_here)?)?;
    let gateway: PaymentGatewayRow =
        query!(tx, payment_gateways::get(scope, &gateway_id))?.ok_or_else(not_here)?;
    let methods = query!(tx, payments::payment_methods_of_market(scope, &order.market_id))?;
    let kind = source_kind(&gateway.kind).ok_or_else(not_here)?;
    let card = saved(&request.context, &row)?.ok_or_else(not_here)?;
    if !fits(&row, &gateway, &methods) {
        return Err(not_here().into());
    }
    let is_stripe = kind == StripePayment::META.kind;
    let details = Details {
        customer_payment_source_id: Some(row.id.clone()),
        payment_type: CheckoutComPaymentType::Id,
        public_key: gateway.public_key.clone(),
        connected_account: gateway.connected_account.clone(),
        payment_instrument: row
            .payment_instrument
            .as_deref()
            .map(crate::stored::json)
            .transpose()?,
        ..Details::default()
    };
    let new = NewSource {
        kind,
        order,
        ledger,
        gateway: &gateway,
        details,
    };
    let mut record = Record::unstamped(());
    record.stamp(request.context.new_id(), request.context.now());
    let mut case = new_source(request, &record, new)?;
    if !is_stripe {
        let token = tillgate_model::Secret::new(card.token);
        case.source.token = Some(seal_token(&request.context, &token));
    }
    case.save(tx, &request.context).await
}
