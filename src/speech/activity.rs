//! Where somebody speaks, channel by channel.
//!
//! earshot scores each frame of 16 ms; its raw scores flicker inside words, so hysteresis and
//! shortest lengths turn them into stretches. The first of two passes over a recording: it keeps
//! two numbers per frame and none of the sound.

use crate::audio::{AudioError, SAMPLE_RATE_HZ, Stream};
use crate::transcript::Span;

/// Length of one frame.
pub const FRAME_MS: i64 = 16;
const FRAME_SAMPLES: usize = (SAMPLE_RATE_HZ as usize / 1000) * FRAME_MS as usize;

/// Speech begins at a frame with this score …
const ON: f32 = 0.5;
/// … and lasts until a frame falls below this one.
const OFF: f32 = 0.35;
/// A shorter pause does not end a stretch: it is a stop consonant or a breath.
const SHORTEST_PAUSE_MS: i64 = 200;
/// A shorter stretch is a click.
const SHORTEST_SPEECH_MS: i64 = 80;
/// A channel this much weaker than another one in the same frame hears the other's voice leak
/// through: a ratio of powers, 20 dB.
const LEAK_RATIO: f32 = 100.0;
/// A frame this little above the channel's floor is silence, whatever the detector says: it
/// lingers after speech. A ratio of powers, 6 dB.
const ABOVE_FLOOR: f32 = 4.0;
/// The floor is trusted where loud moments stand this far above it: 20 dB. Under a constant noise
/// there is no silence to tell apart.
const CLEAR_FLOOR: f32 = 100.0;
/// Hold music: for this long the level hardly moves, while speech dips at every stop …
const STEADY_FRAMES: usize = 188;
const STEADY_CONTRAST_DB: f32 = 14.0;
/// … and the sound is tonal. Noise is steady as well, but cannot be predicted; it stays in,
/// because speech may be under it.
const TONAL_GAIN_DB: f32 = 6.0;
/// Channels whose difference holds less than this share of their power carry the same sound.
const DUAL_MONO_SHARE: f64 = 1e-4;
/// Level that speech is brought to before recognition: -20 dB of full scale.
const TARGET_POWER: f32 = 0.01;
/// Never amplify by more than 30 dB: it would be the noise.
const MOST_GAIN: f32 = 31.6;

/// What one pass over a recording finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub recorded_ms: i64,
    pub truncated: bool,
    /// Several channels with the same sound in each: only the first is kept.
    pub dual_mono: bool,
    pub channels: Vec<HeardChannel>,
}

/// Speech in one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardChannel {
    /// In order, without overlap, as tight as frames allow.
    pub speech: Vec<Span>,
    /// What to multiply samples with to bring speech to a common level.
    pub gain: f32,
    /// Mean square of the samples of each frame.
    power: Vec<f32>,
}

impl HeardChannel {
    /// The quietest moment within `range`: the best place to cut.
    pub fn quietest_ms(&self, range: Span) -> i64 {
        let first = (range.start_ms / FRAME_MS).max(0) as usize;
        let last = ((range.end_ms / FRAME_MS) as usize).min(self.power.len());
        (first..last)
            .min_by(|&a, &b| self.power[a].total_cmp(&self.power[b]))
            .map_or(range.end_ms, |frame| frame as i64 * FRAME_MS + FRAME_MS / 2)
    }

    /// How far loud moments stand above quiet ones within `range`, in decibels: the 95th over
    /// the 10th percentile of frame power. Speech has gaps, so a small value means that noise
    /// fills them. `None` where there are too few frames to say.
    pub fn contrast_db(&self, range: Span) -> Option<f32> {
        let first = ((range.start_ms / FRAME_MS).max(0) as usize).min(self.power.len());
        let last = ((range.end_ms / FRAME_MS) as usize).min(self.power.len());
        (last >= first + 20).then(|| contrast_db(&self.power[first..last]))
    }
}

/// The 95th over the 10th percentile of powers, in decibels.
fn contrast_db(power: &[f32]) -> f32 {
    let mut power = power.to_vec();
    let (loud, quiet) = (power.len() * 95 / 100, power.len() / 10);
    let loud = *power.select_nth_unstable_by(loud, f32::total_cmp).1;
    let quiet = *power.select_nth_unstable_by(quiet, f32::total_cmp).1;
    10.0 * (loud.max(1e-10) / quiet.max(1e-10)).log10()
}

/// Listens to a whole recording once.
pub fn listen(stream: &mut Stream) -> Result<Heard, AudioError> {
    let mut meters: Vec<Meter> = (0..stream.info().channels).map(|_| Meter::new()).collect();
    let mut sameness = Sameness::default();
    while let Some(block) = stream.next_block()? {
        sameness.add(&block);
        for (meter, samples) in meters.iter_mut().zip(&block) {
            meter.add(samples);
        }
    }
    for meter in &mut meters {
        meter.finish();
    }
    let dual_mono = meters.len() > 1 && sameness.is_dual_mono();
    if dual_mono {
        meters.truncate(1);
    }
    let recorded_ms = stream.elapsed_ms();
    let powers: Vec<Vec<f32>> = meters.iter().map(|m| m.power.clone()).collect();
    let channels = meters
        .into_iter()
        .enumerate()
        .map(|(c, meter)| {
            let silence = silence_below(&meter.power);
            let music = music(&meter.power, &meter.gain_db);
            let is_other = |frame: usize| {
                meter.power[frame] < silence || music[frame] || is_leak(&powers, c, frame)
            };
            let speech = speech_spans(&meter.score, is_other, recorded_ms);
            let gain = gain(&meter.power, &speech);
            HeardChannel {
                speech,
                gain,
                power: meter.power,
            }
        })
        .collect();
    Ok(Heard {
        recorded_ms,
        truncated: stream.truncated(),
        dual_mono,
        channels,
    })
}

/// Scores and powers of one channel's frames.
struct Meter {
    detector: Box<earshot::Detector>,
    waiting: Vec<f32>,
    score: Vec<f32>,
    power: Vec<f32>,
    /// How well the frame can be predicted from its own past.
    gain_db: Vec<f32>,
}

impl Meter {
    fn new() -> Self {
        Self {
            detector: earshot::Detector::default_boxed(),
            waiting: Vec::with_capacity(2 * FRAME_SAMPLES),
            score: Vec::new(),
            power: Vec::new(),
            gain_db: Vec::new(),
        }
    }

    fn add(&mut self, samples: &[f32]) {
        self.waiting.extend_from_slice(samples);
        let whole = self.waiting.len() / FRAME_SAMPLES * FRAME_SAMPLES;
        for frame in self.waiting[..whole].chunks_exact(FRAME_SAMPLES) {
            self.score.push(self.detector.predict_f32(frame));
            self.power
                .push(frame.iter().map(|s| s * s).sum::<f32>() / FRAME_SAMPLES as f32);
            self.gain_db.push(prediction_gain_db(frame));
        }
        self.waiting.drain(..whole);
    }

    /// Fills the last frame up with silence.
    fn finish(&mut self) {
        if !self.waiting.is_empty() {
            let missing = FRAME_SAMPLES - self.waiting.len();
            self.add(&vec![0.0; missing]);
        }
    }
}

/// Whether channels hold the same sound.
#[derive(Default)]
struct Sameness {
    difference: f64,
    total: f64,
}

impl Sameness {
    fn add(&mut self, block: &[Vec<f32>]) {
        let [first, rest @ ..] = block else { return };
        for other in rest {
            for (a, b) in first.iter().zip(other) {
                let (a, b) = (f64::from(*a), f64::from(*b));
                self.difference += (a - b) * (a - b);
                self.total += a * a + b * b;
            }
        }
    }

    fn is_dual_mono(&self) -> bool {
        self.total > 0.0 && self.difference < DUAL_MONO_SHARE * self.total
    }
}

/// Whether another channel is so much louder in this frame that this one only hears it leak.
fn is_leak(powers: &[Vec<f32>], channel: usize, frame: usize) -> bool {
    let own = powers[channel].get(frame).copied().unwrap_or(0.0);
    powers.iter().enumerate().any(|(c, power)| {
        c != channel && power.get(frame).copied().unwrap_or(0.0) > own * LEAK_RATIO
    })
}

/// The power below which a frame of this channel is silence; 0 where that cannot be told.
fn silence_below(power: &[f32]) -> f32 {
    if power.is_empty() {
        return 0.0;
    }
    let mut power = power.to_vec();
    let (low, high) = (power.len() / 10, power.len() * 95 / 100);
    let loud = *power.select_nth_unstable_by(high, f32::total_cmp).1;
    let floor = *power.select_nth_unstable_by(low, f32::total_cmp).1;
    if loud > floor * CLEAR_FLOOR {
        floor * ABOVE_FLOOR
    } else {
        0.0
    }
}

/// Which frames belong to music: steady and tonal for three seconds.
fn music(power: &[f32], gain_db: &[f32]) -> Vec<bool> {
    let mut music = vec![false; power.len()];
    for start in (0..power.len().saturating_sub(STEADY_FRAMES)).step_by(10) {
        let window = start..start + STEADY_FRAMES;
        let gain = gain_db[window.clone()].iter().sum::<f32>() / STEADY_FRAMES as f32;
        if gain >= TONAL_GAIN_DB && contrast_db(&power[window.clone()]) < STEADY_CONTRAST_DB {
            music[window].fill(true);
        }
    }
    music
}

/// Gain of linear prediction of order 8 (autocorrelation method, Levinson-Durbin), in decibels.
/// Every second sample is taken: a telephone's sound has nothing in the upper half, and the
/// emptiness alone would make noise predictable.
fn prediction_gain_db(frame: &[f32]) -> f32 {
    const ORDER: usize = 8;
    let half: Vec<f32> = frame.iter().step_by(2).copied().collect();
    let mut r = [0.0_f32; ORDER + 1];
    for (lag, r) in r.iter_mut().enumerate() {
        *r = half.iter().zip(&half[lag..]).map(|(a, b)| a * b).sum();
    }
    if r[0] <= 0.0 {
        return 0.0;
    }
    // A little white noise keeps the recursion stable.
    r[0] *= 1.0001;
    let mut a = [0.0_f32; ORDER + 1];
    let mut error = r[0];
    for i in 1..=ORDER {
        let correlation: f32 = (1..i).map(|j| a[j] * r[i - j]).sum();
        let k = -(r[i] + correlation) / error;
        let before = a;
        for j in 1..i {
            a[j] = before[j] + k * before[i - j];
        }
        a[i] = k;
        error *= 1.0 - k * k;
    }
    10.0 * (r[0] / error.max(1e-12)).log10()
}

/// Frame scores to stretches of speech; `is_other` says what is none, whatever its score.
fn speech_spans(score: &[f32], is_other: impl Fn(usize) -> bool, recorded_ms: i64) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open: Option<usize> = None;
    let mut close = |open: &mut Option<usize>, end: usize| {
        let Some(start) = open.take() else { return };
        let span = Span::new(
            start as i64 * FRAME_MS,
            (end as i64 * FRAME_MS).min(recorded_ms),
        );
        match spans.last_mut() {
            Some(last) if span.start_ms - last.end_ms < SHORTEST_PAUSE_MS => {
                last.end_ms = span.end_ms;
            }
            _ => spans.push(span),
        }
    };
    for (frame, &score) in score.iter().enumerate() {
        let threshold = if open.is_some() { OFF } else { ON };
        if score >= threshold && !is_other(frame) {
            open.get_or_insert(frame);
        } else {
            close(&mut open, frame);
        }
    }
    close(&mut open, score.len());
    spans.retain(|span| span.len_ms() >= SHORTEST_SPEECH_MS);
    spans
}

fn gain(power: &[f32], speech: &[Span]) -> f32 {
    let mut sum = 0.0_f64;
    let mut frames = 0_u64;
    for span in speech {
        let range = (span.start_ms / FRAME_MS) as usize..(span.end_ms / FRAME_MS) as usize;
        for frame in power.get(range).unwrap_or_default() {
            sum += f64::from(*frame);
            frames += 1;
        }
    }
    if frames == 0 || sum <= 0.0 {
        return 1.0;
    }
    let mean = (sum / frames as f64) as f32;
    (TARGET_POWER / mean).sqrt().min(MOST_GAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never(_: usize) -> bool {
        false
    }

    #[test]
    fn flicker_is_bridged_and_clicks_are_dropped() {
        // 5 frames of speech, a dip, 5 of speech; a long pause; one lone frame; a long pause.
        let mut score = vec![0.0; 10];
        score.extend([0.9; 5]);
        score.extend([0.1; 3]);
        score.extend([0.9; 5]);
        score.extend([0.0; 30]);
        score.push(0.8);
        score.extend([0.0; 30]);
        let spans = speech_spans(&score, never, 10_000);
        assert_eq!(spans, [Span::new(10 * 16, 23 * 16)]);
    }

    #[test]
    fn hysteresis_keeps_weak_ends() {
        let mut score = vec![0.0, 0.4, 0.6, 0.4, 0.4, 0.4, 0.4, 0.4, 0.1];
        score.extend([0.0; 20]);
        assert_eq!(
            speech_spans(&score, never, 10_000),
            [Span::new(2 * 16, 8 * 16)]
        );
    }

    /// A frame of sines with the frequencies in hertz, or of noise.
    fn frame(n: usize, tones: &[f32], noise: f32) -> Vec<f32> {
        let mut seed = n as u32 * 2_654_435_761 + 1;
        (0..FRAME_SAMPLES)
            .map(|i| {
                let t = (n * FRAME_SAMPLES + i) as f32 / SAMPLE_RATE_HZ as f32;
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let random = (seed >> 8) as f32 / (1 << 24) as f32 - 0.5;
                tones
                    .iter()
                    .map(|hz| (std::f32::consts::TAU * hz * t).sin() * 0.1)
                    .sum::<f32>()
                    + random * noise
            })
            .collect()
    }

    #[test]
    fn a_steady_chord_is_music_and_a_steady_noise_is_not() {
        let measure = |tones: &[f32], noise: f32| {
            let frames: Vec<Vec<f32>> = (0..250).map(|n| frame(n, tones, noise)).collect();
            let power: Vec<f32> = frames
                .iter()
                .map(|f| f.iter().map(|s| s * s).sum::<f32>() / f.len() as f32)
                .collect();
            let gain: Vec<f32> = frames.iter().map(|f| prediction_gain_db(f)).collect();
            music(&power, &gain).iter().filter(|m| **m).count()
        };
        assert!(measure(&[440.0, 554.0, 659.0], 0.001) > 200);
        assert_eq!(measure(&[], 0.2), 0);
    }

    #[test]
    fn what_lies_on_the_floor_is_silence_but_not_under_constant_noise() {
        let mut call = vec![1e-6; 80];
        call.extend(vec![1e-2; 20]);
        assert!((silence_below(&call) - 4e-6).abs() < 1e-8);
        let mut noisy = vec![5e-3; 80];
        noisy.extend(vec![1e-2; 20]);
        assert_eq!(silence_below(&noisy), 0.0);
    }

    #[test]
    fn the_other_channel_leaking_through_is_no_speech() {
        let powers = vec![vec![1.0, 1.0, 0.001], vec![0.001, 0.02, 0.001]];
        assert!(is_leak(&powers, 1, 0));
        assert!(!is_leak(&powers, 1, 1));
        assert!(!is_leak(&powers, 1, 2));
        assert!(!is_leak(&powers, 0, 0));
    }

    #[test]
    fn same_sound_in_both_channels_is_dual_mono() {
        let tone: Vec<f32> = (0..1000).map(|n| (n as f32 * 0.1).sin()).collect();
        let other: Vec<f32> = (0..1000).map(|n| (n as f32 * 0.3).sin()).collect();
        let mut same = Sameness::default();
        same.add(&[tone.clone(), tone.iter().map(|s| s * 0.999).collect()]);
        assert!(same.is_dual_mono());
        let mut different = Sameness::default();
        different.add(&[tone, other]);
        assert!(!different.is_dual_mono());
        assert!(
            !Sameness::default().is_dual_mono(),
            "silence proves nothing"
        );
    }
}
