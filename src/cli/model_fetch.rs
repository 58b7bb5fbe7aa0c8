//! `callibrate model fetch`: the only command that uses the network.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{BinaryBytes, ProgressBar, ProgressStyle};

use super::complain;
use super::exit::{Exit, disk_exit};
use super::tell;
use crate::batch::store;
use crate::batch::worker::with_causes;
use crate::log::{Event, visible_path};
use crate::rubric::diagnostics::did_you_mean;
use crate::speech::catalogue::{MODELS, PublicModel};
use crate::speech::fetch::{self, FetchError, Fetched, Patience, Wanted};

#[derive(Debug, Args)]
pub(super) struct FetchArgs {
    /// Name of a public model, as `callibrate model list` shows it
    name: String,
    /// Folder to put it into; it is made
    #[arg(long, value_name = "DIR", default_value = "models")]
    to: PathBuf,
    /// Address of a mirror below which the file lies, instead of the place of publication
    #[arg(long, value_name = "URL")]
    from: Option<String>,
}

pub(super) fn fetch(args: &FetchArgs) -> Exit {
    let Some(model) = PublicModel::named(&args.name) else {
        let near = did_you_mean(&args.name, MODELS.iter().map(|model| model.name));
        complain(
            &format!("find a public model called `{}`{near}", args.name),
            Some("`callibrate model list` shows them all"),
        );
        return Exit::Usage;
    };
    let file = model.file_name();
    let base = args.from.as_deref().unwrap_or(model.published_at());
    if !args.to.join(&file).exists() {
        Event::info("fetching").say(&format!("fetching {file}, {}", model.size));
    }
    let mut progress = Progress::default();
    let fetched = fetch::fetch(
        &Wanted::from((model, file.as_str())),
        base,
        &args.to,
        Patience::default(),
        &mut |bytes, total| progress.show(bytes, total),
    );
    progress.finish();
    match fetched {
        Ok(Fetched::AlreadyThere(path)) => {
            tell(format_args!(
                "{}: there already, whole and as published; nothing was done",
                visible_path(&path)
            ));
            Exit::Well
        }
        Ok(Fetched::Installed(path)) => {
            tell(format_args!(
                "{}: good; its SHA-1 is that of {}",
                visible_path(&path),
                model.source
            ));
            tell(format_args!(
                "use it with `--model {0}`, or as `model = \"{0}\"` in callibrate.toml",
                visible_path(&path)
            ));
            Exit::Well
        }
        Err(e) => failed(&e, model, &args.to),
    }
}

fn failed(error: &FetchError, model: &PublicModel, folder: &Path) -> Exit {
    let (hint, exit) = match error {
        FetchError::Network { .. } => (
            Some(format!(
                "run the same command again: it goes on from what came. Or get it {}",
                by_hand(model, folder)
            )),
            Exit::TryAgain,
        ),
        FetchError::Refused { .. } | FetchError::Size { .. } => (
            Some(format!("get it {}", by_hand(model, folder))),
            Exit::Usage,
        ),
        FetchError::Checksum { .. } => (
            Some(
                "try once more; if the same comes again, that server has another file under \
                 this name"
                    .to_string(),
            ),
            Exit::Usage,
        ),
        FetchError::Address { .. } => (
            Some("name an address such as https://files.example.com/models".to_string()),
            Exit::Usage,
        ),
        FetchError::Broken { source, .. } => (Some(source.hint().to_string()), Exit::Usage),
        FetchError::Taken { .. } => (
            Some("move that file away, or name another folder with --to".to_string()),
            Exit::Usage,
        ),
        FetchError::IsFolder { .. } => (
            Some("move that folder away, or name another with --to".to_string()),
            Exit::Usage,
        ),
        FetchError::NoFolder { .. } => (
            Some("make the folder yourself, or name another with --to".to_string()),
            Exit::Usage,
        ),
        FetchError::Busy { .. } => (
            Some("wait until it has finished".to_string()),
            Exit::TryAgain,
        ),
        FetchError::Io { source, .. } => (
            match disk_exit(source) {
                Exit::TryAgain => store::hint_for(source).map(str::to_string),
                _ => Some("name a folder with --to that you may write to".to_string()),
            },
            disk_exit(source),
        ),
    };
    complain(&with_causes(error), hint.as_deref());
    exit
}

/// How to get a model here from a machine that has a network.
fn by_hand(model: &PublicModel, folder: &Path) -> String {
    let file = model.file_name();
    let path = folder.join(&file);
    format!(
        "by hand:\n\
         open this on a machine that reaches it:\n  \
         {}\n\
         bring the file here as {}, and check it:\n  \
         sha1sum {1}    # {}\n  \
         callibrate model check {1}",
        fetch::address(model.published_at(), &file),
        visible_path(&path),
        model.sha1,
    )
}

/// A bar on a terminal, a line for every tenth elsewhere.
#[derive(Default)]
struct Progress {
    bar: Option<ProgressBar>,
    begun: bool,
    /// Tenths that were told.
    tenths: u64,
}

impl Progress {
    fn show(&mut self, bytes: u64, total: Option<u64>) {
        if !self.begun {
            self.begin(bytes, total);
        }
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
            return;
        }
        let Some(total) = total.filter(|total| *total > 0) else {
            return;
        };
        let tenths = bytes * 10 / total;
        if tenths > self.tenths {
            self.tenths = tenths;
            Event::info("fetching").say(&format!("{tenths}0 % of {}", BinaryBytes(total)));
        }
    }

    fn begin(&mut self, bytes: u64, total: Option<u64>) {
        self.begun = true;
        if bytes > 0 {
            Event::info("fetching").say(&format!("going on from {}", BinaryBytes(bytes)));
        }
        if let Some(total) = total.filter(|total| *total > 0) {
            self.tenths = bytes * 10 / total;
        }
        if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(total.unwrap_or(0));
            let style = ProgressStyle::with_template(
                "{bar:30} {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, \
                 about {eta} left",
            )
            .unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style);
            bar.set_position(bytes);
            bar.reset_eta();
            self.bar = Some(bar);
        }
    }

    fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
