//! Who answers whom: where the answer to a question is.

use std::ops::Range;

use super::tokens::Token;

/// An answer begins within this time after the question.
const BEGINS_MS: i64 = 12_000;
/// No answer is followed further than this from the question.
const LASTS_MS: i64 = 40_000;
const LONGEST: usize = 40;
/// So many words of the one who asked, said in between, are a new matter.
const NEW_MATTER: usize = 8;
/// The question may go on for as long before it is answered.
const LONG_QUESTION: usize = 30;

/// Tokens of one channel, never empty.
#[derive(Clone)]
pub(super) struct Answer {
    pub channel: usize,
    pub tokens: Range<usize>,
}

/// What the other party says after the token `asked` of a channel. With one channel for all, what
/// comes after the sentence.
pub(super) fn answer(channels: &[Vec<Token>], channel: usize, asked: usize) -> Option<Answer> {
    let question = &channels[channel][asked];
    if channels.iter().filter(|tokens| !tokens.is_empty()).count() == 1 {
        return answer_in_one(&channels[channel], channel, asked);
    }
    let in_time =
        |t: &Token| (question.start_ms..question.end_ms + BEGINS_MS).contains(&t.start_ms);
    let (other, from) = (0..channels.len())
        .filter(|&other| other != channel)
        .filter_map(|other| {
            let from = channels[other].partition_point(|t| t.start_ms < question.start_ms);
            let first = channels[other].get(from)?;
            in_time(first).then_some((first.start_ms, other, from))
        })
        .min()
        .map(|(_, other, from)| (other, from))?;
    let mut own = asked + 1;
    let mut to = from;
    for token in channels[other][from..].iter().take(LONGEST) {
        if token.start_ms > question.end_ms + LASTS_MS {
            break;
        }
        let said = channels[channel][own..]
            .iter()
            .take_while(|t| t.start_ms < token.start_ms)
            .take(LONG_QUESTION)
            .count();
        let most = if to == from {
            LONG_QUESTION
        } else {
            NEW_MATTER
        };
        if said >= most {
            break;
        }
        own += said;
        to += 1;
    }
    (from < to).then_some(Answer {
        channel: other,
        tokens: from..to,
    })
}

fn answer_in_one(tokens: &[Token], channel: usize, asked: usize) -> Option<Answer> {
    let question = &tokens[asked];
    let rest = &tokens[asked..];
    let ends = rest
        .iter()
        .take(LONG_QUESTION)
        .position(|t| t.ends_sentence || t.segment != question.segment)?;
    let from = match rest[ends].segment == question.segment {
        true => asked + ends + 1,
        false => asked + ends,
    };
    let first = tokens.get(from)?;
    if first.start_ms > question.end_ms + BEGINS_MS {
        return None;
    }
    let long = tokens[from..]
        .iter()
        .take(LONGEST)
        .take_while(|t| t.start_ms <= question.end_ms + LASTS_MS)
        .count();
    (long > 0).then_some(Answer {
        channel,
        tokens: from..from + long,
    })
}
