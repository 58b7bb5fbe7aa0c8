//! Expected answers beside a rubric: unit tests that a coach can write.
//!
//! A file `NAME.test.yaml` holds short pieces of talk (`transcript::snippet`) and what the
//! questions must be answered with. [`run`] judges each piece as any call is judged and says
//! where the answers differ. Left out on purpose: expected scores, which change with every weight
//! while the answers stay right.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::check::RubricError;
use super::diagnostics::{Problem, Severity, did_you_mean, render};
use super::form::written::OneOrMore;
use super::form::{ContactChannel, Kind, PromiseState, Question, Rubric};
use crate::conversation::promises::PromiseKind;
use crate::conversation::{Conversation, metrics};
use crate::history::{self, History};
use crate::limits::{self, FORM_BYTES};
use crate::log::visible;
use crate::recording::{CallMeta, Direction, StartedAt};
use crate::scoring::{Answer, Answered, Call, Evidence, EvidenceKind, Judged, Scorer};
use crate::transcript::snippet;

/// What a file of cases is called behind the rubric's name.
pub const SUFFIX: &str = ".test.yaml";

/// Cases of the built-in rubrics, by their name.
const BUILT_IN_CASES: &[(&str, &str)] = &[
    (
        "collections-compliance",
        include_str!("../../samples/rubrics/collections-compliance.test.yaml"),
    ),
    (
        "effort",
        include_str!("../../samples/rubrics/effort.test.yaml"),
    ),
    (
        "human",
        include_str!("../../samples/rubrics/human.test.yaml"),
    ),
    (
        "identity-privacy",
        include_str!("../../samples/rubrics/identity-privacy.test.yaml"),
    ),
    (
        "one-voice",
        include_str!("../../samples/rubrics/one-voice.test.yaml"),
    ),
    (
        "payment",
        include_str!("../../samples/rubrics/payment.test.yaml"),
    ),
    (
        "recording-consent",
        include_str!("../../samples/rubrics/recording-consent.test.yaml"),
    ),
    (
        "service-essentials",
        include_str!("../../samples/rubrics/service-essentials.test.yaml"),
    ),
    (
        "take-your-time",
        include_str!("../../samples/rubrics/take-your-time.test.yaml"),
    ),
];

/// Noon of this day is when every case takes place, unless the form is not valid yet.
const DAY: &str = "2026-03-02";

/// A file of cases that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CasesError {
    #[error("read the cases {path}", path = visible(path))]
    Read {
        path: String,
        source: std::io::Error,
    },
    #[error(
        "use the cases {}:\n{}",
        visible(path),
        render(Severity::Error, problems, path, text)
    )]
    Invalid {
        path: String,
        text: String,
        problems: Vec<Problem>,
    },
}

/// Cases as a file has them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    /// The rubric that they are for: the name of a built-in one, or a file beside this one.
    pub rubric: Spanned<String>,
    pub cases: Vec<Case>,
}

/// One piece of talk and the answers that it must have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: Spanned<String>,
    #[serde(default)]
    call: Facts,
    /// Earlier contacts. A list, even an empty one, is all there was, of every channel; without it
    /// there was no earlier call, and no table of contacts tells of other channels.
    #[serde(default)]
    pub earlier: Option<Vec<Earlier>>,
    #[serde(default)]
    pub promises: Vec<Promised>,
    talk: Spanned<String>,
    expect: BTreeMap<String, Spanned<OneOrMore>>,
}

/// Facts of the call; what is left out fits the rubric's `applies_to`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default)]
    queue: Option<String>,
    #[serde(default)]
    team: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    first_communication: Option<YesOrNo>,
    #[serde(default)]
    disclosure_by_ivr: Option<YesOrNo>,
}

/// `true` or `false`, with quotation marks or without.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct YesOrNo(bool);

impl TryFrom<String> for YesOrNo {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let value = text.parse().map_err(|_| "write `true` or `false` here");
        Ok(YesOrNo(value?))
    }
}

/// A contact of the same customer before the call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    pub days_ago: u32,
    #[serde(default = "by_call")]
    pub channel: ContactChannel,
    #[serde(default)]
    pub same_matter: bool,
}

fn by_call() -> ContactChannel {
    ContactChannel::Call
}

/// A promise that an earlier call made to the customer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promised {
    pub days_ago: u32,
    pub state: PromiseState,
}

/// Whether the answer is the expected one: of options that hold together, all of them.
fn is_expected(expected: &OneOrMore, answer: &Answer) -> bool {
    match (expected.as_slice(), answer) {
        ([none], Answer::Selected(selected)) if none == "none" => selected.is_empty(),
        (ids, Answer::Selected(selected)) => {
            ids.iter().collect::<BTreeSet<_>>() == selected.iter().collect::<BTreeSet<_>>()
        }
        ([text], Answer::Number(value)) => text.parse() == Ok(*value),
        ([text], answer) => *text == answer.text(),
        _ => false,
    }
}

fn expected_text(expected: &OneOrMore) -> String {
    match expected.as_slice() {
        [] => "none".to_string(),
        ids => ids.join(","),
    }
}

/// What came out of a file of cases.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    pub cases: usize,
    pub expectations: usize,
    pub failed: Vec<Failed>,
}

/// An answer that is not the expected one.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    pub case: String,
    /// Of the file, from 1: where the answer is expected.
    pub line: u64,
    pub question: String,
    pub expected: String,
    pub got: String,
    pub reason: Option<String>,
    /// What the answer rests on, or what came closest.
    pub evidence: Vec<String>,
}

/// A rubric and its cases, found by the name of either.
#[derive(Debug)]
pub struct Found {
    /// The file of cases, or what a built-in one is called.
    pub path: String,
    pub text: String,
    pub cases: Cases,
    pub rubric: Rubric,
}

/// Why cases were not found or cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error(transparent)]
    Rubric(#[from] RubricError),
    #[error(transparent)]
    Cases(#[from] CasesError),
    #[error("find cases for {}: there is no {}", visible(rubric), visible(path))]
    None { rubric: String, path: String },
}

impl FindError {
    pub fn hint(&self) -> Option<String> {
        match self {
            FindError::Rubric(error) => error.hint(),
            FindError::Cases(CasesError::Read { source, .. }) if limits::hint(source).is_some() => {
                limits::hint(source).map(str::to_string)
            }
            FindError::Cases(CasesError::Read { .. }) => {
                Some(format!("name a rubric, or a file of cases, NAME{SUFFIX}"))
            }
            FindError::Cases(CasesError::Invalid { .. }) => None,
            FindError::None { path, .. } => Some(format!(
                "write cases into {}; docs/rubrics.md shows how",
                visible(path)
            )),
        }
    }
}

/// Finds the cases of a rubric (a file, or a built-in one's name), or the rubric of a file of
/// cases.
///
/// # Errors
/// Files that are missing or cannot be used.
pub fn find(name_or_path: &str) -> Result<Found, FindError> {
    let path = Path::new(name_or_path);
    if name_or_path.ends_with(SUFFIX) {
        let text = read(name_or_path)?;
        let cases = parse(&text, name_or_path)?;
        let rubric = rubric_of(&cases, path, &text)?;
        return Ok(found(name_or_path, text, cases, rubric));
    }
    let rubric = super::read(name_or_path)?;
    let (path, text) = if path.exists() {
        let beside = path.with_extension("").display().to_string() + SUFFIX;
        if !Path::new(&beside).exists() {
            return Err(FindError::None {
                rubric: name_or_path.to_string(),
                path: beside,
            });
        }
        let text = read(&beside)?;
        (beside, text)
    } else {
        let path = format!("{name_or_path}{SUFFIX}");
        let built_in = BUILT_IN_CASES
            .iter()
            .find(|(name, _)| *name == name_or_path);
        match built_in {
            Some((_, text)) => (path, (*text).to_string()),
            None => {
                return Err(FindError::None {
                    rubric: name_or_path.to_string(),
                    path,
                });
            }
        }
    };
    let cases = parse(&text, &path)?;
    let named = cases.rubric.value.as_str();
    let file_name = Path::new(name_or_path).file_name().and_then(|n| n.to_str());
    if named != rubric.rubric && Some(named) != file_name {
        let message = format!(
            "these cases are for `{named}`, but they stand beside `{}`",
            rubric.rubric
        );
        let problem = Problem::at(cases.rubric.referenced, message);
        return Err(invalid(&path, &text, vec![problem]).into());
    }
    Ok(found(&path, text, cases, rubric))
}

fn found(path: &str, text: String, cases: Cases, rubric: Rubric) -> Found {
    Found {
        path: path.to_string(),
        text,
        cases,
        rubric,
    }
}

fn read(path: &str) -> Result<String, CasesError> {
    limits::read_text(Path::new(path), FORM_BYTES).map_err(|source| CasesError::Read {
        path: path.to_string(),
        source,
    })
}

/// The rubric that a file of cases names: beside it, else a built-in one.
fn rubric_of(cases: &Cases, path: &Path, text: &str) -> Result<Rubric, FindError> {
    let named = &cases.rubric.value;
    let beside = path.parent().unwrap_or(Path::new(""));
    let files = [named.clone(), format!("{named}.yaml")];
    let file = files.iter().map(|f| beside.join(f)).find(|f| f.is_file());
    if let Some(file) = file {
        return Ok(super::read(&file.display().to_string())?);
    }
    let names = super::BUILT_IN.map(|(name, _)| name);
    if !names.contains(&named.as_str()) {
        let message = format!(
            "there is no rubric `{named}` beside this file, and none is built in{}",
            did_you_mean(named, names)
        );
        let problem = Problem::at(cases.rubric.referenced, message);
        return Err(invalid(&path.display().to_string(), text, vec![problem]).into());
    }
    Ok(super::read(named)?)
}

fn invalid(path: &str, text: &str, problems: Vec<Problem>) -> CasesError {
    CasesError::Invalid {
        path: path.to_string(),
        text: text.to_string(),
        problems,
    }
}

/// Parses a file of cases; `path` is used in messages.
///
/// # Errors
/// What is wrong with the file, apart from what only the rubric can tell.
pub fn parse(text: &str, path: &str) -> Result<Cases, CasesError> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|e| invalid(path, text, vec![Problem::of_yaml(&e)]))
}

/// Judges all cases of a file.
///
/// # Errors
/// Talk that cannot be understood, questions that the rubric does not have, answers that they
/// cannot have.
pub fn run(cases: &Cases, rubric: &Rubric, text: &str, path: &str) -> Result<Report, CasesError> {
    let mut problems = Vec::new();
    if cases.cases.is_empty() {
        let message = "there are no cases; add one under `cases`";
        problems.push(Problem::at(cases.rubric.referenced, message));
    }
    let mut names = BTreeSet::new();
    for case in &cases.cases {
        if !names.insert(&case.name.value) {
            let message = "another case has the same name; give each its own";
            problems.push(Problem::at(case.name.referenced, message));
        }
        problems.extend(unknown_answers(case, rubric, text));
    }
    let mut report = Report::default();
    for case in &cases.cases {
        match judge(case, rubric) {
            Ok(judged) => compare(case, rubric, &judged, &mut report),
            Err(error) => problems.push(in_talk(&case.talk, &error, text)),
        }
    }
    if problems.is_empty() {
        return Ok(report);
    }
    Err(invalid(path, text, problems))
}

fn judge(case: &Case, rubric: &Rubric) -> Result<Judged, snippet::SnippetError> {
    let mut rubric = rubric.clone();
    // A case is a piece of a call: its length says nothing.
    rubric.applies_to.shortest = None;
    let meta = meta(case, &rubric);
    let mut transcript = snippet::parse(&case.talk.value)?;
    transcript.language = meta.language.clone().unwrap_or(transcript.language);
    let conversation = Conversation::new(&transcript, Some(snippet::AGENT))
        .expect("a snippet has two channels, the agent's first");
    let metrics = metrics::measure(&conversation);
    let call = Call {
        meta: &meta,
        conversation: &conversation,
        metrics: &metrics,
        history: Some(&history(case)),
    };
    let rubrics = [rubric];
    let judged = Scorer::new(&rubrics).judge(&call);
    Ok(judged
        .into_iter()
        .next()
        .expect("one form gives one judgement"))
}

/// What came before the case's call.
fn history(case: &Case) -> History {
    let contacts = case.earlier.iter().flatten();
    let contacts = contacts.map(|earlier| history::EarlierContact {
        days_ago: earlier.days_ago,
        channel: earlier.channel,
        same_matter: Some(earlier.same_matter),
        leg: false,
        id: None,
    });
    let promises = case
        .promises
        .iter()
        .map(|promised| history::EarlierPromise {
            call_id: "earlier".to_string(),
            days_ago: promised.days_ago,
            kind: PromiseKind::CallBack,
            quote: "a promise".to_string(),
            due: None,
            state: promised.state,
            sure: true,
        });
    let mut history = History::complete(contacts.collect(), promises.collect());
    if case.earlier.is_none() {
        history.table = None;
    }
    history
}

/// Facts of the case's call: what it leaves out is as the rubric needs it.
fn meta(case: &Case, rubric: &Rubric) -> CallMeta {
    let facts = &case.call;
    let applies = &rubric.applies_to;
    let day = match &rubric.valid_from {
        Some(from) if from.as_str() > DAY => from.clone(),
        _ => DAY.to_string(),
    };
    let noon: jiff::civil::DateTime = format!("{day}T12:00:00")
        .parse()
        .expect("`valid_from` was checked to be a day");
    let utc_ms = noon
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_or(0, |at| at.timestamp().as_millisecond());
    CallMeta {
        call_id: "case".to_string(),
        file: "case".to_string(),
        agent: "agent".to_string(),
        team: facts.team.clone(),
        queue: facts
            .queue
            .clone()
            .or_else(|| applies.queues.first().cloned()),
        customer: Some("customer".to_string()),
        started_at: StartedAt {
            utc_ms,
            local: format!("{day}T12:00:00"),
            local_date: day,
            zone: "UTC".to_string(),
            doubtful: false,
        },
        agent_channel: Some(snippet::AGENT),
        interaction_id: None,
        leg: None,
        direction: Some(
            facts
                .direction
                .or_else(|| applies.directions.first().copied())
                .unwrap_or(Direction::Inbound),
        ),
        first_communication: facts.first_communication.map(|v| v.0),
        language: facts
            .language
            .clone()
            .or_else(|| applies.languages.first().cloned()),
        reason: facts.reason.clone(),
        talk_s: None,
        hold_s: None,
        acw_s: None,
        disclosure_by_ivr: facts.disclosure_by_ivr.map(|v| v.0),
        extra: BTreeMap::new(),
    }
}

fn unknown_answers(case: &Case, rubric: &Rubric, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if case.expect.is_empty() {
        let message = "nothing is expected of this case; name a question and its answer";
        problems.push(Problem::at(case.name.referenced, message));
    }
    for (id, expected) in &case.expect {
        let Some((_, question)) = rubric.questions().find(|(_, q)| q.id == *id) else {
            let known = rubric.questions().map(|(_, q)| q.id.as_str());
            let hint = did_you_mean(id, known);
            let message = format!("the rubric has no question `{id}`{hint}");
            problems.push(at_key(id, expected.referenced, text, message));
            continue;
        };
        let possible = possible_answers(question);
        let wrong = |answer: &&String| match &possible {
            Some(known) => !known.contains(&answer.as_str()),
            None => answer.parse::<f64>().is_err() && !OPEN.contains(&answer.as_str()),
        };
        if let Some(answer) = expected.value.as_slice().iter().find(wrong) {
            let known = match &possible {
                Some(known) => format!(
                    "it has {}{}",
                    known.join(", "),
                    did_you_mean(answer, known.iter().copied())
                ),
                None => "it is a number".to_string(),
            };
            let message = format!("`{answer}` is no answer of `{id}`; {known}");
            problems.push(Problem::at(expected.referenced, message));
        }
    }
    problems
}

/// Answers that any question may have.
const OPEN: [&str; 2] = ["not_applicable", "abstain"];

/// What may be expected; `None` for a number.
fn possible_answers(question: &Question) -> Option<Vec<&str>> {
    let mut answers: Vec<&str> = match &question.kind {
        Kind::YesNo { .. } => vec!["yes", "no"],
        Kind::Options { choices, .. } => choices.iter().map(|c| c.id.as_str()).collect(),
        Kind::MultiSelect { choices, .. } => {
            let ids = choices.iter().map(|c| c.id.as_str());
            ids.chain(["none"]).collect()
        }
        Kind::Number { .. } => return None,
        Kind::Comment => Vec::new(),
    };
    answers.extend(OPEN);
    Some(answers)
}

/// A problem with a key, of which only the value's place is known.
fn at_key(key: &str, value: Location, text: &str, message: String) -> Problem {
    let line = text.lines().nth((value.line() as usize).saturating_sub(1));
    let before: String = line
        .unwrap_or_default()
        .chars()
        .take((value.column() as usize).saturating_sub(1))
        .collect();
    let mut problem = Problem::at(value, message);
    if let Some(byte) = before.rfind(key) {
        problem.column = before[..byte].chars().count() as u64 + 1;
        problem.length = key.chars().count() as u64;
    }
    problem
}

/// A line of talk that cannot be understood, as a line of the file.
fn in_talk(talk: &Spanned<String>, error: &snippet::SnippetError, text: &str) -> Problem {
    let start = talk.referenced.line() as usize;
    let first = text
        .lines()
        .nth(start.saturating_sub(1))
        .unwrap_or_default();
    let column = (talk.referenced.column() as usize).saturating_sub(1);
    let value: String = first.chars().skip(column).collect();
    // The text of a block stands below its mark.
    let block = value.starts_with(['|', '>']) || !first.contains("talk:");
    let below = usize::from(value.starts_with(['|', '>']));
    let line = start + below + error.line - 1;
    let mut problem = Problem::at(talk.referenced, error.message.clone());
    if block && let Some(shown) = text.lines().nth(line.saturating_sub(1)) {
        let indent = shown.chars().take_while(|c| c.is_whitespace()).count();
        problem.line = line as u64;
        problem.column = indent as u64 + 1;
        problem.length = shown.trim().chars().count() as u64;
    }
    problem
}

fn compare(case: &Case, rubric: &Rubric, judged: &Judged, report: &mut Report) {
    report.cases += 1;
    for (_, question) in rubric.questions() {
        let Some(expected) = case.expect.get(&question.id) else {
            continue;
        };
        report.expectations += 1;
        let failed = |got: String, reason: Option<String>, evidence: Vec<String>| Failed {
            case: case.name.value.clone(),
            line: expected.referenced.line(),
            question: question.id.clone(),
            expected: expected_text(&expected.value),
            got,
            reason,
            evidence,
        };
        match judged {
            Judged::NotEligible { reason } => {
                let got = "not eligible".to_string();
                report
                    .failed
                    .push(failed(got, Some(reason.clone()), Vec::new()));
            }
            Judged::Scored { answers, .. } => {
                let answered = answers.iter().find(|a| a.question == question.id);
                let Some(answered) = answered else { continue };
                if !is_expected(&expected.value, &answered.answer) {
                    let evidence = evidence(answered);
                    let got = answered.answer.text();
                    report
                        .failed
                        .push(failed(got, answered.reason.clone(), evidence));
                }
            }
        }
    }
}

/// A line for each piece of evidence.
fn evidence(answered: &Answered) -> Vec<String> {
    answered.evidence.iter().map(describe).collect()
}

fn describe(evidence: &Evidence) -> String {
    let mut text = match evidence.kind {
        EvidenceKind::NearestMiss => "nearest miss".to_string(),
        EvidenceKind::Absent => "not found".to_string(),
        kind => kind.as_str().to_string(),
    };
    if let Some(quote) = &evidence.quote {
        text += &format!(" \"{quote}\"");
    }
    if let Some(party) = evidence.party {
        text += &format!(" by {}", party.as_str());
    }
    if let Some(at) = evidence.at {
        text += &format!(" at {}", seconds(at.start_ms));
    }
    if let (Some(metric), Some(value)) = (&evidence.metric, evidence.value) {
        text += &format!(" {metric} is {value}");
    }
    if let Some(threshold) = &evidence.threshold {
        text += &format!(", limit {threshold}");
    }
    if let (EvidenceKind::Absent, Some(window)) = (evidence.kind, evidence.window) {
        text += &format!(
            " in {} to {}",
            seconds(window.start_ms),
            seconds(window.end_ms)
        );
    }
    if let Some(note) = &evidence.note {
        text += &format!(": {note}");
    }
    format!("{text} ({})", evidence.rule)
}

fn seconds(ms: i64) -> String {
    format!("{:.1} s", ms as f64 / 1_000.0)
}

/// The failures of a file, for people.
pub fn describe_failures(report: &Report, path: &str) -> String {
    let mut text = String::new();
    for failed in &report.failed {
        text += &format!(
            "{path}:{}: \"{}\": {} is {}, expected {}\n",
            failed.line, failed.case, failed.question, failed.got, failed.expected
        );
        if let Some(reason) = &failed.reason {
            text += &format!("    because {reason}\n");
        }
        for line in &failed.evidence {
            text += &format!("    {line}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = r#"
rubric: small
version: "1"
title: Small
applies_to: {directions: [outbound], queues: [cards], shortest: 2m}
sections:
  - id: s
    title: S
    weight: 1
    questions:
      - id: greeting
        text: Did the agent greet?
        yes_when:
          said: {by: agent, any: ["good morning"], within: {first: 10s}}
      - id: tone
        text: How did it sound?
        options:
          - {id: warm, points: 2, when: {said: {by: agent, any: ["lovely"]}}}
          - {id: plain}
      - id: cards
        text: Was a card number said?
        yes_when: {said: {by: customer, any: ["<card_number>"]}}
      - id: told
        text: Was the customer told about the recording?
        yes_when: {call: {field: disclosure_by_ivr, is: "true"}}
"#;

    fn report(cases: &str) -> Result<Report, String> {
        let rubric = crate::rubric::parse(FORM, "small.yaml").unwrap();
        let text = format!("rubric: small.yaml\ncases:\n{cases}");
        let parsed = parse(&text, "small.test.yaml").map_err(|e| e.to_string())?;
        run(&parsed, &rubric, &text, "small.test.yaml").map_err(|e| e.to_string())
    }

    #[test]
    fn cases_are_judged_as_calls_are() {
        let report = report(
            "  - name: all well\n    call: {disclosure_by_ivr: true}\n    talk: |\n      agent: Good morning, this is Ann.\n      customer: Lovely. It is <card 16>.\n    expect: {greeting: yes, tone: plain, cards: yes, told: yes}\n  - name: late and doubtful\n    talk: |\n      (20s)\n      agent: Good morning.\n      customer: Hello, I have a question about my card please.\n      agent [0.3]: Lovely.\n    expect: {greeting: no, tone: abstain, told: abstain}\n",
        )
        .unwrap();
        assert_eq!(describe_failures(&report, "small.test.yaml"), "");
        assert_eq!((report.cases, report.expectations), (2, 7));
    }

    #[test]
    fn a_failure_shows_what_came_closest() {
        let report = report(
            "  - name: late\n    talk: |\n      (20s)\n      agent: Good morning.\n      customer: Hello, I have a question about my card please.\n    expect: {greeting: yes}\n",
        )
        .unwrap();
        let shown = describe_failures(&report, "small.test.yaml");
        assert!(shown.starts_with("small.test.yaml:8: \"late\": greeting is no, expected yes\n    not found in 0.0 s to 10.0 s"), "{shown}");
        assert!(
            shown.contains("nearest miss \"Good morning.\" by agent at 21.0 s"),
            "{shown}"
        );
    }

    #[test]
    fn what_the_rubric_or_the_format_does_not_know_is_refused_at_its_place() {
        let refused = |case: &str| report(&format!("  - name: x\n{case}")).unwrap_err();
        let talk = "    talk: |\n      agent: Good morning.\n      agnet: Hi.\n    expect: {greeting: yes}\n";
        let error = refused(talk);
        assert!(error.contains("--> small.test.yaml:6:7\n"), "{error}");
        assert!(
            error.contains("^^^^^^^^^^\n") || error.ends_with("^^^^^^^^^^"),
            "{error}"
        );
        let good = talk.replace("agnet", "customer");
        let error = refused(&good.replace("greeting", "greting"));
        assert!(
            error.contains("did you mean `greeting`?\n --> small.test.yaml:7:14"),
            "{error}"
        );
        let error = refused(&good.replace("greeting: yes", "tone: worm"));
        assert!(error.contains("`worm` is no answer of `tone`; it has warm, plain, not_applicable, abstain; did you mean `warm`?"), "{error}");
        let error = refused(&good.replace("talk", "tlak"));
        assert!(
            error.contains("unknown key `tlak`; did you mean `talk`?"),
            "{error}"
        );
        let error = refused(&format!("    call: {{disclosure_by_ivr: maybe}}\n{good}"));
        assert!(error.contains("write `true` or `false` here"), "{error}");
    }
}
