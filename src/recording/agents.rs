//! Pseudonyms of agents: what stands in place of their ids in everything that is written.
//!
//! A pseudonym is made of the id and a key, so that it is the same in all months and nobody
//! without the key can make it. Who is who stands in a private list beside the key, for those who
//! may look it up. An id is also replaced where it is part of a call's id, of a file's name or of
//! another text about the call, as whole words and in any case. Left out on purpose: an id that is
//! written within another word (`annaberg7.wav` for `annaberg` is found, `annabergs.wav` is not),
//! and the agent's name in other spellings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::CustomerName;
use super::key::SecretKey;
use crate::limits;
use crate::log::visible_path;
use crate::modes::{self, Readers};

/// What every pseudonym begins with.
const PREFIX: &str = "agent-";
/// Base32 as made for people (z-base-32): without 0, 2, l and v, which look like others.
const LETTERS: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";
/// Letters of a pseudonym; 50 bits.
const LENGTH: usize = 10;
/// A longer run of digits might be taken for a number that must not be written.
const DIGITS_IN_A_ROW: usize = 3;
/// More bytes in a list of agents are no such list.
const LIST_BYTES: u64 = 64 << 20;

/// The list of who is who cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum AgentsError {
    #[error("read the list of agents {}", visible_path(path))]
    Read { path: PathBuf, source: io::Error },
    #[error("write the list of agents {}", visible_path(path))]
    Write { path: PathBuf, source: io::Error },
    #[error("understand the list of agents {}: {message}", visible_path(path))]
    Damaged { path: PathBuf, message: String },
}

impl AgentsError {
    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            AgentsError::Read { .. } | AgentsError::Write { .. } => {
                "let the user of the run read and write there, or name a key in another folder as \
                 `key` in `[people]`"
            }
            AgentsError::Damaged { .. } => {
                "bring it back from a copy, or remove it: it fills again as agents come up"
            }
        }
    }
}

/// Makes pseudonyms, and knows those that were made.
#[derive(Debug)]
pub struct Agents {
    key: SecretKey,
    list: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// By the id as it was written first.
    pseudonyms: BTreeMap<String, String>,
    /// The same by the id in lower case, for finding it in texts.
    folded: BTreeMap<String, String>,
    /// Of the longest id, in characters.
    longest: usize,
}

impl Known {
    fn add(&mut self, id: &str, pseudonym: String) {
        let folded = id.to_lowercase();
        self.longest = self.longest.max(folded.chars().count());
        self.folded.entry(folded).or_insert(pseudonym.clone());
        self.pseudonyms.insert(id.to_string(), pseudonym);
    }
}

impl Agents {
    /// With the agents that the list beside the key names.
    ///
    /// # Errors
    /// A list that is there and cannot be read.
    pub fn new(key: SecretKey, key_path: &Path) -> Result<Self, AgentsError> {
        let list = key_path.with_file_name("agents.csv");
        let mut known = Known::default();
        for (id, pseudonym) in read_list(&list)? {
            known.add(&id, pseudonym);
        }
        Ok(Self {
            key,
            list,
            known: Mutex::new(known),
        })
    }

    /// Tells the key from every other, and stands in the store.
    pub fn key_check(&self) -> String {
        let check = blake3::keyed_hash(self.key.expose(), b"key check");
        check.to_hex()[..32].to_string()
    }

    /// What stands for an agent. Blanks around an id do not count; a pseudonym stands for
    /// itself.
    pub fn pseudonym(&self, id: &str) -> String {
        let id = id.trim();
        let mut known = self.lock();
        if let Some(pseudonym) = known.pseudonyms.get(id) {
            return pseudonym.clone();
        }
        if is_pseudonym(id) {
            return id.to_string();
        }
        let pseudonym = self.make(id);
        known.add(id, pseudonym.clone());
        pseudonym
    }

    /// Fifty bits of keyed BLAKE3; the next fifty where a letter row would be mostly digits.
    fn make(&self, id: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(self.key.expose());
        let mut bits = hasher
            .update(b"agent\0")
            .update(id.as_bytes())
            .finalize_xof();
        loop {
            let mut bytes = [0; 8];
            bits.fill(&mut bytes);
            let mut left = u64::from_le_bytes(bytes);
            let mut text = PREFIX.to_string();
            for _ in 0..LENGTH {
                text.push(char::from(LETTERS[(left & 31) as usize]));
                left >>= 5;
            }
            let mut runs = text.split(|c: char| !c.is_ascii_digit());
            if runs.all(|run| run.len() <= DIGITS_IN_A_ROW) {
                return text;
            }
        }
    }

    /// A call's or an interaction's id, or another text of a call, with the id of its agent
    /// replaced. Other agents' ids stay: whether they are known may change, and the id of a call
    /// must not.
    pub fn without(&self, agent: &str, text: &str) -> String {
        let agent = agent.trim().to_lowercase();
        let pseudonym = self.pseudonym(&agent_as_written(self, &agent));
        replaced(text, agent.chars().count(), |word| {
            (*word == agent).then(|| pseudonym.clone())
        })
    }

    /// A file's name without the ids of any known agents. Numbers below 100 stay: they are in
    /// every date.
    pub fn scrub_name(&self, text: &str) -> String {
        self.scrub(text, |word| {
            word.len() > 2 || word.chars().any(char::is_alphabetic)
        })
    }

    /// Words without the ids of any known agents, but those that are numbers.
    pub fn scrub_words(&self, text: &str) -> String {
        self.scrub(text, |word| word.chars().any(char::is_alphabetic))
    }

    fn scrub(&self, text: &str, counts: impl Fn(&str) -> bool) -> String {
        let known = self.lock();
        replaced(text, known.longest, |word| {
            known.folded.get(word).filter(|_| counts(word)).cloned()
        })
    }

    /// What stands for a text that is an agent's id, and the text itself where it is none.
    pub fn if_agent(&self, text: &str) -> Option<String> {
        self.lock().folded.get(&text.trim().to_lowercase()).cloned()
    }

    /// The ids as they were written, by their pseudonyms.
    pub(super) fn ids(&self) -> BTreeMap<String, String> {
        let known = self.lock();
        let ids = known.pseudonyms.iter();
        ids.map(|(id, pseudonym)| (pseudonym.clone(), id.clone()))
            .collect()
    }

    /// What the list of who is who lacks of these pseudonyms, in words.
    pub fn lack(&self, pseudonyms: &BTreeSet<String>) -> Option<String> {
        let known = self.lock();
        let known: BTreeSet<&String> = known.pseudonyms.values().collect();
        let unknown = pseudonyms.iter().filter(|p| !known.contains(p)).count();
        let list = visible_path(&self.list);
        match (unknown, self.list.exists()) {
            (0, _) => None,
            (_, false) => Some(format!("the list of agents {list} is missing")),
            (1, true) => Some(format!("1 agent is not in the list of agents {list}")),
            (_, true) => Some(format!(
                "{unknown} agents are not in the list of agents {list}"
            )),
        }
    }

    /// The ids under which a call may be stored of which a person knows the id as it was.
    pub fn call_ids(&self, id: &str) -> Vec<String> {
        let mut found = BTreeMap::new();
        let known = self.lock();
        // Overlapping words count, too: whose id it is only the call tells.
        for (_, word) in words(&id.to_lowercase(), known.longest) {
            if let Some(pseudonym) = known.folded.get(&word) {
                found.insert(word, pseudonym.clone());
            }
        }
        drop(known);
        let mut ids: Vec<String> = found
            .iter()
            .map(|(agent, pseudonym)| {
                replaced(id, agent.chars().count(), |word| {
                    (word == agent).then(|| pseudonym.clone())
                })
            })
            .collect();
        ids.push(id.to_string());
        ids
    }

    /// Writes the list of who is who, with what came to it; whole and private.
    ///
    /// # Errors
    /// A list that cannot be read or written.
    pub fn keep(&self) -> Result<(), AgentsError> {
        let mut all = read_list(&self.list)?;
        let before = all.len();
        // What another run has added meanwhile stays.
        for (id, pseudonym) in &self.lock().pseudonyms {
            all.insert(id.clone(), pseudonym.clone());
        }
        Readers::Nobody.admit(&self.list);
        if all.len() == before && self.list.exists() {
            return Ok(());
        }
        write_list(&self.list, &all).map_err(|source| AgentsError::Write {
            path: self.list.clone(),
            source,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id as it was written first: a call's texts may have it in another case.
fn agent_as_written(agents: &Agents, folded: &str) -> String {
    let known = agents.lock();
    let mut ids = known.pseudonyms.keys();
    let found = ids.find(|id| id.to_lowercase() == folded);
    found.map_or(folded.to_string(), String::clone)
}

/// What looks like a name in an agent's id: its parts, where they are letters.
/// `anna.berg` is one, `4711` and `x2` are none.
pub fn name_in(id: &str) -> Option<CustomerName> {
    let parts: Vec<&str> = id
        .split(|c: char| !c.is_alphabetic())
        .filter(|part| part.chars().count() > 2)
        .collect();
    (!parts.is_empty()).then(|| CustomerName::new(parts.join(" ")))
}

/// Whether a text is of the form that pseudonyms have.
fn is_pseudonym(text: &str) -> bool {
    let letters = text.strip_prefix(PREFIX);
    letters.is_some_and(|l| l.len() == LENGTH && l.bytes().all(|b| LETTERS.contains(&b)))
}

/// Words of a text, and rows of them up to a length in characters: the place of the first
/// character, and the text.
fn words(text: &str, longest: usize) -> Vec<(usize, String)> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    for start in (0..letters.len()).filter(|at| is_edge(&letters, *at)) {
        let end = letters.len().min(start + longest);
        for end in (start + 1..=end).filter(|at| is_edge(&letters, *at)) {
            found.push((start, letters[start..end].iter().collect()));
        }
    }
    found
}

/// Whether a word may begin or end before a character: not between two letters or two digits.
fn is_edge(letters: &[char], at: usize) -> bool {
    let (Some(before), Some(after)) = (at.checked_sub(1).map(|at| letters[at]), letters.get(at))
    else {
        return true;
    };
    let letters = before.is_alphabetic() && after.is_alphabetic();
    let digits = before.is_numeric() && after.is_numeric();
    !(letters || digits)
}

/// A text with the words replaced for which there is something else, the longest first. Words come
/// in lower case.
fn replaced(text: &str, longest: usize, instead: impl Fn(&String) -> Option<String>) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < letters.len() {
        // What was replaced before stays: an id of a letter or two may be within it.
        let here = letters.get(at..at + PREFIX.len() + LENGTH);
        let here: Option<String> = here.map(|letters| letters.iter().collect());
        if let Some(pseudonym) = here.filter(|text| is_pseudonym(text)) {
            out.push_str(&pseudonym);
            at += PREFIX.len() + LENGTH;
            continue;
        }
        let last = letters.len().min(at + longest);
        let found = is_edge(&letters, at).then(|| {
            let ends = (at + 1..=last).rev().filter(|end| is_edge(&letters, *end));
            let mut words = ends.map(|end| {
                let word: String = letters[at..end]
                    .iter()
                    .flat_map(|c| c.to_lowercase())
                    .collect();
                (end, word)
            });
            words.find_map(|(end, word)| Some((end, instead(&word)?)))
        });
        match found.flatten() {
            Some((end, pseudonym)) => {
                out.push_str(&pseudonym);
                at = end;
            }
            None => {
                out.push(letters[at]);
                at += 1;
            }
        }
    }
    out
}

fn read_list(path: &Path) -> Result<BTreeMap<String, String>, AgentsError> {
    let text = match limits::read_text(path, LIST_BYTES) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(source) => {
            return Err(AgentsError::Read {
                path: path.to_path_buf(),
                source,
            });
        }
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Result<_, csv::Error> = reader.deserialize().collect();
    rows.map_err(|e| AgentsError::Damaged {
        path: path.to_path_buf(),
        message: e.to_string(),
    })
}

fn write_list(path: &Path, all: &BTreeMap<String, String>) -> io::Result<()> {
    let mut text = csv::Writer::from_writer(Vec::new());
    text.write_record(["agent", "pseudonym"])?;
    for row in all {
        text.serialize(row)?;
    }
    let text = text.into_inner().map_err(|e| e.into_error())?;
    let aside = path.with_extension("csv.tmp");
    let mut file = modes::private_file()
        .create(true)
        .truncate(true)
        .open(&aside)?;
    let written = io::Write::write_all(&mut file, &text)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agents(folder: &Path) -> Agents {
        let key = SecretKey::from_bytes(*b"whats the Elvish word for friend");
        Agents::new(key, &folder.join("agents.key")).unwrap()
    }

    #[test]
    fn a_pseudonym_lasts_and_the_list_tells_who_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let made = agents(folder.path());
        let anna = made.pseudonym(" anna.berg\n");
        assert!(anna.starts_with(PREFIX) && anna.len() == PREFIX.len() + LENGTH);
        assert_eq!(made.pseudonym("anna.berg"), anna);
        assert_eq!(made.pseudonym(&anna), anna);
        let bert = made.pseudonym("Bert, \"B\"");
        made.keep().unwrap();
        let text = fs::read_to_string(folder.path().join("agents.csv")).unwrap();
        assert_eq!(
            text,
            format!("agent,pseudonym\n\"Bert, \"\"B\"\"\",{bert}\nanna.berg,{anna}\n")
        );
        // Whoever is taken off the list has the same pseudonym when they come again.
        fs::write(folder.path().join("agents.csv"), "agent,pseudonym\n").unwrap();
        assert_eq!(agents(folder.path()).pseudonym("anna.berg"), anna);
        fs::write(folder.path().join("agents.csv"), "agent\nx,y,z\n").unwrap();
        let key = SecretKey::from_bytes([1; 32]);
        let other = Agents::new(key, &folder.path().join("agents.key"));
        assert!(matches!(other, Err(AgentsError::Damaged { .. })));
    }

    #[test]
    fn no_pseudonym_looks_like_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let agents = agents(folder.path());
        for n in 0..5000 {
            let made = agents.make(&n.to_string());
            let longest = made
                .split(|c: char| !c.is_ascii_digit())
                .map(str::len)
                .max();
            assert!(longest.unwrap() <= DIGITS_IN_A_ROW, "{made}");
        }
    }

    #[test]
    fn ids_are_found_in_texts_as_whole_words() {
        let folder = tempfile::tempdir().unwrap();
        let agents = agents(folder.path());
        let (anna, kim, n17) = (
            agents.pseudonym("anna.berg"),
            agents.pseudonym("Kim"),
            agents.pseudonym("17"),
        );
        let name = |text: &str| agents.scrub_name(text);
        assert_eq!(
            name("ANNA.BERG/2026_kim.wav"),
            format!("{anna}/2026_{kim}.wav")
        );
        assert_eq!(name("kim20260317.wav"), format!("{kim}20260317.wav"));
        // Within other words, and a number that any date may hold.
        for kept in ["kimono.wav", "anna_berg.wav", "2026-03-17.wav", "é.wav", ""] {
            assert_eq!(name(kept), kept);
        }
        let own = agents.without("17", "2026-03-17_17");
        assert_eq!(own, format!("2026-03-{n17}_{n17}"));
        assert_eq!(
            agents.without("KIM", "kim-anna.berg"),
            format!("{kim}-anna.berg")
        );
        // Once more changes nothing, not even for an agent whose id is within a pseudonym.
        agents.pseudonym(&kim[PREFIX.len()..=PREFIX.len()]);
        assert_eq!(name(&format!("{kim}/1.wav")), format!("{kim}/1.wav"));
        assert_eq!(agents.if_agent(" KIM "), Some(kim.clone()));
        assert_eq!(
            agents.scrub_words("line 17 of kim"),
            format!("line 17 of {kim}")
        );

        let ids = agents.call_ids("2026-03-17_17");
        assert!(ids.contains(&own) && ids.contains(&"2026-03-17_17".to_string()));
        assert_eq!(agents.call_ids("c1"), ["c1"]);
    }

    #[test]
    fn names_are_taken_from_ids_that_hold_some() {
        let name = |id: &str| name_in(id).map(|name| name.expose().to_string());
        assert_eq!(name("anna.berg"), Some("anna berg".to_string()));
        assert_eq!(name("Søren_O'Neil7"), Some("Søren Neil".to_string()));
        assert_eq!(name("4711"), None);
        assert_eq!(name("x2"), None);
    }
}
