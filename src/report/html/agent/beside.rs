//! The agent beside all others together: only what the numbers carry, and what is missing where
//! they carry nothing.

use super::super::Text;
use super::super::scope::Scope;
use super::super::words::{grouped, percent};
use super::choice::{compared, question};
use super::examples::Asked;
use crate::calibration::people::agents::{MIN_CALLS, MIN_DAYS, MIN_OTHERS};
use crate::report::records::AgentCompared;

/// A difference in words: `Yes in 92 % of 262 calls up to the last calibration; on like calls, all
/// others together in 76 %.`
pub fn difference(row: &AgentCompared) -> Option<String> {
    let (rate, expected) = (row.rate?, row.expected?);
    let (low, high) = (row.difference_low?, row.difference_high?);
    let (least, most) = match rate >= expected {
        true => (low, high),
        false => (-high, -low),
    };
    let points = |share: f64| format!("{:.0}", share.max(0.0) * 100.0);
    let way = if rate >= expected { "more" } else { "fewer" };
    Some(format!(
        "Yes in {} of {} calls up to the last calibration; on like calls, all others together in \
         {}. That is about {} in 100 {way} ({} to {} with chance allowed for).",
        percent(rate),
        grouped(row.compared_calls),
        percent(expected),
        points((rate - expected).abs()),
        points(least),
        points(most),
    ))
}

/// What can be said beside the others, a sentence or two each.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    pub question: Option<String>,
    pub words: String,
}

/// `told` are questions whose difference is told already.
pub fn beside(scope: &Scope, agent: &Text, told: &[&Asked]) -> Vec<Line> {
    let rows: Vec<_> = compared(scope, agent).collect();
    let line = |words: String| Line {
        question: None,
        words,
    };
    if scope.calibration.agents.is_empty() {
        return vec![line(
            "Nobody is compared before people have rated calls and shown how far the automatic \
             answers can be trusted."
                .to_string(),
        )];
    }
    if rows.is_empty() {
        return vec![line(
            "The last calibration compared nothing of these calls.".to_string(),
        )];
    }
    let text = |asked: &Asked| question(scope, asked).map(|q| q.text.clone());
    let differs = |row: &AgentCompared| matches!(&*row.flag, "above" | "below");
    let carried = rows
        .iter()
        .filter(|(_, row, _)| differs(row) && &*row.fit == "automatic");
    let above = carried
        .clone()
        .filter(|(_, _, asked)| told.contains(&asked))
        .count();
    let mut lines: Vec<Line> = carried
        .filter(|(_, _, asked)| !told.contains(&asked))
        .filter_map(|(_, row, asked)| {
            Some(Line {
                question: text(asked),
                words: difference(row)?,
            })
        })
        .collect();
    let count =
        |of: &dyn Fn(&AgentCompared) -> bool| rows.iter().filter(|(_, row, _)| of(row)).count();
    let unsure = count(&|row| differs(row) && &*row.fit != "automatic");
    let alike = count(&|row| &*row.flag == "no_difference");
    let few = count(&|row| &*row.flag == "not_enough");
    if above > 0 {
        let more = if lines.is_empty() {
            ""
        } else {
            " These are the others:"
        };
        let words = format!(
            "On {}, the difference stands above.{more}",
            questions(above)
        );
        lines.insert(0, line(words));
    }
    if unsure > 0 {
        lines.push(line(format!(
            "On {}, there is a difference, but the program is not known to be right often enough \
             there to say whether it is yours or its own: the calls have to be heard first.",
            questions(unsure)
        )));
    }
    if alike > 0 {
        lines.push(line(format!(
            "On {}, no difference stands out from chance and from how much agents differ from each \
             other; that does not prove that there is none.",
            questions(alike)
        )));
    }
    if few > 0 {
        lines.push(line(not_enough(few, rows.iter().map(|(_, row, _)| *row))));
    }
    lines
}

fn questions(count: usize) -> String {
    match count {
        1 => "1 question".to_string(),
        n => format!("{n} questions"),
    }
}

/// What is missing to the comparison that is nearest.
fn not_enough<'a>(few: usize, rows: impl Iterator<Item = &'a AgentCompared>) -> String {
    let of = questions(few);
    let rows = rows.filter(|row| &*row.flag == "not_enough");
    let nearest = rows.min_by_key(|row| (row.missing_calls, row.missing_days, row.missing_others));
    let missing = nearest.map(|row| {
        let mut missing = Vec::new();
        let mut add = |count: i64, one: &str, many: &str| match count {
            0 => {}
            1 => missing.push(format!("1 more {one}")),
            n => missing.push(format!("{n} more {many}")),
        };
        add(row.missing_calls, "call", "calls");
        add(row.missing_days, "day with calls", "days with calls");
        add(
            row.missing_others,
            "colleague with like calls",
            "colleagues with like calls",
        );
        if missing.is_empty() && row.missing_calls_of_others > 0 {
            missing.push(format!(
                "{} more like calls of others",
                row.missing_calls_of_others
            ));
        }
        missing.join(" and ")
    });
    let nearest = missing
        .filter(|missing| !missing.is_empty())
        .map_or_else(String::new, |missing| {
            format!(" The nearest needs {missing}.")
        });
    format!(
        "On {of}, there are too few calls to compare: it takes {MIN_CALLS} on {MIN_DAYS} days, and \
         {MIN_OTHERS} colleagues with like calls.{nearest}"
    )
}
