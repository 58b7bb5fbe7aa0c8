//! How a call can be heard from a page: the recording behind a link, or short excerpts within it.
//!
//! Everything plays from five seconds before the moment. Left out on purpose: the sound itself,
//! which `batch::excerpts` cuts out, and sound on pages that do not show the call.

use serde::Serialize;

use super::scope::CallDetail;
use crate::transcript::Span;

/// How long before a moment its sound begins.
const LEAD_MS: i64 = 5_000;
/// And how long after it an excerpt goes on.
const TAIL_MS: i64 = 3_000;
/// Of a long piece of evidence, an excerpt has so much.
const LONGEST_MOMENT_MS: i64 = 10_000;
/// Sound in one page: about a megabyte and a half.
const MOST_PER_PAGE_MS: i64 = 75_000;
/// Moments of one answer that are worth an excerpt.
const MOST_PER_ANSWER: usize = 3;

/// How a call can be heard.
#[derive(Debug, Clone, Default)]
pub struct Sound {
    /// Its recording, from the folder of pages or as a whole address; `None` where nothing says
    /// where recordings are, or the name of this one is not known.
    pub recording: Option<String>,
    /// What the recording is called, as it is written.
    pub name: Option<String>,
    /// Nobody's name can be heard in it, as far as that is known.
    pub is_blind: bool,
    /// In order of time.
    pub clips: Vec<Clip>,
    /// Excerpts that would go beyond what a page or a report holds.
    pub left_out: usize,
    /// Why there are no excerpts, where some were asked for; in words.
    pub why_none: Option<&'static str>,
}

/// An excerpt.
#[derive(Debug, Clone)]
pub struct Clip {
    /// What it holds of the recording.
    pub at: Span,
    /// A WAV file, in Base64.
    pub wav: String,
}

/// What a button plays.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Play {
    /// Id of the sound within the page.
    pub sound: String,
    /// Seconds from its start.
    pub from: f64,
    /// Moment of the recording at which it begins, `m:ss`.
    pub clock: String,
}

impl Sound {
    /// Plays a moment. An excerpt is at hand wherever the page is, so it comes first.
    pub fn play(&self, at_ms: i64) -> Option<Play> {
        let from_ms = (at_ms - LEAD_MS).max(0);
        let clock = super::words::clock(from_ms);
        let holds = |clip: &&Clip| clip.at.start_ms <= from_ms && at_ms < clip.at.end_ms;
        if let Some(clip) = self.clips.iter().find(holds) {
            return Some(Play {
                sound: clip.id(),
                from: (from_ms - clip.at.start_ms) as f64 / 1000.0,
                clock,
            });
        }
        self.play_recording(at_ms)
    }

    /// Plays a moment of the linked recording.
    pub fn play_recording(&self, at_ms: i64) -> Option<Play> {
        self.recording.as_ref()?;
        let from_ms = (at_ms - LEAD_MS).max(0);
        Some(Play {
            sound: RECORDING.to_string(),
            from: from_ms as f64 / 1000.0,
            clock: super::words::clock(from_ms),
        })
    }

    /// Where the recording is, for a page with this way up to the folder of pages.
    pub fn address(&self, root: &str) -> Option<String> {
        let recording = self.recording.as_deref()?;
        let is_relative = !recording.starts_with('/') && !recording.contains("://");
        Some(match is_relative {
            true => format!("{root}{recording}"),
            false => recording.to_string(),
        })
    }
}

/// Id of the whole recording within a page.
pub const RECORDING: &str = "recording";

impl Clip {
    /// Its id within a page.
    pub fn id(&self) -> String {
        format!("clip-{}", self.at.start_ms)
    }
}

/// The pieces of a call's recording that are worth hearing, in order of time, and how many more
/// would be: those of answers that cost the most first, and each answer's first moment before the
/// second of any.
pub fn cuts(detail: &CallDetail) -> (Vec<Span>, usize) {
    let mut answers: Vec<_> = detail.of_record().collect();
    answers.sort_by_key(|answer| (weight_of(answer), answer.question.clone()));
    let mut rounds: Vec<Vec<Span>> = vec![Vec::new(); MOST_PER_ANSWER];
    for answer in answers {
        let moments = detail.evidence_of(answer).filter_map(|evidence| {
            let start_ms = evidence.start_ms?;
            let end_ms = evidence.end_ms.unwrap_or(start_ms);
            Some(piece(start_ms, end_ms, detail.conversation.recorded_ms))
        });
        for (round, moment) in rounds.iter_mut().zip(moments) {
            round.push(moment);
        }
    }
    let (mut cuts, mut left_out) = (Vec::new(), 0);
    for piece in rounds.into_iter().flatten() {
        let more = with(&cuts, piece);
        match more.iter().map(|cut| cut.len_ms()).sum::<i64>() <= MOST_PER_PAGE_MS {
            true => cuts = more,
            false => left_out += 1,
        }
    }
    (cuts, left_out)
}

/// What a coach wants to hear first.
fn weight_of(answer: &crate::report::records::Answer) -> u8 {
    let earned = answer.points.unwrap_or(0.0);
    match &*answer.answer {
        _ if answer.auto_fail => 0,
        "not_applicable" => 6,
        "abstain" => 3,
        _ if earned < answer.max_points && answer.critical => 1,
        _ if earned < answer.max_points => 2,
        _ if answer.celebrate => 4,
        _ => 5,
    }
}

fn piece(start_ms: i64, end_ms: i64, recorded_ms: i64) -> Span {
    let end_ms = end_ms.min(start_ms + LONGEST_MOMENT_MS) + TAIL_MS;
    Span::new((start_ms - LEAD_MS).max(0), end_ms.min(recorded_ms))
}

/// Pieces with one more; those that meet become one.
fn with(cuts: &[Span], piece: Span) -> Vec<Span> {
    let mut all: Vec<Span> = cuts.iter().copied().chain([piece]).collect();
    all.sort();
    let mut joined: Vec<Span> = Vec::new();
    for cut in all {
        match joined.last_mut() {
            Some(last) if cut.start_ms <= last.end_ms => last.end_ms = last.end_ms.max(cut.end_ms),
            _ => joined.push(cut),
        }
    }
    joined.retain(|cut| cut.len_ms() > 0);
    joined
}

/// What stands before a recording's name, as an address: from what the settings have, a path or a
/// URL. A path that does not begin at the root is taken from the folder of pages.
///
/// # Errors
/// Why it is of no use, as the rest of a sentence about it.
pub fn prefix(written: &str) -> Result<String, &'static str> {
    if written.trim().is_empty() {
        return Err("it is empty");
    }
    if written.chars().any(char::is_control) {
        return Err("it holds a control character");
    }
    let lower = written.to_ascii_lowercase();
    let address = if lower.starts_with("http://") || lower.starts_with("https://") {
        let (scheme, rest) = written.split_at(lower.find("://").unwrap_or(0) + 3);
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        if host.is_empty() || !host.chars().all(is_of_host) {
            return Err("its host is none, or holds more than a name and a port");
        }
        if path.contains(['#', '\\', '"', '\'', '<', '>', ' ']) || !path.is_ascii() {
            return Err("a URL is written in ASCII, without blanks, quotes and `#`");
        }
        format!(
            "{}{}{path}",
            scheme.to_ascii_lowercase(),
            host.to_ascii_lowercase()
        )
    } else {
        path_address(written)?
    };
    Ok(match address.ends_with(['/', '=']) {
        true => address,
        false => address + "/",
    })
}

pub(super) fn is_of_host(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-_:[]".contains(c)
}

fn path_address(path: &str) -> Result<String, &'static str> {
    let slashed = path.replace('\\', "/");
    if let Some(share) = path.strip_prefix(r"\\") {
        return Ok(format!("file://{}", encoded(&share.replace('\\', "/"))));
    }
    let mut letters = slashed.chars();
    let drive = letters.next().filter(char::is_ascii_alphabetic);
    if let (Some(drive), Some(':'), Some('/')) = (drive, letters.next(), letters.next()) {
        return Ok(format!("file:///{drive}:{}", encoded(&slashed[2..])));
    }
    if slashed.starts_with("//") {
        return Err("it leads to another machine without saying how");
    }
    let first = slashed.split('/').next().unwrap_or_default();
    if first.contains(':') {
        return Err("only paths, and URLs that begin with http:// or https://, are understood");
    }
    Ok(encoded(&slashed))
}

/// A recording's name as part of an address; `/` stays.
pub fn encoded(name: &str) -> String {
    use std::fmt::Write as _;
    let mut address = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                address.push(char::from(byte));
            }
            _ => write!(address, "%{byte:02X}").expect("a String takes every write"),
        }
    }
    address
}

/// The address of a recording below a prefix.
pub fn below(prefix: &str, name: &str) -> String {
    let name = encoded(name);
    format!("{prefix}{}", name.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_path_or_a_url_and_nothing_else() {
        for (written, address) in [
            ("../../muted", "../../muted/"),
            ("/srv/rec 1/", "/srv/rec%201/"),
            ("muted#1?", "muted%231%3F/"),
            (r"C:\muted", "file:///C:/muted/"),
            ("D:/muted/", "file:///D:/muted/"),
            (r"\\server\share\muted", "file://server/share/muted/"),
            (
                "https://Player.example:8443/calls",
                "https://player.example:8443/calls/",
            ),
            (
                "HTTP://player.example/listen?file=",
                "http://player.example/listen?file=",
            ),
            ("http://player.example", "http://player.example/"),
        ] {
            assert_eq!(prefix(written).as_deref(), Ok(address), "{written}");
        }
        for written in [
            "",
            "  ",
            "javascript:alert(1)//",
            " javascript:alert(1)",
            "JavaScript:x",
            "java\nscript:x",
            "data:audio/wav;base64,",
            "file:///srv/muted",
            "ftp://host/x",
            "//host/x",
            "http://",
            "https:///x",
            "https://me:secret@host/",
            "https://host; script-src *",
            "https://host/\" onerror=\"x",
            "https://host/a b",
        ] {
            assert!(prefix(written).is_err(), "{written}");
        }
    }

    #[test]
    fn a_name_stays_below_its_prefix_as_text() {
        assert_eq!(
            below("../m/", "/rec/a b#1?.wav"),
            "../m/rec/a%20b%231%3F.wav"
        );
        assert_eq!(below("/m/", "javascript:x.wav"), "/m/javascript%3Ax.wav");
        assert_eq!(below("/m/", "é\"<.wav"), "/m/%C3%A9%22%3C.wav");
        assert_eq!(
            below("https://h/?f=", "a&b=%41.wav"),
            "https://h/?f=a%26b%3D%2541.wav"
        );
    }

    #[test]
    fn a_moment_plays_from_five_seconds_before_it() {
        let mut sound = Sound::default();
        assert_eq!(sound.play(9_000), None);
        sound.recording = Some("../../muted/a.wav".to_string());
        let whole = sound.play(9_000).unwrap();
        assert_eq!((whole.sound.as_str(), whole.from), (RECORDING, 4.0));
        sound.clips.push(Clip {
            at: Span::new(3_000, 12_000),
            wav: String::new(),
        });
        let clip = sound.play(9_000).unwrap();
        assert_eq!((clip.sound.as_str(), clip.from), ("clip-3000", 1.0));
        assert_eq!(clip.clock, "0:04");
        // The excerpt begins too late, or ends too early.
        assert_eq!(sound.play(4_000).unwrap().sound, RECORDING);
        assert_eq!(sound.play(12_000).unwrap().sound, RECORDING);
        assert_eq!(sound.play(2_000).unwrap().from, 0.0);
        let address = sound.address("../");
        assert_eq!(address.as_deref(), Some("../../../muted/a.wav"));
    }

    #[test]
    fn pieces_that_meet_are_one_and_stay_within_the_recording() {
        let first = piece(2_000, 3_000, 20_000);
        assert_eq!(first, Span::new(0, 6_000));
        assert_eq!(piece(18_000, 60_000, 20_000), Span::new(13_000, 20_000));
        let cuts = with(&[first], Span::new(6_000, 9_000));
        assert_eq!(cuts, [Span::new(0, 9_000)]);
        assert_eq!(with(&cuts, Span::new(9_001, 9_500)).len(), 2);
    }
}
