//! Files to blocks of samples, at their own rate.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;

use crate::limits;
use crate::log::visible_path;
use crate::panics::caught;

/// Frames per block from hound.
const BLOCK: usize = 4096;
/// More channels than any recorder of calls writes.
const MAX_CHANNELS: usize = 16;
const MAX_RATE_HZ: u32 = 384_000;

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioInfo {
    /// E.g. `pcm_s16le`, `pcm_mulaw`, `mp3`.
    pub codec: String,
    pub sample_rate_hz: u32,
    pub channels: usize,
    /// Frames (samples per channel) that the header promises, where it does.
    pub frames: Option<u64>,
}

/// A recording that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    #[error("open {path}", path = visible_path(path))]
    Open {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("read {path}: it is empty (0 bytes)", path = visible_path(path))]
    Empty { path: PathBuf },
    #[error("read {path}: it is not a recording in a known format ({message})", path = visible_path(path))]
    NotAudio { path: PathBuf, message: String },
    #[error("read {path}: its codec is not supported ({message})", path = visible_path(path))]
    UnsupportedCodec { path: PathBuf, message: String },
    #[error("read {path}: its header was never finished: it states {stated} bytes of sound", path = visible_path(path))]
    Unfinished { path: PathBuf, stated: u32 },
    #[error("read {path}: {message}", path = visible_path(path))]
    Implausible { path: PathBuf, message: String },
    #[error("read {path}: it is damaged so badly that the decoder stopped", path = visible_path(path))]
    Damaged { path: PathBuf },
    #[error("read {path}", path = visible_path(path))]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("convert {rate_hz} Hz to {to_hz} Hz: {message}")]
    Resample {
        rate_hz: u32,
        to_hz: u32,
        message: String,
    },
}

impl AudioError {
    /// A short stable code for the `failures` table.
    pub fn code(&self) -> &'static str {
        match self {
            AudioError::Open { .. } => "cannot_open",
            AudioError::Empty { .. } => "empty_file",
            AudioError::NotAudio { .. } => "not_audio",
            AudioError::UnsupportedCodec { .. } => "unsupported_codec",
            AudioError::Unfinished { .. } => "unfinished_header",
            AudioError::Implausible { .. } => "implausible_header",
            AudioError::Damaged { .. } => "damaged",
            AudioError::Read { .. } => "cannot_read",
            AudioError::Resample { .. } => "cannot_resample",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            AudioError::Open { .. } | AudioError::Read { .. } => {
                Some("check that the file is still there and that you may read it")
            }
            AudioError::Empty { .. } => {
                Some("the recorder may have failed, or may still be writing")
            }
            AudioError::NotAudio { .. } => Some("check that the file plays in an audio player"),
            AudioError::UnsupportedCodec { .. } => {
                Some("convert it first, e.g. `ffmpeg -i IN -c:a pcm_s16le OUT.wav`")
            }
            AudioError::Unfinished { .. } => Some(
                "wait if the recorder is still writing; else repair it, e.g. `sox --ignore-length IN.wav OUT.wav`",
            ),
            AudioError::Implausible { .. } => Some("the header is damaged; export the call again"),
            AudioError::Damaged { .. } => Some("convert it with another tool and try again"),
            AudioError::Resample { .. } => None,
        }
    }
}

/// Reads blocks of samples from one file.
pub struct Decoder {
    path: PathBuf,
    info: AudioInfo,
    source: Source,
    frames_read: u64,
    truncated: bool,
}

enum Source {
    Hound(hound::WavReader<BufReader<File>>),
    Symphonia {
        format: Box<dyn FormatReader>,
        decoder: Box<dyn AudioDecoder>,
        track: u32,
    },
}

impl Decoder {
    /// Opens a file and reads its header.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        let open_error = |source| AudioError::Open {
            path: path.to_path_buf(),
            source,
        };
        let file = limits::open(path).map_err(open_error)?;
        let metadata = file.metadata().map_err(open_error)?;
        if metadata.is_file() && metadata.len() == 0 {
            return Err(AudioError::Empty {
                path: path.to_path_buf(),
            });
        }
        let riff = riff_facts(path);
        if let Some(stated) = riff.and_then(|riff| riff.unfinished(metadata.len())) {
            return Err(AudioError::Unfinished {
                path: path.to_path_buf(),
                stated,
            });
        }
        let opened = caught(|| match open_hound(file) {
            Some(opened) => Ok(opened),
            None => open_symphonia(path),
        });
        let (info, source) = opened
            .ok_or_else(|| damaged(path))?
            .map_err(|e| named_codec(e, riff))?;
        check_plausible(path, &info)?;
        Ok(Self {
            path: path.to_path_buf(),
            info,
            source,
            frames_read: 0,
            truncated: false,
        })
    }

    pub fn info(&self) -> &AudioInfo {
        &self.info
    }

    /// Whether the data ended early; known once [`Self::next_block`] has given `None`.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// The next block, one vector per channel, samples in -1..=1; `None` at the end. Data that
    /// ends early counts as the end: what is there is worth hearing.
    pub fn next_block(&mut self) -> Result<Option<Vec<Vec<f32>>>, AudioError> {
        let channels = self.info.channels;
        let block = caught(|| match &mut self.source {
            Source::Hound(reader) => {
                next_hound(reader, channels, &mut self.truncated).map_err(|source| {
                    AudioError::Read {
                        path: self.path.clone(),
                        source,
                    }
                })
            }
            Source::Symphonia {
                format,
                decoder,
                track,
            } => next_symphonia(
                &self.path,
                format.as_mut(),
                decoder.as_mut(),
                *track,
                channels,
                &mut self.truncated,
            ),
        });
        let mut block = block.ok_or_else(|| damaged(&self.path))??;
        match &mut block {
            Some(block) => {
                self.frames_read += block.first().map_or(0, Vec::len) as u64;
                block.iter_mut().flatten().for_each(within_scale);
            }
            None => {
                let promised = self.info.frames.unwrap_or(0);
                self.truncated |= self.frames_read < promised;
            }
        }
        Ok(block)
    }
}

fn damaged(path: &Path) -> AudioError {
    AudioError::Damaged {
        path: path.to_path_buf(),
    }
}

/// Files of floats can hold anything, and so can what a decoder makes of damaged data: what is no
/// number is silence, what is beyond full scale is cut.
fn within_scale(sample: &mut f32) {
    *sample = match sample.is_nan() {
        true => 0.0,
        false => sample.clamp(-1.0, 1.0),
    };
}

/// What the first chunks of a RIFF file say, for messages: the decoders do not tell.
#[derive(Debug, Clone, Copy)]
struct RiffFacts {
    format_tag: u16,
    data_bytes: Option<u32>,
}

impl RiffFacts {
    /// The length that a recorder writes first and replaces at the end, if it is still there.
    fn unfinished(self, file_bytes: u64) -> Option<u32> {
        const HEADER: u64 = 1_024;
        let stated = self.data_bytes?;
        (file_bytes > HEADER && (stated == 0 || stated == u32::MAX)).then_some(stated)
    }
}

fn riff_facts(path: &Path) -> Option<RiffFacts> {
    let mut head = Vec::new();
    File::open(path)
        .ok()?
        .take(4_096)
        .read_to_end(&mut head)
        .ok()?;
    if head.get(..4)? != b"RIFF" || head.get(8..12)? != b"WAVE" {
        return None;
    }
    let u32_at = |at: usize| {
        let bytes = head.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let mut facts = RiffFacts {
        format_tag: 0,
        data_bytes: None,
    };
    let mut at = 12;
    while let (Some(id), Some(len)) = (head.get(at..at + 4), u32_at(at + 4)) {
        match id {
            b"fmt " => facts.format_tag = (u32_at(at + 8)? & 0xFFFF) as u16,
            b"data" => {
                facts.data_bytes = Some(len);
                break;
            }
            _ => {}
        }
        at = at.checked_add(8)?.checked_add(len as usize)?;
        at = at.checked_add(len as usize & 1)?;
    }
    Some(facts)
}

/// Names the codec of a WAV file that no decoder takes.
fn named_codec(error: AudioError, riff: Option<RiffFacts>) -> AudioError {
    let (AudioError::NotAudio { path, message }, Some(riff)) = (&error, riff) else {
        return error;
    };
    if !message.contains("wave format") {
        return error;
    }
    let name = match riff.format_tag {
        0x0022 => "TrueSpeech",
        0x0031 => "GSM 6.10",
        0x0040 | 0x0045 | 0x0064 => "G.721 or G.726 ADPCM",
        0x0042 | 0x0111 => "G.723",
        0x0065 => "G.722",
        0x0083 | 0x0133 => "G.729",
        _ => "not known by name",
    };
    AudioError::UnsupportedCodec {
        path: path.clone(),
        message: format!("wave format {:#06x}, {name}", riff.format_tag),
    }
}

fn check_plausible(path: &Path, info: &AudioInfo) -> Result<(), AudioError> {
    let message = if info.channels == 0 || info.channels > MAX_CHANNELS {
        format!(
            "its header states {} channels (1 to {MAX_CHANNELS} are read)",
            info.channels
        )
    } else if !(1_000..=MAX_RATE_HZ).contains(&info.sample_rate_hz) {
        format!(
            "its header states {} samples per second",
            info.sample_rate_hz
        )
    } else {
        return Ok(());
    };
    Err(AudioError::Implausible {
        path: path.to_path_buf(),
        message,
    })
}

fn open_hound(file: File) -> Option<(AudioInfo, Source)> {
    let reader = hound::WavReader::new(BufReader::new(file)).ok()?;
    let spec = reader.spec();
    let codec = match spec.sample_format {
        hound::SampleFormat::Int => match spec.bits_per_sample {
            8 => "pcm_u8".to_string(),
            bits => format!("pcm_s{bits}le"),
        },
        hound::SampleFormat::Float => format!("pcm_f{}le", spec.bits_per_sample),
    };
    let info = AudioInfo {
        codec,
        sample_rate_hz: spec.sample_rate,
        channels: usize::from(spec.channels),
        frames: Some(u64::from(reader.duration())),
    };
    Some((info, Source::Hound(reader)))
}

fn next_hound(
    reader: &mut hound::WavReader<BufReader<File>>,
    channels: usize,
    truncated: &mut bool,
) -> std::io::Result<Option<Vec<Vec<f32>>>> {
    let spec = reader.spec();
    let mut block = vec![Vec::with_capacity(BLOCK); channels];
    let mut fault = None;
    let mut take = |samples: &mut dyn Iterator<Item = hound::Result<f32>>| {
        let mut complete = 0;
        for (n, sample) in samples.take(BLOCK * channels).enumerate() {
            match sample {
                Ok(sample) => block[n % channels].push(sample),
                // The drive failed: there may be more than could be read. At the end of the file
                // hound makes an error of its own.
                Err(hound::Error::IoError(e)) if e.raw_os_error().is_some() => {
                    fault = Some(e);
                    break;
                }
                Err(_) => {
                    *truncated = true;
                    break;
                }
            }
            complete = (n + 1) / channels;
        }
        // A frame that was cut in the middle is dropped, so that the channels stay together.
        for samples in &mut block {
            samples.truncate(complete);
        }
        complete
    };
    let frames = match spec.sample_format {
        hound::SampleFormat::Float => take(&mut reader.samples::<f32>()),
        hound::SampleFormat::Int => {
            let scale = 1.0 / (1_i64 << (spec.bits_per_sample - 1)) as f32;
            take(
                &mut reader
                    .samples::<i32>()
                    .map(|sample| sample.map(|s| s as f32 * scale)),
            )
        }
    };
    match fault {
        Some(fault) => Err(fault),
        None => Ok((frames > 0).then_some(block)),
    }
}

/// Many recorders write G.711 with the short `fmt ` chunk that only PCM may have. symphonia wants
/// the long one, so it is given that, with an extension of no bytes.
fn with_long_format(mut file: File) -> std::io::Result<Box<dyn MediaSource>> {
    let mut head = Vec::new();
    file.by_ref().take(36).read_to_end(&mut head)?;
    let short = head.len() == 36
        && &head[..4] == b"RIFF"
        && &head[8..20] == b"WAVEfmt \x10\0\0\0"
        && matches!(head[20..22], [6 | 7, 0]);
    if !short {
        file.rewind()?;
        return Ok(Box::new(file));
    }
    let stated = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    head[4..8].copy_from_slice(&stated.saturating_add(2).to_le_bytes());
    head[16] = 18;
    head.extend([0, 0]);
    Ok(Box::new(ReadOnlySource::new(Cursor::new(head).chain(file))))
}

fn open_symphonia(path: &Path) -> Result<(AudioInfo, Source), AudioError> {
    let source = File::open(path)
        .and_then(with_long_format)
        .map_err(|source| AudioError::Open {
            path: path.to_path_buf(),
            source,
        })?;
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(source, Default::default());
    let format = symphonia::default::get_probe()
        .probe(
            &hint,
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(|e| refused(path, &e))?;
    let unsupported = |message: &str| AudioError::UnsupportedCodec {
        path: path.to_path_buf(),
        message: message.to_string(),
    };
    let track = format
        .default_track(TrackType::Audio)
        .ok_or_else(|| unsupported("no track of sound in it"))?;
    let params = track
        .codec_params
        .as_ref()
        .and_then(|p| p.audio())
        .ok_or_else(|| unsupported("the container does not name one that is known"))?;
    let registry = symphonia::default::get_codecs();
    let decoder = registry
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map_err(|e| unsupported(&e.to_string()))?;
    let info = AudioInfo {
        codec: decoder.codec_info().short_name.to_string(),
        sample_rate_hz: params.sample_rate.unwrap_or(0),
        channels: params.channels.as_ref().map_or(0, |c| c.count()),
        frames: track.num_frames,
    };
    let track = track.id;
    Ok((
        info,
        Source::Symphonia {
            format,
            decoder,
            track,
        },
    ))
}

fn refused(path: &Path, error: &SymphoniaError) -> AudioError {
    let path = path.to_path_buf();
    match error {
        // The probe came to the end of the file without finding a header: that is no trouble
        // with the disk.
        SymphoniaError::IoError(e) if e.kind() != std::io::ErrorKind::UnexpectedEof => {
            AudioError::Read {
                path,
                source: std::io::Error::new(e.kind(), e.to_string()),
            }
        }
        SymphoniaError::Unsupported(message) if message.contains("codec") => {
            AudioError::UnsupportedCodec {
                path,
                message: (*message).to_string(),
            }
        }
        other => AudioError::NotAudio {
            path,
            message: other.to_string(),
        },
    }
}

fn next_symphonia(
    path: &Path,
    format: &mut dyn FormatReader,
    decoder: &mut dyn AudioDecoder,
    track: u32,
    channels: usize,
    truncated: &mut bool,
) -> Result<Option<Vec<Vec<f32>>>, AudioError> {
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => return Ok(None),
            Err(SymphoniaError::IoError(e)) if e.kind() != std::io::ErrorKind::UnexpectedEof => {
                return Err(AudioError::Read {
                    path: path.to_path_buf(),
                    source: e,
                });
            }
            Err(_) => {
                *truncated = true;
                return Ok(None);
            }
        };
        if packet.track_id != track {
            continue;
        }
        let mut block: Vec<Vec<f32>> = Vec::new();
        match decoder.decode(&packet) {
            Ok(decoded) => decoded.copy_to_vecs_planar(&mut block),
            // A damaged packet: the next ones may be whole.
            Err(SymphoniaError::DecodeError(_)) => {
                *truncated = true;
                continue;
            }
            Err(_) => {
                *truncated = true;
                return Ok(None);
            }
        }
        if block.len() == channels && !block[0].is_empty() {
            return Ok(Some(block));
        }
    }
}
