//! What WebVTT and SRT share: times, speakers written before the text, and text with marks in it.

use super::draft::{Part, Voice};
use super::masked::words_in;
use crate::limits::TRANSCRIPT_MS;
use crate::transcript::Span;

/// A line of two times: `00:01.000 --> 00:02.500`, with settings behind them. Hours may be left
/// out, and the fraction stands behind a point or a comma.
///
/// # Errors
/// What is wrong with it, without values.
pub(super) fn timing(line: &str) -> Result<Span, &'static str> {
    let times = || {
        let (start, rest) = line.split_once("-->")?;
        let start_ms = time(start.trim())?;
        Some((start_ms, time(rest.split_whitespace().next()?)?))
    };
    match times() {
        None => Err("has no times"),
        Some((start_ms, end_ms)) if end_ms < start_ms => Err("ends before it starts"),
        Some((start_ms, end_ms)) => Ok(Span::new(start_ms, end_ms)),
    }
}

/// Drops what rolling captions, such as YouTube's, say twice: each begins with the last line of
/// the one before, and another that lasts no time is between them. People repeat themselves, too:
/// only where half of all do so, and some say more after it, is it the way of the file. `read`
/// makes plain text of a line. Gives how many lines were dropped.
pub(super) fn unroll(cues: &mut [Vec<String>], read: impl Fn(&str) -> String) -> usize {
    let mut last = String::new();
    let (mut repeats, mut longer) = (Vec::new(), false);
    for (i, lines) in cues.iter().enumerate() {
        let plain: Vec<String> = lines.iter().map(|l| read(l).trim().to_string()).collect();
        let mut said = (0..plain.len()).filter(|at| !plain[*at].is_empty());
        let Some(first) = said.next() else { continue };
        if plain[first] == last {
            repeats.push((i, first));
            longer |= said.next().is_some();
        }
        last = plain
            .into_iter()
            .rfind(|l| !l.is_empty())
            .unwrap_or_default();
    }
    if !longer || repeats.len() < 2 || 2 * repeats.len() < cues.len() - 1 {
        return 0;
    }
    for (cue, line) in &repeats {
        cues[*cue].remove(*line);
    }
    repeats.len()
}

/// Tells of what [`unroll`] dropped.
pub(super) fn unrolled(dropped: usize) -> Option<String> {
    (dropped > 0).then(|| {
        format!("its captions roll: {dropped} lines that say the one before again are left out")
    })
}

/// A time in milliseconds: `01:02:03.450`, `02:03,45`, `2:03`.
pub(super) fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = match text.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, fraction),
        None => (text, "0"),
    };
    let digits = |part: &str, most: usize| {
        let fits = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| part.parse::<i64>().ok()).flatten()
    };
    let mut parts = clock.rsplit(':');
    let (seconds, minutes) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let hours = match parts.next() {
        Some(hours) => digits(hours, 4)?,
        None => 0,
    };
    let scale = [100, 10, 1].get(fraction.len().checked_sub(1)?)?;
    let ms = digits(fraction, 3)? * scale;
    let ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
    (parts.next().is_none() && ms <= TRANSCRIPT_MS).then_some(ms)
}

/// Who a name stands for.
pub(super) fn voice_named(name: &str) -> Voice {
    match name.trim() {
        "" | "?" => Voice::Unknown,
        name if name.eq_ignore_ascii_case("agent") => Voice::Agent,
        name if name.eq_ignore_ascii_case("customer") => Voice::Customer,
        name => Voice::Label(name.to_string()),
    }
}

/// A speaker written before a text, as recognisers write it: `[SPEAKER_00]: …`, `Agent: …`,
/// `Speaker 1: …`, `(speaker 0) …`. Other words before a colon may have been said.
pub(super) fn prefix(line: &str) -> Option<(Voice, &str)> {
    const LONGEST: usize = 24;
    let line = line.trim_start();
    let inside = |open: char, close: char| {
        let rest = line.strip_prefix(open)?;
        let end = rest.find(close).filter(|end| *end <= LONGEST)?;
        let after = rest[end + 1..].trim_start();
        let after = after.strip_prefix(':').unwrap_or(after);
        is_speaker(&rest[..end]).then_some((&rest[..end], after))
    };
    let plain = || {
        let (name, after) = line.split_once(':').filter(|(n, _)| n.len() <= LONGEST)?;
        is_speaker(name).then_some((name, after))
    };
    let (name, after) = inside('[', ']')
        .or_else(|| inside('(', ')'))
        .or_else(plain)?;
    let voice = match voice_named(name) {
        // "speaker ?" of whisper.cpp.
        Voice::Label(label) if label.ends_with('?') => Voice::Unknown,
        voice => voice,
    };
    Some((voice, after.trim_start()))
}

fn is_speaker(name: &str) -> bool {
    let lower = name.trim().to_ascii_lowercase();
    if ["agent", "customer", "caller", "client"].contains(&lower.as_str()) {
        return true;
    }
    let number = ["speaker", "spk"]
        .iter()
        .find_map(|word| lower.strip_prefix(word));
    number.is_some_and(|number| {
        let number = number.trim_start_matches(['_', ' ', '-']);
        number == "?" || !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    })
}

/// A part of plain lines, each of which may begin with a speaker.
pub(super) fn part(span: Span, voice: Voice, lines: &[String]) -> Part {
    let mut part = Part {
        voice,
        span: Some(span),
        ..Part::default()
    };
    let mut own = None;
    for line in lines {
        // A dash begins each speaker's line.
        let line = line.trim_start();
        let line = line
            .strip_prefix(['-', '–', '—'])
            .map_or(line, str::trim_start);
        let text = match prefix(line) {
            Some((voice, text)) => {
                own = Some(voice);
                text
            }
            None => line,
        };
        part.words
            .extend(words_in(text).into_iter().map(|mut word| {
                word.voice = own.clone();
                word
            }));
    }
    part
}

/// `&amp;` and its like as characters.
pub(super) fn unescaped(text: &str) -> String {
    const NAMED: [(&str, &str); 8] = [
        ("amp", "&"),
        ("lt", "<"),
        ("gt", ">"),
        ("quot", "\""),
        ("apos", "'"),
        ("nbsp", " "),
        ("lrm", ""),
        ("rlm", ""),
    ];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(10).position(|b| b == b';');
        let name = end.map_or("", |end| &rest[1..end]);
        let numbered = || {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code).map(String::from)
        };
        let named = NAMED.iter().find(|(known, _)| *known == name);
        match named.map(|(_, text)| (*text).to_string()).or_else(numbered) {
            Some(character) => {
                out.push_str(&character);
                rest = &rest[name.len() + 2..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}
