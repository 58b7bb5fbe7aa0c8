//! Figures about a person are shown where enough persons stand behind them.
//!
//! An agent's group is the team, or all agents where no team is given; a rater's group is all who
//! rated with the same form. Where a group is too small, what is said of each of its members is
//! left out. So that nobody can be found by taking those who are shown away from all, further
//! teams are left out until enough agents are. Left out on purpose: tables of calls, from which
//! whoever may read them can count for themselves, and what is said of a question, a section or a
//! form, however many people stand behind it.

use std::collections::{BTreeMap, BTreeSet};

use super::Figures;
use super::base::Base;
use super::charts::Subject;
use super::compare::Comparison;

/// Of whom nothing is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withheld {
    /// Persons of a group.
    pub minimum: usize,
    /// Indices of agents.
    pub agents: BTreeSet<usize>,
    /// Indices of forms whose raters are too few.
    pub forms: BTreeSet<usize>,
}

impl Withheld {
    /// Who is in groups of fewer than `minimum`.
    pub fn of(base: &Base, minimum: usize) -> Self {
        let few = |form: &usize| {
            let questions = base.forms[*form].questions.iter();
            let rated = questions.flat_map(|&q| &base.questions[q].people);
            let raters: BTreeSet<usize> = rated.map(|r| r.rater).collect();
            raters.len() < minimum
        };
        Self {
            minimum,
            agents: agents(base, minimum),
            forms: (0..base.forms.len()).filter(few).collect(),
        }
    }
}

/// The agents of small teams, and of further teams, the smallest first, while fewer than `minimum`
/// are left out.
fn agents(base: &Base, minimum: usize) -> BTreeSet<usize> {
    let mut teams = vec![None; base.agents.len()];
    for call in &base.calls {
        teams[call.agent] = call.team;
    }
    let with_calls: BTreeSet<usize> = base.calls.iter().map(|call| call.agent).collect();
    let teams = with_calls.into_iter().map(|agent| (agent, teams[agent]));
    in_small_groups(teams, minimum)
}

/// Of agents, each once with the last team, those of whom nothing is shown.
pub fn in_small_groups<A: Ord, T: Ord>(
    teams: impl Iterator<Item = (A, Option<T>)>,
    minimum: usize,
) -> BTreeSet<A> {
    let mut members: BTreeMap<Option<T>, BTreeSet<A>> = BTreeMap::new();
    for (agent, team) in teams {
        members.entry(team).or_default().insert(agent);
    }
    let everybody = members.values().map(BTreeSet::len).sum::<usize>();
    let mut groups: Vec<(usize, BTreeSet<A>)> = members
        .into_iter()
        .map(|(team, members)| (team.map_or(everybody, |_| members.len()), members))
        .collect();
    groups.sort_by_key(|(size, members)| (*size, members.len()));
    let mut out = BTreeSet::new();
    for (size, members) in groups {
        let found_by_the_rest = !out.is_empty() && out.len() < minimum;
        if size < minimum || found_by_the_rest {
            out.extend(members);
        }
    }
    out
}

/// Takes out of the figures what is said of persons in groups of fewer than `minimum`. What
/// followed coaching stays whole, because its sums are made of it.
pub fn withhold(base: &Base, figures: &mut Figures, minimum: usize) {
    if minimum < 2 {
        return;
    }
    let withheld = Withheld::of(base, minimum);
    let form_of = |rubric: &str| base.forms.iter().position(|form| form.rubric == rubric);
    let few_raters = |rubric: &str| form_of(rubric).is_some_and(|f| withheld.forms.contains(&f));
    let few_own = |rubric: &str| {
        let questions = base.questions.iter();
        let own = questions.filter(|q| base.forms[q.form].rubric == rubric);
        let raters: BTreeSet<usize> = own.flat_map(|q| &q.own).map(|r| r.rater).collect();
        raters.len() < minimum
    };
    let is_shown = |rubric: &str, comparison: Comparison| match comparison {
        Comparison::Pair(..) | Comparison::Gold(_) => !few_raters(rubric),
        Comparison::OwnPeople => !few_own(rubric),
        Comparison::People | Comparison::AutomaticPeople | Comparison::AutomaticGold => true,
    };
    figures
        .answers
        .retain(|c| is_shown(&c.part.rubric, c.comparison));
    figures
        .scores
        .retain(|c| is_shown(&c.part.rubric, c.comparison));
    for c in &mut figures.scores {
        if few_raters(&c.part.rubric) {
            c.icc_raters.clear();
        }
    }
    for (form, raters) in &mut figures.raters {
        if withheld.forms.contains(form) {
            raters.raters.clear();
            // A score that is corrected for one rater tells how strict that rater is.
            raters.fair_scores.clear();
        }
    }
    figures
        .charts
        .retain(|c| !(matches!(c.subject, Subject::Rater(_)) && few_raters(&c.rubric)));
    for practice in &mut figures.practice {
        let agents = &mut practice.agents.agents;
        agents.retain(|a| !withheld.agents.contains(&a.agent));
    }
    let mut behind: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for call in &base.calls {
        behind.entry(call.queue).or_default().insert(call.agent);
    }
    for row in &mut figures.scorer.automatic {
        let [agent, queue] = [
            &mut row.abstention.by_agent.highest,
            &mut row.abstention.by_queue.highest,
        ];
        *agent = agent.filter(|g| !withheld.agents.contains(&g.group));
        *queue = queue.filter(|g| behind.get(&g.group).is_some_and(|a| a.len() >= minimum));
    }
    figures.withheld = withheld;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::base::CallFacts;

    /// One call of each agent, with the team.
    fn base(teams: &[Option<usize>]) -> Base {
        let mut base = Base::new();
        for (agent, team) in teams.iter().enumerate() {
            let name = format!("agent {agent}");
            base.agents.index(&name);
            base.add_call(CallFacts {
                id: name,
                date: "2026-03-02".to_string(),
                day: 20_514,
                agent,
                team: *team,
                queue: 0,
                mix: 0,
                model: 0,
                heard: None,
            });
        }
        base
    }

    #[test]
    fn agents_of_small_teams_are_left_out_and_never_too_few_of_them() {
        let of = |teams: &[Option<usize>], minimum| -> Vec<usize> {
            agents(&base(teams), minimum).into_iter().collect()
        };
        let [a, b, c] = [Some(0), Some(1), Some(2)];
        let teams = [a, a, a, b, b, b, b, c];
        assert_eq!(of(&teams, 1), [0; 0]);
        // One alone would be all that is left of the sums: the next team goes, too.
        assert_eq!(of(&teams, 2), [0, 1, 2, 7]);
        assert_eq!(of(&teams, 4), [0, 1, 2, 7]);
        assert_eq!(of(&teams, 5), [0, 1, 2, 3, 4, 5, 6, 7]);
        // Without a team, all are the group.
        assert_eq!(of(&[None, a, a], 3), [0, 1, 2]);
        assert_eq!(of(&[None; 3], 3), [0; 0]);
        assert_eq!(of(&[None; 2], 3), [0, 1]);
        // Whoever changed teams is in the last one.
        let mut moved = base(&[a, b, b]);
        let mut call = moved.calls[0].clone();
        (call.id, call.team) = ("later".to_string(), b);
        moved.add_call(call);
        assert!(agents(&moved, 3).is_empty());
    }
}
