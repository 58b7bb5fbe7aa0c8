//! What people answered about the calls, by the calls' dates. `calibrate` puts it here, so that
//! tables that are made later have it, too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{Store, StoreError, names_in, read_if_there, remove_all, write_json};
use crate::calibration::record::PersonAnswer;

impl Store {
    /// What people answered about the calls of a date, in the order of the tables.
    pub fn ratings(&self, date: &str) -> Result<Vec<PersonAnswer>, StoreError> {
        Ok(read_if_there(&self.ratings_path(date))?.unwrap_or_default())
    }

    /// Keeps just these answers, by date. Dates of which something else was kept before are noted
    /// as out of date, and returned.
    pub fn put_ratings(
        &self,
        by_date: &BTreeMap<String, Vec<PersonAnswer>>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut changed = BTreeSet::new();
        for date in self.rating_dates()?.iter().chain(by_date.keys()) {
            let answers = by_date.get(date).map_or(&[][..], Vec::as_slice);
            if self.ratings(date)? != answers {
                changed.insert(date.clone());
            }
        }
        self.note_stale(changed.iter().map(String::as_str))?;
        for date in &changed {
            let answers = by_date.get(date).map_or(&[][..], Vec::as_slice);
            self.keep_ratings(date, answers)?;
        }
        Ok(changed)
    }

    /// Takes the answers about a call along to its new date.
    pub(super) fn move_ratings(
        &self,
        call_id: &str,
        from: &str,
        to: &str,
    ) -> Result<(), StoreError> {
        let (moved, left): (Vec<_>, Vec<_>) = self
            .ratings(from)?
            .into_iter()
            .partition(|answer| answer.call_id == call_id);
        if moved.is_empty() {
            return Ok(());
        }
        let mut there = self.ratings(to)?;
        there.retain(|answer| answer.call_id != call_id);
        there.extend(moved);
        there.sort_by(|a, b| a.order().cmp(&b.order()));
        self.keep_ratings(to, &there)?;
        self.keep_ratings(from, &left)
    }

    /// Keeps just the answers about some calls, by their ids.
    pub fn retain_ratings(&self, keep: &dyn Fn(&str) -> bool) -> Result<(), StoreError> {
        for date in self.rating_dates()? {
            let mut answers = self.ratings(&date)?;
            let before = answers.len();
            answers.retain(|answer| keep(&answer.call_id));
            if answers.len() < before {
                self.keep_ratings(&date, &answers)?;
            }
        }
        Ok(())
    }

    fn keep_ratings(&self, date: &str, answers: &[PersonAnswer]) -> Result<(), StoreError> {
        let path = self.ratings_path(date);
        match answers.is_empty() {
            true => remove_all([path]),
            false => write_json(&path, &answers),
        }
    }

    /// Dates of whose calls people answered something, in order.
    pub(in crate::batch) fn rating_dates(&self) -> Result<Vec<String>, StoreError> {
        let names = names_in(&self.root.join("ratings"))?.into_iter();
        let date = |name: String| {
            Some(
                name.strip_prefix("date=")?
                    .strip_suffix(".json")?
                    .to_string(),
            )
        };
        Ok(names.filter_map(date).collect())
    }

    pub(in crate::batch) fn ratings_path(&self, date: &str) -> PathBuf {
        self.root.join("ratings").join(format!("date={date}.json"))
    }
}
