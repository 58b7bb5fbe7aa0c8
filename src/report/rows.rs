//! What was found out about a call, as rows of tables. Columns stand in the order of [`tables`](super::tables).

use super::schema::{Cell, Column, Kind};
use crate::conversation::Conversation;
use crate::conversation::metrics::{METRICS, Metrics};
use crate::recording::CallMeta;
use crate::rubric::Rubric;
use crate::scoring::{AUTOMATIC, Answer, Answered, Judged};
use crate::transcript::Transcript;

type Row = Vec<Cell>;

/// Rows of one call for each table of calls.
#[derive(Default)]
pub struct CallRows {
    pub calls: Vec<Row>,
    pub segments: Vec<Row>,
    pub words: Vec<Row>,
    pub metrics: Vec<Row>,
    pub answers: Vec<Row>,
    pub evidence: Vec<Row>,
    pub scores: Vec<Row>,
}

/// Everything known of one call.
pub struct Facts<'a> {
    pub run_id: &'a str,
    pub meta: &'a CallMeta,
    pub transcript: &'a Transcript,
    pub conversation: &'a Conversation,
    pub metrics: &'a Metrics,
    pub judged: &'a [(&'a Rubric, Judged)],
}

macro_rules! row {
    ($($cell:expr),* $(,)?) => { vec![$(Cell::from($cell)),*] };
}

/// Columns of the `metrics` table, from the metrics themselves.
pub fn metric_columns() -> Vec<Column> {
    METRICS
        .iter()
        .map(|metric| Column {
            name: metric.name,
            kind: if metric.unit.is_whole() {
                Kind::Int
            } else {
                Kind::Float
            },
            nullable: !metric.doc.ends_with("never null."),
            doc: metric.doc,
        })
        .collect()
}

/// All rows of one call.
pub fn call_rows(facts: &Facts<'_>) -> CallRows {
    let mut rows = CallRows {
        calls: vec![call_row(facts)],
        metrics: vec![metric_row(facts)],
        ..CallRows::default()
    };
    add_words(facts, &mut rows);
    for (rubric, judged) in facts.judged {
        rows.scores.push(score_row(facts, rubric, judged));
        if let Judged::Scored { answers, .. } = judged {
            for answered in answers {
                rows.answers.push(answer_row(facts, rubric, answered));
                rows.evidence.extend(evidence_rows(facts, rubric, answered));
            }
        }
    }
    rows
}

fn call_row(facts: &Facts<'_>) -> Row {
    let (meta, audio) = (facts.meta, &facts.transcript.audio);
    let words = &facts.conversation.words;
    let probs: Vec<f64> = words.iter().filter_map(|w| w.prob.map(prob)).collect();
    let handle_s = match (meta.talk_s, meta.hold_s, meta.acw_s) {
        (Some(talk), Some(hold), Some(acw)) => Some(talk + hold + acw),
        _ => None,
    };
    let extra = serde_json::to_string(&meta.extra).expect("a map of texts is JSON");
    row![
        &meta.call_id,
        facts.run_id,
        &meta.file,
        audio.key.clone(),
        &meta.agent,
        meta.team.clone(),
        meta.queue.clone(),
        meta.customer.clone(),
        meta.direction.map(|d| d.as_str()),
        meta.first_communication,
        &facts.transcript.language,
        meta.reason.clone(),
        meta.interaction_id.clone(),
        meta.leg.clone(),
        Cell::TimestampMs(meta.started_at.utc_ms),
        &meta.started_at.local,
        &meta.started_at.zone,
        meta.started_at.doubtful,
        audio.recorded_ms,
        meta.talk_s,
        meta.hold_s,
        meta.acw_s,
        handle_s,
        meta.disclosure_by_ivr,
        meta.agent_channel,
        facts.transcript.channels.len(),
        audio.codec.clone(),
        audio.sample_rate_hz,
        audio.truncated,
        audio.dual_mono,
        facts.conversation.cut_start,
        facts.conversation.cut_end,
        &facts.transcript.recogniser.engine,
        &facts.transcript.recogniser.model,
        facts.transcript.recogniser.model_key.clone(),
        words.len(),
        mean(&probs),
        words.iter().filter(|w| !w.trusted).count(),
        words.iter().filter(|w| w.redacted.is_some()).count(),
        extra,
    ]
}

fn metric_row(facts: &Facts<'_>) -> Row {
    let mut row = row![&facts.meta.call_id, facts.run_id, facts.conversation.mono];
    for metric in METRICS {
        let value = (metric.value)(facts.metrics);
        row.push(if metric.unit.is_whole() {
            Cell::from(value.map(|v| v as i64))
        } else {
            Cell::from(value)
        });
    }
    row
}

fn add_words(facts: &Facts<'_>, rows: &mut CallRows) {
    let call_id = &facts.meta.call_id;
    for (c, channel) in facts.transcript.channels.iter().enumerate() {
        let party = facts.conversation.channels[c].party.as_str();
        for (s, segment) in channel.segments.iter().enumerate() {
            let probs: Vec<f64> = segment
                .words
                .iter()
                .filter_map(|w| w.prob.map(prob))
                .collect();
            let texts: Vec<&str> = segment.words.iter().map(|w| w.text.as_str()).collect();
            let doubts: Vec<&str> = segment.doubts.iter().map(|d| d.as_str()).collect();
            rows.segments.push(row![
                call_id,
                facts.run_id,
                c,
                s,
                party,
                turn_of(facts.conversation, c, s),
                segment.start_ms,
                segment.end_ms,
                texts.join(" "),
                segment.words.len(),
                mean(&probs),
                probs.iter().copied().reduce(f64::min),
                segment.no_speech_prob.map(prob),
                doubts.join(","),
            ]);
            for (w, word) in segment.words.iter().enumerate() {
                let redacted = word.redacted.as_ref();
                rows.words.push(row![
                    call_id,
                    facts.run_id,
                    c,
                    s,
                    w,
                    party,
                    word.start_ms,
                    word.end_ms,
                    &word.text,
                    word.prob.map(prob),
                    segment.doubts.is_empty(),
                    redacted.map(|r| r.kind.as_str()),
                    redacted.map(|r| r.digits),
                    redacted.and_then(|r| r.check_digit_ok),
                ]);
            }
        }
    }
}

/// The turn in which a segment's first word stands.
fn turn_of(conversation: &Conversation, channel: usize, segment: usize) -> Option<i64> {
    let first = conversation
        .words
        .iter()
        .position(|w| w.channel == channel && w.segment == segment)?;
    conversation
        .turns
        .iter()
        .position(|turn| turn.words.contains(&first))
        .map(|n| n as i64)
}

fn score_row(facts: &Facts<'_>, rubric: &Rubric, judged: &Judged) -> Row {
    let mut row = row![
        &facts.meta.call_id,
        facts.run_id,
        &rubric.rubric,
        &rubric.version,
        &rubric.key,
    ];
    match judged {
        Judged::NotEligible { reason } => {
            row.extend(row!["not_eligible", reason]);
            row.extend(vec![Cell::Null; 6]);
            row.extend(row![0_i64, 0_i64, 0_i64, 0_i64]);
        }
        Judged::Scored { answers, score } => {
            let count = |answer: Answer| answers.iter().filter(|a| a.answer == answer).count();
            let failed = &score.auto_failed_by;
            row.extend(row![
                "scored",
                Cell::Null,
                score.score,
                score.score_before_auto_fail,
                score.low,
                score.high,
                score.verdict.as_str(),
                (!failed.is_empty()).then(|| failed.join(",")),
                count(Answer::Yes),
                count(Answer::No),
                count(Answer::NotApplicable),
                count(Answer::Abstain),
            ]);
        }
    }
    row
}

fn answer_row(facts: &Facts<'_>, rubric: &Rubric, answered: &Answered) -> Row {
    row![
        &facts.meta.call_id,
        facts.run_id,
        &rubric.rubric,
        &rubric.version,
        &rubric.key,
        &answered.section,
        &answered.question,
        AUTOMATIC,
        answered.answer.as_str(),
        answered.points,
        answered.max_points,
        answered.weight,
        answered.reason.clone(),
        answered.auto_fail,
        answered.evidence.len(),
    ]
}

fn evidence_rows<'a>(
    facts: &'a Facts<'_>,
    rubric: &'a Rubric,
    answered: &'a Answered,
) -> impl Iterator<Item = Row> + 'a {
    answered.evidence.iter().enumerate().map(|(item, e)| {
        row![
            &facts.meta.call_id,
            facts.run_id,
            &rubric.rubric,
            &rubric.version,
            &answered.question,
            item,
            &e.rule,
            e.kind.as_str(),
            e.party.map(|p| p.as_str()),
            e.channel,
            e.at.map(|s| s.start_ms),
            e.at.map(|s| s.end_ms),
            e.quote.clone(),
            e.min_prob.map(four_places),
            e.mean_prob.map(four_places),
            e.window.map(|s| s.start_ms),
            e.window.map(|s| s.end_ms),
            e.metric.clone(),
            e.value,
            e.threshold.clone(),
            e.note.clone(),
        ]
    })
}

/// A single-precision probability without the digits that it does not have.
fn prob(value: f32) -> f64 {
    four_places(f64::from(value))
}

fn four_places(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| four_places(values.iter().sum::<f64>() / values.len() as f64))
}
