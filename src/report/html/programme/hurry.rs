//! Hurry against repeat contacts: do customers come back more often after hurried calls?
//!
//! A call is hurried if it shows one of three signs: the agent speaks fast, cuts in, or leaves a
//! question without an answer. It is held against whether the customer called again within seven
//! days, within the same queue and reason, with agents as clusters, as `calibration` does it for
//! outcomes. Where the week after a call is not over, or a sign cannot be told, the call is left
//! out.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::calibration::people::outcomes::{Counted, Flag, Relation, relate_counted};
use crate::report::html::scope::{DailyRows, Scope};
use crate::report::html::weeks::{calls, several};
use crate::report::html::words::percent;
use crate::report::records::Talk;

/// Words per minute of own talk above which an agent speaks fast: the bound of the form that ships
/// as `take-your-time`.
const FAST: f64 = 190.0;
/// Times that the agent cuts in. Once may be right, such as to keep a card number unsaid.
const CUTS_IN: i64 = 2;

const SIGNS: [&str; 4] = [
    "Hurried: at least one of the three",
    "The agent speaks fast (over 190 words a minute)",
    "The agent cuts in twice or more",
    "A question of the customer’s stays without an answer",
];

/// Calls with a sign, and those without it.
const LIKE_THAT: (&str, &str) = ("call like that", "calls like that");
const OTHERS: (&str, &str) = ("other call", "other calls");

/// By agent, kind of call and whether the sign is there: calls, and those that led to another.
type Told = BTreeMap<(usize, usize, bool), (usize, usize)>;

#[derive(Debug, Default)]
pub(super) struct Hurry {
    /// One for each of [`SIGNS`].
    counts: [Told; 4],
    /// Calls of which it is not known, or not yet, whether they led to another.
    open: usize,
    known: usize,
}

impl Hurry {
    pub fn take(
        &mut self,
        day: &DailyRows,
        agents: &BTreeMap<&str, usize>,
        cells: &BTreeMap<&str, usize>,
    ) {
        let talk: BTreeMap<&str, &Talk> = day.talk.iter().map(|t| (&*t.call_id, t)).collect();
        for contact in &day.contacts {
            let Some(again) = contact.led_to_repeat_7d else {
                self.open += 1;
                continue;
            };
            self.known += 1;
            let id = &*contact.call_id;
            let (Some(talk), Some(agent), Some(cell)) =
                (talk.get(id), agents.get(id), cells.get(id))
            else {
                continue;
            };
            for (sign, counts) in signs(talk).into_iter().zip(&mut self.counts) {
                let Some(sign) = sign else {
                    continue;
                };
                let (calls, yes) = counts.entry((*agent, *cell, sign)).or_default();
                *calls += 1;
                *yes += usize::from(again);
            }
        }
    }

    fn relations(&self) -> Vec<Relation> {
        let counted = |counts: &Told| {
            let rows = counts.iter();
            rows.map(|(&(agent, cell, pass), &(calls, yes))| Counted {
                agent,
                cell,
                pass,
                calls,
                yes,
            })
            .collect()
        };
        let all: Vec<Vec<Counted>> = self.counts.iter().map(counted).collect();
        relate_counted(&all)
    }

    /// Whether fewer agents than the minimum group stand behind a side that has calls.
    fn is_of_few(counts: &Told, minimum: usize) -> bool {
        [true, false].iter().any(|side| {
            let side = counts.keys().filter(|(_, _, sign)| sign == side);
            let agents: BTreeSet<usize> = side.map(|(agent, ..)| *agent).collect();
            (1..minimum).contains(&agents.len())
        })
    }

    pub fn view(&self, scope: &Scope) -> View {
        let relations = self.relations();
        let is_left_out = |at: usize| Self::is_of_few(&self.counts[at], scope.minimum_group);
        let mut rows = Vec::new();
        for (at, (relation, sign)) in relations.iter().zip(SIGNS).enumerate() {
            let told: usize = self.counts[at].values().map(|(calls, _)| calls).sum();
            let untold = self.known.saturating_sub(told);
            let mut words = judged(relation);
            if untold > 0 {
                words += &format!(
                    " On {} the sign cannot be measured.",
                    several(untold as i64, "more call", "more calls")
                );
            }
            if !is_left_out(at) {
                rows.push(SignRow {
                    sign,
                    with: side(relation.passes, relation.mean_of_passes, LIKE_THAT),
                    without: side(relation.fails, relation.mean_of_fails, OTHERS),
                    words,
                });
            }
        }
        let mut words = Vec::new();
        if rows.len() < relations.len() {
            words.push(format!(
                "Signs are left out where fewer than {} agents stand behind a figure.",
                scope.minimum_group
            ));
        }
        if self.known == 0 {
            words.push("Nobody knows yet who called again: it takes the customers’ ids in the table of calls, and a week after the calls.".to_string());
        }
        if self.open > 0 {
            words.push(format!(
                "{} left out: the customer is not given, or the seven days after the call are not over.",
                match self.open {
                    1 => "1 call is".to_string(),
                    n => format!("{} are", calls(n as f64)),
                }
            ));
        }
        let first = relations.first().filter(|_| !is_left_out(0));
        let lead = first.and_then(|relation| match relation.flag {
            Flag::Higher => Some(format!(
                "After hurried calls customers call again more often than after others of the same queue and reason, by {}; the two go together, and which makes which nobody knows.",
                reach(relation)?
            )),
            _ => None,
        });
        View {
            rows: match self.known {
                0 => Vec::new(),
                _ => rows,
            },
            words,
            lead,
        }
    }
}

/// Whether the signs are there: any, fast, cuts in, no answer; `None` where it cannot be told.
fn signs(talk: &Talk) -> [Option<bool>; 4] {
    let own = [
        talk.words_per_minute_agent.map(|pace| pace > FAST),
        talk.interruptions_by_agent.map(|times| times >= CUTS_IN),
        talk.questions_unanswered.map(|questions| questions > 0),
    ];
    let any = match (own.contains(&Some(true)), own.contains(&None)) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    };
    [any, own[0], own[1], own[2]]
}

fn side(count: usize, mean: Option<f64>, (one, many): (&str, &str)) -> String {
    match mean {
        Some(mean) => format!("{} of {}", percent(mean), several(count as i64, one, many)),
        None => format!("no {many}"),
    }
}

/// `4 in 100 calls (1 to 7)`, without a sign.
fn reach(relation: &Relation) -> Option<String> {
    let difference = relation.difference?;
    let interval = difference.interval?;
    let points = |share: f64| (share * 100.0).round();
    let mut ends = [points(interval.low), points(interval.high)];
    if difference.value < 0.0 {
        ends = [-ends[1], -ends[0]];
    }
    Some(format!(
        "{:.0} in 100 calls ({:.0} to {:.0})",
        points(difference.value.abs()),
        ends[0],
        ends[1]
    ))
}

fn judged(relation: &Relation) -> String {
    let missing = relation.missing;
    let reach = reach(relation);
    match (relation.flag, reach) {
        (Flag::Higher, Some(reach)) => format!("On like calls, that is more often by {reach}."),
        (Flag::Lower, Some(reach)) => format!("On like calls, that is less often by {reach}."),
        (Flag::Negligible, _) => {
            "On like calls, there is no difference that would matter.".to_string()
        }
        (Flag::NoDifference, _) => {
            let difference = relation.difference.and_then(|d| d.interval);
            difference.map_or_else(
                || "No more than chance explains.".to_string(),
                |i| format!(
                    "On like calls, that is no more than chance explains: it may be anything from {} to {}.",
                    of_100(i.low),
                    of_100(i.high)
                ),
            )
        }
        (_, _) => {
            let lacks = [
                (missing.passes, LIKE_THAT),
                (missing.fails, OTHERS),
                (missing.agents, ("agent", "agents")),
                (
                    missing.expected,
                    ("further call", "further calls of the rarer kind"),
                ),
            ];
            let lacks: Vec<String> = lacks
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, (one, many))| several(*count as i64, one, many))
                .collect();
            match lacks.is_empty() {
                true => "Nothing can be said.".to_string(),
                false => format!("Too few to say; missing: {}.", lacks.join(", ")),
            }
        }
    }
}

fn of_100(share: f64) -> String {
    match (share * 100.0).round() {
        p if p < 0.0 => format!("{:.0} in 100 fewer", -p),
        p if p > 0.0 => format!("{p:.0} in 100 more"),
        _ => "none".to_string(),
    }
}

#[derive(Serialize)]
pub(super) struct View {
    pub rows: Vec<SignRow>,
    pub words: Vec<String>,
    #[serde(skip)]
    pub lead: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct SignRow {
    pub sign: &'static str,
    pub with: String,
    pub without: String,
    pub words: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::records::{Contact, Text};

    fn talk(id: &str, pace: Option<f64>, cuts: Option<i64>, open: Option<i64>) -> Talk {
        Talk {
            date: "".into(),
            call_id: id.into(),
            words_per_minute_agent: pace,
            interruptions_by_agent: cuts,
            questions_unanswered: open,
        }
    }

    #[test]
    fn a_sign_is_told_only_where_it_can_be() {
        let of = |pace, cuts, open| signs(&talk("c", pace, cuts, open));
        assert_eq!(
            of(Some(190.0), Some(1), Some(0)),
            [Some(false), Some(false), Some(false), Some(false)]
        );
        assert_eq!(of(Some(191.0), None, None)[0], Some(true));
        assert_eq!(of(Some(150.0), None, Some(0))[0], None);
        assert_eq!(
            of(None, Some(2), None),
            [Some(true), None, Some(true), None]
        );
    }

    /// Twelve agents; hurried calls lead to another so many times in ten, the others so many.
    fn hurry(hurried: usize, calm: usize) -> Hurry {
        let mut contacts = Vec::new();
        let mut talks = Vec::new();
        let mut add = |agent: usize, fast: bool, again: Option<bool>| {
            let id: Text = format!("c{}", contacts.len()).into();
            talks.push(talk(
                &id,
                Some(if fast { 200.0 } else { 150.0 }),
                Some(0),
                Some(0),
            ));
            contacts.push(Contact {
                date: "2026-03-02".into(),
                call_id: id,
                agent: Some(format!("a{agent}").into()),
                team: None,
                queue: Some("bills".into()),
                reason: None,
                direction: None,
                recorded_ms: None,
                repeat_7d: None,
                led_to_repeat_7d: again,
                ..Contact::default()
            });
        };
        for agent in 0..12 {
            for n in 0..10 {
                add(agent, true, Some(n < hurried));
                add(agent, false, Some(n < calm));
            }
            add(agent, true, None);
        }
        let day = DailyRows {
            date: "2026-03-02".into(),
            agents: Vec::new(),
            questions: Vec::new(),
            models: Default::default(),
            contacts,
            promises: Vec::new(),
            obstacles: Vec::new(),
            talk: talks,
        };
        let mut of = Hurry::default();
        let agents = day.contacts.iter().map(|c| {
            let agent = c.agent.as_deref().unwrap_or_default();
            (&*c.call_id, agent[1..].parse().unwrap())
        });
        let agents: BTreeMap<&str, usize> = agents.collect();
        let cells = day.contacts.iter().map(|c| (&*c.call_id, 0)).collect();
        of.take(&day, &agents, &cells);
        of
    }

    fn shown(hurry: &Hurry, minimum: usize) -> View {
        hurry.view(&crate::report::html::question::tests::scope(minimum))
    }

    #[test]
    fn calls_whose_sign_cannot_be_measured_and_figures_of_few_agents_are_left_out_and_named() {
        let mut of = hurry(4, 2);
        let calm = of.counts[1].remove(&(3, 0, false)).unwrap();
        let view = shown(&of, 11);
        assert_eq!(calm.0, 10);
        assert!(
            view.rows[1]
                .words
                .ends_with("On 10 more calls the sign cannot be measured."),
            "{:?}",
            view.rows[1]
        );
        assert!(!view.rows[0].words.contains("measured"));
        // Eleven agents are left behind the calm side of the second sign.
        let view = shown(&of, 12);
        let signs: Vec<&str> = view.rows.iter().map(|row| row.sign).collect();
        assert_eq!(signs, [SIGNS[0], SIGNS[2], SIGNS[3]]);
        assert!(view.words[0].contains("fewer than 12 agents"));
        assert!(shown(&of, 13).lead.is_none() && shown(&of, 13).rows.is_empty());
    }

    #[test]
    fn what_goes_with_hurry_is_said_with_its_reach_and_nothing_else_is() {
        // 4 of 10 against 2 of 10 on 120 calls each: 20 in 100 more.
        let view = shown(&hurry(4, 2), 1);
        assert_eq!(view.rows[0].with, "40 % of 120 calls like that");
        assert_eq!(view.rows[0].without, "20 % of 120 other calls");
        assert!(
            view.rows[0]
                .words
                .starts_with("On like calls, that is more often by 20 in 100 calls (")
        );
        assert!(view.lead.is_some_and(|lead| lead.contains("nobody knows")));
        // Nobody cut in: there is nothing to compare.
        assert!(
            view.rows[2]
                .words
                .starts_with("Too few to say; missing: 20 calls like that")
        );
        assert!(view.words[0].starts_with("12 calls are left out"));
        let view = shown(&hurry(3, 3), 1);
        assert!(
            view.rows[0].words.contains("anything from"),
            "{:?}",
            view.rows[0]
        );
        assert_eq!(view.lead, None);
        let nothing = shown(&Hurry::default(), 1);
        assert!(nothing.rows.is_empty() && nothing.words[0].starts_with("Nobody knows yet"));
    }
}
