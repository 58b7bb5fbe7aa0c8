//! The wordings, read once from `behaviours.txt` and `matters.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Agent,
    Customer,
}

/// A word, or a place that is filled per call.
#[derive(Debug, Clone, Copy)]
pub enum Piece {
    Word(&'static str),
    Slot {
        before: &'static str,
        slot: &'static str,
        after: &'static str,
    },
}

/// What one of the two says in one go.
#[derive(Debug)]
pub struct Utterance {
    pub who: Who,
    pub pieces: Vec<Piece>,
    /// What a wording shows besides the behaviour that it is listed under.
    pub tags: Vec<&'static str>,
    pub asks: bool,
}

/// One way to say it: one utterance, or one and its reply.
#[derive(Debug)]
pub struct Wording {
    /// Clear to people, and likely to be missed by a list of phrases.
    pub unusual: bool,
    pub utterances: Vec<Utterance>,
}

/// The wordings of a behaviour with its name.
#[derive(Debug)]
pub struct Behaviour {
    pub name: &'static str,
    pub wordings: Vec<Wording>,
}

static BEHAVIOURS: LazyLock<HashMap<&'static str, Behaviour>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    read(include_str!("behaviours.txt"), &mut all);
    read(include_str!("matters.txt"), &mut all);
    all
});

/// All behaviours, in no order.
pub fn behaviours() -> impl Iterator<Item = &'static Behaviour> {
    BEHAVIOURS.values()
}

/// Panics on a name without wordings: the names stand in this program.
pub fn behaviour(name: &str) -> &'static Behaviour {
    BEHAVIOURS
        .get(name)
        .unwrap_or_else(|| panic!("no wordings of {name}"))
}

pub fn find(name: &str) -> Option<&'static Behaviour> {
    BEHAVIOURS.get(name)
}

fn read(text: &'static str, all: &mut HashMap<&'static str, Behaviour>) {
    let mut name = "";
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(key) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            name = key;
            let wordings = Vec::new();
            let earlier = all.insert(name, Behaviour { name, wordings });
            assert!(earlier.is_none(), "[{name}] stands twice");
            continue;
        }
        let (unusual, line) = match line.strip_prefix("~ ") {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let utterances = line.split(" | ").map(utterance).collect();
        let behaviour = all.get_mut(name).expect("a name stands before its lines");
        behaviour.wordings.push(Wording {
            unusual,
            utterances,
        });
    }
}

fn utterance(text: &'static str) -> Utterance {
    let (who, text) = match (text.strip_prefix("A: "), text.strip_prefix("C: ")) {
        (_, Some(rest)) => (Who::Customer, rest),
        (Some(rest), None) => (Who::Agent, rest),
        (None, None) => (Who::Agent, text),
    };
    let mut pieces = Vec::new();
    let mut tags = Vec::new();
    for word in text.split_whitespace() {
        match word.strip_prefix('#') {
            Some(tag) => tags.push(tag),
            None => pieces.push(piece(word)),
        }
    }
    Utterance {
        who,
        pieces,
        tags,
        asks: text.contains('?'),
    }
}

fn piece(word: &'static str) -> Piece {
    let Some((before, rest)) = word.split_once('{') else {
        return Piece::Word(word);
    };
    let (slot, after) = rest.split_once('}').expect("a brace that opens closes");
    Piece::Slot {
        before,
        slot,
        after,
    }
}
