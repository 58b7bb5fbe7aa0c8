//! Fetching a published model: the one place that uses the network, and the one door for ureq.
//!
//! What comes is written to `NAME.bin.part`; beside it `NAME.bin.part.json` keeps what a later
//! attempt needs to go on from there, instead of from the start: the address, and the mark
//! (`ETag`, or else `Last-Modified`) by which the server tells whether its file is still the
//! same. Only a whole file with the published checksum, which also stands the walk of
//! [`model_file::check`], gets the model's name.
//!
//! Left out on purpose: trying again by itself (a scheduler or a person does, and what came is
//! kept), and names and passwords for servers.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::http::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderName, IF_RANGE, LAST_MODIFIED, RANGE,
};
use ureq::http::{Response, StatusCode, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, Error as HttpError};

use super::catalogue::{PublicModel, sha1_of};
use super::model_file::{self, ModelFileError};
use crate::limits;

/// The published files are one redirection away; a few more are no loop yet.
const MOST_REDIRECTS: u32 = 5;
/// A published size is rounded: the server's may differ by this part of it.
const SIZE_TOLERANCE: u64 = 8;
const BUFFER: usize = 64 * 1024;

/// A file to fetch, and how to know it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Its name at the server and in the folder.
    pub file: &'a str,
    /// SHA-1, hexadecimal.
    pub sha1: &'a str,
    /// Its size in bytes, as well as it is published.
    pub about_bytes: u64,
}

/// How long a server may be silent.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until there is a connection.
    pub connect: Duration,
    /// Between two pieces of what it sends.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            stall: Duration::from_secs(60),
        }
    }
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Downloaded, verified, and put in place.
    Installed(PathBuf),
    /// It was there already, with the published checksum; nobody was asked.
    AlreadyThere(PathBuf),
}

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is not repeated: it may hold a password.
    #[error("use that address: {problem}")]
    Address { problem: &'static str },
    /// The network or the server, perhaps only for now. What came is kept.
    #[error("fetch {url}: {problem}")]
    Network { url: String, problem: String },
    /// The server, for as long as nobody does anything about it.
    #[error("fetch {url}: {problem}")]
    Refused { url: String, problem: String },
    #[error("fetch {url}: {found} bytes came or were announced, where about {about} are published")]
    Size { url: String, found: u64, about: u64 },
    #[error(
        "verify {file}: what came has {bytes} bytes and the SHA-1 {found}, \
         but {expected} is published; it was removed, and nothing was installed"
    )]
    Checksum {
        file: String,
        bytes: u64,
        found: String,
        expected: String,
    },
    #[error("use {file}, though its checksum is as published; nothing was installed")]
    Broken {
        file: String,
        source: ModelFileError,
    },
    #[error("install {path}: another file of that name is there, with the SHA-1 {found}")]
    Taken { path: PathBuf, found: String },
    #[error("install {path}: a folder of that name is there")]
    IsFolder { path: PathBuf },
    /// What stands where it, or a folder above it, is to be.
    #[error("make the folder {path}")]
    NoFolder { path: PathBuf, source: io::Error },
    #[error("fetch {path}: another `callibrate model fetch` is at it")]
    Busy { path: PathBuf },
    #[error("{action} {path}")]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl<'a> From<(&'a PublicModel, &'a str)> for Wanted<'a> {
    /// A public model and its [`PublicModel::file_name`].
    fn from((model, file): (&'a PublicModel, &'a str)) -> Self {
        Self {
            file,
            sha1: model.sha1,
            about_bytes: model.about_bytes(),
        }
    }
}

/// The address of a file below `base`.
pub fn address(base: &str, file: &str) -> String {
    format!("{}/{file}", base.trim_end_matches('/'))
}

/// Fetches a file from below `base` into `folder`, which is made. `watch` is told how many bytes
/// are there and how many there will be, if the server says; its first call tells what an earlier
/// attempt had left.
///
/// # Errors
/// See [`FetchError`]. Nothing but `.part` files is left in the folder then.
pub fn fetch(
    wanted: &Wanted<'_>,
    base: &str,
    folder: &Path,
    patience: Patience,
    watch: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, FetchError> {
    let target = folder.join(wanted.file);
    if target.is_dir() {
        return Err(FetchError::IsFolder { path: target });
    }
    if let Some(found) = sum_of(&target)? {
        if found == wanted.sha1 {
            return Ok(Fetched::AlreadyThere(target));
        }
        return Err(FetchError::Taken {
            path: target,
            found,
        });
    }
    let url = address(base, wanted.file);
    let agent = agent(&url, patience)?;
    make(folder)?;
    let mut part = Part::open(&target)?;
    if !part.is_whole(&url)
        && let Err(e) = download(&agent, &url, wanted, &mut part, watch)
    {
        if part.bytes == 0 {
            part.remove()?;
        }
        return Err(e);
    }
    part.verify(wanted)?;
    part.install(&target)?;
    Ok(Fetched::Installed(target))
}

fn make(folder: &Path) -> Result<(), FetchError> {
    use io::ErrorKind::{AlreadyExists, NotADirectory, NotFound};
    fs::create_dir_all(folder).map_err(|source| match source.kind() {
        AlreadyExists | NotADirectory | NotFound => FetchError::NoFolder {
            path: folder.to_path_buf(),
            source,
        },
        _ => io_error("make", folder)(source),
    })
}

fn sum_of(path: &Path) -> Result<Option<String>, FetchError> {
    match limits::open(path).and_then(sha1_of) {
        Ok((sum, _)) => Ok(Some(sum)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io_error("read", path)(e)),
    }
}

/// What a later attempt needs to go on.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    url: String,
    /// A strong `ETag` or a `Last-Modified`.
    mark: Option<String>,
    /// Bytes of the whole file, if the server said.
    length: Option<u64>,
}

/// The file that is being written, held against other processes.
struct Part {
    path: PathBuf,
    file: File,
    bytes: u64,
    note_path: PathBuf,
    note: Option<Note>,
}

impl Part {
    fn open(target: &Path) -> Result<Self, FetchError> {
        let path = with_ending(target, ".part");
        let note_path = with_ending(target, ".part.json");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io_error("write", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FetchError::Busy { path }),
            Err(TryLockError::Error(e)) => return Err(io_error("lock", &path)(e)),
        }
        if target.exists() {
            // Another one finished in between, and this may be its file under its old name.
            return Err(FetchError::Busy { path });
        }
        let bytes = file
            .seek(SeekFrom::End(0))
            .map_err(io_error("read", &path))?;
        // Without a note, or with a damaged one, the download starts again.
        let note = fs::read(&note_path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        Ok(Self {
            path,
            file,
            bytes,
            note_path,
            note,
        })
    }

    /// Whether all had come from this address when an earlier attempt was stopped.
    fn is_whole(&self, url: &str) -> bool {
        self.note
            .as_ref()
            .is_some_and(|note| note.url == url && note.length == Some(self.bytes))
    }

    /// The mark of the file of which this is the beginning.
    fn mark(&self, url: &str) -> Option<&str> {
        let note = self.note.as_ref().filter(|note| note.url == url)?;
        note.mark.as_deref().filter(|_| self.bytes > 0)
    }

    fn start(&mut self, note: Note) -> Result<(), FetchError> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.rewind())
            .map_err(io_error("write", &self.path))?;
        self.bytes = 0;
        let text = serde_json::to_vec(&note).expect("two texts and a number are JSON");
        fs::write(&self.note_path, text).map_err(io_error("write", &self.note_path))?;
        self.note = Some(note);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file
            .write_all(bytes)
            .map_err(io_error("write", &self.path))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn verify(&mut self, wanted: &Wanted<'_>) -> Result<(), FetchError> {
        let read = |e| io_error("read", &self.path)(e);
        self.file.rewind().map_err(read)?;
        let (found, bytes) = sha1_of(&self.file).map_err(read)?;
        if found != wanted.sha1 {
            self.remove()?;
            return Err(FetchError::Checksum {
                file: wanted.file.to_owned(),
                bytes,
                found,
                expected: wanted.sha1.to_owned(),
            });
        }
        self.file.rewind().map_err(read)?;
        if let Err(source) = model_file::check(&self.file, bytes) {
            self.remove()?;
            return Err(FetchError::Broken {
                file: wanted.file.to_owned(),
                source,
            });
        }
        Ok(())
    }

    /// Gives the file its name; only whole files ever have it.
    fn install(&self, target: &Path) -> Result<(), FetchError> {
        for_everybody(&self.file)
            .and_then(|()| self.file.sync_all())
            .map_err(io_error("write", &self.path))?;
        fs::rename(&self.path, target).map_err(io_error("install", target))?;
        #[cfg(unix)]
        if let Some(folder) = target.parent() {
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(io_error("sync", folder))?;
        }
        remove_if_there(&self.note_path)
    }

    fn remove(&self) -> Result<(), FetchError> {
        remove_if_there(&self.path)?;
        remove_if_there(&self.note_path)
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A model is no secret: the account that runs at night need not be the one that fetched it.
fn for_everybody(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

fn remove_if_there(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(io_error("remove", path)(e)),
        _ => Ok(()),
    }
}

fn agent(url: &str, patience: Patience) -> Result<Agent, FetchError> {
    let bad = |problem| FetchError::Address { problem };
    let uri: Uri = url.parse().map_err(|_| bad("this is no address"))?;
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(bad("an address begins with https:// or http://")),
    };
    let authority = uri.authority().ok_or(bad("no server is named"))?;
    if authority.as_str().contains('@') {
        return Err(bad("names and passwords in an address are not supported"));
    }
    let mut config = Agent::config_builder()
        .user_agent(concat!("callibrate/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        // What began encrypted is not to go on in the clear.
        .https_only(secure)
        .max_redirects(MOST_REDIRECTS)
        .timeout_resolve(Some(patience.connect))
        .timeout_connect(Some(patience.connect))
        .timeout_recv_response(Some(patience.stall))
        .timeout_per_read(Some(patience.stall))
        .tls_config(TlsConfig::builder().root_certs(root_certs()).build());
    if is_this_machine(authority.host()) {
        config = config.proxy(None);
    }
    Ok(config.build().into())
}

/// The certificates that this machine trusts, so that a company's own authority counts; where it
/// has none (a bare container), Mozilla's.
fn root_certs() -> RootCerts {
    let trusted: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|cert| Certificate::from_der(cert).to_owned())
        .collect();
    if trusted.is_empty() {
        return RootCerts::WebPki;
    }
    RootCerts::Specific(Arc::new(trusted))
}

/// A proxy cannot reach what only this machine sees.
fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = |ip: std::net::IpAddr| ip.is_loopback();
    host == "localhost" || host.parse().is_ok_and(loopback)
}

fn download(
    agent: &Agent,
    url: &str,
    wanted: &Wanted<'_>,
    part: &mut Part,
    watch: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), FetchError> {
    let mut response = ask(agent, url, part.mark(url).map(|mark| (mark, part.bytes)))?;
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        // The file there is shorter than what is here.
        response = ask(agent, url, None)?;
    }
    let total = match response.status() {
        StatusCode::PARTIAL_CONTENT if continues(&response, part.bytes) => {
            part.note.as_ref().and_then(|note| note.length)
        }
        StatusCode::OK => {
            let length = content_length(&response);
            part.start(Note {
                url: url.to_owned(),
                mark: mark(&response),
                length,
            })?;
            length
        }
        status => return Err(refusal(url, status)),
    };
    let size = |found| FetchError::Size {
        url: url.to_owned(),
        found,
        about: wanted.about_bytes,
    };
    let margin = wanted.about_bytes / SIZE_TOLERANCE;
    let most = wanted.about_bytes + margin;
    if let Some(total) = total
        && !(wanted.about_bytes - margin..=most).contains(&total)
    {
        part.remove()?;
        return Err(size(total));
    }
    watch(part.bytes, total);
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; BUFFER];
    loop {
        match body.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => part.append(&buffer[..read])?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(failure(url, HttpError::from(e))),
        }
        if part.bytes > most {
            part.remove()?;
            return Err(size(part.bytes));
        }
        watch(part.bytes, total);
    }
}

/// Asks for the file, or for what follows its first bytes if it still has a mark.
fn ask(agent: &Agent, url: &str, from: Option<(&str, u64)>) -> Result<Response<Body>, FetchError> {
    let mut request = agent.get(url);
    if let Some((mark, bytes)) = from {
        request = request
            .header(RANGE, format!("bytes={bytes}-"))
            .header(IF_RANGE, mark);
    }
    request.call().map_err(|e| failure(url, e))
}

fn header(response: &Response<Body>, name: HeaderName) -> Option<&str> {
    response.headers().get(name)?.to_str().ok()
}

fn content_length(response: &Response<Body>) -> Option<u64> {
    header(response, CONTENT_LENGTH)?.parse().ok()
}

/// A weak `ETag` does not promise the same bytes.
fn mark(response: &Response<Body>) -> Option<String> {
    header(response, ETAG)
        .filter(|tag| !tag.starts_with("W/"))
        .or_else(|| header(response, LAST_MODIFIED))
        .map(str::to_owned)
}

/// Whether an answer goes on at this byte: `Content-Range: bytes 100-199/200`.
fn continues(response: &Response<Body>, at: u64) -> bool {
    header(response, CONTENT_RANGE)
        .and_then(|range| range.strip_prefix("bytes "))
        .and_then(|range| range.split('-').next())
        .is_some_and(|start| start.trim().parse() == Ok(at))
}

/// An answer that is no file.
fn refusal(url: &str, status: StatusCode) -> FetchError {
    let url = url.to_owned();
    let problem = match status {
        StatusCode::NOT_FOUND => "the server has no such file (404)".to_owned(),
        StatusCode::PARTIAL_CONTENT => "the server sent another part than asked for".to_owned(),
        _ => format!("the server answers {status}"),
    };
    let for_now = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    if status.is_server_error() || for_now.contains(&status) {
        FetchError::Network { url, problem }
    } else {
        FetchError::Refused { url, problem }
    }
}

/// A request that ended without an answer, or an answer without an end.
fn failure(url: &str, error: HttpError) -> FetchError {
    let url = url.to_owned();
    let network = |problem: String| FetchError::Network {
        url: url.clone(),
        problem,
    };
    match error {
        HttpError::HostNotFound => network("the server's name cannot be looked up".to_owned()),
        HttpError::Timeout(_) => network("the server was silent for too long".to_owned()),
        HttpError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
            network("the connection broke off in the middle".to_owned())
        }
        HttpError::Io(e) if e.kind() != io::ErrorKind::InvalidData => network(e.to_string()),
        HttpError::ConnectionFailed | HttpError::ConnectProxyFailed(_) => {
            network(error.to_string())
        }
        HttpError::TooManyRedirects => FetchError::Refused {
            url,
            problem: format!("the server passes on more than {MOST_REDIRECTS} times"),
        },
        HttpError::RequireHttpsOnly(to) => FetchError::Refused {
            url,
            problem: format!("the server passes on to {to}, which is not encrypted"),
        },
        // A certificate that nobody here vouches for, or a server that does not speak TLS.
        HttpError::Io(e) => FetchError::Refused {
            url,
            problem: format!("there is no secure connection: {e}"),
        },
        error => FetchError::Refused {
            url,
            problem: error.to_string(),
        },
    }
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FetchError {
    let path = path.to_path_buf();
    move |source| FetchError::Io {
        action,
        path,
        source,
    }
}
