//! Only requests to one of this server's own names are answered, so that no foreign name can be
//! pointed at this machine (DNS rebinding).

use std::net::SocketAddr;

use axum::http::request::Parts;
use axum::http::{HeaderValue, header};

use crate::problem::{Code, Problem};

/// The server's names, as they stand in `Host`.
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    /// The names of a server that listens at `address`, and those of the settings.
    pub(crate) fn new(address: SocketAddr, tls: bool, named: &[String]) -> Self {
        let port = address.port();
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".into(), "[::1]".into()];
        if !address.ip().is_unspecified() && !address.ip().is_loopback() {
            names.push(match address {
                SocketAddr::V4(address) => address.ip().to_string(),
                SocketAddr::V6(address) => format!("[{}]", address.ip()),
            });
        }
        let usual = if tls { 443 } else { 80 };
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == usual {
            hosts.extend(names);
        }
        hosts.extend(named.iter().cloned());
        Self(hosts)
    }

    /// All names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Compared to the letter: no other writing of a name is taken.
    pub(crate) fn check(&self, parts: &Parts) -> Result<(), Problem> {
        let host = one(parts, &header::HOST)
            .map_err(|()| Problem::new(Code::Malformed, "There is more than one `Host`."))?
            .ok_or_else(|| Problem::new(Code::Malformed, "There is no `Host`."))?;
        if let Some(authority) = parts.uri.authority()
            && authority.as_str().as_bytes() != host.as_bytes()
        {
            let problem = "The address and `Host` name different servers.";
            return Err(Problem::new(Code::Malformed, problem));
        }
        if self.0.iter().any(|name| name.as_bytes() == host.as_bytes()) {
            return Ok(());
        }
        Err(Problem::new(
            Code::Host,
            "This server is not known by that name.",
        ))
    }
}

/// The header's only value; an error if it has several.
pub(super) fn one<'a>(
    parts: &'a Parts,
    name: &header::HeaderName,
) -> Result<Option<&'a HeaderValue>, ()> {
    let mut values = parts.headers.get_all(name).iter();
    let first = values.next();
    match values.next() {
        Some(_) => Err(()),
        None => Ok(first),
    }
}
