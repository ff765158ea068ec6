//! Start, crash, restart, being left alone, end.

use std::time::{Duration, Instant};

use fame::plugins::breaker::Policy;
use fame::plugins::mcp::{End, Limits, Problem, State};
use serde_json::json;

use super::{Fixture, PATIENCE, call, eventually, hasty, is_gone, patient};
use crate::support::project;

#[tokio::test]
async fn a_crash_in_a_call_is_told_and_the_next_call_works() {
    let plugin = Fixture::hostile("normal", patient());
    plugin.echoes().await;
    let (crashed, beside) = tokio::join!(
        plugin.problem("crash", json!({})),
        plugin.problem("hang", json!({}))
    );
    for problem in [crashed, beside] {
        let text = problem.to_string();
        assert!(
            matches!(
                problem,
                Problem::Ended {
                    end: End::Exited(_),
                    ..
                }
            ),
            "{text}"
        );
        assert!(
            text.contains("exit status: 3") && text.contains("cannot go on"),
            "{text}"
        );
    }
    plugin.echoes().await;
}

#[tokio::test]
async fn one_that_closes_its_output_and_stays_is_ended() {
    let plugin = Fixture::hostile("stubborn", patient());
    plugin.echoes().await;
    let pid = plugin.pid();
    let hung_up = plugin.problem("hang_up", json!({})).await;
    assert!(
        matches!(
            hung_up,
            Problem::Ended {
                end: End::HungUp,
                ..
            }
        ),
        "{hung_up}"
    );
    eventually("it is gone", || is_gone(pid)).await;
}

#[tokio::test]
async fn one_that_dies_at_its_start_is_restarted_with_growing_delays_then_left_alone() {
    let limits = Limits {
        breaker: Policy {
            failures: 3,
            cool_down: PATIENCE,
            ..Policy::default()
        },
        ..patient()
    };
    let plugin = Fixture::hostile("crash", limits);
    let mut waited = 0;
    let open = loop {
        match plugin.problem("echo", json!({})).await {
            problem @ Problem::Ended { .. } => {
                let text = problem.to_string();
                assert!(
                    text.contains("exit status: 7") && text.contains("no licence"),
                    "{text}"
                );
            }
            Problem::BackingOff { wait, reason } => {
                assert!(reason.contains("no licence"), "{reason}");
                let state = plugin.server.state();
                assert!(matches!(state, State::BackingOff { .. }), "{state:?}");
                waited += 1;
                tokio::time::sleep(wait).await;
            }
            other => break other,
        }
    };
    assert_eq!(
        waited, 1,
        "no wait before the second start, one before the third"
    );
    assert!(matches!(open, Problem::Open { .. }), "{open}");
    assert!(open.to_string().contains("no licence"), "{open}");
    let state = plugin.server.state();
    assert!(matches!(state, State::Open { .. }), "{state:?}");
}

#[tokio::test]
async fn one_that_hangs_again_and_again_is_left_alone_then_tried_with_a_new_process() {
    let limits = Limits {
        breaker: Policy {
            failures: 2,
            cool_down: Duration::from_secs(1),
            ..Policy::default()
        },
        ..hasty()
    };
    let plugin = Fixture::hostile("normal", limits);
    plugin.server.tools().await.unwrap();
    let pid = plugin.pid();
    let refused = plugin.problem("refuse", json!({})).await;
    assert!(matches!(refused, Problem::Refused { .. }), "{refused}");
    assert!(plugin.call("fail", json!({})).await.unwrap().is_error);
    // It reads nothing more, so the second call is not even taken.
    for tool in ["block", "echo"] {
        let late = plugin.problem(tool, json!({})).await;
        assert!(matches!(late, Problem::Late { .. }), "{late}");
    }
    let open = plugin.problem("echo", json!({})).await;
    assert!(matches!(open, Problem::Open { .. }), "{open}");
    eventually("the hanging process is gone", || is_gone(pid)).await;
    tokio::time::sleep(limits.breaker.cool_down).await;
    plugin.echoes().await;
    plugin.echoes().await;
    assert_ne!(plugin.pid(), pid);
}

#[tokio::test]
async fn one_that_never_introduces_itself_is_given_up() {
    let limits = Limits {
        start_timeout: Duration::from_millis(500),
        ..patient()
    };
    let plugin = Fixture::hostile("mute", limits);
    let begun = Instant::now();
    let slow = plugin.server.tools().await.unwrap_err();
    assert!(matches!(slow.problem, Problem::SlowStart { .. }), "{slow}");
    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(plugin.server.state(), State::Stopped);

    let plugin = Fixture::new(&["cat"], project("tests"), limits);
    let echo = plugin.server.tools().await.unwrap_err();
    assert!(matches!(echo.problem, Problem::SlowStart { .. }), "{echo}");
}

#[tokio::test]
async fn a_shutdown_ends_even_a_stubborn_process_and_its_children() {
    let plugin = Fixture::hostile("stubborn", patient());
    let child: u32 = plugin.text("descend", json!({})).await.parse().unwrap();
    let pid = plugin.pid();
    assert!(!is_gone(pid) && !is_gone(child));
    let server = plugin.server.clone();
    let out = tokio::spawn(async move { call(&server, "hang", json!({})).await });
    tokio::task::yield_now().await;
    plugin.server.shutdown().await;
    assert!(is_gone(pid));
    eventually("its child is gone", || is_gone(child)).await;
    let cut = out.await.unwrap().unwrap_err().problem;
    assert!(
        matches!(
            cut,
            Problem::Ended {
                end: End::Stopped,
                ..
            } | Problem::ShutDown
        ),
        "{cut}"
    );
    let refused = plugin.problem("echo", json!({})).await;
    assert!(matches!(refused, Problem::ShutDown), "{refused}");
    assert_eq!(plugin.server.state(), State::Stopped);
}

#[tokio::test]
async fn a_shutdown_during_the_start_leaves_nothing() {
    let plugin = Fixture::hostile("mute", patient());
    let server = plugin.server.clone();
    let starting = tokio::spawn(async move { server.tools().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    plugin.server.shutdown().await;
    let problem = starting.await.unwrap().unwrap_err().problem;
    assert!(matches!(problem, Problem::ShutDown), "{problem}");
}

#[tokio::test]
async fn a_dropped_server_ends_its_process_and_its_children() {
    let plugin = Fixture::hostile("normal", patient());
    let child: u32 = plugin.text("descend", json!({})).await.parse().unwrap();
    let pid = plugin.pid();
    drop(plugin);
    eventually("they are gone", || is_gone(pid) && is_gone(child)).await;
}

#[test]
fn the_end_of_the_runtime_ends_the_process() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let plugin = Fixture::hostile("stubborn", patient());
    runtime.block_on(plugin.echoes());
    let pid = plugin.pid();
    drop(runtime);
    let begun = Instant::now();
    while !is_gone(pid) {
        assert!(begun.elapsed() < PATIENCE, "still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn what_cannot_start_says_what_to_do() {
    let dir = || project("plugins/examples/dice_py");
    for (command, part) in [
        (&[][..], "fill in `runtime`"),
        (&["no-such-program-at-all"], "install it"),
        (&["./missing"], "install it"),
        (&["server.py"], "check that it may be run"),
        (&["true"], "ended unexpectedly (exit status: 0)"),
        (
            &[
                "sh",
                "-c",
                "echo '{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-1,\"message\":\"no\"}}'; cat",
            ],
            "does not speak",
        ),
    ] {
        let plugin = Fixture::new(command, dir(), patient());
        let error = plugin.server.tools().await.unwrap_err().to_string();
        assert!(
            error.contains(part) && error.contains("`fixture`"),
            "{error}"
        );
    }
    let long = json!({"text": "x".repeat(300_000)});
    let plugin = Fixture::new(&["true"], dir(), patient());
    let problem = plugin.problem("echo", long).await;
    assert!(matches!(problem, Problem::LongRequest { .. }), "{problem}");
}
