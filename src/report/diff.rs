//! Two rubrics on the same calls: which answers flip, which verdicts, who gains or loses.
//!
//! Collected call by call in bounded memory, then written as plain text. Questions are compared by
//! their id. Left out: whether a difference between agents is more than chance; that takes an
//! interval, and this is a trial of wording, not a verdict on people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::log::visible;
use crate::recording::CallMeta;
use crate::rubric::Rubric;
use crate::scoring::{Answer, Answered, Evidence, EvidenceKind, Judged, Verdict};

/// Calls shown for each question and change of verdict.
const SHOWN: usize = 3;
/// Agents shown: those whose mean score moves furthest.
const AGENTS: usize = 20;
/// A change of score below this is none.
const SAME_SCORE: f64 = 0.005;

/// One answer that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Flip {
    pub call_id: String,
    pub date: String,
    pub agent: String,
    pub question: String,
    pub old: String,
    pub new: String,
    /// Where to listen, from the start of the recording.
    pub start_ms: Option<i64>,
    /// What the old and the new answer rest on.
    pub old_because: String,
    pub new_because: String,
}

impl Flip {
    /// The columns of [`Flip::cells`].
    pub const HEADER: [&'static str; 9] = [
        "call_id",
        "date",
        "agent",
        "question",
        "old",
        "new",
        "start_ms",
        "old_because",
        "new_because",
    ];

    /// As a row of a CSV file.
    pub fn cells(&self) -> [String; 9] {
        [
            self.call_id.clone(),
            self.date.clone(),
            self.agent.clone(),
            self.question.clone(),
            self.old.clone(),
            self.new.clone(),
            self.start_ms.map(|ms| ms.to_string()).unwrap_or_default(),
            self.old_because.clone(),
            self.new_because.clone(),
        ]
    }
}

/// What changes from one rubric to another.
pub struct RubricDiff<'r> {
    old: &'r Rubric,
    new: &'r Rubric,
    calls: usize,
    /// Calls that only one of the two is for, and that neither is for.
    only_old: usize,
    only_new: usize,
    neither: usize,
    /// Answers that differ, by question, old and new answer.
    flips: BTreeMap<String, BTreeMap<(String, String), usize>>,
    examples: BTreeMap<String, Vec<Flip>>,
    verdicts: BTreeMap<(Verdict, Verdict), (usize, Vec<String>)>,
    agents: BTreeMap<String, Means>,
}

/// Sums over the calls that both rubrics scored.
#[derive(Default, Clone, Copy)]
struct Means {
    calls: usize,
    old: f64,
    new: f64,
}

impl<'r> RubricDiff<'r> {
    pub fn new(old: &'r Rubric, new: &'r Rubric) -> Self {
        Self {
            old,
            new,
            calls: 0,
            only_old: 0,
            only_new: 0,
            neither: 0,
            flips: BTreeMap::new(),
            examples: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            agents: BTreeMap::new(),
        }
    }

    /// Takes up one call; returns its flips in the order of the old form.
    pub fn add(&mut self, meta: &CallMeta, old: &Judged, new: &Judged) -> Vec<Flip> {
        self.calls += 1;
        let (old_answers, old_score, new_answers, new_score) = match (old, new) {
            (
                Judged::Scored {
                    answers: a,
                    score: s,
                },
                Judged::Scored {
                    answers: b,
                    score: t,
                },
            ) => (a, s, b, t),
            (Judged::Scored { .. }, _) => {
                self.only_old += 1;
                return Vec::new();
            }
            (_, Judged::Scored { .. }) => {
                self.only_new += 1;
                return Vec::new();
            }
            _ => {
                self.neither += 1;
                return Vec::new();
            }
        };
        if old_score.verdict != new_score.verdict {
            let change = (old_score.verdict, new_score.verdict);
            let (count, calls) = self.verdicts.entry(change).or_default();
            *count += 1;
            if calls.len() < SHOWN {
                calls.push(meta.call_id.clone());
            }
        }
        if let (Some(old), Some(new)) = (old_score.score, new_score.score) {
            let means = self.agents.entry(meta.agent.clone()).or_default();
            means.calls += 1;
            means.old += old;
            means.new += new;
        }
        let by_id: BTreeMap<&str, &Answered> = new_answers
            .iter()
            .map(|a| (a.question.as_str(), a))
            .collect();
        let flips: Vec<Flip> = old_answers
            .iter()
            .filter_map(|a| Some((a, *by_id.get(a.question.as_str())?)))
            .filter(|(a, b)| a.answer != b.answer)
            .map(|(a, b)| flip(meta, a, b))
            .collect();
        for flip in &flips {
            let change = (flip.old.clone(), flip.new.clone());
            let changes = self.flips.entry(flip.question.clone()).or_default();
            *changes.entry(change).or_default() += 1;
            let examples = self.examples.entry(flip.question.clone()).or_default();
            if examples.len() < SHOWN {
                examples.push(flip.clone());
            }
        }
        flips
    }

    /// What a coach reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write_head(&mut text);
        self.write_flips(&mut text);
        self.write_verdicts(&mut text);
        self.write_agents(&mut text);
        text
    }

    fn write_head(&self, text: &mut String) {
        let name = |r: &Rubric| format!("{} (version {})", r.rubric, r.version);
        put(text, &format!("old  {}", name(self.old)));
        put(text, &format!("new  {}", name(self.new)));
        let meanings = |r: &Rubric| -> BTreeMap<String, String> {
            let pairs = r
                .questions()
                .map(|(_, q)| (q.id.clone(), q.meaning.clone()));
            pairs.collect()
        };
        let (old, new) = (meanings(self.old), meanings(self.new));
        let mut groups: [(&str, &str, Vec<&str>); 4] = [
            (
                "question means the same",
                "questions mean the same",
                Vec::new(),
            ),
            (
                "question changed its meaning",
                "questions changed their meaning",
                Vec::new(),
            ),
            ("question is gone", "questions are gone", Vec::new()),
            ("question is new", "questions are new", Vec::new()),
        ];
        let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for id in ids {
            let group = match (old.get(id), new.get(id)) {
                (Some(a), Some(b)) if a == b => 0,
                (Some(_), Some(_)) => 1,
                (Some(_), None) => 2,
                _ => 3,
            };
            groups[group].2.push(id);
        }
        put(text, "");
        for (i, (one, several, ids)) in groups.iter().enumerate() {
            if ids.is_empty() {
                continue;
            }
            let listed = if i == 0 {
                String::new()
            } else {
                format!(": {}", ids.join(", "))
            };
            let what = if ids.len() == 1 { one } else { several };
            put(text, &format!("{:>4} {what}{listed}", ids.len()));
        }
        put(text, "");
        let both = self.calls - self.only_old - self.only_new - self.neither;
        put(
            text,
            &format!("{} stored calls, {both} scored by both", self.calls),
        );
        for (count, what) in [
            (self.only_old, "only the old one is for"),
            (self.only_new, "only the new one is for"),
            (self.neither, "neither is for"),
        ] {
            if count > 0 {
                put(text, &format!("{count:>4} that {what}"));
            }
        }
    }

    fn write_flips(&self, text: &mut String) {
        put(text, "\nAnswers that flip");
        if self.flips.is_empty() {
            put(text, "  none");
        }
        for (question, changes) in &self.flips {
            let mut list: Vec<(&(String, String), &usize)> = changes.iter().collect();
            list.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
            let list: Vec<String> = list
                .iter()
                .map(|((old, new), count)| format!("{count} {old} to {new}"))
                .collect();
            put(text, &format!("  {question}: {}", list.join(", ")));
            for flip in self.examples.get(question).into_iter().flatten() {
                let at = flip.start_ms.map(clock).unwrap_or_default();
                put(
                    text,
                    &format!(
                        "    {} ({}){at}: {} to {}",
                        visible(&flip.call_id),
                        visible(&flip.agent),
                        flip.old,
                        flip.new
                    ),
                );
                put(text, &format!("      old: {}", visible(&flip.old_because)));
                put(text, &format!("      new: {}", visible(&flip.new_because)));
            }
        }
    }

    fn write_verdicts(&self, text: &mut String) {
        put(text, "\nVerdicts that change");
        if self.verdicts.is_empty() {
            put(text, "  none");
        }
        for ((old, new), (count, calls)) in &self.verdicts {
            let more = if *count > calls.len() { ", …" } else { "" };
            put(
                text,
                &format!(
                    "  {count} {} to {}: {}{more}",
                    old.as_str(),
                    new.as_str(),
                    visible(&calls.join(", "))
                ),
            );
        }
    }

    fn write_agents(&self, text: &mut String) {
        put(
            text,
            "\nMean scores of agents, over the calls that both score",
        );
        let mut moved: Vec<(String, &Means, f64)> = self
            .agents
            .iter()
            .map(|(agent, m)| (visible(agent), m, (m.new - m.old) / m.calls as f64))
            .filter(|(_, _, change)| change.abs() >= SAME_SCORE)
            .collect();
        moved.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()).then(a.0.cmp(&b.0)));
        let still = self.agents.len() - moved.len();
        let width = moved.iter().map(|(a, ..)| a.chars().count()).max();
        let width = width.unwrap_or(0).max("agent".len());
        if !moved.is_empty() {
            put(
                text,
                &format!(
                    "  {:<width$}  {:>5}  {:>6}  {:>6}  {:>7}",
                    "agent", "calls", "old", "new", "change"
                ),
            );
        }
        for (agent, means, change) in moved.iter().take(AGENTS) {
            let mean = |sum: f64| sum / means.calls as f64;
            put(
                text,
                &format!(
                    "  {agent:<width$}  {:>5}  {:>6.1}  {:>6.1}  {change:>+7.1}",
                    means.calls,
                    mean(means.old),
                    mean(means.new),
                ),
            );
        }
        if moved.len() > AGENTS {
            put(text, &format!("  and {} more", moved.len() - AGENTS));
        }
        if still > 0 {
            let stay = if still == 1 {
                "agent stays where it is"
            } else {
                "agents stay where they are"
            };
            put(text, &format!("  {still} {stay}"));
        }
    }
}

fn put(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a String takes every write");
}

fn flip(meta: &CallMeta, old: &Answered, new: &Answered) -> Flip {
    let at = |a: &Answered| shown(a).and_then(|e| e.at).map(|s| s.start_ms);
    Flip {
        call_id: meta.call_id.clone(),
        date: meta.started_at.local_date.clone(),
        agent: meta.agent.clone(),
        question: old.question.clone(),
        old: old.answer.text(),
        new: new.answer.text(),
        start_ms: at(new).or_else(|| at(old)),
        old_because: because(old),
        new_because: because(new),
    }
}

/// The piece of evidence that says most: what was found, then what is in doubt, what came
/// closest, what was measured.
fn shown(answered: &Answered) -> Option<&Evidence> {
    // Whether the question arises is the reason only where it does not.
    let arises = answered.answer != Answer::NotApplicable;
    answered.evidence.iter().min_by_key(|e| {
        let aside = arises && e.rule.starts_with("applies_when");
        let kind = match e.kind {
            EvidenceKind::Found => 0,
            EvidenceKind::Doubt => 1,
            EvidenceKind::NearestMiss => 2,
            EvidenceKind::Metric => 3,
            EvidenceKind::Metadata => 4,
            EvidenceKind::Absent => 5,
        };
        (aside, kind)
    })
}

fn because(answered: &Answered) -> String {
    let Some(evidence) = shown(answered) else {
        return answered
            .reason
            .clone()
            .unwrap_or_else(|| "no evidence".to_string());
    };
    let note = evidence.note.as_deref().unwrap_or_default();
    let quote = evidence.quote.as_deref().unwrap_or_default();
    let what = match (evidence.kind, &evidence.metric) {
        (_, Some(metric)) => {
            let value = evidence.value.map(|v| v.to_string()).unwrap_or_default();
            match &evidence.threshold {
                Some(asked) if !asked.is_empty() => format!("{metric} {value}, asked: {asked}"),
                _ => format!("{metric} {value}"),
            }
        }
        (EvidenceKind::Found, _) => format!("\"{quote}\" {note}"),
        (EvidenceKind::NearestMiss, _) => format!("nearest: \"{quote}\", {note}"),
        (EvidenceKind::Absent, _) => "searched, and nothing found".to_string(),
        _ => format!("{note} {quote}"),
    };
    match &answered.reason {
        Some(reason) if reason != note => format!("{reason} ({})", what.trim()),
        _ => what.trim().to_string(),
    }
}

fn clock(ms: i64) -> String {
    format!(" at {}:{:02}", ms / 60_000, ms / 1_000 % 60)
}
