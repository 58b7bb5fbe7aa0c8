//! What became of the promises that agents made, by month, with what nobody knows.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::calibration::interval::proportion::Part;
use crate::report::html::charts::{BarOf, Bars};
use crate::report::html::scope::{DailyRows, Scope};
use crate::report::html::weeks::{Days, Share, several};
use crate::report::html::words::percent;
use crate::report::records::Text;

#[derive(Debug, Default)]
pub(super) struct Promises {
    months: BTreeMap<Text, Month>,
}

#[derive(Debug, Default)]
struct Month {
    kept: i64,
    said_broken: i64,
    not_seen: i64,
    open: i64,
    /// That nobody could follow.
    unknown: i64,
    /// Who made them.
    agents: BTreeSet<usize>,
    /// By agent's day: kept, of those whose day is past.
    days: Days<Text, usize>,
}

impl Promises {
    pub fn take(&mut self, day: &DailyRows, agents: &BTreeMap<&str, usize>) {
        for promise in day.promises.iter().filter(|p| &*p.party == "agent") {
            let month = day.date.get(..7).unwrap_or(&day.date);
            let of = self.months.entry(month.into()).or_default();
            let agent = agents.get(&*promise.call_id).copied().unwrap_or(usize::MAX);
            of.agents.insert(agent);
            let mut due = |hits: f64| {
                let part = of
                    .days
                    .entry((day.date.clone(), agent))
                    .or_insert(Part { hits: 0.0, of: 0.0 });
                part.hits += hits;
                part.of += 1.0;
            };
            match promise.state.as_deref() {
                Some("kept") => {
                    due(1.0);
                    of.kept += 1;
                }
                Some("said_broken") => {
                    due(0.0);
                    of.said_broken += 1;
                }
                Some("not_seen") => {
                    due(0.0);
                    of.not_seen += 1;
                }
                Some("open") => of.open += 1,
                _ => of.unknown += 1,
            }
        }
    }

    pub fn view(&self, scope: &Scope) -> View {
        let agents: BTreeSet<usize> = self
            .months
            .values()
            .flat_map(|m| m.agents.clone())
            .collect();
        if (1..scope.minimum_group).contains(&agents.len()) {
            let left_out = super::left_out(scope);
            return View {
                lead: format!("Promises: {left_out}"),
                words: vec![left_out],
                bars: None,
                rows: Vec::new(),
            };
        }
        let sum = |of: fn(&Month) -> i64| self.months.values().map(of).sum::<i64>();
        let (kept, broken, not_seen) =
            (sum(|m| m.kept), sum(|m| m.said_broken), sum(|m| m.not_seen));
        let (open, unknown) = (sum(|m| m.open), sum(|m| m.unknown));
        let past = kept + broken + not_seen;
        let all = past + open + unknown;
        if all == 0 {
            let none = "No promise of an agent’s was clearly heard.".to_string();
            return View {
                lead: none.clone(),
                words: vec![none],
                bars: None,
                rows: Vec::new(),
            };
        }
        let lead = match past {
            0 => format!("Agents made {}; none can be judged yet.", promises(all)),
            _ => format!(
                "Of {} whose day is past, {} were seen to be kept and {} customers said were not; of the other {} nobody knows.",
                promises(past),
                percent(kept as f64 / past as f64),
                percent(broken as f64 / past as f64),
                percent(not_seen as f64 / past as f64),
            ),
        };
        let mut words = vec![format!(
            "Agents made {} that were clearly heard. {lead}",
            promises(all)
        )];
        words.push(
            "Not seen is no accusation: a refund that arrived, or a letter, is often seen by nobody here. So the kept ones are at least so many.".to_string(),
        );
        if open + unknown > 0 {
            words.push(format!(
                "{} still open, and {} could not be followed, because the customer is not given or nobody else could notice.",
                match open {
                    1 => "1 is".to_string(),
                    n => format!("{n} are"),
                },
                unknown,
            ));
        }
        let shown: Vec<(&Text, &Month)> = self
            .months
            .iter()
            .filter(|(_, of)| of.agents.len() >= scope.minimum_group)
            .collect();
        if shown.len() < self.months.len() {
            words.push(format!(
                "Months with promises of fewer than {} agents are not shown.",
                scope.minimum_group
            ));
        }
        let bars: Vec<BarOf> = shown
            .iter()
            .filter_map(|(month, of)| {
                let share = Share::of(&of.days).filter(|s| s.agents >= scope.minimum_group)?;
                Some(BarOf {
                    label: month_in_words(month),
                    value: share.value,
                    low: share.ends.map(|(low, _)| low),
                    high: share.ends.map(|(_, high)| high),
                    in_words: format!("{}, {}", share.in_words(), promises(share.calls as i64)),
                    href: None,
                })
            })
            .collect();
        View {
            lead,
            words,
            bars: (!bars.is_empty()).then(|| {
                Bars::new(
                    "Seen to be kept, of the promises whose day is past",
                    "Seen to be kept",
                    bars,
                )
            }),
            rows: shown
                .iter()
                .map(|(month, of)| MonthRow {
                    month: month_in_words(month),
                    counts: [of.kept, of.said_broken, of.not_seen, of.open, of.unknown],
                })
                .collect(),
        }
    }
}

fn promises(count: i64) -> String {
    several(count, "promise", "promises")
}

/// `2026-03` as `March 2026`.
pub(super) fn month_in_words(month: &str) -> String {
    let day: Result<jiff::civil::Date, _> = format!("{month}-01").parse();
    day.map_or_else(
        |_| month.to_string(),
        |day| day.strftime("%B %Y").to_string(),
    )
}

#[derive(Serialize)]
pub(super) struct View {
    pub words: Vec<String>,
    pub bars: Option<Bars>,
    pub rows: Vec<MonthRow>,
    #[serde(skip)]
    pub lead: String,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct MonthRow {
    pub month: String,
    /// Kept, said to be broken, not seen, open, not to be followed.
    pub counts: [i64; 5],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::records::Promise;

    fn day(date: &str, states: &[(Option<&str>, &str)]) -> DailyRows {
        let promise = |(n, (state, party)): (usize, &(Option<&str>, &str))| Promise {
            date: date.into(),
            call_id: format!("{date}-{n}").into(),
            item: 0,
            party: (*party).into(),
            kind: "call_back".into(),
            quote: "I will call you".into(),
            start_ms: 0,
            hedged: false,
            due: None,
            state: state.map(Text::from),
        };
        DailyRows {
            date: date.into(),
            agents: Vec::new(),
            questions: Vec::new(),
            models: Default::default(),
            contacts: Vec::new(),
            promises: states.iter().enumerate().map(promise).collect(),
            obstacles: Vec::new(),
            talk: Vec::new(),
        }
    }

    #[test]
    fn what_nobody_knows_is_neither_kept_nor_broken() {
        let mut of = Promises::default();
        let none = BTreeMap::new();
        of.take(
            &day(
                "2026-02-27",
                &[
                    (Some("kept"), "agent"),
                    (Some("said_broken"), "agent"),
                    (Some("not_seen"), "agent"),
                    (Some("not_seen"), "agent"),
                    (Some("kept"), "customer"),
                ],
            ),
            &none,
        );
        of.take(
            &day("2026-03-02", &[(Some("open"), "agent"), (None, "agent")]),
            &none,
        );
        let shown =
            |of: &Promises, minimum| of.view(&crate::report::html::question::tests::scope(minimum));
        let view = shown(&of, 1);
        assert_eq!(
            view.lead,
            "Of 4 promises whose day is past, 25 % were seen to be kept and 25 % customers said were not; of the other 50 % nobody knows."
        );
        assert_eq!(view.rows[0].counts, [1, 1, 2, 0, 0]);
        assert_eq!(view.rows[1].counts, [0, 0, 0, 1, 1]);
        assert_eq!(view.rows[1].month, "March 2026");
        assert!(view.words[2].starts_with("1 is still open, and 1 could not"));
        // A month without a promise that is due has no bar.
        assert_eq!(view.bars.map(|bars| bars.bars.len()), Some(1));
        assert!(
            shown(&Promises::default(), 1)
                .lead
                .starts_with("No promise")
        );
        // All are of one agent.
        let few = shown(&of, 2);
        assert!(
            few.lead.starts_with("Promises: Left out") && few.rows.is_empty() && few.bars.is_none()
        );
        // A second one, in March alone.
        let agents = BTreeMap::from([("2026-03-03-0", 7)]);
        of.take(&day("2026-03-03", &[(Some("kept"), "agent")]), &agents);
        let months = shown(&of, 2).rows;
        assert_eq!((months.len(), months[0].month.as_str()), (1, "March 2026"));
    }
}
