//! Card tokens: `POST /tokens` and `GET /tokens/{id}/metadata`.

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::card::Card;
use super::{Call, CheckoutCom, render, test_cards};
use crate::env::Env;

/// Checkout.com docs: a token is valid for 15 minutes.
const VALID_MINUTES: i64 = 15;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Token {
    pub live: bool,
    pub card: Card,
    pub expires_on: DateTime<Utc>,
    pub used: bool,
}

impl CheckoutCom {
    pub(super) fn create_token(&mut self, env: &mut Env, call: &Call) -> Outcome {
        match call.fields.text("type", "token_type_invalid")? {
            Some("card") => {}
            Some(_) => return Err(Refusal::invalid("token_type_invalid")),
            None => return Err(Refusal::invalid("token_type_required")),
        }
        let card = Card::of_fields(&call.fields, call.now)?;
        let expires_on = call.now + TimeDelta::minutes(VALID_MINUTES);
        let id = Self::new_id(env, "tok_");
        let mut body = json!({ "type": "card", "token": id, "expires_on": render::time(expires_on) });
        if let (Value::Object(body), Value::Object(card)) = (&mut body, card.render()) {
            body.extend(card);
        }
        self.tokens.put(
            env,
            &id,
            Token {
                live: call.mode.live,
                card,
                expires_on,
                used: false,
            },
        );
        Ok(Answer::json(StatusCode::CREATED, body))
    }

    /// The known data of a token's card, also after its use.
    pub(super) fn token_metadata(&self, call: &Call, id: &str) -> Outcome {
        let made = self.tokens.get(id).filter(|token| token.live == call.mode.live);
        let card = match made {
            Some(token) => token.card.clone(),
            None => self.test_card(call, id).ok_or_else(Refusal::not_found)?,
        };
        Ok(Answer::json(StatusCode::OK, card.render()))
    }

    /// The card of a token that can still be charged.
    pub(super) fn card_of_token(&self, call: &Call, id: &str) -> Result<Card, Refusal> {
        if let Some(card) = self.test_card(call, id) {
            return Ok(card);
        }
        match self.tokens.get(id).filter(|token| token.live == call.mode.live) {
            None => Err(Refusal::invalid("token_invalid")),
            Some(token) if token.used => Err(Refusal::invalid("token_used")),
            Some(token) if token.expires_on <= call.now => Err(Refusal::invalid("token_expired")),
            Some(token) => Ok(token.card.clone()),
        }
    }

    /// A reusable test token's card; test keys only.
    fn test_card(&self, call: &Call, id: &str) -> Option<Card> {
        (!call.mode.live).then(|| test_cards::card_of_token(id)).flatten()
    }

    /// Marks a token as used: it is charged once. Reusable test tokens stay.
    pub(super) fn use_up_token(&mut self, env: &mut Env, id: &str) {
        if let Some(token) = self.tokens.get(id).cloned() {
            self.tokens.put(env, id, Token { used: true, ..token });
        }
    }
}
