//! People's answers beside the automatic ones: which rows there are, which one is of record, and
//! that nothing counts twice.

use std::collections::BTreeMap;
use std::fs;

use callibrate::report::Cell;

use crate::support::report::{self, Row};
use crate::support::{Place, Said, finish, repository};

/// Call, queue and start: the automatic answer is *yes* where the queue is north.
const CALLS: [(&str, &str, &str); 3] = [
    ("call-a", "north", "2026-03-02T09:00:00"),
    ("call-b", "south", "2026-03-02T10:00:00"),
    ("call-c", "north", "2026-03-03T09:00:00"),
];

const FORM: &str = "rubric: north\nversion: '1'\ntitle: North\nsections:\n- id: s\n  title: S\n  weight: 1\n  \
    questions:\n  - {id: north, text: North?, auto_fail_on: no, yes_when: {call: {field: queue, is: north}}}\n  \
    - {id: how, text: How was it?, answered_by: person, scale: {from: 1, to: 5}}\n";

const HEAD: &str = "call_id,rubric,rubric_version,question,rater,kind,answer,rated_at,basis,\
    saw_automatic,chosen,probability,hidden_repeat,note\n";

/// Call, question, rater, kind, answer, when, whether the automatic answer was seen, and whether it
/// is a hidden repeat.
type Line = [&'static str; 8];

const RATINGS: [Line; 11] = [
    // Of two coaches the later one, who saw what the form says.
    [
        "call-a",
        "north",
        "dora",
        "person",
        "no",
        "2026-03-09",
        "no",
        "",
    ],
    [
        "call-a",
        "north",
        "emil",
        "person",
        "yes",
        "2026-03-09 10:00",
        "yes",
        "",
    ],
    // None of these answers beside others.
    [
        "call-a",
        "north",
        "dora",
        "person",
        "yes",
        "2026-03-20",
        "no",
        "yes",
    ],
    [
        "call-a",
        "north",
        "ann",
        "agent",
        "no",
        "2026-03-21",
        "no",
        "",
    ],
    // Whoever cannot tell has not answered, however late.
    [
        "call-b",
        "north",
        "dora",
        "person",
        "yes",
        "2026-03-09",
        "no",
        "",
    ],
    [
        "call-b",
        "north",
        "emil",
        "person",
        "abstain",
        "2026-03-11",
        "no",
        "",
    ],
    // Agreed comes first, however early.
    [
        "call-c",
        "north",
        "dora",
        "person",
        "no",
        "2026-03-12",
        "no",
        "",
    ],
    [
        "call-c",
        "north",
        "emil",
        "person",
        "yes",
        "2026-03-08",
        "no",
        "",
    ],
    ["call-c", "north", "", "gold", "no", "2026-03-10", "no", ""],
    // A question that only people answer.
    [
        "call-c",
        "how",
        "dora",
        "person",
        "4",
        "2026-03-12",
        "no",
        "",
    ],
    [
        "call-a",
        "how",
        "dora",
        "person",
        "not_applicable",
        "2026-03-12",
        "no",
        "",
    ],
];

fn centre() -> Place {
    let place = Place::new();
    place.write("north.yaml", FORM);
    place.write(
        "callibrate.toml",
        "out = 'out'\ncalls = 'calls.csv'\ntimezone = 'UTC'\njobs = 2\nrubrics = ['north.yaml']\n\
         customer_key = 'key'\n",
    );
    for (id, ..) in CALLS {
        let from = repository().join("samples/reference/card-lost.json");
        place.write(&format!("t/{id}.json"), fs::read(from).unwrap());
    }
    write_calls(&place, &CALLS);
    score_files(&place);
    place
}

fn write_calls(place: &Place, calls: &[(&str, &str, &str)]) {
    let mut table = "call_id,file,agent,queue,started_at,agent_channel\n".to_string();
    for (id, queue, start) in calls {
        table += &format!("{id},{id}.wav,ann,{queue},{start},left\n");
    }
    place.write("calls.csv", table);
}

fn score_files(place: &Place) {
    let mut command = place.command("score");
    command.args(CALLS.map(|(id, ..)| place.path(&format!("t/{id}.json"))));
    finish(command).exits(0);
}

fn calibrate(place: &Place, ratings: &[Line]) -> Said {
    let mut text = HEAD.to_string();
    for [call, question, rater, kind, answer, at, saw, repeat] in ratings {
        text += &format!(
            "{call},north,1,{question},{rater},{kind},{answer},{at},audio,{saw},random,0.5,{repeat},\
             a private remark\n"
        );
    }
    place.write("ratings.csv", text);
    place.run("calibrate --ratings ratings.csv")
}

fn answers(place: &Place) -> Vec<Row> {
    report::rows(&place.path("out"), "answers")
}

/// The rows of a question about a call: scorer and answer, with a star where it is of record.
fn said(rows: &[Row], call: &str, question: &str) -> Vec<String> {
    let of_it = rows
        .iter()
        .filter(|row| row.text("call_id") == call && row.text("question") == question);
    let text = |row: &Row| {
        let star = if row.flag("of_record") { "*" } else { "" };
        let [scorer, kind, answer] =
            ["scorer", "scorer_kind", "answer"].map(|column| row.text(column));
        format!("{scorer} ({kind}) {answer}{star}")
    };
    of_it.map(text).collect()
}

#[track_caller]
fn assert_one_of_record(rows: &[Row]) {
    let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for row in rows {
        let key = ["call_id", "rubric", "rubric_version", "question"];
        let key = key.map(|column| row.text(column).to_string()).to_vec();
        *counts.entry(key).or_default() += usize::from(row.flag("of_record"));
    }
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}

#[test]
fn each_question_has_one_answer_of_record() {
    let place = centre();
    let before = answers(&place);
    calibrate(&place, &RATINGS).exits(0);
    let rows = answers(&place);
    assert_one_of_record(&rows);
    assert_eq!(
        said(&rows, "call-a", "north"),
        [
            "automatic (automatic) yes",
            "dora (coach) no",
            "emil (coach) yes*"
        ]
    );
    assert_eq!(
        said(&rows, "call-b", "north"),
        [
            "automatic (automatic) no",
            "dora (coach) yes*",
            "emil (coach) abstain"
        ]
    );
    assert_eq!(
        said(&rows, "call-c", "north"),
        [
            "automatic (automatic) yes",
            "gold (gold) no*",
            "dora (coach) no",
            "emil (coach) yes"
        ]
    );
    assert_eq!(
        said(&rows, "call-a", "how"),
        [
            "automatic (automatic) abstain",
            "dora (coach) not_applicable*"
        ]
    );
    assert_eq!(
        said(&rows, "call-b", "how"),
        ["automatic (automatic) abstain*"]
    );

    // What only an automatic answer has is empty; what the question has is there.
    let scale = rows.iter().find(|row| row.text("answer") == "4").unwrap();
    assert_eq!(scale.number("value"), Some(4.0));
    assert_eq!(scale.number("points"), Some(3.0));
    for column in ["weight", "reason", "way", "cause", "confidence"] {
        assert_eq!(*scale.cell(column), Cell::Null, "{column}");
    }
    let failing = |row: &&Row| row.flag("auto_fail") && row.text("scorer") != "automatic";
    assert!(!rows.iter().any(|row| failing(&row)));

    // The automatic rows are those from before.
    let automatic = |rows: &[Row]| -> Vec<Vec<String>> {
        let rows = rows.iter().filter(|row| row.text("scorer") == "automatic");
        let told = |row: &Row| {
            let columns = [
                "call_id",
                "question",
                "answer",
                "weight",
                "points",
                "confidence",
            ];
            columns
                .map(|column| format!("{:?}", row.cell(column)))
                .to_vec()
        };
        rows.map(told).collect()
    };
    assert_eq!(automatic(&rows), automatic(&before));
    assert_eq!(before.len(), 6);
}

#[test]
fn nothing_counts_twice() {
    let place = centre();
    let out = place.path("out");
    let scores = |out| -> Vec<String> {
        let rows = report::rows(out, "scores");
        let columns = ["score", "verdict", "yes", "no", "abstained"];
        let text = |row: &Row| format!("{:?}", columns.map(|column| row.cell(column).clone()));
        rows.iter().map(text).collect()
    };
    let before = scores(&out);
    place.run("release --date 2026-03-02").exits(0);
    let first = calibrate(&place, &RATINGS).exits(0);
    assert_eq!(scores(&out), before);
    let released = report::rows(&out, "releases");
    assert_eq!(released.len(), 2);
    assert!(released.iter().all(|row| !row.flag("differs")));
    place
        .run("release --date 2026-03-02")
        .exits(0)
        .says("2 scores released before and the same");

    let sums = report::rows(&out, "question_daily");
    let of = |date: &str, queue: &str| -> [i64; 7] {
        let row = sums.iter().find(|row| {
            row.date == date && row.text("queue") == queue && row.text("question") == "north"
        });
        let columns = [
            "put",
            "yes",
            "no",
            "abstained",
            "record_yes",
            "record_no",
            "record_by_people",
        ];
        columns.map(|column| row.unwrap().int(column))
    };
    assert_eq!(of("2026-03-02", "north"), [1, 1, 0, 0, 1, 0, 1]);
    assert_eq!(of("2026-03-02", "south"), [1, 0, 1, 0, 1, 0, 1]);
    assert_eq!(of("2026-03-03", "north"), [1, 1, 0, 0, 0, 1, 1]);

    // Calibration reads the automatic answers alone; and the same ratings change nothing.
    let published = report::published(&out);
    let runs = report::rows(&out, "runs").len();
    let again = calibrate(&place, &RATINGS).exits(0);
    assert_eq!(again.stdout, first.stdout);
    assert!(report::published(&out) == published);
    assert_eq!(report::rows(&out, "runs").len(), runs);
    place
        .run("status")
        .exits(0)
        .says("The tables are up to date.");
    // Scored again, all of it is there.
    let rows = answers(&place).len();
    place.run("score --all").exits(0);
    assert_eq!(answers(&place).len(), rows);
}

#[test]
fn a_rating_that_is_taken_back_is_gone_and_another_meaning_is_none() {
    let place = centre();
    calibrate(&place, &RATINGS).exits(0);
    let run = |date: &str| {
        let rows = answers(&place);
        let row = rows.iter().find(|row| row.date == date).unwrap();
        row.text("run_id").to_string()
    };
    let dates = ["2026-03-02", "2026-03-03"];
    let before = dates.map(run);
    // No rating is no reason to take out all of them.
    let refused = calibrate(&place, &[]).exits(2);
    assert!(
        refused.stderr.contains("no rating stands in"),
        "{refused:#?}"
    );
    assert!(
        refused.stderr.contains("hint: name all files"),
        "{refused:#?}"
    );
    assert_eq!(dates.map(run), before);
    let taken_out = "not in these files any more";
    let again = calibrate(&place, &RATINGS).exits(0);
    assert!(!again.stderr.contains(taken_out), "{again:#?}");
    let fewer = calibrate(&place, &RATINGS[4..]).exits(0);
    assert!(fewer.stderr.contains(taken_out), "{fewer:#?}");
    let rows = answers(&place);
    assert_eq!(
        said(&rows, "call-a", "north"),
        ["automatic (automatic) yes*"]
    );
    assert_one_of_record(&rows);
    // Just the date that it changes is made again.
    let after = dates.map(run);
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1], after[1]);

    // The question comes to mean something else, and back.
    place.write("north.yaml", FORM.replace("is: north}", "is: south}"));
    place.run("score --all").exits(0);
    let rows = answers(&place);
    assert_eq!(
        said(&rows, "call-b", "north"),
        ["automatic (automatic) yes*"]
    );
    assert_eq!(said(&rows, "call-c", "how").len(), 2);
    place.write("north.yaml", FORM);
    place.run("score --all").exits(0);
    assert_eq!(said(&answers(&place), "call-b", "north").len(), 3);

    // A name with a meaning of its own is nobody's.
    let named = [
        "call-a",
        "north",
        "Gold",
        "person",
        "no",
        "2026-03-09",
        "no",
        "",
    ];
    let said = calibrate(&place, &[named]).exits(2);
    assert!(
        said.stderr.contains("\"Gold\" has a meaning of its own"),
        "{said:#?}"
    );
}

#[test]
fn what_is_kept_goes_with_its_call() {
    let place = centre();
    let out = place.path("out");
    calibrate(&place, &RATINGS).exits(0);
    let kept = |date: &str| {
        let path = out.join(format!("store/ratings/date={date}.json"));
        fs::read_to_string(path).unwrap_or_default()
    };
    assert!(kept("2026-03-02").contains("call-a"));
    assert!(!kept("2026-03-02").contains("remark"));

    // A call that turns out to be of another day takes its answers along.
    let mut moved = CALLS;
    moved[1].2 = "2026-03-05T10:00:00";
    write_calls(&place, &moved);
    score_files(&place);
    let rows = answers(&place);
    assert_eq!(said(&rows, "call-b", "north").len(), 3);
    assert!(
        rows.iter()
            .all(|row| row.text("call_id") != "call-b" || row.date == "2026-03-05")
    );
    assert!(!kept("2026-03-02").contains("call-b") && kept("2026-03-05").contains("call-b"));

    place.run("forget --call call-a").exits(0);
    assert_eq!(kept("2026-03-02"), "");
    let rows = answers(&place);
    assert!(rows.iter().all(|row| row.text("call_id") != "call-a"));
    assert_eq!(said(&rows, "call-c", "north").len(), 4);

    // What changes in the store alone is seen by the next command, too.
    fs::remove_file(out.join("store/ratings/date=2026-03-03.json")).unwrap();
    place.run("score --date 2026-03-05").exits(0);
    assert_eq!(said(&answers(&place), "call-c", "north").len(), 1);

    // Too old are the ratings of calls that are.
    let settings = fs::read_to_string(place.path("callibrate.toml")).unwrap();
    place.write("callibrate.toml", format!("retention_days = 1\n{settings}"));
    let newest = CALLS.map(|(id, queue, _)| (id, queue, "2026-03-09T09:00:00"));
    write_calls(&place, &newest[2..]);
    place.run("score t/call-c.json").exits(0);
    assert!(!out.join("store/ratings").exists());
}

#[test]
fn every_query_of_the_documents_says_which_answers_it_means() {
    let pages = fs::read_dir(repository().join("docs")).unwrap();
    let pages = pages.map(|entry| entry.unwrap().path());
    let mut queries = 0;
    for path in pages.chain([repository().join("README.md")]) {
        if path.extension().is_none_or(|e| e != "md") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for block in text.split("```").skip(1).step_by(2) {
            // In the cookbook, a macro stands for the path.
            if block.contains("/answers/date=*") || block.contains("report('answers')") {
                queries += 1;
                let says = block.contains("scorer") || block.contains("of_record");
                assert!(says, "{}: {block}", path.display());
            }
        }
    }
    assert!(queries >= 10, "{queries}");
}
