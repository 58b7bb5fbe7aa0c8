//! `forget` and `retention_days`: what is forgotten stands nowhere any more, the rest is as if it
//! had never been there, and nothing comes in again.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use callibrate::report::read_table;

use crate::support::calls::write_recordings;
use crate::support::report::{self, assert_same_bytes, rows, words};
use crate::support::{Place, files_below};

/// Id, customer, start.
type Made = (&'static str, &'static str, &'static str);

const CALLS: [Made; 5] = [
    ("call-anna-1", "cu-anna", "2026-03-02T09:00:00"),
    ("call-bert-1", "cu-bert", "2026-03-02T10:00:00"),
    ("call-anna-2", "cu-anna", "2026-03-04T09:00:00"),
    ("call-bert-2", "cu-bert", "2026-03-05T09:00:00"),
    // Its recording is never there.
    ("call-anna-3", "cu-anna", "2026-03-05T10:00:00"),
];
const STORED: [&str; 4] = ["call-anna-1", "call-bert-1", "call-anna-2", "call-bert-2"];
const CONTACTS: &str = "customer,at,channel,ref\n\
    cu-anna,2026-03-01T08:00:00,written,letter-anna\n\
    cu-bert,2026-03-01T09:00:00,written,letter-bert\n";

const RUN: &str = "run rec";

fn write_calls(place: &Place, calls: &[Made]) {
    let mut table = "call_id,file,agent,customer,started_at,agent_channel\n".to_string();
    for (id, customer, started) in calls {
        table += &format!("{id},rec/{id}.wav,ann,{customer},{started},left\n");
    }
    place.write("calls.csv", table);
}

/// A centre whose settings say it all; `more` goes to them.
fn centre(more: &str) -> Place {
    let place = Place::new();
    write_recordings(&place, &STORED);
    write_calls(&place, &CALLS);
    place.write("contacts.csv", CONTACTS);
    settings(&place, more);
    place
}

fn settings(place: &Place, more: &str) {
    place.write(
        "callibrate.toml",
        format!(
            "out = 'out'\ncalls = 'calls.csv'\ncontacts = 'contacts.csv'\ntimezone = 'Europe/Berlin'\n\
             rubrics = ['service-essentials', 'again.yaml']\njobs = 2\n{more}"
        ),
    );
    place.write(
        "again.yaml",
        "rubric: again\nversion: '1'\ntitle: Again\nsections:\n- id: s\n  title: S\n  weight: 1\n  \
         questions:\n  - {id: contact, text: Earlier?, yes_when: {earlier_contact: {within_days: 7}}}\n",
    );
}

/// Everything that can be read below a folder: the bytes of all files, all cells of all tables,
/// and all names.
fn everything(out: &Path) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for (name, bytes) in files_below(out) {
        texts.push((name.clone(), name.clone()));
        texts.push((name.clone(), String::from_utf8_lossy(&bytes).into_owned()));
        if name.ends_with(".parquet") {
            let content = read_table(&out.join(&name)).unwrap();
            texts.push((name.clone(), format!("{:?}", content.rows)));
            texts.push((name, format!("{:?}", content.facts)));
        }
    }
    for entry in walkdir::WalkDir::new(out) {
        let name = entry.unwrap().path().display().to_string();
        texts.push((name.clone(), name));
    }
    texts
}

#[track_caller]
fn assert_nowhere(out: &Path, wanted: &[&str]) {
    for (name, text) in everything(out) {
        for wanted in wanted {
            assert!(!text.contains(wanted), "{wanted:?} in {name}");
        }
    }
}

/// Words that only one call has.
fn own_words(out: &Path, id: &str, others: &[&str]) -> Vec<String> {
    let of_others: BTreeSet<String> = others.iter().flat_map(|id| words(out, id)).collect();
    words(out, id)
        .into_iter()
        .filter(|word| word.len() > 4 && !of_others.contains(word))
        .collect()
}

#[test]
fn a_forgotten_call_stands_nowhere_and_does_not_come_back() {
    let place = centre("");
    let out = place.path("out");
    place.run(RUN).exits(1);
    let own = own_words(
        &out,
        "call-anna-1",
        &["call-anna-2", "call-bert-1", "call-bert-2"],
    );
    assert!(!own.is_empty());
    // It is all over the place: what is looked for below would be found.
    let told = rows(&out, "contacts");
    assert!(
        told.iter()
            .any(|row| row.text("repeat_of") == "call-anna-1")
    );
    // A stopped run had transcribed it with another model's settings.
    let transcript = files_below(&out)
        .into_iter()
        .find(|(name, bytes)| {
            name.starts_with("store/transcripts/")
                && own
                    .iter()
                    .all(|w| String::from_utf8_lossy(bytes).to_lowercase().contains(w))
        })
        .unwrap();
    let left = place.write("out/store/transcripts/00/00ff.json", &transcript.1);
    place.write("out/store/transcripts/00/00fe.tmp", &transcript.1);
    place.write("out/calibration/disagreements/part.parquet", "call-anna-1");
    place.write(
        "out/store/quarantine/abcd.json",
        r#"{"stage":"worker","reason":"killed_the_recogniser","message":"rec/call-anna-1.wav killed it","hint":null}"#,
    );

    let said = place.run("forget --call call-anna-1").exits(0);
    let said = said
        .says("Call call-anna-1: forgotten.\n")
        .says("Removed from the store: 1 call, 2 transcripts, 0 contacts, 0 failures.")
        .says("Tables made again of: 2026-03-02, 2026-03-04")
        .says("  - the recording rec/call-anna-1.wav\n");
    assert!(
        said.stderr
            .contains("`callibrate calibrate` makes them again"),
        "{said:#?}"
    );
    let mut wanted = vec!["call-anna-1"];
    wanted.extend(own.iter().map(String::as_str));
    assert_nowhere(&out, &wanted);
    assert!(!left.exists());
    assert!(!out.join("calibration").exists());
    assert_eq!(report::calls_of(&out, "2026-03-02"), ["call-bert-1"]);
    let record = read_table(&out.join("forgotten/part.parquet")).unwrap();
    assert_eq!(record.rows.len(), 1);

    // The recording and its row are still there, and stay out of it.
    let said = place.run(RUN).exits(1);
    assert!(
        said.stderr
            .contains("1 recording belongs to forgotten calls and was left out"),
        "{said:#?}"
    );
    assert_nowhere(&out, &wanted);
    place.run("transcribe rec").exits(1);
    assert_nowhere(&out, &wanted);
    // So does a transcript of another tool.
    place.write("call-anna-1.json", &transcript.1);
    place.run("score call-anna-1.json").exits(0);
    assert_nowhere(&out, &wanted);

    // As if it had never been.
    let fresh = centre("");
    let without: Vec<Made> = CALLS
        .into_iter()
        .filter(|call| call.0 != "call-anna-1")
        .collect();
    write_calls(&fresh, &without);
    fs::remove_file(fresh.path("rec/call-anna-1.wav")).unwrap();
    fresh.run(RUN).exits(1);
    place.run("score --all").exits(0);
    fresh.run("score --all").exits(0);
    for table in ["contacts", "promises"] {
        for date in report::dates(&out, table) {
            let part = |place: &Place| fs::read(report::part(&place.path("out"), table, &date));
            assert!(
                part(&place).unwrap() == part(&fresh).unwrap(),
                "{table} {date}"
            );
        }
    }

    place
        .run("forget --call call-anna-1")
        .exits(0)
        .says("Call call-anna-1: forgotten before; nothing was left.");
    assert_eq!(
        read_table(&out.join("forgotten/part.parquet"))
            .unwrap()
            .rows
            .len(),
        1
    );
}

#[test]
fn a_customer_goes_with_all_calls_contacts_and_failures() {
    let place = centre("");
    let out = place.path("out");
    place.run(RUN).exits(1);
    let hash = rows(&out, "calls")
        .iter()
        .find(|row| row.text("call_id") == "call-anna-1")
        .map(|row| row.text("customer").to_string())
        .unwrap();
    assert_eq!(report::failures(&out).len(), 1);

    place
        .run("forget --customer cu-anna cu-nobody")
        .exits(0)
        .says(
            "Customer cu-anna: forgotten, with 2 calls, 1 row of the table of contacts, 1 failure.",
        )
        .says("Customer cu-nobody: nothing is stored. Is the id right?")
        .says("Tables removed, because no call is left, of: 2026-03-04");
    assert_nowhere(&out, &["call-anna", "letter-anna", "cu-anna"]);
    assert_eq!(report::failures(&out), []);
    assert!(!report::dates(&out, "calls").contains("2026-03-04"));
    for (name, text) in everything(&out) {
        let may = ["store/forgotten.json", "forgotten/part.parquet"].contains(&&*name);
        assert!(may || !text.contains(&hash), "{name}");
    }

    // Neither calls, nor contacts, nor the row without a recording come back, and the night ends
    // well.
    let said = place.run(RUN).exits(0);
    assert!(
        said.stderr
            .contains("2 recordings belong to forgotten calls"),
        "{said:#?}"
    );
    assert_nowhere(&out, &["call-anna", "letter-anna"]);

    // Who calls again later is a customer again.
    let later = "2199-01-01T09:00:00";
    let mut calls = CALLS.to_vec();
    calls.push(("call-anna-9", "cu-anna", later));
    write_calls(&place, &calls);
    fs::copy(
        place.path("rec/call-bert-1.wav"),
        place.path("rec/call-anna-9.wav"),
    )
    .unwrap();
    place.run(RUN).exits(0);
    assert_eq!(report::calls_of(&out, "2199-01-01"), ["call-anna-9"]);

    // With another key nobody would be known again.
    settings(&place, "customer_key = 'other.key'\n");
    let said = place.run(RUN).exits(2);
    assert!(
        said.stderr.contains("find the customer key other.key"),
        "{said:#?}"
    );
    assert!(!place.path("other.key").exists());
}

#[test]
fn a_stopped_request_is_completed_by_the_next_command() {
    let place = centre("");
    let out = place.path("out");
    place.run(RUN).exits(1);
    let whole = centre("");
    whole.run(RUN).exits(1);
    whole.run("forget --customer cu-anna").exits(0);
    // Tables that tell nothing of the runs, and the requests without their time.
    let state = |out: &Path| {
        let mut files = report::published(out);
        files.retain(|name, _| !name.starts_with("forgotten/"));
        (
            files,
            read_table(&out.join("forgotten/part.parquet"))
                .unwrap()
                .rows
                .len(),
        )
    };

    // The start of every step is a place to be killed at: each time it goes a little further.
    let mut delay = std::time::Duration::from_millis(5);
    let mut stops = 0;
    for _ in 0..40 {
        let mut running = place.start("forget --customer cu-anna");
        std::thread::sleep(delay);
        running.kill();
        let ended = running.finish().code;
        if ended.is_some() {
            break;
        }
        stops += 1;
        delay += std::time::Duration::from_millis(10);
        if stops % 3 == 0 {
            // Whatever comes next completes it, whole or not.
            let pending = fs::read_to_string(out.join("store/forgotten.json"));
            if pending.is_ok_and(|text| text.contains("\"pending\":{")) {
                place.run("transcribe rec").exits(0);
                break;
            }
        }
    }
    assert!(stops > 0);
    place.run("forget --customer cu-anna").exits(0);
    assert_nowhere(&out, &["call-anna", "letter-anna", "cu-anna"]);
    let (found, expected) = (state(&out), state(&whole.path("out")));
    assert_eq!(found.1, expected.1);
    for table in ["calls/", "answers/", "contacts/", "promises/", "words/"] {
        let of = |files: &std::collections::BTreeMap<String, Vec<u8>>| -> Vec<String> {
            files
                .keys()
                .filter(|name| name.starts_with(table))
                .cloned()
                .collect()
        };
        assert_eq!(of(&found.0), of(&expected.0), "{table}");
    }
}

#[test]
fn each_date_keeps_its_own_forms() {
    let place = centre("");
    let out = place.path("out");
    place.run(RUN).exits(1);
    place
        .run("score --date 2026-03-05 --rubric effort")
        .exits(0);
    let forms = |out: &Path| -> BTreeSet<(String, String)> {
        let row = |row: &report::Row| (row.date.clone(), row.text("rubric").to_string());
        rows(out, "scores").iter().map(row).collect()
    };
    let before = forms(&out);
    place.run("forget --customer cu-bert").exits(0);
    let mut expected = before;
    expected.retain(|(date, _)| date != "2026-03-05");
    assert_eq!(forms(&out), expected);
}

#[test]
fn what_is_too_old_goes_and_stays_out() {
    let place = centre("");
    let out = place.path("out");
    place.run(RUN).exits(1);
    settings(&place, "retention_days = 1\n");
    place
        .run(&format!("{RUN} --dry-run"))
        .exits(0)
        .says("2 stored calls of dates before 2026-03-04 will be forgotten");
    // An old run, with a failure.
    for folder in ["failures", "runs"] {
        for base in ["out/store", "out"] {
            let folder = place.path(&format!("{base}/{folder}"));
            let today = fs::read_dir(&folder)
                .unwrap()
                .next()
                .unwrap()
                .unwrap()
                .path();
            crate::support::copy_folder(&today, &folder.join("date=2026-03-01"));
        }
    }
    let said = place.run(RUN).exits(1);
    // The calls of 5 March are the newest, so those from 4 March on stay.
    for text in [
        "2 calls of dates before 2026-03-04 were forgotten (`retention_days`)",
        "2 recordings belong to dates before 2026-03-04 and were left out (`retention_days`)",
    ] {
        assert!(said.stderr.contains(text), "{said:#?}");
    }
    assert_nowhere(
        &out,
        &[
            "call-anna-1",
            "call-bert-1",
            "letter-",
            "2026-03-01",
            "date=2026-03-02",
        ],
    );
    let row = read_table(&out.join("forgotten/part.parquet"))
        .unwrap()
        .rows;
    assert_eq!(row.len(), 1);

    // The next night finds nothing more.
    let said = place.run("score").exits(0);
    assert!(!said.stderr.contains("retention_days"), "{said:#?}");
    assert_eq!(
        read_table(&out.join("forgotten/part.parquet"))
            .unwrap()
            .rows,
        row
    );

    // As if there had been no older calls: `run` over the rest, from the start.
    let fresh = centre("");
    write_calls(&fresh, &CALLS[2..]);
    fresh.write("contacts.csv", "customer,at,channel,ref\n");
    for id in ["call-anna-1", "call-bert-1"] {
        fs::remove_file(fresh.path(&format!("rec/{id}.wav"))).unwrap();
    }
    fresh.run(RUN).exits(1);
    fresh.run("score").exits(0);
    let without_runs = |out: &Path| {
        for folder in ["runs", "failures", "forgotten"] {
            let _ = fs::remove_dir_all(out.join(folder));
        }
    };
    without_runs(&out);
    without_runs(&fresh.path("out"));
    assert_same_bytes(&out, &fresh.path("out"));
}

/// Ratings are files of people, and stay as they are.
#[test]
fn ratings_of_forgotten_calls_stop_nothing() {
    let place = centre("ratings = ['ratings.csv']\n");
    let mut ratings =
        "call_id,rubric,rubric_version,question,rater,kind,answer,rated_at,basis,saw_automatic,chosen,probability\n"
            .to_string();
    for id in ["call-anna-1", "call-bert-1", "call-typo"] {
        for rater in ["dora", "emil"] {
            ratings += &format!(
                "{id},again,1,contact,{rater},person,no,2026-03-09T10:00,audio,false,random,0.5\n"
            );
        }
    }
    place.write("ratings.csv", &ratings);
    // Before anything is forgotten, an id that is not known is a mistake.
    let said = place.run(RUN).exits(1);
    assert!(said.stderr.contains("call-typo"), "{said:#?}");
    assert!(!place.path("out/calibration").exists());
    place.run("forget --customer cu-anna").exits(0);
    let said = place.run("calibrate").exits(0);
    let notice = "4 ratings are about calls that are not in these tables";
    assert!(said.stderr.contains(notice), "{said:#?}");
    assert!(said.stdout.contains("2 people rated 1 of"), "{said:#?}");
}

#[test]
fn another_customer_key_is_refused_before_anything_is_done() {
    let place = centre("");
    place.run(RUN).exits(1);
    let before = report::published(&place.path("out"));
    settings(&place, "customer_key = 'other.key'\n");
    place.run(&format!("{RUN} --out elsewhere")).exits(1);
    let said = place.run(RUN).exits(2);
    assert!(
        said.stderr.contains("were hashed with another one"),
        "{said:#?}"
    );
    assert_eq!(report::published(&place.path("out")), before);
}

#[test]
fn nothing_is_forgotten_by_mistake() {
    let place = centre("");
    place.run("forget --call x").exits(2);
    place.run(RUN).exits(1);
    place.run("forget").exits(2);
    settings(&place, "customer_key = 'nowhere.key'\n");
    let said = place.run("forget --customer cu-anna").exits(2);
    assert!(said.stderr.contains("find the customer key"), "{said:#?}");
    assert!(!place.path("nowhere.key").exists());
    assert_eq!(rows(&place.path("out"), "calls").len(), 4);
}
