//! The REST API and its dashboard.
//!
//! The crate knows nothing of the daemon: it serves a [`House`], which the daemon is. What stands
//! between a stranger and the house:
//!
//! 1. Only this server's own names are answered, and no page of other people ([`Settings::hosts`],
//!    [`Settings::origins`]).
//! 2. Every route but `/health` and the dashboard's files needs a key with the right scope; without
//!    one nobody learns what there is.
//! 3. Nothing is without a bound: connections, heads, bodies, waits, answers, requests a second.
//! 4. A client that leaves calls its request off; what has begun is done once, to its end ([`Act`]).
//! 5. Nobody beyond this machine gets in without TLS and a key.

mod act;
mod api;
mod assets;
mod body;
mod docs;
mod extract;
mod front;
mod guard;
mod house;
mod idempotency;
mod openapi;
mod problem;
mod routes;
mod server;
mod settings;
mod sse;
pub mod types;

pub use act::Act;
pub use assets::{Asset, DASHBOARD};
pub use house::{Answer, Caller, Events, House, Observed, Refusal, RequestId, Told, WrongKeys};
pub use problem::{Code, Problem};
pub use server::{ServeError, Server, TlsError};
pub use settings::{MAX_BODY, MAX_RECORDING, Rate, Room, Settings, TlsFiles, Waits};

/// The document that describes the API, as `/openapi.json` gives it.
pub fn document() -> utoipa::openapi::OpenApi {
    routes::all().1
}
