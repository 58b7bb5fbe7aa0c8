//! The agent: strengths first, then one thing to work on.
//!
//! Agents read these pages about themselves. So they hold their own figures and calls, and of
//! others only what is true of all others together; a colleague's call only where that colleague
//! agreed (`consent`). They link nothing but these calls: pages of questions, and the index, lead to
//! calls of colleagues. Nothing is said on less than a stated number of calls, no one is ranked,
//! and nothing about a person where the group is too small (`minimum_group`). Memory grows with
//! agents, questions and weeks, not with calls. Left out on purpose: scores of single calls, which
//! stand on the calls' own pages.

mod beside;
mod choice;
mod examples;
mod figures;
mod notes;
mod page;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::scope::{Answers, DailyRows, Scope, Wanted};
use super::{Chapter, Page, PageError, Site, Subjects, Text};
use crate::calibration::groups::in_small_groups;
use choice::Choice;
use examples::{Asked, Search};
use figures::{Figure, Sum};

/// What the look-back says of one agent.
#[derive(Debug, Default)]
struct Facts {
    team: Option<Text>,
    leader: Option<Text>,
    first: Option<Text>,
    last: Option<Text>,
    /// Calls by the form that was put to most: each call once.
    calls: BTreeMap<Text, i64>,
    /// Mean scores, by form.
    scores: BTreeMap<Text, Figure>,
    /// First week with a version, by form.
    versions: BTreeMap<Text, BTreeMap<Text, Date>>,
    /// Shares of *yes*, of questions as they are asked now.
    shares: BTreeMap<Asked, Figure>,
}

impl Facts {
    fn calls(&self) -> i64 {
        self.calls.values().copied().max().unwrap_or(0)
    }
}

#[derive(Debug, Default)]
pub(super) struct Agents {
    agents: BTreeMap<Text, Facts>,
    /// Meanings of questions as they are asked now.
    meanings: BTreeMap<Asked, Text>,
    /// Of whom no figures are shown.
    withheld: BTreeSet<Text>,
    choices: BTreeMap<Text, Choice>,
    search: Option<Search>,
}

impl Chapter for Agents {
    fn past(&mut self, scope: &Scope, day: &DailyRows) {
        let Ok(date) = day.date.parse::<Date>() else {
            return;
        };
        let mut scores: BTreeMap<(&Text, &Text), Sum> = BTreeMap::new();
        for row in &day.agents {
            let facts = self.agents.entry(row.agent.clone()).or_default();
            let given = |text: &Option<Text>| text.clone().filter(|text| !text.is_empty());
            facts.team = given(&row.team).or(facts.team.take());
            facts.leader = given(&row.leader).or(facts.leader.take());
            facts.first.get_or_insert_with(|| day.date.clone());
            facts.last = Some(day.date.clone());
            *facts.calls.entry(row.rubric.clone()).or_default() += row.calls;
            let versions = facts.versions.entry(row.rubric.clone()).or_default();
            versions.entry(row.rubric_version.clone()).or_insert(date);
            let sum = scores.entry((&row.agent, &row.rubric)).or_default();
            sum.calls += row.with_score as f64;
            sum.total += row.score_sum;
        }
        for ((agent, rubric), sum) in scores {
            if let Some(facts) = self.agents.get_mut(agent) {
                facts
                    .scores
                    .entry(rubric.clone())
                    .or_default()
                    .add(date, sum);
            }
        }
        let mut shares: BTreeMap<(&Text, Asked), Sum> = BTreeMap::new();
        for row in &day.questions {
            let asked = (row.rubric.clone(), row.question.clone());
            let meaning = self.meanings.entry(asked.clone()).or_insert_with(|| {
                let question = scope.question(&row.rubric, &row.question);
                question.map_or_else(|| row.meaning.clone(), |(_, q)| q.meaning.as_str().into())
            });
            if *meaning != row.meaning {
                continue;
            }
            let sum = shares.entry((&row.agent, asked)).or_default();
            sum.calls += (row.yes + row.no) as f64;
            sum.total += row.yes as f64;
        }
        for ((agent, asked), sum) in shares {
            if let Some(facts) = self.agents.get_mut(agent) {
                facts.shares.entry(asked).or_default().add(date, sum);
            }
        }
    }

    fn seeks(&self) -> bool {
        self.search.as_ref().is_none_or(|search| !search.is_over)
    }

    fn seek(&mut self, scope: &Scope, day: &Answers) {
        if self.search.is_none() {
            self.choose(scope);
        }
        if let Some(search) = &mut self.search {
            search.take(scope, day);
        }
    }

    fn calls(&self, _scope: &Scope) -> Vec<Wanted> {
        self.search.as_ref().map_or_else(Vec::new, Search::calls)
    }

    fn subjects(&self, _scope: &Scope) -> Subjects {
        Subjects {
            agents: self.agents.keys().cloned().collect(),
            ..Subjects::default()
        }
    }

    fn pages(&self, site: &Site<'_>) -> Result<Vec<Page>, PageError> {
        let nothing = Search::default();
        let search = self.search.as_ref().unwrap_or(&nothing);
        let mut pages = Vec::new();
        for (agent, facts) in &self.agents {
            let (Some(path), Some(choice)) = (site.links.agent(agent), self.choices.get(agent))
            else {
                continue;
            };
            let is_withheld = self.withheld.contains(agent);
            let view = page::view(site, agent, facts, choice, search, is_withheld);
            pages.push(site.page(path, agent, "agent.html", &view)?);
        }
        Ok(pages)
    }
}

impl Agents {
    /// What each page will be about, and which calls it takes to show that.
    fn choose(&mut self, scope: &Scope) {
        let teams = self.agents.iter();
        let teams = teams.map(|(agent, facts)| (agent.clone(), facts.team.clone()));
        self.withheld = in_small_groups(teams, scope.minimum_group);
        let mut search = Search::default();
        for (agent, facts) in &self.agents {
            let is_withheld = self.withheld.contains(agent);
            let choice = Choice::of(scope, agent, facts, is_withheld);
            choice.search(scope, agent, facts, &mut search);
            self.choices.insert(agent.clone(), choice);
        }
        self.search = Some(search);
    }
}
