//! What a cell says about the answers of a question: "Yes/No", "1-5", "Excellent (10) / Poor (0)".

use std::collections::BTreeSet;

use super::{slug, unused};

/// How a question is answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answers {
    /// Points where the cell states them.
    YesNo {
        points: Option<(f64, f64)>,
    },
    Options(Vec<Item>),
    MultiSelect(Vec<Item>),
    Scale {
        from: i64,
        to: i64,
    },
    Number,
    Comment,
}

/// One answer to choose.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub id: String,
    pub text: String,
    pub points: f64,
}

impl Answers {
    /// The most points that the cell states.
    pub(super) fn most_points(&self) -> Option<f64> {
        match self {
            Answers::YesNo { points } => points.map(|(yes, no)| yes.max(no)),
            Answers::Options(options) => Some(options.iter().map(|o| o.points).fold(0.0, f64::max)),
            Answers::MultiSelect(options) => Some(options.iter().map(|o| o.points).sum()),
            Answers::Scale { .. } | Answers::Number | Answers::Comment => None,
        }
        .filter(|most| *most > 0.0)
    }

    pub(super) fn is_scored(&self) -> bool {
        !matches!(self, Answers::Number | Answers::Comment)
    }

    /// The answer that fails a call; `None` where there is no fixed one.
    pub(super) fn worst(&self) -> Option<String> {
        match self {
            Answers::YesNo {
                points: Some((yes, no)),
            } if no > yes => Some("yes".to_string()),
            Answers::YesNo { .. } => Some("no".to_string()),
            Answers::Options(options) => {
                let worst = options.iter().min_by(|a, b| a.points.total_cmp(&b.points));
                worst.map(|o| o.id.clone())
            }
            Answers::Scale { from, .. } => Some(from.to_string()),
            Answers::MultiSelect(_) | Answers::Number | Answers::Comment => None,
        }
    }
}

/// Reads a cell; an empty one is yes or no.
pub(super) fn parse(text: &str) -> Result<Answers, String> {
    let lower = text.trim().to_lowercase();
    let bare = lower.replace(['_', '-'], " ");
    match bare.as_str() {
        "" | "yes no" | "y n" | "binary" | "boolean" | "checkbox" | "pass fail" => {
            return Ok(Answers::YesNo { points: None });
        }
        "comment" | "comments" | "text" | "free text" | "freetext" => return Ok(Answers::Comment),
        "number" | "numeric" | "count" => return Ok(Answers::Number),
        _ => {}
    }
    if let Some((from, to)) = scale(&bare, &lower) {
        return Ok(Answers::Scale { from, to });
    }
    let (several, list) = match text.split_once(':') {
        Some((kind, list)) if kind.to_lowercase().contains("multi") => (true, list),
        _ => (false, text),
    };
    let items = items(list);
    if items.len() < 2 {
        return Err(format!(
            "the answers \"{}\" are not understood",
            text.trim()
        ));
    }
    let points: Vec<Option<f64>> = items.iter().map(|(_, points)| *points).collect();
    let yes_and_no = match items.as_slice() {
        [(first, _), (second, _)] => is_yes(first) && is_no(second),
        _ => false,
    };
    if yes_and_no && !several {
        return Ok(Answers::YesNo {
            points: points[0]
                .zip(points[1])
                .filter(|(yes, no)| yes.max(*no) > 0.0),
        });
    }
    let mut taken = BTreeSet::new();
    let last = items.len() - 1;
    let options = items
        .into_iter()
        .enumerate()
        .map(|(i, (text, points))| Item {
            id: unused(&option_id(&text), &mut taken),
            // Without points the first is the best, as people list them.
            points: points.unwrap_or(if several { 1.0 } else { (last - i) as f64 }),
            text,
        })
        .collect();
    Ok(if several {
        Answers::MultiSelect(options)
    } else {
        Answers::Options(options)
    })
}

/// "1-5", "0 to 10", "scale 1–5".
fn scale(bare: &str, lower: &str) -> Option<(i64, i64)> {
    let text = if lower.contains('–') {
        lower.replace('–', " ")
    } else {
        bare.to_string()
    };
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !["", "to", "scale", "rating", "of", "from", "points", "stars"].contains(w))
        .collect();
    let [from, to] = words.as_slice() else {
        return None;
    };
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from < to && to - from <= 100).then_some((from, to))
}

/// The parts of a list with the points that stand beside them; "N/A" is no answer to list.
fn items(list: &str) -> Vec<(String, Option<f64>)> {
    let list = list.replace("N/A", "").replace("n/a", "");
    let dividers = ['\n', '|', ';', '/', ','];
    let divider = dividers
        .into_iter()
        .find(|d| list.contains(*d))
        .unwrap_or('/');
    list.split(divider)
        .map(str::trim)
        .filter(|item| {
            !item.is_empty() && !["na", "not applicable"].contains(&item.to_lowercase().as_str())
        })
        .map(item)
        .filter(|(text, _)| !text.is_empty())
        .collect()
}

/// "Good (10)", "Good = 10", "Good: 10", "10 - Good", "10 = Good".
fn item(text: &str) -> (String, Option<f64>) {
    let number = |text: &str| {
        let text = text
            .trim()
            .trim_end_matches("points")
            .trim_end_matches("pts")
            .trim();
        text.parse::<f64>()
            .ok()
            .filter(|n| *n >= 0.0 && n.is_finite())
    };
    if let Some((name, points)) = text.strip_suffix(')').and_then(|t| t.rsplit_once('('))
        && let Some(points) = number(points)
    {
        return (name.trim().to_string(), Some(points));
    }
    for divider in ['=', ':', '-', '–'] {
        if let Some((left, right)) = text.split_once(divider) {
            if let Some(points) = number(right) {
                return (left.trim().to_string(), Some(points));
            }
            if let Some(points) = number(left) {
                return (right.trim().to_string(), Some(points));
            }
        }
    }
    (text.to_string(), None)
}

fn is_yes(text: &str) -> bool {
    ["yes", "y", "pass", "met", "true", "done"].contains(&text.to_lowercase().as_str())
}

fn is_no(text: &str) -> bool {
    ["no", "n", "fail", "not met", "false", "not done"].contains(&text.to_lowercase().as_str())
}

/// Some ids have a meaning of their own.
fn option_id(text: &str) -> String {
    match slug(text).as_str() {
        "yes" => "fully".to_string(),
        "no" => "not-at-all".to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_people_write_them() {
        let yes_no = Answers::YesNo { points: None };
        for text in [
            "",
            "Yes/No",
            "Y/N",
            "yes_no",
            "Pass / Fail",
            "Yes / No / N/A",
            "Checkbox",
        ] {
            assert_eq!(parse(text), Ok(yes_no.clone()), "{text}");
        }
        assert_eq!(
            parse("Yes (5) / No (0)"),
            Ok(Answers::YesNo {
                points: Some((5.0, 0.0))
            })
        );
        for text in ["1-5", "1 to 5", "Scale 1–5", "rating (1-5)"] {
            assert_eq!(parse(text), Ok(Answers::Scale { from: 1, to: 5 }), "{text}");
        }
        let options = |text: &str| match parse(text) {
            Ok(Answers::Options(options) | Answers::MultiSelect(options)) => options
                .into_iter()
                .map(|o| (o.id, o.text, o.points))
                .collect::<Vec<_>>(),
            other => panic!("{text}: {other:?}"),
        };
        let graded = [
            ("excellent", "Excellent", 10.0),
            ("fair", "Fair", 5.0),
            ("poor", "Poor", 0.0),
        ];
        let graded: Vec<_> = graded
            .map(|(i, t, p)| (i.to_string(), t.to_string(), p))
            .into();
        for text in [
            "Excellent (10) / Fair (5) / Poor (0)",
            "Excellent=10; Fair=5; Poor=0",
            "10 - Excellent\n5 - Fair\n0 - Poor",
        ] {
            assert_eq!(options(text), graded, "{text}");
        }
        let partly = options("Yes/Partial/No");
        assert_eq!(
            partly
                .iter()
                .map(|o| (o.0.as_str(), o.2))
                .collect::<Vec<_>>(),
            [("fully", 2.0), ("partial", 1.0), ("not-at-all", 0.0)]
        );
        assert!(
            matches!(parse("Multi: name, address, date of birth"), Ok(Answers::MultiSelect(o)) if o.len() == 3)
        );
        assert_eq!(parse("Free text"), Ok(Answers::Comment));
        assert!(parse("as usual").is_err());
    }
}
