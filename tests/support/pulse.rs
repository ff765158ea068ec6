//! A PulseAudio of the test's own, with a virtual microphone and a virtual loudspeaker.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Live tests run where this is set: they need PulseAudio and take their time.
const SWITCH: &str = "FAME_TEST_AUDIO";

/// How long the server may take to start.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The rate of what is recorded.
pub const RATE: u32 = 16_000;

/// One server at a time in a process, because it is named by the process's environment.
static TURN: Mutex<()> = Mutex::new(());

/// A running server, killed when dropped.
///
/// What is played into the sink `mic_in` is heard from its monitor, the default microphone. What
/// FAME says goes to the sink `speaker` and is recorded from its monitor.
pub struct Pulse {
    folder: TempDir,
    server: Child,
    _turn: MutexGuard<'static, ()>,
}

impl Pulse {
    /// Starts a server and points this process to it, or tells that live tests are skipped.
    pub fn start() -> Option<Self> {
        if std::env::var_os(SWITCH).is_none() {
            println!("skipped: set {SWITCH}=1 to test with PulseAudio");
            return None;
        }
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        // Short, because a socket's path is.
        let folder = tempfile::Builder::new().prefix("fp").tempdir().unwrap();
        let server = Command::new("pulseaudio")
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=60",
                "--disable-shm=true",
            ])
            .args(["-L", "module-native-protocol-unix auth-anonymous=1"])
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .env_remove("PULSE_SERVER")
            // Only one server may have the name on a session bus.
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stderr(Stdio::null())
            .spawn()
            .expect("pulseaudio starts");
        let pulse = Self {
            folder,
            server,
            _turn: turn,
        };
        let deadline = Instant::now() + START_LIMIT;
        while !pulse.pactl(&["info"]).status.success() {
            assert!(Instant::now() < deadline, "pulseaudio does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        pulse.load_sink("mic_in");
        pulse.load_sink("speaker");
        pulse.control(&["set-default-sink", "speaker"]);
        pulse.control(&["set-default-source", "mic_in.monitor"]);
        for (name, value) in pulse.environment() {
            // SAFETY: tests read the environment through std only, which takes its lock, and the
            // libraries that read it in C do so on threads that this test starts afterwards.
            unsafe { std::env::set_var(name, value) };
        }
        Some(pulse)
    }

    /// What a program needs in its environment to use this server.
    pub fn environment(&self) -> [(&'static str, PathBuf); 3] {
        let socket = self.folder.path().join("pulse").join("native");
        [
            ("XDG_RUNTIME_DIR", self.folder.path().into()),
            ("PULSE_SERVER", format!("unix:{}", socket.display()).into()),
            (
                "PULSE_COOKIE",
                self.folder.path().join("pulse").join("cookie"),
            ),
        ]
    }

    /// Plays a sound file into the microphone, to its end.
    pub fn play(&self, wav: &Path) {
        let status = self.play_on("mic_in", wav).wait().unwrap();
        assert!(status.success(), "paplay {}", wav.display());
    }

    /// Starts to play a sound file on a sink.
    pub fn play_on(&self, sink: &str, wav: &Path) -> Child {
        self.command("paplay")
            .arg(format!("--device={sink}"))
            .arg(wav)
            .spawn()
            .expect("paplay starts")
    }

    /// Records the loudspeaker until told to stop.
    pub fn start_recording(&self) -> Recording {
        let mut program = self
            .command("parec")
            .args(["--device=speaker.monitor", "--raw", "--format=float32le"])
            .args([
                &format!("--rate={RATE}"),
                "--channels=1",
                "--latency-msec=5",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .expect("parec starts");
        let mut output = program.stdout.take().unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let log = heard.clone();
        let thread = std::thread::spawn(move || {
            let mut bytes = [0; 4 * RATE as usize / 1_000];
            while output.read_exact(&mut bytes).is_ok() {
                let mut heard = log.lock().unwrap();
                heard.times.push(Instant::now());
                let samples = bytes.chunks_exact(4);
                heard
                    .samples
                    .extend(samples.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
            }
        });
        let recording = Recording {
            program,
            heard,
            thread: Some(thread),
        };
        while recording.heard.lock().unwrap().times.is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        recording
    }

    /// Takes the microphone away.
    pub fn unload_mic(&self) {
        self.unload_sink("mic_in");
    }

    /// Brings the microphone back.
    pub fn reload_mic(&self) {
        self.load_sink("mic_in");
        self.control(&["set-default-source", "mic_in.monitor"]);
    }

    /// Lets the microphone hear the loudspeaker, as in a room.
    pub fn loop_back(&self) {
        self.control(&[
            "load-module",
            "module-loopback",
            "source=speaker.monitor",
            "sink=mic_in",
            "latency_msec=30",
        ]);
    }

    /// Adds a sink; its monitor is a microphone.
    pub fn load_sink(&self, name: &str) {
        // Without `norewinds` a new null sink may sleep for 2 s before its monitor gives anything.
        let name = format!("sink_name={name}");
        self.control(&[
            "load-module",
            "module-null-sink",
            &name,
            "rate=48000",
            "norewinds=1",
        ]);
    }

    /// Removes a sink and its monitor.
    pub fn unload_sink(&self, name: &str) {
        let modules = self.control(&["list", "short", "modules"]);
        let module = modules
            .lines()
            .find(|line| line.contains(&format!("sink_name={name} ")))
            .and_then(|line| line.split('\t').next())
            .expect("the sink is loaded");
        self.control(&["unload-module", module]);
    }

    /// Who records now, one line each.
    pub fn recorders(&self) -> String {
        self.control(&["list", "short", "source-outputs"])
    }

    /// Who plays now, one line each.
    pub fn players(&self) -> String {
        self.control(&["list", "short", "sink-inputs"])
    }

    /// Sends the server a signal, such as `STOP`.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(self.server.id().to_string())
            .status();
        assert!(status.unwrap().success());
    }

    fn control(&self, arguments: &[&str]) -> String {
        let output = self.pactl(arguments);
        assert!(output.status.success(), "pactl {arguments:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn pactl(&self, arguments: &[&str]) -> std::process::Output {
        self.command("pactl").args(arguments).output().unwrap()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.envs(self.environment()).stderr(Stdio::null());
        command
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A recording in progress.
pub struct Recording {
    program: Child,
    heard: Arc<Mutex<Heard>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Heard {
    samples: Vec<f32>,
    /// When each millisecond of the samples arrived.
    times: Vec<Instant>,
}

impl Recording {
    /// When a sound louder than `level` was last heard.
    pub fn last_sound(&self, level: f32) -> Option<Instant> {
        let heard = self.heard.lock().unwrap();
        let millisecond = RATE as usize / 1_000;
        let loud = |samples: &[f32]| samples.iter().any(|sample| sample.abs() > level);
        heard
            .samples
            .chunks(millisecond)
            .zip(&heard.times)
            .rev()
            .find(|(samples, _)| loud(samples))
            .map(|(_, time)| *time)
    }

    /// Ends it and gives everything heard.
    pub fn stop(mut self) -> Vec<f32> {
        let _ = self.program.kill();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        std::mem::take(&mut self.heard.lock().unwrap().samples)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
