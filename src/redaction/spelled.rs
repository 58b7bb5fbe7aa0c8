//! Words that are spelled out: "E double L I S", "B as in boy".

use super::tokens::{Class, Token};

/// Letters further apart than this are not of one word.
const APART_MS: i64 = 5_000;
/// Fewer letters tell nothing.
pub(super) const LETTERS: usize = 3;

/// Letters read out one by one.
pub(super) struct Spelled {
    pub first: usize,
    pub last: usize,
    /// In lower case.
    pub letters: String,
}

/// All words of a channel that are spelled out, in order.
pub(super) fn find(tokens: &[Token]) -> Vec<Spelled> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match read(tokens, at) {
            Some(spelled) => {
                at = spelled.last + 1;
                found.push(spelled);
            }
            None => at += 1,
        }
    }
    found
}

fn read(tokens: &[Token], first: usize) -> Option<Spelled> {
    letter(tokens, first, false)?;
    // What each letter takes: its end, and how many letters it stands for.
    let mut letters = String::new();
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut at = first;
    while let Some((letter, times, used)) = letter(tokens, at, !letters.is_empty()) {
        letters.extend(std::iter::repeat_n(letter, times));
        ends.push((at + used - 1, times));
        let end_ms = tokens[at + used - 1].end_ms;
        at += used;
        at += tokens[at..]
            .iter()
            .take(2)
            .take_while(|t| is_between(t))
            .count();
        if tokens
            .get(at)
            .is_none_or(|t| t.start_ms - end_ms > APART_MS)
        {
            break;
        }
    }
    // "L I S, I was born" and "L I S, a double room" end before the word.
    while let Some(&(end, times)) = ends.last()
        && begins_more(tokens, end)
    {
        ends.pop();
        letters.truncate(letters.len() - times);
    }
    let told = letters.chars().filter(|c| !matches!(c, 'i' | 'a')).count();
    let &(last, _) = ends.last()?;
    (letters.len() >= LETTERS && told > 0).then_some(Spelled {
        first,
        last,
        letters,
    })
}

/// Whether what was taken for a last letter is a word of what follows.
fn begins_more(tokens: &[Token], end: usize) -> bool {
    let goes_on = !tokens[end].ends_sentence
        && tokens
            .get(end + 1)
            .is_some_and(|next| next.class != Class::Sealed && next.text.len() > 1);
    match tokens[end].text.as_str() {
        "i" | "a" => goes_on,
        "are" | "you" | "why" | "see" => true,
        _ => false,
    }
}

fn is_between(token: &Token) -> bool {
    const BETWEEN: [&str; 10] = [
        "and",
        "then",
        "uh",
        "um",
        "er",
        "comma",
        "dash",
        "hyphen",
        "apostrophe",
        "space",
    ];
    BETWEEN.contains(&token.text.as_str())
}

/// The letter at `at`, how often it counts and how many tokens it takes.
fn letter(tokens: &[Token], at: usize, within: bool) -> Option<(char, usize, usize)> {
    let text = |at: usize| tokens.get(at).map_or("", |t: &Token| t.text.as_str());
    let times = match text(at) {
        "double" => 2,
        "triple" => 3,
        _ => 1,
    };
    let skipped = usize::from(times > 1);
    let letter = match (single(text(at + skipped)), within) {
        (Some(letter), _) => letter,
        (None, true) => misheard(text(at + skipped))?,
        (None, false) => return None,
    };
    let mut used = skipped + 1;
    let example = match (text(at + used), text(at + used + 1)) {
        ("as" | "is", "in") => 2,
        ("for" | "like", _) => 1,
        _ => return Some((letter, times, used)),
    };
    if text(at + used + example).starts_with(letter) && text(at + used + example).len() > 1 {
        used += example + 1;
    }
    Some((letter, times, used))
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.strip_suffix("'s").unwrap_or(text).chars();
    let letter = chars.next().filter(|c| c.is_alphabetic())?;
    chars.next().is_none().then_some(letter)
}

/// What recognisers write for a letter between letters.
fn misheard(text: &str) -> Option<char> {
    Some(match text {
        "bee" => 'b',
        "see" | "sea" => 'c',
        "eff" | "ef" => 'f',
        "gee" => 'g',
        "aitch" => 'h',
        "jay" => 'j',
        "kay" => 'k',
        "el" | "ell" => 'l',
        "em" => 'm',
        "en" => 'n',
        "pea" | "pee" => 'p',
        "queue" | "cue" => 'q',
        "are" | "ar" => 'r',
        "es" | "ess" => 's',
        "tea" | "tee" => 't',
        "you" => 'u',
        "ex" => 'x',
        "why" => 'y',
        "zee" | "zed" => 'z',
        _ => return None,
    })
}
