//! Saves the card of a successful payment. The PSP has stored it by then; this commit records its owner.

use tillgate_gateways::Reuse;
use tillgate_store::{CardState, CustomerPaymentSourceRow, Tx, query};

use crate::{
    context::Context,
    failure::Failure,
    payment::{
        cards::{hash_token, is_psp_customer, seal_token},
        details::{Display, Terms},
        locked::LockedPayment,
    },
    providers::{SavedInstruments, registry},
    stored::{stored_json, stored_time},
};

/// The PSP's id of a payment's instrument.
pub fn token_of(terms: &Terms) -> Option<&str> {
    let payment_method = terms.payment_method.as_ref();
    let of_method = payment_method.and_then(|method| method.0.get("id")?.as_str());
    terms.source_id.as_deref().or(of_method)
}

/// The PSP's id of a payment's instrument, if it can be charged again.
pub fn reusable_token(terms: &Terms) -> Option<&str> {
    token_of(terms).filter(|_| terms.reuse == Reuse::Yes && terms.customer_token.is_some())
}

/// A readable name of the card: `Visa ****4242`.
pub fn display_name(display: &Display) -> Option<String> {
    let card = display.payment_instrument.as_ref()?;
    let text = |name: &str| card.0.get(name)?.as_str();
    let brand = text("card_type")?;
    let mut letters = brand.chars();
    let first = letters.next()?.to_uppercase();
    Some(format!(
        "{first}{} ****{}",
        letters.as_str(),
        text("card_last_digits")?
    ))
}

/// Saves the card of the payment for the order's customer, unless it is saved already. This happens once for each payment: a card
/// that its customer removes later does not come back with the payment's next snapshot.
pub async fn keep(tx: &mut Tx<'_>, context: &Context, payment: &mut LockedPayment) -> Result<(), Failure> {
    let (Some(customer_id), Some(token)) =
        (payment.order.customer_id.clone(), reusable_token(&payment.terms))
    else {
        tracing::info!(
            source = payment.source.id,
            "the PSP does not save the payment's instrument"
        );
        return Ok(());
    };
    let hash = hash_token(context, token);
    let gateway_id = &payment.source.payment_gateway_id;
    let saved = registry::of_source(*payment.source.kind)
        .capabilities()
        .saved_instruments;
    let keeper = payment.terms.customer_token.as_deref().unwrap_or_default();
    if saved == SavedInstruments::OfCustomers
        && !is_psp_customer(tx, &payment.scope, &payment.order, gateway_id, keeper).await?
    {
        tracing::warn!(
            source = payment.source.id,
            "the PSP saves the payment's instrument for another customer than the order's"
        );
        return Ok(());
    }
    match query!(tx, wallet::by_token(&payment.scope, gateway_id, &hash))? {
        Some(known) if known.customer_id != customer_id => tracing::warn!(
            source = payment.source.id,
            "the payment's instrument is already saved for another customer"
        ),
        Some(_) => {}
        None => {
            let customer_token = payment.terms.customer_token.clone();
            let row = CustomerPaymentSourceRow {
                customer_token,
                ..new_card(context, payment, customer_id, token)
            };
            query!(tx, customer_payment_sources::insert(&row))?;
        }
    }
    payment.terms.saves_for = None;
    Ok(())
}

/// A new card from the payment. It can be used at once.
pub fn new_card(
    context: &Context,
    payment: &LockedPayment,
    customer_id: String,
    token: &str,
) -> CustomerPaymentSourceRow {
    let now = stored_time(context.now());
    CustomerPaymentSourceRow {
        organization_id: payment.scope.organization_id().to_string(),
        test: payment.scope.test(),
        id: context.new_id().to_string(),
        created_at: now,
        updated_at: now,
        reference: None,
        reference_origin: None,
        metadata: "{}".into(),
        customer_id,
        payment_gateway_id: Some(payment.source.payment_gateway_id.clone()),
        // The order's payment method does not limit the use of the card.
        payment_method_id: None,
        payment_source_type: Some(payment.source.kind),
        payment_source_id: Some(payment.source.id.clone()),
        name: display_name(&payment.display),
        customer_token: None,
        token: Some(seal_token(context, token)),
        token_hash: Some(hash_token(context, token)),
        payment_instrument: payment.display.payment_instrument.as_ref().map(stored_json),
        first_psp_id: payment.source.psp_id.clone(),
        state: CardState::Active,
        request: None,
        attempts: 0,
        next_attempt_at: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tillgate_model::JsonObject;

    use super::*;

    fn terms(members: serde_json::Value) -> Terms {
        serde_json::from_value(members).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn only_what_the_psp_keeps_for_a_customer_is_saved() {
        let stripe = json!({
            "payment_method": {"id": "pm_A"}, "reuse": "yes", "customer_token": "cus_B"
        });
        assert_eq!(reusable_token(&terms(stripe.clone())), Some("pm_A"));
        let checkout_com = json!({"source_id": "src_A", "reuse": "yes", "customer_token": "cus_B"});
        assert_eq!(reusable_token(&terms(checkout_com)), Some("src_A"));
        for (member, value) in [
            ("reuse", json!("no")),
            ("reuse", json!("once_attached")),
            ("customer_token", json!(null)),
            ("payment_method", json!(null)),
        ] {
            let mut other = stripe.clone();
            other[member] = value;
            assert_eq!(reusable_token(&terms(other)), None, "{member}");
        }
    }

    #[test]
    fn a_card_has_a_name_that_people_know_it_by() {
        let named = |card: serde_json::Value| {
            let members = card.as_object().cloned().unwrap_or_default();
            display_name(&Display {
                payment_instrument: Some(JsonObject(members)),
                ..Display::default()
            })
        };
        let visa = json!({"card_type": "visa", "card_last_digits": "4242"});
        assert_eq!(named(visa).as_deref(), Some("Visa ****4242"));
        assert_eq!(named(json!({"card_type": "", "card_last_digits": "4242"})), None);
        assert_eq!(named(json!({"card_type": "visa"})), None);
        assert_eq!(display_name(&Display::default()), None);
    }
}
