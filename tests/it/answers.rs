//! What the form answers, against what a person answers who reads the dialogues.
//!
//! `tests/golden/reference-answers.csv` has a line for every question of every call: the answer
//! of a person (who may be unable to tell, too), the automatic answer on the reference transcript,
//! and, where the two differ, the words that show why. `UPDATE=1` writes the automatic answers
//! anew and leaves the rest.

use std::collections::BTreeMap;

use crate::support::golden::{assert_golden, path, updating};
use crate::support::{report, samples};

/// Call, rubric, question.
type Key = (String, String, String);

fn answers(run: &samples::SampleRun) -> BTreeMap<Key, String> {
    report::rows(&run.out, "answers")
        .iter()
        .map(|row| {
            let key = ["call_id", "rubric", "question"].map(|c| row.text(c).to_string());
            (key.into(), row.text("answer").to_string())
        })
        .collect()
}

struct Line {
    key: Key,
    person: String,
    automatic: String,
    words: String,
}

fn golden() -> Vec<Line> {
    let mut reader = csv::Reader::from_path(path("reference-answers.csv")).unwrap();
    reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let cell = |n: usize| row[n].to_string();
            Line {
                key: (cell(0), cell(1), cell(2)),
                person: cell(3),
                automatic: cell(4),
                words: cell(5),
            }
        })
        .collect()
}

fn flips(one: &str, other: &str) -> bool {
    matches!((one, other), ("yes", "no") | ("no", "yes"))
}

#[test]
fn the_answers_on_the_references_are_the_kept_ones() {
    let mut found = answers(samples::reference());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [
        "call_id",
        "rubric",
        "question",
        "person",
        "automatic",
        "words",
    ];
    writer.write_record(header).unwrap();
    for line in golden() {
        let automatic = found.remove(&line.key).unwrap_or_default();
        let (call, rubric, question) = &line.key;
        writer
            .write_record([
                call,
                rubric,
                question,
                &line.person,
                &automatic,
                &line.words,
            ])
            .unwrap();
    }
    if updating() {
        for ((call, rubric, question), automatic) in &found {
            writer
                .write_record([call, rubric, question, "", automatic, ""])
                .unwrap();
        }
    } else {
        assert_eq!(found, BTreeMap::new(), "these are not kept");
    }
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    assert_golden("reference-answers.csv", &text);
}

#[test]
fn a_person_agrees_or_the_words_say_why_not() {
    let lines = golden();
    for line in &lines {
        let known = ["yes", "no", "not_applicable", "abstain"];
        assert!(
            known.contains(&line.person.as_str()),
            "{:?}: the person says {:?}",
            line.key,
            line.person
        );
        let differs = line.person != line.automatic;
        assert_eq!(differs, !line.words.is_empty(), "{:?}", line.key);
    }
    let agreed = lines
        .iter()
        .filter(|line| line.person == line.automatic)
        .count();
    println!(
        "the form agrees with a person on {agreed} of {} answers",
        lines.len()
    );
    assert!(agreed * 100 >= lines.len() * 90);
}

/// Words that were misheard may leave a question open. They must not turn its answer round.
#[test]
fn no_answer_on_the_recordings_is_the_opposite_of_the_one_on_the_references() {
    let (heard, reference) = (answers(samples::one_job()), answers(samples::reference()));
    assert_eq!(
        heard.keys().collect::<Vec<_>>(),
        reference.keys().collect::<Vec<_>>()
    );
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut flipped = Vec::new();
    for (key, answer) in &heard {
        let expected = &reference[key];
        *counts.entry((expected, answer)).or_default() += 1;
        if flips(answer, expected) {
            flipped.push(key);
        }
    }
    for ((expected, answer), count) in &counts {
        println!("{expected:>14} on the reference, {answer:>14} on the recording: {count}");
    }
    let abstained =
        |answers: &BTreeMap<Key, String>| answers.values().filter(|a| *a == "abstain").count();
    println!(
        "of {} questions, {} abstain on the recordings and {} on the references",
        heard.len(),
        abstained(&heard),
        abstained(&reference)
    );
    assert_eq!(flipped, Vec::<&Key>::new());
}
