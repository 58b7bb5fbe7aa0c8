//! Which recordings there are: files, folders and globs to one sorted list.
//!
//! What is missing is loud: an input that yields nothing is an error (an unmounted share must
//! not look like a quiet night), and a folder that cannot be opened is listed, not passed over.
//! Whether a file can be decoded is not asked here; formats that callibrate cannot decode are
//! found too, so that their calls become failures instead of gaps.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use thiserror::Error;
use walkdir::{DirEntry, WalkDir};

use super::{FailureReason, RecordingFailure, slashed};
use crate::log::{visible, visible_path};

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
    #[error("find recordings: {} does not exist", visible_path(path))]
    Missing { path: PathBuf },
    #[error("find recordings: nothing matches {}", visible(pattern))]
    NoMatch { pattern: String },
    #[error("find recordings: there is no audio file in {}", visible_path(path))]
    NoRecording { path: PathBuf },
    #[error(
        "find recordings: in {} there are only links, which lead elsewhere",
        visible_path(path)
    )]
    OnlyLinks { path: PathBuf },
    #[error(
        "find recordings: {} is neither a file nor a folder",
        visible_path(path)
    )]
    NotAFile { path: PathBuf },
    #[error("find recordings: open {}: {source}", visible_path(path))]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("find recordings: read the pattern {}: {source}", visible(pattern))]
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
            FindError::OnlyLinks { .. } => Some(FOLLOW_THEM),
            _ => None,
        }
    }
}

/// What to do about links that are not followed.
pub const FOLLOW_THEM: &str =
    "`follow_links = true` in callibrate.toml, or --follow-links, follows them";

/// Which links below a searched folder are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// Those to files within the same searched folder.
    Inside,
    All,
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
    /// What a person can do about it.
    pub hint: &'static str,
}

const OPEN_IT: &str = "check its permissions; recordings below it were not looked at";

impl From<&Unreadable> for RecordingFailure {
    fn from(place: &Unreadable) -> Self {
        Self {
            file: slashed(&place.path),
            call_id: None,
            reason: FailureReason::Unreadable,
            message: place.message.clone(),
            hint: Some(place.hint.into()),
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
    /// Links to folders that are not followed: worth a warning.
    pub links_to_folders: Vec<Link>,
    /// Links to files out of the searched folder that are not followed: worth a warning.
    pub links_outside: Vec<Link>,
    /// Links that lead back to a folder above them, each once: worth a warning.
    pub loops: Vec<PathBuf>,
    /// Folders that were looked into with what is below them, absolute, links followed.
    searched: BTreeSet<PathBuf>,
}

/// A link that is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub path: PathBuf,
    /// Absolute, links followed.
    pub leads_to: PathBuf,
}

impl Found {
    /// Whether a place outside of the searched folders can be reached by a link that is not
    /// followed.
    pub fn is_behind_link(&self, canonical: &Path) -> bool {
        let mut links = self.links_to_folders.iter().chain(&self.links_outside);
        let is_searched = self.searched.iter().any(|root| canonical.starts_with(root));
        !is_searched
            && links.any(|link| canonical.starts_with(&link.leads_to))
            && canonical.exists()
    }
}

/// Finds recordings. Each input is a file (taken whatever its extension), a folder (walked with
/// all below it) or a glob (`*`, `?`, `[..]`, `{..}`, and `**` over folders).
///
/// Folders and globs yield files with one of [`AUDIO_EXTENSIONS`]; a glob that spells its
/// extension out (`*.raw`) yields what it matches. Hidden files and folders (`.snapshot`,
/// `._call.wav`) are passed over. What an input names itself is taken, link or not; of links below
/// it, those that [`Links`] says. A file that can be reached in several ways is taken once.
///
/// # Errors
/// The first input that is missing, cannot be opened or yields nothing at all, by name.
pub fn find(inputs: &[PathBuf], links: Links) -> Result<Found, FindError> {
    if inputs.is_empty() {
        return Err(FindError::NoInput);
    }
    let mut found = Found::default();
    for input in inputs {
        find_input(input, links, &mut found)?;
    }
    found.files = each_once(found.files);
    found
        .unreadable
        .sort_by(|a, b| path_bytes(&a.path).cmp(path_bytes(&b.path)));
    let mut places = BTreeSet::new();
    found
        .unreadable
        .retain(|place| places.insert(one_way_to(&place.path)));
    for links in [&mut found.links_to_folders, &mut found.links_outside] {
        links.sort_by(|a, b| path_bytes(&a.path).cmp(path_bytes(&b.path)));
        links.dedup();
    }
    // Another input may have led there itself.
    let named: BTreeSet<PathBuf> = inputs
        .iter()
        .filter_map(|i| i.canonicalize().ok())
        .collect();
    found
        .links_to_folders
        .retain(|link| !named.contains(&link.leads_to));
    let taken: BTreeSet<&Path> = found.files.iter().map(|file| &*file.canonical).collect();
    found
        .links_outside
        .retain(|link| !taken.contains(link.leads_to.as_path()));
    found.loops.sort_by(|a, b| path_bytes(a).cmp(path_bytes(b)));
    found.loops.dedup();
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

fn find_input(input: &Path, links: Links, found: &mut Found) -> Result<(), FindError> {
    match fs::metadata(input) {
        Ok(metadata) if metadata.is_file() => {
            let name = PathBuf::from(input.file_name().unwrap_or(input.as_os_str()));
            take(input, &name, found);
            Ok(())
        }
        Ok(metadata) if metadata.is_dir() => {
            let search = Search {
                folder: input,
                depth: usize::MAX,
                links,
            };
            match search.walk(is_audio, found)? {
                Yield::Some => Ok(()),
                Yield::OnlyLinks => Err(FindError::OnlyLinks {
                    path: input.to_owned(),
                }),
                Yield::Nothing => Err(FindError::NoRecording {
                    path: input.to_owned(),
                }),
            }
        }
        Ok(_) => Err(FindError::NotAFile {
            path: input.to_owned(),
        }),
        Err(source) if source.kind() == io::ErrorKind::NotFound => match Glob::new(input)? {
            Some(glob) => glob.find(links, found),
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

    fn find(&self, links: Links, found: &mut Found) -> Result<(), FindError> {
        let no_match = || FindError::NoMatch {
            pattern: self.text.clone(),
        };
        if !self.folder.is_dir() {
            return Err(no_match());
        }
        let search = Search {
            folder: &self.folder,
            depth: self.depth,
            links,
        };
        let wanted =
            |name: &Path| self.matcher.is_match(name) && (self.spells_extension || is_audio(name));
        match search.walk(wanted, found)? {
            Yield::Some => Ok(()),
            Yield::OnlyLinks => Err(FindError::OnlyLinks {
                path: PathBuf::from(&self.text),
            }),
            Yield::Nothing => Err(no_match()),
        }
    }
}

/// A folder to walk, down to a depth.
struct Search<'a> {
    folder: &'a Path,
    depth: usize,
    links: Links,
}

/// What a walk came to.
enum Yield {
    Some,
    /// Nothing but links that are not followed.
    OnlyLinks,
    Nothing,
}

impl Search<'_> {
    /// Adds what `wanted` says of the path below the folder.
    fn walk(&self, wanted: impl Fn(&Path) -> bool, found: &mut Found) -> Result<Yield, FindError> {
        let before = (yielded(found), not_followed(found));
        let root = self
            .folder
            .canonicalize()
            .map_err(|source| FindError::Unreadable {
                path: self.folder.to_owned(),
                source,
            })?;
        let entered = RefCell::new(BTreeSet::new());
        let entries = WalkDir::new(self.folder)
            .max_depth(self.depth)
            .follow_links(self.links == Links::All)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| {
                entry.depth() == 0 || !is_hidden(entry.path()) && self.is_new(entry, &entered)
            });
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.note(error, &wanted, found)?;
                    continue;
                }
            };
            let name = self.name(entry.path());
            if entry.path_is_symlink() && entry.depth() > 0 && self.links == Links::Inside {
                let link = LinkBelow {
                    path: entry.path(),
                    name,
                    root: &root,
                    goes_deeper: entry.depth() < self.depth,
                };
                link.look_behind(&wanted, found);
            } else if entry.file_type().is_file() && wanted(name) {
                take(entry.path(), name, found);
            }
        }
        found.searched.insert(root);
        Ok(match before {
            (some, _) if yielded(found) > some => Yield::Some,
            (_, links) if not_followed(found) > links => Yield::OnlyLinks,
            _ => Yield::Nothing,
        })
    }

    fn name<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(self.folder).unwrap_or(path)
    }

    /// Whether a folder has to be looked into. Through links each is entered once, or folders
    /// that are full of links to each other would be walked in all orders; a pattern of limited
    /// depth comes to its end by itself, and may name one folder in several ways.
    fn is_new(&self, entry: &DirEntry, entered: &RefCell<BTreeSet<PathBuf>>) -> bool {
        if !entry.path_is_symlink() || !entry.file_type().is_dir() || self.depth != usize::MAX {
            return true;
        }
        match entry.path().canonicalize() {
            Ok(folder) => entered.borrow_mut().insert(folder),
            // Opening it will tell why.
            Err(_) => true,
        }
    }

    /// A place below the folder that cannot be opened is noted; the folder itself is an error.
    fn note(
        &self,
        error: walkdir::Error,
        wanted: impl Fn(&Path) -> bool,
        found: &mut Found,
    ) -> Result<(), FindError> {
        let path = error.path().unwrap_or(self.folder).to_owned();
        let at_top = error.depth() == 0;
        if !at_top && is_hidden(&path) {
            return Ok(());
        }
        if error.loop_ancestor().is_some() {
            found.loops.push(path);
            return Ok(());
        }
        let source = error
            .into_io_error()
            .unwrap_or_else(|| io::Error::other("it cannot be looked into"));
        if at_top {
            return Err(FindError::Unreadable { path, source });
        }
        let leads_somewhere = fs::metadata(&path).is_ok() || !path.is_symlink();
        if leads_somewhere {
            found.unreadable.push(Unreadable {
                path,
                message: source.to_string(),
                hint: OPEN_IT,
            });
        } else if wanted(self.name(&path)) {
            found.unreadable.push(leads_nowhere(&path, &source));
        }
        Ok(())
    }
}

fn yielded(found: &Found) -> usize {
    found.files.len() + found.unreadable.len()
}

fn not_followed(found: &Found) -> usize {
    found.links_to_folders.len() + found.links_outside.len()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// A link below a searched folder.
struct LinkBelow<'a> {
    path: &'a Path,
    /// Within the searched folder.
    name: &'a Path,
    /// The searched folder, absolute, links followed.
    root: &'a Path,
    /// A folder in its place would be looked into.
    goes_deeper: bool,
}

impl LinkBelow<'_> {
    /// Looks where it leads: a file within the searched folder is taken, all else is not followed.
    fn look_behind(&self, wanted: impl Fn(&Path) -> bool, found: &mut Found) {
        let target = self.path.canonicalize();
        let target = target.and_then(|leads_to| Ok((fs::metadata(&leads_to)?, leads_to)));
        let link = |leads_to| Link {
            path: self.path.to_owned(),
            leads_to,
        };
        match target {
            Ok((metadata, leads_to)) if metadata.is_dir() && self.goes_deeper => {
                found.links_to_folders.push(link(leads_to));
            }
            Ok((metadata, leads_to)) if metadata.is_file() && wanted(self.name) => {
                if leads_to.starts_with(self.root) {
                    take(self.path, self.name, found);
                } else {
                    found.links_outside.push(link(leads_to));
                }
            }
            Err(source) if wanted(self.name) => {
                found.unreadable.push(leads_nowhere(self.path, &source));
            }
            _ => {}
        }
    }
}

/// The same for all paths of a place, which need not exist.
fn one_way_to(path: &Path) -> PathBuf {
    let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
    match (parent, path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => path.to_owned(),
    }
}

fn leads_nowhere(path: &Path, source: &io::Error) -> Unreadable {
    Unreadable {
        path: path.to_owned(),
        message: format!("the link leads nowhere: {source}"),
        hint: "mend the link, or remove it",
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
            hint: OPEN_IT,
        }),
    }
}

/// One entry per file. Of several paths the first in byte order stays, with the longest name (the
/// one from the widest search), so that the order of the inputs does not matter. A link is a
/// second name of its file: where the file itself was found, its own name counts.
fn each_once(mut files: Vec<FoundFile>) -> Vec<FoundFile> {
    files.sort_by(|a, b| {
        let by_file = path_bytes(&a.canonical).cmp(path_bytes(&b.canonical));
        by_file.then_with(|| path_bytes(&a.path).cmp(path_bytes(&b.path)))
    });
    let mut kept = Vec::with_capacity(files.len());
    for same in files.chunk_by(|a, b| a.canonical == b.canonical) {
        let own = |file: &&FoundFile| same.len() == 1 || !file.path.is_symlink();
        let mut names: Vec<&FoundFile> = same.iter().filter(own).collect();
        if names.is_empty() {
            names = same.iter().collect();
        }
        let rank = |file: &&&FoundFile| (file.name.len(), std::cmp::Reverse(file.name.clone()));
        if let (Some(first), Some(longest)) = (names.first(), names.iter().max_by_key(rank)) {
            kept.push(FoundFile {
                name: longest.name.clone(),
                ..(*first).clone()
            });
        }
    }
    kept.sort_by(|a, b| path_bytes(&a.path).cmp(path_bytes(&b.path)));
    name_apart(&mut kept);
    kept
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
        let found = find(&inputs, Links::Inside).unwrap();
        assert_eq!(names(&found), ["b.WAV", "odd.raw", "sub/a.mp3"]);
        inputs.reverse();
        assert_eq!(find(&inputs, Links::Inside).unwrap(), found);
    }

    #[test]
    fn globs_stop_at_folders_unless_doubled() {
        let folder = tree();
        let glob = |text: &str| find(&[folder.path().join(text)], Links::Inside);
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
        let error = find(&both, Links::Inside).unwrap_err();
        assert!(matches!(&error, FindError::NoRecording { path } if *path == empty));
        assert!(error.hint().is_some());
        let gone = folder.path().join("gone.wav");
        assert!(matches!(
            find(&[gone], Links::Inside),
            Err(FindError::Missing { .. })
        ));
        assert!(matches!(find(&[], Links::Inside), Err(FindError::NoInput)));
    }

    #[cfg(unix)]
    #[test]
    fn links_neither_loop_nor_vanish() {
        use std::os::unix::fs::symlink;
        let folder = tree();
        let at = |name: &str| folder.path().join(name);
        symlink(at("sub"), at("sub/loop")).unwrap();
        symlink(at("nowhere"), at("dangling.wav")).unwrap();
        symlink(at("odd.raw"), at("linked.wav")).unwrap();
        // A second name of a recording that is there.
        symlink(at("b.WAV"), at("a-longer-name.wav")).unwrap();
        let found = find(&[folder.path().to_owned()], Links::Inside).unwrap();
        assert_eq!(names(&found), ["b.WAV", "linked.wav", "sub/a.mp3"]);
        assert_eq!(paths(&found.links_to_folders), [at("sub/loop")]);
        assert_eq!(found.unreadable.len(), 1);
        let failure = RecordingFailure::from(&found.unreadable[0]);
        assert_eq!(failure.reason, FailureReason::Unreadable);
        assert!(failure.file.ends_with("dangling.wav"));
        assert!(failure.hint.unwrap().contains("mend the link"));
    }

    fn paths(links: &[Link]) -> Vec<PathBuf> {
        links.iter().map(|link| link.path.clone()).collect()
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_out_only_where_that_is_asked_for() {
        use std::os::unix::fs::symlink;
        let (folder, other) = (tree(), tree());
        let at = |name: &str| folder.path().join(name);
        let root = folder.path().to_owned();
        fs::write(other.path().join("far.wav"), "").unwrap();
        symlink(other.path().join("far.wav"), at("out.wav")).unwrap();
        symlink(other.path().join("sub"), at("elsewhere")).unwrap();
        symlink(at("sub"), at("sub/.hidden")).unwrap();
        let here = ["b.WAV", "sub/a.mp3"];

        let found = find(std::slice::from_ref(&root), Links::Inside).unwrap();
        assert_eq!(names(&found), here);
        assert_eq!(paths(&found.links_outside), [at("out.wav")]);
        assert_eq!(paths(&found.links_to_folders), [at("elsewhere")]);
        let far = other.path().canonicalize().unwrap();
        assert!(found.is_behind_link(&far.join("sub/a.mp3")));
        assert!(!found.is_behind_link(&far.join("b.WAV")));
        assert!(!found.is_behind_link(&far.join("sub/gone.mp3")));
        // What is named itself is taken, and then its link is no matter.
        let both = [root.clone(), at("out.wav"), at("elsewhere")];
        let found = find(&both, Links::Inside).unwrap();
        assert_eq!(names(&found), ["b.WAV", "a.mp3", "out.wav", "sub/a.mp3"]);
        assert_eq!(
            (&found.links_outside, &found.links_to_folders),
            (&vec![], &vec![])
        );

        let found = find(&[root], Links::All).unwrap();
        let all = ["b.WAV", "elsewhere/a.mp3", "out.wav", "sub/a.mp3"];
        assert_eq!(names(&found), all);
        assert_eq!(
            (found.links_outside.len(), found.links_to_folders.len()),
            (0, 0)
        );
        let found = find(&[at("else*/*")], Links::All).unwrap();
        assert_eq!(names(&found), ["elsewhere/a.mp3"]);
        let only = find(&[at("out.*"), at("b.WAV")], Links::Inside).unwrap_err();
        assert!(matches!(only, FindError::OnlyLinks { .. }), "{only}");
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_in_circles_come_to_an_end() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: String| folder.path().join(name);
        // Each folder leads to all others: walked in all orders, that would be 20 factorial.
        for i in 0..20 {
            fs::create_dir(at(format!("{i:02}"))).unwrap();
            fs::write(at(format!("{i:02}/{i}.wav")), "").unwrap();
        }
        for i in 0..20 {
            for j in 0..20 {
                symlink(at(format!("{j:02}")), at(format!("{i:02}/to{j:02}"))).unwrap();
            }
        }
        symlink(folder.path(), at("00/top".into())).unwrap();
        symlink(at("nowhere".into()), at("00/dangling.wav".into())).unwrap();
        symlink(at("nowhere".into()), at("00/dangling".into())).unwrap();
        let found = find(&[folder.path().to_owned()], Links::All).unwrap();
        assert_eq!(found.files.len(), 20);
        assert!(found.loops.contains(&at("00/top".into())));
        assert_eq!(found.unreadable.len(), 1);
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
        let below = find(&[folder.path().to_owned()], Links::Inside);
        let itself = find(std::slice::from_ref(&locked), Links::Inside);
        lock(0o700);
        let below = below.unwrap();
        assert_eq!(names(&below), ["b.WAV", "sub/a.mp3"]);
        assert_eq!(below.unreadable[0].path, locked);
        assert!(matches!(itself, Err(FindError::Unreadable { .. })));
    }
}
