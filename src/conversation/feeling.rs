//! The feeling in the words of a turn, from a list of English words.
//!
//! Each listed word has a valence. One that strengthens ("very") ahead of it makes it 1.5 times
//! as much, one that weakens ("a bit") half; a negation among the five words ahead of it in the
//! same clause turns it round at 0.7 of its size. With the sum *v* of a turn, its feeling is
//! v / (|v| + 3): 0 where nothing is felt, and never quite -1 or 1.
//!
//! It is evidence and never alone a verdict: words do not tell irony, and a calm person may
//! report a disaster. For the agent it is off unless the settings ask for it. Left out on
//! purpose: anything from the sound of a voice.

use super::english::{Key, Token, class, key};
use super::metrics::MeasureOptions;
use super::{Conversation, Party};
use crate::transcript::Span;

/// A sum of valences of this size is half of what can be felt.
const HALF: f64 = 3.0;
const STRONGER: f64 = 1.5;
const WEAKER: f64 = 0.5;
const TURNED: f64 = -0.7;
/// How many words ahead a negation reaches: "I don't think that's very helpful".
const NEGATION_WORDS: usize = 5;
/// A part of the call with fewer words of a party tells nothing.
const LEAST_WORDS: usize = 10;
/// A turn that is worth showing.
const FELT: f64 = 0.35;

/// The feeling of each turn of the transcript, -1 to 1, in the order of [`Conversation::turns`].
/// `None` where no words were heard without doubt, on a mono recording, in another language than
/// English, and for the agent unless the options ask for it.
pub fn turn_feelings(c: &Conversation, options: MeasureOptions) -> Vec<Option<f64>> {
    if !c.is_english() {
        return vec![None; c.turns.len()];
    }
    let felt = |(turn, of): (usize, &super::Turn)| match of.party {
        Party::Customer => feeling(c, turn),
        Party::Agent if options.agent_feeling => feeling(c, turn),
        Party::Agent | Party::Unknown => None,
    };
    c.turns.iter().enumerate().map(felt).collect()
}

fn feeling(c: &Conversation, turn: usize) -> Option<f64> {
    let mut words = 0;
    let mut sum = 0.0;
    for sentence in c.said.sentences_of(turn).iter().filter(|s| s.trusted) {
        let tokens = c.said.tokens_of(sentence);
        words += tokens.len();
        sum += valence(tokens);
    }
    (words > 0).then(|| sum / (f64::abs(sum) + HALF))
}

/// The valences of a sentence added up.
fn valence(tokens: &[Token]) -> f64 {
    let felt = tokens.iter().enumerate().filter(|(_, t)| t.valence() != 0);
    felt.map(|(at, token)| {
        if tokens
            .get(at + 1)
            .is_some_and(|&next| is_empty(*token, next))
        {
            return 0.0;
        }
        let mut valence = f64::from(token.valence()) / 10.0;
        // A comma or a conjunction ends the reach of what stands ahead.
        let ahead = || {
            let before = tokens[..at].iter().rev();
            before
                .take_while(|t| !t.has_comma() && !t.is_any(JOINS))
                .take(NEGATION_WORDS)
        };
        if ahead().take(1).any(|t| t.has(class::STRENGTHENS)) {
            valence *= STRONGER;
        }
        if ahead().take(2).any(|t| t.has(class::WEAKENS)) {
            valence *= WEAKER;
        }
        if !token.has(class::THANKS) && ahead().any(|t| t.has(class::NEGATES)) {
            valence *= TURNED;
        }
        valence
    })
    .sum()
}

const JOINS: &[Key] = &[key("and"), key("but"), key("because"), key("though")];

/// "What kind of" has no kindness in it, and "good morning" and "nice day" are only manners.
fn is_empty(token: Token, next: Token) -> bool {
    let manners = next.has(class::DAY_PART) || next.is_any(&[key("day"), key("weekend")]);
    token.is(key("kind")) && next.is(key("of"))
        || manners
            && token.is_any(&[
                key("good"),
                key("nice"),
                key("great"),
                key("lovely"),
                key("wonderful"),
            ])
}

/// The feeling of a party in one part of the call: the mean over its turns whose middle lies
/// there, each counted by its words. `None` on less than ten words.
pub(super) fn feeling_in(
    c: &Conversation,
    feelings: &[Option<f64>],
    party: Party,
    part: Span,
) -> Option<f64> {
    let mut words = 0;
    let mut sum = 0.0;
    for (turn, feeling) in c.turns.iter().zip(feelings) {
        let middle_ms = (turn.span.start_ms + turn.span.end_ms) / 2;
        let inside = (part.start_ms..part.end_ms).contains(&middle_ms);
        if let Some(feeling) = feeling.filter(|_| turn.party == party && inside) {
            words += turn.words.len();
            sum += feeling * turn.words.len() as f64;
        }
    }
    (words >= LEAST_WORDS).then(|| sum / words as f64)
}

/// The turns that are worth showing, with their party.
pub(super) fn felt_turns(c: &Conversation, feelings: &[Option<f64>]) -> Vec<(Span, Party)> {
    let turns = c.turns.iter().zip(feelings);
    turns
        .filter(|(_, feeling)| feeling.is_some_and(|f| f.abs() >= FELT))
        .map(|(turn, _)| (turn.span, turn.party))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::metrics::measure_with;
    use super::super::staged::{staged, talk};
    use super::*;

    const BOTH: MeasureOptions = MeasureOptions {
        agent_feeling: true,
    };

    fn felt(text: &str) -> f64 {
        let c = talk(&format!("customer: {text}")).conversation();
        turn_feelings(&c, MeasureOptions::default())[0].expect("words were heard")
    }

    /// The feeling of a turn whose valences add up to `v`.
    fn of(v: f64) -> f64 {
        v / (v.abs() + 3.0)
    }

    #[test]
    fn valences_are_strengthened_weakened_and_turned_round() {
        for (text, v) in [
            ("My name is Ann.", 0.0),
            ("I am happy.", 2.0),
            ("I am very happy.", 3.0),
            ("I am a bit disappointed.", -0.6),
            ("I am not happy.", -1.4),
            ("I don't think that's very helpful.", -2.1),
            ("It is not broken, I am happy.", 0.84 + 2.0),
            ("No, I am happy.", 2.0),
            ("I can't pay and I am happy.", 2.0),
            ("That's a relief. I was really worried.", 2.0 - 1.8),
            ("What kind of card is it?", 0.0),
            ("Good afternoon. Have a nice day.", 0.0),
        ] {
            assert!(
                (felt(text) - of(v)).abs() < 1e-9,
                "{text}: {} and {}",
                felt(text),
                of(v)
            );
        }
        let shouting = "terrible ".repeat(200);
        assert!(felt(&shouting) > -1.0 && felt(&shouting) < -0.99);
    }

    #[test]
    fn the_agents_feeling_is_off_unless_asked_for() {
        let c = talk(
            "agent: I am so happy to help you with this wonderful thing today.
             customer: It is a terrible mess and I am furious about all of this.",
        )
        .conversation();
        let off = turn_feelings(&c, MeasureOptions::default());
        assert!(off[0].is_none() && off[1].is_some());
        assert!(turn_feelings(&c, BOTH)[0].is_some_and(|f| f > 0.0));
        let m = measure_with(&c, MeasureOptions::default());
        assert_eq!(m.feeling_agent_start, None);
        assert!(measure_with(&c, BOTH).feeling_agent_start.is_some());
        let own = m.events.iter().filter(|e| e.kind.as_str() == "feeling");
        assert!(own.clone().count() == 1 && own.clone().all(|e| e.party == Some(Party::Customer)));
    }

    #[test]
    fn change_is_the_last_third_less_the_first() {
        let call = staged(90_000)
            .customer(0, 8_000, "This is a terrible mess and I want my money back")
            .agent(30_000, 40_000, "Let me see what I can do about it for you")
            .customer(
                82_000,
                90_000,
                "Oh that is perfect and I want to thank you all",
            );
        let m = measure_with(&call.conversation(), MeasureOptions::default());
        assert_eq!(m.feeling_customer_start, Some(of(-4.0)));
        assert_eq!(m.feeling_customer_end, Some(of(3.0)));
        assert_eq!(m.feeling_customer_change, Some(of(3.0) - of(-4.0)));
        let doubtful = call.doubtful(1);
        let m = measure_with(&doubtful.conversation(), MeasureOptions::default());
        assert_eq!(m.feeling_customer_end, None);
    }

    #[test]
    fn nobody_knows_on_mono_or_in_another_language() {
        let call = talk("customer: I am very happy.");
        assert_eq!(turn_feelings(&call.mono(), BOTH), [None]);
        let mut french = call;
        french.0.language = "fr".to_string();
        assert_eq!(turn_feelings(&french.conversation(), BOTH), [None]);
    }
}
