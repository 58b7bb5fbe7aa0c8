//! The child process: decodes audio, recognises speech, writes muted copies and cuts excerpts out,
//! and nothing else.
//!
//! whisper.cpp ends the process on some inputs, and decoders are foreign code, too, so this work
//! is done where a death costs one call. Parent and child speak in lines of JSON over the child's
//! standard input and output; the transcript is redacted before it leaves the child. Orders come
//! the same way, on the first line: they hold a key, and arguments can be read by others on the
//! machine. End of input means that the parent is done or dead, and the child ends at once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::threads;
use crate::audio::excerpt;
use crate::audio::mute::{self, MuteError};
use crate::recording::{CustomerName, content_key};
use crate::redaction::Redactor;
use crate::redaction::policy::Policy;
use crate::speech::models::{LoadedModel, ModelSource};
use crate::speech::whisper::{Engine, Recogniser};
use crate::speech::{self, Setup, SpeechError};
use crate::transcript::{Span, Transcript};

/// What the child is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Orders {
    pub task: Task,
    pub jobs: usize,
}

/// What all jobs of a child are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Each job is a [`Job`].
    Listen {
        /// A model file; the embedded model without.
        model: Option<PathBuf>,
        /// Of the model that transcripts are stored under.
        model_key: String,
        /// What becomes of what must not be written.
        policy: Policy,
    },
    /// Each job is a [`CopyJob`].
    Mute,
    /// Each job is an [`ExcerptJob`].
    Excerpt,
}

/// Something for a child to do.
pub trait Errand: Serialize {
    /// What comes of it.
    type Made: DeserializeOwned + Send + 'static;
    fn id(&self) -> usize;
    /// About as long as the recording is, rather longer.
    fn length_ms(&self) -> u64;
}

/// Parent to child: transcribe this.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    pub id: usize,
    pub path: String,
    pub audio_key: String,
    /// ISO 639-1, or [`speech::AUTO`].
    pub language: String,
    /// Of the customer, to be looked for: of each call that has this recording.
    #[serde(with = "exposed")]
    pub names: Vec<CustomerName>,
    /// About as long as the recording is, rather longer. For the parent, which waits the longer
    /// the longer it is.
    #[serde(skip)]
    pub length_ms: u64,
}

/// Names on their way to the child.
mod exposed {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::recording::CustomerName;

    pub fn serialize<S: Serializer>(names: &[CustomerName], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(names.iter().map(CustomerName::expose))
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Vec<CustomerName>, D::Error> {
        let names = Vec::<String>::deserialize(from)?;
        Ok(names.into_iter().map(CustomerName::new).collect())
    }
}

impl Errand for Job {
    type Made = Transcript;

    fn id(&self) -> usize {
        self.id
    }

    fn length_ms(&self) -> u64 {
        self.length_ms
    }
}

/// Parent to child: copy this with silence in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CopyJob {
    pub id: usize,
    pub path: String,
    pub audio_key: String,
    /// Where to write; what is there is replaced.
    pub to: PathBuf,
    /// As [`mute::write_muted`] takes it.
    pub muted: Vec<Vec<Span>>,
    #[serde(skip)]
    pub length_ms: u64,
}

impl Errand for CopyJob {
    type Made = ();

    fn id(&self) -> usize {
        self.id
    }

    fn length_ms(&self) -> u64 {
        self.length_ms
    }
}

/// Parent to child: cut these pieces out, with silence in them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExcerptJob {
    pub id: usize,
    pub path: String,
    /// Of the recording; `None` for a muted copy, which its place and length tell.
    pub audio_key: Option<String>,
    /// As [`excerpt::cut_out`] takes it.
    pub muted: Vec<Vec<Span>>,
    pub cuts: Vec<Span>,
    #[serde(skip)]
    pub length_ms: u64,
}

impl Errand for ExcerptJob {
    /// A WAV file in Base64 for each cut.
    type Made = Vec<String>;

    fn id(&self) -> usize {
        self.id
    }

    fn length_ms(&self) -> u64 {
        self.length_ms
    }
}

/// Child to parent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply<T> {
    /// The model is loaded.
    Ready,
    /// The model cannot be loaded.
    Fatal(String),
    Done {
        id: usize,
        made: Box<T>,
    },
    Failed {
        id: usize,
        failure: WorkFailure,
    },
}

/// Why one recording could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkFailure {
    /// `audio`, `speech`, `copy` or `worker`.
    pub stage: String,
    pub reason: String,
    pub message: String,
    pub hint: Option<String>,
}

impl WorkFailure {
    /// Whether it costs others their worker: such a recording is not tried night after night.
    pub fn ends_the_worker(&self) -> bool {
        self.stage == "worker"
    }
}

/// Runs the child until its input ends.
pub fn run() -> io::Result<()> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let orders: Orders = serde_json::from_str(&line)?;
    match orders.task {
        Task::Listen {
            model,
            model_key,
            policy,
        } => listen(model, &model_key, &Redactor::new(policy), orders.jobs),
        Task::Mute => {
            serve(orders.jobs, |jobs| {
                work(jobs, CopyJob::id, copy);
            });
            Ok(())
        }
        Task::Excerpt => {
            serve(orders.jobs, |jobs| {
                work(jobs, ExcerptJob::id, cut_out);
            });
            Ok(())
        }
    }
}

fn listen(
    model: Option<PathBuf>,
    model_key: &str,
    redactor: &Redactor,
    jobs: usize,
) -> io::Result<()> {
    let source = model.map_or(ModelSource::Embedded, ModelSource::File);
    let loaded = source
        .load()
        .map_err(|e| e.to_string())
        .and_then(|model| match model.key == model_key {
            true => Ok(model),
            false => Err(format!(
                "use the model {}: its file changed since the run began",
                model.name
            )),
        })
        .and_then(|model| Ok((Engine::load(&model).map_err(|e| e.to_string())?, model)));
    let (engine, mut model) = match loaded {
        Ok(loaded) => loaded,
        Err(message) => return reply(&Reply::<()>::Fatal(message)),
    };
    // whisper.cpp has its own copy by now.
    if let crate::speech::models::ModelBytes::Memory(bytes) = &mut model.bytes {
        *bytes = Vec::new();
    }
    serve(jobs, |jobs| {
        let mut recogniser = None;
        work(jobs, Job::id, |job| {
            let outcome = transcribe(&engine, &model, redactor, &mut recogniser, job);
            if outcome.is_err() {
                // A state that failed is not used again.
                recogniser = None;
            }
            outcome
        });
    });
    Ok(())
}

/// Jobs as they come in, for the workers.
type Jobs<J> = Mutex<mpsc::Receiver<J>>;

/// Says that the child is ready, and has jobs done until its input ends.
fn serve<J: DeserializeOwned + Send>(count: usize, work: impl Fn(&Jobs<J>) + Sync) {
    let (sender, receiver) = mpsc::channel::<J>();
    let receiver = Mutex::new(receiver);
    threads::with_workers(
        count,
        |_| work(&receiver),
        || {
            // Only the parent's orders keep the child alive: whatever the workers are doing when
            // the input ends, nobody waits for it.
            let _ = reply(&Reply::<()>::Ready).and_then(|()| read_jobs(&sender));
            std::process::exit(0);
        },
    );
}

fn read_jobs<J: DeserializeOwned>(sender: &mpsc::Sender<J>) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let job: J = serde_json::from_str(&line?)?;
        if sender.send(job).is_err() {
            break;
        }
    }
    Ok(())
}

/// One worker: one job after another.
fn work<J, T: Serialize>(
    jobs: &Jobs<J>,
    id: impl Fn(&J) -> usize,
    mut done: impl FnMut(&J) -> Result<T, WorkFailure>,
) {
    loop {
        let job = {
            let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
            jobs.recv()
        };
        let Ok(job) = job else { return };
        let id = id(&job);
        let answer = match done(&job) {
            Ok(made) => Reply::Done {
                id,
                made: Box::new(made),
            },
            Err(failure) => Reply::Failed { id, failure },
        };
        if reply(&answer).is_err() {
            return;
        }
    }
}

fn transcribe<'e>(
    engine: &'e Engine,
    model: &LoadedModel,
    redactor: &Redactor,
    recogniser: &mut Option<Recogniser<'e>>,
    job: &Job,
) -> Result<Transcript, WorkFailure> {
    let setup = Setup {
        profile: &model.profile,
        model: model.name.clone(),
        model_key: model.key.clone(),
        language: &job.language,
    };
    let path = Path::new(&job.path);
    let attempt = AssertUnwindSafe(|| {
        let recogniser = match recogniser {
            Some(recogniser) => recogniser,
            None => recogniser.insert(engine.recogniser()?),
        };
        speech::transcribe(path, &job.audio_key, &setup, recogniser)
    });
    match catch_unwind(attempt) {
        Ok(Ok(transcript)) => match content_key(path) {
            Ok(key) if key == job.audio_key => Ok(redactor.redact(transcript, &job.names)),
            // Words of other sound must not be kept under this recording's key.
            _ => Err(failure_of(&SpeechError::Changed {
                path: job.path.clone(),
            })),
        },
        Ok(Err(error)) => Err(failure_of(&error)),
        Err(_) => Err(decoder_stopped()),
    }
}

/// Writes a muted copy. What is left of one that failed is the parent's to remove.
fn copy(job: &CopyJob) -> Result<(), WorkFailure> {
    let path = Path::new(&job.path);
    let attempt = AssertUnwindSafe(|| {
        let file = fresh_file(&job.to).map_err(|source| MuteError::Write {
            path: job.to.clone(),
            source,
        })?;
        mute::write_muted(path, &job.to, file, &job.muted)
    });
    match catch_unwind(attempt) {
        Ok(Ok(())) => match content_key(path) {
            Ok(key) if key == job.audio_key => Ok(()),
            // The stretches are of other sound.
            _ => {
                let path = job.path.clone();
                Err(WorkFailure {
                    message: format!("copy {path}: it changed while it was being read"),
                    ..failure_of(&SpeechError::Changed { path })
                })
            }
        },
        Ok(Err(MuteError::Audio(error))) => Err(failure_of(&SpeechError::Audio(error))),
        Ok(Err(error)) => Err(copy_failure(&error)),
        Err(_) => Err(decoder_stopped()),
    }
}

fn cut_out(job: &ExcerptJob) -> Result<Vec<String>, WorkFailure> {
    let path = Path::new(&job.path);
    let attempt = AssertUnwindSafe(|| excerpt::cut_out(path, &job.muted, &job.cuts));
    match catch_unwind(attempt) {
        Ok(Ok(pieces)) => match &job.audio_key {
            Some(wanted) if !content_key(path).is_ok_and(|key| key == *wanted) => {
                // Another call may be heard in it.
                let path = job.path.clone();
                Err(failure_of(&SpeechError::Changed { path }))
            }
            _ => Ok(pieces
                .iter()
                .map(|piece| BASE64_STANDARD.encode(piece))
                .collect()),
        },
        Ok(Err(error)) => Err(failure_of(&SpeechError::Audio(error))),
        Err(_) => Err(decoder_stopped()),
    }
}

/// A new private file; nothing is written through what stands in its place.
fn fresh_file(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn copy_failure(error: &MuteError) -> WorkFailure {
    let (reason, hint) = match error {
        MuteError::Write { source, .. } => ("cannot_write", super::muted::hint_for(source)),
        MuteError::TooLong { .. } | MuteError::Audio(_) => ("too_long", None),
    };
    WorkFailure {
        stage: "copy".to_string(),
        reason: reason.to_string(),
        message: with_causes(error),
        hint: hint.map(str::to_string),
    }
}

fn decoder_stopped() -> WorkFailure {
    WorkFailure {
        stage: "audio".to_string(),
        reason: "damaged".to_string(),
        message: "the file made the decoder stop".to_string(),
        hint: Some("convert it with another tool and try again".to_string()),
    }
}

fn failure_of(error: &SpeechError) -> WorkFailure {
    let (stage, reason, hint) = match error {
        SpeechError::Audio(e) => ("audio", e.code(), e.hint()),
        SpeechError::Whisper(_) => ("speech", "recogniser_failed", None),
        SpeechError::Changed { .. } => (
            "audio",
            "changed_while_read",
            Some("wait until the recorder has finished the file, then run again"),
        ),
    };
    WorkFailure {
        stage: stage.to_string(),
        reason: reason.to_string(),
        message: with_causes(error),
        hint: hint.map(str::to_string),
    }
}

/// An error with its causes, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let text = source.to_string();
        // A transparent error repeats its cause.
        if !message.ends_with(&text) {
            message = format!("{message}: {text}");
        }
        cause = source.source();
    }
    message
}

/// One line, whole, whatever other workers write.
fn reply<T: Serialize>(reply: &Reply<T>) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_reach_the_child_and_no_message() {
        let job = Job {
            id: 1,
            path: String::new(),
            audio_key: String::new(),
            language: "en".to_string(),
            names: vec![CustomerName::new("Erika Muster")],
            length_ms: 0,
        };
        let sent = serde_json::to_string(&job).unwrap();
        let got: Job = serde_json::from_str(&sent).unwrap();
        assert_eq!(got.names[0].expose(), "Erika Muster");
        assert!(!format!("{got:?}").contains("Erika"));
    }
}
