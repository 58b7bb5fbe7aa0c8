//! Each kind of number in the forms in which people say it.

use super::*;

/// Talks, line by line ("a:" an agent, "c:" a customer), and what is left of them.
#[rustfmt::skip]
const TALKS: &[(&[&str], &[&str])] = &[
    // Security codes.
    (&["c: the security code is 737."], &["c: the security code is [security code]."]),
    (&["c: CVV seven three seven"], &["c: CVV [security code]"]),
    (&["c: and the C V V is seven thirty-seven, okay?"], &["c: and the C V V is [security code], okay?"]),
    (&["c: 737 on the back"], &["c: [security code] on the back"]),
    (&["c: seven hundred and thirty seven, that's the security code."],
     &["c: [security code], that's the security code."]),
    (&["a: What are the three digits on the back of your card?", "c: Hold on, I have to find it.", "a: Take your time, no rush at all.",
       "c: Seven, three, seven.", "a: 737, thank you."],
     &["a: What are the three digits on the back of your card?", "c: Hold on, I have to find it.", "a: Take your time, no rush at all.",
       "c: [security code].", "a: [security code], thank you."]),
    (&["a: And the security code?", "c: 737.", "a: Was that 738?", "c: Sorry, no, 739."],
     &["a: And the security code?", "c: [security code].", "a: Was that 738?", "c: Sorry, no, [security code]."]),
    (&["c: it expires 08 28 and 737 on the back"], &["c: it expires [card expiry] and [security code] on the back"]),
    (&["a: The last three on the signature strip?", "c: double seven three"],
     &["a: The last three on the signature strip?", "c: [security code]"]),
    // Card, expiry and code in one breath.
    (&["a: Card number, expiry date and security code, please?", "c: 4111 1111 1111 1111, 08/28, 737."],
     &["a: Card number, expiry date and security code, please?", "c: [card number], [card expiry], [security code]."]),
    (&["c: four one one one one one one one one one one one one one one one oh eight two eight"],
     &["c: [card number] [card expiry]"]),
    (&["c: 4111 1111 1111 1111 0828 737"], &["c: [card number] [card expiry] [security code]"]),
    (&["c: 4111 1111 1111 1111 and August 2028"], &["c: [card number] and [card expiry]"]),
    (&["a: What is the card number?", "c: 4111 1111 1111 1111.", "a: Good, and the street number of the house that you live in?", "c: It's 1423."],
     &["a: What is the card number?", "c: [card number].", "a: Good, and the street number of the house that you live in?", "c: It's 1423."]),
    // Expiry dates.
    (&["c: expires in August 2028"], &["c: expires in [card expiry]"]),
    (&["a: And the expiration date?", "c: oh eight twenty eight"], &["a: And the expiration date?", "c: [card expiry]"]),
    (&["a: And the expiration date?", "c: August of twenty eight", "a: August 2028, thanks."],
     &["a: And the expiration date?", "c: [card expiry]", "a: [card expiry], thanks."]),
    (&["a: And the expiry date?", "c: eight of twenty-eight"], &["a: And the expiry date?", "c: [card expiry]"]),
    (&["c: valid until 08/28"], &["c: valid until [card expiry]"]),
    (&["c: it expires August 28"], &["c: it expires [card expiry]"]),
    // What recognisers made of answers.
    (&["a: Can you read me the card number?", "c: Fortu Airland six, Troople Ate 7714 dozen wan nine."],
     &["a: Can you read me the card number?", "c: Fortu Airland [card number]."]),
    (&["a: The card number, please?", "c: 411 and a bow.", "a: Go on.", "c: 139424.6 so."],
     &["a: The card number, please?", "c: [card number] and a bow.", "a: Go on.", "c: [card number] so."]),
    (&["a: I have the card number as far as three oh five six oh seven nine. And the rest?", "c: two five oh one eight eight one"],
     &["a: I have the card number as far as [card number]. And the rest?", "c: [card number]"]),
    (&["c: I want to use a different intern card.", "c: 6203 pulsa Repples ago, Triples 000. Tripleso violo 55."],
     &["c: I want to use a different intern card.", "c: [card number]."]),
    (&["a: What are the three digits on the back?", "c: Lovely 87."], &["a: What are the three digits on the back?", "c: Lovely [security code]."]),
    (&["a: And the experation date?", "c: July 31."], &["a: And the experation date?", "c: [card expiry]."]),
    (&["c: my card is a visa, good through March 26th."], &["c: my card is a visa, good through [card expiry]."]),
    (&["c: the offer is good through March 26th."], &["c: the offer is good through March 26th."]),
    (&["a: The number of your driver's licenseand the state?", "c: Effector 93822."],
     &["a: The number of your driver's licenseand the state?", "c: Effector [national id]."]),
    (&["a: Can I have the last four digits of the card number?", "c: 4242."],
     &["a: Can I have the last four digits of the card number?", "c: 4242."]),
    (&["a: What is the card number?", "c: One moment, I paid $20 for 30 days, at 3:30.", "a: And your order number?", "c: 55123."],
     &["a: What is the card number?", "c: One moment, I paid $20 for 30 days, at 3:30.", "a: And your order number?", "c: 55123."]),
    // IBANs.
    (&["c: DE89 3704 0044 0532 0130 00."], &["c: [IBAN]."]),
    (&["c: it's DE89370400440532013000, yes"], &["c: it's [IBAN], yes"]),
    (&["c: GB29 NWBK 6016 1331 9268 19"], &["c: [IBAN]"]),
    (&["c: D E eighty nine, three seven oh four, double oh four four, oh five three two, oh one three oh, zero zero"],
     &["c: [IBAN]"]),
    (&["c: my IBAN is DE89 3704 0044 0532 0130", "a: okay", "c: 01"],
     &["c: my IBAN is [IBAN]", "a: okay", "c: [IBAN]"]),
    // Accounts.
    (&["c: the sort code is 20-30-40 and the account number 31926819"],
     &["c: the sort code is [account number] and the account number [account number]"]),
    (&["c: routing number 021 000 021"], &["c: routing number [account number]"]),
    // National ids.
    (&["a: Could you confirm the last four digits of your social?", "c: March 9th, 1972, and it's 5518."],
     &["a: Could you confirm the last four digits of your social?", "c: [date of birth], and it's [national id]."]),
    (&["c: my social is 123-45-6789"], &["c: my social is [national id]"]),
    (&["c: it is 123-45-6789"], &["c: it is [national id]"]),
    (&["c: QQ 12 34 56 C"], &["c: [national id]"]),
    (&["c: Q Q one two three four five six C, that's it"], &["c: [national id], that's it"]),
    (&["c: my passport number is C01X00T47"], &["c: my passport number is [national id]"]),
    (&["a: Your passport number?", "c: P A 123 4567"], &["a: Your passport number?", "c: [national id]"]),
    // Passcodes.
    (&["c: 555-0199, and the passcode is 2580."], &["c: [phone number], and the passcode is [passcode]."]),
    (&["a: And your passcode?", "c: I think it's 1938?"], &["a: And your passcode?", "c: I think it's [passcode]?"]),
    (&["a: Please read me the code that we texted you.", "c: four eight two, nine one three"],
     &["a: Please read me the code that we texted you.", "c: [passcode]"]),
    (&["c: 2580, that's my PIN"], &["c: [passcode], that's my PIN"]),
    // Dates of birth.
    (&["c: I was born on May 14th."], &["c: I was born on [date of birth]."]),
    (&["a: Your name and date of birth?", "c: Daniel Brooks, October 2nd, 1979."],
     &["a: Your name and date of birth?", "c: [name], [date of birth]."]),
    (&["a: Date of birth?", "c: oh three oh nine seventy two"], &["a: Date of birth?", "c: [date of birth]"]),
    (&["a: Date of birth?", "c: 5 14 80"], &["a: Date of birth?", "c: [date of birth]"]),
    (&["a: Date of birth?", "c: March 9, '72", "a: March 9th, 1972, thank you."],
     &["a: Date of birth?", "c: [date of birth]", "a: [date of birth], thank you."]),
    (&["a: And your birthday?", "c: May 14th.", "a: May 14th?"], &["a: And your birthday?", "c: [date of birth].", "a: [date of birth]?"]),
    (&["c: the ninth of March nineteen seventy two"], &["c: the [date of birth]"]),
    (&["c: Born 05/14/1972."], &["c: Born [date of birth]."]),
    (&["a: Date of birth?", "c: It's the third of the fifth, eighty two"], &["a: Date of birth?", "c: It's the [date of birth]"]),
    (&["a: Can you give me your date of birth and zip?", "c: five fourteen eighty, nine seven two oh one"],
     &["a: Can you give me your date of birth and zip?", "c: [date of birth], [postal address]"]),
    // Phones.
    (&["c: it's 555-0142."], &["c: it's [phone number]."]),
    (&["c: (312) 555 0142"], &["c: [phone number]"]),
    (&["c: +49 170 1234567"], &["c: [phone number]"]),
    (&["c: three one two, five five five, oh one four two"], &["c: [phone number]"]),
    (&["a: What's the best number to reach you?", "c: five five five oh one four two", "a: five five five", "c: yes", "a: oh one four two?"],
     &["a: What's the best number to reach you?", "c: [phone number]", "a: [phone number]", "c: yes", "a: [phone number]?"]),
    // Postcodes.
    (&["a: Your zip code?", "c: 30305.", "a: And the house number?", "c: 1423"],
     &["a: Your zip code?", "c: [postal address].", "a: And the house number?", "c: [postal address]"]),
    (&["a: May I have your account number and your zip code, please?", "c: It's 20417755, and the zip code is 30305."],
     &["a: May I have your account number and your zip code, please?", "c: It's [account number], and the zip code is [postal address]."]),
    (&["a: May I have your account number and your zip code, please?", "c: It's 20417755 and 30305."],
     &["a: May I have your account number and your zip code, please?", "c: It's [account number] and [postal address]."]),
    (&["c: SW1A 1AA"], &["c: [postal address]"]),
    (&["c: my postcode is S W one A one A A"], &["c: my postcode is [postal address]"]),
    // Numbers that are mended.
    (&["a: What's your account number?", "c: 134 816 367, no, 134 516 367."],
     &["a: What's your account number?", "c: [account number], no, [account number]."]),
    // What stays.
    (&["a: Your confirmation number is 883 201 554.", "c: 883 201 554, got it."],
     &["a: Your confirmation number is 883 201 554.", "c: 883 201 554, got it."]),
    (&["c: I need it by November 19th.", "a: The payment is ninety three forty six, then three payments of eighty four."],
     &["c: I need it by November 19th.", "a: The payment is ninety three forty six, then three payments of eighty four."]),
    (&["c: The order number is 740291.", "a: Your contract ends on April 30th, 2027."],
     &["c: The order number is 740291.", "a: Your contract ends on April 30th, 2027."]),
    (&["a: And what are the last four digits of the card?", "c: I think it's 4417."],
     &["a: And what are the last four digits of the card?", "c: I think it's 4417."]),
    (&["a: Your security code and your order number?", "c: The order number is 740291.", "a: The offer expires on August 31st."],
     &["a: Your security code and your order number?", "c: The order number is 740291.", "a: The offer expires on August 31st."]),
    (&["a: The tracking number is 9400 1000 22.", "c: I paid 250 dollars, and I'm with you since 2019."],
     &["a: The tracking number is 9400 1000 22.", "c: I paid 250 dollars, and I'm with you since 2019."]),
];

#[test]
fn every_kind_is_found_in_its_forms() {
    let mut wrong = String::new();
    for (said, expected) in TALKS {
        let lines: Vec<(usize, &str)> = said
            .iter()
            .map(|line| (usize::from(line.starts_with("c:")), line[2..].trim()))
            .collect();
        let out = redact(call(&lines));
        let mut left = [texts(&out, 0).into_iter(), texts(&out, 1).into_iter()];
        let is: Vec<String> = lines
            .iter()
            .map(|&(channel, _)| {
                let text = left[channel].next().unwrap_or_default();
                format!("{}: {text}", ["a", "c"][channel])
            })
            .collect();
        if is != *expected {
            wrong += &format!("{said:#?}\n{is:#?}\n{expected:#?}\n\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A secret of each kind that is short enough to hide, how it is asked for, and its digits.
fn secrets() -> impl Strategy<Value = (&'static str, &'static str, Vec<u8>)> {
    let kinds = prop::sample::select(vec![
        (
            "What is the security code on the back?",
            "the security code is",
            3,
        ),
        ("And the last four of your social?", "my social is", 4),
        ("What is your PIN?", "my PIN is", 4),
        (
            "Read me the code that we texted you, please.",
            "the verification code is",
            6,
        ),
        ("Your zip code?", "the zip code is", 5),
        (
            "What is your social security number?",
            "my social security number is",
            9,
        ),
        (
            "What is the best number to reach you?",
            "my phone number is",
            10,
        ),
        ("What is the account number?", "my account number is", 8),
    ]);
    kinds.prop_flat_map(|(asked, named, length)| {
        let digits = prop::collection::vec(0u8..10, length);
        (Just(asked), Just(named), digits)
    })
}

proptest! {
    #![proptest_config(steady())]

    /// Whether it was asked for or named, however it is said, cut into segments anywhere, with
    /// "okay" from the other party between, and read back: no three of its digits are left.
    #[test]
    fn nothing_telling_of_a_named_number_survives(
        (asked, named, digits) in secrets(),
        by_name in any::<bool>(),
        forms in prop::collection::vec((1usize..=4, 0u8..8, 0usize..4), 10),
        before in prop::sample::select(vec!["Hi there.", "I am calling about my bill.", "It is really late."]),
        after in prop::sample::select(vec!["Thank you.", "Is that all?", "Great, bye."]),
        wait in prop::sample::select(vec!["", "Hold on, please.", "Let me look for it."]),
        read_back in any::<bool>(),
    ) {
        let mut lines: Vec<(usize, String)> = vec![(1, before.to_string())];
        match by_name {
            true => lines.push((1, named.to_string())),
            false => {
                lines.push((0, asked.to_string()));
                lines.push((1, wait.to_string()));
                lines.push((1, "It's".to_string()));
            }
        }
        let mut rest = &digits[..];
        for (size, form, turn) in &forms {
            let (group, later) = rest.split_at(rest.len().min(*size));
            rest = later;
            if group.is_empty() {
                break;
            }
            let line = &mut lines.last_mut().expect("there is a first line").1;
            line.push(' ');
            // "Oh" alone is an interjection as well.
            let form = if group.len() == 1 { 4 } else { *form };
            line.push_str(&say(group, form));
            match turn {
                0 if !rest.is_empty() => {
                    lines.push((0, "Okay.".to_string()));
                    lines.push((1, String::new()));
                }
                1 => lines.push((1, String::new())),
                _ => {}
            }
        }
        if read_back {
            lines.push((0, say(&digits, 4)));
        }
        lines.push((1, after.to_string()));
        let lines: Vec<(usize, &str)> = lines.iter().map(|(c, t)| (*c, t.as_str())).collect();
        let said = call(&lines);
        let out = redact(said.clone());
        let secret: String = digits.iter().map(u8::to_string).collect();
        for text in (0..2).flat_map(|channel| texts(&out, channel)) {
            for kept in text.split('[') {
                let found = seen(kept);
                for start in 0..=secret.len() - 3 {
                    prop_assert!(!found.contains(&secret[start..start + 3]), "{lines:?} -> {text}");
                }
            }
        }
        prop_assert_eq!(redact(out.clone()), out.clone());
        check_kept_words(&said, &out)?;
    }
}
