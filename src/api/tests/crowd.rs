//! A thousand at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::{Reply, settings, start};

const CLIENTS: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_clients_are_all_answered() {
    let server = Arc::new(start(settings()).await);
    let all_there = Arc::new(Barrier::new(CLIENTS));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (server, all_there) = (server.clone(), all_there.clone());
        clients.spawn(async move {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            all_there.wait().await;
            for round in 0..2 {
                let body = format!(r#"{{"text":"{client}.{round}"}}"#);
                let request = server.request("POST", "/query", &server.query, "", &body);
                stream.write_all(request.as_bytes()).await.unwrap();
                let reply = Reply::read(&mut stream).await;
                assert_eq!(reply.status, 200, "{reply:?}");
                let expected = format!("You said: {client}.{round}");
                assert_eq!(reply.json()["response"], expected);
            }
        });
    }
    clients.join_all().await;
    assert_eq!(server.house.acts.load(Ordering::SeqCst), 2 * CLIENTS);
}
