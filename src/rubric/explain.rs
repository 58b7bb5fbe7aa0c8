//! The form in plain words, for the agents who are judged by it: what is asked and why, what good
//! sounds like, what each answer counts, what fails a call, and what does not count.
//!
//! Markdown that also reads well as plain text. Left out on purpose: how words are matched, and
//! more phrases than a person reads; the rubric itself has them all.

use std::fmt::Write;

use super::form::{
    Adjustment, AnswerIs, AnsweredBy, AutoFail, By, CallField, CallRule, Cause, Change, Choice,
    ContactChannel, EarlierContact, EventName, FailScope, Kind, MetricRule, Millis, PromiseState,
    Quantity, Question, Rubric, Rule, Said, Section, Step, Tag, What, Within,
};
use crate::conversation::metrics::{self, Unit};

/// Phrases of a rule that are shown.
const SHOWN: usize = 6;

/// The whole form as Markdown.
pub fn explain(rubric: &Rubric) -> String {
    let mut out = Text::default();
    out.paragraph(&format!("# {}", rubric.title));
    out.paragraph(&format!("{}, version {}", rubric.rubric, rubric.version));
    if let Some(about) = &rubric.about {
        out.paragraph(about);
    }
    out.paragraph(&which_calls(rubric));
    out.paragraph(
        "Every question has one of four answers: yes (or what was chosen), no, not applicable \
         (the question does not arise and its points go to the others), or left open because the \
         recording does not tell. What is left open is never counted as no.",
    );
    for section in &rubric.sections {
        explain_section(&mut out, rubric, section);
    }
    if !rubric.adjustments.is_empty() {
        out.paragraph("## What changes the score afterwards");
        let lines = rubric
            .adjustments
            .iter()
            .map(|rule| adjustment(rubric, rule));
        out.list(lines);
    }
    out.paragraph("## What fails a call");
    out.list(what_fails(rubric).into_iter());
    if !rubric.bands.is_empty() {
        let bands = rubric
            .bands
            .iter()
            .map(|b| format!("{} from {}", b.name, number(b.from)));
        out.paragraph(&format!(
            "Scores have names: {}.",
            bands.collect::<Vec<_>>().join(", ")
        ));
    }
    out.paragraph("## What does not count");
    out.list(what_does_not_count(rubric).into_iter());
    out.0
}

/// Paragraphs with blank lines between them.
#[derive(Default)]
struct Text(String);

impl Text {
    fn paragraph(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&words(text));
        self.0.push('\n');
    }

    fn list(&mut self, lines: impl Iterator<Item = String>) {
        self.0.push('\n');
        for line in lines {
            writeln!(self.0, "- {line}").expect("a String takes every write");
        }
    }
}

fn which_calls(rubric: &Rubric) -> String {
    let applies = &rubric.applies_to;
    let mut text = "For ".to_string();
    let directions: Vec<&str> = applies.directions.iter().map(|d| d.as_str()).collect();
    text += &match directions.is_empty() {
        true => "all calls".to_string(),
        false => format!("{} calls", either(&directions)),
    };
    let quoted = |list: &[String]| either(&list.iter().map(String::as_str).collect::<Vec<_>>());
    if !applies.queues.is_empty() {
        text += &format!(" of the queue {}", quoted(&applies.queues));
    }
    if !applies.languages.is_empty() {
        text += &format!(" in the language {}", quoted(&applies.languages));
    }
    if let Some(shortest) = applies.shortest {
        text += &format!(", recorded for {} or more", length(shortest.0));
    }
    if let Some(from) = &rubric.valid_from {
        text += &format!(", from {from} on");
    }
    text + "."
}

fn explain_section(out: &mut Text, rubric: &Rubric, section: &Section) {
    let counts = if section.bonus {
        format!("up to {} points on top", number(section.weight))
    } else {
        format!(
            "{} of 100 points",
            number(100.0 * share_of_section(rubric, section))
        )
    };
    out.paragraph(&format!("## {} ({counts})", section.title));
    if let Some(rule) = &section.applies_when {
        out.paragraph(&sentence("This part is asked only where", rule));
    }
    for question in &section.questions {
        explain_question(out, rubric, section, question);
    }
}

fn explain_question(out: &mut Text, rubric: &Rubric, section: &Section, question: &Question) {
    out.paragraph(&format!("### {}", question.text));
    let told = [
        ("Why it is asked", &question.why),
        ("What good sounds like", &question.good),
        ("What counts", &question.help),
    ];
    for (what, text) in told {
        if let Some(text) = text {
            out.paragraph(&format!("{what}: {text}"));
        }
    }
    if let Some(AnswerIs { question, is }) = &question.shown_when {
        out.paragraph(&format!(
            "Asked only where \"{}\" is answered with {}.",
            text_of(rubric, question),
            answers(rubric, question, is)
        ));
    }
    if let Some(rule) = &question.applies_when {
        out.block(&sentence("Asked only where", rule));
    }
    how_answered(out, question);
    out.paragraph(&what_it_counts(rubric, section, question));
    for cause in &question.causes {
        if cause.cause.is_outside_agent() {
            let lead = format!(
                "A failed answer is put down to {}, not to you, where",
                cause_words(cause.cause)
            );
            out.block(&sentence(&lead, &cause.when));
        }
    }
}

impl Text {
    /// A paragraph that may hold a list.
    fn block(&mut self, text: &str) {
        self.0.push('\n');
        self.0.push_str(text);
        self.0.push('\n');
    }
}

fn how_answered(out: &mut Text, question: &Question) {
    if question.answered_by == AnsweredBy::Person {
        let what = match &question.kind {
            Kind::Comment => "A person writes a remark.".to_string(),
            Kind::Options { choices, .. } => {
                let choices: Vec<String> = choices.iter().map(choice_words).collect();
                format!("A person chooses: {}.", choices.join(", "))
            }
            Kind::MultiSelect { choices, .. } => {
                let choices: Vec<String> = choices.iter().map(choice_words).collect();
                format!("A person chooses any of: {}.", choices.join(", "))
            }
            Kind::Number { steps, .. } => {
                format!("A person gives a number. {}", step_words(steps, ""))
            }
            Kind::YesNo { .. } => "A person answers yes or no.".to_string(),
        };
        out.paragraph(&what);
        return;
    }
    match &question.kind {
        Kind::YesNo { ways, .. } => {
            for way in ways {
                let lead = match &way.name {
                    Some(name) => format!("Yes ({name}) where"),
                    None => "Yes where".to_string(),
                };
                out.block(&sentence(&lead, &way.when));
            }
        }
        Kind::Options { choices, .. } => {
            out.paragraph("The first of these that fits:");
            let tried = choices.iter().skip_while(|c| c.when.is_none());
            let lines = tried.map(|choice| match &choice.when {
                Some(rule) => sentence_at(&format!("{}: where", choice_words(choice)), rule, 1),
                None => format!("{}: otherwise.", choice_words(choice)),
            });
            out.list(lines);
        }
        Kind::MultiSelect { choices, most } => {
            out.paragraph(&match most {
                Some(most) => format!(
                    "All of these that fit, for {} points at most:",
                    number(*most)
                ),
                None => "All of these that fit:".to_string(),
            });
            let lines = choices.iter().filter_map(|choice| {
                let rule = choice.when.as_ref()?;
                Some(sentence_at(
                    &format!("{}: where", choice_words(choice)),
                    rule,
                    1,
                ))
            });
            out.list(lines);
        }
        Kind::Number { quantity, steps } => {
            let (what, unit) = match quantity {
                Quantity::Metric(name) => (metric_words(name), unit_of(name)),
                Quantity::Times(said) => (format!("how often {}", clause_of_said(said, true)), ""),
                Quantity::Stated => ("a number".to_string(), ""),
            };
            out.paragraph(&format!("Measured: {what}. {}", step_words(steps, unit)));
        }
        Kind::Comment => out.paragraph("A person writes a remark."),
    }
    if question.answered_by == AnsweredBy::Both {
        out.paragraph("A person may correct the answer.");
    }
}

fn choice_words(choice: &Choice) -> String {
    format!("{} ({})", choice.text, points(choice.points))
}

fn points(points: f64) -> String {
    let plural = if points == 1.0 { "" } else { "s" };
    format!("{} point{plural}", number(points))
}

fn step_words(steps: &[Step], unit: &str) -> String {
    let scale = if unit == "s" { 1_000.0 } else { 1.0 };
    let unit = if unit.is_empty() {
        String::new()
    } else {
        format!(" {unit}")
    };
    let lines: Vec<String> = steps
        .iter()
        .map(|step| match step.at_most {
            Some(0.0) => format!("0{unit} earns {}", points(step.points)),
            Some(most) => format!(
                "up to {}{unit} earns {}",
                number(most / scale),
                points(step.points)
            ),
            None => format!("more earns {}", points(step.points)),
        })
        .collect();
    let text = lines.join(", ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

fn what_it_counts(rubric: &Rubric, section: &Section, question: &Question) -> String {
    let mut text = Vec::new();
    if question.celebrate {
        text.push("A mark worth celebrating; it counts for no score.".to_string());
    } else if !question.is_scored() || section.weight == 0.0 {
        text.push("It counts for no score.".to_string());
    } else {
        let share = share_of_question(section, question);
        let of_form = if section.bonus {
            section.weight
        } else {
            100.0 * share_of_section(rubric, section)
        };
        let share = number(of_form * share);
        text.push(match section.bonus {
            true => format!("Counts up to {share} points on top."),
            false => format!("Counts {share} of 100 points, where every question applies."),
        });
        if let Kind::YesNo { points, .. } = &question.kind
            && (points.yes < points.no || points.least() > 0.0)
        {
            let part = |earned: f64| number(100.0 * earned / points.most());
            text.push(format!(
                "Yes earns {} % of them, no {} %.",
                part(points.yes),
                part(points.no)
            ));
        }
    }
    if question.critical {
        text.push(
            "It is critical: the call has a verdict of its own on the critical questions."
                .to_string(),
        );
    }
    if let Some(AutoFail { on, of }) = &question.auto_fail {
        let what = match of {
            FailScope::Form => "the whole call: its score becomes 0".to_string(),
            FailScope::Section => format!("this part: the score of {} becomes 0", section.title),
        };
        text.push(format!(
            "The answer {} fails {what}.",
            answers(rubric, &question.id, on)
        ));
    }
    if !question.controllable_by_agent {
        text.push("No agent can help it, so it is left out of your own score.".to_string());
    }
    let tags: Vec<&str> = question.tags.iter().map(|t| tag_words(*t)).collect();
    if !tags.is_empty() && question.is_scored() {
        text.push(format!("It is part of the score for {}.", all(&tags)));
    }
    text.join(" ")
}

fn tag_words(tag: Tag) -> &'static str {
    match tag {
        Tag::Business => "the business",
        Tag::Customer => "the customer",
        Tag::Compliance => "keeping the rules",
    }
}

fn share_of_section(rubric: &Rubric, section: &Section) -> f64 {
    let counts = |s: &&Section| !s.bonus && s.questions.iter().any(Question::is_scored);
    let all: f64 = rubric
        .sections
        .iter()
        .filter(counts)
        .map(|s| s.weight)
        .sum();
    if all > 0.0 && counts(&section) {
        section.weight / all
    } else {
        0.0
    }
}

fn share_of_question(section: &Section, question: &Question) -> f64 {
    let scored = section.questions.iter().filter(|q| q.is_scored());
    question.weight / scored.map(|q| q.weight).sum::<f64>()
}

fn adjustment(rubric: &Rubric, rule: &Adjustment) -> String {
    let conditions: Vec<String> = rule
        .when
        .iter()
        .map(|is| {
            format!(
                "\"{}\" is answered with {}",
                text_of(rubric, &is.question),
                answers(rubric, &is.question, &is.is)
            )
        })
        .collect();
    let of = match &rule.section {
        Some(id) => rubric
            .sections
            .iter()
            .find(|s| s.id == *id)
            .map_or(id.clone(), |s| format!("the score of {}", s.title)),
        None => "the score".to_string(),
    };
    let what = match rule.change {
        Change::Add(points) if points < 0.0 => {
            format!("{} are taken from {of}", self::points(-points))
        }
        Change::Add(points) => format!("{} are added to {of}", self::points(points)),
        Change::Set(points) => format!("{of} becomes {}", number(points)),
    };
    let why = rule
        .text
        .as_ref()
        .map_or(String::new(), |t| format!(" ({})", words(t)));
    format!("Where {}, {what}{why}.", conditions.join(" and "))
}

fn what_fails(rubric: &Rubric) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(pass_at) = rubric.pass_at {
        lines.push(format!("A score below {} of 100.", number(pass_at)));
    }
    for section in &rubric.sections {
        if let Some(pass_at) = section.pass_at {
            lines.push(format!(
                "Less than {} of 100 in {}.",
                number(pass_at),
                section.title
            ));
        }
    }
    for (_, question) in rubric.questions() {
        if let Some(AutoFail {
            on,
            of: FailScope::Form,
        }) = &question.auto_fail
        {
            lines.push(format!(
                "The answer {} to \"{}\".",
                answers(rubric, &question.id, on),
                words(&question.text)
            ));
        }
    }
    if lines.is_empty() {
        lines.push("Nothing: this form gives a score only.".to_string());
    }
    if let Some(minimum) = rubric.minimum {
        lines.push(format!(
            "Otherwise the score is never below {}.",
            number(minimum)
        ));
    }
    lines
}

fn what_does_not_count(rubric: &Rubric) -> Vec<String> {
    let mut lines = vec![
        "How long the call takes.".to_string(),
        "What the recording does not tell for sure.".to_string(),
    ];
    for (section, question) in rubric.questions() {
        let section = &rubric.sections[section];
        let text = words(&question.text);
        if question.celebrate {
            lines.push(format!("\"{text}\" (worth celebrating)"));
        } else if !question.is_scored() || section.weight == 0.0 {
            lines.push(format!("\"{text}\""));
        } else if !question.controllable_by_agent {
            lines.push(format!("\"{text}\" (for your own score)"));
        }
    }
    lines
}

fn text_of(rubric: &Rubric, id: &str) -> String {
    let found = rubric.questions().find(|(_, q)| q.id == id);
    found.map_or(id.to_string(), |(_, q)| words(&q.text))
}

fn answers(rubric: &Rubric, question: &str, ids: &[String]) -> String {
    let found = rubric.questions().find(|(_, q)| q.id == question);
    let text = |id: &str| match found.map(|(_, q)| &q.kind) {
        Some(Kind::Options { choices, .. } | Kind::MultiSelect { choices, .. }) => choices
            .iter()
            .find(|c| c.id == id)
            .map_or(id.to_string(), |c| format!("\"{}\"", c.text)),
        _ => id.to_string(),
    };
    let texts: Vec<String> = ids.iter().map(|id| text(id)).collect();
    either(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn cause_words(cause: Cause) -> &'static str {
    match cause {
        Cause::Agent => "the agent",
        Cause::Process => "the process",
        Cause::System => "the system",
        Cause::Policy => "the policy",
        Cause::OtherTeam => "another team",
        Cause::Customer => "the customer",
        Cause::Unknown => "nobody yet",
    }
}

/// A rule with every `not` moved into its parts.
enum Node {
    Clause(String),
    All(Vec<Node>),
    Any(Vec<Node>),
}

fn node(rule: &Rule, holds: bool) -> Node {
    match rule {
        Rule::Not(rule) => node(rule, !holds),
        Rule::AllOf(rules) | Rule::AnyOf(rules) => {
            let parts: Vec<Node> = rules.iter().map(|r| node(r, holds)).collect();
            match (matches!(rule, Rule::AllOf(_)) == holds, parts) {
                (_, mut parts) if parts.len() == 1 => parts.remove(0),
                (true, parts) => Node::All(parts),
                (false, parts) => Node::Any(parts),
            }
        }
        leaf => Node::Clause(clause(leaf, holds)),
    }
}

fn sentence(lead: &str, rule: &Rule) -> String {
    sentence_at(lead, rule, 0)
}

/// One sentence, or a lead with a list below it, whose lines are indented by so many steps.
fn sentence_at(lead: &str, rule: &Rule, depth: usize) -> String {
    let mut text = lead.to_string();
    write_node(&mut text, &node(rule, true), depth);
    text
}

fn write_node(text: &mut String, node: &Node, depth: usize) {
    let (what, parts) = match node {
        Node::Clause(clause) => {
            write!(text, " {clause}.").expect("a String takes every write");
            return;
        }
        Node::All(parts) => ("all of this is so", parts),
        Node::Any(parts) => ("one of these is so", parts),
    };
    write!(text, " {what}:").expect("a String takes every write");
    for part in parts {
        write!(text, "\n{}-", "  ".repeat(depth)).expect("a String takes every write");
        write_node(text, part, depth + 1);
    }
}

fn clause(rule: &Rule, holds: bool) -> String {
    match rule {
        Rule::Said(said) => clause_of_said(said, holds),
        Rule::InOrder(order) => {
            let steps: Vec<String> = order
                .steps
                .iter()
                .map(|s| clause_of_said(s, true))
                .collect();
            let mut text = steps.join(", then ");
            if let Some(ms) = order.at_most_apart_ms {
                text += &format!(", with no more than {} in between", length(ms));
            }
            if let Some(before) = &order.before {
                text += &format!(", all before {}", clause_of_said(before, true));
            }
            denied(text, holds)
        }
        Rule::Near(near) => denied(
            format!(
                "{} and {}, no more than {} apart",
                clause_of_said(&near.one, true),
                clause_of_said(&near.other, true),
                length(near.at_most_apart_ms)
            ),
            holds,
        ),
        Rule::Metric(metric) => clause_of_metric(metric, holds),
        Rule::Call(call) => clause_of_call(call, holds),
        Rule::EarlierContact(contact) => clause_of_contact(contact, holds),
        Rule::EarlierPromise(promise) => {
            let states: Vec<&str> = promise.is.iter().map(|s| promise_words(*s)).collect();
            denied(
                format!("an earlier promise to the customer {}", either(&states)),
                holds,
            )
        }
        // `node` takes these apart.
        Rule::AllOf(_) | Rule::AnyOf(_) | Rule::Not(_) => String::new(),
    }
}

fn denied(text: String, holds: bool) -> String {
    if holds {
        text
    } else {
        format!("it is not so that {text}")
    }
}

fn clause_of_said(said: &Said, holds: bool) -> String {
    let who = match said.by {
        By::Agent => "the agent",
        By::Customer => "the customer",
        By::Anyone => "somebody",
    };
    let mut examples: Vec<String> = Vec::new();
    let mut more = false;
    for phrase in said.what.phrases() {
        let (plain, left_out) = plain(&phrase.to_string());
        more |= left_out;
        for example in plain {
            if !examples.contains(&example) {
                examples.push(example);
            }
        }
    }
    let mut shown: Vec<String> = examples.iter().take(SHOWN).cloned().collect();
    if more || examples.len() > SHOWN {
        shown.push("words like these".to_string());
    }
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    let (negative, phrases) = match &said.what {
        What::Any(_) => (!holds, either(&shown)),
        What::None(_) => (holds, either(&shown)),
        What::All(_) => (!holds, all(&shown)),
    };
    let mut text = match (negative, said.by) {
        (true, By::Anyone) => format!("nobody says {phrases}"),
        (true, _) => format!("{who} does not say {phrases}"),
        (false, _) => format!("{who} says {phrases}"),
    };
    match (said.at_least, said.at_most) {
        (Some(least), Some(most)) if least == most => write!(text, ", {least} times"),
        (Some(least), Some(most)) => write!(text, ", {least} to {most} times"),
        (Some(least), None) if least > 1 => write!(text, ", {least} times or more"),
        (None, Some(0)) => write!(text, " not once"),
        (None, Some(most)) => write!(text, ", no more than {most} times"),
        _ => Ok(()),
    }
    .expect("a String takes every write");
    if said.turn_start {
        text += ", at the start of what they say";
    }
    if let Some(within) = &said.within {
        text += &format!(", {}", window(within));
    }
    if let Some(other) = &said.in_reply_to {
        text += &format!(", in reply when {}", clause_of_said(other, true));
    }
    text
}

fn window(within: &Within) -> String {
    let span = |ms: &Option<Millis>, side: &str| match ms {
        Some(ms) => format!("within {} {side}", length(ms.0)),
        None => format!("at any time {side}"),
    };
    match within {
        Within::First(ms) => format!("in the first {} of the call", length(ms.0)),
        Within::Last(ms) => format!("in the last {} of the call", length(ms.0)),
        Within::AfterSaid(said, ms) => {
            format!("{} {}", span(ms, "after"), clause_of_said(said, true))
        }
        Within::BeforeSaid(said, ms) => {
            format!("{} {}", span(ms, "before"), clause_of_said(said, true))
        }
        Within::AfterEvent(event, ms) => {
            format!("within {} after {}", length(ms.0), event_words(*event))
        }
        Within::BeforeEvent(event, ms) => {
            format!("within {} before {}", length(ms.0), event_words(*event))
        }
        Within::NearEvent(event, ms) => {
            format!("within {} of {}", length(ms.0), event_words(*event))
        }
    }
}

fn event_words(event: EventName) -> &'static str {
    match event {
        EventName::Hold => "a hold",
        EventName::Silence => "a silence",
        EventName::DeadAir => "a wait that nobody announced",
        EventName::Interruption => "an interruption",
        EventName::Overlap => "a moment when both speak",
    }
}

fn clause_of_metric(rule: &MetricRule, holds: bool) -> String {
    let unit = unit_of(&rule.name);
    let scale = if unit == "s" { 1_000.0 } else { 1.0 };
    let value = |v: f64| match unit {
        "" => number(v),
        "%" => format!("{} %", number(v * 100.0)),
        unit => format!("{} {unit}", number(v / scale)),
    };
    let limits = match (rule.at_least, rule.at_most) {
        (Some(least), Some(most)) if least == most => value(least),
        (Some(least), Some(most)) => format!("from {} to {}", value(least), value(most)),
        (Some(least), None) => format!("{} or more", value(least)),
        (None, Some(0.0)) => value(0.0),
        (None, Some(most)) => format!("{} or less", value(most)),
        (None, None) => String::new(),
    };
    let is = if holds { "is" } else { "is not" };
    format!("{} {is} {limits}", metric_words(&rule.name))
}

/// What a metric's values are shown in.
fn unit_of(name: &str) -> &'static str {
    match metrics::metric(name).map(|m| m.unit) {
        Some(Unit::Ms) => "s",
        Some(Unit::Share) => "%",
        _ => "",
    }
}

/// A metric in words that need no glossary, where there are some.
pub(crate) fn metric_words(name: &str) -> String {
    let known = match name {
        "silence_count" => "the number of silences of 3 s or more",
        "dead_air_count" => "the number of long waits that nobody announced",
        "hold_count" => "the number of holds",
        "hold_announced_count" => "the number of holds that were announced",
        "hold_inferred_count" => "the number of holds for which no announcement was heard",
        "hold_thanked_count" => "the number of holds with thanks afterwards",
        "hold_unthanked_count" => "the number of holds without thanks afterwards",
        "overlap_count" => "the number of times that both speak at once",
        "interruptions_by_agent" => "the number of times that the agent cuts in",
        "interruptions_by_customer" => "the number of times that the customer cuts in",
        "words_per_minute_agent" => "the agent's pace in words per minute",
        "words_per_minute_customer" => "the customer's pace in words per minute",
        "pace_change_agent" => "the change of the agent's pace over the call",
        "talk_share_agent" => "the agent's share of the talk",
        "silences_broken_by_agent" => "the number of silences that the agent ends",
        "silences_broken_by_customer" => "the number of silences that the customer ends",
        "questions_customer" => "the number of the customer's questions",
        "questions_unanswered" => "the number of the customer's questions without an answer",
        "promises_agent" => "the number of promises that the agent makes",
        "promises_dated_agent" => "the number of the agent's promises with a day or time",
        "promises_hedged_agent" => "the number of the agent's half promises (\"I will try\")",
        "exchanges_without_progress" => "the number of exchanges that lead nowhere",
        _ => "",
    };
    if known.is_empty() {
        let bare = name.trim_end_matches("_ms").trim_end_matches("_count");
        format!("\"{}\"", bare.replace('_', " "))
    } else {
        known.to_string()
    }
}

fn clause_of_call(call: &CallRule, holds: bool) -> String {
    let yes = (call.is == "true") == holds;
    let is = if holds { "is" } else { "is not" };
    match call.field {
        CallField::Direction => format!("the call {is} {}", call.is),
        CallField::FirstCommunication if yes => {
            "this is the first contact on the matter".to_string()
        }
        CallField::FirstCommunication => "this is not the first contact on the matter".to_string(),
        CallField::DisclosureByIvr if yes => {
            "an announcement has told about the recording".to_string()
        }
        CallField::DisclosureByIvr => "no announcement has told about the recording".to_string(),
        CallField::Queue => format!("the queue {is} {}", call.is),
        CallField::Team => format!("the team {is} {}", call.is),
        CallField::Language => format!("the language {is} {}", call.is),
        CallField::Reason => format!("the reason for the call {is} {}", call.is),
    }
}

fn clause_of_contact(contact: &EarlierContact, holds: bool) -> String {
    let channels: Vec<&str> = contact
        .channels
        .iter()
        .map(|c| match c {
            ContactChannel::Call => "called",
            ContactChannel::Written => "wrote",
            ContactChannel::Attempt => "was tried to be reached",
        })
        .collect();
    let mut text = format!("the customer {}", either(&channels));
    if let Some(least) = contact.at_least.filter(|n| *n > 1) {
        text += &format!(" {least} times or more");
    }
    text += &format!(" in the {} days before", contact.within_days);
    if contact.same_matter {
        text += " about the same matter";
    }
    denied(text, holds)
}

fn promise_words(state: PromiseState) -> &'static str {
    match state {
        PromiseState::Kept => "was kept",
        PromiseState::NotSeen => "was due and nothing shows that it was kept",
        PromiseState::Open => "is not due yet",
        PromiseState::SaidBroken => "was broken, as the customer says",
    }
}

/// Alternatives of a phrase that are shown, where it is nothing but alternatives.
const ALTERNATIVES: usize = 3;

/// A phrase as a person would say it, and whether wordings were left out: `how (can|may) [i] help`
/// as "how can help", with more. A phrase that is nothing but alternatives gives several.
fn plain(phrase: &str) -> (Vec<String>, bool) {
    let alone = phrase.strip_prefix('<').and_then(|p| p.strip_suffix('>'));
    if let Some(class) = alone.filter(|c| !c.contains('<')) {
        return (vec![class_words(class)], false);
    }
    let bare = phrase.trim_start_matches(['^', '=']).trim();
    let inner = bare.strip_prefix('(').and_then(|p| p.strip_suffix(')'));
    if let Some(inner) = inner.filter(|i| !i.contains(['(', '[', ')', ']'])) {
        let all: Vec<&str> = inner.split('|').collect();
        let shown = all.iter().take(ALTERNATIVES).map(|a| simplest(a).0);
        return (shown.collect(), all.len() > ALTERNATIVES);
    }
    let (text, left_out) = simplest(bare);
    (vec![text], left_out)
}

/// The first alternatives of a phrase without its optional words, in quotation marks, and whether
/// it has others.
pub(crate) fn simplest(phrase: &str) -> (String, bool) {
    let mut text = String::new();
    let mut left_out = false;
    // Brackets that are open around what is not shown; 0 where words are shown.
    let mut hidden = 0_usize;
    let mut letters = phrase.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '[' | '(' if hidden > 0 => hidden += 1,
            ']' | ')' if hidden > 0 => hidden -= 1,
            _ if hidden > 0 => {}
            '[' | '|' => {
                left_out = true;
                hidden = 1;
            }
            '(' | ')' | '^' | '=' => {}
            '<' => {
                let class: String = letters.by_ref().take_while(|c| *c != '>').collect();
                match class.as_str() {
                    "word" => text.push('…'),
                    // Angle brackets would vanish in Markdown.
                    class => text.push_str(&class.replace('_', " ").to_uppercase()),
                }
            }
            '.' if letters.peek() == Some(&'.') => {
                while letters
                    .next_if(|c| *c == '.' || c.is_ascii_digit())
                    .is_some()
                {}
                text.push('…');
            }
            other => text.push(other),
        }
    }
    (format!("\"{}\"", words(&text)), left_out)
}

/// What stands for a phrase that is nothing but a sign.
fn class_words(class: &str) -> String {
    match class {
        "word" => "any word".to_string(),
        "money" => "an amount of money".to_string(),
        "digits" => "digits".to_string(),
        "redacted" => "anything masked".to_string(),
        "account_number" => "an account number".to_string(),
        "card_expiry" => "the expiry date of a card".to_string(),
        "email" => "an e-mail address".to_string(),
        "iban" => "an IBAN".to_string(),
        other => format!("a {}", other.replace('_', " ")),
    }
}

fn either(texts: &[&str]) -> String {
    listed(texts, "or")
}

fn all(texts: &[&str]) -> String {
    listed(texts, "and")
}

fn listed(texts: &[&str], last: &str) -> String {
    match texts {
        [] => String::new(),
        [one] => (*one).to_string(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

/// At most one decimal.
fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    format!("{rounded}")
}

fn length(ms: i64) -> String {
    match ms {
        ms if ms % 60_000 == 0 && ms > 60_000 => format!("{} min", ms / 60_000),
        ms => format!("{} s", number(ms as f64 / 1_000.0)),
    }
}

/// Line breaks of the file are layout.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_as_people_speak() {
        let form = include_str!("../../tests/golden/explain.yaml");
        let rubric = crate::rubric::parse(form, "explain.yaml").unwrap_or_else(|e| panic!("{e}"));
        let explained = explain(&rubric);
        assert_eq!(
            explained,
            include_str!("../../tests/golden/explain.md"),
            "\n{explained}"
        );
    }

    #[test]
    fn phrases_are_shown_without_their_signs() {
        let one = |phrase: &str| {
            let (texts, more) = plain(phrase);
            (texts.join(", "), more)
        };
        let shown = |text: &str, more: bool| (text.to_string(), more);
        assert_eq!(
            one("how (can|may (we|i)) [best] ...8 help"),
            shown("\"how can … help\"", true)
        );
        assert_eq!(
            one("^my name is <name> =speaking"),
            shown("\"my name is NAME speaking\"", false)
        );
        assert_eq!(
            one("(lost|stolen|my loss)"),
            shown("\"lost\", \"stolen\", \"my loss\"", false)
        );
        assert_eq!(one("(a|b|c|d)"), shown("\"a\", \"b\", \"c\"", true));
        assert_eq!(
            one("(i am|we are) [so] sorry"),
            shown("\"i am sorry\"", true)
        );
        assert_eq!(one("<account_number>"), shown("an account number", false));
    }
}
