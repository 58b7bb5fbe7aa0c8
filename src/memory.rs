//! Memory holds what was said before it is redacted, so it must not become a file when the program
//! crashes.
//!
//! Left out on purpose: memory that the system moves to its swap, which only the system can
//! encrypt or switch off, and what root can read of a process.

/// From here on neither the kernel nor a crash reporter writes this process's memory to disk. A
/// system that refuses is no reason not to work.
pub fn keep_off_disks() {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, setrlimit};
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    }
    // Crash reporters that the kernel pipes memory to are not bound by the limit.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use nix::sys::prctl::get_dumpable;
    use nix::sys::resource::{Resource, getrlimit};

    use super::*;

    #[test]
    fn there_is_no_core_dump() {
        keep_off_disks();
        assert_eq!(getrlimit(Resource::RLIMIT_CORE), Ok((0, 0)));
        assert_eq!(get_dumpable(), Ok(false));
    }
}
