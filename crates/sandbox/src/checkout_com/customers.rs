//! Customers: `POST /customers`, and `GET`, `PATCH`, `DELETE` by id (`GET` also by e-mail address).

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::auth::Mode;
use super::fields::Fields;
use super::ids::is_id;
use super::{Call, CheckoutCom};
use crate::env::Env;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Customer {
    pub id: String,
    pub live: bool,
    pub email: Option<String>,
    pub name: Option<String>,
    pub phone: Option<Fields>,
    pub metadata: Map<String, Value>,
    /// The instrument that a payment with source type `customer` charges.
    pub default: Option<String>,
}

/// The `customer` member of payment and instrument requests.
#[derive(Debug, Clone, Default)]
pub(super) struct CustomerInput {
    pub id: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub default: Option<bool>,
}

impl CustomerInput {
    pub fn of_member(fields: &Fields) -> Result<Self, Refusal> {
        let Some(customer) = fields.object("customer", "customer_invalid")? else {
            return Ok(Self::default());
        };
        let id = customer.text("id", "customer_id_invalid")?;
        if id.is_some_and(|id| !is_id(id, "cus_")) {
            return Err(Refusal::invalid("customer_id_invalid"));
        }
        Ok(Self {
            id: id.map(str::to_owned),
            email: read_email(&customer)?,
            name: customer.text_up_to("name", 255, "customer_name_invalid")?,
            default: customer.boolean("default", "customer_default_invalid")?,
        })
    }
}

fn read_email(fields: &Fields) -> Result<Option<String>, Refusal> {
    let email = fields.text_up_to("email", 255, "customer_email_invalid")?;
    match email.as_deref().map(|email| email.split_once('@')) {
        None => Ok(None),
        Some(Some((user, host))) if !user.is_empty() && !host.is_empty() => Ok(email),
        Some(_) => Err(Refusal::invalid("customer_email_invalid")),
    }
}

impl CheckoutCom {
    pub(super) fn create_customer(&mut self, env: &mut Env, call: &Call) -> Outcome {
        let email = read_email(&call.fields)?;
        let email = email.ok_or_else(|| Refusal::invalid("customer_email_required"))?;
        if self.customer_by_email(call.mode, &email).is_some() {
            return Err(Refusal::invalid("customer_email_already_exists"));
        }
        let customer = Customer {
            id: CheckoutCom::new_id(env, "cus_"),
            live: call.mode.live,
            email: Some(email),
            name: call.fields.text_up_to("name", 255, "customer_name_invalid")?,
            phone: call.fields.object("phone", "customer_phone_invalid")?,
            metadata: call.fields.metadata()?,
            default: None,
        };
        let body = json!({ "id": customer.id });
        self.put_customer(env, customer);
        Ok(Answer::json(StatusCode::CREATED, body))
    }

    pub(super) fn get_customer(&self, call: &Call, id_or_email: &str) -> Outcome {
        let wanted = percent_decode_str(id_or_email).decode_utf8_lossy();
        let customer = self.customer(call.mode, &wanted);
        let customer = customer.or_else(|| self.customer_by_email(call.mode, &wanted));
        let customer = customer.ok_or_else(Refusal::not_found)?;
        let mut body = json!({
            "id": customer.id,
            "email": customer.email,
            "name": customer.name,
            "phone": customer.phone,
            "metadata": customer.metadata,
            "default": customer.default,
        });
        if let Value::Object(members) = &mut body {
            members.retain(|_, value| !value.is_null());
        }
        let instruments = self.instruments_of(&customer.id);
        body["instruments"] = instruments.map(super::instruments::Instrument::render).collect();
        Ok(Answer::json(StatusCode::OK, body))
    }

    pub(super) fn update_customer(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        let mut customer = self
            .customer(call.mode, id)
            .ok_or_else(Refusal::not_found)?
            .clone();
        let fields = &call.fields;
        if let Some(email) = read_email(fields)? {
            if self
                .customer_by_email(call.mode, &email)
                .is_some_and(|other| other.id != id)
            {
                return Err(Refusal::invalid("customer_email_already_exists"));
            }
            self.emails
                .remove(&(customer.live, customer.email.unwrap_or_default()));
            customer.email = Some(email);
        }
        if let Some(name) = fields.text_up_to("name", 255, "customer_name_invalid")? {
            customer.name = Some(name);
        }
        if let Some(phone) = fields.object("phone", "customer_phone_invalid")? {
            customer.phone = Some(phone);
        }
        if let Some(default) = fields.text("default", "source_id_invalid")? {
            if !self.instruments_of(id).any(|instrument| instrument.id == default) {
                return Err(Refusal::invalid("source_id_unknown"));
            }
            customer.default = Some(default.to_owned());
        }
        let metadata = fields.metadata()?;
        if !metadata.is_empty() {
            customer.metadata = metadata;
        }
        self.put_customer(env, customer);
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn delete_customer(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        let customer = self
            .customer(call.mode, id)
            .ok_or_else(Refusal::not_found)?
            .clone();
        let instruments: Vec<String> = self
            .instruments_of(id)
            .map(|instrument| instrument.id.clone())
            .collect();
        for instrument in instruments {
            self.instruments.remove(env, &instrument);
        }
        self.emails
            .remove(&(customer.live, customer.email.unwrap_or_default()));
        self.instruments_by_customer.remove(id);
        self.customers.remove(env, id);
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn customer(&self, mode: Mode, id: &str) -> Option<&Customer> {
        self.customers
            .get(id)
            .filter(|customer| customer.live == mode.live)
    }

    fn customer_by_email(&self, mode: Mode, email: &str) -> Option<&Customer> {
        self.customers
            .get(self.emails.get(&(mode.live, email.to_owned()))?)
    }

    /// Refuses an id that isn't a customer's.
    pub(super) fn check_customer(&self, mode: Mode, input: &CustomerInput) -> Result<(), Refusal> {
        match &input.id {
            Some(id) if self.customer(mode, id).is_none() => Err(Refusal::invalid("customer_not_found")),
            _ => Ok(()),
        }
    }

    /// The id of the customer in `input` (checked before). A new customer is created.
    pub(super) fn customer_for(&mut self, env: &mut Env, mode: Mode, input: &CustomerInput) -> String {
        if let Some(id) = &input.id {
            return id.clone();
        }
        let known = input
            .email
            .as_ref()
            .and_then(|email| self.customer_by_email(mode, email));
        if let Some(customer) = known {
            return customer.id.clone();
        }
        let id = CheckoutCom::new_id(env, "cus_");
        let (email, name) = (input.email.clone(), input.name.clone());
        let customer = Customer {
            id: id.clone(),
            live: mode.live,
            email,
            name,
            phone: None,
            metadata: Map::new(),
            default: None,
        };
        self.put_customer(env, customer);
        id
    }

    pub(super) fn put_customer(&mut self, env: &mut Env, customer: Customer) {
        if let Some(email) = &customer.email {
            self.emails
                .insert((customer.live, email.clone()), customer.id.clone());
        }
        let id = customer.id.clone();
        self.customers.put(env, &id, customer);
    }
}
