//! Guessing.

use fame_api::Rate;
use secrecy::ExposeSecret;

use crate::support::{settings, start};

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_told_once_and_locks_nobody_out() {
    let mut settings = settings();
    settings.wrong_keys = Rate {
        burst: 20,
        per_second: 0.01,
    };
    let server = start(settings).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let (_, [wrong, ..]) = crate::support::keys(&elsewhere);
    let mut codes = std::collections::BTreeMap::new();
    for guess in 0..200 {
        let key = match guess % 2 {
            0 => wrong.clone(),
            _ => format!("fame_{guess}"),
        };
        let reply = server.get("/status", &key).await;
        if reply.status == 429 {
            assert!(reply.header("retry-after").is_some());
        }
        *codes.entry(reply.code()).or_insert(0) += 1;
    }
    assert_eq!(codes["key_wrong"] + codes["key_malformed"], 20, "{codes:?}");
    assert_eq!(codes["too_many_keys"], 180, "{codes:?}");
    assert_eq!(server.house.wrong.lock().unwrap().len(), 1, "told once");
    assert_eq!(server.get("/status", &server.read).await.status, 200);
}

#[tokio::test]
async fn revoked_and_expired_keys_say_so_to_who_holds_them() {
    let server = start(settings()).await;
    let id = server.keys.list()[1].id.clone();
    server.keys.revoke(&id).unwrap();
    assert_eq!(
        server.get("/status", &server.read).await.code(),
        "key_revoked"
    );

    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(50);
    let made = server
        .keys
        .create("short", [fame_auth::Scope::Read].into(), Some(soon))
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    let reply = server.get("/status", made.key.expose_secret()).await;
    assert_eq!((reply.status, reply.code()), (401, "key_expired".into()));
}
