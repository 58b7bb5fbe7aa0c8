//! What changed since the week before, only where the change is real.
//!
//! The seven days up to the last one of the report are held against the seven before. A question
//! is the same question while its meaning is, a score while the form's version is. An agent's day
//! is one observation, because its calls are alike. Many figures are looked at, so the share of
//! false alarms among what is named is held to [`FALSE_FLAGS`]. New versions of forms and new
//! speech models are told beside it: a difference that came with one is no change of people. Left
//! out on purpose: changes of single agents, which a week cannot carry.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::failing::Key;
use super::rows::{text_of, title_of};
use crate::calibration::fdr::{FALSE_FLAGS, benjamini_hochberg};
use crate::calibration::interval::proportion::{Part, effective_size, linearised_variance, wilson};
use crate::calibration::people::tails::{t_p_value, t95};
use crate::report::html::scope::{DailyRows, Scope};
use crate::report::html::words::{day_in_words, grouped, percent};
use crate::report::records::Text;
use crate::rubric::Kind;

/// Days of each of the two weeks.
const DAYS: i32 = 7;
/// Calls in each week under which a figure is not compared.
pub(super) const LEAST_CALLS: f64 = 20.0;
/// Agents' days in each week under which a figure is not compared.
pub(super) const LEAST_DAYS: usize = 5;
/// Sentences in the list.
const LISTED: usize = 12;
/// How often a change of the size that is told would be found.
const FOUND: f64 = 0.8;

/// Before, and the last seven days.
#[derive(Debug, Default)]
pub(super) struct Changes {
    weeks: [Week; 2],
}

#[derive(Debug, Default)]
struct Week {
    calls: usize,
    /// By agent and day: what failed of what was judged.
    failed: BTreeMap<Key, Behind>,
    /// What could not be told of what applies.
    open: BTreeMap<Key, Behind>,
    /// Sum of scores over calls, by form and version.
    scores: BTreeMap<(Text, Text), Behind>,
    /// That scored a call, with the first date.
    versions: BTreeMap<(Text, Text), Text>,
    models: BTreeMap<Text, Text>,
}

/// What stands behind a figure: a part of each agent's day.
#[derive(Debug, Default)]
struct Behind {
    parts: Vec<Part>,
    agents: BTreeSet<Text>,
}

impl Behind {
    fn add(&mut self, agent: &Text, part: Part) {
        self.parts.push(part);
        self.agents.insert(agent.clone());
    }
}

/// What the page says.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub changes: Vec<Change>,
    pub more: usize,
    /// Where nothing is named: why.
    pub nothing: Option<String>,
    /// How much was compared, and what would have been seen.
    pub about: Option<String>,
    /// New versions and models.
    pub news: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Change {
    pub is_better: Option<bool>,
    pub text: String,
    /// Rubric and question, to link to.
    #[serde(skip)]
    pub about: Option<(Text, Text)>,
}

impl Changes {
    pub fn add(&mut self, scope: &Scope, day: &DailyRows) {
        let Some(week) = which(&scope.to, &day.date) else {
            return;
        };
        let week = &mut self.weeks[week];
        week.calls += day.contacts.len();
        for model in &day.models {
            let first = week.models.entry(model.clone());
            first.or_insert_with(|| day.date.clone());
        }
        let mut failed: BTreeMap<(Key, &Text), Part> = BTreeMap::new();
        let mut open: BTreeMap<(Key, &Text), Part> = BTreeMap::new();
        for row in &day.questions {
            let key = (
                row.rubric.clone(),
                row.question.clone(),
                row.meaning.clone(),
            );
            let nothing = Part { hits: 0.0, of: 0.0 };
            // Points lost of the points that there were: of yes/no questions the share of *no*.
            let part = failed.entry((key.clone(), &row.agent)).or_insert(nothing);
            let judged = (row.yes + row.no + row.otherwise) as f64;
            if row.max_points_sum > 0.0 {
                part.of += judged;
                part.hits += judged * (1.0 - row.points_sum / row.max_points_sum).clamp(0.0, 1.0);
            }
            let part = open.entry((key, &row.agent)).or_insert(nothing);
            part.of += (row.put - row.not_applicable) as f64;
            part.hits += row.abstained as f64;
        }
        for (from, to) in [(failed, &mut week.failed), (open, &mut week.open)] {
            for ((key, agent), part) in from.into_iter().filter(|(_, part)| part.of > 0.0) {
                to.entry(key).or_default().add(agent, part);
            }
        }
        let mut scores: BTreeMap<((Text, Text), &Text), Part> = BTreeMap::new();
        // A version that is not in force has rows, too.
        for row in day.agents.iter().filter(|row| row.scored > 0) {
            let form = (row.rubric.clone(), row.rubric_version.clone());
            let first = week.versions.entry(form.clone());
            first.or_insert_with(|| day.date.clone());
            let nothing = Part { hits: 0.0, of: 0.0 };
            let part = scores.entry((form, &row.agent)).or_insert(nothing);
            part.of += row.with_score as f64;
            part.hits += row.score_sum;
        }
        for ((form, agent), part) in scores.into_iter().filter(|(_, part)| part.of > 0.0) {
            week.scores.entry(form).or_default().add(agent, part);
        }
    }

    pub fn told(&self, scope: &Scope) -> Told {
        let [before, now] = &self.weeks;
        let news = self.news(scope);
        let compared = self.compared(scope.minimum_group);
        if compared.is_empty() {
            let nothing = format!(
                "There is nothing to compare yet. It takes {LEAST_CALLS} answered calls on \
                 {LEAST_DAYS} agents' days in each of the two weeks{}; there were {} calls in the \
                 seven days up to {} and {} in the seven days before.",
                match scope.minimum_group {
                    0 | 1 => String::new(),
                    n => format!(", and {n} agents"),
                },
                grouped(now.calls as i64),
                day_in_words(&scope.to),
                grouped(before.calls as i64),
            );
            return Told {
                changes: Vec::new(),
                more: 0,
                nothing: Some(nothing),
                about: None,
                news,
            };
        }
        let p: Vec<f64> = compared.iter().map(|c| c.p_value).collect();
        let adjusted = benjamini_hochberg(&p);
        let mut real: Vec<(&Compared, f64)> = compared
            .iter()
            .zip(adjusted)
            .filter(|(c, adjusted)| *adjusted <= FALSE_FLAGS && (c.low > 0.0 || c.high < 0.0))
            .collect();
        real.sort_by(|a, b| a.1.total_cmp(&b.1));
        let more = real.len().saturating_sub(LISTED);
        let changes: Vec<Change> = real
            .iter()
            .take(LISTED)
            .map(|(c, _)| in_words(scope, c))
            .collect();
        let nothing = changes
            .is_empty()
            .then(|| "Nothing has changed that the numbers carry.".to_string());
        let mut about = format!(
            "Of {} calls, {} held against the same of {} calls in the seven days before.",
            grouped(now.calls as i64),
            match compared.len() {
                1 => "1 figure was".to_string(),
                n => format!("{} figures were", grouped(n as i64)),
            },
            grouped(before.calls as i64),
        );
        if let Some(points) = seen(&compared) {
            about.push_str(&format!(
                " A question that fails about {points} points more or less often than before \
                 would have been seen in 8 of 10 such weeks; smaller changes may be there all \
                 the same.",
            ));
        }
        if !changes.is_empty() {
            about.push_str(" Of 100 changes named like this, about 5 are chance.");
        }
        Told {
            changes,
            more,
            nothing,
            about: Some(about),
            news,
        }
    }

    /// All figures that enough persons stand behind in both weeks.
    fn compared(&self, persons: usize) -> Vec<Compared> {
        let [before, now] = &self.weeks;
        let mut all = Vec::new();
        let both =
            |was: Option<&Behind>, is: &Behind, by: fn(&[Part], &[Part]) -> Option<Compared>| {
                let was = was.filter(|was| was.agents.len().min(is.agents.len()) >= persons)?;
                by(&was.parts, &is.parts)
            };
        for (what, was, is) in [
            (Figure::Failed, &before.failed, &now.failed),
            (Figure::Open, &before.open, &now.open),
        ] {
            for (key, is) in is {
                let compared = both(was.get(key), is, share);
                all.extend(compared.map(|c| c.of(what, key.clone())));
            }
        }
        for ((rubric, version), is) in &now.scores {
            let was = before.scores.get(&(rubric.clone(), version.clone()));
            let key = (rubric.clone(), "".into(), version.clone());
            all.extend(both(was, is, mean).map(|c| c.of(Figure::Score, key)));
        }
        all
    }

    /// What is new in the last seven days and no change of people.
    fn news(&self, scope: &Scope) -> Vec<String> {
        let [before, now] = &self.weeks;
        let mut news = Vec::new();
        if before.calls == 0 {
            return news;
        }
        for ((rubric, version), since) in &now.versions {
            let forms: BTreeSet<&Text> = before.versions.keys().map(|(form, _)| form).collect();
            if before
                .versions
                .contains_key(&(rubric.clone(), version.clone()))
            {
                continue;
            }
            news.push(match forms.contains(rubric) {
                true => format!(
                    "Version {version} of “{}” counts since {}. Its score, and questions that \
                     mean something else now, are not compared with those before.",
                    title_of(scope, rubric),
                    day_in_words(since)
                ),
                false => format!(
                    "“{}” scored its first calls of the two weeks on {}: there is nothing before \
                     to hold them against.",
                    title_of(scope, rubric),
                    day_in_words(since)
                ),
            });
        }
        for (model, since) in &now.models {
            if !before.models.contains_key(model) && !before.models.is_empty() {
                news.push(format!(
                    "Calls since {} were transcribed with another speech model ({model}). What \
                     changed may be what it hears, and not what people do.",
                    day_in_words(since)
                ));
            }
        }
        news
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Figure {
    Failed,
    Open,
    Score,
}

/// A figure in both weeks. Shares lie between 0 and 1, scores between 0 and 100.
#[derive(Debug, Clone, PartialEq)]
struct Compared {
    what: Figure,
    /// Of a score: form, nothing, version.
    key: Key,
    calls: [f64; 2],
    values: [f64; 2],
    low: f64,
    high: f64,
    p_value: f64,
    error: f64,
}

impl Compared {
    fn of(mut self, what: Figure, key: Key) -> Self {
        (self.what, self.key) = (what, key);
        self
    }
}

/// Which week a date is in: 0 before, 1 the last seven days.
fn which(to: &str, date: &str) -> Option<usize> {
    let (to, date): (Date, Date) = (to.parse().ok()?, date.parse().ok()?);
    let back = date.until(to).ok()?.get_days();
    match back {
        0..DAYS => Some(1),
        _ if (DAYS..2 * DAYS).contains(&back) => Some(0),
        _ => None,
    }
}

fn total(parts: &[Part]) -> f64 {
    parts.iter().map(|part| part.of).sum()
}

fn ratio(parts: &[Part]) -> f64 {
    parts.iter().map(|part| part.hits).sum::<f64>() / total(parts)
}

fn are_enough(parts: &[Part]) -> bool {
    parts.len() >= LEAST_DAYS && total(parts) >= LEAST_CALLS
}

/// Two shares of agents' days: the score test on effective calls, which for few days or days
/// that are alike are fewer than calls; interval by Newcombe 1998, method 10. `None` where there
/// is too little, or where all calls of both weeks are the same.
fn share(was: &[Part], is: &[Part]) -> Option<Compared> {
    if !are_enough(was) || !are_enough(is) {
        return None;
    }
    let values = [ratio(was).clamp(0.0, 1.0), ratio(is).clamp(0.0, 1.0)];
    let size = |parts: &[Part]| Some(effective_size(parts)?.min(total(parts)));
    let n = [size(was)?, size(is)?];
    let ends = [
        wilson(values[0] * n[0], n[0])?,
        wilson(values[1] * n[1], n[1])?,
    ];
    let together = (values[0] * n[0] + values[1] * n[1]) / (n[0] + n[1]);
    let error = (together * (1.0 - together) * (1.0 / n[0] + 1.0 / n[1])).sqrt();
    if error <= f64::EPSILON {
        return None;
    }
    let difference = values[1] - values[0];
    let down = (values[1] - ends[1].low).hypot(ends[0].high - values[0]);
    let up = (ends[1].high - values[1]).hypot(values[0] - ends[0].low);
    Some(Compared {
        what: Figure::Failed,
        key: ("".into(), "".into(), "".into()),
        calls: [total(was), total(is)],
        values,
        low: difference - down,
        high: difference + up,
        p_value: t_p_value(difference / error, f64::INFINITY),
        error,
    })
}

/// Two means over calls, agents' days as clusters: Welch's test.
fn mean(was: &[Part], is: &[Part]) -> Option<Compared> {
    if !are_enough(was) || !are_enough(is) {
        return None;
    }
    let variances = [linearised_variance(was)?, linearised_variance(is)?];
    let error = (variances[0] + variances[1]).sqrt();
    if error <= f64::EPSILON {
        return None;
    }
    let values = [ratio(was), ratio(is)];
    let difference = values[1] - values[0];
    let days = [was.len() as f64 - 1.0, is.len() as f64 - 1.0];
    let df = (variances[0] + variances[1]).powi(2)
        / (variances[0].powi(2) / days[0] + variances[1].powi(2) / days[1]);
    let reach = t95(df) * error;
    Some(Compared {
        what: Figure::Score,
        key: ("".into(), "".into(), "".into()),
        calls: [total(was), total(is)],
        values,
        low: difference - reach,
        high: difference + reach,
        p_value: t_p_value(difference / error, df),
        error,
    })
}

/// The change in points that would be found 8 times in 10 on a question like most, if it were
/// the only one that changed.
fn seen(compared: &[Compared]) -> Option<i64> {
    let mut errors: Vec<f64> = compared
        .iter()
        .filter(|c| c.what == Figure::Failed)
        .map(|c| c.error)
        .collect();
    errors.sort_by(f64::total_cmp);
    let error = errors.get(errors.len() / 2)?;
    let normal = Normal::standard();
    let named = normal.inverse_cdf(1.0 - FALSE_FLAGS / (2.0 * compared.len() as f64));
    let points = (named + normal.inverse_cdf(FOUND)) * error * 100.0;
    Some(points.ceil() as i64)
}

fn is_yes_no(scope: &Scope, rubric: &str, question: &str) -> bool {
    let known = scope.question(rubric, question);
    known.is_none_or(|(_, known)| matches!(known.kind, Kind::YesNo { .. }))
}

fn in_words(scope: &Scope, c: &Compared) -> Change {
    let rose = c.values[1] > c.values[0];
    let (rubric, question, _) = &c.key;
    let calls = c.calls.map(|n| grouped(n.round() as i64));
    let points = |share: f64, unit: f64| format!("{:.0}", (share * unit).abs());
    let range = |unit: f64| {
        let ends = [points(c.low, unit), points(c.high, unit)];
        let [near, far] = match rose {
            true => ends,
            false => [ends[1].clone(), ends[0].clone()],
        };
        format!(
            "{} points {} (between {near} and {far})",
            points(c.values[1] - c.values[0], unit),
            if rose { "more" } else { "less" }
        )
    };
    let shares = c.values.map(percent);
    let text = match c.what {
        Figure::Failed => format!(
            "“{}” {}: {} of {} calls, in the week before {} of {}; {}.",
            text_of(scope, rubric, question),
            match (is_yes_no(scope, rubric, question), rose) {
                (true, true) => "fails more often",
                (true, false) => "fails less often",
                (false, true) => "loses more of its points",
                (false, false) => "loses less of its points",
            },
            shares[1],
            calls[1],
            shares[0],
            calls[0],
            range(100.0)
        ),
        Figure::Open => format!(
            "“{}” could be told {} often: open in {} of {} calls, in the week before in {} of {}.",
            text_of(scope, rubric, question),
            if rose { "less" } else { "more" },
            shares[1],
            calls[1],
            shares[0],
            calls[0],
        ),
        Figure::Score => format!(
            "The mean score of “{}” is {:.0} ({} calls), in the week before {:.0} ({}); {}.",
            title_of(scope, rubric),
            c.values[1],
            calls[1],
            c.values[0],
            calls[0],
            range(1.0)
        ),
    };
    let is_better = match c.what {
        Figure::Failed => Some(!rose),
        Figure::Score => Some(rose),
        Figure::Open => None,
    };
    Change {
        is_better,
        text,
        about: (c.what != Figure::Score).then(|| (rubric.clone(), question.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::chance::Stream;

    /// Days of agents with so many calls each; a day's calls copy its toss with chance `alike`.
    fn days(chance: &mut Stream, days: usize, calls: usize, rate: f64, alike: f64) -> Vec<Part> {
        (0..days)
            .map(|_| {
                let toss = chance.happens(rate);
                let hits = (0..calls).filter(|_| match chance.happens(alike) {
                    true => toss,
                    false => chance.happens(rate),
                });
                Part {
                    hits: hits.count() as f64,
                    of: calls as f64,
                }
            })
            .collect()
    }

    #[test]
    fn weeks_without_a_change_are_seldom_taken_for_one_and_large_changes_are_found() {
        let mut chance = Stream::new(8, "weeks", 0);
        let mut false_alarms = 0;
        let mut found = 0;
        const WEEKS: usize = 400;
        for _ in 0..WEEKS {
            let [was, is] = [0.2, 0.2].map(|rate| days(&mut chance, 30, 8, rate, 0.5));
            false_alarms += usize::from(share(&was, &is).is_some_and(|c| c.p_value <= 0.05));
            let [was, is] = [0.2, 0.45].map(|rate| days(&mut chance, 30, 8, rate, 0.5));
            found += usize::from(share(&was, &is).is_some_and(|c| c.p_value <= 0.05));
        }
        // 5 in 100 are promised; twice the error of 400 tosses is 2.2.
        assert!(false_alarms <= WEEKS * 8 / 100, "{false_alarms}");
        assert!(found >= WEEKS * 85 / 100, "{found}");
    }

    #[test]
    fn too_few_calls_days_or_differences_say_nothing() {
        let part = |hits, of| Part { hits, of };
        let week = vec![part(1.0, 5.0); 5];
        assert!(share(&week, &week).is_some());
        assert!(share(&week[..4], &week).is_none());
        let small = vec![part(1.0, 3.0); 5];
        assert!(share(&small, &week).is_none());
        let all_well = vec![part(0.0, 5.0); 5];
        assert!(share(&all_well, &all_well).is_none());
        assert!(mean(&all_well, &all_well).is_none());
    }

    #[test]
    fn a_date_is_in_one_week_or_in_none() {
        let of = |date| which("2026-03-17", date);
        assert_eq!(of("2026-03-17"), Some(1));
        assert_eq!(of("2026-03-11"), Some(1));
        assert_eq!(of("2026-03-10"), Some(0));
        assert_eq!(of("2026-03-04"), Some(0));
        assert_eq!(of("2026-03-03"), None);
        assert_eq!(of("2026-03-18"), None);
    }
}
