//! People at work: pseudonyms of agents, the minimum size of groups, and who may read what is
//! written.

use std::fs;
use std::path::Path;

use callibrate::report::read_table;

use crate::support::calls::write_recordings;
use crate::support::report;
use crate::support::{Place, files_below, repository};

/// A centre whose files, ids and columns name agents in all places.
fn centre(pseudonyms: bool) -> Place {
    let place = Place::new();
    write_recordings(&place, &["a", "b", "c"]);
    for (name, file) in [
        ("a", "Anna.Berg/2026_anna.berg-1.wav"),
        ("b", "x/KIM_2.wav"),
        ("c", "x/kim_no-row.wav"),
    ] {
        let bytes = fs::read(place.path(&format!("rec/{name}.wav"))).unwrap();
        fs::remove_file(place.path(&format!("rec/{name}.wav"))).unwrap();
        place.write(&format!("rec/{file}"), bytes);
    }
    place.write(
        "calls.csv",
        "call_id,file,agent,team,started_at,agent_channel,coach,note\n\
         anna.berg-1,rec/Anna.Berg/2026_anna.berg-1.wav,anna.berg,north,2026-03-02T09:00:00,left,Kim,ask ANNA.BERG\n\
         c-2,rec/x/KIM_2.wav,kim,north,2026-03-02T10:00:00,left,anna.berg,\n\
         c-3,rec/kim/gone.wav,kim,north,2026-03-02T11:00:00,left,,\n",
    );
    settings(&place, pseudonyms, "");
    place
}

fn settings(place: &Place, pseudonyms: bool, more: &str) {
    place.write(
        "callibrate.toml",
        format!(
            "out = 'out'\ncalls = 'calls.csv'\nrecordings = ['rec']\ntimezone = 'Europe/Berlin'\n\
             jobs = 2\n[people]\npseudonyms = {pseudonyms}\nkey = 'keys/agents.key'\n{more}"
        ),
    );
}

/// Asserts that nothing below a folder names an agent: no byte, no cell, no file.
#[track_caller]
fn assert_nobody_named(out: &Path) {
    for (name, bytes) in files_below(out) {
        let mut texts = vec![name.clone(), String::from_utf8_lossy(&bytes).into_owned()];
        if name.ends_with(".parquet") {
            texts.push(format!("{:?}", read_table(&out.join(&name)).unwrap().rows));
        }
        for text in texts {
            let text = text.to_lowercase();
            // The name of the brand is in the sample's words.
            for id in ["anna.berg", "kim_", "\"kim\"", "/kim/"] {
                assert!(!text.contains(id), "{id} in {name}");
            }
        }
    }
}

/// A column of a table.
fn cells(out: &Path, table: &str, column: &str) -> Vec<String> {
    let rows = report::rows(out, table);
    rows.iter()
        .map(|row| row.text(column).to_string())
        .collect()
}

fn pseudonyms(place: &Place) -> Vec<(String, String)> {
    let list = place.path("keys/agents.csv");
    let mut reader = csv::Reader::from_path(list).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn agents_with_pseudonyms_stand_nowhere_and_are_found_again() {
    let place = centre(true);
    let said = place.run("run").exits(1);
    for text in [&said.stdout, &said.stderr] {
        let text = text.to_lowercase();
        assert!(
            !text.contains("anna.berg") && !text.contains("kim"),
            "{text}"
        );
    }
    let out = place.path("out");
    assert_nobody_named(&out);
    let list = pseudonyms(&place);
    let ids: Vec<&str> = list.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["anna.berg", "kim"]);
    let (anna, kim) = (&list[0].1, &list[1].1);
    let calls = |column| cells(&out, "calls", column);
    assert_eq!(calls("agent"), [anna.as_str(), kim]);
    assert_eq!(calls("call_id"), [format!("{anna}-1").as_str(), "c-2"]);
    assert_eq!(
        calls("file"),
        [
            format!("rec/{anna}/2026_{anna}-1.wav"),
            format!("rec/x/{kim}_2.wav")
        ]
    );
    let extra = calls("extra");
    assert!(extra[0].contains(kim.as_str()) && extra[0].contains(&format!("ask {anna}")));

    // What failed is found again by what stands for it.
    let said = place.run("retry").exits(1);
    assert!(said.stdout.contains("0 reused, 2 failed"), "{said:#?}");
    let key = fs::read(place.path("keys/agents.key")).unwrap();
    let again = place.run("run").exits(1);
    assert!(again.stdout.contains("2 reused"), "{again:#?}");
    assert_eq!(fs::read(place.path("keys/agents.key")).unwrap(), key);

    // By the id that the centre knows.
    let said = place.run("forget --call anna.berg-1").exits(0);
    assert!(said.stdout.contains("1 call"), "{said:#?}");
    assert_eq!(cells(&out, "calls", "call_id"), ["c-2"]);
    let said = place.run("run").exits(1);
    assert!(
        said.stderr
            .contains("1 recording belongs to forgotten calls"),
        "{said:#?}"
    );
    assert_nobody_named(&out);
}

#[test]
fn a_store_has_pseudonyms_of_one_key_or_none() {
    let place = centre(true);
    place.run("run").exits(1);
    let refused = |said: crate::support::Said, why: &str| {
        let said = said.exits(2);
        assert!(said.stderr.contains(why), "{said:#?}");
    };
    settings(&place, false, "");
    let writing = [
        "run",
        "run --dry-run",
        "retry",
        "score --all",
        "score --date 2026-03-02",
        "redact",
        "release --date 2026-03-02",
        "calibrate --ratings calls.csv",
    ];
    let before = files_below(&place.path("out"));
    for command in writing.iter().chain(&["forget --call c-2"]) {
        refused(place.run(command), "go on without pseudonyms");
    }
    settings(&place, true, "");
    let key = place.path("keys/agents.key");
    let lost = place.path("keys/old.key");
    fs::rename(&key, &lost).unwrap();
    for command in writing.iter().chain(&["forget --call c-2"]) {
        refused(
            place.run(command),
            "find the key of pseudonyms keys/agents.key",
        );
        assert!(!key.exists(), "{command}");
    }
    place.write("keys/agents.key", format!("{}\n", "5".repeat(64)));
    fs::set_permissions(&key, fs::metadata(&lost).unwrap().permissions()).unwrap();
    for command in writing {
        refused(place.run(command), "made with another one");
    }
    // Nothing came of all this but a new holder of the lock.
    let now = files_below(&place.path("out")).into_iter();
    let changed = now.filter(|(name, bytes)| before.get(name) != Some(bytes));
    let changed: Vec<String> = changed.map(|(name, _)| name).collect();
    assert_eq!(changed, ["store/lock"]);
    fs::rename(&lost, &key).unwrap();
    place.run("run").exits(1);

    let place = centre(false);
    place.run("run").exits(1);
    settings(&place, true, "");
    for command in writing {
        refused(place.run(command), "under the agents' own ids");
    }
    // To be forgotten is nobody's privilege.
    let said = place.run("forget --call c-2").exits(0);
    assert!(
        said.stderr
            .contains("out holds calls under the agents' own ids"),
        "{said:#?}"
    );
    let said = place.run("clean").exits(0);
    assert!(
        said.stderr
            .contains("out holds calls under the agents' own ids"),
        "{said:#?}"
    );
}

#[test]
fn names_that_are_kept_would_tell_who_has_a_pseudonym() {
    let place = centre(true);
    settings(&place, true, "[redaction]\nname = 'keep'\n");
    let said = place.run("run").exits(2);
    assert!(
        said.stderr
            .contains("keep names (`redaction.name` in callibrate.toml)"),
        "{said:#?}"
    );
    assert!(!place.path("out").exists());
    settings(&place, false, "[redaction]\nname = 'keep'\n");
    place.run("run").exits(1);
}

#[test]
fn forgetting_says_that_the_list_of_agents_is_missing() {
    let place = centre(true);
    place.run("run").exits(1);
    let list = place.path("keys/agents.csv");
    let bytes = fs::read(&list).unwrap();
    // The table of calls would tell who is who.
    let table = fs::read(place.path("calls.csv")).unwrap();
    place.write("calls.csv", "call_id,file,agent,started_at,agent_channel\n");
    for (kept, why) in [
        (None, "the list of agents keys/agents.csv is missing"),
        (
            Some("agent,pseudonym\n"),
            "2 agents are not in the list of agents keys/agents.csv",
        ),
    ] {
        fs::remove_file(&list).unwrap();
        if let Some(kept) = kept {
            place.write("keys/agents.csv", kept);
        }
        let said = place.run("forget --call anna.berg-1").exits(0);
        assert!(said.stderr.contains(why), "{said:#?}");
        assert!(said.stdout.contains("0 calls"), "{said:#?}");
        assert_eq!(list.exists(), kept.is_some());
        place.write("keys/agents.csv", &bytes);
    }
    place.write("calls.csv", table);
    let said = place.run("forget --call anna.berg-1").exits(0);
    assert!(!said.stderr.contains("list of agents"), "{said:#?}");
    assert!(said.stdout.contains("1 call"), "{said:#?}");
}

/// Transcripts of another tool, ratings, coaching and outcomes name agents and calls as the centre
/// does.
#[test]
fn what_people_hand_over_is_joined_by_the_pseudonyms() {
    let place = Place::new();
    settings(&place, true, "");
    let programme = repository().join("samples/programme");
    let table = fs::read_to_string(programme.join("calls.csv")).unwrap();
    let mut ids = Vec::new();
    let mut own = table.lines().next().unwrap().to_string() + "\n";
    for line in table.lines().skip(1).take(12) {
        let cells: Vec<&str> = line.split(',').collect();
        let id = format!("{}_{}", cells[2], cells[0]);
        let transcript = fs::read(programme.join(format!("transcripts/{}.json", cells[0])));
        place.write(&format!("heard/{id}.json"), transcript.unwrap());
        own += &line.replacen(cells[0], &id, 1);
        own.push('\n');
        ids.push((id, cells[2].to_string()));
    }
    place.write("calls.csv", own);
    let files: Vec<String> = ids
        .iter()
        .map(|(id, _)| format!("heard/{id}.json"))
        .collect();
    place.run(&format!("score {}", files.join(" "))).exits(0);
    let mut ratings = "call_id,rubric,rubric_version,question,rater,kind,answer,rated_at,basis,\
                       saw_automatic,chosen\n"
        .to_string();
    let scored = report::rows(&place.path("out"), "scores");
    let scored: Vec<&str> = scored
        .iter()
        .filter(|row| row.text("status") == "scored")
        .map(|row| row.text("call_id"))
        .collect();
    let list = pseudonyms(&place);
    let pseudonym = |id: &str| &list.iter().find(|(agent, _)| agent == id).unwrap().1;
    for (id, agent) in &ids {
        if !scored.contains(&id.replace(agent, pseudonym(agent)).as_str()) {
            continue;
        }
        for (rater, kind) in [
            (agent.as_str(), "agent"),
            ("dora", "person"),
            ("cleo", "person"),
        ] {
            ratings += &format!(
                "{id},service-essentials,2,greeting,{rater},{kind},yes,2026-02-01,audio,no,targeted\n"
            );
        }
    }
    place.write("ratings.csv", ratings);
    place.write(
        "coaching.yaml",
        format!(
            "- agent: {agent}\n  rubric: service-essentials\n  question: greeting\n  \
             coached_on: 2026-01-06\n  calls: [{call}]\n  action: {agent} greets first.\n",
            call = ids[0].0,
            agent = ids[0].1,
        ),
    );
    place.write(
        "outcomes.csv",
        format!("call_id,resolved\n{},yes\n", ids[0].0),
    );
    let said = place
        .run("calibrate --ratings ratings.csv --coaching coaching.yaml --outcomes outcomes.csv")
        .exits(0);
    assert!(
        said.stdout.contains("by agents on their own calls"),
        "{said:#?}"
    );
    place
        .run("report --coaching coaching.yaml --date 2026-01-06")
        .exits(0);
    assert_eq!(said.stderr, "");
    let out = place.path("out");
    let everything = files_below(&out).into_iter().map(|(name, bytes)| {
        let rows = name
            .ends_with(".parquet")
            .then(|| read_table(&out.join(&name)).unwrap().rows);
        format!("{name} {} {rows:?}", String::from_utf8_lossy(&bytes))
    });
    let everything = everything.chain([said.stdout]);
    for text in everything {
        for (_, agent) in &ids {
            assert!(!text.contains(agent.as_str()), "{agent} in {text}");
        }
    }
    let coached = report::calibration(&out, "followed");
    assert_eq!(coached[0].text("agent"), pseudonym(&ids[0].1));
    let notes = report::undated(&out, "coaching");
    assert_eq!(notes[0].text("agent"), pseudonym(&ids[0].1));
    let call = ids[0].0.replace(&ids[0].1, pseudonym(&ids[0].1));
    assert_eq!(notes[0].text("calls"), call);
}

#[cfg(unix)]
mod modes {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    /// Modes of all folders and of all files below one, each once, with their groups.
    fn modes(folder: &Path, skip: &Path) -> [Vec<(u32, u32)>; 2] {
        let mut found = [Vec::new(), Vec::new()];
        let all = walkdir::WalkDir::new(folder).into_iter();
        for entry in all.filter_entry(|entry| entry.path() != skip) {
            let entry = entry.unwrap();
            let file = entry.metadata().unwrap();
            let list = &mut found[usize::from(file.is_file())];
            let one = (file.mode() & 0o7777, file.gid());
            if !list.contains(&one) {
                list.push(one);
            }
        }
        found
    }

    /// Opens everything to everybody, as an older version or a copy may have left it.
    fn open(folder: &Path) {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry.unwrap();
            let mode = if entry.file_type().is_dir() {
                0o755
            } else {
                0o644
            };
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    #[test]
    fn files_are_private_whatever_the_umask_and_are_mended() {
        let place = centre(true);
        let out = place.path("out");
        let mut command = std::process::Command::new("sh");
        let program = place.command("run");
        command
            .args(["-c", "umask 0; exec \"$0\" run"])
            .arg(program.get_program())
            .current_dir(place.path(""));
        for (name, value) in program.get_envs() {
            command.env(name, value.unwrap());
        }
        assert_eq!(command.output().unwrap().status.code(), Some(1));
        let own = fs::metadata(place.path("calls.csv")).unwrap().gid();
        let nothing = place.path("nothing");
        let shut = [vec![(0o700, own)], vec![(0o600, own)]];
        assert_eq!(modes(&out, &nothing), shut);
        assert_eq!(mode(&place.path("keys")), 0o700);
        assert_eq!(mode(&place.path("keys/agents.csv")), 0o600);

        open(&out);
        place.run("score --all").exits(0);
        // The output folder itself may be the user's own.
        assert_eq!(mode(&out), 0o755);
        fs::set_permissions(&out, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(modes(&out, &nothing), shut);
    }

    #[test]
    fn a_group_reads_the_tables_and_nothing_else() {
        /// Of Debian, and no user's own.
        const GAMES: u32 = 60;
        let known = fs::read_to_string("/etc/group").unwrap_or_default();
        let is_root = nix::unistd::geteuid().is_root();
        if !is_root || !known.lines().any(|line| line.starts_with("games:x:60:")) {
            eprintln!("not checked: only root can give files to a group that it is not in");
            return;
        }
        let place = centre(false);
        settings(&place, false, "readers = 'games'\n");
        place.run("run").exits(1);
        let out = place.path("out");
        let store = out.join("store");
        let own = fs::metadata(&store).unwrap().gid();
        let read = [vec![(0o750, GAMES)], vec![(0o640, GAMES)]];
        let shut = [vec![(0o700, own)], vec![(0o600, own)]];
        assert_eq!(modes(&out, &store), read);
        assert_eq!(modes(&store, &place.path("nothing")), shut);

        // Without readers, the tables are shut again; the next command does it.
        settings(&place, false, "");
        place.run("run").exits(1);
        assert_eq!(mode(&out.join("calls/date=2026-03-02/part.parquet")), 0o600);
        assert_eq!(mode(&out.join("calls")), 0o700);
        assert_eq!(mode(&out), 0o700);
        settings(&place, false, "readers = 60\n");
        place.run("score --all").exits(0);
        assert_eq!(modes(&out, &store), read);
        settings(&place, false, "readers = 'no such group'\n");
        let said = place.run("run").exits(2);
        assert!(said.stderr.contains("there is no group"), "{said:#?}");
    }
}
