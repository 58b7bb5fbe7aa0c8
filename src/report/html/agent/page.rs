//! What stands on an agent's page, in words.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::super::charts::{PointOf, Trend};
use super::super::scope::{Scope, Wanted};
use super::super::weeks::several;
use super::super::words::{self as in_words, day_in_words, grouped, percent};
use super::super::{Site, Text};
use super::Facts;
use super::beside::{self, Line};
use super::choice::{
    Because, Choice, Named, above, done_lately, fit, is_common, missed_by_all, passing, question,
};
use super::examples::{self, Asked, Example, Search};
use super::figures::{Between, Figure, WEEK_CALLS};
use super::notes::{self, Agreement};
use crate::calibration::people::agents::{MIN_CALLS, MIN_DAYS};

#[derive(Debug, Serialize)]
pub struct View {
    agent: String,
    team: Option<String>,
    leader: Option<String>,
    /// `62 calls from 6 January to 17 March 2026`.
    calls: String,
    /// Why there are no figures at all.
    no_figures: Option<String>,
    few: Option<String>,
    strengths: Vec<Strength>,
    celebrated: Vec<Strength>,
    work: Option<Work>,
    /// Why there is nothing to work on.
    no_work: Vec<String>,
    agreements: Vec<Agreement>,
    trends: Vec<Course>,
    beside: Vec<Line>,
    /// Whether calibration says anything of the agent.
    is_compared: bool,
    fair: Vec<String>,
}

/// A line over weeks, and what is to be said of it.
#[derive(Debug, Serialize)]
struct Course {
    trend: Trend,
    words: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Strength {
    question: String,
    words: String,
    example: Option<Example>,
}

#[derive(Debug, Serialize)]
struct Work {
    question: String,
    reason: String,
    /// Why it is asked, and what good sounds like, as the form says.
    why: Option<String>,
    good: Option<String>,
    trust: &'static str,
    agreement: Option<Agreement>,
    missed: Vec<Example>,
    went_well: Option<Example>,
    colleague: Option<Example>,
}

pub fn view<'a>(
    site: &Site<'_>,
    agent: &Text,
    facts: &Facts,
    choice: &Choice,
    search: &Search,
    course: &dyn Fn(&Text) -> Option<&'a String>,
    is_withheld: bool,
) -> View {
    let scope = site.scope;
    let one = choice.one_thing(agent, search);
    let agreed = one.and_then(|named| match named.because {
        Because::Agreed(at) => Some(at),
        _ => done_lately(scope, agent, &named.asked),
    });
    let agreements = choice.agreements.iter().filter(|at| agreed != Some(**at));
    let told = choice.strengths.iter().chain(one);
    let told = told.filter(|named| match named.because {
        Because::Compared(_) => true,
        Because::Agreed(_) => above(scope, agent, &named.asked).is_some(),
        _ => false,
    });
    let told: Vec<&Asked> = told.map(|named| &named.asked).collect();
    let strengths = choice.strengths.iter();
    let strengths = strengths.filter_map(|named| strength(site, agent, facts, search, named));
    let celebrated = choice.celebrated.iter();
    let celebrated =
        celebrated.filter_map(|asked| celebrated_mark(site, agent, facts, search, asked));
    View {
        agent: agent.to_string(),
        team: facts.team.as_deref().map(str::to_string),
        leader: facts.leader.as_deref().map(str::to_string),
        calls: calls_in_words(facts),
        no_figures: is_withheld.then(|| {
            format!(
                "Figures about one person are shown only where {} people or more work in a team; \
                 your centre has set that. So this page has agreements and calls, and no figures.",
                scope.minimum_group
            )
        }),
        few: few(facts).filter(|_| !is_withheld),
        strengths: strengths.collect(),
        celebrated: celebrated.collect(),
        work: one.map(|named| work(site, agent, facts, search, named, agreed, is_withheld)),
        no_work: match one {
            Some(_) => Vec::new(),
            None => no_work(scope, agent, facts, is_withheld),
        },
        agreements: agreements
            .map(|at| notes::agreement(site, *at, is_withheld))
            .collect(),
        trends: match is_withheld {
            true => Vec::new(),
            false => trends(scope, agent, facts, choice, course, one),
        },
        beside: match is_withheld {
            true => Vec::new(),
            false => beside::beside(scope, agent, &told),
        },
        is_compared: !scope.calibration.agents.is_empty(),
        fair: match is_withheld {
            true => Vec::new(),
            false => fair(scope, facts),
        },
    }
}

fn calls_in_words(facts: &Facts) -> String {
    let count = several(facts.calls, "call", "calls");
    match (&facts.first, &facts.last) {
        (Some(first), Some(last)) if first == last => {
            format!("{count} on {}", day_in_words(first))
        }
        (Some(first), Some(last)) => {
            format!(
                "{count} from {} to {}",
                day_in_words(first),
                day_in_words(last)
            )
        }
        _ => count,
    }
}

/// What is missing to any figure, of the form with most calls.
fn few(facts: &Facts) -> Option<String> {
    let forms = facts.scores.values();
    let nearest = forms.min_by_key(|figure| figure.missing())?;
    let (calls, days) = nearest.missing();
    let mut missing = Vec::new();
    match calls {
        0 => {}
        1 => missing.push("1 more scored call".to_string()),
        n => missing.push(format!("{n} more scored calls")),
    }
    match days {
        0 => {}
        1 => missing.push("1 more day with calls".to_string()),
        n => missing.push(format!("{n} more days with calls")),
    }
    (!missing.is_empty()).then(|| {
        format!(
            "That is too little for a figure: one takes {MIN_CALLS} calls on {MIN_DAYS} days. {} \
             missing. What follows are single calls.",
            match missing.as_slice() {
                [one] if one.starts_with("1 ") => format!("{one} is"),
                more => format!("{} are", more.join(" and ")),
            }
        )
    })
}

fn text(scope: &Scope, asked: &Asked) -> String {
    question(scope, asked).map_or_else(|| asked.1.to_string(), |q| q.text.clone())
}

fn capital(answer: &str) -> &'static str {
    match answer {
        "no" => "No",
        _ => "Yes",
    }
}

/// `Yes in 93 % of 62 calls; with chance allowed for, between 84 and 97 %.`
fn share_in_words(passing: &str, figure: &Figure, share: Between) -> String {
    format!(
        "{} in {} of {}; with chance allowed for, {}.",
        capital(passing),
        percent(share.value),
        several(figure.all.calls as i64, "call", "calls"),
        in_words::between(share.low, share.high)
    )
}

fn strength(
    site: &Site<'_>,
    agent: &Text,
    facts: &Facts,
    search: &Search,
    named: &Named,
) -> Option<Strength> {
    let scope = site.scope;
    let figure = facts.shares.get(&named.asked)?;
    let words = match named.because {
        Because::Compared(at) => beside::difference(&scope.calibration.agents[at])?,
        Because::Own => share_in_words("yes", figure, figure.share(figure.all)?),
        Because::AllOfFew | Because::Agreed(_) | Because::Missed(_) => format!(
            "In all {} calls in which it could be told; too few yet to say how often.",
            figure.all.calls
        ),
    };
    let found = search.found(agent, &named.asked);
    let good = found.and_then(|found| found.good.as_ref());
    Some(Strength {
        question: text(scope, &named.asked),
        words,
        example: good.and_then(|call| spoken(site, call, &named.asked)),
    })
}

/// The words that show a good answer, where it is words that show it.
fn spoken(site: &Site<'_>, call: &Wanted, asked: &Asked) -> Option<Example> {
    let example = examples::example(site, call, asked, true);
    example.filter(|example| example.quote.is_some())
}

fn celebrated_mark(
    site: &Site<'_>,
    agent: &Text,
    facts: &Facts,
    search: &Search,
    asked: &Asked,
) -> Option<Strength> {
    let figure = facts.shares.get(asked)?;
    let good = search.found(agent, asked)?.good.as_ref();
    Some(Strength {
        question: text(site.scope, asked),
        words: format!(
            "A yes in {}. It earns no points: thank you for it.",
            several(figure.all.total as i64, "call", "calls")
        ),
        example: good.and_then(|call| spoken(site, call, asked)),
    })
}

fn work(
    site: &Site<'_>,
    agent: &Text,
    facts: &Facts,
    search: &Search,
    named: &Named,
    agreed: Option<usize>,
    is_withheld: bool,
) -> Work {
    let scope = site.scope;
    let asked = &named.asked;
    let found = search.found(agent, asked);
    let figure = facts.shares.get(asked).filter(|_| !is_withheld);
    let passing = passing(scope, asked);
    let share =
        figure.and_then(|figure| Some(share_in_words(passing, figure, figure.share(figure.all)?)));
    let reason = match &named.because {
        Because::Agreed(_) => {
            let above = above(scope, agent, asked).filter(|_| !is_withheld);
            match (above.and_then(beside::difference), share) {
                (Some(difference), _) => format!(
                    "This is what you and your coach agreed on, and you are above the others on \
                     it: look together whether it is done. {difference}"
                ),
                (None, Some(share)) => {
                    format!("This is what you and your coach agreed on. {share}")
                }
                (None, None) => "This is what you and your coach agreed on.".to_string(),
            }
        }
        Because::Compared(at) => {
            let row = &scope.calibration.agents[*at];
            let difference = beside::difference(row).unwrap_or_default();
            match &*row.fit {
                "automatic" => difference,
                _ => format!(
                    "Listen first: the program may be the reason, and not you. {difference}"
                ),
            }
        }
        Because::Missed(at) => {
            let others = scope.calibration.agents[*at].expected;
            let others = others.map_or_else(String::new, |rate| {
                let too = match is_common(rate) {
                    true => "Others miss it often, too, and the",
                    false => "The",
                };
                format!(
                    " On like calls, all others together have a yes in {}. {too} difference does \
                     not stand out from chance and from how much agents differ from each other.",
                    percent(rate)
                )
            });
            let share = share.unwrap_or_default();
            format!("This is in your hands, and there is room to do better. {share}{others}")
        }
        Because::Own | Because::AllOfFew => share.unwrap_or_default(),
    };
    let done = agreed.and_then(|at| scope.coaching[at].done_on.as_ref());
    let reason = match done.filter(|_| !matches!(named.because, Because::Agreed(_))) {
        Some(done) => format!(
            "You and your coach worked on this until {}. {reason}",
            day_in_words(done)
        ),
        None => reason,
    };
    let asks = question(scope, asked);
    let shown = |call, is_good| examples::example(site, call, asked, is_good);
    let missed = found.map_or(&[][..], |found| &found.missed);
    let good = found.and_then(|found| found.good.as_ref());
    Work {
        question: text(scope, asked),
        reason,
        why: asks.and_then(|q| q.why.clone()),
        good: asks.and_then(|q| q.good.clone()),
        trust: trust(fit(scope, asked)),
        agreement: agreed.map(|at| notes::agreement(site, at, is_withheld)),
        missed: missed
            .iter()
            .filter_map(|call| shown(call, false))
            .collect(),
        went_well: good.and_then(|call| shown(call, true)),
        colleague: search
            .of_colleague(agent, asked)
            .and_then(|call| spoken(site, call, asked))
            .map(of_colleague),
    }
}

/// A colleague's words without what tells whose they are.
fn of_colleague(mut example: Example) -> Example {
    if example.who == Some("You") {
        example.who = Some("A colleague");
    }
    example
}

/// How far the automatic answers can be trusted.
fn trust(fit: Option<&str>) -> &'static str {
    match fit {
        Some("automatic") => {
            "People have checked the automatic answer to this question on other calls: it may stand \
             by itself."
        }
        Some("hint") => {
            "People have checked the automatic answer to this question: it is good enough to choose \
             what to listen to, not to judge by. So listen first."
        }
        Some("not_fit") => {
            "People have checked the automatic answer to this question, and it errs too often. So \
             believe what you hear, not the count."
        }
        _ => {
            "Too few calls have been checked by people yet to say how often the automatic answer to \
             this question is right. So listen first."
        }
    }
}

/// Why nothing is picked, and what everybody misses.
fn no_work(scope: &Scope, agent: &Text, facts: &Facts, is_withheld: bool) -> Vec<String> {
    if is_withheld {
        return vec![
            "Nothing is agreed at present. What to look at next is for you and your coach."
                .to_string(),
        ];
    }
    if !facts.scores.values().any(Figure::is_enough) {
        return vec![
            "There are too few calls to pick anything, and guessing would be unfair. What to look \
             at next is for you and your coach to choose."
                .to_string(),
        ];
    }
    let calibration = &scope.calibration;
    if calibration.automatic.iter().all(|row| row.audited == 0) || calibration.agents.is_empty() {
        return vec![
            "Nothing is picked for you, because nobody knows yet how often the automatic answers \
             are right. That takes calls that chance picks and people rate. Until then, what to \
             look at next is for you and your coach to choose."
                .to_string(),
        ];
    }
    let mut words = vec![
        "Nothing stands out that the numbers carry. What to look at next is for you and your coach \
         to choose."
            .to_string(),
    ];
    if let Some((row, asked)) = missed_by_all(scope, agent, facts)
        && let (Some(rate), Some(expected)) = (row.rate, row.expected)
    {
        words.push(format!(
            "“{}” is often missed, but by everybody: as the program counts, yes in {} of your {} \
             up to the last calibration, and on like calls in {} of those of all others together. \
             That is a matter of the team, \
             of the form or of the program, not of you alone.",
            text(scope, &asked),
            percent(rate),
            several(row.compared_calls, "call", "calls"),
            percent(expected),
        ));
    }
    words
}

/// Scores that people gave by each form, as they are and with their strictness taken out.
fn fair(scope: &Scope, facts: &Facts) -> Vec<String> {
    const LEAST: usize = 5;
    let mut forms: BTreeMap<&Text, Vec<(f64, f64)>> = BTreeMap::new();
    let rows = facts.rated.iter();
    for row in rows.map(|at| &scope.calibration.fair_scores[*at]) {
        let scores = forms.entry(&row.rubric).or_default();
        scores.extend(row.raw.zip(row.fair));
    }
    forms.retain(|_, scores| scores.len() >= LEAST);
    let words = forms.into_iter().map(|(form, scores)| {
        let title = scope.form(form).map_or(&**form, |form| &form.title);
        let calls = scores.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| scores.iter().map(of).sum::<f64>() / calls;
        let [raw, fair] = [mean(|s| s.0), mean(|s| s.1)].map(|mean| format!("{mean:.0}"));
        let scored = format!(
            "People scored {} of the calls of this page by {title}, {raw} points of 100 on average.",
            scores.len()
        );
        match raw == fair {
            true => scored,
            false => format!(
                "{scored} Some of them are stricter than others; without that it would have been \
                 {fair}."
            ),
        }
    });
    words.collect()
}

fn trends<'a>(
    scope: &Scope,
    agent: &Text,
    facts: &Facts,
    choice: &Choice,
    course: &dyn Fn(&Text) -> Option<&'a String>,
    one: Option<&Named>,
) -> Vec<Course> {
    let mut trends = Vec::new();
    for (rubric, figure) in facts.scores.iter().filter(|(_, figure)| figure.is_enough()) {
        let title = scope.form(rubric).map_or(&**rubric, |form| &form.title);
        let mut marks = BTreeMap::new();
        if let Some(versions) = facts.versions.get(rubric) {
            let mut since: Vec<_> = versions.iter().collect();
            since.sort_by_key(|(_, first)| **first);
            for (version, first) in since.into_iter().skip(1) {
                marks.insert(*first, format!("version {version} of the form"));
            }
        }
        let shown = |between: Between| {
            format!(
                "{:.0} (between {:.0} and {:.0})",
                between.value, between.low, between.high
            )
        };
        let points = points(figure, &marks, &|sum| figure.score(sum), 100.0, &shown);
        if points.len() > 1 {
            let title = format!("Score by week: {title}");
            trends.push(Course {
                trend: Trend::new(&title, "Points of 100", points, None).in_points(),
                words: course(rubric)
                    .cloned()
                    .into_iter()
                    .chain(zeros(facts, rubric, figure))
                    .collect(),
            });
        }
    }
    let Some(named) = one else { return trends };
    let Some(figure) = facts.shares.get(&named.asked).filter(|f| f.is_enough()) else {
        return trends;
    };
    let mut marks = BTreeMap::new();
    for at in &choice.agreements {
        let note = &scope.coaching[*at];
        let is_about = note.rubric == named.asked.0 && note.question == named.asked.1;
        if let Ok(day) = note.coached_on.parse::<Date>()
            && is_about
            && note.agent == *agent
        {
            marks.insert(day, format!("talk of {}", day_in_words(&note.coached_on)));
        }
    }
    let shown = |share: Between| {
        let between = in_words::between(share.low, share.high);
        format!("{} ({between})", percent(share.value))
    };
    let points = points(figure, &marks, &|sum| figure.share(sum), 1.0, &shown);
    if points.len() > 1 {
        let passing = passing(scope, &named.asked);
        let title = format!(
            "{} by week: {}",
            capital(passing),
            text(scope, &named.asked)
        );
        trends.push(Course {
            trend: Trend::new(&title, &format!("Share of {passing}"), points, None),
            words: Vec::new(),
        });
    }
    trends
}

/// How many of the scores are 0 by one answer, which need not be right.
fn zeros(facts: &Facts, rubric: &Text, figure: &Figure) -> Option<String> {
    let zeros = facts.zeros.get(rubric).filter(|zeros| **zeros > 0)?;
    Some(format!(
        "A call that one answer fails counts as 0 here, whether that answer is sure or not: {} of {}. \
         Where it is not sure, listening decides.",
        grouped(*zeros),
        several(figure.all.calls as i64, "call", "calls")
    ))
}

/// A point for each week from the first to the last. Weeks with few calls have none.
fn points(
    figure: &Figure,
    marks: &BTreeMap<Date, String>,
    between: &dyn Fn(super::figures::Sum) -> Option<Between>,
    scale: f64,
    shown: &dyn Fn(Between) -> String,
) -> Vec<PointOf> {
    let ends = figure.weeks.keys().next().zip(figure.weeks.keys().last());
    let Some((&first, &last)) = ends else {
        return Vec::new();
    };
    let mut points = Vec::new();
    let mut week = first;
    while week <= last {
        let next = week.saturating_add(7.days());
        let sum = figure.weeks.get(&week).copied().unwrap_or_default();
        let found = between(sum).filter(|_| sum.calls >= WEEK_CALLS);
        let calls = several(sum.calls as i64, "call", "calls");
        let marks: Vec<&str> = marks
            .range(week..next)
            .map(|(_, mark)| mark.as_str())
            .collect();
        points.push(PointOf {
            label: week.strftime("%-d %b").to_string(),
            value: found.map(|b| b.value / scale),
            low: found.map(|b| b.low / scale),
            high: found.map(|b| b.high / scale),
            in_words: match (found, sum.calls > 0.0) {
                (Some(found), _) => format!("{}, {calls}", shown(found)),
                (None, true) => format!("{calls}: too few"),
                (None, false) => "no calls".to_string(),
            },
            beside: None,
            mark: (!marks.is_empty()).then(|| marks.join("; ")),
        });
        week = next;
    }
    points
}
