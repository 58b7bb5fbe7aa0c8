//! What an agent's page is about: what goes well, and one thing to work on.
//!
//! To work on: first what was agreed with a coach, then what the numbers carry beside others, then
//! what is missed often, and not more seldom than by the others on like calls, by answers that
//! people have checked. What everybody misses is no matter of one agent, and what was just worked
//! on comes after what was not. Left out on purpose: questions that the agent cannot help, that
//! count for nothing or that only people answer, and those where *no* earns the points, since what
//! is compared is *yes*.

use jiff::ToSpan;
use jiff::civil::Date;

use super::super::Text;
use super::super::scope::Scope;
use super::Facts;
use super::examples::{Asked, Search};
use super::figures::Figure;
use crate::report::records::{AgentCompared, Automatic, Coaching};
use crate::rubric::{AnsweredBy, Question};

/// Strengths that are named.
const STRENGTHS: usize = 3;
/// Marks worth celebrating that are named.
const CELEBRATED: usize = 3;
/// At the least, so many of 100 calls pass what is called a strength.
const STRONG: f64 = 0.8;
/// Calls all of which pass what may be named before there are calls enough for a rate.
const FEW: f64 = 3.0;
/// Missed calls under which nothing is made of a question.
pub const MISSES: f64 = 5.0;
/// At the least, so many of 100 calls miss what is worth working on.
const OFTEN: f64 = 0.1;
/// Like calls of all others that miss what is a matter of the team.
const COMMON: f64 = 0.25;
/// Days after which what was agreed and done may be the next thing again, as any other.
const REST: i64 = 28;
/// Questions among which the one with calls to show is taken.
const CANDIDATES: usize = 3;

/// Why a question is named.
#[derive(Debug, Clone, PartialEq)]
pub enum Because {
    /// An agreement with a coach that is still open: its place in the scope.
    Agreed(usize),
    /// Above or below the others, by more than chance explains: its place among the compared.
    Compared(usize),
    /// Nearly always, in the agent's own calls.
    Own,
    /// Often missed, and by what was counted more often than by the others, though that does not
    /// stand out: its place among the compared.
    Missed(usize),
    /// In all calls, which are too few for a rate.
    AllOfFew,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    pub asked: Asked,
    pub because: Because,
}

#[derive(Debug, Default)]
pub struct Choice {
    pub strengths: Vec<Named>,
    pub celebrated: Vec<Asked>,
    /// The first that there are calls to show of is the one.
    pub work: Vec<Named>,
    /// Agreements with coaches, places in the scope: open ones first, then by day, latest first.
    pub agreements: Vec<usize>,
}

impl Choice {
    pub fn of(scope: &Scope, agent: &Text, facts: &Facts, is_withheld: bool) -> Self {
        let agreements = agreements(scope, agent);
        let mut work: Vec<Named> = agreements
            .iter()
            .filter(|at| is_open(scope, &scope.coaching[**at]))
            .map(|at| {
                let note = &scope.coaching[*at];
                Named {
                    asked: (note.rubric.clone(), note.question.clone()),
                    because: Because::Agreed(*at),
                }
            })
            .take(1)
            .collect();
        if is_withheld {
            return Self {
                work,
                agreements,
                ..Self::default()
            };
        }
        if work.is_empty() {
            work = to_work_on(scope, agent, facts);
        }
        let mut strengths = strengths(scope, agent, facts);
        strengths.retain(|strength| work.iter().all(|work| work.asked != strength.asked));
        strengths.truncate(STRENGTHS);
        let celebrated = facts.shares.iter().filter(|(asked, figure)| {
            let is_celebrated = |q: &Question| q.celebrate && !q.passes_by_no();
            figure.all.total > 0.0 && question(scope, asked).is_some_and(is_celebrated)
        });
        let mut celebrated: Vec<(&Asked, &Figure)> = celebrated.collect();
        celebrated.sort_by(|a, b| b.1.all.total.total_cmp(&a.1.all.total));
        Self {
            strengths,
            celebrated: celebrated
                .into_iter()
                .take(CELEBRATED)
                .map(|(asked, _)| asked.clone())
                .collect(),
            work,
            agreements,
        }
    }

    /// Asks for the calls that show it.
    pub fn search(&self, scope: &Scope, agent: &Text, facts: &Facts, search: &mut Search) {
        let passed = |asked: &Asked| facts.shares.get(asked).is_some_and(|f| f.all.total > 0.0);
        for asked in self
            .strengths
            .iter()
            .map(|named| &named.asked)
            .chain(&self.celebrated)
        {
            search.want(agent, asked, false, passed(asked));
        }
        for named in &self.work {
            let missed = facts.shares.get(&named.asked);
            let missed = missed.is_some_and(|f| f.all.total < f.all.calls);
            search.want(agent, &named.asked, missed, passed(&named.asked));
            if !scope.consent.is_empty() {
                search.want_colleagues(&named.asked);
            }
        }
        for at in &self.agreements {
            let calls = scope.coaching[*at].calls.split(',');
            calls
                .filter(|id| !id.is_empty())
                .for_each(|id| search.want_call(id));
        }
    }

    /// The one thing to work on: the first of the questions that there are calls to show of, or
    /// what was agreed, or what the numbers carry.
    pub fn one_thing(&self, agent: &Text, search: &Search) -> Option<&Named> {
        let shown = |named: &&Named| {
            let found = search.found(agent, &named.asked);
            found.is_some_and(|found| !found.missed.is_empty())
        };
        let stands =
            |named: &&Named| matches!(named.because, Because::Agreed(_) | Because::Compared(_));
        let mut work = self.work.iter();
        work.clone().find(shown).or_else(|| work.find(stands))
    }
}

/// Whether what was agreed waits to be looked at again, on the last day of the report.
pub fn is_open(scope: &Scope, note: &Coaching) -> bool {
    note.action.is_some() && note.done_on.as_ref().is_none_or(|done| *done > scope.to)
}

/// The agreement on a question that was looked at again and done within four weeks of the report's
/// last day: its place in the scope.
pub fn done_lately(scope: &Scope, agent: &Text, asked: &Asked) -> Option<usize> {
    let last: Date = scope.to.parse().ok()?;
    let since = last.saturating_sub(REST.days()).to_string();
    let is_lately = |done: &Text| **done >= *since && *done <= scope.to;
    let about = agreements(scope, agent).into_iter().filter(|at| {
        let note = &scope.coaching[*at];
        note.rubric == asked.0 && note.question == asked.1 && note.action.is_some()
    });
    about
        .filter(|at| scope.coaching[*at].done_on.as_ref().is_some_and(is_lately))
        .max_by_key(|at| &scope.coaching[*at].done_on)
}

/// The comparison that finds an agent above the others, by answers that may stand alone.
pub fn above<'a>(scope: &'a Scope, agent: &'a Text, asked: &Asked) -> Option<&'a AgentCompared> {
    let found = compared(scope, agent).find(|(_, _, of)| of == asked);
    let row = found.map(|(_, row, _)| row);
    row.filter(|row| {
        &*row.flag == "above" && &*row.fit == "automatic" && passing(scope, asked) == "yes"
    })
}

fn agreements(scope: &Scope, agent: &Text) -> Vec<usize> {
    let notes = scope.coaching.iter().enumerate();
    let own = notes.filter(|(_, n)| n.agent == *agent && n.coached_on <= scope.to);
    let mut own: Vec<usize> = own.map(|(at, _)| at).collect();
    own.sort_by_key(|at| {
        let note = &scope.coaching[*at];
        (
            !is_open(scope, note),
            std::cmp::Reverse(note.coached_on.clone()),
            *at,
        )
    });
    own
}

/// A question as it is asked now.
pub fn question<'a>(scope: &'a Scope, asked: &Asked) -> Option<&'a Question> {
    scope
        .question(&asked.0, &asked.1)
        .map(|(_, question)| question)
}

/// The answer that passes.
pub fn passing(scope: &Scope, asked: &Asked) -> &'static str {
    match question(scope, asked).is_some_and(Question::passes_by_no) {
        true => "no",
        false => "yes",
    }
}

/// Whether an agent can be told anything by the automatic answers to a question.
fn is_told(scope: &Scope, asked: &Asked) -> bool {
    let is_fit = fit(scope, asked) != Some("not_fit");
    is_fit
        && scope.question(&asked.0, &asked.1).is_some_and(|(s, q)| {
            q.controllable_by_agent
                && q.answered_by != AnsweredBy::Person
                && !q.celebrate
                && !q.passes_by_no()
                && (q.critical || q.is_scored() && s.weight > 0.0)
        })
}

/// What people found of the automatic answers; `None` where nobody has checked.
fn found_right<'a>(scope: &'a Scope, asked: &Asked) -> Option<&'a Automatic> {
    let meaning = &question(scope, asked)?.meaning;
    scope.calibration.checked(&asked.0, &asked.1, meaning)
}

/// How far automatic answers can be trusted; `None` where nobody has checked.
pub fn fit<'a>(scope: &'a Scope, asked: &Asked) -> Option<&'a str> {
    found_right(scope, asked).map(|row| &*row.fit)
}

/// What was compared of an agent, of questions as they are asked now.
pub fn compared<'a>(
    scope: &'a Scope,
    agent: &'a Text,
) -> impl Iterator<Item = (usize, &'a AgentCompared, Asked)> {
    let rows = scope.calibration.agents.iter().enumerate();
    rows.filter(move |(_, row)| row.agent == *agent)
        .filter_map(|(at, row)| {
            let asked = (row.rubric.clone(), row.question.clone());
            let is_now = question(scope, &asked)?.meaning == *row.meaning;
            is_now.then_some((at, row, asked))
        })
}

/// Differences on questions whose automatic answer is so far fit, the largest first.
fn differing(scope: &Scope, agent: &Text, flag: &str, fit: &str) -> Vec<Named> {
    let mut rows: Vec<_> = compared(scope, agent)
        .filter(|(_, row, asked)| *row.flag == *flag && *row.fit == *fit && is_told(scope, asked))
        .collect();
    let size = |row: &AgentCompared| row.shrunken.or(row.difference).unwrap_or(0.0).abs();
    rows.sort_by(|a, b| size(b.1).total_cmp(&size(a.1)));
    let named = rows.into_iter().map(|(at, _, asked)| Named {
        asked,
        because: Because::Compared(at),
    });
    named.collect()
}

fn strengths(scope: &Scope, agent: &Text, facts: &Facts) -> Vec<Named> {
    let mut named = differing(scope, agent, "above", "automatic");
    // However often it passes: no strength where others do better, be it by chance.
    let percent = |share: f64| (share * 100.0).round();
    let is_less = |row: &AgentCompared| {
        let rates = row.rate.zip(row.expected);
        rates.is_some_and(|(rate, expected)| percent(rate) < percent(expected))
    };
    let below: Vec<Asked> = compared(scope, agent)
        .filter(|(_, row, _)| &*row.flag == "below" || is_less(row))
        .map(|(_, _, asked)| asked)
        .collect();
    let known = facts.shares.iter();
    let known = known.filter(|(asked, _)| {
        is_told(scope, asked)
            && !below.contains(asked)
            && named.iter().all(|above| above.asked != **asked)
    });
    let mut own: Vec<(f64, Named)> = known
        .filter_map(|(asked, figure)| {
            let all = figure.all;
            let (rank, because) = match figure.share(all) {
                Some(share) if share.low >= STRONG => (share.low, Because::Own),
                None if all.calls >= FEW && all.total == all.calls => (0.0, Because::AllOfFew),
                _ => return None,
            };
            Some((
                rank + all.calls / 1e9,
                Named {
                    asked: asked.clone(),
                    because,
                },
            ))
        })
        .collect();
    own.sort_by(|a, b| b.0.total_cmp(&a.0));
    named.extend(own.into_iter().map(|(_, named)| named));
    named
}

fn to_work_on(scope: &Scope, agent: &Text, facts: &Facts) -> Vec<Named> {
    let mut named = differing(scope, agent, "below", "automatic");
    if named.is_empty() {
        named = differing(scope, agent, "below", "hint");
        named.retain(|named| found_right(scope, &named.asked).is_none_or(is_no_mostly_right));
    }
    if named.is_empty() {
        named = missed(scope, agent, facts);
    }
    named.sort_by_key(|named| done_lately(scope, agent, &named.asked).is_some());
    named.truncate(CANDIDATES);
    named
}

/// Whether an automatic *no* is more often right than wrong.
fn is_no_mostly_right(row: &Automatic) -> bool {
    row.npv.is_none_or(|right| right > 0.5)
}

/// Whether more calls are missed than chance explains.
fn is_often_missed(figure: &Figure) -> bool {
    let misses = figure.all.calls - figure.all.total;
    let share = figure.share(figure.all);
    share.is_some_and(|share| misses >= MISSES && 1.0 - share.high >= OFTEN)
}

/// What is often missed, and not more seldom than by the others, by answers that people have
/// checked; the furthest below the others first.
fn missed(scope: &Scope, agent: &Text, facts: &Facts) -> Vec<Named> {
    let mut rows: Vec<(f64, usize, Asked)> = compared(scope, agent)
        .filter(|(_, row, asked)| {
            let is_checked = found_right(scope, asked).is_some_and(|row| {
                matches!(&*row.fit, "automatic" | "hint")
                    && row.npv.is_some()
                    && is_no_mostly_right(row)
            });
            is_checked
                && &*row.flag != "not_enough"
                && row.difference.is_some_and(|d| d < 0.0)
                && is_told(scope, asked)
                && facts.shares.get(asked).is_some_and(is_often_missed)
        })
        .filter_map(|(at, row, asked)| Some((row.shrunken?, at, asked)))
        .filter(|(shrunken, ..)| *shrunken < 0.0)
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let named = rows.into_iter().map(|(_, at, asked)| Named {
        asked,
        because: Because::Missed(at),
    });
    named.collect()
}

/// Whether so many of like calls of all others are a *yes* that missing it is nothing unusual.
pub fn is_common(rate: f64) -> bool {
    1.0 - rate >= COMMON
}

/// The question that all others together miss most often, among those that the agent misses, too.
pub fn missed_by_all<'a>(
    scope: &'a Scope,
    agent: &'a Text,
    facts: &Facts,
) -> Option<(&'a AgentCompared, Asked)> {
    let rows = compared(scope, agent).filter(|(_, row, asked)| {
        matches!(&*row.flag, "no_difference" | "above")
            && row.expected.is_some_and(is_common)
            && is_told(scope, asked)
            && facts.shares.get(asked).is_some_and(is_often_missed)
    });
    let expected = |row: &AgentCompared| row.expected.unwrap_or(1.0);
    let most = rows.min_by(|a, b| expected(a.1).total_cmp(&expected(b.1)));
    most.map(|(_, row, asked)| (row, asked))
}
