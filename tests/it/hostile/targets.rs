//! One function for each parser of outside bytes: it hands them to the program's own door and
//! asserts what must hold whatever they are.
//!
//! Shared by the test that runs all kept inputs (`hostile.rs`) and by the fuzzers (`fuzz/`), so
//! that an input that a fuzzer finds is a test as soon as it is kept. Nothing here may take long
//! or much memory: the fuzzers measure that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use callibrate::audio::Stream;
use callibrate::batch::store::{CallRecord, FactsShelf, Failure, Made, Store};
use callibrate::batch::{RunRecord, status};
use callibrate::calibration::ratings::{self, Forms, PutTo};
use callibrate::config::{Flags, Settings};
use callibrate::conversation::{Conversation, metrics};
use callibrate::history::CallFacts;
use callibrate::recording::CallMeta;
use callibrate::recording::contacts::{Contact, ContactTable};
use callibrate::recording::find::{self, FoundFile};
use callibrate::recording::key::CustomerKey;
use callibrate::recording::pattern::FilePattern;
use callibrate::recording::sidecar::{RowCall, Sidecar, SidecarOptions};
use callibrate::recording::when;
use callibrate::redaction::Redactor;
use callibrate::rubric::{self, RubricError, cases, explain, import, lint};
use callibrate::scoring::{Call, Judged, Scorer};
use callibrate::sheet;
use callibrate::speech::model_file;
use callibrate::speech::models::{ModelBytes, ModelSource, Profile};
use callibrate::transcript::import::{Choice, Draft, Format};
use callibrate::transcript::{self, Transcript, snippet};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A parser and what it is tried with.
pub struct Target {
    pub name: &'static str,
    /// Takes the bytes, and an empty folder of its own to write them to.
    pub run: fn(&[u8], &Path),
    /// Bytes of the longest input worth a fuzzer's time.
    pub longest: usize,
    /// Files and folders of the repository to start from, besides those that are kept.
    pub seeds: &'static [&'static str],
}

const fn target(
    name: &'static str,
    run: fn(&[u8], &Path),
    longest: usize,
    seeds: &'static [&'static str],
) -> Target {
    Target {
        name,
        run,
        longest,
        seeds,
    }
}

pub const TARGETS: [Target; 19] = [
    target("wav", wav, 4_096, &["tests/fixtures/gsm.wav"]),
    target("flac", flac, 16_384, &[]),
    target("mp3", mp3, 16_384, &["tests/fixtures/help.mp3"]),
    target(
        "ogg",
        ogg,
        16_384,
        &["tests/fixtures/help.ogg", "tests/fixtures/help.opus"],
    ),
    target("m4a", m4a, 16_384, &["tests/fixtures/help.m4a"]),
    target("model", model, 4_096, &[]),
    target(
        "profile",
        profile,
        2_048,
        &["models/callibrate-demo-en-q5_0.toml"],
    ),
    target("rubric", form, 16_384, &["samples/rubrics"]),
    target("cases", cases_of_a_form, 4_096, &[]),
    target(
        "transcript",
        canonical,
        16_384,
        &["samples/programme/transcripts/p-00016.json"],
    ),
    target("import", imported, 20_480, &["tests/fixtures/transcripts"]),
    target("calls", calls, 8_192, &["samples/calls.csv"]),
    target(
        "contacts",
        contacts,
        8_192,
        &["samples/programme/contacts.csv"],
    ),
    target(
        "ratings",
        ratings_csv,
        8_192,
        &[
            "tests/fixtures/ratings.csv",
            "tests/fixtures/form.csv",
            "samples/outcomes.csv",
            "samples/coaching.csv",
        ],
    ),
    target(
        "xlsx",
        xlsx,
        32_768,
        &["tests/fixtures/form.xlsx", "tests/fixtures/ratings.xlsx"],
    ),
    target(
        "parquet",
        parquet,
        16_384,
        &["tests/fixtures/ratings.parquet"],
    ),
    target("config", config, 4_096, &[]),
    target("names", names, 1_024, &[]),
    target("records", records, 4_096, &[]),
];

/// Writes the input where the program is to find it.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// What is written and read again is the same.
fn stays<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let json = serde_json::to_vec(value).expect("it can be written");
    let again: T = serde_json::from_slice(&json).expect("it can be read again");
    assert_eq!(&again, value);
}

/// A message names no byte that a terminal would obey.
fn shown(error: &dyn std::error::Error) -> String {
    error.to_string()
}

// Sound.

/// No input is listened to for longer.
const LONGEST_FRAMES: usize = 16_000 * 120;

fn sound(bytes: &[u8], folder: &Path, name: &str) {
    let path = put(folder, name, bytes);
    let mut stream = match Stream::open(&path) {
        Ok(stream) => stream,
        Err(error) => return drop(shown(&error)),
    };
    let channels = stream.info().channels;
    let mut frames = 0;
    while frames < LONGEST_FRAMES {
        let block = match stream.next_block() {
            Ok(Some(block)) => block,
            Ok(None) => break,
            Err(error) => return drop(shown(&error)),
        };
        assert_eq!(block.len(), channels);
        assert!(!block[0].is_empty());
        for samples in &block {
            assert_eq!(samples.len(), block[0].len());
            // The resampler's filter rings above full scale.
            assert!(samples.iter().all(|s| s.abs() <= 8.0), "no sound");
        }
        frames += block[0].len();
    }
    assert_eq!(stream.elapsed_ms(), frames as i64 / 16);
}

fn wav(bytes: &[u8], folder: &Path) {
    sound(bytes, folder, "call.wav");
}

fn flac(bytes: &[u8], folder: &Path) {
    sound(bytes, folder, "call.flac");
}

fn mp3(bytes: &[u8], folder: &Path) {
    sound(bytes, folder, "call.mp3");
}

fn ogg(bytes: &[u8], folder: &Path) {
    sound(bytes, folder, "call.ogg");
}

fn m4a(bytes: &[u8], folder: &Path) {
    sound(bytes, folder, "call.m4a");
}

// Models.

/// The built-in model's bytes, and where its parts begin.
static MODEL: LazyLock<(Vec<u8>, Vec<usize>)> = LazyLock::new(|| {
    let ModelBytes::Memory(bytes) = ModelSource::Embedded.load().unwrap().bytes else {
        panic!("the built-in model is in memory")
    };
    let tensors = bytes
        .windows(8)
        .enumerate()
        .filter(|(_, name)| *name == b"encoder." || *name == b"decoder.")
        .map(|(at, _)| at - 28);
    let places = [0, 16, 32, 48].into_iter().chain(tensors).collect();
    (bytes, places)
});

/// The built-in model with some bytes replaced, and cut or made longer.
struct Patched {
    patches: Vec<(usize, [u8; 4])>,
    len: usize,
    at: usize,
}

impl Patched {
    /// Two bytes say which part, one how far into it, four what stands there; the last two bytes
    /// how much is cut off.
    fn new(bytes: &[u8]) -> Self {
        let (model, places) = &*MODEL;
        let (edits, cut) = bytes.split_at(bytes.len() / 7 * 7);
        let patches = edits.chunks_exact(7).map(|edit| {
            let part = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % places.len();
            let at = places[part] + usize::from(edit[2]);
            (at, [edit[3], edit[4], edit[5], edit[6]])
        });
        let cut = match cut {
            [a, b, rest @ ..] => usize::from(u16::from_le_bytes([*a, *b])) << (rest.len() * 4),
            _ => 0,
        };
        Self {
            patches: patches.collect(),
            len: model.len().saturating_sub(cut),
            at: 0,
        }
    }
}

impl Read for Patched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = (self.at + buffer.len()).min(self.len);
        let Some(bytes) = MODEL.0.get(self.at..end) else {
            return Ok(0);
        };
        buffer[..bytes.len()].copy_from_slice(bytes);
        for (at, patch) in &self.patches {
            for (i, byte) in patch.iter().enumerate() {
                if (self.at..end).contains(&(at + i)) {
                    buffer[at + i - self.at] = *byte;
                }
            }
        }
        self.at = end;
        Ok(bytes.len())
    }
}

impl Seek for Patched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => i128::from(at),
            SeekFrom::End(by) => self.len as i128 + i128::from(by),
            SeekFrom::Current(by) => self.at as i128 + i128::from(by),
        };
        self.at = usize::try_from(at).map_err(io::Error::other)?;
        Ok(self.at as u64)
    }
}

/// A first byte of 0: a whole file. Any other: changes to a whole model.
fn model(bytes: &[u8], _: &Path) {
    let facts = match bytes {
        [0, file @ ..] => model_file::check(io::Cursor::new(file), file.len() as u64),
        [_, edits @ ..] => {
            let model = Patched::new(edits);
            let len = model.len as u64;
            model_file::check(model, len)
        }
        [] => return,
    };
    match facts {
        Ok(facts) => {
            assert!(facts.tensors > 0 && facts.audio_state % facts.text_heads == 0);
            assert!((51_864..=51_866).contains(&facts.n_vocab));
        }
        Err(error) => assert!(!error.hint().is_empty()),
    }
}

fn profile(bytes: &[u8], folder: &Path) {
    let Some(text) = text(bytes) else { return };
    let profile = match Profile::parse(text, &folder.join("model.toml")) {
        Ok(profile) => profile,
        Err(error) => return drop(shown(&error)),
    };
    for window_ms in [0, 1, profile.longest_window_ms, i64::MAX] {
        assert!((1..=1500).contains(&profile.audio_ctx.frames(window_ms)));
    }
    stays(&profile);
}

// Forms.

/// Talk of several kinds: cut in, unsure, masked, long, silent.
const TALKS: [&str; 3] = [
    "agent: Thank you for calling, this is Ann. How can I help?\ncustomer: My bill is wrong.\n(9s)\nagent [0.4]: I am sorry to hear that.\nagent: Can I put you on hold?\n(40s)\nagent: Thank you for holding. I will call you back tomorrow.\ncustomer (cuts in): No, thank you, goodbye.\n",
    "customer: <card 16> yes <digits 8>\nagent: one two three\n",
    "agent: hello",
];

static META: LazyLock<CallMeta> = LazyLock::new(|| {
    serde_json::from_str(
        r#"{"call_id":"p-1","file":"p-1.wav","agent":"ann","team":"blue","queue":"bills",
            "agent_channel":0,"customer":"abc","direction":"inbound","language":"en",
            "started_at":{"utc_ms":1773047730000,"local_date":"2026-03-09",
            "local":"2026-03-09T10:15:30","zone":"Europe/Berlin","doubtful":false}}"#,
    )
    .unwrap()
});

/// Judges a call by forms, and looks for numbers that are none.
fn judge(scorer: &Scorer<'_>, transcript: &Transcript) {
    let Ok(conversation) = Conversation::new(transcript, Some(0)) else {
        return;
    };
    let measured = metrics::measure(&conversation);
    let numbers = metrics::Metrics {
        events: Vec::new(),
        ..measured.clone()
    };
    let numbers = format!("{numbers:?}");
    assert!(
        !["NaN", "(inf", "(-inf"].iter().any(|n| numbers.contains(n)),
        "{numbers}"
    );
    let call = Call {
        meta: &META,
        conversation: &conversation,
        metrics: &measured,
        history: None,
    };
    for judged in scorer.judge(&call) {
        let Judged::Scored { answers, score } = judged else {
            continue;
        };
        let scores = [score.score, score.low, score.high, score.agent_score];
        assert!(scores.iter().flatten().all(|s| s.is_finite() && *s >= 0.0));
        if let (Some(low), Some(high)) = (score.low, score.high) {
            assert!(low <= high, "{low} to {high}");
        }
        for part in &score.parts {
            let scores = [part.score, part.low, part.high];
            assert!(
                scores.iter().flatten().all(|s| (0.0..=100.0).contains(s)),
                "{part:?}"
            );
        }
        for answer in &answers {
            let numbers = [answer.points, answer.weight, answer.confidence];
            assert!(
                numbers.iter().flatten().all(|n| n.is_finite()),
                "{answer:?}"
            );
            assert!(answer.max_points.is_finite());
        }
    }
}

fn form(bytes: &[u8], folder: &Path) {
    let path = put(folder, "form.yaml", bytes);
    let name = path.display().to_string();
    let rubric = match rubric::read(&name) {
        Ok(rubric) => rubric,
        Err(error) => return drop(shown(&error)),
    };
    let text = text(bytes).expect("what was read is text");
    lint::lint(text, "form.yaml").expect("what loads is looked through");
    assert!(!explain::explain(&rubric).is_empty());
    let again = rubric::parse(text, &name).expect("it loads again");
    assert_eq!(again.key, rubric.key);
    let rubrics = [rubric];
    let scorer = Scorer::new(&rubrics);
    for talk in TALKS {
        judge(&scorer, &snippet::parse(talk).unwrap());
    }
}

fn cases_of_a_form(bytes: &[u8], _: &Path) {
    let Some(text) = text(bytes) else { return };
    let cases = match cases::parse(text, "form.test.yaml") {
        Ok(cases) => cases,
        Err(error) => return drop(shown(&error)),
    };
    match cases::run(&cases, &FORMS.rubrics[0], text, "form.test.yaml") {
        Ok(report) => {
            assert_eq!(report.cases, cases.cases.len());
            cases::describe_failures(&report, "form.test.yaml");
        }
        Err(error) => drop(shown(&error)),
    }
}

// Transcripts.

fn canonical(bytes: &[u8], folder: &Path) {
    static SCORER: LazyLock<Scorer<'static>> = LazyLock::new(|| {
        let names = ["service-essentials", "identity-privacy", "human"];
        let read = |name| rubric::read(name).unwrap_or_else(|e| panic!("{e}"));
        Scorer::new(names.map(read).to_vec().leak())
    });
    let path = put(folder, "call.json", bytes);
    let transcript = match Transcript::read(&path) {
        Ok(transcript) => transcript,
        Err(error) => return drop(shown(&error)),
    };
    let again = Transcript::from_json(transcript.to_json().as_bytes(), "again");
    assert_eq!(again.expect("what is written can be read"), transcript);
    let redacted = Redactor::default().redact(transcript, &[]);
    assert_eq!(
        Redactor::default().redact(redacted.clone(), &[]),
        redacted,
        "once is enough"
    );
    let again = Transcript::from_json(redacted.to_json().as_bytes(), "again");
    assert_eq!(again.expect("what is stored can be read"), redacted);
    judge(&SCORER, &redacted);
}

/// A transcript of another tool: what it becomes is one that can be used, whoever the agent is.
fn imported(bytes: &[u8], _: &Path) {
    let mut formats: Vec<Option<Format>> = Format::ALL.map(Some).to_vec();
    formats.push(None);
    for format in formats {
        let drafts = match transcript::import::read(bytes, format) {
            Ok((_, drafts)) => drafts,
            Err(error) => {
                drop(shown(&error));
                continue;
            }
        };
        let together = Draft::of_channels(drafts.clone());
        for draft in drafts.into_iter().chain(together) {
            for agent_speaker in [None, Some("agent"), Some("SPEAKER_00"), Some("0")] {
                let agent_speakers: Vec<String> =
                    agent_speaker.into_iter().map(String::from).collect();
                let choice = Choice {
                    agent_channel: Some(0),
                    agent_speakers: &agent_speakers,
                    customer_speakers: &[],
                    language: Some("en"),
                    recorded_ms: None,
                };
                let imported = match draft.clone().settle(&choice) {
                    Ok(imported) => imported,
                    Err(error) => {
                        drop(shown(&error));
                        continue;
                    }
                };
                assert_eq!(imported.channels.len(), imported.transcript.channels.len());
                let again =
                    Transcript::from_json(imported.transcript.to_json().as_bytes(), "again");
                let again = again.expect("what is imported can be used");
                assert_eq!(again, imported.transcript);
                Conversation::new(&again, Some(0)).expect("the agent sits on the first");
            }
        }
    }
}

// Tables.

fn key() -> CustomerKey {
    CustomerKey::from_bytes([7; 32])
}

fn calls(bytes: &[u8], folder: &Path) {
    let path = put(folder, "calls.csv", bytes);
    let zone = when::zone_by_name("Europe/Berlin").unwrap();
    let key = key();
    let options = SidecarOptions {
        zone: Some(&zone),
        recordings_folder: None,
        key: &key,
        agents: None,
    };
    let sidecar = match Sidecar::read(&path, &options) {
        Ok(sidecar) => sidecar,
        Err(error) => return drop(shown(&error)),
    };
    let mut ids = BTreeSet::new();
    let mut last = 0;
    for row in &sidecar.rows {
        assert!(row.line > last, "lines rise");
        last = row.line;
        if let RowCall::Complete(meta) = &row.call {
            assert!(ids.insert(meta.call_id.clone()), "{} twice", meta.call_id);
            assert!(
                meta.started_at
                    .local
                    .starts_with(&meta.started_at.local_date)
            );
            stays(meta.as_ref());
        }
    }
}

fn contacts(bytes: &[u8], folder: &Path) {
    let path = put(folder, "contacts.csv", bytes);
    let zone = when::zone_by_name("America/New_York").unwrap();
    match ContactTable::read(&path, Some(&zone), &key()) {
        Ok(table) => table.contacts.iter().for_each(stays),
        Err(error) => drop(shown(&error)),
    }
}

/// What ratings are checked against.
static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let rubric = "rubric: care\nversion: '2'\ntitle: t\nsections:\n- id: s\n  title: s\n  weight: 1\n  questions:\n  - {id: greeted, text: q, yes_when: {said: {by: agent, any: [hello]}}}\n  - {id: hold, text: q, options: [{id: a, points: 3}, {id: b, points: 1}]}\n  - {id: felt, text: q, scale: {from: 1, to: 5}}\n";
    let put_to = PutTo {
        form: 0,
        not_eligible: None,
    };
    let calls = ["p-1", "p-2", "p-3"].map(|id| (id.to_string(), vec![put_to.clone()]));
    Forms {
        rubrics: vec![rubric::parse(rubric, "care.yaml").unwrap_or_else(|e| panic!("{e}"))],
        of_call: BTreeMap::from(calls),
        agents: BTreeSet::from(["kim".to_string()]),
        pseudonyms: None,
        some_forgotten: false,
    }
});

/// A file of rows, taken for each of the files that people hand over.
fn rows(path: &Path) {
    let sheets: Vec<_> = [
        sheet::read(path, &ratings::names_ratings),
        sheet::read(path, &ratings::names_outcomes),
        sheet::read(path, &ratings::names_coaching),
        sheet::read(path, &ratings::names_accuracy),
    ]
    .into_iter()
    .collect();
    for (i, sheet) in sheets.iter().enumerate() {
        let sheet = match sheet {
            Ok(sheet) => sheet,
            Err(error) => {
                shown(error);
                continue;
            }
        };
        let refused = match i {
            0 => match ratings::ratings(std::slice::from_ref(sheet), &FORMS) {
                Ok(taken) => {
                    for rating in &taken.rows {
                        assert!(rating.points.is_none_or(f64::is_finite), "{rating:?}");
                        if let ratings::Chosen::Random { probability } = rating.chosen {
                            assert!(probability > 0.0 && probability <= 1.0);
                        }
                    }
                    continue;
                }
                Err(refused) => refused,
            },
            1 => match ratings::outcomes(sheet, &FORMS) {
                Ok(_) => continue,
                Err(refused) => refused,
            },
            2 => match ratings::coaching(sheet, &FORMS) {
                Ok(_) => continue,
                Err(refused) => refused,
            },
            _ => match ratings::accuracy(sheet, &FORMS) {
                Ok(_) => continue,
                Err(refused) => refused,
            },
        };
        assert!(!refused.problems.is_empty(), "a refusal says why");
        shown(&refused);
    }
    match import::import(path) {
        Ok(imported) => match rubric::parse(&imported.yaml, "imported.yaml") {
            Ok(_) => {}
            Err(RubricError::Invalid { .. }) => {
                let told = |note: &String| note.contains("cannot be used as it is");
                assert!(imported.notes.iter().any(told), "{}", imported.yaml);
            }
            Err(error) => panic!("what is imported is YAML: {error}"),
        },
        Err(error) => drop(shown(&error)),
    }
}

fn ratings_csv(bytes: &[u8], folder: &Path) {
    rows(&put(folder, "ratings.csv", bytes));
}

/// The parts of a spreadsheet that are looked at.
const PARTS: [&str; 6] = [
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/worksheets/sheet1.xml",
    "xl/worksheets/sheet2.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
];

/// A whole file, or the texts of its parts with NUL between them: a checksum and compression
/// would keep a fuzzer from the XML.
fn xlsx(bytes: &[u8], folder: &Path) {
    if bytes.starts_with(b"PK") {
        return rows(&put(folder, "ratings.xlsx", bytes));
    }
    let texts = bytes.splitn(PARTS.len(), |byte| *byte == 0);
    let parts: Vec<(&str, &[u8])> = PARTS.into_iter().zip(texts).collect();
    rows(&put(folder, "ratings.xlsx", &book(&parts)));
}

/// A spreadsheet of these parts.
pub fn book(parts: &[(&str, &[u8])]) -> Vec<u8> {
    const START: &[u8] = br#"<Relationships><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    zip(&[&[("_rels/.rels", START)], parts].concat())
}

/// A ZIP file of stored entries.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in entries {
        let at = file.len() as u32;
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x5a];
        common.extend(crc32(bytes).to_le_bytes());
        common.extend((bytes.len() as u32).to_le_bytes());
        common.extend((bytes.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(*bytes);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = file.len() as u32;
    let count = (entries.len() as u16).to_le_bytes();
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count);
    file.extend(count);
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend(at.to_le_bytes());
    file.extend([0, 0]);
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
        }
    }
    !crc
}

fn parquet(bytes: &[u8], folder: &Path) {
    let path = put(folder, "ratings.parquet", bytes);
    rows(&path);
}

// Settings and names.

fn found(name: &str) -> FoundFile {
    FoundFile {
        path: name.into(),
        canonical: name.into(),
        name: name.to_string(),
    }
}

fn config(bytes: &[u8], folder: &Path) {
    let path = put(folder, "callibrate.toml", bytes);
    let flags = Flags {
        config: Some(path),
        ..Flags::default()
    };
    let settings = match Settings::resolve(flags) {
        Ok(settings) => settings,
        Err(error) => {
            assert!(!error.hint().is_empty());
            return drop(shown(&error));
        }
    };
    assert!((1..=1024).contains(&settings.jobs) && !settings.rubrics.is_empty());
    if let Some(names) = &settings.file_names {
        let format = names.started_at_format.as_deref();
        try_pattern(
            &names.pattern,
            format,
            &names.defaults,
            "ann_20260309-101530.wav",
        );
    }
}

fn try_pattern(
    pattern: &str,
    format: Option<&str>,
    defaults: &BTreeMap<String, String>,
    name: &str,
) {
    let pattern = match FilePattern::new(pattern, format, defaults) {
        Ok(pattern) => pattern,
        Err(error) => return drop(shown(&error)),
    };
    let zone = when::zone_by_name("America/New_York").unwrap();
    match pattern.read(&found(name), Some(&zone), &key(), None) {
        Ok(planned) => stays(&planned.meta),
        Err(failure) => assert!(!failure.message.is_empty()),
    }
}

/// Lines: a pattern, a format of times, a file's name, a glob.
fn names(bytes: &[u8], folder: &Path) {
    let Some(text) = text(bytes) else { return };
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (pattern, format, name, glob) = (next(), next(), next(), next());
    let format = Some(format).filter(|f| !f.is_empty());
    try_pattern(pattern, format, &BTreeMap::new(), name);
    let defaults = BTreeMap::from([("agent".to_string(), name.to_string())]);
    try_pattern(pattern, format, &defaults, "20260309-101530.wav");
    // What is searched for lies in a folder of ours.
    if glob.contains("..") {
        return;
    }
    let tree = folder.join("tree");
    if !tree.exists() {
        for file in ["a.wav", "sub/b.mp3", "sub/deep/[c].wav", "odd.raw"] {
            let path = tree.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
    }
    match find::find(
        &[tree.join(glob.trim_start_matches('/'))],
        find::Links::Inside,
    ) {
        Ok(found) => assert!(found.files.iter().all(|f| f.path.starts_with(&tree))),
        Err(error) => drop(shown(&error)),
    }
}

// The store.

fn stays_if_read<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(bytes) {
        stays(&value);
    }
}

/// A file of the store, in the place of each kind that there is.
fn records(bytes: &[u8], folder: &Path) {
    stays_if_read::<CallRecord>(bytes);
    stays_if_read::<Failure>(bytes);
    stays_if_read::<FactsShelf>(bytes);
    stays_if_read::<CallFacts>(bytes);
    stays_if_read::<BTreeMap<String, Made>>(bytes);
    stays_if_read::<Vec<Contact>>(bytes);
    const DATE: &str = "2026-03-09";
    let out = folder.join("out");
    let put = |name: &str| {
        let path = out.join("store").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    put("calls/date=2026-03-09/a.json");
    put("contacts/date=2026-03-09.json");
    put("facts/date=2026-03-09.json");
    put("failures/date=2026-03-09/a.json");
    put("runs/date=2026-03-09/1-a.json");
    put("stale.json");
    put("history.json");
    let _ = status::status(&out, &[]);
    let store = Store::open(&out).expect("nobody else has it");
    let _ = store.calls(DATE);
    let _ = store.contacts(DATE);
    let _ = store.facts(DATE);
    let _ = store.failures(DATE);
    let _ = store.runs::<RunRecord>(DATE);
    let _ = store.stale_dates();
    let _ = store.made();
}
