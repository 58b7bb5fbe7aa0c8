//! What must not be written is written nowhere: not in tables, the store, pages, messages, names of
//! files or whatever a kill leaves behind.
//!
//! Values are planted in every way in which people say or write them, everything is run, and then
//! every byte that is left anywhere is searched, and all that was printed. The files of people
//! (recordings, tables, transcripts) and the customer key are outside of it.

mod planted;
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use callibrate::calibration::chance::Stream;
use callibrate::recording::CustomerName;
use callibrate::transcript::RedactedKind;
use planted::{BESIDE, EXPECTED_LATER, SPOKEN, Said as Call, Value, calls, spoken};
use search::Search;

use crate::support::sound::{Coding, Sound};
use crate::support::{Place, Running, Said, callibrate, finish, repository, samples};

/// What the sample calls hold.
const OF_SAMPLES: [Value; 4] = [
    Value {
        name: "card of card-payment",
        kind: RedactedKind::CardNumber,
        digits: "4111111111111111",
        words: &[],
    },
    Value {
        name: "account of card-payment",
        kind: RedactedKind::AccountNumber,
        digits: "20417755",
        words: &[],
    },
    Value {
        name: "account of bill-hold",
        kind: RedactedKind::AccountNumber,
        digits: "38112764",
        words: &[],
    },
    Value {
        name: "security code",
        kind: RedactedKind::SecurityCode,
        digits: "737",
        words: &[],
    },
];

fn of_samples() -> Search {
    let values = OF_SAMPLES.into_iter();
    Search::new(values.filter(|value| !EXPECTED_LATER.contains(&value.name)))
}

/// A searcher that finds nothing proves nothing.
#[test]
fn whatever_is_planted_is_found_in_a_text() {
    for call in calls() {
        let value = SPOKEN.into_iter().find(|v| v.name == call.value).unwrap();
        let transcript = call.transcript();
        let mut all: Vec<_> = transcript
            .channels
            .iter()
            .flat_map(|c| c.segments.iter().flat_map(|s| &s.words))
            .collect();
        all.sort_by_key(|word| word.start_ms);
        let words: Vec<&str> = all.iter().map(|word| word.text.as_str()).collect();
        let mut search = Search::new([value]);
        search.spoken("here", &words.join(" "));
        assert!(!search.leaks.is_empty(), "{}: {words:?}", call.about);
        let others = SPOKEN.into_iter().chain(BESIDE);
        let mut search = Search::new(others.filter(|v| ![value.name, "visa"].contains(&v.name)));
        search.spoken("here", &words.join(" "));
        search.assert_nothing();
    }
    let mut search = Search::new([SPOKEN[0]]);
    search.text("here", "rec4539718147815806.wav");
    search.text("there", "key 9ab4539718147ffe0011");
    search.text("a hash", "00aa47181478ffee0011");
    search.text("a fraction", "0.4718147815");
    search.text("a time", "1764718147815 2026-03-02T09:47:18.147Z");
    search.spoken("the last four", "it ends in 5806, yes, 5806");
    assert_eq!(search.leaks.len(), 2, "{:#?}", search.leaks);
    search.spoken("two pieces", "4539 then you said 8147");
    assert_eq!(search.leaks.len(), 3, "{:#?}", search.leaks);
    // The samples do hold theirs, or the tests below would prove nothing.
    let mut search = Search::new(OF_SAMPLES);
    let dialogues = fs::read_to_string(repository().join("samples/dialogues.json")).unwrap();
    search.spoken("dialogues", &dialogues);
    for value in OF_SAMPLES {
        let found = |leak: &String| leak.ends_with(value.name);
        assert!(search.leaks.iter().any(found), "{}", value.name);
    }
}

fn search_samples(run: &samples::SampleRun) {
    let mut search = of_samples();
    search_folder(&mut search, &run.out, &|_| true);
    search.text("standard output", &run.said.stdout);
    search.text("standard error", &run.said.stderr);
    search.assert_nothing();
    assert_redacted(&run.out);
}

#[test]
fn no_number_of_a_card_or_account_is_written_by_a_run() {
    search_samples(samples::one_job());
}

/// The references hold the numbers as they were said.
#[test]
fn no_number_of_a_card_or_account_is_written_from_other_tools_transcripts() {
    search_samples(samples::reference());
}

/// Placeholders stand in place of them.
#[track_caller]
fn assert_redacted(out: &Path) {
    let words = crate::support::report::rows(out, "words");
    let count = |id: &str, kind: &str| {
        words
            .iter()
            .filter(|row| row.text("call_id") == id && row.text("redacted_kind") == kind)
            .count()
    };
    assert_eq!(
        count("card-payment", "card_number"),
        2,
        "said, and read back"
    );
    assert_eq!(count("card-payment", "account_number"), 1);
    assert_eq!(count("bill-hold", "account_number"), 1);
    assert_eq!(count("pay-keypad", "card_number"), 0);
}

/// Searches all files below a folder, and the names of files and folders.
fn search_folder(search: &mut Search, folder: &Path, wanted: &dyn Fn(&Path) -> bool) {
    for entry in walkdir::WalkDir::new(folder) {
        // Files may go while a run is at work.
        let Ok(entry) = entry else { continue };
        let Ok(path) = entry.path().strip_prefix(folder) else {
            continue;
        };
        if !wanted(path) {
            continue;
        }
        let name = path.to_string_lossy();
        search.text("a name", &name);
        if entry.file_type().is_file() {
            search.file(&name, entry.path());
        }
    }
}

/// A machine of one's own: the folders that a program may write to, and what it printed.
struct World {
    place: Place,
    printed: Vec<(String, Said)>,
    /// Commands that ended in another way than they should.
    unexpected: Vec<String>,
}

/// What people hand over; everything else was written by the program.
const INPUTS: &str = "in";

impl World {
    fn new() -> Self {
        let world = Self {
            place: Place::new(),
            printed: Vec::new(),
            unexpected: Vec::new(),
        };
        for folder in [
            "here", "home", "tmp", "run", "config", "cache", "data", "state",
        ] {
            fs::create_dir_all(world.place.path(folder)).unwrap();
        }
        world
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = callibrate(&self.place.path("here"));
        for (variable, folder) in [
            ("HOME", "home"),
            ("TMPDIR", "tmp"),
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
        ] {
            command.env(variable, self.place.path(folder));
        }
        command.args(arguments);
        command
    }

    /// Arguments are parted at blanks.
    #[track_caller]
    fn run(&mut self, arguments: &str, codes: &[i32]) {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        self.run_with(&arguments, codes);
    }

    #[track_caller]
    fn run_with(&mut self, arguments: &[&str], codes: &[i32]) {
        let said = finish(self.command(arguments));
        if !said.code.is_some_and(|code| codes.contains(&code)) {
            self.unexpected.push(format!("{arguments:?}: {said:#?}"));
        }
        // What is typed is nobody's secret here: only what the program says.
        let arguments = arguments.first().copied().unwrap_or_default();
        self.printed.push((arguments.to_string(), said));
    }

    /// Searches all that is there and all that was said.
    #[track_caller]
    fn search(&self, values: impl IntoIterator<Item = Value>) -> Search {
        assert!(self.unexpected.is_empty(), "{}", self.unexpected.join("\n"));
        let mut search = Search::new(values);
        let own =
            |path: &Path| !path.starts_with(INPUTS) && path.extension().is_none_or(|e| e != "key");
        search_folder(&mut search, &self.place.path(""), &own);
        for (command, said) in &self.printed {
            search.text(&format!("{command}, standard output"), &said.stdout);
            search.text(&format!("{command}, standard error"), &said.stderr);
        }
        search
    }
}

/// Writes transcripts as `in/said/ID.json`, and a table that tells of them.
fn write_calls(world: &World, calls: &[Call]) -> Vec<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let head = "call_id,file,agent,started_at,agent_channel,timezone,customer,customer_name";
    table.write_record(head.split(',')).unwrap();
    let mut files = Vec::new();
    for (n, call) in calls.iter().enumerate() {
        let id = format!("said-{n}");
        let file = format!("in/said/{id}.json");
        world.place.write(&file, call.transcript().to_json());
        files.push(format!("../{file}"));
        let started = format!("2026-03-0{} 09:00", 2 + n % 3);
        let name = if call.value == "customer" {
            "Ms Ottoline Ravensworth"
        } else {
            ""
        };
        let file = format!("{id}.wav");
        let row = [&*id, &file, "ann", &started, "left", "UTC", "cu-1", name];
        table.write_record(row).unwrap();
    }
    world
        .place
        .write("in/said.csv", table.into_inner().unwrap());
    files
}

fn forms() -> Vec<&'static str> {
    let known: Vec<&str> = samples::rubrics().collect();
    known
        .into_iter()
        .flat_map(|name| ["--rubric", name])
        .collect()
}

/// Numbers and words of calls, from other tools' transcripts on.
#[test]
fn nothing_that_is_said_is_written() {
    let mut world = World::new();
    let calls = calls();
    let files = write_calls(&world, &calls);
    let mut arguments = vec!["score", "--calls", "../in/said.csv", "--out", "out"];
    let forms = forms();
    arguments.extend(&forms);
    arguments.extend(files.iter().map(String::as_str));
    world.run_with(&arguments, &[0]);
    let again = |log: &'static str| {
        let mut again = vec!["score", "--all", "--out", "out", "--log", log];
        again.extend(&forms);
        again
    };
    world.run_with(&again("json"), &[0]);
    let settings = "calls = 'said.csv'\nout = '../here/hashed'\n[redaction]\ncard_number = 'hash'\n\
                    account_number = 'hash'\nphone_number = 'hash'\niban = 'hash'\n";
    world.place.write("in/hash.toml", settings);
    let mut hashed = vec!["score", "--config", "../in/hash.toml"];
    hashed.extend(&forms);
    hashed.extend(files.iter().map(String::as_str));
    world.run_with(&hashed, &[0]);
    world.run("redact --out out", &[0]);
    world.run("release --date 2026-03-02 --out out", &[0]);
    world.run("status --out out", &[0]);
    world.run("status --out out --json", &[0]);
    assert_nothing_said(&world, &calls);
    world.run("forget --call said-0 said-1 --out out", &[0]);
    world.run("clean --yes --out out", &[0]);
    assert_nothing_said(&world, &calls);
}

#[track_caller]
fn assert_nothing_said(world: &World, calls: &[Call]) {
    let search = world.search(spoken());
    if !search.leaks.is_empty() {
        // Tables tell what leaked; in which words tells the redactor itself.
        for call in calls {
            let words = redacted(call);
            let mut own = Search::new(spoken());
            own.spoken("", &words);
            if !own.leaks.is_empty() {
                println!("{}, {}: {words}", call.value, call.about);
            }
        }
    }
    search.assert_nothing();
}

/// A call's words in order of time, as the library redacts them.
fn redacted(call: &Call) -> String {
    let names = match call.value {
        "customer" => vec![CustomerName::new("Ms Ottoline Ravensworth")],
        _ => Vec::new(),
    };
    let transcript = callibrate::redaction::Redactor::default().redact(call.transcript(), &names);
    let channels = transcript.channels.iter();
    let mut words: Vec<_> = channels
        .flat_map(|c| c.segments.iter().flat_map(|s| &s.words))
        .collect();
    words.sort_by_key(|word| word.start_ms);
    let words: Vec<&str> = words.into_iter().map(|word| word.text.as_str()).collect();
    words.join(" ")
}

/// What is planted beside the talk, by its name.
fn beside(name: &str) -> &'static str {
    let value = BESIDE.iter().find(|value| value.name == name);
    value
        .unwrap_or_else(|| panic!("{name} is not planted"))
        .digits
}

fn in_fours(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let groups: Vec<String> = digits
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

/// Recordings, a table of calls, contacts and files of people that hold values wherever one can
/// stand.
fn write_centre(world: &World) {
    let sound = Sound::of_sample("refund-desk");
    let folder = format!("in/rec/{}", beside("folder"));
    let clip = |n: u32| sound.cut(2_000 * n, 2_000 * n + 1_200).wav(Coding::S16);
    let files = [
        format!("{folder}/a.wav"),
        format!(
            "in/rec/b_{}.wav",
            in_fours(beside("file")).replace(' ', "-")
        ),
        "in/rec/c.wav".to_string(),
        "in/rec/d.wav".to_string(),
        "in/rec/Featherstonehaugh, Ada.wav".to_string(),
        // Without a row.
        format!("in/rec/lost {}.wav", beside("file")),
    ];
    for (n, file) in files.iter().enumerate() {
        world.place.write(file, clip(n as u32));
    }
    let broken = format!("in/rec/broken {}.wav", in_fours(beside("broken file")));
    world.place.write(&broken, "no sound at all ".repeat(9));

    let columns = [
        "call_id",
        "file",
        "agent",
        "team",
        "queue",
        "started_at",
        "agent_channel",
        "timezone",
        "customer",
        "customer_name",
        "interaction_id",
        "leg",
        "reason",
        "crm",
        "remark",
        beside("column's name"),
        "card_number",
        "cvv",
        "exp_date",
        "IBAN",
        "ssn",
        "DateOfBirth",
        "phone",
        "e-mail",
        "home address",
        "zip",
        "name",
        "passcode",
        "account number",
    ];
    let of_kinds = [
        "x",
        &in_fours(beside("identifier")),
        "739",
        "09/29",
        &format!("FR49{}", &"20041010057390826M02606"),
        "451-62-9834",
        "21 June 1958",
        "(415) 555 0112",
        "vantablack7@zephyr.example",
        "9 Umberglade Row",
        "61827",
        "Wolstencroft, Ida",
        "nightjar",
        beside("column of accounts"),
    ]
    .map(str::to_string);
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(columns).unwrap();
    let ids = [
        format!("call-{}", beside("call id")),
        format!("call {}", in_fours(beside("other call id"))),
        beside("same call id").to_string(),
        beside("agent").to_string(),
        "call-e".to_string(),
        "gone".to_string(),
        "broken".to_string(),
    ];
    let gone = format!("in/rec/gone {}.wav", beside("file"));
    let rows = files[..5].iter().chain([&gone, &broken]);
    for (n, (id, file)) in ids.iter().zip(rows).enumerate() {
        let file = file.strip_prefix("in/").unwrap();
        let name = if n == 4 {
            "Ms Ada Featherstonehaugh"
        } else {
            ""
        };
        let mut row = vec![
            id.clone(),
            file.to_string(),
            format!("ann {}", beside("agent")),
            format!("north_{}", beside("queue")),
            beside("queue").to_string(),
            format!("2026-03-0{} 09:0{n}", 2 + n % 2),
            "left".to_string(),
            "UTC".to_string(),
            format!("cu-{n}"),
            name.to_string(),
            format!("i/{}", beside("interaction")),
            in_fours(beside("leg")).replace(' ', "."),
            beside("reason").to_string(),
            beside("identifier").to_string(),
            format!(
                "customer read {} to me",
                planted::in_words(beside("remark"))
            ),
        ];
        row.extend(of_kinds.clone());
        table.write_record(row).unwrap();
    }
    world
        .place
        .write("in/calls.csv", table.into_inner().unwrap());

    world.place.write(
        "in/form.yaml",
        "rubric: planted\nversion: '2'\ntitle: Planted\nsections:\n- id: s\n  title: S\n  weight: 1\n  \
         questions:\n  - {id: gave-name, text: Was it?, yes_when: {earlier_contact: {within_days: 7}}}\n",
    );
    let contact = beside("contact");
    world.place.write(
        "in/contacts.csv",
        format!(
            "customer,at,channel,reason,ref,note {contact},timezone\n\
             cu-1,2026-03-01 08:00,written,wrote {},m-{contact},x,UTC\n",
            in_fours(contact)
        ),
    );
    world.place.write(
        "in/agents.csv",
        format!(
            "agent,leader,site,note {contact}\nann {},dora {},site_{}\n",
            beside("agent"),
            beside("rater"),
            beside("queue")
        ),
    );
    let head = "call_id,rubric,rubric_version,question,rater,kind,answer,session,rated_at,basis,\
                saw_automatic,chosen,note";
    let mut ratings = csv::Writer::from_writer(Vec::new());
    let column = format!("was {}", in_fours(beside("note")));
    ratings
        .write_record(head.split(',').chain([&*column]))
        .unwrap();
    for rater in [format!("dora {}", beside("rater")), "ben".to_string()] {
        for id in &ids[..2] {
            let note = format!("said \"{}\"", planted::in_words(beside("note")));
            let session = format!("week {}", beside("rater"));
            let row = [
                id,
                "planted",
                "2",
                "gave-name",
                &rater,
                "person",
                "yes",
                &session,
                "2026-03-09",
                "audio",
                "false",
                "targeted",
                &note,
                "x",
            ];
            ratings.write_record(row).unwrap();
        }
    }
    world
        .place
        .write("in/ratings.csv", ratings.into_inner().unwrap());
    let stranger = beside("stranger");
    world.place.write(
        "in/outcomes.csv",
        format!("call_id,satisfaction\n{},4\nx{stranger},3\n", ids[0]),
    );
    world.place.write(
        "in/coaching.csv",
        format!(
            "agent,rubric,question,coached_on\nann {},planted,gave-name,2026-03-04\n\
             bob {stranger},planted,gave-name,2026-03-04\n",
            beside("agent")
        ),
    );
    let note = |call: &str, question: &str| {
        format!(
            "- agent: \"ann {}\"\n  coached_on: 2026-03-04\n  rubric: planted\n  question: \
             {question}\n  calls: [\"{call}\"]\n  action: \"say {}\"\n  coach: \"dora {}\"\n",
            beside("agent"),
            planted::in_words(beside("note")),
            beside("rater"),
        )
    };
    world
        .place
        .write("in/coaching.yaml", note(&ids[0], "gave-name"));
    let wrong = note(&format!("x{stranger}"), &format!("\"gave {stranger}\""));
    world.place.write("in/wrong.yaml", wrong);
}

const RUN: &str = "run ../in/rec --calls ../in/calls.csv --contacts ../in/contacts.csv \
                   --agents ../in/agents.csv --out out --jobs 2 --metrics figures.prom --redact-audio copies";

/// Tables, names of files and folders, files of people, and what is said of them.
#[test]
fn nothing_that_stands_beside_the_talk_is_written() {
    let mut world = World::new();
    write_centre(&world);
    let run = format!("{RUN} --rubric ../in/form.yaml");
    world.run(&format!("{run} --dry-run"), &[0]);
    world.run(&run, &[1]);
    world.run(&format!("{run} --log json"), &[1]);
    world.run(&run.replacen("run ", "retry ", 1), &[0, 1, 3]);
    world.run("status --out out", &[0]);
    world.run("status --out out --json", &[0]);
    let calibrate = "calibrate --ratings ../in/ratings.csv --outcomes ../in/outcomes.csv \
                     --coaching ../in/coaching.csv --out out";
    world.run(calibrate, &[0]);
    world.run(&format!("{calibrate} --log json"), &[0]);
    world.run("release --date 2026-03-02 --out out", &[0]);

    // The ids are those of the tables, however they are written.
    let out = world.place.path("here/out");
    let ids = || {
        let rows = crate::support::report::rows(&out, "calls");
        let mut ids: Vec<String> = rows.iter().map(|r| r.text("call_id").to_string()).collect();
        ids.sort();
        ids
    };
    let masked = ["call [card number]", "call-[card number]", "call-e"];
    assert_eq!(ids(), masked, "two calls could not be told apart");
    let failed = crate::support::report::failures(&out);
    let merged = failed.iter().filter(|f| f.2 == "duplicate_call_id");
    let merged: BTreeSet<&str> = merged.map(|f| &*f.0).collect();
    assert_eq!(merged, BTreeSet::from(["rec/c.wav", "rec/d.wav"]));
    let agreed = crate::support::report::calibration(&out, "agreement");
    assert!(!agreed.is_empty());
    refuse(&mut world);
    let raw = format!("call-{}", beside("call id"));
    world.run_with(&["forget", "--call", &raw, "--out", "out"], &[0]);
    assert_eq!(ids(), [masked[0], masked[2]]);
    world.run("clean --yes --out out", &[0]);
    world.run("redact --out out", &[0]);
    world.run("report --coaching ../in/coaching.yaml --out out", &[0]);
    world.run("report --coaching ../in/wrong.yaml --out out", &[2]);

    world.search(BESIDE).assert_nothing();
}

/// Files that cannot be taken: what is said of them quotes nothing.
fn refuse(world: &mut World) {
    let card = beside("broken transcript");
    let words = planted::in_words(card);
    let said = calls()[0].transcript().to_json();
    let quoted = format!("\"{words}\"");
    for (n, (old, new)) in [
        (
            "\"recorded_ms\":",
            format!("\"recorded_ms\":{quoted},\"x\":"),
        ),
        ("\"recorded_ms\":", format!("\"recorded_ms\":{card},\"x\":")),
        ("\"language\":", format!("{quoted}:1,\"language\":")),
        ("callibrate-transcript/1", words.clone()),
        ("\"end_ms\":", format!("\"end_ms\":{quoted},\"y\":")),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("in/bad/{card}-{n}.json");
        world.place.write(&file, said.replacen(old, &new, 1));
    }
    let mut table = "call_id,file,agent,started_at,agent_channel,timezone\n".to_string();
    for n in 0..5 {
        table += &format!("{card}-{n},{n}.wav,ann,2026-03-02 09:00,left,UTC\n");
    }
    world.place.write("in/bad.csv", &table);
    for log in ["text", "json"] {
        let files = (0..5).map(|n| format!("../in/bad/{card}-{n}.json"));
        let files: Vec<String> = files.collect();
        let mut arguments = vec![
            "score",
            "--calls",
            "../in/bad.csv",
            "--out",
            "bad",
            "--log",
            log,
        ];
        arguments.extend(files.iter().map(String::as_str));
        world.run_with(&arguments, &[1]);
        for (bad, instead) in [
            (",left,", format!(",{words},")),
            (",left,", format!(",my phone is 415 555 0112 or {card},")),
            ("2026-03-02 09:00", in_fours(card)),
            (",UTC", format!(",\"{card}\"")),
            ("0.wav", format!("a\0{card}")),
            (&format!("{card}-1"), format!("{card}-0")),
            ("call_id,file", format!("{card},file")),
            (
                "call_id,file,agent,started_at,agent_channel,timezone\n",
                String::new(),
            ),
            (",left,", format!(",\"{card} and\n")),
        ] {
            world
                .place
                .write("in/worse.csv", table.replacen(bad, &instead, 1));
            world.run(
                &format!("run ../in/rec --calls ../in/worse.csv --out worse --log {log}"),
                &[2],
            );
        }
        let ratings = fs::read_to_string(world.place.path("in/ratings.csv")).unwrap();
        let head = ratings.lines().next().unwrap();
        for (bad, instead) in [
            ("person", words.clone()),
            ("gave-name", format!("call me at 415 555 0112, {card}")),
            ("2026-03-09", in_fours(card)),
            (
                &*format!("call-{}", beside("call id")),
                format!("x {}", in_fours(card)),
            ),
            (head, format!("{card},{words},phone 415 555 0112")),
            ("targeted", format!("\"{card}\ntargeted")),
        ] {
            world
                .place
                .write("in/refused.csv", ratings.replacen(bad, &instead, 1));
            let calibrate = format!("calibrate --ratings ../in/refused.csv --out out --log {log}");
            world.run(&calibrate, &[2]);
        }
        world
            .place
            .write("in/bad.toml", format!("out = 'out'\njobs = '{card}'\n"));
        world.run(&format!("run --config ../in/bad.toml --log {log}"), &[2]);
        world
            .place
            .write("in/bad.toml", format!("ou{card} = \"{}\n", in_fours(card)));
        world.run(&format!("run --config ../in/bad.toml --log {log}"), &[2]);
        world.place.write(
            "in/bad.yaml",
            format!("rubric: \"{card}\nsections: [{card}]\n"),
        );
        world.run(&format!("rubric check ../in/bad.yaml --log {log}"), &[2]);
        world.run(&format!("model check ../in/{card}.bin --log {log}"), &[2]);
        world.run(
            &format!("run ../in/{card} --calls ../in/{card}.csv --out o --log {log}"),
            &[2],
        );
        world.run(&format!("status --out ../in/{card} --log {log}"), &[2]);
        world.run(&format!("status --{card} --log {log}"), &[2]);
        world.run(&format!("{card} --log {log}"), &[2]);
    }
}

/// Kills at random moments, of the parent and of all: what lies about then was redacted before.
#[cfg(target_os = "linux")]
#[test]
fn a_kill_leaves_nothing_either() {
    use crate::support::process::signal_group;
    const KILLS: usize = 6;
    let mut world = World::new();
    let sound = Sound::of_sample("card-payment");
    let mut table = "call_id,file,agent,started_at,agent_channel,timezone\n".to_string();
    for n in 0..4_u32 {
        let clip = sound.cut(27_500 - 300 * n, 34_500 + 100 * n);
        world
            .place
            .write(&format!("in/rec/{n}.wav"), clip.wav(Coding::S16));
        table += &format!("{n},rec/{n}.wav,ann,2026-03-02 09:00,left,UTC\n");
    }
    world.place.write("in/calls.csv", table);
    let calls = calls();
    let files = write_calls(&world, &calls[..60]);
    let run: Vec<&str> =
        "run ../in/rec --calls ../in/calls.csv --out out --jobs 2 --redact-audio copies"
            .split(' ')
            .collect();
    let mut score = vec!["score", "--calls", "../in/said.csv", "--out", "scored"];
    score.extend(files.iter().map(String::as_str));
    let values = || {
        let samples = OF_SAMPLES.into_iter().take(3);
        spoken().chain(samples)
    };
    let mut chance = Stream::new(11, "proof", 0);
    for (command, folder) in [(run, "here/out"), (score, "here/scored")] {
        let start = Instant::now();
        world.run_with(&command, &[0]);
        let whole = start.elapsed();
        let mut killed = 0;
        for _ in 0..KILLS {
            fs::remove_dir_all(world.place.path(folder)).unwrap();
            let _ = fs::remove_dir_all(world.place.path("here/copies"));
            fs::create_dir_all(world.place.path(folder)).unwrap();
            let mut process = world.command(&command);
            std::os::unix::process::CommandExt::process_group(&mut process, 0);
            let mut running = Running::start(process);
            let until = Instant::now() + whole.mul_f64(chance.unit());
            while Instant::now() < until && !running.has_ended() {
                std::thread::sleep(Duration::from_millis(2));
            }
            if !running.has_ended() {
                signal_group("KILL", running.id());
                killed += 1;
            }
            let said = running.finish();
            world.printed.push((command[0].to_string(), said));
            world.search(values()).assert_nothing();
        }
        assert!(killed > 0, "{killed} of {KILLS}");
        // The next one goes on.
        world.run_with(&command, &[0]);
    }
    world.search(values()).assert_nothing();
}

/// Neither the parent nor the child can leave its memory in a file.
#[cfg(target_os = "linux")]
#[test]
fn no_process_dumps_its_memory() {
    use crate::support::calls::short_centre;
    use crate::support::process::{children, wait_until};
    let place = short_centre();
    let mut running = place.start("run rec --calls calls.csv --out out");
    let id = running.id();
    wait_until("there is a child", Duration::from_secs(30), || {
        !children(id).is_empty()
    });
    running.wait_for_call(1);
    let limits: BTreeMap<u32, String> = children(id)
        .into_iter()
        .chain([id])
        .filter_map(|id| Some((id, fs::read_to_string(format!("/proc/{id}/limits")).ok()?)))
        .collect();
    assert!(limits.contains_key(&id));
    for limits in limits.values() {
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"))
            .unwrap();
        let values: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(values[4..6], ["0", "0"], "{line}");
    }
    running.finish().exits(0);
}
