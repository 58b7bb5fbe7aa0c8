//! Who agrees with whom: the comparisons that the tables list, and the data of each.
//!
//! Answers are compared per question, and pooled over a section and the form; scores per section
//! and form ([`scores`]). The figures themselves are those of [`agreement`](super::agreement).

mod answers;
mod pooled;
pub mod scores;
mod sheets;

use std::collections::BTreeSet;

pub use answers::{AnswerComparison, Counts, compare_answers};
pub use scores::{ScoreComparison, compare_scores};
pub use sheets::Sheets;

use super::base::{Base, Form, Question};

/// Who is compared with whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// All people together.
    People,
    /// Two people, by index.
    Pair(usize, usize),
    /// A person against the agreed answers.
    Gold(usize),
    /// The automatic scorer against people: each call counts once, shared out over its people.
    AutomaticPeople,
    /// The automatic scorer against the agreed answers.
    AutomaticGold,
    /// Agents' ratings of their own calls against people's, shared out alike.
    OwnPeople,
}

/// What a comparison is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub rubric: String,
    pub level: Level,
    /// Id of the question or section; `form`.
    pub id: String,
    /// Of a question its meaning; else a hash over those of its questions.
    pub meaning: String,
    pub section: Option<String>,
    pub text: Option<String>,
    pub versions: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Question,
    Section,
    Form,
}

impl Comparison {
    /// As the tables have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Comparison::People => "people",
            Comparison::Pair(..) => "pair",
            Comparison::Gold(_) => "gold",
            Comparison::AutomaticPeople => "automatic_people",
            Comparison::AutomaticGold => "automatic_gold",
            Comparison::OwnPeople => "own_people",
        }
    }

    /// The two raters, as the tables have them.
    pub fn raters(self, base: &Base) -> [String; 2] {
        let name = |rater: usize| base.raters.name(rater).to_string();
        let all = || "all".to_string();
        match self {
            Comparison::People => [all(), all()],
            Comparison::Pair(a, b) => [name(a), name(b)],
            Comparison::Gold(rater) => [name(rater), AGREED.to_string()],
            Comparison::AutomaticPeople => [name(super::base::AUTOMATIC_RATER), all()],
            Comparison::AutomaticGold => [name(super::base::AUTOMATIC_RATER), AGREED.to_string()],
            Comparison::OwnPeople => ["own".to_string(), all()],
        }
    }
}

/// How the agreed answer stands among the raters.
pub const AGREED: &str = "agreed";

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Question => "question",
            Level::Section => "section",
            Level::Form => "form",
        }
    }
}

impl Part {
    pub fn question(base: &Base, question: &Question) -> Self {
        Self {
            rubric: base.forms[question.form].rubric.clone(),
            level: Level::Question,
            id: question.id.clone(),
            meaning: question.meaning.clone(),
            section: Some(question.section.clone()),
            text: Some(question.text.clone()),
            versions: question.versions.clone(),
        }
    }

    /// A section or the whole of a form, over these questions.
    fn several(form: &Form, level: Level, id: &str, questions: &[&Question]) -> Self {
        let mut meanings: Vec<&str> = questions.iter().map(|q| q.meaning.as_str()).collect();
        meanings.sort_unstable();
        let versions = questions.iter().flat_map(|q| q.versions.iter().cloned());
        Self {
            rubric: form.rubric.clone(),
            level,
            id: id.to_string(),
            meaning: blake3::hash(meanings.join("\n").as_bytes())
                .to_hex()
                .to_string(),
            section: None,
            text: None,
            versions: versions.collect(),
        }
    }
}

/// The people who rated any of these questions, by index.
fn people_of(questions: &[&Question]) -> BTreeSet<usize> {
    let rated = questions.iter().flat_map(|q| &q.people);
    rated.map(|r| r.rater).collect()
}

/// All comparisons that questions may have, in the order of the table.
fn comparisons(questions: &[&Question]) -> Vec<Comparison> {
    let people: Vec<usize> = people_of(questions).into_iter().collect();
    let mut all = vec![Comparison::People];
    for (n, &a) in people.iter().enumerate() {
        all.extend(people[n + 1..].iter().map(|&b| Comparison::Pair(a, b)));
    }
    all.extend(people.iter().map(|&rater| Comparison::Gold(rater)));
    all.extend([
        Comparison::AutomaticPeople,
        Comparison::AutomaticGold,
        Comparison::OwnPeople,
    ]);
    all
}

/// Sections of a form with their questions, in the order of the form.
fn sections<'b>(base: &'b Base, form: &Form) -> Vec<(&'b str, Vec<&'b Question>)> {
    let mut sections: Vec<(&str, Vec<&Question>)> = Vec::new();
    for &at in &form.questions {
        let question = &base.questions[at];
        match sections.iter_mut().find(|(id, _)| *id == question.section) {
            Some((_, questions)) => questions.push(question),
            None => sections.push((&question.section, vec![question])),
        }
    }
    sections
}
