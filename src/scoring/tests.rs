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
    judged_by(&form(rules), conversation)
}

fn judged_by(rubric: &Rubric, conversation: &Conversation) -> Judged {
    let call = Call {
        meta: &meta(),
        conversation,
        metrics: &metrics::measure(conversation),
        history: None,
    };
    let scorer = Scorer::new(std::slice::from_ref(rubric));
    scorer.judge(&call).remove(0)
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
fn a_quote_shows_where_words_are_left_out_and_takes_no_heed_of_the_other_party() {
    let talk = call()
        .agent(10_000, 14_000, "May I ask for your full name")
        .customer(10_100, 10_300, "Yes");
    let quote = |phrase: &str| {
        let rules = format!("yes_when:\n  said: {{by: agent, any: [\"{phrase}\"]}}");
        let answer = answered(&rules, &talk.clone().conversation());
        answer.evidence[0].quote.clone().unwrap()
    };
    assert_eq!(quote("may i ask ...4 name"), "May I ask … name");
    assert_eq!(quote("may i ask for"), "May I ask for");
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
    // A sentence that was cut is little of a whole call; how much of a file is missing, nobody
    // knows.
    let anywhere = "yes_when:\n  said: {by: agent, any: [\"anything else\"]}";
    assert_eq!(
        answered(anywhere, &call().conversation()).answer,
        Answer::No
    );
    assert_eq!(
        answered(anywhere, &truncated.conversation()).answer,
        Answer::Abstain
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
    let redacted = crate::redaction::Redactor::default().redact(spoken.0, &[]);
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

/// A placeholder has the lowest probability of the words behind it, and lasts from the first to the
/// last: neither makes the words around it unheard or the reply to it late.
#[test]
fn a_placeholder_leaves_what_is_around_it_as_it_was() {
    let talk = "agent: How would you like to pay?
        customer: By card, it's <phone_number 6> now
        agent (cuts in): Please do not read it out.";
    let mut transcript = crate::transcript::snippet::parse(talk).unwrap();
    let answer = |transcript: &crate::transcript::Transcript, rule: &str| {
        let conversation = Conversation::new(transcript, Some(0)).unwrap();
        let answer = answered(&format!("yes_when:\n  said: {rule}"), &conversation);
        (answer.answer, answer.reason)
    };
    let reply = "{by: agent, any: [\"please do not read\"], even_negated: true, in_reply_to: {by: customer, any: [\"<number>\"]}}";
    assert_eq!(answer(&transcript, reply), (Answer::Yes, None));
    let masked = &mut transcript.channels[1].segments[0].words[3];
    masked.prob = Some(0.0);
    let words = &mut transcript.channels[1].segments[0].words;
    words
        .iter_mut()
        .for_each(|word| word.prob = word.prob.map(|p| p.min(0.7)));
    let never = "{by: customer, any: [\"complaint\"]}";
    assert_eq!(answer(&transcript, never), (Answer::No, None));
}

/// What another tool masked without telling its kind may be any word, but not many.
#[test]
fn what_nobody_knows_may_be_the_word_that_is_looked_for() {
    for hidden in ["[PII]", "***"] {
        let talk = "agent: Good morning, this is QQ speaking. How can I help you today?
            customer: My card does not work.";
        let mut transcript = crate::transcript::snippet::parse(talk).unwrap();
        let word = &mut transcript.channels[0].segments[0].words[4];
        (word.text, word.prob) = (hidden.to_string(), Some(0.0));
        let conversation = Conversation::new(&transcript, Some(0)).unwrap();
        for (phrase, expected) in [
            ("this is <name>", Answer::Abstain),
            ("this is Robert", Answer::Abstain),
            ("morning this is still speaking", Answer::Abstain),
            ("this is <date>", Answer::Abstain),
            ("good morning", Answer::Yes),
            ("anything else for you", Answer::No),
            ("sorry", Answer::No),
        ] {
            let rule = format!("yes_when:\n  said: {{by: agent, any: [\"{phrase}\"]}}");
            let answer = answered(&rule, &conversation).answer;
            assert_eq!(answer, expected, "{hidden}: {phrase}");
        }
    }
}

/// *No* means that it was not said, so what a placeholder may hide leaves the answer open.
#[test]
fn what_a_placeholder_may_hide_is_not_missing() {
    let talk = "agent: What can I do for you?
        customer: I am <name>, born on <date_of_birth 6>, and my number is <phone_number 10>.
        customer: I live at <postal_address 2>.
        agent: Thank you, <name>. I will send <account_number 8> to you.";
    let transcript = crate::transcript::snippet::parse(talk).unwrap();
    let conversation = Conversation::new(&transcript, Some(0)).unwrap();
    let said = |by: &str, phrase: &str| {
        let rule = format!("yes_when:\n  said: {{by: {by}, any: [\"{phrase}\"]}}");
        answered(&rule, &conversation)
    };
    for (by, phrase, expected) in [
        ("customer", "born on May 14th", Answer::Abstain),
        ("customer", "May 14th", Answer::Abstain),
        ("agent", "May 14th", Answer::No),
        ("customer", "i am Robert", Answer::Abstain),
        ("customer", "this is Robert", Answer::No),
        ("customer", "my number is 555 0142", Answer::Abstain),
        ("customer", "my number is =wrong", Answer::No),
        ("agent", "thank you (Robert|<name>)", Answer::Yes),
        ("agent", "i will send two to you", Answer::Abstain),
        ("agent", "sorry", Answer::No),
        ("customer", "52 Maple Street", Answer::Abstain),
        ("customer", "live at 52 Maple Street", Answer::Abstain),
        ("agent", "52 Maple Street", Answer::No),
    ] {
        assert_eq!(said(by, phrase).answer, expected, "{by}: {phrase}");
    }
    let open = said("customer", "born on May 14th");
    let reason = open.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("masked may be the words"), "{reason}");
    // And so for what must not be said, and for windows that lean on it.
    let none = "yes_when:\n  said: {by: customer, none: [\"May 14th\"]}";
    assert_eq!(answered(none, &conversation).answer, Answer::Abstain);
    let after = "yes_when:\n  said: {by: agent, any: [\"thank you\"], within: {after_said: {by: customer, any: [\"May 14th\"]}}}";
    assert_eq!(answered(after, &conversation).answer, Answer::Abstain);
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
    let mut reason = |change: &dyn Fn(&mut Rubric)| {
        rubric.applies_to = crate::rubric::AppliesTo::default();
        change(&mut rubric);
        match judged_by(&rubric, &conversation) {
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

fn evidence_of(answered: &Answered, kind: EvidenceKind) -> Vec<&Evidence> {
    answered
        .evidence
        .iter()
        .filter(|e| e.kind == kind)
        .collect()
}

#[test]
fn windows_lean_on_words_and_events() {
    let rule = |within: &str| {
        format!("yes_when:\n  said: {{by: agent, any: [\"i am sorry\"], within: {within}}}")
    };
    let after = rule("{after_said: {by: customer, any: [\"it is broken\"]}, for: 10s}");
    let complaint = call().customer(10_000, 12_000, "Well it is broken again");
    let soon = complaint.clone().agent(15_000, 17_000, "oh i am sorry");
    assert_eq!(answered(&after, &soon.conversation()).answer, Answer::Yes);
    let late = complaint.clone().agent(25_000, 27_000, "oh i am sorry");
    let answer = answered(&after, &late.conversation());
    assert_eq!(answer.answer, Answer::No);
    let miss = evidence_of(&answer, EvidenceKind::NearestMiss);
    assert!(miss[0].note.as_deref().unwrap().contains("outside"));
    // Before the complaint does not count either, and without one there is nowhere to look.
    let before = call()
        .agent(9_000, 9_900, "i am sorry")
        .customer(10_000, 12_000, "it is broken");
    assert_eq!(answered(&after, &before.conversation()).answer, Answer::No);
    let never = answered(&after, &soon_without_complaint().conversation());
    assert_eq!(never.answer, Answer::No);
    assert!(
        never.evidence[0]
            .note
            .as_deref()
            .unwrap()
            .contains("were not said")
    );
    // Whether there was one may not be known.
    let unheard = call()
        .customer(10_000, 12_000, "")
        .agent(15_000, 17_000, "i am sorry");
    assert_eq!(
        answered(&after, &unheard.conversation()).answer,
        Answer::Abstain
    );

    let ahead = rule("{before_said: {by: customer, any: [\"it is broken\"]}}");
    assert_eq!(answered(&ahead, &before.conversation()).answer, Answer::Yes);
    assert_eq!(answered(&ahead, &soon.conversation()).answer, Answer::No);

    // A hold from 12 s to 30 s, announced; the words come 3 s after it.
    let held = call()
        .agent(9_000, 12_000, "one moment please i will check")
        .agent(33_000, 35_000, "i am sorry for the wait");
    let near = |place: &str| rule(&format!("{{{place}: hold, for: 5s}}"));
    let heard = held.conversation();
    assert_eq!(answered(&near("after_event"), &heard).answer, Answer::Yes);
    assert_eq!(answered(&near("near_event"), &heard).answer, Answer::Yes);
    assert_eq!(answered(&near("before_event"), &heard).answer, Answer::No);
    assert_eq!(
        answered(&near("after_event"), &soon.conversation()).answer,
        Answer::No
    );
    assert_eq!(
        answered(&near("after_event"), &held.mono()).answer,
        Answer::Abstain
    );
}

fn soon_without_complaint() -> Staged {
    call().agent(15_000, 17_000, "oh i am sorry")
}

#[test]
fn replies_turn_starts_counts_and_nearness() {
    let reply = "yes_when:\n  said: {by: agent, any: [\"on friday\"], in_reply_to: {by: customer, any: [\"when will\"]}}";
    let asked = call().customer(10_000, 12_000, "so when will it come");
    let answers = asked
        .clone()
        .agent(12_500, 15_000, "it will be there on friday");
    assert_eq!(answered(reply, &answers.conversation()).answer, Answer::Yes);
    // A back-channel is no reply; the turn after it is.
    let later =
        asked
            .clone()
            .agent(12_400, 12_800, "okay")
            .agent(16_500, 19_000, "we deliver on friday");
    assert_eq!(answered(reply, &later.conversation()).answer, Answer::Yes);
    let other = asked
        .clone()
        .agent(12_500, 15_000, "what is your order number please")
        .customer(15_500, 17_000, "five five five")
        .agent(17_500, 20_000, "it comes on friday");
    assert_eq!(answered(reply, &other.conversation()).answer, Answer::No);
    assert_eq!(answered(reply, &call().conversation()).answer, Answer::No);

    let opens = "yes_when:\n  said: {by: agent, any: [\"no problem\"], turn_start: true}";
    let first = call().agent(10_000, 12_000, "Okay, no problem at all");
    assert_eq!(answered(opens, &first.conversation()).answer, Answer::Yes);
    let inside = call().agent(10_000, 13_000, "that should really be no problem");
    assert_eq!(answered(opens, &inside.conversation()).answer, Answer::No);

    let thrice = "yes_when:\n  said: {by: agent, any: [\"sorry\", \"i am sorry\"], at_least: 3}";
    let twice = "yes_when:\n  said: {by: agent, any: [\"sorry\", \"i am sorry\"], at_most: 2}";
    let two = call().agent(10_000, 15_000, "i am sorry so sorry about it");
    // Two phrases on the same word are one time.
    assert_eq!(answered(thrice, &two.conversation()).answer, Answer::No);
    assert_eq!(answered(twice, &two.conversation()).answer, Answer::Yes);
    let three = two.clone().agent(20_000, 21_000, "sorry again");
    assert_eq!(answered(thrice, &three.conversation()).answer, Answer::Yes);
    assert_eq!(answered(twice, &three.conversation()).answer, Answer::No);
    // A third that is doubtful leaves both open.
    let maybe = two.agent(20_000, 21_000, "sorry again").doubtful(0);
    assert_eq!(
        answered(thrice, &maybe.conversation()).answer,
        Answer::Abstain
    );
    assert_eq!(
        answered(twice, &maybe.conversation()).answer,
        Answer::Abstain
    );

    let near = "yes_when:\n  near: {one: {by: agent, any: [refund]}, other: {by: anyone, any: [tomorrow]}, at_most_apart: 3s}";
    let close = call().customer(10_000, 11_000, "tomorrow then").agent(
        12_000,
        14_000,
        "yes the refund comes",
    );
    assert_eq!(answered(near, &close.conversation()).answer, Answer::Yes);
    let far = call().customer(10_000, 11_000, "tomorrow then").agent(
        32_000,
        34_000,
        "yes the refund comes",
    );
    let answer = answered(near, &far.conversation());
    assert_eq!(answer.answer, Answer::No);
    assert!(!evidence_of(&answer, EvidenceKind::NearestMiss).is_empty());
}

#[test]
fn every_kind_of_question_answers_and_says_what_else_it_could_be() {
    let options = "options:\n- {id: warm, points: 10, when: {said: {by: agent, any: [\"i am so sorry\"]}}}\n- {id: polite, points: 5, when: {said: {by: agent, any: [sorry]}}}\n- {id: cold, points: 0}";
    let choice = |id: &str| Answer::Choice(id.to_string());
    let polite = call().agent(10_000, 12_000, "sorry about that");
    let answer = answered(options, &polite.conversation());
    assert_eq!(answer.answer, choice("polite"));
    assert_eq!(answer.possible, [choice("polite")]);
    let cold = answered(options, &call().conversation());
    assert_eq!(cold.answer, choice("cold"));
    // What is left rests on what was not found.
    assert_eq!(evidence_of(&cold, EvidenceKind::Absent).len(), 2);
    let doubtful = call()
        .agent(10_000, 12_000, "i am so sorry about that")
        .doubtful(0);
    let open = answered(options, &doubtful.conversation());
    assert_eq!(open.answer, Answer::Abstain);
    assert_eq!(
        open.possible,
        [choice("warm"), choice("polite"), choice("cold")]
    );

    let several = "kind: multi_select\nmost: 3\noptions:\n- {id: name, points: 2, when: {said: {by: agent, any: [\"this is\"]}}}\n- {id: help, points: 2, when: {said: {by: agent, any: [\"can i help\"]}}}";
    let selected = |ids: &[&str]| Answer::Selected(ids.iter().map(|i| (*i).to_string()).collect());
    assert_eq!(
        answered(several, &call().conversation()).answer,
        selected(&["name"])
    );
    let perhaps = call().agent(10_000, 12_000, "how can i help").doubtful(0);
    let open = answered(several, &perhaps.conversation());
    assert_eq!(
        open.possible,
        [selected(&["name"]), selected(&["name", "help"])]
    );

    let number = "number: {times: {by: agent, any: [sorry]}, steps: [{at_most: 0, points: 0}, {at_most: 1, points: 1}, {points: 2}]}";
    assert_eq!(
        answered(number, &polite.conversation()).answer,
        Answer::Number(1.0)
    );
    let more = polite.agent(20_000, 21_000, "sorry again").doubtful(0);
    let open = answered(number, &more.conversation());
    assert_eq!(open.answer, Answer::Abstain);
    assert!(open.possible.len() == 2, "{:?}", open.possible);

    let scale = "scale: {from: 1, to: 3, levels: [{value: 3, when: {said: {by: agent, any: [sorry]}}}, {value: 1}]}";
    assert_eq!(answered(scale, &call().conversation()).answer, choice("1"));

    let ways = "ways:\n- {name: words, when: {said: {by: agent, any: [sorry]}}}\n- {name: deed, when: {said: {by: agent, any: [\"i have credited\"]}}}";
    let deed = call().agent(10_000, 12_000, "so i have credited it");
    let answer = answered(ways, &deed.conversation());
    assert_eq!(
        (answer.answer, answer.way.as_deref()),
        (Answer::Yes, Some("deed"))
    );

    for (person, possible) in [
        ("answered_by: person", 2),
        ("options: [{id: a, points: 1}, {id: b}]", 2),
        ("scale: {from: 1, to: 5}", 5),
        ("kind: comment", 1),
    ] {
        let answer = answered_by_a_person(person);
        assert!(!answer.answer.is_given(), "{person}");
        assert_eq!(answer.possible.len(), possible, "{person}");
    }
}

#[test]
fn an_answer_on_doubtful_words_is_fragile_and_less_sure() {
    let rule = "yes_when:\n  said: {by: agent, any: [\"this call is recorded\"]}";
    let with_prob = |prob: f32| {
        let mut call = call().agent(10_000, 12_000, "this call is recorded");
        for word in &mut call.0.channels[0].segments[1].words {
            word.prob = Some(prob);
        }
        answered(rule, &call.conversation())
    };
    let (weak, strong) = (with_prob(0.6), with_prob(0.95));
    assert_eq!((weak.answer.clone(), weak.fragile), (Answer::Yes, true));
    assert_eq!(
        (strong.answer.clone(), strong.fragile),
        (Answer::Yes, false)
    );
    assert!(weak.confidence.unwrap() < strong.confidence.unwrap());
    // An absence is as sure as the searched speech was heard.
    let absent = answered(rule, &call().conversation());
    assert_eq!(absent.confidence, Some(1.0));
}

#[test]
fn a_cause_is_the_first_whose_rule_holds() {
    let rule = "cause:\n- {cause: system, when: {said: {by: agent, any: [\"the system is slow\"]}}}\n- {cause: policy, when: {said: {by: agent, any: [policy]}}}\nyes_when:\n  said: {by: agent, any: [refund]}";
    let cause = |text: &str| {
        let call = call().agent(10_000, 14_000, text);
        answered(rule, &call.conversation()).cause
    };
    assert_eq!(
        cause("our policy and the system is slow"),
        Some(Cause::System)
    );
    assert_eq!(cause("that is our policy"), Some(Cause::Policy));
    assert_eq!(cause("no such thing"), Some(Cause::Agent));
}

/// The first question of a form whose second one carries the weight.
fn answered_by_a_person(rules: &str) -> Answered {
    let yaml = format!(
        "rubric: r\nversion: '1'\ntitle: t\nsections:\n- id: s\n  title: s\n  weight: 1\n  questions:\n  - id: q\n    text: q\n    {rules}\n  - id: z\n    text: z\n    yes_when: {{said: {{by: agent, any: [a]}}}}\n"
    );
    let rubric = crate::rubric::parse(&yaml, "test").unwrap();
    let conversation = call().conversation();
    match judged_by(&rubric, &conversation) {
        Judged::Scored { mut answers, .. } => answers.remove(0),
        Judged::NotEligible { reason } => panic!("{reason}"),
    }
}

#[test]
fn a_reply_that_may_have_come_to_a_later_question_is_not_missing() {
    let rules = "yes_when:\n  in_order:\n    steps: [{by: agent, any: [\"date of birth\"]}, {by: customer, any: [\"may fifth\"]}]\n    at_most_apart: 10s";
    let asked_twice = call()
        .agent(10_000, 12_000, "your date of birth please")
        .customer(13_000, 15_000, "why would you want that")
        .agent(40_000, 42_000, "your date of birth please");
    assert_eq!(
        answered(rules, &asked_twice.clone().conversation()).answer,
        Answer::No
    );
    let not_heard = asked_twice
        .customer(43_000, 46_000, "mumble mumble")
        .doubtful(1);
    assert_eq!(
        answered(rules, &not_heard.conversation()).answer,
        Answer::Abstain
    );
}

#[test]
fn a_step_in_the_middle_that_may_have_gone_unheard_breaks_no_chain() {
    let rules = "yes_when:\n  in_order:\n    steps:\n    - {by: agent, any: [\"date of birth\"]}\n    - {by: customer, any: [\"may fifth\"]}\n    - {by: agent, any: [\"thank you\"]}";
    let thanked_early = call()
        .agent(10_000, 12_000, "your date of birth please")
        .customer(13_000, 16_000, "mumble mumble")
        .doubtful(1)
        .agent(17_000, 18_000, "thank you")
        .customer(40_000, 42_000, "that is may fifth");
    assert_eq!(
        answered(rules, &thanked_early.conversation()).answer,
        Answer::Abstain
    );
}

#[test]
fn what_stands_near_an_unheard_part_is_not_far_from_all() {
    let rules = "yes_when:\n  near:\n    one: {by: agent, any: [\"recorded\"]}\n    other: {by: agent, any: [\"for quality\"]}\n    at_most_apart: 5s";
    let far = call().agent(10_000, 12_000, "this call is recorded").agent(
        40_000,
        42_000,
        "we do that for quality",
    );
    assert_eq!(
        answered(rules, &far.clone().conversation()).answer,
        Answer::No
    );
    let unheard = far.agent(13_000, 16_000, "mumble mumble").doubtful(0);
    assert_eq!(
        answered(rules, &unheard.conversation()).answer,
        Answer::Abstain
    );
}

#[test]
fn what_a_window_ends_at_may_have_been_said_earlier() {
    let rules = "yes_when:\n  said: {by: agent, any: [\"date of birth\"], within: {before_said: {by: agent, any: [\"your balance\"]}}}";
    let in_time = call()
        .agent(20_000, 22_000, "your date of birth please")
        .agent(30_000, 32_000, "your balance is fine");
    assert_eq!(answered(rules, &in_time.conversation()).answer, Answer::Yes);
    let told_before = call()
        .agent(10_000, 12_000, "your balance is fine")
        .doubtful(0)
        .agent(20_000, 22_000, "your date of birth please")
        .agent(30_000, 32_000, "your balance is fine");
    assert_eq!(
        answered(rules, &told_before.conversation()).answer,
        Answer::Abstain
    );
}

#[test]
fn a_window_behind_the_last_words_of_a_cut_off_recording_was_not_searched() {
    let rules = "yes_when:\n  said: {by: agent, any: [\"sorry\"], within: {after_said: {by: customer, any: [\"terrible\"]}}}";
    let ends = call()
        .customer(58_000, 60_000, "this is terrible")
        .conversation();
    assert!(ends.cut_end);
    assert_eq!(answered(rules, &ends).answer, Answer::Abstain);
}

#[test]
fn a_cause_that_cannot_be_told_is_not_the_agent() {
    let rules = "yes_when:\n  said: {by: agent, any: [\"i have booked\"]}\ncause:\n- cause: system\n  when:\n    said: {by: agent, any: [\"system is down\"]}";
    let heard = call();
    assert_eq!(
        answered(rules, &heard.clone().conversation()).cause,
        Some(Cause::Agent)
    );
    let mut doubtful = heard.agent(20_000, 22_000, "the system is down today");
    for word in &mut doubtful.0.channels[0].segments.last_mut().unwrap().words {
        word.prob = Some(if word.text == "down" { 0.4 } else { 0.95 });
    }
    let answer = answered(rules, &doubtful.conversation());
    assert_eq!(
        (answer.answer, answer.cause),
        (Answer::No, Some(Cause::Unknown))
    );
}

#[test]
fn words_without_a_letter_were_not_heard() {
    let call = call().agent(10_000, 20_000, "... - ... -");
    let rules = "yes_when:\n  said: {by: agent, any: [\"this call is recorded\"]}";
    assert_eq!(
        answered(rules, &call.conversation()).answer,
        Answer::Abstain
    );
}

#[test]
fn words_behind_what_may_have_been_the_complaint_are_not_missing() {
    let rules = "yes_when:\n  said: {by: agent, any: [\"sorry\"], within: {after_said: {by: customer, any: [\"terrible\"]}, for: 5s}}";
    let ignored = call()
        .customer(10_000, 12_000, "this is terrible")
        .customer(30_000, 32_000, "really terrible")
        .doubtful(1);
    assert_eq!(
        answered(rules, &ignored.clone().conversation()).answer,
        Answer::No
    );
    let answered_late = ignored.agent(33_000, 34_000, "i am sorry");
    assert_eq!(
        answered(rules, &answered_late.clone().conversation()).answer,
        Answer::Abstain
    );
    let answered_twice = answered_late.agent(13_000, 14_000, "i am sorry");
    assert_eq!(
        answered(rules, &answered_twice.conversation()).answer,
        Answer::Yes
    );
}

#[test]
fn what_must_come_later_may_have_been_said_unheard_before() {
    let rule = "yes_when:\n  in_order:\n    steps:\n    - {by: agent, any: [\"date of birth\"]}\n    - {by: customer, any: [\"<number>\"]}\n    before: {by: agent, any: [\"your balance is\"]}";
    let checked = |call: Staged| {
        let call = call
            .agent(20_000, 22_000, "your date of birth please")
            .customer(23_000, 25_000, "may the 4th 1980")
            .agent(26_000, 28_000, "your balance is ten dollars");
        answered(rule, &call.conversation()).answer
    };
    assert_eq!(checked(call()), Answer::Yes);
    // Two seconds of the agent's speech ahead of the check were not understood.
    assert_eq!(checked(call().agent(10_000, 12_000, "")), Answer::Abstain);
    // Of the customer's it does not matter.
    assert_eq!(checked(call().customer(10_000, 12_000, "")), Answer::Yes);
}
