//! WebVTT: cues with a start and an end, mostly with who speaks in a `<v …>` tag.
//!
//! Of tags inside a cue, voices and times count, the others are taken off. Times between words
//! (`<00:00:01.500>`) are those of the words. Notes, styles and regions are passed over; a file of
//! no more than `WEBVTT` is a call in which nobody speaks.

use super::Trouble;
use super::cues::{self, timing, unescaped, voice_named};
use super::draft::{Draft, Heard, Part, Voice};
use super::masked::words_in;
use crate::transcript::Span;

pub(super) fn speaks(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let rest = line.strip_prefix("WEBVTT");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

pub(super) fn read(text: &str) -> Result<Draft, Trouble> {
    if !speaks(text) {
        return Err("its first line is not `WEBVTT`".to_string().into());
    }
    let mut draft = Draft {
        engine: "WebVTT".to_string(),
        ..Draft::default()
    };
    let mut lines = text.lines().enumerate().peekable();
    while let Some((_, line)) = lines.next_if(|(_, line)| !line.contains("-->")) {
        if let Some(language) = line.strip_prefix("Language:") {
            draft.language = Some(language.trim().to_string());
        }
        if line.is_empty() {
            break;
        }
    }
    let (mut spans, mut cues): (Vec<Span>, Vec<Vec<String>>) = Default::default();
    while let Some((at, line)) = lines.next() {
        if !line.contains("-->") {
            let is_block = ["NOTE", "STYLE", "REGION"].iter().any(|word| {
                let rest = line.strip_prefix(word);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
            });
            // Else it is blank or the name of a cue.
            while is_block && lines.next_if(|(_, l)| !l.is_empty()).is_some() {}
            continue;
        }
        spans.push(timing(line).map_err(|what| format!("line {} {what}", at + 1))?);
        let mut cue = Vec::new();
        while let Some((_, line)) =
            lines.next_if(|(_, line)| !line.is_empty() && !line.contains("-->"))
        {
            cue.push(line.to_string());
        }
        cues.push(cue);
    }
    let dropped = cues::unroll(&mut cues, |line| {
        let all = Span::new(0, 0);
        pieces(line, all)
            .into_iter()
            .map(|piece| piece.text)
            .collect()
    });
    draft.notes.extend(cues::unrolled(dropped));
    for (cue, span) in cues.into_iter().zip(spans) {
        let part = part_of(&cue.join("\n"), span);
        if !part.words.is_empty() {
            draft.parts.push(part);
        }
    }
    Ok(draft)
}

fn part_of(cue: &str, span: Span) -> Part {
    let pieces = pieces(cue, span);
    let marked = pieces.iter().any(|piece| piece.voice.is_some());
    let timed = pieces.len() > 1 && pieces.iter().any(|p| p.start_ms != span.start_ms);
    if !marked && !timed {
        let text: String = pieces.into_iter().map(|piece| piece.text).collect();
        let lines: Vec<String> = text.lines().map(unescaped).collect();
        return cues::part(span, Voice::Unknown, &lines);
    }
    let mut part = Part {
        span: Some(span),
        ..Part::default()
    };
    let ends: Vec<i64> = pieces
        .iter()
        .skip(1)
        .map(|piece| piece.start_ms)
        .chain([span.end_ms])
        .collect();
    // What stands between two times, over tags that tell no time.
    let mut until = span.end_ms;
    let mut stops = vec![until; ends.len()];
    for i in (0..pieces.len()).rev() {
        if ends[i] > pieces[i].start_ms {
            until = ends[i];
        }
        stops[i] = until;
    }
    for (piece, stop_ms) in pieces.into_iter().zip(stops) {
        let words = words_in(&unescaped(&piece.text));
        let at = (timed && words.len() == 1).then(|| Span::new(piece.start_ms, stop_ms));
        part.words.extend(words.into_iter().map(|word| Heard {
            at,
            voice: piece.voice.clone(),
            ..word
        }));
    }
    part
}

/// Text between two tags that count.
struct Piece {
    voice: Option<Voice>,
    start_ms: i64,
    text: String,
}

fn pieces(cue: &str, span: Span) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut now = Piece {
        voice: None,
        start_ms: span.start_ms,
        text: String::new(),
    };
    let mut rest = cue;
    while let Some(at) = rest.find('<') {
        now.text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(end) = rest.find('>') else {
            // A tag that is never closed is no text.
            rest = "";
            break;
        };
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let (voice, start_ms) = match (voice_of(tag), cues::time(tag)) {
            (Some(voice), _) => (voice, now.start_ms),
            (None, Some(ms)) => (
                now.voice.clone(),
                ms.clamp(now.start_ms, span.end_ms.max(now.start_ms)),
            ),
            (None, None) => continue,
        };
        let before = std::mem::replace(
            &mut now,
            Piece {
                voice,
                start_ms,
                text: String::new(),
            },
        );
        if !before.text.trim().is_empty() {
            pieces.push(before);
        }
    }
    now.text.push_str(rest);
    if !now.text.trim().is_empty() {
        pieces.push(now);
    }
    pieces
}

/// The voice that a tag begins, or that none begins any more after `</v>`.
fn voice_of(tag: &str) -> Option<Option<Voice>> {
    if tag == "/v" {
        return Some(None);
    }
    let rest = tag.strip_prefix('v')?;
    // Classes stand between: `<v.loud Mary>`.
    let name = match rest.chars().next()? {
        '.' => rest.split_once([' ', '\t'])?.1,
        ' ' | '\t' => rest,
        _ => return None,
    };
    Some(Some(voice_named(&unescaped(name))))
}
