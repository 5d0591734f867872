//! Reading payments: by id, by session, by reference, by search; and their actions.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::payment::Payment;
use super::request::MAX_REFERENCE_CHARS;
use super::{Call, CheckoutCom};
use crate::env::Env;
use crate::web;

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

/// A condition of a search query, such as `reference:'ORD-1'`.
enum Condition {
    Id(String),
    Reference(String),
    Status(String),
}

impl CheckoutCom {
    pub(super) fn get_payment(&self, env: &Env, call: &Call, id: &str) -> Outcome {
        let payment = self.payment(call.mode, id).ok_or_else(Refusal::not_found)?;
        Ok(Answer::json(
            StatusCode::OK,
            self.view(env, payment, call.now).details(),
        ))
    }

    pub(super) fn get_actions(&self, env: &Env, call: &Call, id: &str) -> Outcome {
        let payment = self.payment(call.mode, id).ok_or_else(Refusal::not_found)?;
        Ok(Answer::json(
            StatusCode::OK,
            self.view(env, payment, call.now).actions(),
        ))
    }

    /// `GET /payments?reference=&limit=&skip=`, newest first.
    pub(super) fn list_payments(&self, env: &Env, call: &Call) -> Outcome {
        let (mut reference, mut limit, mut skip) = (None, DEFAULT_LIMIT, 0);
        let pairs = web::form_pairs(&call.query).ok_or_else(|| Refusal::invalid("query_invalid"))?;
        for (name, value) in pairs {
            match name.as_str() {
                "reference" => reference = Some(value),
                "limit" => limit = value.parse().map_err(|_| Refusal::invalid("limit_invalid"))?,
                "skip" => skip = value.parse().map_err(|_| Refusal::invalid("skip_invalid"))?,
                _ => {}
            }
        }
        let reference = reference.ok_or_else(|| Refusal::invalid("reference_required"))?;
        if reference.is_empty() || reference.chars().count() > MAX_REFERENCE_CHARS {
            return Err(Refusal::invalid("reference_invalid"));
        }
        check_limit(limit)?;
        let found: Vec<&Payment> = self.by_reference(call, &reference).collect();
        Ok(Answer::json(
            StatusCode::OK,
            self.page_of(env, call, &found, limit, skip),
        ))
    }

    /// `POST /payments/search`: `query` is one or more of `id:'…'`, `reference:'…'`, `status:'…'`, joined with
    /// `AND`; at least an id or a reference. Other fields of the vendor's query language are refused.
    pub(super) fn search_payments(&self, env: &Env, call: &Call) -> Outcome {
        let query = call.fields.text("query", "query_invalid")?.unwrap_or_default();
        let conditions = parse_query(query).ok_or_else(|| Refusal::invalid("query_invalid"))?;
        let limit = call.fields.unsigned("limit", "limit_invalid")?;
        let limit = limit.map_or(DEFAULT_LIMIT, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        check_limit(limit)?;
        let from = call.fields.time("from", "from_invalid")?;
        let to = call.fields.time("to", "to_invalid")?;
        let candidates: Vec<&Payment> = conditions
            .iter()
            .find_map(|condition| match condition {
                Condition::Id(id) => Some(self.payment(call.mode, id).into_iter().collect()),
                Condition::Reference(reference) => Some(self.by_reference(call, reference).collect()),
                Condition::Status(_) => None,
            })
            .ok_or_else(|| Refusal::invalid("query_invalid"))?;
        let found: Vec<&Payment> = candidates
            .into_iter()
            .filter(|payment| {
                from.is_none_or(|from| payment.requested_on >= from)
                    && to.is_none_or(|to| payment.requested_on <= to)
                    && conditions.iter().all(|condition| match condition {
                        Condition::Id(id) => payment.id == *id,
                        Condition::Reference(reference) => payment.reference.as_ref() == Some(reference),
                        Condition::Status(status) => payment.status(call.now) == status,
                    })
            })
            .collect();
        Ok(Answer::json(
            StatusCode::OK,
            self.page_of(env, call, &found, limit, 0),
        ))
    }

    fn page_of(&self, env: &Env, call: &Call, found: &[&Payment], limit: usize, skip: usize) -> Value {
        let shown = found.iter().skip(skip).take(limit);
        let data: Vec<Value> = shown
            .map(|payment| self.view(env, payment, call.now).details())
            .collect();
        json!({ "limit": limit, "skip": skip, "total_count": found.len(), "data": data })
    }

    fn by_reference(&self, call: &Call, reference: &str) -> impl Iterator<Item = &Payment> {
        let ids = self
            .payment_index
            .references
            .get(&(call.mode.live, reference.to_owned()))
            .map_or(&[][..], Vec::as_slice);
        ids.iter().rev().filter_map(|id| self.payments.get(id))
    }
}

fn check_limit(limit: usize) -> Result<(), Refusal> {
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(())
    } else {
        Err(Refusal::invalid("limit_invalid"))
    }
}

fn parse_query(query: &str) -> Option<Vec<Condition>> {
    let mut rest = query.trim();
    let mut conditions = Vec::new();
    loop {
        let (field, after) = rest.split_once(':')?;
        let (value, after) = after.strip_prefix('\'')?.split_once('\'')?;
        let value = value.to_owned();
        conditions.push(match field {
            "id" => Condition::Id(value),
            "reference" => Condition::Reference(value),
            "status" => Condition::Status(value),
            _ => return None,
        });
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(conditions);
        }
        rest = rest.strip_prefix("AND ")?.trim_start();
    }
}
