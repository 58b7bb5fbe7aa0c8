//! Rows of the published tables, read back as values.
//!
//! A record names the columns that it needs: its fields are called as the columns are. A column
//! that an older file lacks reads as null. Left out on purpose: the whole of any table, and every
//! sum over rows.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Cell, ReportError, read_columns};

/// A text that many rows share.
pub type Text = Arc<str>;

/// The texts of the rows read, each kept once.
#[derive(Debug, Default)]
pub struct Texts(BTreeMap<String, Text>);

impl Texts {
    fn share(&mut self, text: &str) -> Text {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let shared: Text = text.into();
        self.0.insert(text.to_string(), shared.clone());
        shared
    }

    /// Forgets those that no row holds any more: most texts are of one date only.
    pub fn let_go(&mut self) {
        self.0.retain(|_, text| Arc::strong_count(text) > 1);
    }
}

/// A row of a table.
pub trait Record: Sized {
    /// The table's name.
    const TABLE: &'static str;
    /// The columns that are read, in the order of the cells.
    const COLUMNS: &'static [&'static str];

    /// `date` is that of the file's folder; empty for a table without dates.
    fn from_cells(date: &Text, cells: &[Cell], texts: &mut Texts) -> Self;
}

/// What a cell can be read as.
trait FromCell {
    fn from_cell(cell: &Cell, texts: &mut Texts) -> Self;
}

impl FromCell for Text {
    fn from_cell(cell: &Cell, texts: &mut Texts) -> Self {
        match cell {
            Cell::Text(text) => texts.share(text),
            _ => texts.share(""),
        }
    }
}

impl FromCell for i64 {
    fn from_cell(cell: &Cell, _: &mut Texts) -> Self {
        match cell {
            Cell::Int(value) | Cell::TimestampMs(value) => *value,
            _ => 0,
        }
    }
}

impl FromCell for f64 {
    fn from_cell(cell: &Cell, _: &mut Texts) -> Self {
        match cell {
            Cell::Float(value) => *value,
            _ => 0.0,
        }
    }
}

impl FromCell for bool {
    fn from_cell(cell: &Cell, _: &mut Texts) -> Self {
        matches!(cell, Cell::Bool(true))
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: &Cell, texts: &mut Texts) -> Self {
        (*cell != Cell::Null).then(|| T::from_cell(cell, texts))
    }
}

/// Reads the file of a table; no rows where there is no such file.
///
/// # Errors
/// A file that cannot be read or understood.
pub fn read<R: Record>(
    out: &Path,
    date: Option<&Text>,
    texts: &mut Texts,
) -> Result<Vec<R>, ReportError> {
    let mut path = out.join(R::TABLE);
    if let Some(date) = date {
        path.push(format!("date={date}"));
    }
    path.push("part.parquet");
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let date = date.cloned().unwrap_or_else(|| texts.share(""));
    let content = read_columns(&path, R::COLUMNS)?;
    let rows = content.rows.iter();
    Ok(rows
        .map(|cells| R::from_cells(&date, cells, texts))
        .collect())
}

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident of $table:literal { $($column:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name {
            /// Local date of the file's folder; empty for a table without dates.
            pub date: Text,
            $(pub $column: $kind,)*
        }

        impl Record for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),*];

            fn from_cells(date: &Text, cells: &[Cell], texts: &mut Texts) -> Self {
                let mut cells = cells.iter();
                let mut next = || cells.next().unwrap_or(&Cell::Null);
                Self {
                    date: date.clone(),
                    $($column: <$kind as FromCell>::from_cell(next(), texts),)*
                }
            }
        }
    )*};
}

records! {
    /// Who spoke with whom, when, and how well it was heard.
    Call of "calls" {
        call_id: Text,
        file: Text,
        agent: Text,
        team: Option<Text>,
        leader: Option<Text>,
        queue: Option<Text>,
        direction: Option<Text>,
        reason: Option<Text>,
        started_local: Text,
        time_zone: Text,
        recorded_ms: i64,
        mean_word_prob: Option<f64>,
    }

    /// By which run a call was processed, and with which speech model.
    Processed of "calls" {
        run_id: Text,
        file: Text,
        model: Text,
    }

    /// How the agent of a call spoke.
    Talk of "metrics" {
        call_id: Text,
        words_per_minute_agent: Option<f64>,
        interruptions_by_agent: Option<i64>,
        questions_unanswered: Option<i64>,
    }

    /// A form's score of a call.
    Score of "scores" {
        call_id: Text,
        rubric: Text,
        rubric_version: Text,
        status: Text,
        not_eligible_reason: Option<Text>,
        score: Option<f64>,
        score_before_auto_fail: Option<f64>,
        score_low: Option<f64>,
        score_high: Option<f64>,
        verdict: Option<Text>,
        auto_failed_by: Option<Text>,
        abstained: i64,
        agent_score: Option<f64>,
        agent_score_low: Option<f64>,
        agent_score_high: Option<f64>,
        band: Option<Text>,
        critical_verdict: Option<Text>,
    }

    /// The score of a part of a form.
    /// By which form a call was judged.
    Judged of "scores" {
        rubric: Text,
        rubric_key: Text,
        status: Text,
    }

    PartScore of "part_scores" {
        call_id: Text,
        rubric: Text,
        rubric_version: Text,
        part_kind: Text,
        part: Text,
        score: Option<f64>,
        score_low: Option<f64>,
        score_high: Option<f64>,
        verdict: Option<Text>,
    }

    /// An answer, of the automatic scorer or of a person.
    Answer of "answers" {
        call_id: Text,
        rubric: Text,
        rubric_version: Text,
        section: Text,
        question: Text,
        scorer: Text,
        scorer_kind: Option<Text>,
        of_record: Option<bool>,
        answer: Text,
        points: Option<f64>,
        max_points: f64,
        reason: Option<Text>,
        auto_fail: bool,
        meaning: Text,
        critical: bool,
        celebrate: bool,
        answered_by: Text,
        controllable_by_agent: bool,
        cause: Option<Text>,
        confidence: Option<f64>,
        fragile: bool,
        value: Option<f64>,
        way: Option<Text>,
    }

    /// A piece of evidence behind an automatic answer.
    Evidence of "evidence" {
        call_id: Text,
        rubric: Text,
        rubric_version: Text,
        question: Text,
        item: i64,
        rule: Text,
        kind: Text,
        party: Option<Text>,
        channel: Option<i64>,
        start_ms: Option<i64>,
        end_ms: Option<i64>,
        quote: Option<Text>,
        min_prob: Option<f64>,
        window_start_ms: Option<i64>,
        window_end_ms: Option<i64>,
        metric: Option<Text>,
        value: Option<f64>,
        threshold: Option<Text>,
        note: Option<Text>,
        confidence: Option<f64>,
    }

    /// A failed answer that no agent could have helped.
    Obstacle of "obstacles" {
        call_id: Text,
        rubric: Text,
        question: Text,
        answer: Text,
        cause: Text,
        team: Option<Text>,
        queue: Option<Text>,
        reason: Option<Text>,
        start_ms: Option<i64>,
        quote: Option<Text>,
    }

    /// A call among the contacts of its customer.
    Contact of "contacts" {
        call_id: Text,
        agent: Option<Text>,
        team: Option<Text>,
        queue: Option<Text>,
        reason: Option<Text>,
        direction: Option<Text>,
        recorded_ms: Option<i64>,
        days_since: Option<i64>,
        repeat_7d: Option<bool>,
        led_to_repeat_7d: Option<bool>,
        promised_call_back: Option<bool>,
    }

    /// A promise made in a call.
    Promise of "promises" {
        call_id: Text,
        item: i64,
        party: Text,
        kind: Text,
        quote: Text,
        start_ms: i64,
        hedged: bool,
        due: Option<Text>,
        state: Option<Text>,
    }

    /// A recording that a run could not use.
    Failure of "failures" {
        run_id: Text,
        file: Text,
        call_id: Option<Text>,
        stage: Text,
        reason: Text,
        message: Text,
        hint: Option<Text>,
    }

    /// A run; `date` is the day on which it began.
    Run of "runs" {
        run_id: Text,
        started_at: i64,
        command: Text,
        tool_version: Text,
        model: Text,
        rubrics: Text,
        recordings: i64,
        transcribed: i64,
        reused: i64,
        not_eligible: i64,
        failed: i64,
    }

    /// An agent's calls of a day by one form.
    AgentDay of "agent_daily" {
        agent: Text,
        team: Option<Text>,
        leader: Option<Text>,
        site: Option<Text>,
        queue: Option<Text>,
        reason: Option<Text>,
        rubric: Text,
        rubric_version: Text,
        calls: i64,
        scored: i64,
        not_eligible: i64,
        passed: i64,
        failed: i64,
        undetermined: i64,
        auto_failed: i64,
        score_sum: f64,
        score_low_sum: f64,
        score_high_sum: f64,
        with_score: i64,
        recorded_ms: i64,
    }

    /// Automatic answers of an agent's calls of a day to one question.
    QuestionDay of "question_daily" {
        agent: Text,
        team: Option<Text>,
        queue: Option<Text>,
        rubric: Text,
        rubric_version: Text,
        section: Text,
        question: Text,
        meaning: Text,
        put: i64,
        yes: i64,
        no: i64,
        otherwise: i64,
        not_applicable: i64,
        abstained: i64,
        fragile: i64,
        auto_failed: i64,
        points_sum: f64,
        max_points_sum: f64,
    }

    /// How often the automatic answers to a question are right.
    Automatic of "calibration/automatic" {
        rubric: Text,
        question: Text,
        meaning: Text,
        reference: Text,
        audited: i64,
        true_yes_said_yes: f64,
        true_yes_said_no: f64,
        true_no_said_yes: f64,
        true_no_said_no: f64,
        abstained: f64,
        sensitivity: Option<f64>,
        sensitivity_low: Option<f64>,
        sensitivity_high: Option<f64>,
        specificity: Option<f64>,
        specificity_low: Option<f64>,
        specificity_high: Option<f64>,
        ppv: Option<f64>,
        ppv_low: Option<f64>,
        ppv_high: Option<f64>,
        npv: Option<f64>,
        npv_low: Option<f64>,
        npv_high: Option<f64>,
        fit: Text,
        fit_reason: Text,
        caveats: Text,
    }

    /// How often a question's answer is truly *yes*.
    TrueRate of "calibration/true_rates" {
        rubric: Text,
        question: Text,
        meaning: Text,
        reference: Text,
        method: Text,
        calls: i64,
        audited: i64,
        raw_rate: Option<f64>,
        true_rate: Option<f64>,
        true_rate_low: Option<f64>,
        true_rate_high: Option<f64>,
        not_applicable: Option<f64>,
        why_not: Option<Text>,
        caveats: Text,
    }

    /// An agent beside the rest on one question.
    AgentCompared of "calibration/agents" {
        rubric: Text,
        question: Text,
        meaning: Text,
        agent: Text,
        team: Option<Text>,
        calls: i64,
        days: i64,
        compared_calls: i64,
        rate: Option<f64>,
        expected: Option<f64>,
        difference: Option<f64>,
        difference_low: Option<f64>,
        difference_high: Option<f64>,
        shrunken: Option<f64>,
        flag: Text,
        missing_calls: i64,
        missing_days: i64,
        missing_others: i64,
        missing_calls_of_others: i64,
        fit: Text,
    }

    /// How far those who score agree on one question, section or form.
    Agreement of "calibration/agreement" {
        rubric: Text,
        level: Text,
        part: Text,
        meaning: Text,
        comparison: Text,
        rater_a: Text,
        rater_b: Text,
        calls: i64,
        raters: i64,
        pairs: i64,
        both_yes: Option<f64>,
        yes_no: Option<f64>,
        no_yes: Option<f64>,
        both_no: Option<f64>,
        percent_agreement: Option<f64>,
        percent_agreement_low: Option<f64>,
        percent_agreement_high: Option<f64>,
        positive_agreement: Option<f64>,
        negative_agreement: Option<f64>,
        fleiss_kappa: Option<f64>,
        ac1: Option<f64>,
        ac1_low: Option<f64>,
        ac1_high: Option<f64>,
        alpha: Option<f64>,
        enough: bool,
        missing_calls: i64,
        caveats: Text,
    }

    /// What followed a coaching.
    Followed of "calibration/followed" {
        rubric: Text,
        question: Text,
        meaning: Text,
        agent: Text,
        coached_on: Text,
        agents: i64,
        calls_before: i64,
        calls_after: i64,
        comparison_agents: i64,
        rate_before: Option<f64>,
        rate_after: Option<f64>,
        change: Option<f64>,
        comparison_change: Option<f64>,
        difference: Option<f64>,
        difference_low: Option<f64>,
        difference_high: Option<f64>,
        flag: Text,
    }

    /// A call's score by people, with their strictness taken out.
    FairScore of "calibration/fair_scores" {
        call_id: Text,
        rubric: Text,
        agent: Text,
        raw: Option<f64>,
        fair: Option<f64>,
    }

    /// A coaching, with what was agreed and what followed.
    Coaching of "coaching" {
        agent: Text,
        team: Option<Text>,
        rubric: Text,
        question: Text,
        coached_on: Text,
        coach: Option<Text>,
        minutes: Option<i64>,
        action: Option<Text>,
        follow_up_on: Option<Text>,
        done_on: Option<Text>,
        calls: Text,
        followed_flag: Option<Text>,
        calls_before: Option<i64>,
        calls_after: Option<i64>,
        rate_before: Option<f64>,
        rate_after: Option<f64>,
        difference: Option<f64>,
        difference_low: Option<f64>,
        difference_high: Option<f64>,
    }
}
