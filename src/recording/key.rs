//! The key that turns customers' ids into pseudonyms.
//!
//! With one key a customer's calls can be counted over months, and nobody without the key can
//! ask whether a given customer is among them. Whoever loses the key loses that thread, so it is
//! made once and never replaced. Rotation and passphrases are left out on purpose.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::canonical;
use crate::limits;
use crate::log::visible_path;

/// Why there is no usable key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file, or a folder above it, cannot be read.
    #[error("read the customer key {}: {source}", visible_path(path))]
    Read { path: PathBuf, source: io::Error },
    /// The file, or a folder above it, cannot be made.
    #[error("create the customer key {}: {source}", visible_path(path))]
    Create { path: PathBuf, source: io::Error },
    /// Others on the machine may open the file.
    #[error(
        "use the customer key {}: others may read it (mode {mode:03o})",
        visible_path(path)
    )]
    NotPrivate { path: PathBuf, mode: u32 },
    /// The file does not hold a key.
    #[error(
        "use the customer key {}: it must hold 64 hexadecimal digits and nothing else",
        visible_path(path)
    )]
    Malformed { path: PathBuf },
    /// The key would be shared along with the report.
    #[error(
        "use the customer key {}: it is inside the output folder {}",
        visible_path(path),
        visible_path(folder)
    )]
    InsideOutput { path: PathBuf, folder: PathBuf },
    /// The system gives no random bytes.
    #[error("create a customer key: {0}")]
    Random(getrandom::Error),
}

impl KeyError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            KeyError::NotPrivate { path, .. } => Some(format!("chmod 600 {}", visible_path(path))),
            KeyError::Malformed { .. } => Some(
                "restore the file from a backup; a new key breaks the link to customers of earlier runs"
                    .into(),
            ),
            KeyError::Read { .. } | KeyError::Create { .. } => Some(
                "let the user of the run read and write there, or name a file of theirs as `customer_key` in callibrate.toml"
                    .into(),
            ),
            KeyError::InsideOutput { .. } => {
                Some("keep the key in another folder, so that it is never shared with a report".into())
            }
            KeyError::Random(_) => None,
        }
    }
}

/// 256 secret bits. Never printed, never serialised.
#[derive(Clone)]
pub struct CustomerKey([u8; 32]);

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(..)")
    }
}

impl CustomerKey {
    /// A key from bytes that the caller keeps.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the key at `path`, or makes one there: a random key, readable by its owner only
    /// (mode 0600, new folders 0700). Two runs that start together end up with one key.
    ///
    /// # Errors
    /// [`KeyError`]; a file that others may open, or that is no key, is refused, not mended.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            loaded => return loaded,
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
        publish(path, &bytes).map_err(|source| KeyError::Create {
            path: path.to_owned(),
            source,
        })?;
        // Another run may have been first: what lies there counts.
        Self::load(path)
    }

    /// Reads the key at `path`.
    ///
    /// # Errors
    /// As [`CustomerKey::load_or_create`], and [`KeyError::Read`] where there is no file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let read = |source| KeyError::Read {
            path: path.to_owned(),
            source,
        };
        let file = limits::open(path).map_err(read)?;
        if let Some(mode) = mode_open_to_others(&file).map_err(read)? {
            return Err(KeyError::NotPrivate {
                path: path.to_owned(),
                mode,
            });
        }
        let mut text = Vec::new();
        file.take(1024).read_to_end(&mut text).map_err(read)?;
        blake3::Hash::from_hex(text.trim_ascii())
            .map(|hash| Self(*hash.as_bytes()))
            .map_err(|_| KeyError::Malformed {
                path: path.to_owned(),
            })
    }

    /// A customer's pseudonym: keyed BLAKE3 of the trimmed id's UTF-8, its first 128 bits as 32
    /// lower-case hexadecimal digits.
    pub fn customer_hash(&self, id: &str) -> String {
        let hash = blake3::keyed_hash(&self.0, id.trim().as_bytes());
        hash.to_hex()[..32].to_owned()
    }

    /// A call's pseudonym, made alike. A customer with the same id has another.
    pub fn call_hash(&self, call_id: &str) -> String {
        self.customer_hash(&format!("call\0{call_id}"))
    }
}

/// Refuses a key file inside the output folder, by its own name or by where a link leads.
/// Neither needs to exist yet.
///
/// # Errors
/// [`KeyError::InsideOutput`], or [`KeyError::Read`] where the working directory is gone.
pub fn key_path_outside(key_path: &Path, folder: &Path) -> Result<(), KeyError> {
    let read = |source| KeyError::Read {
        path: key_path.to_owned(),
        source,
    };
    let inside = canonical(folder).map_err(read)?;
    let target = canonical(key_path).map_err(read)?;
    let entry = match (key_path.parent(), key_path.file_name()) {
        (Some(parent), Some(name)) => canonical(parent).map_err(read)?.join(name),
        _ => target.clone(),
    };
    if target.starts_with(&inside) || entry.starts_with(&inside) {
        return Err(KeyError::InsideOutput {
            path: key_path.to_owned(),
            folder: folder.to_owned(),
        });
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
    private_folders().create(folder)?;
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
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", blake3::Hash::from_bytes(*bytes).to_hex())?;
    file.sync_all()
}

fn private_folders() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
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
        assert_eq!(format!("{key:?}"), "CustomerKey(..)");
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
        let kept = CustomerKey::load(&path).unwrap();
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
            assert!(matches!(error, KeyError::NotPrivate { mode, .. } if mode == open));
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
            assert!(matches!(error, KeyError::Malformed { .. }), "{text:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_key_inside_the_output_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let refused = |key: &Path| {
            matches!(
                key_path_outside(key, &out),
                Err(KeyError::InsideOutput { .. })
            )
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
