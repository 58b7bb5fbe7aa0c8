//! Disks that fill up, fail or may not be written to, at every call of the system that a night
//! makes: the run says so and leaves with the right code, nothing is published half, and the next
//! run gives what an undisturbed one gives.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::support::calls::{SHORT_IDS, short_centre};
use crate::support::faults::{
    EACCES, EDQUOT, EINVAL, EIO, ENOSPC, EROFS, ESTALE, Errno, Fault, Noted, READING, SHORT,
    WRITING, noted,
};
use crate::support::report::{self, published, stored};
use crate::support::{Place, Said, copy_folder, finish, repository};

/// A night of transcripts, which costs no speech: by a form on two calls, and then by two forms on
/// three, so that every table changes.
const BEFORE: [&str; 2] = ["voicemail", "son-calls"];
const AFTER: [&str; 3] = ["voicemail", "son-calls", "lamp-silence"];

fn score(ids: &[&str], rubrics: &[&str]) -> String {
    let samples = repository().join("samples");
    let mut command = "score".to_string();
    for id in ids {
        command += &format!(" {}/reference/{id}.json", samples.display());
    }
    for rubric in rubrics {
        command += &format!(" --rubric {rubric}");
    }
    command
        + &format!(
            " --calls {}/calls.csv --out out --jobs 1",
            samples.display()
        )
}

fn before() -> String {
    score(&BEFORE, &["service-essentials"])
}

fn after() -> String {
    score(&AFTER, &["service-essentials", "identity-privacy"])
}

type Tables = BTreeMap<String, Vec<u8>>;

/// One fault, from beginning to end.
struct Point<'a> {
    /// The night before, which is there when the fault comes.
    start: &'a Path,
    old: &'a Tables,
    new: &'a Tables,
    command: &'a str,
    fault: Fault<'a>,
}

impl Point<'_> {
    /// Returns the code that the run left with.
    fn meet(&self) -> i32 {
        let place = Place::new();
        let out = place.path("out");
        copy_folder(self.start, &out);
        let (said, calls) = faulty(&place, self.command, "out", &self.fault);
        let failed: Vec<&Noted> = calls.iter().filter(|call| call.failed).collect();
        let what = || {
            let fault = &self.fault;
            let range = (fault.from, fault.until);
            format!(
                "{} at {range:?}, {:?}: {said:#?}",
                fault.error.1,
                failed.first()
            )
        };
        let code = said.code.unwrap_or_else(|| panic!("{}", what()));
        assert!(!failed.is_empty(), "nothing failed: {}", what());

        let tables = published(&out);
        let is_old = tables == *self.old;
        let is_new = tables == *self.new;
        if code == 0 {
            assert!(is_new, "said to be well: {}", what());
        } else {
            assert_eq!(code, code_of(self.fault.error), "{}", what());
            assert_message(&said, &failed, &what);
        }
        // While a list of renames is there, some may be made; else all are or none is.
        let is_amid = out.join("store/publish.json").exists();
        assert!(is_old || is_new || is_amid, "torn: {}", what());
        for (name, bytes) in &tables {
            let is_either = [self.old, self.new]
                .iter()
                .any(|t| t.get(name) == Some(bytes));
            assert!(is_either, "{name} is torn: {}", what());
        }
        let kept = stored(&out);

        place.run(self.command).exits(0);
        assert!(published(&out) == *self.new, "another end: {}", what());
        let now = stored(&out);
        if self.command.starts_with("run") {
            assert!(
                kept.iter().all(|(name, facts)| now[name] == *facts),
                "{}",
                what()
            );
        }
        // What cannot be written is taken away again, unless that fails, too.
        if failed.iter().any(|call| call.kind == "remove") {
            return code;
        }
        let left = walkdir::WalkDir::new(&out).into_iter().map(Result::unwrap);
        let mut left = left.filter(|e| e.path().extension().is_some_and(|e| e == "tmp"));
        assert!(left.next().is_none(), "something is left over: {}", what());
        code
    }
}

/// What a person is told: what failed, with its folder at least, and what to do. A failure that
/// could be passed over may have come before it.
fn assert_message(said: &Said, failed: &[&Noted], what: &dyn Fn() -> String) {
    let last = said.stderr.rsplit("callibrate failed to ").next().unwrap();
    assert!(last.len() < said.stderr.len(), "no message: {}", what());
    let names = |call: &&Noted| {
        let parts: Vec<&str> = call.path.split('/').take(2).collect();
        let path = format!("out/{}", parts.join("/"));
        last.contains(path.trim_end_matches("/."))
    };
    assert!(
        failed.iter().any(names),
        "no path in the message: {}",
        what()
    );
    assert!(last.contains("\n\nhint: "), "no hint: {}", what());
}

fn code_of(error: Errno) -> i32 {
    match error {
        EACCES | EROFS => 2,
        _ => 75,
    }
}

fn faulty(place: &Place, command: &str, below: &str, fault: &Fault<'_>) -> (Said, Vec<Noted>) {
    let log = place.path("calls.log");
    let mut command = place.command(command);
    fault.load(&mut command, &place.path(below), &log);
    let said = finish(command);
    (said, noted(&log))
}

/// The calls of an undisturbed run.
fn counted(start: &Path, command: &str, calls: &str) -> (Place, Vec<Noted>) {
    let place = Place::new();
    if start.exists() {
        copy_folder(start, &place.path("out"));
    }
    let none = Fault {
        calls,
        from: 0,
        until: 0,
        error: SHORT,
    };
    let (said, calls) = faulty(&place, command, "out", &none);
    said.exits(0);
    (place, calls)
}

/// Meets all points, as many at a time as there are cores. Says how many, and how they ended.
fn meet_all(points: &[Point<'_>]) -> BTreeMap<i32, usize> {
    let next = AtomicUsize::new(0);
    let codes = Mutex::new(BTreeMap::new());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(point) = points.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let code = point.meet();
                    *codes.lock().unwrap().entry(code).or_insert(0) += 1;
                }
            });
        }
    });
    codes.into_inner().unwrap()
}

/// Every `stride`th call fails with one of the errors, alone or with all that follow, in turn.
/// With `FAULTS_ALL=1` in the environment every call does, which takes some minutes.
fn points<'a>(
    model: impl Fn(Fault<'a>) -> Point<'a>,
    calls: &'a str,
    count: usize,
    stride: usize,
    errors: &[Errno],
) -> Vec<Point<'a>> {
    let stride = match std::env::var_os("FAULTS_ALL") {
        Some(_) => 1,
        None => stride,
    };
    let points = (1..=count).step_by(stride).enumerate().map(|(n, from)| {
        let error = errors[n % errors.len()];
        let alone = (n / errors.len()).is_multiple_of(2);
        model(Fault {
            calls,
            from,
            until: if alone { from } else { 0 },
            error,
        })
    });
    points.collect()
}

/// Calls that write or read in the output folder, from the first to the last.
#[test]
fn wherever_the_disk_fails_nothing_is_torn_and_the_next_run_mends_it() {
    let begun = Instant::now();
    let night = Place::new();
    night.run(&before()).exits(0);
    let (old_out, command) = (night.path("out"), after());
    let old = published(&old_out);
    let (undisturbed, writing) = counted(&old_out, &command, WRITING);
    let (_, reading) = counted(&old_out, &command, READING);
    let new = published(&undisturbed.path("out"));
    assert!(old.len() > 20 && old.iter().all(|(name, bytes)| new[name] != *bytes));

    let model = |fault| Point {
        start: &old_out,
        old: &old,
        new: &new,
        command: &command,
        fault,
    };
    let errors = [ENOSPC, EIO, EROFS, EDQUOT, EACCES, ESTALE];
    let mut all = points(model, WRITING, writing.len(), 3, &errors);
    all.extend(points(
        model,
        READING,
        reading.len(),
        5,
        &[EIO, ESTALE, EACCES],
    ));
    let codes = meet_all(&all);
    println!(
        "{} of {} calls that write or read failed; the runs left with {codes:?}; {:.1} s",
        all.len(),
        writing.len() + reading.len(),
        begun.elapsed().as_secs_f64()
    );
    // Cut short is not failed: what is left is written by the next call.
    let place = Place::new();
    let fault = Fault {
        calls: "write",
        from: 1,
        until: 0,
        error: SHORT,
    };
    copy_folder(&old_out, &place.path("out"));
    let (said, calls) = faulty(&place, &command, "out", &fault);
    said.exits(0);
    assert!(calls.len() > 40 && calls.iter().all(|call| call.failed));
    assert!(published(&place.path("out")) == new);
}

/// The first half of a night: transcripts on their way into the store. A few points of each error.
#[test]
fn a_transcript_that_cannot_be_stored_is_made_again_and_no_other() {
    let centre = short_centre();
    let run = "run rec --calls calls.csv --out out --jobs 1";
    let none = Fault {
        calls: WRITING,
        from: 0,
        until: 0,
        error: SHORT,
    };
    let (said, calls) = faulty(&centre, run, "out", &none);
    said.exits(0);
    let transcripts: Vec<usize> = (1..=calls.len())
        .filter(|n| calls[n - 1].path.starts_with("store/transcripts"))
        .collect();
    // Folder, file, content, sync, rename, sync of the folder, for each.
    assert!(transcripts.len() >= 6 * SHORT_IDS.len());
    let errors = [ENOSPC, EDQUOT, EIO, EROFS, EACCES];
    for (n, from) in transcripts.iter().step_by(4).enumerate() {
        let place = short_centre();
        let out = place.path("out");
        let fault = Fault {
            calls: WRITING,
            from: *from,
            until: 0,
            error: errors[n % errors.len()],
        };
        let (said, calls) = faulty(&place, run, "out", &fault);
        let failed: Vec<&Noted> = calls.iter().filter(|call| call.failed).collect();
        let what = || format!("{} at {from}, {:?}: {said:#?}", fault.error.1, failed[0]);
        assert_eq!(said.code, Some(code_of(fault.error)), "{}", what());
        assert_message(&said, &failed, &what);
        assert!(published(&out).is_empty());
        let kept = stored(&out);
        place.run(run).exits(0).says(&format!(
            "{} transcribed, {} reused, 0 failed",
            SHORT_IDS.len() - kept.len(),
            kept.len()
        ));
        let now = stored(&out);
        assert!(kept.iter().all(|(name, facts)| now[name] == *facts));
        report::assert_same_bytes(&centre.path("out"), &out);
    }
}

/// Some network drives know no sync of a folder.
#[test]
fn a_drive_that_cannot_sync_folders_can_be_used() {
    let (place, calls) = counted(Path::new("/nowhere"), &after(), "sync");
    let folders = (1..=calls.len()).filter(|n| place.path("out").join(&calls[n - 1].path).is_dir());
    let folders: Vec<usize> = folders.collect();
    assert!(folders.len() > 10);
    for from in folders.into_iter().step_by(9) {
        let other = Place::new();
        let fault = Fault {
            calls: "sync",
            from,
            until: from,
            error: EINVAL,
        };
        let (said, _) = faulty(&other, &after(), "out", &fault);
        said.exits(0);
        report::assert_same_bytes(&place.path("out"), &other.path("out"));
    }
}

/// A file system of a few hundred kilobytes, for as long as a shell lives. Needs the right to
/// mount one; prints that it does not have it otherwise.
#[test]
fn a_disk_that_is_really_full_is_said_and_room_is_all_it_takes() {
    let ways: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];
    let try_out = "d=$(mktemp -d) && mount -t tmpfs -o size=64k none $d && umount $d && rmdir $d";
    let unshare = |way: &[&str], script: &str| {
        let mut command = std::process::Command::new("unshare");
        command.args(way).args(["sh", "-c", script]);
        command
    };
    let is_allowed = |way: &&&[&str]| {
        unshare(way, try_out)
            .output()
            .is_ok_and(|o| o.status.success())
    };
    let Some(way) = ways.iter().find(is_allowed) else {
        println!("skipped: no file system may be mounted here");
        return;
    };
    let undisturbed = short_centre();
    undisturbed
        .run("run rec --calls calls.csv --out out --jobs 1")
        .exits(0);
    let mut codes = BTreeMap::new();
    for kilobytes in [4, 24, 48, 64, 96, 128, 192, 256] {
        let place = short_centre();
        fs::create_dir(place.path("out")).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={kilobytes}k none out && {{
                 \"$0\" \"$@\" > first.txt 2>&1; echo $? > first.code
                 mount -o remount,size=16m out
                 \"$0\" \"$@\" && cp -r out kept; }}"
        );
        let mut command = place.command("run rec --calls calls.csv --out out --jobs 1");
        let inner: Vec<_> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(ToOwned::to_owned)
            .collect();
        let environment: Vec<_> = command
            .get_envs()
            .filter_map(|(k, v)| Some((k.to_owned(), v?.to_owned())))
            .collect();
        command = unshare(way, &script);
        command
            .args(inner)
            .envs(environment)
            .current_dir(place.path(""));
        let second = finish(command).exits(0);
        let code = fs::read_to_string(place.path("first.code")).unwrap();
        let said = fs::read_to_string(place.path("first.txt")).unwrap();
        *codes.entry(code.trim().to_string()).or_insert(0) += 1;
        if code.trim() != "0" {
            assert_eq!(code, "75\n", "{kilobytes}: {said}");
            assert!(said.contains("No space left on device"), "{said}");
            assert!(
                said.contains("\nhint: make room on the disk and run again"),
                "{said}"
            );
        }
        assert!(second.stdout.contains(" 0 failed"), "{second:#?}");
        report::assert_same_bytes(&undisturbed.path("out"), &place.path("kept"));
    }
    println!("{codes:?}");
    assert!(codes["75"] >= 5);
}
