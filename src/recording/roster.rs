//! The table of agents: a CSV that says who worked in which team, under whom, where and since
//! when, by day.
//!
//! Calls are told apart by the local day on which they began: whoever changes teams keeps the
//! earlier calls in the earlier team. Where a table of calls names a team itself, that one holds.
//! All that is wrong with the file is told at once. What it says besides is not kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::CallMeta;
use super::agents::Agents;
use super::fields::SEVERAL_LINES;
use super::table::{Problem, Reading, Record, Refused, Why, whole_line};
use crate::redaction::{redact_note, redact_person, redact_text};

/// What an agent's work was on a day, as far as it is known. Safe to write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    pub team: Option<String>,
    /// Who leads the agent.
    pub leader: Option<String>,
    pub site: Option<String>,
    /// The day, `YYYY-MM-DD`.
    pub hired_on: Option<String>,
}

/// A post from day to day, `YYYY-MM-DD`, both within it; open where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    from: Option<String>,
    to: Option<String>,
    post: Post,
}

impl Held {
    fn covers(&self, day: &str) -> bool {
        self.from.as_deref().is_none_or(|from| from <= day)
            && self.to.as_deref().is_none_or(|to| day <= to)
    }

    fn meets(&self, other: &Self) -> bool {
        let begins_by_end_of = |one: &Self, other: &Self| match (&one.from, &other.to) {
            (Some(from), Some(to)) => from <= to,
            _ => true,
        };
        begins_by_end_of(self, other) && begins_by_end_of(other, self)
    }
}

/// Agents, by the ids that the tables have, with their posts in order of time. No two posts of an
/// agent hold on one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster(BTreeMap<String, Vec<Held>>);

impl Roster {
    /// The post of an agent on a local day, `YYYY-MM-DD`.
    pub fn on(&self, agent: &str, day: &str) -> Option<&Post> {
        let held = self.0.get(agent)?;
        held.iter().find(|held| held.covers(day)).map(|h| &h.post)
    }

    /// Gives a call without a team that of its agent on its day.
    pub fn settle(&self, meta: &mut CallMeta) {
        if meta.team.is_none() {
            let post = self.on(&meta.agent, &meta.started_at.local_date);
            meta.team = post.and_then(|post| post.team.clone());
        }
    }
}

/// A table of agents whose every value could be read.
#[derive(Debug)]
pub struct RosterTable {
    pub roster: Roster,
    /// Rows that it has.
    pub rows: usize,
    /// Names of columns that are not kept, worth a word.
    pub unused: Vec<String>,
    /// Agents, by the ids that the tables have, with how they are written here, alike in all
    /// letters and blanks.
    written: BTreeMap<String, String>,
}

/// Ids that differ in capitals and blanks only are one.
fn alike(id: &str) -> String {
    let id: String = id.split_whitespace().collect();
    id.to_lowercase()
}

const COLUMNS: [&str; 7] = [
    "agent",
    "team",
    "leader",
    "site",
    "hired_on",
    "valid_from",
    "valid_to",
];
const NAMES: &str = "agent,team,leader,site,hired_on,valid_from,valid_to";
/// Agents that a message names.
const NAMED: usize = 3;
const AGENT: usize = 0;
const HIRED_ON: usize = 4;
const FROM: usize = 5;
const TO: usize = 6;

/// One row, as written.
struct Line {
    line: u64,
    agent: String,
    held: Held,
}

impl RosterTable {
    /// Reads a whole table. With `agents`, these stand in it by their pseudonyms from then on, as
    /// leaders, too.
    ///
    /// # Errors
    /// [`Refused`]: an unreadable file, a missing column, or all that is wrong with the rows: an
    /// agent that is missing, a day that does not exist, posts of one agent that overlap.
    pub fn read(path: &Path, agents: Option<&Agents>) -> Result<Self, Refused> {
        let (mut reading, records) = Reading::begin("agents", path, NAMES)?;
        let header = records.first();
        let names: Vec<&str> = header
            .into_iter()
            .flat_map(|header| header.cells.iter().map(|name| name.trim()))
            .collect();
        let place_of = |column: &str| names.iter().position(|n| n.eq_ignore_ascii_case(column));
        let places = COLUMNS.map(place_of);
        let line = header.map_or(1, |header| header.line);
        let says_nothing = places[AGENT + 1..=HIRED_ON].iter().all(Option::is_none);
        if places[AGENT].is_none() || says_nothing {
            let message = header_message(&names, places[AGENT].is_none());
            let problems = vec![whole_line(line, message)];
            return Err(reading.refuse(Why::Problems { problems, more: 0 }));
        }
        for column in COLUMNS {
            let times = names.iter().filter(|n| n.eq_ignore_ascii_case(column));
            if times.count() > 1 {
                let message = format!("the column {column} occurs twice");
                reading.problems.push(whole_line(line, message));
            }
        }
        let mut lines = Vec::new();
        for record in records.iter().skip(1) {
            match read_line(record, &places, names.len()) {
                Ok(line) => lines.push(line),
                Err(problems) => reading.problems.extend(problems),
            }
        }
        let rows = lines.len();
        let written = lines.iter().map(|line| {
            let id = id_of(&line.agent, agents);
            (id, alike(&line.agent))
        });
        let written = written.collect();
        let roster = Roster::of(lines, agents, &mut reading.problems);
        reading.finish()?;
        let known = |name: &&&str| COLUMNS.iter().any(|c| name.eq_ignore_ascii_case(c));
        let unused = names.iter().filter(|name| !name.is_empty() && !known(name));
        Ok(Self {
            roster,
            rows,
            unused: unused.map(|name| (*name).to_owned()).collect(),
            written,
        })
    }

    /// A word about calls of which the table says nothing, or what cannot be. `calls` are agents,
    /// by the ids that the tables have, with the local days of their calls. An agent of the table
    /// without a call is worth a word only where one with a call is written alike.
    pub fn lack<'c>(
        &self,
        calls: impl Iterator<Item = (&'c str, &'c str)>,
        agents: Option<&Agents>,
    ) -> Option<String> {
        // Named empty, it is gone.
        if self.written.is_empty() {
            return None;
        }
        let (mut called, mut without, mut early) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (agent, day) in calls {
            called.insert(agent);
            match self.roster.on(agent, day) {
                Some(post) if *post != Post::default() => {
                    if post.hired_on.as_deref().is_some_and(|hired| day < hired) {
                        early.insert(agent);
                    }
                }
                _ => {
                    without.insert(agent);
                }
            }
        }
        let ids = agents.map(Agents::ids).unwrap_or_default();
        let known: BTreeSet<String> = called
            .iter()
            .map(|id| alike(ids.get(*id).map_or(*id, String::as_str)))
            .collect();
        let strays = self
            .written
            .iter()
            .filter(|(id, _)| !called.contains(id.as_str()));
        let strays = strays.filter(|(_, written)| known.contains(*written));
        let strays: Vec<&str> = strays.map(|(id, _)| id.as_str()).collect();
        let [without, early] = [without, early].map(Vec::from_iter);
        let mut said = Vec::new();
        if !strays.is_empty() {
            let who = match strays.len() {
                1 => "1 agent in it is".to_string(),
                n => format!("{n} agents in it are"),
            };
            said.push(format!(
                "{who} nobody who took a call here, but for capitals or blanks{}",
                such_as(&strays)
            ));
        }
        if !without.is_empty() {
            let who = match without.len() {
                1 => "1 agent has".to_string(),
                n => format!("{n} agents have"),
            };
            said.push(format!(
                "{who} no row that says anything about a day on which they took calls{}",
                such_as(&without)
            ));
        }
        if !early.is_empty() {
            let who = match early.len() {
                1 => "1 agent".to_string(),
                n => format!("{n} agents"),
            };
            said.push(format!(
                "{who} took calls before the day in hired_on{}",
                such_as(&early)
            ));
        }
        (!said.is_empty()).then(|| format!("the table of agents: {}", said.join("; ")))
    }
}

fn such_as(ids: &[&str]) -> String {
    let named = &ids[..ids.len().min(NAMED)];
    match named.len() == ids.len() {
        true => format!(" ({})", named.join(", ")),
        false => format!(" (such as {})", named.join(", ")),
    }
}

/// What is wrong with a header, and what one needs.
fn header_message(names: &[&str], lacks_agent: bool) -> String {
    let is_known = |name: &&str| COLUMNS.iter().any(|c| name.eq_ignore_ascii_case(c));
    let unknown = names.iter().copied().filter(|name| !name.is_empty());
    let unknown: Vec<String> = unknown
        .filter(|name| !is_known(name))
        .map(redact_note)
        .collect();
    let lacks = match lacks_agent {
        true => "the column agent is missing",
        false => "none of the columns team, leader, site and hired_on is there",
    };
    let unknown = match unknown.len() {
        0 => String::new(),
        1 => format!(", and the column {} is not known", unknown[0]),
        _ => format!(", and the columns {} are not known", unknown.join(", ")),
    };
    format!(
        "{lacks}{unknown}; a table of agents has agent and one or more of team, leader, site and \
         hired_on, and valid_from and valid_to may be left out"
    )
}

/// An agent as the calls have it.
fn id_of(agent: &str, agents: Option<&Agents>) -> String {
    match agents {
        Some(agents) => agents.pseudonym(agent),
        None => redact_person(agent),
    }
}

fn read_line(
    record: &Record,
    places: &[Option<usize>; 7],
    width: usize,
) -> Result<Line, Vec<Problem>> {
    let line = record.line;
    if (width..record.cells.len()).any(|index| !record.cell(index).is_empty()) {
        let message = "a value stands right of the last named column; a value that holds the \
            delimiter needs quotation marks";
        return Err(vec![whole_line(line, message)]);
    }
    let mut problems = Vec::new();
    let mut wrong = |column: usize, message: String| {
        problems.push(Problem {
            line,
            column: Some(COLUMNS[column].to_string()),
            message,
        });
    };
    let cells = places.map(|place| {
        let cell = record.cell(place?);
        (!cell.is_empty()).then(|| cell.to_string())
    });
    for (column, cell) in cells.iter().enumerate() {
        if cell
            .as_ref()
            .is_some_and(|text| text.contains(['\n', '\r']))
        {
            wrong(column, SEVERAL_LINES.to_string());
        }
    }
    if cells[AGENT].is_none() {
        wrong(AGENT, "has no value, and every row needs one".to_string());
    }
    for column in [HIRED_ON, FROM, TO] {
        if let Some(text) = &cells[column]
            && !is_day(text)
        {
            let message = format!("\"{text}\" is no day; write it like 2026-03-31");
            wrong(column, message);
        }
    }
    let [agent, team, leader, site, hired_on, from, to] = cells;
    if problems.is_empty()
        && let (Some(from), Some(to)) = (&from, &to)
        && to < from
    {
        problems.push(Problem {
            line,
            column: Some(COLUMNS[TO].to_string()),
            message: format!("ends on {to}, before it begins on {from}"),
        });
    }
    match agent {
        Some(agent) if problems.is_empty() => Ok(Line {
            line,
            agent,
            held: Held {
                from,
                to,
                post: Post {
                    team,
                    leader,
                    site,
                    hired_on,
                },
            },
        }),
        _ => Err(problems),
    }
}

/// Whether it is a day of the calendar, written so that texts stand in the order of days.
fn is_day(text: &str) -> bool {
    text.parse::<Date>()
        .is_ok_and(|day| day.to_string() == text)
}

impl Roster {
    fn of(lines: Vec<Line>, agents: Option<&Agents>, problems: &mut Vec<Problem>) -> Self {
        // All of them first, because some of them lead.
        let ids = lines.iter().map(|line| id_of(&line.agent, agents));
        let ids: Vec<String> = ids.collect();
        let mut all: BTreeMap<String, Vec<(u64, Held)>> = BTreeMap::new();
        for (id, Line { line, held, .. }) in ids.into_iter().zip(lines) {
            let others = all.entry(id).or_default();
            if let Some((other, _)) = others.iter().find(|(_, other)| other.meets(&held)) {
                let message = format!(
                    "is about days that line {other} is about, of the same agent; end one of them \
                     in valid_to on the day before the other begins"
                );
                problems.push(whole_line(line, message));
            }
            others.push((line, held.redacted(agents)));
        }
        let sorted = all.into_iter().map(|(agent, held)| {
            let mut held: Vec<Held> = held.into_iter().map(|(_, held)| held).collect();
            held.sort_by(|a, b| a.from.cmp(&b.from));
            (agent, held)
        });
        Self(sorted.collect())
    }
}

impl Held {
    fn redacted(mut self, agents: Option<&Agents>) -> Self {
        let post = &mut self.post;
        if let Some(leader) = &mut post.leader {
            let is_agent = agents.and_then(|agents| agents.if_agent(leader));
            *leader = is_agent.unwrap_or_else(|| {
                let text = agents.map(|agents| agents.scrub_words(leader));
                redact_person(text.as_deref().unwrap_or(leader))
            });
        }
        for text in [&mut post.team, &mut post.site].into_iter().flatten() {
            *text = redact_text(text);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::key::SecretKey;

    fn read(text: &str, agents: Option<&Agents>) -> Result<RosterTable, Refused> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agents.csv");
        std::fs::write(&path, text).unwrap();
        RosterTable::read(&path, agents)
    }

    const MOVED: &str = "agent;team;leader;site;hired_on;valid_from;valid_to;desk\r\n\
        ann;north;kim;York;2024-05-02;;2026-03-09;4\r\n\
        ann;south;Lee Ray;;2024-05-02;2026-03-10;2026-03-31;5\r\n\
        kim;north;;York;;;;1\r\n";

    #[test]
    fn a_post_holds_from_its_first_day_to_its_last() {
        let table = read(MOVED, None).unwrap();
        assert_eq!(table.unused, ["desk"]);
        let on = |agent, day| table.roster.on(agent, day);
        let team = |day| on("ann", day).and_then(|post| post.team.as_deref());
        assert_eq!(team("1999-01-01"), Some("north"));
        assert_eq!(team("2026-03-09"), Some("north"));
        assert_eq!(team("2026-03-10"), Some("south"));
        assert_eq!(team("2026-03-31"), Some("south"));
        assert_eq!(on("ann", "2026-04-01"), None);
        let post = on("ann", "2026-03-10").unwrap();
        assert_eq!(post.leader.as_deref(), Some("Lee Ray"));
        assert_eq!(post.site, None);
        assert_eq!(post.hired_on.as_deref(), Some("2024-05-02"));
        assert_eq!(on("Ann", "2026-03-10"), None);
        assert!(on("kim", "2031-01-01").is_some());
    }

    #[test]
    fn agents_and_leaders_who_are_agents_stand_by_one_pseudonym() {
        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::from_bytes(*b"whats the Elvish word for friend");
        let agents = Agents::new(key, &folder.path().join("agents.key")).unwrap();
        let table = read(MOVED, Some(&agents)).unwrap();
        let [ann, kim] = ["ann", "kim"].map(|id| agents.pseudonym(id));
        let leader = |day| table.roster.on(&ann, day).unwrap().leader.clone();
        assert_eq!(leader("2026-03-09"), Some(kim));
        assert_eq!(leader("2026-03-10").as_deref(), Some("Lee Ray"));
        assert!(table.roster.on("ann", "2026-03-09").is_none());
    }

    #[test]
    fn everything_that_is_wrong_is_told_with_its_line() {
        let error = read(
            "agent,team,hired_on,valid_from,valid_to\n\
             ann,a,2026-02-30,,2026-03-10\n\
             bob,a,,2026-03-10,2026-03-09\n\
             ,a,,01/03/2026,\n\
             cat,a,,,2026-03-10\n\
             cat,b,,2026-03-10,\n\
             cat,c,,2026-03-12,2026-03-13\n\
             dan,a,,,,more\n",
            None,
        )
        .unwrap_err();
        let Why::Problems { problems, more: 0 } = &error.why else {
            panic!("{error}")
        };
        let told: Vec<(u64, &str)> = problems
            .iter()
            .map(|p| (p.line, p.column.as_deref().unwrap_or("")))
            .collect();
        let expected = [
            (2, "hired_on"),
            (3, "valid_to"),
            (4, "agent"),
            (4, "valid_from"),
            (6, ""),
            (7, ""),
            (8, ""),
        ];
        assert_eq!(told, expected);
        let text = error.to_string();
        assert!(
            text.contains("\n  line 2, hired_on: \"2026-02-30\" is no day"),
            "{text}"
        );
        assert!(
            text.contains("line 6: is about days that line 5 is about"),
            "{text}"
        );
        // The list of who is who is another file of that name.
        let error = read("agent,pseudonym\nann,agent-x\n", None).unwrap_err();
        let told = "line 1: none of the columns team, leader, site and hired_on is there, and the \
            column pseudonym is not known";
        assert!(error.to_string().contains(told), "{error}");
        let error = read("Name;Group;Team\nann;1;a\n", None).unwrap_err();
        let told = "the column agent is missing, and the columns Name, Group are not known";
        assert!(error.to_string().contains(told), "{error}");
        assert!(error.to_string().contains("valid_to may be left out"));
    }

    #[test]
    fn calls_that_lack_their_agent_are_told() {
        let calls = [("ann", "2026-03-09"), ("kim", "2026-03-09")];
        let table = read(MOVED, None).unwrap();
        // An agent without a call is normal.
        assert_eq!(table.lack(calls[..1].iter().copied(), None), None);
        assert_eq!(table.lack(calls.into_iter(), None), None);
        let late = [("ann", "2026-03-31"), ("ann", "2026-04-01")];
        assert_eq!(
            table.lack(late.into_iter(), None).unwrap(),
            "the table of agents: 1 agent has no row that says anything about a day on which they \
             took calls (ann)"
        );
        let odd = read("agent,team,hired_on\nann,,\nkim,a,2026-03-10\n", None).unwrap();
        assert_eq!(
            odd.lack(calls.into_iter(), None).unwrap(),
            "the table of agents: 1 agent has no row that says anything about a day on which they \
             took calls (ann); 1 agent took calls before the day in hired_on (kim)"
        );
        let written = read("agent,team\nAnn,a\nk im,a\nzoe,a\n", None).unwrap();
        let told = written.lack(calls.into_iter(), None).unwrap();
        assert_eq!(
            told,
            "the table of agents: 2 agents in it are nobody who took a call here, but for \
             capitals or blanks (Ann, k im); 2 agents have no row that says anything about a day \
             on which they took calls (ann, kim)"
        );

        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::from_bytes(*b"whats the Elvish word for friend");
        let agents = Agents::new(key, &folder.path().join("agents.key")).unwrap();
        let ann = agents.pseudonym("ann");
        let written = read("agent,team\nAnn,a\n", Some(&agents)).unwrap();
        let calls = [(ann.as_str(), "2026-03-09")];
        let told = written.lack(calls.into_iter(), Some(&agents)).unwrap();
        assert!(told.contains("1 agent in it is nobody"), "{told}");
        assert!(told.contains(&agents.pseudonym("Ann")), "{told}");
        assert!(!told.contains("(Ann)") && !told.contains("(ann)"), "{told}");
    }
}
