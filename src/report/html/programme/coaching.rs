//! Coachings: when they were, what followed beside those who were not coached, and the time they
//! took. *Followed*, never *caused*.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{About, Event, Key};
use crate::report::html::Site;
use crate::report::html::scope::Scope;
use crate::report::html::weeks::{day_number, several};
use crate::report::html::words::grouped;
use crate::report::records::{Coaching, Followed, Text};

/// Who all coachings of a question together are called in the table.
const ALL: &str = "all";
/// Coached agents from which on it is told how many rose and fell.
const LEAST_AGENTS: usize = 5;

/// A coaching: agent, question and day. What followed is known by the same.
type Note = (Text, Key, Text);

/// The coachings: from the notes of coaches, else from the table of what followed.
fn noted(scope: &Scope) -> BTreeSet<Note> {
    let key = |rubric: &Text, question: &Text| (rubric.clone(), question.clone());
    let notes = scope.coaching.iter();
    let notes: BTreeSet<Note> = notes
        .map(|c| {
            (
                c.agent.clone(),
                key(&c.rubric, &c.question),
                c.coached_on.clone(),
            )
        })
        .collect();
    if !notes.is_empty() {
        return notes;
    }
    single(scope).map(note_of).collect()
}

/// What followed single coachings.
fn single(scope: &Scope) -> impl Iterator<Item = &Followed> {
    scope
        .calibration
        .followed
        .iter()
        .filter(|f| &*f.agent != ALL)
}

fn note_of(followed: &Followed) -> Note {
    (
        followed.agent.clone(),
        (followed.rubric.clone(), followed.question.clone()),
        followed.coached_on.clone(),
    )
}

/// How often each question was coached.
pub(super) fn coached(scope: &Scope) -> BTreeMap<Key, usize> {
    let mut times = BTreeMap::new();
    for (_, key, _) in noted(scope) {
        *times.entry(key).or_default() += 1;
    }
    times
}

/// One event for all coachings on a question on a day.
pub(super) fn events(scope: &Scope) -> Vec<Event> {
    let mut days: BTreeMap<(Key, Text), i64> = BTreeMap::new();
    for (_, key, day) in noted(scope) {
        *days.entry((key, day)).or_default() += 1;
    }
    days.into_iter()
        .filter_map(|((key, day), times)| {
            Some(Event {
                day: day_number(&day)?,
                words: format!(
                    "{} coached on “{}”",
                    match times {
                        1 => "1 agent was".to_string(),
                        n => format!("{n} agents were"),
                    },
                    text(scope, &key)
                ),
                about: About::Question(key),
            })
        })
        .collect()
}

fn text(scope: &Scope, key: &Key) -> String {
    let question = scope.question(&key.0, &key.1);
    question.map_or_else(|| key.1.to_string(), |(_, q)| q.text.clone())
}

#[derive(Serialize)]
pub(super) struct View {
    pub questions: Vec<QuestionView>,
    pub words: Vec<String>,
    #[serde(skip)]
    pub lead: String,
}

#[derive(Serialize)]
pub(super) struct QuestionView {
    pub text: String,
    pub href: Option<String>,
    pub words: Vec<String>,
}

pub(super) fn view(site: &Site<'_>) -> View {
    let scope = site.scope;
    let coached = coached(scope);
    let total: usize = coached.values().sum();
    if total == 0 {
        let none = "No coaching is noted, so nothing can be said of what followed one.".to_string();
        return View {
            questions: Vec::new(),
            words: vec![
                none.clone(),
                "Coaches note who was coached on what and when in a small file; the settings name it as “coaching”.".to_string(),
            ],
            lead: none,
        };
    }
    let mut questions: Vec<QuestionView> = Vec::new();
    let mut carried = Vec::new();
    let mut compared = 0;
    for key in coached.keys() {
        let what = What::of(scope, key);
        compared += what.compared.len();
        if let Together::Told(all) = what.together(scope)
            && matches!(&*all.flag, "rose_more" | "fell_more")
        {
            carried.push(format!("on “{}” {}", text(scope, key), together(all)));
        }
        questions.push(QuestionView {
            text: text(scope, key),
            href: site.links.question(&key.0, &key.1).map(str::to_string),
            words: what.words(scope),
        });
    }
    let noted = several(total as i64, "coaching is noted", "coachings are noted");
    let lead = match carried.is_empty() {
        true if compared == 0 && scope.calibration.followed.is_empty() => {
            format!("{noted}; what followed is not compared yet.")
        }
        true => format!(
            "{noted}; what followed is not more than chance explains, or too little to judge."
        ),
        false => format!("{noted}: {}.", carried.join("; ")),
    };
    View {
        questions,
        words: vec![
            "The share of “yes” four weeks before each coaching and four weeks after it is held against that of agents who started alike and were not coached on it. It is told of all who were coached on a question together: nobody should be known by the figures. What followed need not be what it caused: people are coached after a bad spell, and bad spells end by themselves.".to_string(),
        ],
        lead,
    }
}

/// What is known of the coachings on a question.
struct What<'a> {
    noted: usize,
    /// Those of the noted that there are rows of.
    looked_at: usize,
    /// Those of them with a comparison.
    compared: Vec<&'a Followed>,
    /// Coachings that were compared and are no longer noted.
    gone: usize,
    all: Option<&'a Followed>,
}

/// What may be told of all together.
enum Together<'a> {
    Told(&'a Followed),
    /// Fewer agents than the minimum group, or its row was left out for that.
    SmallGroup,
    TooFew,
}

impl<'a> What<'a> {
    fn of(scope: &'a Scope, key: &Key) -> Self {
        let of_key = |f: &&Followed| f.rubric == key.0 && f.question == key.1;
        let mut notes = noted(scope);
        notes.retain(|(_, of, _)| of == key);
        // A question that has changed has a row for each meaning: the one with more calls.
        let mut rows: BTreeMap<Note, &Followed> = BTreeMap::new();
        for row in scope.calibration.followed.iter().filter(of_key) {
            let kept = rows.entry(note_of(row)).or_insert(row);
            if row.calls_before + row.calls_after > kept.calls_before + kept.calls_after {
                *kept = row;
            }
        }
        let all = rows.values().filter(|f| &*f.agent == ALL);
        let all = all.max_by_key(|f| f.calls_before + f.calls_after).copied();
        rows.retain(|_, f| &*f.agent != ALL);
        let gone = rows.keys().filter(|note| !notes.contains(*note)).count();
        rows.retain(|note, _| notes.contains(note));
        Self {
            noted: notes.len(),
            looked_at: rows.len(),
            compared: rows
                .into_values()
                .filter(|f| f.difference.is_some())
                .collect(),
            gone,
            all,
        }
    }

    fn together(&self, scope: &Scope) -> Together<'a> {
        let is_small = |agents: i64| agents < scope.minimum_group as i64;
        match self.all {
            Some(all) if &*all.flag == "not_enough" => Together::TooFew,
            Some(all) if is_small(all.agents) => Together::SmallGroup,
            Some(all) => Together::Told(all),
            None if scope.minimum_group > 1 => Together::SmallGroup,
            None => Together::TooFew,
        }
    }

    fn words(&self, scope: &Scope) -> Vec<String> {
        let times = several(self.noted as i64, "time", "times");
        if self.looked_at == 0 && self.all.is_none() {
            return vec![match scope.calibration.followed.is_empty() {
                false if scope.minimum_group > 1 => {
                    format!("Coached {times}. {}", left_out(scope))
                }
                _ => format!(
                    "Coached {times}. What followed is not calculated yet: run “callibrate calibrate” to compare."
                ),
            }];
        }
        let mut words = Vec::new();
        let new = self.noted - self.looked_at;
        if scope.minimum_group > 1 {
            // Rows of single coachings may be left out, so what is missing cannot be counted.
            words.push(format!("Coached {times}."));
            if new > 0 {
                words.push(format!(
                    "For {} there is no comparison here: either there is none yet (run “callibrate calibrate” to compare them), or figures of groups of fewer than {} agents are left out.",
                    several(new as i64, "note", "notes"),
                    scope.minimum_group
                ));
            }
        } else {
            words.push(format!(
                "Coached {times}; {} be compared with agents who were not.",
                match self.compared.len() {
                    0 if new > 0 => "so far none can".to_string(),
                    0 => "none can".to_string(),
                    1 => "1 can".to_string(),
                    n => format!("{n} can"),
                }
            ));
            match new {
                0 => {}
                1 => words.push(
                    "1 note has no comparison yet: run “callibrate calibrate” to compare it."
                        .to_string(),
                ),
                n => words.push(format!(
                    "{n} notes have no comparison yet: run “callibrate calibrate” to compare them."
                )),
            }
        }
        match self.together(scope) {
            Together::Told(all) => {
                words.push(format!("Taken together, {}.", together(all)));
                let question = scope.question(&all.rubric, &all.question);
                if question.is_some_and(|(_, q)| q.passes_by_no()) {
                    words.push("Here “no” is the answer that passes, so a fall is the better way.".to_string());
                }
                words.extend(self.one_by_one(scope));
                if self.gone > 0 {
                    words.push(format!(
                        "That still counts {} no longer noted: run “callibrate calibrate” to compare without.",
                        several(self.gone as i64, "coaching that is", "coachings that are")
                    ));
                }
            }
            Together::SmallGroup => words.push(left_out(scope)),
            Together::TooFew => words.push(
                "For a word on all of them together it takes five coached agents that can be compared."
                    .to_string(),
            ),
        }
        words
    }

    /// How many rose and fell more, where so many were compared that nobody is known by it.
    fn one_by_one(&self, scope: &Scope) -> Option<String> {
        let agents: BTreeSet<&Text> = self.compared.iter().map(|f| &f.agent).collect();
        if agents.len() < LEAST_AGENTS.max(scope.minimum_group) {
            return None;
        }
        let of = |flag: &str| {
            let flagged = self.compared.iter().filter(|f| &*f.flag == flag);
            match flagged.count() {
                0 => "none".to_string(),
                n => n.to_string(),
            }
        };
        Some(format!(
            "Of the {} coachings, one by one, {} rose more than those who were not coached, {} fell more, and {} differ by no more than chance explains.",
            self.compared.len(),
            of("rose_more"),
            of("fell_more"),
            of("no_difference")
        ))
    }
}

fn left_out(scope: &Scope) -> String {
    format!(
        "What followed is left out here: figures are told of {} agents or more together, and there are fewer, or the comparison left them out.",
        scope.minimum_group
    )
}

/// What followed all coachings on a question, in words.
fn together(all: &Followed) -> String {
    let points = |share: f64| (share * 100.0).round();
    let (Some(difference), Some(low), Some(high)) =
        (all.difference, all.difference_low, all.difference_high)
    else {
        return "nothing can be said".to_string();
    };
    let agents = several(all.agents, "agent", "agents");
    match &*all.flag {
        "rose_more" => format!(
            "{agents} rose by {:.0} in 100 calls more than those who were not coached (between {:.0} and {:.0})",
            points(difference),
            points(low),
            points(high)
        ),
        "fell_more" => format!(
            "{agents} fell by {:.0} in 100 calls more than those who were not coached (between {:.0} and {:.0})",
            points(-difference),
            points(-high),
            points(-low)
        ),
        _ => format!(
            "{agents} and those who were not coached differ by no more than chance explains: the change may be anything from {} to {} beside theirs",
            signed(low),
            signed(high)
        ),
    }
}

/// `3 in 100 calls fewer`, or more.
fn signed(share: f64) -> String {
    match (share * 100.0).round() {
        p if p < 0.0 => format!("{:.0} in 100 calls less", -p),
        p => format!("{p:.0} in 100 calls more"),
    }
}

/// What coaching took, in minutes.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Time {
    pub words: Vec<String>,
    pub rows: Vec<TimeRow>,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct TimeRow {
    pub question: String,
    pub findings: usize,
    pub minutes: i64,
    pub each: String,
}

/// A finding is one question that an agent was coached on: one row of the notes.
pub(super) fn time(scope: &Scope) -> Time {
    let timed: Vec<(&Coaching, i64)> = scope
        .coaching
        .iter()
        .filter_map(|c| Some((c, c.minutes.filter(|m| *m > 0)?)))
        .collect();
    if timed.is_empty() {
        return Time {
            words: vec![
                "No coach has noted minutes, so what a finding costs is not known. Write “minutes” into the coaching notes, and it will stand here.".to_string(),
            ],
            rows: Vec::new(),
        };
    }
    let mut questions: BTreeMap<Key, (usize, i64)> = BTreeMap::new();
    for (c, minutes) in &timed {
        let key = (c.rubric.clone(), c.question.clone());
        let of = questions.entry(key).or_default();
        *of = (of.0 + 1, of.1 + minutes);
    }
    let all: i64 = timed.iter().map(|(_, minutes)| minutes).sum();
    let mut words = vec![format!(
        "A finding, here, is one question that an agent was coached on. {} took {} minutes: {} minutes each.",
        several(timed.len() as i64, "finding", "findings"),
        grouped(all),
        each(all, timed.len()),
    )];
    let untimed = scope.coaching.len() - timed.len();
    if untimed > 0 {
        words.push(format!(
            "{} without minutes, and {} not counted.",
            several(untimed as i64, "note is", "notes are"),
            if untimed == 1 { "is" } else { "are" }
        ));
    }
    words.push("Listening and rating are not in it: nobody notes their time.".to_string());
    Time {
        words,
        rows: questions
            .into_iter()
            .map(|(key, (findings, minutes))| TimeRow {
                question: text(scope, &key),
                findings,
                minutes,
                each: each(minutes, findings),
            })
            .collect(),
    }
}

fn each(minutes: i64, findings: usize) -> String {
    format!("{:.0}", minutes as f64 / findings.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::records::{Record, Texts};

    fn followed(agent: &str, flag: &str, difference: Option<f64>) -> Followed {
        let blank: Followed = Record::from_cells(&"".into(), &[], &mut Texts::default());
        Followed {
            rubric: "essentials".into(),
            question: "greeting".into(),
            agent: agent.into(),
            coached_on: "2026-02-02".into(),
            agents: 6,
            difference,
            difference_low: difference.map(|d| d - 0.05),
            difference_high: difference.map(|d| d + 0.05),
            flag: flag.into(),
            ..blank
        }
    }

    fn note(agent: &str) -> Coaching {
        let blank: Coaching = Record::from_cells(&"".into(), &[], &mut Texts::default());
        Coaching {
            agent: agent.into(),
            rubric: "essentials".into(),
            question: "greeting".into(),
            coached_on: "2026-02-02".into(),
            ..blank
        }
    }

    fn said(scope: &Scope) -> Vec<String> {
        What::of(scope, &("essentials".into(), "greeting".into())).words(scope)
    }

    #[test]
    fn what_followed_is_said_of_all_together_or_not_at_all() {
        let mut scope = crate::report::html::question::tests::scope(1);
        scope.calibration.followed = vec![
            followed("a", "no_difference", Some(0.1)),
            followed("b", "not_enough", None),
            followed("all", "not_enough", None),
        ];
        let said = said(&scope);
        assert_eq!(
            said[0],
            "Coached 2 times; 1 can be compared with agents who were not."
        );
        assert!(said[1].contains("takes five coached agents"));
        let rose = followed("all", "rose_more", Some(0.09));
        assert_eq!(
            together(&rose),
            "6 agents rose by 9 in 100 calls more than those who were not coached (between 4 and 14)"
        );
        let fell = followed("all", "fell_more", Some(-0.09));
        assert!(together(&fell).ends_with(
            "fell by 9 in 100 calls more than those who were not coached (between 4 and 14)"
        ));
        let neither = followed("all", "no_difference", Some(0.01));
        assert!(
            together(&neither)
                .ends_with("from 4 in 100 calls less to 6 in 100 calls more beside theirs")
        );
    }

    #[test]
    fn counts_are_of_the_notes_at_hand() {
        let mut scope = crate::report::html::question::tests::scope(1);
        scope.coaching = vec![note("a"), note("new")];
        // Noted, but not calibrated.
        assert!(said(&scope)[0].contains("callibrate calibrate"));
        scope.calibration.followed = vec![
            followed("a", "no_difference", Some(0.1)),
            followed("gone", "rose_more", Some(0.2)),
            followed("all", "rose_more", Some(0.15)),
        ];
        let said = said(&scope);
        assert_eq!(
            said[..2],
            [
                "Coached 2 times; 1 can be compared with agents who were not.",
                "1 note has no comparison yet: run “callibrate calibrate” to compare it."
            ]
        );
        assert!(said[2].starts_with("Taken together, 6 agents rose by 15"));
        assert!(said[3].contains("counts 1 coaching that is no longer noted"));
        assert_eq!(said.len(), 4);
    }

    /// A question that was changed has a row of each note for either meaning.
    #[test]
    fn of_two_meanings_each_coaching_counts_once() {
        let mut scope = crate::report::html::question::tests::scope(1);
        scope.coaching = vec![note("a")];
        let of = |agent: &str, meaning: &str, flag: &str, calls: i64| Followed {
            meaning: meaning.into(),
            calls_before: calls,
            ..followed(agent, flag, Some(0.1))
        };
        scope.calibration.followed = vec![
            of("a", "m1", "fell_more", 4),
            of("a", "m2", "rose_more", 40),
            of("all", "m1", "no_difference", 4),
            of("all", "m2", "rose_more", 40),
        ];
        let said = said(&scope);
        assert_eq!(
            said[0],
            "Coached 1 time; 1 can be compared with agents who were not."
        );
        assert!(
            said[1].starts_with("Taken together, 6 agents rose"),
            "{said:?}"
        );
        assert_eq!(said.len(), 2);
    }

    #[test]
    fn no_coaching_is_told_alone_and_none_of_a_small_group() {
        let mut scope = crate::report::html::question::tests::scope(1);
        let flags = ["rose_more", "rose_more", "no_difference", "no_difference"];
        let agents = ["a", "b", "c", "d"];
        let rows = agents.iter().zip(flags);
        let mut rows: Vec<Followed> = rows.map(|(a, f)| followed(a, f, Some(0.1))).collect();
        rows.push(followed("all", "rose_more", Some(0.1)));
        scope.calibration.followed = rows;
        assert!(!said(&scope).join(" ").contains("one by one"));
        let fifth = followed("e", "fell_more", Some(-0.1));
        scope.calibration.followed.push(fifth);
        assert_eq!(
            said(&scope)[2],
            "Of the 5 coachings, one by one, 2 rose more than those who were not coached, 1 fell more, and 2 differ by no more than chance explains."
        );
        scope.minimum_group = 6;
        assert!(!said(&scope).join(" ").contains("one by one"));
        scope.minimum_group = 7;
        let said = said(&scope);
        assert_eq!(said.len(), 2);
        assert!(said[1].contains("told of 7 agents or more together"));
    }

    #[test]
    fn minutes_are_shared_out_over_findings_that_have_some() {
        let blank = || -> Coaching { Record::from_cells(&"".into(), &[], &mut Texts::default()) };
        let note = |question: &str, minutes: Option<i64>| Coaching {
            rubric: "essentials".into(),
            question: question.into(),
            minutes,
            ..blank()
        };
        let mut scope = crate::report::html::question::tests::scope(1);
        assert!(time(&scope).words[0].contains("Write “minutes” into the coaching notes"));
        scope.coaching = vec![
            note("greeting", Some(20)),
            note("greeting", Some(40)),
            note("tone", Some(15)),
            note("tone", None),
        ];
        let of = time(&scope);
        assert!(of.words[0].ends_with("3 findings took 75 minutes: 25 minutes each."));
        assert!(of.words[1].starts_with("1 note is without minutes, and is not counted"));
        assert_eq!(
            (of.rows[0].question.as_str(), of.rows[0].each.as_str()),
            ("Did the agent greet?", "30")
        );
        assert_eq!((of.rows[1].findings, of.rows[1].minutes), (1, 15));
    }
}
