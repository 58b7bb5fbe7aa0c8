//! What calibration is calculated from: the scored calls, and ratings joined to them.
//!
//! Names become indices here, once; the rooms beside this one know numbers only.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::ratings::{Basis, Chosen, RaterKind, Rating, Standing};
use crate::rubric::{Kind, Rubric};
use crate::scoring::{AUTOMATIC, Answer};

/// Names by index, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Names {
    names: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Names {
    /// The index of a name; a new one is added.
    pub fn index(&mut self, name: &str) -> usize {
        if let Some(&place) = self.places.get(name) {
            return place;
        }
        self.names.push(name.to_string());
        self.places.insert(name.to_string(), self.names.len() - 1);
        self.names.len() - 1
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    pub fn name(&self, index: usize) -> &str {
        &self.names[index]
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// A scored call.
#[derive(Debug, Clone)]
pub struct CallFacts {
    pub id: String,
    /// Local day, `YYYY-MM-DD`.
    pub date: String,
    /// The same as days since 1970-01-01.
    pub day: i64,
    pub agent: usize,
    pub team: Option<usize>,
    pub queue: usize,
    /// Queue and reason together: what is compared with what.
    pub mix: usize,
    /// What recognised the speech.
    pub model: usize,
    /// Mean word probability.
    pub heard: Option<f64>,
}

impl CallFacts {
    /// Weeks from the one that began on Monday, 1969-12-29.
    pub fn week(&self) -> i64 {
        week_of(self.day)
    }
}

/// Weeks from the one that began on Monday, 1969-12-29, to that of a day since 1970-01-01.
pub fn week_of(day: i64) -> i64 {
    (day + 3).div_euclid(7)
}

/// The Monday of such a week.
pub fn monday(week: i64) -> Date {
    Date::constant(1969, 12, 29).saturating_add(week.weeks())
}

/// Days from 1970-01-01.
pub fn days_since_1970(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}

/// One answer, whoever gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Given {
    /// Index into the question's [`Question::answers`].
    pub answer: usize,
    /// Share of the question's points that it earns, 0 to 1; `None` for *not applicable* and
    /// where the question is not scored.
    pub share: Option<f64>,
}

/// An answer of a person on a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rated {
    pub call: usize,
    pub rater: usize,
    pub given: Given,
    /// Day of the rating, as days since 1970-01-01.
    pub day: i64,
    pub basis: Basis,
    /// The probability with which the call was chosen at random; `None` where it was picked.
    pub probability: Option<f64>,
}

/// One question in one of its meanings, with all its answers.
#[derive(Debug, Clone)]
pub struct Question {
    /// Index into [`Base::forms`].
    pub form: usize,
    pub id: String,
    pub meaning: String,
    pub section: String,
    pub text: String,
    /// `yes_no`, `options` and so on, as in the tables.
    pub kind: &'static str,
    /// Versions of the rubric that ask it so.
    pub versions: BTreeSet<String>,
    /// Texts of all answers that the form has or that occur.
    pub answers: Names,
    /// How many of them the form has; the others came with answers: *not applicable*, numbers,
    /// selections.
    pub of_form: usize,
    /// The automatic answers in order of calls, abstentions apart.
    pub automatic: Vec<(usize, Given)>,
    /// Calls on which the automatic scorer abstained, in order.
    pub abstained: Vec<usize>,
    /// Blind ratings of people, in order of call and rater.
    pub people: Vec<Rated>,
    /// Agreed answers by call.
    pub gold: BTreeMap<usize, Rated>,
    /// Agents' ratings of their own calls.
    pub own: Vec<Rated>,
    /// First answers and hidden repeats of the same rater: rater, call, first, repeat.
    pub repeats: Vec<(usize, usize, Given, Given)>,
}

/// A form in all its versions that calls were scored with.
#[derive(Debug, Clone)]
pub struct Form {
    pub rubric: String,
    pub versions: Vec<Rubric>,
    /// Indices into [`Base::questions`], in the order of the latest form.
    pub questions: Vec<usize>,
    /// By call: the version, as an index into `versions`, and the automatic score before
    /// auto-fail.
    pub scored: BTreeMap<usize, (usize, Option<f64>)>,
}

/// Everything, joined.
#[derive(Debug, Clone, Default)]
pub struct Base {
    /// In order of start and id.
    pub calls: Vec<CallFacts>,
    pub agents: Names,
    pub teams: Names,
    pub queues: Names,
    pub mixes: Names,
    pub models: Names,
    /// The automatic scorer is the first.
    pub raters: Names,
    pub forms: Vec<Form>,
    pub questions: Vec<Question>,
    places: BTreeMap<String, usize>,
    by_meaning: BTreeMap<(usize, String, String), usize>,
}

/// One automatic answer as the tables have it.
#[derive(Debug, Clone, Copy)]
pub struct AutomaticAnswer<'a> {
    pub question: &'a str,
    pub meaning: &'a str,
    pub answer: &'a str,
    pub points: Option<f64>,
    pub max_points: f64,
}

/// Index of the automatic scorer among the raters.
pub const AUTOMATIC_RATER: usize = 0;
/// How *not applicable* stands in the tables.
pub const NOT_APPLICABLE: &str = "not_applicable";
const ABSTAIN: &str = "abstain";

impl Base {
    /// Without any call.
    pub fn new() -> Self {
        let mut base = Self::default();
        base.raters.index(AUTOMATIC);
        base
    }

    /// Adds a form version; returns the form's index and the version's within it.
    pub fn add_form(&mut self, rubric: &Rubric) -> (usize, usize) {
        let form = match self.forms.iter().position(|f| f.rubric == rubric.rubric) {
            Some(form) => form,
            None => {
                self.forms.push(Form {
                    rubric: rubric.rubric.clone(),
                    versions: Vec::new(),
                    questions: Vec::new(),
                    scored: BTreeMap::new(),
                });
                self.forms.len() - 1
            }
        };
        for (s, q) in rubric.questions() {
            let key = (form, q.id.clone(), q.meaning.clone());
            let next = self.questions.len();
            let at = *self.by_meaning.entry(key).or_insert(next);
            if at == next {
                let answers = answers_of(&q.kind);
                self.questions.push(Question {
                    of_form: answers.len(),
                    answers,
                    form,
                    id: q.id.clone(),
                    meaning: q.meaning.clone(),
                    section: rubric.sections[s].id.clone(),
                    text: q.text.clone(),
                    kind: q.kind.as_str(),
                    versions: BTreeSet::new(),
                    automatic: Vec::new(),
                    abstained: Vec::new(),
                    people: Vec::new(),
                    gold: BTreeMap::new(),
                    own: Vec::new(),
                    repeats: Vec::new(),
                });
                self.forms[form].questions.push(at);
            }
            self.questions[at].versions.insert(rubric.version.clone());
        }
        let versions = &mut self.forms[form].versions;
        versions.push(rubric.clone());
        (form, versions.len() - 1)
    }

    /// Adds a call; calls come in order of start and id.
    pub fn add_call(&mut self, call: CallFacts) -> usize {
        self.places.insert(call.id.clone(), self.calls.len());
        self.calls.push(call);
        self.calls.len() - 1
    }

    pub fn call(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Adds an automatic answer of the last call; one to a question that no form has is left out.
    pub fn add_automatic(&mut self, form: usize, call: usize, given: &AutomaticAnswer<'_>) {
        let key = (form, given.question.to_string(), given.meaning.to_string());
        let Some(&at) = self.by_meaning.get(&key) else {
            return;
        };
        let question = &mut self.questions[at];
        if given.answer == ABSTAIN {
            question.abstained.push(call);
            return;
        }
        let share = given
            .points
            .filter(|_| given.max_points > 0.0)
            .map(|points| points / given.max_points);
        let answer = question.answers.index(given.answer);
        question.automatic.push((call, Given { answer, share }));
    }

    /// Joins ratings that were checked against these calls. What *cannot tell* says is no rating.
    pub fn add_ratings(&mut self, ratings: &[Rating]) {
        let mut firsts: BTreeMap<(usize, usize, usize), Given> = BTreeMap::new();
        let mut repeats = Vec::new();
        for rating in ratings {
            let (Some(call), Some(at)) = (self.call(&rating.call_id), self.question_of(rating))
            else {
                continue;
            };
            if rating.answer == Answer::Abstain {
                continue;
            }
            let share = rating
                .points
                .filter(|_| rating.max_points > 0.0)
                .map(|points| points / rating.max_points);
            let rater = self.raters.index(&rating.rater);
            let question = &mut self.questions[at];
            let given = Given {
                answer: question.answers.index(&rating.answer.text()),
                share,
            };
            let rated = Rated {
                call,
                rater,
                given,
                day: days_since_1970(rating.at.date),
                basis: rating.basis,
                probability: match rating.chosen {
                    Chosen::Random { probability } => Some(probability),
                    Chosen::Targeted => None,
                },
            };
            match (rating.kind, rating.standing) {
                (RaterKind::Gold, _) => {
                    question.gold.insert(call, rated);
                }
                (RaterKind::Agent, Standing::Blind) => question.own.push(rated),
                (RaterKind::Person, Standing::Blind) => {
                    question.people.push(rated);
                    firsts.insert((at, rater, call), given);
                }
                (RaterKind::Person, Standing::HiddenRepeat) => {
                    repeats.push((at, rater, call, given));
                }
                (RaterKind::Person | RaterKind::Agent, _) => {}
            }
        }
        for (at, rater, call, again) in repeats {
            if let Some(&first) = firsts.get(&(at, rater, call)) {
                self.questions[at].repeats.push((rater, call, first, again));
            }
        }
        for question in &mut self.questions {
            question.people.sort_by_key(|r| (r.call, r.rater));
            question.own.sort_by_key(|r| (r.call, r.rater));
            question.repeats.sort_by_key(|r| (r.0, r.1));
        }
    }

    fn question_of(&self, rating: &Rating) -> Option<usize> {
        let form = self
            .forms
            .iter()
            .position(|f| *f.rubric == *rating.rubric)?;
        let key = (
            form,
            rating.question.to_string(),
            rating.meaning.to_string(),
        );
        self.by_meaning.get(&key).copied()
    }
}

/// The answers that a question knows by itself.
fn answers_of(kind: &Kind) -> Names {
    let mut names = Names::default();
    match kind {
        Kind::YesNo { .. } => {
            names.index("no");
            names.index("yes");
        }
        Kind::Options { choices, .. } => {
            for choice in choices {
                names.index(&choice.id);
            }
        }
        Kind::Number { .. } | Kind::MultiSelect { .. } | Kind::Comment => {}
    }
    names
}

impl Question {
    /// The binary view: *yes* and *no* as they are; of other scored questions whether all points
    /// were earned. `None` for *not applicable* and questions without points.
    pub fn passes(&self, given: Given) -> Option<bool> {
        match self.answers.name(given.answer) {
            NOT_APPLICABLE => None,
            "yes" if self.kind == "yes_no" => Some(true),
            "no" if self.kind == "yes_no" => Some(false),
            _ => given.share.map(|share| share >= 1.0 - 1e-9),
        }
    }

    pub fn is_not_applicable(&self, given: Given) -> bool {
        self.answers.name(given.answer) == NOT_APPLICABLE
    }

    /// The blind ratings of people, call by call.
    pub fn people_by_call(&self) -> impl Iterator<Item = &[Rated]> {
        self.people.chunk_by(|a, b| a.call == b.call)
    }

    /// The automatic answer on a call.
    pub fn automatic_on(&self, call: usize) -> Option<Given> {
        let place = self
            .automatic
            .binary_search_by_key(&call, |(call, _)| *call);
        place.ok().map(|place| self.automatic[place].1)
    }

    /// Whether anybody but the automatic scorer answered.
    pub fn is_rated(&self) -> bool {
        !(self.people.is_empty() && self.gold.is_empty() && self.own.is_empty())
    }
}
