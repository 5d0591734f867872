//! The instrument of a payment. A saved instrument must belong to the order's customer at the PSP.

use tillgate_gateways::Instrument;
use tillgate_model::{Problem, resources::CheckoutComPaymentType};
use tillgate_store::{OrderRow, Tx, query};

use crate::{failure::Failure, payment::cards, request::Request};

/// The instrument of an order's Checkout.com payment through a gateway.
pub async fn instrument_of(
    tx: &mut Tx<'_>,
    request: &Request,
    (order, gateway_id): (&OrderRow, &str),
    payment_type: CheckoutComPaymentType,
    token: &str,
) -> Result<(Instrument, Option<String>), Failure> {
    let pointer = "/data/attributes/token";
    let wanted = match payment_type {
        CheckoutComPaymentType::Token => "tok_",
        CheckoutComPaymentType::Id => "src_",
        CheckoutComPaymentType::Customer => "cus_",
    };
    let plain = token
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if !token.starts_with(wanted) || !plain {
        let message = format!("must begin with {wanted} for this payment_type");
        return Err(Problem::invalid(pointer, "invalid", message).into());
    }
    if payment_type == CheckoutComPaymentType::Token {
        return Ok((Instrument::Token(token.to_owned()), None));
    }
    if payment_type == CheckoutComPaymentType::Id {
        let card = cards::own_card(tx, request, order, gateway_id, token, pointer).await?;
        let instrument = Instrument::Saved {
            id: card.token,
            customer: card.customer_token.clone(),
        };
        return Ok((instrument, card.customer_token));
    }
    // Checkout.com may then charge an instrument that a guest with the same address has paid with.
    let is_merchant = request.caller.buyer().is_none();
    let scope = request.scope();
    if is_merchant
        && cards::is_psp_customer(tx, scope, order, gateway_id, token).await?
        && !is_shared(tx, request, order, gateway_id, token).await?
    {
        Ok((Instrument::Customer(token.to_owned()), None))
    } else {
        Err(cards::not_the_customers(pointer).into())
    }
}

/// Whether another customer of ours has a card with the same customer at Checkout.com, which identifies customers by address: an
/// address that one customer gave up may now be another customer's.
async fn is_shared(
    tx: &mut Tx<'_>,
    request: &Request,
    order: &OrderRow,
    gateway_id: &str,
    psp_customer: &str,
) -> Result<bool, Failure> {
    let owners = query!(
        tx,
        wallet::owners_of_customer_token(request.scope(), gateway_id, psp_customer)
    )?;
    Ok(owners
        .iter()
        .any(|owner| Some(owner) != order.customer_id.as_ref()))
}
