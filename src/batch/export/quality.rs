//! The published quality results of calls, read back for a vCon.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::BatchError;
use super::super::scored::{number, optional, part, text};
use super::super::store::CallRecord;
use super::each_row;
use crate::report::Cell;
use crate::report::export::vcon::{AnswerOfRecord, EvidenceShown, Quality, RubricResult};
use crate::scoring::AUTOMATIC;

/// What results are read from.
pub(super) const TABLES: [&str; 3] = ["scores", "answers", "evidence"];

const SCORES: [&str; 12] = [
    "call_id",
    "rubric",
    "rubric_version",
    "rubric_key",
    "status",
    "not_eligible_reason",
    "score",
    "score_low",
    "score_high",
    "verdict",
    "critical_verdict",
    "auto_failed_by",
];
const ANSWERS: [&str; 18] = [
    "call_id",
    "rubric",
    "rubric_version",
    "question",
    "section",
    "meaning",
    "scorer",
    "scorer_kind",
    "of_record",
    "kind",
    "answer",
    "reason",
    "value",
    "points",
    "max_points",
    "auto_fail",
    "confidence",
    "fragile",
];
const EVIDENCE: [&str; 15] = [
    "call_id",
    "rubric",
    "rubric_version",
    "question",
    "kind",
    "party",
    "channel",
    "start_ms",
    "end_ms",
    "quote",
    "note",
    "metric",
    "value",
    "threshold",
    "confidence",
];

/// A call, a form and its version.
type FormKey = (String, String, String);

/// What the forms of these calls of a date came to, by call.
///
/// # Errors
/// A table that cannot be read.
pub(super) fn of_calls(
    out: &Path,
    date: &str,
    calls: &[CallRecord],
) -> Result<BTreeMap<String, Quality>, BatchError> {
    let mut of_call: BTreeMap<String, Quality> = calls
        .iter()
        .map(|record| {
            let meta = &record.meta;
            let quality = Quality {
                call_id: meta.call_id.clone(),
                started_local: meta.started_at.local.clone(),
                time_zone: meta.started_at.zone.clone(),
                rubrics: Vec::new(),
            };
            (meta.call_id.clone(), quality)
        })
        .collect();
    let wanted = |row: &[Cell]| of_call.contains_key(text(&row[0]));
    let [scores, answers, evidence] = TABLES.map(|table| part(out, table, date));
    if !scores.is_file() {
        return Ok(of_call);
    }

    let mut shown: BTreeMap<(FormKey, String), Vec<EvidenceShown>> = BTreeMap::new();
    each_row(&evidence, &EVIDENCE, &mut |row| {
        if wanted(&row) {
            let question = text(&row[3]).to_string();
            let of_question = shown.entry((form_key(&row), question)).or_default();
            of_question.push(evidence_shown(&row));
        }
        Ok(())
    })?;
    let mut given: BTreeMap<FormKey, Vec<AnswerOfRecord>> = BTreeMap::new();
    each_row(&answers, &ANSWERS, &mut |row| {
        if wanted(&row) && is_of_record(&row) {
            let form = form_key(&row);
            let mut answer = answer_of_record(&row);
            let key = (form, answer.question.clone());
            answer.evidence = shown.remove(&key).unwrap_or_default();
            given.entry(key.0).or_default().push(answer);
        }
        Ok(())
    })?;
    each_row(&scores, &SCORES, &mut |row| {
        if let Some(quality) = of_call.get_mut(text(&row[0])) {
            let answers = given.remove(&form_key(&row)).unwrap_or_default();
            quality.rubrics.push(rubric_result(&row, answers));
        }
        Ok(())
    })?;
    Ok(of_call)
}

fn form_key(row: &[Cell]) -> FormKey {
    let text = |at: usize| text(&row[at]).to_string();
    (text(0), text(1), text(2))
}

/// Files of older versions do not say, and hold automatic answers only.
fn is_of_record(row: &[Cell]) -> bool {
    match row[8] {
        Cell::Bool(is) => is,
        _ => text(&row[6]) == AUTOMATIC,
    }
}

fn rubric_result(row: &[Cell], answers: Vec<AnswerOfRecord>) -> RubricResult {
    let failed_by = text(&row[11]).split(',').filter(|id| !id.is_empty());
    RubricResult {
        rubric: text(&row[1]).to_string(),
        rubric_version: text(&row[2]).to_string(),
        rubric_key: text(&row[3]).to_string(),
        status: text(&row[4]).to_string(),
        not_eligible_reason: optional(&row[5]),
        score: number(&row[6]),
        score_low: number(&row[7]),
        score_high: number(&row[8]),
        verdict: optional(&row[9]),
        critical_verdict: optional(&row[10]),
        auto_failed_by: failed_by.map(str::to_string).collect(),
        answers,
    }
}

fn answer_of_record(row: &[Cell]) -> AnswerOfRecord {
    AnswerOfRecord {
        question: text(&row[3]).to_string(),
        section: text(&row[4]).to_string(),
        meaning: text(&row[5]).to_string(),
        scorer_kind: optional(&row[7]).unwrap_or_else(|| AUTOMATIC.to_string()),
        kind: text(&row[9]).to_string(),
        answer: text(&row[10]).to_string(),
        reason: optional(&row[11]),
        value: number(&row[12]),
        points: number(&row[13]),
        max_points: number(&row[14]),
        auto_fail: row[15] == Cell::Bool(true),
        confidence: number(&row[16]),
        fragile: row[17] == Cell::Bool(true),
        evidence: Vec::new(),
    }
}

fn evidence_shown(row: &[Cell]) -> EvidenceShown {
    let whole = |at: usize| match row[at] {
        Cell::Int(value) => Some(value),
        _ => None,
    };
    EvidenceShown {
        kind: text(&row[4]).to_string(),
        party: optional(&row[5]),
        channel: whole(6),
        start_ms: whole(7),
        end_ms: whole(8),
        quote: optional(&row[9]),
        note: optional(&row[10]),
        metric: optional(&row[11]),
        value: number(&row[12]),
        threshold: optional(&row[13]),
        confidence: number(&row[14]),
    }
}
