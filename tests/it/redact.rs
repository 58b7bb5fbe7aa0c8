//! `redact`, the settings of redaction, and what `run` and `score` do about calls that were
//! redacted otherwise: what is masked now stands nowhere any more, and nothing is transcribed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use callibrate::report::read_table;
use serde_json::{Value, json};

use crate::support::calls::{Call, write_centre, write_recordings};
use crate::support::process::{children, pause};
use crate::support::report::{self, rows};
use crate::support::{Place, copy_folder, files_below, state};

/// Said in each of the calls that are made here.
const ACCOUNT: &str = "38112764";
const NAME: &str = "Xanthippe Quorn";
const KEEP: &str = "[redaction]\naccount_number = \"keep\"\n";
const HASH: &str = "[redaction]\naccount_number = \"hash\"\nkey = \"keys/r.key\"\n";

/// What another tool heard: the agent's words and the customer's, half a second each.
fn transcript(agent: &str, customer: &str) -> String {
    let channel = |text: &str, from: i64| {
        let words: Vec<Value> = text
            .split(' ')
            .enumerate()
            .map(|(n, word)| {
                let start = from + 500 * n as i64;
                json!({"text": word, "start_ms": start, "end_ms": start + 400, "prob": 0.99})
            })
            .collect();
        let end = from + 500 * words.len() as i64;
        json!({"segments": [{"start_ms": from, "end_ms": end, "words": words}]})
    };
    let all = json!({
        "format": "callibrate-transcript/1",
        "audio": {"recorded_ms": 60_000},
        "recogniser": {"engine": "test", "model": "test"},
        "language": "en",
        "channels": [channel(agent, 0), channel(customer, 20_000)],
    });
    all.to_string()
}

const RUBRIC: &str = "
rubric: numbers
version: '1'
title: Numbers
pass_at: 60
sections:
- id: s
  title: S
  weight: 1
  questions:
  - {id: told, text: Told it?, yes_when: {said: {by: customer, any: ['account number is 38112764']}}}
";

/// Calls with a number each, on two dates, scored while account numbers were kept.
fn kept_centre(ids: &[&str]) -> Place {
    let place = Place::new();
    place.write("numbers.yaml", RUBRIC);
    place.write("keep.toml", KEEP);
    place.write("mask.toml", "");
    let mut table =
        "call_id,file,agent,customer_name,started_at,agent_channel,timezone\n".to_string();
    for (n, id) in ids.iter().enumerate() {
        let said = format!(
            "Yes I am {NAME} and my account number is {ACCOUNT} if that helps in case {id}"
        );
        place.write(
            &format!("said/{id}.json"),
            transcript("May I have your account number please", &said),
        );
        let date = ["2026-03-02", "2026-03-03"][n % 2];
        table += &format!("{id},rec/{id}.wav,ann,{NAME},{date}T09:00:00,left,Europe/Berlin\n");
    }
    place.write("calls.csv", table);
    let files: Vec<String> = ids.iter().map(|id| format!("said/{id}.json")).collect();
    place
        .run(&format!(
            "score {} --calls calls.csv --out out --rubric numbers.yaml --config keep.toml",
            files.join(" ")
        ))
        .exits(0);
    place
}

/// Files that hold a text, tables decoded.
fn places_of(out: &Path, wanted: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, bytes) in files_below(out) {
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if let Ok(content) = read_table(&out.join(&name)) {
            text += &format!("{:?}", content.rows);
        }
        if text.contains(wanted) {
            found.insert(name);
        }
    }
    found
}

/// The stored records of calls, by path.
fn records(out: &Path) -> Vec<(std::path::PathBuf, Value)> {
    let files = files_below(&out.join("store/calls")).into_iter();
    let records = files.filter(|(name, _)| name.ends_with(".json"));
    records
        .map(|(name, bytes)| {
            let path = out.join("store/calls").join(name);
            (path, serde_json::from_slice(&bytes).unwrap())
        })
        .collect()
}

fn marks(out: &Path) -> BTreeSet<String> {
    let mark = |record: &Value| record["redacted"].as_str().unwrap_or("none").to_string();
    records(out).iter().map(|(_, r)| mark(r)).collect()
}

fn commands(out: &Path) -> Vec<String> {
    let runs = rows(out, "runs");
    runs.iter().map(|r| r.text("command").to_string()).collect()
}

#[test]
fn what_was_kept_is_masked_everywhere_and_nothing_is_transcribed() {
    let place = kept_centre(&["one", "two", "three"]);
    let out = place.path("out");
    place.run("release --date 2026-03-02 --out out").exits(0);
    // Left by a run that was stopped, and by calibration.
    let kept = files_below(&out)
        .into_iter()
        .find(|(name, _)| name.starts_with("store/transcripts/"))
        .unwrap();
    let unused = place.write("out/store/transcripts/00/00ff.json", &kept.1);
    place.write("out/store/transcripts/00/00fe.tmp", &kept.1);
    place.write("out/calibration/disagreements/part.parquet", ACCOUNT);
    let before = places_of_raw(&out);
    for part in ["words/", "store/transcripts/", "evidence/"] {
        assert!(
            before.iter().any(|name| name.starts_with(part)),
            "{before:?}"
        );
    }
    // As an older version left it.
    let (path, mut record) = records(&out).remove(0);
    record.as_object_mut().unwrap().remove("redacted");
    fs::write(path, record.to_string()).unwrap();

    let said = place.run("redact --out out").exits(0);
    let said = said
        .says("Redacted again: 4 of 4 transcripts, 4 of which changed. Nothing was transcribed.\n")
        .says("  4 new [account number]\n")
        .says("Tables made again of: 2026-03-02, 2026-03-03.\n")
        .says("\nReleased scores that differ now: 2 of 2026-03-02");
    assert_eq!(
        said.stderr,
        "warning: 1 call is redacted without a table of calls (--calls), so the name of its \
         customer was not looked for\n\
         warning: the tables of calibration quoted calls and were removed; `callibrate calibrate` \
         makes them again\n"
    );
    assert_eq!(places_of_raw(&out), BTreeSet::new());
    assert!(unused.exists());
    let words = rows(&out, "words");
    let masked = words
        .iter()
        .filter(|row| row.text("text") == "[account number]");
    assert_eq!(masked.count(), 3);
    let scores = rows(&out, "scores");
    assert!(scores.iter().all(|row| row.text("rubric") == "numbers"));
    assert_eq!(commands(&out), ["score", "redact"]);
    assert_eq!(marks(&out).len(), 1);
    let status = place.run("status --out out").exits(0).stdout;
    assert!(!status.contains("older than"), "{status}");

    let before = state(&place.path("out/words"));
    place.run("redact --out out").exits(0).says(
        "Nothing to redact again: 4 transcripts, all by this version and with these settings.",
    );
    assert_eq!(state(&place.path("out/words")), before);
    assert_eq!(commands(&out).len(), 2);

    // What is masked stays masked, whatever the settings say by then.
    place
        .run("redact --out out --config keep.toml")
        .exits(0)
        .says("4 transcripts, 0 of which changed.");
    assert_eq!(places_of_raw(&out), BTreeSet::new());
}

/// The rubric, which asks for the number, is kept as its author wrote it.
fn places_of_raw(out: &Path) -> BTreeSet<String> {
    let mut found = places_of(out, ACCOUNT);
    found.retain(|name| !name.starts_with("store/rubrics/"));
    found
}

/// The same tables as without the stop, wherever it was.
#[test]
fn a_stop_in_the_middle_is_made_good_by_the_next_call() {
    let ids: Vec<String> = (0..150).map(|n| format!("call-{n:03}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let place = kept_centre(&ids);
    let out = place.path("out");
    let undisturbed = place.path("undisturbed");
    copy_folder(&out, &undisturbed);
    copy_folder(&out, &place.path("half"));
    place.run("redact --out undisturbed --jobs 1").exits(0);
    let made_good = |folder: &str, left: usize| {
        place
            .run(&format!("redact --out {folder} --jobs 1"))
            .exits(0)
            .says(&format!("Redacted again: {left} of 150 transcripts"));
        let folder = place.path(folder);
        assert_eq!(places_of_raw(&folder), BTreeSet::new());
        report::assert_same_bytes(&undisturbed, &folder);
    };

    // Half of the transcripts had changed, and a quarter of the calls had their marks.
    let half = place.path("half");
    for date in ["2026-03-02", "2026-03-03"] {
        for derived in ["facts", "published"] {
            let file = format!("store/{derived}/date={date}.json");
            fs::remove_file(half.join(file)).unwrap();
        }
    }
    fs::write(
        half.join("store/stale.json"),
        r#"["2026-03-02","2026-03-03"]"#,
    )
    .unwrap();
    let done = records(&undisturbed).into_iter().enumerate();
    for (n, (path, record)) in done.filter(|(n, _)| n % 2 == 0) {
        let key = record["transcript"].as_str().unwrap();
        let transcript = format!("store/transcripts/{}/{key}.json", &key[..2]);
        fs::copy(undisturbed.join(&transcript), half.join(&transcript)).unwrap();
        if n % 4 == 0 {
            let name = path.strip_prefix(&undisturbed).unwrap();
            fs::copy(&path, half.join(name)).unwrap();
        }
    }
    made_good("half", 112);

    // A real one, at some moment.
    let old = marks(&out);
    let left = || {
        let is_old = |record: &&(_, Value)| old.contains(record.1["redacted"].as_str().unwrap());
        records(&out).iter().filter(is_old).count()
    };
    let mut running = place.start("redact --out out --jobs 1");
    while !running.has_ended() && left() == ids.len() {
        pause();
    }
    running.kill();
    running.finish();
    match left() {
        0 => drop(place.run("redact --out out").exits(0)),
        left => made_good("out", left),
    }
    report::assert_same_bytes(&undisturbed, &out);
}

#[test]
fn score_redacts_what_it_takes_up_and_tells_of_the_rest() {
    let place = kept_centre(&["one", "two"]);
    let out = place.path("out");
    let said = place
        .run("score --out out --date 2026-03-02 --rubric numbers.yaml --config mask.toml")
        .exits(0);
    assert!(
        said.stderr.contains(
            "1 stored call was redacted by another version or with other settings; \
             `callibrate redact --out out` redacts"
        ),
        "{said:#?}"
    );
    let left = places_of_raw(&out);
    assert!(!left.is_empty());
    assert!(
        !left.iter().any(|name| name.contains("2026-03-02")),
        "{left:?}"
    );
    let said = place
        .run("score --out out --all --rubric numbers.yaml --config mask.toml")
        .exits(0);
    assert_eq!(said.stderr, "");
    assert_eq!(places_of_raw(&out), BTreeSet::new());
}

#[test]
fn a_name_is_looked_for_and_its_mark_does_not_tell_it() {
    let place = kept_centre(&["one", "two"]);
    let out = place.path("out");
    let of_names = |out: &Path| marks(out).iter().filter(|m| m.contains('-')).count();
    // The same name, and no mark is like another.
    assert_eq!(of_names(&out), 2);
    place.run("redact --out out").exits(0);
    assert_eq!(of_names(&out), 0);
    // With the table at hand again, its names are looked for again, once.
    place
        .run("redact --out out --calls calls.csv")
        .exits(0)
        .says("Redacted again: 2 of 2 transcripts");
    assert_eq!(of_names(&out), 2);
    place
        .run("redact --out out --calls calls.csv")
        .exits(0)
        .says("Nothing to redact again");
    // A row that is gone is no reason to do it again.
    place
        .run("redact --out out")
        .exits(0)
        .says("Nothing to redact again");
    let whole: Vec<&str> = NAME.split(' ').collect();
    for (path, record) in records(&out) {
        let text = record.to_string();
        assert!(
            !whole.iter().any(|n| text.contains(n)),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_hash_is_the_same_for_the_same_value_and_takes_one_key() {
    let place = kept_centre(&["one"]);
    let out = place.path("out");
    place.write("hash.toml", HASH);
    let again = "score said/one.json --calls calls.csv --out other --config hash.toml";
    place.run(again).exits(0);
    place.run("redact --out out --config hash.toml").exits(0);
    let hashes = |out: &Path| -> BTreeSet<String> {
        let files = files_below(out).into_iter();
        let transcripts = files.filter(|(name, _)| name.starts_with("store/transcripts/"));
        transcripts
            .flat_map(|(_, bytes)| {
                let text = String::from_utf8(bytes).unwrap();
                let parts: Vec<String> = text
                    .split("\"hash\":\"")
                    .skip(1)
                    .map(|p| p[..32].into())
                    .collect();
                parts
            })
            .collect()
    };
    let found = hashes(&out);
    assert_eq!(found.len(), 1);
    assert_eq!(hashes(&place.path("other")), found);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = fs::metadata(place.path("keys/r.key")).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }
    let key = fs::read_to_string(place.path("keys/r.key")).unwrap();
    assert_eq!(places_of(&out, key.trim()), BTreeSet::new());

    // A key is never replaced by a new one.
    let path = place.path("keys/r.key");
    fs::rename(&path, place.path("keys/first.key")).unwrap();
    let refused = |why: &str| {
        for command in [again, "redact --out other --config hash.toml"] {
            let said = place.run(command).exits(2);
            assert!(said.stderr.contains(why), "{said:#?}");
        }
    };
    refused("find the redaction key keys/r.key: other holds what was made with it");
    assert!(!path.exists());
    fs::copy(place.path("keys/first.key"), &path).unwrap();
    fs::write(&path, format!("{}\n", "5".repeat(64))).unwrap();
    refused("use this redaction key: what is hashed in other was hashed with another one");

    // Without hashes no key is needed, none is left, and the next may have another key.
    let said = place.run("redact --out other --config mask.toml").exits(0);
    said.says("Redacted again: 1 of 1 transcript, 1 of which changed.");
    assert_eq!(hashes(&place.path("other")), BTreeSet::new());
    let left = found.iter().next().unwrap();
    assert_eq!(places_of(&place.path("other"), left), BTreeSet::new());
    assert!(!places_of(&out, left).is_empty());
    place.run(again).exits(0);
    let anew = hashes(&place.path("other"));
    assert_eq!(anew.len(), 1);
    assert_ne!(anew, found);
}

/// A new key would know none of the customers again.
#[test]
fn a_lost_customer_key_is_not_replaced() {
    let place = Place::new();
    place.write("said/one.json", transcript("Hello", "Hello to you"));
    place.write(
        "calls.csv",
        "call_id,file,agent,customer,started_at,agent_channel,timezone\n\
         one,rec/one.wav,ann,4711,2026-03-02T09:00:00,left,Europe/Berlin\n",
    );
    place.write("c.toml", "customer_key = 'keys/c.key'\n");
    let files = "score said/one.json --calls calls.csv --out out --config c.toml";
    place.run(files).exits(0);
    let path = place.path("keys/c.key");
    let lost = place.path("keys/lost.key");
    fs::rename(&path, &lost).unwrap();
    let hashing = [
        files,
        "score --all --calls calls.csv --out out --config c.toml",
        "run --calls calls.csv --out out --config c.toml",
        "run --dry-run --calls calls.csv --out out --config c.toml",
        "redact --calls calls.csv --out out --config c.toml",
    ];
    for command in hashing {
        let said = place.run(command).exits(2);
        let why = "find the customer key keys/c.key: out holds what was made with it";
        assert!(said.stderr.contains(why), "{said:#?}");
        assert!(!path.exists(), "{command}");
    }
    // Where nothing is hashed, it is not needed.
    place.run("score --all --out out --config c.toml").exits(0);
    fs::rename(&lost, &path).unwrap();
    place.run(files).exits(0);
}

/// What is found is transcribed once, whatever the settings say of it.
#[test]
fn run_takes_other_settings_without_transcribing() {
    let place = Place::new();
    write_centre(&place, &["a", "b"], "2026-03-02");
    place.write("keep.toml", KEEP);
    let run = "run rec --calls calls.csv --out out";
    place.run(&format!("{run} --config keep.toml")).exits(0);
    let out = place.path("out");
    let kept = marks(&out);
    place.run(run).exits(0).says("0 transcribed, 2 reused");
    let masked = marks(&out);
    assert!(kept.is_disjoint(&masked));
    assert_eq!(masked.len(), 1);
    let before = state(&place.path("out/store/calls"));
    place.run(run).exits(0).says("0 transcribed, 2 reused");
    assert_eq!(state(&place.path("out/store/calls")), before);
}

/// Arguments and environment of a process can be read by others on the machine.
#[cfg(target_os = "linux")]
#[test]
fn names_and_keys_do_not_stand_in_arguments() {
    let place = Place::new();
    let ids = ["a", "b", "c"];
    write_recordings(&place, &ids);
    let mut table =
        "call_id,file,agent,customer_name,started_at,agent_channel,timezone\n".to_string();
    for id in ids {
        let call = Call::new(id, "2026-03-02");
        table += &format!(
            "{id},{},ann,{NAME},{},left,Europe/Berlin\n",
            call.file, call.started_at
        );
    }
    place.write("calls.csv", table);
    place.write("c.toml", HASH);
    let mut running = place.start("run rec --calls calls.csv --out out --jobs 1 --config c.toml");
    running.wait_for_call(1);
    let workers = children(running.id());
    assert_eq!(workers.len(), 1);
    let read = |what: &str| fs::read(format!("/proc/{}/{what}", workers[0])).unwrap();
    let arguments = String::from_utf8(read("cmdline")).unwrap();
    assert!(arguments.ends_with("\0worker\0"), "{arguments:?}");
    let environment = String::from_utf8_lossy(&read("environ")).into_owned();
    let key = fs::read_to_string(place.path("keys/r.key")).unwrap();
    for secret in [NAME, key.trim()] {
        assert!(!environment.contains(secret));
    }
    running.finish().exits(0);
    assert_eq!(places_of(&place.path("out"), NAME), BTreeSet::new());
}
