//! Published examples, hand-checked forms, and properties over random forms of all kinds.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::rubric::{
    Adjustment, AnswerIs, AnsweredBy, AppliesTo, AutoFail, Cause, CauseRule, Change, Choice,
    FailScope, Kind, MetricRule, Points, Quantity, Question, Rule, Section, Step,
};
use Answer::{Abstain, No, NotApplicable as Na, Yes};

/// A form from the YAML of its sections and whatever else follows.
fn form(rest: &str) -> Rubric {
    let yaml = format!("rubric: r\nversion: '2'\ntitle: t\n{rest}");
    crate::rubric::parse(&yaml, "test").unwrap_or_else(|e| panic!("{e}\n{yaml}"))
}

fn choice(id: &str) -> Answer {
    Answer::Choice(id.to_string())
}

/// What an abstention of the question leaves open: every answer, and *not applicable* where the
/// question has a condition.
fn all_answers(question: &Question) -> Vec<Answer> {
    let mut all = match &question.kind {
        Kind::YesNo { .. } => vec![Yes, No],
        Kind::Options { choices, .. } => choices.iter().map(|c| choice(&c.id)).collect(),
        Kind::Number { steps, .. } => steps
            .iter()
            .map(|s| Answer::Number(s.at_most.unwrap_or(1e6)))
            .collect(),
        Kind::MultiSelect { choices, .. } => (0..1 << choices.len())
            .map(|bits: usize| {
                let chosen = choices
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| bits >> i & 1 == 1);
                Answer::Selected(chosen.map(|(_, c)| c.id.clone()).collect())
            })
            .collect(),
        Kind::Comment => Vec::new(),
    };
    if question.applies_when.is_some() || all.is_empty() {
        all.push(Na);
    }
    all
}

fn answered(question: &Question, section: &str, answer: Answer) -> Answered {
    Answered {
        section: section.to_string(),
        question: question.id.clone(),
        possible: match answer {
            Abstain => all_answers(question),
            _ => vec![answer.clone()],
        },
        answer,
        reason: None,
        way: None,
        points: None,
        max_points: 0.0,
        weight: None,
        critical: false,
        auto_fail: false,
        cause: None,
        confidence: None,
        fragile: false,
        evidence: Vec::new(),
    }
}

fn scored(rubric: &Rubric, given: &[Answer]) -> (FormScore, Vec<Answered>) {
    let mut answers: Vec<Answered> = rubric
        .questions()
        .zip(given)
        .map(|((s, q), a)| answered(q, &rubric.sections[s].id, a.clone()))
        .collect();
    assert_eq!(answers.len(), rubric.questions().count());
    let applies = vec![Some(true); rubric.sections.len()];
    (score(rubric, &mut answers, &applies), answers)
}

fn part<'s>(score: &'s FormScore, id: &str) -> &'s PartScore {
    score.parts.iter().find(|p| p.id == id).unwrap()
}

/// A yes/no question that a person answers, on one line of YAML.
fn question(id: &str, more: &str) -> String {
    format!("  - {{id: {id}, text: q, answered_by: person{more}}}\n")
}

fn section(id: &str, more: &str, questions: &[String]) -> String {
    let questions = questions.concat();
    format!("- id: {id}\n  title: s\n  weight: 1\n{more}  questions:\n{questions}")
        .replace("  weight: 1\n  weight:", "  weight:")
}

#[test]
fn amazon_connect_published_examples() {
    // Weights 40/20/20/20, options worth 10/5/0, answers 10, 5, 5, 0: 60 %. With the last
    // question not applicable the weights become 50/25/25: 75 %. With the first: 33 %.
    let options = |id: &str, weight: u32| {
        format!(
            "  - {{id: {id}, text: q, answered_by: person, weight: {weight}, options: [{{id: good, points: 10}}, {{id: fair, points: 5}}, {{id: poor, points: 0}}]}}\n"
        )
    };
    let questions = [
        options("q1", 40),
        options("q2", 20),
        options("q3", 20),
        options("q4", 20),
    ];
    let rubric = form(&format!("sections:\n{}", section("s", "", &questions)));
    let [good, fair, poor] = ["good", "fair", "poor"].map(choice);
    let (score, _) = scored(
        &rubric,
        &[good.clone(), fair.clone(), fair.clone(), poor.clone()],
    );
    assert_eq!(score.score, Some(60.0));
    let (score, answers) = scored(&rubric, &[good, fair.clone(), fair.clone(), Na]);
    assert_eq!(score.score, Some(75.0));
    let weights: Vec<_> = answers.iter().map(|a| a.weight).collect();
    assert_eq!(weights, [Some(0.5), Some(0.25), Some(0.25), None]);
    let (score, _) = scored(&rubric, &[Na, fair.clone(), fair, poor]);
    assert_eq!(score.score, Some(33.333333));
}

#[test]
fn amazon_connect_fails_one_section_only() {
    // `AutomaticFailConfiguration.TargetSection`: security (60) is 0, manner (40) stays.
    let rubric = form(&format!(
        "sections:\n{}{}",
        section(
            "security",
            "  weight: 60\n",
            &[
                question("id", ", auto_fail_on: no, auto_fail_of: section"),
                question("pin", "")
            ],
        ),
        section("manner", "  weight: 40\n", &[question("warm", "")]),
    ));
    let (score, answers) = scored(&rubric, &[No, Yes, Yes]);
    assert_eq!(
        (score.score, score.score_before_auto_fail),
        (Some(40.0), Some(40.0))
    );
    assert_eq!(part(&score, "security").score, Some(0.0));
    assert!(answers[0].auto_fail && score.auto_failed_by.is_empty());
    assert_eq!(score.verdict, Verdict::Pass);
    assert_eq!(scored(&rubric, &[Yes, No, Yes]).0.score, Some(70.0));
    // Nobody knows: the section has 0 or 100 points, and the form 40 or 100.
    let (score, _) = scored(&rubric, &[Abstain, Yes, Yes]);
    assert_eq!(
        (score.score, score.low, score.high),
        (Some(100.0), Some(40.0), Some(100.0))
    );
}

#[test]
fn genesys_published_example_and_critical_beside_fatal() {
    // Group 1 with weight factor 40 and two 1-point questions (1, 0), group 2 with 20 and one
    // (1): (1·40 + 1·20) / (2·40 + 1·20) = 60 %. Genesys weighs points, so such a form is
    // carried over as one section whose questions weigh factor × points.
    let questions = [
        question("q1", ", weight: 40, critical: true"),
        question("q2", ", weight: 40"),
        question("q3", ", weight: 20, critical: true, auto_fail_on: no"),
    ];
    let rubric = form(&format!(
        "pass_at: 50\nsections:\n{}",
        section("s", "", &questions)
    ));
    let (score, _) = scored(&rubric, &[Yes, No, Yes]);
    assert_eq!((score.score, score.verdict), (Some(60.0), Verdict::Pass));
    assert_eq!(score.critical_verdict, Some(Verdict::Pass));
    // A critical question that falls short has a column of its own; the score is not touched.
    let (score, _) = scored(&rubric, &[No, Yes, Yes]);
    assert_eq!((score.score, score.verdict), (Some(60.0), Verdict::Pass));
    assert_eq!(score.critical_verdict, Some(Verdict::Fail));
    assert_eq!(part(&score, "critical").score, Some(33.333333));
    // A fatal one fails the form.
    let (score, _) = scored(&rubric, &[Yes, Yes, No]);
    assert_eq!((score.score, score.verdict), (Some(0.0), Verdict::Fail));
    assert_eq!(score.score_before_auto_fail, Some(80.0));
    assert_eq!(score.auto_failed_by, ["q3"]);
    let (score, _) = scored(&rubric, &[Na, Yes, Na]);
    assert_eq!(score.critical_verdict, None);
}

#[test]
fn maestroqa_bonus_exceeds_100() {
    let rubric = form(&format!(
        "pass_at: 60\nsections:\n{}{}",
        section("standard", "", &[question("q1", ""), question("q2", "")]),
        section(
            "extra",
            "  weight: 10\n  bonus: true\n",
            &[question("b1", ""), question("b2", "")],
        ),
    ));
    let (score, answers) = scored(&rubric, &[Yes, Yes, Yes, Yes]);
    assert_eq!(score.score, Some(110.0));
    assert_eq!(answers[2].weight, Some(0.05));
    assert_eq!(scored(&rubric, &[Yes, No, Yes, No]).0.score, Some(55.0));
    // A bonus that does not apply costs nothing, and alone it is no score.
    assert_eq!(scored(&rubric, &[Yes, Yes, Na, Na]).0.score, Some(100.0));
    assert_eq!(scored(&rubric, &[Na, Na, Yes, Yes]).0.score, None);
    let (score, _) = scored(&rubric, &[Yes, No, Abstain, Abstain]);
    assert_eq!(
        (score.score, score.low, score.high),
        (Some(50.0), Some(50.0), Some(60.0))
    );
    assert_eq!(score.verdict, Verdict::Undetermined);
}

/// Verint: answers → add and subtract → minimum → set → auto-fail. Each order would give another
/// number.
#[test]
fn verint_order_of_application() {
    let rubric = form(&format!(
        "minimum: 60\nsections:\n{}adjust:\n\
         - {{id: up, when: [{{question: q1, is: yes}}], add: 30}}\n\
         - {{id: down, when: [{{question: q2, is: no}}], subtract: 25}}\n\
         - {{id: fix, when: [{{question: q3, is: yes}}], set: 55}}\n\
         - {{id: fix-lower, when: [{{question: q3, is: yes}}, {{question: q2, is: no}}], set: 52}}\n",
        section(
            "s",
            "",
            &[
                question("q1", ", weight: 2"),
                question("q2", ", weight: 2"),
                question("q3", ""),
                question("q4", ", weight: 0, auto_fail_on: no"),
            ],
        ),
    ));
    // (2 + 0) of 3, and 30.
    let (score, _) = scored(&rubric, &[Yes, Na, No, Yes]);
    assert_eq!(score.score, Some(96.666667));
    // 40 + 30 − 25 = 45, lifted to 60: the minimum comes after what adds and subtracts.
    let (score, _) = scored(&rubric, &[Yes, No, No, Yes]);
    assert_eq!(score.score, Some(60.0));
    assert_eq!(score.adjusted_by, ["up", "down"]);
    // A setting comes after the minimum, and of two the lower holds.
    let (score, _) = scored(&rubric, &[Yes, Yes, Yes, Yes]);
    assert_eq!(score.score, Some(55.0));
    let (score, _) = scored(&rubric, &[Yes, No, Yes, Yes]);
    assert_eq!(score.score, Some(52.0));
    // Auto-fail comes last of all.
    let (score, _) = scored(&rubric, &[Yes, No, Yes, No]);
    assert_eq!(
        (score.score, score.score_before_auto_fail),
        (Some(0.0), Some(52.0))
    );
    // Minimum and rules apply only where something was answered.
    let (score, _) = scored(&rubric, &[Na, Na, Na, Yes]);
    assert_eq!((score.score, score.verdict), (None, Verdict::NotApplicable));
    assert!(score.adjusted_by.is_empty());
    // What may set off a rule: 40 + 30 − 25 against 0 − 25, both lifted to 60.
    let (score, _) = scored(&rubric, &[Abstain, No, No, Yes]);
    assert_eq!((score.low, score.high), (Some(60.0), Some(60.0)));
    // 80 + 30 against 40.
    let (score, _) = scored(&rubric, &[Abstain, Yes, No, Yes]);
    assert_eq!((score.low, score.high), (Some(60.0), Some(100.0)));
    assert_eq!(score.score, Some(66.666667));
}

/// MiiTel: 50 + duration − (talk % − 40) − 10 · overlaps per minute − 10 · silences per minute.
/// Without the duration, which never scores here, and in steps, the form gives the same points of
/// the 50 that can be had.
#[test]
fn miitel_formula_in_steps() {
    let rubric = form(
        "sections:
- id: s
  title: s
  weight: 1
  questions:
  - {id: talk, text: q, weight: 30, answered_by: person, number: {steps: [{at_most: 40, points: 30}, {at_most: 50, points: 20}, {at_most: 60, points: 10}, {points: 0}]}}
  - {id: overlaps, text: q, weight: 10, answered_by: person, number: {steps: [{at_most: 0, points: 10}, {points: 0}]}}
  - {id: silences, text: q, weight: 10, answered_by: person, number: {steps: [{at_most: 0, points: 10}, {points: 0}]}}
",
    );
    for talk in [40.0, 50.0, 60.0, 70.0] {
        for overlaps in [0.0, 1.0] {
            for silences in [0.0, 1.0] {
                let miitel = 50.0 - (talk - 40.0) - 10.0 * overlaps - 10.0 * silences;
                let given = [talk, overlaps, silences].map(Answer::Number);
                assert_eq!(scored(&rubric, &given).0.score, Some(2.0 * miitel));
            }
        }
    }
}

#[test]
fn a_section_without_any_question_left_gives_its_weight_away() {
    let rubric = form(&format!(
        "sections:\n{}{}{}",
        section("a", "  weight: 60\n", &[question("q1", "")]),
        section("b", "  weight: 30\n", &[question("q2", "")]),
        section("c", "  weight: 10\n", &[question("q3", "")]),
    ));
    assert_eq!(scored(&rubric, &[Na, Yes, No]).0.score, Some(75.0));
    assert_eq!(scored(&rubric, &[Na, Na, Na]).0.score, None);
}

#[test]
fn what_is_hidden_is_not_applicable_and_what_may_be_abstains() {
    let rubric = form(&format!(
        "sections:\n{}{}",
        section(
            "a",
            "",
            &[
                question("complaint", ", weight: 0"),
                question("sorry", ", shown_when: {question: complaint, is: yes}"),
                question("again", ", shown_when: {question: sorry, is: no}"),
            ],
        ),
        section("b", "", &[question("other", "")]),
    ));
    let (score, answers) = scored(&rubric, &[No, No, Yes, Yes]);
    assert_eq!(score.score, Some(100.0));
    assert_eq!((&answers[1].answer, &answers[2].answer), (&Na, &Na));
    assert_eq!(
        answers[1].reason.as_deref(),
        Some("hidden: `complaint` is not yes")
    );
    // Both hang on what nobody knows: hidden (100), or shown with 0 of 1 and 1 of 1 (75).
    let (score, answers) = scored(&rubric, &[Abstain, No, Yes, Yes]);
    assert_eq!(
        (&answers[1].answer, &answers[2].answer),
        (&Abstain, &Abstain)
    );
    assert_eq!((answers[1].points, &answers[1].possible), (None, &vec![No]));
    assert_eq!(
        (score.score, score.low, score.high),
        (Some(100.0), Some(75.0), Some(100.0))
    );
    // The section as a whole: one cannot apply without the other.
    let mut answers: Vec<Answered> = rubric
        .questions()
        .zip([Yes, No, Yes, Yes])
        .map(|((_, q), a)| answered(q, "", a))
        .collect();
    let all = score_of(&rubric, &mut answers, &[None, Some(true)]);
    assert_eq!(
        (all.score, all.low, all.high),
        (Some(100.0), Some(75.0), Some(100.0))
    );
    assert_eq!(answers[0].answer, Abstain);
    let none = score_of(&rubric, &mut answers, &[Some(false), Some(true)]);
    assert_eq!((none.score, none.low), (Some(100.0), Some(100.0)));
    assert_eq!(answers[0].answer, Na);
}

fn score_of(rubric: &Rubric, answers: &mut [Answered], applies: &[Option<bool>]) -> FormScore {
    score(rubric, answers, applies)
}

#[test]
fn what_no_agent_could_help_leaves_the_agents_score() {
    let rubric = form(&format!(
        "sections:\n{}adjust:\n- {{id: slow, when: [{{question: system, is: no}}], subtract: 10}}\n",
        section(
            "s",
            "",
            &[
                question("system", ", controllable_by_agent: false"),
                question("sorry", ", shown_when: {question: system, is: no}"),
                question("solved", ""),
            ],
        ),
    ));
    let (score, answers) = scored(&rubric, &[No, Yes, No]);
    // 1 of 3, less 10; without the system and its rule 1 of 2: the apology stays.
    assert_eq!(
        (score.score, score.agent_score),
        (Some(23.333333), Some(50.0))
    );
    assert_eq!(answers[1].answer, Yes);
    // A failed answer with a cause elsewhere goes as well; one that earned all has none.
    let mut answers: Vec<Answered> = rubric
        .questions()
        .zip([No, Yes, No])
        .map(|((_, q), a)| answered(q, "", a))
        .collect();
    answers[1].cause = Some(Cause::System);
    answers[2].cause = Some(Cause::Policy);
    let score = score_of(&rubric, &mut answers, &[Some(true)]);
    assert_eq!(score.agent_score, Some(100.0));
    assert_eq!(
        (answers[1].cause, answers[2].cause),
        (None, Some(Cause::Policy))
    );
}

#[test]
fn a_score_outside_of_what_is_possible_is_the_nearest_that_is() {
    // The rest says 0; whatever the open one turns out to be, it earns at least half of its 10.
    let rubric = form(
        "bands: [{name: good, from: 50}, {name: weak, from: 25}, {name: poor, from: 0}]
sections:
- id: s
  title: s
  weight: 1
  questions:
  - {id: a, text: q, answered_by: person}
  - {id: b, text: q, answered_by: person, options: [{id: best, points: 10}, {id: well, points: 6}, {id: half, points: 5}, {id: none}]}
",
    );
    let mut answers: Vec<Answered> = rubric
        .questions()
        .zip([No, Abstain])
        .map(|((_, q), a)| answered(q, "", a))
        .collect();
    answers[1].possible = vec![choice("well"), choice("half")];
    let score = score_of(&rubric, &mut answers, &[Some(true)]);
    assert_eq!(
        (score.score, score.low, score.high),
        (Some(25.0), Some(25.0), Some(30.0))
    );
    assert_eq!(score.band.as_deref(), Some("weak"));
    assert_eq!(scored(&rubric, &[No, Abstain]).0.band, None);
}

#[test]
fn too_many_entangled_questions_widen_the_bounds_and_never_narrow_them() {
    // Fourteen open questions, each taking 1 off: 2^14 combinations are more than are tried.
    let questions: Vec<String> = (0..14).map(|i| question(&format!("q{i}"), "")).collect();
    let rules: String = (0..14)
        .map(|i| format!("- {{id: r{i}, when: [{{question: q{i}, is: yes}}], subtract: 1}}\n"))
        .collect();
    let rubric = form(&format!(
        "sections:\n{}adjust:\n{rules}",
        section("s", "", &questions)
    ));
    let (score, _) = scored(&rubric, &vec![Abstain; 14]);
    // The truth is 0 (none) to 86 (all).
    assert_eq!(score.low, Some(0.0));
    assert!((86.0..=100.0).contains(&score.high.unwrap()), "{score:?}");
}

/// A random question, small enough to shrink.
#[derive(Debug, Clone)]
struct Q {
    kind: usize,
    weight: usize,
    points: [usize; 3],
    flags: [bool; 4],
    parent: Option<(Index, Index)>,
    fail: Option<(Index, bool)>,
    tags: usize,
    /// What is possible if shown; `None` for everything.
    answer: Option<Index>,
    cause: usize,
}

#[derive(Debug, Clone)]
struct S {
    weight: usize,
    bonus: bool,
    minimum: Option<u8>,
    pass_at: Option<u8>,
    applies: Option<bool>,
    questions: Vec<Q>,
}

#[derive(Debug, Clone)]
struct A {
    when: Vec<(Index, Index)>,
    section: Option<Index>,
    change: i8,
    set: bool,
}

#[derive(Debug, Clone)]
struct F {
    sections: Vec<S>,
    adjust: Vec<A>,
    minimum: Option<u8>,
    pass_at: Option<u8>,
}

fn rarely<T: std::fmt::Debug + Clone + 'static>(
    strategy: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<T>> {
    prop_oneof![3 => Just(None), 1 => strategy.prop_map(Some)]
}

/// `open` of 10 questions are open.
fn any_form(open: u32) -> impl Strategy<Value = F> {
    let question = (
        (0..6_usize, 0..5_usize, prop::array::uniform3(0..5_usize)),
        prop::array::uniform4(prop::bool::weighted(0.2)),
        rarely(any::<(Index, Index)>()),
        rarely(any::<(Index, bool)>()),
        0..8_usize,
        prop_oneof![open => Just(None), 10 - open => any::<Index>().prop_map(Some)],
        0..8_usize,
    )
        .prop_map(
            |((kind, weight, points), flags, parent, fail, tags, answer, cause)| Q {
                kind,
                weight,
                points,
                flags,
                parent,
                fail,
                tags,
                answer,
                cause,
            },
        );
    let applies = prop_oneof![
        8 => Just(Some(true)),
        1 => Just(Some(false)),
        1 => Just(if open > 0 { None } else { Some(true) })
    ];
    let section = (
        0..4_usize,
        prop::bool::weighted(0.2),
        rarely(0..100_u8),
        rarely(0..100_u8),
        applies,
        prop::collection::vec(question, 1..4),
    )
        .prop_map(|(weight, bonus, minimum, pass_at, applies, questions)| S {
            weight,
            bonus,
            minimum,
            pass_at,
            applies,
            questions,
        });
    let adjust = (
        prop::collection::vec(any::<(Index, Index)>(), 1..3),
        prop_oneof![Just(None), any::<Index>().prop_map(Some)],
        -60..60_i8,
        prop::bool::weighted(0.3),
    )
        .prop_map(|(when, section, change, set)| A {
            when,
            section,
            change,
            set,
        });
    (
        prop::collection::vec(section, 1..4),
        prop::collection::vec(adjust, 0..3),
        rarely(0..100_u8),
        rarely(0..110_u8),
    )
        .prop_map(|(sections, adjust, minimum, pass_at)| F {
            sections,
            adjust,
            minimum,
            pass_at,
        })
}

fn never() -> Rule {
    Rule::Metric(MetricRule {
        name: "none".to_string(),
        at_least: None,
        at_most: None,
    })
}

fn ids(kind: &Kind) -> Vec<String> {
    match kind {
        Kind::YesNo { .. } => vec!["yes".to_string(), "no".to_string()],
        Kind::Options { choices, .. } | Kind::MultiSelect { choices, .. } => {
            choices.iter().map(|c| c.id.clone()).collect()
        }
        Kind::Number { .. } | Kind::Comment => Vec::new(),
    }
}

impl F {
    /// The form, its answers, and which sections apply.
    fn build(&self) -> (Rubric, Vec<Answered>, Vec<Option<bool>>) {
        let mut seen: Vec<Question> = Vec::new();
        let mut answers = Vec::new();
        let condition = |seen: &[Question], (which, is): &(Index, Index)| {
            let asked: Vec<&Question> = seen.iter().filter(|q| !ids(&q.kind).is_empty()).collect();
            let question = asked.get(which.index(asked.len().max(1)))?;
            let ids = ids(&question.kind);
            let is = vec![ids[is.index(ids.len())].clone()];
            Some(AnswerIs {
                question: question.id.clone(),
                is,
            })
        };
        let mut sections = Vec::new();
        for (s, section) in self.sections.iter().enumerate() {
            let mut questions = Vec::new();
            for q in &section.questions {
                let kind = q.kind();
                let ids = ids(&kind);
                let fail = q.fail.as_ref().filter(|_| !ids.is_empty() && !q.flags[0]);
                let auto_fail = fail.map(|(on, form)| AutoFail {
                    on: vec![ids[on.index(ids.len())].clone()],
                    of: if *form {
                        FailScope::Form
                    } else {
                        FailScope::Section
                    },
                });
                let tags: BTreeSet<Tag> = Tag::ALL
                    .into_iter()
                    .enumerate()
                    .filter(|(i, _)| q.tags >> i & 1 == 1)
                    .map(|(_, tag)| tag)
                    .collect();
                let question = Question {
                    id: format!("q{}", seen.len()),
                    text: String::new(),
                    help: None,
                    why: None,
                    good: None,
                    answered_by: AnsweredBy::Person,
                    weight: [0.0, 1.0, 2.0, 3.5, 10.0][q.weight],
                    tags,
                    critical: q.flags[1] && !q.flags[0],
                    celebrate: q.flags[0],
                    controllable_by_agent: !q.flags[2],
                    causes: match q.cause {
                        0 | 1 => vec![CauseRule {
                            cause: Cause::System,
                            when: never(),
                        }],
                        _ => Vec::new(),
                    },
                    auto_fail,
                    applies_when: q.flags[3].then(never),
                    shown_when: q.parent.as_ref().and_then(|p| condition(&seen, p)),
                    meaning: String::new(),
                    kind,
                };
                let mut answer = answered(&question, &format!("s{s}"), Abstain);
                if let Some(which) = &q.answer {
                    let mut all = all_answers(&question);
                    if !all.contains(&Na) {
                        all.push(Na);
                    }
                    answer.answer = all[which.index(all.len())].clone();
                    answer.possible = vec![answer.answer.clone()];
                    answer.cause = (q.cause == 0).then_some(Cause::System);
                }
                answers.push(answer);
                questions.push(question.clone());
                seen.push(question);
            }
            sections.push(Section {
                id: format!("s{s}"),
                title: String::new(),
                weight: [0.0, 1.0, 2.5, 20.0][section.weight],
                bonus: section.bonus,
                applies_when: None,
                minimum: section.minimum.map(f64::from),
                pass_at: section.pass_at.map(f64::from),
                questions,
            });
        }
        let adjustments = self.adjust.iter().enumerate().filter_map(|(i, a)| {
            let when = a
                .when
                .iter()
                .filter_map(|w| condition(&seen, w))
                .collect::<Vec<_>>();
            (!when.is_empty()).then(|| Adjustment {
                id: format!("a{i}"),
                text: None,
                when,
                section: a
                    .section
                    .map(|s| sections[s.index(sections.len())].id.clone()),
                change: if a.set {
                    Change::Set(f64::from(a.change.abs()))
                } else {
                    Change::Add(f64::from(a.change))
                },
            })
        });
        let rubric = Rubric {
            rubric: "r".to_string(),
            version: "2".to_string(),
            valid_from: None,
            valid_until: None,
            title: String::new(),
            about: None,
            applies_to: AppliesTo::default(),
            pass_at: self.pass_at.map(f64::from),
            bands: Vec::new(),
            minimum: self.minimum.map(f64::from),
            adjustments: adjustments.collect(),
            sections,
            key: String::new(),
            source: String::new(),
        };
        let applies = self.sections.iter().map(|s| s.applies).collect();
        (rubric, answers, applies)
    }
}

impl Q {
    fn kind(&self) -> Kind {
        let [a, b, c] = self.points.map(|p| [0.0, 1.0, 2.0, 5.0, 10.0][p]);
        let choices = || {
            [("x", a), ("y", b), ("z", c)]
                .map(|(id, points)| Choice {
                    id: id.to_string(),
                    text: String::new(),
                    points,
                    when: None,
                })
                .to_vec()
        };
        match self.kind {
            0 => Kind::YesNo {
                points: Points { yes: a, no: b },
                ways: Vec::new(),
            },
            1 => Kind::Options {
                choices: choices(),
                scale: false,
            },
            2 => Kind::Options {
                choices: choices(),
                scale: true,
            },
            3 => Kind::Number {
                quantity: Quantity::Stated,
                steps: vec![
                    Step {
                        at_most: Some(1.0),
                        points: a,
                    },
                    Step {
                        at_most: Some(3.0),
                        points: b,
                    },
                    Step {
                        at_most: None,
                        points: c,
                    },
                ],
            },
            4 => Kind::MultiSelect {
                choices: choices(),
                most: Some(7.0),
            },
            _ => Kind::Comment,
        }
    }
}

/// All worlds that are possible, each scored as a form without abstentions; `None` where there
/// are too many. The cause of an answer that is open may be inside or outside of the agent.
fn all_worlds(
    rubric: &Rubric,
    answers: &[Answered],
    applies: &[Option<bool>],
) -> Option<Vec<FormScore>> {
    let mut sizes: Vec<usize> = applies
        .iter()
        .map(|a| if a.is_none() { 2 } else { 1 })
        .collect();
    let questions: Vec<&Question> = rubric.questions().map(|(_, q)| q).collect();
    // Whether an answer abstains only turns up when conditions are settled.
    let mut settled = answers.to_vec();
    score(rubric, &mut settled, applies);
    for (i, answer) in answers.iter().enumerate() {
        let causes = settled[i].answer == Abstain && !questions[i].causes.is_empty();
        sizes.push(answer.possible.len() * if causes { 2 } else { 1 });
    }
    if sizes.iter().map(|n| *n as f64).product::<f64>() > 3_000.0 {
        return None;
    }
    let mut at = vec![0; sizes.len()];
    let mut worlds = Vec::new();
    loop {
        let (sections, which) = at.split_at(applies.len());
        let applies: Vec<Option<bool>> = applies
            .iter()
            .zip(sections)
            .map(|(a, at)| a.or(Some(*at == 0)))
            .collect();
        let mut world = answers.to_vec();
        for (i, answer) in world.iter_mut().enumerate() {
            let n = answers[i].possible.len();
            answer.answer = answers[i].possible[which[i] % n].clone();
            answer.possible = vec![answer.answer.clone()];
            if settled[i].answer == Abstain && !questions[i].causes.is_empty() {
                answer.cause = (which[i] >= n).then_some(Cause::System);
            }
        }
        worlds.push(score(rubric, &mut world, &applies));
        let Some(next) = (0..at.len()).find(|i| at[*i] + 1 < sizes[*i]) else {
            return Some(worlds);
        };
        at[next] += 1;
        at[..next].fill(0);
    }
}

fn span(worlds: &[FormScore], of: impl Fn(&FormScore) -> Option<f64>) -> Option<(f64, f64)> {
    let scores: Vec<f64> = worlds.iter().filter_map(of).collect();
    let low = scores.iter().copied().reduce(f64::min)?;
    Some((low, scores.into_iter().reduce(f64::max)?))
}

fn same(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 2.5e-6,
        (a, b) => a == b,
    }
}

fn is_span(low: Option<f64>, high: Option<f64>, truth: Option<(f64, f64)>) -> bool {
    same(low, truth.map(|t| t.0)) && same(high, truth.map(|t| t.1))
}

/// What many worlds say together.
fn verdict_of(worlds: &[Option<Verdict>]) -> Option<Verdict> {
    let fails = worlds.iter().filter(|v| **v == Some(Verdict::Fail)).count();
    match fails {
        0 => worlds.iter().copied().flatten().next(),
        n if n == worlds.len() => Some(Verdict::Fail),
        _ => Some(Verdict::Undetermined),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn bounds_and_verdicts_are_those_of_all_worlds(spec in any_form(4)) {
        let (rubric, answers, applies) = spec.build();
        let Some(worlds) = all_worlds(&rubric, &answers, &applies) else { return Ok(()) };
        let mut settled = answers.clone();
        let score = score(&rubric, &mut settled, &applies);

        let truth = span(&worlds, |w| w.score);
        prop_assert!(is_span(score.low, score.high, truth), "{truth:?} {score:#?}");
        let truth = span(&worlds, |w| w.agent_score);
        prop_assert!(is_span(score.agent_low, score.agent_high, truth), "agent {truth:?} {score:#?}");
        // Without a score there is nothing to pass.
        let verdicts: Vec<_> = worlds
            .iter()
            .map(|w| (w.score.is_some() || w.verdict == Verdict::Fail).then_some(w.verdict))
            .collect();
        prop_assert_eq!(score.verdict, verdict_of(&verdicts).unwrap_or(Verdict::NotApplicable));
        let verdicts: Vec<_> = worlds.iter().map(|w| w.critical_verdict).collect();
        prop_assert_eq!(score.critical_verdict, verdict_of(&verdicts));
        for (p, part) in score.parts.iter().enumerate() {
            let truth = span(&worlds, |w| w.parts[p].score);
            prop_assert!(is_span(part.low, part.high, truth), "{truth:?} {part:?}");
            let verdicts: Vec<_> = worlds.iter().map(|w| w.parts[p].verdict).collect();
            prop_assert_eq!(part.verdict, verdict_of(&verdicts), "{:?}", part);
            if let Some(score) = part.score {
                prop_assert!(part.low.unwrap() <= score && score <= part.high.unwrap());
            }
        }
        if let Some(value) = score.score {
            prop_assert!(score.low.unwrap() <= value && value <= score.high.unwrap());
        }
        // The score before a fail lies where the worlds' lie.
        if let (Some(before), Some((low, high))) =
            (score.score_before_auto_fail, span(&worlds, |w| w.score_before_auto_fail))
        {
            prop_assert!(low - 2e-6 <= before && before <= high + 2e-6);
        }
        // An answer is settled exactly where all worlds agree that it is hidden or shown.
        for (given, settled) in answers.iter().zip(&settled) {
            let same = settled.answer == given.answer;
            prop_assert!(same || matches!(settled.answer, Na | Abstain));
            prop_assert_eq!(settled.points.is_some(), settled.answer.is_given());
        }
    }

    #[test]
    fn without_abstentions_the_bounds_meet_and_the_weights_carry_the_score(spec in any_form(0)) {
        let (rubric, mut answers, applies) = spec.build();
        let score = score(&rubric, &mut answers, &applies);
        prop_assert_eq!((score.low, score.high), (score.score, score.score));
        prop_assert_eq!((score.agent_low, score.agent_high), (score.agent_score, score.agent_score));
        let bonus = |a: &Answered| rubric.sections.iter().any(|s| s.id == a.section && s.bonus);
        let sum: f64 = answers.iter().filter(|a| !bonus(a)).filter_map(|a| a.weight).sum();
        prop_assert!(sum == 0.0 || (sum - 1.0).abs() < 1e-9, "{sum}");
        prop_assert_eq!(sum > 0.0, score.score.is_some());
        let most: f64 = rubric.sections.iter().filter(|s| s.bonus).map(|s| s.weight).sum();
        if let Some(value) = score.score {
            prop_assert!((0.0..=100.0 + most + 1e-6).contains(&value));
        }
        for part in &score.parts {
            prop_assert!(part.score.is_none_or(|s| (0.0..=100.0).contains(&s)));
        }
        // Without rules and fails the weights carry the score.
        let plain = rubric.adjustments.is_empty()
            && rubric.minimum.is_none()
            && rubric.sections.iter().all(|s| s.minimum.is_none())
            && answers.iter().all(|a| !a.auto_fail);
        if let (true, Some(value)) = (plain, score.score) {
            let carried: f64 = answers
                .iter()
                .filter_map(|a| Some(a.weight? * a.points? / a.max_points))
                .sum();
            prop_assert!((100.0 * carried - value).abs() < 1e-5, "{carried} {value}");
        }
        for (answer, (_, question)) in answers.iter().zip(rubric.questions()) {
            let all = answer.points.is_none_or(|p| p == answer.max_points);
            prop_assert!(answer.cause.is_none() || !all || answer.auto_fail);
            prop_assert!(!(question.celebrate && answer.weight.is_some()));
        }
    }

    #[test]
    fn not_applicable_equals_removing_the_question(spec in any_form(3), which in any::<Index>()) {
        let (mut rubric, mut answers, mut applies) = spec.build();
        let i = which.index(answers.len());
        let id = answers[i].question.clone();
        answers[i].answer = Na;
        answers[i].possible = vec![Na];
        // Rules and children that ask for it would be left without a question to ask for.
        let named = |is: &AnswerIs| is.question == id;
        rubric.adjustments.retain(|a| !a.when.iter().any(named));
        for question in rubric.sections.iter_mut().flat_map(|s| &mut s.questions) {
            question.shown_when = question.shown_when.take().filter(|is| !named(is));
        }
        let with = score(&rubric, &mut answers.clone(), &applies);
        answers.remove(i);
        for section in &mut rubric.sections {
            section.questions.retain(|q| q.id != id);
        }
        if let Some(s) = rubric.sections.iter().position(|s| s.questions.is_empty()) {
            let gone = rubric.sections.remove(s);
            rubric.adjustments.retain(|a| a.section.as_ref() != Some(&gone.id));
            applies.remove(s);
        }
        let without = score(&rubric, &mut answers, &applies);
        for (a, b) in [
            (with.score, without.score),
            (with.low, without.low),
            (with.high, without.high),
            (with.agent_score, without.agent_score),
        ] {
            prop_assert!(same(a, b), "{a:?} {b:?}");
        }
        prop_assert_eq!(with.verdict, without.verdict);
        prop_assert_eq!(with.critical_verdict, without.critical_verdict);
    }

    #[test]
    fn not_applicable_raises_the_score_only_where_the_question_scored_below_it(
        spec in any_form(0),
        which in any::<Index>(),
    ) {
        // In a form of one section without rules or fails, where question and form compare.
        let (mut rubric, mut answers, _) = F { adjust: Vec::new(), minimum: None, ..spec }.build();
        rubric.sections.truncate(1);
        let section = &mut rubric.sections[0];
        (section.minimum, section.bonus, section.weight) = (None, false, 1.0);
        for question in &mut section.questions {
            (question.auto_fail, question.shown_when) = (None, None);
        }
        answers.truncate(section.questions.len());
        let i = which.index(answers.len());
        let before = score(&rubric, &mut answers, &[Some(true)]).score;
        let own = answers[i].weight.and(answers[i].points).map(|p| 100.0 * p / answers[i].max_points);
        answers[i].answer = Na;
        let after = score(&rubric, &mut answers, &[Some(true)]).score;
        if let (Some(before), Some(after)) = (before, after) {
            let own = own.unwrap_or(before);
            prop_assert!(after <= before + 2e-6 || own < before, "{own} {before} {after}");
            prop_assert!(after >= before - 2e-6 || own > before, "{own} {before} {after}");
        }
    }

    #[test]
    fn the_order_in_the_file_does_not_matter(
        spec in any_form(3),
        keys in prop::collection::vec(any::<u32>(), 24),
    ) {
        let (rubric, answers, applies) = spec.build();
        let score_one = score(&rubric, &mut answers.clone(), &applies);
        // Sections and questions by key, but parents above their children.
        let of = |id: &str| answers.iter().position(|a| a.question == id).unwrap();
        let parent = |q: &Question| q.shown_when.as_ref().map(|p| of(&p.question));
        let section_of: Vec<usize> = rubric.questions().map(|(s, _)| s).collect();
        let in_order = |n: usize, key: &dyn Fn(usize) -> u32, after: &dyn Fn(usize, &[usize]) -> bool| {
            let mut order: Vec<usize> = Vec::new();
            while order.len() < n {
                let free = (0..n).filter(|i| !order.contains(i) && after(*i, &order));
                order.push(free.min_by_key(|i| key(*i)).unwrap());
            }
            order
        };
        let questions: Vec<&Question> = rubric.questions().map(|(_, q)| q).collect();
        let sections = in_order(rubric.sections.len(), &|s| keys[s], &|s, placed| {
            rubric.sections[s].questions.iter().filter_map(parent).all(|p| {
                section_of[p] == s || placed.contains(&section_of[p])
            })
        });
        let order = in_order(answers.len(), &|i| keys[4 + i], &|i, placed| {
            parent(questions[i]).is_none_or(|p| placed.contains(&p))
        });
        let mut other = rubric.clone();
        let mut other_answers = Vec::new();
        other.sections = sections
            .iter()
            .map(|s| {
                let mut section = rubric.sections[*s].clone();
                let own: Vec<usize> =
                    order.iter().copied().filter(|i| section_of[*i] == *s).collect();
                section.questions = own.iter().map(|i| questions[*i].clone()).collect();
                other_answers.extend(own.iter().map(|i| answers[*i].clone()));
                section
            })
            .collect();
        other.adjustments.reverse();
        let other_applies: Vec<_> = sections.iter().map(|s| applies[*s]).collect();
        let mut score_two = score(&other, &mut other_answers, &other_applies);
        score_two.parts.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
        let mut score_one = score_one;
        score_one.parts.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
        for score in [&mut score_one, &mut score_two] {
            score.auto_failed_by.sort();
            score.adjusted_by.sort();
        }
        prop_assert_eq!(score_one, score_two);
    }
}
