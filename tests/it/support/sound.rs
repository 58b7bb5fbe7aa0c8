//! Sound for tests: stretches of the sample calls, written in any way that WAV knows.
//!
//! The G.711 tables follow ITU-T G.711 in the form of Sun's public g711.c.

use std::path::Path;

use super::repository;

/// Samples in -1..=1, one vector per channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    pub rate_hz: u32,
    pub channels: Vec<Vec<f32>>,
}

/// How a WAV file holds its samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    U8,
    S16,
    S24,
    F32,
    ALaw,
    MuLaw,
}

impl Coding {
    fn tag(self) -> u16 {
        match self {
            Coding::U8 | Coding::S16 | Coding::S24 => 1,
            Coding::F32 => 3,
            Coding::ALaw => 6,
            Coding::MuLaw => 7,
        }
    }

    fn bytes(self, sample: f32) -> Vec<u8> {
        let scaled = |full: f32| (sample * full).round().clamp(-full, full - 1.0) as i32;
        match self {
            Coding::U8 => vec![(scaled(128.0) + 128) as u8],
            Coding::S16 => (scaled(32_768.0) as i16).to_le_bytes().to_vec(),
            Coding::S24 => scaled(8_388_608.0).to_le_bytes()[..3].to_vec(),
            Coding::F32 => sample.to_le_bytes().to_vec(),
            Coding::ALaw => vec![to_a_law(scaled(32_768.0) as i16)],
            Coding::MuLaw => vec![to_mu_law(scaled(32_768.0) as i16)],
        }
    }
}

impl Sound {
    /// A sample call.
    pub fn of_sample(name: &str) -> Self {
        let path = repository().join("samples/calls").join(name);
        Self::of_wav(&path.with_extension("wav"))
    }

    /// Reads the WAV files of the samples: PCM of 16 bits, A-law, mu-law.
    pub fn of_wav(path: &Path) -> Self {
        let file = std::fs::read(path).unwrap();
        let u16_at = |at: usize| u16::from_le_bytes([file[at], file[at + 1]]);
        let u32_at = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        let chunk = |name: &[u8]| {
            let mut at = 12;
            while &file[at..at + 4] != name {
                at += 8 + u32_at(at + 4).next_multiple_of(2) as usize;
            }
            (at + 8, u32_at(at + 4) as usize)
        };
        let (format, _) = chunk(b"fmt ");
        let (data, length) = chunk(b"data");
        let data = &file[data..data + length];
        let samples: Vec<f32> = match u16_at(format) {
            1 => data
                .chunks_exact(2)
                .map(|b| i16::from_le_bytes([b[0], b[1]]))
                .map(full_scale)
                .collect(),
            6 => data.iter().map(|b| full_scale(of_a_law(*b))).collect(),
            7 => data.iter().map(|b| full_scale(of_mu_law(*b))).collect(),
            other => panic!("{} is coded as {other}", path.display()),
        };
        let count = usize::from(u16_at(format + 2));
        Self {
            rate_hz: u32_at(format + 4),
            channels: (0..count)
                .map(|c| samples.iter().skip(c).step_by(count).copied().collect())
                .collect(),
        }
    }

    /// The same on every channel.
    pub fn silence(length_ms: u32, channels: usize) -> Self {
        let frames = (length_ms * 8) as usize;
        Self {
            rate_hz: 8_000,
            channels: vec![vec![0.0; frames]; channels],
        }
    }

    /// White noise, another on each channel, always the same.
    pub fn noise(length_ms: u32, channels: usize, level: f32) -> Self {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            // Marsaglia's xorshift64.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
        };
        let mut sound = Self::silence(length_ms, channels);
        for channel in &mut sound.channels {
            channel.fill_with(|| next() * level);
        }
        sound
    }

    /// A stretch of it.
    pub fn cut(&self, from_ms: u32, to_ms: u32) -> Self {
        let at = |ms: u32| (u64::from(ms) * u64::from(self.rate_hz) / 1000) as usize;
        Self {
            rate_hz: self.rate_hz,
            channels: self
                .channels
                .iter()
                .map(|samples| samples[at(from_ms)..at(to_ms).min(samples.len())].to_vec())
                .collect(),
        }
    }

    /// At another rate, by a windowed sinc.
    pub fn at_rate(&self, rate_hz: u32) -> Self {
        const REACH: i64 = 24;
        let step = f64::from(self.rate_hz) / f64::from(rate_hz);
        let convert = |samples: &Vec<f32>| -> Vec<f32> {
            let frames = (samples.len() as f64 / step) as usize;
            let at = |n: usize| {
                let place = n as f64 * step;
                let near = place.floor() as i64;
                (near - REACH + 1..=near + REACH)
                    .filter(|k| (0..samples.len() as i64).contains(k))
                    .map(|k| {
                        let x = place - k as f64;
                        let window = (x / REACH as f64 * std::f64::consts::FRAC_PI_2).cos();
                        let angle = x * std::f64::consts::PI;
                        let sinc = if x == 0.0 { 1.0 } else { angle.sin() / angle };
                        f64::from(samples[k as usize]) * sinc * window * window
                    })
                    .sum::<f64>() as f32
            };
            (0..frames).map(at).collect()
        };
        Self {
            rate_hz,
            channels: self.channels.iter().map(convert).collect(),
        }
    }

    /// As a WAV file.
    pub fn wav(&self, coding: Coding) -> Vec<u8> {
        let mut data = Vec::new();
        for frame in 0..self.channels[0].len() {
            for channel in &self.channels {
                data.extend(coding.bytes(channel[frame]));
            }
        }
        let width = coding.bytes(0.0).len();
        wav_file(
            coding.tag(),
            self.channels.len(),
            self.rate_hz,
            width,
            &data,
        )
    }
}

/// A WAV file with any format tag. `width` is in bytes per sample. Formats other than PCM state
/// the length of their extension, which is none.
pub fn wav_file(tag: u16, channels: usize, rate_hz: u32, width: usize, data: &[u8]) -> Vec<u8> {
    let frame = (channels * width) as u16;
    let extension: &[u8] = if tag == 1 { &[] } else { &[0, 0] };
    let rest = 36 + extension.len() + data.len().next_multiple_of(2);
    let mut file = b"RIFF".to_vec();
    file.extend((rest as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend((16 + extension.len() as u32).to_le_bytes());
    file.extend(tag.to_le_bytes());
    file.extend((channels as u16).to_le_bytes());
    file.extend(rate_hz.to_le_bytes());
    file.extend((rate_hz * u32::from(frame)).to_le_bytes());
    file.extend(frame.to_le_bytes());
    file.extend(((width * 8) as u16).to_le_bytes());
    file.extend(extension);
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    if data.len() % 2 == 1 {
        file.push(0);
    }
    file
}

/// The same file without the length of its extension, as many recorders write G.711.
pub fn without_extension(mut file: Vec<u8>) -> Vec<u8> {
    assert_eq!(file[16], 18, "it has an extension");
    file[16] = 16;
    file.drain(36..38);
    let length = u32::from_le_bytes(file[4..8].try_into().unwrap()) - 2;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    file
}

fn full_scale(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}

fn of_mu_law(code: u8) -> i16 {
    let code = !code;
    let magnitude = ((i16::from(code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4);
    if code & 0x80 == 0 {
        magnitude - 0x84
    } else {
        0x84 - magnitude
    }
}

fn of_a_law(code: u8) -> i16 {
    let code = code ^ 0x55;
    let mantissa = i16::from(code & 0x0f) << 4;
    let magnitude = match (code & 0x70) >> 4 {
        0 => mantissa + 8,
        1 => mantissa + 0x108,
        exponent => (mantissa + 0x108) << (exponent - 1),
    };
    if code & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

/// The code whose sample lies nearest: slow, and right by definition.
fn nearest(sample: i16, decode: fn(u8) -> i16) -> u8 {
    (0..=u8::MAX)
        .min_by_key(|code| (i32::from(decode(*code)) - i32::from(sample)).abs())
        .expect("there are 256 codes")
}

fn to_mu_law(sample: i16) -> u8 {
    nearest(sample, of_mu_law)
}

fn to_a_law(sample: i16) -> u8 {
    nearest(sample, of_a_law)
}
