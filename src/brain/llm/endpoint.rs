//! The address of the server, and whether it may be used.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;

use super::LlmError;

/// The one name that means this machine without asking a name server.
const LOCALHOST: &str = "localhost";

/// A checked address.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    base: Url,
    /// Host and port, for messages.
    pub(super) host: String,
    pub(super) is_this_machine: bool,
    pub(super) is_encrypted: bool,
}

impl Endpoint {
    /// Reads `llm.base_url`.
    ///
    /// Without `allow_network` only `127.0.0.0/8`, `::1` and `localhost` are taken. Other names
    /// are not even looked up: that would be network too, and what a name means can change
    /// between the check and the connection.
    pub(super) fn new(base_url: &str, allow_network: bool) -> Result<Self, LlmError> {
        let wrong = |problem: &str| LlmError::Setting {
            field: "base_url",
            problem: format!("{problem}; put an address such as http://127.0.0.1:8080/v1"),
        };
        let mut base = Url::parse(base_url).map_err(|error| wrong(&error.to_string()))?;
        let is_encrypted = match base.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong("it begins with neither http:// nor https://")),
        };
        if !base.username().is_empty() || base.password().is_some() {
            return Err(wrong(
                "it holds a name or a password, which belong into `llm.api_key`",
            ));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("it has a `?` or a `#`"));
        }
        let name = base.host_str().unwrap_or_default().to_owned();
        let is_this_machine = name == LOCALHOST || ip(&name).is_some_and(|ip| is_loopback(&ip));
        if !is_this_machine && !allow_network {
            return Err(LlmError::NotThisMachine { host: name });
        }
        // Without the slash the last part of the path would be replaced, not added to.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let host = match base.port() {
            Some(port) => format!("{name}:{port}"),
            None => name,
        };
        Ok(Self {
            base,
            host,
            is_this_machine,
            is_encrypted,
        })
    }

    /// The address of one of the server's functions, such as `models`.
    pub(super) fn url(&self, function: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{function}", self.base.path()));
        url
    }

    /// What [`LOCALHOST`] means here, whatever the system's resolver says.
    pub(super) fn pinned() -> (&'static str, [SocketAddr; 2]) {
        // Port 0 leaves the port to the address.
        let v4 = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
        let v6 = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), 0);
        (LOCALHOST, [v4, v6])
    }
}

fn ip(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

/// IPv4 addresses in IPv6 clothes count as what they are.
fn is_loopback(ip: &IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn this_machine_is_known_by_all_its_addresses() {
        for url in [
            "http://127.0.0.1:8080/v1",
            "http://127.8.9.1",
            "http://localhost:11434/v1/",
            "http://LOCALHOST/v1",
            "https://[::1]:8443/v1",
            "http://[::ffff:127.0.0.1]/v1",
            // As the URL standard reads it: 127.0.0.1.
            "http://0x7f.1/v1",
        ] {
            assert!(Endpoint::new(url, false).unwrap().is_this_machine, "{url}");
        }
    }

    #[test]
    fn other_machines_need_permission() {
        for url in [
            "https://api.example.com/v1",
            "http://192.168.1.10:11434/v1",
            "http://0.0.0.0:8080/v1",
            "http://[::]/v1",
            "http://localhost.example.com/v1",
            "http://localhost./v1",
            "http://127.0.0.1.example.com/v1",
            "http://[fe80::1]/v1",
        ] {
            let error = Endpoint::new(url, false).unwrap_err();
            assert!(matches!(error, LlmError::NotThisMachine { .. }), "{error}");
            assert!(!Endpoint::new(url, true).unwrap().is_this_machine);
        }
    }

    #[test]
    fn addresses_that_are_none_are_explained() {
        for (url, part) in [
            ("", "relative URL"),
            ("127.0.0.1:8080", "relative URL"),
            ("ftp://127.0.0.1/", "neither http"),
            ("http://me:secret@127.0.0.1/", "password"),
            ("http://127.0.0.1/?key=secret", "`?`"),
        ] {
            let error = Endpoint::new(url, true).unwrap_err().to_string();
            assert!(
                error.contains(part) && error.contains("127.0.0.1:8080"),
                "{error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn functions_are_added_to_the_path() {
        for base in ["http://localhost:1/v1", "http://localhost:1/v1/"] {
            let endpoint = Endpoint::new(base, false).unwrap();
            assert_eq!(
                endpoint.url("chat/completions").as_str(),
                "http://localhost:1/v1/chat/completions"
            );
            assert_eq!(endpoint.host, "localhost:1");
        }
    }

    proptest! {
        #[test]
        fn only_loopback_passes(bytes: [u8; 4]) {
            let ip = Ipv4Addr::from(bytes);
            let passes = Endpoint::new(&format!("http://{ip}/v1"), false).is_ok();
            prop_assert_eq!(passes, bytes[0] == 127);
        }
    }
}
