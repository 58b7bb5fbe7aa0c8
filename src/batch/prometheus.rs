//! What an operator's alarms watch: how the last run ended, in Prometheus' text format, for a file
//! that node_exporter's textfile collector reads.
//!
//! Written whole or not at all. The time of the last success outlives runs that fail: it is read
//! back from the file that is replaced. Left out on purpose: figures about agents and scores, which
//! are the tables' matter, and the size of the store, which takes a look at every file of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::run::RunRecord;
use super::store::Failure;
use crate::limits::{self, SETTINGS_BYTES};
use crate::report::SCHEMA_VERSION;

const LAST_SUCCESS: &str = "callibrate_last_success_timestamp_seconds";

/// A command that has come to its end, well or not.
pub struct Ended<'a> {
    pub command: &'a str,
    pub started: Timestamp,
    pub ended: Timestamp,
    pub took: Duration,
    /// Of the process; 0 and 1 are a success: the work is done, some recordings may have failed.
    pub exit_code: u8,
    /// What it did, where it came to publish it.
    pub done: Option<(&'a RunRecord, &'a [Failure])>,
    /// Calls in the store, where that could be told.
    pub stored_calls: Option<usize>,
}

impl Ended<'_> {
    /// Replaces the file, aside and by a rename: a reader sees the old one or the new one.
    ///
    /// # Errors
    /// Whatever writing gives; the file is as it was then.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let last_success = match self.exit_code {
            0 | 1 => Some(seconds(self.ended)),
            // A file that is not there, or not one of these, tells of no success.
            _ => limits::read(path, SETTINGS_BYTES)
                .ok()
                .and_then(|text| last_success(&String::from_utf8_lossy(&text))),
        };
        replace(path, &self.text(last_success))
    }

    fn text(&self, last_success: Option<f64>) -> String {
        let mut page = Page::default();
        let schema = SCHEMA_VERSION.to_string();
        page.gauge("callibrate_build_info", "The program that wrote this file.");
        let build = [
            ("version", env!("CARGO_PKG_VERSION")),
            ("schema_version", &schema),
        ];
        page.value(&build, 1.0);
        let model = self.done.map_or("", |(record, _)| record.model.as_str());
        page.gauge("callibrate_last_run_info", "The command that ended last.");
        page.value(&[("command", self.command), ("model", model)], 1.0);
        page.alone(
            "callibrate_last_run_start_timestamp_seconds",
            "When the last command began.",
            seconds(self.started),
        );
        page.alone(
            "callibrate_last_run_end_timestamp_seconds",
            "When the last command ended.",
            seconds(self.ended),
        );
        page.alone(
            "callibrate_last_run_duration_seconds",
            "How long the last command took.",
            self.took.as_millis() as f64 / 1000.0,
        );
        page.alone(
            "callibrate_last_run_exit_code",
            "Exit code of the last command; 0 and 1 are a success.",
            f64::from(self.exit_code),
        );
        if let Some(time) = last_success {
            page.alone(
                LAST_SUCCESS,
                "When a command last ended with exit code 0 or 1.",
                time,
            );
        }
        if let Some((record, failures)) = self.done {
            page.done(record, failures);
        }
        if let Some(calls) = self.stored_calls {
            page.alone(
                "callibrate_stored_calls",
                "Calls in the store.",
                calls as f64,
            );
        }
        page.text
    }
}

/// The text as it grows.
#[derive(Default)]
struct Page {
    text: String,
    /// The metric whose values come next.
    name: &'static str,
}

impl Page {
    /// Begins a metric.
    fn gauge(&mut self, name: &'static str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
        self.name = name;
    }

    fn value(&mut self, labels: &[(&str, &str)], value: f64) {
        self.text.push_str(self.name);
        for (n, (label, value)) in labels.iter().enumerate() {
            let open = if n == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{open}{label}=\"{}\"", label_text(value));
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{close} {value}");
    }

    fn alone(&mut self, name: &'static str, help: &str, value: f64) {
        self.gauge(name, help);
        self.value(&[], value);
    }

    fn done(&mut self, record: &RunRecord, failures: &[Failure]) {
        self.gauge(
            "callibrate_last_run_recordings",
            "Recordings of the last command by what came of them.",
        );
        for (outcome, count) in [
            ("transcribed", record.transcribed),
            ("reused", record.reused),
            ("failed", record.failed),
        ] {
            self.value(&[("outcome", outcome)], count as f64);
        }
        self.alone(
            "callibrate_last_run_not_eligible_calls",
            "Calls of the last command to which no rubric applies.",
            record.not_eligible as f64,
        );
        let mut kinds: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        for failure in failures {
            *kinds.entry((&failure.stage, &failure.reason)).or_default() += 1;
        }
        if !kinds.is_empty() {
            self.gauge(
                "callibrate_last_run_failures",
                "Failures of the last command by where they happened and why.",
            );
        }
        for ((stage, reason), count) in kinds {
            self.value(&[("stage", stage), ("reason", reason)], f64::from(count));
        }
        self.alone(
            "callibrate_last_run_audio_seconds",
            "Length of the recordings that the last command found.",
            record.audio_ms as f64 / 1000.0,
        );
        self.alone(
            "callibrate_last_run_transcribed_audio_seconds",
            "Length of the recordings that the last command transcribed.",
            record.transcribed_ms as f64 / 1000.0,
        );
    }
}

/// The value of a label, escaped as the format asks.
fn label_text(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}

fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}

fn last_success(text: &str) -> Option<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(LAST_SUCCESS))?;
    let time: f64 = line.trim().parse().ok()?;
    time.is_finite().then_some(time)
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::other("it names no file"))?;
    // Two commands may end at the same time, and the collector reads all that ends in `.prom`.
    let aside = path.with_file_name(format!(
        ".{}.{}.tmp",
        blake3::hash(name.as_encoded_bytes())
            .to_hex()
            .get(..16)
            .unwrap_or_default(),
        std::process::id()
    ));
    let written = write_aside(&aside, text).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
}

fn write_aside(aside: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(aside)?;
    file.write_all(text.as_bytes())?;
    // The collector is another user.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample: name, labels, value.
    type Sample = (String, Vec<(String, String)>, f64);

    /// Reads the text format strictly: for each metric one HELP, one TYPE and then its samples, each once.
    fn read(text: &str) -> Vec<Sample> {
        assert!(text.ends_with('\n'));
        let mut samples: Vec<Sample> = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        let mut current: Option<&str> = None;
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(
                    !help.is_empty() && !seen.contains(&name.to_string()),
                    "{line}"
                );
                let kind = lines.next().unwrap();
                assert_eq!(kind, format!("# TYPE {name} gauge"));
                assert!(!name.ends_with("_total"), "a gauge is no counter");
                seen.push(name.to_string());
                current = Some(name);
                continue;
            }
            let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
            assert_eq!(Some(name), current, "{line}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            let (labels, value) = match rest.strip_prefix('{') {
                Some(rest) => labels(rest),
                None => (Vec::new(), rest),
            };
            let value: f64 = value.strip_prefix(' ').unwrap().parse().unwrap();
            let sample = (name.to_string(), labels, value);
            assert!(
                samples
                    .iter()
                    .all(|s| (&s.0, &s.1) != (&sample.0, &sample.1))
            );
            samples.push(sample);
        }
        samples
    }

    fn labels(mut rest: &str) -> (Vec<(String, String)>, &str) {
        let mut labels = Vec::new();
        loop {
            let (name, quoted) = rest.split_once("=\"").unwrap();
            let mut value = String::new();
            let mut chars = quoted.char_indices();
            let end = loop {
                match chars.next().unwrap() {
                    (at, '"') => break at,
                    (_, '\\') => value.push(match chars.next().unwrap().1 {
                        'n' => '\n',
                        c @ ('"' | '\\') => c,
                        c => panic!("\\{c} is no escape"),
                    }),
                    (_, c) => value.push(c),
                }
            };
            labels.push((name.to_string(), value));
            rest = &quoted[end + 1..];
            match rest.strip_prefix(',') {
                Some(next) => rest = next,
                None => return (labels, rest.strip_prefix('}').unwrap()),
            }
        }
    }

    fn of<'a>(samples: &'a [Sample], name: &str) -> Vec<(&'a [(String, String)], f64)> {
        let found = samples.iter().filter(|s| s.0 == name);
        found.map(|s| (&s.1[..], s.2)).collect()
    }

    fn ended<'a>(
        exit_code: u8,
        at_s: i64,
        done: Option<(&'a RunRecord, &'a [Failure])>,
    ) -> Ended<'a> {
        Ended {
            command: "run",
            started: Timestamp::from_second(at_s - 60).unwrap(),
            ended: Timestamp::from_second(at_s).unwrap(),
            took: Duration::from_millis(59_500),
            exit_code,
            done,
            stored_calls: Some(3),
        }
    }

    fn record(model: &str) -> RunRecord {
        serde_json::from_value(serde_json::json!({
            "run_id": "", "started_ms": 0, "finished_ms": 0, "command": "run", "model": model,
            "model_key": "", "engine": "", "settings_key": "", "rubrics": "", "jobs": 1,
            "recordings": 6, "transcribed": 2, "reused": 1, "not_eligible": 1, "failed": 3,
            "audio_ms": 90_500, "transcribed_ms": 60_250, "wall_ms": 1, "exit_code": 1
        }))
        .unwrap()
    }

    #[test]
    fn what_is_written_can_be_read() {
        let model = "a \"model\\\n\u{202e}";
        let failure = |stage: &str, reason: &str| Failure {
            file: String::new(),
            call_id: None,
            stage: stage.to_string(),
            reason: reason.to_string(),
            message: String::new(),
            hint: None,
        };
        let failures = [
            failure("audio", "damaged"),
            failure("recording", "no_row"),
            failure("audio", "damaged"),
        ];
        let record = record(model);
        let text = ended(1, 1_000, Some((&record, &failures))).text(Some(12.5));
        let samples = read(&text);
        let alone = |name: &str| match &of(&samples, name)[..] {
            [([], value)] => *value,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(alone("callibrate_last_run_start_timestamp_seconds"), 940.0);
        assert_eq!(alone("callibrate_last_run_duration_seconds"), 59.5);
        assert_eq!(alone("callibrate_last_run_exit_code"), 1.0);
        assert_eq!(alone(LAST_SUCCESS), 12.5);
        assert_eq!(alone("callibrate_last_run_audio_seconds"), 90.5);
        assert_eq!(alone("callibrate_stored_calls"), 3.0);
        let info = &of(&samples, "callibrate_last_run_info")[0].0;
        assert_eq!(info[1], ("model".to_string(), model.to_string()));
        let kinds: Vec<(String, f64)> = of(&samples, "callibrate_last_run_failures")
            .into_iter()
            .map(|(labels, n)| (format!("{} {}", labels[0].1, labels[1].1), n))
            .collect();
        assert_eq!(
            kinds,
            [
                ("audio damaged".to_string(), 2.0),
                ("recording no_row".to_string(), 1.0)
            ]
        );
        let outcomes = of(&samples, "callibrate_last_run_recordings");
        assert_eq!(outcomes.iter().map(|o| o.1).sum::<f64>(), 6.0);
    }

    #[test]
    fn the_last_success_outlives_runs_that_fail() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("callibrate.prom");
        let success = || {
            let samples = read(&fs::read_to_string(&path).unwrap());
            of(&samples, LAST_SUCCESS).first().map(|s| s.1)
        };
        ended(2, 1_000, None).write(&path).unwrap();
        assert_eq!(success(), None);
        for (exit_code, at, expected) in [
            (0, 2_000, 2e3),
            (75, 3_000, 2e3),
            (130, 4_000, 2e3),
            (1, 5_000, 5e3),
        ] {
            ended(exit_code, at, None).write(&path).unwrap();
            assert_eq!(success(), Some(expected));
        }
        // Nothing is left aside, and another file is nothing to build on.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::write(&path, b"\xff\xfe").unwrap();
        ended(3, 6_000, None).write(&path).unwrap();
        assert_eq!(success(), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o644);
        }
        assert!(
            ended(0, 1, None)
                .write(&folder.path().join("gone/a.prom"))
                .is_err()
        );
    }
}
