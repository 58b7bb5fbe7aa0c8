//! JSON of other tools: read into typed values, with bounds, and never as a tree of everything.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::limits::{self, TRANSCRIPT_WORDS};
use crate::transcript::without_values;

/// Words, segments and tokens of one file. Recognisers cut a word into a few tokens.
const MOST_ITEMS: usize = 4 * TRANSCRIPT_WORDS;

thread_local! {
    /// Items that the file in hand had so far, of all its lists and texts.
    static ITEMS: Cell<usize> = const { Cell::new(0) };
}

/// Begins to count the items of a file.
pub(super) fn begin() {
    ITEMS.set(0);
}

/// Counts an item before it is kept; false where there are too many.
pub(super) fn count() -> bool {
    ITEMS.set(ITEMS.get() + 1);
    ITEMS.get() <= MOST_ITEMS
}

/// # Errors
/// What the file has too much of.
pub(super) fn counted() -> Result<(), String> {
    match ITEMS.get() <= MOST_ITEMS {
        true => Ok(()),
        false => Err(too_many()),
    }
}

fn too_many() -> String {
    limits::too_much(MOST_ITEMS, "words, segments and tokens")
}

/// Reads a file.
///
/// # Errors
/// What is wrong with it and where, without values.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|e| told(&e))
}

fn told(error: &serde_json::Error) -> String {
    let message = error.to_string();
    if message.starts_with("it has more than") {
        return too_many();
    }
    let place = match error.line() {
        0 => String::new(),
        line => format!(" (line {line})"),
    };
    format!("{}{place}", without_values(&message))
}

/// A list of things that are counted.
#[derive(Debug)]
pub(super) struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'d, T: Deserialize<'d>> Deserialize<'d> for List<T> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);
        impl<'d, T: Deserialize<'d>> Visitor<'d> for Items<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E: de::Error>(self) -> Result<List<T>, E> {
                Ok(List::default())
            }

            fn visit_seq<A: SeqAccess<'d>>(self, mut from: A) -> Result<List<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = from.next_element()? {
                    if !count() {
                        return Err(de::Error::custom("it has more than can be"));
                    }
                    items.push(item);
                }
                Ok(List(items))
            }
        }
        from.deserialize_any(Items(PhantomData))
    }
}

/// Text that need not be UTF-8: whisper.cpp cuts a character where a token ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Raw(pub Vec<u8>);

impl Raw {
    /// What can be read of it.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl<'d> Deserialize<'d> for Raw {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Raw, E> {
                Ok(Raw(bytes.to_vec()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw, E> {
                Ok(Raw(text.as_bytes().to_vec()))
            }
        }
        from.deserialize_byte_buf(Bytes)
    }
}

/// A number that some tools write as text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number(pub f64);

impl<'d> Deserialize<'d> for Number {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Number, E> {
                Ok(Number(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number as f64))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(number as f64))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                let number = text.trim().parse().ok().filter(|n: &f64| n.is_finite());
                number
                    .map(Number)
                    .ok_or_else(|| E::custom("invalid value: expected a number"))
            }
        }
        from.deserialize_any(Any)
    }
}

/// A label that is text with some tools and a number with others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label(pub String);

impl<'d> Deserialize<'d> for Label {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Label;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a label")
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Label, E> {
                Ok(Label(number.to_string()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Label, E> {
                Ok(Label(number.to_string()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Label, E> {
                Ok(Label(number.to_string()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Label, E> {
                Ok(Label(text.trim().to_string()))
            }
        }
        from.deserialize_any(Any)
    }
}

/// The names at the top of a file, of those that tell formats apart.
pub(super) struct Keys(BTreeSet<&'static str>);

const TELLING: [&str; 25] = [
    "Participants",
    "Transcript",
    "analysis",
    "channels",
    "ciphertext",
    "dialog",
    "format",
    "jobName",
    "language",
    "metadata",
    "model",
    "parties",
    "payload",
    "recogniser",
    "result",
    "results",
    "segments",
    "signatures",
    "systeminfo",
    "text",
    "transcript",
    "transcription",
    "vcon",
    "word_segments",
    "words",
];

impl Keys {
    /// # Errors
    /// What is wrong with the file, without values.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        struct Top;
        impl<'d> Visitor<'d> for Top {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = BTreeSet::new();
                while let Some(key) = map.next_key::<String>()? {
                    keys.extend(TELLING.into_iter().find(|known| *known == key));
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(Keys(keys))
            }
        }
        let mut from = serde_json::Deserializer::from_slice(bytes);
        let keys = from.deserialize_map(Top).map_err(|e| told(&e))?;
        from.end().map_err(|e| told(&e))?;
        Ok(keys)
    }

    pub fn has(&self, key: &str) -> bool {
        self.0.contains(key)
    }
}
