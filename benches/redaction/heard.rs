//! The same through the recogniser: what it wrote of values that voices read, and what of that the
//! redactor left.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use callibrate::recording::{CustomerName, content_key};
use callibrate::redaction::Redactor;
use callibrate::speech::models::ModelSource;
use callibrate::speech::whisper::Engine;
use callibrate::speech::{self, Setup};
use callibrate::transcript::{RedactedKind, Span, Transcript};
use serde::{Deserialize, Serialize};

use crate::measured::{Share, masks, telling_row};
use crate::readable::{bare, characters, common};
use crate::{Fault, label, sample};

/// One recording with several examples.
#[derive(Serialize, Deserialize)]
struct Call {
    call: String,
    /// Of the customers in the table of calls.
    names: Vec<String>,
    truth: Vec<Truth>,
    /// As the recogniser wrote it, not redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heard: Option<Transcript>,
}

/// Words that are a value or a part of it, as they were read.
#[derive(Serialize, Deserialize)]
struct Truth {
    example: String,
    entity: String,
    kind: RedactedKind,
    channel: usize,
    words: Vec<Read>,
}

#[derive(Serialize, Deserialize)]
struct Read {
    text: String,
    start_ms: i64,
    end_ms: i64,
    chars: u32,
    tells: bool,
}

/// Recognised words belong to what was read when their middle is within this of it, in ms.
const REACH_MS: i64 = 250;

/// Has the embedded model hear the recordings of a folder, and prints each with what it wrote.
pub fn hear(folder: &Path) -> Result<(), Fault> {
    let model = ModelSource::Embedded.load()?;
    let engine = Engine::load(&model)?;
    let mut recogniser = engine.recogniser()?;
    let setup = Setup {
        profile: &model.profile,
        model: model.name.clone(),
        model_key: model.key.clone(),
        language: "en",
    };
    for line in std::fs::read_to_string(folder.join("truth.jsonl"))?.lines() {
        let mut call: Call = serde_json::from_str(line)?;
        let path = folder.join(format!("{}.wav", call.call));
        let key = content_key(&path)?;
        call.heard = Some(speech::transcribe(&path, &key, &setup, &mut recogniser)?);
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(&call)?)?;
    }
    Ok(())
}

/// How one kind fared.
#[derive(Default, Clone)]
struct Fate {
    read: usize,
    /// Of those that the recogniser wrote.
    masked: Share,
    right: Share,
    /// Of those of which it wrote other digits.
    masked_though_misheard: Share,
}

impl Fate {
    fn add(&mut self, phrasing: &str, entity: &Entity) {
        self.read += 1;
        if entity.heard {
            self.masked.add(phrasing, !entity.left);
        } else if entity.misheard {
            self.masked_though_misheard
                .add(phrasing, !entity.misheard_left);
        }
        if entity.heard && !entity.left {
            self.right.add(phrasing, entity.right_kind);
        }
    }

    fn row(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} | {} | {} |\n",
            self.read,
            self.masked.of() as usize,
            self.masked.text(),
            self.right.text(),
            self.masked_though_misheard.text(),
        )
    }
}

pub fn figures() -> Result<String, Fault> {
    let redactor = Redactor::default();
    let mut fates: BTreeMap<RedactedKind, Fate> = BTreeMap::new();
    let mut halves: BTreeMap<String, Fate> = BTreeMap::new();
    let mut all = Fate::default();
    let (mut other_words, mut false_alarms) = (0, BTreeMap::<RedactedKind, usize>::new());
    let mut recordings = 0;
    for call in calls()? {
        recordings += 1;
        let before = call.heard.as_ref().ok_or("a call that nobody heard")?;
        let names: Vec<CustomerName> = call.names.iter().map(CustomerName::new).collect();
        let after = redactor.redact(before.clone(), &names);
        let words = words(before, &after);
        let mut entities: BTreeMap<(&str, &str), Vec<&Truth>> = BTreeMap::new();
        for truth in &call.truth {
            let name = (truth.example.as_str(), truth.entity.as_str());
            entities.entry(name).or_default().push(truth);
        }
        for ((example, _), truths) in &entities {
            if let Some(entity) = entity(truths, &words) {
                all.add(example, &entity);
                let half = example.split('/').next().unwrap_or_default();
                halves
                    .entry(half.to_string())
                    .or_default()
                    .add(example, &entity);
                fates
                    .entry(truths[0].kind)
                    .or_default()
                    .add(example, &entity);
            }
        }
        for (channel, words) in words.iter().enumerate() {
            for word in words {
                let truths = call.truth.iter().filter(|t| t.channel == channel);
                if truths.map(window).any(|w| word.is_in(w)) {
                    continue;
                }
                other_words += 1;
                if let Some(kind) = word.mask {
                    *false_alarms.entry(kind).or_default() += 1;
                }
            }
        }
    }
    let mut text = "| | read | heard | masked, of those heard | taken for what it is | masked, of those heard as other digits |\n\
                    |---|--:|--:|--:|--:|--:|\n"
        .to_string();
    for (kind, fate) in &fates {
        text += &fate.row(&label(*kind));
    }
    text += &all.row("all");
    for (half, fate) in &halves {
        text += &fate.row(&format!("all, {half}"));
    }
    let sum: usize = false_alarms.values().sum();
    let taken: Vec<String> = false_alarms
        .iter()
        .map(|(kind, words)| format!("{words} for {}", label(*kind)))
        .collect();
    text += &format!(
        "\nIn these {recordings} recordings {sum} of {other_words} words beside values were masked, {:.1} of 1,000{}{}.\n",
        1000.0 * sum as f64 / f64::from(other_words).max(1.0),
        if taken.is_empty() { "" } else { ": taken " },
        taken.join(", ")
    );
    Ok(text)
}

fn calls() -> Result<Vec<Call>, Fault> {
    let text = std::fs::read_to_string(sample("redaction/heard.jsonl"))?;
    let calls = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    Ok(calls)
}

/// Prints what is left of values of the development half, with the talk around them as redacted.
pub fn print_misses(only: Option<&str>) -> Result<(), Fault> {
    let redactor = Redactor::default();
    for call in calls()? {
        let before = call.heard.as_ref().ok_or("a call that nobody heard")?;
        let names: Vec<CustomerName> = call.names.iter().map(CustomerName::new).collect();
        let after = redactor.redact(before.clone(), &names);
        let words = words(before, &after);
        let mut entities: BTreeMap<(&str, &str), Vec<&Truth>> = BTreeMap::new();
        for truth in call
            .truth
            .iter()
            .filter(|t| t.example.starts_with("development/"))
        {
            let name = (truth.example.as_str(), truth.entity.as_str());
            entities.entry(name).or_default().push(truth);
        }
        for ((example, _), truths) in entities {
            let kind = truths[0].kind.as_str();
            let missed = entity(&truths, &words)
                .is_some_and(|e| e.heard && e.left || !e.heard && e.misheard_left);
            if !missed || only.is_some_and(|only| only != kind) {
                continue;
            }
            println!("{example}: {kind}");
            for truth in &truths {
                let read: Vec<&str> = truth.words.iter().map(|w| w.text.as_str()).collect();
                println!("  read: {}", read.join(" "));
            }
            let starts = truths.iter().map(|t| window(t).start_ms).min().unwrap_or(0);
            let ends = truths.iter().map(|t| window(t).end_ms).max().unwrap_or(0);
            let around = Span::new(starts - 8_000, ends + 3_000);
            for (before, after) in before.channels.iter().zip(&after.channels) {
                for (before, after) in before.segments.iter().zip(&after.segments) {
                    if before.span().overlap_ms(around) > 0 {
                        let [heard, left] = [before, after].map(|segment| {
                            let words: Vec<&str> =
                                segment.words.iter().map(|w| w.text.as_str()).collect();
                            words.join(" ")
                        });
                        println!("  heard: {heard}\n   left: {left}");
                    }
                }
            }
        }
    }
    Ok(())
}

/// A recognised word.
struct Heard {
    text: String,
    middle_ms: i64,
    mask: Option<RedactedKind>,
}

impl Heard {
    fn is_in(&self, window: Span) -> bool {
        (window.start_ms..window.end_ms).contains(&self.middle_ms)
    }
}

fn words(before: &Transcript, after: &Transcript) -> Vec<Vec<Heard>> {
    let masks = masks(before, after);
    let channels = before.channels.iter().zip(masks);
    channels
        .map(|(channel, masks)| {
            let words = channel.segments.iter().flat_map(|s| &s.words);
            words
                .zip(masks.into_iter().flatten())
                .map(|(word, mask)| Heard {
                    text: word.text.clone(),
                    middle_ms: (word.start_ms + word.end_ms) / 2,
                    mask,
                })
                .collect()
        })
        .collect()
}

fn window(truth: &Truth) -> Span {
    let (first, last) = (&truth.words[0], &truth.words[truth.words.len() - 1]);
    Span::new(first.start_ms - REACH_MS, last.end_ms + REACH_MS)
}

struct Entity {
    /// Something telling of it was written.
    heard: bool,
    /// Something telling is still there.
    left: bool,
    right_kind: bool,
    /// As many digits were written as would tell something, right or wrong.
    misheard: bool,
    misheard_left: bool,
}

/// `None` for what tells nothing by itself.
fn entity(truths: &[&Truth], words: &[Vec<Heard>]) -> Option<Entity> {
    let sums = truths
        .iter()
        .map(|t| t.words.iter().map(|w| w.chars).sum::<u32>());
    let longest = sums.max()?;
    let row = telling_row(longest);
    if longest < row && !truths.iter().any(|t| t.words.iter().any(|w| w.tells)) {
        return None;
    }
    let mut entity = Entity {
        heard: false,
        left: false,
        right_kind: false,
        misheard: false,
        misheard_left: false,
    };
    for truth in truths {
        let heard: Vec<&Heard> = words[truth.channel]
            .iter()
            .filter(|w| w.is_in(window(truth)))
            .collect();
        let value = value(truth);
        let told = |part: &[&Heard]| tells(truth, &value, row as usize, part);
        entity.heard |= told(&heard);
        entity.left |= heard.split(|w| w.mask.is_some()).any(told);
        let digits = |part: &[&Heard]| longest >= row && digits(part) >= row as usize;
        entity.misheard |= digits(&heard);
        entity.misheard_left |= heard.split(|w| w.mask.is_some()).any(digits);
        entity.right_kind |= heard.iter().any(|w| w.mask == Some(truth.kind));
    }
    Some(entity)
}

/// The characters of a number, as read.
fn value(truth: &Truth) -> String {
    let texts: Vec<&str> = truth
        .words
        .iter()
        .filter(|w| w.chars > 0)
        .map(|w| w.text.as_str())
        .collect();
    let told = characters(&texts);
    let pairs = texts.iter().zip(told);
    pairs
        .map(|(text, told)| match told.is_empty() {
            // Letters that were said as one word.
            true if text
                .chars()
                .all(|c| c.is_ascii_uppercase() || c == ',' || c == '.') =>
            {
                text.chars().filter(char::is_ascii_uppercase).collect()
            }
            _ => told,
        })
        .collect()
}

/// How many digits words tell.
fn digits(words: &[&Heard]) -> usize {
    let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    let told = characters(&texts).concat();
    told.chars().filter(char::is_ascii_digit).count()
}

/// Whether recognised words give a value away.
fn tells(truth: &Truth, value: &str, row: usize, heard: &[&Heard]) -> bool {
    let bare_words: Vec<String> = heard.iter().map(|w| bare(&w.text)).collect();
    let by_word = truth.words.iter().filter(|w| w.tells).any(|w| {
        let word = bare(&w.text);
        bare_words.iter().any(|heard| match word.len() {
            0..4 => *heard == word,
            _ => heard.contains(&word),
        })
    });
    let texts: Vec<&str> = heard.iter().map(|w| w.text.as_str()).collect();
    let written: String = characters(&texts).concat();
    by_word || (!value.is_empty() && common(value, &written) >= row)
}
