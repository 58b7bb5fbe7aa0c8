//! What was found out about a call, as rows of tables. Columns stand in the order of [`tables`](super::tables).

use super::schema::{Cell, Column, Kind};
use crate::calibration::record::{PersonAnswer, Said};
use crate::conversation::Conversation;
use crate::conversation::metrics::{METRICS, Metrics};
use crate::history::{ContactRow, PromiseRow};
use crate::recording::CallMeta;
use crate::recording::roster::Post;
use crate::redaction::card_data::CardData;
use crate::rubric::{self, Question, Rubric};
use crate::scoring::{
    AUTOMATIC, Answer, Answered, Evidence, EvidenceKind, Judged, PartScore, points_of,
};
use crate::transcript::Transcript;

type Row = Vec<Cell>;

/// Rows of one call for each table of calls.
#[derive(Default)]
pub struct CallRows {
    pub calls: Vec<Row>,
    pub segments: Vec<Row>,
    pub words: Vec<Row>,
    pub redactions: Vec<Row>,
    pub card_data: Vec<Row>,
    pub metrics: Vec<Row>,
    pub answers: Vec<Row>,
    pub evidence: Vec<Row>,
    pub scores: Vec<Row>,
    pub part_scores: Vec<Row>,
    pub obstacles: Vec<Row>,
    /// What the call adds to the sums of its date.
    pub daily: Daily,
}

/// Everything known of one call.
pub struct Facts<'a> {
    pub run_id: &'a str,
    pub meta: &'a CallMeta,
    pub transcript: &'a Transcript,
    pub conversation: &'a Conversation,
    pub metrics: &'a Metrics,
    pub judged: &'a [(&'a Rubric, &'a Judged)],
    pub card_data: Option<CardData>,
    /// Below the folder of muted copies.
    pub muted_copy: Option<String>,
    /// Of the agent, on the day of the call.
    pub post: Option<&'a Post>,
    /// What people answered about the call.
    pub people: &'a [PersonAnswer],
}

macro_rules! row {
    ($($cell:expr),* $(,)?) => { vec![$(Cell::from($cell)),*] };
}

pub mod calibration;
pub mod coaching;
mod daily;

pub use daily::Daily;

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
        card_data: facts
            .card_data
            .map(|data| card_data_row(facts, data))
            .into_iter()
            .collect(),
        daily: Daily::of(facts),
        ..CallRows::default()
    };
    add_words(facts, &mut rows);
    for (rubric, judged) in facts.judged {
        rows.scores.push(score_row(facts, rubric, judged));
        let Judged::Scored { answers, score } = judged else {
            continue;
        };
        for part in &score.parts {
            rows.part_scores.push(part_row(facts, rubric, part));
        }
        for ((_, question), answered) in rubric.questions().zip(answers) {
            let said = Said::of(facts.people, &rubric.rubric, question);
            rows.answers
                .push(answer_row(facts, rubric, question, answered, &said));
            for n in 0..said.answers.len() {
                rows.answers
                    .push(person_row(facts, rubric, question, answered, &said, n));
            }
            rows.evidence.extend(evidence_rows(facts, rubric, answered));
            rows.obstacles
                .extend(obstacle_row(facts, rubric, question, answered));
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
        facts.post.and_then(|post| post.leader.clone()),
        facts.post.and_then(|post| post.site.clone()),
        facts.post.and_then(|post| post.hired_on.clone()),
    ]
}

fn card_data_row(facts: &Facts<'_>, data: CardData) -> Row {
    row![
        &facts.meta.call_id,
        facts.run_id,
        &facts.meta.file,
        facts.transcript.audio.key.clone(),
        data.card_numbers,
        data.security_codes,
        data.expiries,
        data.first_ms,
        data.last_ms,
        facts.muted_copy.clone(),
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
    let turns = turns_of_segments(facts);
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
                turns[c][s],
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
                rows.redactions.extend(redacted.map(|r| {
                    row![
                        call_id,
                        facts.run_id,
                        c,
                        party,
                        s,
                        w,
                        word.start_ms,
                        word.end_ms,
                        r.kind.as_str(),
                        r.rule.map(|rule| rule.as_str()),
                        r.digits,
                        r.check_digit_ok,
                        r.hash.clone(),
                    ]
                }));
            }
        }
    }
}

/// For each channel and segment the turn in which its first word stands.
fn turns_of_segments(facts: &Facts<'_>) -> Vec<Vec<Option<usize>>> {
    let channels = facts.transcript.channels.iter();
    let mut firsts: Vec<Vec<Option<(usize, usize)>>> = channels
        .map(|channel| vec![None; channel.segments.len()])
        .collect();
    for (turn, of) in facts.conversation.turns.iter().enumerate() {
        for &word in &of.words {
            let at = &facts.conversation.words[word];
            let first = &mut firsts[at.channel][at.segment];
            *first = Some(first.map_or((word, turn), |first| first.min((word, turn))));
        }
    }
    let turn = |first: Option<(usize, usize)>| first.map(|(_, turn)| turn);
    let of_channel = |channel: Vec<_>| channel.into_iter().map(turn).collect();
    firsts.into_iter().map(of_channel).collect()
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
            row.extend(row![0_i64, 0_i64, 0_i64, 0_i64, 0_i64]);
            row.extend(vec![Cell::Null; 6]);
        }
        Judged::Scored { answers, score } => {
            let count = |answer: Answer| answers.iter().filter(|a| a.answer == answer).count();
            let otherwise = |a: &&Answered| {
                a.answer.is_given() && !matches!(a.answer, Answer::Yes | Answer::No)
            };
            let list = |ids: &[String]| (!ids.is_empty()).then(|| ids.join(","));
            row.extend(row![
                "scored",
                Cell::Null,
                score.score,
                score.score_before_auto_fail,
                score.low,
                score.high,
                score.verdict.as_str(),
                list(&score.auto_failed_by),
                count(Answer::Yes),
                count(Answer::No),
                count(Answer::NotApplicable),
                count(Answer::Abstain),
                answers.iter().filter(otherwise).count(),
                score.band.clone(),
                score.critical_verdict.map(|v| v.as_str()),
                score.agent_score,
                score.agent_low,
                score.agent_high,
                list(&score.adjusted_by),
            ]);
        }
    }
    row
}

fn part_row(facts: &Facts<'_>, rubric: &Rubric, part: &PartScore) -> Row {
    row![
        &facts.meta.call_id,
        facts.run_id,
        &rubric.rubric,
        &rubric.version,
        part.kind.as_str(),
        &part.id,
        part.score,
        part.low,
        part.high,
        part.verdict.map(|v| v.as_str()),
    ]
}

/// The number, or the value on a scale.
fn value_of(question: &Question, answer: &Answer) -> Option<f64> {
    let scale = matches!(question.kind, rubric::Kind::Options { scale: true, .. });
    match answer {
        Answer::Number(value) => Some(*value),
        Answer::Choice(id) if scale => id.parse::<f64>().ok(),
        _ => None,
    }
}

fn tags_of(question: &Question) -> String {
    let tags: Vec<&str> = question.tags.iter().map(|t| t.as_str()).collect();
    tags.join(",")
}

fn answer_row(
    facts: &Facts<'_>,
    rubric: &Rubric,
    question: &Question,
    answered: &Answered,
    said: &Said<'_>,
) -> Row {
    row![
        &facts.meta.call_id,
        facts.run_id,
        &rubric.rubric,
        &rubric.version,
        &rubric.key,
        &answered.section,
        &answered.question,
        AUTOMATIC,
        answered.answer.text(),
        answered.points,
        answered.max_points,
        answered.weight,
        answered.reason.clone(),
        answered.auto_fail,
        answered.evidence.len(),
        question.kind.as_str(),
        value_of(question, &answered.answer),
        &question.meaning,
        answered.way.clone(),
        tags_of(question),
        question.critical,
        question.celebrate,
        question.answered_by.as_str(),
        question.controllable_by_agent,
        answered.cause.map(|c| c.as_str()),
        answered.confidence.map(four_places),
        answered.fragile,
        AUTOMATIC,
        said.of_record.is_none(),
    ]
}

/// The answer of a person, the `n`th of them, to a question that was answered automatically, too.
/// What only an automatic answer has is left empty.
fn person_row(
    facts: &Facts<'_>,
    rubric: &Rubric,
    question: &Question,
    answered: &Answered,
    said: &Said<'_>,
    n: usize,
) -> Row {
    let (given, answer) = &said.answers[n];
    row![
        &facts.meta.call_id,
        facts.run_id,
        &rubric.rubric,
        &rubric.version,
        &rubric.key,
        &answered.section,
        &answered.question,
        &given.scorer,
        answer.text(),
        points_of(&question.kind, answer),
        answered.max_points,
        Cell::Null,
        Cell::Null,
        false,
        0_i64,
        question.kind.as_str(),
        value_of(question, answer),
        &question.meaning,
        Cell::Null,
        tags_of(question),
        question.critical,
        question.celebrate,
        question.answered_by.as_str(),
        question.controllable_by_agent,
        Cell::Null,
        Cell::Null,
        false,
        given.kind.as_str(),
        said.of_record == Some(n),
    ]
}

/// A failed answer that no agent could have helped.
fn obstacle_row(
    facts: &Facts<'_>,
    rubric: &Rubric,
    question: &Question,
    answered: &Answered,
) -> Option<Row> {
    let cause = answered.cause?;
    if question.controllable_by_agent && !cause.is_outside_agent() {
        return None;
    }
    let said = |e: &&Evidence| e.kind == EvidenceKind::Found && e.quote.is_some();
    let by_cause = |e: &&Evidence| e.rule.starts_with("cause.");
    let all = || answered.evidence.iter().filter(said);
    let shown = all().find(by_cause).or_else(|| all().next());
    Some(row![
        &facts.meta.call_id,
        facts.run_id,
        &rubric.rubric,
        &rubric.version,
        &answered.section,
        &answered.question,
        answered.answer.text(),
        cause.as_str(),
        facts.meta.team.clone(),
        facts.meta.queue.clone(),
        facts.meta.reason.clone(),
        shown.and_then(|e| e.at).map(|s| s.start_ms),
        shown.and_then(|e| e.quote.clone()),
    ])
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
            e.confidence.map(four_places),
        ]
    })
}

/// A row of `contacts`, with the call as it is stored and the length of its recording where that
/// is known.
pub fn contact_row(row: ContactRow, meta: &CallMeta, recorded_ms: Option<i64>) -> Row {
    row![
        row.call_id,
        row.repeat_of,
        row.days_since,
        row.repeat[0],
        row.repeat[1],
        row.repeat[2],
        row.same_matter,
        row.led_to_repeat[0],
        row.led_to_repeat[1],
        row.led_to_repeat[2],
        row.promised_call_back,
        row.leg,
        &meta.agent,
        meta.team.clone(),
        meta.queue.clone(),
        meta.reason.clone(),
        meta.direction.map(|d| d.as_str()),
        meta.customer.clone(),
        Cell::TimestampMs(meta.started_at.utc_ms),
        recorded_ms,
    ]
}

/// A row of `promises`.
pub fn promise_row(row: PromiseRow) -> Row {
    row![
        row.call_id,
        row.item,
        row.party,
        row.kind,
        row.quote,
        row.start_ms,
        row.hedged,
        row.due,
        row.state,
        row.seen_in,
    ]
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
