//! What was noted as forgotten is removed, and the tables that told of it are made again.
//!
//! Each step finds what it needs by what the steps before it left, so that all of it can be done
//! again after a stop.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use rayon::prelude::*;
use serde_json::{Map, Value};

use super::{Desk, Made, Removed, files_of, is_about};
use crate::batch::BatchError;
use crate::batch::export;
use crate::batch::forgotten::{Forgotten, Gone, Pending};
use crate::batch::past::Past;
use crate::batch::plan::input;
use crate::batch::publish::PublishError;
use crate::batch::report;
use crate::batch::run::{Finish, Remake, RunRecord, failure_rows, measure_options};
use crate::batch::staging::Staging;
use crate::batch::status::{transcripts, walk};
use crate::batch::store::{CallRecord, Failure, StoreError, remove_all};
use crate::report::{read_columns, tables};
use crate::rubric::{self, Rubric};

/// The stored calls, parted.
#[derive(Default)]
pub(super) struct Parted {
    pub gone: Vec<CallRecord>,
    /// Transcripts of the others.
    pub used: BTreeSet<String>,
}

impl Desk<'_> {
    /// Does what is noted, to its end.
    pub(super) fn complete(
        &self,
        forgotten: &mut Forgotten,
    ) -> Result<(Removed, Vec<Failure>), BatchError> {
        let pending = forgotten.pending.clone().unwrap_or_default();
        let gone = Gone {
            key: self.key.clone(),
            forgotten: forgotten.clone(),
            kept_from: pending.kept_from.clone(),
        };
        let forms = self.forms_of(&pending.dates)?;
        self.store.note_stale(forms.keys().map(String::as_str))?;
        let mut removed = self.sweep(&gone, &pending)?;
        let made = self.make_again("forget", forms)?;
        removed.made_again = made.made_again;
        removed.emptied = made.emptied;
        removed.lost_forms = made.lost_forms;
        self.publish_rest(forgotten, &pending, &mut removed)?;
        forgotten.requests.extend(pending.requests);
        forgotten.pending = None;
        self.store.put_forgotten(forgotten)?;
        Ok((removed, made.failures))
    }

    /// Takes out of the store what has to go. The calls go last: what goes before them is found
    /// by them.
    fn sweep(&self, gone: &Gone, pending: &Pending) -> Result<Removed, BatchError> {
        let store = self.store;
        report::remove_pages(store.out())?;
        export::remove_exports(store.out())?;
        let parted = self.part(gone)?;
        let dates = &pending.dates;
        let keys: BTreeSet<String> = parted.gone.iter().map(|r| r.transcript.clone()).collect();
        let mut audio_keys = pending.audio_keys.clone();
        for key in &keys {
            // One that cannot be read goes by its name.
            audio_keys.extend(store.transcript(key).ok().and_then(|t| t.audio.key));
        }
        let mut files = files_of(&parted.gone);
        let old = |dates: Vec<String>| dates.into_iter().filter(|date| gone.too_old(date));
        for date in store.failure_dates()? {
            for (_, failures) in store.failures(&date)? {
                files.extend(
                    failures
                        .into_iter()
                        .filter(|f| gone.failure(f))
                        .map(|f| f.file),
                );
            }
        }
        let mut removed = Removed {
            calls: parted.gone.len(),
            ..Removed::default()
        };

        self.remove_half_written()?;
        let names = |text: &str| {
            files
                .iter()
                .any(|file| !file.is_empty() && text.contains(&**file))
        };
        removed.quarantined = store.end_quarantine_where(&|key| keys.contains(key), &names)?;
        let text = |fields: &Map<String, Value>, name: &str, is_it: &dyn Fn(&str) -> bool| {
            fields.get(name).and_then(Value::as_str).is_some_and(is_it)
        };
        store.purge(&|fields| {
            text(fields, "call_id", &|id| gone.call_id(id))
                || text(fields, "audio_key", &|key| audio_keys.contains(key))
        })?;
        for date in dates.iter().filter(|date| gone.too_old(date)) {
            store.remove_releases(date)?;
        }
        removed.contacts = store.retain_contacts(&|contact| !gone.contact(contact))?;
        let of_gone = |failure: &Failure| gone.failure(failure) || is_about(failure, &files);
        for date in store.failure_dates()? {
            removed.failures += store.retain_failures(&date, &|f| !of_gone(f))?;
        }
        for date in old(store.failure_dates()?).chain(old(store.run_dates()?)) {
            store.remove_runs(&date)?;
        }
        for date in dates {
            store.remove_derived(date)?;
        }
        let orphans: BTreeSet<String> = transcripts(&store.transcripts_folder())?
            .into_keys()
            .filter(|key| !parted.used.contains(key) && !keys.contains(key))
            // Whose words another tool's transcript holds cannot be told.
            .filter(|key| match store.transcript(key) {
                Ok(transcript) => transcript
                    .audio
                    .key
                    .is_none_or(|key| audio_keys.contains(&key)),
                Err(_) => true,
            })
            .collect();
        let own: BTreeSet<String> = keys.difference(&parted.used).cloned().collect();
        removed.transcripts = orphans.len() + own.len();
        store.remove_transcripts(&orphans)?;
        store.remove_transcripts(&own)?;
        let ids: BTreeSet<&str> = parted.gone.iter().map(|r| &*r.meta.call_id).collect();
        store.retain_ratings(&|id| !(ids.contains(id) || gone.call_id(id)))?;
        removed.copies = store.remove_muted(&|id| ids.contains(id) || gone.call_id(id))?;
        store.remove_calls(&parted.gone)?;
        Ok(removed)
    }

    /// Removes what a stopped command was writing.
    pub(in crate::batch) fn remove_half_written(&self) -> Result<(), StoreError> {
        let mut aside = Vec::new();
        walk(self.store.root(), &mut |path, _| {
            if path.extension().is_some_and(|e| e == "tmp") {
                aside.push(path.to_path_buf());
            }
        })?;
        remove_all(aside)
    }

    /// Makes the tables of dates again, as far as they are published: each with its own forms.
    pub(in crate::batch) fn make_dates_again(
        &self,
        command: &str,
        dates: &BTreeSet<String>,
    ) -> Result<Made, BatchError> {
        self.make_again(command, self.forms_of(dates)?)
    }

    /// Makes the tables again that told of what went: each date with its own forms.
    fn make_again(
        &self,
        command: &str,
        forms: BTreeMap<String, Vec<String>>,
    ) -> Result<Made, BatchError> {
        let mut made = Made::default();
        let mut past = Past::read(self.store, self.pool, self.signals)?;
        let outdated = past.all_outdated(self.pool);
        let mut groups: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
        for (date, keys) in forms.into_iter().chain(self.forms_of(&outdated)?) {
            groups.entry(keys).or_default().insert(date);
        }
        if groups.is_empty() {
            // Tables of other dates may still point to what went.
            let dates = self.store.call_dates()?;
            let published = self.forms_of(&dates.into_iter().collect())?;
            groups.extend(
                published
                    .into_values()
                    .next_back()
                    .map(|keys| (keys, BTreeSet::new())),
            );
        }
        for (keys, dates) in groups {
            let rubrics = self.rubrics(&keys, &mut made.lost_forms)?;
            let finish = Finish {
                store: self.store,
                rubrics: &rubrics,
                measure: measure_options(self.settings),
                signals: self.signals,
                pool: self.pool,
                clock: self.clock,
                past: Some(&past),
                remake: Remake::All,
            };
            let mut stored = 0;
            for date in &dates {
                stored += self.store.calls(date)?.len();
            }
            let record = RunRecord {
                jobs: self.settings.jobs,
                recordings: stored,
                reused: stored,
                ..RunRecord::new(command, self.clock, &rubrics)
            };
            let report = finish.finish(record, &dates, Vec::new())?;
            made.failures.extend(report.failures);
            made.differing.extend(report.differing);
            past.look_again(self.store)?;
            for date in dates {
                if past.has_calls(&date) {
                    made.made_again.insert(date);
                } else {
                    made.emptied.insert(date);
                }
            }
        }
        Ok(made)
    }

    /// Publishes the failures that are left and the record of the request, and removes what no
    /// table of calls takes along.
    fn publish_rest(
        &self,
        forgotten: &Forgotten,
        pending: &Pending,
        removed: &mut Removed,
    ) -> Result<(), BatchError> {
        let (store, out) = (self.store, self.store.out());
        let old = |date: &str| {
            pending
                .kept_from
                .as_ref()
                .is_some_and(|from| date < &**from)
        };
        let mut staging = Staging::new(store, Vec::new())?;
        for date in pending.run_dates.iter().filter(|date| !old(date)) {
            let rows = failure_rows(store.failures(date)?);
            staging.stage_rows(&tables::failures(), Some(date), rows)?;
        }
        let left = store.call_dates()?;
        let emptied = |date: &String| pending.dates.contains(date) && !left.contains(date);
        let by_run = ["failures", "runs"];
        for (table, date, path) in dated_files(out)? {
            let goes = if by_run.contains(&&*table) {
                old(&date)
            } else {
                emptied(&date)
            };
            if goes {
                staging.remove_file(path);
            }
        }
        if !pending.dates.is_empty() {
            for table in tables::tables_of_people() {
                let path = format!("{}/part.parquet", table.name);
                if out.join(&path).is_file() {
                    removed.calibration |= table.name != tables::coaching().name;
                    staging.remove_file(path);
                }
            }
        }
        staging.stage_rows(&tables::forgotten(), None, forgotten.rows())?;
        staging.publish()?;
        for folder in ["calibration", "coaching"] {
            let _ = fs::remove_dir(out.join(folder));
        }
        Ok(())
    }

    pub(super) fn part(&self, gone: &Gone) -> Result<Parted, StoreError> {
        self.part_by(&|record| gone.call(&record.meta))
    }

    pub(super) fn part_by(
        &self,
        goes: &(dyn Fn(&CallRecord) -> bool + Sync),
    ) -> Result<Parted, StoreError> {
        let dates = self.store.call_dates()?;
        let read: Vec<Result<Parted, StoreError>> = self.pool.install(|| {
            let dates = dates.par_iter();
            let part = |date: &String| {
                let mut parted = Parted::default();
                for record in self.store.calls(date)? {
                    if goes(&record) {
                        parted.gone.push(record);
                    } else {
                        parted.used.insert(record.transcript);
                    }
                }
                Ok(parted)
            };
            dates.map(part).collect()
        });
        let mut all = Parted::default();
        for parted in read {
            let parted = parted?;
            all.gone.extend(parted.gone);
            all.used.extend(parted.used);
        }
        Ok(all)
    }

    /// Transcripts that calls use.
    pub(in crate::batch) fn used_transcripts(&self) -> Result<BTreeSet<String>, StoreError> {
        Ok(self.part_by(&|_| false)?.used)
    }

    /// The keys of the forms that dates are published with; dates without tables are left out.
    fn forms_of(
        &self,
        dates: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Vec<String>>, PublishError> {
        let mut found = BTreeMap::new();
        for date in dates {
            if let Some(keys) = published_forms(self.store.out(), date)? {
                found.insert(date.clone(), keys);
            }
        }
        Ok(found)
    }

    /// Forms by their keys, as far as the store has them.
    fn rubrics(
        &self,
        keys: &[String],
        lost: &mut BTreeSet<String>,
    ) -> Result<Vec<Rubric>, BatchError> {
        let mut rubrics = Vec::new();
        for key in keys {
            match self.store.rubric(key) {
                Ok(rubric) => rubrics.push(rubric),
                Err(_) => {
                    lost.insert(key.clone());
                }
            }
        }
        // They were published together, so they do not get in each other's way.
        rubric::succeed_each_other(&mut rubrics).map_err(|message| input(&message, None))?;
        Ok(rubrics)
    }
}

/// The keys of the forms that a date's tables were made with; `None` where there are none.
pub(in crate::batch) fn published_forms(
    out: &Path,
    date: &str,
) -> Result<Option<Vec<String>>, PublishError> {
    let path = out.join(format!("scores/date={date}/part.parquet"));
    if !path.is_file() {
        return Ok(None);
    }
    let facts = read_columns(&path, &["call_id"])?.facts;
    let keys = facts
        .iter()
        .find(|(name, _)| name == "callibrate.rubric_keys");
    let keys = keys.map_or("", |(_, keys)| keys);
    Ok(Some(
        keys.split(',')
            .filter(|k| !k.is_empty())
            .map(str::to_string)
            .collect(),
    ))
}

/// Published files by table and date, each with its path below the output folder.
fn dated_files(out: &Path) -> Result<Vec<(String, String, String)>, StoreError> {
    let mut found = Vec::new();
    walk(out, &mut |path, _| {
        let Ok(below) = path.strip_prefix(out) else {
            return;
        };
        let parts: Vec<_> = below.iter().filter_map(|part| part.to_str()).collect();
        if let [table, date, "part.parquet"] = parts[..]
            && let Some(date) = date.strip_prefix("date=")
        {
            found.push((table.to_string(), date.to_string(), parts.join("/")));
        }
    })?;
    Ok(found)
}
