//! Passwords and answers to security questions that are words.
//!
//! What follows "the password is", and the first words of an answer where somebody asked for one.
//! Digits are found with the other numbers; here they go along with the words beside them. Left out
//! on purpose: what is said about a password ("I forgot my password", "it has expired").

use super::found::Found;
use super::spelled;
use super::tokens::{Class, Token};
use super::turns;
use super::vocabulary::is_function;
use crate::transcript::{RedactedKind, Rule};

/// So many words make a password.
const WORDS: usize = 3;
/// It is among so many words of an answer.
const ANSWER_WORDS: usize = 12;

/// Finds the secret words to mask.
pub(super) fn find(channels: &[Vec<Token>]) -> Vec<Found> {
    let mut found = Vec::new();
    for (channel, tokens) in channels.iter().enumerate() {
        for at in 0..tokens.len() {
            let Some(topic) = topic(tokens, at) else {
                continue;
            };
            if let Some(word) = told_before(tokens, at) {
                found.push(as_found(tokens, channel, word, word, Rule::Named));
            }
            if let Some(from) = stated(tokens, topic.end)
                && let Some((first, last)) = secret(tokens, from, from + 5)
            {
                found.push(as_found(tokens, channel, first, last, Rule::Named));
            } else if is_asked_for(tokens, at, &topic)
                && let Some(answer) = turns::answer(channels, channel, at)
            {
                let tokens = &channels[answer.channel];
                let to = answer.tokens.end.min(answer.tokens.start + ANSWER_WORDS);
                if asks_for_characters(&channels[channel], at) {
                    for at in answer.tokens.start..to {
                        if is_character(&tokens[at]) {
                            found.push(as_found(tokens, answer.channel, at, at, Rule::Asked));
                        }
                    }
                    continue;
                }
                if let Some((first, last)) = secret(tokens, answer.tokens.start, to) {
                    found.push(as_found(tokens, answer.channel, first, last, Rule::Asked));
                }
            }
        }
    }
    found
}

/// What is secret.
struct Topic {
    /// The token after its name.
    end: usize,
    /// A question by itself: "what was your first pet" needs no "password".
    question: bool,
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |t| t.text.as_str())
}

fn before(tokens: &[Token], at: usize, back: usize) -> &str {
    at.checked_sub(back).map_or("", |at| text(tokens, at))
}

/// "The second and fifth letters of your password".
fn asks_for_characters(tokens: &[Token], at: usize) -> bool {
    tokens[at.saturating_sub(9)..at]
        .iter()
        .rev()
        .take_while(|t| !t.ends_sentence)
        .any(|t| {
            matches!(
                &*t.text,
                "character" | "characters" | "letter" | "letters" | "digit" | "digits"
            )
        })
}

/// A letter or a digit by itself.
fn is_character(token: &Token) -> bool {
    match token.digits.is_empty() {
        true => token.text.chars().count() == 1 && !matches!(&*token.text, "a" | "i"),
        false => token.digits.len() == 1,
    }
}

/// The word of "bluebird is my password" and "I have been using bluebird as the password".
fn told_before(tokens: &[Token], at: usize) -> Option<usize> {
    let word = at.checked_sub(3)?;
    let told = matches!(before(tokens, at, 1), "my" | "the" | "our")
        && matches!(before(tokens, at, 2), "is" | "as" | "that's" | "was")
        && tokens[word].segment == tokens[at].segment
        && tokens[word].class != Class::Sealed
        && (tokens[word].digits.is_empty() || tokens[word].mixed);
    let word_text = text(tokens, word);
    let secret = word_text.chars().count() >= 3
        && !is_function(word_text)
        && !is_lead(word_text)
        && !is_no_secret(word_text);
    (told
        && secret
        && !matches!(
            word_text,
            "issue" | "problem" | "question" | "trouble" | "reason"
        ))
    .then_some(word)
}

/// Whether the sentence up to `at` asks something.
fn in_question(tokens: &[Token], at: usize) -> bool {
    tokens[at.saturating_sub(9)..at]
        .iter()
        .rev()
        .take_while(|t| !t.ends_sentence)
        .any(|t| {
            matches!(
                &*t.text,
                "what" | "what's" | "which" | "where" | "who" | "who's" | "name"
            )
        })
}

/// The secret that is named at `at`.
fn topic(tokens: &[Token], at: usize) -> Option<Topic> {
    let word = text(tokens, at);
    let next = text(tokens, at + 1);
    let named = |words: usize, question: bool| {
        Some(Topic {
            end: at + words,
            question,
        })
    };
    match (word, next) {
        (
            "password" | "passwords" | "passphrase" | "password's" | "passcode" | "passcode's"
            | "keyword" | "keyword's" | "codeword" | "codeword's",
            _,
        ) => named(1, false),
        ("pin", _) if asks_for_characters(tokens, at) => named(1, false),
        ("security", "number") if asks_for_characters(tokens, at) => named(2, false),
        // What is asked to know somebody by: their childhood, their family, their pets.
        ("nickname", _) if in_question(tokens, at) => named(1, true),
        ("grow" | "grew", "up") | ("school", "did" | "you") if in_question(tokens, at) => {
            named(2, true)
        }
        ("primary" | "secondary" | "elementary" | "high" | "junior", "school")
            if in_question(tokens, at) =>
        {
            named(2, true)
        }
        ("born", _) if before(tokens, at, 1) == "you" && before(tokens, at, 3) == "where" => {
            named(1, true)
        }
        ("meet" | "met", "your") if in_question(tokens, at) => named(3, true),
        ("honeymoon", _) if in_question(tokens, at) => named(1, true),
        ("best" | "childhood" | "oldest" | "imaginary", "friend") if in_question(tokens, at) => {
            named(2, true)
        }
        ("mother's" | "mothers" | "mum's" | "mom's", "name") if in_question(tokens, at) => {
            named(2, true)
        }
        ("your", "dog" | "cat" | "pet" | "hamster" | "teacher" | "dog's" | "cat's")
            if in_question(tokens, at)
                && matches!(before(tokens, at, 1), "of" | "is" | "was" | "what's") =>
        {
            named(2, true)
        }
        ("for", "security") if before(tokens, at, 1) == "choose" => named(2, true),
        (
            "security" | "memorable" | "secret" | "safe" | "code" | "pass" | "verbal" | "magic"
            | "key",
            "word" | "words" | "word's" | "phrase" | "phrase's" | "answer" | "answer's",
        ) => named(2, false),
        ("memorable", "name" | "place") => named(2, false),
        ("security" | "secret", "question") => named(2, false),
        ("maiden", "name" | "name's") => {
            let mother = at.saturating_sub(6)..(at + 7).min(tokens.len());
            let mother = tokens[mother].iter().any(|t| {
                matches!(
                    &*t.text,
                    "mother" | "mother's" | "mothers" | "mum's" | "mom's"
                )
            });
            mother.then_some(Topic {
                end: at + 2,
                question: true,
            })
        }
        ("first", "concert" | "boss" | "holiday" | "street" | "album" | "employer" | "love")
            if in_question(tokens, at) =>
        {
            named(2, true)
        }
        ("first", "pet" | "pet's" | "school" | "car" | "teacher" | "job") => {
            let named_too = text(tokens, at + 2) == "name" || text(tokens, at + 2) == "name's";
            named(2 + usize::from(named_too), true)
        }
        ("pet's" | "teacher's" | "friend's", "name") => named(2, true),
        ("town" | "city" | "place", "of") if text(tokens, at + 2) == "birth" => named(3, true),
        ("town" | "city", "were") if text(tokens, at + 3) == "born" => named(4, true),
        (
            "favourite" | "favorite",
            "teacher" | "book" | "film" | "movie" | "team" | "food" | "colour" | "color" | "song"
            | "band" | "singer" | "actor" | "animal" | "place" | "author" | "sport" | "drink",
        ) => named(2, true),
        _ => None,
    }
}

/// Where the secret begins that is told right after its name: "is bluebird".
fn stated(tokens: &[Token], end: usize) -> Option<usize> {
    let owner = before(tokens, end, 1);
    if owner.ends_with("'s") && !matches!(owner, "pet's" | "teacher's" | "friend's") {
        return Some(end);
    }
    // "I changed my password to bluebird", "for the password I put bluebird".
    let changed = tokens[end.saturating_sub(6)..end].iter().any(|t| {
        matches!(
            &*t.text,
            "change" | "changed" | "changing" | "reset" | "set" | "update" | "updated"
        )
    });
    if changed && text(tokens, end) == "to" {
        return Some(end + 1);
    }
    if matches!(text(tokens, end), "i" | "we")
        && matches!(
            text(tokens, end + 1),
            "put" | "said" | "chose" | "gave" | "entered" | "typed"
        )
    {
        return Some(end + 2);
    }
    // "The password on the account is".
    let mut at = end;
    if matches!(
        text(tokens, at),
        "on" | "for" | "to" | "of" | "i" | "we" | "that" | "i've" | "she" | "he"
    ) {
        at = (at + 1..at + 6).find(|&at| matches!(text(tokens, at), "is" | "was"))?;
    }
    let told = (matches!(text(tokens, at), "is" | "was")
        || matches!(text(tokens, at), "would" | "should" | "might" | "could")
            && text(tokens, at + 1) == "be")
        && !before(tokens, end, 1).is_empty()
        && !tokens[at - 1].ends_sentence;
    if told {
        return Some(at + 1);
    }
    // "Code word, bluebird": somebody repeats the question.
    let aside = at == end
        && tokens[end - 1].pause
        && !tokens[end - 1].ends_sentence
        && tokens.get(end).is_some_and(|t| !is_function(&t.text));
    aside.then_some(end)
}

/// Whether the words around say that it shall be told.
fn is_asked_for(tokens: &[Token], at: usize, topic: &Topic) -> bool {
    const REFUSES: [&str; 19] = [
        "reset",
        "resetting",
        "forgot",
        "forgotten",
        "change",
        "changed",
        "changing",
        "lost",
        "update",
        "updated",
        "create",
        "never",
        "don't",
        "not",
        "enter",
        "type",
        "share",
        "wrong",
        "choose",
    ];
    const ASKS: [&str; 20] = [
        "what", "what's", "have", "give", "tell", "confirm", "need", "say", "verify", "please",
        "provide", "answer", "get", "which", "know", "name", "your", "take", "could", "may",
    ];
    let sentence: Vec<&Token> = tokens[at.saturating_sub(9)..at]
        .iter()
        .rev()
        .take_while(|t| !t.ends_sentence)
        .collect();
    let own = sentence.iter().take(2).any(|t| t.text == "my");
    let chosen = sentence
        .iter()
        .any(|t| matches!(&*t.text, "what" | "which"));
    // "And the password on the account is ...".
    let open = tokens[topic.end..]
        .iter()
        .take(6)
        .take_while(|t| t.segment == tokens[at].segment)
        .last()
        .is_some_and(|t| matches!(&*t.text, "is" | "was"));
    if !own && open && matches!(text(tokens, topic.end), "on" | "for" | "to" | "is" | "was") {
        return true;
    }
    if own
        || sentence
            .iter()
            .take(4)
            .any(|t| REFUSES.contains(&&*t.text) && !(chosen && t.text == "choose"))
    {
        return false;
    }
    let ends = topic.end == tokens.len() || tokens[topic.end - 1].pause;
    let after = text(tokens, topic.end);
    let about = matches!(
        after,
        "has" | "have" | "is" | "was" | "will" | "reset" | "expired" | "again" | "link" | "again,"
    );
    let asked = sentence.iter().any(|t| ASKS.contains(&&*t.text));
    let short = (ends || matches!(after, "on" | "for" | "you" | "you've")) && sentence.len() <= 3;
    !about && (topic.question || short || asked)
}

/// The first words from `from` on that can be a secret, before `to`.
fn secret(tokens: &[Token], from: usize, to: usize) -> Option<(usize, usize)> {
    let mut first = from;
    loop {
        let token = tokens.get(first).filter(|_| first < to)?;
        let word = token.text.as_str();
        if token.class == Class::Sealed || is_no_secret(word) {
            return None;
        }
        if spelled::find(&tokens[first..(first + 24).min(tokens.len())])
            .first()
            .is_some_and(|s| s.first == 0)
        {
            break;
        }
        let empty = word.is_empty() && token.digits.is_empty();
        if !(is_function(word) || is_lead(word) || empty) {
            break;
        }
        first += 1;
    }
    if let Some(spelled) = spelled::find(&tokens[first..(first + 24).min(tokens.len())]).first()
        && spelled.first == 0
    {
        return Some((first, first + spelled.last));
    }
    let mut last = first;
    while last + 1 - first < WORDS
        && !tokens[last].pause
        && tokens.get(last + 1).is_some_and(|next| {
            next.class != Class::Sealed
                && next.segment == tokens[last].segment
                && !is_function(&next.text)
                && !is_lead(&next.text)
                && !is_no_secret(&next.text)
        })
    {
        last += 1;
    }
    // "My husband has it."
    let goes_on = !tokens[last].pause
        && tokens.get(last + 1).is_some_and(|next| {
            next.segment == tokens[last].segment
                && matches!(
                    &*next.text,
                    "has"
                        | "have"
                        | "had"
                        | "not"
                        | "it"
                        | "to"
                        | "can"
                        | "will"
                        | "me"
                        | "knows"
                        | "does"
                        | "did"
                        | "about"
                        | "you"
                )
        });
    if goes_on {
        return None;
    }
    // Digits alone are found with the numbers.
    let words = tokens[first..=last]
        .iter()
        .any(|t| t.digits.is_empty() || t.mixed);
    words.then_some((first, last))
}

/// Said ahead of a secret.
fn is_lead(word: &str) -> bool {
    matches!(
        word,
        "word"
            | "words"
            | "password"
            | "code"
            | "name"
            | "answer"
            | "question"
            | "capital"
            | "lower"
            | "lowercase"
            | "uppercase"
            | "spelled"
            | "called"
            | "was"
            | "believe"
            | "guess"
            | "town"
            | "city"
            | "first"
            | "pet"
            | "mother's"
            | "maiden"
            | "security"
            | "ah"
            | "mother"
            | "always"
            | "probably"
            | "moment"
            | "second"
            | "minute"
            | "hold"
            | "check"
            | "look"
            | "find"
            | "wait"
            | "sir"
            | "madam"
            | "ma'am"
            | "absolutely"
            | "certainly"
            | "course"
            | "written"
            | "down"
            | "must"
            | "dot"
    )
}

/// What is said about secrets, instead of one.
fn is_no_secret(word: &str) -> bool {
    matches!(
        word,
        "wrong"
            | "expired"
            | "incorrect"
            | "correct"
            | "invalid"
            | "required"
            | "needed"
            | "reset"
            | "locked"
            | "blocked"
            | "case-sensitive"
            | "sensitive"
            | "long"
            | "short"
            | "weak"
            | "strong"
            | "different"
            | "working"
            | "missing"
            | "remember"
            | "forgot"
            | "forgotten"
            | "forget"
            | "know"
            | "idea"
            | "don't"
            | "can't"
            | "never"
            | "not"
            | "isn't"
            | "wasn't"
            | "didn't"
            | "changed"
            | "change"
            | "sent"
            | "temporary"
            | "old"
            | "new"
            | "same"
            | "safe"
            | "secure"
            | "stored"
            | "saved"
            | "private"
            | "important"
            | "necessary"
            | "due"
            | "too"
            | "made"
            | "set"
            | "used"
            | "asked"
            | "asking"
            | "supposed"
            | "broken"
            | "fine"
            | "unknown"
            | "what"
            | "why"
            | "which"
            | "where"
            | "how"
            | "haven't"
            | "won't"
            | "still"
            | "ahead"
            | "rather"
            | "characters"
            | "letters"
            | "digits"
            | "case"
            | "husband"
            | "wife"
            | "at"
            | "on"
            | "in"
            | "for"
            | "with"
            | "by"
            | "spouse"
    )
}

fn as_found(tokens: &[Token], channel: usize, first: usize, last: usize, rule: Rule) -> Found {
    Found::of_words(tokens, channel, (first, last), RedactedKind::Passcode, rule)
}

#[cfg(test)]
mod tests {
    use super::super::tests::talk;

    #[test]
    fn passwords_go_where_they_are_told() {
        for (said, expected) in [
            (
                "C: My password is bluebird, I think.",
                "C: My password is [passcode], I think.",
            ),
            (
                "C: the password is blue bird seven and",
                "C: the password is [passcode] and",
            ),
            (
                "A: What is the security word? | C: Um, it's bluebird. | A: Thank you.",
                "A: What is the security word? | C: Um, it's [passcode]. | A: Thank you.",
            ),
            (
                "A: And the answer to your security question? | C: Sure, that would be Rex.",
                "A: And the answer to your security question? | C: Sure, that would be [passcode].",
            ),
            (
                "A: What was your first pet? | C: B as in boy, E L L A.",
                "A: What was your first pet? | C: [passcode].",
            ),
            (
                "A: Your mother's maiden name, please? | C: It's Kowalska.",
                "A: Your mother's maiden name, please? | C: It's [passcode].",
            ),
            (
                "C: The password should be Marmalade99, capital M.",
                "C: The password should be [passcode], capital M.",
            ),
            (
                "A: your memorable word please | C: okay it's sunshine",
                "A: your memorable word please | C: okay it's [passcode]",
            ),
        ] {
            assert_eq!(talk(&[], said), expected, "{said}");
        }
    }

    #[test]
    fn talk_about_passwords_stays() {
        for said in [
            "C: I forgot my password. | A: No problem, I will send you a link.",
            "A: Your password has expired. | C: Does the app have the same password?",
            "A: I can reset the password for you. | C: Please do that right away.",
            "A: The password is wrong. | C: The password is not working, and it's too long.",
            "A: Never share your password. | C: I would not dream of it.",
            "A: What's your password? | C: I don't remember, sorry.",
            "A: Do you have the password? | C: No, my husband has it.",
            "A: I'll ask a security question. | C: Okay, go ahead.",
            "C: The machine and I disagree about my secret word. | A: I apologize for that.",
            "C: This is my first car and my first job. | A: Congratulations, that is great.",
        ] {
            assert_eq!(talk(&[], said), said);
        }
    }
}
