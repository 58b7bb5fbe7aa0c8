mod numbers;
mod wordings;

use proptest::prelude::*;

use super::*;
use crate::transcript::RedactedKind;
use crate::transcript::{AudioFacts, Channel, FORMAT, Recogniser, Segment, Span};

/// With everything masked that is found.
fn redact(transcript: Transcript) -> Transcript {
    Redactor::default().redact(transcript, &[])
}

/// A call of two channels; each line is a segment, spoken after the one before it.
pub(super) fn call(lines: &[(usize, &str)]) -> Transcript {
    let mut channels = vec![Channel::default(), Channel::default()];
    let mut now_ms = 1_000;
    for &(channel, text) in lines {
        let start_ms = now_ms;
        let words: Vec<Word> = text
            .split_whitespace()
            .map(|text| {
                now_ms += 300;
                Word {
                    text: text.to_string(),
                    start_ms: now_ms - 300,
                    end_ms: now_ms - 20,
                    prob: Some(0.9),
                    redacted: None,
                }
            })
            .collect();
        channels[channel].speech.push(Span::new(start_ms, now_ms));
        channels[channel].segments.push(Segment {
            start_ms,
            end_ms: now_ms,
            no_speech_prob: None,
            doubts: Vec::new(),
            words,
        });
        now_ms += 500;
    }
    Transcript {
        format: FORMAT.to_string(),
        audio: AudioFacts {
            key: None,
            codec: None,
            sample_rate_hz: None,
            recorded_ms: now_ms,
            truncated: false,
            dual_mono: false,
        },
        recogniser: Recogniser {
            engine: "test".to_string(),
            model: "test".to_string(),
            model_key: None,
            word_times: true,
            word_probs: true,
        },
        language: "en".to_string(),
        channels,
    }
}

fn words(transcript: &Transcript) -> impl Iterator<Item = &Word> {
    transcript
        .channels
        .iter()
        .flat_map(|channel| &channel.segments)
        .flat_map(|segment| &segment.words)
}

/// The text of each segment of a channel.
pub(super) fn texts(transcript: &Transcript, channel: usize) -> Vec<String> {
    let text = |segment: &Segment| {
        let words: Vec<&str> = segment.words.iter().map(|w| w.text.as_str()).collect();
        words.join(" ")
    };
    transcript.channels[channel]
        .segments
        .iter()
        .map(text)
        .collect()
}

/// The lines of a call as they are left, in their order.
pub(super) fn left(names: &[&str], lines: &[(usize, &str)]) -> Vec<String> {
    let names: Vec<CustomerName> = names.iter().copied().map(CustomerName::new).collect();
    let out = Redactor::default().redact(call(lines), &names);
    assert_eq!(Redactor::default().redact(out.clone(), &names), out);
    let mut channels = [0, 1].map(|channel| texts(&out, channel).into_iter());
    lines
        .iter()
        .map(|&(channel, _)| channels[channel].next().expect("every line is a segment"))
        .collect()
}

/// A talk written as "A: Hello. | C: Hi.", redacted and written in the same way.
pub(super) fn talk(names: &[&str], talk: &str) -> String {
    let lines: Vec<(usize, &str)> = talk
        .split(" | ")
        .map(|line| match line.split_at(2) {
            ("A:", text) => (0, text),
            ("C:", text) => (1, text),
            _ => panic!("a line without a speaker: {line}"),
        })
        .collect();
    let left = left(names, &lines);
    let lines = lines.iter().zip(left);
    let lines: Vec<String> = lines
        .map(|((channel, _), text)| format!("{}: {text}", ["A", "C"][*channel]))
        .collect();
    lines.join(" | ")
}

fn placeholders(transcript: &Transcript) -> Vec<(RedactedKind, u32, Option<bool>)> {
    words(transcript)
        .filter_map(|word| word.redacted.as_ref())
        .map(|r| (r.kind, r.digits, r.check_digit_ok))
        .collect()
}

const CARD: RedactedKind = RedactedKind::CardNumber;
const ACCOUNT: RedactedKind = RedactedKind::AccountNumber;
const PHONE: RedactedKind = RedactedKind::PhoneNumber;
const POSTCODE: RedactedKind = RedactedKind::PostalAddress;

#[test]
fn long_numbers_are_masked_in_all_their_forms() {
    let good = (CARD, 16, Some(true));
    #[rustfmt::skip]
    let table = [
        ("4111 1111 1111 1111.", "[card number].", good),
        ("It's 4111-1111-1111-1111, yes", "It's [card number], yes", good),
        ("4111111111111111", "[card number]", good),
        ("4111, 1111, 1111, 1111.", "[card number].", good),
        ("4111. 1111. 1111. 1111?", "[card number]?", good),
        ("41 11 11 11 11 11 11 11", "[card number]", good),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[card number]", good),
        ("card:4111/1111/1111/1111!", "[card number]!", good),
        ("Hi, four one one one, one one one one, one one one one, one one one one. Okay?",
         "Hi, [card number]. Okay?", good),
        ("forty one, eleven, eleven, eleven, eleven, eleven, eleven, eleven thanks",
         "[card number] thanks", good),
        ("four triple one double one double one triple one four ones one one", "[card number]",
         (CARD, 15, Some(false))),
        ("four triple one double one double one quadruple one quadruple one", "[card number]", good),
        ("four-one-one-one 1111 one-one double 1 and then, uh, eleven eleven please",
         "[card number] please", good),
        ("four oh oh oh double oh double zero oh o zero nought and triple oh two", "[card number]",
         good),
        ("four won one one 1111 well let me see 1111 okay 1111.", "[card number].", good),
        ("four won one for 1111 1111 1111", "[card number]", (CARD, 15, Some(false))),
        ("5500 0055 5555 5559 of course", "[card number] of course", good),
        ("3782 822463 10005", "[card number]", (CARD, 15, Some(true))),
        ("4111 1111 1111 1112", "[card number]", (CARD, 16, Some(false))),
        ("4111 1111 1111 111", "[card number]", (CARD, 15, Some(false))),
        ("4111 1111 1111", "[card number]", (CARD, 12, Some(false))),
        ("4111 1111 1111 1111 1111 1111", "[card number]", (CARD, 24, Some(false))),
        ("4111 $1,111 1111 1111", "[card number]", (CARD, 16, Some(true))),
        ("4111 1111 1111 $1,111.", "[card number].", (CARD, 16, Some(true))),
        ("my card number is 4111 1111 bye", "my card number is [card number] bye",
         (CARD, 8, Some(false))),
        ("41 sort of 11 sort of 11 sort of 11 sort of 11 sort of 11 sort of 11 sort of 11",
         "[card number]", good),
        ("Sure, it's 38112764.", "Sure, it's [account number].", (ACCOUNT, 8, None)),
        ("three eight one one, two seven six four", "[account number]", (ACCOUNT, 8, None)),
        ("That is 38112764, it's for two of us.", "That is [account number], it's for two of us.",
         (ACCOUNT, 8, None)),
        ("call 312-555-0142 please", "call [phone number] please", (PHONE, 10, None)),
        ("four thousand one hundred eleven, eleven hundred, eleven eleven", "[account number]",
         (ACCOUNT, 10, None)),
        ("٤١١١ ١١١١ ١١١١ ١١١١", "[card number]", good),
    ];
    for (said, expected, placeholder) in table {
        let out = redact(call(&[(0, said)]));
        assert_eq!(texts(&out, 0), [expected], "{said}");
        assert_eq!(placeholders(&out), [placeholder], "{said}");
    }
}

#[test]
fn runs_cross_turns_and_echoes_go_with_them() {
    let out = redact(call(&[
        (0, "What is the long number?"),
        (1, "Four one one one"),
        (0, "4111, go on."),
        (1, "and then one one one one."),
        (0, "One one one one."),
        (1, "1111, 1111, right?"),
        (0, "Thank you. That ends in 1111, and the fee is $15.50."),
    ]));
    assert_eq!(
        texts(&out, 1),
        [
            "[card number]",
            "and then [card number].",
            "[card number], right?"
        ]
    );
    assert_eq!(
        texts(&out, 0),
        [
            "What is the long number?",
            "[card number], go on.",
            "[card number].",
            "Thank you. That ends in [card number], and the fee is $15.50.",
        ]
    );
    let read: Vec<_> = placeholders(&out).into_iter().skip(3).collect();
    assert_eq!(
        read,
        [
            (CARD, 4, Some(true)),
            (CARD, 4, Some(true)),
            (CARD, 8, Some(true))
        ]
    );
}

#[test]
fn an_echo_is_masked_only_near_by_and_only_if_it_repeats() {
    let card = "4539 1488 0343 6467";
    let near = redact(call(&[(0, card), (1, "So 0343, order number 740291.")]));
    assert_eq!(texts(&near, 1), ["So [card number], order number 740291."]);
    assert_eq!(placeholders(&near)[1], (CARD, 4, None));
    let chatter = "well ".repeat(110);
    let far = redact(call(&[(0, card), (0, &chatter), (1, "So 0343.")]));
    assert_eq!(texts(&far, 1), ["So 0343."]);
}

#[test]
fn a_card_that_was_asked_for_is_followed_further() {
    let pieces =
        "4539, then I turn it over, it says there 1488, hold on my glasses fell down 0343 6467.";
    let asked = redact(call(&[(0, "Your card number?"), (1, pieces)]));
    assert_eq!(texts(&asked, 1), ["[card number]."]);
    let mut unasked = call(&[(0, "Your card number?"), (1, pieces)]);
    for segment in &mut unasked.channels[1].segments {
        for word in &mut segment.words {
            word.start_ms += 100_000;
            word.end_ms += 100_000;
        }
    }
    assert_eq!(
        texts(&redact(unasked), 1),
        [
            "4539, then I turn it over, it says there 1488, hold on my glasses fell down [account number]."
        ]
    );
}

#[test]
fn a_misheard_echo_amid_the_reading_is_masked() {
    let lines = [
        (1, "4539 1488"),
        (0, "4593 okay"),
        (1, "0343 6467."),
        (0, "Your ticket number is 1250."),
    ];
    assert_eq!(
        texts(&redact(call(&lines)), 0),
        ["[card number] okay", "Your ticket number is 1250."]
    );
}

#[test]
fn another_number_asked_for_is_another_number() {
    let out = redact(call(&[
        (0, "And your zip code?"),
        (1, "30305."),
        (0, "And the card number?"),
        (
            1,
            "4111 1111 1111 1111, zip 30306, it expires 08 28, security code 737.",
        ),
    ]));
    assert_eq!(
        texts(&out, 1),
        [
            "[postal address].",
            "[card number], zip [postal address], it expires [card expiry], security code [security code]."
        ]
    );
}

/// Recognisers lose digits; of an account number that was asked for, six are enough.
#[test]
fn an_account_number_that_was_asked_for_may_lack_digits() {
    let out = redact(call(&[
        (
            0,
            "May I have your account number and your zip code, please?",
        ),
        (1, "It's 2041775, and the zip code is 3030305."),
        (0, "Is your phone number 555-0142?"),
    ]));
    assert_eq!(
        texts(&out, 1),
        ["It's [account number], and the zip code is [postal address]."]
    );
    assert_eq!(texts(&out, 0)[1], "Is your phone number [phone number]?");
    assert_eq!(
        placeholders(&out),
        [(PHONE, 7, None), (ACCOUNT, 7, None), (POSTCODE, 7, None)]
    );
    let spoken = redact(call(&[(
        1,
        "My account number is two oh four, one double seven.",
    )]));
    assert_eq!(
        texts(&spoken, 1),
        ["My account number is [account number]."]
    );
    let order = "The order number is 740291, and the policy number 5520913.";
    assert_eq!(texts(&redact(call(&[(1, order)])), 1), [order]);
}

#[test]
fn a_placeholder_keeps_times_the_lowest_probability_and_nothing_else() {
    let mut said = call(&[(0, "It's 4539 1488 uh 0343 6467, thanks.")]);
    said.channels[0].segments[0].words[2].prob = Some(0.25);
    said.channels[0].segments[0].words[3].prob = None;
    let before = said.channels[0].segments[0].words.clone();
    let out = redact(said);
    let after = &out.channels[0].segments[0].words;
    assert_eq!(after.len(), 3);
    assert_eq!((&after[0], &after[2]), (&before[0], &before[6]));
    assert_eq!(
        (after[1].start_ms, after[1].end_ms, after[1].prob),
        (before[1].start_ms, before[5].end_ms, Some(0.25))
    );
    assert_eq!(after[1].text, "[card number],");
    let written = format!("{out:?}{}", out.to_json());
    for group in ["4539", "1488", "0343", "6467"] {
        assert!(!written.contains(group), "{group}");
    }
    assert!(Transcript::from_json(out.to_json().as_bytes(), "test").is_ok());
}

#[test]
fn two_runs_in_one_word_of_another_tool_become_one_placeholder() {
    let mut said = call(&[(0, "x")]);
    said.channels[0].segments[0].words[0].text =
        "account 38112764 and card number 4111 1111 1111 1111.".to_string();
    let out = redact(said);
    assert_eq!(texts(&out, 0), ["[card number]."]);
    assert_eq!(placeholders(&out), [(CARD, 24, Some(true))]);
}

/// Every sentence with numbers of a set of sample calls, as written and as spoken.
#[rustfmt::skip]
const EVERYDAY: [(usize, &str, &str); 57] = [
    (0, "And what are the last four digits of the card?", ""),
    (1, "I think it's 4417.", "I think it's four four one seven."),
    (1, "Around 6 p.m., at the gas station.", "Around six P M, at the gas station."),
    (0, "I can see that payment of $38.20. There is another payment of $120 this morning.",
        "I can see that payment of thirty eight dollars and twenty cents. There is another payment of one hundred and twenty dollars this morning."),
    (1, "It's 5 minutes drive from here, on a 3 lane road.", "It's five minutes drive from here, on a three lane road."),
    (0, "I will send a technician tomorrow between nine and noon.", ""),
    (0, "I have credited $15.50 to your next bill.", "I have credited fifteen dollars and fifty cents to your next bill."),
    (1, "Hi, I ordered a desk three weeks ago.", ""),
    (0, "Oh no, I'm very sorry about that. Do you have the order number?", ""),
    (1, "Yes, one second. The order number is 740291.", "Yes, one second. The order number is seven four zero two nine one."),
    (0, "I will process the refund of $249.99 right away.", "I will process the refund of two hundred forty nine dollars and ninety nine cents right away."),
    (1, "Oh wow, that's very kind of you.", ""),
    (0, "It usually takes three to five business days to show up on your card.", ""),
    (0, "I need to ask my manager. One more moment.", ""),
    (0, "You only have to pay $64.10.", "You only have to pay sixty four dollars and ten cents."),
    (1, "You charged me $35 for a late fee.", "You charged me thirty five dollars for a late fee."),
    (1, "It's July 3rd, and this is the last time.", "It's July third, and this is the last time."),
    (1, "Nineteen eighty one. Every month there is something.", ""),
    (0, "The payment arrived on the 12th, and it was due on the 10th.", "The payment arrived on the twelfth, and it was due on the tenth."),
    (0, "The balance is $4,210, and your last payment was $89.90.", "The balance is four thousand two hundred and ten dollars, and your last payment was eighty nine dollars and ninety cents."),
    (0, "It's 50 yards down the road, two streets away.", "It's fifty yards down the road, two streets away."),
    (1, "I set up a 3 way call, and it only went one way.", "I set up a three way call, and it only went one way."),
    (0, "You owe $72.35. What is the card number, please?", "You owe seventy two dollars and thirty five cents. What is the card number, please?"),
    (0, "Your confirmation number is BR4821.", "Your confirmation number is B R, four eight two one."),
    (1, "It's PX70315. I was told it would arrive last week.", "It's P X, seven zero three one five. I was told it would arrive last week."),
    (1, "I already sent three emails.", ""),
    (1, "I have been transferred three times now.", ""),
    (0, "I see your appointment on Thursday at 10 a.m.", "I see your appointment on Thursday at ten A M."),
    (0, "I have a free time on Tuesday at 3:30 p.m.", "I have a free time on Tuesday at three thirty P M."),
    (0, "Could you confirm the last four digits of your social?", ""),
    (0, "You have a balance of $640 with City Power.", "You have a balance of six hundred and forty dollars with City Power."),
    (0, "Would $80 a month work?", "Would eighty dollars a month work?"),
    (0, "The first payment is on June 1st.", "The first payment is on June first."),
    (0, "You can dispute this debt within 30 days.", "You can dispute this debt within thirty days."),
    (0, "He owes $1,200, and he has to pay today.", "He owes one thousand two hundred dollars, and he has to pay today."),
    (0, "The annual percentage rate is 24%, as stated.", "The annual percentage rate is twenty four percent, as stated."),
    (1, "My mother died two weeks ago.", ""),
    (1, "The policy number is 5520913.", "The policy number is five five two, zero nine one three."),
    (0, "The payment follows within 10 days.", "The payment follows within ten days."),
    (0, "I can lower your price by 20%.", "I can lower your price by twenty percent."),
    (0, "Your contract ends on April 30th.", "Your contract ends on April thirtieth."),
    (1, "It's 916204.", "It's nine one six two zero four."),
    (0, "We charged the shipping two times. I have refunded $46.75.", "We charged the shipping two times. I have refunded forty six dollars and seventy five cents."),
    (0, "Your balance is $58.20.", "Your balance is fifty eight dollars and twenty cents."),
    (1, "Okay, it's four five, double three, and then.", ""),
    (0, "Your confirmation number is KD5073.", "Your confirmation number is K D, five zero seven three."),
    (1, "I think it's 1938?", "I think it's one nine three eight?"),
    (1, "Come on, I only need one number.", ""),
    (1, "741856. Is it too late to change it?", "seven four one eight five six. Is it too late to change it?"),
    (1, "The court ordered 12 new lamps at 2 p.m. on Friday.", "The court ordered twelve new lamps at two P M on Friday."),
    (0, "So the balance is now $560.", "So the balance is now five hundred and sixty dollars."),
    (1, "Could I pay on the 10th next month?", "Could I pay on the tenth next month?"),
    (1, "The order number is 7402916, and that's two weeks ago.", ""),
    (1, "It is not that one, 7402916 is mine.", ""),
    (0, "Order number 7402916, and room 4.", ""),
    (0, "That is 12,500 dollars, or 1.5 million pounds in 2031.", ""),
    (1, "Oh, and that one is from 2004.", ""),
];

/// Sentences of the same calls that hold something private: as written, as spoken, and what is left.
#[rustfmt::skip]
const PRIVATE: [(&str, &str, &str); 10] = [
    ("I was born on May 14th.",
     "I was born on May fourteenth.",
     "I was born on [date of birth]."),
    ("Hello, it's 555-0142. My internet has been down.",
     "Hello, it's five five five, zero one four two. My internet has been down.",
     "Hello, it's [phone number]. My internet has been down."),
    ("Yes, it's Linda Harris, and the zip code is 60614.",
     "Yes, it's Linda Harris, and the zip code is six zero six one four.",
     "Yes, it's [name], and the zip code is [postal address]."),
    ("It expires in August 2028, and the security code is 737.",
     "It expires in August twenty twenty eight, and the security code is seven three seven.",
     "It expires in [card expiry], and the security code is [security code]."),
    ("Daniel Brooks, October 2nd, 1979.",
     "Daniel Brooks, October second, nineteen seventy nine.",
     "[name], [date of birth]."),
    ("December 24th, 1946.",
     "December twenty fourth, nineteen forty six.",
     "[date of birth]."),
    ("It's 555-0177.",
     "It's five five five, zero one seven seven.",
     "It's [phone number]."),
    ("555-0199, and the passcode is 2580.",
     "five five five, zero one nine nine, and the passcode is two five eight zero.",
     "[phone number], and the passcode is [passcode]."),
    ("Nancy Cooper, and the zip code is 44107.",
     "Nancy Cooper, and the zip code is four four one zero seven.",
     "[name], and the zip code is [postal address]."),
    ("March 9th, 1972.",
     "March ninth, nineteen seventy two.",
     "[date of birth]."),
];

#[test]
fn what_is_private_in_a_sentence_goes() {
    for (written, spoken, left) in PRIVATE {
        for text in [written, spoken] {
            assert_eq!(texts(&redact(call(&[(1, text)])), 1), [left], "{text}");
        }
    }
}

#[test]
fn everyday_numbers_survive() {
    for (channel, written, spoken) in EVERYDAY {
        for text in [written, spoken] {
            let said = call(&[(channel, text)]);
            assert_eq!(redact(said.clone()), said, "{text}");
        }
    }
}

#[test]
fn in_whole_calls_only_what_is_private_goes() {
    let calls: [&[(usize, &str)]; 4] = [
        &[
            (
                0,
                "May I have your account number and your zip code, please?",
            ),
            (1, "It's 20417755, and the zip code is 30305."),
            (
                0,
                "Thank you. You owe $72.35. What is the card number, please?",
            ),
            (1, "The card number is 4111 1111 1111 1111."),
            (0, "And the expiration date?"),
            (
                1,
                "It expires in August 2028, and the security code is 737.",
            ),
            (0, "Let me read that back. 4111 1111 1111 1111."),
            (1, "That's right."),
            (
                0,
                "Your payment went through. Your confirmation number is BR4821.",
            ),
        ],
        &[
            (
                0,
                "May I have your account number and your zip code, please?",
            ),
            (
                1,
                "It's two zero four one, seven seven five five, and the zip code is three zero three zero five.",
            ),
            (
                0,
                "Thank you. You owe seventy two dollars and thirty five cents. What is the card number, please?",
            ),
            (
                1,
                "The card number is four one one one, one one one one, one one one one, one one one one.",
            ),
            (0, "And the expiration date?"),
            (
                1,
                "It expires in August twenty twenty eight, and the security code is seven three seven.",
            ),
            (
                0,
                "Let me read that back. four one one one, one one one one, one one one one, one one one one.",
            ),
            (1, "That's right."),
            (
                0,
                "Your payment went through. Your confirmation number is B R, four eight two one.",
            ),
        ],
        &[
            (0, "Can I have your account number, please?"),
            (1, "Sure, it's 38112764."),
            (0, "You only have to pay $64.10."),
        ],
        &[
            (
                0,
                "Please type the card number on your phone. You do not need to say it.",
            ),
            (1, "Okay, it's four five, double three, and then."),
            (0, "Please don't say it out loud."),
        ],
    ];
    for lines in calls {
        let out = redact(call(lines));
        let mut next = [0, 0];
        for &(channel, said) in lines {
            let expected = match said.split_once(", and the zip code is ") {
                Some(_) => {
                    "It's [account number], and the zip code is [postal address].".to_string()
                }
                None if said.starts_with("It expires in") => {
                    "It expires in [card expiry], and the security code is [security code]."
                        .to_string()
                }
                None if said.starts_with("Okay, it's four five") => {
                    "Okay, it's [card number], and then.".to_string()
                }
                None if said.contains("38112764") => "Sure, it's [account number].".to_string(),
                None if said.starts_with("The card number is") => {
                    "The card number is [card number].".to_string()
                }
                None if said.starts_with("Let me read") => {
                    "Let me read that back. [card number].".to_string()
                }
                None => said.to_string(),
            };
            assert_eq!(texts(&out, channel)[next[channel]], expected);
            next[channel] += 1;
        }
        for (kind, digits, check_digit_ok) in placeholders(&out) {
            match kind {
                CARD if digits == 4 => assert_eq!(check_digit_ok, Some(false)),
                CARD => assert_eq!((digits, check_digit_ok), (16, Some(true))),
                ACCOUNT => assert_eq!((digits, check_digit_ok), (8, None)),
                POSTCODE => assert_eq!((digits, check_digit_ok), (5, None)),
                RedactedKind::CardExpiry | RedactedKind::SecurityCode => {
                    assert_eq!(check_digit_ok, None);
                }
                _ => panic!("{kind:?}"),
            }
        }
    }
}

#[test]
fn file_names_lose_cards_and_keep_times() {
    for (name, expected) in [
        ("call_4111111111111111.wav", "call_[card number].wav"),
        ("4111-1111-1111-1111 sarah.wav", "[card number] sarah.wav"),
        (
            "2026-03-02_4111 1111 1111 1111_x.wav",
            "2026-03-02_[card number]_x.wav",
        ),
        ("3782_822463_10005", "[card number]"),
        (
            "4111111111111111_20260302.wav",
            "[card number]_20260302.wav",
        ),
    ] {
        assert_eq!(redact_text(name), expected);
    }
    for name in [
        "20260302101500.wav",
        "2026-03-02_10-15-00_5551234567.wav",
        "1772446500123.wav",
        "1772446500123456.wav",
        "4111111111111112.wav",
        "sarah.mills-0042_cu-1001 é٣.wav",
        "",
    ] {
        assert_eq!(redact_text(name), name);
    }
    // Times of day never look like a card, whatever their check digit.
    for second in 0..60 {
        let name = format!("202603021015{second:02}-3125550142");
        assert_eq!(redact_text(&name), name);
    }
}

/// How a group of digits is said.
fn say(digits: &[u8], form: u8) -> String {
    const UNITS: [&str; 10] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    const TEENS: [&str; 10] = [
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 10] = [
        "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    let unit = |digit: u8| UNITS[usize::from(digit)].to_string();
    let one_by_one = || digits.iter().map(|&d| unit(d)).collect::<Vec<_>>();
    let written: Vec<String> = digits.iter().map(u8::to_string).collect();
    match form {
        0 => written.concat(),
        1 => written.join(" "),
        2 => written.join("-"),
        3 => format!("{},", written.concat()),
        4 => one_by_one().join(" "),
        5 => one_by_one().join(", "),
        6 => one_by_one().join(" ").replace("zero", "oh"),
        7 => one_by_one().join("-"),
        8 => match digits {
            [a, b, rest @ ..] if a == b => format!("double {} {}", unit(*a), say(rest, 4)),
            _ => one_by_one().join(" and "),
        },
        _ => digits
            .chunks(2)
            .map(|pair| match *pair {
                [1, b] => TEENS[usize::from(b)].to_string(),
                // "twenty" with a lone digit after it would be another number.
                [a, 0] if a > 1 && digits.len().is_multiple_of(2) => {
                    TENS[usize::from(a)].to_string()
                }
                [a, b] if a > 1 && b > 0 => format!("{} {}", TENS[usize::from(a)], unit(b)),
                _ => say(pair, 4),
            })
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// Digits that a reader finds in a text, written or spoken; on purpose not the code under test.
fn seen(text: &str) -> String {
    let spoken = [
        ("zero", "0"),
        ("one", "1"),
        ("two", "2"),
        ("three", "3"),
        ("four", "4"),
        ("five", "5"),
        ("six", "6"),
        ("seven", "7"),
        ("eight", "8"),
        ("nine", "9"),
        ("ten", "10"),
        ("eleven", "11"),
        ("twelve", "12"),
        ("twenty", "2"),
        ("thir", "3"),
        ("for", "4"),
        ("fif", "5"),
    ];
    let mut text = text.to_lowercase();
    for (word, digit) in spoken {
        text = text.replace(word, digit);
    }
    text.chars().filter(char::is_ascii_digit).collect()
}

const BETWEEN: [&str; 12] = [
    "",
    "",
    "",
    "",
    "uh",
    "and then",
    "okay,",
    "comma",
    "is",
    "sort of",
    "hang on,",
    "let me see",
];
const ANSWERS: [&str; 4] = ["Okay.", "Go on.", "Mm-hmm, I see.", ""];

/// Leaves no files of failed cases in the source tree.
pub(super) fn steady() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(steady())]

    #[test]
    fn no_four_digits_of_a_card_survive_any_reading(
        card in prop::collection::vec(0u8..10, 13..=19),
        groups in prop::collection::vec((2usize..=5, 0u8..10, 0..BETWEEN.len(), 0..9usize), 10),
        lead in prop::sample::select(vec!["", "It's", "The card number is", "Oh, sure, that is"]),
        tail in prop::sample::select(vec!["", "Thank you.", "and it expires soon"]),
    ) {
        let mut rest = &card[..];
        let mut lines: Vec<(usize, String)> = vec![(1, lead.to_string())];
        for (size, form, between, turn) in &groups {
            let (digits, later) = rest.split_at(rest.len().min(*size));
            rest = later;
            let line = &mut lines.last_mut().expect("there is a first line").1;
            line.push(' ');
            line.push_str(&say(digits, *form));
            line.push(' ');
            line.push_str(BETWEEN[*between]);
            match turn {
                0..4 => {
                    lines.push((0, ANSWERS[*turn].to_string()));
                    lines.push((1, String::new()));
                }
                // The agent repeats what was said; in another form, if it is long enough.
                4 if digits.len() >= 4 => {
                    lines.push((0, say(digits, (form + 3) % 8)));
                    lines.push((1, String::new()));
                }
                5 => lines.push((1, String::new())),
                _ => {}
            }
        }
        lines.push((1, tail.to_string()));
        let lines: Vec<(usize, &str)> = lines.iter().map(|(c, t)| (*c, t.as_str())).collect();
        let said = call(&lines);
        let out = redact(said.clone());

        let left: String = (0..2).flat_map(|c| texts(&out, c)).map(|t| format!("{t}|")).collect();
        let card: String = card.iter().map(u8::to_string).collect();
        // Digits on both sides of a placeholder are not next to each other.
        for kept in left.split("[card number]") {
            let found = seen(kept);
            for start in 0..=card.len() - 4 {
                prop_assert!(!found.contains(&card[start..start + 4]), "{lines:?} -> {left}");
            }
        }
        prop_assert_eq!(redact(out.clone()), out.clone());
        check_kept_words(&said, &out)?;
    }
}

proptest! {
    #![proptest_config(steady())]

    #[test]
    fn any_talk_stays_valid_and_is_redacted_once(
        talk in prop::collection::vec(
            (
                0usize..2,
                prop::collection::vec(prop::sample::select(vec![
                    "4111", "1111,", "38", "7", "38112764.", "$4,210", "3:30", "14th", "1972", "one",
                    "oh", "double", "forty", "hundred", "eleven", "for", "and", "dollars", "days",
                    "May", "card", "number", "zip", "credit", "well", "that", "okay", "[card",
                    "number].", "BR4821", "1111-1111 and 4111", "-", "a.m.",
                ]), 0..14),
            ),
            0..10,
        ),
    ) {
        let lines: Vec<(usize, String)> =
            talk.iter().map(|(channel, words)| (*channel, words.join(" "))).collect();
        let lines: Vec<(usize, &str)> = lines.iter().map(|(c, t)| (*c, t.as_str())).collect();
        let said = call(&lines);
        let out = redact(said.clone());
        prop_assert_eq!(redact(out.clone()), out.clone());
        check_kept_words(&said, &out)?;
    }
}

/// What is no placeholder was there before, in the same order and unchanged; times stay in order.
pub(super) fn check_kept_words(said: &Transcript, out: &Transcript) -> Result<(), TestCaseError> {
    let mut before = words(said);
    for word in words(out).filter(|word| word.redacted.is_none()) {
        prop_assert!(before.any(|was| was == word), "{word:?}");
    }
    for (was, is) in said.channels.iter().zip(&out.channels) {
        prop_assert_eq!(&was.speech, &is.speech);
        for (was, is) in was.segments.iter().zip(&is.segments) {
            prop_assert_eq!(was.span(), is.span());
            prop_assert_eq!(
                was.words.first().map(|w| w.start_ms),
                is.words.first().map(|w| w.start_ms)
            );
            prop_assert_eq!(
                was.words.last().map(|w| w.end_ms),
                is.words.last().map(|w| w.end_ms)
            );
        }
    }
    let read = Transcript::from_json(out.to_json().as_bytes(), "test");
    prop_assert!(read.is_ok());
    Ok(())
}
