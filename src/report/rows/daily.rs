//! The sums of a date: rows of `agent_daily` and `question_daily`.
//!
//! Each call brings its own share, made beside its rows; adding them up in the order of the calls
//! gives the same sums whatever the number of threads. Averages and rates are left out on purpose:
//! whoever adds rows up can still make them.

use std::collections::BTreeMap;

use super::{Facts, Row};
use crate::calibration::record::Said;
use crate::recording::CallMeta;
use crate::report::Cell;
use crate::rubric::{Question, Rubric};
use crate::scoring::{Answer, Answered, Judged, Verdict};

/// Agent, team, queue, reason, rubric and its version.
type AgentKey = [String; 6];
/// Agent, team, queue, rubric, its version, question and meaning.
type QuestionKey = [String; 7];

/// What one call adds, or many added up.
#[derive(Default)]
pub struct Daily {
    agents: BTreeMap<AgentKey, AgentSums>,
    questions: BTreeMap<QuestionKey, QuestionSums>,
}

#[derive(Default)]
struct AgentSums {
    leader: Option<String>,
    site: Option<String>,
    /// Of the first call: moment, wall clock and zone.
    first: Option<(i64, String, String)>,
    calls: i64,
    scored: i64,
    not_eligible: i64,
    passed: i64,
    failed: i64,
    undetermined: i64,
    auto_failed: i64,
    /// Score, lowest and highest, of calls with a score.
    score: [f64; 3],
    with_score: i64,
    agent_score: f64,
    agent_scored: i64,
    yes: i64,
    no: i64,
    abstained: i64,
    recorded_ms: i64,
    /// Talk, hold and after-call work, of calls that have all three.
    handle_s: [i64; 3],
    handled: i64,
}

#[derive(Default)]
struct QuestionSums {
    section: String,
    put: i64,
    yes: i64,
    no: i64,
    otherwise: i64,
    not_applicable: i64,
    abstained: i64,
    fragile: i64,
    auto_failed: i64,
    points: f64,
    max_points: f64,
    record_yes: i64,
    record_no: i64,
    record_by_people: i64,
}

impl Daily {
    /// The share of one call.
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let mut share = Self::default();
        for (rubric, judged) in facts.judged {
            if is_of_another_version(facts, rubric) {
                continue;
            }
            let sums = AgentSums::of(facts, judged);
            share.agents.insert(agent_key(facts.meta, rubric), sums);
            let Judged::Scored { answers, .. } = judged else {
                continue;
            };
            for ((_, question), answered) in rubric.questions().zip(answers) {
                let key = question_key(facts.meta, rubric, question);
                let said = Said::of(facts.people, &rubric.rubric, question);
                let sums = QuestionSums::of(answered, said.record());
                share.questions.insert(key, sums);
            }
        }
        share
    }

    /// Adds what others of the same date came to; the order of the calls is that of the sums.
    pub fn add(&mut self, other: Self) {
        for (key, sums) in other.agents {
            self.agents.entry(key).or_default().add(sums);
        }
        for (key, sums) in other.questions {
            self.questions.entry(key).or_default().add(sums);
        }
    }

    /// Rows of `agent_daily` and of `question_daily`.
    pub fn rows(self) -> [Vec<Row>; 2] {
        let agents = self.agents.into_iter().map(|(key, sums)| sums.row(key));
        let questions = self.questions.into_iter();
        [
            agents.collect(),
            questions.map(|(key, sums)| sums.row(key)).collect(),
        ]
    }
}

/// Whether the day of the call is one of another version of the form. Before the first version
/// begins, calls are counted with that one.
fn is_of_another_version(facts: &Facts<'_>, rubric: &Rubric) -> bool {
    let day = &facts.meta.started_at.local_date;
    let is_over = rubric
        .valid_until
        .as_ref()
        .is_some_and(|until| day >= until);
    let is_to_come = rubric.valid_from.as_ref().is_some_and(|from| day < from);
    let has_earlier = || {
        let mut others = facts.judged.iter().map(|(other, _)| other);
        others.any(|other| other.rubric == rubric.rubric && other.valid_from < rubric.valid_from)
    };
    is_over || is_to_come && has_earlier()
}

fn agent_key(meta: &CallMeta, rubric: &Rubric) -> AgentKey {
    [
        meta.agent.clone(),
        meta.team.clone().unwrap_or_default(),
        meta.queue.clone().unwrap_or_default(),
        meta.reason.clone().unwrap_or_default(),
        rubric.rubric.clone(),
        rubric.version.clone(),
    ]
}

fn question_key(meta: &CallMeta, rubric: &Rubric, question: &Question) -> QuestionKey {
    [
        meta.agent.clone(),
        meta.team.clone().unwrap_or_default(),
        meta.queue.clone().unwrap_or_default(),
        rubric.rubric.clone(),
        rubric.version.clone(),
        question.id.clone(),
        question.meaning.clone(),
    ]
}

impl AgentSums {
    fn of(facts: &Facts<'_>, judged: &Judged) -> Self {
        let meta = facts.meta;
        let start = &meta.started_at;
        let mut sums = Self {
            leader: facts.post.and_then(|post| post.leader.clone()),
            site: facts.post.and_then(|post| post.site.clone()),
            first: Some((start.utc_ms, start.local.clone(), start.zone.clone())),
            calls: 1,
            recorded_ms: facts.transcript.audio.recorded_ms,
            ..Self::default()
        };
        if let (Some(talk), Some(hold), Some(acw)) = (meta.talk_s, meta.hold_s, meta.acw_s) {
            sums.handle_s = [talk, hold, acw];
            sums.handled = 1;
        }
        let (answers, score) = match judged {
            Judged::NotEligible { .. } => {
                sums.not_eligible = 1;
                return sums;
            }
            Judged::Scored { answers, score } => (answers, score),
        };
        sums.scored = 1;
        match score.verdict {
            Verdict::Pass => sums.passed = 1,
            Verdict::Fail => sums.failed = 1,
            Verdict::Undetermined => sums.undetermined = 1,
            Verdict::NotApplicable => {}
        }
        sums.auto_failed = i64::from(!score.auto_failed_by.is_empty());
        if let (Some(score), Some(low), Some(high)) = (score.score, score.low, score.high) {
            sums.score = [score, low, high];
            sums.with_score = 1;
        }
        if let Some(score) = score.agent_score {
            sums.agent_score = score;
            sums.agent_scored = 1;
        }
        for answered in answers {
            match answered.answer {
                Answer::Yes => sums.yes += 1,
                Answer::No => sums.no += 1,
                Answer::Abstain => sums.abstained += 1,
                _ => {}
            }
        }
        sums
    }

    fn add(&mut self, other: Self) {
        // Each field is named, so that a new one is not forgotten.
        let Self {
            leader,
            site,
            first,
            calls,
            scored,
            not_eligible,
            passed,
            failed,
            undetermined,
            auto_failed,
            score,
            with_score,
            agent_score,
            agent_scored,
            yes,
            no,
            abstained,
            recorded_ms,
            handle_s,
            handled,
        } = other;
        // On one day an agent has one post.
        self.leader = self.leader.take().or(leader);
        self.site = self.site.take().or(site);
        self.first = match self.first.take() {
            Some(own) => Some(first.map_or(own.clone(), |other| own.min(other))),
            None => first,
        };
        self.calls += calls;
        self.scored += scored;
        self.not_eligible += not_eligible;
        self.passed += passed;
        self.failed += failed;
        self.undetermined += undetermined;
        self.auto_failed += auto_failed;
        for (sum, score) in self.score.iter_mut().zip(score) {
            *sum += score;
        }
        self.with_score += with_score;
        self.agent_score += agent_score;
        self.agent_scored += agent_scored;
        self.yes += yes;
        self.no += no;
        self.abstained += abstained;
        self.recorded_ms += recorded_ms;
        for (sum, seconds) in self.handle_s.iter_mut().zip(handle_s) {
            *sum += seconds;
        }
        self.handled += handled;
    }

    fn row(self, [agent, team, queue, reason, rubric, version]: AgentKey) -> Row {
        let [score, low, high] = self.score;
        let [talk_s, hold_s, acw_s] = self.handle_s;
        let (_, local, zone) = self.first.unwrap_or_default();
        row![
            agent,
            team,
            self.leader,
            self.site,
            queue,
            reason,
            rubric,
            version,
            self.calls,
            self.scored,
            self.not_eligible,
            self.passed,
            self.failed,
            self.undetermined,
            self.auto_failed,
            score,
            low,
            high,
            self.agent_score,
            self.agent_scored,
            self.yes,
            self.no,
            self.abstained,
            self.recorded_ms,
            talk_s,
            hold_s,
            acw_s,
            self.handled,
            local,
            zone,
            self.with_score,
        ]
    }
}

impl QuestionSums {
    /// `by_people` is a person's answer that is of record.
    fn of(answered: &Answered, by_people: Option<&Answer>) -> Self {
        let mut sums = Self {
            section: answered.section.clone(),
            put: 1,
            fragile: i64::from(answered.fragile),
            auto_failed: i64::from(answered.auto_fail),
            ..Self::default()
        };
        match answered.answer {
            Answer::Yes => sums.yes = 1,
            Answer::No => sums.no = 1,
            Answer::NotApplicable => sums.not_applicable = 1,
            Answer::Abstain => sums.abstained = 1,
            Answer::Choice(_) | Answer::Selected(_) | Answer::Number(_) => sums.otherwise = 1,
        }
        if let Some(points) = answered.points {
            sums.points = points;
            sums.max_points = answered.max_points;
        }
        let record = by_people.unwrap_or(&answered.answer);
        sums.record_yes = i64::from(*record == Answer::Yes);
        sums.record_no = i64::from(*record == Answer::No);
        sums.record_by_people = i64::from(by_people.is_some());
        sums
    }

    fn add(&mut self, other: Self) {
        let Self {
            section,
            put,
            yes,
            no,
            otherwise,
            not_applicable,
            abstained,
            fragile,
            auto_failed,
            points,
            max_points,
            record_yes,
            record_no,
            record_by_people,
        } = other;
        self.section = section;
        self.put += put;
        self.yes += yes;
        self.no += no;
        self.otherwise += otherwise;
        self.not_applicable += not_applicable;
        self.abstained += abstained;
        self.fragile += fragile;
        self.auto_failed += auto_failed;
        self.points += points;
        self.max_points += max_points;
        self.record_yes += record_yes;
        self.record_no += record_no;
        self.record_by_people += record_by_people;
    }

    fn row(self, key: QuestionKey) -> Row {
        let [agent, team, queue, rubric, version, question, meaning] = key;
        row![
            agent,
            team,
            queue,
            rubric,
            version,
            self.section,
            question,
            meaning,
            self.put,
            self.yes,
            self.no,
            self.otherwise,
            self.not_applicable,
            self.abstained,
            self.fragile,
            self.auto_failed,
            self.points,
            self.max_points,
            self.record_yes,
            self.record_no,
            self.record_by_people,
        ]
    }
}
