//! Forms as centres keep them, and what is made of them.

use super::*;

fn fixture(name: &str) -> Imported {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    import(&path).unwrap_or_else(|e| panic!("{e}"))
}

fn of_text(csv: &str) -> Result<Imported, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("form.csv");
    std::fs::write(&path, csv).unwrap();
    let shown = path.display().to_string();
    import(&path).map_err(|e| e.to_string().replace(&shown, "form.csv"))
}

#[test]
fn a_csv_and_an_xlsx_of_one_form_give_the_same_rubric() {
    let (csv, xlsx) = (fixture("form.csv"), fixture("form.xlsx"));
    assert_eq!(csv.yaml.replace("form.csv", "form.xlsx"), xlsx.yaml);
    assert_eq!((csv.sections, csv.questions), (3, 8));
    assert_eq!(
        csv.notes[0],
        "the column \"Reviewed by\" is not known or stands twice, and is left out"
    );
    assert!(
        csv.notes[1].ends_with("form.csv:11: \"Total\" is a sum and is left out"),
        "{:?}",
        csv.notes
    );
    assert!(
        xlsx.notes[1].ends_with("form.xlsx:10: \"Total\" is a sum and is left out"),
        "{:?}",
        xlsx.notes
    );
    assert_eq!((csv.notes.len(), xlsx.notes.len()), (2, 2));
}

#[test]
fn what_is_made_passes_the_check() {
    let imported = fixture("form.csv");
    let rubric =
        crate::rubric::parse(&imported.yaml, "form.yaml").unwrap_or_else(|e| panic!("{e}"));
    let warnings = crate::rubric::lint::lint(&imported.yaml, "form.yaml").unwrap();
    // The form itself mixes them; the import shows it.
    assert!(
        warnings
            .iter()
            .all(|w| w.message.contains("compliance hides")),
        "{warnings:#?}\n{}",
        imported.yaml
    );
    let weights: Vec<f64> = rubric.sections.iter().map(|s| s.weight).collect();
    assert_eq!(weights, [15.0, 35.0, 50.0]);
    let question = |id: &str| {
        rubric
            .questions()
            .find(|(_, q)| q.id == id)
            .unwrap_or_else(|| panic!("{id}\n{}", imported.yaml))
            .1
    };
    let verified = question("verify-identity-before-giving-account");
    assert_eq!(verified.auto_fail.as_ref().unwrap().on, ["no"]);
    assert!(verified.critical);
    assert_eq!(verified.weight, 20.0);
    assert_eq!(
        verified.tags.iter().map(|t| t.as_str()).collect::<Vec<_>>(),
        ["compliance"]
    );
    assert_eq!(question("tone-voice").kind.as_str(), "options");
    assert_eq!(question("rate-closing").kind.as_str(), "scale");
    assert_eq!(question("anything-else-say").kind.as_str(), "comment");
    assert!(
        question("greet-customer")
            .help
            .as_ref()
            .unwrap()
            .contains('\n')
    );
    assert!(
        rubric
            .questions()
            .all(|(_, q)| q.answered_by == crate::rubric::AnsweredBy::Person)
    );
}

#[test]
fn forms_without_sections_or_points_are_read_too() {
    let plain = of_text("Criteria\nGreeted\nThanked the customer\n").unwrap();
    assert_eq!((plain.sections, plain.questions), (1, 2));
    assert!(
        plain.yaml.contains("- id: thanked-customer"),
        "{}",
        plain.yaml
    );
    // A title above, headings between, cells that are merged over the rows below.
    let headed = of_text("QA form 2024;;\nCriteria;Points;\nOpening;;\nGreeted;5;\nNamed the company;0;\nClosing;;\nThanked;10;\n").unwrap();
    let rubric = crate::rubric::parse(&headed.yaml, "form.yaml").unwrap();
    let shape: Vec<(&str, f64, usize)> = rubric
        .sections
        .iter()
        .map(|s| (s.title.as_str(), s.weight, s.questions.len()))
        .collect();
    assert_eq!(shape, [("Opening", 5.0, 2), ("Closing", 10.0, 1)]);
    let merged = of_text("Category,Question,Weight\nCare,Listened?,1\n,Helped?,2\n").unwrap();
    assert_eq!((merged.sections, merged.questions), (1, 2));
    let free = of_text("Question,Points\nGreeted,0\nThanked,0\n").unwrap();
    assert_eq!(
        free.notes,
        ["no question carries points, so all weigh the same"]
    );
    // Twice the same text gives two ids.
    let twice = of_text("Question\nGreeted\nGreeted\n").unwrap();
    assert!(twice.yaml.contains("- id: greeted\n") && twice.yaml.contains("- id: greeted-2\n"));
}

#[test]
fn what_cannot_be_read_is_named_with_its_row() {
    let error = |csv: &str| of_text(csv).unwrap_err();
    assert_eq!(
        error("Frage,Punkte\nGruß,5\n"),
        "understand form.csv: no row names a column of questions"
    );
    assert_eq!(
        error("Question,Points,Critical\nGreeted,five,no\nThanked,5,perhaps\n"),
        "understand form.csv:\n  form.csv:2: \"five\" is a weight, but no number of 0 or more\n  form.csv:3: \"perhaps\" in the column Critical is neither yes nor no"
    );
    assert!(error("Question,Points\n").contains("form.csv:1: there is no question"));
    let odd = of_text("Question,Type\nGreeted,as usual\n").unwrap();
    assert!(
        odd.notes[0].ends_with(
            "form.csv:2: the answers \"as usual\" are not understood; the question takes yes or no"
        ),
        "{:?}",
        odd.notes
    );
}
