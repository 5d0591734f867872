//! `_save_payment_source_to_customer_wallet`: the card of an authorized payment is saved at once, the card of another one as soon
//! as it is authorized.

use tillgate_gateways::Reuse;
use tillgate_model::{Id, Problem};
use tillgate_store::{OrderRow, PaymentGatewayRow, PaymentSourceRow, SourceState, Tx, query};

use crate::{
    failure::Failure,
    payment::{
        cards::{hash_token, may_save, psp_customer},
        details::Details,
        locked::{LockedPayment, gateway_of},
        rules,
        state::SourceStateRules as _,
    },
    providers::{Charge, SavedInstruments, operation::Progress, registry},
    request::Request,
    stored::{json, parse_column},
    wallet::{
        ensure_customer,
        keep::{keep, token_of},
    },
};

const POINTER: &str = "/data/attributes/_save_payment_source_to_customer_wallet";

/// Makes sure that the PSP knows the customer that it will keep the card for, before the order is locked. Other obstacles are
/// reported later, under the lock.
pub async fn prepare(request: &Request, order_id: &Id) -> Result<(), Failure> {
    let (context, scope) = (&request.context, request.scope());
    let found: Option<(OrderRow, PaymentSourceRow, PaymentGatewayRow)> = context
        .db
        .read(async |tx: &mut Tx<'_>| {
            let order = query!(tx, orders::get(scope, order_id))?;
            let source = query!(tx, payments::source_of_order(scope, order_id))?;
            let (Some(order), Some(source)) = (order, source) else {
                return Ok::<_, Failure>(None);
            };
            let gateway_id = parse_column(&source.payment_gateway_id)?;
            let gateway = query!(tx, payment_gateways::get(scope, &gateway_id))?;
            Ok(gateway.map(|gateway| (order, source, gateway)))
        })
        .await?;
    let Some((order, source, gateway)) = found.filter(|(order, ..)| may_save(request, order)) else {
        return Ok(());
    };
    let details: Details = json(&source.details)?;
    let is_open = source.state.takes_attempt() && source.psp_id.is_some();
    let needed = match details.terms.reuse {
        _ if details.terms.buyer_changed => false,
        Reuse::Yes => false,
        Reuse::OnceAttached => true,
        Reuse::No => is_open,
    };
    match &order.customer_id {
        Some(customer_id) if needed && saved_instruments(&source) == SavedInstruments::OfCustomers => {
            ensure_customer(context, scope, customer_id, &gateway).await
        }
        _ => Ok(()),
    }
}

fn saved_instruments(source: &PaymentSourceRow) -> SavedInstruments {
    registry::of_source(*source.kind).capabilities().saved_instruments
}

/// Saves the card of the payment, or arranges that its success will save it.
pub async fn save(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
) -> Result<Option<Progress>, Failure> {
    let context = &request.context;
    if payment.order.customer_id.is_none() {
        let message = "can't be done: the order has no customer";
        return Err(Problem::invalid(POINTER, "blank", message).into());
    }
    // This check comes first: whether a card is saved is confidential.
    if !may_save(request, &payment.order) {
        let message = "can't be done: only the merchant and the order's logged-in customer may save cards";
        return Err(Problem::invalid(POINTER, "not_owned", message).into());
    }
    if saved_instruments(&payment.source) == SavedInstruments::Unsupported {
        let message = "can't be done: a wire transfer has no card to save";
        return Err(Problem::invalid(POINTER, "not_supported", message).into());
    }
    if payment.terms.buyer_changed {
        let message =
            "can't be done: the payment source was made for another buyer of the order. Create a new one";
        return Err(Problem::invalid(POINTER, "not_owned", message).into());
    }
    if payment.terms.customer_payment_source_id.is_some() || is_known(tx, request, payment).await? {
        return Ok(None);
    }
    match payment.source.state {
        SourceState::Authorized | SourceState::Captured => {
            if payment.terms.reuse != Reuse::Yes {
                let message = "can't be done: the card was for this payment only. Send this before the payment is \
                               authorized, or make it with options.setup_future_usage";
                return Err(Problem::invalid(POINTER, "not_available", message).into());
            }
            keep(tx, context, payment).await?;
            Ok(None)
        }
        SourceState::Canceled => {
            let message = "can't be done: the payment is canceled";
            Err(Problem::invalid(POINTER, "state", message)
                .meta("state", payment.source.state.to_string())
                .into())
        }
        _ => wish(tx, request, payment).await,
    }
}

/// Whether the card is in the wallet already, or about to be.
async fn is_known(tx: &mut Tx<'_>, request: &Request, payment: &LockedPayment) -> Result<bool, Failure> {
    let Some(token) = token_of(&payment.terms) else {
        return Ok(false);
    };
    let hash = hash_token(&request.context, token);
    let known = query!(
        tx,
        wallet::by_token(&payment.scope, &payment.source.payment_gateway_id, &hash)
    )?;
    Ok(known.is_some_and(|known| Some(&known.customer_id) == payment.order.customer_id.as_ref()))
}

/// Arranges that the payment's success saves the card. Stripe only keeps a card if the payment requests it before it is
/// confirmed.
async fn wish(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
) -> Result<Option<Progress>, Failure> {
    payment.terms.saves_for.clone_from(&payment.order.customer_id);
    let is_told = payment.terms.reuse == Reuse::Yes || payment.terms.psp_customer.is_some();
    if saved_instruments(&payment.source) != SavedInstruments::OfCustomers || is_told {
        return Ok(None);
    }
    let gateway_id = payment.source.payment_gateway_id.clone();
    payment.terms.psp_customer = psp_customer(tx, &payment.scope, &payment.order, &gateway_id).await?;
    if payment.source.psp_id.is_none() {
        return Ok(None);
    }
    rules::refuse_open_call(&payment.source)?;
    if !payment.source.state.takes_attempt() || payment.terms.psp_customer.is_none() {
        let message = format!("can't be done while the payment is {}", payment.source.state);
        return Err(Problem::invalid(POINTER, "state", message)
            .meta("state", payment.source.state.to_string())
            .into());
    }
    let amount = payment.source.amount_cents;
    let Some(later) = registry::of_source(*payment.source.kind).confirmed_later() else {
        return Ok(None);
    };
    let gateway = gateway_of(tx, payment).await?;
    let charge = Charge {
        gateway: &gateway,
        card: None,
    };
    let call = later
        .update(tx, &request.context, payment, charge, (amount, None))
        .await?;
    Ok(Some(Progress::CallPsp(Box::new(call))))
}
