//! `callibrate model list` and `callibrate model check`.

use std::path::{Path, PathBuf};

use super::complain;
use super::exit::Exit;
use super::tell;
use crate::batch::worker::with_causes;
use crate::speech::model_file::ModelFacts;
use crate::speech::models::{self, ModelSource};

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
                    ModelSource::File(path) => path.display().to_string(),
                };
                let facts = match &model.facts {
                    Ok(facts) => describe(facts),
                    Err(e) => format!("cannot be used: {e}"),
                };
                tell(format_args!("{}\n  {place}\n  {facts}", model.name));
            }
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
            tell(format_args!("{}: good", file.display()));
            tell(format_args!("  {}", describe(&model.facts)));
            tell(format_args!("  BLAKE3 {}", model.key));
            Exit::Well
        }
        Err(e) => {
            complain(&with_causes(&e), Some(e.hint()));
            Exit::Usage
        }
    }
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
