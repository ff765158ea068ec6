//! Being told what happens.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, Running, settings, start};

/// A client of `/events`, line by line.
struct Listener {
    lines: tokio::io::Lines<BufReader<TcpStream>>,
}

impl Listener {
    async fn open(server: &Running, headers: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = server.request("GET", "/events", &server.read, headers, "");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut listener = Self {
            lines: BufReader::new(stream).lines(),
        };
        listener.line_with("retry: ").await.expect("no stream");
        listener
    }

    /// The next line that begins so; nothing if the stream ends before.
    async fn line_with(&mut self, start: &str) -> Option<String> {
        let found = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                // The last piece of an answer in pieces is empty.
                if line == "0" {
                    return None;
                }
                if line.starts_with(start) {
                    return Some(line);
                }
            }
            None
        };
        tokio::time::timeout(PATIENCE, found)
            .await
            .expect("silence")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_arrive_with_their_numbers_and_are_resumed() {
    let server = start(settings()).await;
    let mut listener = Listener::open(&server, "").await;
    server.house.publish("one");
    server.house.publish("two");
    assert_eq!(listener.line_with("id: ").await.unwrap(), "id: 1");
    assert_eq!(listener.line_with("event: ").await.unwrap(), "event: reply");
    let data = listener.line_with("data: ").await.unwrap();
    let json: serde_json::Value = serde_json::from_str(&data[6..]).unwrap();
    assert_eq!(json["event"]["text"], "one");
    drop(listener);
    server.house.publish("three");
    let mut again = Listener::open(&server, "Last-Event-ID: 1\r\n").await;
    server.house.publish("four");
    for id in ["id: 2", "id: 3", "id: 4"] {
        assert_eq!(again.line_with("id: ").await.unwrap(), id);
    }
    for number in 0..200 {
        server.house.publish(&number.to_string());
    }
    let mut late = Listener::open(&server, "Last-Event-ID: 4\r\n").await;
    assert_eq!(late.line_with("event: ").await.unwrap(), "event: missed");
    let bad = server
        .raw(&server.request("GET", "/events", &server.read, "Last-Event-ID: x\r\n", ""))
        .await;
    assert_eq!(bad.code(), "malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_room_for_so_many_and_it_is_given_back() {
    let mut settings = settings();
    settings.room.streams = 2;
    let server = start(settings).await;
    let held = [
        Listener::open(&server, "").await,
        Listener::open(&server, "").await,
    ];
    let refused = server.get("/events", &server.read).await;
    assert_eq!((refused.status, refused.code()), (503, "busy".into()));
    drop(held);
    let waited = tokio::time::timeout(PATIENCE, async {
        while server.get("/events", &server.read).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "room is not given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_key() {
    let mut settings = settings();
    settings.waits.beat = Duration::from_millis(50);
    let server = start(settings).await;
    let mut listener = Listener::open(&server, "").await;
    assert!(listener.line_with(": ").await.is_some(), "no sign of life");
    let id = server.keys.list()[1].id.clone();
    server.keys.revoke(&id).unwrap();
    assert_eq!(listener.line_with("id: ").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_the_server_stops() {
    let mut server = start(settings()).await;
    let mut listener = Listener::open(&server, "").await;
    server.stop();
    assert_eq!(listener.line_with("id: ").await, None);
    tokio::time::timeout(PATIENCE, &mut server.ended)
        .await
        .expect("the server does not stop")
        .unwrap();
}
