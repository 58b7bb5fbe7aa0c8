//! All contacts of a store, by customer and time: small facts only, made once per run.
//!
//! Days are calendar days, each contact on its own local date, so that a window that looks back
//! and one that looks forward agree. The last date of the store stands for the present: no clock
//! is asked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime};
use serde::Serialize;

use super::facts::{CallFacts, Promised};
use super::{
    CONTACT_DAYS, EarlierContact, EarlierPromise, History, LATE_DAYS, MOST_CONTACTS, PROMISE_DAYS,
    TableReach, WITHOUT_DUE_DAYS,
};
use crate::conversation::Party;
use crate::conversation::promises::PromiseKind;
use crate::recording::contacts::{Contact, ContactChannel};
use crate::recording::{CallMeta, Direction, StartedAt};
use crate::rubric::PromiseState;

/// The windows of the table `contacts`, in days.
pub const WINDOWS: [u32; 3] = [1, 7, 30];

/// A call of the table of contacts this close to a stored one of the same customer is that one.
const SAME_CALL_MS: i64 = 60_000;

/// A row of the table `contacts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactRow {
    pub call_id: String,
    pub repeat_of: Option<String>,
    pub days_since: Option<u32>,
    /// Within each of [`WINDOWS`].
    pub repeat: [Option<bool>; 3],
    pub same_matter: Option<bool>,
    /// Within each of [`WINDOWS`].
    pub led_to_repeat: [Option<bool>; 3],
    pub promised_call_back: Option<bool>,
    pub leg: Option<bool>,
}

/// A row of the table `promises`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromiseRow {
    pub call_id: String,
    pub item: usize,
    pub party: &'static str,
    pub kind: &'static str,
    pub quote: String,
    pub start_ms: i64,
    pub hedged: bool,
    pub due: Option<String>,
    pub state: Option<&'static str>,
    pub seen_in: Option<String>,
}

/// What is known of a call's words.
#[derive(Debug)]
enum Words {
    /// They could not be read, or are in a language in which promises are not told.
    Unread,
    Nothing,
    Facts(Box<CallFacts>),
}

/// One contact.
#[derive(Debug)]
struct Entry {
    at_ms: i64,
    local: DateTime,
    day: i32,
    channel: ContactChannel,
    direction: Option<Direction>,
    reason: Option<u32>,
    interaction: Option<u32>,
    /// The call id, or the reference of the table of contacts.
    id: Option<Box<str>>,
    /// It is a stored call.
    stored: bool,
    words: Words,
    /// See [`History::promised_call_back`].
    promised: Option<bool>,
    /// An earlier call belongs to the same interaction.
    later_leg: bool,
}

impl Entry {
    fn promises(&self) -> &[Promised] {
        match &self.words {
            Words::Facts(facts) => &facts.promises,
            Words::Unread | Words::Nothing => &[],
        }
    }

    fn is_call(&self) -> bool {
        self.channel == ContactChannel::Call
    }

    fn same_interaction(&self, other: &Entry) -> bool {
        self.interaction.is_some() && self.interaction == other.interaction
    }

    /// `None` where a reason is missing.
    fn same_matter(&self, other: &Entry) -> Option<bool> {
        Some(self.reason? == other.reason?)
    }

    fn call_id(&self) -> String {
        self.id.as_deref().unwrap_or_default().to_string()
    }

    fn reference(&self) -> Option<String> {
        self.id.as_deref().map(str::to_string)
    }
}

/// The contacts of one customer by time; or one call of which the customer is not given.
#[derive(Debug)]
struct Group {
    known: bool,
    entries: Vec<Entry>,
}

/// Where a call stands: group and place in it.
type Place = (u32, u32);

/// Collects the contacts of a store.
#[derive(Default)]
pub struct Builder {
    customers: BTreeMap<String, Vec<Entry>>,
    alone: Vec<Entry>,
    reasons: BTreeMap<String, u32>,
    interactions: BTreeMap<String, u32>,
    table: Option<Table>,
}

/// The dates of the table of contacts.
#[derive(Debug)]
struct Table {
    first: i32,
    last: i32,
    channels: BTreeSet<ContactChannel>,
}

/// All contacts of a store.
pub struct Index {
    groups: Vec<Group>,
    /// Stored calls, sorted by call id.
    by_id: Vec<Place>,
    /// Stored calls of each day, by start and call id.
    by_day: BTreeMap<i32, Vec<Place>>,
    table: Option<Table>,
}

impl Builder {
    /// Takes in a stored call; `facts` are `None` where its words are not known.
    pub fn call(&mut self, meta: &CallMeta, facts: Option<CallFacts>) {
        let words = match facts {
            None => Words::Unread,
            Some(facts) if facts.is_empty() => Words::Nothing,
            Some(facts) => Words::Facts(Box::new(facts)),
        };
        let mut entry = entry_at(&meta.started_at, ContactChannel::Call);
        entry.direction = meta.direction;
        entry.reason = number(&mut self.reasons, meta.reason.as_deref());
        entry.interaction = number(&mut self.interactions, meta.interaction_id.as_deref());
        entry.id = Some(meta.call_id.as_str().into());
        entry.stored = true;
        entry.words = words;
        match &meta.customer {
            Some(customer) => self
                .customers
                .entry(customer.clone())
                .or_default()
                .push(entry),
            None => self.alone.push(entry),
        }
    }

    /// Takes in a row of the table of contacts.
    pub fn contact(&mut self, contact: &Contact) {
        let mut entry = entry_at(&contact.at, contact.channel);
        entry.direction = contact.direction;
        entry.reason = number(&mut self.reasons, contact.reason.as_deref());
        entry.id = contact.reference.as_deref().map(Into::into);
        let table = self.table.get_or_insert_with(|| Table {
            first: entry.day,
            last: entry.day,
            channels: BTreeSet::new(),
        });
        table.first = table.first.min(entry.day);
        table.last = table.last.max(entry.day);
        table.channels.insert(contact.channel);
        self.customers
            .entry(contact.customer.clone())
            .or_default()
            .push(entry);
    }

    pub fn finish(self) -> Index {
        let known = self.customers.into_values().map(|entries| (true, entries));
        let alone = self.alone.into_iter().map(|entry| (false, vec![entry]));
        let mut groups: Vec<Group> = known
            .chain(alone)
            .map(|(known, entries)| Group { known, entries })
            .collect();
        let stored_ids: BTreeSet<Box<str>> = groups
            .iter()
            .flat_map(|group| &group.entries)
            .filter(|entry| entry.stored)
            .filter_map(|entry| entry.id.clone())
            .collect();
        for group in &mut groups {
            let order = |entry: &Entry| (entry.at_ms, entry.id.clone(), entry.channel);
            group.entries.sort_by_cached_key(order);
            leave_out_known_calls(&mut group.entries, &stored_ids);
        }
        drop(stored_ids);
        mark_later_legs(&mut groups);
        for group in &mut groups {
            for at in 0..group.entries.len() {
                group.entries[at].promised = promised_before(&group.entries, at);
            }
        }
        Index::new(groups, self.table)
    }
}

fn entry_at(at: &StartedAt, channel: ContactChannel) -> Entry {
    let local = local_time(at);
    Entry {
        at_ms: at.utc_ms,
        local,
        day: day_of(local.date()),
        channel,
        direction: None,
        reason: None,
        interaction: None,
        id: None,
        stored: false,
        words: Words::Nothing,
        promised: Some(false),
        later_leg: false,
    }
}

/// The wall-clock time of a call.
pub fn local_time(at: &StartedAt) -> DateTime {
    at.local.parse().unwrap_or_else(|_| {
        // Times are written by `recording::when` and can be read back; a store that somebody
        // edited must not end the night.
        let instant = jiff::Timestamp::from_millisecond(at.utc_ms).unwrap_or_default();
        instant.to_zoned(jiff::tz::TimeZone::UTC).datetime()
    })
}

/// Days since 1970-01-01.
fn day_of(date: Date) -> i32 {
    let hours = date.duration_since(Date::constant(1970, 1, 1)).as_hours();
    i32::try_from(hours / 24).expect("a date is less than four million days from 1970")
}

/// One number per text.
fn number(numbers: &mut BTreeMap<String, u32>, text: Option<&str>) -> Option<u32> {
    let text = text?;
    if let Some(number) = numbers.get(text) {
        return Some(*number);
    }
    let next = u32::try_from(numbers.len()).expect("fewer than four billion texts");
    numbers.insert(text.to_string(), next);
    Some(next)
}

/// Takes out calls of the table of contacts that are stored calls.
fn leave_out_known_calls(entries: &mut Vec<Entry>, stored_ids: &BTreeSet<Box<str>>) {
    let stored: Vec<i64> = entries
        .iter()
        .filter(|entry| entry.stored)
        .map(|entry| entry.at_ms)
        .collect();
    entries.retain(|entry| {
        if entry.stored || !entry.is_call() {
            return true;
        }
        let from = stored.partition_point(|at| *at < entry.at_ms - SAME_CALL_MS);
        let near = stored
            .get(from)
            .is_some_and(|at| *at <= entry.at_ms + SAME_CALL_MS);
        let named = entry.id.as_ref().is_some_and(|id| stored_ids.contains(id));
        !near && !named
    });
}

fn mark_later_legs(groups: &mut [Group]) {
    let mut first: BTreeMap<u32, (i64, Option<Box<str>>)> = BTreeMap::new();
    for entry in groups.iter().flat_map(|group| &group.entries) {
        let Some(interaction) = entry.interaction else {
            continue;
        };
        let own = (entry.at_ms, entry.id.clone());
        let earliest = first.entry(interaction).or_insert_with(|| own.clone());
        if own < *earliest {
            *earliest = own;
        }
    }
    for entry in groups.iter_mut().flat_map(|group| &mut group.entries) {
        let Some(interaction) = entry.interaction else {
            continue;
        };
        let (at, id) = &first[&interaction];
        entry.later_leg = (entry.at_ms, &entry.id) != (*at, id);
    }
}

/// The last day of a promise: when it is due, or a week after the call.
fn last_day(entry: &Entry, promise: &Promised) -> i32 {
    match promise.due {
        Some(due) => day_of(due.date()),
        None => entry.day + WITHOUT_DUE_DAYS as i32,
    }
}

/// What became of it is looked for: a promise of the centre that names a time, or is about
/// something that others would notice.
fn is_followed(promise: &Promised) -> bool {
    use PromiseKind::{CallBack, Refund, Repair, Send};
    promise.party == Party::Agent
        && (promise.due.is_some() || matches!(promise.kind, CallBack | Send | Repair | Refund))
}

/// Entries before `at`, newest first, no more than are looked at.
fn before(entries: &[Entry], at: usize) -> impl Iterator<Item = (usize, &Entry)> {
    entries[..at].iter().enumerate().rev().take(MOST_CONTACTS)
}

/// Entries after `at` up to and with `upto`, oldest first, no more than are looked at.
fn after(entries: &[Entry], at: usize, upto: usize) -> impl Iterator<Item = (usize, &Entry)> {
    let later = entries[..=upto].iter().enumerate().skip(at + 1);
    later.take(MOST_CONTACTS)
}

/// Whether a call was promised: the centre's call after it promised one, or the customer's call
/// after they announced one for a day. `None` where that cannot be told.
fn promised_before(entries: &[Entry], at: usize) -> Option<bool> {
    let call = &entries[at];
    if !call.is_call() || call.direction == Some(Direction::Internal) {
        return Some(false);
    }
    let mut pending = (Some(false), Some(false));
    let either = |one: Option<bool>, other: Option<bool>| match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    let horizon = call.day - CONTACT_DAYS as i32;
    for (_, earlier) in before(entries, at).take_while(|(_, e)| e.day >= horizon) {
        let recent = call.day - earlier.day <= (WITHOUT_DUE_DAYS + LATE_DAYS) as i32;
        if matches!(earlier.words, Words::Unread) && recent {
            pending.0 = either(pending.0, None);
        }
        for promise in earlier.promises() {
            let last = last_day(earlier, promise) + LATE_DAYS as i32;
            if promise.kind != PromiseKind::CallBack || call.day > last {
                continue;
            }
            let sure = promise.sure.then_some(true);
            match promise.party {
                Party::Agent => pending.0 = either(pending.0, sure),
                Party::Customer if promise.due.is_some() => pending.1 = either(pending.1, sure),
                Party::Customer => {}
                Party::Unknown => pending.0 = either(pending.0, None),
            }
        }
    }
    match call.direction {
        Some(Direction::Outbound) => pending.0,
        Some(_) => pending.1,
        None if pending == (Some(false), Some(false)) => Some(false),
        None => None,
    }
}

/// The first later contact that shows a promise to be kept.
fn kept_in(entries: &[Entry], at: usize, promise: &Promised, upto: usize) -> Option<usize> {
    let made_in = &entries[at];
    let last = last_day(made_in, promise);
    after(entries, at, upto)
        .take_while(|(_, later)| later.day <= last + PROMISE_DAYS as i32)
        .find(|(_, later)| {
            let matter = made_in.same_matter(later);
            if let Words::Facts(facts) = &later.words
                && facts.arrived.contains(&promise.kind)
                && matter != Some(false)
            {
                return true;
            }
            let in_time = later.day <= last && later.direction == Some(Direction::Outbound);
            in_time
                && match promise.kind {
                    PromiseKind::CallBack => later.channel != ContactChannel::Attempt,
                    PromiseKind::Send => {
                        later.channel == ContactChannel::Written && matter == Some(true)
                    }
                    _ => false,
                }
        })
        .map(|(at, _)| at)
}

/// Words of a customer's claim that tell which kind of promise it is about.
const KIND_WORDS: [(PromiseKind, &[&str]); 4] = [
    (
        PromiseKind::CallBack,
        &[
            "call", "called", "calling", "ring", "rang", "phone", "phoned", "contact", "touch",
        ],
    ),
    (
        PromiseKind::Send,
        &[
            "send",
            "sent",
            "sending",
            "letter",
            "form",
            "email",
            "e-mail",
            "card",
            "parcel",
            "package",
            "deliver",
            "delivered",
            "delivery",
        ],
    ),
    (
        PromiseKind::Repair,
        &[
            "technician",
            "engineer",
            "repair",
            "repaired",
            "fix",
            "fixed",
            "replace",
            "replaced",
        ],
    ),
    (
        PromiseKind::Refund,
        &["refund", "refunded", "money", "credit", "credited"],
    ),
];

/// Which promises of which earlier call the customer says to be broken in call `at`: those of the
/// latest earlier call that made any which were due, not kept, and not about another matter. Of
/// several, those of the kind that the claim names; where it names none, it is not attached.
fn said_broken(entries: &[Entry], at: usize) -> Option<(usize, Vec<usize>)> {
    let call = &entries[at];
    let Words::Facts(facts) = &call.words else {
        return None;
    };
    if facts.claims.is_empty() {
        return None;
    }
    let named: Vec<PromiseKind> = KIND_WORDS
        .iter()
        .filter(|(_, words)| facts.claims.iter().any(|claim| has_word(claim, words)))
        .map(|(kind, _)| *kind)
        .collect();
    let horizon = call.day - CONTACT_DAYS as i32;
    before(entries, at)
        .take_while(|(_, earlier)| earlier.day >= horizon)
        .filter(|(_, earlier)| call.same_matter(earlier) != Some(false))
        .find_map(|(e, earlier)| {
            let due: Vec<usize> = (0..earlier.promises().len())
                .filter(|p| {
                    let promise = &earlier.promises()[*p];
                    is_followed(promise)
                        && promise.sure
                        && promise.due.is_none_or(|due| call.local > due)
                        && call.day <= last_day(earlier, promise) + PROMISE_DAYS as i32
                        && kept_in(entries, e, promise, at - 1).is_none()
                })
                .collect();
            (!due.is_empty()).then_some((e, due))
        })
        .map(|(e, due)| {
            let is_named = |p: &usize| named.contains(&entries[e].promises()[*p].kind);
            let of_kind: Vec<usize> = due.iter().copied().filter(is_named).collect();
            match due.len() {
                1 if named.is_empty() => (e, due),
                _ => (e, of_kind),
            }
        })
}

fn has_word(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '-')
        .any(|word| words.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// What became of a promise, as seen at the end of entry `upto` on day `today`, and where that is
/// seen.
fn state(
    entries: &[Entry],
    (at, p): (usize, usize),
    upto: usize,
    today: i32,
) -> (PromiseState, Option<usize>) {
    let promise = &entries[at].promises()[p];
    let last = last_day(&entries[at], promise);
    let kept = kept_in(entries, at, promise, upto);
    let broken = after(entries, at, kept.map_or(upto, |kept| kept - 1))
        .take_while(|(_, later)| later.day <= last + PROMISE_DAYS as i32)
        .find(|(later, _)| {
            said_broken(entries, *later).is_some_and(|(e, due)| e == at && due.contains(&p))
        });
    if let Some((later, _)) = broken {
        return (PromiseState::SaidBroken, Some(later));
    }
    match kept {
        Some(later) => (PromiseState::Kept, Some(later)),
        None if today <= last => (PromiseState::Open, None),
        None => (PromiseState::NotSeen, None),
    }
}

impl Index {
    /// An index to be filled.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Whether no stored call began on a date.
    pub fn is_empty_on(&self, date: &str) -> bool {
        self.places(date).is_empty()
    }

    fn new(groups: Vec<Group>, table: Option<Table>) -> Self {
        let mut by_id: Vec<Place> = Vec::new();
        for (g, group) in groups.iter().enumerate() {
            for (e, entry) in group.entries.iter().enumerate() {
                if entry.stored {
                    by_id.push((g as u32, e as u32));
                }
            }
        }
        let mut index = Self {
            groups,
            by_id: Vec::new(),
            by_day: BTreeMap::new(),
            table,
        };
        by_id.sort_by(|a, b| index.entry(*a).id.cmp(&index.entry(*b).id));
        for place in &by_id {
            let day = index.entry(*place).day;
            index.by_day.entry(day).or_default().push(*place);
        }
        let mut by_day = std::mem::take(&mut index.by_day);
        for places in by_day.values_mut() {
            // By id already, and the sort is stable.
            places.sort_by_key(|place| index.entry(*place).at_ms);
        }
        index.by_day = by_day;
        index.by_id = by_id;
        index
    }

    fn entry(&self, (group, entry): Place) -> &Entry {
        &self.groups[group as usize].entries[entry as usize]
    }

    fn place(&self, call_id: &str) -> Option<Place> {
        let by_id = |place: &Place| self.entry(*place).id.as_deref().cmp(&Some(call_id));
        let at = self.by_id.binary_search_by(by_id).ok()?;
        Some(self.by_id[at])
    }

    /// Places of the stored calls of a date, `YYYY-MM-DD`, by start and call id.
    fn places(&self, date: &str) -> &[Place] {
        let day = date.parse::<Date>().ok().map(day_of);
        day.and_then(|day| self.by_day.get(&day))
            .map_or(&[], Vec::as_slice)
    }

    fn first_day(&self) -> Option<i32> {
        self.by_day.keys().next().copied()
    }

    fn last_day(&self) -> Option<i32> {
        self.by_day.keys().next_back().copied()
    }

    fn reach(&self, day: i32) -> u32 {
        self.first_day()
            .and_then(|first| u32::try_from(day - first).ok())
            .unwrap_or(0)
    }

    /// What came before a stored call; `None` where there is no such call.
    pub fn history(&self, call_id: &str) -> Option<History> {
        self.place(call_id).map(|place| self.history_at(place))
    }

    /// The histories of a date's calls, by start and call id.
    pub fn histories(&self, date: &str) -> impl Iterator<Item = (String, History)> {
        self.places(date)
            .iter()
            .map(|place| (self.entry(*place).call_id(), self.history_at(*place)))
    }

    fn history_at(&self, place: Place) -> History {
        let group = &self.groups[place.0 as usize];
        let (entries, at) = (&group.entries, place.1 as usize);
        let call = &entries[at];
        let horizon = call.day - CONTACT_DAYS as i32;
        let ago = |entry: &Entry| u32::try_from(call.day - entry.day).unwrap_or(0);
        let mut contacts: Vec<EarlierContact> = Vec::new();
        let mut interactions = BTreeSet::from_iter(call.interaction);
        for (_, earlier) in before(entries, at).take_while(|(_, e)| e.day >= horizon) {
            let leg = earlier.interaction.is_some_and(|i| !interactions.insert(i));
            contacts.push(EarlierContact {
                days_ago: ago(earlier),
                channel: earlier.channel,
                same_matter: call.same_matter(earlier),
                leg,
                id: earlier.reference(),
            });
        }
        let recent = call.day - PROMISE_DAYS as i32;
        let mut promises: Vec<EarlierPromise> = Vec::new();
        let mut promises_unread = false;
        let from = at.saturating_sub(MOST_CONTACTS);
        for (e, earlier) in entries.iter().enumerate().take(at).skip(from) {
            promises_unread |= matches!(earlier.words, Words::Unread) && earlier.day >= recent;
            if earlier.day < horizon {
                continue;
            }
            for (p, promise) in earlier.promises().iter().enumerate() {
                let due_recently = last_day(earlier, promise) >= recent;
                if !is_followed(promise) || earlier.day < recent && !due_recently {
                    continue;
                }
                promises.push(EarlierPromise {
                    call_id: earlier.call_id(),
                    days_ago: ago(earlier),
                    kind: promise.kind,
                    quote: promise.quote.clone(),
                    due: promise.due,
                    state: state(entries, (e, p), at, call.day).0,
                    sure: promise.sure,
                });
            }
        }
        History {
            customer_known: group.known,
            contacts,
            more_contacts: at > MOST_CONTACTS && entries[at - MOST_CONTACTS - 1].day >= horizon,
            promised_call_back: call.promised,
            promises,
            promises_unread,
            reach_days: self.reach(call.day),
            table: self.table.as_ref().map(|table| TableReach {
                channels: table.channels.iter().copied().collect(),
                days: u32::try_from(call.day - table.first).unwrap_or(0),
                up_to_call: table.last >= call.day,
            }),
        }
    }

    /// Rows of `contacts` of a date.
    pub fn contact_rows(&self, date: &str) -> impl Iterator<Item = ContactRow> {
        self.places(date)
            .iter()
            .map(|place| self.contact_row(*place))
    }

    fn contact_row(&self, place: Place) -> ContactRow {
        let group = &self.groups[place.0 as usize];
        let (entries, at) = (&group.entries, place.1 as usize);
        let call = &entries[at];
        let mut row = ContactRow {
            call_id: call.call_id(),
            repeat_of: None,
            days_since: None,
            repeat: [None; 3],
            same_matter: None,
            led_to_repeat: [None; 3],
            promised_call_back: None,
            leg: call.interaction.map(|_| call.later_leg),
        };
        if !group.known {
            return row;
        }
        row.promised_call_back = call.promised;
        let longest = WINDOWS[2] as i32;
        let earlier = || {
            before(entries, at)
                .map(|(_, earlier)| earlier)
                .take_while(|earlier| earlier.day >= call.day - longest)
                .filter(|earlier| earlier.is_call() && !call.same_interaction(earlier))
        };
        let latest = earlier().next();
        let repeated = earlier().find(|earlier| call.same_matter(earlier) != Some(false));
        row.same_matter = repeated.or(latest).and_then(|e| call.same_matter(e));
        let never = call.later_leg
            || call.promised == Some(true)
            || call.direction == Some(Direction::Outbound);
        let found = repeated.filter(|_| !never);
        let cut = at > MOST_CONTACTS && entries[at - MOST_CONTACTS - 1].day >= call.day - longest;
        for (repeat, window) in row.repeat.iter_mut().zip(WINDOWS) {
            *repeat = match found {
                _ if never => Some(false),
                Some(earlier) if call.day - earlier.day <= window as i32 => {
                    call.promised.map(|_| true)
                }
                _ if self.reach(call.day) < window || cut => None,
                _ => Some(false),
            };
        }
        if row.repeat.contains(&Some(true)) {
            row.repeat_of = found.and_then(Entry::reference);
            row.days_since = found.and_then(|e| u32::try_from(call.day - e.day).ok());
        }
        let store_end = self.last_day().unwrap_or(call.day);
        for (led, window) in row.led_to_repeat.iter_mut().zip(WINDOWS) {
            if store_end > call.day + window as i32 {
                *led = led_to_repeat(entries, at, window as i32);
            }
        }
        row
    }

    /// Rows of `promises` of a date. Promises whose words are not sure are left out.
    pub fn promise_rows(&self, date: &str) -> impl Iterator<Item = PromiseRow> {
        let places = self.places(date).iter();
        places.flat_map(|place| self.promise_rows_of(*place))
    }

    fn promise_rows_of(&self, place: Place) -> Vec<PromiseRow> {
        let group = &self.groups[place.0 as usize];
        let (entries, at) = (&group.entries, place.1 as usize);
        let call = &entries[at];
        let today = self.last_day().unwrap_or(call.day);
        let sure = call.promises().iter().enumerate().filter(|(_, p)| p.sure);
        sure.enumerate()
            .map(|(item, (p, promise))| {
                let state = (group.known && is_followed(promise))
                    .then(|| state(entries, (at, p), entries.len() - 1, today));
                PromiseRow {
                    call_id: call.call_id(),
                    item,
                    party: promise.party.as_str(),
                    kind: promise.kind.as_str(),
                    quote: promise.quote.clone(),
                    start_ms: promise.start_ms,
                    hedged: promise.hedged,
                    due: promise
                        .due
                        .map(|due| due.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
                    state: state.map(|(state, _)| state.as_str()),
                    seen_in: state.and_then(|(_, seen)| entries[seen?].reference()),
                }
            })
            .collect()
    }
}

/// Whether the customer had to be in contact again within so many days.
fn led_to_repeat(entries: &[Entry], at: usize, window: i32) -> Option<bool> {
    let call = &entries[at];
    let mut sure = true;
    let mut seen = 0;
    let last = entries.len() - 1;
    for (_, later) in after(entries, at, last).take_while(|(_, l)| l.day <= call.day + window) {
        seen += 1;
        let counts = later.is_call()
            && later.direction != Some(Direction::Outbound)
            && !later.later_leg
            && !call.same_interaction(later)
            && call.same_matter(later) != Some(false);
        match later.promised {
            Some(false) if counts => return Some(true),
            None if counts => sure = false,
            _ => {}
        }
    }
    (sure && seen < MOST_CONTACTS).then_some(false)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::history::Told;
    use crate::recording::when::{parse_started_at, zone_by_name};
    use crate::rubric;

    fn at(text: &str) -> StartedAt {
        parse_started_at(text, Some(&zone_by_name("Europe/Berlin").unwrap())).unwrap()
    }

    fn call(id: &str, started: &str, direction: Direction, reason: &str) -> CallMeta {
        CallMeta {
            call_id: id.into(),
            file: format!("{id}.wav"),
            agent: "ann".into(),
            team: None,
            queue: None,
            customer: Some("cu".into()),
            started_at: at(started),
            agent_channel: Some(0),
            interaction_id: None,
            leg: None,
            direction: Some(direction),
            first_communication: None,
            language: None,
            reason: (!reason.is_empty()).then(|| reason.into()),
            talk_s: None,
            hold_s: None,
            acw_s: None,
            disclosure_by_ivr: None,
            extra: BTreeMap::new(),
        }
    }

    fn promise(kind: PromiseKind, due: Option<&str>) -> Promised {
        Promised {
            party: Party::Agent,
            kind,
            quote: "I will".into(),
            start_ms: 1_000,
            hedged: false,
            sure: true,
            due: due.map(|due| due.parse().unwrap()),
        }
    }

    fn promising(promises: Vec<Promised>) -> CallFacts {
        CallFacts {
            promises,
            ..CallFacts::default()
        }
    }

    fn claiming(claim: &str) -> CallFacts {
        CallFacts {
            claims: vec![claim.into()],
            ..CallFacts::default()
        }
    }

    fn index_of(calls: Vec<(CallMeta, CallFacts)>) -> Index {
        let mut builder = Index::builder();
        for (meta, facts) in calls {
            builder.call(&meta, Some(facts));
        }
        builder.finish()
    }

    fn row(index: &Index, id: &str) -> ContactRow {
        index.contact_row(index.place(id).unwrap())
    }

    /// A call of another customer, so that the store reaches to its date.
    fn other(date: &str) -> (CallMeta, CallFacts) {
        let mut meta = call(&format!("other {date}"), &format!("{date} 09:00"), IN, "");
        meta.customer = Some("somebody else".into());
        (meta, CallFacts::default())
    }

    const IN: Direction = Direction::Inbound;
    const OUT: Direction = Direction::Outbound;
    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);

    #[test]
    fn a_repeat_is_about_the_same_matter_and_no_promised_call_back() {
        let nothing = CallFacts::default;
        let back = promise(PromiseKind::CallBack, Some("2026-03-10T18:00:00"));
        let index = index_of(vec![
            other("2026-03-01"),
            (call("first", "2026-03-06 10:00", IN, "down"), nothing()),
            (call("bill", "2026-03-08 10:00", IN, "bill"), nothing()),
            (
                call("again", "2026-03-09 23:50", IN, "down"),
                promising(vec![back]),
            ),
            (
                call("call-back", "2026-03-10 00:10", OUT, "down"),
                nothing(),
            ),
            (call("unknown", "2026-03-20 09:00", IN, ""), nothing()),
            other("2026-03-20"),
        ]);
        let first = row(&index, "first");
        assert_eq!((first.repeat, first.repeat_of), ([NO, None, None], None));
        assert_eq!(first.led_to_repeat, [NO, YES, None]);
        let bill = row(&index, "bill");
        assert_eq!(bill.repeat, [NO, NO, None]);
        assert_eq!(bill.same_matter, NO);
        // The call of unknown matter may be about the bill.
        assert_eq!(bill.led_to_repeat, [NO, NO, None]);
        let again = row(&index, "again");
        assert_eq!(again.repeat, [NO, YES, YES]);
        assert_eq!(again.repeat_of.as_deref(), Some("first"));
        assert_eq!((again.days_since, again.same_matter), (Some(3), YES));
        // The next contact was promised.
        assert_eq!(again.led_to_repeat, [NO, NO, None]);
        let call_back = row(&index, "call-back");
        assert_eq!(call_back.promised_call_back, YES);
        assert_eq!(call_back.repeat, [NO; 3]);
        assert_eq!(call_back.repeat_of, None);
        let unknown = row(&index, "unknown");
        assert_eq!(unknown.repeat, [NO, NO, YES]);
        assert_eq!(unknown.repeat_of.as_deref(), Some("call-back"));
        assert_eq!(
            (unknown.same_matter, unknown.led_to_repeat),
            (None, [None; 3])
        );
    }

    #[test]
    fn legs_of_one_interaction_repeat_nothing() {
        let leg = |id: &str, started: &str| {
            let mut meta = call(id, started, IN, "bill");
            meta.interaction_id = Some("i1".into());
            (meta, CallFacts::default())
        };
        let index = index_of(vec![
            other("2026-01-01"),
            (
                call("before", "2026-03-01 10:00", IN, "bill"),
                CallFacts::default(),
            ),
            leg("one", "2026-03-02 10:00"),
            leg("two", "2026-03-02 10:10"),
            other("2026-03-09"),
        ]);
        let (one, two) = (row(&index, "one"), row(&index, "two"));
        assert_eq!((one.leg, one.repeat), (NO, [YES; 3]));
        assert_eq!(one.led_to_repeat, [NO, None, None]);
        assert_eq!((two.leg, two.repeat), (YES, [NO; 3]));
        assert_eq!(row(&index, "before").leg, None);
        // Two legs are one contact.
        let asked = rubric::EarlierContact {
            within_days: 7,
            same_matter: true,
            channels: vec![ContactChannel::Call],
            at_least: Some(2),
        };
        let mut later = index_of(vec![
            other("2026-01-01"),
            leg("one", "2026-03-02 10:00"),
            leg("two", "2026-03-02 10:10"),
            (
                call("c", "2026-03-03 10:00", IN, "bill"),
                CallFacts::default(),
            ),
        ]);
        let told = |index: &Index| -> Told { index.history("c").unwrap().earlier_contact(&asked) };
        assert_eq!(told(&later).truth, NO);
        later.groups[0].entries[0].interaction = None;
        assert_eq!(told(&later).truth, YES);
    }

    #[test]
    fn a_call_of_the_table_that_is_stored_counts_once() {
        let mut builder = Index::builder();
        for (meta, facts) in [
            other("2026-02-01"),
            (call("a", "2026-03-01 10:00", IN, ""), CallFacts::default()),
            (call("b", "2026-03-05 10:00", IN, ""), CallFacts::default()),
        ] {
            builder.call(&meta, Some(facts));
        }
        for (when, channel, reference) in [
            ("2026-03-01 10:00:40", ContactChannel::Call, None),
            ("2026-03-02 10:00", ContactChannel::Call, Some("b")),
            ("2026-03-03 10:00", ContactChannel::Written, None),
            (
                "2026-03-04 10:00",
                ContactChannel::Call,
                Some("other system"),
            ),
        ] {
            builder.contact(&Contact {
                customer: "cu".into(),
                at: at(when),
                channel,
                direction: Some(IN),
                reason: None,
                reference: reference.map(str::to_string),
            });
        }
        let index = builder.finish();
        let ago: Vec<u32> = index
            .history("b")
            .unwrap()
            .contacts
            .iter()
            .map(|c| c.days_ago)
            .collect();
        assert_eq!(ago, [1, 2, 4]);
        assert_eq!(row(&index, "b").repeat_of.as_deref(), Some("other system"));
        let table = index.history("b").unwrap().table.unwrap();
        assert_eq!((table.days, table.up_to_call), (4, false));
    }

    /// The state of the first promise of `made`, and where it is seen.
    fn state_of(made: Promised, later: Vec<(CallMeta, CallFacts)>, end: &str) -> (String, String) {
        let mut calls = vec![(
            call("made", "2026-03-02 10:00", IN, "x"),
            promising(vec![made]),
        )];
        calls.extend(later);
        calls.push(other(end));
        let rows = index_of(calls);
        let row = rows.promise_rows("2026-03-02").next().unwrap();
        (
            row.state.unwrap_or("-").into(),
            row.seen_in.unwrap_or_default(),
        )
    }

    #[test]
    fn a_promise_is_kept_broken_open_or_not_seen() {
        use PromiseKind::{CallBack, Check, Send};
        let due = Some("2026-03-04T12:00:00");
        let nothing = CallFacts::default;
        let is = |state: &str, seen: &str| (state.to_string(), seen.to_string());
        let out = |when: &str| vec![(call("out", when, OUT, "x"), nothing())];

        assert_eq!(
            state_of(promise(CallBack, due), vec![], "2026-03-04"),
            is("open", "")
        );
        assert_eq!(
            state_of(promise(CallBack, due), vec![], "2026-03-05"),
            is("not_seen", "")
        );
        // The rest of the day is grace.
        let late = state_of(
            promise(CallBack, due),
            out("2026-03-04 19:00"),
            "2026-03-05",
        );
        assert_eq!(late, is("kept", "out"));
        let later = state_of(
            promise(CallBack, due),
            out("2026-03-05 09:00"),
            "2026-03-05",
        );
        assert_eq!(later, is("not_seen", ""));
        assert_eq!(
            state_of(promise(CallBack, None), vec![], "2026-03-09"),
            is("open", "")
        );
        // A call shows nothing of a letter; the customer's word does.
        let letter = state_of(promise(Send, due), out("2026-03-03 09:00"), "2026-03-05");
        assert_eq!(letter, is("not_seen", ""));
        let arrived = CallFacts {
            arrived: vec![Send],
            ..CallFacts::default()
        };
        let thanks = vec![(call("thanks", "2026-03-20 09:00", IN, "x"), arrived)];
        assert_eq!(
            state_of(promise(Send, due), thanks, "2026-03-20"),
            is("kept", "thanks")
        );

        let claim = |when: &str, reason: &str, words: &str| {
            vec![(call("claim", when, IN, reason), claiming(words))]
        };
        let broken = |claims| state_of(promise(CallBack, due), claims, "2026-04-20");
        let nobody = "nobody called me back";
        assert_eq!(
            broken(claim("2026-03-04 12:01", "x", nobody)),
            is("said_broken", "claim")
        );
        assert_eq!(
            broken(claim("2026-03-04 12:01", "", nobody)),
            is("said_broken", "claim")
        );
        // Before it was due, too late, about another matter, about another kind of promise.
        assert_eq!(
            broken(claim("2026-03-04 11:59", "x", nobody)),
            is("not_seen", "")
        );
        assert_eq!(
            broken(claim("2026-04-04 12:00", "x", nobody)),
            is("not_seen", "")
        );
        assert_eq!(
            broken(claim("2026-03-05 09:00", "y", nobody)),
            is("not_seen", "")
        );
        assert_eq!(
            broken(claim("2026-03-05 09:00", "x", "the letter never came")),
            is("not_seen", "")
        );
        let kept_first = [
            out("2026-03-03 09:00"),
            claim("2026-03-05 09:00", "x", nobody),
        ]
        .concat();
        assert_eq!(broken(kept_first), is("kept", "out"));

        // Not followed: within the call, of the customer, of an unknown customer.
        assert_eq!(
            state_of(promise(Check, None), vec![], "2026-04-20"),
            is("-", "")
        );
        let own = Promised {
            party: Party::Customer,
            ..promise(CallBack, due)
        };
        assert_eq!(state_of(own, vec![], "2026-04-20"), is("-", ""));
    }

    #[test]
    fn the_call_itself_may_keep_a_promise_or_say_that_it_was_broken() {
        use PromiseState::{Kept, NotSeen, SaidBroken};
        let back = promise(PromiseKind::CallBack, Some("2026-03-03T23:59:59"));
        let told = |later: CallMeta, facts: CallFacts| {
            let made = (
                call("made", "2026-03-02 10:00", IN, "x"),
                promising(vec![back.clone()]),
            );
            let index = index_of(vec![other("2026-01-01"), made, (later, facts)]);
            let history = index.history("later").unwrap();
            history.promises.iter().map(|p| p.state).collect::<Vec<_>>()
        };
        let kept = told(
            call("later", "2026-03-03 12:00", OUT, "x"),
            CallFacts::default(),
        );
        assert_eq!(kept, [Kept]);
        let inbound = || call("later", "2026-03-04 12:00", IN, "x");
        assert_eq!(told(inbound(), CallFacts::default()), [NotSeen]);
        assert_eq!(told(inbound(), claiming("you did not call")), [SaidBroken]);
    }

    fn any_call() -> impl Strategy<Value = (CallMeta, CallFacts)> {
        let reasons = prop_oneof![Just(""), Just("bill"), Just("move")];
        let directions = prop_oneof![Just(Some(IN)), Just(Some(OUT)), Just(None)];
        let facts = prop_oneof![
            4 => Just(CallFacts::default()),
            2 => (0..20_u8).prop_map(|day| {
                let due = format!("2026-03-{:02}T12:00:00", day + 1);
                promising(vec![promise(PromiseKind::CallBack, Some(&due))])
            }),
            1 => Just(claiming("nobody called")),
        ];
        (
            0..3_u8,
            0..40_i64,
            0..24_u8,
            directions,
            reasons,
            facts,
            0..3_u8,
        )
            .prop_map(
                |(customer, day, hour, direction, reason, facts, interaction)| {
                    let date = Date::constant(2026, 3, 1) + jiff::Span::new().days(day);
                    let mut meta = call("", &format!("{date} {hour:02}:00"), IN, reason);
                    meta.direction = direction;
                    meta.customer = (customer > 0).then(|| format!("cu{customer}"));
                    meta.interaction_id = (interaction > 0).then(|| format!("{date}"));
                    (meta, facts)
                },
            )
    }

    fn any_calls() -> impl Strategy<Value = Vec<(CallMeta, CallFacts)>> {
        proptest::collection::vec(any_call(), 1..40).prop_map(|mut calls| {
            for (n, (meta, _)) in calls.iter_mut().enumerate() {
                meta.call_id = format!("c{n}");
            }
            calls
        })
    }

    proptest! {
        /// A history looks backward only: later calls change nothing in it.
        #[test]
        fn later_calls_change_no_history(calls in any_calls()) {
            let whole = index_of(calls.clone());
            for (meta, _) in &calls {
                let key = |m: &CallMeta| (m.started_at.utc_ms, m.call_id.clone());
                let until: Vec<_> = calls
                    .iter()
                    .filter(|(other, _)| key(other) <= key(meta))
                    .cloned()
                    .collect();
                let then = index_of(until);
                prop_assert_eq!(whole.history(&meta.call_id), then.history(&meta.call_id));
                let (now, then) = (row(&whole, &meta.call_id), row(&then, &meta.call_id));
                prop_assert_eq!((now.repeat, now.repeat_of), (then.repeat, then.repeat_of));
            }
        }

        /// What looks forward and what looks backward agree.
        #[test]
        fn a_call_led_to_a_repeat_where_another_repeats_it(calls in any_calls()) {
            let index = index_of(calls.clone());
            let rows: BTreeMap<String, ContactRow> = calls
                .iter()
                .map(|(meta, _)| (meta.call_id.clone(), row(&index, &meta.call_id)))
                .collect();
            for row in rows.values() {
                for w in 1..3 {
                    // A wider window finds no less.
                    let widened = row.repeat[w - 1] != YES || row.repeat[w] == YES;
                    prop_assert!(widened, "{row:?}");
                    let closed = row.led_to_repeat[w] == NO;
                    prop_assert!(!closed || row.led_to_repeat[w - 1] == NO, "{row:?}");
                }
                let Some(repeated) = &row.repeat_of else { continue };
                for (w, window) in WINDOWS.into_iter().enumerate() {
                    if row.repeat[w] == YES {
                        prop_assert!(row.days_since.unwrap() <= window);
                        prop_assert!(rows[repeated].led_to_repeat[w] != NO);
                    }
                }
            }
        }
    }
}
