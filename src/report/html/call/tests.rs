use std::collections::BTreeSet;

use super::*;
use crate::conversation::metrics;
use crate::conversation::staged::{Staged, staged};
use crate::report::html::scope::{Calibration, Calls, Links};
use crate::report::html::sound::{below, prefix};
use crate::report::html::templates;
use crate::report::records::{Answer, Call, Evidence, Score, Text};

const DATE: &str = "2026-03-17";
const FORM: &str = "
rubric: r
version: '1'
title: The form
pass_at: 70
sections:
- {id: s, title: Opening, weight: 1, questions: [
    {id: q, text: Did the agent greet?, yes_when: {said: {by: agent, any: [hello there]}}},
    {id: z, text: Was it kind?, help: 'Warm words.', answered_by: person},
    {id: n, text: How many?, answered_by: person, number: {metric: interruptions_by_agent, steps: [{at_most: 9, points: 1}, {points: 0}]}}]}
";

fn scope() -> Scope {
    Scope {
        from: DATE.into(),
        to: DATE.into(),
        dates: vec![DATE.into()],
        all_dates: vec![DATE.into()],
        earlier: BTreeSet::new(),
        minutes: 40,
        minimum_group: 1,
        recordings: None,
        consent: BTreeSet::new(),
        forms: vec![crate::rubric::parse(FORM, "r.yaml").unwrap_or_else(|e| panic!("{e}"))],
        asked: Vec::new(),
        calibration: Calibration::default(),
        coaching: Vec::new(),
    }
}

fn answer(question: &str, given: &str) -> Answer {
    Answer {
        date: DATE.into(),
        call_id: "c1".into(),
        rubric: "r".into(),
        rubric_version: "1".into(),
        section: "s".into(),
        question: question.into(),
        scorer: "automatic".into(),
        scorer_kind: Some("automatic".into()),
        of_record: Some(true),
        answer: given.into(),
        points: Some(if given == "yes" { 1.0 } else { 0.0 }),
        max_points: 1.0,
        reason: None,
        auto_fail: false,
        meaning: "m".into(),
        critical: false,
        celebrate: false,
        answered_by: "automatic".into(),
        controllable_by_agent: true,
        cause: None,
        confidence: Some(1.0),
        fragile: false,
        value: None,
        way: None,
    }
}

fn evidence(kind: &str) -> Evidence {
    Evidence {
        date: DATE.into(),
        call_id: "c1".into(),
        rubric: "r".into(),
        rubric_version: "1".into(),
        question: "q".into(),
        item: 0,
        rule: "yes_when.said".into(),
        kind: kind.into(),
        party: Some("agent".into()),
        channel: Some(0),
        start_ms: None,
        end_ms: None,
        quote: None,
        min_prob: None,
        window_start_ms: None,
        window_end_ms: None,
        metric: None,
        value: None,
        threshold: None,
        note: None,
        confidence: None,
    }
}

/// A call of the agent anna.berg in the team harbour.
fn detail(talk: &Staged) -> CallDetail {
    let conversation = talk.conversation();
    CallDetail {
        call: Call {
            date: DATE.into(),
            call_id: "c1".into(),
            file: "c1.wav".into(),
            agent: "anna.berg".into(),
            team: Some("harbour".into()),
            leader: None,
            queue: Some("billing".into()),
            direction: Some("inbound".into()),
            reason: None,
            started_local: "2026-03-17T09:30:12".into(),
            time_zone: "UTC".into(),
            recorded_ms: conversation.recorded_ms,
            mean_word_prob: Some(0.9),
        },
        scores: vec![Score {
            date: DATE.into(),
            call_id: "c1".into(),
            rubric: "r".into(),
            rubric_version: "1".into(),
            status: "scored".into(),
            not_eligible_reason: None,
            score: Some(82.0),
            score_before_auto_fail: Some(82.0),
            score_low: Some(75.0),
            score_high: Some(90.0),
            verdict: Some("pass".into()),
            auto_failed_by: None,
            abstained: 2,
            agent_score: Some(82.0),
            agent_score_low: Some(75.0),
            agent_score_high: Some(90.0),
            band: None,
            critical_verdict: None,
        }],
        answers: vec![answer("q", "yes")],
        evidence: Vec::new(),
        metrics: metrics::measure(&conversation),
        parts: Vec::new(),
        blind: conversation.clone(),
        conversation,
        sound: Sound::default(),
    }
}

fn talk() -> Staged {
    staged(60_000)
        .agent(1_000, 4_000, "Hello there, how are you?")
        .customer(12_000, 14_000, "Fine, thanks.")
}

/// The page of the call and its blind version.
fn pages(scope: &Scope, detail: CallDetail) -> (String, String) {
    let id: Text = detail.call.call_id.clone();
    let mut calls = Calls::default();
    calls.0.insert(id, detail);
    let none = BTreeSet::new();
    let links = Links::new(calls.0.keys(), none.iter(), [].iter(), false);
    let templates = templates();
    let site = Site::new(scope, &calls, &links, &templates);
    let mut pages = CallPages.pages(&site).unwrap();
    assert_eq!(pages.len(), 2);
    let blind = pages.pop().unwrap();
    let page = pages.pop().unwrap();
    assert!(page.path.starts_with("call/") && blind.path.starts_with("blind/"));
    (page.html, blind.html)
}

#[test]
fn an_answer_and_its_words_lead_to_each_other() {
    let mut detail = detail(&talk());
    let words = &detail.conversation.words[..2];
    let mut found = evidence("found");
    found.start_ms = Some(words[0].start_ms);
    found.end_ms = Some(words[1].end_ms);
    found.quote = Some("Hello there,".into());
    found.note = Some("matches \"(hello|good morning) [there]\"".into());
    detail.evidence = vec![found];
    let (page, _) = pages(&scope(), detail);
    assert!(page.contains("id=\"q-r.q\""));
    assert!(
        page.contains(
            "The agent said: <q><bdi>Hello there,</bdi></q> <a href=\"#e-1-0\">at 0:01</a>"
        )
    );
    assert!(page.contains("<span id=\"e-1-0\"></span><mark class=\"found\">Hello there,</mark>"));
    assert!(page.contains("class=\"number\" href=\"#q-r.q\""));
    assert!(
        page.contains("82, and between 75 and 90 whatever the 2 open questions turn out to be")
    );
    // The phrase that was looked for is the form's business.
    assert!(!page.contains("good morning"));
    assert!(page.contains("id=\"t-1000\"") && page.contains("Silence of 8 s"));
}

#[test]
fn nothing_found_says_where_it_was_looked_for_and_what_came_closest() {
    let mut detail = detail(&talk());
    detail.answers = vec![answer("q", "no")];
    let mut absent = evidence("absent");
    (absent.window_start_ms, absent.window_end_ms) = (Some(0), Some(30_000));
    let mut near = evidence("nearest_miss");
    near.item = 1;
    (near.start_ms, near.end_ms) = (Some(1_600), Some(2_200));
    near.quote = Some("there".into());
    near.note = Some("67 % of the words of \"(hello|hi) [to] there\"".into());
    let mut measured = evidence("metric");
    measured.item = 2;
    measured.metric = Some("longest_silence_ms".into());
    measured.value = Some(8_000.0);
    measured.threshold = Some("at most 5000".into());
    detail.evidence = vec![absent, near.clone(), measured, near];
    let (page, _) = pages(&scope(), detail);
    assert!(page.contains("Searched from 0:00 to 0:30; nothing was found"));
    assert_eq!(page.matches("What came closest: the agent said").count(), 1);
    assert!(
        page.contains("67 % of the words of &quot;hello there&quot;."),
        "{page}"
    );
    assert!(page.contains("is 8 s (asked for: at most 5 s)"));
}

#[test]
fn a_person_s_answer_stands_beside_the_automatic_one() {
    let mut detail = detail(&talk());
    detail.answers[0].of_record = Some(false);
    let mut gold = answer("q", "no");
    gold.scorer = "gold".into();
    gold.scorer_kind = Some("gold".into());
    detail.answers.push(gold);
    let (page, _) = pages(&scope(), detail);
    assert!(page.contains("Agreed answer</bdi>; the automatic answer was: Yes"));
    assert!(page.contains("a person answered 1 question otherwise"));
}

#[test]
fn an_automatic_fail_that_nobody_checked_asks_to_listen() {
    let mut detail = detail(&talk());
    detail.answers = vec![answer("q", "no")];
    detail.answers[0].auto_fail = true;
    detail.scores[0].verdict = Some("fail".into());
    detail.scores[0].auto_failed_by = Some("q".into());
    let (page, _) = pages(&scope(), detail);
    assert!(page.contains("It would fail, but that is not sure. Please listen."));
    assert!(!page.contains("It fails.") && !page.contains("by itself"));
}

#[test]
fn neither_a_zero_nor_a_critical_fail_stands_as_a_fact_where_it_is_not_sure() {
    let failed = |person: Option<&str>| {
        let mut detail = detail(&talk());
        detail.answers = vec![answer("q", "no")];
        detail.answers[0].auto_fail = true;
        detail.answers[0].critical = true;
        if let Some(given) = person {
            detail.answers[0].of_record = Some(false);
            let mut said = answer("q", given);
            (said.scorer, said.scorer_kind) = ("eva".into(), Some("coach".into()));
            detail.answers.push(said);
        }
        let score = &mut detail.scores[0];
        (score.score, score.score_before_auto_fail) = (Some(0.0), Some(40.0));
        (score.score_low, score.score_high, score.abstained) = (Some(0.0), Some(0.0), 0);
        score.verdict = Some("fail".into());
        score.critical_verdict = Some("fail".into());
        score.auto_failed_by = Some("q".into());
        pages(&scope(), detail).0
    };
    let unsure = failed(None);
    assert!(unsure.contains(
        "Not sure: one automatic answer would make it 0. Without that rule it is 40, and perhaps \
         more if it is wrong: please listen"
    ));
    assert!(unsure.contains("Something critical may not have been done, but that is not sure"));
    assert!(!unsure.contains("Something critical was not done"));
    assert!(!unsure.contains("<p class=\"score\">0</p>"));
    let sure = failed(Some("no"));
    assert!(sure.contains("<p class=\"score\">0</p>"));
    assert!(sure.contains("It would be 40 without that."));
    assert!(sure.contains("Something critical was not done."));
    let overruled = failed(Some("yes"));
    assert!(overruled.contains(
        "Taken back: one automatic answer made it 0. Without that rule it is 40, and perhaps more \
         by what people answered"
    ));
    assert!(overruled.contains("something critical was not done; a person answered otherwise"));
}

#[test]
fn what_is_open_is_said_even_where_it_costs_nothing() {
    let mut detail = detail(&talk());
    detail.answers = vec![answer("q", "abstain")];
    (detail.answers[0].critical, detail.answers[0].points) = (true, None);
    let score = &mut detail.scores[0];
    (score.score, score.score_low, score.score_high) = (Some(100.0), Some(100.0), Some(100.0));
    score.abstained = 1;
    score.critical_verdict = Some("pass".into());
    let (page, _) = pages(&scope(), detail);
    assert!(page.contains("100, whatever the open question turns out to be"));
    assert!(page.contains("was done or did not apply, whatever is still open."));
    assert!(!page.contains("critical was done."));
}

#[test]
fn what_people_answered_is_open_to_the_program_alone() {
    let page = |open| {
        let mut detail = detail(&talk());
        detail.answers = vec![answer("q", "abstain"), answer("q", "no")];
        (detail.answers[0].of_record, detail.answers[0].points) = (Some(false), None);
        let gold = &mut detail.answers[1];
        (gold.scorer, gold.scorer_kind) = ("gold".into(), Some("gold".into()));
        (detail.scores[0].abstained, detail.scores[0].verdict) =
            (open, Some("undetermined".into()));
        pages(&scope(), detail).0
    };
    let all = page(1);
    assert!(all.contains("whatever the question turns out to be that the program left open"));
    assert!(all.contains("a person answered 1 question otherwise (1 left open by the program)"));
    assert!(all.contains("people have answered what was open") && !all.contains("has to listen"));
    let some = page(2);
    assert!(some.contains("whatever the 2 questions turn out to be that the program left open"));
    assert!(some.contains("somebody has to listen"));
}

#[test]
fn what_would_have_made_a_question_not_apply_is_told_only_where_it_applies() {
    let told = |rule: &str, given: &str| {
        let mut detail = detail(&talk());
        detail.answers = vec![answer("q", given)];
        let mut absent = evidence("absent");
        absent.rule = rule.into();
        (absent.window_start_ms, absent.window_end_ms) = (Some(0), Some(30_000));
        detail.evidence = vec![absent];
        let (page, _) = pages(&scope(), detail);
        page.contains("Nothing was said that would make the question not apply (searched from")
    };
    assert!(told("applies_when.all_of.2.not.said", "yes"));
    assert!(!told("applies_when.all_of.2.not.said", "abstain"));
    assert!(!told("applies_when.any_of.1.said", "yes"));
    assert!(!told("yes_when.not.said", "yes"));
}

#[test]
fn the_strip_has_only_moments_to_look_into_and_the_talk_no_mark_of_a_word_that_came_close() {
    let shown = |given: &str, kind: &str, end_ms: i64, quote: &str| {
        let mut detail = detail(&talk());
        detail.answers = vec![answer("q", given)];
        let mut item = evidence(kind);
        (item.start_ms, item.end_ms) = (Some(1_000), Some(end_ms));
        item.quote = Some(quote.into());
        detail.evidence = vec![item];
        let (page, blind) = pages(&scope(), detail);
        assert!(!blind.contains("moments of answers"));
        let body = page.split("</style>").nth(1).unwrap().to_string();
        (body.contains("<mark"), body.contains("class=\"moments\""))
    };
    assert_eq!(shown("yes", "found", 2_200, "Hello there,"), (true, false));
    assert_eq!(shown("no", "found", 2_200, "Hello there,"), (true, true));
    assert_eq!(
        shown("no", "nearest_miss", 2_200, "Hello there,"),
        (true, true)
    );
    assert_eq!(shown("no", "nearest_miss", 1_600, "Hello"), (false, false));
    let could_not_be_told = shown("abstain", "nearest_miss", 2_200, "Hello there,");
    assert_eq!(could_not_be_told, (false, false));
}

#[test]
fn when_is_said_in_words() {
    assert_eq!(
        when("2026-03-03T17:24:10", "UTC"),
        "3 March 2026, 17:24 (UTC)"
    );
    assert_eq!(when("odd", ""), "odd");
}

#[test]
fn who_rates_sees_neither_answers_nor_who_took_the_call() {
    let mut detail = detail(&talk());
    detail.call.call_id = "2026-anna-17".into();
    for score in &mut detail.scores {
        score.call_id = detail.call.call_id.clone();
    }
    let mut found = evidence("found");
    (found.start_ms, found.end_ms) = (Some(1_000), Some(2_000));
    found.quote = Some("Hello there,".into());
    detail.evidence = vec![found];
    detail.sound = Sound {
        recording: Some("../muted/berg-17.wav".to_string()),
        is_blind: true,
        clips: vec![Clip {
            at: crate::transcript::Span::new(0, 5_000),
            wav: "UklGRg==".to_string(),
        }],
        ..Sound::default()
    };
    let (page, blind) = pages(&scope(), detail);
    assert!(page.contains("berg-17.wav") && page.contains("base64,UklGRg=="));
    let text = blind.to_lowercase();
    for telling in [
        "anna",
        "berg",
        "harbour",
        "2026-03-17",
        "09:30",
        "82",
        "<mark",
        "base64,u",
    ] {
        let body = text.split("</style>").nth(1).unwrap();
        assert!(!body.contains(telling), "{telling}");
    }
    // Nothing leads back.
    assert!(!blind.contains("index.html") && !blind.contains("../call"));
    assert!(blind.contains("its name tells who took the call"));
    // The sheet is empty.
    assert!(blind.contains("name=\"r.q\" value=\"yes\"") && !blind.contains("checked"));
    assert!(blind.contains("Warm words."));
    // A lone radio button cannot be taken back.
    assert!(blind.contains("type=\"checkbox\" name=\"r.n\" value=\"not_applicable\""));
}

#[test]
fn a_recording_whose_name_tells_who_took_the_call_is_not_linked_in_any_alphabet() {
    for (agent, file) in [("josé", "josé/a.wav"), ("王伟", "2026/王伟-a.wav")] {
        let mut detail = detail(&talk());
        detail.call.agent = agent.into();
        detail.sound = Sound {
            recording: Some(below("../../muted/", file)),
            name: Some(file.to_string()),
            is_blind: true,
            ..Sound::default()
        };
        let (page, blind) = pages(&scope(), detail);
        assert!(page.contains("<audio") && !blind.contains("<audio"));
        assert!(blind.contains("its name tells who took the call"));
    }
}

#[test]
fn a_recording_plays_where_there_is_one_and_no_button_is_dead() {
    let mut scope = scope();
    let (page, blind) = pages(&scope, detail(&talk()));
    assert!(!page.contains("data-play=") && !page.contains("<audio"));
    assert!(page.contains("The recording cannot be played from this page"));
    assert!(!blind.contains("data-play=") && !blind.contains("<audio"));
    scope.recordings = Some(prefix("../../muted").unwrap());
    let mut detail = detail(&talk());
    detail.sound.recording = Some(below("../../muted/", "a b.wav"));
    detail.sound.is_blind = true;
    let (page, blind) = pages(&scope, detail);
    for html in [page, blind] {
        // `/` is escaped, which browsers take back.
        let html = html.replace("&#x2f;", "/");
        assert!(html.contains("src=\"../../../muted/a%20b.wav\""), "{html}");
        assert!(html.contains("data-play=\"recording\" data-at=\"7.0\""));
    }
}

#[test]
fn whatever_comes_from_outside_stays_text() {
    const EVIL: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}&amp;";
    let evil: Text = EVIL.into();
    let mut scope = scope();
    let mut staged = talk().agent(20_000, 24_000, "</bdi><script>alert(3)</script>");
    staged.0.channels[0].segments[0].words[0].text = EVIL.to_string();
    let mut detail = detail(&staged);
    let call = &mut detail.call;
    call.call_id = evil.clone();
    call.agent = evil.clone();
    call.file = evil.clone();
    call.time_zone = evil.clone();
    for field in [
        &mut call.team,
        &mut call.queue,
        &mut call.reason,
        &mut call.direction,
    ] {
        *field = Some(evil.clone());
    }
    detail.sound.recording = Some(below(
        &prefix("x\"><script>alert(4)</script>").unwrap(),
        EVIL,
    ));
    detail.sound.is_blind = true;
    let answer = &mut detail.answers[0];
    answer.reason = Some(evil.clone());
    answer.answer = evil.clone();
    answer.way = Some(evil.clone());
    answer.scorer = evil.clone();
    answer.scorer_kind = Some("coach".into());
    for kind in ["found", "absent", "nearest_miss", "doubt", "metadata"] {
        let mut item = evidence(kind);
        item.quote = Some(evil.clone());
        item.note = Some(format!("matches \"x\": {EVIL}").into());
        (item.start_ms, item.end_ms) = (Some(1_000), Some(1_500));
        item.metric = (kind == "metadata").then(|| evil.clone());
        detail.evidence.push(item);
    }
    let score = &mut detail.scores[0];
    score.band = Some(evil.clone());
    score.auto_failed_by = Some(evil.clone());
    scope.recordings = Some("https://h; script-src *".to_string());
    let (page, blind) = pages(&scope, detail);
    for html in [page, blind] {
        assert!(html.contains("&lt;script&gt;") || html.contains("%3Cscript%3E"));
        assert_eq!(html.matches("<script").count(), 1, "the page's own");
        assert!(!html.contains("<img") && !html.contains("49"));
        assert!(!html.contains("script-src *"));
        assert!(!html.contains("\"'>"));
    }
}
