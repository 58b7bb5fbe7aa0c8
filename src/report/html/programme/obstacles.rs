//! What no agent could help, over the weeks.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Key;
use crate::calibration::base::week_of;
use crate::calibration::interval::proportion::Part;
use crate::report::html::Site;
use crate::report::html::charts::{PointOf, Trend};
use crate::report::html::scope::DailyRows;
use crate::report::html::weeks::{Days, Share, calls, point};
use crate::report::html::words::percent;
use crate::report::records::Text;

/// Share of a week's calls from which a chart shows anything.
const DRAWN: f64 = 0.05;
/// Obstacles that are listed.
const LISTED: usize = 6;

#[derive(Debug, Default)]
pub(super) struct Obstacles {
    /// By week and agent's day: calls with an obstacle, of all calls.
    weeks: BTreeMap<i64, Days<i64, usize>>,
    /// Calls by question and cause.
    kinds: BTreeMap<(Key, Text), usize>,
    with: usize,
    calls: usize,
}

impl Obstacles {
    pub fn take(&mut self, number: i64, day: &DailyRows, agents: &BTreeMap<&str, usize>) {
        let met: BTreeSet<&str> = day.obstacles.iter().map(|o| &*o.call_id).collect();
        let days = self.weeks.entry(week_of(number)).or_default();
        for (call, agent) in agents {
            let has = met.contains(call);
            let part = days
                .entry((number, *agent))
                .or_insert(Part { hits: 0.0, of: 0.0 });
            part.hits += f64::from(u8::from(has));
            part.of += 1.0;
            self.with += usize::from(has);
            self.calls += 1;
        }
        for obstacle in &day.obstacles {
            let key = (obstacle.rubric.clone(), obstacle.question.clone());
            *self.kinds.entry((key, obstacle.cause.clone())).or_default() += 1;
        }
    }

    pub fn view(&self, site: &Site<'_>) -> View {
        if self.with == 0 {
            return View {
                words: vec![
                    "No failed answer was put down to anything but the agent. Which ones can be is written in the forms.".to_string(),
                ],
                trend: None,
                kinds: Vec::new(),
                lead: None,
            };
        }
        let days = self.weeks.values().flat_map(|days| days.keys());
        let agents: BTreeSet<usize> = days.map(|(_, agent)| *agent).collect();
        if agents.len() < site.scope.minimum_group {
            return View {
                words: vec![super::left_out(site.scope)],
                trend: None,
                kinds: Vec::new(),
                lead: None,
            };
        }
        let share = self.with as f64 / self.calls as f64;
        let words = format!(
            "In {} of {} ({}) something failed that no agent could have helped.",
            self.with,
            calls(self.calls as f64),
            percent(share)
        );
        let weeks = (self.weeks.keys().next(), self.weeks.keys().next_back());
        let points: Vec<PointOf> = match weeks {
            (Some(&first), Some(&last)) => (first..=last)
                .map(|week| {
                    let share = self.weeks.get(&week).and_then(Share::of);
                    point(week, share, site.scope.minimum_group, None)
                })
                .collect(),
            _ => Vec::new(),
        };
        let is_drawn = points
            .iter()
            .filter_map(|p| p.value)
            .any(|share| share >= DRAWN);
        let mut kinds: Vec<(&(Key, Text), &usize)> = self.kinds.iter().collect();
        kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), *kind));
        let kinds = kinds.into_iter().take(LISTED).map(|((key, cause), count)| {
            let question = site.scope.question(&key.0, &key.1);
            Kind {
                text: question.map_or_else(|| key.1.to_string(), |(_, q)| q.text.clone()),
                href: site.links.question(&key.0, &key.1).map(str::to_string),
                cause: in_words(cause),
                calls: *count,
            }
        });
        View {
            lead: Some(words.clone()),
            words: vec![words],
            trend: is_drawn.then(|| {
                Trend::new(
                    "Share of calls with something that no agent could help, week by week",
                    "Calls",
                    points,
                    None,
                )
            }),
            kinds: kinds.collect(),
        }
    }
}

fn in_words(cause: &str) -> String {
    match cause {
        "process" => "how the work is laid out",
        "system" => "a system that fails",
        "policy" => "a rule of the house",
        "other_team" => "another team",
        "customer" => "the customer",
        other => return other.replace('_', " "),
    }
    .to_string()
}

#[derive(Serialize)]
pub(super) struct View {
    pub words: Vec<String>,
    pub trend: Option<Trend>,
    pub kinds: Vec<Kind>,
    #[serde(skip)]
    pub lead: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Kind {
    pub text: String,
    pub href: Option<String>,
    pub cause: String,
    pub calls: usize,
}
