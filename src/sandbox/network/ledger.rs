//! What a program asked of the network, for its report.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::limits::{MAX_CONTACTS, MAX_NETWORK_BYTES};
use crate::report::{Contact, NetworkUse};

/// Which contact bytes belong to; none: it is one that was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line(Option<usize>);

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Out,
    In,
}

/// Every decision and every byte of one run, in bounded memory.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    network: NetworkUse,
    bytes: u64,
}

impl Ledger {
    /// Notes a decision. The same one again is counted with the first.
    pub(super) fn decided(
        &self,
        host: &str,
        port: u16,
        allowed: bool,
        problem: Option<&str>,
    ) -> Line {
        let mut book = self.lock();
        let contacts = &mut book.network.contacts;
        let same = |contact: &Contact| {
            contact.host == host
                && contact.port == port
                && contact.allowed == allowed
                && contact.problem.as_deref() == problem
        };
        if let Some(at) = contacts.iter().position(same) {
            contacts[at].times = contacts[at].times.saturating_add(1);
            return Line(Some(at));
        }
        if contacts.len() >= MAX_CONTACTS {
            book.network.left_out = book.network.left_out.saturating_add(1);
            return Line(None);
        }
        contacts.push(Contact {
            host: host.to_owned(),
            port,
            allowed,
            problem: problem.map(str::to_owned),
            times: 1,
            sent_bytes: 0,
            received_bytes: 0,
        });
        Line(Some(contacts.len() - 1))
    }

    /// Counts bytes before they are passed on; tells whether they may be.
    pub(super) fn may_pass(&self, line: Line, way: Way, bytes: usize) -> bool {
        let mut book = self.lock();
        let bytes = bytes as u64;
        if book.bytes.saturating_add(bytes) > MAX_NETWORK_BYTES {
            book.network.cut = true;
            return false;
        }
        book.bytes += bytes;
        let contact = line.0.and_then(|at| book.network.contacts.get_mut(at));
        if let Some(contact) = contact {
            match way {
                Way::Out => contact.sent_bytes += bytes,
                Way::In => contact.received_bytes += bytes,
            }
        }
        true
    }

    /// Counts a connection that was not served, as there were too many.
    pub(super) fn turned_away(&self) {
        let mut book = self.lock();
        book.network.left_out = book.network.left_out.saturating_add(1);
    }

    /// The whole so far.
    pub(super) fn told(&self) -> NetworkUse {
        self.lock().network.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_decision_is_one_line_and_the_lines_are_bounded() {
        let ledger = Ledger::default();
        let first = ledger.decided("a.org", 443, true, None);
        assert_eq!(ledger.decided("a.org", 443, true, None), first);
        assert!(ledger.may_pass(first, Way::Out, 10) && ledger.may_pass(first, Way::In, 5));
        for index in 0..MAX_CONTACTS {
            ledger.decided(&format!("x{index}.org"), 443, false, Some("no"));
        }
        let told = ledger.told();
        assert_eq!((told.contacts.len(), told.left_out), (MAX_CONTACTS, 1));
        let contact = &told.contacts[0];
        assert_eq!(
            (contact.times, contact.sent_bytes, contact.received_bytes),
            (2, 10, 5)
        );
    }

    #[test]
    fn no_more_bytes_pass_than_the_bound() {
        let ledger = Ledger::default();
        let line = ledger.decided("a.org", 443, true, None);
        assert!(ledger.may_pass(line, Way::In, MAX_NETWORK_BYTES as usize));
        assert!(!ledger.told().cut);
        assert!(!ledger.may_pass(line, Way::In, 1));
        assert!(ledger.told().cut);
        assert_eq!(ledger.told().contacts[0].received_bytes, MAX_NETWORK_BYTES);
    }
}
