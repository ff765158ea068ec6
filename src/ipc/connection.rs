//! One conversation with one client: hello, calls side by side, an end that says why.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use interprocess::local_socket::tokio::Stream;
use serde_json::{Value, json};
use tokio::io::ReadHalf;
use tokio::sync::{mpsc, watch};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::codec::{Frame, FrameReader};
use super::handler::Handler;
use super::outgoing::{self, Outgoing};
use super::protocol::{
    Call, DropReason, Dropped, Hello, HelloParams, Id, MAX_FRAME, RpcError, VERSION, code,
    parse_call, result,
};

/// Calls that one client may have in flight. One more is answered with [`code::BUSY`].
const MAX_CALLS: usize = 16;

/// How long a client may take to say hello; then it is told so and dropped.
const HELLO_WAIT: Duration = Duration::from_secs(2);

/// How long a client without a subscription and without a call in flight may stay silent; then
/// it is told so and dropped.
const IDLE: Duration = Duration::from_secs(15 * 60);

/// How long calls in flight may go on when the daemon stops; then they are answered with
/// [`code::SHUTTING_DOWN`].
pub(super) const DRAIN: Duration = Duration::from_secs(2);

/// How long the last words to a client may take.
const FAREWELL_WAIT: Duration = Duration::from_secs(1);

/// Why a conversation is over.
enum End {
    /// The client hung up or cannot be written to.
    HungUp,
    /// The client broke the rules of the greeting and has been told.
    Refused,
    /// The client does not read its answers.
    Slow,
    /// The client has nothing to say.
    Idle,
    /// The daemon stops.
    Stopping,
}

/// Resolves when the daemon is to stop.
pub(super) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone, which means the same.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// The client's end of a conversation that the daemon's stop has ended: as long as it lives, the
/// client does not see the connection close.
pub(super) struct Held(#[expect(dead_code, reason = "it is held, not used")] ReadHalf<Stream>);

/// Talks with one client until either side ends it.
pub(super) async fn serve<H: Handler>(
    stream: Stream,
    handler: Arc<H>,
    mut shutdown: watch::Receiver<bool>,
) -> Option<Held> {
    let (reader, writer) = tokio::io::split(stream);
    let (orders, queue) = mpsc::channel(outgoing::QUEUE);
    let mut writing = JoinSet::new();
    writing.spawn(outgoing::write(writer, queue));
    let mut conversation = Conversation {
        handler,
        frames: FrameReader::new(reader),
        orders,
        writing,
        calls: JoinSet::new(),
        ids: HashMap::new(),
        subscribed: false,
    };
    let end = conversation.talk(&mut shutdown).await;
    conversation.close(end).await
}

struct Conversation<H> {
    handler: Arc<H>,
    frames: FrameReader<ReadHalf<Stream>>,
    orders: mpsc::Sender<Outgoing>,
    /// The one task that writes.
    writing: JoinSet<io::Result<()>>,
    /// Calls in flight; dropping them cancels them.
    calls: JoinSet<Result<Value, RpcError>>,
    ids: HashMap<task::Id, Id>,
    subscribed: bool,
}

impl<H: Handler> Conversation<H> {
    async fn talk(&mut self, shutdown: &mut watch::Receiver<bool>) -> End {
        if let Err(end) = self.greet(shutdown).await {
            return end;
        }
        loop {
            let waited_for = self.subscribed || !self.calls.is_empty();
            let step = tokio::select! {
                biased;
                () = stopped(shutdown) => Err(End::Stopping),
                Some(_) = self.writing.join_next() => Err(End::HungUp),
                Some(done) = self.calls.join_next_with_id() => self.finish(done),
                frame = self.frames.next() => match frame {
                    Ok(Some(frame)) => self.take(frame),
                    Ok(None) | Err(_) => Err(End::HungUp),
                },
                () = sleep(IDLE), if !waited_for => Err(End::Idle),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Waits for a hello with the right version; whatever else comes first is refused.
    async fn greet(&mut self, shutdown: &mut watch::Receiver<bool>) -> Result<(), End> {
        let frame = tokio::select! {
            () = stopped(shutdown) => return Err(End::Stopping),
            frame = timeout(HELLO_WAIT, self.frames.next()) => frame,
        };
        let (id, error) = match frame {
            Err(_) => (None, hello_late()),
            Ok(Ok(Some(Frame::TooLong))) => (None, too_long()),
            Ok(Ok(Some(Frame::Line(line)))) => match parse_call(&line) {
                Ok((id, Call::Hello(hello))) if hello.protocol == VERSION => {
                    return self.answer(Some(id), welcome(&hello));
                }
                Ok((id, Call::Hello(hello))) => (Some(id), wrong_protocol(&hello)),
                Ok((id, _)) => (Some(id), hello_required()),
                Err(told) => told,
            },
            Ok(Ok(None) | Err(_)) => return Err(End::HungUp),
        };
        self.answer(id, Err(error))?;
        Err(End::Refused)
    }

    fn take(&mut self, frame: Frame) -> Result<(), End> {
        let Frame::Line(line) = frame else {
            return self.answer(None, Err(too_long()));
        };
        match parse_call(&line) {
            Ok((id, Call::Hello(hello))) if hello.protocol == VERSION => {
                self.answer(Some(id), welcome(&hello))
            }
            Ok((id, Call::Hello(hello))) => self.answer(Some(id), Err(wrong_protocol(&hello))),
            Ok((id, Call::Subscribe)) => self.subscribe(id),
            Ok((id, Call::Request(_))) if self.calls.len() >= MAX_CALLS => {
                self.answer(Some(id), Err(too_many_calls()))
            }
            Ok((id, Call::Request(request))) => {
                let handler = Arc::clone(&self.handler);
                let call = self.calls.spawn(async move { handler.call(request).await });
                self.ids.insert(call.id(), id);
                Ok(())
            }
            Err((id, error)) => self.answer(id, Err(error)),
        }
    }

    fn subscribe(&mut self, id: Id) -> Result<(), End> {
        if self.subscribed {
            let error = RpcError::new(
                code::INVALID_REQUEST,
                "this connection is subscribed already; read on, or open another one",
            );
            return self.answer(Some(id), Err(error));
        }
        // Events first: what happens while the state is taken is told twice rather than never.
        let events = self.handler.events();
        let state = self.handler.snapshot();
        self.answer(Some(id), Ok(json!({})))?;
        self.order(Outgoing::Subscribe(state, events))?;
        self.subscribed = true;
        Ok(())
    }

    fn finish(
        &mut self,
        done: Result<(task::Id, Result<Value, RpcError>), JoinError>,
    ) -> Result<(), End> {
        let (task, result) = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "a call panicked");
                let message = "the daemon failed at this call; see its log and report it";
                (error.id(), Err(RpcError::internal(message)))
            }
        };
        let id = self.ids.remove(&task);
        self.answer(id, result)
    }

    fn answer(&self, id: Option<Id>, result: Result<Value, RpcError>) -> Result<(), End> {
        self.order(Outgoing::Answer(id, result))
    }

    /// Never waits: a client whose queue is full is slow.
    fn order(&self, order: Outgoing) -> Result<(), End> {
        self.orders.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => End::Slow,
            mpsc::error::TrySendError::Closed(_) => End::HungUp,
        })
    }

    /// Ends it: says why where that can be said, and cancels what is still in flight.
    async fn close(mut self, end: End) -> Option<Held> {
        let stopping = matches!(end, End::Stopping);
        let farewell = match end {
            End::HungUp | End::Refused => None,
            End::Slow => Some(dropped(
                DropReason::Slow,
                "you do not read your answers; read them and connect again",
            )),
            End::Idle => Some(dropped(
                DropReason::Idle,
                "nothing was said for a long time; connect again when there is",
            )),
            End::Stopping => {
                self.drain().await;
                Some(dropped(
                    DropReason::ShuttingDown,
                    "the daemon is stopping; connect again when it has started",
                ))
            }
        };
        self.calls.abort_all();
        if let Some(farewell) = farewell {
            tracing::debug!(reason = ?farewell.reason, "closed a connection");
            let farewell = self.orders.send(Outgoing::Close(farewell));
            // A client that does not read even this learns it from the end of the connection.
            let _ = timeout(FAREWELL_WAIT, farewell).await;
        }
        drop(self.orders);
        let _ = timeout(FAREWELL_WAIT, self.writing.join_next()).await;
        stopping.then(|| Held(self.frames.into_source()))
    }

    /// Lets the calls in flight end; those that take too long are answered all the same.
    async fn drain(&mut self) {
        let ending = async {
            while let Some(done) = self.calls.join_next_with_id().await {
                if self.finish(done).is_err() {
                    return;
                }
            }
        };
        let _ = timeout(DRAIN, ending).await;
        for (_, id) in std::mem::take(&mut self.ids) {
            let error = RpcError::new(
                code::SHUTTING_DOWN,
                "the daemon is stopping; ask again when it has started",
            );
            if self.answer(Some(id), Err(error)).is_err() {
                return;
            }
        }
    }
}

fn welcome(hello: &HelloParams) -> Result<Value, RpcError> {
    tracing::debug!(client = hello.client, "a client said hello");
    result(Hello {
        protocol: VERSION,
        version: env!("CARGO_PKG_VERSION").into(),
        pid: std::process::id(),
    })
}

fn wrong_protocol(hello: &HelloParams) -> RpcError {
    let version = env!("CARGO_PKG_VERSION");
    RpcError::new(
        code::WRONG_PROTOCOL,
        format!(
            "you speak version {} of the protocol, FAME {version} speaks {VERSION}; restart the \
             daemon after an update, or update the client",
            hello.protocol
        ),
    )
    .with_data(json!({"protocol": VERSION, "version": version}))
}

fn hello_required() -> RpcError {
    RpcError::new(
        code::HELLO_REQUIRED,
        "say `hello` first; send for example {\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \
         \"hello\", \"params\": {\"protocol\": 1, \"client\": \"my-script\"}}",
    )
}

fn hello_late() -> RpcError {
    RpcError::new(
        code::HELLO_TIMEOUT,
        format!(
            "no `hello` within {} s; connect again and say it at once",
            HELLO_WAIT.as_secs()
        ),
    )
}

fn too_long() -> RpcError {
    RpcError::new(
        code::FRAME_TOO_LONG,
        format!("a line may have {MAX_FRAME} bytes; send shorter ones"),
    )
}

fn too_many_calls() -> RpcError {
    RpcError::busy(format!(
        "{MAX_CALLS} calls of this connection are in flight; wait for an answer"
    ))
}

fn dropped(reason: DropReason, message: &str) -> Dropped {
    Dropped {
        reason,
        message: message.into(),
        missed: None,
    }
}
