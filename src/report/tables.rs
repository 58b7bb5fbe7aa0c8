//! The tables of the report, with the meaning of every column.
//!
//! This is the one place that says what stands in a table; `docs/report-schema.md` is made from
//! it. New columns go to the end of their table. `date` is no column here: it stands in the
//! folder's name. How the values come about is left to the rooms that make them.

use super::schema::{Column, Kind, Table, markdown};

/// A list of columns, one `name Kind: "meaning"` each, `nullable` after the kind where it may be
/// null.
macro_rules! columns {
    (@null) => { false };
    (@null nullable) => { true };
    ($($name:ident $kind:ident $($null:ident)?: $doc:literal,)*) => {
        vec![$(Column {
            name: stringify!($name),
            kind: Kind::$kind,
            nullable: columns!(@null $($null)?),
            doc: $doc,
        }),*]
    };
}

const CALL_DATE: &str = "the local calendar day on which the call began";
const RUN_DATE: &str = "the local calendar day on which the run began";

/// All tables, in the order of the data. `metric_columns` are those of the conversation room;
/// they follow `call_id`, `run_id` and `mono` in `metrics`.
pub fn tables(metric_columns: Vec<Column>) -> Vec<Table> {
    vec![
        calls(),
        segments(),
        words(),
        metrics(metric_columns),
        answers(),
        evidence(),
        scores(),
        failures(),
        runs(),
    ]
}

/// The text of `docs/report-schema.md`.
pub fn schema_document(metric_columns: Vec<Column>) -> String {
    markdown(&tables(metric_columns))
}

/// One row per transcribed call.
pub fn calls() -> Table {
    Table {
        name: "calls",
        grain: "one transcribed call",
        key: &["call_id"],
        purpose: "Who spoke with whom, when, how it was recorded, and how well it was heard.",
        date_is: CALL_DATE,
        example: "
SELECT agent, count(*) AS calls, round(sum(recorded_ms) / 3600000.0, 1) AS hours
FROM read_parquet('report/calls/date=*/*.parquet', hive_partitioning = true, union_by_name = true)
WHERE date >= DATE '2026-03-01'
GROUP BY agent
ORDER BY agent;",
        columns: columns! {
            call_id Text: "The call's id from the sidecar table or the file's name.",
            run_id Text: "The run that wrote this row; see `runs`.",
            file Text: "The recording, relative to its input folder, with `/` between folders.",
            audio_key Text nullable: "BLAKE3 of the recording's bytes, hexadecimal; null for a transcript \
                of another tool.",
            agent Text: "The agent's id.",
            team Text nullable: "The agent's team; null if not given.",
            queue Text nullable: "The queue that the call came through; null if not given.",
            customer Text nullable: "Keyed hash of the customer's id: calls of one customer share \
                it, and it names nobody; null if not given.",
            direction Text nullable: "`inbound`, `outbound` or `internal`; null if not given.",
            first_communication Bool nullable: "This is the first communication about a matter (a \
                debt, say); null if not given.",
            language Text: "ISO 639-1 code of the language spoken, e.g. `en`.",
            reason Text nullable: "Why the customer called, as the centre codes it; null if not \
                given.",
            interaction_id Text nullable: "Shared by the legs of one interaction (transfer, \
                conference); null if not given.",
            leg Text nullable: "Which leg of the interaction this is; null if not given.",
            started_at Timestamp: "When the call began.",
            started_local Text: "The same on the centre's wall clock, `YYYY-MM-DDTHH:MM:SS`.",
            time_zone Text: "Zone of the wall clock: IANA name, or offset where only that is \
                known.",
            start_time_doubtful Bool: "The wall-clock time exists twice or not at all (clock \
                change); `started_at` is the earlier instant, or the one after the gap.",
            recorded_ms Int: "Length of the recording. Not the handle time: recorders stop on \
                hold, and nobody records after-call work.",
            talk_s Int nullable: "Talk time as the phone system counted it; null if not given.",
            hold_s Int nullable: "Hold time as the phone system counted it; null if not given.",
            acw_s Int nullable: "After-call work as the phone system counted it; null if not \
                given.",
            handle_s Int nullable: "`talk_s` + `hold_s` + `acw_s`; null if one of them is.",
            disclosure_by_ivr Bool nullable: "An announcement ahead of the recording told the \
                customer about it; null if not given.",
            agent_channel Int nullable: "Channel with the agent, from 0; null for mono.",
            channels Int: "Channels transcribed: 1 for mono and for equal sound on both.",
            codec Text nullable: "Codec of the sound, e.g. `pcm_s16le`, `pcm_mulaw`; null if the \
                transcript came without.",
            sample_rate_hz Int nullable: "Samples per second; null if the transcript came without.",
            truncated Bool: "The data ended before the file's header said so.",
            dual_mono Bool: "Several channels held the same sound and were kept as one; who speaks \
                is not known.",
            cut_start Bool: "The recording begins in the middle of speech: words may be missing.",
            cut_end Bool: "The recording ends in the middle of speech: words may be missing.",
            engine Text: "What made the transcript, with its version.",
            model Text: "The speech model's name.",
            model_key Text nullable: "BLAKE3 of the model's file, hexadecimal; null for a \
                transcript of another tool.",
            words Int: "Words in the transcript, placeholders included.",
            mean_word_prob Float nullable: "Mean of the words' probabilities, 0 to 1; null where \
                no word has one.",
            doubted_words Int: "Words in segments with a doubt: shown, but no evidence.",
            redactions Int: "Placeholders that stand for something that must not be written.",
            extra Text: "Sidecar columns that callibrate does not know, as a JSON object of texts; \
                `{}` if there are none.",
        },
    }
}

/// One row per segment of a transcript.
pub fn segments() -> Table {
    Table {
        name: "segments",
        grain: "one stretch of speech, recognised as one",
        key: &["call_id", "channel", "segment"],
        purpose: "The transcript to read and to search, redacted.",
        date_is: CALL_DATE,
        example: "
SELECT call_id, party, start_ms // 1000 AS second, text
FROM read_parquet('report/segments/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
WHERE text ILIKE '%cancel%' AND doubts = ''
ORDER BY call_id, start_ms;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            run_id Text: "The run that wrote this row; see `runs`.",
            channel Int: "Audio channel, from 0.",
            segment Int: "Place within its channel, from 0.",
            party Text: "Who speaks: `agent`, `customer`, or `unknown` in mono.",
            turn Int nullable: "The turn it belongs to, counted from 0 over the call; null where \
                it belongs to none.",
            start_ms Int: "Start, from the start of the recording.",
            end_ms Int: "End, from the start of the recording.",
            text Text: "The words with single blanks between them, placeholders included.",
            words Int: "Words in it.",
            mean_prob Float nullable: "Mean of its words' probabilities, 0 to 1; null where no \
                word has one.",
            min_prob Float nullable: "Lowest of its words' probabilities, 0 to 1; null where no \
                word has one.",
            no_speech_prob Float nullable: "The model's probability that nobody speaks here, 0 to \
                1; null if the recogniser gives none.",
            doubts Text: "Reasons to doubt the text, separated by commas: `repetition`, \
                `too_fast`, `no_speech`, `low_confidence`, `noise`; empty if there are none.",
        },
    }
}

/// One row per word of a transcript.
pub fn words() -> Table {
    Table {
        name: "words",
        grain: "one word, or one placeholder for what must not be written",
        key: &["call_id", "channel", "segment", "word"],
        purpose: "Every word with its time and how sure the recogniser is of it.",
        date_is: CALL_DATE,
        example: "
SELECT lower(text) AS said, count(*) AS times, round(avg(prob), 2) AS mean_prob
FROM read_parquet('report/words/date=*/*.parquet', hive_partitioning = true, union_by_name = true)
WHERE trusted AND redacted_kind IS NULL
GROUP BY said
ORDER BY mean_prob, said
LIMIT 50;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            run_id Text: "The run that wrote this row; see `runs`.",
            channel Int: "Audio channel, from 0.",
            segment Int: "The segment within the channel; see `segments`.",
            word Int: "Place within its segment, from 0.",
            party Text: "Who speaks: `agent`, `customer`, or `unknown` in mono.",
            start_ms Int: "Start, from the start of the recording.",
            end_ms Int: "End, from the start of the recording.",
            text Text: "As recognised, with its punctuation, or a placeholder such as `[card \
                number]`.",
            prob Float nullable: "The recogniser's probability, 0 to 1; null if it gives none, and \
                then the word counts as heard.",
            trusted Bool: "Its segment carries no doubt. A word that is not trusted is no \
                evidence.",
            redacted_kind Text nullable: "`card_number` or `account_number`; null for a word that \
                stands as said.",
            redacted_digits Int nullable: "Digits heard in what was replaced; null for a word that \
                stands as said.",
            redacted_check_ok Bool nullable: "Its check digit was right; null for kinds without \
                one and for a word that stands as said.",
        },
    }
}

/// One row per call, with the columns of the conversation room.
pub fn metrics(metric_columns: Vec<Column>) -> Table {
    let mut columns = columns! {
        call_id Text: "The call; see `calls`.",
        run_id Text: "The run that wrote this row; see `runs`.",
        mono Bool: "Both parties share one channel, so that what only one of them did is not \
            known.",
    };
    columns.extend(metric_columns);
    Table {
        name: "metrics",
        grain: "one transcribed call",
        key: &["call_id"],
        purpose: "How the two talked, mostly from speech activity and not from words. Definitions \
            with their sources: `docs/metrics.md`.",
        date_is: CALL_DATE,
        example: "
SELECT c.agent, m.* EXCLUDE (run_id)
FROM read_parquet('report/metrics/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true) AS m
JOIN read_parquet('report/calls/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true) AS c USING (date, call_id)
WHERE NOT m.mono
ORDER BY c.agent, call_id;",
        columns,
    }
}

/// One row per question that was put to a call.
pub fn answers() -> Table {
    Table {
        name: "answers",
        grain: "one question of a rubric, answered for one call",
        key: &["call_id", "rubric", "rubric_version", "question", "scorer"],
        purpose: "What the form says, question by question. *Abstain* is an answer of its own: \
            leave it out of a rate, and say how often it came.",
        date_is: CALL_DATE,
        example: "
SELECT rubric, rubric_version, question,
    count(*) FILTER (answer = 'yes') AS yes,
    count(*) FILTER (answer = 'no') AS no,
    count(*) FILTER (answer = 'abstain') AS abstained
FROM read_parquet('report/answers/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
GROUP BY ALL
ORDER BY ALL;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            run_id Text: "The run that wrote this row; see `runs`.",
            rubric Text: "The rubric's id.",
            rubric_version Text: "The rubric's version.",
            rubric_key Text: "BLAKE3 of the rubric, hexadecimal: tells a rubric that was changed \
                without a new version.",
            section Text: "The section's id within the rubric.",
            question Text: "The question's id within the rubric.",
            scorer Text: "Who answered: `automatic`.",
            answer Text: "`yes`, `no`, `not_applicable` or `abstain`.",
            points Float nullable: "Points given; null unless the answer is `yes` or `no`.",
            max_points Float: "Points that the question can give.",
            weight Float nullable: "Share of the form's score that the question carries in this \
                call, 0 to 1, after the weight of questions that do not apply went to the others; \
                null unless it counts.",
            reason Text nullable: "Why the answer is `abstain` or `not_applicable`; null for the \
                others.",
            auto_fail Bool: "This answer fails the whole form.",
            evidence_rows Int: "Rows of `evidence` behind this answer.",
        },
    }
}

/// One row per piece of evidence.
pub fn evidence() -> Table {
    Table {
        name: "evidence",
        grain: "one piece of evidence behind an answer",
        key: &["call_id", "rubric", "rubric_version", "question", "item"],
        purpose: "Why each answer is what it is: who said which words when, which window was \
            searched, and what came closest when nothing was found.",
        date_is: CALL_DATE,
        example: "
SELECT call_id, question, e.kind, e.start_ms // 1000 AS second, e.quote, e.note
FROM read_parquet('report/answers/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true) AS a
JOIN read_parquet('report/evidence/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true) AS e
    USING (date, call_id, rubric, rubric_version, question)
WHERE a.answer = 'no'
ORDER BY call_id, question, e.item;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            run_id Text: "The run that wrote this row; see `runs`.",
            rubric Text: "The rubric's id.",
            rubric_version Text: "The rubric's version.",
            question Text: "The question's id within the rubric.",
            item Int: "Place within the question's evidence, from 0.",
            rule Text: "Path of the rule in the rubric that this is about.",
            kind Text: "`found` (said), `absent` (searched and not said), `nearest_miss` (what \
                came closest), `metric`, `metadata`, or `doubt` (why it cannot be told).",
            party Text nullable: "Who speaks: `agent`, `customer` or `unknown`; null where it is \
                about no one's speech.",
            channel Int nullable: "Audio channel, from 0; null where it is about no one channel.",
            start_ms Int nullable: "Start of what was said, from the start of the recording; null \
                where nothing was.",
            end_ms Int nullable: "End of what was said, from the start of the recording; null \
                where nothing was.",
            quote Text nullable: "The words, redacted; null where there are none.",
            min_prob Float nullable: "Lowest probability of the quoted words, 0 to 1; null without \
                a quote or where no word has one.",
            mean_prob Float nullable: "Mean probability of the quoted words, 0 to 1; null without \
                a quote or where no word has one.",
            window_start_ms Int nullable: "Start of the stretch that was searched; null where none \
                was.",
            window_end_ms Int nullable: "End of the stretch that was searched; null where none \
                was.",
            metric Text nullable: "The metric or the field of the call's data; null for words.",
            value Float nullable: "The metric's value, in its unit (see `metrics`); null for words \
                and where it is no number.",
            threshold Text nullable: "What it was held against, as the rubric has it; null where \
                it was held against nothing.",
            note Text nullable: "A remark for people; null if there is none.",
        },
    }
}

/// One row per call and rubric.
pub fn scores() -> Table {
    Table {
        name: "scores",
        grain: "one rubric, put to one call",
        key: &["call_id", "rubric", "rubric_version"],
        purpose: "The form's score and verdict, with the range that abstained questions leave \
            open.",
        date_is: CALL_DATE,
        example: "
SELECT c.team, s.rubric, count(*) AS calls, round(avg(s.score), 1) AS mean_score,
    round(avg(s.score_high - s.score_low), 1) AS mean_width,
    count(*) FILTER (s.verdict = 'undetermined') AS undetermined
FROM read_parquet('report/scores/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true) AS s
JOIN read_parquet('report/calls/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true) AS c USING (date, call_id)
WHERE s.status = 'scored'
GROUP BY ALL
ORDER BY ALL;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            run_id Text: "The run that wrote this row; see `runs`.",
            rubric Text: "The rubric's id.",
            rubric_version Text: "The rubric's version.",
            rubric_key Text: "BLAKE3 of the rubric, hexadecimal.",
            status Text: "`scored`, or `not_eligible` where the rubric does not apply to the call.",
            not_eligible_reason Text nullable: "Why the rubric does not apply; null where it does.",
            score Float nullable: "0 to 100, after auto-fail; null where nothing could be scored.",
            score_before_auto_fail Float nullable: "0 to 100, as if no answer failed the form; \
                null where nothing could be scored.",
            score_low Float nullable: "Lowest score over every answer that an abstained question \
                could still have; null where the rubric does not apply.",
            score_high Float nullable: "Highest score over every answer that an abstained question \
                could still have; null where the rubric does not apply.",
            verdict Text nullable: "`pass`, `fail`, or `undetermined` where abstained questions \
                decide; null where the rubric does not apply.",
            auto_failed_by Text nullable: "Ids of the questions that failed the form, separated by \
                commas; null if none did.",
            yes Int: "Questions answered *yes*.",
            no Int: "Questions answered *no*.",
            not_applicable Int: "Questions that do not apply to the call.",
            abstained Int: "Questions that could not be told.",
        },
    }
}

/// One row per recording that could not be used.
pub fn failures() -> Table {
    Table {
        name: "failures",
        grain: "one recording that a run could not use",
        key: &["run_id", "file"],
        purpose: "What went wrong with which recording, and what to do about it.",
        date_is: RUN_DATE,
        example: "
SELECT stage, reason, count(*) AS recordings, any_value(hint) AS hint
FROM read_parquet('report/failures/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
GROUP BY stage, reason
ORDER BY recordings DESC, stage, reason;",
        columns: columns! {
            run_id Text: "The run; see `runs`.",
            file Text: "The recording, relative to its input folder, with `/` between folders.",
            call_id Text nullable: "The call's id; null where it was not known yet.",
            stage Text: "Where it failed: `recording` (who and when), `audio` (decoding), `speech` \
                (recognising), `worker` (the child process died) or `store`.",
            reason Text: "A fixed code in snake_case, to count by.",
            message Text: "What happened, for people.",
            hint Text nullable: "What to do about it; null if nothing is known to help.",
        },
    }
}

/// One row per run.
pub fn runs() -> Table {
    Table {
        name: "runs",
        grain: "one run of `callibrate`",
        key: &["run_id", "started_at"],
        purpose: "What was run with which model and rubrics, how much it did, and how fast. The \
            one table that tells the time of the machine.",
        date_is: RUN_DATE,
        example: "
SELECT started_at, recordings, transcribed, reused, failed,
    round(times_real_time, 1) AS times_real_time
FROM read_parquet('report/runs/date=*/*.parquet', hive_partitioning = true, union_by_name = true)
ORDER BY started_at DESC;",
        columns: columns! {
            run_id Text: "Id of the run, as the other tables have it.",
            started_at Timestamp: "When the run began.",
            finished_at Timestamp: "When its tables were ready.",
            command Text: "The subcommand, e.g. `run`.",
            tool_version Text: "Version of callibrate.",
            schema_version Int: "Version of these tables.",
            model Text: "The speech model's name.",
            model_key Text: "BLAKE3 of the model's file, hexadecimal.",
            engine Text: "What recognised the speech, with its version.",
            settings_key Text: "BLAKE3 of all settings that can change a result, hexadecimal.",
            rubrics Text: "The rubrics as `id@version`, separated by commas.",
            jobs Int: "Calls worked on at the same time.",
            recordings Int: "Recordings found.",
            transcribed Int: "Recordings transcribed in this run.",
            reused Int: "Recordings whose transcript was in the store already.",
            not_eligible Int: "Calls to which no rubric of the run applies.",
            failed Int: "Recordings that could not be used; see `failures`.",
            audio_ms Int: "Length of all recordings together, as far as known.",
            transcribed_ms Int: "Length of the recordings that this run transcribed.",
            wall_ms Int: "How long the run took.",
            times_real_time Float nullable: "`transcribed_ms` / `wall_ms`; null where nothing was \
                transcribed.",
            exit_code Int: "What the command returned to the shell.",
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all() -> Vec<Table> {
        tables(vec![Column::nullable(
            "agent_talk_ms",
            Kind::Int,
            "Speech of the agent; null in mono.",
        )])
    }

    #[test]
    fn each_key_is_made_of_columns_that_are_never_null() {
        for table in all() {
            assert!(!table.key.is_empty(), "{}", table.name);
            for key in table.key {
                let column = table.columns.iter().find(|c| c.name == *key);
                let column = column.unwrap_or_else(|| panic!("{}.{key} is missing", table.name));
                assert!(!column.nullable, "{}.{key}", table.name);
            }
        }
    }

    #[test]
    fn columns_are_named_once_and_a_nullable_one_says_when_it_is_null() {
        for table in all() {
            let names: BTreeSet<_> = table.columns.iter().map(|c| c.name).collect();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
            assert!(
                !names.contains("date"),
                "{}: date is the folder's",
                table.name
            );
            for column in &table.columns {
                let at = format!("{}.{}", table.name, column.name);
                assert_eq!(column.nullable, column.doc.contains("null"), "{at}");
                assert!(column.doc.ends_with('.'), "{at}");
            }
        }
    }

    #[test]
    fn the_document_names_each_column_with_its_type() {
        let text = markdown(&all());
        for table in all() {
            let start = text.find(&format!("\n## {}\n", table.name)).unwrap();
            let section = text[start + 1..].split("\n## ").next().unwrap();
            assert!(section.contains(table.example.trim()), "{}", table.name);
            for column in &table.columns {
                let row = format!("| `{}` | {} |", column.name, column.kind);
                assert!(section.contains(&row), "{}.{}", table.name, column.name);
            }
        }
    }
}
