//! What happens with each kind of thing that is found.
//!
//! A keyed hash is HMAC-SHA256, so that whoever is allowed the key can make it with any other
//! tool, too. Hashes without a key are left out on purpose: all card numbers and phone numbers of
//! the world can be tried in hours.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::recording::key::SecretKey;
use crate::transcript::RedactedKind;

/// Bytes of a hash that are kept: 128 bits.
const HASH_BYTES: usize = 16;

/// What becomes of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A placeholder that tells the kind and no more.
    #[default]
    Mask,
    /// A placeholder with a keyed hash of the value.
    Hash,
    /// It stays as it was said.
    Keep,
}

impl Action {
    const ALL: [Action; 3] = [Action::Mask, Action::Hash, Action::Keep];

    pub fn as_str(self) -> &'static str {
        match self {
            Action::Mask => "mask",
            Action::Hash => "hash",
            Action::Keep => "keep",
        }
    }
}

/// Why a setting is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAllowed {
    /// There is no such action.
    Unknown,
    /// A card number that could be read, or hashed without a key.
    CardNumber,
    /// A security code in any form.
    SecurityCode,
}

impl NotAllowed {
    /// Continues a sentence about the setting.
    pub fn reason(self) -> &'static str {
        match self {
            NotAllowed::Unknown => ": this is an unknown value",
            NotAllowed::CardNumber => {
                ": PCI DSS 3.5.1 wants stored card numbers unreadable, and 3.5.1.1 takes a hash of \
                 one only with a key"
            }
            NotAllowed::SecurityCode => {
                ": PCI DSS 3.3.1 lets no security code be stored after authorisation, in no form"
            }
        }
    }

    pub fn hint(self, kind: RedactedKind) -> &'static str {
        match self {
            NotAllowed::Unknown if kind == RedactedKind::SecurityCode => {
                NotAllowed::SecurityCode.hint(kind)
            }
            NotAllowed::Unknown if kind == RedactedKind::CardNumber => {
                NotAllowed::CardNumber.hint(kind)
            }
            NotAllowed::Unknown => "write \"mask\", \"hash\" or \"keep\"",
            NotAllowed::CardNumber => "write \"mask\", or \"hash\", which is a hash with a key",
            NotAllowed::SecurityCode => "write \"mask\", or leave the line out",
        }
    }
}

/// Whether a value that is none of ours asks for a hash without a key.
fn names_hash(written: &str) -> bool {
    let written = written.to_ascii_lowercase();
    let hashes = ["sha", "md5", "blake", "hash:", "hash_", "hash-"];
    hashes.iter().any(|hash| written.starts_with(hash))
}

/// An action for each kind. Without settings everything is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Actions([Action; RedactedKind::ALL.len()]);

impl Actions {
    pub fn of(self, kind: RedactedKind) -> Action {
        self.0[kind as usize]
    }

    /// Takes in what the settings say of a kind.
    ///
    /// # Errors
    /// [`NotAllowed`], also for what the rules for card data forbid.
    pub fn set(&mut self, kind: RedactedKind, written: &str) -> Result<(), NotAllowed> {
        let action = Action::ALL.into_iter().find(|a| a.as_str() == written);
        let is_hash = action == Some(Action::Hash) || names_hash(written);
        match (kind, action) {
            (RedactedKind::SecurityCode, _) if is_hash || action == Some(Action::Keep) => {
                return Err(NotAllowed::SecurityCode);
            }
            (RedactedKind::CardNumber, Some(Action::Keep)) => return Err(NotAllowed::CardNumber),
            (RedactedKind::CardNumber, None) if is_hash => return Err(NotAllowed::CardNumber),
            (_, None) => return Err(NotAllowed::Unknown),
            (_, Some(_)) => {}
        }
        self.0[kind as usize] = action.unwrap_or_default();
        Ok(())
    }

    /// Whether a key is needed.
    pub fn hash_any(self) -> bool {
        self.0.contains(&Action::Hash)
    }

    /// The same text for the same actions.
    pub fn text(self) -> String {
        let mut text = String::new();
        for kind in RedactedKind::ALL {
            let _ = writeln!(text, "{} = {}", kind.as_str(), self.of(kind).as_str());
        }
        text
    }
}

/// An action for each kind, and the key of the hashes. It may be serialised for the child that
/// redacts, over a pipe, and nowhere else.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Policy {
    actions: Actions,
    #[serde(with = "key_bytes")]
    key: Option<SecretKey>,
}

impl Policy {
    /// Without a key nothing is hashed: what should be is masked.
    pub fn new(actions: Actions, key: Option<SecretKey>) -> Self {
        Self { actions, key }
    }

    pub fn action(&self, kind: RedactedKind) -> Action {
        self.actions.of(kind)
    }

    /// The same text for the same actions; the key is no part of it.
    pub fn text(&self) -> String {
        self.actions.text()
    }

    /// Tells the key from every other; `None` without one.
    pub fn key_check(&self) -> Option<String> {
        let key = self.key.as_ref()?;
        Some(keyed_hash(key, "", "callibrate"))
    }

    /// The hash that goes with a placeholder, where the settings ask for one.
    pub(super) fn hash(&self, kind: RedactedKind, value: &str) -> Option<String> {
        let key = self.key.as_ref()?;
        (self.action(kind) == Action::Hash).then(|| keyed_hash(key, kind.as_str(), value))
    }
}

/// HMAC-SHA256 of the kind's name, a zero byte and the value; its first 128 bits as 32 lower-case
/// hexadecimal digits.
fn keyed_hash(key: &SecretKey, kind: &str, value: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes keys of any length");
    mac.update(kind.as_bytes());
    mac.update(&[0]);
    mac.update(value.as_bytes());
    let whole = mac.finalize().into_bytes();
    let mut text = String::with_capacity(2 * HASH_BYTES);
    for byte in &whole[..HASH_BYTES] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A key as bytes, on its way to the child.
mod key_bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::recording::key::SecretKey;

    pub fn serialize<S: Serializer>(key: &Option<SecretKey>, to: S) -> Result<S::Ok, S::Error> {
        key.as_ref().map(SecretKey::expose).serialize(to)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Option<SecretKey>, D::Error> {
        let bytes: Option<[u8; 32]> = Option::deserialize(from)?;
        Ok(bytes.map(SecretKey::from_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's `hmac` and `hashlib`; the first stands in docs/configuration.md.
    #[test]
    fn hashes_are_what_other_tools_make() {
        let key: [u8; 32] = std::array::from_fn(|n| n as u8);
        let mut actions = Actions::default();
        for kind in [
            RedactedKind::CardNumber,
            RedactedKind::PhoneNumber,
            RedactedKind::Name,
        ] {
            actions.set(kind, "hash").unwrap();
        }
        let policy = Policy::new(actions, Some(SecretKey::from_bytes(key)));
        let hash = |kind, value| policy.hash(kind, value).unwrap();
        assert_eq!(
            hash(RedactedKind::CardNumber, "4111111111111111"),
            "b4fd770324e1a747be413340e6604889"
        );
        assert_eq!(
            hash(RedactedKind::PhoneNumber, "5550142"),
            "832232e8d25af548641a1f7c993ca211"
        );
        assert_eq!(
            hash(RedactedKind::Name, "erika muster"),
            "86ef2527dfbce240a091470f2e2a2352"
        );
        assert_eq!(policy.hash(RedactedKind::Email, "a@example.com"), None);
        // As the child gets it.
        let sent = serde_json::to_string(&policy).unwrap();
        let got: Policy = serde_json::from_str(&sent).unwrap();
        assert_eq!(
            got.hash(RedactedKind::CardNumber, "4111111111111111"),
            policy.hash(RedactedKind::CardNumber, "4111111111111111")
        );
        assert!(format!("{policy:?}").contains("SecretKey(..)"));
    }

    #[test]
    fn card_data_is_never_kept() {
        let set = |kind, written| Actions::default().set(kind, written).err();
        for written in ["keep", "sha256", "hash:none"] {
            let refused = set(RedactedKind::CardNumber, written);
            assert_eq!(refused, Some(NotAllowed::CardNumber), "{written}");
        }
        for written in ["keep", "hash", "sha256"] {
            let refused = set(RedactedKind::SecurityCode, written);
            assert_eq!(refused, Some(NotAllowed::SecurityCode), "{written}");
        }
        for kind in [
            RedactedKind::CardNumber,
            RedactedKind::SecurityCode,
            RedactedKind::Email,
        ] {
            for written in ["Mask", "drop", ""] {
                assert_eq!(set(kind, written), Some(NotAllowed::Unknown), "{written}");
            }
        }
        for (kind, written) in [
            (RedactedKind::CardNumber, "mask"),
            (RedactedKind::CardNumber, "hash"),
            (RedactedKind::SecurityCode, "mask"),
            (RedactedKind::CardExpiry, "keep"),
            (RedactedKind::Name, "hash"),
        ] {
            assert_eq!(set(kind, written), None, "{kind:?} {written}");
        }
    }
}
