//! What to talk about: answers on which people differ, or from which the automatic one differs.

use std::collections::BTreeSet;

use super::base::{Base, Given, Question, Rated};
use super::ratings::Basis;

/// One question of one call on which two ratings differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    pub call: usize,
    pub question: usize,
    pub people_differ: bool,
    pub gold_differs: bool,
    pub automatic_differs: bool,
    /// Blind people's answers, by rater.
    pub people: Vec<(usize, usize)>,
    /// Whether somebody listened, and whether somebody read.
    pub heard: bool,
    pub read: bool,
    /// `None` where it abstained.
    pub automatic: Option<usize>,
    pub gold: Option<usize>,
    pub right: Option<Right>,
}

/// Who was right by the agreed answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    Automatic,
    People,
    /// The automatic scorer and some of the people.
    Both,
    Neither,
}

impl Right {
    pub fn as_str(self) -> &'static str {
        match self {
            Right::Automatic => "automatic",
            Right::People => "people",
            Right::Both => "both",
            Right::Neither => "neither",
        }
    }
}

/// All of them, in order of calls and of the form.
pub fn disagreements(base: &Base) -> Vec<Disagreement> {
    let mut all: Vec<Disagreement> = Vec::new();
    for (at, question) in base.questions.iter().enumerate() {
        let people = question.people_by_call();
        all.extend(people.filter_map(|rated| of_call(question, at, rated[0].call, rated)));
        let rated: BTreeSet<usize> = question.people.iter().map(|r| r.call).collect();
        let agreed_only = question.gold.keys().filter(|call| !rated.contains(call));
        all.extend(agreed_only.filter_map(|&call| of_call(question, at, call, &[])));
    }
    all.sort_by_key(|d| (d.call, d.question));
    all
}

fn of_call(question: &Question, at: usize, call: usize, rated: &[Rated]) -> Option<Disagreement> {
    let answer = |given: Given| given.answer;
    let people: Vec<(usize, usize)> = rated.iter().map(|r| (r.rater, r.given.answer)).collect();
    let automatic = question.automatic_on(call).map(answer);
    let gold = question.gold.get(&call).map(|rated| rated.given.answer);
    let said: BTreeSet<usize> = people.iter().map(|(_, answer)| *answer).collect();
    let people_differ = said.len() > 1;
    let gold_differs = gold.is_some_and(|gold| said.iter().any(|answer| *answer != gold));
    let automatic_differs = automatic.is_some_and(|answer| match gold {
        Some(gold) => answer != gold,
        None => !said.is_empty() && !said.contains(&answer),
    });
    if !(people_differ || gold_differs || automatic_differs) {
        return None;
    }
    let right = gold.map(
        |gold| match (automatic == Some(gold), said.contains(&gold)) {
            (true, true) => Right::Both,
            (true, false) => Right::Automatic,
            (false, true) => Right::People,
            (false, false) => Right::Neither,
        },
    );
    Some(Disagreement {
        call,
        question: at,
        people_differ,
        gold_differs,
        automatic_differs,
        heard: rated.iter().any(|r| r.basis == Basis::Audio),
        read: rated.iter().any(|r| r.basis == Basis::Transcript),
        people,
        automatic,
        gold,
        right,
    })
}

impl Disagreement {
    /// `anna: yes; bert: no`.
    pub fn answers(&self, base: &Base) -> String {
        let question = &base.questions[self.question];
        let said = |(rater, answer): &(usize, usize)| {
            let name = base.raters.name(*rater);
            let answer = question.answers.name(*answer);
            match name.contains([':', ';', ',', '"']) {
                true => format!("{name:?}: {answer}"),
                false => format!("{name}: {answer}"),
            }
        };
        let said: Vec<String> = self.people.iter().map(said).collect();
        said.join("; ")
    }
}
