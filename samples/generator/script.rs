//! Writes what is said on a call: which behaviours are shown, in which words, in which order.
//!
//! Every behaviour leaves a [`Mark`] where it stands, and the truth is read off the marks alone.

use super::centre::{self, Agent, Habit, Matter, Traits};
use super::chance::Chance;
use super::wording::{self, Behaviour, Piece, Utterance, Who, Wording};

/// How a turn follows the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// After a pause.
    After(i64),
    /// While the other still speaks, so long before they fall silent.
    CutIn(i64),
    /// A back-channel within the other's turn.
    Within,
}

#[derive(Debug)]
pub struct Turn {
    pub who: Who,
    pub words: Vec<String>,
    pub start: Start,
}

/// A behaviour, where it was shown.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// Name of a behaviour, or a tag of its wording.
    pub what: &'static str,
    /// The behaviour whose wording carries it.
    pub behaviour: &'static str,
    pub who: Who,
    pub turn: usize,
    /// Its first word within the turn.
    pub word: usize,
    pub unusual: bool,
}

/// Why there is this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    First,
    /// The customer calls again about the same matter.
    Again,
    /// The customer calls about something else.
    Other,
    /// The second leg of an interaction: the call was handed over.
    Leg,
    /// The agent calls back as promised.
    CallBack,
    /// The centre calls again about a debt.
    LaterDebt,
}

impl Kind {
    /// A later communication about a debt, in the sense of the law.
    pub fn is_later(self) -> bool {
        matches!(self, Kind::LaterDebt | Kind::CallBack)
    }
}

/// What is said about an earlier promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    Broken,
    Kept,
}

/// What the writer knows before the call.
#[derive(Debug)]
pub struct Case<'a> {
    pub agent: &'a Agent,
    pub traits: Traits,
    pub matter: &'static Matter,
    pub kind: Kind,
    /// Calls of this customer about this matter before.
    pub times: usize,
    /// What the customer says of an earlier promise: to do this, or to call back (`None`).
    pub earlier_promise: Option<(Word, Option<String>)>,
    pub at_ms: i64,
    /// When the customer last called, for people who say so.
    pub earlier_ms: Option<i64>,
    pub told_by_ivr: bool,
    pub customer: &'a Customer,
    /// About how many words to write.
    pub words: usize,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    pub id: String,
    pub name: String,
    pub born: String,
    pub zip: String,
    pub street: String,
}

/// A promise of the agent for after the call.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// What is to be done; `None` for a call back.
    pub deed: Option<String>,
    /// `I will` rather than `I'll try`.
    pub firm: bool,
    /// The end of the day, or the hour, until when; `None` where none was said.
    pub due_ms: Option<i64>,
    /// As it was said.
    pub due: Option<String>,
    pub turn: usize,
}

/// How the matter stands at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Resolved,
    Promised,
    DeadEnd,
    Transferred,
    /// The person was not the right one, or could not prove to be.
    NotTold,
}

/// A written call.
#[derive(Debug)]
pub struct Script {
    pub turns: Vec<Turn>,
    pub marks: Vec<Mark>,
    pub promise: Option<Promise>,
    pub outcome: Outcome,
}

impl Script {
    pub fn has(&self, what: &str) -> bool {
        self.marks.iter().any(|m| m.what == what)
    }
}

const FIRST_NAMES: [&str; 40] = [
    "Robert", "Linda", "Peter", "Maria", "James", "Susan", "David", "Karen", "Thomas", "Nancy",
    "Daniel", "Laura", "Paul", "Sandra", "Mark", "Donna", "George", "Carol", "Kevin", "Ruth",
    "Brian", "Sharon", "Edward", "Helen", "Ronald", "Amy", "Anthony", "Angela", "Jason", "Diane",
    "Gary", "Alice", "Eric", "Julie", "Stephen", "Joyce", "Larry", "Evelyn", "Scott", "Megan",
];
const LAST_NAMES: [&str; 40] = [
    "Ellis", "Harris", "Walker", "Lopez", "Young", "King", "Wright", "Scott", "Green", "Baker",
    "Adams", "Nelson", "Hill", "Campbell", "Mitchell", "Roberts", "Carter", "Phillips", "Evans",
    "Turner", "Parker", "Collins", "Edwards", "Stewart", "Morris", "Murphy", "Cook", "Rogers",
    "Morgan", "Peterson", "Cooper", "Reed", "Bailey", "Bell", "Gomez", "Kelly", "Howard", "Ward",
    "Cox", "Diaz",
];
const STREETS: [&str; 8] = [
    "Maple Street",
    "Oak Avenue",
    "Hill Road",
    "Lake Drive",
    "Cedar Lane",
    "Park Street",
    "River Road",
    "Elm Court",
];
const ITEMS: [&str; 8] = [
    "lamp",
    "mirror",
    "bookshelf",
    "coffee table",
    "vase",
    "desk",
    "chair",
    "toaster",
];
const PLANS: [&str; 3] = ["Family", "Turbo", "Comfort"];

impl Customer {
    pub fn new(seed: u64, number: u64) -> Self {
        let mut chance = Chance::new(seed, "customer", number);
        let name = format!(
            "{} {}",
            chance.pick_text(&FIRST_NAMES),
            chance.pick_text(&LAST_NAMES)
        );
        let (month, day) = (chance.pick_text(&centre::MONTHS), chance.between(4, 20));
        Self {
            id: format!("cu-{:05}", 20_001 + number),
            name,
            born: format!("{month} {day}th, {}", chance.between(1948, 2003)),
            zip: format!("{}", chance.between(10_001, 98_000)),
            street: format!("{} {}", chance.between(3, 99), chance.pick_text(&STREETS)),
        }
    }

    fn first(&self) -> &str {
        self.name.split(' ').next().unwrap_or(&self.name)
    }
}

/// What fills the braces.
struct Facts {
    amount: String,
    amount2: String,
    last4: String,
    /// Where somebody has moved to.
    new_zip: String,
    new_street: String,
    order: String,
    code: String,
    expiry: String,
    item: &'static str,
    plan: &'static str,
    month: &'static str,
    earlier: &'static str,
    date: String,
    daypart: &'static str,
    colleague: String,
    due: String,
    due_ms: i64,
    days: &'static str,
}

impl Facts {
    fn draw(case: &Case, chance: &mut Chance) -> Self {
        let money = |chance: &mut Chance, low, high| {
            let dollars = chance.between(low, high);
            match chance.below(3) {
                0 => format!("${dollars}"),
                _ => format!("${dollars}.{:02}", chance.between(5, 99)),
            }
        };
        let colleague = loop {
            let other = chance.pick_text(&centre::AGENTS);
            if other != case.agent.id {
                let first = other.split('.').next().unwrap_or(other);
                break first[..1].to_uppercase() + &first[1..];
            }
        };
        let hour = case.at_ms % centre::DAY_MS / 3_600_000;
        let before = |days: i64| case.at_ms - days * centre::DAY_MS;
        let (due, due_ms) = due(case.at_ms, chance);
        Self {
            amount: money(chance, 60, 380),
            amount2: money(chance, 12, 58),
            last4: chance.between(1003, 9890).to_string(),
            order: chance.between(20_111, 98_765).to_string(),
            code: chance.between(203, 987).to_string(),
            new_zip: chance.between(10_001, 98_000).to_string(),
            new_street: format!("{} {}", chance.between(3, 99), chance.pick_text(&STREETS)),
            expiry: format!("{} 2028", chance.pick_text(&centre::MONTHS)),
            item: chance.pick_text(&ITEMS),
            plan: chance.pick_text(&PLANS),
            month: chance.pick_text(&["October", "November", "December"]),
            earlier: centre::weekday(case.earlier_ms.unwrap_or_else(|| before(2))),
            date: centre::spoken_date(before(chance.between(3, 9))),
            daypart: match hour {
                0..12 => "morning",
                12..17 => "afternoon",
                _ => "evening",
            },
            colleague,
            due,
            due_ms,
            days: chance.pick_text(&["three", "five", "ten"]),
        }
    }
}

/// A date that a promise names, and until when that is.
fn due(at_ms: i64, chance: &mut Chance) -> (String, i64) {
    let today = at_ms / centre::DAY_MS * centre::DAY_MS;
    let end_of = |days: i64| today + (days + 1) * centre::DAY_MS - 1000;
    let tomorrow_is_open = (today / centre::DAY_MS + 1) % 7 < 5;
    match chance.below(5) {
        0 if tomorrow_is_open => ("tomorrow evening".to_string(), end_of(1)),
        1 if tomorrow_is_open => (
            "tomorrow at noon".to_string(),
            end_of(0) + centre::DAY_MS / 2,
        ),
        choice => {
            let mut days = chance.between(2, 6);
            while (today / centre::DAY_MS + days) % 7 >= 5 {
                days += 1;
            }
            let day = today + days * centre::DAY_MS;
            let said = match choice {
                3 => centre::spoken_date(day),
                _ => centre::weekday(day).to_string(),
            };
            (said, end_of(days))
        }
    }
}

/// Writes the call.
pub fn write(case: &Case, mut chance: Chance) -> Script {
    let facts = Facts::draw(case, &mut chance);
    let uses_name = chance.happens(case.traits.rate(Habit::UsesName));
    let mut writer = Writer {
        case,
        facts,
        chance,
        uses_name,
        turns: Vec::with_capacity(64),
        marks: Vec::with_capacity(96),
        words: 0,
        promise: None,
        deed: None,
        said: Vec::with_capacity(48),
        pause: None,
        deck: Vec::new(),
        matter_deck: Vec::new(),
    };
    let outcome = match case.matter.reason {
        centre::DEBT => writer.debt(),
        _ if case.kind == Kind::CallBack => writer.call_back(),
        _ => writer.inbound(),
    };
    Script {
        turns: writer.turns,
        marks: writer.marks,
        promise: writer.promise,
        outcome,
    }
}

struct Writer<'a> {
    case: &'a Case<'a>,
    facts: Facts,
    chance: Chance,
    uses_name: bool,
    turns: Vec<Turn>,
    marks: Vec<Mark>,
    words: usize,
    promise: Option<Promise>,
    said: Vec<&'static Wording>,
    /// What the agent promises to do.
    deed: Option<String>,
    /// Silence before the next turn, where it is not the usual one.
    pause: Option<Start>,
    /// Exchanges that fill the call, drawn without putting back.
    deck: Vec<(&'static Behaviour, usize)>,
    matter_deck: Vec<(&'static Behaviour, usize)>,
}

impl Writer<'_> {
    // How things are said.

    fn shows(&mut self, habit: Habit) -> bool {
        let rate = self.case.traits.rate(habit);
        self.chance.happens(rate)
    }

    /// Says a behaviour in any of its wordings.
    fn say(&mut self, name: &str) {
        let behaviour = wording::behaviour(name);
        let mut wording = self.chance.pick(&behaviour.wordings);
        // Nobody says the same thing twice in a call, unless there is no other way to say it.
        for _ in 0..3 {
            if !self.said.iter().any(|said| std::ptr::eq(*said, wording)) {
                break;
            }
            wording = self.chance.pick(&behaviour.wordings);
        }
        self.said.push(wording);
        self.say_as(behaviour, wording);
    }

    /// The same for a behaviour of the matter.
    fn say_of_matter(&mut self, part: &str) {
        self.say(&format!("{}.{part}", self.case.matter.reason));
    }

    /// A question of the agent about the matter, and the answer.
    fn explores(&mut self) {
        let is = |(b, _): &(&'static Behaviour, usize)| b.name.ends_with(".explore");
        if let Some(at) = self.matter_deck.iter().position(is) {
            let (behaviour, index) = self.matter_deck.remove(at);
            self.say_as(behaviour, &behaviour.wordings[index]);
        }
    }

    fn say_as(&mut self, behaviour: &'static Behaviour, wording: &'static Wording) {
        self.say_part(behaviour, wording, wording.utterances.len());
    }

    /// Only so many of its utterances: a question, say, without the answer.
    fn say_part(&mut self, behaviour: &'static Behaviour, wording: &'static Wording, parts: usize) {
        for (i, utterance) in wording.utterances.iter().take(parts).enumerate() {
            let (turn, word) = self.utter(utterance);
            let mut mark = |what: &'static str| {
                self.marks.push(Mark {
                    what,
                    behaviour: behaviour.name,
                    who: utterance.who,
                    turn,
                    word,
                    unusual: wording.unusual,
                });
            };
            if i == 0 {
                mark(behaviour.name);
                // `balance.data` is also `data`.
                if behaviour.name.ends_with(".data") {
                    mark("data");
                }
            }
            for tag in &utterance.tags {
                mark(tag);
            }
            if utterance.asks && utterance.who == Who::Customer {
                mark("asked");
            }
            let names = utterance
                .pieces
                .iter()
                .any(|p| matches!(p, Piece::Slot { slot: "first", .. }));
            if names && self.uses_name && utterance.who == Who::Agent {
                mark("named");
            }
        }
    }

    /// Appends to the speaker's turn, or takes the floor. Gives the place of the first word.
    fn utter(&mut self, utterance: &'static Utterance) -> (usize, usize) {
        let start = self.pause.take();
        let goes_on = start.is_none()
            && self
                .turns
                .last()
                .is_some_and(|t| t.who == utterance.who && t.start != Start::Within);
        let mut words = match goes_on {
            true => std::mem::take(&mut self.turns.last_mut().expect("it goes on").words),
            false => Vec::with_capacity(utterance.pieces.len() + 8),
        };
        let first_word = words.len();
        self.fill(&utterance.pieces, utterance.who, &mut words);
        self.words += words.len() - first_word;
        if goes_on {
            let turn = self.turns.len() - 1;
            self.turns[turn].words = words;
            return (turn, first_word);
        }
        let start = start.unwrap_or_else(|| Start::After(self.chance.between(140, 700)));
        self.turns.push(Turn {
            who: utterance.who,
            words,
            start,
        });
        (self.turns.len() - 1, first_word)
    }

    fn fill(&mut self, pieces: &'static [Piece], who: Who, words: &mut Vec<String>) {
        for piece in pieces {
            match *piece {
                Piece::Word(word) => words.push(word.to_string()),
                // An agent who uses no names leaves them out: "Thank you, Jane." loses its end.
                Piece::Slot {
                    slot: "first",
                    after,
                    ..
                } if who == Who::Agent && !self.uses_name => {
                    if let Some(last) = words.last_mut() {
                        last.truncate(last.trim_end_matches(',').len());
                        last.push_str(after);
                    }
                }
                Piece::Slot {
                    before,
                    slot,
                    after,
                } => {
                    let from = words.len();
                    self.fill_slot(slot, who, words);
                    if !before.is_empty() {
                        words[from].insert_str(0, before);
                    }
                    if let Some(last) = words.last_mut() {
                        last.push_str(after);
                    }
                }
            }
        }
    }

    fn fill_slot(&mut self, slot: &'static str, who: Who, words: &mut Vec<String>) {
        let facts = &self.facts;
        let case = self.case;
        let text: &str = match slot {
            "company" => case.matter.company,
            "agent" => &case.agent.first_name,
            "name" => &case.customer.name,
            "first" => case.customer.first(),
            "dob" => &case.customer.born,
            "zip" => &case.customer.zip,
            "street" => &case.customer.street,
            "amount" => &facts.amount,
            "amount2" => &facts.amount2,
            "last4" => &facts.last4,
            "new_zip" => &facts.new_zip,
            "new_street" => &facts.new_street,
            "order" => &facts.order,
            "code" => &facts.code,
            "expiry" => &facts.expiry,
            "item" => facts.item,
            "plan" => facts.plan,
            "month" => facts.month,
            "earlier" => facts.earlier,
            "date" => &facts.date,
            "daypart" => facts.daypart,
            "colleague" => &facts.colleague,
            "due" => &facts.due,
            "days" => facts.days,
            _ => {
                let deed = match (slot, who, &case.earlier_promise) {
                    ("deed", Who::Agent, _) => self.deed.as_deref(),
                    ("deed", Who::Customer, Some((_, deed))) => deed.as_deref(),
                    _ => None,
                };
                match deed {
                    Some(deed) => {
                        words.extend(deed.split(' ').map(|word| as_said_by(who, word)));
                        return;
                    }
                    None => return self.fill_of_matter(slot, who, words),
                }
            }
        };
        words.extend(text.split(' ').map(str::to_string));
    }

    /// Fillings that are wordings themselves: a deed, a summary, a next step.
    fn fill_of_matter(&mut self, slot: &'static str, who: Who, words: &mut Vec<String>) {
        let (part, small) = match slot {
            "step_small" => ("step", true),
            part => (part, false),
        };
        let behaviour = wording::behaviour(&format!("{}.{part}", self.case.matter.reason));
        let from = words.len();
        let wording = self.chance.pick(&behaviour.wordings);
        self.fill(&wording.utterances[0].pieces, who, words);
        let begins = match from.checked_sub(1) {
            Some(before) => words[before].ends_with(['.', '?', '!']),
            None => true,
        };
        if let Some(word) = words.get_mut(from) {
            if small {
                *word = word.to_lowercase();
            } else if begins {
                *word = word[..1].to_uppercase() + &word[1..];
            }
        }
    }

    /// A behaviour that is shown by doing, not by words.
    fn mark(&mut self, what: &'static str, who: Who) {
        self.marks.push(Mark {
            what,
            behaviour: what,
            who,
            turn: self.turns.len().saturating_sub(1),
            word: 0,
            unusual: false,
        });
    }

    fn reacts(&mut self) {
        self.say("any.reaction");
    }

    // What fills a call.

    fn deal(&mut self) {
        let reason = self.case.matter.reason;
        for part in ["explore", "explain", "question"] {
            if let Some(b) = wording::find(&format!("{reason}.{part}")) {
                self.matter_deck
                    .extend((0..b.wordings.len()).map(|i| (b, i)));
            }
        }
        for name in ["any.explore", "any.explain", "any.talk", "any.question"] {
            let b = wording::behaviour(name);
            self.deck.extend((0..b.wordings.len()).map(|i| (b, i)));
        }
        self.chance.shuffle(&mut self.matter_deck);
        self.chance.shuffle(&mut self.deck);
    }

    /// One exchange that shows nothing in particular; the matter's own come first.
    fn small_step(&mut self) -> bool {
        let of_matter = self.matter_deck.len() > 1 && !self.chance.happens(0.25);
        let drawn = match of_matter {
            true => self.matter_deck.pop(),
            false => self.deck.pop().or_else(|| self.matter_deck.pop()),
        };
        let Some((behaviour, index)) = drawn else {
            // A very long call: people do come back to the same things.
            self.deal();
            return true;
        };
        self.say_as(behaviour, &behaviour.wordings[index]);
        if behaviour.name.ends_with("explain") {
            self.reacts();
        }
        true
    }

    fn until(&mut self, words: usize) {
        while self.words < words && self.small_step() {}
    }

    // The parts of a call.

    fn opening(&mut self) {
        if !self.case.told_by_ivr && self.chance.happens(0.12) {
            self.greets();
            if self.shows(Habit::NamesRecording) {
                self.say("consent.question");
            }
            return;
        }
        let notice = !self.case.told_by_ivr && self.shows(Habit::NamesRecording);
        self.greets();
        if notice {
            self.say("consent.notice");
        }
    }

    fn greets(&mut self) {
        let name = self.shows(Habit::GivesName);
        match self.shows(Habit::OffersHelp) {
            true if name => {
                // "This is Jane" comes after the company or after the offer, as people do.
                self.say("greeting");
                self.say("name");
            }
            true => self.say("greeting"),
            false if name => {
                self.say("name");
                self.say("greeting.none");
            }
            false => self.say("greeting.none"),
        }
    }

    /// What the customer says first, with the effort that it has cost so far.
    fn complaint(&mut self) {
        self.say_of_matter("open");
        let case = self.case;
        match case.kind {
            Kind::Again if case.times >= 2 => self.say("repeat.third"),
            Kind::Again if self.chance.happens(0.8) => self.say("repeat.mention"),
            Kind::Leg if self.chance.happens(0.6) => self.say("effort.twice"),
            _ => {}
        }
        match &case.earlier_promise {
            Some((Word::Broken, None)) => self.say("broken.promise"),
            Some((Word::Broken, Some(_))) => self.say("broken.promise.deed"),
            Some((Word::Kept, Some(_))) => self.say("kept.promise"),
            Some((Word::Kept, None)) | None => {}
        }
        if case.kind == Kind::First || case.kind == Kind::Other {
            match self.chance.below(40) {
                0..6 => self.say("effort.selfservice"),
                6..8 => self.say("effort.passed"),
                8 => self.say("effort.twice"),
                9 => self.say("written.twice"),
                _ => {}
            }
        } else if case.kind == Kind::Again && self.chance.happens(0.15) {
            self.say("effort.twice");
        }
        let troubled = self.marks.iter().any(|m| m.what == "trouble");
        if troubled && self.chance.happens(0.35) {
            self.say("trouble");
        }
    }

    fn has(&self, what: &str) -> bool {
        self.marks.iter().any(|m| m.what == what)
    }

    /// Whether the customer has told of something that deserves a kind word.
    fn troubled(&self) -> bool {
        self.marks.iter().any(|m| is_trouble(m.what))
    }

    /// Regret and knowledge of what the customer went through. Where nothing is said about it
    /// the agent goes on as if nothing was.
    fn acknowledges(&mut self) {
        for (told, answer) in [
            ("broken.promise", "broken.promise.ack"),
            ("broken.promise.deed", "broken.promise.ack"),
            ("repeat.mention", "repeat.ack"),
            ("repeat.third", "repeat.ack"),
            ("effort.twice", "effort.twice.ack"),
            ("effort.passed", "effort.passed.ack"),
            ("effort.selfservice", "effort.selfservice.ack"),
        ] {
            if self.has(told) && self.shows(Habit::Recognises) {
                self.say(answer);
                break;
            }
        }
        if self.has("effort.twice") && !self.has("effort.twice.ack") {
            self.mark("unanswered_maybe", Who::Customer);
        }
    }

    fn care(&mut self, at_once: bool) {
        let due = self.troubled() && self.shows(Habit::Empathy);
        if due && at_once {
            self.say("empathy");
        }
        if at_once {
            self.acknowledges();
        }
        if !due && at_once && self.troubled() && self.chance.happens(0.5) {
            self.say("empathy.none");
        }
    }

    /// Identity; false where the person is not the holder.
    fn identity(&mut self) -> bool {
        if self.chance.happens(0.05) {
            self.say("identity.ask.only");
            self.say("identity.fail");
            return false;
        }
        if self.shows(Habit::ReadsOut) {
            self.say("identity.readout");
        }
        match self.shows(Habit::TwoItems) {
            true => self.say("identity.ask"),
            false => self.say("identity.ask.one"),
        }
        if self.chance.happens(0.85) {
            self.say("identity.thanks");
        }
        true
    }

    fn wait(&mut self) {
        if self.shows(Habit::AnnouncesHold) {
            self.say("hold.ask");
            self.silence(8_000, 42_000);
            match self.shows(Habit::ThanksForHold) {
                true => self.say("hold.return"),
                false => self.say("hold.return.bare"),
            }
            self.reacts();
            return;
        }
        self.reacts();
        self.silence(11_500, 21_000);
        match self.chance.happens(0.25) {
            true => {
                self.mark("hold.unannounced", Who::Agent);
                self.say("hold.return");
            }
            false => {
                self.mark("dead_air", Who::Agent);
                self.say("hold.return.bare");
            }
        }
        self.reacts();
    }

    fn silence(&mut self, low: i64, high: i64) {
        self.pause = Some(Start::After(self.chance.between(low, high)));
    }

    fn cuts_in(&mut self) {
        self.say("cutin.victim");
        self.pause = Some(Start::CutIn(self.chance.between(550, 900)));
        self.say("cutin");
        self.reacts();
    }

    /// The customer talks into the agent's words, as people do.
    fn is_cut_in(&mut self) {
        if self
            .turns
            .last()
            .is_some_and(|t| t.who == Who::Agent && t.words.len() > 8)
        {
            self.pause = Some(Start::CutIn(self.chance.between(450, 800)));
            self.say("customer.cutin");
        }
    }

    fn murmurs(&mut self) {
        let long =
            |t: &Turn| t.who == Who::Customer && t.words.len() > 12 && t.start != Start::Within;
        if self.turns.last().is_some_and(long) {
            self.pause = Some(Start::Within);
            self.say("backchannel");
        }
    }

    fn jargon(&mut self) {
        self.say("jargon");
        self.explanation();
    }

    fn explanation(&mut self) {
        self.say("plain.ask");
        match self.shows(Habit::Explains) {
            true => {
                self.say("plain");
                self.reacts();
            }
            false => {
                self.mark("unanswered", Who::Customer);
                self.say("question.ignored");
                self.reacts();
            }
        }
    }

    fn open_question(&mut self) {
        let questions = wording::behaviour("any.open.question");
        let question = self.chance.pick(&questions.wordings);
        match self.shows(Habit::AnswersQuestions) {
            true => self.say_as(questions, question),
            false => {
                self.say_part(questions, question, 1);
                self.mark("unanswered", Who::Customer);
                self.say("question.ignored");
            }
        }
        self.reacts();
    }

    /// Habits that can show in any call, in the middle of it.
    fn manners(&mut self) -> Vec<fn(&mut Self)> {
        let mut list: Vec<fn(&mut Self)> = Vec::new();
        if self.shows(Habit::CutsIn) {
            list.push(Self::cuts_in);
            if self.shows(Habit::CutsInAgain) {
                list.push(Self::cuts_in);
            }
        }
        if self.shows(Habit::Hurries) {
            list.push(|w| {
                w.say("hurry");
                w.reacts();
            });
        }
        if self.shows(Habit::GivesTime) {
            list.push(|w| {
                w.say("time.given");
                w.reacts();
            });
        }
        if self.shows(Habit::Policy) {
            list.push(|w| {
                w.say("policy");
                w.reacts();
            });
        }
        if self.shows(Habit::Jargon) {
            list.push(Self::jargon);
        } else if self.chance.happens(0.08)
            && wording::find(&format!("{}.plain", self.case.matter.reason)).is_some()
        {
            list.push(Self::explanation);
        }
        if self.chance.happens(0.45) {
            list.push(Self::open_question);
        }
        if self.chance.happens(0.28) {
            list.push(Self::wait);
        }
        if self.shows(Habit::Celebrates) {
            list.push(|w| w.say("celebrate"));
        }
        if self.chance.happens(0.25) {
            list.push(Self::murmurs);
        }
        if self.chance.happens(0.15) {
            list.push(Self::is_cut_in);
        }
        if self.shows(Habit::Listens) {
            list.push(|w| {
                w.say("listen");
                w.say("listen.answer");
            });
        }
        self.chance.shuffle(&mut list);
        list
    }

    fn inbound(&mut self) -> Outcome {
        self.deal();
        let case = self.case;
        self.opening();
        self.complaint();
        let at_once = self.shows(Habit::EmpathyAtOnce);
        if at_once {
            self.care(true);
        }
        self.consent();
        let identity_first = self.shows(Habit::IdentityFirst);
        if identity_first && !self.identity() {
            return self.not_the_holder();
        }
        if !at_once {
            // A question first, so that the kind word comes late.
            if self.turns.last().is_some_and(|t| t.who == Who::Customer) {
                self.explores();
            }
            self.care(true);
        }
        if case.matter.reason == "address_change" {
            // The new address has to be said before it can be entered.
            let explore = wording::behaviour("address_change.explore");
            let with_address = explore
                .wordings
                .iter()
                .position(|w| w.utterances.iter().any(|u| !u.tags.is_empty()))
                .expect("one of them has the address");
            self.matter_deck
                .retain(|(b, i)| b.name != explore.name || *i != with_address);
            self.say_as(explore, &explore.wordings[with_address]);
        }
        let body = case.words * 88 / 100;
        let manners = self.manners();
        let steps = manners.len() + 1;
        self.explores();
        let has_data = self.chance.happens(0.75);
        let written = self.has("written.twice");
        for (i, manner) in manners.into_iter().enumerate() {
            if i == steps / 2 && has_data {
                self.say_of_matter("data");
            }
            manner(self);
            self.until(self.words + body.saturating_sub(self.words) / (steps - i));
        }
        if has_data && !self.has("data") {
            self.say_of_matter("data");
        }
        if !identity_first && self.chance.happens(0.4) {
            // Too late: something of the account has been said by now.
            if !self.has("data") {
                self.say_of_matter("data");
            }
            self.say("identity.late");
        }
        self.until(body);
        if written {
            match self.shows(Habit::Recognises) {
                true => self.say("written.settled"),
                false => {
                    self.say("written.back");
                    self.reacts();
                    return self.end(Outcome::DeadEnd);
                }
            }
        }
        if self.chance.happens(0.07) {
            return self.hands_over();
        }
        if case.matter.reason == "payment" {
            return self.pays();
        }
        if self.shows(Habit::DeadEnd) {
            let away = self.chance.happens(0.5);
            self.say(if away {
                "deadend.away"
            } else {
                "deadend.nothing"
            });
            self.say("customer.unhappy");
            return self.end(Outcome::DeadEnd);
        }
        if self.has("mistake") && self.shows(Habit::OwnsMistakes) {
            self.say("own.mistake");
        }
        if case.matter.reason == "cancel" {
            let accepts = self.shows(Habit::AcceptsNo);
            self.say(if accepts {
                "cancel.accept"
            } else {
                "cancel.push"
            });
        }
        let promised = case.matter.reason != "balance" && self.chance.happens(0.33);
        if promised {
            self.promises();
            return self.end(Outcome::Promised);
        }
        self.say_of_matter("resolve");
        if self.chance.happens(0.55) && case.matter.reason != "balance" {
            self.next_step();
        }
        self.end(Outcome::Resolved)
    }

    fn consent(&mut self) {
        if self.chance.happens(0.02) {
            self.say("consent.objection");
            let honours = self.shows(Habit::HonoursObjection);
            self.say(if honours {
                "consent.honoured"
            } else {
                "consent.ignored"
            });
            self.reacts();
        } else if self.chance.happens(0.025) {
            let told = self.chance.happens(0.7);
            self.say(if told {
                "consent.asked.told"
            } else {
                "consent.asked.evaded"
            });
        }
    }

    fn not_the_holder(&mut self) -> Outcome {
        if self.shows(Habit::TellsAnyway) {
            self.say("identity.tellanyway");
            self.say_of_matter("data");
        } else {
            self.say("identity.refuse");
        }
        // Questions about the matter would tell more of it.
        self.matter_deck.clear();
        self.until(self.case.words / 3);
        self.close();
        Outcome::NotTold
    }

    fn hands_over(&mut self) -> Outcome {
        match self.shows(Habit::TransfersWarmly) {
            true => self.say("transfer.warm"),
            false if self.chance.happens(0.4) => self.say("transfer.explained"),
            false => self.say("transfer.cold"),
        }
        Outcome::Transferred
    }

    fn next_step(&mut self) {
        match self.shows(Habit::DatedStep) {
            true => self.say("nextstep.dated"),
            false => self.say("nextstep.undated"),
        }
        self.reacts();
    }

    fn promises(&mut self) {
        let firm = self.shows(Habit::FirmPromise);
        let dated = firm && self.shows(Habit::DatedPromise);
        let call_back = self.chance.happens(0.4);
        let deed = match call_back {
            true => None,
            false => {
                let name = format!("{}.deed", self.case.matter.reason);
                let deeds = wording::behaviour(&name);
                let wording = self.chance.pick(&deeds.wordings);
                let mut words = Vec::new();
                self.fill(&wording.utterances[0].pieces, Who::Agent, &mut words);
                Some(words.join(" "))
            }
        };
        let name = match (call_back, firm, dated) {
            (false, true, true) => "promise.firm",
            (false, true, false) => "promise.undated",
            (false, false, _) => "promise.try",
            (true, true, true) => "promise.callback.firm",
            (true, true, false) => "promise.callback.undated",
            (true, false, _) => "promise.callback.try",
        };
        self.deed.clone_from(&deed);
        self.say(name);
        self.promise = Some(Promise {
            deed,
            firm,
            due_ms: dated.then_some(self.facts.due_ms),
            due: dated.then(|| self.facts.due.clone()),
            turn: self.turns.len() - 1,
        });
        self.reacts();
    }

    fn pays(&mut self) -> Outcome {
        if self.shows(Habit::SaysAmount) {
            self.say("pay.amount");
        }
        if self.shows(Habit::PushesSafePayment) {
            if self.chance.happens(0.12) {
                self.say_stopped();
            } else {
                self.say("pay.keypad");
            }
        } else {
            let asked = self.chance.happens(0.75);
            self.say(if asked {
                "pay.spoken"
            } else {
                "pay.volunteered"
            });
            if self.chance.happens(0.35) {
                self.say("pay.readback");
            }
            self.say("pay.expiry");
            if self.chance.happens(0.5) {
                self.say("pay.code");
            }
        }
        let confirmed = self.chance.happens(0.8);
        self.say(if confirmed {
            "pay.done"
        } else {
            "pay.done.silent"
        });
        if self.chance.happens(0.3) {
            self.next_step();
        }
        self.end(Outcome::Resolved)
    }

    /// The customer begins to read the card out and is stopped.
    fn say_stopped(&mut self) {
        let behaviour = wording::behaviour("pay.stop");
        let wording = self.chance.pick(&behaviour.wordings);
        if let [begins, stops] = &wording.utterances[..] {
            let (turn, word) = self.utter(begins);
            let mark = Mark {
                what: behaviour.name,
                behaviour: behaviour.name,
                who: Who::Customer,
                turn,
                word,
                unusual: wording.unusual,
            };
            self.marks.push(mark);
            self.pause = Some(Start::CutIn(self.chance.between(400, 600)));
            self.utter(stops);
            self.say("pay.keyed");
        }
    }

    /// What comes after the matter itself.
    fn end(&mut self, outcome: Outcome) -> Outcome {
        if outcome != Outcome::DeadEnd {
            if self.shows(Habit::Confirms) && self.case.matter.reason != "balance" {
                self.say("confirm");
                self.say("confirm.answer");
            }
            if self.shows(Habit::Anticipates) {
                self.say("anticipate");
                self.reacts();
            }
            if self.shows(Habit::WayBack) {
                self.say("wayback");
                self.reacts();
            }
        }
        if self.shows(Habit::ClosesEarly) {
            self.say("early.close.attempt");
            self.pause = Some(Start::CutIn(self.chance.between(500, 800)));
            self.say("early.close");
            return outcome;
        }
        self.close();
        outcome
    }

    fn close(&mut self) {
        if self.shows(Habit::AsksFurther) {
            self.say("further");
            self.say("further.answer");
        }
        let content = !self.has("dead") && !self.has("unanswered");
        match self.chance.below(10) {
            0 if content => self.say("customer.kind"),
            1 if content => self.say("customer.easy"),
            2..6 if content => self.say("customer.pleased"),
            _ => self.say("customer.neutral"),
        }
        match self.shows(Habit::Thanks) {
            true => self.say("thanks"),
            false => self.say("closing.bare"),
        }
        self.say("customer.bye");
    }

    // Calls that the centre makes.

    fn outbound_opening(&mut self) {
        match self.shows(Habit::GivesName) {
            true => self.say("outbound.opening"),
            false => self.say("outbound.opening.unnamed"),
        }
    }

    fn call_back(&mut self) -> Outcome {
        self.deal();
        // The matter is settled, so nobody explores it again.
        self.matter_deck.clear();
        self.outbound_opening();
        self.say("outbound.answer");
        if self.shows(Habit::NamesRecording) && !self.case.told_by_ivr {
            self.say("consent.notice");
        }
        if self.shows(Habit::IdentityFirst) {
            self.say("identity.ask.outbound");
            self.say("identity.thanks");
        }
        self.say("callback.reason");
        self.reacts();
        self.say("callback.result");
        let manners = self.manners();
        for manner in manners {
            manner(self);
        }
        self.until(self.case.words * 6 / 10);
        self.end(Outcome::Resolved)
    }

    fn debt(&mut self) -> Outcome {
        self.deal();
        self.outbound_opening();
        if self.chance.happens(0.12) {
            self.say("debt.thirdparty");
            let held = self.shows(Habit::HoldsDebt);
            self.say(if held {
                "debt.thirdparty.kept"
            } else {
                "debt.thirdparty.told"
            });
            // Nothing of the matter is for others.
            self.matter_deck.clear();
            self.until(self.case.words / 4);
            match self.shows(Habit::Thanks) {
                true => self.say("thanks.anybody"),
                false => self.say("closing.bare"),
            }
            self.say("customer.bye");
            return Outcome::NotTold;
        }
        self.say("outbound.answer");
        if self.shows(Habit::NamesRecording) && !self.case.told_by_ivr {
            self.say("consent.notice");
        }
        let identity_first = self.shows(Habit::IdentityFirst);
        if identity_first {
            self.say("identity.ask.outbound");
            self.say("identity.thanks");
        }
        match (self.case.kind.is_later(), self.shows(Habit::Miranda)) {
            (true, true) => self.say("debt.miranda.later"),
            (true, false) => {}
            (false, true) => self.say("debt.miranda.both"),
            (false, false) if self.chance.happens(0.6) => self.say("debt.miranda.attempt"),
            (false, false) => {}
        }
        if self.case.kind == Kind::CallBack {
            self.say("callback.reason");
            self.reacts();
        }
        self.say("debt.named");
        if !self.case.kind.is_later() && self.shows(Habit::DisputeRight) {
            self.say("debt.dispute");
            self.reacts();
        }
        if !identity_first && self.chance.happens(0.4) {
            self.say("identity.late");
        }
        if self.chance.happens(0.4) {
            self.say("debt.hardship");
            if self.shows(Habit::Empathy) {
                self.say("empathy");
                self.reacts();
            }
        }
        if self.chance.happens(0.15) {
            self.say("debt.stop");
            let stops = self.shows(Habit::StopsCalling);
            self.say(if stops {
                "debt.stop.ack"
            } else {
                "debt.stop.ignored"
            });
            self.reacts();
        }
        let manners = self.manners();
        let body = self.case.words * 88 / 100;
        let steps = manners.len() + 1;
        for (i, manner) in manners.into_iter().enumerate() {
            manner(self);
            self.until(self.words + body.saturating_sub(self.words) / (steps - i));
        }
        self.until(body);
        if self.shows(Habit::Threatens) {
            self.say("debt.threat");
            self.reacts();
        }
        if self.chance.happens(0.6) {
            self.say("debt.plan");
            self.say("debt.plan.done");
            if self.chance.happens(0.6) {
                self.next_step();
            }
            return self.end(Outcome::Resolved);
        }
        self.promises();
        self.end(Outcome::Promised)
    }
}

/// Deeds are worded as the agent says them; the customer turns "send you" into "send me".
fn as_said_by(who: Who, word: &str) -> String {
    let word = match (who, word) {
        (Who::Customer, "you") => "me",
        (Who::Customer, "your") => "my",
        (Who::Customer, "we") => "you",
        _ => word,
    };
    word.to_string()
}

/// Whether a mark tells of a trouble in the sense of the rubrics.
pub fn is_trouble(what: &str) -> bool {
    matches!(
        what,
        "trouble"
            | "mistake"
            | "repeat.mention"
            | "repeat.third"
            | "effort.twice"
            | "effort.passed"
            | "broken.promise"
            | "broken.promise.deed"
            | "written.twice"
            | "debt.hardship"
    )
}
