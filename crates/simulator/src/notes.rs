//! The clients' requests and answers, which must still be true at the end.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use chrono::{DateTime, Utc};
use serde_json::Value;

/// Shared by all clients of a run.
pub type SharedNotes = Rc<RefCell<Notes>>;

/// The clients' requests and answers.
#[derive(Default)]
pub struct Notes {
    /// The orders, by id.
    pub orders: BTreeMap<String, OrderNotes>,
    /// The last seen state of transactions: kind, status and amount, by id.
    pub transactions: BTreeMap<String, SeenTransaction>,
    /// Requests that write, by the idempotency key that they have or would have.
    pub keys: BTreeMap<String, KeyNotes>,
    /// Saved cards that any client has seen, by id.
    pub cards: BTreeMap<String, CardNotes>,
    /// Events of PSPs that the service has acknowledged.
    pub acknowledged_events: BTreeSet<String>,
    /// Time when a customer or a card last vanished at a PSP.
    pub vanished_at: Option<DateTime<Utc>>,
    /// Topics that the merchant subscribes to.
    pub topics: Vec<&'static str>,
    /// Number of answers, by status.
    pub answers: BTreeMap<u16, u64>,
    /// Number of requests that write.
    pub requests: u64,
}

/// The known facts about a saved card.
#[derive(Clone, Debug, Default)]
pub struct CardNotes {
    /// The PSP's id of the card.
    pub token: String,
    /// E-mail address of the customer who has saved it.
    pub owner: String,
    /// Time when the service reported its removal.
    pub removed_at: Option<DateTime<Utc>>,
}

/// The known facts about an order.
#[derive(Default)]
pub struct OrderNotes {
    /// E-mail address of its customer.
    pub customer: String,
    /// The addresses of all customers that it had.
    pub customers: BTreeSet<String>,
    /// The largest total that the order was given.
    pub largest_total: i64,
    /// The furthest status that was seen.
    pub status: String,
    /// Its payment sources, as far as any client knows.
    pub sources: Vec<SourceNotes>,
    /// Whether a part of the total was authorized on request.
    pub partly_authorized: bool,
}

/// The known facts about a payment source.
#[derive(Clone, Debug, Default)]
pub struct SourceNotes {
    /// Resource type.
    pub kind: String,
    /// Id.
    pub id: String,
    /// Stripe: the browser's secret for confirming the payment.
    pub client_secret: Option<String>,
    /// URL of the authentication.
    pub redirect: Option<String>,
    /// Whether its deletion was requested.
    pub deleting: bool,
    /// Whether its creation has no answer yet: an order shows it before, and its payment may fail.
    pub in_the_making: bool,
}

/// A transaction as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTransaction {
    /// Resource type.
    pub kind: String,
    /// `succeeded` or `failed`.
    pub status: String,
    /// In minor units.
    pub amount_cents: i64,
}

/// A request that writes.
#[derive(Clone, Debug, Default)]
pub struct KeyNotes {
    /// Its path, with `{id}`.
    pub path: String,
    /// Id of the resource that it changes.
    pub id: Option<String>,
    /// The attributes that it sends, or null.
    pub attributes: Value,
    /// The partial amount that it requests, with the transaction.
    pub part: Option<(String, i64)>,
    /// The final answer of success: status, and id of the resource.
    pub answered: Option<(u16, String)>,
}

impl Notes {
    /// Records a resource in an answer. A contradiction with an earlier answer is an error.
    pub fn see(&mut self, resource: &Value) -> Result<(), String> {
        let (kind, id) = (text(&resource["type"]), text(&resource["id"]));
        let attributes = &resource["attributes"];
        match kind {
            "authorizations" | "captures" | "voids" | "refunds" => self.see_transaction(kind, id, attributes),
            "orders" => self.see_order(id, attributes),
            "stripe_payments" | "checkout_com_payments" | "payments" => {
                self.see_source(resource);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn see_transaction(&mut self, kind: &str, id: &str, attributes: &Value) -> Result<(), String> {
        let status = match (&attributes["succeeded"], text(&attributes["message"])) {
            (Value::Bool(true), _) => "succeeded",
            (_, "pending") => return Ok(()),
            _ => "failed",
        };
        let now = SeenTransaction {
            kind: kind.into(),
            status: status.into(),
            amount_cents: attributes["amount_cents"].as_i64().unwrap_or_default(),
        };
        let before = self.transactions.insert(id.into(), now.clone());
        match before {
            Some(before) if !now.may_follow(&before) => {
                Err(format!("{kind}/{id} was {before:?} and is {now:?}"))
            }
            _ => Ok(()),
        }
    }

    fn see_order(&mut self, id: &str, attributes: &Value) -> Result<(), String> {
        let order = self.orders.entry(id.into()).or_default();
        text(&attributes["customer_email"]).clone_into(&mut order.customer);
        order.customers.insert(order.customer.clone());
        let total = attributes["total_amount_with_taxes_cents"].as_i64();
        order.largest_total = order.largest_total.max(total.unwrap_or_default());
        let status = text(&attributes["status"]);
        if rank(status) < rank(&order.status) {
            // Answers may overtake each other: only a loss that is still there at the end counts.
            return Ok(());
        }
        status.clone_into(&mut order.status);
        Ok(())
    }

    /// Records a new payment source of an order, with the request's document.
    pub fn see_new_source(&mut self, asked: &Value, made: &Value) {
        let kind = match text(&made["type"]) {
            "payments" => "stripe_payments",
            kind @ ("stripe_payments" | "checkout_com_payments") => kind,
            _ => return,
        };
        let id = text(&made["id"]);
        let order = text(&asked["data"]["relationships"]["order"]["data"]["id"]);
        let Some(order) = self.orders.get_mut(order) else {
            return;
        };
        match order.sources.iter_mut().find(|source| source.id == id) {
            Some(known) => known.in_the_making = false,
            None => order.sources.push(SourceNotes {
                kind: kind.into(),
                id: id.into(),
                ..SourceNotes::default()
            }),
        }
    }

    /// Records the saved cards of an order's customer.
    pub fn see_cards(&mut self, order: &str, list: &Value) {
        let owner = self
            .orders
            .get(order)
            .map_or_else(String::new, |order| order.customer.clone());
        for card in list["data"].as_array().into_iter().flatten() {
            let known = self.cards.entry(text(&card["id"]).to_owned()).or_default();
            known.owner.clone_from(&owner);
            text(&card["attributes"]["payment_source_token"]).clone_into(&mut known.token);
        }
    }

    /// Records the present payment source of an order, however it was made.
    pub fn see_present_source(&mut self, order: &str, source: &Value) {
        let source = &source["data"];
        let id = text(&source["id"]);
        let mut known = self.orders.values().flat_map(|order| &order.sources);
        if known.any(|known| known.id == id) {
            return;
        }
        let asked = serde_json::json!({"data": {"relationships": {"order": {"data": {"id": order}}}}});
        self.see_new_source(&asked, source);
        // The reference is the key of its creation; a source that charges a saved card has none.
        let in_the_making = source["attributes"]["reference"].is_string();
        let mut known = self.orders.values_mut().flat_map(|order| &mut order.sources);
        if let Some(noted) = known.find(|noted| noted.id == id) {
            noted.in_the_making = in_the_making;
        }
    }

    fn see_source(&mut self, resource: &Value) {
        let (attributes, id) = (&resource["attributes"], text(&resource["id"]));
        let mut sources = self.orders.values_mut().flat_map(|order| &mut order.sources);
        let Some(source) = sources.find(|source| source.id == id) else {
            return;
        };
        let given = |names: &[&str]| {
            let mut values = names.iter().filter_map(|name| attributes[*name].as_str());
            values.next().map(str::to_owned)
        };
        source.client_secret = given(&["client_secret", "client-secret"]).or(source.client_secret.take());
        source.redirect = given(&["redirect_uri", "redirect-url", "redirect_url", "redirect-uri"])
            .or(source.redirect.take());
    }
}

impl SeenTransaction {
    /// Whether a transaction can be seen like this after it was seen otherwise: only a refund can fail late.
    pub fn may_follow(&self, before: &Self) -> bool {
        self == before
            || (self.kind == "refunds" && before.status == "succeeded" && self.status == "failed")
            // Two answers may overtake each other.
            || (self.kind == "refunds" && before.status == "failed" && self.status == "succeeded")
    }
}

/// The rank of an order's status. An order never returns from a higher rank to a lower one.
pub fn rank(status: &str) -> u8 {
    match status {
        "placed" => 1,
        "approved" => 2,
        "cancelled" => 3,
        _ => 0,
    }
}

/// A text, or an empty one.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
