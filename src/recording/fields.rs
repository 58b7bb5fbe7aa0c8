//! The fields of a call as text, and how they become a [`CallMeta`]: one set of names and rules
//! for sidecar columns and for groups of a file-name pattern.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use regex::Regex;

use super::agents::{self, Agents};
use super::key::CustomerKey;
use super::when;
use super::{CallMeta, CustomerName, Direction, StartedAt};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    CallId,
    File,
    Agent,
    Team,
    Queue,
    Customer,
    StartedAt,
    AgentChannel,
    InteractionId,
    Leg,
    Direction,
    FirstCommunication,
    CustomerName,
    Language,
    Reason,
    Timezone,
    TalkS,
    HoldS,
    AcwS,
    DisclosureByIvr,
}

const NAMES: [(Field, &str); 20] = [
    (Field::CallId, "call_id"),
    (Field::File, "file"),
    (Field::Agent, "agent"),
    (Field::Team, "team"),
    (Field::Queue, "queue"),
    (Field::Customer, "customer"),
    (Field::StartedAt, "started_at"),
    (Field::AgentChannel, "agent_channel"),
    (Field::InteractionId, "interaction_id"),
    (Field::Leg, "leg"),
    (Field::Direction, "direction"),
    (Field::FirstCommunication, "first_communication"),
    (Field::CustomerName, "customer_name"),
    (Field::Language, "language"),
    (Field::Reason, "reason"),
    (Field::Timezone, "timezone"),
    (Field::TalkS, "talk_s"),
    (Field::HoldS, "hold_s"),
    (Field::AcwS, "acw_s"),
    (Field::DisclosureByIvr, "disclosure_by_ivr"),
];

/// Every call needs a value in each of these.
const NEEDED: [Field; 4] = [Field::CallId, Field::File, Field::Agent, Field::StartedAt];

impl Field {
    pub(super) fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(field, _)| *field == self)
            .map(|(_, name)| *name)
            .expect("every field has a name")
    }

    /// The field with this name, in any case.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
            .map(|(field, _)| *field)
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(field, _)| *field)
    }
}

/// What the text of a call does not say itself.
pub(super) struct Setting<'a> {
    pub zone: Option<&'a TimeZone>,
    pub key: &'a CustomerKey,
    /// Makes pseudonyms of agents; without it they stand as they are.
    pub agents: Option<&'a Agents>,
    /// `strptime` format of `started_at`; ISO where there is none.
    pub started_at_format: Option<&'a str>,
}

/// A value that cannot be read; the message repeats it and says what is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadValue {
    pub field: Field,
    pub message: String,
}

/// One call as text. Empty cells are left out.
#[derive(Default)]
pub(super) struct Draft {
    cells: BTreeMap<Field, String>,
    pub(super) extra: BTreeMap<String, String>,
}

/// A draft whose values could all be read.
#[derive(Debug)]
pub(super) struct Reading {
    /// The names of needed fields without a value, where there are any.
    pub call: Result<CallMeta, Vec<&'static str>>,
    /// To look for in the call's words: the customer's, and where agents have pseudonyms, what
    /// looks like a name in the agent's id.
    pub names: Vec<CustomerName>,
}

impl Draft {
    /// As it stands: a file's name may begin with a blank.
    pub(super) fn set_file(&mut self, name: &str) {
        if !name.is_empty() {
            self.cells.insert(Field::File, name.to_owned());
        }
    }

    /// Trimmed; an empty value counts as none.
    pub(super) fn set(&mut self, field: Field, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.cells.insert(field, text.to_owned());
        }
    }

    pub(super) fn get(&self, field: Field) -> Option<&str> {
        self.cells.get(&field).map(String::as_str)
    }

    fn owned(&self, field: Field) -> Option<String> {
        self.cells.get(&field).cloned()
    }

    /// Reads every value, hashes the customer, and gives the agent a pseudonym where there are
    /// any.
    ///
    /// # Errors
    /// All values that cannot be read.
    pub(super) fn read(mut self, setting: &Setting<'_>) -> Result<Reading, Vec<BadValue>> {
        let mut bad = self.rounded_ids();
        let started_at = self.started_at(&mut bad, setting);
        let agent_channel = self.check(&mut bad, Field::AgentChannel, channel);
        let direction = self.check(&mut bad, Field::Direction, direction);
        let first_communication = self.check(&mut bad, Field::FirstCommunication, yes_or_no);
        let language = self.check(&mut bad, Field::Language, language);
        let talk_s = self.check(&mut bad, Field::TalkS, seconds);
        let hold_s = self.check(&mut bad, Field::HoldS, seconds);
        let acw_s = self.check(&mut bad, Field::AcwS, seconds);
        let disclosure_by_ivr = self.check(&mut bad, Field::DisclosureByIvr, yes_or_no);
        if !bad.is_empty() {
            return Err(bad);
        }

        let customer_name = self.cells.remove(&Field::CustomerName);
        let mut names = Vec::from_iter(customer_name.map(CustomerName::new));
        if let Some(agents) = setting.agents {
            names.extend(self.get(Field::Agent).and_then(agents::name_in));
            self.replace_agent(agents);
        }
        let missing = self.missing();
        let needed = [Field::CallId, Field::File, Field::Agent].map(|field| self.owned(field));
        let ([Some(call_id), Some(file), Some(agent)], Some(started_at)) = (needed, started_at)
        else {
            return Ok(Reading {
                call: Err(missing),
                names,
            });
        };
        let customer = self.get(Field::Customer);
        let meta = CallMeta {
            call_id,
            file,
            agent,
            team: self.owned(Field::Team),
            queue: self.owned(Field::Queue),
            customer: customer.map(|id| setting.key.customer_hash(id)),
            started_at,
            agent_channel,
            interaction_id: self.owned(Field::InteractionId),
            leg: self.owned(Field::Leg),
            direction,
            first_communication,
            language,
            reason: self.owned(Field::Reason),
            talk_s,
            hold_s,
            acw_s,
            disclosure_by_ivr,
            extra: self.extra,
        };
        Ok(Reading {
            call: Ok(meta),
            names,
        })
    }

    /// The agent's id becomes the pseudonym, wherever it is.
    pub(super) fn replace_agent(&mut self, agents: &Agents) {
        let Some(agent) = self.cells.remove(&Field::Agent) else {
            return;
        };
        for (field, text) in &mut self.cells {
            // The others tell nothing of a person.
            if matches!(
                field,
                Field::CallId | Field::File | Field::InteractionId | Field::Leg
            ) {
                *text = agents.without(&agent, text);
            }
        }
        for text in self.extra.values_mut() {
            *text = agents.without(&agent, text);
        }
        self.cells.insert(Field::Agent, agents.pseudonym(&agent));
    }

    /// Names of the fields that every call needs and this one lacks.
    fn missing(&self) -> Vec<&'static str> {
        NEEDED
            .into_iter()
            .filter(|field| self.get(*field).is_none())
            .map(Field::name)
            .collect()
    }

    /// Reads one value, if there is one; notes it where it cannot be read.
    fn check<T>(
        &self,
        bad: &mut Vec<BadValue>,
        field: Field,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match read(self.get(field)?) {
            Ok(value) => Some(value),
            Err(message) => {
                bad.push(BadValue { field, message });
                None
            }
        }
    }

    /// The start in the call's own time zone, if it names one. A zone that does not exist is
    /// the only complaint then: the time would be read wrongly.
    fn started_at(&self, bad: &mut Vec<BadValue>, setting: &Setting<'_>) -> Option<StartedAt> {
        let own_zone = self.check(bad, Field::Timezone, |name| {
            when::zone_by_name(name).map_err(|error| error.to_string())
        });
        if own_zone.is_none() && self.get(Field::Timezone).is_some() {
            return None;
        }
        let zone = own_zone.as_ref().or(setting.zone);
        self.check(bad, Field::StartedAt, |text| {
            let parsed = match setting.started_at_format {
                Some(format) => when::parse_with_format(text, format, zone),
                None => when::parse_started_at(text, zone),
            };
            parsed.map_err(|error| error.to_string())
        })
    }

    /// Values with a line break in them: in a table, a quotation mark is missing then, and rows
    /// have run together.
    pub(super) fn several_lines(&self) -> impl Iterator<Item = BadValue> {
        self.cells
            .iter()
            .filter(|(_, text)| text.contains(['\n', '\r']))
            .map(|(field, _)| BadValue {
                field: *field,
                message: SEVERAL_LINES.into(),
            })
    }

    /// Ids that a spreadsheet has rounded, `1.23457E+12`: several calls or customers would
    /// become one. The customer's is not repeated.
    fn rounded_ids(&self) -> Vec<BadValue> {
        [Field::CallId, Field::InteractionId, Field::Customer]
            .into_iter()
            .filter(|field| self.get(*field).is_some_and(is_rounded))
            .map(|field| BadValue {
                field,
                message: ROUNDED.into(),
            })
            .collect()
    }
}

/// What is wrong with a value that has a line break in it.
pub(super) const SEVERAL_LINES: &str = "runs over several lines; is a quotation mark missing?";

/// What is wrong with an id that [`is_rounded`].
pub(crate) const ROUNDED: &str = "is a number that a spreadsheet has rounded (like 1.23457E+12); format the column as text and export again";

/// Whether a spreadsheet has made a number of an id, and rounded it.
pub(crate) fn is_rounded(id: &str) -> bool {
    static ROUNDED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\d([.,]\d+)?[eE]\+\d+$").expect("the pattern is fixed"));
    ROUNDED.is_match(id)
}

fn channel(text: &str) -> Result<usize, String> {
    if text.eq_ignore_ascii_case("left") {
        return Ok(0);
    }
    if text.eq_ignore_ascii_case("right") {
        return Ok(1);
    }
    text.parse()
        .map_err(|_| format!("\"{text}\" is not left, right, or a channel number counted from 0"))
}

pub(super) fn direction(text: &str) -> Result<Direction, String> {
    [Direction::Inbound, Direction::Outbound, Direction::Internal]
        .into_iter()
        .find(|direction| text.eq_ignore_ascii_case(direction.as_str()))
        .ok_or_else(|| format!("\"{text}\" is not inbound, outbound or internal"))
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(format!("\"{text}\" is not true, yes, 1, false, no or 0")),
    }
}

fn seconds(text: &str) -> Result<i64, String> {
    text.parse::<u32>()
        .map(i64::from)
        .map_err(|_| format!("\"{text}\" is not a whole number of seconds, 0 or more"))
}

/// `en`, `EN` and `en-US` are all `en`.
pub(crate) fn language(text: &str) -> Result<String, String> {
    let code = text.split(['-', '_']).next().unwrap_or_default();
    let plausible = matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_alphabetic());
    if plausible {
        return Ok(code.to_ascii_lowercase());
    }
    Err(format!(
        "\"{text}\" is not a language code such as en or de"
    ))
}
