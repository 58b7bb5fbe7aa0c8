//! A call as a vCon, the container for conversations of the IETF's draft (`vcon-core`): who spoke,
//! when, the transcript and the quality result as analyses.
//!
//! The same call gives the same bytes: the id is a hash of the content, and the time of creation
//! is that of the call. Left out on purpose: the recording, the name of its file, and whatever
//! tells who the customer is; the draft has it that a redacted vCon may leave the recording out.

use jiff::Timestamp;
use serde::Serialize;

use crate::conversation::Party;
use crate::recording::{CallMeta, Direction};
use crate::transcript::{self, Transcript};

/// Version of the container's syntax.
const SYNTAX: &str = "0.4.0";
const VENDOR: &str = "callibrate";
/// What the body of the quality result is; `docs/export.md` describes it.
pub const QUALITY: &str = "callibrate-quality/1";

/// What a call's forms came to; none where no form was put to it.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct Quality {
    pub call_id: String,
    /// On the centre's wall clock.
    pub started_local: String,
    pub time_zone: String,
    pub rubrics: Vec<RubricResult>,
}

/// What one form came to. Fields mean what the columns of `scores` with their names do.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct RubricResult {
    pub rubric: String,
    pub rubric_version: String,
    pub rubric_key: String,
    pub status: String,
    pub not_eligible_reason: Option<String>,
    pub score: Option<f64>,
    pub score_low: Option<f64>,
    pub score_high: Option<f64>,
    pub verdict: Option<String>,
    pub critical_verdict: Option<String>,
    /// Ids of the questions that failed the form.
    pub auto_failed_by: Vec<String>,
    /// The answers of record, in the order of the form.
    pub answers: Vec<AnswerOfRecord>,
}

/// Fields mean what the columns of `answers` with their names do.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct AnswerOfRecord {
    pub section: String,
    pub question: String,
    pub meaning: String,
    /// `automatic`, `coach` or `gold`.
    pub scorer_kind: String,
    pub kind: String,
    pub answer: String,
    pub reason: Option<String>,
    pub value: Option<f64>,
    pub points: Option<f64>,
    pub max_points: Option<f64>,
    pub auto_fail: bool,
    pub confidence: Option<f64>,
    pub fragile: bool,
    /// What the automatic answer rests on, also where the one of record is a person's.
    pub evidence: Vec<EvidenceShown>,
}

/// Fields mean what the columns of `evidence` with their names do.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct EvidenceShown {
    pub kind: String,
    pub party: Option<String>,
    pub channel: Option<i64>,
    pub start_ms: Option<i64>,
    pub end_ms: Option<i64>,
    pub quote: Option<String>,
    pub note: Option<String>,
    pub metric: Option<String>,
    pub value: Option<f64>,
    pub threshold: Option<String>,
    pub confidence: Option<f64>,
}

#[derive(Serialize)]
struct Vcon<'a> {
    vcon: &'static str,
    uuid: String,
    extensions: [&'static str; 1],
    created_at: String,
    redacted: Redacted,
    parties: [PartyOf<'a>; 2],
    dialog: [Dialog; 1],
    analysis: [Analysis<'a>; 2],
}

/// Without a `uuid` that it would be redacted from: none is available.
#[derive(Serialize)]
struct Redacted {
    r#type: &'static str,
}

#[derive(Serialize)]
struct PartyOf<'a> {
    r#type: &'static str,
    /// Of the extension for contact centres.
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dept: Option<&'a str>,
}

const AGENT: usize = 0;
const CUSTOMER: usize = 1;

#[derive(Serialize)]
struct Dialog {
    r#type: &'static str,
    start: String,
    duration: f64,
    parties: Vec<Mixed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    originator: Option<usize>,
}

/// Who is heard in a channel.
#[derive(Serialize)]
#[serde(untagged)]
enum Mixed {
    One(usize),
    Both([usize; 2]),
}

#[derive(Serialize)]
struct Analysis<'a> {
    r#type: &'static str,
    dialog: usize,
    vendor: &'static str,
    product: String,
    schema: &'static str,
    mediatype: &'static str,
    encoding: &'static str,
    body: Body<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Transcript(&'a Transcript),
    Quality(&'a Quality),
}

/// The text of a `.vcon` file. `parties` are those of the channels.
pub fn vcon(
    meta: &CallMeta,
    transcript: &Transcript,
    parties: &[Party],
    quality: &Quality,
) -> String {
    let start = rfc3339(meta.started_at.utc_ms);
    let report = ("report", QUALITY, Body::Quality(quality));
    let words = (
        "transcript",
        transcript::FORMAT,
        Body::Transcript(transcript),
    );
    let mut vcon = Vcon {
        vcon: SYNTAX,
        uuid: String::new(),
        extensions: ["CC"],
        created_at: start.clone(),
        redacted: Redacted {
            r#type: "words of a transcript replaced by placeholders, recording and identity of \
                     the customer removed",
        },
        parties: [
            PartyOf {
                r#type: "person",
                role: "agent",
                uuid: Some(&meta.agent),
                dept: meta.team.as_deref(),
            },
            PartyOf {
                r#type: "person",
                role: "customer",
                uuid: None,
                dept: None,
            },
        ],
        dialog: [Dialog {
            r#type: "recording",
            start,
            duration: transcript.audio.recorded_ms as f64 / 1000.0,
            parties: heard_in(parties),
            originator: originator(parties, meta.direction),
        }],
        analysis: [words, report].map(|(r#type, schema, body)| Analysis {
            r#type,
            dialog: 0,
            vendor: VENDOR,
            product: format!("{VENDOR} {}", env!("CARGO_PKG_VERSION")),
            schema,
            mediatype: "application/json",
            encoding: "json",
            body,
        }),
    };
    vcon.uuid = uuid(&json(&vcon));
    json(&vcon) + "\n"
}

fn json(vcon: &Vcon<'_>) -> String {
    serde_json::to_string(vcon).expect("a vCon is JSON")
}

/// One entry per channel; a recording of one channel lists who is in its mix.
fn heard_in(parties: &[Party]) -> Vec<Mixed> {
    if parties.len() < 2 {
        return vec![Mixed::One(AGENT), Mixed::One(CUSTOMER)];
    }
    let of = |party: &Party| match party {
        Party::Agent => Mixed::One(AGENT),
        Party::Customer => Mixed::One(CUSTOMER),
        Party::Unknown => Mixed::Both([AGENT, CUSTOMER]),
    };
    parties.iter().map(of).collect()
}

/// Who called, where that is not the first one listed.
fn originator(parties: &[Party], direction: Option<Direction>) -> Option<usize> {
    let caller = match direction? {
        Direction::Inbound => CUSTOMER,
        Direction::Outbound => AGENT,
        Direction::Internal => return None,
    };
    let first = match parties {
        [Party::Customer, ..] => CUSTOMER,
        _ => AGENT,
    };
    (caller != first).then_some(caller)
}

fn rfc3339(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |at| at.to_string())
}

/// Version 8 of RFC 9562: 122 bits of the content's BLAKE3.
fn uuid(content: &str) -> String {
    let hash = blake3::hash(content.as_bytes());
    let mut bytes: [u8; 16] = hash.as_bytes()[..16].try_into().expect("a hash is longer");
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::recording::StartedAt;
    use crate::transcript::snippet;

    fn meta() -> CallMeta {
        let json = json!({
            "call_id": "c1", "file": "+4930123456.wav", "agent": "ann", "team": "north",
            "queue": null, "customer": "abcd", "agent_channel": 0, "interaction_id": null,
            "leg": null, "direction": "inbound", "first_communication": null, "language": null,
            "reason": null, "talk_s": null, "hold_s": null, "acw_s": null,
            "disclosure_by_ivr": null,
            "started_at": StartedAt {
                utc_ms: 1_772_442_000_500,
                local_date: "2026-03-02".to_string(),
                local: "2026-03-02T10:00:00".to_string(),
                zone: "Europe/Berlin".to_string(),
                doubtful: false,
            },
        });
        serde_json::from_value(json).unwrap()
    }

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_call_tells_who_when_and_what_and_not_who_the_customer_is() {
        let talk = snippet::parse("agent: Hello.\ncustomer: It's <phone_number 10>.").unwrap();
        let both = [Party::Agent, Party::Customer];
        let quality = Quality {
            call_id: "c1".to_string(),
            ..Quality::default()
        };
        let text = vcon(&meta(), &talk, &both, &quality);
        let found = read(&text);
        let uuid = found["uuid"].as_str().unwrap();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "8"), "{uuid}");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        assert_eq!(found["created_at"], "2026-03-02T09:00:00.5Z");
        assert!(found["redacted"].get("uuid").is_none());
        let [agent, customer] = [&found["parties"][0], &found["parties"][1]];
        assert_eq!([&agent["role"], &agent["uuid"]], ["agent", "ann"]);
        assert_eq!(*customer, json!({"type": "person", "role": "customer"}));
        let dialog = &found["dialog"][0];
        assert_eq!(dialog["parties"], json!([0, 1]));
        assert_eq!(dialog["originator"], 1);
        assert!(dialog.get("body").is_none() && dialog.get("url").is_none());
        let of_type = |n: usize| &found["analysis"][n]["type"];
        assert_eq!([of_type(0), of_type(1)], ["transcript", "report"]);
        // It can be read back as it was.
        let body = found["analysis"][0]["body"].to_string();
        assert_eq!(
            Transcript::from_json(body.as_bytes(), "body").unwrap(),
            talk
        );
        for hidden in ["4930123456", "abcd"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }

    #[test]
    fn the_id_is_of_the_content_and_what_is_not_known_is_not_said() {
        let talk = snippet::parse("agent: Hello.").unwrap();
        let swapped = [Party::Customer, Party::Agent];
        let none = Quality::default();
        let once = vcon(&meta(), &talk, &swapped, &none);
        assert_eq!(once, vcon(&meta(), &talk, &swapped, &none));
        let found = read(&once);
        assert_eq!(found["dialog"][0]["parties"], json!([1, 0]));
        assert!(found["dialog"][0].get("originator").is_none());
        assert_eq!(found["analysis"][1]["body"]["rubrics"], json!([]));
        let other = snippet::parse("agent: Hello?").unwrap();
        let other = read(&vcon(&meta(), &other, &swapped, &none));
        assert_ne!(found["uuid"], other["uuid"]);

        let unknown = read(&vcon(&meta(), &talk, &[Party::Unknown; 2], &none));
        assert_eq!(unknown["dialog"][0]["parties"], json!([[0, 1], [0, 1]]));
        let mono = read(&vcon(&meta(), &talk, &[Party::Unknown], &none));
        assert_eq!(mono["dialog"][0]["parties"], json!([0, 1]));
    }
}
