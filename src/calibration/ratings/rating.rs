//! Rating files: one row per rating.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::entries::{self, Columns, Entries, Entry, settle};
use super::known::{Claim, Known};
use super::{
    Basis, Chosen, Forms, Place, RaterKind, Rating, Refused, Standing, Taken, answer, standing,
    when,
};
use crate::calibration::record::GOLD;
use crate::rubric::Kind;
use crate::scoring::{self, AUTOMATIC};
use crate::sheet::{Row, Sheet};

static COLUMNS: Columns = Columns {
    what: "ratings",
    names: &[
        ("call_id", &[]),
        ("rubric", &[]),
        ("question", &[]),
        ("rater", &[]),
        ("kind", &[]),
        ("answer", &[]),
        ("points", &[]),
        ("meaning", &[]),
        ("rubric_version", &[]),
        ("session", &[]),
        ("rated_at", &["rated_on"]),
        ("basis", &[]),
        ("saw_automatic", &[]),
        ("chosen", &[]),
        ("probability", &[]),
        ("hidden_repeat", &[]),
        ("note", &[]),
    ],
    needed: &[
        &["call_id"],
        &["rubric"],
        &["question"],
        &["rater"],
        &["kind"],
        &["answer"],
        &["rubric_version", "meaning"],
        &["rated_at"],
        &["basis"],
        &["saw_automatic"],
        &["chosen"],
    ],
    long: &["note"],
};

/// Points that differ by less are the same.
const SAME_POINTS: f64 = 1e-6;

/// Names that stand for others in the tables.
const RESERVED: [&str; 5] = [AUTOMATIC, GOLD, "all", "agreed", "own"];
/// A probability below this is a slip: one such call would outweigh all others.
const LEAST_PROBABILITY: f64 = 1e-6;

/// Whether a row names the columns of a rating file.
pub fn names_ratings(row: &Row) -> bool {
    COLUMNS.are_named_in(row)
}

/// Reads rating files against the forms of the calls. The ratings come by call, question and
/// rater, whatever the order of the rows.
///
/// # Errors
/// Everything that is wrong, if anything is; see [`Refused`].
pub fn ratings(sheets: &[Sheet], forms: &Forms) -> Result<Taken<Rating>, Refused> {
    let known = Known::of(forms);
    let mut reader = Reader {
        known: &known,
        names: BTreeSet::new(),
        answered: BTreeMap::new(),
        probabilities: BTreeMap::new(),
        comments: 0,
        forgotten: Vec::new(),
        ambiguous: BTreeSet::new(),
    };
    let mut problems = Vec::new();
    let mut notices = Vec::new();
    let mut ratings = Vec::new();
    for sheet in sheets {
        if let Some(entries) = Entries::of(sheet, &COLUMNS, &mut problems) {
            notices.extend(entries.notices());
            ratings.extend(entries.read(&mut problems, |entry| reader.rating(entry)));
        }
    }
    settle(COLUMNS.what, sheets, problems)?;
    ratings.sort_by(|a, b| order(a).cmp(&order(b)));
    standing::settle(&mut ratings);
    notices.extend(reader.notices(&ratings));
    Ok(Taken {
        rows: ratings,
        notices,
    })
}

/// By what a rating is of and by whom, then when, then where it stands.
fn order(r: &Rating) -> impl Ord + '_ {
    let who = (r.kind, &r.rater, r.hidden_repeat);
    (
        &r.call_id,
        &r.rubric,
        &r.question,
        who,
        r.at.date,
        r.at.time,
        &r.place,
    )
}

/// Who may answer once: the rater, or all who agreed.
type Answerer = (RaterKind, Arc<str>);

struct Reader<'k, 'f> {
    known: &'k Known<'f>,
    /// Each text once: most rows repeat them.
    names: BTreeSet<Arc<str>>,
    /// Where each rater answered a question about a call.
    answered: BTreeMap<([Arc<str>; 3], Answerer), Place>,
    /// Where a call's probability was said first.
    probabilities: BTreeMap<Arc<str>, (f64, Place)>,
    /// Rows about comment questions.
    comments: usize,
    /// Rows about calls that may have been forgotten.
    forgotten: Vec<Place>,
    /// Rubric, version and question that were changed without a new version.
    ambiguous: BTreeSet<[Arc<str>; 3]>,
}

impl Reader<'_, '_> {
    /// `None` where something is wrong, and for comments.
    fn rating(&mut self, entry: &mut Entry<'_, '_>) -> Option<Rating> {
        let call_id = entry.need("call_id").map(|id| self.known.forms.call_id(id));
        let call_id = call_id.as_deref();
        if call_id.is_some_and(|id| self.known.may_be_forgotten(id)) {
            self.forgotten.push(entry.place());
            return None;
        }
        let rubric = entry.need("rubric");
        let question_id = entry.need("question");
        let kind = entry.need_read("kind", rater_kind);
        let rater = self.rater(entry, kind);
        let text = entry.need("answer");
        let claim = Claim::of(entry);
        let at = entry.need_read("rated_at", when::parse);
        let basis = entry.need_read("basis", basis);
        let saw_automatic = entry.need_read("saw_automatic", entries::yes_no);
        let chosen = chosen(entry);
        let hidden_repeat = hidden_repeat(entry, kind);
        let session = entry
            .get("session")
            .map(|text| self.known.forms.value(text));
        let session = session.map(|text| self.name(&text));
        let note = entry.get("note").map(|text| self.known.forms.words(text));
        let note = note.map(|text| self.name(&text));

        let scored = match self.known.put_to(call_id?, rubric?) {
            Ok(scored) => scored,
            Err((column, message)) => return refuse(entry, column, message),
        };
        let (form, asked) = match self.known.question(&scored, question_id?, claim?) {
            Ok(found) => found,
            Err((column, message)) => return refuse(entry, column, message),
        };
        if matches!(asked.question.kind, Kind::Comment) {
            self.comments += 1;
            return None;
        }
        let answer = match answer::parse(&asked.question.kind, text?) {
            Ok(answer) => answer,
            Err(message) => return refuse(entry, "answer", message),
        };
        let points = scoring::points_of(&asked.question.kind, &answer);
        check_points(entry, text?, points);
        if claim?.meaning.is_none() && self.known.ambiguous(form, asked) {
            let which = [form.id.clone(), form.version.clone(), asked.id.clone()];
            self.ambiguous.insert(which);
        }
        let call_id = self.name(call_id?);
        let key = [call_id.clone(), form.id.clone(), asked.id.clone()];
        self.check_once(entry, key, kind?, &rater.clone()?, hidden_repeat?);
        self.check_probability(entry, &call_id, chosen?);
        Some(Rating {
            place: entry.place(),
            call_id,
            rubric: form.id.clone(),
            rubric_version: form.version.clone(),
            section: asked.section.clone(),
            question: asked.id.clone(),
            meaning: asked.meaning.clone(),
            rater: rater?,
            kind: kind?,
            answer,
            points,
            max_points: asked.question.kind.most(),
            session,
            at: at?,
            basis: basis?,
            saw_automatic: saw_automatic?,
            chosen: chosen?,
            hidden_repeat: hidden_repeat?,
            note,
            standing: Standing::Blind,
        })
    }

    /// An agreed answer needs no name.
    fn rater(&mut self, entry: &mut Entry<'_, '_>, kind: Option<RaterKind>) -> Option<Arc<str>> {
        match (entry.get("rater"), kind) {
            (Some(rater), kind)
                if kind != Some(RaterKind::Gold)
                    && RESERVED.contains(&rater.to_lowercase().as_str()) =>
            {
                let message = format!(
                    "\"{rater}\" has a meaning of its own in the tables; give this rater another name"
                );
                entry.wrong("rater", message);
                None
            }
            (Some(rater), Some(RaterKind::Agent)) => {
                let agent = self.known.forms.agent(rater);
                Some(self.name(&agent))
            }
            (Some(rater), _) => {
                let rater = self.known.forms.rater(rater);
                Some(self.name(&rater))
            }
            (None, Some(RaterKind::Gold)) => Some(self.name(GOLD)),
            (None, _) => {
                entry.wrong("rater", "has no value; only a gold rating needs none");
                None
            }
        }
    }

    fn name(&mut self, text: &str) -> Arc<str> {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name: Arc<str> = text.into();
        self.names.insert(name.clone());
        name
    }

    fn check_once(
        &mut self,
        entry: &mut Entry<'_, '_>,
        question: [Arc<str>; 3],
        kind: RaterKind,
        rater: &Arc<str>,
        hidden_repeat: bool,
    ) {
        if hidden_repeat {
            return;
        }
        let who = match kind {
            RaterKind::Gold => self.name(GOLD),
            RaterKind::Person | RaterKind::Agent => rater.clone(),
        };
        let key = (question, (kind, who));
        let Some(first) = self.answered.get(&key) else {
            self.answered.insert(key, entry.place());
            return;
        };
        let first = before(entry, first);
        let message = match kind {
            RaterKind::Gold => format!(
                "this question about this call was agreed on already, in {first}; keep one of the two"
            ),
            RaterKind::Person => format!(
                "{rater} answered this question about this call already, in {first}; keep one of the two, or say yes in hidden_repeat if the second was put to {rater} unknown to them"
            ),
            RaterKind::Agent => format!(
                "{rater} answered this question about this call already, in {first}; keep one of the two"
            ),
        };
        entry.wrong("rater", message);
    }

    fn check_probability(&mut self, entry: &mut Entry<'_, '_>, call: &Arc<str>, chosen: Chosen) {
        let Chosen::Random { probability } = chosen else {
            return;
        };
        let Some((known, first)) = self.probabilities.get(call) else {
            let first = (probability, entry.place());
            self.probabilities.insert(call.clone(), first);
            return;
        };
        if *known != probability {
            let message = format!(
                "{probability} here, and {known} for the same call in {}; a call is chosen once, with one probability",
                before(entry, first)
            );
            entry.wrong("probability", message);
        }
    }

    fn notices(&self, ratings: &[Rating]) -> Vec<String> {
        let mut notices = Vec::new();
        if let Some(first) = self.forgotten.first() {
            notices.push(format!(
                "{} ratings are about calls that are not in these tables, and calls were forgotten \
                 here: they are left out. The first is {} row {}; if its call was not forgotten, look \
                 for a mistyped id.",
                self.forgotten.len(),
                first.file,
                first.row
            ));
        }
        if self.comments > 0 {
            notices.push(format!(
                "{} about comment questions {} left out: words are no ratings",
                counted(self.comments, "row"),
                if self.comments == 1 { "is" } else { "are" }
            ));
        }
        let firsts: BTreeSet<_> = ratings
            .iter()
            .filter(|r| r.kind == RaterKind::Person && !r.hidden_repeat)
            .map(|r| (&r.call_id, &r.rubric, &r.question, &r.rater))
            .collect();
        let alone = ratings
            .iter()
            .filter(|r| r.hidden_repeat)
            .filter(|r| !firsts.contains(&(&r.call_id, &r.rubric, &r.question, &r.rater)))
            .count();
        if alone > 0 {
            notices.push(format!(
                "{} {} no first rating by the same rater and {} of no use",
                counted(alone, "hidden repeat"),
                if alone == 1 { "has" } else { "have" },
                if alone == 1 { "is" } else { "are" }
            ));
        }
        for [rubric, version, question] in &self.ambiguous {
            notices.push(format!(
                "{question} of {rubric} was changed within version {version}: ratings that name the version alone are taken to be of the form that the call was scored with; the column meaning would say it surely"
            ));
        }
        notices
    }
}

fn refuse<T>(entry: &mut Entry<'_, '_>, column: &'static str, message: String) -> Option<T> {
    entry.wrong(column, message);
    None
}

/// A place, as a message at another row names it.
fn before(entry: &Entry<'_, '_>, place: &Place) -> String {
    let row = format!("{} {}", entry.row_word(), place.row);
    if entry.place().file == place.file {
        return row;
    }
    format!("{} row {}", place.file, place.row)
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn rater_kind(text: &str) -> Result<RaterKind, String> {
    match text.to_lowercase().as_str() {
        "person" => Ok(RaterKind::Person),
        "gold" => Ok(RaterKind::Gold),
        "agent" => Ok(RaterKind::Agent),
        "automatic" => Err(
            "automatic answers join by themselves, from the tables; take these rows out"
                .to_string(),
        ),
        _ => Err(format!("\"{text}\" is not person, gold or agent")),
    }
}

fn basis(text: &str) -> Result<Basis, String> {
    match text.to_lowercase().as_str() {
        "audio" => Ok(Basis::Audio),
        "transcript" => Ok(Basis::Transcript),
        _ => Err(format!("\"{text}\" is not audio or transcript")),
    }
}

fn chosen(entry: &mut Entry<'_, '_>) -> Option<Chosen> {
    let is_random = entry.need_read("chosen", |text| match text.to_lowercase().as_str() {
        "random" => Ok(true),
        "targeted" => Ok(false),
        _ => Err(format!("\"{text}\" is not random or targeted")),
    })?;
    let given = entry.get("probability").is_some();
    match (is_random, given) {
        (true, true) => {
            let probability = entry.read("probability", |text| {
                entries::share(text).and_then(|p| {
                    let message = "a call that could hardly be chosen was not chosen at random; the smallest probability is one in a million";
                    if p >= LEAST_PROBABILITY {
                        Ok(p)
                    } else {
                        Err(message.to_string())
                    }
                })
            })?;
            Some(Chosen::Random { probability })
        }
        (true, false) => {
            entry.wrong(
                "probability",
                "a call chosen at random needs the probability with which it was chosen, such as 0.05 where one call in twenty is; write targeted in chosen if nobody knows it",
            );
            None
        }
        (false, true) => {
            entry.wrong(
                "probability",
                "a targeted call has no probability; leave it empty, or write random in chosen",
            );
            None
        }
        (false, false) => Some(Chosen::Targeted),
    }
}

fn hidden_repeat(entry: &mut Entry<'_, '_>, kind: Option<RaterKind>) -> Option<bool> {
    if entry.get("hidden_repeat").is_none() {
        return Some(false);
    }
    let repeat = entry.read("hidden_repeat", entries::yes_no)?;
    if repeat && matches!(kind, Some(RaterKind::Gold | RaterKind::Agent)) {
        entry.wrong(
            "hidden_repeat",
            "only a person's rating is repeated in hiding",
        );
        return None;
    }
    Some(repeat)
}

fn check_points(entry: &mut Entry<'_, '_>, answer: &str, given_by_form: Option<f64>) {
    let Some(points) = entry.read("points", entries::number) else {
        return;
    };
    match given_by_form {
        Some(right) if (points - right).abs() < SAME_POINTS => {}
        Some(right) => entry.wrong(
            "points",
            format!("the form gives {right} for \"{answer}\", not {points}; mend one of them, or leave points empty"),
        ),
        None => entry.wrong(
            "points",
            format!("the form gives no points for \"{answer}\"; leave it empty"),
        ),
    }
}
