#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::net::IpAddr;

use super::*;
use crate::limits::MAX_CONTACTS;
use crate::network::{Addresses, AllowList, Outside};

/// Names that lead to servers of the test; everything else is as on the real one.
struct Fake {
    names: HashMap<&'static str, Vec<SocketAddr>>,
    open: Vec<SocketAddr>,
}

impl Outside for Fake {
    fn resolve<'a>(&'a self, host: &'a str, _port: u16) -> Addresses<'a> {
        Box::pin(async move {
            let found = self.names.get(host).cloned();
            found.ok_or_else(|| io::ErrorKind::NotFound.into())
        })
    }

    fn may_connect(&self, peer: IpAddr, _own: Option<IpAddr>) -> bool {
        self.open.iter().any(|address| address.ip() == peer)
    }
}

/// A server that keeps what it is sent, answers it and closes.
async fn server(answer: &'static [u8]) -> (SocketAddr, tokio::sync::mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, heard) = tokio::sync::mpsc::channel(64);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut piece = vec![0; 64 * 1024];
            let length = connection.read(&mut piece).await.unwrap_or(0);
            piece.truncate(length);
            let _ = connection.write_all(answer).await;
            let _ = tell.send(piece).await;
        }
    });
    (address, heard)
}

/// A proxy for these names, on a socket of its own.
async fn proxy(allow: &[&str], names: &[(&'static str, &[SocketAddr])]) -> (Proxy, SocketAddr) {
    let allow: Vec<String> = allow.iter().map(|entry| (*entry).to_owned()).collect();
    let outside = Fake {
        names: names
            .iter()
            .map(|(name, at)| (*name, at.to_vec()))
            .collect(),
        open: vec!["127.0.0.2:0".parse().unwrap()],
    };
    let grant = Grant {
        allow: Arc::new(AllowList::parse(&allow).unwrap()),
        outside: Arc::new(outside),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (Proxy::serve(Listener::Tcp(listener), &grant), address)
}

/// What comes back for a request.
async fn ask(proxy: SocketAddr, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(proxy).await.unwrap();
    connection.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // A reset is an end, too.
    let _ = connection.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_tunnel_to_a_listed_host_carries_both_ways_and_is_counted() {
    let (at, mut heard) = server(b"pong").await;
    let (proxy, address) = proxy(&["a.org"], &[("a.org", &[at])]).await;
    let answer = ask(address, b"CONNECT a.org:443 HTTP/1.1\r\n\r\nping").await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\npong"),
        "{answer}"
    );
    assert_eq!(heard.recv().await.unwrap(), b"ping");
    let told = proxy.finish().await;
    let contact = &told.contacts[0];
    assert!(contact.allowed && contact.problem.is_none(), "{told:?}");
    assert_eq!((contact.sent_bytes, contact.received_bytes), (4, 4));
}

#[tokio::test]
async fn a_plain_request_reaches_its_host_and_what_follows_it_does_not() {
    let (at, mut heard) = server(b"HTTP/1.1 302 Found\r\nLocation: http://b.org/\r\n\r\n").await;
    let (proxy, address) = proxy(&["a.org"], &[("a.org", &[at])]).await;
    let request = b"POST http://a.org/x HTTP/1.1\r\nHost: b.org\r\nContent-Length: 2\r\n\r\nhi\
                    GET /y HTTP/1.1\r\nHost: b.org\r\n\r\n";
    // The redirect is the program's to follow, and is refused when it does.
    assert!(ask(address, request).await.starts_with("HTTP/1.1 302 "));
    let sent = String::from_utf8(heard.recv().await.unwrap()).unwrap();
    assert!(
        sent.contains("Host: a.org\r\n") && !sent.contains("b.org"),
        "{sent}"
    );
    let refused = ask(address, b"GET http://b.org/ HTTP/1.1\r\n\r\n").await;
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    let told = proxy.finish().await;
    assert_eq!(told.contacts.len(), 2);
    assert!(
        told.contacts[0].allowed && !told.contacts[1].allowed,
        "{told:?}"
    );
}

#[tokio::test]
async fn what_is_not_listed_or_leads_inside_is_refused_and_never_connected() {
    let (at, mut heard) = server(b"secret").await;
    let inside: SocketAddr = format!("127.0.0.1:{}", at.port()).parse().unwrap();
    let mapped: SocketAddr = format!("[::ffff:127.0.0.1]:{}", at.port()).parse().unwrap();
    let names: &[(&'static str, &[SocketAddr])] = &[
        ("rebound.org", &[inside]),
        ("mapped.org", &[mapped]),
        ("good.org.evil.com", &[at]),
    ];
    let (proxy, address) = proxy(
        &["rebound.org", "mapped.org", "good.org", "gone.org"],
        names,
    )
    .await;
    for (target, status, word) in [
        ("rebound.org:443", 403, "no public address"),
        ("mapped.org:443", 403, "no public address"),
        ("good.org.evil.com:443", 403, "not on the allow-list"),
        ("good.org:22", 403, "not on the allow-list"),
        ("127.0.0.2:443", 403, "no host's name"),
        ("[::1]:443", 403, "no host's name"),
        ("gone.org:443", 502, "cannot be resolved"),
    ] {
        let request = format!("CONNECT {target} HTTP/1.1\r\n\r\n");
        let answer = ask(address, request.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{target}: {answer}"
        );
        assert!(answer.contains(word), "{target}: {answer}");
    }
    let told = proxy.finish().await;
    assert_eq!(told.contacts.len(), 7, "{told:?}");
    assert_eq!(
        told.contacts
            .iter()
            .filter(|contact| contact.allowed)
            .count(),
        1
    );
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn heads_that_are_none_or_too_long_are_answered() {
    let (proxy, address) = proxy(&["a.org"], &[]).await;
    let answer = ask(address, b"\x16\x03\x01 no HTTP\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let long = format!(
        "GET http://a.org/{} HTTP/1.1\r\n",
        "x".repeat(MAX_HEAD_BYTES)
    );
    let answer = ask(address, long.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 431 ") || answer.is_empty(),
        "{answer}"
    );
    assert!(proxy.finish().await.contacts.is_empty());
}

#[tokio::test]
async fn connections_and_lines_are_bounded_and_what_is_beyond_is_counted() {
    let (proxy, address) = proxy(&["a.org"], &[]).await;
    for index in 0..MAX_CONNECTIONS + 5 {
        let request = format!("CONNECT h{index}.org:443 HTTP/1.1\r\n\r\n");
        let answer = ask(address, request.as_bytes()).await;
        assert_eq!(
            answer.is_empty(),
            index >= MAX_CONNECTIONS,
            "{index}: {answer}"
        );
    }
    let told = proxy.finish().await;
    assert_eq!(told.contacts.len(), MAX_CONTACTS);
    assert_eq!(told.left_out as usize, MAX_CONNECTIONS - MAX_CONTACTS + 5);
}

#[tokio::test]
async fn when_the_run_is_over_its_connections_are() {
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (proxy, address) = proxy(&["a.org"], &[("a.org", &[at])]).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client
        .write_all(b"CONNECT a.org:443 HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    assert!(client.read(&mut [0; 200]).await.unwrap() > 0);
    proxy.finish().await;
    assert!(matches!(server.read(&mut [0; 1]).await, Ok(0) | Err(_)));
    assert!(matches!(client.read(&mut [0; 1]).await, Ok(0) | Err(_)));
}
