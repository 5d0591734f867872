//! Instruments: cards that are saved for later payments, `src_…`.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::auth::Mode;
use super::card::Card;
use super::customers::CustomerInput;
use super::{Call, CheckoutCom};
use crate::env::Env;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Instrument {
    pub id: String,
    pub live: bool,
    pub customer_id: String,
    pub card: Card,
}

impl Instrument {
    pub fn render(&self) -> Value {
        let mut body = json!({ "id": self.id, "type": "card", "fingerprint": self.card.fingerprint() });
        if let (Value::Object(body), Value::Object(card)) = (&mut body, self.card.render()) {
            body.extend(card);
        }
        body
    }
}

impl CheckoutCom {
    pub(super) fn create_instrument(&mut self, env: &mut Env, call: &Call) -> Outcome {
        match call.fields.text("type", "instrument_type_invalid")? {
            Some("token") => {}
            Some(_) => return Err(Refusal::invalid("instrument_type_invalid")),
            None => return Err(Refusal::invalid("instrument_type_required")),
        }
        let token = call.fields.text("token", "token_invalid")?;
        let token = token.ok_or_else(|| Refusal::invalid("token_required"))?;
        let input = CustomerInput::of_member(&call.fields)?;
        self.check_customer(call.mode, &input)?;
        let card = self.card_of_token(call, token)?;
        self.use_up_token(env, token);
        let customer_id = self.customer_for(env, call.mode, &input);
        let id = self.keep_card(env, call.mode, card, &customer_id);
        if input.default == Some(true) {
            self.set_default(env, &customer_id, Some(&id));
        }
        self.instrument_answer(StatusCode::CREATED, call.mode, &id)
    }

    pub(super) fn get_instrument(&self, call: &Call, id: &str) -> Outcome {
        self.instrument_answer(StatusCode::OK, call.mode, id)
    }

    pub(super) fn update_instrument(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        let mut instrument = self
            .instrument(call.mode, id)
            .ok_or_else(Refusal::not_found)?
            .clone();
        let input = CustomerInput::of_member(&call.fields)?;
        self.check_customer(call.mode, &input)?;
        instrument.card.update(&call.fields, call.now)?;
        let moved = input
            .id
            .as_ref()
            .is_some_and(|owner| *owner != instrument.customer_id);
        if let (true, Some(owner)) = (moved, &input.id) {
            self.take_instrument(env, &instrument);
            instrument.customer_id.clone_from(owner);
        }
        let (fingerprint, owner) = (instrument.card.fingerprint(), instrument.customer_id.clone());
        self.instruments.put(env, id, instrument);
        if moved {
            self.give_instrument(env, &owner, id);
        }
        if input.default == Some(true) {
            self.set_default(env, &owner, Some(id));
        }
        Ok(Answer::json(
            StatusCode::OK,
            json!({ "type": "card", "fingerprint": fingerprint }),
        ))
    }

    pub(super) fn delete_instrument(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        let instrument = self
            .instrument(call.mode, id)
            .ok_or_else(Refusal::not_found)?
            .clone();
        self.take_instrument(env, &instrument);
        self.instruments.remove(env, id);
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    fn instrument_answer(&self, status: StatusCode, mode: Mode, id: &str) -> Outcome {
        let instrument = self.instrument(mode, id).ok_or_else(Refusal::not_found)?;
        let mut body = instrument.render();
        if let Some(owner) = self.customers.get(&instrument.customer_id) {
            let is_default = owner.default.as_deref() == Some(id);
            body["customer"] =
                json!({ "id": owner.id, "email": owner.email, "name": owner.name, "default": is_default });
        }
        Ok(Answer::json(status, body))
    }

    pub(super) fn instrument(&self, mode: Mode, id: &str) -> Option<&Instrument> {
        self.instruments
            .get(id)
            .filter(|instrument| instrument.live == mode.live)
    }

    pub(super) fn instruments_of(&self, customer_id: &str) -> impl Iterator<Item = &Instrument> {
        let ids = self
            .instruments_by_customer
            .get(customer_id)
            .map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| self.instruments.get(id))
    }

    /// Saves a card as an instrument; a customer's first one becomes their default. Returns its id.
    pub(super) fn keep_card(&mut self, env: &mut Env, mode: Mode, card: Card, customer_id: &str) -> String {
        let id = Self::new_id(env, "src_");
        let owner = customer_id.to_owned();
        let instrument = Instrument {
            id: id.clone(),
            live: mode.live,
            customer_id: owner,
            card,
        };
        self.instruments.put(env, &id, instrument);
        self.give_instrument(env, customer_id, &id);
        id
    }

    fn give_instrument(&mut self, env: &mut Env, owner: &str, id: &str) {
        self.instruments_by_customer
            .entry(owner.to_owned())
            .or_default()
            .push(id.to_owned());
        if self
            .customers
            .get(owner)
            .is_some_and(|customer| customer.default.is_none())
        {
            self.set_default(env, owner, Some(id));
        }
    }

    /// Removes the instrument from its owner, whose next one becomes the default if this one was.
    fn take_instrument(&mut self, env: &mut Env, instrument: &Instrument) {
        let owner = &instrument.customer_id;
        let Some(ids) = self.instruments_by_customer.get_mut(owner) else {
            return;
        };
        ids.retain(|id| *id != instrument.id);
        let next = ids.first().cloned();
        if self
            .customers
            .get(owner)
            .is_some_and(|customer| customer.default.as_ref() == Some(&instrument.id))
        {
            self.set_default(env, owner, next.as_deref());
        }
    }

    fn set_default(&mut self, env: &mut Env, customer_id: &str, instrument_id: Option<&str>) {
        if let Some(mut customer) = self.customers.get(customer_id).cloned() {
            customer.default = instrument_id.map(str::to_owned);
            self.put_customer(env, customer);
        }
    }
}
