//! Which calls hold card data in their sound: there it stays, whatever is masked in words and
//! copies.

use crate::transcript::{Redacted, RedactedKind, Transcript, Word};

/// Parts of one number lie no further apart than this: the redactor's longest reach.
const REACH_MS: i64 = 15_000;

/// Card data that is spoken in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardData {
    /// Places where one is spoken; a number over several segments is one.
    pub card_numbers: usize,
    pub security_codes: usize,
    pub expiries: usize,
    /// Start of the first.
    pub first_ms: i64,
    /// End of the last.
    pub last_ms: i64,
}

impl CardData {
    /// `None` where a call holds none.
    pub fn of(transcript: &Transcript) -> Option<Self> {
        let mut all: Option<Self> = None;
        for channel in &transcript.channels {
            // The last part of each kind, with its segment.
            let mut before: Vec<(usize, &Word, &Redacted)> = Vec::new();
            for (s, segment) in channel.segments.iter().enumerate() {
                for word in &segment.words {
                    let redacted = word.redacted.as_ref();
                    let Some(redacted) = redacted.filter(|r| r.kind.is_card_data()) else {
                        continue;
                    };
                    let data = all.get_or_insert(Self {
                        card_numbers: 0,
                        security_codes: 0,
                        expiries: 0,
                        first_ms: word.start_ms,
                        last_ms: word.end_ms,
                    });
                    data.first_ms = data.first_ms.min(word.start_ms);
                    data.last_ms = data.last_ms.max(word.end_ms);
                    let goes_on = before.iter().any(|(segment, part, of)| {
                        of.kind == redacted.kind
                            && *segment < s
                            && word.start_ms - part.end_ms <= REACH_MS
                            && (of.rule, of.check_digit_ok)
                                == (redacted.rule, redacted.check_digit_ok)
                    });
                    if !goes_on {
                        *data.count(redacted.kind) += 1;
                    }
                    before.retain(|(_, _, of)| of.kind != redacted.kind);
                    before.push((s, word, redacted));
                }
            }
        }
        all
    }

    fn count(&mut self, kind: RedactedKind) -> &mut usize {
        match kind {
            RedactedKind::SecurityCode => &mut self.security_codes,
            RedactedKind::CardExpiry => &mut self.expiries,
            _ => &mut self.card_numbers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::snippet;

    #[test]
    fn a_number_over_several_segments_is_one_place() {
        let call = snippet::parse(
            "customer: It is <card 8>\nagent: Yes.\ncustomer: <card 8>\nagent: So <card 16>\n\
             (20s)\ncustomer: Again <card 16>",
        );
        let data = CardData::of(&call.unwrap()).unwrap();
        assert_eq!(data.card_numbers, 3);
        assert_eq!((data.security_codes, data.expiries), (0, 0));
        assert!(data.first_ms < data.last_ms);
        let without = snippet::parse("customer: <digits 8>").unwrap();
        assert_eq!(CardData::of(&without), None);
    }
}
