//! What calibration found, as rows of its tables. Columns stand in the order of
//! [`tables::calibration`](super::super::tables).

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::super::schema::Cell;
use super::Row;
use crate::calibration::agreement::{Coefficient, Scale};
use crate::calibration::base::{AUTOMATIC_RATER, Base, monday};
use crate::calibration::charts::{ControlChart, Subject};
use crate::calibration::compare::{AnswerComparison, Comparison, Counts, Part, ScoreComparison};
use crate::calibration::disagreements::Disagreement;
use crate::calibration::figure::{Caveat, Estimate, Interval};
use crate::calibration::groups::Withheld;
use crate::calibration::people::agents::AgentFigure;
use crate::calibration::people::followed::{NoteFigure, Window};
use crate::calibration::people::form::QuestionFigure;
use crate::calibration::people::outcomes::Relation;
use crate::calibration::practice::{OUTCOMES, Practice};
use crate::calibration::raters::{FairScore, FormRaters, RaterRow};
use crate::calibration::scorer::{RateFrom, ScorerRow, TrueRateRow};
use crate::calibration::truth::{Auto, Reference};
use crate::scoring::AUTOMATIC;

/// The evidence that is shown for an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub kind: String,
    pub start_ms: Option<i64>,
    pub quote: Option<String>,
    pub note: Option<String>,
    pub confidence: Option<f64>,
}

/// A value and the ends of its interval.
fn estimate(value: Option<f64>, interval: Option<Interval>) -> [Cell; 3] {
    [
        figure(value),
        figure(interval.map(|i| i.low)),
        figure(interval.map(|i| i.high)),
    ]
}

fn of(estimate_: Option<Estimate>) -> [Cell; 3] {
    estimate(
        estimate_.map(|e| e.value),
        estimate_.and_then(|e| e.interval),
    )
}

/// Six places: more is rounding, and may differ between machines.
fn figure(value: Option<f64>) -> Cell {
    Cell::from(value.map(|v| (v * 1e6).round() / 1e6 + 0.0))
}

fn caveats(caveats: &[Caveat]) -> String {
    let mut codes: Vec<&str> = caveats.iter().map(|c| c.as_str()).collect();
    codes.dedup();
    codes.join(",")
}

fn place(part: &Part, base: &Base, c: Comparison) -> Row {
    let [rater_a, rater_b] = c.raters(base);
    row![
        &part.rubric,
        part.level.as_str(),
        &part.id,
        &part.meaning,
        c.as_str(),
        rater_a,
        rater_b,
    ]
}

/// A row of `agreement`.
pub fn agreement_row(base: &Base, c: &AnswerComparison) -> Row {
    let of = |which: Coefficient| c.coefficients[which];
    let counts = |pick: fn(&Counts) -> f64| figure(c.counts.as_ref().map(pick));
    let people = c.comparison == Comparison::People;
    let versions: Vec<&str> = c.part.versions.iter().map(String::as_str).collect();
    let mut row = place(&c.part, base, c.comparison);
    row.extend(row![
        c.part.section.clone(),
        c.part.text.clone(),
        versions.join(","),
        match c.scale {
            Scale::Nominal => "nominal",
            Scale::Ordinal => "ordinal",
            Scale::Interval | Scale::Ratio => "interval",
        },
        c.calls,
        c.raters,
        c.ratings,
        c.pairs,
        counts(|n| n.both_yes),
        counts(|n| n.yes_no),
        if people {
            Cell::Null
        } else {
            counts(|n| n.no_yes)
        },
        counts(|n| n.both_no),
        counts(|n| n.not_applicable_both),
        counts(|n| n.not_applicable_one),
    ]);
    row.extend(estimate(
        of(Coefficient::PercentAgreement),
        c.intervals[Coefficient::PercentAgreement],
    ));
    row.extend([c.positive, c.negative, c.prevalence, c.bias, c.direction_p].map(figure));
    row.extend(estimate(
        of(Coefficient::CohenKappa),
        c.intervals[Coefficient::CohenKappa],
    ));
    row.extend(
        [
            of(Coefficient::CohenKappaLinear),
            of(Coefficient::CohenKappaQuadratic),
        ]
        .map(figure),
    );
    row.extend(estimate(
        of(Coefficient::FleissKappa),
        c.intervals[Coefficient::FleissKappa],
    ));
    row.push(figure(of(Coefficient::BrennanPrediger)));
    row.extend(estimate(
        of(Coefficient::Ac1),
        c.intervals[Coefficient::Ac1],
    ));
    row.extend([of(Coefficient::Ac2Linear), of(Coefficient::Ac2Quadratic)].map(figure));
    row.extend(estimate(
        of(Coefficient::Alpha),
        c.intervals[Coefficient::Alpha],
    ));
    row.extend(c.alphas.map(figure));
    row.push(figure(c.alignment));
    let methods = [
        Coefficient::CohenKappa,
        Coefficient::FleissKappa,
        Coefficient::Ac1,
        Coefficient::Alpha,
    ];
    let method = methods.iter().find_map(|which| c.intervals[*which]);
    row.extend(row![
        method.map(|i| i.method.as_str()),
        c.missing_calls == 0,
        c.missing_calls,
        caveats(&c.caveats),
    ]);
    row
}

/// A row of `score_agreement`.
pub fn score_agreement_row(base: &Base, c: &ScoreComparison) -> Row {
    let mut row = place(&c.part, base, c.comparison);
    let shared: Vec<&str> = c.icc_raters.iter().map(|r| base.raters.name(*r)).collect();
    row.extend(row![c.calls, c.raters, c.icc_calls, shared.join(",")]);
    row.extend([c.means.map(|m| m[0]), c.means.map(|m| m[1])].map(figure));
    row.extend(of(c.bias));
    row.extend(
        [
            c.sd_difference,
            c.limits.map(|l| l[0]),
            c.limits.map(|l| l[1]),
            c.limit_error,
        ]
        .map(figure),
    );
    row.extend(of(c.mean_absolute));
    row.extend(of(c.near));
    row.push(figure(c.icc[0]));
    row.extend(estimate(c.icc[1], c.icc_2_1));
    row.extend([c.icc[2], c.icc[3], c.icc[4], c.icc[5]].map(figure));
    row.extend(row![
        c.missing_calls == 0,
        c.missing_calls,
        caveats(&c.caveats)
    ]);
    row
}

/// A row of `raters`.
pub fn rater_row(base: &Base, r: &RaterRow) -> Row {
    let automatic = r.rater == AUTOMATIC_RATER;
    let mut row = row![
        &r.rubric,
        base.raters.name(r.rater),
        if automatic { AUTOMATIC } else { "person" },
        r.calls,
        r.ratings,
        r.shared_calls,
        r.group + 1,
        r.comparable,
        figure(Some(r.raw_mean)),
        figure(r.fair_mean),
    ];
    row.extend(of(r.severity));
    row.extend(of(r.rasch_severity));
    row.extend([r.infit, r.outfit, r.separation, r.reliability].map(figure));
    row.extend(row![r.no_rasch.map(|r| r.as_str()), r.repeats]);
    row.extend(of(r.self_agreement));
    row.extend(row![figure(r.self_kappa), caveats(&r.caveats)]);
    row
}

/// A row of `fair_scores`.
pub fn fair_score_row(base: &Base, s: &FairScore) -> Row {
    let call = &base.calls[s.call];
    let mut row = row![
        &call.id,
        &s.rubric,
        base.agents.name(call.agent),
        s.raters,
        s.group.map(|g| g + 1),
        figure(Some(s.raw)),
    ];
    row.extend(of(s.fair));
    row.push(figure(s.automatic));
    row
}

/// The rows of `drift` of one chart; a chart that is too short for limits has none.
pub fn drift_rows(base: &Base, c: &ControlChart) -> Vec<Row> {
    let subject = match c.subject {
        Subject::Rater(rater) => base.raters.name(rater),
        Subject::Question(question) | Subject::Automatic(question) => &base.questions[question].id,
    };
    let mut rows = Vec::new();
    for point in &c.chart.points {
        let mut row = row![
            &c.rubric,
            c.subject.as_str(),
            subject,
            c.number,
            c.began_with.as_str(),
            monday(i64::from(point.first_week)).to_string(),
            point.calls,
            figure(Some(point.value)),
        ];
        row.extend(
            [
                c.chart.centre.filter(|_| point.ewma.is_some()),
                point.ewma.map(|e| e.value),
                point.ewma.map(|e| e.low),
                point.ewma.map(|e| e.high),
                point.shewhart.map(|s| s.low),
                point.shewhart.map(|s| s.high),
            ]
            .map(figure),
        );
        row.extend(row![point.out, c.chart.first_out == Some(point.first_week)]);
        row.extend(of(c.chart.trend));
        rows.push(row);
    }
    rows
}

/// A row of `disagreements`; `shown` is the evidence of the automatic answer.
pub fn disagreement_row(
    base: &Base,
    d: &Disagreement,
    shown: &BTreeMap<(String, String, String), Shown>,
) -> Row {
    let question = &base.questions[d.question];
    let form = &base.forms[question.form];
    let call = &base.calls[d.call];
    let version = form
        .scored
        .get(&d.call)
        .map(|(version, _)| &form.versions[*version].version);
    let key = (call.id.clone(), form.rubric.clone(), question.id.clone());
    let shown = shown.get(&key);
    let name = |answer: usize| question.answers.name(answer).to_string();
    row![
        &call.id,
        &form.rubric,
        &question.id,
        &question.meaning,
        version.cloned().unwrap_or_default(),
        base.agents.name(call.agent),
        &call.date,
        d.people_differ,
        d.gold_differs,
        d.automatic_differs,
        d.answers(base),
        d.automatic.map_or("abstain".to_string(), name),
        d.gold.map(name),
        d.right.map(|r| r.as_str()),
        shown.and_then(|s| s.confidence),
        shown.map(|s| s.kind.clone()),
        shown.and_then(|s| s.start_ms),
        shown.and_then(|s| s.quote.clone()),
        shown.and_then(|s| s.note.clone()),
        match (d.heard, d.read) {
            (true, true) => Some("both"),
            (true, false) => Some("audio"),
            (false, true) => Some("transcript"),
            (false, false) => None,
        },
    ]
}

/// A row of `automatic`.
pub fn automatic_row(base: &Base, r: &ScorerRow) -> Row {
    let mut row = question_cells(base, r.question);
    let count = |automatic: Auto, truth: usize| r.rates.counts[automatic as usize][truth];
    let (yes, no, not_applicable) = (0, 1, 2);
    let applies_wrong = count(Auto::Yes, not_applicable) + count(Auto::No, not_applicable);
    let not_wrong = count(Auto::NotApplicable, yes) + count(Auto::NotApplicable, no);
    let abstained = count(Auto::Abstain, yes) + count(Auto::Abstain, no);
    row.extend(row![r.reference.map_or("none", reference), r.rates.audited]);
    row.extend(
        [
            count(Auto::Yes, yes),
            count(Auto::No, yes),
            count(Auto::Yes, no),
            count(Auto::No, no),
            abstained,
            applies_wrong + not_wrong,
        ]
        .map(|n| figure(Some(n))),
    );
    row.extend(of(r.rates.sensitivity));
    row.extend(of(r.rates.specificity));
    row.extend(of(r.rates.positive_predictive));
    row.extend(of(r.rates.negative_predictive));
    row.push(Cell::from(r.abstention.applicable));
    row.extend(of(r.abstention.rate));
    let by = [
        r.abstention.by_agent,
        r.abstention.by_queue,
        r.abstention.by_heard,
    ];
    let thirds = ["worst heard", "middle", "best heard"];
    for (n, dependence) in by.iter().enumerate() {
        let name = |group: usize| match n {
            0 => base.agents.name(group),
            1 => base.queues.name(group),
            _ => thirds[group.min(2)],
        };
        let most = dependence.highest.map(|g| {
            format!(
                "{}: {:.0} % of {} calls",
                name(g.group),
                100.0 * g.rate,
                g.calls
            )
        });
        row.extend(row![figure(r.adjusted_p[n]), most]);
    }
    row.extend(row![r.fit.as_str(), r.why(), caveats(r.caveats())]);
    row
}

/// A row of `true_rates`.
pub fn true_rate_row(base: &Base, r: &TrueRateRow) -> Row {
    let mut row = question_cells(base, r.question);
    match &r.from {
        RateFrom::Audit(by, rates) => {
            row.extend(row![
                reference(*by),
                "two_phase",
                rates.scored,
                rates.audited,
                rates.strata,
                figure(rates.raw),
            ]);
            row.extend(of(rates.pass));
            row.extend(of(rates.not_applicable));
            let why_not = match rates.audited {
                0 => "no call was audited at random",
                _ => "the question applies to none of the audited calls",
            };
            row.push(Cell::from(rates.pass.is_none().then_some(why_not)));
            row.push(Cell::from(caveats(&rates.caveats)));
        }
        RateFrom::Imported {
            caveats: known,
            calls,
            measured,
            raw,
            rate,
        } => {
            row.extend(row![
                "imported",
                "rogan_gladen",
                *calls,
                *measured,
                0_i64,
                figure(*raw),
            ]);
            row.extend(of(rate.ok()));
            row.extend([Cell::Null, Cell::Null, Cell::Null]);
            row.push(Cell::from(rate.err().map(|refusal| refusal.as_str())));
            row.push(Cell::from(caveats(known)));
        }
    }
    row
}

/// The rows of `agents` of one form. `fit` tells what each question is fit for.
pub fn agent_rows(base: &Base, p: &Practice, fit: &dyn Fn(usize) -> &'static str) -> Vec<Row> {
    let mut teams = vec![None; base.agents.len()];
    for call in &base.calls {
        teams[call.agent] = call.team;
    }
    let of_agent = |a: &AgentFigure| {
        let at = p.questions[a.question];
        let mut row = question_cells(base, at);
        let team = teams[a.agent].map(|team| base.teams.name(team).to_string());
        let c = a.comparison;
        row.extend(row![
            base.agents.name(a.agent),
            team,
            a.calls,
            a.days,
            a.calls - a.not_comparable,
            figure(c.map(|c| c.rate)),
            figure(c.map(|c| c.expected)),
        ]);
        row.extend(of(c.map(|c| c.difference)));
        row.extend(of(c.and_then(|c| c.shrunken)));
        row.extend(
            [
                c.map(|c| c.p_value),
                c.map(|c| c.adjusted_p),
                c.map(|c| c.funnel.low_95),
                c.map(|c| c.funnel.high_95),
                c.map(|c| c.funnel.low_998),
                c.map(|c| c.funnel.high_998),
            ]
            .map(figure),
        );
        row.extend(row![
            a.flag.as_str(),
            a.missing.calls,
            a.missing.days,
            a.missing.others,
            a.missing.calls_of_others,
            fit(at),
        ]);
        row
    };
    p.agents.agents.iter().map(of_agent).collect()
}

/// The rows of `followed` of one form: each coaching, and all of a question together, where
/// enough agents stand behind it.
pub fn followed_rows(base: &Base, p: &Practice, withheld: &Withheld) -> Vec<Row> {
    let notes = p.followed.notes.iter();
    let notes = notes.filter(|note| !withheld.agents.contains(&note.note.agent));
    let notes = notes.map(|note| {
        let rate = |w: Window| (w.calls > 0).then(|| w.passes as f64 / w.calls as f64);
        let mut row = question_cells(base, p.questions[note.note.question]);
        row.extend(row![
            base.agents.name(note.note.agent),
            day(note.note.day),
            1_i64,
            note.before.calls,
            note.after.calls,
            note.beside.map_or(0, |b| b.comparable),
        ]);
        row.extend(
            [
                rate(note.before),
                rate(note.after),
                note.beside.map(|b| b.change),
                note.beside.map(|b| b.comparable_change),
            ]
            .map(figure),
        );
        row.extend(of(note.beside.map(|b| b.difference)));
        row.extend(
            [
                note.beside.map(|b| b.p_value),
                note.beside.map(|b| b.adjusted_p),
            ]
            .map(figure),
        );
        row.push(Cell::from(note.flag.as_str()));
        row
    });
    let all = p.followed.questions.iter();
    let all = all.filter(|q| q.agents >= withheld.minimum);
    let all = all.map(|q| {
        let notes = || {
            p.followed
                .notes
                .iter()
                .filter(|n| n.note.question == q.question)
        };
        let sum = |of: fn(&NoteFigure) -> usize| notes().map(of).sum::<usize>();
        let mut row = question_cells(base, p.questions[q.question]);
        row.extend(row![
            "all",
            "all",
            q.agents,
            sum(|n| n.before.calls),
            sum(|n| n.after.calls),
            sum(|n| n.beside.map_or(0, |b| b.comparable)),
        ]);
        row.extend(vec![Cell::Null; 4]);
        row.extend(of(q.difference));
        row.extend([q.p_value, q.adjusted_p].map(figure));
        row.push(Cell::from(q.flag.as_str()));
        row
    });
    notes.chain(all).collect()
}

/// The rows of `form` of one form.
pub fn form_rows(base: &Base, p: &Practice, raters: Option<&FormRaters>) -> Vec<Row> {
    let of_question = |q: &QuestionFigure| {
        let at = p.questions[q.question];
        let question = &base.questions[at];
        let calls = question.automatic.len() + question.abstained.len();
        let share = |n: usize| (calls > 0).then(|| n as f64 / calls as f64);
        let difficulty = raters.and_then(|r| r.difficulties.get(&at)?.difficulty);
        let alike = p.most_like(q.question);
        let mut row = question_cells(base, at);
        row.extend(row![&question.section, &question.text, calls, q.answered]);
        row.extend(of(q.pass_rate));
        row.extend([share(q.not_applicable), share(q.abstained)].map(figure));
        row.extend(of(difficulty));
        row.extend(row![
            figure(q.lost),
            alike.map(|(other, _)| base.questions[other].id.clone()),
        ]);
        row.extend(of(alike.and_then(|(_, pair)| pair.agreement)));
        row.push(Cell::from(p.flags(q).join(",")));
        row
    };
    p.figures.questions.iter().map(of_question).collect()
}

/// The rows of `outcomes` of one form.
pub fn outcome_rows(base: &Base, p: &Practice) -> Vec<Row> {
    let known = |r: &&Relation| p.known[r.outcome] > 0;
    let of_relation = |r: &Relation| {
        let mut row = question_cells(base, p.questions[r.question]);
        row.extend(row![
            OUTCOMES[r.outcome],
            r.passes + r.fails,
            r.queues,
            figure(r.mean_of_passes),
            figure(r.mean_of_fails),
        ]);
        row.extend(of(r.difference));
        row.extend(row![
            figure(r.p_value),
            figure(r.adjusted_p),
            r.flag.as_str(),
        ]);
        row
    };
    p.relations.iter().filter(known).map(of_relation).collect()
}

/// Rubric, question and meaning.
fn question_cells(base: &Base, at: usize) -> Row {
    let question = &base.questions[at];
    row![
        &base.forms[question.form].rubric,
        &question.id,
        &question.meaning,
    ]
}

fn reference(reference: Reference) -> &'static str {
    match reference {
        Reference::Gold => "gold",
        Reference::People => "people",
    }
}

/// A day counted from 1970-01-01.
fn day(days: usize) -> String {
    let first = Date::constant(1970, 1, 1);
    first.saturating_add((days as i64).days()).to_string()
}
