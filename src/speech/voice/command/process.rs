//! One run of a voice program: its pipes, its end.
//!
//! Each pipe has a short-lived thread, so that nothing the program does or leaves undone can hold
//! up its owner. The threads end when their pipe does.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

/// Bytes read at once.
const PIECE_BYTES: usize = 8 * 1024;

/// Pieces that may wait to be decoded. When they are full the program waits in its pipe.
const PIECES_WAITING: usize = 8;

/// How much of the end of stderr is kept for an error's text. The rest is read and dropped.
const COMPLAINT_BYTES: usize = 600;

/// How long a program may take to end after its sound did; then it is killed.
const EXIT_WITHIN: Duration = Duration::from_secs(1);

/// How long a program that is of no use any more may go on to say why, before it is killed.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(100);

/// How long a killed program is waited for. One stuck in the kernel stays a zombie until FAME ends.
const REAP_WITHIN: Duration = Duration::from_millis(200);

/// What came out of the program.
pub(super) enum Piece {
    /// Sound.
    Sound(Vec<u8>),
    /// Nothing within the time given.
    Nothing,
    /// Its stdout is closed, or cannot be read.
    End,
}

/// A running voice program. Killed when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    sound: Receiver<Vec<u8>>,
    complaint: Receiver<String>,
    reaped: bool,
}

impl Process {
    /// Starts the program; it waits for its sentence.
    pub(super) fn start(program: &str, args: &[String]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // It renders and does not play. espeak-ng greets PulseAudio even with `--stdout`, and
            // a sound server that hangs would make it hang.
            .env("PULSE_SERVER", "unix:/dev/null");
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // A group of its own: a script's children die with it.
            command.process_group(0);
        }
        let child = command.spawn()?;
        let (sound_in, sound) = bounded(PIECES_WAITING);
        let (complaint_in, complaint) = bounded(1);
        // From here on a failure drops, and so kills, the program.
        let mut process = Self {
            child,
            sound,
            complaint,
            reaped: false,
        };
        if let Some(stdout) = process.child.stdout.take() {
            spawn("fame-voice-out", move || forward(stdout, &sound_in))?;
        }
        if let Some(stderr) = process.child.stderr.take() {
            spawn("fame-voice-err", move || keep_end(stderr, &complaint_in))?;
        }
        Ok(process)
    }

    /// Hands the program its sentence and closes its stdin.
    pub(super) fn feed(&mut self, sentence: &str) -> io::Result<()> {
        let Some(mut stdin) = self.child.stdin.take() else {
            return Ok(());
        };
        let line = format!("{}\n", sentence.replace(['\n', '\r'], " "));
        // A program that does not want it says so by its exit status.
        spawn("fame-voice-in", move || {
            drop(stdin.write_all(line.as_bytes()))
        })
    }

    /// What comes next, waiting no longer than `wait`.
    pub(super) fn next(&self, wait: Duration) -> Piece {
        match self.sound.recv_timeout(wait) {
            Ok(bytes) => Piece::Sound(bytes),
            Err(RecvTimeoutError::Timeout) => Piece::Nothing,
            Err(RecvTimeoutError::Disconnected) => Piece::End,
        }
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.try_reap(), Ok(None))
    }

    /// How it ended, `None` when it had to be killed for not ending.
    pub(super) fn exit(&mut self) -> io::Result<Option<ExitStatus>> {
        self.reap(EXIT_WITHIN)
    }

    /// Ends it and returns the end of what it wrote to stderr.
    pub(super) fn complaint(&mut self) -> String {
        // A program that has ended is as good as one that is killed.
        let _ = self.reap(LAST_WORDS_WITHIN);
        self.kill();
        self.complaint.recv_timeout(REAP_WITHIN).unwrap_or_default()
    }

    fn try_reap(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child.try_wait()?;
        self.reaped |= status.is_some();
        Ok(status)
    }

    fn reap(&mut self, within: Duration) -> io::Result<Option<ExitStatus>> {
        let begun = Instant::now();
        loop {
            let status = self.try_reap()?;
            if status.is_some() || begun.elapsed() >= within {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn kill(&mut self) {
        if self.reaped {
            return;
        }
        // Not reaped, so the number still belongs to our program. If it cannot be killed, its
        // pipes are closed all the same.
        #[cfg(unix)]
        let killed = rustix::process::kill_process_group(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::KILL,
        )
        .is_ok();
        #[cfg(not(unix))]
        let killed = self.child.kill().is_ok();
        let gone = killed && matches!(self.reap(REAP_WITHIN), Ok(Some(_)));
        if !gone {
            tracing::warn!(pid = self.child.id(), "a voice program does not end");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .map(drop)
}

/// Passes the program's stdout on, until either end closes.
fn forward(mut stdout: ChildStdout, sound: &Sender<Vec<u8>>) {
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        match stdout.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => {
                if sound.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A pipe that breaks is a program that ended: its exit status tells the rest.
            Err(_) => return,
        }
    }
}

/// Reads stderr to its end and hands over the last of it.
fn keep_end(mut stderr: ChildStderr, complaint: &Sender<String>) {
    let mut end = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut buffer) {
        end.extend_from_slice(&buffer[..read]);
        let surplus = end.len().saturating_sub(COMPLAINT_BYTES);
        end.drain(..surplus);
    }
    // Nobody may be asking any more.
    let _ = complaint.try_send(String::from_utf8_lossy(&end).trim().to_owned());
}
