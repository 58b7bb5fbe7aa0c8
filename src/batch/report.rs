//! The pages of the morning, made from the published tables and the stored transcripts.
//!
//! Tables are read date by date. Pages are written one by one, aside and renamed in; those of
//! other nights stay. They are derived: whatever takes a call away takes all pages away, and the
//! next report makes them again. Left out on purpose: what is on a page, which is
//! `report::html`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;

use super::calibrate::CalibrateError;
use super::coaching::Coachings;
use super::excerpts::Ears;
use super::plan::{self, input};
use super::publish::PublishError;
use super::run::measure_options;
use super::signals::Signals;
use super::staging;
use super::store::{self, Store, StoreError};
use super::worker::with_causes;
use super::{BatchError, threads};
use crate::calibration::ratings::Forms;
use crate::config::Settings;
use crate::conversation::Conversation;
use crate::conversation::metrics;
use crate::recording::agents::Agents;
use crate::redaction;
use crate::report::ReportError;
use crate::report::html::scope::{Calibration, night_page};
use crate::report::html::{
    self, CallDetail, Calls, DailyRows, Day, Links, Page, Runs, Scope, Site, Wanted,
};
use crate::report::records::{
    self, Answer, Call, Contact, Evidence, Failure, Judged, PartScore, Processed, Record, Run,
    Score, Text, Texts,
};
use crate::rubric::Rubric;

/// The folder of the pages, below the output folder.
pub const FOLDER: &str = "pages";

/// Days before the end of the period that trends reach back: 26 weeks.
const LOOK_BACK_DAYS: i32 = 26 * 7;

/// What to report on.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// First and last local date; the last date with tables where nothing is given.
    pub from: Option<Date>,
    pub to: Option<Date>,
    /// Minutes that a coach has to listen.
    pub minutes: u32,
    /// Ids of calls that get a page whatever is told of them.
    pub calls: Vec<String>,
}

/// What was made.
#[derive(Debug)]
pub struct Reported {
    /// The page to open first.
    pub first: PathBuf,
    pub folder: PathBuf,
    pub pages: usize,
    /// Bytes of all pages together.
    pub bytes: u64,
    pub warnings: Vec<String>,
}

/// Makes the pages of a period.
///
/// # Errors
/// A folder without scored calls, a period without any, a call that is not stored, a table that
/// cannot be read, a drive that cannot be written to, or a signal.
pub fn report(
    settings: &Settings,
    asked: &Asked,
    signals: &Signals,
) -> Result<Reported, BatchError> {
    if !Store::exists(&settings.out) {
        return Err(BatchError::NothingScored(settings.out.clone()));
    }
    let pool = threads::pool(settings.jobs)?;
    let store = Store::open(&settings.out)?;
    let store = store.for_readers(settings.people.readers);
    staging::recover(&store)?;
    let agents = plan::agents_of(&store, settings)?;
    let agents = agents.map(Arc::new);
    let mut warnings = Vec::new();
    if let Some(path) = &settings.calibration.coaching {
        warnings = publish_coaching(&store, settings, path, agents.clone())?;
    }
    let mut source = Source {
        store: &store,
        settings,
        agents,
        texts: Texts::default(),
        in_hand: None,
        warnings: Vec::new(),
    };
    let scope = source.scope(asked)?;
    let pages = pool.install(|| source.pages(&scope, signals))?;
    let bytes = write(&store, &pages)?;
    let reported = Reported {
        first: store.out().join(FOLDER).join(night_page(&scope)),
        folder: store.out().join(FOLDER),
        pages: pages.len(),
        bytes,
        warnings: warnings
            .into_iter()
            .chain(store.warnings())
            .chain(source.warnings)
            .collect(),
    };
    store.sign_off()?;
    Ok(reported)
}

/// Where the rows and the talk come from.
struct Source<'a> {
    store: &'a Store,
    settings: &'a Settings,
    /// Makes pseudonyms, where the store has some.
    agents: Option<Arc<Agents>>,
    texts: Texts,
    /// The date that is being read.
    in_hand: Option<Text>,
    /// What a person should know.
    warnings: Vec<String>,
}

/// Reads and publishes who was coached on what; words to a person.
fn publish_coaching(
    store: &Store,
    settings: &Settings,
    path: &Path,
    agents: Option<Arc<Agents>>,
) -> Result<Vec<String>, BatchError> {
    let mut forms = Forms {
        rubrics: store.rubrics()?,
        pseudonyms: agents,
        some_forgotten: store.forgotten()?.is_any(),
        ..Forms::default()
    };
    let coachings = match Coachings::read(store, path, &mut forms) {
        Ok(coachings) => coachings,
        Err(CalibrateError::Batch(error)) => return Err(error),
        Err(error) => return Err(input(&with_causes(&error), error.hint())),
    };
    coachings.publish(store, settings.people.minimum_group)?;
    Ok(coachings.notices)
}

impl Source<'_> {
    fn scope(&mut self, asked: &Asked) -> Result<Scope, BatchError> {
        let out = self.store.out();
        let dates = self.store.call_dates()?;
        let has_tables = |date: &String| super::scored::part(out, "scores", date).is_file();
        let all_dates: Vec<Text> = dates
            .into_iter()
            .filter(has_tables)
            .map(Text::from)
            .collect();
        let Some(last) = all_dates.last() else {
            return Err(BatchError::NothingScored(out.to_path_buf()));
        };
        let to = asked
            .to
            .map_or_else(|| last.clone(), |day| day.to_string().into());
        let from = asked
            .from
            .map_or_else(|| to.clone(), |day| day.to_string().into());
        let within = |date: &&Text| (&from..=&to).contains(date);
        let dates: Vec<Text> = all_dates.iter().filter(within).cloned().collect();
        if dates.is_empty() {
            return Err(nothing_of(asked, &all_dates));
        }
        let forms = self.forms(&all_dates, &to)?;
        Ok(Scope {
            from,
            to,
            dates,
            earlier: earlier_periods(out),
            minutes: asked.minutes,
            minimum_group: self.settings.people.minimum_group,
            recordings: self.settings.pages.recordings.clone(),
            consent: self
                .settings
                .pages
                .consent
                .iter()
                .map(|id| match &self.agents {
                    Some(agents) => agents.pseudonym(id).into(),
                    None => redaction::redact_person(id).into(),
                })
                .collect(),
            forms,
            asked: self.find(&asked.calls, &all_dates)?,
            calibration: self.calibration()?,
            coaching: self.read(None)?,
            all_dates,
        })
    }

    /// All forms that calls were ever scored with, by id; of each id, the one that judged calls
    /// last, up to the end of the period, comes last.
    fn forms(&mut self, dates: &[Text], to: &Text) -> Result<Vec<Rubric>, BatchError> {
        let mut forms = self.store.rubrics()?;
        let mut versions: BTreeMap<String, usize> = BTreeMap::new();
        for form in &forms {
            *versions.entry(form.rubric.clone()).or_default() += 1;
        }
        versions.retain(|_, count| *count > 1);
        let mut latest = BTreeSet::new();
        for date in dates.iter().filter(|date| *date <= to).rev() {
            if versions.is_empty() {
                break;
            }
            let rows = self.read::<Judged>(Some(date))?;
            for row in rows.iter().filter(|row| &*row.status == "scored") {
                if versions.remove(&*row.rubric).is_some() {
                    latest.insert(row.rubric_key.to_string());
                }
            }
        }
        forms.sort_by_cached_key(|form| {
            (
                form.rubric.clone(),
                latest.contains(&form.key),
                form.valid_from.clone(),
                // Version 10 comes after version 9.
                (form.version.len(), form.version.clone()),
            )
        });
        Ok(forms)
    }

    /// On which dates the calls are that were asked for.
    fn find(&mut self, calls: &[String], dates: &[Text]) -> Result<Vec<Wanted>, BatchError> {
        let mut missing: BTreeSet<&str> = calls.iter().map(String::as_str).collect();
        let mut found = Vec::new();
        for date in dates.iter().rev() {
            if missing.is_empty() {
                break;
            }
            for call in self.read::<Call>(Some(date))? {
                if missing.remove(&*call.call_id) {
                    found.push(Wanted {
                        date: date.clone(),
                        call_id: call.call_id,
                    });
                }
            }
        }
        match missing.first() {
            None => Ok(found),
            Some(call) => Err(input(
                &format!("find the call `{}`", crate::log::visible(call)),
                Some("name a call by its id, as the table `calls` has it"),
            )),
        }
    }

    fn calibration(&mut self) -> Result<Calibration, BatchError> {
        Ok(Calibration {
            automatic: self.read(None)?,
            true_rates: self.read(None)?,
            agents: self.read(None)?,
            agreement: self.read(None)?,
            followed: self.read(None)?,
            fair_scores: self.read(None)?,
        })
    }

    fn read<R: Record>(&mut self, date: Option<&Text>) -> Result<Vec<R>, BatchError> {
        if self.in_hand.as_ref() != date {
            self.in_hand = date.cloned();
            self.texts.let_go();
        }
        let rows = records::read(self.store.out(), date, &mut self.texts);
        rows.map_err(|e: ReportError| PublishError::from(e).into())
    }

    fn pages(&mut self, scope: &Scope, signals: &Signals) -> Result<Vec<Page>, BatchError> {
        let mut chapters = html::chapters();
        // Days of a period that have no calls yet leave nothing to look back from.
        let last = scope.dates.last().unwrap_or(&scope.to);
        let first = look_back(last).min(scope.from.clone());
        let stop = |signals: &Signals| match signals.received() {
            Some(signal) => Err(BatchError::from(PublishError::Signal(signal))),
            None => Ok(()),
        };
        let past = scope.all_dates.iter();
        let past = past.filter(|date| **date >= first && **date <= scope.to);
        for date in past.clone() {
            stop(signals)?;
            let daily = self.daily(date)?;
            chapters
                .iter_mut()
                .for_each(|chapter| chapter.past(scope, &daily));
        }
        for date in &scope.dates {
            stop(signals)?;
            let day = self.day(date)?;
            chapters
                .iter_mut()
                .for_each(|chapter| chapter.day(scope, &day));
        }
        let runs = self.runs(scope)?;
        chapters
            .iter_mut()
            .for_each(|chapter| chapter.runs(scope, &runs));
        for date in past.rev() {
            if !chapters.iter().any(|chapter| chapter.seeks()) {
                break;
            }
            stop(signals)?;
            let day = self.answers(date)?;
            let seeking = chapters.iter_mut().filter(|chapter| chapter.seeks());
            seeking.for_each(|chapter| chapter.seek(scope, &day));
        }
        let wanted: BTreeSet<Wanted> = chapters.iter().flat_map(|c| c.calls(scope)).collect();
        let calls = self.calls(wanted, signals)?;
        let unread = scope
            .asked
            .iter()
            .filter(|asked| calls.get(&asked.call_id).is_none());
        self.warnings.extend(unread.map(|asked| {
            format!(
                "the words of the call `{}` cannot be read: it has no page",
                asked.call_id
            )
        }));
        let subjects: Vec<html::Subjects> = chapters.iter().map(|c| c.subjects(scope)).collect();
        let known: BTreeSet<&Text> = subjects.iter().flat_map(|s| &s.agents).collect();
        let unknown = scope.consent.iter().filter(|agent| !known.contains(agent));
        self.warnings.extend(unknown.map(|agent| {
            format!(
                "`consent` in `[pages]` names the agent `{agent}`, who has no calls in the tables \
                 from {first} to {}: nobody's calls are shown for that name",
                scope.to
            )
        }));
        let links = Links::new(
            calls.0.keys(),
            subjects.iter().flat_map(|s| &s.agents),
            subjects.iter().flat_map(|s| &s.questions),
            subjects.iter().any(|s| s.programme),
        );
        stop(signals)?;
        let templates = html::templates();
        let site = Site::new(scope, &calls, &links, &templates);
        let mut pages = Vec::new();
        for chapter in &chapters {
            let made = chapter.pages(&site);
            pages.extend(made.map_err(|e| input(&with_causes(&e), None))?);
        }
        Ok(html::reached(html::without_missing_cards(pages)))
    }

    fn daily(&mut self, date: &Text) -> Result<DailyRows, BatchError> {
        Ok(DailyRows {
            date: date.clone(),
            agents: self.read(Some(date))?,
            questions: self.read(Some(date))?,
            models: self
                .read::<Processed>(Some(date))?
                .into_iter()
                .map(|call| call.model)
                .collect(),
            contacts: self.read(Some(date))?,
            promises: self.read(Some(date))?,
            obstacles: self.read(Some(date))?,
            talk: self.read(Some(date))?,
        })
    }

    fn day(&mut self, date: &Text) -> Result<Day, BatchError> {
        let answers: Vec<Answer> = self.read(Some(date))?;
        let (answers, others): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .partition(|answer| &*answer.scorer == "automatic");
        Ok(Day {
            date: date.clone(),
            calls: self.read(Some(date))?,
            scores: self.read(Some(date))?,
            answers,
            of_people: others
                .into_iter()
                .filter(html::scope::is_of_record)
                .collect(),
            obstacles: self.read(Some(date))?,
            contacts: self.read::<Contact>(Some(date))?,
            promises: self.read(Some(date))?,
        })
    }

    /// The runs that wrote the calls of the period, and those that looked for recordings from its
    /// first day to the day after its last, by the machine's own date: that is the day before at
    /// the earliest where calls are ahead of it.
    fn runs(&mut self, scope: &Scope) -> Result<Runs, BatchError> {
        let mut wrote = BTreeSet::new();
        let mut files = BTreeSet::new();
        for date in &scope.dates {
            for call in self.read::<Processed>(Some(date))? {
                wrote.insert(call.run_id);
                files.insert(call.file);
            }
        }
        let last = day_after(&scope.to);
        let mut runs = Runs::default();
        let mut failures = BTreeMap::new();
        let first = day_before(&scope.from);
        let dates = self.store.run_dates()?;
        for date in dates.iter().filter(|date| ***date >= *first) {
            let date = Text::from(date.as_str());
            let of_day: Vec<Run> = self.read(Some(&date))?;
            let looks = |run: &Run| matches!(&*run.command, "run" | "transcribe" | "retry");
            let is_within = (&scope.from..=&last).contains(&&date);
            let is_of_period = |run: &Run| looks(run) && (is_within || wrote.contains(&run.run_id));
            let of_period: Vec<Run> = of_day.into_iter().filter(is_of_period).collect();
            if of_period.is_empty() {
                continue;
            }
            let ids: BTreeSet<&Text> = of_period.iter().map(|run| &run.run_id).collect();
            for failure in self.read::<Failure>(Some(&date))? {
                // One that was mended since is a call now.
                let stands = &*failure.stage == "copy" || !files.contains(&failure.file);
                if stands && ids.contains(&failure.run_id) {
                    failures.insert(failure.file.clone(), failure);
                }
            }
            runs.runs.extend(of_period);
        }
        runs.runs.sort_by_key(|run| run.started_at);
        runs.failures = failures.into_values().collect();
        Ok(runs)
    }

    fn answers(&mut self, date: &Text) -> Result<html::Answers, BatchError> {
        let answers: Vec<Answer> = self.read(Some(date))?;
        let answers = answers.into_iter();
        Ok(html::Answers {
            date: date.clone(),
            calls: self.read(Some(date))?,
            of_record: answers.filter(html::scope::is_of_record).collect(),
        })
    }

    /// All that is known of these calls. One whose transcript cannot be read has no page.
    fn calls(&mut self, wanted: BTreeSet<Wanted>, signals: &Signals) -> Result<Calls, BatchError> {
        let mut ears = Ears::new(self.store, self.settings);
        let mut by_date: BTreeMap<Text, BTreeSet<Text>> = BTreeMap::new();
        for call in wanted {
            by_date.entry(call.date).or_default().insert(call.call_id);
        }
        let measure = measure_options(self.settings);
        let mut details = BTreeMap::new();
        for (date, ids) in by_date {
            let calls: Vec<Call> = self.read(Some(&date))?;
            let mut scores = by_call(self.read::<Score>(Some(&date))?, &ids, |s| &s.call_id);
            let mut answers = by_call(self.read::<Answer>(Some(&date))?, &ids, |a| &a.call_id);
            let mut parts = by_call(self.read::<PartScore>(Some(&date))?, &ids, |p| &p.call_id);
            let mut evidence = by_call(self.read::<Evidence>(Some(&date))?, &ids, |e| &e.call_id);
            let records = self.store.calls(&date)?;
            let records: BTreeMap<&str, _> = records
                .iter()
                .map(|r| (r.meta.call_id.as_str(), r))
                .collect();
            for call in calls {
                let id = call.call_id.clone();
                let Some(record) = records.get(&*id).filter(|_| ids.contains(&id)) else {
                    continue;
                };
                let Ok(transcript) = self.store.transcript(&record.transcript) else {
                    continue;
                };
                let Ok(conversation) = Conversation::new(&transcript, record.meta.agent_channel)
                else {
                    continue;
                };
                let Ok((sound, blind)) = ears.listen(&id, record, &transcript) else {
                    continue;
                };
                let metrics = metrics::measure_with(&conversation, measure);
                let detail = CallDetail {
                    call,
                    scores: scores.remove(&id).unwrap_or_default(),
                    answers: answers.remove(&id).unwrap_or_default(),
                    evidence: evidence.remove(&id).unwrap_or_default(),
                    parts: parts.remove(&id).unwrap_or_default(),
                    conversation,
                    metrics,
                    blind,
                    sound,
                };
                details.insert(id, detail);
            }
        }
        let mut calls = Calls(details);
        self.warnings.extend(ears.cut_out(&mut calls, signals)?);
        Ok(calls)
    }
}

/// Says that a period has no calls, and of which days there are some.
fn nothing_of(asked: &Asked, all_dates: &[Text]) -> BatchError {
    let period = match (asked.from, asked.to) {
        (Some(from), Some(to)) if from == to => format!("of {to}"),
        (Some(from), Some(to)) => format!("of {from} to {to}"),
        (Some(from), None) => format!("from {from} on"),
        (None, Some(to)) => format!("of {to}"),
        (None, None) => "of the last date".to_string(),
    };
    let known = match (all_dates.first(), all_dates.last()) {
        (Some(first), Some(last)) if first == last => format!("the only day with tables is {last}"),
        (Some(first), Some(last)) => {
            format!("the first day with tables is {first}, the last is {last}")
        }
        _ => "no day has tables".to_string(),
    };
    input(
        &format!("find scored calls {period}: {known}"),
        Some("name days that have calls, or run `callibrate run` on calls of these days first"),
    )
}

fn by_call<R>(
    rows: Vec<R>,
    ids: &BTreeSet<Text>,
    id: impl Fn(&R) -> &Text,
) -> BTreeMap<Text, Vec<R>> {
    let mut of_call: BTreeMap<Text, Vec<R>> = BTreeMap::new();
    for row in rows {
        if ids.contains(id(&row)) {
            of_call.entry(id(&row).clone()).or_default().push(row);
        }
    }
    of_call
}

/// Periods that have a page already.
fn earlier_periods(out: &Path) -> BTreeSet<(Text, Text)> {
    let pages = fs::read_dir(out.join(FOLDER).join("night"));
    let names = pages
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name());
    names
        .filter_map(|name| html::scope::period_of(name.to_str()?.strip_suffix(".html")?))
        .collect()
}

/// The first date that trends show.
fn look_back(to: &str) -> Text {
    let day: Option<Date> = to.parse().ok();
    let first = day.and_then(|day| {
        day.checked_sub(jiff::Span::new().days(LOOK_BACK_DAYS - 1))
            .ok()
    });
    first.map_or_else(|| to.into(), |day| day.to_string().into())
}

fn day_before(date: &str) -> Text {
    moved(date, Date::yesterday)
}

fn day_after(date: &str) -> Text {
    moved(date, Date::tomorrow)
}

fn moved(date: &str, by: fn(Date) -> Result<Date, jiff::Error>) -> Text {
    let day: Option<Date> = date.parse().ok();
    let day = day.and_then(|day| by(day).ok());
    day.map_or_else(|| date.into(), |day| day.to_string().into())
}

/// Writes all pages; their bytes together.
fn write(store: &Store, pages: &[Page]) -> Result<u64, BatchError> {
    store.still_there()?;
    let root = store.out().join(FOLDER);
    let mut folders = BTreeSet::new();
    let mut bytes = 0;
    for page in pages {
        let path = root.join(&page.path);
        if let Some(folder) = path.parent() {
            store::make_folder(folder)?;
            folders.insert(folder.to_path_buf());
        }
        store::write_page(&path, page.html.as_bytes(), store)?;
        bytes += page.html.len() as u64;
    }
    folders.insert(root);
    for folder in folders {
        store.readers().admit(&folder);
        store::sync_folder(&folder)?;
    }
    Ok(bytes)
}

/// Takes all pages away: one of them may tell of what is not there any more.
pub(super) fn remove_pages(out: &Path) -> Result<(), StoreError> {
    let folder = out.join(FOLDER);
    match fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(store::io_error("remove", &folder)(e))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_without_calls_is_told_as_it_was_asked_for_with_the_days_that_there_are() {
        let asked = |from: Option<&str>, to: Option<&str>| Asked {
            from: from.map(|day| day.parse().unwrap()),
            to: to.map(|day| day.parse().unwrap()),
            ..Asked::default()
        };
        let dates: [Text; 2] = ["2026-01-05".into(), "2026-01-06".into()];
        let said = |asked: Asked| nothing_of(&asked, &dates).to_string();
        assert_eq!(
            said(asked(Some("2026-02-03"), None)),
            "find scored calls from 2026-02-03 on: the first day with tables is 2026-01-05, the \
             last is 2026-01-06\n\nhint: name days that have calls, or run `callibrate run` on \
             calls of these days first"
        );
        assert!(
            said(asked(Some("2026-02-03"), Some("2026-02-09")))
                .starts_with("find scored calls of 2026-02-03 to 2026-02-09: ")
        );
    }
}
