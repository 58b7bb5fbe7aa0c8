use std::collections::BTreeSet;

use super::*;
use crate::report::html::scope::Calibration;
use crate::report::records::{Answer, Call, Record, Score, Texts};

pub(super) fn scope() -> Scope {
    const FORM: &str = "
rubric: r
version: '1'
title: The form
pass_at: 70
sections:
- {id: s, title: S, weight: 100, questions: [
    {id: q, text: Was it right?, answered_by: person},
    {id: z, text: Was it kind?, answered_by: person}]}
";
    Scope {
        from: "2026-03-17".into(),
        to: "2026-03-17".into(),
        dates: vec!["2026-03-17".into()],
        all_dates: vec!["2026-03-17".into()],
        earlier: BTreeSet::new(),
        minutes: 40,
        minimum_group: 1,
        recordings: None,
        consent: BTreeSet::new(),
        forms: vec![crate::rubric::parse(FORM, "r.yaml").unwrap()],
        asked: Vec::new(),
        calibration: Calibration::default(),
        coaching: Vec::new(),
    }
}

/// A row of which nothing is known.
pub(super) fn blank<R: Record>() -> R {
    R::from_cells(&"2026-03-17".into(), &[], &mut Texts::default())
}

pub(super) fn answer(call: &str, question: &str, given: &str) -> Answer {
    let earned = match given {
        "yes" => Some(1.0),
        "no" => Some(0.0),
        _ => None,
    };
    Answer {
        call_id: call.into(),
        rubric: "r".into(),
        rubric_version: "1".into(),
        section: "s".into(),
        question: question.into(),
        scorer: "automatic".into(),
        scorer_kind: Some("automatic".into()),
        of_record: Some(true),
        answer: given.into(),
        points: earned,
        max_points: 1.0,
        meaning: "m".into(),
        answered_by: "automatic".into(),
        controllable_by_agent: true,
        confidence: Some(1.0),
        ..blank()
    }
}

pub(super) fn call(id: &str, agent: &str) -> Call {
    Call {
        call_id: id.into(),
        file: format!("{id}.wav").into(),
        agent: agent.into(),
        started_local: "2026-03-17T09:30:00".into(),
        recorded_ms: 120_000,
        ..blank()
    }
}

pub(super) fn score(call: &str, verdict: &str, agent_score: f64) -> Score {
    Score {
        call_id: call.into(),
        rubric: "r".into(),
        rubric_version: "1".into(),
        status: "scored".into(),
        score: Some(agent_score),
        score_low: Some(agent_score),
        score_high: Some(agent_score),
        verdict: Some(verdict.into()),
        agent_score: Some(agent_score),
        ..blank()
    }
}

/// A day of these calls, each with its score and answers.
fn day(calls: Vec<(Call, Score, Vec<Answer>)>) -> Day {
    let mut day = Day {
        date: "2026-03-17".into(),
        calls: Vec::new(),
        scores: Vec::new(),
        answers: Vec::new(),
        of_people: Vec::new(),
        obstacles: Vec::new(),
        contacts: Vec::new(),
        promises: Vec::new(),
    };
    for (call, score, answers) in calls {
        day.calls.push(call);
        day.scores.push(score);
        day.answers.extend(answers);
    }
    day
}

/// A failed call with a low score.
fn low(id: &str, agent: &str, points: f64) -> (Call, Score, Vec<Answer>) {
    let answers = vec![answer(id, "q", "no"), answer(id, "z", "no")];
    (call(id, agent), score(id, "fail", points), answers)
}

/// A call that one unsure answer fails.
fn auto_failed(id: &str, agent: &str) -> (Call, Score, Vec<Answer>) {
    let mut fail = answer(id, "q", "no");
    fail.auto_fail = true;
    let mut score = score(id, "fail", 0.0);
    score.auto_failed_by = Some("q".into());
    (call(id, agent), score, vec![fail])
}

fn worth(calls: Vec<(Call, Score, Vec<Answer>)>) -> Worth {
    let (scope, day) = (scope(), day(calls));
    let mut worth = Worth::default();
    rows::calls(&day)
        .iter()
        .for_each(|one| worth.add(&scope, one));
    worth
}

#[test]
fn reasons_and_agents_take_turns_and_nobodys_whole_night_is_listed() {
    let mut calls: Vec<_> = (0..6)
        .map(|n| low(&format!("a{n}"), "anna", f64::from(n)))
        .collect();
    calls.push(low("b0", "bert", 50.0));
    calls.push(low("b1", "bert", 60.0));
    calls.push(auto_failed("c0", "cleo"));
    calls.push(auto_failed("a9", "anna"));
    let worth = worth(calls);
    assert_eq!(worth.calls, 10);
    let listed = worth.in_turn(40);
    let ids: Vec<&str> = listed.iter().map(|c| &*c.wanted.call_id).collect();
    // The two kinds take turns. Anna has seven calls: two in the first round, four at most;
    // of Bert's two there is one.
    assert_eq!(ids, ["a9", "a0", "c0", "b0", "a1", "a2"]);
    let reason = &listed[0].reason;
    assert!(
        reason.contains("“Was it right?” – “no”") && reason.contains("nobody has checked"),
        "{reason}"
    );
    assert_eq!(
        listed[1].reason,
        "A low score, to be heard before it is told: 0 of 100 points on what the agent can help in \
         The form (70 passes). It lost points on “Was it right?”, “Was it kind?” (nobody has \
         checked this question yet)."
    );
    assert_eq!(worth.in_turn(2).len(), 2);
}

#[test]
fn a_low_score_is_told_as_far_as_people_checked_it_and_with_what_is_open() {
    let reason = |scope: &Scope, day: &Day| {
        let mut worth = Worth::default();
        let calls = rows::calls(day);
        calls.iter().for_each(|one| worth.add(scope, one));
        // A difference comes first; here only the low score is of interest.
        let low = worth
            .in_turn(9)
            .into_iter()
            .find(|c| c.why == listen::Why::Low);
        low.map(|candidate| candidate.reason)
    };
    let mut scope = scope();
    scope.calibration.automatic = vec![trust::tests::automatic("automatic", Some(0.95))];
    let mut told = day(vec![low("a", "anna", 0.0)]);
    let lost = reason(&scope, &told).unwrap();
    assert!(
        lost.ends_with(
            "It lost points on “Was it right?”; “Was it kind?” (nobody has checked this question \
             yet)."
        ),
        "{lost}"
    );
    // What people confirmed needs no ears; what is open may still change it.
    told.of_people = ["q", "z"]
        .map(|question| answer("a", question, "no"))
        .to_vec();
    assert_eq!(
        reason(&scope, &told).unwrap(),
        "A low score: 0 of 100 points on what the agent can help in The form (70 passes). It lost \
         points on “Was it right?”, “Was it kind?”."
    );
    // A form of which one question counts.
    let other = told.answers.pop().unwrap();
    let one = reason(&scope, &told).unwrap();
    assert!(
        one.contains("(70 passes). All of it rests on one question. It lost"),
        "{one}"
    );
    told.answers.push(other);
    told.scores[0].agent_score_low = Some(0.0);
    told.scores[0].agent_score_high = Some(60.0);
    told.scores[0].abstained = 2;
    let open = reason(&scope, &told).unwrap();
    assert!(
        open.starts_with("A low score, to be heard before it is told: 0 of 100")
            && open.contains("(between 0 and 60, as 2 questions are open; 70 passes)"),
        "{open}"
    );
}

#[test]
fn what_a_person_settled_is_not_put_again_and_a_difference_is() {
    let mut told = day(vec![auto_failed("c0", "cleo")]);
    let mut person = answer("c0", "q", "no");
    (person.scorer, person.scorer_kind) = ("dora".into(), Some("coach".into()));
    told.of_people = vec![person];
    let scope = scope();
    let listed = |day: &Day| {
        let mut worth = Worth::default();
        rows::calls(day)
            .iter()
            .for_each(|one| worth.add(&scope, one));
        worth.in_turn(9)
    };
    assert!(listed(&told).is_empty());
    told.of_people[0].answer = "yes".into();
    let found = listed(&told);
    assert_eq!(
        found[0].reason,
        "“Was it right?” – a coach says “yes”, the automatic answer is “no”. What should count?"
    );
    // What people agreed on is settled.
    told.of_people[0].scorer_kind = Some("gold".into());
    assert!(listed(&told).is_empty());
    let mut fails = AutoFails::default();
    for one in rows::calls(&told) {
        fails.add(&scope, &one);
    }
    assert_eq!(
        (fails.sure_calls, fails.unsure_calls, fails.overruled),
        (0, 0, 1)
    );
}

#[test]
fn a_call_that_an_unsure_answer_would_fail_is_not_counted_as_failed() {
    let fail = |id: &str| {
        let mut one = auto_failed(id, "anna");
        one.1.score_before_auto_fail = Some(62.5);
        one
    };
    let mut told = day(vec![
        fail("a"),
        fail("b"),
        fail("c"),
        low("d", "bert", 30.0),
    ]);
    for (call, said) in [("b", "no"), ("c", "yes")] {
        told.of_people.push(Answer {
            scorer_kind: Some("coach".into()),
            ..answer(call, "q", said)
        });
    }
    let words = |told: &Day, ids: &[&str]| {
        let mut processed = Processed::default();
        let calls = rows::calls(told);
        let calls = calls.iter().filter(|one| ids.contains(&&*one.call.call_id));
        calls.for_each(|one| processed.add(&scope(), one));
        let form = &processed.forms["r"];
        (verdicts(form), form.with_score, form.steps)
    };
    let (all, with_score, steps) = words(&told, &["a", "b", "c", "d"]);
    assert_eq!(
        all,
        "4 calls scored: 2 failed (1 of them by one answer alone); 1 would fail by one \
         answer, but a person took it back; 1 more would fail by one answer that is not sure: \
         please listen."
    );
    // Only the sure one has its points taken away.
    let step = |score| crate::report::summary::step(score);
    assert_eq!(
        (
            with_score,
            steps[step(0.0)],
            steps[step(30.0)],
            steps[step(62.5)]
        ),
        (4, 1, 1, 2)
    );
    assert_eq!(
        words(&told, &["a"]).0,
        "1 call scored: 1 would fail by one answer that is not sure: please listen."
    );
}

#[test]
fn a_call_that_was_hardly_heard_waits_behind_others_of_its_kind() {
    let mut calls = [10.0, 20.0].map(|points| low(&format!("c{points}"), "anna", points));
    let first = |calls: &[(Call, Score, Vec<Answer>)]| {
        let listed = worth(calls.to_vec()).in_turn(1);
        listed[0].wanted.call_id.to_string()
    };
    assert_eq!(first(&calls), "c10");
    for (missed, expected) in [("40.0", "c10"), ("61.0", "c20")] {
        calls[0].2[0] = Answer {
            reason: Some(
                format!("{missed} of 90.6 s of the searched speech were not heard with confidence")
                    .into(),
            ),
            ..answer("c10", "x", "abstain")
        };
        assert_eq!(first(&calls), expected);
    }
}

fn detail(id: &str, recorded_ms: i64) -> CallDetail {
    let conversation = crate::conversation::staged::staged(recorded_ms)
        .agent(1_000, 9_000, "hello this is the first thing that I say")
        .customer(10_000, 14_000, "yes and my number is")
        .conversation();
    let mut call = call(id, "anna");
    call.recorded_ms = recorded_ms;
    CallDetail {
        call,
        scores: Vec::new(),
        answers: Vec::new(),
        evidence: Vec::new(),
        metrics: crate::conversation::metrics::measure(&conversation),
        parts: Vec::new(),
        blind: conversation.clone(),
        sound: crate::report::html::sound::Sound::default(),
        conversation,
    }
}

#[test]
fn the_list_never_takes_more_than_the_time_and_a_long_call_waits() {
    let worth = worth(
        (0..8)
            .map(|n| low(&format!("c{n}"), &format!("agent {n}"), f64::from(n)))
            .collect(),
    );
    let candidates = worth.in_turn(40);
    let mut calls = crate::report::html::Calls::default();
    for (n, candidate) in candidates.iter().enumerate() {
        // The first would take more than half of the time.
        let length = if n == 0 { 300_000 } else { 90_000 };
        let id = &candidate.wanted.call_id;
        calls.0.insert(id.clone(), detail(id, length));
    }
    let fitted = fit(&candidates, &calls, 10);
    let listed: Vec<&str> = fitted
        .list
        .iter()
        .map(|c| &*c.candidate.wanted.call_id)
        .collect();
    // Two minutes each, with half a minute to note what was heard.
    assert_eq!(listed, ["c1", "c2", "c3", "c4", "c5"]);
    assert_eq!(fitted.ms, 600_000);
    assert_eq!(fitted.next.len(), 3);
    // Where nothing else comes, the long one does.
    let fitted = fit(&candidates[..1], &calls, 6);
    assert_eq!((fitted.list.len(), fitted.ms), (1, 330_000));
    assert!(fit(&candidates, &calls, 1).list.is_empty());
}

#[test]
fn an_excerpt_starts_five_seconds_early_and_ends_where_the_stretch_does() {
    let mut detail = detail("c", 60_000);
    let around =
        |from, to, recorded| excerpt::Stretch::around(excerpt::Moment::said((from, to)), recorded);
    let stretch = around(10_000, 12_000, 60_000);
    assert_eq!(
        (stretch.from_ms, stretch.to_ms, stretch.is_whole),
        (5_000, 35_000, false)
    );
    let found = excerpt(&detail.conversation, &stretch);
    let said = found.turns.iter().map(|turn| {
        let pieces = turn.pieces.iter().map(|p| (p.kind, &*p.text));
        (turn.who, turn.is_cut, pieces.collect::<Vec<_>>())
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            ("Agent", true, vec![("said", "first thing that I say")]),
            (
                "Customer",
                false,
                vec![("moment", "yes and my"), ("said", "number is")]
            ),
        ]
    );
    // The agent's words are all there; where sentences are told apart, one that breaks off goes on.
    let goes_on: Vec<bool> = found.turns.iter().map(|turn| turn.goes_on).collect();
    assert_eq!(goes_on, [false, false]);
    let broken_off = crate::conversation::staged::staged(60_000)
        .agent(1_000, 4_000, "Hello there.")
        .customer(5_000, 9_000, "And first we saw that")
        .conversation();
    let said = quote(&broken_off, (5_000, 6_000));
    assert!(said.last().unwrap().text.ends_with(" …"), "{said:?}");
    let said = quote(&broken_off, (3_000, 4_000));
    assert!(said.last().unwrap().text.ends_with("there."), "{said:?}");
    assert_eq!(anchor(&detail.conversation, 11_000), "#t-10000");
    assert_eq!(anchor(&detail.conversation, 0), "#t-1000");
    // Half a minute is heard at the ends of a call, too.
    let start = around(1_000, 2_000, 60_000);
    assert_eq!((start.from_ms, start.to_ms), (0, 30_000));
    let end = around(58_000, 59_000, 60_400);
    assert_eq!((end.from_ms, end.to_ms), (30_000, 60_000));
    assert!(around(4_000, 5_000, 20_000).is_whole);

    // Of a stretch that was searched nothing is marked but what came nearest.
    let evidence = |kind: &str| crate::report::records::Evidence {
        rubric: "r".into(),
        rubric_version: "1".into(),
        question: "q".into(),
        kind: kind.into(),
        ..blank()
    };
    detail.evidence.push(crate::report::records::Evidence {
        window_start_ms: Some(0),
        window_end_ms: Some(30_000),
        ..evidence("absent")
    });
    let moment = |detail: &CallDetail| moment_of(detail, "r", "1", "q").unwrap();
    let searched = moment(&detail);
    assert_eq!(
        (searched.start_ms, searched.end_ms, searched.said),
        (0, 30_000, None)
    );
    detail.evidence.push(crate::report::records::Evidence {
        start_ms: Some(10_000),
        end_ms: Some(12_000),
        ..evidence("nearest_miss")
    });
    let nearest = moment(&detail);
    assert_eq!(
        (nearest.end_ms, nearest.said, nearest.near),
        (30_000, None, Some((10_000, 12_000)))
    );
    let shown = excerpt(&detail.conversation, &around(10_000, 12_000, 60_000));
    assert!(shown.has("moment") && !shown.has("near"));
    let shown = |moment| {
        excerpt(
            &detail.conversation,
            &excerpt::Stretch::around(moment, 60_000),
        )
    };
    let near = shown(nearest);
    assert!(near.has("near") && !near.has("moment"));
    // The other's words at the same time are not meant.
    let of_agent = excerpt::Moment {
        channel: Some(0),
        ..nearest
    };
    assert!(!shown(of_agent).has("near"));
}

#[test]
fn what_was_done_well_is_heard_where_it_was_done() {
    let mut detail = detail("c", 200_000);
    let found = |item: i64, rule: &str| crate::report::records::Evidence {
        rubric: "r".into(),
        rubric_version: "1".into(),
        question: "q".into(),
        item,
        kind: "found".into(),
        rule: rule.into(),
        start_ms: Some(10_000 * (item + 1)),
        end_ms: Some(10_000 * (item + 1) + 2_000),
        ..blank()
    };
    let start = |detail: &CallDetail| moment_of(detail, "r", "1", "q").unwrap().start_ms;
    detail.answers = vec![answer("c", "q", "yes")];
    detail.evidence = vec![
        found(0, "applies_when.said"),
        found(1, "yes_when.said.before"),
        found(2, "yes_when.near.one"),
        found(3, "yes_when.near.other"),
    ];
    assert_eq!(start(&detail), 40_000);
    // What came too early is what a *no* rests on.
    detail.answers[0].answer = "no".into();
    detail.evidence = vec![found(1, "yes_when.said.before"), found(2, "yes_when.said")];
    assert_eq!(start(&detail), 20_000);
}

#[test]
fn what_could_not_be_told_is_heard_where_its_reason_points() {
    let mut detail = detail("c", 200_000);
    let evidence = |item: i64, kind: &str, start_ms: i64| crate::report::records::Evidence {
        rubric: "r".into(),
        rubric_version: "1".into(),
        question: "q".into(),
        item,
        kind: kind.into(),
        start_ms: Some(start_ms),
        end_ms: Some(start_ms + 2_000),
        window_start_ms: Some(0),
        window_end_ms: Some(30_000),
        ..blank()
    };
    let open = |reason: &str| Answer {
        reason: Some(reason.into()),
        ..answer("c", "q", "abstain")
    };
    let moment = |detail: &CallDetail| moment_of(detail, "r", "1", "q");
    // Words that may have been misheard, before what was found.
    detail.evidence = vec![
        evidence(0, "found", 50_000),
        evidence(1, "nearest_miss", 20_000),
        evidence(2, "nearest_miss", 90_000),
    ];
    for (row, words) in detail
        .evidence
        .iter_mut()
        .zip(["", "may I asked", "asked for"])
    {
        row.quote = Some(words.into());
    }
    detail.answers = vec![open("\"asked for\" may be the words, misheard")];
    let heard = moment(&detail).unwrap();
    assert_eq!(
        (heard.start_ms, heard.near),
        (90_000, Some((90_000, 92_000)))
    );
    assert_eq!(heard.said, None);
    detail.answers[0].answer = "no".into();
    assert_eq!(moment(&detail).unwrap().start_ms, 50_000);

    // A stretch of which most was not heard is heard as a whole, if it is not too long.
    let unheard = |missed: &str| {
        format!("{missed} of 20.0 s of the searched speech were not heard with confidence")
    };
    for (missed, window_end_ms, expected) in [
        ("20.0", 30_000, Some((0, 30_000))),
        ("20.0", 190_000, None),
        ("4.0", 190_000, Some((15_000, 17_000))),
    ] {
        let mut doubt = evidence(1, "doubt", 15_000);
        doubt.note = Some(unheard(missed).into());
        doubt.window_end_ms = Some(window_end_ms);
        detail.evidence = vec![evidence(0, "found", 50_000), doubt];
        detail.answers = vec![open(&unheard(missed))];
        let at = moment(&detail).map(|moment| (moment.start_ms, moment.end_ms));
        assert_eq!(at, expected, "{missed} {window_end_ms}");
    }
}

#[test]
fn why_the_program_could_not_tell_is_said_in_plain_words() {
    for (reason, words) in [
        (
            "90.6 of 90.6 s of the searched speech were not heard with confidence",
            "The program could not tell: nothing of the 90.6 s of speech that it searched was heard \
             well.",
        ),
        (
            "0.9 of 8.6 s of the searched speech were not heard with confidence",
            "The program could not tell: of the 8.6 s of speech that it searched, 0.9 s were not \
             heard well.",
        ),
        (
            "\"account as it is\" may be the words, misheard",
            "The program could not tell: \"account as it is\" may be the words it looks for, \
             misheard.",
        ),
    ] {
        let mut abstained = answer("a", "q", "abstain");
        abstained.reason = Some(reason.into());
        let call = (
            call("a", "anna"),
            score("a", "undetermined", 50.0),
            vec![abstained],
        );
        let told = &worth(vec![call]).in_turn(1)[0].reason;
        assert!(told.ends_with(words), "{told}");
    }
}

#[test]
fn the_rarest_mark_is_praised_and_no_call_that_failed_or_is_to_be_heard() {
    let mark = |id: &str, agent: &str, question: &str| {
        let mut mark = answer(id, question, "yes");
        (mark.celebrate, mark.points) = (true, None);
        (call(id, agent), score(id, "pass", 80.0), vec![mark])
    };
    let mut spoilt = auto_failed("e", "emil");
    spoilt.2.extend(mark("e", "emil", "z").2);
    // One form failed it, a person says *no* to a critical question, and so does the machine.
    let mut failed = mark("g", "gil", "z");
    failed.1.verdict = Some("fail".into());
    let person = Answer {
        critical: true,
        ..answer("h", "q", "no")
    };
    let mut critical = mark("i", "ines", "z");
    critical.2.push(Answer {
        critical: true,
        ..answer("i", "q", "no")
    });
    let mut unsure = mark("f", "finn", "z");
    unsure.2[0].confidence = Some(0.5);
    let mut both = mark("b", "anna", "q");
    both.2.extend(mark("b", "anna", "z").2);
    let mut day = day(vec![
        mark("a", "anna", "q"),
        both,
        mark("c", "cleo", "q"),
        mark("h", "hans", "z"),
        failed,
        critical,
        spoilt,
        unsure,
    ]);
    day.of_people.push(person);
    let scope = scope();
    let mut praises = Praises::default();
    for one in rows::calls(&day) {
        praises.add(&one);
    }
    let (shown, more) = praises.shown(&BTreeSet::new());
    assert_eq!(more, 0);
    let shown: Vec<(&str, &str, String)> = shown
        .into_iter()
        .map(|p| (&*p.agent, &*p.wanted.call_id, praise::in_words(&scope, p)))
        .collect();
    assert_eq!(
        shown,
        [
            ("anna", "b", "“Was it kind?”".to_string()),
            ("cleo", "c", "“Was it right?”".to_string())
        ]
    );
    // Of calls to be heard first another one is praised, or none.
    let to_hear = ["b", "c"].map(|id| Wanted {
        date: "2026-03-17".into(),
        call_id: id.into(),
    });
    let (shown, more) = praises.shown(&BTreeSet::from(to_hear));
    let shown: Vec<&str> = shown.into_iter().map(|p| &*p.wanted.call_id).collect();
    assert_eq!((shown, more), (vec!["a"], 0));
}

#[test]
fn a_high_score_is_no_praise_where_a_person_says_otherwise() {
    let questions = ["q", "z", "u", "v", "w", "x"];
    let answers = questions.map(|question| answer("a", question, "yes"));
    let mut told = day(vec![(
        call("a", "anna"),
        score("a", "pass", 100.0),
        answers.to_vec(),
    )]);
    let praised = |day: &Day| {
        let mut praises = Praises::default();
        let calls = rows::calls(day);
        calls.iter().for_each(|one| praises.add(one));
        praises.shown(&BTreeSet::new()).0.len()
    };
    assert_eq!(praised(&told), 1);
    told.of_people = vec![answer("a", "q", "no")];
    assert_eq!(praised(&told), 0);
    // What is as good is no contradiction.
    told.of_people[0] = answer("a", "q", "yes");
    assert_eq!(praised(&told), 1);
}

#[test]
fn each_form_that_fails_a_call_is_counted_and_each_figure_has_its_own_group() {
    // Two forms fail one call, and one of them has an older version, which is not in force.
    let mut told = day(vec![auto_failed("a", "anna"), low("b", "bert", 30.0)]);
    told.scores.insert(
        0,
        Score {
            rubric_version: "0".into(),
            status: "not_eligible".into(),
            not_eligible_reason: Some(
                "a later version of the rubric is valid from 2026-03-01 on".into(),
            ),
            ..score("a", "fail", 0.0)
        },
    );
    told.scores.push(Score {
        rubric: "other".into(),
        ..told.scores[1].clone()
    });
    told.answers.push(Answer {
        rubric: "other".into(),
        ..told.answers[0].clone()
    });
    told.obstacles.push(crate::report::records::Obstacle {
        call_id: "a".into(),
        rubric: "r".into(),
        question: "q".into(),
        cause: "process".into(),
        ..blank()
    });
    let mut scope = scope();
    let mut night = Night::default();
    night.day(&scope, &told);
    let form = &night.processed.forms["r"];
    assert_eq!((form.scored, form.not_eligible.len()), (2, 0));
    assert_eq!(
        (night.auto_fails.sure_calls, night.auto_fails.unsure_calls),
        (0, 2)
    );
    let verdicts = |scope: &Scope| {
        let html = page(scope, &night, &Default::default());
        ["2 calls scored", "1 call scored", "How we work (process)"].map(|text| html.contains(text))
    };
    assert_eq!(verdicts(&scope), [true, true, true]);
    // Two agents had calls; of one form and of one obstacle it is a single one.
    scope.minimum_group = 2;
    assert_eq!(verdicts(&scope), [true, false, false]);
    let html = page(&scope, &night, &Default::default());
    assert!(html.contains("1 kind of obstacle is left out"));
}

#[test]
fn questions_are_ranked_by_the_true_rate_where_one_is_known() {
    let rate = |question: &str, share| Rate {
        key: ("r".into(), question.into(), "m".into()),
        judged: 100,
        failed: 10,
        agents: 5,
        open: 0,
        aside: 0,
        share,
        low: 0.0,
        high: 1.0,
    };
    let mut scope = scope();
    let first = |scope: &Scope| {
        let ranked = by_truth(scope, vec![rate("q", 0.33), rate("z", 0.2)]);
        ranked[0].key.1.to_string()
    };
    assert_eq!(first(&scope), "q");
    // 33 % are counted as failed, and 14 % truly fail.
    scope.calibration.true_rates = vec![crate::report::records::TrueRate {
        rubric: "r".into(),
        question: "q".into(),
        meaning: "m".into(),
        true_rate: Some(0.86),
        ..blank()
    }];
    assert_eq!(first(&scope), "z");
}

#[test]
fn what_people_checked_stands_apart_from_what_nobody_did() {
    let mut scope = scope();
    scope.calibration.automatic = vec![trust::tests::automatic("hint", Some(0.8))];
    let mut night = Night::default();
    let calls = (0..12).map(|n| {
        let id = format!("c{n}");
        let answers = vec![answer(&id, "q", "no"), answer(&id, "z", "no")];
        (
            call(&id, &format!("agent {n}")),
            score(&id, "fail", 10.0),
            answers,
        )
    });
    night.day(&scope, &day(calls.collect()));
    let (from, unchecked) = ("Checked by people", "Nobody has checked yet");
    let html = page(&scope, &night, &Default::default());
    let lists = html.split_once(&format!("<h3>{from}</h3>")).unwrap().1;
    let (first, second) = lists.split_once(&format!("<h3>{unchecked}</h3>")).unwrap();
    assert!(first.contains("Was it right?") && !first.contains("Was it kind?"));
    assert!(second.contains("Was it kind?") && !second.contains("Was it right?"));
    assert!(!html.contains("not findings"));
    scope.calibration.automatic.clear();
    let html = page(&scope, &night, &Default::default());
    assert!(html.contains("not findings") && !html.contains(&format!("<h3>{from}</h3>")));
}

#[test]
fn a_rate_says_of_how_many_and_of_whom() {
    let mut failing = Failing::default();
    let calls = (0..20)
        .map(|n| {
            let id = format!("c{n}");
            let given = if n % 4 == 0 { "no" } else { "yes" };
            let open = answer(&id, "z", "abstain");
            let answers = vec![answer(&id, "q", given), open];
            (
                call(&id, &format!("agent {n}")),
                score(&id, "pass", 75.0),
                answers,
            )
        })
        .chain(
            ["abstain", "not_applicable", "not_applicable"].map(|given| {
                let answers = vec![answer(given, "q", given)];
                (call(given, "anna"), score(given, "pass", 75.0), answers)
            }),
        )
        .collect();
    let told = day(calls);
    for one in rows::calls(&told) {
        failing.add(&one);
    }
    let rates = failing.rates();
    // What is open in all calls has no rate.
    assert_eq!(rates.len(), 1);
    // Wilson for 5 of 20 is 11.2 to 46.9 %; 20 agents are a little less than 20 calls.
    assert_eq!(
        figures(&rates[0]),
        "fails in 5 of 20 calls of 20 agents: 25 % (between 10 and 49 %); open in 1 more, does not \
         apply in 2"
    );
}

#[test]
fn open_answers_are_the_automatic_ones_and_calls_without_a_score_are_told_of() {
    let open = |id: &str| {
        let mut open = score(id, "undetermined", 50.0);
        open.score = None;
        (call(id, "anna"), open, vec![answer(id, "q", "abstain")])
    };
    let mut nothing = open("c");
    nothing.1.verdict = None;
    nothing.2[0].answered_by = "person".into();
    let mut told = day(vec![open("a"), open("b"), nothing]);
    told.of_people = ["a", "c"].map(|id| answer(id, "q", "yes")).to_vec();
    let mut processed = Processed::default();
    for one in rows::calls(&told) {
        processed.add(&scope(), &one);
    }
    // A coach may have answered since; what waited for one does not wait any more.
    assert_eq!((processed.open_answers, processed.waiting), (2, 0));
    assert_eq!(
        no_score(&processed.forms["r"]),
        [
            "2 calls have no score yet: open questions leave none.",
            "1 call has no score: no question that counts arose."
        ]
    );
}

fn agents_of(date: &str, version: &str) -> DailyRows {
    use crate::report::records::{AgentDay, QuestionDay};
    let mut day = DailyRows {
        date: date.into(),
        agents: Vec::new(),
        questions: Vec::new(),
        models: BTreeSet::from(["small".into()]),
        ..DailyRows::default()
    };
    for n in 0..6 {
        let agent: Text = format!("agent {n}").into();
        day.agents.push(AgentDay {
            agent: agent.clone(),
            rubric: "r".into(),
            rubric_version: version.into(),
            scored: 10,
            score_sum: 700.0,
            with_score: 10,
            ..blank()
        });
        // One day a little better, the next a little worse.
        let yes = 5 + i64::from(n % 2 == 0) - i64::from(n % 2 == 1);
        day.questions.push(QuestionDay {
            agent,
            rubric: "r".into(),
            rubric_version: version.into(),
            question: "q".into(),
            meaning: "m".into(),
            put: 10,
            yes,
            no: 10 - yes,
            points_sum: yes as f64,
            max_points_sum: 10.0,
            ..blank()
        });
    }
    day
}

#[test]
fn a_change_is_named_only_where_it_is_real_and_never_as_one_of_people_where_it_is_not() {
    let mut scope = scope();
    let told = |scope: &Scope, days: &[DailyRows]| {
        let mut changes = Changes::default();
        days.iter().for_each(|day| changes.add(scope, day));
        changes.told(scope)
    };
    let before = || agents_of("2026-03-09", "1");
    let mut now = agents_of("2026-03-16", "1");
    // The same again.
    let same = told(&scope, &[before(), agents_of("2026-03-16", "1")]);
    assert_eq!(
        same.nothing.as_deref(),
        Some("Nothing has changed that the numbers carry.")
    );
    assert!(same.changes.is_empty() && same.news.is_empty());
    // Half of the calls failed, now 9 of 10.
    for row in &mut now.questions {
        (row.yes, row.no, row.points_sum) = (row.yes - 4, row.no + 4, row.points_sum - 4.0);
    }
    let found = told(&scope, &[before(), now]);
    assert_eq!(found.changes.len(), 1, "{found:?}");
    let text = &found.changes[0].text;
    assert!(
        text.starts_with(
            "“Was it right?” fails more often: 90 % of 60 calls, in the week before 50 % of 60; \
             40 points more (between "
        ),
        "{text}"
    );
    assert_eq!(found.changes[0].is_better, Some(false));
    // With another meaning and version nothing is compared, and that is said.
    let mut other = agents_of("2026-03-16", "2");
    for row in &mut other.questions {
        (row.yes, row.no, row.points_sum) = (row.yes - 4, row.no + 4, row.points_sum - 4.0);
        row.meaning = "another".into();
    }
    other.models = BTreeSet::from(["large".into()]);
    let mut earlier = before();
    earlier.contacts.push(blank());
    // Rows of a version that is not in force yet.
    let later = earlier.agents.clone().into_iter();
    let later = later.map(|row| crate::report::records::AgentDay {
        rubric_version: "2".into(),
        scored: 0,
        with_score: 0,
        ..row
    });
    earlier.agents.extend(later.collect::<Vec<_>>());
    let found = told(&scope, &[earlier, other]);
    assert!(found.changes.is_empty(), "{found:?}");
    assert!(
        found
            .nothing
            .is_some_and(|why| why.contains("nothing to compare"))
    );
    assert_eq!(found.news.len(), 2);
    assert!(found.news[0].starts_with("Version 2 of “The form” counts since 16 March 2026."));
    assert!(found.news[1].contains("another speech model (large)"));
    // Too few persons, of all or of one figure.
    for (persons, changes) in [(5, 1), (6, 0)] {
        scope.minimum_group = persons;
        let mut fewer = agents_of("2026-03-16", "1");
        fewer.questions.truncate(5);
        for row in &mut fewer.questions {
            row.points_sum = 0.0;
        }
        let found = told(&scope, &[before(), fewer]);
        assert_eq!(found.changes.len(), changes, "{found:?}");
    }
    scope.minimum_group = 7;
    let found = told(&scope, &[before(), agents_of("2026-03-16", "1")]);
    assert!(found.nothing.is_some_and(|why| why.contains("7 agents")));
    // Nothing at all.
    let none = told(&scope, &[]);
    assert!(none.nothing.is_some_and(|why| why.contains("0 calls")));
}

/// The page.
fn page(scope: &Scope, night: &Night, calls: &crate::report::html::Calls) -> String {
    let links = crate::report::html::Links::new(calls.0.keys(), [].iter(), [].iter(), false);
    let templates = crate::report::html::templates();
    let site = Site::new(scope, calls, &links, &templates);
    let pages = night.pages(&site).expect("a page");
    assert_eq!(pages.len(), 1);
    pages[0].html.clone()
}

#[test]
fn a_page_of_no_call_of_two_and_of_hostile_ones_can_be_read() {
    let scope = scope();
    let empty = page(&scope, &Night::default(), &Default::default());
    assert!(empty.contains("No call of this day is in the tables"));
    assert!(empty.contains("There is nothing to compare yet"));

    let mut night = Night::default();
    let evil = "<script>alert(1)</script>";
    let mut first = low("c1", evil, 10.0);
    first.0.queue = Some("\"><img src=x onerror=alert(1)>".into());
    night.day(&scope, &day(vec![first, auto_failed("c2", "bert")]));
    let mut calls = crate::report::html::Calls::default();
    for (id, agent) in [("c1", evil), ("c2", "bert")] {
        let mut detail = detail(id, 60_000);
        detail.call.agent = agent.into();
        if id == "c1" {
            detail.call.queue = Some("\"><img src=x onerror=alert(1)>".into());
        }
        calls.0.insert(id.into(), detail);
    }
    let failure = |file: &str| crate::report::records::Failure {
        file: file.into(),
        stage: "audio".into(),
        reason: "empty_file".into(),
        message: "the file is empty".into(),
        hint: Some("copy it again".into()),
        ..blank()
    };
    night.runs(
        &scope,
        &Runs {
            runs: Vec::new(),
            failures: ["a", "b", "c", "d"].map(failure).to_vec(),
        },
    );
    let html = page(&scope, &night, &calls);
    assert!(html.contains("4 × empty file") && html.contains("copy it again"));
    assert!(html.contains("<bdi>c</bdi> and 1 more"));
    assert!(!html.contains("<script>alert") && !html.contains("<img"));
    assert!(html.contains("2 calls of 2 agents"));
    assert!(html.contains("2 calls, about 3 minutes of your 40."));
    assert!(html.contains("No recordings are linked to these pages"));
    assert!(html.contains("href=\"..&#x2f;call&#x2f;c2.html#t-1000\""));
    assert!(html.contains("<li class=\"card\" id=\"call-c2\">"));
    assert!(html.contains("Fewer than 10 calls answer any question"));
    assert!(html.contains("Please listen before you say so"));
    // Of fewer persons than may be told of, no rate and no score is.
    let mut few = super::tests::scope();
    few.minimum_group = 3;
    let html = page(&few, &night, &calls);
    assert!(!html.contains("failed in 2 of 2") && html.contains("are left out"));
    assert!(html.contains("Scores are told of 3 agents or more together"));
}
