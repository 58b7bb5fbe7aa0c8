//! Simulated periods of 100 agents and 30 questions, their days alike and their cases different:
//! are false flags as rare as promised, are planted differences found, do intervals cover?
//!
//! `cargo bench --bench agents -- [periods] [agents|followed|outcomes|speed]…` prints the tables of
//! `docs/calibration.md`.

use std::time::Instant;

use callibrate::calibration::chance::Stream;
use callibrate::calibration::people::Answered;
use callibrate::calibration::people::agents::{Comparisons, Flag, compare};
use callibrate::calibration::people::followed::{Followed, Note, followed};
use callibrate::calibration::people::form::{Question, examine};
use callibrate::calibration::people::outcomes::{Kind, Outcome, relate};

const QUESTIONS: usize = 30;
const CELLS: usize = 12;

/// One kind of simulated period.
#[derive(Clone, Copy)]
struct Scene {
    name: &'static str,
    agents: usize,
    days: usize,
    calls_a_day: usize,
    /// Share of variance between an agent's days; of every fifth agent four times as much.
    swing: f64,
    uneven: bool,
    /// Share of variance between calls that all questions have in common.
    together: f64,
    /// Standard deviation of true differences between agents.
    between: f64,
    /// Planted: agent 0 loses so much on every question, agent 1 twice as much.
    planted: f64,
    /// Pass rates of the questions run from here to `to`.
    from: f64,
    to: f64,
}

const NONE: Scene = Scene {
    name: "100 calls each",
    agents: 100,
    days: 20,
    calls_a_day: 5,
    swing: 0.05,
    uneven: false,
    together: 0.0,
    between: 0.0,
    planted: 0.0,
    from: 0.5,
    to: 0.98,
};

/// Answers and each agent's true rate less what the others' true rates would give on its calls.
fn period(scene: &Scene, seed: u64) -> (Vec<Vec<Answered>>, Vec<Vec<f64>>) {
    let mut chance = Stream::new(seed, scene.name, 0);
    // Where each agent works: some queues more than others.
    let calls: Vec<(usize, usize, usize)> = (0..scene.agents)
        .flat_map(|agent| {
            let home = chance.below(CELLS);
            let mut calls = Vec::new();
            for day in 0..scene.days {
                let busy = 1 + chance.below(2 * scene.calls_a_day - 1);
                for _ in 0..busy {
                    let mix = match chance.happens(0.6) {
                        true => (home + chance.below(3)) % CELLS,
                        false => chance.below(CELLS),
                    };
                    calls.push((agent, day, mix));
                }
            }
            calls
        })
        .collect();
    // Good and bad calls, and good and bad days, for all questions.
    let of_call: Vec<f64> = calls.iter().map(|_| chance.unit()).collect();
    let of_day: Vec<f64> = (0..scene.agents * scene.days)
        .map(|_| chance.unit())
        .collect();
    let mut questions = Vec::new();
    let mut truths = Vec::new();
    for question in 0..QUESTIONS {
        let share = question as f64 / (QUESTIONS - 1) as f64;
        let rate = scene.from + (scene.to - scene.from) * share;
        // Cells differ by up to a third of what there is to fail.
        let cell: Vec<f64> = (0..CELLS)
            .map(|_| rate + (1.0 - rate) * 0.33 * (2.0 * chance.unit() - 1.0))
            .collect();
        let mut shift: Vec<f64> = (0..scene.agents)
            .map(|_| scene.between * chance.normal())
            .collect();
        if scene.planted > 0.0 {
            shift[0] = -scene.planted;
            shift[1] = -2.0 * scene.planted;
        }
        let mut answers = Vec::with_capacity(calls.len());
        let mut own = vec![[(0.0, 0.0); CELLS]; scene.agents];
        let mut last = (usize::MAX, usize::MAX);
        let mut turn = 0.0;
        for (call, &(agent, day, mix)) in calls.iter().enumerate() {
            let swing = match scene.uneven && agent % 5 == 4 {
                true => (4.0 * scene.swing).min(0.6),
                false => scene.swing,
            };
            let p = (cell[mix] + shift[agent]).clamp(0.0, 1.0);
            if last != (agent, day) {
                last = (agent, day);
                turn = match scene.together > 0.0 {
                    true => of_day[agent * scene.days + day],
                    false => chance.unit(),
                };
            }
            // With chance √swing a call does as its day does; two calls then correlate by swing.
            let pass = if chance.happens(swing.sqrt()) {
                turn < p
            } else if chance.happens(scene.together.sqrt()) {
                of_call[call] < p
            } else {
                chance.happens(p)
            };
            own[agent][mix].0 += 1.0;
            own[agent][mix].1 += p;
            answers.push(Answered {
                call,
                agent,
                day,
                mix,
                pass,
            });
        }
        let mut all = [(0.0, 0.0); CELLS];
        for cells in &own {
            for (all, own) in all.iter_mut().zip(cells) {
                all.0 += own.0;
                all.1 += own.1;
            }
        }
        truths.push(
            own.iter()
                .map(|cells| {
                    let (mut calls, mut surplus) = (0.0, 0.0);
                    for (own, all) in cells.iter().zip(&all) {
                        if own.0 > 0.0 && all.0 > own.0 {
                            calls += own.0;
                            surplus += own.1 - own.0 * (all.1 - own.1) / (all.0 - own.0);
                        }
                    }
                    surplus / calls
                })
                .collect(),
        );
        questions.push(answers);
    }
    (questions, truths)
}

#[derive(Default)]
struct Seen {
    periods: f64,
    with_flags: f64,
    flags: f64,
    false_flags: f64,
    wrong_sign: f64,
    false_share: f64,
    compared: f64,
    small: f64,
    covered: f64,
    shrunken: f64,
    shrunken_covered: f64,
    error: f64,
    shrunken_error: f64,
    planted: [(f64, f64); 2],
}

impl Seen {
    fn add(&mut self, scene: &Scene, found: &Comparisons, truths: &[Vec<f64>]) {
        let (mut flags, mut wrong) = (0.0, 0.0);
        for figure in &found.agents {
            let Some(c) = figure.comparison else { continue };
            let truth = truths[figure.question][figure.agent];
            self.compared += 1.0;
            self.small += f64::from(u8::from(c.p_value <= 1e-3));
            let within = |e: callibrate::calibration::figure::Estimate| {
                let i = e.interval.expect("every difference has one");
                f64::from(u8::from(i.low <= truth && truth <= i.high))
            };
            self.covered += within(c.difference);
            self.error += (c.difference.value - truth).powi(2);
            if let Some(s) = c.shrunken {
                self.shrunken += 1.0;
                self.shrunken_covered += within(s);
                self.shrunken_error += (s.value - truth).powi(2);
            }
            let flagged = matches!(figure.flag, Flag::Above | Flag::Below);
            if flagged {
                flags += 1.0;
                // Without planted or true differences every flag is false.
                let none = scene.between == 0.0 && (scene.planted == 0.0 || figure.agent > 1);
                if none {
                    wrong += 1.0;
                }
                if !none && (figure.flag == Flag::Above) != (truth > 0.0) {
                    self.wrong_sign += 1.0;
                }
            }
            if scene.planted > 0.0 && figure.agent < 2 {
                let planted = &mut self.planted[figure.agent];
                planted.0 += 1.0;
                planted.1 += f64::from(u8::from(figure.flag == Flag::Below));
            }
        }
        self.periods += 1.0;
        self.with_flags += f64::from(u8::from(flags > 0.0));
        self.flags += flags;
        self.false_flags += wrong;
        self.false_share += if flags > 0.0 { wrong / flags } else { 0.0 };
    }
}

fn look(scene: &Scene, periods: u64) -> Seen {
    let mut seen = Seen::default();
    for seed in 0..periods {
        let (questions, truths) = period(scene, seed);
        seen.add(scene, &compare(&questions), &truths);
    }
    seen
}

/// Coachings of agents who did badly, every second of the worst: 60 agents, a call or two a day
/// for eight weeks. `lift` is what the coaching really adds.
fn coached(seed: u64, between: f64, lift: f64) -> Followed {
    let mut chance = Stream::new(seed, "coached", 0);
    let mut questions = Vec::new();
    let mut notes = Vec::new();
    for question in 0..10 {
        let mut answers = Vec::new();
        let mut rates = Vec::new();
        let drift = 0.03 * chance.normal();
        let truth: Vec<(f64, f64)> = (0..60)
            .map(|_| (between * chance.normal(), 0.03 * chance.normal()))
            .collect();
        // The first four weeks of all, then who is coached, then the rest.
        let mut spell = |answers: &mut Vec<Answered>, agent: usize, from: usize, add: f64| {
            let (mut passes, mut calls) = (0.0, 0.0);
            for day in from..from + 28 {
                let day_off = 0.1 * chance.normal();
                for _ in 0..1 + chance.below(2) {
                    let mix = chance.below(4);
                    let p = 0.7 + 0.05 * mix as f64 + truth[agent].0 + day_off + add;
                    let pass = chance.happens(p.clamp(0.0, 1.0));
                    calls += 1.0;
                    passes += f64::from(u8::from(pass));
                    answers.push(Answered {
                        call: answers.len(),
                        agent,
                        day,
                        mix,
                        pass,
                    });
                }
            }
            passes / calls
        };
        for agent in 0..60 {
            rates.push((spell(&mut answers, agent, 0, 0.0), agent));
        }
        rates.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut worst = [false; 60];
        for (_, agent) in rates.iter().take(20).step_by(2) {
            worst[*agent] = true;
            notes.push(Note {
                question,
                agent: *agent,
                day: 28,
            });
        }
        for (agent, worst) in worst.iter().enumerate() {
            let add = drift + truth[agent].1 + if *worst { lift } else { 0.0 };
            spell(&mut answers, agent, 29, add);
        }
        questions.push(answers);
    }
    followed(&questions, &notes)
}

fn followed_tables(periods: u64) {
    use callibrate::calibration::people::followed::Flag;
    println!(
        "\n### What followed coaching ({periods} periods, 10 questions, 100 coachings of every second of the worst third)\n"
    );
    println!(
        "| Agents spread by | coaching adds | change of the coached | beside others | periods with a flagged coaching | coachings flagged as risen | questions flagged as risen | interval covers, coaching | interval covers, question |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (between, lift) in [(0.0, 0.0), (0.05, 0.0), (0.1, 0.0), (0.05, 0.1)] {
        let (mut n, mut change, mut beside, mut rose, mut any) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut covered, mut questions, mut question_rose, mut question_covered) =
            (0.0, 0.0, 0.0, 0.0);
        let within = |e: callibrate::calibration::figure::Estimate| {
            let i = e.interval.expect("every difference has one");
            f64::from(u8::from(i.low <= lift && lift <= i.high))
        };
        for seed in 0..periods {
            let found = coached(seed, between, lift);
            let mut flagged = 0;
            for note in &found.notes {
                let Some(b) = note.beside else { continue };
                n += 1.0;
                change += b.change;
                beside += b.difference.value;
                covered += within(b.difference);
                rose += f64::from(u8::from(note.flag == Flag::RoseMore));
                flagged += usize::from(note.flag != Flag::NoDifference);
            }
            any += f64::from(u8::from(flagged > 0));
            for question in &found.questions {
                if let Some(d) = question.difference {
                    questions += 1.0;
                    question_covered += within(d);
                    question_rose += f64::from(u8::from(question.flag == Flag::RoseMore));
                }
            }
        }
        println!(
            "| {:.0} points | {:.0} points | {:+.1} | {:+.1} | {:.1} % | {:.1} % | {:.1} % | {:.1} % | {:.1} % |",
            100.0 * between,
            100.0 * lift,
            100.0 * change / n,
            100.0 * beside / n,
            100.0 * any / periods as f64,
            100.0 * rose / n,
            100.0 * question_rose / questions,
            100.0 * covered / n,
            100.0 * question_covered / questions,
        );
    }
}

fn outcome_tables(periods: u64) {
    use callibrate::calibration::people::outcomes::Flag;
    println!("\n### Questions and outcomes ({periods} periods, 5,000 calls, 30 questions)\n");
    println!("Agents differ in passing and in what becomes of their calls, and queues in both.\n");
    println!(
        "| Agents | outcome | planted | periods with any flag | flagged | ruled out | interval covers |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (agents, base, planted) in [
        (100, None, 0.0),
        (100, Some(0.5), 0.0),
        (100, Some(0.02), 0.0),
        (20, None, 0.0),
        (20, Some(0.1), 0.0),
        (100, None, 0.3),
        (100, Some(0.3), 0.1),
    ] {
        let (mut any, mut flags, mut ruled, mut covered, mut n) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for seed in 0..periods {
            let mut chance = Stream::new(seed, "outcomes", agents as u64);
            let pleasing: Vec<f64> = (0..agents).map(|_| 0.3 * chance.normal()).collect();
            let calls: Vec<(usize, usize)> = (0..5000)
                .map(|_| {
                    // Few agents have many calls.
                    let agent = chance.below(agents).min(chance.below(agents));
                    (agent, (agent + chance.below(3)) % 4)
                })
                .collect();
            let mut questions = Vec::new();
            for question in 0..QUESTIONS {
                let skill: Vec<f64> = (0..agents).map(|_| 0.1 * chance.normal()).collect();
                let rate = 0.5 + 0.48 * question as f64 / QUESTIONS as f64;
                let answers: Vec<Answered> = calls
                    .iter()
                    .enumerate()
                    .map(|(call, &(agent, mix))| {
                        let p = rate - 0.1 * mix as f64 + skill[agent];
                        Answered {
                            call,
                            agent,
                            day: call % 20,
                            mix,
                            pass: chance.happens(p.clamp(0.0, 1.0)),
                        }
                    })
                    .collect();
                questions.push(answers);
            }
            let values = calls
                .iter()
                .enumerate()
                .map(|(call, &(agent, mix))| {
                    let lift = planted * f64::from(u8::from(questions[0][call].pass));
                    let value = match base {
                        None => 4.0 - 0.3 * mix as f64 + pleasing[agent] + lift + chance.normal(),
                        Some(p) => {
                            let p = p * (1.0 - 0.15 * mix as f64 + pleasing[agent]).max(0.0) + lift;
                            f64::from(u8::from(chance.happens(p.clamp(0.0, 1.0))))
                        }
                    };
                    (call, value)
                })
                .collect();
            let kind = if base.is_none() {
                Kind::Number
            } else {
                Kind::YesNo
            };
            let found = relate(&questions, &[Outcome { kind, values }], &[0, 1, 2, 3]);
            let mut flagged = false;
            for relation in &found {
                // Where one is planted, that one; else all.
                if planted > 0.0 && relation.question > 0 {
                    continue;
                }
                let Some(i) = relation.difference.and_then(|d| d.interval) else {
                    continue;
                };
                n += 1.0;
                covered += f64::from(u8::from(i.low <= planted && planted <= i.high));
                let told = matches!(relation.flag, Flag::Higher | Flag::Lower);
                flagged |= told;
                flags += f64::from(u8::from(told));
                ruled += f64::from(u8::from(relation.flag == Flag::Negligible));
            }
            any += f64::from(u8::from(flagged));
        }
        println!(
            "| {agents} | {} | {planted} | {:.1} % | {:.2} % | {:.0} % | {:.1} % |",
            base.map_or("number, deviation 1".to_owned(), |p| format!(
                "yes in {:.0} %",
                100.0 * p
            )),
            100.0 * any / periods as f64,
            100.0 * flags / n,
            100.0 * ruled / n,
            100.0 * covered / n,
        );
    }
}

/// 100,000 calls, 30 questions, 300 agents.
fn speed() {
    let scene = Scene {
        name: "speed",
        agents: 300,
        days: 22,
        calls_a_day: 15,
        ..NONE
    };
    let (questions, _) = period(&scene, 1);
    let calls = questions[0].len();
    let notes: Vec<Note> = (0..600)
        .map(|n| Note {
            question: n % QUESTIONS,
            agent: n / 2,
            day: 8 + n % 7,
        })
        .collect();
    let outcomes: Vec<Outcome> = (0..5)
        .map(|o| Outcome {
            kind: Kind::YesNo,
            values: (0..calls)
                .map(|call| (call, f64::from(u8::from(call % (7 + o) == 0))))
                .collect(),
        })
        .collect();
    println!(
        "\n### Time: {calls} calls, {QUESTIONS} questions, {} agents\n",
        scene.agents
    );
    println!("| Part | seconds |\n|---|---|");
    let timed =
        |name: &str, start: Instant| println!("| {name} | {:.2} |", start.elapsed().as_secs_f64());
    let start = Instant::now();
    std::hint::black_box(compare(&questions));
    timed("agents", start);
    let start = Instant::now();
    std::hint::black_box(followed(&questions, &notes));
    timed("followed, 600 coachings", start);
    let start = Instant::now();
    let relations = relate(&questions, &outcomes, &[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    timed("outcomes, 5", start);
    let start = Instant::now();
    let form: Vec<Question> = questions
        .iter()
        .map(|answers| Question {
            answers,
            not_applicable: 0,
            abstained: 0,
            worth: 1.0 / 30.0,
        })
        .collect();
    std::hint::black_box(examine(&form, &relations));
    timed("form", start);
}

fn main() {
    let periods: u64 = std::env::args()
        .skip(1)
        .find_map(|a| a.parse().ok())
        .unwrap_or(200);

    let wanted = |table: &str| {
        let named: Vec<String> = std::env::args()
            .skip(1)
            .filter(|a| !a.starts_with('-') && a.parse::<u64>().is_err())
            .collect();
        named.is_empty() || named.iter().any(|name| name == table)
    };
    if wanted("agents") {
        agent_tables(periods);
    }
    if wanted("followed") {
        followed_tables(periods);
    }
    if wanted("outcomes") {
        outcome_tables(periods);
    }
    if wanted("speed") {
        speed();
    }
}

fn agent_tables(periods: u64) {
    println!("### Without true differences ({periods} periods each, {QUESTIONS} questions)\n");
    println!(
        "| Period | with any flag | flags in a period | p ≤ 0.001 | interval covers | shrunken covers |"
    );
    println!("|---|---|---|---|---|---|");
    let scenes = [
        NONE,
        Scene {
            name: "25 calls each",
            days: 5,
            ..NONE
        },
        Scene {
            name: "30 calls each, 20 days",
            calls_a_day: 2,
            days: 20,
            ..NONE
        },
        Scene {
            name: "600 calls each",
            calls_a_day: 30,
            ..NONE
        },
        Scene {
            name: "100 calls each, days alike",
            swing: 0.2,
            ..NONE
        },
        Scene {
            name: "100 calls each, some agents' days alike",
            swing: 0.05,
            uneven: true,
            ..NONE
        },
        Scene {
            name: "100 calls each, passes rare to frequent",
            from: 0.02,
            to: 0.98,
            ..NONE
        },
        Scene {
            name: "100 calls each, bad calls fail many questions",
            together: 0.3,
            ..NONE
        },
        Scene {
            name: "10 agents",
            agents: 10,
            ..NONE
        },
    ];
    for scene in &scenes {
        let periods = if scene.calls_a_day > 10 {
            periods.div_ceil(4)
        } else {
            periods
        };
        let s = look(scene, periods);
        println!(
            "| {} | {:.1} % of {} | {:.3} | {:.3} ‰ | {:.1} % | {:.1} % |",
            scene.name,
            100.0 * s.with_flags / s.periods,
            s.periods,
            s.flags / s.periods,
            1000.0 * s.small / s.compared,
            100.0 * s.covered / s.compared,
            100.0 * s.shrunken_covered / s.shrunken,
        );
    }

    println!("\n### With true differences\n");
    println!(
        "| Period | 10 points below found | 20 points below found | false among flags | wrong direction among flags | interval covers | shrunken covers | error, plain | error, shrunken |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let planted = Scene {
        planted: 0.1,
        to: 0.95,
        ..NONE
    };
    let scenes = [
        Scene {
            name: "100 calls each, two planted",
            ..planted
        },
        Scene {
            name: "300 calls each, two planted",
            calls_a_day: 15,
            ..planted
        },
        Scene {
            name: "600 calls each, two planted",
            calls_a_day: 30,
            ..planted
        },
        Scene {
            name: "100 calls each, agents spread by 5 points",
            between: 0.05,
            to: 0.85,
            ..planted
        },
        Scene {
            name: "10 agents, 100 calls each, two planted",
            agents: 10,
            ..planted
        },
    ];
    for scene in &scenes {
        let s = look(scene, periods.div_ceil(8));
        let found = |n: usize| 100.0 * s.planted[n].1 / s.planted[n].0;
        let none = match scene.between > 0.0 {
            true => "–".to_owned(),
            false => format!("{:.1} %", 100.0 * s.false_share / s.periods),
        };
        println!(
            "| {} | {:.0} % | {:.0} % | {} | {:.2} % | {:.1} % | {:.1} % | {:.1} | {:.1} |",
            scene.name,
            found(0),
            found(1),
            none,
            100.0 * s.wrong_sign / s.flags.max(1.0),
            100.0 * s.covered / s.compared,
            100.0 * s.shrunken_covered / s.shrunken,
            100.0 * (s.error / s.compared).sqrt(),
            100.0 * (s.shrunken_error / s.shrunken).sqrt(),
        );
    }
}
