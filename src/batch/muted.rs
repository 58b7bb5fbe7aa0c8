//! Copies of recordings that can be listened to: silence in place of what is masked.
//!
//! After the night's transcripts are stored and redacted, each of its recordings is copied to the
//! folder that was named, those with nothing to silence as well, so that the folder can stand in
//! for the recordings. A copy is known by what it is made from: the recording and the stretches
//! that are silent, which the store keeps beside where it lies, written before the copy is begun.
//! So only what changed is made again, a stop in between loses nothing, and `forget` finds every
//! copy. One that fails costs that copy: a row of `failures`, and the call keeps its score. Left
//! out on purpose: copies that somebody moved away, and the recordings themselves.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;

use super::BatchError;
use super::plan::{self, Plan, PlannedCall};
use super::run::{Recognition, hash, told_of};
use super::signals::Signals;
use super::store::{self, Failure, MutedCopies, MutedCopy, Owner, Store, StoreError, remove_copy};
use super::supervise::supervise;
use super::worker::{CopyJob, Orders, Task, WorkFailure};
use crate::config::Settings;
use crate::log::{visible, visible_path};
use crate::recording::canonical;
use crate::redaction::card_data::CardData;
use crate::redaction::holds_placeholder;
use crate::redaction::mute::{self, WordTimes};
use crate::speech::models::Profile;
use crate::transcript::Span;

/// A part of a path is no longer than this in a copy's: with what is added it fits everywhere.
const LONGEST_PART: usize = 200;

/// The folder of muted copies: absolute, there, writable, and not of another output folder.
pub struct Folder(PathBuf);

/// What came of the copies of a night.
#[derive(Debug, Default)]
pub struct Copies {
    pub folder: PathBuf,
    pub made: usize,
    /// Made before, and as they should be.
    pub kept: usize,
    pub(super) failures: Vec<Failure>,
    /// Dates whose tables tell of copies that changed.
    pub(super) dates: BTreeSet<String>,
}

/// What to do when a copy cannot be written.
pub(super) fn hint_for(source: &io::Error) -> Option<&'static str> {
    match source.kind() {
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::AlreadyExists
        | io::ErrorKind::NotADirectory => {
            Some("name a folder with --redact-audio that you may write to")
        }
        _ => store::hint_for(source),
    }
}

fn not_writable(folder: &Path, source: &io::Error) -> BatchError {
    let message = format!("write muted copies to {}: {source}", visible_path(folder));
    plan::input(&message, hint_for(source))
}

impl Folder {
    /// Makes the folder that the settings name, and tries it. `None` where none is named.
    ///
    /// # Errors
    /// [`BatchError::Input`] for a folder that cannot be used.
    pub(super) fn prepare(settings: &Settings) -> Result<Option<Self>, BatchError> {
        let (Some(named), Some(folder)) = (&settings.redact_audio, Self::check(settings)?) else {
            return Ok(None);
        };
        let refused = |source| not_writable(named, &source);
        make_private(&folder.0).map_err(refused)?;
        let probe = folder.0.join(format!(".callibrate-{}", std::process::id()));
        fs::write(&probe, "")
            .and_then(|()| fs::remove_file(&probe))
            .map_err(refused)?;
        Ok(Some(folder))
    }

    /// As far as can be told without making anything.
    pub fn check(settings: &Settings) -> Result<Option<Self>, BatchError> {
        let Some(named) = &settings.redact_audio else {
            return Ok(None);
        };
        let elsewhere = |what: &str| {
            let message = format!("write muted copies to {}: {what}", visible_path(named));
            let hint = "name a folder of its own with --redact-audio";
            plan::input(&message, Some(hint))
        };
        let folder = canonical(named).map_err(|e| not_writable(named, &e))?;
        if folder.to_str().is_none() {
            return Err(elsewhere("its name is not valid UTF-8"));
        }
        let within = |other: &Path| other.canonicalize().is_ok_and(|o| folder.starts_with(o));
        if settings.recordings.iter().any(|r| within(r)) {
            return Err(elsewhere(
                "recordings are looked for there, and the copies would be taken for some",
            ));
        }
        let out = canonical(&settings.out).map_err(|e| not_writable(named, &e))?;
        if folder.starts_with(&out) || within(&out.join("store")) {
            return Err(elsewhere("it lies in the output folder"));
        }
        if out.starts_with(&folder) {
            return Err(elsewhere("the output folder lies in it"));
        }
        if Owner::of(&folder, &out) == Owner::Another {
            return Err(of_another(&folder));
        }
        if folder.exists() && !folder.is_dir() {
            return Err(elsewhere("it is not a folder"));
        }
        Ok(Some(Self(folder)))
    }

    /// # Errors
    /// [`BatchError::Input`] where one of the recordings lies in the folder itself.
    pub(super) fn holds_none(&self, plan: &Plan) -> Result<(), BatchError> {
        let inside = |call: &&PlannedCall| {
            let path = Path::new(&call.path).canonicalize();
            path.is_ok_and(|path| path.starts_with(&self.0))
        };
        match plan.calls.iter().find(inside) {
            None => Ok(()),
            Some(call) => Err(plan::input(
                &format!(
                    "write muted copies to {}: the recording {} lies there",
                    visible_path(&self.0),
                    visible(&call.meta.file)
                ),
                Some("name a folder of its own with --redact-audio"),
            )),
        }
    }

    /// Makes the folders above a copy, private, and sees that no link leads out.
    fn make_way(&self, copy: &MutedCopy) -> Result<(), WorkFailure> {
        let refused = |e: io::Error| cannot_write(&e, &copy.file());
        let mut folder = self.0.clone();
        make_private(&folder).map_err(refused)?;
        let above = Path::new(&copy.path).parent().unwrap_or(Path::new(""));
        for part in above.components() {
            folder.push(part);
            if folder.is_symlink() {
                let link = visible_path(&folder);
                return Err(WorkFailure {
                    stage: "copy".to_string(),
                    reason: "link_in_the_way".to_string(),
                    message: format!("write {}: {link} is a link", visible_path(&copy.file())),
                    hint: Some(format!("remove the link {link}")),
                });
            }
            make_private(&folder).map_err(refused)?;
        }
        Ok(())
    }
}

fn of_another(folder: &Path) -> BatchError {
    let message = format!(
        "write muted copies to {}: the copies there belong to another output folder",
        visible_path(folder)
    );
    let hint = format!(
        "name a folder of its own with --redact-audio; or, if the output folder was moved, remove {}",
        visible_path(&Owner::file(folder))
    );
    plan::input(&message, Some(&hint))
}

/// Makes a folder that only the user can look into; one that is there stays as it is.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A call whose recording is to be copied.
struct Wanted<'a> {
    call: &'a PlannedCall,
    muted: Vec<Vec<Span>>,
    key: String,
    has_card_data: bool,
    known: MutedCopies,
}

/// Makes the copies of the calls that have a transcript, as far as they are not there already.
pub(super) fn make(
    folder: &Folder,
    store: &Store,
    recognition: &Recognition,
    plan: &Plan,
    jobs: usize,
    pool: &rayon::ThreadPool,
    signals: &Signals,
) -> Result<Copies, BatchError> {
    let mut copies = Copies {
        folder: folder.0.clone(),
        ..Copies::default()
    };
    let mut wanted = wanted(store, recognition, plan, pool)?;
    let name = Owner::settle(&folder.0, store.out())?.ok_or_else(|| of_another(&folder.0))?;
    let left = store.left_copies()?.into_iter();
    // What stands there has to go, so nothing is put in its place.
    let left = left.filter(|(.., copy)| copy.folder == folder.0);
    // Names of any case: some drives do not tell them apart.
    let mut taken: BTreeSet<String> = left.map(|(.., copy)| copy.path.to_lowercase()).collect();
    wanted.retain(|wanted| match wanted.known.of(&folder.0) {
        Some(copy) => {
            taken.insert(copy.path.to_lowercase());
            let is_right = copy.key == wanted.key && copy.folder_name == name && copy.is_there();
            copies.kept += usize::from(is_right);
            !is_right
        }
        None => true,
    });
    let told = wanted.iter().filter(|wanted| wanted.has_card_data);
    copies.dates = told
        .map(|wanted| wanted.call.meta.started_at.local_date.clone())
        .collect();
    store.note_stale(copies.dates.iter().map(String::as_str))?;
    for date in &copies.dates {
        store.put_published(date, None)?;
    }
    let mut errands = Vec::new();
    let mut at_work = Vec::new();
    for mut wanted in wanted {
        let copy = match wanted.known.of(&folder.0) {
            Some(known) => {
                if known.key != wanted.key {
                    // What is to be silent may be heard in it.
                    remove_copy(known)?;
                }
                known.path.clone()
            }
            None => folder.choose(wanted.call, &mut taken),
        };
        let copy = MutedCopy {
            folder: folder.0.clone(),
            folder_name: name.clone(),
            path: copy,
            key: wanted.key.clone(),
            bytes: None,
        };
        wanted.known.put(copy.clone());
        store.put_muted_copies(&wanted.known)?;
        if let Err(failure) = folder.make_way(&copy) {
            copies.failures.push(failure_of(wanted.call, failure));
            continue;
        }
        errands.push(CopyJob {
            id: errands.len(),
            path: wanted.call.path.clone(),
            audio_key: wanted.call.audio_key.clone(),
            to: copy.aside(),
            muted: std::mem::take(&mut wanted.muted),
            length_ms: wanted.call.longest_ms(),
        });
        at_work.push((wanted, copy));
    }
    let orders = Orders {
        task: Task::Mute,
        jobs,
    };
    supervise(&orders, errands, signals, |id, outcome| {
        let (wanted, copy) = &mut at_work[id];
        match outcome.and_then(|_| finish(copy).map_err(|e| cannot_write(&e, &copy.file()))) {
            Ok(bytes) => {
                copy.bytes = Some(bytes);
                wanted.known.put(copy.clone());
                store.put_muted_copies(&wanted.known)?;
                copies.made += 1;
            }
            Err(failure) => {
                let _ = fs::remove_file(copy.aside());
                copies.failures.push(failure_of(wanted.call, failure));
            }
        }
        Ok(())
    })?;
    Ok(copies)
}

/// Puts a copy that was written aside in its place. Returns its length.
fn finish(copy: &MutedCopy) -> io::Result<u64> {
    let file = copy.file();
    fs::rename(copy.aside(), &file)?;
    store::sync_folder(file.parent().unwrap_or(Path::new("."))).map_err(|e| match e {
        StoreError::Io { source, .. } => source,
        other => io::Error::other(other.to_string()),
    })?;
    Ok(fs::symlink_metadata(&file)?.len())
}

/// What each call with a transcript needs.
fn wanted<'a>(
    store: &Store,
    recognition: &Recognition,
    plan: &'a Plan,
    pool: &rayon::ThreadPool,
) -> Result<Vec<Wanted<'a>>, StoreError> {
    let times = times_of(&recognition.model.profile);
    let want = |call: &'a PlannedCall| {
        let key = recognition.transcript_key(call);
        if !store.has_transcript(&key) {
            return Ok(None);
        }
        let transcript = match store.transcript(&key) {
            Ok(transcript) => transcript,
            // Scoring says so.
            Err(e) if e.is_lasting() => return Ok(None),
            Err(e) => return Err(e),
        };
        let muted = mute::stretches(&transcript, times);
        let key = key_of(&call.audio_key, &muted);
        Ok(Some(Wanted {
            call,
            muted,
            key,
            has_card_data: CardData::of(&transcript).is_some(),
            known: store.muted_copies(&call.meta.call_id)?,
        }))
    };
    let wanted = || {
        plan.calls
            .par_iter()
            .filter_map(|call| want(call).transpose())
    };
    pool.install(|| wanted().collect())
}

/// How the times of words come about with a model.
pub(super) fn times_of(profile: &Profile) -> WordTimes {
    match profile.timestamps && profile.dtw_heads.is_some() {
        true => WordTimes::Aligned,
        false => WordTimes::Estimated,
    }
}

/// Tells a copy by its recording and by what is silent in it.
pub(super) fn key_of(audio_key: &str, muted: &[Vec<Span>]) -> String {
    hash(&[
        &mute::VERSION.to_string(),
        audio_key,
        &serde_json::to_string(muted).expect("spans are JSON"),
    ])
}

impl MutedCopies {
    /// The copy in a folder.
    fn of(&self, folder: &Path) -> Option<&MutedCopy> {
        self.copies.iter().find(|copy| copy.folder == folder)
    }

    /// Replaces the copy in the same folder.
    fn put(&mut self, copy: MutedCopy) {
        self.copies.retain(|other| other.folder != copy.folder);
        self.copies.push(copy);
    }
}

impl Folder {
    /// A place for the copy of a call that nothing else has, or will have.
    fn choose(&self, call: &PlannedCall, taken: &mut BTreeSet<String>) -> String {
        let file = &call.meta.file;
        let plain = below(file);
        // Other files may have had other numbers there.
        let is_own = !holds_placeholder(file);
        let is_free = |name: &String| {
            !taken.contains(&name.to_lowercase())
                && fs::symlink_metadata(self.0.join(name)).is_err()
        };
        let name = plain.filter(|name| is_own && is_free(name));
        let name = name.unwrap_or_else(|| {
            let of_call = hash(&[&call.meta.call_id]);
            with_tail(file, &of_call[..12])
        });
        taken.insert(name.to_lowercase());
        name
    }
}

/// The parts of a recording's name that may stand below a folder.
fn parts(file: &str) -> Vec<&str> {
    let parts = Path::new(file).components().filter_map(|part| match part {
        Component::Normal(part) => part.to_str(),
        _ => None,
    });
    parts.collect()
}

/// A copy's path below its folder: the recording's own, with `.wav` after any other extension.
/// `None` where a part is too long.
fn below(file: &str) -> Option<String> {
    let parts = parts(file);
    if parts.is_empty() || parts.iter().any(|part| part.len() > LONGEST_PART) {
        return None;
    }
    let name = parts.join("/");
    Some(match is_wav(&name) {
        true => name,
        false => name + ".wav",
    })
}

/// As [`below`], cut to length and with something in it that no other has.
fn with_tail(file: &str, tail: &str) -> String {
    let mut parts: Vec<&str> = parts(file).into_iter().map(cut).collect();
    let last = parts.pop().unwrap_or("recording");
    let stem = match is_wav(last) {
        true => &last[..last.len() - ".wav".len()],
        false => last,
    };
    let name = format!("{stem}-{tail}.wav");
    parts.push(&name);
    parts.join("/")
}

fn is_wav(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|e| e.eq_ignore_ascii_case("wav"))
}

/// The beginning of a part that is too long.
fn cut(part: &str) -> &str {
    let mut end = part.len().min(LONGEST_PART);
    while !part.is_char_boundary(end) {
        end -= 1;
    }
    &part[..end]
}

fn cannot_write(source: &io::Error, path: &Path) -> WorkFailure {
    WorkFailure {
        stage: "copy".to_string(),
        reason: "cannot_write".to_string(),
        message: format!("write {}: {source}", visible_path(path)),
        hint: hint_for(source).map(str::to_string),
    }
}

/// All that can go wrong with a copy is one stage: the call itself was done.
fn failure_of(call: &PlannedCall, failure: WorkFailure) -> Failure {
    let message = told_of(&failure, call);
    let hint = match failure.ends_the_worker() {
        true => Some("check that it plays, and convert it with another tool".to_string()),
        false => failure.hint,
    };
    Failure {
        file: call.meta.file.clone(),
        call_id: Some(call.meta.call_id.clone()),
        stage: "copy".to_string(),
        reason: failure.reason,
        message: format!("no muted copy was made: {message}"),
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_never_leaves_its_folder() {
        for (file, expected) in [
            ("a.wav", "a.wav"),
            ("rec/A.WAV", "rec/A.WAV"),
            ("rec/a.mp3", "rec/a.mp3.wav"),
            ("rec/a", "rec/a.wav"),
            ("../../etc/a.wav", "etc/a.wav"),
            ("/etc/./x//../a.wav", "etc/x/a.wav"),
            (".wav", ".wav.wav"),
        ] {
            assert_eq!(below(file).as_deref(), Some(expected), "{file}");
        }
        assert_eq!(below("../.."), None);
        assert_eq!(with_tail("../..", "0a"), "recording-0a.wav");
        assert_eq!(
            with_tail("../x/[card number].wav", "0a"),
            "x/[card number]-0a.wav"
        );
        let long = format!("{}.mp3", "ä".repeat(125));
        assert_eq!(below(&long), None);
        let name = with_tail(&long, "0123456789ab");
        assert!(
            name.len() < 240 && name.ends_with("ä-0123456789ab.wav"),
            "{name}"
        );
    }
}
