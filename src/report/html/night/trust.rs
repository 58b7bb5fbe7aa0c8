//! How far the automatic answer to a question can be trusted, in words: from what calibration
//! found where people listened to calls that chance had chosen.

use serde::Serialize;

use crate::report::html::scope::Scope;
use crate::report::html::words::{between, grouped, percent};
use crate::report::records::{Answer, Automatic};

/// What may be done with an automatic answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    /// It may stand by itself.
    Stands,
    /// It helps a person who listens.
    Hint,
    NotFit,
    /// People listened to too few calls to say.
    TooFew,
    /// Nobody has listened.
    NotChecked,
}

/// A standing with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Trust {
    pub standing: Standing,
    /// More often wrong than right.
    pub is_wrong: bool,
    pub words: String,
}

pub(super) fn standing(scope: &Scope, rubric: &str, question: &str, meaning: &str) -> Standing {
    let row = scope.calibration.checked(rubric, question, meaning);
    match row.map(|row| &*row.fit) {
        None => Standing::NotChecked,
        Some("automatic") => Standing::Stands,
        Some("hint") => Standing::Hint,
        Some("not_fit") => Standing::NotFit,
        Some(_) => Standing::TooFew,
    }
}

/// How often one of the two answers is right, and how many of those that there are it finds.
struct Right {
    share: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    found: Option<f64>,
    /// Calls with the answer that were checked; a fraction where people were divided.
    checked: f64,
}

impl Right {
    fn of_yes(row: &Automatic) -> Self {
        Self {
            share: row.ppv,
            low: row.ppv_low,
            high: row.ppv_high,
            found: row.sensitivity,
            checked: row.true_yes_said_yes + row.true_no_said_yes,
        }
    }

    fn of_no(row: &Automatic) -> Self {
        Self {
            share: row.npv,
            low: row.npv_low,
            high: row.npv_high,
            found: row.specificity,
            checked: row.true_no_said_no + row.true_yes_said_no,
        }
    }

    /// More often wrong than right, as far as people checked.
    fn is_wrong(&self, row: &Automatic) -> bool {
        // Where too few were checked, the whole range has to say so.
        let right = match &*row.fit {
            "not_known" => self.high,
            _ => self.share,
        };
        right.is_some_and(|right| right < 0.5)
    }

    /// Mostly right, and yet far fewer than there should be.
    fn misses_most(&self) -> bool {
        self.share.is_some_and(|right| right >= 0.8) && self.found.is_some_and(|found| found < 0.5)
    }
}

/// Whether it is *yes* that fails the question.
pub(super) fn fails_by_yes(scope: &Scope, rubric: &str, question: &str) -> bool {
    let known = scope.question(rubric, question);
    known.is_some_and(|(_, known)| known.passes_by_no())
}

/// `no` is what a failed answer is called, such as `“no”`.
pub(super) fn trust(scope: &Scope, rubric: &str, question: &str, meaning: &str, no: &str) -> Trust {
    let standing = standing(scope, rubric, question, meaning);
    let Some(row) = scope.calibration.checked(rubric, question, meaning) else {
        return Trust {
            standing,
            is_wrong: false,
            words: "Nobody has checked this question yet.".to_string(),
        };
    };
    let right = match fails_by_yes(scope, rubric, question) {
        true => Right::of_yes(row),
        false => Right::of_no(row),
    };
    let mut words = match right.share {
        Some(share) => {
            let checked = match right.checked.round() as i64 {
                ..=1 => "1 such answer was checked".to_string(),
                n => format!("{} such answers were checked", grouped(n)),
            };
            let range = match (right.low, right.high) {
                (Some(low), Some(high)) => format!("; {}", between(low, high)),
                _ => String::new(),
            };
            format!(
                "Of 10 answers {no}, {} when people checked ({checked}{range}).",
                right_of_ten(share)
            )
        }
        None => match row.audited {
            1 => format!("1 call was checked; it did not have the answer {no}."),
            n => format!(
                "{} calls were checked; none of them had the answer {no}.",
                grouped(n)
            ),
        },
    };
    let is_wrong = right.is_wrong(row);
    words.push_str(match standing {
        _ if is_wrong => {
            " The automatic answer is more often wrong than right when it says so: do not judge \
             by it."
        }
        Standing::Stands => " The automatic answer may stand.",
        Standing::Hint => " Take it as a hint, and listen before you tell an agent.",
        Standing::NotFit if right.misses_most() => {
            " But it misses most of those that people find: do not rely on how often it counts them \
             until its rule is mended."
        }
        Standing::NotFit => " Do not rely on it until its rule is mended.",
        Standing::TooFew | Standing::NotChecked => {
            " Too few calls were checked to rely on it."
        }
    });
    Trust {
        standing,
        is_wrong,
        words,
    }
}

/// The share that truly fails of the calls that it applies to; `None` where nothing is known of the
/// errors of the automatic answers.
pub(super) fn truly_failed(
    scope: &Scope,
    rubric: &str,
    question: &str,
    meaning: &str,
) -> Option<f64> {
    let row = scope.calibration.true_rate(rubric, question, meaning)?;
    Some(match fails_by_yes(scope, rubric, question) {
        true => row.true_rate?,
        false => 1.0 - row.true_rate?,
    })
}

/// The same in words, beside what is counted.
pub(super) fn true_rate(
    scope: &Scope,
    rubric: &str,
    question: &str,
    meaning: &str,
) -> Option<String> {
    let row = scope.calibration.true_rate(rubric, question, meaning)?;
    let yes = [row.raw_rate?, row.true_rate?];
    let ends = [row.true_rate_low?, row.true_rate_high?];
    let ([raw, share], [low, high]) = match fails_by_yes(scope, rubric, question) {
        true => (yes, ends),
        false => (yes.map(|of| 1.0 - of), [1.0 - ends[1], 1.0 - ends[0]]),
    };
    let few = match row.caveats.is_empty() {
        true => "",
        false => "; few calls were checked, so the truth may lie further off",
    };
    Some(format!(
        "Over all calls so far: the program counts {} as failed, people would find {} of those that \
         it applies to ({}{few}).",
        percent(raw),
        percent(share),
        between(low, high),
    ))
}

/// Why an automatic answer that fails and may not stand by itself may not.
pub(super) fn doubt(scope: &Scope, answer: &Answer) -> Option<&'static str> {
    let (rubric, question, meaning) = (&answer.rubric, &answer.question, &answer.meaning);
    let row = scope.calibration.checked(rubric, question, meaning);
    let right = match &*answer.answer {
        "yes" => Right::of_yes,
        _ => Right::of_no,
    };
    if row.is_some_and(|row| right(row).is_wrong(row)) {
        return Some("such answers to this question are more often wrong than right");
    }
    match standing(scope, rubric, question, meaning) {
        Standing::Stands => None,
        Standing::Hint => Some("answers to this question are a hint only"),
        Standing::NotFit => Some("automatic answers to this question are often wrong"),
        Standing::TooFew => Some("too few answers to this question were checked by people"),
        Standing::NotChecked => Some("nobody has checked this question yet"),
    }
}

fn right_of_ten(share: f64) -> String {
    match (share * 10.0).round() as i64 {
        10 if share >= 1.0 => "all were right".to_string(),
        10 => "nearly all were right".to_string(),
        1 => "about 1 was right".to_string(),
        0 => "hardly any was right".to_string(),
        n => format!("about {n} were right"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::html::night::tests::{answer, blank, scope};
    use crate::report::records::TrueRate;

    pub(in crate::report::html::night) fn automatic(fit: &str, npv: Option<f64>) -> Automatic {
        Automatic {
            rubric: "r".into(),
            question: "q".into(),
            meaning: "m".into(),
            reference: "people".into(),
            audited: 34,
            true_no_said_no: 9.5,
            true_yes_said_no: 2.5,
            npv,
            npv_low: npv.map(|share| share - 0.2),
            npv_high: npv.map(|share| share + 0.1),
            fit: fit.into(),
            ..blank()
        }
    }

    fn passed_by_no() -> crate::rubric::Rubric {
        const FORM: &str = "
rubric: r
version: '2'
title: The form
sections:
- {id: s, title: S, weight: 100, questions: [
    {id: q, text: Was it rude?, answered_by: person, points: {yes: 0, no: 5}}]}
";
        crate::rubric::parse(FORM, "r.yaml").unwrap()
    }

    #[test]
    fn trust_is_told_in_tens_and_never_without_how_many_were_checked() {
        let mut scope = scope();
        let words = |scope: &Scope| trust(scope, "r", "q", "m", "“no”").words;
        assert_eq!(words(&scope), "Nobody has checked this question yet.");
        scope.calibration.automatic = vec![automatic("hint", Some(0.82))];
        assert_eq!(
            words(&scope),
            "Of 10 answers “no”, about 8 were right when people checked (12 such answers were checked; \
             between 62 and 92 %). Take it as a hint, and listen before you tell an agent."
        );
        // No hint is what is wrong more often than right.
        scope.calibration.automatic = vec![automatic("hint", Some(0.34))];
        assert_eq!(
            words(&scope),
            "Of 10 answers “no”, about 3 were right when people checked (12 such answers were checked; \
             between 14 and 44 %). The automatic answer is more often wrong than right when it says \
             so: do not judge by it."
        );
        assert_eq!(
            doubt(&scope, &answer("c", "q", "no")),
            Some("such answers to this question are more often wrong than right")
        );
        // Of too few nothing is known, unless the whole range says it.
        scope.calibration.automatic = vec![automatic("not_known", Some(0.45))];
        assert!(words(&scope).ends_with("Too few calls were checked to rely on it."));
        scope.calibration.automatic = vec![automatic("hint", Some(0.82))];
        // What was agreed speaks first, but not where it says nothing.
        let mut agreed = automatic("not_known", None);
        agreed.reference = "gold".into();
        scope.calibration.automatic.push(agreed);
        assert!(
            words(&scope).starts_with("Of 10 answers"),
            "{}",
            words(&scope)
        );
        scope.calibration.automatic[1].fit = "not_fit".into();
        assert_eq!(
            words(&scope),
            "34 calls were checked; none of them had the answer “no”. Do not rely on it until its \
             rule is mended."
        );
        // What it says is right, and it says it too seldom.
        scope.calibration.automatic = vec![Automatic {
            specificity: Some(0.25),
            ..automatic("not_fit", Some(0.97))
        }];
        assert!(
            words(&scope).ends_with(
                "But it misses most of those that people find: do not rely on how often it counts \
                 them until its rule is mended."
            ),
            "{}",
            words(&scope)
        );
        // Where *no* earns the points, it is *yes* that costs them.
        scope.forms.push(passed_by_no());
        scope.calibration.automatic = vec![Automatic {
            ppv: Some(0.3),
            true_yes_said_yes: 3.0,
            true_no_said_yes: 7.0,
            ..automatic("hint", Some(0.95))
        }];
        let told = trust(&scope, "r", "q", "m", "“yes”");
        assert!(
            told.is_wrong
                && told.words.starts_with(
                    "Of 10 answers “yes”, about 3 were right when people checked (10 such answers"
                ),
            "{told:?}"
        );
        assert!(doubt(&scope, &answer("c", "q", "yes")).is_some_and(|why| why.contains("wrong")));
        scope.calibration.true_rates = vec![TrueRate {
            rubric: "r".into(),
            question: "q".into(),
            meaning: "m".into(),
            raw_rate: Some(0.2),
            true_rate: Some(0.1),
            true_rate_low: Some(0.098),
            true_rate_high: Some(0.102),
            ..blank()
        }];
        assert_eq!(truly_failed(&scope, "r", "q", "m"), Some(0.1));
        assert_eq!(
            true_rate(&scope, "r", "q", "m").unwrap(),
            "Over all calls so far: the program counts 20 % as failed, people would find 10 % of \
             those that it applies to (about 10 %)."
        );
        // Another meaning is another question.
        assert_eq!(standing(&scope, "r", "q", "other"), Standing::NotChecked);
    }
}
