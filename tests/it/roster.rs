//! The table of agents, joined to calls by their day.

use std::fs;

use callibrate::report::Cell;

use crate::support::report::{self, Row};
use crate::support::{Place, Said, finish, repository};

/// Agent, team as the table of calls has it, and start. Not in the order of time.
const CALLS: [(&str, &str, &str, &str); 6] = [
    ("last", "ann", "", "2026-03-09T23:59:00"),
    ("first", "ann", "", "2026-03-10T00:01:00"),
    ("own", "ann", "west", "2026-03-10T09:00:00"),
    ("after", "ann", "", "2026-04-01T09:00:00"),
    ("lead", "kim", "", "2026-03-10T10:00:00"),
    ("nobody", "zoe", "", "2026-03-10T11:00:00"),
];

const AGENTS: &str = "agent,team,leader,site,hired_on,valid_from,valid_to\n\
    ann,south,Lee Ray,Leeds,2024-05-02,2026-03-10,2026-03-31\n\
    ann,north,kim,York,2024-05-02,,2026-03-09\n\
    kim,north,,York,2019-01-14,,\n";

/// Asks for the team.
const FORM: &str = "rubric: south\nversion: '1'\ntitle: South\nsections:\n- id: s\n  title: S\n  \
    weight: 1\n  questions:\n  - {id: south, text: South?, yes_when: {call: {field: team, is: south}}}\n";

fn centre(people: &str) -> Place {
    let place = Place::new();
    let mut table = "call_id,file,agent,team,started_at,agent_channel\n".to_string();
    for (id, agent, team, start) in CALLS {
        let from = repository().join("samples/reference/card-lost.json");
        place.write(&format!("t/{id}.json"), fs::read(from).unwrap());
        table += &format!("{id},{id}.wav,{agent},{team},{start},left\n");
    }
    place.write("calls.csv", table);
    place.write("agents.csv", AGENTS);
    place.write("south.yaml", FORM);
    place.write(
        "callibrate.toml",
        format!(
            "out = 'out'\ncalls = 'calls.csv'\ntimezone = 'America/New_York'\njobs = 2\n\
             rubrics = ['south.yaml']\n[people]\nkey = 'keys/agents.key'\n{people}"
        ),
    );
    place
}

fn score(place: &Place) -> Said {
    let mut command = place.command("score --agents agents.csv");
    command.args(CALLS.map(|(id, ..)| place.path(&format!("t/{id}.json"))));
    finish(command)
}

/// Team, leader, site and day of hiring of a call.
fn told(rows: &[Row], call: &str) -> [String; 4] {
    let row = rows.iter().find(|row| row.text("call_id") == call).unwrap();
    ["team", "leader", "site", "hired_on"].map(|column| row.text(column).to_string())
}

#[test]
fn a_call_has_the_team_leader_and_site_of_its_day() {
    let place = centre("");
    let lacks = "2 agents have no row that says anything about a day on which they took calls \
                 (ann, zoe)";
    let scored = score(&place).exits(0);
    assert!(scored.stderr.contains(lacks), "{scored:#?}");
    let out = place.path("out");
    let calls = report::rows(&out, "calls");
    let of = |call: &str| told(&calls, call);
    // The last minute of one day, the first of the next: the local ones, though both are on the
    // tenth in UTC.
    assert_eq!(of("last"), ["north", "kim", "York", "2024-05-02"]);
    assert_eq!(of("first"), ["south", "Lee Ray", "Leeds", "2024-05-02"]);
    assert_eq!(of("own"), ["west", "Lee Ray", "Leeds", "2024-05-02"]);
    assert_eq!(of("after"), ["", "", "", ""]);
    assert_eq!(of("lead"), ["north", "", "York", "2019-01-14"]);
    assert_eq!(of("nobody"), ["", "", "", ""]);

    // A rule of the form sees it, and the sums of the day have it.
    let answers = report::rows(&out, "answers");
    let answers = answers
        .iter()
        .map(|row| [row.text("call_id"), row.text("answer")]);
    let expected = [
        ["last", "no"],
        ["first", "yes"],
        ["own", "no"],
        ["lead", "no"],
        ["nobody", "abstain"],
        ["after", "abstain"],
    ];
    assert_eq!(answers.collect::<Vec<_>>(), expected);
    let sums = report::rows(&out, "agent_daily");
    let of_ann = sums.iter().filter(|row| row.text("agent") == "ann");
    let of_ann: Vec<[&str; 4]> = of_ann
        .map(|row| {
            [
                &row.date,
                row.text("team"),
                row.text("leader"),
                row.text("site"),
            ]
        })
        .collect();
    assert_eq!(
        of_ann,
        [
            ["2026-03-09", "north", "kim", "York"],
            ["2026-03-10", "south", "Lee Ray", "Leeds"],
            ["2026-03-10", "west", "Lee Ray", "Leeds"],
            ["2026-04-01", "", "", ""],
        ]
    );
    for (contact, call) in report::rows(&out, "contacts").iter().zip(&calls) {
        assert_eq!(contact.cell("team"), call.cell("team"));
    }
}

#[test]
fn a_changed_table_makes_those_dates_again_that_it_changes() {
    let place = centre("");
    score(&place).exits(0);
    let out = place.path("out");
    let published = report::published(&out);
    // A command that does not name it makes the same tables.
    place.run("score --all").exits(0);
    assert!(report::published(&out) == published);

    let run = |date: &str| {
        let rows = report::rows(&out, "calls");
        let row = rows.iter().find(|row| row.date == date).unwrap();
        row.text("run_id").to_string()
    };
    let dates = ["2026-03-09", "2026-03-10", "2026-04-01"];
    let before = dates.map(run);
    place.write("agents.csv", AGENTS.replace("Leeds", "Hull"));
    place
        .run("score --date 2026-04-01 --agents agents.csv")
        .exits(0);
    let after = dates.map(run);
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
    let calls = report::rows(&out, "calls");
    assert_eq!(told(&calls, "first")[2], "Hull");

    // Named empty, it is gone.
    place.write("agents.csv", "agent,team\n");
    place.run("score --all --agents agents.csv").exits(0);
    let calls = report::rows(&out, "calls");
    assert!(calls.iter().all(|row| *row.cell("site") == Cell::Null));
}

#[test]
fn whom_it_names_stands_by_the_pseudonym() {
    let place = centre("pseudonyms = true\n");
    score(&place).exits(0);
    let calls = report::rows(&place.path("out"), "calls");
    let agent = |call: &str| {
        let row = calls.iter().find(|row| row.text("call_id") == call);
        row.unwrap().text("agent").to_string()
    };
    assert!(agent("lead").starts_with("agent-"));
    assert_eq!(told(&calls, "last")[1], agent("lead"));
    let kept = fs::read_to_string(place.path("out/store/roster.json")).unwrap();
    for name in ["\"ann\"", "\"kim\""] {
        assert!(!kept.contains(name), "{kept}");
    }
}

#[test]
fn a_table_that_contradicts_itself_is_refused_with_its_lines() {
    let place = centre("");
    place.write("agents.csv", AGENTS.replace("2026-03-09", "2026-03-10"));
    let said = score(&place).exits(2);
    let what = "agents.csv:\n  line 3: is about days that line 2 is about, of the same agent";
    assert!(said.stderr.contains(what), "{said:#?}");
    assert!(said.stderr.contains("hint: mend these lines"), "{said:#?}");
    assert!(!place.path("out/store/calls").exists());
}

#[test]
fn the_sample_table_is_about_the_agents_of_the_samples() {
    let place = Place::new();
    let samples = repository().join("samples");
    let mut command = place.command("score --out out");
    command.arg("--calls").arg(samples.join("calls.csv"));
    command.arg("--agents").arg(samples.join("agents.csv"));
    for call in ["card-lost", "outage-rushed", "pay-keypad"] {
        command.arg(samples.join(format!("reference/{call}.json")));
    }
    finish(command).exits(0);
    let calls = report::rows(&place.path("out"), "calls");
    let leaders: Vec<&str> = calls.iter().map(|row| row.text("leader")).collect();
    assert_eq!(leaders, ["peter.okoye", "donna.vance", "alan.reid"]);

    // The teams are those that the tables of calls name.
    let team = |file: &str, agent: &str, team: &str| -> Vec<[String; 2]> {
        let mut reader = csv::Reader::from_path(samples.join(file)).unwrap();
        let names = reader.headers().unwrap().clone();
        let at = |name: &str| names.iter().position(|n| n == name).unwrap();
        let places = [at(agent), at(team)];
        let rows = reader.records().map(|row| row.unwrap());
        rows.map(|row| places.map(|at| row[at].to_string()))
            .collect()
    };
    let listed = team("agents.csv", "agent", "team");
    for file in ["calls.csv", "programme/calls.csv"] {
        for agent in team(file, "agent", "team") {
            assert!(listed.contains(&agent), "{agent:?}");
        }
    }
}
