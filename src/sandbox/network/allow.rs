//! Which hosts and ports a profile may reach: the owner's list.

use std::fmt;

/// Most entries of one profile's list.
pub(super) const MAX_ENTRIES: usize = 64;

/// Longest name of a host (RFC 1035).
const MAX_HOST_BYTES: usize = 253;

/// Longest part of it between dots.
const MAX_LABEL_BYTES: usize = 63;

/// Ports of an entry that names none: plain HTTP and TLS.
const USUAL_PORTS: [u16; 2] = [80, 443];

/// A host's name in small letters: at least one label, and never an address in any spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Host(String);

impl Host {
    /// Reads a name; a dot at its end is left out. None: it is no name. An address is none, since
    /// no top-level domain begins with a digit.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_name = name.len() <= MAX_HOST_BYTES
            && name.split('.').all(is_label)
            && name.rsplit('.').next().is_some_and(begins_with_letter);
        is_name.then(|| Self(name.to_ascii_lowercase()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it lies below `parent`: `a.b.org` below `b.org`, and neither `b.org` nor `ab.org`.
    fn is_below(&self, parent: &Self) -> bool {
        self.0
            .strip_suffix(parent.as_str())
            .is_some_and(|rest| rest.ends_with('.'))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_BYTES).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn begins_with_letter(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    host: Host,
    /// Whether hosts below `host` are meant, and not itself.
    below: bool,
    /// None: the usual ones.
    port: Option<u16>,
}

impl Entry {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, digits)) => {
                let port = digits.parse().ok().filter(|port| *port > 0);
                (
                    name,
                    Some(port.ok_or("its port is no number from 1 to 65535")?),
                )
            }
            None => (text, None),
        };
        let (name, below) = match name.strip_prefix("*.") {
            Some(parent) => (parent, true),
            None => (name, false),
        };
        let host = Host::parse(name)
            .ok_or("it is no host's name (for other scripts, write the form with `xn--`)")?;
        if below && !host.0.contains('.') {
            return Err("it would allow a whole top-level domain".into());
        }
        Ok(Self { host, below, port })
    }

    fn allows(&self, host: &Host, port: u16) -> bool {
        let named = match self.below {
            true => host.is_below(&self.host),
            false => *host == self.host,
        };
        named
            && match self.port {
                Some(only) => only == port,
                None => USUAL_PORTS.contains(&port),
            }
    }
}

/// A list of hosts; what is not on it is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AllowList(Vec<Entry>);

impl AllowList {
    /// Reads entries such as `pypi.org`, `*.example.org` or `example.org:8443`.
    ///
    /// # Errors
    /// Which entry is none, and why.
    pub(super) fn parse(entries: &[String]) -> Result<Self, String> {
        if entries.len() > MAX_ENTRIES {
            return Err(format!("{} entries are too many", entries.len()));
        }
        let read = |text: &String| {
            Entry::parse(text).map_err(|why| format!("`{}`: {why}", text.escape_debug()))
        };
        entries.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether this host may be reached on this port.
    pub(super) fn allows(&self, host: &Host, port: u16) -> bool {
        self.0.iter().any(|entry| entry.allows(host, port))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(entries: &[&str]) -> AllowList {
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        AllowList::parse(&entries).unwrap()
    }

    fn allows(list: &AllowList, host: &str, port: u16) -> bool {
        Host::parse(host).is_some_and(|host| list.allows(&host, port))
    }

    #[test]
    fn names_match_whole_and_suffixes_at_dots_only() {
        let list = list(&["pypi.org", "*.example.org", "Deep.Example.NET:8443"]);
        for (host, port, allowed) in [
            ("pypi.org", 443, true),
            ("pypi.org", 80, true),
            ("PyPI.org.", 443, true),
            ("pypi.org", 22, false),
            ("pypi.org.evil.com", 443, false),
            ("evilpypi.org", 443, false),
            ("files.pypi.org", 443, false),
            ("a.example.org", 443, true),
            ("a.b.example.org", 80, true),
            ("example.org", 443, false),
            ("evilexample.org", 443, false),
            ("example.org.evil.com", 443, false),
            ("deep.example.net", 8443, true),
            ("deep.example.net", 443, false),
        ] {
            assert_eq!(allows(&list, host, port), allowed, "{host}:{port}");
        }
    }

    #[test]
    fn an_address_is_no_name_in_any_spelling() {
        for text in [
            "127.0.0.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "::1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "a.0x7f",
            "",
            ".",
            "a..b",
            "a b.org",
            "a\0.org",
            "user@a.org",
            "a.org/",
            "-a.org",
            "ä.org",
        ] {
            assert_eq!(Host::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_entry_that_allows_too_much_or_nothing_is_refused() {
        for entry in [
            "*",
            "*.org",
            "*.",
            "**.a.org",
            "a.*.org",
            "1.2.3.4",
            "a.org:0",
            "a.org:x",
            "https://a.org",
        ] {
            let problem = AllowList::parse(&[entry.to_owned()]).unwrap_err();
            assert!(problem.contains(entry), "{problem}");
        }
        let many = vec!["a.org".to_owned(); MAX_ENTRIES + 1];
        assert!(AllowList::parse(&many).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>()) {
            Host::parse(&text);
            let _ = Entry::parse(&text);
        }

        #[test]
        fn nothing_but_the_host_and_what_is_below_it_is_allowed(
            host in "[a-z]{1,3}(\\.[a-z]{1,3}){0,3}",
            parent in "[a-z]{1,3}\\.[a-z]{1,3}",
        ) {
            let list = list(&[&format!("*.{parent}")]);
            let labels: Vec<&str> = host.split('.').collect();
            let parents: Vec<&str> = parent.split('.').collect();
            let below = labels.len() > parents.len() && labels.ends_with(&parents);
            prop_assert_eq!(allows(&list, &host, 443), below);
        }
    }
}
