//! Makes a centre's calls: 20 agents, eight weeks, customers who call again, and for every call
//! the transcript and the truth about it.
//!
//! All is made: nobody said any of this. What is planted is known (who showed which habit, which
//! call repeats which, which promise was kept), so that what callibrate finds can be compared
//! with it. Calls come one after the other in order of time and are not held; the same settings
//! give the same bytes. Samples, tests and benches include this module by its path.
//!
//! Left out on purpose: mono recordings, other languages than English, voicemail, and anything
//! that only sound can tell. The wordings are data: `behaviours.txt` and `matters.txt`.
#![allow(
    dead_code,
    reason = "each program that includes this module uses a part of it"
)]

pub mod centre;
pub mod chance;
pub mod contacts;
pub mod files;
pub mod outcomes;
pub mod raters;
pub mod ratings;
pub mod script;
pub mod speech;
pub mod truth;
pub mod wording;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use callibrate::recording::key::CustomerKey;
use callibrate::recording::{CallMeta, Direction};
use callibrate::transcript::Transcript;

use centre::{Agent, DAY_MS, Habit, MATTERS, Matter};
use chance::Chance;
use script::{Case, Customer, Kind, Outcome, Script, Start};
use speech::{Audio, Recording};

/// What to make.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub calls: usize,
    /// Words of an average call; single calls have from half to twice as many.
    pub words: usize,
    pub seed: u64,
}

/// A call as it was made, with all that is known about it.
pub struct Call {
    /// In order of time, from 0.
    pub number: usize,
    pub meta: CallMeta,
    pub customer: Arc<Customer>,
    /// As spoken, not redacted.
    pub transcript: Transcript,
    pub script: Script,
    pub recording: Recording,
    /// Start of each word of each turn.
    pub starts: Vec<Vec<i64>>,
    pub kind: Kind,
    /// Index into [`centre::AGENTS`].
    pub agent: usize,
    /// Moment of the start, in milliseconds since the first midnight, local time.
    pub at_ms: i64,
    /// Earlier calls of this customer, oldest first.
    pub earlier: Vec<Earlier>,
    /// The call with the promise that this one keeps, being the call back.
    pub keeps_promise_of: Option<String>,
    /// The call with the promise that the customer says was kept or broken.
    pub speaks_of_promise_of: Option<(script::Word, String)>,
    /// Whether the promise made here is kept in the end.
    pub promise_kept: Option<bool>,
    seed: u64,
}

/// An earlier call of the same customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    pub number: usize,
    pub call_id: String,
    pub at_ms: i64,
    pub reason: &'static str,
    pub interaction_id: Option<String>,
    pub direction: Direction,
    /// A promise was made in it.
    pub promised: bool,
}

impl Call {
    /// What a recogniser would have written, with that share of words misheard (0 to 1).
    pub fn heard(&self, noise: f64) -> Transcript {
        let mut chance = Chance::new(self.seed, "noise", self.number as u64);
        speech::misheard(&self.transcript, noise, &mut chance)
    }

    pub fn outbound(&self) -> bool {
        self.meta.direction == Some(Direction::Outbound)
    }

    /// When a word of a turn was spoken.
    pub fn start_ms(&self, turn: usize, word: usize) -> Option<i64> {
        self.starts.get(turn)?.get(word).copied()
    }
}

/// A call that somebody will make because of an earlier one.
struct Planned {
    at_ms: i64,
    kind: Kind,
    customer: Arc<Customer>,
    matter: &'static Matter,
    times: usize,
    earlier: Vec<Earlier>,
    interaction: Option<(String, usize)>,
    earlier_promise: Option<(script::Word, Option<String>)>,
    promise_of: Option<String>,
    agent: Option<usize>,
}

/// All calls of the eight weeks, in order of time.
pub struct Programme {
    settings: Settings,
    agents: Vec<Agent>,
    key: CustomerKey,
    made: usize,
    /// First calls so far.
    begun: usize,
    planned: BinaryHeap<Reverse<(i64, usize)>>,
    waiting: BTreeMap<usize, Planned>,
    plans: usize,
}

/// Share of calls that no earlier call brought about.
const FIRST_CALLS: f64 = 0.69;
/// Customers' ids are hashed with this key in [`Call::meta`]; a table of calls has them plain.
const KEY: [u8; 32] = [7; 32];

impl Programme {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            agents: Agent::all(settings.seed),
            key: CustomerKey::from_bytes(KEY),
            made: 0,
            begun: 0,
            planned: BinaryHeap::new(),
            waiting: BTreeMap::new(),
            plans: 0,
        }
    }

    pub fn agents(&self) -> &[Agent] {
        &self.agents
    }

    fn chance(&self, stream: &str, number: usize) -> Chance {
        Chance::new(self.settings.seed, stream, number as u64)
    }

    /// When the next call comes that nothing brought about.
    fn next_first_at(&self) -> i64 {
        let all = (self.settings.calls as f64 * FIRST_CALLS).ceil().max(1.0) as i64;
        let begun = self.begun as i64;
        let each = centre::open_time() / all;
        // Where fewer calls than usual brought about others, the last hour fills up.
        let surplus = (begun + 1 - all).max(0);
        let mut chance = self.chance("arrival", self.begun);
        let within = match surplus {
            0 => chance.between(0, each.max(1)),
            _ => each - 1,
        };
        let open = (begun - surplus) * each + within;
        whole_seconds(centre::after_open_time(open)) + surplus * 1_000
    }

    fn first(&mut self) -> Planned {
        let mut chance = self.chance("first", self.begun);
        let at_ms = self.next_first_at();
        let customer = Arc::new(Customer::new(self.settings.seed, self.begun as u64));
        self.begun += 1;
        Planned {
            at_ms,
            kind: Kind::First,
            customer,
            matter: any_matter(&mut chance),
            times: 0,
            earlier: Vec::new(),
            interaction: None,
            earlier_promise: None,
            promise_of: None,
            agent: None,
        }
    }

    fn plan(&mut self, planned: Planned) {
        if planned.at_ms >= centre::WEEKS * 7 * DAY_MS {
            return;
        }
        self.planned.push(Reverse((planned.at_ms, self.plans)));
        self.waiting.insert(self.plans, planned);
        self.plans += 1;
    }

    fn make(&mut self, planned: Planned) -> Call {
        let number = self.made;
        self.made += 1;
        let mut chance = self.chance("call", number);
        let time = planned.at_ms as f64 / (centre::WEEKS * 7 * DAY_MS) as f64;
        let agent_index = planned
            .agent
            .unwrap_or_else(|| planned.matter.team * 5 + chance.below(5));
        let traits = self.agents[agent_index].at(time);
        let told_by_ivr = chance.happens(0.4);
        // From under a half to twice as many, and most of them short.
        let length = 0.5 + 1.85 * chance.unit().powi(2);
        let words = (self.settings.words as f64 * length) as usize;
        let case = Case {
            agent: &self.agents[agent_index],
            traits,
            matter: planned.matter,
            kind: planned.kind,
            times: planned.times,
            earlier_promise: planned.earlier_promise.clone(),
            at_ms: planned.at_ms,
            earlier_ms: planned.earlier.last().map(|e| e.at_ms),
            told_by_ivr,
            customer: &planned.customer,
            words,
        };
        let script = script::write(&case, self.chance("script", number));
        let recording = Recording {
            audio: Audio::draw(&mut chance),
            cut_start: chance.happens(0.02),
            agent_channel: usize::from(chance.happens(0.1)),
            agent_pace: 158.0 + 17.0 * traits.hurry + 8.0 * chance.normal(),
            customer_pace: 150.0 + 12.0 * chance.normal(),
        };
        let mut sound = self.chance("sound", number);
        let spoken = speech::speak(&script, &recording, &mut sound);
        let id = format!("p-{:05}", number + 1);
        let outbound = planned.kind == Kind::CallBack || planned.matter.reason == centre::DEBT;
        let (interaction_id, leg) = match &planned.interaction {
            Some((id, leg)) => (Some(id.clone()), Some(leg.to_string())),
            None if script.outcome == Outcome::Transferred => {
                (Some(format!("i-{:05}", number + 1)), Some("1".to_string()))
            }
            None => (None, None),
        };
        let hold_ms: i64 = script
            .turns
            .iter()
            .map(|t| match t.start {
                Start::After(gap) if gap >= 5_000 => gap,
                _ => 0,
            })
            .sum();
        let is_debt = planned.matter.reason == centre::DEBT;
        let agent = &self.agents[agent_index];
        let meta = CallMeta {
            file: format!("recordings/{id}.wav"),
            call_id: id,
            agent: agent.id.to_string(),
            team: Some(agent.team.to_string()),
            queue: Some(planned.matter.queue.to_string()),
            customer: Some(self.key.customer_hash(&planned.customer.id)),
            started_at: centre::started_at(planned.at_ms),
            agent_channel: Some(recording.agent_channel),
            interaction_id,
            leg,
            direction: Some(if outbound {
                Direction::Outbound
            } else {
                Direction::Inbound
            }),
            first_communication: is_debt.then_some(!planned.kind.is_later()),
            language: Some("en".to_string()),
            reason: Some(planned.matter.reason.to_string()),
            talk_s: Some((spoken.transcript.audio.recorded_ms - hold_ms) / 1000),
            hold_s: Some(hold_ms / 1000),
            acw_s: Some(chance.between(10, 90)),
            disclosure_by_ivr: Some(told_by_ivr),
            extra: BTreeMap::new(),
        };
        let (keeps_promise_of, speaks_of_promise_of) =
            match (planned.promise_of, planned.earlier_promise) {
                (Some(of), Some((word, _))) => (None, Some((word, of))),
                (Some(of), None) => (Some(of), None),
                (None, _) => (None, None),
            };
        let mut call = Call {
            number,
            meta,
            customer: planned.customer,
            transcript: spoken.transcript,
            script,
            recording,
            starts: spoken.starts,
            kind: planned.kind,
            agent: agent_index,
            at_ms: planned.at_ms,
            earlier: planned.earlier,
            keeps_promise_of,
            speaks_of_promise_of,
            promise_kept: None,
            seed: self.settings.seed,
        };
        self.what_follows(&mut call, planned.matter, planned.times, traits);
        call
    }

    /// Plans the calls that this one brings about.
    fn what_follows(
        &mut self,
        call: &mut Call,
        matter: &'static Matter,
        times: usize,
        traits: centre::Traits,
    ) {
        let mut chance = self.chance("follows", call.number);
        let mut earlier = call.earlier.clone();
        earlier.push(Earlier {
            number: call.number,
            call_id: call.meta.call_id.clone(),
            at_ms: call.at_ms,
            reason: matter.reason,
            interaction_id: call.meta.interaction_id.clone(),
            direction: if call.outbound() {
                Direction::Outbound
            } else {
                Direction::Inbound
            },
            promised: call.script.promise.is_some(),
        });
        let end = whole_seconds(call.at_ms + call.transcript.audio.recorded_ms);
        let next = |kind: Kind, at_ms: i64| Planned {
            at_ms: whole_seconds(at_ms),
            kind,
            customer: Arc::clone(&call.customer),
            matter,
            times: times + usize::from(kind == Kind::Again),
            earlier: earlier.clone(),
            interaction: None,
            earlier_promise: None,
            promise_of: None,
            agent: None,
        };
        if call.script.outcome == Outcome::Transferred {
            let mut leg = next(Kind::Leg, end + chance.between(15_000, 60_000));
            let id = call.meta.interaction_id.clone().unwrap_or_default();
            leg.interaction = Some((id, if call.kind == Kind::Leg { 3 } else { 2 }));
            leg.agent = Some(matter.team * 5 + (call.agent % 5 + 1 + chance.below(4)) % 5);
            self.plan(leg);
            return;
        }
        if let Some(promise) = call.script.promise.clone() {
            let due = promise.due_ms.unwrap_or(end + 3 * DAY_MS);
            let mut kept = chance.happens(traits.rate(Habit::KeepsPromise));
            if kept && promise.deed.is_none() {
                // Within open hours, in time, and after a while.
                let tries: Vec<i64> = (0..8)
                    .map(|_| chance.between(end + 3_600_000, due.max(end + 7_200_000)))
                    .collect();
                let at = tries
                    .into_iter()
                    .find(|at| centre::when_open(*at, &mut chance.clone()) == *at);
                kept = at.is_some();
                if let Some(at) = at {
                    let mut back = next(Kind::CallBack, at);
                    back.agent = Some(call.agent);
                    back.promise_of = Some(call.meta.call_id.clone());
                    self.plan(back);
                    call.promise_kept = Some(true);
                    return;
                }
            }
            call.promise_kept = Some(kept);
            let is_debt = matter.reason == centre::DEBT;
            if !kept && times < 3 && !is_debt && chance.happens(0.6) {
                let at =
                    centre::when_open(due + chance.between(3_600_000, 2 * DAY_MS), &mut chance);
                let mut again = next(Kind::Again, at);
                again.earlier_promise = Some((script::Word::Broken, promise.deed));
                again.promise_of = Some(call.meta.call_id.clone());
                self.plan(again);
                return;
            }
            if kept && !is_debt && promise.deed.is_some() && chance.happens(0.12) {
                let at = centre::when_open(due + chance.between(DAY_MS, 6 * DAY_MS), &mut chance);
                let mut other = next(Kind::Other, at);
                other.matter = another_matter(matter, &mut chance);
                other.times = 0;
                other.earlier_promise = Some((script::Word::Kept, promise.deed));
                other.promise_of = Some(call.meta.call_id.clone());
                self.plan(other);
                return;
            }
        }
        if matter.reason == centre::DEBT {
            if call.script.outcome != Outcome::NotTold
                && times == 0
                && call.kind == Kind::First
                && chance.happens(0.4)
            {
                let at =
                    centre::when_open(end + chance.between(5 * DAY_MS, 20 * DAY_MS), &mut chance);
                self.plan(next(Kind::LaterDebt, at));
            }
            return;
        }
        if call.kind == Kind::CallBack || times >= 3 {
            return;
        }
        if chance.happens(repeat_rate(&call.script, traits)) {
            let delay = match chance.below(20) {
                0..7 => chance.between(1_800_000, 20 * 3_600_000),
                7..16 => chance.between(DAY_MS, 6 * DAY_MS),
                _ => chance.between(8 * DAY_MS, 28 * DAY_MS),
            };
            let at = centre::when_open(end + delay, &mut chance);
            self.plan(next(Kind::Again, at));
        } else if chance.happens(0.07) {
            let at = centre::when_open(end + chance.between(DAY_MS, 25 * DAY_MS), &mut chance);
            let mut other = next(Kind::Other, at);
            other.matter = another_matter(matter, &mut chance);
            other.times = 0;
            self.plan(other);
        }
    }
}

/// How likely the customer calls again about it: what was left open counts, and hurry does.
fn repeat_rate(script: &Script, traits: centre::Traits) -> f64 {
    let open = [
        (script.outcome == Outcome::DeadEnd, 1.4),
        (script.has("early.close"), 1.1),
        (script.has("unanswered"), 0.8),
        (script.has("nextstep.undated"), 0.6),
        (script.has("cutin"), 0.4),
    ];
    let odds: f64 = open
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, adds)| adds)
        .sum();
    1.0 / (1.0 + (2.9 - 0.6 * traits.hurry - odds).exp())
}

fn any_matter(chance: &mut Chance) -> &'static Matter {
    let total: f64 = MATTERS.iter().map(|m| m.share).sum();
    let mut left = chance.unit() * total;
    for matter in &MATTERS {
        left -= matter.share;
        if left < 0.0 {
            return matter;
        }
    }
    &MATTERS[0]
}

/// Another one of those that customers call about.
fn another_matter(than: &Matter, chance: &mut Chance) -> &'static Matter {
    loop {
        let matter = any_matter(chance);
        if matter.reason != than.reason && matter.reason != centre::DEBT {
            return matter;
        }
    }
}

fn whole_seconds(ms: i64) -> i64 {
    ms / 1000 * 1000
}

impl Iterator for Programme {
    type Item = Call;

    fn next(&mut self) -> Option<Call> {
        if self.made == self.settings.calls {
            return None;
        }
        let next_first = self.next_first_at();
        let planned = match self.planned.peek() {
            Some(Reverse((at, _))) if *at <= next_first => {
                let Reverse((_, plan)) = self.planned.pop().expect("it was seen");
                self.waiting.remove(&plan).expect("what is planned waits")
            }
            _ => self.first(),
        };
        Some(self.make(planned))
    }
}

/// Calls one after the other, as who and when and what was said: for benches.
pub fn generate(
    calls: usize,
    words: usize,
    seed: u64,
) -> impl Iterator<Item = (CallMeta, Transcript)> {
    let settings = Settings { calls, words, seed };
    Programme::new(settings).map(|call| (call.meta, call.transcript))
}
