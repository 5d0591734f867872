//! One run: a shop is opened, clients and faults act, then the faults end and all activity must cease.

use std::{cell::Cell, panic::AssertUnwindSafe, rc::Rc};

use chrono::TimeDelta;

use crate::{
    api::Api,
    check,
    client::{self, Habits},
    dashboard,
    executor::{Ended, Executor, Side},
    gremlin,
    host::Host,
    notes::SharedNotes,
    shop, webhooks,
    world::World,
};

/// The report of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The first violation; `None` in a good run.
    pub violation: Option<String>,
    /// A hash over everything that happened.
    pub hash: String,
    /// The trace, if it was kept.
    pub trace: Vec<String>,
    /// Number of crashes.
    pub crashes: u32,
    /// Money effects at the PSPs.
    pub effects: usize,
    /// Number of calls that are flagged for an operator.
    pub flagged: usize,
    /// Turns that were taken.
    pub turns: u64,
}

/// After the last client: the times between two checks that all is well.
const REST: &[i64] = &[
    10,
    30,
    60,
    300,
    600,
    1800,
    3600,
    4 * 3600,
    12 * 3600,
    24 * 3600,
    24 * 3600,
    48 * 3600,
    96 * 3600,
    96 * 3600,
    96 * 3600,
    96 * 3600,
];

/// Rounds of rest in which the merchant reads all payments, and how often. By the last one, all slow actions of the PSPs are
/// done.
const LOOKS: [(usize, usize); 4] = [(3, 1), (5, 1), (6, 1), (7, 3)];
/// Maximum number of seconds for these reads.
const LOOKING: i64 = 300;
/// Round after which the clients' answers must agree for the first time. Later, forgotten payments have expired.
const FIRST_CHECK_AFTER: usize = 7;

/// Runs a seed.
pub fn run(seed: u64, keeps_trace: bool) -> Report {
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| simulate(seed, keeps_trace)));
    outcome.unwrap_or_else(|panic| {
        let words = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        failed(format!("panic: {}", words.unwrap_or_default()))
    })
}

fn failed(violation: String) -> Report {
    Report {
        violation: Some(violation),
        ..Report::default()
    }
}

fn simulate(seed: u64, keeps_trace: bool) -> Report {
    let world = match World::new(seed, keeps_trace) {
        Ok(world) => world,
        Err(error) => return failed(error.to_string()),
    };
    let executor = Executor::new(world.clone());
    let host = match Host::new(&world, executor.spawner()) {
        Ok(host) => host,
        Err(error) => return failed(error.to_string()),
    };
    let mut scene = Scene { executor, host };
    let (flagged, effects) = match scene.play() {
        Ok(api) => {
            let found = if world.violation().is_none() {
                check::everything(&api)
            } else {
                check::Found::default()
            };
            (found.flagged, found.effects)
        }
        Err(why) => {
            world.violate(why);
            (0, 0)
        }
    };
    scene.executor.clear();
    let (trace, hash) = world.trace();
    Report {
        violation: world.violation(),
        hash,
        trace,
        crashes: scene.host.crashes(),
        effects,
        flagged,
        turns: scene.executor.turns(),
    }
}

struct Scene {
    executor: Executor,
    host: Rc<Host>,
}

impl Scene {
    fn play(&mut self) -> Result<Api, String> {
        let world = self.host.world.clone();
        let notes = SharedNotes::default();
        let mut api = self.open(&notes)?;
        api.habits = Rc::new(Habits::draw(&world));
        world.note(format!("{:?}", api.habits));
        let spawner = self.executor.spawner();
        let clients = 3 + world.below(4);
        let left = Rc::new(Cell::new(clients));
        for number in 1..=clients {
            let mut api = api.clone();
            api.name = format!("client-{number}");
            let (left, deeds) = (Rc::clone(&left), 7 + world.below(13));
            spawner.spawn(api.name.clone(), Side::Outside, async move {
                client::live(api, deeds).await;
                left.set(left.get() - 1);
            });
        }
        spawner.spawn("dashboard", Side::Outside, dashboard::work(world.clone()));
        spawner.spawn("gremlin", Side::Outside, gremlin::trouble(world.clone()));
        spawner.spawn("audit", Side::Outside, check::audit::watch(api.clone()));
        let faults = world.draw_faults();
        world.note(format!("{faults:?}"));
        world.set_faults(faults);
        self.until("the clients are done", TimeDelta::days(200), || left.get() == 0)?;
        self.heal(&api)?;
        Ok(api)
    }

    /// Starts the service, and opens the shop.
    fn open(&mut self, notes: &SharedNotes) -> Result<Api, String> {
        let spawner = self.executor.spawner();
        let host = Rc::clone(&self.host);
        let starting = Rc::clone(&host);
        spawner.spawn("start", Side::Service, async move { starting.start().await });
        let deliverer = webhooks::deliver(Rc::clone(&host), spawner.clone(), notes.clone());
        spawner.spawn("webhooks", Side::Outside, deliverer);
        let up = Rc::clone(&host);
        self.until("the service starts", TimeDelta::minutes(1), || up.is_up())?;
        let opened = Rc::new(Cell::new(None));
        let (slot, notes) = (Rc::clone(&opened), notes.clone());
        spawner.spawn("shop", Side::Outside, async move {
            slot.set(Some(shop::open(host, notes).await));
        });
        let is_open = Rc::new(Cell::new(false));
        let (seen, slot) = (Rc::clone(&is_open), Rc::clone(&opened));
        self.until("the shop opens", TimeDelta::hours(1), move || {
            let value = slot.take();
            seen.set(value.is_some());
            slot.set(value);
            seen.get()
        })?;
        match opened.take() {
            Some(Ok(api)) => Ok(api),
            Some(Err(error)) => Err(format!("{error:#}")),
            None => Err("the shop did not open".into()),
        }
    }

    /// Ends the faults, and lets time pass until nothing is left to happen.
    fn heal(&mut self, api: &Api) -> Result<(), String> {
        let world = self.host.world.clone();
        world.turn_of("heal");
        world.note("no more faults from here on");
        world.heal();
        let mut looks = check::Looks::default();
        for (round, seconds) in REST.iter().enumerate() {
            let asked = LOOKS.iter().find(|(asked, _)| *asked == round);
            if round == FIRST_CHECK_AFTER {
                check::halfway(api);
                looks = check::Looks::so_far(api);
            }
            if round == FIRST_CHECK_AFTER + 1 {
                looks.check(api);
            }
            if let Some((_, times)) = asked {
                // Dashboard actions whose events are lost for good are found by reading.
                let (api, times) = (api.clone(), *times);
                self.executor.spawner().spawn("look", Side::Outside, async move {
                    for _ in 0..times {
                        client::look(api.clone()).await;
                    }
                });
            }
            // Work that was due meanwhile happens in its time.
            world.jump(TimeDelta::seconds(*seconds));
            self.run_for(TimeDelta::seconds(if asked.is_some() { LOOKING } else { 20 }))?;
        }
        Ok(())
    }

    fn until(&mut self, what: &str, limit: TimeDelta, done: impl Fn() -> bool) -> Result<(), String> {
        let host = Rc::clone(&self.host);
        let limit = host.world.now() + limit;
        match self.executor.run(limit, done, move || host.crashed()) {
            Ended::Done => Ok(()),
            ended => Err(format!("{ended:?} before {what}")),
        }
    }

    fn run_for(&mut self, time: TimeDelta) -> Result<(), String> {
        let host = Rc::clone(&self.host);
        let limit = host.world.now() + time;
        match self.executor.run(limit, || false, move || host.crashed()) {
            Ended::InCircles => Err("a task runs in circles".into()),
            Ended::Done | Ended::TimeIsUp => Ok(()),
        }
    }
}
