//! Short pieces of a recording, small enough to stand in a page: 8 kHz, mu-law, WAV.
//!
//! That is how a telephone sounds, and every browser plays it. What must not be heard is silenced
//! at the recording's own rate, before anything is converted. Left out on purpose: whole
//! recordings, and any other rate.

use std::path::Path;

use super::resample::Resampler;
use super::{AudioError, Decoder, mute};
use crate::transcript::Span;

/// Samples per second of an excerpt.
const RATE_HZ: u32 = 8_000;

/// Cuts pieces out of a recording, each a whole WAV file, with silence in place of `muted` (as
/// [`mute::write_muted`] takes it). `cuts` are in order of their starts. A piece that begins after
/// the end of the recording is empty. More than two channels become one.
///
/// # Errors
/// A recording that cannot be read.
pub fn cut_out(
    path: &Path,
    muted: &[Vec<Span>],
    cuts: &[Span],
) -> Result<Vec<Vec<u8>>, AudioError> {
    let mut decoder = Decoder::open(path)?;
    let (rate_hz, channels) = (decoder.info().sample_rate_hz, decoder.info().channels);
    let mut silencer = mute::Silencer::new(muted, channels, rate_hz);
    let mut resampler = (rate_hz != RATE_HZ)
        .then(|| Resampler::new(rate_hz, RATE_HZ, channels))
        .transpose()?;
    let mut pieces = Pieces::new(cuts, channels);
    while !pieces.are_full() {
        let block = match (decoder.next_block()?, &mut resampler) {
            (Some(mut block), resampler) => {
                silencer.silence(&mut block);
                match resampler {
                    Some(resampler) => resampler.push(&block)?,
                    None => block,
                }
            }
            (None, Some(resampler)) => {
                pieces.take(&resampler.finish()?);
                break;
            }
            (None, None) => break,
        };
        pieces.take(&block);
    }
    Ok(pieces.into_files())
}

/// The pieces so far, of a stream at [`RATE_HZ`].
struct Pieces {
    /// First frame and the one after the last.
    cuts: Vec<(u64, u64)>,
    sound: Vec<Vec<u8>>,
    channels: usize,
    /// Frames that went by.
    at: u64,
}

impl Pieces {
    fn new(cuts: &[Span], channels: usize) -> Self {
        let frame = |ms: i64| u64::try_from(ms).unwrap_or(0) * u64::from(RATE_HZ) / 1000;
        let cuts: Vec<_> = cuts
            .iter()
            .map(|cut| (frame(cut.start_ms), frame(cut.end_ms)))
            .collect();
        Self {
            sound: vec![Vec::new(); cuts.len()],
            cuts,
            channels: if channels == 2 { 2 } else { 1 },
            at: 0,
        }
    }

    fn are_full(&self) -> bool {
        self.cuts.iter().all(|(_, end)| *end <= self.at)
    }

    fn take(&mut self, block: &[Vec<f32>]) {
        let frames = block.first().map_or(0, Vec::len) as u64;
        for ((start, end), sound) in self.cuts.iter().zip(&mut self.sound) {
            let from = (*start).max(self.at);
            let to = (*end).min(self.at + frames);
            for frame in from..to {
                let frame = (frame - self.at) as usize;
                if self.channels == block.len() {
                    sound.extend(block.iter().map(|samples| mu_law(samples[frame])));
                } else {
                    let all: f32 = block.iter().map(|samples| samples[frame]).sum();
                    sound.push(mu_law(all / block.len() as f32));
                }
            }
        }
        self.at += frames;
    }

    fn into_files(self) -> Vec<Vec<u8>> {
        let channels = self.channels as u16;
        let sound = self.sound.into_iter();
        sound.map(|sound| wav(&sound, channels)).collect()
    }
}

/// A WAV file of mu-law. hound writes PCM only.
fn wav(sound: &[u8], channels: u16) -> Vec<u8> {
    const MU_LAW: u16 = 7;
    const HEADER: usize = 58;
    let bytes = sound.len() as u32;
    let padding = bytes % 2;
    let mut file = Vec::with_capacity(HEADER + sound.len() + 1);
    file.extend(b"RIFF");
    file.extend((HEADER as u32 - 8 + bytes + padding).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(18_u32.to_le_bytes());
    file.extend(MU_LAW.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(RATE_HZ.to_le_bytes());
    file.extend((RATE_HZ * u32::from(channels)).to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(8_u16.to_le_bytes());
    file.extend(0_u16.to_le_bytes());
    file.extend(b"fact");
    file.extend(4_u32.to_le_bytes());
    file.extend((bytes / u32::from(channels)).to_le_bytes());
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(sound);
    file.extend(&[0][..padding as usize]);
    file
}

/// ITU-T G.711: sign, three bits of exponent, four of mantissa, all inverted.
fn mu_law(sample: f32) -> u8 {
    const BIAS: i32 = 132;
    const MOST: i32 = 32_635;
    let value = (sample * 32_768.0).round() as i32;
    let sign = if value < 0 { 0x80 } else { 0 };
    let value = value.abs().min(MOST) + BIAS;
    let exponent = (value >> 7).ilog2();
    let mantissa = (value >> (exponent + 3)) & 0x0f;
    !(sign | (exponent as i32) << 4 | mantissa) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A recording of a tone on each channel; `None` is silence.
    fn recording(path: &Path, rate_hz: u32, seconds: u32, channels: u16) {
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate_hz,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for frame in 0..rate_hz * seconds {
            for channel in 0..channels {
                let hz = 400.0 + 200.0 * f32::from(channel);
                let turn = std::f32::consts::TAU * hz * frame as f32 / rate_hz as f32;
                writer.write_sample((turn.sin() * 12_000.0) as i16).unwrap();
            }
        }
        writer.finalize().unwrap();
    }

    /// What a decoder of others makes of an excerpt.
    fn heard(excerpt: &[u8]) -> Vec<Vec<f32>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("excerpt.wav");
        std::fs::write(&path, excerpt).unwrap();
        let mut decoder = Decoder::open(&path).unwrap();
        assert_eq!(decoder.info().codec, "pcm_mulaw");
        assert_eq!(decoder.info().sample_rate_hz, RATE_HZ);
        let mut all = vec![Vec::new(); decoder.info().channels];
        while let Some(block) = decoder.next_block().unwrap() {
            for (all, samples) in all.iter_mut().zip(block) {
                all.extend(samples);
            }
        }
        all
    }

    #[test]
    fn a_piece_is_the_sound_at_its_place_and_silent_where_it_must_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        for rate_hz in [8_000, 16_000, 44_100] {
            recording(&path, rate_hz, 4, 2);
            let muted = [vec![Span::new(1_500, 2_000)], vec![]];
            let cuts = [Span::new(1_000, 2_500), Span::new(3_000, 9_000)];
            let pieces = cut_out(&path, &muted, &cuts).unwrap();
            let first = heard(&pieces[0]);
            assert_eq!(first[0].len(), 12_000, "{rate_hz} Hz");
            // A resampler rings a little at the edge of a silence.
            let quiet = &first[0][4_200..7_800];
            assert!(quiet.iter().all(|s| s.abs() < 0.001), "{rate_hz} Hz");
            for (channel, hz) in [(0, 400.0), (1, 600.0)] {
                // Mu-law is exact to about 3 % of a sample.
                for (frame, sample) in first[channel].iter().enumerate().take(3_500).skip(200) {
                    let at = frame as f32 / RATE_HZ as f32;
                    let tone = (std::f32::consts::TAU * hz * at).sin() * 12_000.0 / 32_768.0;
                    assert!(
                        (sample - tone).abs() < 0.02,
                        "{rate_hz} Hz, {frame}: {sample}"
                    );
                }
            }
            assert!(first[1][5_000..7_000].iter().any(|s| s.abs() > 0.3));
            // Up to the end of the recording, and no further.
            assert_eq!(heard(&pieces[1])[1].len(), 8_000, "{rate_hz} Hz");
        }
    }

    #[test]
    fn many_channels_become_one_and_what_is_past_the_end_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        recording(&path, 8_000, 1, 3);
        let pieces = cut_out(&path, &[], &[Span::new(0, 500), Span::new(2_000, 3_000)]).unwrap();
        assert_eq!(heard(&pieces[0]).len(), 1);
        assert_eq!(pieces[1].len(), 58);
    }

    #[test]
    fn mu_law_is_that_of_the_recommendation() {
        let samples = [0, 100, 1_000, -1_000, 8_000, 32_767, -32_768];
        let coded = samples.map(|s| mu_law(s as f32 / 32_768.0));
        assert_eq!(coded, [0xff, 0xf2, 0xce, 0x4e, 0xa0, 0x80, 0x00]);
    }
}
