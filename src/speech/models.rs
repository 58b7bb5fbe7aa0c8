//! Models: the one that is built in, those in files, and the profile of each.
//!
//! A model is known by the BLAKE3 of its bytes; its profile says how sound must be cut and framed
//! for it. A profile is a TOML file beside the model, `NAME.toml` for `NAME.bin`; without one, a
//! model is taken for one of OpenAI's. Which ones are published, and how they get here, is known to
//! [`catalogue`](super::catalogue) and [`fetch`](super::fetch).

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Seek};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::model_file::{ModelFacts, ModelFileError, check};
use super::packing::Packing;
use super::{AUTO, whisper};
use crate::limits::{self, SETTINGS_BYTES};
use crate::log::{visible, visible_path};

const EMBEDDED_NAME: &str = "callibrate-demo-en-q5_0";
const EMBEDDED_MODEL: &[u8] = include_bytes!("../../models/callibrate-demo-en-q5_0.bin.zst");
const EMBEDDED_PROFILE: &str = include_str!("../../models/callibrate-demo-en-q5_0.toml");

/// whisper.cpp's window.
const WINDOW_MS: i64 = 30_000;
/// An encoder frame.
const FRAME_MS: i64 = 20;
/// Encoder frames in a window.
const WINDOW_FRAMES: u32 = 1500;

/// How sound must be cut and framed for a model, and when its text is not to be trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The longest piece of sound given to the model at once, silence included.
    pub longest_window_ms: i64,
    /// Silence put between stretches that are joined into one window. `None`: one stretch per
    /// window.
    pub join_gap_ms: Option<i64>,
    /// A pause up to this long stays as it is, within one stretch.
    pub keep_pause_ms: i64,
    /// Sound kept before and after a stretch.
    pub lead_ms: i64,
    /// How much of whisper.cpp's window is computed.
    pub audio_ctx: AudioCtx,
    /// Text is doubted above this probability that nobody spoke, if it is also below
    /// [`logprob_threshold`](Self::logprob_threshold).
    pub no_speech_threshold: f32,
    /// Mean natural logarithm of the tokens' probabilities.
    pub logprob_threshold: f32,
    /// Whether the model gives times.
    pub timestamps: bool,
    /// Decoder layer and head, from 0, of the heads that whisper.cpp aligns words by.
    pub dtw_heads: Option<Vec<[u32; 2]>>,
    /// Added to the times that the alignment gives: how early or late it is on the model, as
    /// measured.
    #[serde(default)]
    pub dtw_shift_ms: i64,
    /// The language where the configuration names none, as whisper.cpp writes it (`en`, `yue`).
    pub language: String,
}

/// whisper.cpp's `audio_ctx`, in frames of 20 ms (50 per second).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AudioCtx {
    /// The same for each window.
    Fixed(u32),
    /// The sound and a margin, rounded up to a multiple.
    Covering {
        min: u32,
        multiple_of: u32,
        margin_frames: u32,
    },
}

impl AudioCtx {
    /// Frames for `window_ms` of sound, 1500 at most. A loaded model has that many for any window
    /// up to its profile's longest.
    pub fn frames(self, window_ms: i64) -> u32 {
        match self {
            AudioCtx::Fixed(frames) => frames,
            AudioCtx::Covering {
                min,
                multiple_of,
                margin_frames,
            } => {
                let sound = window_ms.clamp(0, WINDOW_MS) + FRAME_MS - 1;
                let sound = u32::try_from(sound / FRAME_MS).expect("at most 1500 frames");
                let wanted = sound.saturating_add(margin_frames).max(min);
                wanted.next_multiple_of(multiple_of).min(WINDOW_FRAMES)
            }
        }
    }
}

/// A field of a profile that cannot be right.
#[derive(Debug, thiserror::Error)]
#[error("`{field}` {message}")]
pub struct ProfileProblem {
    pub field: &'static str,
    pub message: String,
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("read the model {path}", path = visible_path(path))]
    Read { path: PathBuf, source: io::Error },
    #[error("unpack the built-in model")]
    Unpack { source: io::Error },
    #[error("use the model {name}", name = visible(name))]
    Broken {
        name: String,
        source: ModelFileError,
    },
    #[error("read the model's profile {path}", path = visible_path(path))]
    ProfileRead { path: PathBuf, source: io::Error },
    #[error("understand the model's profile {path}", path = visible_path(path))]
    ProfileSyntax {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("use the model's profile {path}", path = visible_path(path))]
    ProfileValue {
        path: PathBuf,
        source: ProfileProblem,
    },
    #[error("use the model {name} for the language {language:?}: it knows English only")]
    EnglishOnly { name: String, language: String },
    #[error("use the model {name} for the language {language:?}, which it does not know")]
    UnknownLanguage { name: String, language: String },
}

impl ModelError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ModelError::Read { source, .. } | ModelError::ProfileRead { source, .. } => {
                limits::hint(source)
                    .unwrap_or("check that the file is there and that you may read it")
            }
            ModelError::Unpack { .. } => "the program itself is damaged: install it again",
            ModelError::Broken { source, .. } => source.hint(),
            ModelError::ProfileSyntax { .. } | ModelError::ProfileValue { .. } => {
                "models/callibrate-demo-en-q5_0.toml shows every field; without a profile \
                 callibrate takes what suits OpenAI's models"
            }
            ModelError::EnglishOnly { .. } => {
                "choose a multilingual model: its name does not end in `.en`"
            }
            ModelError::UnknownLanguage { .. } => {
                "write the language as Whisper does, such as en or de, or `auto` to have it detected"
            }
        }
    }
}

impl Profile {
    /// What suits OpenAI's Whisper models: full windows. 1472 frames are a multiple of 32, which
    /// is computed faster than the full 1500, and still hold 29.4 s. The thresholds are
    /// whisper.cpp's.
    pub fn whisper_default() -> Self {
        Self {
            longest_window_ms: 28_000,
            join_gap_ms: Some(200),
            keep_pause_ms: 1000,
            lead_ms: 200,
            audio_ctx: AudioCtx::Fixed(1472),
            no_speech_threshold: 0.6,
            logprob_threshold: -1.0,
            timestamps: true,
            dtw_heads: None,
            dtw_shift_ms: 0,
            language: "en".to_owned(),
        }
    }

    /// How windows are filled for this model.
    pub fn packing(&self) -> Packing {
        Packing {
            longest_window_ms: self.longest_window_ms,
            lead_ms: self.lead_ms,
            keep_pause_ms: self.keep_pause_ms,
            join_gap_ms: self.join_gap_ms,
        }
    }

    /// Reads a profile and checks each field. `path` is for messages.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ModelError> {
        let profile: Self = toml::from_str(text).map_err(|error| ModelError::ProfileSyntax {
            path: path.to_owned(),
            source: Box::new(error),
        })?;
        profile.validate().map_err(|source| value(path, source))?;
        Ok(profile)
    }

    fn validate(&self) -> Result<(), ProfileProblem> {
        within(
            "longest_window_ms",
            self.longest_window_ms,
            1000,
            WINDOW_MS - FRAME_MS,
        )?;
        within("join_gap_ms", self.join_gap_ms.unwrap_or(0), 0, 2000)?;
        within("keep_pause_ms", self.keep_pause_ms, 0, 5000)?;
        within("lead_ms", self.lead_ms, 0, self.longest_window_ms / 4)?;
        self.validate_audio_ctx()?;
        if !(0.0..=1.0).contains(&self.no_speech_threshold) {
            return problem("no_speech_threshold", "must lie between 0 and 1");
        }
        if !(-100.0..=0.0).contains(&self.logprob_threshold) {
            return problem("logprob_threshold", "must lie between -100 and 0");
        }
        within("dtw_shift_ms", self.dtw_shift_ms, -2000, 2000)?;
        if self.dtw_heads.as_ref().is_some_and(Vec::is_empty) {
            return problem("dtw_heads", "names no head: leave it out");
        }
        let letters = self.language.bytes().all(|b| b.is_ascii_lowercase());
        if !letters || !(2..=3).contains(&self.language.len()) {
            return problem("language", "must be a code such as \"en\"");
        }
        Ok(())
    }

    fn validate_audio_ctx(&self) -> Result<(), ProfileProblem> {
        let most = i64::from(WINDOW_FRAMES);
        match self.audio_ctx {
            AudioCtx::Fixed(frames) => {
                within("audio_ctx", frames.into(), 64, most)?;
                if i64::from(frames) * FRAME_MS < self.longest_window_ms {
                    return problem("audio_ctx", "is shorter than `longest_window_ms`");
                }
                Ok(())
            }
            AudioCtx::Covering {
                min,
                multiple_of,
                margin_frames,
            } => {
                within("audio_ctx.covering.min", min.into(), 64, most)?;
                within("audio_ctx.covering.multiple_of", multiple_of.into(), 1, 256)?;
                let margin = margin_frames.into();
                within("audio_ctx.covering.margin_frames", margin, 0, most)
            }
        }
    }

    /// Whether the model can do what the profile asks.
    fn fits(&self, facts: &ModelFacts) -> Result<(), ProfileProblem> {
        let frames = self.audio_ctx.frames(self.longest_window_ms);
        if frames > facts.audio_ctx {
            let message = format!("needs {frames} frames, the model has {}", facts.audio_ctx);
            return problem("audio_ctx", message);
        }
        if self.timestamps && !facts.timestamps {
            let message = "must be false: whisper.cpp forces models with two decoder layers";
            return problem("timestamps", message);
        }
        for [layer, head] in self.dtw_heads.iter().flatten() {
            if *layer >= facts.text_layers || *head >= facts.text_heads {
                let message = format!("names [{layer}, {head}], which the model does not have");
                return problem("dtw_heads", message);
            }
        }
        if !facts.multilingual && self.language != "en" {
            return problem("language", "must be \"en\": the model knows English only");
        }
        Ok(())
    }
}

fn problem<T>(field: &'static str, message: impl Into<String>) -> Result<T, ProfileProblem> {
    Err(ProfileProblem {
        field,
        message: message.into(),
    })
}

fn within(field: &'static str, value: i64, least: i64, most: i64) -> Result<(), ProfileProblem> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let message = format!("is {value}, not between {least} and {most}");
    problem(field, message)
}

fn value(path: &Path, source: ProfileProblem) -> ModelError {
    ModelError::ProfileValue {
        path: path.to_owned(),
        source,
    }
}

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSource {
    /// The demo model, for the sample calls.
    Embedded,
    /// A whisper.cpp model file.
    File(PathBuf),
}

/// Where whisper.cpp gets the model from.
#[derive(Clone, PartialEq, Eq)]
pub enum ModelBytes {
    Memory(Vec<u8>),
    /// Not read into memory here.
    File(PathBuf),
}

/// Without the millions of bytes.
impl fmt::Debug for ModelBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelBytes::Memory(bytes) => write!(f, "Memory({} bytes)", bytes.len()),
            ModelBytes::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

/// A model that was checked, with all that is known about it.
#[derive(Debug, Clone)]
pub struct LoadedModel {
    /// The file's name without `.bin`.
    pub name: String,
    pub bytes: ModelBytes,
    /// BLAKE3 of the model's bytes (unpacked), hexadecimal.
    pub key: String,
    pub profile: Profile,
    pub facts: ModelFacts,
}

impl LoadedModel {
    /// The language to transcribe in: the configured one, or else the profile's. [`AUTO`] stays
    /// where the model can tell languages apart; otherwise there is nothing to detect.
    ///
    /// # Errors
    /// [`ModelError::EnglishOnly`] and [`ModelError::UnknownLanguage`] where the model does not
    /// know the language.
    pub fn language<'a>(&'a self, configured: Option<&'a str>) -> Result<&'a str, ModelError> {
        let language = configured.unwrap_or(&self.profile.language);
        let languages = self.facts.languages;
        match language {
            AUTO if languages == 0 => Ok("en"),
            "en" | AUTO => Ok(language),
            _ if languages == 0 => Err(ModelError::EnglishOnly {
                name: self.name.clone(),
                language: language.to_owned(),
            }),
            _ if whisper::language_id(language, languages).is_none() => {
                Err(ModelError::UnknownLanguage {
                    name: self.name.clone(),
                    language: language.to_owned(),
                })
            }
            _ => Ok(language),
        }
    }
}

impl ModelSource {
    /// The model's name: the file's without `.bin`.
    pub fn name(&self) -> String {
        match self {
            ModelSource::Embedded => EMBEDDED_NAME.to_owned(),
            ModelSource::File(path) => {
                let stem = path.file_stem().unwrap_or(path.as_os_str());
                stem.to_string_lossy().into_owned()
            }
        }
    }

    /// Checks the model and reads its profile. A file is read once, for its key, and not kept.
    ///
    /// # Errors
    /// The file cannot be read or is no whole model, or its profile is wrong or does not fit it.
    pub fn load(&self) -> Result<LoadedModel, ModelError> {
        match self {
            ModelSource::Embedded => load_embedded(),
            ModelSource::File(path) => load_file(path),
        }
    }
}

fn load_embedded() -> Result<LoadedModel, ModelError> {
    let unpack = |source| ModelError::Unpack { source };
    let bytes = zstd::decode_all(EMBEDDED_MODEL).map_err(unpack)?;
    let name = EMBEDDED_NAME.to_owned();
    let facts = check(Cursor::new(&bytes), bytes.len() as u64).map_err(broken(&name))?;
    let path = PathBuf::from(format!("{EMBEDDED_NAME}.toml"));
    let profile = Profile::parse(EMBEDDED_PROFILE, &path)?;
    profile
        .fits(&facts)
        .map_err(|source| value(&path, source))?;
    Ok(LoadedModel {
        name,
        key: blake3::hash(&bytes).to_hex().to_string(),
        bytes: ModelBytes::Memory(bytes),
        profile,
        facts,
    })
}

fn load_file(path: &Path) -> Result<LoadedModel, ModelError> {
    let read = |source| ModelError::Read {
        path: path.to_owned(),
        source,
    };
    let file = limits::open(path).map_err(read)?;
    let len = file.metadata().map_err(read)?.len();
    let facts = check(&file, len).map_err(broken(&path.display().to_string()))?;
    let profile = profile_beside(path, &facts)?;
    let key = key_of(&file).map_err(read)?;
    Ok(LoadedModel {
        name: ModelSource::File(path.to_owned()).name(),
        bytes: ModelBytes::File(path.to_owned()),
        key,
        profile,
        facts,
    })
}

/// BLAKE3 of a whole file, hexadecimal.
pub(super) fn key_of(mut file: &File) -> io::Result<String> {
    file.rewind()?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file)?;
    Ok(hasher.finalize().to_hex().to_string())
}

pub(super) fn broken(name: &str) -> impl FnOnce(ModelFileError) -> ModelError {
    move |source| ModelError::Broken {
        name: name.to_owned(),
        source,
    }
}

/// The profile in the `.toml` beside a model; without one, Whisper's, with times where whisper.cpp
/// allows them.
fn profile_beside(model: &Path, facts: &ModelFacts) -> Result<Profile, ModelError> {
    let path = model.with_extension("toml");
    let profile = match limits::read_text(&path, SETTINGS_BYTES) {
        Ok(text) => Profile::parse(&text, &path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Profile {
            timestamps: facts.timestamps,
            ..Profile::whisper_default()
        },
        Err(source) => return Err(ModelError::ProfileRead { path, source }),
    };
    profile.fits(facts).map_err(|source| value(&path, source))?;
    Ok(profile)
}

/// A model that could be used, and whether its file is whole.
#[derive(Debug)]
pub struct ListedModel {
    pub name: String,
    pub source: ModelSource,
    /// Bytes, unpacked.
    pub bytes: u64,
    pub facts: Result<ModelFacts, ModelFileError>,
}

/// The built-in model, then the `*.bin` files in `dirs` by folder and name. A folder that is not
/// there holds none; a broken file is listed with what is wrong.
///
/// # Errors
/// A folder or file that cannot be read.
pub fn list(dirs: &[PathBuf]) -> Result<Vec<ListedModel>, ModelError> {
    let embedded = load_embedded()?;
    let bytes = match &embedded.bytes {
        ModelBytes::Memory(bytes) => bytes.len() as u64,
        ModelBytes::File(_) => unreachable!("the built-in model is in memory"),
    };
    let mut models = vec![ListedModel {
        name: embedded.name,
        source: ModelSource::Embedded,
        bytes,
        facts: Ok(embedded.facts),
    }];
    for dir in dirs {
        for path in model_files(dir)? {
            models.push(list_file(path)?);
        }
    }
    Ok(models)
}

fn model_files(dir: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let read = |source| ModelError::Read {
        path: dir.to_owned(),
        source,
    };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(read(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(read)?.path();
        if path.extension().is_some_and(|e| e == "bin") && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn list_file(path: PathBuf) -> Result<ListedModel, ModelError> {
    let open = || {
        let file = limits::open(&path)?;
        let bytes = file.metadata()?.len();
        Ok((file, bytes))
    };
    let (file, bytes) = open().map_err(|source| ModelError::Read {
        path: path.clone(),
        source,
    })?;
    let source = ModelSource::File(path);
    Ok(ListedModel {
        name: source.name(),
        source,
        bytes,
        facts: check(&file, bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    fn parse(change: (&str, &str)) -> Result<Profile, ModelError> {
        assert!(EMBEDDED_PROFILE.contains(change.0), "{}", change.0);
        let text = EMBEDDED_PROFILE.replacen(change.0, change.1, 1);
        Profile::parse(&text, Path::new("test.toml"))
    }

    /// A copy of the built-in model in a folder, as a file.
    fn demo_in(dir: &Path) -> PathBuf {
        let path = dir.join("demo.bin");
        std::fs::write(&path, zstd::decode_all(EMBEDDED_MODEL).unwrap()).unwrap();
        path
    }

    #[test]
    fn the_built_in_model_loads_with_its_profile() {
        let model = ModelSource::Embedded.load().unwrap();
        assert_eq!(model.name, "callibrate-demo-en-q5_0");
        assert_eq!(model.profile.join_gap_ms, None);
        assert_eq!(model.profile.longest_window_ms, 10_000);
        assert_eq!(model.language(None).unwrap(), "en");
        let error = model.language(Some("de")).unwrap_err().to_string();
        assert!(error.contains("English only"), "{error}");
        assert_eq!(model.language(Some(AUTO)).unwrap(), "en");
    }

    #[test]
    fn a_multilingual_model_takes_the_languages_that_it_has() {
        let mut model = ModelSource::Embedded.load().unwrap();
        model.facts.languages = 99;
        for known in [AUTO, "en", "de", "su"] {
            assert_eq!(model.language(Some(known)).unwrap(), known);
        }
        // Cantonese came with large-v3.
        for unknown in ["yue", "xx", "german"] {
            let error = model.language(Some(unknown)).unwrap_err();
            assert!(matches!(error, ModelError::UnknownLanguage { .. }));
        }
        model.facts.languages = 100;
        assert_eq!(model.language(Some("yue")).unwrap(), "yue");
    }

    #[test]
    fn a_file_is_the_same_model_as_the_built_in_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = demo_in(dir.path());
        let built_in = ModelSource::Embedded.load().unwrap();
        let file = ModelSource::File(path.clone()).load().unwrap();
        assert_eq!((&file.key, &file.facts), (&built_in.key, &built_in.facts));
        assert_eq!(file.name, "demo");
        assert_eq!(file.profile, Profile::whisper_default());
        assert_eq!(file.bytes, ModelBytes::File(path.clone()));

        std::fs::write(path.with_extension("toml"), EMBEDDED_PROFILE).unwrap();
        let with_profile = ModelSource::File(path).load().unwrap();
        assert_eq!(with_profile.profile, built_in.profile);
    }

    #[test]
    fn a_profile_must_fit_its_model() {
        let dir = tempfile::tempdir().unwrap();
        let path = demo_in(dir.path());
        for (change, text) in [
            (("\"en\"", "\"de\""), "knows English only"),
            (
                ("dtw_heads = [[1, 0]", "dtw_heads = [[3, 0]"),
                "names [3, 0]",
            ),
        ] {
            let profile = EMBEDDED_PROFILE.replacen(change.0, change.1, 1);
            std::fs::write(path.with_extension("toml"), profile).unwrap();
            let error = ModelSource::File(path.clone()).load().unwrap_err();
            let cause = error.source().unwrap().to_string();
            assert!(cause.contains(text), "{cause}");
        }
        let two_layers = ModelFacts {
            timestamps: false,
            ..ModelSource::Embedded.load().unwrap().facts
        };
        assert!(Profile::whisper_default().fits(&two_layers).is_err());
        let without = profile_beside(Path::new("nowhere/x.bin"), &two_layers).unwrap();
        assert!(!without.timestamps);
    }

    #[test]
    fn fields_of_a_profile_have_bounds() {
        Profile::whisper_default().validate().unwrap();
        let fixed = "{ fixed = 300 }";
        let covering = "{ covering = { min = 256, multiple_of = 32, margin_frames = 25 } }";
        for (change, text) in [
            (("= 10000", "= 30000"), "`longest_window_ms` is 30000"),
            (("lead_ms = 200", "lead_ms = -1"), "`lead_ms` is -1"),
            ((covering, fixed), "shorter than `longest_window_ms`"),
            (("multiple_of = 32", "multiple_of = 0"), "multiple_of` is 0"),
            (("= 0.6", "= nan"), "`no_speech_threshold` must"),
            (("= -1.0", "= 1.0"), "`logprob_threshold` must"),
            (("\"en\"", "\"English\""), "`language` must"),
            (
                ("dtw_heads = [[1, 0], [1, 1]]", "dtw_heads = []"),
                "names no head",
            ),
            (("= -140", "= -9000000000000000000"), "`dtw_shift_ms` is -9"),
            (("= -140", "= 2001"), "not between -2000 and 2000"),
            (
                ("timestamps =", "join_gap_ms = -1\ntimestamps ="),
                "`join_gap_ms` is -1",
            ),
            (("timestamps =", "times ="), "unknown field `times`"),
            (("timestamps = true", ""), "missing field `timestamps`"),
            (
                ("margin_frames", "margin"),
                "unexpected keys in table: margin",
            ),
        ] {
            let error = parse(change).unwrap_err();
            let cause = error.source().unwrap().to_string();
            assert!(cause.contains(text), "{cause}");
        }
    }

    #[test]
    fn audio_ctx_covers_the_sound() {
        let covering = parse(("", "")).unwrap().audio_ctx;
        let frames = [0, 20, 4620, 4621, 10_000].map(|ms| covering.frames(ms));
        assert_eq!(frames, [256, 256, 256, 288, 544]);
        assert_eq!(covering.frames(i64::MAX), 1500);
        assert_eq!(AudioCtx::Fixed(1472).frames(5), 1472);
    }

    #[test]
    fn models_are_listed_whole_or_not() {
        let dir = tempfile::tempdir().unwrap();
        demo_in(dir.path());
        std::fs::write(dir.path().join("broken.bin"), b"lmgg").unwrap();
        std::fs::write(dir.path().join("notes.txt"), b"no model").unwrap();
        let dirs = [dir.path().to_owned(), dir.path().join("missing")];
        let models = list(&dirs).unwrap();
        let names: Vec<_> = models.iter().map(|m| m.name.as_str()).collect();
        assert_eq!(names, ["callibrate-demo-en-q5_0", "broken", "demo"]);
        assert!(models[0].facts.is_ok() && models[1].facts.is_err() && models[2].facts.is_ok());
        assert_eq!(models[0].bytes, models[2].bytes);
    }

    #[test]
    fn a_broken_file_is_named_with_a_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = demo_in(dir.path());
        let file = File::options().write(true).open(&path).unwrap();
        file.set_len(5_000_000).unwrap();
        let error = ModelSource::File(path).load().unwrap_err();
        assert!(error.to_string().contains("demo.bin"), "{error}");
        assert_eq!(error.hint(), "the file is cut short: download it again");
        let gone = ModelSource::File(dir.path().join("gone.bin")).load();
        assert!(matches!(gone, Err(ModelError::Read { .. })));
    }
}
