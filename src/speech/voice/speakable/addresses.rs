//! Addresses on the net.

use super::words::{Ahead, Spoken};

/// Endings that make a bare name such as `example.com` a host.
const TOP_LEVEL: &[&str] = &[
    "com", "org", "net", "io", "dev", "edu", "gov", "info", "app", "uk", "de", "fr", "eu", "us",
];

/// `ann.lee@example.com`.
pub(super) fn email(ahead: &Ahead<'_>) -> Option<Spoken> {
    let (name, host) = ahead.core().trim_start_matches("mailto:").split_once('@')?;
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || "._-+".contains(c))
    };
    let is_address = plain(name) && plain(host) && host.trim_matches('.').contains('.');
    is_address.then(|| Spoken::one(format!("{} at {}", dots(name), dots(host))))
}

/// `https://www.example.com/a?b=c`: only the host is said.
pub(super) fn web(ahead: &Ahead<'_>) -> Option<Spoken> {
    let core = ahead.core();
    let rest = ["https://", "http://", "ftp://"]
        .iter()
        .find_map(|kind| core.strip_prefix(kind));
    let www = rest.unwrap_or(core).strip_prefix("www.");
    let address = www.or(rest).unwrap_or(core);
    let host = address.split(['/', '?', '#', ':']).next()?;
    let marked = rest.is_some() || www.is_some();
    let plain = host
        .chars()
        .all(|c| c.is_alphanumeric() || "-.".contains(c));
    let is_host = plain && host.contains(char::is_alphanumeric) && (marked || ends_as_host(host));
    is_host.then(|| Spoken::one(dots(host)))
}

fn ends_as_host(host: &str) -> bool {
    host.rsplit_once('.').is_some_and(|(name, ending)| {
        name.contains(char::is_alphabetic) && TOP_LEVEL.contains(&ending)
    })
}

fn dots(text: &str) -> String {
    let words = text
        .replace('.', " dot ")
        .replace('-', " dash ")
        .replace('_', " underscore ");
    words
        .replace('+', " plus ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
