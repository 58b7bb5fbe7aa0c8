//! How well the sample calls are heard: words, their times, speech, and the answers that follow.
//!
//! What was truly said is in `samples/reference`. Both sides are redacted, lower-cased and rid of
//! punctuation before words are compared. The voices are synthetic and the embedded model was
//! trained on them, so the figures tell one build or setting from another; they do not tell how
//! well people are heard.

mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use callibrate::audio::Stream;
use callibrate::report::{Cell, read_table};
use callibrate::speech::activity::FRAME_MS;
use callibrate::transcript::{Channel, Span};
use samples::{Call, Fault};

const ANSWERS: [&str; 4] = ["yes", "no", "not_applicable", "abstain"];

fn main() -> Result<(), Fault> {
    let arguments = Arguments::read()?;
    let home = tempfile::tempdir()?;
    let truth_out = home.path().join("truth");
    samples::score_references(home.path(), &truth_out)?;
    let heard_out = home.path().join("heard");
    let mut run = samples::run_samples(home.path(), &heard_out);
    if let Some(model) = &arguments.model {
        run.arg("--model").arg(model);
    }
    samples::finish(&mut run)?;

    let truth = samples::stored_calls(&truth_out)?;
    let heard = samples::stored_calls(&heard_out)?;
    let pairs = pairs(&truth, &heard)?;
    if arguments.each {
        print_each(&pairs);
    }
    print_words(&pairs)?;
    print_times(&pairs);
    print_speech(&pairs)?;
    print_answers(&truth_out, &heard_out, &truth)
}

/// `-- --model FILE` hears with another model, `-- --each` prints a line per channel.
struct Arguments {
    model: Option<PathBuf>,
    each: bool,
}

impl Arguments {
    fn read() -> Result<Self, Fault> {
        let mut read = Self {
            model: None,
            each: false,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--model" => {
                    let path = arguments.next().ok_or("--model needs a file")?;
                    read.model = Some(std::path::absolute(path)?);
                }
                "--each" => read.each = true,
                // From cargo.
                "--bench" => {}
                other => return Err(format!("unknown argument {other}").into()),
            }
        }
        Ok(read)
    }
}

/// One channel of one call, as it was and as it was heard.
struct Pair<'a> {
    call: &'a Call,
    channel: usize,
    mono: bool,
    truth: &'a Channel,
    heard: &'a Channel,
    words: Alignment,
}

fn pairs<'a>(
    truth: &'a BTreeMap<String, Call>,
    heard: &'a BTreeMap<String, Call>,
) -> Result<Vec<Pair<'a>>, Fault> {
    let mut pairs = Vec::new();
    for (id, truth) in truth {
        let heard = heard.get(id).ok_or_else(|| format!("{id} was not heard"))?;
        let (truths, heards) = (&truth.transcript.channels, &heard.transcript.channels);
        if truths.len() != heards.len() {
            return Err(format!("{id} has another number of channels").into());
        }
        for (channel, (truth_channel, heard_channel)) in truths.iter().zip(heards).enumerate() {
            pairs.push(Pair {
                call: truth,
                channel,
                mono: truths.len() == 1,
                truth: truth_channel,
                heard: heard_channel,
                words: align(&spoken(truth_channel), &spoken(heard_channel)),
            });
        }
    }
    Ok(pairs)
}

/// A word bare of case and punctuation, with its time.
struct Spoken {
    text: String,
    span: Span,
}

fn spoken(channel: &Channel) -> Vec<Spoken> {
    let words = channel.segments.iter().flat_map(|s| &s.words);
    words
        .map(|word| Spoken {
            text: word
                .text
                .chars()
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect(),
            span: Span::new(word.start_ms, word.end_ms),
        })
        .filter(|word| !word.text.is_empty())
        .collect()
}

/// How two lists of words lie on each other.
struct Alignment {
    /// Words that were truly said.
    words: usize,
    /// Substitutions, deletions and insertions.
    errors: usize,
    /// True and heard times of the words that are the same.
    matched: Vec<(Span, Span)>,
}

/// The fewest edits (Levenshtein) from `truth` to `heard`, every edit counting 1.
fn align(truth: &[Spoken], heard: &[Spoken]) -> Alignment {
    let width = heard.len() + 1;
    let mut edits = vec![0_usize; (truth.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    let same = |i: usize, j: usize| truth[i - 1].text == heard[j - 1].text;
    for i in 0..=truth.len() {
        for j in 0..=heard.len() {
            edits[at(i, j)] = match (i, j) {
                (0, n) | (n, 0) => n,
                _ => (edits[at(i - 1, j - 1)] + usize::from(!same(i, j)))
                    .min(edits[at(i - 1, j)] + 1)
                    .min(edits[at(i, j - 1)] + 1),
            };
        }
    }
    let mut matched = Vec::new();
    let (mut i, mut j) = (truth.len(), heard.len());
    while i > 0 && j > 0 {
        let here = edits[at(i, j)];
        if here == edits[at(i - 1, j - 1)] + usize::from(!same(i, j)) {
            if same(i, j) {
                matched.push((truth[i - 1].span, heard[j - 1].span));
            }
            (i, j) = (i - 1, j - 1);
        } else if here == edits[at(i - 1, j)] + 1 {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    Alignment {
        words: truth.len(),
        errors: edits[at(truth.len(), heard.len())],
        matched,
    }
}

/// Errors and words of some channels together.
#[derive(Default, Clone, Copy)]
struct Rate {
    errors: usize,
    words: usize,
}

impl Rate {
    fn add(&mut self, words: &Alignment) {
        self.errors += words.errors;
        self.words += words.words;
    }

    fn row(self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} |",
            self.words,
            self.errors,
            percent(self.errors as f64, self.words as f64)
        )
    }
}

fn percent(part: f64, whole: f64) -> String {
    format!("{:.2} %", 100.0 * part / whole)
}

fn print_words(pairs: &[Pair<'_>]) -> Result<(), Fault> {
    let voices = voices()?;
    let mut all = Rate::default();
    let mut by_voice: BTreeMap<&str, Rate> = BTreeMap::new();
    let mut by_agent: BTreeMap<&str, Rate> = BTreeMap::new();
    for pair in pairs {
        let is_agent = pair.call.meta.agent_channel == Some(pair.channel);
        let voice = match (pair.mono, voices.get(&pair.call.meta.call_id)) {
            (true, _) => "both parties on one channel",
            (false, Some((agent, _))) if is_agent => agent,
            (false, Some((_, customer))) => customer,
            (false, None) => "a machine, and who left it a message",
        };
        all.add(&pair.words);
        by_voice.entry(voice).or_default().add(&pair.words);
        if is_agent {
            let agent = by_agent.entry(&pair.call.meta.agent).or_default();
            agent.add(&pair.words);
        }
    }
    println!("## Words\n\n| | words | errors | word error rate |\n|---|--:|--:|--:|");
    println!("{}", all.row("all"));
    for (voice, rate) in by_voice {
        println!("{}", rate.row(&format!("voice: {voice}")));
    }
    for (agent, rate) in by_agent {
        println!("{}", rate.row(&format!("agent: {agent}")));
    }
    println!();
    Ok(())
}

/// The agent's and the customer's voice, by call.
fn voices() -> Result<BTreeMap<String, (String, String)>, Fault> {
    let text = std::fs::read_to_string(samples::sample("dialogues.json"))?;
    let dialogues: Vec<serde_json::Value> = serde_json::from_str(&text)?;
    let text = |dialogue: &serde_json::Value, field: &str| {
        let found = dialogue[field].as_str().map(str::to_string);
        found.ok_or_else(|| format!("dialogues.json: a dialogue without `{field}`"))
    };
    let mut voices = BTreeMap::new();
    for dialogue in &dialogues {
        let both = (
            text(dialogue, "agent_voice")?,
            text(dialogue, "customer_voice")?,
        );
        voices.insert(text(dialogue, "name")?, both);
    }
    Ok(voices)
}

fn print_times(pairs: &[Pair<'_>]) {
    let matched = || pairs.iter().flat_map(|p| &p.words.matched);
    let starts = matched().map(|(truth, heard)| heard.start_ms - truth.start_ms);
    let ends = matched().map(|(truth, heard)| heard.end_ms - truth.end_ms);
    println!(
        "## Times of the {} words that were heard right, in ms, heard less true\n\n\
         | | mean | mean absolute | median | p90 | p95 | p99 |\n|---|--:|--:|--:|--:|--:|--:|",
        matched().count()
    );
    print_time_row("start", starts.collect());
    print_time_row("end", ends.collect());
    println!("\nFrom the median on, of absolute values.\n");
}

fn print_time_row(name: &str, differences: Vec<i64>) {
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<i64>() as f64 / count;
    let mut sizes: Vec<i64> = differences.into_iter().map(i64::abs).collect();
    sizes.sort_unstable();
    let mean_absolute = sizes.iter().sum::<i64>() as f64 / count;
    let at = |share: f64| sizes.get((count * share) as usize).copied().unwrap_or(0);
    println!(
        "| {name} | {mean:.0} | {mean_absolute:.0} | {} | {} | {} | {} |",
        at(0.5),
        at(0.9),
        at(0.95),
        at(0.99)
    );
}

/// Milliseconds of speech: true, missed, and found where there was none.
#[derive(Default, Clone, Copy)]
struct Found {
    speech_ms: i64,
    missed_ms: i64,
    false_ms: i64,
}

impl Found {
    fn add(&mut self, truth: &[Span], found: &[Span]) {
        let length = |spans: &[Span]| spans.iter().map(|s| s.len_ms()).sum::<i64>();
        let both: i64 = truth
            .iter()
            .map(|t| found.iter().map(|f| t.overlap_ms(*f)).sum::<i64>())
            .sum();
        self.speech_ms += length(truth);
        self.missed_ms += length(truth) - both;
        self.false_ms += length(found) - both;
    }

    fn row(self, name: &str) -> String {
        let seconds = |ms: i64| ms as f64 / 1000.0;
        let share = |ms: i64| percent(ms as f64, self.speech_ms as f64);
        format!(
            "| {name} | {:.1} | {:.1} ({}) | {:.1} ({}) |",
            seconds(self.speech_ms),
            seconds(self.missed_ms),
            share(self.missed_ms),
            seconds(self.false_ms),
            share(self.false_ms)
        )
    }
}

fn print_speech(pairs: &[Pair<'_>]) -> Result<(), Fault> {
    let mut gated = Found::default();
    let mut bare = Found::default();
    let mut by_call: BTreeMap<&str, Vec<Vec<Span>>> = BTreeMap::new();
    for pair in pairs {
        let id = pair.call.meta.call_id.as_str();
        if !by_call.contains_key(id) {
            let path = samples::sample("calls").join(format!("{id}.wav"));
            by_call.insert(id, bare_detector(&path)?);
        }
        gated.add(&pair.truth.speech, &pair.heard.speech);
        bare.add(&pair.truth.speech, &by_call[id][pair.channel]);
    }
    println!("## Speech, in seconds\n\n| | true | missed | false |\n|---|--:|--:|--:|");
    println!("{}", gated.row("callibrate"));
    println!(
        "{}",
        bare.row("the detector alone: no gate against silence, music or leaking voices")
    );
    println!();
    Ok(())
}

/// Speech by the detector's scores alone, with `speech::activity`'s thresholds, shortest pause
/// and shortest stretch.
fn bare_detector(path: &Path) -> Result<Vec<Vec<Span>>, Fault> {
    let mut stream = Stream::open(path)?;
    let mut channels = vec![Vec::new(); stream.info().channels];
    while let Some(block) = stream.next_block()? {
        for (samples, block) in channels.iter_mut().zip(&block) {
            samples.extend_from_slice(block);
        }
    }
    Ok(channels.iter().map(|samples| detect(samples)).collect())
}

fn detect(samples: &[f32]) -> Vec<Span> {
    let mut detector = earshot::Detector::default_boxed();
    let mut speech: Vec<Span> = Vec::new();
    let mut speaking = false;
    for (frame, samples) in samples.chunks_exact(16 * FRAME_MS as usize).enumerate() {
        let threshold = if speaking { 0.35 } else { 0.5 };
        speaking = detector.predict_f32(samples) >= threshold;
        if !speaking {
            continue;
        }
        let start_ms = frame as i64 * FRAME_MS;
        match speech.last_mut() {
            Some(last) if start_ms - last.end_ms < 200 => last.end_ms = start_ms + FRAME_MS,
            _ => speech.push(Span::new(start_ms, start_ms + FRAME_MS)),
        }
    }
    speech.retain(|span| span.len_ms() >= 80);
    speech
}

fn print_each(pairs: &[Pair<'_>]) {
    println!(
        "## Channel by channel\n\n| call | channel | words | errors | speech, s | missed | false |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for pair in pairs {
        let mut found = Found::default();
        found.add(&pair.truth.speech, &pair.heard.speech);
        println!(
            "| {} | {} | {} | {} | {:.1} | {:.2} | {:.2} |",
            pair.call.meta.call_id,
            pair.channel,
            pair.words.words,
            pair.words.errors,
            found.speech_ms as f64 / 1000.0,
            found.missed_ms as f64 / 1000.0,
            found.false_ms as f64 / 1000.0
        );
    }
    println!();
}

/// Call, rubric and question.
type Asked = (String, String, String);

fn print_answers(
    truth_out: &Path,
    heard_out: &Path,
    calls: &BTreeMap<String, Call>,
) -> Result<(), Fault> {
    let dates: BTreeSet<&str> = calls
        .values()
        .map(|call| call.meta.started_at.local_date.as_str())
        .collect();
    let truth = answers(truth_out, &dates)?;
    let heard = answers(heard_out, &dates)?;
    let count = |t: &str, h: &str| {
        let same = |(asked, answer): &(&Asked, &Answer)| {
            answer.answer == t && heard.get(*asked).is_some_and(|a| a.answer == h)
        };
        truth.iter().filter(same).count()
    };
    println!("## Answers from the words as heard (columns) and as said (rows)\n");
    println!("| | {} |\n|---|--:|--:|--:|--:|", ANSWERS.join(" | "));
    for row in ANSWERS {
        let counts = ANSWERS.map(|column| count(row, column).to_string());
        println!("| {row} | {} |", counts.join(" | "));
    }
    println!();
    let asked: BTreeSet<&Asked> = truth.keys().chain(heard.keys()).collect();
    let none = Answer {
        answer: "not asked".to_string(),
        reason: String::new(),
    };
    for asked in asked {
        let said = truth.get(asked).unwrap_or(&none);
        let heard = heard.get(asked).unwrap_or(&none);
        if said.answer != heard.answer {
            let (call, _, question) = asked;
            println!(
                "- {call}, {question}: {} as said, {} as heard {}",
                said.answer, heard.answer, heard.reason
            );
        }
    }
    Ok(())
}

struct Answer {
    answer: String,
    reason: String,
}

fn answers(out: &Path, dates: &BTreeSet<&str>) -> Result<BTreeMap<Asked, Answer>, Fault> {
    let mut answers = BTreeMap::new();
    for date in dates {
        let path = out.join(format!("answers/date={date}/part.parquet"));
        let table = read_table(&path)?;
        let place = |name: &str| {
            let found = table.columns.iter().position(|(n, _)| n == name);
            found.ok_or_else(|| format!("the table of answers has no column {name}"))
        };
        let columns = [
            place("call_id")?,
            place("rubric")?,
            place("question")?,
            place("answer")?,
            place("reason")?,
        ];
        for row in &table.rows {
            let [call, rubric, question, answer, reason] = columns.map(|c| match &row[c] {
                Cell::Text(text) => text.clone(),
                _ => String::new(),
            });
            answers.insert((call, rubric, question), Answer { answer, reason });
        }
    }
    Ok(answers)
}
