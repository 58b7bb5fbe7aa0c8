//! What a form's score of a call is, and how far open questions could still move it, in words.

use serde::Serialize;

use super::answers::{differing, fail_of, form_of, id_of, is_of, one_line, sentence, title_of};
use crate::report::html::Site;
use crate::report::html::night::auto_fails::Sure;
use crate::report::html::scope::CallDetail;
use crate::report::records::{Answer, PartScore, Score};
use crate::rubric::Rubric;

#[derive(Debug, Serialize)]
pub(super) struct ScoreView {
    pub title: String,
    pub version: String,
    /// The score, or that there is none.
    pub score: String,
    /// `good`, `bad`, `open` or nothing.
    pub tone: &'static str,
    /// What comes of it: passes, fails, or that it is open.
    pub verdict: Option<String>,
    /// Questions that fail the form, as far as that is sure, and those to listen to.
    pub fails: Vec<Fail>,
    pub remarks: Vec<String>,
    pub parts: Vec<Part>,
}

/// An answer that fails the form.
#[derive(Debug, Serialize)]
pub(super) struct Fail {
    pub question: String,
    pub href: String,
    /// `sure`, `open` or `overruled`.
    pub state: &'static str,
    /// Why it is not sure.
    pub doubts: String,
    /// Whether it earned less than it could.
    pub costs_points: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Part {
    pub name: String,
    pub score: String,
    pub verdict: &'static str,
}

pub(super) fn scores(site: &Site<'_>, detail: &CallDetail) -> Vec<ScoreView> {
    let scores = detail.scores.iter();
    scores.map(|score| view(site, detail, score)).collect()
}

fn view(site: &Site<'_>, detail: &CallDetail, score: &Score) -> ScoreView {
    let form = form_of(site.scope, score);
    let mut view = ScoreView {
        title: title_of(form, score),
        version: score.rubric_version.to_string(),
        score: String::new(),
        tone: "",
        verdict: None,
        fails: Vec::new(),
        remarks: Vec::new(),
        parts: Vec::new(),
    };
    if &*score.status != "scored" {
        view.score = "This form does not apply to the call.".to_string();
        view.remarks
            .extend(score.not_eligible_reason.as_deref().map(sentence));
        return view;
    }
    view.score = in_words(
        score.score,
        score.score_low,
        score.score_high,
        Open::of(detail, score),
    );
    view.fails = fails(site, form, detail, score);
    let all = |state| !view.fails.is_empty() && view.fails.iter().all(|f| f.state == state);
    let has_sure = view.fails.iter().any(|fail| fail.state == "sure");
    if !view.fails.is_empty()
        && !has_sure
        && let Some(both) = either(score, &view.fails)
    {
        view.score = both;
    }
    let words = |text: &str| Some(text.to_string());
    (view.tone, view.verdict) = match score.verdict.as_deref() {
        Some("pass") => ("good", words("It passes.")),
        Some("fail") if all("overruled") => (
            "open",
            words("By the automatic answers it fails; a person answered otherwise."),
        ),
        Some("fail") if !view.fails.is_empty() && !has_sure => (
            "open",
            words("It would fail, but that is not sure. Please listen."),
        ),
        Some("fail") => ("bad", words("It fails.")),
        Some("undetermined") if Open::of(detail, score).is_answered() => (
            "open",
            words(
                "The automatic answers leave open whether it passes; people have answered what was open.",
            ),
        ),
        Some("undetermined") => (
            "open",
            words("Whether it passes is open: somebody has to listen."),
        ),
        _ => ("", None),
    };
    view.remarks = remarks(site, form, detail, score, has_sure);
    let parts = detail
        .parts
        .iter()
        .filter(|part| part.rubric == score.rubric && part.rubric_version == score.rubric_version);
    let critical = critical_fail(site, detail, score);
    view.parts = parts.map(|part| part_view(form, part, critical)).collect();
    view
}

/// The score with and without the rule by which answers that are not sure fail the form. What such
/// an answer costs besides is in both.
fn either(score: &Score, fails: &[Fail]) -> Option<String> {
    let (now, before) = (score.score?, score.score_before_auto_fail?);
    let [with, without] = [points(now), points(before)];
    if before <= now || with == without {
        return None;
    }
    let open = fails.iter().filter(|fail| fail.state == "open").count();
    let count = if open > 0 { open } else { fails.len() };
    let (answers, are_wrong) = match count {
        1 => ("one automatic answer".to_string(), "it is wrong"),
        n => (format!("{n} automatic answers"), "they are wrong"),
    };
    let more = match fails.iter().any(|fail| fail.costs_points) {
        true if open > 0 => format!(", and perhaps more if {are_wrong}"),
        true => ", and perhaps more by what people answered".to_string(),
        false => String::new(),
    };
    let without = format!("Without that rule it is {without}{more}");
    Some(match open {
        0 => format!("Taken back: {answers} made it {with}. {without}"),
        _ => format!("Not sure: {answers} would make it {with}. {without}: please listen"),
    })
}

/// How sure it is that something critical was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CriticalFail {
    Sure,
    NotSure,
    /// People say otherwise.
    Overruled,
}

/// By the automatic answers that fell short, of which the verdict is made.
fn critical_fail(site: &Site<'_>, detail: &CallDetail, score: &Score) -> CriticalFail {
    let short = detail.answers.iter().filter(|answer| {
        is_of(answer, score)
            && &*answer.scorer == "automatic"
            && answer.critical
            && answer
                .points
                .is_some_and(|points| points < answer.max_points)
    });
    let sure: Vec<Sure> = short
        .map(|answer| fail_of(site.scope, detail, answer))
        .collect();
    if sure
        .iter()
        .any(|sure| matches!(sure, Sure::ByPerson | Sure::ByItself))
    {
        CriticalFail::Sure
    } else if !sure.is_empty() && sure.iter().all(|sure| *sure == Sure::Overruled) {
        CriticalFail::Overruled
    } else {
        CriticalFail::NotSure
    }
}

/// Questions that the program left open, and how many of them people have answered.
#[derive(Debug, Clone, Copy)]
struct Open {
    all: i64,
    answered: i64,
}

impl Open {
    fn of(detail: &CallDetail, score: &Score) -> Self {
        let differing = differing(detail, score);
        let open = differing.iter().filter(|a| &*a.answer == "abstain");
        Self {
            all: score.abstained,
            answered: open.count() as i64,
        }
    }

    fn is_answered(self) -> bool {
        self.answered > 0 && self.answered >= self.all
    }
}

/// "82, and between 75 and 90 whatever the 2 open questions turn out to be".
fn in_words(score: Option<f64>, low: Option<f64>, high: Option<f64>, open: Open) -> String {
    let whatever = match (open.all, open.answered) {
        (1, 0) => "whatever the open question turns out to be".to_string(),
        (n, 0) => format!("whatever the {n} open questions turn out to be"),
        (1, _) => "whatever the question turns out to be that the program left open".to_string(),
        (n, _) => format!("whatever the {n} questions turn out to be that the program left open"),
    };
    let open = open.all;
    let (Some(low), Some(high)) = (low, high) else {
        return score.map_or_else(|| "No score".to_string(), points);
    };
    match score {
        Some(score) if open == 0 => points(score),
        // Rounding must not make one of two.
        Some(score) if high - low < 0.05 => format!("{}, {whatever}", points(score)),
        Some(score) => format!(
            "{}, and between {} and {} {whatever}",
            points(score),
            points(low),
            points(high)
        ),
        None if open == 0 => "No score: nothing that counts came up".to_string(),
        None if high - low < 0.05 => format!("No score yet: it can only be {}", points(low)),
        None => format!(
            "No score yet: between {} and {}, {whatever}",
            points(low),
            points(high)
        ),
    }
}

/// Whole points, and tenths where they are needed.
fn points(score: f64) -> String {
    let tenths = (score * 10.0).round() / 10.0;
    format!("{tenths}")
}

fn fails(site: &Site<'_>, form: Option<&Rubric>, detail: &CallDetail, score: &Score) -> Vec<Fail> {
    let ids = score.auto_failed_by.as_deref().unwrap_or_default();
    let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
    let fail = |id: &str| {
        // The score is made of automatic answers.
        let answer = detail.answers.iter().find(|answer| {
            is_of(answer, score) && *answer.question == *id && &*answer.scorer == "automatic"
        });
        let question = form.and_then(|form| form.questions().find(|(_, q)| q.id == id));
        let (state, doubts) = match answer.map(|answer| fail_of(site.scope, detail, answer)) {
            Some(Sure::ByPerson | Sure::ByItself) => ("sure", String::new()),
            Some(Sure::Overruled) => ("overruled", String::new()),
            Some(Sure::No(doubts)) => ("open", doubts.join("; ")),
            None => ("open", "its answer is not at hand".to_string()),
        };
        Fail {
            question: question.map_or_else(|| id.to_string(), |(_, q)| one_line(&q.text)),
            href: format!("#{}", id_of(&score.rubric, id)),
            state,
            doubts,
            costs_points: answer
                .and_then(|answer| Some(answer.points? < answer.max_points))
                .unwrap_or(false),
        }
    };
    ids.map(fail).collect()
}

fn remarks(
    site: &Site<'_>,
    form: Option<&Rubric>,
    detail: &CallDetail,
    score: &Score,
    is_sure_fail: bool,
) -> Vec<String> {
    let mut remarks = Vec::new();
    // Where it is not sure, the score itself is told with and without.
    if let (Some(now), Some(before)) = (score.score, score.score_before_auto_fail)
        && is_sure_fail
        && before > now
        && points(before) != points(now)
    {
        remarks.push(format!("It would be {} without that.", points(before)));
    }
    // A band without the fail is known to nobody.
    if let Some(band) = &score.band
        && (score.auto_failed_by.is_none() || is_sure_fail)
    {
        remarks.push(format!("This score is in the band “{band}”."));
    }
    if let Some(pass_at) = form.and_then(|form| form.pass_at) {
        remarks.push(format!("A call passes from {} on.", points(pass_at)));
    }
    let is_open = |answer: &Answer| {
        is_of(answer, score)
            && &*answer.scorer == "automatic"
            && answer.critical
            && &*answer.answer == "abstain"
    };
    match score.critical_verdict.as_deref() {
        Some("pass") if detail.answers.iter().any(is_open) => remarks.push(
            "All that is critical was done or did not apply, whatever is still open.".to_string(),
        ),
        Some("pass") => remarks.push("All that is critical was done.".to_string()),
        Some("fail") => remarks.push(
            match critical_fail(site, detail, score) {
                CriticalFail::Sure => "Something critical was not done.",
                CriticalFail::NotSure => {
                    "Something critical may not have been done, but that is not sure: please listen."
                }
                CriticalFail::Overruled => {
                    "By the automatic answers something critical was not done; a person answered otherwise."
                }
            }
            .to_string(),
        ),
        Some("undetermined") if Open::of(detail, score).is_answered() => remarks.push(
            "The automatic answers leave open whether all that is critical was done.".to_string(),
        ),
        Some("undetermined") => {
            remarks.push("Whether all that is critical was done is open.".to_string());
        }
        _ => {}
    }
    let differs = |own: Option<f64>| match (own, score.score) {
        (Some(own), Some(all)) => (own - all).abs() >= 0.05,
        _ => own.is_some(),
    };
    if differs(score.agent_score) {
        remarks.push(format!(
            "Without what no agent could have helped: {}.",
            in_words(
                score.agent_score,
                score.agent_score_low,
                score.agent_score_high,
                Open::of(detail, score)
            )
        ));
    }
    let open = match Open::of(detail, score).answered {
        0 => String::new(),
        n => format!(" ({n} left open by the program)"),
    };
    match differing(detail, score).len() {
        0 => {}
        1 => remarks.push(format!(
            "The score counts automatic answers; a person answered 1 question otherwise{open}."
        )),
        n => remarks.push(format!(
            "The score counts automatic answers; people answered {n} questions otherwise{open}."
        )),
    }
    remarks
}

fn part_view(form: Option<&Rubric>, part: &PartScore, critical: CriticalFail) -> Part {
    let section = form.and_then(|form| form.sections.iter().find(|s| s.id == *part.part));
    let name = match (&*part.part_kind, &*part.part) {
        ("section", id) => section.map_or_else(|| id.to_string(), |s| one_line(&s.title)),
        ("critical", _) => "All critical questions".to_string(),
        (_, "business") => "What serves the business".to_string(),
        (_, "customer") => "What serves the customer".to_string(),
        (_, "compliance") => "What the rules ask for".to_string(),
        (_, id) => id.to_string(),
    };
    let score = match (part.score, part.score_low, part.score_high) {
        (Some(score), Some(low), Some(high)) if high - low >= 0.05 => {
            format!(
                "{} (between {} and {})",
                points(score),
                points(low),
                points(high)
            )
        }
        (Some(score), ..) => points(score),
        (None, Some(low), Some(high)) if high - low < 0.05 => {
            format!("open ({} if it applies)", points(low))
        }
        (None, Some(low), Some(high)) => {
            format!("open (between {} and {})", points(low), points(high))
        }
        (None, ..) => "does not apply".to_string(),
    };
    Part {
        name,
        score,
        verdict: match part.verdict.as_deref() {
            Some("pass") => "passes",
            Some("fail") if &*part.part_kind == "critical" && critical != CriticalFail::Sure => {
                "fails, but that is not sure"
            }
            Some("fail") => "fails",
            Some("undetermined") => "open",
            _ => "",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_says_how_far_it_could_move() {
        let said = |score, low, high, all| {
            let open = Open { all, answered: 0 };
            in_words(score, Some(low), Some(high), open)
        };
        assert_eq!(
            said(Some(82.0), 75.0, 90.0, 2),
            "82, and between 75 and 90 whatever the 2 open questions turn out to be"
        );
        assert_eq!(
            said(Some(50.0), 0.0, 100.0, 1),
            "50, and between 0 and 100 whatever the open question turns out to be"
        );
        assert_eq!(said(Some(66.666_667), 66.666_667, 66.666_667, 0), "66.7");
        // What is open costs nothing.
        assert_eq!(
            said(Some(82.0), 82.0, 82.0, 1),
            "82, whatever the open question turns out to be"
        );
        assert_eq!(
            said(None, 100.0, 100.0, 1),
            "No score yet: it can only be 100"
        );
        assert_eq!(
            said(None, 0.0, 100.0, 3),
            "No score yet: between 0 and 100, whatever the 3 open questions turn out to be"
        );
        assert_eq!(
            said(None, 0.0, 0.0, 0),
            "No score: nothing that counts came up"
        );
        let open = Open {
            all: 0,
            answered: 0,
        };
        assert_eq!(in_words(None, None, None, open), "No score");
    }
}
