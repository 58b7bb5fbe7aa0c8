//! Writes a programme: transcripts, the table of calls, and the truth as tables; or a store.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use callibrate::batch::renew::Redaction;
use callibrate::batch::store::{CallRecord, Store};
use callibrate::recording::CallMeta;
use callibrate::recording::key::CustomerKey;
use callibrate::redaction::policy::Policy;
use callibrate::transcript::Transcript;
use rayon::prelude::*;

use super::centre;
use super::contacts;
use super::ratings::{self, Ratings};
use super::script::Word;
use super::truth;
use super::{Call, DAY_MS, Programme, Settings};

pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// A table's file name and its columns.
pub type Headed = (&'static str, &'static [&'static str]);

/// The tables that are written, by file name.
pub struct Tables(BTreeMap<&'static str, csv::Writer<File>>);

const TABLES: [Headed; 6] = [
    (
        "calls.csv",
        &[
            "call_id",
            "file",
            "agent",
            "team",
            "queue",
            "customer",
            "started_at",
            "agent_channel",
            "interaction_id",
            "leg",
            "direction",
            "first_communication",
            "customer_name",
            "language",
            "reason",
            "timezone",
            "disclosure_by_ivr",
            "talk_s",
            "hold_s",
            "acw_s",
        ],
    ),
    (
        "contacts.csv",
        &[
            "customer",
            "at",
            "timezone",
            "channel",
            "direction",
            "reason",
        ],
    ),
    (
        "truth.csv",
        &[
            "call_id",
            "rubric",
            "question",
            "answer",
            "behaviour",
            "wording",
            "start_ms",
        ],
    ),
    (
        "contacts-truth.csv",
        &[
            "call_id",
            "earlier_call_id",
            "relation",
            "same_matter",
            "hours",
            "within_1_day",
            "within_7_days",
            "within_30_days",
            "is_repeat",
        ],
    ),
    (
        "promises-truth.csv",
        &[
            "call_id",
            "start_ms",
            "promise",
            "firm",
            "due_said",
            "due_date",
            "kept",
            "kept_in_call",
            "said_kept_in_call",
            "said_broken_in_call",
        ],
    ),
    (
        "agents-truth.csv",
        &[
            "agent",
            "team",
            "habit",
            "rate_first_week",
            "rate_last_week",
        ],
    ),
];

impl Tables {
    pub fn create(out: &Path, list: &[Headed]) -> Result<Self, Fault> {
        let mut tables = BTreeMap::new();
        for (name, header) in list {
            let mut table = csv::Writer::from_path(out.join(name))?;
            table.write_record(*header)?;
            tables.insert(*name, table);
        }
        Ok(Self(tables))
    }

    pub fn row(&mut self, table: &str, cells: &[&str]) -> Result<(), Fault> {
        let table = self.0.get_mut(table).expect("the tables are listed above");
        Ok(table.write_record(cells)?)
    }

    pub fn flush(&mut self) -> Result<(), Fault> {
        for table in self.0.values_mut() {
            table.flush()?;
        }
        Ok(())
    }
}

/// A promise until it is known what came of it.
struct Made {
    call_id: String,
    start_ms: i64,
    promise: String,
    firm: bool,
    due_said: String,
    due_date: String,
    kept: bool,
    kept_in: String,
    said_kept_in: String,
    said_broken_in: String,
}

/// Writes a programme into a folder. `noise` is the share of words that the recogniser is to have
/// misheard; the truth is of what was said. With a folder of sample calls, their ratings are made
/// too, and all ratings and outcomes are written there.
pub fn write(
    out: &Path,
    settings: Settings,
    noise: f64,
    samples: Option<&Path>,
) -> Result<usize, Fault> {
    let transcripts = out.join("transcripts");
    fs::create_dir_all(&transcripts)?;
    let mut tables = Tables::create(out, &TABLES)?;
    let mut ratings = Ratings::create(samples.unwrap_or(out))?;
    let mut promises: Vec<Made> = Vec::new();
    let mut programme = Programme::new(settings);
    for agent in programme.agents() {
        let rates = |time: f64| {
            let traits = agent.at(time);
            move |habit| traits.rate(habit)
        };
        let (first, last) = (rates(0.0), rates(1.0));
        for (habit, name) in centre::habits() {
            let (first, last) = (
                format!("{:.3}", first(habit)),
                format!("{:.3}", last(habit)),
            );
            tables.row(
                "agents-truth.csv",
                &[agent.id, agent.team, name, &first, &last],
            )?;
        }
    }
    if let Some(samples) = samples {
        for call in ratings::sample_calls(samples, settings.seed)? {
            ratings.add(&call)?;
        }
    }
    let mut calls = 0;
    for call in &mut programme {
        let transcript = match noise > 0.0 {
            true => call.heard(noise),
            false => call.transcript.clone(),
        };
        let name = format!("{}.json", call.meta.call_id);
        fs::write(transcripts.join(name), transcript.to_json() + "\n")?;
        call_row(&mut tables, &call)?;
        unrecorded_rows(&mut tables, &call)?;
        truth_rows(&mut tables, &call)?;
        contact_rows(&mut tables, &call)?;
        ratings.add_made(&call)?;
        follow_promises(&mut promises, &call);
        calls += 1;
    }
    for p in &promises {
        let cells = [
            &p.call_id,
            &p.start_ms.to_string(),
            &p.promise,
            yes(p.firm),
            &p.due_said,
            &p.due_date,
            yes(p.kept),
            &p.kept_in,
            &p.said_kept_in,
            &p.said_broken_in,
        ];
        tables.row("promises-truth.csv", &cells)?;
    }
    tables.flush()?;
    ratings.finish()?;
    Ok(calls)
}

pub fn yes(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}

fn call_row(tables: &mut Tables, call: &Call) -> Result<(), Fault> {
    let meta = &call.meta;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let number = |value: Option<i64>| value.map(|v| v.to_string()).unwrap_or_default();
    let flag = |value: Option<bool>| value.map(|v| yes(v).to_string()).unwrap_or_default();
    let side = if meta.agent_channel == Some(1) {
        "right"
    } else {
        "left"
    };
    let cells = [
        meta.call_id.clone(),
        meta.file.clone(),
        meta.agent.clone(),
        text(&meta.team),
        text(&meta.queue),
        call.customer.id.clone(),
        meta.started_at.local.clone(),
        side.to_string(),
        text(&meta.interaction_id),
        text(&meta.leg),
        meta.direction.map_or("", |d| d.as_str()).to_string(),
        flag(meta.first_communication),
        call.customer.name.clone(),
        text(&meta.language),
        text(&meta.reason),
        centre::ZONE.to_string(),
        flag(meta.disclosure_by_ivr),
        number(meta.talk_s),
        number(meta.hold_s),
        number(meta.acw_s),
    ];
    tables.row("calls.csv", &cells.each_ref().map(String::as_str))
}

fn unrecorded_rows(tables: &mut Tables, call: &Call) -> Result<(), Fault> {
    for contact in contacts::before(call) {
        let cells = [
            &call.customer.id,
            &centre::started_at(contact.at_ms).local,
            centre::ZONE,
            contact.channel,
            contact.direction.as_str(),
            call.meta.reason.as_deref().unwrap_or_default(),
        ];
        tables.row("contacts.csv", &cells)?;
    }
    Ok(())
}

fn truth_rows(tables: &mut Tables, call: &Call) -> Result<(), Fault> {
    for a in truth::answers(call) {
        let start = a.start_ms.map(|ms| ms.to_string()).unwrap_or_default();
        let cells = [
            &call.meta.call_id,
            a.rubric,
            a.question,
            &a.answer,
            a.behaviour,
            a.wording,
            &start,
        ];
        tables.row("truth.csv", &cells)?;
    }
    Ok(())
}

fn contact_rows(tables: &mut Tables, call: &Call) -> Result<(), Fault> {
    for earlier in &call.earlier {
        let relation = truth::relation(call, earlier);
        let ms = call.at_ms - earlier.at_ms;
        let within = |days: i64| yes(ms <= days * DAY_MS);
        let same = call.meta.reason.as_deref() == Some(earlier.reason);
        let hours = format!("{:.1}", ms as f64 / 3_600_000.0);
        let cells = [
            &call.meta.call_id,
            &earlier.call_id,
            relation,
            yes(same),
            &hours,
            within(1),
            within(7),
            within(30),
            yes(relation == "same_matter" && ms <= 30 * DAY_MS),
        ];
        tables.row("contacts-truth.csv", &cells)?;
    }
    Ok(())
}

fn follow_promises(promises: &mut Vec<Made>, call: &Call) {
    let id = &call.meta.call_id;
    let spoken_of = call.speaks_of_promise_of.as_ref();
    for promise in promises.iter_mut() {
        if call.keeps_promise_of.as_ref() == Some(&promise.call_id) {
            promise.kept_in.clone_from(id);
        }
        match spoken_of {
            Some((Word::Kept, of)) if *of == promise.call_id => promise.said_kept_in.clone_from(id),
            Some((Word::Broken, of)) if *of == promise.call_id => {
                promise.said_broken_in.clone_from(id);
            }
            _ => {}
        }
    }
    if let Some(promise) = &call.script.promise {
        promises.push(Made {
            call_id: id.clone(),
            start_ms: call.start_ms(promise.turn, 0).unwrap_or_default(),
            promise: promise
                .deed
                .clone()
                .unwrap_or_else(|| "call back".to_string()),
            firm: promise.firm,
            due_said: promise.due.clone().unwrap_or_default(),
            due_date: promise.due_ms.map(centre::local_date).unwrap_or_default(),
            kept: call.promise_kept == Some(true),
            kept_in: String::new(),
            said_kept_in: String::new(),
            said_broken_in: String::new(),
        });
    }
}

/// Puts calls into the store under `out`, redacted, as `callibrate score` would.
pub fn store(
    out: &Path,
    calls: impl Iterator<Item = (CallMeta, Transcript)>,
) -> Result<usize, Fault> {
    const AT_ONCE: usize = 512;
    let store = Store::open(out)?;
    // Nobody has a name, so no key is needed.
    let redaction = Redaction::new(Policy::default(), CustomerKey::from_bytes([0; 32]));
    let mut calls = calls.peekable();
    let mut stored = 0;
    while calls.peek().is_some() {
        let some: Vec<_> = calls.by_ref().take(AT_ONCE).collect();
        stored += some.len();
        some.into_par_iter()
            .try_for_each(|(meta, transcript)| -> Result<(), Fault> {
                let transcript = redaction.redact(transcript, &[]);
                let key = blake3::hash(transcript.to_json().as_bytes())
                    .to_hex()
                    .to_string();
                store.put_transcript(&key, &transcript)?;
                let redacted = redaction.mark(&meta.call_id, &[]);
                store.put_call(&CallRecord {
                    meta,
                    transcript: key,
                    redacted: Some(redacted),
                })?;
                Ok(())
            })?;
    }
    Ok(stored)
}
