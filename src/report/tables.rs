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

mod calibration;
mod forgotten;

pub use calibration::*;
pub use forgotten::forgotten;

const CALL_DATE: &str = "the local calendar day on which the call began";
const RUN_DATE: &str = "the local calendar day on which the run began";

/// All tables of calls and runs, in the order of the data. `metric_columns` are those of the conversation room;
/// they follow `call_id`, `run_id` and `mono` in `metrics`.
pub fn tables(metric_columns: Vec<Column>) -> Vec<Table> {
    vec![
        calls(),
        segments(),
        words(),
        redactions(),
        card_data(),
        metrics(metric_columns),
        answers(),
        evidence(),
        scores(),
        part_scores(),
        obstacles(),
        agent_daily(),
        question_daily(),
        contacts(),
        promises(),
        releases(),
        failures(),
        runs(),
    ]
}

/// The text of `docs/report-schema.md`.
pub fn schema_document(metric_columns: Vec<Column>) -> String {
    markdown(&all(metric_columns))
}

/// Every table that there can be.
pub fn all(metric_columns: Vec<Column>) -> Vec<Table> {
    let mut all = tables(metric_columns);
    all.extend(tables_of_people());
    all.push(forgotten());
    all
}

/// One row per transcribed call.
pub fn calls() -> Table {
    Table {
        name: "calls",
        grain: "one transcribed call",
        key: &["call_id"],
        purpose: "Who spoke with whom, when, how it was recorded, and how well it was heard.",
        date_is: Some(CALL_DATE),
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
            agent Text: "The agent's id, or the pseudonym where agents have some (`[people]`).",
            team Text nullable: "The agent's team on the day of the call: that of the table of calls, \
                else that of the table of agents; null if neither gives one.",
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
            leader Text nullable: "Who led the agent on the day of the call, as the table of \
                agents has it; the pseudonym where the leader is an agent, too, and these have \
                some; null if not given.",
            site Text nullable: "Where the agent worked on that day; null if not given.",
            hired_on Text nullable: "The day on which the agent was hired, `YYYY-MM-DD`; null if \
                not given.",
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
        date_is: Some(CALL_DATE),
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
        date_is: Some(CALL_DATE),
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
            redacted_kind Text nullable: "What was replaced: `card_number`, `security_code`, \
                `card_expiry`, `iban`, `account_number`, `national_id`, `passcode`, \
                `date_of_birth`, `phone_number`, `email`, `postal_address` or `name`; null for a \
                word that stands as said.",
            redacted_digits Int nullable: "Digits heard in what was replaced; null for a word that \
                stands as said.",
            redacted_check_ok Bool nullable: "Its check digit was right; null for kinds without \
                one and for a word that stands as said.",
        },
    }
}

/// One row per placeholder.
pub fn redactions() -> Table {
    Table {
        name: "redactions",
        grain: "one placeholder for what must not be written",
        key: &["call_id", "channel", "segment", "word"],
        purpose: "What was masked where, and why. Never what it was. A number that is said over \
            several segments has a placeholder in each.",
        date_is: Some(CALL_DATE),
        example: "
SELECT kind, rule, count(*) AS placeholders, count(DISTINCT call_id) AS calls
FROM read_parquet('report/redactions/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
GROUP BY kind, rule
ORDER BY placeholders DESC, kind, rule;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            run_id Text: "The run that wrote this row; see `runs`.",
            channel Int: "Audio channel, from 0.",
            party Text: "Who speaks: `agent`, `customer`, or `unknown` in mono.",
            segment Int: "The segment within the channel; see `segments`.",
            word Int: "Place within its segment, from 0; see `words`.",
            start_ms Int: "Start of the first word that it stands for, from the start of the \
                recording.",
            end_ms Int: "End of the last.",
            kind Text: "What was replaced, as `redacted_kind` in `words` names it.",
            rule Text nullable: "What gave it away: `check_digit` (it is right), `long_number`, \
                `named` (what it is was said beside it), `asked` (the other party asked for it), \
                `shape` (its form alone), `echo` (it repeats what is masked near by), `amid` (said \
                while a card was read out), `sidecar` (the table of calls has it), `introduced` \
                (\"my name is\") or `learned` (it repeats a name of the same call); null where an \
                older version masked it.",
            digits Int: "Digits heard in what was replaced; 0 for kinds without any.",
            check_digit_ok Bool nullable: "Its check digit was right; null for kinds without one.",
            hash Text nullable: "Keyed hash of the value, hexadecimal: the same value has the same \
                hash; null unless the settings ask for one.",
        },
    }
}

/// One row per call with card data in its sound.
pub fn card_data() -> Table {
    Table {
        name: "card_data",
        grain: "one call in whose recording card data is spoken",
        key: &["call_id"],
        purpose: "Source recordings that hold card data. A masked transcript and a muted copy cure \
            nothing there: the recording has to be deleted, or muted at its source, because no \
            recording may keep a security code after authorisation (PCI DSS 3.3.1), and a \
            recorder that is paused while cards are read keeps it from coming about. Card data \
            that was not recognised is not here.",
        date_is: Some(CALL_DATE),
        example: "
SELECT date, call_id, file, card_numbers, security_codes, first_ms // 1000 AS from_second
FROM read_parquet('report/card_data/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
ORDER BY security_codes DESC, date, call_id;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            run_id Text: "The run that wrote this row; see `runs`.",
            file Text: "The recording, relative to its input folder, with `/` between folders.",
            audio_key Text nullable: "BLAKE3 of the recording's bytes, hexadecimal; null for a \
                transcript of another tool.",
            card_numbers Int: "Places where a card number is spoken; one that is said over several \
                segments is one.",
            security_codes Int: "Places where a security code is spoken.",
            expiries Int: "Places where the expiry of a card is spoken.",
            first_ms Int: "Start of the first of all these, from the start of the recording.",
            last_ms Int: "End of the last.",
            muted_copy Text nullable: "The muted copy, relative to the folder of muted copies; \
                null if none was made.",
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
        date_is: Some(CALL_DATE),
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
        grain: "one question of a rubric, answered for one call by one scorer",
        key: &["call_id", "rubric", "rubric_version", "question", "scorer"],
        purpose: "What the form says, question by question, and what people answered beside it. \
            **Say which rows you mean**: `scorer = 'automatic'` for rates and counts, `of_record` \
            for the one answer to show of a call; without either, a call that people rated counts \
            several times. *Abstain* is an answer of its own: leave it out of a rate, and say how \
            often it came.",
        date_is: Some(CALL_DATE),
        example: "
SELECT rubric, rubric_version, question,
    count(*) FILTER (answer = 'yes') AS yes,
    count(*) FILTER (answer = 'no') AS no,
    count(*) FILTER (answer = 'abstain') AS abstained
FROM read_parquet('report/answers/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
WHERE scorer = 'automatic'
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
            scorer Text: "Who answered: `automatic`, a rater, or `gold` for what was agreed.",
            answer Text: "`yes` or `no`; the id of the option chosen, or the value on a scale; ids \
                of several options with commas between them, `none` where none holds; a number; \
                `not_applicable` or `abstain`.",
            points Float nullable: "Points given; null for `not_applicable` and `abstain`, and \
                where the question is not scored.",
            max_points Float: "Points that the question can give.",
            weight Float nullable: "Share of the form's score that the question carries in this \
                call, 0 to 1, after the weight of questions that do not apply went to the others; \
                null unless it counts, and for people's answers, of which no score is made.",
            reason Text nullable: "Why the answer is `abstain` or `not_applicable`; null for the \
                others, and for people's answers.",
            auto_fail Bool: "This answer fails the form, or its section; never a person's.",
            evidence_rows Int: "Rows of `evidence` behind this answer; 0 for people's answers.",
            kind Text: "`yes_no`, `options`, `scale`, `number`, `multi_select` or `comment`.",
            value Float nullable: "The number, or the value on a scale; null for other kinds and \
                without an answer.",
            meaning Text: "BLAKE3 of what the question means (its text, answers and rules), \
                hexadecimal: the same where only a comment, the layout, help, weight or points \
                changed. History and ratings belong to it.",
            way Text nullable: "Which of several ways to *yes* it was; null where the rubric names \
                none, and for people's answers.",
            tags Text: "`business`, `customer` and `compliance` with commas between them; empty if \
                the question has none.",
            critical Bool: "The question counts for the critical verdict.",
            celebrate Bool: "A mark worth celebrating, never scored.",
            answered_by Text: "Who is to answer: `automatic`, `person` or `both`.",
            controllable_by_agent Bool: "Whether the agent can help the answer at all.",
            cause Text nullable: "What a failed answer is put down to: `agent`, `process`, \
                `system`, `policy`, `other_team`, `customer` or `unknown`; null where the answer \
                earned all it could, without one, and for people's answers.",
            confidence Float nullable: "How well what the answer rests on was heard, 0 to 1: the \
                lowest word probability or share of heard speech in its evidence. Not the \
                probability that the answer is right; null without an answer, for people's \
                answers, and where the transcript has no word probabilities.",
            fragile Bool: "It would be another answer if the words with a probability under 0.7 \
                were dropped; never a person's.",
            scorer_kind Text: "`automatic`, `coach` for a rater, or `gold` for what was agreed.",
            of_record Bool: "The answer to show where one is to be shown: what was agreed, else \
                the latest of a coach, else the automatic one. True of exactly one row of each \
                call, rubric, version and question. Rules: `docs/ratings.md`.",
        },
    }
}

/// One row per piece of evidence.
pub fn evidence() -> Table {
    Table {
        name: "evidence",
        grain: "one piece of evidence behind an automatic answer",
        key: &["call_id", "rubric", "rubric_version", "question", "item"],
        purpose: "Why each answer is what it is: who said which words when, which window was \
            searched, and what came closest when nothing was found.",
        date_is: Some(CALL_DATE),
        example: "
SELECT call_id, question, e.kind, e.start_ms // 1000 AS second, e.quote, e.note
FROM read_parquet('report/answers/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true) AS a
JOIN read_parquet('report/evidence/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true) AS e
    USING (date, call_id, rubric, rubric_version, question)
WHERE a.scorer = 'automatic' AND a.answer = 'no'
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
            quote Text nullable: "The words, redacted, with ` … ` for those between them that are \
                left out; null where there are none.",
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
            note Text nullable: "A remark for people; null if there is none. Says where a word \
                was taken for another form of itself or for one that sounds the same.",
            confidence Float nullable: "How well it was heard, 0 to 1: lowest word probability, or \
                share of the searched speech that was heard with confidence; null where it shows a \
                doubt or a near miss, and where the transcript has no word probabilities.",
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
        date_is: Some(CALL_DATE),
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
            score Float nullable: "0 to 100, and above only by a bonus, after auto-fail; null where \
                nothing could be scored.",
            score_before_auto_fail Float nullable: "0 to 100, as if no answer failed the form; \
                null where nothing could be scored.",
            score_low Float nullable: "Lowest score over every answer that an abstained question \
                could still have; null where the rubric does not apply.",
            score_high Float nullable: "Highest score over every answer that an abstained question \
                could still have; null where the rubric does not apply.",
            verdict Text nullable: "`pass`, `fail`, `undetermined` where abstained questions \
                decide, or `not_applicable` where no question with a weight arose and none is \
                open; null where the rubric does not apply.",
            auto_failed_by Text nullable: "Ids of the questions that failed the form, separated by \
                commas; null if none did.",
            yes Int: "Questions answered *yes*.",
            no Int: "Questions answered *no*.",
            not_applicable Int: "Questions that do not apply to the call.",
            abstained Int: "Questions that could not be told, or that wait for a person.",
            otherwise Int: "Questions answered with an option, a selection or a number.",
            band Text nullable: "Name of the band that the score lies in; null where the rubric \
                has none, and where `score_low` and `score_high` lie in different ones.",
            critical_verdict Text nullable: "`pass`, `fail` or `undetermined` over the critical \
                questions alone; null where none applies.",
            agent_score Float nullable: "The score without what no agent could have helped; null \
                where nothing is left.",
            agent_score_low Float nullable: "Lowest agent score that is still possible; null where \
                nothing is left.",
            agent_score_high Float nullable: "Highest agent score that is still possible; null \
                where nothing is left.",
            adjusted_by Text nullable: "Ids of the rubric's rules that changed the score, \
                separated by commas; null if none did.",
        },
    }
}

/// One row per part of a form and call.
pub fn part_scores() -> Table {
    Table {
        name: "part_scores",
        grain: "one part of a rubric (a section, a tag or the critical questions), put to one call",
        key: &["call_id", "rubric", "rubric_version", "part_kind", "part"],
        purpose: "Scores of sections, and apart from them what serves the business, the customer \
            and compliance: one must not hide in another.",
        date_is: Some(CALL_DATE),
        example: "
SELECT rubric, part_kind, part, count(score) AS calls, round(avg(score), 1) AS mean_score
FROM read_parquet('report/part_scores/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
GROUP BY ALL
ORDER BY ALL;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            run_id Text: "The run that wrote this row; see `runs`.",
            rubric Text: "The rubric's id.",
            rubric_version Text: "The rubric's version.",
            part_kind Text: "`section`, `tag` or `critical`.",
            part Text: "The section's id; `business`, `customer` or `compliance`; `critical`.",
            score Float nullable: "0 to 100; null where nothing of it was answered.",
            score_low Float nullable: "Lowest score that is still possible; null where nothing of \
                it applies.",
            score_high Float nullable: "Highest score that is still possible; null where nothing \
                of it applies.",
            verdict Text nullable: "`pass`, `fail` or `undetermined`; null where the part has no \
                threshold or does not apply.",
        },
    }
}

/// One row per failed answer that no agent could have helped.
pub fn obstacles() -> Table {
    Table {
        name: "obstacles",
        grain: "one failed answer that no agent could have helped",
        key: &["call_id", "rubric", "rubric_version", "question"],
        purpose: "What stood between customers and a good call: systems, policies, processes and \
            other teams. A list of work for the centre, not for agents.",
        date_is: Some(CALL_DATE),
        example: "
SELECT cause, rubric, question, count(*) AS calls
FROM read_parquet('report/obstacles/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
GROUP BY ALL
ORDER BY calls DESC, cause, rubric, question;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            run_id Text: "The run that wrote this row; see `runs`.",
            rubric Text: "The rubric's id.",
            rubric_version Text: "The rubric's version.",
            section Text: "The section's id within the rubric.",
            question Text: "The question's id within the rubric.",
            answer Text: "The failed answer; see `answers`.",
            cause Text: "`process`, `system`, `policy`, `other_team` or `customer`; `unknown` for a \
                question that no agent can help and whose cause nothing told.",
            team Text nullable: "The agent's team; null if not given.",
            queue Text nullable: "The queue that the call came through; null if not given.",
            reason Text nullable: "Why the customer called; null if not given.",
            start_ms Int nullable: "When the words that show it were said, from the start of the \
                recording; null where no words do.",
            quote Text nullable: "The words, redacted, with ` … ` for those between them that are \
                left out; null where there are none.",
        },
    }
}

/// One row per agent, kind of work and form: the sums of a date.
pub fn agent_daily() -> Table {
    Table {
        name: "agent_daily",
        grain: "one agent's calls of a date, by team, queue, reason and rubric",
        key: &[
            "agent",
            "team",
            "queue",
            "reason",
            "rubric",
            "rubric_version",
        ],
        purpose: "Ready-made sums for BI tools; made of what `calls` and `scores` say. All counts \
            and sums add up over rows of one rubric, whatever its versions: a call counts with the \
            version that is valid on its day. Over several rubrics, each call counts once for each. \
            Divide sums only after adding: `score_sum` / `with_score` is a mean score. Counts of \
            automatic answers; what people answered changes no score. No ranking: a difference \
            between two agents may well be chance, see `calibration/agents`.",
        date_is: Some(CALL_DATE),
        example: "
SELECT agent, team, sum(calls) AS calls,
    round(sum(score_sum) / nullif(sum(with_score), 0), 1) AS mean_score,
    round(sum(passed) / nullif(sum(passed + failed), 0), 3) AS pass_rate,
    sum(undetermined) AS undetermined,
    round(sum(talk_s + hold_s + acw_s) / nullif(sum(handled), 0)) AS mean_handle_s
FROM read_parquet('report/agent_daily/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
WHERE rubric = 'service-essentials'
GROUP BY agent, team
ORDER BY agent, team;",
        columns: columns! {
            agent Text: "As in `calls`.",
            team Text: "As in `calls`; empty if not given, because it belongs to the key.",
            leader Text nullable: "Who leads the agent on this date; null if not given.",
            site Text nullable: "Where the agent works on this date; null if not given.",
            queue Text: "As in `calls`; empty if not given.",
            reason Text: "As in `calls`; empty if not given.",
            rubric Text: "The rubric's id.",
            rubric_version Text: "The rubric's version.",
            calls Int: "Calls of the version's days, whether the rubric applies to them or not.",
            scored Int: "Calls that it applies to.",
            not_eligible Int: "Calls that it does not apply to; with `scored` these are `calls`.",
            passed Int: "Calls with the verdict `pass`.",
            failed Int: "Calls with the verdict `fail`.",
            undetermined Int: "Calls with the verdict `undetermined`.",
            auto_failed Int: "Calls with an answer that fails the form.",
            score_sum Float: "Sum of `score` in `scores`, over the calls that have one \
                (`with_score`).",
            score_low_sum Float: "Sum of `score_low`, over the same calls.",
            score_high_sum Float: "Sum of `score_high`, over the same calls.",
            agent_score_sum Float: "Sum of `agent_score`, over the calls that have one \
                (`agent_scored`).",
            agent_scored Int: "Calls with an `agent_score`.",
            yes Int: "Questions answered *yes*.",
            no Int: "Questions answered *no*.",
            abstained Int: "Questions that could not be told, or that wait for a person.",
            recorded_ms Int: "Length of the recordings of `calls`.",
            talk_s Int: "Talk time of the calls that have a handle time (`handled`).",
            hold_s Int: "Hold time of the same calls.",
            acw_s Int: "After-call work of the same calls.",
            handled Int: "Calls of which the phone system counted talk, hold and after-call work.",
            started_local_first Text: "When the first of these calls began, on the wall clock, \
                `YYYY-MM-DDTHH:MM:SS`.",
            time_zone Text: "Zone of that wall clock: IANA name, or offset where only that is \
                known.",
            with_score Int: "Calls with a score: what to divide `score_sum`, `score_low_sum` and \
                `score_high_sum` by.",
        },
    }
}

/// One row per agent, kind of work and question: the sums of a date.
pub fn question_daily() -> Table {
    Table {
        name: "question_daily",
        grain: "one question put to one agent's calls of a date, by team and queue",
        key: &[
            "agent",
            "team",
            "queue",
            "rubric",
            "rubric_version",
            "question",
            "meaning",
        ],
        purpose: "Ready-made sums for BI tools; made of what `answers` says. All counts and sums \
            add up. Everything but the columns that begin with `record_` counts automatic answers: \
            people answer chosen calls, and would bend a rate. A rate of automatic answers is not \
            yet the true one: `calibration/true_rates` has that.",
        date_is: Some(CALL_DATE),
        example: "
SELECT rubric, question, sum(put) AS put,
    round(sum(yes) / nullif(sum(yes + no), 0), 3) AS yes_rate,
    round(sum(abstained) / sum(put), 3) AS abstained
FROM read_parquet('report/question_daily/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
GROUP BY rubric, question, meaning
ORDER BY rubric, question, meaning;",
        columns: columns! {
            agent Text: "As in `calls`.",
            team Text: "As in `calls`; empty if not given, because it belongs to the key.",
            queue Text: "As in `calls`; empty if not given.",
            rubric Text: "The rubric's id.",
            rubric_version Text: "The rubric's version.",
            section Text: "The section's id within the rubric.",
            question Text: "The question's id within the rubric.",
            meaning Text: "What the question means; see `answers`.",
            put Int: "Calls that it was put to: the five counts that follow together.",
            yes Int: "Answers *yes*.",
            no Int: "Answers *no*.",
            otherwise Int: "Answers with an option, a selection or a number.",
            not_applicable Int: "Calls in which it does not arise.",
            abstained Int: "Calls in which it could not be told, or waits for a person.",
            fragile Int: "Answers that would be others without the words of a probability under \
                0.7.",
            auto_failed Int: "Answers that fail the form, or their section.",
            points_sum Float: "Points given.",
            max_points_sum Float: "Points that the answers with points could give.",
            record_yes Int: "Calls whose answer of record is *yes*; see `of_record` in `answers`.",
            record_no Int: "Calls whose answer of record is *no*.",
            record_by_people Int: "Calls whose answer of record is a person's, whatever it says.",
        },
    }
}

/// One row per stored call: what came before and after it.
pub fn contacts() -> Table {
    Table {
        name: "contacts",
        grain: "one stored call, among the contacts of its customer",
        key: &["call_id"],
        purpose: "Who had to call again. A repeat contact is a proxy: it does not tell whether a \
            matter was settled, and is no first-contact resolution. Days are calendar days. \
            Made from the whole store, and made again when later calls change it; so it has no \
            `run_id`. Definitions: `docs/contacts.md`.",
        date_is: Some(CALL_DATE),
        example: "
SELECT agent, count(*) AS calls, count(*) FILTER (led_to_repeat_7d) AS led_to_repeat,
    round(avg(led_to_repeat_7d::INT), 3) AS share
FROM read_parquet('report/contacts/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
WHERE led_to_repeat_7d IS NOT NULL AND coalesce(direction, 'inbound') = 'inbound'
    AND leg IS NOT TRUE
GROUP BY agent
ORDER BY agent;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            repeat_of Text nullable: "The latest earlier call that this one repeats: of the same \
                customer, within 30 days, and not known to be about another matter; null if it \
                repeats none, or where that cannot be told. Of a call that is not stored, the \
                `ref` of the table of contacts, if it has one.",
            days_since Int nullable: "Days from that call to this one; null if it repeats none.",
            repeat_1d Bool nullable: "It repeats a call of the same day or the day before. Legs of \
                one interaction, promised call-backs and calls of the centre repeat nothing; null where it cannot be \
                told: the customer is not given, or the store does not reach back so far.",
            repeat_7d Bool nullable: "As `repeat_1d`, for 7 days; null where it cannot be told.",
            repeat_30d Bool nullable: "As `repeat_1d`, for 30 days; null where it cannot be told.",
            same_matter Bool nullable: "The call that it repeats, or else the latest earlier call \
                of the customer within 30 days, had the same `reason`; null if there is none or a \
                reason is not given.",
            led_to_repeat_1d Bool nullable: "A later call repeats this one by the next day; null \
                until the store holds calls of a day after that, and where it cannot be told.",
            led_to_repeat_7d Bool nullable: "As `led_to_repeat_1d`, for 7 days; null until the \
                store holds calls of a day after them, and where it cannot be told.",
            led_to_repeat_30d Bool nullable: "As `led_to_repeat_1d`, for 30 days; null until the \
                store holds calls of a day after them, and where it cannot be told.",
            promised_call_back Bool nullable: "The call is a call-back that the centre promised, or \
                one that the customer announced; null where it cannot be told.",
            leg Bool nullable: "An earlier call belongs to the same interaction; null if no \
                interaction is given.",
            agent Text: "As in `calls`; here and below, so that no join is needed.",
            team Text nullable: "As in `calls`; null if not given.",
            queue Text nullable: "As in `calls`; null if not given.",
            reason Text nullable: "As in `calls`; null if not given.",
            direction Text nullable: "As in `calls`; null if not given.",
            customer Text nullable: "As in `calls`; null if not given.",
            started_at Timestamp: "When the call began.",
            recorded_ms Int nullable: "Length of the recording; null where the call's transcript \
                cannot be read, and then it has no row in `calls`.",
        },
    }
}

/// One row per promise that was made in a call.
pub fn promises() -> Table {
    Table {
        name: "promises",
        grain: "one promise made in a call",
        key: &["call_id", "item"],
        purpose: "Who promised what until when, and what became of it as far as the whole store \
            shows. That nothing shows a promise to be kept does not mean that it was broken. Made \
            again when later calls change it; so it has no `run_id`. Definitions: \
            `docs/contacts.md`.",
        date_is: Some(CALL_DATE),
        example: "
SELECT c.team, p.kind, p.state, count(*) AS promises,
    count(*) FILTER (p.hedged) AS hedged
FROM read_parquet('report/promises/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true) AS p
JOIN read_parquet('report/calls/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true) AS c USING (date, call_id)
WHERE p.party = 'agent'
GROUP BY ALL
ORDER BY ALL;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            item Int: "Place among the promises of the call, from 0.",
            party Text: "Who promised: `agent`, `customer`, or `unknown` in mono.",
            kind Text: "`call_back`, `send`, `repair`, `refund`, `check` or `other`.",
            quote Text: "The words, redacted.",
            start_ms Int: "When they were said, from the start of the recording.",
            hedged Bool: "Said with a way out: \"I'll try\", \"hopefully\".",
            due Text nullable: "The last moment at which it is kept, on the wall clock of the call, \
                `YYYY-MM-DDTHH:MM:SS`; null where no day or time was named.",
            state Text nullable: "`kept` (a later contact shows it), `not_seen` (its time is over \
                and nothing shows it), `open` (the store does not reach past its time) or \
                `said_broken` (the customer says so in a later call); null for promises that are \
                not followed: of customers, of unknown parties, without a known customer, and \
                without a day where nobody else would notice.",
            seen_in Text nullable: "The call or contact that shows it; null if none does.",
        },
    }
}

/// One row per release of a call's score.
pub fn releases() -> Table {
    Table {
        name: "releases",
        grain: "one release of a call's score by one rubric",
        key: &["call_id", "rubric", "release"],
        purpose: "What agents were told, and what the same rubric says now. Only dates that \
            `callibrate release` was asked for have this table. What was released never changes; \
            the columns that end in `_now`, `differs` and `questions_changed` are brought up to \
            date whenever the date is made again. No run wrote what stands here; so it has no \
            `run_id`.",
        date_is: Some(CALL_DATE),
        example: "
SELECT rubric, count(*) AS released, count(*) FILTER (differs) AS differ,
    round(avg(score), 1) AS mean_released, round(avg(score_now), 1) AS mean_now
FROM read_parquet('report/releases/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
WHERE latest
GROUP BY rubric
ORDER BY rubric;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            rubric Text: "The rubric's id. Its versions are one rubric here.",
            release Int: "Which release of this call by this rubric it is, from 1.",
            released_at Timestamp: "When it was released.",
            latest Bool: "The call was not released by this rubric again since.",
            rubric_version Text: "The rubric's version, as released.",
            rubric_key Text: "BLAKE3 of that rubric, hexadecimal.",
            status Text: "`scored`, or `not_eligible` where the rubric did not apply to the call.",
            score Float nullable: "The score, as released; null where nothing could be scored.",
            verdict Text nullable: "The verdict, as released; null where the rubric did not apply. \
                Values: see `scores`.",
            auto_failed_by Text nullable: "Ids of the questions that failed the form, separated by \
                commas; null if none did.",
            answers Text: "The answers as released: a JSON object with each question's answer (see \
                `answers`); `{}` where the rubric did not apply.",
            differs Bool: "An agent would be told something else now: another status, score, \
                verdict, auto-fail or answer. Also where a call that was `scored` is not scored by \
                this rubric any more. A new version of the rubric that says the same is no \
                difference.",
            rubric_version_now Text nullable: "Version of the rubric that says so now; null where \
                `status_now` is.",
            rubric_key_now Text nullable: "BLAKE3 of that rubric, hexadecimal; null where \
                `status_now` is.",
            status_now Text nullable: "As `status`, now; null where the date is not scored with \
                this rubric any more, or the call is not among those of the date that can be \
                scored.",
            score_now Float nullable: "The score now; null where nothing could be scored, and \
                where `status_now` is.",
            verdict_now Text nullable: "The verdict now; null where the rubric does not apply, and \
                where `status_now` is.",
            auto_failed_by_now Text nullable: "Ids of the questions that fail the form now, \
                separated by commas; null if none does.",
            questions_changed Text nullable: "Ids of questions with another answer now, separated \
                by commas, questions that only one of the two versions has among them; null if \
                there are none, and unless the call is `scored` both then and now.",
        },
    }
}

/// One row per recording that could not be used.
pub fn failures() -> Table {
    Table {
        name: "failures",
        grain: "one recording that a run could not use, or could not copy",
        key: &["run_id", "file", "stage"],
        purpose: "What went wrong with which recording, and what to do about it. Each run that it \
            goes wrong in has a row of its own, which stays when a later run can use the \
            recording.",
        date_is: Some(RUN_DATE),
        example: "
SELECT stage, reason, count(DISTINCT file) AS recordings, any_value(hint) AS hint
FROM read_parquet('report/failures/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true)
GROUP BY stage, reason
ORDER BY recordings DESC, stage, reason;",
        columns: columns! {
            run_id Text: "The run; see `runs`.",
            file Text: "The recording, relative to its input folder, with `/` between folders.",
            call_id Text nullable: "The call's id; null where it was not known yet.",
            stage Text: "Where it failed: `recording` (who and when), `audio` (decoding), `speech` \
                (recognising), `worker` (the child process died), `copy` (its muted copy; the call \
                itself was done) or `store`.",
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
        purpose: "What was run with which model and rubrics, how much it did, and how fast. \
            Tells the time of the machine; beside it only `releases` does.",
        date_is: Some(RUN_DATE),
        example: "
SELECT started_at, recordings, transcribed, reused, failed,
    round(times_real_time, 1) AS times_real_time
FROM read_parquet('report/runs/date=*/*.parquet', hive_partitioning = true, union_by_name = true)
ORDER BY started_at DESC;",
        columns: columns! {
            run_id Text: "Id of the run, as the other tables have it.",
            started_at Timestamp: "When the run began.",
            finished_at Timestamp: "When its tables were ready.",
            command Text: "The subcommand: `run`, `transcribe`, `score` or `retry`, or `forget`, \
                `redact` or `calibrate` for tables that were made again because calls were \
                forgotten, their transcripts redacted again, or people answered otherwise.",
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
            exit_code Int: "0 if nothing failed, 1 if some recordings did. What became of ratings at \
                the end of the night is not in it.",
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all() -> Vec<Table> {
        super::all(vec![Column::nullable(
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
