//! Taking things out of the store, so that they stay out: folders are synced, and those that are
//! left without files go, too. What is not there any more is no error: a removal that was
//! stopped is done again.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{
    CallRecord, Failure, Store, StoreError, call_file, io_error, names_in, read_json, sync_folder,
    write_json,
};
use crate::batch::forgotten::Forgotten;
use crate::recording::contacts::Contact;

impl Store {
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn transcripts_folder(&self) -> PathBuf {
        self.root.join("transcripts")
    }

    pub(in crate::batch) fn forgotten(&self) -> Result<Forgotten, StoreError> {
        let path = self.root.join("forgotten.json");
        if path.is_file() {
            return read_json(&path);
        }
        Ok(Forgotten::default())
    }

    pub(in crate::batch) fn put_forgotten(&self, forgotten: &Forgotten) -> Result<(), StoreError> {
        write_json(&self.root.join("forgotten.json"), forgotten)
    }

    pub fn remove_calls(&self, calls: &[CallRecord]) -> Result<(), StoreError> {
        let path = |call: &CallRecord| {
            self.dated("calls", call.date())
                .join(call_file(&call.meta.call_id))
        };
        remove_all(calls.iter().map(path))
    }

    pub fn remove_transcripts<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k String>,
    ) -> Result<(), StoreError> {
        remove_all(keys.into_iter().map(|key| self.transcript_path(key)))
    }

    /// Takes a recording out of quarantine, by its transcript's key.
    pub fn end_quarantine(&self, key: &str) -> Result<(), StoreError> {
        remove_all([self.root.join("quarantine").join(format!("{key}.json"))])
    }

    /// Takes recordings out of quarantine of whose transcript's key or file that is said.
    pub fn end_quarantine_where(
        &self,
        key: &dyn Fn(&str) -> bool,
        named_in: &dyn Fn(&str) -> bool,
    ) -> Result<usize, StoreError> {
        let folder = self.root.join("quarantine");
        let mut found = Vec::new();
        for name in names_in(&folder)? {
            let path = folder.join(&name);
            let told: Value = read_json(&path)?;
            let of_key = name.strip_suffix(".json").is_some_and(key);
            if of_key || any_text(&told, named_in) {
                found.push(path);
            }
        }
        let count = found.len();
        remove_all(found)?;
        Ok(count)
    }

    /// Removes what is derived of a date's calls and can be made again.
    pub fn remove_derived(&self, date: &str) -> Result<(), StoreError> {
        let name = format!("date={date}.json");
        remove_all(["facts", "published"].map(|folder| self.root.join(folder).join(&name)))
    }

    /// Dates of runs that left failures, in order.
    pub fn failure_dates(&self) -> Result<Vec<String>, StoreError> {
        Ok(names_in(&self.root.join("failures"))?
            .into_iter()
            .filter_map(|name| name.strip_prefix("date=").map(str::to_string))
            .collect())
    }

    /// Keeps just some failures of a date. Returns how many went.
    pub fn retain_failures(
        &self,
        date: &str,
        keep: &dyn Fn(&Failure) -> bool,
    ) -> Result<usize, StoreError> {
        let mut gone = 0;
        for (run, mut failures) in self.failures(date)? {
            let before = failures.len();
            failures.retain(keep);
            if failures.len() < before {
                gone += before - failures.len();
                self.put_failures(date, &run, &failures)?;
            }
        }
        Ok(gone)
    }

    /// Removes the runs of a date and their failures.
    pub fn remove_runs(&self, date: &str) -> Result<(), StoreError> {
        let mut paths = Vec::new();
        for folder in ["failures", "runs"].map(|what| self.dated(what, date)) {
            paths.extend(names_in(&folder)?.iter().map(|name| folder.join(name)));
        }
        remove_all(paths)
    }

    /// Keeps just some contacts of the table of contacts. Returns how many went.
    pub fn retain_contacts(&self, keep: &dyn Fn(&Contact) -> bool) -> Result<usize, StoreError> {
        let mut gone = 0;
        for date in self.contact_dates()? {
            let mut contacts = self.contacts(&date)?;
            let before = contacts.len();
            contacts.retain(keep);
            if contacts.len() == before {
                continue;
            }
            gone += before - contacts.len();
            let path = self.contacts_path(&date);
            if contacts.is_empty() {
                remove_all([path])?;
            } else {
                write_json(&path, &contacts)?;
            }
        }
        Ok(gone)
    }

    /// Takes the objects that `goes` says out of the released scores and of what is known of
    /// recordings, wherever they stand in them.
    pub fn purge(&self, goes: &dyn Fn(&Map<String, Value>) -> bool) -> Result<(), StoreError> {
        let releases = self.root.join("releases");
        let names = names_in(&releases)?;
        let mut paths: Vec<PathBuf> = names.iter().map(|name| releases.join(name)).collect();
        paths.push(self.root.join("recordings.json"));
        paths.retain(|path| path.extension().is_some_and(|e| e == "json") && path.is_file());
        for path in paths {
            let mut value: Value = read_json(&path)?;
            if purge(&mut value, goes) {
                write_json(&path, &value)?;
            }
        }
        Ok(())
    }

    /// Removes what is kept of scores that were released of calls of a date.
    pub fn remove_releases(&self, date: &str) -> Result<(), StoreError> {
        remove_all([self.root.join("releases").join(format!("date={date}.json"))])
    }
}

/// Removes files, and folders that are empty then, and makes that last.
pub(in crate::batch) fn remove_all(
    paths: impl IntoIterator<Item = PathBuf>,
) -> Result<(), StoreError> {
    let mut folders = BTreeSet::new();
    for path in paths {
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove", &path)(e));
            }
            _ => folders.extend(path.parent().map(Path::to_path_buf)),
        }
    }
    for folder in folders {
        // One that holds anything stays.
        let _ = fs::remove_dir(&folder);
        let there = folder.ancestors().find(|folder| folder.is_dir());
        sync_folder(there.unwrap_or(&folder))?;
    }
    Ok(())
}

/// Whether anything was taken out.
fn purge(value: &mut Value, goes: &dyn Fn(&Map<String, Value>) -> bool) -> bool {
    let is_gone = |value: &Value| value.as_object().is_some_and(goes);
    match value {
        Value::Array(items) => {
            let before = items.len();
            items.retain(|item| !is_gone(item));
            let mut changed = items.len() < before;
            for item in items {
                changed |= purge(item, goes);
            }
            changed
        }
        Value::Object(fields) => {
            let before = fields.len();
            fields.retain(|_, field| !is_gone(field));
            let mut changed = fields.len() < before;
            for field in fields.values_mut() {
                changed |= purge(field, goes);
            }
            changed
        }
        _ => false,
    }
}

fn any_text(value: &Value, is_it: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_it(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, is_it)),
        Value::Object(fields) => fields.values().any(|field| any_text(field, is_it)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_go_wherever_they_stand() {
        let mut value = serde_json::json!({
            "rows": [{"call_id": "a", "score": 1}, {"call_id": "b"}],
            "by_path": {"x": {"call_id": "a"}, "y": {"call_id": "b"}},
        });
        let goes = |fields: &Map<String, Value>| fields.get("call_id") == Some(&"a".into());
        assert!(purge(&mut value, &goes));
        let left = serde_json::json!({
            "rows": [{"call_id": "b"}],
            "by_path": {"y": {"call_id": "b"}},
        });
        assert_eq!(value, left);
        assert!(!purge(&mut value, &goes));
    }
}
