//! The customer's questions, and those that were left without an answer.
//!
//! A question counts as unanswered only where that is sure: until the call ends, or until the
//! customer goes on after being sent away, the agent says no more than a back-channel, a
//! courtesy, a counter question, an announcement of a wait or a transfer, or a farewell, or where
//! the agent changes the subject ("okay, so moving on"). Any
//! other words are taken for an answer, right or wrong, and so are doubtful ones. Left out on
//! purpose: whether the answer fits.

use super::english::{Family, class, key};
use super::sentences::{Said, Sentence};
use super::{Conversation, Party};
use crate::transcript::Span;

/// A turn of the customer's in which something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Question {
    /// Of the sentence that asks; the last one of the turn.
    pub span: Span,
    pub unanswered: bool,
}

/// More words than these are more than an announcement.
const ANNOUNCEMENT_WORDS: usize = 10;
/// More words than these are more than a farewell.
const FAREWELL_WORDS: usize = 8;
/// How many words may stand ahead of the change of subject.
const MOVES_ON_AFTER: usize = 5;
/// Speech of the agent without words may have been the answer.
const UNHEARD_MS: i64 = 1_500;

/// What a sentence of the agent's is to somebody who waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    Answer,
    /// "Okay": an answer where no more was asked for.
    Okay,
    /// Says nothing on the matter.
    Nothing,
    /// There will be a wait, and then perhaps an answer.
    Hold,
    CounterQuestion,
    /// The call is passed on or ended.
    Away,
    /// The agent goes on with something else.
    MovesOn,
}

/// The customer's turns that ask something, in order.
pub(super) fn questions(c: &Conversation) -> Vec<Question> {
    let said = &c.said;
    let mut by_time: Vec<&Sentence> = Vec::new();
    let mut found = Vec::new();
    for turn in 0..c.turns.len() {
        if c.turns[turn].party != Party::Customer {
            continue;
        }
        let asking = || said.sentences_of(turn).iter().filter(|s| asks(said, s));
        let Some(any) = asking().next_back() else {
            continue;
        };
        let formed = asking().rfind(|s| has_form(said, s) && s.trusted);
        if formed.is_some() && by_time.is_empty() {
            by_time.extend(&said.sentences);
            by_time.sort_by_key(|s| (s.span, s.turn));
        }
        found.push(Question {
            span: formed.unwrap_or(any).span,
            unanswered: formed.is_some_and(|question| is_unanswered(c, question, &by_time)),
        });
    }
    found
}

/// Whether the sentence asks: by its question mark, or by its form.
pub(super) fn asks(said: &Said, sentence: &Sentence) -> bool {
    if said.has(sentence, Family::LineCheck) || said.has(sentence, Family::Rhetorical) {
        return false;
    }
    if has_form(said, sentence) {
        return true;
    }
    let tokens = said.tokens_of(sentence).iter();
    let more = tokens.filter(|t| !t.has(class::OPENS | class::ACKNOWLEDGES));
    sentence.asks && more.count() >= 2
}

/// Whether it is built as a question: it opens with "can you", "when will", "is there"; or with
/// a question mark holds such words; or says "I would like to know whether".
fn has_form(said: &Said, sentence: &Sentence) -> bool {
    let tokens = said.tokens_of(sentence);
    let opening = tokens.iter().take_while(|t| t.has(class::OPENS)).count();
    // "When exactly?"
    if sentence.asks && tokens.get(opening).is_some_and(|t| t.has(class::ASKS)) {
        return true;
    }
    let opens = |from: usize| from <= sentence.from + opening;
    let hits = said.hits_of(sentence);
    hits.iter().any(|hit| match hit.family {
        Family::Question => sentence.asks || opens(hit.from),
        Family::IndirectQuestion => true,
        _ => false,
    })
}

fn is_unanswered(c: &Conversation, question: &Sentence, by_time: &[&Sentence]) -> bool {
    let said = &c.said;
    let asked = question.span;
    let mut sent_away = false;
    for sentence in by_time.iter().filter(|s| s.span.end_ms > asked.end_ms) {
        if sentence.party == Party::Customer {
            let later = sentence.span.start_ms >= asked.end_ms;
            if later && takes_back(said, sentence) {
                return false;
            }
            let goes_on = later
                && sentence.turn != question.turn
                && !c.turns[sentence.turn].back_channel
                && !is_nothing(said, sentence);
            if goes_on && sent_away {
                return true;
            }
            // Another question takes the place of this one.
            if goes_on && asks(said, sentence) {
                return false;
            }
            continue;
        }
        // The agent spoke already, so nobody knows which words answer.
        if !sentence.trusted || sentence.span.start_ms < asked.start_ms {
            return false;
        }
        match reply(said, sentence) {
            Reply::Answer => return false,
            Reply::Okay if !wants_more_than_yes(said, question) => return false,
            Reply::MovesOn => return true,
            Reply::Away => sent_away = true,
            Reply::Okay | Reply::Nothing | Reply::Hold | Reply::CounterQuestion => {}
        }
    }
    !c.cut_end && !spoke_unheard(c, asked.end_ms)
}

/// "What", "when", "how": "okay" is no answer.
fn wants_more_than_yes(said: &Said, sentence: &Sentence) -> bool {
    said.tokens_of(sentence).iter().any(|t| t.has(class::ASKS))
}

fn takes_back(said: &Said, sentence: &Sentence) -> bool {
    let tokens = said.tokens_of(sentence);
    let pair = |a, b| tokens.windows(2).any(|two| two[0].is(a) && two[1].is(b));
    pair(key("never"), key("mind")) || pair(key("forget"), key("it"))
}

fn is_nothing(said: &Said, sentence: &Sentence) -> bool {
    matches!(reply(said, sentence), Reply::Nothing | Reply::Okay)
        || said.has(sentence, Family::LineCheck)
}

fn reply(said: &Said, sentence: &Sentence) -> Reply {
    let tokens = said.tokens_of(sentence);
    let closes = said.has(sentence, Family::Closing);
    if moves_on(said, sentence) {
        return Reply::MovesOn;
    }
    if sentence.asks || asks(said, sentence) {
        return if closes {
            Reply::Away
        } else {
            Reply::CounterQuestion
        };
    }
    if tokens.len() <= ANNOUNCEMENT_WORDS {
        if said.has(sentence, Family::Transfer) {
            return Reply::Away;
        }
        if said.has(sentence, Family::Announcement) {
            return Reply::Hold;
        }
    }
    if tokens.iter().take(2).any(|t| t.has(class::REPLIES)) {
        return Reply::Answer;
    }
    let over = words_over(said, sentence);
    if closes && (over <= 1 || tokens.len() <= FAREWELL_WORDS) {
        return Reply::Away;
    }
    if over > 1 {
        return Reply::Answer;
    }
    let okay = [key("okay"), key("ok"), key("alright"), key("right")];
    if tokens.iter().any(|t| t.is_any(&okay)) {
        Reply::Okay
    } else {
        Reply::Nothing
    }
}

/// "Okay, so moving on." "Well, anyway." With more behind it "anyway" may lead to an answer.
fn moves_on(said: &Said, sentence: &Sentence) -> bool {
    let hits = said.hits_of(sentence).iter();
    let mut moves = hits.filter(|hit| hit.family == Family::MovesOn);
    moves.any(|hit| {
        let alone = sentence.to - sentence.from <= 3;
        hit.from - sentence.from <= MOVES_ON_AFTER && (alone || hit.to - hit.from > 1)
    })
}

/// How many words are left when acknowledgements, courtesies and farewells are taken away. One
/// may be a name.
fn words_over(said: &Said, sentence: &Sentence) -> usize {
    let mut hits = said.hits_of(sentence).iter().peekable();
    let mut at = sentence.from;
    let mut over = 0;
    while at < sentence.to {
        let mut covered = at;
        while let Some(hit) = hits.next_if(|hit| hit.from <= at) {
            let kind = matches!(
                hit.family,
                Family::Acknowledgement | Family::Courtesy | Family::Closing | Family::Return
            );
            if kind && hit.from == at {
                covered = covered.max(hit.to);
            }
        }
        if covered > at {
            at = covered;
            continue;
        }
        let token = said.tokens[at];
        over += usize::from(!token.has(class::ACKNOWLEDGES | class::OPENS | class::THANKS));
        at += 1;
    }
    over
}

/// Whether the agent speaks after `from_ms` where no words were heard.
fn spoke_unheard(c: &Conversation, from_ms: i64) -> bool {
    let words: Vec<Span> = c
        .words
        .iter()
        .filter(|w| w.party == Party::Agent && w.end_ms > from_ms)
        .map(|w| Span::new(w.start_ms, w.end_ms))
        .collect();
    let words = super::floor::joined(words, super::floor::PAUSE_MS);
    let speech = c.channels.iter().filter(|view| view.party == Party::Agent);
    let speech = speech.flat_map(|view| &view.speech);
    let after: Vec<Span> = speech
        .map(|s| Span::new(s.start_ms.max(from_ms), s.end_ms))
        .filter(|s| s.len_ms() > 0)
        .collect();
    let heard = super::floor::both(&after, &words);
    super::floor::total_ms(&after) - super::floor::total_ms(&heard) >= UNHEARD_MS
}

#[cfg(test)]
mod tests {
    use super::super::staged::talk;
    use super::*;

    /// How many turns of the customer's ask, and how many of them are left unanswered.
    fn asked(lines: &str) -> (usize, usize) {
        let found = questions(&talk(lines).conversation());
        let unanswered = found.iter().filter(|q| q.unanswered).count();
        (found.len(), unanswered)
    }

    /// The same of a question that gets these lines in reply.
    fn after(reply: &str) -> usize {
        let (asked, unanswered) = asked(&format!(
            "agent: Hello, this is Ann.\ncustomer: Hi. When will my parcel come?\n{reply}"
        ));
        assert!(asked >= 1);
        unanswered
    }

    #[test]
    fn questions_are_known_by_their_mark_or_their_form() {
        for text in [
            "When will my parcel come?",
            "So, can you send me a new one?",
            "could you tell me how long it takes",
            "My name is Ann. Is there a fee?",
            "I would like to know whether it was sent.",
            "And the code on the back?",
            "I don't know what that means.",
            "What happens if it does not come back?",
        ] {
            assert_eq!(asked(&format!("customer: {text}")).0, 1, "{text}");
        }
        for text in [
            "Hello? Are you there?",
            "Right?",
            "What I need is a new card.",
            "When I called, nobody answered.",
            "Are you kidding me?",
            "How are you?",
            "I have no idea.",
        ] {
            assert_eq!(asked(&format!("customer: {text}")).0, 0, "{text}");
        }
        assert_eq!(asked("agent: When did you buy it?").0, 0);
    }

    #[test]
    fn only_words_that_say_nothing_leave_a_question_open() {
        for reply in [
            "",
            "agent: Mm-hm.",
            "agent: Okay.",
            "agent: I'm so sorry to hear that.",
            "agent: Thank you for calling, have a nice day.",
            "agent: Okay, bye.",
            "agent: Let me check that for you.\n(20s)",
            "agent: What is your name?\ncustomer: Ann Lee.\nagent: Thank you. Goodbye.",
            "agent: I'll transfer you. One moment.",
            "agent: Okay, so moving on. What is your name?\ncustomer: Ann Lee.\nagent: It is blue.",
            "agent: Well, anyway. The form is blue.",
            "agent: I'll transfer you.\ncustomer: But I have waited for a week.\nagent: They can help you with that.",
        ] {
            assert_eq!(after(reply), 1, "{reply}");
        }
        for reply in [
            "agent: On Monday.",
            "agent: I don't know.",
            "agent: Yes.",
            "agent: Anyway, it comes on Monday.",
            "agent: Let me check that for you.\n(20s)\nagent: It comes on Friday.",
            "agent: What is your name?\ncustomer: Ann Lee.\nagent: Thank you. It was sent yesterday.",
            "agent: I'm sorry to hear that. It is on its way.",
            "customer: Never mind.\nagent: Okay, bye.",
            "customer: Will it come on Friday?\nagent: Yes, it will.",
        ] {
            assert_eq!(after(reply), 0, "{reply}");
        }
    }

    #[test]
    fn okay_answers_a_request_but_not_a_when() {
        assert_eq!(
            asked("customer: Can you send it to my office?\nagent: Okay."),
            (1, 0)
        );
        assert_eq!(
            asked("customer: When will you send it?\nagent: Okay."),
            (1, 1)
        );
    }

    #[test]
    fn what_was_not_heard_may_have_been_the_answer() {
        let question = talk("agent: Hello.\ncustomer: When will my parcel come?");
        let unanswered = |call: super::super::staged::Staged| {
            questions(&call.conversation())
                .iter()
                .filter(|q| q.unanswered)
                .count()
        };
        let mut long = question.clone();
        long.0.audio.recorded_ms = 20_000;
        assert_eq!(unanswered(long.clone()), 1);
        assert_eq!(unanswered(long.clone().agent(8_000, 9_500, "")), 0);
        assert_eq!(
            unanswered(long.clone().agent(8_000, 9_000, "Um day.").doubtful(0)),
            0
        );
        let mut cut = long;
        cut.0.audio.truncated = true;
        assert_eq!(unanswered(cut), 0);
    }

    /// The agent cuts in while the customer still explains, and never comes to it.
    #[test]
    fn a_cold_transfer_answers_nothing() {
        let lines = "
            agent: What is the order number?
            customer: 741856. Is it too late to change it?
            (12s)
            customer: Hello, are you there?
            agent: Yes, I'm looking. The system is very slow today.
            customer: All right. The right address is 64 Elm Street.
            (16s)
            agent: I can't change that here. The shipping team does that.
            customer: Will it still come on Saturday? I took the day off?
            agent: I'll transfer you. One moment.
            customer: Wait, do I have to tell them everything again?
            agent: Just give them the number. Okay, bye.";
        let found = questions(&talk(lines).conversation());
        let open: Vec<bool> = found.iter().map(|q| q.unanswered).collect();
        assert_eq!(open, [false, true, false]);
    }
}
