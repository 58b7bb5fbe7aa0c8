//! The questions that are known, by form, and which of them a row means.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Forms;
use super::entries::Entry;
use crate::recording::fields::{ROUNDED, is_rounded};
use crate::rubric::Question;
use crate::rubric::diagnostics::did_you_mean;

/// Digits of a meaning that tell it from all others.
const SURE_DIGITS: usize = 12;

/// Forms made ready to be asked for many rows.
pub(super) struct Known<'f> {
    pub forms: &'f Forms,
    versions: Vec<Version<'f>>,
}

/// One version of a form.
pub(super) struct Version<'f> {
    pub id: Arc<str>,
    pub version: Arc<str>,
    questions: BTreeMap<&'f str, Asked<'f>>,
}

/// A question of a form.
pub(super) struct Asked<'f> {
    pub question: &'f Question,
    pub id: Arc<str>,
    pub section: Arc<str>,
    pub meaning: Arc<str>,
}

/// Which question a row says that it is about, besides its id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'r> {
    pub version: Option<&'r str>,
    pub meaning: Option<&'r str>,
}

impl<'r> Claim<'r> {
    /// Reads `rubric_version` and `meaning`, of which a row has at least one.
    pub(super) fn of(entry: &mut Entry<'_, 'r>) -> Option<Self> {
        let claim = Self {
            version: entry.get("rubric_version"),
            meaning: entry.get("meaning"),
        };
        if let Some(meaning) = claim.meaning {
            let digits = meaning.len();
            let hex = meaning.chars().all(|c| c.is_ascii_hexdigit());
            if !hex || !(SURE_DIGITS..=64).contains(&digits) {
                let message = format!(
                    "\"{meaning}\" is no meaning of a question; write at least the first {SURE_DIGITS} of its digits, as the table answers has them"
                );
                entry.wrong("meaning", message);
                return None;
            }
        } else if claim.version.is_none() {
            entry.wrong(
                "rubric_version",
                "which form was it? Write the rubric's version here, or the question's meaning in the column meaning",
            );
            return None;
        }
        Some(claim)
    }

    fn fits(&self, form: &Version<'_>, asked: &Asked<'_>) -> bool {
        self.version.is_none_or(|v| *v == *form.version)
            && self.meaning.is_none_or(|m| begins(&asked.meaning, m))
    }
}

fn begins(meaning: &str, prefix: &str) -> bool {
    meaning
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

impl<'f> Known<'f> {
    pub(super) fn of(forms: &'f Forms) -> Self {
        let versions = forms.rubrics.iter().map(|rubric| Version {
            id: rubric.rubric.as_str().into(),
            version: rubric.version.as_str().into(),
            questions: rubric
                .questions()
                .map(|(section, question)| {
                    let asked = Asked {
                        question,
                        id: question.id.as_str().into(),
                        section: rubric.sections[section].id.as_str().into(),
                        meaning: question.meaning.as_str().into(),
                    };
                    (question.id.as_str(), asked)
                })
                .collect(),
        });
        Self {
            forms,
            versions: versions.collect(),
        }
    }

    fn of_rubric(&self, rubric: &str) -> Vec<&Version<'f>> {
        let of_it = |form: &&Version<'_>| *form.id == *rubric;
        self.versions.iter().filter(of_it).collect()
    }

    fn unknown_rubric(&self, rubric: &str) -> String {
        let ids: BTreeSet<&str> = self.versions.iter().map(|form| &*form.id).collect();
        let instead = match did_you_mean(rubric, ids.iter().copied()) {
            none if none.is_empty() => {
                let there: Vec<&str> = ids.into_iter().collect();
                format!("; there are {}", there.join(", "))
            }
            near => near,
        };
        format!("no call was scored with a rubric \"{rubric}\"{instead}")
    }

    /// Whether a call that is not known may have been forgotten.
    pub(super) fn may_be_forgotten(&self, call_id: &str) -> bool {
        self.forms.some_forgotten
            && !self.forms.of_call.contains_key(call_id)
            && !is_rounded(call_id)
    }

    /// The versions of a rubric that were put to a call and apply to it.
    ///
    /// # Errors
    /// The column, and what is wrong with it.
    pub(super) fn put_to(
        &self,
        call_id: &str,
        rubric: &str,
    ) -> Result<Vec<&Version<'f>>, (&'static str, String)> {
        let Some(put) = self.forms.of_call.get(call_id) else {
            if is_rounded(call_id) {
                return Err(("call_id", ROUNDED.to_string()));
            }
            let message = format!(
                "\"{call_id}\" is no call of these tables; look for a mistyped id, and whether the call was scored"
            );
            return Err(("call_id", message));
        };
        if self.of_rubric(rubric).is_empty() {
            return Err(("rubric", self.unknown_rubric(rubric)));
        }
        let of_it: Vec<_> = put
            .iter()
            .map(|put| (&self.versions[put.form], &put.not_eligible))
            .filter(|(form, _)| *form.id == *rubric)
            .collect();
        let eligible: Vec<_> = of_it
            .iter()
            .filter(|(_, reason)| reason.is_none())
            .map(|(form, _)| *form)
            .collect();
        if !eligible.is_empty() {
            return Ok(eligible);
        }
        let message = match of_it.iter().find_map(|(_, reason)| reason.as_deref()) {
            Some(reason) => {
                format!("{rubric} does not apply to this call ({reason}); take the row out")
            }
            None => format!(
                "{rubric} was not put to this call; score it with that rubric, or take the row out"
            ),
        };
        Err(("rubric", message))
    }

    /// The question that a row means, among the versions that its call was scored with.
    ///
    /// # Errors
    /// The column, and what is wrong with it: no such question, or one that has changed.
    pub(super) fn question<'k>(
        &'k self,
        scored: &[&'k Version<'f>],
        question: &str,
        claim: Claim<'_>,
    ) -> Result<(&'k Version<'f>, &'k Asked<'f>), (&'static str, String)> {
        let with_it: Vec<(&Version<'f>, &Asked<'f>)> = scored
            .iter()
            .filter_map(|form| Some((*form, form.questions.get(question)?)))
            .collect();
        let Some(&(form, asked)) = with_it.last() else {
            return Err(("question", self.unknown_question(scored, question)));
        };
        if let Some(found) = with_it.iter().find(|(form, asked)| claim.fits(form, asked)) {
            return Ok(*found);
        }
        let rated: Vec<(&Version<'f>, &Asked<'f>)> = self
            .of_rubric(&form.id)
            .into_iter()
            .filter_map(|form| Some((form, form.questions.get(question)?)))
            .filter(|(form, asked)| claim.fits(form, asked))
            .collect();
        // Another version may ask the same.
        if claim.meaning.is_none() {
            let same = |meaning: &str| with_it.iter().find(|(_, asked)| *asked.meaning == *meaning);
            if let Some(found) = rated.iter().find_map(|(_, asked)| same(&asked.meaning)) {
                return Ok(*found);
            }
        }
        let scored_with = format!(
            "the call was scored with version {} (meaning {})",
            form.version,
            short(&asked.meaning)
        );
        let remedy = "score the call again with the form that was rated, or take the row out";
        let column = if claim.meaning.is_some() {
            "meaning"
        } else {
            "rubric_version"
        };
        let rates = match (rated.first(), claim.version, claim.meaning) {
            (Some((form, asked)), ..) => format!(
                "the question has changed: the row rates version {} (meaning {}), and {scored_with}",
                form.version,
                short(&asked.meaning)
            ),
            (None, Some(version), None) => format!(
                "no version {version} of {} with this question is known; {scored_with}",
                form.id
            ),
            (None, Some(version), Some(meaning)) if begins(&asked.meaning, meaning) => {
                format!("the meaning is not that of version {version}; {scored_with}")
            }
            (None, _, Some(meaning)) => format!(
                "no version of {} asks this question with the meaning {}; {scored_with}",
                form.id,
                short(meaning)
            ),
            (None, None, None) => scored_with,
        };
        Err((column, format!("{rates}; {remedy}")))
    }

    /// The question of a row that is about no call.
    ///
    /// # Errors
    /// The column, and what is wrong with it.
    pub(super) fn anywhere<'k>(
        &'k self,
        rubric: &str,
        question: &str,
        claim: Option<Claim<'_>>,
    ) -> Result<(&'k Version<'f>, &'k Asked<'f>), (&'static str, String)> {
        let versions = self.of_rubric(rubric);
        if versions.is_empty() {
            return Err(("rubric", self.unknown_rubric(rubric)));
        }
        let with_it: Vec<(&Version<'f>, &Asked<'f>)> = versions
            .iter()
            .filter_map(|form| Some((*form, form.questions.get(question)?)))
            .collect();
        if with_it.is_empty() {
            return Err(("question", self.unknown_question(&versions, question)));
        }
        let fits = |(form, asked): &&(&Version<'f>, &Asked<'f>)| {
            claim.is_none_or(|claim| claim.fits(form, asked))
        };
        if let Some(found) = with_it.iter().rfind(fits) {
            return Ok(*found);
        }
        let there: Vec<String> = with_it
            .iter()
            .map(|(form, asked)| format!("{} (meaning {})", form.version, short(&asked.meaning)))
            .collect();
        let column = match claim {
            Some(Claim {
                meaning: Some(_), ..
            }) => "meaning",
            _ => "rubric_version",
        };
        let message = format!(
            "no such version of the question is known; {rubric} has {}; take the row out, or measure anew",
            there.join(", ")
        );
        Err((column, message))
    }

    fn unknown_question(&self, scored: &[&Version<'f>], question: &str) -> String {
        let Some(form) = scored.last() else {
            return format!("\"{question}\" is no question");
        };
        let elsewhere: Vec<&str> = self
            .of_rubric(&form.id)
            .iter()
            .filter(|form| form.questions.contains_key(question))
            .map(|form| &*form.version)
            .collect();
        if let Some(version) = elsewhere.last() {
            return format!(
                "{} asks \"{question}\" in version {version}, and the call was scored with version {}; score the call again with that version, or take the row out",
                form.id, form.version
            );
        }
        let ids = || form.questions.keys().copied();
        let instead = match did_you_mean(question, ids()) {
            none if none.is_empty() => {
                format!("; there are {}", ids().collect::<Vec<_>>().join(", "))
            }
            near => near,
        };
        format!(
            "\"{question}\" is no question of {} {}{instead}",
            form.id, form.version
        )
    }

    /// Versions under whose number a question was asked in more than one way.
    pub(super) fn ambiguous(&self, form: &Version<'_>, asked: &Asked<'_>) -> bool {
        self.of_rubric(&form.id).iter().any(|other| {
            other.version == form.version
                && other
                    .questions
                    .get(&*asked.id)
                    .is_some_and(|o| o.meaning != asked.meaning)
        })
    }
}

fn short(meaning: &str) -> &str {
    meaning.get(..SURE_DIGITS).unwrap_or(meaning)
}
