//! People who rate calls, with known severity: made, as all the rest.
//!
//! Each call is in a random audit with a known probability, and is rated by three or four of five
//! people; most audited calls are then talked over, and an answer is agreed for each question,
//! which is the planted truth. Around that stands what calibration must not be taken in by:
//! ratings made after the talk, ratings made with the automatic answer in sight, calls picked
//! because they went badly, repeats that the rater does not know of, and what an agent says of
//! their own calls.
//!
//! Kept simple: a rater hears right or wrong question by question, independently. Halo, fatigue
//! and knowledge of the agent are left out, whether a question applies is never mistaken, and
//! those who read the transcript do as well as those who listen.

use super::chance::Chance;
use super::{Call, DAY_MS, centre, truth};

/// A rater as planted.
#[derive(Debug, Clone, Copy)]
pub struct Rater {
    pub id: &'static str,
    /// Added to the log-odds of answering *no*, in the first week: positive is strict.
    pub severity: f64,
    /// Added to that per week.
    pub drift_per_week: f64,
    /// Share of questions that this rater leaves out.
    pub gaps: f64,
}

impl Rater {
    /// Severity in the week of that moment.
    pub fn severity_at(&self, ms: i64) -> f64 {
        self.severity + self.drift_per_week * centre::week(ms) as f64
    }
}

/// A strict one, a lenient one, one who gets stricter week by week, one with gaps, and one in the
/// middle.
pub const RATERS: [Rater; 5] = [
    Rater {
        id: "anna",
        severity: 0.0,
        drift_per_week: 0.0,
        gaps: 0.0,
    },
    Rater {
        id: "bert",
        severity: 1.2,
        drift_per_week: 0.0,
        gaps: 0.0,
    },
    Rater {
        id: "cleo",
        severity: -1.2,
        drift_per_week: 0.0,
        gaps: 0.0,
    },
    Rater {
        id: "dora",
        severity: -0.6,
        drift_per_week: 0.25,
        gaps: 0.02,
    },
    Rater {
        id: "emil",
        severity: 0.3,
        drift_per_week: 0.0,
        gaps: 0.25,
    },
];
/// The one agent who also rates their own calls, and how (index into [`centre::AGENTS`]).
const SELF_RATING: usize = 5;
const SELF_SEVERITY: f64 = -2.5;
/// Who stands for the answers agreed in the talk.
const AGREED: &str = "agreed";
/// Log-odds of *no* by a rater of severity 0, where the truth is yes and where it is no.
const NO_THOUGH_YES: f64 = -2.6;
const NO_WHEN_NO: f64 = 2.0;
/// Probability that an audited call is talked over and an answer agreed.
const TALKED_OVER: f64 = 0.8;
/// Of those, how many are rated once more after the talk.
const RATED_AFTER: f64 = 0.2;
/// How often who rates after the talk says what was agreed there.
const FOLLOWS_AGREED: f64 = 0.9;
/// How many raters of a call have the automatic answer in sight, and how often they take it over.
const SEES_AUTOMATIC: f64 = 0.08;
const FOLLOWS_AUTOMATIC: f64 = 0.8;
/// Raters come to a call this much later, evenly spread, and when the centre is open next.
const RATED_WITHIN: (i64, i64) = (DAY_MS, 4 * DAY_MS);
/// Share of forms filled in from the transcript instead of the recording.
const FROM_TRANSCRIPT: f64 = 0.2;
/// Share of forms of audited calls that are asked for once more, unknown to the rater.
const REPEATED: f64 = 0.08;
/// Of the calls outside the audit on which so many answers are no, how many are picked for it.
const BAD: usize = 3;
const PICKED: f64 = 0.5;
/// The rubric that people rate.
pub const RATED: &str = "service-essentials";
/// The options of its question with options, best first: only the first earns all points.
const OPTIONS: [&str; 3] = ["announced-and-thanked", "announced", "unannounced"];

/// Each call is in the audit with this probability, whatever was heard on it.
pub fn audited(queue: &str) -> f64 {
    match queue {
        "collections" => 0.7,
        _ => 0.55,
    }
}

/// The planted answer to one question.
#[derive(Debug, Clone)]
pub struct Truth {
    pub question: String,
    pub answer: String,
    /// Said so unusually that a list of phrases is likely to miss it.
    pub unusual: bool,
}

/// A call that may be rated.
pub struct Rateable {
    /// For its own stream of chance.
    pub number: u64,
    pub seed: u64,
    pub call_id: String,
    pub agent: String,
    pub queue: String,
    /// Milliseconds since the first midnight, local time.
    pub at_ms: i64,
    pub answers: Vec<Truth>,
}

impl Rateable {
    pub fn new(call: &Call) -> Self {
        let mut settle = Chance::new(call.seed, "agreed", call.number as u64);
        let answers = truth::agreed(call, &mut settle);
        let answers = answers.into_iter().map(|a| Truth {
            question: a.question.to_string(),
            answer: a.answer,
            unusual: a.wording == "unusual",
        });
        Self {
            number: call.number as u64,
            seed: call.seed,
            call_id: call.meta.call_id.clone(),
            agent: call.meta.agent.clone(),
            queue: call.meta.queue.clone().unwrap_or_default(),
            at_ms: call.at_ms,
            answers: answers.collect(),
        }
    }

    fn goes_badly(&self) -> bool {
        self.answers.iter().filter(|a| a.answer == "no").count() >= BAD
    }
}

/// One rating.
#[derive(Debug, Clone)]
pub struct Rating {
    pub question: String,
    pub rater: String,
    /// `person`, `gold` or `agent`.
    pub kind: &'static str,
    pub answer: String,
    pub session: String,
    pub rated_ms: i64,
    /// `audio` or `transcript`.
    pub basis: &'static str,
    pub saw_automatic: bool,
    /// Chosen at random with this probability; none where the call was picked.
    pub probability: Option<f64>,
    /// Rated before by the same rater, unknown to them.
    pub hidden_repeat: bool,
}

impl Rating {
    /// Made before the talk, the first time, and without the automatic answer in sight.
    pub fn is_blind(&self, all: &[Rating]) -> bool {
        let talk = all.iter().find(|r| r.kind == "gold");
        self.kind == "person"
            && !self.saw_automatic
            && !self.hidden_repeat
            && talk.is_none_or(|talk| self.rated_ms < talk.rated_ms)
    }
}

/// The ratings of a call; none where nobody chose it.
pub fn ratings(call: &Rateable) -> Vec<Rating> {
    let mut chance = Chance::new(call.seed, "audit", call.number);
    let probability = audited(&call.queue);
    let chosen = match chance.happens(probability) {
        true => Some(Some(probability)),
        // What is picked goes badly: the very thing that makes it no sample.
        false => (call.goes_badly() && chance.happens(PICKED)).then_some(None),
    };
    let mut all = Vec::new();
    if let Some(probability) = chosen {
        session(call, probability, &mut chance, &mut all);
    }
    if call.agent == centre::AGENTS[SELF_RATING] {
        let sheet = Sheet {
            rater: &call.agent,
            kind: "agent",
            rated_ms: open(call.at_ms + DAY_MS, &mut chance),
            basis: "audio",
            saw_automatic: false,
            hidden_repeat: false,
            gaps: 0.0,
            severity: SELF_SEVERITY,
            follows: 0.0,
        };
        sheet.fill(call, None, &mut chance, &mut all);
    }
    all
}

/// The ratings of a call by several people, and the talk about it.
fn session(call: &Rateable, probability: Option<f64>, chance: &mut Chance, all: &mut Vec<Rating>) {
    let mut order: Vec<usize> = (0..RATERS.len()).collect();
    chance.shuffle(&mut order);
    let raters = if chance.happens(0.8) { 4 } else { 3 };
    for &index in &order[..raters] {
        let rater = &RATERS[index];
        let later = chance.between(RATED_WITHIN.0, RATED_WITHIN.1);
        let rated_ms = open(call.at_ms + later, chance);
        let saw_automatic = chance.happens(SEES_AUTOMATIC);
        let sheet = Sheet {
            rater: rater.id,
            kind: "person",
            rated_ms,
            basis: match chance.happens(FROM_TRANSCRIPT) {
                true => "transcript",
                false => "audio",
            },
            saw_automatic,
            hidden_repeat: false,
            gaps: rater.gaps,
            severity: rater.severity_at(rated_ms),
            follows: if saw_automatic {
                FOLLOWS_AUTOMATIC
            } else {
                0.0
            },
        };
        let first = all.len();
        sheet.fill(call, probability, chance, all);
        if chance.happens(REPEATED) && probability.is_some() {
            let asked: Vec<String> = all[first..].iter().map(|r| r.question.clone()).collect();
            let rated_ms = open(rated_ms + chance.between(4 * DAY_MS, 6 * DAY_MS), chance);
            let again = Sheet {
                rated_ms,
                saw_automatic: false,
                hidden_repeat: true,
                severity: rater.severity_at(rated_ms),
                follows: 0.0,
                ..sheet
            };
            again.fill(call, probability, chance, all);
            // Only what was answered the first time is put again.
            all.retain(|r| !r.hidden_repeat || r.rater != rater.id || asked.contains(&r.question));
        }
    }
    // What was picked is always talked over: that is what it was picked for.
    if probability.is_some() && !chance.happens(TALKED_OVER) {
        return;
    }
    let talk = Sheet {
        rater: AGREED,
        kind: "gold",
        rated_ms: talk_about(call.at_ms),
        basis: "audio",
        saw_automatic: false,
        hidden_repeat: false,
        gaps: 0.0,
        severity: 0.0,
        follows: 1.0,
    };
    talk.fill(call, probability, chance, all);
    if chance.happens(RATED_AFTER) {
        let rater = &RATERS[order[raters]];
        let rated_ms = talk.rated_ms + chance.between(1_800_000, 2 * 3_600_000);
        let after = Sheet {
            rater: rater.id,
            kind: "person",
            rated_ms: rated_ms / 60_000 * 60_000,
            gaps: rater.gaps,
            severity: rater.severity_at(rated_ms),
            follows: FOLLOWS_AGREED,
            ..talk
        };
        after.fill(call, probability, chance, all);
    }
}

/// The form as one rater fills it in at one time.
struct Sheet<'a> {
    rater: &'a str,
    kind: &'static str,
    rated_ms: i64,
    basis: &'static str,
    saw_automatic: bool,
    hidden_repeat: bool,
    gaps: f64,
    severity: f64,
    /// How often the rater takes over the answer that lies before them.
    follows: f64,
}

impl Sheet<'_> {
    fn fill(
        &self,
        call: &Rateable,
        probability: Option<f64>,
        chance: &mut Chance,
        all: &mut Vec<Rating>,
    ) {
        for truth in &call.answers {
            if chance.happens(self.gaps) {
                continue;
            }
            let own = heard(truth, self.severity, chance);
            let answer = match chance.happens(self.follows) {
                true if self.saw_automatic && truth.unusual => mistaken(&truth.answer).to_string(),
                true => truth.answer.clone(),
                false => own,
            };
            all.push(Rating {
                question: truth.question.clone(),
                rater: self.rater.to_string(),
                kind: self.kind,
                answer,
                session: format!("week-{}", centre::week(call.at_ms) + 1),
                rated_ms: self.rated_ms,
                basis: self.basis,
                saw_automatic: self.saw_automatic,
                probability,
                hidden_repeat: self.hidden_repeat,
            });
        }
    }
}

/// What a rater of that severity answers.
fn heard(truth: &Truth, severity: f64, chance: &mut Chance) -> String {
    let wrong = match passes(&truth.answer) {
        None => return truth.answer.clone(),
        Some(true) => chance.happens(logistic(NO_THOUGH_YES + severity)),
        Some(false) => !chance.happens(logistic(NO_WHEN_NO + severity)),
    };
    let given = if wrong {
        mistaken(&truth.answer)
    } else {
        &truth.answer
    };
    given.to_string()
}

/// Whether the answer earns all points; none where it says that the question does not apply.
pub fn passes(answer: &str) -> Option<bool> {
    match answer {
        "yes" => Some(true),
        "no" => Some(false),
        _ if answer == OPTIONS[0] => Some(true),
        _ if OPTIONS.contains(&answer) => Some(false),
        _ => None,
    }
}

/// The answer that is given for this one by mistake.
fn mistaken(answer: &str) -> &str {
    match answer {
        "yes" => "no",
        "no" => "yes",
        _ if answer == OPTIONS[0] => OPTIONS[1],
        _ if answer == OPTIONS[1] => OPTIONS[0],
        _ if answer == OPTIONS[2] => OPTIONS[1],
        other => other,
    }
}

/// How likely a rater of that severity gives an answer that earns all points; none where the
/// question does not apply.
pub fn pass_rate(answer: &str, severity: f64) -> Option<f64> {
    Some(match passes(answer)? {
        true => 1.0 - logistic(NO_THOUGH_YES + severity),
        false if answer == OPTIONS[2] => 0.0,
        false => 1.0 - logistic(NO_WHEN_NO + severity),
    })
}

/// How likely that rater, rating a call of that moment in the usual time, gives an answer that
/// earns all points; none where the question does not apply.
pub fn usual_pass_rate(rater: &Rater, answer: &str, at_ms: i64) -> Option<f64> {
    const TIMES: i64 = 12;
    let mut chance = Chance::new(0, "usual", 0);
    let rates = (0..TIMES).map(|i| {
        let (soonest, latest) = RATED_WITHIN;
        let later = soonest + (latest - soonest) * (2 * i + 1) / (2 * TIMES);
        pass_rate(answer, rater.severity_at(open(at_ms + later, &mut chance)))
    });
    Some(rates.sum::<Option<f64>>()? / TIMES as f64)
}

/// The moment, if the centre is open then, or the next one; in whole minutes.
fn open(ms: i64, chance: &mut Chance) -> i64 {
    centre::when_open(ms, chance) / 60_000 * 60_000
}

/// The calls of a week are talked over on the Friday two weeks later, at three, when all ratings
/// and repeats are in.
fn talk_about(ms: i64) -> i64 {
    const FRIDAY: i64 = 4;
    ((centre::week(ms) + 2) * 7 + FRIDAY) * DAY_MS + 15 * 3_600_000
}

pub fn logistic(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}
