//! `_customer_payment_source_id`: an order gets a payment source that charges a saved card. This needs no call to the PSP: the
//! attempt to authorize creates the payment in one call.

use tillgate_model::{Id, Problem, Record, problem::Kind};
use tillgate_store::{OrderRow, Tx, query};

use crate::{
    call::ApplicationKind,
    failure::Failure,
    payment::{
        cards::{is_active, is_of, may_use, not_the_customers, saved},
        details::{Details, Display, Terms},
        new_source::{NewSource, lock_payable, new_source},
        offer::{Choice, Offers},
    },
    providers::registry,
    request::Request,
    stored::parse_column,
    wallet::available::{gateway_of, source_kind},
};

const POINTER: &str = "/data/attributes/_customer_payment_source_id";

/// Gives the order a payment source that charges a saved card of its customer.
pub async fn choose(tx: &mut Tx<'_>, request: &Request, order_id: &Id, card_id: &str) -> Result<(), Failure> {
    let scope = request.scope();
    let row = match card_id.parse::<Id>() {
        Ok(card_id) => query!(tx, customer_payment_sources::get(scope, &card_id))?.filter(is_active),
        Err(_) => None,
    };
    let keeper = match row.as_ref().and_then(|row| row.payment_gateway_id.as_ref()) {
        Some(id) => query!(tx, payment_gateways::get(scope, &parse_column(id)?))?,
        None => None,
    };
    // Nothing is offered for a card that can't be charged.
    let kind = keeper.and_then(|gateway| source_kind(*gateway.kind));
    let is_kept = kind.is_some();
    let kind = kind.unwrap_or_default();
    let judge = async |tx: &mut Tx<'_>, order: &OrderRow, offers: Offers| {
        if !may_use(request, order) && request.caller.kind == ApplicationKind::SalesChannel {
            let message = "Only a logged-in customer can use their saved cards.";
            return Err(Problem::new(Kind::Forbidden, message).at(POINTER).into());
        }
        let row = row.filter(|row| is_of(row, order));
        let row = row.ok_or_else(|| not_the_customers(POINTER))?;
        let card = saved(&request.context, &row)?;
        let chosen = gateway_of(&row, order, &offers);
        let gateway_id = row.payment_gateway_id.clone().unwrap_or_default();
        match (card, chosen) {
            (Some(card), Some(choice)) => Ok((row, card, choice)),
            (Some(_), None)
                if is_kept
                    && order.payment_method_id.is_some()
                    && offers.through(order, &gateway_id).is_none() =>
            {
                let refusal = offers.refusal(tx, scope, order, Some(&gateway_id), POINTER);
                Err(refusal.await?.into())
            }
            _ => {
                let message = "can't be charged here: no enabled gateway of the order's market has it";
                Err(Problem::invalid(POINTER, "not_available", message).into())
            }
        }
    };
    let (payable, (row, card, choice)) = lock_payable(tx, request, order_id, kind, judge).await?;
    let Choice { gateway, .. } = choice;
    let details = Details {
        terms: Terms {
            customer_payment_source_id: Some(row.id.clone()),
            connected_account: gateway.connected_account.clone(),
            ..Terms::default()
        },
        display: Display {
            public_key: gateway.public_key.clone(),
            payment_instrument: row
                .payment_instrument
                .as_deref()
                .map(crate::stored::json)
                .transpose()?,
            ..Display::default()
        },
    };
    let new = NewSource {
        kind,
        payable,
        gateway: &gateway,
        details,
    };
    let mut record = Record::unstamped(());
    record.stamp(request.context.new_id(), request.context.now());
    let mut payment = new_source(request, &record, new)?;
    registry::of_source(kind).choose_card(&request.context, &mut payment, &card);
    payment.save(tx, &request.context).await
}
