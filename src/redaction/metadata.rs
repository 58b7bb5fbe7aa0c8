//! What comes from outside beside the talk: names of files, ids, columns of tables, remarks, and
//! what another tool says of itself in a transcript.
//!
//! What must still find something (a file, a call, an agent) is masked only where its written form
//! tells what it is ([`redact_text`]), and always in the same way, so that whoever names it later
//! finds it again. What people wrote ([`redact_note`]) is redacted as if it had been said. Where a
//! column's name tells what stands below it, all of it goes. Left out on purpose: the settings,
//! which are about talk; here every kind is masked, and never hashed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::Redactor;
use super::written::{self, Emails};
use crate::recording::contacts::Contact;
use crate::recording::{CallMeta, CustomerName};
use crate::transcript::{
    AudioFacts, Channel, FORMAT, Recogniser, Redacted, RedactedKind, Segment, Transcript, Word,
};

/// Masks what tells by its written form what it is: for names of files, identifiers and messages.
///
/// Stricter than [`Redactor::redact`], since a name that changed for nothing no longer finds its
/// file: card numbers and IBANs with right check digits, US social security numbers, and e-mail
/// addresses of people.
pub fn redact_text(text: &str) -> String {
    written::mask(text, Emails::OfPeople)
}

/// As [`redact_text`], for names of people at work. E-mail addresses stay: many phone systems tell
/// agents apart by theirs, and all of them would become one.
pub fn redact_person(text: &str) -> String {
    written::mask(text, Emails::Kept)
}

/// Redacts free text that people wrote: remarks of raters, columns of tables.
pub fn redact_note(text: &str) -> String {
    note(text, &[])
}

/// Redacts a message of ours that quotes what stands in a file: the quotation as a note, and the
/// rest as what it is, ours.
pub fn redact_quotation(message: &str) -> String {
    let quotation = message.find('"').zip(message.rfind('"'));
    match quotation {
        Some((start, end)) if start < end && !is_moment(&message[start + 1..end]) => [
            &redact_text(&message[..=start]),
            &redact_note(&message[start + 1..end]),
            &redact_text(&message[end..]),
        ]
        .map(String::as_str)
        .concat(),
        _ => redact_text(message),
    }
}

/// A value of which nobody knows whether it is an identifier or free text: a single word is taken
/// for the first, so that it still joins with other systems, several words for the second.
pub fn redact_value(text: &str) -> String {
    value(text, &[])
}

/// An identifier or name of a file of a call whose customer may be known by name.
pub fn redact_id(text: &str, customer: &[CustomerName]) -> String {
    mask_names(redact_text(text), customer)
}

fn mask_names(text: String, customer: &[CustomerName]) -> String {
    customer
        .iter()
        .fold(text, |text, name| mask_name(&text, name))
}

/// Redacts all that is known about a call. Redacting again changes nothing more.
pub fn redact_call(meta: &mut CallMeta, customer: &[CustomerName]) {
    // Each field is named, so that a new one is not forgotten.
    let CallMeta {
        call_id,
        file,
        agent,
        team,
        queue,
        customer: _keyed_hash,
        started_at: _time,
        agent_channel: _number,
        interaction_id,
        leg,
        direction: _one_of_three,
        first_communication: _yes_or_no,
        language: _code,
        reason,
        talk_s: _,
        hold_s: _,
        acw_s: _,
        disclosure_by_ivr: _,
        extra,
    } = meta;
    for text in [call_id, file] {
        *text = redact_id(text, customer);
    }
    *agent = redact_person(agent);
    for text in [team, queue, interaction_id, leg].into_iter().flatten() {
        *text = redact_text(text);
    }
    if let Some(text) = reason {
        *text = value(text, customer);
    }
    let columns = std::mem::take(extra);
    for (column, cell) in columns {
        let cell = match kind_of_column(&column) {
            Some(kind) if !is_flag(&cell) => kind.placeholder().to_string(),
            _ => value(&cell, customer),
        };
        extra.insert(free_name(extra, redact_value(&column)), cell);
    }
}

/// Redacts a row of the table of contacts. A reference that tells more than it may is left out:
/// with a placeholder in it, two contacts could become one.
pub fn redact_contact(contact: &mut Contact) {
    contact.reference.take_if(|text| redact_text(text) != *text);
    if let Some(reason) = &mut contact.reason {
        *reason = redact_value(reason);
    }
}

/// Redacts what another tool's transcript says beside the words, and what it gives out as
/// placeholders.
pub fn redact_facts(transcript: &mut Transcript) {
    let AudioFacts { key, codec, .. } = &mut transcript.audio;
    let Recogniser {
        engine,
        model,
        model_key,
        ..
    } = &mut transcript.recogniser;
    let spoken = transcript.channels.iter_mut();
    let languages = spoken.filter_map(|channel| channel.language.as_mut());
    for text in [engine, model, &mut transcript.language]
        .into_iter()
        .chain([key, codec, model_key].into_iter().flatten())
        .chain(languages)
    {
        *text = redact_value(text);
    }
    let channels = transcript.channels.iter_mut();
    let segments = channels.flat_map(|channel| &mut channel.segments);
    for word in segments.flat_map(|segment| &mut segment.words) {
        if let Some(redacted) = &mut word.redacted {
            word.text = super::placeholder_for(redacted.kind, &word.text);
            redacted.hash.take_if(|hash| !is_hash(hash));
        }
    }
}

/// Whether something was masked in a text.
pub fn holds_placeholder(text: &str) -> bool {
    let mut kinds = RedactedKind::ALL.into_iter();
    kinds.any(|kind| text.contains(kind.placeholder()))
}

/// As a [`Redacted::hash`] is written.
fn is_hash(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn value(text: &str, customer: &[CustomerName]) -> String {
    if !text.trim().contains(char::is_whitespace) {
        return redact_id(text, customer);
    }
    if is_moment(text) {
        return text.to_string();
    }
    mask_names(note(text, customer), customer)
}

/// A day with its time of day, as it is or as somebody meant it.
fn is_moment(text: &str) -> bool {
    static MOMENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^(\d{4}[-/.]\d\d[-/.]\d\d | \d\d?[-/.]\d\d?[-/.]\d{2,4})
            [\ t]\d\d?[:.]\d\d([:.]\d\d([.,]\d+)?)?(\ ?[ap]m)?(\ ?(z|[+-]\d\d:?\d\d))?$
            | ^(19|20)\d\d[01]\d[0-3]\d([t_-]?\d{4}(\d\d)?)?$",
        )
        .expect("the pattern is fixed and tested")
    });
    MOMENT.is_match(text)
}

/// As one who says nothing else would say it, words at a calm pace.
fn note(text: &str, names: &[CustomerName]) -> String {
    const WORD_MS: i64 = 400;
    let (mut words, mut gaps) = (Vec::new(), Vec::new());
    let mut rest = text;
    loop {
        let bare = rest.trim_start();
        let gap = &rest[..rest.len() - bare.len()];
        gaps.push(gap);
        if bare.is_empty() {
            break;
        }
        let (length, kind) = next_word(bare);
        let start_ms = WORD_MS * words.len() as i64;
        words.push(Word {
            text: bare[..length].to_string(),
            start_ms,
            end_ms: start_ms + WORD_MS,
            prob: None,
            redacted: kind.map(|kind| Redacted::of(kind, 0)),
        });
        rest = &bare[length..];
    }
    let end_ms = words.last().map_or(0, |word| word.end_ms);
    let segment = Segment {
        start_ms: 0,
        end_ms,
        no_speech_prob: None,
        doubts: Vec::new(),
        words,
    };
    let said = Transcript {
        format: FORMAT.to_string(),
        audio: AudioFacts {
            key: None,
            codec: None,
            sample_rate_hz: None,
            recorded_ms: end_ms,
            truncated: false,
            dual_mono: false,
        },
        recogniser: Recogniser {
            engine: String::new(),
            model: String::new(),
            model_key: None,
            word_times: false,
            word_probs: true,
        },
        language: "en".to_string(),
        channels: vec![Channel {
            language: None,
            speech: Vec::new(),
            segments: vec![segment],
        }],
    };
    let said = Redactor::default().redact(said, names);
    let mut out = String::with_capacity(text.len());
    let segments = said.channels.iter().flat_map(|channel| &channel.segments);
    for word in segments.flat_map(|segment| &segment.words) {
        // The blanks ahead of the first of the words that it stands for.
        out.push_str(gaps[(word.start_ms / WORD_MS) as usize]);
        out.push_str(&word.text);
    }
    out.push_str(gaps[gaps.len() - 1]);
    written::mask(&out, Emails::All)
}

/// The length of the first word, and what kind of thing it stands for where it is a placeholder.
fn next_word(text: &str) -> (usize, Option<RedactedKind>) {
    let starts = |kind: &RedactedKind| text.starts_with(kind.placeholder());
    if let Some(kind) = RedactedKind::ALL.into_iter().find(starts) {
        return (kind.placeholder().len(), Some(kind));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let ahead = RedactedKind::ALL
        .into_iter()
        .filter_map(|kind| text.find(kind.placeholder()));
    (ahead.fold(end, usize::min), None)
}

/// Masks the customer's name where an identifier has it: two of its parts side by side, or the
/// family name.
fn mask_name(text: &str, customer: &CustomerName) -> String {
    const TITLES: [&str; 8] = ["mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau"];
    let lower = customer.expose().to_lowercase();
    let parts: Vec<&str> = lower
        .split(|c: char| !c.is_alphabetic())
        .filter(|part| part.chars().count() > 1 && !TITLES.contains(part))
        .collect();
    let family = match lower.split_once(',') {
        Some((before, _)) => before.split(|c: char| !c.is_alphabetic()).next_back(),
        None => parts.last().copied(),
    };
    let family = family.filter(|name| name.chars().count() > 2);
    // Runs of letters with what each of them is.
    let mut runs: Vec<(usize, usize, bool)> = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphabetic(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let word = text[from..at].to_lowercase();
                let of_name = parts.contains(&word.as_str());
                let whole = parts.iter().any(|one| {
                    let rest = word.strip_prefix(one).unwrap_or_default();
                    rest != *one && parts.contains(&rest)
                });
                let alone = whole || family == Some(word.as_str());
                if of_name || alone {
                    runs.push((from, at, alone));
                }
                start = None;
            }
            _ => {}
        }
    }
    let close = |one: usize, next: usize| {
        let between = &text[one..next];
        between.chars().count() <= 3 && !between.contains(char::is_alphanumeric)
    };
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    let mut at = 0;
    while at < runs.len() {
        let mut last = at;
        while last + 1 < runs.len() && close(runs[last].1, runs[last + 1].0) {
            last += 1;
        }
        if last > at || runs[at].2 {
            out.push_str(&text[kept..runs[at].0]);
            out.push_str(RedactedKind::Name.placeholder());
            kept = runs[last].1;
        }
        at = last + 1;
    }
    out.push_str(&text[kept..]);
    out
}

/// A name that no column has yet.
fn free_name(columns: &BTreeMap<String, String>, name: String) -> String {
    let numbered = (2..).map(|n| format!("{name} {n}"));
    std::iter::once(name.clone())
        .chain(numbered)
        .find(|name| !columns.contains_key(name))
        .expect("there are fewer columns than numbers")
}

/// Says no more than whether something is the case, or nothing.
fn is_flag(cell: &str) -> bool {
    const FLAGS: [&str; 16] = [
        "", "yes", "no", "y", "n", "true", "false", "0", "1", "ok", "none", "null", "n/a", "na",
        "ja", "nein",
    ];
    FLAGS.contains(&cell.trim().to_lowercase().as_str())
}

/// What the name of a column tells of what stands below it, in English, German and French: words
/// side by side, in plain letters. The first row that fits counts.
const COLUMNS: [(RedactedKind, &[&str]); 13] = [
    (
        RedactedKind::SecurityCode,
        &[
            "cvv",
            "cvv2",
            "cvc",
            "cvc2",
            "csc",
            "security code",
            "kartenpruefnummer",
            "pruefnummer",
            "pruefziffer",
            "cryptogramme",
        ],
    ),
    (
        RedactedKind::CardExpiry,
        &[
            "card expiry",
            "card expiration",
            "card exp",
            "exp date",
            "expiry date",
            "expiration date",
            "expiry",
            "valid thru",
            "ablaufdatum",
            "date expiration",
            "date d expiration",
        ],
    ),
    (
        RedactedKind::CardNumber,
        &[
            "card number",
            "card no",
            "card num",
            "cardnumber",
            "cc number",
            "credit card",
            "creditcard",
            "debit card",
            "pan",
            "kartennummer",
            "kreditkarte",
            "kreditkartennummer",
            "numero carte",
            "numero de carte",
            "carte bancaire",
        ],
    ),
    (RedactedKind::Iban, &["iban"]),
    (
        RedactedKind::AccountNumber,
        &[
            "bank account",
            "account number",
            "account no",
            "accountnumber",
            "sort code",
            "routing number",
            "kontonummer",
            "numero compte",
            "numero de compte",
        ],
    ),
    (
        RedactedKind::NationalId,
        &[
            "ssn",
            "social security",
            "national id",
            "national insurance",
            "nino",
            "tax id",
            "passport",
            "driving licence",
            "drivers license",
            "driver license",
            "steuernummer",
            "steuer id",
            "sozialversicherungsnummer",
            "ausweisnummer",
            "reisepass",
            "securite sociale",
            "numero securite sociale",
            "passeport",
        ],
    ),
    (
        RedactedKind::Passcode,
        &[
            "pin",
            "passcode",
            "password",
            "passphrase",
            "otp",
            "security word",
            "security answer",
            "secret answer",
            "maiden name",
            "passwort",
            "kennwort",
            "mot de passe",
            "mot passe",
        ],
    ),
    (
        RedactedKind::DateOfBirth,
        &[
            "dob",
            "date of birth",
            "birth date",
            "birthdate",
            "birthday",
            "geburtsdatum",
            "geburtstag",
            "date naissance",
            "date de naissance",
        ],
    ),
    (
        RedactedKind::Email,
        &["email", "e mail", "mail", "courriel"],
    ),
    (
        RedactedKind::PhoneNumber,
        &[
            "phone",
            "phonenumber",
            "telephone",
            "mobile",
            "cell",
            "cellphone",
            "tel",
            "fax",
            "ani",
            "msisdn",
            "caller id",
            "caller number",
            "telefon",
            "telefonnummer",
            "rufnummer",
            "handy",
            "handynummer",
            "mobilnummer",
            "portable",
        ],
    ),
    // Of machines, and not of people.
    (RedactedKind::PostalAddress, NOT_OF_PEOPLE),
    (
        RedactedKind::PostalAddress,
        &[
            "address",
            "street",
            "zip",
            "zipcode",
            "zip code",
            "postcode",
            "postal code",
            "post code",
            "plz",
            "postleitzahl",
            "adresse",
            "anschrift",
            "strasse",
            "code postal",
            "rue",
        ],
    ),
    (
        RedactedKind::Name,
        &[
            "full name",
            "fullname",
            "first name",
            "firstname",
            "last name",
            "lastname",
            "surname",
            "forename",
            "family name",
            "given name",
            "customer name",
            "caller name",
            "client name",
            "contact name",
            "kundenname",
            "nachname",
            "vorname",
            "familienname",
            "nom",
            "prenom",
        ],
    ),
];

const NOT_OF_PEOPLE: &[&str] = &["ip address", "mac address", "adresse ip"];

/// Columns that tell about such a thing, and not the thing.
const ABOUT_IT: [&str; 18] = [
    "type", "brand", "scheme", "status", "flag", "consent", "verified", "checked", "valid", "ok",
    "provider", "carrier", "country", "count", "version", "sent", "changed", "typ",
];

/// What stands in a column of this name, where that must not be written.
fn kind_of_column(name: &str) -> Option<RedactedKind> {
    let words = words_of_name(name);
    let words: Vec<&str> = words.split_whitespace().collect();
    if ABOUT_IT.contains(words.last()?) {
        return None;
    }
    // Of files, queues and products there are names, too.
    if words == ["name"] {
        return Some(RedactedKind::Name);
    }
    let has = |phrase: &str| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        words.windows(phrase.len()).any(|part| part == phrase)
    };
    let fits = |phrases: &[&str]| phrases.iter().any(|phrase| has(phrase));
    let (kind, phrases) = COLUMNS.iter().find(|(_, phrases)| fits(phrases))?;
    (*phrases != NOT_OF_PEOPLE).then_some(*kind)
}

/// `CardNumber`, `card-number` and `Card Number` are all `card number`.
fn words_of_name(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for c in name.chars() {
        if after_small && c.is_uppercase() {
            words.push(' ');
        }
        after_small = c.is_lowercase();
        for c in c.to_lowercase() {
            match c {
                'ä' => words += "ae",
                'ö' => words += "oe",
                'ü' => words += "ue",
                'ß' => words += "ss",
                'à' | 'â' => words.push('a'),
                'é' | 'è' | 'ê' => words.push('e'),
                'ô' => words.push('o'),
                c if c.is_alphanumeric() => words.push(c),
                // "driver's license"
                '\'' | '\u{2019}' => {}
                _ => words.push(' '),
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::StartedAt;

    fn meta(extra: &[(&str, &str)]) -> CallMeta {
        let cells = extra.iter();
        CallMeta {
            call_id: "c-1".to_string(),
            file: "rec/c-1.wav".to_string(),
            agent: "ann@centre.example".to_string(),
            team: Some("north".to_string()),
            queue: None,
            customer: None,
            started_at: StartedAt {
                utc_ms: 0,
                local_date: "2026-03-02".to_string(),
                local: "2026-03-02T09:00:00".to_string(),
                zone: "UTC".to_string(),
                doubtful: false,
            },
            agent_channel: Some(0),
            interaction_id: None,
            leg: None,
            direction: None,
            first_communication: None,
            language: None,
            reason: None,
            talk_s: None,
            hold_s: None,
            acw_s: None,
            disclosure_by_ivr: None,
            extra: cells.map(|(k, v)| (k.to_string(), v.to_string())).collect(),
        }
    }

    #[test]
    fn a_note_keeps_all_but_what_must_go() {
        for (text, masked) in [
            ("", ""),
            (
                "  was\tkind \n and  patient ",
                "  was\tkind \n and  patient ",
            ),
            (
                "read out  four one one one, one one one one, 1111 1111.\nBad.",
                "read out  [card number].\nBad.",
            ),
            (
                "account 20417755 was hers",
                "account [account number] was hers",
            ),
            ("write to a84b4c76@pc33.example", "write to [email]"),
            ("said 12 times in 2026", "said 12 times in 2026"),
        ] {
            assert_eq!(redact_note(text), masked);
            assert_eq!(redact_note(masked), masked);
        }
    }

    #[test]
    fn a_quotation_is_a_note_and_the_message_stays() {
        let message = redact_quotation(
            "\"call 62 85 55 01 73\" is no time; it was rounded (like 1.23457E+12)",
        );
        assert!(
            message.starts_with("\"call [") && message.ends_with("(like 1.23457E+12)"),
            "{message}"
        );
        assert_eq!(
            redact_quotation("it is 4111111111111111"),
            "it is [card number]"
        );
        assert_eq!(
            redact_quotation("started_at: \"4111111111111111\" is not a date"),
            "started_at: \"[card number]\" is not a date"
        );
        assert_eq!(redact_quotation("an inch is \""), "an inch is \"");
    }

    #[test]
    fn one_word_is_an_identifier_and_several_are_a_note() {
        assert_eq!(redact_value("20417755"), "20417755");
        assert_eq!(redact_value("crm 20417755"), "crm [account number]");
        for moment in [
            "2026-03-02 09:15:00",
            "3/2/2026 9:15 PM",
            "02.03.2026 09:15:00.250",
        ] {
            assert_eq!(redact_value(moment), moment);
        }
    }

    #[test]
    fn names_of_columns_tell_what_stands_below_them() {
        for (column, masked) in [
            ("CardNumber", Some("[card number]")),
            ("customer phone number", Some("[phone number]")),
            ("Prüfnummer", Some("[security code]")),
            ("exp_date", Some("[card expiry]")),
            ("IBAN", Some("[IBAN]")),
            ("date_of_birth", Some("[date of birth]")),
            ("Geburtsdatum", Some("[date of birth]")),
            ("numéro de sécurité sociale", Some("[national id]")),
            ("e-mail", Some("[email]")),
            ("email_address", Some("[email]")),
            ("home-address", Some("[postal address]")),
            ("zip", Some("[postal address]")),
            ("name", Some("[name]")),
            ("Nom du client", Some("[name]")),
            ("mot_de_passe", Some("[passcode]")),
            ("mother's maiden name", Some("[passcode]")),
            ("ip_address", None),
            ("campaign_name", None),
            ("credit_card_type", None),
            ("contract_id", None),
            ("company", None),
        ] {
            let mut call = meta(&[(column, "x9")]);
            redact_call(&mut call, &[]);
            assert_eq!(call.extra[column], masked.unwrap_or("x9"), "{column}");
            let mut flag = meta(&[(column, "No")]);
            redact_call(&mut flag, &[]);
            assert_eq!(flag.extra[column], "No", "{column}");
        }
        let mut call = meta(&[("4111111111111111", "a"), ("5555555555554444", "b")]);
        redact_call(&mut call, &[]);
        let columns: Vec<&String> = call.extra.keys().collect();
        assert_eq!(columns, ["[card number]", "[card number] 2"]);
    }

    #[test]
    fn the_customer_is_not_named_by_files_and_ids() {
        let name = [CustomerName::new("Ms Maria del Campo")];
        for (text, masked) in [
            ("rec/maria_campo-17.wav", "rec/[name]-17.wav"),
            ("CAMPO/17.wav", "[name]/17.wav"),
            ("MariaCampo17", "[name]17"),
            ("campo, maria", "[name]"),
            ("maria-17", "maria-17"),
            ("del-17", "del-17"),
            ("camping-17", "camping-17"),
        ] {
            assert_eq!(redact_id(text, &name), masked);
        }
        let mut call = meta(&[("crm", "campo-9")]);
        call.file = "rec/Maria Campo.wav".to_string();
        call.agent = "maria".to_string();
        redact_call(&mut call, &name);
        assert_eq!(call.file, "rec/[name].wav");
        assert_eq!(call.agent, "maria");
        assert_eq!(call.extra["crm"], "[name]-9");
        let once = call.clone();
        redact_call(&mut call, &name);
        assert_eq!(call, once);
    }

    #[test]
    fn placeholders_of_other_tools_hide_nothing() {
        let mut said = crate::transcript::snippet::parse("customer: It is <card 16>.").unwrap();
        said.recogniser.engine = "asr 4111111111111111".to_string();
        said.language = "en 4111111111111111".to_string();
        let words = |said: &mut Transcript| {
            let word = said.channels[1].segments[0].words.last_mut().unwrap();
            word.text = "4111111111111111?".to_string();
            word.redacted.as_mut().unwrap().hash = Some("4111111111111111".to_string());
        };
        words(&mut said);
        redact_facts(&mut said);
        assert!(!said.to_json().contains("1111"), "{}", said.to_json());
        let last = said.channels[1].segments[0].words.last().unwrap();
        assert_eq!(last.text, "[card number]?");
    }
}
