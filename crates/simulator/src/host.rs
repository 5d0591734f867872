//! The machine of the service: the process ends and starts again, and the database stays.

use std::{
    cell::{Cell, RefCell},
    path::Path,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, channel::oneshot, stream::FuturesUnordered};
use tillgate_model::Problems;
use tillgate_payments::{
    Answer, Call, Caller, Clock, Context, Entropy, Notification, Reception, Service, Settings,
    cipher::Cipher, passwords::Passwords,
};
use tillgate_sandbox::WebhookDelivery;
use tillgate_store::{Db, StoreError};

use crate::{
    database::Unreliable,
    executor::{Side, Spawner},
    merchant::Merchant,
    network::Network,
    world::World,
};

/// Origin of the service.
pub const URL: &str = "https://tillgate.example";

struct Time(Arc<World>);

impl Clock for Time {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.0.now()
    }
}

struct Chance(Arc<World>);

impl Entropy for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

/// The connection broke: there is no answer, or the process has ended.
pub struct NoAnswer;

/// The machine.
pub struct Host {
    /// The shared world.
    pub world: Arc<World>,
    /// The merchant that the service calls.
    pub merchant: Arc<Merchant>,
    context: Context,
    spawner: Spawner,
    service: RefCell<Option<Service>>,
    crashes: Cell<u32>,
}

impl Host {
    /// A machine with an empty database, and no process.
    ///
    /// # Errors
    /// The database can't be made.
    pub fn new(world: &Arc<World>, spawner: Spawner) -> Result<Rc<Self>, StoreError> {
        let db = Db::inline(Path::new(":memory:"), Arc::new(Unreliable(Arc::clone(world))))?;
        let network = Arc::new(Network(Arc::clone(world)));
        let merchant = Arc::new(Merchant::new(world));
        let context = Context {
            db,
            clock: Arc::new(Time(Arc::clone(world))),
            entropy: Arc::new(Chance(Arc::clone(world))),
            timer: Arc::<Network>::clone(&network),
            transport: network,
            sender: Arc::<Merchant>::clone(&merchant),
            cipher: Arc::new(Cipher::new([7; 32])),
            passwords: Arc::new(Passwords::new(1, 8)),
            base_url: URL.into(),
            settings: Settings {
                gateway_timeout: Duration::from_secs(25),
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
        Ok(Rc::new(Self {
            world: Arc::clone(world),
            merchant,
            context,
            spawner,
            service: RefCell::new(None),
            crashes: Cell::new(0),
        }))
    }

    /// The service's context, for setup and for reading its database.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Number of crashes.
    pub fn crashes(&self) -> u32 {
        self.crashes.get()
    }

    /// Starts the service: it resolves the open calls of an earlier process, and two instances do the due work.
    pub async fn start(&self) {
        let service = Service::new(self.context.clone());
        service.take_up_open_calls().await;
        for name in ["worker-1", "worker-2"] {
            let (world, service) = (Arc::clone(&self.world), service.clone());
            self.spawner.spawn(name, Side::Service, upkeep(world, service));
        }
        for name in ["calls-1", "calls-2"] {
            let (world, service) = (Arc::clone(&self.world), service.clone());
            self.spawner.spawn(name, Side::Service, tell(world, service));
        }
        let (world, hearing) = (Arc::clone(&self.world), service.clone());
        self.spawner.spawn("events", Side::Service, hear(world, hearing));
        *self.service.borrow_mut() = Some(service);
    }

    /// Records that the process has ended; it starts again after a while.
    pub fn crashed(self: &Rc<Self>) {
        self.crashes.set(self.crashes.get() + 1);
        *self.service.borrow_mut() = None;
        let host = Rc::clone(self);
        self.spawner.spawn("supervisor", Side::Outside, async move {
            let downtime = host
                .world
                .between(Duration::from_millis(200), Duration::from_secs(20));
            host.world.sleep(downtime).await;
            host.world.note("the service starts again");
            let starting = Rc::clone(&host);
            host.spawner
                .spawn("start", Side::Service, async move { starting.start().await });
        });
    }

    /// Starts a task that does not end with the process.
    pub fn beside(&self, name: &str, future: impl Future<Output = ()> + 'static) {
        self.spawner.spawn(name, Side::Outside, future);
    }

    /// Whether the service answers.
    pub fn is_up(&self) -> bool {
        self.service.borrow().is_some()
    }

    /// Calls the API. The call continues even if its caller does not wait.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn call(
        &self,
        caller: &Caller,
        name: &str,
        call: Call,
    ) -> Result<Result<Answer, Problems>, NoAnswer> {
        let service = self.service.borrow().clone().ok_or(NoAnswer)?;
        let (caller, (answer, answered)) = (caller.clone(), oneshot::channel());
        self.spawner
            .spawn(format!("  {name}"), Side::Service, async move {
                // The caller may be gone.
                let _ = answer.send(service.call(&caller, call).await);
            });
        answered.await.map_err(|_| NoAnswer)
    }

    /// Delivers a webhook.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn receive(&self, delivery: &WebhookDelivery) -> Result<Result<Reception, Problems>, NoAnswer> {
        let service = self.service.borrow().clone().ok_or(NoAnswer)?;
        let (answer, answered) = oneshot::channel();
        let delivery = delivery.clone();
        self.spawner.spawn("  webhook", Side::Service, async move {
            let path = delivery.url.strip_prefix(URL).unwrap_or_default();
            let mut parts = path.trim_start_matches("/webhook_callbacks/").split('/');
            let (gateway_type, token) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let header = |name: &str| {
                let value = delivery.headers.get(name)?.to_str().ok()?;
                Some(value.to_owned())
            };
            let notification = Notification {
                gateway_type,
                token,
                header: &header,
                body: &delivery.body,
            };
            // The caller may be gone.
            let _ = answer.send(service.receive(&notification).await);
        });
        answered.await.map_err(|_| NoAnswer)
    }
}

async fn upkeep(world: Arc<World>, service: Service) {
    loop {
        service.recover_once().await;
        service.watch_once().await;
        world
            .sleep_between(Duration::from_secs(3), Duration::from_secs(8))
            .await;
    }
}

async fn hear(world: Arc<World>, service: Service) {
    loop {
        let events = service.take_events(16).await;
        let mut under_way: FuturesUnordered<_> =
            events.iter().map(|event| service.process_event(event)).collect();
        while under_way.next().await.is_some() {}
        world
            .sleep_between(Duration::from_millis(200), Duration::from_secs(4))
            .await;
    }
}

async fn tell(world: Arc<World>, service: Service) {
    loop {
        service.publish_once(64).await;
        let due = service.take_deliveries(&|_| 8).await.into_iter();
        let mut under_way: FuturesUnordered<_> = due
            .map(|delivery| async {
                if let Some(sent) = service.send_delivery(delivery).await {
                    service.record_delivery(sent).await;
                }
            })
            .collect();
        while under_way.next().await.is_some() {}
        world
            .sleep_between(Duration::from_secs(1), Duration::from_secs(20))
            .await;
    }
}
