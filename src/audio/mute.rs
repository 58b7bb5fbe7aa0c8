//! Copies of recordings with stretches of silence in them.
//!
//! A copy is WAV, 16-bit PCM, at the recording's own rate and with its own channels, in a stream:
//! no more than a block of sound is held. Outside of the stretches and of short fades beside them
//! every sample is the one that was decoded, so that a recording of 16-bit PCM, A-law or mu-law
//! keeps it to the bit.

use std::fs::File;
use std::io::{self, BufWriter};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{AudioError, Decoder};
use crate::log::visible_path;
use crate::transcript::Span;

/// From full sound to silence and back, outside of the stretches: a hard edge clicks.
const FADE_MS: u64 = 5;
/// WAV counts its bytes in 32 bits; the header takes some.
const MOST_BYTES: u64 = u32::MAX as u64 - 1_024;

/// A copy that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MuteError {
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error("write {path}", path = visible_path(path))]
    Write { path: PathBuf, source: io::Error },
    #[error("copy {path}: it is too long for a WAV file of 16 bits (4 GiB)", path = visible_path(path))]
    TooLong { path: PathBuf },
}

/// Copies a recording with silence in place of `muted`: per channel, in order and without
/// overlap, or one list for all channels. Where the number of channels is another, everything is
/// silenced on all of them. Writes to `file`, which is empty and stands at `to`, and syncs it.
///
/// # Errors
/// A recording that cannot be read, or a file that cannot be written, which is left half-written.
pub fn write_muted(
    path: &Path,
    to: &Path,
    file: File,
    muted: &[Vec<Span>],
) -> Result<(), MuteError> {
    let failed = |source: io::Error| MuteError::Write {
        path: to.to_path_buf(),
        source,
    };
    let mut decoder = Decoder::open(path)?;
    let (rate_hz, channels) = (decoder.info().sample_rate_hz, decoder.info().channels);
    let mut silencer = Silencer::new(muted, channels, rate_hz);
    let spec = hound::WavSpec {
        channels: channels as u16,
        sample_rate: rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let synced = file.try_clone().map_err(failed)?;
    let written = |e: hound::Error| match e {
        hound::Error::IoError(source) => failed(source),
        other => failed(io::Error::other(other.to_string())),
    };
    let mut writer = hound::WavWriter::new(BufWriter::new(file), spec).map_err(written)?;
    while let Some(mut block) = decoder.next_block()? {
        let frames = block.first().map_or(0, Vec::len);
        if (silencer.at + frames as u64) * channels as u64 * 2 > MOST_BYTES {
            return Err(MuteError::TooLong {
                path: path.to_path_buf(),
            });
        }
        silencer.silence(&mut block);
        for frame in 0..frames {
            for samples in &block {
                writer
                    .write_sample(to_16_bits(samples[frame]))
                    .map_err(written)?;
            }
        }
    }
    writer.finalize().map_err(written)?;
    synced.sync_all().map_err(failed)
}

/// Silences the blocks of a stream, one after the other.
pub(super) struct Silencer {
    gates: Vec<Vec<Range<u64>>>,
    fade: u64,
    /// Frames that went by.
    at: u64,
}

impl Silencer {
    /// `muted` as [`write_muted`] takes it.
    pub fn new(muted: &[Vec<Span>], channels: usize, rate_hz: u32) -> Self {
        Self {
            gates: gates(muted, channels, rate_hz),
            fade: FADE_MS * u64::from(rate_hz) / 1000,
            at: 0,
        }
    }

    /// The next block, one vector per channel.
    pub fn silence(&mut self, block: &mut [Vec<f32>]) {
        let frames = block.first().map_or(0, Vec::len) as u64;
        for (samples, gate) in block.iter_mut().zip(&self.gates) {
            silence(samples, self.at, gate, self.fade);
        }
        self.at += frames;
    }
}

/// The stretches of each channel in frames, begun ones taken whole.
fn gates(muted: &[Vec<Span>], channels: usize, rate_hz: u32) -> Vec<Vec<Range<u64>>> {
    let frames = |ms: i64| u64::try_from(ms).unwrap_or(0) * u64::from(rate_hz);
    let range = |span: &Span| frames(span.start_ms) / 1000..frames(span.end_ms).div_ceil(1000);
    if muted.len() == channels {
        let gate = |spans: &Vec<Span>| spans.iter().map(range).collect();
        return muted.iter().map(gate).collect();
    }
    let mut all: Vec<Range<u64>> = muted.iter().flatten().map(range).collect();
    all.sort_by_key(|range| range.start);
    vec![all; channels]
}

/// Silences what of a block, which begins at frame `at`, lies within the gates.
fn silence(samples: &mut [f32], at: u64, gates: &[Range<u64>], fade: u64) {
    let end = at + samples.len() as u64;
    for gate in gates {
        let from = gate.start.saturating_sub(fade).max(at);
        let to = (gate.end + fade).min(end);
        for frame in from..to {
            let away = if frame < gate.start {
                gate.start - frame
            } else {
                (frame + 1).saturating_sub(gate.end)
            };
            samples[(frame - at) as usize] *= away as f32 / (fade + 1) as f32;
        }
    }
}

/// Exact for samples that were of 16 bits.
fn to_16_bits(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_whole_within_and_fades_outside() {
        // In one block, and in blocks that cut through everything.
        for size in [100, 7, 1] {
            let mut sound = vec![1.0_f32; 100];
            for (n, block) in sound.chunks_mut(size).enumerate() {
                silence(block, (n * size) as u64, &[2..20, 90..300], 4);
            }
            assert!(sound[2..20].iter().all(|s| *s == 0.0));
            assert!(sound[90..].iter().all(|s| *s == 0.0));
            assert_eq!(sound[20..24], [0.2, 0.4, 0.6, 0.8]);
            assert_eq!(sound[86..90], [0.8, 0.6, 0.4, 0.2]);
            assert_eq!(sound[..2], [0.4, 0.2]);
            assert!(sound[24..86].iter().all(|s| *s == 1.0));
        }
    }

    #[test]
    fn gates_take_begun_frames_and_every_channel_where_they_do_not_fit() {
        let muted = [vec![Span::new(1, 2)], vec![]];
        let found = |muted: &[Vec<Span>], channels, rate_hz| -> Vec<Vec<(u64, u64)>> {
            let plain = |gates: Vec<Range<u64>>| gates.iter().map(|g| (g.start, g.end)).collect();
            let gates = gates(muted, channels, rate_hz).into_iter();
            gates.map(plain).collect()
        };
        assert_eq!(found(&muted, 2, 11_025), [vec![(11, 23)], vec![]]);
        assert_eq!(found(&muted[..1], 2, 8_000), [[(8, 16)], [(8, 16)]]);
        assert_eq!(found(&muted, 3, 8_000), [[(8, 16)], [(8, 16)], [(8, 16)]]);
        assert_eq!(found(&muted, 1, 8_000), [[(8, 16)]]);
    }

    #[test]
    fn samples_of_16_bits_come_back_as_they_were() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(to_16_bits(f32::from(sample) / 32_768.0), sample);
        }
        assert_eq!((to_16_bits(1.0), to_16_bits(-1.0)), (i16::MAX, i16::MIN));
    }

    #[test]
    fn a_copy_is_the_recording_but_for_its_silence() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a.wav"), folder.path().join("b.wav"));
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        // Another number for each sample, over several blocks, and an odd length.
        let samples: Vec<i16> = (0..2 * 17_001)
            .map(|n| (n * 31 % 65_521 - 32_760) as i16)
            .collect();
        let mut writer = hound::WavWriter::create(&from, spec).unwrap();
        for sample in &samples {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();
        let muted = [vec![Span::new(500, 1_000)], vec![Span::new(2_000, 9_000)]];
        write_muted(&from, &to, File::create(&to).unwrap(), &muted).unwrap();
        let mut copy = hound::WavReader::open(&to).unwrap();
        assert_eq!(copy.spec(), spec);
        let copied: Vec<i16> = copy.samples().map(Result::unwrap).collect();
        assert_eq!(copied.len(), samples.len());
        for (n, (copied, sample)) in copied.iter().zip(&samples).enumerate() {
            let (frame, channel) = (n / 2, n % 2);
            let silent = [4_000..8_000, 16_000..17_001][channel].contains(&frame);
            let fades = [3_960..8_040, 15_960..17_001][channel].contains(&frame);
            match (silent, fades) {
                (true, _) => assert_eq!(*copied, 0, "{n}"),
                (_, true) => assert!(copied.unsigned_abs() <= sample.unsigned_abs(), "{n}"),
                _ => assert_eq!(copied, sample, "{n}"),
            }
        }
    }
}
