//! What stands behind the socket.

use std::future::Future;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::broadcast;

use super::protocol::{Request, RpcError};
use crate::bus::Published;

/// What stands behind the socket.
pub trait Handler: Send + Sync + 'static {
    /// Does what is asked. The future is dropped when the client hangs up: what must go on in
    /// that case belongs into a task of its own.
    fn call(&self, request: Request) -> impl Future<Output = Result<Value, RpcError>> + Send;

    /// The whole state, a [`protocol::Status`](super::protocol::Status), for a new subscriber.
    fn snapshot(&self) -> Value;

    /// Every event from now on.
    fn events(&self) -> broadcast::Receiver<Arc<Published>>;
}
