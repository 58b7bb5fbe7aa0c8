//! The table of contacts: a CSV of what is not recorded, such as letters, chats and calls that
//! the dialler attempted.
//!
//! Read as the table of calls is, with the same delimiters, encodings, zones and customer key,
//! and all that is wrong is told at once. What was written or said in a contact is not asked for:
//! columns with other names are not kept.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::fields::{self, ROUNDED, SEVERAL_LINES};
use super::key::CustomerKey;
use super::table::{Problem, Reading, Record, Refused, Why, whole_line};
use super::{Direction, StartedAt, when};

/// How somebody was in contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactChannel {
    /// A call: one that is stored, or one of the table of contacts that was not recorded.
    Call,
    /// Email, letter, chat or message, from the table of contacts.
    Written,
    /// A call that the dialler attempted and nobody answered, from the table of contacts.
    Attempt,
}

impl ContactChannel {
    pub const ALL: [ContactChannel; 3] = [
        ContactChannel::Call,
        ContactChannel::Written,
        ContactChannel::Attempt,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            ContactChannel::Call => "call",
            ContactChannel::Written => "written",
            ContactChannel::Attempt => "attempt",
        }
    }
}

/// One contact of the table. Safe to write: the customer is a keyed hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// As [`super::CallMeta::customer`].
    pub customer: String,
    pub at: StartedAt,
    pub channel: ContactChannel,
    /// Who contacted whom; an attempt is the centre's unless stated.
    pub direction: Option<Direction>,
    /// Why, as the centre codes it; the same codes as those of the calls.
    pub reason: Option<String>,
    /// The contact's id in the system that it comes from, or the call id of a stored call.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
}

/// A table of contacts whose every value could be read.
#[derive(Debug, Clone)]
pub struct ContactTable {
    /// In the file's order.
    pub contacts: Vec<Contact>,
    /// Names of columns that are not kept, worth a word.
    pub unused: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Customer,
    At,
    Channel,
    Direction,
    Reason,
    Ref,
    Timezone,
}

const NAMES: [(Column, &str); 7] = [
    (Column::Customer, "customer"),
    (Column::At, "at"),
    (Column::Channel, "channel"),
    (Column::Direction, "direction"),
    (Column::Reason, "reason"),
    (Column::Ref, "ref"),
    (Column::Timezone, "timezone"),
];

/// Every contact needs these columns, and a value in each.
const NEEDED: [Column; 3] = [Column::Customer, Column::At, Column::Channel];

impl Column {
    fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    fn from_name(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
            .map(|(column, _)| *column)
    }
}

impl ContactTable {
    /// Reads a whole table. `zone` is that of times without an offset, unless the row has its
    /// own; `key` hashes the customers.
    ///
    /// # Errors
    /// [`Refused`]: an unreadable file, a missing column, or all that is wrong with the rows: a
    /// needed value that is missing, one that cannot be read, a `ref` that occurs twice.
    pub fn read(path: &Path, zone: Option<&TimeZone>, key: &CustomerKey) -> Result<Self, Refused> {
        const COLUMNS: &str = "customer,at,channel,direction,reason,ref";
        let (mut reading, records) = Reading::begin("contacts", path, COLUMNS)?;
        let header = records.first();
        let names: Vec<&str> = header
            .into_iter()
            .flat_map(|header| header.cells.iter().map(|name| name.trim()))
            .collect();
        let columns: Vec<Option<Column>> = names.iter().map(|n| Column::from_name(n)).collect();
        let header_line = header.map_or(1, |header| header.line);
        let missing: Vec<_> = NEEDED
            .into_iter()
            .filter(|needed| !columns.contains(&Some(*needed)))
            .map(Column::name)
            .collect();
        if !missing.is_empty() {
            let found = names.iter().filter(|name| !name.is_empty());
            return Err(reading.refuse(Why::MissingColumns {
                line: header_line,
                missing,
                found: found.map(|name| (*name).to_owned()).collect(),
            }));
        }
        let mut reader = Reader {
            columns: &columns,
            zone,
            key,
            refs: BTreeMap::new(),
            problems: std::mem::take(&mut reading.problems),
        };
        reader.check_header(header_line);
        let contacts: Vec<Contact> = records
            .iter()
            .skip(1)
            .filter_map(|record| reader.contact(record))
            .collect();
        reading.problems = reader.problems;
        reading.finish()?;
        let unused = names.iter().zip(&columns);
        Ok(Self {
            contacts,
            unused: unused
                .filter(|(name, column)| column.is_none() && !name.is_empty())
                .map(|(name, _)| (*name).to_owned())
                .collect(),
        })
    }
}

/// Turns records into contacts and collects what is wrong with them.
struct Reader<'a> {
    columns: &'a [Option<Column>],
    zone: Option<&'a TimeZone>,
    key: &'a CustomerKey,
    /// The line of each reference so far.
    refs: BTreeMap<String, u64>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn check_header(&mut self, line: u64) {
        for (column, name) in NAMES {
            let times = self.columns.iter().filter(|c| **c == Some(column)).count();
            if times > 1 {
                self.problems
                    .push(whole_line(line, format!("the column {name} occurs twice")));
            }
        }
    }

    fn contact(&mut self, record: &Record) -> Option<Contact> {
        let before = self.problems.len();
        for index in self.columns.len()..record.cells.len() {
            if !record.cell(index).is_empty() {
                self.problems.push(whole_line(
                    record.line,
                    "a value stands right of the last named column; a value that holds the delimiter needs quotation marks",
                ));
                return None;
            }
        }
        let cell = |column: Column| -> Option<&str> {
            let index = self.columns.iter().position(|c| *c == Some(column))?;
            Some(record.cell(index)).filter(|cell| !cell.is_empty())
        };
        let mut wrong: Vec<(Column, String)> = NAMES
            .iter()
            .filter(|(column, _)| cell(*column).is_some_and(|text| text.contains(['\n', '\r'])))
            .map(|(column, _)| (*column, SEVERAL_LINES.to_owned()))
            .collect();
        for column in NEEDED {
            if cell(column).is_none() {
                wrong.push((
                    column,
                    "has no value, and every contact needs one".to_owned(),
                ));
            }
        }
        for column in [Column::Customer, Column::Ref] {
            if cell(column).is_some_and(fields::is_rounded) {
                wrong.push((column, ROUNDED.to_owned()));
            }
        }
        let mut read = |column: Column, result: Result<(), String>| {
            if let Err(message) = result {
                wrong.push((column, message));
            }
        };
        let own_zone = cell(Column::Timezone).map(when::zone_by_name).transpose();
        // In the wrong zone, the time would be read wrongly.
        let at = match (&own_zone, cell(Column::At)) {
            (Ok(own), Some(text)) => {
                let parsed = when::parse_started_at(text, own.as_ref().or(self.zone));
                read(
                    Column::At,
                    parsed.as_ref().map(|_| ()).map_err(ToString::to_string),
                );
                parsed.ok()
            }
            _ => None,
        };
        read(
            Column::Timezone,
            own_zone.map(|_| ()).map_err(|error| error.to_string()),
        );
        let channel = cell(Column::Channel).and_then(|text| {
            let parsed = channel(text);
            read(
                Column::Channel,
                parsed.as_ref().map(|_| ()).map_err(Clone::clone),
            );
            parsed.ok()
        });
        let direction = cell(Column::Direction).and_then(|text| {
            let parsed = fields::direction(text);
            read(
                Column::Direction,
                parsed.as_ref().map(|_| ()).map_err(Clone::clone),
            );
            parsed.ok()
        });
        let customer = cell(Column::Customer).map(|id| self.key.customer_hash(id));
        let reason = cell(Column::Reason).map(str::to_owned);
        let reference = cell(Column::Ref).map(str::to_owned);
        if let Some(reference) = &reference {
            match self.refs.get(reference) {
                Some(first) => wrong.push((
                    Column::Ref,
                    format!("\"{reference}\" is already in line {first}; each contact has its own"),
                )),
                None => {
                    self.refs.insert(reference.clone(), record.line);
                }
            }
        }
        self.problems
            .extend(wrong.into_iter().map(|(column, message)| Problem {
                line: record.line,
                column: Some(column.name().to_owned()),
                message,
            }));
        if self.problems.len() > before {
            return None;
        }
        let channel = channel?;
        let attempted = (channel == ContactChannel::Attempt).then_some(Direction::Outbound);
        Some(Contact {
            customer: customer?,
            at: at?,
            channel,
            direction: direction.or(attempted),
            reason,
            reference,
        })
    }
}

fn channel(text: &str) -> Result<ContactChannel, String> {
    ContactChannel::ALL
        .into_iter()
        .find(|channel| text.eq_ignore_ascii_case(channel.as_str()))
        .ok_or_else(|| format!("\"{text}\" is not written, attempt or call"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::when::zone_by_name;

    fn read(text: &str) -> Result<ContactTable, Refused> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contacts.csv");
        std::fs::write(&path, text).unwrap();
        let zone = zone_by_name("Europe/Berlin").unwrap();
        ContactTable::read(&path, Some(&zone), &key())
    }

    fn key() -> CustomerKey {
        CustomerKey::from_bytes(*b"whats the Elvish word for friend")
    }

    #[test]
    fn customers_and_times_are_read_as_those_of_calls() {
        let table = read(
            "Customer;At;Channel;Direction;Reason;Ref;Subject;Timezone\r\n\
             4711;2026-03-09 10:15;written;inbound;bill;m-1;\"secret; text\";\r\n\
             4711;2026-03-08 23:30;Attempt;;;;;America/New_York\r\n",
        )
        .unwrap();
        let [mail, attempt] = &table.contacts[..] else {
            panic!("{table:?}")
        };
        assert_eq!(mail.customer, key().customer_hash("4711"));
        assert_eq!(mail.at.local, "2026-03-09T10:15:00");
        assert_eq!(mail.at.zone, "Europe/Berlin");
        assert_eq!(mail.direction, Some(Direction::Inbound));
        assert_eq!(mail.reference.as_deref(), Some("m-1"));
        // The row's own zone wins; an attempt is the centre's.
        assert_eq!(attempt.at.utc_ms, 1_773_027_000_000);
        assert_eq!(attempt.at.local_date, "2026-03-08");
        assert_eq!(attempt.direction, Some(Direction::Outbound));
        assert_eq!(attempt.customer, mail.customer);
        // What was written is not kept.
        assert_eq!(table.unused, ["Subject"]);
    }

    #[test]
    fn everything_that_is_wrong_is_told_with_its_line() {
        let error = read(
            "customer,at,channel,direction,ref\n\
             4711,09/03/2026 10:15,email,in,r1\n\
             ,2026-03-09 10:15,written,,r1\n\
             1.2E+12,2026-03-09 10:15,call,,\n\
             4711,2026-03-09 10:15,call,,r2,more\n",
        )
        .unwrap_err();
        let Why::Problems { problems, more: 0 } = &error.why else {
            panic!("{error}")
        };
        let places: Vec<(u64, &str)> = problems
            .iter()
            .map(|p| (p.line, p.column.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(
            places,
            [
                (2, "at"),
                (2, "channel"),
                (2, "direction"),
                (3, "customer"),
                (3, "ref"),
                (4, "customer"),
                (5, ""),
            ]
        );
        let text = error.to_string();
        assert!(
            text.contains("\"email\" is not written, attempt or call"),
            "{text}"
        );
        assert!(
            !text.contains("1.2E+12\""),
            "a customer's id is not repeated: {text}"
        );
        assert!(
            read("customer,channel\n4711,call\n")
                .unwrap_err()
                .to_string()
                .contains("column at")
        );
    }
}
