//! What was promised in a call, and what the customer says of promises that were not kept.
//!
//! A promise is a sentence that looks ahead ("I will", "we're going to", "you will get", "your
//! card will arrive") with a verb of doing, sending, calling, repairing, paying back or finding
//! out. "Usually takes three days" is none, nor are questions, negations, offers ("I can") and
//! what is done within the call ("I'll check", "let me see", "I'll transfer you"); a condition
//! ("if you send it, I will") makes it no less one. Left out on purpose: what was done already
//! ("I have refunded"), and promises that negate ("nobody will call you again").

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::due;
use super::english::{Family, Key, Token, class, key};
use super::sentences::{Hit, Said, Sentence};
use super::{Conversation, Party};
use crate::transcript::Span;

pub use super::due::{Day, Due, TimeUnit, When};

/// What somebody said they, or their side, will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    pub party: Party,
    pub span: Span,
    /// The words of it, with a condition where one was made.
    pub quote: String,
    pub kind: PromiseKind,
    /// Until when, where a day or a time was named.
    pub due: Option<Due>,
    /// Said with a way out: "I'll try", "usually", "hopefully", "should".
    pub hedged: bool,
    /// All its words were heard without doubt. Only such promises are counted.
    pub sure: bool,
}

/// What a promise is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseKind {
    /// To call, or to get in touch in some other way that is not named.
    CallBack,
    /// To send or deliver something: a letter, a form, an e-mail, a card.
    Send,
    /// To repair or replace something, or to send somebody.
    Repair,
    /// Money back: a refund, a credit, a fee waived.
    Refund,
    /// To find something out.
    Check,
    Other,
}

impl PromiseKind {
    pub fn as_str(self) -> &'static str {
        match self {
            PromiseKind::CallBack => "call_back",
            PromiseKind::Send => "send",
            PromiseKind::Repair => "repair",
            PromiseKind::Refund => "refund",
            PromiseKind::Check => "check",
            PromiseKind::Other => "other",
        }
    }
}

impl Promise {
    /// The last moment at which it is kept, for a call that began at `local_start` on the call's
    /// own clock; `None` where it names no day or time.
    pub fn due_by(&self, local_start: DateTime) -> Option<DateTime> {
        self.due.as_ref()?.by(local_start)
    }
}

/// The promises of both parties, in order of the turns in which they are made. None where the
/// language is not English.
pub fn promises(c: &Conversation) -> Vec<Promise> {
    if !c.is_english() {
        return Vec::new();
    }
    let sentences = c.said.sentences.iter();
    sentences
        .flat_map(|sentence| promises_in(c, sentence))
        .collect()
}

/// Who is to act, by the grammar of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// "I", "we".
    Own,
    /// "You will get".
    You,
    /// "Somebody will", "your card will".
    Other,
}

/// Where a sentence begins to promise: "I will", "you are going to", "it should".
#[derive(Debug, Clone, Copy)]
struct Head {
    subject: Subject,
    /// Position of the first word of it.
    from: usize,
    /// Position after it.
    to: usize,
    hedged: bool,
}

fn promises_in(c: &Conversation, sentence: &Sentence) -> Vec<Promise> {
    let said = &c.said;
    let heads: Vec<Head> = (sentence.from..sentence.to)
        .filter_map(|at| head(said, sentence, at))
        .collect();
    if heads.is_empty() || sentence.asks && !ends_with_a_tag(said, sentence) {
        return Vec::new();
    }
    let mut found: Vec<Promise> = Vec::new();
    let mut free_from = sentence.from;
    for (i, head) in heads.iter().enumerate() {
        let from = clause_start(said, free_from, head.from);
        let to = match heads.get(i + 1) {
            Some(next) => clause_start(said, head.to, next.from),
            None => sentence.to,
        };
        let due = due::find(c, head.to, to).or_else(|| due::find(c, from, head.from));
        let Some(kind) = kind_of(said, sentence, head, from, to, due.is_some()) else {
            continue;
        };
        let words = said.words[from..to].iter().map(|&w| &c.words[w]);
        let end_ms = words.clone().map(|w| w.end_ms).max();
        let start_ms = c.words[said.words[from]].start_ms;
        let span = if c.word_times {
            Span::new(start_ms, end_ms.unwrap_or(start_ms))
        } else {
            sentence.span
        };
        found.push(Promise {
            party: sentence.party,
            span,
            quote: said.quote(&c.words, from, to),
            kind,
            due,
            hedged: head.hedged || is_hedged(said, sentence, from, to),
            sure: words.clone().all(|w| w.trusted),
        });
        free_from = to;
    }
    found
}

/// "I'll send it today, okay?" is a promise all the same.
fn ends_with_a_tag(said: &Said, sentence: &Sentence) -> bool {
    said.tokens[sentence.to - 1].is_any(&[key("okay"), key("ok"), key("right"), key("alright")])
}

/// Where the clause of a head begins: at the last "and", "but", "so", "or" after a comma, or
/// where the one before it ended.
fn clause_start(said: &Said, from: usize, head: usize) -> usize {
    const JOINS: &[Key] = &[key("and"), key("but"), key("so"), key("or")];
    let joint = (from + 1..=head).rev().find(|&at| {
        said.tokens[at].is_any(JOINS) && (said.tokens[at - 1].has_comma() || at + 1 == head)
    });
    joint.unwrap_or(from)
}

/// A head of which `at` is the word that looks ahead: "will", "I'll", "going", "should".
fn head(said: &Said, sentence: &Sentence, at: usize) -> Option<Head> {
    const GOING: Key = key("going");
    const GONNA: Key = key("gonna");
    let token = |at: usize| -> Option<Token> {
        (sentence.from..sentence.to)
            .contains(&at)
            .then(|| said.tokens[at])
    };
    let this = said.tokens[at];
    let before = |n: usize| at.checked_sub(n).and_then(token);
    let whole = |subject, from, to, hedged| Head {
        subject,
        from,
        to,
        hedged,
    };
    let head = if this.has(class::I_WILL) {
        whole(Subject::Own, at, at + 1, false)
    } else if this.has(class::YOU_WILL) {
        whole(Subject::You, at, at + 1, false)
    } else if this.has(class::OTHERS_WILL) {
        whole(Subject::Other, at, at + 1, false)
    } else if this.is_any(&[key("will"), key("shall"), key("should"), key("ought")]) {
        let subject = subject(before(1)?)?;
        let should = this.is_any(&[key("should"), key("ought")]);
        let to = at + 1 + usize::from(this.is(key("ought")));
        whole(subject, at - 1, to, should)
    } else if this.is(GONNA) || this.is(GOING) && token(at + 1)?.is(key("to")) {
        let to = at + 1 + usize::from(this.is(GOING));
        let last = before(1)?;
        if last.has(class::I_AM) {
            whole(Subject::Own, at - 1, to, false)
        } else if last.has(class::OTHERS_ARE) {
            let you = last.is(key("you're"));
            whole(
                if you { Subject::You } else { Subject::Other },
                at - 1,
                to,
                false,
            )
        } else if last.is_any(&[key("am"), key("are"), key("is")]) {
            whole(subject(before(2)?)?, at - 2, to, false)
        } else {
            return None;
        }
    } else if this.is_any(&[key("promise"), key("guarantee")]) && before(1)?.has(class::I) {
        // "I promise to call"; "I promise that I will" has a head of its own.
        let to = (at + 1..at + 3).find(|&at| token(at).is_some_and(|t| t.is(key("to"))))?;
        whole(Subject::Own, at - 1, to + 1, false)
    } else if this.is(key("expect")) {
        // "You can expect a call", "expect a call".
        let from = match before(1) {
            None => at,
            Some(t) if t.has(class::YOU) || t.is_any(&[key("can"), key("will")]) => at - 1,
            Some(_) => return None,
        };
        whole(Subject::You, from, at, false)
    } else if this.is(key("count")) {
        // "You can count on me to send it."
        let on = token(at + 1)?.is(key("on")) && token(at + 2)?.is_any(&[key("me"), key("us")]);
        if !on || !token(at + 3)?.is(key("to")) {
            return None;
        }
        whole(Subject::Own, at, at + 4, false)
    } else if this.is_any(&[key("can"), key("could")]) {
        // An offer; "maybe I can" is the promise to try.
        let subject = subject(before(1)?)?;
        let maybe = [
            key("maybe"),
            key("perhaps"),
            key("hopefully"),
            key("possibly"),
        ];
        if subject == Subject::You || !before(2)?.is_any(&maybe) {
            return None;
        }
        whole(subject, at - 1, at + 1, true)
    } else {
        return None;
    };
    let ahead = (head.from > sentence.from).then(|| said.tokens[head.from - 1]);
    let reported = (sentence.from..head.from)
        .rev()
        .take(2)
        .any(|at| said.tokens[at].is_any(REPORTS));
    if reported || ahead.is_some_and(|t| t.has(class::NO_PROMISE)) {
        return None;
    }
    Some(head)
}

const REPORTS: &[Key] = &[
    key("said"),
    key("says"),
    key("say"),
    key("told"),
    key("thought"),
    key("wrote"),
];

fn subject(token: Token) -> Option<Subject> {
    if token.has(class::NO_PROMISE | class::NEGATES) || token.has_comma() {
        None
    } else if token.has(class::I) {
        Some(Subject::Own)
    } else if token.has(class::YOU) {
        Some(Subject::You)
    } else {
        Some(Subject::Other)
    }
}

/// What is promised after the head, up to `to`; `None` where it is no promise.
fn kind_of(
    said: &Said,
    sentence: &Sentence,
    head: &Head,
    from: usize,
    to: usize,
    dated: bool,
) -> Option<PromiseKind> {
    let after = &said.tokens[head.to..to];
    let skipped = after.iter().take_while(|t| t.has(class::BETWEEN)).count();
    if after
        .iter()
        .take(skipped + 1)
        .any(|t| t.has(class::NEGATES))
    {
        return None;
    }
    let after_verb = |n: usize| after.get(skipped + n).copied();
    let verb = after_verb(0);
    let next = after_verb(1);
    if head.subject == Subject::Own {
        if said
            .hits_of(sentence)
            .iter()
            .any(|hit| hit.family == Family::Transfer)
        {
            return None;
        }
        // "I'll do my best": "my best" and "do" were skipped.
        let effort = [
            &[key("my"), key("best")],
            &[key("our"), key("best")],
            &[key("what"), key("i")],
            &[key("what"), key("we")],
        ]
        .iter()
        .any(|pair| {
            after
                .windows(2)
                .any(|two| two[0].is(pair[0]) && two[1].is(pair[1]))
        });
        let announced = said
            .hits_of(sentence)
            .iter()
            .any(|hit| hit.family == Family::Announcement && hit.from < to && hit.to > head.from);
        return own_kind(verb, next, &after[skipped..], dated, announced)
            .or_else(|| effort.then_some(PromiseKind::Other));
    }
    let verb = verb?;
    let clause = &said.tokens[from..to];
    if head.subject == Subject::You {
        yours(verb, &after[skipped..], dated)
    } else {
        others(verb, &after[skipped..], clause, dated)
    }
}

/// "You", or somebody who is spoken of.
const TO_CUSTOMER: &[Key] = &[key("you"), key("back")];
/// Words after "call" that mean a call to the customer all the same.
const AGAIN: &[Key] = &[
    key("again"),
    key("another"),
    key("later"),
    key("tomorrow"),
    key("today"),
    key("tonight"),
];

fn own_kind(
    verb: Option<Token>,
    next: Option<Token>,
    rest: &[Token],
    dated: bool,
    announced: bool,
) -> Option<PromiseKind> {
    let verb = verb?;
    let next_is = |any: &[Key]| next.is_some_and(|t| t.is_any(any));
    let has = |classes: u64| rest.iter().any(|t| t.has(classes));
    let says = |phrase: &[Key]| {
        rest.windows(phrase.len())
            .any(|words| words.iter().zip(phrase).all(|(t, &k)| t.is(k)))
    };
    // "I'll see if I can find it."
    if verb.is(key("see")) && next_is(&[key("if"), key("whether")]) {
        let can = rest.iter().position(|t| t.is(key("can")))?;
        let (verb, next) = (rest.get(can + 1).copied(), rest.get(can + 2).copied());
        return own_kind(verb, next, &rest[can + 1..], true, false);
    }
    // Ways to get in touch.
    if says(&[key("get"), key("back"), key("to")])
        || says(&[key("come"), key("back"), key("to"), key("you")])
        || says(&[key("in"), key("touch")])
        || says(&[key("follow"), key("up")])
        || says(&[key("let"), key("you"), key("know")])
        || says(&[key("reach"), key("out"), key("to"), key("you")])
        || says(&[key("keep"), key("you")])
            && has_any(rest, &[key("updated"), key("posted"), key("informed")])
        || says(&[key("give"), key("you")])
            && has_any(rest, &[key("call"), key("ring"), key("callback")])
    {
        return Some(PromiseKind::CallBack);
    }
    if verb.has(class::CALL) {
        if next_is(TO_CUSTOMER) || next_is(AGAIN) {
            return Some(PromiseKind::CallBack);
        }
        return calls_you(rest).or(Some(PromiseKind::Check));
    }
    if verb.has(class::REFUND) || has(class::MONEY) && money_moves(rest) || fee_goes(verb, rest) {
        return Some(PromiseKind::Refund);
    }
    if verb.has(class::SEND) {
        let visit = rest
            .iter()
            .take(5)
            .any(|t| t.has(class::VISITOR) || t.is_any(&[key("someone"), key("somebody")]));
        return Some(if visit {
            PromiseKind::Repair
        } else {
            PromiseKind::Send
        });
    }
    if verb.has(class::REPAIR) {
        return Some(PromiseKind::Repair);
    }
    // "I'll have someone call you", "I'll get it fixed".
    if verb.is_any(&[key("have"), key("get"), key("ask"), key("be"), key("see")]) {
        let soon = &rest[1..rest.len().min(7)];
        if let Some(kind) = calls_you(soon) {
            return Some(kind);
        }
        for token in soon {
            if token.has(class::SENT | class::SEND) && !token.has(class::THING) {
                return Some(PromiseKind::Send);
            }
            if token.has(class::REPAIRED | class::REPAIR) {
                return Some(PromiseKind::Repair);
            }
            if token.has(class::REFUNDED | class::REFUND) && !token.has(class::MONEY) {
                return Some(PromiseKind::Refund);
            }
        }
    }
    if verb.has(class::CHECK) {
        return (dated || !announced).then_some(PromiseKind::Check);
    }
    if verb.is(key("ask"))
        || verb.is_any(&[key("speak"), key("talk")]) && next_is(&[key("to"), key("with")])
    {
        let you = rest.iter().skip(1).take(2).any(|t| t.has(class::YOU));
        return (!you && (dated || !announced)).then_some(PromiseKind::Check);
    }
    if verb.has(class::ACT) || verb.is(key("open")) && has_any(rest, CASES) {
        return Some(PromiseKind::Other);
    }
    if verb.has(class::ACT_NOW) && dated {
        let check = verb.is_any(&[key("check"), key("look"), key("see"), key("review")]);
        return Some(if check {
            PromiseKind::Check
        } else {
            PromiseKind::Other
        });
    }
    None
}

const CASES: &[Key] = &[
    key("dispute"),
    key("claim"),
    key("case"),
    key("ticket"),
    key("complaint"),
    key("investigation"),
];

fn has_any(tokens: &[Token], words: &[Key]) -> bool {
    tokens.iter().any(|t| t.is_any(words))
}

/// "Call you", "email you": somebody gets in touch with the customer.
fn calls_you(tokens: &[Token]) -> Option<PromiseKind> {
    tokens.windows(2).find_map(|two| {
        if !two[1].is_any(TO_CUSTOMER) {
            return None;
        }
        if two[0].has(class::CALL) {
            return Some(PromiseKind::CallBack);
        }
        two[0].has(class::SEND).then_some(PromiseKind::Send)
    })
}

/// "Process the refund", "issue a credit", "get your money back".
fn money_moves(tokens: &[Token]) -> bool {
    const MOVES: &[Key] = &[
        key("process"),
        key("issue"),
        key("apply"),
        key("arrange"),
        key("request"),
        key("submit"),
        key("give"),
        key("get"),
        key("put"),
        key("send"),
        key("make"),
        key("add"),
        key("return"),
        key("pay"),
        key("start"),
    ];
    const BACK: &[Key] = &[
        key("refund"),
        key("credit"),
        key("reimbursement"),
        key("compensation"),
        key("cashback"),
    ];
    has_any(&tokens[..tokens.len().min(2)], MOVES)
        && (has_any(tokens, BACK)
            || tokens
                .windows(2)
                .any(|two| two[0].is(key("money")) && two[1].is(key("back"))))
}

/// "Take the fee off", "waive the charge".
fn fee_goes(verb: Token, tokens: &[Token]) -> bool {
    const GOES: &[Key] = &[
        key("take"),
        key("remove"),
        key("cancel"),
        key("reverse"),
        key("drop"),
        key("deduct"),
        key("lift"),
    ];
    verb.is_any(GOES) && tokens.iter().any(|t| t.has(class::FEE))
}

/// What the customer is told to get: "you will receive a letter", "you'll be refunded".
fn yours(verb: Token, rest: &[Token], dated: bool) -> Option<PromiseKind> {
    let rest = &rest[1..rest.len().min(10)];
    let by_noun = || {
        rest.iter().find_map(|t| {
            if t.is_any(&[key("call"), key("callback"), key("ring")]) {
                Some(PromiseKind::CallBack)
            } else if t.has(class::MONEY) {
                Some(PromiseKind::Refund)
            } else if t.has(class::THING) {
                Some(PromiseKind::Send)
            } else {
                None
            }
        })
    };
    if verb.is(key("hear")) {
        return has_any(rest, &[key("from"), key("back")]).then_some(PromiseKind::CallBack);
    }
    if verb.is_any(&[
        key("get"),
        key("receive"),
        key("expect"),
        key("getting"),
        key("receiving"),
    ]) {
        return by_noun().or(dated.then_some(PromiseKind::Other));
    }
    if verb.is_any(&[key("have"), key("see")])
        && dated
        && !has_any(&rest[..rest.len().min(1)], &[key("to")])
    {
        return by_noun().or(Some(PromiseKind::Other));
    }
    if verb.is(key("be")) {
        let first = rest.first()?;
        if first.is_any(&[key("getting"), key("receiving")]) {
            return by_noun();
        }
        return passive(*first);
    }
    None
}

fn passive(participle: Token) -> Option<PromiseKind> {
    if participle.has(class::CALLED) {
        Some(PromiseKind::CallBack)
    } else if participle.has(class::SENT) {
        Some(PromiseKind::Send)
    } else if participle.has(class::REPAIRED) {
        Some(PromiseKind::Repair)
    } else if participle.has(class::REFUNDED) {
        Some(PromiseKind::Refund)
    } else {
        None
    }
}

/// What somebody or something else will do: "a technician will come out", "it will arrive".
fn others(verb: Token, rest: &[Token], clause: &[Token], dated: bool) -> Option<PromiseKind> {
    const TO_COME: &[Key] = &[
        key("out"),
        key("over"),
        key("round"),
        key("around"),
        key("to"),
        key("on"),
        key("between"),
        key("tomorrow"),
        key("today"),
        key("this"),
        key("next"),
    ];
    let visitor = clause.iter().any(|t| t.has(class::VISITOR));
    let second = rest.get(1).copied();
    let second_is = |any: &[Key]| second.is_some_and(|t| t.is_any(any));
    let touch = has_any(rest, &[key("touch")]) && has_any(rest, &[key("in")]);
    let back_to_you = verb.is(key("get")) && second_is(&[key("back")]);
    if touch || back_to_you || verb.is(key("follow")) && second_is(&[key("up")]) {
        return Some(PromiseKind::CallBack);
    }
    if let Some(kind) = calls_you(&rest[..rest.len().min(6)]) {
        return Some(kind);
    }
    if verb.is(key("come")) && visitor || verb.is(key("visit")) {
        return Some(PromiseKind::Repair);
    }
    if verb.is(key("come")) && second_is(TO_COME) && dated {
        return Some(PromiseKind::Repair);
    }
    let money = clause.iter().any(|t| t.has(class::MONEY));
    let arrives = verb.is_any(&[key("arrive"), key("come"), key("go")])
        || verb.is(key("be")) && second_is(&[key("there"), key("here"), key("with")])
        || verb.is(key("show")) && second_is(&[key("up")])
        || verb.is_any(&[key("appear"), key("reach"), key("follow")]);
    if arrives {
        let sure = verb.is_any(&[key("arrive"), key("reach")]);
        return (dated || sure).then_some(match (visitor, money) {
            (true, _) => PromiseKind::Repair,
            (_, true) => PromiseKind::Refund,
            _ => PromiseKind::Send,
        });
    }
    if verb.is(key("be")) {
        let participle = rest[1..rest.len().min(3)].iter().copied();
        let mut participle = participle.filter(|t| !t.has(class::BETWEEN));
        let participle = participle.next()?;
        return passive(participle)
            .or_else(|| (dated && participle.has(class::SETTLED)).then_some(PromiseKind::Other));
    }
    None
}

fn is_hedged(said: &Said, sentence: &Sentence, from: usize, to: usize) -> bool {
    if said.tokens[from..to].iter().any(|t| t.has(class::HEDGES)) {
        return true;
    }
    let within = |hit: &&Hit| hit.from >= from && hit.to <= to;
    let softens = |hit: &Hit| matches!(hit.family, Family::Hedge | Family::NoGuarantee);
    if said.hits_of(sentence).iter().filter(within).any(softens) {
        return true;
    }
    // "I'll try to find out. I can't promise anything."
    let turn = said.sentences_of(sentence.turn);
    let next = turn.iter().find(|s| s.from == sentence.to);
    next.is_some_and(|next| said.has(next, Family::NoGuarantee))
}

/// Where the customer says that a promise was broken, with the words, in order of the turns.
/// Nothing where the language is not English, or the parties are not known.
pub fn claims_broken(c: &Conversation) -> Vec<(Span, String)> {
    if !c.is_english() {
        return Vec::new();
    }
    let said = &c.said;
    said.sentences
        .iter()
        .filter(|s| s.party == Party::Customer && s.trusted && !s.asks)
        .filter(|s| said.has(s, Family::Broken) || was_told(said.tokens_of(s)))
        .filter(|s| !said.has(s, Family::Kept))
        .map(|s| (s.span, said.quote(&c.words, s.from, s.to)))
        .collect()
}

/// "I was told the package would arrive", "they said you would call me".
fn was_told(tokens: &[Token]) -> bool {
    const TELLS: &[Key] = &[key("told"), key("said")];
    const WOULD: &[Key] = &[
        key("would"),
        key("you'd"),
        key("they'd"),
        key("he'd"),
        key("she'd"),
        key("it'd"),
        key("someone'd"),
    ];
    const DOES: &[Key] = &[
        key("arrive"),
        key("come"),
        key("get"),
        key("receive"),
        key("hear"),
        key("have"),
    ];
    let told = tokens.iter().position(|t| t.is_any(TELLS));
    let Some(told) = told.filter(|&at| at > 0 && !tokens[at - 1].has(class::I)) else {
        return false;
    };
    let after = &tokens[told + 1..];
    let would = after.iter().take(7).position(|t| t.is_any(WOULD));
    let Some(would) = would else {
        return false;
    };
    let mut verbs = after[would + 1..].iter().peekable();
    while verbs.next_if(|t| t.has(class::BETWEEN)).is_some() {}
    let (Some(verb), next) = (verbs.next(), verbs.next()) else {
        return false;
    };
    if verb.is(key("be")) {
        return next.is_some_and(|t| {
            passive(*t).is_some() || t.has(class::SETTLED) || t.is_any(&[key("there"), key("here")])
        });
    }
    if verb.is_any(DOES) {
        // "You would have to pay."
        return !next.is_some_and(|t| t.is(key("to")));
    }
    verb.has(class::CALL | class::SEND | class::REPAIR | class::REFUND)
}

#[cfg(test)]
mod tests {
    use super::super::staged::{staged, talk};
    use super::*;

    /// The promises of an agent who says so: kind, deadline in words, and whether it is hedged.
    fn promised(text: &str) -> Vec<(&'static str, Option<String>, bool)> {
        let c = talk(&format!("agent: {text}")).conversation();
        promises(&c)
            .into_iter()
            .map(|p| (p.kind.as_str(), p.due.map(|due| due.text), p.hedged))
            .collect()
    }

    #[test]
    fn what_is_promised_until_when_and_how_firmly() {
        let cases: [(&str, &str, Option<&str>, bool); 40] = [
            (
                "Expect a ring from me no later than Friday.",
                "call_back",
                Some("Friday"),
                false,
            ),
            (
                "By tomorrow at noon you can count on me to send you a letter.",
                "send",
                Some("By tomorrow at noon"),
                false,
            ),
            (
                "I'll see if I can ask the depot to look for it.",
                "check",
                None,
                true,
            ),
            ("I will ask the depot to look for it.", "check", None, false),
            ("Maybe I can call you back.", "call_back", None, true),
            ("Hopefully somebody can call you.", "call_back", None, true),
            (
                "I will call you back by Friday.",
                "call_back",
                Some("by Friday"),
                false,
            ),
            (
                "We'll get back to you within two business days.",
                "call_back",
                Some("within two business days"),
                false,
            ),
            (
                "Somebody from the team will contact you tomorrow morning.",
                "call_back",
                Some("tomorrow morning"),
                false,
            ),
            (
                "You will hear from us in the next 24 to 48 hours.",
                "call_back",
                Some("in the next 24 to 48 hours"),
                false,
            ),
            (
                "You can expect a call by noon today.",
                "call_back",
                Some("by noon today"),
                false,
            ),
            (
                "I'll have my supervisor call you at 3:30 p.m. tomorrow.",
                "call_back",
                Some("at 3:30 p.m. tomorrow"),
                false,
            ),
            ("I'll let you know.", "call_back", None, false),
            ("I promise to ring you back.", "call_back", None, false),
            (
                "I'm going to email you the form today.",
                "send",
                Some("today"),
                false,
            ),
            (
                "Tomorrow I'll send the contract.",
                "send",
                Some("Tomorrow"),
                false,
            ),
            (
                "you will receive a letter within ten days",
                "send",
                Some("within ten days"),
                false,
            ),
            (
                "Your parcel will be delivered on Tuesday.",
                "send",
                Some("on Tuesday"),
                false,
            ),
            (
                "If you send me the photo, I will post the label.",
                "send",
                None,
                false,
            ),
            ("I'll get that sent out to you.", "send", None, false),
            (
                "An engineer will come out on the 10th.",
                "repair",
                Some("on the 10th"),
                false,
            ),
            (
                "I will send somebody on Monday between nine and noon.",
                "repair",
                Some("on Monday between nine and noon"),
                false,
            ),
            (
                "We're going to replace it this week.",
                "repair",
                Some("this week"),
                false,
            ),
            ("I'll credit your account.", "refund", None, false),
            (
                "I will process the refund right away.",
                "refund",
                Some("right away"),
                false,
            ),
            ("I'll take the late fee off.", "refund", None, false),
            (
                "You'll be refunded in three to five business days.",
                "refund",
                Some("in three to five business days"),
                false,
            ),
            (
                "You will see the credit by the end of the month.",
                "refund",
                Some("by the end of the month"),
                false,
            ),
            ("I will find out what happened.", "check", None, false),
            ("I'll call the warehouse.", "check", None, false),
            (
                "I'll check that by Wednesday.",
                "check",
                Some("by Wednesday"),
                false,
            ),
            (
                "I will close the account today.",
                "other",
                Some("today"),
                false,
            ),
            ("I'll escalate this.", "other", None, false),
            (
                "I'll try to call you tomorrow.",
                "call_back",
                Some("tomorrow"),
                true,
            ),
            (
                "Hopefully it will arrive this week.",
                "send",
                Some("this week"),
                true,
            ),
            (
                "Somebody should call you at some point.",
                "call_back",
                None,
                true,
            ),
            (
                "I think we will send it on Monday.",
                "send",
                Some("on Monday"),
                true,
            ),
            (
                "I'll send it. But I can't promise anything.",
                "send",
                None,
                true,
            ),
            ("I'll do my best.", "other", None, true),
            (
                "I'll send it tomorrow, okay?",
                "send",
                Some("tomorrow"),
                false,
            ),
        ];
        for (text, kind, due, hedged) in cases {
            let expected = vec![(kind, due.map(str::to_string), hedged)];
            assert_eq!(promised(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_promise() {
        for text in [
            "It usually takes three to five business days.",
            "Shall I send it to you?",
            "Will you call us tomorrow?",
            "I will not call you again.",
            "We won't send it.",
            "Nobody will contact you.",
            "I can send it on Monday.",
            "I have refunded the fee.",
            "Let me check that for you.",
            "I'll check.",
            "I'll transfer you. One moment.",
            "I'll put you on hold.",
            "I'll be happy to help you with that.",
            "I'll ask you a few questions.",
            "I'll ask my manager.",
            "You can call me back.",
            "I'll see if it works.",
            "I will help if I can.",
            "I'll need your account number.",
            "I will stay on the line until it's done.",
            "You will have to call the bank.",
            "You'll need to send the desk back by Friday.",
            "They said they will call you tomorrow.",
            "You can call us, or I will send it.",
            "Here is what will happen.",
            "When I send it, you can sign it.",
            "Well, call me tomorrow.",
            "There will be consequences.",
            "It should come back by itself.",
        ] {
            assert_eq!(promised(text), [], "{text}");
        }
    }

    #[test]
    fn a_sentence_can_hold_two_promises() {
        let c = talk(
            "agent: I will also open a dispute for that payment, and your new card will arrive \
             by Friday.",
        )
        .conversation();
        let found = promises(&c);
        let seen: Vec<_> = found
            .iter()
            .map(|p| (p.kind, p.due.is_some(), p.quote.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (
                    PromiseKind::Other,
                    false,
                    "I will also open a dispute for that payment,"
                ),
                (
                    PromiseKind::Send,
                    true,
                    "and your new card will arrive by Friday."
                ),
            ]
        );
        assert_eq!(found[0].span, Span::new(1_000, 4_600));
        assert_eq!(found[1].span, Span::new(4_600, 7_800));
    }

    #[test]
    fn doubtful_promises_are_told_as_such_and_other_languages_know_none() {
        let call = staged(9_000).agent(0, 3_000, "I will call you tomorrow.");
        assert!(promises(&call.conversation())[0].sure);
        assert!(!promises(&call.clone().doubtful(0).conversation())[0].sure);
        let mut german = call;
        german.0.language = "de".to_string();
        assert_eq!(promises(&german.conversation()), []);
        let own = talk("customer: I'll send you the receipt today.").conversation();
        assert_eq!(promises(&own)[0].party, Party::Customer);
    }

    #[test]
    fn customers_say_that_a_promise_was_broken() {
        let claims = |text: &str| claims_broken(&talk(text).conversation()).len();
        for text in [
            "Somebody promised to call me back the same day, and nobody did.",
            "I was told the package would arrive last week.",
            "You said you would call me on Friday.",
            "They told me that a technician would come.",
            "Nobody called me back.",
            "No one ever got back to me.",
            "You never called me.",
            "I still haven't received the letter.",
            "The engineer was supposed to be here at nine.",
            "I was promised a refund.",
            "I'm still waiting for you to have the line measured.",
            "You were going to send me a lamp, and that never happened.",
        ] {
            assert_eq!(claims(&format!("customer: {text}")), 1, "{text}");
            assert_eq!(claims(&format!("agent: {text}")), 0, "{text}");
        }
        for text in [
            "It came as promised.",
            "You said you would call, and you did.",
            "I was told I would have to pay a fee.",
            "You said it would cost ten dollars.",
            "I said I would call you.",
            "Nobody listened to me.",
            "Did you say you would call me?",
            "I never received any training in this.",
            "I'm still waiting for my sister.",
        ] {
            assert_eq!(claims(&format!("customer: {text}")), 0, "{text}");
        }
    }
}
