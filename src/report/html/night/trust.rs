//! How far the automatic answer to a question can be trusted, in words: from what calibration
//! found where people listened to calls that chance had chosen.

use serde::Serialize;

use crate::report::html::scope::Scope;
use crate::report::html::words::{grouped, percent};
use crate::report::records::Automatic;

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

/// Whether answers that fail are more often wrong than right, as far as people checked.
fn is_wrong(row: &Automatic) -> bool {
    // Where too few were checked, the whole range has to say so.
    let right = match &*row.fit {
        "not_known" => row.npv_high,
        _ => row.npv,
    };
    right.is_some_and(|right| right < 0.5)
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
    let checked = match row.audited {
        1 => "1 call was checked".to_string(),
        n => format!("{} calls were checked", grouped(n)),
    };
    let mut words = match row.npv {
        Some(right) => {
            let range = match (row.npv_low, row.npv_high) {
                (Some(low), Some(high)) => {
                    format!("; between {} and {}", bare(low), percent(high))
                }
                _ => String::new(),
            };
            format!(
                "Of 10 answers {no}, {} when people checked ({checked}{range}).",
                right_of_ten(right)
            )
        }
        None => format!("{}; none of them had the answer {no}.", capital(&checked)),
    };
    let is_wrong = is_wrong(row);
    words.push_str(match standing {
        _ if is_wrong => {
            " The automatic answer is more often wrong than right when it says so: do not judge \
             by it."
        }
        Standing::Stands => " The automatic answer may stand.",
        Standing::Hint => " Take it as a hint, and listen before you tell an agent.",
        Standing::NotFit => " Do not rely on it until its rule is mended.",
        Standing::TooFew | Standing::NotChecked => " That is too few to rely on it.",
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
    Some(1.0 - row.true_rate?)
}

/// The same in words, beside what is counted.
pub(super) fn true_rate(
    scope: &Scope,
    rubric: &str,
    question: &str,
    meaning: &str,
) -> Option<String> {
    let row = scope.calibration.true_rate(rubric, question, meaning)?;
    let (raw, share) = (row.raw_rate?, row.true_rate?);
    let (low, high) = (row.true_rate_low?, row.true_rate_high?);
    let few = match row.caveats.is_empty() {
        true => "",
        false => "; few calls were checked, so the truth may lie further off",
    };
    Some(format!(
        "So far {} are counted as failed; of the calls that it applies to, truly {} are (between {} \
         and {}{few}).",
        percent(1.0 - raw),
        percent(1.0 - share),
        bare(1.0 - high),
        percent(1.0 - low),
    ))
}

/// Why an answer that fails and may not stand by itself may not.
pub(super) fn doubt(
    scope: &Scope,
    rubric: &str,
    question: &str,
    meaning: &str,
) -> Option<&'static str> {
    let row = scope.calibration.checked(rubric, question, meaning);
    if row.is_some_and(is_wrong) {
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

/// The first of two shares: the second has the sign.
pub(super) fn bare(share: f64) -> String {
    percent(share).trim_end_matches(" %").to_string()
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::html::night::tests::{blank, scope};

    pub(in crate::report::html::night) fn automatic(fit: &str, npv: Option<f64>) -> Automatic {
        Automatic {
            rubric: "r".into(),
            question: "q".into(),
            meaning: "m".into(),
            reference: "people".into(),
            audited: 34,
            npv,
            npv_low: npv.map(|share| share - 0.2),
            npv_high: npv.map(|share| share + 0.1),
            fit: fit.into(),
            ..blank()
        }
    }

    #[test]
    fn trust_is_told_in_tens_and_never_without_how_many_were_checked() {
        let mut scope = scope();
        let words = |scope: &Scope| trust(scope, "r", "q", "m", "“no”").words;
        assert_eq!(words(&scope), "Nobody has checked this question yet.");
        scope.calibration.automatic = vec![automatic("hint", Some(0.82))];
        assert_eq!(
            words(&scope),
            "Of 10 answers “no”, about 8 were right when people checked (34 calls were checked; \
             between 62 and 92 %). Take it as a hint, and listen before you tell an agent."
        );
        // No hint is what is wrong more often than right.
        scope.calibration.automatic = vec![automatic("hint", Some(0.34))];
        assert_eq!(
            words(&scope),
            "Of 10 answers “no”, about 3 were right when people checked (34 calls were checked; \
             between 14 and 44 %). The automatic answer is more often wrong than right when it says \
             so: do not judge by it."
        );
        assert_eq!(
            doubt(&scope, "r", "q", "m"),
            Some("such answers to this question are more often wrong than right")
        );
        // Of too few nothing is known, unless the whole range says it.
        scope.calibration.automatic = vec![automatic("not_known", Some(0.45))];
        assert!(words(&scope).ends_with("too few to rely on it."));
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
        // Another meaning is another question.
        assert_eq!(standing(&scope, "r", "q", "other"), Standing::NotChecked);
    }
}
