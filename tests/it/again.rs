//! A night that is run again: what has not changed is not read, scored or written again, and
//! what has changed is.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::support::calls::{Call, write_centre, write_table};
use crate::support::report::{self, part};
use crate::support::{Place, Said, files_below};

const RUN: &str = "run rec --calls calls.csv --out out --jobs 2";
const DATES: [&str; 2] = ["2026-03-02", "2026-03-03"];

/// Two calls on each of two dates.
fn centre() -> Place {
    let place = Place::new();
    write_centre(&place, &["a", "b", "c", "d"], DATES[0]);
    write_calls(&place, "left");
    place
}

fn write_calls(place: &Place, channel_of_d: &str) {
    let calls = ["a", "b", "c", "d"].map(|id| {
        let call = Call::new(id, if id < "c" { DATES[0] } else { DATES[1] });
        call.agent_channel(if id == "d" { channel_of_d } else { "left" })
    });
    write_table(place, &calls);
}

/// When the tables of calls were written, by name; `runs` and `failures` are of each run.
fn written(out: &Path) -> BTreeMap<String, SystemTime> {
    files_below(out)
        .into_keys()
        .filter(|name| {
            !["store/", "runs/", "failures/"]
                .iter()
                .any(|p| name.starts_with(p))
        })
        .map(|name| {
            (
                name.clone(),
                fs::metadata(out.join(name)).unwrap().modified().unwrap(),
            )
        })
        .collect()
}

/// What is said of the scores, without the first two lines, which tell of the run.
fn scores(said: &Said) -> String {
    said.stdout.lines().skip(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_has_not_changed_is_left_as_it_is() {
    let place = centre();
    let out = place.path("out");
    let first = place.run(RUN).exits(0);
    let before = written(&out);
    let said = place
        .run(RUN)
        .exits(0)
        .says("0 transcribed, 4 reused, 0 failed");
    assert_eq!(written(&out), before);
    assert_eq!(
        scores(&said),
        scores(&first),
        "the summary is about all of it"
    );

    // A row of the table of calls changes: that date alone is made again.
    write_calls(&place, "right");
    place.run(RUN).exits(0);
    let now = written(&out);
    for (name, time) in &before {
        let is_second = name.contains(&format!("date={}/", DATES[1]));
        assert_eq!(now[name] != *time, is_second, "{name}");
    }

    // A table that somebody removed comes back as it was.
    let scores = part(&out, "scores", DATES[0]);
    let rows = || report::rows(&out, "scores").len();
    let whole = rows();
    fs::remove_file(&scores).unwrap();
    place.run(RUN).exits(0);
    assert_eq!(rows(), whole);
    // So does one that was cut.
    fs::write(&scores, "").unwrap();
    place.run(RUN).exits(0);
    assert_eq!(rows(), whole);

    // Other rubrics make all of them anew.
    let before = written(&out);
    place.run(&format!("{RUN} --rubric effort")).exits(0);
    let now = written(&out);
    assert!(
        before
            .keys()
            .filter(|n| n.starts_with("answers/"))
            .all(|n| now[n] != before[n])
    );
}

/// Another sound under the same name, of the same length and with the same time of change.
#[test]
fn a_recording_that_was_replaced_is_heard_again() {
    let place = centre();
    let old = SystemTime::now() - Duration::from_secs(86_400);
    let age = |name: &str| {
        let file = File::options().append(true).open(place.path(name)).unwrap();
        file.set_modified(old).unwrap();
    };
    let (a, b) = ("rec/a.wav", "rec/b.wav");
    let of_a = fs::read(place.path(a)).unwrap();
    let mut of_b = fs::read(place.path(b)).unwrap();
    of_b.resize(of_a.len(), 0);
    place.write(b, &of_b);
    age(b);
    // Settled: what is read now is known next time.
    std::thread::sleep(Duration::from_secs(4));
    place.run(RUN).exits(0);
    let known = || fs::read_to_string(place.path("out/store/recordings.json")).unwrap();
    let first = known();
    assert_eq!(first.matches("audio_key").count(), 4, "{first}");
    place.write(b, &of_a);
    age(b);
    place.run(RUN).exits(0);
    assert_eq!(
        report::words(&place.path("out"), "b"),
        report::words(&place.path("out"), "a")
    );
    let key = blake3::hash(&of_a).to_hex().to_string();
    assert_eq!(
        report::rows(&place.path("out"), "calls")[1].text("audio_key"),
        key
    );
}
