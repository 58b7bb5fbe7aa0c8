//! Speech into windows that the recogniser takes, and times back out again.
//!
//! A channel of a call is mostly silence, and Whisper invents text in silence. So only speech is
//! packed: neighbouring stretches share a window, long ones are cut where it is quiet. Each
//! window carries a map from its own time to the recording's, which is monotone and invertible
//! over the speech. How to pack belongs to the model: see [`Profile`](super::models::Profile).

use crate::transcript::Span;

/// How to fill windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// Longest window, padding included.
    pub longest_window_ms: i64,
    /// Sound kept around a stretch, so that soft first and last sounds are not cut off.
    pub lead_ms: i64,
    /// A pause up to this long stays as it is, within one piece.
    pub keep_pause_ms: i64,
    /// Silence put between pieces that share a window; `None`: one piece per window.
    pub join_gap_ms: Option<i64>,
}

/// One piece of a recording at its place in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// In the recording.
    pub source: Span,
    /// Where the piece starts in the window.
    pub at_ms: i64,
}

/// What the recogniser is given at once. Never empty; pieces in order, without overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub pieces: Vec<Piece>,
}

impl Window {
    pub fn len_ms(&self) -> i64 {
        self.pieces
            .last()
            .map_or(0, |p| p.at_ms + p.source.len_ms())
    }

    /// The part of the recording between the window's first and last moment.
    pub fn source(&self) -> Span {
        match (self.pieces.first(), self.pieces.last()) {
            (Some(first), Some(last)) => Span::new(first.source.start_ms, last.source.end_ms),
            _ => Span::new(0, 0),
        }
    }

    /// A moment of the window as a moment of the recording. Monotone; a moment in the silence
    /// between two pieces falls on the nearer edge, one past the end on the end.
    pub fn to_recording_ms(&self, window_ms: i64) -> i64 {
        let mut previous_end = None;
        for piece in &self.pieces {
            let end = piece.at_ms + piece.source.len_ms();
            if window_ms < piece.at_ms {
                return match previous_end {
                    Some((at, source)) if window_ms - at < piece.at_ms - window_ms => source,
                    _ => piece.source.start_ms,
                };
            }
            if window_ms < end {
                return piece.source.start_ms + (window_ms - piece.at_ms);
            }
            previous_end = Some((end, piece.source.end_ms));
        }
        previous_end.map_or(0, |(_, source)| source)
    }

    /// The inverse: `None` where the recording's moment is not in the window.
    pub fn to_window_ms(&self, recording_ms: i64) -> Option<i64> {
        self.pieces
            .iter()
            .find(|p| (p.source.start_ms..p.source.end_ms).contains(&recording_ms))
            .map(|p| p.at_ms + (recording_ms - p.source.start_ms))
    }
}

/// Fills windows with a channel's speech.
///
/// `speech` is in order and without overlap, within `0..recorded_ms`; `quietest` gives the
/// quietest moment of a range, which lies in it.
pub fn pack(
    speech: &[Span],
    recorded_ms: i64,
    packing: Packing,
    quietest: impl Fn(Span) -> i64,
) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for piece in padded(
        &split(speech, packing, quietest),
        recorded_ms,
        packing.lead_ms,
    ) {
        let joined = windows
            .last_mut()
            .is_some_and(|window| join(window, piece, packing));
        if !joined {
            windows.push(Window {
                pieces: vec![Piece {
                    source: piece,
                    at_ms: 0,
                }],
            });
        }
    }
    windows
}

/// Cuts stretches that are too long for a window, at quiet places in their later halves.
fn split(speech: &[Span], packing: Packing, quietest: impl Fn(Span) -> i64) -> Vec<Span> {
    let longest = (packing.longest_window_ms - 2 * packing.lead_ms).max(1_000);
    let mut stretches = Vec::with_capacity(speech.len());
    for &span in speech {
        let mut rest = span;
        while rest.len_ms() > longest {
            let range = Span::new(rest.start_ms + longest / 2, rest.start_ms + longest);
            let cut = quietest(range).clamp(range.start_ms, range.end_ms);
            stretches.push(Span::new(rest.start_ms, cut));
            rest.start_ms = cut;
        }
        stretches.push(rest);
    }
    stretches
}

/// Gives each stretch its padding, at most half of the pause to its neighbour.
fn padded(stretches: &[Span], recorded_ms: i64, lead_ms: i64) -> Vec<Span> {
    (0..stretches.len())
        .map(|i| {
            let span = stretches[i];
            let floor = match i.checked_sub(1) {
                Some(previous) => (stretches[previous].end_ms + span.start_ms + 1) / 2,
                None => 0,
            };
            let ceiling = match stretches.get(i + 1) {
                Some(next) => (span.end_ms + next.start_ms + 1) / 2,
                None => recorded_ms,
            };
            Span::new(
                (span.start_ms - lead_ms).max(floor),
                (span.end_ms + lead_ms).min(ceiling),
            )
        })
        .collect()
}

/// Takes a piece into a window if it fits; says whether it did.
fn join(window: &mut Window, piece: Span, packing: Packing) -> bool {
    let len_ms = window.len_ms();
    let Some(last) = window.pieces.last_mut() else {
        return false;
    };
    let pause = piece.start_ms - last.source.end_ms;
    if pause <= packing.keep_pause_ms {
        if len_ms + pause + piece.len_ms() > packing.longest_window_ms {
            return false;
        }
        last.source.end_ms = piece.end_ms;
        return true;
    }
    let Some(gap) = packing.join_gap_ms else {
        return false;
    };
    if len_ms + gap + piece.len_ms() > packing.longest_window_ms {
        return false;
    }
    window.pieces.push(Piece {
        source: piece,
        at_ms: len_ms + gap,
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SINGLE: Packing = Packing {
        longest_window_ms: 10_000,
        lead_ms: 200,
        keep_pause_ms: 400,
        join_gap_ms: None,
    };
    const JOINED: Packing = Packing {
        longest_window_ms: 28_000,
        lead_ms: 200,
        keep_pause_ms: 1_000,
        join_gap_ms: Some(200),
    };

    fn middle(range: Span) -> i64 {
        (range.start_ms + range.end_ms) / 2
    }

    #[test]
    fn single_stretches_stay_apart_and_short_pauses_stay_in() {
        let speech = [
            Span::new(1_000, 2_000),
            Span::new(2_500, 4_000),
            Span::new(8_000, 9_000),
        ];
        let windows = pack(&speech, 10_000, SINGLE, middle);
        assert_eq!(
            windows,
            [
                Window {
                    pieces: vec![Piece {
                        source: Span::new(800, 4_200),
                        at_ms: 0
                    }]
                },
                Window {
                    pieces: vec![Piece {
                        source: Span::new(7_800, 9_200),
                        at_ms: 0
                    }]
                },
            ]
        );
    }

    #[test]
    fn joined_pieces_map_back_to_where_they_were() {
        let speech = [Span::new(1_000, 2_000), Span::new(60_000, 61_000)];
        let windows = pack(&speech, 90_000, JOINED, middle);
        assert_eq!(windows.len(), 1);
        let window = &windows[0];
        // 800..2200 lies at 0..1400, then 200 ms of silence, then 59800..61200 at 1600..3000.
        assert_eq!(window.len_ms(), 3_000);
        assert_eq!(window.to_recording_ms(0), 800);
        assert_eq!(window.to_recording_ms(1_450), 2_200);
        assert_eq!(window.to_recording_ms(1_550), 59_800);
        assert_eq!(window.to_recording_ms(1_700), 59_900);
        assert_eq!(window.to_recording_ms(9_999), 61_200);
        assert_eq!(window.to_window_ms(59_900), Some(1_700));
        assert_eq!(window.to_window_ms(30_000), None);
    }

    #[test]
    fn a_long_stretch_is_cut_where_it_is_quiet() {
        let speech = [Span::new(0, 25_000)];
        let windows = pack(&speech, 25_000, SINGLE, |range| range.end_ms - 100);
        let cuts: Vec<Span> = windows.iter().map(Window::source).collect();
        assert_eq!(
            cuts,
            [
                Span::new(0, 9_500),
                Span::new(9_500, 19_000),
                Span::new(19_000, 25_000)
            ]
        );
    }

    /// Speech with pauses, from lengths.
    fn speech(parts: &[(i64, i64)]) -> (Vec<Span>, i64) {
        let mut now = 0;
        let mut spans = Vec::new();
        for (pause, length) in parts {
            spans.push(Span::new(now + pause, now + pause + length));
            now += pause + length;
        }
        (spans, now + 500)
    }

    proptest! {
        #[test]
        fn every_moment_of_speech_is_in_one_window_and_maps_back(
            parts in prop::collection::vec((1_i64..5_000, 1_i64..40_000), 0..12),
            joined in any::<bool>(),
        ) {
            let packing = if joined { JOINED } else { SINGLE };
            let (speech, recorded_ms) = speech(&parts);
            let windows = pack(&speech, recorded_ms, packing, middle);
            for window in &windows {
                prop_assert!(window.len_ms() <= packing.longest_window_ms);
                prop_assert!(window.source().start_ms >= 0 && window.source().end_ms <= recorded_ms);
                let mut last = i64::MIN;
                for ms in (-10..window.len_ms() + 50).step_by(7) {
                    let mapped = window.to_recording_ms(ms);
                    prop_assert!(mapped >= last, "the map runs backwards");
                    last = mapped;
                }
            }
            for span in &speech {
                for ms in (span.start_ms..span.end_ms).step_by(53) {
                    let inside: Vec<_> = windows.iter().filter_map(|w| Some((w, w.to_window_ms(ms)?))).collect();
                    prop_assert_eq!(inside.len(), 1, "{} ms is in {} windows", ms, inside.len());
                    prop_assert_eq!(inside[0].0.to_recording_ms(inside[0].1), ms);
                }
            }
        }
    }
}
