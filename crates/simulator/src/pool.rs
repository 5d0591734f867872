//! Runs seeds in parallel, each on its own thread.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

/// Number of processors.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs seeds on threads, and passes each report to `take` as it comes, until that answers false.
pub fn each<T: Send>(
    seeds: std::ops::Range<u64>,
    jobs: usize,
    run: impl Fn(u64) -> T + Sync,
    mut take: impl FnMut(u64, T) -> bool,
) {
    let (next, stop) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..jobs.max(1) {
            let (sender, run, next, stop) = (sender.clone(), &run, &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || sender.send((seed, run(seed))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (seed, report) in receiver {
            if !take(seed, report) {
                stop.store(true, Ordering::Relaxed);
            }
        }
    });
}
