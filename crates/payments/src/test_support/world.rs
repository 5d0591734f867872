//! A world in one process: the sandbox is called directly, and time stands still until it is moved.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::{FutureExt, future::BoxFuture};
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tillgate_gateways::{Method, PspRequest, PspResponse, Timer, Transport, TransportError};
use tillgate_model::{Dialect, Id, Problems, openapi::operations, query::Query};
use tillgate_outgoing::{OwnHost, Refused};
use tillgate_sandbox::{
    Clock as _, ManualClock, Outcome, Sandbox, SandboxConfig, WebhookAnswer, WebhookDelivery,
};
use tillgate_store::{Db, Scope};
use url::Url;

use crate::{
    Answer, ApplicationKind, Call, Caller, Clock, Context, Entropy, IdempotencyKey, Notification, Reception,
    Service, Settings, accounts, cipher::Cipher, passwords::Passwords, purge, request::Request,
    test_support::receivers::Receivers,
};

pub const PUBLISHABLE_KEY: &str = "pk_test_world0000000";
const SECRET_KEY: &str = "sk_test_world0000000";

pub struct World {
    pub service: Service,
    pub psp: Arc<Sandbox>,
    pub clock: ManualClock,
    pub receivers: Arc<Receivers>,
    caller: Caller,
    pub gateway: String,
    pub order: String,
    held: Arc<Mutex<Held>>,
    directory: tempfile::TempDir,
}

struct Time(ManualClock);

impl Clock for Time {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}

/// Bytes that differ each time, and are the same in each run.
#[derive(Default)]
struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, buffer: &mut [u8]) {
        for part in buffer.chunks_mut(32) {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            part.copy_from_slice(&Sha256::digest(number.to_le_bytes())[..part.len()]);
        }
    }
}

struct NoWaiting;

impl Timer for NoWaiting {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        futures::future::ready(()).boxed()
    }

    fn random(&self) -> f64 {
        0.5
    }
}

/// The transport to the PSP. It can hold a request back.
struct Wire {
    psp: Arc<Sandbox>,
    clock: ManualClock,
    held: Arc<Mutex<Held>>,
}

/// The request on its way to the PSP.
#[derive(Default)]
enum Held {
    #[default]
    Nothing,
    /// The next request that changes something is held back.
    Next,
    /// This request has not arrived yet.
    Request(PspRequest),
    /// This request arrives when the PSP has answered the next query, whose answer takes this long.
    Arriving(PspRequest, TimeDelta),
}

impl Wire {
    fn ask(&self, request: &PspRequest, credentials: &SecretString) -> Option<(u16, Bytes)> {
        let method = format!("{:?}", request.method).to_uppercase();
        let mut headers = request.headers.clone();
        let bearer = format!("Bearer {}", credentials.expose_secret());
        headers.push(("authorization".into(), bearer));
        ask(&self.psp, &method, &request.url, &headers, &request.body)
    }

    fn pass(&self, request: &PspRequest, credentials: &SecretString) -> Option<(u16, Bytes)> {
        let mut held = self.held.lock().unwrap();
        let is_question = request.method == Method::Get;
        if !is_question && matches!(*held, Held::Next | Held::Request(_)) {
            *held = Held::Request(request.clone());
            return None;
        }
        let answer = self.ask(request, credentials);
        if is_question && let Held::Arriving(late, takes) = &*held {
            self.ask(late, credentials);
            self.clock.advance(*takes);
            *held = Held::Nothing;
        }
        answer
    }
}

impl Transport for Wire {
    fn send<'a>(
        &'a self,
        request: &'a PspRequest,
        credentials: &'a SecretString,
        _: Duration,
    ) -> BoxFuture<'a, Result<PspResponse, TransportError>> {
        let answer = self.pass(request, credentials);
        let answer = answer.ok_or_else(|| TransportError::Unknown("dropped".into()));
        futures::future::ready(answer.map(|(status, body)| PspResponse {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body,
            resent: false,
        }))
        .boxed()
    }

    fn judge<'a>(&'a self, _: OwnHost, _: &'a Url) -> BoxFuture<'a, Result<(), Refused>> {
        futures::future::ready(Ok(())).boxed()
    }
}

fn ask(
    psp: &Sandbox,
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: &str,
) -> Option<(u16, Bytes)> {
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Bytes::from(body.to_owned())).unwrap();
    match psp.handle(&request) {
        Outcome::Answer(answer) | Outcome::Delayed(_, answer) => {
            Some((answer.status().as_u16(), answer.into_body()))
        }
        Outcome::Dropped => None,
    }
}

impl World {
    /// A shop with a Stripe gateway, whose endpoint is registered, and an order that can be paid.
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(DateTime::from_timestamp(1_900_000_000, 0).unwrap());
        let config = SandboxConfig {
            seed: Some(1),
            ..SandboxConfig::default()
        };
        let psp = Arc::new(Sandbox::with_clock(config, Arc::new(clock.clone())).unwrap());
        let receivers = Arc::new(Receivers::new(clock.clone()));
        let held = Arc::default();
        let wire = Wire {
            psp: Arc::clone(&psp),
            clock: clock.clone(),
            held: Arc::clone(&held),
        };
        let url = format!("sqlite://{}", directory.path().join("db").display());
        let context = Context {
            db: Db::open(&url, 1, true).unwrap(),
            clock: Arc::new(Time(clock.clone())),
            entropy: Arc::new(Counted::default()),
            timer: Arc::new(NoWaiting),
            transport: Arc::new(wire),
            sender: Arc::<Receivers>::clone(&receivers),
            cipher: Arc::new(Cipher::new([7; 32])),
            passwords: Arc::new(Passwords::new(1, 8)),
            base_url: "http://127.0.0.1:8080".into(),
            settings: Settings {
                gateway_timeout: Duration::from_secs(20),
                abandoned_after: Duration::from_secs(24 * 60 * 60),
                max_failed_authorizations: 5,
                max_failures_of_address: 20,
                max_failed_logins: 10,
                max_failed_logins_of_customer: 50,
                max_failed_logins_of_address: 100,
                keep_gateway_events: std::time::Duration::from_secs(90 * 86_400),
                keep_operations: std::time::Duration::from_secs(90 * 86_400),
            },
        };
        let organization = accounts::create_organization(&context, "World").await.unwrap();
        let mut world = Self {
            caller: Caller {
                scope: Scope::of_operator(organization, true),
                application_id: context.new_id(),
                kind: ApplicationKind::Integration,
                market_id: None,
                customer_id: None,
                address: None,
                token_hash: None,
            },
            service: Service::new(context),
            psp,
            clock,
            receivers,
            gateway: String::new(),
            order: String::new(),
            held,
            directory,
        };
        let market = json!({"name": "Shop", "currency_code": "EUR"});
        let market = world.create("markets", market, json!({})).await;
        let market = json!({"data": {"type": "markets", "id": market}});
        let gateway = json!({
            "name": "Stripe", "login": SECRET_KEY, "publishable_key": PUBLISHABLE_KEY,
            "base_url": "http://127.0.0.1:8081"
        });
        world.gateway = world.create("stripe_gateways", gateway, json!({})).await;
        let gateway = json!({"data": {"type": "payment_gateways", "id": world.gateway}});
        let method = json!({"payment_source_type": "stripe_payments", "price_amount_cents": 0});
        let of = json!({"market": market, "payment_gateway": gateway});
        world.create("payment_methods", method, of).await;
        let email = json!({"customer_email": "ada@example.com"});
        world.order = world.create("orders", email, json!({"market": market})).await;
        let item = json!({"name": "Coffee", "quantity": 1, "unit_amount_cents": 1_000});
        let of = json!({"order": {"data": {"type": "orders", "id": world.order}}});
        world.create("line_items", item, of).await;
        world
    }

    pub async fn create(&self, kind: &str, attributes: Value, relationships: Value) -> String {
        let body = json!({"data": {"type": kind, "attributes": attributes, "relationships": relationships}});
        let created = self.call("POST", kind, None, Some(body)).await;
        created["data"]["id"].as_str().unwrap().to_owned()
    }

    /// Changes attributes of a resource. Answers its new attributes.
    pub async fn update(&self, kind: &str, id: &str, attributes: Value) -> Value {
        let body = json!({"data": {"type": kind, "id": id, "attributes": attributes}});
        self.call("PATCH", kind, Some(id), Some(body)).await["data"]["attributes"].take()
    }

    pub async fn attributes(&self, kind: &str, id: &str) -> Value {
        self.call("GET", kind, Some(id), None).await["data"]["attributes"].take()
    }

    /// Id of the oldest resource of a type.
    pub async fn first(&self, kind: &str) -> String {
        let list = self.call("GET", kind, None, None).await;
        list["data"][0]["id"].as_str().unwrap().to_owned()
    }

    /// The number of resources of a type.
    pub async fn count(&self, kind: &str) -> i64 {
        let list = self.call("GET", kind, None, None).await;
        list["meta"]["record_count"].as_i64().unwrap()
    }

    /// The stored payment status: a `GET` of an order asks no PSP.
    pub async fn payment_status(&self) -> String {
        let order = self.attributes("orders", &self.order).await;
        order["payment_status"].as_str().unwrap().to_owned()
    }

    /// Tries to create a resource, with an idempotency key.
    pub async fn create_with_key(&self, key: &str, kind: &str, data: Value) -> Result<Answer, Problems> {
        let path = format!("/api/{kind}");
        let operation = operations()
            .into_iter()
            .find(|operation| operation.method() == "POST" && operation.path() == path);
        let body = json!({"data": data}).to_string();
        let call = Call {
            operation: operation.unwrap(),
            id: None,
            query: Query::default(),
            idempotency_key: Some(IdempotencyKey {
                key: key.to_owned(),
                fingerprint: body.clone(),
            }),
            body: body.into(),
            if_match: None,
        };
        self.service.call(&self.caller, call).await
    }

    /// Deletes all expired data. Answers the number of rows for each table that had some.
    pub async fn purge(&self) -> BTreeMap<&'static str, usize> {
        let mut purged = BTreeMap::new();
        for purge in purge::ALL {
            let mut position = Some(0);
            while let Some(from) = position {
                let step = self.service.purge_step(purge, from).await.unwrap();
                *purged.entry(purge.table()).or_default() += step.purged;
                position = step.next;
            }
        }
        purged.retain(|_, rows| *rows > 0);
        purged
    }

    /// Tries to change attributes of a resource.
    pub async fn try_update(&self, kind: &str, id: &str, attributes: Value) -> Result<Answer, Problems> {
        let body = json!({"data": {"type": kind, "id": id, "attributes": attributes}});
        self.try_to_call("PATCH", kind, Some(id), Some(body)).await
    }

    /// Removes an object in the PSP's dashboard. Answers the status.
    pub fn delete_at_psp(&self, path: &str) -> u16 {
        let headers = [("authorization".into(), format!("Bearer {SECRET_KEY}"))];
        let (status, _) = ask(&self.psp, "DELETE", path, &headers, "").unwrap();
        status
    }

    async fn call(&self, method: &str, kind: &str, id: Option<&str>, body: Option<Value>) -> Value {
        let answer = self.try_to_call(method, kind, id, body).await;
        let answer = answer.unwrap_or_else(|problems| panic!("{method} {kind}: {problems:?}"));
        serde_json::from_slice(&answer.body).unwrap()
    }

    async fn try_to_call(
        &self,
        method: &str,
        kind: &str,
        id: Option<&str>,
        body: Option<Value>,
    ) -> Result<Answer, Problems> {
        let path = format!("/api/{kind}{}", if id.is_some() { "/{id}" } else { "" });
        let operation = operations()
            .into_iter()
            .find(|operation| operation.method() == method && operation.path() == path);
        let call = Call {
            operation: operation.unwrap(),
            id: id.map(|id| id.parse::<Id>().unwrap()),
            query: Query::default(),
            body: body.map(|body| body.to_string().into()).unwrap_or_default(),
            idempotency_key: None,
            if_match: None,
        };
        self.service.call(&self.caller, call).await
    }

    /// Creates a Stripe payment of the order. Answers its id and the PaymentIntent's.
    pub async fn payment(&self) -> (String, String) {
        let of = json!({"order": {"data": {"type": "orders", "id": self.order}}});
        let id = self.create("stripe_payments", json!({}), of).await;
        let attributes = self.attributes("stripe_payments", &id).await;
        (id, attributes["stripe_id"].as_str().unwrap().to_owned())
    }

    /// Confirms the payment in the buyer's browser.
    pub async fn confirm(&self, payment: &str, payment_method: &str) {
        assert_eq!(self.try_to_confirm(payment, payment_method).await, 200);
    }

    /// Tries to confirm the payment in the buyer's browser. Answers the status.
    pub async fn try_to_confirm(&self, payment: &str, payment_method: &str) -> u16 {
        let attributes = self.attributes("stripe_payments", payment).await;
        let (intent, secret) = (&attributes["stripe_id"], &attributes["client_secret"]);
        let url = format!("/v1/payment_intents/{}/confirm", intent.as_str().unwrap());
        let form = format!(
            "client_secret={}&payment_method={payment_method}&return_url=https%3A%2F%2Fshop.example%2F",
            secret.as_str().unwrap()
        );
        let headers = [
            ("authorization".into(), format!("Bearer {PUBLISHABLE_KEY}")),
            ("content-type".into(), "application/x-www-form-urlencoded".into()),
        ];
        let (status, _) = ask(&self.psp, "POST", &url, &headers, &form).unwrap();
        status
    }

    /// Holds back the next request that changes something at the PSP.
    pub fn hold_back(&self) {
        *self.held.lock().unwrap() = Held::Next;
    }

    /// Lets the held request arrive when the PSP has answered the next query, whose answer takes this long.
    pub fn let_arrive_behind(&self, answer_takes: TimeDelta) {
        let mut held = self.held.lock().unwrap();
        let Held::Request(request) = std::mem::take(&mut *held) else {
            panic!("nothing was held back");
        };
        *held = Held::Arriving(request, answer_takes);
    }

    /// Creates a Stripe payment of the order that the buyer has confirmed, and syncs it. Answers its id.
    pub async fn authorized(&self) -> String {
        let (payment, _) = self.payment().await;
        self.confirm(&payment, "pm_card_visa").await;
        self.receive_events().await;
        payment
    }

    /// Requests a capture of the oldest authorization. Answers the capture's id, whatever its outcome.
    pub async fn capture(&self) -> String {
        let authorization = self.first("authorizations").await;
        let capture = json!({"_capture": true});
        self.update("authorizations", &authorization, capture).await;
        self.first("captures").await
    }

    /// Delivers the PSP's events, and handles them.
    pub async fn receive_events(&self) {
        for delivery in self.sent() {
            self.deliver(&delivery).await;
        }
        self.process().await;
    }

    /// The PSP's webhooks that are due.
    pub fn sent(&self) -> Vec<WebhookDelivery> {
        self.psp.due_webhooks(100)
    }

    pub async fn deliver(&self, delivery: &WebhookDelivery) -> Reception {
        let header = |name: &str| Some(delivery.headers.get(name)?.to_str().ok()?.to_owned());
        let received = self.receive(&delivery.url, &header, &delivery.body).await;
        let answer = WebhookAnswer::Status(match received {
            Reception::Kept => StatusCode::OK,
            Reception::NotFound | Reception::Refused | Reception::Unreadable => StatusCode::BAD_REQUEST,
        });
        self.psp.webhook_answered(&delivery.id, answer);
        received
    }

    pub async fn receive(
        &self,
        url: &str,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
    ) -> Reception {
        let (rest, token) = url.rsplit_once('/').unwrap();
        let (_, gateway_type) = rest.rsplit_once('/').unwrap();
        let notification = Notification {
            gateway_type,
            token,
            header,
            body,
        };
        self.service.receive(&notification).await.unwrap()
    }

    /// Handles the due events once. Answers how many there were.
    pub async fn process(&self) -> usize {
        let events = self.service.take_events(100).await;
        for event in &events {
            self.service.process_event(event).await;
        }
        events.len()
    }

    /// A request of the merchant, for the rules of the domain.
    pub fn request(&self) -> Request {
        Request {
            context: self.service.context().clone(),
            caller: self.caller.clone(),
            dialect: Dialect::CommerceLayer,
            key: None,
            key_owner: String::new(),
            if_match: None,
            body: Bytes::new(),
        }
    }

    /// Organization and mode of the world.
    pub fn scope(&self) -> &Scope {
        &self.caller.scope
    }

    pub fn organization_id(&self) -> tillgate_model::Id {
        self.caller.scope.organization_id().clone()
    }

    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Directory of the database.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Number of committed transactions: the frames of the database's log that end one (SQLite docs: WAL-mode file format).
    pub fn commits(&self) -> usize {
        const HEADER: usize = 32;
        const FRAME_HEADER: usize = 24;
        let log: PathBuf = self.directory.path().join("db-wal");
        let log = std::fs::read(log).unwrap();
        let number = |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        let page = number(&log, 8) as usize;
        log[HEADER..]
            .chunks_exact(FRAME_HEADER + page)
            .take_while(|frame| frame[8..16] == log[16..24])
            .filter(|frame| number(frame, 4) != 0)
            .count()
    }
}
