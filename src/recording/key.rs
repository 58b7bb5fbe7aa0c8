//! Keys in files that only their owner may read, and the key that turns customers' ids into
//! pseudonyms.
//!
//! With one key a customer's calls can be counted over months, and nobody without the key can
//! ask whether a given customer is among them. Whoever loses a key loses that thread, so it is
//! made once and never replaced. Rotation and passphrases are left out on purpose.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::canonical;
use crate::limits;
use crate::log::visible_path;
use crate::modes;

/// What a key is for; messages name it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFor {
    /// Hashes of customers.
    Customers,
    /// Hashes of what redaction takes out.
    Redaction,
    /// Pseudonyms of agents.
    Agents,
}

impl KeyFor {
    /// What its file is called where no other is named.
    pub fn file_name(self) -> &'static str {
        match self {
            KeyFor::Customers => "customer.key",
            KeyFor::Redaction => "redaction.key",
            KeyFor::Agents => "agents.key",
        }
    }

    /// The setting that names its file.
    pub fn setting(self) -> &'static str {
        match self {
            KeyFor::Customers => "`customer_key`",
            KeyFor::Redaction => "`key` in `[redaction]`",
            KeyFor::Agents => "`key` in `[people]`",
        }
    }

    /// What would be lost with it.
    fn loss(self) -> &'static str {
        match self {
            KeyFor::Customers => "a new key breaks the link to customers of earlier runs",
            KeyFor::Redaction => "with a new key, no value has the hash that it had before",
            KeyFor::Agents => "with a new key, every agent has another pseudonym than before",
        }
    }
}

impl fmt::Display for KeyFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyFor::Customers => "customer key",
            KeyFor::Redaction => "redaction key",
            KeyFor::Agents => "key of pseudonyms",
        })
    }
}

/// Why there is no usable key.
#[derive(Debug, Error)]
#[error("{}", self.in_words())]
pub struct KeyError {
    pub what: KeyFor,
    pub path: PathBuf,
    pub trouble: Trouble,
}

/// What is wrong with a key's file.
#[derive(Debug)]
pub enum Trouble {
    /// The file, or a folder above it, cannot be read.
    Read(io::Error),
    /// The file, or a folder above it, cannot be made.
    Create(io::Error),
    /// Others on the machine may open the file.
    NotPrivate { mode: u32 },
    /// The file does not hold a key.
    Malformed,
    /// The key would be shared along with what is in this folder.
    Inside { folder: PathBuf },
    /// The system gives no random bytes.
    Random(getrandom::Error),
}

impl KeyError {
    fn in_words(&self) -> String {
        let file = format!("the {} {}", self.what, visible_path(&self.path));
        match &self.trouble {
            Trouble::Read(source) => format!("read {file}: {source}"),
            Trouble::Create(source) => format!("create {file}: {source}"),
            Trouble::NotPrivate { mode } => {
                format!("use {file}: others may read it (mode {mode:03o})")
            }
            Trouble::Malformed => {
                format!("use {file}: it must hold 64 hexadecimal digits and nothing else")
            }
            Trouble::Inside { folder } => format!(
                "use {file}: it is inside the output folder {}",
                visible_path(folder)
            ),
            Trouble::Random(source) => format!("create a {}: {source}", self.what),
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match &self.trouble {
            Trouble::NotPrivate { .. } => Some(format!("chmod 600 {}", visible_path(&self.path))),
            Trouble::Malformed => Some(format!(
                "restore the file from a backup; {}",
                self.what.loss()
            )),
            Trouble::Read(_) | Trouble::Create(_) => Some(format!(
                "let the user of the run read and write there, or name a file of theirs as {} in callibrate.toml",
                self.what.setting()
            )),
            Trouble::Inside { .. } => Some(
                "keep the key in another folder, so that it is never shared with a report".into(),
            ),
            Trouble::Random(_) => None,
        }
    }
}

/// 256 secret bits. Never printed, never serialised but for a child's standard input.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl SecretKey {
    /// A key from bytes that the caller keeps.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret itself; never for a file, a message or a log.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads the key at `path`, or makes one there: a random key, readable by its owner only
    /// (mode 0600, new folders 0700). Two runs that start together end up with one key.
    ///
    /// # Errors
    /// [`KeyError`]; a file that others may open, or that is no key, is refused, not mended.
    pub fn load_or_create(path: &Path, what: KeyFor) -> Result<Self, KeyError> {
        match Self::load(path, what) {
            Err(KeyError {
                trouble: Trouble::Read(source),
                ..
            }) if source.kind() == io::ErrorKind::NotFound => {}
            loaded => return loaded,
        }
        let failed = |trouble| KeyError {
            what,
            path: path.to_owned(),
            trouble,
        };
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|e| failed(Trouble::Random(e)))?;
        publish(path, &bytes).map_err(|e| failed(Trouble::Create(e)))?;
        // Another run may have been first: what lies there counts.
        Self::load(path, what)
    }

    /// Reads the key at `path`.
    ///
    /// # Errors
    /// As [`SecretKey::load_or_create`], and [`Trouble::Read`] where there is no file.
    pub fn load(path: &Path, what: KeyFor) -> Result<Self, KeyError> {
        let failed = |trouble| KeyError {
            what,
            path: path.to_owned(),
            trouble,
        };
        let read = |source| failed(Trouble::Read(source));
        let file = limits::open(path).map_err(read)?;
        if let Some(mode) = mode_open_to_others(&file).map_err(read)? {
            return Err(failed(Trouble::NotPrivate { mode }));
        }
        let mut text = Vec::new();
        file.take(1024).read_to_end(&mut text).map_err(read)?;
        blake3::Hash::from_hex(text.trim_ascii())
            .map(|hash| Self(*hash.as_bytes()))
            .map_err(|_| failed(Trouble::Malformed))
    }
}

/// The key that customers are hashed with.
#[derive(Debug, Clone)]
pub struct CustomerKey(SecretKey);

impl From<SecretKey> for CustomerKey {
    fn from(key: SecretKey) -> Self {
        Self(key)
    }
}

impl CustomerKey {
    /// A key from bytes that the caller keeps.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretKey(bytes))
    }

    /// As [`SecretKey::load_or_create`].
    ///
    /// # Errors
    /// The same.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        SecretKey::load_or_create(path, KeyFor::Customers).map(Self)
    }

    /// A customer's pseudonym: keyed BLAKE3 of the trimmed id's UTF-8, its first 128 bits as 32
    /// lower-case hexadecimal digits.
    pub fn customer_hash(&self, id: &str) -> String {
        let hash = blake3::keyed_hash(&self.0.0, id.trim().as_bytes());
        hash.to_hex()[..32].to_owned()
    }

    /// Tells one name of a call's customer from another, made alike. In no other call does the
    /// name have the same.
    pub fn name_hash(&self, call_id: &str, name: &str) -> String {
        self.customer_hash(&format!("name\0{call_id}\0{name}"))
    }

    /// A call's pseudonym, made alike. A customer with the same id has another.
    pub fn call_hash(&self, call_id: &str) -> String {
        self.customer_hash(&format!("call\0{call_id}"))
    }
}

/// Refuses a key file inside a folder that others get to see, by its own name or by where a link
/// leads. Neither needs to exist yet.
///
/// # Errors
/// [`Trouble::Inside`], or [`Trouble::Read`] where the working directory is gone.
pub fn key_path_outside(key_path: &Path, what: KeyFor, folder: &Path) -> Result<(), KeyError> {
    let failed = |trouble| KeyError {
        what,
        path: key_path.to_owned(),
        trouble,
    };
    let read = |source| failed(Trouble::Read(source));
    let inside = canonical(folder).map_err(read)?;
    let target = canonical(key_path).map_err(read)?;
    let entry = match (key_path.parent(), key_path.file_name()) {
        (Some(parent), Some(name)) => canonical(parent).map_err(read)?.join(name),
        _ => target.clone(),
    };
    if target.starts_with(&inside) || entry.starts_with(&inside) {
        return Err(failed(Trouble::Inside {
            folder: folder.to_owned(),
        }));
    }
    Ok(())
}

/// Writes the key aside and links it into place, so that nobody ever sees half a key and no
/// existing key is overwritten.
fn publish(path: &Path, bytes: &[u8; 32]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    modes::private_folders().create(folder)?;
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{}.new", std::process::id()));
    let aside = PathBuf::from(aside);

    let written = write_private(&aside, bytes).and_then(|()| fs::hard_link(&aside, path));
    let cleared = fs::remove_file(&aside);
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.exists() => Ok(()),
        written => written.and(cleared),
    }
}

fn write_private(path: &Path, bytes: &[u8; 32]) -> io::Result<()> {
    let mut file = modes::private_file().create_new(true).open(path)?;
    writeln!(file, "{}", blake3::Hash::from_bytes(*bytes).to_hex())?;
    file.sync_all()
}

/// The permission bits, where they let anyone but the owner in.
#[cfg(unix)]
fn mode_open_to_others(file: &File) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Elsewhere the folder's access list decides, which the standard library does not show.
#[cfg(not(unix))]
fn mode_open_to_others(_file: &File) -> io::Result<Option<u32>> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key and digests are those of BLAKE3's published `test_vectors.json` (input lengths 0, 1).
    #[test]
    fn hashes_agree_with_the_published_vectors() {
        let key = CustomerKey::from_bytes(*b"whats the Elvish word for friend");
        assert_eq!(key.customer_hash(""), "92b2b75604ed3c761f9d6f62392c8a92");
        assert_eq!(key.customer_hash("\0"), "6d7878dfff2f485635d39013278ae14f");
        assert_eq!(key.customer_hash(" 4711\n"), key.customer_hash("4711"));
        assert_eq!(format!("{key:?}"), "CustomerKey(SecretKey(..))");
    }

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/customer.key");
        let first = CustomerKey::load_or_create(&path).unwrap();
        let again = CustomerKey::load_or_create(&path).unwrap();
        assert_eq!(first.customer_hash("4711"), again.customer_hash("4711"));
        let other = CustomerKey::load_or_create(&folder.path().join("other.key")).unwrap();
        assert_ne!(first.customer_hash("4711"), other.customer_hash("4711"));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn runs_that_start_together_share_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("customer.key");
        // Only the first publishing counts, whatever the second brings.
        publish(&path, &[1; 32]).unwrap();
        publish(&path, &[2; 32]).unwrap();
        let kept = CustomerKey::load_or_create(&path).unwrap();
        assert_eq!(
            kept.customer_hash("x"),
            CustomerKey::from_bytes([1; 32]).customer_hash("x")
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_key_is_private_or_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/customer.key");
        CustomerKey::load_or_create(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);

        for open in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            let error = CustomerKey::load_or_create(&path).unwrap_err();
            assert!(matches!(error.trouble, Trouble::NotPrivate { mode } if mode == open));
            assert!(error.hint().unwrap().starts_with("chmod 600 "));
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("customer.key");
        for text in ["", "abcd\n", &"0".repeat(66), &"g".repeat(64)] {
            let _ = fs::remove_file(&path);
            write_private(&path, &[0; 32]).unwrap();
            fs::write(&path, text).unwrap();
            let error = CustomerKey::load_or_create(&path).unwrap_err();
            assert!(matches!(error.trouble, Trouble::Malformed), "{text:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_key_inside_the_output_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let refused = |key: &Path| {
            let error = key_path_outside(key, KeyFor::Redaction, &out).err();
            error.is_some_and(|e| matches!(e.trouble, Trouble::Inside { .. }))
        };
        // Before anything exists, and with detours in the path.
        assert!(refused(&out.join("k/customer.key")));
        assert!(refused(&folder.path().join("x/../out/customer.key")));
        assert!(!refused(&folder.path().join("out-keys/customer.key")));
        #[cfg(unix)]
        {
            fs::create_dir(&out).unwrap();
            let outside = folder.path().join("customer.key");
            fs::write(out.join("hidden"), "").unwrap();
            std::os::unix::fs::symlink(out.join("hidden"), &outside).unwrap();
            assert!(refused(&outside));
        }
    }
}
