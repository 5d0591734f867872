//! The answers of all clients.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::books::MARKS;

/// Types of transactions.
pub const TRANSACTIONS: [&str; 4] = ["authorizations", "captures", "voids", "refunds"];

/// A client's certain knowledge of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// It happened, with this amount.
    Succeeded(i64),
    /// It did not.
    Failed,
}

/// Number of requests for an effect, each with its own idempotency key. One request may have no effect, never two.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Asked {
    pub authorizations: usize,
    pub captures: usize,
    pub refunds: usize,
}

/// Collects the answers of all clients.
#[derive(Debug, Default)]
pub struct Witness {
    /// Transactions by their ids.
    pub transactions: BTreeMap<String, Told>,
    /// Types and ids of resources that were created.
    pub created: BTreeSet<(String, String)>,
    /// Orders with their reached timestamps.
    pub marks: BTreeSet<(String, &'static str)>,
    /// Payment sources that charged at once, with the amount.
    pub charged: BTreeMap<String, i64>,
    /// Payment sources whose payment was declined.
    pub declined: BTreeSet<String>,
    /// The requests for each order.
    pub asked: BTreeMap<String, Asked>,
    /// Answers that no client should get.
    pub problems: Vec<String>,
    /// Number of answers.
    pub answers: usize,
    /// Number of requests without an answer.
    pub unanswered: usize,
}

impl Witness {
    /// Records an answer.
    pub fn hear(&mut self, request: &str, status: u16, body: &Value) {
        self.answers += 1;
        match status {
            200..300 => self.hear_success(request, status, body),
            409 | 429 | 502..=504 => {}
            422 => self.hear_refusal(body),
            _ => self
                .problems
                .push(format!("{request} was answered {status}: {body}")),
        }
    }

    fn hear_success(&mut self, request: &str, status: u16, body: &Value) {
        let data = &body["data"];
        let list = data.as_array().map_or(std::slice::from_ref(data), Vec::as_slice);
        for resource in list {
            self.hear_resource(request, resource);
        }
        if status == 201
            && let (Some(kind), Some(id)) = (data["type"].as_str(), data["id"].as_str())
        {
            self.created.insert((kind.to_owned(), id.to_owned()));
        }
    }

    fn hear_resource(&mut self, request: &str, resource: &Value) {
        let (kind, id) = (&resource["type"], resource["id"].as_str().unwrap_or_default());
        let attributes = &resource["attributes"];
        match kind.as_str().unwrap_or_default() {
            kind if TRANSACTIONS.contains(&kind) => {
                let amount = attributes["amount_cents"].as_i64();
                let told = match (&attributes["succeeded"], amount) {
                    (Value::Bool(true), Some(amount)) => Some(Told::Succeeded(amount)),
                    _ if attributes["error_code"].is_string() => Some(Told::Failed),
                    _ => None,
                };
                self.hear_transaction(request, id, told);
            }
            "orders" => {
                let present = MARKS.iter().filter(|mark| attributes[**mark].is_string());
                self.marks.extend(present.map(|mark| (id.to_owned(), *mark)));
            }
            "payments" => match (attributes["state"].as_str(), attributes["amount-cents"].as_i64()) {
                (Some("finished"), Some(amount)) => {
                    self.charged.insert(id.to_owned(), amount);
                }
                (Some("failed"), _) => {
                    self.declined.insert(id.to_owned());
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Records a transaction's state. A certain state never changes.
    fn hear_transaction(&mut self, request: &str, id: &str, told: Option<Told>) {
        let known = self.transactions.get(id).copied();
        if known.is_some() && known != told {
            self.problems.push(format!(
                "{request}: the transaction {id} was {known:?} before, and is {told:?} now"
            ));
        }
        if let Some(told) = told {
            self.transactions.insert(id.to_owned(), told);
        }
    }

    fn hear_refusal(&mut self, body: &Value) {
        for error in body["errors"].as_array().into_iter().flatten() {
            let meta = &error["meta"];
            if let (Some(id), true) = (meta["transaction_id"].as_str(), meta["gateway_code"].is_string()) {
                self.transactions.entry(id.to_owned()).or_insert(Told::Failed);
            }
            if let Some(id) = meta["payment_id"].as_str() {
                self.declined.insert(id.to_owned());
            }
        }
    }

    /// The counters of an order's requests.
    pub fn asked(&mut self, order: &str) -> &mut Asked {
        self.asked.entry(order.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn capture(succeeded: bool) -> Value {
        let attributes = json!({ "succeeded": succeeded, "amount_cents": 5, "error_code": null });
        json!({ "data": [{ "type": "captures", "id": "c", "attributes": attributes }] })
    }

    #[test]
    fn a_success_that_is_taken_back_is_noticed() {
        let mut witness = Witness::default();
        witness.hear("first", 200, &capture(false));
        assert!(witness.transactions.is_empty());
        witness.hear("second", 200, &capture(true));
        assert_eq!(witness.transactions["c"], Told::Succeeded(5));
        assert_eq!(witness.problems, Vec::<String>::new());
        witness.hear("third", 200, &capture(false));
        assert_eq!(witness.problems.len(), 1);
    }

    #[test]
    fn answers_that_no_client_should_get_are_kept() {
        let mut witness = Witness::default();
        for status in [200, 201, 409, 422, 429, 503] {
            witness.hear("ordinary", status, &json!({}));
        }
        assert_eq!(witness.problems, Vec::<String>::new());
        for status in [400, 401, 404, 500] {
            witness.hear("strange", status, &json!({}));
        }
        assert_eq!(witness.problems.len(), 4);
    }

    #[test]
    fn a_decline_names_what_was_declined() {
        let mut witness = Witness::default();
        let error = |meta: Value| json!({ "errors": [{ "meta": meta }] });
        let failed = error(json!({ "transaction_id": "t", "gateway_code": "card_declined" }));
        witness.hear("first", 422, &failed);
        witness.hear("second", 422, &error(json!({ "payment_id": "p" })));
        assert_eq!(witness.transactions["t"], Told::Failed);
        assert!(witness.declined.contains("p"));
    }
}
