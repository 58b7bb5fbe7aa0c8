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
mod course;
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
use course::Course;
use examples::{Asked, Search};
use figures::{Figure, Sum};

/// What the look-back says of one agent.
#[derive(Debug, Default)]
struct Facts {
    team: Option<Text>,
    leader: Option<Text>,
    first: Option<Text>,
    last: Option<Text>,
    /// Calls: of each day, those of the form and version that was put to most.
    calls: i64,
    /// Mean scores, by form.
    scores: BTreeMap<Text, Figure>,
    courses: BTreeMap<Text, Course>,
    /// Calls whose score is 0 by one answer, by form.
    zeros: BTreeMap<Text, i64>,
    /// Calls that people scored: places in the scope.
    rated: Vec<usize>,
    /// First day with a call that a version scored, by form.
    versions: BTreeMap<Text, BTreeMap<Text, Date>>,
    /// Shares of the answer that passes, of questions as they are asked now.
    shares: BTreeMap<Asked, Figure>,
}

#[derive(Debug, Default)]
pub(super) struct Agents {
    agents: BTreeMap<Text, Facts>,
    /// Meanings of questions as they are asked now.
    meanings: BTreeMap<Asked, Text>,
    /// Of whom no figures are shown.
    withheld: BTreeSet<Text>,
    choices: BTreeMap<Text, Choice>,
    /// Speech models that calls were heard with.
    models: BTreeSet<Text>,
    /// How scores went, in words, by agent and form.
    courses: BTreeMap<(Text, Text), String>,
    search: Option<Search>,
}

impl Chapter for Agents {
    fn past(&mut self, scope: &Scope, day: &DailyRows) {
        let Ok(date) = day.date.parse::<Date>() else {
            return;
        };
        self.models.extend(day.models.iter().cloned());
        let mut scores: BTreeMap<(&Text, &Text), Sum> = BTreeMap::new();
        let mut calls: BTreeMap<(&Text, &Text, &Text), i64> = BTreeMap::new();
        for row in &day.agents {
            let facts = self.agents.entry(row.agent.clone()).or_default();
            let given = |text: &Option<Text>| text.clone().filter(|text| !text.is_empty());
            facts.team = given(&row.team).or(facts.team.take());
            facts.leader = given(&row.leader).or(facts.leader.take());
            facts.first.get_or_insert_with(|| day.date.clone());
            facts.last = Some(day.date.clone());
            let put = (&row.agent, &row.rubric, &row.rubric_version);
            *calls.entry(put).or_default() += row.calls;
            if row.scored > 0 {
                let versions = facts.versions.entry(row.rubric.clone()).or_default();
                versions.entry(row.rubric_version.clone()).or_insert(date);
            }
            *facts.zeros.entry(row.rubric.clone()).or_default() +=
                row.auto_failed.min(row.with_score);
            let course = facts.courses.entry(row.rubric.clone()).or_default();
            course.add(date, row);
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
        let mut most: BTreeMap<&Text, i64> = BTreeMap::new();
        for ((agent, ..), calls) in calls {
            let most = most.entry(agent).or_default();
            *most = calls.max(*most);
        }
        for (agent, calls) in most {
            if let Some(facts) = self.agents.get_mut(agent) {
                facts.calls += calls;
            }
        }
        let ids: BTreeSet<&Text> = day.talk.iter().map(|talk| &talk.call_id).collect();
        for (at, row) in scope.calibration.fair_scores.iter().enumerate() {
            if ids.contains(&row.call_id)
                && let Some(facts) = self.agents.get_mut(&row.agent)
            {
                facts.rated.push(at);
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
            let passes = match choice::passing(scope, &asked) {
                "no" => row.no,
                _ => row.yes,
            };
            let sum = shares.entry((&row.agent, asked)).or_default();
            sum.calls += (row.yes + row.no) as f64;
            sum.total += passes as f64;
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
            let course = |form: &Text| self.courses.get(&(agent.clone(), form.clone()));
            let view = page::view(site, agent, facts, choice, search, &course, is_withheld);
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
        let courses = self.agents.iter().flat_map(|(agent, facts)| {
            let courses = facts.courses.iter();
            courses.map(move |(form, course)| ((agent.clone(), form.clone()), course))
        });
        let (whose, courses): (Vec<_>, Vec<_>) = courses.unzip();
        let words = course::in_words(scope, &courses, self.models.len() > 1);
        self.courses = whose.into_iter().zip(words).collect();
        self.search = Some(search);
    }
}
