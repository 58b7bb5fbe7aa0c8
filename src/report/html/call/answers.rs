//! Each answer of record in words, with what it rests on.
//!
//! The evidence is that of the automatic answer, and so it stands beside a person's answer as
//! what the program went by. Left out on purpose: points and weights of single questions beyond
//! what was earned, which the form explains.

use serde::Serialize;

use super::talk::{self, Marked};
use crate::conversation::Party;
use crate::conversation::metrics::{self, Unit};
use crate::report::html::Site;
use crate::report::html::night::auto_fails::{Sure, sure};
use crate::report::html::scope::{CallDetail, Scope, is_of_record};
use crate::report::html::sound::Play;
use crate::report::html::words::{capital, clock, percent};
use crate::report::records::{Answer, Evidence, Score};
use crate::rubric::explain::{metric_words, simplest};
use crate::rubric::{Kind, Question, Rubric, Section};
use crate::transcript::Span;

/// All answers by one form.
#[derive(Debug, Serialize)]
pub(super) struct FormAnswers {
    pub title: String,
    pub sections: Vec<SectionAnswers>,
}

#[derive(Debug, Serialize)]
pub(super) struct SectionAnswers {
    pub title: String,
    pub answers: Vec<AnswerView>,
    /// Those that do not apply to the call, put together: they say the least.
    pub not_applicable: Vec<AnswerView>,
}

#[derive(Debug, Serialize)]
pub(super) struct AnswerView {
    /// `q-RUBRIC.QUESTION`.
    pub id: String,
    /// Over all forms of the page, from 1.
    pub number: usize,
    pub question: String,
    pub help: Option<String>,
    pub why: Option<String>,
    /// The page about the question.
    pub href: Option<String>,
    pub answer: String,
    /// `good`, `bad`, `open` or nothing.
    pub tone: &'static str,
    /// Who answered.
    pub by: String,
    /// What the program answered, where a person says otherwise.
    pub automatic: Option<String>,
    /// Why it is open or does not apply.
    pub reason: Option<String>,
    /// What more there is to know of it.
    pub remarks: Vec<String>,
    pub evidence: Vec<EvidenceView>,
}

/// A piece of evidence in words.
#[derive(Debug, Serialize)]
pub(super) struct EvidenceView {
    /// What it shows, such as `The agent said` or `Nothing was found`.
    pub lead: String,
    pub quote: Option<String>,
    /// The moment, `m:ss`, and where it is in the talk.
    pub clock: Option<String>,
    pub href: Option<String>,
    pub play: Option<Play>,
    pub note: Option<String>,
    /// `found`, `near`, `doubt`, `absent` or `fact`.
    pub kind: &'static str,
}

impl EvidenceView {
    fn says(&self, other: &Self) -> bool {
        let said = |view: &Self| {
            (
                view.lead.clone(),
                view.quote.clone(),
                view.clock.clone(),
                view.note.clone(),
            )
        };
        said(self) == said(other)
    }
}

/// The answers of a call by all its forms, and the words that they rest on.
pub(super) struct Answers {
    pub forms: Vec<FormAnswers>,
    pub marked: Vec<Marked>,
}

impl Answers {
    pub fn of(site: &Site<'_>, detail: &CallDetail) -> Self {
        let mut answers = Self {
            forms: Vec::new(),
            marked: Vec::new(),
        };
        let mut number = 0;
        for score in detail.scores.iter().filter(|s| &*s.status == "scored") {
            let form = form_of(site.scope, score);
            let mut of_form = FormAnswers {
                title: title_of(form, score),
                sections: Vec::new(),
            };
            for (section, answer) in in_order(form, score, detail) {
                number += 1;
                let place = Place {
                    form,
                    number,
                    site,
                    detail,
                };
                let view = place.view(answer, &mut answers.marked);
                let title = section.map_or(&*answer.section, |section| &section.title);
                if of_form.sections.last().is_none_or(|s| s.title != title) {
                    of_form.sections.push(SectionAnswers {
                        title: title.to_string(),
                        answers: Vec::new(),
                        not_applicable: Vec::new(),
                    });
                }
                if let Some(section) = of_form.sections.last_mut() {
                    match &*answer.answer {
                        "not_applicable" => section.not_applicable.push(view),
                        _ => section.answers.push(view),
                    }
                }
            }
            answers.forms.push(of_form);
        }
        answers
    }
}

/// The form as it was when it was put to the call.
pub(super) fn form_of<'s>(scope: &'s Scope, score: &Score) -> Option<&'s Rubric> {
    let forms = scope.forms.iter().rev();
    let mut forms = forms.filter(|form| form.rubric == *score.rubric);
    forms.find(|form| form.version == *score.rubric_version)
}

pub(super) fn title_of(form: Option<&Rubric>, score: &Score) -> String {
    form.map_or_else(|| score.rubric.to_string(), |form| form.title.clone())
}

/// Answers of record to a form, in the form's order.
fn in_order<'a>(
    form: Option<&'a Rubric>,
    score: &Score,
    detail: &'a CallDetail,
) -> Vec<(Option<&'a Section>, &'a Answer)> {
    let mut answers: Vec<&Answer> = detail.of_record().filter(|a| is_of(a, score)).collect();
    let Some(form) = form else {
        return answers.into_iter().map(|answer| (None, answer)).collect();
    };
    let mut order = Vec::new();
    for (section, question) in form.questions() {
        while let Some(at) = answers.iter().position(|a| *a.question == *question.id) {
            order.push((form.sections.get(section), answers.remove(at)));
        }
    }
    order.extend(answers.into_iter().map(|answer| (None, answer)));
    order
}

pub(super) fn is_of(answer: &Answer, score: &Score) -> bool {
    answer.rubric == score.rubric && answer.rubric_version == score.rubric_version
}

pub(super) fn id_of(rubric: &str, question: &str) -> String {
    format!("q-{rubric}.{question}")
}

struct Place<'a> {
    form: Option<&'a Rubric>,
    number: usize,
    site: &'a Site<'a>,
    detail: &'a CallDetail,
}

impl Place<'_> {
    fn view(&self, answer: &Answer, marked: &mut Vec<Marked>) -> AnswerView {
        let question = self
            .form
            .and_then(|form| form.questions().find(|(_, q)| q.id == *answer.question))
            .map(|(_, question)| question);
        let asked = question.map_or(&*answer.question, |question| &question.text);
        let href = self.site.links.question(&answer.rubric, &answer.question);
        let id = id_of(&answer.rubric, &answer.question);
        let mut evidence: Vec<EvidenceView> = Vec::new();
        for item in self.detail.evidence_of(answer) {
            let (mut view, mark) = self.evidence(item, &id, asked);
            if is_automatic(answer)
                && !matches!(&*answer.answer, "not_applicable" | "abstain")
                && let Some(lead) = self.kept_applying(item)
            {
                view.lead = lead;
            }
            // Rules that share words say the same.
            if evidence.iter().any(|other| other.says(&view)) {
                continue;
            }
            // What came closest explains a *no*, if it is more than a word; else it would only
            // distract.
            let words = |quote: &str| quote.split_whitespace().count();
            let is_worth_a_mark = view.kind != "near"
                || (tone(answer) == "bad" && view.quote.as_deref().map_or(0, words) > 1);
            match mark {
                Some(mark) if is_worth_a_mark => marked.push(Marked {
                    is_telling: answer.auto_fail || matches!(tone(answer), "bad" | "open"),
                    ..mark
                }),
                Some(mark) => view.href = Some(self.moment(mark.at)).filter(|href| href != "#"),
                None => {}
            }
            evidence.push(view);
        }
        let text = |text: &Option<String>| text.as_deref().map(one_line);
        AnswerView {
            number: self.number,
            question: one_line(asked),
            help: question.and_then(|q| text(&q.help)),
            why: question.and_then(|q| text(&q.why)),
            href: href.map(|href| format!("../{href}")),
            answer: in_words(question, answer),
            tone: tone(answer),
            by: by(answer),
            automatic: self.automatic(question, answer),
            reason: answer.reason.as_deref().map(sentence),
            remarks: self.remarks(question, answer),
            evidence,
            id,
        }
    }

    /// What the program answered, where a person's answer stands that differs.
    fn automatic(&self, question: Option<&Question>, answer: &Answer) -> Option<String> {
        if is_automatic(answer) {
            return None;
        }
        let same_question = |other: &&Answer| {
            other.rubric == answer.rubric
                && other.rubric_version == answer.rubric_version
                && other.question == answer.question
        };
        let mut answers = self.detail.answers.iter().filter(same_question);
        let automatic = answers.find(|other| is_automatic(other))?;
        (automatic.answer != answer.answer).then(|| in_words(question, automatic))
    }

    fn remarks(&self, question: Option<&Question>, answer: &Answer) -> Vec<String> {
        let mut remarks = Vec::new();
        if answer.auto_fail {
            let what = match fails_what(question) {
                FailsWhat::Form => "the whole call",
                FailsWhat::Section => "this part of the form",
            };
            remarks.push(match fail_of(self.site.scope, self.detail, answer) {
                Sure::No(doubts) => format!(
                    "This answer would fail {what}, but it is not sure: {}. Please listen before \
                     anybody is told.",
                    doubts.join("; ")
                ),
                _ => format!("This answer fails {what}."),
            });
        }
        if let Some(way) = &answer.way {
            remarks.push(format!("The way it was done: {way}."));
        }
        if let Some(cause) = answer.cause.as_deref().and_then(cause_words) {
            remarks.push(format!("Put down to {cause}, not to the agent."));
        }
        if !answer.controllable_by_agent {
            remarks.push("No agent can help this answer.".to_string());
        }
        if answer.fragile && is_automatic(answer) {
            remarks.push(
                "It would be another answer without the words that were heard with doubt."
                    .to_string(),
            );
        }
        if answer.celebrate && tone(answer) == "good" {
            remarks.push("A mark worth celebrating. It is not scored.".to_string());
        }
        remarks
    }

    fn evidence(
        &self,
        item: &Evidence,
        answer_id: &str,
        asked: &str,
    ) -> (EvidenceView, Option<Marked>) {
        let conversation = &self.detail.conversation;
        let kind = match &*item.kind {
            "found" => "found",
            "nearest_miss" => "near",
            "doubt" => "doubt",
            "absent" => "absent",
            _ => "fact",
        };
        let at = item
            .start_ms
            .map(|start_ms| Span::new(start_ms, item.end_ms.unwrap_or(start_ms).max(start_ms)));
        let (mut href, mut marked) = (None, None);
        if let Some(at) = at {
            let mark = Marked {
                id: format!("e-{}-{}", self.number, item.item),
                channel: item
                    .channel
                    .and_then(|channel| usize::try_from(channel).ok()),
                party: party_of(item),
                at,
                number: self.number,
                href: format!("#{answer_id}"),
                kind: if kind == "fact" { "found" } else { kind },
                is_telling: false,
                label: format!("{}: {}", what_it_shows(kind), one_line(asked)),
            };
            let has_words = item.quote.is_some()
                && talk::with_words(conversation, std::slice::from_ref(&mark))[0];
            href = Some(match has_words {
                true => format!("#{}", mark.id),
                false => self.moment(at),
            });
            marked = Some(mark);
        }
        let view = EvidenceView {
            lead: self.lead(item, kind),
            quote: item
                .quote
                .as_deref()
                .filter(|q| !q.is_empty())
                .map(one_line),
            clock: at.map(|at| clock(at.start_ms)),
            href: href.filter(|href| href != "#"),
            play: at.and_then(|at| self.detail.sound.play(at.start_ms)),
            note: note(item, kind),
            kind,
        };
        (view, marked)
    }

    /// Where in the talk something is that has no words: the wait, or the turn about it.
    fn moment(&self, at: Span) -> String {
        let waits = talk::waits(&self.detail.metrics);
        let wait = waits.iter().find(|wait| wait.event.span == at);
        let id = match wait {
            Some(wait) => Some(wait.id()),
            None => talk::anchor(&self.detail.conversation, at.start_ms),
        };
        format!("#{}", id.unwrap_or_default())
    }

    /// What it shows, and where it is not about the answer itself, what about.
    fn lead(&self, item: &Evidence, kind: &str) -> String {
        let lead = self.plain_lead(item, kind);
        match item.rule.split('.').next() {
            Some("applies_when") => format!("Whether it applies: {}", lower(&lead)),
            Some("cause") => format!("What it is put down to: {}", lower(&lead)),
            _ => lead,
        }
    }

    fn plain_lead(&self, item: &Evidence, kind: &str) -> String {
        let who = match party_of(item) {
            Some(Party::Agent) => "The agent",
            Some(Party::Customer) => "The customer",
            _ => "Somebody",
        };
        match kind {
            "found" => format!("{who} said"),
            "near" => format!("What came closest: {} said", lower(who)),
            "absent" => self.searched(item),
            "doubt" if item.quote.is_some() => format!("Not sure: {} may have said", lower(who)),
            "doubt" => self.searched_doubt(item),
            _ => fact(item),
        }
    }

    fn window(&self, item: &Evidence) -> Option<String> {
        let (start, end) = (item.window_start_ms?, item.window_end_ms?);
        let whole = start <= 0 && end >= self.detail.conversation.recorded_ms;
        Some(match whole {
            true => "in the whole call".to_string(),
            false => format!("from {} to {}", clock(start), clock(end)),
        })
    }

    fn searched(&self, item: &Evidence) -> String {
        match (self.window(item), item.value) {
            (Some(window), Some(count)) => {
                let found = match count {
                    0.0 => "nothing was found".to_string(),
                    1.0 => "it was found once".to_string(),
                    n => format!("it was found {n:.0} times"),
                };
                format!("Searched {window}; {found}")
            }
            (Some(window), None) => format!("Searched {window}; nothing was found"),
            (None, _) => "Nothing was searched".to_string(),
        }
    }

    /// What is looked for after `not`, so that the question applies where it is not said.
    fn kept_applying(&self, item: &Evidence) -> Option<String> {
        let mut path = item.rule.split('.');
        let is_excepted =
            path.next() == Some("applies_when") && path.filter(|part| *part == "not").count() == 1;
        if &*item.kind != "absent" || item.value.is_some() || !is_excepted {
            return None;
        }
        let window = self.window(item)?;
        Some(format!(
            "Nothing was said that would make the question not apply (searched {window})"
        ))
    }

    fn searched_doubt(&self, item: &Evidence) -> String {
        match self.window(item) {
            Some(window) => format!("Searched {window}; it cannot be told"),
            None => "It cannot be told".to_string(),
        }
    }
}

fn is_automatic(answer: &Answer) -> bool {
    &*answer.scorer == "automatic"
}

fn party_of(item: &Evidence) -> Option<Party> {
    match item.party.as_deref()? {
        "agent" => Some(Party::Agent),
        "customer" => Some(Party::Customer),
        _ => Some(Party::Unknown),
    }
}

fn what_it_shows(kind: &str) -> &'static str {
    match kind {
        "near" => "What came closest",
        "doubt" => "Heard with doubt",
        _ => "Evidence",
    }
}

/// Who answered.
fn by(answer: &Answer) -> String {
    match answer.scorer_kind.as_deref() {
        Some("gold") => "Agreed answer".to_string(),
        _ if is_automatic(answer) => "Answered automatically".to_string(),
        _ => format!("Answered by {}", answer.scorer),
    }
}

/// What was earned, as a colour beside the words.
fn tone(answer: &Answer) -> &'static str {
    match &*answer.answer {
        "not_applicable" => "",
        "abstain" => "open",
        _ if answer.max_points <= 0.0 => "",
        _ => match answer.points {
            Some(points) if points >= answer.max_points => "good",
            Some(_) => "bad",
            None if answer.celebrate && &*answer.answer == "yes" => "good",
            None => "",
        },
    }
}

/// The answer as people say it.
pub(super) fn in_words(question: Option<&Question>, answer: &Answer) -> String {
    let option = |id: &str| {
        let choices = question.map_or(&[][..], choices_of);
        let choice = choices.iter().find(|choice| choice.id == id);
        choice.map_or_else(|| id.to_string(), |choice| one_line(&choice.text))
    };
    let kind = question.map(|question| &question.kind);
    match (&*answer.answer, kind) {
        ("yes", _) => "Yes".to_string(),
        ("no", _) => "No".to_string(),
        ("not_applicable", _) => "Does not apply".to_string(),
        ("abstain", _) if &*answer.answered_by == "person" => "Waits for a person".to_string(),
        ("abstain", _) => "Could not be told".to_string(),
        ("none", Some(Kind::MultiSelect { .. })) => "None of them".to_string(),
        (ids, Some(Kind::MultiSelect { .. })) => {
            let texts: Vec<String> = ids.split(',').map(|id| option(id.trim())).collect();
            texts.join("; ")
        }
        (id, Some(Kind::Options { scale: true, .. })) => match option(id) {
            text if text == id => id.to_string(),
            text => format!("{id}: {text}"),
        },
        (id, _) => option(id),
    }
}

pub(super) fn choices_of(question: &Question) -> &[crate::rubric::Choice] {
    match &question.kind {
        Kind::Options { choices, .. } | Kind::MultiSelect { choices, .. } => choices,
        Kind::YesNo { .. } | Kind::Number { .. } | Kind::Comment => &[],
    }
}

/// How sure it is that an answer of the call fails it.
pub(super) fn fail_of(scope: &Scope, detail: &CallDetail, answer: &Answer) -> Sure {
    if !is_automatic(answer) {
        return Sure::ByPerson;
    }
    let mut of_record = detail.of_record().filter(|other| {
        other.question == answer.question
            && other.rubric == answer.rubric
            && other.rubric_version == answer.rubric_version
    });
    sure(scope, answer, of_record.find(|other| !is_automatic(other)))
}

enum FailsWhat {
    Form,
    Section,
}

fn fails_what(question: Option<&Question>) -> FailsWhat {
    let of = question
        .and_then(|q| q.auto_fail.as_ref())
        .map(|fail| fail.of);
    match of {
        Some(crate::rubric::FailScope::Section) => FailsWhat::Section,
        _ => FailsWhat::Form,
    }
}

/// What is put down to others than the agent.
fn cause_words(cause: &str) -> Option<&'static str> {
    Some(match cause {
        "process" => "the process",
        "system" => "a system",
        "policy" => "the policy",
        "other_team" => "another team",
        "customer" => "the customer",
        _ => return None,
    })
}

/// A measure or a fact in words.
pub fn fact(item: &Evidence) -> String {
    let Some(metric) = &item.metric else {
        return "Known of the call".to_string();
    };
    let Some(value) = item.value else {
        return "Counted here".to_string();
    };
    let unit = metrics::metric(metric).map_or(Unit::Count, |metric| metric.unit);
    let measured = format!(
        "{} is {}",
        capital(&metric_words(metric)),
        measure_words(value, unit)
    );
    match item.threshold.as_deref().filter(|t| !t.is_empty()) {
        Some(threshold) => format!("{measured} (asked for: {})", limit_words(threshold, unit)),
        None => measured,
    }
}

/// A value in the unit that people use.
fn measure_words(value: f64, unit: Unit) -> String {
    let short = |value: f64| {
        let rounded = (value * 10.0).round() / 10.0;
        format!("{rounded}")
    };
    match unit {
        Unit::Ms => talk::seconds(value as i64),
        Unit::Share => percent(value),
        Unit::WordsPerMinute => format!("{value:.0} words per minute"),
        Unit::Count => format!("{value:.0}"),
        Unit::Ratio | Unit::Feeling => short(value),
    }
}

/// A limit as the tables have it, `at least 2000`, in the unit that people use.
fn limit_words(threshold: &str, unit: Unit) -> String {
    let words = threshold.split(' ').map(|word| match word.parse::<f64>() {
        Ok(value) if value.is_finite() => measure_words(value, unit),
        _ => word.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What there is to say besides, where it says more than the rest.
fn note(item: &Evidence, kind: &str) -> Option<String> {
    let note = item.note.as_deref()?;
    match kind {
        "absent" if note.starts_with("counted ") => None,
        // That it matches, the quote tells; how it was taken for a match, it does not.
        "found" if note.starts_with("matches \"") => {
            note.split_once("\": ").map(|(_, how)| sentence(how))
        }
        "near" => Some(match note.split_once(" of the words of \"") {
            Some((share, phrase)) => {
                let (phrase, _) = simplest(phrase.trim_end_matches('"'));
                sentence(&format!("{share} of the words of {phrase}"))
            }
            None => sentence(note),
        }),
        _ => Some(sentence(note)),
    }
}

/// Line breaks of a form are layout.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a capital and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = capital(&one_line(text));
    match text.ends_with(['.', '!', '?', '…']) {
        true => text,
        false => text + ".",
    }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// What the program answered where people's answers of record are others.
pub(super) fn differing<'d>(detail: &'d CallDetail, score: &Score) -> Vec<&'d Answer> {
    let of_form = || detail.answers.iter().filter(|answer| is_of(answer, score));
    let differs = |automatic: &&Answer| {
        of_form().any(|answer| {
            !is_automatic(answer)
                && is_of_record(answer)
                && answer.question == automatic.question
                && answer.answer != automatic.answer
        })
    };
    of_form()
        .filter(|answer| is_automatic(answer))
        .filter(differs)
        .collect()
}
