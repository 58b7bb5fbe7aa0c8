//! Hand-checked calls against hand-written rules.

use std::collections::BTreeMap;

use super::*;
use crate::conversation::metrics;
use crate::conversation::staged::{Staged, staged};
use crate::recording::{Direction, StartedAt};

fn meta() -> CallMeta {
    CallMeta {
        call_id: "c".to_string(),
        file: "c.wav".to_string(),
        agent: "a".to_string(),
        team: None,
        queue: Some("billing".to_string()),
        customer: None,
        started_at: StartedAt {
            utc_ms: 0,
            local_date: "1970-01-01".to_string(),
            local: "1970-01-01T00:00:00".to_string(),
            zone: "UTC".to_string(),
            doubtful: false,
        },
        agent_channel: Some(0),
        interaction_id: None,
        leg: None,
        direction: Some(Direction::Inbound),
        first_communication: None,
        language: None,
        reason: None,
        talk_s: None,
        hold_s: None,
        acw_s: None,
        disclosure_by_ivr: None,
        extra: BTreeMap::new(),
    }
}

/// A form with one question; `rules` is its YAML from `applies_when` or `yes_when` on.
fn form(rules: &str) -> Rubric {
    let indented: String = rules.lines().map(|l| format!("    {l}\n")).collect();
    let yaml = format!(
        "rubric: r\nversion: '1'\ntitle: t\nsections:\n- id: s\n  title: s\n  weight: 1\n  questions:\n  - id: q\n    text: q\n{indented}"
    );
    crate::rubric::parse(&yaml, "test").unwrap_or_else(|e| panic!("{e}\n{yaml}"))
}

fn judged(rules: &str, conversation: &Conversation) -> Judged {
    let metrics = metrics::measure(conversation);
    judge(&form(rules), &meta(), conversation, &metrics)
}

fn answered(rules: &str, conversation: &Conversation) -> Answered {
    match judged(rules, conversation) {
        Judged::Scored { mut answers, .. } => answers.remove(0),
        Judged::NotEligible { reason } => panic!("not eligible: {reason}"),
    }
}

/// A minute in which both speak, and nothing is said that the rules below look for.
fn call() -> Staged {
    staged(60_000)
        .agent(1_000, 3_000, "Good morning this is Anna")
        .customer(4_000, 8_000, "Hello I have a question about my bill please")
}

const RECORDED: &str =
    "yes_when:\n  said: {by: agent, any: [\"this call is recorded\"], within: {first: 30s}}";

#[test]
fn a_window_looks_at_when_words_are_said_and_not_at_when_the_turn_began() {
    // The turn begins at 25 s; the words come at 35 s. A window on turns would take them.
    let late = call().agent(
        25_000,
        37_000,
        "well um let me just tell you this call is recorded",
    );
    let answer = answered(RECORDED, &late.conversation());
    assert_eq!(answer.answer, Answer::No);
    let miss = answer
        .evidence
        .iter()
        .find(|e| e.kind == EvidenceKind::NearestMiss)
        .unwrap();
    assert_eq!(miss.quote.as_deref(), Some("this call is recorded"));
    assert!(miss.at.unwrap().start_ms > 30_000);
    assert!(miss.note.as_deref().unwrap().contains("outside"));

    let early = call().agent(25_000, 29_000, "this call is recorded by the way");
    let answer = answered(RECORDED, &early.conversation());
    assert_eq!(answer.answer, Answer::Yes);
    let found = &answer.evidence[0];
    assert_eq!(found.kind, EvidenceKind::Found);
    assert_eq!(found.at.unwrap().start_ms, 25_000);
    assert_eq!(found.window.unwrap().end_ms, 30_000);
}

#[test]
fn the_other_party_does_not_count_and_is_shown_as_the_nearest_miss() {
    let call = call().customer(20_000, 22_000, "I know this call is recorded");
    let answer = answered(RECORDED, &call.conversation());
    assert_eq!(answer.answer, Answer::No);
    assert!(
        answer.evidence[1]
            .note
            .as_deref()
            .unwrap()
            .contains("other party")
    );
}

#[test]
fn what_was_heard_with_doubt_abstains_both_ways() {
    // The words are there, in a doubtful segment: no yes.
    let doubtful = call()
        .agent(10_000, 12_000, "this call is recorded")
        .doubtful(0);
    assert_eq!(
        answered(RECORDED, &doubtful.conversation()).answer,
        Answer::Abstain
    );
    // Two seconds of the agent's speech in the window were not understood: no no.
    let unheard = call().agent(10_000, 12_000, "");
    let answer = answered(RECORDED, &unheard.conversation());
    assert_eq!(answer.answer, Answer::Abstain);
    assert_eq!(answer.evidence[0].kind, EvidenceKind::Doubt);
    assert_eq!(answer.evidence[0].at.unwrap().start_ms, 10_000);
    // The same outside of the window does not matter.
    let later = call().agent(40_000, 42_000, "");
    assert_eq!(answered(RECORDED, &later.conversation()).answer, Answer::No);
    // What the customer says unheard does not matter either.
    let customer = call().customer(10_000, 12_000, "");
    assert_eq!(
        answered(RECORDED, &customer.conversation()).answer,
        Answer::No
    );
}

#[test]
fn a_phrase_that_may_have_been_misheard_abstains() {
    let mut near = call().agent(10_000, 12_000, "this call is corded");
    for word in &mut near.0.channels[0].segments[1].words {
        word.prob = Some(0.8);
    }
    let answer = answered(RECORDED, &near.conversation());
    assert_eq!(answer.answer, Answer::Abstain);
    assert!(answer.reason.unwrap().contains("misheard"));
    for word in &mut near.0.channels[0].segments[1].words {
        word.prob = Some(0.99);
    }
    assert_eq!(answered(RECORDED, &near.conversation()).answer, Answer::No);
}

#[test]
fn a_cut_off_recording_abstains_where_the_cut_is_in_the_window() {
    let cut = staged(60_000)
        .agent(0, 3_000, "morning this is Anna")
        .customer(4_000, 8_000, "Hello I have a question about my bill please");
    assert_eq!(
        answered(RECORDED, &cut.conversation()).answer,
        Answer::Abstain
    );
    let end = "yes_when:\n  said: {by: agent, any: [\"anything else\"], within: {last: 20s}}";
    assert_eq!(answered(end, &cut.conversation()).answer, Answer::No);
    let mut truncated = call();
    truncated.0.audio.truncated = true;
    assert_eq!(
        answered(end, &truncated.conversation()).answer,
        Answer::Abstain
    );
    assert_eq!(
        answered(RECORDED, &truncated.conversation()).answer,
        Answer::No
    );
}

#[test]
fn mono_says_no_for_what_nobody_said_and_abstains_on_who_said_it() {
    let said = call().agent(10_000, 12_000, "this call is recorded");
    assert_eq!(answered(RECORDED, &said.mono()).answer, Answer::Abstain);
    assert_eq!(answered(RECORDED, &call().mono()).answer, Answer::No);
    let anyone = RECORDED.replace("agent", "anyone");
    assert_eq!(answered(&anyone, &said.mono()).answer, Answer::Yes);
}

#[test]
fn without_word_times_windows_and_orders_abstain_and_the_rest_does_not() {
    let said = call()
        .agent(10_000, 12_000, "this call is recorded")
        .without_word_times();
    assert_eq!(
        answered(RECORDED, &said.conversation()).answer,
        Answer::Abstain
    );
    let whole = RECORDED.replace(", within: {first: 30s}", "");
    assert_eq!(answered(&whole, &said.conversation()).answer, Answer::Yes);
}

#[test]
fn any_all_and_none() {
    let both = call().agent(
        10_000,
        14_000,
        "that is an attempt to collect a debt and will be used",
    );
    let rule = |what: &str| format!("yes_when:\n  said: {{by: agent, {what}}}");
    let check = |what: &str, expected: Answer| {
        assert_eq!(
            answered(&rule(what), &both.conversation()).answer,
            expected,
            "{what}"
        );
    };
    check("any: [\"collect a debt\", \"never said\"]", Answer::Yes);
    check("all: [\"collect a debt\", \"will be used\"]", Answer::Yes);
    check(
        "all: [\"collect a debt\", \"quite another thing\"]",
        Answer::No,
    );
    check("none: [\"collect a debt\"]", Answer::No);
    check("none: [\"quite another thing\"]", Answer::Yes);
}

const IDENTITY: &str = "applies_when:
  said: {by: agent, any: [\"balance is\"]}
yes_when:
  in_order:
    steps:
      - {by: agent, any: [\"date of birth\"]}
      - {by: customer, any: [\"<number>\"]}
    at_most_apart: 15s
    before: {by: agent, any: [\"balance is\"]}";

#[test]
fn identity_before_account_data_is_an_order_over_turns() {
    let asked = || call().agent(10_000, 12_000, "your date of birth please");
    let told = |call: Staged| call.agent(30_000, 32_000, "so your balance is fine");
    let good = told(asked().customer(13_000, 15_000, "May 14th of course"));
    let answer = answered(IDENTITY, &good.conversation());
    assert_eq!(answer.answer, Answer::Yes);
    let rules: Vec<&str> = answer.evidence.iter().map(|e| e.rule.as_str()).collect();
    assert_eq!(
        rules,
        [
            "applies_when.said",
            "yes_when.in_order.before",
            "yes_when.in_order.steps.1",
            "yes_when.in_order.steps.2"
        ]
    );
    // Not told at all: the question does not arise.
    assert_eq!(
        answered(IDENTITY, &asked().conversation()).answer,
        Answer::NotApplicable
    );
    // Told and never asked; asked and not answered; asked only afterwards.
    assert_eq!(
        answered(IDENTITY, &told(call()).conversation()).answer,
        Answer::No
    );
    assert_eq!(
        answered(IDENTITY, &told(asked()).conversation()).answer,
        Answer::No
    );
    let after = call()
        .agent(10_000, 12_000, "so your balance is fine")
        .agent(20_000, 22_000, "your date of birth please")
        .customer(23_000, 25_000, "May 14th of course");
    assert_eq!(answered(IDENTITY, &after.conversation()).answer, Answer::No);
    // The answer comes too late to belong to the question.
    let late = asked()
        .customer(35_000, 37_000, "May 14th of course")
        .agent(40_000, 42_000, "so your balance is fine");
    assert_eq!(answered(IDENTITY, &late.conversation()).answer, Answer::No);
}

#[test]
fn an_answer_under_noise_leaves_the_order_open() {
    let noisy = call()
        .agent(10_000, 12_000, "your date of birth please")
        .customer(13_000, 15_000, "")
        .agent(30_000, 32_000, "so your balance is fine");
    let answer = answered(IDENTITY, &noisy.conversation());
    assert_eq!(answer.answer, Answer::Abstain);
    let doubt = answer.evidence.last().unwrap();
    assert_eq!(
        (doubt.kind, doubt.at.unwrap().start_ms),
        (EvidenceKind::Doubt, 13_000)
    );
    // The question itself may be what was not understood.
    let unasked = call()
        .agent(10_000, 12_000, "")
        .customer(13_000, 15_000, "May 14th of course")
        .agent(30_000, 32_000, "so your balance is fine");
    assert_eq!(
        answered(IDENTITY, &unasked.conversation()).answer,
        Answer::Abstain
    );
}

#[test]
fn metrics_and_facts_that_are_not_known_abstain() {
    let cut_in = "yes_when:\n  metric: {name: interruptions_by_agent, at_most: 0}";
    assert_eq!(answered(cut_in, &call().conversation()).answer, Answer::Yes);
    assert_eq!(answered(cut_in, &call().mono()).answer, Answer::Abstain);
    let first = "yes_when:\n  call: {field: first_communication, is: \"true\"}";
    assert_eq!(
        answered(first, &call().conversation()).answer,
        Answer::Abstain
    );
    let queue = "yes_when:\n  call: {field: queue, is: billing}";
    assert_eq!(answered(queue, &call().conversation()).answer, Answer::Yes);
    // What is not known does not matter where the rest settles it.
    let either = "yes_when:\n  any_of:\n  - call: {field: first_communication, is: \"true\"}\n  - call: {field: queue, is: billing}";
    assert_eq!(answered(either, &call().conversation()).answer, Answer::Yes);
    let both = either.replace("any_of", "all_of");
    assert_eq!(
        answered(&both, &call().conversation()).answer,
        Answer::Abstain
    );
    let not = "yes_when:\n  not:\n    call: {field: queue, is: billing}";
    assert_eq!(answered(not, &call().conversation()).answer, Answer::No);
}

#[test]
fn a_placeholder_is_a_number_and_a_card_is_a_card() {
    let spoken = call().customer(20_000, 24_000, "it is 4111 1111 1111 1111 yes");
    let redacted = crate::redaction::redact(spoken.0);
    let conversation = Conversation::new(&redacted, Some(0)).unwrap();
    let rule = |phrase: &str| format!("yes_when:\n  said: {{by: customer, any: [\"{phrase}\"]}}");
    assert_eq!(
        answered(&rule("it is <number>"), &conversation).answer,
        Answer::Yes
    );
    let answer = answered(&rule("<card_number>"), &conversation);
    assert_eq!(answer.answer, Answer::Yes);
    assert_eq!(answer.evidence[0].quote.as_deref(), Some("[card number]"));
    assert_eq!(
        answered(&rule("<account_number>"), &conversation).answer,
        Answer::No
    );
}

#[test]
fn calls_that_are_no_conversation_are_not_eligible() {
    let reason = |call: &Conversation| match judged(RECORDED, call) {
        Judged::NotEligible { reason } => reason,
        Judged::Scored { .. } => "scored".to_string(),
    };
    let silent = staged(20_000).agent(1_000, 3_000, "Hello is anybody there");
    assert_eq!(
        reason(&silent.conversation()),
        "the customer does not speak"
    );
    let machine = staged(30_000)
        .customer(1_000, 5_000, "Hello we cannot come to the phone now")
        .agent(7_000, 12_000, "Hello this is Anna please call us back");
    assert!(reason(&machine.conversation()).contains("nobody answers"));
    let greeting = staged(30_000)
        .customer(1_000, 5_000, "Please leave a message after the tone")
        .agent(7_000, 12_000, "Hello this is Anna please call us back")
        .customer(14_000, 15_000, "beep bye");
    assert_eq!(reason(&greeting.conversation()), "voicemail");
    let wrong = staged(30_000)
        .agent(1_000, 3_000, "Hello is this Mister Turner")
        .customer(4_000, 6_000, "No you have the wrong number");
    assert_eq!(reason(&wrong.conversation()), "wrong number");
    assert_eq!(reason(&call().conversation()), "scored");
}

#[test]
fn a_form_says_which_calls_it_is_for() {
    let mut rubric = form(RECORDED);
    let conversation = call().conversation();
    let metrics = metrics::measure(&conversation);
    let mut reason = |change: &dyn Fn(&mut Rubric)| {
        rubric.applies_to = crate::rubric::AppliesTo::default();
        change(&mut rubric);
        match judge(&rubric, &meta(), &conversation, &metrics) {
            Judged::NotEligible { reason } => reason,
            Judged::Scored { .. } => "scored".to_string(),
        }
    };
    assert_eq!(reason(&|_| ()), "scored");
    assert_eq!(
        reason(&|r| r.applies_to.directions = vec![Direction::Outbound]),
        "direction is inbound"
    );
    assert_eq!(
        reason(&|r| r.applies_to.queues = vec!["cards".to_string()]),
        "queue is billing"
    );
    assert_eq!(
        reason(&|r| r.applies_to.languages = vec!["de".to_string()]),
        "language is en"
    );
    assert!(
        reason(&|r| r.applies_to.shortest = Some(crate::rubric::Millis(61_000))).contains("60.0 s")
    );
}
