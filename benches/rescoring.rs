//! How fast stored calls are judged again: against the number of calls and of questions, in
//! memory and from the store, and beside DuckDB's regular expressions over the same words.
//!
//! Calls are made (`samples/generator`), some 900 words each, and questions are those of the
//! built-in rubrics, with more of the same make where they are too few. What is timed in memory
//! is all that comes after a transcript was read: the conversation, its metrics, and the forms
//! with their evidence. Left out: writing tables (`speed.rs`), and what the answers are worth
//! (`accuracy.rs`).
//!
//!     cargo bench --bench rescoring -- [memory] [store] [--calls 1000,10000] [--questions 10,30,100]
//!                                      [--jobs N] [--duckdb PYTHON]

#[path = "../samples/generator/mod.rs"]
mod generator;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use callibrate::batch::diff::judge_stored;
use callibrate::batch::signals::Signals;
use callibrate::batch::store::Store;
use callibrate::batch::threads;
use callibrate::conversation::{Conversation, Party, metrics};
use callibrate::phrase::Phrase;
use callibrate::recording::CallMeta;
use callibrate::report::{Cell, Column, Kind, Table, TableWriter};
use callibrate::rubric::{self, AppliesTo, Question, Rubric};
use callibrate::scoring::{Call, Judged, Scorer};
use callibrate::transcript::Transcript;
use rayon::prelude::*;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Words of an average call.
const WORDS: usize = 900;
/// Calls made, then judged, at a time.
const BATCH: usize = 500;
const SEED: u64 = 11;

fn main() -> Result<(), Fault> {
    let arguments = Arguments::read()?;
    let most = arguments.questions.iter().copied().max().unwrap_or(30);
    let questions = questions(most)?;
    println!("{} jobs, calls of {WORDS} words on average", arguments.jobs);
    if arguments.wants("memory") {
        print_memory(&arguments, &questions)?;
    }
    if arguments.wants("store") {
        print_store(&arguments, &questions)?;
    }
    if let Some(python) = &arguments.duckdb {
        print_duckdb(&arguments, &questions, python)?;
    }
    Ok(())
}

struct Arguments {
    calls: Vec<usize>,
    questions: Vec<usize>,
    jobs: usize,
    duckdb: Option<String>,
    /// `memory`, `store`; none named: both.
    sections: Vec<String>,
}

impl Arguments {
    fn wants(&self, section: &str) -> bool {
        self.sections.is_empty() || self.sections.iter().any(|s| s == section)
    }

    fn read() -> Result<Self, Fault> {
        let mut read = Self {
            calls: vec![1_000, 10_000],
            questions: vec![10, 30, 100],
            jobs: threads::cores(),
            duckdb: None,
            sections: Vec::new(),
        };
        let numbers = |text: String| -> Result<Vec<usize>, Fault> {
            text.split(',').map(|n| Ok(n.parse()?)).collect()
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--calls" => read.calls = numbers(value()?)?,
                "--questions" => read.questions = numbers(value()?)?,
                "--jobs" => read.jobs = value()?.parse()?,
                "--duckdb" => read.duckdb = Some(value()?),
                // From cargo.
                "--bench" => {}
                "memory" | "store" => read.sections.push(argument),
                _ => return Err(format!("unknown argument {argument}").into()),
            }
        }
        Ok(read)
    }
}

/// The built-in questions, those that need a person or another question's answer left out, then
/// made ones up to `count`.
fn questions(count: usize) -> Result<Vec<Question>, Fault> {
    let mut questions = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, _) in rubric::BUILT_IN {
        for section in rubric::read(name)?.sections {
            for question in section.questions {
                let automatic = question.answered_by != rubric::AnsweredBy::Person;
                if automatic && question.shown_when.is_none() && seen.insert(question.id.clone()) {
                    questions.push(question);
                }
            }
        }
    }
    // Built-in rubrics stand by theme; taken in turn, ten questions are a fair sample of all.
    let mixed: Vec<Question> = (0..7)
        .flat_map(|turn| questions.iter().skip(turn).step_by(7).cloned())
        .collect();
    let more = made_questions(count.saturating_sub(mixed.len()))?;
    Ok(mixed.into_iter().chain(more).take(count).collect())
}

/// Questions with eight phrases each, of words that stand beside each other in made calls; half
/// of them with a word exchanged, so that not all are found.
fn made_questions(count: usize) -> Result<Vec<Question>, Fault> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let words: Vec<String> = made(40)
        .flat_map(|call| call.transcript.channels)
        .flat_map(|channel| channel.segments)
        .flat_map(|segment| segment.words)
        .map(|word| word.text.to_lowercase())
        .map(|text| {
            text.trim_matches(|c: char| !c.is_ascii_alphabetic())
                .to_string()
        })
        .filter(|text| text.chars().all(|c| c.is_ascii_alphabetic()) && text.len() > 1)
        .collect();
    let mut yaml = String::from(
        "rubric: made\nversion: '1'\ntitle: t\nsections:\n- id: s\n  title: s\n  weight: 1\n  questions:\n",
    );
    for q in 0..count {
        let phrases: Vec<String> = (0..8)
            .map(|p| {
                let at = (q * 8 + p) * 131 % (words.len() - 700);
                let third = at + if p % 2 == 0 { 2 } else { 612 };
                format!("\"{} {} {}\"", words[at], words[at + 1], words[third])
            })
            .collect();
        yaml += &format!(
            "  - id: made-{q}\n    text: q{q}\n    yes_when: {{said: {{by: anyone, any: [{}]}}}}\n",
            phrases.join(", ")
        );
    }
    let mut rubric = rubric::parse(&yaml, "made questions")?;
    Ok(std::mem::take(&mut rubric.sections[0].questions))
}

/// One form of some questions that takes any call.
fn form(questions: &[Question]) -> Result<Rubric, Fault> {
    let mut form = rubric::read("service-essentials")?;
    form.applies_to = AppliesTo::default();
    form.adjustments.clear();
    form.sections.truncate(1);
    form.sections[0].applies_when = None;
    form.sections[0].weight = 1.0;
    form.sections[0].bonus = false;
    form.sections[0].questions = questions.to_vec();
    Ok(form)
}

struct Made {
    meta: CallMeta,
    transcript: Transcript,
}

fn made(calls: usize) -> impl Iterator<Item = Made> {
    generator::generate(calls, WORDS, SEED).map(|(meta, transcript)| Made { meta, transcript })
}

fn judge(scorer: &Scorer<'_>, call: &Made) -> Vec<Judged> {
    let conversation = Conversation::new(&call.transcript, call.meta.agent_channel)
        .expect("made calls have two channels");
    let metrics = metrics::measure(&conversation);
    scorer.judge(&Call {
        meta: &call.meta,
        conversation: &conversation,
        metrics: &metrics,
        history: None,
    })
}

fn print_memory(arguments: &Arguments, questions: &[Question]) -> Result<(), Fault> {
    println!("\nIn memory, calls a second");
    let pool = threads::pool(arguments.jobs)?;
    let forms: Vec<[Rubric; 1]> = arguments
        .questions
        .iter()
        .map(|count| Ok([form(&questions[..*count])?]))
        .collect::<Result<_, Fault>>()?;
    let scorers: Vec<Scorer<'_>> = forms.iter().map(|form| Scorer::new(form)).collect();
    print!("{:>9}", "calls");
    for (count, form) in arguments.questions.iter().zip(&forms) {
        let phrases: BTreeSet<&str> = form[0].phrases().iter().map(|p| p.source()).collect();
        print!(
            "{:>26}",
            format!("{count} questions, {} phrases", phrases.len())
        );
    }
    println!();
    for &calls in &arguments.calls {
        let mut took = vec![Duration::ZERO; scorers.len()];
        let mut all = made(calls);
        loop {
            let batch: Vec<Made> = all.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            // Each form judges each batch, so that what slows the machine down slows all alike.
            for (scorer, took) in scorers.iter().zip(&mut took) {
                let start = Instant::now();
                pool.install(|| {
                    batch.par_iter().for_each(|call| {
                        std::hint::black_box(judge(scorer, call));
                    });
                });
                *took += start.elapsed();
            }
        }
        print!("{calls:>9}");
        for took in took {
            print!("{:>26.0}", calls as f64 / took.as_secs_f64());
        }
        println!();
    }
    Ok(())
}

fn print_store(arguments: &Arguments, questions: &[Question]) -> Result<(), Fault> {
    println!("\nFrom the store, calls a second");
    print!("{:>9}", "calls");
    for count in &arguments.questions {
        print!("{:>16}", format!("{count} questions"));
    }
    println!("{:>16}", "reading alone");
    let pool = threads::pool(arguments.jobs)?;
    let signals = Signals::default();
    for &calls in &arguments.calls {
        let home = tempfile::tempdir()?;
        generator::files::store(home.path(), generator::generate(calls, WORDS, SEED))?;
        let store = Store::open(home.path())?;
        let mut forms = Vec::new();
        for count in &arguments.questions {
            forms.push([form(&questions[..*count])?]);
        }
        print!("{calls:>9}");
        for form in &forms {
            let scorer = Scorer::new(form);
            let start = Instant::now();
            let mut judged = 0;
            judge_stored(&store, &scorer, &pool, &signals, &mut |_, _| {
                judged += 1;
                Ok(())
            })?;
            assert_eq!(judged, calls);
            print!("{:>16.0}", calls as f64 / start.elapsed().as_secs_f64());
        }
        let start = Instant::now();
        for date in store.call_dates()? {
            let records = store.calls(&date)?;
            pool.install(|| {
                records.par_iter().for_each(|record| {
                    let transcript = store.transcript(&record.transcript);
                    std::hint::black_box(transcript.expect("it was just stored"));
                });
            });
        }
        println!("{:>16.0}", calls as f64 / start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The same phrases as regular expressions over the text of each party of each call, which
/// answers less: no window, order, probability, evidence or nearest miss.
fn print_duckdb(arguments: &Arguments, questions: &[Question], python: &str) -> Result<(), Fault> {
    println!("\nDuckDB over the words of each party, one regular expression for each question");
    let calls = arguments.calls.iter().copied().min().unwrap_or(1_000);
    let home = tempfile::tempdir()?;
    let texts = home.path().join("texts.parquet");
    write_texts(&texts, calls)?;
    for &count in &arguments.questions {
        let form = [form(&questions[..count])?];
        let scorer = Scorer::new(&form);
        let batch: Vec<Made> = made(calls).collect();
        let pool = threads::pool(arguments.jobs)?;
        let start = Instant::now();
        pool.install(|| {
            batch.par_iter().for_each(|call| {
                std::hint::black_box(judge(&scorer, call));
            });
        });
        let own = start.elapsed();
        let patterns: Vec<String> = form[0].sections[0]
            .questions
            .iter()
            .map(|question| {
                let mut sources = BTreeSet::new();
                question.each_rule(&mut |rule| {
                    sources.extend(rule.phrases().into_iter().map(Phrase::source));
                });
                let wordings: Vec<String> = sources.into_iter().map(pattern).collect();
                wordings.join("|")
            })
            .filter(|pattern| !pattern.is_empty())
            .collect();
        let list = home.path().join("patterns.txt");
        fs::write(&list, patterns.join("\n"))?;
        let output = Command::new(python)
            .args(["-c", DUCKDB])
            .arg(&texts)
            .arg(&list)
            .arg(arguments.jobs.to_string())
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let seconds: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
        println!(
            "{count:>4} questions, {calls} calls: DuckDB {:.2} s, callibrate {:.2} s, {:.1} times",
            seconds,
            own.as_secs_f64(),
            seconds / own.as_secs_f64()
        );
    }
    Ok(())
}

/// Counts, for each question, the texts in which one of its phrases is.
const DUCKDB: &str = "
import sys, time, duckdb
texts, patterns, threads = sys.argv[1:]
con = duckdb.connect()
con.execute(f'SET threads = {threads}')
with open(patterns) as file:
    wanted = [line.rstrip('\\n') for line in file]
counts = ', '.join('count(*) FILTER (regexp_matches(text, ?))' for _ in wanted)
start = time.perf_counter()
con.execute(f\"SELECT {counts} FROM read_parquet('{texts}')\", wanted).fetchall()
print(time.perf_counter() - start)
";

fn write_texts(path: &Path, calls: usize) -> Result<(), Fault> {
    let table = Table {
        name: "texts",
        grain: "one party of one call",
        key: &["call_id", "party"],
        purpose: "For a comparison.",
        date_is: None,
        example: "",
        columns: vec![
            Column::new("call_id", Kind::Text, "The call."),
            Column::new("party", Kind::Text, "Who speaks."),
            Column::new("text", Kind::Text, "The words."),
        ],
    };
    let mut writer = TableWriter::create(path, &table, &[])?;
    for call in made(calls) {
        let conversation = Conversation::new(&call.transcript, call.meta.agent_channel)?;
        for party in [Party::Agent, Party::Customer] {
            let own = conversation.words.iter().filter(|w| w.party == party);
            let words: Vec<String> = own.map(|w| w.text.to_lowercase()).collect();
            writer.push(vec![
                Cell::from(&call.meta.call_id),
                Cell::from(party.as_str()),
                Cell::from(words.join(" ") + " "),
            ])?;
        }
    }
    writer.finish()?;
    Ok(())
}

/// A phrase as a regular expression, every word with what parts it from the next.
fn pattern(source: &str) -> String {
    const BETWEEN: &str = r"\W+";
    let spaced: String = source
        .chars()
        .flat_map(|c| match c {
            '(' | ')' | '[' | ']' | '|' | '{' | '}' | ',' => vec![' ', c, ' '],
            c => vec![c],
        })
        .collect();
    let mut pattern = String::from(r"\b");
    for piece in spaced.split_whitespace() {
        match piece {
            "(" | "[" => pattern.push_str("(?:"),
            ")" => pattern.push(')'),
            "]" => pattern.push_str(")?"),
            "|" => pattern.push('|'),
            "^" | "{" | "}" | "," => {}
            gap if gap.starts_with("...") => {
                let words = gap.trim_start_matches('.').parse().unwrap_or(4);
                pattern.push_str(&format!(r"(?:\S+\s+){{0,{words}}}"));
            }
            "<number>" | "<digits>" => {
                pattern.push_str(r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)\W+")
            }
            class if class.starts_with('<') => pattern.push_str(r"\S+\s+"),
            word => {
                let word = word.trim_start_matches(['=', '^']);
                pattern.push_str(&word.replace('\'', "'?"));
                pattern.push_str(BETWEEN);
            }
        }
    }
    pattern
}
