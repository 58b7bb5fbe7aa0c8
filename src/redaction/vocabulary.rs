//! Which words are everyday words, and which are people's names.
//!
//! A name is mostly told by being no everyday word: nobody can list the names of all people. The
//! lists are English and were written for calls to companies. Left out on purpose: other languages,
//! whose everyday words may be taken for names.

use std::collections::HashSet;
use std::sync::LazyLock;

type Words = LazyLock<HashSet<&'static str>>;

/// Everyday words, among them months, weekdays, countries, large cities and well-known firms.
static COMMON: Words = LazyLock::new(|| read(include_str!("common_words.txt")));
/// Given names. Some are everyday words as well.
static GIVEN: Words = LazyLock::new(|| read(include_str!("given_names.txt")));
/// Family names that are everyday words or given names as well.
static FAMILY: Words = LazyLock::new(|| read(include_str!("family_names.txt")));
/// Words that hold sentences together; no name, no street and no password is one of them.
static FUNCTION: Words = LazyLock::new(|| {
    read(
        "a about after again all alright also am an and any anything are aren't as ask at back be \
         because been before being bye but by call called calling can can't cannot could couldn't \
         did didn't do does doesn't doing don't done else er erm every everything for from get gets \
         getting give go goes going good goodbye got had hadn't has hasn't have haven't having he \
         he'd he's hello her here here's hers hey hi him his hmm how how's i i'd i'll i'm i've if \
         in into is isn't it it's it'll its just know let let's like maybe me mean mhm mm might \
         mine my need needs no nope not nothing now of off oh ok okay on once one only or our ours \
         out over please put really right said say says see she she'd she's should shouldn't so \
         some somebody someone something sorry speaking still sure take thank thanks that that's \
         the their them then there there's these they they're they've thing think this those \
         though to today too uh uhm um umm until up us very want wants was wasn't we we'd we'll \
         we're we've well were weren't what what's when when's where where's which while who \
         who's whose why with without won't would wouldn't yeah yep yes yet you you'd you'll \
         you're you've your yours",
    )
});

fn read(list: &'static str) -> HashSet<&'static str> {
    list.split_whitespace().collect()
}

/// An everyday word, also in its plural, past and other forms.
pub(super) fn is_common(word: &str) -> bool {
    let known = |word: &str| COMMON.contains(word);
    if known(word) || is_function(word) {
        return true;
    }
    if let Some(owner) = word.strip_suffix("'s") {
        return known(owner);
    }
    // A name is no form of a word: "rogers", "harding".
    if GIVEN.contains(word) {
        return false;
    }
    if known(&format!("{word}s")) {
        return true;
    }
    ["s", "es", "ed", "d", "ing", "ly"].iter().any(|ending| {
        word.strip_suffix(ending)
            .is_some_and(|base| base.len() >= 3 && (known(base) || known(&format!("{base}e"))))
    })
}

pub(super) fn is_given(word: &str) -> bool {
    GIVEN.contains(word)
}

/// A family name among the everyday words and given names: "King", "Green", "Thomas".
pub(super) fn is_family(word: &str) -> bool {
    FAMILY.contains(word)
}

pub(super) fn is_function(word: &str) -> bool {
    FUNCTION.contains(word)
}

/// Months and weekdays, which have a capital without being names.
pub(super) fn is_calendar(word: &str) -> bool {
    const WEEKDAYS: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    super::digits::month(word).is_some() || WEEKDAYS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyday_words_are_told_from_names() {
        for word in [
            "charged",
            "bills",
            "hopefully",
            "moving",
            "king",
            "london",
            "i'm",
            "dogs",
        ] {
            assert!(is_common(word), "{word}");
        }
        for name in [
            "ellis", "robert", "rogers", "okafor", "nguyen", "sarah", "james", "charles",
        ] {
            assert!(!is_common(name), "{name}");
        }
    }

    #[test]
    fn lists_are_in_order_and_hold_no_word_twice() {
        for list in [
            include_str!("common_words.txt"),
            include_str!("given_names.txt"),
            include_str!("family_names.txt"),
        ] {
            let words: Vec<&str> = list.split_whitespace().collect();
            assert!(words.is_sorted_by(|a, b| a < b));
        }
    }
}
