//! Texts that are kept in `tests/golden/` and compared to the byte. `UPDATE=1` writes them anew;
//! look at the difference before you keep it.

use std::fs;
use std::path::PathBuf;

/// Whether the kept texts are to be written anew.
pub fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

pub fn path(name: &str) -> PathBuf {
    super::repository().join("tests/golden").join(name)
}

/// Asserts that `found` is what is kept under this name.
#[track_caller]
pub fn assert_golden(name: &str, found: &str) {
    assert_same_text(&path(name), found);
}

/// Asserts that a file of the repository holds this text.
#[track_caller]
pub fn assert_same_text(path: &std::path::Path, found: &str) {
    if updating() {
        fs::write(path, found).unwrap();
        return;
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    if kept == found {
        return;
    }
    let differs = kept
        .lines()
        .zip(found.lines())
        .position(|(a, b)| a != b)
        .unwrap_or_else(|| kept.lines().count().min(found.lines().count()));
    panic!(
        "{} differs from line {} on (UPDATE=1 writes it anew)\n\
         kept:  {:?}\nfound: {:?}\n--- all that was found\n{found}",
        path.display(),
        differs + 1,
        kept.lines().nth(differs),
        found.lines().nth(differs),
    );
}
