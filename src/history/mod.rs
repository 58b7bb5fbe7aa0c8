//! What came before a call and after it: earlier contacts of the same customer, and what became
//! of promises.
//!
//! Looks at small facts of all stored calls ([`Index`]), not at their words; those were read once
//! ([`facts`]). What a rule may ask is looked for backward only and comes as a [`History`]; what
//! came after stands in the tables `contacts` and `promises`. Whether a matter was settled is not
//! known here: a repeat contact is a proxy, and no first-contact resolution. Definitions:
//! `docs/contacts.md`.

pub mod facts;
mod index;
mod told;

pub use facts::CallFacts;
pub use index::{Builder, ContactRow, Index, PromiseRow, local_time};
pub use told::{Item, Told};

use jiff::civil::DateTime;
use serde::Serialize;

use crate::conversation::promises::PromiseKind;
use crate::recording::contacts::ContactChannel;
use crate::rubric::PromiseState;

/// Contacts further back than this are not looked at, in days.
pub const CONTACT_DAYS: u32 = 366;

/// Promises are looked at for so many days after the call in which they were made, or after they
/// were due.
pub const PROMISE_DAYS: u32 = 30;

/// A promise of a call-back, or of something to be sent, repaired or paid back, that names no
/// day is taken to mean a week.
pub const WITHOUT_DUE_DAYS: u32 = 7;

/// A call so many days after a call-back was due is still that call-back, if a late one.
pub const LATE_DAYS: u32 = 3;

/// No more contacts of one customer are looked at: an id with more stands for many people.
pub const MOST_CONTACTS: usize = 200;

/// What a call's customer did before it, and what had been promised to them. Backward only: what
/// came after the call changes nothing here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct History {
    /// Whose call it is can be told.
    pub customer_known: bool,
    /// Newest first, no more than [`MOST_CONTACTS`].
    pub contacts: Vec<EarlierContact>,
    /// There are more contacts than are looked at.
    pub more_contacts: bool,
    /// This call is itself a call-back that was promised, or the customer's call that was
    /// announced; `None` where that cannot be told.
    pub promised_call_back: Option<bool>,
    /// Promises of the centre in earlier calls, as they stand at the end of this call; in the
    /// order in which they were made.
    pub promises: Vec<EarlierPromise>,
    /// What was promised in some of the earlier calls is not known.
    pub promises_unread: bool,
    /// So many days before the call lies the first stored call.
    pub reach_days: u32,
    /// What the table of contacts covers; `None` where there is no table.
    pub table: Option<TableReach>,
}

/// One contact before the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EarlierContact {
    /// Calendar days before the call, each on its own local date; 0 on the same day.
    pub days_ago: u32,
    pub channel: ContactChannel,
    /// Whether it was about the same matter; `None` where a reason is missing.
    pub same_matter: Option<bool>,
    /// It is a leg of this call's interaction, or of one that a later leg stands for.
    pub leg: bool,
    /// The call id, or the `ref` of the table of contacts.
    pub id: Option<String>,
}

/// One promise before the call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EarlierPromise {
    pub call_id: String,
    pub days_ago: u32,
    #[serde(serialize_with = "as_text")]
    pub kind: PromiseKind,
    pub quote: String,
    /// On the clock of the call in which it was made.
    pub due: Option<DateTime>,
    /// As it stands at the end of the call that is asked about.
    #[serde(serialize_with = "state_as_text")]
    pub state: PromiseState,
    /// All its words were heard without doubt, and it is the centre's.
    pub sure: bool,
}

/// What the table of contacts covers, from its first row to its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReach {
    /// Channels of which it has at least one row; of others it says nothing.
    pub channels: Vec<ContactChannel>,
    /// So many days before the call lies its first row.
    pub days: u32,
    /// Its last row is of the call's date or later.
    pub up_to_call: bool,
}

impl History {
    /// A known customer, a store that reaches back far enough, and a table of contacts that
    /// covers everything: what is not listed did not happen.
    pub fn complete(contacts: Vec<EarlierContact>, promises: Vec<EarlierPromise>) -> Self {
        Self {
            customer_known: true,
            contacts,
            more_contacts: false,
            promised_call_back: Some(false),
            promises,
            promises_unread: false,
            reach_days: CONTACT_DAYS,
            table: Some(TableReach {
                channels: ContactChannel::ALL.to_vec(),
                days: CONTACT_DAYS,
                up_to_call: true,
            }),
        }
    }
}

fn as_text<S: serde::Serializer>(kind: &PromiseKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.as_str())
}

fn state_as_text<S: serde::Serializer>(state: &PromiseState, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(state.as_str())
}
