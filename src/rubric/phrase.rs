//! The phrase language of rubrics, and how it is found in words.
//!
//! ```text
//! thank you for calling         these words, in this order
//! may i (have|ask) your name    one of the alternatives (each may be several words)
//! how [may] can i help          a word that may be missing
//! your balance ... is           up to four words in between
//! <number>                      a number, in digits or as words
//! <card_number> <account_number>  a redaction placeholder
//! <word>                        any one word
//! ```
//! Case, punctuation and contractions do not matter: "I'm" finds "I am" and the other way round.
//! Left out: inflections, near sounds, negation.

use std::fmt;

use crate::transcript::{Redacted, RedactedKind};

/// Words that `...` may skip.
const GAP_WORDS: usize = 4;

/// A phrase, ready to be searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    source: String,
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Word(String),
    Class(Class),
    Either(Vec<Vec<Node>>),
    Optional(Vec<Node>),
    Gap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Number,
    AnyWord,
    Placeholder(RedactedKind),
}

/// One searchable unit; a contraction makes two of one word.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    text: String,
    placeholder: Option<RedactedKind>,
    /// Index of the word that it comes from, in the caller's list.
    pub word: usize,
}

/// A token that a phrase matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched {
    /// Index of the token.
    pub token: usize,
    /// Any word would have done here, so it does not matter how well this one was heard.
    pub any: bool,
}

/// Why a phrase cannot be understood.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("phrase \"{phrase}\": {message}")]
pub struct PhraseError {
    phrase: String,
    message: String,
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl Phrase {
    pub fn parse(source: &str) -> Result<Self, PhraseError> {
        let fail = |message: String| PhraseError {
            phrase: source.to_string(),
            message,
        };
        let pieces = pieces(source).map_err(fail)?;
        let mut at = 0;
        let nodes = parse_nodes(&pieces, &mut at, 0).map_err(fail)?;
        if at < pieces.len() {
            return Err(fail(format!("`{}` has no partner", pieces[at])));
        }
        if !nodes.iter().any(Node::is_needed) {
            return Err(fail("it would match anything".to_string()));
        }
        if nodes.first() == Some(&Node::Gap) || nodes.last() == Some(&Node::Gap) {
            return Err(fail("`...` stands between words only".to_string()));
        }
        Ok(Self {
            source: source.to_string(),
            nodes,
        })
    }

    /// Matches at exactly `start`. `follows(a, b)` says whether token `b` may come right after
    /// token `a`.
    pub fn match_at(
        &self,
        tokens: &[Token],
        start: usize,
        follows: &dyn Fn(usize, usize) -> bool,
    ) -> Option<Vec<Matched>> {
        let nodes: Vec<&Node> = self.nodes.iter().collect();
        let mut matched = Vec::new();
        let search = Search { tokens, follows };
        search.run(&nodes, start, &mut matched).then_some(matched)
    }

    /// The best partial match, for reporting what came closest: the matched tokens and which
    /// share of the phrase's words they are. Words that are spelled nearly alike count, as a
    /// recogniser may have misheard them. Only phrases of plain words can come close.
    pub fn nearest(&self, tokens: &[Token]) -> Option<(Vec<usize>, f64)> {
        let words = self.plain_words();
        if words.len() < 2 {
            return None;
        }
        let mut best: Option<(Vec<usize>, f64)> = None;
        for start in 0..tokens.len() {
            let mut matched = Vec::new();
            let mut at = start;
            for word in &words {
                let reach = (at + 3).min(tokens.len());
                if let Some(found) = (at..reach).find(|&t| alike(&tokens[t].text, word)) {
                    matched.push(found);
                    at = found + 1;
                }
            }
            let share = matched.len() as f64 / words.len() as f64;
            if matched.first() == Some(&start) && best.as_ref().is_none_or(|(_, b)| share > *b) {
                best = Some((matched, share));
            }
        }
        best
    }

    /// The words of the phrase with the first of each set of alternatives.
    fn plain_words(&self) -> Vec<&String> {
        fn collect<'a>(nodes: &'a [Node], words: &mut Vec<&'a String>) {
            for node in nodes {
                match node {
                    Node::Word(word) => words.push(word),
                    Node::Either(ways) => collect(&ways[0], words),
                    Node::Class(_) | Node::Optional(_) | Node::Gap => {}
                }
            }
        }
        let mut words = Vec::new();
        collect(&self.nodes, &mut words);
        words
    }
}

/// Whether one may be the other misheard: at most a third of the letters differ (Levenshtein).
fn alike(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let longest = a.len().max(b.len());
    if longest < 4 || a.len().abs_diff(b.len()) * 3 > longest {
        return false;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()] * 3 <= longest
}

impl Node {
    /// Whether it stands for at least one certain token.
    fn is_needed(&self) -> bool {
        match self {
            Node::Word(_) => true,
            Node::Class(class) => *class != Class::AnyWord,
            Node::Either(ways) => ways.iter().all(|way| way.iter().any(Node::is_needed)),
            Node::Optional(_) | Node::Gap => false,
        }
    }
}

struct Search<'a> {
    tokens: &'a [Token],
    follows: &'a dyn Fn(usize, usize) -> bool,
}

impl Search<'_> {
    fn run(&self, nodes: &[&Node], at: usize, matched: &mut Vec<Matched>) -> bool {
        let Some((node, rest)) = nodes.split_first() else {
            return true;
        };
        match node {
            Node::Word(word) => self.one(at, matched, rest, false, |t| t.text == *word),
            Node::Class(class) => {
                let any = *class == Class::AnyWord;
                self.one(at, matched, rest, any, |t| class.takes(t))
            }
            Node::Either(ways) => ways
                .iter()
                .any(|way| self.run(&chain(way, rest), at, matched)),
            Node::Optional(way) => {
                self.run(&chain(way, rest), at, matched) || self.run(rest, at, matched)
            }
            Node::Gap => (0..=GAP_WORDS).any(|skip| {
                (0..skip).all(|n| at + n < self.tokens.len() && self.reachable(at + n))
                    && self.run(rest, at + skip, matched)
            }),
        }
    }

    fn one(
        &self,
        at: usize,
        matched: &mut Vec<Matched>,
        rest: &[&Node],
        any: bool,
        takes: impl Fn(&Token) -> bool,
    ) -> bool {
        let fits =
            self.tokens.get(at).is_some_and(takes) && (matched.is_empty() || self.reachable(at));
        if !fits {
            return false;
        }
        matched.push(Matched { token: at, any });
        if self.run(rest, at + 1, matched) {
            return true;
        }
        matched.pop();
        false
    }

    fn reachable(&self, at: usize) -> bool {
        at > 0 && (self.follows)(at - 1, at)
    }
}

fn chain<'a>(way: &'a [Node], rest: &[&'a Node]) -> Vec<&'a Node> {
    way.iter().chain(rest.iter().copied()).collect()
}

impl Class {
    fn takes(self, token: &Token) -> bool {
        match self {
            Class::AnyWord => true,
            Class::Placeholder(kind) => token.placeholder == Some(kind),
            Class::Number => token.placeholder.is_some() || is_number(&token.text),
        }
    }
}

fn is_number(text: &str) -> bool {
    const NUMBER_WORDS: [&str; 31] = [
        "zero",
        "oh",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
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
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundred",
        "thousand",
    ];
    text.chars().any(|c| c.is_ascii_digit()) || NUMBER_WORDS.contains(&text)
}

/// Splits a phrase into words, brackets and signs.
fn pieces(source: &str) -> Result<Vec<String>, String> {
    let mut pieces = Vec::new();
    let spaced: String = source
        .replace("...", " … ")
        .chars()
        .flat_map(|c| match c {
            '(' | ')' | '[' | ']' | '|' => vec![' ', c, ' '],
            c => vec![c],
        })
        .collect();
    for piece in spaced.split_whitespace() {
        if piece.len() == 1 && "()[]|".contains(piece)
            || piece == "…"
            || piece.starts_with('<') && piece.ends_with('>')
        {
            pieces.push(piece.to_string());
            continue;
        }
        let words = normalise(piece);
        if words.is_empty() {
            return Err(format!("`{piece}` holds no word"));
        }
        pieces.extend(words);
    }
    Ok(pieces)
}

fn parse_nodes(pieces: &[String], at: &mut usize, depth: usize) -> Result<Vec<Node>, String> {
    if depth > 8 {
        return Err("brackets are nested too deeply".to_string());
    }
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.get(*at) {
        match piece.as_str() {
            ")" | "]" | "|" => break,
            "(" => {
                *at += 1;
                nodes.push(Node::Either(parse_ways(pieces, at, depth)?));
            }
            "[" => {
                *at += 1;
                let inner = parse_nodes(pieces, at, depth + 1)?;
                if pieces.get(*at).map(String::as_str) != Some("]") {
                    return Err("`[` is never closed".to_string());
                }
                if inner.is_empty() {
                    return Err("`[ ]` is empty".to_string());
                }
                *at += 1;
                nodes.push(Node::Optional(inner));
            }
            "…" => {
                *at += 1;
                nodes.push(Node::Gap);
            }
            class if class.starts_with('<') => {
                *at += 1;
                nodes.push(Node::Class(parse_class(class)?));
            }
            word => {
                nodes.push(Node::Word(word.to_string()));
                *at += 1;
            }
        }
    }
    Ok(nodes)
}

fn parse_ways(pieces: &[String], at: &mut usize, depth: usize) -> Result<Vec<Vec<Node>>, String> {
    let mut ways = Vec::new();
    loop {
        let way = parse_nodes(pieces, at, depth + 1)?;
        if way.is_empty() {
            return Err("an alternative is empty; use `[word]` for one that may be missing".into());
        }
        ways.push(way);
        match pieces.get(*at).map(String::as_str) {
            Some("|") => *at += 1,
            Some(")") => {
                *at += 1;
                return Ok(ways);
            }
            _ => return Err("`(` is never closed".to_string()),
        }
    }
}

fn parse_class(class: &str) -> Result<Class, String> {
    match class {
        "<number>" => Ok(Class::Number),
        "<word>" => Ok(Class::AnyWord),
        "<card_number>" => Ok(Class::Placeholder(RedactedKind::CardNumber)),
        "<account_number>" => Ok(Class::Placeholder(RedactedKind::AccountNumber)),
        other => Err(format!(
            "`{other}` is not known; there are <number>, <word>, <card_number>, <account_number>"
        )),
    }
}

/// Tokens of one word of a transcript.
pub fn tokens(text: &str, redacted: Option<&Redacted>, word: usize) -> Vec<Token> {
    if let Some(redacted) = redacted {
        return vec![Token {
            text: String::new(),
            placeholder: Some(redacted.kind),
            word,
        }];
    }
    normalise(text)
        .into_iter()
        .map(|text| Token {
            text,
            placeholder: None,
            word,
        })
        .collect()
}

/// Lower case, no punctuation, contractions written out. "It's" is taken for "it is": whether it
/// is "it has" cannot be seen in a word.
fn normalise(word: &str) -> Vec<String> {
    let lower: String = word
        .chars()
        .map(|c| {
            if matches!(c, '’' | '‘' | '`') {
                '\''
            } else {
                c
            }
        })
        .filter(|c| c.is_alphanumeric() || matches!(c, '\'' | '-'))
        .flat_map(char::to_lowercase)
        .collect();
    lower
        .split('-')
        .flat_map(|part| expand(part.trim_matches('\'')))
        .filter(|part| !part.is_empty())
        .collect()
}

fn expand(word: &str) -> Vec<String> {
    let whole: &[&str] = match word {
        "can't" | "cannot" => &["can", "not"],
        "won't" => &["will", "not"],
        "shan't" => &["shall", "not"],
        "let's" => &["let", "us"],
        "okay" => &["ok"],
        _ => &[],
    };
    if !whole.is_empty() {
        return whole.iter().map(|w| (*w).to_string()).collect();
    }
    const ENDINGS: [(&str, &str); 6] = [
        ("n't", "not"),
        ("'m", "am"),
        ("'re", "are"),
        ("'ve", "have"),
        ("'ll", "will"),
        ("'d", "would"),
    ];
    for (ending, full) in ENDINGS {
        if let Some(stem) = word.strip_suffix(ending) {
            return vec![stem.to_string(), full.to_string()];
        }
    }
    const IS: [&str; 9] = [
        "it", "that", "what", "there", "here", "who", "he", "she", "how",
    ];
    match word.strip_suffix("'s") {
        Some(stem) if IS.contains(&stem) => vec![stem.to_string(), "is".to_string()],
        _ => vec![word.chars().filter(|c| *c != '\'').collect()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(phrase: &str, text: &str) -> Option<String> {
        let words: Vec<&str> = text.split(' ').collect();
        let tokens: Vec<Token> = words
            .iter()
            .enumerate()
            .flat_map(|(i, w)| tokens(w, None, i))
            .collect();
        let phrase = Phrase::parse(phrase).unwrap();
        let matched =
            (0..tokens.len()).find_map(|at| phrase.match_at(&tokens, at, &|_, _| true))?;
        let (first, last) = (
            tokens[matched[0].token].word,
            tokens[matched.last()?.token].word,
        );
        Some(words[first..=last].join(" "))
    }

    #[test]
    fn phrases_find_what_they_describe() {
        for (phrase, text, found) in [
            (
                "thank you for calling",
                "Well, thank you for Calling!",
                Some("thank you for Calling!"),
            ),
            ("i am sorry", "I'm so sorry", None),
            ("i am [so|very] sorry", "I'm sorry", None),
            (
                "i am [(so|very)] sorry",
                "I'm so sorry to",
                Some("I'm so sorry"),
            ),
            ("i'm sorry", "Oh, I am sorry.", Some("I am sorry.")),
            (
                "(may|can) i (have|ask for) your name",
                "And can I ask for your name?",
                Some("can I ask for your name?"),
            ),
            ("your balance ... is", "Your current balance is 5", None),
            (
                "your ... balance is",
                "Your current savings balance is 5",
                Some("Your current savings balance is"),
            ),
            (
                "your ... balance",
                "your one two three four five balance",
                None,
            ),
            ("ends on <number>", "It ends on 30th", Some("ends on 30th")),
            (
                "cannot promise",
                "I can't promise it",
                Some("can't promise"),
            ),
            (
                "what's your zip",
                "What is your zip-code",
                Some("What is your zip-code"),
            ),
            (
                "is there anything <word> i can do",
                "Is there anything else I can do",
                Some("Is there anything else I can do"),
            ),
        ] {
            if phrase.contains("[so|very]") {
                assert!(Phrase::parse(phrase).is_err(), "{phrase}");
                continue;
            }
            assert_eq!(find(phrase, text).as_deref(), found, "{phrase} in {text}");
        }
    }

    #[test]
    fn a_phrase_that_says_nothing_is_refused() {
        for (phrase, part) in [
            ("", "anything"),
            ("[hello]", "anything"),
            ("...", "anything"),
            ("<word>", "anything"),
            ("hello ...", "between words"),
            ("(hello", "never closed"),
            ("hello)", "no partner"),
            ("(a|)", "empty"),
            ("<money>", "not known"),
        ] {
            let error = Phrase::parse(phrase).unwrap_err().to_string();
            assert!(error.contains(part), "{phrase}: {error}");
        }
    }

    #[test]
    fn misheard_words_are_alike_and_others_are_not() {
        for (a, b) in [
            ("recorded", "corded"),
            ("calling", "caling"),
            ("dispute", "disputed"),
        ] {
            assert!(alike(a, b) && alike(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("recorded", "record"),
            ("help", "hello"),
            ("is", "it"),
            ("date", "rate"),
        ] {
            assert_eq!(
                alike(a, b),
                (a, b) == ("recorded", "record") || (a, b) == ("date", "rate"),
                "{a} {b}"
            );
        }
    }

    #[test]
    fn nearest_says_how_much_was_there() {
        let words = ["anything", "else", "for", "you"];
        let tokens: Vec<Token> = words
            .iter()
            .enumerate()
            .flat_map(|(i, w)| tokens(w, None, i))
            .collect();
        let phrase = Phrase::parse("is there anything else i can do for you").unwrap();
        let (matched, share) = phrase.nearest(&tokens).unwrap();
        assert_eq!(matched, [0, 1, 2, 3]);
        assert!((share - 4.0 / 9.0).abs() < 1e-9);
    }
}
