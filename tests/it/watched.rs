//! What an operator's machines read: the log as JSON, and the metrics file.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::calls::write_centre;
use crate::support::{Place, Said, process};

fn events(said: &Said) -> Vec<Value> {
    let lines = said.stderr.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|e| e["event"].as_str().unwrap())
        .collect()
}

/// Values of the metrics file by name and labels.
fn metrics(place: &Place) -> BTreeMap<String, f64> {
    let text = fs::read_to_string(place.path("metrics/callibrate.prom")).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_string(), value.parse().unwrap())
        })
        .collect()
}

const SUCCESS: &str = "callibrate_last_success_timestamp_seconds";
const EXIT: &str = "callibrate_last_run_exit_code";

#[test]
fn a_night_as_machines_see_it() {
    let place = Place::new();
    write_centre(&place, &["a", "b"], "2026-03-02");
    fs::create_dir(place.path("metrics")).unwrap();
    place.write(
        "callibrate.toml",
        "out = 'out'\nrecordings = ['rec']\ncalls = 'calls.csv'\nlog = 'json'\n\
         metrics = 'metrics/callibrate.prom'\n",
    );
    let said = place.run("run --jobs 1").exits(0);
    let events_of_run = events(&said);
    let expected = ["started", "call_done", "call_done", "published", "finished"];
    assert_eq!(kinds(&events_of_run), expected);
    let done = &events_of_run[2];
    assert_eq!(
        (&done["call_id"], &done["file"]),
        (&"b".into(), &"rec/b.wav".into())
    );
    assert_eq!((&done["done"], &done["of"]), (&2.into(), &2.into()));
    assert!(done["seconds"].as_f64().unwrap() > 8.0);
    assert_eq!(events_of_run[3]["transcribed"], 2);
    assert_eq!(events_of_run[4]["exit_code"], 0);
    let good = metrics(&place);
    assert_eq!(
        good["callibrate_last_run_recordings{outcome=\"transcribed\"}"],
        2.0
    );
    assert_eq!(good["callibrate_stored_calls"], 2.0);
    assert_eq!(good[EXIT], 0.0);
    assert_eq!(
        good[SUCCESS],
        good["callibrate_last_run_end_timestamp_seconds"]
    );

    // A night that cannot begin keeps the last success and tells of itself.
    fs::rename(place.path("rec"), place.path("gone")).unwrap();
    let said = place.run("run").exits(2);
    let events_of_run = events(&said);
    assert_eq!(kinds(&events_of_run), ["started", "error", "finished"]);
    assert!(
        events_of_run[1]["hint"]
            .as_str()
            .unwrap()
            .contains("mounted")
    );
    assert!(
        !events_of_run[1]["message"]
            .as_str()
            .unwrap()
            .contains("hint")
    );
    let bad = metrics(&place);
    assert_eq!((bad[EXIT], bad[SUCCESS]), (2.0, good[SUCCESS]));
    assert!(!bad.contains_key("callibrate_last_run_audio_seconds"));

    // A look changes nothing, the command line wins, and score counts as well.
    fs::rename(place.path("gone"), place.path("rec")).unwrap();
    for look in ["run --dry-run", "status"] {
        place.run(look).exits(0);
        assert_eq!(metrics(&place)[EXIT], 2.0, "{look}");
    }
    let said = place.run("score --log text").exits(0);
    assert_eq!(said.stderr, "");
    assert!(metrics(&place)[SUCCESS] > good[SUCCESS]);

    // Where it cannot be written, the night is done all the same.
    let said = place.run("run --metrics nowhere/a.prom").exits(0);
    let warned = events(&said);
    assert_eq!(
        kinds(&warned),
        ["started", "published", "warning", "finished"]
    );
    assert!(
        warned[2]["message"]
            .as_str()
            .unwrap()
            .contains("nowhere/a.prom")
    );
    let said = place
        .run("run --log text --metrics nowhere/a.prom")
        .exits(0);
    assert!(
        said.stderr.starts_with("warning: the metrics file"),
        "{said:#?}"
    );
}

#[cfg(unix)]
#[test]
fn a_stop_is_told_and_counted() {
    let place = Place::new();
    write_centre(&place, &["a", "b", "c"], "2026-03-02");
    fs::create_dir(place.path("metrics")).unwrap();
    let mut running = place
        .start("run rec --calls calls.csv --out out --jobs 1 --metrics metrics/callibrate.prom");
    running.wait_for_call(1);
    process::signal("TERM", running.id());
    running.finish().exits(143);
    let stopped = metrics(&place);
    assert_eq!(stopped[EXIT], 143.0);
    assert!(!stopped.contains_key(SUCCESS));
}

#[test]
fn no_form_but_text_and_json() {
    let place = Place::new();
    let said = place.run("run --log xml").exits(2);
    assert!(said.stderr.contains("it is text or json"), "{said:#?}");
    place.write("callibrate.toml", "out = 'out'\nlog = 'xml'\n");
    let said = place.run("run").exits(2);
    assert!(
        said.stderr.contains("line 2") && said.stderr.contains("json"),
        "{said:#?}"
    );
}
