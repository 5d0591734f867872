//! The waiting webhooks, in the order of their due times.

use std::collections::BTreeSet;
use std::io;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};

use super::retry;
use super::{Target, Webhook, WebhookAnswer, WebhookDelivery};
use crate::env::Env;
use crate::faults::{FaultKind, Occasion};
use crate::ledger::Vendor;
use crate::table::Table;

/// A webhook that waits for its next attempt, or for the answer to the present one.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    vendor: Vendor,
    endpoint: String,
    event_id: String,
    event_type: String,
    body: String,
    /// Time of the first attempt.
    since: DateTime<Utc>,
    due: DateTime<Utc>,
    /// Number of failed attempts.
    failed: u32,
    /// Whether it is signed with the right key.
    genuine: bool,
}

/// A waiting webhook, as the operator sees it.
#[derive(Debug, Serialize)]
pub(crate) struct Listed<'a> {
    id: &'a str,
    vendor: Vendor,
    endpoint: &'a str,
    event_id: &'a str,
    event_type: &'a str,
    due: DateTime<Utc>,
    failed_attempts: u32,
}

pub(crate) struct Queue {
    waiting: Table<Waiting>,
    /// Ids by time. Webhooks in progress are not listed, and are sent again by the next process if no answer comes.
    due: BTreeSet<(DateTime<Utc>, String)>,
    next: u64,
}

/// Numbers of one width sort as text in their numeric order.
fn id_of(number: u64) -> String {
    format!("whd_{number:012}")
}

impl Queue {
    pub(crate) fn load(env: &mut Env) -> io::Result<Self> {
        let waiting: Table<Waiting> = Table::load(env, "webhooks.waiting")?;
        let due = waiting.iter().map(|(id, row)| (row.due, id.to_owned())).collect();
        let numbers = waiting
            .iter()
            .filter_map(|(id, _)| id.strip_prefix("whd_")?.parse::<u64>().ok());
        let next = numbers.max().map_or(0, |last| last + 1);
        Ok(Self { waiting, due, next })
    }

    /// Queues the posted webhooks, with the faults that hit them.
    pub(crate) fn accept_posted(&mut self, env: &mut Env) {
        for webhook in env.take_outbox() {
            let now = env.now();
            let fault = env.strike(&Occasion::Webhook(webhook.vendor, &webhook.event_type));
            let Some(fault) = fault else {
                self.add(env, webhook, now, true);
                continue;
            };
            let delay = TimeDelta::from_std(fault.delay()).unwrap_or(TimeDelta::MAX);
            match fault.fault {
                FaultKind::WebhookLose => {}
                FaultKind::WebhookDelay => self.add(env, webhook, now + delay, true),
                FaultKind::WebhookReorder => {
                    let longest = u64::try_from(delay.num_milliseconds()).unwrap_or(0);
                    let held = env.random_below(longest + 1);
                    let held = TimeDelta::milliseconds(i64::try_from(held).unwrap_or(0));
                    self.add(env, webhook, now + held, true);
                }
                FaultKind::WebhookDuplicate => {
                    self.add(env, webhook.clone(), now, true);
                    self.add(env, webhook, now + delay, true);
                }
                FaultKind::WebhookForge => {
                    self.add(env, webhook.clone(), now, false);
                    self.add(env, webhook, now, true);
                }
                // Faults of other occasions are not applied here.
                FaultKind::Delay
                | FaultKind::DropBefore
                | FaultKind::DropAfter
                | FaultKind::Error
                | FaultKind::RefundFails
                | FaultKind::CaptureDeclined => self.add(env, webhook, now, true),
            }
        }
    }

    fn add(&mut self, env: &mut Env, webhook: Webhook, due: DateTime<Utc>, genuine: bool) {
        let id = id_of(self.next);
        self.next += 1;
        self.due.insert((due, id.clone()));
        let row = Waiting {
            vendor: webhook.vendor,
            endpoint: webhook.endpoint,
            event_id: webhook.event_id,
            event_type: webhook.event_type,
            body: webhook.body,
            since: due,
            due,
            failed: 0,
            genuine,
        };
        self.waiting.put(env, &id, row);
    }

    /// Takes the next due webhook. `target` gives the present target of a subscription; webhooks of ended subscriptions are
    /// forgotten.
    pub(crate) fn take_due(
        &mut self,
        env: &mut Env,
        target: impl Fn(Vendor, &str) -> Option<Target>,
    ) -> Option<WebhookDelivery> {
        let now = env.now();
        while self.due.first().is_some_and(|(due, _)| *due <= now)
            && let Some((_, id)) = self.due.pop_first()
        {
            let Some(row) = self.waiting.get(&id) else {
                continue;
            };
            let Some(target) = target(row.vendor, &row.endpoint) else {
                self.waiting.remove(env, &id);
                continue;
            };
            let mut headers = target.headers;
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("application/json; charset=utf-8"),
            );
            let signed_at = env.receivers_now();
            target
                .signing
                .sign(&mut headers, &row.body, signed_at, row.genuine);
            return Some(WebhookDelivery {
                vendor: row.vendor,
                event_id: row.event_id.clone(),
                event_type: row.event_type.clone(),
                attempt: row.failed + 1,
                url: target.url,
                headers,
                body: Bytes::from(row.body.clone()),
                id,
            });
        }
        None
    }

    /// Forgets a webhook that was acknowledged or given up, or schedules its next attempt. Returns the vendor and the event of an
    /// acknowledged genuine one. An unknown id is ignored.
    pub(crate) fn answered(
        &mut self,
        env: &mut Env,
        id: &str,
        answer: WebhookAnswer,
    ) -> Option<(Vendor, String)> {
        let mut row = self.waiting.get(id)?.clone();
        // It was answered before, and waits for its next attempt.
        if self.due.contains(&(row.due, id.to_owned())) {
            return None;
        }
        if answer.acknowledges() || !row.genuine {
            self.waiting.remove(env, id);
            return (answer.acknowledges() && row.genuine).then_some((row.vendor, row.event_id));
        }
        let now = env.now();
        row.failed += 1;
        match retry::wait(env, row.vendor, row.failed, now - row.since) {
            Some(wait) => {
                row.due = now + wait;
                self.due.insert((row.due, id.to_owned()));
                self.waiting.put(env, id, row);
            }
            None => {
                self.waiting.remove(env, id);
            }
        }
        None
    }

    /// The time of the next attempt.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.due.first().map(|(due, _)| *due)
    }

    /// The webhooks that wait or are in progress, oldest first.
    pub(crate) fn list(&self) -> Vec<Listed<'_>> {
        self.waiting
            .iter()
            .map(|(id, row)| Listed {
                id,
                vendor: row.vendor,
                endpoint: &row.endpoint,
                event_id: &row.event_id,
                event_type: &row.event_type,
                due: row.due,
                failed_attempts: row.failed,
            })
            .collect()
    }
}
