//! The parent's side: feeds the child, and goes on when it dies or hangs.
//!
//! Jobs are given out one by one, so what the parent sent and got no answer to is exactly what
//! was in flight when a child died. Each of those is tried once more alone; the one that kills
//! its child again is the culprit and becomes a failure, the others are done. A child that has
//! not answered within [`PATIENCE`] is ended, and then the same is done. Every death settles at
//! least one call, so restarts are bounded.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::signals::Signals;
use super::store::StoreError;
use super::threads;
use super::worker::{Errand, Orders, Reply, WorkFailure};

/// How often the parent looks up for a signal.
const LOOK_UP: Duration = Duration::from_millis(100);

/// How long the parent waits for the end of a child that it has killed. One that waits for a
/// drive that went away cannot be killed, and must not keep the parent from ending.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long a child may take.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// For loading the model, and for each recording, however short.
    at_least: Duration,
    /// And this many times the recording's length on top.
    times: u32,
}

/// A recording of one hour gets ten hours and a quarter. A machine that needs more than ten
/// times its length, on a core of its own, keeps up with no centre: it would take ten cores for
/// each agent who talks. The embedded model needs a thirtieth, the largest public one about
/// forty times as much as that one. The quarter of an hour is for a large model on a slow
/// drive, and for short recordings, which cost as much as half a minute.
const PATIENCE: Patience = Patience {
    at_least: Duration::from_secs(15 * 60),
    times: 10,
};

impl Patience {
    /// For one recording while `jobs` are done at a time on `cores`.
    fn with(self, job: &impl Errand, jobs: usize, cores: usize) -> Duration {
        // More jobs than cores share them.
        let shared = u32::try_from(jobs.div_ceil(cores.max(1))).unwrap_or(u32::MAX);
        let length = Duration::from_millis(job.length_ms());
        let times = self.times.saturating_mul(shared.max(1));
        self.at_least.saturating_add(length.saturating_mul(times))
    }
}

/// Time that the parent has watched a child for. It runs on the monotonic clock, and not while
/// the parent itself stands still: a night that is suspended and goes on blames no recording.
struct Watch {
    watched: Duration,
    looked: Instant,
}

impl Watch {
    /// The longest time between two looks that counts as watched.
    const BLINK: Duration = Duration::from_secs(1);

    fn start() -> Self {
        Self {
            watched: Duration::ZERO,
            looked: Instant::now(),
        }
    }

    fn look(&mut self) -> Duration {
        let now = Instant::now();
        let passed = now.saturating_duration_since(self.looked);
        self.watched += passed.min(Self::BLINK);
        self.looked = now;
        self.watched
    }
}

/// Why the work as a whole cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    #[error("start the worker process")]
    Start(#[source] io::Error),
    #[error("{0}")]
    Model(String),
    #[error("start the worker process: it ended with {0} before it was ready")]
    NeverReady(String),
    #[error("start the worker process: it was not ready within {0}")]
    NotReadyIn(String),
    #[error("stopped by signal {0}")]
    Signal(i32),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of one job.
pub type Outcome<T> = Result<Box<T>, WorkFailure>;

/// Has all jobs done, in their order, `orders.jobs` at a time. `done` is called as outcomes
/// arrive; if it fails, the work stops.
pub fn supervise<J: Errand>(
    orders: &Orders,
    jobs: Vec<J>,
    signals: &Signals,
    mut done: impl FnMut(usize, Outcome<J::Made>) -> Result<(), StoreError>,
) -> Result<(), SuperviseError> {
    let parent = Parent {
        signals,
        patience: PATIENCE,
        program: worker,
    };
    parent.supervise(orders, jobs, &mut done)
}

/// The command that starts a child.
fn worker() -> io::Result<Command> {
    let mut program = std::env::current_exe()?;
    // An upgrade in the middle of a night: the child has to be what its parent is.
    if cfg!(target_os = "linux") && !program.exists() {
        program = "/proc/self/exe".into();
    }
    let mut command = Command::new(program);
    command.arg("worker");
    Ok(command)
}

/// How often a child is started until it is ready.
const STARTS: usize = 2;

/// How a child ended before all was done, and what was in flight then.
struct Death<J> {
    /// Why it was ended by its parent, if it was.
    waited: Option<Duration>,
    in_flight: Vec<J>,
}

/// A job that the child has not answered yet.
struct Sent<J> {
    job: J,
    limit: Duration,
    /// On the [`Watch`].
    until: Duration,
}

struct Parent<'a> {
    signals: &'a Signals,
    patience: Patience,
    program: fn() -> io::Result<Command>,
}

impl Parent<'_> {
    fn supervise<J: Errand>(
        &self,
        orders: &Orders,
        jobs: Vec<J>,
        done: &mut impl FnMut(usize, Outcome<J::Made>) -> Result<(), StoreError>,
    ) -> Result<(), SuperviseError> {
        let alone = Orders {
            jobs: 1,
            ..orders.clone()
        };
        let mut waiting: VecDeque<J> = jobs.into();
        while !waiting.is_empty() {
            let death = self.run_child(orders, &mut waiting, done)?;
            for suspect in death.into_iter().flat_map(|death| death.in_flight) {
                let id = suspect.id();
                let mut queue = VecDeque::from([suspect]);
                if let Some(death) = self.run_child(&alone, &mut queue, done)? {
                    done(id, Err(death.waited.map_or_else(killed, hung)))?;
                }
            }
        }
        Ok(())
    }

    fn start<T: DeserializeOwned + Send + 'static>(
        &self,
        orders: &Orders,
    ) -> Result<Running<T>, SuperviseError> {
        let command = (self.program)().map_err(SuperviseError::Start)?;
        let mut running = Running::start(command)?;
        // One that is dead already is noticed by the end of its output.
        let _ = running.send(orders);
        Ok(running)
    }

    /// Runs one child until the queue is empty, or the child dies or is ended.
    fn run_child<J: Errand>(
        &self,
        orders: &Orders,
        queue: &mut VecDeque<J>,
        done: &mut impl FnMut(usize, Outcome<J::Made>) -> Result<(), StoreError>,
    ) -> Result<Option<Death<J>>, SuperviseError> {
        let mut running = self.start(orders)?;
        let mut watch = Watch::start();
        let mut in_flight: BTreeMap<usize, Sent<J>> = BTreeMap::new();
        let mut ready = false;
        let mut starts = 1;
        loop {
            if ready {
                while in_flight.len() < orders.jobs
                    && let Some(job) = queue.pop_front()
                {
                    // A job that cannot be sent was in flight all the same: the child is dead,
                    // and the end of its output says so.
                    let _ = running.send(&job);
                    let limit = self.patience.with(&job, orders.jobs, threads::cores());
                    let until = watch.look().saturating_add(limit);
                    in_flight.insert(job.id(), Sent { job, limit, until });
                }
                if in_flight.is_empty() {
                    return Ok(None);
                }
            }
            // Before it is ready, there is only the model to wait for.
            let overdue = in_flight.values().min_by_key(|sent| sent.until);
            let until = overdue.map_or(self.patience.at_least, |sent| sent.until);
            let waited = match running.next(self.signals, &mut watch, until)? {
                News::Reply(Reply::Ready) => {
                    ready = true;
                    continue;
                }
                News::Reply(Reply::Fatal(message)) => return Err(SuperviseError::Model(message)),
                News::Reply(Reply::Done { id, made }) => {
                    if in_flight.remove(&id).is_some() {
                        done(id, Ok(made))?;
                    }
                    continue;
                }
                News::Reply(Reply::Failed { id, failure }) => {
                    if in_flight.remove(&id).is_some() {
                        done(id, Err(failure))?;
                    }
                    continue;
                }
                News::Ended if ready => None,
                // Somebody may have ended it for its memory; it has no recording to blame yet.
                News::Ended if starts < STARTS => {
                    starts += 1;
                    running = self.start(orders)?;
                    watch = Watch::start();
                    continue;
                }
                News::Ended => return Err(SuperviseError::NeverReady(running.ending())),
                News::Overdue => match overdue {
                    Some(sent) => Some(sent.limit),
                    None => return Err(SuperviseError::NotReadyIn(minutes(until))),
                },
            };
            let in_flight = in_flight.into_values().map(|sent| sent.job).collect();
            return Ok(Some(Death { waited, in_flight }));
        }
    }
}

fn killed() -> WorkFailure {
    WorkFailure {
        stage: "worker".to_string(),
        reason: "killed_the_recogniser".to_string(),
        message: "this recording ended the worker process twice, the second time alone".to_string(),
        hint: Some(
            "check that it plays, and convert it with another tool; as it is, only `callibrate \
             retry --quarantined` tries it again"
                .to_string(),
        ),
    }
}

fn hung(waited: Duration) -> WorkFailure {
    WorkFailure {
        stage: "worker".to_string(),
        reason: "hung_the_recogniser".to_string(),
        message: format!(
            "the worker process did not come to the end of this recording within {}, nor when \
             it was tried before",
            minutes(waited)
        ),
        hint: Some(
            "check that it plays, and convert it with another tool, or name a smaller model if \
             this machine is slow; as it is, only `callibrate retry --quarantined` tries it again"
                .to_string(),
        ),
    }
}

/// Begun minutes, in words.
fn minutes(time: Duration) -> String {
    let minutes = time.as_millis().div_ceil(60_000);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// What the parent waits for.
enum News<T> {
    Reply(Reply<T>),
    /// The child's output has ended.
    Ended,
    /// Nothing came in time.
    Overdue,
}

struct Running<T> {
    child: Child,
    input: Option<ChildStdin>,
    replies: mpsc::Receiver<Reply<T>>,
}

impl<T: DeserializeOwned + Send + 'static> Running<T> {
    fn start(mut command: Command) -> Result<Self, SuperviseError> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // whisper.cpp's last words may quote what it heard.
            .stderr(Stdio::null())
            .spawn()
            .map_err(SuperviseError::Start)?;
        let input = child.stdin.take();
        let output = child.stdout.take();
        let (sender, replies) = mpsc::channel();
        threads::spawn("replies", move || {
            let Some(output) = output else { return };
            for line in BufReader::new(output).lines() {
                let reply = line
                    .ok()
                    .and_then(|line| serde_json::from_str::<Reply<T>>(&line).ok());
                // A torn line is a child that died while writing.
                let Some(reply) = reply else { return };
                if sender.send(reply).is_err() {
                    return;
                }
            }
        })
        .map_err(SuperviseError::Start)?;
        Ok(Self {
            child,
            input,
            replies,
        })
    }

    fn send(&mut self, what: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        match &mut self.input {
            Some(input) => input.write_all(&line).and_then(|()| input.flush()),
            None => Ok(()),
        }
    }

    /// The next reply, if it comes before `until` on the watch.
    fn next(
        &self,
        signals: &Signals,
        watch: &mut Watch,
        until: Duration,
    ) -> Result<News<T>, SuperviseError> {
        loop {
            if let Some(signal) = signals.received() {
                return Err(SuperviseError::Signal(signal));
            }
            // A reply that is here by now counts, late or not.
            let left = until.saturating_sub(watch.look());
            match self.replies.recv_timeout(left.min(LOOK_UP)) {
                Ok(reply) => return Ok(News::Reply(reply)),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Ok(News::Overdue),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(News::Ended),
            }
        }
    }
}

impl<T> Running<T> {
    /// How it ended, in words.
    fn ending(&mut self) -> String {
        self.input = None;
        match self.wait() {
            Ok(Some(status)) => status.to_string(),
            Ok(None) => "no more output".to_string(),
            Err(e) => e.to_string(),
        }
    }

    /// Waits for the child's end, but not for ever.
    fn wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let start = Instant::now();
        loop {
            let status = self.child.try_wait()?;
            if status.is_some() || start.elapsed() > FAREWELL {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl<T> Drop for Running<T> {
    /// No child outlives its parent's interest in it.
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::batch::worker::{Job, Task};
    use crate::redaction::policy::Policy;

    /// A worker as far as its parent can tell. Of a recording called `hang` it never speaks
    /// again, while it goes on with others; at `die` it does.
    const WORKER: &str = r#"
        read -r orders
        echo '"ready"'
        while read -r job; do
            id=${job#*'"id":'}
            id=${id%%,*}
            failure='{"stage":"speech","reason":"done","message":"","hint":null}'
            case $job in
                *hang*) ;;
                *die*) exit 1 ;;
                *) echo '{"failed":{"id":'$id',"failure":'$failure'}}' ;;
            esac
        done"#;

    fn shell(script: &str) -> io::Result<Command> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Ok(command)
    }

    /// Reasons in the order of their arrival.
    fn reasons(
        paths: &[&str],
        program: fn() -> io::Result<Command>,
    ) -> Result<Vec<(String, String)>, SuperviseError> {
        let parent = Parent {
            signals: &Signals::default(),
            patience: Patience {
                at_least: Duration::from_secs(2),
                times: 1,
            },
            program,
        };
        let orders = Orders {
            task: Task::Listen {
                model: None,
                model_key: String::new(),
                policy: Policy::default(),
            },
            jobs: 2,
        };
        let jobs = paths.iter().enumerate().map(|(id, path)| job(id, path, 1));
        let mut outcomes = Vec::new();
        parent.supervise(&orders, jobs.collect(), &mut |id, outcome| {
            let reason = outcome.unwrap_err().reason;
            outcomes.push((paths[id].to_string(), reason));
            Ok(())
        })?;
        Ok(outcomes)
    }

    fn job(id: usize, path: &str, length_ms: u64) -> Job {
        Job {
            id,
            path: path.to_string(),
            audio_key: String::new(),
            language: "en".to_string(),
            names: Vec::new(),
            length_ms,
        }
    }

    #[test]
    fn what_hangs_is_ended_and_the_rest_is_done_once() {
        let paths = ["hang", "a", "hang too", "b", "die"];
        let outcomes = reasons(&paths, || shell(WORKER)).unwrap();
        let expected = [
            ("a", "done"),
            ("hang", "hung_the_recogniser"),
            ("hang too", "hung_the_recogniser"),
            ("b", "done"),
            ("die", "killed_the_recogniser"),
        ];
        assert_eq!(
            outcomes,
            expected.map(|(a, b)| (a.to_string(), b.to_string()))
        );
    }

    #[test]
    fn a_child_that_ends_before_it_is_ready_is_started_once_more() {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let outcomes = reasons(&["a"], || match STARTED.fetch_add(1, Ordering::Relaxed) {
            0 => shell("exit 1"),
            _ => shell(WORKER),
        });
        assert_eq!(outcomes.unwrap(), [("a".to_string(), "done".to_string())]);
        let error = reasons(&["a"], || shell("exit 1")).unwrap_err().to_string();
        assert!(error.ends_with("before it was ready"), "{error}");
    }

    #[test]
    fn a_child_that_is_never_ready_is_not_waited_for() {
        let error = reasons(&["a"], || shell("exec sleep 1000")).unwrap_err();
        let message = "start the worker process: it was not ready within 1 min";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn patience_grows_with_the_length_and_with_jobs_that_share_a_core() {
        let hour = job(0, "a", 3_600_000);
        let limit = |jobs, cores| minutes(PATIENCE.with(&hour, jobs, cores));
        assert_eq!(limit(1, 8), "10 h 15 min");
        assert_eq!(limit(8, 8), "10 h 15 min");
        assert_eq!(limit(9, 8), "20 h 15 min");
        assert_eq!(minutes(PATIENCE.with(&job(0, "a", 0), 1, 1)), "15 min");
        // No header can make it overflow.
        assert!(PATIENCE.with(&job(0, "a", u64::MAX), 64, 1) > Duration::from_secs(1 << 40));
    }
}
