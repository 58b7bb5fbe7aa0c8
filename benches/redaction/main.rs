//! How much of what must not be written the redactor finds, and what it masks for nothing.
//!
//! Examples are made from the phrasings of `samples/redaction`: those of one half were there to
//! be looked at while the redactor was built, those of the other were not. `-- --update` writes the
//! figures into docs/redaction.md; `-- --list HALF` prints
//! a half's examples, one JSON a line; `-- --misses [KIND]` prints what is left and what went for
//! nothing in the development half, `-- --heard-misses [KIND]` what is left of what was heard of it.
//!
//! Some examples were read by the sample voices and heard by the embedded model:
//! `samples/redaction/heard.jsonl` has what it wrote, and `samples/redaction/README.md` how that was
//! made, with `-- --voices` and `-- --hear FOLDER`.

#[path = "../../samples/generator/chance.rs"]
#[expect(dead_code, reason = "it is made for larger talks")]
mod chance;
mod heard;
mod made;
mod measured;
mod ordinary;
mod phrasings;
mod readable;
mod values;

use std::path::{Path, PathBuf};

use callibrate::redaction::Redactor;
use callibrate::transcript::{RedactedKind, Transcript};
use made::Example;
use measured::{Outcome, Share, measure};
use phrasings::Phrasings;
use values::Form;

type Fault = Box<dyn std::error::Error>;

const HALVES: [&str; 2] = ["held-out", "development"];

/// The marks of the figures in the page.
const START: &str = "<!-- What follows is written by cargo bench --bench redaction -- --update -->";
const END: &str = "<!-- Up to here. -->";

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            println!("{}", figures()?);
            Ok(())
        }
        ["--update"] => update(),
        ["--list", half] => {
            for example in read(half)? {
                println!("{}", serde_json::to_string(&example)?);
            }
            Ok(())
        }
        ["--voices"] => {
            for half in HALVES {
                for example in made::for_voices(&phrasings(half)?) {
                    println!("{}", serde_json::to_string(&example)?);
                }
            }
            Ok(())
        }
        ["--hear", folder] => heard::hear(Path::new(folder)),
        ["--misses"] => print_misses(&read("development")?, None),
        ["--misses", kind] => print_misses(&read("development")?, Some(kind)),
        ["--heard-misses"] => heard::print_misses(None),
        ["--heard-misses", kind] => heard::print_misses(Some(kind)),
        _ => Err(
            "say nothing, --update, --list HALF, --misses [KIND], --heard-misses [KIND], --voices or --hear FOLDER".into(),
        ),
    }
}

/// A file or folder of the repository's `samples`.
fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples")
        .join(name)
}

fn phrasings(half: &str) -> Result<Phrasings, Fault> {
    let text = std::fs::read_to_string(sample("redaction").join(format!("{half}.txt")))?;
    Ok(phrasings::read(&text, half)?)
}

fn read(half: &str) -> Result<Vec<Example>, Fault> {
    Ok(made::examples(&phrasings(half)?))
}

/// All figures, as the page has them.
fn figures() -> Result<String, Fault> {
    let mut halves = Vec::new();
    for half in HALVES {
        let examples = read(half)?;
        let outcomes = outcomes(&examples);
        halves.push(Half { examples, outcomes });
    }
    let parts = [
        ("What was masked", found(&halves)),
        ("What was masked for nothing", for_nothing(&halves)),
        ("Through the recogniser", heard::figures()?),
        ("Other talk", ordinary::figures()?),
    ];
    let parts = parts.map(|(title, figures)| format!("### {title}\n\n{figures}"));
    Ok(parts.join("\n"))
}

/// Puts them between the marks of the page.
fn update() -> Result<(), Fault> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/redaction.md");
    let page = std::fs::read_to_string(&path)?;
    let marks = page.split_once(START).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = marks.ok_or("docs/redaction.md has lost the marks of its figures")?;
    std::fs::write(
        path,
        format!("{before}{START}\n\n{}\n{END}{after}", figures()?),
    )?;
    Ok(())
}

struct Half {
    examples: Vec<Example>,
    outcomes: Vec<Outcome>,
}

impl Half {
    fn of_form(&self, form: Form) -> impl Iterator<Item = (&Example, &Outcome)> {
        let both = self.examples.iter().zip(&self.outcomes);
        both.filter(move |(example, _)| example.form == form)
    }
}

fn outcomes(examples: &[Example]) -> Vec<Outcome> {
    let redactor = Redactor::default();
    examples.iter().map(|e| measure(e, &redactor)).collect()
}

/// "card number"
fn label(kind: RedactedKind) -> String {
    kind.as_str().replace('_', " ")
}

/// A cell for each half and form.
fn cells(halves: &[Half], of: impl Fn(&Half, Form) -> String) -> String {
    let columns = halves
        .iter()
        .flat_map(|half| Form::ALL.map(|form| (half, form)));
    let cells: Vec<String> = columns.map(|(half, form)| of(half, form)).collect();
    cells.join(" | ")
}

fn found(halves: &[Half]) -> String {
    let mut text = "| | held out, written | spoken | development, written | spoken | taken for what it is (held out) |\n\
                    |---|--:|--:|--:|--:|--:|\n"
        .to_string();
    let kinds = RedactedKind::ALL.map(Some).into_iter().chain([None]);
    for only in kinds {
        let share = |half: &Half, form: Form, right: bool| {
            let mut share = Share::default();
            for (example, outcome) in half.of_form(form) {
                let of_kind = |e: &&measured::Entity| only.is_none_or(|kind| e.kind == kind);
                for entity in outcome.entities.iter().filter(of_kind) {
                    match right {
                        false => share.add(&example.phrasing, entity.masked),
                        true if entity.masked => share.add(&example.phrasing, entity.right_kind),
                        true => {}
                    }
                }
            }
            share
        };
        let masked = cells(halves, |half, form| share(half, form, false).text());
        let right = Form::ALL.map(|form| share(&halves[0], form, true));
        let [written, spoken] = right.map(|share| (share.hits(), share.of()));
        let right = 100.0 * (written.0 + spoken.0) / (written.1 + spoken.1).max(1.0);
        let name = only.map_or("all".to_string(), label);
        text += &format!("| {name} | {masked} | {right:.0} % |\n");
    }
    text
}

fn for_nothing(halves: &[Half]) -> String {
    let mut text =
        "| | held out, written | spoken | development, written | spoken |\n|---|--:|--:|--:|--:|\n"
            .to_string();
    let mut row = |name: &str, cells: String| text += &format!("| {name} | {cells} |\n");
    let talks = |half: &Half, form: Form, masked: &dyn Fn(&Outcome) -> bool| {
        let mut share = Share::default();
        for (example, outcome) in half.of_form(form).filter(|(e, _)| e.kind.is_none()) {
            share.add(&example.phrasing, masked(outcome));
        }
        share
    };
    row(
        "ordinary talks in which anything is masked",
        cells(halves, |half, form| {
            talks(half, form, &|o| !o.false_alarms.is_empty()).text()
        }),
    );
    for ordinary in [true, false] {
        let name = match ordinary {
            true => "words masked, of 1,000 in ordinary talk",
            false => "of 1,000 words beside what is to be masked",
        };
        let cells = cells(halves, |half, form| {
            let (mut words, mut masked) = (0, 0);
            for (_, outcome) in half
                .of_form(form)
                .filter(|(e, _)| e.kind.is_none() == ordinary)
            {
                words += outcome.other_words;
                masked += outcome.false_alarms.len();
            }
            format!(
                "{:.1} of {words}",
                1000.0 * masked as f64 / words.max(1) as f64
            )
        });
        row(name, cells);
    }
    for kind in RedactedKind::ALL {
        let count =
            |half: &Half, form: Form| talks(half, form, &|o| o.false_alarms.contains(&kind)).hits();
        let columns = halves
            .iter()
            .flat_map(|half| Form::ALL.map(|form| count(half, form)));
        if columns.sum::<f64>() > 0.0 {
            let name = format!("ordinary talks with something taken for: {}", label(kind));
            row(
                &name,
                cells(halves, |half, form| count(half, form).to_string()),
            );
        }
    }
    text
}

fn print_misses(examples: &[Example], only: Option<&str>) -> Result<(), Fault> {
    let redactor = Redactor::default();
    for example in examples {
        let outcome = measure(example, &redactor);
        let left: Vec<&str> = outcome
            .entities
            .iter()
            .filter(|e| !e.masked)
            .map(|e| e.kind.as_str())
            .collect();
        let false_alarms: Vec<&str> = outcome.false_alarms.iter().map(|k| k.as_str()).collect();
        let mut kinds = left.iter().chain(&false_alarms);
        if !kinds.any(|kind| only.is_none_or(|only| only == *kind)) {
            continue;
        }
        println!("{}", example.id);
        if !left.is_empty() {
            println!("  left: {}", left.join(", "));
        }
        if !false_alarms.is_empty() {
            println!("  for nothing: {}", false_alarms.join(", "));
        }
        println!("{}", talk(&outcome.after));
    }
    Ok(())
}

/// A line per segment, in order of time.
fn talk(transcript: &Transcript) -> String {
    let mut lines = Vec::new();
    for (channel, who) in transcript.channels.iter().zip(["A", "C"]) {
        for segment in &channel.segments {
            let words: Vec<&str> = segment.words.iter().map(|w| w.text.as_str()).collect();
            lines.push((segment.start_ms, format!("    {who}: {}", words.join(" "))));
        }
    }
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    lines.join("\n")
}
