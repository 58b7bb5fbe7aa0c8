//! Calls that one answer failed: which of them are sure, and why the others are not.
//!
//! A call is called failed here only where a mistake is unlikely: a person has said so, or the
//! automatic answer was heard well, hangs on no doubtful word, and is one that people found fit
//! to stand by itself. All others are calls to listen to. A wrong word here is about a person's
//! work.

use std::collections::BTreeMap;

use super::rows::{OneCall, spoken};
use super::trust;
use crate::report::html::scope::{Scope, Wanted};
use crate::report::records::{Answer, Score, Text};

/// An automatic answer is sure only if so much of what it rests on was heard: the lowest
/// probability of its words, or the share of the searched speech that was heard with confidence.
pub(super) const SURE_HEARD: f64 = 0.9;
/// Calls in each of the two lists.
const LISTED: usize = 12;

/// How sure it is that an answer fails a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report::html) enum Sure {
    /// A person said so.
    ByPerson,
    /// The automatic answer may stand.
    ByItself,
    /// A person says otherwise: the call is not failed by it.
    Overruled,
    /// Somebody has to listen; why.
    No(Vec<&'static str>),
}

/// Judges an automatic answer that fails a call, beside what a person answered.
pub(in crate::report::html) fn sure(
    scope: &Scope,
    automatic: &Answer,
    person: Option<&Answer>,
) -> Sure {
    if let Some(person) = person {
        return match &*person.answer {
            answer if answer == &*automatic.answer => Sure::ByPerson,
            // Nobody could tell: that is no word against it, and none for it.
            "abstain" => Sure::No(vec!["a person who listened could not tell"]),
            _ => Sure::Overruled,
        };
    }
    let mut doubts = Vec::new();
    if automatic.fragile {
        doubts.push("it hangs on words that were hardly heard");
    } else if automatic.confidence.is_none_or(|heard| heard < SURE_HEARD) {
        doubts.push("what it rests on was not heard well enough");
    }
    doubts.extend(trust::doubt(scope, automatic));
    match doubts.is_empty() {
        true => Sure::ByItself,
        false => Sure::No(doubts),
    }
}

/// What the answers that fail a form come to, as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormFail {
    /// None does, so the form fails by its points or its critical questions.
    None,
    /// One of them is sure.
    Sure,
    /// Somebody has to listen.
    Unsure,
    /// A person took all of them back.
    Overruled,
}

pub(super) fn form_fail(scope: &Scope, one: &OneCall<'_>, score: &Score) -> FormFail {
    let of_form = one.auto_fails().filter(|(answer, _)| {
        answer.rubric == score.rubric && answer.rubric_version == score.rubric_version
    });
    let mut all = of_form.map(|(answer, person)| match sure(scope, answer, person) {
        Sure::ByPerson | Sure::ByItself => FormFail::Sure,
        Sure::No(_) => FormFail::Unsure,
        Sure::Overruled => FormFail::Overruled,
    });
    let Some(first) = all.next() else {
        return FormFail::None;
    };
    all.fold(first, |known, next| match (known, next) {
        (FormFail::Sure, _) | (_, FormFail::Sure) => FormFail::Sure,
        (FormFail::Overruled, FormFail::Overruled) => FormFail::Overruled,
        _ => FormFail::Unsure,
    })
}

/// A call in one of the lists.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    pub wanted: Wanted,
    pub agent: Text,
    pub rubric: Text,
    pub version: Text,
    pub question: Text,
    pub why: String,
}

/// Both lists, as far as they are shown: each call once for each form that fails it.
#[derive(Debug, Default)]
pub(super) struct AutoFails {
    pub sure: Vec<Failed>,
    pub sure_calls: usize,
    pub unsure: Vec<Failed>,
    pub unsure_calls: usize,
    /// Answers that a person took back.
    pub overruled: usize,
}

impl AutoFails {
    pub fn add(&mut self, scope: &Scope, one: &OneCall<'_>) {
        // By form, the first of each.
        let (mut surely, mut unsurely) = (BTreeMap::new(), BTreeMap::new());
        for (automatic, person) in one.auto_fails() {
            let form = (&automatic.rubric, &automatic.rubric_version);
            match sure(scope, automatic, person) {
                Sure::Overruled => self.overruled += 1,
                Sure::ByPerson => {
                    let by = match person.and_then(|p| p.scorer_kind.as_deref()) {
                        Some("gold") => "people agreed on it",
                        _ => "a coach says so, too",
                    };
                    let entry = surely.entry(form);
                    entry.or_insert((automatic, by.to_string()));
                }
                Sure::ByItself => {
                    let why = "heard well, and answers to this question may stand";
                    let entry = surely.entry(form);
                    entry.or_insert((automatic, why.to_string()));
                }
                Sure::No(doubts) => {
                    let entry = unsurely.entry(form);
                    entry.or_insert((automatic, doubts.join("; ")));
                }
            }
        }
        let entry = |(answer, why): (&Answer, String)| Failed {
            wanted: Wanted {
                date: one.call.date.clone(),
                call_id: one.call.call_id.clone(),
            },
            agent: one.call.agent.clone(),
            rubric: answer.rubric.clone(),
            version: answer.rubric_version.clone(),
            question: answer.question.clone(),
            why: format!("{}: {why}", spoken(scope, answer)),
        };
        // A form is failed or not: one sure answer is enough.
        unsurely.retain(|form, _| !surely.contains_key(form));
        for (found, list, calls) in [
            (surely, &mut self.sure, &mut self.sure_calls),
            (unsurely, &mut self.unsure, &mut self.unsure_calls),
        ] {
            *calls += found.len();
            let room = LISTED - list.len();
            list.extend(found.into_values().take(room).map(&entry));
        }
    }

    pub fn wanted(&self) -> impl Iterator<Item = Wanted> {
        let all = self.sure.iter().chain(&self.unsure);
        all.map(|failed| failed.wanted.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::night::tests::{answer, scope};
    use crate::report::html::night::trust::tests::automatic;

    #[test]
    fn a_fail_is_sure_only_where_it_was_heard_well_and_people_found_the_question_fit() {
        let mut scope = scope();
        let mut fail = answer("c1", "q", "no");
        fail.confidence = Some(0.95);
        // Nobody has checked the question.
        let unchecked = Sure::No(vec!["nobody has checked this question yet"]);
        assert_eq!(sure(&scope, &fail, None), unchecked);
        scope.calibration.automatic = vec![automatic("hint", Some(0.8))];
        assert!(matches!(sure(&scope, &fail, None), Sure::No(_)));
        scope.calibration.automatic = vec![automatic("automatic", Some(0.95))];
        assert_eq!(sure(&scope, &fail, None), Sure::ByItself);
        fail.confidence = Some(0.89);
        assert!(matches!(sure(&scope, &fail, None), Sure::No(_)));
        fail.confidence = None;
        assert!(matches!(sure(&scope, &fail, None), Sure::No(_)));
        (fail.confidence, fail.fragile) = (Some(0.95), true);
        assert!(matches!(sure(&scope, &fail, None), Sure::No(_)));
        // A person's word settles it, whatever was heard.
        let said = |given| answer("c1", "q", given);
        assert_eq!(sure(&scope, &fail, Some(&said("no"))), Sure::ByPerson);
        assert_eq!(sure(&scope, &fail, Some(&said("yes"))), Sure::Overruled);
        assert_eq!(
            sure(&scope, &fail, Some(&said("not_applicable"))),
            Sure::Overruled
        );
        assert!(matches!(
            sure(&scope, &fail, Some(&said("abstain"))),
            Sure::No(_)
        ));
    }
}
