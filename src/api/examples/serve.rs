//! The API in front of the small house of the tests, for tools that come from outside.
//!
//! `cargo run -p fame-api --example serve` prints one JSON object: the address and a key for each
//! scope. It serves until it is interrupted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    reason = "it serves tests"
)]

#[path = "../tests/support/mod.rs"]
mod support;

#[tokio::main]
async fn main() {
    let mut server = support::start(support::settings()).await;
    let hello = serde_json::json!({
        "address": server.address.to_string(),
        "query": server.query,
        "read": server.read,
        "admin": server.admin,
    });
    println!("{hello}");
    tokio::signal::ctrl_c().await.unwrap();
    server.stop();
    (&mut server.ended).await.unwrap();
}
