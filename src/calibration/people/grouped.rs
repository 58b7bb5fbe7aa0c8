//! The answers to one question, put together by agent, day and kind of call; and how alike the
//! calls of one agent's day are.

use std::ops::Range;

use super::Answered;

/// Answers of one agent on one day in one cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub agent: usize,
    pub day: usize,
    /// Place in [`Grouped::cells`].
    pub cell: usize,
    pub calls: f64,
    pub passes: f64,
}

/// All answers in one cell of queue and reason.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    pub calls: f64,
    pub passes: f64,
}

impl Cell {
    /// Of a cell with calls.
    pub fn rate(&self) -> f64 {
        self.passes / self.calls
    }
}

/// The answers to one question. Counts are whole, so their order cannot change a sum.
#[derive(Debug, Clone, Default)]
pub(super) struct Grouped {
    /// By agent, day and cell.
    pub rows: Vec<Row>,
    /// By number of the mix; each has calls.
    pub cells: Vec<Cell>,
    /// The rows of each agent, by agent.
    pub agents: Vec<Range<usize>>,
}

impl Grouped {
    pub fn new(answers: &[Answered]) -> Self {
        let mut mixes: Vec<usize> = answers.iter().map(|a| a.mix).collect();
        mixes.sort_unstable();
        mixes.dedup();
        let mut cells = vec![Cell::default(); mixes.len()];
        let mut sorted: Vec<(usize, usize, usize, bool)> = answers
            .iter()
            .map(|a| {
                let cell = mixes.partition_point(|&mix| mix < a.mix);
                (a.agent, a.day, cell, a.pass)
            })
            .collect();
        sorted.sort_unstable();
        let mut rows: Vec<Row> = Vec::new();
        let mut agents: Vec<Range<usize>> = Vec::new();
        for (agent, day, cell, pass) in sorted {
            let passes = f64::from(u8::from(pass));
            cells[cell].calls += 1.0;
            cells[cell].passes += passes;
            let place = rows.len();
            match rows.last_mut() {
                Some(row) if (row.agent, row.day, row.cell) == (agent, day, cell) => {
                    row.calls += 1.0;
                    row.passes += passes;
                    continue;
                }
                Some(row) if row.agent == agent => {}
                _ => agents.push(place..place),
            }
            rows.push(Row {
                agent,
                day,
                cell,
                calls: 1.0,
                passes,
            });
            if let Some(range) = agents.last_mut() {
                range.end = place + 1;
            }
        }
        Self {
            rows,
            cells,
            agents,
        }
    }

    /// The rows of each agent, by agent.
    pub fn by_agent(&self) -> impl Iterator<Item = &[Row]> {
        self.agents.iter().map(|range| &self.rows[range.clone()])
    }

    /// How alike the calls of one agent's day are, over all agents.
    pub fn day_correlation(&self) -> f64 {
        let days: Vec<Days> = self
            .by_agent()
            .map(|rows| Days::new(rows, |row| self.cells[row.cell].rate()))
            .collect();
        day_correlation(&days)
    }
}

/// How an agent's calls spread over days.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Days {
    pub days: usize,
    pub calls: f64,
    /// Σ calls of a day, squared.
    squares: f64,
    /// Variance of the sum of passes as the days show it.
    between: f64,
    /// Variance of the sum of passes if all calls were unlike each other.
    within: f64,
}

impl Days {
    /// From rows of one agent in order of days, and the rate that is expected of each row.
    pub fn new(rows: &[Row], expected: impl Fn(&Row) -> f64) -> Self {
        let calls: f64 = rows.iter().map(|row| row.calls).sum();
        if calls == 0.0 {
            return Self::default();
        }
        let surplus = |row: &Row| row.passes - row.calls * expected(row);
        let own = rows.iter().map(surplus).sum::<f64>() / calls;
        let mut of = Self {
            calls,
            ..Self::default()
        };
        for day in rows.chunk_by(|a, b| a.day == b.day) {
            let size: f64 = day.iter().map(|row| row.calls).sum();
            let sum: f64 = day.iter().map(surplus).sum();
            of.days += 1;
            of.squares += size * size;
            of.between += (sum - size * own).powi(2);
            for row in day {
                let rate = expected(row) + own;
                of.within +=
                    row.passes * (1.0 - rate).powi(2) + (row.calls - row.passes) * rate.powi(2);
            }
        }
        // One mean was taken out of both.
        if of.days > 1 {
            let days = of.days as f64;
            of.between *= days / (days - 1.0);
            of.within *= calls / (calls - 1.0);
        }
        of
    }

    /// How many times the variance of a rate is that of calls unlike each other (Kish 1965),
    /// where calls of one day correlate so.
    pub fn design_effect(&self, correlation: f64) -> f64 {
        match self.calls > 0.0 {
            true => 1.0 + correlation * (self.squares / self.calls - 1.0),
            false => 1.0,
        }
    }

    /// The same as these days alone show it; `None` where they cannot.
    pub fn own_design_effect(&self) -> Option<f64> {
        (self.days > 1 && self.within > 0.0).then(|| self.between / self.within)
    }

    /// Of several agents.
    pub fn sum<'a>(all: impl Iterator<Item = &'a Days>) -> Days {
        all.fold(Days::default(), |sum, days| Days {
            days: sum.days + days.days,
            calls: sum.calls + days.calls,
            squares: sum.squares + days.squares,
            between: sum.between + days.between,
            within: sum.within + days.within,
        })
    }
}

/// Correlation of two calls of one agent's day, beyond what agent and kind of call explain: the
/// moment estimate over all agents, held to 0 to 1.
pub(super) fn day_correlation(days: &[Days]) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    for of in days.iter().filter(|of| of.days > 1) {
        above += of.between - of.within;
        below += of.within * (of.squares / of.calls - 1.0);
    }
    match below > 0.0 {
        true => (above / below).clamp(0.0, 1.0),
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::chance::Stream;

    fn answers(correlated: f64) -> Vec<Answered> {
        let mut chance = Stream::new(5, "days", 0);
        let mut answers = Vec::new();
        for agent in 0..60 {
            for day in 0..20 {
                let copied = chance.happens(0.8);
                for n in 0..5 {
                    let pass = match chance.happens(correlated) {
                        true => copied,
                        false => chance.happens(0.8),
                    };
                    answers.push(Answered {
                        call: answers.len(),
                        agent,
                        day,
                        mix: n % 2,
                        pass,
                    });
                }
            }
        }
        answers
    }

    #[test]
    fn the_correlation_of_a_day_is_found_again() {
        // A call copies its day's toss with chance c, so two calls correlate with c².
        for (copied, correlation) in [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)] {
            let found = Grouped::new(&answers(copied)).day_correlation();
            assert!((found - correlation).abs() < 0.03, "{copied}: {found}");
        }
    }

    #[test]
    fn order_changes_nothing_and_nothing_gives_nothing() {
        let mut one = answers(0.3);
        let grouped = Grouped::new(&one);
        one.reverse();
        assert_eq!(
            grouped.day_correlation().to_bits(),
            Grouped::new(&one).day_correlation().to_bits()
        );
        assert_eq!(Grouped::new(&[]).day_correlation(), 0.0);
        assert_eq!(Days::default().design_effect(0.5), 1.0);
    }
}
