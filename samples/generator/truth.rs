//! What a fair listener would answer to the questions of the shipped rubrics, read off the marks.
//!
//! A question that the marks do not settle (a wording that could be counted either way) has no
//! row. Questions that only people answer have none either.

use callibrate::recording::Direction;

use super::centre;
use super::chance::Chance;
use super::contacts;
use super::script::{Kind, Mark, Outcome, Promise, Start, is_trouble};
use super::speech::{self, Audio};
use super::wording::Who;
use super::{Call, DAY_MS};

/// The right answer to one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub rubric: &'static str,
    pub question: &'static str,
    /// `yes`, `no`, `not_applicable`, `abstain`, the id of an option, a number, or options of a
    /// multi-select with `+` between (`none` for an empty selection).
    pub answer: String,
    /// What settles it; empty where nothing of the kind was said.
    pub behaviour: &'static str,
    /// `usual` or `unusual` wording; empty where it is no matter of wording.
    pub wording: &'static str,
    pub start_ms: Option<i64>,
}

/// An answer as it is found out.
enum Is<'a> {
    /// Settled by this mark, or by there being none.
    Yes(Option<&'a Mark>),
    No(Option<&'a Mark>),
    Na,
    Option(&'static str, Option<&'a Mark>),
    Text(String),
    Abstain,
    Unsettled,
}

fn yes_if(mark: Option<&Mark>) -> Is<'_> {
    match mark {
        Some(mark) => Is::Yes(Some(mark)),
        None => Is::No(None),
    }
}

fn no_if(mark: Option<&Mark>) -> Is<'_> {
    match mark {
        Some(mark) => Is::No(Some(mark)),
        None => Is::Yes(None),
    }
}

/// What the answer of a question rests on: what cannot be judged on a bad recording.
#[derive(Clone, Copy, PartialEq)]
enum On {
    Words,
    /// The first words of the call.
    Opening,
    /// When who spoke.
    Talk,
    /// What the table of calls says.
    Table,
}

type Row<'a> = (&'static str, &'static str, On, Is<'a>);

/// All questions that this call settles.
pub fn answers(call: &Call) -> Vec<Answer> {
    let seen = Seen {
        call,
        marks: &call.script.marks,
    };
    let mut rows: Vec<Row> = Vec::with_capacity(72);
    seen.service(&mut rows);
    seen.take_your_time(&mut rows);
    seen.human(&mut rows);
    seen.one_voice(&mut rows);
    seen.effort(&mut rows);
    seen.identity(&mut rows);
    if call.meta.queue.as_deref() == Some("collections") {
        seen.collections(&mut rows);
    }
    seen.payment(&mut rows);
    seen.consent(&mut rows);
    rows.into_iter()
        .filter_map(|row| seen.answer(row))
        .collect()
}

/// What people who listen with care agree on in the end, for each question of
/// `service-essentials`. They hear words under noise that a program cannot, a wording that could
/// be counted either way they settle one way or the other (`settle` says which), and what the
/// recording does not hold does not apply. So there is an answer to every question, though
/// [`answers`] has none to some.
pub fn agreed(call: &Call, settle: &mut Chance) -> Vec<Answer> {
    let seen = Seen {
        call,
        marks: &call.script.marks,
    };
    let mut rows = Vec::new();
    seen.service(&mut rows);
    rows.into_iter()
        .filter_map(|(rubric, question, on, is)| {
            let is = match is {
                _ if on == On::Opening && call.recording.cut_start => Is::Na,
                Is::Unsettled if settle.happens(0.5) => Is::Yes(None),
                Is::Unsettled => Is::No(None),
                is => is,
            };
            seen.put(rubric, question, is)
        })
        .collect()
}

/// What only the holder of the account should hear.
const ACCOUNT_DATA: [&str; 9] = [
    "data",
    "pay.amount",
    "debt.named",
    "debt.thirdparty.told",
    "debt.miranda.both",
    "debt.miranda.attempt",
    "debt.miranda.later",
    "callback.reason",
    "callback.result",
];

struct Seen<'a> {
    call: &'a Call,
    marks: &'a [Mark],
}

impl<'a> Seen<'a> {
    fn answer(&self, (rubric, question, on, is): Row) -> Option<Answer> {
        let recording = &self.call.recording;
        let unheard = match on {
            On::Words => recording.audio == Audio::Bad,
            On::Opening => recording.audio == Audio::Bad || recording.cut_start,
            On::Talk | On::Table => false,
        };
        match is {
            Is::Unsettled => None,
            _ if unheard => self.put(rubric, question, Is::Abstain),
            is => self.put(rubric, question, is),
        }
    }

    fn put(&self, rubric: &'static str, question: &'static str, is: Is) -> Option<Answer> {
        let (answer, mark) = match is {
            Is::Unsettled => return None,
            Is::Na => ("not_applicable".to_string(), None),
            Is::Yes(mark) => ("yes".to_string(), mark),
            Is::No(mark) => ("no".to_string(), mark),
            Is::Option(option, mark) => (option.to_string(), mark),
            Is::Text(text) => (text, None),
            Is::Abstain => ("abstain".to_string(), None),
        };
        Some(Answer {
            rubric,
            question,
            answer,
            behaviour: mark.map_or("", |m| m.behaviour),
            wording: match mark {
                Some(mark) if mark.unusual => "unusual",
                Some(_) => "usual",
                None => "",
            },
            start_ms: mark.and_then(|m| self.call.start_ms(m.turn, m.word)),
        })
    }

    fn first(&self, what: &str) -> Option<&'a Mark> {
        self.marks.iter().find(|m| m.what == what)
    }

    fn first_of(&self, whats: &[&str]) -> Option<&'a Mark> {
        self.marks.iter().find(|m| whats.contains(&m.what))
    }

    fn has(&self, what: &str) -> bool {
        self.first(what).is_some()
    }

    fn after(&self, mark: &Mark, whats: &[&str]) -> Option<&'a Mark> {
        let later =
            |m: &&Mark| whats.contains(&m.what) && (m.turn, m.word) > (mark.turn, mark.word);
        self.marks.iter().find(later)
    }

    fn outcome(&self) -> Outcome {
        self.call.script.outcome
    }

    fn transferred(&self) -> bool {
        self.outcome() == Outcome::Transferred
    }

    fn not_told(&self) -> bool {
        self.outcome() == Outcome::NotTold
    }

    fn reason(&self) -> &str {
        self.call.meta.reason.as_deref().unwrap_or_default()
    }

    // What several questions look at.

    fn trouble(&self) -> Option<&'a Mark> {
        self.marks.iter().find(|m| is_trouble(m.what))
    }

    /// A kind word for the customer's trouble.
    fn kind_words(&self) -> impl Iterator<Item = &'a Mark> {
        self.marks
            .iter()
            .filter(|m| m.what == "empathy" || m.what == "regret" || m.what == "time")
    }

    fn empathy(&self) -> Is<'a> {
        let Some(trouble) = self.trouble() else {
            // Who tried the website first, or asks what a word means, has told of a small trouble
            // or of none.
            return match self.has("effort.selfservice") || self.has("plain.ask") {
                true => Is::Unsettled,
                false => Is::Na,
            };
        };
        let place = |m: &Mark| (m.turn, m.word);
        let kind = self.kind_words().find(|m| place(m) > place(trouble));
        match kind {
            Some(kind) => Is::Yes(Some(kind)),
            // Knowledge of the earlier call without regret: some would count it.
            None if self.has("recognised") || self.has("owned") => Is::Unsettled,
            None => Is::No(Some(trouble)),
        }
    }

    fn acknowledgement(&self) -> Is<'a> {
        let trouble = match self.empathy() {
            Is::Na => return Is::Na,
            Is::Unsettled => return Is::Unsettled,
            _ => self.trouble(),
        };
        let Some(trouble) = trouble else {
            return Is::Na;
        };
        let kind = self
            .kind_words()
            .find(|m| (m.turn, m.word) > (trouble.turn, trouble.word));
        match kind {
            None => Is::Option("never", None),
            Some(kind) if kind.turn == trouble.turn + 1 => Is::Option("at-once", Some(kind)),
            Some(kind) => Is::Option("later", Some(kind)),
        }
    }

    fn cut_ins(&self) -> usize {
        let turns = &self.call.script.turns;
        let cut =
            |t: &&super::script::Turn| t.who == Who::Agent && matches!(t.start, Start::CutIn(_));
        turns.iter().filter(cut).count()
    }

    fn promise(&self) -> Option<&'a Promise> {
        self.call.script.promise.as_ref()
    }

    fn vague(&self) -> Option<&'a Mark> {
        self.first_of(&[
            "nextstep.undated",
            "promise.undated",
            "promise.try",
            "promise.callback.undated",
            "promise.callback.try",
        ])
    }

    fn dated(&self) -> Option<&'a Mark> {
        self.first_of(&["nextstep.dated", "promise.firm", "promise.callback.firm"])
    }

    /// The customer says that there was an earlier contact about this.
    fn mentions_earlier(&self) -> Option<&'a Mark> {
        self.first_of(&[
            "repeat.mention",
            "repeat.third",
            "effort.twice",
            "broken.promise",
            "broken.promise.deed",
            "written.twice",
            "earlier",
        ])
    }

    fn earlier_unsure(&self) -> bool {
        self.has("effort.passed")
            || self.has("earlier_maybe")
            || self.has("kept.promise")
            || self.call.kind == Kind::Leg
    }

    /// An earlier call on the same matter within 30 days, not counting legs of this interaction.
    fn earlier_on_record(&self) -> bool {
        self.call.earlier.iter().any(|e| {
            let same_talk =
                e.interaction_id.is_some() && e.interaction_id == self.call.meta.interaction_id;
            e.reason == self.reason() && !same_talk && self.call.at_ms - e.at_ms <= 30 * DAY_MS
        })
    }

    fn effort_told(&self) -> Option<&'a Mark> {
        self.mentions_earlier()
            .or_else(|| self.first_of(&["effort.passed", "effort.selfservice"]))
    }

    /// The first time that the agent says or changes something of the account.
    fn first_data(&self) -> Option<&'a Mark> {
        let tells = |m: &&Mark| {
            ACCOUNT_DATA.contains(&m.what)
                || matches!(m.what, "change" | "pay.done" | "pay.done.silent")
        };
        self.marks.iter().find(tells)
    }

    fn identified(&self) -> Option<&'a Mark> {
        self.first_of(&[
            "identity.ask",
            "identity.ask.one",
            "identity.ask.outbound",
            "identity.late",
        ])
    }

    /// Whether the customer had answered before this.
    fn identified_before(&self, data: &Mark) -> Is<'a> {
        match self.identified() {
            Some(asked) if (asked.turn, asked.word) < (data.turn, data.word) => {
                Is::Yes(Some(asked))
            }
            late => Is::No(late),
        }
    }

    fn identity_first(&self) -> Is<'a> {
        // What the customer volunteered may be enough for some, and some would not call it
        // account data that something was changed.
        let only_changed = self.first_of(&ACCOUNT_DATA).is_none();
        match self.first_data() {
            None => Is::Na,
            Some(_) if only_changed => Is::Unsettled,
            Some(_) if self.identified().is_none() && self.has("volunteered_address") => {
                Is::Unsettled
            }
            Some(data) => self.identified_before(data),
        }
    }

    /// A clear "no" of the customer, and what became of it.
    fn refusal(&self) -> Is<'a> {
        if let Some(mark) = self.first_of(&["cancel.push", "debt.stop.ignored", "consent.ignored"])
        {
            return Is::No(Some(mark));
        }
        if let Some(mark) = self.first_of(&["cancel.accept", "debt.stop.ack", "consent.honoured"]) {
            return Is::Yes(Some(mark));
        }
        match self.has("refusal") {
            true => Is::Unsettled,
            false => Is::Na,
        }
    }

    fn service(&self, rows: &mut Vec<Row<'a>>) {
        const R: &str = "service-essentials";
        let opening = self.first_of(&["greeting", "outbound.opening", "outbound.opening.unnamed"]);
        rows.push((R, "greeting", On::Opening, yes_if(opening)));
        let name = self.first_of(&["name", "outbound.opening"]);
        rows.push((R, "gave-name", On::Opening, yes_if(name)));
        rows.push((R, "empathy", On::Words, self.empathy()));
        // A refusal alone, or a vague word of hope, is a dead end for some.
        let hazy = self.has("early.close") || self.vague().is_some() || self.not_told();
        let dead = match self.first("dead") {
            None if hazy => Is::Unsettled,
            dead => no_if(dead),
        };
        rows.push((R, "no-dead-ends", On::Words, dead));
        let often = match self.cut_ins() {
            0 | 1 => Is::Yes(None),
            _ => Is::No(self.first_of(&["cutin", "early.close"])),
        };
        rows.push((R, "no-interrupting", On::Talk, often));
        rows.push((R, "wait-announced", On::Talk, no_if(self.first("dead_air"))));
        rows.push((R, "hold-handling", On::Words, self.holds()));
        rows.push((R, "clear-next-step", On::Words, self.clear_next_step()));
        let gone = self.transferred();
        let further = if gone {
            Is::Na
        } else {
            yes_if(self.first("further"))
        };
        rows.push((R, "further-help", On::Words, further));
        let thanked = match self.first_of(&["thanks", "thanks.anybody"]) {
            _ if gone => Is::Na,
            thanks => yes_if(thanks),
        };
        rows.push((R, "thanked", On::Words, thanked));
    }

    fn holds(&self) -> Is<'a> {
        if let Some(mark) = self.first("hold.unannounced") {
            return Is::Option("unannounced", Some(mark));
        }
        match self.first("hold.ask") {
            None => Is::Na,
            Some(asked) => match self.first("thanked_hold") {
                Some(_) => Is::Option("announced-and-thanked", Some(asked)),
                None => Is::Option("announced", Some(asked)),
            },
        }
    }

    fn clear_next_step(&self) -> Is<'a> {
        if self.transferred() {
            return Is::Na;
        }
        if self.not_told() {
            return Is::Unsettled;
        }
        let clear = self.first_of(&[
            "nextstep.dated",
            "promise.firm",
            "promise.callback.firm",
            "promise.undated",
            "done",
        ]);
        if clear.is_some() {
            return Is::Yes(clear);
        }
        if self.has("promise.callback.undated") || self.call.kind == Kind::CallBack {
            return Is::Unsettled;
        }
        match self.reason() == "balance" {
            true => Is::Na,
            false => Is::No(self.vague()),
        }
    }

    fn take_your_time(&self, rows: &mut Vec<Row<'a>>) {
        const R: &str = "take-your-time";
        let call = self.call;
        let pace = speech::pace(&call.transcript, call.recording.agent_channel);
        rows.push((R, "pace", On::Talk, Is::Text(format!("{pace:.0}"))));
        let protective = usize::from(self.has("pay.stop"));
        let cut = match self.cut_ins().saturating_sub(protective) {
            0 => Is::Yes(None),
            _ => Is::No(self.first_of(&["cutin", "early.close"])),
        };
        rows.push((R, "no-cut-offs", On::Words, cut));
        let early = match self.first("early.close") {
            None if self.has("dead") || self.transferred() => Is::Unsettled,
            early => no_if(early),
        };
        rows.push((R, "no-early-close", On::Words, early));
        let hurry = match self.first("hurry") {
            None if self.has("hurry_maybe") => Is::Unsettled,
            hurry => no_if(hurry),
        };
        rows.push((R, "no-hurry-words", On::Words, hurry));
        let unanswered = self.first("unanswered");
        let open = self.has("unanswered_maybe")
            || self.has("early.close")
            || self.has("dead")
            || self.not_told();
        let questions = match unanswered {
            Some(mark) => Is::No(Some(mark)),
            None if open => Is::Unsettled,
            None if self.has("asked") => Is::Yes(self.first("asked")),
            None => Is::Na,
        };
        rows.push((R, "questions-answered", On::Words, questions));
        rows.push((R, "first-contact", On::Table, self.first_contact()));
        let ahead = match self.first_of(&["anticipate", "promise.callback.firm"]) {
            _ if self.transferred() || self.not_told() => Is::Na,
            None if self.has("way") || self.has("way_maybe") || self.has("any.talk") => {
                match self.has("way") || self.has("way_maybe") {
                    true => Is::Unsettled,
                    false => Is::No(None),
                }
            }
            mark => yes_if(mark),
        };
        rows.push((R, "next-need", On::Words, ahead));
        let agreed = self.has("change")
            || self.has("promise.firm")
            || self.has("pay.done")
            || self.has("pay.done.silent");
        let confirmed = match self.first_of(&["confirm", "pay.amount", "debt.plan"]) {
            None if self.not_told() || self.transferred() => Is::Na,
            None if agreed && self.has("nextstep.dated") => Is::Unsettled,
            None if agreed => Is::No(None),
            None => Is::Unsettled,
            mark => Is::Yes(mark),
        };
        rows.push((R, "details-confirmed", On::Words, confirmed));
        let dated = match (self.dated(), self.vague()) {
            _ if self.transferred() => Is::Na,
            (Some(mark), _) => Is::Yes(Some(mark)),
            (None, Some(mark)) => Is::No(Some(mark)),
            (None, None) if self.has("dead") || self.not_told() || self.has("early.close") => {
                Is::Unsettled
            }
            (None, None) => Is::Na,
        };
        rows.push((R, "next-step-dated", On::Words, dated));
        rows.push((R, "time-given", On::Words, yes_if(self.first("time"))));
    }

    fn first_contact(&self) -> Is<'a> {
        let call = self.call;
        if call.kind == Kind::CallBack {
            return Is::Yes(None);
        }
        if call.meta.direction == Some(Direction::Outbound) {
            return Is::Unsettled;
        }
        if self.earlier_on_record() {
            return Is::No(self.mentions_earlier());
        }
        if self.earlier_unsure() {
            return Is::Unsettled;
        }
        no_if(self.mentions_earlier())
    }

    fn human(&self, rows: &mut Vec<Row<'a>>) {
        const R: &str = "human";
        let unsure = [
            "heard_maybe",
            "confirm",
            "plain",
            "own.mistake",
            "callback.reason",
            "celebrate",
        ];
        let listening = match self.first_of(&["listen", "heard"]) {
            None if self.first_of(&unsure).is_some() => Is::Unsettled,
            mark => yes_if(mark),
        };
        rows.push((R, "listening-shown", On::Words, listening));
        rows.push((R, "acknowledgement", On::Words, self.acknowledgement()));
        rows.push((R, "plain-words", On::Words, no_if(self.first("jargon"))));
        let explained = match self.first("plain.ask") {
            None => Is::Na,
            Some(_) => yes_if(self.first("plain")),
        };
        rows.push((R, "explained-when-lost", On::Words, explained));
        let firm = self.first_of(&[
            "firm",
            "promise.firm",
            "promise.callback.firm",
            "promise.undated",
        ]);
        let will = match self.first("hedge") {
            Some(hedge) => Is::No(Some(hedge)),
            None if self.has("hedge_maybe") => Is::Unsettled,
            None if firm.is_some() => Is::Yes(firm),
            None => Is::Unsettled,
        };
        rows.push((R, "i-will", On::Words, will));
        let blame = match self.first("blame") {
            None if self.has("blame_maybe") || self.has("they") || self.has("cutin") => {
                Is::Unsettled
            }
            blame => no_if(blame),
        };
        rows.push((R, "no-blame", On::Words, blame));
        let named = match self.first("named") {
            None if self.not_told() => Is::Unsettled,
            named => yes_if(named),
        };
        rows.push((R, "used-name", On::Words, named));
        rows.push((R, "choice-respected", On::Words, self.refusal()));
        let kind = match self.first("kind") {
            None if self.has("easy") => Is::Unsettled,
            kind => yes_if(kind),
        };
        rows.push((R, "kind-word", On::Words, kind));
    }

    fn one_voice(&self, rows: &mut Vec<Row<'a>>) {
        const R: &str = "one-voice";
        let call = self.call;
        let broken = self.first_of(&["broken.promise", "broken.promise.deed"]);
        let promised = call.earlier.iter().any(|e| e.promised);
        let kept = match broken {
            Some(mark) => Is::No(Some(mark)),
            None if call.kind == Kind::CallBack => match self.first("callback.reason") {
                Some(mark) => Is::Yes(Some(mark)),
                // Somebody else answered the phone.
                None => Is::Unsettled,
            },
            None if self.has("kept.promise") => Is::Yes(self.first("kept.promise")),
            None if self.has("earlier_maybe") => Is::Unsettled,
            None if promised => Is::Abstain,
            None => Is::Na,
        };
        rows.push((R, "earlier-promise-kept", On::Words, kept));
        let owned = match (self.vague(), self.dated()) {
            (Some(mark), _) => Is::No(Some(mark)),
            (None, Some(mark)) => Is::Yes(Some(mark)),
            (None, None) => Is::Na,
        };
        rows.push((R, "promise-owned", On::Words, owned));
        let transfer = self.first_of(&["transfer.warm", "transfer.explained", "transfer.cold"]);
        let passed = match transfer.or(self.first("away")) {
            None if self.not_told() => Is::Unsettled,
            passed => no_if(passed),
        };
        rows.push((R, "not-passed-on", On::Words, passed));
        let warm = match transfer {
            None => Is::Na,
            Some(m) => match m.what {
                "transfer.warm" => Is::Option("introduced", transfer),
                "transfer.explained" => Is::Option("explained", transfer),
                _ => Is::Option("cold", transfer),
            },
        };
        rows.push((R, "warm-transfer", On::Words, warm));
        let phone = match self.first("written.twice") {
            None => Is::Na,
            Some(_) if self.has("written.settled") => Is::Yes(self.first("written.settled")),
            Some(_) if self.has("written.back") => Is::No(self.first("written.back")),
            Some(_) => Is::Unsettled,
        };
        rows.push((R, "third-time-phone", On::Words, phone));
        let taken_up = self.first_of(&["history", "callback.reason"]);
        let history = match (taken_up, self.mentions_earlier()) {
            (Some(mark), _) => Is::Yes(Some(mark)),
            (None, Some(_)) => match self.has("owned") || self.has("regret") {
                true => Is::Unsettled,
                false => Is::No(None),
            },
            (None, None) if self.earlier_unsure() || self.earlier_on_record() => Is::Unsettled,
            (None, None) => Is::Na,
        };
        rows.push((R, "history-known", On::Words, history));
        let mistake = self.first_of(&[
            "mistake",
            "broken.promise",
            "broken.promise.deed",
            "effort.passed",
        ]);
        let mistakes = match mistake {
            None if self.has("written.twice") || self.has("effort.twice") => Is::Unsettled,
            None => Is::Na,
            Some(told) => match self.after(told, &["owned", "regret"]) {
                Some(mark) => Is::Yes(Some(mark)),
                None => Is::No(Some(told)),
            },
        };
        rows.push((R, "mistakes-owned", On::Words, mistakes));
        let they = match self.first("they") {
            None if self.has("they_maybe") || transfer.is_some() => Is::Unsettled,
            they => no_if(they),
        };
        rows.push((R, "we-not-they", On::Words, they));
        let way = match self.first("way") {
            None if self.has("way_maybe") => Is::Unsettled,
            way => yes_if(way),
        };
        rows.push((R, "way-back", On::Words, way));
    }

    fn effort(&self, rows: &mut Vec<Row<'a>>) {
        const R: &str = "effort";
        let call = self.call;
        let called = ["repeat.mention", "repeat.third"];
        let mut tried = Vec::new();
        for option in ["website", "app", "phone-menu", "instructions", "writing"] {
            if self.has(option) {
                tried.push(option);
            }
        }
        if self.first_of(&called).is_some() || self.has("call") {
            tried.push("call");
        }
        let unsure = self.earlier_unsure()
            || self.has("effort.twice")
            || self.has("broken.promise")
            || self.has("broken.promise.deed")
            || self.has("earlier");
        let tried = match tried.is_empty() {
            _ if unsure => Is::Unsettled,
            true => Is::Text("none".to_string()),
            false => Is::Text(tried.join("+")),
        };
        rows.push((R, "already-tried", On::Words, tried));
        let told = match self.mentions_earlier() {
            _ if self.has("effort.twice") => {
                Is::Option("again-complains", self.first("effort.twice"))
            }
            _ if self.earlier_unsure() || self.has("written.twice") || self.has("repeat.third") => {
                Is::Unsettled
            }
            Some(mark) => Is::Option("again", Some(mark)),
            None if self.earlier_on_record() => Is::Unsettled,
            None => Is::Option("once", None),
        };
        rows.push((R, "told-once", On::Words, told));
        let here = self.transferred() || call.kind == Kind::Leg;
        let passed = match self.first("several") {
            Some(mark) => Is::Option("several", Some(mark)),
            None if self.has("away") || self.has("written.twice") || call.kind == Kind::Leg => {
                Is::Unsettled
            }
            None if here => Is::Option("once", None),
            None => Is::Option("never", None),
        };
        rows.push((R, "passed-around", On::Words, passed));
        let left = match self.first("left") {
            None if self.not_told() || self.has("dead") || self.transferred() => Is::Unsettled,
            left => no_if(left),
        };
        rows.push((R, "work-taken", On::Words, left));
        let recognised = match (self.effort_told(), self.first("recognised")) {
            (None, _) if self.earlier_unsure() || self.has("instructions") => Is::Unsettled,
            (None, _) => Is::Na,
            (Some(_), Some(mark)) => Is::Yes(Some(mark)),
            (Some(_), None) => match self.kind_words().next() {
                Some(_) => Is::Unsettled,
                None => Is::No(None),
            },
        };
        rows.push((R, "effort-recognised", On::Words, recognised));
        rows.push((R, "no-need-to-return", On::Words, self.settled()));
        let easy = self.first("easy");
        rows.push((R, "easy-said", On::Words, yes_if(easy)));
    }

    fn settled(&self) -> Is<'a> {
        if self.has("early.close") || self.transferred() {
            return Is::Unsettled;
        }
        match self.outcome() {
            Outcome::NotTold => Is::Unsettled,
            Outcome::DeadEnd => Is::No(self.first("dead")),
            Outcome::Promised => match self.promise() {
                Some(promise) if promise.firm && promise.due_ms.is_some() => Is::Yes(self.dated()),
                Some(_) => Is::No(self.vague()),
                None => Is::Unsettled,
            },
            Outcome::Resolved if self.vague().is_some() => Is::Unsettled,
            Outcome::Resolved => Is::Yes(self.first_of(&["done", "answered"])),
            Outcome::Transferred => Is::Unsettled,
        }
    }

    fn identity(&self, rows: &mut Vec<Row<'a>>) {
        const R: &str = "identity-privacy";
        rows.push((R, "identity-first", On::Words, self.identity_first()));
        let change = match self.first("change") {
            None => Is::Na,
            Some(_) if self.identified().is_none() && self.has("volunteered_address") => {
                Is::Unsettled
            }
            Some(change) => self.identified_before(change),
        };
        rows.push((R, "identity-before-change", On::Words, change));
        rows.push((R, "two-items", On::Words, self.two_items()));
        let failed = self.has("identity.fail");
        let told = self.first("identity.tellanyway");
        let held = if failed { no_if(told) } else { Is::Na };
        rows.push((R, "failed-check-held", On::Words, held));
        let third = match (failed, self.has("debt.thirdparty")) {
            (true, _) => no_if(told),
            (_, true) => no_if(self.first("debt.thirdparty.told")),
            _ => Is::Na,
        };
        rows.push((R, "third-party-held", On::Words, third));
        rows.push((
            R,
            "data-not-read-out",
            On::Words,
            no_if(self.first("identity.readout")),
        ));
        let asked = self.first_of(&[
            "identity.ask",
            "identity.ask.one",
            "identity.ask.only",
            "identity.ask.outbound",
            "identity.late",
        ]);
        let explained = match asked {
            None if self.has("identity.readout") => Is::Unsettled,
            None => Is::Na,
            Some(_) => yes_if(self.first("reason")),
        };
        rows.push((R, "check-explained", On::Words, explained));
        let noticed = match self.first("debt.stop") {
            None => Is::Na,
            Some(_) => yes_if(self.first("debt.stop.ack")),
        };
        rows.push((R, "privacy-request-noticed", On::Words, noticed));
    }

    fn two_items(&self) -> Is<'a> {
        let Some(data) = self.first_data() else {
            return Is::Na;
        };
        if self.has("volunteered_address") || self.has("identity.readout") {
            return Is::Unsettled;
        }
        match self.identified_before(data) {
            Is::Yes(Some(asked)) => match asked.what {
                "identity.ask" => Is::Yes(Some(asked)),
                "identity.ask.outbound" if self.has("two") => Is::Yes(Some(asked)),
                // The name was asked for when the call was opened.
                "identity.ask.outbound" => Is::Unsettled,
                _ => Is::No(Some(asked)),
            },
            other => other,
        }
    }

    fn collections(&self, rows: &mut Vec<Row<'a>>) {
        const R: &str = "collections-compliance";
        let first = !self.call.kind.is_later();
        let third = self.has("debt.thirdparty");
        let debt = self.first_of(&[
            "debt.named",
            "debt.thirdparty.told",
            "debt.miranda.both",
            "debt.miranda.attempt",
            "debt.miranda.later",
        ]);
        let before = match debt {
            None => Is::Na,
            Some(debt) => self.identified_before(debt),
        };
        rows.push((R, "identity-before-debt", On::Words, before));
        rows.push((
            R,
            "no-third-party",
            On::Words,
            no_if(self.first("debt.thirdparty.told")),
        ));
        let miranda = match debt {
            _ if !first => Is::Na,
            None => Is::Na,
            Some(_) => yes_if(self.first("debt.miranda.both")),
        };
        rows.push((
            R,
            "mini-miranda",
            if first { On::Words } else { On::Table },
            miranda,
        ));
        let later = match first {
            true => Is::Na,
            false if third => Is::Unsettled,
            false => yes_if(self.first("debt.miranda.later")),
        };
        rows.push((
            R,
            "says-debt-collector",
            if first { On::Table } else { On::Words },
            later,
        ));
        let dispute = match first {
            false => Is::Na,
            true if third => Is::Unsettled,
            true => yes_if(self.first("debt.dispute")),
        };
        rows.push((
            R,
            "dispute-right",
            if first { On::Words } else { On::Table },
            dispute,
        ));
        let seven = match contacts::attempts_in_seven_days(self.call) {
            0..7 => Is::Yes(None),
            _ => Is::No(None),
        };
        rows.push((R, "seven-in-seven", On::Table, seven));
        let talked_lately = self
            .call
            .earlier
            .iter()
            .any(|e| e.reason == centre::DEBT && self.call.at_ms - e.at_ms <= 7 * DAY_MS);
        let talked = match self.call.kind {
            Kind::LaterDebt if talked_lately => Is::No(None),
            Kind::LaterDebt => Is::Yes(None),
            // The person knew that we would call.
            Kind::CallBack => Is::Unsettled,
            _ => Is::Na,
        };
        rows.push((R, "seven-days-after-talk", On::Table, talked));
        rows.push((R, "no-threats", On::Words, no_if(self.first("debt.threat"))));
        let stop = match self.first("debt.stop") {
            None => Is::Na,
            Some(_) => yes_if(self.first("debt.stop.ack")),
        };
        rows.push((R, "stop-request-noticed", On::Words, stop));
        let explains = match self.first("plain.ask") {
            None => Is::Na,
            Some(_) => yes_if(self.first("plain")),
        };
        rows.push((R, "explains", On::Words, explains));
    }

    fn payment(&self, rows: &mut Vec<Row<'a>>) {
        const R: &str = "payment";
        let spoken = self.first_of(&["pay.spoken", "pay.volunteered"]);
        let keyed = self.first_of(&["pay.keypad", "pay.stop"]);
        let paid = spoken.is_some() || keyed.is_some();
        rows.push((R, "card-number-off-tape", On::Words, no_if(spoken)));
        rows.push((
            R,
            "security-code-off-tape",
            On::Words,
            no_if(self.first("pay.code")),
        ));
        let read_back = if paid {
            no_if(self.first("pay.readback"))
        } else {
            Is::Na
        };
        rows.push((R, "number-not-read-back", On::Words, read_back));
        let safe = if paid { yes_if(keyed) } else { Is::Na };
        rows.push((R, "safe-way-offered", On::Words, safe));
        let stopped = match (self.first("pay.stop"), spoken) {
            (Some(mark), _) => Is::Yes(Some(mark)),
            (None, Some(mark)) => Is::No(Some(mark)),
            (None, None) => Is::Na,
        };
        rows.push((R, "stopped-in-time", On::Words, stopped));
        let amount = match self.first("pay.amount") {
            _ if !paid => Is::Na,
            None if self.has("data") => Is::Unsettled,
            amount => yes_if(amount),
        };
        rows.push((R, "amount-said", On::Words, amount));
        let confirmed = if paid {
            yes_if(self.first("pay.done"))
        } else {
            Is::Na
        };
        rows.push((R, "confirmation-given", On::Words, confirmed));
    }

    fn consent(&self, rows: &mut Vec<Row<'a>>) {
        const R: &str = "recording-consent";
        let ivr = self.call.meta.disclosure_by_ivr == Some(true);
        let notice = self.first_of(&["consent.notice", "consent.question"]);
        let disclosed = if ivr { Is::Na } else { yes_if(notice) };
        let on = if ivr { On::Table } else { On::Opening };
        rows.push((R, "recording-disclosed", on, disclosed));
        let personal = self.first_of(&[
            "identity.ask",
            "identity.ask.one",
            "identity.ask.only",
            "identity.ask.outbound",
            "identity.late",
            "identity.readout",
            "volunteered_address",
        ]);
        let before = match (notice, personal) {
            _ if ivr => Is::Na,
            (None, _) | (_, None) => Is::Na,
            (Some(notice), Some(personal)) => {
                match (notice.turn, notice.word) < (personal.turn, personal.word) {
                    true => Is::Yes(Some(notice)),
                    false => Is::No(Some(notice)),
                }
            }
        };
        rows.push((R, "before-personal-data", on, before));
        let purpose = match notice {
            _ if ivr => Is::Na,
            None => Is::Na,
            Some(_) => yes_if(self.first("purpose")),
        };
        rows.push((R, "purpose-said", on, purpose));
        let objection = match self.first("consent.objection") {
            None => Is::Na,
            Some(_) => yes_if(self.first("consent.honoured")),
        };
        rows.push((R, "objection-noticed", On::Words, objection));
        let asked = match self.first_of(&["consent.asked.told", "consent.asked.evaded"]) {
            None => Is::Na,
            Some(_) => yes_if(self.first("consent.asked.told")),
        };
        rows.push((R, "asked-and-told", On::Words, asked));
        let awaited = match self.first("consent.question") {
            None => Is::Na,
            question => Is::Yes(question),
        };
        rows.push((
            R,
            "consent-awaited",
            if ivr { On::Words } else { On::Opening },
            awaited,
        ));
    }
}

/// How a call stands to an earlier one of the same customer.
pub fn relation(call: &Call, earlier: &super::Earlier) -> &'static str {
    let interaction = &call.meta.interaction_id;
    if interaction.is_some() && *interaction == earlier.interaction_id {
        return "leg";
    }
    match call.meta.direction {
        Some(Direction::Outbound) if call.kind == Kind::CallBack => "promised_call_back",
        Some(Direction::Outbound) => "our_call",
        _ if call.meta.reason.as_deref() == Some(earlier.reason) => "same_matter",
        _ => "other_matter",
    }
}

/// The debts of the centre are its own matter.
pub fn is_debt(call: &Call) -> bool {
    call.meta.reason.as_deref() == Some(centre::DEBT)
}
