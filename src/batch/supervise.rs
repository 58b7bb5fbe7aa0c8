//! The parent's side: feeds the child, and goes on when it dies.
//!
//! Jobs are given out one by one, so what the parent sent and got no answer to is exactly what
//! was in flight when a child died. Each of those is tried once more alone; the one that kills
//! its child again is the culprit and becomes a failure, the others are done. Every death
//! settles at least one call, so restarts are bounded.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::signals::Signals;
use super::store::StoreError;
use super::threads;
use super::worker::{Job, Orders, Reply, WorkFailure};
use crate::transcript::Transcript;

/// How often the parent looks up for a signal.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Why the work as a whole cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    #[error("start the worker process")]
    Start(#[source] io::Error),
    #[error("{0}")]
    Model(String),
    #[error("start the worker process: it ended with {0} before it was ready")]
    NeverReady(String),
    #[error("stopped by signal {0}")]
    Signal(i32),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of one job.
pub type Outcome = Result<Box<Transcript>, WorkFailure>;

/// Has all jobs done, in their order, `orders.jobs` at a time. `done` is called as outcomes
/// arrive; if it fails, the work stops.
pub fn supervise(
    orders: &Orders,
    jobs: Vec<Job>,
    signals: &Signals,
    mut done: impl FnMut(usize, Outcome) -> Result<(), StoreError>,
) -> Result<(), SuperviseError> {
    let mut waiting: VecDeque<Job> = jobs.into();
    while !waiting.is_empty() {
        let suspects = run_child(orders, &mut waiting, signals, &mut done)?;
        let alone = Orders {
            jobs: 1,
            ..orders.clone()
        };
        for suspect in suspects {
            let id = suspect.id;
            let mut queue = VecDeque::from([suspect]);
            if !run_child(&alone, &mut queue, signals, &mut done)?.is_empty() {
                done(id, Err(killed()))?;
            }
        }
    }
    Ok(())
}

fn killed() -> WorkFailure {
    WorkFailure {
        stage: "worker".to_string(),
        reason: "killed_the_recogniser".to_string(),
        message: "this recording ended the worker process twice, the second time alone".to_string(),
        hint: Some("check that it plays; convert it with another tool and try again".to_string()),
    }
}

/// Runs one child until the queue is empty or the child dies; gives back what was in flight then.
fn run_child(
    orders: &Orders,
    queue: &mut VecDeque<Job>,
    signals: &Signals,
    done: &mut impl FnMut(usize, Outcome) -> Result<(), StoreError>,
) -> Result<Vec<Job>, SuperviseError> {
    let mut running = Running::start(orders)?;
    let mut in_flight: BTreeMap<usize, Job> = BTreeMap::new();
    let mut ready = false;
    loop {
        if ready {
            while in_flight.len() < orders.jobs
                && let Some(job) = queue.pop_front()
            {
                // A job that cannot be sent was in flight all the same: the child is dead, and
                // the end of its output says so.
                let _ = running.send(&job);
                in_flight.insert(job.id, job);
            }
            if in_flight.is_empty() {
                return Ok(Vec::new());
            }
        }
        match running.next(signals)? {
            Some(Reply::Ready) => ready = true,
            Some(Reply::Fatal(message)) => return Err(SuperviseError::Model(message)),
            Some(Reply::Done { id, transcript }) => {
                if in_flight.remove(&id).is_some() {
                    done(id, Ok(transcript))?;
                }
            }
            Some(Reply::Failed { id, failure }) => {
                if in_flight.remove(&id).is_some() {
                    done(id, Err(failure))?;
                }
            }
            None if ready => return Ok(in_flight.into_values().collect()),
            None => return Err(SuperviseError::NeverReady(running.wait())),
        }
    }
}

struct Running {
    child: Child,
    input: Option<ChildStdin>,
    replies: mpsc::Receiver<Reply>,
}

impl Running {
    fn start(orders: &Orders) -> Result<Self, SuperviseError> {
        let program = std::env::current_exe().map_err(SuperviseError::Start)?;
        let orders = serde_json::to_string(orders).map_err(|e| SuperviseError::Start(e.into()))?;
        let mut child = Command::new(program)
            .arg("worker")
            .arg(orders)
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
                    .and_then(|line| serde_json::from_str::<Reply>(&line).ok());
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

    fn send(&mut self, job: &Job) -> io::Result<()> {
        let mut line = serde_json::to_vec(job)?;
        line.push(b'\n');
        match &mut self.input {
            Some(input) => input.write_all(&line).and_then(|()| input.flush()),
            None => Ok(()),
        }
    }

    /// The next reply, or `None` when the child's output has ended.
    fn next(&self, signals: &Signals) -> Result<Option<Reply>, SuperviseError> {
        loop {
            if let Some(signal) = signals.received() {
                return Err(SuperviseError::Signal(signal));
            }
            match self.replies.recv_timeout(LOOK_UP) {
                Ok(reply) => return Ok(Some(reply)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    fn wait(&mut self) -> String {
        self.input = None;
        match self.child.wait() {
            Ok(status) => describe(status),
            Err(e) => e.to_string(),
        }
    }
}

fn describe(status: ExitStatus) -> String {
    status.to_string()
}

impl Drop for Running {
    /// No child outlives its parent's interest in it.
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
