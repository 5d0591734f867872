//! One thread, many tasks: chance picks the next task, and time passes only when none can continue.

use std::{
    cell::RefCell,
    collections::VecDeque,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use chrono::{DateTime, Utc};
use futures::future::LocalBoxFuture;

use crate::world::World;

/// Whether a task ends with the service's process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Yes: it is a part of the service.
    Service,
    /// No: it is a client or a PSP.
    Outside,
}

struct Task {
    name: String,
    side: Side,
    ready: Arc<Ready>,
    future: LocalBoxFuture<'static, ()>,
}

struct Ready(AtomicBool);

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Starts tasks.
#[derive(Clone, Default)]
pub struct Spawner(Rc<RefCell<VecDeque<Task>>>);

impl Spawner {
    /// Starts a task.
    pub fn spawn(&self, name: impl Into<String>, side: Side, future: impl Future<Output = ()> + 'static) {
        self.0.borrow_mut().push_back(Task {
            name: name.into(),
            side,
            ready: Arc::new(Ready(AtomicBool::new(true))),
            future: Box::pin(future),
        });
    }
}

/// The reason why a run of the tasks has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The awaited condition holds.
    Done,
    /// The time is up.
    TimeIsUp,
    /// Too many turns: a task loops forever.
    InCircles,
}

/// Runs the tasks.
pub struct Executor {
    world: Arc<World>,
    spawner: Spawner,
    tasks: Vec<Task>,
    turns: u64,
}

/// More turns than any run needs.
const MAX_TURNS: u64 = 2_000_000;

impl Executor {
    /// An executor without tasks.
    pub fn new(world: Arc<World>) -> Self {
        Self {
            world,
            spawner: Spawner::default(),
            tasks: Vec::new(),
            turns: 0,
        }
    }

    /// The spawner of tasks.
    pub fn spawner(&self) -> Spawner {
        self.spawner.clone()
    }

    /// How many turns were taken.
    pub fn turns(&self) -> u64 {
        self.turns
    }

    /// Runs until `done`, or until nothing more happens before `limit`. A crash ends the service's tasks, wherever they are.
    pub fn run(&mut self, limit: DateTime<Utc>, done: impl Fn() -> bool, crashed: impl Fn()) -> Ended {
        loop {
            self.tasks.extend(self.spawner.0.borrow_mut().drain(..));
            if self.world.take_crash() {
                self.tasks.retain(|task| task.side == Side::Outside);
                crashed();
                continue;
            }
            if done() || self.world.violation().is_some() {
                return Ended::Done;
            }
            self.turns += 1;
            if self.turns > MAX_TURNS {
                return Ended::InCircles;
            }
            if !self.take_turn() && !self.world.step(limit) {
                self.world.wait_until(limit);
                return Ended::TimeIsUp;
            }
        }
    }

    /// Ends all tasks.
    pub fn clear(&mut self) {
        self.spawner.0.borrow_mut().clear();
        self.tasks.clear();
    }

    /// Polls one of the tasks that can continue; false if none can.
    fn take_turn(&mut self) -> bool {
        let is_ready = |task: &Task| task.ready.0.load(Ordering::Relaxed);
        let count = self.tasks.iter().filter(|task| is_ready(task)).count();
        if count == 0 {
            return false;
        }
        let chosen = if count == 1 { 0 } else { self.world.below(count) };
        let Some(index) = (0..self.tasks.len())
            .filter(|index| is_ready(&self.tasks[*index]))
            .nth(chosen)
        else {
            return false;
        };
        let task = &mut self.tasks[index];
        task.ready.0.store(false, Ordering::Relaxed);
        self.world.turn_of(&task.name);
        let waker = Waker::from(Arc::clone(&task.ready));
        if let Poll::Ready(()) = task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.tasks.remove(index);
        }
        true
    }
}
