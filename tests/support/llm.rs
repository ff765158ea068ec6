//! A stub of an OpenAI-compatible server, as good or as bad as a test wants it.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does with one request, step by step; then it hangs up.
#[derive(Clone, Debug, Default)]
pub struct Reply(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    /// Waits until the client hangs up.
    Hang,
}

impl Reply {
    /// A status line with headers, each ending in `\r\n`.
    pub fn head(status: &str, headers: &str) -> Self {
        Self::default().send(&format!(
            "HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n"
        ))
    }

    /// The head of a stream of events.
    pub fn stream() -> Self {
        Self::head(
            "200 OK",
            "Content-Type: text/event-stream; charset=utf-8\r\n",
        )
    }

    /// A whole answer with a status.
    pub fn status(status: &str, headers: &str, body: &str) -> Self {
        Self::head(status, headers).send(body)
    }

    /// A whole JSON answer.
    pub fn json(body: &Value) -> Self {
        Self::status(
            "200 OK",
            "Content-Type: application/json\r\n",
            &body.to_string(),
        )
    }

    /// Nothing at all.
    pub fn hang_up() -> Self {
        Self::default()
    }

    /// Bytes as they are.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.push(Step::Send(bytes.to_owned()));
        self
    }

    /// Text as it is.
    pub fn send(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// An event with this delta.
    pub fn delta(self, delta: Value) -> Self {
        let event = json!({ "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": delta }] });
        self.send(&format!("data: {event}\n\n"))
    }

    /// An event for each of these texts.
    pub fn words(self, words: &[&str]) -> Self {
        words
            .iter()
            .fold(self, |reply, word| reply.delta(json!({ "content": word })))
    }

    /// The end of a stream.
    pub fn done(self, reason: &str) -> Self {
        let event = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] });
        self.send(&format!("data: {event}\n\ndata: [DONE]\n\n"))
    }

    /// A pause.
    pub fn pause(mut self, millis: u64) -> Self {
        self.0.push(Step::Pause(Duration::from_millis(millis)));
        self
    }

    /// Silence until the client hangs up.
    pub fn hang(mut self) -> Self {
        self.0.push(Step::Hang);
        self
    }
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Request line and headers.
    pub head: String,
    /// The body; null if there is none.
    pub body: Value,
}

/// The server. It gives one reply a connection, the last one again and again.
pub struct Llm {
    /// For `base_url`.
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    hung_up: Arc<tokio::sync::Notify>,
    task: JoinHandle<()>,
}

impl Llm {
    /// Starts it on a free port.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: Vec<Reply> = replies.into_iter().collect();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let hung_up = Arc::new(tokio::sync::Notify::new());
        let (seen, told) = (Arc::clone(&asked), Arc::clone(&hung_up));
        let task = tokio::spawn(async move {
            for turn in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let reply = replies[turn.min(replies.len() - 1)].clone();
                if answer(stream, reply, &seen).await.is_none() {
                    told.notify_one();
                }
            }
        });
        Self {
            url,
            asked,
            hung_up,
            task,
        }
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until a client hangs up before its answer is sent.
    pub async fn client_hung_up(&self) {
        let waited = tokio::time::timeout(Duration::from_secs(10), self.hung_up.notified()).await;
        waited.expect("the client still waits");
    }
}

impl Drop for Llm {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads a request and plays the reply; `None` if the client hangs up before its end.
async fn answer(stream: TcpStream, reply: Reply, seen: &Mutex<Vec<Asked>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let asked = read(&mut stream).await?;
    seen.lock().unwrap().push(asked);
    for step in reply.0 {
        match step {
            Step::Send(bytes) => stream.get_mut().write_all(&bytes).await.ok()?,
            Step::Pause(time) => tokio::time::sleep(time).await,
            Step::Hang => {
                let mut rest = Vec::new();
                let _ = stream.read_to_end(&mut rest).await;
                return None;
            }
        }
    }
    stream.get_mut().shutdown().await.ok()
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(Asked { head, body })
}
