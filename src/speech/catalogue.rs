//! The public whisper.cpp models: names, sizes, checksums, and what each is good for.
//!
//! The weights are OpenAI's, under the MIT licence, converted by the whisper.cpp project. Names,
//! sizes and SHA-1 sums are those that the project publishes, and nothing here was worked out:
//! - [`Source::Readme`]: the table in `models/README.md` of github.com/ggml-org/whisper.cpp, at
//!   commit 41e789ee591d054769a2fa3ebd9f0a8bc6d6d5fa;
//! - [`Source::Card`]: the table in the model card of huggingface.co/ggerganov/whisper.cpp, of its
//!   commit fb5ed93 ("Add quantized model sizes and hashes"). For the rows of both tables the two
//!   agree. The original was read as far as `small-q8_0`; the rows after it (`small.en-q5_1`,
//!   `small.en-q8_0`, `medium*-q*`, `large-v2-q8_0`, `large-v3-turbo-q8_0`) were read in
//!   copies of the card that agree with each other.
//!
//! `small.en-tdrz` lies in a repository of its own, whose card gives a sum of 64 digits, another
//! kind than the SHA-1 of whisper.cpp's table; the latter is taken.
//!
//! Left out on purpose: sizes to the byte, which a checksum makes needless, and fine-tuned or
//! distilled models, for which no checksums of one source are published.

use std::fmt;
use std::io::{self, Read};

use sha1::{Digest, Sha1};

/// Where the files are published; the name of a file follows.
const WHISPER_CPP: &str = "https://huggingface.co/ggerganov/whisper.cpp/resolve/main";
/// The same for `small.en-tdrz`.
const TINYDIARIZE: &str = "https://huggingface.co/akashmjn/tinydiarize-whisper.cpp/resolve/main";

const MIB: u64 = 1024 * 1024;

/// Where a checksum is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// whisper.cpp's `models/README.md`.
    Readme,
    /// The model card beside the files.
    Card,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Readme => "whisper.cpp's models/README.md",
            Source::Card => "the model card beside the files",
        })
    }
}

/// A published model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicModel {
    /// As whisper.cpp's own scripts know it: `base.en`.
    pub name: &'static str,
    /// As published: `142 MiB`. Sizes in GiB have one decimal and are up to a tenth too large.
    pub size: &'static str,
    /// SHA-1 of the file, hexadecimal.
    pub sha1: &'static str,
    pub source: Source,
}

/// All of them, by size and name.
#[rustfmt::skip]
pub const MODELS: &[PublicModel] = {
    use Source::{Card, Readme};
    &[
        model("tiny", "75 MiB", "bd577a113a864445d4c299885e0cb97d4ba92b5f", Readme),
        model("tiny-q8_0", "42 MiB", "19e8118f6652a650569f5a949d962154e01571d9", Card),
        model("tiny-q5_1", "31 MiB", "2827a03e495b1ed3048ef28a6a4620537db4ee51", Card),
        model("tiny.en", "75 MiB", "c78c86eb1a8faa21b369bcd33207cc90d64ae9df", Readme),
        model("tiny.en-q8_0", "42 MiB", "802d6668e7d411123e672abe4cb6c18f12306abb", Card),
        model("tiny.en-q5_1", "31 MiB", "3fb92ec865cbbc769f08137f22470d6b66e071b6", Card),
        model("base", "142 MiB", "465707469ff3a37a2b9b8d8f89f2f99de7299dac", Readme),
        model("base-q8_0", "78 MiB", "7bb89bb49ed6955013b166f1b6a6c04584a20fbe", Card),
        model("base-q5_1", "57 MiB", "a3733eda680ef76256db5fc5dd9de8629e62c5e7", Card),
        model("base.en", "142 MiB", "137c40403d78fd54d454da0f9bd998f78703390c", Readme),
        model("base.en-q8_0", "78 MiB", "bb1574182e9b924452bf0cd1510ac034d323e948", Card),
        model("base.en-q5_1", "57 MiB", "d26d7ce5a1b6e57bea5d0431b9c20ae49423c94a", Card),
        model("small", "466 MiB", "55356645c2b361a969dfd0ef2c5a50d530afd8d5", Readme),
        model("small-q8_0", "252 MiB", "bcad8a2083f4e53d648d586b7dbc0cd673d8afad", Card),
        model("small-q5_1", "181 MiB", "6fe57ddcfdd1c6b07cdcc73aaf620810ce5fc771", Card),
        model("small.en", "466 MiB", "db8a495a91d927739e50b3fc1cc4c6b8f6c2d022", Readme),
        model("small.en-q8_0", "252 MiB", "9d75ff4ccfa0a8217870d7405cf8cef0a5579852", Card),
        model("small.en-q5_1", "181 MiB", "20f54878d608f94e4a8ee3ae56016571d47cba34", Card),
        model("small.en-tdrz", "465 MiB", "b6c6e7e89af1a35c08e6de56b66ca6a02a2fdfa1", Readme),
        model("medium", "1.5 GiB", "fd9727b6e1217c2f614f9b698455c4ffd82463b4", Readme),
        model("medium-q8_0", "785 MiB", "e66645948aff4bebbec71b3485c576f3d63af5d6", Card),
        model("medium-q5_0", "514 MiB", "7718d4c1ec62ca96998f058114db98236937490e", Card),
        model("medium.en", "1.5 GiB", "8c30f0e44ce9560643ebd10bbe50cd20eafd3723", Readme),
        model("medium.en-q8_0", "785 MiB", "b1cf48c12c807e14881f634fb7b6c6ca867f6b38", Card),
        model("medium.en-q5_0", "514 MiB", "bb3b5281bddd61605d6fc76bc5b92d8f20284c3b", Card),
        model("large-v1", "2.9 GiB", "b1caaf735c4cc1429223d5a74f0f4d0b9b59a299", Readme),
        model("large-v2", "2.9 GiB", "0f4c8e34f21cf1a914c59d8b3ce882345ad349d6", Readme),
        model("large-v2-q8_0", "1.5 GiB", "da97d6ca8f8ffbeeb5fd147f79010eeea194ba38", Card),
        model("large-v2-q5_0", "1.1 GiB", "00e39f2196344e901b3a2bd5814807a769bd1630", Readme),
        model("large-v3", "2.9 GiB", "ad82bf6a9043ceed055076d0fd39f5f186ff8062", Readme),
        model("large-v3-q5_0", "1.1 GiB", "e6e2ed78495d403bef4b7cff42ef4aaadcfea8de", Readme),
        model("large-v3-turbo", "1.5 GiB", "4af2b29d7ec73d781377bfd1758ca957a807e941", Readme),
        model("large-v3-turbo-q8_0", "834 MiB", "01bf15bedffe9f39d65c1b6ff9b687ea91f59e0e", Card),
        model("large-v3-turbo-q5_0", "547 MiB", "e050f7970618a659205450ad97eb95a18d69c9ee", Readme),
    ]
};

const fn model(
    name: &'static str,
    size: &'static str,
    sha1: &'static str,
    source: Source,
) -> PublicModel {
    PublicModel {
        name,
        size,
        sha1,
        source,
    }
}

/// What a size of model is good for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Use {
    /// Computing time on a processor without a graphics card, as a multiple of `small`'s:
    /// worked out from the multiplications per window of 30 s and the bytes of weights read per
    /// word, for 80 tokens, 100 GFLOP/s and 20 GB/s. Not measured on the models themselves.
    pub work: f64,
    pub text: &'static str,
}

impl PublicModel {
    /// The model of this name; `ggml-base.en.bin` is `base.en` too.
    pub fn named(name: &str) -> Option<&'static PublicModel> {
        let name = name.strip_prefix("ggml-").unwrap_or(name);
        let name = name.strip_suffix(".bin").unwrap_or(name);
        MODELS.iter().find(|model| model.name == name)
    }

    /// The model whose file has this SHA-1.
    pub fn with_sha1(sha1: &str) -> Option<&'static PublicModel> {
        MODELS.iter().find(|model| model.sha1 == sha1)
    }

    /// The file's name as published.
    pub fn file_name(&self) -> String {
        format!("ggml-{}.bin", self.name)
    }

    /// The address below which the file is published, without a slash at the end.
    pub fn published_at(&self) -> &'static str {
        if self.name.ends_with("-tdrz") {
            TINYDIARIZE
        } else {
            WHISPER_CPP
        }
    }

    pub fn english_only(&self) -> bool {
        self.name.contains(".en")
    }

    /// [`size`](Self::size) in bytes, as exact as that is.
    pub fn about_bytes(&self) -> u64 {
        let (number, unit) = self.size.split_once(' ').unwrap_or((self.size, "MiB"));
        let number: f64 = number.parse().unwrap_or(0.0);
        let unit = if unit == "GiB" { 1024 * MIB } else { MIB };
        (number * unit as f64) as u64
    }

    /// What it is good for in a contact centre.
    pub fn advice(&self) -> Use {
        let of = |work, text| Use { work, text };
        match self.name {
            "small.en-tdrz" => of(
                1.0,
                "marks turns of speakers, which callibrate does not use",
            ),
            "large-v1" => of(6.4, "older than large-v2 and no faster"),
            name if name.starts_with("tiny") => of(0.1, "a first try; mishears the most"),
            name if name.starts_with("base") => of(0.3, "nights that are too short for small"),
            name if name.starts_with("small") => of(1.0, "where to start without a graphics card"),
            name if name.starts_with("medium") => of(3.2, "fewer wrong words, in longer nights"),
            name if name.contains("turbo") => {
                of(4.7, "near large-v3; fast on a graphics card only")
            }
            _ => of(6.4, "fewest wrong words, with a graphics card"),
        }
    }
}

/// SHA-1 of all that a reader gives, hexadecimal, and how many bytes that were.
pub fn sha1_of(mut reader: impl Read) -> io::Result<(String, u64)> {
    let mut hasher = Sha1::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(&buffer[..read]);
                bytes += read as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let digits = hasher
        .finalize()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    Ok((digits, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_model_has_a_name_and_a_checksum_of_its_own() {
        let names: BTreeSet<_> = MODELS.iter().map(|m| m.name).collect();
        let sums: BTreeSet<_> = MODELS.iter().map(|m| m.sha1).collect();
        assert_eq!((names.len(), sums.len()), (MODELS.len(), MODELS.len()));
        for model in MODELS {
            let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            assert!(
                model.sha1.len() == 40 && model.sha1.bytes().all(hex),
                "{}",
                model.name
            );
            assert!(model.about_bytes() > 30 * MIB, "{}", model.name);
            assert_eq!(PublicModel::named(&model.file_name()), Some(model));
            assert_eq!(PublicModel::with_sha1(model.sha1), Some(model));
        }
        assert_eq!(PublicModel::named("base.de"), None);
    }

    /// The test vectors of FIPS 180.
    #[test]
    fn sha1_is_sha1() {
        for (text, sum) in [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ] {
            let found = sha1_of(text.as_bytes()).unwrap();
            assert_eq!(found, (sum.to_string(), text.len() as u64));
        }
    }
}
