//! Rules about earlier contacts and promises: true, false or unknown, with what speaks for it.

use super::{EarlierContact, EarlierPromise, History, PROMISE_DAYS};
use crate::recording::contacts::ContactChannel;
use crate::rubric::{EarlierContact as ContactRule, EarlierPromise as PromiseRule, PromiseState};

/// Items that are shown behind an answer.
const SHOWN: usize = 5;

/// What the history says to a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// `None` where it cannot be told.
    pub truth: Option<bool>,
    /// Why, for people: a lower-case fragment.
    pub reason: String,
    /// What it rests on, newest first.
    pub items: Vec<Item>,
}

/// One contact or promise, to be shown as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The call or the `ref` of the contact.
    pub id: Option<String>,
    /// Words of the other call, where it is about words.
    pub quote: Option<String>,
    /// For people.
    pub note: String,
}

impl Told {
    fn new(truth: Option<bool>, reason: impl Into<String>) -> Self {
        Self {
            truth,
            reason: reason.into(),
            items: Vec::new(),
        }
    }

    fn with(mut self, items: impl IntoIterator<Item = Item>) -> Self {
        self.items = items.into_iter().take(SHOWN).collect();
        self
    }
}

impl History {
    /// Whether the customer was in contact before. Found is sure; not found is so only where the
    /// store and the table of contacts reach back far enough.
    pub fn earlier_contact(&self, rule: &ContactRule) -> Told {
        if !self.customer_known {
            return Told::new(None, "the customer of this call is not given");
        }
        // That is about repeats; what a dialler attempted is counted as it is.
        let attempts = rule.channels == [ContactChannel::Attempt];
        if self.promised_call_back == Some(true) && !attempts {
            return Told::new(
                Some(false),
                "this call is one that was promised, and so no repeat",
            );
        }
        let needed = rule.at_least.unwrap_or(1).max(1) as usize;
        let counted: Vec<&EarlierContact> = self
            .contacts
            .iter()
            .filter(|c| !c.leg && c.days_ago <= rule.within_days)
            .filter(|c| rule.channels.contains(&c.channel))
            .filter(|c| !rule.same_matter || c.same_matter != Some(false))
            .collect();
        let sure = |c: &&&EarlierContact| !rule.same_matter || c.same_matter == Some(true);
        let found = counted.iter().filter(sure).count();
        let items = counted.iter().map(|c| item_of(c));
        if found >= needed {
            let told = match self.promised_call_back {
                None if !attempts => Told::new(
                    None,
                    "the customer was in contact before, but whether this call was promised then cannot be told",
                ),
                _ => Told::new(Some(true), number_found(found, rule)),
            };
            return told.with(items);
        }
        if counted.len() >= needed {
            return Told::new(
                None,
                "the customer was in contact before, but whether about the same matter cannot be told: a reason is missing",
            )
            .with(items);
        }
        match self.unseen(rule) {
            Some(reason) => Told::new(None, reason).with(items),
            None => Told::new(Some(false), number_found(found, rule)).with(items),
        }
    }

    /// Why contacts may have happened that are not listed.
    fn unseen(&self, rule: &ContactRule) -> Option<String> {
        if self.more_contacts {
            return Some(
                "this customer's id has so many contacts that it may stand for many people".into(),
            );
        }
        for channel in &rule.channels {
            if *channel == ContactChannel::Call {
                if self.reach_days < rule.within_days {
                    return Some(reaches_back(self.reach_days));
                }
                continue;
            }
            let name = channel.as_str();
            let Some(table) = self.table.as_ref().filter(|t| t.channels.contains(channel)) else {
                return Some(format!(
                    "there is no table of contacts with the channel `{name}`"
                ));
            };
            if table.days < rule.within_days {
                return Some(format!(
                    "the table of contacts begins only {} before this call",
                    days(table.days)
                ));
            }
            if !table.up_to_call {
                return Some("the table of contacts ends before the day of this call".into());
            }
        }
        None
    }

    /// Whether a promise of an earlier call to this customer is in one of these states at the
    /// end of this call. Promises of the last [`PROMISE_DAYS`] are looked at, and older ones that
    /// were due within them.
    pub fn earlier_promise(&self, rule: &PromiseRule) -> Told {
        if !self.customer_known {
            return Told::new(None, "the customer of this call is not given");
        }
        let matching = |sure: bool| {
            self.promises
                .iter()
                .rev()
                .filter(move |p| p.sure == sure && rule.is.contains(&p.state))
        };
        let found = matching(true).count();
        if found > 0 {
            return Told::new(Some(true), promises_found(found))
                .with(matching(true).map(promise_item));
        }
        if matching(false).count() > 0 {
            return Told::new(
                None,
                "an earlier call may have promised something, but its words are not sure",
            )
            .with(matching(false).map(promise_item));
        }
        if self.promises_unread {
            return Told::new(
                None,
                "what was promised in an earlier call of this customer is not known",
            );
        }
        if self.more_contacts {
            return Told::new(
                None,
                "this customer's id has so many contacts that it may stand for many people",
            );
        }
        if self.reach_days < PROMISE_DAYS {
            return Told::new(None, reaches_back(self.reach_days));
        }
        Told::new(Some(false), "no earlier call made such a promise")
            .with(self.promises.iter().rev().map(promise_item))
    }
}

fn reaches_back(reach: u32) -> String {
    format!("the first stored call is only {} older", days(reach))
}

fn days(n: u32) -> String {
    match n {
        1 => "1 day".into(),
        n => format!("{n} days"),
    }
}

fn ago(n: u32) -> String {
    match n {
        0 => "on the same day".into(),
        n => format!("{} before", days(n)),
    }
}

fn number_found(found: usize, rule: &ContactRule) -> String {
    let matter = if rule.same_matter {
        " about the same matter"
    } else {
        ""
    };
    let number = match found {
        0 => "no earlier contact".to_string(),
        1 => "1 earlier contact".to_string(),
        n => format!("{n} earlier contacts"),
    };
    format!("{number}{matter} within {}", days(rule.within_days))
}

fn promises_found(found: usize) -> String {
    match found {
        1 => "1 promise of an earlier call".into(),
        n => format!("{n} promises of earlier calls"),
    }
}

fn item_of(contact: &EarlierContact) -> Item {
    let matter = match contact.same_matter {
        Some(true) => "the same matter",
        Some(false) => "another matter",
        None => "whether the same matter is not known",
    };
    let channel = contact.channel.as_str();
    let name = match &contact.id {
        Some(id) => format!("{channel} {id}"),
        None => channel.to_string(),
    };
    Item {
        id: contact.id.clone(),
        quote: None,
        note: format!("{} {}: {matter}", name, ago(contact.days_ago)),
    }
}

fn promise_item(promise: &EarlierPromise) -> Item {
    let state = match promise.state {
        PromiseState::Kept => "kept",
        PromiseState::NotSeen => "nothing shows that it was kept",
        PromiseState::Open => "its time is not over",
        PromiseState::SaidBroken => "the customer says that it was broken",
    };
    let due = match &promise.due {
        Some(due) => format!(", due {}", due.strftime("%Y-%m-%d %H:%M")),
        None => String::new(),
    };
    Item {
        id: Some(promise.call_id.clone()),
        quote: Some(promise.quote.clone()),
        note: format!(
            "promised in call {} {}{due}: {state}",
            promise.call_id,
            ago(promise.days_ago)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::promises::PromiseKind;

    fn call(days_ago: u32, same_matter: Option<bool>) -> EarlierContact {
        EarlierContact {
            days_ago,
            channel: ContactChannel::Call,
            same_matter,
            leg: false,
            id: Some(format!("c{days_ago}")),
        }
    }

    fn rule(within_days: u32, same_matter: bool, channels: &[ContactChannel]) -> ContactRule {
        ContactRule {
            within_days,
            same_matter,
            channels: channels.to_vec(),
            at_least: None,
        }
    }

    #[test]
    fn found_is_sure_and_not_found_needs_a_store_that_reaches_back() {
        use ContactChannel::{Attempt, Call, Written};
        let mut history = History::complete(vec![call(3, None), call(20, Some(false))], vec![]);
        history.reach_days = 25;
        history.table = None;
        let truth = |h: &History, rule: ContactRule| h.earlier_contact(&rule).truth;

        assert_eq!(truth(&history, rule(3, false, &[Call])), Some(true));
        assert_eq!(truth(&history, rule(2, false, &[Call])), Some(false));
        // One of unknown matter, one of another; and then the store ends.
        assert_eq!(truth(&history, rule(7, true, &[Call])), None);
        let two = ContactRule {
            at_least: Some(2),
            ..rule(25, true, &[Call])
        };
        assert_eq!(truth(&history, two.clone()), Some(false));
        let further = ContactRule {
            within_days: 30,
            ..two
        };
        assert_eq!(truth(&history, further), None);

        // Found among calls is enough, whatever the table would add.
        assert_eq!(
            truth(&history, rule(7, false, &[Call, Written])),
            Some(true)
        );
        assert_eq!(truth(&history, rule(7, false, &[Attempt])), None);
        history.table = Some(super::super::TableReach {
            channels: vec![Attempt],
            days: 7,
            up_to_call: true,
        });
        assert_eq!(truth(&history, rule(7, false, &[Attempt])), Some(false));
        assert_eq!(truth(&history, rule(8, false, &[Attempt])), None);
        assert_eq!(truth(&history, rule(7, false, &[Written])), None);

        history.contacts[0].leg = true;
        assert_eq!(truth(&history, rule(7, false, &[Call])), Some(false));
        history.contacts[0].leg = false;
        history.promised_call_back = None;
        assert_eq!(truth(&history, rule(7, false, &[Call])), None);
        history.promised_call_back = Some(true);
        assert_eq!(truth(&history, rule(7, false, &[Call])), Some(false));
        history.customer_known = false;
        assert_eq!(truth(&history, rule(7, false, &[Call])), None);
    }

    #[test]
    fn a_doubtful_promise_is_neither_there_nor_not_there() {
        let promise = EarlierPromise {
            call_id: "c1".into(),
            days_ago: 2,
            kind: PromiseKind::CallBack,
            quote: "I will call you tomorrow".into(),
            due: None,
            state: PromiseState::NotSeen,
            sure: true,
        };
        let asks = |is: &[PromiseState]| PromiseRule { is: is.to_vec() };
        let mut history = History::complete(vec![], vec![promise]);
        let told = history.earlier_promise(&asks(&[PromiseState::NotSeen]));
        assert_eq!(told.truth, Some(true));
        assert_eq!(
            told.items[0].note,
            "promised in call c1 2 days before: nothing shows that it was kept"
        );
        let kept = asks(&[PromiseState::Kept]);
        assert_eq!(history.earlier_promise(&kept).truth, Some(false));
        history.reach_days = 29;
        assert_eq!(history.earlier_promise(&kept).truth, None);
        history.promises[0].sure = false;
        let not_seen = asks(&[PromiseState::NotSeen]);
        assert_eq!(history.earlier_promise(&not_seen).truth, None);
    }
}
