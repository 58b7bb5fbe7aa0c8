//! Any rate to another, band-limited, in a stream and without delay.

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};

use super::decode::AudioError;

/// Input frames per call.
const CHUNK: usize = 1024;

pub(super) struct Resampler {
    fft: Fft<f32>,
    rate_hz: u32,
    to_hz: u32,
    waiting: Vec<Vec<f32>>,
    output: Vec<Vec<f32>>,
    /// Output frames still to be dropped: the filter's delay.
    skip: usize,
    frames_in: u64,
    frames_out: u64,
}

impl Resampler {
    pub(super) fn new(rate_hz: u32, to_hz: u32, channels: usize) -> Result<Self, AudioError> {
        let fft = Fft::new(
            rate_hz as usize,
            to_hz as usize,
            CHUNK,
            channels,
            FixedSync::Input,
        )
        .map_err(|e| AudioError::Resample {
            rate_hz,
            to_hz,
            message: e.to_string(),
        })?;
        Ok(Self {
            skip: fft.output_delay(),
            output: vec![vec![0.0; fft.output_frames_max()]; channels],
            fft,
            rate_hz,
            to_hz,
            waiting: vec![Vec::new(); channels],
            frames_in: 0,
            frames_out: 0,
        })
    }

    /// Takes a block and gives back what is ready.
    pub(super) fn push(&mut self, block: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, AudioError> {
        self.frames_in += block.first().map_or(0, Vec::len) as u64;
        for (waiting, samples) in self.waiting.iter_mut().zip(block) {
            waiting.extend_from_slice(samples);
        }
        let mut ready = vec![Vec::new(); self.waiting.len()];
        while self.waiting[0].len() >= self.fft.input_frames_next() {
            self.convert_chunk(None, &mut ready)?;
        }
        Ok(ready)
    }

    /// What the filter still holds. The output is then as long as the input, to the frame.
    pub(super) fn finish(&mut self) -> Result<Vec<Vec<f32>>, AudioError> {
        let wanted = (self.frames_in * u64::from(self.to_hz)).div_ceil(u64::from(self.rate_hz));
        let mut ready = vec![Vec::new(); self.waiting.len()];
        while self.frames_out < wanted {
            let left = self.waiting[0].len();
            self.convert_chunk(Some(left), &mut ready)?;
        }
        let surplus = (self.frames_out - wanted) as usize;
        for samples in &mut ready {
            samples.truncate(samples.len() - surplus);
        }
        Ok(ready)
    }

    fn convert_chunk(
        &mut self,
        partial: Option<usize>,
        ready: &mut [Vec<f32>],
    ) -> Result<(), AudioError> {
        let frames = self.fft.input_frames_next();
        let used = partial.map_or(frames, |n| n.min(frames));
        for samples in &mut self.waiting {
            if samples.len() < frames {
                samples.resize(frames, 0.0);
            }
        }
        let channels = self.waiting.len();
        let capacity = self.output[0].len();
        let written = {
            let input = SequentialSliceOfVecs::new(&self.waiting, channels, frames)
                .expect("every channel was filled to `frames`");
            let mut output = SequentialSliceOfVecs::new_mut(&mut self.output, channels, capacity)
                .expect("every channel has `capacity` frames");
            let indexing = Indexing::new().partial_len(used);
            self.fft
                .process_into_buffer(&input, &mut output, Some(&indexing))
                .map_err(|e| AudioError::Resample {
                    rate_hz: self.rate_hz,
                    to_hz: self.to_hz,
                    message: e.to_string(),
                })?
                .1
        };
        for samples in &mut self.waiting {
            samples.drain(..frames.min(samples.len()));
        }
        let dropped = self.skip.min(written);
        self.skip -= dropped;
        self.frames_out += (written - dropped) as u64;
        for (ready, samples) in ready.iter_mut().zip(&self.output) {
            ready.extend_from_slice(&samples[dropped..written]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::SAMPLE_RATE_HZ;

    /// A tone keeps its place, to within one sample (odd rates have a delay that is none of whole
    /// samples), its level and its length through any rate and any block size.
    #[test]
    fn a_tone_comes_out_in_place() {
        for rate_hz in [8_000, 11_025, 22_050, 44_100, 48_000] {
            let tone = |n: usize, rate: u32| {
                (std::f32::consts::TAU * 1000.0 * n as f32 / rate as f32).sin() * 0.5
            };
            let input: Vec<f32> = (0..rate_hz as usize).map(|n| tone(n, rate_hz)).collect();
            let mut resampler = Resampler::new(rate_hz, SAMPLE_RATE_HZ, 1).unwrap();
            let mut output = Vec::new();
            for block in input.chunks(777) {
                output.extend_from_slice(&resampler.push(&[block.to_vec()]).unwrap()[0]);
            }
            output.extend_from_slice(&resampler.finish().unwrap()[0]);
            assert_eq!(output.len(), SAMPLE_RATE_HZ as usize, "{rate_hz} Hz");
            let one_sample = 0.5 * std::f32::consts::TAU * 1000.0 / SAMPLE_RATE_HZ as f32;
            // Away from the ends, where the filter sees nothing but the tone.
            for (n, sample) in output.iter().enumerate().take(15_000).skip(1_000) {
                let expected = tone(n, SAMPLE_RATE_HZ);
                assert!(
                    (sample - expected).abs() < one_sample,
                    "{rate_hz} Hz, sample {n}: {sample} for {expected}"
                );
            }
        }
    }
}
