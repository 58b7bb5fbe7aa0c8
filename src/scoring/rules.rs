//! Rules to truths: true, false, or unknown with the reason.

use super::evidence::{Evidence, EvidenceKind};
use super::heard::{HeardCall, Match, Quoted};
use crate::conversation::Party;
use crate::conversation::metrics::{self, EventKind};
use crate::history::Told;
use crate::phrase::Phrase;
use crate::rubric::{
    By, CallField, CallRule, EventName, InOrder, MetricRule, Near, Rule, Said, What, Within,
};
use crate::transcript::Span;

/// Events of a metric that are shown as evidence.
const MOST_EVENTS: usize = 3;
/// Matches that are shown where several are asked for.
const MOST_MATCHES: usize = 5;
const STOPS_IN_SPEECH: &str = "the recording stops in the middle of speech";

/// Three values: what was not heard is not false.
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    True,
    False,
    /// With the reason, for people.
    Unknown(String),
}

/// A rule's truth and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub truth: Truth,
    pub evidence: Vec<Evidence>,
}

/// A number of the call, or the range that it may lie in.
pub struct Counted {
    pub least: f64,
    pub most: f64,
    /// Why it is not known exactly; `None` where it is.
    pub reason: Option<String>,
    pub evidence: Vec<Evidence>,
}

/// Evaluates a rule; `path` is its place in the question.
pub fn evaluate(rule: &Rule, path: &str, call: &HeardCall<'_>) -> Outcome {
    match rule {
        Rule::Said(said) => evaluate_said(said, &format!("{path}.said"), call),
        Rule::InOrder(rule) => evaluate_in_order(rule, &format!("{path}.in_order"), call),
        Rule::Near(rule) => evaluate_near(rule, &format!("{path}.near"), call),
        Rule::Metric(rule) => evaluate_metric(rule, &format!("{path}.metric"), call),
        Rule::Call(rule) => evaluate_call(rule, &format!("{path}.call"), call),
        Rule::EarlierContact(rule) => {
            let told = call.history.map(|history| history.earlier_contact(rule));
            evaluate_told(told, &format!("{path}.earlier_contact"))
        }
        Rule::EarlierPromise(rule) => {
            let told = call.history.map(|history| history.earlier_promise(rule));
            evaluate_told(told, &format!("{path}.earlier_promise"))
        }
        Rule::AllOf(rules) => combine(
            rules,
            &format!("{path}.all_of"),
            call,
            Truth::False,
            Truth::True,
        ),
        Rule::AnyOf(rules) => combine(
            rules,
            &format!("{path}.any_of"),
            call,
            Truth::True,
            Truth::False,
        ),
        Rule::Not(rule) => {
            let outcome = evaluate(rule, &format!("{path}.not"), call);
            Outcome {
                truth: negate(outcome.truth),
                evidence: outcome.evidence,
            }
        }
    }
}

fn negate(truth: Truth) -> Truth {
    match truth {
        Truth::True => Truth::False,
        Truth::False => Truth::True,
        unknown => unknown,
    }
}

/// Kleene's and/or: one part with the `deciding` truth settles it; else the first unknown part
/// leaves it open.
fn combine(
    rules: &[Rule],
    path: &str,
    call: &HeardCall<'_>,
    deciding: Truth,
    otherwise: Truth,
) -> Outcome {
    if deciding == Truth::True {
        // What was surely said settles it; looking for near misses of the others can be spared.
        for (i, rule) in rules.iter().enumerate() {
            if let Some(outcome) = surely_said(rule, &format!("{path}.{}", i + 1), call) {
                return outcome;
            }
        }
    }
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(rules.len());
    for (i, rule) in rules.iter().enumerate() {
        let outcome = evaluate(rule, &format!("{path}.{}", i + 1), call);
        // What decides is shown alone: the failed alternatives of an `any_of` are only noise.
        if outcome.truth == deciding {
            return outcome;
        }
        outcomes.push(outcome);
    }
    let truth = outcomes
        .iter()
        .map(|o| &o.truth)
        .find(|t| matches!(t, Truth::Unknown(_)))
        .cloned()
        .unwrap_or(otherwise);
    Outcome {
        truth,
        evidence: outcomes.into_iter().flat_map(|o| o.evidence).collect(),
    }
}

/// The outcome of a rule that is plainly true because something was said; `None` where that takes a
/// closer look.
pub fn surely_said(rule: &Rule, path: &str, call: &HeardCall<'_>) -> Option<Outcome> {
    let Rule::Said(said) = rule else {
        return None;
    };
    let What::Any(phrases) = &said.what else {
        return None;
    };
    if said.at_least.is_some() || said.at_most.is_some() || !call.has_any(phrases, said.by) {
        return None;
    }
    let path = format!("{path}.said");
    let Searched::Spans(spans) = windows(said, &path, call) else {
        return None;
    };
    let matches = matches_of(said, phrases, &spans, call);
    let sure = matches.iter().find(|m| m.sure)?;
    Some(Outcome {
        truth: Truth::True,
        evidence: vec![found(sure, &path, around(&spans, sure), call)],
    })
}

/// The stretches of the call that a rule searches, in order, neither overlapping nor touching.
enum Searched {
    Spans(Vec<Span>),
    /// What the window leans on did not happen.
    Nowhere(&'static str),
    /// Where to search cannot be told.
    Unclear(Outcome),
}

fn windows(said: &Said, path: &str, call: &HeardCall<'_>) -> Searched {
    let whole = call.whole();
    let Some(within) = &said.within else {
        return match &said.in_reply_to {
            Some(other) => replies(other, said.by, vec![whole], path, call),
            None => Searched::Spans(vec![whole]),
        };
    };
    if !call.conversation.word_times {
        return Searched::Unclear(unknown(path, "this transcript has no word times"));
    }
    let around = |name: EventName, place: &dyn Fn(Span) -> Span| {
        let kind = match name {
            EventName::Hold => EventKind::Hold,
            EventName::Silence => EventKind::Silence,
            EventName::DeadAir => EventKind::DeadAir,
            EventName::Interruption => EventKind::Interruption,
            EventName::Overlap => EventKind::Overlap,
        };
        if call.conversation.mono && name != EventName::Silence && name != EventName::DeadAir {
            let reason = "a mono recording does not tell when this happened";
            return Searched::Unclear(unknown(path, reason));
        }
        let events = call.metrics.events.iter().filter(|e| e.kind == kind);
        let spans: Vec<Span> = events.map(|e| clipped(place(e.span), whole)).collect();
        if spans.is_empty() {
            return Searched::Nowhere("what the searched part leans on did not happen");
        }
        Searched::Spans(joined(spans))
    };
    let searched = match within {
        Within::First(length) => Searched::Spans(vec![Span::new(0, length.0.min(whole.end_ms))]),
        Within::Last(length) => Searched::Spans(vec![Span::new(
            (whole.end_ms - length.0).max(0),
            whole.end_ms,
        )]),
        Within::AfterSaid(other, length) => {
            let length = length.map_or(whole.end_ms, |l| l.0);
            let after = |all: &[Match<'_>]| {
                let after = |m: &Match<'_>| Span::new(m.span.end_ms, m.span.end_ms + length);
                all.iter().map(after).collect()
            };
            match beside(other, path, call, &after) {
                Searched::Spans(spans) => {
                    match doubtful_start(said, other, &after, &spans, path, call) {
                        Some(outcome) => Searched::Unclear(outcome),
                        None => Searched::Spans(spans),
                    }
                }
                searched => searched,
            }
        }
        Within::BeforeSaid(other, length) => {
            let length = length.map_or(whole.end_ms, |l| l.0);
            let before = |all: &[Match<'_>]| {
                let before = |m: &Match<'_>| Span::new(m.span.start_ms - length, m.span.start_ms);
                all.first().map(before).into_iter().collect()
            };
            let searched = beside(other, path, call, &before);
            match doubtful_before_all(other, path, call) {
                Some(outcome) => Searched::Unclear(outcome),
                None => searched,
            }
        }
        Within::AfterEvent(name, length) => {
            around(*name, &|s| Span::new(s.end_ms, s.end_ms + length.0))
        }
        Within::BeforeEvent(name, length) => {
            around(*name, &|s| Span::new(s.start_ms - length.0, s.start_ms))
        }
        Within::NearEvent(name, length) => around(*name, &|s| {
            Span::new(s.start_ms - length.0, s.end_ms + length.0)
        }),
    };
    match (searched, &said.in_reply_to) {
        (Searched::Spans(spans), Some(other)) => replies(other, said.by, spans, path, call),
        (searched, _) => searched,
    }
}

fn clipped(span: Span, to: Span) -> Span {
    Span::new(span.start_ms.max(to.start_ms), span.end_ms.min(to.end_ms))
}

/// In order, what overlaps or touches as one, and nothing that is empty.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|s| s.len_ms() > 0);
    spans.sort();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start_ms <= last.end_ms => {
                last.end_ms = last.end_ms.max(span.end_ms);
            }
            _ => joined.push(span),
        }
    }
    joined
}

/// What a window leans on: its matches, or why they cannot be told.
enum Anchors<'h> {
    Said(Vec<Match<'h>>),
    Never,
    Unclear(Outcome),
}

fn anchors<'h>(other: &'h Said, path: &str, call: &'h HeardCall<'_>) -> Anchors<'h> {
    let spans = match windows(other, path, call) {
        Searched::Spans(spans) => spans,
        Searched::Nowhere(_) => return Anchors::Never,
        Searched::Unclear(outcome) => return Anchors::Unclear(outcome),
    };
    let matches = matches_of(other, other.what.phrases(), &spans, call);
    let (sure, doubtful): (Vec<Match<'_>>, Vec<Match<'_>>) =
        matches.into_iter().partition(|m| m.sure);
    if !sure.is_empty() {
        return Anchors::Said(sure);
    }
    if let Some(first) = doubtful.first() {
        return Anchors::Unclear(doubt(first, path, first.span, call));
    }
    match call.unheard(other.by, &spans) {
        Some((reason, _)) => Anchors::Unclear(unknown(path, &reason)),
        None => Anchors::Never,
    }
}

/// Where the words are found behind something that may have been what a window starts at, and not
/// behind what it starts at for certain.
fn doubtful_start(
    said: &Said,
    other: &Said,
    after: &dyn Fn(&[Match<'_>]) -> Vec<Span>,
    sure: &[Span],
    path: &str,
    call: &HeardCall<'_>,
) -> Option<Outcome> {
    let Searched::Spans(spans) = windows(other, path, call) else {
        return None;
    };
    let mut starts = matches_of(other, other.what.phrases(), &spans, call);
    starts.retain(|m| !m.sure);
    if starts.is_empty() {
        return None;
    }
    let phrases = said.what.phrases();
    let inside = matches_of(said, phrases, sure, call);
    let one_is_enough = !matches!(said.what, What::All(_))
        && said.at_least.unwrap_or(1) <= 1
        && said.at_most.is_none();
    if one_is_enough && inside.iter().any(|m| m.sure) {
        return None;
    }
    let place = |m: &Match<'_>| (m.channel, m.span.start_ms, m.span.end_ms);
    let start = starts.iter().find(|start| {
        let found = matches_of(said, phrases, &after(std::slice::from_ref(*start)), call);
        let elsewhere = |m: &Match<'_>| inside.iter().all(|i| place(i) != place(m));
        found.iter().any(elsewhere)
    })?;
    Some(doubt(start, path, start.span, call))
}

/// Where the first match may not be one, so that it cannot be told what comes before all of them.
fn doubtful_before_all(other: &Said, path: &str, call: &HeardCall<'_>) -> Option<Outcome> {
    let Searched::Spans(spans) = windows(other, path, call) else {
        return None;
    };
    let matches = matches_of(other, other.what.phrases(), &spans, call);
    let first = matches.first().filter(|m| !m.sure)?;
    Some(doubt(first, path, first.span, call))
}

fn beside(
    other: &Said,
    path: &str,
    call: &HeardCall<'_>,
    place: &dyn Fn(&[Match<'_>]) -> Vec<Span>,
) -> Searched {
    match anchors(other, path, call) {
        Anchors::Said(matches) => {
            let whole = call.whole();
            let spans = place(&matches).into_iter().map(|s| clipped(s, whole));
            let spans = joined(spans.collect());
            let c = call.conversation;
            if spans.is_empty()
                && c.cut_end
                && matches.iter().all(|m| m.span.end_ms >= whole.end_ms)
            {
                // What would be searched comes after the last words of the recording.
                return Searched::Unclear(unknown(path, STOPS_IN_SPEECH));
            }
            Searched::Spans(spans)
        }
        Anchors::Never => {
            Searched::Nowhere("the words that the searched part leans on were not said")
        }
        Anchors::Unclear(outcome) => Searched::Unclear(outcome),
    }
}

/// The parts of `spans` in which `by` replies to what the other said.
fn replies(other: &Said, by: By, spans: Vec<Span>, path: &str, call: &HeardCall<'_>) -> Searched {
    let matches = match anchors(other, path, call) {
        Anchors::Said(matches) => matches,
        Anchors::Never => {
            return Searched::Nowhere("what would be replied to was not said");
        }
        Anchors::Unclear(outcome) => return Searched::Unclear(outcome),
    };
    if call.conversation.mono {
        return Searched::Unclear(unknown(
            path,
            "a mono recording does not tell who replies to whom",
        ));
    }
    let reply = |m: &Match<'_>| call.reply_after(m, by);
    let found = joined(matches.iter().filter_map(reply).collect());
    let within = |s: &Span| {
        let cut = spans.iter().map(|span| clipped(*s, *span));
        cut.filter(|s| s.len_ms() > 0).collect::<Vec<Span>>()
    };
    let spans: Vec<Span> = found.iter().flat_map(within).collect();
    if !spans.is_empty() {
        return Searched::Spans(joined(spans));
    }
    if found.is_empty() {
        return Searched::Unclear(unknown(path, "the call ends before anybody could reply"));
    }
    Searched::Nowhere("nobody replied there")
}

/// Matches of some phrases where a rule may take them: in the searched stretches, at the start of
/// a turn where it asks for that, and not negated unless it does not mind.
fn matches_of<'h>(
    said: &Said,
    phrases: &'h [Phrase],
    spans: &[Span],
    call: &'h HeardCall<'_>,
) -> Vec<Match<'h>> {
    let mut matches = call.find(phrases, said.by, spans);
    matches.retain(|m| {
        (said.even_negated || !m.is_negated()) && (!said.turn_start || m.at_turn_start)
    });
    matches
}

fn evaluate_said(said: &Said, path: &str, call: &HeardCall<'_>) -> Outcome {
    let spans = match windows(said, path, call) {
        Searched::Spans(spans) => spans,
        Searched::Nowhere(why) => {
            let mut nothing = Evidence::new(path, EvidenceKind::Absent);
            nothing.note = Some(why.to_string());
            nothing.confidence = Some(1.0);
            return Outcome {
                truth: match said.what {
                    What::None(_) => Truth::True,
                    _ if said.at_most.is_some() && said.at_least.is_none() => Truth::True,
                    _ => Truth::False,
                },
                evidence: vec![nothing],
            };
        }
        Searched::Unclear(outcome) => return outcome,
    };
    match &said.what {
        What::Any(_) if said.at_least.unwrap_or(1) > 1 || said.at_most.is_some() => {
            counted_said(said, &spans, path, call)
        }
        What::Any(phrases) => any_said(said, phrases, &spans, path, call),
        What::None(phrases) => {
            let outcome = any_said(said, phrases, &spans, path, call);
            Outcome {
                truth: negate(outcome.truth),
                evidence: outcome.evidence,
            }
        }
        What::All(phrases) => {
            let outcomes: Vec<Outcome> = phrases
                .iter()
                .map(|p| any_said(said, std::slice::from_ref(p), &spans, path, call))
                .collect();
            let truth = if outcomes.iter().any(|o| o.truth == Truth::False) {
                Truth::False
            } else {
                outcomes
                    .iter()
                    .map(|o| o.truth.clone())
                    .find(|t| matches!(t, Truth::Unknown(_)))
                    .unwrap_or(Truth::True)
            };
            Outcome {
                truth,
                evidence: outcomes.into_iter().flat_map(|o| o.evidence).collect(),
            }
        }
    }
}

fn any_said(
    said: &Said,
    phrases: &[Phrase],
    spans: &[Span],
    path: &str,
    call: &HeardCall<'_>,
) -> Outcome {
    let matches = matches_of(said, phrases, spans, call);
    if let Some(sure) = matches.iter().find(|m| m.sure) {
        return Outcome {
            truth: Truth::True,
            evidence: vec![found(sure, path, around(spans, sure), call)],
        };
    }
    if let Some(doubtful) = matches.first() {
        return doubt(doubtful, path, around(spans, doubtful), call);
    }
    absent(said, phrases, spans, path, call)
}

/// The searched stretch that a match lies in.
fn around(spans: &[Span], m: &Match<'_>) -> Span {
    let holds = |s: &&Span| s.overlap_ms(m.span) > 0;
    spans.iter().find(holds).copied().unwrap_or(m.span)
}

/// From the first searched stretch to the last.
fn hull(spans: &[Span]) -> Option<Span> {
    Some(Span::new(spans.first()?.start_ms, spans.last()?.end_ms))
}

/// How often something was said where a rule may take it, each stretch of words once.
fn counted_matches(said: &Said, spans: &[Span], path: &str, call: &HeardCall<'_>) -> Counted {
    let mut matches = matches_of(said, said.what.phrases(), spans, call);
    // Sure ones first, so that a doubtful one beside them does not take their words.
    matches.sort_by_key(|m| (!m.sure, m.span.start_ms));
    let mut apart: Vec<Match<'_>> = Vec::new();
    for m in matches {
        let same =
            |other: &Match<'_>| other.channel == m.channel && other.span.overlap_ms(m.span) > 0;
        if !apart.iter().any(same) {
            apart.push(m);
        }
    }
    apart.sort_by_key(|m| m.span.start_ms);
    let least = apart.iter().filter(|m| m.sure).count();
    let unheard = call.unheard(said.by, spans).map(|(reason, _)| reason);
    let doubtful = apart.len() > least;
    let mut evidence: Vec<Evidence> = apart
        .iter()
        .take(MOST_MATCHES)
        .map(|m| {
            if m.sure {
                found(m, path, around(spans, m), call)
            } else {
                doubtful_row(m, path, around(spans, m), call)
            }
        })
        .collect();
    if let Some(reason) = &unheard {
        evidence.extend(unknown(path, reason).evidence);
    }
    let mut nothing_more = Evidence::new(path, EvidenceKind::Absent);
    nothing_more.window = hull(spans);
    nothing_more.value = Some(least as f64);
    nothing_more.note = Some(format!("counted {least}"));
    nothing_more.confidence = Some(call.heard_share(said.by, spans));
    evidence.push(nothing_more);
    Counted {
        least: least as f64,
        most: if unheard.is_some() {
            f64::INFINITY
        } else {
            apart.len() as f64
        },
        reason: unheard
            .or_else(|| doubtful.then(|| "some of the words were heard with doubt".to_string())),
        evidence,
    }
}

/// How often something was said.
pub fn count(said: &Said, path: &str, call: &HeardCall<'_>) -> Counted {
    match windows(said, path, call) {
        Searched::Spans(spans) => counted_matches(said, &spans, path, call),
        Searched::Nowhere(why) => {
            let mut nothing = Evidence::new(path, EvidenceKind::Absent);
            nothing.note = Some(why.to_string());
            nothing.confidence = Some(1.0);
            Counted {
                least: 0.0,
                most: 0.0,
                reason: None,
                evidence: vec![nothing],
            }
        }
        Searched::Unclear(outcome) => Counted {
            least: 0.0,
            most: f64::INFINITY,
            reason: Some(match outcome.truth {
                Truth::Unknown(reason) => reason,
                Truth::True | Truth::False => "it cannot be told".to_string(),
            }),
            evidence: outcome.evidence,
        },
    }
}

fn counted_said(said: &Said, spans: &[Span], path: &str, call: &HeardCall<'_>) -> Outcome {
    let counted = counted_matches(said, spans, path, call);
    let (least, most) = (
        said.at_least.unwrap_or(usize::from(said.at_most.is_none())) as f64,
        said.at_most.map_or(f64::INFINITY, |most| most as f64),
    );
    let truth = if counted.least >= least && counted.most <= most {
        Truth::True
    } else if counted.most < least || counted.least > most {
        Truth::False
    } else {
        Truth::Unknown(
            counted
                .reason
                .unwrap_or_else(|| "the number cannot be told".to_string()),
        )
    };
    Outcome {
        truth,
        evidence: counted.evidence,
    }
}

fn absent(
    said: &Said,
    phrases: &[Phrase],
    spans: &[Span],
    path: &str,
    call: &HeardCall<'_>,
) -> Outcome {
    let searched = hull(spans);
    if let Some((reason, worst)) = call.unheard(said.by, spans) {
        let mut evidence = Evidence::new(path, EvidenceKind::Doubt);
        evidence.window = searched;
        evidence.at = worst;
        evidence.quote = worst
            .map(|span| call.words_in(said.by, span))
            .filter(|quote| !quote.is_empty());
        evidence.note = Some(reason.clone());
        return Outcome {
            truth: Truth::Unknown(reason),
            evidence: vec![evidence],
        };
    }
    let mut nothing = Evidence::new(path, EvidenceKind::Absent);
    nothing.window = searched;
    nothing.confidence = Some(call.heard_share(said.by, spans));
    let mut evidence = vec![nothing];
    let mut truth = Truth::False;
    if let Some(near) = call.nearest_miss(phrases, said, spans) {
        let window = searched.unwrap_or(near.found.span);
        let reason = format!("\"{}\" may be the words, misheard", near.found.quote);
        let mut miss = described(near.found, path, EvidenceKind::NearestMiss, window);
        miss.note = Some(near.note);
        evidence.push(miss);
        if near.may_be_it {
            truth = Truth::Unknown(reason);
        }
    }
    Outcome { truth, evidence }
}

fn found(m: &Match<'_>, path: &str, searched: Span, call: &HeardCall<'_>) -> Evidence {
    let quoted = call.quoted(m);
    let sure = call.conversation.word_probs.then_some(1.0);
    let confidence = quoted.min_prob.or(sure);
    let mut evidence = described(quoted, path, EvidenceKind::Found, searched);
    evidence.note = Some(match call.tolerance_of(m) {
        Some(tolerance) => format!("matches \"{}\": {tolerance}", m.phrase),
        None => format!("matches \"{}\"", m.phrase),
    });
    evidence.confidence = confidence;
    evidence
}

fn doubtful_row(m: &Match<'_>, path: &str, searched: Span, call: &HeardCall<'_>) -> Evidence {
    let mut evidence = described(call.quoted(m), path, EvidenceKind::Doubt, searched);
    evidence.note = Some(doubt_reason(m, call));
    evidence
}

fn doubt_reason(m: &Match<'_>, call: &HeardCall<'_>) -> String {
    if m.party == Party::Unknown {
        return "the words were said, but a mono recording does not tell by whom".to_string();
    }
    match call.tolerance_of(m) {
        Some(tolerance) if m.is_masked() => {
            format!("what is masked may be the words: {tolerance}")
        }
        Some(tolerance) if m.is_guess() => format!("these may be the words, misheard: {tolerance}"),
        _ => "the words were heard with doubt".to_string(),
    }
}

fn doubt(m: &Match<'_>, path: &str, searched: Span, call: &HeardCall<'_>) -> Outcome {
    Outcome {
        truth: Truth::Unknown(doubt_reason(m, call)),
        evidence: vec![doubtful_row(m, path, searched, call)],
    }
}

fn described(quoted: Quoted, path: &str, kind: EvidenceKind, searched: Span) -> Evidence {
    Evidence {
        party: Some(quoted.party),
        channel: Some(quoted.channel),
        at: Some(quoted.span),
        quote: Some(quoted.quote),
        min_prob: quoted.min_prob,
        mean_prob: quoted.mean_prob,
        window: Some(searched),
        ..Evidence::new(path, kind)
    }
}

fn unknown(path: &str, reason: &str) -> Outcome {
    let mut evidence = Evidence::new(path, EvidenceKind::Doubt);
    evidence.note = Some(reason.to_string());
    Outcome {
        truth: Truth::Unknown(reason.to_string()),
        evidence: vec![evidence],
    }
}

/// Matches of a step of a larger rule, in order of time.
fn step_matches<'h>(
    step: &'h Said,
    path: &str,
    call: &'h HeardCall<'_>,
) -> Result<Vec<Match<'h>>, Outcome> {
    match windows(step, path, call) {
        Searched::Spans(spans) => Ok(matches_of(step, step.what.phrases(), &spans, call)),
        Searched::Nowhere(_) => Ok(Vec::new()),
        Searched::Unclear(outcome) => Err(outcome),
    }
}

/// Two things close to each other, in either order.
fn evaluate_near(rule: &Near, path: &str, call: &HeardCall<'_>) -> Outcome {
    if !call.conversation.word_times {
        return unknown(path, "this transcript has no word times");
    }
    let paths = [format!("{path}.one"), format!("{path}.other")];
    let both = step_matches(&rule.one, &paths[0], call)
        .and_then(|one| Ok((one, step_matches(&rule.other, &paths[1], call)?)));
    let (one, other) = match both {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let close = |a: &Match<'_>, b: &Match<'_>| {
        let gap = (b.span.start_ms - a.span.end_ms).max(a.span.start_ms - b.span.end_ms);
        gap <= rule.at_most_apart_ms
    };
    let pairs = || {
        one.iter().flat_map(|a| {
            other
                .iter()
                .filter(move |b| close(a, b))
                .map(move |b| (a, b))
        })
    };
    let whole = call.whole();
    if let Some((a, b)) = pairs().find(|(a, b)| a.sure && b.sure) {
        return Outcome {
            truth: Truth::True,
            evidence: vec![
                found(a, &paths[0], whole, call),
                found(b, &paths[1], whole, call),
            ],
        };
    }
    if let Some((a, b)) = pairs().next() {
        return doubt(if a.sure { b } else { a }, path, whole, call);
    }
    // Where one was said, the other is missing near it; where neither, both are missing.
    let both_said = !one.is_empty() && !other.is_empty();
    let mut outcomes = Vec::new();
    for (said, path, own, others) in [
        (&rule.one, &paths[0], &one, &other),
        (&rule.other, &paths[1], &other, &one),
    ] {
        if !own.is_empty() && others.is_empty() {
            continue;
        }
        let reach = rule.at_most_apart_ms;
        let spans = if others.is_empty() {
            vec![whole]
        } else {
            let near = |m: &Match<'_>| Span::new(m.span.start_ms - reach, m.span.end_ms + reach);
            joined(others.iter().map(|m| clipped(near(m), whole)).collect())
        };
        outcomes.push(absent(said, said.what.phrases(), &spans, path, call));
    }
    // Two that were said far apart may each have had the other beside it, so both absences have
    // to be sure; else one that is missing for certain is enough.
    let wins = |t: &Truth| both_said != (*t == Truth::False);
    let truth = outcomes
        .iter()
        .map(|o| &o.truth)
        .find(|t| wins(t))
        .or_else(|| outcomes.first().map(|o| &o.truth))
        .cloned()
        .unwrap_or(Truth::False);
    Outcome {
        truth,
        evidence: outcomes.into_iter().flat_map(|o| o.evidence).collect(),
    }
}

/// Steps one after another, complete before something else is said. Every chain of matches is
/// tried, earliest first, so that an early stray match does not hide a later good one.
fn evaluate_in_order(rule: &InOrder, path: &str, call: &HeardCall<'_>) -> Outcome {
    if !call.conversation.word_times {
        return unknown(path, "this transcript has no word times");
    }
    let whole = call.whole();
    // `before` is searched first: it ends the window in which the steps must be complete.
    let mut deadline = whole.end_ms;
    let mut evidence = Vec::new();
    if let Some(before) = &rule.before {
        let path = format!("{path}.before");
        let matches = match step_matches(before, &path, call) {
            Ok(matches) => matches,
            Err(outcome) => return outcome,
        };
        if let Some(first) = matches.first() {
            if !first.sure {
                return doubt(first, &path, whole, call);
            }
            deadline = first.span.start_ms;
            evidence.push(found(first, &path, whole, call));
        }
    }
    let searched = Span::new(0, deadline);
    let mut steps: Vec<Vec<Match<'_>>> = Vec::new();
    for (i, step) in rule.steps.iter().enumerate() {
        match step_matches(step, &format!("{path}.steps.{}", i + 1), call) {
            Ok(mut matches) => {
                matches.retain(|m| m.span.end_ms <= deadline);
                steps.push(matches);
            }
            Err(outcome) => return outcome,
        }
    }
    let apart = rule.at_most_apart_ms.unwrap_or(i64::MAX);
    if let Some(chain) = find_chain(&steps, &|m| m.sure, apart) {
        evidence.extend(step_evidence(&chain, path, searched, call));
        // What must come later may have been said, unheard, before the steps were complete.
        let complete = chain.last().map_or(0, |m| m.span.end_ms);
        let ahead = Span::new(0, complete);
        let unheard = rule
            .before
            .as_ref()
            .and_then(|before| call.unheard(before.by, &[ahead]));
        let truth = match unheard {
            Some((reason, worst)) => {
                let mut row = unknown(&format!("{path}.before"), &reason)
                    .evidence
                    .remove(0);
                row.at = worst;
                row.window = Some(ahead);
                evidence.push(row);
                Truth::Unknown(reason)
            }
            None => Truth::True,
        };
        return Outcome { truth, evidence };
    }
    if let Some(chain) = find_chain(&steps, &|_| true, apart) {
        let doubtful = chain.iter().find(|m| !m.sure).unwrap_or(&chain[0]);
        let outcome = doubt(doubtful, path, searched, call);
        evidence.extend(outcome.evidence);
        return Outcome {
            truth: outcome.truth,
            evidence,
        };
    }
    let missing = missing_step(rule, &steps, apart, searched, path, call);
    evidence.extend(missing.evidence);
    Outcome {
        truth: missing.truth,
        evidence,
    }
}

fn find_chain<'m, 'h>(
    steps: &'m [Vec<Match<'h>>],
    takes: &dyn Fn(&Match<'h>) -> bool,
    apart_ms: i64,
) -> Option<Vec<&'m Match<'h>>> {
    fn extend<'m, 'h>(
        steps: &'m [Vec<Match<'h>>],
        takes: &dyn Fn(&Match<'h>) -> bool,
        apart_ms: i64,
        chain: &mut Vec<&'m Match<'h>>,
    ) -> bool {
        let Some((candidates, rest)) = steps.split_first() else {
            return true;
        };
        for candidate in candidates.iter().filter(|m| takes(m)) {
            if let Some(last) = chain.last() {
                let pause = candidate.span.start_ms - last.span.end_ms;
                if candidate.span.start_ms < last.span.start_ms || pause > apart_ms {
                    continue;
                }
            }
            chain.push(candidate);
            if extend(rest, takes, apart_ms, chain) {
                return true;
            }
            chain.pop();
        }
        false
    }
    let mut chain = Vec::new();
    extend(steps, takes, apart_ms, &mut chain).then_some(chain)
}

fn step_evidence(
    chain: &[&Match<'_>],
    path: &str,
    searched: Span,
    call: &HeardCall<'_>,
) -> Vec<Evidence> {
    chain
        .iter()
        .enumerate()
        .map(|(i, m)| found(m, &format!("{path}.steps.{}", i + 1), searched, call))
        .collect()
}

/// Which step broke the chain, and whether its absence is sure. The longest chain that exists is
/// followed to its end: the next step is looked for in what comes after it, and after the later
/// matches of its last step.
fn missing_step(
    rule: &InOrder,
    steps: &[Vec<Match<'_>>],
    apart_ms: i64,
    searched: Span,
    path: &str,
    call: &HeardCall<'_>,
) -> Outcome {
    let reached = (0..steps.len())
        .rev()
        .find_map(|n| find_chain(&steps[..n], &|_| true, apart_ms))
        .unwrap_or_default();
    let broken = reached.len();
    let step = &rule.steps[broken.min(rule.steps.len() - 1)];
    let step_path = format!("{path}.steps.{}", broken + 1);
    let mut evidence = step_evidence(&reached, path, searched, call);
    // Any match of the step before may be the one that the missing step followed.
    let follows = |m: &Match<'_>| {
        let until = m.span.end_ms.saturating_add(apart_ms);
        clipped(Span::new(m.span.end_ms, until), searched)
    };
    let ranges = match reached.last() {
        Some(last) => {
            let matches = steps[broken - 1].iter();
            let later = matches.filter(|m| m.span.start_ms >= last.span.start_ms);
            joined(later.map(follows).collect())
        }
        None => vec![searched],
    };
    let outcome = absent(step, step.what.phrases(), &ranges, &step_path, call);
    evidence.extend(outcome.evidence);
    // A step before it that may have gone unheard could have been part of another chain.
    let truth = match outcome.truth {
        Truth::False => rule.steps[..broken]
            .iter()
            .find_map(|step| call.unheard(step.by, &[searched]))
            .map_or(Truth::False, |(reason, _)| Truth::Unknown(reason)),
        truth => truth,
    };
    Outcome { truth, evidence }
}

fn evaluate_metric(rule: &MetricRule, path: &str, call: &HeardCall<'_>) -> Outcome {
    let threshold = match (rule.at_least, rule.at_most) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => String::new(),
    };
    let mut counted = measured(&rule.name, path, call);
    if let Some(reason) = counted.reason {
        return Outcome {
            truth: Truth::Unknown(reason),
            evidence: counted.evidence,
        };
    }
    for row in &mut counted.evidence {
        row.threshold = Some(threshold.clone());
    }
    let holds = rule.at_least.is_none_or(|least| counted.least >= least)
        && rule.at_most.is_none_or(|most| counted.least <= most);
    Outcome {
        truth: if holds { Truth::True } else { Truth::False },
        evidence: counted.evidence,
    }
}

/// The value of a metric with the moments that make it up.
pub fn measured(name: &str, path: &str, call: &HeardCall<'_>) -> Counted {
    let missing = |reason: &str| {
        let mut outcome = unknown(path, reason);
        outcome.evidence[0].metric = Some(name.to_string());
        Counted {
            least: f64::NEG_INFINITY,
            most: f64::INFINITY,
            reason: Some(reason.to_string()),
            evidence: outcome.evidence,
        }
    };
    let Some(metric) = metrics::metric(name) else {
        return missing("this metric is not known");
    };
    let Some(value) = (metric.value)(call.metrics) else {
        return missing("this could not be measured in this recording");
    };
    let mut summary = Evidence::new(path, EvidenceKind::Metric);
    summary.metric = Some(name.to_string());
    summary.value = Some(value);
    summary.window = Some(call.whole());
    summary.confidence = Some(1.0);
    let mut evidence = vec![summary];
    for event in metric.moments(call.metrics).into_iter().take(MOST_EVENTS) {
        let mut moment = Evidence::new(path, EvidenceKind::Metric);
        moment.metric = Some(name.to_string());
        moment.party = event.party;
        moment.at = Some(event.span);
        moment.note = event.note().map(str::to_string);
        if event.kind.is_said() {
            let by = match event.party {
                Some(Party::Agent) => By::Agent,
                Some(Party::Customer) => By::Customer,
                Some(Party::Unknown) | None => By::Anyone,
            };
            moment.quote = Some(call.words_in(by, event.span));
        }
        evidence.push(moment);
    }
    Counted {
        least: value,
        most: value,
        reason: None,
        evidence,
    }
}

/// What the history says; its items are shown as facts that need no hearing.
fn evaluate_told(told: Option<Told>, path: &str) -> Outcome {
    let Some(told) = told else {
        return unknown(path, "what came before this call is not known here");
    };
    let fact = |note: String, quote: Option<String>| {
        let mut evidence = Evidence::new(path, EvidenceKind::Metadata);
        evidence.note = Some(note);
        evidence.quote = quote;
        evidence.confidence = Some(1.0);
        evidence
    };
    let truth = match told.truth {
        Some(true) => Truth::True,
        Some(false) => Truth::False,
        None => Truth::Unknown(told.reason.clone()),
    };
    let mut evidence = match truth {
        Truth::Unknown(_) => unknown(path, &told.reason).evidence,
        Truth::True | Truth::False => vec![fact(told.reason, None)],
    };
    evidence.extend(told.items.into_iter().map(|i| fact(i.note, i.quote)));
    Outcome { truth, evidence }
}

fn evaluate_call(rule: &CallRule, path: &str, call: &HeardCall<'_>) -> Outcome {
    let field = rule.field.as_str();
    let Some(value) = call_field(rule.field, call) else {
        return unknown(path, &format!("the call's `{field}` is not known"));
    };
    let mut evidence = Evidence::new(path, EvidenceKind::Metadata);
    evidence.note = Some(format!("{field} is {value}"));
    evidence.confidence = Some(1.0);
    Outcome {
        truth: if value == rule.is {
            Truth::True
        } else {
            Truth::False
        },
        evidence: vec![evidence],
    }
}

fn call_field(field: CallField, call: &HeardCall<'_>) -> Option<String> {
    let meta = call.meta;
    match field {
        CallField::Direction => meta.direction.map(|d| d.as_str().to_string()),
        CallField::FirstCommunication => meta.first_communication.map(|b| b.to_string()),
        CallField::Queue => meta.queue.clone(),
        CallField::Team => meta.team.clone(),
        CallField::Language => Some(call.conversation.language.clone()),
        CallField::Reason => meta.reason.clone(),
        CallField::DisclosureByIvr => meta.disclosure_by_ivr.map(|b| b.to_string()),
    }
}
