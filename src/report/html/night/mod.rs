//! The night: what a coach reads first, for one date or a period.
//!
//! First the calls to listen to, as many as fit the time ([`listen`]), and one to praise per agent
//! ([`praise`]); then what was [`processed`], how it came out, which questions fail how often
//! ([`failing`]) and how far that can be trusted ([`trust`]), calls failed by one answer
//! ([`auto_fails`]), what no agent could help ([`obstacles`]), and what changed ([`changes`]).
//! Memory is bounded by agents × questions; lists end with how many more there are. Left out on
//! purpose: any order of people, and any figure about one of them.

pub(super) mod auto_fails;
mod changes;
mod excerpt;
mod failing;
mod listen;
mod obstacles;
mod praise;
mod processed;
mod rows;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::auto_fails::{AutoFails, Failed};
use self::changes::{Changes, Told};
pub(super) use self::excerpt::anchor;
use self::excerpt::{Excerpt, Piece, excerpt, moment_of, quote};
use self::failing::{Failing, Rate};
use self::listen::{Candidate, Chosen, Worth, fit};
use self::obstacles::{Obstacles, cause};
use self::praise::{Praise, Praises, What};
use self::processed::Processed;
use self::rows::{text_of, title_of};
use self::trust::{Trust, trust};
use super::charts::{BarOf, Bars, Histogram};
use super::scope::{CallDetail, DailyRows, Day, Runs, Scope, Wanted, night_page};
use super::words::{between, capital, clock, day_in_words, grouped, length, percent};
use super::{Chapter, Page, PageError, Site};
use crate::report::records::Text;
use crate::report::summary::ends;

/// Way from the night's page up to the folder of pages.
const ROOT: &str = "../";
/// Questions of each list that are drawn, and with their trust told.
const RANKED: usize = 8;
/// Scores under which their distribution is not drawn.
const CHARTED: usize = 5;
/// Open questions and reasons that are named.
const NAMED: usize = 6;

#[derive(Default)]
pub(super) struct Night {
    worth: Worth,
    praises: Praises,
    processed: Processed,
    failing: Failing,
    auto_fails: AutoFails,
    obstacles: Obstacles,
    changes: Changes,
}

impl Chapter for Night {
    fn past(&mut self, scope: &Scope, day: &DailyRows) {
        self.changes.add(scope, day);
    }

    fn day(&mut self, scope: &Scope, day: &Day) {
        for one in rows::calls(day) {
            self.worth.add(scope, &one);
            self.praises.add(&one);
            self.processed.add(scope, &one);
            self.failing.add(&one);
            self.auto_fails.add(scope, &one);
        }
        self.obstacles.add(&day.obstacles, &day.calls);
    }

    fn runs(&mut self, _scope: &Scope, runs: &Runs) {
        self.processed.add_runs(runs);
    }

    fn calls(&self, scope: &Scope) -> Vec<Wanted> {
        let to_hear = to_hear(&self.candidates(scope));
        let (praised, _) = self.praises.shown(&to_hear);
        let praised: Vec<Wanted> = praised.into_iter().map(|p| p.wanted.clone()).collect();
        to_hear
            .into_iter()
            .chain(praised)
            .chain(self.auto_fails.wanted())
            .chain(self.obstacles.wanted(scope.minimum_group))
            .collect()
    }

    fn pages(&self, site: &Site<'_>) -> Result<Vec<Page>, PageError> {
        let scope = site.scope;
        let title = match scope.is_one_night() {
            true => format!("The night of {}", day_in_words(&scope.to)),
            false => format!(
                "{} to {}",
                day_in_words(&scope.from),
                day_in_words(&scope.to)
            ),
        };
        let view = self.view(site);
        let page = site.page(&night_page(scope), &title, "night.html", &view)?;
        Ok(vec![page])
    }
}

/// A call, named so that a person finds it.
#[derive(Serialize)]
struct CallRef {
    id: String,
    href: Option<String>,
    agent: String,
    agent_href: Option<String>,
    /// Time of day, with the date where the report is about several.
    at: String,
    queue: Option<String>,
}

#[derive(Serialize)]
struct Asked {
    text: String,
    href: Option<String>,
}

#[derive(Serialize)]
struct Listening {
    minutes: u32,
    taken: String,
    handling: String,
    items: Vec<Item>,
    next: Vec<Line>,
    /// Calls with a reason that are in neither list, for want of time.
    more: usize,
    /// And because their agents are in it often enough.
    crowded: usize,
    /// Whether any of the calls can be heard from its page.
    has_sound: bool,
    has_moment: bool,
    has_near: bool,
    has_doubt: bool,
}

#[derive(Serialize)]
struct Item {
    call: CallRef,
    /// Where the call's page leads back to.
    id: Option<String>,
    has_sound: bool,
    reason: String,
    also: Option<String>,
    /// From where to where.
    what: String,
    length: String,
    excerpt: Excerpt,
}

#[derive(Serialize)]
struct Line {
    call: CallRef,
    reason: String,
    length: String,
}

#[derive(Serialize)]
struct Praised {
    call: CallRef,
    what: String,
    /// What comes before the moment.
    lead: &'static str,
    quote: Vec<Piece>,
    at: Option<String>,
}

#[derive(Serialize)]
struct Counted {
    count: String,
    what: String,
    href: Option<String>,
}

#[derive(Serialize)]
struct FormView {
    title: String,
    /// Enough persons stand behind what became of its calls.
    is_shown: bool,
    verdicts: String,
    chart: Option<Histogram>,
    not_eligible: Vec<String>,
    more_reasons: usize,
    /// Nobody has checked its answers.
    is_unchecked: bool,
    /// Calls of the chart that have no score, and why.
    no_score: Vec<String>,
    /// Calls that one answer would fail, which is not sure or was taken back.
    not_failed: usize,
}

#[derive(Serialize)]
struct FailureView {
    count: usize,
    reason: String,
    message: String,
    hint: Option<String>,
    files: Vec<String>,
    more: usize,
}

#[derive(Serialize)]
struct QuestionView {
    asked: Asked,
    form: String,
    figures: String,
    truth: Option<String>,
    trust: Trust,
    outside: bool,
}

/// The questions that fail most often of those that people checked, or of the others.
#[derive(Serialize)]
struct Ranking {
    title: &'static str,
    chart: Option<Bars>,
    questions: Vec<QuestionView>,
}

#[derive(Serialize)]
struct Row {
    asked: Asked,
    form: String,
    figures: String,
}

/// Calls that one question failed, for the same reason.
#[derive(Serialize)]
struct FailedView {
    question: Asked,
    form: String,
    why: String,
    calls: Vec<CallRef>,
}

#[derive(Serialize)]
struct ObstacleView {
    cause: &'static str,
    calls: String,
    asked: Asked,
    quote: Vec<Piece>,
    call: Option<CallRef>,
    at: Option<String>,
}

#[derive(Serialize)]
struct ChangeView {
    is_better: Option<bool>,
    text: String,
    href: Option<String>,
}

#[derive(Serialize)]
struct View {
    is_one_night: bool,
    calls: usize,
    agents: usize,
    talk: String,
    listening: Listening,
    praised: Vec<Praised>,
    more_praised: usize,
    high_score: i64,
    outside: usize,
    runs: Vec<String>,
    failed: usize,
    failures: Vec<FailureView>,
    open_answers: usize,
    waiting: usize,
    open: Vec<Counted>,
    more_open: usize,
    forms: Vec<FormView>,
    rankings: Vec<Ranking>,
    rest: Vec<Row>,
    few: Vec<Row>,
    least_calls: usize,
    /// Questions that too few persons stand behind.
    left_out: usize,
    minimum_group: usize,
    sure: Vec<FailedView>,
    more_sure: usize,
    unsure: Vec<FailedView>,
    more_unsure: usize,
    overruled: usize,
    sure_heard: i64,
    obstacles: Vec<ObstacleView>,
    more_obstacles: usize,
    /// Kinds that too few persons stand behind.
    few_obstacles: usize,
    changes: Told,
    change_list: Vec<ChangeView>,
}

impl Night {
    fn candidates(&self, scope: &Scope) -> Vec<Candidate> {
        self.worth.in_turn(most_candidates(scope))
    }

    fn view(&self, site: &Site<'_>) -> View {
        let scope = site.scope;
        let candidates = self.candidates(scope);
        let processed = &self.processed;
        let changes = self.changes.told(scope);
        let (ranked, few): (Vec<Rate>, Vec<Rate>) = self
            .failing
            .rates()
            .into_iter()
            .filter(|rate| rate.failed > 0)
            .partition(|rate| rate.judged >= failing::LEAST_CALLS);
        // A rate of fewer persons than may be told of is a rate of persons.
        let persons = scope.minimum_group;
        let all_ranked = ranked.len() + few.len();
        let [ranked, few] = [ranked, few].map(|rates: Vec<Rate>| -> Vec<Rate> {
            rates.into_iter().filter(|r| r.agents >= persons).collect()
        });
        let left_out = all_ranked - ranked.len() - few.len();
        let (checked, unchecked): (Vec<Rate>, Vec<Rate>) = by_truth(scope, ranked)
            .into_iter()
            .partition(|rate| is_checked(scope, &rate.key));
        let first = |rates: &[Rate]| rates.len().min(RANKED);
        let rest = checked[first(&checked)..]
            .iter()
            .chain(&unchecked[first(&unchecked)..]);
        let lists = [
            ("Checked by people", &checked),
            ("Nobody has checked yet", &unchecked),
        ];
        let lists = lists.into_iter().filter(|(_, rates)| !rates.is_empty());
        let rankings = lists.map(|(title, rates)| {
            let rates = &rates[..first(rates)];
            Ranking {
                title,
                chart: chart(site, title, rates),
                questions: rates.iter().map(|rate| question_view(site, rate)).collect(),
            }
        });
        let (praised, more_praised) = self.praises.shown(&to_hear(&candidates));
        let (obstacles, more_obstacles, few_obstacles) = self.obstacles.shown(persons);
        let (open, more_open) = self.open(site);
        View {
            is_one_night: scope.is_one_night(),
            calls: processed.calls,
            agents: processed.agents.len(),
            talk: hours(processed.recorded_ms),
            listening: self.listening(site, &candidates),
            more_praised,
            praised: praised.iter().map(|p| praised_view(site, p)).collect(),
            high_score: praise::HIGH_SCORE as i64,
            outside: processed.outside,
            runs: processed
                .runs
                .iter()
                .rev()
                .take(NAMED)
                .map(run_words)
                .collect(),
            failed: processed.failed,
            failures: processed.failures.iter().map(failure_view).collect(),
            open_answers: processed.open_answers,
            waiting: processed.waiting,
            open,
            more_open,
            forms: self.forms(scope),
            rankings: rankings.collect(),
            rest: rest.map(|rate| row(site, rate)).collect(),
            few: few
                .iter()
                .take(2 * RANKED)
                .map(|rate| row(site, rate))
                .collect(),
            least_calls: failing::LEAST_CALLS,
            left_out,
            minimum_group: persons,
            sure: failed_views(site, &self.auto_fails.sure),
            more_sure: self.auto_fails.sure_calls - self.auto_fails.sure.len(),
            unsure: failed_views(site, &self.auto_fails.unsure),
            more_unsure: self.auto_fails.unsure_calls - self.auto_fails.unsure.len(),
            overruled: self.auto_fails.overruled,
            sure_heard: (auto_fails::SURE_HEARD * 100.0).round() as i64,
            obstacles: obstacles
                .into_iter()
                .map(|((why, rubric, question), group)| {
                    let example = group.example.as_ref();
                    let known = example.and_then(|e| site.calls.get(&e.wanted.call_id));
                    let shown = example.zip(known);
                    ObstacleView {
                        cause: cause(why),
                        calls: counted(group.calls, "call", "calls"),
                        asked: asked(site, rubric, question),
                        quote: shown
                            .map(|(e, detail)| {
                                let end = e.start_ms + obstacles::ABOUT_MS;
                                quote(&detail.conversation, (e.start_ms, end))
                            })
                            .unwrap_or_default(),
                        call: shown.map(|(e, detail)| call_ref(site, detail, Some(e.start_ms))),
                        at: shown.map(|(e, _)| clock(e.start_ms)),
                    }
                })
                .collect(),
            more_obstacles,
            few_obstacles,
            change_list: changes
                .changes
                .iter()
                .map(|change| ChangeView {
                    is_better: change.is_better,
                    text: change.text.clone(),
                    href: change
                        .about
                        .as_ref()
                        .and_then(|(rubric, question)| asked(site, rubric, question).href),
                })
                .collect(),
            changes,
        }
    }

    fn listening(&self, site: &Site<'_>, candidates: &[Candidate]) -> Listening {
        let scope = site.scope;
        let fitted = fit(candidates, site.calls, scope.minutes);
        let items: Vec<Item> = fitted.list.iter().map(|c| item(site, c)).collect();
        let next: Vec<Line> = fitted
            .next
            .iter()
            .map(|chosen| Line {
                call: chosen_ref(site, chosen),
                reason: chosen.candidate.reason.clone(),
                length: length(chosen.stretch.ms()),
            })
            .collect();
        let crowded = match candidates.len() < most_candidates(scope) {
            true => self.worth.calls - candidates.len(),
            false => 0,
        };
        let has = |kind| items.iter().any(|item| item.excerpt.has(kind));
        Listening {
            minutes: scope.minutes,
            taken: counted(minutes(fitted.ms), "minute", "minutes"),
            handling: length(listen::HANDLING_MS),
            more: self.worth.calls - items.len() - next.len() - crowded,
            crowded,
            has_sound: items.iter().any(|item| item.has_sound),
            has_moment: has("moment"),
            has_near: has("near"),
            has_doubt: has("unsure"),
            items,
            next,
        }
    }

    fn forms(&self, scope: &Scope) -> Vec<FormView> {
        let forms = self.processed.forms.iter();
        forms
            .map(|(rubric, form)| {
                let mut reasons: Vec<(&String, &usize)> = form.not_eligible.iter().collect();
                reasons.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
                let steps: Vec<(String, usize)> = form
                    .steps
                    .iter()
                    .enumerate()
                    .map(|(step, count)| {
                        let (from, to) = ends(step);
                        (format!("{from} to {to}"), *count)
                    })
                    .collect();
                FormView {
                    title: title_of(scope, rubric),
                    is_shown: form.scored == 0 || form.agents.len() >= scope.minimum_group,
                    verdicts: verdicts(form),
                    chart: is_charted(scope, form).then(|| {
                        let title = format!(
                            "Scores of {}{} by “{}”",
                            match form.scored - form.with_score {
                                0 => String::new(),
                                _ => format!("{} of ", grouped(form.with_score as i64)),
                            },
                            counted(form.scored, "call", "calls"),
                            title_of(scope, rubric)
                        );
                        Histogram::new(&title, "Score, of 100", &steps)
                    }),
                    more_reasons: reasons.len().saturating_sub(NAMED),
                    no_score: no_score(form),
                    not_failed: form.unsure + form.overruled,
                    is_unchecked: !self
                        .failing
                        .keys()
                        .any(|key| key.0 == *rubric && is_checked(scope, key)),
                    not_eligible: reasons
                        .into_iter()
                        .take(NAMED)
                        .map(|(reason, count)| not_eligible(reason, *count))
                        .collect(),
                }
            })
            .collect()
    }

    /// Questions that are open most often, and how many others there are.
    fn open(&self, site: &Site<'_>) -> (Vec<Counted>, usize) {
        let mut open: Vec<_> = self.processed.open.iter().collect();
        open.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let more = open.len().saturating_sub(NAMED);
        let named = open.into_iter().take(NAMED);
        let named = named.map(|((rubric, question), count)| {
            let asked = asked(site, rubric, question);
            Counted {
                count: counted(*count, "call", "calls"),
                what: asked.text,
                href: asked.href,
            }
        });
        (named.collect(), more)
    }
}

/// As many calls as could fit if each took no time but its handling and the least to listen to.
fn most_candidates(scope: &Scope) -> usize {
    let least = excerpt::LEAST_MS + listen::HANDLING_MS;
    let fit = i64::from(scope.minutes) * 60_000 / least;
    usize::try_from(fit).unwrap_or(0).max(1)
}

/// Whether there are scores enough, of enough persons.
fn is_charted(scope: &Scope, form: &processed::Form) -> bool {
    form.with_score >= CHARTED && form.agents_with_score.len() >= scope.minimum_group
}

/// Calls that a form is not for, and why.
fn not_eligible(reason: &str, count: usize) -> String {
    if let Some(direction) = reason.strip_prefix("direction is ") {
        return counted(
            count,
            &format!("{direction} call"),
            &format!("{direction} calls"),
        );
    }
    let calls = counted(count, "call", "calls");
    match reason.strip_prefix("queue is ") {
        Some(queue) => format!("{calls} of the queue {queue}"),
        None => format!("{calls} ({reason})"),
    }
}

/// The calls that somebody is asked to listen to.
fn to_hear(candidates: &[Candidate]) -> BTreeSet<Wanted> {
    candidates.iter().map(|c| c.wanted.clone()).collect()
}

fn call_ref(site: &Site<'_>, detail: &CallDetail, at_ms: Option<i64>) -> CallRef {
    let call = &detail.call;
    let moment = at_ms.map_or_else(String::new, |ms| anchor(&detail.conversation, ms));
    let (day, time) = call.started_local.split_once('T').unwrap_or_default();
    let time = time.get(..5).unwrap_or(time);
    CallRef {
        id: call.call_id.to_string(),
        href: site
            .links
            .call(&call.call_id)
            .map(|page| format!("{ROOT}{page}{moment}")),
        agent: call.agent.to_string(),
        agent_href: site
            .links
            .agent(&call.agent)
            .map(|page| format!("{ROOT}{page}")),
        at: match site.scope.is_one_night() {
            true => time.to_string(),
            false => format!("{}, {time}", day_in_words(day)),
        },
        queue: call.queue.as_ref().map(ToString::to_string),
    }
}

fn asked(site: &Site<'_>, rubric: &Text, question: &Text) -> Asked {
    Asked {
        text: text_of(site.scope, rubric, question),
        href: site
            .links
            .question(rubric, question)
            .map(|page| format!("{ROOT}{page}")),
    }
}

fn chosen_ref(site: &Site<'_>, chosen: &Chosen<'_>) -> CallRef {
    call_ref(site, chosen.detail, Some(chosen.stretch.shown_from()))
}

fn item(site: &Site<'_>, chosen: &Chosen<'_>) -> Item {
    let stretch = &chosen.stretch;
    let detail = chosen.detail;
    let what = match stretch.is_whole {
        true => "to the whole call".to_string(),
        false => format!(
            "from {} to {}",
            clock(stretch.from_ms),
            clock(stretch.to_ms)
        ),
    };
    let page = site.links.call(&detail.call.call_id);
    let name = page.and_then(|page| page.strip_prefix("call/")?.strip_suffix(".html"));
    Item {
        call: chosen_ref(site, chosen),
        id: name.map(|name| format!("call-{name}")),
        has_sound: detail.sound.recording.is_some() || !detail.sound.clips.is_empty(),
        reason: chosen.candidate.reason.clone(),
        also: chosen.candidate.also(),
        what,
        length: length(stretch.to_ms / 1000 * 1000 - stretch.from_ms),
        excerpt: excerpt(&detail.conversation, stretch),
    }
}

fn praised_view(site: &Site<'_>, praise: &Praise) -> Praised {
    let detail = site.calls.get(&praise.wanted.call_id);
    let question = match &praise.what {
        What::Mark(question) => Some(question),
        What::Score(_, question) => question.as_ref(),
    };
    let shown = detail.zip(question).and_then(|(detail, question)| {
        // What is praised is shown where it was said, if it was.
        let said = moment_of(detail, &praise.rubric, &praise.version, question)?.said?;
        Some((said.0, quote(&detail.conversation, said)))
    });
    let call = match detail {
        Some(detail) => call_ref(site, detail, shown.as_ref().map(|(at, _)| *at)),
        None => bare_ref(&praise.wanted, &praise.agent),
    };
    Praised {
        call,
        what: praise::in_words(site.scope, praise),
        lead: match praise.what {
            What::Mark(_) => "Yes, at",
            What::Score(..) => "For example at",
        },
        at: shown.as_ref().map(|(at, _)| clock(*at)),
        quote: shown.map(|(_, quote)| quote).unwrap_or_default(),
    }
}

/// A call whose transcript could not be read.
fn bare_ref(wanted: &Wanted, agent: &Text) -> CallRef {
    CallRef {
        id: wanted.call_id.to_string(),
        href: None,
        agent: agent.to_string(),
        agent_href: None,
        at: day_in_words(&wanted.date),
        queue: None,
    }
}

fn failed_views(site: &Site<'_>, list: &[Failed]) -> Vec<FailedView> {
    let mut groups: BTreeMap<(&Text, &Text, &str), Vec<CallRef>> = BTreeMap::new();
    for failed in list {
        let key = (&failed.rubric, &failed.question, &*failed.why);
        groups
            .entry(key)
            .or_default()
            .push(failed_ref(site, failed));
    }
    groups
        .into_iter()
        .map(|((rubric, question, why), calls)| FailedView {
            question: asked(site, rubric, question),
            form: title_of(site.scope, rubric),
            why: why.to_string(),
            calls,
        })
        .collect()
}

fn failed_ref(site: &Site<'_>, failed: &Failed) -> CallRef {
    let detail = site.calls.get(&failed.wanted.call_id);
    match detail {
        Some(detail) => {
            let at = moment_of(detail, &failed.rubric, &failed.version, &failed.question);
            call_ref(site, detail, at.map(|moment| moment.start_ms))
        }
        None => bare_ref(&failed.wanted, &failed.agent),
    }
}

fn figures(rate: &Rate) -> String {
    let left_out = match (rate.open, rate.aside) {
        (0, 0) => String::new(),
        (open, 0) => format!("; open in {} more", grouped(open as i64)),
        (0, aside) => format!("; does not apply in {} more", grouped(aside as i64)),
        (open, aside) => format!(
            "; open in {} more, does not apply in {}",
            grouped(open as i64),
            grouped(aside as i64)
        ),
    };
    format!(
        "fails in {} of {} calls of {}: {} ({}){left_out}",
        grouped(rate.failed as i64),
        grouped(rate.judged as i64),
        counted(rate.agents, "agent", "agents"),
        percent(rate.share),
        between(rate.low, rate.high)
    )
}

fn question_view(site: &Site<'_>, rate: &Rate) -> QuestionView {
    let scope = site.scope;
    let (rubric, question, meaning) = &rate.key;
    let known = scope.question(rubric, question).map(|(_, known)| known);
    let is_yes_no =
        known.is_none_or(|known| matches!(known.kind, crate::rubric::Kind::YesNo { .. }));
    let no = match is_yes_no {
        true if trust::fails_by_yes(scope, rubric, question) => "“yes”",
        true => "“no”",
        false => "that cost points",
    };
    QuestionView {
        asked: asked(site, rubric, question),
        form: title_of(scope, rubric),
        figures: capital(&figures(rate)),
        truth: trust::true_rate(scope, rubric, question, meaning),
        trust: trust(scope, rubric, question, meaning, no),
        outside: known.is_some_and(|known| !known.controllable_by_agent),
    }
}

fn row(site: &Site<'_>, rate: &Rate) -> Row {
    let (rubric, question, _) = &rate.key;
    Row {
        asked: asked(site, rubric, question),
        form: title_of(site.scope, rubric),
        figures: match rate.judged < failing::LEAST_CALLS {
            true => format!(
                "failed in {} of {}",
                rate.failed,
                counted(rate.judged, "call", "calls")
            ),
            false => match truly_failed(site.scope, rate) {
                Some(truly) => format!("{}; truly {}", figures(rate), percent(truly)),
                None => figures(rate),
            },
        },
    }
}

/// Whether people checked answers to it on calls that chance picked.
fn is_checked(scope: &Scope, (rubric, question, meaning): &failing::Key) -> bool {
    scope
        .calibration
        .checked(rubric, question, meaning)
        .is_some()
}

/// Those that fail most often first, by the true rate where one is known.
fn by_truth(scope: &Scope, mut rates: Vec<Rate>) -> Vec<Rate> {
    let truly = |rate: &Rate| truly_failed(scope, rate).unwrap_or(rate.share);
    rates.sort_by(|a, b| truly(b).total_cmp(&truly(a)));
    rates
}

fn truly_failed(scope: &Scope, rate: &Rate) -> Option<f64> {
    let (rubric, question, meaning) = &rate.key;
    trust::truly_failed(scope, rubric, question, meaning)
}

fn chart(site: &Site<'_>, title: &str, rates: &[Rate]) -> Option<Bars> {
    if rates.len() < 2 {
        return None;
    }
    let bars = rates
        .iter()
        .map(|rate| BarOf {
            label: text_of(site.scope, &rate.key.0, &rate.key.1),
            value: rate.share,
            low: Some(rate.low),
            high: Some(rate.high),
            in_words: match truly_failed(site.scope, rate) {
                Some(truly) => format!(
                    "{} of {}; truly {}",
                    percent(rate.share),
                    rate.judged,
                    percent(truly)
                ),
                None => format!("{} of {}", percent(rate.share), rate.judged),
            },
            href: asked(site, &rate.key.0, &rate.key.1).href,
        })
        .collect();
    Some(Bars::new(
        &format!(
            "{title}: how often questions fail, with the range that the number of calls leaves"
        ),
        "Fails, of calls judged",
        bars,
    ))
}

fn verdicts(form: &processed::Form) -> String {
    if form.scored == 0 {
        return "The form is for none of these calls.".to_string();
    }
    let calls = counted(form.scored, "call", "calls");
    let parts = [
        (form.passed, "passed".to_string()),
        (
            form.failed,
            match form.auto_failed {
                0 => "failed".to_string(),
                n if n == form.failed => "failed, by one answer alone".to_string(),
                n => format!("failed ({} of them by one answer alone)", grouped(n as i64)),
            },
        ),
        (form.undetermined, "open until somebody listens".to_string()),
        (form.without, "without a question that arose".to_string()),
        (
            form.overruled,
            "would fail by one answer, but a person took it back".to_string(),
        ),
        (
            form.unsure,
            format!(
                "{}would fail by one answer that is not sure: please listen",
                if form.failed > 0 { "more " } else { "" }
            ),
        ),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(count as i64)))
        .collect();
    format!("{calls} scored: {}.", parts.join("; "))
}

/// Calls that were scored and have no score, and why.
fn no_score(form: &processed::Form) -> Vec<String> {
    let parts = [
        (
            form.without_score,
            "no score yet: open questions leave none",
        ),
        (
            form.scored - form.with_score - form.without_score,
            "no score: no question that counts arose",
        ),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    parts
        .map(|(count, why)| format!("{} {why}.", counted(count, "call has", "calls have")))
        .collect()
}

fn run_words(run: &processed::Run) -> String {
    format!(
        "The run of {}: {} found, {} transcribed, {} known already, {} that could not be used; \
         speech model {}.",
        day_in_words(&run.date),
        counted(run.recordings as usize, "recording", "recordings"),
        grouped(run.transcribed),
        grouped(run.reused),
        grouped(run.failed),
        run.model
    )
}

fn failure_view(failed: &processed::Failed) -> FailureView {
    FailureView {
        count: failed.count,
        reason: failed.reason.replace('_', " "),
        message: failed.message.to_string(),
        hint: failed.hint.as_ref().map(ToString::to_string),
        more: failed.count - failed.files.len(),
        files: failed.files.iter().map(ToString::to_string).collect(),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        n => format!("{} {many}", grouped(n as i64)),
    }
}

fn minutes(ms: i64) -> usize {
    usize::try_from(ms.max(0)).unwrap_or(0).div_ceil(60_000)
}

fn hours(ms: i64) -> String {
    match minutes(ms) {
        n if n < 120 => counted(n, "minute", "minutes"),
        n => counted(n / 60, "hour", "hours"),
    }
}
