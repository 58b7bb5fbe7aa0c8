//! `callibrate.toml` and flags, resolved to settings before any work starts.
//!
//! Paths in the file are relative to the file; flags win over it. Everything that can be checked
//! without touching sound is checked here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::batch::threads;
use crate::limits::{self, SETTINGS_BYTES};
use crate::log::{self, visible_path};
use crate::modes::Readers;
use crate::recording::key::KeyFor;
use crate::recording::{fields, when};
use crate::redaction::policy::{Action, Actions, NotAllowed};
use crate::report::html::sound::prefix;
use crate::speech::AUTO;
use crate::speech::models::ModelSource;
use crate::transcript::RedactedKind;

/// The file that is read from the current folder where no other is named.
pub const FILE_NAME: &str = "callibrate.toml";

/// The seed where none is given.
const DEFAULT_SEED: u64 = 1;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("read the configuration {path}", path = visible_path(path))]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("understand the configuration {path}: {message}", path = visible_path(path))]
    Parse { path: PathBuf, message: String },
    #[error("use the time zone{place}: {message}")]
    Zone { place: Place, message: String },
    #[error("go on without an output folder")]
    NoOut,
    #[error("use {jobs} jobs{place}")]
    Jobs { place: Place, jobs: usize },
    #[error("keep calls for {days} days{place}")]
    Retention { place: Place, days: i64 },
    #[error("show figures of groups of {persons} persons or more{place}")]
    MinimumGroup { place: Place, persons: i64 },
    #[error("keep names{place}: agents have pseudonyms, and say their own names")]
    NamesKept { place: Place },
    #[error("let others read the tables{place}: {message}")]
    Readers { place: Place, message: String },
    #[error("use the language{place}: {message}")]
    Language { place: Place, message: String },
    #[error("look for recordings at {value:?}{place}: {message}")]
    Recordings {
        place: Place,
        value: String,
        message: &'static str,
    },
    #[error("use {value:?} for {kind}{place}{reason}", kind = kind.as_str(), reason = why.reason())]
    Redaction {
        place: Place,
        kind: RedactedKind,
        value: String,
        why: NotAllowed,
    },
}

/// Where a setting stands: in brackets its key and file, or nothing where a flag gave it.
#[derive(Debug)]
pub struct Place(String);

impl Place {
    fn of(key: &str, file: Option<&Path>) -> Self {
        Self(file.map_or_else(String::new, |file| {
            format!(" (`{key}` in {})", visible_path(file))
        }))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl ConfigError {
    pub fn hint(&self) -> &'static str {
        match self {
            ConfigError::Read { source, .. } if limits::hint(source).is_some() => {
                "check that it is the right file"
            }
            ConfigError::Read { .. } => "`callibrate init` writes one to start from",
            ConfigError::Parse { .. } => {
                "`callibrate init` writes a file with every setting explained"
            }
            ConfigError::Zone { .. } => "name an IANA time zone such as Europe/Berlin",
            ConfigError::NoOut => "name it with --out DIR, or as `out` in callibrate.toml",
            ConfigError::Jobs { .. } => "give a number from 1 to 1024",
            ConfigError::Retention { .. } => {
                "give `retention_days` a number from 1 to 36500, or leave it out to keep everything"
            }
            ConfigError::MinimumGroup { .. } => {
                "give `minimum_group` a number from 2 to 1000, or leave it out to show all figures"
            }
            ConfigError::NamesKept { .. } => {
                "leave `name` out of `[redaction]`, or set it to \"mask\" or \"hash\"; or set \
                 `pseudonyms = false`"
            }
            ConfigError::Readers { .. } => {
                "name a group that the user of the run is a member of, or its number; or leave \
                 `readers` out, so that this user alone can read the tables"
            }
            ConfigError::Language { .. } => {
                "give a code such as en or de, or `auto` to have the language detected"
            }
            ConfigError::Recordings { .. } => {
                "name the folder of the recordings, or of their muted copies, as the pages reach \
                 it: a path, or a URL that begins with https:// or http://"
            }
            ConfigError::Redaction { kind, why, .. } => why.hint(*kind),
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
    agents: Option<PathBuf>,
    #[serde(default)]
    rubrics: Vec<String>,
    model: Option<PathBuf>,
    jobs: Option<usize>,
    timezone: Option<String>,
    language: Option<String>,
    customer_key: Option<PathBuf>,
    #[serde(default)]
    redaction: BTreeMap<RedactionSetting, String>,
    retention_days: Option<i64>,
    #[serde(default)]
    agent_feeling: bool,
    file_names: Option<FileNames>,
    #[serde(default)]
    people: WrittenPeople,
    #[serde(default)]
    ratings: Vec<PathBuf>,
    outcomes: Option<PathBuf>,
    coaching: Option<PathBuf>,
    accuracy: Option<PathBuf>,
    seed: Option<u64>,
    log: Option<log::Form>,
    metrics: Option<PathBuf>,
    redact_audio: Option<PathBuf>,
    #[serde(default)]
    pages: Pages,
    #[serde(default)]
    follow_links: bool,
}

/// A key of `[redaction]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum RedactionSetting {
    Key,
    Kind(RedactedKind),
}

impl<'d> Deserialize<'d> for RedactionSetting {
    fn deserialize<D: serde::Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        let written = String::deserialize(from)?;
        if written == "key" {
            return Ok(Self::Key);
        }
        let kind = RedactedKind::ALL.into_iter();
        let kind = kind
            .clone()
            .find(|kind| kind.as_str() == written)
            .ok_or_else(|| {
                let known: Vec<&str> = kind.map(RedactedKind::as_str).collect();
                serde::de::Error::custom(format!(
                    "unknown field `{written}`, expected `key` or a kind: {}",
                    known.join(", ")
                ))
            })?;
        Ok(Self::Kind(kind))
    }
}

/// What redaction does with what it finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactionSettings {
    pub actions: Actions,
    /// File with the key of hashes; needed only where something is hashed.
    pub key: PathBuf,
}

impl RedactionSettings {
    fn of(
        written: BTreeMap<RedactionSetting, String>,
        config: Option<&Path>,
        base: &Path,
    ) -> Result<Self, ConfigError> {
        let mut redaction = Self {
            actions: Actions::default(),
            key: default_key(KeyFor::Redaction),
        };
        for (setting, value) in written {
            match setting {
                RedactionSetting::Key => redaction.key = base.join(value),
                RedactionSetting::Kind(kind) => {
                    redaction.actions.set(kind, &value).map_err(|why| {
                        let key = format!("redaction.{}", kind.as_str());
                        ConfigError::Redaction {
                            place: Place::of(&key, config),
                            kind,
                            value,
                            why,
                        }
                    })?;
                }
            }
        }
        Ok(redaction)
    }
}

/// The section `[people]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPeople {
    #[serde(default)]
    pseudonyms: bool,
    key: Option<PathBuf>,
    minimum_group: Option<i64>,
    readers: Option<WrittenGroup>,
}

/// A group of users, by its name or its number.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected the name or the number of a group")]
enum WrittenGroup {
    Number(u32),
    Name(String),
}

impl WrittenGroup {
    fn text(&self) -> String {
        match self {
            WrittenGroup::Number(number) => number.to_string(),
            WrittenGroup::Name(name) => name.clone(),
        }
    }
}

/// What may be known of the people at work, and who may know it.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// The key that makes pseudonyms of agents' ids; `None` where agents stand as they are.
    pub key: Option<PathBuf>,
    /// Figures about persons are shown where so many stand behind them; 1 shows all.
    pub minimum_group: usize,
    /// Who may read the tables.
    pub readers: Readers,
}

impl People {
    fn of(
        written: WrittenPeople,
        config: Option<&Path>,
        from_file: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Self, ConfigError> {
        if let Some(persons) = written.minimum_group
            && !(2..=1000).contains(&persons)
        {
            let place = Place::of("minimum_group", config);
            return Err(ConfigError::MinimumGroup { place, persons });
        }
        let persons = written.minimum_group.unwrap_or(1);
        let readers = match &written.readers {
            None => Readers::Nobody,
            Some(group) => {
                Readers::named(&group.text()).map_err(|message| ConfigError::Readers {
                    place: Place::of("readers", config),
                    message,
                })?
            }
        };
        let key = || {
            let key = written.key.map(from_file);
            key.unwrap_or_else(|| default_key(KeyFor::Agents))
        };
        Ok(Self {
            key: written.pseudonyms.then(key),
            minimum_group: persons as usize,
            readers,
        })
    }
}

/// The section `[pages]`: what the pages of a report may show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// What stands before a recording's name to reach it from a page: an address, made of the path
    /// or URL that is written.
    pub recordings: Option<String>,
    /// Short excerpts of the recordings are put into the pages.
    #[serde(default)]
    pub excerpts: bool,
    /// Agents whose calls may be shown to colleagues.
    #[serde(default)]
    pub consent: Vec<String>,
}

impl Pages {
    fn checked(mut self, config: Option<&Path>) -> Result<Self, ConfigError> {
        if let Some(written) = &mut self.recordings {
            *written = prefix(written).map_err(|message| ConfigError::Recordings {
                place: Place::of("pages.recordings", config),
                value: log::visible(written),
                message,
            })?;
        }
        Ok(self)
    }
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
    pub agents: Option<PathBuf>,
    pub rubrics: Vec<String>,
    pub model: Option<PathBuf>,
    pub language: Option<String>,
    pub jobs: Option<usize>,
    pub ratings: Vec<PathBuf>,
    pub outcomes: Option<PathBuf>,
    pub coaching: Option<PathBuf>,
    pub accuracy: Option<PathBuf>,
    pub seed: Option<u64>,
    pub metrics: Option<PathBuf>,
    pub redact_audio: Option<PathBuf>,
    pub follow_links: bool,
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
    /// Links below the recordings are followed wherever they lead.
    pub follow_links: bool,
    /// The recordings were picked by hand: rows of other calls are left aside.
    pub picked: bool,
    pub calls: Option<PathBuf>,
    /// Letters, chats and attempted calls.
    pub contacts: Option<PathBuf>,
    /// Who works in which team under whom, day by day.
    pub agents: Option<PathBuf>,
    /// Files, or names of built-in rubrics; never empty.
    pub rubrics: Vec<String>,
    pub model: ModelSource,
    pub jobs: usize,
    pub zone: Option<TimeZone>,
    pub zone_name: Option<String>,
    /// ISO 639-1, or [`AUTO`].
    pub language: Option<String>,
    pub customer_key: PathBuf,
    pub redaction: RedactionSettings,
    /// Calls are forgotten this many days after their date.
    pub retention_days: Option<i64>,
    /// The word-based feeling of agents is measured, too; that of customers always is.
    pub agent_feeling: bool,
    pub file_names: Option<FileNames>,
    pub people: People,
    pub calibration: CalibrationFiles,
    /// Figures of the last run in Prometheus' text format.
    pub metrics: Option<PathBuf>,
    /// Where muted copies of the recordings go.
    pub redact_audio: Option<PathBuf>,
    /// What pages may show.
    pub pages: Pages,
}

impl Settings {
    /// Reads the file, lays the flags over it and checks the result. What the file says of the
    /// log holds from then on.
    pub fn resolve(flags: Flags) -> Result<Self, ConfigError> {
        let (config, written) = read(flags.config.as_deref())?;
        // First, so that what is wrong with the rest is said as it asks.
        if let Some(form) = written.log {
            log::settle(form);
        }
        let base = config
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""))
            .to_path_buf();
        let from_file = |path: PathBuf| base.join(path);
        let jobs = flags.jobs.or(written.jobs).unwrap_or_else(threads::cores);
        if !(1..=1024).contains(&jobs) {
            let file = config.as_deref().filter(|_| flags.jobs.is_none());
            let place = Place::of("jobs", file);
            return Err(ConfigError::Jobs { place, jobs });
        }
        if let Some(days) = written.retention_days
            && !(1..=36_500).contains(&days)
        {
            let place = Place::of("retention_days", config.as_deref());
            return Err(ConfigError::Retention { place, days });
        }
        let zone = written
            .timezone
            .as_deref()
            .map(when::zone_by_name)
            .transpose()
            .map_err(|e| ConfigError::Zone {
                place: Place::of("timezone", config.as_deref()),
                message: e.to_string(),
            })?;
        let file = config.as_deref().filter(|_| flags.language.is_none());
        let language_place = Place::of("language", file);
        let language = flags
            .language
            .or(written.language)
            .map(|code| match code.as_str() {
                AUTO => Ok(code),
                code => fields::language(code),
            })
            .transpose()
            .map_err(|message| ConfigError::Language {
                place: language_place,
                message,
            })?;
        let redaction = RedactionSettings::of(written.redaction, config.as_deref(), &base)?;
        let people = People::of(written.people, config.as_deref(), from_file)?;
        if people.key.is_some() && redaction.actions.of(RedactedKind::Name) == Action::Keep {
            let place = Place::of("redaction.name", config.as_deref());
            return Err(ConfigError::NamesKept { place });
        }
        let pages = written.pages.checked(config.as_deref())?;
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
            follow_links: flags.follow_links || written.follow_links,
            picked,
            calls: flags.calls.or_else(|| written.calls.map(&from_file)),
            contacts: flags.contacts.or_else(|| written.contacts.map(&from_file)),
            agents: flags.agents.or_else(|| written.agents.map(&from_file)),
            rubrics: rubrics(flags.rubrics, written.rubrics, &base),
            model: flags
                .model
                .or_else(|| written.model.map(&from_file))
                .map_or(ModelSource::Embedded, ModelSource::File),
            jobs,
            zone,
            zone_name: written.timezone,
            language,
            agent_feeling: written.agent_feeling,
            retention_days: written.retention_days,
            customer_key: written
                .customer_key
                .map_or_else(|| default_key(KeyFor::Customers), &from_file),
            redaction,
            file_names: written.file_names,
            people,
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
            metrics: flags.metrics.or_else(|| written.metrics.map(&from_file)),
            redact_audio: flags
                .redact_audio
                .or_else(|| written.redact_audio.map(&from_file)),
            pages,
            config,
        })
    }
}

fn read(named: Option<&Path>) -> Result<(Option<PathBuf>, Written), ConfigError> {
    let path = match named {
        Some(path) => path.to_path_buf(),
        None if Path::new(FILE_NAME).exists() => PathBuf::from(FILE_NAME),
        None => return Ok((None, Written::default())),
    };
    let text = limits::read_text(&path, SETTINGS_BYTES).map_err(|source| ConfigError::Read {
        path: path.clone(),
        source,
    })?;
    let written = toml::from_str(&text).map_err(|e| ConfigError::Parse {
        path: path.clone(),
        message: narrow(&e.to_string()),
    })?;
    Ok((Some(path), written))
}

/// A message that shows a line of the file, however long that is.
fn narrow(message: &str) -> String {
    const WIDEST: usize = 400;
    let lines = message.trim_end().lines();
    let cut = lines.map(|line| match line.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_string(),
    });
    cut.collect::<Vec<_>>().join("\n")
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

/// In `callibrate` in the user's configuration folder.
fn default_key(what: KeyFor) -> PathBuf {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .filter(|v| !v.is_empty())
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".config")))
        .unwrap_or_else(|| PathBuf::from("."));
    folder.join("callibrate").join(what.file_name())
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
            "out = 'report'\nrecordings = ['calls']\njobs = 3\nlanguage = 'auto'\ntimezone = 'Europe/Berlin'\n",
        )
        .unwrap();
        let flags = Flags {
            config: Some(config.clone()),
            jobs: Some(1),
            language: Some("de-AT".to_string()),
            ..Flags::default()
        };
        let settings = Settings::resolve(flags).unwrap();
        assert_eq!(settings.language.as_deref(), Some("de"));
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
        assert!(resolve("out = 'x'\njobs = 0\n").contains("0 jobs (`jobs` in "));
        assert!(resolve("out = 'x'\nretention_days = 0\n").contains("0 days"));
        assert!(resolve("out = 'x'\nretention_days = 36501\n").contains("36501 days"));
        assert!(resolve("out = 'x'\nlanguage = 'German'\n").contains("German"));
        let card = resolve("out = 'x'\n[redaction]\ncard_number = 'sha256'\n");
        assert!(card.contains("3.5.1.1") && card.contains("`redaction.card_number` in "));
        let code = resolve("out = 'x'\n[redaction]\nsecurity_code = 'hash'\n");
        assert!(code.contains("3.3.1"), "{code}");
        let people = |line: &str| resolve(&format!("out = 'x'\n[people]\n{line}\n"));
        assert!(people("minimum_group = 0").contains("groups of 0 persons"));
        assert!(people("readers = 'nobody at all'").contains("no group \"nobody at all\""));
        assert!(people("pseudonym = true").contains("unknown field"));
    }
}
