//! How long calibration takes: 10,000 calls, 30 questions, 5 raters with gaps, 1,000 resamples.
//!
//! `cargo bench --bench calibration [CALLS]`. Beside it, `benches/calibration.py` times Python
//! packages on data of the same shape.

use std::time::Instant;

use callibrate::calibration::agreement::{Coefficient, RatingTable, Scale};
use callibrate::calibration::base::{AutomaticAnswer, Base, CallFacts, Given, Question, Rated};
use callibrate::calibration::chance::Stream;
use callibrate::calibration::compare::{Sheets, compare_answers, compare_scores};
use callibrate::calibration::interval::agreement_intervals;
use callibrate::calibration::ratings::Basis;
use callibrate::calibration::{Extras, calibrate};
use callibrate::rubric;

const QUESTIONS: usize = 30;
const RATERS: usize = 5;

fn main() {
    let calls = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(10_000);
    let base = base(calls);
    println!("{calls} calls, {QUESTIONS} questions, {RATERS} raters and the automatic scorer");
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let alone = alone.expect("one thread can be made");
    timed(
        "as in calibration.py: all raters and 10 pairs of each question, one thread",
        || alone.install(|| base.questions.iter().map(all_and_pairs).sum()),
    );
    let rows = timed("agreement on answers, with intervals", || {
        compare_answers(&base, 1).len()
    });
    println!("  {rows} comparisons");
    timed("agreement on scores, with intervals", || {
        let sheets: Vec<Sheets> = base.forms.iter().map(|f| Sheets::of(&base, f)).collect();
        compare_scores(&base, &sheets, 1).len()
    });
    timed("raters and fair scores", || {
        callibrate::calibration::raters::raters(&base).len()
    });
    let raters = callibrate::calibration::raters::raters(&base);
    timed("control charts", || {
        let charts = |(form, raters): &(usize, _)| {
            callibrate::calibration::charts::charts(&base, *form, Some(raters)).len()
        };
        raters.iter().map(charts).sum()
    });
    timed("the automatic scorer and true rates", || {
        callibrate::calibration::scorer::scorer(&base, &[], 1)
            .automatic
            .len()
    });
    timed("agents, coaching, outcomes and the form", || {
        callibrate::calibration::practice::practice(&base, &[], &[]).len()
    });
    timed("disagreements", || {
        callibrate::calibration::disagreements::disagreements(&base).len()
    });
    let extras = Extras {
        outcomes: &[],
        coaching: &[],
        accuracy: &[],
        seed: 1,
    };
    timed("everything", || calibrate(&base, &extras).answers.len());
}

/// All coefficients with intervals of all raters together and of each two; returns how many.
fn all_and_pairs(question: &Question) -> usize {
    let rows: Vec<Vec<Option<f64>>> = question
        .people_by_call()
        .map(|rated| {
            let mut row = vec![None; RATERS];
            for r in rated {
                row[r.rater - 1] = question
                    .passes(r.given)
                    .map(|pass| f64::from(u8::from(pass)));
            }
            row
        })
        .collect();
    let table = RatingTable::new(&[0.0, 1.0], &rows);
    let mut tables = vec![table.anonymous()];
    for first in 0..RATERS {
        tables.extend((0..first).map(|second| table.pair(first, second)));
    }
    let nominal = |table: &RatingTable| agreement_intervals(table, Scale::Nominal, 1, &question.id);
    let found = tables.iter().map(nominal);
    found
        .map(|intervals| {
            Coefficient::ALL
                .iter()
                .filter(|c| intervals[**c].is_some())
                .count()
        })
        .sum()
}

fn timed(what: &str, work: impl FnOnce() -> usize) -> usize {
    let start = Instant::now();
    let n = work();
    println!("{:>8.2} s  {what}", start.elapsed().as_secs_f64());
    n
}

fn form() -> rubric::Rubric {
    let mut yaml = "rubric: bench\nversion: '1'\ntitle: Bench\nsections:\n".to_string();
    for section in 0..5 {
        yaml += &format!("- id: s{section}\n  title: S\n  weight: 20\n  questions:\n");
        for question in 0..QUESTIONS / 5 {
            let id = section * QUESTIONS / 5 + question;
            yaml += &format!(
                "  - {{id: q{id}, text: Question {id}?, answered_by: both, yes_when: {{said: {{by: agent, any: [word{id}]}}}}}}\n"
            );
        }
    }
    rubric::parse(&yaml, "bench.yaml").expect("the form is right")
}

/// Made ratings: each call has a quality, each question a difficulty, each rater a severity; a
/// tenth of the answers is missing.
fn base(calls: usize) -> Base {
    let rubric = form();
    let mut base = Base::new();
    let (form, version) = base.add_form(&rubric);
    let raters: Vec<usize> = (0..RATERS)
        .map(|r| base.raters.index(&format!("rater-{r}")))
        .collect();
    let names: Vec<(String, String)> = rubric
        .questions()
        .map(|(_, q)| (q.id.clone(), q.meaning.clone()))
        .collect();
    for n in 0..calls {
        let mut chance = Stream::new(1, "bench", n as u64);
        let day = 20_454 + (n * 56 / calls) as i64;
        let call = base.add_call(CallFacts {
            id: format!("c-{n:06}"),
            date: "2026-01-01".to_string(),
            day,
            agent: chance.below(100),
            team: None,
            queue: chance.below(5),
            mix: chance.below(20),
            model: 0,
            heard: Some(chance.unit()),
        });
        base.forms[form].scored.insert(call, (version, Some(80.0)));
        let quality = chance.normal();
        for (q, (id, meaning)) in names.iter().enumerate() {
            let truth = chance.happens(logistic(1.2 + quality + (q as f64 - 15.0) / 10.0));
            let answer = match chance.below(20) {
                0 => "abstain",
                1..3 => {
                    if truth {
                        "no"
                    } else {
                        "yes"
                    }
                }
                _ => {
                    if truth {
                        "yes"
                    } else {
                        "no"
                    }
                }
            };
            let points = match answer {
                "yes" => Some(1.0),
                "no" => Some(0.0),
                _ => None,
            };
            base.add_automatic(
                form,
                call,
                &AutomaticAnswer {
                    question: id,
                    meaning,
                    answer,
                    points,
                    max_points: 1.0,
                },
            );
            for (r, &rater) in raters.iter().enumerate() {
                if chance.happens(0.1) {
                    continue;
                }
                let severity = (r as f64 - 2.0) / 2.0;
                let yes = chance.happens(logistic(if truth { 2.4 } else { -2.0 } - severity));
                let question = &mut base.questions[q];
                let given = Given {
                    answer: question.answers.index(if yes { "yes" } else { "no" }),
                    share: Some(f64::from(u8::from(yes))),
                };
                question.people.push(Rated {
                    call,
                    rater,
                    given,
                    day,
                    basis: Basis::Audio,
                    probability: Some(1.0),
                });
            }
        }
    }
    for n in 0..100 {
        base.agents.index(&format!("agent-{n}"));
    }
    for n in 0..20 {
        base.mixes.index(&format!("mix-{n}"));
        base.queues.index(&format!("queue-{n}"));
    }
    base.models.index("model");
    base
}

fn logistic(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}
