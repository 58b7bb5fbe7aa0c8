//! The traps of each format.

use super::*;
use crate::transcript::{Channel, Doubt, RedactedKind, Span, Transcript};

const AGENT_LEFT: Choice<'static> = Choice {
    agent_channel: Some(0),
    agent_speakers: &[],
    customer_speakers: &[],
    language: Some("en"),
    recorded_ms: None,
};

fn labels<const N: usize>(labels: [&str; N]) -> Vec<String> {
    labels.map(String::from).to_vec()
}

#[track_caller]
fn imported(bytes: impl AsRef<[u8]>, choice: Choice<'_>) -> Imported {
    let (_, mut drafts) = read(bytes.as_ref(), None).unwrap();
    assert_eq!(drafts.len(), 1);
    drafts.remove(0).settle(&choice).unwrap()
}

#[track_caller]
fn transcript(bytes: impl AsRef<[u8]>) -> Transcript {
    imported(bytes, AGENT_LEFT).transcript
}

#[track_caller]
fn refused(bytes: impl AsRef<[u8]>, choice: Choice<'_>) -> ImportError {
    match read(bytes.as_ref(), None) {
        Ok((_, mut drafts)) => drafts.remove(0).settle(&choice).unwrap_err(),
        Err(error) => error,
    }
}

/// The words of a channel with a bar between segments.
fn said(channel: &Channel) -> String {
    let segment = |s: &crate::transcript::Segment| {
        let words: Vec<&str> = s.words.iter().map(|w| w.text.as_str()).collect();
        words.join(" ")
    };
    let segments: Vec<String> = channel.segments.iter().map(segment).collect();
    segments.join(" | ")
}

fn times(channel: &Channel) -> Vec<(i64, i64)> {
    let words = channel.segments.iter().flat_map(|s| &s.words);
    words.map(|w| (w.start_ms, w.end_ms)).collect()
}

fn probs(channel: &Channel) -> Vec<Option<f32>> {
    let words = channel.segments.iter().flat_map(|s| &s.words);
    words.map(|w| w.prob).collect()
}

#[test]
fn whisper_cpp_joins_tokens_by_their_bytes_and_leaves_special_ones_out() {
    // "café" with its last letter cut over two tokens: no UTF-8.
    let mut file = br#"{"result":{"language":"en"},"model":{"type":"base"},"transcription":[
      {"offsets":{"from":0,"to":2000},"text":" The caf","tokens":[
       {"text":"[_BEG_]","offsets":{"from":0,"to":0},"id":50363,"p":0.1,"t_dtw":-1},
       {"text":" The","offsets":{"from":100,"to":400},"p":0.9,"t_dtw":-1},
       {"text":" caf","offsets":{"from":400,"to":700},"p":0.8,"t_dtw":52},
       {"text":""#
        .to_vec();
    file.push(0xC3);
    file.extend(br#"","offsets":{"from":700,"to":700},"p":0.5,"t_dtw":-1},{"text":""#);
    file.push(0xA9);
    file.extend(
        br#"","offsets":{"from":700,"to":750},"p":0.7,"t_dtw":-1},
       {"text":".","offsets":{"from":750,"to":800},"p":0.99,"t_dtw":-1},
       {"text":"[_TT_100]","offsets":{"from":2000,"to":2000},"p":0.2,"t_dtw":-1}]}]}"#,
    );
    let read = transcript(&file);
    assert_eq!(said(&read.channels[0]), "The café.");
    // An aligned start, and then the end of the segment.
    assert_eq!(times(&read.channels[0]), [(100, 400), (520, 2000)]);
    assert_eq!(probs(&read.channels[0]), [Some(0.9), Some(0.5)]);
    assert!(read.recogniser.word_times && read.recogniser.word_probs);
}

#[test]
fn whisper_cpp_has_a_word_a_segment_or_segments_alone() {
    let segment = |from: i64, text: &str| {
        format!(
            r#"{{"offsets":{{"from":{from},"to":{}}},"text":"{text}"}}"#,
            from + 300
        )
    };
    let file = |segments: &[String]| {
        format!(
            r#"{{"result":{{"language":"en"}},"transcription":[{}]}}"#,
            segments.join(",")
        )
    };
    let words = [
        segment(0, " One"),
        segment(400, " two."),
        segment(5_000, " Three"),
        segment(5_400, " four."),
    ];
    let read = transcript(file(&words));
    assert_eq!(said(&read.channels[0]), "One two. | Three four.");
    assert!(read.recogniser.word_times && !read.recogniser.word_probs);
    let read = transcript(file(&[segment(0, " One two [BLANK_AUDIO]")]));
    // By their letters.
    assert_eq!(times(&read.channels[0]), [(0, 150), (150, 300)]);
    assert!(!read.recogniser.word_times);
    let translated = file(&words).replace(
        "\"transcription\"",
        "\"params\":{\"translate\":true},\"transcription\"",
    );
    assert!(matches!(
        refused(translated, AGENT_LEFT),
        ImportError::NoCall(_)
    ));
}

#[test]
fn speech_is_that_of_words_with_times_and_of_no_others() {
    // Each segment begins where the one before ends, and the words do not.
    let segment = |from: i64, to: i64, words: &[(i64, i64)]| {
        let token = |(from, to): &(i64, i64)| {
            format!(r#"{{"text":" so","offsets":{{"from":{from},"to":{to}}},"p":0.9}}"#)
        };
        let tokens: Vec<String> = words.iter().map(token).collect();
        format!(
            r#"{{"offsets":{{"from":{from},"to":{to}}},"text":" so","tokens":[{}]}}"#,
            tokens.join(",")
        )
    };
    let file = format!(
        r#"{{"result":{{"language":"en"}},"transcription":[{},{}]}}"#,
        segment(0, 4_000, &[(1_000, 1_300), (1_700, 2_000), (2_500, 3_000)]),
        segment(4_000, 9_000, &[(7_000, 8_000)]),
    );
    let read = transcript(file);
    assert_eq!(
        read.channels[0].speech,
        [
            Span::new(1_000, 2_000),
            Span::new(2_500, 3_000),
            Span::new(7_000, 8_000)
        ]
    );
    // It ends in the middle of what is said, as far as anybody knows.
    assert_eq!(read.audio.recorded_ms, 8_000);
    let held = transcript("WEBVTT\n\n00:01.000 --> 00:04.000\nHi there\n");
    assert!(held.channels[0].speech.is_empty() && !held.recogniser.word_times);
}

#[test]
fn words_that_whisper_cpp_tears_apart_are_joined() {
    let file = |texts: &[&str], tokens: bool| {
        let segment = |(i, text): (usize, &&str)| {
            let (from, to) = (i * 200, i * 200 + 200);
            let at = format!(r#""offsets":{{"from":{from},"to":{to}}},"text":"{text}""#);
            match tokens {
                true => format!(r#"{{{at},"tokens":[{{{at},"p":0.{}}}]}}"#, i + 1),
                false => format!("{{{at}}}"),
            }
        };
        let all: Vec<String> = texts.iter().enumerate().map(segment).collect();
        let all = all.join(",");
        format!(r#"{{"result":{{"language":"en"}},"transcription":[{all}]}}"#)
    };
    let torn = [" Is", " there", " anyt", "hing", ",", " please"];
    for tokens in [true, false] {
        let read = transcript(file(&torn, tokens));
        assert_eq!(said(&read.channels[0]), "Is there anything, please");
        assert_eq!(times(&read.channels[0])[2], (400, 1_000));
    }
    let probs = probs(&transcript(file(&torn, true)).channels[0]);
    assert_eq!(probs[2], Some(0.3));
    // Some languages have no blanks, and segments may be longer than a word.
    let read = transcript(file(&["你好", "谢谢"], false));
    assert_eq!(said(&read.channels[0]), "你好 | 谢谢");
    let read = transcript(file(&[" Is there anyt", "hing else", " for you"], false));
    assert_eq!(
        said(&read.channels[0]),
        "Is there anything | else | for you"
    );
}

#[test]
fn a_file_with_one_side_of_a_call_is_not_the_call() {
    let part = |file: &str| assert_eq!(refused(file, AGENT_LEFT), ImportError::PartOfCall);
    part("a B 0.5 0.3 hello 0.9\n");
    part("a 1 0.5 0.3 hello 0.9\na 3 0.9 0.3 you 0.9\n");
    part("a customer 0.5 0.3 hello 0.9\n");
    part("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Customer>Hi there\n");
    // The files of both sides are.
    let draft = |file: &str| read(file.as_bytes(), None).unwrap().1.remove(0);
    let (a, b) = ("a A 0.5 0.3 hello 0.9\n", "a right 0.9 0.3 you 0.9\n");
    let whole = Draft::of_channels(vec![draft(a), draft(b)]).unwrap();
    let whole = whole.settle(&AGENT_LEFT).unwrap().transcript;
    assert_eq!(
        (said(&whole.channels[0]), said(&whole.channels[1])),
        ("hello".into(), "you".into())
    );
    let turned = Draft::of_channels(vec![draft(b), draft(a)]);
    assert!(matches!(turned, Err(ImportError::Invalid(_))));
}

#[test]
fn several_agents_or_recordings_are_not_taken_for_one() {
    let second = CONTACT_LENS.replace(
        r#"{"ParticipantId":"3c","ParticipantRole":"SYSTEM"}"#,
        r#"{"ParticipantId":"3c","ParticipantRole":"AGENT"}"#,
    );
    assert_eq!(imported(&second, AGENT_LEFT).channels, ["everybody"]);
    let choice = Choice {
        agent_speakers: &labels(["2b"]),
        ..AGENT_LEFT
    };
    let read = imported(&second, choice).transcript;
    assert_eq!(said(&read.channels[0]), " | Your name?");
    assert_eq!(read.channels[1].segments[0].doubts, [Doubt::LowConfidence]);
    let body = deepgram(1);
    let two = format!(
        r#"{{"vcon":"0.4.0","parties":[],"dialog":[{{"type":"recording","duration":30}},{{"type":"recording"}}],
        "analysis":[{{"type":"transcript","dialog":[0],"body":{body}}}]}}"#
    );
    let error = refused(two, AGENT_LEFT).to_string();
    assert!(error.contains("2 recordings"), "{error}");
}

#[test]
fn what_another_tool_masked_is_unheard_unless_its_kind_is_told() {
    let word = |text: &str| {
        let file = format!(
            r#"{{"jobName":"j","results":{{"items":[{{"type":"pronunciation","start_time":"1","end_time":"2","alternatives":[{{"confidence":"0.9",{text}}}]}}]}}}}"#
        );
        transcript(file).channels[0].segments[0].words[0].clone()
    };
    let named = word(r#""content":"[PII]","redactions":[{"type":"NAME"}]"#);
    assert_eq!(named.redacted.map(|r| r.kind), Some(RedactedKind::Name));
    for hidden in ["[PII]", "***", "****.", "*", "s***", "██", "[inaudible]"] {
        let read = word(&format!(r#""content":"{hidden}""#));
        assert_eq!((read.prob, read.redacted), (Some(0.0), None), "{hidden}");
    }
    let remarks = "WEBVTT\n\n00:01.000 --> 00:02.000\n- So (upbeat music) it ♪♪ *laughs* (I think) is [music]\n";
    assert_eq!(said(&transcript(remarks).channels[0]), "So it (I think) is");
}

#[test]
fn channels_may_differ_in_language_and_the_one_with_most_words_counts() {
    let word = |text: &str| format!(r#"{{"word":"{text}","start":1,"end":2,"confidence":1}}"#);
    let channel = |language: &str, words: &[String]| {
        let words = words.join(",");
        format!(r#"{{"detected_language":"{language}","alternatives":[{{"words":[{words}]}}]}}"#)
    };
    let file = format!(
        r#"{{"metadata":null,"results":{{"channels":[{},{}]}}}}"#,
        channel("en", &[word("hello")]),
        channel("es", &[word("hola"), word("amigo")])
    );
    let read = imported(file, AGENT_LEFT);
    assert_eq!(read.transcript.language, "es");
    let own = read.transcript.channels.iter().map(|c| c.language.clone());
    assert_eq!(own.collect::<Vec<_>>(), [Some("en".to_string()), None]);
    assert!(
        read.notes[0].contains("channel 0 en, channel 1 es"),
        "{:?}",
        read.notes
    );
}

#[test]
fn times_are_lent_to_the_same_words_only() {
    let file = r#"{"language":"en","duration":9,"text":"x","segments":[{"start":1,"end":5,"text":"$5 now please wait."}],
      "words":[{"word":"5","start":1,"end":1.5},{"word":"dollars","start":1.5,"end":2},
               {"word":"now","start":3,"end":3.5},{"word":"wait","start":4,"end":5}]}"#;
    let read = transcript(file);
    assert_eq!(times(&read.channels[0])[3], (4_000, 5_000));
    assert!(times(&read.channels[0])[1].1 > 2_000 && !read.recogniser.word_times);
}

const WHISPERX: &str = r#"{"language":"en","word_segments":[],"segments":[
  {"start":1.0,"end":4.0,"text":"","speaker":"SPEAKER_01","words":[
    {"word":"It","start":1.0,"end":1.2,"score":0.9,"speaker":"SPEAKER_01"},
    {"word":"is","start":1.2,"end":1.4,"score":0.9,"speaker":"SPEAKER_01"},
    {"word":"2014","speaker":"SPEAKER_01"},
    {"word":"now","start":2.0,"end":2.2,"score":0.9,"speaker":"SPEAKER_01"},
    {"word":"Sure","start":3.0,"end":3.4,"score":0.8,"speaker":"SPEAKER_00"}]},
  {"start":6.0,"end":7.0,"text":"Hello?","words":[{"word":"Hello?","start":6.1,"end":6.5,"score":0.7}]},
  {"start":8.0,"end":8.9,"text":"Bye","speaker":"SPEAKER_00","words":[
    {"word":"Good","start":8.0,"end":8.1,"score":0.7},{"word":"bye","start":8.2,"end":8.3,"score":0.7},
    {"word":"to","start":8.3,"end":8.35,"score":0.7},{"word":"you","start":8.4,"end":8.5,"score":0.7},
    {"word":"all","start":8.5,"end":8.6,"score":0.7}]}]}"#;

#[test]
fn whisperx_places_words_without_times_and_parts_speakers_where_one_is_the_agent() {
    let choice = Choice {
        agent_speakers: &labels(["speaker_01"]),
        agent_channel: Some(1),
        recorded_ms: Some(9_000),
        ..AGENT_LEFT
    };
    let read = imported(WHISPERX, choice);
    assert_eq!(
        read.channels,
        [
            "SPEAKER_00 (taken for the customer)",
            "SPEAKER_01 (the agent)"
        ]
    );
    let [other, agent] = &read.transcript.channels[..] else {
        panic!("two channels")
    };
    assert_eq!(said(agent), "It is 2014 now | ");
    assert_eq!(times(agent)[2], (1_400, 2_000));
    assert_eq!(probs(agent)[2], None);
    // Who said hello, nobody knows: it is no evidence on one channel, and unheard on the other.
    assert_eq!(said(other), "Sure | Hello? | Good bye to you all");
    assert_eq!(other.segments[1].doubts, [Doubt::LowConfidence]);
    assert_eq!(
        agent.speech,
        [Span::new(1_000, 2_200), Span::new(6_000, 7_000)]
    );
    assert_eq!(
        other.speech,
        [
            Span::new(3_000, 3_400),
            Span::new(6_100, 6_500),
            Span::new(8_000, 8_600)
        ]
    );
    assert!(read.transcript.recogniser.word_times && !read.transcript.recogniser.word_probs);

    let alone = imported(WHISPERX, AGENT_LEFT);
    assert_eq!(alone.transcript.channels.len(), 1);
    assert!(
        alone.notes[1].contains("SPEAKER_01, SPEAKER_00"),
        "{:?}",
        alone.notes
    );
    let choice = Choice {
        agent_speakers: &labels(["SPEAKER_07"]),
        ..AGENT_LEFT
    };
    let error = refused(WHISPERX, choice).to_string();
    assert!(error.ends_with("it has SPEAKER_01, SPEAKER_00"), "{error}");
    // Names of persons are not told.
    let named = WHISPERX.replace("SPEAKER_01", "Mary Miller");
    let error = refused(named, choice).to_string();
    assert!(
        error.ends_with("it has somebody with a name, SPEAKER_00"),
        "{error}"
    );
}

#[test]
fn openai_lends_times_and_the_segments_probability_and_whispers_own_doubts_count() {
    let file = r#"{"task":"transcribe","language":"english","duration":12.5,"text":"x",
      "words":[{"word":"Hello","start":0.5,"end":0.9},{"word":"there","start":1.0,"end":1.3},
               {"word":"Thank","start":5.0,"end":5.2}],
      "segments":[
       {"id":0,"start":0.4,"end":1.5,"text":" Hello, there.","avg_logprob":-0.105360516,"compression_ratio":1.1,"no_speech_prob":0.01},
       {"id":1,"start":5.0,"end":6.0,"text":" Thank you.","avg_logprob":-1.2,"compression_ratio":3.0,"no_speech_prob":0.9}]}"#;
    let read = transcript(file);
    let channel = &read.channels[0];
    assert_eq!(
        (read.language.as_str(), read.audio.recorded_ms),
        ("en", 12_500)
    );
    assert_eq!(said(channel), "Hello, there. | Thank you.");
    assert_eq!(times(channel)[..2], [(500, 900), (1_000, 1_300)]);
    assert!(
        probs(channel)[..2]
            .iter()
            .all(|p| (p.unwrap() - 0.9).abs() < 1e-6)
    );
    assert_eq!(
        channel.segments[1].doubts,
        [Doubt::Repetition, Doubt::NoSpeech, Doubt::LowConfidence]
    );
    assert!(read.recogniser.word_times && read.recogniser.word_probs);
    let words = r#"{"language":"klingon","words":[{"word":"a","start":0,"end":1},{"word":"b","start":3,"end":4}]}"#;
    let choice = Choice {
        language: None,
        ..AGENT_LEFT
    };
    assert_eq!(refused(words, choice), ImportError::UnknownLanguage);
    // What a person says is taken, and said.
    let told = imported(words, AGENT_LEFT);
    assert_eq!(told.transcript.language, "en");
    assert!(told.notes[0].contains("not known here"), "{:?}", told.notes);
    let words = words.replace("klingon", "en");
    assert_eq!(said(&transcript(words).channels[0]), "a | b");
}

const CONTACT_LENS: &str = r#"{"Channel":"VOICE","LanguageCode":"en-US",
  "Participants":[{"ParticipantId":"1a","ParticipantRole":"CUSTOMER"},{"ParticipantId":"2b","ParticipantRole":"AGENT"},
                  {"ParticipantId":"3c","ParticipantRole":"SYSTEM"}],
  "ConversationCharacteristics":{"TotalConversationDurationMillis":3000,"TalkTime":{"TotalTimeMillis":9000}},
  "Transcript":[
   {"ParticipantId":"3c","Content":"Press one.","BeginOffsetMillis":0,"EndOffsetMillis":900},
   {"ParticipantId":"2b","Content":"Your name?","BeginOffsetMillis":1000,"EndOffsetMillis":2000,"LoudnessScores":[70.1,null]},
   {"ParticipantId":"1a","Content":"I am [PII].","BeginOffsetMillis":2000,"EndOffsetMillis":3200,"Redaction":{"RedactedTimestamps":[]}}]}"#;

#[test]
fn contact_lens_tells_roles_by_id_and_what_is_masked_is_unheard() {
    let read = imported(
        CONTACT_LENS,
        Choice {
            agent_channel: Some(1),
            ..AGENT_LEFT
        },
    );
    assert_eq!(read.channels, ["customer", "agent"]);
    let [customer, agent] = &read.transcript.channels[..] else {
        panic!("two channels")
    };
    assert_eq!(
        (said(agent), said(customer)),
        ("Your name?".into(), "I am [PII].".into())
    );
    assert_eq!(probs(customer), [None, None, Some(0.0)]);
    let recogniser = &read.transcript.recogniser;
    assert!(!recogniser.word_times && !recogniser.word_probs);
    // Talk lasts longer than the call where both speak; words after its end make it longer.
    assert_eq!(read.transcript.audio.recorded_ms, 3_200);
    assert!(
        read.notes.iter().any(|n| n.contains("stated end")),
        "{:?}",
        read.notes
    );
    assert!(
        read.notes
            .iter()
            .any(|n| n.starts_with("2 words by neither"))
    );

    let choice = |agent_channel| Choice {
        agent_channel,
        ..AGENT_LEFT
    };
    assert_eq!(
        refused(CONTACT_LENS, choice(None)),
        ImportError::NoAgentChannel
    );
    assert_eq!(
        refused(CONTACT_LENS, choice(Some(2))),
        ImportError::AgentOutOfRange {
            agent_channel: 2,
            channels: 2
        }
    );
    let chat = CONTACT_LENS.replace("VOICE", "CHAT");
    assert!(matches!(refused(chat, AGENT_LEFT), ImportError::NoCall(_)));
}

#[test]
fn call_analytics_joins_punctuation_and_knows_kinds_of_what_is_masked() {
    let read = transcript(
        r#"{"LanguageCode":"en-US","Participants":[{"ParticipantRole":"AGENT"}],"Transcript":[
        {"ParticipantRole":"AGENT","Content":"Hi [NAME].","BeginOffsetMillis":100,"EndOffsetMillis":1000,"Items":[
         {"Type":"pronunciation","Content":"Hi","Confidence":"0.91","BeginOffsetMillis":100,"EndOffsetMillis":300},
         {"Type":"pronunciation","Content":"[PII]","Confidence":0.5,"BeginOffsetMillis":400,"EndOffsetMillis":900,
          "Redaction":[{"Confidence":0.99,"Type":"NAME"}]},
         {"Type":"punctuation","Content":".","Confidence":0.0}]}]}"#,
    );
    assert_eq!(read.channels.len(), 2);
    assert_eq!(said(&read.channels[0]), "Hi [PII].");
    let word = &read.channels[0].segments[0].words[1];
    assert_eq!(word.redacted.as_ref().unwrap().kind, RedactedKind::Name);
    assert_eq!((word.start_ms, word.prob), (400, Some(0.5)));
}

#[test]
fn transcribe_writes_numbers_as_text_and_tells_channels_or_speakers() {
    let item = |word: &str, start: f64, label: &str| {
        format!(
            r#"{{"type":"pronunciation","start_time":"{start}","end_time":"{}","alternatives":[{{"confidence":"0.9","content":"{word}"}}]{label}}}"#,
            start + 0.2
        )
    };
    let (a, b) = (item("hello", 0.5, ""), item("hi", 1.5, ""));
    let mark = r#"{"type":"punctuation","alternatives":[{"confidence":"0.0","content":"."}]}"#;
    let channels = format!(
        r#"{{"jobName":"j","results":{{"language_code":"en-US","items":[],"channel_labels":{{"channels":[{{"channel_label":"ch_1","items":[{b}]}},{{"channel_label":"ch_0","items":[{a},{mark}]}}]}}}}}}"#
    );
    let read = transcript(channels);
    assert_eq!(
        (said(&read.channels[0]), said(&read.channels[1])),
        ("hello.".into(), "hi".into())
    );
    assert_eq!(times(&read.channels[1]), [(1_500, 1_700)]);
    let choice = Choice {
        agent_speakers: &labels(["spk_1"]),
        ..AGENT_LEFT
    };
    let speakers = format!(
        r#"{{"jobName":"j","results":{{"items":[{a},{mark},{b}],"speaker_labels":{{"segments":[
        {{"start_time":"0.4","end_time":"1.0","speaker_label":"spk_1"}},{{"start_time":"1.2","end_time":"2.0","speaker_label":"spk_0"}}]}}}}}}"#
    );
    let own = format!(
        r#"{{"jobName":"j","results":{{"items":[{},{mark},{}]}}}}"#,
        item("hello", 0.5, r#","speaker_label":"spk_1""#),
        item("hi", 1.5, r#","speaker_label":"spk_0""#)
    );
    for file in [speakers, own] {
        let read = imported(file, choice);
        assert_eq!(said(&read.transcript.channels[0]), "hello.");
        assert_eq!(read.channels[1], "spk_0 (taken for the customer)");
    }
}

fn deepgram(channels: usize) -> String {
    let channel = r#"{"alternatives":[{"transcript":"","words":[
      {"word":"hello","punctuated_word":"Hello,","start":0.08,"end":0.5,"confidence":0.98,"speaker":0,"speaker_confidence":0.1},
      {"word":"hi","start":0.6,"end":0.9,"confidence":0.97,"speaker":1}]}]}"#;
    format!(
        r#"{{"metadata":{{"duration":2.0,"model_info":{{"u":{{"name":"nova","version":"1"}}}}}},"results":{{"channels":[{}]}}}}"#,
        vec![channel; channels].join(",")
    )
}

#[test]
fn deepgrams_channels_are_the_recordings_and_its_speakers_are_nobody() {
    let both = imported(deepgram(2), AGENT_LEFT);
    assert_eq!(said(&both.transcript.channels[1]), "Hello, hi");
    assert_eq!(both.channels[1], "channel 1 of the recording");
    assert_eq!(both.transcript.recogniser.model, "nova 1");
    let dated = deepgram(2).replace(
        "nova\",\"version\":\"1",
        "2-nova\",\"version\":\"2024-01-09.29447",
    );
    let mut dated = transcript(dated);
    crate::redaction::redact_facts(&mut dated);
    assert_eq!(dated.recogniser.model, "2-nova of 2024-01-09, build 29447");
    let early = deepgram(2).replace("\"start\":0.6", "\"start\":-6");
    let error = refused(early, AGENT_LEFT).to_string();
    assert!(
        error.ends_with("channel 1: word 2: a time is before the recording begins"),
        "{error}"
    );
    let choice = Choice {
        agent_speakers: &labels(["0"]),
        ..AGENT_LEFT
    };
    assert!(matches!(
        refused(deepgram(2), choice),
        ImportError::NoSuchSpeaker(_)
    ));
    assert_eq!(transcript(deepgram(1)).channels.len(), 1);
    let parted = imported(deepgram(1), choice).transcript;
    assert_eq!(
        (said(&parted.channels[0]), said(&parted.channels[1])),
        ("Hello,".into(), "hi".into())
    );
    assert!(matches!(
        refused(deepgram(17), AGENT_LEFT),
        ImportError::Invalid(_)
    ));
}

#[test]
fn webvtt_has_voices_times_entities_and_remarks() {
    let file = "WEBVTT - made by hand\nLanguage: en-GB\n\nSTYLE\n::cue { color: red }\n\nNOTE\na remark --\n\n1\n\
        00:01.000 --> 00:03.000 align:start\n<v.loud Agent>Hello <i>R&amp;D</i> [card\u{20}number].</v><v Customer>Yes &lt;b&gt;\n\n\
        01:00:00.000 --> 01:00:02.000\n<v Agent>One <01:00:01.000>two<01:00:01.500> three\n\n\
        01:00:03.000 --> 01:00:04.000\n[music]\n";
    let read = transcript(file);
    let [agent, customer] = &read.channels[..] else {
        panic!("two channels")
    };
    assert_eq!(said(agent), "Hello R&D [card number]. | One two three");
    assert_eq!(said(customer), "Yes <b>");
    assert_eq!(
        times(agent)[3..],
        [
            (3_600_000, 3_601_000),
            (3_601_000, 3_601_500),
            (3_601_500, 3_602_000)
        ]
    );
    let card = &agent.segments[0].words[2];
    assert_eq!(
        card.redacted.as_ref().unwrap().kind,
        RedactedKind::CardNumber
    );
    let silent = imported(
        "WEBVTT",
        Choice {
            recorded_ms: Some(4_000),
            ..AGENT_LEFT
        },
    );
    assert_eq!(
        (
            said(&silent.transcript.channels[0]),
            silent.transcript.audio.recorded_ms
        ),
        ("".into(), 4_000)
    );
    assert!(matches!(
        refused("WEBVTT\n", AGENT_LEFT),
        ImportError::NoCall(_)
    ));
    let odd = "WEBVTT\n\n00:01.000 --> soon\nHello\n";
    assert_eq!(
        refused(odd, AGENT_LEFT).to_string(),
        "read it as WebVTT: line 3 has no times"
    );
}

const THREE: &str = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v SPEAKER_00>Thank you for calling.\n\n\
    00:03.000 --> 00:04.000\n<v SPEAKER_01>Hello.\n\n00:05.000 --> 00:06.000\n<v SPEAKER_02>How can I help?\n";

#[test]
fn nobody_is_the_customer_only_because_they_are_not_the_agent() {
    let of = |file: &str, agent: &[String], customer: &[String]| {
        let choice = Choice {
            agent_speakers: agent,
            customer_speakers: customer,
            ..AGENT_LEFT
        };
        imported(file, choice)
    };
    let (zero, two) = (labels(["SPEAKER_00"]), labels(["SPEAKER_02"]));
    let open = of(THREE, &zero, &[]);
    assert_eq!(open.channels, ["everybody"]);
    assert!(open.notes.iter().any(|n| n.contains("--customer-speaker")));
    let both = of(THREE, &labels(["speaker_00", "SPEAKER_02"]), &[]);
    assert_eq!(
        both.channels,
        [
            "SPEAKER_00, SPEAKER_02 (the agent)",
            "SPEAKER_01 (taken for the customer)"
        ]
    );
    assert_eq!(
        said(&both.transcript.channels[0]),
        "Thank you for calling. | How can I help?"
    );
    // The third may be either: no evidence of the customer, and not heard of the agent.
    let third = of(THREE, &zero, &labels(["SPEAKER_01"]));
    let [agent, customer] = &third.transcript.channels[..] else {
        panic!("two channels")
    };
    assert_eq!(said(agent), "Thank you for calling. | ");
    assert_eq!(agent.segments[1].span(), Span::new(5_000, 6_000));
    assert_eq!(customer.segments[1].doubts, [Doubt::LowConfidence]);
    assert!(third.notes.iter().any(|n| n.contains("SPEAKER_02;")));
    let choice = Choice {
        agent_speakers: &two,
        customer_speakers: &two,
        ..AGENT_LEFT
    };
    assert!(matches!(refused(THREE, choice), ImportError::Invalid(_)));

    // By their names in the file.
    let named = |agent: &str, customer: &str| {
        let file = THREE
            .replace("SPEAKER_00", "Agent")
            .replace("SPEAKER_01", customer)
            .replace("SPEAKER_02", agent);
        of(&file, &[], &[])
    };
    assert_eq!(named("Agent Smith", "Agent").channels, ["everybody"]);
    assert_eq!(
        named("Agent", "Caller").channels,
        ["agent", "Caller (the customer)"]
    );
    let watched = named("Supervisor", "Customer");
    assert_eq!(watched.channels, ["agent", "customer"]);
    assert!(watched.notes.iter().any(|n| n.contains("Supervisor;")));
}

#[test]
fn a_cue_ends_with_an_empty_line_and_rolling_captions_are_said_once() {
    let rolling = "WEBVTT\nKind: captions\n\n\
        00:00.000 --> 00:02.000\n \nhello<00:00.500><c> this</c><00:01.000><c> call</c>\n\n\
        00:02.000 --> 00:02.010\nhello this call\n \n\n\
        00:02.010 --> 00:04.000\nhello this call\nis<00:02.500><c> recorded</c>\n\n\
        00:04.000 --> 00:04.010\nis recorded\n \n\n\
        00:04.010 --> 00:06.000\nis recorded\nis<00:05.000><c> recorded</c>\n";
    let read = imported(rolling, AGENT_LEFT);
    let channel = &read.transcript.channels[0];
    assert_eq!(said(channel), "hello this call | is recorded | is recorded");
    assert_eq!(times(channel)[3..5], [(2_010, 2_500), (2_500, 4_000)]);
    assert!(read.notes[0].contains("roll"), "{:?}", read.notes);
    let plain = "1\n00:00:00,000 --> 00:00:01,000\nhello\n\n2\n00:00:01,000 --> 00:00:02,000\nhello\nthere\n\n\
        3\n00:00:02,000 --> 00:00:03,000\nthere\nyou\n";
    assert_eq!(said(&transcript(plain).channels[0]), "hello | there | you");
    // People repeat themselves.
    let people = "WEBVTT\n\n00:01.000 --> 00:02.000\nYes.\n\n00:02.000 --> 00:03.000\nYes.\n\n00:03.000 --> 00:04.000\nYes.\n";
    assert_eq!(said(&transcript(people).channels[0]), "Yes. | Yes. | Yes.");
    let backwards = "WEBVTT\n\n00:05.000 --> 00:02.000\nHello\n";
    assert_eq!(
        refused(backwards, AGENT_LEFT).to_string(),
        "read it as WebVTT: line 3 ends before it starts"
    );
    // What was masked has a probability nowhere.
    let masked = people.replacen("Yes", "[PII] [NAME] yes", 1);
    let notes = imported(masked, AGENT_LEFT).notes;
    assert!(
        notes
            .iter()
            .any(|n| n.starts_with("the words have no prob")),
        "{notes:?}"
    );
}

#[test]
fn srt_is_taken_as_people_write_it() {
    let file = "1\r\n00:00:01,000 --> 00:00:02,000 X1:40\r\n<i>Hello</i> {\\an8}there\r\n2\r\n00:00:03.5 --> 00:00:04,000\r\n- Note: 42\r\n\r\n3\r\n0:05 --> 0:06\r\n7\r\n";
    let utf16: Vec<u8> = "\u{FEFF}"
        .encode_utf16()
        .chain(file.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [
        file.as_bytes(),
        format!("\u{FEFF}{file}").as_bytes(),
        &utf16,
    ] {
        let read = transcript(bytes);
        assert_eq!(said(&read.channels[0]), "Hello there | Note: 42 | 7");
        assert_eq!(read.channels[0].segments[1].start_ms, 3_500);
        assert!(!read.recogniser.word_times && !read.recogniser.word_probs);
    }
    let spoken = "00:00:01,000 --> 00:00:02,000\nHi\n\n2\n00:00:02,000 --> 00:00:03,000\n4711\n\n00:00:03,000 --> 00:00:04,000\nOkay\n";
    assert_eq!(said(&transcript(spoken).channels[0]), "Hi | 4711 | Okay");
    let voices =
        "00:00:01,000 --> 00:00:02,000\n[SPEAKER_00]: Hello\nAgent: Hi\n(speaker ?) Who?\n";
    // Who else there is, may be another agent.
    let read = imported(voices, AGENT_LEFT);
    assert_eq!(read.channels, ["everybody"]);
    let choice = Choice {
        customer_speakers: &labels(["SPEAKER_00"]),
        ..AGENT_LEFT
    };
    let read = imported(voices, choice);
    assert_eq!(read.channels, ["agent", "SPEAKER_00 (the customer)"]);
    assert_eq!(said(&read.transcript.channels[0]), "Hi | ");
    assert_eq!(said(&read.transcript.channels[1]), "Hello | Who?");
    assert_eq!(
        refused(b"1\n00:00:01,000 --> 00:00:02,000\nF\xFCr\n", AGENT_LEFT),
        ImportError::NotText
    );
}

#[test]
fn ctm_has_channels_alternatives_and_scores_of_any_kind() {
    let file = ";; a remark\na A 0.50 0.30 hello 0.9\na A * * <ALT_BEGIN>\na A 0.9 0.1 um 0.9\na A * * <ALT>\na A 0.9 0.1 uh 0.9\na A * * <ALT_END>\n\
        a B 2.00 0.25 yes 0.8 lex\na B 2.30 0.25 <eps> 0.8\na B 2.30 0.25 <unk> 0.8\nb 1 0.5 0.5 bye NA\n";
    let (format, drafts) = read(file.as_bytes(), None).unwrap();
    assert_eq!(format, Format::Ctm);
    let read: Vec<(Option<String>, Imported)> = drafts
        .into_iter()
        .map(|draft| (draft.name.clone(), draft.settle(&AGENT_LEFT).unwrap()))
        .collect();
    assert_eq!(
        (read[0].0.as_deref(), read[1].0.as_deref()),
        (Some("a"), Some("b"))
    );
    let both = &read[0].1.transcript.channels;
    assert_eq!(
        (said(&both[0]), said(&both[1])),
        ("hello um".into(), "yes <unk>".into())
    );
    assert_eq!(probs(&both[1]), [Some(0.8), Some(0.0)]);
    assert_eq!(times(&both[1])[0], (2_000, 2_250));
    assert_eq!(read[1].1.transcript.channels.len(), 1);
    assert!(!read[1].1.transcript.recogniser.word_probs);
    let scores = transcript("a 1 0.5 0.3 hello -3.5\na 1 0.9 0.3 you 0.5\n");
    assert_eq!(said(&scores.channels[0]), "hello you");
    assert_eq!(probs(&scores.channels[0]), [None, None]);
    for odd in [
        "a 00 0.5 0.3 x\n",
        "a 99999999999999999999999 0.5 0.3 x\n",
        "a 17 0.5 0.3 x\n",
        "a 1 9e9 0.3 x\n",
    ] {
        let _ = refused(odd.repeat(2) + "a 17 1 1 x\n", AGENT_LEFT);
    }
}

#[test]
fn a_vcon_has_a_transcript_of_its_vendor_or_our_own() {
    let vcon = |analysis: &str| {
        format!(
            r#"{{"vcon":"0.4.0","parties":[],"dialog":[{{"duration":30}}],"analysis":[{analysis}]}}"#
        )
    };
    let of =
        |body: &str| format!(r#"{{"type":"transcript","dialog":[0],"vendor":"x","body":{body}}}"#);
    let text = |body: &str| serde_json::to_string(body).unwrap();
    let words = |file: String| said(&transcript(file).channels[0]);
    assert_eq!(words(vcon(&of(&deepgram(1)))), "Hello, | hi");
    assert_eq!(words(vcon(&of(&text(&deepgram(2))))), "Hello, hi");
    // The first of Deepgram's alternatives, alone.
    let alone = of(r#"{"transcript":"a","words":[{"word":"a","start":1,"end":2,"confidence":1}]}"#);
    let read = transcript(vcon(&alone));
    assert_eq!(
        (said(&read.channels[0]), read.audio.recorded_ms),
        ("a".into(), 30_000)
    );
    let encoded = r#"{"type":"transcript","dialog":0,"encoding":"base64url","body":"V0VCVlRUCgowMDowMS4wMDAgLS0-IDAwOjAyLjAwMApIaQo"}"#;
    assert_eq!(words(vcon(encoded)), "Hi");
    let own =
        crate::transcript::snippet::parse("agent: Hello there.\ncustomer: <card 16>").unwrap();
    let ours = of(&own.to_json());
    // Nothing is lost, and another's beside it says the same once more.
    let beside = format!("{},{ours}", of(&deepgram(1)));
    for analysis in [ours, beside] {
        assert_eq!(transcript(vcon(&analysis)), own);
    }
    for none in [
        r#"{"type":"summary","body":"x"}"#.to_string(),
        of(&text("Hello there")),
        format!("{},{}", of(&deepgram(1)), of(&deepgram(2))),
        of(&vcon("")),
        of("7"),
    ] {
        let _ = refused(vcon(&none), AGENT_LEFT);
    }
    let signed = r#"{"payload":"e30","signatures":[]}"#;
    assert!(refused(signed, AGENT_LEFT).to_string().contains("signed"));
}

#[test]
fn what_is_no_transcript_is_refused_with_what_was_looked_for() {
    let error = refused("{\"a\":1}", AGENT_LEFT).to_string();
    for format in Format::ALL {
        assert!(error.contains(&format!("\n  {format}: ")), "{error}");
        assert_eq!(format.as_str().parse(), Ok(format));
    }
    assert_eq!(refused("", AGENT_LEFT), ImportError::Unknown);
    assert_eq!(refused("[1, 2]", AGENT_LEFT), ImportError::Unknown);
    assert_eq!(
        refused("SPEAKER a 1 0.5 0.2 <NA> <NA> x <NA> <NA>\n", AGENT_LEFT),
        ImportError::Unknown
    );
    let both = r#"{"results":{},"metadata":{},"jobName":"x"}"#;
    assert_eq!(
        refused(both, AGENT_LEFT).to_string(),
        "recognise its format: it may be transcribe, deepgram"
    );
    let own = crate::transcript::snippet::parse("agent: Hello.").unwrap();
    assert_eq!(refused(own.to_json(), AGENT_LEFT), ImportError::Canonical);
    let long = format!(
        "WEBVTT\n\n00:01.000 --> 00:02.000\n{}",
        "a ".repeat(500_001)
    );
    let error = refused(long, AGENT_LEFT).to_string();
    assert!(error.contains("more than 500000 words"), "{error}");
    // No value of a file is told.
    let odd = WHISPERX.replace("1.2,\"score\"", "\"four one\",\"score\"");
    let error = refused(odd, AGENT_LEFT).to_string();
    assert!(
        error.contains("line 3") && !error.contains("four"),
        "{error}"
    );
    let cut = refused(&deepgram(1)[..60], AGENT_LEFT).to_string();
    assert!(cut.contains("EOF while parsing"), "{cut}");
}
