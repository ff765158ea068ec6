//! The proxy's place in the program's network namespace: a listening socket on its loopback, which the
//! helper opens and hands to FAME before anything of the program is there.
//!
//! A socket stays in the namespace in which it was made, whoever holds it: FAME serves it from
//! outside, and inside there is nothing but the loopback.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketType, recv, recvmsg, sendmsg, socket,
};
use tokio::io::Interest;

use super::order::{NoWall, step};
use crate::network::PORT;

/// What comes with the socket. No answer begins with it.
const HERE: u8 = b'L';

/// Opens the socket in this process's namespace, which is new, and hands it over.
pub(super) fn hand_over(control: &UnixStream) -> Result<(), NoWall> {
    step("raising the loopback", raise())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT));
    let listener = step("opening the proxy's port", listener)?;
    step("handing over the proxy's port", send(control, &listener))
}

fn send(control: &UnixStream, listener: &TcpListener) -> io::Result<()> {
    let descriptors = [listener.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    sendmsg(
        control,
        &[IoSlice::new(&[HERE])],
        &mut ancillary,
        SendFlags::empty(),
    )?;
    Ok(())
}

/// A new namespace has its loopback, and has it down (netdevice(7)).
fn raise() -> io::Result<()> {
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    let mut request = libc::ifreq {
        ifr_name: [0; libc::IFNAMSIZ],
        ifr_ifru: libc::__c_anonymous_ifr_ifru {
            ifru_flags: (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short,
        },
    };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed() as libc::c_char;
    }
    // SAFETY: the request is of the kind that this call takes, and outlives it.
    let result = unsafe { libc::ioctl(any.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Takes the socket that the helper hands over. None: it answers that nothing can be run.
pub(super) async fn take(
    control: &tokio::net::UnixStream,
) -> io::Result<Option<tokio::net::TcpListener>> {
    let mut first = [0];
    let come = || Ok(recv(control, &mut first, RecvFlags::PEEK)?.0);
    if control.async_io(Interest::READABLE, come).await? == 0 || first != [HERE] {
        return Ok(None);
    }
    let Some(descriptor) = receive(control)? else {
        return Ok(None);
    };
    let listener = TcpListener::from(descriptor);
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener).map(Some)
}

fn receive(control: &tokio::net::UnixStream) -> io::Result<Option<OwnedFd>> {
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [IoSliceMut::new(&mut byte)];
    recvmsg(control, &mut bytes, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    Ok(ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    }))
}
