//! Bytes from outside that are not what they should be: each input that is kept is handed to its
//! parser, and what is too large is refused in words.

#[path = "hostile/targets.rs"]
mod targets;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::support::{Place, repository};
use targets::{TARGETS, Target};

/// Files of a folder and below it, or the file itself, in order.
fn files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_path_buf()];
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries.iter().flat_map(|entry| files(entry)).collect()
}

/// Seeds and findings of the fuzzers.
#[test]
fn every_kept_input_is_read_or_refused_and_what_is_read_holds_together() {
    let kept = repository().join("tests/fixtures/hostile");
    let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    for folder in fs::read_dir(&kept).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name.as_str()), "{name} is for no target");
    }
    for Target {
        name,
        run,
        longest,
        seeds,
    } in &TARGETS
    {
        let place = Place::new();
        let mut inputs = files(&kept.join(name));
        assert!(!inputs.is_empty(), "{name} has inputs");
        inputs.extend(
            seeds
                .iter()
                .flat_map(|seed| files(&repository().join(seed))),
        );
        for input in inputs {
            let bytes = fs::read(&input).unwrap();
            assert!(bytes.len() <= 32 * longest, "{}", input.display());
            println!("{}", input.display());
            run(&bytes, &place.path(""));
            // Cut short, too.
            run(&bytes[..bytes.len() / 2], &place.path(""));
        }
    }
}

const SETTINGS: &str = "rubric: r\nversion: '1'\ntitle: t\nsections:\n- id: s\n  title: s\n  weight: 1\n  questions:\n  - {id: q, text: q, yes_when: {said: {by: agent, any: [hello]}}}\n";

#[test]
fn what_is_too_large_is_refused_with_its_name_its_limit_and_what_to_do() {
    let place = Place::new();
    let large = |name: &str, start: &str, mib: usize| {
        let mut text = start.to_string();
        text.push_str(&"# and so on\n".repeat((mib << 20) / 12 + 1));
        place.write(name, text);
    };
    large("form.yaml", SETTINGS, 1);
    let said = place.run("rubric check form.yaml").exits(2).stderr;
    for part in [
        "form.yaml",
        "more than 1 MiB",
        "hint: check that it is the right file",
    ] {
        assert!(said.contains(part), "{said}");
    }
    large("form.test.yaml", "rubric: r\n", 1);
    let said = place.run("rubric test form.test.yaml").exits(2).stderr;
    assert!(
        said.contains("form.test.yaml") && said.contains("more than 1 MiB"),
        "{said}"
    );
    large("large.toml", "out = 'x'\n", 1);
    let said = place.run("run --config large.toml").exits(2).stderr;
    assert!(
        said.contains("large.toml") && said.contains("more than 1 MiB"),
        "{said}"
    );

    let pattern = "out = 'o'\n[file_names]\npattern = '(?P<agent>((\\w{1000}){1000}){1000})(?P<started_at>.*)'\n";
    place.write("pattern.toml", pattern);
    place.write("a.wav", "");
    let said = place.run("run a.wav --config pattern.toml").exits(2).stderr;
    assert!(said.contains("exceeds size limit"), "{said}");

    let header = "call_id,file,agent,started_at,agent_channel";
    let wide = format!("{header}{}\n", ",x".repeat(1_000));
    place.write("calls.csv", wide);
    let said = place
        .run("run a.wav --calls calls.csv --out o")
        .exits(2)
        .stderr;
    assert!(
        said.contains("calls.csv") && said.contains("more than 1000 columns"),
        "{said}"
    );
}

/// Text that means far more than it has bytes: an alias of aliases, a list in a list in a list.
#[test]
fn yaml_that_unfolds_or_nests_without_end_is_refused() {
    let place = Place::new();
    let mut bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_string();
    for i in 1..10 {
        let many = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb += &format!("a{i}: &a{i} [{many}]\n");
    }
    place.write("bomb.yaml", bomb);
    let nested = "{not: ".repeat(10_000) + "{said: {by: agent, any: [a]}}" + &"}".repeat(10_000);
    place.write(
        "nested.yaml",
        SETTINGS.replace("{said: {by: agent, any: [hello]}}", &nested),
    );
    for name in ["bomb.yaml", "nested.yaml"] {
        let said = place.run(&format!("rubric check {name}")).exits(2).stderr;
        assert!(
            said.contains("understand the rubric") && said.contains(name),
            "{said}"
        );
    }
}

const BOOK: &str =
    r#"<workbook xmlns:r="r"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const LINKS: &str = r#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

fn sheet(cells: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
    targets::book(&[
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", LINKS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn cell(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

#[test]
fn a_spreadsheet_is_taken_as_far_as_its_cells_go_and_no_further() {
    let place = Place::new();
    let import = |name: &str| place.run(&format!("rubric import {name}"));
    let rows = [
        cell("B1", "Question"),
        cell("B3", "Was it said?"),
        cell("C3", "5"),
        cell("C1", "Points"),
    ];
    place.write("small.xlsx", sheet(&rows.concat()));
    import("small.xlsx").exits(0).says("Was it said?");

    // Two cells at the corners are no seventeen thousand million.
    let corners = cell("A1", "Question") + &cell("XFD1048576", "Why?");
    place.write("corners.xlsx", sheet(&corners));
    let said = import("corners.xlsx").exits(2).stderr;
    assert!(
        said.contains("corners.xlsx") && said.contains("more than 1000 columns"),
        "{said}"
    );
    place.write("beyond.xlsx", sheet(&cell("A1048577", "Why?")));
    let said = import("beyond.xlsx").exits(2).stderr;
    assert!(
        said.contains("outside of what a spreadsheet holds"),
        "{said}"
    );
    place.write(
        "overflow.xlsx",
        sheet(&cell("ZZZZZZZZZZZZ99999999999999", "Why?")),
    );
    import("overflow.xlsx").exits(2);
}

#[test]
fn a_spreadsheet_that_unpacks_to_gigabytes_is_refused_before_it_is_read() {
    let mut bomb = ::zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let fast = ::zip::write::SimpleFileOptions::default().compression_level(Some(1));
    let part = vec![b' '; 32 << 20];
    for name in ["xl/workbook.xml", "xl/sharedStrings.xml"] {
        bomb.start_file(name, fast).unwrap();
        for _ in 0..9 {
            bomb.write_all(&part).unwrap();
        }
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 8 << 20);
    let place = Place::new();
    place.write("bomb.xlsx", bomb);
    let said = place.run("rubric import bomb.xlsx").exits(2).stderr;
    assert!(
        said.contains("bomb.xlsx") && said.contains("more than 512 MiB when it is unpacked"),
        "{said}"
    );
}
