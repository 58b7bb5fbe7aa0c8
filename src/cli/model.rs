//! `callibrate model list`, `callibrate model check` and `callibrate model convert`.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;

use super::complain;
use super::exit::{Exit, disk_exit};
use super::tell;
use crate::batch::worker::with_causes;
use crate::log::{self, visible, visible_path};
use crate::speech::catalogue::{self, MODELS, PublicModel, Source};
use crate::speech::convert::{self, ConvertError, Converted, Count, Kernels, Kind, Order};
use crate::speech::model_file::ModelFacts;
use crate::speech::models::{self, ModelSource};

#[derive(Debug, Args)]
pub(super) struct ConvertArgs {
    /// A whisper.cpp model file, best with weights of f16
    file: PathBuf,
    /// Kind of weights [default: the fastest on this machine]
    #[arg(long = "to", value_name = "KIND", value_parser = Kind::NAMES)]
    kind: Option<String>,
    /// Write the copy also where it is not faster on this machine
    #[arg(long)]
    anyway: bool,
    /// Name of the copy, ending in .bin; nothing is overwritten
    out: PathBuf,
}

pub(super) fn list(folders: Vec<PathBuf>) -> Exit {
    let folders = if folders.is_empty() {
        vec![PathBuf::from("models")]
    } else {
        folders
    };
    match models::list(&folders) {
        Ok(listed) => {
            for model in listed {
                let place = match &model.source {
                    ModelSource::Embedded => "in callibrate itself".to_string(),
                    ModelSource::File(path) => visible_path(path),
                };
                let facts = match &model.facts {
                    Ok(facts) => describe(facts),
                    Err(e) => format!("cannot be used: {e}"),
                };
                tell(format_args!(
                    "{}\n  {place}\n  {facts}",
                    visible(&model.name)
                ));
            }
            tell(public());
            Exit::Well
        }
        Err(e) => {
            complain(&with_causes(&e), Some(e.hint()));
            Exit::Usage
        }
    }
}

pub(super) fn check(file: &Path) -> Exit {
    match ModelSource::File(file.to_path_buf()).load() {
        Ok(model) => {
            tell(format_args!("{}: good", visible_path(file)));
            tell(format_args!("  {}", describe(&model.facts)));
            tell(format_args!("  BLAKE3 {}", model.key));
            if let Ok((sha1, _)) = File::open(file).and_then(catalogue::sha1_of) {
                tell(format_args!("  SHA-1  {sha1}"));
                tell(format_args!("  {}", provenance(&model.name, &sha1)));
            }
            Exit::Well
        }
        Err(e) => {
            complain(&with_causes(&e), Some(e.hint()));
            Exit::Usage
        }
    }
}

pub(super) fn convert(args: &ConvertArgs) -> Exit {
    let order = Order {
        from: args.file.clone(),
        to: args.out.clone(),
        kind: args.kind.as_deref().and_then(Kind::of_name),
        anyway: args.anyway,
    };
    match convert::convert(&order, Kernels::here()) {
        Ok(converted) => {
            tell(report(&order, &converted));
            if let Some(reason) = &converted.not_faster {
                log::warning(format!("the copy is not faster on this machine: {reason}"));
            }
            Exit::Well
        }
        Err(e) => {
            complain(&with_causes(&e), e.hint());
            match &e {
                ConvertError::Read { source, .. } | ConvertError::Write { source, .. } => {
                    disk_exit(source)
                }
                _ => Exit::Usage,
            }
        }
    }
}

/// What was changed, and what was not and why.
fn report(order: &Order, done: &Converted) -> String {
    let (from, kind) = (done.from, done.to.name());
    let mut text = format!(
        "{} to {}\n",
        visible_path(&order.from),
        visible_path(&order.to)
    );
    let changed = |count: &Count, what: &str, now: &str| {
        let [before, after] = count.bytes.map(megabytes);
        let tensors = count.tensors;
        format!("{tensors:>5} {what} from {from} to {now}, {before} MB to {after} MB\n")
    };
    let kept = |count: &Count, what: &str, now: &str| {
        let (tensors, bytes) = (count.tensors, megabytes(count.bytes[1]));
        format!("{tensors:>5} {what} stay {now}, {bytes} MB: whisper.cpp takes no other\n")
    };
    text += &changed(&done.matrices, "matrices", kind);
    text += &match done.convolutions.bytes {
        [before, after] if before == after => kept(&done.convolutions, "convolutions", "f16"),
        _ => changed(&done.convolutions, "convolutions", "f16"),
    };
    text += &kept(&done.plain, "biases, norms and positions", "f32");
    let [before, after] = done.file_bytes.map(megabytes);
    text += &format!("  the file has {after} MB instead of {before}\n");
    text += &format!(
        "  the values moved by {:.2} % (root mean square)\n",
        done.moved * 100.0
    );
    if !matches!(from, "f32" | "f16") {
        text += &format!(
            "  {from} had lost precision before: a copy of the f16 model is nearer to it\n"
        );
    }
    if done.not_faster.is_none() {
        text += &match done.to.kernel() {
            Some(kernel) => format!("  faster here: processor and build have {kernel}\n"),
            None => format!("  faster here than {from}\n"),
        };
    }
    if let Some(profile) = &done.profile {
        text += &format!("  the profile is copied to {}\n", visible_path(profile));
    }
    text + &format!(
        "  BLAKE3 {}\n\nIt is another model: compare its words on your own calls before you use it, \
         and calls are transcribed anew with it.",
        done.key
    )
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1_000_000.0)
}

/// Whether a file is a public model, by its checksum.
fn provenance(name: &str, sha1: &str) -> String {
    match (PublicModel::with_sha1(sha1), PublicModel::named(name)) {
        (Some(model), _) => format!("the public model {}, as published", model.name),
        (None, Some(model)) => format!(
            "called like the public model {}, but not as published (SHA-1 {})",
            model.name, model.sha1
        ),
        (None, None) => "none of the public models that callibrate knows".to_string(),
    }
}

/// The table of public models.
fn public() -> String {
    let mut text = String::from(
        "\nPublic models, to get with `callibrate model fetch NAME`: OpenAI's Whisper weights (MIT\n\
         licence), converted by the whisper.cpp project\n\n  \
         NAME             SIZE     LANGUAGES WORK  PUBLISHED SHA-1\n",
    );
    let mut said = "";
    for model in MODELS {
        let advice = model.advice();
        // Once for those of one size.
        if advice.text != said && !advice.text.is_empty() {
            text += &format!("  {}\n", advice.text);
        }
        said = advice.text;
        let languages = if model.english_only() {
            "English"
        } else {
            "many"
        };
        let source = match model.source {
            Source::Readme => "a",
            Source::Card => "b",
        };
        text += &format!(
            "    {:<17}{:<8} {languages:<9} {:>3.1}  {} {source}\n",
            model.name, model.size, advice.work, model.sha1
        );
    }
    text + "\n\
         SHA-1 as published (a) in models/README.md of whisper.cpp, (b) on the model card of its\n\
         downloads; `model fetch` and `model check` hold files against it. WORK is the computing time\n\
         without a graphics card, against small's; worked out from the models' dimensions, not\n\
         measured. For English, the .en models hear better, above all tiny.en and base.en. q8_0, q5_1\n\
         and q5_0 are the same models with rounder weights: less disk and memory, about the same\n\
         time, a little less accurate. models/README.md tells more."
}

fn describe(facts: &ModelFacts) -> String {
    let languages = if facts.multilingual {
        "many languages"
    } else {
        "English only"
    };
    let times = if facts.timestamps {
        "word times"
    } else {
        "no word times (rules with windows in time abstain)"
    };
    format!(
        "{} size, {languages}, weights {}, {times}",
        facts.size, facts.ftype
    )
}
