//! How forms and a few questions went, week by week, and how the last weeks stand beside the
//! first.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use serde::Serialize;

use super::{About, Event, Key, marks};
use crate::calibration::base::{monday, week_of};
use crate::calibration::fdr::{FALSE_FLAGS, benjamini_hochberg};
use crate::calibration::interval::proportion::Part;
use crate::calibration::people::within::{self, Compared};
use crate::report::html::charts::{PointOf, Trend};
use crate::report::html::scope::Scope;
use crate::report::html::weeks::{Days, Share, asked_anew, calls, point, several, week_in_words};
use crate::report::html::words::{away, day_in_words, grouped, percent};
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
    /// Without a verdict, because answers are open.
    open: f64,
    /// Scores as shares, added up.
    score: f64,
    scored: f64,
    /// That one answer fails: the score is 0.
    by_one: f64,
}

/// A question in one meaning.
#[derive(Debug, Default)]
struct Asked {
    first: i64,
    weeks: BTreeMap<i64, Days<i64, usize>>,
}

impl Forms {
    pub fn take(&mut self, day: i64, agent: usize, cell: usize, row: &AgentDay) {
        // A version that was not for these calls began on another day.
        if row.scored == 0 {
            return;
        }
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
            open: row.undetermined as f64,
            score: (row.score_sum / 100.0).clamp(0.0, row.with_score as f64),
            scored: row.with_score as f64,
            by_one: row.auto_failed as f64,
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
        let meanings = self.questions.entry(key.clone()).or_default();
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
        part.hits += match passes_by_no(scope, &key) {
            true => row.no as f64,
            false => row.yes as f64,
        };
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
            let trend = self.question_trend(scope, events, key)?;
            Some((key.clone(), text, trend))
        });
        drawn.take(SHOWN).collect()
    }

    fn question_trend(&self, scope: &Scope, events: &[Event], key: &Key) -> Option<Trend> {
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
                let share = asked.weeks.get(&week).and_then(Share::of);
                let mark = marks.get(&week).cloned();
                points.push(point(week, share, scope.minimum_group, mark));
            }
        }
        let drawn = points.iter().filter(|p| p.value.is_some()).count();
        let (title, unit) = match passes_by_no(scope, key) {
            true => ("Share of no, the answer that passes, week by week", "No"),
            false => ("Share of yes, week by week", "Yes"),
        };
        (drawn > 1).then(|| Trend::new(title, unit, points, None))
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

fn passes_by_no(scope: &Scope, key: &Key) -> bool {
    let question = scope.question(&key.0, &key.1);
    question.is_some_and(|(_, question)| question.passes_by_no())
}

fn title(scope: &Scope, rubric: &str) -> String {
    let form: Option<&Rubric> = scope.form(rubric);
    form.map_or_else(|| rubric.to_string(), |form| form.title.clone())
}

/// The first weeks with enough calls, and the last.
#[derive(Debug)]
struct Ends {
    before: End,
    after: End,
    /// Now less then, within queue and reason.
    compared: Option<Compared>,
}

#[derive(Debug)]
struct End {
    /// First week and last.
    weeks: (i64, i64),
    share: Share,
    open: f64,
    by_one: f64,
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

    fn share(&self, (first, last): (i64, i64)) -> Option<Share> {
        let mut days = Days::new();
        let weeks = first..=last;
        for row in self.rows.iter().filter(|r| weeks.contains(&week_of(r.day))) {
            let part = days.entry((row.day, row.agent));
            let part = part.or_insert(Part { hits: 0.0, of: 0.0 });
            let more = self.counted(row);
            part.hits += more.hits;
            part.of += more.of;
        }
        match self.has_verdicts() {
            true => Share::of(&days),
            false => Share::of_scores(&days),
        }
    }

    fn end(&self, weeks: (i64, i64)) -> Option<End> {
        let rows = self.rows.iter();
        let rows = rows.filter(|row| (weeks.0..=weeks.1).contains(&week_of(row.day)));
        let (open, by_one) = rows.fold((0.0, 0.0), |(open, by_one), row| {
            (open + row.open, by_one + row.by_one)
        });
        Some(End {
            weeks,
            share: self.share(weeks)?,
            open,
            by_one,
        })
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
            before: self.end(baseline_span)?,
            after: self.end(now_span)?,
            compared: match has_verdicts {
                true => within::compare(&rows),
                false => within::compare_means(&rows),
            },
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
            Some(Ends { before, after, .. })
                if before.share.agents.min(after.share.agents) < scope.minimum_group =>
            {
                let words = super::left_out(scope);
                let lead = format!("{title}: {words}");
                (vec![words], lead, Vec::new())
            }
            Some(ends) => {
                let change = change(ends, adjusted);
                let [before, after] = [&ends.before, &ends.after];
                let of = match before.open + after.open > 0.0 {
                    true => "calls whose verdict is known",
                    false => "calls",
                };
                let [then, now] = [before, after].map(|end| end.share.value);
                let lead = match self.has_verdicts() {
                    true => format!(
                        "{title}: {} of {of} pass now, {} at the start; on calls of the same queues and reasons that is {change}.",
                        percent(now),
                        percent(then)
                    ),
                    false => format!(
                        "{title}: the mean score is {:.0} now, {:.0} at the start; on calls of the same queues and reasons that is {change}.",
                        now * 100.0,
                        then * 100.0
                    ),
                };
                let words = vec![
                    format!(
                        "{}: {}.",
                        weeks_in_words(scope, "At the start", before.weeks),
                        self.side(before)
                    ),
                    format!(
                        "{}: {}.",
                        weeks_in_words(scope, "Lately", after.weeks),
                        self.side(after)
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
            trend: self.trend(scope, events, id),
            lead,
        }
    }

    fn side(&self, end: &End) -> String {
        let share = &end.share;
        let count = |count: f64| grouped(count as i64);
        if !self.has_verdicts() {
            let ends = share.ends.map_or_else(String::new, |(low, high)| {
                format!(" (between {:.0} and {:.0})", low * 100.0, high * 100.0)
            });
            let by_one = match end.by_one {
                0.0 => String::new(),
                n => format!(
                    ", with {} that one answer, sure or not, sets to 0",
                    count(n)
                ),
            };
            return format!(
                "mean score {:.0}{ends} of {}{by_one}",
                share.value * 100.0,
                calls(share.calls)
            );
        }
        let passed = share.in_words();
        let mut words = match end.open {
            0.0 => format!("{passed} of {} pass", calls(share.calls)),
            open => format!(
                "{passed} of the {} whose verdict is known pass ({} left out, because answers are open)",
                calls(share.calls),
                match open {
                    1.0 => "1 more is".to_string(),
                    n => format!("{} more are", count(n)),
                }
            ),
        };
        if end.by_one > 0.0 {
            words += &format!(
                "; {} by one answer, sure or not",
                match end.by_one {
                    1.0 => "1 fails".to_string(),
                    n => format!("{} fail", count(n)),
                }
            );
        }
        words
    }

    /// What else changed between the two ends.
    fn notes(&self, ends: &Ends, models_changed: bool) -> Vec<String> {
        let mut notes = Vec::new();
        let first = self.versions.values().min().copied().unwrap_or_default();
        let changed = self.versions.values().filter(|day| **day > first);
        let between = changed
            .filter(|day| (ends.before.weeks.0..=ends.after.weeks.1).contains(&week_of(**day)));
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

    fn trend(&self, scope: &Scope, events: &[Event], id: &Text) -> Option<Trend> {
        let marks = marks(events, id, None);
        let weeks = self.rows.iter().map(|row| week_of(row.day));
        let (first, last) = (weeks.clone().min()?, weeks.max()?);
        let points: Vec<PointOf> = (first..=last)
            .map(|week| {
                let share = self.share((week, week));
                point(week, share, scope.minimum_group, marks.get(&week).cloned())
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
    let of_100 = |share| several(points(share) as i64, "point of 100", "points of 100");
    let is_carried =
        adjusted.is_some_and(|p| p <= FALSE_FLAGS) && (interval.low > 0.0 || interval.high < 0.0);
    match (is_carried, difference > 0.0) {
        (true, true) => format!(
            "more than chance: a rise by {} (between {:.0} and {:.0})",
            of_100(difference),
            points(interval.low),
            points(interval.high)
        ),
        (true, false) => format!(
            "more than chance: a fall by {} (between {:.0} and {:.0})",
            of_100(-difference),
            points(-interval.high),
            points(-interval.low)
        ),
        (false, _) => format!(
            "no more than chance explains: it may be anything from {} to {}",
            away(points(interval.low)),
            away(points(interval.high))
        ),
    }
}

/// `At the start (5 January 2026 to 1 February 2026)`: whole weeks, but none after the last day of
/// the report.
fn weeks_in_words(scope: &Scope, when: &str, (first, last): (i64, i64)) -> String {
    let sunday = monday(last).saturating_add(6.days()).to_string();
    let last = sunday.min(scope.to.to_string());
    format!(
        "{when} ({} to {})",
        week_in_words(first),
        day_in_words(&last)
    )
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
        assert!(
            rose.words[0]
                .starts_with("At the start (5 January 2026 to 1 February 2026): 50 % (between")
        );
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
    fn what_is_left_out_and_what_one_answer_decides_is_said() {
        let mut forms = forms(|_| 6);
        let first = week_of(day_number("2026-01-05").unwrap());
        let form = forms.forms.values_mut().next().unwrap();
        let rows = form.rows.iter_mut();
        for row in rows.filter(|row| week_of(row.day) == first) {
            (row.open, row.by_one) = (2.0, 3.0);
        }
        let shown = view(&forms);
        assert!(
            shown
                .lead
                .contains("60 % of calls whose verdict is known pass now")
        );
        assert!(
            shown.words[0].ends_with("of the 400 calls whose verdict is known pass (20 more are left out, because answers are open); 30 fail by one answer, sure or not."),
            "{:?}",
            shown.words
        );
        assert!(shown.words[1].ends_with("of 400 calls pass."));
        // Ten agents are too few where eleven are asked for.
        let scope = crate::report::html::question::tests::scope(11);
        let shown = forms.view(&scope, &[], false).remove(0);
        assert!(shown.words[0].starts_with("Left out") && shown.lead.contains("Left out"));
        assert!(shown.trend.is_none() && shown.words.len() == 1);
    }

    /// Every call has a row of each version; it counts with the one that it was scored by.
    #[test]
    fn a_version_begins_where_calls_are_scored_by_it() {
        let mut forms = forms(|_| 6);
        let blank: AgentDay = Record::from_cells(&"".into(), &[], &mut Texts::default());
        let row = AgentDay {
            rubric: "essentials".into(),
            rubric_version: "2".into(),
            not_eligible: 10,
            ..blank
        };
        let monday = day_number("2026-01-05").unwrap();
        forms.take(monday, 0, 0, &row);
        let scope = crate::report::html::question::tests::scope(1);
        let days: Vec<i64> = forms.versions(&scope).map(|event| event.day).collect();
        assert_eq!(days, [monday + 42]);
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
