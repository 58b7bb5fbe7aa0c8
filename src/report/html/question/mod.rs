//! The question: what it asks and why, how often it is passed, how far that can be trusted, and
//! what it sounds like.
//!
//! Rates are of automatic answers, over the weeks that trends reach back, and of the wording that
//! is in force: another meaning is another question. Nobody is named here; who spoke stands on the
//! pages of the calls.

mod teams;
mod trust;
mod typical;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::charts::Trend;
use super::scope::{DailyRows, Day, Scope, Wanted};
use super::weeks::{Days, Share, asked_anew, calls, date_of, day_number, point, several};
use super::words::{between, day_in_words, percent};
use super::{Chapter, Page, PageError, Site, Subjects};
use crate::calibration::base::{Names, week_of};
use crate::calibration::interval::proportion::Part;
use crate::report::records::{Answer, QuestionDay, Text};
use crate::rubric::{AnsweredBy, Kind, Question, Section};
use typical::Typical;

/// A question by its form.
type Key = (Text, Text);

#[derive(Default)]
pub(super) struct Questions {
    agents: Names,
    teams: Names,
    queues: Names,
    seen: BTreeMap<Key, Seen>,
}

/// What the daily tables and the period hold on one question.
#[derive(Default)]
struct Seen {
    rows: Vec<Row>,
    meanings: Vec<Meaning>,
    /// Of the period, in the meaning in force: why it could not be told, and what was answered.
    reasons: BTreeMap<&'static str, usize>,
    answers: BTreeMap<Text, usize>,
    /// The same: what people answered.
    of_people: BTreeMap<Text, usize>,
    /// Agents behind these.
    agents: BTreeSet<Text>,
    typical: Typical,
}

/// One meaning of a question.
struct Meaning {
    meaning: Text,
    /// First and last day with calls.
    first: i64,
    last: i64,
    /// First day of each version.
    versions: BTreeMap<Text, i64>,
    put: i64,
    not_applicable: i64,
    abstained: i64,
    agents: BTreeSet<usize>,
}

/// The answers of one agent on one day, in one queue.
#[derive(Debug, Clone, Copy)]
struct Row {
    day: i64,
    agent: u32,
    team: u32,
    queue: u32,
    meaning: u32,
    hits: f64,
    of: f64,
}

impl Questions {
    fn take(&mut self, scope: &Scope, day: i64, row: &QuestionDay) {
        if let Some((_, question)) = scope.question(&row.rubric, &row.question) {
            self.add(question, day, row);
        }
    }

    fn add(&mut self, question: &Question, day: i64, row: &QuestionDay) {
        let key = (row.rubric.clone(), row.question.clone());
        let seen = self.seen.entry(key).or_default();
        let known = seen.meanings.iter().position(|m| m.meaning == row.meaning);
        let at = known.unwrap_or_else(|| {
            seen.meanings.push(Meaning {
                meaning: row.meaning.clone(),
                first: day,
                last: day,
                versions: BTreeMap::new(),
                put: 0,
                not_applicable: 0,
                abstained: 0,
                agents: BTreeSet::new(),
            });
            seen.meanings.len() - 1
        });
        let meaning = &mut seen.meanings[at];
        meaning.last = day;
        meaning
            .versions
            .entry(row.rubric_version.clone())
            .or_insert(day);
        meaning.put += row.put;
        meaning.not_applicable += row.not_applicable;
        meaning.abstained += row.abstained;
        let agent = self.agents.index(&row.agent);
        meaning.agents.insert(agent);
        let (hits, of) = counted(question, row);
        if of > 0.0 {
            let team = self.teams.index(row.team.as_deref().unwrap_or_default());
            seen.rows.push(Row {
                day,
                agent: agent as u32,
                team: team as u32,
                queue: self.queues.index(row.queue.as_deref().unwrap_or_default()) as u32,
                meaning: at as u32,
                hits,
                of,
            });
        }
    }
}

/// What a row passes, of what: of yes and no the one that earns the points; of other questions the
/// share of the points that there were, each call being one.
fn counted(question: &Question, row: &QuestionDay) -> (f64, f64) {
    let of = (row.yes + row.no + row.otherwise) as f64;
    match &question.kind {
        Kind::YesNo { .. } if question.passes_by_no() => (row.no as f64, (row.yes + row.no) as f64),
        Kind::YesNo { .. } => (row.yes as f64, (row.yes + row.no) as f64),
        // Points may have changed since, and the meaning not.
        _ if question.is_scored() && row.max_points_sum > 0.0 => {
            let share = (row.points_sum / row.max_points_sum).clamp(0.0, 1.0);
            (of * share, of)
        }
        _ => (0.0, 0.0),
    }
}

/// What it is to pass a question.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Passes {
    Yes,
    No,
    /// To earn all points, or of a mean their share.
    Points,
}

impl Passes {
    fn of(question: &Question) -> Self {
        match &question.kind {
            Kind::YesNo { .. } if question.passes_by_no() => Self::No,
            Kind::YesNo { .. } => Self::Yes,
            _ => Self::Points,
        }
    }
}

impl Seen {
    /// The meaning in force: the one with the latest calls.
    fn current(&self) -> Option<usize> {
        (0..self.meanings.len()).max_by_key(|&at| (self.meanings[at].last, self.meanings[at].first))
    }

    fn is_current(&self, answer: &Answer) -> bool {
        let current = self.current();
        current.is_some_and(|at| self.meanings[at].meaning == answer.meaning)
    }

    fn rows_of(&self, meaning: usize) -> impl Iterator<Item = &Row> {
        let of = move |row: &&Row| row.meaning as usize == meaning;
        self.rows.iter().filter(of)
    }

    /// The rates of weeks, oldest first; a new meaning begins a new line.
    fn trend(&self, title: &str, unit: &str, minimum_group: usize) -> Option<Trend> {
        let mut order: Vec<usize> = (0..self.meanings.len()).collect();
        order.sort_by_key(|&at| (self.meanings[at].first, self.meanings[at].last));
        let mut points = Vec::new();
        for at in order {
            let mut weeks: BTreeMap<i64, Days> = BTreeMap::new();
            for row in self.rows_of(at) {
                let days = weeks.entry(week_of(row.day)).or_default();
                add(days.entry((row.day, row.agent)), row);
            }
            let (Some(&first), Some(&last)) = (weeks.keys().next(), weeks.keys().next_back())
            else {
                continue;
            };
            let meaning = &self.meanings[at];
            if !points.is_empty() {
                points.push(asked_anew(meaning.first));
            }
            for week in first..=last {
                let days = weeks.remove(&week).unwrap_or_default();
                let starts = meaning
                    .versions
                    .iter()
                    .filter(|(_, day)| week_of(**day) == week && **day != meaning.first);
                let starts: Vec<String> = starts
                    .map(|(version, day)| {
                        let day = day_in_words(&date_of(*day));
                        format!("Version {version} of the form from {day}; this question stays the same.")
                    })
                    .collect();
                let mark = (!starts.is_empty()).then(|| starts.join(" "));
                points.push(point(week, Share::of(&days), minimum_group, mark));
            }
        }
        let drawn = points.iter().filter(|p| p.value.is_some()).count();
        (drawn >= 2).then(|| Trend::new(title, unit, points, None))
    }
}

fn add<K: Ord>(entry: std::collections::btree_map::Entry<'_, K, Part>, row: &Row) {
    let part = entry.or_insert(Part { hits: 0.0, of: 0.0 });
    part.hits += row.hits;
    part.of += row.of;
}

/// The calls of agents' days, whatever the queue.
fn by_day<'a>(rows: impl Iterator<Item = &'a Row>) -> Days {
    let mut days = Days::new();
    for row in rows {
        add(days.entry((row.day, row.agent)), row);
    }
    days
}

/// Why a question could not be told, in a few kinds.
fn why_not_told(reason: Option<&str>) -> &'static str {
    let reason = reason.unwrap_or_default();
    let holds = |text: &str| reason.contains(text);
    if holds("misheard") || holds("sounds alike") {
        "words that may be the ones looked for, but may be misheard"
    } else if holds("not heard with confidence") || holds("heard with doubt") {
        "words that were not heard well enough"
    } else if holds("mono") {
        "recordings on one channel, which do not tell who speaks"
    } else if holds("middle of speech") || holds("cut") {
        "recordings that start or end in the middle"
    } else if holds("person") {
        "answers that wait for a person"
    } else {
        "something else that was missing"
    }
}

impl Chapter for Questions {
    fn past(&mut self, scope: &Scope, day: &DailyRows) {
        let Some(number) = day_number(&day.date) else {
            return;
        };
        for row in &day.questions {
            self.take(scope, number, row);
        }
    }

    fn day(&mut self, scope: &Scope, day: &Day) {
        let agents: BTreeMap<&Text, &Text> =
            day.calls.iter().map(|c| (&c.call_id, &c.agent)).collect();
        let by_people: BTreeMap<(&Text, &Text, &Text), &Text> = day
            .of_people
            .iter()
            .map(|a| ((&a.call_id, &a.rubric, &a.question), &a.answer))
            .collect();
        for answer in &day.of_people {
            let key = (answer.rubric.clone(), answer.question.clone());
            let seen = self.seen.get_mut(&key);
            if let Some(seen) = seen.filter(|seen| seen.is_current(answer)) {
                let agent = agents.get(&answer.call_id).copied();
                seen.agents.extend(agent.cloned());
                *seen.of_people.entry(answer.answer.clone()).or_default() += 1;
            }
        }
        for answer in &day.answers {
            let key = (answer.rubric.clone(), answer.question.clone());
            let seen = self.seen.get_mut(&key);
            let Some(seen) = seen.filter(|seen| seen.is_current(answer)) else {
                continue;
            };
            let agent = agents.get(&answer.call_id).copied();
            seen.agents.extend(agent.cloned());
            match &*answer.answer {
                "abstain" => {
                    let reason = why_not_told(answer.reason.as_deref());
                    *seen.reasons.entry(reason).or_default() += 1;
                    continue;
                }
                "not_applicable" => continue,
                _ => *seen.answers.entry(answer.answer.clone()).or_default() += 1,
            }
            let asked = (&answer.call_id, &answer.rubric, &answer.question);
            let is_contested = by_people.get(&asked).is_some_and(|a| **a != answer.answer);
            let question = scope.question(&key.0, &key.1);
            let (Some(agent), Some((_, question)), false) = (agent, question, is_contested) else {
                continue;
            };
            let is_agreed = by_people.contains_key(&asked);
            if let Some(passes) = typical::passes(Passes::of(question), answer) {
                let side = &mut seen.typical;
                side.offer(&day.date, agent, answer, passes, is_agreed);
            }
        }
    }

    fn calls(&self, scope: &Scope) -> Vec<Wanted> {
        let chosen = self.examples(scope).into_values().flatten();
        let wanted: BTreeSet<Wanted> = chosen.flat_map(|side| side.calls).collect();
        wanted.into_iter().collect()
    }

    fn subjects(&self, _scope: &Scope) -> Subjects {
        Subjects {
            questions: self.seen.keys().cloned().collect(),
            ..Subjects::default()
        }
    }

    fn pages(&self, site: &Site<'_>) -> Result<Vec<Page>, PageError> {
        let scope = site.scope;
        let chosen = self.examples(scope);
        let mut apart = teams::apart(self, scope);
        let mut pages = Vec::new();
        for (key, seen) in &self.seen {
            let path = site.links.question(&key.0, &key.1);
            let (Some(path), Some((section, question))) = (path, scope.question(&key.0, &key.1))
            else {
                continue;
            };
            let mut view = self.view(scope, key, seen, section, question);
            view.teams = match &view.withheld {
                Some(_) => teams::Teams::default(),
                None => teams::view(
                    self,
                    scope,
                    key,
                    seen,
                    apart.remove(key).unwrap_or_default(),
                ),
            };
            if let Some([good, bad]) = chosen.get(key) {
                let is_fit = self.fit(scope, key) == Some("automatic");
                let show = |wanted| typical::show(site, key, wanted);
                let good_calls = good.calls.iter();
                view.good_examples = good_calls.filter_map(|w| show((w, true))).collect();
                view.are_sure = [good, bad].map(|side| is_fit || side.are_agreed);
                let bad = bad.calls.iter();
                view.misses = bad.filter_map(|w| show((w, false))).collect();
            }
            pages.push(site.page(path, &question.text, "question.html", &view)?);
        }
        Ok(pages)
    }
}

#[derive(Serialize)]
struct View {
    form: String,
    section: String,
    why: Option<String>,
    good: Option<String>,
    help: Option<String>,
    /// What kind of question it is: sentences.
    facts: Vec<String>,
    /// Weeks that the figures are about.
    span: String,
    /// The count of the program, in large.
    counted: Option<Headline>,
    counted_words: String,
    /// Why there are no figures, where fewer agents than the minimum group stand behind them.
    withheld: Option<String>,
    truly: Option<Headline>,
    truly_words: Vec<String>,
    people: Vec<String>,
    trust: trust::Trust,
    /// Only people answer it: nothing of the program's to trust or to count by team.
    is_for_people: bool,
    untold: Vec<String>,
    choices: Vec<ChoiceCount>,
    trend: Option<Trend>,
    teams: teams::Teams,
    /// Whether those that pass, and those that do not, surely are what they are shown as.
    are_sure: [bool; 2],
    good_examples: Vec<typical::Example>,
    misses: Vec<typical::Example>,
}

#[derive(Serialize)]
struct Headline {
    value: String,
    label: &'static str,
    range: Option<String>,
}

#[derive(Serialize)]
struct ChoiceCount {
    text: String,
    count: usize,
}

impl Questions {
    /// How far the automatic answers can be trusted; `None` where nobody has checked.
    fn fit<'s>(&self, scope: &'s Scope, key: &Key) -> Option<&'s str> {
        let seen = self.seen.get(key)?;
        let meaning = &seen.meanings[seen.current()?].meaning;
        let row = scope.calibration.checked(&key.0, &key.1, meaning);
        row.map(|row| &*row.fit)
    }

    /// The calls that show what a question sounds like, where its answers are of use.
    fn examples(&self, scope: &Scope) -> BTreeMap<Key, typical::Chosen> {
        let of_use = self.seen.iter();
        let of_use = of_use.filter(|(key, _)| self.fit(scope, key) != Some("not_fit"));
        let is_heard = |key: &Key| {
            let question = scope.question(&key.0, &key.1);
            question.is_some_and(|(_, question)| !trust::is_read_from_tables(question))
        };
        let of_use = of_use.filter(|(key, _)| is_heard(key));
        typical::choose(of_use.map(|(key, seen)| (key, &seen.typical)))
    }

    fn view(
        &self,
        scope: &Scope,
        key: &Key,
        seen: &Seen,
        section: &Section,
        question: &Question,
    ) -> View {
        let form = scope.form(&key.0);
        let current = seen.current();
        let meaning = current.map(|at| &seen.meanings[at]);
        let hash = meaning.map_or(question.meaning.as_str(), |m| &*m.meaning);
        let share = current.and_then(|at| Share::of(&by_day(seen.rows_of(at))));
        let is_few = |agents: usize| agents > 0 && agents < scope.minimum_group;
        let withheld = share.map(|share| share.agents);
        let withheld = withheld.or(meaning.map(|m| m.agents.len()));
        let withheld = withheld.filter(|agents| is_few(*agents));
        let withheld = withheld.map(|_| {
            format!(
                "No figures stand here, so that nobody can be picked out: they need calls of at least {}.",
                several(scope.minimum_group as i64, "agent", "agents")
            )
        });
        let share = share.filter(|_| withheld.is_none());
        let passes = Passes::of(question);
        let is_for_people = question.answered_by == AnsweredBy::Person;
        let span = meaning.map_or_else(String::new, |m| {
            let [first, last] = [m.first, m.last].map(|d| day_in_words(&date_of(d)));
            match first == last {
                true => format!("The calls of {first}"),
                false => format!("The calls of {first} to {last}"),
            }
        });
        let counted = share.map(|share| Headline {
            value: percent(share.value),
            label: match passes {
                Passes::Yes => "yes, as the program counts",
                Passes::No => "no, as the program counts",
                Passes::Points => "of the points, as the program counts",
            },
            range: share.ends.map(|(low, high)| between(low, high)),
        });
        let of_people = match is_few(seen.agents.len()) {
            true => "What they answered is told of more agents only.".to_string(),
            false => given(&seen.of_people),
        };
        let counted_words = match (&share, passes) {
            _ if withheld.is_some() => String::new(),
            (Some(share), Passes::Yes | Passes::No) => format!(
                "The program could answer yes or no on {}; {} of these are a {}.",
                calls(share.calls),
                percent(share.value),
                if passes == Passes::No {
                    "no, which is the answer that is wanted"
                } else {
                    "yes"
                },
            ),
            (Some(share), Passes::Points) => format!(
                "The program could answer on {}; on average they earn {} of the points.",
                calls(share.calls),
                percent(share.value)
            ),
            (None, _) if is_for_people => {
                format!("People answer this question; the program leaves it to them. {of_people}")
            }
            (None, Passes::Points) => {
                "This question earns no points, so there is no rate to show.".to_string()
            }
            (None, _) => "There is no yes and no no to count yet.".to_string(),
        };
        let truth = match is_for_people || withheld.is_some() {
            true => trust::Truth::default(),
            false => trust::truth(&scope.calibration, key, hash, passes),
        };
        // Beside the true share of calls that earn all points stands the same as counted.
        let counted = match truth.headline.is_some() && passes == Passes::Points {
            false => counted,
            true => truth.raw.map(|raw| Headline {
                value: percent(raw),
                label: "earn all points, as the program counts",
                range: None,
            }),
        };
        let (of, unit) = match passes {
            Passes::Yes => ("yes", "Yes"),
            Passes::No => ("no", "No"),
            Passes::Points => ("the points", "Points"),
        };
        let title = format!("Share of {of} by week (the band is how far chance alone may move it)");
        let trend = seen.trend(&title, unit, scope.minimum_group);
        let mut trust = trust::automatic(&scope.calibration, key, hash, question);
        if withheld.is_some() {
            trust.counts.clear();
        }
        let untold = meaning.map(|m| untold(seen, m, is_few(seen.agents.len())));
        let shows = !is_for_people && withheld.is_none();
        let choices = match is_for_people {
            true => choices(question, &seen.of_people),
            false => choices(question, &seen.answers),
        };
        View {
            form: form.map_or_else(|| key.0.to_string(), |f| f.title.clone()),
            section: section.title.clone(),
            why: question.why.clone(),
            good: question.good.clone(),
            help: question.help.clone(),
            facts: facts(question),
            span,
            counted,
            counted_words,
            truly: truth.headline,
            truly_words: truth.words,
            people: trust::people(&scope.calibration, key, hash, passes),
            trust,
            is_for_people,
            untold: untold.filter(|_| shows).unwrap_or_default(),
            choices: match withheld.is_some() || is_few(seen.agents.len()) {
                true => Vec::new(),
                false => choices,
            },
            trend: trend.filter(|_| withheld.is_none()),
            withheld,
            teams: teams::Teams::default(),
            are_sure: [false; 2],
            good_examples: Vec::new(),
            misses: Vec::new(),
        }
    }
}

/// What kind of question it is.
fn facts(question: &Question) -> Vec<String> {
    let mut facts = Vec::new();
    match question.answered_by {
        AnsweredBy::Automatic => {}
        AnsweredBy::Person => facts.push("A person answers it."),
        AnsweredBy::Both => facts.push("The program answers it until a person does."),
    }
    if question.auto_fail.is_some() {
        facts.push(
            "One bad answer fails the whole call or its section, so it is for people to check.",
        );
    }
    if question.critical {
        facts.push("It is one of the critical questions.");
    }
    if question.passes_by_no() {
        facts.push("“No” is the answer that passes.");
    }
    if question.celebrate {
        facts.push("It earns no points: a yes is worth a word of praise.");
    } else if !question.is_scored() {
        facts.push("It earns no points.");
    }
    if !question.controllable_by_agent {
        facts.push("No agent can help the answer: it shows what to mend elsewhere.");
    }
    facts.into_iter().map(str::to_string).collect()
}

/// What people answered in the calls of the period.
fn given(answers: &BTreeMap<Text, usize>) -> String {
    if answers.is_empty() {
        return "Nobody has answered it in the calls of this report.".to_string();
    }
    let all: usize = answers.values().sum();
    let mut words = format!(
        "In the calls of this report, people answered it on {}",
        calls(all as f64)
    );
    let plain = ["yes", "no", "not_applicable"];
    let plain = plain
        .iter()
        .filter_map(|answer| Some((answer, answers.get(*answer)?)));
    let plain: Vec<String> = plain
        .map(|(answer, count)| format!("{} on {count}", answer.replace('_', " ")))
        .collect();
    if !plain.is_empty() {
        words += &format!(": {}", plain.join(", "));
    }
    words + "."
}

/// How often it could not be told or did not apply, and why. Reasons are left out where few agents stand behind them.
fn untold(seen: &Seen, meaning: &Meaning, leaves_out_reasons: bool) -> Vec<String> {
    let applies = meaning.put - meaning.not_applicable;
    let mut words = Vec::new();
    if meaning.not_applicable > 0 {
        words.push(format!(
            "As the program counts, it did not arise in {} of {}.",
            percent(meaning.not_applicable as f64 / meaning.put as f64),
            calls(meaning.put as f64)
        ));
    }
    if applies <= 0 {
        return words;
    }
    if meaning.abstained == 0 {
        words.push(format!(
            "Of the {} in which, as the program counts, it arose, all could be told.",
            calls(applies as f64)
        ));
        return words;
    }
    let arose = calls(applies as f64);
    words.push(match meaning.abstained >= applies {
        true => format!("Of the {arose} in which, as the program counts, it arose, it could tell none."),
        false => format!(
            "Of the {arose} in which, as the program counts, it arose, {} could not be told. That counts for nobody and against nobody.",
            percent(meaning.abstained as f64 / applies as f64)
        ),
    });
    let mut reasons: Vec<(&&str, &usize)> = seen.reasons.iter().collect();
    reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(**count), **reason));
    if !reasons.is_empty() && !leaves_out_reasons {
        let list: Vec<String> = reasons
            .iter()
            .map(|(reason, count)| format!("{reason} ({})", calls(**count as f64)))
            .collect();
        words.push(format!(
            "In the calls of this report, the reasons were: {}.",
            list.join("; ")
        ));
    }
    words
}

/// How often each choice was the answer in the period.
fn choices(question: &Question, answers: &BTreeMap<Text, usize>) -> Vec<ChoiceCount> {
    let (Kind::Options { choices, .. } | Kind::MultiSelect { choices, .. }) = &question.kind else {
        return Vec::new();
    };
    if answers.is_empty() {
        return Vec::new();
    }
    let has = |answer: &Text, id: &str| answer.split(',').any(|part| part.trim() == id);
    choices
        .iter()
        .map(|choice| ChoiceCount {
            text: choice.text.clone(),
            count: answers
                .iter()
                .filter(|(answer, _)| has(answer, &choice.id))
                .map(|(_, count)| count)
                .sum(),
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::records::{Call, Record, Texts};

    const FORM: &str = "rubric: essentials
version: \"2\"
title: Essentials
sections:
  - id: care
    title: Care
    weight: 1
    questions:
      - {id: greeting, text: Did the agent greet?, yes_when: {said: {by: agent, any: [hello]}}}
      - id: tone
        text: How did it sound?
        options:
          - {id: warm, text: Warm., points: 4, when: {said: {by: agent, any: [lovely]}}}
          - {id: plain, text: Plain., points: 0}
";

    pub(super) fn form() -> crate::rubric::Rubric {
        crate::rubric::parse(FORM, "essentials.yaml").unwrap()
    }

    /// A question with yes and no.
    pub(super) fn yes_no() -> Question {
        form().sections[0].questions[0].clone()
    }

    pub(in crate::report::html) fn scope(minimum_group: usize) -> Scope {
        Scope {
            from: "2026-03-02".into(),
            to: "2026-03-02".into(),
            dates: Vec::new(),
            all_dates: Vec::new(),
            earlier: BTreeSet::new(),
            minutes: 40,
            minimum_group,
            recordings: None,
            consent: BTreeSet::new(),
            forms: vec![form()],
            asked: Vec::new(),
            calibration: crate::report::html::scope::Calibration::default(),
            coaching: Vec::new(),
        }
    }

    pub(super) fn row(key: &Key, meaning: &str, yes: i64, no: i64) -> QuestionDay {
        let blank: QuestionDay =
            Record::from_cells(&"2026-03-02".into(), &[], &mut Texts::default());
        QuestionDay {
            agent: "a".into(),
            rubric: key.0.clone(),
            rubric_version: "1".into(),
            question: key.1.clone(),
            meaning: meaning.into(),
            put: yes + no,
            yes,
            no,
            ..blank
        }
    }

    #[test]
    fn a_new_meaning_parts_the_line_and_a_new_version_marks_it() {
        let key: Key = ("essentials".into(), "greeting".into());
        let mut all = Questions::default();
        let question = yes_no();
        // Monday, 5 January 2026, and every week after it.
        let monday = day_number("2026-01-05").unwrap();
        for week in 0..6 {
            let (meaning, version) = match week {
                0..3 => ("m1", "1"),
                3 => ("m2", "2"),
                _ => ("m2", "3"),
            };
            for agent in ["a", "b"] {
                let row = QuestionDay {
                    agent: agent.into(),
                    rubric_version: version.into(),
                    ..row(&key, meaning, 6, 4)
                };
                all.add(&question, monday + 7 * week, &row);
            }
        }
        let seen = &all.seen[&key];
        let trend = seen.trend("Share", "Yes", 1).unwrap();
        // Three weeks, the gap, three weeks.
        assert_eq!((trend.points.len(), trend.lines.len()), (7, 2));
        let marks: Vec<&str> = trend.marks.iter().map(|m| m.label.as_str()).collect();
        assert!(
            marks[0].starts_with("The question is asked anew from 26 January 2026"),
            "{marks:?}"
        );
        assert!(marks[1].starts_with("Version 3 of the form from 2 February 2026"));
        assert_eq!(marks.len(), 2);
        // Figures are of the meaning in force: 60 calls of 120.
        let current = seen.current().unwrap();
        let share = Share::of(&by_day(seen.rows_of(current))).unwrap();
        assert_eq!((share.calls, share.value, share.days), (60.0, 0.6, 6));
        // Both agents worked in all weeks: of three nothing is shown.
        assert!(seen.trend("Share", "Yes", 2).is_some());
        assert!(seen.trend("Share", "Yes", 3).is_none());
    }

    #[test]
    fn other_questions_count_the_points_that_calls_earn() {
        let form = form();
        let tone = &form.sections[0].questions[1];
        let key: Key = ("essentials".into(), "tone".into());
        let row = QuestionDay {
            points_sum: 12.0,
            max_points_sum: 20.0,
            otherwise: 5,
            ..row(&key, "m", 0, 0)
        };
        // Five calls at 4 points at the most, of which three earned all.
        assert_eq!(counted(tone, &row), (3.0, 5.0));
        // They were 8 at the most then, under the same meaning; and none in between.
        let then = QuestionDay {
            points_sum: 24.0,
            max_points_sum: 40.0,
            ..row.clone()
        };
        assert_eq!(counted(tone, &then), (3.0, 5.0));
        let none = QuestionDay {
            max_points_sum: 0.0,
            ..row.clone()
        };
        assert_eq!(counted(tone, &none), (0.0, 0.0));
        let answers = BTreeMap::from([("warm".into(), 3), ("plain".into(), 2)]);
        let counts: Vec<usize> = choices(tone, &answers).iter().map(|c| c.count).collect();
        assert_eq!(counts, [3, 2]);
    }

    #[test]
    fn where_no_earns_the_points_no_is_what_is_counted() {
        let (mut question, key) = (yes_no(), ("essentials".into(), "greeting".into()));
        if let Kind::YesNo { points, .. } = &mut question.kind {
            (points.yes, points.no) = (0.0, 5.0);
        }
        assert_eq!(counted(&question, &row(&key, "m", 1, 9)), (9.0, 10.0));
        let mut all = Questions::default();
        all.add(&question, 20_500, &row(&key, "m", 1, 9));
        let form = form();
        let seen = &all.seen[&key];
        let view = all.view(&scope(1), &key, seen, &form.sections[0], &question);
        let headline = view.counted.unwrap();
        assert_eq!(
            (headline.value.as_str(), headline.label),
            ("90 %", "no, as the program counts")
        );
        assert!(
            view.facts
                .contains(&"“No” is the answer that passes.".to_string())
        );
        // One agent is behind it, of two that are asked for.
        let view = all.view(&scope(2), &key, seen, &form.sections[0], &question);
        assert!(
            view.withheld
                .is_some_and(|words| words.ends_with("at least 2 agents."))
        );
        assert!(view.counted.is_none() && view.truly.is_none() && view.untold.is_empty());
        assert!(view.truly_words.is_empty() && view.counted_words.is_empty());
    }

    /// Examples, reasons and what people said are of the meaning that the figures are of.
    #[test]
    fn answers_of_another_meaning_are_of_another_question() {
        let key: Key = ("essentials".into(), "greeting".into());
        let mut all = Questions::default();
        all.add(&yes_no(), 20_400, &row(&key, "m1", 8, 2));
        all.add(&yes_no(), 20_500, &row(&key, "m2", 8, 2));
        let blank: Answer = Record::from_cells(&"".into(), &[], &mut Texts::default());
        let answer = |call: &str, given: &str, meaning: &str| Answer {
            call_id: call.into(),
            rubric: key.0.clone(),
            question: key.1.clone(),
            answer: given.into(),
            meaning: meaning.into(),
            confidence: Some(0.9),
            ..blank.clone()
        };
        let call = |id: &str| Call {
            call_id: id.into(),
            agent: id.into(),
            ..Record::from_cells(&"".into(), &[], &mut Texts::default())
        };
        let day = Day {
            date: "2026-03-02".into(),
            calls: ["old", "new", "open"].map(call).into(),
            scores: Vec::new(),
            answers: vec![
                answer("old", "yes", "m1"),
                answer("new", "yes", "m2"),
                answer("old", "abstain", "m1"),
                answer("open", "abstain", "m2"),
            ],
            of_people: vec![answer("old", "no", "m1"), answer("new", "yes", "m2")],
            obstacles: Vec::new(),
            contacts: Vec::new(),
            promises: Vec::new(),
        };
        all.day(&scope(1), &day);
        let seen = &all.seen[&key];
        assert_eq!(seen.reasons.values().sum::<usize>(), 1);
        assert_eq!(seen.of_people, BTreeMap::from([("yes".into(), 1)]));
        let calls: Vec<Wanted> = all.calls(&scope(1));
        let calls: Vec<&str> = calls.iter().map(|wanted| &*wanted.call_id).collect();
        assert_eq!(calls, ["new"]);
    }

    #[test]
    fn what_people_answered_is_told_of_a_question_that_is_theirs() {
        let count = |answers: &[(&str, usize)]| {
            given(&answers.iter().map(|&(a, n)| (a.into(), n)).collect())
        };
        assert!(count(&[]).starts_with("Nobody has answered"));
        assert_eq!(
            count(&[("yes", 3), ("no", 1)]),
            "In the calls of this report, people answered it on 4 calls: yes on 3, no on 1."
        );
        assert!(count(&[("A note.", 1)]).ends_with("on 1 call."));
    }

    #[test]
    fn what_could_not_be_told_is_counted_apart() {
        let key: Key = ("essentials".into(), "greeting".into());
        let mut all = Questions::default();
        let row = QuestionDay {
            put: 20,
            not_applicable: 4,
            abstained: 2,
            ..row(&key, "m1", 8, 6)
        };
        all.add(&yes_no(), 20_500, &row);
        let seen = all.seen.get_mut(&key).unwrap();
        seen.reasons
            .insert(why_not_told(Some("the words were heard with doubt")), 2);
        let words = untold(seen, &seen.meanings[0], false);
        assert_eq!(
            words[0],
            "As the program counts, it did not arise in 20 % of 20 calls."
        );
        assert!(
            words[1].starts_with(
                "Of the 16 calls in which, as the program counts, it arose, 13 % could not be told."
            ),
            "{words:?}"
        );
        assert!(words[2].ends_with("words that were not heard well enough (2 calls)."));
        assert_eq!(untold(seen, &seen.meanings[0], true).len(), 2);
    }
}
