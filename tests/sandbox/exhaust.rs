//! Programs that want all there is: processes, memory, disk, time. (1, 2, 3, 5, 6, 18)

use std::time::{Duration, Instant};

use fame::sandbox::{Settings, TierChoice};

use super::support::{expect_dead, marker, on_each_tier, python, request, run, settings, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_bomb_meets_its_limit_and_its_end() {
    on_each_tier(async |sandbox| {
        let word = marker();
        let code = format!(
            "import os, subprocess, sys, time\n\
             count = 0\n\
             try:\n\
             \x20   while True:\n\
             \x20       subprocess.Popen(['/bin/sleep', '{word}'])\n\
             \x20       count += 1\n\
             except OSError as error:\n\
             \x20   print(count, error.errno, flush=True)\n\
             while True:\n\
             \x20   try:\n\
             \x20       os.fork()\n\
             \x20   except OSError:\n\
             \x20       time.sleep(0.01)\n"
        );
        let report = run(sandbox, &code, 3.0).await;
        assert!(report.timed_out, "{report:?}");
        let mut words = report.stdout.split_whitespace();
        let count: u64 = words.next().unwrap().parse().unwrap();
        assert!((1..=64).contains(&count), "{report:?}");
        assert_eq!(words.next(), Some("11"), "EAGAIN: {report:?}");
        expect_dead(&word, report.tier).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_bomb_meets_its_limit() {
    on_each_tier(async |sandbox| {
        let code = "import threading, time\n\
            started = 0\n\
            try:\n\
            \x20   while True:\n\
            \x20       threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n\
            \x20       started += 1\n\
            except RuntimeError:\n\
            \x20   print(started)\n";
        let report = run(sandbox, code, 10.0).await;
        let started: u64 = report.stdout.trim().parse().unwrap();
        assert!((1..=64).contains(&started), "{report:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_all_memory_is_ended_for_it() {
    const HOGS: [&str; 4] = [
        "x = b'x' * (1 << 30)\nprint(len(x))",
        "data = []\nwhile True: data.append(b'y' * (1 << 20))",
        "import mmap\nm = mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n\
         for page in range(0, 1 << 30, 4096): m[page] = 1\nprint('had it')",
        "import os, time\n\
         for _ in range(30):\n\
         \x20   if os.fork() == 0:\n\
         \x20       data = bytearray(os.urandom(1 << 20)) * 20\n\
         \x20       time.sleep(60)\n\
         if os.wait()[1]: os.kill(os.getpid(), 9)",
    ];
    on_each_tier(async |sandbox| {
        for hog in HOGS {
            let report = run(sandbox, hog, 20.0).await;
            assert!(report.oom, "{hog}: {report:?}");
            assert!(!report.ok);
            assert!(report.peak_memory_bytes < 512 << 20, "{hog}: {report:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_that_would_be_nobodys_cannot_be_had() {
    let Some(sandbox) = start(settings(TierChoice::B)).await else {
        return;
    };
    let code = "import mmap, os, ctypes\n\
        try:\n\
        \x20   mmap.mmap(-1, 1 << 20)\n\
        \x20   print('shared memory without a file')\n\
        except OSError: pass\n\
        try:\n\
        \x20   os.memfd_create('x')\n\
        \x20   print('a file in memory')\n\
        except OSError: pass\n\
        if ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600) != -1: print('shmget')\n\
        print('done')";
    let report = run(&sandbox, code, 10.0).await;
    assert_eq!(report.stdout, "done\n", "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_does_not_fill() {
    on_each_tier(async |sandbox| {
        let code = "import os, errno\n\
            def total(folder):\n\
            \x20   written = 0\n\
            \x20   try:\n\
            \x20       for i in range(100):\n\
            \x20           with open(f'{folder}/f{i}', 'wb') as f:\n\
            \x20               for _ in range(8): written += f.write(b'x' * (1 << 20))\n\
            \x20   except OSError as error:\n\
            \x20       return written >> 20, error.errno == errno.ENOSPC\n\
            \x20   return written >> 20, None\n\
            print(total('/sandbox/out'))\n\
            for i in range(100):\n\
            \x20   try: os.remove(f'/sandbox/out/f{i}')\n\
            \x20   except OSError: pass\n\
            made = 0\n\
            try:\n\
            \x20   for made in range(10000): open(f'/sandbox/out/e{made}', 'w').close()\n\
            except OSError as error: print(made < 4096, error.errno == errno.ENOSPC)\n\
            for i in range(made):\n\
            \x20   os.remove(f'/sandbox/out/e{i}')\n\
            import resource, signal\n\
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n\
            with open('/tmp/sparse', 'wb') as f:\n\
            \x20   try: f.truncate(1 << 40); print('sparse')\n\
            \x20   except OSError: pass\n\
            for folder in ['/', '/usr', '/var/tmp', '/run', '/etc', '/proc', '/sys', '/dev', '/lib']:\n\
            \x20   try: open(folder + '/mine', 'w'); print('wrote to', folder)\n\
            \x20   except OSError: pass\n";
        let report = run(sandbox, code, 20.0).await;
        assert!(report.ok, "{report:?}");
        let mut lines = report.stdout.lines();
        // The last one may be a part of a MiB.
        let filled = lines.next().unwrap();
        assert!(["(63, True)", "(64, True)"].contains(&filled), "{report:?}");
        assert_eq!(lines.next(), Some("True True"), "{report:?}");
        assert_eq!(lines.next(), None, "{report:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_end_is_ended_in_time() {
    const STUBBORN: [&str; 5] = [
        "import time\nwhile True: print('.', flush=True); time.sleep(1)",
        "import os, time\nos.close(1); os.close(2)\ntime.sleep(600)",
        "import signal, time\n\
         for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)\n\
         time.sleep(600)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "import os, signal, time\n\
         try: os.kill(1, signal.SIGKILL)\n\
         except OSError: pass\n\
         try: os.kill(os.getppid(), signal.SIGSTOP)\n\
         except OSError: pass\n\
         time.sleep(600)",
    ];
    on_each_tier(async |sandbox| {
        for code in STUBBORN {
            let started = Instant::now();
            let report = run(sandbox, code, 1.0).await;
            assert!(report.timed_out && !report.ok, "{code}: {report:?}");
            assert_eq!(report.exit_code, None);
            // Starting a container is not the program's time.
            assert!(report.wall_ms >= 900, "{report:?}");
            assert!(started.elapsed() < Duration::from_secs(20));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_slips_away() {
    on_each_tier(async |sandbox| {
        let word = marker();
        let code = format!(
            "import os, subprocess\n\
             if os.fork() == 0:\n\
             \x20   os.setsid()\n\
             \x20   if os.fork() == 0:\n\
             \x20       os.execv('/bin/sleep', ['kworker/0:1', '{word}'])\n\
             \x20   os._exit(0)\n\
             os.wait()\n\
             subprocess.Popen(['/bin/sleep', '{word}'], start_new_session=True)\n\
             print('gone')"
        );
        let report = run(sandbox, &code, 10.0).await;
        assert!(report.ok, "{report:?}");
        expect_dead(&word, report.tier).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processor_time_has_a_limit_of_its_own() {
    for tier in [TierChoice::A, TierChoice::B] {
        let settings = Settings {
            cpu_seconds: 1,
            ..settings(tier)
        };
        let Some(sandbox) = start(settings).await else {
            continue;
        };
        let code = "import os, threading\n\
            for _ in range(4):\n\
            \x20   if os.fork() == 0: break\n\
            while True: pass";
        let report = run(&sandbox, code, 60.0).await;
        assert!(report.timed_out, "{report:?}");
        // Looked at every 250 ms, or when a busy engine comes to it.
        assert!(report.cpu_ms < 4_000, "{report:?}");
        // On a machine that is starved, the clock may come first.
        assert!(
            report.cpu_ms >= 900 || report.wall_ms >= 60_000,
            "{report:?}"
        );
        let nice = "import os\n\
            try: os.setpriority(os.PRIO_PROCESS, 0, -5); print('hurried')\n\
            except OSError: pass\n\
            try: os.sched_setaffinity(0, range(64)); print('spread')\n\
            except OSError: pass\n";
        let report = run(&sandbox, nice, 10.0).await;
        assert_eq!(report.stdout, "", "{report:?}");
        sandbox.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_cannot_ask_for_more_than_the_owner_allows() {
    for tier in [TierChoice::A, TierChoice::B] {
        let settings = Settings {
            wall_seconds: 1,
            ..settings(tier)
        };
        let Some(sandbox) = start(settings).await else {
            continue;
        };
        let mut forever = python("import time\ntime.sleep(600)", 1.0);
        forever.timeout = Duration::MAX;
        let report = sandbox.run(&forever, None).await.unwrap();
        assert!(report.timed_out && report.wall_ms < 10_000, "{report:?}");
        let none = request("shell", "exit 3", 0.0);
        let report = sandbox.run(&none, None).await.unwrap();
        assert!(
            report.timed_out || report.exit_code == Some(3),
            "{report:?}"
        );
        for name in ["ubuntu", "../python", "python; rm -rf /", "", "PYTHON"] {
            let error = sandbox
                .run(&request(name, "", 1.0), None)
                .await
                .unwrap_err();
            assert!(error.to_string().contains("choose one of"), "{error}");
        }
        sandbox.shutdown().await;
    }
}
