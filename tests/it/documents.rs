//! Documents that are made from the program, and what they say of it as a whole.

use callibrate::report::rows::metric_columns;
use callibrate::report::schema_document;

use crate::support::golden::assert_same_text;
use crate::support::repository;

/// `UPDATE=1` writes it anew.
#[test]
fn the_document_of_the_tables_is_up_to_date() {
    assert_same_text(
        &repository().join("docs/report-schema.md"),
        &schema_document(metric_columns()),
    );
}

/// `docs/privacy.md` says that nothing is inferred from the sound of a voice. The rooms that say
/// anything about people know transcripts: words, times, and when somebody speaks. What looks at
/// sound is not within their reach.
#[test]
fn what_is_said_of_people_is_taken_from_words_and_times_alone() {
    let mut files = 0;
    for room in [
        "calibration",
        "conversation",
        "history",
        "phrase",
        "report",
        "rubric",
        "scoring",
    ] {
        for entry in walkdir::WalkDir::new(repository().join("src").join(room)) {
            let entry = entry.unwrap();
            if entry.path().extension().is_none_or(|e| e != "rs") {
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(entry.path()).unwrap();
            for sound in ["crate::audio", "crate::speech"] {
                let path = entry.path().display();
                assert!(!text.contains(sound), "{path} uses {sound}");
            }
        }
    }
    assert!(files > 50);
}
