//! Checkout.com: tokens, payments with 3-D Secure, asynchronous actions, customers, instruments and workflows.
//!
//! Only events of the past are stored. Each read derives a payment's state from them and the clock, so that delayed actions,
//! abandoned challenges and expired authorizations need no background task. Only the notifications to workflows are scheduled.

mod actions;
mod answer;
mod auth;
mod behaviour;
mod card;
mod currency;
mod customers;
mod events;
mod fields;
mod idempotency;
mod ids;
mod instruments;
mod ledger;
mod lookup;
mod payment;
mod payments;
mod render;
mod request;
mod response_code;
mod schedule;
mod test_cards;
mod three_ds;
mod tokens;
mod workflows;

use std::collections::{BTreeSet, HashMap};
use std::io;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Request, Response};

use self::answer::{Outcome, Refusal};
use self::auth::{KeyKind, Mode, authenticate};
use self::customers::Customer;
use self::events::Event;
use self::fields::Fields;
use self::idempotency::KeptAnswer;
use self::instruments::Instrument;
use self::payment::Payment;
use self::schedule::Due;
use self::tokens::Token;
use self::workflows::Workflow;
use crate::env::Env;
use crate::ledger::TestInstrument;
use crate::table::Table;

/// Checkout.com's side of the wire.
pub struct CheckoutCom {
    tokens: Table<Token>,
    payments: Table<Payment>,
    customers: Table<Customer>,
    instruments: Table<Instrument>,
    answers: Table<KeptAnswer>,
    workflows: Table<Workflow>,
    events: Table<Event>,
    schedule: BTreeSet<(DateTime<Utc>, Due)>,
    payment_index: PaymentIndex,
    /// Customer ids by mode and e-mail address.
    emails: HashMap<(bool, String), String>,
    instruments_by_customer: HashMap<String, Vec<String>>,
}

/// Payment ids by members that never change.
#[derive(Default)]
struct PaymentIndex {
    /// By `sid_…`.
    sessions: HashMap<String, String>,
    /// By mode and reference, oldest first.
    references: HashMap<(bool, String), Vec<String>>,
}

impl PaymentIndex {
    fn add(&mut self, payment: &Payment) {
        let session = payment
            .three_ds
            .as_ref()
            .and_then(|session| session.session_id.clone());
        if let Some(session) = session {
            self.sessions.insert(session, payment.id.clone());
        }
        if let Some(reference) = payment.reference.clone() {
            self.references
                .entry((payment.live, reference))
                .or_default()
                .push(payment.id.clone());
        }
    }
}

/// An authenticated request, read.
struct Call {
    mode: Mode,
    now: DateTime<Utc>,
    fields: Fields,
    query: String,
    idempotency_key: Option<String>,
}

impl CheckoutCom {
    /// Restores the objects that the journal holds.
    ///
    /// # Errors
    /// When a journaled object doesn't have the expected shape.
    pub fn load(env: &mut Env) -> io::Result<Self> {
        let mut loaded = Self {
            tokens: Table::load(env, "checkout_com.tokens")?,
            payments: Table::load(env, "checkout_com.payments")?,
            customers: Table::load(env, "checkout_com.customers")?,
            instruments: Table::load(env, "checkout_com.instruments")?,
            answers: Table::load(env, "checkout_com.idempotent_answers")?,
            workflows: Table::load(env, "checkout_com.workflows")?,
            events: Table::load(env, "checkout_com.events")?,
            schedule: BTreeSet::new(),
            payment_index: PaymentIndex::default(),
            emails: HashMap::new(),
            instruments_by_customer: HashMap::new(),
        };
        let payments: Vec<Payment> = loaded
            .payments
            .iter()
            .map(|(_, payment)| payment.clone())
            .collect();
        for payment in &payments {
            loaded.payment_index.add(payment);
            loaded.plan(payment);
        }
        for (id, customer) in loaded.customers.iter() {
            if let Some(email) = &customer.email {
                loaded
                    .emails
                    .insert((customer.live, email.clone()), id.to_owned());
            }
        }
        for (id, instrument) in loaded.instruments.iter() {
            let owned = loaded
                .instruments_by_customer
                .entry(instrument.customer_id.clone())
                .or_default();
            owned.push(id.to_owned());
        }
        Ok(loaded)
    }

    /// Answers an API request.
    pub fn handle(&mut self, env: &mut Env, request: &Request<Bytes>) -> Response<Bytes> {
        let request_id = Self::new_id(env, "");
        let outcome = self.answer(env, request);
        outcome
            .unwrap_or_else(|refusal| refusal.into_answer(&request_id))
            .into_response(&request_id)
    }

    /// The reusable test tokens and the test cards.
    #[must_use]
    pub fn instruments() -> Vec<TestInstrument> {
        test_cards::instruments()
    }

    fn answer(&mut self, env: &mut Env, request: &Request<Bytes>) -> Outcome {
        let path = request.uri().path();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let makes_token = request.method() == Method::POST && segments == ["tokens"];
        let kind = if makes_token {
            KeyKind::Public
        } else {
            KeyKind::Secret
        };
        let mode = authenticate(request.headers(), kind)?;
        let now = env.now();
        let kept_as = idempotency::key_of(request)
            .filter(|_| is_idempotent(request.method(), &segments))
            .map(|key| (idempotency::row_id(mode, path, &key), key));
        if let Some((row_id, _)) = &kept_as
            && let Some(kept) = self.kept_answer(row_id, now)
        {
            return Ok(kept);
        }
        let (row_id, idempotency_key) = kept_as.unzip();
        let fields = if request.method() == Method::GET {
            Fields::default()
        } else {
            Fields::of_body(request)?
        };
        let query = request.uri().query().unwrap_or_default().to_owned();
        let call = Call {
            mode,
            now,
            fields,
            query,
            idempotency_key,
        };
        let answer = self.dispatch(env, &call, request.method(), &segments)?;
        if let Some(row_id) = row_id {
            self.keep_answer(env, &row_id, &answer, now);
        }
        Ok(answer)
    }

    fn dispatch(&mut self, env: &mut Env, call: &Call, method: &Method, segments: &[&str]) -> Outcome {
        match (method.as_str(), segments) {
            ("POST", ["tokens"]) => self.create_token(env, call),
            ("GET", ["tokens", id, "metadata"]) => self.token_metadata(call, id),
            ("POST", ["payments"]) => self.create_payment(env, call),
            ("GET", ["payments"]) => self.list_payments(env, call),
            ("POST", ["payments", "search"]) => self.search_payments(env, call),
            ("GET", ["payments", id]) => self.get_payment(env, call, id),
            ("GET", ["payments", id, "actions"]) => self.get_actions(env, call, id),
            ("POST", ["payments", id, "captures"]) => self.capture(env, call, id),
            ("POST", ["payments", id, "voids"]) => self.void(env, call, id),
            ("POST", ["payments", id, "refunds"]) => self.refund(env, call, id),
            ("POST", ["payments", id, "reversals"]) => self.reverse(env, call, id),
            ("POST", ["instruments"]) => self.create_instrument(env, call),
            ("GET", ["instruments", id]) => self.get_instrument(call, id),
            ("PATCH", ["instruments", id]) => self.update_instrument(env, call, id),
            ("DELETE", ["instruments", id]) => self.delete_instrument(env, call, id),
            ("POST", ["customers"]) => self.create_customer(env, call),
            ("GET", ["customers", id]) => self.get_customer(call, id),
            ("PATCH", ["customers", id]) => self.update_customer(env, call, id),
            ("DELETE", ["customers", id]) => self.delete_customer(env, call, id),
            ("POST", ["workflows"]) => self.create_workflow(env, call),
            ("GET", ["workflows"]) => self.list_workflows(env, call),
            ("GET", ["workflows", "events", id]) => self.get_event(call, id),
            ("GET", ["workflows", id]) => self.get_workflow(env, call, id),
            ("PATCH", ["workflows", id]) => self.update_workflow(env, call, id),
            ("PUT", ["workflows", id, "actions", action]) => {
                self.replace_workflow_action(env, call, id, action)
            }
            ("DELETE", ["workflows", id]) => self.delete_workflow(env, call, id),
            _ => Err(Refusal::not_found()),
        }
    }

    /// `prefix` and 26 random base32 characters.
    fn new_id(env: &mut Env, prefix: &str) -> String {
        env.random_id(prefix, ids::LENGTH, ids::ALPHABET)
    }

    /// A payment by its own id or its 3-D Secure session's.
    fn payment(&self, mode: Mode, id: &str) -> Option<&Payment> {
        let payment = self.payments.get(id).or_else(|| self.payment_of_session(id));
        payment.filter(|payment| payment.live == mode.live)
    }

    fn payment_of_session(&self, session_id: &str) -> Option<&Payment> {
        self.payments.get(self.payment_index.sessions.get(session_id)?)
    }

    fn put_payment(&mut self, env: &mut Env, payment: Payment) {
        self.plan(&payment);
        let id = payment.id.clone();
        self.payments.put(env, &id, payment);
    }
}

/// Whether an existing endpoint honours `Cko-Idempotency-Key`.
fn is_idempotent(method: &Method, segments: &[&str]) -> bool {
    let listed = matches!(
        segments,
        ["payments"] | ["payments", _, "captures" | "voids" | "refunds"]
    );
    method == Method::POST && listed
}
