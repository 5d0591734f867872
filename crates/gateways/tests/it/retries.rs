//! The repetition of requests, with a controlled clock.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, executor::block_on, future::BoxFuture};
use secrecy::SecretString;
use tillgate_gateways::{
    Method, PspRequest, PspResponse, RetryPolicy, Timer, Transport, TransportError, call,
};

use tillgate_outgoing::{OwnHost, Refused};
use url::Url;

use crate::support::request;

type Sent = Result<PspResponse, TransportError>;

/// Answers from a script, and takes some time for each.
struct Script<'a> {
    answers: Mutex<VecDeque<Sent>>,
    timer: &'a Clock,
    takes: Duration,
    attempts: Mutex<Vec<(PspRequest, Duration)>>,
}

impl Transport for Script<'_> {
    fn send<'a>(
        &'a self,
        request: &'a PspRequest,
        _: &'a SecretString,
        deadline: Duration,
    ) -> BoxFuture<'a, Sent> {
        self.attempts.lock().unwrap().push((request.clone(), deadline));
        *self.timer.now.lock().unwrap() += self.takes.min(deadline);
        let answer = self
            .answers
            .lock()
            .unwrap()
            .pop_front()
            .expect("no more attempts than answers");
        async move { answer }.boxed()
    }

    fn judge<'a>(&'a self, _: OwnHost, _: &'a Url) -> BoxFuture<'a, Result<(), Refused>> {
        async { Ok(()) }.boxed()
    }
}

#[derive(Default)]
struct Clock {
    now: Mutex<Duration>,
    pauses: Mutex<Vec<Duration>>,
    random: f64,
}

impl Timer for Clock {
    fn elapsed(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        *self.now.lock().unwrap() += duration;
        self.pauses.lock().unwrap().push(duration);
        async {}.boxed()
    }

    fn random(&self) -> f64 {
        self.random
    }
}

const POLICY: RetryPolicy = RetryPolicy {
    deadline: Duration::from_secs(20),
    attempt: Duration::from_secs(10),
    max_attempts: 3,
    first_pause: Duration::from_secs(1),
    max_pause: Duration::from_secs(4),
    resending: false,
};

fn answer(status: u16, headers: &[(&str, &str)]) -> Sent {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Ok(PspResponse {
        status,
        headers,
        body: Bytes::new(),
        resent: false,
    })
}

fn not_sent() -> Sent {
    Err(TransportError::NotSent("refused".to_owned()))
}

fn unknown() -> Sent {
    Err(TransportError::Unknown("reset".to_owned()))
}

/// The final result, and the number of attempts.
fn run(request: &PspRequest, policy: RetryPolicy, answers: Vec<Sent>) -> (Sent, usize) {
    let clock = Clock::default();
    let script = Script {
        answers: Mutex::new(answers.into()),
        timer: &clock,
        takes: Duration::ZERO,
        attempts: Mutex::default(),
    };
    let result = block_on(call(&script, &clock, request, &SecretString::from("sk"), policy));
    let attempts = script.attempts.into_inner().unwrap();
    assert!(
        attempts.iter().all(|(sent, _)| sent == request),
        "the same bytes each time"
    );
    (result, attempts.len())
}

fn status(result: &Sent) -> Option<u16> {
    result.as_ref().ok().map(|response| response.status)
}

#[test]
fn what_is_worth_another_attempt() {
    for (first, attempts) in [
        (answer(200, &[]), 1),
        (answer(400, &[]), 1),
        (answer(402, &[]), 1),
        (answer(424, &[]), 1),
        (answer(409, &[]), 2),
        (answer(429, &[]), 2),
        (answer(500, &[]), 2),
        (answer(503, &[]), 2),
        (answer(400, &[("stripe-should-retry", "true")]), 2),
        (answer(500, &[("stripe-should-retry", "false")]), 1),
        (answer(500, &[("idempotent-replayed", "true")]), 1),
        (unknown(), 2),
        (not_sent(), 2),
    ] {
        let case = format!("{first:?}");
        let (_, made) = run(&request(Method::Post), POLICY, vec![first, answer(200, &[])]);
        assert_eq!(made, attempts, "{case}");
    }
}

#[test]
fn a_post_without_a_key_is_repeated_only_if_nothing_was_sent() {
    let keyless = PspRequest {
        idempotency_key: None,
        ..request(Method::Post)
    };
    assert_eq!(run(&keyless, POLICY, vec![unknown()]).1, 1);
    assert_eq!(run(&keyless, POLICY, vec![answer(500, &[])]).1, 1);
    assert_eq!(run(&keyless, POLICY, vec![not_sent(), answer(200, &[])]).1, 2);
    assert_eq!(
        run(&request(Method::Get), POLICY, vec![unknown(), answer(200, &[])]).1,
        2
    );
}

#[test]
fn not_sent_means_that_no_attempt_was() {
    let post = request(Method::Post);
    let (nothing, attempts) = run(&post, POLICY, vec![not_sent(), not_sent(), not_sent()]);
    assert!(matches!(nothing, Err(TransportError::NotSent(_))) && attempts == 3);
    let (mixed, _) = run(&post, POLICY, vec![unknown(), not_sent(), not_sent()]);
    assert!(matches!(mixed, Err(TransportError::Unknown(_))));
    let (busy, _) = run(&post, POLICY, vec![answer(500, &[]), not_sent(), not_sent()]);
    assert!(matches!(busy, Err(TransportError::Unknown(_))));
    let again = RetryPolicy {
        resending: true,
        ..POLICY
    };
    let (later, _) = run(&post, again, vec![not_sent(), not_sent(), not_sent()]);
    assert!(matches!(later, Err(TransportError::Unknown(_))));
}

#[test]
fn an_answer_tells_whether_the_request_was_sent_before() {
    let resent = |policy, answers| run(&request(Method::Post), policy, answers).0.unwrap().resent;
    assert!(!resent(POLICY, vec![answer(200, &[])]));
    assert!(!resent(POLICY, vec![not_sent(), answer(200, &[])]));
    assert!(resent(POLICY, vec![unknown(), answer(200, &[])]));
    assert!(resent(POLICY, vec![answer(500, &[]), answer(200, &[])]));
    assert!(resent(
        RetryPolicy {
            resending: true,
            ..POLICY
        },
        vec![answer(200, &[])]
    ));
}

#[test]
fn the_last_answer_is_returned_when_attempts_are_used_up() {
    let (result, attempts) = run(
        &request(Method::Post),
        POLICY,
        vec![answer(500, &[]), answer(502, &[]), answer(503, &[])],
    );
    assert_eq!((status(&result), attempts), (Some(503), 3));
}

fn paced(random: f64, takes: Duration, answers: Vec<Sent>) -> (Sent, Vec<Duration>, Vec<Duration>) {
    let clock = Clock {
        random,
        ..Clock::default()
    };
    let policy = RetryPolicy {
        max_attempts: 5,
        ..POLICY
    };
    let script = Script {
        answers: Mutex::new(answers.into()),
        timer: &clock,
        takes,
        attempts: Mutex::default(),
    };
    let result = block_on(call(
        &script,
        &clock,
        &request(Method::Post),
        &SecretString::from("sk"),
        policy,
    ));
    let deadlines = script
        .attempts
        .into_inner()
        .unwrap()
        .into_iter()
        .map(|(_, deadline)| deadline)
        .collect();
    (result, clock.pauses.into_inner().unwrap(), deadlines)
}

#[test]
fn pauses_double_with_jitter_up_to_a_bound() {
    let busy = || (0..5).map(|_| answer(500, &[])).collect();
    let millis = |values: &[u64]| {
        values
            .iter()
            .copied()
            .map(Duration::from_millis)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        paced(0.0, Duration::ZERO, busy()).1,
        millis(&[500, 1000, 2000, 2000])
    );
    assert_eq!(
        paced(1.0, Duration::ZERO, busy()).1,
        millis(&[1000, 2000, 4000, 4000])
    );
    let asked = vec![answer(429, &[("retry-after", "7")]), answer(200, &[])];
    assert_eq!(paced(0.0, Duration::ZERO, asked).1, millis(&[7000]));
}

#[test]
fn everything_ends_by_the_deadline() {
    let (result, pauses, deadlines) = paced(0.0, Duration::from_secs(60), vec![unknown(), unknown()]);
    assert!(result.is_err());
    let half = Duration::from_millis(500);
    assert_eq!(
        (pauses, deadlines),
        (
            vec![half],
            vec![Duration::from_secs(10), Duration::from_secs(10) - half]
        )
    );
    let far = vec![answer(429, &[("retry-after", "3600")])];
    assert_eq!(status(&paced(0.0, Duration::ZERO, far).0), Some(429));
}
