//! `/v1/tokens`: cards on their way from a browser.

use chrono::{DateTime, Datelike, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::call::Call;
use super::cards::{self, TestCard};
use super::error::ApiError;
use super::expand::Expansion;
use super::model::{Card, Token};
use super::params::Params;
use super::render;
use super::store::{Place, Store, find};

/// `POST /v1/tokens`
pub(super) fn create(store: &mut Store, call: &mut Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    Expansion::read(&mut params, "token", "")?;
    let mut fields = params.object("card")?.ok_or_else(|| ApiError::missing("card"))?;
    let card = read_card(&mut fields, call)?;
    fields.finish()?;
    params.finish()?;
    let token = Token {
        id: call.id("tok_"),
        livemode: call.caller.livemode,
        created: call.now,
        card,
        card_id: call.id("card_"),
        used: false,
    };
    let value = render::token(&token);
    store.tokens.put(call.env, &token.id.clone(), token);
    Ok(value)
}

/// `GET /v1/tokens/{id}`
pub(super) fn retrieve(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    Expansion::read(&mut params, "token", "")?;
    params.finish()?;
    Ok(render::token(&find(
        &store.tokens,
        call,
        id,
        Place::Path("token"),
    )?))
}

/// The card behind a token, which is used up. Aliases of test cards can be used any number of times.
pub(super) fn redeem(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    param: &str,
) -> Result<Card, ApiError> {
    if let Some(card) = cards::by_alias(id) {
        return Ok(of_test_card(card, call.now));
    }
    let mut token = find(&store.tokens, call, id, Place::Param(param))?;
    if token.used {
        return Err(
            ApiError::conflict(format!("You cannot use a Stripe token more than once: {id}."))
                .with_code("token_already_used")
                .with_param(param),
        );
    }
    token.used = true;
    let card = token.card.clone();
    store.tokens.put(call.env, id, token);
    Ok(card)
}

/// Reads `number exp_month exp_year cvc …`. Only browsers, which have a publishable key, may send card numbers.
pub(super) fn read_card(fields: &mut Params, call: &mut Call<'_>) -> Result<Card, ApiError> {
    let number: String = fields
        .required("number")?
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .collect();
    if !call.caller.publishable {
        return Err(ApiError::invalid(
            "Sending credit card numbers directly to the Stripe API is generally unsafe. Create the token or the \
             payment method with the publishable key.",
        )
        .with_param(&fields.name("number")));
    }
    let exp_month = fields
        .integer("exp_month")?
        .ok_or_else(|| ApiError::missing(&fields.name("exp_month")))?;
    let exp_year = fields
        .integer("exp_year")?
        .ok_or_else(|| ApiError::missing(&fields.name("exp_year")))?;
    let cvc = fields.text("cvc")?;
    let name = fields.text("name")?;
    let postal_code = fields.text("address_zip")?;
    if !cards::passes_luhn(&number) {
        return Err(
            ApiError::card("incorrect_number", "Your card number is incorrect.").with_param("number"),
        );
    }
    if !(1..=12).contains(&exp_month) {
        return Err(
            ApiError::card("invalid_expiry_month", "Your card's expiration month is invalid.")
                .with_param("exp_month"),
        );
    }
    let exp_year = if (0..100).contains(&exp_year) {
        exp_year + 2000
    } else {
        exp_year
    };
    let this_year = i64::from(call.now.year());
    if exp_year < this_year || exp_year > this_year + 50 {
        return Err(
            ApiError::card("invalid_expiry_year", "Your card's expiration year is invalid.")
                .with_param("exp_year"),
        );
    }
    if exp_year == this_year && exp_month < i64::from(call.now.month()) {
        return Err(
            ApiError::card("invalid_expiry_month", "Your card's expiration month is invalid.")
                .with_param("exp_month"),
        );
    }
    if cvc
        .as_ref()
        .is_some_and(|cvc| !(3..=4).contains(&cvc.len()) || !cvc.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(ApiError::card("invalid_cvc", "Your card's security code is invalid.").with_param("cvc"));
    }
    let known = cards::by_number(&number);
    Ok(Card {
        brand: cards::brand(&number).to_owned(),
        last4: number[number.len() - 4..].to_owned(),
        exp_month: u8::try_from(exp_month).unwrap_or(12),
        exp_year: u16::try_from(exp_year).unwrap_or(u16::MAX),
        funding: known.map_or("unknown", |card| card.funding).to_owned(),
        // The digest of an unknown number could be searched for the number.
        fingerprint: known.map_or_else(|| call.secret(16), |card| fingerprint(card.number)),
        test_number: known.map(|card| card.number.to_owned()),
        cvc_given: cvc.is_some(),
        name,
        postal_code,
    })
}

/// The card of an alias.
pub(super) fn of_test_card(card: &TestCard, now: DateTime<Utc>) -> Card {
    Card {
        brand: cards::brand(card.number).to_owned(),
        last4: card.number[card.number.len() - 4..].to_owned(),
        exp_month: 12,
        exp_year: u16::try_from(now.year() + 1).unwrap_or(u16::MAX),
        funding: card.funding.to_owned(),
        fingerprint: fingerprint(card.number),
        test_number: Some(card.number.to_owned()),
        cvc_given: true,
        name: None,
        postal_code: None,
    }
}

/// Identifies a card: each card has one fingerprint.
fn fingerprint(number: &str) -> String {
    hex::encode(&Sha256::digest(number.as_bytes())[..8])
}
