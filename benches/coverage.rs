//! How often 95 % intervals of agreement hold the true value: over prevalence, numbers of calls,
//! and raters of different accuracy, two of them and five with gaps; and what the flags say.
//!
//! Each call truly is *yes* or *no* (or a point of a scale), and each rater sees it rightly with a
//! probability of its own. So every pattern of answers has a known probability, and the true
//! coefficient is that of the probabilities: nothing is approximated but the share of sets, whose
//! standard error with 2,000 sets is half a point. Left out: calls that depend on each other, which
//! intervals over calls are not about, and speed.
//!
//!     cargo bench --bench coverage -- [--sets 2000] [--calls 10,20,50,100,200,500,1000]

use callibrate::calibration::agreement::{Coefficient, Prepared, RatingTable, Scale};
use callibrate::calibration::chance::Stream;
use callibrate::calibration::figure::{Caveat, Interval, MIN_PAIRS};
use callibrate::calibration::interval::bootstrap::{Draws, over_patterns};
use callibrate::calibration::interval::{
    MIN_AGREED, MIN_DISAGREEMENTS, MIN_SQUARED, MIN_WEIGHED, agreement_intervals,
};
use rayon::prelude::*;

const SEED: u64 = 20;
const PREVALENCE: [f64; 11] = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98];
const CALLS: [u64; 7] = [10, 20, 50, 100, 200, 500, 1000];
/// Sensitivity and specificity of each rater.
const ACCURACY: [(&str, [(f64, f64); 5]); 3] = [
    (
        "moderate",
        [
            (0.80, 0.85),
            (0.75, 0.90),
            (0.85, 0.80),
            (0.70, 0.90),
            (0.80, 0.80),
        ],
    ),
    (
        "good",
        [
            (0.90, 0.92),
            (0.87, 0.95),
            (0.93, 0.88),
            (0.85, 0.95),
            (0.90, 0.90),
        ],
    ),
    (
        "very good",
        [
            (0.97, 0.98),
            (0.95, 0.99),
            (0.98, 0.97),
            (0.94, 0.99),
            (0.97, 0.97),
        ],
    ),
];
/// With gaps, a rater rates a call with this probability.
const RATED: f64 = 0.65;
/// Promised, in 100 sets.
const LEAST: f64 = 93.0;
const MOST: f64 = 97.0;

fn main() -> Result<(), String> {
    let arguments = Arguments::read()?;
    println!(
        "{} sets in each cell; {} cells of each design\n",
        arguments.sets,
        ACCURACY.len() * PREVALENCE.len() * arguments.calls.len()
    );
    print_grid();
    let mut all = Vec::new();
    for design in Design::ALL {
        let cells = simulate(design, &arguments);
        println!("## {}\n", design.title());
        for (at, which) in design.coefficients().iter().enumerate() {
            print_coverage(*which, at, &cells, &arguments.calls);
        }
        all.push((design, cells));
    }
    print_promise(&all);
    print_flags(&all);
    Ok(())
}

struct Arguments {
    sets: u64,
    calls: Vec<u64>,
}

impl Arguments {
    fn read() -> Result<Self, String> {
        let mut read = Self {
            sets: 2000,
            calls: CALLS.to_vec(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            let number = |n: &str| n.parse().map_err(|_| format!("'{n}' is no number"));
            match argument.as_str() {
                "--sets" => read.sets = number(&value()?)?,
                "--calls" => {
                    read.calls = value()?.split(',').map(number).collect::<Result<_, _>>()?
                }
                // cargo bench adds this one.
                "--bench" => {}
                other => return Err(format!("unknown argument '{other}'")),
            }
        }
        Ok(read)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Design {
    Two,
    FiveWithGaps,
    TwoOnScale,
}

impl Design {
    const ALL: [Design; 3] = [Design::Two, Design::FiveWithGaps, Design::TwoOnScale];

    fn title(self) -> &'static str {
        match self {
            Design::Two => "Two raters, yes or no",
            Design::FiveWithGaps => "Five raters with gaps, yes or no",
            Design::TwoOnScale => "Two raters, scale of five points",
        }
    }

    fn scale(self) -> Scale {
        match self {
            Design::TwoOnScale => Scale::Ordinal,
            _ => Scale::Nominal,
        }
    }

    fn coefficients(self) -> &'static [Coefficient] {
        use Coefficient as C;
        match self {
            Design::Two => &[
                C::PercentAgreement,
                C::CohenKappa,
                C::Ac1,
                C::Alpha,
                C::FleissKappa,
            ],
            Design::FiveWithGaps => &[C::PercentAgreement, C::Ac1, C::Alpha, C::FleissKappa],
            Design::TwoOnScale => &[
                C::CohenKappa,
                C::CohenKappaLinear,
                C::CohenKappaQuadratic,
                C::Ac2Linear,
                C::Ac2Quadratic,
                C::Alpha,
            ],
        }
    }
}

/// All patterns that raters can show, with their probabilities.
struct Model {
    raters: usize,
    categories: Vec<f64>,
    patterns: Vec<Vec<Option<u16>>>,
    probabilities: Vec<f64>,
}

impl Model {
    fn new(design: Design, prevalence: f64, accuracy: &[(f64, f64); 5]) -> Self {
        match design {
            Design::Two => Self::of_answers(prevalence, &accuracy[..2], 1.0),
            Design::FiveWithGaps => Self::of_answers(prevalence, accuracy, RATED),
            Design::TwoOnScale => Self::of_points(prevalence, &accuracy[..2]),
        }
    }

    fn of_answers(prevalence: f64, raters: &[(f64, f64)], rated: f64) -> Self {
        let seen: Vec<Vec<Vec<f64>>> = raters
            .iter()
            .map(|(yes, no)| vec![vec![*no, 1.0 - no], vec![1.0 - yes, *yes]])
            .collect();
        Self::enumerate(&[1.0 - prevalence, prevalence], &seen, rated)
    }

    /// The best of five points has this prevalence and the others an equal share of the rest. A
    /// rater who errs is one point off, twice as often as further.
    fn of_points(prevalence: f64, raters: &[(f64, f64)]) -> Self {
        let mut truth = [(1.0 - prevalence) / 4.0; 5];
        truth[4] = prevalence;
        let seen: Vec<Vec<Vec<f64>>> = raters
            .iter()
            .map(|(right, _)| (0..5).map(|point| near(point, *right)).collect())
            .collect();
        Self::enumerate(&truth, &seen, 1.0)
    }

    /// `seen[r][t][a]` is the probability that rater `r` says `a` of a call that is `t`.
    fn enumerate(truth: &[f64], seen: &[Vec<Vec<f64>>], rated: f64) -> Self {
        let mut rows: Vec<(Vec<Option<u16>>, Vec<f64>)> = vec![(Vec::new(), truth.to_vec())];
        for rater in seen {
            let mut longer = Vec::new();
            for (row, probabilities) in &rows {
                let mut add = |answer: Option<u16>, of: &dyn Fn(usize) -> f64| {
                    let mut row = row.clone();
                    row.push(answer);
                    let p = probabilities.iter().enumerate();
                    longer.push((row, p.map(|(t, p)| p * of(t)).collect()));
                };
                add(None, &|_| 1.0 - rated);
                for answer in (0_u16..).take(truth.len()) {
                    add(Some(answer), &|t| rated * rater[t][usize::from(answer)]);
                }
            }
            rows = longer;
        }
        let rows = rows
            .into_iter()
            .map(|(row, p)| (row, p.iter().sum::<f64>()));
        let (patterns, mut probabilities): (Vec<_>, Vec<f64>) = rows
            .filter(|(row, p)| *p > 0.0 && row.iter().any(Option::is_some))
            .unzip();
        let sum: f64 = probabilities.iter().sum();
        probabilities.iter_mut().for_each(|p| *p /= sum);
        Self {
            raters: seen.len(),
            categories: (0..truth.len()).map(|n| n as f64).collect(),
            patterns,
            probabilities,
        }
    }

    /// The coefficients of so many calls that no more would change them.
    fn truth(&self, scale: Scale) -> [Option<f64>; Coefficient::COUNT] {
        let weights: Vec<f64> = self.probabilities.iter().map(|p| p * 1e12).collect();
        let table = self.table(vec![1; weights.len()]);
        Prepared::new(&table, scale).coefficients(&weights).0
    }

    fn draw(&self, calls: u64, stream: &mut Stream) -> RatingTable {
        let (mut left, mut draws) = (1.0, calls);
        let mut counts: Vec<u64> = Vec::new();
        let last = self.probabilities.len() - 1;
        for (at, p) in self.probabilities.iter().enumerate() {
            let n = match at == last {
                true => draws,
                false => stream.binomial(draws, p / left),
            };
            counts.push(n);
            draws -= n;
            left -= p;
        }
        self.table(counts)
    }

    fn table(&self, counts: Vec<u64>) -> RatingTable {
        let rows = self.patterns.iter().zip(counts).filter(|(_, n)| *n > 0);
        let (patterns, counts) = rows.map(|(row, n)| (row.clone(), n)).unzip();
        RatingTable {
            raters: self.raters,
            categories: self.categories.clone(),
            patterns,
            counts,
        }
    }
}

/// What is said of a call at this point of five.
fn near(point: usize, right: f64) -> Vec<f64> {
    let far = |answer: usize| match answer.abs_diff(point) {
        0 => 0.0,
        1 => 2.0,
        _ => 0.5,
    };
    let sum: f64 = (0..5).map(far).sum();
    (0..5)
        .map(|answer| match answer == point {
            true => right,
            false => (1.0 - right) * far(answer) / sum,
        })
        .collect()
}

/// Sets of one cell and one coefficient.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    sets: u64,
    flagged: u64,
    /// An interval was given, not one that is said to be doubtful, and it held the truth.
    given: u64,
    held: u64,
    /// The same of bare bootstrap intervals, without refusals and replacements.
    bare: u64,
    bare_held: u64,
}

/// What became of one set: of the interval as it is given, and of the bare one, whether it holds
/// the truth.
struct Outcome {
    flagged: bool,
    given: Option<bool>,
    bare: Option<bool>,
}

impl Tally {
    fn add(&mut self, outcome: &Outcome) {
        self.sets += 1;
        self.flagged += u64::from(outcome.flagged);
        self.given += u64::from(outcome.given.is_some());
        self.held += u64::from(outcome.given == Some(true));
        self.bare += u64::from(outcome.bare.is_some());
        self.bare_held += u64::from(outcome.bare == Some(true));
    }

    fn coverage(&self) -> f64 {
        percent(self.held, self.given)
    }

    fn bare_coverage(&self) -> f64 {
        percent(self.bare_held, self.bare)
    }

    /// Most of its sets have no interval, or a doubtful one.
    fn refused(&self) -> bool {
        2 * self.given < self.sets
    }

    /// Most of its sets have a flag of some kind.
    fn flagged(&self) -> bool {
        2 * self.flagged > self.sets
    }

    fn kind(&self) -> Kind {
        let coverage = self.bare_coverage();
        if coverage < LEAST || percent(self.bare, self.sets) < 95.0 {
            Kind::TooFew
        } else if coverage > MOST {
            Kind::TooMany
        } else {
            Kind::Fine
        }
    }
}

/// How often bare intervals hold the truth, against the promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    TooFew,
    Fine,
    TooMany,
}

fn percent(part: u64, of: u64) -> f64 {
    100.0 * part as f64 / (of as f64).max(1.0)
}

struct Cell {
    calls: u64,
    prevalence: f64,
    accuracy: &'static str,
    /// In the order of the design's coefficients.
    tallies: Vec<Tally>,
}

fn simulate(design: Design, arguments: &Arguments) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (accuracy, raters) in &ACCURACY {
        for &calls in &arguments.calls {
            for prevalence in PREVALENCE {
                let model = Model::new(design, prevalence, raters);
                let name = format!("{design:?} {accuracy} {calls} {prevalence}");
                cells.push(Cell {
                    calls,
                    prevalence,
                    accuracy,
                    tallies: cell(design, &model, calls, arguments.sets, &name),
                });
            }
        }
    }
    cells
}

fn cell(design: Design, model: &Model, calls: u64, sets: u64, name: &str) -> Vec<Tally> {
    let truth = model.truth(design.scale());
    let results: Vec<Vec<Outcome>> = (0..sets)
        .into_par_iter()
        .map(|set| {
            let table = model.draw(calls, &mut Stream::new(SEED, name, set));
            outcomes(design, &table, &truth, set)
        })
        .collect();
    let mut tallies = vec![Tally::default(); design.coefficients().len()];
    for result in results {
        for (tally, outcome) in tallies.iter_mut().zip(&result) {
            tally.add(outcome);
        }
    }
    tallies
}

/// Of each coefficient of the design.
fn outcomes(
    design: Design,
    table: &RatingTable,
    truth: &[Option<f64>; Coefficient::COUNT],
    seed: u64,
) -> Vec<Outcome> {
    let given = agreement_intervals(table, design.scale(), seed, "coverage");
    let mut bare = None;
    let one = |which: &Coefficient| {
        let holds = |interval: Option<Interval>| {
            let truth = truth[*which as usize]?;
            interval.map(|i| i.low - 1e-9 <= truth && truth <= i.high + 1e-9)
        };
        let shown = holds(given[*which]);
        let flag = given.flag(*which);
        let doubtful = flag == Some(Caveat::CoverageDoubtful);
        let is_bare = *which == Coefficient::PercentAgreement
            || doubtful
            || matches!(flag, None | Some(Caveat::FewDisagreements));
        Outcome {
            flagged: flag.is_some() || shown.is_none(),
            given: if doubtful { None } else { shown },
            bare: if is_bare {
                shown
            } else {
                let bare = bare.get_or_insert_with(|| bare_intervals(table, design, seed));
                holds(bare[*which as usize])
            },
        }
    };
    design.coefficients().iter().map(one).collect()
}

/// From the same resamples.
fn bare_intervals(
    table: &RatingTable,
    design: Design,
    seed: u64,
) -> [Option<Interval>; Coefficient::COUNT] {
    let table = if table.raters > 2 {
        &table.anonymous()
    } else {
        table
    };
    let prepared = Prepared::new(table, design.scale());
    over_patterns(
        &table.counts,
        Draws::new(seed, "coverage"),
        |weights, to| {
            *to = prepared.coefficients(weights).0;
        },
    )
    .map(Result::ok)
}

fn print_grid() {
    println!("| raters | sensitivity/specificity |\n|---|---|");
    for (name, raters) in ACCURACY {
        let each = raters.map(|(yes, no)| format!("{yes:.2}/{no:.2}"));
        println!("| {name} | {} |", each.join(", "));
    }
    println!(
        "\nTwo raters are the first two. With gaps each rates a call with probability {RATED}. On \
         the scale a rater is right with its sensitivity. Prevalence is the true share of *yes*, \
         or of the best point.\n\n\
         In the tables: of 100 intervals given, so many hold the truth, the lowest and the highest \
         of the three kinds of raters. In brackets: what bare bootstrap intervals would do where \
         there is none to be trusted.\n"
    );
}

/// Lowest and highest coverage of the three accuracies; in brackets, of the bare intervals of
/// those where there is none to be trusted.
fn print_coverage(which: Coefficient, at: usize, cells: &[Cell], calls: &[u64]) {
    println!("`{}`\n", which.as_str());
    let head = PREVALENCE.map(|p| format!("{p}"));
    println!("| calls | {} |", head.join(" | "));
    println!("|---|{}", "---|".repeat(PREVALENCE.len()));
    for n in calls {
        let column = PREVALENCE.map(|prevalence| {
            let here = cells
                .iter()
                .filter(|c| c.calls == *n && c.prevalence == prevalence)
                .map(|c| &c.tallies[at]);
            let (refused, given): (Vec<_>, Vec<_>) = here.partition(|t| t.refused());
            let given: Vec<f64> = given.into_iter().map(Tally::coverage).collect();
            let refused: Vec<f64> = refused.into_iter().map(Tally::bare_coverage).collect();
            let given = ends(&given).map(|(low, high)| format!("{low:.1}–{high:.1}"));
            let refused = ends(&refused).map(|(low, high)| format!("({low:.1}–{high:.1})"));
            let both: Vec<String> = given.into_iter().chain(refused).collect();
            both.join(" ")
        });
        println!("| {n} | {} |", column.join(" | "));
    }
    println!();
}

fn ends(of: &[f64]) -> Option<(f64, f64)> {
    let low = of.iter().copied().reduce(f64::min)?;
    Some((low, of.iter().copied().reduce(f64::max)?))
}

fn print_promise(all: &[(Design, Vec<Cell>)]) {
    println!("## From 100 calls and prevalence 0.2 to 0.8: promised {LEAST} to {MOST} of 100\n");
    println!("| design | coefficient | cells | refused | lowest | mean | highest | outside |");
    println!("|---|---|---|---|---|---|---|---|");
    for (design, cells) in all {
        for (at, which) in design.coefficients().iter().enumerate() {
            let here = cells
                .iter()
                .filter(|c| c.calls >= 100 && (0.2..=0.8).contains(&c.prevalence))
                .map(|c| &c.tallies[at]);
            let given = here.clone().filter(|t| !t.refused());
            let given: Vec<f64> = given.map(Tally::coverage).collect();
            let Some((low, high)) = ends(&given) else {
                continue;
            };
            let outside = given.iter().filter(|c| !(LEAST..=MOST).contains(*c));
            println!(
                "| {} | {} | {} | {} | {low:.1} | {:.1} | {high:.1} | {} |",
                design.title(),
                which.as_str(),
                here.clone().count(),
                here.count() - given.len(),
                given.iter().sum::<f64>() / given.len() as f64,
                outside.count(),
            );
        }
    }
    println!();
}

fn print_flags(all: &[(Design, Vec<Cell>)]) {
    println!(
        "## Flags\n\n\
         Refused are intervals of fewer than {MIN_PAIRS} calls with two ratings, and those that \
         hang on the rarer answer where raters agreed on it fewer than {MIN_AGREED} times. \
         Doubtful are, on a scale, those that weigh disagreements by their size, or its square, \
         with fewer than {MIN_WEIGHED}, or {MIN_SQUARED}, calls that have one. Wider than need be \
         are others with fewer than {MIN_DISAGREEMENTS}. A cell is flagged where most of its sets \
         are. *Too few* are cells of which the bare bootstrap intervals hold the truth in fewer \
         than {LEAST} of 100 sets (or exist in fewer than 95), *too many* in more than {MOST}. \
         *Wrong*: of all sets, in so many of 100 an interval was given without being called \
         doubtful and does not hold the truth, in the worst cell.\n"
    );
    println!(
        "| design | coefficient | too few, flagged | too few, not | fine, flagged | fine, not | too \
         many, flagged | too many, not | lowest given | wrong |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (design, cells) in all {
        for (at, which) in design.coefficients().iter().enumerate() {
            let tallies: Vec<&Tally> = cells.iter().map(|c| &c.tallies[at]).collect();
            let count = |kind: Kind| {
                let alike = tallies.iter().filter(|t| t.kind() == kind);
                let flagged = alike.clone().filter(|t| t.flagged()).count();
                format!("{flagged} | {}", alike.count() - flagged)
            };
            let given = tallies.iter().filter(|t| !t.refused());
            let given: Vec<f64> = given.map(|t| t.coverage()).collect();
            let wrong = tallies.iter().map(|t| percent(t.given - t.held, t.sets));
            println!(
                "| {} | {} | {} | {} | {} | {:.1} | {:.1} |",
                design.title(),
                which.as_str(),
                count(Kind::TooFew),
                count(Kind::Fine),
                count(Kind::TooMany),
                ends(&given).map_or(0.0, |(low, _)| low),
                wrong.fold(0.0, f64::max),
            );
        }
    }
    println!("\nGiven and outside the promise, from 100 calls:\n");
    for (design, cells) in all {
        for (at, which) in design.coefficients().iter().enumerate() {
            for cell in cells.iter().filter(|c| c.calls >= 100) {
                let tally = &cell.tallies[at];
                let coverage = tally.coverage();
                if !tally.refused() && !tally.flagged() && !(LEAST..=MOST).contains(&coverage) {
                    println!(
                        "- {}, {}, {} raters, {} calls, prevalence {}: {coverage:.1}",
                        design.title(),
                        which.as_str(),
                        cell.accuracy,
                        cell.calls,
                        cell.prevalence
                    );
                }
            }
        }
    }
}
