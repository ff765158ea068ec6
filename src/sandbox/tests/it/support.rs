//! Sandboxes, programs and a network for the tests.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fame_sandbox::{
    Addresses, Caller, NetworkSettings, Outside, Report, Request, Sandbox, Settings, TierChoice,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Set where the tests have started an engine: then one that does not answer is a failure.
const ENGINE_IS_THERE: &str = "FAME_TEST_ENGINE";

/// How often the tests' sandboxes look for an engine.
pub const PAUSE: Duration = Duration::from_millis(100);

/// The program that is tier B's helper.
pub fn helper() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_fame-sandbox-helper"))
}

/// The address at which the tests' servers are, and which alone the tests' network lets through.
pub const OPEN: &str = "127.0.0.2";

/// Names that lead to servers of the test.
#[derive(Default)]
pub struct Names(pub HashMap<&'static str, Vec<SocketAddr>>);

impl Outside for Names {
    fn resolve<'a>(&'a self, host: &'a str, _port: u16) -> Addresses<'a> {
        Box::pin(async move {
            let found = self.0.get(host).cloned();
            found.ok_or_else(|| io::ErrorKind::NotFound.into())
        })
    }

    fn may_connect(&self, peer: IpAddr, _own: Option<IpAddr>) -> bool {
        peer.to_string() == OPEN
    }
}

/// A web server that says what it was asked for, until the test ends.
pub async fn web_server(at: &str) -> SocketAddr {
    let listener = TcpListener::bind((at, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = vec![0; 4_096];
                let length = connection.read(&mut asked).await.unwrap_or(0);
                let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
                let line = asked.lines().next().unwrap_or_default();
                let body = format!("served {line}");
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = connection.write_all(answer.as_bytes()).await;
            });
        }
    });
    address
}

/// Settings of one tier, with nothing kept ready.
pub fn settings(tier: TierChoice) -> Settings {
    Settings {
        tier,
        warm: 0,
        ..Settings::default()
    }
}

/// The same, in which Python may reach these hosts.
pub fn with_network(tier: TierChoice, allow: &[&str]) -> Settings {
    let network = NetworkSettings {
        allow_network: true,
        allow: allow.iter().map(|host| (*host).to_owned()).collect(),
    };
    Settings {
        network: [("python".to_owned(), network)].into(),
        ..settings(tier)
    }
}

/// A sandbox; none, with a message, where tier A is asked for and no engine can be had.
pub async fn start(settings: Settings, names: Names) -> Option<Sandbox> {
    let wanted = settings.tier;
    let sandbox = Sandbox::on_trial(settings, helper(), Arc::new(names), PAUSE).await;
    let status = sandbox.status();
    if status.tier.is_some() {
        return Some(sandbox);
    }
    let may_lack = wanted == TierChoice::A && std::env::var_os(ENGINE_IS_THERE).is_none();
    assert!(may_lack, "{:?}", status.reasons);
    eprintln!("skipped on tier A: {:?}", status.reasons);
    None
}

pub fn request(profile: &str, code: &str) -> Request {
    Request {
        profile: profile.into(),
        code: code.into(),
        stdin: Vec::new(),
        timeout: Duration::from_secs(20),
        caller: Caller::Plugin,
    }
}

/// Runs a program.
pub async fn run(sandbox: &Sandbox, profile: &str, code: &str) -> Report {
    sandbox.run(&request(profile, code), None).await.unwrap()
}
