//! What an agent's page says, and when it has to keep silent.

use super::super::scope::{Calls, Links};
use super::super::templates;
use super::*;
use crate::report::records::{AgentCompared, AgentDay, Automatic, Coaching, QuestionDay};
use crate::rubric::{self, Rubric};

fn form() -> Rubric {
    let question = |id: &str, more: &str| {
        format!(
            "  - id: {id}\n    text: Was it {id}?\n{more}    yes_when: {{said: {{by: agent, any: [hello]}}}}\n"
        )
    };
    let yaml = format!(
        "rubric: care\nversion: '1'\ntitle: Care\nsections:\n- id: all\n  title: All\n  weight: 1\n  \
         questions:\n{}{}{}{}",
        question("warm", ""),
        question("clear", "    why: So that nobody calls again.\n"),
        question("quick", "    controllable_by_agent: false\n"),
        question("kind", "    celebrate: true\n"),
    );
    rubric::parse(&yaml, "care.yaml").unwrap_or_else(|e| panic!("{e}"))
}

fn scope() -> Scope {
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
                     in 50 % of your 58 calls, and on like calls in 45 %";
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
    scope.calibration.agents = vec![compared("warm", "above", "automatic")];
    let page = &pages(&scope, &days)["agent/kim.html"];
    let words = "Yes in 90 % of 58 calls; on like calls, all others together in 70 %. That is 10 to \
                 30 points more";
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
