//! The phrase language: from text to alternatives, gaps and classes, with its limits.
//!
//! ```text
//! thank you for calling           these words, in this order
//! may i (have|ask) your name      one of the alternatives (each may be several words)
//! how [may] can i help            a word that may be missing
//! your balance ... is             up to four words in between; `...8`: up to eight
//! {refund, week} within 6 words   all of these, in any order
//! ^hello                          only where somebody starts to speak
//! =hold                           exactly this word
//! <number> <money> <date> ...     one of a class, see [`Class`]
//! ```

use std::fmt;

use super::class::Class;
use super::words::{self, Part, Traits};

/// Words that `...` may skip.
const GAP_WORDS: usize = 4;
/// The most that `...N` and `within N words` may say.
const MOST_GAP_WORDS: usize = 20;
const MOST_BYTES: usize = 500;
const MOST_DEPTH: usize = 8;
/// Alternatives in one bracket.
const MOST_WAYS: usize = 60;
/// Parts of `{a, b} within 6 words`: they are tried in every order.
const MOST_PARTS: usize = 4;
/// Ways to say a phrase, every choice of alternatives and optional words counted.
const MOST_WORDINGS: usize = 500;
/// Words, gaps and classes of the longest wording.
const MOST_ITEMS: usize = 40;
/// Ways in which the length of a phrase may differ when the nearest miss is looked for.
const MOST_OUTLINES: usize = 12;

/// A phrase, as written and as understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    source: String,
    /// Hash of the source, so that a phrase is looked up by a number.
    pub(super) key: u64,
    /// Only where somebody starts to speak.
    pub(super) starts: bool,
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Word {
        text: String,
        exact: bool,
        is_name: bool,
    },
    Class(Class),
    Either(Vec<Vec<Node>>),
    Optional(Vec<Node>),
    Gap(usize),
}

/// One element of a wording: a phrase with every choice made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Word {
        text: String,
        exact: bool,
        /// Written with a capital, as names are.
        is_name: bool,
    },
    Class(Class),
    Gap(usize),
}

/// One place of a phrase for the nearest miss: any of these words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub words: Vec<String>,
    /// Words of the phrase that may stand before it and are not looked for: gaps, classes and
    /// optional words.
    pub room: usize,
}

/// Why a phrase cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("phrase \"{phrase}\": {message}")]
pub struct PhraseError {
    pub phrase: String,
    /// Without the phrase, for places that show it themselves.
    pub message: String,
    /// Where in the phrase the fault lies, in bytes.
    pub offset: usize,
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl Phrase {
    pub fn parse(source: &str) -> Result<Self, PhraseError> {
        parse(source).map_err(|fault| PhraseError {
            phrase: source.to_string(),
            message: fault.message,
            offset: fault.offset,
        })
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Every way to say it. Gaps stand between other items only.
    pub(super) fn wordings(&self) -> Vec<Vec<Item>> {
        let mut wordings: Vec<Vec<Item>> = Vec::new();
        for wording in expand(&self.nodes) {
            let wording = with_gaps_joined(wording);
            if !wordings.contains(&wording) {
                wordings.push(wording);
            }
        }
        wordings
    }

    /// The places of the phrase's needed words, once for each number of words that its
    /// alternatives may have. Where alternatives have the same length, a place takes the word of
    /// any of them.
    pub(super) fn outlines(&self) -> Vec<Vec<Place>> {
        outlines(&self.nodes)
            .into_iter()
            .map(|outline| outline.places)
            .collect()
    }
}

struct Fault {
    message: String,
    offset: usize,
}

fn fault<T>(offset: usize, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault {
        message: message.into(),
        offset,
    })
}

fn parse(source: &str) -> Result<Phrase, Fault> {
    if source.len() > MOST_BYTES {
        return fault(
            MOST_BYTES,
            format!("it is longer than {MOST_BYTES} characters; write several phrases"),
        );
    }
    let mut pieces = pieces(source)?;
    let starts = pieces.first().is_some_and(|p| p.sign == Sign::Start);
    if starts {
        pieces.remove(0);
    }
    let mut parser = Parser {
        pieces: &pieces,
        at: 0,
        end: source.len(),
    };
    let nodes = parser.nodes(0, false)?;
    if let Some(piece) = parser.peek() {
        return fault(piece.offset, format!("`{}` has no partner", piece.text));
    }
    if !nodes.iter().any(Node::is_needed) {
        return fault(0, "it would match anything");
    }
    for (node, piece) in [
        (nodes.first(), pieces.first()),
        (nodes.last(), pieces.last()),
    ] {
        if matches!(node, Some(Node::Gap(_))) {
            let offset = piece.map_or(0, |p| p.offset);
            return fault(offset, "`...` stands between words only");
        }
    }
    let size = size(&nodes);
    if size.wordings > MOST_WORDINGS {
        return fault(
            0,
            format!(
                "there are {} ways to say it, more than {MOST_WORDINGS}; split it into several phrases",
                size.wordings
            ),
        );
    }
    if size.items > MOST_ITEMS {
        return fault(
            0,
            format!("it is {} words long, more than {MOST_ITEMS}", size.items),
        );
    }
    Ok(Phrase {
        source: source.to_string(),
        key: key_of(source),
        starts,
        nodes,
    })
}

/// The first 64 bits of the source's BLAKE3.
fn key_of(source: &str) -> u64 {
    let hash = blake3::hash(source.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(first)
}

impl Node {
    /// Whether it stands for at least one certain token.
    fn is_needed(&self) -> bool {
        match self {
            Node::Word { .. } => true,
            Node::Class(class) => *class != Class::Word,
            Node::Either(ways) => ways.iter().all(|way| way.iter().any(Node::is_needed)),
            Node::Optional(_) | Node::Gap(_) => false,
        }
    }
}

struct Size {
    wordings: usize,
    /// Of the longest wording.
    items: usize,
}

fn size(nodes: &[Node]) -> Size {
    nodes.iter().fold(
        Size {
            wordings: 1,
            items: 0,
        },
        |sum, node| {
            let one = match node {
                Node::Word { .. } | Node::Class(_) | Node::Gap(_) => Size {
                    wordings: 1,
                    items: 1,
                },
                Node::Either(ways) => {
                    let sizes: Vec<Size> = ways.iter().map(|way| size(way)).collect();
                    Size {
                        wordings: sizes
                            .iter()
                            .fold(0, |n: usize, s| n.saturating_add(s.wordings)),
                        items: sizes.iter().map(|s| s.items).max().unwrap_or(0),
                    }
                }
                Node::Optional(way) => {
                    let inner = size(way);
                    Size {
                        wordings: inner.wordings.saturating_add(1),
                        items: inner.items,
                    }
                }
            };
            Size {
                wordings: sum.wordings.saturating_mul(one.wordings),
                items: sum.items.saturating_add(one.items),
            }
        },
    )
}

fn expand(nodes: &[Node]) -> Vec<Vec<Item>> {
    let mut wordings: Vec<Vec<Item>> = vec![Vec::new()];
    for node in nodes {
        let ways: Vec<Vec<Item>> = match node {
            Node::Word {
                text,
                exact,
                is_name,
            } => vec![vec![Item::Word {
                text: text.clone(),
                exact: *exact,
                is_name: *is_name,
            }]],
            Node::Class(class) => vec![vec![Item::Class(*class)]],
            Node::Gap(words) => vec![vec![Item::Gap(*words)]],
            Node::Either(ways) => ways.iter().flat_map(|way| expand(way)).collect(),
            Node::Optional(way) => {
                let mut ways = expand(way);
                ways.push(Vec::new());
                ways
            }
        };
        wordings = wordings
            .iter()
            .flat_map(|so_far| {
                ways.iter().map(|way| {
                    let mut wording = so_far.clone();
                    wording.extend(way.iter().cloned());
                    wording
                })
            })
            .collect();
    }
    wordings
}

/// Two gaps in a row are one; a gap at either end says nothing.
fn with_gaps_joined(wording: Vec<Item>) -> Vec<Item> {
    let mut joined: Vec<Item> = Vec::with_capacity(wording.len());
    for item in wording {
        match (joined.last_mut(), &item) {
            (None, Item::Gap(_)) => {}
            (Some(Item::Gap(before)), Item::Gap(words)) => *before += words,
            _ => joined.push(item),
        }
    }
    while matches!(joined.last(), Some(Item::Gap(_))) {
        joined.pop();
    }
    joined
}

#[derive(Clone, Default)]
struct Outline {
    places: Vec<Place>,
    /// Room after the last place.
    room: usize,
}

fn outlines(nodes: &[Node]) -> Vec<Outline> {
    let mut all = vec![Outline::default()];
    for node in nodes {
        let ways: Vec<Outline> = match node {
            Node::Word { text, .. } => vec![Outline {
                places: vec![Place {
                    words: vec![text.clone()],
                    room: 0,
                }],
                room: 0,
            }],
            Node::Class(class) => vec![Outline {
                places: Vec::new(),
                room: class.usual_words(),
            }],
            Node::Gap(words) => vec![Outline {
                places: Vec::new(),
                room: *words,
            }],
            Node::Optional(way) => vec![Outline {
                places: Vec::new(),
                room: size(way).items,
            }],
            Node::Either(ways) => by_length(ways.iter().flat_map(|way| outlines(way)).collect()),
        };
        all = all
            .iter()
            .flat_map(|so_far| ways.iter().map(|way| followed_by(so_far, way)))
            .take(MOST_OUTLINES)
            .collect();
    }
    by_length(all)
}

fn followed_by(so_far: &Outline, way: &Outline) -> Outline {
    let mut outline = so_far.clone();
    let mut room = outline.room;
    for place in &way.places {
        outline.places.push(Place {
            words: place.words.clone(),
            room: place.room + room,
        });
        room = 0;
    }
    outline.room = room + way.room;
    outline
}

/// Lays those of one length over each other.
fn by_length(outlines: Vec<Outline>) -> Vec<Outline> {
    let mut merged: Vec<Outline> = Vec::new();
    for outline in outlines {
        let same = merged
            .iter_mut()
            .find(|m| m.places.len() == outline.places.len());
        let Some(same) = same else {
            merged.push(outline);
            continue;
        };
        same.room = same.room.max(outline.room);
        for (place, other) in same.places.iter_mut().zip(outline.places) {
            place.room = place.room.max(other.room);
            for word in other.words {
                if !place.words.contains(&word) {
                    place.words.push(word);
                }
            }
        }
    }
    merged
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Sign {
    Open,
    Close,
    OpenOptional,
    CloseOptional,
    OpenNear,
    CloseNear,
    Or,
    Comma,
    Start,
    Gap(usize),
    Class(Class),
    /// Its words, normalised, and whether it must be exactly this.
    Word(Vec<Part>, bool),
}

struct Piece<'a> {
    text: &'a str,
    offset: usize,
    sign: Sign,
}

/// Splits a phrase into words, brackets and signs.
fn pieces(source: &str) -> Result<Vec<Piece<'_>>, Fault> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let rest = &source[at..];
        let (length, sign) = match c {
            '(' => (1, Sign::Open),
            ')' => (1, Sign::Close),
            '[' => (1, Sign::OpenOptional),
            ']' => (1, Sign::CloseOptional),
            '{' => (1, Sign::OpenNear),
            '}' => (1, Sign::CloseNear),
            '|' => (1, Sign::Or),
            ',' => (1, Sign::Comma),
            '^' if pieces.is_empty() => (1, Sign::Start),
            '^' => return fault(at, "`^` stands at the very start only"),
            '<' => class_piece(rest, at)?,
            _ if rest.starts_with("...") || c == '…' => gap_piece(rest, at)?,
            _ => word_piece(rest, at)?,
        };
        pieces.push(Piece {
            text: &rest[..length],
            offset: at,
            sign,
        });
        at += length;
    }
    Ok(pieces)
}

fn class_piece(rest: &str, at: usize) -> Result<(usize, Sign), Fault> {
    let Some(end) = rest.find('>') else {
        return fault(at, "`<` is never closed");
    };
    let name = &rest[1..end];
    match Class::named(name) {
        Some(class) => Ok((end + 1, Sign::Class(class))),
        None => fault(
            at,
            format!("`<{name}>` is not known; there are {}", Class::names()),
        ),
    }
}

fn gap_piece(rest: &str, at: usize) -> Result<(usize, Sign), Fault> {
    let dots = if rest.starts_with('…') {
        '…'.len_utf8()
    } else {
        3
    };
    let digits = rest[dots..].bytes().take_while(u8::is_ascii_digit).count();
    let length = dots + digits;
    if digits == 0 {
        return Ok((length, Sign::Gap(GAP_WORDS)));
    }
    match gap_words(&rest[dots..length]) {
        Some(words) => Ok((length, Sign::Gap(words))),
        None => fault(
            at,
            format!("`...` may skip 1 to {MOST_GAP_WORDS} words, as in `...8`"),
        ),
    }
}

fn gap_words(digits: &str) -> Option<usize> {
    digits
        .parse()
        .ok()
        .filter(|n| (1..=MOST_GAP_WORDS).contains(n))
}

fn word_piece(rest: &str, at: usize) -> Result<(usize, Sign), Fault> {
    let length = rest
        .char_indices()
        .find(|(i, c)| {
            c.is_whitespace() || "()[]{}|,^<…".contains(*c) || rest[*i..].starts_with("...")
        })
        .map_or(rest.len(), |(i, _)| i);
    let text = &rest[..length];
    let (plain, exact) = match text.strip_prefix('=') {
        Some(plain) => (plain, true),
        None => (text, false),
    };
    let words = words::parts(plain);
    if words.is_empty() {
        return fault(at, format!("`{text}` holds no word"));
    }
    Ok((length, Sign::Word(words, exact)))
}

struct Parser<'a> {
    pieces: &'a [Piece<'a>],
    at: usize,
    /// Length of the phrase in bytes, for faults at its end.
    end: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Piece<'a>> {
        self.pieces.get(self.at)
    }

    fn take(&mut self, sign: &Sign) -> bool {
        let found = self.peek().is_some_and(|p| p.sign == *sign);
        self.at += usize::from(found);
        found
    }

    /// Nodes up to a bracket that closes, or `|`; in `{ }` up to a comma, which elsewhere is
    /// punctuation.
    fn nodes(&mut self, depth: usize, in_near: bool) -> Result<Vec<Node>, Fault> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.peek() {
            if depth > MOST_DEPTH {
                return fault(piece.offset, "brackets are nested too deeply");
            }
            match &piece.sign {
                Sign::Close | Sign::CloseOptional | Sign::CloseNear | Sign::Or => break,
                Sign::Comma if in_near => break,
                Sign::Comma => self.at += 1,
                Sign::Open => nodes.push(Node::Either(self.ways(depth)?)),
                Sign::OpenOptional => {
                    self.at += 1;
                    let inner = self.nodes(depth + 1, false)?;
                    if !self.take(&Sign::CloseOptional) {
                        return fault(piece.offset, self.unclosed('[', "`[(a|b)]`"));
                    }
                    if inner.is_empty() {
                        return fault(piece.offset, "`[ ]` is empty");
                    }
                    nodes.push(Node::Optional(inner));
                }
                Sign::OpenNear => nodes.push(Node::Either(self.near(depth)?)),
                Sign::Gap(words) => {
                    self.at += 1;
                    nodes.push(Node::Gap(*words));
                }
                Sign::Class(class) => {
                    self.at += 1;
                    nodes.push(Node::Class(*class));
                }
                Sign::Word(words, exact) => {
                    self.at += 1;
                    nodes.extend(words.iter().map(|word| Node::Word {
                        text: word.text.clone(),
                        exact: *exact,
                        is_name: word.traits.has(Traits::CAPITAL)
                            && !word.traits.has(Traits::COMMON),
                    }));
                }
                Sign::Start => return fault(piece.offset, "`^` stands at the very start only"),
            }
        }
        Ok(nodes)
    }

    /// What to say of a bracket that another sign than its own ends.
    fn unclosed(&self, bracket: char, with_alternatives: &str) -> String {
        if self.peek().is_some_and(|p| p.sign == Sign::Or) {
            return format!(
                "`{bracket}` is never closed before `|`; alternatives stand in round brackets: {with_alternatives}"
            );
        }
        format!("`{bracket}` is never closed")
    }

    /// `(a|b)`.
    fn ways(&mut self, depth: usize) -> Result<Vec<Vec<Node>>, Fault> {
        let open = self.pieces[self.at].offset;
        self.at += 1;
        let mut ways = Vec::new();
        loop {
            let way = self.nodes(depth + 1, false)?;
            let here = self.peek().map_or(self.end, |p| p.offset);
            if way.is_empty() && self.peek().is_some() {
                return fault(
                    here,
                    "an alternative is empty; use `[word]` for one that may be missing",
                );
            }
            ways.push(way);
            if ways.len() > MOST_WAYS {
                return fault(
                    here,
                    format!("there are more than {MOST_WAYS} alternatives; write several phrases"),
                );
            }
            if self.take(&Sign::Or) {
                continue;
            }
            if self.take(&Sign::Close) {
                return Ok(ways);
            }
            return fault(open, "`(` is never closed");
        }
    }

    /// `{a, b} within N words`: the parts in every order, with a gap between.
    fn near(&mut self, depth: usize) -> Result<Vec<Vec<Node>>, Fault> {
        let open = self.pieces[self.at].offset;
        self.at += 1;
        let mut parts: Vec<Vec<Node>> = Vec::new();
        loop {
            let part = self.nodes(depth + 1, true)?;
            let here = self.peek().map_or(self.end, |p| p.offset);
            if self.peek().is_some() && !part.iter().any(Node::is_needed) {
                return fault(here, "a part of `{ }` holds no word that must be there");
            }
            parts.push(part);
            if self.take(&Sign::Comma) {
                continue;
            }
            if self.take(&Sign::CloseNear) {
                break;
            }
            return fault(open, self.unclosed('{', "`{(a|b), c} within 6 words`"));
        }
        if !(2..=MOST_PARTS).contains(&parts.len()) {
            return fault(
                open,
                format!("`{{ }}` takes 2 to {MOST_PARTS} parts, with commas between"),
            );
        }
        let Some(words) = self.within() else {
            let here = self.peek().map_or(self.end, |p| p.offset);
            return fault(
                here,
                format!(
                    "say how near: `{{a, b}} within 6 words`, 1 to {MOST_GAP_WORDS} words between"
                ),
            );
        };
        Ok(orders(parts.len())
            .into_iter()
            .map(|order| {
                let mut way = Vec::new();
                for part in order {
                    if !way.is_empty() {
                        way.push(Node::Gap(words));
                    }
                    way.extend(parts[part].iter().cloned());
                }
                way
            })
            .collect())
    }

    /// `within N words`.
    fn within(&mut self) -> Option<usize> {
        let text = |i: usize| self.pieces.get(self.at + i).map(|p| p.text);
        let words = gap_words(text(1)?)?;
        let fits = text(0) == Some("within") && matches!(text(2), Some("words" | "word"));
        if fits {
            self.at += 3;
        }
        fits.then_some(words)
    }
}

/// All orders of `0..n`.
fn orders(n: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..n {
        orders = orders
            .iter()
            .flat_map(|order: &Vec<usize>| {
                (0..n).filter(|i| !order.contains(i)).map(|i| {
                    let mut longer = order.clone();
                    longer.push(i);
                    longer
                })
            })
            .collect();
    }
    orders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused_where_it_stands() {
        for (phrase, part, offset) in [
            ("", "anything", 0),
            ("[hello]", "anything", 0),
            ("...", "anything", 0),
            ("<word>", "anything", 0),
            ("hello ...", "between words", 6),
            ("hi (hello", "never closed", 3),
            ("hello)", "no partner", 5),
            ("(a|)", "empty", 3),
            ("my <salary>", "not known; there are <number>", 3),
            ("my <number", "never closed", 3),
            ("i am [so|very] sorry", "`[(a|b)]`", 5),
            ("so ...30 long", "1 to 20 words", 3),
            ("i ^am", "very start", 2),
            ("i am !!", "holds no word", 5),
            ("{refund, week}", "say how near", 14),
            ("{refund} within 4 words", "2 to 4 parts", 0),
            ("{refund, [week]} within 4 words", "must be there", 15),
            (
                "(a|b|c|d|e) (a|b|c|d|e) (a|b|c|d|e) (a|b|c|d|e)",
                "625 ways",
                0,
            ),
        ] {
            let error = Phrase::parse(phrase).unwrap_err();
            assert!(error.to_string().contains(part), "{phrase}: {error}");
            assert_eq!(error.offset, offset, "{phrase}: {error}");
        }
        let nested = format!("{}a{}", "(".repeat(20), ")".repeat(20));
        assert!(
            Phrase::parse(&nested)
                .unwrap_err()
                .message
                .contains("deeply")
        );
        let long = "word ".repeat(90);
        assert!(Phrase::parse(&long).unwrap_err().message.contains("40"));
        assert!(Phrase::parse(&"word ".repeat(101)).is_err());
        let bomb = "[(a|b)] ".repeat(60) + "c";
        assert!(Phrase::parse(&bomb).is_err());
    }

    #[test]
    fn a_phrase_is_all_its_wordings() {
        let said = |phrase: &str| -> Vec<String> {
            let wordings = Phrase::parse(phrase).unwrap().wordings();
            let text = |item: &Item| match item {
                Item::Word { text, .. } => text.clone(),
                Item::Class(class) => format!("<{}>", class.name()),
                Item::Gap(words) => format!("...{words}"),
            };
            wordings
                .iter()
                .map(|w| w.iter().map(text).collect::<Vec<_>>().join(" "))
                .collect()
        };
        assert_eq!(
            said("i'm [so] (sorry|glad)"),
            ["i am so sorry", "i am so glad", "i am sorry", "i am glad"]
        );
        assert_eq!(
            said("{refund, (week|a month)} within 6 words"),
            [
                "refund ...6 week",
                "refund ...6 a month",
                "week ...6 refund",
                "a month ...6 refund"
            ]
        );
        // An optional word beside a gap leaves no gap at an end, and no two in a row.
        assert_eq!(said("[your] ... balance"), ["your ...4 balance", "balance"]);
        assert_eq!(
            said("a ... [b] ...8 <date>"),
            ["a ...4 b ...8 <date>", "a ...12 <date>"]
        );
    }

    #[test]
    fn an_outline_holds_the_needed_words_of_all_alternatives() {
        let outline = |phrase: &str| -> Vec<Vec<(String, usize)>> {
            let outlines = Phrase::parse(phrase).unwrap().outlines();
            outlines
                .iter()
                .map(|o| o.iter().map(|p| (p.words.join("/"), p.room)).collect())
                .collect()
        };
        assert_eq!(
            outline("my (name|date of birth|home town) [really] is"),
            [
                vec![
                    ("my".to_string(), 0),
                    ("name".to_string(), 0),
                    ("is".to_string(), 1)
                ],
                vec![
                    ("my".to_string(), 0),
                    ("date".to_string(), 0),
                    ("of".to_string(), 0),
                    ("birth".to_string(), 0),
                    ("is".to_string(), 1)
                ],
                vec![
                    ("my".to_string(), 0),
                    ("home".to_string(), 0),
                    ("town".to_string(), 0),
                    ("is".to_string(), 1)
                ],
            ]
        );
        assert_eq!(
            outline("{refund, week} within 6 words"),
            [[
                ("refund/week".to_string(), 0),
                ("week/refund".to_string(), 6)
            ]]
        );
    }
}
