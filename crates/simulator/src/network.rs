//! The wire between the service and the PSPs: slow, and not always reliable. Requests on their way do not end with the process
//! that sent them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::{FutureExt, future::BoxFuture};
use http::{Request, Response};
use secrecy::{ExposeSecret, SecretString};
use tillgate_gateways::{Method, PspRequest, PspResponse, Timer, Transport, TransportError};
use tillgate_outgoing::{OwnHost, Refused};
use tillgate_sandbox::Outcome;
use url::Url;

use crate::{disguise, world::World};

/// Longest time that the network holds a request, even if the clock jumps.
const LONGEST_WAY: TimeDelta = TimeDelta::minutes(10);
/// Time that both PSPs remember a key.
const KEYS_ARE_KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// The wire to the PSPs, and the timer of calls.
pub struct Network(pub Arc<World>);

/// The place where an answer arrives.
#[derive(Default)]
struct Mailbox {
    answer: Option<PspResponse>,
    waker: Option<Waker>,
}

type Shared = Arc<Mutex<Mailbox>>;

fn deliver(mailbox: &Shared, response: &Response<Bytes>) {
    let mut mailbox = mailbox.lock().unwrap_or_else(PoisonError::into_inner);
    let headers = response.headers().iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    mailbox.answer.get_or_insert(PspResponse {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: response.body().clone(),
        resent: false,
    });
    if let Some(waker) = mailbox.waker.take() {
        waker.wake();
    }
}

/// Endings of the keys of idempotent requests: giving a payment up, and attaching and removing a card.
const HARMLESS_TWICE: [&str; 3] = ["-cancel", "-attach", "-remove"];

/// The idempotency key of a request; empty if it has none.
fn key_of(request: &Request<Bytes>) -> &str {
    let names = ["idempotency-key", "cko-idempotency-key"];
    let key = names
        .iter()
        .find_map(|name| request.headers().get(*name)?.to_str().ok());
    key.unwrap_or_default()
}

/// A request's words in the trace.
fn words(request: &Request<Bytes>) -> String {
    let key = key_of(request);
    let query = request.uri().query().map(|query| format!("?{query}"));
    let body = std::str::from_utf8(request.body()).unwrap_or_default();
    format!(
        "{} {}{} {key} {body}",
        request.method(),
        request.uri().path(),
        query.unwrap_or_default()
    )
}

impl Network {
    /// Checks that no request is sent after both PSPs have forgotten its key: it would take effect twice.
    fn check_age(&self, key: Option<&str>) {
        if let Some(key) = key.filter(|key| !HARMLESS_TWICE.iter().any(|end| key.ends_with(end)))
            && self.0.age_of_key(key) > KEYS_ARE_KEPT_FOR
            && !self.0.has_just_jumped()
        {
            self.0
                .violate(format!("{key} is sent again when the PSP has forgotten it"));
        }
    }

    /// Sends a request on its way. The trace has its course.
    fn dispatch(&self, request: Request<Bytes>, mailbox: Shared) {
        let (faults, sent) = (self.0.faults(), self.0.now());
        let what = words(&request);
        if self.0.chance(faults.lost_before) {
            self.0.note(format!("lost on its way: {what}"));
            return;
        }
        let late = self.0.chance(faults.late);
        let way = if late { 90_000 } else { 300 };
        let there = self
            .0
            .between(Duration::from_millis(5), Duration::from_millis(way));
        if self.0.chance(faults.twice) {
            let copy = request.clone();
            let later = there + self.0.between(Duration::from_millis(1), Duration::from_secs(40));
            self.0.after(later, move |world| {
                arrive(world, &copy, sent, None);
            });
        }
        self.0.note(format!("sends {what}"));
        self.0
            .after(there, move |world| arrive(world, &request, sent, Some(mailbox)));
    }
}

/// A request arrives at its PSP, and the answer leaves.
fn arrive(world: &Arc<World>, request: &Request<Bytes>, sent: DateTime<Utc>, mailbox: Option<Shared>) {
    world.turn_of("psp");
    if world.now() - sent > LONGEST_WAY {
        world.note(format!("never arrives: {}", words(request)));
        return;
    }
    let outcome = world.sandbox.handle(request);
    let what = words(request);
    let (extra, mut response) = match outcome {
        Outcome::Answer(response) => (Duration::ZERO, response),
        Outcome::Delayed(wait, response) => (wait, response),
        Outcome::Dropped => {
            world.note(format!("no answer to {what}"));
            stay_broken(world);
            return;
        }
    };
    let is_disguised =
        is_creation(request) && world.is_disguised(key_of(request), response.status().is_success());
    if is_disguised {
        // Its answer may be lost, and the payment be read as it is before the creation is sent again.
        disguise::note_impostor(world, &response);
    }
    let Some(mailbox) = mailbox else {
        world.note(format!("{} to the second copy of {what}", response.status()));
        return;
    };
    if world.chance(world.faults().lost_after) {
        world.note(format!("{} is lost, to {what}", response.status()));
        stay_broken(world);
        return;
    }
    world.note(format!("{} to {what}", response.status()));
    if is_disguised {
        disguise::as_live(world, &mut response);
    } else {
        if is_creation(request) {
            disguise::begin_waiting(world, &response);
        }
        disguise::as_pending(world, &mut response);
        world.show(response.body());
    }
    // The answer may be stale when it arrives.
    let way = if world.chance(world.faults().late) {
        18_000
    } else {
        200
    };
    let back = extra + world.between(Duration::from_millis(5), Duration::from_millis(way));
    world.after(back, move |_| deliver(&mailbox, &response));
}

/// Whether a request creates a payment.
fn is_creation(request: &Request<Bytes>) -> bool {
    let path = request.uri().path();
    request.method() == http::Method::POST && ["/payments", "/v1/payment_intents"].contains(&path)
}

/// A broken connection makes the next one fail, too, if connections can be refused at all.
fn stay_broken(world: &Arc<World>) {
    if world.faults().not_sent > 0.0 {
        world.cut_off(Duration::from_secs(60));
    }
}

fn written(request: &PspRequest, credentials: &SecretString) -> Result<Request<Bytes>, TransportError> {
    let mut builder = Request::builder()
        .method(match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        })
        .uri(&request.url)
        .header("authorization", format!("Bearer {}", credentials.expose_secret()));
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder
        .body(Bytes::from(request.body.clone()))
        .map_err(|error| TransportError::NotSent(error.to_string()))
}

impl Transport for Network {
    fn send<'a>(
        &'a self,
        request: &'a PspRequest,
        credentials: &'a SecretString,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<PspResponse, TransportError>> {
        async move {
            let request_key = request.idempotency_key.as_deref();
            let request = written(request, credentials)?;
            self.0.may_crash("before a call to the PSP").await;
            if self.0.is_cut_off() || self.0.chance(self.0.faults().not_sent) {
                self.0
                    .note(format!("the PSP refuses the connection: {}", words(&request)));
                return Err(TransportError::NotSent("connection refused".into()));
            }
            self.check_age(request_key);
            let mailbox = Shared::default();
            self.dispatch(request, Arc::clone(&mailbox));
            let answer = futures::future::poll_fn(|cx| {
                let mut mailbox = mailbox.lock().unwrap_or_else(PoisonError::into_inner);
                match mailbox.answer.take() {
                    Some(answer) => Poll::Ready(answer),
                    None => {
                        mailbox.waker = Some(cx.waker().clone());
                        Poll::Pending
                    }
                }
            });
            let late = std::pin::pin!(self.0.sleep(deadline));
            let answer = match futures::future::select(answer, late).await {
                futures::future::Either::Left((answer, _)) => Ok(answer),
                futures::future::Either::Right(((), _)) => {
                    self.0.note("no answer in time");
                    Err(TransportError::Unknown("no answer in time".into()))
                }
            };
            self.0.may_crash("after a call to the PSP").await;
            answer
        }
        .boxed()
    }

    fn judge<'a>(&'a self, _: OwnHost, _: &'a Url) -> BoxFuture<'a, Result<(), Refused>> {
        futures::future::ready(Ok(())).boxed()
    }
}

impl Timer for Network {
    fn elapsed(&self) -> Duration {
        let since = self.0.now() - chrono::DateTime::UNIX_EPOCH;
        since.to_std().unwrap_or_default()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.0.sleep(duration).boxed()
    }

    fn random(&self) -> f64 {
        self.0.fraction()
    }
}
