//! A question by team, and which differences between teams the numbers carry. In the order of
//! their names: never a ranking.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Key, Questions, Row, Seen, trust};
use crate::calibration::fdr::{FALSE_FLAGS, benjamini_hochberg};
use crate::calibration::people::agents::{MIN_CALLS, MIN_DAYS};
use crate::calibration::people::within::{self, Compared};
use crate::report::html::charts::{BarOf, Bars};
use crate::report::html::scope::Scope;
use crate::report::html::weeks::{Days, Share, calls, several};

use crate::report::records::Text;

#[derive(Debug, Default, Serialize)]
pub(super) struct Teams {
    pub bars: Option<Bars>,
    /// Teams with too few calls to be drawn.
    pub few: Vec<Few>,
    /// Differences that the numbers carry.
    pub apart: Vec<ApartWords>,
    pub words: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Few {
    pub team: String,
    pub has: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ApartWords {
    pub team: String,
    pub words: String,
}

/// A team beside the others on the same queues.
#[derive(Debug, Clone)]
pub(super) struct Apart {
    team: u32,
    compared: Compared,
    /// Adjusted over all teams and questions of the form.
    is_carried: bool,
}

/// All comparisons of teams with the others, by question.
pub(super) fn apart(all: &Questions, scope: &Scope) -> BTreeMap<Key, Vec<Apart>> {
    let mut found: BTreeMap<Key, Vec<Apart>> = BTreeMap::new();
    let mut forms: BTreeMap<Text, Vec<(Key, usize)>> = BTreeMap::new();
    for (key, seen) in &all.seen {
        let compared = compare(all, seen, &withheld(all, seen, scope.minimum_group));
        let of_form = forms.entry(key.0.clone()).or_default();
        of_form.extend((0..compared.len()).map(|at| (key.clone(), at)));
        found.insert(key.clone(), compared);
    }
    for places in forms.values() {
        let p: Vec<f64> = places
            .iter()
            .map(|(key, at)| found[key][*at].compared.p_value)
            .collect();
        for ((key, at), adjusted) in places.iter().zip(benjamini_hochberg(&p)) {
            let of = found.get_mut(key).and_then(|of| of.get_mut(*at));
            if let Some(of) = of {
                let interval = of.compared.difference.interval;
                let leaves_out_nothing = interval.is_some_and(|i| i.low > 0.0 || i.high < 0.0);
                of.is_carried = adjusted <= FALSE_FLAGS && leaves_out_nothing;
            }
        }
    }
    found
}

/// Teams of which nothing is shown: those with answers of fewer agents than the minimum, and the
/// next larger ones where the rest of all calls would tell of fewer. Calls without a team are such
/// a rest.
fn withheld(all: &Questions, seen: &Seen, minimum: usize) -> BTreeSet<u32> {
    let mut teams: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for row in seen.current().into_iter().flat_map(|at| seen.rows_of(at)) {
        teams.entry(row.team).or_default().insert(row.agent);
    }
    let mut teams: Vec<(u32, BTreeSet<u32>)> = teams.into_iter().collect();
    teams.sort_by_key(|(team, agents)| (!is_none(all, *team as usize), agents.len()));
    let mut rest: BTreeSet<u32> = BTreeSet::new();
    let mut out = BTreeSet::new();
    for (team, agents) in teams {
        let found_by_the_rest = !rest.is_empty() && rest.len() < minimum;
        if is_none(all, team as usize) || agents.len() < minimum || found_by_the_rest {
            rest.extend(agents);
            out.insert(team);
        }
    }
    out
}

/// Whether a team is the one of calls without any.
fn is_none(all: &Questions, team: usize) -> bool {
    all.teams.name(team).is_empty()
}

fn compare(all: &Questions, seen: &Seen, withheld: &BTreeSet<u32>) -> Vec<Apart> {
    let Some(current) = seen.current() else {
        return Vec::new();
    };
    let rows: Vec<&Row> = seen
        .rows_of(current)
        .filter(|row| !is_none(all, row.team as usize))
        .collect();
    let teams: BTreeSet<u32> = rows.iter().map(|row| row.team).collect();
    if teams.len() < 2 {
        return Vec::new();
    }
    let mut clusters: BTreeMap<(i64, u32), usize> = BTreeMap::new();
    for row in &rows {
        let next = clusters.len();
        clusters.entry((row.day, row.agent)).or_insert(next);
    }
    let beside = |team: u32| {
        let of = |row: &&Row| within::Row {
            is_first: row.team == team,
            cluster: clusters[&(row.day, row.agent)],
            cell: row.queue as usize,
            hits: row.hits,
            of: row.of,
        };
        let rows: Vec<within::Row> = rows.iter().map(of).collect();
        within::compare(&rows).map(|compared| Apart {
            team,
            compared,
            is_carried: false,
        })
    };
    let shown = teams.into_iter().filter(|team| !withheld.contains(team));
    shown.filter_map(beside).collect()
}

/// What the page says of teams.
pub(super) fn view(
    all: &Questions,
    scope: &Scope,
    key: &Key,
    seen: &Seen,
    apart: Vec<Apart>,
) -> Teams {
    let Some(current) = seen.current() else {
        return Teams::default();
    };
    let mut teams: BTreeMap<&str, Days> = BTreeMap::new();
    for row in seen.rows_of(current) {
        let days = teams.entry(all.teams.name(row.team as usize)).or_default();
        super::add(days.entry((row.day, row.agent)), row);
    }
    teams.remove("");
    let mut of = Teams::default();
    if teams.is_empty() {
        of.words
            .push("No team is given with these calls.".to_string());
        return of;
    }
    let withheld = withheld(all, seen, scope.minimum_group);
    let is_withheld = |name: &str| {
        let at = all.teams.find(name);
        at.is_some_and(|at| withheld.contains(&(at as u32)))
    };
    let before = teams.len();
    teams.retain(|name, _| !is_withheld(name));
    let hidden = (before - teams.len()) as i64;
    let mut bars = Vec::new();
    for (name, days) in teams {
        let Some(share) = Share::of(&days) else {
            continue;
        };
        if share.calls < MIN_CALLS as f64 || share.days < MIN_DAYS {
            of.few.push(Few {
                team: name.to_string(),
                has: format!("{} on {}", calls(share.calls), days_of(share.days)),
            });
            continue;
        }
        bars.push(BarOf {
            label: name.to_string(),
            value: share.value,
            low: share.ends.map(|(low, _)| low),
            high: share.ends.map(|(_, high)| high),
            in_words: format!("{}, {}", share.in_words(), calls(share.calls)),
            href: None,
        });
    }
    let drawn = bars.len();
    if drawn > 0 {
        of.bars = Some(Bars::new(
            "By team, in the order of the alphabet",
            "Share, and how far chance alone may move it",
            bars,
        ));
    }
    if hidden > 0 {
        of.words.push(format!(
            "{} not shown, so that nobody can be picked out: figures need teams of at least {}.",
            match hidden {
                1 => "1 team is".to_string(),
                n => format!("{n} teams are"),
            },
            several(scope.minimum_group as i64, "agent", "agents"),
        ));
    }
    let meaning = &seen.meanings[current].meaning;
    let is_fit = trust::is_fit(&scope.calibration, key, meaning);
    let several_teams = drawn + of.few.len() > 1;
    let (named, words) = judge(all, &apart, is_fit, several_teams);
    of.apart = named;
    of.words.extend(words.map(str::to_string));
    of
}

fn days_of(days: usize) -> String {
    several(days as i64, "agent's day", "agents' days")
}

/// Which differences there are, and what to say of them.
fn judge(
    all: &Questions,
    apart: &[Apart],
    is_fit: bool,
    several_teams: bool,
) -> (Vec<ApartWords>, Option<&'static str>) {
    if apart.is_empty() {
        let words = several_teams.then_some(
            "Teams cannot be compared: that takes queues in which a team and the others have 20 calls each, on 5 agents' days. Where bars are not equally long, the calls may be of other kinds.",
        );
        return (Vec::new(), words);
    }
    let carried: Vec<&Apart> = apart.iter().filter(|a| a.is_carried).collect();
    if carried.is_empty() {
        return (
            Vec::new(),
            Some(
                "On calls of the same queues there is no difference between teams that the numbers carry. Where bars are not equally long, chance or other kinds of calls explain it.",
            ),
        );
    }
    if !is_fit {
        return (
            Vec::new(),
            Some(
                "The counts of teams differ by more than chance. But the program's answer to this question is not known to be good enough to stand alone, so the difference may be the program's: listen before anything is said of a team.",
            ),
        );
    }
    let named = carried.into_iter().map(|a| {
        let difference = a.compared.difference.value;
        let (word, sign) = match difference > 0.0 {
            true => ("more", 100.0),
            false => ("less", -100.0),
        };
        let ends = a.compared.difference.interval;
        let mut ends = ends.map_or([0.0; 2], |i| [i.low * sign, i.high * sign]);
        ends.sort_by(f64::total_cmp);
        ApartWords {
            team: all.teams.name(a.team as usize).to_string(),
            words: format!(
                "passes it {word} often than the other teams in the same queues, by {} ({:.0} to {:.0}), on {}.",
                several((difference * sign).round() as i64, "call in 100", "calls in 100"),
                ends[0],
                ends[1],
                calls(a.compared.calls[0]),
            ),
        }
    });
    (
        named.collect(),
        Some(
            "Only teams that differ by more than chance are named. Why they differ the numbers do not say.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::records::QuestionDay;

    /// Two teams of three agents in one queue, ten days of ten calls each; passes of ten.
    fn two_teams(north: i64, south: i64) -> (Questions, Key) {
        let key: Key = ("essentials".into(), "greeting".into());
        let mut all = Questions::default();
        let question = super::super::tests::yes_no();
        for day in 0..10 {
            for agent in 0..6 {
                let is_north = agent < 3;
                let yes = if is_north { north } else { south };
                let row = QuestionDay {
                    agent: format!("a{agent}").into(),
                    team: Some(if is_north { "north" } else { "south" }.into()),
                    ..super::super::tests::row(&key, "m1", yes, 10 - yes)
                };
                all.add(&question, 20_500 + day, &row);
            }
        }
        (all, key)
    }

    fn judged(all: &Questions, minimum: usize, is_fit: bool) -> (Vec<ApartWords>, &'static str) {
        let scope = super::super::tests::scope(minimum);
        let apart = apart(all, &scope);
        let apart: Vec<Apart> = apart.into_values().flatten().collect();
        let (named, words) = judge(all, &apart, is_fit, true);
        (named, words.unwrap_or_default())
    }

    #[test]
    fn teams_are_named_only_where_the_numbers_and_the_program_carry_it() {
        // 90 against 60 of 100: 30 in 100, on 300 calls a side.
        let (all, key) = two_teams(9, 6);
        let (named, words) = judged(&all, 1, true);
        assert!(words.starts_with("Only teams that differ"));
        assert_eq!(named.len(), 2);
        assert!(
            named[0].words.starts_with(
                "passes it more often than the other teams in the same queues, by 30 calls in 100 ("
            ),
            "{named:?}"
        );
        assert!(named[1].words.contains("less often") && named[1].words.ends_with("on 300 calls."));
        // The same counts of a program that nobody has checked.
        let (named, words) = judged(&all, 1, false);
        assert!(named.is_empty() && words.contains("listen before"));
        // Nothing is said of teams of three where five are asked for.
        assert!(judged(&all, 5, true).0.is_empty());
        let seen = &all.seen[&key];
        let shown = view(&all, &super::super::tests::scope(5), &key, seen, Vec::new());
        assert!(shown.bars.is_none() && shown.words[0].starts_with("2 teams are not shown"));
        // What counts are agents with answers to the question in the meaning in force, and a team
        // is not found by what the others leave of all calls.
        let (mut all, key) = two_teams(8, 8);
        let row = |meaning: &str, team: Option<&str>, agent: &str| QuestionDay {
            agent: agent.into(),
            team: team.map(Text::from),
            ..super::super::tests::row(&key, meaning, 8, 2)
        };
        let question = super::super::tests::yes_no();
        for agent in ["b1", "b2", "b3"] {
            all.add(&question, 20_400, &row("m0", Some("west"), agent));
        }
        all.add(&question, 20_500, &row("m1", Some("west"), "b1"));
        let shown = |all: &Questions| {
            let scope = super::super::tests::scope(3);
            let shown = view(all, &scope, &key, &all.seen[&key], Vec::new());
            let bars = shown.bars.map_or(Vec::new(), |bars| bars.bars);
            let labels: Vec<String> = bars.into_iter().map(|bar| bar.label).collect();
            (labels, shown.words.join(" "))
        };
        let (labels, words) = shown(&all);
        assert_eq!(labels, ["south"]);
        assert!(words.contains("2 teams are not shown"), "{words}");
        // Three agents without a team are no rest that tells of west alone.
        for agent in ["n1", "n2", "n3"] {
            all.add(&question, 20_500, &row("m1", None, agent));
        }
        assert_eq!(shown(&all).0, ["north", "south"]);
        let (all, _) = two_teams(8, 8);
        let (named, words) = judged(&all, 1, true);
        assert!(named.is_empty() && words.contains("no difference between teams"));
    }

    #[test]
    fn a_team_with_few_calls_is_said_to_have_few() {
        let (mut all, key) = two_teams(8, 8);
        let row = QuestionDay {
            agent: "new".into(),
            team: Some("west".into()),
            ..super::super::tests::row(&key, "m1", 3, 1)
        };
        all.add(&super::super::tests::yes_no(), 20_500, &row);
        let seen = &all.seen[&key];
        let shown = view(&all, &super::super::tests::scope(1), &key, seen, Vec::new());
        assert_eq!(shown.few[0].team, "west");
        assert_eq!(shown.few[0].has, "4 calls on 1 agent's day");
        assert_eq!(shown.bars.map(|bars| bars.bars.len()), Some(2));
    }
}
