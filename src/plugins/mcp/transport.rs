//! The pipes of a process as a transport of `rmcp`.

use std::future::{Future, ready};
use std::io;
use std::time::Instant;

use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage};
use rmcp::transport::Transport;
use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;
use tokio::sync::mpsc;
use tokio_util::bytes::{Bytes, BytesMut};
use tokio_util::codec::{AnyDelimiterCodec, Decoder};

use super::error::End;
use super::process::{Pipes, Process};
use super::traffic::{Message, Traffic, Verdict};

/// Bytes taken from the pipe in one go.
const READ_AT_ONCE: usize = 16 * 1024;

/// Messages in lines of JSON, with limits.
#[derive(Debug)]
pub(super) struct Wire {
    process: Process,
    to: mpsc::Sender<Bytes>,
    from: ChildStdout,
    lines: AnyDelimiterCodec,
    line_bytes: usize,
    buffer: BytesMut,
    traffic: Traffic,
}

impl Wire {
    /// A transport whose incoming lines have at most `line_bytes` bytes.
    pub(super) fn new(process: Process, pipes: Pipes, line_bytes: usize) -> Self {
        let newline = || b"\n".to_vec();
        Self {
            process,
            to: pipes.to,
            from: pipes.from,
            lines: AnyDelimiterCodec::new_with_max_length(newline(), newline(), line_bytes),
            line_bytes,
            buffer: BytesMut::new(),
            traffic: Traffic::new(Instant::now()),
        }
    }

    /// The next message, or why there is none. Nothing is lost when the future is dropped.
    async fn next(&mut self) -> Result<Message, End> {
        loop {
            match self.lines.decode(&mut self.buffer) {
                Ok(Some(line)) => match self.traffic.received(&line, Instant::now()) {
                    Verdict::Pass(message) => return Ok(*message),
                    Verdict::Drop => continue,
                    Verdict::Flood => return Err(End::Flood),
                },
                Ok(None) => {}
                Err(_) => return Err(End::LongLine(self.line_bytes)),
            }
            self.buffer.reserve(READ_AT_ONCE);
            match self.from.read_buf(&mut self.buffer).await {
                Ok(1..) => {}
                // A pipe that breaks is one that closed.
                Ok(0) | Err(_) => return Err(End::HungUp),
            }
        }
    }

    fn queue(&mut self, message: &ClientJsonRpcMessage) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        let queued = self.to.try_send(line.into());
        if !matches!(message, JsonRpcMessage::Request(_)) {
            // What it does not read of cancellations and answers to itself is its own loss.
            self.traffic.sent(message);
            return Ok(());
        }
        queued.map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => io::ErrorKind::WouldBlock,
            mpsc::error::TrySendError::Closed(_) => io::ErrorKind::BrokenPipe,
        })?;
        self.traffic.sent(message);
        Ok(())
    }
}

impl Transport<RoleClient> for Wire {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        ready(self.queue(&message))
    }

    async fn receive(&mut self) -> Option<Message> {
        let process = self.process.clone();
        tokio::select! {
            biased;
            _ = process.ended() => None,
            next = self.next() => next.map_err(|end| process.end(end)).ok(),
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        // Dropping it is what closes it.
        Ok(())
    }
}
