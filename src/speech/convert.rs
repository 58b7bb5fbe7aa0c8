//! Copies of model files with weights that a machine computes faster with.
//!
//! Only the matrices change: whisper.cpp takes convolutions as f16 and biases, norms and positions
//! as f32, and its own quantising tool leaves the same ones alone. What is fast was measured with
//! `benches/speed.rs` and belongs to the kernels that whisper.cpp was built with, so both the
//! processor and the build are asked. Left out: kinds of weights below 8 bits, which are smaller
//! but hardly faster (whisper.cpp's `quantize` writes them), and files that hold such kinds, but
//! for q5_0.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::model_file::{self, FTYPE_AT, Layout, Role, TENSOR_TYPE_AT, Tensor, Weights};
use super::models::{self, ModelError, ModelSource, broken};
use super::whisper;
use crate::limits;

/// Values that are converted at once: whole blocks of every kind.
const CHUNK: usize = 32 * 1024;

/// How the matrices of a copy are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The upper half of an f32: 8 bits of precision.
    Bf16,
    /// Whole numbers of 8 bits, with an f16 for each 32.
    Q8_0,
    /// 11 bits of precision: what whisper.cpp's models are published as.
    F16,
}

impl Kind {
    pub const NAMES: [&str; 3] = ["bf16", "q8_0", "f16"];

    pub fn of_name(name: &str) -> Option<Self> {
        let all = [Self::Bf16, Self::Q8_0, Self::F16];
        all.into_iter().find(|kind| kind.name() == name)
    }

    pub fn name(self) -> &'static str {
        self.weights().name
    }

    /// What a processor needs for it to be fast; f16 needs nothing that others lack.
    pub fn kernel(self) -> Option<&'static str> {
        match self {
            Self::Bf16 => Some("AVX512-BF16"),
            Self::Q8_0 if cfg!(target_arch = "aarch64") => Some("DOTPROD"),
            Self::Q8_0 => Some("AVX2"),
            Self::F16 => None,
        }
    }

    fn weights(self) -> Weights {
        match self {
            Self::Bf16 => Weights::BF16,
            Self::Q8_0 => Weights::Q8_0,
            Self::F16 => Weights::F16,
        }
    }

    /// `ftype` in the header: version of the method × 1000 + `ggml_ftype`.
    fn ftype(self) -> i32 {
        match self {
            Self::Bf16 => 24,
            Self::Q8_0 => 2007,
            Self::F16 => 1,
        }
    }
}

/// What makes some kinds of weights fast, in this processor and in this build of whisper.cpp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernels {
    bf16: Kernel,
    /// Products of whole numbers.
    int8: Kernel,
    gpu: bool,
}

/// Whether one of them is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    There,
    /// The processor has it, and the build leaves it out.
    NotBuilt,
    Missing,
}

impl Kernel {
    fn new(processor: bool, built: bool) -> Self {
        match (processor, built) {
            (true, true) => Self::There,
            (true, false) => Self::NotBuilt,
            (false, _) => Self::Missing,
        }
    }
}

impl Kernels {
    /// Those of this machine.
    pub fn here() -> Self {
        let info = whisper::system_info();
        let built = |name: &str| whisper::has_feature(&info, name);
        Self {
            bf16: Kernel::new(has_bf16(), built("AVX512_BF16")),
            int8: Kernel::new(has_int8(), built("AVX2") || built("DOTPROD")),
            gpu: whisper::backend() != "CPU",
        }
    }

    /// The fastest kind here.
    pub fn best(self) -> Kind {
        let kinds = [Kind::Bf16, Kind::Q8_0, Kind::F16];
        let cost = |kind: &Kind| self.cost(kind.name());
        kinds.into_iter().min_by_key(cost).unwrap_or(Kind::F16)
    }

    /// The order in which kinds of weights are fast, 0 the fastest, as measured on a processor
    /// with AVX-512, VNNI and BF16 (`benches/speed.rs`). bf16 without its kernel is computed value
    /// by value.
    fn cost(self, name: &str) -> u8 {
        match name {
            "bf16" if self.bf16 == Kernel::There => 0,
            "q8_0" if self.int8 == Kernel::There => 1,
            "f32" => 3,
            "bf16" | "q8_0" => 4,
            _ => 2,
        }
    }

    /// Whether the matrices are computed faster as `to` than as they are, or else why not.
    fn faster(self, from: &str, to: Kind) -> Result<(), String> {
        if self.gpu {
            return Err("nobody has measured what is fast on a GPU".to_string());
        }
        if self.cost(to.name()) < self.cost(from) {
            return Ok(());
        }
        let kernel = match to {
            Kind::Bf16 => self.bf16,
            Kind::Q8_0 => self.int8,
            Kind::F16 => Kernel::There,
        };
        let (kind, name) = (to.name(), to.kernel().unwrap_or_default());
        Err(match kernel {
            Kernel::There => format!("{kind} is no faster than {from} here"),
            Kernel::NotBuilt => format!(
                "this build of callibrate does without {name}, which the processor has; one built \
                 on this machine with `make install` uses it"
            ),
            Kernel::Missing => {
                format!("this processor has no {name}, and without it {kind} is slow")
            }
        })
    }
}

fn has_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    let has = std::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    let has = false;
    has
}

fn has_int8() -> bool {
    #[cfg(target_arch = "x86_64")]
    let has = std::is_x86_feature_detected!("avx2");
    #[cfg(target_arch = "aarch64")]
    let has = std::arch::is_aarch64_feature_detected!("dotprod");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let has = false;
    has
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    pub from: PathBuf,
    pub to: PathBuf,
    /// What suits this machine, without one.
    pub kind: Option<Kind>,
    /// Also where the copy is not faster here.
    pub anyway: bool,
}

/// What a copy came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    pub from: &'static str,
    pub to: Kind,
    pub matrices: Count,
    pub convolutions: Count,
    /// Biases, norms and positions.
    pub plain: Count,
    pub file_bytes: [u64; 2],
    /// How far the matrices' values moved: root of the mean square, over that of the values.
    pub moved: f64,
    /// BLAKE3 of the copy, hexadecimal.
    pub key: String,
    /// The profile that was copied with it.
    pub profile: Option<PathBuf>,
    /// Why the copy is not faster here.
    pub not_faster: Option<String>,
}

/// How many tensors, and their bytes before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub tensors: usize,
    pub bytes: [u64; 2],
}

/// A copy that was not made. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("convert to {path}: the name of a model file ends in .bin")]
    Name { path: PathBuf },
    #[error("write {path}: it is there already")]
    Exists { path: PathBuf },
    #[error("write {path}: there is no such folder")]
    NoFolder { path: PathBuf },
    #[error("convert {path}: {reason}")]
    NotFaster { path: PathBuf, reason: String },
    #[error("convert {path}: its weights are {kind} already")]
    Same { path: PathBuf, kind: &'static str },
    #[error("convert {path}: weights of kind {kind} cannot be read here")]
    Source { path: PathBuf, kind: &'static str },
    #[error("convert {path}: a width of {state} does not fill the blocks of 32 that q8_0 needs")]
    Blocks { path: PathBuf, state: u32 },
    #[error("convert {path}: tensor {name} holds values that {kind} cannot hold")]
    Value {
        path: PathBuf,
        name: String,
        kind: &'static str,
    },
    #[error("read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("write {path}")]
    Write { path: PathBuf, source: io::Error },
}

impl ConvertError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Model(e) => e.hint(),
            Self::Name { .. } | Self::Exists { .. } => {
                "choose another name; nothing is overwritten"
            }
            Self::NoFolder { .. } => "make the folder first, or choose another",
            Self::NotFaster { .. } => {
                "the model can be used as it is; `--anyway` writes the copy all the same, for \
                 another machine"
            }
            Self::Same { .. } => "the model can be used as it is",
            Self::Source { .. } => "start from the model as f16, which has not lost precision yet",
            Self::Blocks { .. } => "choose bf16",
            Self::Value { .. } => "the weights are damaged: download the file again",
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "make room on the disk; nothing of the copy is left"
            }
            Self::Read { .. } | Self::Write { .. } => return None,
        })
    }
}

/// Writes a copy of a model, with its profile. It is written aside, checked as any model is, synced
/// and then given its name, which is taken from no other file.
///
/// # Errors
/// [`ConvertError`]; nothing is left behind then.
pub fn convert(order: &Order, kernels: Kernels) -> Result<Converted, ConvertError> {
    let (from, to) = (&order.from, &order.to);
    if to.extension().is_none_or(|e| e != "bin") {
        return Err(ConvertError::Name { path: to.clone() });
    }
    let profiles = [from, to].map(|path| path.with_extension("toml"));
    for path in [to, &profiles[1]] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(ConvertError::Exists { path: path.clone() });
        }
    }
    match fs::metadata(folder_of(to)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(writing(to)(e)),
        Ok(folder) if folder.is_dir() => {}
        _ => return Err(ConvertError::NoFolder { path: to.clone() }),
    }
    // With its profile: a copy with one that cannot be used would be of no use.
    ModelSource::File(from.clone()).load()?;
    let (mut file, len) = open(from).map_err(reading(from))?;
    let layout = model_file::layout(&file, len).map_err(broken(&from.display().to_string()))?;
    let kind = order.kind.unwrap_or_else(|| kernels.best());
    let not_faster = refuse(order, &layout, kind, kernels)?;

    let copy = Aside::beside(to)?;
    let conversion = Conversion {
        from,
        to,
        kind,
        layout: &layout,
    };
    let mut converted = conversion.write(&mut file, len, &copy.file)?;
    converted.not_faster = not_faster;
    converted.key = copy.checked_key()?;
    // First, so that the copy never lies there without it.
    if profiles[0].is_file() {
        let text = fs::read(&profiles[0]).map_err(reading(&profiles[0]))?;
        let copy = Aside::beside(&profiles[1])?;
        (&copy.file)
            .write_all(&text)
            .and_then(|()| copy.file.sync_all())
            .map_err(writing(&profiles[1]))?;
        copy.install()?;
        converted.profile = Some(profiles[1].clone());
    }
    if let Err(error) = copy.install() {
        if let Some(profile) = &converted.profile {
            let _ = fs::remove_file(profile);
        }
        return Err(error);
    }
    Ok(converted)
}

/// Why the copy would not be faster, where it is wanted anyway.
fn refuse(
    order: &Order,
    layout: &Layout,
    kind: Kind,
    kernels: Kernels,
) -> Result<Option<String>, ConvertError> {
    let path = order.from.clone();
    let (from, to) = (layout.weights, kind.weights());
    if from == to {
        let kind = from.name;
        return Err(ConvertError::Same { path, kind });
    }
    const READ: [Weights; 5] = [
        Weights::F32,
        Weights::F16,
        Weights::BF16,
        Weights::Q8_0,
        Weights::Q5_0,
    ];
    if !READ.contains(&from) {
        let kind = from.name;
        return Err(ConvertError::Source { path, kind });
    }
    let state = layout.facts.audio_state;
    if u64::from(state) % to.block != 0 {
        return Err(ConvertError::Blocks { path, state });
    }
    match kernels.faster(from.name, kind) {
        Ok(()) => Ok(None),
        Err(reason) if order.anyway => Ok(Some(reason)),
        Err(reason) => Err(ConvertError::NotFaster { path, reason }),
    }
}

/// One file into another.
struct Conversion<'a> {
    from: &'a Path,
    to: &'a Path,
    kind: Kind,
    layout: &'a Layout,
}

impl Conversion<'_> {
    fn write(&self, source: &mut File, len: u64, target: &File) -> Result<Converted, ConvertError> {
        let writing = writing(self.to);
        let mut source = BufReader::with_capacity(1 << 20, source);
        let mut target = BufWriter::with_capacity(1 << 20, target);
        let mut converted = Converted {
            from: self.layout.weights.name,
            to: self.kind,
            matrices: Count::default(),
            convolutions: Count::default(),
            plain: Count::default(),
            file_bytes: [len, 0],
            moved: 0.0,
            key: String::new(),
            profile: None,
            not_faster: None,
        };
        self.write_head(&mut source, &mut target)?;
        let mut moved = Moved::default();
        for tensor in &self.layout.tensors {
            let weights = tensor.role.weights(self.kind.weights());
            let count = match tensor.role {
                Role::Matrix => &mut converted.matrices,
                Role::Convolution => &mut converted.convolutions,
                Role::Plain => &mut converted.plain,
            };
            count.add(tensor, weights);
            let mut beside = Moved::default();
            let moved = match tensor.role {
                Role::Matrix => &mut moved,
                _ => &mut beside,
            };
            self.write_tensor(tensor, weights, &mut source, &mut target, moved)?;
        }
        let target = target.into_inner().map_err(|e| writing(e.into_error()))?;
        target.sync_all().map_err(writing)?;
        converted.file_bytes[1] = target.metadata().map_err(writing)?.len();
        converted.moved = moved.relative();
        Ok(converted)
    }

    /// Header, filters and vocabulary: all as it was, but for `ftype`.
    fn write_head(
        &self,
        source: &mut BufReader<&mut File>,
        target: &mut impl Write,
    ) -> Result<(), ConvertError> {
        let end = self.layout.tensors.first().map_or(0, |tensor| tensor.at);
        source.rewind().map_err(reading(self.from))?;
        let mut head = vec![0; end as usize];
        source.read_exact(&mut head).map_err(reading(self.from))?;
        let ftype = FTYPE_AT as usize;
        head[ftype..ftype + 4].copy_from_slice(&self.kind.ftype().to_le_bytes());
        target.write_all(&head).map_err(writing(self.to))
    }

    fn write_tensor(
        &self,
        tensor: &Tensor,
        weights: Weights,
        source: &mut BufReader<&mut File>,
        target: &mut impl Write,
        moved: &mut Moved,
    ) -> Result<(), ConvertError> {
        let (reading, writing) = (reading(self.from), writing(self.to));
        source.seek(SeekFrom::Start(tensor.at)).map_err(reading)?;
        let mut header = vec![0; (tensor.data - tensor.at) as usize];
        source.read_exact(&mut header).map_err(reading)?;
        let at = TENSOR_TYPE_AT as usize;
        header[at..at + 4].copy_from_slice(&weights.id.to_le_bytes());
        target.write_all(&header).map_err(writing)?;
        let mut left = tensor.values;
        let mut old = Vec::new();
        while left > 0 {
            let values = left.min(CHUNK as u64);
            left -= values;
            old.resize(tensor.weights.bytes_of(values) as usize, 0);
            source.read_exact(&mut old).map_err(reading)?;
            if weights == tensor.weights {
                target.write_all(&old).map_err(writing)?;
                continue;
            }
            let before = widen(tensor.weights, &old);
            let new = narrow(weights, &before);
            if !moved.add(&before, &widen(weights, &new)) {
                return Err(ConvertError::Value {
                    path: self.from.to_path_buf(),
                    name: tensor.name.clone(),
                    kind: weights.name,
                });
            }
            target.write_all(&new).map_err(writing)?;
        }
        Ok(())
    }
}

impl Count {
    fn add(&mut self, tensor: &Tensor, weights: Weights) {
        self.tensors += 1;
        self.bytes[0] += tensor.weights.bytes_of(tensor.values);
        self.bytes[1] += weights.bytes_of(tensor.values);
    }
}

/// Sums of squares: of how far values moved, and of the values.
#[derive(Default)]
struct Moved {
    apart: f64,
    values: f64,
}

impl Moved {
    /// Says whether all values are finite.
    fn add(&mut self, before: &[f32], after: &[f32]) -> bool {
        for (before, after) in before.iter().zip(after) {
            if !before.is_finite() || !after.is_finite() {
                return false;
            }
            let (before, after) = (f64::from(*before), f64::from(*after));
            self.apart += (after - before).powi(2);
            self.values += before.powi(2);
        }
        true
    }

    fn relative(&self) -> f64 {
        if self.values > 0.0 {
            (self.apart / self.values).sqrt()
        } else {
            0.0
        }
    }
}

/// Values as f32; `bytes` hold whole blocks of a kind that [`refuse`] lets through.
fn widen(weights: Weights, bytes: &[u8]) -> Vec<f32> {
    let pairs = || {
        bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|b| u16::from_le_bytes(*b))
    };
    match weights.name {
        "f32" => {
            let fours = bytes.as_chunks::<4>().0.iter();
            fours.map(|b| f32::from_le_bytes(*b)).collect()
        }
        "f16" => pairs().map(f16_to_f32).collect(),
        "bf16" => pairs()
            .map(|b| f32::from_bits(u32::from(b) << 16))
            .collect(),
        "q8_0" => bytes
            .as_chunks::<34>()
            .0
            .iter()
            .flat_map(widen_q8_0)
            .collect(),
        _ => bytes
            .as_chunks::<22>()
            .0
            .iter()
            .flat_map(widen_q5_0)
            .collect(),
    }
}

/// `block_q8_0`: the scale, then 32 whole numbers.
fn widen_q8_0(block: &[u8; 34]) -> [f32; 32] {
    let scale = f16_to_f32(u16::from_le_bytes([block[0], block[1]]));
    std::array::from_fn(|i| scale * f32::from(block[2 + i].cast_signed()))
}

/// `block_q5_0`: the scale, the fifth bits of 32 numbers, and their lower four, those of the
/// second half beside those of the first.
fn widen_q5_0(block: &[u8; 22]) -> [f32; 32] {
    let scale = f16_to_f32(u16::from_le_bytes([block[0], block[1]]));
    let fifth = u32::from_le_bytes([block[2], block[3], block[4], block[5]]);
    std::array::from_fn(|i| {
        let pair = block[6 + i % 16];
        let low = if i < 16 { pair & 15 } else { pair >> 4 };
        let high = (fifth >> i & 1) as u8;
        scale * (f32::from(low | high << 4) - 16.0)
    })
}

fn narrow(weights: Weights, values: &[f32]) -> Vec<u8> {
    match weights.name {
        "f16" => values
            .iter()
            .flat_map(|v| f32_to_f16(*v).to_le_bytes())
            .collect(),
        "bf16" => values
            .iter()
            .flat_map(|v| f32_to_bf16(*v).to_le_bytes())
            .collect(),
        "q8_0" => {
            let blocks = values.as_chunks::<32>().0.iter();
            blocks.flat_map(narrow_q8_0).collect()
        }
        _ => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
    }
}

/// As `quantize_row_q8_0_ref` does it.
fn narrow_q8_0(values: &[f32; 32]) -> [u8; 34] {
    let most = values.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    let scale = most / 127.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    let mut block = [0; 34];
    block[..2].copy_from_slice(&f32_to_f16(scale).to_le_bytes());
    for (byte, value) in block[2..].iter_mut().zip(values) {
        *byte = ((value * inverse).round() as i8).cast_unsigned();
    }
    block
}

fn f16_to_f32(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10 & 31);
    let fraction = u32::from(half & 1023);
    match exponent {
        // Subnormal: so many times 2⁻²⁴.
        0 => f32::from_bits(sign | (fraction as f32 / 16_777_216.0).to_bits()),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// Rounds to the nearest, and to the even one of two.
fn f32_to_f16(value: f32) -> u16 {
    let sign = (value.to_bits() >> 16 & 0x8000) as u16;
    let bits = value.abs().to_bits();
    sign | if value.is_nan() {
        0x7e00
    } else if bits >= 65_536_f32.to_bits() {
        0x7c00
    } else if bits >= 0x3880_0000 {
        // 2⁻¹⁴ and above: normal. What is rounded up may become the next power of two, or infinite.
        ((bits + 0xfff + (bits >> 13 & 1) - 0x3800_0000) >> 13) as u16
    } else {
        (value.abs() * 16_777_216.0).round_ties_even() as u16
    }
}

/// Rounds to the nearest, and to the even one of two.
fn f32_to_bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return 0x7fc0;
    }
    ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16
}

/// A file under a name that nobody else uses, removed unless it was given the name `to`.
struct Aside<'a> {
    path: PathBuf,
    file: File,
    to: &'a Path,
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl<'a> Aside<'a> {
    /// Names tried: what a killed process left keeps its name, and in containers processes often
    /// have the same number.
    const NAMES: u32 = 100;

    /// A new file beside `to`, whatever lies there.
    fn beside(to: &'a Path) -> Result<Self, ConvertError> {
        let mut n = 0;
        loop {
            let mut path = to.as_os_str().to_owned();
            path.push(format!(".{}-{n}.new", std::process::id()));
            let path = PathBuf::from(path);
            let mut options = OpenOptions::new();
            options.read(true).write(true).create_new(true);
            match options.open(&path) {
                Ok(file) => return Ok(Self { path, file, to }),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && n < Self::NAMES => n += 1,
                Err(e) => return Err(writing(to)(e)),
            }
        }
    }

    /// What was written is a whole model; gives its BLAKE3.
    fn checked_key(&self) -> Result<String, ConvertError> {
        let mut file = &self.file;
        let len = file.metadata().map_err(reading(self.to))?.len();
        file.rewind().map_err(reading(self.to))?;
        model_file::check(file, len).map_err(broken(&self.to.display().to_string()))?;
        models::key_of(file).map_err(reading(self.to))
    }

    /// Gives the file its name, unless another has it, and makes that last.
    fn install(&self) -> Result<(), ConvertError> {
        let to = self.to;
        if let Err(error) = fs::hard_link(&self.path, to) {
            if error.kind() == io::ErrorKind::AlreadyExists || fs::symlink_metadata(to).is_ok() {
                return Err(ConvertError::Exists {
                    path: to.to_path_buf(),
                });
            }
            // Some file systems have no links.
            fs::rename(&self.path, to).map_err(writing(to))?;
        }
        #[cfg(unix)]
        File::open(folder_of(to))
            .and_then(|folder| folder.sync_all())
            .map_err(writing(to))?;
        Ok(())
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = limits::open(path)?;
    let len = file.metadata()?.len();
    Ok((file, len))
}

fn reading(path: &Path) -> impl Fn(io::Error) -> ConvertError + Copy {
    move |source| ConvertError::Read {
        path: path.to_path_buf(),
        source,
    }
}

fn writing(path: &Path) -> impl Fn(io::Error) -> ConvertError + Copy {
    move |source| ConvertError::Write {
        path: path.to_path_buf(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_to_the_nearest_and_the_even_one() {
        for (value, half) in [
            (0.0, 0x0000),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (-2.5, 0xc100),
            (65_504.0, 0x7bff),
            (65_519.0, 0x7bff),
            (65_520.0, 0x7c00),
            // One and half a step, one and one and a half.
            (1.0 + 1.0 / 2048.0, 0x3c00),
            (1.0 + 3.0 / 2048.0, 0x3c02),
            // The least normal one, and subnormal ones in steps of 2⁻²⁴.
            (6.103_515_6e-5, 0x0400),
            (3.0 * 5.960_464_5e-8, 0x0003),
            (2.5 * 5.960_464_5e-8, 0x0002),
            (1e-9, 0x0000),
        ] {
            assert_eq!(f32_to_f16(value), half, "{value}");
        }
        for half in 0..=u16::MAX {
            let value = f16_to_f32(half);
            assert!(value.is_nan() || f32_to_f16(value) == half, "{half:04x}");
        }
        assert!(f16_to_f32(f32_to_f16(f32::NAN)).is_nan());
    }

    #[test]
    fn bf16_is_rounded_to_the_nearest_and_the_even_one() {
        for (bits, half) in [
            (0x3f80_0000, 0x3f80),
            (0x3f80_8000, 0x3f80),
            (0x3f80_8001, 0x3f81),
            (0x3f81_8000, 0x3f82),
            (0xbf80_ffff, 0xbf81),
            // What is rounded up from the largest is infinite.
            (0x7f7f_ffff, 0x7f80),
        ] {
            assert_eq!(f32_to_bf16(f32::from_bits(bits)), half, "{bits:08x}");
        }
    }

    #[test]
    fn blocks_of_8_bits_are_as_worked_out_by_hand() {
        let mut values = [0.0; 32];
        values[..4].copy_from_slice(&[127.0, -63.5, 0.4, -126.6]);
        let block = narrow_q8_0(&values);
        // The scale is 1; halves are rounded away from zero.
        assert_eq!(block[..2], [0x00, 0x3c]);
        assert_eq!(block[2..7], [127, 192, 0, 129, 0]);
        let back = widen_q8_0(&block);
        assert_eq!(back[..4], [127.0, -64.0, 0.0, -127.0]);
        assert_eq!(narrow_q8_0(&[0.0; 32]), [0; 34]);
    }

    #[test]
    fn blocks_of_5_bits_are_as_worked_out_by_hand() {
        let mut block = [0; 22];
        // Half a unit; the fifth bits of the first number and of the last.
        block[..2].copy_from_slice(&0x3800_u16.to_le_bytes());
        block[2..6].copy_from_slice(&0x8000_0001_u32.to_le_bytes());
        block[6] = 0x2f;
        block[21] = 0x10;
        let values = widen_q5_0(&block);
        assert_eq!(values[0], 0.5 * (31.0 - 16.0));
        assert_eq!(values[16], 0.5 * (2.0 - 16.0));
        assert_eq!(values[15], 0.5 * -16.0);
        assert_eq!(values[31], 0.5 * (17.0 - 16.0));
    }

    #[test]
    fn what_is_faster_depends_on_processor_and_build() {
        let kernels = |bf16, int8, gpu| Kernels { bf16, int8, gpu };
        let new = kernels(Kernel::There, Kernel::There, false);
        assert_eq!(new.best(), Kind::Bf16);
        assert_eq!(new.faster("f16", Kind::Bf16), Ok(()));
        assert_eq!(new.faster("q5_0", Kind::Q8_0), Ok(()));
        let reason = new.faster("bf16", Kind::Q8_0).unwrap_err();
        assert_eq!(reason, "q8_0 is no faster than bf16 here");

        let plain = kernels(Kernel::NotBuilt, Kernel::There, false);
        assert_eq!(plain.best(), Kind::Q8_0);
        let reason = plain.faster("f16", Kind::Bf16).unwrap_err();
        assert!(reason.contains("this build"), "{reason}");
        let old = kernels(Kernel::Missing, Kernel::Missing, false);
        assert_eq!(old.best(), Kind::F16);
        let reason = old.faster("f16", Kind::Bf16).unwrap_err();
        assert!(reason.contains("no AVX512-BF16"), "{reason}");
        assert_eq!(old.faster("bf16", Kind::F16), Ok(()));
        let gpu = kernels(Kernel::There, Kernel::There, true);
        assert!(gpu.faster("f16", Kind::Bf16).is_err());
    }
}
