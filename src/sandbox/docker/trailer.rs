//! What follows a program's output: a word that the program cannot know, and on stdout the
//! launcher's account of it.
//!
//! The word stands on stderr, too: the engine carries the two outputs one beside the other, and the
//! account may overtake what the program wrote to stderr before it.
//!
//! Nothing here is trusted: a program that guesses or finds the word says things about itself that
//! it could bring about by itself, such as its exit code, and is killed sooner.

use std::time::Duration;

use data_encoding::HEXLOWER;
use memchr::memmem;

use crate::files::MAX_ARCHIVE_BYTES;
use crate::report::End;

/// Longest account: its line, the archive and what follows an archive.
const MAX_TRAILER_BYTES: usize = MAX_ARCHIVE_BYTES + 64 * 1024;

/// Characters of the word that separates output from account.
const TOKEN_CHARS: usize = 32;

/// What stands in the account where the program left nothing.
const EMPTY: &[u8] = b"empty\n";

/// Exit codes from here on mean "ended by the signal so much above it", in every shell.
const SIGNAL_BASE: i32 = 128;

/// The highest signal.
const LAST_SIGNAL: i32 = 64;

/// A word of 128 random bits.
///
/// # Errors
/// What the system says when it has no random numbers.
pub(super) fn token() -> std::io::Result<String> {
    let mut bytes = [0; TOKEN_CHARS / 2];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(HEXLOWER.encode(&bytes))
}

/// Splits an output at the token, which may come in pieces.
#[derive(Debug)]
pub(super) struct Splitter {
    token: Vec<u8>,
    /// The end of what came, if it may be the token's beginning.
    held: Vec<u8>,
    account: Option<Vec<u8>>,
}

impl Splitter {
    pub(super) fn new(token: &str) -> Self {
        Self {
            token: token.as_bytes().to_vec(),
            held: Vec::new(),
            account: None,
        }
    }

    /// Takes a piece and hands the program's part of it to `output`.
    pub(super) fn push(&mut self, piece: &[u8], mut output: impl FnMut(&[u8])) {
        if let Some(account) = &mut self.account {
            let room = MAX_TRAILER_BYTES.saturating_sub(account.len());
            account.extend_from_slice(&piece[..piece.len().min(room)]);
            return;
        }
        if self.held.is_empty() {
            let (shown, held, account) = split(piece, &self.token);
            output(shown);
            self.held = held.to_vec();
            self.account = account.map(<[u8]>::to_vec);
            return;
        }
        let mut joined = std::mem::take(&mut self.held);
        joined.extend_from_slice(piece);
        self.push(&joined, output);
    }

    /// Whether the account is whole: it says that nothing was left, or has reached its bound. An
    /// archive's end is that of the stream.
    pub(super) fn is_complete(&self) -> bool {
        self.account.as_ref().is_some_and(|account| {
            let line = memchr::memchr(b'\n', account);
            line.is_some_and(|end| &account[end + 1..] == EMPTY)
                || account.len() >= MAX_TRAILER_BYTES
        })
    }

    /// Whether the token came: the program has ended and all of this output is here.
    pub(super) fn has_token(&self) -> bool {
        self.account.is_some()
    }

    /// The account and the archive; what was held back is the program's, if there is none.
    pub(super) fn finish(self, mut output: impl FnMut(&[u8])) -> Option<Account> {
        output(&self.held);
        Account::read(&self.account?)
    }
}

/// The program's part, what may be the token's beginning, and what follows the token.
fn split<'a>(bytes: &'a [u8], token: &[u8]) -> (&'a [u8], &'a [u8], Option<&'a [u8]>) {
    if let Some(at) = memmem::find(bytes, token) {
        return (&bytes[..at], &[], Some(&bytes[at + token.len()..]));
    }
    let longest = (token.len() - 1).min(bytes.len());
    let held = (1..=longest)
        .rev()
        .find(|length| bytes.ends_with(&token[..*length]))
        .unwrap_or(0);
    let (shown, held) = bytes.split_at(bytes.len() - held);
    (shown, held, None)
}

/// What the launcher tells of a program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) end: End,
    /// A tar archive, or nothing.
    pub(super) archive: Vec<u8>,
}

impl Account {
    fn read(bytes: &[u8]) -> Option<Self> {
        let line_end = memchr::memchr(b'\n', bytes)?;
        let line = std::str::from_utf8(&bytes[..line_end]).ok()?;
        let numbers: Vec<u64> = line
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        let [
            status,
            used_before,
            used_after,
            peak,
            kills_before,
            kills_after,
        ] = numbers[..]
        else {
            return None;
        };
        let used = used_after.saturating_sub(used_before);
        let (exit_code, signal) = ended(i32::try_from(status).ok()?);
        let archive = &bytes[line_end + 1..];
        Some(Self {
            end: End {
                exit_code,
                signal,
                timed_out: false,
                oom: kills_after > kills_before && signal.is_some(),
                cpu: Duration::from_micros(used),
                peak_memory_bytes: peak,
            },
            archive: if archive == EMPTY {
                Vec::new()
            } else {
                archive.to_vec()
            },
        })
    }
}

/// A shell's exit code as code or signal.
pub(super) fn ended(status: i32) -> (Option<i32>, Option<i32>) {
    let signal = status - SIGNAL_BASE;
    if (1..=LAST_SIGNAL).contains(&signal) {
        return (None, Some(signal));
    }
    (Some(status), None)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, other) = (token().unwrap(), token().unwrap());
        assert_eq!(one.len(), TOKEN_CHARS);
        assert_ne!(one, other);
    }

    #[test]
    fn an_account_is_read() {
        let account = Account::read(b" 137 1000 51000 9000 0 1\nempty\n").unwrap();
        assert_eq!((account.end.exit_code, account.end.signal), (None, Some(9)));
        assert!(account.end.oom);
        assert_eq!(account.end.cpu, Duration::from_millis(50));
        assert_eq!(account.archive, b"");
    }

    #[test]
    fn exit_codes_above_128_are_signals() {
        assert_eq!(ended(0), (Some(0), None));
        assert_eq!(ended(128), (Some(128), None));
        assert_eq!(ended(139), (None, Some(11)));
        assert_eq!(ended(255), (Some(255), None));
    }

    proptest! {
        #[test]
        fn wherever_it_is_cut_output_and_account_part_at_the_token(
            output in "[0-9a-f]{0,80}",
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let token = "0123456789abcdef0123456789abcdef";
            prop_assume!(!output.contains(token));
            let stream = format!("{output}{token} 3 0 0 0 0 0\nempty\n").into_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let mut splitter = Splitter::new(token);
            let mut shown = Vec::new();
            for pair in cuts.windows(2) {
                splitter.push(&stream[pair[0]..pair[1]], |bytes| shown.extend_from_slice(bytes));
            }
            prop_assert!(splitter.is_complete());
            let account = splitter.finish(|bytes| shown.extend_from_slice(bytes));
            prop_assert_eq!(account.unwrap().end.exit_code, Some(3));
            // An output that ends with the token's first digits is cut at its first occurrence.
            prop_assert_eq!(shown.len(), memmem::find(&stream, token.as_bytes()).unwrap());
        }

        #[test]
        fn any_account_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            Account::read(&bytes);
        }
    }
}
