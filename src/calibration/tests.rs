//! A few calls whose figures can be worked out by hand, through all of calibration.

use super::agreement::Coefficient;
use super::base::{AutomaticAnswer, Base, CallFacts, Given, Rated};
use super::compare::{AnswerComparison, Comparison, Counts, Level};
use super::disagreements::Right;
use super::figure::Caveat;
use super::ratings::Basis;
use super::truth::Reference;
use super::{Extras, Figures, calibrate};
use crate::rubric;

const FORM: &str = "
rubric: small
version: '1'
title: Small
sections:
- id: s
  title: S
  weight: 1
  questions:
  - {id: greeting, text: Greeted?, yes_when: {said: {by: agent, any: [hello]}}}
  - {id: clarity, text: Clear?, answered_by: person, scale: {from: 1, to: 5}}
";

/// Answers to one question of one call: automatic, agreed, and those of people.
struct Answers {
    question: usize,
    automatic: &'static str,
    gold: Option<&'static str>,
    people: &'static [(&'static str, &'static str)],
    probability: Option<f64>,
}

/// One call for each list of answers.
fn base(calls: &[&[Answers]]) -> Base {
    let rubric = rubric::parse(FORM, "small.yaml").unwrap();
    let mut base = Base::new();
    let (form, version) = base.add_form(&rubric);
    let (agent, queue, mix, model) = (
        base.agents.index("ann"),
        base.queues.index("billing"),
        base.mixes.index("billing, bill"),
        base.models.index("model"),
    );
    for (n, answers) in calls.iter().enumerate() {
        let call = base.add_call(CallFacts {
            id: format!("c{n}"),
            date: "2026-03-02".to_string(),
            day: 20_514,
            agent,
            team: None,
            queue,
            mix,
            model,
            heard: Some(0.9),
        });
        base.forms[form].scored.insert(call, (version, None));
        for a in *answers {
            let (id, meaning) = {
                let question = &base.questions[a.question];
                (question.id.clone(), question.meaning.clone())
            };
            let automatic = AutomaticAnswer {
                question: &id,
                meaning: &meaning,
                answer: a.automatic,
                points: points(a.automatic),
                max_points: 1.0,
            };
            base.add_automatic(form, call, &automatic);
            let raters = a.people.iter().map(|(rater, _)| base.raters.index(rater));
            let raters: Vec<usize> = raters.collect();
            let question = &mut base.questions[a.question];
            let mut rated = |rater: usize, answer: &str| Rated {
                call,
                rater,
                given: Given {
                    answer: question.answers.index(answer),
                    share: points(answer),
                },
                day: 20_514,
                basis: Basis::Audio,
                probability: a.probability,
            };
            let given = raters.iter().zip(a.people);
            let people: Vec<Rated> = given.map(|(r, (_, answer))| rated(*r, answer)).collect();
            let gold = a.gold.map(|answer| rated(usize::MAX, answer));
            question.people.extend(people);
            question.gold.extend(gold.map(|gold| (call, gold)));
        }
    }
    base
}

fn points(answer: &str) -> Option<f64> {
    match answer {
        "yes" => Some(1.0),
        "no" => Some(0.0),
        value => value.parse::<f64>().ok().map(|value| (value - 1.0) / 4.0),
    }
}

fn figures(base: &Base) -> Figures {
    let extras = Extras {
        outcomes: &[],
        coaching: &[],
        accuracy: &[],
        seed: 1,
    };
    calibrate(base, &extras)
}

fn greeting(
    automatic: &'static str,
    gold: Option<&'static str>,
    people: &'static [(&'static str, &'static str)],
) -> Answers {
    Answers {
        question: 0,
        automatic,
        gold,
        people,
        probability: Some(0.5),
    }
}

fn of<'f>(figures: &'f Figures, part: &str, comparison: Comparison) -> &'f AnswerComparison {
    let mut found = figures.answers.iter().filter(|c| {
        c.part.level == Level::Question && c.part.id == part && c.comparison == comparison
    });
    found.next().expect("the comparison is there")
}

#[test]
fn a_call_counts_once_against_the_automatic_answer_however_many_rated_it() {
    let base = base(&[
        &[greeting("yes", None, &[("ann", "yes"), ("bob", "no")])],
        &[greeting("no", None, &[("ann", "no")])],
        &[greeting(
            "yes",
            None,
            &[("ann", "not_applicable"), ("bob", "yes")],
        )],
        &[greeting("abstain", None, &[("ann", "yes"), ("bob", "yes")])],
    ]);
    let figures = figures(&base);
    let found = of(&figures, "greeting", Comparison::AutomaticPeople);
    let counts = Counts {
        both_yes: 1.0,
        yes_no: 0.5,
        no_yes: 0.0,
        both_no: 1.0,
        not_applicable_both: 0.0,
        not_applicable_one: 0.5,
    };
    assert_eq!(found.counts, Some(counts));
    assert_eq!((found.calls, found.pairs), (3, 5));
    // Alike in ½, 1 and ½ of the three calls.
    let percent = found.coefficients[Coefficient::PercentAgreement].unwrap();
    assert!((percent - 2.0 / 3.0).abs() < 1e-12, "{percent}");
    // By chance: margins of automatic yes ⅔, no ⅓; of people yes ⅓, no ½, n/a ⅙.
    let kappa = found.coefficients[Coefficient::CohenKappa].unwrap();
    let chance = 2.0 / 3.0 * 1.0 / 3.0 + 1.0 / 3.0 * 0.5;
    let expected = (2.0 / 3.0 - chance) / (1.0 - chance);
    assert!((kappa - expected).abs() < 1e-12, "{kappa}");
    assert!(found.caveats.contains(&Caveat::FewPairs { missing: 17 }));
    // People among themselves: one of three calls alike, and nobody is the first.
    let people = of(&figures, "greeting", Comparison::People);
    assert_eq!((people.calls, people.raters, people.ratings), (3, 2, 6));
    assert_eq!(people.coefficients[Coefficient::CohenKappa], None);
    assert_eq!(people.intervals[Coefficient::CohenKappa], None);
}

#[test]
fn the_answers_of_the_form_count_used_or_not() {
    let clarity = |people| Answers {
        question: 1,
        automatic: "abstain",
        gold: None,
        people,
        probability: None,
    };
    let base = base(&[
        &[clarity(&[("ann", "1"), ("bob", "1")])],
        &[clarity(&[("ann", "5"), ("bob", "4")])],
        &[clarity(&[("ann", "4"), ("bob", "4")])],
        &[clarity(&[("ann", "not_applicable"), ("bob", "4")])],
    ]);
    let figures = figures(&base);
    let ann = base.raters.find("ann").unwrap();
    let bob = base.raters.find("bob").unwrap();
    let found = of(&figures, "clarity", Comparison::Pair(ann, bob));
    // The call that does not apply to one of them has no value on the scale.
    assert_eq!((found.calls, found.pairs), (3, 3));
    // On five points, 5 and 4 are a quarter apart: 1 − (0 + ¼ + 0) / 3, against chance in which
    // two of five are 2/5 apart on average.
    let weighted = found.coefficients[Coefficient::BrennanPredigerLinear].unwrap();
    let expected = 1.0 - (0.25 / 3.0) / 0.4;
    assert!((weighted - expected).abs() < 1e-12, "{weighted}");
    // In the binary view only a 5 has all points.
    let counts = found.counts.unwrap();
    assert_eq!((counts.both_no, counts.yes_no), (2.0, 1.0));
}

#[test]
fn disagreements_are_named_with_who_was_right() {
    let base = base(&[
        &[greeting(
            "yes",
            Some("yes"),
            &[("ann", "no"), ("bob", "no")],
        )],
        &[greeting(
            "no",
            Some("yes"),
            &[("ann", "no"), ("bob", "yes")],
        )],
        &[greeting("no", None, &[("ann", "no"), ("bob", "no")])],
        &[greeting("no", None, &[("ann", "yes")])],
        &[greeting("abstain", None, &[("ann", "yes")])],
    ]);
    let found = figures(&base).disagreements;
    let flags: Vec<(usize, bool, bool, bool, Option<Right>)> = found
        .iter()
        .map(|d| {
            let flags = (d.people_differ, d.gold_differs, d.automatic_differs);
            (d.call, flags.0, flags.1, flags.2, d.right)
        })
        .collect();
    assert_eq!(
        flags,
        [
            (0, false, true, false, Some(Right::Automatic)),
            (1, true, true, true, Some(Right::People)),
            (3, false, false, true, None),
        ]
    );
    assert_eq!(found[1].answers(&base), "ann: no; bob: yes");
}

#[test]
fn only_random_audits_enter_rates_and_each_reference_has_its_own() {
    let mut targeted = greeting("no", Some("yes"), &[("ann", "yes")]);
    targeted.probability = None;
    let base = base(&[
        &[greeting(
            "yes",
            Some("yes"),
            &[("ann", "yes"), ("bob", "no")],
        )],
        &[greeting("no", Some("no"), &[("ann", "no")])],
        &[targeted],
        &[greeting("yes", None, &[])],
    ]);
    let figures = figures(&base);
    let rows = &figures.scorer.automatic;
    let counts = |reference: Option<Reference>| {
        let mut rows = rows.iter().filter(|r| r.question == 0);
        let row = rows.find(|r| r.reference == reference).unwrap();
        (row.rates.audited, row.rates.counts[0], row.rates.counts[1])
    };
    let gold = counts(Some(Reference::Gold));
    assert_eq!(gold, (2, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]));
    let people = counts(Some(Reference::People));
    assert_eq!(people, (2, [0.5, 0.5, 0.0], [0.0, 1.0, 0.0]));
}
