//! How fast the sandbox is, how exactly it kills, and what it leaves.
//!
//! `cargo bench -p fame-sandbox` prints one table, all in one run on one machine: each figure beside
//! what it is compared with, its goal, and whether it holds. `cargo bench -p fame-sandbox -- b speed`
//! chooses tiers (`a`, `b`) and parts (`speed`, `kill`, `flood`, `leaks`).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fame_sandbox::{Caller, DEFAULT_IMAGE, Report, Request, Sandbox, Settings, TierChoice};

/// Runs behind each median.
const RUNS: usize = 50;

/// Pause after that, in which the engine removes the container before.
const PAUSE: Duration = Duration::from_millis(1_500);

/// Output of the flood.
const FLOOD_BYTES: u64 = 10_000_000_000;

/// Runs after which nothing may be left.
const MANY: usize = 1_000;

fn main() {
    fame_sandbox::helper::main();
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let named = |names: &[&str], name: &str| {
        let some = chosen.iter().any(|chosen| names.contains(&chosen.as_str()));
        !some || chosen.iter().any(|chosen| chosen == name)
    };
    let wants = |part: &str| named(&["speed", "kill", "flood", "leaks"], part);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    println!("load of this machine before: {}", load());
    runtime.block_on(async {
        for (tier, name) in [(TierChoice::A, "a"), (TierChoice::B, "b")] {
            if !named(&["a", "b"], name) {
                continue;
            }
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
    println!("load of this machine after: {}", load());
}

/// Prints a figure, its goal and whether it holds.
fn goal(tier: TierChoice, figure: &str, value: f64, most: f64, unit: &str) {
    let verdict = if value <= most { "holds" } else { "MISSED" };
    println!(
        "tier {tier:?}  {figure:44} {value:8.1} {unit:3}  goal <= {most:6.1} {unit:3}  {verdict}"
    );
}

/// Prints what belongs to figures and has no goal.
fn note(tier: TierChoice, text: &str) {
    println!("tier {tier:?}  ({text})");
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

/// The time of `print(1)` from request to report, beside the plain way: by turns, so that both see
/// the same machine.
async fn speed(sandbox: &Sandbox, tier: TierChoice) {
    let python = ["/usr/bin/python3", "-c", "print(1)"];
    let docker = [
        "docker",
        "run",
        "--rm",
        "--network",
        "none",
        DEFAULT_IMAGE,
        "python3",
        "-c",
        "print(1)",
    ];
    let (name, plain): (&str, &[&str]) = match tier {
        TierChoice::A => ("docker run --rm --network none", &docker),
        _ => ("python3 -c 'print(1)'", &python),
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
    let ratio = at(&ours, 50).as_secs_f64() / at(&theirs, 50).as_secs_f64();
    note(
        tier,
        &format!(
            "{name}: p50 {:.1} ms, p95 {:.1} ms",
            ms(at(&theirs, 50)),
            ms(at(&theirs, 95))
        ),
    );
    match tier {
        TierChoice::A => {
            goal(tier, "print(1), p50", ms(at(&ours, 50)), 120.0, "ms");
            goal(tier, "print(1), p95", ms(at(&ours, 95)), 250.0, "ms");
            goal(
                tier,
                "print(1), of the plain way's p50",
                ratio * 100.0,
                40.0,
                "%",
            );
        }
        _ => {
            goal(tier, "print(1), p50", ms(at(&ours, 50)), 30.0, "ms");
            note(tier, &format!("print(1), p95: {:.1} ms", ms(at(&ours, 95))));
            goal(
                tier,
                "print(1), of the plain way's p50",
                ratio * 100.0,
                200.0,
                "%",
            );
        }
    }
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
    note(
        tier,
        &format!(
            "killed at the limit, late by p50 {:.1} ms",
            ms(at(&late, 50))
        ),
    );
    goal(
        tier,
        "killed at the limit, late by p99",
        ms(at(&late, 99)),
        250.0,
        "ms",
    );
    goal(tier, "of 50 alive 1 s after", alive as f64, 0.0, "");
}

/// What a flood of output costs this process and the disk.
async fn flood(sandbox: &Sandbox, tier: TierChoice) {
    let (memory, disk) = (peak_memory(), files_of_engine());
    let started = Instant::now();
    let code = format!("head -c {FLOOD_BYTES} /dev/zero");
    let report = run(sandbox, "shell", &code, Duration::from_secs(600)).await;
    note(
        tier,
        &format!(
            "a flood of {:.1} GB in {:.0} s",
            report.stdout_bytes as f64 / 1e9,
            started.elapsed().as_secs_f64()
        ),
    );
    let left = (FLOOD_BYTES - report.stdout_bytes.min(FLOOD_BYTES)) as f64;
    goal(
        tier,
        "bytes of the flood that were not counted",
        left,
        0.0,
        "",
    );
    let grown = (peak_memory() - memory) as f64 / 1024.0;
    goal(tier, "memory that it took, at most", grown, 8.0, "MiB");
    let grown = files_of_engine().saturating_sub(disk) as f64 / f64::from(1 << 20);
    goal(tier, "disk that it took", grown, 0.1, "MiB");
}

/// What many runs leave.
async fn leaks(sandbox: &Sandbox, tier: TierChoice) {
    let before = (containers(), processes(), files(), descriptors());
    let started = Instant::now();
    for _ in 0..MANY {
        run(sandbox, "shell", "echo 1", Duration::from_secs(20)).await;
    }
    note(
        tier,
        &format!("{MANY} runs in {:.0} s", started.elapsed().as_secs_f64()),
    );
    // What was just used is being removed, and what waits was made again.
    tokio::time::sleep(Duration::from_secs(10)).await;
    ready(sandbox, tier).await;
    let after = (containers(), processes(), files(), descriptors());
    for (what, before, after) in [
        ("containers", before.0, after.0),
        ("processes", before.1, after.1),
        ("files", before.2, after.2),
        ("descriptors", before.3, after.3),
    ] {
        let name = format!("{what} after {MANY} runs ({before} before)");
        goal(tier, &name, after as f64, before as f64, "");
    }
}

fn load() -> String {
    fs::read_to_string("/proc/loadavg")
        .unwrap()
        .trim()
        .to_owned()
}

fn sorted(mut times: Vec<Duration>) -> Vec<Duration> {
    times.sort_unstable();
    times
}

/// A percentile by nearest rank.
fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
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

/// Bytes of the places where a flood could land: the engine's containers, and temporary files. The
/// whole disk would tell of everybody else's work, too.
fn files_of_engine() -> u64 {
    let measured = Command::new("du")
        .args(["--summarize", "--bytes", "--one-file-system", "--total"])
        .args(["/var/lib/docker/containers", "/var/tmp"])
        .output()
        .unwrap();
    let text = String::from_utf8(measured.stdout).unwrap();
    let total = text.lines().last().and_then(|line| line.split('\t').next());
    total.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

/// Containers whose label says that this process made them.
fn containers() -> usize {
    let listed = Command::new("docker")
        .args(["ps", "--all", "--filter", "label=fame.sandbox"])
        .args(["--format", "{{.Label \"fame.boot\"}}"])
        .output();
    let own = format!("/{}/", std::process::id());
    listed.map_or(0, |listed| {
        let text = String::from_utf8(listed.stdout).unwrap();
        text.lines().filter(|line| line.contains(&own)).count()
    })
}

/// Children of this process.
fn processes() -> usize {
    let own = std::process::id().to_string();
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let fields = stat.rsplit_once(')')?.1;
            fields.split_whitespace().nth(1).map(str::to_owned)
        })
        .filter(|parent| *parent == own)
        .count()
}

/// Files and folders of the sandbox's where it could leave some.
fn files() -> usize {
    let mut places = vec![std::env::temp_dir()];
    places.extend(std::env::var_os("XDG_RUNTIME_DIR").map(Into::into));
    places
        .into_iter()
        .filter_map(|place| fs::read_dir(place).ok())
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let own = std::process::id().to_string();
            name.to_str()
                .is_some_and(|name| name.starts_with("fame-") && name.contains(&own))
        })
        .count()
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
