//! The text of a word: short ones are kept in place, so that a conversation of hundreds of words
//! is made without as many allocations.

use std::fmt;
use std::ops::Deref;

/// What fits beside the length and the kind in three machine words.
const SHORT: usize = 22;

/// Text that does not change; used like a `&str`.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Kept);

#[derive(Clone, PartialEq, Eq)]
enum Kept {
    Short(u8, [u8; SHORT]),
    Long(Box<str>),
}

impl Text {
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kept::Short(len, bytes) => std::str::from_utf8(&bytes[..usize::from(*len)])
                .expect("the bytes of a text as they were"),
            Kept::Long(text) => text,
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        let Some(place) = bytes.get_mut(..text.len()) else {
            return Text(Kept::Long(text.into()));
        };
        place.copy_from_slice(text.as_bytes());
        Text(Kept::Short(text.len() as u8, bytes))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_it_was_made_of_at_any_length() {
        assert_eq!(size_of::<Text>(), 24);
        for text in [
            "",
            "don\u{2019}t",
            "exactly twenty two byt",
            "exactly twenty three by",
            "Zürich ÄÖÜ äöü ß",
        ] {
            let kept = Text::from(text);
            assert_eq!(kept, text);
            assert_eq!(kept.clone(), kept);
            assert_eq!(format!("{kept} {kept:?}"), format!("{text} {text:?}"));
        }
        assert_ne!(Text::from("a"), Text::from("a\0"));
    }
}
