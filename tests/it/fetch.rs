//! Fetching models: from a server of the tests' own that does what real ones do on a bad day.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use callibrate::speech::catalogue::{PublicModel, sha1_of};
use callibrate::speech::fetch::{FetchError, Fetched, Patience, Wanted, fetch};

use crate::support::{Place, repository};

const FILE: &str = "ggml-demo.bin";

/// A real model, and its checksum.
static MODEL: LazyLock<(Vec<u8>, String)> = LazyLock::new(|| {
    let packed = fs::read(repository().join("models/callibrate-demo-en-q5_0.bin.zst")).unwrap();
    let bytes = zstd::decode_all(packed.as_slice()).unwrap();
    let (sha1, _) = sha1_of(bytes.as_slice()).unwrap();
    (bytes, sha1)
});

fn wanted() -> Wanted<'static> {
    Wanted {
        file: FILE,
        sha1: &MODEL.1,
        about_bytes: MODEL.0.len() as u64,
    }
}

/// What the server does with one request, instead of sending the file or the part asked for.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Sends this many bytes of the body and hangs up.
    Cut(usize),
    /// Sends this many bytes of the body and then nothing, without hanging up.
    Stall(usize),
    /// Says that there are so many bytes more, or fewer, than there are.
    Length(i64),
    Status(&'static str),
    Redirect(&'static str),
}

#[derive(Debug, Clone)]
struct Request {
    path: String,
    range: Option<String>,
    if_range: Option<String>,
}

/// A file with its mark, and what is to go wrong, request by request.
struct Site {
    body: Vec<u8>,
    /// `ETag` or `Last-Modified`, as a header line.
    mark: &'static str,
    ranges: bool,
    faults: VecDeque<Fault>,
    requests: Vec<Request>,
}

struct Server {
    base: String,
    site: Arc<Mutex<Site>>,
}

impl Server {
    /// Serves the model; the faults come first.
    fn start(faults: &[Fault]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/models/", listener.local_addr().unwrap());
        let site = Arc::new(Mutex::new(Site {
            body: MODEL.0.clone(),
            mark: "ETag: \"one\"",
            ranges: true,
            faults: faults.iter().copied().collect(),
            requests: Vec::new(),
        }));
        let shared = Arc::clone(&site);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    // The client may hang up at any time.
                    let _ = answer(stream.unwrap(), &shared);
                });
            }
        });
        Self { base, site }
    }

    fn set(&self, change: impl FnOnce(&mut Site)) {
        change(&mut self.site.lock().unwrap());
    }

    fn requests(&self) -> Vec<Request> {
        self.site.lock().unwrap().requests.clone()
    }

    fn fetch_into(&self, place: &Place) -> Result<Fetched, FetchError> {
        self.fetch(&wanted(), place)
    }

    fn fetch(&self, wanted: &Wanted<'_>, place: &Place) -> Result<Fetched, FetchError> {
        self.fetch_with(Patience::default(), wanted, place)
    }

    fn fetch_with(
        &self,
        patience: Patience,
        wanted: &Wanted<'_>,
        place: &Place,
    ) -> Result<Fetched, FetchError> {
        let folder = place.path("models");
        fetch(wanted, &self.base, &folder, patience, &mut |_, _| {})
    }
}

fn answer(mut stream: TcpStream, site: &Mutex<Site>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap()?;
    let mut request = Request {
        path: first.split(' ').nth(1).unwrap().to_owned(),
        range: None,
        if_range: None,
    };
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap();
        match name.to_lowercase().as_str() {
            "range" => request.range = Some(value.to_owned()),
            "if-range" => request.if_range = Some(value.to_owned()),
            _ => {}
        }
    }
    let (body, mark, ranges, fault) = {
        let mut site = site.lock().unwrap();
        site.requests.push(request.clone());
        let fault = site.faults.pop_front();
        (site.body.clone(), site.mark, site.ranges, fault)
    };
    match fault {
        Some(Fault::Status(status)) => {
            return write!(
                stream,
                "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            );
        }
        Some(Fault::Redirect(to)) => {
            return write!(
                stream,
                "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
            );
        }
        _ => {}
    }
    let same = |m: &String| mark.ends_with(&format!(": {m}"));
    let from: usize = request
        .range
        .filter(|_| ranges && request.if_range.as_ref().is_some_and(same))
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let status = if from > 0 {
        "206 Partial Content"
    } else {
        "200 OK"
    };
    let rest = &body[from..];
    let announced = match fault {
        Some(Fault::Length(more)) => rest.len() as i64 + more,
        _ => rest.len() as i64,
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nConnection: close\r\n{mark}\r\n"
    )?;
    write!(stream, "Content-Length: {announced}\r\n")?;
    if from > 0 {
        let last = body.len() - 1;
        write!(
            stream,
            "Content-Range: bytes {from}-{last}/{}\r\n",
            body.len()
        )?;
    }
    write!(stream, "\r\n")?;
    match fault {
        Some(Fault::Cut(bytes)) => stream.write_all(&rest[..bytes]),
        Some(Fault::Stall(bytes)) => {
            stream.write_all(&rest[..bytes])?;
            // Until the client has had enough.
            stream.set_read_timeout(None)?;
            BufReader::new(stream)
                .read_line(&mut String::new())
                .map(drop)
        }
        _ => stream.write_all(rest),
    }
}

fn names(place: &Place) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(place.path("models"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[track_caller]
fn assert_installed(fetched: Result<Fetched, FetchError>, place: &Place) {
    let path = place.path("models").join(FILE);
    assert_eq!(fetched.unwrap(), Fetched::Installed(path.clone()));
    assert!(fs::read(path).unwrap() == MODEL.0, "other bytes");
    assert_eq!(names(place), [FILE]);
}

#[track_caller]
fn assert_network(fetched: Result<Fetched, FetchError>, text: &str) {
    match fetched {
        Err(FetchError::Network { problem, .. }) => {
            assert!(problem.contains(text), "{problem}");
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_refused(fetched: Result<Fetched, FetchError>, text: &str) {
    match fetched {
        Err(FetchError::Refused { problem, .. }) => {
            assert!(problem.contains(text), "{problem}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_model_is_installed_for_everybody_and_not_fetched_twice() {
    let (server, place) = (Server::start(&[]), Place::new());
    assert_installed(server.fetch_into(&place), &place);
    let path = place.path("models").join(FILE);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
    }
    let again = server.fetch_into(&place).unwrap();
    assert_eq!(again, Fetched::AlreadyThere(path));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path, format!("/models/{FILE}"));
}

#[test]
fn a_broken_download_goes_on_where_it_broke_off() {
    for (mark, if_range) in [
        ("ETag: \"one\"", "\"one\""),
        (
            "ETag: W/\"weak\"\r\nLast-Modified: Tue, 29 Oct 2024 10:00:00 GMT",
            "Tue, 29 Oct 2024 10:00:00 GMT",
        ),
    ] {
        let place = Place::new();
        let server = Server::start(&[Fault::Cut(5_000_000), Fault::Stall(3_000_000)]);
        server.set(|site| site.mark = mark);
        assert_network(server.fetch_into(&place), "broke off");
        let impatient = Patience {
            stall: Duration::from_secs(1),
            ..Patience::default()
        };
        let stalled = server.fetch_with(impatient, &wanted(), &place);
        assert_network(stalled, "silent");
        let part = place.path("models").join(format!("{FILE}.part"));
        let came = fs::metadata(part).unwrap().len();
        assert!(came > 5_000_000, "{came}");
        assert_installed(server.fetch_into(&place), &place);
        let asked: Vec<_> = server
            .requests()
            .into_iter()
            .map(|request| (request.range, request.if_range))
            .collect();
        let from = |at: u64| (Some(format!("bytes={at}-")), Some(if_range.to_owned()));
        assert_eq!(asked, [(None, None), from(5_000_000), from(came)]);
    }
}

#[test]
fn a_download_that_cannot_go_on_starts_again() {
    let other: Vec<u8> = vec![7; MODEL.0.len()];
    type Change = fn(&mut Site);
    let changes: [(&str, Change); 4] = [
        ("no ranges", |site| site.ranges = false),
        ("a new file", |site| site.mark = "ETag: \"two\""),
        ("a shorter file", |site| {
            site.faults
                .push_back(Fault::Status("416 Range Not Satisfiable"));
        }),
        ("nothing to tell by", |site| site.mark = "Server: old"),
    ];
    for (case, change) in changes {
        let (server, place) = (Server::start(&[Fault::Cut(5_000_000)]), Place::new());
        server.set(|site| {
            site.body = other.clone();
            if case == "nothing to tell by" {
                change(site);
            }
        });
        assert_network(server.fetch_into(&place), "broke off");
        server.set(|site| {
            site.body = MODEL.0.clone();
            change(site);
        });
        assert_installed(server.fetch_into(&place), &place);
    }
}

/// A mirror may mark another file in the same way.
#[test]
fn what_came_from_one_server_is_not_continued_from_another() {
    let place = Place::new();
    let first = Server::start(&[Fault::Cut(5_000_000)]);
    first.set(|site| site.body = vec![7; MODEL.0.len()]);
    assert_network(first.fetch_into(&place), "broke off");
    let second = Server::start(&[]);
    assert_installed(second.fetch_into(&place), &place);
    assert_eq!(second.requests()[0].range, None);
}

#[test]
fn wrong_bytes_are_thrown_away() {
    let place = Place::new();
    for change in [
        (|site: &mut Site| site.body[9_000_000] ^= 1) as fn(&mut Site),
        |site| site.body.truncate(site.body.len() - 10),
        |site| site.body.extend([0; 10]),
        |site| site.faults.push_back(Fault::Length(-10)),
    ] {
        let server = Server::start(&[]);
        server.set(change);
        match server.fetch_into(&place) {
            Err(FetchError::Checksum {
                expected, found, ..
            }) => {
                assert_eq!(expected, MODEL.1);
                assert_ne!(found, expected);
            }
            other => panic!("{other:?}"),
        }
        assert!(names(&place).is_empty());
    }
}

#[test]
fn files_of_another_size_are_not_even_begun() {
    let place = Place::new();
    for bytes in [3_000, 2 * MODEL.0.len()] {
        let server = Server::start(&[]);
        server.set(|site| site.body = vec![7; bytes]);
        match server.fetch_into(&place) {
            Err(FetchError::Size { found, .. }) => assert_eq!(found, bytes as u64),
            other => panic!("{other:?}"),
        }
        assert!(names(&place).is_empty());
    }
}

#[test]
fn a_length_that_is_never_reached_is_a_broken_download() {
    let (server, place) = (Server::start(&[Fault::Length(10)]), Place::new());
    assert_network(server.fetch_into(&place), "broke off");
    // Nothing more comes from there, but the file as it is: the next attempt tells.
    server.set(|site| {
        site.faults
            .push_back(Fault::Status("416 Range Not Satisfiable"))
    });
    assert_installed(server.fetch_into(&place), &place);
}

#[test]
fn what_has_the_checksum_must_be_a_model_too() {
    let (server, place) = (Server::start(&[]), Place::new());
    let body = vec![7; 100_000];
    let (sha1, _) = sha1_of(body.as_slice()).unwrap();
    server.set(|site| site.body = body.clone());
    let wanted = Wanted {
        sha1: &sha1,
        about_bytes: 100_000,
        ..wanted()
    };
    let fetched = server.fetch(&wanted, &place);
    assert!(matches!(fetched, Err(FetchError::Broken { .. })));
    assert!(names(&place).is_empty());
}

#[test]
fn redirections_are_followed_but_not_for_ever() {
    let place = Place::new();
    let server = Server::start(&[
        Fault::Redirect("/elsewhere/a"),
        Fault::Cut(5_000_000),
        Fault::Redirect("/elsewhere/b"),
        Fault::Redirect("c"),
    ]);
    assert_network(server.fetch_into(&place), "broke off");
    assert_installed(server.fetch_into(&place), &place);
    let last = server.requests().pop().unwrap();
    assert_eq!(last.path, "/elsewhere/c");
    assert_eq!(last.range.as_deref(), Some("bytes=5000000-"));

    let place = Place::new();
    let server = Server::start(&[Fault::Redirect("/round"); 20]);
    assert_refused(server.fetch_into(&place), "passes on more than 5 times");
    assert!(names(&place).is_empty());
}

#[test]
fn answers_that_are_no_file_tell_whether_to_try_again() {
    let place = Place::new();
    for status in ["500 Broken", "503 Later", "429 Too Many Requests"] {
        let server = Server::start(&[Fault::Status(status)]);
        assert_network(server.fetch_into(&place), &status[..3]);
    }
    for status in ["404 Not Found", "403 Forbidden", "401 Unauthorized"] {
        let server = Server::start(&[Fault::Status(status)]);
        assert_refused(server.fetch_into(&place), &status[..3]);
    }
    assert!(names(&place).is_empty());
}

#[test]
fn a_file_that_is_there_is_left_alone() {
    let (server, place) = (Server::start(&[]), Place::new());
    let path = place.write(&format!("models/{FILE}"), "somebody's own");
    let fetched = server.fetch_into(&place);
    assert!(matches!(fetched, Err(FetchError::Taken { .. })));
    assert_eq!(fs::read_to_string(path).unwrap(), "somebody's own");
    assert!(server.requests().is_empty());
}

#[test]
fn two_do_not_write_the_same_file() {
    let (server, place) = (Server::start(&[]), Place::new());
    let part = File::create(place.write(&format!("models/{FILE}.part"), "")).unwrap();
    part.lock().unwrap();
    let fetched = server.fetch_into(&place);
    assert!(matches!(fetched, Err(FetchError::Busy { .. })));
    drop(part);
    assert_installed(server.fetch_into(&place), &place);
}

/// What a person reads, and the exit codes.
#[test]
fn the_command_tells_what_to_do() {
    let place = Place::new();
    let said = place.run("model fetch base.eng").exits(2);
    assert!(said.stderr.contains("did you mean `base.en`?"), "{said:#?}");

    // A port that nobody listens on.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let said = place
        .run(&format!("model fetch base.en --from http://{address}"))
        .exits(75);
    let base_en = PublicModel::named("base.en").unwrap();
    for text in [
        "run the same command again",
        "https://huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-base.en.bin\n",
        &format!("sha1sum models/ggml-base.en.bin    # {}\n", base_en.sha1),
        "callibrate model check models/ggml-base.en.bin\n",
    ] {
        assert!(said.stderr.contains(text), "no {text:?} in {said:#?}");
    }

    let said = place
        .run(&format!(
            "model fetch base.en --from http://me:secret@{address}"
        ))
        .exits(2);
    assert!(!said.stderr.contains("secret"), "{said:#?}");

    let server = Server::start(&[Fault::Status("404 Not Found")]);
    let fetch = format!("model fetch tiny-q5_1 --to mine --from {}", server.base);
    let said = place.run(&fetch).exits(2);
    assert!(said.stderr.contains("no such file (404)"), "{said:#?}");

    // Another file of about that size; the first attempt breaks off.
    server.set(|site| {
        site.body = vec![7; 31 * 1024 * 1024];
        site.faults.push_back(Fault::Cut(20_000_000));
    });
    place.run(&fetch).exits(75);
    let said = place.run(&fetch).exits(2);
    let tiny = PublicModel::named("tiny-q5_1").unwrap();
    assert!(
        said.stderr.contains("going on from 19.07 MiB\n"),
        "{said:#?}"
    );
    assert!(said.stderr.contains(tiny.sha1), "{said:#?}");
    assert!(said.stderr.contains("nothing was installed"), "{said:#?}");
    assert_eq!(fs::read_dir(place.path("mine")).unwrap().count(), 0);
}

#[test]
fn what_stands_in_the_way_of_a_folder_or_a_file_is_for_a_person_to_mend() {
    let place = Place::new();
    place.write("models/ggml-base.en.bin/inside", "mine");
    place.write("file", "mine");
    let fetch = "model fetch base.en --from http://127.0.0.1:1";
    let said = place.run(fetch).exits(2);
    assert!(said.stderr.contains("a folder of that name is there"));
    assert!(said.stderr.contains("move that folder away"), "{said:#?}");
    let mut nowhere = vec!["file", "file/below"];
    if cfg!(target_os = "linux") {
        nowhere.push("/proc/nobody/models");
    }
    for to in nowhere {
        let said = place.run(&format!("{fetch} --to {to}")).exits(2);
        assert!(said.stderr.contains(to), "{said:#?}");
        assert!(said.stderr.contains("with --to"), "{said:#?}");
    }
}

#[test]
fn a_checked_file_is_compared_with_the_public_models() {
    let place = Place::new();
    place.write("ggml-tiny.en.bin", &MODEL.0);
    place.write("own.bin", &MODEL.0);
    place
        .run("model check ggml-tiny.en.bin")
        .exits(0)
        .says("called like the public model tiny.en, but not as published");
    place
        .run("model check own.bin")
        .exits(0)
        .says("none of the public models that callibrate knows");
}
