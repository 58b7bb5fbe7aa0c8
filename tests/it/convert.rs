//! `callibrate model convert`: copies that are models themselves, and hear what the original does.

use std::fs;

use callibrate::speech::models::ModelSource;

use crate::support::sound::{Coding, Sound};
use crate::support::{Place, report::words, repository};

/// The built-in model and its profile as files.
fn demo(place: &Place) {
    let models = repository().join("models");
    let packed = fs::read(models.join("callibrate-demo-en-q5_0.bin.zst")).unwrap();
    place.write("demo.bin", zstd::decode_all(&packed[..]).unwrap());
    let profile = fs::read(models.join("callibrate-demo-en-q5_0.toml")).unwrap();
    place.write("demo.toml", profile);
}

/// What a model hears in some calls.
fn heard(place: &Place, model: &str, calls: &[&str]) -> Vec<String> {
    let out = format!("out-{}", model.replace('.', "-"));
    let run = "run rec --calls calls.csv --jobs 1";
    place
        .run(&format!("{run} --model {model} --out {out}"))
        .exits(0);
    let out = place.path(&out);
    calls.iter().flat_map(|call| words(&out, call)).collect()
}

/// Words to be put in, left out or replaced to get from one to the other (Levenshtein).
fn apart(one: &[String], other: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}

#[test]
fn a_copy_hears_what_the_original_does() {
    let place = Place::new();
    demo(&place);
    let calls = ["refund-desk", "email-third"];
    let mut table = String::from("call_id,file,agent,started_at,agent_channel\n");
    for call in calls {
        let sound = Sound::of_sample(call).cut(0, 40_000);
        place.write(&format!("rec/{call}.wav"), sound.wav(Coding::S16));
        table += &format!("{call},rec/{call}.wav,ann,2026-03-02T09:00:00Z,left\n");
    }
    place.write("calls.csv", table);
    let original = heard(&place, "demo.bin", &calls);
    assert!(original.len() > 80, "{original:?}");
    for (kind, bytes) in [("bf16", 2.0), ("q8_0", 34.0 / 32.0), ("f16", 2.0)] {
        let convert = format!("model convert demo.bin --to {kind} --anyway {kind}.bin");
        let said = place.run(&convert).exits(0);
        let copy = ModelSource::File(place.path(&format!("{kind}.bin")));
        let copy = copy.load().unwrap();
        let built_in = ModelSource::Embedded.load().unwrap();
        assert_eq!(copy.facts.ftype, kind);
        assert_eq!(copy.facts.tensors, built_in.facts.tensors);
        assert_eq!(copy.profile, built_in.profile);
        let said = said
            .says(&format!("BLAKE3 {}", copy.key))
            .says(&format!("matrices from q5_0 to {kind}"))
            .says("2 convolutions stay f16")
            .says("the profile is copied to");
        assert!(said.stdout.contains("q5_0 had lost precision before"));
        // 13.8 MB of q5_0, nearly all of it matrices of 22 bytes for 32 values.
        let length = fs::metadata(place.path(&format!("{kind}.bin")))
            .unwrap()
            .len();
        let original_length = fs::metadata(place.path("demo.bin")).unwrap().len();
        let ratio = length as f64 / original_length as f64;
        let most = bytes / (22.0 / 32.0);
        assert!(
            ratio > 1.0 + 0.8 * (most - 1.0) && ratio < most,
            "{kind}: {ratio}"
        );

        let heard = heard(&place, &format!("{kind}.bin"), &calls);
        let apart = apart(&original, &heard);
        println!("{kind}: {apart} of {} words differ", original.len());
        assert!(apart * 20 <= original.len(), "{kind}: {heard:?}");
    }
}

#[test]
fn what_would_be_of_no_use_or_harm_is_refused_and_leaves_nothing() {
    let place = Place::new();
    demo(&place);
    let refused = |arguments: &str, text: &str| {
        let said = place.run(&format!("model convert {arguments}")).exits(2);
        assert!(said.stderr.contains(text), "{said:#?}");
    };
    place.write("mine.bin", "mine");
    place.write(
        "half.bin",
        &fs::read(place.path("demo.bin")).unwrap()[..5_000_000],
    );
    place.write("other.toml", "mine");
    refused("demo.bin --to q8_0 mine.bin", "it is there already");
    refused(
        "demo.bin --to q8_0 other.bin",
        "other.toml: it is there already",
    );
    refused("demo.bin --to q8_0 model", "ends in .bin");
    refused(
        "demo.bin --to q8_0 nowhere/new.bin",
        "make the folder first",
    );
    refused("demo.bin --to q8_0 mine.bin/new.bin", "mine.bin/new.bin");
    refused(
        "demo.bin --to q5_0 new.bin",
        "possible values: bf16, q8_0, f16",
    );
    refused(
        "demo.bin --to f16 new.bin",
        "f16 is no faster than q5_0 here",
    );
    refused("half.bin --to q8_0 new.bin", "the file is cut short");
    place
        .run("model convert demo.bin --to q8_0 --anyway q8.bin")
        .exits(0);
    refused("q8.bin --to q8_0 --anyway new.bin", "q8_0 already");
    // A damaged weight: the last value of the last tensor becomes infinite.
    let mut bytes = fs::read(place.path("q8.bin")).unwrap();
    let scale = first_q8_0_scale(&bytes);
    bytes[scale..scale + 2].copy_from_slice(&[0x00, 0x7c]);
    place.write("bent.bin", bytes);
    refused("bent.bin --to f16 --anyway new.bin", "that f16 cannot hold");

    assert_eq!(fs::read(place.path("mine.bin")).unwrap(), b"mine");
    let mut names: Vec<String> = fs::read_dir(place.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "bent.bin",
            "demo.bin",
            "demo.toml",
            "half.bin",
            "mine.bin",
            "other.toml",
            "q8.bin",
            "q8.toml"
        ]
    );
}

/// Whatever lies beside the copy, also under the names that downloads have, is somebody's.
#[test]
fn what_lies_beside_the_copy_stays_as_it_is() {
    let place = Place::new();
    demo(&place);
    let theirs = ["q8.bin.part", "q8.toml.part", "q8.bin.part.json", "victim"];
    for name in theirs {
        place.write(name, "theirs");
    }
    #[cfg(unix)]
    for name in ["s.bin.part", "s.toml.part"] {
        std::os::unix::fs::symlink("victim", place.path(name)).unwrap();
    }
    for name in ["q8.bin", "s.bin"] {
        place
            .run(&format!("model convert demo.bin --to q8_0 --anyway {name}"))
            .exits(0);
        let path = place.path(name);
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
        ModelSource::File(path).load().unwrap();
    }
    for name in theirs {
        assert_eq!(fs::read(place.path(name)).unwrap(), b"theirs", "{name}");
    }
    let left = fs::read_dir(place.path("")).unwrap().count();
    let links = if cfg!(unix) { 2 } else { 0 };
    assert_eq!(left, 2 + theirs.len() + links + 4);
}

#[test]
fn of_copies_that_are_made_at_once_one_gets_the_name() {
    let place = Place::new();
    demo(&place);
    let convert = "model convert demo.bin --to q8_0 --anyway q8.bin";
    let running: Vec<_> = (0..3).map(|_| place.start(convert)).collect();
    let mut winners = 0;
    for said in running.into_iter().map(|one| one.finish()) {
        if said.code == Some(0) {
            winners += 1;
            continue;
        }
        let said = said.exits(2);
        assert!(said.stderr.contains("it is there already"), "{said:#?}");
    }
    assert_eq!(winners, 1);
    ModelSource::File(place.path("q8.bin")).load().unwrap();
    // Two models with their profiles.
    assert_eq!(fs::read_dir(place.path("")).unwrap().count(), 4);
}

/// Where the values of the first matrix begin: after its name.
fn first_q8_0_scale(model: &[u8]) -> usize {
    let name = b"encoder.blocks.0.attn.query.weight";
    let at = model.windows(name.len()).position(|w| w == name).unwrap();
    at + name.len()
}
