//! Model files: is this a whole whisper.cpp model, and what is in it?
//!
//! whisper.cpp trusts the file that it loads. Cut inside the header it aborts the process; cut
//! inside the last tensor, or right after the vocabulary, it loads and transcribes garbage. So
//! each file is walked here first, by the rules of `whisper_model_load` (whisper.cpp 1.8.3):
//! every field has bounds, every tensor must be there once with its shape and type, and the last
//! one must end where the file ends. Sizes are not compared with a list of known models.
//!
//! Left out on purpose: the weights themselves are not looked at (a content hash tells two files
//! apart), and GGUF, safetensors and PyTorch files are only refused.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Seek};

use serde::Serialize;

/// `ggml` as a little-endian number: the first four bytes of a whisper.cpp model.
const MAGIC: u32 = 0x6767_6d6c;
/// Frequency bins per filter: 1 + 400 / 2 for whisper.cpp's FFT. It reads past its buffer when a
/// file says more.
const FFT_BINS: i32 = 201;
/// Text tokens of GPT-2; whisper.cpp names only the special tokens after them by itself.
const TEXT_TOKENS: i32 = 50_256;
/// From here on a vocabulary is multilingual (`whisper_vocab::is_multilingual`).
const MULTILINGUAL_FROM: i32 = 51_865;
/// The longest of GPT-2's tokens has 128 bytes.
const LONGEST_TOKEN: u32 = 1024;
/// The longest expected name has 41 bytes.
const LONGEST_NAME: i32 = 128;
/// `ftype` is quantisation version × 1000 + kind of weights.
const VERSION_FACTOR: i32 = 1000;
const QUANTISATION_VERSION: i32 = 2;
/// Small, since a walk reads a few bytes and jumps far.
const BUFFER: usize = 8 * 1024;

/// What a whole model file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelFacts {
    /// Tokens, special ones included.
    pub n_vocab: u32,
    pub multilingual: bool,
    /// Mel bands per frame.
    pub n_mels: u32,
    /// Encoder frames of 20 ms in a full window; 1500 for Whisper.
    pub audio_ctx: u32,
    pub audio_layers: u32,
    /// Width of the encoder, and of the decoder.
    pub audio_state: u32,
    pub text_layers: u32,
    /// Attention heads per decoder layer.
    pub text_heads: u32,
    /// Kind of the large weights: `f16`, `q5_0`, …
    pub ftype: &'static str,
    /// OpenAI's name for an encoder of this size (`base`), or `other`.
    pub size: &'static str,
    pub tensors: usize,
    /// Languages that the model tells apart, the first of whisper.cpp's; 0 for English only.
    pub languages: u32,
    /// Whether whisper.cpp lets the model give times: it takes two decoder layers for a
    /// first-generation Distil-Whisper and forces `no_timestamps`, except with the 51866 tokens
    /// of large-v3.
    pub timestamps: bool,
}

/// Why a file is no usable model, and where in the file that shows.
#[derive(Debug, thiserror::Error)]
#[error("at byte {at}: {problem}")]
pub struct ModelFileError {
    /// Bytes from the file's start.
    pub at: u64,
    pub problem: ModelProblem,
}

/// What is wrong with a model file.
#[derive(Debug, thiserror::Error)]
pub enum ModelProblem {
    #[error("the file cannot be read: {0}")]
    Read(io::Error),
    #[error("the file is empty")]
    Empty,
    #[error("it does not begin like a whisper.cpp model (0x{found:08x} instead of 0x67676d6c)")]
    Magic { found: u32 },
    #[error("it is a GGUF file, which whisper.cpp does not read")]
    Gguf,
    #[error("the file ends inside {part}, {missing} bytes early")]
    CutShort { part: String, missing: u64 },
    #[error("{field} is {value}, not between {least} and {most}")]
    OutOfBounds {
        field: String,
        value: i64,
        least: i64,
        most: i64,
    },
    #[error("{heads} attention heads do not divide a width of {state}")]
    Heads { heads: i32, state: i32 },
    #[error("the decoder is {text} wide and the encoder {audio}")]
    Widths { audio: i32, text: i32 },
    #[error("weights of kind {kind} are not supported")]
    Kind { kind: i32 },
    #[error("weights were quantised by version {version} of the method, not 2")]
    QuantisationVersion { version: i32 },
    #[error("a width of {state} does not fill the blocks of {block} that {ftype} needs")]
    Blocks {
        state: i32,
        block: u64,
        ftype: &'static str,
    },
    #[error("a mel filter holds a value that is not a number")]
    Filter,
    #[error("the vocabulary has no blank, which whisper.cpp cannot do without")]
    NoBlank,
    #[error("the file ends after the vocabulary, without any weights")]
    NoWeights,
    #[error("a tensor is called {name:?}, which no model of this size has")]
    UnknownTensor { name: String },
    #[error("tensor {name} is there twice")]
    DuplicateTensor { name: String },
    #[error("tensor {name} has type {found} instead of {expected}")]
    TensorType {
        name: String,
        found: i32,
        expected: i32,
    },
    #[error("tensor {name} has shape {found:?} instead of {expected:?}")]
    TensorShape {
        name: String,
        found: [i32; 4],
        expected: [i32; 4],
    },
    #[error("the file ends without {count} of its tensors, the first of them {first}")]
    MissingTensors { first: String, count: usize },
    #[error("{bytes} bytes follow the last tensor")]
    TrailingBytes { bytes: u64 },
}

impl ModelFileError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self.problem {
            ModelProblem::Read(_) => "check that the file is still there and that you may read it",
            ModelProblem::Empty
            | ModelProblem::CutShort { .. }
            | ModelProblem::NoWeights
            | ModelProblem::MissingTensors { .. } => "the file is cut short: download it again",
            ModelProblem::Magic { .. } | ModelProblem::Gguf => {
                "use a model in whisper.cpp's own format, such as ggml-base.en.bin"
            }
            ModelProblem::Kind { .. } | ModelProblem::Blocks { .. } => {
                "use the model as f16, q8_0 or q5_0"
            }
            ModelProblem::QuantisationVersion { .. } => {
                "quantise the model again with a current whisper.cpp"
            }
            _ => "the file is damaged or was not written by whisper.cpp's tools: download it again",
        }
    }
}

/// Walks a model of `len` bytes from its start; reads headers and the vocabulary, jumps over the
/// weights, and keeps nothing larger than the list of tensors.
///
/// # Errors
/// What is wrong first, and at which byte.
pub fn check(reader: impl Read + Seek, len: u64) -> Result<ModelFacts, ModelFileError> {
    layout(reader, len).map(|layout| layout.facts)
}

/// Where things lie in a whole model file.
pub(super) struct Layout {
    pub facts: ModelFacts,
    /// How the large weights are kept.
    pub weights: Weights,
    /// In the order of the file, from the end of the vocabulary to the end of the file without
    /// gaps.
    pub tensors: Vec<Tensor>,
}

/// One tensor of a file.
pub(super) struct Tensor {
    pub name: String,
    pub role: Role,
    pub weights: Weights,
    pub values: u64,
    /// Where its header begins, in bytes from the file's start.
    pub at: u64,
    /// Where its values begin.
    pub data: u64,
}

/// The byte of a file that `ftype` begins at: after the magic and ten numbers.
pub(super) const FTYPE_AT: u64 = 44;
/// Bytes from the start of a tensor's header to its type.
pub(super) const TENSOR_TYPE_AT: u64 = 8;

/// As [`check`], and tells where each tensor lies.
pub(super) fn layout(reader: impl Read + Seek, len: u64) -> Result<Layout, ModelFileError> {
    let mut walk = Walk {
        reader: BufReader::with_capacity(BUFFER, reader),
        at: 0,
        len,
    };
    check_magic(&mut walk)?;
    let header = Header::read(&mut walk)?;
    check_filters(&mut walk, header.n_mels)?;
    check_vocabulary(&mut walk, header.n_vocab)?;
    let tensors = check_tensors(&mut walk, &header)?;
    Ok(Layout {
        facts: header.facts(tensors.len()),
        weights: header.weights,
        tensors,
    })
}

/// A reader that knows where it is and refuses to go past the end.
struct Walk<R> {
    reader: BufReader<R>,
    at: u64,
    len: u64,
}

impl<R: Read + Seek> Walk<R> {
    fn left(&self) -> u64 {
        self.len - self.at
    }

    fn fail<T>(&self, problem: ModelProblem) -> Result<T, ModelFileError> {
        Err(ModelFileError {
            at: self.at,
            problem,
        })
    }

    /// Fails unless `bytes` more are there. `part` says what they belong to.
    fn need(&self, bytes: u64, part: &str) -> Result<(), ModelFileError> {
        if bytes <= self.left() {
            return Ok(());
        }
        self.fail(ModelProblem::CutShort {
            part: part.to_owned(),
            missing: bytes - self.left(),
        })
    }

    fn fill(&mut self, buffer: &mut [u8], part: &str) -> Result<(), ModelFileError> {
        let bytes = buffer.len() as u64;
        self.need(bytes, part)?;
        if let Err(error) = self.reader.read_exact(buffer) {
            return self.fail(ModelProblem::Read(error));
        }
        self.at += bytes;
        Ok(())
    }

    fn u32(&mut self, part: &str) -> Result<u32, ModelFileError> {
        let mut buffer = [0; 4];
        self.fill(&mut buffer, part)?;
        Ok(u32::from_le_bytes(buffer))
    }

    fn i32(&mut self, part: &str) -> Result<i32, ModelFileError> {
        Ok(self.u32(part)?.cast_signed())
    }

    /// Reads a number that must lie within `least..=most`.
    fn bounded(&mut self, field: &str, least: i32, most: i32) -> Result<i32, ModelFileError> {
        let at = self.at;
        let value = self.i32(field)?;
        if (least..=most).contains(&value) {
            return Ok(value);
        }
        Err(ModelFileError {
            at,
            problem: ModelProblem::OutOfBounds {
                field: field.to_owned(),
                value: value.into(),
                least: least.into(),
                most: most.into(),
            },
        })
    }

    /// Jumps over `bytes`. The last of them is read, since a seek succeeds past a file's end.
    fn skip(&mut self, bytes: u64, part: &str) -> Result<(), ModelFileError> {
        self.need(bytes, part)?;
        let Some(jump) = bytes.checked_sub(1) else {
            return Ok(());
        };
        let mut last = [0];
        let read = self
            .reader
            .seek_relative(jump.cast_signed())
            .and_then(|()| self.reader.read_exact(&mut last));
        if let Err(error) = read {
            return self.fail(ModelProblem::Read(error));
        }
        self.at += bytes;
        Ok(())
    }
}

fn check_magic<R: Read + Seek>(walk: &mut Walk<R>) -> Result<(), ModelFileError> {
    if walk.len == 0 {
        return walk.fail(ModelProblem::Empty);
    }
    let found = walk.u32("the first four bytes")?;
    let problem = match found {
        MAGIC => return Ok(()),
        _ if found == u32::from_le_bytes(*b"GGUF") => ModelProblem::Gguf,
        _ => ModelProblem::Magic { found },
    };
    Err(ModelFileError { at: 0, problem })
}

/// How one kind of weights lies in a file: `block` values take `bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weights {
    pub name: &'static str,
    /// `ggml_type`.
    pub id: i32,
    pub block: u64,
    pub bytes: u64,
}

impl Weights {
    const fn new(name: &'static str, id: i32, block: u64, bytes: u64) -> Self {
        Self {
            name,
            id,
            block,
            bytes,
        }
    }

    pub const F32: Self = Self::new("f32", 0, 1, 4);
    pub const F16: Self = Self::new("f16", 1, 1, 2);
    pub const BF16: Self = Self::new("bf16", 30, 1, 2);
    pub const Q8_0: Self = Self::new("q8_0", 8, 32, 34);
    pub const Q5_0: Self = Self::new("q5_0", 6, 32, 22);

    /// By `ggml_ftype`: the kinds that whisper.cpp's own tools write. Sizes are those asserted in
    /// `ggml-common.h`.
    fn of_kind(kind: i32) -> Option<Self> {
        Some(match kind {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::new("q4_0", 2, 32, 18),
            3 => Self::new("q4_1", 3, 32, 20),
            7 => Self::Q8_0,
            8 => Self::Q5_0,
            9 => Self::new("q5_1", 7, 32, 24),
            10 => Self::new("q2_K", 10, 256, 84),
            11 => Self::new("q3_K", 11, 256, 110),
            12 => Self::new("q4_K", 12, 256, 144),
            13 => Self::new("q5_K", 13, 256, 176),
            14 => Self::new("q6_K", 14, 256, 210),
            24 => Self::BF16,
            _ => return None,
        })
    }

    pub fn is_quantised(self) -> bool {
        self.block > 1
    }

    /// Bytes of so many values, which fill whole blocks. At most 4096 × 51866 values of 4 bytes,
    /// so no overflow.
    pub fn bytes_of(self, values: u64) -> u64 {
        values / self.block * self.bytes
    }
}

/// The eleven numbers after the magic, within their bounds and consistent with each other.
#[derive(Debug, Clone, Copy)]
struct Header {
    n_vocab: i32,
    audio_ctx: i32,
    state: i32,
    audio_layers: i32,
    text_ctx: i32,
    text_heads: i32,
    text_layers: i32,
    n_mels: i32,
    weights: Weights,
}

impl Header {
    fn read<R: Read + Seek>(walk: &mut Walk<R>) -> Result<Self, ModelFileError> {
        let start = walk.at;
        // Vocabulary: the special tokens are counted from its end, and whisper.cpp knows 100
        // languages at most.
        let n_vocab = walk.bounded("n_vocab", 51_864, 51_866)?;
        // Times are counted in 1500 steps of 20 ms.
        let audio_ctx = walk.bounded("n_audio_ctx", 64, 1500)?;
        // The widest known model has 1280; up to 4096 no tensor has more elements than an i32 counts.
        let state = walk.bounded("n_audio_state", 32, 4096)?;
        let audio_heads = walk.bounded("n_audio_head", 1, 64)?;
        // whisper.cpp's graphs hold 4096 nodes and a decoder layer takes up to 88 of them.
        let audio_layers = walk.bounded("n_audio_layer", 1, 40)?;
        // whisper.cpp reserves n_text_ctx × n_vocab scores.
        let text_ctx = walk.bounded("n_text_ctx", 64, 1024)?;
        let text_state = walk.bounded("n_text_state", 32, 4096)?;
        let text_heads = walk.bounded("n_text_head", 1, 64)?;
        let text_layers = walk.bounded("n_text_layer", 1, 40)?;
        let n_mels = walk.bounded("n_mels", 16, 256)?;
        let weights = read_weights(walk, state)?;
        let fail = |problem| Err(ModelFileError { at: start, problem });
        if text_state != state {
            return fail(ModelProblem::Widths {
                audio: state,
                text: text_state,
            });
        }
        for heads in [audio_heads, text_heads] {
            if state % heads != 0 {
                return fail(ModelProblem::Heads { heads, state });
            }
        }
        Ok(Self {
            n_vocab,
            audio_ctx,
            state,
            audio_layers,
            text_ctx,
            text_heads,
            text_layers,
            n_mels,
            weights,
        })
    }

    fn facts(&self, tensors: usize) -> ModelFacts {
        let size = match (self.audio_layers, self.state) {
            (4, 384) => "tiny",
            (6, 512) => "base",
            (12, 768) => "small",
            (24, 1024) => "medium",
            (32, 1280) => "large",
            _ => "other",
        };
        ModelFacts {
            n_vocab: self.n_vocab.cast_unsigned(),
            multilingual: self.n_vocab >= MULTILINGUAL_FROM,
            n_mels: self.n_mels.cast_unsigned(),
            audio_ctx: self.audio_ctx.cast_unsigned(),
            audio_layers: self.audio_layers.cast_unsigned(),
            audio_state: self.state.cast_unsigned(),
            text_layers: self.text_layers.cast_unsigned(),
            text_heads: self.text_heads.cast_unsigned(),
            ftype: self.weights.name,
            size,
            tensors,
            // `whisper_vocab::num_languages`
            languages: match self.n_vocab {
                n if n >= MULTILINGUAL_FROM => (n - 51_766).cast_unsigned(),
                _ => 0,
            },
            timestamps: self.text_layers != 2 || self.n_vocab == 51_866,
        }
    }
}

/// Reads `ftype`. whisper.cpp aborts on a kind that it does not know, and on rows that do not
/// fill whole blocks; it does not look at the version, which older layouts differ in.
fn read_weights<R: Read + Seek>(walk: &mut Walk<R>, state: i32) -> Result<Weights, ModelFileError> {
    let at = walk.at;
    let ftype = walk.i32("ftype")?;
    let (kind, version) = (ftype % VERSION_FACTOR, ftype / VERSION_FACTOR);
    let fail = |problem| Err(ModelFileError { at, problem });
    let Some(weights) = Weights::of_kind(kind) else {
        return fail(ModelProblem::Kind { kind: ftype });
    };
    let plain = version == 0 && !weights.is_quantised();
    if version != QUANTISATION_VERSION && !plain {
        return fail(ModelProblem::QuantisationVersion { version });
    }
    if u64::from(state.cast_unsigned()) % weights.block != 0 {
        return fail(ModelProblem::Blocks {
            state,
            block: weights.block,
            ftype: weights.name,
        });
    }
    Ok(weights)
}

/// The mel filter bank: `n_mels` rows of [`FFT_BINS`] floats.
fn check_filters<R: Read + Seek>(walk: &mut Walk<R>, n_mels: i32) -> Result<(), ModelFileError> {
    // whisper.cpp writes past its buffer when the filters have more bands than the model.
    walk.bounded("the number of mel filters", n_mels, n_mels)?;
    walk.bounded("the number of frequency bins", FFT_BINS, FFT_BINS)?;
    for _ in 0..n_mels {
        let mut row = [0; 4 * FFT_BINS as usize];
        let at = walk.at;
        walk.fill(&mut row, "the mel filters")?;
        let (values, _) = row.as_chunks::<4>();
        if values.iter().any(|v| !f32::from_le_bytes(*v).is_finite()) {
            let problem = ModelProblem::Filter;
            return Err(ModelFileError { at, problem });
        }
    }
    Ok(())
}

/// The text tokens: length and bytes each. Pieces of characters and empty ones are allowed.
/// whisper.cpp ends the process at the first window if none of them is a single blank.
fn check_vocabulary<R: Read + Seek>(
    walk: &mut Walk<R>,
    n_vocab: i32,
) -> Result<(), ModelFileError> {
    let start = walk.at;
    let tokens = walk.bounded("the number of text tokens", TEXT_TOKENS, n_vocab)?;
    let mut blank = false;
    for token in 0..tokens {
        let at = walk.at;
        let len = walk.u32("the vocabulary")?;
        if len > LONGEST_TOKEN {
            let problem = ModelProblem::OutOfBounds {
                field: format!("the length of token {token}"),
                value: len.into(),
                least: 0,
                most: LONGEST_TOKEN.into(),
            };
            return Err(ModelFileError { at, problem });
        }
        if len == 1 {
            let mut byte = [0];
            walk.fill(&mut byte, "the vocabulary")?;
            blank |= byte == *b" ";
        } else {
            walk.skip(len.into(), "the vocabulary")?;
        }
    }
    if !blank {
        let problem = ModelProblem::NoBlank;
        return Err(ModelFileError { at: start, problem });
    }
    Ok(())
}

/// What one tensor must look like; dimensions that it does not have are 1.
#[derive(Debug, Clone, Copy)]
struct TensorSpec {
    role: Role,
    weights: Weights,
    shape: [i32; 4],
    seen: bool,
}

/// What a tensor is for, which decides how whisper.cpp wants it kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A matrix, kept as the file's `ftype` says.
    Matrix,
    /// f32 in an f32 model, and f16 in all others.
    Convolution,
    /// A bias, a norm or positions: always f32.
    Plain,
}

impl Role {
    /// How a tensor of this role is kept in a model whose matrices are kept in `matrices`.
    pub fn weights(self, matrices: Weights) -> Weights {
        match self {
            Role::Matrix => matrices,
            Role::Convolution if matrices == Weights::F32 => Weights::F32,
            Role::Convolution => Weights::F16,
            Role::Plain => Weights::F32,
        }
    }
}

impl TensorSpec {
    fn values(&self) -> u64 {
        let sizes = self.shape.iter().map(|n| u64::from(n.cast_unsigned()));
        sizes.product()
    }
}

/// Every tensor of a model with this header: 11 + 15 per encoder layer + 24 per decoder layer
/// (`whisper_model_load` and `ASR_TENSOR_NAMES`).
fn expected_tensors(header: &Header) -> BTreeMap<String, TensorSpec> {
    let state = header.state;
    let mut specs = BTreeMap::new();
    let mut add = |name: String, role: Role, rows: [i32; 3]| {
        let shape = [rows[0], rows[1], rows[2], 1];
        let seen = false;
        specs.insert(
            name,
            TensorSpec {
                role,
                weights: role.weights(header.weights),
                shape,
                seen,
            },
        );
    };
    let plain = Role::Plain;
    let side = |s: &str, name: &str| format!("{s}.{name}");
    for (s, ctx, norm) in [
        ("encoder", header.audio_ctx, "ln_post"),
        ("decoder", header.text_ctx, "ln"),
    ] {
        add(side(s, "positional_embedding"), plain, [state, ctx, 1]);
        add(side(s, &format!("{norm}.weight")), plain, [state, 1, 1]);
        add(side(s, &format!("{norm}.bias")), plain, [state, 1, 1]);
    }
    for (conv, bands) in [("conv1", header.n_mels), ("conv2", state)] {
        let name = format!("encoder.{conv}.weight");
        add(name, Role::Convolution, [3, bands, state]);
        add(format!("encoder.{conv}.bias"), plain, [1, state, 1]);
    }
    let embedding = "decoder.token_embedding.weight".to_owned();
    add(embedding, Role::Matrix, [state, header.n_vocab, 1]);
    for (s, layers, attentions) in [
        ("encoder", header.audio_layers, &["attn"][..]),
        ("decoder", header.text_layers, &["attn", "cross_attn"][..]),
    ] {
        for layer in 0..layers {
            let block = format!("{s}.blocks.{layer}");
            add_block(&block, state, attentions, &mut add);
        }
    }
    specs
}

/// The tensors of one layer: a feed-forward part and its attentions.
fn add_block(
    block: &str,
    state: i32,
    attentions: &[&str],
    add: &mut impl FnMut(String, Role, [i32; 3]),
) {
    let (matrix, plain) = (Role::Matrix, Role::Plain);
    let mut norm = |name: String| {
        add(format!("{block}.{name}.weight"), plain, [state, 1, 1]);
        add(format!("{block}.{name}.bias"), plain, [state, 1, 1]);
    };
    norm("mlp_ln".to_owned());
    for attention in attentions {
        norm(format!("{attention}_ln"));
    }
    for (name, from, to) in [("mlp.0", state, 4 * state), ("mlp.2", 4 * state, state)] {
        add(format!("{block}.{name}.weight"), matrix, [from, to, 1]);
        add(format!("{block}.{name}.bias"), plain, [to, 1, 1]);
    }
    for attention in attentions {
        for part in ["query", "key", "value", "out"] {
            let name = format!("{block}.{attention}.{part}");
            add(format!("{name}.weight"), matrix, [state, state, 1]);
            // Whisper's keys have no bias.
            if part != "key" {
                add(format!("{name}.bias"), plain, [state, 1, 1]);
            }
        }
    }
}

/// Walks the tensors to the file's end.
fn check_tensors<R: Read + Seek>(
    walk: &mut Walk<R>,
    header: &Header,
) -> Result<Vec<Tensor>, ModelFileError> {
    let mut specs = expected_tensors(header);
    let mut tensors = Vec::with_capacity(specs.len());
    for done in 0..specs.len() {
        if walk.left() == 0 {
            return walk.fail(missing(&specs, done));
        }
        tensors.push(check_tensor(walk, &mut specs)?);
    }
    match walk.left() {
        0 => Ok(tensors),
        bytes => walk.fail(ModelProblem::TrailingBytes { bytes }),
    }
}

/// The problem of a file that ends after `done` tensors. whisper.cpp takes one without any for an
/// empty model for tests, and loads it.
fn missing(specs: &BTreeMap<String, TensorSpec>, done: usize) -> ModelProblem {
    let first = specs.iter().find(|(_, spec)| !spec.seen);
    match first {
        Some((name, _)) if done > 0 => ModelProblem::MissingTensors {
            first: name.clone(),
            count: specs.len() - done,
        },
        _ => ModelProblem::NoWeights,
    }
}

/// One tensor: number of dimensions, length of the name, type, dimensions, name, data.
fn check_tensor<R: Read + Seek>(
    walk: &mut Walk<R>,
    specs: &mut BTreeMap<String, TensorSpec>,
) -> Result<Tensor, ModelFileError> {
    let at = walk.at;
    let fail = |problem| Err(ModelFileError { at, problem });
    let part = "a tensor's header";
    walk.need(12, part)?;
    let n_dims = walk.bounded("a tensor's number of dimensions", 1, 4)?;
    let name_len = walk.bounded("the length of a tensor's name", 1, LONGEST_NAME)?;
    let found = walk.i32(part)?;
    let mut shape = [1; 4];
    for dimension in shape.iter_mut().take(n_dims as usize) {
        *dimension = walk.i32(part)?;
    }
    let mut name = [0; LONGEST_NAME as usize];
    let name = &mut name[..name_len as usize];
    walk.fill(name, part)?;
    let name = String::from_utf8_lossy(name).into_owned();
    let Some(spec) = specs.get_mut(&name) else {
        return fail(ModelProblem::UnknownTensor { name });
    };
    if spec.seen {
        return fail(ModelProblem::DuplicateTensor { name });
    }
    let expected = spec.weights.id;
    if found != expected {
        return fail(ModelProblem::TensorType {
            name,
            found,
            expected,
        });
    }
    if shape != spec.shape {
        return fail(ModelProblem::TensorShape {
            name,
            found: shape,
            expected: spec.shape,
        });
    }
    spec.seen = true;
    let (role, weights, values) = (spec.role, spec.weights, spec.values());
    let data = walk.at;
    walk.skip(weights.bytes_of(values), &format!("tensor {name}"))?;
    Ok(Tensor {
        name,
        role,
        weights,
        values,
        at,
        data,
    })
}

#[cfg(test)]
mod tests;
