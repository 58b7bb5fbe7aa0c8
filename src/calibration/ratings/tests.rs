use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::sheet::{self, Format, Row, Sheet, SheetError};

/// Version 2 of a form: `greeted` is asked as in version 1 unless the text is another.
fn form(version: &str, greeted: &str) -> Rubric {
    let yaml = format!(
        "rubric: care
version: '{version}'
title: Care
sections:
- id: opening
  title: Opening
  weight: 1
  questions:
  - id: greeted
    text: {greeted}
    yes_when: {{said: {{by: agent, any: [hello]}}}}
- id: middle
  title: Middle
  weight: 1
  questions:
  - id: hold
    text: Was the wait announced?
    options: [{{id: fully, points: 5}}, {{id: partly, points: 2.5}}, {{id: not-at-all, points: 0}}]
  - id: clarity
    text: How clear was it?
    scale: {{from: 1, to: 5}}
  - id: wait
    text: How many minutes did it take?
    number: {{steps: [{{at_most: 3, points: 2}}, {{points: 0}}]}}
  - id: offered
    text: What was offered?
    kind: multi_select
    most: 6
    options: [{{id: refund, points: 4}}, {{id: repair, points: 4}}]
  - id: remarks
    text: What else?
    kind: comment
"
    );
    crate::rubric::parse(&yaml, "care.yaml").unwrap_or_else(|e| panic!("{e}"))
}

const ASKED: &str = "Did the agent greet?";

/// Two versions of one form that ask `greeted` in two ways; the calls were scored with the second.
fn forms() -> Forms {
    let put = |form, reason: Option<&str>| PutTo {
        form,
        not_eligible: reason.map(str::to_string),
    };
    let scored = || vec![put(0, Some("version 2 is for this day")), put(1, None)];
    let calls = [
        ("p-1", scored()),
        ("p-2", scored()),
        ("p-3", vec![put(1, Some("the call is shorter than 30 s"))]),
        ("p-4", vec![]),
    ];
    Forms {
        rubrics: vec![form("1", "Was hello said?"), form("2", ASKED)],
        of_call: calls.map(|(id, put)| (id.to_string(), put)).into(),
        agents: ["lee", "kim"].map(str::to_string).into(),
        pseudonyms: None,
        some_forgotten: false,
    }
}

fn meaning(forms: &Forms, version: usize, question: &str) -> String {
    let (_, q) = forms.rubrics[version]
        .questions()
        .find(|(_, q)| q.id == question)
        .unwrap();
    q.meaning.clone()
}

fn fixture(name: &str) -> Sheet {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    sheet::read(&path, &names_ratings).unwrap_or_else(|e| panic!("{e}"))
}

const CSV: &str = include_str!("../../../tests/fixtures/ratings.csv");

/// Bytes as a file that is called `name`.
fn sheet(name: &str, bytes: impl AsRef<[u8]>, names: &dyn Fn(&Row) -> bool) -> Sheet {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let mut sheet = sheet::read(&path, names).unwrap_or_else(|e| panic!("{e}"));
    sheet.path = PathBuf::from(name);
    sheet
}

fn csv(text: &str) -> Sheet {
    sheet("ratings.csv", text, &names_ratings)
}

/// Ratings without their places, which differ by format and order.
fn placeless(taken: Taken<Rating>) -> Vec<Rating> {
    let place = Place {
        file: "".into(),
        row: 0,
    };
    let rows = taken.rows.into_iter();
    rows.map(|rating| Rating {
        place: place.clone(),
        ..rating
    })
    .collect()
}

#[test]
fn the_same_rows_are_the_same_ratings_in_every_format() {
    let forms = forms();
    let plain = ratings(&[csv(CSV)], &forms).unwrap();
    assert_eq!(plain.rows.len(), 12);
    assert!(plain.notices.is_empty(), "{:?}", plain.notices);
    let plain = placeless(plain);

    // As Excel exports it where the comma is in numbers.
    let european = CSV
        .replace("\"repair,refund\"", "repair+refund")
        .replace(',', ";")
        .replace("0.25", "0,25")
        .replace("2.5", "2,5");
    assert_eq!(
        placeless(ratings(&[csv(&european)], &forms).unwrap()),
        plain
    );
    let utf16: Vec<u8> = std::iter::once(0xFEFF)
        .chain(european.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let utf16 = sheet("ratings.csv", utf16, &names_ratings);
    assert_eq!(placeless(ratings(&[utf16], &forms).unwrap()), plain);

    // The second sheet; names in words, dates as dates, yes as TRUE, 3 as 3.0.
    let xlsx = ratings(&[fixture("ratings.xlsx")], &forms).unwrap();
    assert!(xlsx.rows.iter().any(|r| r.place.row == 3));
    assert_eq!(placeless(xlsx), plain);

    // Texts as dictionaries, timestamps, booleans, and columns that nobody asks for.
    let parquet = ratings(&[fixture("ratings.parquet")], &forms).unwrap();
    let [notice] = &parquet.notices[..] else {
        panic!("{:?}", parquet.notices)
    };
    for unknown in [
        "\"entered_on\"",
        "\"row_number\"",
        "\"flags (",
        "\"who (",
        "\"minutes\"",
    ] {
        assert!(notice.contains(unknown), "{notice}");
    }
    assert_eq!(parquet.rows.iter().map(|r| r.place.row).max(), Some(12));
    assert_eq!(placeless(parquet), plain);
}

#[test]
fn a_column_of_a_type_that_is_not_read_is_named() {
    let mut sheet = fixture("ratings.parquet");
    let at = sheet.rows[0].cells.iter().position(|c| c == "probability");
    sheet.rows[0].cells[at.unwrap()] = "probability (Decimal(3, 2))".to_string();
    sheet.path = PathBuf::from("ratings.parquet");
    let refused = ratings(&[sheet], &forms()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "use the ratings:\n  ratings.parquet: the column probability is of type Decimal(3, 2), which is not read; write it as text or as a plain number"
    );
}

#[test]
fn what_a_rating_says_is_what_the_form_makes_of_it() {
    let taken = ratings(&[csv(CSV)], &forms()).unwrap();
    let told = |r: &Rating| {
        format!(
            "{} {} {} {} {} {:?}/{} {}",
            r.call_id,
            r.question,
            r.rater,
            r.kind.as_str(),
            r.answer.text(),
            r.points,
            r.max_points,
            r.standing.as_str()
        )
    };
    let told: Vec<String> = taken.rows.iter().map(told).collect();
    assert_eq!(
        told,
        [
            "p-1 clarity ann person 3 Some(2.0)/4 saw_automatic",
            "p-1 greeted ann person yes Some(1.0)/1 blind",
            "p-1 greeted ben person no Some(0.0)/1 blind",
            "p-1 greeted ben person yes Some(1.0)/1 hidden_repeat",
            // Made after the discussion of the same session.
            "p-1 greeted cid person yes Some(1.0)/1 after_discussion",
            "p-1 greeted gold gold yes Some(1.0)/1 blind",
            "p-1 hold ann person partly Some(2.5)/5 blind",
            "p-1 wait ben person 2.5 Some(2.0)/2 blind",
            "p-2 hold ann person not_applicable None/5 blind",
            "p-2 hold lee agent abstain None/5 blind",
            "p-2 offered ann person refund,repair Some(6.0)/6 blind",
            "p-2 offered ben person none Some(0.0)/6 blind",
        ]
    );
    let blind = taken.rows.iter().filter(|r| r.is_blind()).count();
    assert_eq!(blind, 7);
    let first = &taken.rows[1];
    assert_eq!(first.chosen, Chosen::Random { probability: 0.25 });
    assert_eq!(first.note.as_deref(), Some("clear as day"));
    assert_eq!(first.at.to_string(), "2026-03-09T10:15:00");
    assert_eq!((&*first.section, &*first.rubric_version), ("opening", "2"));
    assert_eq!(*first.meaning, *meaning(&forms(), 1, "greeted"));
}

/// A header and one row of `columns`.
const HEADER: &str = "call_id,rubric,question,rater,kind,answer,rubric_version,rated_at,basis,saw_automatic,chosen,probability,session";

fn one(rows: &[&str]) -> Result<Taken<Rating>, Refused> {
    ratings(
        &[csv(&format!("{HEADER}\n{}\n", rows.join("\n")))],
        &forms(),
    )
}

#[test]
fn blind_means_before_the_discussion_of_the_same_session() {
    let standing = |person: &str, gold: &str| {
        let person = format!("p-1,care,greeted,ann,person,yes,2,{person}");
        let gold = format!("p-1,care,greeted,,gold,yes,2,{gold}");
        let taken = one(&[&person, &gold]).unwrap();
        let rating = taken.rows.iter().find(|r| &*r.rater == "ann").unwrap();
        rating.standing
    };
    let tail = "audio,no,targeted,,";
    for (person, gold, expected) in [
        ("2026-03-09", "2026-03-10", Standing::Blind),
        // The same day without a time: before.
        ("2026-03-09", "2026-03-09", Standing::Blind),
        ("2026-03-09 16:00", "2026-03-09", Standing::Blind),
        (
            "2026-03-09 16:00",
            "2026-03-09 15:00",
            Standing::AfterDiscussion,
        ),
        ("2026-03-09 15:00", "2026-03-09 15:00", Standing::Blind),
        ("2026-03-11", "2026-03-10 15:00", Standing::AfterDiscussion),
    ] {
        let found = standing(&format!("{person},{tail}w1"), &format!("{gold},{tail}w1"));
        assert_eq!(found, expected, "{person} {gold}");
    }
    // Another session was not listened to; one that nobody names may have been the same.
    let later = |session: &str| {
        standing(
            &format!("2026-03-11,{tail}{session}"),
            &format!("2026-03-10,{tail}w1"),
        )
    };
    assert_eq!(later("w2"), Standing::Blind);
    assert_eq!(later(""), Standing::AfterDiscussion);
}

#[test]
fn a_version_and_its_meaning_say_the_same() {
    let forms = forms();
    let with = |column: &str, value: &str| {
        let text = format!(
            "{}\np-1,care,greeted,ann,person,yes,{value},2026-03-09,audio,no,targeted,,\n",
            HEADER.replace("rubric_version", column)
        );
        ratings(&[csv(&text)], &forms).map(placeless)
    };
    let by_version = with("rubric_version", "2").unwrap();
    let hash = meaning(&forms, 1, "greeted");
    for prefix in [&hash[..], &hash[..12], &hash.to_uppercase()[..20]] {
        assert_eq!(with("meaning", prefix).unwrap(), by_version);
    }
    for (column, value) in [
        ("rubric_version", "1"),
        ("meaning", &meaning(&forms, 0, "greeted")[..12]),
    ] {
        let refused = with(column, value).unwrap_err().to_string();
        assert!(refused.contains("the question has changed"), "{refused}");
        assert!(refused.contains("version 1 (meaning"), "{refused}");
        assert!(refused.contains("scored with version 2"), "{refused}");
    }
    // Version 1 asks all other questions in the same words.
    let hold = "p-1,care,hold,ann,person,partly,1,2026-03-09,audio,no,targeted,,";
    assert_eq!(&*one(&[hold]).unwrap().rows[0].rubric_version, "2");
}

#[test]
fn a_form_that_changed_within_its_version_is_worth_a_word() {
    let mut forms = forms();
    forms.rubrics[0] = form("2", "Was hello said?");
    let row = "p-1,care,greeted,ann,person,yes,2,2026-03-09,audio,no,targeted,,";
    let taken = ratings(&[csv(&format!("{HEADER}\n{row}\n"))], &forms).unwrap();
    let [notice] = &taken.notices[..] else {
        panic!("{:?}", taken.notices)
    };
    assert!(notice.contains("greeted of care was changed within version 2"));
    assert_eq!(*taken.rows[0].meaning, *meaning(&forms, 1, "greeted"));
}

/// Everything that is refused, as a person reads it.
#[test]
fn refused_ratings_are_told_as_they_are_kept() {
    let mut text = String::new();
    let forms = forms();
    let mut add = |case: &str, refused: Refused| {
        text += &format!("## {case}\n{refused}\nhint: {}\n\n", refused.hint());
    };
    let hash = meaning(&forms, 0, "greeted");
    let mut case = |name: &str, rows: &[&str]| {
        // Each row is another rater's, or the same rater's each time.
        let again = name.contains("twice");
        let rows: Vec<String> = rows
            .iter()
            .enumerate()
            .map(|(n, row)| match n {
                0 => row.to_string(),
                _ if again => row.to_string(),
                n => row.replace(",ann,", &format!(",ann-{n},")),
            })
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        add(name, one(&rows).expect_err(name));
    };
    let p1 = "p-1,care,greeted,ann,person,yes,2,2026-03-09,audio,no,targeted,,";
    let with = |old: &str, new: &str| {
        assert!(p1.contains(old), "{old}");
        p1.replacen(old, new, 1)
    };
    case("a call that is not there", &[&with("p-1", "p-9")]);
    case(
        "an id that a spreadsheet rounded",
        &[&with("p-1", "2.02603E+11")],
    );
    case("a rubric that is not there", &[&with("care", "cair")]);
    case(
        "a call that the form does not apply to",
        &[&with("p-1", "p-3")],
    );
    case(
        "a call that another form was put to",
        &[&with("p-1", "p-4")],
    );
    case(
        "questions that are not there",
        &[&with("greeted", "greetd"), &with("greeted", "tone")],
    );
    case(
        "answers that the question does not know",
        &[
            &with("yes", "maybe"),
            &with("greeted", "hold").replace("yes", "party"),
            &with("greeted", "clarity").replace("yes", "6"),
            &with("greeted", "wait").replace("yes", "long"),
            &with("greeted", "offered").replace("yes", "refund+rebate"),
        ],
    );
    case("a rating of another version", &[&with(",2,", ",1,")]);
    case("a version that nobody knows", &[&with(",2,", ",7,")]);
    case("neither version nor meaning", &[&with(",2,", ",,")]);
    case(
        "who and how are not understood",
        &[
            &with("person", "automatic"),
            &with("person", "boss"),
            &with("ann", ""),
            &with("audio", "video"),
            &with("no,targeted", "perhaps,targeted"),
            &with("targeted", "by chance"),
        ],
    );
    case(
        "dates",
        &[
            &with("2026-03-09", "09/03/2026"),
            &with("2026-03-09", "2026-02-30"),
            &with("2026-03-09", "last week"),
            &with("2026-03-09", ""),
        ],
    );
    case(
        "how a call was chosen",
        &[
            &with("targeted,", "random,"),
            &with("targeted,", "random,5%"),
            &with("targeted,", "random,0"),
            &with("targeted,", "targeted,0.5"),
        ],
    );
    case(
        "one rater twice, and two golds",
        &[
            p1,
            &with("yes", "no"),
            &with("ann,person", ",gold"),
            &with("ann,person", "panel,gold"),
        ],
    );
    case(
        "two probabilities of one call",
        &[
            &with("targeted,", "random,0.25"),
            &with("targeted,", "random,0.5")
                .replace("greeted,ann", "hold,ann")
                .replace("yes", "fully"),
        ],
    );
    let file = |text: &str| ratings(&[csv(text)], &forms).expect_err(text);
    add(
        "points that the form does not give",
        file(&format!(
            "{HEADER},points\n{p1},0\n{},0\n",
            with("greeted", "hold").replace("yes", "not_applicable")
        )),
    );
    add(
        "a meaning of another version, or none",
        file(&format!(
            "{}\n{}\n{}\n{}\n",
            HEADER.replace("rubric_version", "meaning"),
            with(",2,", &format!(",{hash},")),
            with(",2,", ",abcdef,").replace("ann", "ben"),
            with(",2,", ",abcdefabcdef,").replace("ann", "cid"),
        )),
    );
    add(
        "a hidden repeat of gold",
        file(&format!(
            "{HEADER},hidden_repeat\n{},yes\n",
            with("ann,person", ",gold")
        )),
    );
    add(
        "columns that are missing",
        file("call_id,rubric,question,answer,score\np-1,care,greeted,yes,1\n"),
    );
    add(
        "a column that occurs twice",
        file(&format!("{HEADER},rated_on\n{p1},\n")),
    );
    add("an empty file", file("\n"));
    add(
        "quotation marks",
        file(&format!("{HEADER}\n{p1}\n\"{p1}\n{p1}\n")),
    );
    add(
        "more values than columns",
        file(&format!("{HEADER}\n{p1},,more\n")),
    );
    let many: Vec<String> = (0..30).map(|n| with("p-1", &format!("x-{n}"))).collect();
    add("more than can be shown, in two files", {
        let mut other = csv(&format!("{HEADER}\n{}\n", with("care", "core")));
        other.path = PathBuf::from("more.csv");
        let first = csv(&format!("{HEADER}\n{}\n", many.join("\n")));
        ratings(&[other, first], &forms).unwrap_err()
    });

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/refused-ratings.txt");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(path, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(
        kept == text,
        "UPDATE=1 writes tests/golden/refused-ratings.txt anew\n{text}"
    );
}

#[test]
fn card_numbers_are_not_kept_and_not_repeated() {
    let card = "4111 1111 1111 1111";
    let text = format!(
        "{HEADER},note\np-1,care,greeted,ann {card},person,yes,2,2026-03-09,audio,no,targeted,,week {card},the card is {card}\n"
    );
    let taken = ratings(&[csv(&text)], &forms()).unwrap();
    assert!(!format!("{taken:?}").contains("1111"), "{taken:?}");
    assert_eq!(&*taken.rows[0].rater, "ann [card number]");
    let refused = one(&[&format!(
        "p-1,care,greeted,ann,person,{card},2,2026-03-09,audio,no,targeted,,"
    )])
    .unwrap_err();
    assert!(!refused.to_string().contains("1111"), "{refused}");
}

#[test]
fn comments_and_lonely_repeats_are_worth_a_word() {
    let tail = "2,2026-03-09,audio,no,targeted,,,";
    let taken = ratings(
        &[csv(&format!(
            "{HEADER},hidden_repeat,Mood\np-1,care,remarks,ann,person,was kind,{tail},\np-1,care,greeted,ann,person,yes,{tail}yes,good\n"
        ))],
        &forms(),
    )
    .unwrap();
    assert_eq!(taken.rows.len(), 1);
    assert_eq!(
        taken.notices,
        [
            "ratings.csv: the column \"Mood\" is not known and is left out",
            "1 row about comment questions is left out: words are no ratings",
            "1 hidden repeat has no first rating by the same rater and is of no use",
        ]
    );
}

#[test]
fn outcomes_coaching_and_error_rates_are_read_with_the_same_care() {
    let forms = forms();
    let of = |text: &str| outcomes(&sheet("o.csv", text, &names_outcomes), &forms);
    let taken = of("call_id;satisfaction;resolved;complaint;left;observed_on\n\
         p-2;4,5;yes;0;;2026-03-20\nx-1;1;no;;;\np-1;;TRUE;;no;\n")
    .unwrap();
    let [one, two] = &taken.rows[..] else {
        panic!("{taken:?}")
    };
    assert_eq!(
        (&*one.call_id, one.satisfaction, one.resolved),
        ("p-1", None, Some(true))
    );
    assert_eq!(one.left, Some(false));
    assert_eq!(
        (two.satisfaction, two.complaint, two.sale),
        (Some(4.5), Some(false), None)
    );
    assert_eq!(two.observed_at.unwrap().to_string(), "2026-03-20");
    assert_eq!(
        taken.notices,
        ["1 row is of calls that are not in these tables, such as \"x-1\", and left out"]
    );
    let refused = of("call_id,resolved,satisfaction\np-1,maybe,good\np-1,yes,\n").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "use the outcomes:\n  \
         o.csv, line 2, satisfaction: \"good\" is no number; write it like 12.5\n  \
         o.csv, line 2, resolved: \"maybe\" is neither yes nor no\n  \
         o.csv, line 3, call_id: \"p-1\" is already in line 2; each call has one row"
    );
    let refused = of("call_id,resolved\nx-1,yes\nx-2,yes\n").unwrap_err();
    assert!(
        refused.to_string().contains("all 2 rows are of calls"),
        "{refused}"
    );
    let refused = of("call_id,happy\np-1,yes\n").unwrap_err();
    assert!(
        refused.to_string().contains("satisfaction or resolved or"),
        "{refused}"
    );

    let of = |text: &str| coaching(&sheet("c.csv", text, &names_coaching), &forms);
    let taken = of(
        "agent,rubric,question,coached_on\nlee,care,hold,2026-03-10\n\
                    ida,care,greeted,2026-03-10 09:00\n",
    )
    .unwrap();
    assert_eq!(taken.rows.len(), 2);
    assert_eq!(taken.rows[1].on.to_string(), "2026-03-10");
    assert!(taken.notices[0].contains("ida"), "{:?}", taken.notices);
    let refused = of("agent,rubric,question,coached_on\nlee,care,holt,10/03/2026\n").unwrap_err();
    assert!(
        refused.to_string().contains("did you mean `hold`?"),
        "{refused}"
    );
    assert!(refused.to_string().contains("day first"), "{refused}");

    let of = |text: &str| accuracy(&sheet("a.csv", text, &names_accuracy), &forms);
    let header = "rubric,question,rubric_version,sensitivity,specificity,gold_yes,gold_no";
    let taken = of(&format!(
        "{header}\ncare,greeted,1,0.9,0.85,60,40\ncare,greeted,2,0.8,0.7,50,50\n"
    ));
    let taken = taken.unwrap();
    let found: BTreeSet<&str> = taken.rows.iter().map(|a| &*a.rubric_version).collect();
    assert_eq!(found, BTreeSet::from(["1", "2"]));
    assert!(
        taken
            .rows
            .iter()
            .any(|a| *a.meaning == *meaning(&forms, 0, "greeted")
                && (a.sensitivity, a.specificity, a.gold_yes, a.gold_no) == (0.9, 0.85, 60, 40))
    );
    let refused = of(&format!(
        "{header}\ncare,greeted,3,90%,1.2,0,4.5\ncare,remarks,2,0.9,0.9,5,5\ncare,hold,1,0.9,0.9,5,5\ncare,hold,2,0.9,0.9,5,5\n"
    ))
    .unwrap_err();
    let columns: Vec<(u64, &str)> = refused
        .problems
        .iter()
        .map(|p| (p.place.row, p.column.as_deref().unwrap_or("")))
        .collect();
    let expected = [
        (2, "sensitivity"),
        (2, "specificity"),
        (2, "gold_yes"),
        (2, "gold_no"),
        (2, "rubric_version"),
        (3, "question"),
        // The question is the same in both versions.
        (5, "question"),
    ];
    assert_eq!(columns, expected, "{refused}");
}

#[test]
fn what_is_no_table_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, part) in [
        (&b"\xD0\xCF\x11\xE0rest"[..], "old .xls"),
        (b"PK\x03\x04rest", "no XLSX file"),
        (b"PAR1rest", "no Parquet file"),
        (b"a\0b", "binary"),
    ] {
        let path = folder.path().join("ratings.csv");
        std::fs::write(&path, bytes).unwrap();
        match sheet::read(&path, &names_ratings) {
            Err(error @ SheetError::NoTable { .. }) => {
                assert!(error.to_string().contains(part), "{error}");
            }
            other => panic!("{part}: {other:?}"),
        }
    }
    assert_eq!(fixture("ratings.parquet").format, Format::Parquet);
}

proptest! {
    /// The order of rows, and which file they are in, change nothing.
    #[test]
    fn shuffled_rows_are_the_same_ratings(
        order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
        cut in 0..12_usize,
    ) {
        let lines: Vec<&str> = CSV.lines().collect();
        let part = |rows: &[usize]| {
            let rows: Vec<&str> = rows.iter().map(|row| lines[row + 1]).collect();
            csv(&format!("{}\n{}\n", lines[0], rows.join("\n")))
        };
        let sheets = [part(&order[..cut]), part(&order[cut..])];
        let forms = forms();
        let shuffled = placeless(ratings(&sheets, &forms).unwrap());
        prop_assert_eq!(shuffled, placeless(ratings(&[csv(CSV)], &forms).unwrap()));
    }
}
