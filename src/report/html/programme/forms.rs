//! How forms and a few questions went, week by week, and how the last weeks stand beside the
//! first.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{About, Event, Key, marks};
use crate::calibration::base::week_of;
use crate::calibration::fdr::{FALSE_FLAGS, benjamini_hochberg};
use crate::calibration::interval::proportion::Part;
use crate::calibration::people::within::{self, Compared};
use crate::report::html::charts::{PointOf, Trend};
use crate::report::html::scope::Scope;
use crate::report::html::weeks::{Share, calls, point, several, week_in_words};
use crate::report::html::words::percent;
use crate::report::records::{AgentDay, QuestionDay, Text};
use crate::rubric::{Kind, Rubric};

/// Calls with a verdict, or a score, that make a week one to compare.
const ENOUGH_CALLS: f64 = 20.0;
/// Weeks at either end that are compared.
const WEEKS: usize = 4;
/// Questions that are drawn.
const SHOWN: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Forms {
    forms: BTreeMap<Text, Form>,
    questions: BTreeMap<Key, BTreeMap<Text, Asked>>,
    /// By form, the questions that may be drawn.
    candidates: BTreeMap<Text, BTreeSet<Text>>,
}

#[derive(Debug, Default)]
struct Form {
    rows: Vec<Row>,
    versions: BTreeMap<Text, i64>,
    calls: i64,
}

/// One agent's calls of a day and a kind.
#[derive(Debug, Clone, Copy)]
struct Row {
    day: i64,
    agent: u32,
    cell: u32,
    passed: f64,
    decided: f64,
    /// Scores as shares, added up.
    score: f64,
    scored: f64,
}

/// A question in one meaning.
#[derive(Debug, Default)]
struct Asked {
    first: i64,
    weeks: BTreeMap<i64, BTreeMap<(i64, usize), Part>>,
}

impl Forms {
    pub fn take(&mut self, day: i64, agent: usize, cell: usize, row: &AgentDay) {
        let form = self.forms.entry(row.rubric.clone()).or_default();
        form.versions
            .entry(row.rubric_version.clone())
            .or_insert(day);
        form.calls += row.scored;
        form.rows.push(Row {
            day,
            agent: agent as u32,
            cell: cell as u32,
            passed: row.passed as f64,
            decided: (row.passed + row.failed) as f64,
            score: (row.score_sum / 100.0).clamp(0.0, row.with_score as f64),
            scored: row.with_score as f64,
        });
    }

    /// Only of questions that were coached, or that weigh most in their form.
    pub fn take_question(&mut self, scope: &Scope, day: i64, agent: usize, row: &QuestionDay) {
        let candidates = self
            .candidates
            .entry(row.rubric.clone())
            .or_insert_with(|| candidates(scope, &row.rubric));
        if !candidates.contains(&row.question) {
            return;
        }
        let key = (row.rubric.clone(), row.question.clone());
        let meanings = self.questions.entry(key).or_default();
        let asked = meanings
            .entry(row.meaning.clone())
            .or_insert_with(|| Asked {
                first: day,
                weeks: BTreeMap::new(),
            });
        let days = asked.weeks.entry(week_of(day)).or_default();
        let part = days
            .entry((day, agent))
            .or_insert(Part { hits: 0.0, of: 0.0 });
        part.hits += row.yes as f64;
        part.of += (row.yes + row.no) as f64;
    }

    /// New versions of forms.
    pub fn versions<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = Event> + 'a {
        self.forms.iter().flat_map(move |(id, form)| {
            let first = form.versions.values().min().copied();
            let later = form
                .versions
                .iter()
                .filter(move |(_, day)| Some(**day) != first);
            later.map(move |(version, day)| Event {
                day: *day,
                about: About::Form(id.clone()),
                words: format!("Version {version} of the form {}", title(scope, id)),
            })
        })
    }

    /// All forms, those with most calls first.
    pub fn view(&self, scope: &Scope, events: &[Event], models_changed: bool) -> Vec<FormView> {
        let mut forms: Vec<(&Text, &Form)> = self.forms.iter().collect();
        forms.retain(|(_, form)| form.calls > 0);
        forms.sort_by_key(|(id, form)| (-form.calls, (*id).clone()));
        let ends: Vec<Option<Ends>> = forms.iter().map(|(_, form)| form.ends()).collect();
        let p: Vec<f64> = ends
            .iter()
            .flatten()
            .filter_map(|e| e.compared.map(|c| c.p_value))
            .collect();
        let mut adjusted = benjamini_hochberg(&p).into_iter();
        forms
            .into_iter()
            .zip(ends)
            .map(|((id, form), ends)| {
                let p = ends
                    .as_ref()
                    .and_then(|e| e.compared)
                    .and_then(|_| adjusted.next());
                form.view(scope, id, events, ends, p, models_changed)
            })
            .collect()
    }

    /// The questions to draw, with their texts.
    pub fn questions(&self, scope: &Scope, events: &[Event]) -> Vec<(Key, String, Trend)> {
        let main = self
            .forms
            .iter()
            .max_by_key(|(id, form)| (form.calls, std::cmp::Reverse(*id)));
        let coached = super::coaching::coached(scope);
        let mut order: Vec<&Key> = self.questions.keys().collect();
        let times = |key: &Key| coached.get(key).copied().unwrap_or(0);
        order.retain(|key| times(key) > 0 || main.is_some_and(|(id, _)| *id == key.0));
        order.sort_by_key(|key| (std::cmp::Reverse(times(key)), *key));
        let drawn = order.into_iter().filter_map(|key| {
            let text = scope.question(&key.0, &key.1)?.1.text.clone();
            let trend = self.question_trend(events, key)?;
            Some((key.clone(), text, trend))
        });
        drawn.take(SHOWN).collect()
    }

    fn question_trend(&self, events: &[Event], key: &Key) -> Option<Trend> {
        let marks = marks(events, &key.0, Some(&key.1));
        let mut meanings: Vec<&Asked> = self.questions.get(key)?.values().collect();
        meanings.sort_by_key(|asked| asked.first);
        let mut points: Vec<PointOf> = Vec::new();
        for asked in meanings {
            if !points.is_empty() {
                points.push(asked_anew(asked.first));
            }
            let weeks = (asked.weeks.keys().next(), asked.weeks.keys().next_back());
            let (Some(&first), Some(&last)) = weeks else {
                continue;
            };
            for week in first..=last {
                let days = asked.weeks.get(&week);
                let parts: Vec<Part> = days.into_iter().flat_map(|d| d.values().copied()).collect();
                points.push(point(week, &parts, marks.get(&week).cloned()));
            }
        }
        let drawn = points.iter().filter(|p| p.value.is_some()).count();
        (drawn > 1).then(|| Trend::new("Share of yes, week by week", "Yes", points, None))
    }
}

/// What parts the line where a question begins to mean something else.
fn asked_anew(first: i64) -> PointOf {
    let since = super::day_in_words(&super::date_of(first));
    PointOf {
        label: String::new(),
        value: None,
        low: None,
        high: None,
        in_words: "asked anew: what comes after is not comparable".to_string(),
        beside: None,
        mark: Some(format!("The question is asked anew from {since}.")),
    }
}

/// The questions of a form that may be drawn: those that were coached, and those that weigh most.
fn candidates(scope: &Scope, rubric: &Text) -> BTreeSet<Text> {
    let coached = super::coaching::coached(scope);
    let of_form = coached.into_keys().filter(|key| key.0 == *rubric);
    let mut chosen: BTreeSet<Text> = of_form.map(|key| key.1).collect();
    let Some(form) = scope.form(rubric) else {
        return chosen;
    };
    let mut weighed: Vec<(f64, &str)> = form
        .questions()
        .filter(|(_, q)| matches!(q.kind, Kind::YesNo { .. }) && q.controllable_by_agent)
        .filter_map(|(_, q)| Some((crate::scoring::weight_of(form, &q.id)?, q.id.as_str())))
        .collect();
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    chosen.extend(
        weighed
            .into_iter()
            .take(SHOWN)
            .map(|(_, id)| Text::from(id)),
    );
    chosen
}

fn title(scope: &Scope, rubric: &str) -> String {
    let form: Option<&Rubric> = scope.form(rubric);
    form.map_or_else(|| rubric.to_string(), |form| form.title.clone())
}

/// The first weeks with enough calls, and the last.
#[derive(Debug)]
struct Ends {
    /// First week of the baseline, last week of it; the same of the last weeks.
    baseline: (i64, i64),
    now: (i64, i64),
    weeks: usize,
    before: Share,
    after: Share,
    /// Now less then, within queue and reason.
    compared: Option<Compared>,
}

impl Form {
    /// Whether calls pass or fail; else the score alone is shown.
    fn has_verdicts(&self) -> bool {
        self.rows.iter().any(|row| row.decided > 0.0)
    }

    fn counted(&self, row: &Row) -> Part {
        match self.has_verdicts() {
            true => Part {
                hits: row.passed,
                of: row.decided,
            },
            false => Part {
                hits: row.score,
                of: row.scored,
            },
        }
    }

    fn parts(&self, weeks: std::ops::RangeInclusive<i64>, of: impl Fn(&Row) -> Part) -> Vec<Part> {
        let mut days: BTreeMap<(i64, u32), Part> = BTreeMap::new();
        for row in self
            .rows
            .iter()
            .filter(|row| weeks.contains(&week_of(row.day)))
        {
            let part = days
                .entry((row.day, row.agent))
                .or_insert(Part { hits: 0.0, of: 0.0 });
            let more = of(row);
            part.hits += more.hits;
            part.of += more.of;
        }
        days.into_values().filter(|part| part.of > 0.0).collect()
    }

    fn ends(&self) -> Option<Ends> {
        let has_verdicts = self.has_verdicts();
        let counted = |row: &Row| match has_verdicts {
            true => (row.passed, row.decided),
            false => (row.score, row.scored),
        };
        let mut weeks: BTreeMap<i64, f64> = BTreeMap::new();
        for row in &self.rows {
            *weeks.entry(week_of(row.day)).or_default() += counted(row).1;
        }
        weeks.retain(|_, calls| *calls >= ENOUGH_CALLS);
        let weeks: Vec<i64> = weeks.into_keys().collect();
        let several = (weeks.len() / 2).min(WEEKS);
        let baseline = weeks.get(..several)?;
        let now = weeks.get(weeks.len() - several..)?;
        let span = |weeks: &[i64]| Some((*weeks.first()?, *weeks.last()?));
        let (baseline_span, now_span) = (span(baseline)?, span(now)?);
        let share = |(first, last): (i64, i64)| {
            let of = |row: &Row| {
                let (hits, of) = counted(row);
                Part { hits, of }
            };
            Share::of(&self.parts(first..=last, of))
        };
        let rows: Vec<within::Row> = self
            .rows
            .iter()
            .filter_map(|row| {
                let week = week_of(row.day);
                let is_now = (now_span.0..=now_span.1).contains(&week);
                let is_then = (baseline_span.0..=baseline_span.1).contains(&week);
                let (hits, of) = counted(row);
                (is_now || is_then).then_some(within::Row {
                    is_first: is_now,
                    // An agent's day, by one number.
                    cluster: (row.day as usize) << 32 | row.agent as usize,
                    cell: row.cell as usize,
                    hits,
                    of,
                })
            })
            .collect();
        Some(Ends {
            baseline: baseline_span,
            now: now_span,
            weeks: several,
            before: share(baseline_span)?,
            after: share(now_span)?,
            compared: within::compare(&rows),
        })
    }

    fn view(
        &self,
        scope: &Scope,
        id: &Text,
        events: &[Event],
        ends: Option<Ends>,
        adjusted: Option<f64>,
        models_changed: bool,
    ) -> FormView {
        let title = title(scope, id);
        let (words, lead, notes) = match &ends {
            None => {
                let words = format!(
                    "There are not yet two weeks with {ENOUGH_CALLS} calls each, so nothing can be compared."
                );
                let lead = format!("{title}: {words}");
                (vec![words], lead, Vec::new())
            }
            Some(ends) => {
                let change = change(ends, adjusted);
                let lead = format!(
                    "{title}: {} now, {} at the start; on calls of the same queues and reasons that is {change}.",
                    match self.has_verdicts() {
                        true => format!("{} of calls pass", percent(ends.after.value)),
                        false => format!("the mean score is {:.0}", ends.after.value * 100.0),
                    },
                    match self.has_verdicts() {
                        true => percent(ends.before.value),
                        false => format!("{:.0}", ends.before.value * 100.0),
                    }
                );
                let words = vec![
                    format!(
                        "{}: {}.",
                        weeks_in_words("At the start", ends.baseline, ends.weeks),
                        self.side(&ends.before)
                    ),
                    format!(
                        "{}: {}.",
                        weeks_in_words("Lately", ends.now, ends.weeks),
                        self.side(&ends.after)
                    ),
                    format!("On calls of the same queues and reasons, the change is {change}."),
                ];
                (words, lead, self.notes(ends, models_changed))
            }
        };
        FormView {
            title,
            words,
            notes,
            trend: self.trend(events, id),
            lead,
        }
    }

    fn side(&self, share: &Share) -> String {
        match self.has_verdicts() {
            true => format!("{} of {} pass", share.in_words(), calls(share.calls)),
            false => {
                let ends = share.ends.map_or_else(String::new, |(low, high)| {
                    format!(" (between {:.0} and {:.0})", low * 100.0, high * 100.0)
                });
                format!(
                    "mean score {:.0}{ends} of {}",
                    share.value * 100.0,
                    calls(share.calls)
                )
            }
        }
    }

    /// What else changed between the two ends.
    fn notes(&self, ends: &Ends, models_changed: bool) -> Vec<String> {
        let mut notes = Vec::new();
        let first = self.versions.values().min().copied().unwrap_or_default();
        let changed = self.versions.values().filter(|day| **day > first);
        let between =
            changed.filter(|day| (ends.baseline.0..=ends.now.1).contains(&week_of(**day)));
        let versions = between.count() as i64;
        if versions > 0 {
            notes.push(format!(
                "The form itself changed meanwhile ({}): part of the change may be the form’s.",
                several(versions, "new version", "new versions")
            ));
        }
        if models_changed {
            notes.push(
                "Calls were heard with another speech model meanwhile: part of the change may be the model’s.".to_string(),
            );
        }
        notes
    }

    fn trend(&self, events: &[Event], id: &Text) -> Option<Trend> {
        let marks = marks(events, id, None);
        let weeks = self.rows.iter().map(|row| week_of(row.day));
        let (first, last) = (weeks.clone().min()?, weeks.max()?);
        let points: Vec<PointOf> = (first..=last)
            .map(|week| {
                let parts = self.parts(week..=week, |row| self.counted(row));
                point(week, &parts, marks.get(&week).cloned())
            })
            .collect();
        let drawn = points.iter().filter(|p| p.value.is_some()).count();
        let trend = match self.has_verdicts() {
            true => Trend::new(
                "Share of calls that pass, week by week",
                "Pass",
                points,
                None,
            ),
            false => Trend::new("Mean score, week by week", "Score", points, None).in_points(),
        };
        (drawn > 1).then_some(trend)
    }
}

/// `more than chance: a rise by 6 points of 100 (between 2 and 10)`, or that it is not.
fn change(ends: &Ends, adjusted: Option<f64>) -> String {
    let Some(compared) = ends.compared else {
        return "not known, because too few are alike".to_string();
    };
    let difference = compared.difference.value;
    let Some(interval) = compared.difference.interval else {
        return "none".to_string();
    };
    let points = |share: f64| (share * 100.0).round();
    let is_carried =
        adjusted.is_some_and(|p| p <= FALSE_FLAGS) && (interval.low > 0.0 || interval.high < 0.0);
    match (is_carried, difference > 0.0) {
        (true, true) => format!(
            "more than chance: a rise by {:.0} points of 100 (between {:.0} and {:.0})",
            points(difference),
            points(interval.low),
            points(interval.high)
        ),
        (true, false) => format!(
            "more than chance: a fall by {:.0} points of 100 (between {:.0} and {:.0})",
            points(-difference),
            points(-interval.high),
            points(-interval.low)
        ),
        (false, _) => format!(
            "no more than chance explains: it may be anything from {} to {}",
            signed(points(interval.low)),
            signed(points(interval.high))
        ),
    }
}

/// `3 down`, `2 up`, `none`.
fn signed(points: f64) -> String {
    match points {
        p if p < 0.0 => format!("{:.0} points down", -p),
        p if p > 0.0 => format!("{p:.0} points up"),
        _ => "none".to_string(),
    }
}

fn weeks_in_words(when: &str, (first, last): (i64, i64), weeks: usize) -> String {
    match weeks {
        1 => format!("{when}, in the week of {}", week_in_words(first)),
        n => format!(
            "{when}, in {n} weeks from that of {} to that of {}",
            week_in_words(first),
            week_in_words(last)
        ),
    }
}

#[derive(Serialize)]
pub(super) struct FormView {
    pub title: String,
    pub words: Vec<String>,
    pub notes: Vec<String>,
    pub trend: Option<Trend>,
    /// The sentence for the top of the page.
    #[serde(skip)]
    pub lead: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::weeks::day_number;
    use crate::report::records::{Record, Texts};

    /// Eight weeks from Monday, 5 January 2026: ten agents, ten calls each a week, on one day.
    fn forms(passed: impl Fn(i64) -> i64) -> Forms {
        let mut forms = Forms::default();
        let monday = day_number("2026-01-05").unwrap();
        for week in 0..8 {
            for agent in 0..10 {
                let blank: AgentDay = Record::from_cells(&"".into(), &[], &mut Texts::default());
                let row = AgentDay {
                    rubric: "essentials".into(),
                    rubric_version: if week < 6 { "1" } else { "2" }.into(),
                    scored: 10,
                    passed: passed(week),
                    failed: 10 - passed(week),
                    ..blank
                };
                forms.take(monday + 7 * week, agent, 0, &row);
            }
        }
        forms
    }

    fn view(forms: &Forms) -> FormView {
        let scope = crate::report::html::question::tests::scope(1);
        let events: Vec<Event> = forms.versions(&scope).collect();
        let mut views = forms.view(&scope, &events, false);
        views.remove(0)
    }

    #[test]
    fn the_last_weeks_stand_beside_the_first_and_a_change_is_said_where_there_is_one() {
        // 5 of 10 in the first four weeks, 7 of 10 in the last: 20 points of 100.
        let rose = view(&forms(|week| if week < 4 { 5 } else { 7 }));
        assert!(
            rose.lead.starts_with("Essentials: 70 % of calls pass now, 50 % at the start; on calls of the same queues and reasons that is more than chance: a rise by 20 points of 100 (between "),
            "{}",
            rose.lead
        );
        assert!(rose.words[0].starts_with("At the start, in 4 weeks from that of 5 January 2026 to that of 26 January 2026: 50 % (between"));
        assert!(
            rose.words[0].ends_with("of 400 calls pass."),
            "{:?}",
            rose.words
        );
        // The form changed in the seventh week: a mark, and a word of warning.
        let trend = rose.trend.unwrap();
        assert_eq!(trend.points.len(), 8);
        assert_eq!(trend.marks[0].label, "Version 2 of the form Essentials.");
        assert!(rose.notes[0].contains("1 new version"));
        let same = view(&forms(|_| 6));
        assert!(
            same.lead.contains("no more than chance explains"),
            "{}",
            same.lead
        );
    }

    #[test]
    fn a_single_week_is_compared_with_nothing() {
        let mut forms = forms(|_| 5);
        let first = week_of(day_number("2026-01-05").unwrap());
        let form = forms.forms.values_mut().next().unwrap();
        form.rows.retain(|row| week_of(row.day) == first);
        let view = view(&forms);
        assert!(view.words[0].starts_with("There are not yet two weeks"));
        assert!(view.trend.is_none());
    }
}
