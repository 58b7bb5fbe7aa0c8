//! What an agent's page says, and when it has to keep silent.

use super::super::scope::{Calls, Links};
use super::super::templates;
use super::*;
use crate::report::records::{
    AgentCompared, AgentDay, Answer, Automatic, Call, Coaching, FairScore, QuestionDay, Talk,
};
use crate::rubric::{self, Rubric};

fn form() -> Rubric {
    let question = |id: &str, more: &str| {
        format!(
            "  - id: {id}\n    text: Was it {id}?\n{more}    yes_when: {{said: {{by: agent, any: [hello]}}}}\n"
        )
    };
    let yaml = format!(
        "rubric: care\nversion: '1'\ntitle: Care\nsections:\n- id: all\n  title: All\n  weight: 1\n  \
         questions:\n{}{}{}{}{}{}",
        question("warm", ""),
        question("clear", "    why: So that nobody calls again.\n"),
        question("quick", "    controllable_by_agent: false\n"),
        question("kind", "    celebrate: true\n"),
        question("rude", "    points: {yes: 0, no: 5}\n"),
        question("long", "    weight: 0\n"),
    );
    rubric::parse(&yaml, "care.yaml").unwrap_or_else(|e| panic!("{e}"))
}

pub(super) fn scope() -> Scope {
    Scope {
        from: "2026-03-31".into(),
        to: "2026-03-31".into(),
        dates: Vec::new(),
        all_dates: Vec::new(),
        earlier: BTreeSet::new(),
        minutes: 40,
        minimum_group: 1,
        recordings: None,
        consent: BTreeSet::new(),
        forms: vec![form()],
        asked: Vec::new(),
        calibration: Default::default(),
        coaching: Vec::new(),
    }
}

fn meaning(question: &str) -> Text {
    let form = form();
    let (_, found) = form.questions().find(|(_, q)| q.id == question).unwrap();
    found.meaning.as_str().into()
}

/// An agent's calls of a day: their scores are 70, and of each question so many are *yes*.
fn day(n: i8, agent: &str, calls: i64, yes: &[(&str, i64)]) -> DailyRows {
    let agent: Text = agent.into();
    let questions = yes.iter().map(|&(question, yes)| QuestionDay {
        agent: agent.clone(),
        rubric: "care".into(),
        question: question.into(),
        meaning: meaning(question),
        put: calls,
        yes,
        no: calls - yes,
        ..QuestionDay::default()
    });
    DailyRows {
        date: format!("2026-03-{n:02}").into(),
        questions: questions.collect(),
        agents: vec![AgentDay {
            agent,
            team: Some("red".into()),
            rubric: "care".into(),
            rubric_version: "1".into(),
            calls,
            scored: calls,
            score_sum: 70.0 * calls as f64,
            with_score: calls,
            ..AgentDay::default()
        }],
        ..DailyRows::default()
    }
}

/// Ten days of six calls.
fn ten_days(agent: &str, yes: &[(&str, i64)]) -> Vec<DailyRows> {
    (1..=10).map(|n| day(n, agent, 6, yes)).collect()
}

fn agents(scope: &Scope, days: &[DailyRows]) -> Agents {
    let mut agents = Agents::default();
    days.iter().for_each(|day| agents.past(scope, day));
    agents.choose(scope);
    agents
}

/// The pages, by agent.
fn pages(scope: &Scope, days: &[DailyRows]) -> BTreeMap<String, String> {
    let agents = agents(scope, days);
    let calls = Calls::default();
    let subjects = agents.subjects(scope);
    let links = Links::new([].iter(), subjects.agents.iter(), [].iter(), false);
    let templates = templates();
    let site = Site::new(scope, &calls, &links, &templates);
    let pages = agents.pages(&site).unwrap();
    let main = |html: &str| {
        let from = html.find("<main").unwrap();
        html[from..html.find("</main>").unwrap()].to_string()
    };
    pages
        .into_iter()
        .map(|page| (page.path, main(&page.html)))
        .collect()
}

fn compared(question: &str, flag: &str, fit: &str) -> AgentCompared {
    let (rate, expected) = match flag {
        "above" => (0.9, 0.7),
        _ => (0.5, 0.7),
    };
    AgentCompared {
        rubric: "care".into(),
        question: question.into(),
        meaning: meaning(question),
        agent: "kim".into(),
        compared_calls: 58,
        rate: Some(rate),
        expected: Some(expected),
        difference: Some(rate - expected),
        difference_low: Some(rate - expected - 0.1),
        difference_high: Some(rate - expected + 0.1),
        flag: flag.into(),
        fit: fit.into(),
        ..AgentCompared::default()
    }
}

/// What people found of the automatic answers to a question.
fn checked(question: &str, fit: &str, npv: f64) -> Automatic {
    Automatic {
        rubric: "care".into(),
        question: question.into(),
        meaning: meaning(question),
        reference: "people".into(),
        audited: 60,
        npv: Some(npv),
        fit: fit.into(),
        ..Automatic::default()
    }
}

fn note(question: &str, follow_up: Option<&str>, done: Option<&str>) -> Coaching {
    Coaching {
        agent: "kim".into(),
        rubric: "care".into(),
        question: question.into(),
        coached_on: "2026-03-03".into(),
        coach: Some("anna".into()),
        minutes: Some(20),
        action: Some("Say <b>hello</b>.".into()),
        follow_up_on: follow_up.map(Text::from),
        done_on: done.map(Text::from),
        ..Coaching::default()
    }
}

fn work(choice: &Choice) -> Vec<&str> {
    choice.work.iter().map(|named| &*named.asked.1).collect()
}

fn strengths(choice: &Choice) -> Vec<&str> {
    choice
        .strengths
        .iter()
        .map(|named| &*named.asked.1)
        .collect()
}

#[test]
fn own_calls_name_strengths_and_what_is_missed_by_checked_answers_more_than_by_others() {
    let yes = [("warm", 6), ("clear", 3), ("quick", 0), ("kind", 1)];
    let mut scope = scope();
    let days = ten_days("kim", &yes);
    let found = agents(&scope, &days);
    let kim = &found.choices["kim"];
    assert_eq!(strengths(kim), ["warm"]);
    assert_eq!(&*kim.celebrated[0].1, "kind");
    // Nobody has checked any answer.
    assert_eq!(work(kim), [""; 0]);
    let page = &pages(&scope, &days)["agent/kim.html"];
    assert!(page.contains("nobody knows yet how often"), "{page}");
    let row = |difference: f64, expected: f64| AgentCompared {
        rate: Some(0.5),
        expected: Some(expected),
        difference: Some(difference),
        shrunken: Some(difference / 2.0),
        ..compared("clear", "no_difference", "hint")
    };
    let picked = |scope: &mut Scope, row: AgentCompared, right: Automatic| {
        scope.calibration.agents = vec![row];
        scope.calibration.automatic = vec![right];
        work(&agents(scope, &days).choices["kim"]).len()
    };
    assert_eq!(
        picked(&mut scope, row(-0.1, 0.6), checked("clear", "hint", 0.8)),
        1
    );
    // A *no* that is more often wrong, answers that are not known to be right, too little to
    // compare.
    assert_eq!(
        picked(&mut scope, row(-0.1, 0.6), checked("clear", "hint", 0.4)),
        0
    );
    assert_eq!(
        picked(
            &mut scope,
            row(-0.1, 0.6),
            checked("clear", "not_known", 0.8)
        ),
        0
    );
    let few = AgentCompared {
        flag: "not_enough".into(),
        ..row(-0.1, 0.6)
    };
    assert_eq!(picked(&mut scope, few, checked("clear", "hint", 0.8)), 0);
    // No worse than the others: no matter of this agent.
    assert_eq!(
        picked(&mut scope, row(0.05, 0.45), checked("clear", "hint", 0.8)),
        0
    );
    let page = &pages(&scope, &days)["agent/kim.html"];
    assert!(page.contains("Nothing stands out"), "{page}");
    let everybody = "“Was it clear?” is often missed, but by everybody: as the program counts, yes \
                     in 50 % of your 58 calls up to the last calibration, and on like calls in 45 %";
    assert!(page.contains(everybody), "{page}");
    scope.calibration.agents = vec![row(-0.1, 0.6)];
    // Missed seldom: 6 of 60 may be chance.
    let seldom: Vec<DailyRows> = (1..=10)
        .map(|n| day(n, "kim", 6, &[("clear", if n < 7 { 5 } else { 6 })]))
        .collect();
    assert_eq!(work(&agents(&scope, &seldom).choices["kim"]), [""; 0]);
    // On four days there is no rate, however many calls they have.
    let few = agents(&scope, &ten_days("kim", &yes)[..4]);
    assert_eq!(work(&few.choices["kim"]), [""; 0]);
    assert_eq!(strengths(&few.choices["kim"]), ["warm"]);
}

#[test]
fn what_the_numbers_carry_goes_first_and_only_where_the_automatic_answer_may_stand_alone() {
    let days = ten_days("kim", &[("warm", 4), ("clear", 2)]);
    let mut scope = scope();
    let both = |fit| {
        vec![
            compared("clear", "below", "hint"),
            compared("warm", "below", fit),
        ]
    };
    scope.calibration.agents = both("automatic");
    assert_eq!(work(&agents(&scope, &days).choices["kim"]), ["warm"]);
    let page = &pages(&scope, &days)["agent/kim.html"];
    assert!(!page.contains("Listen first:"), "{page}");
    scope.calibration.agents = both("not_fit");
    assert_eq!(work(&agents(&scope, &days).choices["kim"]), ["clear"]);
    let page = &pages(&scope, &days)["agent/kim.html"];
    assert!(page.contains("Listen first: the program may be"), "{page}");
    // A question on which others do better is no strength, however often it passes.
    let days = ten_days("kim", &[("warm", 6)]);
    assert_eq!(strengths(&agents(&scope, &days).choices["kim"]), [""; 0]);
    // Nor one on which others are a little better, as far as is known.
    let beside = |expected: f64| AgentCompared {
        rate: Some(0.905),
        expected: Some(expected),
        ..compared("warm", "no_difference", "automatic")
    };
    for (expected, is_strength) in [(0.93, false), (0.911, true)] {
        scope.calibration.agents = vec![beside(expected)];
        let found = agents(&scope, &days);
        assert_eq!(
            strengths(&found.choices["kim"]).len(),
            usize::from(is_strength)
        );
    }
    scope.calibration.agents = vec![compared("warm", "above", "automatic")];
    let page = &pages(&scope, &days)["agent/kim.html"];
    let words = "Yes in 90 % of 58 calls up to the last calibration; on like calls, all others \
                 together in 70 %. That is about 20 in 100 more (10 to 30 with chance allowed for).";
    assert!(page.contains(words), "{page}");
    // Nothing is made of answers that err too often.
    scope.calibration.agents.clear();
    scope.calibration.automatic = vec![checked("warm", "not_fit", 0.9)];
    assert_eq!(strengths(&agents(&scope, &days).choices["kim"]), [""; 0]);
}

/// An open agreement is the one thing, whatever the numbers say; told as on the report's last day.
#[test]
fn an_open_agreement_is_the_one_thing_to_work_on() {
    let days = ten_days("kim", &[("warm", 6), ("clear", 2)]);
    for (follow_up, done, is_open, says) in [
        (
            Some("2026-04-10"),
            None,
            true,
            "on 10 April 2026, in 10 days",
        ),
        (Some("2026-03-31"), None, true, "again today, 31 March 2026"),
        (
            Some("2026-03-21"),
            None,
            true,
            "21 March 2026, 10 days ago. Is it done?",
        ),
        (None, None, true, "No day to look at it again was agreed."),
        (Some("2026-03-21"), Some("2026-04-02"), true, "10 days ago"),
        (
            None,
            Some("2026-03-30"),
            false,
            "Looked at again on 30 March 2026: done.",
        ),
    ] {
        let mut scope = scope();
        scope.coaching = vec![note("warm", follow_up, done)];
        scope.calibration.agents = vec![compared("clear", "below", "automatic")];
        let found = agents(&scope, &days);
        let first = work(&found.choices["kim"])[0].to_string();
        assert_eq!(first, if is_open { "warm" } else { "clear" });
        let page = &pages(&scope, &days)["agent/kim.html"];
        assert!(page.contains(says), "{says}: {page}");
        assert!(
            page.contains("Say &lt;b&gt;hello&lt;&#x2f;b&gt;."),
            "{page}"
        );
    }
}

/// What was done lately comes after what was not, and if it is the thing again, that is said.
#[test]
fn what_was_just_worked_on_does_not_come_back_as_if_nothing_had_happened() {
    let days = ten_days("kim", &[("warm", 2), ("clear", 2)]);
    let below = |question| AgentCompared {
        shrunken: Some(if question == "warm" { -0.3 } else { -0.2 }),
        ..compared(question, "below", "automatic")
    };
    let mut scope = scope();
    scope.coaching = vec![note("warm", None, Some("2026-03-30"))];
    scope.calibration.agents = vec![below("warm"), below("clear")];
    let first = |scope: &Scope| work(&agents(scope, &days).choices["kim"])[0].to_string();
    assert_eq!(first(&scope), "clear");
    scope.calibration.agents = vec![below("warm")];
    let page = &pages(&scope, &days)["agent/kim.html"];
    let words = "You and your coach worked on this until 30 March 2026. Yes in 50 % of 58 calls";
    assert!(page.contains(words), "{page}");
    assert!(page.contains("No agreement on this is open."), "{page}");
    assert_eq!(page.matches("Say &lt;b&gt;hello").count(), 1, "{page}");
    // Four weeks later it is as any other.
    scope.coaching = vec![note("warm", None, Some("2026-03-02"))];
    scope.calibration.agents = vec![below("warm"), below("clear")];
    assert_eq!(first(&scope), "warm");
    assert!(!pages(&scope, &days)["agent/kim.html"].contains("worked on this until"));
}

#[test]
fn what_was_agreed_and_is_above_the_others_is_told_as_that_once() {
    let days = ten_days("kim", &[("warm", 6)]);
    let mut scope = scope();
    scope.coaching = vec![Coaching {
        followed_flag: Some("no_difference".into()),
        calls_before: Some(30),
        calls_after: Some(40),
        rate_before: Some(0.6),
        rate_after: Some(0.9),
        ..note("warm", Some("2026-04-10"), None)
    }];
    let difference = "Yes in 90 % of 58 calls up to the last calibration; on like calls, all others \
                      together in 70 %. That is about 20 in 100 more (10 to 30 with chance allowed \
                      for).";
    for (fit, is_told) in [("automatic", true), ("hint", false)] {
        scope.calibration.agents = vec![compared("warm", "above", fit)];
        let page = &pages(&scope, &days)["agent/kim.html"];
        assert_eq!(
            page.matches(difference).count(),
            usize::from(is_told),
            "{page}"
        );
        assert_eq!(page.contains("look together whether it is done"), is_told);
    }
    // The talk was on 3 March.
    for (last, says) in [
        (
            "2026-03-30",
            "; since then, up to the last calibration, in 90 % of 40 calls.",
        ),
        (
            "2026-03-31",
            "; in the four weeks after, in 90 % of 40 calls.",
        ),
    ] {
        scope.all_dates = vec![last.into()];
        let page = &pages(&scope, &days)["agent/kim.html"];
        assert!(page.contains(says), "{says}: {page}");
    }
}

#[test]
fn too_few_calls_are_no_figure_and_that_is_said() {
    let scope = scope();
    let days = [
        day(2, "kim", 6, &[("warm", 6), ("clear", 1)]),
        day(3, "kim", 3, &[("warm", 3)]),
    ];
    let page = &pages(&scope, &days)["agent/kim.html"];
    for words in [
        "9 calls from 2 March 2026 to 3 March 2026",
        "one takes 20 calls on 5 days. 11 more scored calls and 3 more days with calls are missing",
        "In all 9 calls in which it could be told; too few yet to say how often.",
        "There are too few calls to pick anything",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains(" %"), "{page}");
}

#[test]
fn nobody_finds_a_colleague_on_the_page_and_small_groups_have_no_figures() {
    let mut scope = scope();
    let days: Vec<DailyRows> = ["kim", "lee"]
        .iter()
        .flat_map(|agent| ten_days(agent, &[("warm", 6), ("clear", 3)]))
        .collect();
    let found = pages(&scope, &days);
    assert!(!found["agent/kim.html"].contains("lee"));
    assert!(found["agent/kim.html"].contains("Yes in 100 % of 60 calls"));
    assert!(found["agent/kim.html"].contains("Score by week"));
    scope.minimum_group = 3;
    for page in pages(&scope, &days).values() {
        assert!(page.contains("only where 3 people or more"), "{page}");
        assert!(!page.contains(" %") && !page.contains("<svg"), "{page}");
    }
}

/// Being often rude, or long, is no strength; and of what was agreed, a *no* is what went well.
#[test]
fn where_no_earns_the_points_yes_is_not_praised() {
    let days = ten_days("kim", &[("warm", 6), ("rude", 6), ("long", 6)]);
    let mut scope = scope();
    let found = agents(&scope, &days);
    assert_eq!(strengths(&found.choices["kim"]), ["warm"]);
    let compared = |flag| {
        let questions = ["rude", "long"].iter();
        questions.map(|q| compared(q, flag, "automatic")).collect()
    };
    scope.calibration.agents = compared("above");
    let found = agents(&scope, &days);
    assert_eq!(strengths(&found.choices["kim"]), ["warm"]);
    scope.calibration.agents = compared("below");
    assert_eq!(work(&agents(&scope, &days).choices["kim"]), [""; 0]);

    let days = ten_days("kim", &[("rude", 4)]);
    scope.coaching = vec![note("rude", Some("2026-04-10"), None)];
    scope.calibration.agents = compared("above");
    let page = &pages(&scope, &days)["agent/kim.html"];
    for words in [
        "agreed on. No in 33 % of 60 calls",
        "No by week: Was it rude?",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let mut found = agents(&scope, &days);
    let answer = |id: &str, answer: &str| Answer {
        call_id: id.into(),
        rubric: "care".into(),
        question: "rude".into(),
        meaning: meaning("rude"),
        answer: answer.into(),
        scorer: "automatic".into(),
        confidence: Some(0.9),
        ..Answer::default()
    };
    let call = |id: &str| Call {
        call_id: id.into(),
        agent: "kim".into(),
        ..Call::default()
    };
    let heard = Answers {
        date: "2026-03-02".into(),
        calls: vec![call("polite"), call("rude")],
        of_record: vec![answer("polite", "no"), answer("rude", "yes")],
    };
    found.seek(&scope, &heard);
    let search = found.search.as_ref().unwrap();
    let shown = search
        .found(&"kim".into(), &("care".into(), "rude".into()))
        .unwrap();
    assert_eq!(&*shown.good.as_ref().unwrap().call_id, "polite");
    let missed: Vec<&str> = shown.missed.iter().map(|c| &*c.call_id).collect();
    assert_eq!(missed, ["rude"]);
}

/// Each call has a row for each form and version that there is; it is one call.
#[test]
fn a_call_counts_once_whatever_forms_there_were() {
    let row = |day: &DailyRows, form: &str, version: &str, scored: bool| {
        let row = &day.agents[0];
        AgentDay {
            agent: row.agent.clone(),
            rubric: form.into(),
            rubric_version: version.into(),
            calls: row.calls,
            scored: if scored { row.calls } else { 0 },
            with_score: if scored { row.calls } else { 0 },
            score_sum: if scored { row.score_sum } else { 0.0 },
            ..AgentDay::default()
        }
    };
    // Another form first, then this one, whose second version never judged.
    let mut days = ten_days("kim", &[]);
    for (n, day) in days.iter_mut().enumerate() {
        day.agents = match n {
            0..3 => vec![row(day, "old", "1", true)],
            _ => vec![row(day, "care", "1", true), row(day, "care", "2", false)],
        };
    }
    let page = &pages(&scope(), &days)["agent/kim.html"];
    assert!(page.contains("60 calls from 1 March"), "{page}");
    assert!(!page.contains("version 2"), "{page}");
    days.last_mut().unwrap().agents[1].scored = 1;
    let page = &pages(&scope(), &days)["agent/kim.html"];
    assert!(page.contains("version 2 of the form"), "{page}");
}

/// People's scores are those of the calls of the page, and a score of 0 by one answer is told.
#[test]
fn scores_are_of_these_calls_and_zeros_are_told() {
    let mut days = ten_days("kim", &[]);
    let mut scope = scope();
    scope.calibration.fair_scores = (0..20)
        .map(|n| FairScore {
            call_id: format!("c{n}").into(),
            rubric: "care".into(),
            agent: if n == 0 { "lee" } else { "kim" }.into(),
            raw: Some(if n < 10 { 80.0 } else { 20.0 }),
            fair: Some(if n < 10 { 84.0 } else { 20.0 }),
            ..FairScore::default()
        })
        .collect();
    for (n, day) in days.iter_mut().enumerate() {
        day.talk = vec![Talk {
            call_id: format!("c{n}").into(),
            ..Talk::default()
        }];
    }
    let page = &pages(&scope, &days)["agent/kim.html"];
    let words = "People scored 9 of the calls of this page by Care, 80 points of 100 on average. Some \
                 of them are stricter than others; without that it would have been 84.";
    assert!(page.contains(words), "{page}");
    assert!(!page.contains("counts as 0 here"), "{page}");
    days[0].agents[0].auto_failed = 2;
    // Without a score there is none that is 0.
    days[1].agents[0].auto_failed = 3;
    days[1].agents[0].with_score = 1;
    let page = &pages(&scope, &days)["agent/kim.html"];
    let words = "A call that one answer fails counts as 0 here, whether that answer is sure or not: 3 \
                 of 55 calls.";
    assert!(page.contains(words), "{page}");
}
