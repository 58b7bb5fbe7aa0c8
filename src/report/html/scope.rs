//! What pages are made of: the period, its rows date by date, and the calls that pages show.

use std::collections::{BTreeMap, BTreeSet};

use super::sound::Sound;
use crate::conversation::Conversation;
use crate::conversation::metrics::Metrics;
use crate::report::records::{
    AgentCompared, AgentDay, Agreement, Answer, Automatic, Call, Coaching, Contact, Evidence,
    Failure, FairScore, Followed, Obstacle, PartScore, Promise, QuestionDay, Run, Score, Talk,
    Text, TrueRate,
};
use crate::rubric::{Question, Rubric, Section};

/// What holds for all pages of one report.
#[derive(Debug)]
pub struct Scope {
    /// First and last local date, `YYYY-MM-DD`; the same for one night.
    pub from: Text,
    pub to: Text,
    /// Dates of the period that have tables, in order.
    pub dates: Vec<Text>,
    /// All dates that have tables, in order.
    pub all_dates: Vec<Text>,
    /// Periods whose pages there are from before, each as its first and last date.
    pub earlier: BTreeSet<(Text, Text)>,
    /// Minutes that a coach has to listen.
    pub minutes: u32,
    /// Figures about a person are shown only where the group has so many persons; 1 shows all.
    pub minimum_group: usize,
    /// Where recordings are, as pages reach them: what stands before their names
    /// ([`super::sound::prefix`]).
    pub recordings: Option<String>,
    /// Agents whose calls may be shown to colleagues.
    pub consent: BTreeSet<Text>,
    /// All forms that calls were scored with, by id, the latest version last.
    pub forms: Vec<Rubric>,
    /// Calls that were asked for by id.
    pub asked: Vec<Wanted>,
    pub calibration: Calibration,
    /// The coachings that were noted, by agent, rubric, question and day.
    pub coaching: Vec<Coaching>,
}

/// The tables of calibration; empty where nobody has calibrated.
#[derive(Debug, Default)]
pub struct Calibration {
    pub automatic: Vec<Automatic>,
    pub true_rates: Vec<TrueRate>,
    pub agents: Vec<AgentCompared>,
    pub agreement: Vec<Agreement>,
    pub followed: Vec<Followed>,
    pub fair_scores: Vec<FairScore>,
}

impl Calibration {
    /// How often the automatic answers to a question were right on calls that chance picked;
    /// `None` where nobody has checked. Held against what was agreed before what single people
    /// said, and a row that can say something before one that cannot.
    pub fn checked(&self, rubric: &str, question: &str, meaning: &str) -> Option<&Automatic> {
        let rows = self.automatic.iter();
        rows.filter(|row| {
            &*row.rubric == rubric && &*row.question == question && &*row.meaning == meaning
        })
        .filter(|row| row.audited > 0)
        .min_by_key(|row| (&*row.fit == "not_known", &*row.reference != "gold"))
    }

    /// What is known of how often a question's answer is truly *yes*: from the agreed answers
    /// where there is a rate, else from people's, else from imported error rates; without a rate
    /// only where none has one.
    pub fn true_rate(&self, rubric: &str, question: &str, meaning: &str) -> Option<&TrueRate> {
        let place = |rate: &TrueRate| match &*rate.reference {
            "gold" => 0,
            "people" => 1,
            _ => 2,
        };
        let rows = self.true_rates.iter();
        rows.filter(|row| {
            &*row.rubric == rubric && &*row.question == question && &*row.meaning == meaning
        })
        .min_by_key(|row| (row.true_rate.is_none(), place(row)))
    }
}

impl Scope {
    /// Whether the report is about one date.
    pub fn is_one_night(&self) -> bool {
        self.from == self.to
    }

    /// The form with this id, in its latest version.
    pub fn form(&self, rubric: &str) -> Option<&Rubric> {
        self.forms.iter().rev().find(|form| form.rubric == rubric)
    }

    /// A question of the latest version that has it, with its section.
    pub fn question(&self, rubric: &str, question: &str) -> Option<(&Section, &Question)> {
        let forms = self.forms.iter().rev().filter(|form| form.rubric == rubric);
        forms
            .flat_map(|form| &form.sections)
            .flat_map(|section| section.questions.iter().map(move |q| (section, q)))
            .find(|(_, q)| q.id == question)
    }
}

/// The rows of one date of the period.
#[derive(Debug)]
pub struct Day {
    pub date: Text,
    pub calls: Vec<Call>,
    pub scores: Vec<Score>,
    /// Automatic answers.
    pub answers: Vec<Answer>,
    /// Answers of people that are the answer of record.
    pub of_people: Vec<Answer>,
    pub obstacles: Vec<Obstacle>,
    pub contacts: Vec<Contact>,
    pub promises: Vec<Promise>,
}

/// The runs that processed the period, oldest first.
#[derive(Debug, Default)]
pub struct Runs {
    pub runs: Vec<Run>,
    /// Recordings that these could not use and that no later run could, each once.
    pub failures: Vec<Failure>,
}

/// The daily tables of one date.
#[derive(Debug, Default)]
pub struct DailyRows {
    pub date: Text,
    pub agents: Vec<AgentDay>,
    pub questions: Vec<QuestionDay>,
    /// Speech models that the calls were transcribed with.
    pub models: BTreeSet<Text>,
    pub contacts: Vec<Contact>,
    pub promises: Vec<Promise>,
    pub obstacles: Vec<Obstacle>,
    pub talk: Vec<Talk>,
}

/// The calls of one date with their answers of record.
#[derive(Debug)]
pub struct Answers {
    pub date: Text,
    pub calls: Vec<Call>,
    pub of_record: Vec<Answer>,
}

/// A call that a page will show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    pub date: Text,
    pub call_id: Text,
}

/// All that is known of a call.
#[derive(Debug)]
pub struct CallDetail {
    pub call: Call,
    pub scores: Vec<Score>,
    /// Of all scorers.
    pub answers: Vec<Answer>,
    /// Behind the automatic answers, in the order of their items.
    pub evidence: Vec<Evidence>,
    pub conversation: Conversation,
    pub metrics: Metrics,
    /// Scores of sections, tags and the critical questions.
    pub parts: Vec<PartScore>,
    /// The talk with all names masked, for people who rate.
    pub blind: Conversation,
    pub sound: Sound,
}

impl CallDetail {
    /// The answers of record: of people where they answered, else automatic.
    pub fn of_record(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(|a| is_of_record(a))
    }

    /// What the automatic answer to the question of `answer` rests on.
    pub fn evidence_of<'d>(&'d self, answer: &'d Answer) -> impl Iterator<Item = &'d Evidence> {
        self.evidence.iter().filter(move |evidence| {
            evidence.question == answer.question
                && evidence.rubric == answer.rubric
                && evidence.rubric_version == answer.rubric_version
        })
    }
}

/// Whether an answer stands; in a table of an older version only automatic ones are there.
pub fn is_of_record(answer: &Answer) -> bool {
    answer.of_record.unwrap_or(&*answer.scorer == "automatic")
}

/// The calls that pages show, by id.
#[derive(Debug, Default)]
pub struct Calls(pub BTreeMap<Text, CallDetail>);

impl Calls {
    pub fn get(&self, call_id: &str) -> Option<&CallDetail> {
        self.0.get(call_id)
    }
}

/// Where pages are, relative to the folder of pages; only of pages that are made.
#[derive(Debug, Default)]
pub struct Links {
    calls: BTreeMap<Text, String>,
    agents: BTreeMap<Text, String>,
    questions: BTreeMap<(Text, Text), String>,
    has_programme: bool,
}

impl Links {
    pub fn new<'a>(
        calls: impl Iterator<Item = &'a Text>,
        agents: impl Iterator<Item = &'a Text>,
        questions: impl Iterator<Item = &'a (Text, Text)>,
        has_programme: bool,
    ) -> Self {
        let page = |folder: &str, id: &str| format!("{folder}/{}.html", slug(id));
        Self {
            calls: calls.map(|id| (id.clone(), page("call", id))).collect(),
            agents: agents.map(|id| (id.clone(), page("agent", id))).collect(),
            questions: questions
                .map(|key| {
                    (
                        key.clone(),
                        page("question", &format!("{}.{}", key.0, key.1)),
                    )
                })
                .collect(),
            has_programme,
        }
    }

    pub fn call(&self, call_id: &str) -> Option<&str> {
        self.calls.get(call_id).map(String::as_str)
    }

    /// The blind version of a call's page; its name does not tell who took the call.
    pub fn blind(&self, call: &Call) -> Option<String> {
        self.calls.get(&call.call_id)?;
        Some(format!("blind/{}.html", slug(&call.blind_name())))
    }

    pub fn agent(&self, agent: &str) -> Option<&str> {
        self.agents.get(agent).map(String::as_str)
    }

    pub fn question(&self, rubric: &Text, question: &Text) -> Option<&str> {
        let key = (rubric.clone(), question.clone());
        self.questions.get(&key).map(String::as_str)
    }

    pub fn programme(&self) -> Option<&'static str> {
        self.has_programme.then_some("programme.html")
    }

    /// Agents with a page, each with where it is.
    pub fn agents(&self) -> impl Iterator<Item = (&Text, &String)> {
        self.agents.iter()
    }

    pub fn questions(&self) -> impl Iterator<Item = (&(Text, Text), &String)> {
        self.questions.iter()
    }
}

impl Evidence {
    /// Whether it is what the answer is about, and not whether or why the question applies.
    pub fn decides(&self) -> bool {
        !self.rule.starts_with("applies_when") && !self.rule.starts_with("cause")
    }

    /// Whether it only says before or after what something had to come.
    pub fn is_anchor(&self) -> bool {
        self.rule.ends_with(".before") || self.rule.ends_with(".after")
    }

    /// Whether it is the first of two things near each other: the second is what is asked for of
    /// the first.
    pub fn is_first_of_two(&self) -> bool {
        self.rule.ends_with(".near.one")
    }
}

impl Call {
    /// Whether a text tells who took the call: the agent's id, what looks like a name in it, or the
    /// team.
    pub fn is_told_by(&self, text: &str) -> bool {
        const SHORTEST: usize = 3;
        let text = text.to_lowercase();
        let parts = |id: &str| {
            let id = id.to_lowercase();
            let letters: Vec<String> = id
                .split(|c: char| !c.is_alphabetic())
                .map(str::to_string)
                .collect();
            letters.into_iter().chain([id]).collect::<Vec<_>>()
        };
        let whole = self.agent.trim().to_lowercase();
        let telling = parts(&self.agent)
            .into_iter()
            .chain(self.leader.as_deref().map(parts).into_iter().flatten())
            .chain(self.team.as_deref().map(str::to_lowercase))
            .filter(|part| part.chars().count() >= SHORTEST || *part == whole);
        telling
            .filter(|part| !part.is_empty())
            .any(|part| text.contains(&part))
    }

    /// A name for the call that does not tell who took it: its id, unless that does.
    pub fn blind_name(&self) -> String {
        match self.is_told_by(&self.call_id) {
            false => self.call_id.to_string(),
            true => {
                let hash = blake3::hash(self.call_id.as_bytes()).to_hex();
                format!("call-{}", &hash[..12])
            }
        }
    }
}

/// The page of the period.
pub fn night_page(scope: &Scope) -> String {
    page_of(&scope.from, &scope.to)
}

/// The page of a period, by its first and last date.
pub fn page_of(from: &str, to: &str) -> String {
    match from == to {
        true => format!("night/{to}.html"),
        false => format!("night/{from}_{to}.html"),
    }
}

/// The period that a page is about, by its file's name without `.html`.
pub fn period_of(name: &str) -> Option<(Text, Text)> {
    let (from, to) = name.split_once('_').unwrap_or((name, name));
    let is_date = |text: &str| {
        text.parse::<jiff::civil::Date>()
            .is_ok_and(|d| d.to_string() == text)
    };
    (is_date(from) && is_date(to)).then(|| (from.into(), to.into()))
}

/// A file's name for an id, which may hold anything: the same for the same id, another for
/// another.
fn slug(id: &str) -> String {
    const LONGEST: usize = 60;
    let kept: String = id
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' | '-' | '_' | '.' => c,
            _ => '-',
        })
        .take(LONGEST)
        .collect();
    if kept == id && !kept.starts_with(['.', '-']) {
        return kept;
    }
    let hash = blake3::hash(id.as_bytes()).to_hex();
    format!("{}-{}", kept.trim_matches(['.', '-']), &hash[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_period_tells_its_period() {
        for (from, to) in [("2026-03-02", "2026-03-02"), ("2026-03-02", "2026-03-08")] {
            let page = page_of(from, to);
            let name = page
                .strip_prefix("night/")
                .and_then(|p| p.strip_suffix(".html"));
            assert_eq!(period_of(name.unwrap()), Some((from.into(), to.into())));
        }
        for name in [
            "",
            "2026-3-2",
            "2026-03-02_",
            "<b>",
            "2026-03-02_2026-03-08_",
        ] {
            assert_eq!(period_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_file_name_tells_ids_apart_and_leaves_its_folder_never() {
        assert_eq!(slug("anna.berg"), "anna.berg");
        let odd = [
            "Anna",
            "anna",
            "../x",
            "..",
            "a/b",
            "a b",
            "",
            "é",
            "a\u{202e}b",
            "A",
        ];
        let slugs: BTreeSet<String> = odd.iter().map(|id| slug(id)).collect();
        assert_eq!(slugs.len(), odd.len());
        for slug in slugs {
            assert!(!slug.contains('/') && !slug.starts_with('.'), "{slug}");
        }
    }
}
