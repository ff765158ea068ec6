//! Peers that break the rules, one at a time and in crowds. Everybody else is served all along.

use std::time::Duration;

use fame::ipc::Client;
use fame::ipc::protocol::{MAX_FRAME, Request, Status, code};
use fame::ipc::server::MAX_CONNECTIONS;
use serde_json::json;

use super::support::{Daemon, until};

fn is_served(client: &mut Client) -> bool {
    client.call::<Status>(&Request::Status).is_ok()
}

#[test]
fn garbage_harms_nobody() {
    let daemon = Daemon::start();
    let mut bystander = daemon.client();
    let mut noise: u32 = 1;
    for _ in 0..20 {
        let mut peer = daemon.peer();
        let bytes: Vec<u8> = (0..4096)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .collect();
        let _ = peer.raw(&bytes);
        peer.send(b"");
        assert_eq!(peer.code(), i64::from(code::PARSE));
        assert!(is_served(&mut bystander));
    }
}

#[test]
fn a_frame_may_be_as_long_as_the_limit_and_no_longer() {
    let daemon = Daemon::start();
    let mut peer = daemon.peer().greeted();
    let frame = |length: usize| {
        let bare = r#"{"jsonrpc":"2.0","id":1,"method":"say","params":{"text":""}}"#;
        bare.replace(r#""""#, &format!("{:?}", "x".repeat(length - bare.len())))
    };
    peer.send(frame(MAX_FRAME).as_bytes());
    assert_eq!(peer.receive().unwrap()["result"]["finished"], true);
    peer.send(frame(MAX_FRAME + 1).as_bytes());
    assert_eq!(peer.code(), i64::from(code::FRAME_TOO_LONG));
    peer.send(frame(3 * MAX_FRAME).as_bytes());
    assert_eq!(peer.code(), i64::from(code::FRAME_TOO_LONG));
    peer.call(2, "stop", &json!({}));
    assert_eq!(peer.receive().unwrap()["id"], 2, "the connection goes on");
}

#[test]
fn half_a_frame_is_nothing() {
    let daemon = Daemon::start();
    let mut peer = daemon.peer().greeted();
    peer.raw(br#"{"jsonrpc":"2.0","id":1,"method":"shutdown"}"#)
        .unwrap();
    drop(peer);
    assert!(is_served(&mut daemon.client()));
    assert_eq!(*daemon.fake.calls.lock().unwrap(), [Request::Status]);
}

#[test]
fn a_thousand_quick_clients_are_all_served() {
    let daemon = Daemon::start();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..125 {
                    assert!(is_served(&mut daemon.client()));
                }
            });
        }
    });
    assert_eq!(daemon.fake.calls.lock().unwrap().len(), 1000);
}

#[test]
fn a_client_too_many_is_refused_until_another_leaves() {
    let daemon = Daemon::start();
    let mut crowd: Vec<_> = (0..MAX_CONNECTIONS).map(|_| daemon.client()).collect();
    let mut peer = daemon.peer();
    assert_eq!(peer.code(), i64::from(code::TOO_MANY_CONNECTIONS));
    assert_eq!(peer.receive(), None);
    assert!(crowd.iter_mut().all(is_served));
    crowd.pop();
    assert!(is_served(&mut daemon.client()));
}

#[test]
fn who_asks_and_never_reads_is_dropped() {
    let daemon = Daemon::start();
    let mut bystander = daemon.client();
    let mut peer = daemon.peer().greeted();
    let long = format!(
        r#"{{"jsonrpc":"2.0","id":{:?},"method":"brew"}}"#,
        "x".repeat(60_000)
    );
    let mut sent = 0;
    while sent < 2000
        && peer
            .raw(long.as_bytes())
            .and_then(|()| peer.raw(b"\n"))
            .is_ok()
    {
        sent += 1;
    }
    assert!(sent < 2000, "the daemon went on reading");
    assert!(is_served(&mut bystander));
    drop(peer);
}

#[test]
fn a_silent_peer_does_not_keep_its_place() {
    let daemon = Daemon::start();
    let mut silent: Vec<_> = (0..MAX_CONNECTIONS).map(|_| daemon.peer()).collect();
    assert_eq!(silent[0].code(), i64::from(code::HELLO_TIMEOUT));
    until("there is room again", || {
        std::thread::sleep(Duration::from_millis(50));
        Client::connect(&daemon.socket, "test").is_ok()
    });
}
