//! Which recordings there are: files, folders and globs to one sorted list.
//!
//! What is missing is loud: an input that yields nothing is an error (an unmounted share must
//! not look like a quiet night), and a folder that cannot be opened is listed, not passed over.
//! Whether a file can be decoded is not asked here; formats that callibrate cannot decode are
//! found too, so that their calls become failures instead of gaps.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use thiserror::Error;
use walkdir::WalkDir;

use super::{FailureReason, RecordingFailure, slashed};

/// Extensions of recordings, compared in any case.
pub const AUDIO_EXTENSIONS: [&str; 30] = [
    "wav", "wave", "mp3", "mp2", "flac", "ogg", "oga", "opus", "spx", "m4a", "mp4", "aac", "aif",
    "aiff", "aifc", "caf", "au", "snd", "wma", "amr", "gsm", "g711", "g722", "g729", "alaw",
    "ulaw", "vox", "webm", "mka", "wv",
];

/// Why the search cannot give an answer.
#[derive(Debug, Error)]
pub enum FindError {
    #[error("find recordings: no file, folder or pattern was given")]
    NoInput,
    #[error("find recordings: {} does not exist", path.display())]
    Missing { path: PathBuf },
    #[error("find recordings: nothing matches {pattern}")]
    NoMatch { pattern: String },
    #[error("find recordings: there is no audio file in {}", path.display())]
    NoRecording { path: PathBuf },
    #[error("find recordings: {} is neither a file nor a folder", path.display())]
    NotAFile { path: PathBuf },
    #[error("find recordings: open {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("find recordings: read the pattern {pattern}: {source}")]
    BadGlob {
        pattern: String,
        source: globset::Error,
    },
}

impl FindError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            FindError::Missing { .. }
            | FindError::NoMatch { .. }
            | FindError::NoRecording { .. } => {
                Some("check the spelling, and whether the share with the recordings is mounted")
            }
            FindError::Unreadable { .. } => {
                Some("run callibrate as a user who may read the recordings")
            }
            _ => None,
        }
    }
}

/// One recording that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// The input, and below it where the walk led.
    pub path: PathBuf,
    /// Absolute, links followed: two names of one file have one.
    pub canonical: PathBuf,
    /// The path within the searched folder, `/` between folders; the file name for a file that
    /// was named itself. The whole path where two files would share it.
    pub name: String,
}

/// A place that the search could not look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub path: PathBuf,
    pub message: String,
}

impl From<&Unreadable> for RecordingFailure {
    fn from(place: &Unreadable) -> Self {
        Self {
            file: slashed(&place.path),
            call_id: None,
            reason: FailureReason::Unreadable,
            message: place.message.clone(),
            hint: Some("check its permissions; recordings below it were not looked at".into()),
        }
    }
}

/// What a search found. Sorted by the bytes of the paths, each place once; the order of the
/// inputs makes no difference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub files: Vec<FoundFile>,
    /// Places that could not be opened: one failure each.
    pub unreadable: Vec<Unreadable>,
    /// Links to folders, which are not followed: worth a warning.
    pub links_not_followed: Vec<PathBuf>,
}

/// Finds recordings. Each input is a file (taken whatever its extension), a folder (walked with
/// all below it) or a glob (`*`, `?`, `[..]`, `{..}`, and `**` over folders).
///
/// Folders and globs yield files with one of [`AUDIO_EXTENSIONS`]; a glob that spells its
/// extension out (`*.raw`) yields what it matches. Hidden files and folders (`.snapshot`,
/// `._call.wav`) are passed over. Links to files are taken, links to folders are not followed.
///
/// # Errors
/// The first input that is missing, cannot be opened or yields nothing at all, by name.
pub fn find(inputs: &[PathBuf]) -> Result<Found, FindError> {
    if inputs.is_empty() {
        return Err(FindError::NoInput);
    }
    let mut found = Found::default();
    for input in inputs {
        find_input(input, &mut found)?;
    }
    found.files = each_once(found.files);
    found
        .unreadable
        .sort_by(|a, b| path_bytes(&a.path).cmp(path_bytes(&b.path)));
    found.unreadable.dedup_by(|a, b| a.path == b.path);
    found
        .links_not_followed
        .sort_by(|a, b| path_bytes(a).cmp(path_bytes(b)));
    found.links_not_followed.dedup();
    Ok(found)
}

/// Whether the extension is one of [`AUDIO_EXTENSIONS`].
pub fn is_audio(path: &Path) -> bool {
    path.extension()
        .and_then(OsStr::to_str)
        .is_some_and(|extension| {
            AUDIO_EXTENSIONS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(extension))
        })
}

fn find_input(input: &Path, found: &mut Found) -> Result<(), FindError> {
    match std::fs::metadata(input) {
        Ok(metadata) if metadata.is_file() => {
            let name = PathBuf::from(input.file_name().unwrap_or(input.as_os_str()));
            take(input, &name, found);
            Ok(())
        }
        Ok(metadata) if metadata.is_dir() => {
            let search = Search {
                folder: input,
                depth: usize::MAX,
            };
            if search.walk(is_audio, found)? {
                return Ok(());
            }
            Err(FindError::NoRecording {
                path: input.to_owned(),
            })
        }
        Ok(_) => Err(FindError::NotAFile {
            path: input.to_owned(),
        }),
        Err(source) if source.kind() == io::ErrorKind::NotFound => match Glob::new(input)? {
            Some(glob) => glob.find(found),
            None => Err(FindError::Missing {
                path: input.to_owned(),
            }),
        },
        Err(source) => Err(FindError::Unreadable {
            path: input.to_owned(),
            source,
        }),
    }
}

/// A glob, split where its first wildcard begins: only the folder before it is walked.
struct Glob {
    text: String,
    folder: PathBuf,
    matcher: GlobMatcher,
    depth: usize,
    spells_extension: bool,
}

const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

impl Glob {
    /// `None` where the input has no wildcard.
    fn new(input: &Path) -> Result<Option<Self>, FindError> {
        let Some(text) = input.to_str().filter(|text| text.contains(WILDCARDS)) else {
            return Ok(None);
        };
        let parts: Vec<_> = input.components().map(|part| part.as_os_str()).collect();
        let split = parts
            .iter()
            .position(|part| part.to_string_lossy().contains(WILDCARDS))
            .unwrap_or(0);
        let folder: PathBuf = parts[..split].iter().collect();
        let below: Vec<_> = parts[split..].iter().map(|p| p.to_string_lossy()).collect();
        let below = below.join("/");

        let matcher = GlobBuilder::new(&below)
            .literal_separator(true)
            .build()
            .map_err(|source| FindError::BadGlob {
                pattern: text.to_owned(),
                source,
            })?
            .compile_matcher();
        let extension = below.rsplit_once('.').map(|(_, extension)| extension);
        Ok(Some(Self {
            text: text.to_owned(),
            folder: if split == 0 { ".".into() } else { folder },
            matcher,
            depth: if below.contains("**") {
                usize::MAX
            } else {
                parts.len() - split
            },
            spells_extension: extension
                .is_some_and(|e| e.bytes().all(|byte| byte.is_ascii_alphanumeric())),
        }))
    }

    fn find(&self, found: &mut Found) -> Result<(), FindError> {
        let no_match = || FindError::NoMatch {
            pattern: self.text.clone(),
        };
        if !self.folder.is_dir() {
            return Err(no_match());
        }
        let search = Search {
            folder: &self.folder,
            depth: self.depth,
        };
        let wanted =
            |name: &Path| self.matcher.is_match(name) && (self.spells_extension || is_audio(name));
        if search.walk(wanted, found)? {
            return Ok(());
        }
        Err(no_match())
    }
}

/// A folder to walk, down to a depth.
struct Search<'a> {
    folder: &'a Path,
    depth: usize,
}

impl Search<'_> {
    /// Adds what `wanted` says of the path below the folder; false where there was nothing to add.
    fn walk(&self, wanted: impl Fn(&Path) -> bool, found: &mut Found) -> Result<bool, FindError> {
        let before = found.files.len() + found.unreadable.len();
        let entries = WalkDir::new(self.folder)
            .max_depth(self.depth)
            .into_iter()
            .filter_entry(|entry| {
                entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
            });
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.note(error, found)?;
                    continue;
                }
            };
            let name = entry
                .path()
                .strip_prefix(self.folder)
                .unwrap_or(entry.path());
            if entry.path_is_symlink() && entry.depth() > 0 {
                follow(entry.path(), name, &wanted, found);
            } else if entry.file_type().is_file() && wanted(name) {
                take(entry.path(), name, found);
            }
        }
        Ok(found.files.len() + found.unreadable.len() > before)
    }

    /// A place below the folder that cannot be opened is noted; the folder itself is an error.
    fn note(&self, error: walkdir::Error, found: &mut Found) -> Result<(), FindError> {
        let path = error.path().unwrap_or(self.folder).to_owned();
        let at_top = error.depth() == 0;
        let source = error
            .into_io_error()
            .unwrap_or_else(|| io::Error::other("the folder contains itself"));
        if at_top {
            return Err(FindError::Unreadable { path, source });
        }
        found.unreadable.push(Unreadable {
            path,
            message: source.to_string(),
        });
        Ok(())
    }
}

/// Looks where a link below a searched folder leads: to a file is fine, to a folder not followed.
fn follow(path: &Path, name: &Path, wanted: impl Fn(&Path) -> bool, found: &mut Found) {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => found.links_not_followed.push(path.to_owned()),
        Ok(metadata) if metadata.is_file() && wanted(name) => take(path, name, found),
        Err(source) if wanted(name) => found.unreadable.push(Unreadable {
            path: path.to_owned(),
            message: format!("the link leads nowhere: {source}"),
        }),
        _ => {}
    }
}

fn take(path: &Path, name: &Path, found: &mut Found) {
    // A searched `.` would put `./` before each name.
    let shown = path.strip_prefix(".").unwrap_or(path);
    match path.canonicalize() {
        Ok(canonical) => found.files.push(FoundFile {
            path: shown.to_owned(),
            canonical,
            name: slashed(name),
        }),
        Err(source) => found.unreadable.push(Unreadable {
            path: path.to_owned(),
            message: source.to_string(),
        }),
    }
}

/// One entry per file. Of several names the first path in byte order stays, with the longest
/// name (the one from the widest search), so that the order of the inputs does not matter.
fn each_once(mut files: Vec<FoundFile>) -> Vec<FoundFile> {
    files.sort_by(|a, b| {
        let by_file = path_bytes(&a.canonical).cmp(path_bytes(&b.canonical));
        by_file.then_with(|| path_bytes(&a.path).cmp(path_bytes(&b.path)))
    });
    files.dedup_by(|later, kept| {
        let same = later.canonical == kept.canonical;
        let rank = |name: &str| (name.len(), std::cmp::Reverse(name.to_owned()));
        if same && rank(&later.name) > rank(&kept.name) {
            kept.name.clone_from(&later.name);
        }
        same
    });
    files.sort_by(|a, b| path_bytes(&a.path).cmp(path_bytes(&b.path)));
    name_apart(&mut files);
    files
}

/// Files that share a name, from two searched folders, are called by their whole paths: the
/// failures table tells recordings apart by their names.
fn name_apart(files: &mut [FoundFile]) {
    let mut shared: BTreeMap<String, usize> = BTreeMap::new();
    for file in files.iter() {
        *shared.entry(file.name.clone()).or_default() += 1;
    }
    for file in files.iter_mut().filter(|file| shared[&file.name] > 1) {
        file.name = slashed(&file.path);
    }
}

fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A tree with two recordings of known formats, one odd one, and things to pass over.
    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "b.WAV",
            "sub/a.mp3",
            "sub/notes.txt",
            "odd.raw",
            "._b.wav",
            ".snapshot/b.wav",
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        folder
    }

    fn names(found: &Found) -> Vec<&str> {
        found.files.iter().map(|file| file.name.as_str()).collect()
    }

    #[test]
    fn folders_files_and_globs_give_one_list_in_any_order() {
        let folder = tree();
        let at = |name: &str| folder.path().join(name);
        let mut inputs = vec![
            folder.path().to_owned(),
            at("sub"),
            at("sub/../b.WAV"),
            at("odd.raw"),
            at("*/*.mp3"),
        ];
        let found = find(&inputs).unwrap();
        assert_eq!(names(&found), ["b.WAV", "odd.raw", "sub/a.mp3"]);
        inputs.reverse();
        assert_eq!(find(&inputs).unwrap(), found);
    }

    #[test]
    fn globs_stop_at_folders_unless_doubled() {
        let folder = tree();
        let glob = |text: &str| find(&[folder.path().join(text)]);
        assert_eq!(names(&glob("*").unwrap()), ["b.WAV"]);
        assert_eq!(names(&glob("**/*").unwrap()), ["b.WAV", "sub/a.mp3"]);
        assert_eq!(
            names(&glob("{sub,gone}/*").unwrap()),
            ["a.mp3"].map(|n| format!("sub/{n}"))
        );
        assert_eq!(names(&glob("sub/[ab].*").unwrap()), ["a.mp3"]);
        assert_eq!(names(&glob("*.raw").unwrap()), ["odd.raw"]);
        assert!(matches!(glob("*.flac"), Err(FindError::NoMatch { .. })));
        assert!(matches!(glob("gone/*"), Err(FindError::NoMatch { .. })));
        assert!(matches!(glob("[a"), Err(FindError::BadGlob { .. })));
        // A file of that very name comes before a glob.
        fs::write(folder.path().join("call[1].wav"), "").unwrap();
        assert_eq!(names(&glob("call[1].wav").unwrap()), ["call[1].wav"]);
    }

    #[test]
    fn an_input_without_a_recording_is_an_error_that_names_it() {
        let folder = tree();
        let empty = folder.path().join("unmounted");
        fs::create_dir(&empty).unwrap();
        let both = [folder.path().to_owned(), empty.clone()];
        let error = find(&both).unwrap_err();
        assert!(matches!(&error, FindError::NoRecording { path } if *path == empty));
        assert!(error.hint().is_some());
        let gone = folder.path().join("gone.wav");
        assert!(matches!(find(&[gone]), Err(FindError::Missing { .. })));
        assert!(matches!(find(&[]), Err(FindError::NoInput)));
    }

    #[cfg(unix)]
    #[test]
    fn links_neither_loop_nor_vanish() {
        use std::os::unix::fs::symlink;
        let folder = tree();
        let at = |name: &str| folder.path().join(name);
        symlink(folder.path(), at("sub/loop")).unwrap();
        symlink(at("nowhere"), at("dangling.wav")).unwrap();
        symlink(at("odd.raw"), at("linked.wav")).unwrap();
        let found = find(&[folder.path().to_owned()]).unwrap();
        assert_eq!(names(&found), ["b.WAV", "linked.wav", "sub/a.mp3"]);
        assert_eq!(found.links_not_followed, [at("sub/loop")]);
        assert_eq!(found.unreadable.len(), 1);
        let failure = RecordingFailure::from(&found.unreadable[0]);
        assert_eq!(failure.reason, FailureReason::Unreadable);
        assert!(failure.file.ends_with("dangling.wav"));
    }

    #[cfg(unix)]
    #[test]
    fn a_locked_folder_is_noted_and_the_rest_found() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tree();
        let locked = folder.path().join("locked");
        fs::create_dir(&locked).unwrap();
        let lock = |mode| fs::set_permissions(&locked, fs::Permissions::from_mode(mode)).unwrap();
        lock(0o000);
        if fs::read_dir(&locked).is_ok() {
            eprintln!("skipped: this user may open every folder");
            return;
        }
        let below = find(&[folder.path().to_owned()]);
        let itself = find(std::slice::from_ref(&locked));
        lock(0o700);
        let below = below.unwrap();
        assert_eq!(names(&below), ["b.WAV", "sub/a.mp3"]);
        assert_eq!(below.unreadable[0].path, locked);
        assert!(matches!(itself, Err(FindError::Unreadable { .. })));
    }
}
