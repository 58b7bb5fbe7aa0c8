//! The redactor and the settings of today, applied to everything that is stored.
//!
//! Nothing is transcribed and no recording is read. A stop at any moment is made good by the
//! next call: what is done carries its mark, and dates whose tables are older than their
//! transcripts are noted. Left out on purpose: the forms of the settings; each date is scored
//! with those that it was published with, so that nothing but the redaction changes.

use std::collections::BTreeSet;

use super::forget::{CALIBRATION_WENT, Desk, LOST_FORM, Made};
use super::plan::{self, KeyUse};
use super::renew::{Renewal, Renewed, due};
use super::run::Clock;
use super::signals::Signals;
use super::staging;
use super::status::transcripts;
use super::store::Store;
use super::{BatchError, threads};
use crate::config::Settings;
use crate::recording::key::KeyFor;
use crate::redaction::policy::Action;
use crate::transcript::RedactedKind;

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    pub renewed: Renewed,
    pub made: Made,
    /// Transcripts that are stored.
    pub transcripts: usize,
    pub warnings: Vec<String>,
}

/// Redacts all stored transcripts again that were redacted otherwise, and makes the tables of
/// those again that changed.
///
/// # Errors
/// Where nothing is stored, and all that can go wrong in a run.
pub fn redact(settings: &Settings, signals: &Signals) -> Result<Report, BatchError> {
    if !Store::exists(&settings.out) {
        return Err(BatchError::NothingStored(settings.out.clone()));
    }
    let clock = Clock::start(settings.zone.as_ref());
    let pool = threads::pool(settings.jobs)?;
    // Of a table of calls, names go into marks.
    let key_use = match &settings.calls {
        Some(_) => KeyUse::Make,
        None => KeyUse::LookOnly,
    };
    let key = plan::customer_key(settings, key_use)?;
    let redaction = plan::redaction(settings, &key, KeyUse::Make)?;
    let store = Store::open(&settings.out)?.for_readers(settings.people.readers);
    staging::recover(&store)?;
    let agents = plan::agents(settings, KeyUse::Rehearse)?;
    plan::hold_agents(&store, agents.as_ref())?;
    if settings.calls.is_some() {
        plan::hold_key(&store, &key)?;
    }
    let names = plan::names_in_calls(settings, &key, agents.as_ref())?;
    plan::settle_redaction_key(&store, &redaction.policy)?;
    let desk = Desk {
        store: &store,
        settings,
        key: &key,
        agents: agents.as_ref(),
        pool: &pool,
        signals,
        clock: &clock,
    };
    let (_, warnings) = desk.settle(None)?;
    let mut report = Report {
        warnings,
        ..Report::default()
    };
    let renewal = Renewal {
        store: &store,
        redaction: &redaction,
        pool: &pool,
        signals,
    };
    desk.remove_half_written()?;
    let dates = store.call_dates()?;
    let due = due(&store, &dates, &redaction, &names, &pool)?;
    if redaction.policy.action(RedactedKind::Name) != Action::Keep {
        let unlisted = due.iter().filter(|due| due.unlisted).count();
        let warning = names_not_looked_for(unlisted, settings.calls.is_some());
        report.warnings.extend(warning);
    }
    report.renewed = renewal.renew(due)?;
    let used = desk.used_transcripts()?;
    let mut unused: BTreeSet<String> = transcripts(&store.transcripts_folder())?
        .into_keys()
        .collect();
    report.transcripts = unused.len();
    unused.retain(|key| !used.contains(key));
    renewal.renew_unused(&unused, &mut report.renewed)?;
    // With what an earlier call did not come to.
    let mut stale = store.stale_dates()?;
    stale.extend(report.renewed.dates.iter().cloned());
    if !stale.is_empty() {
        report.made = desk.make_dates_again("redact", &stale)?;
    }
    // With ratings at hand, they are made again where tables are.
    let calibrates = !settings.calibration.ratings.is_empty() && !report.made.made_again.is_empty();
    if report.renewed.calibration && !calibrates {
        report.warnings.push(CALIBRATION_WENT.to_string());
    }
    // No hash is left then, and another key may be used for the next.
    if !settings.redaction.actions.hash_any() && report.renewed.unread == 0 {
        store.remove_key_check(KeyFor::Redaction)?;
    }
    if !report.made.lost_forms.is_empty() {
        report.warnings.push(LOST_FORM.to_string());
    }
    report.warnings.extend(report.renewed.copies.notices());
    report.warnings.extend(store.warnings());
    store.sign_off()?;
    Ok(report)
}

/// A word about calls whose customers' names could not be looked for.
fn names_not_looked_for(calls: usize, with_table: bool) -> Option<String> {
    let (are, their) = match calls {
        0 => return None,
        1 => ("1 call is".to_string(), "the name of its customer was"),
        _ => (
            format!("{calls} calls are"),
            "the names of their customers were",
        ),
    };
    Some(match with_table {
        true => format!("{are} not in the table of calls, so {their} not looked for"),
        false => {
            format!("{are} redacted without a table of calls (--calls), so {their} not looked for")
        }
    })
}
