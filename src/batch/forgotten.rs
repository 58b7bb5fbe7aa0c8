//! Who was forgotten, as keyed hashes, and what follows from it for calls that are found.
//!
//! A recording and its row may still be there when a call is forgotten, so the next run must know
//! it again without anybody else being able to read who it was. Without the customer key the
//! hashes tell nothing, and with another key nothing would be known again: that is refused.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::BatchError;
use super::plan::input;
use super::store::{Failure, Store};
use crate::recording::CallMeta;
use crate::recording::contacts::Contact;
use crate::recording::key::CustomerKey;
use crate::report::Cell;

/// Hashed to tell one customer key from another.
pub(super) const KEY_CHECK: &str = "call\0callibrate";

/// What is kept of those who were forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forgotten {
    /// Tells the key that the hashes were made with; `None` while there are none.
    key_check: Option<String>,
    /// Keyed hashes of call ids.
    calls: BTreeSet<String>,
    /// Keyed hashes of customers, each with the moment up to which they are forgotten: a customer
    /// who calls again later is a customer again.
    customers: BTreeMap<String, i64>,
    /// What was asked and done.
    pub(super) requests: Vec<Request>,
    /// What was asked and is being done: a run that finds it completes it.
    pub(super) pending: Option<Pending>,
}

/// One row of `forgotten`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub forgotten_ms: i64,
    /// `call`, `customer` or `retention`.
    pub what: String,
    pub subject: Option<String>,
    pub kept_from: Option<String>,
    pub calls: usize,
    pub dates: usize,
    pub contacts: usize,
}

/// What is needed to complete a request after the calls themselves are gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pending {
    pub requests: Vec<Request>,
    /// Dates of calls that go.
    pub dates: BTreeSet<String>,
    /// Dates of runs with failures that go.
    pub run_dates: BTreeSet<String>,
    /// Content keys of recordings whose transcripts go, also those that no call uses.
    pub audio_keys: BTreeSet<String>,
    /// Calls of earlier dates go.
    pub kept_from: Option<String>,
}

impl Forgotten {
    /// # Errors
    /// A store that cannot be read, or a key other than that of the hashes.
    pub(super) fn of(store: &Store, key: &CustomerKey) -> Result<Self, BatchError> {
        let forgotten = store.forgotten()?;
        if !forgotten.is_any() && store.out().join("forgotten/part.parquet").is_file() {
            return Err(input(
                "go on without store/forgotten.json: the table `forgotten` tells of calls that would be taken in again",
                Some(
                    "bring it back from a copy of the store; or remove the table, if nobody has to stay forgotten",
                ),
            ));
        }
        let other = |check: &String| *check != key.customer_hash(KEY_CHECK);
        if forgotten.key_check.as_ref().is_some_and(other) {
            return Err(input(
                "use the customer key: calls were forgotten here with another one, and with this one they would be taken in again",
                Some(
                    "name the right key as `customer_key` in callibrate.toml, or bring it back from its copy",
                ),
            ));
        }
        Ok(forgotten)
    }

    /// Whether anything was ever forgotten here.
    pub(super) fn is_any(&self) -> bool {
        !self.requests.is_empty() || self.pending.is_some()
    }

    /// Takes note of a call; false where it was noted before.
    pub(super) fn add_call(&mut self, key: &CustomerKey, call_id: &str) -> bool {
        self.key_check = Some(key.customer_hash(KEY_CHECK));
        self.calls.insert(key.call_hash(call_id))
    }

    /// Takes note of a customer up to a moment; false where that was noted before.
    pub(super) fn add_customer(&mut self, key: &CustomerKey, hash: &str, until_ms: i64) -> bool {
        self.key_check = Some(key.customer_hash(KEY_CHECK));
        let before = self.customers.get(hash).copied();
        let until_ms = before.unwrap_or(until_ms).max(until_ms);
        self.customers.insert(hash.to_string(), until_ms);
        before.is_none()
    }

    /// The rows of `forgotten`, with those of what is being done.
    pub(super) fn rows(&self) -> Vec<Vec<Cell>> {
        let pending = self.pending.iter().flat_map(|pending| &pending.requests);
        let row = |(n, request): (usize, &Request)| {
            vec![
                Cell::from(n),
                Cell::TimestampMs(request.forgotten_ms),
                Cell::from(&request.what),
                Cell::from(request.subject.clone()),
                Cell::from(request.kept_from.clone()),
                Cell::from(request.calls),
                Cell::from(request.dates),
                Cell::from(request.contacts),
            ]
        };
        self.requests
            .iter()
            .chain(pending)
            .enumerate()
            .map(row)
            .collect()
    }
}

/// Why a call is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Forgotten,
    TooOld,
}

/// Tells what has to go, and what must not come in again.
pub(super) struct Gone {
    pub key: CustomerKey,
    pub forgotten: Forgotten,
    /// Calls of earlier dates are too old.
    pub kept_from: Option<String>,
}

impl Gone {
    pub fn why(&self, meta: &CallMeta) -> Option<Why> {
        let of_customer = |customer: &String| self.customer(customer, meta.started_at.utc_ms);
        if self.call_id(&meta.call_id) || meta.customer.as_ref().is_some_and(of_customer) {
            return Some(Why::Forgotten);
        }
        self.too_old(&meta.started_at.local_date)
            .then_some(Why::TooOld)
    }

    pub fn call(&self, meta: &CallMeta) -> bool {
        self.why(meta).is_some()
    }

    pub fn call_id(&self, call_id: &str) -> bool {
        let calls = &self.forgotten.calls;
        !calls.is_empty() && calls.contains(&self.key.call_hash(call_id))
    }

    pub fn failure(&self, failure: &Failure) -> bool {
        failure.call_id.as_ref().is_some_and(|id| self.call_id(id))
    }

    pub fn contact(&self, contact: &Contact) -> bool {
        self.customer(&contact.customer, contact.at.utc_ms)
            || self.too_old(&contact.at.local_date)
            || contact
                .reference
                .as_ref()
                .is_some_and(|id| self.call_id(id))
    }

    pub fn too_old(&self, date: &str) -> bool {
        self.kept_from.as_ref().is_some_and(|from| date < &**from)
    }

    fn customer(&self, hash: &str, at_ms: i64) -> bool {
        let until = self.forgotten.customers.get(hash);
        until.is_some_and(|until| at_ms <= *until)
    }
}
