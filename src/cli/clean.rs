//! `callibrate clean`.

use std::path::PathBuf;

use clap::Args;

use super::exit::{self, Exit};
use super::status::{counted, size};
use super::{Place, run, tell};
use crate::batch::clean::{self, Clean, Kind, Litter};
use crate::config::Flags;
use crate::log::{self, visible};

#[derive(Debug, Args)]
pub(super) struct CleanArgs {
    /// Folders, files or globs of recordings whose transcripts are to stay
    recordings: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Table of calls (CSV)
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    /// Speech model that is in use
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Remove it
    #[arg(long)]
    yes: bool,
}

pub(super) fn clean(args: CleanArgs) -> Exit {
    let flags = Flags {
        calls: args.calls,
        model: args.model,
        recordings: args.recordings,
        ..args.place.flags()
    };
    let settings = match run::settings(flags) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let rubrics = match run::read_rubrics(&settings.rubrics) {
        Ok(rubrics) => rubrics,
        Err(exit) => return exit,
    };
    let what = if args.yes {
        Clean::Remove
    } else {
        Clean::LookOnly
    };
    match clean::clean(&settings, &rubrics, what) {
        Ok(litter) => {
            for warning in &litter.warnings {
                log::warning(warning);
            }
            let out = visible(&settings.out.display().to_string());
            tell(text(&litter, what, &out));
            Exit::Well
        }
        Err(error) => exit::report(&error),
    }
}

fn text(litter: &Litter, what: Clean, out: &str) -> String {
    let mut text = match (litter.is_empty(), what) {
        (true, _) => format!("There is nothing in {out} that no present settings need.\n"),
        (false, Clean::LookOnly) => format!("No present settings need this in {out}:\n"),
        (false, Clean::Remove) => format!("Removed from {out}:\n"),
    };
    for (kind, files) in &litter.found {
        let count = counted(files.count as usize, noun(*kind));
        let bytes = match kind {
            Kind::EmptyFolders => String::new(),
            _ => format!(", {}", size(files.bytes)),
        };
        text += &format!("  {count}{bytes}{}\n", explained(*kind));
    }
    if litter.kept.count > 0 {
        text += &format!(
            "Kept: {} that no call uses ({}). They are of the present model, and without the \
             recordings it cannot be told whether the next run would use them: name the \
             recordings as for `run` to tell.\n",
            counted(litter.kept.count as usize, "transcript"),
            size(litter.kept.bytes)
        );
    }
    if !litter.is_empty() && what == Clean::LookOnly {
        text += "Nothing was removed; --yes removes it.\n";
    }
    text
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Transcripts => "transcript",
        Kind::Forms => "form",
        Kind::Facts => "facts file",
        Kind::Ratings => "ratings file",
        Kind::Copies => "file",
        Kind::HalfWritten => "half-written file",
        Kind::EmptyFolders => "empty folder",
    }
}

fn explained(kind: Kind) -> &'static str {
    match kind {
        Kind::Transcripts => ": no call uses them, and no recording would with this model",
        Kind::Forms => ": no published date was scored with them",
        Kind::Facts => ": of another version, damaged, or of dates without calls",
        Kind::Ratings => ": of dates without calls",
        Kind::Copies => ": muted copies of calls that are gone, and what was known of them",
        Kind::HalfWritten => ": a run was stopped while it wrote them",
        Kind::EmptyFolders => "",
    }
}
