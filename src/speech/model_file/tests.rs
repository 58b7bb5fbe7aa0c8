//! The demo model, cut and bent in each of the ways that whisper.cpp dies of or does not notice.

use super::*;
use std::io::Cursor;
use std::ops::Range;
use std::sync::OnceLock;

const HPARAMS: Range<usize> = 4..48;

fn demo() -> &'static [u8] {
    static DEMO: OnceLock<Vec<u8>> = OnceLock::new();
    DEMO.get_or_init(|| {
        let packed = include_bytes!("../../../models/callibrate-demo-en-q5_0.bin.zst");
        zstd::decode_all(&packed[..]).unwrap()
    })
}

fn check_bytes(bytes: &[u8]) -> Result<ModelFacts, ModelFileError> {
    check(Cursor::new(bytes), bytes.len() as u64)
}

fn int(bytes: &[u8], at: usize) -> i32 {
    i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Where things lie in the whole demo model, found without the code under test.
struct Map {
    vocabulary: usize,
    /// The token that is a single blank: its length.
    blank: usize,
    /// Header and end of data of each tensor.
    tensors: Vec<(Range<usize>, usize)>,
}

fn map() -> Map {
    let bytes = demo();
    let vocabulary = 56 + 4 * 80 * 201;
    let mut at = vocabulary + 4;
    let mut blank = 0;
    for _ in 0..int(bytes, vocabulary) {
        if bytes[at..at + 5] == [1, 0, 0, 0, b' '] {
            blank = at;
        }
        at += 4 + int(bytes, at) as usize;
    }
    let mut tensors = Vec::new();
    while at < bytes.len() {
        let dims = int(bytes, at) as usize;
        let values: i32 = (0..dims).map(|d| int(bytes, at + 12 + 4 * d)).product();
        let (block, size) = match int(bytes, at + 8) {
            0 => (1, 4),
            1 => (1, 2),
            _ => (32, 22),
        };
        let data = at + 12 + 4 * dims + int(bytes, at + 4) as usize;
        let end = data + values as usize / block * size;
        tensors.push((at..data, end));
        at = end;
    }
    assert_eq!(at, bytes.len());
    Map {
        vocabulary,
        blank,
        tensors,
    }
}

/// Overwrites four bytes at each place, checks, and puts the bytes back.
fn bent(changes: &[(usize, i32)]) -> ModelFileError {
    let mut bytes = demo().to_vec();
    for (at, value) in changes {
        bytes[*at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    check_bytes(&bytes).expect_err("a bent model must not pass")
}

/// A seeded generator (splitmix64), so that each run bends the same bytes.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

#[test]
fn the_demo_model_is_whole() {
    let facts = check_bytes(demo()).unwrap();
    let expected = ModelFacts {
        n_vocab: 51_864,
        multilingual: false,
        n_mels: 80,
        audio_ctx: 1500,
        audio_layers: 4,
        audio_state: 224,
        text_layers: 3,
        text_heads: 7,
        ftype: "q5_0",
        size: "other",
        tensors: 11 + 15 * 4 + 24 * 3,
        languages: 0,
        timestamps: true,
    };
    assert_eq!(facts, expected);
}

#[test]
fn a_cut_file_says_where_it_ends() {
    let map = map();
    let (last, end) = map.tensors.last().unwrap();
    let (second, _) = &map.tensors[1];
    let first_end = map.tensors[0].1;
    for (length, place) in [
        (2, "the first four bytes"),
        (8, "n_audio_ctx"),
        (30, "n_text_state"),
        (47, "ftype"),
        (5000, "the mel filters"),
        (map.vocabulary + 2, "the number of text tokens"),
        (map.vocabulary + 9000, "the vocabulary"),
        (map.tensors[0].0.start, "without any weights"),
        (map.tensors[0].0.start + 7, "a tensor's header"),
        (first_end - 5, "tensor encoder.positional_embedding"),
        (second.end - 3, "a tensor's header"),
        (last.start, "without 1 of its tensors"),
        (last.end, "inside tensor decoder."),
        (end - 1, "1 bytes early"),
    ] {
        let error = check_bytes(&demo()[..length]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(place), "cut at {length}: {text}");
        assert!(error.at <= length as u64, "cut at {length}: {text}");
        assert_eq!(error.hint(), "the file is cut short: download it again");
    }
    let empty = check_bytes(&[]).unwrap_err();
    assert_eq!(empty.to_string(), "at byte 0: the file is empty");
}

#[test]
fn no_part_of_the_file_passes_for_the_whole() {
    let map = map();
    let mut lengths: Vec<usize> = (0..64).collect();
    for (header, end) in &map.tensors {
        lengths.extend([header.start, header.end, end - 1]);
    }
    let mut dice = Dice(1);
    lengths.extend((0..60).map(|_| dice.below(demo().len())));
    for length in lengths {
        assert!(check_bytes(&demo()[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn a_file_shorter_than_was_said_does_not_pass() {
    let cut = &demo()[..demo().len() - 1];
    let error = check(Cursor::new(cut), demo().len() as u64).unwrap_err();
    assert!(matches!(error.problem, ModelProblem::Read(_)), "{error}");
}

#[test]
fn other_files_are_not_models() {
    for (bytes, text) in [
        (&b"GGUF\x03\0\0\0"[..], "at byte 0: it is a GGUF file"),
        (b"RIFF\x24\0\0\0WAVE", "at byte 0: it does not begin like"),
        (b"PK\x03\x04", "instead of 0x67676d6c"),
    ] {
        let error = check_bytes(bytes).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn header_fields_have_bounds() {
    let fields = [
        "n_vocab",
        "n_audio_ctx",
        "n_audio_state",
        "n_audio_head",
        "n_audio_layer",
        "n_text_ctx",
        "n_text_state",
        "n_text_head",
        "n_text_layer",
        "n_mels",
    ];
    for (index, field) in fields.iter().enumerate() {
        for value in [-1, 0, 100_000, i32::MIN, i32::MAX] {
            let at = HPARAMS.start + 4 * index;
            let error = bent(&[(at, value)]);
            let text = error.to_string();
            assert!(text.contains(&format!("{field} is {value},")), "{text}");
            assert_eq!(error.at, at as u64, "{text}");
        }
    }
}

#[test]
fn header_fields_must_agree() {
    let filters = HPARAMS.end;
    let vocabulary = map().vocabulary;
    for (changes, text) in [
        (&[(28, 256)][..], "the decoder is 256 wide"),
        (&[(16, 5)], "5 attention heads do not divide a width of 224"),
        (&[(32, 6)], "6 attention heads do not divide a width of 224"),
        (&[(12, 225), (28, 225)], "does not fill the blocks of 32"),
        (&[(44, 2012)], "does not fill the blocks of 256 that q4_K"),
        (&[(44, 4)], "weights of kind 4 are not supported"),
        (&[(44, -1)], "weights of kind -1 are not supported"),
        (&[(44, 1008)], "by version 1 of the method"),
        (&[(filters, 128)], "the number of mel filters is 128"),
        (&[(filters + 4, 4001)], "frequency bins is 4001"),
        (&[(filters + 16, -1)], "not a number"),
        (&[(vocabulary, 0)], "the number of text tokens is 0"),
        (&[(vocabulary, 51_865)], "text tokens is 51865"),
        (
            &[(vocabulary + 4, -1)],
            "the length of token 0 is 4294967295",
        ),
    ] {
        let error = bent(changes).to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn a_vocabulary_has_a_blank() {
    let mut bytes = demo().to_vec();
    bytes[map().blank + 4] = b'x';
    let error = check_bytes(&bytes).unwrap_err();
    assert!(matches!(error.problem, ModelProblem::NoBlank), "{error}");
}

#[test]
fn tensors_must_be_the_expected_ones() {
    let map = map();
    let header = &map.tensors[5].0;
    let at = header.start;
    let name = header.end - 4;
    for (change, text) in [
        ((at, 5), "number of dimensions is 5"),
        ((at, -1), "number of dimensions is -1"),
        ((at + 4, -1), "the length of a tensor's name is -1"),
        ((at + 4, i32::MAX), "a tensor's name is 2147483647"),
        ((at + 8, 30), "has type 30 instead of"),
        ((at + 12, 32), "has shape [32, "),
        ((name, 0x2020_2020), "which no model of this size has"),
    ] {
        let error = bent(&[change]);
        assert!(error.to_string().contains(text), "{error}");
        assert!(header.contains(&(error.at as usize)), "{error}");
    }
}

#[test]
fn a_tensor_twice_does_not_stand_for_another() {
    let map = map();
    let tensor = |index: usize| {
        let (header, end) = &map.tensors[index];
        demo()[header.start..*end].to_vec()
    };
    let mut bytes = demo()[..map.tensors[0].0.start].to_vec();
    bytes.extend(tensor(0));
    bytes.extend(tensor(0));
    let error = check_bytes(&bytes).unwrap_err().to_string();
    let text = "tensor encoder.positional_embedding is there twice";
    assert!(error.contains(text), "{error}");
}

#[test]
fn nothing_may_follow_the_last_tensor() {
    for extra in [1, 12, 5000] {
        let mut bytes = demo().to_vec();
        bytes.extend(vec![0; extra]);
        let error = check_bytes(&bytes).unwrap_err();
        assert_eq!(error.at, demo().len() as u64);
        assert!(
            matches!(error.problem, ModelProblem::TrailingBytes { bytes } if bytes == extra as u64)
        );
    }
}

#[test]
fn flipped_bits_never_panic_and_headers_do_not_tolerate_any() {
    let map = map();
    let text = map.vocabulary + 4..map.tensors[0].0.start;
    let mut bytes = demo().to_vec();
    let mut dice = Dice(7);
    for round in 0..300 {
        let (region, strict) = match round % 4 {
            0 => (0..HPARAMS.end + 8, true),
            1 => (text.clone(), false),
            _ => (map.tensors[dice.below(map.tensors.len())].0.clone(), true),
        };
        let at = region.start + dice.below(region.len());
        let bit = 1 << dice.below(8);
        bytes[at] ^= bit;
        let result = check_bytes(&bytes);
        assert!(!strict || result.is_err(), "bit {bit} of byte {at}");
        bytes[at] ^= bit;
    }
}

/// The number of tensors of OpenAI's models, and the kinds of weights in each.
#[test]
fn known_sizes_have_their_tensors() {
    let header = |layers, state, text_layers, n_vocab, kind| Header {
        n_vocab,
        audio_ctx: 1500,
        state,
        audio_layers: layers,
        text_ctx: 448,
        text_heads: state / 64,
        text_layers,
        n_mels: 80,
        weights: Weights::of_kind(kind).unwrap(),
    };
    let tiny = header(4, 384, 4, 51_864, 1);
    assert_eq!(expected_tensors(&tiny).len(), 167);
    assert_eq!(tiny.facts(167).size, "tiny");
    let large = header(32, 1280, 32, 51_866, 8);
    let specs = expected_tensors(&large);
    assert_eq!(specs.len(), 1259);
    assert!(large.facts(1259).multilingual);
    assert_eq!(specs["encoder.conv2.weight"].weights, Weights::F16);
    assert_eq!(specs["decoder.ln.bias"].weights, Weights::F32);
    let keys = "decoder.blocks.31.cross_attn.key.weight";
    let keys = &specs[keys];
    assert_eq!(keys.weights.bytes_of(keys.values()), 1280 * 1280 / 32 * 22);
    assert_eq!(large.facts(1259).languages, 100);
    let single = expected_tensors(&header(6, 512, 6, 51_865, 0));
    assert_eq!(single["encoder.conv1.weight"].weights, Weights::F32);
    let distilled = |n_vocab| header(32, 1280, 2, n_vocab, 1).facts(539).timestamps;
    assert!(!distilled(51_865) && distilled(51_866));
}
