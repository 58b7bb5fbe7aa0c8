//! SRT (SubRip): numbered cues with a start and an end, and text with a few marks.
//!
//! Nobody ever wrote down what it is, so more is taken than most tools write: numbers and blank
//! lines may be missing, fractions may stand behind a point, a dash may begin each speaker's line.

use super::Trouble;
use super::cues::{self, timing, unescaped};
use super::draft::{Draft, Voice};
use crate::transcript::Span;

pub(super) fn speaks(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(2);
    lines.any(|line| timing(line) != Err("has no times"))
}

pub(super) fn read(text: &str) -> Result<Draft, Trouble> {
    let mut draft = Draft {
        engine: "SRT".to_string(),
        ..Draft::default()
    };
    let (mut spans, mut cues): (Vec<Span>, Vec<Vec<String>>) = Default::default();
    let all_digits = |line: &str| line.trim().bytes().all(|b| b.is_ascii_digit());
    // Whether a blank line came last, and before the last line of text.
    let (mut after_blank, mut apart) = (false, false);
    for (at, line) in text.lines().enumerate() {
        if line.contains("-->") {
            let span = timing(line).map_err(|what| format!("line {} {what}", at + 1))?;
            // The number of this cue came last: after a blank line, or as the next in order.
            let next = cues.len() + 1;
            if let Some(lines) = cues.last_mut() {
                lines.pop_if(|last| all_digits(last) && (apart || last.parse() == Ok(next)));
            }
            spans.push(span);
            cues.push(Vec::new());
            (after_blank, apart) = (false, false);
        } else if line.trim().is_empty() {
            // Text may follow after a blank line.
            after_blank = true;
        } else if let Some(lines) = cues.last_mut() {
            lines.push(bare(line));
            apart = after_blank;
            after_blank = false;
        }
    }
    if cues.is_empty() {
        return Err("it has no line with two times".to_string().into());
    }
    let dropped = cues::unroll(&mut cues, str::to_string);
    draft.notes.extend(cues::unrolled(dropped));
    for (span, lines) in spans.into_iter().zip(&cues) {
        let part = cues::part(span, Voice::Unknown, lines);
        if !part.words.is_empty() {
            draft.parts.push(part);
        }
    }
    Ok(draft)
}

/// A line without `<i>`, `{\an8}` and the dash before a speaker's words.
fn bare(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{']) {
        out.push_str(&rest[..at]);
        let (close, is_mark): (char, fn(&str) -> bool) = match rest.as_bytes()[at] {
            b'<' => ('>', |tag| {
                let name = tag.trim_start_matches('/');
                let name = name.split([' ', '=']).next().unwrap_or_default();
                ["b", "i", "u", "s", "font", "c", "v"].contains(&name.to_ascii_lowercase().as_str())
            }),
            _ => ('}', |tag| tag.starts_with('\\') || tag.len() == 1),
        };
        let inside = &rest[at + 1..];
        match inside.find(close).filter(|end| is_mark(&inside[..*end])) {
            Some(end) => rest = &inside[end + 1..],
            None => {
                out.push_str(&rest[at..=at]);
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    unescaped(out.trim())
}
