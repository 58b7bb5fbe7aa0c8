//! What calibration found, in words that a coach can read aloud: what agrees, what does not, what
//! to do next. No Greek letters; every figure with its reach; what is not enough is said to be so.
//!
//! All of it stands in the tables with more beside; this is a reading of them, by limits that are
//! stated here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Figures;
use super::agreement::Coefficient;
use super::base::{AUTOMATIC_RATER, Base, monday};
use super::charts::{ControlChart, Subject};
use super::compare::{AnswerComparison, Comparison, Level};
use super::disagreements::Disagreement;
use super::figure::{Caveat, Estimate, MIN_GOLD};
use super::people::agents::{Flag, MIN_CALLS, MIN_DAYS, MIN_OTHERS};
use super::raters::RaterRow;
use super::ratings::{RaterKind, Rating, Standing};
use super::scorer::{RateFrom, ScorerRow};
use super::severity::additive::MIN_SHARED_CALLS;
use super::severity::drift::MIN_POINTS;
use super::truth::Reference;
use super::truth::automatic::Fit;
use super::truth::two_phase::MIN_AUDITED;
use crate::log::visible;

/// People agree where, with chance taken out, the lower end is no less than this; and on *yes* and
/// on *no* alike.
const AGREES: f64 = 0.6;
/// Points of 100 below which strictness is not worth a word, even where it is sure.
const WORTH_A_WORD: f64 = 2.0;
/// The near end of a severity's interval is at least so far from 0: what rounds to none is none.
const SURE_POINTS: f64 = 0.5;
/// A trend is sure about 99 times in 100 if it is so many times as large as its 95 % interval's
/// half.
const SURE_TREND: f64 = 1.4;
/// Lines of a list.
const LISTED: usize = 8;
/// Width of a list of names.
const WIDTH: usize = 78;

/// The summary, for people.
pub fn summary(base: &Base, ratings: &[Rating], figures: &Figures) -> String {
    let mut text = heading(base, ratings);
    for form in 0..base.forms.len() {
        let questions = base.forms[form].questions.iter();
        if !questions.clone().any(|&q| base.questions[q].is_rated()) {
            continue;
        }
        let raters = figures.raters.iter().find(|(f, _)| *f == form);
        let of_form = OfForm {
            base,
            figures,
            form,
            raters: raters.map_or(&[], |(_, raters)| &raters.raters),
        };
        of_form.write(&mut text);
    }
    text
}

fn heading(base: &Base, ratings: &[Rating]) -> String {
    let people = ratings.iter().filter(|r| r.kind == RaterKind::Person);
    let names: BTreeSet<&str> = people.clone().map(|r| &*r.rater).collect();
    let calls: BTreeSet<&str> = people.clone().map(|r| &*r.call_id).collect();
    let blind = ratings.iter().filter(|r| r.is_blind()).count();
    let mut text = format!(
        "Calibration: {} rated {} of {} calls; {} as blind\n",
        several(names.len(), "person", "people"),
        thousands(calls.len()),
        thousands(base.calls.len()),
        match blind {
            1 => "1 answer counts".to_string(),
            _ => format!("{} answers count", thousands(blind)),
        }
    );
    let standing = |standing: Standing| people.clone().filter(|r| r.standing == standing).count();
    let kind = |kind: RaterKind| ratings.iter().filter(|r| r.kind == kind).count();
    let apart = [
        (
            standing(Standing::SawAutomatic),
            "made after seeing the automatic answer",
        ),
        (
            standing(Standing::AfterDiscussion),
            "made after the discussion",
        ),
        (standing(Standing::HiddenRepeat), "hidden repeats"),
        (kind(RaterKind::Gold), "agreed answers"),
        (kind(RaterKind::Agent), "by agents on their own calls"),
    ];
    let apart: Vec<String> = apart
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {what}", thousands(*n)))
        .collect();
    if !apart.is_empty() {
        let _ = writeln!(text, "{}", wrapped("  kept apart: ", &apart, "; "));
    }
    text
}

/// One form that people rated.
struct OfForm<'a> {
    base: &'a Base,
    figures: &'a Figures,
    form: usize,
    /// None where no person's rating has points.
    raters: &'a [RaterRow],
}

impl OfForm<'_> {
    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "\n{}", self.rubric());
        let agreement = self.people(text);
        self.severity(text);
        self.changes(text);
        self.scorer(text);
        self.rates(text);
        self.agents(text);
        self.next(text, &agreement);
    }

    fn rubric(&self) -> &str {
        &self.base.forms[self.form].rubric
    }

    fn comparisons(&self, level: Level) -> impl Iterator<Item = &AnswerComparison> {
        let of_form = |c: &&AnswerComparison| c.part.rubric == self.rubric();
        let comparisons = self.figures.answers.iter().filter(of_form);
        comparisons.filter(move |c| c.part.level == level)
    }

    /// How far people agree; returns the questions on which they do not, the worst first.
    fn people(&self, text: &mut String) -> Vec<String> {
        text.push_str("\n  How far people agree\n");
        let all = self
            .comparisons(Level::Form)
            .find(|c| c.comparison == Comparison::People);
        match all {
            Some(all) => self.all_answers(text, all),
            None => {
                text.push_str("    no call was rated blind by two people, so nothing can be said\n")
            }
        }
        let scores = self.figures.scores.iter().find(|s| {
            s.part.rubric == self.rubric()
                && s.part.level == Level::Form
                && s.comparison == Comparison::People
        });
        if let Some((apart, near)) = scores.and_then(|s| Some((s.mean_absolute?, s.near?))) {
            let _ = writeln!(
                text,
                "    two people's scores of one call lie {:.0} points apart on average, and within\n    \
                 5 points {:.0} times in 100{}",
                apart.value,
                100.0 * near.value,
                few(scores.is_some_and(|s| s.missing_calls > 0))
            );
        }
        let mut lists: [Vec<(f64, String)>; 5] = Default::default();
        for c in self.comparisons(Level::Question) {
            if c.comparison != Comparison::People {
                continue;
            }
            let same = c.coefficients[Coefficient::PercentAgreement].unwrap_or(0.0);
            let place = reading(c) as usize;
            lists[place].push((same, format!("{} {:.0} %", self.part(c), 100.0 * same)));
        }
        for list in &mut lists {
            list.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        let words = [
            "agree: ",
            "agree where it is common, not where it is rare: ",
            "do not agree enough: ",
            "all gave one answer, so nothing is shown: ",
            "too few to say: ",
        ];
        for (list, words) in lists.iter().zip(words) {
            if !list.is_empty() {
                let names: Vec<String> = list.iter().map(|(_, name)| name.clone()).collect();
                let _ = writeln!(text, "{}", wrapped(&format!("    {words}"), &names, ", "));
            }
        }
        let [_, rare, not, _, _] = lists;
        let id = |(_, name): (f64, String)| name.split(' ').next().unwrap_or("").to_string();
        not.into_iter().chain(rare).map(id).collect()
    }

    /// A question's id; with its version where the id means several things.
    fn question(&self, at: usize) -> String {
        let question = &self.base.questions[at];
        let alike = self.base.forms[self.form].questions.iter();
        let alike = alike.filter(|&&q| self.base.questions[q].id == question.id);
        if alike.count() < 2 {
            return question.id.clone();
        }
        let versions: Vec<&str> = question.versions.iter().map(String::as_str).collect();
        format!("{}@{}", question.id, versions.join("/"))
    }

    fn is_yes_no(&self, c: &AnswerComparison) -> bool {
        let questions = self.base.forms[self.form].questions.iter();
        let mut alike = questions.filter(|&&q| self.base.questions[q].meaning == c.part.meaning);
        alike.any(|&q| self.base.questions[q].kind == "yes_no")
    }

    /// The same of a comparison.
    fn part(&self, c: &AnswerComparison) -> String {
        let questions = self.base.forms[self.form].questions.iter();
        let mut same = questions.filter(|&&q| {
            let question = &self.base.questions[q];
            question.id == c.part.id && question.meaning == c.part.meaning
        });
        same.next()
            .map_or(c.part.id.clone(), |&at| self.question(at))
    }

    fn all_answers(&self, text: &mut String, all: &AnswerComparison) {
        let Some(same) = all.coefficients[Coefficient::PercentAgreement] else {
            return;
        };
        let _ = write!(
            text,
            "    of 100 yes/no questions, two people answer {:.0} alike",
            100.0 * same
        );
        if let Some(luck) = self.luck().filter(|_| all.missing_calls == 0) {
            let _ = write!(text, "; by luck alone it would be {:.0}", 100.0 * luck);
        }
        let _ = writeln!(text, "{}", few(all.missing_calls > 0));
    }

    /// What people would answer alike by luck: question by question, since that a hard question
    /// differs from an easy one is no agreement between people.
    fn luck(&self) -> Option<f64> {
        let mut sum = 0.0;
        let mut calls = 0.0;
        for c in self.comparisons(Level::Question) {
            if c.comparison != Comparison::People || !self.is_yes_no(c) {
                continue;
            }
            let same = c.coefficients[Coefficient::PercentAgreement]?;
            // Where all gave one answer, luck could do no less.
            let luck = match c.coefficients[Coefficient::FleissKappa] {
                Some(beyond) if beyond < 1.0 => (same - beyond) / (1.0 - beyond),
                Some(_) => continue,
                None => 1.0,
            };
            sum += luck * c.calls as f64;
            calls += c.calls as f64;
        }
        (calls > 0.0).then(|| sum / calls)
    }

    fn severity(&self, text: &mut String) {
        const HEADING: &str =
            "\n  Who is strict, who is lenient (points of 100, on the same calls)\n";
        let withheld = &self.figures.withheld;
        if withheld.forms.contains(&self.form) {
            let _ = writeln!(
                text,
                "{HEADING}    not shown: fewer than {} people rated with this form (`minimum_group`)",
                withheld.minimum
            );
            return;
        }
        if self.raters.is_empty() {
            return;
        }
        text.push_str(HEADING);
        let rows = || self.raters.iter();
        let name = |row: &RaterRow| match row.rater {
            AUTOMATIC_RATER => "the automatic scorer".to_string(),
            rater => self.base.raters.name(rater).to_string(),
        };
        let mut found: Vec<(&RaterRow, Estimate)> = rows()
            .filter_map(|row| Some((row, row.severity?)))
            .filter(|(row, severity)| {
                row.shared_calls >= MIN_SHARED_CALLS
                    && nearest_to_nothing(severity) >= SURE_POINTS
                    && severity.value.abs() >= WORTH_A_WORD
            })
            .collect();
        found.sort_by(|a, b| b.1.value.abs().total_cmp(&a.1.value.abs()));
        for (row, severity) in &found {
            let (fewer, ends) = match severity.value > 0.0 {
                true => ("fewer", ends(severity, 1.0)),
                false => ("more", ends(&turned(*severity), 1.0)),
            };
            let _ = writeln!(
                text,
                "    {} gives {:.0} {fewer} than the average{ends}",
                name(row),
                severity.value.abs()
            );
        }
        let listed: BTreeSet<usize> = found.iter().map(|(row, _)| row.rater).collect();
        let mut lists: [Vec<String>; 3] = Default::default();
        for row in rows().filter(|row| !listed.contains(&row.rater)) {
            let list = match row.severity {
                None => 2,
                Some(_) if row.shared_calls < MIN_SHARED_CALLS => 1,
                Some(_) => 0,
            };
            lists[list].push(name(row));
        }
        let words = [
            "no difference that the numbers carry: ",
            "too few shared calls to say: ",
            "shares no calls with others: ",
        ];
        for (list, words) in lists.iter().zip(words) {
            if !list.is_empty() {
                let _ = writeln!(text, "{}", wrapped(&format!("    {words}"), list, ", "));
            }
        }
    }

    fn charts(&self) -> impl Iterator<Item = &ControlChart> {
        self.figures
            .charts
            .iter()
            .filter(|c| c.rubric == self.rubric())
    }

    fn changes(&self, text: &mut String) {
        let mut lines: Vec<String> = Vec::new();
        for chart in self.charts() {
            let Some((week, rises)) = found(chart) else {
                continue;
            };
            let (who, what) = match (chart.subject, rises) {
                (Subject::Rater(rater), rises) => (
                    self.base.raters.name(rater).to_string(),
                    if rises { "stricter" } else { "more lenient" },
                ),
                (Subject::Question(question), rises) => (
                    format!("people on {}", self.question(question)),
                    if rises {
                        "further apart"
                    } else {
                        "closer together"
                    },
                ),
                (Subject::Automatic(question), rises) => (
                    format!("the automatic answer on {}", self.question(question)),
                    if rises { "more errors" } else { "fewer errors" },
                ),
            };
            let since = week.map_or("week by week".to_string(), |week| {
                format!("stands out from the week of {}", monday(i64::from(week)))
            });
            let words = format!("{who}: {what}, {since}");
            let words: Vec<&str> = words.split(' ').collect();
            lines.push(wrapped("    ", &words, " ") + "\n");
        }
        let has_limits = |c: &&ControlChart| c.chart.points.iter().any(|p| p.ewma.is_some());
        let charts = self.charts().filter(has_limits).count();
        text.push_str("\n  Who or what changed over the weeks\n");
        match (charts, lines.is_empty()) {
            (0, _) => {
                let _ = writeln!(text, "    it takes {MIN_POINTS} weeks with ratings to say");
            }
            (_, true) => {
                let _ = writeln!(text, "    nothing stands out in {charts} charts");
            }
            _ => lines.iter().for_each(|line| text.push_str(line)),
        }
        if !lines.is_empty() {
            let _ = writeln!(
                text,
                "    {charts} charts; of 100 without any change up to 5 stand out by chance"
            );
        }
    }

    fn scorer(&self, text: &mut String) {
        let mut lists: BTreeMap<Fit, Vec<String>> = BTreeMap::new();
        let mut reference: BTreeSet<Reference> = BTreeSet::new();
        for row in self.scorer_rows() {
            reference.extend(row.reference);
            let fit = match row.fit {
                Fit::NotKnown { .. } => Fit::NotKnown {
                    missing_yes: 0,
                    missing_no: 0,
                },
                fit => fit,
            };
            lists
                .entry(fit)
                .or_default()
                .push(self.question(row.question));
        }
        if lists.is_empty() {
            return;
        }
        let against = match reference.contains(&Reference::Gold) {
            true => "what was agreed",
            false => "people",
        };
        let _ = writeln!(
            text,
            "\n  The automatic answers, against {against} (random audit)"
        );
        for (fit, ids) in &lists {
            let words = match fit {
                Fit::Automatic => "fit to stand alone: ",
                Fit::Hint => "fit as a hint: ",
                Fit::NotFit => "not fit: ",
                Fit::NotKnown { .. } => "too few audited to say: ",
            };
            let line = wrapped(&format!("    {words}"), ids, ", ");
            let _ = writeln!(text, "{line}");
        }
    }

    fn rates(&self, text: &mut String) {
        let of_form = |question: usize| self.base.questions[question].form == self.form;
        let rows = self.figures.scorer.true_rates.iter();
        let mut lines: BTreeMap<usize, (Reference, String)> = BTreeMap::new();
        let mut few_audited = BTreeSet::new();
        for row in rows.filter(|row| of_form(row.question)) {
            let RateFrom::Audit(reference, rates) = &row.from else {
                continue;
            };
            let Some(rate) = rates.pass else { continue };
            if rates.audited < MIN_GOLD {
                few_audited.insert(row.question);
                continue;
            }
            if lines
                .get(&row.question)
                .is_some_and(|(before, _)| before <= reference)
            {
                continue;
            }
            let counted = rates
                .raw
                .map_or("  –".to_string(), |raw| format!("{:3.0}", 100.0 * raw));
            let id = self.question(row.question);
            let few = |c: &Caveat| *c != Caveat::StrataJoined;
            let mark = if rates.caveats.iter().any(few) {
                " *"
            } else {
                ""
            };
            let line = format!(
                "{id:<24} {counted} %   {:3.0} %{}{mark}",
                100.0 * rate.value,
                ends(&rate, 100.0)
            );
            lines.insert(row.question, (*reference, line));
        }
        let few_audited: Vec<String> = few_audited
            .into_iter()
            .filter(|question| !lines.contains_key(question))
            .map(|question| self.question(question))
            .collect();
        if lines.is_empty() && few_audited.is_empty() {
            return;
        }
        let marked = lines.values().any(|(_, line)| line.ends_with('*'));
        text.push_str("\n  How often it is truly yes, over all calls\n");
        if !lines.is_empty() {
            let _ = writeln!(text, "    {:<24} counted  truly", "");
        }
        for (_, line) in lines.values() {
            let _ = writeln!(text, "    {line}");
        }
        if !few_audited.is_empty() {
            let line = wrapped("    too few audited to say: ", &few_audited, ", ");
            let _ = writeln!(text, "{line}");
        }
        if marked {
            let _ = writeln!(
                text,
                "    * under {MIN_AUDITED} audited calls, or under {MIN_GOLD} of a kind: the truth may lie further off"
            );
        }
    }

    fn agents(&self, text: &mut String) {
        let practice = self.figures.practice.iter().find(|p| p.form == self.form);
        let Some(practice) = practice else { return };
        let mut differ: Vec<String> = Vec::new();
        // What differs where the automatic answer is not known to be right says little of anybody.
        let mut unsure = 0;
        let mut compared = BTreeSet::new();
        let mut all = BTreeSet::new();
        for figure in &practice.agents.agents {
            all.insert(figure.agent);
            if figure.comparison.is_some() {
                compared.insert(figure.agent);
            }
            let (word, Some(c)) = (figure.flag, figure.comparison) else {
                continue;
            };
            let word = match word {
                Flag::Above => "above",
                Flag::Below => "below",
                Flag::NoDifference | Flag::NotEnough => continue,
            };
            let question = practice.questions[figure.question];
            if self.figures.scorer.fit(question) != Some(Fit::Automatic) {
                unsure += 1;
                continue;
            }
            differ.push(format!(
                "    {} on {}: {:.0} % yes, {word} the {:.0} % of the rest on like calls\n",
                self.base.agents.name(figure.agent),
                self.question(question),
                100.0 * c.rate,
                100.0 * c.expected
            ));
        }
        text.push_str("\n  Agents beside the rest, on like calls\n");
        let withheld = &self.figures.withheld;
        if !withheld.agents.is_empty() {
            let _ = writeln!(
                text,
                "    {} of {} agents are not shown: their teams have fewer than {} (`minimum_group`),\n    \
                 or they could be told from the others",
                withheld.agents.len(),
                self.base.agents.len(),
                withheld.minimum
            );
            if all.is_empty() {
                return;
            }
        }
        let short = all.len() - compared.len();
        if compared.is_empty() {
            let _ = writeln!(
                text,
                "    nobody can be compared yet: it takes {MIN_CALLS} calls on {MIN_DAYS} days, and {MIN_OTHERS} others with like calls"
            );
            return;
        }
        if differ.is_empty() {
            let of = several(compared.len(), "agent", "agents");
            let _ = match unsure {
                0 => writeln!(text, "    of {of}, none stands out from the rest"),
                _ => writeln!(
                    text,
                    "    of {of}, none differs on a question that is fit to stand alone"
                ),
            };
        }
        for line in differ.iter().take(LISTED) {
            text.push_str(line);
        }
        if differ.len() > LISTED {
            let _ = writeln!(
                text,
                "    … and {} more in the table",
                differ.len() - LISTED
            );
        }
        if unsure > 0 {
            let _ = writeln!(
                text,
                "    {} on other questions (table agents): listen before you say anything",
                several(unsure, "difference", "differences")
            );
        }
        if short > 0 {
            let _ = writeln!(
                text,
                "    {} too few calls to be compared",
                if short == 1 {
                    "1 has".to_string()
                } else {
                    format!("{short} have")
                }
            );
        }
    }

    fn next(&self, text: &mut String, not_agreed: &[String]) {
        let mut steps: Vec<String> = Vec::new();
        if let Some(question) = not_agreed.first() {
            let mut step = format!("talk about {question}");
            if let Some((call, answers)) = self.example(question) {
                let call = visible(call);
                let _ = write!(step, ": listen to {call} together");
                if !self.figures.withheld.forms.contains(&self.form) {
                    let _ = write!(step, " ({answers})");
                }
            }
            steps.push(step);
        }
        let drifting = self.charts().find_map(|chart| match chart.subject {
            Subject::Rater(rater) if found(chart).is_some() => Some(rater),
            _ => None,
        });
        if let Some(rater) = drifting {
            steps.push(format!(
                "sit down with {} before the next scores: what changed?",
                self.base.raters.name(rater)
            ));
        }
        let strict = self.raters.iter().filter(|r| r.rater != AUTOMATIC_RATER);
        let apart = strict
            .filter_map(|r| {
                Some((
                    r,
                    r.severity
                        .filter(|s| nearest_to_nothing(s) >= SURE_POINTS)?,
                ))
            })
            .filter(|(_, s)| s.value.abs() >= 5.0)
            .count();
        if apart > 0 {
            steps.push(
                "until they score alike, compare agents by the fair scores, not by who scored them"
                    .to_string(),
            );
        }
        let missing = self.missing();
        if let Some((question, why)) = missing {
            steps.push(format!("audit more calls at random: {question} {why}"));
        }
        if steps.is_empty() {
            return;
        }
        text.push_str("\n  What to do next\n");
        for (n, step) in steps.iter().enumerate() {
            let words: Vec<&str> = step.split(' ').collect();
            let _ = writeln!(
                text,
                "{}",
                wrapped(&format!("    {}. ", n + 1), &words, " ")
            );
        }
    }

    /// What the automatic answers of each question are held against: what was agreed where there
    /// is some, else people.
    fn scorer_rows(&self) -> impl Iterator<Item = &ScorerRow> {
        let questions = self.base.forms[self.form].questions.iter();
        questions.filter_map(|&question| {
            let rows = self.figures.scorer.automatic.iter();
            rows.filter(|row| row.question == question && row.reference.is_some())
                .min_by_key(|row| row.reference)
        })
    }

    /// The question that lacks fewest audited calls until something can be said.
    fn missing(&self) -> Option<(String, String)> {
        self.scorer_rows()
            .filter_map(|row| match row.fit {
                Fit::NotKnown {
                    missing_yes,
                    missing_no,
                } => Some((missing_yes + missing_no, row)),
                _ => None,
            })
            .min_by_key(|(missing, row)| (*missing, row.question))
            .map(|(_, row)| (self.question(row.question), row.why()))
    }

    /// A call on which people differ about a question, the last one, with who said what.
    fn example(&self, question: &str) -> Option<(&str, String)> {
        let about = |d: &&Disagreement| {
            let of = &self.base.questions[d.question];
            d.people_differ && of.form == self.form && of.id == question
        };
        // The call on which most people answered.
        let found = self.figures.disagreements.iter().filter(about);
        let found = found.max_by_key(|d| d.people.len())?;
        let answers = found.answers(self.base);
        Some((&self.base.calls[found.call].id, answers.replace("; ", ", ")))
    }
}

/// Whether a chart tells of a change: the first week that stands out, if one does, and whether it
/// goes up. A rater's trend alone is enough where it is sure about 99 times in 100: in small
/// numbers it shows sooner than a week does.
fn found(chart: &ControlChart) -> Option<(Option<i32>, bool)> {
    let points = chart.chart.points.iter();
    if let Some(week) = chart.chart.first_out {
        let out = points.clone().find(|p| p.out)?;
        let rises = out.ewma?.value > chart.chart.centre?;
        return Some((Some(week), rises));
    }
    let trend = chart.chart.trend?;
    let reach = trend.interval.map(|i| (i.high - i.low) / 2.0)?;
    let sure = trend.value.abs() > SURE_TREND * reach;
    let of_rater = matches!(chart.subject, Subject::Rater(_));
    (of_rater && sure).then_some((None, trend.value > 0.0))
}

fn reading(c: &AnswerComparison) -> Reading {
    let ac1 = c.intervals[Coefficient::Ac1].map(|i| i.low);
    Reading::of(
        c.missing_calls == 0,
        c.coefficients[Coefficient::FleissKappa].is_some(),
        ac1.or(c.coefficients[Coefficient::Ac1]),
        [c.positive, c.negative],
    )
}

/// How a comparison of people on one question reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Agree,
    /// As long as the answer is the common one.
    CommonOnly,
    NotEnoughAgreement,
    /// All gave one and the same answer.
    OneAnswer,
    TooFew,
}

impl Reading {
    /// `enough` calls with a pair; answers that `vary`, so that kappa is defined; the lower end of
    /// AC1, or AC1 where it has no interval; and how far people are alike on *yes* and on *no*.
    pub fn of(enough: bool, vary: bool, ac1_low: Option<f64>, on_each: [Option<f64>; 2]) -> Self {
        if !enough {
            return Reading::TooFew;
        }
        if !vary {
            return Reading::OneAnswer;
        }
        let beyond_chance = ac1_low.is_some_and(|low| low >= AGREES);
        let both = on_each.iter().flatten().all(|share| *share >= AGREES);
        match (beyond_chance, both) {
            (true, true) => Reading::Agree,
            (true, false) => Reading::CommonOnly,
            (false, _) => Reading::NotEnoughAgreement,
        }
    }
}

/// How far the near end of the interval is from 0; 0 where it holds 0.
fn nearest_to_nothing(estimate: &Estimate) -> f64 {
    let end = |i: super::figure::Interval| i.low.max(-i.high).max(0.0);
    estimate.interval.map_or(0.0, end)
}

/// Said of a figure under its minimum.
fn few(is: bool) -> &'static str {
    if is { " (few calls)" } else { "" }
}

fn turned(estimate: Estimate) -> Estimate {
    Estimate {
        value: -estimate.value,
        interval: estimate.interval.map(|i| super::figure::Interval {
            low: -i.high,
            high: -i.low,
            ..i
        }),
    }
}

/// ` (6 to 16)`.
fn ends(estimate: &Estimate, factor: f64) -> String {
    match estimate.interval {
        Some(i) => format!(" ({:.0} to {:.0})", factor * i.low, factor * i.high),
        None => String::new(),
    }
}

fn several(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

fn thousands(n: usize) -> String {
    match n {
        0..1000 => n.to_string(),
        _ => format!("{},{:03}", n / 1000, n % 1000),
    }
}

/// Items after a first part, in lines that are indented below it.
fn wrapped<S: AsRef<str>>(first: &str, items: &[S], between: &str) -> String {
    let indent = " ".repeat(
        first
            .len()
            .min(WIDTH / 2)
            .min(6)
            .max(first.len() - first.trim_start().len() + 2),
    );
    let mut lines = vec![first.to_string()];
    let mut fresh = true;
    for (n, item) in items.iter().enumerate() {
        let item = item.as_ref();
        let after = if n + 1 < items.len() { between } else { "" };
        let line = lines.last_mut().expect("there is a first line");
        if !fresh && line.chars().count() + item.chars().count() + after.trim_end().len() > WIDTH {
            line.truncate(line.trim_end().len());
            lines.push(format!("{indent}{item}{after}"));
        } else {
            line.push_str(item);
            line.push_str(after);
        }
        fresh = false;
    }
    lines.join("\n")
}
