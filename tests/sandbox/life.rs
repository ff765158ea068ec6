//! Many runs, ended runs, and what is left of them. (19, 20, 24, 25)

use std::path::Path;
use std::time::Duration;

use fame::sandbox::{
    Caller, MAX_RUNNING, MAX_WAITING, Sandbox, SandboxError, Settings, Tier, TierChoice,
};

use crate::support::brain::{ask_in, brain_of, clock};

use super::support::{
    expect_dead, helper, is_alive, marker, on_each_tier, python, run, settings, start,
};

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_all_get_their_turn() {
    let tiers = [
        (TierChoice::A, 12),
        (TierChoice::B, MAX_RUNNING + MAX_WAITING),
    ];
    for (tier, at_once) in tiers {
        let Some(sandbox) = start(settings(tier)).await else {
            continue;
        };
        let runs: Vec<_> = (0..at_once)
            .map(|index| {
                let sandbox = sandbox.clone();
                tokio::spawn(async move {
                    sandbox
                        .run(&python(&format!("print({index})"), 60.0), None)
                        .await
                })
            })
            .collect();
        for (index, run) in runs.into_iter().enumerate() {
            let report = run.await.unwrap().unwrap();
            assert_eq!(report.stdout, format!("{index}\n"), "{report:?}");
        }
        let status = sandbox.status();
        assert_eq!((status.running, status.waiting), (0, 0));
        sandbox.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_too_many_is_told_so_and_a_shut_sandbox_takes_none() {
    let Some(sandbox) = start(settings(TierChoice::B)).await else {
        return;
    };
    let runs: Vec<_> = (0..MAX_RUNNING + MAX_WAITING)
        .map(|_| {
            let sandbox = sandbox.clone();
            tokio::spawn(async move {
                sandbox
                    .run(&python("import time\ntime.sleep(30)", 60.0), None)
                    .await
            })
        })
        .collect();
    while sandbox.status().waiting < MAX_WAITING {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = sandbox.run(&python("", 1.0), None).await.unwrap_err();
    assert!(matches!(error, SandboxError::Busy { .. }), "{error}");
    sandbox.shutdown().await;
    let error = sandbox.run(&python("", 1.0), None).await.unwrap_err();
    assert!(matches!(error, SandboxError::ShutDown), "{error}");
    for run in &runs {
        run.abort();
    }
    for run in runs {
        assert!(!matches!(run.await, Ok(Ok(_))));
    }
    assert_eq!(sandbox.status().running, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nobody_waits_for_is_killed() {
    on_each_tier(async |sandbox| {
        let word = marker();
        let code = format!("import os\nos.execv('/bin/sleep', ['sleep', '{word}'])");
        let waits = {
            let (sandbox, request) = (sandbox.clone(), python(&code, 30.0));
            tokio::spawn(async move { sandbox.run(&request, None).await })
        };
        for _ in 0..1_000 {
            if is_alive(&word) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(is_alive(&word), "it never started");
        waits.abort();
        let tier = sandbox.status().tier.unwrap();
        if tier == Tier::A {
            // The engine is asked to; it takes its time on a busy machine.
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        expect_dead(&word, tier).await;
        assert_eq!(sandbox.status().running, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_run_is_left_for_the_next() {
    for tier in [TierChoice::A, TierChoice::B] {
        let settings = Settings {
            warm: 2,
            ..settings(tier)
        };
        let Some(sandbox) = start(settings).await else {
            continue;
        };
        let write = "import os\n\
            for folder in ('/sandbox', '/sandbox/out', '/sandbox/code', '/tmp', '/dev/shm'):\n\
            \x20   try: open(folder + '/trace', 'w').write('here')\n\
            \x20   except OSError: pass";
        let look = "import os\n\
            for root in ('/sandbox', '/tmp', '/dev/shm', '/var/tmp', '/run'):\n\
            \x20   for folder, folders, files in os.walk(root):\n\
            \x20       if 'trace' in files: print(folder)";
        for _ in 0..4 {
            assert!(run(&sandbox, write, 20.0).await.ok);
            let report = run(&sandbox, look, 20.0).await;
            assert_eq!(
                (report.ok, report.stdout.as_str()),
                (true, ""),
                "{report:?}"
            );
        }
        sandbox.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_helper_dies_with_fame() {
    let Some(sandbox) = start(settings(TierChoice::B)).await else {
        return;
    };
    drop(sandbox);
    // `fame sandbox run` in a process of its own, killed in mid-run.
    let word = marker();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("program");
    std::fs::write(&file, format!("exec sleep {word}")).unwrap();
    let mut fame = std::process::Command::new(env!("CARGO_BIN_EXE_fame"))
        .args([
            "sandbox",
            "run",
            "--profile",
            "shell",
            "--tier",
            "b",
            "--timeout",
            "50",
        ])
        .arg(&file)
        .spawn()
        .unwrap();
    for _ in 0..1_000 {
        if is_alive(&word) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_alive(&word), "it never started");
    fame.kill().unwrap();
    fame.wait().unwrap();
    expect_dead(&word, Tier::B).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_fame_left_is_reaped_by_the_next() {
    let Some(sandbox) = start(settings(TierChoice::A)).await else {
        return;
    };
    let word = marker();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("program");
    std::fs::write(&file, format!("exec sleep {word}")).unwrap();
    let mut fame = std::process::Command::new(env!("CARGO_BIN_EXE_fame"))
        .args([
            "sandbox",
            "run",
            "--profile",
            "shell",
            "--tier",
            "a",
            "--timeout",
            "50",
        ])
        .arg(&file)
        .spawn()
        .unwrap();
    for _ in 0..2_000 {
        if is_alive(&word) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_alive(&word), "it never started");
    // It is alive, so nobody else may take its container.
    sandbox.prune().await.unwrap();
    assert!(is_alive(&word), "another FAME's program was killed");
    fame.kill().unwrap();
    fame.wait().unwrap();
    assert!(sandbox.prune().await.unwrap() >= 1);
    expect_dead(&word, Tier::A).await;
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_tier_nothing_is_run() {
    let nowhere = Settings {
        engine: Some("unix:///nowhere/docker.sock".into()),
        ..Settings::default()
    };
    // No engine: the next tier, and why.
    let sandbox = Sandbox::with_helper(nowhere.clone(), helper()).await;
    assert_eq!(
        sandbox.status().tier,
        Some(Tier::B),
        "{:?}",
        sandbox.status()
    );
    assert!(sandbox.status().reasons[0].contains("/nowhere/docker.sock"));

    // No engine and no tier B, for each reason there is.
    let folder = tempfile::tempdir().unwrap();
    let without_namespaces = folder.path().join("without-namespaces");
    let famed = helper().display();
    let script = format!(
        "#!/bin/sh\nexec unshare --user --map-root-user sh -c \
         'echo 0 >/proc/sys/user/max_user_namespaces && exec {famed} \"$@\"' sh \"$@\"\n"
    );
    std::fs::write(&without_namespaces, script).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&without_namespaces, PermissionsExt::from_mode(0o755)).unwrap();
    for (broken, word) in [
        (without_namespaces.as_path(), "namespaces"),
        (Path::new("/bin/false"), "helper"),
        (Path::new("/nowhere/famed"), "helper"),
    ] {
        let sandbox = Sandbox::with_helper(nowhere.clone(), broken).await;
        assert_eq!(sandbox.status().tier, None);
        let error = sandbox
            .run(&python("print(1)", 1.0), None)
            .await
            .unwrap_err();
        assert!(matches!(error, SandboxError::Unavailable { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(word) && text.contains("apt-get install docker.io"),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_without_walls_takes_two_keys_and_one_caller() {
    let wanted = Settings {
        development_local_runner: true,
        ..settings(TierChoice::B)
    };
    let Some(sandbox) = start(wanted.clone()).await else {
        return;
    };
    assert_eq!(
        sandbox.status().tier,
        Some(Tier::B),
        "one key is not enough"
    );
    // The other key is a variable, and this process has many threads: a process of its own.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("program.sh");
    std::fs::write(&file, "id -u; exit 0").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_fame"))
        .env("FAME_UNSAFE_LOCAL_RUNNER", "1")
        .env("FAME_SANDBOX__DEVELOPMENT_LOCAL_RUNNER", "true")
        .args(["sandbox", "run", "--json", "--profile", "shell"])
        .arg(&file)
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["tier"], "local", "{report}");
    assert_eq!(
        report["stdout"],
        format!("{}\n", rustix::process::getuid().as_raw())
    );
    for caller in [
        Caller::Voice,
        Caller::Api,
        Caller::Plugin,
        Caller::Evolution,
    ] {
        let mut request = python("import os\nprint(os.getuid())", 10.0);
        request.caller = caller;
        let report = sandbox.run(&request, None).await.unwrap();
        assert_eq!(report.stdout, "65534\n", "{caller:?}");
    }
}

/// Whoever takes a request back takes back the program that runs for it, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_taken_back_ends_its_program() {
    let Some(sandbox) = start(settings(TierChoice::B)).await else {
        return;
    };
    let brain = brain_of(clock(), sandbox.clone());
    let text = "run this python code: `import time; time.sleep(50)`";
    {
        let asked = ask_in(&brain, "workshop", text);
        tokio::pin!(asked);
        while sandbox.status().running == 0 {
            let wait = tokio::time::timeout(Duration::from_millis(20), &mut asked);
            assert!(wait.await.is_err(), "it is not run: {text}");
        }
    }
    let begun = std::time::Instant::now();
    while sandbox.status().running > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it still runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sandbox.shutdown().await;
}
