//! Which questions fail how often, with the range that the number of calls leaves.
//!
//! Of automatic answers alone. An agent's calls are alike, so the range treats each agent as one
//! cluster. It says how far other calls of the same people could lead; whether the answers are
//! right is told beside it, from calibration.

use std::collections::BTreeMap;

use super::rows::{OneCall, failed};
use crate::calibration::interval::proportion::{Part, clustered_calls, wilson};
use crate::report::records::Text;

/// Judged calls under which a question is not ranked: a share of fewer says next to nothing.
pub(super) const LEAST_CALLS: usize = 10;

/// Rubric, question and meaning.
pub(super) type Key = (Text, Text, Text);

#[derive(Debug, Default)]
pub(super) struct Failing(BTreeMap<Key, Counts>);

#[derive(Debug, Default)]
struct Counts {
    open: usize,
    /// Calls that the question does not apply to.
    aside: usize,
    agents: BTreeMap<Text, Part>,
}

/// How often a question failed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rate {
    pub key: Key,
    pub judged: usize,
    pub failed: usize,
    pub agents: usize,
    /// Calls in which it could not be told.
    pub open: usize,
    /// Calls that it does not apply to.
    pub aside: usize,
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

impl Failing {
    pub fn add(&mut self, one: &OneCall<'_>) {
        for answer in &one.answers {
            let key = || {
                (
                    answer.rubric.clone(),
                    answer.question.clone(),
                    answer.meaning.clone(),
                )
            };
            if let Some(failed) = failed(answer) {
                let counts = self.0.entry(key()).or_default();
                let part = counts
                    .agents
                    .entry(one.call.agent.clone())
                    .or_insert(Part { hits: 0.0, of: 0.0 });
                part.of += 1.0;
                part.hits += f64::from(failed);
            } else if &*answer.answer == "abstain" && &*answer.answered_by != "person" {
                self.0.entry(key()).or_default().open += 1;
            } else if &*answer.answer == "not_applicable" {
                self.0.entry(key()).or_default().aside += 1;
            }
        }
    }

    /// All questions that were put.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.keys()
    }

    /// All questions with a judged call, those that fail most often first.
    pub fn rates(&self) -> Vec<Rate> {
        let mut rates: Vec<Rate> = self
            .0
            .iter()
            .filter_map(|(key, counts)| {
                let parts: Vec<Part> = counts.agents.values().copied().collect();
                let of: f64 = parts.iter().map(|p| p.of).sum();
                let hits: f64 = parts.iter().map(|p| p.hits).sum();
                let range = clustered_calls(&parts).or_else(|| wilson(hits, of))?;
                Some(Rate {
                    key: key.clone(),
                    judged: of as usize,
                    failed: hits as usize,
                    agents: parts.len(),
                    open: counts.open,
                    aside: counts.aside,
                    share: hits / of,
                    low: range.low.min(hits / of),
                    high: range.high.max(hits / of),
                })
            })
            .collect();
        rates.sort_by(|a, b| {
            b.share
                .total_cmp(&a.share)
                .then(b.judged.cmp(&a.judged))
                .then_with(|| a.key.cmp(&b.key))
        });
        rates
    }
}
