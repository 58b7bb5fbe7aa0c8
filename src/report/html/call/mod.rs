//! The call: the talk along time, and each answer with its evidence. Also the blind version, for
//! people who rate.
//!
//! `talk` lays the conversation out, `strip` shows it at a glance, `answers` and `score` put into
//! words what the tables say, and `blind` makes the sheet to rate with.

mod answers;
mod blind;
mod score;
mod strip;
mod talk;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::scope::{CallDetail, Scope, Wanted, night_page};
use super::sound::{Clip, RECORDING, Sound};
use super::words::day_in_words;
use super::{Chapter, Page, PageError, Site, card};
pub(super) use answers::fact;
use answers::{Answers, FormAnswers};
use blind::Sheet;
use score::ScoreView;
use strip::Strip;
use talk::{Marked, Talk, seconds};

pub(super) struct CallPages;

impl Chapter for CallPages {
    fn calls(&self, scope: &Scope) -> Vec<Wanted> {
        scope.asked.clone()
    }

    fn pages(&self, site: &Site<'_>) -> Result<Vec<Page>, PageError> {
        let mut pages = Vec::new();
        for (call_id, detail) in &site.calls.0 {
            if let Some(path) = site.links.call(call_id) {
                let view = View::of(site, detail);
                let title = format!("Call {call_id}");
                pages.push(site.page(path, &title, "call.html", &view)?);
            }
            if let Some(path) = site.links.blind(&detail.call) {
                let view = BlindView::of(site, detail);
                let title = format!("Call to rate: {}", view.name);
                pages.push(site.page(&path, &title, "blind.html", &view)?);
            }
        }
        Ok(pages)
    }
}

/// A fact about the call.
#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    href: Option<String>,
}

#[derive(Debug, Serialize)]
struct View<'a> {
    call_id: &'a str,
    facts: Vec<Fact>,
    scores: Vec<ScoreView>,
    forms: Vec<FormAnswers>,
    strip: Option<Strip>,
    talk: Talk,
    sounds: Sounds<'a>,
    /// The page of the night or period that the call belongs to, at the call's card there.
    night: Option<String>,
    blind: Option<String>,
}

#[derive(Debug, Serialize)]
struct BlindView {
    /// The call's id, or another name where that tells who took it.
    name: String,
    is_own_id: bool,
    facts: Vec<Fact>,
    strip: Option<Strip>,
    talk: Talk,
    sounds: Sounds<'static>,
    sheets: Vec<Sheet>,
}

/// What a page holds to be heard.
#[derive(Debug, Serialize)]
struct Sounds<'a> {
    /// Id and address of the whole recording.
    recording: Option<(&'static str, String)>,
    /// Ids and content of the excerpts.
    clips: Vec<(String, &'a str)>,
    /// Why less can be heard than one might look for.
    remarks: Vec<String>,
}

impl<'a> View<'a> {
    fn of(site: &Site<'_>, detail: &'a CallDetail) -> Self {
        let answers = Answers::of(site, detail);
        let conversation = &detail.conversation;
        let metrics = &detail.metrics;
        let has_words = talk::with_words(conversation, &answers.marked);
        // A measure of the whole call has no moment, and one of words leads to them.
        let moments: Vec<(&Marked, String)> = answers
            .marked
            .iter()
            .zip(&has_words)
            .filter(|(marked, _)| marked.is_telling)
            .filter_map(|(marked, has_words)| {
                let id = match has_words {
                    true => marked.id.clone(),
                    false => talk::anchor(conversation, marked.at.start_ms)?,
                };
                Some((marked, format!("#{id}")))
            })
            .collect();
        let with_words: Vec<Marked> = answers
            .marked
            .iter()
            .zip(&has_words)
            .filter(|(_, has_words)| **has_words)
            .map(|(marked, _)| marked.clone())
            .collect();
        let is_within = site.scope.dates.contains(&detail.call.date);
        Self {
            call_id: &detail.call.call_id,
            facts: facts(site, detail),
            scores: score::scores(site, detail),
            strip: Strip::of(conversation, metrics, &moments),
            talk: Talk::of(conversation, metrics, &with_words, &detail.sound),
            sounds: Sounds::with_clips(&detail.sound),
            night: site
                .links
                .call(&detail.call.call_id)
                .filter(|_| is_within)
                .map(|page| format!("../{}#{}", night_page(site.scope), card(page))),
            blind: site
                .links
                .blind(&detail.call)
                .map(|page| format!("../{page}")),
            forms: answers.forms,
        }
    }
}

impl BlindView {
    fn of(site: &Site<'_>, detail: &CallDetail) -> Self {
        let call = &detail.call;
        let name = call.blind_name();
        let (sound, remark) = blind_sound(detail);
        let mut sounds = Sounds::of(&sound);
        sounds.remarks = Vec::from_iter(remark.map(str::to_string));
        let mut facts = Vec::new();
        let mut fact = |name, value: Option<String>| {
            if let Some(value) = value.filter(|value| !call.is_told_by(value)) {
                facts.push(Fact {
                    name,
                    value,
                    href: None,
                });
            }
        };
        fact("Length", Some(seconds(call.recorded_ms)));
        fact("Direction", call.direction.as_deref().map(readable));
        fact("Queue", call.queue.as_deref().map(str::to_string));
        fact("Reason", call.reason.as_deref().map(readable));
        let metrics = blind::measured(&detail.metrics);
        Self {
            is_own_id: name == *call.call_id,
            name,
            facts,
            strip: Strip::of(&detail.blind, &metrics, &[]),
            talk: Talk::of(&detail.blind, &metrics, &[], &sound),
            sounds,
            sheets: blind::sheets(site, detail),
        }
    }
}

/// What may be heard by who rates: the whole recording, where neither its name nor its sound tells
/// who took the call. Excerpts follow the evidence, and so would give answers away.
fn blind_sound(detail: &CallDetail) -> (Sound, Option<&'static str>) {
    let Some(recording) = &detail.sound.recording else {
        return (Sound::default(), None);
    };
    if !detail.sound.is_blind {
        let why = "The recording is not linked here: names can be heard in it.";
        return (Sound::default(), Some(why));
    }
    // In an address letters beyond ASCII are told by numbers.
    let names = [Some(recording), detail.sound.name.as_ref()];
    let mut names = names.into_iter().flatten();
    if names.any(|name| detail.call.is_told_by(name)) {
        let why = "The recording is not linked here: its name tells who took the call.";
        return (Sound::default(), Some(why));
    }
    let sound = Sound {
        recording: Some(recording.clone()),
        ..Sound::default()
    };
    (sound, None)
}

impl<'a> Sounds<'a> {
    fn of(sound: &Sound) -> Sounds<'static> {
        Sounds {
            recording: sound.address("../").map(|address| (RECORDING, address)),
            clips: Vec::new(),
            remarks: remarks(sound),
        }
    }

    fn with_clips(sound: &'a Sound) -> Self {
        let clips = sound.clips.iter();
        Sounds {
            clips: clips
                .map(|clip: &'a Clip| (clip.id(), &*clip.wav))
                .collect(),
            ..Sounds::of(sound)
        }
    }
}

fn remarks(sound: &Sound) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(why) = sound.why_none {
        remarks.push(why.to_string());
    }
    match sound.left_out {
        0 => {}
        1 => remarks.push("1 moment has no excerpt here, to keep the page small.".to_string()),
        n => remarks.push(format!(
            "{n} moments have no excerpt here, to keep the page small."
        )),
    }
    if sound.recording.is_none() && sound.clips.is_empty() && remarks.is_empty() {
        remarks.push(
            "The recording cannot be played from this page: nothing says where recordings are."
                .to_string(),
        );
    }
    remarks
}

fn facts(site: &Site<'_>, detail: &CallDetail) -> Vec<Fact> {
    let call = &detail.call;
    let mut facts = Vec::new();
    let mut fact = |name, value: Option<String>, href: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            facts.push(Fact { name, value, href });
        }
    };
    let agent = site
        .links
        .agent(&call.agent)
        .map(|page| format!("../{page}"));
    let text = |text: &Option<super::Text>| text.as_deref().map(str::to_string);
    fact(
        "When",
        Some(when(&call.started_local, &call.time_zone)),
        None,
    );
    fact("Length", Some(seconds(call.recorded_ms)), None);
    fact("Agent", Some(call.agent.to_string()), agent);
    fact("Team", text(&call.team), None);
    fact("Queue", text(&call.queue), None);
    fact("Reason", call.reason.as_deref().map(readable), None);
    fact("Direction", call.direction.as_deref().map(readable), None);
    let heard = call.mean_word_prob.map(heard);
    fact("How well it was heard", heard.map(str::to_string), None);
    facts
}

/// `2026-03-03T17:24:10` as `3 March 2026, 17:24`, with the zone.
fn when(local: &str, zone: &str) -> String {
    let minute = match local.split_once('T') {
        Some((day, time)) => {
            format!("{}, {}", day_in_words(day), time.get(..5).unwrap_or(time))
        }
        None => local.to_string(),
    };
    match zone.is_empty() {
        true => minute,
        false => format!("{minute} ({zone})"),
    }
}

fn readable(code: &str) -> String {
    code.replace('_', " ")
}

/// By the mean of all words' probabilities.
fn heard(mean: f64) -> &'static str {
    match mean {
        p if p >= 0.85 => "well",
        p if p >= 0.7 => "fairly well",
        _ => "badly: take its words with care",
    }
}
