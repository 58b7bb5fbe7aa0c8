//! What followed a coaching: an agent's pass rate on the coached question before and after, and
//! the same of agents who started like it and were not coached.
//!
//! Who is coached is picked for a bad spell, and bad spells end by themselves (regression to the
//! mean). So the change alone says nothing. It stands beside that of the agents whose rate before
//! was nearest, on calls of the same kinds and in the same days; what distance is left between the
//! starting rates is taken out by how changes depend on starts among all others (Abadie and Imbens
//! 2011). Only the difference is judged. The others' own ups and downs are part of the interval.
//!
//! The words are "followed", never "caused": nobody drew lots for who is coached.
//!
//! Left out on purpose: teams (the nearest starting rate says more than a shared leader), coaching
//! on several questions at once (each is looked at alone), and effects beyond the window. Where
//! coaches know more of an agent than its rate before, that is not made up for.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::Answered;
use super::grouped::{Days, Grouped, Row};
use super::tails::{t_p_value, t95};
use crate::calibration::fdr::{FALSE_FLAGS, benjamini_hochberg};
use crate::calibration::figure::{Estimate, Interval, Method};

/// Days before, and days after the day of coaching, that are compared. Another coaching of the
/// same agent on the same question cuts them short.
pub const WINDOW_DAYS: usize = 28;
/// Calls of an agent under which a window has no rate.
pub const MIN_CALLS: usize = 10;
/// Comparable agents under which there is no comparison.
pub const MIN_COMPARABLE: usize = 5;
/// As many of the nearest agents are taken.
pub const MOST_COMPARABLE: usize = 10;
/// An agent is comparable if its starting rate, beside that of the same kinds of calls, differs
/// by no more than this share.
pub const NEAR: f64 = 0.1;
/// Coached agents under which a question has no figure of its own.
pub const MIN_COACHED: usize = 5;

/// Calls at the rate of all that join an agent's own where a variance is asked for.
const PRIOR_CALLS: f64 = 4.0;

/// An agent was coached on a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Place of the question.
    pub question: usize,
    pub agent: usize,
    /// Numbered as in [`Answered`].
    pub day: usize,
}

/// How the change beside a coaching differs from that of comparable agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    RoseMore,
    FellMore,
    NoDifference,
    NotEnough,
}

impl Flag {
    pub fn as_str(self) -> &'static str {
        match self {
            Flag::RoseMore => "rose_more",
            Flag::FellMore => "fell_more",
            Flag::NoDifference => "no_difference",
            Flag::NotEnough => "not_enough",
        }
    }
}

/// What followed all coachings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Followed {
    /// By question, agent and day. A note that is there twice counts once.
    pub notes: Vec<NoteFigure>,
    /// One for each question with notes, in order.
    pub questions: Vec<QuestionFigure>,
}

/// Answers in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    pub calls: usize,
    pub passes: usize,
    pub days: usize,
}

/// What followed one coaching.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoteFigure {
    pub note: Note,
    /// All answers, also those on kinds of calls that nobody comparable had.
    pub before: Window,
    pub after: Window,
    pub missing: Missing,
    pub beside: Option<Beside>,
    pub flag: Flag,
}

/// What is missing for a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// Comparable calls before, to [`MIN_CALLS`].
    pub calls_before: usize,
    pub calls_after: usize,
    /// Agents, to [`MIN_COMPARABLE`].
    pub comparable: usize,
}

/// The coached agent's change beside that of comparable agents. Changes are of rates less what
/// such calls pass in both windows together, so that other calls after than before do not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beside {
    pub change: f64,
    pub comparable: usize,
    /// Mean change of the comparable agents, as if they had started where this one did.
    pub comparable_change: f64,
    /// `change` less `comparable_change`. Interval: Student's, from how much the changes of the
    /// others scatter, and no less than the calls of their days do.
    pub difference: Estimate,
    pub p_value: f64,
    /// Adjusted over all notes with a comparison.
    pub adjusted_p: f64,
}

/// What followed the coachings on one question, taken together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuestionFigure {
    pub question: usize,
    /// Notes with a comparison.
    pub notes: usize,
    /// Agents of these notes.
    pub agents: usize,
    /// Agents that are missing to [`MIN_COACHED`].
    pub missing: usize,
    /// Mean difference over notes; its clusters are agents, coached or comparable.
    pub difference: Option<Estimate>,
    pub p_value: Option<f64>,
    /// Adjusted over all questions with a figure.
    pub adjusted_p: Option<f64>,
    pub flag: Flag,
}

/// Looks at what followed each coaching. Notes on questions that there are none of are left out.
/// Neither order changes anything.
pub fn followed(questions: &[Vec<Answered>], notes: &[Note]) -> Followed {
    let mut by_question: BTreeMap<usize, Vec<Note>> = BTreeMap::new();
    for note in notes.iter().filter(|note| note.question < questions.len()) {
        by_question.entry(note.question).or_default().push(*note);
    }
    let found: Vec<(QuestionFigure, Vec<NoteFigure>)> = by_question
        .into_iter()
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(question, mut notes)| {
            notes.sort_unstable();
            notes.dedup();
            one_question(question, &Grouped::new(&questions[question]), &notes)
        })
        .collect();
    let mut all = Followed::default();
    for (question, notes) in found {
        all.questions.push(question);
        all.notes.extend(notes);
    }
    judge_notes(&mut all.notes);
    judge_questions(&mut all.questions);
    all
}

fn judge_notes(notes: &mut [NoteFigure]) {
    let mut compared: Vec<(&mut Beside, &mut Flag)> = notes
        .iter_mut()
        .filter_map(|note| Some((note.beside.as_mut()?, &mut note.flag)))
        .collect();
    let p: Vec<f64> = compared.iter().map(|(beside, _)| beside.p_value).collect();
    for ((beside, word), adjusted) in compared.iter_mut().zip(benjamini_hochberg(&p)) {
        beside.adjusted_p = adjusted;
        **word = flag(&beside.difference, adjusted);
    }
}

fn judge_questions(questions: &mut [QuestionFigure]) {
    let p: Vec<f64> = questions.iter().filter_map(|q| q.p_value).collect();
    let mut adjusted = benjamini_hochberg(&p).into_iter();
    for question in questions {
        if let Some(difference) = question.difference
            && question.p_value.is_some()
            && let Some(adjusted) = adjusted.next()
        {
            question.adjusted_p = Some(adjusted);
            question.flag = flag(&difference, adjusted);
        }
    }
}

fn flag(difference: &Estimate, adjusted_p: f64) -> Flag {
    if adjusted_p > FALSE_FLAGS {
        Flag::NoDifference
    } else if difference.value > 0.0 {
        Flag::RoseMore
    } else {
        Flag::FellMore
    }
}

/// One agent's rates beside what such calls pass, in both windows.
#[derive(Debug, Clone, Copy)]
struct Change {
    agent: usize,
    start: f64,
    change: f64,
    /// Of the rate before, by chance.
    start_variance: f64,
    /// Of the rate after, by chance.
    variance: f64,
}

/// How changes depend on starting rates among those who were not coached: a straight line by
/// least squares.
struct Line {
    slope: f64,
    /// Of changes around it, and no less than chance gives the rates after.
    variance: f64,
    /// Mean variance of the rates after by chance.
    by_chance: f64,
    /// Variance of the slope is `variance` times this.
    per_square: f64,
    df: f64,
}

impl Line {
    /// From at least [`MIN_COMPARABLE`] agents.
    fn new(changes: &[Change]) -> Self {
        let n = changes.len() as f64;
        let mean = |of: fn(&Change) -> f64| changes.iter().map(of).sum::<f64>() / n;
        let (start, change) = (mean(|c| c.start), mean(|c| c.change));
        let squares: f64 = changes.iter().map(|c| (c.start - start).powi(2)).sum();
        let products = changes
            .iter()
            .map(|c| (c.start - start) * (c.change - change));
        // Where all started alike there is nothing to take out.
        let (slope, per_square) = match squares > 1e-9 {
            true => (products.sum::<f64>() / squares, 1.0 / squares),
            false => (0.0, 0.0),
        };
        let around = |c: &Change| (c.change - change - slope * (c.start - start)).powi(2);
        let by_chance = mean(|c| c.variance);
        let df = n - 2.0;
        Self {
            slope,
            variance: (changes.iter().map(around).sum::<f64>() / df).max(by_chance),
            by_chance,
            per_square,
            df,
        }
    }
}

/// The parts of a note's comparison that a question's figure is made of.
struct Parts {
    coached: usize,
    difference: f64,
    variance: f64,
    /// Each comparable agent, and its change less the mean of them.
    others: Vec<(usize, f64)>,
}

fn one_question(
    question: usize,
    grouped: &Grouped,
    notes: &[Note],
) -> (QuestionFigure, Vec<NoteFigure>) {
    let correlation = grouped.day_correlation();
    let (figures, parts): (Vec<NoteFigure>, Vec<Option<Parts>>) = notes
        .iter()
        .map(|note| one_note(grouped, correlation, notes, *note))
        .unzip();
    let parts: Vec<Parts> = parts.into_iter().flatten().collect();
    (together(question, &parts), figures)
}

/// The windows of a note: up to the agent's coachings on the same question before and after.
fn windows(notes: &[Note], note: Note) -> (Range<usize>, Range<usize>) {
    let same = || {
        notes
            .iter()
            .filter(|n| n.agent == note.agent)
            .map(|n| n.day)
    };
    let last = same().filter(|day| *day < note.day).max();
    let next = same().filter(|day| *day > note.day).min();
    let from = note.day.saturating_sub(WINDOW_DAYS);
    let to = note.day + WINDOW_DAYS;
    let from = last.map_or(from, |day| from.max(day + 1));
    let to = next.map_or(to, |day| to.min(day - 1));
    (from..note.day, note.day + 1..to + 1)
}

fn within<'a>(rows: &'a [Row], days: &Range<usize>) -> &'a [Row] {
    let from = rows.partition_point(|row| row.day < days.start);
    let to = rows.partition_point(|row| row.day < days.end);
    &rows[from..to.max(from)]
}

fn one_note(
    grouped: &Grouped,
    correlation: f64,
    notes: &[Note],
    note: Note,
) -> (NoteFigure, Option<Parts>) {
    let (before, after) = windows(notes, note);
    let spell = before.start..after.end;
    let own: &[Row] = grouped
        .by_agent()
        .find(|rows| rows[0].agent == note.agent)
        .unwrap_or(&[]);
    let others: Vec<&[Row]> = grouped
        .by_agent()
        .filter(|rows| {
            let coached = |n: &Note| n.agent == rows[0].agent && spell.contains(&n.day);
            !notes.iter().any(coached)
        })
        .filter(|rows| {
            let enough = |days| calls(within(rows, days)) >= MIN_CALLS as f64;
            enough(&before) && enough(&after)
        })
        .collect();

    // What each kind of call passes among the others, over both windows.
    let mut cells = vec![(0.0, 0.0); grouped.cells.len()];
    let (mut all_calls, mut all_passes) = (0.0, 0.0);
    for rows in &others {
        for row in within(rows, &before).iter().chain(within(rows, &after)) {
            cells[row.cell].0 += row.calls;
            cells[row.cell].1 += row.passes;
            all_calls += row.calls;
            all_passes += row.passes;
        }
    }
    // Never quite 0 or 1: where all pass, chance could still have let one fail.
    let typical = (all_passes + 0.5) / (all_calls + 1.0);
    let expected = |row: &Row| cells[row.cell].1 / cells[row.cell].0;
    // Without others, others are what is missing, not calls.
    let comparable = |days| -> Vec<Row> {
        let rows = within(own, days).iter();
        rows.filter(|row| others.is_empty() || cells[row.cell].0 > 0.0)
            .copied()
            .collect()
    };
    let (own_before, own_after) = (comparable(&before), comparable(&after));
    let look = |before: &[Row], after: &[Row]| {
        let (start, start_variance) = surplus(before, expected, typical, correlation);
        let (end, variance) = surplus(after, expected, typical, correlation);
        Change {
            agent: before[0].agent,
            start,
            change: end - start,
            start_variance,
            variance,
        }
    };

    let mut missing = Missing {
        calls_before: MIN_CALLS.saturating_sub(calls(&own_before) as usize),
        calls_after: MIN_CALLS.saturating_sub(calls(&own_after) as usize),
        comparable: MIN_COMPARABLE.saturating_sub(others.len()),
    };
    let mut figure = NoteFigure {
        note,
        before: window(within(own, &before)),
        after: window(within(own, &after)),
        missing,
        beside: None,
        flag: Flag::NotEnough,
    };
    if missing != Missing::default() {
        return (figure, None);
    }
    let coached = look(&own_before, &own_after);
    let changes: Vec<Change> = others
        .iter()
        .map(|rows| look(within(rows, &before), within(rows, &after)))
        .collect();
    let near = nearest(changes.clone(), coached.start);
    missing.comparable = MIN_COMPARABLE.saturating_sub(near.len());
    figure.missing = missing;
    if missing.comparable > 0 {
        return (figure, None);
    }

    let line = Line::new(&changes);
    let n = near.len() as f64;
    let mean = |of: fn(&Change) -> f64| near.iter().map(of).sum::<f64>() / n;
    let (start, change) = (mean(|c| c.start), mean(|c| c.change));
    let from_there = |c: &Change| c.change + line.slope * (coached.start - c.start);
    let comparable_change = change + line.slope * (coached.start - start);
    // The coached agent's own scatter, the scatter of the mean of the others, and that of the
    // slope; more where calls are fewer or rates nearer to one half than among all. Where no line
    // is known, the start is chance too.
    let start_variance = match line.per_square > 0.0 {
        true => 0.0,
        false => coached.start_variance,
    };
    let own = ((coached.variance + start_variance) / line.by_chance).max(1.0);
    let of_mean = (mean(|c| c.variance) / line.by_chance).max(1.0) / n;
    let off = (coached.start - start).powi(2) * line.per_square;
    let variance = line.variance * (own + of_mean + off);
    let value = coached.change - comparable_change;
    let error = variance.sqrt();
    let t = value / error;
    figure.beside = Some(Beside {
        change: coached.change,
        comparable: near.len(),
        comparable_change,
        difference: estimate(value, error, line.df),
        p_value: t_p_value(t, line.df),
        adjusted_p: 1.0,
    });
    figure.flag = Flag::NoDifference;
    let parts = Parts {
        coached: note.agent,
        difference: value,
        variance,
        others: near
            .iter()
            .map(|c| (c.agent, from_there(c) - comparable_change))
            .collect(),
    };
    (figure, Some(parts))
}

fn calls(rows: &[Row]) -> f64 {
    rows.iter().map(|row| row.calls).sum()
}

fn window(rows: &[Row]) -> Window {
    Window {
        calls: calls(rows) as usize,
        passes: rows.iter().map(|row| row.passes).sum::<f64>() as usize,
        days: rows.chunk_by(|a, b| a.day == b.day).count(),
    }
}

/// The nearest starters, and those as near as the last of them.
fn nearest(mut changes: Vec<Change>, start: f64) -> Vec<Change> {
    let far = |c: &Change| (c.start - start).abs();
    // A hair more, here and below, so that rounding does not choose among equals.
    changes.retain(|c| far(c) <= NEAR + 1e-9);
    let mut distances: Vec<f64> = changes.iter().map(far).collect();
    distances.sort_by(f64::total_cmp);
    if let Some(last) = distances.get(MOST_COMPARABLE - 1) {
        changes.retain(|c| far(c) <= last + 1e-9);
    }
    changes
}

/// Rate less what is expected, and its variance by chance.
fn surplus(
    rows: &[Row],
    expected: impl Fn(&Row) -> f64,
    typical: f64,
    correlation: f64,
) -> (f64, f64) {
    let calls = calls(rows);
    let passes: f64 = rows.iter().map(|row| row.passes).sum();
    let like: f64 = rows.iter().map(|row| row.calls * expected(row)).sum();
    let effect = Days::new(rows, &expected).design_effect(correlation);
    let rate = (passes + PRIOR_CALLS * typical) / (calls + PRIOR_CALLS);
    (
        (passes - like) / calls,
        effect * rate * (1.0 - rate) / calls,
    )
}

fn estimate(value: f64, error: f64, df: f64) -> Estimate {
    let half = t95(df) * error;
    // Each of two changes is between -1 and 1.
    Estimate {
        value,
        interval: Some(Interval {
            low: (value - half).max(-2.0),
            high: (value + half).min(2.0),
            method: Method::Clustered,
        }),
    }
}

/// The mean over notes. An agent may be coached more than once, and be beside several others:
/// all that it adds counts as one (Cameron and Miller 2015), and never less than the notes' own
/// variances say.
fn together(question: usize, parts: &[Parts]) -> QuestionFigure {
    let mut coached: Vec<usize> = parts.iter().map(|p| p.coached).collect();
    coached.sort_unstable();
    coached.dedup();
    let mut figure = QuestionFigure {
        question,
        notes: parts.len(),
        agents: coached.len(),
        missing: MIN_COACHED.saturating_sub(coached.len()),
        difference: None,
        p_value: None,
        adjusted_p: None,
        flag: Flag::NotEnough,
    };
    if figure.missing > 0 {
        return figure;
    }
    let n = parts.len() as f64;
    let mean = parts.iter().map(|p| p.difference).sum::<f64>() / n;
    let mut by_agent: BTreeMap<usize, f64> = BTreeMap::new();
    for part in parts {
        *by_agent.entry(part.coached).or_default() += part.difference - mean;
        for (agent, change) in &part.others {
            *by_agent.entry(*agent).or_default() -= change / part.others.len() as f64;
        }
    }
    let agents = coached.len() as f64;
    let squares: f64 = by_agent.values().map(|sum| sum * sum).sum();
    let least: f64 = parts.iter().map(|p| p.variance).sum();
    let error = (squares * agents / (agents - 1.0)).max(least).sqrt() / n;
    let t = if error > 0.0 { mean / error } else { 0.0 };
    figure.difference = Some(estimate(mean, error, agents - 1.0));
    figure.p_value = Some(t_p_value(t, agents - 1.0));
    figure.flag = Flag::NoDifference;
    figure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::chance::Stream;

    /// Calls of one agent, one a day from `day` on; the first `passes` of them pass.
    fn add(answers: &mut Vec<Answered>, agent: usize, day: usize, calls: usize, passes: usize) {
        for n in 0..calls {
            answers.push(Answered {
                call: answers.len(),
                agent,
                day: day + n,
                mix: 0,
                pass: n < passes,
            });
        }
    }

    fn note(agent: usize, day: usize) -> Note {
        Note {
            question: 0,
            agent,
            day,
        }
    }

    #[test]
    fn the_change_stands_beside_that_of_agents_who_started_alike() {
        let mut answers = Vec::new();
        for agent in 0..8 {
            add(&mut answers, agent, 1, 20, 8);
            add(
                &mut answers,
                agent,
                30,
                20,
                if agent == 0 { 18 } else { 10 },
            );
        }
        // Far better from the start: not comparable, whatever came after.
        for agent in 8..12 {
            add(&mut answers, agent, 1, 20, 18);
            add(&mut answers, agent, 30, 20, 2);
        }
        let found = followed(&[answers], &[note(0, 29), note(0, 29)]);
        assert_eq!(found.notes.len(), 1);
        let figure = found.notes[0];
        assert_eq!((figure.before.passes, figure.before.calls), (8, 20));
        assert_eq!((figure.after.passes, figure.after.days), (18, 20));
        let beside = figure.beside.expect("there is enough");
        assert_eq!(beside.comparable, 7);
        assert!((beside.change - 0.5).abs() < 1e-9);
        assert!((beside.comparable_change - 0.1).abs() < 1e-9);
        assert!((beside.difference.value - 0.4).abs() < 1e-9);
        assert_eq!(figure.flag, Flag::RoseMore);
        // One agent is no figure for the question.
        assert_eq!(found.questions[0].missing, MIN_COACHED - 1);
        assert_eq!(found.questions[0].flag, Flag::NotEnough);
    }

    #[test]
    fn what_is_missing_is_said() {
        let mut answers = Vec::new();
        for agent in 0..4 {
            add(&mut answers, agent, 0, 25, 10);
            add(&mut answers, agent, 26, 25, 10);
        }
        add(&mut answers, 4, 22, 3, 1);
        let questions = [answers];
        // Three others; then few calls; then none; then a question that is not there.
        let beyond = Note {
            question: 4,
            ..note(0, 25)
        };
        let found = followed(&questions, &[note(0, 25), note(4, 25), note(9, 0), beyond]);
        let missing: Vec<Missing> = found.notes.iter().map(|n| n.missing).collect();
        assert_eq!(missing[0].comparable, 2);
        assert_eq!((missing[1].calls_before, missing[1].calls_after), (7, 10));
        assert_eq!((missing[2].calls_before, missing[2].calls_after), (10, 10));
        // Alone, an agent lacks others, not calls.
        let alone: Vec<Answered> = questions[0]
            .iter()
            .filter(|a| a.agent == 0)
            .copied()
            .collect();
        let alone = followed(&[alone], &[note(0, 25)]).notes[0].missing;
        assert_eq!((alone.calls_before, alone.comparable), (0, 5));
        assert!(
            found
                .notes
                .iter()
                .all(|n| n.flag == Flag::NotEnough && n.beside.is_none())
        );
        assert_eq!(followed(&[], &[]), Followed::default());
    }

    #[test]
    fn where_all_others_pass_there_is_still_chance() {
        let mut answers = Vec::new();
        for agent in 0..8 {
            let fails = usize::from(agent == 0);
            add(&mut answers, agent, 0, 20, 20 - fails);
            add(&mut answers, agent, 29, 20, 20);
        }
        let found = followed(&[answers], &[note(0, 28)]);
        let beside = found.notes[0].beside.expect("there is enough");
        assert_eq!(found.notes[0].flag, Flag::NoDifference);
        let interval = beside.difference.interval.expect("always");
        assert!(interval.low < 0.0 && beside.p_value > 0.05, "{beside:?}");
    }

    #[test]
    fn another_coaching_cuts_the_windows() {
        let notes = [note(0, 50), note(0, 60), note(1, 55)];
        assert_eq!(windows(&notes, notes[0]), (22..50, 51..60));
        assert_eq!(windows(&notes, notes[1]), (51..60, 61..89));
        assert_eq!(windows(&notes, notes[2]), (27..55, 56..84));
        assert_eq!(windows(&[note(0, 0)], note(0, 0)), (0..0, 1..29));
    }

    #[test]
    fn order_and_names_change_nothing() {
        let mut chance = Stream::new(9, "names", 0);
        let answers: Vec<Answered> = (0..4000)
            .map(|call| Answered {
                call,
                agent: chance.below(30),
                day: chance.below(56),
                mix: chance.below(3),
                pass: chance.happens(0.8),
            })
            .collect();
        let notes: Vec<Note> = (0..8).map(|n| note(n, 20 + 2 * n)).collect();
        let found = followed(std::slice::from_ref(&answers), &notes);
        assert!(found.notes.iter().filter(|n| n.beside.is_some()).count() > 5);
        let (mut turned, mut turned_notes) = (answers.clone(), notes.clone());
        turned.reverse();
        turned_notes.reverse();
        assert_eq!(found, followed(&[turned], &turned_notes));
        let renamed = answers.iter().map(|a| Answered {
            agent: 90 - a.agent,
            mix: 5 - a.mix,
            ..*a
        });
        let notes: Vec<Note> = notes.iter().map(|n| note(90 - n.agent, n.day)).collect();
        let renamed = followed(&[renamed.collect()], &notes);
        for (a, b) in found.notes.iter().zip(renamed.notes.iter().rev()) {
            assert_eq!((a.before, a.after, a.flag), (b.before, b.after, b.flag));
            let (Some(a), Some(b)) = (a.beside, b.beside) else {
                assert_eq!(a.beside, b.beside);
                continue;
            };
            assert!((a.difference.value - b.difference.value).abs() < 1e-9);
            assert!((a.p_value - b.p_value).abs() < 1e-6);
        }
    }

    #[test]
    fn a_bad_spell_that_ends_by_itself_is_not_an_effect() {
        // All alike at 70 %; those who did worst are coached, and nothing is changed by it.
        let (mut raw, mut beside, mut flags, mut notes_seen) = (0.0, 0.0, 0, 0);
        for seed in 0..10 {
            let mut chance = Stream::new(seed, "spell", 0);
            let mut answers = Vec::new();
            let mut passed = vec![0; 80];
            for (agent, passed) in passed.iter_mut().enumerate() {
                for day in (0..28).chain(29..57) {
                    let pass = chance.happens(0.7);
                    *passed += usize::from(pass && day < 28);
                    answers.push(Answered {
                        call: answers.len(),
                        agent,
                        day,
                        mix: 0,
                        pass,
                    });
                }
            }
            // Every second of the worst, so that others like them are left.
            let mut worst: Vec<usize> = (0..80).collect();
            worst.sort_by_key(|agent| (passed[*agent], *agent));
            let notes: Vec<Note> = worst
                .iter()
                .take(24)
                .step_by(2)
                .map(|a| note(*a, 28))
                .collect();
            let found = followed(&[answers], &notes);
            for b in found.notes.iter().filter_map(|n| n.beside) {
                raw += b.change;
                beside += b.difference.value;
                notes_seen += 1;
            }
            flags += found
                .notes
                .iter()
                .filter(|n| n.flag == Flag::RoseMore)
                .count();
            flags += found
                .questions
                .iter()
                .filter(|q| q.flag == Flag::RoseMore)
                .count();
        }
        let n = f64::from(notes_seen);
        assert!(n > 100.0 && raw / n > 0.08, "{}", raw / n);
        assert!((beside / n).abs() < 0.02, "{}", beside / n);
        assert_eq!(flags, 0);
    }
}
