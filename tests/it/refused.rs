//! What cannot be used is refused before any work, with its place and what to do: exit 2.
//!
//! The messages are kept in `tests/golden/refused-*.txt`, as a person reads them.

use std::fs;

use crate::support::calls::write_centre;
use crate::support::golden::assert_golden;
use crate::support::{Place, Said, repository};

const RUN: &str = "run rec --calls calls.csv --out out";

/// A centre with two recordings.
fn centre() -> Place {
    let place = Place::new();
    write_centre(&place, &["a", "b"], "2026-03-02");
    place
}

/// Collects what is said in one place, case by case.
struct Refusals {
    place: Place,
    text: String,
}

impl Refusals {
    fn new() -> Self {
        Self {
            place: centre(),
            text: String::new(),
        }
    }

    /// Runs a command that has to be refused, with nothing said to the standard output and
    /// nothing done.
    #[track_caller]
    fn add(&mut self, case: &str, arguments: &str) -> Said {
        let said = self.place.run(arguments).exits(2);
        assert_eq!(said.stdout, "", "{case}");
        assert!(
            !self.place.path("out").exists(),
            "{case}: something was done"
        );
        self.text += &format!("## {case}\n$ callibrate {arguments}\n{}\n", said.stderr);
        said
    }

    /// The same command with another content of one file.
    fn with_file(&mut self, case: &str, file: &str, content: impl AsRef<[u8]>, arguments: &str) {
        self.place.write(file, content);
        self.add(case, arguments);
    }
}

const RUBRIC: &str = r#"rubric: small
version: "1"
title: Small
pass_at: 80
phrases:
  offers_help:
    - "how can i help"
sections:
  - id: opening
    title: Opening
    weight: 1
    questions:
      - id: greeting
        text: Did the agent offer help?
        auto_fail_on: no
        yes_when:
          said: {by: agent, any: ["@offers_help"]}
      - id: short
        text: Was the wait short?
        yes_when:
          metric: {name: longest_silence_ms, at_most: 9000}
"#;

#[test]
fn rubrics() {
    let mut refused = Refusals::new();
    let changes = [
        ("an unknown key", "weight: 1\n", "wieght: 1\n"),
        ("an id that is used twice", "id: short", "id: greeting"),
        (
            "phrases that do not exist",
            "[\"@offers_help\"]",
            "[\"@offers_help\", \"@thanks\"]",
        ),
        (
            "phrases that nobody uses",
            "[\"@offers_help\"]",
            "[\"can i help\"]",
        ),
        (
            "a metric that does not exist",
            "longest_silence_ms",
            "longest_silence",
        ),
        ("a metric without a threshold", ", at_most: 9000", ""),
        ("no weight at all", "weight: 1\n", "weight: 0\n"),
        ("a negative weight", "weight: 1\n", "weight: -1\n"),
        (
            "a bracket without its partner",
            "how can i help",
            "how (can|may i help",
        ),
        ("a phrase of nothing but gaps", "how can i help", "..."),
        (
            "an id that cannot stand in a table",
            "id: opening",
            "id: The opening",
        ),
        (
            "an answer that does not exist",
            "auto_fail_on: no",
            "auto_fail_on: maybe",
        ),
        ("a score above 100", "pass_at: 80", "pass_at: 800"),
        (
            "a question without a rule",
            "        yes_when:\n          metric: {name: longest_silence_ms, at_most: 9000}\n",
            "",
        ),
        (
            "two keys of one name",
            "version: \"1\"\n",
            "version: \"1\"\nversion: \"2\"\n",
        ),
        ("no YAML", "sections:\n", "sections\n"),
    ];
    let arguments = format!("{RUN} --rubric small.yaml");
    for (case, old, new) in changes {
        assert!(RUBRIC.contains(old), "{case}");
        refused.with_file(case, "small.yaml", RUBRIC.replacen(old, new, 1), &arguments);
    }
    refused.add("no such file", &format!("{RUN} --rubric none.yaml"));
    refused.place.write("small.yaml", RUBRIC);
    refused.place.write("again.yaml", RUBRIC);
    refused.add(
        "one id in two files",
        &format!("{arguments} --rubric again.yaml"),
    );
    assert_golden("refused-rubrics.txt", &refused.text);
}

/// `yes` and `no` are words in a rubric, whatever YAML 1.1 makes of them.
#[test]
fn a_plain_no_fails_the_form_on_no() {
    let place = Place::new();
    place.write("small.yaml", RUBRIC);
    let samples = repository().join("samples");
    let score = format!(
        "score {0}/reference/outage-rushed.json {0}/reference/bill-hold.json --calls {0}/calls.csv \
         --out out --rubric small.yaml",
        samples.display()
    );
    place.run(&score).exits(0);
    let scores = crate::support::report::rows(&place.path("out"), "scores");
    let failed_by = |id: &str| {
        let row = scores.iter().find(|row| row.text("call_id") == id).unwrap();
        (
            row.text("auto_failed_by").to_string(),
            row.text("verdict").to_string(),
        )
    };
    assert_eq!(
        failed_by("outage-rushed"),
        ("greeting".into(), "fail".into())
    );
    assert_eq!(failed_by("bill-hold").0, "");
}

#[test]
fn tables_of_calls() {
    const HEADER: &str = "call_id,file,agent,started_at,agent_channel,timezone\n";
    const A: &str = "a,rec/a.wav,ann,2026-03-02T09:00:00,left,Europe/Berlin\n";
    const B: &str = "b,rec/b.wav,bob,2026-03-02T09:30:00,left,Europe/Berlin\n";
    let rows = |rows: &[&str]| format!("{HEADER}{}", rows.concat());
    let mut refused = Refusals::new();
    let cases = [
        (
            "columns that are missing",
            "id,file,agent\na,rec/a.wav,ann\n".to_string(),
        ),
        (
            "a call id that occurs twice",
            rows(&[A, &B.replace("b,rec/b", "a,rec/b")]),
        ),
        (
            "a file that occurs twice",
            rows(&[A, &B.replace("rec/b.wav", "rec/a.wav")]),
        ),
        (
            "a date that does not exist",
            rows(&[A, &B.replace("03-02T", "02-30T")]),
        ),
        (
            "a date as people write it",
            rows(&[&A.replace("2026-03-02T09:00:00", "2.3.26 9:00"), B]),
        ),
        (
            "a time without a zone",
            format!("{HEADER}{A}b,rec/b.wav,bob,2026-03-02T09:30:00,left,\n"),
        ),
        (
            "a channel that does not exist",
            rows(&[&A.replace("left", "middle"), B]),
        ),
        (
            "several at once",
            rows(&[
                &A.replace("left", "middle").replace("Europe/Berlin", "Mars"),
                "b,rec/b.wav,bob,2026-03-02T09:30:00+01:00,left,,more\n",
            ]),
        ),
        (
            "a quotation mark that never closes",
            rows(&[&A.replace("ann", "\"ann"), B]),
        ),
        (
            "a file that ends in the middle of a line",
            format!("{HEADER}{A}b,rec/b.wav,bo"),
        ),
        (
            "an id that a spreadsheet has rounded",
            rows(&[&A.replace("a,rec", "1.23457E+12,rec"), B]),
        ),
    ];
    for (case, content) in cases {
        refused.with_file(case, "calls.csv", content, RUN);
    }
    refused.with_file("a spreadsheet", "calls.csv", b"PK\x03\x04\x14\0", RUN);
    refused.add("no such file", "run rec --calls none.csv --out out");
    refused.add("no table at all", "run rec --out out");
    assert_golden("refused-tables-of-calls.txt", &refused.text);
}

#[test]
fn settings() {
    let mut refused = Refusals::new();
    let with_config = format!("{RUN} --config c.toml");
    let cases = [
        (
            "a key that does not exist",
            "jobs = 2\nrecording = \"rec\"\n",
        ),
        ("a value of another kind", "jobs = \"two\"\n"),
        (
            "a zone that does not exist",
            "timezone = \"Mars/Olympus\"\n",
        ),
        ("no TOML", "jobs: 2\n"),
        (
            "a kind that does not exist",
            "[redaction]\nphone = \"keep\"\n",
        ),
        (
            "what cannot be done with a kind",
            "[redaction]\nphone_number = \"sha256\"\n",
        ),
        (
            "a card number that is kept",
            "[redaction]\ncard_number = \"keep\"\n",
        ),
        (
            "a card number that is hashed without a key",
            "[redaction]\ncard_number = \"sha256\"\n",
        ),
        (
            "a value for card numbers that there is none of",
            "[redaction]\ncard_number = \"Mask\"\n",
        ),
        (
            "a security code that is hashed",
            "[redaction]\nsecurity_code = \"hash\"\n",
        ),
        ("a group of one", "[people]\nminimum_group = 1\n"),
        (
            "names that are kept beside pseudonyms",
            "[people]\npseudonyms = true\n[redaction]\nname = \"keep\"\n",
        ),
        (
            "readers that are no group",
            "[people]\nreaders = \"the quality team\"\n",
        ),
    ];
    for (case, content) in cases {
        refused.with_file(case, "c.toml", content, &with_config);
    }
    let pattern = "[file_names]\npattern = '^(?P<agent>[^_]+)_(?P<starts>.*)$'\n";
    refused.with_file(
        "a pattern with an unknown group",
        "c.toml",
        pattern,
        "run rec --out out --config c.toml",
    );
    refused.add("no such file", &format!("{RUN} --config none.toml"));
    refused.add("no job", &format!("{RUN} --jobs 0"));
    refused.add("no output folder", "run rec --calls calls.csv");
    assert_golden("refused-settings.txt", &refused.text);
}

#[test]
fn recordings() {
    let mut refused = Refusals::new();
    fs::create_dir(refused.place.path("empty")).unwrap();
    refused.place.write("letters/a.txt", "Dear customer");
    refused
        .place
        .write("none.csv", "call_id,file,agent,started_at,agent_channel\n");
    refused.add("an empty folder", "run empty --calls calls.csv --out out");
    refused.add(
        "a folder without recordings",
        "run letters --calls calls.csv --out out",
    );
    refused.add(
        "no such folder",
        "run share/night --calls calls.csv --out out",
    );
    refused.add(
        "a pattern that nothing matches",
        "run rec/*.flac --calls calls.csv --out out",
    );
    refused.add("a table without calls", "run --calls none.csv --out out");
    refused.add("nothing named", "run --out out");
    refused.add("nothing stored", "score --out out");
    assert_golden("refused-recordings.txt", &refused.text);

    // These were done on a folder with a report.
    let place = refused.place;
    place.run(&format!("{RUN} --jobs 2")).exits(0);
    let no_date = place.run("score --out out --date 2026-03-03").exits(2);
    assert_eq!(
        no_date.stderr,
        "callibrate failed to find stored calls of 2026-03-03\n\n\
         hint: dates are written YYYY-MM-DD and are the calls' local start dates\n"
    );
}

#[cfg(unix)]
#[test]
fn keys() {
    let mut refused = Refusals::new();
    let with_config = format!("{RUN} --config c.toml");
    refused.place.write("c.toml", "customer_key = \"key\"\n");
    refused.place.write("key", "secret\n");
    fs::set_permissions(refused.place.path("key"), permissions(0o644)).unwrap();
    refused.add("a key that others may read", &with_config);
    fs::set_permissions(refused.place.path("key"), permissions(0o600)).unwrap();
    refused.add("no key in a private file", &with_config);
    refused.with_file(
        "a key in the output folder",
        "c.toml",
        "customer_key = \"out/key\"\n",
        &with_config,
    );
    let redaction = "[redaction]\niban = \"hash\"\nkey = \"KEY\"\n";
    for (case, key) in [
        ("a redaction key in the output folder", "out/key"),
        ("no redaction key in a private file", "key"),
    ] {
        let file = redaction.replace("KEY", key);
        refused.with_file(case, "c.toml", &file, &with_config);
        // A dry run says the same, and makes nothing.
        let said = |command: &str| refused.place.run(command).exits(2).stderr;
        let rehearsed = said(&format!("{with_config} --dry-run"));
        assert_eq!(rehearsed, said(&with_config));
    }
    let copies = format!("{RUN} --dry-run --redact-audio");
    refused.add("copies among recordings", &format!("{copies} rec/muted"));
    refused.add("copies in a file", &format!("{copies} calls.csv"));
    assert_golden("refused-keys.txt", &refused.text);
}

#[cfg(unix)]
fn permissions(mode: u32) -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(mode)
}

/// The embedded model as a file.
fn model() -> Vec<u8> {
    let packed = repository().join("models/callibrate-demo-en-q5_0.bin.zst");
    zstd::decode_all(fs::File::open(packed).unwrap()).unwrap()
}

#[test]
fn models() {
    let mut refused = Refusals::new();
    let whole = model();
    refused.add("no such file", &format!("{RUN} --model none.bin"));
    let other: [(&str, &[u8]); 3] = [
        ("an empty file", b""),
        ("another kind of file", b"This is a letter.\n"),
        ("a GGUF file", b"GGUF\x03\0\0\0"),
    ];
    for (case, content) in other {
        refused.with_file(case, "m.bin", content, &format!("{RUN} --model m.bin"));
    }
    let mut wide = whole.clone();
    wide[8] = 0xff;
    refused.with_file(
        "a header with a wrong number",
        "m.bin",
        wide,
        &format!("{RUN} --model m.bin"),
    );
    let mut long = whole.clone();
    long.extend(b"more");
    refused.with_file(
        "more than a model",
        "m.bin",
        long,
        &format!("{RUN} --model m.bin"),
    );
    assert_golden("refused-models.txt", &refused.text);
}

/// whisper.cpp aborts on some of these and loads others as if they were whole.
#[test]
fn models_that_are_cut_short_are_refused_wherever_the_cut_is() {
    let place = centre();
    let whole = model();
    let length = whole.len();
    let cuts = [
        2,
        4,
        30,
        48,
        60,
        5_000,
        70_000,
        300_000,
        700_000,
        length / 4,
        length / 2,
        length * 9 / 10,
        length - 5_000,
        length - 1,
    ];
    for cut in cuts {
        place.write("cut.bin", &whole[..cut]);
        for command in ["model check cut.bin", &format!("{RUN} --model cut.bin")] {
            let said = place.run(command).exits(2);
            assert!(
                said.stderr
                    .starts_with("callibrate failed to use the model cut.bin: at byte "),
                "{cut}: {said:#?}"
            );
            assert!(
                said.stderr
                    .ends_with("hint: the file is cut short: download it again\n"),
                "{cut}: {said:#?}"
            );
        }
    }
    assert!(!place.path("out").exists());
}

/// The same model from a file, with its profile beside it, gives the same words as the embedded one.
#[test]
fn a_whole_model_file_is_as_good_as_the_embedded_one() {
    let place = centre();
    place.write("models/demo.bin", model());
    let profile = repository().join("models/callibrate-demo-en-q5_0.toml");
    place.write("models/demo.toml", fs::read(profile).unwrap());
    place
        .run("model check models/demo.bin")
        .exits(0)
        .says("models/demo.bin: good\n");
    place
        .run(&format!("{RUN} --model models/demo.bin"))
        .exits(0);
    place
        .run("run rec --calls calls.csv --out embedded")
        .exits(0);
    for id in ["a", "b"] {
        let words = |out: &str| crate::support::report::words(&place.path(out), id);
        assert!(words("out").len() > 5);
        assert_eq!(words("out"), words("embedded"));
    }
}

/// Opening a named pipe waits for whoever writes into it, and no signal would end that.
#[cfg(unix)]
#[test]
fn named_pipes_are_refused_at_once() {
    let mut refused = Refusals::new();
    let made = std::process::Command::new("mkfifo")
        .arg(refused.place.path("pipe"))
        .status();
    assert!(made.unwrap().success());
    for (case, arguments) in [
        ("as a recording", "run pipe --calls calls.csv --out out"),
        ("as the table of calls", "run rec --calls pipe --out out"),
        (
            "as the table of contacts",
            &format!("{RUN} --contacts pipe"),
        ),
        ("as a rubric", &format!("{RUN} --rubric pipe")),
        ("as a model", &format!("{RUN} --model pipe")),
        ("as the configuration", &format!("{RUN} --config pipe")),
        ("as a rubric to check", "rubric check pipe"),
        ("as a form to import", "rubric import pipe --out new.yaml"),
        ("as a model to check", "model check pipe"),
        ("as a model to convert", "model convert pipe new.bin"),
    ] {
        refused.add(case, arguments);
    }
    assert_golden("refused-named-pipes.txt", &refused.text);

    // Among recordings it is passed over.
    let place = refused.place;
    fs::rename(place.path("pipe"), place.path("rec/c.wav")).unwrap();
    place.run(RUN).exits(0);
    let ratings = place
        .run("calibrate --out out --ratings rec/c.wav")
        .exits(2);
    assert!(
        ratings.stderr.contains("rec/c.wav: it is a pipe"),
        "{ratings:#?}"
    );
}
