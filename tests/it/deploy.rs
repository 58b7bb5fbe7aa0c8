//! The units in `deploy/systemd/`: systemd takes them, and they start a command that exists.
#![cfg(target_os = "linux")]

use std::process::Command;

use crate::support::{Place, finish, repository};

/// Versions before this one cannot judge files, or lack options that the units use.
const SINCE: u32 = 252;

fn unit(name: &str) -> String {
    std::fs::read_to_string(repository().join("deploy/systemd").join(name)).unwrap()
}

fn line<'a>(unit: &'a str, key: &str) -> &'a str {
    unit.lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
        .unwrap_or_else(|| panic!("no {key}"))
}

/// systemd's version, where there is one that can judge the units.
fn systemd() -> Option<u32> {
    let output = Command::new("systemd-analyze").arg("--version").output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let version = text.split_whitespace().nth(1)?.parse().ok()?;
    (version >= SINCE).then_some(version)
}

#[test]
fn systemd_takes_the_units_and_finds_them_shut_off() {
    if systemd().is_none() {
        eprintln!("not checked: there is no systemd-analyze of version {SINCE} or later here");
        return;
    }
    let place = Place::new();
    let service = unit("callibrate.service");
    let program = line(&service, "ExecStart").split(' ').next().unwrap();
    // It looks whether the program is there.
    let service = service.replace(program, env!("CARGO_BIN_EXE_callibrate"));
    let service = place.write("callibrate.service", service);
    let timer = place.write("callibrate.timer", unit("callibrate.timer"));

    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]).arg(&service).arg(timer);
    let said = finish(verify).exits(0);
    // Of what it does not understand it says so and goes on.
    assert!(!said.stderr.contains("callibrate."), "{said:#?}");

    // The threshold is in tenths: the exposure is 1.0 of 10 or less.
    let mut security = Command::new("systemd-analyze");
    security
        .args(["security", "--offline=yes", "--no-pager", "--threshold=10"])
        .arg(&service);
    finish(security).exits(0);
}

#[test]
fn the_service_starts_a_command_that_exists() {
    let service = unit("callibrate.service");
    let (_, arguments) = line(&service, "ExecStart").split_once(' ').unwrap();
    Place::new().run(&format!("{arguments} --help")).exits(0);
    let codes: Vec<&str> = line(&service, "SuccessExitStatus").split(' ').collect();
    assert!(codes.contains(&"1") && !codes.contains(&"75"), "{codes:?}");
}
