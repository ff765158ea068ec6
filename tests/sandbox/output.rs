//! What programs write and leave. (4, 15, 16)

use std::time::Duration;

use fame::sandbox::{Progress, limits};
use tokio::sync::mpsc;

use super::support::{on_each_tier, python, request, run};

#[tokio::test(flavor = "multi_thread")]
async fn each_profile_says_hello_and_reads_its_input() {
    const HELLO: [(&str, &str); 4] = [
        (
            "python",
            "import sys\nprint('hello', sys.stdin.read(), end='')",
        ),
        ("shell", "printf 'hello %s' \"$(cat)\""),
        (
            "javascript",
            "process.stdout.write('hello ' + require('fs').readFileSync(0, 'utf8'))",
        ),
        (
            "rust",
            "fn main() { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap(); print!(\"hello {s}\") }",
        ),
    ];
    on_each_tier(async |sandbox| {
        let installed = sandbox.status().profiles;
        for (profile, code) in HELLO {
            if !installed.iter().any(|name| name == profile) {
                eprintln!("skipped: `{profile}` is not installed");
                continue;
            }
            let mut request = request(profile, code, 20.0);
            request.stdin = b"fame".to_vec();
            let report = sandbox.run(&request, None).await.unwrap();
            assert!(report.ok, "{report:?}");
            assert_eq!(report.stdout, "hello fame", "{report:?}");
            assert_eq!((report.exit_code, report.signal), (Some(0), None));
            assert_eq!(report.stdout_bytes, 10);
            assert!(
                report.cpu_ms > 0 && report.peak_memory_bytes > 0,
                "{report:?}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_program_ends_is_told() {
    on_each_tier(async |sandbox| {
        let report = run(
            sandbox,
            "import sys\nprint('bad', file=sys.stderr)\nsys.exit(3)",
            10.0,
        )
        .await;
        assert_eq!(
            (report.ok, report.exit_code),
            (false, Some(3)),
            "{report:?}"
        );
        assert_eq!(
            (report.stdout.as_str(), report.stderr.as_str()),
            ("", "bad\n"),
            "{report:?}"
        );
        let report = run(sandbox, "import os\nos.abort()", 10.0).await;
        assert_eq!(
            (report.exit_code, report.signal),
            (None, Some(6)),
            "{report:?}"
        );
        let report = run(sandbox, "def", 10.0).await;
        assert!(report.stderr.contains("SyntaxError"), "{report:?}");
        assert_eq!(report.exit_code, Some(1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_counted_and_its_ends_are_kept() {
    const FLOODS: [(&str, bool, bool); 3] = [
        ("os.write(1, b'x' * 65536)", true, false),
        ("os.write(2, b'y' * 65536)", false, true),
        (
            "os.write(1, b'x' * 4096); os.write(2, b'y' * 4096)",
            true,
            true,
        ),
    ];
    on_each_tier(async |sandbox| {
        for (write, out, err) in FLOODS {
            let code = format!(
                "import os\nos.write(1, b'begin')\nfor _ in range(1000): {write}\nos.write(1, b'end')"
            );
            let report = run(sandbox, &code, 30.0).await;
            assert!(report.ok && report.truncated, "{write}: {report:?}");
            assert!(report.stdout.starts_with("begin") && report.stdout.ends_with("end"));
            for (flooded, bytes, text) in [
                (out, report.stdout_bytes, &report.stdout),
                (err, report.stderr_bytes, &report.stderr),
            ] {
                assert_eq!(bytes > 4_000_000, flooded, "{write}");
                assert!(text.len() <= 2 * limits::KEPT_OUTPUT_BYTES + 200);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_steers_terminals_is_taken_out() {
    on_each_tier(async |sandbox| {
        let code = "import os\n\
            os.write(1, b'a\\x1b]52;c;aGk=\\x07b\\x1b[2Jc\\x1b]0;title\\x1b\\\\d\\xff\\xe2\\x80\\xae!\\r\\n')";
        let report = run(sandbox, code, 10.0).await;
        assert_eq!(report.stdout, "abcd\u{fffd}!\n", "{report:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_comes_while_the_program_runs() {
    on_each_tier(async |sandbox| {
        let (to, mut from) = mpsc::channel(16);
        let code = "import time\nprint('one')\ntime.sleep(1.5)\nprint('two')";
        let request = python(code, 20.0);
        let run = sandbox.run(&request, Some(to));
        tokio::pin!(run);
        let (mut text, mut started) = (String::new(), 0);
        let mut listen = |progress| match progress {
            Progress::Stdout { text: piece } => {
                text.push_str(&piece);
                text == "one\n"
            }
            Progress::Started { .. } => {
                started += 1;
                false
            }
            Progress::Queued | Progress::Stderr { .. } => panic!("{progress:?}"),
        };
        let report = loop {
            tokio::select! {
                Some(progress) = from.recv() => if listen(progress) {
                    // `two` is a while away.
                    let soon = tokio::time::timeout(Duration::from_millis(300), &mut run).await;
                    assert!(soon.is_err(), "`one` came at the end only");
                },
                report = &mut run => break report.unwrap(),
            }
        };
        while let Ok(progress) = from.try_recv() {
            listen(progress);
        }
        assert!(report.ok, "{report:?}");
        assert_eq!((text.as_str(), started), ("one\ntwo\n", 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_left_come_back() {
    on_each_tier(async |sandbox| {
        let code = "import os\n\
            os.makedirs('plots')\n\
            open('plots/a.txt', 'w').write('abc')\n\
            open('.hidden', 'wb').write(bytes(range(256)))";
        let report = run(sandbox, code, 10.0).await;
        assert!(report.ok && !report.truncated, "{report:?}");
        let names: Vec<_> = report.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, [".hidden", "plots/a.txt"]);
        assert_eq!(report.files[1].content, b"abc");
        assert_eq!(report.files[0].bytes, 256);
        let none = run(sandbox, "print(1)", 10.0).await;
        assert!(none.files.is_empty() && !none.truncated, "{none:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_does_not_come_back() {
    on_each_tier(async |sandbox| {
        let code = "import os, socket\n\
            open('good', 'w').write('1')\n\
            os.symlink('/etc/passwd', 'link')\n\
            os.symlink('/sandbox/code', 'folder')\n\
            try: os.mkfifo('fifo')\n\
            except OSError: pass\n\
            socket.socket(socket.AF_UNIX).bind('socket')\n\
            try: os.mknod('device', 0o20666, 0x103)\n\
            except OSError: pass\n\
            open('new\\nline', 'w').close()\n\
            open('esc\\x1b[2J', 'w').close()\n\
            open(b'bytes\\xff', 'w').close()\n\
            open('rtl\\u202egpj.exe', 'w').close()\n\
            open('large', 'wb').write(b'x' * (9 << 20))\n";
        let report = run(sandbox, code, 10.0).await;
        assert!(report.ok && report.truncated, "{report:?}");
        let names: Vec<_> = report.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["good"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_files_without_end_is_bounded() {
    on_each_tier(async |sandbox| {
        let many = "for i in range(3000): open(str(i), 'w').close()";
        let report = run(sandbox, many, 20.0).await;
        assert!(report.ok && report.truncated, "{report:?}");
        assert_eq!(report.files.len(), limits::MAX_FILES);
        let much = "for i in range(7): open(str(i), 'wb').write(b'x' * (8 << 20))";
        let report = run(sandbox, much, 20.0).await;
        assert!(report.ok && report.truncated, "{report:?}");
        assert_eq!(report.files.len(), 4);
        // The output folder replaced by a link shows what is inside, not what is outside.
        let link =
            "import os\nos.rename('/sandbox/out', '/sandbox/old')\nos.symlink('/', '/sandbox/out')";
        let report = run(sandbox, link, 20.0).await;
        let host = std::fs::read("/etc/hostname").unwrap_or_default();
        assert!(
            report
                .files
                .iter()
                .all(|file| file.content != host || host.is_empty())
        );
    })
    .await;
}
