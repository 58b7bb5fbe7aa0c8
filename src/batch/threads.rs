//! The one place that makes threads.

use std::num::NonZeroUsize;
use std::thread::{self, JoinHandle};

/// Cores that this process may use.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// A thread of its own, for reading a pipe.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_string()).spawn(work)
}

/// Runs `work` on `count` threads and the body on this one; returns when the body and all
/// workers have.
pub fn with_workers(count: usize, work: impl Fn(usize) + Sync, body: impl FnOnce()) {
    thread::scope(|scope| {
        for index in 0..count {
            let work = &work;
            scope.spawn(move || work(index));
        }
        body();
    });
}

/// A rayon pool of exactly `jobs` threads, for scoring.
pub fn pool(jobs: usize) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .thread_name(|n| format!("score-{n}"))
        .build()
}
