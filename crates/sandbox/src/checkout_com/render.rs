//! Payments and actions as JSON.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::customers::Customer;
use super::payment::{Action, ActionKind, Balances, Payment, Stage, Verdict};
use super::response_code;

/// RFC 3339 in UTC with milliseconds.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The data for the rendering of a payment.
pub(super) struct View<'a> {
    pub payment: &'a Payment,
    /// Absent if it was deleted meanwhile.
    pub customer: Option<&'a Customer>,
    pub now: DateTime<Utc>,
    /// Origin of links.
    pub base: &'a str,
}

impl View<'_> {
    /// Answer to a payment request that the issuer decided at once.
    pub fn decided(&self, verdict: &Verdict) -> Value {
        let mut body = self.common();
        set(&mut body, "action_id", json!(self.payment.authorization_id));
        set(&mut body, "approved", json!(verdict.is_approved()));
        set(&mut body, "response_code", json!(verdict.response_code));
        set(
            &mut body,
            "response_summary",
            json!(response_code::summary(&verdict.response_code)),
        );
        set(&mut body, "auth_code", json!(verdict.auth_code));
        set(&mut body, "processed_on", json!(time(verdict.at)));
        Value::Object(body)
    }

    /// Answer to a payment request that sends the buyer to 3-D Secure.
    pub fn pending(&self) -> Value {
        let mut links = self.links();
        set(&mut links, "redirect", self.redirect());
        let mut body = Map::new();
        set(&mut body, "id", json!(self.payment.id));
        set(&mut body, "status", json!(self.payment.status(self.now)));
        set(&mut body, "reference", json!(self.payment.reference));
        set(&mut body, "customer", self.customer());
        set(&mut body, "3ds", json!({ "downgraded": false, "enrolled": "Y" }));
        set(&mut body, "_links", Value::Object(links));
        Value::Object(body)
    }

    /// Answer to `GET /payments/{id}`. Only `actions` has response codes.
    pub fn details(&self) -> Value {
        let payment = self.payment;
        let mut body = self.common();
        set(&mut body, "requested_on", json!(time(payment.requested_on)));
        set(&mut body, "payment_type", json!(payment.payment_type));
        set(&mut body, "description", json!(payment.description));
        set(&mut body, "metadata", json!(payment.metadata));
        set(
            &mut body,
            "approved",
            json!(payment.verdict(self.now).map(|verdict| verdict.is_approved())),
        );
        let actions: Vec<Value> = self.actions_newest_first(summary_of_action);
        set(&mut body, "actions", Value::Array(actions));
        if payment.stage(self.now) == Stage::Pending
            && let Some(Value::Object(links)) = body.get_mut("_links")
        {
            set(links, "redirect", self.redirect());
        }
        Value::Object(body)
    }

    /// Answer to `GET /payments/{id}/actions`: actions that are done, newest first.
    pub fn actions(&self) -> Value {
        Value::Array(self.actions_newest_first(|action| action))
    }

    fn actions_newest_first(&self, shape: impl Fn(Value) -> Value) -> Vec<Value> {
        let mut done: Vec<&Action> = self
            .payment
            .actions
            .iter()
            .filter(|action| action.due <= self.now)
            .collect();
        // Stable: actions of the same time stay in the order of their acceptance.
        done.sort_by_key(|action| action.due);
        let later = done.into_iter().rev().map(|action| self.action(action));
        let first = self
            .payment
            .verdict(self.now)
            .map(|verdict| self.authorization(&verdict));
        later.chain(first).map(shape).collect()
    }

    fn authorization(&self, verdict: &Verdict) -> Value {
        let kind = if self.payment.amount == 0 {
            "Card Verification"
        } else {
            "Authorization"
        };
        let mut body = Map::new();
        set(&mut body, "id", json!(self.payment.authorization_id));
        set(&mut body, "type", json!(kind));
        set(&mut body, "processed_on", json!(time(verdict.at)));
        set(&mut body, "amount", json!(self.payment.amount));
        set(&mut body, "approved", json!(verdict.is_approved()));
        set(&mut body, "auth_code", json!(verdict.auth_code));
        set(&mut body, "response_code", json!(verdict.response_code));
        set(
            &mut body,
            "response_summary",
            json!(response_code::summary(&verdict.response_code)),
        );
        set(&mut body, "reference", json!(self.payment.reference));
        set(&mut body, "metadata", json!(self.payment.metadata));
        Value::Object(body)
    }

    fn action(&self, action: &Action) -> Value {
        let kind = match action.kind {
            ActionKind::Capture => "Capture",
            ActionKind::Void => "Void",
            ActionKind::Refund => "Refund",
        };
        let mut body = Map::new();
        set(&mut body, "id", json!(action.id));
        set(&mut body, "type", json!(kind));
        set(&mut body, "processed_on", json!(time(action.due)));
        set(&mut body, "amount", json!(action.amount));
        set(&mut body, "approved", json!(action.decline.is_none()));
        set(&mut body, "response_code", json!(action.response_code()));
        set(
            &mut body,
            "response_summary",
            json!(response_code::summary(action.response_code())),
        );
        set(&mut body, "reference", json!(action.reference));
        set(&mut body, "metadata", json!(action.metadata));
        Value::Object(body)
    }

    fn common(&self) -> Map<String, Value> {
        let payment = self.payment;
        let verdict = payment.verdict(self.now);
        let mut body = Map::new();
        set(&mut body, "id", json!(payment.id));
        set(&mut body, "amount", json!(payment.amount));
        set(&mut body, "currency", json!(payment.currency));
        set(&mut body, "status", json!(payment.status(self.now)));
        set(&mut body, "reference", json!(payment.reference));
        set(&mut body, "expires_on", json!(payment.expires_on().map(time)));
        set(&mut body, "3ds", self.three_ds());
        set(&mut body, "risk", json!({ "flagged": false }));
        set(&mut body, "source", self.source());
        set(&mut body, "customer", self.customer());
        set(&mut body, "balances", balances(&payment.balances(self.now)));
        let approved = verdict.filter(Verdict::is_approved);
        set(
            &mut body,
            "scheme_id",
            json!(approved.as_ref().map(|verdict| &verdict.scheme_id)),
        );
        set(&mut body, "eci", json!(approved.map(|_| self.eci())));
        set(&mut body, "_links", Value::Object(self.links()));
        body
    }

    fn source(&self) -> Value {
        let mut source = Map::new();
        set(&mut source, "id", json!(self.payment.source_id));
        set(&mut source, "type", json!("card"));
        if let Value::Object(card) = self.payment.card.render() {
            source.extend(card);
        }
        set(&mut source, "fingerprint", json!(self.payment.card.fingerprint()));
        set(&mut source, "avs_check", json!("S"));
        set(&mut source, "cvv_check", json!("Y"));
        Value::Object(source)
    }

    fn customer(&self) -> Value {
        let mut body = Map::new();
        set(&mut body, "id", json!(self.payment.customer_id));
        set(
            &mut body,
            "email",
            json!(self.customer.and_then(|customer| customer.email.as_ref())),
        );
        set(
            &mut body,
            "name",
            json!(self.customer.and_then(|customer| customer.name.as_ref())),
        );
        Value::Object(body)
    }

    fn three_ds(&self) -> Value {
        let Some(session) = &self.payment.three_ds else {
            return Value::Null;
        };
        let mut body = Map::new();
        set(&mut body, "downgraded", json!(session.downgraded));
        set(
            &mut body,
            "enrolled",
            json!(if session.enrolled { "Y" } else { "N" }),
        );
        set(
            &mut body,
            "authentication_response",
            json!(session.authentication.map(|outcome| outcome.status())),
        );
        Value::Object(body)
    }

    /// Electronic commerce indicator: whether the buyer was authenticated, in the scheme's own numbers.
    fn eci(&self) -> &'static str {
        let authenticated = self
            .payment
            .three_ds
            .as_ref()
            .is_some_and(|session| session.authentication.is_some());
        match (authenticated, self.payment.card.scheme.as_str()) {
            (true, "Mastercard") => "02",
            (true, _) => "05",
            (false, _) => "07",
        }
    }

    fn links(&self) -> Map<String, Value> {
        let own = format!("{}/payments/{}", self.base, self.payment.id);
        let balances = self.payment.balances(self.now);
        let mut links = Map::new();
        set(&mut links, "self", json!({ "href": own }));
        set(&mut links, "actions", json!({ "href": format!("{own}/actions") }));
        for (name, path, possible) in [
            ("capture", "captures", balances.available_to_capture > 0),
            ("void", "voids", balances.available_to_void > 0),
            ("refund", "refunds", balances.available_to_refund > 0),
        ] {
            if possible {
                set(&mut links, name, json!({ "href": format!("{own}/{path}") }));
            }
        }
        links
    }

    fn redirect(&self) -> Value {
        let session = self
            .payment
            .three_ds
            .as_ref()
            .and_then(|session| session.session_id.as_deref());
        json!({ "href": format!("{}/sandbox/checkout_com/3ds/{}", self.base, session.unwrap_or_default()) })
    }
}

/// Absent values are left out, like the API does.
pub(super) fn set(body: &mut Map<String, Value>, name: &str, value: Value) {
    if !value.is_null() {
        body.insert(name.to_owned(), value);
    }
}

fn summary_of_action(action: Value) -> Value {
    const MEMBERS: [&str; 5] = ["id", "type", "response_code", "response_summary", "approved"];
    match action {
        Value::Object(mut members) => {
            members.retain(|name, _| MEMBERS.contains(&name.as_str()));
            Value::Object(members)
        }
        other => other,
    }
}

pub(super) fn balances(balances: &Balances) -> Value {
    json!({
        "total_authorized": balances.authorized,
        "total_voided": balances.voided,
        "available_to_void": balances.available_to_void,
        "total_captured": balances.captured,
        "available_to_capture": balances.available_to_capture,
        "total_refunded": balances.refunded,
        "available_to_refund": balances.available_to_refund,
    })
}
