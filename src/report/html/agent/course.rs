//! Whether an agent's scores rose or fell: the last four weeks beside the weeks before, in a
//! sentence.
//!
//! Like is held against like: calls of the same queue, reason and version of the form. A day is
//! one observation. All agents are looked at, so the share of false alarms among what is called a
//! rise or a fall is held to [`FALSE_FLAGS`]. Left out on purpose: why, which only listening tells.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::super::Text;
use super::super::scope::Scope;
use super::super::words::away;
use crate::calibration::base::days_since_1970;
use crate::calibration::fdr::{FALSE_FLAGS, benjamini_hochberg};
use crate::calibration::people::agents::{MIN_CALLS, MIN_DAYS};
use crate::calibration::people::within::{self, Compared};
use crate::report::records::AgentDay;

/// Days up to the last one of the report that are held against those before.
const LATELY: i32 = 28;

/// Scored calls of one kind on one day.
#[derive(Debug)]
struct Row {
    day: Date,
    version: Text,
    /// Queue and reason.
    kind: (Option<Text>, Option<Text>),
    calls: f64,
    scores: f64,
}

/// One agent's scores by one form, day by day.
#[derive(Debug, Default)]
pub struct Course(Vec<Row>);

impl Course {
    pub fn add(&mut self, day: Date, row: &AgentDay) {
        if row.with_score > 0 {
            self.0.push(Row {
                day,
                version: row.rubric_version.clone(),
                kind: (row.queue.clone(), row.reason.clone()),
                calls: row.with_score as f64,
                scores: row.score_sum / 100.0,
            });
        }
    }

    /// The last four weeks less what was before; `None` where either has too few calls.
    fn compared(&self, scope: &Scope) -> Option<Compared> {
        let last = scope.to.parse::<Date>().ok()?;
        let since = last.saturating_sub((LATELY - 1).days());
        let version = &self.0.last()?.version;
        let mut kinds = BTreeMap::new();
        let alike = self.0.iter().filter(|row| row.version == *version);
        let rows: Vec<within::Row> = alike
            .map(|row| {
                let next = kinds.len();
                within::Row {
                    is_first: row.day >= since,
                    cluster: days_since_1970(row.day) as usize,
                    cell: *kinds.entry(&row.kind).or_insert(next),
                    hits: row.scores,
                    of: row.calls,
                }
            })
            .collect();
        within::compare_means(&rows)
    }
}

/// What can be said of each, in their order. `models_changed`: not all calls were heard with one
/// speech model.
pub fn in_words(scope: &Scope, courses: &[&Course], models_changed: bool) -> Vec<String> {
    let compared: Vec<_> = courses.iter().map(|c| c.compared(scope)).collect();
    let p: Vec<f64> = compared.iter().flatten().map(|c| c.p_value).collect();
    let mut adjusted = benjamini_hochberg(&p).into_iter();
    let told = compared.into_iter().map(|compared| match compared {
        Some(compared) => told(compared, adjusted.next().unwrap_or(1.0), models_changed),
        None => format!(
            "Whether your score rises or falls cannot be said yet. That takes {MIN_CALLS} scored \
             calls on {MIN_DAYS} days in the last four weeks and as many before, of the same \
             queues and reasons and by this version of the form."
        ),
    });
    told.collect()
}

fn told(compared: Compared, adjusted: f64, models_changed: bool) -> String {
    let Some(interval) = compared.difference.interval else {
        return "Your score in the last four weeks is that of the weeks before.".to_string();
    };
    let points = |share: f64| (share * 100.0).round();
    let (low, high) = (points(interval.low), points(interval.high));
    let between = |least: f64, most: f64| match least == most {
        true => format!("by about {most:.0}"),
        false => format!("by {least:.0} to {most:.0}"),
    };
    let way = match adjusted <= FALSE_FLAGS {
        true if low > 0.0 => Some(("higher", between(low, high))),
        true if high < 0.0 => Some(("lower", between(-high, -low))),
        _ => None,
    };
    match way {
        Some((way, points)) => format!(
            "Your score in the last four weeks is {way} than before, {points} points of 100 on \
             calls of the same queues and reasons. That is more than chance explains; why it is \
             so, only listening tells.{}",
            match models_changed {
                true =>
                    " Calls were heard with another speech model meanwhile, so part of it may be \
                     the model’s.",
                false => "",
            }
        ),
        None => format!(
            "Between your last four weeks and the weeks before there is no difference that the \
             numbers carry: on calls of the same queues and reasons it may be anything from {} to \
             {}.{}",
            away(low),
            away(high),
            match low > 0.0 || high < 0.0 {
                true =>
                    " That is not none; but with so many agents and forms, some such figures come by \
                     chance.",
                false => "",
            }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::scope;
    use super::*;

    /// Days of one week each in March (lately) or January (before), of `calls` calls each, whose
    /// mean scores are these in turn.
    fn course(months: [(i8, &[f64]); 2], calls: i64, queue: [&str; 2]) -> Course {
        let mut course = Course::default();
        for ((month, scores), queue) in months.into_iter().zip(queue) {
            for (n, score) in scores.iter().enumerate() {
                let row = AgentDay {
                    rubric_version: "1".into(),
                    queue: Some(queue.into()),
                    with_score: calls,
                    score_sum: score * calls as f64,
                    ..AgentDay::default()
                };
                let day = Date::constant(2026, month, 5 + n as i8);
                course.add(day, &row);
            }
        }
        course
    }

    const HIGH: [f64; 6] = [78.0, 82.0, 80.0, 79.0, 81.0, 80.0];
    const LOW: [f64; 6] = [68.0, 72.0, 70.0, 69.0, 71.0, 70.0];

    #[test]
    fn a_rise_is_told_only_where_chance_does_not_explain_it() {
        let scope = scope();
        let said = |course: Course| in_words(&scope, &[&course], false).remove(0);
        // Means of days differ from 70 and 80 by 2, 2, 0, 1, 1 and 0: a variance of 2 between
        // days, 1/3 of the mean, 2/3 of the difference; t with 10 degrees of freedom is 2.228.
        let risen = course([(1, &LOW), (3, &HIGH)], 10, ["a", "a"]);
        let interval = risen.compared(&scope).unwrap().difference.interval.unwrap();
        let half = 0.02228 * (2.0_f64 / 3.0).sqrt();
        assert!((interval.low - (0.1 - half)).abs() < 1e-5, "{interval:?}");
        assert_eq!(
            said(risen),
            "Your score in the last four weeks is higher than before, by 8 to 12 points of 100 on \
             calls of the same queues and reasons. That is more than chance explains; why it is \
             so, only listening tells."
        );
        let fall = said(course([(1, &HIGH), (3, &LOW)], 10, ["a", "a"]));
        assert!(
            fall.contains("is lower than before, by 8 to 12 points"),
            "{fall}"
        );
        let same = said(course([(1, &HIGH), (3, &HIGH)], 10, ["a", "a"]));
        assert!(same.contains("from 2 points down to 2 points up"), "{same}");
    }

    /// Other calls than before, or another version of the form, say nothing of the agent.
    #[test]
    fn only_like_calls_are_held_against_each_other() {
        let scope = scope();
        let said = |course: Course| in_words(&scope, &[&course], false).remove(0);
        let moved = said(course([(1, &LOW), (3, &HIGH)], 10, ["easy", "hard"]));
        assert!(moved.contains("cannot be said yet"), "{moved}");
        let mut anew = course([(1, &LOW), (3, &HIGH)], 10, ["a", "a"]);
        for row in anew.0.iter_mut().filter(|row| row.day.month() == 3) {
            row.version = "2".into();
        }
        assert!(said(anew).contains("by this version of the form"));
    }

    #[test]
    fn among_many_agents_one_needs_more_to_stand_out() {
        let scope = scope();
        let slight: Vec<f64> = HIGH.iter().map(|score| score - 2.4).collect();
        let one = course([(1, &slight), (3, &HIGH)], 10, ["a", "a"]);
        let steady = course([(1, &HIGH), (3, &HIGH)], 10, ["a", "a"]);
        let alone = in_words(&scope, &[&one], true).remove(0);
        let among: Vec<&Course> = std::iter::once(&one)
            .chain(std::iter::repeat_n(&steady, 40))
            .collect();
        let among = in_words(&scope, &among, false).remove(0);
        assert!(
            alone.contains("higher") && alone.ends_with("the model’s."),
            "{alone}"
        );
        assert!(!among.contains("higher"), "{among}");
        assert!(
            among.ends_with("some such figures come by chance."),
            "{among}"
        );
    }
}
