//! `callibrate.toml` and flags, resolved to settings before any work starts.
//!
//! Paths in the file are relative to the file; flags win over it. Everything that can be checked
//! without touching sound is checked here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::batch::threads;
use crate::recording::when;
use crate::speech::models::ModelSource;

/// The file that is read from the current folder where no other is named.
pub const FILE_NAME: &str = "callibrate.toml";

/// The seed where none is given.
const DEFAULT_SEED: u64 = 1;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("read the configuration {path}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("understand the configuration {path}: {message}")]
    Parse { path: PathBuf, message: String },
    #[error("use the time zone: {0}")]
    Zone(String),
    #[error("go on without an output folder")]
    NoOut,
    #[error("use {jobs} jobs")]
    Jobs { jobs: usize },
}

impl ConfigError {
    pub fn hint(&self) -> &'static str {
        match self {
            ConfigError::Read { .. } => "`callibrate init` writes one to start from",
            ConfigError::Parse { .. } => {
                "`callibrate init` writes a file with every setting explained"
            }
            ConfigError::Zone(_) => "name an IANA time zone such as Europe/Berlin",
            ConfigError::NoOut => "name it with --out DIR, or as `out` in callibrate.toml",
            ConfigError::Jobs { .. } => "give a number from 1 to 1024",
        }
    }
}

/// The file as written. All of it is optional.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    out: Option<PathBuf>,
    #[serde(default)]
    recordings: Vec<PathBuf>,
    calls: Option<PathBuf>,
    contacts: Option<PathBuf>,
    #[serde(default)]
    rubrics: Vec<String>,
    model: Option<PathBuf>,
    jobs: Option<usize>,
    timezone: Option<String>,
    language: Option<String>,
    customer_key: Option<PathBuf>,
    #[serde(default)]
    agent_feeling: bool,
    file_names: Option<FileNames>,
    #[serde(default)]
    ratings: Vec<PathBuf>,
    outcomes: Option<PathBuf>,
    coaching: Option<PathBuf>,
    accuracy: Option<PathBuf>,
    seed: Option<u64>,
}

/// How file names tell who and when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileNames {
    pub pattern: String,
    pub started_at_format: Option<String>,
    #[serde(default)]
    pub defaults: BTreeMap<String, String>,
}

/// What the flags say; they win over the file.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub out: Option<PathBuf>,
    pub recordings: Vec<PathBuf>,
    pub calls: Option<PathBuf>,
    pub contacts: Option<PathBuf>,
    pub rubrics: Vec<String>,
    pub model: Option<PathBuf>,
    pub jobs: Option<usize>,
    pub ratings: Vec<PathBuf>,
    pub outcomes: Option<PathBuf>,
    pub coaching: Option<PathBuf>,
    pub accuracy: Option<PathBuf>,
    pub seed: Option<u64>,
}

/// What calibration reads beside the scored calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalibrationFiles {
    /// Ratings of people; nothing is calibrated without.
    pub ratings: Vec<PathBuf>,
    /// What happened after calls.
    pub outcomes: Option<PathBuf>,
    /// Who was coached on what and when.
    pub coaching: Option<PathBuf>,
    /// Sensitivity and specificity that were measured elsewhere.
    pub accuracy: Option<PathBuf>,
    /// Of everything that is drawn by chance.
    pub seed: u64,
}

/// The settings in effect.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file they come from, where there is one.
    pub config: Option<PathBuf>,
    pub out: PathBuf,
    pub recordings: Vec<PathBuf>,
    /// The recordings were picked by hand: rows of other calls are left aside.
    pub picked: bool,
    pub calls: Option<PathBuf>,
    /// Letters, chats and attempted calls.
    pub contacts: Option<PathBuf>,
    /// Files, or names of built-in rubrics; never empty.
    pub rubrics: Vec<String>,
    pub model: ModelSource,
    pub jobs: usize,
    pub zone: Option<TimeZone>,
    pub zone_name: Option<String>,
    pub language: Option<String>,
    pub customer_key: PathBuf,
    /// The word-based feeling of agents is measured, too; that of customers always is.
    pub agent_feeling: bool,
    pub file_names: Option<FileNames>,
    pub calibration: CalibrationFiles,
}

impl Settings {
    /// Reads the file, lays the flags over it and checks the result.
    pub fn resolve(flags: Flags) -> Result<Self, ConfigError> {
        let (config, written) = read(flags.config.as_deref())?;
        let base = config
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""))
            .to_path_buf();
        let from_file = |path: PathBuf| base.join(path);
        let jobs = flags.jobs.or(written.jobs).unwrap_or_else(threads::cores);
        if !(1..=1024).contains(&jobs) {
            return Err(ConfigError::Jobs { jobs });
        }
        let zone = written
            .timezone
            .as_deref()
            .map(when::zone_by_name)
            .transpose()
            .map_err(|e| ConfigError::Zone(e.to_string()))?;
        let picked = !flags.recordings.is_empty();
        Ok(Self {
            out: flags
                .out
                .or_else(|| written.out.map(&from_file))
                .ok_or(ConfigError::NoOut)?,
            recordings: if picked {
                flags.recordings
            } else {
                written.recordings.into_iter().map(&from_file).collect()
            },
            picked,
            calls: flags.calls.or_else(|| written.calls.map(&from_file)),
            contacts: flags.contacts.or_else(|| written.contacts.map(&from_file)),
            rubrics: rubrics(flags.rubrics, written.rubrics, &base),
            model: flags
                .model
                .or_else(|| written.model.map(&from_file))
                .map_or(ModelSource::Embedded, ModelSource::File),
            jobs,
            zone,
            zone_name: written.timezone,
            language: written.language,
            agent_feeling: written.agent_feeling,
            customer_key: written.customer_key.map_or_else(default_key, &from_file),
            file_names: written.file_names,
            calibration: CalibrationFiles {
                ratings: if flags.ratings.is_empty() {
                    written.ratings.into_iter().map(&from_file).collect()
                } else {
                    flags.ratings
                },
                outcomes: flags.outcomes.or_else(|| written.outcomes.map(&from_file)),
                coaching: flags.coaching.or_else(|| written.coaching.map(&from_file)),
                accuracy: flags.accuracy.or_else(|| written.accuracy.map(&from_file)),
                seed: flags.seed.or(written.seed).unwrap_or(DEFAULT_SEED),
            },
            config,
        })
    }
}

fn read(named: Option<&Path>) -> Result<(Option<PathBuf>, Written), ConfigError> {
    let path = match named {
        Some(path) => path.to_path_buf(),
        None if Path::new(FILE_NAME).is_file() => PathBuf::from(FILE_NAME),
        None => return Ok((None, Written::default())),
    };
    let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::Read {
        path: path.clone(),
        source,
    })?;
    let written = toml::from_str(&text).map_err(|e| ConfigError::Parse {
        path: path.clone(),
        message: e.to_string().trim_end().to_string(),
    })?;
    Ok((Some(path), written))
}

/// Names of built-in rubrics stay names; paths of the file are relative to it.
fn rubrics(flags: Vec<String>, written: Vec<String>, base: &Path) -> Vec<String> {
    if !flags.is_empty() {
        return flags;
    }
    if written.is_empty() {
        return vec![crate::rubric::BUILT_IN[0].0.to_string()];
    }
    written
        .into_iter()
        .map(|name| {
            let path = base.join(&name);
            if path.exists() {
                path.to_string_lossy().into_owned()
            } else {
                name
            }
        })
        .collect()
}

/// `callibrate/customer.key` in the user's configuration folder.
fn default_key() -> PathBuf {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .filter(|v| !v.is_empty())
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".config")))
        .unwrap_or_else(|| PathBuf::from("."));
    folder.join("callibrate").join("customer.key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_and_flags_win() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("c.toml");
        std::fs::write(
            &config,
            "out = 'report'\nrecordings = ['calls']\njobs = 3\ntimezone = 'Europe/Berlin'\n",
        )
        .unwrap();
        let flags = Flags {
            config: Some(config.clone()),
            jobs: Some(1),
            ..Flags::default()
        };
        let settings = Settings::resolve(flags).unwrap();
        assert_eq!(settings.out, folder.path().join("report"));
        assert_eq!(settings.recordings, [folder.path().join("calls")]);
        assert_eq!(settings.jobs, 1);
        assert_eq!(settings.rubrics, ["service-essentials"]);
        assert_eq!(settings.model, ModelSource::Embedded);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("c.toml");
        let resolve = |text: &str| {
            std::fs::write(&config, text).unwrap();
            let flags = Flags {
                config: Some(config.clone()),
                ..Flags::default()
            };
            Settings::resolve(flags).unwrap_err().to_string()
        };
        let unknown = resolve("out = 'x'\nrecording = 'calls'\n");
        assert!(
            unknown.contains("line 2") && unknown.contains("recording"),
            "{unknown}"
        );
        assert!(resolve("out = 'x'\ntimezone = 'Mars/Olympus'\n").contains("Mars/Olympus"));
        assert!(resolve("jobs = 2\n").contains("output folder"));
        assert!(resolve("out = 'x'\njobs = 0\n").contains("0 jobs"));
    }
}
