//! Decoding: any recording to 16 kHz samples, channel by channel, in a stream.
//!
//! hound reads PCM and float WAV; symphonia what hound refuses (A-law, mu-law and ADPCM in WAV,
//! MP3, FLAC, Vorbis, AAC-LC). Nothing here holds a whole recording: a two-hour stereo call would
//! be a gigabyte of floats. Channels are never mixed. Opus, GSM 6.10, G.722 and G.729 are left
//! out: no decoder for them is both pure Rust and proven.

mod decode;
pub mod excerpt;
pub mod mute;
mod resample;

use std::path::Path;

pub use decode::{AudioError, AudioInfo, Decoder};
use resample::Resampler;

/// Samples per second of everything after this room.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Samples per millisecond at [`SAMPLE_RATE_HZ`].
pub const SAMPLES_PER_MS: i64 = SAMPLE_RATE_HZ as i64 / 1000;

/// A recording as a stream of blocks at 16 kHz.
pub struct Stream {
    decoder: Decoder,
    resampler: Option<Resampler>,
    finished: bool,
    /// Frames given out so far, at 16 kHz.
    frames: i64,
}

impl Stream {
    /// Opens a recording; reads no more than its header.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        let decoder = Decoder::open(path)?;
        let info = decoder.info();
        let resampler = (info.sample_rate_hz != SAMPLE_RATE_HZ)
            .then(|| Resampler::new(info.sample_rate_hz, SAMPLE_RATE_HZ, info.channels))
            .transpose()?;
        Ok(Self {
            decoder,
            resampler,
            finished: false,
            frames: 0,
        })
    }

    pub fn info(&self) -> &AudioInfo {
        self.decoder.info()
    }

    /// The next block: one vector per channel, all of one length, samples in -1..=1.
    /// `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<Vec<Vec<f32>>>, AudioError> {
        while !self.finished {
            let block = match (self.decoder.next_block()?, &mut self.resampler) {
                (Some(block), None) => block,
                (Some(block), Some(resampler)) => resampler.push(&block)?,
                (None, resampler) => {
                    self.finished = true;
                    match resampler {
                        Some(resampler) => resampler.finish()?,
                        None => break,
                    }
                }
            };
            let frames = block.first().map_or(0, Vec::len);
            if frames > 0 {
                self.frames += frames as i64;
                return Ok(Some(block));
            }
        }
        Ok(None)
    }

    /// Milliseconds given out so far; the recording's length once the stream has ended.
    pub fn elapsed_ms(&self) -> i64 {
        self.frames / SAMPLES_PER_MS
    }

    /// Whether the data ended before the header said so; known at the end of the stream.
    pub fn truncated(&self) -> bool {
        self.decoder.truncated()
    }
}

/// Length in milliseconds as the header states it, without decoding; `None` where it does not say.
pub fn stated_length_ms(path: &Path) -> Result<Option<i64>, AudioError> {
    let decoder = Decoder::open(path)?;
    let info = decoder.info();
    Ok(info
        .frames
        .map(|n| (n as i128 * 1000 / i128::from(info.sample_rate_hz)) as i64))
}
