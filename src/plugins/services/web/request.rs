//! What a plugin may ask, and with which headers.

use std::collections::BTreeSet;

use fame_plugin::{Fetch, HostError};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::WHAT;
use super::address::{self, Reach};

/// The longest address, and all headers together, in bytes.
const URL_BYTES: usize = 8 * 1024;
const HEADER_BYTES: usize = 8 * 1024;

/// What a header of a plugin's may not be: it is for the connection, and not for the service.
const OWN_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What a plugin may reach.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// The user's setting `allow_network`. Without it only this machine is reached.
    pub allow_network: bool,
    /// The `hosts` of its manifest.
    pub hosts: &'a BTreeSet<String>,
}

/// The address, if the plugin may ask it.
pub(super) fn check(access: Access<'_>, address: &str) -> Result<Url, HostError> {
    if address.len() > URL_BYTES {
        return Err(too_much("the address", URL_BYTES));
    }
    // The whole address is never told: there may be a key in it.
    let url = Url::parse(address)
        .map_err(|error| HostError::failed("reading a plugin's web address", error))?;
    let host = url.host_str().unwrap_or_default();
    let action = || format!("asking `{host}`");
    if !access.hosts.contains(host) {
        let reason = format!("the plugin's manifest does not list `{host}` in `hosts`");
        return Err(HostError::failed(action(), reason));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let reason = "it has a name or password in it; send them in a header";
        return Err(HostError::failed(action(), reason));
    }
    let reach = address::reach(&url);
    if reach == Reach::Neighbour {
        let reason = "it is a machine of the local network; only public services may be asked";
        return Err(HostError::failed(action(), reason));
    }
    match url.scheme() {
        "https" => {}
        "http" if reach == Reach::ThisMachine => {}
        _ => {
            let reason = "it is not encrypted; use https";
            return Err(HostError::failed(action(), reason));
        }
    }
    if !access.allow_network && reach != Reach::ThisMachine {
        let hint = "it is switched off; set `allow_network = true` in the settings to allow it";
        return Err(HostError::unavailable(WHAT, hint));
    }
    Ok(url)
}

pub(super) fn headers(request: &Fetch) -> Result<HeaderMap, HostError> {
    let sizes = request.headers.iter();
    let size: usize = sizes.map(|(name, value)| name.len() + value.len()).sum();
    if size > HEADER_BYTES {
        return Err(too_much("the headers", HEADER_BYTES));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let refused =
            |reason: &str| HostError::failed(format!("sending the header `{name}`"), reason);
        if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(refused("FAME sets it by itself; leave it out"));
        }
        let (Ok(known), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
        else {
            return Err(refused(
                "its name or value has characters that none may have",
            ));
        };
        value.set_sensitive(true);
        headers.insert(known, value);
    }
    Ok(headers)
}

pub(super) fn too_much(what: &str, most: usize) -> HostError {
    HostError::TooMuch {
        what: what.to_owned(),
        limit: format!("{most} bytes"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts_are_asked_and_only_in_secret() {
        let hosts = [
            "api.example.org",
            "localhost",
            "127.0.0.1",
            "10.0.0.7",
            "[::1]",
        ];
        let hosts = hosts.map(str::to_owned).into();
        let asked = |allow_network, url: &str| {
            let access = Access {
                allow_network,
                hosts: &hosts,
            };
            check(access, url)
                .map(|_| ())
                .map_err(|error| error.to_string())
        };
        for url in [
            "https://api.example.org/v1?q=a",
            "https://API.example.org:8443/",
            "http://localhost:8080/",
            "http://127.0.0.1/",
            "http://[::1]/",
        ] {
            asked(true, url).unwrap();
        }
        for (url, why) in [
            ("http://api.example.org/", "not encrypted"),
            ("ftp://api.example.org/", "not encrypted"),
            ("https://example.org/", "does not list"),
            ("https://api.example.org.evil.example/", "does not list"),
            ("https://evil.example/api.example.org", "does not list"),
            ("https://api.example.org@evil.example/", "does not list"),
            ("https://me:pw@api.example.org/", "password"),
            ("https://10.0.0.7/", "local network"),
            ("file:///etc/passwd", "does not list"),
            ("nonsense", "relative URL"),
        ] {
            let error = asked(true, url).unwrap_err();
            assert!(error.contains(why), "{url}: {error}");
            assert!(!error.contains("pw"), "{error}");
        }
        let off = asked(false, "https://api.example.org/").unwrap_err();
        assert!(off.contains("allow_network"), "{off}");
        asked(false, "http://localhost/").unwrap();
    }

    #[test]
    fn headers_of_the_connection_are_refused() {
        let with = |name: &str, value: &str| {
            let mut request = Fetch::get("https://api.example.org/");
            request.headers.insert(name.into(), value.into());
            headers(&request)
        };
        assert_eq!(with("Accept", "text/plain").unwrap().len(), 1);
        for (name, value) in [
            ("Host", "evil.example"),
            ("transfer-encoding", "chunked"),
            ("X Y", "z"),
            ("X", "a\r\nHost: evil.example"),
        ] {
            assert!(with(name, value).is_err(), "{name}");
        }
        let long = "x".repeat(HEADER_BYTES);
        assert!(matches!(with("X", &long), Err(HostError::TooMuch { .. })));
    }
}
