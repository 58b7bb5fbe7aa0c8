//! Scores that agents were told: kept as they were, beside what they are now.
//!
//! `release` keeps what the published tables say of the calls of a date, and no run changes that
//! again. Whenever a date is made anew, its table `releases` is too: what was released stands
//! there beside what the same form says now. Left out on purpose: which form is right, and taking
//! a release back; whoever was told something was told it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::BatchError;
use super::plan::{self, input};
use super::publish::PublishError;
use super::scored::{number, optional, part, text};
use super::staging::{self, Staging};
use super::store::{Store, StoreError};
use crate::config::Settings;
use crate::log::visible_path;
use crate::report::rows::CallRows;
use crate::report::{Cell, Table, read_columns, tables};
use crate::scoring::AUTOMATIC;

/// Differing scores of a date that are kept to be shown.
const EXAMPLES: usize = 10;

const SCORES: [&str; 8] = [
    "call_id",
    "rubric",
    "rubric_version",
    "rubric_key",
    "status",
    "score",
    "verdict",
    "auto_failed_by",
];
const ANSWERS: [&str; 6] = [
    "call_id",
    "rubric",
    "rubric_version",
    "question",
    "answer",
    "scorer",
];

/// One release of a call's score by a form; never changed once it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub call_id: String,
    /// Id of the form; its versions are one form.
    pub rubric: String,
    /// Counts the releases of this call by this form, from 1.
    pub release: u32,
    /// Milliseconds since 1970, by the machine's clock.
    pub released_ms: i64,
    pub said: Said,
}

/// What a form says of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub version: String,
    pub rubric_key: String,
    /// `scored` or `not_eligible`.
    pub status: String,
    /// Has six decimals at most, so that it comes back from the store as it was.
    pub score: Option<f64>,
    pub verdict: Option<String>,
    pub auto_failed_by: Option<String>,
    /// By question, as the table `answers` has them.
    pub answers: BTreeMap<String, String>,
}

impl Said {
    /// Whether an agent would be told something else: another score, verdict, auto-fail or answer.
    /// A new version of the form that says the same is no difference.
    fn differs(&self, other: &Said) -> bool {
        let told = |said: &Said| {
            (
                said.status.clone(),
                said.score,
                said.verdict.clone(),
                said.auto_failed_by.clone(),
            )
        };
        told(self) != told(other) || self.answers != other.answers
    }

    /// As [`Said::differs`], from what the form says now, if anything: it says as little of a call
    /// to which it does not apply as where it is not used any more.
    fn differs_now(&self, now: Option<&Said>) -> bool {
        match now {
            Some(now) => self.differs(now),
            None => self.is_scored(),
        }
    }

    fn is_scored(&self) -> bool {
        self.status == "scored"
    }

    /// Ids of questions with another answer, those that only one of the two has among them.
    /// Nothing unless both are scored.
    fn questions_changed<'a>(&'a self, other: &'a Said) -> Vec<&'a str> {
        if !self.is_scored() || !other.is_scored() {
            return Vec::new();
        }
        let ids: BTreeSet<&String> = self.answers.keys().chain(other.answers.keys()).collect();
        ids.into_iter()
            .filter(|id| self.answers.get(*id) != other.answers.get(*id))
            .map(String::as_str)
            .collect()
    }
}

/// What forms say of the calls of a date, by call and form.
#[derive(Default)]
struct Now(BTreeMap<(String, String), Said>);

impl Now {
    /// Takes in rows of `scores` and `answers`, with the columns of [`SCORES`] and [`ANSWERS`].
    fn add(&mut self, scores: &[Vec<Cell>], answers: &[Vec<Cell>]) {
        for row in scores {
            let key = (text(&row[0]).to_string(), text(&row[1]).to_string());
            let status = text(&row[4]);
            // Of versions that follow each other, one at most applies to a call.
            if self.0.contains_key(&key) && status != "scored" {
                continue;
            }
            let said = Said {
                version: text(&row[2]).to_string(),
                rubric_key: text(&row[3]).to_string(),
                status: status.to_string(),
                score: number(&row[5]),
                verdict: optional(&row[6]),
                auto_failed_by: optional(&row[7]),
                answers: BTreeMap::new(),
            };
            self.0.insert(key, said);
        }
        // Scores are made of these.
        let automatic = |row: &&Vec<Cell>| text(&row[5]) == AUTOMATIC;
        for row in answers.iter().filter(automatic) {
            let key = (text(&row[0]).to_string(), text(&row[1]).to_string());
            if let Some(said) = self.0.get_mut(&key)
                && said.version == text(&row[2])
            {
                let (question, answer) = (text(&row[3]), text(&row[4]));
                said.answers
                    .insert(question.to_string(), answer.to_string());
            }
        }
    }
}

/// Released scores of a date that differ now, by the latest release of each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differing {
    pub count: usize,
    /// The first of them, in order of call and form.
    pub examples: Vec<Difference>,
}

/// A released score that differs now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    pub call_id: String,
    pub rubric: String,
    pub then: Said,
    /// `None` where the call is not scored with this form any more.
    pub now: Option<Said>,
    pub questions_changed: Vec<String>,
}

/// The releases of a date, held against its scores as they are made.
pub(super) struct Told {
    date: String,
    releases: Vec<Release>,
    now: Now,
    /// Where [`SCORES`] and [`ANSWERS`] stand in their tables.
    places: [Vec<usize>; 2],
}

impl Told {
    /// Without scores yet: [`Told::see`] takes them in.
    pub(super) fn of(store: &Store, date: &str) -> Result<Self, StoreError> {
        Ok(Self {
            date: date.to_string(),
            releases: store.releases(date)?,
            now: Now::default(),
            places: [
                places(&tables::scores(), &SCORES),
                places(&tables::answers(), &ANSWERS),
            ],
        })
    }

    /// Takes in what the forms say of a call.
    pub(super) fn see(&mut self, rows: &CallRows) {
        if self.releases.is_empty() {
            return;
        }
        let picked = |rows: &[Vec<Cell>], places: &[usize]| -> Vec<Vec<Cell>> {
            let pick = |row: &Vec<Cell>| places.iter().map(|&at| row[at].clone()).collect();
            rows.iter().map(pick).collect()
        };
        let [scores, answers] = &self.places;
        self.now.add(
            &picked(&rows.scores, scores),
            &picked(&rows.answers, answers),
        );
    }

    /// Stages the date's table `releases`. Without releases, one that is there goes away.
    pub(super) fn stage(&self, staging: &mut Staging<'_>) -> Result<(), PublishError> {
        let table = tables::releases();
        if self.releases.is_empty() {
            staging.remove(&table, &self.date);
            return Ok(());
        }
        staging.stage_rows(&table, Some(&self.date), self.rows())
    }

    /// The table's rows, by call, form and number of the release.
    fn rows(&self) -> Vec<Vec<Cell>> {
        let latest = latest(&self.releases);
        let mut releases: Vec<&Release> = self.releases.iter().collect();
        releases.sort_by_key(|r| (&r.call_id, &r.rubric, r.release));
        releases
            .into_iter()
            .map(|release| {
                let is_latest = latest[&key(release)].release == release.release;
                row(release, is_latest, self.now_of(release))
            })
            .collect()
    }

    /// What differs now; `None` where nothing does.
    pub(super) fn differing(&self) -> Option<Differing> {
        let mut differing = Differing::default();
        for release in latest(&self.releases).into_values() {
            let now = self.now_of(release);
            if !release.said.differs_now(now) {
                continue;
            }
            differing.count += 1;
            if differing.examples.len() < EXAMPLES {
                let changed = now.map(|now| release.said.questions_changed(now));
                let changed = changed.into_iter().flatten().map(str::to_string);
                differing.examples.push(Difference {
                    call_id: release.call_id.clone(),
                    rubric: release.rubric.clone(),
                    then: release.said.clone(),
                    now: now.cloned(),
                    questions_changed: changed.collect(),
                });
            }
        }
        (differing.count > 0).then_some(differing)
    }

    fn now_of(&self, release: &Release) -> Option<&Said> {
        self.now.0.get(&key(release))
    }
}

fn places(table: &Table, names: &[&str]) -> Vec<usize> {
    let place = |name: &&str| table.columns.iter().position(|c| c.name == *name);
    let places = names.iter().map(place);
    places
        .map(|place| place.expect("the tables have these columns"))
        .collect()
}

fn key(release: &Release) -> (String, String) {
    (release.call_id.clone(), release.rubric.clone())
}

/// The last release of each call by each form.
fn latest(releases: &[Release]) -> BTreeMap<(String, String), &Release> {
    let mut latest: BTreeMap<(String, String), &Release> = BTreeMap::new();
    for release in releases {
        let last = latest.entry(key(release)).or_insert(release);
        if last.release < release.release {
            *last = release;
        }
    }
    latest
}

fn row(release: &Release, is_latest: bool, now: Option<&Said>) -> Vec<Cell> {
    let said = &release.said;
    let changed = now.map(|now| said.questions_changed(now).join(","));
    let answers = serde_json::to_string(&said.answers).expect("a map of texts is JSON");
    vec![
        Cell::from(&release.call_id),
        Cell::from(&release.rubric),
        Cell::from(release.release),
        Cell::TimestampMs(release.released_ms),
        Cell::from(is_latest),
        Cell::from(&said.version),
        Cell::from(&said.rubric_key),
        Cell::from(&said.status),
        Cell::from(said.score),
        Cell::from(said.verdict.as_ref()),
        Cell::from(said.auto_failed_by.as_ref()),
        Cell::from(answers),
        Cell::from(said.differs_now(now)),
        Cell::from(now.map(|now| &now.version)),
        Cell::from(now.map(|now| &now.rubric_key)),
        Cell::from(now.map(|now| &now.status)),
        Cell::from(now.and_then(|now| now.score)),
        Cell::from(now.and_then(|now| now.verdict.as_ref())),
        Cell::from(now.and_then(|now| now.auto_failed_by.as_ref())),
        Cell::from(changed.filter(|ids| !ids.is_empty())),
    ]
}

/// What a release of a date came to, as numbers of scores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marked {
    pub date: String,
    /// Released for the first time.
    pub first: usize,
    /// Released anew, because they differ from what was released before.
    pub anew: usize,
    /// Of these two, forms that do not apply to their call.
    pub not_eligible: usize,
    /// Released before, and the same now.
    pub same: usize,
    /// Scored when they were released, and not scored with this form any more.
    pub gone: usize,
}

/// Marks the published scores of some dates as told to agents: all of them, or those of some
/// forms. What was released before and is the same is not released again.
///
/// # Errors
/// A date without published scores, or with tables that are older than its calls; a form that a
/// date was not scored with. Nothing is released then.
pub fn release(
    settings: &Settings,
    dates: &BTreeSet<Date>,
    rubrics: &[String],
) -> Result<Vec<Marked>, BatchError> {
    let out = &settings.out;
    if !Store::exists(out) {
        return Err(input(
            &format!("release scores: nothing is stored in {}", visible_path(out)),
            Some("run `callibrate run` first, or name another folder with --out"),
        ));
    }
    let store = Store::open(out)?.for_readers(settings.people.readers);
    staging::recover(&store)?;
    let agents = plan::agents(settings, plan::KeyUse::Rehearse)?;
    plan::hold_agents(&store, agents.as_ref())?;
    let released_ms = Timestamp::now().as_millisecond();
    // All are read before the first is released.
    let mut published = Vec::new();
    for date in dates {
        published.push(Published::read(&store, &date.to_string(), rubrics)?);
    }
    let mut marked = Vec::new();
    for date in published {
        marked.push(date.release(&store, rubrics, released_ms)?);
    }
    store.sign_off()?;
    Ok(marked)
}

/// The published scores of a date.
struct Published {
    date: String,
    now: Now,
    /// Metadata that its files share.
    facts: Vec<(String, String)>,
}

impl Published {
    fn read(store: &Store, date: &str, rubrics: &[String]) -> Result<Self, BatchError> {
        let again = format!("`callibrate score --date {date}` makes them anew");
        let scores = part(store.out(), "scores", date);
        if !scores.is_file() {
            return Err(input(
                &format!("release {date}: there are no published scores of it"),
                Some(
                    "dates are the calls' local start dates; `callibrate status` tells which are stored",
                ),
            ));
        }
        if store.stale_dates()?.contains(date) {
            return Err(input(
                &format!("release {date}: its tables are older than its calls"),
                Some(&again),
            ));
        }
        let scores = read_columns(&scores, &SCORES).map_err(PublishError::from)?;
        let answers = part(store.out(), "answers", date);
        let answers = read_columns(&answers, &ANSWERS).map_err(PublishError::from)?;
        let mut now = Now::default();
        now.add(&scores.rows, &answers.rows);
        let forms: BTreeSet<&str> = now.0.keys().map(|(_, rubric)| rubric.as_str()).collect();
        if let Some(unknown) = rubrics.iter().find(|id| !forms.contains(id.as_str())) {
            let forms: Vec<&str> = forms.into_iter().collect();
            return Err(input(
                &format!("release {date} by `{unknown}`: it was not scored with that"),
                Some(&format!("it was scored with {}", forms.join(", "))),
            ));
        }
        // Those that each file has of its own are written anyway.
        let own = ["table", "schema_version", "tool_version"];
        let facts = scores.facts.into_iter().filter_map(|(name, value)| {
            let name = name.strip_prefix("callibrate.")?;
            (!own.contains(&name)).then(|| (name.to_string(), value))
        });
        Ok(Self {
            date: date.to_string(),
            now,
            facts: facts.collect(),
        })
    }

    fn release(
        self,
        store: &Store,
        rubrics: &[String],
        released_ms: i64,
    ) -> Result<Marked, BatchError> {
        let Self { date, now, facts } = self;
        let asked = |rubric: &String| rubrics.is_empty() || rubrics.contains(rubric);
        let mut told = Told::of(store, &date)?;
        let before = latest(&told.releases);
        let mut marked = Marked {
            date: date.clone(),
            gone: before
                .keys()
                .filter(|key| asked(&key.1) && !now.0.contains_key(key))
                .filter(|key| before[key].said.is_scored())
                .count(),
            ..Marked::default()
        };
        let mut new = Vec::new();
        for (key, said) in now.0.iter().filter(|((_, rubric), _)| asked(rubric)) {
            let number = match before.get(key) {
                Some(before) if !before.said.differs(said) => {
                    marked.same += 1;
                    continue;
                }
                Some(before) => {
                    marked.anew += 1;
                    before.release + 1
                }
                None => {
                    marked.first += 1;
                    1
                }
            };
            marked.not_eligible += usize::from(!said.is_scored());
            let (call_id, rubric) = key.clone();
            new.push(Release {
                call_id,
                rubric,
                release: number,
                released_ms,
                said: said.clone(),
            });
        }
        if new.is_empty() {
            return Ok(marked);
        }
        told.releases.extend(new);
        told.now = now;
        // Stopped in between, the next run makes the table.
        store.note_stale([date.as_str()])?;
        let published = store.published(&date);
        store.put_published(&date, None)?;
        store.put_releases(&date, &told.releases)?;
        let mut staging = Staging::new(store, facts)?;
        told.stage(&mut staging)?;
        staging.publish()?;
        if let Some(mut published) = published {
            published.differing = told.differing();
            store.put_published(&date, Some(&published))?;
        }
        store.note_made(&BTreeSet::from([date]))?;
        Ok(marked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(version: &str, status: &str, answer: &str) -> [Vec<Cell>; 2] {
        let scored = status == "scored";
        let score = vec![
            "c".into(),
            "form".into(),
            version.into(),
            Cell::from(format!("key{version}")),
            status.into(),
            Cell::from(scored.then_some(50.0)),
            Cell::from(scored.then_some("fail")),
            Cell::Null,
        ];
        let answer = vec![
            "c".into(),
            "form".into(),
            version.into(),
            "q".into(),
            answer.into(),
            AUTOMATIC.into(),
        ];
        [score, answer]
    }

    #[test]
    fn of_versions_that_follow_each_other_the_one_that_applies_is_what_is_said() {
        for order in [["1", "2"], ["2", "1"]] {
            let mut now = Now::default();
            for version in order {
                if version == "1" {
                    let [score, answer] = said("1", "scored", "no");
                    now.add(&[score], &[answer]);
                } else {
                    let [score, _] = said("2", "not_eligible", "");
                    now.add(&[score], &[]);
                }
            }
            let said = &now.0[&("c".to_string(), "form".to_string())];
            assert_eq!((said.version.as_str(), said.score), ("1", Some(50.0)));
            assert_eq!(said.answers["q"], "no");
        }
    }

    #[test]
    fn a_version_that_says_the_same_is_no_difference_and_an_answer_alone_is() {
        let now = |version: &str, answer: &str| {
            let mut now = Now::default();
            let [score, answer] = said(version, "scored", answer);
            now.add(&[score], &[answer]);
            now.0.into_values().next().unwrap()
        };
        assert!(!now("1", "no").differs(&now("2", "no")));
        assert!(now("1", "no").differs(&now("1", "abstain")));
        let mut more = now("1", "no");
        more.answers.insert("new".to_string(), "yes".to_string());
        assert_eq!(now("1", "yes").questions_changed(&more), ["new", "q"]);
    }
}
