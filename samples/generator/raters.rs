//! People who rate a random sample of the calls, with known severity: made, as all the rest.
//!
//! Kept simple: a rater hears right or wrong question by question, independently. Halo, fatigue
//! and knowledge of the agent are left out.

use super::chance::Chance;
use super::truth::{self, Answer};
use super::{Call, DAY_MS, centre};

/// A rater as planted.
#[derive(Debug, Clone, Copy)]
pub struct Rater {
    pub id: &'static str,
    /// Added to the log-odds of answering *no*: positive is strict.
    pub severity: f64,
    /// Added to that per week.
    pub drift_per_week: f64,
    /// Share of questions that this rater leaves out.
    pub gaps: f64,
}

/// A strict one, a lenient one, one who gets stricter week by week, one with gaps, and one in the
/// middle.
pub const RATERS: [Rater; 5] = [
    Rater {
        id: "rater-anna",
        severity: 0.0,
        drift_per_week: 0.0,
        gaps: 0.0,
    },
    Rater {
        id: "rater-bert",
        severity: 1.2,
        drift_per_week: 0.0,
        gaps: 0.0,
    },
    Rater {
        id: "rater-cleo",
        severity: -1.2,
        drift_per_week: 0.0,
        gaps: 0.0,
    },
    Rater {
        id: "rater-dora",
        severity: -0.6,
        drift_per_week: 0.25,
        gaps: 0.02,
    },
    Rater {
        id: "rater-emil",
        severity: 0.3,
        drift_per_week: 0.0,
        gaps: 0.25,
    },
];
/// Log-odds of *no* by a rater of severity 0, where the truth is yes and where it is no.
const NO_THOUGH_YES: f64 = -2.6;
const NO_WHEN_NO: f64 = 2.0;
/// Each call is in the audit with this probability, whatever was heard on it.
pub const AUDITED: f64 = 0.25;
/// Rubrics that people rate.
pub const RATED: [&str; 2] = ["service-essentials", "take-your-time"];

/// One rating.
#[derive(Debug, Clone)]
pub struct Rating {
    pub rater: &'static str,
    pub rubric: &'static str,
    pub question: &'static str,
    pub answer: String,
    /// Local day.
    pub rated_on: String,
    pub session: String,
    /// Rated before by the same rater, unknown to them.
    pub hidden_repeat: bool,
}

/// The ratings of a call; none where it is not in the audit.
pub fn ratings(call: &Call) -> Vec<Rating> {
    let mut chance = Chance::new(call.seed, "audit", call.number as u64);
    if !chance.happens(AUDITED) {
        return Vec::new();
    }
    let week = (call.at_ms / (7 * DAY_MS)) as f64;
    let answers = truth::answers(call);
    let rated: Vec<&Answer> = answers
        .iter()
        .filter(|a| RATED.contains(&a.rubric) && a.question != "pace")
        .collect();
    let mut order: Vec<usize> = (0..RATERS.len()).collect();
    chance.shuffle(&mut order);
    let raters = if chance.happens(0.4) { 3 } else { 2 };
    let mut all = Vec::new();
    for &index in &order[..raters] {
        let again = chance.happens(0.1);
        for hidden_repeat in [false, true].into_iter().filter(|h| !h || again) {
            rate(
                &RATERS[index],
                week,
                call,
                &rated,
                hidden_repeat,
                &mut chance,
                &mut all,
            );
        }
    }
    all
}

fn rate(
    rater: &Rater,
    week: f64,
    call: &Call,
    answers: &[&Answer],
    hidden_repeat: bool,
    chance: &mut Chance,
    all: &mut Vec<Rating>,
) {
    let later = chance.between(1, 4) + if hidden_repeat { 7 } else { 0 };
    let rated_on = centre::local_date(call.at_ms + later * DAY_MS);
    for answer in answers {
        if chance.happens(rater.gaps) {
            continue;
        }
        let severity = rater.severity + rater.drift_per_week * week;
        let given = match answer.answer.as_str() {
            "yes" => yes_or_no(!chance.happens(logistic(NO_THOUGH_YES + severity))),
            "no" => yes_or_no(!chance.happens(logistic(NO_WHEN_NO + severity))),
            other => other.to_string(),
        };
        all.push(Rating {
            rater: rater.id,
            rubric: answer.rubric,
            question: answer.question,
            answer: given,
            rated_on: rated_on.clone(),
            session: format!("week-{}", week as i64 + 1),
            hidden_repeat,
        });
    }
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_string()
}

fn logistic(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}
