//! The night's page over the sample calls, scored from what was truly said.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Place, callibrate, finish, repository};

fn scored(place: &Place) -> PathBuf {
    let out = place.path("report");
    let samples = repository().join("samples");
    let mut transcripts: Vec<PathBuf> = fs::read_dir(samples.join("reference"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    transcripts.sort();
    let mut command = callibrate(repository());
    command.args([
        "score",
        "--rubric",
        "service-essentials",
        "--rubric",
        "human",
    ]);
    command.arg("--calls").arg(samples.join("calls.csv"));
    command.arg("--out").arg(&out).args(transcripts);
    finish(command).exits(0);
    out
}

/// The page of the period, made with so many minutes.
fn page(out: &Path, minutes: &str) -> String {
    let mut command = callibrate(repository());
    command.args(["report", "--from", "2026-01-01", "--to", "2026-12-31"]);
    command.args(["--minutes", minutes, "--out"]).arg(out);
    finish(command).exits(0);
    fs::read_to_string(out.join("pages/night/2026-01-01_2026-12-31.html")).unwrap()
}

/// `m:ss min` or `N s`, in seconds.
fn seconds(length: &str) -> u64 {
    match length.split_once(':') {
        Some((minutes, rest)) => {
            let seconds = rest.trim_end_matches(" min").parse::<u64>().unwrap();
            minutes.parse::<u64>().unwrap() * 60 + seconds
        }
        None => length.trim_end_matches(" s").parse().unwrap(),
    }
}

#[test]
fn the_list_fits_the_time_and_leads_to_pages_that_are_there() {
    let place = Place::new();
    let out = scored(&place);
    let html = page(&out, "10");
    let list = html.split_once("<ol class=\"items\">").unwrap().1;
    let list = list.split_once("</ol>").unwrap().0;
    // Each call with what to listen to, of which the last part is how long it takes.
    let lengths: Vec<u64> = list
        .split("<p class=\"small\">")
        .skip(1)
        .map(|what| {
            let what = what.split_once(".</p>").unwrap().0;
            seconds(what.rsplit_once(", ").unwrap().1)
        })
        .collect();
    assert!(lengths.len() > 1, "{list}");
    let total: u64 = lengths.iter().map(|length| length + 30).sum();
    assert!(total <= 600, "{lengths:?}");
    // What was said, of both, and what was masked as such.
    for part in ["<b>Agent</b>", "<b>Customer</b>", "<span class=\"masked\">"] {
        assert!(list.contains(part), "{part} is missing in {list}");
    }
    let mut links = 0;
    for link in html.split("href=\"..&#x2f;").skip(1) {
        let link = link.split_once('"').unwrap().0.replace("&#x2f;", "/");
        let file = link.split('#').next().unwrap();
        assert!(out.join("pages").join(file).is_file(), "{link}");
        links += 1;
    }
    assert!(links > lengths.len());
    // The same again, to the byte; and less time, fewer calls.
    assert_eq!(html, page(&out, "10"));
    let short = page(&out, "2");
    let short = short.matches("<h3 class=\"meta\">").count();
    assert!((1..=2).contains(&short), "{short}");
}
