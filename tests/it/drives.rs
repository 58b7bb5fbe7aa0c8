//! Output folders on network drives, folders that go away, clocks that jump, and logs that are
//! full.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use crate::support::calls::short_centre;
use crate::support::faults::{ENOLCK, EOPNOTSUPP, Errno, Fault, with_library};
use crate::support::report;
use crate::support::stops::{IDS, RUN, centre, undisturbed};
use crate::support::{Place, Said, finish, repository};

/// A night without speech.
fn score() -> String {
    let samples = repository().join("samples");
    format!(
        "score {0}/reference/voicemail.json --calls {0}/calls.csv --out out --jobs 1",
        samples.display()
    )
}

#[test]
fn a_drive_whose_locks_cannot_be_trusted_is_named() {
    let place = Place::new();
    let mounts = place.write(
        "mounts",
        "27 1 254:0 / / rw,relatime - nfs4 filer:/export rw,vers=4.2\n",
    );
    let mut command = place.command(&score());
    with_library(&mut command).env("FAULTS_MOUNTS", mounts);
    assert_eq!(
        finish(command).exits(0).stderr,
        "warning: out is on a network drive (nfs4), where a run on one machine may not see that \
         another machine is at work: let one machine at a time work there, or name a folder of \
         this machine with --out\n"
    );
    let locks_fail_with = |error: Errno| -> Said {
        let fault = Fault {
            calls: "lock",
            from: 1,
            until: 0,
            error,
        };
        let mut command = place.command(&score());
        fault.load(&mut command, &place.path("out"), &place.path("log"));
        finish(command)
    };
    for error in [ENOLCK, EOPNOTSUPP] {
        let said = locks_fail_with(error).exits(0);
        let warning = "warning: out is on a drive without file locks, ";
        assert!(said.stderr.starts_with(warning), "{said:#?}");
    }
    assert_eq!(place.run(&score()).exits(0).stderr, "");
}

/// As when its drive is unmounted: nothing may be written where it was.
#[test]
fn an_output_folder_that_goes_away_ends_the_run() {
    let place = centre(&IDS);
    let mut running = place.start("run rec --calls calls.csv --out out --jobs 1");
    running.wait_for_call(1);
    fs::rename(place.path("out"), place.path("elsewhere")).unwrap();
    let said = running.finish().exits(75);
    let message = "callibrate failed to go on in out: it was removed, or another folder took its \
                   place, since the run began\n\nhint: see that its drive is mounted, and run \
                   again\n";
    assert!(said.stderr.ends_with(message), "{said:#?}");
    assert!(!place.path("out").exists());

    fs::rename(place.path("elsewhere"), place.path("out")).unwrap();
    let said = place.run(RUN).exits(0);
    assert!(!said.stdout.contains(", 0 reused,"), "{said:#?}");
    report::assert_same_bytes(&undisturbed(), &place.path("out"));
}

/// By years, back and forth, at every reading of it.
#[test]
fn a_clock_that_jumps_changes_no_table_about_calls() {
    const YEAR: i64 = 366 * 86_400;
    let undisturbed = short_centre();
    let run = "run rec --calls calls.csv --out out --jobs 2";
    undisturbed.run(run).exits(0);
    // Failures are kept under the date of their run, as runs are.
    let tables = |out: &Path| {
        let mut tables = report::published(out);
        tables.retain(|name, _| !name.starts_with("failures/"));
        assert!(tables.len() > 20);
        tables
    };
    for (n, jump) in [YEAR, -YEAR, 10 * YEAR, -60 * YEAR].into_iter().enumerate() {
        for command in [run, "score --out out"] {
            let place = short_centre();
            if command != run {
                place.run(run).exits(0);
            }
            let mut command = place.command(command);
            with_library(&mut command)
                .env("FAULTS_CLOCK", jump.to_string())
                .env("FAULTS_CLOCK_AT", (n % 3 + 1).to_string());
            finish(command).exits(0);
            let out = place.path("out");
            assert!(tables(&out) == tables(&undisturbed.path("out")));
            for row in report::rows(&out, "runs") {
                assert!(row.int("wall_ms") >= 0);
            }
            place.run("status --out out").exits(0);
            place.run(run).exits(0);
            assert!(tables(&out) == tables(&undisturbed.path("out")));
        }
    }
}

#[test]
fn a_log_that_is_full_does_not_end_a_night_and_a_result_that_is_lost_is_said() {
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let place = short_centre();
    let run = "run rec --calls calls.csv --out out --jobs 2";
    let mut command = place.command(run);
    assert!(command.stderr(full()).output().unwrap().status.success());
    let tables = report::published(&place.path("out"));
    assert!(!tables.is_empty());
    // Closed, both.
    let mut shell = std::process::Command::new("sh");
    let command = place.command(run);
    shell
        .args(["-c", "exec \"$0\" \"$@\" >&- 2>&-"])
        .arg(command.get_program())
        .args(command.get_args())
        .envs(command.get_envs().filter_map(|(k, v)| Some((k, v?))))
        .current_dir(place.path(""));
    finish(shell).exits(0);

    let message = "callibrate failed to write to the standard output: No space left on device \
                   (os error 28)\n\nhint: make room where it goes to, and ask again\n";
    for command in ["status --out out --json", run, "doctor"] {
        let output = place.command(command).stdout(full()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(75), "{said}");
        assert!(said.ends_with(message), "{said}");
    }
    // Trying again would find the place taken.
    let mut command = place.command("export csv tables --out out");
    let output = command.stdout(full()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("it is done, but could not be told"), "{said}");
    assert!(report::published(&place.path("out")) == tables);
}
