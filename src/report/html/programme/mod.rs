//! The programme: six months at a glance. What it began with, what changed when, what followed,
//! and what no agent could help.
//!
//! Nobody is named, and nothing is said to be the cause of what came after it. Rates are of
//! automatic answers; an agent's day is one observation.

mod coaching;
mod forms;
mod hurry;
mod obstacles;
mod promises;

use std::collections::BTreeMap;

use serde::Serialize;

use super::charts::Trend;
use super::scope::{DailyRows, Scope};
use super::weeks::{date_of, day_number};
use super::words::day_in_words;
use super::{Chapter, Page, PageError, Site, Subjects};
use crate::calibration::base::{Names, week_of};
use crate::report::records::Text;

/// A question by its form.
type Key = (Text, Text);

#[derive(Default)]
pub(super) struct Programme {
    agents: Names,
    /// Queue and reason together.
    cells: Names,
    /// First and last day with calls.
    days: Option<(i64, i64)>,
    forms: forms::Forms,
    /// First day of each speech model.
    models: BTreeMap<Text, i64>,
    hurry: hurry::Hurry,
    promises: promises::Promises,
    obstacles: obstacles::Obstacles,
}

impl Programme {
    fn cell(&mut self, queue: Option<&str>, reason: Option<&str>) -> usize {
        let [queue, reason] = [queue, reason].map(Option::unwrap_or_default);
        self.cells.index(&format!("{queue}\u{1f}{reason}"))
    }

    /// What changed, oldest first. The first of each kind is how it began, and no change.
    fn events(&self, scope: &Scope) -> Vec<Event> {
        let (first, last) = self.days.unwrap_or_default();
        let mut events: Vec<Event> = self
            .models
            .iter()
            .filter(|(_, day)| **day > first)
            .map(|(model, day)| Event {
                day: *day,
                about: About::All,
                words: match &**model {
                    "none" => "First calls whose words another tool wrote down".to_string(),
                    model => format!("First calls heard with the speech model {model}"),
                },
            })
            .collect();
        events.extend(self.forms.versions(scope));
        events.extend(coaching::events(scope));
        events.retain(|event| (first..=last).contains(&event.day));
        events.sort();
        events
    }
}

/// What stands where fewer agents than the minimum group are behind a figure.
fn left_out(scope: &Scope) -> String {
    format!(
        "Left out here: figures are told of {} agents or more together, and there are fewer.",
        scope.minimum_group
    )
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    day: i64,
    about: About,
    words: String,
}

/// Whose figures an event may show in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    All,
    Form(Text),
    Question(Key),
}

/// The events that concern a form, or one question of it, by week.
fn marks(events: &[Event], form: &Text, question: Option<&Text>) -> BTreeMap<i64, String> {
    let mut marks: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for event in events {
        let concerns = match &event.about {
            About::All => true,
            About::Form(of) => of == form,
            About::Question((of, asked)) => of == form && question.is_none_or(|q| q == asked),
        };
        if concerns {
            let week = marks.entry(week_of(event.day)).or_default();
            week.push(&event.words);
        }
    }
    let joined = |words: Vec<&str>| format!("{}.", words.join("; "));
    marks
        .into_iter()
        .map(|(week, words)| (week, joined(words)))
        .collect()
}

impl Chapter for Programme {
    fn past(&mut self, scope: &Scope, day: &DailyRows) {
        let Some(number) = day_number(&day.date) else {
            return;
        };
        if day.agents.is_empty() && day.contacts.is_empty() {
            return;
        }
        let first = self.days.map_or(number, |(first, _)| first);
        self.days = Some((first, number));
        for model in &day.models {
            self.models.entry(model.clone()).or_insert(number);
        }
        for row in &day.agents {
            let agent = self.agents.index(&row.agent);
            let cell = self.cell(row.queue.as_deref(), row.reason.as_deref());
            self.forms.take(number, agent, cell, row);
        }
        for row in &day.questions {
            let agent = self.agents.index(&row.agent);
            self.forms.take_question(scope, number, agent, row);
        }
        let mut agents = BTreeMap::new();
        let mut cells = BTreeMap::new();
        for contact in &day.contacts {
            let agent = self
                .agents
                .index(contact.agent.as_deref().unwrap_or_default());
            agents.insert(&*contact.call_id, agent);
            let cell = self.cell(contact.queue.as_deref(), contact.reason.as_deref());
            cells.insert(&*contact.call_id, cell);
        }
        self.hurry.take(day, &agents, &cells);
        self.promises.take(day, &agents);
        self.obstacles.take(number, day, &agents);
    }

    fn subjects(&self, _scope: &Scope) -> Subjects {
        Subjects {
            programme: self.days.is_some(),
            ..Subjects::default()
        }
    }

    fn pages(&self, site: &Site<'_>) -> Result<Vec<Page>, PageError> {
        let (Some(path), Some((first, last))) = (site.links.programme(), self.days) else {
            return Ok(Vec::new());
        };
        let view = self.view(site, first, last);
        let page = site.page(path, "The programme at a glance", "programme.html", &view)?;
        Ok(vec![page])
    }
}

#[derive(Serialize)]
struct View {
    span: String,
    lead: Vec<String>,
    forms: Vec<forms::FormView>,
    questions: Vec<QuestionTrend>,
    events: Vec<EventView>,
    coaching: coaching::View,
    hurry: hurry::View,
    promises: promises::View,
    obstacles: obstacles::View,
    time: coaching::Time,
}

#[derive(Serialize)]
struct QuestionTrend {
    text: String,
    href: Option<String>,
    trend: Trend,
}

#[derive(Serialize)]
struct EventView {
    day: String,
    words: String,
}

impl Programme {
    fn view(&self, site: &Site<'_>, first: i64, last: i64) -> View {
        let scope = site.scope;
        let events = self.events(scope);
        let [from, to] = [first, last].map(|day| day_in_words(&date_of(day)));
        let forms = self.forms.view(scope, &events, self.models.len() > 1);
        let questions = self.forms.questions(scope, &events);
        let coaching = coaching::view(site);
        let hurry = self.hurry.view(scope);
        let promises = self.promises.view(scope);
        let obstacles = self.obstacles.view(site);
        let lead = [
            forms.first().map(|form| form.lead.clone()),
            Some(coaching.lead.clone()),
            Some(match (&hurry.lead, &obstacles.lead) {
                (Some(hurry), _) => hurry.clone(),
                (None, Some(obstacles)) => obstacles.clone(),
                (None, None) => promises.lead.clone(),
            }),
        ];
        View {
            span: format!("The calls of {from} to {to}"),
            lead: lead.into_iter().flatten().collect(),
            forms,
            questions: questions
                .into_iter()
                .map(|(key, text, trend)| QuestionTrend {
                    text,
                    href: site.links.question(&key.0, &key.1).map(str::to_string),
                    trend,
                })
                .collect(),
            events: events
                .iter()
                .map(|event| EventView {
                    day: day_in_words(&date_of(event.day)),
                    words: event.words.clone(),
                })
                .collect(),
            coaching,
            hurry,
            promises,
            obstacles,
            time: coaching::time(scope),
        }
    }
}
