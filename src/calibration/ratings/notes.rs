//! Coaching notes: a file of YAML that coaches keep by hand, one entry per talk about one
//! question, with what was agreed. The keys are those of the table `coaching`.
//!
//! What is wrong is told with file, line and remedy, all at once, as for the other files of
//! people. Left out on purpose: reading the file, and saying which calls are whose, which is the
//! caller's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::coaching::{Agreed, Coached, about_strangers, is_same, order};
use super::known::Known;
use super::{Forms, LISTED, Place, Problem, Refused, Taken, when};
use crate::recording::fields::{ROUNDED, is_rounded};
use crate::redaction;
use crate::rubric::diagnostics::{self, did_you_mean};

const WHAT: &str = "coaching";
/// Characters of one text.
const LONGEST: usize = 1_000;
/// Calls that one talk can be about.
const MOST_CALLS: usize = 20;
/// Minutes of the longest talk: a day.
const MOST_MINUTES: u32 = 24 * 60;

/// One note as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    agent: Spanned<String>,
    coached_on: Spanned<String>,
    rubric: Spanned<String>,
    question: Spanned<String>,
    #[serde(default)]
    calls: Vec<Spanned<String>>,
    action: Spanned<String>,
    follow_up_on: Option<Spanned<String>>,
    coach: Option<Spanned<String>>,
    minutes: Option<Spanned<u32>>,
    done_on: Option<Spanned<String>>,
}

/// Notes whose shape is right.
#[derive(Debug)]
pub struct Notes {
    file: Arc<str>,
    notes: Vec<Written>,
}

impl Notes {
    /// Reads the text of a file that is called `file` in messages.
    ///
    /// # Errors
    /// What is no YAML, or no list of notes.
    pub fn parse(text: &str, file: &str) -> Result<Self, Refused> {
        let file: Arc<str> = file.into();
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
        let notes: Option<Vec<Written>> = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| {
                let wrong = diagnostics::Problem::of_yaml(&error);
                refused(vec![problem(&file, wrong.line, None, wrong.message)])
            })?;
        let notes = notes.unwrap_or_default();
        Ok(Self { file, notes })
    }

    /// The ids that the named calls can have in the tables.
    pub fn call_ids(&self, forms: &Forms) -> BTreeSet<String> {
        let named = self.notes.iter().flat_map(|note| &note.calls);
        named.flat_map(|id| candidates(forms, &id.value)).collect()
    }

    /// Checks the notes against what the tables say. `agent_of` tells whose the named calls are.
    ///
    /// # Errors
    /// Everything that is wrong, if anything is.
    pub fn check(
        self,
        forms: &Forms,
        agent_of: &BTreeMap<String, String>,
    ) -> Result<Taken<Coached>, Refused> {
        let mut checking = Checking {
            file: &self.file,
            forms,
            known: Known::of(forms),
            agent_of,
            problems: Vec::new(),
            forgotten_calls: 0,
        };
        let mut rows = Vec::new();
        for note in &self.notes {
            let before = checking.problems.len();
            let coached = checking.note(note);
            if checking.problems.len() == before {
                rows.extend(coached);
            }
        }
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        for pair in rows.windows(2).filter(|pair| is_same(&pair[0], &pair[1])) {
            let message = format!(
                "the same agent, question and day as in line {}; put both into one note",
                pair[0].place.row
            );
            let line = pair[1].place.row;
            let twice = problem(&self.file, line, None, message);
            checking.problems.push(twice);
        }
        let mut problems = checking.problems;
        let mut notices = Vec::new();
        match checking.forgotten_calls {
            0 => {}
            1 => notices.push(format!(
                "{}: 1 call that a note names is not there any more and is left out",
                self.file
            )),
            n => notices.push(format!(
                "{}: {n} calls that notes name are not there any more and are left out",
                self.file
            )),
        }
        if !problems.is_empty() {
            problems.sort_by(|a, b| a.place.cmp(&b.place));
            return Err(refused(problems));
        }
        let strangers = rows.iter().map(|row| row.agent.as_str());
        let strangers = strangers.filter(|agent| !forms.agents.contains(*agent));
        notices.extend(about_strangers(strangers.collect()));
        Ok(Taken { rows, notices })
    }
}

struct Checking<'a> {
    file: &'a Arc<str>,
    forms: &'a Forms,
    known: Known<'a>,
    agent_of: &'a BTreeMap<String, String>,
    problems: Vec<Problem>,
    forgotten_calls: usize,
}

impl Checking<'_> {
    fn note(&mut self, note: &Written) -> Option<Coached> {
        let place = Place {
            file: self.file.clone(),
            row: note.agent.referenced.line(),
        };
        let agent = self.agent(&note.agent);
        let on = self.day("coached_on", &note.coached_on);
        let follow_up = self.later_day("follow_up_on", note.follow_up_on.as_ref(), on);
        let done = self.later_day("done_on", note.done_on.as_ref(), on);
        let asked = self
            .known
            .anywhere(&note.rubric.value, &note.question.value, None);
        let asked = asked.map(|(form, asked)| (form.id.to_string(), asked.id.to_string()));
        if let Err((column, message)) = &asked {
            let at = match *column {
                "rubric" => &note.rubric,
                _ => &note.question,
            };
            self.wrong(at, column, message.clone());
        }
        let calls = self.calls(&note.calls, agent.as_deref());
        let action = self.text("action", &note.action);
        let coach = note.coach.as_ref();
        let coach = coach.and_then(|coach| self.text("coach", coach));
        if let Some(minutes) = note.minutes.as_ref().filter(|m| m.value > MOST_MINUTES) {
            let message = format!("a talk has {MOST_MINUTES} minutes at most");
            self.wrong(minutes, "minutes", message);
        }
        let (rubric, question) = asked.ok()?;
        Some(Coached {
            place,
            agent: agent?,
            rubric,
            question,
            on: on?,
            agreed: Agreed {
                calls,
                action: action.map(|text| self.forms.words(&text)),
                follow_up,
                coach: coach.map(|name| self.forms.rater(&name)),
                minutes: note.minutes.as_ref().map(|minutes| minutes.value),
                done,
            },
        })
    }

    /// The agent as the tables have it. One without calls is a slip, unless calls were forgotten
    /// here: then all of the agent's may have gone.
    fn agent(&mut self, written: &Spanned<String>) -> Option<String> {
        let id = self.text("agent", written)?;
        let agent = self.forms.agent(&id);
        if !self.forms.agents.contains(&agent) && !self.forms.some_forgotten {
            let near = did_you_mean(&agent, self.forms.agents.iter().map(String::as_str));
            let message = format!(
                "no call in the tables is of \"{id}\"{near}{}",
                match near.is_empty() {
                    true => "; write the agent's id as in the table of calls",
                    false => "",
                }
            );
            self.wrong(written, "agent", message);
        }
        Some(agent)
    }

    fn calls(&mut self, written: &[Spanned<String>], agent: Option<&str>) -> Vec<String> {
        if let Some(over) = written.get(MOST_CALLS) {
            let message = format!("a note names {MOST_CALLS} calls at most; keep the telling ones");
            self.wrong(over, "calls", message);
        }
        let mut calls = Vec::new();
        for named in written.iter().take(MOST_CALLS) {
            let mut ids = candidates(self.forms, &named.value).into_iter();
            let found = ids.find_map(|id| self.agent_of.get_key_value(&id));
            match found {
                Some((id, of)) if agent.is_none_or(|agent| agent == of) => {
                    if !calls.contains(id) {
                        calls.push(id.clone());
                    }
                }
                Some((id, of)) => {
                    let message = format!(
                        "\"{id}\" is a call of {of}; a note names calls of its own agent only, take it out"
                    );
                    self.wrong(named, "calls", message);
                }
                None if is_rounded(&named.value) => self.wrong(named, "calls", ROUNDED),
                None if self.forms.some_forgotten => self.forgotten_calls += 1,
                None => {
                    let message = format!(
                        "\"{}\" is no call of these tables; look for a mistyped id, or take it out",
                        named.value
                    );
                    self.wrong(named, "calls", message);
                }
            }
        }
        calls
    }

    fn text(&mut self, key: &str, written: &Spanned<String>) -> Option<String> {
        let text = written.value.split_whitespace().collect::<Vec<_>>();
        let text = text.join(" ");
        if text.is_empty() {
            self.wrong(written, key, "has no value, and every note needs one");
            return None;
        }
        if text.chars().count() > LONGEST {
            let message = format!("has more than {LONGEST} characters; say it shorter");
            self.wrong(written, key, message);
            return None;
        }
        Some(text)
    }

    fn day(&mut self, key: &str, written: &Spanned<String>) -> Option<Date> {
        match when::parse(&written.value) {
            Ok(at) => Some(at.date),
            Err(message) => {
                self.wrong(written, key, message);
                None
            }
        }
    }

    /// A day that cannot be before the talk.
    fn later_day(
        &mut self,
        key: &str,
        written: Option<&Spanned<String>>,
        on: Option<Date>,
    ) -> Option<Date> {
        let written = written?;
        let day = self.day(key, written)?;
        if let Some(on) = on.filter(|on| day < *on) {
            let message = format!("\"{day}\" is before the talk of {on}; mend one of the two days");
            self.wrong(written, key, message);
        }
        Some(day)
    }

    fn wrong<T>(&mut self, at: &Spanned<T>, key: &str, message: impl Into<String>) {
        let line = at.referenced.line();
        let wrong = problem(self.file, line, Some(key), message.into());
        self.problems.push(wrong);
    }
}

/// What a call's id can be in the tables: redacted, and where agents have pseudonyms, with the
/// agent's id in it replaced.
fn candidates(forms: &Forms, id: &str) -> Vec<String> {
    let id = id.trim();
    let replaced = forms
        .pseudonyms
        .iter()
        .flat_map(|agents| agents.call_ids(id));
    let mut ids: Vec<String> = replaced.map(|id| redaction::redact_text(&id)).collect();
    ids.push(redaction::redact_text(id));
    ids
}

fn problem(file: &Arc<str>, line: u64, key: Option<&str>, message: String) -> Problem {
    Problem {
        place: Place {
            file: file.clone(),
            row: line,
        },
        row_word: "line",
        column: key.map(str::to_string),
        message: redaction::redact_quotation(&message),
    }
}

fn refused(mut problems: Vec<Problem>) -> Refused {
    let more = problems.len().saturating_sub(LISTED);
    problems.truncate(LISTED);
    Refused {
        what: WHAT,
        problems,
        more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rubric;

    fn forms() -> Forms {
        let yaml = "
rubric: care
version: '1'
title: Care
sections:
- id: all
  title: All
  weight: 1
  questions:
  - id: greeted
    text: Greeted?
    yes_when: {said: {by: agent, any: [hello]}}
";
        Forms {
            rubrics: vec![rubric::parse(yaml, "care.yaml").unwrap()],
            agents: BTreeSet::from(["kim".to_string(), "lee".to_string()]),
            ..Forms::default()
        }
    }

    fn check(text: &str, forms: &Forms) -> Result<Taken<Coached>, Refused> {
        let agent_of = BTreeMap::from([("k-1", "kim"), ("k-2", "kim"), ("l-1", "lee")]);
        let agent_of = agent_of.into_iter();
        let agent_of = agent_of.map(|(id, agent)| (id.to_string(), agent.to_string()));
        Notes::parse(text, "notes.yaml")?.check(forms, &agent_of.collect())
    }

    const NOTE: &str = "\
- agent: kim
  coached_on: 2026-03-09
  rubric: care
  question: greeted
";

    #[test]
    fn a_note_is_taken_with_all_that_it_says_and_texts_are_redacted() {
        let text = format!(
            "# by hand\n{NOTE}  calls: [k-1, k-2, k-1]\n  action: >\n    Breathe, then greet;\n    \
             ring me on 0171 555 0143.\n  follow_up_on: 2026-03-30\n  coach: anna\n  minutes: 25\n  \
             done_on: 2026-04-01\n"
        );
        let taken = check(&text, &forms()).unwrap();
        let [coached] = &taken.rows[..] else {
            panic!("{taken:?}")
        };
        let agreed = &coached.agreed;
        assert_eq!(coached.place.row, 2);
        assert_eq!(agreed.calls, ["k-1", "k-2"]);
        let action = agreed.action.as_deref().unwrap();
        assert!(action.starts_with("Breathe, then greet; ring"), "{action}");
        assert!(!action.contains("0143"), "{action}");
        assert_eq!(agreed.follow_up.unwrap().to_string(), "2026-03-30");
        assert_eq!(agreed.done.unwrap().to_string(), "2026-04-01");
        assert_eq!(
            (agreed.coach.as_deref(), agreed.minutes),
            (Some("anna"), Some(25))
        );
        assert!(check("", &forms()).unwrap().rows.is_empty());
    }

    #[test]
    fn whatever_is_wrong_is_told_with_its_line_and_a_remedy() {
        let text = "\
- agent: kym
  coached_on: 09/03/2026
  rubric: care
  question: greeting
  action: ''
- agent: lee
  coached_on: 2026-03-09
  rubric: car
  question: greeted
  calls: [k-1, x-9]
  action: greet
  follow_up_on: 2026-03-01
  minutes: 2000
- {agent: kim, coached_on: 2026-03-09, rubric: care, question: greeted, action: a}
- {agent: kim, coached_on: 2026-03-09, rubric: care, question: greeted, action: b}
";
        let refused = check(text, &forms()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "use the coaching:\n  \
             notes.yaml, line 1, agent: no call in the tables is of \"kym\"; did you mean `kim`?\n  \
             notes.yaml, line 2, coached_on: \"09/03/2026\" may be read day first or month first; write it as 2026-03-09 or 2026-03-09 10:15\n  \
             notes.yaml, line 4, question: \"greeting\" is no question of care 1; there are greeted\n  \
             notes.yaml, line 5, action: has no value, and every note needs one\n  \
             notes.yaml, line 8, rubric: no call was scored with a rubric \"car\"; did you mean `care`?\n  \
             notes.yaml, line 10, calls: \"k-1\" is a call of kim; a note names calls of its own agent only, take it out\n  \
             notes.yaml, line 10, calls: \"x-9\" is no call of these tables; look for a mistyped id, or take it out\n  \
             notes.yaml, line 12, follow_up_on: \"2026-03-01\" is before the talk of 2026-03-09; mend one of the two days\n  \
             notes.yaml, line 13, minutes: a talk has 1440 minutes at most\n  \
             notes.yaml, line 15: the same agent, question and day as in line 14; put both into one note"
        );
        for (text, says) in [
            ("- agent: [kim", "line 1"),
            (NOTE, "the key `action` is missing"),
            ("- {agnt: kim}", "unknown key `agnt`; did you mean `agent`?"),
            ("agent: kim", "notes.yaml, line 1"),
        ] {
            let refused = check(text, &forms()).unwrap_err().to_string();
            assert!(refused.contains(says), "{refused}");
        }
    }

    /// A retention period or `forget` takes calls away: a note about them stays of use.
    #[test]
    fn what_was_forgotten_is_left_out_of_a_note_with_a_word() {
        let mut forms = forms();
        forms.some_forgotten = true;
        let text = format!(
            "{NOTE}  calls: [k-1, k-9]\n  action: greet\n\
             - {{agent: max, coached_on: 2026-03-09, rubric: care, question: greeted, action: a}}\n"
        );
        let taken = check(&text, &forms).unwrap();
        assert_eq!(taken.rows[0].agreed.calls, ["k-1"]);
        assert_eq!(
            taken.notices,
            [
                "notes.yaml: 1 call that a note names is not there any more and is left out",
                "no call in the tables is of max: nothing can be said of what followed",
            ]
        );
    }
}
