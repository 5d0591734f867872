//! Stripe's tables, and finding objects in them.

use std::collections::BTreeSet;
use std::io;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::error::ApiError;
use super::events::Event;
use super::model::{Charge, Customer, Metadata, Object, PaymentIntent, PaymentMethod, Refund, Status, Token};
use super::webhook_endpoints::WebhookEndpoint;
use crate::env::Env;
use crate::ledger::{LedgerEntry, LedgerKind, Vendor};
use crate::table::Table;

/// A change without a request, at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The uncaptured authorization of this PaymentIntent expires.
    AuthorizationLapses(String),
    /// This refund changes its status.
    RefundChanges(String),
}

/// The place where a request names an object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// In the path: 404 if it does not exist. The text is the `param` of the error.
    Path(&'a str),
    /// In a parameter: 400 if it does not exist.
    Param(&'a str),
}

/// A money effect to record.
pub(super) struct Effect<'a> {
    pub(super) kind: LedgerKind,
    pub(super) amount: i64,
    /// The charge or the refund.
    pub(super) id: &'a str,
    /// The refund's metadata. Other effects have the PaymentIntent's.
    pub(super) metadata: Option<&'a Metadata>,
}

impl<'a> Effect<'a> {
    pub(super) fn of_charge(kind: LedgerKind, amount: i64, charge: &'a Charge) -> Self {
        Self {
            kind,
            amount,
            id: &charge.id,
            metadata: None,
        }
    }

    pub(super) fn of_refund(kind: LedgerKind, refund: &'a Refund) -> Self {
        Self {
            kind,
            amount: refund.amount,
            id: &refund.id,
            metadata: Some(&refund.metadata),
        }
    }
}

pub(super) struct Store {
    pub(super) tokens: Table<Token>,
    pub(super) customers: Table<Customer>,
    pub(super) payment_methods: Table<PaymentMethod>,
    pub(super) payment_intents: Table<PaymentIntent>,
    pub(super) charges: Table<Charge>,
    pub(super) refunds: Table<Refund>,
    pub(super) events: Table<Event>,
    pub(super) webhook_endpoints: Table<WebhookEndpoint>,
    pub(super) ledger: Table<LedgerEntry>,
    pub(super) schedule: BTreeSet<(DateTime<Utc>, Due)>,
}

impl Store {
    pub(super) fn load(env: &mut Env) -> io::Result<Self> {
        let mut store = Self {
            tokens: Table::load(env, "stripe.tokens")?,
            customers: Table::load(env, "stripe.customers")?,
            payment_methods: Table::load(env, "stripe.payment_methods")?,
            payment_intents: Table::load(env, "stripe.payment_intents")?,
            charges: Table::load(env, "stripe.charges")?,
            refunds: Table::load(env, "stripe.refunds")?,
            events: Table::load(env, "stripe.events")?,
            webhook_endpoints: Table::load(env, "stripe.webhook_endpoints")?,
            ledger: Table::load(env, "stripe.ledger")?,
            schedule: BTreeSet::new(),
        };
        let holds = store
            .payment_intents
            .iter()
            .filter(|(_, pi)| pi.status == Status::RequiresCapture);
        for (id, pi) in holds {
            let charge = pi
                .latest_charge
                .as_deref()
                .and_then(|charge| store.charges.get(charge));
            if let Some(lapses) = charge.and_then(|charge| charge.capture_before) {
                store
                    .schedule
                    .insert((lapses, Due::AuthorizationLapses(id.to_owned())));
            }
        }
        for (id, refund) in store.refunds.iter() {
            if let Some((at, _)) = refund.due {
                store.schedule.insert((at, Due::RefundChanges(id.to_owned())));
            }
        }
        Ok(store)
    }

    /// Records a money effect of a PaymentIntent.
    pub(super) fn book(&mut self, call: &mut Call<'_>, pi: &PaymentIntent, effect: Effect<'_>) {
        let entry = LedgerEntry {
            vendor: Vendor::Stripe,
            payment_id: pi.id.clone(),
            effect_id: Some(effect.id.to_owned()),
            our_reference: None,
            metadata: effect.metadata.unwrap_or(&pi.metadata).clone(),
            kind: effect.kind,
            amount: effect.amount,
            currency: pi.currency.clone(),
            at: call.now,
            idempotency_key: call.idempotency_key.clone(),
        };
        let number = self.ledger.len().to_string();
        self.ledger.put(call.env, &number, entry);
    }
}

/// The object with this id, if the caller's mode can see it.
pub(super) fn find<T>(table: &Table<T>, call: &Call<'_>, id: &str, place: Place<'_>) -> Result<T, ApiError>
where
    T: Object + Serialize + DeserializeOwned,
{
    let found = table.get(id);
    if let Some(object) = found.filter(|object| object.livemode() == call.caller.livemode) {
        return Ok(object.clone());
    }
    let hint = match (found.is_some(), call.caller.livemode) {
        (false, _) => "",
        (true, true) => {
            "; a similar object exists in test mode, but a live mode key was used to make this request."
        }
        (true, false) => {
            "; a similar object exists in live mode, but a test mode key was used to make this request."
        }
    };
    let message = format!("No such {}: '{id}'{hint}", T::KIND);
    Err(match place {
        Place::Path(param) => ApiError::not_found(message).with_param(param),
        Place::Param(param) => ApiError::conflict(message)
            .with_code("resource_missing")
            .with_param(param),
    })
}
