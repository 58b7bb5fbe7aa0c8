//! Coaching notes and the agents' pages, over the made calls of the programme.

use std::collections::BTreeSet;
use std::fs;

use crate::support::report;
use crate::support::{Place, repository};

/// A centre with the programme's calls, scored, and the sample's coaching notes.
fn centre() -> Place {
    let place = Place::new();
    let samples = repository().join("samples");
    let programme = samples.join("programme");
    let transcripts = fs::read_dir(programme.join("transcripts")).unwrap();
    let mut transcripts: Vec<_> = transcripts.map(|entry| entry.unwrap().path()).collect();
    transcripts.sort();
    let mut score = place.command("score --rubric service-essentials --out out --calls");
    score.arg(programme.join("calls.csv")).args(transcripts);
    crate::support::finish(score).exits(0);
    let notes = fs::read(samples.join("coaching.yaml")).unwrap();
    place.write("coaching.yaml", notes);
    place
}

/// A page links calls alone: the agent's own, and those of colleagues who agreed.
fn assert_links_lead_to_nobody_else(place: &Place, agent: &str, agreed: &[&str]) {
    let html = page(place, agent);
    let calls = report::rows(&place.path("out"), "calls");
    let links = html.split(" href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split('"').next());
    for link in links.filter(|link| !link.starts_with('#') && *link != "data:,") {
        let call = link.strip_prefix("../call/");
        let call = call.and_then(|call| call.split(".html").next());
        let row = calls.iter().find(|row| Some(row.text("call_id")) == call);
        let of = row.map(|row| row.text("agent"));
        let is_theirs = of.is_some_and(|of| of == agent || agreed.contains(&of));
        assert!(is_theirs, "{link} on the page of {agent}");
    }
}

fn page(place: &Place, agent: &str) -> String {
    let page = place.path(&format!("out/pages/agent/{agent}.html"));
    fs::read_to_string(page).unwrap().replace("&#x2f;", "/")
}

#[test]
fn an_agents_page_tells_what_was_agreed_and_nothing_of_others() {
    let place = centre();
    place
        .run("report --out out --coaching coaching.yaml --date 2026-02-25")
        .exits(0);
    let notes = report::undated(&place.path("out"), "coaching");
    assert_eq!(notes.len(), 8);
    let frank = page(&place, "frank.osei");
    assert!(frank.contains("Let customers finish."), "{frank}");
    assert!(frank.contains("on 13 April 2026, in 47 days"), "{frank}");
    // The call that they talked about has a page of its own, and the link leads there.
    assert!(frank.contains("\"../call/p-00031.html\""), "{frank}");
    assert!(place.path("out/pages/call/p-00031.html").is_file());
    let alice = page(&place, "alice.moore");
    assert!(
        alice.contains("Looked at again on 24 February 2026: done."),
        "{alice}"
    );
    // On an earlier day it was not yet done, and a talk that was still to come is not told.
    place
        .run("report --out out --coaching coaching.yaml --date 2026-02-20")
        .exits(0);
    let alice = page(&place, "alice.moore");
    assert!(alice.contains("on 23 February 2026, in 3 days"), "{alice}");
    place
        .run("report --out out --coaching coaching.yaml --date 2026-01-30")
        .exits(0);
    assert!(!page(&place, "frank.osei").contains("Let customers finish."));

    let calls = report::rows(&place.path("out"), "calls");
    for row in &calls {
        for agent in ["frank.osei", "karen.boyd"] {
            let page = page(&place, agent);
            let other = row.text("agent");
            assert!(
                other == agent || !page.contains(other),
                "{other} on {agent}"
            );
            let call = format!("call/{}.html", row.text("call_id"));
            assert!(other == agent || !page.contains(&call), "{call} on {agent}");
        }
    }
    let agents: BTreeSet<&str> = calls.iter().map(|row| row.text("agent")).collect();
    for agent in agents {
        assert_links_lead_to_nobody_else(&place, agent, &[]);
    }
}

/// A colleague's call is shown where that colleague agreed, and never by name.
#[test]
fn a_colleague_is_shown_with_consent_alone() {
    let place = centre();
    let others: Vec<_> = report::rows(&place.path("out"), "calls")
        .iter()
        .map(|row| row.text("agent").to_string())
        .filter(|agent| agent != "frank.osei")
        .collect();
    place.write(
        "callibrate.toml",
        format!(
            "out = \"out\"\ncoaching = \"coaching.yaml\"\n[pages]\nconsent = {:?}\n",
            ["paul.garner", "paul.gardner"]
        ),
    );
    let said = place.run("report").exits(0);
    let unknown = "names the agent `paul.gardner`, who has no calls";
    assert!(said.stderr.contains(unknown), "{said:#?}");
    assert!(!said.stderr.contains("paul.garner`"), "{said:#?}");
    let irene = page(&place, "irene.walsh");
    assert!(irene.contains("How a colleague says it"), "{irene}");
    assert_links_lead_to_nobody_else(&place, "irene.walsh", &["paul.garner"]);
    for other in others.iter().filter(|other| *other != "irene.walsh") {
        assert!(!irene.contains(other.as_str()), "{other}");
    }
}

/// Where a group is too small, a page has agreements and calls, and no figure of the agent.
#[test]
fn a_small_group_has_no_figures() {
    let place = centre();
    place.write(
        "callibrate.toml",
        "out = \"out\"\ncoaching = \"coaching.yaml\"\n[people]\nminimum_group = 50\n",
    );
    place.run("report").exits(0);
    let paul = page(&place, "paul.garner");
    assert!(paul.contains("only where 50 people or more"), "{paul}");
    assert!(paul.contains("Ask one question at a time"), "{paul}");
    for figure in [
        "What goes well",
        "Week by week",
        "Beside the others",
        "% of",
    ] {
        assert!(!paul.contains(figure), "{figure}: {paul}");
    }
}

#[test]
fn notes_that_cannot_be_taken_stop_the_report_and_forgotten_calls_do_not() {
    let place = centre();
    let notes = fs::read_to_string(place.path("coaching.yaml")).unwrap();
    let wrong = notes.replacen("[p-00031]", "[p-00009]", 1);
    let wrong = wrong.replacen("question: gave-name", "question: give-name", 1);
    place.write("wrong.yaml", wrong);
    let refused = place.run("report --out out --coaching wrong.yaml").exits(2);
    for words in [
        "wrong.yaml, line 17, question: \"give-name\" is no question of service-essentials 2; did you \
         mean `gave-name`?",
        "wrong.yaml, line 28, calls: \"p-00009\" is a call of karen.boyd",
        "docs/ratings.md",
    ] {
        assert!(refused.stderr.contains(words), "{words}: {refused:#?}");
    }
    assert!(!place.path("out/coaching").exists());
    place
        .run("report --out out --coaching coaching.yaml")
        .exits(0);
    place.run("forget --call p-00031 --out out").exits(0);
    assert!(!place.path("out/coaching").exists());
    assert!(!place.path("out/pages").exists());
    let said = place
        .run("report --out out --coaching coaching.yaml")
        .exits(0);
    let gone = "1 call that a note names is not there any more";
    assert!(said.stderr.contains(gone), "{said:#?}");
    let notes = report::undated(&place.path("out"), "coaching");
    let frank = notes.iter().find(|row| row.text("agent") == "frank.osei");
    assert_eq!(frank.unwrap().text("calls"), "");
}
