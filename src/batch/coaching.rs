//! Who was coached on what: read, checked against the tables, and published beside what followed.
//!
//! A file that ends in `.yaml` or `.yml` holds coaching notes, any other is a table. Left out on
//! purpose: what followed a coaching, which is calibration's; the rows of it are taken as they
//! were published.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::calibrate::CalibrateError;
use super::publish::PublishError;
use super::staging::Staging;
use super::store::Store;
use super::{BatchError, scored};
use crate::calibration::groups::in_small_groups;
use crate::calibration::ratings::{self, Coached, Forms, Notes};
use crate::limits::{self, NOTES_BYTES};
use crate::report::records::{self, Followed, Texts};
use crate::report::rows::coaching::coaching_row;
use crate::report::{read_columns, tables};
use crate::sheet::{self, SheetError};

/// All coachings of a file.
pub(super) struct Coachings {
    pub rows: Vec<Coached>,
    /// Whole sentences, for people.
    pub notices: Vec<String>,
    staff: Staff,
}

impl Coachings {
    /// Reads a file. `forms` learns the agents of the tables.
    ///
    /// # Errors
    /// A file or a table that cannot be read, and everything that is wrong with the file.
    pub fn read(store: &Store, path: &Path, forms: &mut Forms) -> Result<Self, CalibrateError> {
        let is_notes = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml"));
        let (taken, staff) = if is_notes {
            let read = limits::read_text(path, NOTES_BYTES);
            let text = read.map_err(|source| SheetError::Read {
                path: path.to_path_buf(),
                source,
            })?;
            let notes = Notes::parse(&text, &path.display().to_string())?;
            let staff = Staff::of(store, &notes.call_ids(forms))?;
            forms.agents.extend(staff.agents.iter().cloned());
            (notes.check(forms, &staff.agent_of)?, staff)
        } else {
            let staff = Staff::of(store, &BTreeSet::new())?;
            forms.agents.extend(staff.agents.iter().cloned());
            let sheet = sheet::read(path, &ratings::names_coaching)?;
            (ratings::coaching(&sheet, forms)?, staff)
        };
        Ok(Self {
            rows: taken.rows,
            notices: taken.notices,
            staff,
        })
    }

    /// Publishes the table, with what followed by the last calibration; not of agents in groups of
    /// fewer than the minimum, which may be newer than that.
    ///
    /// # Errors
    /// A table that cannot be read or written.
    pub fn publish(&self, store: &Store, minimum_group: usize) -> Result<(), BatchError> {
        let followed: Vec<Followed> =
            records::read(store.out(), None, &mut Texts::default()).map_err(PublishError::from)?;
        let key = |f: &Followed| {
            let [agent, rubric, question, on] =
                [&f.agent, &f.rubric, &f.question, &f.coached_on].map(ToString::to_string);
            (agent, rubric, question, on)
        };
        let mut by_note: BTreeMap<_, &Followed> = BTreeMap::new();
        for row in &followed {
            let kept = by_note.entry(key(row)).or_insert(row);
            // A question that has changed has a row for each meaning: the one with more calls.
            if row.calls_before + row.calls_after > kept.calls_before + kept.calls_after {
                *kept = row;
            }
        }
        let withheld = self.staff.in_small_groups(minimum_group);
        let roster = store.roster()?;
        let rows = self.rows.iter().map(|coached| {
            let on = coached.on.to_string();
            let (agent, rubric, question) = (&coached.agent, &coached.rubric, &coached.question);
            let key = (agent.clone(), rubric.clone(), question.clone(), on.clone());
            let team = roster
                .on(agent, &on)
                .and_then(|post| post.team.as_deref())
                .or_else(|| self.staff.teams.of(agent, &on));
            let followed = by_note.get(&key).copied();
            let followed = followed.filter(|_| !withheld.contains(agent.as_str()));
            coaching_row(coached, team, followed)
        });
        let mut staging = Staging::new(store, Vec::new())?;
        staging.stage_rows(&tables::coaching(), None, rows.collect())?;
        staging.publish()?;
        Ok(())
    }
}

/// Teams of agents by their calls: since which date, in order.
#[derive(Default)]
struct Teams(BTreeMap<String, Vec<(String, String)>>);

impl Teams {
    /// Dates come in order. Of those of one date the last counts.
    fn add(&mut self, agent: &str, date: &str, team: String) {
        let teams = self.0.entry(agent.to_string()).or_default();
        if teams.last().is_some_and(|(since, _)| since == date) {
            teams.pop();
        }
        if teams.last().is_none_or(|(_, last)| *last != team) {
            teams.push((date.to_string(), team));
        }
    }

    /// That of the agent's last call up to a day, else of the last one at all.
    fn of(&self, agent: &str, day: &str) -> Option<&str> {
        let teams = self.0.get(agent)?;
        let by_then = teams.iter().rev().find(|(since, _)| since.as_str() <= day);
        by_then.or(teams.last()).map(|(_, team)| team.as_str())
    }
}

/// Who the tables of calls name.
#[derive(Default)]
struct Staff {
    agents: BTreeSet<String>,
    teams: Teams,
    /// Of the calls that were asked for.
    agent_of: BTreeMap<String, String>,
}

impl Staff {
    fn of(store: &Store, calls: &BTreeSet<String>) -> Result<Self, BatchError> {
        let mut staff = Self::default();
        for date in store.call_dates()? {
            let path = scored::part(store.out(), "calls", &date);
            if !path.is_file() {
                continue;
            }
            let content = read_columns(&path, &["call_id", "agent", "team"]);
            for row in content.map_err(PublishError::from)?.rows {
                let agent = scored::text(&row[1]);
                if let Some(team) = scored::optional(&row[2]) {
                    staff.teams.add(agent, &date, team);
                }
                if calls.contains(scored::text(&row[0])) {
                    let id = scored::text(&row[0]).to_string();
                    staff.agent_of.insert(id, agent.to_string());
                }
                if !staff.agents.contains(agent) {
                    staff.agents.insert(agent.to_string());
                }
            }
        }
        Ok(staff)
    }

    /// Agents of whom nothing is published.
    fn in_small_groups(&self, minimum: usize) -> BTreeSet<&str> {
        let last = |agent| self.teams.0.get(agent).and_then(|teams| teams.last());
        let teams = self.agents.iter().map(|agent| {
            let team = last(agent).map(|(_, team)| team.as_str());
            (agent.as_str(), team)
        });
        in_small_groups(teams, minimum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_in_a_small_team_now_is_left_out() {
        let mut staff = Staff::default();
        for (agent, team) in [("ann", "north"), ("bo", "north"), ("cy", "north")] {
            staff.agents.insert(agent.to_string());
            staff.teams.add(agent, "2026-03-02", team.to_string());
        }
        assert!(staff.in_small_groups(3).is_empty());
        staff.teams.add("cy", "2026-03-09", "south".to_string());
        assert!(staff.in_small_groups(1).is_empty());
        // South of one, and north, which would tell of it by what is left.
        assert_eq!(
            staff.in_small_groups(2),
            BTreeSet::from(["ann", "bo", "cy"])
        );
    }

    #[test]
    fn a_team_is_that_of_the_day_of_the_talk() {
        let mut teams = Teams::default();
        for (date, team) in [
            ("2026-03-02", "north"),
            ("2026-03-04", "south"),
            ("2026-03-04", "north"),
            ("2026-03-09", "south"),
            ("2026-03-12", "west"),
        ] {
            teams.add("ann", date, team.to_string());
        }
        let of = |day| teams.of("ann", day);
        assert_eq!(of("2026-03-02"), Some("north"));
        assert_eq!(of("2026-03-08"), Some("north"));
        assert_eq!(of("2026-03-11"), Some("south"));
        assert_eq!(of("2026-04-01"), Some("west"));
        // Nothing is known of so early a day.
        assert_eq!(of("2026-03-01"), Some("west"));
        assert_eq!(teams.of("kim", "2026-03-02"), None);
    }
}
