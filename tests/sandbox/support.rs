//! Sandboxes and programs for the tests.

use std::fs;
use std::path::Path;
use std::time::Duration;

use fame::sandbox::{Caller, Report, Request, Sandbox, Settings, Tier, TierChoice};

/// The program that is tier B's helper.
pub fn helper() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_famed"))
}

/// Set where the tests have started an engine: then one that does not answer is a failure.
const ENGINE_IS_THERE: &str = "FAME_TEST_ENGINE";

/// A sandbox with these settings; none, with a message, where tier A is asked for and no engine can
/// be had.
pub async fn start(settings: Settings) -> Option<Sandbox> {
    let wanted = settings.tier;
    let sandbox = Sandbox::with_helper(settings, helper()).await;
    let status = sandbox.status();
    if status.tier.is_some() {
        return Some(sandbox);
    }
    let may_lack = wanted == TierChoice::A && std::env::var_os(ENGINE_IS_THERE).is_none();
    assert!(may_lack, "{:?}", status.reasons);
    eprintln!("skipped on tier A: {:?}", status.reasons);
    None
}

/// Settings of one tier, with nothing kept ready.
pub fn settings(tier: TierChoice) -> Settings {
    Settings {
        tier,
        warm: 0,
        ..Settings::default()
    }
}

/// Has both tiers checked.
pub async fn on_each_tier(check: impl AsyncFn(&Sandbox)) {
    for tier in [TierChoice::A, TierChoice::B] {
        if let Some(sandbox) = start(settings(tier)).await {
            check(&sandbox).await;
            sandbox.shutdown().await;
        }
    }
}

/// A Python program that has `seconds`.
pub fn python(code: &str, seconds: f64) -> Request {
    request("python", code, seconds)
}

pub fn request(profile: &str, code: &str, seconds: f64) -> Request {
    Request {
        profile: profile.into(),
        code: code.into(),
        stdin: Vec::new(),
        timeout: Duration::from_secs_f64(seconds),
        caller: Caller::Plugin,
    }
}

/// Runs a Python program.
pub async fn run(sandbox: &Sandbox, code: &str, seconds: f64) -> Report {
    sandbox.run(&python(code, seconds), None).await.unwrap()
}

/// Runs a Python program whose every line of output is something that it should not have been able
/// to do; its last line is `done`.
pub async fn expect_nothing(sandbox: &Sandbox, code: &str) {
    let report = run(sandbox, &format!("{code}\nprint('done')\n"), 20.0).await;
    assert_eq!(
        report.stdout, "done\n",
        "tier {:?}: {report:#?}",
        report.tier
    );
}

/// Whether a process of this machine has this word among its arguments.
pub fn is_alive(word: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap();
    processes.flatten().any(|process| {
        let pid = process.file_name();
        let is_process = pid.to_str().is_some_and(|pid| pid.parse::<u32>().is_ok());
        let own = pid.to_str() == Some(&std::process::id().to_string());
        is_process
            && !own
            && fs::read(process.path().join("cmdline"))
                .is_ok_and(|line| line.windows(word.len()).any(|part| part == word.as_bytes()))
    })
}

/// Waits until no process has this word, one second at most.
pub async fn expect_dead(word: &str, tier: Tier) {
    for _ in 0..50 {
        if !is_alive(word) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("`{word}` lives on tier {tier:?}");
}

/// A word that no other run uses, shaped like a number, so that `sleep` takes it.
pub fn marker() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("7{}.{next}", std::process::id())
}
