//! What the forms answer, against what a person answers who reads the dialogues.
//!
//! `samples/gold.csv` has the person's answer to every question of every built-in rubric for
//! every sample call, made without a look at the automatic ones. `samples/gold-remarks.csv` lists
//! where the automatic answer on the reference transcript differs, and why. `UPDATE=1` writes the
//! list anew and keeps the remarks.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::golden::{assert_same_text, updating};
use crate::support::{report, repository, samples};

/// Call, rubric, question.
type Key = (String, String, String);

/// Questions that are a person's own; there is nothing to agree on.
const OPINIONS: [&str; 2] = ["coach-note", "felt-human"];
/// A reader and the tool measure the pace of speech a little differently.
const PACE: f64 = 0.05;

fn answers(run: &samples::SampleRun) -> BTreeMap<Key, String> {
    report::rows(&run.out, "answers")
        .iter()
        .map(|row| {
            let key = ["call_id", "rubric", "question"].map(|c| row.text(c).to_string());
            (key.into(), row.text("answer").to_string())
        })
        .collect()
}

/// A column of a file of `samples`, by the key in its first three.
fn column(file: &str, column: usize) -> BTreeMap<Key, String> {
    let path = repository().join("samples").join(file);
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let cell = |n: usize| row[n].to_string();
            ((cell(0), cell(1), cell(2)), cell(column))
        })
        .collect()
}

/// The person's answers.
fn gold() -> BTreeMap<Key, String> {
    let mut gold = column("gold.csv", 3);
    gold.retain(|(_, _, question), _| !OPINIONS.contains(&question.as_str()));
    gold
}

/// The remarks kept so far.
fn remarks() -> BTreeMap<Key, String> {
    column("gold-remarks.csv", 5)
}

/// What the form says, `not_eligible` where it says nothing.
fn said<'a>(answers: &'a BTreeMap<Key, String>, key: &Key) -> &'a str {
    answers.get(key).map_or("not_eligible", String::as_str)
}

fn same(gold: &str, automatic: &str) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= PACE * a;
    match (gold.parse::<f64>(), automatic.parse::<f64>()) {
        (Ok(a), Ok(b)) => near(a, b),
        _ => gold == automatic,
    }
}

fn flips(one: &str, other: &str) -> bool {
    matches!((one, other), ("yes", "no") | ("no", "yes"))
}

#[test]
fn where_a_form_differs_from_a_reader_a_remark_says_why() {
    let automatic = answers(samples::reference());
    let gold = gold();
    let asked: Vec<&Key> = automatic
        .keys()
        .filter(|(_, _, question)| !OPINIONS.contains(&question.as_str()))
        .collect();
    for key in asked {
        assert!(gold.contains_key(key), "the reader did not answer {key:?}");
    }
    let kept = remarks();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["call_id", "rubric", "question", "gold", "automatic", "why"];
    writer.write_record(header).unwrap();
    for (key, person) in &gold {
        let form = said(&automatic, key);
        if same(person, form) {
            continue;
        }
        let why = kept.get(key).map_or("", String::as_str);
        assert!(
            updating() || !why.is_empty(),
            "{key:?}: the reader says {person}, the form {form}, and no remark says why"
        );
        let (call, rubric, question) = key;
        writer
            .write_record([call, rubric, question, person, form, why])
            .unwrap();
    }
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    assert_same_text(&repository().join("samples/gold-remarks.csv"), &text);
}

#[test]
fn the_forms_agree_with_a_reader_and_abstain_rather_than_err() {
    let gold = gold();
    for (what, run) in [
        ("references", samples::reference()),
        ("recordings", samples::one_job()),
    ] {
        let automatic = answers(run);
        let (mut agreed, mut abstained, mut wrong) = (0, 0, 0);
        for (key, person) in gold.iter().filter(|(_, person)| *person != "not_eligible") {
            match said(&automatic, key) {
                form if same(person, form) => agreed += 1,
                "abstain" => abstained += 1,
                _ => wrong += 1,
            }
        }
        let all = agreed + abstained + wrong;
        println!("{what}: {agreed} of {all} as the reader, {abstained} abstain, {wrong} otherwise");
        // The embedded model is weak: on recordings more is left open.
        let least = if what == "references" { 92 } else { 80 };
        assert!(agreed * 100 >= all * least, "{what}");
        assert!(wrong * 100 <= all * 2, "{what}");
    }
}

/// An automatic fail is about a person's job: on what was truly said it must be right.
#[test]
fn no_call_fails_automatically_where_a_reader_would_not_fail_it() {
    let gold = gold();
    let mut failed = 0;
    for row in report::rows(&samples::reference().out, "answers") {
        if !row.flag("auto_fail") {
            continue;
        }
        let key = ["call_id", "rubric", "question"].map(|c| row.text(c).to_string());
        assert_eq!(gold[&key.clone().into()], row.text("answer"), "{key:?}");
        failed += 1;
    }
    assert!(failed > 0);
}

/// Words that were misheard may leave a question open. Where they were heard with confidence,
/// nothing can tell, and an answer turns round; that must be rare, and must fail nobody.
#[test]
fn mishearing_seldom_turns_an_answer_round_and_never_one_that_fails_a_call() {
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
        if expected != answer {
            println!("{expected:>14} on the reference, {answer:>14} on the recording: {count}");
        }
    }
    println!("turned round: {flipped:?}");
    assert!(flipped.len() * 200 <= heard.len(), "{flipped:?}");
    let failed = |run: &samples::SampleRun| -> BTreeSet<(String, String)> {
        report::rows(&run.out, "answers")
            .iter()
            .filter(|row| row.flag("auto_fail"))
            .map(|row| {
                (
                    row.text("call_id").to_string(),
                    row.text("question").to_string(),
                )
            })
            .collect()
    };
    let (heard, reference) = (failed(samples::one_job()), failed(samples::reference()));
    let only_heard: Vec<_> = heard.difference(&reference).collect();
    assert!(only_heard.is_empty(), "{only_heard:?}");
}
