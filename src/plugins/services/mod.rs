//! What plugins may use outside of themselves: the schedule, notifications, the web, the desktop.
//!
//! Each part works alone and knows nothing of permissions, which are checked before it is called.
//! All calls block, within a bound, and are meant for plugins' own threads.

mod bucket;
mod desktop;
mod notify;
mod schedule;
mod web;

pub use desktop::Desktop;
pub use notify::Notifier;
pub use schedule::Scheduler;
pub use web::{Access, FETCH_BYTES, POST_BYTES, Web};
