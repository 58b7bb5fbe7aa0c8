//! Ctrl-C, SIGTERM, and two runs at once.
#![cfg(target_os = "linux")]

use crate::support::calls::{Call, write_table};
use crate::support::process::{children, is_alive, signal};
use crate::support::report;
use crate::support::stops::{DATE, IDS, RUN, centre, undisturbed};

#[test]
fn an_interrupted_run_leaves_the_tables_whole_and_the_next_one_goes_on() {
    let place = centre(&IDS);
    let out = place.path("out");
    let all: Vec<Call> = IDS.iter().map(|id| Call::new(id, DATE)).collect();
    write_table(&place, &all[..2]);
    place
        .run("run rec/a.wav rec/b.wav --calls calls.csv --out out --jobs 2")
        .exits(0);
    let before = report::published(&out);
    assert_eq!(report::calls_of(&out, DATE), ["a", "b"]);

    write_table(&place, &all);
    let mut running = place.start(RUN);
    running.wait_for_call(1);
    let workers = children(running.id());
    signal("INT", running.id());
    let said = running.finish().exits(130);
    let message = "callibrate stopped on signal 2; what is done is kept, run again to go on\n";
    assert!(said.stderr.ends_with(message), "{said:#?}");
    assert_eq!(report::published(&out), before);
    assert!(!workers.iter().any(|id| is_alive(*id)));

    let said = place.run(RUN).exits(0);
    assert!(!said.stdout.contains(", 2 reused,"), "{said:#?}");
    report::assert_same_bytes(&undisturbed(), &out);
}

#[test]
fn sigterm_ends_a_run_with_143() {
    let place = centre(&["a", "b", "c"]);
    let mut running = place.start("run rec --calls calls.csv --out out --jobs 1");
    running.wait_for_call(1);
    signal("TERM", running.id());
    running.finish().exits(143);
    let out = place.path("out");
    assert_eq!(report::dates(&out, "calls").len(), 0);
    // A night that was too long: what it came to can be scored in the morning.
    place.run("score --out out").exits(0);
    let scored = report::calls_of(&out, DATE);
    assert!(scored.contains(&"a".to_string()), "{scored:?}");
    let left = 3 - scored.len();
    place
        .run("run rec --calls calls.csv --out out --jobs 1")
        .exits(0)
        .says(&format!("{left} transcribed, "));
    assert_eq!(report::calls_of(&out, DATE), ["a", "b", "c"]);
}

/// A child that hangs does not hear the end of its input either.
#[test]
fn a_worker_that_hangs_does_not_keep_the_run_from_stopping() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let place = centre(&IDS);
        let mut running = place.start(RUN);
        running.wait_for_call(1);
        let workers = children(running.id());
        assert_eq!(workers.len(), 1);
        signal("STOP", workers[0]);
        signal(name, running.id());
        running.finish().exits(code);
        assert!(!is_alive(workers[0]));
    }
}

#[test]
fn a_second_command_on_the_same_folder_is_refused() {
    let hint = "\n\nhint: wait until it has finished, or use another --out\n";
    let place = centre(&IDS);
    let mut first = place.start("run rec --calls calls.csv --out out --jobs 1");
    first.wait_for_call(1);
    let said = place.run("score --out out").exits(4).stderr;
    let who = format!(
        "callibrate failed to use out: another run of callibrate is working there (process {} on ",
        first.id()
    );
    assert!(said.starts_with(&who) && said.ends_with(hint), "{said}");
    assert!(
        said.contains(" since 20") && said.contains(" UTC)"),
        "{said}"
    );
    first.finish().exits(0);

    // The lock is the system's: it goes with whoever holds it.
    let lock = std::fs::File::open(place.path("out/store/lock")).unwrap();
    lock.lock().unwrap();
    let refused = format!(
        "callibrate failed to use out: another run of callibrate is working there (process {} on \
         this machine){hint}",
        std::process::id()
    );
    for command in [RUN, "score --out out"] {
        assert_eq!(place.run(command).exits(4).stderr, refused, "{command}");
    }
    drop(lock);
    place.run("score --out out").exits(0);
}
