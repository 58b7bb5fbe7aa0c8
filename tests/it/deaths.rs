//! The worker dies, again and again, or the parent does: no call is lost and no child is left.
#![cfg(target_os = "linux")]

use std::time::Duration;

use crate::support::process::{children, has_written, is_alive, pause, signal, wait_until};
use crate::support::report;
use crate::support::sound::{Coding, Sound};
use crate::support::stops::{DATE, IDS, RUN, centre, undisturbed};

#[test]
fn a_worker_that_dies_costs_no_call() {
    let place = centre(&IDS);
    let mut running = place.start(RUN);
    running.wait_for_call(1);
    let workers = children(running.id());
    assert_eq!(workers.len(), 1, "one worker does the work");
    signal("KILL", workers[0]);
    running
        .finish()
        .exits(0)
        .says("6 transcribed, 0 reused, 0 failed");
    report::assert_same_bytes(&undisturbed(), &place.path("out"));
}

/// As a recording that crashes the decoder every time would.
#[test]
fn recordings_that_kill_each_worker_become_failures() {
    let place = centre(&["a", "b"]);
    // Long enough that none is done before its worker is killed.
    for (id, name) in [("a", "card-lost"), ("b", "claim-warm")] {
        let sound = Sound::of_sample(name).cut(0, 30_000);
        place.write(&format!("rec/{id}.wav"), sound.wav(Coding::S16));
    }
    let mut running = place.start(RUN);
    let mut killed = 0;
    while !running.has_ended() {
        // Ready workers only: one that dies before it is ready is no recording's fault.
        let ready = |id: &u32| is_alive(*id) && has_written(*id);
        for worker in children(running.id()).into_iter().filter(ready) {
            signal("KILL", worker);
            wait_until("the worker is dead", Duration::from_secs(5), || {
                !is_alive(worker)
            });
            killed += 1;
        }
        pause();
    }
    let said = running.finish().exits(1);
    // Both at once, then each alone.
    assert_eq!(killed, 3);
    let hint = "hint: check that it plays, and convert it with another tool; as it is, only";
    assert_eq!(said.stdout.matches(hint).count(), 2, "{said:#?}");
    let out = place.path("out");
    let failed = |file: &str| {
        let reason = "killed_the_recogniser";
        (file.to_string(), "worker".to_string(), reason.to_string())
    };
    let both = [failed("rec/a.wav"), failed("rec/b.wav")];
    assert_eq!(report::failures(&out), both);
    // As they are, they cost no other night its worker.
    let said = place.run(RUN).exits(1);
    assert!(!said.stderr.contains('['), "{said:#?}");
    assert_eq!(report::failures(&out), both);
    place
        .run("status --out out")
        .exits(0)
        .says("2 recordings ended the recogniser");
    // Until somebody asks for it.
    place
        .run(&format!("{RUN} --quarantined").replacen("run", "retry", 1))
        .exits(0)
        .says("2 transcribed, 0 reused, 0 failed");
    assert_eq!(report::calls_of(&out, DATE), ["a", "b"]);
}

#[test]
fn no_child_outlives_a_parent_that_was_killed() {
    let place = centre(&IDS);
    let mut running = place.start(RUN);
    running.wait_for_call(1);
    let workers = children(running.id());
    assert_eq!(workers.len(), 1);
    signal("KILL", running.id());
    assert_eq!(running.finish().code, None);
    wait_until("the child has ended", Duration::from_secs(10), || {
        !is_alive(workers[0])
    });

    // What was done is kept, and the rest is done by the next run.
    let said = place.run(RUN).exits(0);
    assert!(!said.stdout.contains(", 0 reused,"), "{said:#?}");
    report::assert_same_bytes(&undisturbed(), &place.path("out"));
}
