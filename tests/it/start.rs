//! First steps: `init`, `doctor`, `model`, `--help`, and `--dry-run`, which only looks.

use std::fs;

use crate::support::calls::{write_centre, write_recordings};
use crate::support::golden::assert_golden;
use crate::support::report;
use crate::support::sound::{Coding, Sound};
use crate::support::{Place, files_below, repository, state};

#[test]
fn init_writes_files_that_work() {
    let place = Place::new();
    place
        .run("init centre")
        .exits(0)
        .says("wrote centre/callibrate.toml\n");
    let written: Vec<String> = files_below(&place.path("centre")).into_keys().collect();
    assert_eq!(written, ["callibrate.toml", "calls.csv", "rubric.yaml"]);

    // One of the two calls of the example table has its recording.
    let clip = Sound::of_sample("refund-desk").cut(0, 16_000);
    place.write(
        "centre/recordings/2026-03-02/example-1.wav",
        clip.wav(Coding::S16),
    );
    let look = place
        .run("run --config centre/callibrate.toml --dry-run")
        .exits(0);
    assert_golden(
        "dry-run.txt",
        &look
            .stdout
            .replace(&number_of_cores(&look.stdout), "jobs        N\n"),
    );
    assert!(!place.path("centre/report").exists());

    place
        .run("run --config centre/callibrate.toml")
        .exits(1)
        .says("1 transcribed, 0 reused, 1 failed");
    let out = place.path("centre/report");
    assert_eq!(report::calls_of(&out, "2026-03-02"), ["example-1"]);
    assert_eq!(
        report::failures(&out),
        [(
            "2026-03-02/example-2.wav".into(),
            "recording".into(),
            "file_not_found".into()
        )]
    );
    let answers = report::rows(&out, "answers");
    let greeting = answers
        .iter()
        .find(|row| row.text("question") == "greeting");
    assert_eq!(greeting.unwrap().text("rubric"), "service-essentials");
}

/// The line about jobs, which depends on the machine.
fn number_of_cores(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("jobs ")).unwrap();
    format!("{line}\n")
}

#[test]
fn init_never_overwrites() {
    let place = Place::new();
    place.run("init").exits(0);
    let mine = "# my own\nout = \"elsewhere\"\n";
    place.write("callibrate.toml", mine);
    fs::remove_file(place.path("rubric.yaml")).unwrap();
    let said = place.run("init").exits(0);
    assert!(
        said.stdout.starts_with(
            "kept  ./callibrate.toml (it is there already)\n\
         wrote ./rubric.yaml\n\
         kept  ./calls.csv (it is there already)\n"
        ),
        "{said:#?}"
    );
    assert_eq!(
        fs::read_to_string(place.path("callibrate.toml")).unwrap(),
        mine
    );
}

#[test]
fn doctor_finds_the_machine_ready() {
    let said = Place::new().run("doctor").exits(0);
    for line in [
        "callibrate   0.",
        "recogniser   whisper.cpp ",
        "cores        ",
        "model        callibrate-demo-en",
    ] {
        assert!(
            said.stdout.contains(&format!("\n{line}")) || said.stdout.starts_with(line),
            "no {line:?} in {said:#?}"
        );
    }
    // The build of this repository is a fast one.
    assert!(!said.stdout.contains("warning"), "{said:#?}");
}

#[test]
fn model_list_shows_the_embedded_model_and_files() {
    let place = Place::new();
    place
        .run("model list")
        .exits(0)
        .says("in callibrate itself");
    place.write("mine/ggml-tiny.bin", "no model at all");
    let said = place.run("model list mine").exits(0);
    assert!(
        said.stdout
            .contains("mine/ggml-tiny.bin\n  cannot be used: "),
        "{said:#?}"
    );
}

#[test]
fn help_and_version_are_there() {
    let place = Place::new();
    place
        .run("--version")
        .exits(0)
        .says(&format!("callibrate {}", env!("CARGO_PKG_VERSION")));
    let help = place.run("--help").exits(0);
    assert_golden("help.txt", &help.stdout);
    place.run("").exits(2);
    place.run("rnu").exits(2);
}

#[test]
fn a_dry_run_changes_nothing() {
    let place = Place::new();
    write_centre(&place, &["a", "b"], "2026-03-02");
    let before = state(&place.path(""));
    let look = "run rec --calls calls.csv --out out --jobs 2 --dry-run";
    place
        .command(look)
        .env("XDG_CONFIG_HOME", place.path("config"))
        .output()
        .map(|output| assert!(output.status.success()))
        .unwrap();
    assert_eq!(state(&place.path("")), before);

    place
        .run("run rec --calls calls.csv --out out --jobs 2")
        .exits(0);
    write_recordings(&place, &["a", "b", "c"]);
    let before = state(&place.path(""));
    place
        .run(look)
        .exits(0)
        .says("recordings  2 files, 0.00 hours, 1 cannot be used\n            c.wav: no row in calls.csv\n")
        .says("estimate    0 to transcribe (2 are stored), about 0 min\n")
        .says("nothing was done (--dry-run)\n");
    assert_eq!(state(&place.path("")), before);
}

/// The samples' own README and rubrics are what people try first.
#[test]
fn the_built_in_rubrics_are_the_samples_rubrics() {
    for (name, text) in callibrate::rubric::BUILT_IN {
        let path = repository().join(format!("samples/rubrics/{name}.yaml"));
        assert_eq!(fs::read_to_string(path).unwrap(), text);
    }
}
