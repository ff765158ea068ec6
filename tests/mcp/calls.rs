//! Calls that go wrong in every way, and what they leave untouched.

use std::path::Path;
use std::time::{Duration, Instant};

use fame::plugins::mcp::{CALLS_AT_ONCE, End, Limits, Problem, State, TOOLS_AT_MOST};
use serde_json::{Map, json};

use super::{Fixture, call, eventually, hasty, is_gone, patient};

#[tokio::test]
async fn a_process_sees_a_clean_environment_and_is_limited() {
    let limits = Limits {
        open_files: 64,
        ..patient()
    };
    let plugin = Fixture::hostile("normal", limits);
    let data = plugin
        .call("surroundings", json!({}))
        .await
        .unwrap()
        .data
        .unwrap();
    let home = plugin.home.path().join("data");
    let env = data["env"].as_object().unwrap();
    assert_eq!(env["HOME"], home.to_str().unwrap());
    assert_eq!(env["COLOUR"], "blue");
    for name in ["PATH", "LANG", "TMPDIR"] {
        assert!(env.contains_key(name), "{name}");
    }
    // An interpreter behind a script has a few variables of that script.
    let scripts = ["LC_CTYPE", "PWD", "OLDPWD", "SHLVL", "_"];
    let ours = ["PATH", "LANG", "TMPDIR", "HOME", "COLOUR"];
    let leaked = env
        .keys()
        .map(String::as_str)
        .find(|name| !(ours.contains(name) || scripts.contains(name) || name.contains("PYENV_")));
    assert_eq!(leaked, None);
    assert!(Path::new(data["cwd"].as_str().unwrap()).ends_with("tests/fixtures/mcp"));
    let memory = limits.memory_bytes;
    assert_eq!(data["limits"]["data"], json!([memory, memory]));
    assert_eq!(data["limits"]["files"], json!([64, 64]));
    assert_eq!(data["limits"]["core"], json!([0, 0]));
}

#[tokio::test]
async fn a_hanging_call_ends_in_time_is_cancelled_and_harms_no_other() {
    let plugin = Fixture::hostile("normal", hasty());
    plugin.server.tools().await.unwrap();
    let begun = Instant::now();
    let (hung, ()) = tokio::join!(plugin.problem("hang", json!({})), plugin.echoes());
    assert!(
        matches!(hung, Problem::Late { ref tool, .. } if tool == "hang"),
        "{hung}"
    );
    assert!(begun.elapsed() >= hasty().call_timeout);
    assert_eq!(plugin.text("cancelled", json!({})).await, "1");

    // So it is when the caller goes away first.
    let gone = tokio::time::timeout(Duration::from_millis(50), plugin.call("hang", json!({})));
    assert!(gone.await.is_err());
    assert_eq!(plugin.text("cancelled", json!({})).await, "2");
}

#[tokio::test]
async fn answers_that_are_late_doubled_or_misaddressed_reach_nobody() {
    let plugin = Fixture::hostile("normal", hasty());
    plugin.server.tools().await.unwrap();
    let late = plugin.problem("late", json!({"seconds": 1.2})).await;
    assert!(matches!(late, Problem::Late { .. }), "{late}");
    // Its answer comes while the next call is out.
    let misaddressed = plugin.problem("wrong_id", json!({})).await;
    assert!(
        matches!(misaddressed, Problem::Late { .. }),
        "{misaddressed}"
    );
    for round in 0..5 {
        assert_eq!(plugin.text("twice", json!({})).await, "first");
        let text = format!("round {round}");
        assert_eq!(plugin.text("echo", json!({"text": text})).await, text);
        assert_eq!(plugin.text("garbage", json!({})).await, "after garbage");
    }
    assert!(matches!(plugin.server.state(), State::Running { .. }));
}

#[tokio::test]
async fn many_calls_at_once_get_their_own_answers() {
    let plugin = Fixture::hostile("normal", patient());
    let calls = (0..CALLS_AT_ONCE).map(|n| {
        let server = plugin.server.clone();
        tokio::spawn(async move {
            for round in 0..20 {
                let text = format!("{n}/{round}");
                let output = call(&server, "echo", json!({"text": text})).await.unwrap();
                assert_eq!(output.text, text);
            }
        })
    });
    for done in calls.collect::<Vec<_>>() {
        done.await.unwrap();
    }
}

#[tokio::test]
async fn calls_beyond_the_bound_are_told_that_it_is_busy() {
    let plugin = Fixture::hostile("normal", patient());
    plugin.server.tools().await.unwrap();
    let hung: Vec<_> = (0..CALLS_AT_ONCE)
        .map(|_| {
            let server = plugin.server.clone();
            tokio::spawn(async move { call(&server, "hang", json!({})).await })
        })
        .collect();
    let mut refused = None;
    eventually("the calls are out", || {
        let probe = plugin.server.call("cancelled", Map::new());
        refused = futures_now(probe);
        refused.is_some()
    })
    .await;
    let problem = refused.unwrap().unwrap_err().problem;
    assert!(
        matches!(
            problem,
            Problem::Busy {
                calls: CALLS_AT_ONCE
            }
        ),
        "{problem}"
    );
    for call in hung {
        call.abort();
    }
    eventually("the calls are gone", || {
        futures_now(plugin.server.call("cancelled", Map::new())).is_none()
    })
    .await;
    plugin.echoes().await;
}

#[tokio::test]
async fn a_flood_ends_the_flooder_only() {
    let plugin = Fixture::hostile("normal", patient());
    let other = Fixture::hostile("normal", patient());
    other.echoes().await;
    plugin.echoes().await;
    let pid = plugin.pid();
    let (flooded, ()) = tokio::join!(plugin.problem("flood", json!({})), other.echoes());
    assert!(
        matches!(
            flooded,
            Problem::Ended {
                end: End::Flood,
                ..
            }
        ),
        "{flooded}"
    );
    eventually("the flooder is gone", || is_gone(pid)).await;
    plugin.echoes().await;
    assert_ne!(plugin.pid(), pid);
}

#[tokio::test]
async fn complaints_without_end_hold_nothing_up() {
    let plugin = Fixture::hostile("normal", patient());
    assert_eq!(plugin.text("flood_stderr", json!({})).await, "complaining");
    for _ in 0..5 {
        plugin.echoes().await;
    }
    let crashed = plugin.problem("crash", json!({})).await.to_string();
    assert!(crashed.contains("complaint complaint"), "{crashed}");
    assert!(crashed.len() < 2_000, "{crashed}");
}

#[tokio::test]
async fn an_answer_of_ten_megabytes_ends_the_server_and_a_large_one_is_cut() {
    let plugin = Fixture::hostile("normal", patient());
    let output = plugin
        .call("big", json!({"bytes": 1_000_000}))
        .await
        .unwrap();
    assert!(output.truncated);
    assert_eq!(output.text.len(), Limits::default().text_bytes);
    let huge = plugin.problem("big", json!({"bytes": 10_000_000})).await;
    let limit = Limits::default().line_bytes;
    assert!(
        matches!(huge, Problem::Ended { end: End::LongLine(bytes), .. } if bytes == limit),
        "{huge}"
    );
    plugin.echoes().await;
}

#[tokio::test]
async fn a_chatty_start_is_overlooked_and_long_lists_are_cut() {
    let chatty = Fixture::hostile("chatter", patient());
    assert!(
        chatty
            .server
            .tools()
            .await
            .unwrap()
            .iter()
            .any(|tool| tool.name == "echo")
    );
    for (mode, most) in [("many_tools", TOOLS_AT_MOST), ("endless_pages", 16)] {
        let plugin = Fixture::hostile(mode, patient());
        assert_eq!(plugin.server.tools().await.unwrap().len(), most, "{mode}");
        plugin.echoes().await;
    }
}

#[tokio::test]
async fn what_a_server_asks_of_fame_is_declined() {
    let plugin = Fixture::hostile("normal", patient());
    let replies = plugin.call("ask", json!({})).await.unwrap().data.unwrap();
    assert_eq!(replies["ping"], "result");
    assert_eq!(replies["sampling/createMessage"], -32601);
    let replies = replies.as_object().unwrap();
    assert_eq!(replies.len(), 4, "{replies:?}");
}

#[tokio::test]
async fn memory_and_processor_time_are_limited() {
    let limits = Limits {
        memory_bytes: 128 * 1024 * 1024,
        cpu_seconds: 1,
        ..patient()
    };
    let plugin = Fixture::hostile("normal", limits);
    assert_eq!(
        plugin.text("hoard", json!({"bytes": 10_000_000})).await,
        "have it all"
    );
    let hoarded = plugin
        .problem("hoard", json!({"bytes": 1_000_000_000}))
        .await
        .to_string();
    assert!(hoarded.contains("MemoryError"), "{hoarded}");
    let spun = plugin.problem("spin", json!({})).await.to_string();
    assert!(spun.contains("SIGXCPU"), "{spun}");
}

/// What a future comes to at once, if it does.
fn futures_now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}
