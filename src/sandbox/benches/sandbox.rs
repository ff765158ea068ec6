//! How fast the sandbox is, how exactly it kills, and what it leaves.
//!
//! `cargo bench --bench sandbox` prints one table, all in one run on one machine, each line beside
//! what it is compared with. `cargo bench --bench sandbox -- speed kill flood leaks` chooses parts.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fame::sandbox::{Caller, DEFAULT_IMAGE, Report, Request, Sandbox, Settings, TierChoice};

/// Runs behind each median.
const RUNS: usize = 50;

/// Pause after that, in which the engine removes the container before.
const PAUSE: Duration = Duration::from_millis(1_500);

/// Output of the flood.
const FLOOD_BYTES: u64 = 10_000_000_000;

/// Runs after which nothing may be left.
const MANY: usize = 1_000;

fn main() {
    fame::sandbox::helper::main();
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let wants = |part: &str| chosen.is_empty() || chosen.iter().any(|name| name == part);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for tier in [TierChoice::A, TierChoice::B] {
            let settings = Settings {
                tier,
                wall_seconds: 600,
                cpu_seconds: 600,
                ..Settings::default()
            };
            let sandbox = Sandbox::start(settings).await;
            if sandbox.status().tier.is_none() {
                println!("left out: tier {tier:?}: {:?}", sandbox.status().reasons);
                continue;
            }
            if wants("speed") {
                speed(&sandbox, tier).await;
            }
            if wants("kill") {
                kill(&sandbox, tier).await;
            }
            if wants("flood") {
                flood(&sandbox, tier).await;
            }
            if wants("leaks") {
                leaks(&sandbox, tier).await;
            }
            sandbox.shutdown().await;
        }
    });
}

async fn run(sandbox: &Sandbox, profile: &str, code: &str, timeout: Duration) -> Report {
    let request = Request {
        profile: profile.into(),
        code: code.into(),
        stdin: Vec::new(),
        timeout,
        caller: Caller::CommandLine,
    };
    sandbox.run(&request, None).await.unwrap()
}

/// The time of `print(1)` from request to report, beside the plain way.
async fn speed(sandbox: &Sandbox, tier: TierChoice) {
    let (name, plain) = match tier {
        TierChoice::A => (
            "docker run --rm --network none … python3 -c 'print(1)'",
            [
                "docker",
                "run",
                "--rm",
                "--network",
                "none",
                DEFAULT_IMAGE,
                "python3",
                "-c",
                "print(1)",
            ]
            .as_slice(),
        ),
        _ => (
            "python3 -c 'print(1)'",
            ["/usr/bin/python3", "-c", "print(1)"].as_slice(),
        ),
    };
    // The first run proves the policy, too.
    run(sandbox, "python", "print(1)", Duration::from_secs(20)).await;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ready(sandbox, tier).await;
        let started = Instant::now();
        let report = run(sandbox, "python", "print(1)", Duration::from_secs(20)).await;
        ours.push(started.elapsed());
        assert_eq!(report.stdout, "1\n");
        let started = Instant::now();
        let done = Command::new(plain[0])
            .args(&plain[1..])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        theirs.push(started.elapsed());
        assert!(done.status.success());
    }
    let (ours, theirs) = (sorted(ours), sorted(theirs));
    println!(
        "tier {tier:?}  print(1)  p50 {} ms  p95 {} ms  |  {name}: p50 {} ms  |  ratio {:.2}",
        ms(at(&ours, 50)),
        ms(at(&ours, 95)),
        ms(at(&theirs, 50)),
        at(&ours, 50).as_secs_f64() / at(&theirs, 50).as_secs_f64(),
    );
}

/// Waits until containers are ready, as they are between people's requests.
async fn ready(sandbox: &Sandbox, tier: TierChoice) {
    if tier != TierChoice::A {
        return;
    }
    while sandbox.status().warm < Settings::default().warm {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(PAUSE).await;
}

/// How late the report of a killed program comes, and whether it is dead.
async fn kill(sandbox: &Sandbox, tier: TierChoice) {
    const LIMIT: Duration = Duration::from_millis(500);
    let mut late = Vec::new();
    let mut alive = 0;
    for index in 0..RUNS {
        let word = format!("86400.{}{index}", std::process::id());
        ready(sandbox, tier).await;
        let started = Instant::now();
        let report = run(sandbox, "shell", &format!("exec sleep {word}"), LIMIT).await;
        assert!(report.timed_out);
        late.push(started.elapsed().saturating_sub(LIMIT));
        tokio::time::sleep(Duration::from_secs(1)).await;
        alive += usize::from(is_alive(&word));
    }
    let late = sorted(late);
    println!(
        "tier {tier:?}  killed  p50 {} ms late  p99 {} ms late  |  alive 1 s after: {alive} of {RUNS}",
        ms(at(&late, 50)),
        ms(at(&late, 99)),
    );
}

/// What a flood of output costs this process and the disk.
async fn flood(sandbox: &Sandbox, tier: TierChoice) {
    let (memory, disk) = (peak_memory(), used_disk());
    let started = Instant::now();
    let code = format!("head -c {FLOOD_BYTES} /dev/zero");
    let report = run(sandbox, "shell", &code, Duration::from_secs(600)).await;
    println!(
        "tier {tier:?}  flood of {:.1} GB in {:.0} s  |  memory + {:.1} MiB  disk + {:.1} MiB",
        report.stdout_bytes as f64 / 1e9,
        started.elapsed().as_secs_f64(),
        (peak_memory() - memory) as f64 / 1024.0,
        (used_disk().saturating_sub(disk)) as f64 / (1 << 20) as f64,
    );
}

/// What many runs leave.
async fn leaks(sandbox: &Sandbox, tier: TierChoice) {
    let before = (containers(), processes(), descriptors());
    let started = Instant::now();
    for _ in 0..MANY {
        run(sandbox, "shell", "echo 1", Duration::from_secs(20)).await;
    }
    let took = started.elapsed();
    // What was just used is being removed.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let after = (containers(), processes(), descriptors());
    println!(
        "tier {tier:?}  {MANY} runs in {:.0} s  |  containers {} -> {}  processes {} -> {}  descriptors {} -> {}",
        took.as_secs_f64(),
        before.0,
        after.0,
        before.1,
        after.1,
        before.2,
        after.2,
    );
}

fn sorted(mut times: Vec<Duration>) -> Vec<Duration> {
    times.sort_unstable();
    times
}

/// A percentile by nearest rank.
fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
}

fn ms(time: Duration) -> u128 {
    time.as_millis()
}

/// `VmHWM` in KiB: the most memory that this process ever had.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn used_disk() -> u64 {
    let fs = rustix::fs::statvfs("/var/lib").unwrap();
    (fs.f_blocks - fs.f_bfree) * fs.f_frsize
}

fn containers() -> usize {
    let listed = Command::new("docker")
        .args(["ps", "--all", "--quiet", "--filter", "label=fame.sandbox"])
        .output();
    listed.map_or(0, |listed| {
        listed.stdout.split(|byte| *byte == b'\n').count() - 1
    })
}

/// Children of this process, and theirs.
fn processes() -> usize {
    let own = std::process::id().to_string();
    let all: Vec<(String, String)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().into_string().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let parent = stat
                .rsplit_once(')')?
                .1
                .split_whitespace()
                .nth(1)?
                .to_owned();
            Some((pid, parent))
        })
        .collect();
    all.iter().filter(|(_, parent)| *parent == own).count()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn is_alive(word: &str) -> bool {
    fs::read_dir("/proc").unwrap().flatten().any(|process| {
        let is_process = Path::new(&process.file_name())
            .to_str()
            .is_some_and(|pid| pid.parse::<u32>().is_ok());
        is_process
            && fs::read(process.path().join("cmdline"))
                .is_ok_and(|line| line.windows(word.len()).any(|part| part == word.as_bytes()))
    })
}
