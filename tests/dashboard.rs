//! The dashboard in a real browser, in front of the real daemon.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::support::daemon::{Daemon, PATIENCE};

/// Where a person may look at what the test saw, if this names a folder.
const SCREENSHOTS: &str = "FAME_TEST_SCREENSHOTS";

struct Browser {
    driver: Child,
    client: Client,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// `None`, with a message, where there is no browser.
    async fn start() -> Option<Self> {
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut driver) = driver else {
            eprintln!("skipped: there is no chromedriver; install chromium-driver");
            return None;
        };
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port: u16 = lines
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse().ok()
            })
            .expect("chromedriver tells its port");
        let profile = tempfile::tempdir().unwrap();
        let options = json!({
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--window-size=1280,900",
                format!("--user-data-dir={}", profile.path().display()),
            ],
        });
        let Value::Object(capabilities) = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        }) else {
            unreachable!()
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Some(Self {
            driver,
            client,
            _profile: profile,
        })
    }

    /// Opens the dashboard with `key`.
    async fn enter(&self, daemon: &Daemon, key: &str) {
        self.client.goto(&daemon.url("/dashboard")).await.unwrap();
        let field = self.wait("#key").await;
        field.send_keys(key).await.unwrap();
        field.send_keys(&Key::Enter.to_string()).await.unwrap();
        self.until("!document.querySelector('#key') && document.querySelector('#query') !== null")
            .await;
    }

    async fn wait(&self, css: &str) -> fantoccini::elements::Element {
        let wait = self.client.wait().at_most(PATIENCE);
        let found = wait.for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("no {css}: {error}"))
    }

    async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until the expression is true.
    async fn until(&self, expression: &str) {
        let begun = std::time::Instant::now();
        while self.run(&format!("return Boolean({expression})")).await != true {
            let page = self.run("return document.body.innerText").await;
            assert!(begun.elapsed() < PATIENCE, "not {expression} on\n{page}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn ask(&self, text: &str) {
        let field = self.wait("#query").await;
        field.send_keys(text).await.unwrap();
        field.send_keys(&Key::Enter.to_string()).await.unwrap();
    }

    async fn keep_picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os(SCREENSHOTS) {
            let png = self.client.screenshot().await.unwrap();
            std::fs::write(
                std::path::Path::new(&folder).join(format!("{name}.png")),
                png,
            )
            .unwrap();
        }
    }

    async fn end(self) {
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn a_query_is_typed_and_its_answer_comes_with_the_events() {
    runtime().block_on(async {
        let Some(browser) = Browser::start().await else {
            return;
        };
        let daemon = Daemon::start("");
        let key = daemon.key("query,read");
        browser.enter(&daemon, &key).await;
        browser.ask("what is 23 plus 19").await;
        browser
            .until("document.querySelector('.log').innerText.includes('42')")
            .await;
        // What is asked elsewhere shows up by itself.
        daemon.fame(&["ask", "what is two plus two"]);
        browser
            .until("document.querySelector('.log').innerText.includes('what is two plus two')")
            .await;
        browser.keep_picture("live").await;
        let last = daemon.json(&["why"])["turn"].as_u64().unwrap();
        browser
            .client
            .goto(&daemon.url(&format!("/dashboard#/turns/{last}")))
            .await
            .unwrap();
        browser
            .until("document.body.innerText.includes('calculate')")
            .await;
        browser.keep_picture("why").await;
        for page in ["turns", "plugins", "sandbox", "audit", "settings"] {
            browser
                .client
                .goto(&daemon.url(&format!("/dashboard#/{page}")))
                .await
                .unwrap();
            browser.until("document.querySelector('main h1')").await;
            tokio::time::sleep(Duration::from_millis(600)).await;
            browser.keep_picture(page).await;
        }
        // Every record is there, and the chain holds.
        browser
            .client
            .goto(&daemon.url("/dashboard#/audit"))
            .await
            .unwrap();
        browser
            .until("document.body.innerText.includes('calculate')")
            .await;
        let kept = browser
            .run("return Object.values(localStorage).join()")
            .await;
        assert!(
            !kept.as_str().unwrap().contains(&key),
            "the key outlives its tab"
        );
        browser.end().await;
    });
}

#[test]
fn an_approval_is_answered_on_the_page() {
    runtime().block_on(async {
        let Some(browser) = Browser::start().await else {
            return;
        };
        let daemon = Daemon::start("[policy]\nwrite = \"confirm\"\n");
        let key = daemon.key("admin");
        browser.enter(&daemon, &key).await;
        browser
            .client
            .goto(&daemon.url("/dashboard#/approvals"))
            .await
            .unwrap();
        let asked = daemon.post(
            &key,
            "/query",
            &json!({ "text": "set a timer for ten minutes" }),
        );
        assert!(asked.body["needs_approval"].is_number(), "{asked:?}");
        browser.wait("article.approval").await;
        browser.keep_picture("approval").await;
        let yes = browser
            .wait("article.approval .actions button:last-child")
            .await;
        yes.click().await.unwrap();
        browser
            .until("!document.querySelector('article.approval')")
            .await;
        let timers = daemon.post(&key, "/query", &json!({ "text": "what timers are there" }));
        assert!(
            timers.body["response"]
                .as_str()
                .unwrap()
                .contains("10 minute"),
            "{timers:?}"
        );
        let audit = daemon.json(&["audit", "search", "--intent", "set_timer"]);
        let granted = audit["records"].as_array().unwrap().iter().any(|record| {
            record["approval"]["granted"] == true
                && record["approval"]["by"]
                    .as_str()
                    .unwrap_or_default()
                    .starts_with("rest:")
        });
        assert!(granted, "{audit}");
        browser.end().await;
    });
}

/// What users say is shown and never run: not in the transcript, the turns, the audit.
#[test]
fn a_query_with_markup_in_it_does_nothing() {
    const EVIL: &str = "<img src=x onerror=\"window.hit=1\"><script>window.hit=1</script>";
    runtime().block_on(async {
        let Some(browser) = Browser::start().await else {
            return;
        };
        let daemon = Daemon::start("");
        let key = daemon.key("query,read");
        daemon.post(&key, "/query", &json!({ "text": EVIL }));
        browser.enter(&daemon, &key).await;
        browser.ask(EVIL).await;
        for page in ["live", "turns", "audit"] {
            browser
                .client
                .goto(&daemon.url(&format!("/dashboard#/{page}")))
                .await
                .unwrap();
            browser
                .until("document.body.innerText.includes('onerror')")
                .await;
            browser.keep_picture(&format!("markup-{page}")).await;
            let marks = "return document.querySelectorAll('img[src=x], main script').length";
            assert_eq!(browser.run(marks).await, 0, "{page}");
            assert_eq!(
                browser.run("return window.hit ?? null").await,
                Value::Null,
                "{page}"
            );
        }
        browser.end().await;
    });
}
