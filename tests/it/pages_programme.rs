//! The pages of questions and of the programme, over the sample calls and those of the programme.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use crate::calibration::SAMPLES;
use crate::support::{Place, SCRATCH, callibrate, finish, report, repository};

/// A copy of the calibrated samples, with pages of all their calls.
static PAGES: LazyLock<PathBuf> = LazyLock::new(|| {
    let out = SCRATCH.join("pages-of-the-programme");
    let copied = Command::new("cp")
        .arg("-a")
        .arg(&*SAMPLES)
        .arg(&out)
        .status();
    assert!(copied.unwrap().success());
    let mut command = callibrate(repository());
    command.args([
        "report",
        "--from",
        "2026-01-01",
        "--to",
        "2026-12-31",
        "--out",
    ]);
    command.arg(&out);
    finish(command).exits(0);
    out
});

fn page(path: &str) -> String {
    let path = PAGES.join("pages").join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn percent(share: Option<f64>) -> String {
    format!("{:.0} %", share.unwrap() * 100.0)
}

#[test]
fn a_question_tells_the_rates_that_the_tables_have() {
    let questions = report::rows(&PAGES, "question_daily");
    let rates = report::calibration(&PAGES, "true_rates");
    let agreements = report::calibration(&PAGES, "agreement");
    for question in ["greeting", "no-interrupting", "thanked"] {
        let page = page(&format!("question/service-essentials.{question}.html"));
        let of_question = questions
            .iter()
            .filter(|row| row.text("question") == question);
        let sum = |column: &str| of_question.clone().map(|row| row.int(column)).sum::<i64>();
        let (yes, no) = (sum("yes"), sum("no"));
        let counted = format!("<b>{:.0} %</b>", 100.0 * yes as f64 / (yes + no) as f64);
        assert!(page.contains(&counted), "{question}: {counted}");
        let truth = rates
            .iter()
            .find(|row| row.text("question") == question && row.text("reference") == "gold")
            .unwrap();
        let truly = format!("<b>{}</b>", percent(truth.number("true_rate")));
        assert!(page.contains(&truly), "{question}: {truly}");
        let people = agreements
            .iter()
            .find(|row| {
                row.text("level") == "question"
                    && row.text("part") == question
                    && row.text("comparison") == "people"
            })
            .unwrap();
        let rated = format!("{} calls were rated by several people", people.int("calls"));
        assert!(page.contains(&rated), "{question}: {rated}");
    }
}

#[test]
fn calls_that_show_a_question_have_pages_and_nobody_is_named() {
    let agents: BTreeSet<String> = report::rows(&PAGES, "calls")
        .iter()
        .map(|row| row.text("agent").to_string())
        .collect();
    assert!(agents.len() > 5);
    let mut links = 0;
    for entry in fs::read_dir(PAGES.join("pages/question")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let page = page(&format!("question/{name}")).replace("&#x2f;", "/");
        for agent in &agents {
            assert!(!page.contains(agent.as_str()), "{name} names {agent}");
        }
        for link in page.split("href=\"../call/").skip(1) {
            let link = link.split('"').next().unwrap();
            // What was measured over the whole call has no moment.
            let (call, at) = link.split_once("#t-").unwrap_or((link, "0"));
            assert!(
                PAGES.join("pages/call").join(call).is_file(),
                "{name}: {call}"
            );
            assert!(at.parse::<i64>().is_ok());
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
    let programme = page("programme.html");
    for agent in &agents {
        assert!(
            !programme.contains(agent.as_str()),
            "the programme names {agent}"
        );
    }
}

#[test]
fn the_programme_counts_promises_and_coachings_as_the_tables_do() {
    let page = page("programme.html");
    let promises = report::rows(&PAGES, "promises");
    let of_agents = promises.iter().filter(|row| row.text("party") == "agent");
    let made = format!("Agents made {} promises", of_agents.count());
    assert!(page.contains(&made), "{made}");
    let coached = report::calibration(&PAGES, "followed");
    let coached = coached
        .iter()
        .filter(|row| row.text("agent") != "all")
        .count();
    assert!(page.contains(&format!("{coached} coachings are noted")));
    // The customers' contacts are known, and a week of calls is not enough to judge by.
    assert!(page.contains("Hurried: at least one of the three"));
    assert!(page.contains("Too few to say; missing:"));
    assert!(page.contains("No coach has noted minutes"));
    // Each section of what nobody can know says so in words; there is no empty figure.
    let (page, _) = page.split_once("<script>").unwrap();
    for odd in ["NaN", "inf ", "None", "null"] {
        assert!(!page.contains(odd), "{odd}");
    }
}

/// Version 10 comes after version 9, and whoever goes back to 9 is asked by 9 again.
#[test]
fn a_question_is_told_as_the_form_asks_it_that_judged_last() {
    let place = Place::new();
    let shipped = repository().join("samples/rubrics/service-essentials.yaml");
    let shipped = fs::read_to_string(shipped).unwrap();
    let asked = "Did the agent give their name?";
    for version in ["9", "10", "9"] {
        let form = shipped
            .replace("version: \"2\"", &format!("version: \"{version}\""))
            .replace(asked, &format!("Was the name given, by version {version}?"));
        let path = place.path("form.yaml");
        fs::write(&path, form).unwrap();
        let samples = repository().join("samples");
        let mut command = callibrate(repository());
        command.arg("score").arg("--rubric").arg(&path);
        command.arg("--calls").arg(samples.join("calls.csv"));
        command.arg(samples.join("reference/card-lost.json"));
        command.arg("--out").arg(place.path("report"));
        finish(command).exits(0);
        let mut command = callibrate(repository());
        command.arg("report").arg("--out").arg(place.path("report"));
        finish(command).exits(0);
        let page = place.path("report/pages/question/service-essentials.gave-name.html");
        let page = fs::read_to_string(page).unwrap();
        let heading = format!("<h1>Was the name given, by version {version}?</h1>");
        assert!(page.contains(&heading), "{version}: {page}");
    }
}
