//! Turns: who is spoken to, what is being worked on, what is spoken, and what cuts what short.
//!
//! [`core`] decides, as a value; [`io`] is what goes in and comes out of it; [`driver`] runs it on
//! a stream of frames. Neither knows tokio,
//! devices or sockets: everything outside is behind [`driver::Ports`], which the daemon and the
//! headless mode fill differently. That is all the difference there is between the two.

pub mod core;
pub mod driver;
mod echo;
pub mod io;
mod turn;
