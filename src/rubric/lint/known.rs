//! What is true of every call that a form is for, as far as the form alone tells.
//!
//! Says "it depends" wherever it cannot tell, so that no lint rests on a guess.

use super::super::form::{AppliesTo, By, CallField, CallRule, Millis, Rule, Said, What, Within};
use super::super::meaning;
use crate::conversation::metrics::{self, Unit};
use crate::phrase::{MatcherBuilder, Phrase};

/// What is sure of every call in which a rule is looked at.
#[derive(Default)]
pub(super) struct Known<'a> {
    /// Values that a fact may have; no entry where it may have any.
    facts: Vec<(CallField, Vec<&'a str>)>,
    rules: Vec<&'a Rule>,
}

impl<'a> Known<'a> {
    pub(super) fn of(applies_to: &'a AppliesTo) -> Self {
        let directions: Vec<&str> = applies_to.directions.iter().map(|d| d.as_str()).collect();
        let texts = |list: &'a [String]| list.iter().map(String::as_str).collect::<Vec<_>>();
        let facts = [
            (CallField::Direction, directions),
            (CallField::Queue, texts(&applies_to.queues)),
            (CallField::Language, texts(&applies_to.languages)),
        ];
        Self {
            facts: facts
                .into_iter()
                .filter(|(_, values)| !values.is_empty())
                .collect(),
            rules: Vec::new(),
        }
    }

    pub(super) fn assume(&mut self, rule: &'a Rule) {
        match rule {
            Rule::AllOf(rules) => rules.iter().for_each(|r| self.assume(r)),
            Rule::Call(call) => self.facts.push((call.field, vec![call.is.as_str()])),
            _ => {}
        }
        self.rules.push(rule);
    }

    /// Whether the rule is true of every such call, or false of every one; `None` where that
    /// depends on the call.
    pub(super) fn truth(&self, rule: &Rule) -> Option<bool> {
        if self.rules.iter().any(|known| implies(known, rule)) {
            return Some(true);
        }
        let denied = self.rules.iter().any(|known| match known {
            Rule::Not(inner) => implies(rule, inner),
            _ => false,
        });
        if denied {
            return Some(false);
        }
        match rule {
            Rule::Call(call) => self.fact(call),
            Rule::Metric(limits) => {
                let never_negative = is_never_negative(&limits.name);
                let share = metrics::metric(&limits.name).is_some_and(|m| m.unit == Unit::Share);
                let above_least = limits
                    .at_least
                    .is_none_or(|least| never_negative && least <= 0.0);
                let below_most = limits.at_most.is_none_or(|most| share && most >= 1.0);
                let crossed = limits
                    .at_least
                    .zip(limits.at_most)
                    .is_some_and(|(l, m)| l > m);
                let below = never_negative && limits.at_most.is_some_and(|most| most < 0.0);
                let above = share && limits.at_least.is_some_and(|least| least > 1.0);
                if crossed || below || above {
                    Some(false)
                } else if above_least && below_most {
                    Some(true)
                } else {
                    None
                }
            }
            Rule::Said(said) => match (&said.within, &said.what) {
                (
                    Some(Within::First(Millis(0)) | Within::Last(Millis(0))),
                    What::Any(_) | What::All(_),
                ) => said.at_most.is_none().then_some(false),
                _ => None,
            },
            Rule::AllOf(rules) => {
                let opposed = rules.iter().any(|r| {
                    matches!(r, Rule::Not(inner) if rules.iter().any(|other| implies(other, inner)))
                });
                let truths: Vec<Option<bool>> = rules.iter().map(|r| self.truth(r)).collect();
                if opposed || truths.contains(&Some(false)) {
                    Some(false)
                } else {
                    truths.iter().all(|t| *t == Some(true)).then_some(true)
                }
            }
            Rule::AnyOf(rules) => {
                let opposed = rules.iter().any(|r| {
                    matches!(r, Rule::Not(inner) if rules.iter().any(|other| implies(inner, other)))
                });
                let truths: Vec<Option<bool>> = rules.iter().map(|r| self.truth(r)).collect();
                if opposed || truths.contains(&Some(true)) {
                    Some(true)
                } else {
                    truths.iter().all(|t| *t == Some(false)).then_some(false)
                }
            }
            Rule::Not(rule) => self.truth(rule).map(|truth| !truth),
            Rule::InOrder(_)
            | Rule::Near(_)
            | Rule::EarlierContact(_)
            | Rule::EarlierPromise(_) => None,
        }
    }

    fn fact(&self, call: &CallRule) -> Option<bool> {
        let known = self.facts.iter().filter(|(field, _)| *field == call.field);
        let mut truth = None;
        for (_, values) in known {
            if !values.contains(&call.is.as_str()) {
                return Some(false);
            }
            if values.len() == 1 {
                truth = Some(true);
            }
        }
        truth
    }
}

/// Whether the second rule is true of every call of which the first is. Says no where it cannot
/// tell.
pub(super) fn implies(first: &Rule, second: &Rule) -> bool {
    if meaning::rule(first) == meaning::rule(second) {
        return true;
    }
    match (first, second) {
        (Rule::AnyOf(rules), _) => rules.iter().all(|r| implies(r, second)),
        (_, Rule::AllOf(rules)) => rules.iter().all(|r| implies(first, r)),
        (Rule::AllOf(rules), _) if rules.iter().any(|r| implies(r, second)) => true,
        (_, Rule::AnyOf(rules)) => rules.iter().any(|r| implies(first, r)),
        (Rule::Not(a), Rule::Not(b)) => implies(b, a),
        (Rule::Metric(a), Rule::Metric(b)) => {
            let least = |r: Option<f64>| r.unwrap_or(f64::NEG_INFINITY);
            let most = |r: Option<f64>| r.unwrap_or(f64::INFINITY);
            a.name == b.name
                && least(a.at_least) >= least(b.at_least)
                && most(a.at_most) <= most(b.at_most)
        }
        (Rule::Said(a), Rule::Said(b)) => said_implies(a, b),
        _ => false,
    }
}

fn said_implies(a: &Said, b: &Said) -> bool {
    let (What::Any(narrow), What::Any(wide)) = (&a.what, &b.what) else {
        return false;
    };
    let rest = |said: &Said| {
        let mut rest = said.clone();
        rest.what = What::Any(Vec::new());
        rest.by = By::Anyone;
        meaning::rule(&Rule::Said(rest))
    };
    (a.by == b.by || b.by == By::Anyone)
        && a.at_most.is_none()
        && rest(a) == rest(b)
        && all_found(narrow, wide)
}

/// Whether wherever one of the first phrases is said, one of the second is found.
fn all_found(narrow: &[Phrase], wide: &[Phrase]) -> bool {
    let same = |p: &Phrase| wide.iter().any(|q| q.to_string() == p.to_string());
    if narrow.iter().all(same) {
        return true;
    }
    let mut builder = MatcherBuilder::new();
    for phrase in wide {
        builder.add(phrase);
    }
    let matcher = builder.build();
    narrow.iter().all(|p| !matcher.found_in(p).is_empty())
}

/// Counts, times, shares, paces and ratios start at 0; feelings go either way.
pub(super) fn is_never_negative(metric: &str) -> bool {
    metrics::metric(metric).is_some_and(|m| m.unit != Unit::Feeling)
}
