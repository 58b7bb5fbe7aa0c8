//! How well true rates are recovered from a random audit, where the automatic scorer is wrong and
//! where it abstains from the calls that fail more than from those that pass.
//!
//! Calls are made: four queues of different pass rates, a tenth of the calls not applicable, an
//! automatic answer of known error rates. Printed as markdown: bias of the raw rate and of the
//! two-phase rate, and how often its 95 % interval holds the truth; then the same audit with
//! targeted calls put in, to show why they are left out.
//!
//!     cargo bench --bench true_rates -- [--sets N] [--cells]

use std::collections::BTreeSet;

use callibrate::calibration::chance::Stream;
use callibrate::calibration::figure::Estimate;
use callibrate::calibration::truth::two_phase::true_rates;
use callibrate::calibration::truth::{Audited, Auto, Reference, Scored};
use rayon::prelude::*;

const SEED: u64 = 5;
/// Sets of calls per cell of the grid; `--sets` changes it.
const SETS: u64 = 1000;
const SIZES: [(usize, usize); 7] = [
    (400, 50),
    (400, 100),
    (400, 200),
    (2000, 100),
    (2000, 300),
    (10_000, 50),
    (10_000, 500),
];
const PREVALENCES: [f64; 5] = [0.05, 0.2, 0.5, 0.8, 0.95];
/// Sensitivity and specificity.
const SCORERS: [(f64, f64); 4] = [(0.6, 0.98), (0.8, 0.8), (0.9, 0.95), (0.98, 0.6)];
/// Share abstained of the calls that pass, and of those that fail.
const ABSTENTIONS: [(f64, f64); 2] = [(0.0, 0.0), (0.05, 0.3)];
/// Share of calls to which the question does not apply.
const NOT_APPLICABLE: f64 = 0.1;
/// Log odds of a queue's pass rate above those of all.
const QUEUES: [f64; 4] = [-0.6, -0.2, 0.2, 0.6];

/// How chance picks the calls to audit.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Audit {
    /// So many, all alike.
    Equal,
    /// Each by itself: abstained calls most often, not applicable ones least.
    Unequal,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    calls: usize,
    audited: usize,
    prevalence: f64,
    scorer: (f64, f64),
    abstention: (f64, f64),
    audit: Audit,
}

/// Calls, and for each the reference's yes, no, not applicable.
struct Made {
    scored: Vec<Scored>,
    truth: Vec<Auto>,
}

impl Made {
    fn new(cell: &Cell, chance: &mut Stream) -> Self {
        let odds = (cell.prevalence / (1.0 - cell.prevalence)).ln();
        let (sensitivity, specificity) = cell.scorer;
        let mut made = Made {
            scored: Vec::with_capacity(cell.calls),
            truth: Vec::with_capacity(cell.calls),
        };
        for call in 0..cell.calls {
            let queue = chance.below(QUEUES.len());
            let passes = 1.0 / (1.0 + (-odds - QUEUES[queue]).exp());
            let (truth, abstains) = if chance.happens(NOT_APPLICABLE) {
                (Auto::NotApplicable, cell.abstention.1 / 2.0)
            } else if chance.happens(passes) {
                (Auto::Yes, cell.abstention.0)
            } else {
                (Auto::No, cell.abstention.1)
            };
            let automatic = if chance.happens(abstains) {
                Auto::Abstain
            } else {
                match truth {
                    Auto::NotApplicable if chance.happens(0.8) => Auto::NotApplicable,
                    Auto::NotApplicable if chance.happens(0.5) => Auto::Yes,
                    Auto::NotApplicable => Auto::No,
                    _ if chance.happens(0.02) => Auto::NotApplicable,
                    Auto::Yes if chance.happens(sensitivity) => Auto::Yes,
                    Auto::Yes => Auto::No,
                    _ if chance.happens(specificity) => Auto::No,
                    _ => Auto::Yes,
                }
            };
            made.truth.push(truth);
            made.scored.push(Scored {
                call,
                automatic,
                queue,
                agent: 0,
                heard: None,
            });
        }
        made
    }

    fn rate(&self) -> f64 {
        let of = |answer| self.truth.iter().filter(|t| **t == answer).count() as f64;
        of(Auto::Yes) / (of(Auto::Yes) + of(Auto::No))
    }

    fn seen(&self, call: usize, probability: Option<f64>) -> Audited {
        let is = |answer| f64::from(self.truth[call] == answer);
        Audited {
            call,
            yes: is(Auto::Yes),
            no: is(Auto::No),
            not_applicable: is(Auto::NotApplicable),
            probability,
        }
    }

    fn audit(&self, cell: &Cell, chance: &mut Stream) -> Vec<Audited> {
        let calls = self.scored.len();
        let share = cell.audited as f64 / calls as f64;
        if cell.audit == Audit::Equal {
            let mut order: Vec<usize> = (0..calls).collect();
            for at in 0..cell.audited {
                order.swap(at, at + chance.below(calls - at));
            }
            let chosen = &order[..cell.audited];
            return chosen.iter().map(|&c| self.seen(c, Some(share))).collect();
        }
        let wish = |call: &Scored| match call.automatic {
            Auto::Yes => 0.7,
            Auto::No => 1.3,
            Auto::NotApplicable => 0.5,
            Auto::Abstain => 2.0,
        };
        let mean = self.scored.iter().map(wish).sum::<f64>() / calls as f64;
        let mut audited = Vec::new();
        for call in &self.scored {
            let probability = (share * wish(call) / mean).min(1.0);
            if chance.happens(probability) {
                audited.push(self.seen(call.call, Some(probability)));
            }
        }
        audited
    }
}

/// Sums over the sets of a cell.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    sets: f64,
    raw_bias: f64,
    bias: f64,
    covered: f64,
    width: f64,
    doubtful: f64,
}

impl Sums {
    fn add(mut self, other: Sums) -> Sums {
        self.sets += other.sets;
        self.raw_bias += other.raw_bias;
        self.bias += other.bias;
        self.covered += other.covered;
        self.width += other.width;
        self.doubtful += other.doubtful;
        self
    }

    fn one(raw: Option<f64>, pass: Option<Estimate>, truth: f64, doubtful: bool) -> Sums {
        let (Some(raw), Some(pass)) = (raw, pass) else {
            return Sums::default();
        };
        let (low, high) = pass.interval.map_or((0.0, 1.0), |i| (i.low, i.high));
        Sums {
            sets: 1.0,
            raw_bias: raw - truth,
            bias: pass.value - truth,
            covered: f64::from(low <= truth && truth <= high),
            width: high - low,
            doubtful: f64::from(doubtful),
        }
    }

    fn coverage(&self) -> f64 {
        self.covered / self.sets
    }
}

/// Over the sets of a cell, summed in their order so that the sums repeat.
fn measured(sets: u64, one: impl Fn(u64) -> Sums + Sync + Send) -> Sums {
    let each: Vec<Sums> = (0..sets).into_par_iter().map(one).collect();
    each.into_iter().fold(Sums::default(), Sums::add)
}

fn set(cell: &Cell, number: u64) -> Sums {
    let (made, audited) = drawn(cell, number).0;
    told(&made, &audited)
}

/// As [`set`], with as many more calls chosen for coaching, failures four times as readily as
/// others, put in as if chance had chosen all.
fn set_with_targeted(cell: &Cell, number: u64) -> Sums {
    let ((made, mut audited), mut chance) = drawn(cell, number);
    let mut chosen: BTreeSet<usize> = audited.iter().map(|a| a.call).collect();
    let share = cell.audited as f64 / cell.calls as f64;
    while chosen.len() < 2 * cell.audited {
        let call = chance.below(cell.calls);
        let wanted = made.truth[call] == Auto::No || chance.happens(0.25);
        if wanted && chosen.insert(call) {
            audited.push(made.seen(call, Some(share)));
        }
    }
    told(&made, &audited)
}

/// As [`set`], with two people a call as reference, each wrong about one call in ten; the truth is
/// what all people would say on average.
fn set_by_people(cell: &Cell, number: u64) -> Sums {
    const WRONG: f64 = 0.1;
    let ((made, mut audited), mut chance) = drawn(cell, number);
    for call in &mut audited {
        let applies = call.yes + call.no;
        let wrong = if call.yes > 0.0 { WRONG } else { 1.0 - WRONG };
        let no: f64 = [0.5, 0.5]
            .map(|half| half * f64::from(chance.happens(wrong)))
            .iter()
            .sum();
        call.no = applies * no;
        call.yes = applies - call.no;
    }
    let truth = made.rate() * (1.0 - WRONG) + (1.0 - made.rate()) * WRONG;
    let rates = true_rates(&made.scored, &audited, Reference::People);
    Sums::one(rates.raw, rates.pass, truth, !rates.caveats.is_empty())
}

fn drawn(cell: &Cell, number: u64) -> ((Made, Vec<Audited>), Stream) {
    let mut chance = Stream::new(SEED, "true rates", number);
    let made = Made::new(cell, &mut chance);
    let audited = made.audit(cell, &mut chance);
    ((made, audited), chance)
}

fn told(made: &Made, audited: &[Audited]) -> Sums {
    let rates = true_rates(&made.scored, audited, Reference::Gold);
    Sums::one(
        rates.raw,
        rates.pass,
        made.rate(),
        !rates.caveats.is_empty(),
    )
}

fn grid() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (calls, audited) in SIZES {
        for prevalence in PREVALENCES {
            for scorer in SCORERS {
                for abstention in ABSTENTIONS {
                    for audit in [Audit::Equal, Audit::Unequal] {
                        cells.push(Cell {
                            calls,
                            audited,
                            prevalence,
                            scorer,
                            abstention,
                            audit,
                        });
                    }
                }
            }
        }
    }
    cells
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let sets = arguments
        .iter()
        .position(|a| a == "--sets")
        .and_then(|at| arguments.get(at + 1)?.parse().ok())
        .unwrap_or(SETS);
    let cells: Vec<(Cell, Sums)> = grid()
        .into_iter()
        .map(|cell| (cell, measured(sets, |number| set(&cell, number))))
        .collect();
    println!("{sets} sets of calls in each of {} cells\n", cells.len());
    print_sizes(&cells);
    print_scorers(&cells);
    print_flags(&cells);
    print_targeted(sets);
    print_people(sets);
    if arguments.iter().any(|a| a == "--cells") {
        print_cells(&cells);
    }
}

/// Several cells, put together.
struct Group {
    cells: usize,
    raw_bias: (f64, f64),
    /// Furthest from 0.
    bias: f64,
    coverage: (f64, f64, f64),
    width: f64,
    flagged: f64,
}

impl Group {
    fn of(cells: &[(Cell, Sums)], among: impl Fn(&Cell) -> bool) -> Self {
        let sums: Vec<&Sums> = cells
            .iter()
            .filter(|(cell, _)| among(cell))
            .map(|(_, sums)| sums)
            .collect();
        let n = sums.len() as f64;
        let mean = |of: fn(&Sums) -> f64| sums.iter().map(|s| of(s)).sum::<f64>() / n;
        let least = |of: fn(&Sums) -> f64| sums.iter().map(|s| of(s)).fold(f64::MAX, f64::min);
        let most = |of: fn(&Sums) -> f64| sums.iter().map(|s| of(s)).fold(f64::MIN, f64::max);
        let (low, high) = (least(|s| s.bias / s.sets), most(|s| s.bias / s.sets));
        Group {
            cells: sums.len(),
            raw_bias: (
                least(|s| s.raw_bias / s.sets),
                most(|s| s.raw_bias / s.sets),
            ),
            bias: if -low > high { low } else { high },
            coverage: (
                least(Sums::coverage),
                mean(Sums::coverage),
                most(Sums::coverage),
            ),
            width: mean(|s| s.width / s.sets),
            flagged: mean(|s| s.doubtful / s.sets),
        }
    }

    fn row(&self) -> String {
        let (least, mean, most) = self.coverage;
        format!(
            "{} | {:+.3} to {:+.3} | {:+.3} | {:.1} ({:.1} to {:.1}) | {:.3} | {:.0} |",
            self.cells,
            self.raw_bias.0,
            self.raw_bias.1,
            self.bias,
            100.0 * mean,
            100.0 * least,
            100.0 * most,
            self.width,
            100.0 * self.flagged,
        )
    }
}

const HEAD: &str = "cells | raw rate off by | two-phase off by at most | \
                    intervals that hold the truth, % (cells) | mean width | flagged, % |";
const RULE: &str = "---:|---:|---:|---:|---:|---:|";

fn print_sizes(cells: &[(Cell, Sums)]) {
    println!("| calls | audited | true rate | {HEAD}\n|---:|---:|---:|{RULE}");
    for (calls, audited) in SIZES {
        for prevalence in PREVALENCES {
            let group = Group::of(cells, |c| {
                c.calls == calls && c.audited == audited && c.prevalence == prevalence
            });
            println!("| {calls} | {audited} | {prevalence} | {}", group.row());
        }
    }
    println!();
}

fn print_scorers(cells: &[(Cell, Sums)]) {
    println!("| sensitivity, specificity | abstains, pass and fail | audit | {HEAD}");
    println!("|---|---|---|{RULE}");
    for scorer in SCORERS {
        for abstention in ABSTENTIONS {
            for audit in [Audit::Equal, Audit::Unequal] {
                let group = Group::of(cells, |c| {
                    c.scorer == scorer && c.abstention == abstention && c.audit == audit
                });
                let ((se, sp), (pass, fail)) = (scorer, abstention);
                let row = group.row();
                println!("| {se}, {sp} | {pass}, {fail} | {audit:?} | {row}");
            }
        }
    }
    println!();
}

/// Whether the flag falls where coverage is off, and hardly elsewhere.
fn print_flags(cells: &[(Cell, Sums)]) {
    println!("| flagged in | cells | under 93 % | 93 to 97 % | over 97 % | least | most |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (name, flagged) in [("under half of the sets", false), ("half or more", true)] {
        let coverage: Vec<f64> = cells
            .iter()
            .filter(|(_, sums)| (sums.doubtful >= 0.5 * sums.sets) == flagged)
            .map(|(_, sums)| sums.coverage())
            .collect();
        let under = coverage.iter().filter(|c| **c < 0.93).count();
        let over = coverage.iter().filter(|c| **c > 0.97).count();
        println!(
            "| {name} | {} | {under} | {} | {over} | {:.1} | {:.1} |",
            coverage.len(),
            coverage.len() - under - over,
            100.0 * coverage.iter().copied().fold(f64::MAX, f64::min),
            100.0 * coverage.iter().copied().fold(f64::MIN, f64::max),
        );
    }
    println!();
}

/// What became of the rates if calls chosen for coaching were counted as if chance had done it.
fn print_targeted(sets: u64) {
    println!(
        "| true rate | sensitivity, specificity | raw off by | random audit off by | holds, % | \
         with targeted calls off by | holds, % |"
    );
    println!("|---:|---|---:|---:|---:|---:|---:|");
    for prevalence in [0.2, 0.5, 0.8] {
        for scorer in SCORERS {
            let cell = Cell {
                calls: 2000,
                audited: 300,
                prevalence,
                scorer,
                abstention: ABSTENTIONS[1],
                audit: Audit::Equal,
            };
            let random = measured(sets, |number| set(&cell, number));
            let targeted = measured(sets, |number| set_with_targeted(&cell, number));
            println!(
                "| {prevalence} | {}, {} | {:+.3} | {:+.3} | {:.1} | {:+.3} | {:.1} |",
                scorer.0,
                scorer.1,
                random.raw_bias / random.sets,
                random.bias / random.sets,
                100.0 * random.coverage(),
                targeted.bias / targeted.sets,
                100.0 * targeted.coverage(),
            );
        }
    }
    println!();
}

/// Divided and erring people as reference, also where they heard a large part of the calls.
fn print_people(sets: u64) {
    println!("| calls | audited | true rate | off by | holds, % | mean width |");
    println!("|---:|---:|---:|---:|---:|---:|");
    for (calls, audited) in [(400, 200), (2000, 100), (2000, 300)] {
        for prevalence in [0.2, 0.5, 0.8] {
            let cell = Cell {
                calls,
                audited,
                prevalence,
                scorer: (0.8, 0.8),
                abstention: ABSTENTIONS[1],
                audit: Audit::Equal,
            };
            let sums = measured(sets, |number| set_by_people(&cell, number));
            println!(
                "| {calls} | {audited} | {prevalence} | {:+.3} | {:.1} | {:.3} |",
                sums.bias / sums.sets,
                100.0 * sums.coverage(),
                sums.width / sums.sets,
            );
        }
    }
    println!();
}

fn print_cells(cells: &[(Cell, Sums)]) {
    for (cell, sums) in cells {
        println!(
            "| {} | {} | {} | {:?} | {:?} | {:?} | {:+.3} | {:+.4} | {:.3} | {:.3} | {:.2} |",
            cell.calls,
            cell.audited,
            cell.prevalence,
            cell.scorer,
            cell.abstention,
            cell.audit,
            sums.raw_bias / sums.sets,
            sums.bias / sums.sets,
            sums.coverage(),
            sums.width / sums.sets,
            sums.doubtful / sums.sets,
        );
    }
}
