//! Who and when from the name of a file, for centres whose recorder writes no table.
//!
//! A pattern that does not fit is a failure of that recording. The present time or the file's
//! own date never stand in for what the name does not say.

use std::collections::BTreeMap;

use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use regex::Regex;
use thiserror::Error;

use super::agents::Agents;
use super::fields::{Draft, Field, Setting};
use super::find::FoundFile;
use super::key::CustomerKey;
use super::plan::Planned;
use super::{FailureReason, RecordingFailure};
use crate::log::brief;

/// The format of a `started_at` group unless the config gives another.
pub const STARTED_AT_FORMAT: &str = "%Y-%m-%dT%H-%M-%S";

/// Why a file-name pattern is refused.
#[derive(Debug, Error)]
pub enum PatternError {
    #[error(
        "read the file-name pattern \"{}\": {}",
        brief(pattern),
        last_line(error)
    )]
    Regex {
        pattern: String,
        error: Box<regex::Error>,
    },
    #[error(
        "read the file-name pattern: \"{}\" is no field of a call; known are {}",
        brief(name),
        known_names()
    )]
    UnknownField { name: String },
    #[error(
        "read the file-name pattern \"{}\": nothing gives {field}, which every call needs",
        brief(pattern)
    )]
    MissingField {
        pattern: String,
        field: &'static str,
    },
    #[error("read the file-name pattern: {field} is given both by the pattern and as a default")]
    GivenTwice { field: &'static str },
    #[error(
        "read the file-name pattern: {field} differs from call to call and cannot have a default"
    )]
    NoDefault { field: &'static str },
    #[error("read the file-name pattern: the default of {field}: {message}")]
    BadDefault {
        field: &'static str,
        message: String,
    },
    #[error(
        "read the file-name pattern: started_at_format \"{}\": {message}",
        brief(format)
    )]
    BadFormat { format: String, message: String },
}

impl PatternError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            PatternError::Regex { .. } | PatternError::MissingField { .. } => Some(
                "for example: (?P<agent>[^_]+)_(?P<started_at>\\d{8}-\\d{6}) with started_at_format = \"%Y%m%d-%H%M%S\"",
            ),
            PatternError::BadFormat { .. } => Some(
                "the format takes strptime's letters and needs day and time: %Y%m%d-%H%M%S, or %s",
            ),
            _ => None,
        }
    }
}

/// What is wrong; above it the pattern stands once more, however long.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_string()
}

fn known_names() -> String {
    let names: Vec<_> = groups().map(Field::name).collect();
    names.join(", ")
}

/// Every field but the file itself.
fn groups() -> impl Iterator<Item = Field> {
    Field::all().filter(|field| *field != Field::File)
}

/// A regular expression with groups named after the fields of a call.
///
/// It is searched for in the file's name, extension included; one that holds a `/` is searched
/// for in the path below the searched folder. Anchor it with `^` and `$` where that matters.
/// Without a `call_id` group, the name without its extension is the call id.
#[derive(Debug, Clone)]
pub struct FilePattern {
    regex: Regex,
    fields: Vec<Field>,
    started_at_format: String,
    defaults: BTreeMap<Field, String>,
}

impl FilePattern {
    /// `started_at_format` is read by `strptime` and defaults to [`STARTED_AT_FORMAT`];
    /// `defaults` are values for fields without a group (`agent_channel = "left"`).
    ///
    /// # Errors
    /// [`PatternError`]: whatever would fail every recording is refused here.
    pub fn new(
        pattern: &str,
        started_at_format: Option<&str>,
        defaults: &BTreeMap<String, String>,
    ) -> Result<Self, PatternError> {
        let regex = Regex::new(pattern).map_err(|error| PatternError::Regex {
            pattern: pattern.to_owned(),
            error: Box::new(error),
        })?;
        let names = regex.capture_names().flatten();
        let fields = names.map(group).collect::<Result<Vec<_>, _>>()?;
        let started_at_format = started_at_format.unwrap_or(STARTED_AT_FORMAT).to_owned();
        check_format(&started_at_format)?;
        let pattern = Self {
            defaults: checked_defaults(defaults, &fields)?,
            regex,
            fields,
            started_at_format,
        };
        for field in [Field::Agent, Field::StartedAt] {
            if !pattern.fields.contains(&field) && !pattern.defaults.contains_key(&field) {
                return Err(PatternError::MissingField {
                    pattern: pattern.regex.to_string(),
                    field: field.name(),
                });
            }
        }
        Ok(pattern)
    }

    /// What a file's name says of its call.
    ///
    /// # Errors
    /// A failure that says what does not fit, which field is missing, or which value is bad.
    pub fn read(
        &self,
        file: &FoundFile,
        zone: Option<&TimeZone>,
        key: &CustomerKey,
        agents: Option<&Agents>,
    ) -> Result<Planned, RecordingFailure> {
        let draft = self.draft(file).ok_or_else(|| {
            self.failure(file, None, FailureReason::NameNotMatched, || {
                format!("the name does not fit the pattern \"{}\"", self.regex)
            })
        })?;
        let mut call_id = draft.get(Field::CallId).map(str::to_owned);
        if let (Some(agents), Some(agent)) = (agents, draft.get(Field::Agent)) {
            call_id = call_id.map(|id| agents.without(agent, &id));
        }
        let setting = Setting {
            zone,
            key,
            agents,
            started_at_format: Some(&self.started_at_format),
        };
        let reading = draft.read(&setting).map_err(|bad| {
            self.failure(file, call_id.clone(), FailureReason::BadField, || {
                let bad: Vec<_> = bad
                    .iter()
                    .map(|value| format!("{}: {}", value.field.name(), value.message))
                    .collect();
                bad.join("; ")
            })
        })?;
        let meta = reading.call.map_err(|missing| {
            self.failure(file, call_id, FailureReason::MissingField, || {
                format!("the name gives no {}", missing.join(" and no "))
            })
        })?;
        Ok(Planned {
            path: file.path.clone(),
            meta,
            names: reading.names,
        })
    }

    fn draft(&self, file: &FoundFile) -> Option<Draft> {
        let file_name = file.name.rsplit('/').next().unwrap_or(&file.name);
        let searched = if self.regex.as_str().contains('/') {
            &file.name
        } else {
            file_name
        };
        let captures = self.regex.captures(searched)?;
        let mut draft = Draft::default();
        draft.set_file(&file.name);
        for (field, value) in &self.defaults {
            draft.set(*field, value);
        }
        for field in &self.fields {
            if let Some(value) = captures.name(field.name()) {
                draft.set(*field, value.as_str());
            }
        }
        if !self.fields.contains(&Field::CallId) {
            let stem = file_name
                .rsplit_once('.')
                .map_or(file_name, |(stem, _)| stem);
            draft.set(Field::CallId, stem);
        }
        Some(draft)
    }

    fn failure(
        &self,
        file: &FoundFile,
        call_id: Option<String>,
        reason: FailureReason,
        message: impl FnOnce() -> String,
    ) -> RecordingFailure {
        RecordingFailure {
            file: file.name.clone(),
            call_id,
            reason,
            message: message(),
            hint: Some(
                "mend the pattern in callibrate.toml, or give the call a sidecar row".into(),
            ),
        }
    }
}

fn group(name: &str) -> Result<Field, PatternError> {
    groups()
        .find(|field| field.name() == name)
        .ok_or_else(|| PatternError::UnknownField {
            name: name.to_owned(),
        })
}

/// A format must be one that strptime knows, and give both day and time.
fn check_format(format: &str) -> Result<(), PatternError> {
    let bad = |message: String| PatternError::BadFormat {
        format: format.to_owned(),
        message,
    };
    let sample = jiff::civil::date(2026, 3, 9)
        .at(10, 15, 30, 0)
        .to_zoned(TimeZone::UTC)
        .map_err(|error| bad(error.to_string()))?;
    let written = BrokenDownTime::from(&sample)
        .to_string(format)
        .map_err(|error| bad(error.to_string()))?;
    super::when::parse_with_format(&written, format, Some(&TimeZone::UTC))
        .map(|_| ())
        .map_err(|error| bad(error.to_string()))
}

/// Defaults that can stand for every call, each tried once.
fn checked_defaults(
    defaults: &BTreeMap<String, String>,
    fields: &[Field],
) -> Result<BTreeMap<Field, String>, PatternError> {
    let mut checked = BTreeMap::new();
    for (name, value) in defaults {
        let field = group(name)?;
        if fields.contains(&field) {
            return Err(PatternError::GivenTwice {
                field: field.name(),
            });
        }
        if matches!(
            field,
            Field::CallId | Field::StartedAt | Field::InteractionId | Field::Customer
        ) {
            return Err(PatternError::NoDefault {
                field: field.name(),
            });
        }
        let mut draft = Draft::default();
        draft.set(field, value);
        let setting = Setting {
            zone: None,
            key: &CustomerKey::from_bytes([0; 32]),
            agents: None,
            started_at_format: None,
        };
        if let Err(bad) = draft.read(&setting) {
            return Err(PatternError::BadDefault {
                field: field.name(),
                message: bad.into_iter().map(|value| value.message).collect(),
            });
        }
        checked.insert(field, value.clone());
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::when::zone_by_name;

    fn file(name: &str) -> FoundFile {
        FoundFile {
            path: name.into(),
            canonical: name.into(),
            name: name.into(),
        }
    }

    fn read(pattern: &FilePattern, name: &str) -> Result<Planned, RecordingFailure> {
        let zone = zone_by_name("America/New_York").unwrap();
        pattern.read(
            &file(name),
            Some(&zone),
            &CustomerKey::from_bytes(*b"whats the Elvish word for friend"),
            None,
        )
    }

    fn no_defaults() -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    #[test]
    fn a_name_says_who_and_when() {
        let defaults = BTreeMap::from([("agent_channel".to_owned(), "right".to_owned())]);
        let pattern = FilePattern::new(
            r"_GUID_(?P<call_id>.*?)_AGENT_(?P<agent>.*?)_CUST_(?P<customer>.*?)_DT(?P<started_at>[\dT-]+)",
            None,
            &defaults,
        )
        .unwrap();
        let name = "2026/x_GUID_001_AGENT_AndrewK_CUST_4711_DT2026-03-08T02-30-00.wav";
        let call = read(&pattern, name).unwrap();
        assert_eq!(call.meta.call_id, "001");
        assert_eq!(call.meta.agent, "AndrewK");
        assert_eq!(call.meta.agent_channel, Some(1));
        assert_eq!(call.meta.file, name);
        assert!(call.meta.started_at.doubtful);
        assert_ne!(call.meta.customer.as_deref(), Some("4711"));
    }

    #[test]
    fn a_pattern_with_folders_sees_the_path_and_the_stem_is_the_call_id() {
        let pattern = FilePattern::new(
            r"^(?P<team>[^/]+)/(?P<agent>[^/]+)/(?P<started_at>\d{8}-\d{6})",
            Some("%Y%m%d-%H%M%S"),
            &no_defaults(),
        )
        .unwrap();
        let call = read(&pattern, "north/ann/20260309-101500-1773065700.12.wav").unwrap();
        assert_eq!(call.meta.team.as_deref(), Some("north"));
        assert_eq!(call.meta.call_id, "20260309-101500-1773065700.12");
        assert_eq!(call.meta.started_at.local, "2026-03-09T10:15:00");
        assert_eq!(call.meta.agent_channel, None);
    }

    #[test]
    fn a_name_that_does_not_fit_is_a_failure_that_says_which() {
        let pattern = FilePattern::new(
            r"^(?P<agent>[a-z]*)_(?P<started_at>.+)\.wav$",
            None,
            &no_defaults(),
        )
        .unwrap();
        let failure = |name| read(&pattern, name).unwrap_err();
        let unfit = failure("a.mp3");
        assert_eq!(unfit.reason, FailureReason::NameNotMatched);
        assert!(unfit.message.contains(r"\.wav$") && unfit.file == "a.mp3");
        let nobody = failure("_2026-03-09T10-15-00.wav");
        assert_eq!(nobody.reason, FailureReason::MissingField);
        assert_eq!(nobody.message, "the name gives no agent");
        let never = failure("ann_soon.wav");
        assert_eq!(never.reason, FailureReason::BadField);
        assert!(never.message.starts_with("started_at: \"soon\""));
        assert_eq!(never.call_id.as_deref(), Some("ann_soon"));
    }

    #[test]
    fn what_would_fail_every_call_is_refused_at_once() {
        let whole = r"(?P<agent>\w+)-(?P<started_at>.+)";
        let refused = |pattern: &str, format: Option<&str>, default: Option<(&str, &str)>| {
            let defaults = default
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into_iter()
                .collect();
            FilePattern::new(pattern, format, &defaults).unwrap_err()
        };
        let unknown = refused(r"(?P<agnet>\w+)", None, None).to_string();
        assert!(unknown.contains("\"agnet\"") && unknown.contains("call_id, agent, team"));
        assert!(matches!(
            refused(r"(?P<agent>\w+)", None, None),
            PatternError::MissingField {
                field: "started_at",
                ..
            }
        ));
        assert!(matches!(
            refused("(", None, None),
            PatternError::Regex { .. }
        ));
        for format in ["%Y%m%d", "%Q%Y", "%H%M"] {
            assert!(
                matches!(
                    refused(whole, Some(format), None),
                    PatternError::BadFormat { .. }
                ),
                "{format}"
            );
        }
        assert!(matches!(
            refused(whole, None, Some(("agent_channel", "middle"))),
            PatternError::BadDefault { .. }
        ));
        assert!(matches!(
            refused(whole, None, Some(("agent", "Ann"))),
            PatternError::GivenTwice { .. }
        ));
        assert!(matches!(
            refused(whole, None, Some(("customer", "4711"))),
            PatternError::NoDefault { .. }
        ));
    }
}
