//! The morning summary: what was done, what came out, what to listen to first.
//!
//! Collected call by call in bounded memory, then written as plain text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::log::visible;
use crate::rubric::{AnsweredBy, Cause, Rubric};
use crate::scoring::{Answer, Answered, EvidenceKind, FormScore, Judged, Verdict};

/// Calls in each list.
const LISTED: usize = 10;
/// Steps of the score distribution.
pub const STEPS: usize = 5;
/// Width of the longest bar.
const BAR: usize = 30;

/// One call as the summary needs it.
#[derive(Debug, Clone)]
pub struct CallResult {
    pub date: String,
    pub call_id: String,
    pub agent: String,
    pub file: String,
    /// Per rubric, in their order.
    pub judged: Vec<Judged>,
    /// Card data is spoken in its recording.
    pub has_card_data: bool,
}

/// What the calls of a run, or of a date, came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    forms: Vec<Form>,
    calls: usize,
    /// Calls to which no rubric of the run applies.
    outside: usize,
    /// Calls with card data in their recording.
    card_data: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    name: String,
    scored: usize,
    not_eligible: BTreeMap<String, usize>,
    verdicts: BTreeMap<Verdict, usize>,
    steps: [usize; STEPS],
    auto_fails: usize,
    /// Questions that a person is to answer.
    personal: BTreeSet<String>,
    waiting: usize,
    abstained: usize,
    answers: usize,
    /// Failed answers that no agent could have helped, by question.
    obstacles: BTreeMap<String, usize>,
    /// The worst calls first, no more than [`LISTED`].
    listen: Vec<Listen>,
}

/// A call worth hearing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listen {
    /// Larger comes first.
    urgency: (u8, i64),
    call_id: String,
    agent: String,
    reason: String,
}

/// The step of the distribution that a score lies in; what a bonus adds is in the last.
pub fn step(score: f64) -> usize {
    ((score / 100.0 * STEPS as f64) as usize).min(STEPS - 1)
}

/// The first and last whole score of a step.
pub fn ends(step: usize) -> (usize, usize) {
    let width = 100 / STEPS;
    match step + 1 == STEPS {
        true => (step * width, 100),
        false => (step * width, (step + 1) * width - 1),
    }
}

impl Summary {
    pub fn new(rubrics: &[Rubric]) -> Self {
        Self {
            forms: rubrics
                .iter()
                .map(|r| Form {
                    name: format!("{} (version {})", r.title, r.version),
                    scored: 0,
                    not_eligible: BTreeMap::new(),
                    verdicts: BTreeMap::new(),
                    steps: [0; STEPS],
                    auto_fails: 0,
                    personal: r
                        .questions()
                        .filter(|(_, q)| q.answered_by == AnsweredBy::Person)
                        .map(|(_, q)| q.id.clone())
                        .collect(),
                    waiting: 0,
                    abstained: 0,
                    answers: 0,
                    obstacles: BTreeMap::new(),
                    listen: Vec::new(),
                })
                .collect(),
            calls: 0,
            outside: 0,
            card_data: 0,
        }
    }

    /// Takes in one call.
    pub fn add(&mut self, call: &CallResult) {
        self.calls += 1;
        self.card_data += usize::from(call.has_card_data);
        let mut eligible = self.forms.is_empty();
        for (form, judged) in self.forms.iter_mut().zip(&call.judged) {
            match judged {
                Judged::NotEligible { reason } => {
                    *form.not_eligible.entry(reason.clone()).or_default() += 1;
                }
                Judged::Scored { answers, score } => {
                    eligible = true;
                    form.add(call, answers, score);
                }
            }
        }
        if !eligible {
            self.outside += 1;
        }
    }

    /// Takes in what other calls, scored with the same rubrics, came to.
    pub fn merge(&mut self, other: Summary) {
        self.calls += other.calls;
        self.outside += other.outside;
        self.card_data += other.card_data;
        for (form, other) in self.forms.iter_mut().zip(other.forms) {
            form.merge(other);
        }
    }

    /// Calls to which no rubric of the run applies.
    pub fn not_eligible(&self) -> usize {
        self.outside
    }

    /// For a person to read.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for form in &self.forms {
            form.write(&mut text);
        }
        match self.card_data {
            0 => {}
            1 => text.push_str("\n1 recording holds card data: see the table card_data.\n"),
            n => {
                let _ = writeln!(
                    text,
                    "\n{n} recordings hold card data: see the table card_data."
                );
            }
        }
        text
    }
}

impl Form {
    fn add(&mut self, call: &CallResult, answers: &[Answered], score: &FormScore) {
        self.scored += 1;
        *self.verdicts.entry(score.verdict).or_default() += 1;
        self.answers += answers.len();
        for answer in answers {
            if answer.answer == Answer::Abstain {
                let waits = self.personal.contains(&answer.question);
                self.waiting += usize::from(waits);
                self.abstained += usize::from(!waits);
            }
            if answer.cause.is_some_and(Cause::is_outside_agent) {
                *self.obstacles.entry(answer.question.clone()).or_default() += 1;
            }
        }
        if let Some(value) = score.score {
            self.steps[step(value)] += 1;
        }
        if !score.auto_failed_by.is_empty() {
            self.auto_fails += 1;
        }
        if let Some(listen) = worth_hearing(call, answers, score) {
            self.hear(listen);
        }
    }

    fn hear(&mut self, listen: Listen) {
        let place = self
            .listen
            .partition_point(|other| other.urgency >= listen.urgency);
        self.listen.insert(place, listen);
        self.listen.truncate(LISTED);
    }

    fn merge(&mut self, other: Form) {
        fn add<K: Ord>(to: &mut BTreeMap<K, usize>, counts: BTreeMap<K, usize>) {
            for (key, count) in counts {
                *to.entry(key).or_default() += count;
            }
        }
        self.scored += other.scored;
        add(&mut self.not_eligible, other.not_eligible);
        add(&mut self.verdicts, other.verdicts);
        add(&mut self.obstacles, other.obstacles);
        for (step, count) in self.steps.iter_mut().zip(other.steps) {
            *step += count;
        }
        self.auto_fails += other.auto_fails;
        self.waiting += other.waiting;
        self.abstained += other.abstained;
        self.answers += other.answers;
        for listen in other.listen {
            self.hear(listen);
        }
    }

    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "\n{}", self.name);
        let _ = writeln!(text, "  scored {}{}", self.scored, self.not_eligible());
        if self.scored == 0 {
            return;
        }
        let verdict = |v: Verdict| self.verdicts.get(&v).copied().unwrap_or(0);
        let _ = writeln!(
            text,
            "  passed {}   failed {} (auto-fail {})   undetermined {}",
            verdict(Verdict::Pass),
            verdict(Verdict::Fail),
            self.auto_fails,
            verdict(Verdict::Undetermined)
        );
        match verdict(Verdict::NotApplicable) {
            0 => {}
            1 => text.push_str("  1 call in which no question arose\n"),
            n => {
                let _ = writeln!(text, "  {n} calls in which no question arose");
            }
        }
        let _ = writeln!(
            text,
            "  {} of {} questions could not be answered and abstain",
            self.abstained, self.answers
        );
        if self.waiting > 0 {
            let _ = writeln!(text, "  {} wait for a person", self.waiting);
        }
        if !self.obstacles.is_empty() {
            let mut list: Vec<(&String, &usize)> = self.obstacles.iter().collect();
            list.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
            let list: Vec<String> = list.iter().map(|(id, n)| format!("{id} {n}")).collect();
            let _ = writeln!(
                text,
                "  what no agent could help (table obstacles): {}",
                list.join(", ")
            );
        }
        let _ = writeln!(text, "\n  score      calls");
        let most = self.steps.iter().copied().max().unwrap_or(0).max(1);
        for (step, count) in self.steps.iter().enumerate() {
            let (from, top) = ends(step);
            let bar = "#".repeat((count * BAR).div_ceil(most));
            let line = format!("  {from:>3} to {top:<3} {count:>5}  {bar}");
            let _ = writeln!(text, "{}", line.trim_end());
        }
        self.write_listen(text);
    }

    fn not_eligible(&self) -> String {
        let total: usize = self.not_eligible.values().sum();
        if total == 0 {
            return String::new();
        }
        let reasons: Vec<String> = self
            .not_eligible
            .iter()
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        format!("   not eligible {total} ({})", reasons.join("; "))
    }

    fn write_listen(&self, text: &mut String) {
        if self.listen.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n  Listen to these first");
        let id = self.listen.iter().map(|l| l.call_id.chars().count()).max();
        let agent = self.listen.iter().map(|l| l.agent.chars().count()).max();
        let (id, agent) = (id.unwrap_or(0), agent.unwrap_or(0));
        for (n, listen) in self.listen.iter().enumerate() {
            let _ = writeln!(
                text,
                "  {:>2}. {:<id$}  {:<agent$}  {}",
                n + 1,
                listen.call_id,
                listen.agent,
                listen.reason
            );
        }
    }
}

/// Whether and why a call should be heard: a critical answer that is open, one that failed the
/// form, then what was missed or could not be told.
fn worth_hearing(call: &CallResult, answers: &[Answered], score: &FormScore) -> Option<Listen> {
    let abstained = answers
        .iter()
        .filter(|a| a.answer == Answer::Abstain && a.reason.is_some())
        .min_by_key(|a| (!a.critical, a.max_points == 0.0));
    let failed = answers.iter().find(|a| a.auto_fail);
    let low_first = -(score.score_before_auto_fail.unwrap_or(100.0) * 1000.0) as i64;
    let (urgency, reason) = if let Some(failed) = failed {
        (
            3,
            format!(
                "please confirm: {} failed the call{}",
                failed.question,
                moment(failed)
            ),
        )
    } else if let (Verdict::Undetermined, Some(open)) = (score.verdict, abstained) {
        let why = open
            .reason
            .as_deref()
            .unwrap_or("not heard with confidence");
        (2, format!("open: {}{}, {why}", open.question, moment(open)))
    } else if score.verdict == Verdict::Fail {
        let missed: Vec<&str> = answers
            .iter()
            .filter(|a| a.weight.is_some() && a.points.is_some_and(|p| p < a.max_points))
            .filter(|a| !a.cause.is_some_and(Cause::is_outside_agent))
            .map(|a| a.question.as_str())
            .collect();
        let value = score.score.unwrap_or(0.0);
        (1, format!("score {value:.0}: missed {}", missed.join(", ")))
    } else {
        return None;
    };
    Some(Listen {
        urgency: (urgency, low_first),
        call_id: visible(&call.call_id),
        agent: visible(&call.agent),
        reason,
    })
}

/// Where to listen, and to what.
fn moment(answered: &Answered) -> String {
    let best = answered
        .evidence
        .iter()
        .filter(|e| e.at.is_some() && e.kind != EvidenceKind::NearestMiss)
        .min_by_key(|e| (e.kind != EvidenceKind::Doubt, e.kind != EvidenceKind::Found));
    let Some((evidence, at)) = best.and_then(|e| Some((e, e.at?))) else {
        return String::new();
    };
    let seconds = at.start_ms / 1000;
    let quote = match &evidence.quote {
        Some(quote) => format!(" \"{}\"", visible(&shortened(quote))),
        None => String::new(),
    };
    format!(" at {}:{:02}{quote}", seconds / 60, seconds % 60)
}

fn shortened(quote: &str) -> String {
    const MOST: usize = 60;
    if quote.chars().count() <= MOST {
        return quote.to_string();
    }
    let cut: String = quote.chars().take(MOST).collect();
    format!("{} …", cut.trim_end())
}
