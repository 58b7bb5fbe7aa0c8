//! Signals and children, by `/proc` and `kill`: what a test does to a process from outside.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How often things are looked at.
const LOOK: Duration = Duration::from_millis(3);

/// Sends a signal, by its name without `SIG`.
pub fn signal(name: &str, id: u32) {
    send(name, &id.to_string());
}

/// Sends a signal to a process group at once.
pub fn signal_group(name: &str, id: u32) {
    send(name, &format!("-{id}"));
}

fn send(name: &str, to: &str) {
    // The shell's own `kill`: there is always one.
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -s {name} -- {to} 2>/dev/null")])
        .status()
        .unwrap();
    // A process that has just ended by itself cannot be signalled, and that is no matter.
    let _ = sent;
}

/// The children of a process.
pub fn children(id: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{id}/task")) else {
        return Vec::new();
    };
    threads
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok())
        .flat_map(|text| {
            text.split_whitespace()
                .map(|id| id.parse().unwrap())
                .collect::<Vec<u32>>()
        })
        .collect()
}

/// Processes that work in a folder, however they came to be; zombies do not work.
pub fn working_in(folder: &Path) -> Vec<u32> {
    let folder = folder.canonicalize().unwrap();
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id| fs::read_link(format!("/proc/{id}/cwd")).is_ok_and(|cwd| cwd == folder))
        .collect()
}

/// Whether a process is there and no zombie.
pub fn is_alive(id: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else {
        return false;
    };
    // The state stands after the name, which is in brackets and may hold anything.
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    !state.starts_with(['Z', 'X'])
}

/// Whether the worker has said that it is ready: that is the first thing it ever writes.
pub fn has_written(id: u32) -> bool {
    fs::read_to_string(format!("/proc/{id}/io")).is_ok_and(|text| {
        text.lines()
            .find_map(|line| line.strip_prefix("wchar: "))
            .is_some_and(|count| count != "0")
    })
}

/// Waits until something holds, and panics when it takes too long.
#[track_caller]
pub fn wait_until(what: &str, longest: Duration, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < longest, "still not so: {what}");
        std::thread::sleep(LOOK);
    }
}

/// A short while between two looks.
pub fn pause() {
    std::thread::sleep(LOOK);
}
