//! The local socket and its command line, over real sockets in temporary folders.
//!
//! A peer with another user id cannot be played here without root; that it gets no answer is
//! the kernel's word (`SO_PEERCRED`) compared in one line of `Server::may_speak`.

mod abuse;
mod cli;
mod codec;
mod conversation;
mod frames;
mod place;
mod subscribe;
mod support;
