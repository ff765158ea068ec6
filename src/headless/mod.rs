//! The pipeline on files: no device, socket or daemon, and time taken from the samples.
//!
//! It is the daemon's own [`Driver`] with other [`ports`]: what the daemon does on threads
//! happens here in the call itself, so that the same file gives the same events on every run,
//! faster than real time.

mod ports;
mod report;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::audio::{FileError, FileSource};
use crate::brain::{Brain, Query, Source};
use crate::config::Config;
use crate::dialogue::driver::{Driver, Happening, Partials};
use crate::dialogue::io::{Command, Settings, TurnNumbers};
use crate::speech::endpoint::FRAME_MS;
use crate::speech::recognizer::Recognizer;
use crate::speech::voice::VoiceChain;

use ports::HeadlessPorts;
pub use report::Format;
use report::Report;

/// How long a model may take to load before that counts as a failure.
const LOAD_PATIENCE: Duration = Duration::from_secs(120);

/// Outcomes that may wait to be fetched. One at a time is asked for and fetched at once.
const OUTCOMES: usize = 4;

/// A partial text for each so many milliseconds of speech.
const PARTIAL_EVERY_MS: u64 = 800;

/// What goes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
    /// A sound file.
    File(PathBuf),
    /// A text, as if it had been recognised.
    Text(String),
}

/// What to run and how to show it.
#[derive(Clone, Debug)]
pub struct Options {
    /// What goes in, in order.
    pub feeds: Vec<Feed>,
    /// A sentence for each thing, or JSON lines.
    pub format: Format,
    /// Where each reply is written as a WAV file.
    pub out: Option<PathBuf>,
    /// Whether everything is one conversation; otherwise each file is its own.
    pub session: bool,
    /// Whether requests need the wake phrase.
    pub wake: bool,
    /// Whether files are read no faster than they would be heard.
    pub realtime: bool,
}

/// Why a headless run cannot even begin.
#[derive(Debug, Error)]
pub enum HeadlessError {
    /// The speech model cannot be used.
    #[error("{0}")]
    Model(String),
    /// A thread does not start.
    #[error("cannot start a thread: {0}; close other programs")]
    Thread(#[source] io::Error),
    /// The folder for replies cannot be made.
    #[error("cannot make the folder {}: {source}; choose another one with --out", path.display())]
    Out {
        /// The folder.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The report cannot be written.
    #[error("cannot write the report: {0}")]
    Report(#[source] io::Error),
}

/// Runs the pipeline on everything in `options.feeds` and writes the report to `out`. Gives the
/// number of feeds that failed.
pub fn run(
    config: &Config,
    options: &Options,
    brain: Arc<Brain>,
    runtime: tokio::runtime::Handle,
    out: impl io::Write,
) -> Result<usize, HeadlessError> {
    if let Some(path) = &options.out {
        std::fs::create_dir_all(path).map_err(|source| HeadlessError::Out {
            path: path.clone(),
            source,
        })?;
    }
    let (outcome_sender, outcomes) = crossbeam_channel::bounded(OUTCOMES);
    let recognizer = Recognizer::start(
        config.recognizer.clone(),
        &config.listen.wake_phrase,
        outcome_sender,
    )
    .map_err(HeadlessError::Thread)?;
    let hears = options
        .feeds
        .iter()
        .any(|feed| matches!(feed, Feed::File(_)));
    if hears && let Some(error) = recognizer.wait_until_settled(LOAD_PATIENCE).error {
        return Err(HeadlessError::Model(error));
    }
    let mut ports = HeadlessPorts::new(
        recognizer,
        outcomes,
        brain,
        runtime,
        // The system's voice plays by itself and cannot be written to a file.
        VoiceChain::from_config(&config.voice, false),
        (&config.voice).into(),
        options.out.clone(),
        Report::new(options.format, out),
    );
    let settings = Settings {
        listen: config.listen.clone(),
        always_addressed: !options.wake,
        reveal_ignored: true,
        source: Source::Headless,
        session: String::new(),
        numbers: TurnNumbers::from(1),
    };
    // A transcript for people shows no partial texts, and they cost more than all the rest.
    let partials = match options.format {
        Format::Json if config.recognizer.partials => Partials::Every(PARTIAL_EVERY_MS),
        _ => Partials::Off,
    };
    let sessions: Vec<&[Feed]> = if options.session {
        vec![&options.feeds]
    } else {
        options.feeds.chunks(1).collect()
    };
    let mut failed = 0;
    for session in sessions {
        let mut driver = Driver::new(settings.clone(), partials, ports);
        for feed in session {
            failed += usize::from(!play(&mut driver, feed, options.realtime));
        }
        ports = driver.into_ports();
    }
    ports
        .into_report()
        .finish()
        .map_err(HeadlessError::Report)?;
    Ok(failed)
}

/// Takes one feed through the pipeline. Gives whether it could be read and answered.
fn play<W: io::Write>(driver: &mut Driver<HeadlessPorts<W>>, feed: &Feed, realtime: bool) -> bool {
    let start = driver.clock_ms();
    driver.ports().begin(feed, start);
    match feed {
        Feed::File(path) => hear(driver, path, realtime),
        Feed::Text(text) => {
            let query = Query {
                text: text.clone(),
                source: Source::Headless,
                ..Query::default()
            };
            let ask = Command::Ask {
                query: Box::new(query),
                ticket: 0,
            };
            settle(driver, Happening::Command(ask));
        }
    }
    let t_ms = driver.clock_ms();
    driver.ports().end(t_ms)
}

fn hear<W: io::Write>(driver: &mut Driver<HeadlessPorts<W>>, path: &Path, realtime: bool) {
    let started = Instant::now();
    let first_ms = driver.clock_ms();
    let read: Result<Option<String>, FileError> = (|| {
        let mut file = FileSource::open(path)?;
        while let Some(frame) = file.next_frame()? {
            settle(driver, Happening::Frame(frame));
            if realtime {
                let due = Duration::from_millis(driver.clock_ms() - first_ms + FRAME_MS);
                std::thread::sleep(due.saturating_sub(started.elapsed()));
            }
        }
        Ok(file.warning().map(|warning| warning.to_string()))
    })();
    settle(driver, Happening::EndOfAudio);
    let t_ms = driver.clock_ms();
    match read {
        Ok(None) => {}
        Ok(Some(warning)) => driver.ports().warn(&warning),
        Err(error) => driver.ports().fail(t_ms, "audio_file", &error.to_string()),
    }
}

/// Hands over one thing and everything that follows from it.
fn settle<W: io::Write>(driver: &mut Driver<HeadlessPorts<W>>, happening: Happening) {
    driver.handle(happening);
    while let Some(next) = driver.ports().next() {
        driver.handle(next);
    }
}
