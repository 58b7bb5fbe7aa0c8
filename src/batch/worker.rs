//! The child process: decodes audio and recognises speech, and nothing else.
//!
//! whisper.cpp ends the process on some inputs, so this work is done where a death costs one
//! call. Parent and child speak in lines of JSON over the child's standard input and output; the
//! transcript is redacted before it leaves the child. End of input means that the parent is
//! done or dead, and the child ends at once.

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};

use serde::{Deserialize, Serialize};

use super::threads;
use crate::recording::content_key;
use crate::redaction;
use crate::speech::models::{LoadedModel, ModelSource};
use crate::speech::whisper::{Engine, Recogniser};
use crate::speech::{self, Setup, SpeechError};
use crate::transcript::Transcript;

/// What the child is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Orders {
    /// A model file; the embedded model without.
    pub model: Option<std::path::PathBuf>,
    /// Of the model that transcripts are stored under.
    pub model_key: String,
    pub jobs: usize,
}

/// Parent to child: transcribe this.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    pub id: usize,
    pub path: String,
    pub audio_key: String,
    /// ISO 639-1, or [`speech::AUTO`].
    pub language: String,
    /// About as long as the recording is, rather longer. For the parent, which waits the longer
    /// the longer it is.
    #[serde(skip)]
    pub length_ms: u64,
}

/// Child to parent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The model is loaded.
    Ready,
    /// The model cannot be loaded.
    Fatal(String),
    Done {
        id: usize,
        transcript: Box<Transcript>,
    },
    Failed {
        id: usize,
        failure: WorkFailure,
    },
}

/// Why one recording could not be transcribed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkFailure {
    /// `audio`, `speech` or `worker`.
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
pub fn run(orders: &Orders) -> io::Result<()> {
    let source = orders
        .model
        .clone()
        .map_or(ModelSource::Embedded, ModelSource::File);
    let loaded = source
        .load()
        .map_err(|e| e.to_string())
        .and_then(|model| match model.key == orders.model_key {
            true => Ok(model),
            false => Err(format!(
                "use the model {}: its file changed since the run began",
                model.name
            )),
        })
        .and_then(|model| Ok((Engine::load(&model).map_err(|e| e.to_string())?, model)));
    let (engine, mut model) = match loaded {
        Ok(loaded) => loaded,
        Err(message) => return reply(&Reply::Fatal(message)),
    };
    // whisper.cpp has its own copy by now.
    if let crate::speech::models::ModelBytes::Memory(bytes) = &mut model.bytes {
        *bytes = Vec::new();
    }
    let (sender, receiver) = mpsc::channel::<Job>();
    let receiver = Mutex::new(receiver);
    threads::with_workers(
        orders.jobs,
        |_| work(&engine, &model, &receiver),
        || {
            // Only the parent's orders keep the child alive: whatever the workers are doing when
            // the input ends, nobody waits for it.
            let _ = reply(&Reply::Ready).and_then(|()| read_jobs(&sender));
            std::process::exit(0);
        },
    );
    Ok(())
}

fn read_jobs(sender: &mpsc::Sender<Job>) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let job: Job = serde_json::from_str(&line?)?;
        if sender.send(job).is_err() {
            break;
        }
    }
    Ok(())
}

/// One worker: a state of its own, one job after another.
fn work(engine: &Engine, model: &LoadedModel, jobs: &Mutex<mpsc::Receiver<Job>>) {
    let mut recogniser = None;
    loop {
        let job = {
            let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
            jobs.recv()
        };
        let Ok(job) = job else { return };
        let outcome = transcribe(engine, model, &mut recogniser, &job);
        let answer = match outcome {
            Ok(transcript) => Reply::Done {
                id: job.id,
                transcript: Box::new(transcript),
            },
            Err(failure) => {
                // A state that failed is not used again.
                recogniser = None;
                Reply::Failed {
                    id: job.id,
                    failure,
                }
            }
        };
        if reply(&answer).is_err() {
            return;
        }
    }
}

fn transcribe<'e>(
    engine: &'e Engine,
    model: &LoadedModel,
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
            Ok(key) if key == job.audio_key => Ok(redaction::redact(transcript)),
            // Words of other sound must not be kept under this recording's key.
            _ => Err(failure_of(&SpeechError::Changed {
                path: job.path.clone(),
            })),
        },
        Ok(Err(error)) => Err(failure_of(&error)),
        Err(_) => Err(WorkFailure {
            stage: "audio".to_string(),
            reason: "damaged".to_string(),
            message: "the file made the decoder stop".to_string(),
            hint: Some("convert it with another tool and try again".to_string()),
        }),
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
fn reply(reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}
