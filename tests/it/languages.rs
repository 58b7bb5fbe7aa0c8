//! Languages: detected once per channel, with a model that knows many.

use callibrate::speech::Recognise;
use callibrate::speech::models::{AudioCtx, ModelSource};
use callibrate::speech::whisper::{Engine, language_id};

use crate::support::report::{Row, assert_same_bytes, rows};
use crate::support::sound::Sound;
use crate::support::{Place, calls, model};

#[test]
fn the_same_sound_is_in_the_same_language_whatever_was_heard_before() {
    let place = Place::new();
    let path = place.write("babble.bin", model::babble());
    let mut loaded = ModelSource::File(path).load().unwrap();
    assert_eq!(loaded.facts.languages, 99);
    // The frames that are encoded differ from window to window.
    loaded.profile.audio_ctx = AudioCtx::Covering {
        min: 64,
        multiple_of: 32,
        margin_frames: 0,
    };
    let engine = Engine::load(&loaded).unwrap();
    let sound = Sound::of_sample("refund-desk").at_rate(16_000);
    let window = |from_s: usize, to_s: usize| &sound.channels[0][from_s * 16_000..to_s * 16_000];
    let windows = [window(0, 5), window(5, 12), window(2, 24)];
    let fresh: Vec<String> = windows
        .iter()
        .map(|samples| engine.recogniser().unwrap().language(samples).unwrap())
        .collect();
    assert!(fresh.iter().all(|code| language_id(code, 99).is_some()));
    let mut used = engine.recogniser().unwrap();
    for (samples, fresh) in windows.iter().zip(&fresh).rev() {
        used.recognise(window(0, 2), "de").unwrap();
        assert_eq!(&used.language(samples).unwrap(), fresh);
        assert_eq!(&used.language(samples).unwrap(), fresh);
    }
}

#[test]
fn a_call_is_in_the_language_that_is_detected_or_given() {
    let place = Place::new();
    place.write("babble.bin", model::babble());
    calls::write_centre(&place, &["a", "b"], "2026-03-02");
    let languages = |out: &str| -> Vec<String> {
        let calls = rows(&place.path(out), "calls");
        let language = |row: &Row| row.text("language").to_string();
        calls.iter().map(language).collect()
    };
    let run = "run rec --calls calls.csv --model babble.bin";
    let auto = format!("{run} --language auto --jobs 1 --out auto");
    place.run(&auto).exits(0);
    let detected = languages("auto");
    assert_eq!(detected.len(), 2);
    assert!(detected.iter().all(|code| language_id(code, 99).is_some()));
    place.write("callibrate.toml", "language = \"auto\"\n");
    place.run(&format!("{run} --jobs 2 --out other")).exits(0);
    assert_same_bytes(&place.path("auto"), &place.path("other"));

    // A transcript is known by what was asked for: none is taken for another.
    place.run(&auto).exits(0).says("0 transcribed, 2 reused");
    let given = format!("{run} --language it --out auto");
    place.run(&given).exits(0).says("2 transcribed, 0 reused");
    assert_eq!(languages("auto"), ["it", "it"]);

    let unknown = place
        .run(&format!("{run} --language yue --out auto"))
        .exits(2);
    assert!(unknown.stderr.contains("does not know"), "{unknown:#?}");
    let wrong = place
        .run(&format!("{run} --language Italian --out auto"))
        .exits(2);
    assert!(wrong.stderr.contains("not a language code"), "{wrong:#?}");
}

#[test]
fn for_a_model_that_knows_english_only_auto_is_english() {
    let place = Place::new();
    calls::write_centre(&place, &["a"], "2026-03-02");
    let run = "transcribe rec --calls calls.csv --out out";
    place.run(run).exits(0).says("1 transcribed");
    let auto = place.run(&format!("{run} --language auto")).exits(0);
    auto.says("0 transcribed, 1 reused");
}
