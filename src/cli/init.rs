//! `callibrate init`: files to start from.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use super::complain;
use super::exit::Exit;
use super::tell;
use crate::log::visible_path;
use crate::rubric;

const CONFIG: &str = include_str!("init/callibrate.toml");
const CALLS: &str = include_str!("init/calls.csv");

pub(super) fn init(folder: &Path) -> Exit {
    let files = [
        ("callibrate.toml", CONFIG),
        ("rubric.yaml", rubric::BUILT_IN[0].1),
        ("calls.csv", CALLS),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        match write_new(&path, text) {
            Ok(()) => tell(format_args!("wrote {}", visible_path(&path))),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                tell(format_args!(
                    "kept  {} (it is there already)",
                    visible_path(&path)
                ));
            }
            Err(e) => {
                complain(
                    &format!("write {}: {e}", visible_path(&path)),
                    Some("name a folder that you may write to"),
                );
                return Exit::Usage;
            }
        }
    }
    tell(format_args!(
        "\nNext: put your calls into calls.csv, then `callibrate run --dry-run` shows what would be done."
    ));
    Exit::Well
}

/// Never overwrites what a person may have edited.
pub(super) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?
        .write_all(text.as_bytes())
}
