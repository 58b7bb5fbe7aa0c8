//! How people say it: the lines of `samples/redaction/*.txt`, whose README tells their form.

use callibrate::transcript::RedactedKind;

/// What one file holds.
pub struct Phrasings {
    pub lines: Vec<Phrasing>,
    /// What comes between the digits of a number that is read aloud.
    pub between: Vec<String>,
}

/// One short talk with places to be filled.
pub struct Phrasing {
    /// Half, section and number of the line in it.
    pub id: String,
    /// What it is about; `None` where nothing in it is to be masked.
    pub kind: Option<RedactedKind>,
    /// The table of calls has the customer's name.
    pub in_the_table: bool,
    pub turns: Vec<Turn>,
}

pub struct Turn {
    /// 0 for the agent, 1 for the customer.
    pub side: usize,
    /// Starts before the other has ended.
    pub cuts_in: bool,
    pub pieces: Vec<Piece>,
}

/// What stands between two blanks.
#[derive(Debug, PartialEq)]
pub enum Piece {
    Word(String),
    /// A word that belongs to the value beside it and tells nothing: it may go or stay.
    Neutral(String),
    /// A place with what stands right before and after it.
    Slot {
        before: String,
        slot: Slot,
        after: String,
    },
    Pause,
}

/// `{card2:last4}` is the part `last4` of the second `card`.
#[derive(Debug, PartialEq)]
pub struct Slot {
    pub base: String,
    pub second: bool,
    pub part: Option<String>,
}

pub fn read(text: &str, half: &str) -> Result<Phrasings, String> {
    let mut phrasings = Phrasings {
        lines: Vec::new(),
        between: Vec::new(),
    };
    let mut section = String::new();
    let mut number = 0;
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if let Some(name) = line.strip_prefix("== ") {
            (section, number) = (name.to_string(), 0);
            continue;
        }
        number += 1;
        if section == "between digits" {
            phrasings.between.push(line.to_string());
            continue;
        }
        let id = format!("{half}/{section}/{number}");
        let kind = RedactedKind::ALL
            .into_iter()
            .find(|k| k.as_str() == section);
        if kind.is_none() && section != "negative" {
            return Err(format!("{id}: no such section"));
        }
        let turns = line.trim_start_matches("* ").split('|').map(turn);
        phrasings.lines.push(Phrasing {
            kind,
            in_the_table: line.starts_with("* "),
            turns: turns
                .collect::<Result<_, _>>()
                .map_err(|e| format!("{id}: {e}"))?,
            id,
        });
    }
    Ok(phrasings)
}

fn turn(text: &str) -> Result<Turn, String> {
    let (who, text) = text
        .trim()
        .split_once(": ")
        .ok_or("a turn without a speaker")?;
    let side = match who.trim_end_matches('<') {
        "A" => 0,
        "C" => 1,
        other => return Err(format!("no speaker {other:?}")),
    };
    Ok(Turn {
        side,
        cuts_in: who.ends_with('<'),
        pieces: pieces(text)?,
    })
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(neutral) = rest.strip_prefix("{=") {
            let (words, after) = neutral.split_once('}').ok_or("a brace that stays open")?;
            pieces.extend(words.split(' ').map(|w| Piece::Neutral(w.to_string())));
            rest = after.trim_start();
            continue;
        }
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = after.trim_start();
        pieces.push(piece(word)?);
    }
    Ok(pieces)
}

fn piece(word: &str) -> Result<Piece, String> {
    if word == "~" {
        return Ok(Piece::Pause);
    }
    let Some((before, inside)) = word.split_once('{') else {
        return Ok(Piece::Word(word.to_string()));
    };
    let (inside, after) = inside.split_once('}').ok_or("a brace that stays open")?;
    let (name, part) = match inside.split_once(':') {
        Some((name, part)) => (name, Some(part.to_string())),
        None => (inside, None),
    };
    let base = name.trim_end_matches('2');
    Ok(Piece::Slot {
        before: before.to_string(),
        slot: Slot {
            base: base.to_string(),
            second: base != name,
            part,
        },
        after: after.to_string(),
    })
}
