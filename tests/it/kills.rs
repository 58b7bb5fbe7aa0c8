//! `kill -9` at random moments: of the parent, of its child, of both at once. Whoever dies, and
//! whenever, the next run goes on where it stopped, and the tables are in the end the same.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use callibrate::calibration::chance::Stream;

use crate::support::calls::{SHORT_IDS, short_centre};
use crate::support::process::{
    children, is_alive, pause, signal, signal_group, wait_until, working_in,
};
use crate::support::report::stored;
use crate::support::{Place, Running, Said, report};

const RUN: &str = "run rec --calls calls.csv --out out --jobs 2";
const SEED: u64 = 9;
/// Of each target.
const KILLS: usize = 18;
/// After so many on one folder, the next run is left alone.
const MOST_ON_ONE: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Parent,
    Child,
    Both,
}

/// What a run said it did: how many calls it had to transcribe, and how many of them were done.
/// `None` where it did not come to the first.
fn announced(said: &Said) -> Option<(usize, usize)> {
    let mut lines = said.stderr.split_inclusive('\n');
    // The last one may be torn.
    let line = lines.rfind(|line| line.starts_with('[') && line.ends_with('\n'))?;
    let (done, of) = line[1..].split_once(']')?.0.split_once('/')?;
    Some((of.parse().unwrap(), done.parse().unwrap()))
}

/// How long a run takes, on this machine today.
struct Times {
    whole: Duration,
    nothing_to_do: Duration,
}

impl Times {
    fn measured(place: &Place) -> Self {
        let timed = || {
            let start = Instant::now();
            place.run(RUN).exits(0);
            start.elapsed()
        };
        Self {
            whole: timed(),
            nothing_to_do: timed(),
        }
    }
}

/// Waits for a random moment in the life of a run: some of the calls that it has to do are
/// stored, from none to all, and then some time passes, until the next one may be. So the time in
/// which tables are made is met as often as that of each call, though it is shorter, and a
/// machine that is busy with other work changes little.
fn wait_for_a_moment(
    chance: &mut Stream,
    times: &Times,
    target: Target,
    running: &mut Running,
    out: &Path,
) {
    let before = stored(out).len();
    let left = SHORT_IDS.len() - before;
    let most = match target {
        // The child goes when all is transcribed.
        Target::Child => left.saturating_sub(1),
        Target::Parent | Target::Both => left,
    };
    let calls = chance.below(most + 1);
    let mut wait_while = |waiting: &dyn Fn(u32) -> bool| {
        while !running.has_ended() && waiting(running.id()) {
            pause();
        }
    };
    wait_while(&|_| stored(out).len() < before + calls);
    if target == Target::Child && left > 0 {
        wait_while(&|id| children(id).is_empty());
    }
    if target == Target::Parent && calls == left && chance.happens(0.5) {
        // While files are renamed, which takes a few milliseconds.
        let journal = out.join("store/publish.json");
        while !running.has_ended() && !journal.is_file() {
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_micros(chance.below(2_000) as u64));
        return;
    }
    let length = match calls {
        _ if left == 0 => times.nothing_to_do,
        _ if calls == left => times.nothing_to_do / 2,
        0 => times.whole / 3,
        _ => times.whole / SHORT_IDS.len() as u32,
    };
    let moment = Instant::now() + length.mul_f64(chance.unit());
    wait_while(&|_| Instant::now() < moment);
}

/// Kills, and says whether there was anything to kill.
fn kill(target: Target, running: &mut Running) -> bool {
    if running.has_ended() {
        return false;
    }
    match target {
        Target::Parent => running.kill(),
        Target::Both => signal_group("KILL", running.id()),
        Target::Child => {
            let child = children(running.id()).into_iter().find(|id| is_alive(*id));
            let Some(child) = child else { return false };
            signal("KILL", child);
        }
    }
    true
}

#[test]
fn whoever_is_killed_and_whenever_nothing_is_lost_or_done_twice() {
    let start = Instant::now();
    let undisturbed = short_centre();
    let times = Times::measured(&undisturbed);
    let tables = report::published(&undisturbed.path("out"));

    let mut chance = Stream::new(SEED, "kills", 0);
    let mut hits = BTreeMap::from([Target::Parent, Target::Child, Target::Both].map(|t| (t, 0)));
    let mut by_stored = [0; SHORT_IDS.len() + 1];
    let (mut runs, mut folders, mut while_publishing) = (0, 0, 0);
    while hits.values().any(|n| *n < KILLS) {
        let place = short_centre();
        let out = place.path("out");
        folders += 1;
        let mut kills = 0;
        loop {
            let before = stored(&out);
            let left = SHORT_IDS.len() - before.len();
            let mut running = place.start_group(RUN);
            runs += 1;
            // The one that was met least, so that all are met often.
            let (target, _) = hits.iter().min_by_key(|(_, n)| **n).unwrap();
            let target = *target;
            let mut hit = false;
            if kills < MOST_ON_ONE {
                wait_for_a_moment(&mut chance, &times, target, &mut running, &out);
                hit = kill(target, &mut running);
            }
            let said = running.finish();

            // Nobody is left, and nobody holds the folder.
            wait_until("all have ended", Duration::from_secs(10), || {
                working_in(&place.path("")).is_empty()
            });
            if let Ok(lock) = File::open(out.join("store/lock")) {
                lock.try_lock().expect("the lock is free");
            }
            // What was stored is as it was, and what was said to be done is stored.
            let after = stored(&out);
            assert!(before.iter().all(|(name, facts)| after[name] == *facts));
            let new = after.len() - before.len();
            let (to_do, done) = announced(&said).unwrap_or((left, 0));
            assert_eq!(to_do, left, "{said:#?}");
            assert!(new == done || (hit && new == done + 1), "{new} {said:#?}");
            assert!(!said.stderr.contains("failed:"), "{said:#?}");
            // What is published is whole, even where not all of it is. One that was killed at once
            // has not made the folder.
            if out.is_dir() {
                for (name, bytes) in report::published(&out) {
                    assert!(tables[&name] == bytes, "{name}");
                }
            }

            // A run that was about to end may have done so before the signal came.
            let by_signal = said.code.is_none();
            if by_signal || (hit && target == Target::Child) {
                *hits.get_mut(&target).unwrap() += 1;
                kills += 1;
                by_stored[after.len()] += usize::from(by_signal);
                while_publishing += usize::from(out.join("store/publish.json").is_file());
            }
            if by_signal {
                continue;
            }
            let counts = format!("{new} transcribed, {} reused, 0 failed", before.len());
            said.exits(0).says(&counts);
            break;
        }
        report::assert_same_bytes(&undisturbed.path("out"), &out);
    }
    println!(
        "seed {SEED}: {hits:?} in {runs} runs on {folders} folders; of the runs that were killed, \
         0 to {} calls were stored in {by_stored:?}, {while_publishing} were publishing; {:.1} s",
        SHORT_IDS.len(),
        start.elapsed().as_secs_f64()
    );
}
