//! What came before and after the calls of a run, from all that is stored.
//!
//! The index of [`crate::history`] is made once per run. What the words of a call promise is read
//! once and kept (`store/facts`), so that a night does not read a year of transcripts. A run that
//! touches one date changes what can be said of others: their tables `contacts` and `promises`
//! are written again where a row differs, and dates are scored again whose answers rest on what
//! came before and is known otherwise now, after a straggler say. Both are found by comparing
//! hashes (`store/history.json`), so the tables are the same whatever runs led to a store.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::BatchError;
use super::publish::{Publication, PublishError};
use super::run::hash;
use super::signals::Signals;
use super::store::{Asked, Beside, CallRecord, FactsShelf, Made, ReadFacts, Store, StoreError};
use crate::calibration::record::PersonAnswer;
use crate::conversation::Conversation;
use crate::history::{CallFacts, ContactRow, History, Index, PromiseRow, facts};
use crate::recording::roster::{Post, Roster};
use crate::report::SCHEMA_VERSION;
use crate::rubric::{Rubric, Rule};

/// Dates whose calls are read at once.
const CHUNK: usize = 16;

/// All contacts of a store, and what the published tables rest on.
pub struct Past {
    index: Index,
    made: BTreeMap<String, Made>,
    /// Hash of the stored facts of all calls of a date, and which transcript is whose.
    calls: BTreeMap<String, String>,
    /// Hash of what is said of the calls of a date beside them.
    beside: BTreeMap<String, String>,
    roster: Roster,
    /// How many calls were redacted under what, by the beginning of their marks.
    pub(super) redacted: BTreeMap<String, usize>,
}

impl Past {
    /// Reads all calls and contacts of the store, and the words of calls that are new.
    ///
    /// # Errors
    /// A store that cannot be read or written, or a signal. A transcript that is gone or damaged
    /// is no error: what was promised in it is not known.
    pub fn read(
        store: &Store,
        pool: &rayon::ThreadPool,
        signals: &Signals,
    ) -> Result<Self, BatchError> {
        let mut builder = Index::builder();
        let mut calls = BTreeMap::new();
        let mut beside = BTreeMap::new();
        let roster = store.roster()?;
        let mut redacted: BTreeMap<String, usize> = BTreeMap::new();
        for dates in store.call_dates()?.chunks(CHUNK) {
            if let Some(signal) = signals.received() {
                return Err(PublishError::Signal(signal).into());
            }
            let read: Vec<Result<(String, Vec<Known>), StoreError>> = pool.install(|| {
                let dates = dates.par_iter();
                let read = dates.map(|date| {
                    let calls = read_date(store, date)?;
                    Ok((calls_hash(&calls), calls))
                });
                read.collect()
            });
            for (date, read) in dates.iter().zip(read) {
                let (hash, read) = read?;
                let people = store.ratings(date)?;
                beside.insert(date.clone(), said_beside(&roster, date, &read, &people));
                for (record, facts) in read {
                    let base = super::renew::base_of(&record);
                    match redacted.get_mut(base) {
                        Some(calls) => *calls += 1,
                        None => drop(redacted.insert(base.to_string(), 1)),
                    }
                    builder.call(&record.meta, facts);
                }
                calls.insert(date.clone(), hash);
            }
        }
        for date in store.contact_dates()? {
            for contact in store.contacts(&date)? {
                builder.contact(&contact);
            }
        }
        Ok(Self {
            index: builder.finish(),
            made: store.made()?,
            calls,
            beside,
            roster,
            redacted,
        })
    }

    /// What came before a stored call.
    pub fn history(&self, call_id: &str) -> Option<History> {
        self.index.history(call_id)
    }

    /// Published dates whose answers rest on what came before and is known otherwise now, or of
    /// whose calls something else is said beside them. Dates that were scored with other rubrics
    /// are left as they are.
    pub fn outdated(&self, rubrics: &[Rubric], pool: &rayon::ThreadPool) -> BTreeSet<String> {
        let keys = keys_of(rubrics);
        self.outdated_where(|rubrics| *rubrics == *keys, pool)
    }

    /// The same of dates that were scored with any rubrics.
    pub fn all_outdated(&self, pool: &rayon::ThreadPool) -> BTreeSet<String> {
        self.outdated_where(|_| true, pool)
    }

    fn outdated_where(
        &self,
        wanted: impl Fn(&str) -> bool + Sync,
        pool: &rayon::ThreadPool,
    ) -> BTreeSet<String> {
        let differs = |(date, made): &(&String, &Made)| {
            let other_past = |asked: &Asked| {
                wanted(&asked.rubrics) && asked.histories != self.histories_hash(date)
            };
            let said_otherwise =
                |beside: &Beside| wanted(&beside.rubrics) && beside.said != self.beside_hash(date);
            made.beside.as_ref().is_some_and(said_otherwise)
                || made.asked.as_ref().is_some_and(other_past)
        };
        let made = self.made.par_iter().filter(differs);
        pool.install(|| made.map(|(date, _)| date.clone()).collect())
    }

    /// Hash of what is stored of the calls of a date.
    pub fn calls_hash(&self, date: &str) -> &str {
        self.calls.get(date).map_or("", String::as_str)
    }

    /// Hash of what is said of the calls of a date beside them.
    pub fn beside_hash(&self, date: &str) -> &str {
        self.beside.get(date).map_or("", String::as_str)
    }

    /// Who works where under whom.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Takes note of what was published since the store was read.
    pub fn look_again(&mut self, store: &Store) -> Result<(), StoreError> {
        self.made = store.made()?;
        Ok(())
    }

    /// Hash of what came before each call of a date.
    pub fn histories_hash(&self, date: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        for (call_id, history) in self.index.histories(date) {
            let json = serde_json::to_vec(&(call_id, history)).expect("a history is JSON");
            hasher.update(&json);
            hasher.update(b"\n");
        }
        hasher.finalize().to_hex().to_string()
    }

    fn rows_hash(&self, date: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        hasher.update(&SCHEMA_VERSION.to_le_bytes());
        for row in self.contact_rows(date) {
            hasher.update(&serde_json::to_vec(&row).expect("a row is JSON"));
        }
        for row in self.promise_rows(date) {
            hasher.update(&serde_json::to_vec(&row).expect("a row is JSON"));
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Whether any stored call began on a date.
    pub fn has_calls(&self, date: &str) -> bool {
        !self.index.is_empty_on(date)
    }

    /// Rows of `contacts` of a date.
    pub fn contact_rows(&self, date: &str) -> impl Iterator<Item = ContactRow> {
        self.index.contact_rows(date)
    }

    /// Rows of `promises` of a date.
    pub fn promise_rows(&self, date: &str) -> impl Iterator<Item = PromiseRow> {
        self.index.promise_rows(date)
    }

    /// Stages `contacts` and `promises` of the touched dates, and of published dates of which a
    /// row differs now. Returns what the tables rest on when all is published.
    pub fn stage(
        &self,
        publication: &mut Publication<'_>,
        touched: &BTreeSet<String>,
        rubrics: &[Rubric],
        pool: &rayon::ThreadPool,
    ) -> Result<BTreeMap<String, Made>, PublishError> {
        let dates: BTreeSet<&String> = self.made.keys().chain(touched).collect();
        let dates: Vec<&String> = dates.into_iter().collect();
        let hashes: Vec<String> =
            pool.install(|| dates.par_iter().map(|date| self.rows_hash(date)).collect());
        let asks = rubrics.iter().any(asks_history);
        let mut now = BTreeMap::new();
        for (date, rows) in dates.into_iter().zip(hashes) {
            let before = self.made.get(date);
            let is_touched = touched.contains(date);
            if is_touched || before.is_none_or(|made| made.rows != rows) {
                publication.stage_past(date, self)?;
            }
            if !self.has_calls(date) {
                continue;
            }
            let asked = match before {
                Some(made) if !is_touched => made.asked.clone(),
                _ => asks.then(|| Asked {
                    rubrics: keys_of(rubrics),
                    histories: self.histories_hash(date),
                }),
            };
            let beside = match before {
                Some(made) if !is_touched => made.beside.clone(),
                _ => Some(Beside {
                    rubrics: keys_of(rubrics),
                    said: self.beside_hash(date).to_string(),
                }),
            };
            let made = Made {
                rows,
                asked,
                beside,
            };
            now.insert(date.clone(), made);
        }
        Ok(now)
    }
}

/// A call and what its words promise.
type Known = (CallRecord, Option<CallFacts>);

fn calls_hash(calls: &[Known]) -> String {
    let mut hasher = blake3::Hasher::new();
    for (record, _) in calls {
        hasher.update(&serde_json::to_vec(record).expect("a call record is JSON"));
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}

/// Hash of what is said of the calls of a date beside them: the posts of their agents, and what
/// people answered. Empty where there is nothing.
fn said_beside(roster: &Roster, date: &str, calls: &[Known], people: &[PersonAnswer]) -> String {
    let agents: BTreeSet<&str> = calls.iter().map(|(r, _)| r.meta.agent.as_str()).collect();
    let posts = agents.into_iter();
    let posts: Vec<(&str, &Post)> = posts
        .filter_map(|agent| Some((agent, roster.on(agent, date)?)))
        .collect();
    if posts.is_empty() && people.is_empty() {
        return String::new();
    }
    hash(&[
        &serde_json::to_string(&posts).expect("a post is JSON"),
        &serde_json::to_string(people).expect("an answer is JSON"),
    ])
}

/// Facts that were read by another version are read again.
pub(super) fn facts_version() -> String {
    format!("{} {}", env!("CARGO_PKG_VERSION"), facts::VERSION)
}

fn read_date(store: &Store, date: &str) -> Result<Vec<Known>, StoreError> {
    let records = store.calls(date)?;
    let kept = shelf(store, date);
    // In what is kept, or else from the words; `None` where they cannot be read.
    let read: Vec<(String, Option<ReadFacts>)> = records
        .par_iter()
        .map(|record| {
            let key = facts_key(record);
            let facts = match kept.get(&key) {
                Some(facts) => Some(facts.clone()),
                None => read_facts(store, record)?,
            };
            Ok((key, facts))
        })
        .collect::<Result<_, StoreError>>()?;
    let shelf = FactsShelf {
        version: facts_version(),
        calls: read
            .iter()
            .filter_map(|(key, facts)| Some((key.clone(), facts.clone()?)))
            .collect(),
    };
    if shelf.calls != kept {
        store.put_facts(date, &shelf)?;
    }
    let words = read.into_iter().map(|(_, facts)| facts?.words);
    Ok(records.into_iter().zip(words).collect())
}

/// What was read before, if by this version.
fn shelf(store: &Store, date: &str) -> BTreeMap<String, ReadFacts> {
    let kept = store.facts(date);
    let kept = kept.filter(|shelf| shelf.version == facts_version());
    kept.map(|shelf| shelf.calls).unwrap_or_default()
}

fn read_facts(store: &Store, record: &CallRecord) -> Result<Option<ReadFacts>, StoreError> {
    let transcript = match store.transcript(&record.transcript) {
        Ok(transcript) => transcript,
        Err(e) if e.is_lasting() => return Ok(None),
        Err(e) => return Err(e),
    };
    let start = crate::history::local_time(&record.meta.started_at);
    let conversation = Conversation::new(&transcript, record.meta.agent_channel);
    let words = conversation.ok().and_then(|c| CallFacts::of(&c, start));
    Ok(Some(ReadFacts {
        recorded_ms: transcript.audio.recorded_ms,
        words,
    }))
}

/// The calls of a date by their ids, with their teams as the table of agents completes them; each
/// with the length of its recording where its transcript could be read.
pub(super) fn with_lengths(
    store: &Store,
    roster: &Roster,
    date: &str,
) -> Result<BTreeMap<String, (CallRecord, Option<i64>)>, StoreError> {
    let kept = shelf(store, date);
    let calls = store.calls(date)?.into_iter().map(|mut record| {
        let length = match kept.get(&facts_key(&record)) {
            Some(read) => Some(read.recorded_ms),
            // What was kept cannot be read at the moment.
            None => read_facts(store, &record)?.map(|read| read.recorded_ms),
        };
        roster.settle(&mut record.meta);
        Ok((record.meta.call_id.clone(), (record, length)))
    });
    calls.collect()
}

/// All that the facts of a call come from.
fn facts_key(record: &CallRecord) -> String {
    let channel = record.meta.agent_channel.map(|c| c.to_string());
    hash(&[
        &record.transcript,
        channel.as_deref().unwrap_or(""),
        &record.meta.started_at.local,
    ])[..32]
        .to_string()
}

fn keys_of(rubrics: &[Rubric]) -> String {
    let keys: Vec<&str> = rubrics.iter().map(|r| r.key.as_str()).collect();
    hash(&keys)
}

/// Whether a rule of the form is about earlier contacts or promises.
pub(super) fn asks_history(rubric: &Rubric) -> bool {
    let of_sections = rubric
        .sections
        .iter()
        .filter_map(|s| s.applies_when.as_ref());
    let mut asks = of_sections.into_iter().any(rule_asks_history);
    for (_, question) in rubric.questions() {
        question.each_rule(&mut |rule| asks |= rule_asks_history(rule));
    }
    asks
}

fn rule_asks_history(rule: &Rule) -> bool {
    match rule {
        Rule::EarlierContact(_) | Rule::EarlierPromise(_) => true,
        Rule::AllOf(rules) | Rule::AnyOf(rules) => rules.iter().any(rule_asks_history),
        Rule::Not(rule) => rule_asks_history(rule),
        Rule::Said(_) | Rule::InOrder(_) | Rule::Near(_) | Rule::Metric(_) | Rule::Call(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::batch::{What, score};
    use crate::config::{Flags, Settings};
    use crate::report::{Cell, read_table};
    use crate::transcript::{AudioFacts, Channel, FORMAT, Recogniser, Segment, Transcript, Word};

    const RUBRIC: &str = "
rubric: again
version: '1'
title: Again
sections:
- id: s
  title: S
  weight: 1
  questions:
  - {id: contact, text: Earlier?, yes_when: {earlier_contact: {within_days: 7, same_matter: true}}}
  - {id: letter, text: Letter?, yes_when: {earlier_contact: {within_days: 2, channels: [written]}}}
  - {id: promise, text: Not kept?, yes_when: {earlier_promise: {is: [not_seen, said_broken]}}}
";

    /// Id, customer, start, direction, reason, and what the agent and the customer say.
    type Made = (
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        [&'static str; 2],
    );

    const BACK: &str = "I will call you back tomorrow.";
    const CALLS: [Made; 8] = [
        (
            "a",
            "1",
            "2026-03-02 09:00",
            "inbound",
            "bill",
            [BACK, "Thank you."],
        ),
        (
            "b",
            "2",
            "2026-03-02 10:00",
            "inbound",
            "move",
            ["It is done.", "Good."],
        ),
        (
            "c",
            "1",
            "2026-03-03 09:00",
            "outbound",
            "bill",
            ["It is done.", "Good."],
        ),
        (
            "d",
            "2",
            "2026-03-03 10:00",
            "inbound",
            "move",
            [BACK, "Good."],
        ),
        (
            "e",
            "",
            "2026-03-04 09:00",
            "inbound",
            "",
            ["Hello.", "Good."],
        ),
        (
            "f",
            "2",
            "2026-03-09 09:00",
            "inbound",
            "move",
            ["Hello.", "Nobody called me back."],
        ),
        (
            "g",
            "1",
            "2026-03-09 10:00",
            "inbound",
            "",
            ["Hello.", "Good."],
        ),
        (
            "h",
            "3",
            "2026-04-20 10:00",
            "inbound",
            "bill",
            ["Hello.", "Good."],
        ),
    ];
    const CONTACTS: &str = "customer,at,channel,ref\n\
        2,2026-03-01 08:00,written,m1\n1,2026-03-03 08:00,written,m2\n\
        2,2026-03-08 08:00,written,m3\n3,2026-04-20 08:00,written,m4\n";

    fn said(text: &str, from_ms: i64) -> Channel {
        let words: Vec<Word> = text
            .split(' ')
            .zip(0_i64..)
            .map(|(word, n)| Word {
                text: word.to_string(),
                start_ms: from_ms + 400 * n,
                end_ms: from_ms + 400 * (n + 1),
                prob: Some(0.9),
                redacted: None,
            })
            .collect();
        let end_ms = words.last().map_or(from_ms, |w| w.end_ms);
        Channel {
            language: None,
            speech: Vec::new(),
            segments: vec![Segment {
                start_ms: from_ms,
                end_ms,
                no_speech_prob: None,
                doubts: Vec::new(),
                words,
            }],
        }
    }

    struct Centre {
        folder: tempfile::TempDir,
        rubrics: [Rubric; 1],
    }

    impl Centre {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut table =
                "call_id,file,agent,agent_channel,customer,started_at,direction,reason\n"
                    .to_string();
            for (id, customer, started, direction, reason, [agent, caller]) in CALLS {
                table +=
                    &format!("{id},{id}.wav,ann,0,{customer},{started},{direction},{reason}\n");
                let transcript = Transcript {
                    format: FORMAT.to_string(),
                    audio: AudioFacts {
                        key: None,
                        codec: None,
                        sample_rate_hz: None,
                        recorded_ms: 20_000,
                        truncated: false,
                        dual_mono: false,
                    },
                    recogniser: Recogniser {
                        engine: "made".to_string(),
                        model: "made".to_string(),
                        model_key: None,
                        word_times: true,
                        word_probs: true,
                    },
                    language: "en".to_string(),
                    channels: vec![said(agent, 1_000), said(caller, 8_000)],
                };
                let path = folder.path().join(format!("{id}.json"));
                fs::write(path, transcript.to_json()).unwrap();
            }
            fs::write(folder.path().join("calls.csv"), table).unwrap();
            fs::write(folder.path().join("contacts.csv"), CONTACTS).unwrap();
            let settings = "timezone = 'Europe/Berlin'\ncustomer_key = 'key'\njobs = 2\n\
                calls = 'calls.csv'\ncontacts = 'contacts.csv'\n";
            fs::write(folder.path().join("c.toml"), settings).unwrap();
            Self {
                folder,
                rubrics: [crate::rubric::parse(RUBRIC, "again").unwrap()],
            }
        }

        fn out(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn score(&self, out: &str, what: &What) {
            let settings = Settings::resolve(Flags {
                config: Some(self.folder.path().join("c.toml")),
                out: Some(self.out(out)),
                ..Flags::default()
            })
            .unwrap();
            let report = score(&settings, &self.rubrics, what, &Signals::default()).unwrap();
            assert_eq!(report.failures, []);
        }

        /// Scores calls night by night.
        fn nights(&self, out: &str, nights: &[&[&str]]) {
            for night in nights {
                let file = |id: &&str| self.folder.path().join(format!("{id}.json"));
                self.score(out, &What::Files(night.iter().map(file).collect()));
            }
        }
    }

    fn parts(out: &Path, table: &str) -> BTreeMap<String, PathBuf> {
        let Ok(dates) = fs::read_dir(out.join(table)) else {
            return BTreeMap::new();
        };
        dates
            .map(|date| date.unwrap())
            .map(|date| {
                let name = date.file_name().into_string().unwrap();
                (name, date.path().join("part.parquet"))
            })
            .collect()
    }

    /// Bytes of the tables that no run id stands in.
    fn bytes(out: &Path) -> BTreeMap<String, Vec<u8>> {
        ["contacts", "promises"]
            .into_iter()
            .flat_map(|table| {
                parts(out, table)
                    .into_iter()
                    .map(move |(date, part)| (format!("{table}/{date}"), fs::read(part).unwrap()))
            })
            .collect()
    }

    /// Rows of a table without the run id.
    fn rows(out: &Path, table: &str) -> Vec<Vec<Cell>> {
        let mut rows = Vec::new();
        for part in parts(out, table).values() {
            let content = read_table(part).unwrap();
            let run_id = content
                .columns
                .iter()
                .position(|(name, _)| name == "run_id");
            rows.extend(content.rows.into_iter().map(|mut row| {
                run_id.map(|at| row.remove(at));
                row
            }));
        }
        rows
    }

    #[test]
    fn the_order_of_the_nights_changes_nothing() {
        let centre = Centre::new();
        centre.nights("at-once", &[&["a", "b", "c", "d", "e", "f", "g", "h"]]);
        let (once, answers) = (
            bytes(&centre.out("at-once")),
            rows(&centre.out("at-once"), "answers"),
        );
        assert_eq!(once.len(), 10);
        let orders: [(&str, &[&[&str]]); 2] = [
            (
                "in-order",
                &[&["a", "b"], &["c", "d"], &["e", "f", "g"], &["h"]],
            ),
            // Stragglers: of a date that is scored already, and of one before all others.
            (
                "stragglers",
                &[&["d", "f"], &["b", "h"], &["a", "c", "e", "g"]],
            ),
        ];
        for (name, nights) in orders {
            centre.nights(name, nights);
            let out = centre.out(name);
            assert!(bytes(&out) == once, "{name}: {:#?}", rows(&out, "contacts"));
            assert_eq!(rows(&out, "answers"), answers, "{name}");
            // A score of one date changes no byte.
            centre.score(name, &What::Date("2026-03-03".to_string()));
            assert!(bytes(&out) == once, "{name}");
            assert_eq!(rows(&out, "answers"), answers, "{name}");
        }
        // And there is something to be the same.
        let column = |table: &str, name: &str| -> Vec<String> {
            let part = parts(&centre.out("at-once"), table);
            let content = part.values().map(|part| read_table(part).unwrap());
            content
                .flat_map(|content| {
                    let at = content.columns.iter().position(|(n, _)| n == name).unwrap();
                    content.rows.into_iter().map(move |row| match &row[at] {
                        Cell::Text(text) => text.clone(),
                        Cell::Null => "-".to_string(),
                        other => panic!("{other:?}"),
                    })
                })
                .collect()
        };
        let repeats = column("contacts", "repeat_of");
        assert_eq!(repeats, ["-", "-", "-", "b", "-", "d", "c", "-"]);
        assert_eq!(column("promises", "state"), ["kept", "said_broken"]);
        let asked = column("answers", "answer");
        for answer in ["yes", "no", "abstain"] {
            assert!(asked.iter().any(|a| a == answer), "{asked:?}");
        }
    }

    #[test]
    fn a_night_writes_again_only_what_it_changes() {
        let centre = Centre::new();
        centre.nights("out", &[&["a", "b"], &["c", "d"], &["e"]]);
        let out = centre.out("out");
        let made = |table: &str, date: &str| {
            let part = out
                .join(table)
                .join(format!("date={date}"))
                .join("part.parquet");
            fs::metadata(part).unwrap().modified().unwrap()
        };
        let tables = [
            ("contacts", "2026-03-02"),
            ("contacts", "2026-03-03"),
            ("contacts", "2026-03-04"),
            ("answers", "2026-03-03"),
        ];
        let before = tables.map(|(table, date)| made(table, date));
        centre.nights("out", &[&["f", "g"]]);
        let after = tables.map(|(table, date)| made(table, date));
        // That they led to no repeat by the next day was known; now that is for 7 days too.
        let changed: Vec<bool> = before.iter().zip(&after).map(|(b, a)| b != a).collect();
        assert_eq!(changed, [false, true, false, false]);
    }

    #[test]
    fn facts_are_read_once_and_again_where_the_call_has_changed() {
        let centre = Centre::new();
        centre.nights("out", &[&["a", "b"]]);
        let store = Store::open(&centre.out("out")).unwrap();
        let shelf = store.facts("2026-03-02").unwrap();
        assert_eq!(shelf.calls.len(), 2);
        let read = |store: &Store| read_date(store, "2026-03-02").unwrap();
        let before = read(&store);
        // What is kept is believed as long as it is about the same words.
        let mut emptied = shelf.clone();
        for read in emptied.calls.values_mut() {
            read.words = None;
        }
        store.put_facts("2026-03-02", &emptied).unwrap();
        assert!(read(&store).iter().all(|(_, facts)| facts.is_none()));
        emptied.version = "older".to_string();
        store.put_facts("2026-03-02", &emptied).unwrap();
        assert_eq!(read(&store), before);
        let mut moved = before[0].0.clone();
        moved.meta.agent_channel = Some(1);
        store.put_call(&moved).unwrap();
        read(&store);
        let keys = |shelf: &FactsShelf| shelf.calls.keys().cloned().collect::<Vec<_>>();
        assert_ne!(keys(&store.facts("2026-03-02").unwrap()), keys(&shelf));
    }
}
