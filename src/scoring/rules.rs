//! Rules to truths: true, false, or unknown with the reason.

use super::evidence::{Evidence, EvidenceKind};
use super::heard::{HeardCall, Match};
use crate::conversation::metrics;
use crate::rubric::{By, CallField, CallRule, InOrder, MetricRule, Rule, Said, What, Within};
use crate::transcript::Span;

/// Events of a metric that are shown as evidence.
const MOST_EVENTS: usize = 3;

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

/// Evaluates a rule; `path` is its place in the question.
pub fn evaluate(rule: &Rule, path: &str, call: &HeardCall<'_>) -> Outcome {
    match rule {
        Rule::Said(said) => evaluate_said(said, &format!("{path}.said"), call),
        Rule::InOrder(rule) => evaluate_in_order(rule, &format!("{path}.in_order"), call),
        Rule::Metric(rule) => evaluate_metric(rule, &format!("{path}.metric"), call),
        Rule::Call(rule) => evaluate_call(rule, &format!("{path}.call"), call),
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
    let outcomes: Vec<Outcome> = rules
        .iter()
        .enumerate()
        .map(|(i, rule)| evaluate(rule, &format!("{path}.{}", i + 1), call))
        .collect();
    // What decides is shown alone: the failed alternatives of an `any_of` are only noise.
    if let Some(settled) = outcomes.iter().find(|o| o.truth == deciding) {
        return settled.clone();
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

fn window(within: Option<Within>, call: &HeardCall<'_>) -> Span {
    let whole = call.whole();
    match within {
        None => whole,
        Some(Within::First(length)) => Span::new(0, length.0.min(whole.end_ms)),
        Some(Within::Last(length)) => Span::new((whole.end_ms - length.0).max(0), whole.end_ms),
    }
}

fn evaluate_said(said: &Said, path: &str, call: &HeardCall<'_>) -> Outcome {
    let searched = window(said.within, call);
    if said.within.is_some() && !call.conversation.word_times {
        return unknown(path, "this transcript has no word times");
    }
    match &said.what {
        What::Any(phrases) => any_said(phrases, said.by, searched, path, call),
        What::None(phrases) => {
            let outcome = any_said(phrases, said.by, searched, path, call);
            Outcome {
                truth: negate(outcome.truth),
                evidence: outcome.evidence,
            }
        }
        What::All(phrases) => {
            let outcomes: Vec<Outcome> = phrases
                .iter()
                .map(|p| any_said(std::slice::from_ref(p), said.by, searched, path, call))
                .collect();
            let truth = if let Some(no) = outcomes.iter().find(|o| o.truth == Truth::False) {
                no.truth.clone()
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
    phrases: &[crate::rubric::phrase::Phrase],
    by: By,
    searched: Span,
    path: &str,
    call: &HeardCall<'_>,
) -> Outcome {
    let matches = call.find(phrases, by, searched);
    if let Some(sure) = matches.iter().find(|m| m.sure) {
        return Outcome {
            truth: Truth::True,
            evidence: vec![found(sure, path, searched)],
        };
    }
    if let Some(doubtful) = matches.first() {
        return doubt(doubtful, path, searched);
    }
    absent(phrases, by, searched, path, call)
}

fn absent(
    phrases: &[crate::rubric::phrase::Phrase],
    by: By,
    searched: Span,
    path: &str,
    call: &HeardCall<'_>,
) -> Outcome {
    if let Some((reason, worst)) = call.unheard(by, searched) {
        let mut evidence = Evidence::new(path, EvidenceKind::Doubt);
        evidence.window = Some(searched);
        evidence.at = worst;
        evidence.quote = worst
            .map(|span| call.words_in(by, span))
            .filter(|quote| !quote.is_empty());
        evidence.note = Some(reason.clone());
        return Outcome {
            truth: Truth::Unknown(reason),
            evidence: vec![evidence],
        };
    }
    let near = call.nearest_miss(phrases, by, searched);
    let mut nothing = Evidence::new(path, EvidenceKind::Absent);
    nothing.window = Some(searched);
    let mut evidence = vec![nothing];
    let mut truth = Truth::False;
    if let Some(near) = near {
        let mut miss = described(&near.found, path, EvidenceKind::NearestMiss, searched);
        miss.note = Some(near.note);
        evidence.push(miss);
        if near.may_be_it {
            let reason = format!("\"{}\" may be the words, misheard", near.found.quote);
            truth = Truth::Unknown(reason);
        }
    }
    Outcome { truth, evidence }
}

fn found(m: &Match, path: &str, searched: Span) -> Evidence {
    let mut evidence = described(m, path, EvidenceKind::Found, searched);
    evidence.note = Some(format!("matches \"{}\"", m.phrase));
    evidence
}

fn doubt(m: &Match, path: &str, searched: Span) -> Outcome {
    let reason = if m.party == crate::conversation::Party::Unknown {
        "the words were said, but a mono recording does not tell by whom"
    } else {
        "the words were heard with doubt"
    };
    let mut evidence = described(m, path, EvidenceKind::Doubt, searched);
    evidence.note = Some(reason.to_string());
    Outcome {
        truth: Truth::Unknown(reason.to_string()),
        evidence: vec![evidence],
    }
}

fn described(m: &Match, path: &str, kind: EvidenceKind, searched: Span) -> Evidence {
    Evidence {
        party: Some(m.party),
        channel: Some(m.channel),
        at: Some(m.span),
        quote: Some(m.quote.clone()),
        min_prob: m.min_prob,
        mean_prob: m.mean_prob,
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
        let matches = call.find(phrases_of(before), before.by, window(before.within, call));
        if let Some(first) = matches.first() {
            if !first.sure {
                return doubt(first, &format!("{path}.before"), whole);
            }
            deadline = first.span.start_ms;
            evidence.push(found(first, &format!("{path}.before"), whole));
        }
    }
    let searched = Span::new(0, deadline);
    let steps: Vec<Vec<Match>> = rule
        .steps
        .iter()
        .map(|step| {
            let mut matches = call.find(phrases_of(step), step.by, window(step.within, call));
            matches.retain(|m| m.span.end_ms <= deadline);
            matches
        })
        .collect();
    let apart = rule.at_most_apart_ms.unwrap_or(i64::MAX);
    if let Some(chain) = find_chain(&steps, &|m| m.sure, apart) {
        evidence.extend(step_evidence(&chain, path, searched));
        return Outcome {
            truth: Truth::True,
            evidence,
        };
    }
    if let Some(chain) = find_chain(&steps, &|_| true, apart) {
        let doubtful = chain.iter().find(|m| !m.sure).unwrap_or(&chain[0]);
        let outcome = doubt(doubtful, path, searched);
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

fn phrases_of(said: &Said) -> &[crate::rubric::phrase::Phrase] {
    match &said.what {
        What::Any(phrases) | What::All(phrases) | What::None(phrases) => phrases,
    }
}

fn find_chain<'m>(
    steps: &'m [Vec<Match>],
    takes: &dyn Fn(&Match) -> bool,
    apart_ms: i64,
) -> Option<Vec<&'m Match>> {
    fn extend<'m>(
        steps: &'m [Vec<Match>],
        takes: &dyn Fn(&Match) -> bool,
        apart_ms: i64,
        chain: &mut Vec<&'m Match>,
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

fn step_evidence(chain: &[&Match], path: &str, searched: Span) -> Vec<Evidence> {
    chain
        .iter()
        .enumerate()
        .map(|(i, m)| found(m, &format!("{path}.steps.{}", i + 1), searched))
        .collect()
}

/// Which step broke the chain, and whether its absence is sure. The longest chain that exists is
/// followed to its end: the next step is looked for in what comes after it.
fn missing_step(
    rule: &InOrder,
    steps: &[Vec<Match>],
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
    let from = reached.last().map_or(searched.start_ms, |m| m.span.end_ms);
    let until = searched.end_ms.min(from.saturating_add(apart_ms));
    let step = &rule.steps[broken.min(rule.steps.len() - 1)];
    let step_path = format!("{path}.steps.{}", broken + 1);
    let mut evidence = step_evidence(&reached, path, searched);
    let range = if broken == 0 {
        searched
    } else {
        Span::new(from, until)
    };
    let outcome = absent(phrases_of(step), step.by, range, &step_path, call);
    evidence.extend(outcome.evidence);
    // A first step that may have gone unheard could have started another chain.
    let truth = match outcome.truth {
        Truth::False if broken > 0 => match call.unheard(rule.steps[0].by, searched) {
            Some((reason, _)) => Truth::Unknown(reason),
            None => Truth::False,
        },
        truth => truth,
    };
    Outcome { truth, evidence }
}

fn evaluate_metric(rule: &MetricRule, path: &str, call: &HeardCall<'_>) -> Outcome {
    let Some(metric) = metrics::metric(&rule.name) else {
        return unknown(path, "this metric is not known");
    };
    let threshold = match (rule.at_least, rule.at_most) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => String::new(),
    };
    let Some(value) = (metric.value)(call.metrics) else {
        let mut outcome = unknown(path, "this could not be measured in this recording");
        outcome.evidence[0].metric = Some(rule.name.clone());
        return outcome;
    };
    let holds = rule.at_least.is_none_or(|least| value >= least)
        && rule.at_most.is_none_or(|most| value <= most);
    let mut summary = Evidence::new(path, EvidenceKind::Metric);
    summary.metric = Some(rule.name.clone());
    summary.value = Some(value);
    summary.threshold = Some(threshold.clone());
    summary.window = Some(call.whole());
    let mut evidence = vec![summary];
    for event in metric.moments(call.metrics).into_iter().take(MOST_EVENTS) {
        let mut moment = Evidence::new(path, EvidenceKind::Metric);
        moment.metric = Some(rule.name.clone());
        moment.party = event.party;
        moment.at = Some(event.span);
        moment.threshold = Some(threshold.clone());
        evidence.push(moment);
    }
    Outcome {
        truth: if holds { Truth::True } else { Truth::False },
        evidence,
    }
}

fn evaluate_call(rule: &CallRule, path: &str, call: &HeardCall<'_>) -> Outcome {
    let field = rule.field.as_str();
    let Some(value) = call_field(rule.field, call) else {
        return unknown(path, &format!("the call's `{field}` is not known"));
    };
    let mut evidence = Evidence::new(path, EvidenceKind::Metadata);
    evidence.note = Some(format!("{field} is {value}"));
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
