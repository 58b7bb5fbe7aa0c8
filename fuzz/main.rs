//! Runs one of the targets of `tests/it/hostile/targets.rs`, named by the variable `TARGET`.
#![no_main]

#[path = "../tests/it/hostile/targets.rs"]
mod targets;

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use targets::{TARGETS, Target};

static TARGET: LazyLock<(&Target, PathBuf)> = LazyLock::new(|| {
    let name = std::env::var("TARGET").unwrap_or_default();
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        // For scripts: name, bytes of the longest input, seeds.
        for Target {
            name,
            longest,
            seeds,
            ..
        } in &TARGETS
        {
            println!("{name} {longest} {}", seeds.join(" "));
        }
        std::process::exit(0);
    };
    // The fuzzer's own hook ends the process at each panic, also where one is caught.
    let _ = std::panic::take_hook();
    let shared = PathBuf::from("/dev/shm");
    let shared = Some(shared).filter(|folder| folder.is_dir());
    let folder = shared.unwrap_or_else(std::env::temp_dir);
    let folder = folder.join(format!("callibrate-fuzz-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder to work in can be made");
    (target, folder)
});

fuzz_target!(|bytes: &[u8]| {
    let (target, folder) = &*TARGET;
    (target.run)(bytes, folder);
});
