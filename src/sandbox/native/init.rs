//! The first process inside: builds the root, starts the program, watches its limits, and when it
//! has ended kills the rest and packs what it left.
//!
//! It has the same user as the program and may not be touched by it all the same: the kernel keeps
//! signals from the first process of its namespace, and it cannot be traced or looked into.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    DumpableBehavior, Pid, PidfdFlags, Signal, WaitOptions, WaitStatus, kill_process_group,
    pidfd_open, set_dumpable_behavior, set_parent_process_death_signal, wait,
};

use super::census;
use super::confine;
use super::order::{Answer, NoWall, refuse, step};
use super::pack::{self, Packed};
use super::process::{fork, silence};
use super::root;
use crate::limits::Limits;
use crate::profile::{CODE_DIR, INPUT_FILE, OUT_DIR, Profile};
use crate::report::End;

/// How often the limits are looked at: at most this late is a program killed.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How long killed processes are waited for. One stuck in the kernel goes with the namespace.
const REAP_WITHIN: Duration = Duration::from_millis(500);

/// Longest word of a wall that the program's process could not put up.
const MAX_PROBLEM_BYTES: u64 = 1_024;

/// A program to run.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) profile: Profile,
    pub(super) code: Vec<u8>,
    pub(super) stdin: Vec<u8>,
    pub(super) limits: Limits,
    /// Whether it has a proxy on its loopback.
    pub(super) network: bool,
}

/// Everything; gives the exit code.
pub(super) fn run(guest: &Guest, mut control: UnixStream) -> u8 {
    match guarded(guest, &control) {
        Ok((end, packed)) => {
            let answer = Answer::Ended {
                end,
                files_left_out: packed.left_out,
                archive_bytes: packed.archive.len(),
            };
            let told = serde_json::to_vec(&answer).map(|mut line| {
                line.push(b'\n');
                control.write_all(&line).is_ok() && control.write_all(&packed.archive).is_ok()
            });
            u8::from(!told.unwrap_or(false))
        }
        Err(wall) => {
            refuse(&mut control, wall);
            1
        }
    }
}

fn guarded(guest: &Guest, control: &UnixStream) -> Result<(End, Packed), NoWall> {
    let die = Some(Signal::KILL);
    step("following the helper", set_parent_process_death_signal(die))?;
    step(
        "hiding",
        set_dumpable_behavior(DumpableBehavior::NotDumpable),
    )?;
    step(
        "naming the machine",
        rustix::system::sethostname(b"sandbox"),
    )?;
    root::build(guest.profile.executes_scratch())?;
    step("placing the program", place(guest))?;
    let mut watch = Watch::new(guest, control);
    let mut end = End::default();
    if let Some(compile) = guest.profile.compile() {
        end = watch.over(compile, "/dev/null")?;
    }
    if guest.profile.compile().is_none() || end.exit_code == Some(0) {
        end = watch.over(guest.profile.command(), INPUT_FILE)?;
    }
    // Nobody is left who could write; the reader need not wait for this process.
    silence()?;
    let killed = end.timed_out || end.oom;
    let packed = match killed {
        true => Packed::default(),
        false => pack::pack(Path::new(OUT_DIR)),
    };
    Ok((end, packed))
}

fn place(guest: &Guest) -> std::io::Result<()> {
    fs::create_dir(CODE_DIR)?;
    fs::create_dir(OUT_DIR)?;
    fs::write(Path::new(CODE_DIR).join(guest.profile.file()), &guest.code)?;
    fs::write(INPUT_FILE, &guest.stdin)
}

/// Watches over one process after the other, under the same limits.
struct Watch<'a> {
    limits: Limits,
    network: bool,
    deadline: Instant,
    control: &'a UnixStream,
    peak_memory_bytes: u64,
}

impl<'a> Watch<'a> {
    fn new(guest: &Guest, control: &'a UnixStream) -> Self {
        Self {
            limits: guest.limits,
            network: guest.network,
            deadline: Instant::now() + guest.limits.wall,
            control,
            peak_memory_bytes: 0,
        }
    }

    /// Starts a program and tells how it ended; nothing that it started is left.
    fn over(&mut self, words: &[&str], stdin: &str) -> Result<End, NoWall> {
        let (pid, started) = start(words, stdin, &self.limits, self.network)?;
        let mut end = End::default();
        let limit = loop {
            if let Some(status) = reap(pid) {
                (end.exit_code, end.signal) = (status.exit_status(), status.terminating_signal());
                break None;
            }
            if let Some(limit) = self.limit() {
                break Some(limit);
            }
            if self.wait(&started) {
                // FAME is gone; so is whoever would want to know.
                break Some(Limit::Wall);
            }
        };
        kill_all(pid, &mut end);
        // One that went over it and ended before it was looked at.
        let used = self.used();
        match limit {
            Some(Limit::Wall | Limit::Cpu) => end.timed_out = true,
            Some(Limit::Memory) => end.oom = true,
            None => end.timed_out = end.exit_code.is_none() && used >= self.limits.cpu,
        }
        end.cpu = used;
        end.peak_memory_bytes = self.peak_memory_bytes;
        Ok(end)
    }

    fn limit(&mut self) -> Option<Limit> {
        if Instant::now() >= self.deadline {
            return Some(Limit::Wall);
        }
        let usage = census::count(self.limits.memory_bytes);
        self.peak_memory_bytes = self.peak_memory_bytes.max(usage.memory_bytes);
        if usage.memory_bytes > self.limits.memory_bytes {
            return Some(Limit::Memory);
        }
        (usage.cpu + waited_for().0 >= self.limits.cpu).then_some(Limit::Cpu)
    }

    /// Processor time of all that ended, and the most memory that one of them had.
    fn used(&mut self) -> Duration {
        let (cpu, memory) = waited_for();
        self.peak_memory_bytes = self.peak_memory_bytes.max(memory);
        cpu
    }

    /// Waits for the program's end or the next look; tells whether FAME is gone.
    fn wait(&self, program: &OwnedFd) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let pause = LOOK_EVERY.min(left);
        let pause = Timespec {
            tv_sec: 0,
            tv_nsec: pause.subsec_nanos().into(),
        };
        let mut watched = [
            PollFd::new(program, PollFlags::IN),
            PollFd::new(self.control, PollFlags::empty()),
        ];
        match poll(&mut watched, Some(&pause)) {
            Ok(_) => !watched[1].revents().is_empty(),
            Err(_) => false,
        }
    }
}

/// Which limit a program ran into.
enum Limit {
    Wall,
    Cpu,
    Memory,
}

/// Starts a program behind all walls. An error says which wall could not be put up.
fn start(
    words: &[&str],
    stdin: &str,
    limits: &Limits,
    network: bool,
) -> Result<(Pid, OwnedFd), NoWall> {
    let stdin = step("opening the program's input", File::open(stdin))?;
    let (ours, theirs) = step("starting the program", UnixStream::pair())?;
    let Some(pid) = fork()? else {
        drop(ours);
        let Err(wall) = confine::become_program(words, stdin, limits, network);
        // It closes when the program starts; then nothing came.
        let _ = (&theirs).write_all(wall.problem.as_bytes());
        std::process::exit(1);
    };
    drop(theirs);
    let watched = step("watching the program", pidfd_open(pid, PidfdFlags::empty()))?;
    let mut problem = String::new();
    let read = ours.take(MAX_PROBLEM_BYTES).read_to_string(&mut problem);
    step("starting the program", read)?;
    if problem.is_empty() {
        return Ok((pid, watched));
    }
    Err(NoWall {
        problem,
        remedy: super::order::REMEDY,
    })
}

/// Collects all that ended; gives the program's status if it did.
fn reap(program: Pid) -> Option<WaitStatus> {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if pid == program {
            return Some(status);
        }
    }
    None
}

/// Kills and collects everything but this process.
fn kill_all(program: Pid, end: &mut End) {
    let started = Instant::now();
    loop {
        // `kill(-1)`: the group of the number 1 stands for every process there is (kill(2)). It
        // fails when there is none.
        let _ = kill_process_group(Pid::INIT, Signal::KILL);
        match wait(WaitOptions::NOHANG) {
            Err(_) => return,
            Ok(Some((pid, status))) if pid == program => {
                end.signal = status.terminating_signal();
                end.exit_code = status.exit_status();
            }
            Ok(Some(_)) => {}
            Ok(None) if started.elapsed() > REAP_WITHIN => return,
            Ok(None) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Processor time, and the most memory of one, of the processes waited for (getrusage(2)).
fn waited_for() -> (Duration, u64) {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call fills the structure it is given, which is valid when zeroed, too.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr());
        usage.assume_init()
    };
    let time = |time: libc::timeval| {
        let micros = time
            .tv_sec
            .saturating_mul(1_000_000)
            .saturating_add(time.tv_usec);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    };
    let memory = u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024;
    (time(usage.ru_utime) + time(usage.ru_stime), memory)
}
