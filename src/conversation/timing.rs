//! How long joining and measuring take. Run by hand, fully optimised, with `--ignored`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::{Conversation, metrics};
use crate::transcript::{Segment, Span, Transcript};

/// The sample calls one after another until `words` were said.
fn long_call(words: usize) -> Transcript {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/reference");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let calls = files.iter().map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        serde_json::from_str::<Transcript>(&text).unwrap()
    });
    let two: Vec<Transcript> = calls.filter(|call| call.channels.len() == 2).collect();
    let mut long = two[0].clone();
    for channel in &mut long.channels {
        channel.speech.clear();
        channel.segments.clear();
    }
    let (mut offset, mut said) = (0, 0);
    'calls: for call in two.iter().cycle() {
        let mut segments: Vec<(usize, &Segment)> = call
            .channels
            .iter()
            .enumerate()
            .flat_map(|(c, channel)| channel.segments.iter().map(move |s| (c, s)))
            .collect();
        segments.sort_by_key(|(_, s)| s.start_ms);
        for (c, segment) in segments {
            let mut segment = segment.clone();
            segment.start_ms += offset;
            segment.end_ms += offset;
            for word in &mut segment.words {
                word.start_ms += offset;
                word.end_ms += offset;
            }
            said += segment.words.len();
            let speech = &mut long.channels[c].speech;
            speech.push(Span::new(segment.start_ms, segment.end_ms));
            long.channels[c].segments.push(segment);
            if said >= words {
                long.audio.recorded_ms = offset + call.audio.recorded_ms;
                break 'calls;
            }
        }
        offset += call.audio.recorded_ms;
    }
    long
}

/// The shortest of many, in microseconds.
fn least_us<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut least = Duration::MAX;
    for _ in 0..2_000 {
        let began = Instant::now();
        black_box(work());
        least = least.min(began.elapsed());
    }
    least.as_secs_f64() * 1e6
}

#[test]
#[ignore = "measures time"]
fn a_call_of_900_words() {
    let transcript = long_call(900);
    let conversation = Conversation::new(&transcript, Some(0)).unwrap();
    println!(
        "{} words, {} turns",
        conversation.words.len(),
        conversation.turns.len()
    );
    let new = || Conversation::new(black_box(&transcript), Some(0)).unwrap();
    println!("new      {:6.1} us", least_us(new));
    println!(
        "measure  {:6.1} us",
        least_us(|| metrics::measure(black_box(&conversation)))
    );
}
