//! How the calls of a report can be heard: where their recordings are, and excerpts of them.
//!
//! An excerpt comes from the muted copy of a recording, or from the recording itself where its
//! content is still that which was transcribed. Either way everything that is masked in the words
//! is silenced once more. The child process decodes, as for all foreign files. A recording that is
//! not at hand costs its excerpts and nothing else: the page says so. Left out on purpose:
//! excerpts of calls whose transcripts another tool made, because nothing tells which recording
//! theirs is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::known::Known;
use super::muted::{key_of, times_of};
use super::plan::{self, KeyUse};
use super::signals::Signals;
use super::store::{CallRecord, MutedCopy, Store};
use super::supervise::supervise;
use super::worker::{ExcerptJob, Orders, Task};
use super::{BatchError, threads};
use crate::config::Settings;
use crate::conversation::{Conversation, ConversationError};
use crate::recording::agents::name_in;
use crate::redaction::mute::{self, WordTimes};
use crate::redaction::policy::Policy;
use crate::redaction::{Redactor, holds_placeholder};
use crate::report::html::Calls;
use crate::report::html::sound::{self, Clip, Sound};
use crate::report::records::Text;
use crate::transcript::{RedactedKind, Span, Transcript};

/// Sound in all pages of a report together: with two channels about 50 MB of pages.
const MOST_PER_REPORT_MS: i64 = 40 * 60 * 1000;

/// Finds out how calls can be heard.
pub(super) struct Ears<'a> {
    store: &'a Store,
    settings: &'a Settings,
    redactor: Redactor,
    /// The model whose words are aligned with the sound, by its key.
    aligned: Option<String>,
    sources: BTreeMap<Text, Source>,
}

/// What an excerpt of a call is cut from.
struct Source {
    audio_key: Option<String>,
    muted: Vec<Vec<Span>>,
    copy: Option<PathBuf>,
    recorded_ms: i64,
}

impl<'a> Ears<'a> {
    pub fn new(store: &'a Store, settings: &'a Settings) -> Self {
        let mut actions = settings.redaction.actions;
        actions
            .set(RedactedKind::Name, "mask")
            .expect("names may be masked");
        let model = match settings.pages.excerpts {
            true => settings.model.load().ok(),
            false => None,
        };
        let aligned = model.filter(|model| times_of(&model.profile) == WordTimes::Aligned);
        Self {
            store,
            settings,
            redactor: Redactor::new(Policy::new(actions, None)),
            aligned: aligned.map(|model| model.key),
            sources: BTreeMap::new(),
        }
    }

    /// How a call can be heard by a link, and its talk with all names masked.
    ///
    /// # Errors
    /// A transcript that cannot be joined with its parties.
    pub fn listen(
        &mut self,
        id: &Text,
        record: &CallRecord,
        transcript: &Transcript,
    ) -> Result<(Sound, Conversation), ConversationError> {
        let names = Vec::from_iter(self.agents_name(record));
        let masked = self.redactor.redact(transcript.clone(), &names);
        let blind = Conversation::new(&masked, record.meta.agent_channel)?;
        let copy = self.copy(record, transcript);
        let prefix = self.settings.pages.recordings.as_deref();
        let name = match &copy {
            Some(copy) => Some(copy.path.as_str()),
            None => Some(record.meta.file.as_str()).filter(|name| !holds_placeholder(name)),
        };
        // In a copy the names are silent that the stored words have masked.
        let heard_names = match &copy {
            Some(_) => names_in(&masked) - names_in(transcript).min(names_in(&masked)),
            None => names_in(&masked),
        };
        let sound = Sound {
            recording: prefix
                .zip(name)
                .map(|(prefix, name)| sound::below(prefix, name)),
            name: name.map(str::to_string),
            is_blind: heard_names == 0,
            ..Sound::default()
        };
        if self.settings.pages.excerpts {
            let source = Source {
                audio_key: transcript.audio.key.clone(),
                muted: mute::stretches(transcript, self.times(transcript)),
                copy: copy.map(|copy| copy.file()),
                recorded_ms: transcript.audio.recorded_ms,
            };
            self.sources.insert(id.clone(), source);
        }
        Ok((sound, blind))
    }

    /// What looks like a name in the agent's id.
    fn agents_name(&self, record: &CallRecord) -> Option<crate::recording::CustomerName> {
        // A pseudonym has none, and neither has `agent-12`.
        match self.settings.people.key {
            Some(_) => None,
            None => name_in(&record.meta.agent.to_lowercase().replace("agent", " ")),
        }
    }

    fn times(&self, transcript: &Transcript) -> WordTimes {
        let model = transcript.recogniser.model_key.as_ref();
        match model.is_some() && model == self.aligned.as_ref() {
            true => WordTimes::Aligned,
            false => WordTimes::Estimated,
        }
    }

    /// The muted copy of a call, where it stands where it was put and is silent in all that is
    /// masked today.
    fn copy(&self, record: &CallRecord, transcript: &Transcript) -> Option<MutedCopy> {
        let audio_key = transcript.audio.key.as_ref()?;
        let copies = self.store.muted_copies(&record.meta.call_id).ok()?.copies;
        let copy = copies.into_iter().rfind(MutedCopy::is_there)?;
        let of_today = |times| key_of(audio_key, &mute::stretches(transcript, times)) == copy.key;
        [WordTimes::Aligned, WordTimes::Estimated]
            .into_iter()
            .any(of_today)
            .then_some(copy)
    }

    /// Cuts the excerpts out, as far as they may be asked for. Returns what a person should know.
    ///
    /// # Errors
    /// A child process that cannot be started, or a signal.
    pub fn cut_out(self, calls: &mut Calls, signals: &Signals) -> Result<Vec<String>, BatchError> {
        if !self.settings.pages.excerpts {
            return Ok(Vec::new());
        }
        let mut warnings = Vec::new();
        let mut files = self.recordings(&mut warnings);
        let (mut jobs, mut ids) = (Vec::new(), Vec::new());
        let mut left_ms = MOST_PER_REPORT_MS;
        for (id, detail) in &mut calls.0 {
            let (cuts, left_out) = sound::cuts(detail);
            let Some(source) = self.sources.get(id) else {
                continue;
            };
            let file = match (&source.copy, &source.audio_key) {
                (Some(copy), _) => Ok((copy.to_string_lossy().into_owned(), None)),
                (None, None) => Err(OF_ANOTHER_TOOL),
                (None, Some(key)) => match files.remove(&**id) {
                    None => Err(NOT_AT_HAND),
                    Some((_, other)) if other != *key => Err(ANOTHER_RECORDING),
                    Some((path, key)) => Ok((path, Some(key))),
                },
            };
            let needed_ms: i64 = cuts.iter().map(|cut| cut.len_ms()).sum();
            match file {
                _ if cuts.is_empty() => {}
                Err(why) => detail.sound.why_none = Some(why),
                Ok(_) if needed_ms > left_ms => detail.sound.why_none = Some(REPORT_IS_FULL),
                Ok((path, audio_key)) => {
                    left_ms -= needed_ms;
                    detail.sound.left_out = left_out;
                    jobs.push(ExcerptJob {
                        id: jobs.len(),
                        path,
                        audio_key,
                        muted: source.muted.clone(),
                        length_ms: u64::try_from(source.recorded_ms).unwrap_or(0),
                        cuts,
                    });
                    ids.push(id.clone());
                }
            }
        }
        let cuts: Vec<Vec<Span>> = jobs.iter().map(|job| job.cuts.clone()).collect();
        let orders = Orders {
            task: Task::Excerpt,
            jobs: self.settings.jobs.min(threads::cores()),
        };
        supervise(&orders, jobs, signals, |job, outcome| {
            let Some(detail) = calls.0.get_mut(&ids[job]) else {
                return Ok(());
            };
            match outcome {
                Ok(pieces) => {
                    let clips = cuts[job].iter().zip(*pieces);
                    let clip = |(at, wav): (&Span, String)| Clip { at: *at, wav };
                    detail.sound.clips = clips.map(clip).collect();
                }
                Err(_) => {
                    detail.sound.left_out = 0;
                    detail.sound.why_none = Some(NOT_READ);
                }
            }
            Ok(())
        })?;
        let without = calls
            .0
            .values()
            .filter(|detail| detail.sound.why_none.is_some());
        match without.count() {
            0 => {}
            1 => warnings.push("1 call has no excerpts; its page says why".to_string()),
            n => warnings.push(format!("{n} calls have no excerpts; their pages say why")),
        }
        Ok(warnings)
    }

    /// The recordings of the calls that have no muted copy, found as a run finds them: path and
    /// content key by call id.
    fn recordings(&self, warnings: &mut Vec<String>) -> BTreeMap<String, (String, String)> {
        let needs_one = |source: &Source| source.copy.is_none() && source.audio_key.is_some();
        if self.settings.recordings.is_empty() || !self.sources.values().any(needs_one) {
            return BTreeMap::new();
        }
        let found = plan::customer_key(self.settings, KeyUse::LookOnly).and_then(|key| {
            let agents = plan::agents(self.settings, KeyUse::LookOnly)?;
            plan::find_calls(self.settings, &key, agents.as_ref())
        });
        let mut found = match found {
            Ok(found) => found,
            Err(error) => {
                let why = super::worker::with_causes(&error);
                let why = why.lines().next().unwrap_or_default();
                warnings.push(format!(
                    "the recordings are not at hand for excerpts: {why}"
                ));
                return BTreeMap::new();
            }
        };
        found.calls.retain(|call| {
            let source = self.sources.get(call.meta.call_id.as_str());
            source.is_some_and(needs_one)
        });
        // What is known stays as it is: only a run has looked at all recordings.
        let mut known = Known::of(self.store);
        let Ok(pool) = threads::pool(self.settings.jobs) else {
            return BTreeMap::new();
        };
        let plan = plan::read_calls(found, &mut known, &pool);
        let calls = plan.calls.into_iter();
        calls
            .map(|call| (call.meta.call_id, (call.path, call.audio_key)))
            .collect()
    }
}

const OF_ANOTHER_TOOL: &str = "There are no excerpts: another tool made the transcript, and nothing \
    tells which recording it is of.";
const NOT_AT_HAND: &str =
    "There are no excerpts: the recording was not at hand when this page was made.";
const ANOTHER_RECORDING: &str = "There are no excerpts: the recording is not the one any more that \
    the words were taken from.";
const REPORT_IS_FULL: &str =
    "There are no excerpts: the pages of this report hold as much sound as they may.";
const NOT_READ: &str = "There are no excerpts: the recording could not be read.";

/// How many names are masked.
fn names_in(transcript: &Transcript) -> usize {
    let segments = transcript.channels.iter().flat_map(|c| &c.segments);
    let words = segments.flat_map(|segment| &segment.words);
    let masked = words.filter_map(|word| word.redacted.as_ref());
    masked
        .filter(|redacted| redacted.kind == RedactedKind::Name)
        .count()
}
