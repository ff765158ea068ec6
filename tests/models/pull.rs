//! Fetching, against a server of our own that misbehaves in every way that was thought of.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use fame::models::{Catalog, Entry, InstallError, Progress, PullLimits, pull};
use tempfile::TempDir;

use super::names_in;

/// The content of the model on offer: bytes that show where they are from.
fn content() -> Vec<u8> {
    (0..200_000_u32).map(|i| (i % 251) as u8).collect()
}

const CONTENT_BYTES: usize = 200_000;
const HALF: usize = CONTENT_BYTES / 2;
const CONTENT_SHA256: &str = "e24bc62381f1224fbbb74688663f8f9743b9680b193edd666835e97b06e730eb";
const NAME: &str = "offered.bin";
const PARTIAL: &str = "offered.bin.partial";

/// What the server does with one request.
struct Answer {
    head: String,
    body: Vec<u8>,
    /// Whether the connection is left open after the body, in silence.
    hangs: bool,
}

impl Answer {
    /// The status line and headers, then the body.
    fn new(head: &str, body: &[u8]) -> Self {
        Self {
            head: head.to_owned(),
            body: body.to_owned(),
            hangs: false,
        }
    }

    fn whole() -> Self {
        Self::new(
            &format!("200 OK\r\nContent-Length: {CONTENT_BYTES}"),
            &content(),
        )
    }

    fn rest(from: usize) -> Self {
        let last = CONTENT_BYTES - 1;
        let length = CONTENT_BYTES - from;
        let head = format!(
            "206 Partial Content\r\nContent-Length: {length}\r\n\
             Content-Range: bytes {from}-{last}/{CONTENT_BYTES}"
        );
        Self::new(&head, &content()[from..])
    }
}

/// A server that gives one answer a connection, in order, and records what ranges were asked for.
struct Server {
    entry: Entry,
    asked: Receiver<Option<String>>,
    thread: JoinHandle<()>,
    folder: TempDir,
}

impl Server {
    fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().collect();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (send, asked) = sync_channel(answers.len().max(1));
        let thread = thread::spawn(move || {
            let mut silent = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                send.send(read_request(&stream)).unwrap();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {}\r\nConnection: close\r\n\r\n",
                    answer.head
                );
                let _ = stream.write_all(&answer.body);
                if answer.hangs {
                    silent.push(stream);
                }
            }
            // Held open until the client gives up.
            for stream in silent {
                let _ = std::io::copy(&mut &stream, &mut std::io::sink());
            }
        });
        let folder = tempfile::tempdir().unwrap();
        Self {
            entry: entry(port),
            asked,
            thread,
            folder,
        }
    }

    fn holding(self, partial: &[u8]) -> Self {
        fs::write(self.folder.path().join(PARTIAL), partial).unwrap();
        self
    }

    fn pull(&self) -> Result<(), InstallError> {
        let limits = PullLimits {
            connect: Duration::from_secs(5),
            stall: Duration::from_secs(1),
        };
        let cancel = AtomicBool::new(false);
        let path = pull(&self.entry, self.folder.path(), limits, |_| (), &cancel)?;
        assert_eq!(fs::read(path).unwrap(), content());
        assert_eq!(names_in(self.folder.path()), [NAME]);
        Ok(())
    }

    fn partial(&self) -> Vec<u8> {
        fs::read(self.folder.path().join(PARTIAL)).unwrap()
    }

    /// The ranges asked for, in order; every answer was used.
    fn asked(self) -> Vec<Option<String>> {
        self.thread.join().unwrap();
        self.asked.try_iter().collect()
    }
}

fn entry(port: u16) -> Entry {
    let text = format!(
        "[[model]]\nname = \"offered\"\nsummary = \"\"\nfile = \"{NAME}\"\n\
         url = \"http://127.0.0.1:{port}/{NAME}\"\nbytes = {CONTENT_BYTES}\n\
         sha256 = \"{CONTENT_SHA256}\"\nlicence = \"MIT\"\nlanguages = [\"en\"]\nwindow = \"full\"\n"
    );
    Catalog::parse(&text).unwrap().entries()[0].clone()
}

/// Reads a request's head and gives its range.
fn read_request(stream: &TcpStream) -> Option<String> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    head.iter()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("range"))
        .map(|(_, value)| value.to_owned())
}

fn from(start: usize) -> Option<String> {
    Some(format!("bytes={start}-"))
}

#[test]
fn a_model_is_fetched_and_its_progress_told() {
    let server = Server::start([Answer::whole()]);
    let mut seen: Vec<Progress> = Vec::new();
    let cancel = AtomicBool::new(false);
    let limits = PullLimits::default();
    let folder = server.folder.path().join("made/on/the/way");
    let path = pull(&server.entry, &folder, limits, |p| seen.push(p), &cancel).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
    assert!(seen.is_sorted_by_key(|p| p.done));
    assert_eq!(seen.first().unwrap().done, 0);
    let total = CONTENT_BYTES as u64;
    assert_eq!(*seen.last().unwrap(), Progress { done: total, total });
    assert_eq!(server.asked(), [None]);
}

#[test]
fn a_model_that_is_there_is_not_fetched_again() {
    let server = Server::start([]);
    fs::write(server.folder.path().join(NAME), content()).unwrap();
    server.pull().unwrap();
}

#[test]
fn a_wrong_file_under_the_models_name_is_replaced() {
    let server = Server::start([Answer::whole()]);
    fs::write(server.folder.path().join(NAME), b"something else").unwrap();
    server.pull().unwrap();
}

#[test]
fn an_earlier_attempt_is_gone_on_with() {
    let server = Server::start([Answer::rest(HALF)]).holding(&content()[..HALF]);
    server.pull().unwrap();
    assert_eq!(server.asked(), [from(HALF)]);
}

#[test]
fn a_complete_partial_file_needs_no_server() {
    Server::start([]).holding(&content()).pull().unwrap();
}

#[test]
fn a_server_that_ignores_the_range_makes_it_start_over() {
    let server = Server::start([Answer::whole()]).holding(&content()[..HALF]);
    server.pull().unwrap();
    assert_eq!(server.asked(), [from(HALF)]);
}

#[test]
fn a_range_that_was_not_asked_for_makes_it_start_over() {
    let other_start = Answer::rest(HALF - 1);
    let other_size = Answer::new(
        "206 Partial Content\r\nContent-Range: bytes 100000-7/8",
        b"x",
    );
    let no_range = Answer::new("206 Partial Content", &content()[HALF..]);
    let refused = Answer::new("416 Range Not Satisfiable\r\nContent-Length: 0", b"");
    for wrong in [other_start, other_size, no_range, refused] {
        let server = Server::start([wrong, Answer::whole()]).holding(&content()[..HALF]);
        server.pull().unwrap();
        assert_eq!(server.asked(), [from(HALF), None]);
    }
}

#[test]
fn a_partial_file_that_is_too_long_is_thrown_away() {
    let server = Server::start([Answer::whole()]).holding(&[content(), vec![0]].concat());
    server.pull().unwrap();
    assert_eq!(server.asked(), [None]);
}

#[test]
fn a_transfer_that_breaks_off_is_kept_and_gone_on_with() {
    let length_told = format!("200 OK\r\nContent-Length: {CONTENT_BYTES}");
    for head in [length_told.as_str(), "200 OK"] {
        let half = Answer::new(head, &content()[..HALF]);
        let server = Server::start([half, Answer::rest(HALF)]);
        let error = server.pull().unwrap_err();
        assert!(
            matches!(error, InstallError::BrokenOff { done: 100_000, .. }),
            "{error}"
        );
        assert_eq!(server.partial(), content()[..HALF]);
        server.pull().unwrap();
        assert_eq!(server.asked(), [None, from(HALF)]);
    }
}

#[test]
fn a_server_that_falls_silent_is_given_up_and_gone_on_with() {
    let mut half = Answer::new(&Answer::whole().head, &content()[..HALF]);
    half.hangs = true;
    let server = Server::start([half, Answer::rest(HALF)]);
    let error = server.pull().unwrap_err();
    assert!(
        matches!(error, InstallError::Stalled { done: 100_000, .. }),
        "{error}"
    );
    server.pull().unwrap();
}

#[test]
fn another_file_of_the_same_size_is_not_installed() {
    let mut other = content();
    other[HALF] ^= 1;
    let server = Server::start([Answer::new(&Answer::whole().head, &other)]);
    let error = server.pull().unwrap_err();
    assert!(matches!(error, InstallError::WrongDigest { .. }), "{error}");
    assert!(names_in(server.folder.path()).is_empty());
}

#[test]
fn a_file_that_says_it_is_too_long_is_not_fetched() {
    let server = Server::start([Answer::new("200 OK\r\nContent-Length: 200001", b"")]);
    let error = server.pull().unwrap_err();
    assert!(
        matches!(error, InstallError::WrongSize { found: 200_001, .. }),
        "{error}"
    );
}

#[test]
fn a_file_that_turns_out_too_long_is_thrown_away() {
    let server = Server::start([Answer::new("200 OK", &[content(), content()].concat())]);
    let error = server.pull().unwrap_err();
    assert!(matches!(error, InstallError::WrongSize { .. }), "{error}");
    assert!(names_in(server.folder.path()).is_empty());
}

#[test]
fn a_refusal_is_told_and_keeps_nothing_of_its_text() {
    let server = Server::start([Answer::new("404 Not Found\r\nContent-Length: 4", b"gone")]);
    let error = server.pull().unwrap_err();
    assert!(
        matches!(error, InstallError::Status { status: 404, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("fame models import"), "{error}");
    assert_eq!(server.partial(), b"");
}

#[test]
fn without_a_network_it_says_so() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let folder = tempfile::tempdir().unwrap();
    let cancel = AtomicBool::new(false);
    let pulled = pull(
        &entry(port),
        folder.path(),
        PullLimits::default(),
        |_| (),
        &cancel,
    );
    let error = pulled.unwrap_err();
    assert!(matches!(error, InstallError::NoNetwork { .. }), "{error}");
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{port}")),
        "{error}"
    );
}

#[test]
fn a_stop_keeps_what_is_there() {
    let server = Server::start([Answer::whole()]);
    let cancel = AtomicBool::new(true);
    let limits = PullLimits::default();
    let pulled = pull(&server.entry, server.folder.path(), limits, |_| (), &cancel);
    assert!(
        matches!(pulled, Err(InstallError::Cancelled { .. })),
        "{pulled:?}"
    );
    assert!(server.folder.path().join(PARTIAL).exists());
}

#[test]
fn two_at_once_do_not_write_into_one_file() {
    let server = Server::start([]).holding(b"");
    let other = File::open(server.folder.path().join(PARTIAL)).unwrap();
    other.lock().unwrap();
    let error = server.pull().unwrap_err();
    assert!(matches!(error, InstallError::Busy(_)), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named() {
    let server = Server::start([Answer::whole()]);
    let partial = server.folder.path().join(PARTIAL);
    std::os::unix::fs::symlink("/dev/full", partial).unwrap();
    let error = server.pull().unwrap_err();
    assert!(
        matches!(
            error,
            InstallError::DiskFull {
                needed: 200_000,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn the_bundled_model_is_not_fetched() {
    let bundled = Catalog::built_in().by_name("tiny.en-fit").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cancel = AtomicBool::new(false);
    let pulled = pull(
        bundled,
        folder.path(),
        PullLimits::default(),
        |_| (),
        &cancel,
    );
    assert!(
        matches!(pulled, Err(InstallError::Bundled(_))),
        "{pulled:?}"
    );
}
